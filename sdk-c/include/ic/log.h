/* An append-only sequence of records of any size, each found by its index in constant time.
 *
 * Appending dirties one stable page (the record's own); offsets are collected in the heap and
 * written to the index 64 at a time. After an upgrade the at most 63 records behind the index are
 * found again from their own headers. So the cost of open does not depend on the number of records.
 *
 * Layout, version 1. Region id (kind LOG), record after record:
 *
 *     0   4   size of the record in bytes, + 1; 0 = no record was ever written here
 *     4   4   index of the record, lower 32 bits: what it says must match where we are
 *     8   n   the record
 *
 * Region id + 1 (kind LOG_INDEX): u64 for each record, the offset behind its end.
 * Head slot of id: 0 u64 records in the index, 8 u64 offset behind the last of them, 16 u64
 * check. */
#ifndef IC_LOG_H
#define IC_LOG_H

#include "ic/arena.h"
#include "ic/check.h"
#include "ic/stable.h"

#define IC_LOG_RECORD_BYTES_MAX 2097152u /* 2 MiB: what one message can carry */
#define IC_LOG_HEADER_BYTES     8u
#define IC_LOG_TAIL_MAX         64u /* records whose offset is only in the heap */

struct ic_log {
    struct ic_store *store;
    struct ic_region *records;
    struct ic_region *index;
    uint64_t count;                 /* records */
    uint64_t end;                   /* offset behind the last record */
    struct ic_place place;          /* of end; room 0 = to be found out */
    uint64_t indexed_count;         /* records in the index, a multiple of IC_LOG_TAIL_MAX */
    uint64_t indexed_end;           /* offset behind the last of them */
    uint64_t tail[IC_LOG_TAIL_MAX]; /* offset behind record indexed_count + i */
};

/* ic_log_open makes or finds a log. It takes the region ids id and id + 1. */
void ic_log_open(struct ic_log *log, struct ic_store *store, uint32_t region_id);

static inline uint64_t ic_log_count(const struct ic_log *log)
{
    return log->count;
}

/* ic_log_append adds a record of at most IC_LOG_RECORD_BYTES_MAX.
 *   returns   false when stable memory cannot grow; nothing changed then */
IC_MUST_USE bool ic_log_append(struct ic_log *log, struct ic_bytes record);

/* ic_log_get copies a record into the arena.
 *   returns   false when there is no such record or it does not fit; *out is untouched then */
IC_MUST_USE bool ic_log_get(struct ic_bytes *out, const struct ic_log *log, uint64_t index,
                            struct ic_arena *a);

/* ic_log_get_many copies consecutive records with one read: cheaper per record than ic_log_get.
 *   out       array of count views into the arena
 *   returns   false when one of them is missing or they do not fit; out is undefined then */
IC_MUST_USE bool ic_log_get_many(struct ic_bytes *out, const struct ic_log *log, uint64_t first,
                                 size_t count, struct ic_arena *a);

/* Size of a record in bytes; it must exist. */
uint32_t ic_log_record_size(const struct ic_log *log, uint64_t index);

/* ic_log_check_some checks the next 64 records; see ic/check.h.
 *   returns   true while there is more
 *   traps     "stable log: ..." at the first inconsistency */
IC_MUST_USE bool ic_log_check_some(const struct ic_log *log, struct ic_check *check);

/* ic_log_check checks everything: that headers and index say the same of every record. */
void ic_log_check(const struct ic_log *log);

#endif
