/* An independent ledger for the tests: plain arrays, no code of ledger/. It knows users by number
 * and keeps everything it ever did; slow and obvious. */
#ifndef LEDGER_TEST_MODEL_H
#define LEDGER_TEST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_ACCOUNTS_MAX     8u
#define MODEL_TRANSACTIONS_MAX 65536u
#define MODEL_MINTER           0u /* the account that mints */

enum model_answer {
    MODEL_OK,
    MODEL_BAD_FEE,
    MODEL_BURN_TOO_SMALL,
    MODEL_NO_FUNDS,
    MODEL_NO_SUPPLY,
    MODEL_MINT_TO_MINTER,
    MODEL_TOO_OLD,
    MODEL_IN_FUTURE,
    MODEL_DUPLICATE,
};

struct model_request {
    bool is_legacy;
    unsigned from;
    unsigned to;
    uint64_t amount;
    bool has_fee;
    uint64_t fee;
    bool has_created;
    uint64_t created;
};

/* An executed transaction that may be repeated: what makes it the same one. */
struct model_transaction {
    unsigned from, to;
    uint64_t amount, created;
    uint64_t block, block_time;
};

struct model {
    uint64_t fee;
    uint64_t window;
    uint64_t supply_max;
    uint64_t balance[MODEL_ACCOUNTS_MAX];
    uint64_t supply;
    uint64_t blocks;
    size_t transaction_count;
    struct model_transaction transactions[MODEL_TRANSACTIONS_MAX];
};

void model_init(struct model *m, uint64_t fee, uint64_t window);

/* model_run executes or refuses; *value is the block index, or what the refusal tells. */
enum model_answer model_run(struct model *m, uint64_t *value, uint64_t now,
                            const struct model_request *r);

#endif
