/* Arguments of ledger calls as clients write them, byte for byte.
 *
 * Candid leaves the order of the type table to the encoder and clients differ: @icp-sdk/core
 * numbers children first, Rust parents first (SPEC: candid 4). What decoding costs depends on it,
 * so the bench sends both, and a third that no decoder can know beforehand: the first one with an
 * entry nobody uses. The type tables are constants here, because they are what is measured. */
#ifndef AXON_CLI_BENCH_ARGS_H
#define AXON_CLI_BENCH_ARGS_H

#include "base/buf.h"
#include "ic/principal.h"

enum bench_layout { BENCH_JS, BENCH_RUST, BENCH_OTHER, BENCH_LAYOUTS };

struct bench_transfer {
    struct ic_principal to;         /* its default account */
    struct ic_principal from;       /* of icrc2_transfer_from */
    uint64_t amount_e8s;
    bool has_fee;
    uint64_t fee_e8s;
    bool has_memo;
    uint8_t memo[32];
    bool has_created_at_time;
    uint64_t created_at_time_ns;
    bool has_expires_at;            /* of icrc2_approve */
    uint64_t expires_at_ns;
};

/* Each replaces the content of out. to is the spender of an approval. */
void bench_arg_icrc1_transfer(struct axon_buf *out, enum bench_layout layout,
                              const struct bench_transfer *t);
void bench_arg_transfer(struct axon_buf *out, enum bench_layout layout,
                        const struct bench_transfer *t);
void bench_arg_icrc2_approve(struct axon_buf *out, enum bench_layout layout,
                             const struct bench_transfer *t);
void bench_arg_icrc2_transfer_from(struct axon_buf *out, enum bench_layout layout,
                                   const struct bench_transfer *t);
void bench_arg_account_balance(struct axon_buf *out, enum bench_layout layout,
                               const struct ic_principal *owner);
void bench_arg_icrc1_balance_of(struct axon_buf *out, enum bench_layout layout,
                                const struct ic_principal *owner);
void bench_arg_icrc2_allowance(struct axon_buf *out, enum bench_layout layout,
                               const struct ic_principal *owner,
                               const struct ic_principal *spender);
void bench_arg_blocks(struct axon_buf *out, uint64_t start, uint64_t length);

/* The default account identifier of a principal. SPEC: ledger 2.1 */
#define BENCH_ACCOUNT_BYTES 32u
void bench_account_identifier(uint8_t out[BENCH_ACCOUNT_BYTES], const struct ic_principal *owner);

#endif
