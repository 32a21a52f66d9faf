/* How fast the host is: `axon bench throughput`. The figures belong to the machine they ran on. */
#ifndef AXON_CLI_BENCH_THROUGHPUT_H
#define AXON_CLI_BENCH_THROUGHPUT_H

#include "cli/bench/world.h"

struct bench_throughput {
    uint64_t account_count;
    uint64_t transfer_count;
    double seconds;             /* of the transfers alone */
    double start_s;             /* from starting `axon start` to the first answered query */
};

/* bench_throughput sends transfer_count transfers between distinct users of account_count, each
 * reply checked, and audits the ledger afterwards.
 *   why       on failure: the reason is appended */
IC_MUST_USE bool bench_throughput(struct bench_throughput *out, struct ic_bytes wasm,
                                  uint64_t account_count, uint64_t transfer_count,
                                  struct axon_buf *why);

/* bench_start_time runs this program's `start` on a free port and asks for a balance. */
IC_MUST_USE bool bench_start_time(struct bench_throughput *out, struct axon_buf *why);

#endif
