/* The cache of an ic_map: the first parts of inner nodes, as they are in stable memory.
 *
 * The root has line 0. Its children have a line by the slot in which the root keeps them: it stays
 * the same as long as they are its children, and none evicts another. Nodes below them share the
 * lines of the pool, or what the application gave, in sets of four lines by a hash of their number.
 * Whoever changes a node in its line writes the same bytes to stable memory. */
#include "ic/buf.h"
#include "ic/map.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "src/map_node.h"

#define LINE_ROOT   0u
#define LINE_FIRST  1u /* of the root's children */
#define WAYS        4u
#define LINES_MAX   32768u
#define POOL_HEIGHT 4u /* levels of a map that has nodes below the root's children */

/* Header of a line: u64 address of the node, u32 its number, u32 generation; then its bytes. */
#define OWNER_AT 8u /* number and generation */
#define COUNT_AT 2u /* in a node */

#define INNER_FRONT_MAX(k) (8u + (k) + 9u * ((IC_MAP_NODE_BYTES_MAX - 8u - (k)) / (9u + (k))))
_Static_assert(IC_MAP_LINE_HEADER + 8u + 23u + 9u * IC_MAP_ROOM_MAX <= IC_MAP_LINE_BYTES_MAX &&
                   IC_MAP_LINE_HEADER + INNER_FRONT_MAX(24u) <= IC_MAP_LINE_BYTES_MAX &&
                   IC_MAP_LINE_BYTES_MAX % 8 == 0,
               "the largest front, of keys with 23 or 24 bytes, fits a line");

/* The lines that maps share, once there is one that needs them. */
static uint8_t *pool;

/* Every map starts its generations with a number that none had before: so the lines of others, of
 * an earlier tree and of memory that was used before are all empty, and nobody goes through them. */
static uint32_t generation_last;

static uint8_t *line_at(const struct ic_map *map, uint32_t line)
{
    if (line < map->lines) {
        return (uint8_t *)(uintptr_t)map->cache + (size_t)line * map->line_bytes;
    }
    return map->more + (size_t)(line - map->lines) * IC_MAP_LINE_BYTES_MAX;
}

static inline uint64_t owner_of(const struct ic_map *map, uint32_t number)
{
    return (uint64_t)map->cache_generation << 32 | number;
}

static inline bool line_holds(const struct ic_map *map, const uint8_t *line, uint32_t number)
{
    return ic_load_u64_le(line + OWNER_AT) == owner_of(map, number);
}

static void line_empty(uint8_t *line)
{
    ic_store_u64_le(line + OWNER_AT, IC_MAP_NONE);
}

void ic_map_cache_init(struct ic_map *map)
{
    map->line_bytes = IC_MAP_LINE_HEADER + (map->inner.keys_at + 7) / 8 * 8;
    ic_assert(map->line_bytes <= IC_MAP_LINE_BYTES_MAX);
    map->lines = IC_MAP_CACHE_BYTES / map->line_bytes;
    map->more_sets = 0;
    map->more_turn = 0;
    map->has_own_cache = false;
    map->more = NULL;
    for (uint32_t line = 0; line < map->lines; line++) {
        line_empty(line_at(map, line));
    }
    ic_map_cache_clear(map);
}

static void more_use(struct ic_map *map, uint8_t *memory, size_t bytes)
{
    size_t lines = bytes / IC_MAP_LINE_BYTES_MAX;
    lines = lines < LINES_MAX ? lines : LINES_MAX;
    map->more = memory;
    map->more_sets = (uint32_t)lines / WAYS;
}

void ic_map_cache_give(struct ic_map *map, void *memory, size_t bytes)
{
    ic_assert((uintptr_t)memory % 8 == 0);
    map->has_own_cache = true;
    more_use(map, memory, bytes);
}

void ic_map_cache_join(struct ic_map *map)
{
    if (map->height < POOL_HEIGHT || map->has_own_cache || map->more_sets != 0) {
        return;
    }
    if (pool == NULL) {
        pool = ic_heap_take(IC_MAP_POOL_BYTES);
    }
    if (pool != NULL) {
        more_use(map, pool, IC_MAP_POOL_BYTES);
    }
}

void ic_map_cache_clear(struct ic_map *map)
{
    map->cache_generation = ++generation_last;
}

/* First line of a node's set. Inner nodes of ascending keys are numbered in even steps, which a
 * plain multiplication can map to few sets; so their bits are mixed twice. */
static uint32_t set_of(const struct ic_map *map, uint32_t number)
{
    uint32_t hash = number * 0x9e3779b1u;
    hash = (hash ^ hash >> 15) * 0x85ebca77u;
    return map->lines + (uint32_t)((uint64_t)hash * map->more_sets >> 32) * WAYS;
}

void ic_map_cache_forget(struct ic_map *map, uint32_t number)
{
    uint32_t first = map->more_sets == 0 ? 0 : set_of(map, number);
    for (uint32_t line = 0; line < map->lines; line++) {
        if (line_holds(map, line_at(map, line), number)) {
            line_empty(line_at(map, line));
        }
    }
    for (uint32_t line = first; map->more_sets != 0 && line < first + WAYS; line++) {
        if (line_holds(map, line_at(map, line), number)) {
            line_empty(line_at(map, line));
        }
    }
}

uint32_t ic_map_line_root(const struct ic_map *map)
{
    return map->height > 1 ? LINE_ROOT : IC_MAP_LINE_NONE;
}

/* The line that holds a node, or else the first of its set. */
static uint32_t set_find(const struct ic_map *map, uint32_t number)
{
    uint32_t first = set_of(map, number);
    uint64_t owner = owner_of(map, number);
    const uint8_t *at = line_at(map, first) + OWNER_AT;
    for (uint32_t line = first; line < first + WAYS; line++, at += IC_MAP_LINE_BYTES_MAX) {
        if (ic_load_u64_le(at) == owner) {
            return line;
        }
    }
    return first;
}

uint32_t ic_map_line_for(const struct ic_map *map, const struct ic_map_node *parent, uint32_t place,
                         uint32_t number)
{
    if (parent->number == map->root && LINE_FIRST + place < map->lines) {
        return LINE_FIRST + place;
    }
    return map->more_sets == 0 ? IC_MAP_LINE_NONE : set_find(map, number);
}

bool ic_map_line_find(const struct ic_map *map, struct ic_map_node *node)
{
    uint8_t *line = line_at(map, node->line);
    if (!line_holds(map, line, node->number)) {
        return false;
    }
    node->address = ic_load_u64_le(line);
    node->front = line + IC_MAP_LINE_HEADER;
    node->count = ic_load_u16_le(node->front + COUNT_AT);
    return true;
}

static bool line_is_empty(const struct ic_map *map, const uint8_t *line)
{
    uint64_t owner = ic_load_u64_le(line + OWNER_AT);
    return (uint32_t)owner == IC_MAP_NONE || owner >> 32 != map->cache_generation;
}

/* The line to read a node into: never a second one; an empty one, or its set's next in turn. */
static uint32_t line_choose(struct ic_map *map, uint32_t number)
{
    uint32_t line = set_find(map, number);
    if (line_holds(map, line_at(map, line), number)) {
        return line;
    }
    for (uint32_t way = 0; way < WAYS; way++) {
        if (line_is_empty(map, line_at(map, line + way))) {
            return line + way;
        }
    }
    map->more_turn = (map->more_turn + 1) % WAYS;
    return line + map->more_turn;
}

uint8_t *ic_map_line_read(struct ic_map *map, struct ic_map_node *node)
{
    if (node->line >= map->lines) {
        node->line = line_choose(map, node->number);
    }
    uint8_t *line = line_at(map, node->line);
    ic_stable_read(line + IC_MAP_LINE_HEADER, node->address, map->inner.keys_at);
    ic_store_u64_le(line, node->address);
    ic_store_u64_le(line + OWNER_AT, owner_of(map, node->number));
    return line + IC_MAP_LINE_HEADER;
}
