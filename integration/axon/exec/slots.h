/* A table of objects named by ids that are never used twice: index and generation in one number, so
 * an id kept too long finds NULL. Ids are greater than 0. The table does not own the objects. */
#ifndef AXON_EXEC_SLOTS_H
#define AXON_EXEC_SLOTS_H

#include "ic/bytes.h"

struct axon_slot {
    void *item;          /* NULL: free */
    uint32_t generation; /* of the next or present item */
    uint32_t next_free;  /* index + 1 */
};

struct axon_slots {
    struct axon_slot *at;
    size_t count; /* slots ever used */
    size_t capacity;
    size_t live;         /* slots in use */
    uint32_t first_free; /* index + 1; 0: none */
};

uint64_t axon_slots_put(struct axon_slots *s, void *item);
/* NULL when the id names nothing (any more). */
void *axon_slots_find(const struct axon_slots *s, uint64_t id);
/* Frees the slot; NULL when the id names nothing. */
void *axon_slots_take(struct axon_slots *s, uint64_t id);
/* Iteration: the item at an index below count, or NULL; and the id it has. */
void *axon_slots_at(const struct axon_slots *s, size_t index);
uint64_t axon_slots_id_at(const struct axon_slots *s, size_t index);
void axon_slots_free(struct axon_slots *s);

#endif
