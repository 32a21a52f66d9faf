#include "exec/slots.h"

#include "base/buf.h"

#include <stdlib.h>

static uint64_t slot_id(size_t index, uint32_t generation)
{
    return ((uint64_t)generation << 32) | (uint64_t)(index + 1);
}

uint64_t axon_slots_put(struct axon_slots *s, void *item)
{
    size_t index = s->count;
    if (s->first_free != 0) {
        index = s->first_free - 1u;
        s->first_free = s->at[index].next_free;
    } else {
        if (s->count == s->capacity) {
            s->capacity = s->capacity == 0 ? 16 : s->capacity * 2;
            s->at = axon_realloc(s->at, s->capacity * sizeof *s->at);
        }
        s->at[index] = (struct axon_slot){0};
        s->count++;
    }
    s->at[index].item = item;
    s->live++;
    return slot_id(index, s->at[index].generation);
}

static struct axon_slot *slot_find(const struct axon_slots *s, uint64_t id)
{
    uint64_t index = (id & UINT32_MAX) - 1; /* id 0 wraps around and is out of range */
    if (index >= s->count || s->at[index].item == NULL ||
        s->at[index].generation != (uint32_t)(id >> 32)) {
        return NULL;
    }
    return &s->at[index];
}

void *axon_slots_find(const struct axon_slots *s, uint64_t id)
{
    const struct axon_slot *slot = slot_find(s, id);
    return slot == NULL ? NULL : slot->item;
}

void *axon_slots_take(struct axon_slots *s, uint64_t id)
{
    struct axon_slot *slot = slot_find(s, id);
    if (slot == NULL) {
        return NULL;
    }
    void *item = slot->item;
    slot->item = NULL;
    slot->generation++;
    slot->next_free = s->first_free;
    s->first_free = (uint32_t)(slot - s->at) + 1;
    s->live--;
    return item;
}

void *axon_slots_at(const struct axon_slots *s, size_t index)
{
    return s->at[index].item;
}

uint64_t axon_slots_id_at(const struct axon_slots *s, size_t index)
{
    return slot_id(index, s->at[index].generation);
}

void axon_slots_free(struct axon_slots *s)
{
    free(s->at);
    *s = (struct axon_slots){0};
}
