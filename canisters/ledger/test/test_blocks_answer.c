/* The answers that are put together by hand are the bytes that candid_encode makes of them: random
 * blocks of every kind, every way to cut a chain, with a certificate and without. */
#include "canisters/ledger/canister.h"
#include "canisters/ledger/test/support.h"
#include "ic/log.h"
#include "ledger/account.h"
#include "ledger/block.h"

#define CHAIN_BLOCKS    700u /* more than some buffers hold */
#define REPLY_BYTES_MAX (1u << 20)

/* ---- a random chain -------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

/* Numbers of every length, as often short as long. */
static uint64_t draw_number(void)
{
    const uint64_t bits = draw(65);
    return bits == 0 ? 0 : draw(UINT64_MAX) >> (64 - bits);
}

static struct ledger_opt_u64 draw_opt(void)
{
    return (struct ledger_opt_u64){.has = draw(2) == 0, .v = draw_number()};
}

static struct ledger_account accounts[5];
static const uint8_t MEMO[LEDGER_ICRC1_MEMO_BYTES_MAX] = {7, 0, 0x80};

static const struct ledger_account *draw_account(void)
{
    return &accounts[draw(TEST_ITEMS(accounts))];
}

static struct ledger_operation draw_operation(void)
{
    const struct ledger_account *spender = draw(2) == 0 ? draw_account() : NULL;
    const struct e8s amount = {draw_number()};
    switch (draw(4)) {
    case 0:
        return (struct ledger_operation){
            LEDGER_BURN, .from = draw_account(), .spender = spender, .amount = amount};
    case 1:
        return (struct ledger_operation){LEDGER_MINT, .to = draw_account(), .amount = amount};
    case 2:
        return (struct ledger_operation){LEDGER_TRANSFER,
                                         .from = draw_account(),
                                         .to = draw_account(),
                                         .spender = spender,
                                         .amount = amount,
                                         .fee = {draw_number()}};
    default:
        return (struct ledger_operation){LEDGER_APPROVE,
                                         .from = draw_account(),
                                         .spender = draw_account(),
                                         .amount = amount,
                                         .fee = {draw_number()},
                                         .expected_allowance_e8s = draw_opt(),
                                         .expires_at_ns = draw_opt()};
    }
}

static struct ledger_block chain[CHAIN_BLOCKS];
static struct ledger_hash hashes[CHAIN_BLOCKS];
static uint8_t buffers[CHAIN_BLOCKS][LEDGER_BLOCK_BYTES_MAX];
static struct ic_bytes encoded[CHAIN_BLOCKS];

static void append_body(void *argument)
{
    (void)argument;
    for (size_t i = 0; i < CHAIN_BLOCKS; i++) {
        chain[i] = (struct ledger_block){
            .parent_hash = i == 0 ? NULL : &hashes[i - 1],
            .timestamp_ns = TEST_T0_NS + i,
            .transaction = {.operation = draw_operation(),
                            .memo = draw_number(),
                            .created_at_ns = draw_opt(),
                            .has_icrc1_memo = draw(2) == 0,
                            .icrc1_memo = {.at = MEMO, .size = draw(sizeof MEMO + 1)}},
        };
        encoded[i] = ledger_block_encode(buffers[i], &chain[i]);
        hashes[i] = ledger_block_hash(encoded[i]);
        const struct ledger_tip tip = {.hash = hashes[i],
                                       .timestamp_ns = chain[i].timestamp_ns,
                                       .token_pool = canister_state.tip.token_pool};
        ledger_block_append(&canister_state, encoded[i], &tip);
    }
}

static void install_chain(uint64_t with_seed)
{
    struct icp_init_args args = test_init_args();
    args.initial_values.count = 0;
    test_install(&args);
    seed = with_seed;
    for (uint8_t i = 0; i < TEST_ITEMS(accounts); i++) {
        const struct ic_principal user = test_user(i);
        accounts[i] = ledger_account_from_owner(&user, NULL);
    }
    assert_true(ic_host_run(append_body, NULL));
}

/* ---- blocks as structs, for the general encoder ---------------------------------------------- */

static struct ic_bytes view_account(const struct ledger_account *account)
{
    return (struct ic_bytes){.at = account->address, .size = LEDGER_ACCOUNT_BYTES};
}

static struct icp_opt_blob view_opt_account(const struct ledger_account *account)
{
    return (struct icp_opt_blob){
        .has = account != NULL,
        .value = account != NULL ? view_account(account) : (struct ic_bytes){0}};
}

static struct icp_operation view_operation(const struct ledger_operation *op)
{
    struct icp_operation out = {0};
    switch (op->kind) {
    case LEDGER_BURN:
        out.tag = ICP_OPERATION_BURN;
        out.as.burn.from = view_account(op->from);
        out.as.burn.amount.e8s = op->amount.v;
        out.as.burn.spender = view_opt_account(op->spender);
        break;
    case LEDGER_MINT:
        out.tag = ICP_OPERATION_MINT;
        out.as.mint.to = view_account(op->to);
        out.as.mint.amount.e8s = op->amount.v;
        break;
    case LEDGER_TRANSFER:
        out.tag = ICP_OPERATION_TRANSFER;
        out.as.transfer.from = view_account(op->from);
        out.as.transfer.to = view_account(op->to);
        out.as.transfer.amount.e8s = op->amount.v;
        out.as.transfer.fee.e8s = op->fee.v;
        out.as.transfer.spender = view_opt_account(op->spender);
        break;
    case LEDGER_APPROVE:
        out.tag = ICP_OPERATION_APPROVE;
        out.as.approve.from = view_account(op->from);
        out.as.approve.spender = view_account(op->spender);
        out.as.approve.allowance.e8s = op->amount.v;
        out.as.approve.allowance_e8s = (struct candid_int){.lo = op->amount.v};
        out.as.approve.fee.e8s = op->fee.v;
        out.as.approve.expires_at.has = op->expires_at_ns.has;
        out.as.approve.expires_at.value.timestamp_nanos = op->expires_at_ns.v;
        out.as.approve.expected_allowance.has = op->expected_allowance_e8s.has;
        out.as.approve.expected_allowance.value.e8s = op->expected_allowance_e8s.v;
        break;
    }
    return out;
}

static struct icp_block view_block(const struct ledger_block *block)
{
    const struct ledger_transaction *t = &block->transaction;
    struct icp_block out = {.timestamp.timestamp_nanos = block->timestamp_ns};
    out.parent_hash.has = block->parent_hash != NULL;
    if (block->parent_hash != NULL) {
        out.parent_hash.value =
            (struct ic_bytes){.at = block->parent_hash->bytes, .size = LEDGER_HASH_BYTES};
    }
    out.transaction.memo = t->memo;
    out.transaction.icrc1_memo.has = t->has_icrc1_memo;
    out.transaction.icrc1_memo.value = t->icrc1_memo;
    out.transaction.created_at_time.timestamp_nanos =
        t->created_at_ns.has ? t->created_at_ns.v : block->timestamp_ns;
    out.transaction.operation.has = true;
    out.transaction.operation.value = view_operation(&t->operation);
    return out;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static uint8_t reply_memory[REPLY_BYTES_MAX];

static void assert_reply(const struct candid_method *method, const void *out)
{
    struct ic_arena arena;
    struct ic_bytes expected = {0};
    ic_arena_init(&arena, reply_memory, sizeof reply_memory);
    assert_int_equal(candid_encode(&expected, &method->out, out, CANDID_ENCODE_NARROW, &arena),
                     CANDID_OK);
    const struct ic_bytes got = ic_host_reply();
    assert_int_equal(got.size, expected.size);
    assert_memory_equal(got.at, expected.at, expected.size);
}

static struct icp_opt_blob certificate;

static void check_blocks(uint64_t start, uint64_t count)
{
    static struct icp_block blocks[CHAIN_BLOCKS];
    const struct icp_query_blocks_in in = {.arg0 = {.start = start, .length = count}};
    struct icp_query_blocks_out out = {0};
    for (uint64_t i = 0; i < count; i++) {
        blocks[i] = view_block(&chain[start + i]);
    }
    out.ret0.chain_length = CHAIN_BLOCKS;
    out.ret0.certificate = certificate;
    out.ret0.blocks.at = blocks;
    out.ret0.blocks.count = (size_t)count;
    out.ret0.first_block_index = count != 0 ? start : 0;
    assert_true(test_message(icp_export_query_blocks,
                             test_encode(&icp_query_blocks_method.in, &in)));
    assert_reply(&icp_query_blocks_method, &out);
}

static void check_encoded_blocks(uint64_t start, uint64_t count)
{
    const struct icp_query_encoded_blocks_in in = {.arg0 = {.start = start, .length = count}};
    struct icp_query_encoded_blocks_out out = {0};
    out.ret0.chain_length = CHAIN_BLOCKS;
    out.ret0.certificate = certificate;
    out.ret0.blocks.at = encoded + start;
    out.ret0.blocks.count = (size_t)count;
    out.ret0.first_block_index = count != 0 ? start : 0;
    assert_true(test_message(icp_export_query_encoded_blocks,
                             test_encode(&icp_query_encoded_blocks_method.in, &in)));
    assert_reply(&icp_query_encoded_blocks_method, &out);
}

static void test_equal(void **state)
{
    /* Around the batches that are read, and the bytes that the length of the list takes. */
    static const uint64_t COUNTS[] = {0, 1, 2, 63, 64, 65, 127, 128, 129, 300, CHAIN_BLOCKS};
    (void)state;
    for (uint64_t round = 1; round <= 8; round++) {
        install_chain(round);
        ic_host_replicated_set(false);
        certificate = (struct icp_opt_blob){.has = round % 2 == 0,
                                            .value = IC_BYTES_LIT("the certificate")};
        if (certificate.has) {
            ic_host_certificate_set(certificate.value);
        }
        for (size_t i = 0; i < TEST_ITEMS(COUNTS); i++) {
            const uint64_t start = draw(CHAIN_BLOCKS - COUNTS[i] + 1);
            check_blocks(start, COUNTS[i]);
            check_encoded_blocks(start, COUNTS[i]);
        }
    }
    ic_host_replicated_set(true);
}

/* Each block by itself: nothing of the neighbours is needed. */
static void test_single(void **state)
{
    (void)state;
    install_chain(99);
    ic_host_replicated_set(false);
    certificate.has = false;
    for (uint64_t i = 0; i < CHAIN_BLOCKS; i++) {
        check_blocks(i, 1);
        check_encoded_blocks(i, 1);
    }
    ic_host_replicated_set(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_single),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
