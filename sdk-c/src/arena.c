#include "ic/arena.h"

#include "ic/trap.h"

void ic_arena_init(struct ic_arena *a, void *memory, size_t size)
{
    size_t skip = (IC_ARENA_ALIGN - (uintptr_t)memory % IC_ARENA_ALIGN) % IC_ARENA_ALIGN;
    bool has_room = size > skip;
    a->at = (uint8_t *)memory + (has_room ? skip : 0);
    a->size = has_room ? size - skip : 0;
    a->used = 0;
}

void *ic_arena_alloc(struct ic_arena *a, size_t size)
{
    ic_assert(a->used <= a->size);
    /* used is a multiple of the alignment, so left is too, except in the last few bytes. */
    size_t left = a->size - a->used;
    if (size > left) {
        return NULL;
    }
    uint8_t *at = a->at + a->used;
    size_t rounded = (size + IC_ARENA_ALIGN - 1) & ~(size_t)(IC_ARENA_ALIGN - 1);
    a->used += rounded < size || rounded > left ? left : rounded;
    return at;
}

void *ic_arena_alloc_array(struct ic_arena *a, size_t count, size_t unit)
{
    size_t size = 0;
    if (__builtin_mul_overflow(count, unit, &size)) {
        return NULL;
    }
    return ic_arena_alloc(a, size);
}

void *ic_arena_alloc_zeroed(struct ic_arena *a, size_t count, size_t unit)
{
    void *at = ic_arena_alloc_array(a, count, unit);
    if (at != NULL) {
        memset(at, 0, count * unit);
    }
    return at;
}

bool ic_arena_copy(struct ic_bytes *out, struct ic_bytes in, struct ic_arena *a)
{
    uint8_t *at = ic_arena_alloc(a, in.size);
    if (at == NULL) {
        return false;
    }
    if (in.size != 0) {
        memcpy(at, in.at, in.size);
    }
    *out = (struct ic_bytes){.at = at, .size = in.size};
    return true;
}
