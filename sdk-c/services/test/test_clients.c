/* The typed clients natively: what they send, and what they make of every answer, wrong ones too. */
#include "host/ic_host_call.h"
#include "host/ic_host_cycles.h"
#include "ic/candid_u128.h"
#include "ic/icp_ledger.h"
#include "ic/management.h"
#include "ic/msg.h"
#include "test/check.h"

#define ARENA_BYTES 65536u

enum { REGION_ASYNC = 0 };

static const struct ic_store_app APP = {.magic = "CLIENTS", .version = 1};
static struct ic_store store;
static _Alignas(8) uint8_t memory[ARENA_BYTES];
static struct ic_random generator;

struct frame {
    struct ic_flow flow;
    struct ic_answer answer;
};

IC_ASYNC_POOL(pool, struct frame, 2, 4, 1);

/* What the last flow made of its answer. */
static struct {
    bool taken;
    enum ic_call_code code;
    struct candid_nat balance;
} seen;

static void seed_run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, ic_random_ask(&f->flow, &f->answer));
    seen.taken = ic_random_take(&generator, &f->answer);
    seen.code = f->answer.code;
    IC_FLOW_END(f);
}

static void balance_run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    struct candid_callee ledger = ic_icp_ledger();
    struct icp_ledger_icrc1_balance_of_in in = {
        .arg0 = {.owner = ic_principal_from_canister_index(7)}};
    struct icp_ledger_icrc1_balance_of_out out;
    ledger.timeout_s = 30;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, icp_ledger_call_icrc1_balance_of(&f->flow, &f->answer, &ledger, &in));
    seen.taken = icp_ledger_take_icrc1_balance_of(&out, &f->answer);
    seen.code = f->answer.code;
    seen.balance = seen.taken ? out.ret0 : (struct candid_nat){0};
    IC_FLOW_END(f);
}

static void deposit_run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    struct candid_callee ic = ic_management(ic_u128_from(1, 5));
    struct ic_mgmt_deposit_cycles_in in = {
        .arg0 = {.canister_id = ic_principal_from_canister_index(9)}};
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, ic_mgmt_call_deposit_cycles(&f->flow, &f->answer, &ic, &in));
    IC_FLOW_END(f);
}

/* ---- messages ---------------------------------------------------------------------------------- */

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_async_open(&pool, &store, REGION_ASYNC);
}

static void start(void *argument)
{
    ic_flow_fn **run = argument;
    (void)ic_msg_arena(ARENA_BYTES);
    struct frame *f = ic_flow_new(*run, NULL, sizeof *f);
    ic_assert(f != NULL);
    ic_flow_start(&f->flow);
}

static int set_up(void **state)
{
    (void)state;
    ic_host_reset();
    ic_host_calls_reset();
    memset(&seen, 0, sizeof seen);
    memset(&generator, 0, sizeof generator);
    CHECK_RUNS(create, NULL);
    return 0;
}

/* Starts a flow and returns its call. */
static const struct ic_call *call_of(ic_flow_fn *run)
{
    assert_true(ic_host_flow_run(start, &run));
    return ic_host_call_at(ic_host_call_count() - 1);
}

static void answer(enum ic_call_code code, struct ic_bytes bytes)
{
    seen.taken = false;
    if (!ic_host_answer(ic_host_call_count() - 1, code, bytes)) {
        fail_msg("trapped: %s", ic_host_answer_trap_text());
    }
    assert_int_equal(seen.code, code);
}

/* ---- the management canister ------------------------------------------------------------------- */

#define SEED_REPLY(count) "DIDL\x01\x6d\x7b\x01\x00" count "0123456789abcdef0123456789ABCDEF"

static void a_seed(void **state)
{
    (void)state;
    struct ic_random same = {.is_seeded = false};
    const struct ic_call *call = call_of(seed_run);
    assert_int_equal(call->to.size, 0);
    assert_true(ic_bytes_is_equal(call->method, IC_BYTES_LIT("raw_rand")));
    assert_true(ic_bytes_is_equal(call->argument, IC_BYTES_LIT("DIDL\0\0")));
    assert_true(call->cycles == 0 && call->timeout_s == 0);
    answer(IC_CALL_OK, IC_BYTES_LIT(SEED_REPLY("\x20")));
    assert_true(seen.taken);
    ic_random_stir(&same, (const uint8_t *)"0123456789abcdef0123456789ABCDEF");
    assert_true(ic_random_u64(&generator) == ic_random_u64(&same));
}

static void no_seed(void **state)
{
    (void)state;
    static const struct ic_random NONE;
    const struct ic_bytes replies[] = {IC_BYTES_LIT(""), IC_BYTES_LIT("DIDL\0\0"),
                                       IC_BYTES_LIT("DIDL\x01\x6d\x7b\x01\x00\x1f"
                                                    "0123456789abcdef0123456789ABCDE"),
                                       IC_BYTES_LIT(SEED_REPLY("\x21")),
                                       IC_BYTES_LIT("DIDL\0\x01\x71\x04text")};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        call_of(seed_run);
        answer(IC_CALL_OK, replies[i]);
        assert_false(seen.taken);
    }
    for (enum ic_call_code code = IC_CALL_SYS_FATAL; code <= IC_CALL_SYS_UNKNOWN; code++) {
        call_of(seed_run);
        answer(code, IC_BYTES_LIT(SEED_REPLY("\x20")));
        assert_false(seen.taken);
    }
    assert_memory_equal(&generator, &NONE, sizeof generator);
}

static void cycles_go_along(void **state)
{
    (void)state;
    ic_host_cycles_set(0, IC_U128_MAX, 0);
    const struct ic_call *call = call_of(deposit_run);
    struct ic_mgmt_deposit_cycles_in in;
    struct ic_arena arena;
    ic_arena_init(&arena, memory, sizeof memory);
    assert_true(call->cycles == ic_u128_from(1, 5));
    assert_int_equal(candid_decode(&in, &ic_mgmt_deposit_cycles_method.in, call->argument, &arena),
                     CANDID_OK);
    struct ic_principal to = ic_principal_from_canister_index(9);
    assert_true(ic_principal_is_equal(&in.arg0.canister_id, &to));
}

/* ---- the ICP ledger ---------------------------------------------------------------------------- */

static void a_balance(void **state)
{
    (void)state;
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    struct icp_ledger_icrc1_balance_of_in in;
    struct ic_arena arena;
    const struct ic_call *call = call_of(balance_run);
    ic_principal_to_text(text, &call->to);
    assert_string_equal(text, "ryjl3-tyaaa-aaaaa-aaaba-cai");
    assert_int_equal(call->timeout_s, 30);
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(
        candid_decode(&in, &icp_ledger_icrc1_balance_of_method.in, call->argument, &arena),
        CANDID_OK);
    struct ic_principal owner = ic_principal_from_canister_index(7);
    assert_true(ic_principal_is_equal(&in.arg0.owner, &owner) && !in.arg0.subaccount.has);
    ic_u128 balance = 0;
    answer(IC_CALL_OK, IC_BYTES_LIT("DIDL\0\x01\x7d\x80\x80\x01"));
    assert_true(seen.taken && candid_nat_to_u128(&balance, &seen.balance) && balance == 16384);
}

/* Every reply that is nearly right is taken or not, and never more than that. */
static void damaged_balances(void **state)
{
    (void)state;
    static const char GOOD[] = "DIDL\0\x01\x7d\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                               "\xff\xff\xff\xff\xff\x03"; /* 2^128 - 1 */
    uint8_t reply[sizeof GOOD - 1];
    unsigned taken = 0;
    for (size_t size = 0; size <= sizeof reply; size++) {
        call_of(balance_run);
        answer(IC_CALL_OK, (struct ic_bytes){.at = (const uint8_t *)GOOD, .size = size});
        assert_int_equal(seen.taken, size == sizeof reply);
    }
    for (size_t bit = 0; bit < 8 * sizeof reply; bit++) {
        memcpy(reply, GOOD, sizeof reply);
        reply[bit / 8] ^= (uint8_t)(1u << bit % 8);
        call_of(balance_run);
        answer(IC_CALL_OK, (struct ic_bytes){.at = reply, .size = sizeof reply});
        taken += seen.taken;
    }
    /* Only in the number itself: any of the seven bits of its 19 bytes, but no end before the last. */
    assert_int_equal(taken, 19 * 7);
}

/* ---- nat ---------------------------------------------------------------------------------------- */

static void nat_as_128_bits(void **state)
{
    (void)state;
    static const struct {
        uint64_t hi, lo;
    } VALUES[] = {{0, 0}, {0, 1}, {0, UINT64_MAX}, {1, 0}, {UINT64_MAX, UINT64_MAX}};
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        ic_u128 v = ic_u128_from(VALUES[i].hi, VALUES[i].lo), back = ~v;
        struct candid_nat n = candid_nat_from_u128(v);
        assert_true(candid_nat_to_u128(&back, &n) && back == v);
    }
    call_of(balance_run); /* 2^128 */
    answer(IC_CALL_OK,
           IC_BYTES_LIT("DIDL\0\x01\x7d\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
                        "\x80\x80\x80\x80\x80\x04"));
    ic_u128 untouched = 5;
    assert_true(seen.taken);
    assert_false(candid_nat_to_u128(&untouched, &seen.balance));
    assert_true(untouched == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_seed, set_up),
        cmocka_unit_test_setup(no_seed, set_up),
        cmocka_unit_test_setup(cycles_go_along, set_up),
        cmocka_unit_test_setup(a_balance, set_up),
        cmocka_unit_test_setup(damaged_balances, set_up),
        cmocka_unit_test_setup(nat_as_128_bits, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
