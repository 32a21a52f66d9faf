/* Flows and cycles of the kit in axon, where cycles cost: what is sent, taken, given back and
 * burned is what the canisters say and what their balances show. */
#include "axon.h"
#include "flows_did.h"
#include "host/ic_host_cycles.h"
#include "ic/arena.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WASM        "build/wasm/flows.wasm"
#define CYCLES      200000000000000u
#define ARENA_BYTES 65536u

static struct axon_network *net;
static struct ic_principal alice, bob;
static struct axon_outcome outcome;
static _Alignas(8) uint8_t memory[ARENA_BYTES];
static struct ic_arena arena;

static struct ic_principal install(const struct axon_buf *module)
{
    struct ic_principal id = axon_create_canister(net, &IC_PRINCIPAL_ANONYMOUS, NULL, CYCLES);
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &id, AXON_INSTALL, axon_buf_bytes(module),
                 IC_BYTES_LIT(""));
    assert_int_equal(outcome.status, AXON_STATUS_REPLIED);
    return id;
}

static int set_up(void **state)
{
    (void)state;
    struct axon_buf module = {0};
    net = axon_network_new(NULL);
    assert_true(axon_buf_read_file(&module, WASM));
    alice = install(&module);
    bob = install(&module);
    axon_buf_free(&module);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    axon_network_free(net);
    axon_outcome_free(&outcome);
    return 0;
}

static void send(const struct ic_principal *canister, const struct candid_method *method,
                 const void *in)
{
    struct ic_bytes argument;
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_encode(&argument, &method->in, in, CANDID_ENCODE_FULL, &arena),
                     CANDID_OK);
    if (method->mode == CANDID_MODE_QUERY) {
        axon_query(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, canister, method->name, argument);
    } else {
        axon_update(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, canister, method->name, argument);
    }
}

static void exchange(void *out, const struct ic_principal *canister,
                     const struct candid_method *method, const void *in)
{
    send(canister, method, in);
    if (outcome.status != AXON_STATUS_REPLIED) {
        fail_msg("%s: %.*s", method->name, (int)outcome.reject_text.size,
                 (const char *)outcome.reject_text.at);
    }
    assert_int_equal(candid_decode(out, &method->out, axon_buf_bytes(&outcome.reply), &arena),
                     CANDID_OK);
}

static uint64_t balance(const struct ic_principal *canister)
{
    struct flows_funds_out out;
    struct axon_canister_info info;
    exchange(&out, canister, &flows_funds_method, NULL);
    assert_true(axon_canister_find(net, &info, canister));
    assert_int_equal(out.ret0.balance.lo, info.cycles_lo);
    assert_true(out.ret0.liquid.lo < out.ret0.balance.lo);
    return info.cycles_lo;
}

static void cycles_are_taken_and_come_back(void **state)
{
    (void)state;
    const uint64_t amount = 90000000000000u;
    const uint64_t max[] = {0, 1, 60000000000000u, amount, amount + 1};
    for (size_t i = 0; i < sizeof max / sizeof max[0]; i++) {
        struct flows_give_in in = {
            .to = bob, .amount = candid_nat_from_u64(amount), .max = candid_nat_from_u64(max[i])};
        struct flows_give_out out;
        assert_true(axon_cycles_set(net, &alice, 0, CYCLES));
        uint64_t before = balance(&bob);
        exchange(&out, &alice, &flows_give_method, &in);
        uint64_t taken = max[i] < amount ? max[i] : amount;
        assert_int_equal(out.ret0.taken.lo, taken);
        assert_int_equal(out.ret0.refunded.lo, amount - taken);
        assert_true(balance(&alice) <= CYCLES - taken);
        assert_true(balance(&alice) > CYCLES - taken - 1000000000u); /* what the calls cost */
        assert_true(balance(&bob) + 1000000000u > before + taken);
    }
}

/* More than 2^64 cycles are one number, too. */
static void cycles_beyond_64_bits(void **state)
{
    (void)state;
    struct flows_give_in in = {.to = bob, .amount = {.lo = 5, .hi = 3}, .max = {.lo = 7, .hi = 1}};
    struct flows_give_out out;
    assert_true(axon_cycles_set(net, &alice, 9, 0));
    exchange(&out, &alice, &flows_give_method, &in);
    assert_true(out.ret0.taken.hi == 1 && out.ret0.taken.lo == 7);
    assert_true(out.ret0.refunded.hi == 1 && out.ret0.refunded.lo == UINT64_MAX - 1);
}

static void nobody_to_give_to(void **state)
{
    (void)state;
    struct flows_give_in in = {.to = ic_principal_from_canister_index(12345),
                               .amount = candid_nat_from_u64(1000)};
    send(&alice, &flows_give_method, &in);
    assert_int_equal(outcome.status, AXON_STATUS_REJECTED);
    assert_int_equal(outcome.reject_code, AXON_CANISTER_REJECT);
    assert_string_equal(axon_buf_text(&outcome.reject_text), "IC_CALL_DESTINATION_INVALID");
}

static void burning(void **state)
{
    (void)state;
    struct flows_burn_in in = {.amount = candid_nat_from_u64(70000000000000u)};
    struct flows_burn_out out;
    uint64_t before = balance(&alice);
    exchange(&out, &alice, &flows_burn_method, &in);
    assert_int_equal(out.ret0.lo, 70000000000000u);
    assert_true(balance(&alice) <= before - 70000000000000u);
    in.amount.hi = 1;
    exchange(&out, &alice, &flows_burn_method, &in);
    assert_true(out.ret0.hi == 0 && out.ret0.lo < before);
    assert_true(balance(&alice) > 0);
}

/* The native twin knows the prices that axon charges. */
static void calls_cost_what_the_twin_says(void **state)
{
    (void)state;
    const uint64_t bytes[] = {0, 1, 1000000};
    for (size_t i = 0; i < 3; i++) {
        struct flows_cost_in in = {.argument_bytes = bytes[i]};
        struct flows_cost_out out;
        exchange(&out, &alice, &flows_cost_method, &in);
        assert_int_equal(out.ret0.lo, (uint64_t)ic_cycles_cost_call(4, bytes[i]));
    }
}

static void a_trap_after_an_await_cleans_up(void **state)
{
    (void)state;
    struct flows_stumble_in in = {.to = bob};
    struct flows_stumbled_out out;
    for (uint32_t i = 1; i <= 5; i++) { /* more often than there are frames and locks */
        send(&alice, &flows_stumble_method, &in);
        assert_int_equal(outcome.status, AXON_STATUS_REJECTED);
        assert_non_null(strstr(axon_buf_text(&outcome.reject_text), "stumbled"));
        exchange(&out, &alice, &flows_stumbled_method, NULL);
        assert_int_equal(out.ret0.cleanups, i);
        assert_false(out.ret0.is_locked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cycles_are_taken_and_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cycles_beyond_64_bits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_to_give_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(burning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_cost_what_the_twin_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_trap_after_an_await_cleans_up, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
