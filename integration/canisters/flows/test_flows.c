/* Flows and cycles of the kit in axon, where cycles cost: what is sent, taken, given back and
 * burned is what the canisters say and what their balances show. */
#include "axon_test.h"
#include "flows_did.h"
#include "host/ic_host_cycles.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WASM   "build/wasm/flows.wasm"
#define CYCLES 200000000000000u

static struct axon_network *net;
static struct ic_principal alice, bob;
static struct axon_outcome outcome;

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
    axon_test_call(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, canister, method, in);
}

static void exchange(void *out, const struct ic_principal *canister,
                     const struct candid_method *method, const void *in)
{
    send(canister, method, in);
    axon_test_decode(out, method, &outcome);
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

static void more_than_there_is(void **state)
{
    (void)state;
    struct flows_give_in in = {.to = bob, .amount = {.hi = 1}, .max = {.hi = 1}};
    send(&alice, &flows_give_method, &in);
    assert_int_equal(outcome.status, AXON_STATUS_REJECTED);
    assert_string_equal(axon_buf_text(&outcome.reject_text), "IC_CALL_SYS_TRANSIENT");
}

/* All that may be spent, and one cycle more: what the kit refuses is what the system would. */
static void all_that_there_is(void **state)
{
    (void)state;
    struct flows_toss_out out;
    uint64_t sent = 0, refused = UINT64_MAX;
    for (unsigned i = 0; i < 64 && refused - sent > 1; i++) {
        uint64_t amount = sent + (refused - sent) / 2;
        assert_true(axon_cycles_set(net, &alice, 0, CYCLES));
        exchange(&out, &alice, &flows_toss_method,
                 &(struct flows_toss_in){.to = bob, .amount = candid_nat_from_u64(amount)});
        sent = out.ret0 ? amount : sent;
        refused = out.ret0 ? refused : amount;
    }
    assert_int_equal(refused - sent, 1);
    assert_true(sent > CYCLES / 2 && refused < CYCLES);
}

static void a_call_without_an_answer(void **state)
{
    (void)state;
    struct flows_toss_out out;
    uint64_t before = balance(&bob);
    exchange(&out, &alice, &flows_toss_method,
             &(struct flows_toss_in){.to = bob, .amount = candid_nat_from_u64(70000000000u)});
    assert_true(out.ret0);
    assert_true(balance(&bob) > before + 60000000000u);
}

/* ---- falling --------------------------------------------------------------------------------- */

static struct flows_state state_of(const struct ic_principal *canister)
{
    struct flows_state_out out;
    exchange(&out, canister, &flows_state_method, NULL);
    return out.ret0;
}

static void run_timers(void)
{
    axon_set_time(net, axon_time(net) + 1);
    assert_true(axon_run_until_quiet(net));
}

static void assert_idle(void)
{
    const struct flows_state s = state_of(&alice);
    assert_int_equal(s.flows + s.calls + s.locks, 0);
}

static const struct {
    enum flows_cleanup_tag cleanup;
    uint32_t cleanups, ended; /* each time */
} CLEANUPS[] = {
    {FLOWS_CLEANUP_NONE, 0, 0}, {FLOWS_CLEANUP_COUNT, 1, 0},      {FLOWS_CLEANUP_TRAP, 0, 0},
    {FLOWS_CLEANUP_SPIN, 0, 0}, {FLOWS_CLEANUP_START_FLOW, 1, 1},
};

static void stumble_once(enum flows_fall_tag fall, size_t how)
{
    const struct flows_stumble_in in = {
        .to = bob, .fall = {.tag = fall}, .cleanup = {.tag = CLEANUPS[how].cleanup}};
    const struct flows_state before = state_of(&alice);
    send(&alice, &flows_stumble_method, &in);
    assert_int_equal(outcome.status, AXON_STATUS_REJECTED);
    assert_non_null(strstr(axon_buf_text(&outcome.reject_text),
                           fall == FLOWS_FALL_SPIN ? "instructions" : "stumbled"));
    struct flows_state s = state_of(&alice);
    assert_int_equal(s.calls, 0);
    assert_int_equal(s.locks, CLEANUPS[how].cleanup == FLOWS_CLEANUP_NONE ? 0 : 1);
    run_timers();
    assert_idle();
    s = state_of(&alice);
    assert_int_equal(s.cleanups - before.cleanups, CLEANUPS[how].cleanups);
    assert_int_equal(s.ended - before.ended, CLEANUPS[how].ended);
}

/* Whatever the flow falls by and its cleanup function does, more often than there are frames. */
static void nothing_stays_of_a_flow_that_falls(void **state)
{
    (void)state;
    size_t falls = 0;
    axon_set_limit(net, 5000000);
    for (size_t i = 0; i < 5 * 2 * 3; i++, falls++) {
        stumble_once(i / 5 % 2 == 0 ? FLOWS_FALL_TRAP : FLOWS_FALL_SPIN, i % 5);
    }
    print_message("%zu falls\n", falls);
}

static bool has_trapped(const char *kind)
{
    size_t count;
    const struct axon_execution_record *records = axon_records(net, &count);
    for (size_t i = 0; i < count; i++) {
        if (records[i].trapped && strcmp(records[i].kind, kind) == 0) {
            return true;
        }
    }
    return false;
}

static void upgrade(struct ic_bytes argument)
{
    struct axon_buf module = {0};
    assert_true(axon_buf_read_file(&module, WASM));
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &alice, AXON_UPGRADE,
                 axon_buf_bytes(&module), argument);
    axon_buf_free(&module);
}

/* The n-th system call traps, in whichever message it is made: no flow, call or lock stays. In the
 * cleanup callback and in the global timer the kit runs nothing of the author's, and makes only calls
 * that do not trap outside of this test (ic0.time, ic0.global_timer_set, ic0.canister_self, a call to
 * itself); if one does, an upgrade is what helps. */
static void a_trap_at_every_system_call(void **state)
{
    (void)state;
    size_t cases = 0, in_kit = 0;
    for (size_t how = 0; how < sizeof CLEANUPS / sizeof CLEANUPS[0]; how++) {
        const struct flows_stumble_in in = {
            .to = bob, .fall = {.tag = FLOWS_FALL_TRAP}, .cleanup = {.tag = CLEANUPS[how].cleanup}};
        bool is_over = CLEANUPS[how].cleanup == FLOWS_CLEANUP_SPIN;
        for (uint64_t n = 1; !is_over; n++, cases++) {
            const uint64_t first = axon_call_count(net);
            axon_records_clear(net);
            axon_trap_at_call(net, n);
            send(&alice, &flows_stumble_method, &in);
            run_timers();
            is_over = axon_call_count(net) - first < n;
            axon_trap_at_call(net, 0);
            if (has_trapped("cleanup") || has_trapped("timer")) {
                in_kit++;
                assert_int_equal(state_of(&alice).flows, 1);
                upgrade(IC_BYTES_LIT(""));
            }
            /* What could not be sent is sent again after ten seconds, then twenty. */
            for (unsigned i = 0; i < 4; i++) {
                axon_set_time(net, axon_time(net) + 100000000000u);
                assert_true(axon_run_until_quiet(net));
            }
            assert_idle();
        }
    }
    print_message("%zu system calls trapped, %zu of them in the kit's own callbacks\n", cases,
                  in_kit);
    assert_true(cases > 100 && in_kit < cases / 2);
}

/* ---- many calls, flows in flows, other beginnings ---------------------------------------------- */

static void a_crowd_of_calls(void **state)
{
    (void)state;
    static const struct {
        uint32_t count, answered;
    } rows[] = {{0, 0}, {1, 1}, {500, 500}, {501, 500}, {600, 500}, {500, 500}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flows_crowd_out out;
        exchange(&out, &alice, &flows_crowd_method,
                 &(struct flows_crowd_in){.to = bob, .count = rows[i].count});
        assert_int_equal(out.ret0.answered, rows[i].answered);
        assert_int_equal(out.ret0.refused, rows[i].count - rows[i].answered);
        assert_idle();
    }
}

static struct axon_fault in_any_order(void *context, struct axon_network *network,
                                      const struct axon_traffic *traffic)
{
    uint64_t *seed = context;
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (struct axon_fault){.kind = traffic->is_response ? AXON_FAULT_DELAY : AXON_FAULT_NONE,
                               .until_ns = axon_time(network) + 1 + (*seed >> 33) % 1000};
}

static void answers_in_any_order(void **state)
{
    (void)state;
    uint64_t seed = 1;
    struct flows_crowd_out out;
    axon_set_fault_hook(net, in_any_order, &seed);
    const struct flows_crowd_in in = {.to = bob, .count = 300};
    uint64_t id = axon_submit(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &alice, "crowd",
                              axon_test_encode(&flows_crowd_method, &in));
    for (unsigned i = 0; i <= 1000; i++) {
        assert_true(axon_run_until_quiet(net));
        axon_set_time(net, axon_time(net) + 1);
    }
    assert_true(axon_poll(net, &outcome, id));
    axon_test_decode(&out, &flows_crowd_method, &outcome);
    assert_int_equal(out.ret0.answered, 300);
    axon_set_fault_hook(net, NULL, NULL);
    assert_idle();
}

static void flows_call_flows(void **state)
{
    (void)state;
    struct flows_sum_out out;
    const struct ic_principal nobody = ic_principal_from_canister_index(12345);
    assert_true(axon_cycles_set(net, &bob, 0, CYCLES));
    exchange(&out, &alice, &flows_sum_method, &(struct flows_sum_in){.a = bob, .b = bob});
    assert_true(out.ret0.lo > 2 * CYCLES - 2000000000000u && out.ret0.lo < 2 * CYCLES);
    assert_idle();
    send(&alice, &flows_sum_method, &(struct flows_sum_in){.a = bob, .b = nobody});
    assert_non_null(strstr(axon_buf_text(&outcome.reject_text), "is_answered"));
    assert_idle();
}

static void a_flow_in_a_composite_query(void **state)
{
    (void)state;
    struct flows_peek_out out;
    const struct flows_peek_in in = {.to = bob};
    for (unsigned i = 0; i < 10; i++) { /* what a query changes is dropped, frames too */
        exchange(&out, &alice, &flows_peek_method, &in);
        assert_int_equal(out.ret0.lo, balance(&bob));
        assert_idle();
    }
}

static void a_flow_of_a_heartbeat(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 10; i++) {
        assert_true(axon_run_task(net, &alice, "canister_heartbeat"));
        assert_int_equal(state_of(&alice).beats, i);
        assert_int_equal(state_of(&alice).ended, i);
        assert_idle();
    }
}

static void no_flow_during_an_upgrade(void **state)
{
    (void)state;
    upgrade(IC_BYTES_LIT("x"));
    assert_int_equal(outcome.status, AXON_STATUS_REJECTED);
    assert_non_null(strstr(axon_buf_text(&outcome.reject_text), "ic0_call_new"));
    upgrade(IC_BYTES_LIT(""));
    assert_int_equal(outcome.status, AXON_STATUS_REPLIED);
    assert_idle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cycles_are_taken_and_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cycles_beyond_64_bits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_to_give_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(burning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_cost_what_the_twin_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_than_there_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_that_there_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_call_without_an_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_stays_of_a_flow_that_falls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_trap_at_every_system_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crowd_of_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flows_call_flows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flow_in_a_composite_query, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flow_of_a_heartbeat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_flow_during_an_upgrade, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
