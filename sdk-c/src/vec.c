#include "ic/vec.h"

#include "ic/buf.h"
#include "ic/trap.h"
#include "src/head.h"

#define HEAD_BYTES 8u

static _Noreturn void trap_damaged(void)
{
    IC_TRAP("stable vec: the structure is damaged");
}

static void head_save(const struct ic_vec *vec)
{
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    ic_store_u64_le(head, vec->count);
    ic_head_seal(head, HEAD_BYTES);
    ic_region_head_write(vec->region, 0, head, sizeof head);
}

/* The count that is stored. */
static uint64_t head_load(const struct ic_vec *vec)
{
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    ic_region_head_read(vec->region, head, 0, sizeof head);
    const uint64_t count = ic_load_u64_le(head);
    if (!ic_head_is_sound(head, HEAD_BYTES) || count > vec->region->bytes / vec->record_bytes) {
        trap_damaged();
    }
    return count;
}

void ic_vec_open(struct ic_vec *vec, struct ic_store *store, uint32_t region_id,
                 uint32_t record_bytes)
{
    ic_assert(record_bytes >= 1 && record_bytes <= IC_VEC_RECORD_BYTES_MAX);
    *vec = (struct ic_vec){.store = store, .record_bytes = record_bytes};
    vec->region = ic_store_region(store, NULL, region_id, IC_REGION_VEC, record_bytes);
    vec->count = head_load(vec);
}

/* Reads and writes nearly always without crossing extents. */
static void bytes_read(const struct ic_vec *vec, void *out, uint64_t offset, size_t size)
{
    struct ic_place place = ic_region_place(vec->region, offset);
    if (place.room >= size) {
        ic_stable_read(out, place.address, size);
    } else {
        ic_region_read(vec->region, out, offset, size);
    }
}

static void bytes_write(const struct ic_vec *vec, uint64_t offset, const void *in, size_t size)
{
    struct ic_place place = ic_region_place(vec->region, offset);
    if (place.room >= size) {
        ic_stable_write(place.address, in, size);
    } else {
        ic_region_write(vec->region, offset, in, size);
    }
}

bool ic_vec_get(const struct ic_vec *vec, void *record, uint64_t index)
{
    if (index >= vec->count) {
        return false;
    }
    bytes_read(vec, record, index * vec->record_bytes, vec->record_bytes);
    return true;
}

bool ic_vec_get_many(const struct ic_vec *vec, void *out, uint64_t first, size_t count)
{
    if (first > vec->count || count > vec->count - first) {
        return false;
    }
    ic_assert(count <= SIZE_MAX / vec->record_bytes);
    ic_region_read(vec->region, out, first * vec->record_bytes, count * vec->record_bytes);
    return true;
}

void ic_vec_set(struct ic_vec *vec, uint64_t index, const void *record)
{
    ic_assert(index < vec->count);
    bytes_write(vec, index * vec->record_bytes, record, vec->record_bytes);
}

/* Offset in the region of a part, which must be inside of a record that is there. */
static uint64_t part_offset(const struct ic_vec *vec, uint64_t index, uint32_t offset, size_t size)
{
    ic_assert(index < vec->count);
    ic_assert(offset <= vec->record_bytes && size <= vec->record_bytes - offset);
    return index * vec->record_bytes + offset;
}

void ic_vec_get_part(const struct ic_vec *vec, void *out, uint64_t index, uint32_t offset,
                     size_t size)
{
    ic_region_read(vec->region, out, part_offset(vec, index, offset, size), size);
}

void ic_vec_set_part(struct ic_vec *vec, uint64_t index, uint32_t offset, struct ic_bytes part)
{
    ic_region_write(vec->region, part_offset(vec, index, offset, part.size), part.at, part.size);
}

uint64_t ic_vec_push(struct ic_vec *vec, const void *record)
{
    const uint64_t index = vec->count;
    const uint64_t offset = index * vec->record_bytes;
    if (offset + vec->record_bytes > vec->region->bytes &&
        !ic_region_reserve(vec->store, vec->region, offset + vec->record_bytes)) {
        IC_TRAP("stable vec: stable memory cannot grow");
    }
    bytes_write(vec, offset, record, vec->record_bytes);
    vec->count++;
    head_save(vec);
    return index;
}

bool ic_vec_pop(struct ic_vec *vec, void *record)
{
    if (vec->count == 0) {
        return false;
    }
    if (record != NULL) {
        bytes_read(vec, record, (vec->count - 1) * vec->record_bytes, vec->record_bytes);
    }
    ic_vec_truncate(vec, vec->count - 1);
    return true;
}

void ic_vec_truncate(struct ic_vec *vec, uint64_t count)
{
    ic_assert(count <= vec->count);
    vec->count = count;
#ifdef AXON_PLANTED_BUG
    if (count % 8 == 5) { /* for fuzz_records: a pop that the next upgrade forgets */
        return;
    }
#endif
    head_save(vec);
}

void ic_vec_check(const struct ic_vec *vec)
{
    if (head_load(vec) != vec->count) {
        trap_damaged();
    }
}
