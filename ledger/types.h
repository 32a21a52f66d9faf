/* What the ledger talks about: amounts, accounts, operations, transactions, blocks.
 *
 * Plain values without behaviour. An operation refers to accounts by pointer and never owns them:
 * they live in the request, or inside the bytes of an encoded block. */
#ifndef LEDGER_TYPES_H
#define LEDGER_TYPES_H

#include "ic/bytes.h"

#define LEDGER_ACCOUNT_BYTES  32u /* an address: checksum and hash */
#define LEDGER_CHECKSUM_BYTES 4u
#define LEDGER_KEY_BYTES      28u /* the hash alone: what accounts are stored and ordered by */
#define LEDGER_HASH_BYTES     32u /* SHA-256 of a block or a transaction */

/* An amount of tokens in e8s, 10^-8 of a token. */
struct e8s {
    uint64_t v;
};

/* The address of an account. Invariant: the first four bytes are the big-endian CRC-32 of the rest.
 * SPEC: ledger 2.1 */
struct ledger_account {
    uint8_t address[LEDGER_ACCOUNT_BYTES];
};

struct ledger_hash {
    uint8_t bytes[LEDGER_HASH_BYTES];
};

/* A value that may be absent; v is meaningless then. */
struct ledger_opt_u64 {
    bool has;
    uint64_t v;
};

enum ledger_operation_kind {
    LEDGER_BURN,
    LEDGER_MINT,
    LEDGER_TRANSFER,
    LEDGER_APPROVE,
};

/* One change of balances. Which fields count depends on the kind:
 *
 *                from  to   spender  amount  fee  expected  expires
 *     BURN        x         or NULL    x
 *     MINT              x              x
 *     TRANSFER    x     x   or NULL    x      x
 *     APPROVE     x            x       x      x    or not   or not
 *
 * The amount of an approval is the new allowance. */
struct ledger_operation {
    enum ledger_operation_kind kind;
    const struct ledger_account *from;
    const struct ledger_account *to;
    const struct ledger_account *spender;
    struct e8s amount;
    struct e8s fee;
    struct ledger_opt_u64 expected_allowance_e8s;
    struct ledger_opt_u64 expires_at_ns;
};

struct ledger_transaction {
    struct ledger_operation operation;
    uint64_t memo;
    struct ledger_opt_u64 created_at_ns;
    bool has_icrc1_memo; /* an empty memo is not an absent one */
    struct ic_bytes icrc1_memo;
};

struct ledger_block {
    const struct ledger_hash *parent_hash; /* NULL in the first block only */
    uint64_t timestamp_ns;
    struct ledger_transaction transaction;
};

#endif
