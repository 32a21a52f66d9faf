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

/* True when check is what ic_cell_write stored beside the value: of a large cell its checksum; an
 * inline one is rewritten too often for that and repeats its size + 1, or has 0 from before. */
static bool check_fits(const struct ic_cell *cell, uint32_t check, struct ic_bytes value)
{
    return is_inline(cell) ? check == value.size + 1 || check == 0 : check == ic_crc32(value);
}

size_t ic_cell_read(const struct ic_cell *cell, void *out)
{
    uint8_t prefix[PREFIX_BYTES];
    load(cell, prefix, 0, sizeof prefix);
    uint32_t size = ic_load_u32_le(prefix);
    uint32_t check = ic_load_u32_le(prefix + 4);
    if (size == 0 && check == 0) {
        return 0;
    }
    size--;
    if (size <= cell->capacity_bytes) {
        load(cell, out, PREFIX_BYTES, size);
        if (check_fits(cell, check, (struct ic_bytes){.at = out, .size = size})) {
            return size;
        }
    }
    IC_TRAP("stable cell: the value is damaged");
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
    ic_store_u64_le(start, ((uint64_t)value.size + 1) * 0x100000001u); /* twice the size + 1 */
    if (is_inline(cell)) {
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
