/* A single value in stable memory.
 *
 * Two sizes: a value of up to IC_CELL_INLINE_BYTES lives in the head page of the store, where it
 * shares the page charge with every other head; a larger one has extents of its own.
 *
 * Layout, version 1, in the head slot or at the start of the region:
 *
 *     0   4   size of the value in bytes, + 1; 0 = never written
 *     4   4   CRC-32 of the value. An inline cell is rewritten too often for that: the size + 1
 *             again; 0 in those that were written before this was so
 *     8   n   the value */
#ifndef IC_CELL_H
#define IC_CELL_H

#include "ic/stable.h"

#define IC_CELL_INLINE_BYTES (IC_STORE_HEAD_BYTES - 8u)

struct ic_cell {
    struct ic_store *store;
    struct ic_region *region;
    uint32_t capacity_bytes;
};

/* ic_cell_open makes or finds the cell of a region. The capacity is part of the layout; it takes
 * one region id. */
void ic_cell_open(struct ic_cell *cell, struct ic_store *store, uint32_t region_id,
                  uint32_t capacity_bytes);

/* ic_cell_read copies the value.
 *   out       room for capacity_bytes
 *   returns   size of the value; 0 when it was never written
 *   traps     when the stored value is damaged */
size_t ic_cell_read(const struct ic_cell *cell, void *out);

/* True once a value was written, be it of size 0. */
bool ic_cell_has(const struct ic_cell *cell);

/* ic_cell_write replaces the value; its size must be <= capacity_bytes.
 *   traps     when stable memory cannot grow */
void ic_cell_write(struct ic_cell *cell, struct ic_bytes value);

/* ic_cell_patch overwrites part of a written inline value, for a few instructions less. */
void ic_cell_patch(struct ic_cell *cell, uint32_t offset, struct ic_bytes part);

#endif
