/* Reading the chain: which blocks, every kind of block as a Candid value, certificates. SPEC:
 * ledger 8.4, 9, 10 */
#include "canisters/ledger/canister.h"
#include "canisters/ledger/test/support.h"
#include "ledger/account.h"
#include "ledger/block.h"

/* ---- a chain with a block of every kind ------------------------------------------------------ */

static struct ledger_account accounts[3];
static struct ic_bytes encoded[16]; /* what was put into the chain, in order */
static uint8_t encoded_bytes[16][LEDGER_BLOCK_BYTES_MAX];

static void install(void)
{
    struct icp_init_args args = test_init_args();
    args.initial_values.count = 0;
    test_install(&args);
    for (uint8_t i = 0; i < TEST_ITEMS(accounts); i++) {
        const struct ic_principal user = test_user(i);
        accounts[i] = ledger_account_from_owner(&user, NULL);
    }
}

static void append_body(void *argument)
{
    const struct ledger_transaction *t = argument;
    const uint64_t index = ledger_chain_length_get(&canister_state);
    const struct ledger_block block = {.parent_hash =
                                           index == 0 ? NULL : &canister_state.tip.hash,
                                       .timestamp_ns = TEST_T0_NS + index,
                                       .transaction = *t};
    uint8_t *buffer = encoded_bytes[index % TEST_ITEMS(encoded)];
    encoded[index % TEST_ITEMS(encoded)] = ledger_block_encode(buffer, &block);
    const struct ic_bytes record = encoded[index % TEST_ITEMS(encoded)];
    const struct ledger_tip tip = {.hash = ledger_block_hash(record),
                                   .timestamp_ns = block.timestamp_ns,
                                   .token_pool = canister_state.tip.token_pool};
    ledger_block_append(&canister_state, record, &tip);
    canister_certify_tip();
}

static void append(struct ledger_transaction t)
{
    assert_true(ic_host_run(append_body, &t));
}

static const uint8_t MEMO[] = {1, 2, 3};
static const struct ledger_opt_u64 SOME = {true, 77};

static void append_every_kind(void)
{
    const struct ledger_account *a = &accounts[0], *b = &accounts[1], *c = &accounts[2];
    append((struct ledger_transaction){.operation = {LEDGER_MINT, .to = a, .amount = {9}},
                                       .memo = 5,
                                       .created_at_ns = SOME});
    append((struct ledger_transaction){.operation = {LEDGER_BURN, .from = a, .amount = {8}}});
    append((struct ledger_transaction){
        .operation = {LEDGER_BURN, .from = a, .spender = c, .amount = {7}}});
    append((struct ledger_transaction){
        .operation = {LEDGER_TRANSFER, .from = a, .to = b, .amount = {6}, .fee = {2}},
        .has_icrc1_memo = true,
        .icrc1_memo = {.at = MEMO, .size = 3}});
    append((struct ledger_transaction){.operation = {LEDGER_TRANSFER,
                                                     .from = a,
                                                     .to = b,
                                                     .spender = c,
                                                     .amount = {UINT64_MAX},
                                                     .fee = {0}},
                                       .has_icrc1_memo = true});
    append((struct ledger_transaction){
        .operation = {LEDGER_APPROVE, .from = a, .spender = c, .amount = {4}, .fee = {3}}});
    append((struct ledger_transaction){.operation = {LEDGER_APPROVE,
                                                     .from = a,
                                                     .spender = c,
                                                     .amount = {UINT64_MAX},
                                                     .fee = {3},
                                                     .expected_allowance_e8s = SOME,
                                                     .expires_at_ns = SOME}});
}

static void query_blocks(struct icp_query_blocks_response *out, uint64_t start, uint64_t length)
{
    struct icp_query_blocks_out reply;
    test_call(icp_export_query_blocks, &icp_query_blocks_method,
              &(struct icp_query_blocks_in){.arg0 = {.start = start, .length = length}}, &reply);
    *out = reply.ret0;
}

static void query_encoded_blocks(struct icp_query_encoded_blocks_response *out, uint64_t start,
                                 uint64_t length)
{
    struct icp_query_encoded_blocks_out reply;
    test_call(icp_export_query_encoded_blocks, &icp_query_encoded_blocks_method,
              &(struct icp_query_encoded_blocks_in){.arg0 = {.start = start, .length = length}},
              &reply);
    *out = reply.ret0;
}

static void assert_account(struct ic_bytes got, const struct ledger_account *expected)
{
    assert_int_equal(got.size, 32);
    assert_memory_equal(got.at, expected->address, 32);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void check_frame(const struct icp_query_blocks_response *answer)
{
    for (size_t i = 0; i < answer->blocks.count; i++) {
        const struct icp_block *block = &answer->blocks.at[i];
        assert_int_equal(block->timestamp.timestamp_nanos, TEST_T0_NS + i);
        assert_int_equal(block->parent_hash.has, i != 0);
        if (i != 0) {
            const struct ledger_hash parent = ledger_block_hash(encoded[i - 1]);
            assert_int_equal(block->parent_hash.value.size, 32);
            assert_memory_equal(block->parent_hash.value.at, parent.bytes, 32);
        }
        /* A transaction without a time shows the block's. */
        assert_int_equal(block->transaction.created_at_time.timestamp_nanos,
                         i == 0 ? 77 : TEST_T0_NS + i);
        assert_true(block->transaction.operation.has);
        assert_int_equal(block->transaction.memo, i == 0 ? 5 : 0);
        assert_int_equal(block->transaction.icrc1_memo.has, i == 3 || i == 4);
    }
}

static void check_burns_and_mint(const struct icp_query_blocks_response *answer)
{
    const struct icp_operation *mint = &answer->blocks.at[0].transaction.operation.value;
    assert_int_equal(mint->tag, ICP_OPERATION_MINT);
    assert_account(mint->as.mint.to, &accounts[0]);
    assert_int_equal(mint->as.mint.amount.e8s, 9);
    for (size_t i = 1; i < 3; i++) {
        const struct icp_operation *burn = &answer->blocks.at[i].transaction.operation.value;
        assert_int_equal(burn->tag, ICP_OPERATION_BURN);
        assert_account(burn->as.burn.from, &accounts[0]);
        assert_int_equal(burn->as.burn.amount.e8s, 9 - i);
        assert_int_equal(burn->as.burn.spender.has, i == 2);
    }
    assert_account(answer->blocks.at[2].transaction.operation.value.as.burn.spender.value,
                   &accounts[2]);
}

static void check_transfers(const struct icp_query_blocks_response *answer)
{
    for (size_t i = 3; i < 5; i++) {
        const struct icp_operation *op = &answer->blocks.at[i].transaction.operation.value;
        assert_int_equal(op->tag, ICP_OPERATION_TRANSFER);
        assert_account(op->as.transfer.from, &accounts[0]);
        assert_account(op->as.transfer.to, &accounts[1]);
        assert_int_equal(op->as.transfer.amount.e8s, i == 3 ? 6 : UINT64_MAX);
        assert_int_equal(op->as.transfer.fee.e8s, i == 3 ? 2 : 0);
        assert_int_equal(op->as.transfer.spender.has, i == 4);
    }
    assert_account(answer->blocks.at[4].transaction.operation.value.as.transfer.spender.value,
                   &accounts[2]);
    const struct ic_bytes memo = answer->blocks.at[3].transaction.icrc1_memo.value;
    assert_true(ic_bytes_is_equal(memo, (struct ic_bytes){.at = MEMO, .size = 3}));
    assert_int_equal(answer->blocks.at[4].transaction.icrc1_memo.value.size, 0);
}

static void check_approvals(const struct icp_query_blocks_response *answer)
{
    for (size_t i = 5; i < 7; i++) {
        const struct icp_operation *op = &answer->blocks.at[i].transaction.operation.value;
        const uint64_t allowance = i == 5 ? 4 : UINT64_MAX;
        assert_int_equal(op->tag, ICP_OPERATION_APPROVE);
        assert_account(op->as.approve.from, &accounts[0]);
        assert_account(op->as.approve.spender, &accounts[2]);
        assert_int_equal(op->as.approve.allowance.e8s, allowance);
        assert_int_equal(op->as.approve.allowance_e8s.lo, allowance);
        assert_int_equal(op->as.approve.allowance_e8s.hi, 0); // never negative
        assert_int_equal(op->as.approve.fee.e8s, 3);
        assert_int_equal(op->as.approve.expires_at.has, i == 6);
        assert_int_equal(op->as.approve.expected_allowance.has, i == 6);
    }
    const struct icp_operation *last = &answer->blocks.at[6].transaction.operation.value;
    assert_int_equal(last->as.approve.expires_at.value.timestamp_nanos, 77);
    assert_int_equal(last->as.approve.expected_allowance.value.e8s, 77);
}

static void test_every_kind(void **state)
{
    (void)state;
    struct icp_query_blocks_response answer;
    install();
    append_every_kind();
    query_blocks(&answer, 0, 100);
    assert_int_equal(answer.blocks.count, 7);
    assert_int_equal(answer.chain_length, 7);
    assert_int_equal(answer.first_block_index, 0);
    assert_int_equal(answer.archived_blocks.count, 0);
    check_frame(&answer);
    check_burns_and_mint(&answer);
    check_transfers(&answer);
    check_approvals(&answer);
}

static void test_encoded(void **state)
{
    (void)state;
    struct icp_query_encoded_blocks_response answer;
    install();
    append_every_kind();
    for (uint64_t start = 0; start < 9; start++) {
        for (uint64_t length = 0; length < 9; length++) {
            query_encoded_blocks(&answer, start, length);
            const uint64_t left = start < 7 ? 7 - start : 0;
            const uint64_t count = left < length ? left : length;
            assert_int_equal(answer.blocks.count, count);
            assert_int_equal(answer.chain_length, 7);
            assert_int_equal(answer.first_block_index, count != 0 ? start : 0);
            for (size_t i = 0; i < count; i++) {
                assert_true(ic_bytes_is_equal(answer.blocks.at[i], encoded[start + i]));
            }
        }
    }
    query_encoded_blocks(&answer, UINT64_MAX, UINT64_MAX);
    assert_int_equal(answer.blocks.count, 0);
    query_encoded_blocks(&answer, 3, UINT64_MAX);
    assert_int_equal(answer.blocks.count, 4);
}

/* ---- how many -------------------------------------------------------------------------------- */

static void test_limits(void **state)
{
    (void)state;
    struct icp_query_blocks_response answer;
    struct icp_query_encoded_blocks_response bytes;
    const struct {
        bool replicated;
        struct ic_principal caller;
        uint64_t most;
    } rows[] = {
        {false, test_user(1), 2000},            // a query
        {true, test_user(1), 50},               // an update of a user
        {true, test_governance(), 2000},        // of a canister
        {true, IC_PRINCIPAL_ANONYMOUS, 2000},   // of nobody in particular
        {false, IC_PRINCIPAL_ANONYMOUS, 2000},
    };
    install();
    for (unsigned i = 0; i < 2100; i++) {
        append((struct ledger_transaction){
            .operation = {LEDGER_MINT, .to = &accounts[0], .amount = {i}}});
    }
    for (size_t i = 0; i < TEST_ITEMS(rows); i++) {
        ic_host_replicated_set(rows[i].replicated);
        ic_host_caller_set(rows[i].caller);
        query_blocks(&answer, 90, 10000);
        assert_int_equal(answer.blocks.count, rows[i].most);
        assert_int_equal(answer.blocks.at[rows[i].most - 1].transaction.operation.value.as.mint
                             .amount.e8s,
                         90 + rows[i].most - 1);
        query_encoded_blocks(&bytes, 90, 10000);
        assert_int_equal(bytes.blocks.count, rows[i].most);
    }
    ic_host_replicated_set(true);
}

/* ---- certificates ---------------------------------------------------------------------------- */

static void test_certificates(void **state)
{
    (void)state;
    struct icp_query_blocks_response answer;
    struct icp_tip_of_chain_out tip;
    const struct icp_tip_of_chain_in nothing = {0};
    install();
    append_every_kind();
    query_blocks(&answer, 0, 1);
    assert_false(answer.certificate.has);
    test_call(icp_export_tip_of_chain, &icp_tip_of_chain_method, &nothing, &tip);
    assert_false(tip.ret0.certification.has);
    assert_int_equal(tip.ret0.tip_index, 6);
    ic_host_replicated_set(false);
    ic_host_certificate_set(IC_BYTES_LIT("the certificate"));
    query_blocks(&answer, 0, 1);
    assert_true(answer.certificate.has);
    assert_true(ic_bytes_is_equal(answer.certificate.value, IC_BYTES_LIT("the certificate")));
    test_call(icp_export_tip_of_chain, &icp_tip_of_chain_method, &nothing, &tip);
    assert_true(tip.ret0.certification.has);
    const struct ledger_hash hash = ledger_block_hash(encoded[6]);
    assert_memory_equal(ic_host_certified_data().at, hash.bytes, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_encoded),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
