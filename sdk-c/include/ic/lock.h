/* Locks that a flow holds across awaits: by key, so that one deal, neuron or account is worked on
 * by one flow at a time while others go on.
 *
 * A lock belongs to the flow that took it and is released when the flow ends, however it ends:
 * return, trap, upgrade (the heap is dropped). There is no waiting: whoever finds a lock taken
 * answers "busy". A lock protects what happens between awaits of other flows only; ordinary methods
 * look at ic_lock_is_held if they must not interfere.
 *
 * Held locks are searched one after the other: about 10 instructions for each. */
#ifndef IC_LOCK_H
#define IC_LOCK_H

#include "ic/async.h"

#define IC_LOCK_KEY_BYTES_MAX 32u

/* One held lock. Belongs to the kit. */
struct ic_lock {
    const struct ic_flow *owner; /* NULL: the entry is free */
    uint32_t kind;
    uint32_t key_bytes;
    uint8_t key[IC_LOCK_KEY_BYTES_MAX];
};

enum ic_lock_result {
    IC_LOCK_OK,   /* taken, or held by this flow already */
    IC_LOCK_BUSY, /* another flow holds it */
    IC_LOCK_FULL, /* the pool has no entry left */
};

/* ic_lock takes the lock of a key.
 *   kind      what the key names, the application's: 1 deals, 2 neurons, ...
 *   key       at most IC_LOCK_KEY_BYTES_MAX bytes, copied */
IC_MUST_USE enum ic_lock_result ic_lock(struct ic_flow *flow, uint32_t kind, struct ic_bytes key);
IC_MUST_USE enum ic_lock_result ic_lock_u64(struct ic_flow *flow, uint32_t kind, uint64_t key);

/* ic_unlock releases a lock before the flow ends. It must be the flow's. */
void ic_unlock(struct ic_flow *flow, uint32_t kind, struct ic_bytes key);
void ic_unlock_u64(struct ic_flow *flow, uint32_t kind, uint64_t key);

bool ic_lock_is_held(uint32_t kind, struct ic_bytes key);
bool ic_lock_is_held_u64(uint32_t kind, uint64_t key);

#endif
