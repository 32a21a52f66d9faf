/* Every fault at every message between the escrow and the ledger, in axon, with the Wasm that would
 * be deployed.
 *
 * A case is: one decision (release or refund), one message of its run (each request and each
 * response of each await), one fault there, and how long people wait before they try again: not at
 * all, or until the ledger has forgotten. After the fault: no flow, call or lock is left, the
 * ledger's sum is right, the accounts fit what the deal says. Then the parties try again, or the
 * canister's timer has done so by itself, and the money arrives: once. Pairs of faults hit the same
 * try, or the first and the second. */
#include "escrow/test/world.h"
#include "test/check.h"

#define PATIENCE_S 400u   /* beyond every timeout and delay */
#define LATE_S     90000u /* 25 hours: the ledger has forgotten */
#define ATTEMPTS   6u
#define EMPTY      10000000000u /* cycles: not enough to execute a message */
#define STARTING   60000000000u /* enough to execute a message, not to call from it as well */

enum fault {
    FAULT_REJECT_FATAL,
    FAULT_REJECT_TRANSIENT,
    FAULT_REJECT_DESTINATION,
    FAULT_REJECT_CANISTER,
    FAULT_REJECT_ERROR,
    FAULT_UNKNOWN,  /* at a request: not executed. At a response: executed */
    FAULT_TIMEOUT,  /* lost; the deadline tells */
    FAULT_SLOW,     /* within the timeout */
    FAULT_TOO_SLOW, /* after the timeout */
    FAULT_TRAP_BEFORE,
    FAULT_TRAP_AFTER,
    FAULT_UPGRADE, /* of the escrow */
    FAULT_UPGRADE_TWICE,
    FAULT_UPGRADE_LEDGER,
    FAULT_POOR, /* the escrow is out of cycles */
    FAULT_POOR_LEDGER,
    FAULT_COUNT,
};

static const char *const FAULT_NAMES[FAULT_COUNT] = {
    "reject 1",      "reject 2",       "reject 3",      "reject 4",
    "reject 5",      "system unknown", "timeout",       "slow",
    "too slow",      "trap before",    "trap after",    "upgrade",
    "upgrade twice", "ledger upgrade", "out of cycles", "ledger out of cycles",
};

enum decision { RELEASE, REFUND };

/* What the hook does, and what it has seen. */
struct plan {
    struct world *world;
    uint64_t at; /* number of the message; 0: none */
    enum fault fault;
    uint64_t also_at; /* a second message of the same try; 0: none */
    enum fault also;
    uint64_t seen;
    bool is_applied; /* false: the fault does not exist for this message */
};

static struct {
    size_t cases, interrupted, at_once, traps, by_timer;
} total;

/* The case that runs, for the message after a failure. */
static struct {
    bool is_running;
    enum decision decision;
    struct plan first, second;
} now;

/* ---- one fault ------------------------------------------------------------------------------- */

static struct axon_fault do_reject(enum axon_reject_code code)
{
    return (struct axon_fault){.kind = AXON_FAULT_REJECT, .code = code, .text = "planned"};
}

static struct axon_fault do_delay(struct axon_network *net, uint64_t seconds)
{
    return (struct axon_fault){.kind = AXON_FAULT_DELAY,
                               .until_ns = axon_time(net) + seconds * WORLD_S};
}

static void fill_up(struct world *w)
{
    assert_true(axon_cycles_set(w->net, &w->escrow, 0, AXON_CYCLES_DEFAULT));
    assert_true(axon_cycles_set(w->net, &w->ledger, 0, AXON_CYCLES_DEFAULT));
}

/* Changes the network and lets the message pass. */
static struct axon_fault do_change(struct world *w, enum fault fault)
{
    if (fault >= FAULT_UPGRADE && fault <= FAULT_UPGRADE_LEDGER) {
        fill_up(w); /* an earlier fault may have left too little to upgrade with */
    }
    if (fault == FAULT_UPGRADE || fault == FAULT_UPGRADE_TWICE) {
        world_upgrade_escrow(w);
    }
    if (fault == FAULT_UPGRADE_TWICE) {
        world_upgrade_escrow(w);
    }
    if (fault == FAULT_UPGRADE_LEDGER) {
        world_upgrade_ledger(w);
    }
    if (fault == FAULT_POOR || fault == FAULT_POOR_LEDGER) {
        const struct ic_principal *id = fault == FAULT_POOR ? &w->escrow : &w->ledger;
        assert_true(axon_cycles_set(w->net, id, 0, EMPTY));
    }
    return (struct axon_fault){.kind = AXON_FAULT_NONE};
}

static struct axon_fault apply(struct plan *p, enum fault fault, const struct axon_traffic *traffic)
{
    struct axon_network *net = p->world->net;
    p->is_applied = fault != FAULT_TIMEOUT || traffic->is_bounded;
    switch (fault) {
    case FAULT_REJECT_FATAL:
    case FAULT_REJECT_TRANSIENT:
    case FAULT_REJECT_DESTINATION:
    case FAULT_REJECT_CANISTER:
    case FAULT_REJECT_ERROR:
    case FAULT_UNKNOWN:
        return do_reject((enum axon_reject_code)(fault - FAULT_REJECT_FATAL + AXON_SYS_FATAL));
    case FAULT_TIMEOUT:
        return (struct axon_fault){.kind = AXON_FAULT_DROP};
    case FAULT_SLOW:
        return do_delay(net, 20);
    case FAULT_TOO_SLOW:
        return do_delay(net, 200);
    case FAULT_TRAP_BEFORE:
        return (struct axon_fault){.kind = AXON_FAULT_TRAP_BEFORE};
    case FAULT_TRAP_AFTER:
        return (struct axon_fault){.kind = AXON_FAULT_TRAP_AFTER};
    case FAULT_UPGRADE:
    case FAULT_UPGRADE_TWICE:
    case FAULT_UPGRADE_LEDGER:
    case FAULT_POOR:
    case FAULT_POOR_LEDGER:
    case FAULT_COUNT:
        break;
    }
    return do_change(p->world, fault);
}

static struct axon_fault hook(void *context, struct axon_network *net,
                              const struct axon_traffic *traffic)
{
    struct plan *p = context;
    (void)net;
    p->seen = traffic->number;
    if (traffic->number == p->at) {
        return apply(p, p->fault, traffic);
    }
    if (traffic->number == p->also_at) {
        return apply(p, p->also, traffic);
    }
    return (struct axon_fault){.kind = AXON_FAULT_NONE};
}

/* ---- what must hold after anything ----------------------------------------------------------- */

static uint64_t sum_of_balances(struct world *w)
{
    uint64_t sum = 0;
    for (enum world_account a = 0; a < WORLD_ACCOUNTS; a++) {
        sum += world_balance(w, a);
    }
    return sum;
}

static void check_leg(const struct escrow_leg *leg, uint64_t balance_e8s, uint64_t deposit_e8s)
{
    assert_true(balance_e8s == 0 || balance_e8s == deposit_e8s);
    switch (leg->state.tag) {
    case ESCROW_LEG_STATE_WAITING:
        assert_int_equal(balance_e8s, deposit_e8s);
        break;
    case ESCROW_LEG_STATE_PAID:
        assert_int_equal(balance_e8s, 0);
        break;
    case ESCROW_LEG_STATE_PLANNED: /* made or not: nobody knows yet */
        assert_int_equal(leg->amount_e8s, deposit_e8s - WORLD_FEE_E8S);
        break;
    case ESCROW_LEG_STATE_EMPTY:
        fail_msg("both accounts held money");
    }
}

static void check_money(struct world *w)
{
    struct escrow_deal deal = world_deal(w);
    uint64_t price_e8s = world_balance(w, WORLD_PRICE);
    uint64_t bond_e8s = world_balance(w, WORLD_BOND);
    uint64_t paid_count = (price_e8s == 0) + (uint64_t)(bond_e8s == 0);
    check_leg(&deal.price, price_e8s, WORLD_PRICE_E8S);
    check_leg(&deal.bond, bond_e8s, WORLD_BOND_E8S);
    assert_int_equal(sum_of_balances(w), world_supply(w));
    assert_int_equal(world_supply(w), w->supply_e8s - paid_count * WORLD_FEE_E8S);
    assert_int_equal(world_balance(w, WORLD_BUYER) + world_balance(w, WORLD_SELLER),
                     (price_e8s == 0 ? WORLD_PRICE_E8S - WORLD_FEE_E8S : 0) +
                         (bond_e8s == 0 ? WORLD_BOND_E8S - WORLD_FEE_E8S : 0));
}

static void check_quiet(struct world *w)
{
    struct escrow_health_out health = world_health(w);
    struct axon_canister_info info;
    assert_int_equal(health.ret0.flows, 0);
    assert_int_equal(health.ret0.calls, 0);
    assert_int_equal(health.ret0.locks, 0);
    assert_true(axon_canister_find(w->net, &info, &w->escrow));
    assert_int_equal(info.open_call_contexts, 0);
}

static void check_settled(struct world *w, enum decision decision)
{
    struct escrow_deal deal = world_deal(w);
    uint64_t price_e8s = WORLD_PRICE_E8S - WORLD_FEE_E8S;
    uint64_t bond_e8s = WORLD_BOND_E8S - WORLD_FEE_E8S;
    assert_int_equal(deal.phase.tag,
                     decision == RELEASE ? ESCROW_PHASE_RELEASED : ESCROW_PHASE_REFUNDED);
    assert_int_equal(world_balance(w, WORLD_BUYER), decision == RELEASE ? 0 : price_e8s);
    assert_int_equal(world_balance(w, WORLD_SELLER),
                     decision == RELEASE ? price_e8s + bond_e8s : bond_e8s);
    assert_int_equal(world_supply(w), w->supply_e8s - 2 * WORLD_FEE_E8S);
}

/* ---- trying ---------------------------------------------------------------------------------- */

static struct world_result decide(struct world *w, enum decision decision)
{
    return decision == RELEASE ? world_call(w, &w->buyer, "release", PATIENCE_S)
                               : world_call(w, &w->seller, "refund", PATIENCE_S);
}

/* What a person does who did not get an answer: looks at the deal and asks for the next step. */
static struct world_result try_again(struct world *w, enum decision decision)
{
    enum escrow_phase_tag phase = world_deal(w).phase.tag;
    return phase == ESCROW_PHASE_OPEN ? decide(w, decision)
                                      : world_call(w, &w->seller, "resume", PATIENCE_S);
}

static bool is_settled(struct world *w)
{
    enum escrow_phase_tag phase = world_deal(w).phase.tag;
    return phase == ESCROW_PHASE_RELEASED || phase == ESCROW_PHASE_REFUNDED;
}

static size_t traps_recorded(const struct axon_network *net)
{
    size_t count, traps = 0;
    const struct axon_execution_record *records = axon_records(net, &count);
    for (size_t i = 0; i < count; i++) {
        traps += records[i].trapped;
    }
    return traps;
}

static void check_after_try(struct world *w)
{
    fill_up(w);
    check_quiet(w);
    check_money(w);
}

/* Runs one try under a plan. Returns false when the plan's fault does not exist there. */
static bool run_try(struct world *w, struct plan *p, enum decision decision, bool is_first)
{
    struct world_result r;
    axon_set_fault_hook(w->net, hook, p);
    r = is_first ? decide(w, decision) : try_again(w, decision);
    axon_set_fault_hook(w->net, NULL, NULL);
    total.interrupted += p->is_applied && r.answer != WORLD_ANSWER_OK;
    total.at_once += p->is_applied && r.answer == WORLD_ANSWER_OK;
    if (r.answer == WORLD_ANSWER_OK) {
        assert_true(is_settled(w));
    }
    check_after_try(w);
    return p->is_applied;
}

static void settle(struct world *w, enum decision decision, uint64_t wait_s)
{
    bool was_settled = is_settled(w);
    bool was_open = world_deal(w).phase.tag == ESCROW_PHASE_OPEN;
    axon_set_time(w->net, axon_time(w->net) + wait_s * WORLD_S);
    assert_true(axon_run_until_quiet(w->net));
    total.by_timer += !was_settled && is_settled(w);
    assert_true(wait_s == 0 || was_open || is_settled(w));
    for (unsigned i = 0; i < ATTEMPTS && !is_settled(w); i++) {
        assert_int_equal(try_again(w, decision).answer, WORLD_ANSWER_OK);
    }
    check_quiet(w);
    check_money(w);
    check_settled(w, decision);
}

/* How many messages a run has when nothing goes wrong. */
static uint64_t messages_of(enum decision decision)
{
    struct world w;
    world_open(&w);
    struct plan p = {.world = &w};
    (void)run_try(&w, &p, decision, true);
    assert_true(is_settled(&w));
    world_close(&w);
    return p.seen;
}

static void run_case(enum decision decision, struct plan first, struct plan second, uint64_t wait_s)
{
    struct world w;
    now.is_running = true;
    now.decision = decision;
    now.first = first;
    now.second = second;
    world_open(&w);
    first.world = second.world = &w;
    bool counts = run_try(&w, &first, decision, true);
    if (counts && second.at != 0 && !is_settled(&w)) {
        axon_set_time(w.net, axon_time(w.net) + wait_s * WORLD_S);
        counts = run_try(&w, &second, decision, false);
    }
    if (counts) {
        settle(&w, decision, wait_s);
        total.cases++;
        total.traps += traps_recorded(w.net);
    }
    world_close(&w);
    now.is_running = false;
}

static int print_failed_case(void **state)
{
    (void)state;
    if (now.is_running) {
        printf("in the case: %s, %s at message %llu, %s at %llu; second try: %s at %llu\n",
               now.decision == RELEASE ? "release" : "refund", FAULT_NAMES[now.first.fault],
               (unsigned long long)now.first.at, FAULT_NAMES[now.first.also],
               (unsigned long long)now.first.also_at, FAULT_NAMES[now.second.fault],
               (unsigned long long)now.second.at);
    }
    return 0;
}

static void print_total(const char *what)
{
    printf(
        "%s: %zu cases (%zu tries interrupted, %zu went through), %zu traps, %zu ended by timer\n",
        what, total.cases, total.interrupted, total.at_once, total.traps, total.by_timer);
    memset(&total, 0, sizeof total);
}

/* ---- the matrix ------------------------------------------------------------------------------ */

static void every_fault_at_every_message(void **state)
{
    (void)state;
    for (enum decision d = RELEASE; d <= REFUND; d++) {
        uint64_t messages = messages_of(d);
        assert_int_equal(messages,
                         10); /* three calls joined, two transfers: request and response */
        for (enum fault f = 0; f < FAULT_COUNT; f++) {
            for (uint64_t at = 1; at <= messages; at++) {
                run_case(d, (struct plan){.at = at, .fault = f}, (struct plan){.at = 0}, 0);
                run_case(d, (struct plan){.at = at, .fault = f}, (struct plan){.at = 0}, LATE_S);
            }
        }
    }
    assert_true(total.cases >= 200);
    assert_true(total.traps > 0 && total.interrupted > 0 && total.at_once > 0);
    print_total("one fault");
}

/* A second fault hits the second try. The kinds that leave an outcome open, at every pair of
 * messages. */
static void every_pair_of_faults(void **state)
{
    (void)state;
    static const enum fault open_ended[] = {FAULT_UNKNOWN, FAULT_TIMEOUT, FAULT_TRAP_AFTER,
                                            FAULT_UPGRADE};
    const size_t count = sizeof open_ended / sizeof open_ended[0];
    for (enum decision d = RELEASE; d <= REFUND; d++) {
        for (size_t i = 0; i < count * count; i++) {
            for (uint64_t pair = 0; pair < 100; pair++) {
                run_case(d, (struct plan){.at = pair / 10 + 1, .fault = open_ended[i / count]},
                         (struct plan){.at = pair % 10 + 1, .fault = open_ended[i % count]},
                         pair % 2 == 0 ? 0 : LATE_S);
            }
        }
    }
    print_total("pairs of faults");
}

/* Any two kinds of faults, in the same try or one after the other, at messages chosen by a
 * generator. */
static void any_two_faults(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (unsigned i = 0; i < FAULT_COUNT * FAULT_COUNT * 6; i++) {
        enum fault one = (enum fault)(i % FAULT_COUNT);
        enum fault two = (enum fault)(i / FAULT_COUNT % FAULT_COUNT);
        enum decision d = test_random_below(&seed, 2) == 0 ? RELEASE : REFUND;
        struct plan first = {.at = test_random_below(&seed, 10) + 1, .fault = one};
        struct plan second = {.at = test_random_below(&seed, 10) + 1, .fault = two};
        if (i % 2 == 0) {
            first.also_at = first.at + second.at; /* beyond the tenth there are repetitions */
            first.also = two;
            second.at = 0;
        }
        run_case(d, first, second, test_random_below(&seed, 2) * LATE_S);
    }
    print_total("any two faults");
}

/* Too few cycles to make the first calls at all: a refusal, nothing began. */
static void out_of_cycles_before_the_first_call(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    assert_true(axon_cycles_set(w.net, &w.escrow, 0, STARTING));
    struct world_result r = decide(&w, RELEASE);
    assert_int_equal(r.answer, WORLD_ANSWER_ERROR);
    assert_int_equal(r.error, ESCROW_ERROR_LEDGER);
    assert_int_equal(r.code, AXON_SYS_TRANSIENT);
    check_after_try(&w);
    settle(&w, RELEASE, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_fault_at_every_message, print_failed_case),
        cmocka_unit_test_teardown(every_pair_of_faults, print_failed_case),
        cmocka_unit_test_teardown(any_two_faults, print_failed_case),
        cmocka_unit_test(out_of_cycles_before_the_first_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
