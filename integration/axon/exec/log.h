/* The canister log: a ring of 4,096 bytes of records, oldest dropped first. A record costs 40 bytes
 * and its text. Each execution writes into a ring of its own that starts empty; what it wrote is
 * added to the canister's afterwards. SPEC: ic-system 2.2 (debug_print), 8 */
#ifndef AXON_EXEC_LOG_H
#define AXON_EXEC_LOG_H

#include "base/buf.h"

struct axon_log_record {
    uint64_t index;
    uint64_t time_ns;
    struct axon_buf text;
};

/* At most 4,096 / 40 records. */
#define AXON_LOG_RECORDS_MAX 102u

struct axon_log {
    struct axon_log_record records[AXON_LOG_RECORDS_MAX]; /* oldest first */
    size_t count;
    size_t bytes; /* 40 per record and the texts */
    uint64_t next_index;
};

/* Adds a record; the text is cut at 4,056 bytes, the oldest records make room. */
void axon_log_add(struct axon_log *log, uint64_t time_ns, struct ic_bytes text);
/* Appends the records of from, emptying it. */
void axon_log_move(struct axon_log *log, struct axon_log *from);
/* Instructions for keeping size bytes of text now: 2 a byte, and 50 for each byte that is free. */
uint64_t axon_log_cost(const struct axon_log *log, uint64_t size);
/* Drops the records older than index. */
void axon_log_drop_before(struct axon_log *log, uint64_t index);
void axon_log_clear(struct axon_log *log); /* next_index goes on */

#endif
