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

/* A check visits every node, the one above before those below. The path to the next one is all that
 * it keeps: going down along it gives the keys between which those of the node must be. */
enum { PHASE_START, PHASE_TREE, PHASE_FREE };

#define FREE_AT_ONCE 64u

_Static_assert(IC_MAP_HEIGHT_MAX <= sizeof((struct ic_check *)0)->path && IC_MAP_ROOM_MAX <= 255,
               "a path has a byte for each level");

static struct ic_map_items items;

static uint32_t path_get(const struct ic_check *check, uint32_t level)
{
    return check->path[level / 8] >> 8 * (level % 8) & 0xff;
}

static void path_set(struct ic_check *check, uint32_t level, uint32_t at)
{
    uint64_t *path = &check->path[level / 8];
    *path = (*path & ~((uint64_t)0xff << 8 * (level % 8))) | (uint64_t)at << 8 * (level % 8);
}

/* What was found on the way to a node. */
struct way {
    uint32_t counts[IC_MAP_HEIGHT_MAX]; /* entries of the nodes above, by level */
    bool has_low, has_high;
    uint8_t low[IC_MAP_KEY_BYTES_MAX];  /* keys of the node are >= low */
    uint8_t high[IC_MAP_KEY_BYTES_MAX]; /* and < high */
};

/* Goes down to the node of the check: its number. */
static uint32_t way_go(struct ic_map *map, struct way *way, const struct ic_check *check)
{
    struct ic_map_node node;
    uint8_t buffer[IC_MAP_SEARCH_BYTES + 16];
    uint32_t number = map->root;
    way->has_low = way->has_high = false;
    for (uint32_t level = map->height - 1; level > check->next; level--) {
        const uint32_t at = path_get(check, level);
        ic_map_node_load(map, &node, number, level, IC_MAP_LINE_NONE, buffer);
        way->counts[level] = node.count;
        if (at > node.count) {
            ic_map_trap_damaged();
        }
        if (at > 0) {
            ic_map_node_key(map, &node, at - 1, way->low);
            way->has_low = true;
        }
        if (at < node.count) {
            ic_map_node_key(map, &node, at, way->high);
            way->has_high = true;
        }
        uint32_t line = IC_MAP_LINE_NONE;
        number = ic_map_node_child(map, &line, &node, at);
    }
    return number;
}

/* The order inside of the node is checked already, so its ends tell. */
static void ends_check(const struct ic_map *map, const struct way *way)
{
    const uint8_t *first = ic_map_item(&items, 0);
    const uint8_t *last = ic_map_item(&items, items.count - 1);
    if ((way->has_low && memcmp(first, way->low, map->key_bytes) < 0) ||
        (way->has_high && memcmp(last, way->high, map->key_bytes) >= 0)) {
        IC_TRAP("stable map: keys are out of order");
    }
}

/* Moves the path behind a leaf; false when it was the last of all. */
static bool path_advance(const struct ic_map *map, const struct way *way, struct ic_check *check)
{
    uint32_t level = 1;
    while (level < map->height && path_get(check, level) == way->counts[level]) {
        level++;
    }
    if (level >= map->height) {
        return false;
    }
    path_set(check, level, path_get(check, level) + 1);
    check->next = level - 1;
    return true;
}

/* Checks the next node; false when it was the last. */
static bool tree_step(struct ic_map *map, struct ic_check *check)
{
    struct way way;
    if (check->next >= map->height || ++check->blocks > map->node_count) {
        ic_map_trap_damaged();
    }
    const uint32_t level = (uint32_t)check->next;
    const uint32_t number = way_go(map, &way, check);
    ic_map_node_check(map, &items, number, level);
    if (items.count != 0) {
        ends_check(map, &way);
    } else if (number != map->root) {
        IC_TRAP("stable map: a node is empty");
    }
    if (level == 0) {
        check->entries += items.count;
        return path_advance(map, &way, check);
    }
    path_set(check, level, 0);
    check->next = level - 1;
    return true;
}

static void free_step(const struct ic_map *map, struct ic_check *check)
{
    for (uint32_t i = 0; i < FREE_AT_ONCE && check->link != IC_MAP_NONE; i++) {
        if (++check->free > map->free_count) {
            IC_TRAP("stable map: the free list is too long");
        }
        if (check->link > map->node_count) {
            ic_map_trap_damaged();
        }
        check->link = ic_map_node_free_next(map, (uint32_t)check->link);
    }
}

static void totals_check(const struct ic_map *map, const struct ic_check *check)
{
    if (check->entries != map->count) {
        IC_TRAP("stable map: the count of entries is wrong");
    }
    if (check->free != map->free_count || check->blocks + check->free != map->node_count) {
        IC_TRAP("stable map: a node is neither in the tree nor free");
    }
}

bool ic_map_check_some(struct ic_map *map, struct ic_check *check)
{
    switch (check->phase) {
    case PHASE_START:
        check->next = map->height - 1;
        check->link = map->node_free;
        check->phase = PHASE_TREE;
        return true;
    case PHASE_TREE:
        check->phase = tree_step(map, check) ? PHASE_TREE : PHASE_FREE;
        return true;
    case PHASE_FREE:
        free_step(map, check);
        if (check->link != IC_MAP_NONE) {
            return true;
        }
        totals_check(map, check);
        check->phase = IC_CHECK_DONE;
        return false;
    default:
        return false;
    }
}

void ic_map_check(struct ic_map *map)
{
    struct ic_check check = {.phase = PHASE_START};
    while (ic_map_check_some(map, &check)) {
    }
}
