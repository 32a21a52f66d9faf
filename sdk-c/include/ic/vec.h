/* A vector of fixed-size records in stable memory, each reached by its index in constant time: what
 * is numbered from 0 without gaps and changes in place. Records are added and taken at the end.
 *
 * A read costs 160 instructions and its bytes; a change also the 1,000 of the page that it dirties,
 * pushing and popping those of the head page. Records stand end to end, so one in 4,096 /
 * record_bytes stands on two pages; sizes that divide 4,096 never do.
 *
 * Layout, version 1. Region id (kind VEC, shape = record bytes): record i at i * record bytes; what
 * is behind the last record is undefined.
 *
 * Head slot: 0 u64 records, 8 u64 check. */
#ifndef IC_VEC_H
#define IC_VEC_H

#include "ic/stable.h"

#define IC_VEC_RECORD_BYTES_MAX 65536u

struct ic_vec {
    struct ic_store *store;
    struct ic_region *region;
    uint32_t record_bytes;
    uint64_t count; /* records */
};

/* ic_vec_open makes or finds a vector; record_bytes 1..IC_VEC_RECORD_BYTES_MAX are part of the
 * layout. It takes one region id.
 *   traps     when the region holds something else or its head is damaged */
void ic_vec_open(struct ic_vec *vec, struct ic_store *store, uint32_t region_id,
                 uint32_t record_bytes);

static inline uint64_t ic_vec_count(const struct ic_vec *vec)
{
    return vec->count;
}

/* ic_vec_get copies a record.
 *   returns   false when there is none of this index; nothing was written then */
IC_MUST_USE bool ic_vec_get(const struct ic_vec *vec, void *record, uint64_t index);

/* ic_vec_get_many copies consecutive records with one read.
 *   out       room for count records
 *   returns   false when one of them is missing; nothing was written then */
IC_MUST_USE bool ic_vec_get_many(const struct ic_vec *vec, void *out, uint64_t first, size_t count);

/* ic_vec_set replaces a record, which must be there (asserted). */
void ic_vec_set(struct ic_vec *vec, uint64_t index, const void *record);

/* Part of a record, which must be there: size bytes at an offset inside of it (asserted). */
void ic_vec_get_part(const struct ic_vec *vec, void *out, uint64_t index, uint32_t offset,
                     size_t size);
void ic_vec_set_part(struct ic_vec *vec, uint64_t index, uint32_t offset, struct ic_bytes part);

/* ic_vec_push adds a record at the end.
 *   returns   its index
 *   traps     when stable memory cannot grow */
uint64_t ic_vec_push(struct ic_vec *vec, const void *record);

/* ic_vec_pop takes the last record out.
 *   record    may be NULL
 *   returns   false when the vector is empty; nothing was written then */
bool ic_vec_pop(struct ic_vec *vec, void *record);

/* ic_vec_truncate takes all records from count on out; their space is used again. No more than
 * there are (asserted). */
void ic_vec_truncate(struct ic_vec *vec, uint64_t count);

/* ic_vec_check compares the head with what this struct says, in constant time: there is no other
 * structure that could be damaged.
 *   traps     "stable vec: the structure is damaged" */
void ic_vec_check(const struct ic_vec *vec);

#endif
