/* Every fault at every message between the escrow and the ledger, in axon, with the Wasm that would
 * be deployed.
 *
 * A case is: one wish (release, refund, or reclaim what came in when the deal was done), one message
 * of its run (each request and each response of each await), one fault there, and how long people
 * wait before they try again: not at all, or until the ledger has forgotten. After the fault: no
 * flow, call or lock is left, the ledger's sum is right, the accounts fit what the deal says. Then
 * the parties try again, or the canister's timer has done so by itself, and the money arrives: once.
 *
 * Two faults hit the same try, every kind with every kind at every two messages, or one try and the
 * next. A case counts when all its faults took place. */
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

enum wish { RELEASE, REFUND, RECLAIM, WISHES };
static const char *const WISH_NAMES[WISHES] = {"release", "refund", "reclaim"};

/* Three calls joined and two transfers, each a request and a response. */
#define MESSAGES 10u

/* What the hook does, and what it has seen. */
struct plan {
    struct world *world;
    struct planned {
        uint64_t at; /* number of the message; 0: none */
        enum fault fault;
        bool is_applied; /* the message came, and the fault exists for it */
    } faults[2];
    uint64_t seen;
};

static struct {
    size_t cases, interrupted, at_once, traps, by_timer;
    size_t elsewhere; /* planned, but the second fault found nothing to hit: not counted */
} total;

/* The case that runs, for the message after a failure. */
static struct {
    bool is_running;
    enum wish wish;
    struct plan first, second;
} now;

/* What the deal's blocks and the parties' balances were when the try began. */
static struct {
    uint64_t buyer_e8s, seller_e8s, supply_e8s;
    struct escrow_opt_nat64 blocks[2]; /* of price and bond */
} start;

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

static struct axon_fault apply(struct plan *p, struct planned *planned,
                               const struct axon_traffic *traffic)
{
    struct axon_network *net = p->world->net;
    const enum fault fault = planned->fault;
    planned->is_applied = fault != FAULT_TIMEOUT || traffic->is_bounded;
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
    for (size_t i = 0; i < 2; i++) {
        if (traffic->number == p->faults[i].at) {
            return apply(p, &p->faults[i], traffic);
        }
    }
    return (struct axon_fault){.kind = AXON_FAULT_NONE};
}

static bool is_whole(const struct plan *p)
{
    return (p->faults[0].at == 0 || p->faults[0].is_applied) &&
           (p->faults[1].at == 0 || p->faults[1].is_applied);
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

/* Reclaiming begins with both legs PAID, in the blocks of the release. */
static bool is_untouched(const struct escrow_leg *leg, const struct escrow_opt_nat64 *block)
{
    return leg->state.tag == ESCROW_LEG_STATE_WAITING ||
           (block->has && leg->state.tag == ESCROW_LEG_STATE_PAID && leg->state.as.paid.has &&
            leg->state.as.paid.value == block->value);
}

static void check_leg(const struct escrow_leg *leg, const struct escrow_opt_nat64 *block,
                      uint64_t balance_e8s, uint64_t deposit_e8s)
{
    assert_true(balance_e8s == 0 || balance_e8s == deposit_e8s);
    if (is_untouched(leg, block)) {
        assert_int_equal(balance_e8s, deposit_e8s);
    } else if (leg->state.tag == ESCROW_LEG_STATE_PAID) {
        assert_int_equal(balance_e8s, 0);
    } else { /* made or not: nobody knows yet; both accounts held money, so none is EMPTY */
        assert_int_equal(leg->state.tag, ESCROW_LEG_STATE_PLANNED);
        assert_int_equal(leg->amount_e8s, deposit_e8s - WORLD_FEE_E8S);
    }
}

static void check_money(struct world *w)
{
    struct escrow_deal deal = world_deal(w);
    uint64_t price_e8s = world_balance(w, WORLD_PRICE);
    uint64_t bond_e8s = world_balance(w, WORLD_BOND);
    uint64_t paid_count = (price_e8s == 0) + (uint64_t)(bond_e8s == 0);
    check_leg(&deal.price, &start.blocks[0], price_e8s, WORLD_PRICE_E8S);
    check_leg(&deal.bond, &start.blocks[1], bond_e8s, WORLD_BOND_E8S);
    assert_int_equal(sum_of_balances(w), world_supply(w));
    assert_int_equal(world_supply(w), start.supply_e8s - paid_count * WORLD_FEE_E8S);
    assert_int_equal(world_balance(w, WORLD_BUYER) + world_balance(w, WORLD_SELLER),
                     start.buyer_e8s + start.seller_e8s +
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

/* Everything that was in the accounts is with its owner. */
static void check_settled(struct world *w, enum wish wish)
{
    struct escrow_deal deal = world_deal(w);
    uint64_t price_e8s = WORLD_PRICE_E8S - WORLD_FEE_E8S;
    uint64_t bond_e8s = WORLD_BOND_E8S - WORLD_FEE_E8S;
    assert_int_equal(deal.phase.tag,
                     wish == REFUND ? ESCROW_PHASE_REFUNDED : ESCROW_PHASE_RELEASED);
    assert_int_equal(world_balance(w, WORLD_BUYER),
                     start.buyer_e8s + (wish == RELEASE ? 0 : price_e8s));
    assert_int_equal(world_balance(w, WORLD_SELLER),
                     start.seller_e8s + bond_e8s + (wish == RELEASE ? price_e8s : 0));
    assert_int_equal(world_supply(w), start.supply_e8s - 2 * WORLD_FEE_E8S);
}

/* ---- trying ---------------------------------------------------------------------------------- */

static struct world_result ask(struct world *w, enum wish wish)
{
    return world_call(w, wish == REFUND ? &w->seller : &w->buyer, WISH_NAMES[wish], PATIENCE_S);
}

static bool is_under_way(const struct escrow_deal *deal)
{
    return deal->price.state.tag == ESCROW_LEG_STATE_PLANNED ||
           deal->bond.state.tag == ESCROW_LEG_STATE_PLANNED;
}

/* What a person does who did not get an answer: looks at the deal and asks for the next step. */
static struct world_result try_again(struct world *w, enum wish wish)
{
    const struct escrow_deal deal = world_deal(w);
    return is_under_way(&deal) ? world_call(w, &w->seller, "resume", PATIENCE_S) : ask(w, wish);
}

static bool is_settled(struct world *w)
{
    const struct escrow_deal deal = world_deal(w);
    return deal.phase.tag != ESCROW_PHASE_OPEN && !is_under_way(&deal) &&
           !is_untouched(&deal.price, &start.blocks[0]) &&
           !is_untouched(&deal.bond, &start.blocks[1]);
}

/* A world before the wish. For RECLAIM the deal is released, and both have paid once more. */
static void begin(struct world *w, enum wish wish)
{
    memset(&start, 0, sizeof start);
    world_open(w);
    if (wish == RECLAIM) {
        assert_int_equal(ask(w, RELEASE).answer, WORLD_ANSWER_OK);
        world_pay(w, WORLD_PRICE, WORLD_PRICE_E8S);
        world_pay(w, WORLD_BOND, WORLD_BOND_E8S);
        const struct escrow_deal deal = world_deal(w);
        start.blocks[0] = deal.price.state.as.paid;
        start.blocks[1] = deal.bond.state.as.paid;
    }
    start.buyer_e8s = world_balance(w, WORLD_BUYER);
    start.seller_e8s = world_balance(w, WORLD_SELLER);
    start.supply_e8s = world_supply(w);
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

/* Runs one try under a plan. Returns false when not all of its faults took place. */
static bool run_try(struct world *w, struct plan *p, enum wish wish, bool is_first)
{
    struct world_result r;
    axon_set_fault_hook(w->net, hook, p);
    r = is_first ? ask(w, wish) : try_again(w, wish);
    axon_set_fault_hook(w->net, NULL, NULL);
    if (r.answer == WORLD_ANSWER_OK) {
        assert_true(is_settled(w));
    }
    check_after_try(w);
    if (is_whole(p)) {
        total.interrupted += r.answer != WORLD_ANSWER_OK;
        total.at_once += r.answer == WORLD_ANSWER_OK;
    }
    return is_whole(p);
}

static void settle(struct world *w, enum wish wish, uint64_t wait_s)
{
    const struct escrow_deal deal = world_deal(w);
    const bool was_under_way = is_under_way(&deal);
    axon_set_time(w->net, axon_time(w->net) + wait_s * WORLD_S);
    assert_true(axon_run_until_quiet(w->net));
    total.by_timer += was_under_way && is_settled(w);
    assert_true(wait_s == 0 || !was_under_way || is_settled(w));
    for (unsigned i = 0; i < ATTEMPTS && !is_settled(w); i++) {
        assert_int_equal(try_again(w, wish).answer, WORLD_ANSWER_OK);
    }
    check_quiet(w);
    check_money(w);
    check_settled(w, wish);
}

/* The second plan, if it has faults, is for the second try. */
static void run_case(enum wish wish, struct plan first, struct plan second, uint64_t wait_s)
{
    struct world w;
    now.is_running = true;
    now.wish = wish;
    now.first = first;
    now.second = second;
    begin(&w, wish);
    first.world = second.world = &w;
    bool counts = run_try(&w, &first, wish, true);
    if (second.faults[0].at != 0) {
        counts = counts && !is_settled(&w);
        axon_set_time(w.net, axon_time(w.net) + wait_s * WORLD_S);
        counts = run_try(&w, &second, wish, false) && counts;
    }
    settle(&w, wish, wait_s);
    total.cases += counts;
    total.elsewhere += !counts;
    total.traps += counts ? traps_recorded(w.net) : 0;
    world_close(&w);
    now.is_running = false;
}

static int print_failed_case(void **state)
{
    (void)state;
    const struct planned *faults[] = {&now.first.faults[0], &now.first.faults[1],
                                      &now.second.faults[0]};
    for (size_t i = 0; now.is_running && i < 3; i++) {
        printf("%s in the %s of %s: %s at message %llu\n", i == 0 ? "failed" : "  and",
               i < 2 ? "first try" : "second try", WISH_NAMES[now.wish],
               FAULT_NAMES[faults[i]->fault], (unsigned long long)faults[i]->at);
    }
    return 0;
}

static void print_total(const char *what)
{
    printf(
        "%s: %zu cases (%zu tries interrupted, %zu went through), %zu traps, %zu ended by timer; "
        "%zu more in which a fault found nothing to hit\n",
        what, total.cases, total.interrupted, total.at_once, total.traps, total.by_timer,
        total.elsewhere);
    memset(&total, 0, sizeof total);
}

static struct plan plan_of(uint64_t at, enum fault fault)
{
    return (struct plan){.faults = {{.at = at, .fault = fault}}};
}

/* ---- the matrix ------------------------------------------------------------------------------ */

/* How many messages a run has when nothing goes wrong. */
static void the_messages_of_a_run(void **state)
{
    (void)state;
    for (enum wish wish = 0; wish < WISHES; wish++) {
        struct world w;
        begin(&w, wish);
        struct plan p = {.world = &w};
        (void)run_try(&w, &p, wish, true);
        assert_true(is_settled(&w));
        assert_int_equal(p.seen, MESSAGES);
        world_close(&w);
    }
    memset(&total, 0, sizeof total);
}

static void every_fault_at_every_message(void **state)
{
    (void)state;
    const struct plan none = {.world = NULL};
    for (enum wish wish = 0; wish < WISHES; wish++) {
        for (enum fault f = 0; f < FAULT_COUNT; f++) {
            for (uint64_t at = 1; at <= MESSAGES; at++) {
                run_case(wish, plan_of(at, f), none, 0);
                run_case(wish, plan_of(at, f), none, LATE_S);
            }
        }
    }
    assert_int_equal(total.cases, (size_t)WISHES * (size_t)FAULT_COUNT * MESSAGES * 2);
    assert_true(total.traps > 0 && total.interrupted > 0 && total.at_once > 0);
    print_total("one fault");
}

/* Two faults in one try: every kind with every kind, at every two messages. One wish for each pair of
 * kinds, so that each meets each. */
static void every_two_faults_of_a_try(void **state)
{
    (void)state;
    const struct plan none = {.world = NULL};
    unsigned i = 0;
    for (enum fault one = 0; one < FAULT_COUNT; one++) {
        for (enum fault two = 0; two < FAULT_COUNT; two++, i++) {
            for (uint64_t at = 1; at < MESSAGES; at++) {
                for (uint64_t also = at + 1; also <= MESSAGES; also++) {
                    struct plan p = plan_of(at, one);
                    p.faults[1] = (struct planned){.at = also, .fault = two};
                    run_case((enum wish)(i % WISHES), p, none, (at + also) % 2 * LATE_S);
                }
            }
        }
    }
    print_total("two faults in a try");
}

/* A second fault hits the second try. The kinds that leave an outcome open, at every pair of
 * messages. */
static void faults_in_two_tries(void **state)
{
    (void)state;
    static const enum fault open_ended[] = {FAULT_UNKNOWN, FAULT_TIMEOUT, FAULT_TRAP_AFTER,
                                            FAULT_UPGRADE};
    const size_t count = sizeof open_ended / sizeof open_ended[0];
    for (size_t i = 0; i < count * count; i++) {
        for (uint64_t pair = 0; pair < MESSAGES * MESSAGES; pair++) {
            run_case((enum wish)(pair % WISHES),
                     plan_of(pair / MESSAGES + 1, open_ended[i / count]),
                     plan_of(pair % MESSAGES + 1, open_ended[i % count]), pair % 2 * LATE_S);
        }
    }
    print_total("faults in two tries");
}

/* The n-th system call of escrow or ledger traps, whatever message it is in. */
static void a_trap_at_every_system_call(void **state)
{
    (void)state;
    size_t cases = 0;
    for (enum wish wish = 0; wish < WISHES; wish++) {
        bool is_over = false;
        for (uint64_t n = 1; !is_over; n++, cases += !is_over) {
            struct world w;
            begin(&w, wish);
            const uint64_t first = axon_call_count(w.net);
            axon_trap_at_call(w.net, n);
            (void)ask(&w, wish);
            is_over = axon_call_count(w.net) - first < n;
            axon_trap_at_call(w.net, 0);
            check_after_try(&w);
            settle(&w, wish, 0);
            world_close(&w);
        }
    }
    printf("a trap at every system call: %zu cases\n", cases);
    assert_true(cases >= 200);
    memset(&total, 0, sizeof total);
}

/* ---- cycles ---------------------------------------------------------------------------------- */

/* Balances from one that pays for no call to one that pays for all, in small steps. */
static void every_balance_of_cycles(void **state)
{
    (void)state;
    size_t cases = 0;
    uint64_t seen = 0; /* bit n: a run with n messages */
    for (uint64_t cycles = STARTING; cycles <= 10 * STARTING; cycles += STARTING / 20) {
        struct world w;
        const enum wish wish = (enum wish)(cases++ % WISHES);
        begin(&w, wish);
        struct plan p = {.world = &w};
        assert_true(axon_cycles_set(w.net, &w.escrow, 0, cycles));
        (void)run_try(&w, &p, wish, true);
        seen |= UINT64_C(1) << p.seen;
        settle(&w, wish, 0);
        world_close(&w);
    }
    printf("out of cycles: %zu balances, runs of", cases);
    for (unsigned n = 0; n < 64; n++) {
        if ((seen >> n & 1) != 0) {
            printf(" %u", n);
        }
    }
    printf(" messages\n");
    /* Requests and responses come in pairs: no call, one or two of the join, all five. When all three
     * were sent what they leave over pays for the transfers. */
    assert_int_equal(seen, 1u << 0 | 1u << 2 | 1u << 4 | 1u << 10);
    memset(&total, 0, sizeof total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_messages_of_a_run),
        cmocka_unit_test_teardown(every_fault_at_every_message, print_failed_case),
        cmocka_unit_test_teardown(every_two_faults_of_a_try, print_failed_case),
        cmocka_unit_test_teardown(faults_in_two_tries, print_failed_case),
        cmocka_unit_test(a_trap_at_every_system_call),
        cmocka_unit_test(every_balance_of_cycles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
