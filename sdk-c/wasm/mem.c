/* The memory functions that compilers call, for the Internet Computer's metering: an instruction
 * costs 1, memory.copy and memory.fill cost 100 and 1 for each byte. So 64 bytes moved by vector
 * loads and stores (about 25 instructions) beat the bulk instructions at every size, and the rest
 * is done with overlapping pieces instead of byte loops.
 *
 * This file is compiled on its own, without link-time optimization and without the compiler turning
 * the loops back into calls of themselves. */
#include <stdint.h>
#include <string.h>

typedef uint64_t u64 __attribute__((aligned(1), may_alias));
typedef uint32_t u32 __attribute__((aligned(1), may_alias));
typedef uint16_t u16 __attribute__((aligned(1), may_alias));
typedef uint8_t v16 __attribute__((vector_size(16), aligned(1), may_alias));

/* Up to 16 bytes: two pieces that may overlap, both read before either is written. */
static inline void copy_small(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size >= 8) {
        u64 first = *(const u64 *)from, last = *(const u64 *)(from + size - 8);
        *(u64 *)to = first;
        *(u64 *)(to + size - 8) = last;
    } else if (size >= 4) {
        u32 first = *(const u32 *)from, last = *(const u32 *)(from + size - 4);
        *(u32 *)to = first;
        *(u32 *)(to + size - 4) = last;
    } else if (size >= 2) {
        u16 first = *(const u16 *)from, last = *(const u16 *)(from + size - 2);
        *(u16 *)to = first;
        *(u16 *)(to + size - 2) = last;
    } else if (size == 1) {
        *to = *from;
    }
}

/* More than 16 bytes, upwards: right when to is not inside of what is still to be read. The last 16
 * bytes are read before anything is written over them. */
static inline void copy_up(uint8_t *to, const uint8_t *from, size_t size)
{
    v16 last = *(const v16 *)(from + size - 16);
    uint8_t *to_last = to + size - 16;
    while (size > 64) {
        v16 a = *(const v16 *)from, b = *(const v16 *)(from + 16);
        v16 c = *(const v16 *)(from + 32), d = *(const v16 *)(from + 48);
        *(v16 *)to = a;
        *(v16 *)(to + 16) = b;
        *(v16 *)(to + 32) = c;
        *(v16 *)(to + 48) = d;
        to += 64;
        from += 64;
        size -= 64;
    }
    while (size > 16) {
        *(v16 *)to = *(const v16 *)from;
        to += 16;
        from += 16;
        size -= 16;
    }
    *(v16 *)to_last = last;
}

/* The same downwards. */
static void copy_down(uint8_t *to, const uint8_t *from, size_t size)
{
    v16 first = *(const v16 *)from;
    while (size > 16) {
        size -= 16;
        *(v16 *)(to + size) = *(const v16 *)(from + size);
    }
    *(v16 *)to = first;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    if (size <= 16) {
        copy_small(to, from, size);
    } else {
        copy_up(to, from, size);
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if (size <= 16) {
        copy_small(to, from, size);
    } else if ((uintptr_t)to - (uintptr_t)from >= size) {
        copy_up(to, from, size);
    } else {
        copy_down(to, from, size);
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    uint8_t *at = to;
    u64 eight = 0x0101010101010101ull * (uint8_t)byte;
    if (size < 16) {
        if (size >= 8) {
            *(u64 *)at = eight;
            *(u64 *)(at + size - 8) = eight;
        } else if (size >= 4) {
            *(u32 *)at = (uint32_t)eight;
            *(u32 *)(at + size - 4) = (uint32_t)eight;
        } else {
            for (; size != 0; size--) {
                *at++ = (uint8_t)byte;
            }
        }
        return to;
    }
    v16 all = (v16){0} + (uint8_t)byte;
    *(v16 *)(at + size - 16) = all;
    for (; size > 64; size -= 64, at += 64) {
        *(v16 *)at = all;
        *(v16 *)(at + 16) = all;
        *(v16 *)(at + 32) = all;
        *(v16 *)(at + 48) = all;
    }
    for (; size > 16; size -= 16, at += 16) {
        *(v16 *)at = all;
    }
    return to;
}

/* Order of two different runs of eight bytes. */
static inline int order_of(uint64_t left, uint64_t right)
{
    return __builtin_bswap64(left) < __builtin_bswap64(right) ? -1 : 1;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;
    if (size >= 8) {
        const uint8_t *x_last = x + size - 8, *y_last = y + size - 8;
        for (; x < x_last; x += 8, y += 8) {
            uint64_t left = *(const u64 *)x, right = *(const u64 *)y;
            if (left != right) {
                return order_of(left, right);
            }
        }
        /* The last eight may overlap with what was found to be equal. */
        uint64_t left = *(const u64 *)x_last, right = *(const u64 *)y_last;
        return left == right ? 0 : order_of(left, right);
    }
    for (; size != 0; size--, x++, y++) {
        if (*x != *y) {
            return (int)*x - (int)*y;
        }
    }
    return 0;
}

void *memchr(const void *at, int byte, size_t size)
{
    for (const uint8_t *p = at; size != 0; size--, p++) {
        if (*p == (uint8_t)byte) {
            return (void *)(uintptr_t)p;
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    size_t size = 0;
    while (text[size] != 0) {
        size++;
    }
    return size;
}

int strcmp(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return (int)(uint8_t)*a - (int)(uint8_t)*b;
}
