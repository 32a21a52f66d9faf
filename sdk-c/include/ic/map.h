/* An ordered map in stable memory: a B+tree of fixed-size keys and values, both opaque bytes, keys
 * in the order of memcmp. Numbers are stored big-endian to sort as numbers.
 *
 * Why it looks like this. A stable access costs 25 instructions and its bytes, about 80 with the
 * code around it; a 4 KiB page first written in a message costs 1,000. So
 *
 *   - a node is one such page, or half or a quarter of one when 64 entries fit into that: a change
 *     dirties the leaf's page and the head page, 2,000 in all;
 *   - a search does not read the node (4,100) and does not hop through its keys (7 reads of 28
 *     bytes, 900): it reads a compact index at the start of the node once. The index has 5 bytes
 *     for each entry, in the order of the keys: the 4 bytes of the key behind the prefix that all
 *     keys of the node share, and the slot where the entry stands. For 28-byte keys that is 530
 *     bytes, then 100 instructions of binary search in the heap, then the one entry whose 4 bytes
 *     match. Four bytes behind the prefix nearly always tell: random keys of a leaf at 10 million
 *     entries share 2 bytes and differ within the next 2, counters share all but the last 1 or 2.
 *     Where they do not (keys made to be alike) the search halves the run of equals by whole keys,
 *     7 reads at worst;
 *   - entries do not move: inserting writes one entry into a free slot and shifts the rest of the
 *     index, on average half of 5 bytes for each entry (170 bytes instead of 1,300);
 *   - the root and its children, the nodes of every search, keep their first part (index and child
 *     numbers) in a cache of 64 KiB in this struct. The inner nodes below them have a place in a
 *     pool of IC_MAP_POOL_BYTES, which all maps of a canister share and which is taken from the
 *     heap when the first of them gets a fourth level, at half a million entries. Both are filled
 *     lazily, 1,000 instructions for a node, written through, and empty again after an upgrade:
 *     nothing is rebuilt.
 *
 * At 28-byte keys and 8-byte values a leaf has room for 99 entries, an inner node for 109. Random
 * insertion fills nodes to about 69%: 15 leaves under the root at 1,000 entries, 1,500 leaves under
 * 20 nodes at 100,000, and one more level at 10 million (148,000, 2,000, 27, 1). A lookup reads the
 * leaf alone, all above it is in the cache. Ascending keys fill leaves completely: a full last
 * leaf is not halved when a larger key comes.
 *
 * A split moves the upper half of a node to a new one, once in 30 to 50 insertions, about 30,000
 * instructions for each level that is full; the dearest of all, through three levels to a new root
 * at half a million random entries, is 98,000. A node that falls below a quarter is merged with a
 * neighbour when both fit into three quarters, else they share evenly: up to 60,000. Emptied nodes
 * are used again; the region never shrinks.
 *
 * Layout, version 1. Region id (kind MAP, shape key_bytes << 16 | value_bytes), an array of nodes,
 * numbered from 1, of N bytes: the smallest of 1,024, 2,048 and 4,096 that gives a leaf r >= 64,
 * else 4,096:
 *
 *     0      1      level: 0 = leaf, 255 = free
 *     1      1      p, bytes that all keys of the node share; may be fewer than they do
 *     2      2      n, entries
 *     4      4      inner: child left of all keys; free: next free node or 0; leaf: 0
 *     8      k      the first p bytes of each key; the rest is undefined
 *     8+k    5*r    index: u32 of key bytes p..p+3 (as a big-endian number; 0 behind the end of
 *                   the key), u8 slot. The first n in the order of the keys, behind them the free
 *                   slots with 2^32 - 1
 *   leaf,  r = (N - 8 - k) / (5 + k + v), at most 127
 *            r*(k+v)  slots: key, value
 *   inner, r = (N - 8 - k) / (5 + 4 + k), at most 127
 *            r*4      u32 child right of the key in this slot: keys >= that key
 *            r*k      slots: key
 *
 * Head slot: 0 u64 entries, 8 u32 root, 12 u32 height (1 = the root is a leaf), 16 u32 nodes ever
 * made, 20 u32 first free node, 24 u32 free nodes, 28 u32 0, 32 u64 check. */
#ifndef IC_MAP_H
#define IC_MAP_H

#include "ic/check.h"
#include "ic/stable.h"

#define IC_MAP_NODE_BYTES_MIN  1024u
#define IC_MAP_NODE_BYTES_MAX  4096u
#define IC_MAP_ROOM_MAX        127u /* entries of a node */
#define IC_MAP_KEY_BYTES_MAX   128u
#define IC_MAP_ENTRY_BYTES_MAX 480u /* key + value: a leaf holds at least eight */
#define IC_MAP_HEIGHT_MAX      16u  /* 2^32 nodes with at least 8 children each have 12 levels */
#define IC_MAP_SEARCH_BYTES    672u /* header, prefix and index of any node */
#define IC_MAP_CACHE_BYTES     65536u
#define IC_MAP_LINE_HEADER     16u
#define IC_MAP_LINE_BYTES_MAX  1192u       /* header, front and children of any inner node */
#define IC_MAP_POOL_BYTES      (5u << 20) /* of heap, taken once a map has four levels */

/* Where things stand in the nodes of one kind; offsets and steps in bytes. */
struct ic_map_shape {
    uint32_t room;         /* entries */
    uint32_t stride;       /* largest power of two <= room */
    uint32_t index_at;     /* behind header and prefix */
    uint32_t search_bytes; /* header, prefix, index */
    uint32_t keys_at, key_step;
    uint32_t data_at, data_step, data_bytes; /* a leaf's values, an inner node's children */
};

struct ic_map {
    struct ic_store *store;
    struct ic_region *region;
    uint32_t key_bytes;
    uint32_t value_bytes;
    uint32_t node_bytes;
    struct ic_map_shape leaf, inner;
    uint64_t count; /* entries */
    uint32_t root;
    uint32_t height;
    uint32_t node_count;
    uint32_t node_free; /* first of the free nodes; 0 = none */
    uint32_t free_count;
    uint32_t changes;          /* insertions and removals since open: tells stale cursors */
    uint32_t cache_generation; /* lines of an earlier one are empty */
    uint32_t line_bytes;
    uint32_t lines;     /* in cache */
    uint32_t more_sets; /* of four lines each, in more */
    uint32_t more_turn; /* which line of a set is overwritten next */
    bool has_own_cache; /* ic_map_cache_give was called */
    uint8_t *more;      /* the pool, or memory of the application */
    _Alignas(8) uint8_t cache[IC_MAP_CACHE_BYTES];
};

/* One node on the way from the root to a leaf. */
struct ic_map_step {
    uint32_t node;
    uint16_t at;    /* child that was taken (0 = left of all keys), entry in a leaf */
    uint16_t count; /* entries of the node */
    uint16_t line;  /* of the cache; 65535 = not cached */
};

/* A place between two entries. Valid until the map changes: using it afterwards traps. */
struct ic_map_cursor {
    uint32_t changes;
    bool is_last_leaf;
    struct ic_map_step steps[IC_MAP_HEIGHT_MAX]; /* by level, 0 = leaf */
    uint64_t address;                            /* of the leaf */
    uint8_t leaf[IC_MAP_SEARCH_BYTES + 16]; /* start of the leaf; 16 bytes may be read past it */
};

/* ic_map_open makes or finds a map. 1 <= key_bytes <= IC_MAP_KEY_BYTES_MAX, key + value <=
 * IC_MAP_ENTRY_BYTES_MAX; both are part of the layout. It takes one region id. The struct is large:
 * give it static storage.
 *   traps     when the region holds something else, its head is damaged, or memory cannot grow */
void ic_map_open(struct ic_map *map, struct ic_store *store, uint32_t region_id, uint32_t key_bytes,
                 uint32_t value_bytes);

/* ic_map_cache_give lets the map keep the inner nodes below the root's children in memory of its
 * own instead of the pool that all maps share, right after ic_map_open, each time: for more than 20
 * million entries, or for a canister with many large maps. A node takes IC_MAP_LINE_BYTES_MAX; n
 * entries of 36 bytes have n / 4,800 inner nodes.
 *   memory    aligned to 8, zero at first, for one map only; NULL and 0 bytes: no such cache */
void ic_map_cache_give(struct ic_map *map, void *memory, size_t bytes);

static inline uint64_t ic_map_count(const struct ic_map *map)
{
    return map->count;
}

/* ic_map_find looks a key up. The map is not const because the cache may be filled.
 *   value     value_bytes are copied there; may be NULL
 *   returns   false when absent; nothing was written then */
IC_MUST_USE bool ic_map_find(struct ic_map *map, void *value, const void *key);

/* ic_map_insert adds a key that is absent (asserted) with its value.
 *   value     may be NULL when value_bytes is 0
 *   traps     when stable memory cannot grow */
void ic_map_insert(struct ic_map *map, const void *key, const void *value);

/* ic_map_put inserts or replaces.
 *   returns   true when the key is new */
bool ic_map_put(struct ic_map *map, const void *key, const void *value);

/* ic_map_remove takes a key out.
 *   returns   false when it was absent */
bool ic_map_remove(struct ic_map *map, const void *key);

/* ic_map_pop_first takes the smallest entry out, for less than seeking and removing it.
 *   key, value  may be NULL
 *   returns     false when the map is empty; nothing was written then */
bool ic_map_pop_first(struct ic_map *map, void *key, void *value);

/* ---- in order -------------------------------------------------------------------------------- */

/* ic_map_seek places the cursor before the first entry whose key is >= key (its lower bound). */
void ic_map_seek(struct ic_map *map, struct ic_map_cursor *cursor, const void *key);
/* Before the first entry and behind the last. */
void ic_map_seek_first(struct ic_map *map, struct ic_map_cursor *cursor);
void ic_map_seek_last(struct ic_map *map, struct ic_map_cursor *cursor);

/* ic_map_next copies the entry behind the cursor and moves over it, about 150 instructions;
 * ic_map_previous the one before it. The end of a range is the caller's to compare.
 *   key, value  may be NULL
 *   returns     false at the end; nothing was written then and the cursor stays */
IC_MUST_USE bool ic_map_next(struct ic_map *map, void *key, void *value,
                             struct ic_map_cursor *cursor);
IC_MUST_USE bool ic_map_previous(struct ic_map *map, void *key, void *value,
                                 struct ic_map_cursor *cursor);

/* ---- integrity ------------------------------------------------------------------------------- */

/* ic_map_check_some checks the next node, or some of the free list; see ic/check.h.
 *   returns   true while there is more
 *   traps     "stable map: ..." at the first inconsistency */
IC_MUST_USE bool ic_map_check_some(struct ic_map *map, struct ic_check *check);

/* ic_map_check checks everything: order of all keys, indexes, prefixes, separators, levels, slots,
 * counts, and that each node is in the tree or free. About 600 instructions for each entry. */
void ic_map_check(struct ic_map *map);

#endif
