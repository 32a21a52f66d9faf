/* Blocks as bytes, and the hash that chains them. SPEC: ledger 8.1, 8.2
 *
 * The format is protobuf, written by hand because the hash covers every byte: fields in ascending
 * order, minimal varints, zero scalars left out, present messages written even when empty.
 *
 *     Block        1 parent_hash { 1 hash }           absent in the first block
 *                  2 timestamp   { 1 nanoseconds }
 *                  3 transaction
 *     Transaction  1 burn | 2 mint | 3 send
 *                  4 memo { 1 u64 }                   memo 0: the empty message, 22 00
 *                  6 created_at_time { 1 nanoseconds }  if the transaction has one
 *                  7 icrc1_memo { 1 bytes }           if present; empty: 3a 00
 *     Burn         1 from  3 amount  4 spender?
 *     Mint         2 to    3 amount
 *     Send         1 from  2 to  3 amount  4 fee, then
 *                    transfer_from: 6 { 1 spender }
 *                    approve: 5 { 1 allowance  2 expires_at?  3 expected_allowance? }, and above
 *                             to = spender, amount = the empty message 1a 00
 *     an account is { 1 address }, an amount is { 1 e8s }
 *
 * Example: a transfer without extras is 138 bytes; README.md walks through one. */
#ifndef LEDGER_BLOCK_H
#define LEDGER_BLOCK_H

#include "ledger/types.h"

/* The longest block the encoder can make is a transfer_from with a memo of 32 bytes and every
 * number at its largest: 253 bytes. A test builds it. */
#define LEDGER_BLOCK_BYTES_MAX 256u

/* ledger_block_encode writes the bytes of a block at the end of a buffer: lengths go before
 * contents in the format, so it is written back to front and each length is known when it is
 * needed.
 *   out       the bytes end at out + LEDGER_BLOCK_BYTES_MAX
 *   block     an ICRC-1 memo has at most LEDGER_ICRC1_MEMO_BYTES_MAX bytes
 *   returns   a view into out */
struct ic_bytes ledger_block_encode(uint8_t out[LEDGER_BLOCK_BYTES_MAX],
                                    const struct ledger_block *block);

/* ledger_block_decode reads a block back. It accepts what protobuf readers must (fields in any
 * order, unknown fields, the last of repeated scalars) and the older encoding of mainnet: no memo
 * is memo 0, no fee of a transfer is the default fee. An unknown or missing operation is refused.
 *   block     its pointers refer into in; unspecified on failure
 *   returns   false when the bytes are not a block of this format */
IC_MUST_USE bool ledger_block_decode(struct ledger_block *block, struct ic_bytes in);

/* ledger_block_hash gives the SHA-256 of a block's bytes, the parent hash of the next. */
struct ledger_hash ledger_block_hash(struct ic_bytes encoded);

#endif
