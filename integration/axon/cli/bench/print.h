/* The tables of `axon bench ledger`. */
#ifndef AXON_CLI_BENCH_PRINT_H
#define AXON_CLI_BENCH_PRINT_H

#include "cli/bench/rows.h"

#include <stdio.h>

struct bench_sizes {
    uint64_t wasm_bytes;
    uint64_t gzip_bytes;
};

/* One size as a table for people at a terminal. */
void bench_print_result(FILE *out, const struct bench_result *result);

/* All sizes as docs/benchmarks.md. */
void bench_print_markdown(FILE *out, const struct bench_result *results, size_t count,
                          const struct bench_sizes *sizes);

/* Checks what has a limit, one line each; counts into *passed and *failed. */
void bench_print_checks(FILE *out, const struct bench_result *result,
                        const struct bench_sizes *sizes, unsigned *passed, unsigned *failed);

#endif
