/* A queue by time in stable memory: entries of a time and a payload, taken out in the order of
 * time, entries of the same time in the order of their payloads (memcmp). Any entry can be removed
 * early.
 *
 * It is an ic_map whose keys are the time as 8 bytes big-endian and the payload, with empty values;
 * layout and costs are those of ic/map.h. A payload is what identifies the entry: an id, or a hash.
 * For the order of insertion make the payload begin with a number that counts up. */
#ifndef IC_QUEUE_H
#define IC_QUEUE_H

#include "ic/map.h"

#define IC_QUEUE_PAYLOAD_BYTES_MAX (IC_MAP_KEY_BYTES_MAX - 8u)

struct ic_queue {
    struct ic_map map;
    uint32_t payload_bytes;
};

/* ic_queue_open makes or finds a queue; payload_bytes 1..IC_QUEUE_PAYLOAD_BYTES_MAX. It takes one
 * region id. The struct is large: give it static storage. */
void ic_queue_open(struct ic_queue *queue, struct ic_store *store, uint32_t region_id,
                   uint32_t payload_bytes);

static inline uint64_t ic_queue_count(const struct ic_queue *queue)
{
    return ic_map_count(&queue->map);
}

/* ic_queue_push adds an entry.
 *   returns   false when this payload is queued for this time already; nothing changed then
 *   traps     when stable memory cannot grow */
bool ic_queue_push(struct ic_queue *queue, uint64_t time_ns, const void *payload);

/* ic_queue_front copies the earliest entry.
 *   time_ns, payload  may be NULL
 *   returns           false when the queue is empty; nothing was written then */
IC_MUST_USE bool ic_queue_front(struct ic_queue *queue, uint64_t *time_ns, void *payload);

/* ic_queue_pop takes the earliest entry out, if its time is <= until_ns (UINT64_MAX: any).
 *   time_ns, payload  may be NULL
 *   returns           false when there is none; nothing was written or changed then */
bool ic_queue_pop(struct ic_queue *queue, uint64_t *time_ns, void *payload, uint64_t until_ns);

/* ic_queue_remove takes an entry out.
 *   returns   false when it was absent */
bool ic_queue_remove(struct ic_queue *queue, uint64_t time_ns, const void *payload);

IC_MUST_USE bool ic_queue_has(struct ic_queue *queue, uint64_t time_ns, const void *payload);

/* ic_queue_seek places a cursor before the first entry whose time is >= time_ns; ic_queue_next
 * copies the entry behind the cursor and moves over it.
 *   returns   false behind the last; nothing was written then */
void ic_queue_seek(struct ic_queue *queue, struct ic_map_cursor *cursor, uint64_t time_ns);
IC_MUST_USE bool ic_queue_next(struct ic_queue *queue, uint64_t *time_ns, void *payload,
                               struct ic_map_cursor *cursor);

/* Integrity: ic_map_check_some and ic_map_check of the queue's map. */
IC_MUST_USE bool ic_queue_check_some(struct ic_queue *queue, struct ic_check *check);
void ic_queue_check(struct ic_queue *queue);

#endif
