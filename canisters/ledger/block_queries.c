/* Reading the chain: blocks as bytes, blocks as Candid values, the certified tip. SPEC: ledger
 * 8.4, 10
 *
 * Everything in an answer is a view: into the arena, where records are copied to, or into the
 * records. */
#include "canisters/ledger/answers.h"
#include "canisters/ledger/canister.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "ledger/account.h"
#include "ledger/block.h"
#include "ledger/blocks_range.h"

/* ---- which blocks ---------------------------------------------------------------------------- */

/* QUIRK: the small limit holds for users that call the query method as an update. SPEC: ledger 1 */
static uint64_t blocks_max(void)
{
    if (!ic_in_replicated_execution()) {
        return LEDGER_BLOCKS_PER_REQUEST_MAX;
    }
    const struct ic_principal caller = ic_msg_caller();
    return ic_principal_is_self_authenticating(&caller) ? LEDGER_BLOCKS_PER_INGRESS_REQUEST_MAX
                                                        : LEDGER_BLOCKS_PER_REQUEST_MAX;
}

static struct ledger_range served(const struct icp_get_blocks_args *args)
{
    const struct ledger_range held = {.first = 0,
                                      .count = ledger_chain_length_get(&canister_state)};
    const struct ledger_range wanted = {.first = args->start, .count = args->length};
    return ledger_range_served(held, wanted, blocks_max());
}

static void *alloc(struct ic_arena *arena, uint64_t count, size_t unit)
{
    void *memory = ic_arena_alloc_array(arena, (size_t)count, unit);
    if (memory == NULL) {
        IC_TRAP("the answer does not fit into memory");
    }
    return memory;
}

/* records_get copies the encoded blocks of a range into the arena. */
static struct ic_bytes *records_get(struct ledger_range range, struct ic_arena *arena)
{
    struct ic_bytes *records = alloc(arena, range.count, sizeof *records);
    if (!ic_log_get_many(records, &canister_state.blocks, range.first, (size_t)range.count,
                         arena)) {
        IC_TRAP("the answer does not fit into memory");
    }
    return records;
}

/* ---- a block as a Candid value --------------------------------------------------------------- */

static struct ic_bytes view_account(const struct ledger_account *account)
{
    return (struct ic_bytes){.at = account->address, .size = LEDGER_ACCOUNT_BYTES};
}

static void view_operation(struct icp_operation *out, const struct ledger_operation *op)
{
    switch (op->kind) {
    case LEDGER_BURN:
        out->tag = ICP_OPERATION_BURN;
        out->as.burn.from = view_account(op->from);
        out->as.burn.amount.e8s = op->amount.v;
        out->as.burn.spender.has = op->spender != NULL;
        if (op->spender != NULL) {
            out->as.burn.spender.value = view_account(op->spender);
        }
        break;
    case LEDGER_MINT:
        out->tag = ICP_OPERATION_MINT;
        out->as.mint.to = view_account(op->to);
        out->as.mint.amount.e8s = op->amount.v;
        break;
    case LEDGER_TRANSFER:
        out->tag = ICP_OPERATION_TRANSFER;
        out->as.transfer.from = view_account(op->from);
        out->as.transfer.to = view_account(op->to);
        out->as.transfer.amount.e8s = op->amount.v;
        out->as.transfer.fee.e8s = op->fee.v;
        out->as.transfer.spender.has = op->spender != NULL;
        if (op->spender != NULL) {
            out->as.transfer.spender.value = view_account(op->spender);
        }
        break;
    case LEDGER_APPROVE:
        out->tag = ICP_OPERATION_APPROVE;
        out->as.approve.from = view_account(op->from);
        out->as.approve.spender = view_account(op->spender);
        out->as.approve.allowance.e8s = op->amount.v;
        out->as.approve.allowance_e8s = (struct candid_int){.lo = op->amount.v};
        out->as.approve.fee.e8s = op->fee.v;
        out->as.approve.expires_at.has = op->expires_at_ns.has;
        out->as.approve.expires_at.value.timestamp_nanos = op->expires_at_ns.v;
        out->as.approve.expected_allowance.has = op->expected_allowance_e8s.has;
        out->as.approve.expected_allowance.value.e8s = op->expected_allowance_e8s.v;
        break;
    }
}

/* QUIRK: created_at_time is not optional here; a transaction without one shows the time of its
 * block. SPEC: ledger 8.4 */
static void view_block(struct icp_block *out, const struct ledger_block *block)
{
    const struct ledger_transaction *transaction = &block->transaction;
    out->parent_hash.has = block->parent_hash != NULL;
    if (block->parent_hash != NULL) {
        out->parent_hash.value =
            (struct ic_bytes){.at = block->parent_hash->bytes, .size = LEDGER_HASH_BYTES};
    }
    out->timestamp.timestamp_nanos = block->timestamp_ns;
    out->transaction.memo = transaction->memo;
    out->transaction.icrc1_memo.has = transaction->has_icrc1_memo;
    out->transaction.icrc1_memo.value = transaction->icrc1_memo;
    out->transaction.created_at_time.timestamp_nanos =
        transaction->created_at_ns.has ? transaction->created_at_ns.v : block->timestamp_ns;
    out->transaction.operation.has = true;
    view_operation(&out->transaction.operation.value, &transaction->operation);
}

static void view_record(struct icp_block *out, struct ic_bytes record)
{
    struct ledger_block block;
    const bool is_block = ledger_block_decode(&block, record);
    ic_assert(is_block);
    view_block(out, &block);
}

/* ---- the methods ----------------------------------------------------------------------------- */

void icp_query_blocks(const struct icp_query_blocks_in *in, struct icp_query_blocks_out *out)
{
    struct icp_query_blocks_response *answer = &out->ret0;
    struct ic_arena *arena = candid_msg_arena();
    const struct ledger_range range = served(&in->arg0);
    const struct ic_bytes *records = records_get(range, arena);
    struct icp_block *blocks = alloc(arena, range.count, sizeof *blocks);
    for (uint64_t i = 0; i < range.count; i++) {
        view_record(&blocks[i], records[i]);
    }
    answer->chain_length = ledger_chain_length_get(&canister_state);
    answer->certificate.has = ic_data_certificate(&answer->certificate.value, arena);
    answer->blocks.at = blocks;
    answer->blocks.count = (size_t)range.count;
    answer->first_block_index = range.first;
    answer->archived_blocks.count = 0;
}

void icp_query_encoded_blocks(const struct icp_query_encoded_blocks_in *in,
                              struct icp_query_encoded_blocks_out *out)
{
    struct icp_query_encoded_blocks_response *answer = &out->ret0;
    struct ic_arena *arena = candid_msg_arena();
    const struct ledger_range range = served(&in->arg0);
    answer->chain_length = ledger_chain_length_get(&canister_state);
    answer->certificate.has = ic_data_certificate(&answer->certificate.value, arena);
    answer->blocks.at = records_get(range, arena);
    answer->blocks.count = (size_t)range.count;
    answer->first_block_index = range.first;
    answer->archived_blocks.count = 0;
}

void icp_tip_of_chain(struct icp_tip_of_chain_out *out)
{
    const uint64_t length = ledger_chain_length_get(&canister_state);
    if (length == 0) {
        IC_TRAP("the chain has no block yet");
    }
    out->ret0.tip_index = length - 1;
    out->ret0.certification.has =
        ic_data_certificate(&out->ret0.certification.value, candid_msg_arena());
}

void icp_archives(struct icp_archives_out *out)
{
    out->ret0.archives.count = 0;
}
