/* Blocks to bytes: each function writes its fields last to first. */
#include "ic/sha2.h"
#include "ic/trap.h"
#include "ledger/block.h"
#include "ledger/block_fields.h"
#include "ledger/constants.h"

/* put_blob puts the message { 1: 32 bytes }: an account or a hash. */
static void put_blob(struct ledger_pb_writer *w, uint8_t tag, const uint8_t bytes[32])
{
    w->at -= 36;
    w->at[0] = tag;
    w->at[1] = 34;
    w->at[2] = ONLY_BYTES;
    w->at[3] = 32;
    memcpy(w->at + 4, bytes, 32);
}

static void put_account(struct ledger_pb_writer *w, uint8_t tag, const struct ledger_account *a)
{
    put_blob(w, tag, a->address);
}

static void put_opt_number(struct ledger_pb_writer *w, uint8_t tag, struct ledger_opt_u64 number)
{
    if (number.has) {
        ledger_pb_put_number(w, tag, number.v);
    }
}

static void put_burn(struct ledger_pb_writer *w, const struct ledger_operation *op)
{
    const uint8_t *end = w->at;
    if (op->spender != NULL) {
        put_account(w, BURN_SPENDER, op->spender);
    }
    ledger_pb_put_number(w, BURN_AMOUNT, op->amount.v);
    put_account(w, BURN_FROM, op->from);
    ledger_pb_close(w, TRANSACTION_BURN, end);
}

static void put_mint(struct ledger_pb_writer *w, const struct ledger_operation *op)
{
    const uint8_t *end = w->at;
    ledger_pb_put_number(w, MINT_AMOUNT, op->amount.v);
    put_account(w, MINT_TO, op->to);
    ledger_pb_close(w, TRANSACTION_MINT, end);
}

static void put_transfer(struct ledger_pb_writer *w, const struct ledger_operation *op)
{
    const uint8_t *end = w->at;
    if (op->spender != NULL) {
        put_account(w, TRANSFER_FROM_SPENDER, op->spender);
        ledger_pb_close(w, SEND_TRANSFER_FROM, end);
    }
    ledger_pb_put_number(w, SEND_FEE, op->fee.v);
    ledger_pb_put_number(w, SEND_AMOUNT, op->amount.v);
    put_account(w, SEND_TO, op->to);
    put_account(w, SEND_FROM, op->from);
    ledger_pb_close(w, TRANSACTION_SEND, end);
}

static void put_approve(struct ledger_pb_writer *w, const struct ledger_operation *op)
{
    const uint8_t *end = w->at;
    put_opt_number(w, APPROVE_EXPECTED_ALLOWANCE, op->expected_allowance_e8s);
    put_opt_number(w, APPROVE_EXPIRES_AT, op->expires_at_ns);
    ledger_pb_put_number(w, APPROVE_ALLOWANCE, op->amount.v);
    ledger_pb_close(w, SEND_APPROVE, end);
    ledger_pb_put_number(w, SEND_FEE, op->fee.v);
    ledger_pb_put_number(w, SEND_AMOUNT, 0); // nothing moves
    put_account(w, SEND_TO, op->spender);
    put_account(w, SEND_FROM, op->from);
    ledger_pb_close(w, TRANSACTION_SEND, end);
}

static void put_operation(struct ledger_pb_writer *w, const struct ledger_operation *op)
{
    switch (op->kind) {
    case LEDGER_BURN:
        put_burn(w, op);
        break;
    case LEDGER_MINT:
        put_mint(w, op);
        break;
    case LEDGER_TRANSFER:
        put_transfer(w, op);
        break;
    case LEDGER_APPROVE:
        put_approve(w, op);
        break;
    }
}

static void put_icrc1_memo(struct ledger_pb_writer *w, struct ic_bytes memo)
{
    const uint8_t *end = w->at;
    ic_assert(memo.size <= LEDGER_ICRC1_MEMO_BYTES_MAX); // the buffer's size counts on it
    if (memo.size != 0) {
        ledger_pb_put_bytes(w, ONLY_BYTES, memo);
    }
    ledger_pb_close(w, TRANSACTION_ICRC1_MEMO, end);
}

static void put_transaction(struct ledger_pb_writer *w,
                            const struct ledger_transaction *transaction)
{
    const uint8_t *end = w->at;
    if (transaction->has_icrc1_memo) {
        put_icrc1_memo(w, transaction->icrc1_memo);
    }
    put_opt_number(w, TRANSACTION_CREATED_AT_TIME, transaction->created_at_ns);
    ledger_pb_put_number(w, TRANSACTION_MEMO, transaction->memo);
    put_operation(w, &transaction->operation);
    ledger_pb_close(w, BLOCK_TRANSACTION, end);
}

struct ic_bytes ledger_block_encode(uint8_t out[LEDGER_BLOCK_BYTES_MAX],
                                    const struct ledger_block *block)
{
    uint8_t *const end = out + LEDGER_BLOCK_BYTES_MAX;
    struct ledger_pb_writer w = {.at = end};
    put_transaction(&w, &block->transaction);
    ledger_pb_put_number(&w, BLOCK_TIMESTAMP, block->timestamp_ns);
    if (block->parent_hash != NULL) {
        put_blob(&w, BLOCK_PARENT_HASH, block->parent_hash->bytes);
    }
    return (struct ic_bytes){.at = w.at, .size = (size_t)(end - w.at)};
}

struct ledger_hash ledger_block_hash(struct ic_bytes encoded)
{
    struct ledger_hash hash;
    ic_sha256(hash.bytes, encoded);
    return hash;
}
