#include "ic/map.h"

#include "ic/buf.h"
#include "ic/trap.h"
#include "src/head.h"
#include "src/map_node.h"

#define HEAD_BYTES      32u
#define HEADER_BYTES    8u
#define RECORD_BYTES    5u /* of an index, for each entry */
#define ROOM_MIN        8u
#define CHILD_BYTES     4u
#define UNDERFULL_SHARE 4u /* a node with less than a quarter gets help */
#define ROOM_WANTED     64u

_Static_assert((IC_MAP_NODE_BYTES_MAX - HEADER_BYTES - IC_MAP_KEY_BYTES_MAX) /
                       (RECORD_BYTES + IC_MAP_ENTRY_BYTES_MAX) >=
                   ROOM_MIN,
               "a leaf holds at least eight entries");
_Static_assert(ROOM_MIN / UNDERFULL_SHARE >= 2, "a neighbour can give an entry and keep one");
_Static_assert(HEAD_BYTES + IC_HEAD_CHECK_BYTES <= IC_STORE_HEAD_BYTES, "the head fits its slot");

/* A wrong separator after two nodes shared their entries, for the fuzzer to find. */
#ifdef AXON_PLANTED_BUG
#define PLANTED_SHIFT 1u
#else
#define PLANTED_SHIFT 0u
#endif

/* For splits and merges. */
static struct ic_map_items items;

/* ---- opening --------------------------------------------------------------------------------- */

static uint32_t room_for(const struct ic_map *map, uint32_t entry_bytes)
{
    uint32_t room =
        (map->node_bytes - HEADER_BYTES - map->key_bytes) / (RECORD_BYTES + entry_bytes);
    return room < IC_MAP_ROOM_MAX ? room : IC_MAP_ROOM_MAX;
}

/* The largest power of two that is <= room. */
static uint32_t stride_for(uint32_t room)
{
    return 1u << (31 - __builtin_clz(room));
}

/* The smallest nodes that make sense: with too few entries the tree gets higher. */
static uint32_t node_bytes_for(struct ic_map *map)
{
    map->node_bytes = IC_MAP_NODE_BYTES_MIN;
    while (map->node_bytes < IC_MAP_NODE_BYTES_MAX &&
           room_for(map, map->key_bytes + map->value_bytes) < ROOM_WANTED) {
        map->node_bytes *= 2;
    }
    return map->node_bytes;
}

static void shapes_init(struct ic_map *map)
{
    uint32_t index_at = HEADER_BYTES + map->key_bytes;
    struct ic_map_shape *leaf = &map->leaf;
    map->node_bytes = node_bytes_for(map);
    leaf->room = room_for(map, map->key_bytes + map->value_bytes);
    leaf->stride = stride_for(leaf->room);
    leaf->index_at = index_at;
    leaf->search_bytes = index_at + leaf->room * RECORD_BYTES;
    leaf->keys_at = leaf->search_bytes;
    leaf->key_step = map->key_bytes + map->value_bytes;
    leaf->data_at = leaf->keys_at + map->key_bytes;
    leaf->data_step = leaf->key_step;
    leaf->data_bytes = map->value_bytes;
    struct ic_map_shape *inner = &map->inner;
    inner->room = room_for(map, CHILD_BYTES + map->key_bytes);
    inner->stride = stride_for(inner->room);
    inner->index_at = index_at;
    inner->search_bytes = index_at + inner->room * RECORD_BYTES;
    inner->data_at = inner->search_bytes;
    inner->data_step = CHILD_BYTES;
    inner->data_bytes = CHILD_BYTES;
    inner->keys_at = inner->data_at + inner->room * CHILD_BYTES;
    inner->key_step = map->key_bytes;
    ic_assert(leaf->search_bytes <= IC_MAP_SEARCH_BYTES);
    ic_assert(inner->search_bytes <= IC_MAP_SEARCH_BYTES);
    ic_assert(leaf->keys_at + leaf->room * leaf->key_step <= map->node_bytes);
    ic_assert(inner->keys_at + inner->room * inner->key_step <= map->node_bytes);
}

static void head_save(const struct ic_map *map)
{
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    ic_store_u64_le(head, map->count);
    ic_store_u32_le(head + 8, map->root);
    ic_store_u32_le(head + 12, map->height);
    ic_store_u32_le(head + 16, map->node_count);
    ic_store_u32_le(head + 20, map->node_free);
    ic_store_u32_le(head + 24, map->free_count);
    ic_store_u32_le(head + 28, 0);
    ic_head_seal(head, HEAD_BYTES);
    ic_region_head_write(map->region, 0, head, sizeof head);
}

static void head_load(struct ic_map *map)
{
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    ic_region_head_read(map->region, head, 0, sizeof head);
    map->count = ic_load_u64_le(head);
    map->root = ic_load_u32_le(head + 8);
    map->height = ic_load_u32_le(head + 12);
    map->node_count = ic_load_u32_le(head + 16);
    map->node_free = ic_load_u32_le(head + 20);
    map->free_count = ic_load_u32_le(head + 24);
    if (!ic_head_is_sound(head, HEAD_BYTES) ||
        (uint64_t)map->node_count * map->node_bytes > map->region->bytes ||
        map->root == IC_MAP_NONE || map->root > map->node_count || map->height == 0 ||
        map->height > IC_MAP_HEIGHT_MAX || map->node_free > map->node_count ||
        map->free_count >= map->node_count ||
        (map->node_free == IC_MAP_NONE) != (map->free_count == 0)) {
        ic_map_trap_damaged();
    }
}

void ic_map_open(struct ic_map *map, struct ic_store *store, uint32_t region_id, uint32_t key_bytes,
                 uint32_t value_bytes)
{
    bool is_new = false;
    ic_assert(key_bytes >= 1 && key_bytes <= IC_MAP_KEY_BYTES_MAX);
    ic_assert(value_bytes <= IC_MAP_ENTRY_BYTES_MAX - key_bytes);
    map->store = store;
    map->key_bytes = key_bytes;
    map->value_bytes = value_bytes;
    map->changes = 0;
    shapes_init(map);
    ic_map_cache_init(map);
    map->region =
        ic_store_region(store, &is_new, region_id, IC_REGION_MAP, key_bytes << 16 | value_bytes);
    if (!is_new) {
        head_load(map);
        ic_map_cache_join(map);
        return;
    }
    map->count = 0;
    map->height = 1;
    map->node_count = 0;
    map->node_free = IC_MAP_NONE;
    map->free_count = 0;
    map->root = ic_map_node_take(map);
    ic_map_items_reset(&items, map, 0);
    ic_map_node_write(map, map->root, 0, 0, &items, 0, 0);
    head_save(map);
}

/* ---- ways down ------------------------------------------------------------------------------- */

static struct ic_map_step step_from(const struct ic_map_node *node, uint32_t at)
{
    return (struct ic_map_step){
        .node = node->number,
        .at = (uint16_t)at,
        .count = (uint16_t)node->count,
        .line = (uint16_t)node->line,
    };
}

bool ic_map_descend(struct ic_map *map, struct ic_map_cursor *cursor, const struct ic_map_key *key)
{
    struct ic_map_node node;
    uint32_t number = map->root;
    uint32_t line = ic_map_line_root(map);
    cursor->changes = map->changes;
    cursor->is_last_leaf = true;
    for (uint32_t level = map->height - 1; level > 0; level--) {
        ic_map_node_load(map, &node, number, level, line, cursor->leaf);
        struct ic_map_place place = ic_map_node_search(map, &node, key);
        uint32_t at = place.at + (place.is_found ? 1 : 0);
        cursor->steps[level] = step_from(&node, at);
        cursor->is_last_leaf &= at == node.count;
        number = ic_map_node_child(map, &line, &node, at);
    }
    ic_map_node_load(map, &node, number, 0, IC_MAP_LINE_NONE, cursor->leaf);
    struct ic_map_place place = ic_map_node_search(map, &node, key);
    cursor->steps[0] = step_from(&node, place.at);
    cursor->address = node.address;
    return place.is_found;
}

/* The leaf that a descent ended in. */
static struct ic_map_node leaf_of(const struct ic_map *map, struct ic_map_cursor *cursor)
{
    return (struct ic_map_node){
        .shape = &map->leaf,
        .address = cursor->address,
        .front = cursor->leaf,
        .number = cursor->steps[0].node,
        .count = cursor->steps[0].count,
        .line = IC_MAP_LINE_NONE,
    };
}

/* Where the value of the entry at the cursor stands in stable memory. */
static uint64_t value_address(const struct ic_map *map, struct ic_map_cursor *cursor)
{
    struct ic_map_node leaf = leaf_of(map, cursor);
    uint64_t slot = ic_map_node_slot(&leaf, cursor->steps[0].at);
    return leaf.address + map->leaf.data_at + slot * map->leaf.data_step;
}

bool ic_map_find(struct ic_map *map, void *value, const void *key)
{
    struct ic_map_cursor cursor;
    struct ic_map_key wanted;
    ic_map_key_from(&wanted, map, key);
    if (!ic_map_descend(map, &cursor, &wanted)) {
        return false;
    }
    if (value != NULL && map->value_bytes != 0) {
        ic_stable_read(value, value_address(map, &cursor), map->value_bytes);
    }
    return true;
}

/* ---- inserting ------------------------------------------------------------------------------- */

/* What goes into a node: an entry into a leaf, or the key and number of a new right neighbour into
 * its parent. */
struct addition {
    struct ic_map_key key;
    const void *data;
    uint8_t child[CHILD_BYTES];
};

/* Makes the addition that a parent needs for a new node. */
static void addition_up(struct addition *add, const struct ic_map *map, uint32_t separator,
                        uint32_t right)
{
    ic_map_key_from(&add->key, map, ic_map_item(&items, separator));
    ic_store_u32_le(add->child, right);
    add->data = add->child;
}

/* Writes the first part of the items to the left node, the rest to the right one.
 *   returns   the item whose key separates the two */
static uint32_t items_share(struct ic_map *map, uint32_t level, uint32_t left, uint32_t right,
                            uint32_t left_count)
{
    ic_map_node_write(map, left, level, items.first_child, &items, 0, left_count);
    if (level == 0) {
        ic_map_node_write(map, right, level, 0, &items, left_count, items.count);
    } else {
        uint32_t child = ic_load_u32_le(ic_map_item(&items, left_count) + map->key_bytes);
        ic_map_node_write(map, right, level, child, &items, left_count + 1, items.count);
    }
    return left_count;
}

/* Adds behind the last key of the map, in a new node of its own: the full one stays as it is, but
 * for the last key of an inner node, which moves up. Turns *add into what its parent needs. */
static void node_append(struct ic_map *map, struct ic_map_node *node, struct addition *add)
{
    uint32_t right = ic_map_node_take(map);
    struct ic_map_key up = add->key;
    uint32_t child = IC_MAP_NONE;
    ic_map_items_reset(&items, map, node->level);
    ic_map_items_insert(&items, map, 0, &add->key, add->data);
    if (node->level != 0) {
        uint8_t last[IC_MAP_KEY_BYTES_MAX];
        uint32_t line = IC_MAP_LINE_NONE;
        ic_map_node_key(map, node, node->count - 1, last);
        ic_map_key_from(&up, map, last);
        child = ic_map_node_child(map, &line, node, node->count);
        ic_map_node_cut(node, node->count - 1);
    }
    ic_map_node_write(map, right, node->level, child, &items, 0, 1);
    add->key = up;
    ic_store_u32_le(add->child, right);
    add->data = add->child;
}

/* Adds to a full node by moving its upper half to a new one: what stays keeps its slots. Turns *add
 * into what its parent needs. */
static void node_split(struct ic_map *map, struct ic_map_node *node, uint32_t at,
                       struct addition *add)
{
    uint32_t right = ic_map_node_take(map);
    uint32_t left_count = (node->count + 1) / 2;
    bool goes_left = at < left_count;
    uint32_t stay = goes_left ? left_count - 1 : left_count;
    bool is_leaf = node->level == 0;
    ic_map_items_reset(&items, map, node->level);
    (void)ic_map_node_gather(map, &items, node->number, node->level, stay);
    ic_map_node_truncate(map, node, stay);
    if (goes_left) {
        ic_map_node_put(map, node, at, &add->key, add->data);
    } else {
        ic_map_items_insert(&items, map, at - stay, &add->key, add->data);
    }
    /* The first of the upper half separates the two; that of an inner node stands in the parent
     * only, and its child is left of all keys of the new node. */
    uint32_t child = is_leaf ? 0 : ic_load_u32_le(ic_map_item(&items, 0) + map->key_bytes);
    ic_map_node_write(map, right, node->level, child, &items, is_leaf ? 0 : 1, items.count);
    addition_up(add, map, 0, right);
}

/* Puts a root above the old one and its new right neighbour. */
static void root_grow(struct ic_map *map, const struct addition *add)
{
    ic_assert(map->height < IC_MAP_HEIGHT_MAX);
    uint32_t root = ic_map_node_take(map);
    ic_map_items_reset(&items, map, map->height);
    ic_map_items_insert(&items, map, 0, &add->key, add->data);
    ic_map_node_write(map, root, map->height, map->root, &items, 0, 1);
    map->root = root;
    map->height++;
    ic_map_cache_clear(map); /* every depth changed */
    ic_map_cache_join(map);
}

/* Adds an entry at the place where a descent ended. */
static void insert_at(struct ic_map *map, struct ic_map_cursor *cursor, struct addition *add)
{
    bool is_append = cursor->is_last_leaf && cursor->steps[0].at == cursor->steps[0].count;
    struct ic_map_node node = leaf_of(map, cursor);
    uint32_t level = 0;
    while (node.count == node.shape->room && level < map->height) {
        if (is_append) {
            node_append(map, &node, add);
        } else {
            node_split(map, &node, cursor->steps[level].at, add);
        }
        level++;
        if (level < map->height) {
            const struct ic_map_step *step = &cursor->steps[level];
            ic_map_node_load(map, &node, step->node, level, step->line, cursor->leaf);
        }
    }
    if (level == map->height) {
        root_grow(map, add);
    } else {
        ic_map_node_put(map, &node, cursor->steps[level].at, &add->key, add->data);
    }
    map->count++;
    map->changes++;
    head_save(map);
}

void ic_map_insert(struct ic_map *map, const void *key, const void *value)
{
    struct ic_map_cursor cursor;
    struct addition add = {.data = value};
    ic_map_key_from(&add.key, map, key);
    bool is_found = ic_map_descend(map, &cursor, &add.key);
    ic_assert(!is_found);
    insert_at(map, &cursor, &add);
}

bool ic_map_put(struct ic_map *map, const void *key, const void *value)
{
    struct ic_map_cursor cursor;
    struct addition add = {.data = value};
    ic_map_key_from(&add.key, map, key);
    if (!ic_map_descend(map, &cursor, &add.key)) {
        insert_at(map, &cursor, &add);
        return true;
    }
    if (map->value_bytes != 0) {
        ic_stable_write(value_address(map, &cursor), value, map->value_bytes);
    }
    return false;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* Replaces the key between two children. */
static void separator_set(struct ic_map *map, struct ic_map_node *parent, uint32_t at,
                          uint32_t separator, uint32_t right)
{
    struct addition add;
    addition_up(&add, map, separator, right);
    ic_map_node_cut(parent, at);
    ic_map_node_put(map, parent, at, &add.key, add.data);
}

/* Collects two neighbours into items; inner nodes with their parent's key that separates them. */
static void neighbours_gather(struct ic_map *map, const struct ic_map_node *parent, uint32_t at,
                              uint32_t level, uint32_t left, uint32_t right)
{
    ic_map_items_reset(&items, map, level);
    items.first_child = ic_map_node_gather(map, &items, left, level, 0);
    uint32_t between = items.count;
    uint32_t right_child = ic_map_node_gather(map, &items, right, level, 0);
    if (level != 0) {
        struct ic_map_key separator;
        uint8_t key[IC_MAP_KEY_BYTES_MAX];
        uint8_t child[CHILD_BYTES];
        uint64_t slot = ic_map_node_slot(parent, at);
        ic_stable_read(key, parent->address + map->inner.keys_at + slot * map->inner.key_step,
                       map->key_bytes);
        ic_map_key_from(&separator, map, key);
        ic_store_u32_le(child, right_child);
        ic_map_items_insert(&items, map, between, &separator, child);
    }
}

/* Merges an underfull node with a neighbour, or lets them share evenly. The cursor's steps lead to
 * it.
 *   returns   true when the parent lost a key */
static bool node_help(struct ic_map *map, struct ic_map_cursor *cursor, uint32_t level,
                      struct ic_map_node *parent)
{
    struct ic_map_step *above = &cursor->steps[level + 1];
    ic_map_node_load(map, parent, above->node, level + 1, above->line, cursor->leaf);
    if (parent->count == 0) {
        ic_map_trap_damaged();
    }
    uint32_t at = above->at < parent->count ? above->at : above->at - 1u;
    uint32_t line = IC_MAP_LINE_NONE;
    uint32_t left = ic_map_node_child(map, &line, parent, at);
    uint32_t right = ic_map_node_child(map, &line, parent, at + 1);
    neighbours_gather(map, parent, at, level, left, right);
    uint32_t room = parent->level > 1 ? map->inner.room : map->leaf.room;
    if (level != 0) {
        ic_map_cache_forget(map, left);
        ic_map_cache_forget(map, right);
    }
    if (items.count <= room - room / UNDERFULL_SHARE) {
        ic_map_node_write(map, left, level, items.first_child, &items, 0, items.count);
        ic_map_node_release(map, right);
        ic_map_node_cut(parent, at);
        return true;
    }
    uint32_t separator = items_share(map, level, left, right, items.count / 2);
    separator_set(map, parent, at, separator + PLANTED_SHIFT, right);
    return false;
}

/* The root has one child left: that becomes the root. */
static void root_shrink(struct ic_map *map, const struct ic_map_node *root)
{
    uint32_t line = IC_MAP_LINE_NONE;
    uint32_t child = ic_map_node_child(map, &line, root, 0);
    ic_map_node_release(map, root->number);
    map->root = child;
    map->height--;
    ic_map_cache_clear(map); /* every depth changed */
}

void ic_map_take_at(struct ic_map *map, struct ic_map_cursor *cursor)
{
    struct ic_map_node node = leaf_of(map, cursor);
    ic_assert(map->count > 0);
    ic_map_node_cut(&node, cursor->steps[0].at);
    map->count--;
    map->changes++;
    for (uint32_t level = 0; level + 1 < map->height; level++) {
        if (node.count >= node.shape->room / UNDERFULL_SHARE) {
            break;
        }
        if (!node_help(map, cursor, level, &node)) {
            break;
        }
    }
    if (node.number == map->root && node.level != 0 && node.count == 0) {
        root_shrink(map, &node);
    }
    head_save(map);
}

bool ic_map_remove(struct ic_map *map, const void *key)
{
    struct ic_map_cursor cursor;
    struct ic_map_key wanted;
    ic_map_key_from(&wanted, map, key);
    if (!ic_map_descend(map, &cursor, &wanted)) {
        return false;
    }
    ic_map_take_at(map, &cursor);
    return true;
}
