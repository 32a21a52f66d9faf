/* Stable memory. Order of a write: charge of the bytes (engine), bounds of stable memory, source
 * above 4 GiB, charge of newly dirtied pages, copy; so a source outside of the heap traps after the
 * pages were charged. SPEC: ic-system 2.4 "Stable memory" */
#include "ic0/ic0.h"
#include "ic0/memory.h"

#define HEAP_BYTES32_MAX 0x100000000u

static struct axon_stable *stable(struct axon_exec *x)
{
    return axon_instance_stable(x->instance);
}

static bool out_of_bounds(struct axon_exec *x)
{
    return axon_exec_trap(x, "stable memory out of bounds");
}

static bool is_inside(struct axon_exec *x, uint64_t offset, uint64_t size)
{
    uint64_t total = axon_stable_pages(stable(x)) * AXON_WASM_PAGE_BYTES;
    return offset <= total && size <= total - offset;
}

/* The 32-bit functions give up on memories they cannot describe. */
static bool is_small(struct axon_exec *x)
{
    return axon_stable_pages(stable(x)) <= AXON_STABLE32_PAGES_MAX ||
           axon_exec_trap(x, "32 bit stable memory api used on a memory larger than 4GB");
}

static uint64_t dirty_pages_max(const struct axon_exec *x)
{
    unsigned mode = 1u << x->mode;
    if ((mode & (IC0_S | IC0_I | IC0_G)) != 0) {
        return AXON_STABLE_DIRTY_INSTALL;
    }
    return (mode & (IC0_RQ | IC0_NRQ | IC0_CQ | IC0_CRY | IC0_CRT | IC0_F)) != 0
               ? AXON_STABLE_DIRTY_QUERY
               : AXON_STABLE_DIRTY_UPDATE;
}

static bool may_dirty(struct axon_exec *x, uint64_t fresh)
{
    uint64_t pages_max = dirty_pages_max(x);
    return axon_stable_dirty_pages(stable(x)) + fresh <= pages_max ||
           axon_exec_fail(x, AXON_E_MEMORY_ACCESS,
                          "Canister exceeded memory access limits: Exceeded the limit for the "
                          "number of modified pages in the stable memory in a single message "
                          "execution: limit: %llu KB.",
                          (unsigned long long)(pages_max * AXON_PAGE_BYTES / 1024));
}

static bool write_bytes(struct axon_exec *x, uint64_t offset, uint64_t src, uint64_t size)
{
    struct ic_bytes data;
    if (!is_inside(x, offset, size)) {
        return out_of_bounds(x);
    }
    if (src >= HEAP_BYTES32_MAX || size >= HEAP_BYTES32_MAX) {
        return axon_exec_trap(x, "heap out of bounds");
    }
    uint64_t fresh = axon_stable_fresh_pages(stable(x), offset, size);
    if (!may_dirty(x, fresh) ||
        !axon_instance_charge(x->instance, fresh * AXON_STABLE_PAGE_INSTRUCTIONS)) {
        return false;
    }
    if (!ic0_heap_has(x, src, size)) {
        return axon_exec_trap(x, "heap out of bounds");
    }
    return ic0_heap_view(x, &data, "stable64_write", src, size) &&
           (axon_stable_write(stable(x), offset, data.at, size) || out_of_bounds(x));
}

static bool read_bytes(struct axon_exec *x, uint64_t dst, uint64_t offset, uint64_t size)
{
    uint64_t heap_bytes = 0;
    if (!is_inside(x, offset, size)) {
        return out_of_bounds(x);
    }
    if (!ic0_heap_has(x, dst, size)) {
        return axon_exec_trap(x, "heap out of bounds");
    }
    uint8_t *heap = axon_instance_heap(x->instance, &heap_bytes);
    return axon_stable_read(stable(x), heap + dst, offset, size) || out_of_bounds(x);
}

static uint64_t grow(struct axon_exec *x, uint64_t pages, uint64_t pages_max)
{
    return axon_stable_grow(stable(x), pages, pages_max);
}

/* Growing must not freeze the canister. */
static bool can_pay_growth(struct axon_exec *x, uint64_t pages)
{
    uint64_t more = pages <= AXON_STABLE_PAGES_MAX ? pages * AXON_WASM_PAGE_BYTES : 0;
    if (x->net->free_cycles || more == 0 || !axon_mode_is_replicated(x->mode)) {
        return true;
    }
    axon_u128 needed = axon_freezing_balance(axon_canister_memory_bytes(x->canister) + more,
                                             x->canister->settings.compute_percent,
                                             x->canister->settings.freezing_threshold_s);
    return x->balance >= needed ||
           axon_exec_fail(x, AXON_E_MEMORY_GROW_CYCLES,
                          "Canister cannot grow memory by %llu bytes due to insufficient cycles",
                          (unsigned long long)more);
}

bool ic0_stable64_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = axon_stable_pages(stable(x));
    return true;
}

bool ic0_stable64_grow(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    *r = UINT64_MAX;
    if (!can_pay_growth(x, a[0])) {
        return false;
    }
    *r = grow(x, a[0], AXON_STABLE_PAGES_MAX);
    return true;
}

bool ic0_stable64_write(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return a[2] == 0 || write_bytes(x, a[0], a[1], a[2]);
}

bool ic0_stable64_read(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return a[2] == 0 || read_bytes(x, a[0], a[1], a[2]);
}

bool ic0_stable_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = axon_stable_pages(stable(x));
    return is_small(x);
}

bool ic0_stable_grow(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    *r = UINT32_MAX;
    if (!is_small(x) || !can_pay_growth(x, a[0])) {
        return false;
    }
    *r = (uint32_t)grow(x, a[0], AXON_STABLE32_PAGES_MAX); /* -1 stays -1 */
    return true;
}

bool ic0_stable_write(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return is_small(x) && write_bytes(x, a[0], a[1], a[2]);
}

bool ic0_stable_read(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return is_small(x) && (a[2] == 0 || read_bytes(x, a[0], a[1], a[2]));
}
