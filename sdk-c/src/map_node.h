/* Nodes of an ic_map: reading, searching and changing one of them. Used by map*.c and queue.c only.
 *
 * Node, leaf and inner node as in ic/map.h; "key n" is the n-th in order, "slot n" is where it
 * stands. */
#ifndef IC_SRC_MAP_NODE_H
#define IC_SRC_MAP_NODE_H

#include "ic/map.h"

#define IC_MAP_LINE_NONE 65535u
#define IC_MAP_NONE      0u /* no node */

/* The start of a node, in the cache or in a buffer of the caller. Valid until the next node is read
 * into the same buffer. */
struct ic_map_node {
    const struct ic_map_shape *shape;
    uint64_t address; /* of the node */
    uint8_t *front;   /* header, prefix, index; when cached the children too */
    uint32_t number;
    uint32_t count;
    uint32_t level;
    uint32_t line;
};

/* A key with zeros behind it, so that 16 bytes can be read from any of its bytes. */
struct ic_map_key {
    uint8_t at[IC_MAP_KEY_BYTES_MAX + 16];
};

/* Where a key stands or would stand in a node. */
struct ic_map_place {
    uint32_t at;
    bool is_found;
};

_Noreturn void ic_map_trap_damaged(void);

/* Copies a key of the application. */
void ic_map_key_from(struct ic_map_key *out, const struct ic_map *map, const void *key);

/* ---- reading --------------------------------------------------------------------------------- */

/* Address of a node in stable memory; traps when there is no such node. */
uint64_t ic_map_node_address(const struct ic_map *map, uint32_t number);

/* ic_map_node_load reads the start of a node.
 *   line      of the cache, or IC_MAP_LINE_NONE: then it is read into buffer
 *   buffer    IC_MAP_SEARCH_BYTES + 16
 *   traps     when it is not a node of that level */
void ic_map_node_load(struct ic_map *map, struct ic_map_node *node, uint32_t number, uint32_t level,
                      uint32_t line, uint8_t *buffer);

/* First entry whose key is >= key. */
struct ic_map_place ic_map_node_search(const struct ic_map *map, const struct ic_map_node *node,
                                       const struct ic_map_key *key);

/* Slot of an entry, checked. */
uint32_t ic_map_node_slot(const struct ic_map_node *node, uint32_t at);

/* Copies the key of an entry. */
void ic_map_node_key(const struct ic_map *map, const struct ic_map_node *node, uint32_t at,
                     uint8_t *key);

/* Child of an inner node: 0 = left of all keys, n = right of key n - 1.
 *   line      line of the cache in which the child is or may be loaded */
uint32_t ic_map_node_child(const struct ic_map *map, uint32_t *line, const struct ic_map_node *node,
                           uint32_t at);
/* The line of the root. */
uint32_t ic_map_line_root(const struct ic_map *map);

/* ---- changing -------------------------------------------------------------------------------- */

/* ic_map_node_put adds an entry where it belongs; there must be room. */
void ic_map_node_put(struct ic_map *map, struct ic_map_node *node, uint32_t at,
                     const struct ic_map_key *key, const void *data);
/* ic_map_node_cut takes an entry out. */
void ic_map_node_cut(struct ic_map_node *node, uint32_t at);

/* ---- whole nodes ----------------------------------------------------------------------------- */

/* Entries in order, each a key and its data, for splitting and merging. One list exists. */
struct ic_map_items {
    uint32_t count;
    uint32_t bytes; /* of one */
    uint32_t first_child;
    uint8_t at[2 * IC_MAP_NODE_BYTES_MAX + 2 * IC_MAP_ENTRY_BYTES_MAX + 16];
};
_Static_assert(IC_MAP_ENTRY_BYTES_MAX >= IC_MAP_KEY_BYTES_MAX + 4, "an item of an inner node fits");

static inline uint8_t *ic_map_item(struct ic_map_items *items, uint32_t n)
{
    return items->at + (size_t)n * items->bytes;
}

void ic_map_items_reset(struct ic_map_items *items, const struct ic_map *map, uint32_t level);
void ic_map_items_insert(struct ic_map_items *items, const struct ic_map *map, uint32_t at,
                         const struct ic_map_key *key, const void *data);

/* ic_map_node_gather appends all entries of a node from one on.
 *   returns   its first child, 0 for a leaf */
uint32_t ic_map_node_gather(const struct ic_map *map, struct ic_map_items *items, uint32_t number,
                            uint32_t level, uint32_t from);

/* ic_map_node_truncate takes all entries from count > 0 on out of the node that was gathered last,
 * and makes its prefix as long as the rest allows. */
void ic_map_node_truncate(const struct ic_map *map, struct ic_map_node *node, uint32_t count);

/* ic_map_node_write makes a node of the items first..end-1, replacing what it was. The caller lets
 * the cache forget a node that was in use; one that was just taken is not in it. */
void ic_map_node_write(struct ic_map *map, uint32_t number, uint32_t level, uint32_t first_child,
                       struct ic_map_items *items, uint32_t first, uint32_t end);

/* ic_map_node_check looks a whole node over: header, prefix, index, order, slots. Its items are
 * left in items.
 *   traps     naming what is wrong */
void ic_map_node_check(const struct ic_map *map, struct ic_map_items *items, uint32_t number,
                       uint32_t level);

/* ---- nodes as such --------------------------------------------------------------------------- */

/* A node to write on, free or new. Traps when stable memory cannot grow. */
uint32_t ic_map_node_take(struct ic_map *map);
void ic_map_node_release(struct ic_map *map, uint32_t number);
/* Next free node after a free one; traps when it is not free. */
uint32_t ic_map_node_free_next(const struct ic_map *map, uint32_t number);

/* ---- cache (map_cache.c) --------------------------------------------------------------------- */

/* Makes the lines of the cache, empty; and forgets what they hold. */
void ic_map_cache_init(struct ic_map *map);
void ic_map_cache_clear(struct ic_map *map);
/* Lets a map of four or more levels share the pool. */
void ic_map_cache_join(struct ic_map *map);
void ic_map_cache_forget(struct ic_map *map, uint32_t number);
/* The line for a child: place 0 is left of all keys of its parent, n + 1 is of slot n. */
uint32_t ic_map_line_for(const struct ic_map *map, const struct ic_map_node *parent, uint32_t place,
                         uint32_t number);
/* Completes a node from its line; false when the line holds another. */
bool ic_map_line_find(const struct ic_map *map, struct ic_map_node *node);
/* Reads a node, whose address is set, into a line. The line it had, known since a descent perhaps
 * long ago, may have gone to another node: then it gets its present one. */
uint8_t *ic_map_line_read(struct ic_map *map, struct ic_map_node *node);

/* ---- ways through the tree (map.c) ----------------------------------------------------------- */

/* ic_map_descend goes down to the leaf where a key belongs; steps[0].at is the place of the key.
 *   returns   true when the key is there */
bool ic_map_descend(struct ic_map *map, struct ic_map_cursor *cursor, const struct ic_map_key *key);

/* ic_map_entry_read copies the entry at the cursor, which must be there; either may be NULL. */
void ic_map_entry_read(const struct ic_map *map, void *key, void *value,
                       struct ic_map_cursor *cursor);
/* ic_map_take_at removes the entry at the cursor, the way to which its steps describe. */
void ic_map_take_at(struct ic_map *map, struct ic_map_cursor *cursor);

#endif
