#include "src/map_node.h"

#include "ic/buf.h"
#include "ic/trap.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

/* Header of a node and records of its index; drawn in ic/map.h. */
#define LEVEL_AT     0u
#define PREFIX_AT    1u /* its size */
#define COUNT_AT     2u
#define LINK_AT      4u /* first child or next free node */
#define HEADER_BYTES 8u
#define RECORD_BYTES 5u
#define LEVEL_FREE   255u
#define MARK_BYTES   4u /* bytes of a key that the index holds */

#define MARK_FREE UINT32_MAX /* of a record without an entry: it sorts behind all */

_Static_assert(IC_STABLE_CHARGE_BYTES % IC_MAP_NODE_BYTES_MAX == 0 &&
                   IC_MAP_NODE_BYTES_MAX % IC_MAP_NODE_BYTES_MIN == 0,
               "a node stands in one charged page");

_Noreturn void ic_map_trap_damaged(void)
{
    IC_TRAP("stable map: the structure is damaged");
}

/* ---- keys ------------------------------------------------------------------------------------ */

void ic_map_key_from(struct ic_map_key *out, const struct ic_map *map, const void *key)
{
    memcpy(out->at, key, map->key_bytes);
    memset(out->at + map->key_bytes, 0, sizeof out->at - IC_MAP_KEY_BYTES_MAX);
}

/* Bit i tells whether a[i] != b[i], for 16 bytes. */
static inline uint32_t bytes_differ(const uint8_t *a, const uint8_t *b)
{
#ifdef __wasm_simd128__
    return wasm_i8x16_bitmask(wasm_i8x16_ne(wasm_v128_load(a), wasm_v128_load(b)));
#else
    uint32_t mask = 0;
    for (uint32_t i = 0; i < 16; i++) {
        mask |= (uint32_t)(a[i] != b[i]) << i;
    }
    return mask;
#endif
}

/* How many of the first limit bytes are equal. Reads up to 15 bytes behind the limit. */
static inline uint32_t common_bytes(const uint8_t *a, const uint8_t *b, uint32_t limit)
{
    for (uint32_t i = 0; i < limit; i += 16) {
        uint32_t differ = bytes_differ(a + i, b + i);
        if (differ != 0) {
            uint32_t equal = i + (uint32_t)__builtin_ctz(differ);
            return equal < limit ? equal : limit;
        }
    }
    return limit;
}

/* The four bytes behind a prefix, as a number; zeros behind the end of the key. */
static inline uint32_t key_mark(const uint8_t *key, uint32_t key_bytes, uint32_t prefix)
{
    uint32_t left = key_bytes - prefix;
    if (left >= MARK_BYTES) {
        return ic_load_u32_be(key + prefix);
    }
    uint32_t mark = 0;
    for (uint32_t i = 0; i < MARK_BYTES; i++) {
        mark = mark << 8 | (i < left ? key[prefix + i] : 0);
    }
    return mark;
}

/* ---- the front of a node --------------------------------------------------------------------- */

static inline uint8_t *record_at(const struct ic_map_node *node, uint32_t n)
{
    return node->front + node->shape->index_at + (size_t)n * RECORD_BYTES;
}

static inline uint32_t prefix_of(const struct ic_map_node *node)
{
    return node->front[PREFIX_AT];
}

static void record_set(uint8_t *record, uint32_t mark, uint32_t slot)
{
    ic_store_u32_le(record, mark);
    record[4] = (uint8_t)slot;
}

uint64_t ic_map_node_address(const struct ic_map *map, uint32_t number)
{
    if (number == IC_MAP_NONE || number > map->node_count) {
        ic_map_trap_damaged();
    }
    return ic_region_address(map->region, (uint64_t)(number - 1) * map->node_bytes);
}

static const struct ic_map_shape *shape_of(const struct ic_map *map, uint32_t level)
{
    return level == 0 ? &map->leaf : &map->inner;
}

void ic_map_node_load(struct ic_map *map, struct ic_map_node *node, uint32_t number, uint32_t level,
                      uint32_t line, uint8_t *buffer)
{
    node->shape = shape_of(map, level);
    node->number = number;
    node->level = level;
    node->line = line;
    if (line != IC_MAP_LINE_NONE && ic_map_line_find(map, node)) {
        return; /* what is in the cache was looked over when it was read */
    }
    node->address = ic_map_node_address(map, number);
    if (line != IC_MAP_LINE_NONE) {
        node->front = ic_map_line_read(map, node);
    } else {
        node->front = buffer;
        ic_stable_read(buffer, node->address, node->shape->search_bytes);
    }
    node->count = ic_load_u16_le(node->front + COUNT_AT);
    if (node->front[LEVEL_AT] != level || node->count > node->shape->room ||
        prefix_of(node) > map->key_bytes) {
        ic_map_trap_damaged();
    }
}

uint32_t ic_map_node_slot(const struct ic_map_node *node, uint32_t at)
{
    uint32_t slot = record_at(node, at)[4];
    if (slot >= node->shape->room) {
        ic_map_trap_damaged();
    }
    return slot;
}

uint32_t ic_map_node_child(const struct ic_map *map, uint32_t *line, const struct ic_map_node *node,
                           uint32_t at)
{
    uint8_t read[4];
    const uint8_t *child = node->front + LINK_AT;
    uint32_t place = 0;
    ic_assert(node->level > 0 && at <= node->count);
    if (at != 0) {
        uint32_t slot = ic_map_node_slot(node, at - 1);
        uint32_t offset = map->inner.data_at + slot * map->inner.data_step;
        child = node->front + offset;
        place = slot + 1;
        if (node->line == IC_MAP_LINE_NONE) {
            ic_stable_read(read, node->address + offset, sizeof read);
            child = read;
        }
    }
    uint32_t number = ic_load_u32_le(child);
    *line = node->level < 2 ? IC_MAP_LINE_NONE : ic_map_line_for(map, node, place, number);
    return number;
}

/* ---- searching ------------------------------------------------------------------------------- */

/* Moves over n records when the last of them is smaller: ten instructions of Wasm. */
#define SEARCH_STEP(record, n, mark)                                                               \
    ((record) = ic_load_u32_le((record) + ((n) - 1) * RECORD_BYTES) < (mark)                       \
                    ? (record) + (n) * RECORD_BYTES                                                \
                    : (record))

/* First record whose mark is >= mark. Searches all the room, free records sort behind all others:
 * so the steps are constants, and no bound is compared. After the first step stride - 1 records are
 * left to search, wherever it went: shape->stride is the power of two with stride <= room < 2 *
 * stride. */
static inline uint32_t marks_lower(const uint8_t *index, const struct ic_map_shape *shape,
                                   uint32_t mark)
{
    const uint8_t *record = index;
    uint32_t stride = shape->stride;
    if (ic_load_u32_le(index + (size_t)(stride - 1) * RECORD_BYTES) < mark) {
        record += (size_t)(shape->room + 1 - stride) * RECORD_BYTES;
    }
    if (stride >= 64) {
        SEARCH_STEP(record, 32, mark);
    }
    if (stride >= 32) {
        SEARCH_STEP(record, 16, mark);
    }
    if (stride >= 16) {
        SEARCH_STEP(record, 8, mark);
    }
    SEARCH_STEP(record, 4, mark);
    SEARCH_STEP(record, 2, mark);
    SEARCH_STEP(record, 1, mark);
    return (uint32_t)(record - index) / RECORD_BYTES;
}

void ic_map_node_key(const struct ic_map *map, const struct ic_map_node *node, uint32_t at,
                     uint8_t *key)
{
    const struct ic_map_shape *shape = node->shape;
    uint64_t slot = ic_map_node_slot(node, at);
    ic_stable_read(key, node->address + shape->keys_at + slot * shape->key_step, map->key_bytes);
}

/* Place of a key among the records from..end-1, whose marks are all equal to its own. */
static struct ic_map_place run_search(const struct ic_map *map, const struct ic_map_node *node,
                                      const struct ic_map_key *key, uint32_t from, uint32_t end)
{
    struct ic_map_key other;
    while (from < end) {
        uint32_t middle = from + (end - from) / 2;
        ic_map_node_key(map, node, middle, other.at);
        uint32_t equal = common_bytes(other.at, key->at, map->key_bytes);
        if (equal == map->key_bytes) {
            return (struct ic_map_place){.at = middle, .is_found = true};
        }
        if (other.at[equal] < key->at[equal]) {
            from = middle + 1;
        } else {
            end = middle;
        }
    }
    return (struct ic_map_place){.at = from};
}

struct ic_map_place ic_map_node_search(const struct ic_map *map, const struct ic_map_node *node,
                                       const struct ic_map_key *key)
{
    const uint8_t *index = record_at(node, 0);
    const uint8_t *shared = node->front + HEADER_BYTES;
    uint32_t prefix = prefix_of(node);
    uint32_t equal = common_bytes(key->at, shared, prefix);
    if (equal < prefix) {
        return (struct ic_map_place){.at = key->at[equal] < shared[equal] ? 0 : node->count};
    }
    uint32_t mark = ic_load_u32_be(key->at + prefix); /* zeros stand behind the key */
    uint32_t at = marks_lower(index, node->shape, mark);
    if (at > node->count) {
        ic_map_trap_damaged();
    }
    if (at == node->count || ic_load_u32_le(index + (size_t)at * RECORD_BYTES) != mark) {
        return (struct ic_map_place){.at = at};
    }
    if (prefix + MARK_BYTES >= map->key_bytes) {
        return (struct ic_map_place){.at = at, .is_found = true};
    }
    uint32_t end = at + 1;
    if (end < node->count && ic_load_u32_le(index + (size_t)end * RECORD_BYTES) == mark) {
        end = mark == MARK_FREE ? node->count : marks_lower(index, node->shape, mark + 1);
    }
    return run_search(map, node, key, at, end);
}

/* ---- changing -------------------------------------------------------------------------------- */

/* Makes the prefix shorter: all marks change. */
static void prefix_shorten(const struct ic_map *map, struct ic_map_node *node, uint32_t prefix)
{
    uint8_t key[IC_MAP_KEY_BYTES_MAX];
    for (uint32_t i = 0; i < node->count; i++) {
        ic_map_node_key(map, node, i, key);
        ic_store_u32_le(record_at(node, i), key_mark(key, map->key_bytes, prefix));
    }
    node->front[PREFIX_AT] = (uint8_t)prefix;
}

/* Makes the prefix fit a key that is about to be added; true when it changed. */
static bool prefix_fit(const struct ic_map *map, struct ic_map_node *node,
                       const struct ic_map_key *key)
{
    uint8_t *shared = node->front + HEADER_BYTES;
    if (node->count == 0) {
        memcpy(shared, key->at, map->key_bytes);
        node->front[PREFIX_AT] = (uint8_t)map->key_bytes;
        return true;
    }
    uint32_t equal = common_bytes(key->at, shared, prefix_of(node));
    if (equal == prefix_of(node)) {
        return false;
    }
    prefix_shorten(map, node, equal);
    return true;
}

/* Writes key and data into a slot: with one write where they stand together. */
static void slot_write(const struct ic_map *map, struct ic_map_node *node, uint32_t slot,
                       const struct ic_map_key *key, const void *data)
{
    uint8_t both[IC_MAP_ENTRY_BYTES_MAX];
    const struct ic_map_shape *shape = node->shape;
    uint64_t key_address = node->address + shape->keys_at + (uint64_t)slot * shape->key_step;
    uint32_t data_offset = shape->data_at + slot * shape->data_step;
    if (node->level == 0) {
        memcpy(both, key->at, map->key_bytes);
        if (shape->data_bytes != 0) {
            memcpy(both + map->key_bytes, data, shape->data_bytes);
        }
        ic_stable_write(key_address, both, map->key_bytes + shape->data_bytes);
        return;
    }
    ic_stable_write(key_address, key->at, map->key_bytes);
    ic_stable_write(node->address + data_offset, data, shape->data_bytes);
    if (node->line != IC_MAP_LINE_NONE) {
        memcpy(node->front + data_offset, data, shape->data_bytes);
    }
}

static void front_write(const struct ic_map_node *node, const uint8_t *from, const uint8_t *end)
{
    ic_stable_write(node->address + (uint64_t)(from - node->front), from, (size_t)(end - from));
}

void ic_map_node_put(struct ic_map *map, struct ic_map_node *node, uint32_t at,
                     const struct ic_map_key *key, const void *data)
{
    ic_assert(at <= node->count && node->count < node->shape->room);
    bool is_new_prefix = prefix_fit(map, node, key);
    uint32_t slot = ic_map_node_slot(node, node->count); /* the first behind those in use is free */
    uint8_t *record = record_at(node, at);
    uint8_t *end = record_at(node, node->count + 1);
    memmove(record + RECORD_BYTES, record, (size_t)(end - record) - RECORD_BYTES);
    record_set(record, key_mark(key->at, map->key_bytes, prefix_of(node)), slot);
    node->count++;
    ic_store_u16_le(node->front + COUNT_AT, (uint16_t)node->count);
    slot_write(map, node, slot, key, data);
    if (is_new_prefix) {
        front_write(node, node->front, end);
        return;
    }
    front_write(node, record, end);
    front_write(node, node->front + COUNT_AT, node->front + COUNT_AT + 2);
}

void ic_map_node_cut(struct ic_map_node *node, uint32_t at)
{
    ic_assert(at < node->count);
    uint32_t slot = ic_map_node_slot(node, at);
    uint8_t *record = record_at(node, at);
    uint8_t *last = record_at(node, node->count - 1);
    memmove(record, record + RECORD_BYTES, (size_t)(last - record));
    record_set(last, MARK_FREE, slot);
    node->count--;
    ic_store_u16_le(node->front + COUNT_AT, (uint16_t)node->count);
    front_write(node, record, last + RECORD_BYTES);
    front_write(node, node->front + COUNT_AT, node->front + COUNT_AT + 2);
}

/* ---- whole nodes ----------------------------------------------------------------------------- */

/* Images of nodes, for gathering and writing. 16 bytes may be read past the first. */
static uint8_t image_in[IC_MAP_NODE_BYTES_MAX + 16];
static uint8_t image_out[IC_MAP_NODE_BYTES_MAX];

void ic_map_items_reset(struct ic_map_items *items, const struct ic_map *map, uint32_t level)
{
    items->count = 0;
    items->bytes = map->key_bytes + shape_of(map, level)->data_bytes;
}

/* Checks that there is room for some more; gives the first of them. */
static uint8_t *items_extend(struct ic_map_items *items, uint32_t more)
{
    uint8_t *item = ic_map_item(items, items->count);
    ic_assert((size_t)(items->count + more) * items->bytes + 16 <= sizeof items->at);
    items->count += more;
    return item;
}

void ic_map_items_insert(struct ic_map_items *items, const struct ic_map *map, uint32_t at,
                         const struct ic_map_key *key, const void *data)
{
    uint32_t behind = items->count - at;
    ic_assert(at <= items->count);
    (void)items_extend(items, 1);
    uint8_t *item = ic_map_item(items, at);
    memmove(item + items->bytes, item, (size_t)behind * items->bytes);
    memcpy(item, key->at, map->key_bytes);
    if (items->bytes != map->key_bytes) {
        memcpy(item + map->key_bytes, data, items->bytes - map->key_bytes);
    }
}

/* A split copies every key twice, so the copy is not a call. */
static inline void bytes_copy(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
#ifdef __wasm_simd128__
    if (bytes >= 16) {
        uint32_t last = bytes - 16;
        for (uint32_t i = 0; i < last; i += 16) {
            wasm_v128_store(to + i, wasm_v128_load(from + i));
        }
        wasm_v128_store(to + last, wasm_v128_load(from + last));
        return;
    }
#endif
    memcpy(to, from, bytes);
}

/* The data of an entry of an inner node: its child. */
static inline void child_copy(uint8_t *to, const uint8_t *from)
{
    ic_store_u32_le(to, ic_load_u32_le(from));
}

/* An entry of a leaf stands in one piece, key and value, as it does in an item. */
static void image_item(const struct ic_map *map, const struct ic_map_shape *shape, uint8_t *item,
                       uint32_t slot)
{
    bool is_whole = shape == &map->leaf;
    bytes_copy(item, image_in + shape->keys_at + (size_t)slot * shape->key_step, shape->key_step);
    if (!is_whole) {
        child_copy(item + map->key_bytes,
                   image_in + shape->data_at + (size_t)slot * shape->data_step);
    }
}

/* Reads a whole node into image_in. */
static struct ic_map_node image_read(const struct ic_map *map, uint32_t number, uint32_t level)
{
    struct ic_map_node node = {.shape = shape_of(map, level), .front = image_in};
    node.number = number;
    node.level = level;
    node.line = IC_MAP_LINE_NONE;
    node.address = ic_map_node_address(map, number);
    ic_stable_read(image_in, node.address, map->node_bytes);
    node.count = ic_load_u16_le(image_in + COUNT_AT);
    if (image_in[LEVEL_AT] != level || node.count > node.shape->room ||
        prefix_of(&node) > map->key_bytes) {
        ic_map_trap_damaged();
    }
    return node;
}

uint32_t ic_map_node_gather(const struct ic_map *map, struct ic_map_items *items, uint32_t number,
                            uint32_t level, uint32_t from)
{
    struct ic_map_node node = image_read(map, number, level);
    if (from < node.count) {
        uint8_t *item = items_extend(items, node.count - from);
        for (uint32_t i = from; i < node.count; i++, item += items->bytes) {
            image_item(map, node.shape, item, ic_map_node_slot(&node, i));
        }
    }
    return ic_load_u32_le(image_in + LINK_AT);
}

/* The key of an entry of the node in image_in. */
static const uint8_t *image_key(const struct ic_map_node *node, uint32_t at)
{
    return image_in + node->shape->keys_at +
           (size_t)ic_map_node_slot(node, at) * node->shape->key_step;
}

void ic_map_node_truncate(const struct ic_map *map, struct ic_map_node *node, uint32_t count)
{
    const uint8_t *end = record_at(node, node->count);
    ic_assert(count > 0 && count <= node->count);
    for (uint32_t i = count; i < node->count; i++) {
        ic_store_u32_le(record_at(node, i), MARK_FREE);
    }
    node->count = count;
    ic_store_u16_le(node->front + COUNT_AT, (uint16_t)count);
    const uint8_t *first = image_key(node, 0);
    uint32_t prefix = common_bytes(first, image_key(node, count - 1), map->key_bytes);
    if (prefix > prefix_of(node)) {
        memcpy(node->front + HEADER_BYTES, first, map->key_bytes);
        node->front[PREFIX_AT] = (uint8_t)prefix;
        for (uint32_t i = 0; i < count; i++) {
            ic_store_u32_le(record_at(node, i),
                            key_mark(image_key(node, i), map->key_bytes, prefix));
        }
    }
    front_write(node, node->front, end);
}

/* Puts the items into slots 0, 1, ... of image_out and makes the index. */
static void image_fill(const struct ic_map *map, const struct ic_map_shape *shape,
                       struct ic_map_items *items, uint32_t first, uint32_t end)
{
    uint8_t *record = image_out + shape->index_at;
    uint32_t prefix = image_out[PREFIX_AT];
    bool is_whole = shape == &map->leaf;
    for (uint32_t slot = 0; slot < shape->room; slot++, record += RECORD_BYTES) {
        if (slot >= end - first) {
            record_set(record, MARK_FREE, slot);
            continue;
        }
        const uint8_t *item = ic_map_item(items, first + slot);
        record_set(record, key_mark(item, map->key_bytes, prefix), slot);
        bytes_copy(image_out + shape->keys_at + (size_t)slot * shape->key_step, item,
                   shape->key_step);
        if (!is_whole) {
            child_copy(image_out + shape->data_at + (size_t)slot * shape->data_step,
                       item + map->key_bytes);
        }
    }
}

void ic_map_node_write(struct ic_map *map, uint32_t number, uint32_t level, uint32_t first_child,
                       struct ic_map_items *items, uint32_t first, uint32_t end)
{
    const struct ic_map_shape *shape = shape_of(map, level);
    uint32_t count = end - first;
    ic_assert(first <= end && end <= items->count && count <= shape->room);
    uint32_t prefix = 0;
    memset(image_out + HEADER_BYTES, 0, map->key_bytes);
    if (count != 0) {
        const uint8_t *key = ic_map_item(items, first);
        prefix = common_bytes(key, ic_map_item(items, end - 1), map->key_bytes);
        memcpy(image_out + HEADER_BYTES, key, map->key_bytes);
    }
    image_out[LEVEL_AT] = (uint8_t)level;
    image_out[PREFIX_AT] = (uint8_t)prefix;
    ic_store_u16_le(image_out + COUNT_AT, (uint16_t)count);
    ic_store_u32_le(image_out + LINK_AT, first_child);
    if (level != 0) {
        memset(image_out + shape->data_at, 0, (size_t)shape->room * shape->data_step);
    }
    image_fill(map, shape, items, first, end);
    ic_stable_write(ic_map_node_address(map, number), image_out,
                    shape->keys_at + (size_t)count * shape->key_step);
}

/* ---- checking -------------------------------------------------------------------------------- */

/* Traps unless the index holds each slot of the node once and marks those without an entry. */
static void slots_check(const struct ic_map_node *node, uint32_t count)
{
    uint8_t seen[IC_MAP_ROOM_MAX] = {0};
    for (uint32_t i = 0; i < node->shape->room; i++) {
        uint32_t slot = ic_map_node_slot(node, i);
        if (seen[slot]) {
            IC_TRAP("stable map: a slot is used twice");
        }
        if (i >= count && ic_load_u32_le(record_at(node, i)) != MARK_FREE) {
            IC_TRAP("stable map: a free slot is not marked");
        }
        seen[slot] = 1;
    }
}

void ic_map_node_check(const struct ic_map *map, struct ic_map_items *items, uint32_t number,
                       uint32_t level)
{
    ic_map_items_reset(items, map, level);
    items->first_child = ic_map_node_gather(map, items, number, level, 0);
    struct ic_map_node node = {.shape = shape_of(map, level), .front = image_in};
    slots_check(&node, items->count);
    uint32_t prefix = prefix_of(&node);
    for (uint32_t i = 0; i < items->count; i++) {
        const uint8_t *key = ic_map_item(items, i);
        if (common_bytes(key, image_in + HEADER_BYTES, prefix) != prefix) {
            IC_TRAP("stable map: a key does not begin with its node's prefix");
        }
        if (ic_load_u32_le(record_at(&node, i)) != key_mark(key, map->key_bytes, prefix)) {
            IC_TRAP("stable map: the index does not fit a key");
        }
        if (i > 0 && memcmp(ic_map_item(items, i - 1), key, map->key_bytes) >= 0) {
            IC_TRAP("stable map: keys are out of order");
        }
    }
}

/* ---- nodes as such --------------------------------------------------------------------------- */

uint32_t ic_map_node_free_next(const struct ic_map *map, uint32_t number)
{
    uint8_t header[HEADER_BYTES];
    ic_stable_read(header, ic_map_node_address(map, number), sizeof header);
    if (header[LEVEL_AT] != LEVEL_FREE) {
        ic_map_trap_damaged();
    }
    return ic_load_u32_le(header + LINK_AT);
}

uint32_t ic_map_node_take(struct ic_map *map)
{
    if (map->node_free != IC_MAP_NONE) {
        uint32_t number = map->node_free;
        ic_assert(map->free_count > 0);
        map->node_free = ic_map_node_free_next(map, number);
        map->free_count--;
        return number;
    }
    uint64_t bytes = ((uint64_t)map->node_count + 1) * map->node_bytes;
    if (map->node_count == UINT32_MAX || !ic_region_reserve(map->store, map->region, bytes)) {
        IC_TRAP("stable map: stable memory cannot grow");
    }
    return ++map->node_count;
}

void ic_map_node_release(struct ic_map *map, uint32_t number)
{
    uint8_t header[HEADER_BYTES] = {LEVEL_FREE};
    ic_store_u32_le(header + LINK_AT, map->node_free);
    ic_stable_write(ic_map_node_address(map, number), header, sizeof header);
    map->node_free = number;
    map->free_count++;
    ic_map_cache_forget(map, number);
}
