/* Blocks to bytes: each function writes its fields last to first, before `at`, and returns where they
 * begin. */
#include "ic/sha2.h"
#include "ic/trap.h"
#include "ledger/block.h"
#include "ledger/block_fields.h"
#include "ledger/constants.h"

/* put_blob puts the message { 1: 32 bytes }: an account or a hash. */
static uint8_t *put_blob(uint8_t *at, unsigned tag, const uint8_t bytes[32])
{
    at -= 36;
    at[0] = (uint8_t)tag;
    at[1] = 34;
    at[2] = ONLY_BYTES;
    at[3] = 32;
    memcpy(at + 4, bytes, 32);
    return at;
}

static uint8_t *put_account(uint8_t *at, unsigned tag, const struct ledger_account *a)
{
    return put_blob(at, tag, a->address);
}

static uint8_t *put_opt_number(uint8_t *at, unsigned tag, struct ledger_opt_u64 number)
{
    return number.has ? ledger_pb_put_number(at, tag, number.v) : at;
}

static uint8_t *put_burn(uint8_t *at, const struct ledger_operation *op)
{
    const uint8_t *const end = at;
    if (op->spender != NULL) {
        at = put_account(at, BURN_SPENDER, op->spender);
    }
    at = ledger_pb_put_number(at, BURN_AMOUNT, op->amount.v);
    at = put_account(at, BURN_FROM, op->from);
    return ledger_pb_close(at, TRANSACTION_BURN, end);
}

static uint8_t *put_mint(uint8_t *at, const struct ledger_operation *op)
{
    const uint8_t *const end = at;
    at = ledger_pb_put_number(at, MINT_AMOUNT, op->amount.v);
    at = put_account(at, MINT_TO, op->to);
    return ledger_pb_close(at, TRANSACTION_MINT, end);
}

static uint8_t *put_transfer(uint8_t *at, const struct ledger_operation *op)
{
    const uint8_t *const end = at;
    if (op->spender != NULL) {
        at = put_account(at, TRANSFER_FROM_SPENDER, op->spender);
        at = ledger_pb_close(at, SEND_TRANSFER_FROM, end);
    }
    at = ledger_pb_put_number(at, SEND_FEE, op->fee.v);
    at = ledger_pb_put_number(at, SEND_AMOUNT, op->amount.v);
    at = put_account(at, SEND_TO, op->to);
    at = put_account(at, SEND_FROM, op->from);
    return ledger_pb_close(at, TRANSACTION_SEND, end);
}

static uint8_t *put_approve(uint8_t *at, const struct ledger_operation *op)
{
    const uint8_t *const end = at;
    at = put_opt_number(at, APPROVE_EXPECTED_ALLOWANCE, op->expected_allowance_e8s);
    at = put_opt_number(at, APPROVE_EXPIRES_AT, op->expires_at_ns);
    at = ledger_pb_put_number(at, APPROVE_ALLOWANCE, op->amount.v);
    at = ledger_pb_close(at, SEND_APPROVE, end);
    at = ledger_pb_put_number(at, SEND_FEE, op->fee.v);
    at = ledger_pb_put_number(at, SEND_AMOUNT, 0); // nothing moves
    at = put_account(at, SEND_TO, op->spender);
    at = put_account(at, SEND_FROM, op->from);
    return ledger_pb_close(at, TRANSACTION_SEND, end);
}

static uint8_t *put_operation(uint8_t *at, const struct ledger_operation *op)
{
    switch (op->kind) {
    case LEDGER_BURN:
        return put_burn(at, op);
    case LEDGER_MINT:
        return put_mint(at, op);
    case LEDGER_TRANSFER:
        return put_transfer(at, op);
    case LEDGER_APPROVE:
        return put_approve(at, op);
    }
    return at;
}

static uint8_t *put_icrc1_memo(uint8_t *at, struct ic_bytes memo)
{
    const uint8_t *const end = at;
    ic_assert(memo.size <= LEDGER_ICRC1_MEMO_BYTES_MAX); // the buffer's size counts on it
    if (memo.size != 0) {
        at = ledger_pb_put_bytes(at, ONLY_BYTES, memo);
    }
    return ledger_pb_close(at, TRANSACTION_ICRC1_MEMO, end);
}

static uint8_t *put_transaction(uint8_t *at, const struct ledger_transaction *transaction)
{
    const uint8_t *const end = at;
    if (transaction->has_icrc1_memo) {
        at = put_icrc1_memo(at, transaction->icrc1_memo);
    }
    at = put_opt_number(at, TRANSACTION_CREATED_AT_TIME, transaction->created_at_ns);
    at = ledger_pb_put_number(at, TRANSACTION_MEMO, transaction->memo);
    at = put_operation(at, &transaction->operation);
    return ledger_pb_close(at, BLOCK_TRANSACTION, end);
}

struct ic_bytes ledger_block_encode(uint8_t out[LEDGER_BLOCK_BYTES_MAX],
                                    const struct ledger_block *block)
{
    uint8_t *const end = out + LEDGER_BLOCK_BYTES_MAX;
    uint8_t *at = put_transaction(end, &block->transaction);
    at = ledger_pb_put_number(at, BLOCK_TIMESTAMP, block->timestamp_ns);
    if (block->parent_hash != NULL) {
        at = put_blob(at, BLOCK_PARENT_HASH, block->parent_hash->bytes);
    }
    return (struct ic_bytes){.at = at, .size = (size_t)(end - at)};
}

struct ledger_hash ledger_block_hash(struct ic_bytes encoded)
{
    struct ledger_hash hash;
    ic_sha256(hash.bytes, encoded);
    return hash;
}
