/* The escrow in axon when nothing goes wrong, and when people do. */
#include "axon_test.h"
#include "escrow/test/world.h"
#include "ic_mgmt_did.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct world w;

static int set_up(void **state)
{
    (void)state;
    world_open(&w);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void assert_error(struct world_result r, enum escrow_error_tag error)
{
    assert_int_equal(r.answer, WORLD_ANSWER_ERROR);
    assert_int_equal(r.error, error);
}

static void release_pays_the_seller(void **state)
{
    (void)state;
    struct world_result r = world_call(&w, &w.buyer, "release", 0);
    assert_int_equal(r.answer, WORLD_ANSWER_OK);
    assert_int_equal(r.phase, ESCROW_PHASE_RELEASED);
    assert_int_equal(world_balance(&w, WORLD_SELLER),
                     WORLD_PRICE_E8S + WORLD_BOND_E8S - 2 * WORLD_FEE_E8S);
    assert_int_equal(world_balance(&w, WORLD_PRICE), 0);
    assert_int_equal(world_balance(&w, WORLD_BOND), 0);
    assert_error(world_call(&w, &w.seller, "refund", 0), ESCROW_ERROR_DECIDED);
    assert_int_equal(world_call(&w, &w.seller, "resume", 0).answer, WORLD_ANSWER_OK);
}

static void refund_gives_back(void **state)
{
    (void)state;
    struct world_result r = world_call(&w, &w.seller, "refund", 0);
    assert_int_equal(r.answer, WORLD_ANSWER_OK);
    assert_int_equal(r.phase, ESCROW_PHASE_REFUNDED);
    assert_int_equal(world_balance(&w, WORLD_BUYER), WORLD_PRICE_E8S - WORLD_FEE_E8S);
    assert_int_equal(world_balance(&w, WORLD_SELLER), WORLD_BOND_E8S - WORLD_FEE_E8S);
}

static void only_who_may_decides(void **state)
{
    (void)state;
    assert_error(world_call(&w, &w.seller, "release", 0), ESCROW_ERROR_NOT_ALLOWED);
    assert_error(world_call(&w, &w.buyer, "refund", 0), ESCROW_ERROR_NOT_ALLOWED);
    assert_error(world_call(&w, &w.ledger, "refund", 0), ESCROW_ERROR_NOT_ALLOWED);
    assert_error(world_call(&w, &w.buyer, "resume", 0), ESCROW_ERROR_NOT_DECIDED);
    axon_set_time(w.net, axon_time(w.net) + (uint64_t)WORLD_EXPIRES_S * WORLD_S);
    assert_int_equal(world_call(&w, &w.buyer, "refund", 0).answer, WORLD_ANSWER_OK);
    w.deal = 7;
    assert_error(world_call(&w, &w.buyer, "refund", 0), ESCROW_ERROR_NOT_FOUND);
}

/* A payment and a refund cross: the money comes in when the deal is done, and goes back. */
static void late_money_is_reclaimed(void **state)
{
    (void)state;
    world_open_deal(&w); /* nothing paid in */
    assert_error(world_call(&w, &w.buyer, "reclaim", 0), ESCROW_ERROR_NOT_DECIDED);
    assert_int_equal(world_call(&w, &w.seller, "refund", 0).phase, ESCROW_PHASE_REFUNDED);
    world_pay(&w, WORLD_PRICE, WORLD_PRICE_E8S);
    assert_error(world_call(&w, &w.ledger, "reclaim", 0), ESCROW_ERROR_NOT_ALLOWED);
    struct world_result r = world_call(&w, &w.seller, "reclaim", 0);
    assert_int_equal(r.answer, WORLD_ANSWER_OK);
    assert_int_equal(r.phase, ESCROW_PHASE_REFUNDED);
    assert_int_equal(world_balance(&w, WORLD_BUYER), WORLD_PRICE_E8S - WORLD_FEE_E8S);
    assert_int_equal(world_balance(&w, WORLD_SELLER), 0);
    world_pay(&w, WORLD_BOND, WORLD_FEE_E8S); /* not worth the fee */
    assert_int_equal(world_call(&w, &w.buyer, "reclaim", 0).answer, WORLD_ANSWER_OK);
    assert_int_equal(world_balance(&w, WORLD_BOND), WORLD_FEE_E8S);
}

static struct axon_fault hold_back(void *context, struct axon_network *net,
                                   const struct axon_traffic *traffic)
{
    (void)context;
    return (struct axon_fault){.kind = traffic->number == 1 ? AXON_FAULT_DELAY : AXON_FAULT_NONE,
                               .until_ns = axon_time(net) + WORLD_S};
}

/* While one call works on the deal another finds it locked; the lock ends with the first. */
static void one_flow_at_a_time(void **state)
{
    (void)state;
    axon_set_fault_hook(w.net, hold_back, NULL);
    assert_int_equal(world_call(&w, &w.buyer, "release", 0).answer, WORLD_ANSWER_NONE);
    assert_int_equal(world_health(&w).ret0.locks, 1);
    assert_error(world_call(&w, &w.seller, "refund", 0), ESCROW_ERROR_BUSY);
    axon_set_time(w.net, axon_time(w.net) + WORLD_S);
    assert_true(axon_run_until_quiet(w.net));
    assert_int_equal(world_health(&w).ret0.locks, 0);
    assert_int_equal(world_deal(&w).phase.tag, ESCROW_PHASE_RELEASED);
}

static struct axon_fault hold_all(void *context, struct axon_network *net,
                                  const struct axon_traffic *traffic)
{
    (void)context;
    (void)traffic;
    return (struct axon_fault){.kind = AXON_FAULT_DELAY, .until_ns = axon_time(net) + WORLD_S};
}

/* The ledger takes no request for a day. What the system answers for it passes. */
static struct axon_fault hang(void *context, struct axon_network *net,
                              const struct axon_traffic *traffic)
{
    (void)context;
    return (struct axon_fault){.kind = traffic->is_response ? AXON_FAULT_NONE : AXON_FAULT_DELAY,
                               .until_ns = axon_time(net) + (uint64_t)86400 * WORLD_S};
}

/* A ledger that hangs keeps the escrow from stopping for a minute, no longer. */
static void a_ledger_that_hangs(void **state)
{
    (void)state;
    struct axon_canister_info info;
    struct axon_outcome out = {0};
    const struct ic_mgmt_stop_canister_in in = {.arg0 = {.canister_id = w.escrow}};
    axon_set_fault_hook(w.net, hang, NULL);
    assert_int_equal(world_call(&w, &w.buyer, "release", 0).answer, WORLD_ANSWER_NONE);
    axon_test_call(w.net, &out, &IC_PRINCIPAL_ANONYMOUS, &(struct ic_principal){.size = 0},
                   &ic_mgmt_stop_canister_method, &in);
    assert_int_equal(out.status, AXON_STATUS_PROCESSING);
    axon_set_time(w.net, axon_time(w.net) + (uint64_t)61 * WORLD_S);
    assert_true(axon_run_until_quiet(w.net));
    assert_true(axon_canister_find(w.net, &info, &w.escrow));
    assert_int_equal(info.run_state, AXON_STOPPED);
    assert_int_equal(info.open_call_contexts, 0);
    axon_outcome_free(&out);
}

/* Deals are worked on side by side until the pool of flows is full; then the answer is "busy". */
static void a_full_pool_says_busy(void **state)
{
    (void)state;
    uint64_t ids[51];
    for (size_t i = 0; i < 51; i++) {
        world_open_deal(&w);
        ids[i] = w.deal;
    }
    axon_set_fault_hook(w.net, hold_all, NULL);
    for (size_t i = 0; i < 50; i++) {
        w.deal = ids[i];
        assert_int_equal(world_call(&w, &w.seller, "refund", 0).answer, WORLD_ANSWER_NONE);
    }
    assert_int_equal(world_health(&w).ret0.flows, 50);
    w.deal = ids[50];
    assert_error(world_call(&w, &w.seller, "refund", 0), ESCROW_ERROR_BUSY);
    axon_set_fault_hook(w.net, NULL, NULL);
    axon_set_time(w.net, axon_time(w.net) + WORLD_S);
    assert_true(axon_run_until_quiet(w.net));
    assert_int_equal(world_health(&w).ret0.flows, 0);
    assert_int_equal(world_health(&w).ret0.calls, 0);
    assert_int_equal(world_call(&w, &w.seller, "refund", 0).answer, WORLD_ANSWER_OK);
}

/* The n-th message between canisters arrives at a time of its own; all later ones at another. */
static struct {
    uint64_t number, until_ns, later_ns;
} plan;

static struct axon_fault hold_as_planned(void *context, struct axon_network *net,
                                         const struct axon_traffic *traffic)
{
    (void)context;
    (void)net;
    uint64_t until_ns = traffic->number == plan.number  ? plan.until_ns
                        : traffic->number > plan.number ? plan.later_ns
                                                        : 0;
    return (struct axon_fault){.kind = AXON_FAULT_DELAY, .until_ns = until_ns};
}

/* The balance that was asked for before the upgrade arrives while the flow of today waits for its
 * own: it must not be taken for that. */
static void an_answer_of_before_the_upgrade(void **state)
{
    (void)state;
    uint64_t start_ns = axon_time(w.net);
    plan.number = 4; /* the first response of the join: the price account */
    plan.until_ns = plan.later_ns = start_ns + 5 * (uint64_t)WORLD_S;
    axon_set_fault_hook(w.net, hold_as_planned, NULL);
    assert_int_equal(world_call(&w, &w.buyer, "release", 0).answer, WORLD_ANSWER_NONE);
    world_upgrade_escrow(&w);
    axon_set_fault_hook(w.net, NULL, NULL);
    world_pay(&w, WORLD_PRICE, 777);
    plan.number = 1;
    plan.until_ns = plan.later_ns = start_ns + 9 * (uint64_t)WORLD_S;
    axon_set_fault_hook(w.net, hold_as_planned, NULL);
    assert_int_equal(world_call(&w, &w.buyer, "release", 0).answer, WORLD_ANSWER_NONE);
    axon_set_time(w.net, start_ns + 5 * (uint64_t)WORLD_S);
    assert_true(axon_run_until_quiet(w.net));
    assert_int_equal(world_deal(&w).phase.tag, ESCROW_PHASE_OPEN);
    assert_int_equal(world_health(&w).ret0.calls, 3);
    axon_set_fault_hook(w.net, NULL, NULL);
    axon_set_time(w.net, start_ns + 9 * (uint64_t)WORLD_S);
    assert_true(axon_run_until_quiet(w.net));
    assert_int_equal(world_deal(&w).phase.tag, ESCROW_PHASE_RELEASED);
    assert_int_equal(world_balance(&w, WORLD_SELLER),
                     WORLD_PRICE_E8S + 777 + WORLD_BOND_E8S - 2 * WORLD_FEE_E8S);
    assert_int_equal(world_health(&w).ret0.flows, 0);
}

/* What awaiting costs, heap and stable pages included: the message that starts three calls, the two
 * answers that are only kept, the one that decides and sends a transfer, the one that notes it and
 * sends the next, and the last. Budgets a tenth above what was measured. */
static void what_awaiting_costs(void **state)
{
    (void)state;
    static const uint64_t BUDGETS[] = {52600, 6300, 5200, 49300, 40300, 65600};
    size_t count, at = 0;
    axon_records_clear(w.net);
    (void)world_call(&w, &w.buyer, "release", 0);
    const struct axon_execution_record *records = axon_records(w.net, &count);
    for (size_t i = 0; i < count; i++) {
        if (!ic_principal_is_equal(&records[i].canister, &w.escrow)) {
            continue;
        }
        assert_true(at < sizeof BUDGETS / sizeof BUDGETS[0]);
        printf("%s: %llu instructions, %llu heap pages among them\n", records[i].kind,
               (unsigned long long)records[i].instructions,
               (unsigned long long)records[i].heap_pages);
        assert_true(records[i].instructions <= BUDGETS[at++]);
    }
    assert_int_equal(at, sizeof BUDGETS / sizeof BUDGETS[0]);
}

/* A module that has no such callbacks at all: the late answer traps, harmlessly. */
static void an_answer_after_another_module(void **state)
{
    (void)state;
    size_t count;
    axon_set_fault_hook(w.net, hold_all, NULL);
    assert_int_equal(world_call(&w, &w.buyer, "release", 0).answer, WORLD_ANSWER_NONE);
    axon_set_fault_hook(w.net, NULL, NULL);
    world_replace_escrow(&w, "build/wasm/probe.wasm");
    axon_records_clear(w.net);
    axon_set_time(w.net, axon_time(w.net) + WORLD_S);
    assert_true(axon_run_until_quiet(w.net));
    const struct axon_execution_record *records = axon_records(w.net, &count);
    assert_true(count > 0 && records[count - 1].trapped);
    world_replace_escrow(&w, "build/wasm/escrow.wasm");
    assert_int_equal(world_health(&w).ret0.flows, 0);
    assert_int_equal(world_call(&w, &w.buyer, "release", 0).phase, ESCROW_PHASE_RELEASED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(release_pays_the_seller, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refund_gives_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_who_may_decides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(late_money_is_reclaimed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_flow_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_ledger_that_hangs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_pool_says_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_awaiting_costs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_of_before_the_upgrade, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_after_another_module, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
