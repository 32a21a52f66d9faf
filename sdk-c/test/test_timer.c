/* Timers, natively: the test is the system. It runs the global timer when it is due, and delivers
 * the messages that the canister sent to itself, each of which may trap. */
#include "test/check.h"

#include "host/ic_host_call.h"
#include "ic/buf.h"
#include "ic/msg.h"
#include "ic/timer.h"

#define SECOND      IC_TIMER_SECOND_NS
#define START       (1000000 * SECOND)
#define RUNS_MAX    4096
#define REGION      3
#define STABLE_SEED 0xdecade

enum kind { ONCE, STABLE, SWEEP, STABLE_SWEEP, KIND_COUNT };

/* What the functions did; rolled back with a trap, as the canister's heap is. */
static struct {
    struct {
        enum kind kind;
        uint64_t argument;
        uint64_t at_ns;
    } runs[RUNS_MAX];
    size_t count;
    struct ic_timer_id last;
} seen;

/* What they are told to do; the test's, so no trap takes it back. */
static struct {
    uint64_t trap_argument; /* runs with this argument trap; 0: none */
    uint64_t trap_times;
    bool cancel_self;
    struct ic_timer_id cancel;
    uint64_t chain; /* set a further timer with this delay */
} plan;

static struct ic_store store;
static const struct ic_store_app APP = {.magic = "TIMERS", .version = 1};
static uint64_t now_ns;
static size_t delivered;
static uint64_t traps;

static void note(enum kind kind, struct ic_timer_id id, uint64_t argument)
{
    ic_assert(seen.count < RUNS_MAX);
    seen.runs[seen.count].kind = kind;
    seen.runs[seen.count].argument = argument;
    seen.runs[seen.count].at_ns = now_ns;
    seen.count++;
    seen.last = id;
    if (plan.trap_argument != 0 && argument == plan.trap_argument && plan.trap_times > 0) {
        plan.trap_times--;
        IC_TRAP("planned");
    }
}

static void once(struct ic_timer_id id, uint64_t argument)
{
    note(ONCE, id, argument);
    if (plan.cancel.v != 0) {
        ic_assert(ic_timer_cancel(plan.cancel));
        plan.cancel.v = 0;
    }
    if (plan.cancel_self) {
        struct ic_timer_info info;
        bool repeats = ic_timer_find(&info, id);
        ic_assert(ic_timer_cancel(id) == repeats);
    }
    if (plan.chain != 0) {
        ic_assert(ic_timer_after(ONCE, plan.chain, argument + 1).v != 0);
    }
}

static void stable(struct ic_timer_id id, uint64_t argument)
{
    note(STABLE, id, argument);
}

static void sweep(struct ic_timer_id id, uint64_t argument)
{
    note(SWEEP, id, argument);
}

static void stable_sweep(struct ic_timer_id id, uint64_t argument)
{
    note(STABLE_SWEEP, id, argument);
}

/* The periods are set by each test. */
static struct ic_timer_kind kinds[KIND_COUNT];

static void kinds_reset(void)
{
    kinds[ONCE] = (struct ic_timer_kind){.name = "once", .run = once, .tries_max = 3};
    kinds[STABLE] = (struct ic_timer_kind){.name = "stable", .run = stable, .is_stable = true};
    kinds[SWEEP] = (struct ic_timer_kind){.name = "sweep", .run = sweep};
    kinds[STABLE_SWEEP] =
        (struct ic_timer_kind){.name = "stable sweep", .run = stable_sweep, .is_stable = true};
}

static void do_init(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_timers_open(kinds, KIND_COUNT, &store, REGION);
}

static void do_post_upgrade(void *argument)
{
    (void)argument;
    ic_store_open(&store, APP);
    ic_timers_open(kinds, KIND_COUNT, &store, REGION);
}

static void run(void (*body)(void *argument), void *argument)
{
    if (!ic_host_flow_run(body, argument)) {
        fail_msg("trapped: %s", ic_host_trap_text());
    }
}

static void time_is(uint64_t ns)
{
    now_ns = ns;
    ic_host_time_set(ns);
}

static void start(void)
{
    struct ic_timers_memory memory = ic_timers_memory();
    ic_host_reset();
    ic_host_calls_reset();
    ic_host_heap_add(memory.at, memory.size);
    ic_host_heap_add(&seen, sizeof seen);
    ic_host_heap_add(&store, sizeof store);
    ic_host_self_set((struct ic_principal){.size = 10, .bytes = {1}});
    memset(&seen, 0, sizeof seen);
    memset(&plan, 0, sizeof plan);
    delivered = 0;
    traps = 0;
    time_is(START);
    run(do_init, NULL);
}

static int prepare(void **state)
{
    (void)state;
    kinds_reset();
    return 0;
}

static void upgrade(void)
{
    ic_host_upgrade();
    run(do_post_upgrade, NULL);
}

/* ---- the system ------------------------------------------------------------------------------ */

static void do_global_timer(void *argument)
{
    (void)argument;
    ic_timers_on_global_timer();
}

static void do_message(void *argument)
{
    (void)argument;
    ic_timers_on_message();
}

static void deliver_all(void)
{
    for (; delivered < ic_host_call_count(); delivered++) {
        const struct ic_call *call = ic_host_call_at(delivered);
        assert_true(ic_bytes_is_equal(call->method, IC_BYTES_LIT(IC_TIMER_METHOD)));
        ic_host_caller_set(call->to);
        ic_host_arg_set(call->argument);
        bool ok = ic_host_flow_run(do_message, NULL);
        traps += !ok;
        assert_int_equal(ic_host_has_replied(), ok);
        assert_true(
            ic_host_answer(delivered, ok ? IC_CALL_OK : IC_CALL_CANISTER_ERROR, IC_BYTES_LIT("")));
    }
}

/* The system clears the global timer when it schedules the message, even if that traps then. */
static void do_clear(void *argument)
{
    (void)argument;
    ic_timer_set(0);
}

/* Executes the global timer once if it is due. */
static bool tick(void)
{
    if (ic_host_timer() == 0 || ic_host_timer() > now_ns) {
        return false;
    }
    run(do_clear, NULL);
    run(do_global_timer, NULL);
    return true;
}

/* Lets the clock run to a time, stopping wherever the canister asked to. */
static void pass_until(uint64_t until_ns)
{
    for (int guard = 0; guard < 100000; guard++) {
        while (tick()) {
            deliver_all();
        }
        if (ic_host_timer() == 0 || ic_host_timer() > until_ns) {
            time_is(until_ns);
            return;
        }
        time_is(ic_host_timer());
    }
    fail_msg("the timers never come to rest");
}

/* ---- actions of the author ------------------------------------------------------------------- */

struct setting {
    enum kind kind;
    uint64_t delay_ns, every_ns, argument;
    struct ic_timer_id id;
    bool cancelled;
};

static void do_set(void *argument)
{
    struct setting *s = argument;
    s->id = s->every_ns != 0 ? ic_timer_every(s->kind, s->every_ns, s->argument)
                             : ic_timer_after(s->kind, s->delay_ns, s->argument);
}

static struct ic_timer_id after(enum kind kind, uint64_t delay_ns, uint64_t argument)
{
    struct setting s = {.kind = kind, .delay_ns = delay_ns, .argument = argument};
    run(do_set, &s);
    return s.id;
}

static struct ic_timer_id every(enum kind kind, uint64_t every_ns, uint64_t argument)
{
    struct setting s = {.kind = kind, .every_ns = every_ns, .argument = argument};
    run(do_set, &s);
    return s.id;
}

static void do_cancel(void *argument)
{
    struct setting *s = argument;
    s->cancelled = ic_timer_cancel(s->id);
}

static bool cancel(struct ic_timer_id id)
{
    struct setting s = {.id = id};
    run(do_cancel, &s);
    return s.cancelled;
}

static void check_run(size_t index, enum kind kind, uint64_t argument, uint64_t at_ns)
{
    assert_true(index < seen.count);
    assert_int_equal(seen.runs[index].kind, kind);
    assert_true(seen.runs[index].argument == argument);
    assert_true(seen.runs[index].at_ns == at_ns);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void in_the_order_of_time(void **state)
{
    (void)state;
    start();
    assert_int_equal(ic_host_timer(), 0);
    after(ONCE, 30 * SECOND, 3);
    after(ONCE, 10 * SECOND, 1);
    after(ONCE, 20 * SECOND, 2);
    after(ONCE, 20 * SECOND, 22); /* the same time: in the order in which they were set */
    assert_true(ic_host_timer() == START + 10 * SECOND);
    pass_until(START + 9 * SECOND);
    assert_int_equal(seen.count, 0);
    pass_until(START + 100 * SECOND);
    assert_int_equal(seen.count, 4);
    check_run(0, ONCE, 1, START + 10 * SECOND);
    check_run(1, ONCE, 2, START + 20 * SECOND);
    check_run(2, ONCE, 22, START + 20 * SECOND);
    check_run(3, ONCE, 3, START + 30 * SECOND);
    assert_int_equal(ic_timers_status().count, 0);
    assert_int_equal(ic_host_timer(), 0);
}

static void past_and_far_future(void **state)
{
    (void)state;
    start();
    after(ONCE, 0, 1);
    after(ONCE, UINT64_MAX, 2);
    every(ONCE, UINT64_MAX, 3);
    pass_until(START + 50 * SECOND);
    assert_int_equal(seen.count, 1);
    assert_int_equal(ic_timers_status().count, 2);
    assert_true(ic_timers_status().earliest_ns == UINT64_MAX);
}

static void cancelling(void **state)
{
    (void)state;
    start();
    struct ic_timer_id a = after(ONCE, 10 * SECOND, 1), b = after(ONCE, 20 * SECOND, 2);
    assert_true(cancel(a));
    assert_false(cancel(a));
    assert_true(ic_host_timer() == START + 20 * SECOND);
    assert_false(cancel((struct ic_timer_id){.v = 0}));
    assert_false(cancel((struct ic_timer_id){.v = UINT64_MAX}));
    pass_until(START + 30 * SECOND);
    assert_int_equal(seen.count, 1);
    assert_false(cancel(b));
    struct ic_timer_id c = after(ONCE, SECOND, 3);
    assert_true(c.v != a.v && c.v != b.v);
    assert_false(cancel(a)); /* its place is taken by another */
    assert_true(cancel(c));
    assert_int_equal(ic_host_timer(), 0);
}

/* The message is on its way already when the timer is cancelled. */
static void cancelled_on_the_way(void **state)
{
    (void)state;
    start();
    struct ic_timer_id a = after(ONCE, SECOND, 1);
    time_is(START + SECOND);
    assert_true(tick());
    assert_int_equal(ic_host_call_count(), 1);
    assert_true(cancel(a));
    deliver_all();
    assert_int_equal(seen.count, 0);
    assert_int_equal(traps, 0);
}

static void cancel_inside_a_run(void **state)
{
    (void)state;
    start();
    struct ic_timer_id repeating = every(ONCE, 10 * SECOND, 7);
    plan.cancel_self = true;
    pass_until(START + 100 * SECOND);
    assert_int_equal(seen.count, 1);
    assert_true(seen.last.v == repeating.v);
    after(ONCE, SECOND, 8); /* a one-shot that runs is not set any more */
    plan.cancel = every(ONCE, 2 * SECOND, 9);
    pass_until(START + 200 * SECOND);
    assert_int_equal(seen.count, 2);
    assert_int_equal(ic_timers_status().count, 0);
}

static void a_run_sets_the_next(void **state)
{
    (void)state;
    start();
    plan.chain = 5 * SECOND;
    after(ONCE, SECOND, 1);
    pass_until(START + 100 * SECOND);
    assert_int_equal(seen.count, 20);
    check_run(19, ONCE, 20, START + 96 * SECOND);
}

/* Repeating timers keep their phase however late their messages run, and do not make up for what
 * they missed. */
static void repeats_do_not_drift(void **state)
{
    (void)state;
    start();
    struct ic_timer_id id = every(ONCE, 10 * SECOND, 1);
    struct ic_timer_info info;
    uint64_t seed = 4;
    uint64_t total = 0;
    for (uint64_t i = 1; i <= 500; i++) {
        time_is(START + i * 10 * SECOND + test_random_below(&seed, 9 * SECOND));
        assert_true(tick());
        assert_false(tick());
        deliver_all();
        assert_int_equal(seen.count, ++total);
        assert_true(ic_timer_find(&info, id));
        assert_int_equal(info.tries, 0);
        assert_true(ic_host_timer() == START + (i + 1) * 10 * SECOND);
    }
    time_is(START + 500 * 10 * SECOND + 1234 * SECOND);
    assert_true(tick());
    deliver_all();
    assert_int_equal(seen.count, total + 1);
    assert_true(ic_host_timer() == START + (500 + 124) * 10 * SECOND);
}

static void a_trap_harms_no_other(void **state)
{
    (void)state;
    start();
    plan.trap_argument = 2;
    plan.trap_times = 2;
    struct ic_timer_id id = after(ONCE, SECOND, 2);
    after(ONCE, SECOND, 1);
    after(ONCE, SECOND, 3);
    pass_until(START + 2 * SECOND);
    assert_int_equal(traps, 1);
    assert_int_equal(seen.count, 2);
    check_run(0, ONCE, 1, START + SECOND);
    check_run(1, ONCE, 3, START + SECOND);
    struct ic_timer_info info;
    assert_true(ic_timer_find(&info, id));
    assert_int_equal(info.tries, 1);
    assert_true(info.due_ns == START + SECOND + IC_TIMER_RETRY_NS);
    pass_until(START + 100 * SECOND); /* traps again after 10 s, then runs after 20 more */
    assert_int_equal(traps, 2);
    assert_int_equal(seen.count, 3);
    check_run(2, ONCE, 2, START + 31 * SECOND);
    assert_false(ic_timer_find(&info, id));
    assert_int_equal(ic_timers_status().retries, 2);
    assert_int_equal(ic_timers_status().lapsed, 0);
}

static void a_one_shot_that_always_traps_lapses(void **state)
{
    (void)state;
    start();
    plan.trap_argument = 2;
    plan.trap_times = UINT64_MAX;
    after(ONCE, SECOND, 2);
    every(ONCE, 1000 * SECOND, 1);
    pass_until(START + 10000 * SECOND);
    assert_int_equal(traps, 3); /* tries_max of its kind */
    assert_int_equal(ic_timers_status().lapsed, 1);
    assert_int_equal(ic_timers_status().count, 1);
    assert_int_equal(seen.count, 10);
}

static void a_repeating_one_goes_on(void **state)
{
    (void)state;
    start();
    plan.trap_argument = 5;
    plan.trap_times = 40;
    every(ONCE, 10 * SECOND, 5);
    pass_until(START + 1000 * SECOND);
    assert_int_equal(traps, 40);
    assert_int_equal(seen.count, 60);
    check_run(0, ONCE, 5, START + 410 * SECOND);
}

/* A message that could not be sent: nothing is lost, and the others are not forgotten. */
static void refused_calls_are_sent_later(void **state)
{
    (void)state;
    start();
    after(ONCE, SECOND, 1);
    after(ONCE, SECOND, 2);
    ic_host_call_refuse(1);
    pass_until(START + 5 * SECOND);
    assert_int_equal(seen.count, 0);
    assert_int_equal(ic_timers_status().refused, 1);
    assert_true(ic_host_timer() == START + SECOND + IC_TIMER_RETRY_NS);
    pass_until(START + 60 * SECOND);
    assert_int_equal(seen.count, 2);
}

/* The one message that nothing protects: the next use of a timer asks the system again. */
static void the_global_timer_itself_traps(void **state)
{
    (void)state;
    start();
    after(STABLE, SECOND, 1);
    time_is(START + SECOND);
    run(do_clear, NULL);
    ic_host_stable_trap_at(1);
    assert_false(ic_host_flow_run(do_global_timer, NULL));
    assert_int_equal(ic_host_timer(), 0);
    assert_false(cancel((struct ic_timer_id){.v = 0}));
    pass_until(START + 2 * SECOND);
    assert_int_equal(seen.count, 1);
    check_run(0, STABLE, 1, START + SECOND);
}

/* The message of a slow subnet comes after the next try: it runs once only. */
static void late_messages_run_once(void **state)
{
    (void)state;
    start();
    after(ONCE, SECOND, 1);
    time_is(START + SECOND);
    assert_true(tick());
    time_is(START + SECOND + IC_TIMER_RETRY_NS);
    assert_true(tick());
    assert_int_equal(ic_host_call_count(), 2);
    deliver_all();
    assert_int_equal(seen.count, 1);
    assert_int_equal(ic_timers_status().count, 0);
}

static void a_thousand(void **state)
{
    (void)state;
    start();
    uint64_t seed = 12;
    for (uint64_t i = 1; i <= 1000; i++) {
        assert_true(after(ONCE, test_random_below(&seed, 100 * SECOND), i).v != 0);
    }
    uint64_t executions = 0;
    size_t sent = 0;
    time_is(START + 100 * SECOND);
    while (tick()) {
        executions++;
        assert_true(ic_host_call_count() - sent <= IC_TIMER_BATCH_MAX);
        sent = ic_host_call_count();
        deliver_all();
    }
    assert_int_equal(executions, 1000 / IC_TIMER_BATCH_MAX);
    assert_int_equal(seen.count, 1000);
    bool found[1001] = {false};
    for (size_t i = 0; i < seen.count; i++) {
        assert_false(found[seen.runs[i].argument]);
        found[seen.runs[i].argument] = true;
    }
}

static void full(void **state)
{
    (void)state;
    start();
    struct ic_timer_id some = {.v = 0};
    for (uint64_t i = 0; i < IC_TIMERS_MAX; i++) {
        some = after(ONCE, SECOND, i);
        assert_true(some.v != 0);
    }
    assert_true(after(ONCE, SECOND, 1).v == 0);
    assert_true(cancel(some));
    assert_true(after(ONCE, SECOND, 1).v != 0);
    assert_true(after(ONCE, SECOND, 1).v == 0);
}

/* The queue against a plain list, under random orders. */
static void against_a_model(void **state)
{
    (void)state;
    static struct {
        struct ic_timer_id id;
        uint64_t due_ns, argument;
    } model[IC_TIMERS_MAX];
    size_t count = 0;
    uint64_t seed = 99, argument = 0;
    start();
    for (int step = 0; step < 3000; step++) {
        uint64_t choice = test_random_below(&seed, 10);
        if (choice < 6 && count < 300) {
            uint64_t delay_ns = (1 + test_random_below(&seed, 50)) * SECOND;
            model[count].id = after(ONCE, delay_ns, ++argument);
            model[count].due_ns = now_ns + delay_ns;
            model[count++].argument = argument;
        } else if (choice < 8 && count > 0) {
            size_t victim = (size_t)test_random_below(&seed, count);
            assert_true(cancel(model[victim].id));
            memmove(model + victim, model + victim + 1, (--count - victim) * sizeof *model);
        } else {
            seen.count = 0;
            pass_until(now_ns + test_random_below(&seed, 5) * SECOND);
            for (size_t i = 0; i < seen.count; i++) { /* each the first of the earliest */
                size_t first = 0;
                for (size_t k = 1; k < count; k++) {
                    first = model[k].due_ns < model[first].due_ns ? k : first;
                }
                check_run(i, ONCE, model[first].argument, model[first].due_ns);
                memmove(model + first, model + first + 1, (--count - first) * sizeof *model);
            }
            for (size_t k = 0; k < count; k++) {
                assert_true(model[k].due_ns > now_ns);
            }
        }
        assert_int_equal(ic_timers_status().count, count);
    }
}

/* ---- upgrades -------------------------------------------------------------------------------- */

static void only_stable_ones_survive(void **state)
{
    (void)state;
    start();
    struct ic_timer_id a = after(ONCE, 10 * SECOND, 1), b = after(STABLE, 20 * SECOND, 2);
    struct ic_timer_id c = every(STABLE, 30 * SECOND, 3), d = after(STABLE, 40 * SECOND, 4);
    assert_true(cancel(d));
    upgrade();
    assert_int_equal(ic_timers_status().count, 2);
    assert_true(ic_host_timer() == START + 20 * SECOND);
    assert_false(cancel(a));
    struct ic_timer_id e = after(STABLE, 5 * SECOND, 5); /* ids go on */
    assert_true(e.v > c.v && e.v > d.v);
    pass_until(START + 65 * SECOND);
    assert_int_equal(seen.count, 4);
    check_run(0, STABLE, 5, START + 5 * SECOND);
    check_run(1, STABLE, 2, START + 20 * SECOND);
    check_run(2, STABLE, 3, START + 30 * SECOND);
    check_run(3, STABLE, 3, START + 60 * SECOND);
    assert_false(cancel(b));
    upgrade();
    assert_true(cancel(c));
    upgrade();
    assert_int_equal(ic_timers_status().count, 0);
}

static void due_while_it_was_stopped(void **state)
{
    (void)state;
    start();
    after(STABLE, 10 * SECOND, 1);
    every(STABLE, 20 * SECOND, 2);
    time_is(START + 1005 * SECOND);
    upgrade();
    pass_until(START + 1030 * SECOND);
    assert_int_equal(seen.count, 3);
    check_run(0, STABLE, 1, START + 1005 * SECOND);
    check_run(1, STABLE, 2, START + 1005 * SECOND);
    check_run(2, STABLE, 2, START + 1020 * SECOND);
}

/* Upgraded between the global timer and the message: it is delivered to the new code, or lost. */
static void upgraded_on_the_way(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        start();
        after(STABLE, SECOND, 1);
        after(ONCE, SECOND, 2);
        time_is(START + SECOND);
        assert_true(tick());
        upgrade();
        delivered = lost == 1 ? ic_host_call_count() : 0;
        deliver_all();
        pass_until(START + 100 * SECOND);
        assert_int_equal(seen.count, 1);
        check_run(0, STABLE, 1, START + SECOND + (lost == 1 ? IC_TIMER_RETRY_NS : 0));
    }
}

static void declared_kinds_arm_themselves(void **state)
{
    (void)state;
    kinds[SWEEP].every_ns = 60 * SECOND;
    kinds[STABLE_SWEEP].every_ns = 100 * SECOND;
    start();
    assert_int_equal(ic_timers_status().count, 2);
    time_is(START + 50 * SECOND);
    upgrade(); /* the unstable one starts anew, the stable one keeps its phase */
    assert_int_equal(ic_timers_status().count, 2);
    pass_until(START + 120 * SECOND);
    assert_int_equal(seen.count, 2);
    check_run(0, STABLE_SWEEP, 0, START + 100 * SECOND);
    check_run(1, SWEEP, 0, START + 110 * SECOND);
    assert_true(cancel(ic_timer_declared(SWEEP)));
    assert_true(cancel(ic_timer_declared(STABLE_SWEEP)));
    assert_true(ic_timer_declared(SWEEP).v == 0);
    assert_int_equal(ic_timers_status().count, 0);
    upgrade();
    assert_int_equal(ic_timers_status().count, 2);
}

static void declarations_change(void **state)
{
    (void)state;
    kinds[STABLE_SWEEP].every_ns = 100 * SECOND;
    start();
    after(STABLE, 500 * SECOND, 1);
    time_is(START + 50 * SECOND);
    kinds[STABLE_SWEEP].every_ns = 30 * SECOND; /* another period: starts anew */
    upgrade();
    assert_true(ic_host_timer() == START + 80 * SECOND);
    kinds[STABLE_SWEEP].every_ns = 0; /* not repeating any more */
    upgrade();
    assert_true(ic_host_timer() == START + 500 * SECOND);
    kinds[STABLE].is_stable = false; /* the last upgrade that it survives */
    upgrade();
    assert_int_equal(ic_timers_status().count, 1);
    upgrade();
    assert_int_equal(ic_timers_status().count, 0);
    kinds[STABLE].is_stable = true;
    after(STABLE, 500 * SECOND, 1);
    upgrade();
    kinds[STABLE].run = NULL; /* no longer used */
    upgrade();
    assert_int_equal(ic_timers_status().count, 0);
}

/* All places, so that every part of the region is read back. */
static void a_full_store_comes_back(void **state)
{
    (void)state;
    start();
    struct ic_timer_id ids[IC_TIMERS_MAX];
    for (uint64_t i = 0; i < IC_TIMERS_MAX; i++) {
        ids[i] = after(STABLE, (1 + i) * SECOND, i);
    }
    upgrade();
    assert_int_equal(ic_timers_status().count, IC_TIMERS_MAX);
    for (uint64_t i = 0; i < IC_TIMERS_MAX; i++) {
        struct ic_timer_info info;
        assert_true(ic_timer_find(&info, ids[i]));
        assert_true(info.argument == i && info.due_ns == START + (1 + i) * SECOND);
    }
    for (uint64_t i = 0; i < IC_TIMERS_MAX; i++) {
        assert_true(cancel(ids[i]));
    }
    upgrade();
    assert_int_equal(ic_timers_status().count, 0);
}

static void bad_stores_and_tables_trap(void **state)
{
    (void)state;
    start();
    after(STABLE, SECOND, STABLE_SEED);
    kinds[STABLE].name = "renamed";
    CHECK_TRAPS("timer: the kind of a stored timer is not declared", do_post_upgrade, NULL);
    kinds[STABLE].name = "once";
    CHECK_TRAPS("timer: two kinds have the same name, or names of the same CRC-32", do_post_upgrade,
                NULL);
    kinds_reset();
    upgrade();
    uint8_t *record = NULL;
    for (size_t at = 0; at + 4 < ic_host_stable_bytes(); at++) {
        if (ic_load_u32_le(ic_host_stable() + at) == STABLE_SEED) {
            record = ic_host_stable() + at - 24;
        }
    }
    assert_non_null(record);
    for (size_t bit = 0; bit < 8 * IC_TIMER_RECORD_BYTES; bit++) {
        record[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_TRAPS("timer: a stored timer is damaged", do_post_upgrade, NULL);
        record[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    uint8_t copy[IC_TIMER_RECORD_BYTES]; /* intact, but at another place */
    memcpy(copy, record, sizeof copy);
    memcpy(record + sizeof copy, copy, sizeof copy);
    CHECK_TRAPS("timer: a stored timer is damaged", do_post_upgrade, NULL);
    memset(record + sizeof copy, 0, sizeof copy);
    upgrade();
    assert_int_equal(ic_timers_status().count, 1);
    uint8_t *head = ic_host_stable() + 4096 + REGION * IC_STORE_HEAD_BYTES;
    head[0] ^= 1;
    CHECK_TRAPS("timer: the stored head is damaged", do_post_upgrade, NULL);
}

static void strangers_are_refused(void **state)
{
    (void)state;
    start();
    struct ic_timer_id id = after(ONCE, SECOND, 1);
    uint8_t argument[8];
    ic_store_u64_le(argument, id.v);
    ic_host_caller_set(IC_PRINCIPAL_ANONYMOUS);
    ic_host_arg_set((struct ic_bytes){.at = argument, .size = sizeof argument});
    CHECK_TRAPS("timer: only the canister itself may call this", do_message, NULL);
    assert_int_equal(ic_timers_status().count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, prepare)
    const struct CMUnitTest tests[] = {
        TEST(in_the_order_of_time),
        TEST(past_and_far_future),
        TEST(cancelling),
        TEST(cancelled_on_the_way),
        TEST(cancel_inside_a_run),
        TEST(a_run_sets_the_next),
        TEST(repeats_do_not_drift),
        TEST(a_trap_harms_no_other),
        TEST(a_one_shot_that_always_traps_lapses),
        TEST(a_repeating_one_goes_on),
        TEST(refused_calls_are_sent_later),
        TEST(the_global_timer_itself_traps),
        TEST(late_messages_run_once),
        TEST(a_thousand),
        TEST(full),
        TEST(against_a_model),
        TEST(only_stable_ones_survive),
        TEST(due_while_it_was_stopped),
        TEST(upgraded_on_the_way),
        TEST(declared_kinds_arm_themselves),
        TEST(declarations_change),
        TEST(a_full_store_comes_back),
        TEST(bad_stores_and_tables_trap),
        TEST(strangers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
