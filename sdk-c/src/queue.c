#include "ic/queue.h"

#include "ic/buf.h"
#include "ic/trap.h"
#include "src/map_node.h"

#define TIME_BYTES 8u

/* The map's key: time big-endian, so that bytes sort like times, and the payload. */
struct queue_key {
    uint8_t at[IC_MAP_KEY_BYTES_MAX];
};

static struct queue_key key_from(const struct ic_queue *queue, uint64_t time_ns,
                                 const void *payload)
{
    struct queue_key key;
    ic_store_u64_be(key.at, time_ns);
    memcpy(key.at + TIME_BYTES, payload, queue->payload_bytes);
    return key;
}

static void key_give(const struct ic_queue *queue, const struct queue_key *key, uint64_t *time_ns,
                     void *payload)
{
    if (time_ns != NULL) {
        *time_ns = ic_load_u64_be(key->at);
    }
    if (payload != NULL) {
        memcpy(payload, key->at + TIME_BYTES, queue->payload_bytes);
    }
}

void ic_queue_open(struct ic_queue *queue, struct ic_store *store, uint32_t region_id,
                   uint32_t payload_bytes)
{
    ic_assert(payload_bytes >= 1 && payload_bytes <= IC_QUEUE_PAYLOAD_BYTES_MAX);
    queue->payload_bytes = payload_bytes;
    ic_map_open(&queue->map, store, region_id, TIME_BYTES + payload_bytes, 0);
}

bool ic_queue_push(struct ic_queue *queue, uint64_t time_ns, const void *payload)
{
    struct queue_key key = key_from(queue, time_ns, payload);
    return ic_map_put(&queue->map, key.at, NULL);
}

bool ic_queue_front(struct ic_queue *queue, uint64_t *time_ns, void *payload)
{
    struct ic_map_cursor cursor;
    if (ic_queue_count(queue) == 0) {
        return false;
    }
    ic_map_seek_first(&queue->map, &cursor);
    return ic_queue_next(queue, time_ns, payload, &cursor);
}

bool ic_queue_pop(struct ic_queue *queue, uint64_t *time_ns, void *payload, uint64_t until_ns)
{
    struct ic_map_cursor cursor;
    struct queue_key key;
    if (ic_queue_count(queue) == 0) {
        return false;
    }
    ic_map_seek_first(&queue->map, &cursor);
    ic_map_entry_read(&queue->map, key.at, NULL, &cursor);
    if (ic_load_u64_be(key.at) > until_ns) {
        return false;
    }
    ic_map_take_at(&queue->map, &cursor);
    key_give(queue, &key, time_ns, payload);
    return true;
}

bool ic_queue_remove(struct ic_queue *queue, uint64_t time_ns, const void *payload)
{
    struct queue_key key = key_from(queue, time_ns, payload);
    return ic_map_remove(&queue->map, key.at);
}

bool ic_queue_has(struct ic_queue *queue, uint64_t time_ns, const void *payload)
{
    struct queue_key key = key_from(queue, time_ns, payload);
    return ic_map_find(&queue->map, NULL, key.at);
}

void ic_queue_seek(struct ic_queue *queue, struct ic_map_cursor *cursor, uint64_t time_ns)
{
    struct queue_key key = {{0}};
    ic_store_u64_be(key.at, time_ns);
    ic_map_seek(&queue->map, cursor, key.at);
}

bool ic_queue_next(struct ic_queue *queue, uint64_t *time_ns, void *payload,
                   struct ic_map_cursor *cursor)
{
    struct queue_key key;
    if (!ic_map_next(&queue->map, key.at, NULL, cursor)) {
        return false;
    }
    key_give(queue, &key, time_ns, payload);
    return true;
}

bool ic_queue_check_some(struct ic_queue *queue, struct ic_check *check)
{
    return ic_map_check_some(&queue->map, check);
}

void ic_queue_check(struct ic_queue *queue)
{
    ic_map_check(&queue->map);
}
