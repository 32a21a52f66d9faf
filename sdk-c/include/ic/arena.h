/* A bump arena over memory that the caller provides: the temporary memory of one message.
 *
 * Nothing is freed singly; reset takes everything back at once. No state may point into an arena.
 * Memory is handed out as it is, not cleared: each heap page touched costs 1,000 instructions. */
#ifndef IC_ARENA_H
#define IC_ARENA_H

#include "ic/bytes.h"

/* Every allocation is aligned to this. */
#define IC_ARENA_ALIGN 8u

struct ic_arena {
    uint8_t *at; /* aligned to IC_ARENA_ALIGN; belongs to the caller */
    size_t size; /* bytes */
    size_t used; /* bytes, <= size */
};

/* ic_arena_init starts an empty arena over size bytes at memory, which need not be aligned. */
void ic_arena_init(struct ic_arena *a, void *memory, size_t size);

/* ic_arena_reset takes everything back. */
static inline void ic_arena_reset(struct ic_arena *a)
{
    a->used = 0;
}

/* ic_arena_alloc returns size bytes, not cleared, valid until the reset.
 *   returns   NULL when they do not fit; the arena is unchanged then */
IC_MUST_USE void *ic_arena_alloc(struct ic_arena *a, size_t size);

/* The same for count elements of unit bytes, without overflow. */
IC_MUST_USE void *ic_arena_alloc_array(struct ic_arena *a, size_t count, size_t unit);

/* The same, cleared. */
IC_MUST_USE void *ic_arena_alloc_zeroed(struct ic_arena *a, size_t count, size_t unit);

/* ic_arena_copy copies bytes into the arena.
 *   returns   false when they do not fit; *out is untouched then */
IC_MUST_USE bool ic_arena_copy(struct ic_bytes *out, struct ic_bytes in, struct ic_arena *a);

/* Bytes that are certainly available. */
static inline size_t ic_arena_left(const struct ic_arena *a)
{
    return a->size - a->used;
}

#endif
