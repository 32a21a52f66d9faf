/* Reading the chain: blocks as bytes, blocks as Candid values, the certified tip. SPEC: ledger
 * 8.4, 10 */
#include "canisters/ledger/blocks_answer.h"
#include "canisters/ledger/canister.h"
#include "ic/arena.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "ledger/blocks_range.h"

/* Blocks read with one access to stable memory; they take some 9 KiB. */
#define BATCH_BLOCKS 64u

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

/* How a block is added to an answer. */
typedef void put_record(struct blocks_answer *a, struct ic_bytes record);

/* put_records reads the encoded blocks of a range, a batch at a time into the same memory. */
static void put_records(struct blocks_answer *a, struct ledger_range range, put_record *put)
{
    struct ic_bytes records[BATCH_BLOCKS];
    struct ic_arena *arena = candid_msg_arena();
    const size_t used = arena->used;
    for (uint64_t done = 0; done < range.count;) {
        const uint64_t left = range.count - done;
        const size_t count = left < BATCH_BLOCKS ? (size_t)left : BATCH_BLOCKS;
        if (!ic_log_get_many(records, &canister_state.blocks, range.first + done, count, arena)) {
            IC_TRAP("the answer does not fit into memory");
        }
        for (size_t i = 0; i < count; i++) {
            put(a, records[i]);
        }
        arena->used = used;
        done += count;
    }
}

/* ---- the methods ----------------------------------------------------------------------------- */

void icp_query_blocks(const struct icp_query_blocks_in *in)
{
    struct icp_query_blocks_out out = {0};
    struct blocks_answer answer;
    const struct ledger_range range = served(&in->arg0);
    out.ret0.chain_length = ledger_chain_length_get(&canister_state);
    out.ret0.certificate.has =
        ic_data_certificate(&out.ret0.certificate.value, candid_msg_arena());
    out.ret0.first_block_index = range.first;
    blocks_answer_start(&answer, &icp_query_blocks_method, &out, (size_t)range.count);
    put_records(&answer, range, blocks_answer_put);
    blocks_answer_end(&answer);
}

void icp_query_encoded_blocks(const struct icp_query_encoded_blocks_in *in)
{
    struct icp_query_encoded_blocks_out out = {0};
    struct blocks_answer answer;
    const struct ledger_range range = served(&in->arg0);
    out.ret0.chain_length = ledger_chain_length_get(&canister_state);
    out.ret0.certificate.has =
        ic_data_certificate(&out.ret0.certificate.value, candid_msg_arena());
    out.ret0.first_block_index = range.first;
    blocks_answer_start(&answer, &icp_query_encoded_blocks_method, &out, (size_t)range.count);
    put_records(&answer, range, blocks_answer_put_encoded);
    blocks_answer_end(&answer);
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
