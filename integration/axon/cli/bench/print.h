/* What `axon bench` says: at a terminal, and in its parts of docs/benchmarks.md. */
#ifndef AXON_CLI_BENCH_PRINT_H
#define AXON_CLI_BENCH_PRINT_H

#include "cli/bench/rows.h"
#include "cli/bench/throughput.h"

#include <stdio.h>

struct bench_sizes {
    uint64_t wasm_bytes;
    uint64_t gzip_bytes;
};

/* One size as a table for people at a terminal. */
void bench_print_result(FILE *out, const struct bench_result *result);

/* All sizes: the part "ledger". */
void bench_print_markdown(FILE *out, const struct bench_result *results, size_t count,
                          const struct bench_sizes *sizes);

/* Speed, at a terminal and as the part "axon". */
void bench_print_throughput(FILE *out, const struct bench_throughput *result);
void bench_print_throughput_markdown(FILE *out, const struct bench_throughput *result);

/* Checks what has a limit, one line each; counts into *passed and *failed. */
void bench_print_checks(FILE *out, const struct bench_result *result,
                        const struct bench_sizes *sizes, unsigned *passed, unsigned *failed);

#endif
