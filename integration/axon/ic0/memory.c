#include "ic0/memory.h"

static bool fits(uint64_t at, uint64_t size, uint64_t total)
{
    return at <= total && size <= total - at;
}

static bool violate_bounds(struct axon_exec *x, const char *call, const char *part, uint64_t at,
                           uint64_t size, uint64_t total)
{
    return axon_exec_violate(x, "ic0.%s %s: src=%llu + length=%llu exceeds the slice size=%llu",
                             call, part, (unsigned long long)at, (unsigned long long)size,
                             (unsigned long long)total);
}

bool ic0_heap_has(struct axon_exec *x, uint64_t at, uint64_t size)
{
    uint64_t total = 0;
    (void)axon_instance_heap(x->instance, &total);
    return fits(at, size, total);
}

bool ic0_heap_view(struct axon_exec *x, struct ic_bytes *out, const char *call, uint64_t src,
                   uint64_t size)
{
    uint64_t total = 0;
    const uint8_t *heap = axon_instance_heap(x->instance, &total);
    if (!fits(src, size, total)) {
        return violate_bounds(x, call, "heap", src, size, total);
    }
    *out = (struct ic_bytes){.at = size == 0 ? NULL : heap + src, .size = (size_t)size};
    return true;
}

bool ic0_heap_copy(struct axon_exec *x, const char *call, struct ic_bytes data, uint64_t dst,
                   uint64_t offset, uint64_t size)
{
    uint64_t total = 0;
    uint8_t *heap = axon_instance_heap(x->instance, &total);
    if (!fits(offset, size, data.size)) {
        return violate_bounds(x, call, "payload", offset, size, data.size);
    }
    if (!fits(dst, size, total)) {
        return violate_bounds(x, call, "heap", dst, size, total);
    }
    if (size > 0) {
        memcpy(heap + dst, data.at + offset, (size_t)size);
    }
    return true;
}

bool ic0_heap_put_u128(struct axon_exec *x, const char *call, uint64_t dst, axon_u128 value)
{
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    struct ic_bytes data = {.at = bytes, .size = sizeof bytes};
    return ic0_heap_copy(x, call, data, dst, 0, sizeof bytes);
}
