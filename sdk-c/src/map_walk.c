/* An ic_map in order: cursors, and the check of everything. */
#include "ic/buf.h"
#include "ic/map.h"
#include "ic/trap.h"
#include "src/map_node.h"

/* ---- cursors --------------------------------------------------------------------------------- */

/* Goes down from a node to the first or last leaf below it, filling the steps. */
static void edge_descend(struct ic_map *map, struct ic_map_cursor *cursor, uint32_t number,
                         uint32_t level, uint32_t line, bool is_last)
{
    struct ic_map_node node;
    for (;; level--) {
        ic_map_node_load(map, &node, number, level, line, cursor->leaf);
        uint32_t at = is_last ? node.count : 0;
        cursor->steps[level] = (struct ic_map_step){
            .node = number,
            .at = (uint16_t)at,
            .count = (uint16_t)node.count,
            .line = (uint16_t)line,
        };
        if (level == 0) {
            cursor->address = node.address;
            return;
        }
        number = ic_map_node_child(map, &line, &node, at);
    }
}

static void edge_seek(struct ic_map *map, struct ic_map_cursor *cursor, bool is_last)
{
    uint32_t line = ic_map_line_root(map);
    cursor->changes = map->changes;
    cursor->is_last_leaf = is_last;
    edge_descend(map, cursor, map->root, map->height - 1, line, is_last);
}

void ic_map_seek_first(struct ic_map *map, struct ic_map_cursor *cursor)
{
    edge_seek(map, cursor, false);
}

void ic_map_seek_last(struct ic_map *map, struct ic_map_cursor *cursor)
{
    edge_seek(map, cursor, true);
}

void ic_map_seek(struct ic_map *map, struct ic_map_cursor *cursor, const void *key)
{
    struct ic_map_key wanted;
    ic_map_key_from(&wanted, map, key);
    (void)ic_map_descend(map, cursor, &wanted);
}

/* Moves to the neighbouring leaf; false when there is none, nothing changed then. */
static bool leaf_step(struct ic_map *map, struct ic_map_cursor *cursor, bool is_forward)
{
    struct ic_map_node node;
    uint32_t level = 1;
    while (level < map->height &&
           cursor->steps[level].at == (is_forward ? cursor->steps[level].count : 0)) {
        level++;
    }
    if (level >= map->height) {
        return false;
    }
    struct ic_map_step *step = &cursor->steps[level];
    step->at = (uint16_t)(is_forward ? step->at + 1 : step->at - 1);
    ic_map_node_load(map, &node, step->node, level, step->line, cursor->leaf);
    uint32_t line = IC_MAP_LINE_NONE;
    uint32_t child = ic_map_node_child(map, &line, &node, step->at);
    edge_descend(map, cursor, child, level - 1, line, !is_forward);
    return true;
}

void ic_map_entry_read(const struct ic_map *map, void *key, void *value,
                       struct ic_map_cursor *cursor)
{
    const struct ic_map_shape *shape = &map->leaf;
    struct ic_map_node leaf = {.shape = shape, .front = cursor->leaf};
    uint64_t slot = ic_map_node_slot(&leaf, cursor->steps[0].at);
    if (key != NULL) {
        ic_stable_read(key, cursor->address + shape->keys_at + slot * shape->key_step,
                       map->key_bytes);
    }
    if (value != NULL && map->value_bytes != 0) {
        ic_stable_read(value, cursor->address + shape->data_at + slot * shape->data_step,
                       map->value_bytes);
    }
}

static void cursor_require(const struct ic_map *map, const struct ic_map_cursor *cursor)
{
    if (cursor->changes != map->changes) {
        IC_TRAP("stable map: the map changed under a cursor");
    }
}

bool ic_map_next(struct ic_map *map, void *key, void *value, struct ic_map_cursor *cursor)
{
    struct ic_map_step *step = &cursor->steps[0];
    cursor_require(map, cursor);
    if (step->at == step->count && !leaf_step(map, cursor, true)) {
        return false;
    }
    ic_map_entry_read(map, key, value, cursor);
    step->at++;
    return true;
}

bool ic_map_previous(struct ic_map *map, void *key, void *value, struct ic_map_cursor *cursor)
{
    struct ic_map_step *step = &cursor->steps[0];
    cursor_require(map, cursor);
    if (step->at == 0 && !leaf_step(map, cursor, false)) {
        return false;
    }
    step->at--;
    ic_map_entry_read(map, key, value, cursor);
    return true;
}

bool ic_map_pop_first(struct ic_map *map, void *key, void *value)
{
    struct ic_map_cursor cursor;
    if (map->count == 0) {
        return false;
    }
    ic_map_seek_first(map, &cursor);
    ic_map_entry_read(map, key, value, &cursor);
    ic_map_take_at(map, &cursor);
    return true;
}

/* ---- integrity ------------------------------------------------------------------------------- */

/* A check goes through the tree in the order of the keys. Between two leaves stands exactly one key
 * of an inner node, so comparing each key with the one before it covers every separator too. */
enum { PHASE_START, PHASE_TREE, PHASE_FREE, PHASE_DONE };

#define FREE_AT_ONCE 64u

static struct ic_map_items items;

/* The next key in order; only the first behind a separator may equal it. */
static void order_check(const struct ic_map *map, struct ic_map_checker *checker,
                        const uint8_t *key)
{
    if (checker->has_last) {
        int order = memcmp(checker->last, key, map->key_bytes);
        if (order > 0 || (order == 0 && !checker->may_equal)) {
            IC_TRAP("stable map: keys are out of order");
        }
    }
    memcpy(checker->last, key, map->key_bytes);
    checker->has_last = true;
    checker->may_equal = false;
}

static void node_next(struct ic_map_checker *checker, uint32_t number, uint32_t level)
{
    checker->next = number;
    checker->level = level;
}

/* Goes on behind the leaf that was checked last; false when it was the last of all. */
static bool leaf_next(struct ic_map *map, struct ic_map_checker *checker)
{
    struct ic_map_node node;
    uint8_t buffer[IC_MAP_SEARCH_BYTES + 16];
    uint8_t separator[IC_MAP_KEY_BYTES_MAX];
    uint32_t level = 1;
    while (level < map->height && checker->steps[level].at == checker->steps[level].count) {
        level++;
    }
    if (level >= map->height) {
        return false;
    }
    struct ic_map_step *step = &checker->steps[level];
    ic_map_node_load(map, &node, step->node, level, IC_MAP_LINE_NONE, buffer);
    ic_map_node_key(map, &node, step->at, separator);
    order_check(map, checker, separator);
    checker->may_equal = true;
    step->at++;
    uint32_t line = IC_MAP_LINE_NONE;
    node_next(checker, ic_map_node_child(map, &line, &node, step->at), level - 1);
    return true;
}

/* Checks the next node; false when it was the last. */
static bool tree_step(struct ic_map *map, struct ic_map_checker *checker)
{
    uint32_t number = checker->next;
    uint32_t level = checker->level;
    ic_map_node_check(map, &items, number, level);
    if (++checker->nodes > map->node_count) {
        ic_map_trap_damaged();
    }
    if (items.count == 0 && number != map->root) {
        IC_TRAP("stable map: a node is empty");
    }
    checker->steps[level] = (struct ic_map_step){
        .node = number, .count = (uint16_t)items.count, .line = IC_MAP_LINE_NONE};
    if (level != 0) {
        node_next(checker, items.first_child, level - 1);
        return true;
    }
    if (items.count != 0) { /* the node's own order is checked, so its ends tell */
        order_check(map, checker, ic_map_item(&items, 0));
        checker->may_equal = true;
        order_check(map, checker, ic_map_item(&items, items.count - 1));
    }
    checker->entries += items.count;
    return leaf_next(map, checker);
}

static bool free_step(const struct ic_map *map, struct ic_map_checker *checker)
{
    for (uint32_t i = 0; i < FREE_AT_ONCE && checker->next_free != IC_MAP_NONE; i++) {
        checker->next_free = ic_map_node_free_next(map, checker->next_free);
        if (++checker->free > map->free_count) {
            IC_TRAP("stable map: the free list is too long");
        }
    }
    return checker->next_free != IC_MAP_NONE;
}

static void totals_check(const struct ic_map *map, const struct ic_map_checker *checker)
{
    if (checker->entries != map->count) {
        IC_TRAP("stable map: the count of entries is wrong");
    }
    if (checker->free != map->free_count ||
        (uint64_t)checker->nodes + checker->free != map->node_count) {
        IC_TRAP("stable map: a node is neither in the tree nor free");
    }
}

bool ic_map_check_some(struct ic_map *map, struct ic_map_checker *checker)
{
    switch (checker->phase) {
    case PHASE_START:
        checker->changes = map->changes;
        checker->next_free = map->node_free;
        node_next(checker, map->root, map->height - 1);
        checker->phase = PHASE_TREE;
        return true;
    case PHASE_TREE:
        ic_assert(checker->changes == map->changes);
        checker->phase = tree_step(map, checker) ? PHASE_TREE : PHASE_FREE;
        return true;
    case PHASE_FREE:
        ic_assert(checker->changes == map->changes);
        if (free_step(map, checker)) {
            return true;
        }
        totals_check(map, checker);
        checker->phase = PHASE_DONE;
        return false;
    default:
        return false;
    }
}

void ic_map_check(struct ic_map *map)
{
    struct ic_map_checker checker = {.phase = PHASE_START};
    while (ic_map_check_some(map, &checker)) {
    }
}
