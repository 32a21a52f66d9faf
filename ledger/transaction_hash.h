/* The hash that tells transactions apart: SHA-256 of a CBOR rendering. SPEC: ledger 8.3
 *
 *     tx = { 0: op, 1: memo, 2: null | { 0: nanoseconds }, [3: icrc1_memo, if present] }
 *     op = one of
 *          { 0: { 0: from, 1: amount, [2: spender] } }                          burn
 *          { 1: { 0: to, 1: amount } }                                          mint
 *          { 2: { 0: from, 1: to, 2: amount, 3: fee, [4: spender] } }           transfer
 *          { 3: { 0: from, 1: spender, 2: allowance, 3: expected | null,
 *                 4: expires | null, 5: fee } }                                 approve
 *
 * Accounts are their 64 lowercase hexadecimal digits as text, amounts and times are { 0: number };
 * maps have definite lengths, integers are minimal. */
#ifndef LEDGER_TRANSACTION_HASH_H
#define LEDGER_TRANSACTION_HASH_H

#include "ledger/types.h"

/* The longest rendering is that of a transfer_from with every field at its largest: 287 bytes. */
#define LEDGER_TRANSACTION_CBOR_BYTES_MAX 288u

/* ledger_transaction_to_cbor writes the bytes that are hashed.
 *   returns   how many */
size_t ledger_transaction_to_cbor(uint8_t out[LEDGER_TRANSACTION_CBOR_BYTES_MAX],
                                  const struct ledger_transaction *transaction);

struct ledger_hash ledger_transaction_hash(const struct ledger_transaction *transaction);

/* What a remembered transaction needs: its own hash and that of its block. */
struct ledger_hashes {
    struct ledger_hash transaction;
    struct ledger_hash block;
};

/* ledger_hashes_get computes both side by side, which costs two thirds of one after the other.
 *   encoded   the block of that transaction */
void ledger_hashes_get(struct ledger_hashes *hashes, const struct ledger_transaction *transaction,
                       struct ic_bytes encoded);

#endif
