/* The rows of `axon bench ledger`: what is measured, what it costs officially, what it may cost. */
#ifndef AXON_CLI_BENCH_ROWS_H
#define AXON_CLI_BENCH_ROWS_H

#include "cli/bench/world.h"

/* Numbers of accounts that official figures exist for. */
#define BENCH_SIZES 3u
extern const uint64_t BENCH_SIZE[BENCH_SIZES];

enum bench_row {
    BENCH_FRESH,
    BENCH_EXISTING,
    BENCH_DATED,
    BENCH_LEGACY,
    BENCH_APPROVE,
    BENCH_APPROVE_EXPIRY,
    BENCH_TRANSFER_FROM,
    BENCH_REFUSED,
    BENCH_ACCOUNT_BALANCE,
    BENCH_BALANCE_OF,
    BENCH_ALLOWANCE,
    BENCH_BLOCKS_1,
    BENCH_BLOCKS_100,
    BENCH_ENCODED_100,
    BENCH_BLOCKS_2000,
    BENCH_ENCODED_2000,
    BENCH_UPGRADE,
    BENCH_UPGRADE_REMEMBERED,
    BENCH_ROWS,
};

/* Measures a row: average instructions per call, 0 after a failure (w->why). */
typedef uint64_t bench_measure_fn(struct bench_world *w, enum bench_layout layout);

struct bench_spec {
    const char *title;
    const char *method;                 /* NULL: always there */
    bench_measure_fn *measure;
    bool has_layouts;                   /* the argument has a type table worth telling apart */
    uint64_t official[BENCH_SIZES];     /* 0: none. SPEC: baselines */
    uint64_t limit;                     /* asserted; 0: none yet */
    uint64_t budget;                    /* of the finished ledger; 0: none */
};
extern const struct bench_spec BENCH_SPEC[BENCH_ROWS];

/* The ledger's Wasm: asserted now, and of the finished ledger with its archive inside. */
#define BENCH_WASM_BYTES_LIMIT 120000u
#define BENCH_WASM_BYTES_BUDGET 150000u
#define BENCH_WASM_GZIP_BYTES_BUDGET 60000u
#define BENCH_WASM_BYTES_OFFICIAL 2534857u
#define BENCH_WASM_GZIP_BYTES_OFFICIAL 924079u

/* What one size gave; 0: not measured. */
struct bench_result {
    uint64_t account_count;
    uint64_t cost[BENCH_LAYOUTS][BENCH_ROWS];
    uint64_t block_count;
    uint64_t stable_bytes;
    uint64_t heap_bytes;
};

/* bench_ledger runs the workload at one size.
 *   why       on failure: the reason is appended */
IC_MUST_USE bool bench_ledger(struct bench_result *out, struct ic_bytes wasm,
                              uint64_t account_count, struct axon_buf *why);

#endif
