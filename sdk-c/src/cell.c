#include "ic/cell.h"

#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/trap.h"

#define PREFIX_BYTES 8u /* size + 1, checksum */

static bool is_inline(const struct ic_cell *cell)
{
    return cell->capacity_bytes <= IC_CELL_INLINE_BYTES;
}

void ic_cell_open(struct ic_cell *cell, struct ic_store *store, uint32_t region_id,
                  uint32_t capacity_bytes)
{
    *cell = (struct ic_cell){.store = store, .capacity_bytes = capacity_bytes};
    cell->region = ic_store_region(store, NULL, region_id, IC_REGION_CELL, capacity_bytes);
}

/* Bytes at an offset of the cell, prefix included. A large cell that was never written has no
 * extents yet and reads as zero. */
static void load(const struct ic_cell *cell, void *out, uint32_t offset, size_t size)
{
    if (is_inline(cell)) {
        ic_region_head_read(cell->region, out, offset, size);
    } else if (cell->region->bytes == 0) {
        memset(out, 0, size);
    } else {
        ic_region_read(cell->region, out, offset, size);
    }
}

size_t ic_cell_read(const struct ic_cell *cell, void *out)
{
    uint8_t prefix[PREFIX_BYTES];
    load(cell, prefix, 0, sizeof prefix);
    uint32_t size = ic_load_u32_le(prefix);
    if (size == 0) {
        return 0;
    }
    size--;
    if (size > cell->capacity_bytes) {
        IC_TRAP("stable cell: the size is damaged");
    }
    load(cell, out, PREFIX_BYTES, size);
    uint32_t crc = is_inline(cell) ? 0 : ic_crc32((struct ic_bytes){.at = out, .size = size});
    if (crc != ic_load_u32_le(prefix + 4)) {
        IC_TRAP("stable cell: the value fails its checksum");
    }
    return size;
}

bool ic_cell_has(const struct ic_cell *cell)
{
    uint8_t prefix[4];
    load(cell, prefix, 0, sizeof prefix);
    return ic_load_u32_le(prefix) != 0;
}

void ic_cell_write(struct ic_cell *cell, struct ic_bytes value)
{
    ic_assert(value.size <= cell->capacity_bytes);
    uint8_t start[IC_STORE_HEAD_BYTES];
    ic_store_u32_le(start, (uint32_t)value.size + 1);
    if (is_inline(cell)) {
        ic_store_u32_le(start + 4, 0);
        if (value.size != 0) {
            memcpy(start + PREFIX_BYTES, value.at, value.size);
        }
        ic_region_head_write(cell->region, 0, start, PREFIX_BYTES + value.size);
        return;
    }
    if (!ic_region_reserve(cell->store, cell->region,
                           PREFIX_BYTES + (uint64_t)cell->capacity_bytes)) {
        IC_TRAP("stable cell: stable memory cannot grow");
    }
    ic_store_u32_le(start + 4, ic_crc32(value));
    ic_region_write(cell->region, 0, start, PREFIX_BYTES);
    ic_region_write(cell->region, PREFIX_BYTES, value.at, value.size);
}

void ic_cell_patch(struct ic_cell *cell, uint32_t offset, struct ic_bytes part)
{
    ic_assert(is_inline(cell));
    ic_assert(offset <= cell->capacity_bytes && part.size <= cell->capacity_bytes - offset);
    ic_region_head_write(cell->region, PREFIX_BYTES + offset, part.at, part.size);
}
