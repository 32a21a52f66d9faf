/* Bytes to blocks: each function merges the fields of one message into what is there. */
#include "ledger/block.h"
#include "ledger/block_fields.h"
#include "ledger/constants.h"

/* take_number reads { 1: u64 } into *value, which stays as it is when the field is absent. */
static bool take_number(uint64_t *value, struct ic_bytes in)
{
    if (in.size == 0) {
        return true; // the usual memo
    }
    struct ledger_pb_field field;
    enum ledger_pb_status status;
    while ((status = ledger_pb_next(&field, &in)) == LEDGER_PB_FIELD) {
        if (field.tag == ONLY_NUMBER) {
            *value = field.number;
        }
    }
    return status == LEDGER_PB_END;
}

static bool take_opt_number(struct ledger_opt_u64 *number, struct ic_bytes in)
{
    number->has = true;
    return take_number(&number->v, in);
}

/* take_blob reads { 1: bytes } and demands that there are 32 in the end. */
static bool take_blob(const uint8_t **blob, struct ic_bytes in)
{
    if (in.size == 34 && in.at[0] == ONLY_BYTES && in.at[1] == 32) {
        *blob = in.at + 2; // nothing else, as this ledger writes it
        return true;
    }
    struct ic_bytes found = {0};
    struct ledger_pb_field field;
    enum ledger_pb_status status;
    while ((status = ledger_pb_next(&field, &in)) == LEDGER_PB_FIELD) {
        if (field.tag == ONLY_BYTES) {
            found = field.bytes;
        }
    }
    *blob = found.at;
    return status == LEDGER_PB_END && found.size == 32;
}

static bool take_account(const struct ledger_account **account, struct ic_bytes in)
{
    const uint8_t *address;
    if (!take_blob(&address, in)) {
        return false;
    }
    *account = (const struct ledger_account *)address; // bytes alone: any alignment will do
    return true;
}

static bool take_burn_field(struct ledger_operation *op, const struct ledger_pb_field *field)
{
    switch (field->tag) {
    case BURN_FROM:
        return take_account(&op->from, field->bytes);
    case BURN_AMOUNT:
        return take_number(&op->amount.v, field->bytes);
    case BURN_SPENDER:
        return take_account(&op->spender, field->bytes);
    default:
        return true;
    }
}

static bool take_mint_field(struct ledger_operation *op, const struct ledger_pb_field *field)
{
    switch (field->tag) {
    case MINT_TO:
        return take_account(&op->to, field->bytes);
    case MINT_AMOUNT:
        return take_number(&op->amount.v, field->bytes);
    default:
        return true;
    }
}

static bool take_approve_field(struct ledger_operation *op, const struct ledger_pb_field *field)
{
    switch (field->tag) {
    case APPROVE_ALLOWANCE:
        return take_number(&op->amount.v, field->bytes);
    case APPROVE_EXPIRES_AT:
        return take_opt_number(&op->expires_at_ns, field->bytes);
    case APPROVE_EXPECTED_ALLOWANCE:
        return take_opt_number(&op->expected_allowance_e8s, field->bytes);
    default:
        return true;
    }
}

static bool take_transfer_from_field(struct ledger_operation *op,
                                     const struct ledger_pb_field *field)
{
    return field->tag != TRANSFER_FROM_SPENDER || take_account(&op->spender, field->bytes);
}

typedef bool take_field(struct ledger_operation *op, const struct ledger_pb_field *field);

static bool take_message(struct ledger_operation *op, struct ic_bytes in, take_field *take)
{
    struct ledger_pb_field field;
    enum ledger_pb_status status;
    while ((status = ledger_pb_next(&field, &in)) == LEDGER_PB_FIELD) {
        if (!take(op, &field)) {
            return false;
        }
    }
    return status == LEDGER_PB_END;
}

static bool take_send_field(struct ledger_operation *op, const struct ledger_pb_field *field)
{
    switch (field->tag) {
    case SEND_FROM:
        return take_account(&op->from, field->bytes);
    case SEND_TO:
        return take_account(&op->to, field->bytes);
    case SEND_AMOUNT:
        return op->kind == LEDGER_APPROVE || take_number(&op->amount.v, field->bytes);
    case SEND_FEE:
        op->fee.v = 0;
        return take_number(&op->fee.v, field->bytes);
    case SEND_APPROVE:
        op->kind = LEDGER_APPROVE;
        op->amount.v = 0; // the allowance takes the place of what was sent
        return take_message(op, field->bytes, take_approve_field);
    case SEND_TRANSFER_FROM:
        return take_message(op, field->bytes, take_transfer_from_field);
    default:
        return true;
    }
}

static bool take_send(struct ledger_operation *op, struct ic_bytes in)
{
    op->fee.v = LEDGER_FEE_E8S_DEFAULT; // what an absent field means
    if (!take_message(op, in, take_send_field)) {
        return false;
    }
    if (op->kind == LEDGER_APPROVE) {
        op->spender = op->to;
        op->to = NULL;
    }
    return true;
}

static bool operation_is_complete(const struct ledger_operation *op)
{
    switch (op->kind) {
    case LEDGER_BURN:
        return op->from != NULL;
    case LEDGER_MINT:
        return op->to != NULL;
    case LEDGER_TRANSFER:
        return op->from != NULL && op->to != NULL;
    case LEDGER_APPROVE:
        return op->from != NULL && op->spender != NULL;
    }
    return false;
}

/* take_operation reads one arm of the oneof; a later arm replaces an earlier one. */
static bool take_operation(struct ledger_operation *op, const struct ledger_pb_field *field)
{
    bool ok = false;
    *op = (struct ledger_operation){0};
    if (field->tag == TRANSACTION_BURN) {
        op->kind = LEDGER_BURN;
        ok = take_message(op, field->bytes, take_burn_field);
    } else if (field->tag == TRANSACTION_MINT) {
        op->kind = LEDGER_MINT;
        ok = take_message(op, field->bytes, take_mint_field);
    } else {
        op->kind = LEDGER_TRANSFER;
        ok = take_send(op, field->bytes);
    }
    return ok && operation_is_complete(op);
}

static bool take_icrc1_memo(struct ledger_transaction *transaction, struct ic_bytes in)
{
    struct ledger_pb_field field;
    enum ledger_pb_status status;
    transaction->has_icrc1_memo = true;
    while ((status = ledger_pb_next(&field, &in)) == LEDGER_PB_FIELD) {
        if (field.tag == ONLY_BYTES) {
            transaction->icrc1_memo = field.bytes;
        }
    }
    return status == LEDGER_PB_END;
}

static bool take_transaction_field(struct ledger_transaction *transaction,
                                   const struct ledger_pb_field *field)
{
    switch (field->tag) {
    case TRANSACTION_BURN:
    case TRANSACTION_MINT:
    case TRANSACTION_SEND:
        return take_operation(&transaction->operation, field);
    case TRANSACTION_MEMO:
        return take_number(&transaction->memo, field->bytes);
    case TRANSACTION_CREATED_AT_TIME:
        return take_opt_number(&transaction->created_at_ns, field->bytes);
    case TRANSACTION_ICRC1_MEMO:
        return take_icrc1_memo(transaction, field->bytes);
    default:
        return true;
    }
}

static bool take_transaction(struct ledger_transaction *transaction, struct ic_bytes in)
{
    struct ledger_pb_field field;
    enum ledger_pb_status status;
    while ((status = ledger_pb_next(&field, &in)) == LEDGER_PB_FIELD) {
        if (!take_transaction_field(transaction, &field)) {
            return false;
        }
    }
    return status == LEDGER_PB_END;
}

static bool take_block_field(struct ledger_block *block, const struct ledger_pb_field *field)
{
    const uint8_t *hash;
    switch (field->tag) {
    case BLOCK_PARENT_HASH:
        if (!take_blob(&hash, field->bytes)) {
            return false;
        }
        block->parent_hash = (const struct ledger_hash *)hash;
        return true;
    case BLOCK_TIMESTAMP:
        return take_number(&block->timestamp_ns, field->bytes);
    case BLOCK_TRANSACTION:
        return take_transaction(&block->transaction, field->bytes);
    default:
        return true;
    }
}

bool ledger_block_decode(struct ledger_block *block, struct ic_bytes in)
{
    struct ledger_pb_field field;
    enum ledger_pb_status status;
    *block = (struct ledger_block){0};
    while ((status = ledger_pb_next(&field, &in)) == LEDGER_PB_FIELD) {
        if (!take_block_field(block, &field)) {
            return false;
        }
    }
    return status == LEDGER_PB_END && operation_is_complete(&block->transaction.operation);
}
