#include "canisters/ledger/blocks_answer.h"

#include "icp_did.h"
#include "ic/arena.h"
#include "ic/buf.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "ledger/constants.h"

/* Sent whenever it might not take another block: appending costs 500, touching a page 1,000. */
#define BUFFER_BYTES 16384u
/* What chain_length, first_block_index and an empty list of archives take, and so the tail. */
#define TAIL_BYTES (8u + 8u + 1u)
/* A block as a Candid record without the bytes of its ICRC-1 memo: 177 bytes for a transfer with a
 * spender, the longest, and 10 at most for the memo's length. */
#define BLOCK_BYTES_MAX 192u
/* Lengths below this are one byte. */
#define LEB128_ONE_BYTE 128u

/* ---- bytes: room is made once for each block ------------------------------------------------- */

static void flush(struct blocks_answer *a)
{
    ic_msg_reply_append((struct ic_bytes){.at = a->start, .size = (size_t)(a->at - a->start)});
    a->at = a->start;
}

static void need(struct blocks_answer *a, size_t bytes)
{
    if ((size_t)(a->end - a->at) < bytes) {
        flush(a);
        ic_assert((size_t)(a->end - a->at) >= bytes);
    }
}

static uint8_t *put_byte(uint8_t *at, unsigned byte)
{
    *at = (uint8_t)byte;
    return at + 1;
}

static uint8_t *put_leb128(uint8_t *at, size_t value)
{
    for (; value >= LEB128_ONE_BYTE; value >>= 7) {
        at = put_byte(at, (unsigned)value | LEB128_ONE_BYTE);
    }
    return put_byte(at, (unsigned)value);
}

static uint8_t *put_nat64(uint8_t *at, uint64_t value)
{
    ic_store_u64_le(at, value);
    return at + 8;
}

static uint8_t *put_bytes(uint8_t *at, struct ic_bytes bytes)
{
    at = put_leb128(at, bytes.size);
    if (bytes.size != 0) {
        memcpy(at, bytes.at, bytes.size);
    }
    return at + bytes.size;
}

/* An address or a hash, as a blob. */
static uint8_t *put_32(uint8_t *at, const void *bytes)
{
    at = put_byte(at, 32);
    memcpy(at, bytes, 32);
    return at + 32;
}

static uint8_t *put_opt_32(uint8_t *at, const void *bytes)
{
    at = put_byte(at, bytes != NULL);
    return bytes != NULL ? put_32(at, bytes) : at;
}

static uint8_t *put_opt_nat64(uint8_t *at, struct ledger_opt_u64 number)
{
    at = put_byte(at, number.has);
    return number.has ? put_nat64(at, number.v) : at;
}

/* An int that is not negative: the last byte's bit 6 is the sign. */
static uint8_t *put_int(uint8_t *at, uint64_t value)
{
    for (; value >= 64; value >>= 7) {
        at = put_byte(at, (unsigned)value | LEB128_ONE_BYTE);
    }
    return put_byte(at, (unsigned)value);
}

/* ---- a block: fields in the order of their ids, records without frames ----------------------- */

static uint8_t *put_approve(uint8_t *at, const struct ledger_operation *op)
{
    at = put_nat64(at, op->fee.v);
    at = put_32(at, op->from);
    at = put_int(at, op->amount.v);   // allowance_e8s
    at = put_nat64(at, op->amount.v); // allowance
    at = put_opt_nat64(at, op->expected_allowance_e8s);
    at = put_opt_nat64(at, op->expires_at_ns);
    return put_32(at, op->spender);
}

static uint8_t *put_burn(uint8_t *at, const struct ledger_operation *op)
{
    at = put_32(at, op->from);
    at = put_nat64(at, op->amount.v);
    return put_opt_32(at, op->spender);
}

static uint8_t *put_mint(uint8_t *at, const struct ledger_operation *op)
{
    at = put_32(at, op->to);
    return put_nat64(at, op->amount.v);
}

static uint8_t *put_transfer(uint8_t *at, const struct ledger_operation *op)
{
    at = put_32(at, op->to);
    at = put_nat64(at, op->fee.v);
    at = put_32(at, op->from);
    at = put_nat64(at, op->amount.v);
    return put_opt_32(at, op->spender);
}

static uint8_t *put_operation(uint8_t *at, const struct ledger_operation *op)
{
    switch (op->kind) {
    case LEDGER_BURN:
        return put_burn(put_byte(at, ICP_OPERATION_BURN), op);
    case LEDGER_MINT:
        return put_mint(put_byte(at, ICP_OPERATION_MINT), op);
    case LEDGER_TRANSFER:
        return put_transfer(put_byte(at, ICP_OPERATION_TRANSFER), op);
    case LEDGER_APPROVE:
        return put_approve(put_byte(at, ICP_OPERATION_APPROVE), op);
    }
    return at;
}

/* QUIRK: created_at_time is not optional here; a transaction without one shows the time of its
 * block. SPEC: ledger 8.4 */
static uint8_t *put_block(uint8_t *at, const struct ledger_block *block)
{
    const struct ledger_transaction *t = &block->transaction;
    at = put_nat64(at, t->memo);
    at = put_byte(at, t->has_icrc1_memo);
    if (t->has_icrc1_memo) {
        at = put_bytes(at, t->icrc1_memo);
    }
    at = put_byte(at, true); // there is an operation
    at = put_operation(at, &t->operation);
    at = put_nat64(at, t->created_at_ns.has ? t->created_at_ns.v : block->timestamp_ns);
    at = put_nat64(at, block->timestamp_ns);
    return put_opt_32(at, block->parent_hash);
}

/* ---- the reply ------------------------------------------------------------------------------- */

static void *alloc(size_t bytes)
{
    void *memory = ic_arena_alloc(candid_msg_arena(), bytes);
    if (memory == NULL) {
        IC_TRAP("the answer does not fit into memory");
    }
    return memory;
}

void blocks_answer_start(struct blocks_answer *a, const struct candid_method *method,
                         const void *out, size_t count)
{
    struct ic_bytes reply = {0};
    const enum candid_result result =
        candid_encode(&reply, &method->out, out, CANDID_ENCODE_NARROW, candid_msg_arena());
    ic_assert(result == CANDID_OK);
    /* The byte before the tail is the length of the empty list of blocks. */
    const size_t head = reply.size - TAIL_BYTES - 1;
    ic_assert(reply.size > TAIL_BYTES && reply.at[head] == 0);
    a->tail = (struct ic_bytes){.at = reply.at + head + 1, .size = TAIL_BYTES};
    a->start = a->at = alloc(BUFFER_BYTES);
    a->end = a->start + BUFFER_BYTES;
    ic_msg_reply_append((struct ic_bytes){.at = reply.at, .size = head});
    a->at = put_leb128(a->at, count);
}

void blocks_answer_put(struct blocks_answer *a, struct ic_bytes record)
{
    struct ledger_block block;
    const bool is_block = ledger_block_decode(&block, record);
    ic_assert(is_block);
    need(a, BLOCK_BYTES_MAX + block.transaction.icrc1_memo.size);
    a->at = put_block(a->at, &block);
}

void blocks_answer_put_encoded(struct blocks_answer *a, struct ic_bytes record)
{
    need(a, IC_LEB128_BYTES_MAX + record.size);
    a->at = put_bytes(a->at, record);
}

void blocks_answer_end(struct blocks_answer *a)
{
    flush(a);
    ic_msg_reply_bytes(a->tail);
}
