/* Cleanup functions, natively: whatever they do, nothing of their flow stays. */
#include "host/ic_host_call.h"
#include "ic/cleanup.h"
#include "ic/msg.h"
#include "test/check.h"

#define SECOND IC_TIMER_SECOND_NS
#define KIND   1u

enum { REGION_ASYNC, REGION_TIMERS };
enum { CLEANUP, OTHER, TIMERS };

static const struct ic_store_app APP = {.magic = "CLEANUP", .version = 1};
static struct ic_store store;

struct frame {
    struct ic_flow flow;
    struct ic_answer answers[2];
    uint64_t id;
};

IC_ASYNC_POOL(pool, struct frame, 3, 6, 3);

/* What cleanup functions did; rolled back with a trap. */
static struct {
    unsigned count;
    uint64_t id;
    bool was_locked;
} seen;
/* What they are told to do. */
static struct {
    bool trap, begin_anew;
} plan;

static void run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    struct ic_call call = {.method = IC_BYTES_LIT("m")};
    IC_FLOW_BEGIN(f);
    ic_assert(ic_lock_u64(flow, KIND, f->id) == IC_LOCK_OK);
    ic_call(flow, &f->answers[0], &call);
    ic_call(flow, &f->answers[1], &call);
    IC_JOIN(f);
    f->id = 0; /* undone */
    IC_TRAP("planned");
    IC_FLOW_END(f);
}

static void cleanup(struct ic_flow *flow);

static void start(void *argument)
{
    struct frame *f = ic_flow_new(run, cleanup, sizeof *f);
    ic_assert(f != NULL);
    f->id = *(const uint64_t *)argument;
    ic_flow_start(&f->flow);
}

static void cleanup(struct ic_flow *flow)
{
    uint64_t other = 9;
    seen.count++;
    seen.id = ((struct frame *)flow)->id;
    seen.was_locked = ic_lock_is_held_u64(KIND, seen.id);
    if (plan.begin_anew) {
        start(&other);
    }
    if (plan.trap) {
        IC_TRAP("cleanup");
    }
}

static void nothing(struct ic_timer_id id, uint64_t argument)
{
    (void)id;
    (void)argument;
}

static const struct ic_timer_kind KINDS[TIMERS] = {
    [CLEANUP] = IC_CLEANUP_KIND,
    [OTHER] = {.name = "other", .run = nothing},
};

static void open_parts(void)
{
    ic_async_open(&pool, &store, REGION_ASYNC);
    ic_timers_open(KINDS, TIMERS, &store, REGION_TIMERS);
    ic_async_cleanup_by(CLEANUP);
}

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    open_parts();
}

static void post_upgrade(void *argument)
{
    (void)argument;
    ic_store_open(&store, APP);
    open_parts();
}

/* ---- the system ------------------------------------------------------------------------------ */

static void global_timer(void *argument)
{
    (void)argument;
    ic_timers_on_global_timer();
}

static void timer_message(void *argument)
{
    (void)argument;
    ic_timers_on_message();
}

/* Lets the global timer run once, then delivers what the canister sent itself. */
static unsigned run_timers(void)
{
    unsigned trapped = 0;
    size_t first = ic_host_call_count();
    ic_host_time_set(ic_time_ns() + 1);
    assert_true(ic_host_flow_run(global_timer, NULL));
    size_t end = ic_host_call_count();
    for (size_t i = first; i < end; i++) {
        assert_true(ic_bytes_is_equal(ic_host_call_at(i)->method, IC_BYTES_LIT(IC_TIMER_METHOD)));
        ic_host_caller_set(ic_canister_self());
        ic_host_arg_set(ic_host_call_at(i)->argument);
        trapped += !ic_host_flow_run(timer_message, NULL);
        assert_true(ic_host_answer(i, IC_CALL_OK, IC_BYTES_LIT("")));
    }
    return trapped;
}

static void assert_in_use(uint32_t flows, uint32_t calls, uint32_t locks)
{
    struct ic_async_status status = ic_async_status();
    assert_int_equal(status.flows, flows);
    assert_int_equal(status.calls, calls);
    assert_int_equal(status.locks, locks);
}

static int set_up(void **state)
{
    (void)state;
    struct ic_timers_memory timers = ic_timers_memory();
    ic_host_reset();
    ic_host_calls_reset();
    ic_host_heap_add(timers.at, timers.size);
    ic_host_heap_add(&seen, sizeof seen);
    ic_host_time_set(1000 * SECOND);
    memset(&seen, 0, sizeof seen);
    memset(&plan, 0, sizeof plan);
    assert_true(ic_host_run(create, NULL));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ic_host_calls_reset();
    ic_host_reset();
    return 0;
}

/* Starts a flow and lets it trap at the join; its calls are number `first` and the next. */
static void stumble(uint64_t id)
{
    size_t first = ic_host_call_count();
    assert_true(ic_host_flow_run(start, &id));
    assert_true(ic_host_answer(first + 1, IC_CALL_OK, IC_BYTES_LIT("")));
    assert_false(ic_host_answer(first, IC_CALL_OK, IC_BYTES_LIT("")));
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void it_runs_with_the_frame_and_the_locks(void **state)
{
    (void)state;
    stumble(7);
    assert_in_use(1, 0, 1);
    assert_int_equal(seen.count, 0);
    assert_int_equal(run_timers(), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.id, 7);
    assert_true(seen.was_locked);
    assert_in_use(0, 0, 0);
    assert_int_equal(ic_timers_status().count, 0);
}

static void a_trap_in_it_changes_nothing_else(void **state)
{
    (void)state;
    plan.trap = true;
    for (unsigned i = 0; i < 20; i++) { /* more often than there are frames, calls and locks */
        stumble(7);
        assert_in_use(1, 0, 1);
        assert_int_equal(run_timers(), 1);
        assert_in_use(0, 0, 0);
        assert_int_equal(ic_timers_status().count, 0);
    }
    assert_int_equal(seen.count, 0);
    ic_host_time_set(ic_time_ns() + 3600 * SECOND);
    assert_int_equal(run_timers(), 0); /* it is not tried again */
}

static void it_may_start_a_flow(void **state)
{
    (void)state;
    plan.begin_anew = true;
    stumble(7);
    size_t first = ic_host_call_count();
    assert_int_equal(run_timers(), 0);
    assert_in_use(1, 2, 1);
    assert_true(ic_lock_is_held_u64(KIND, 9));
    plan.begin_anew = false;
    for (size_t i = first; i < ic_host_call_count(); i++) {
        if (ic_host_call_is_open(i)) {
            (void)ic_host_answer(i, IC_CALL_OK, IC_BYTES_LIT(""));
        }
    }
    assert_int_equal(run_timers(), 0);
    assert_int_equal(seen.count, 2);
    assert_in_use(0, 0, 0);
}

/* The other call is still open when the flow has trapped: its answer finds nothing. */
static void an_answer_between_trap_and_cleanup(void **state)
{
    (void)state;
    uint64_t id = 7;
    assert_true(ic_host_flow_run(start, &id));
    /* The first ticket of the sequence, which begins by the clock: as after a trap in the kit itself,
     * while the other call is still open. */
    ic_async_on_cleanup((uint32_t)(ic_time_ns() >> 30) % IC_ASYNC_BLOCK * IC_ASYNC_BLOCK);
    assert_in_use(1, 0, 1);
    assert_true(ic_host_answer(1, IC_CALL_OK, IC_BYTES_LIT("late")));
    assert_in_use(1, 0, 1);
    assert_int_equal(run_timers(), 0);
    assert_int_equal(seen.id, 7);
    assert_in_use(0, 0, 0);
}

static void without_timers_the_flow_just_ends(void **state)
{
    (void)state;
    struct ic_timer_id last = {.v = 0};
    for (unsigned i = 0; i < IC_TIMERS_MAX; i++) {
        last = ic_timer_after(OTHER, 3600 * SECOND, 0);
        assert_true(last.v != 0);
    }
    for (unsigned spare = 0; spare < 2; spare++) { /* none, or one of the two that it takes */
        stumble(7);
        assert_in_use(0, 0, 0);
        assert_int_equal(seen.count, 0);
        assert_int_equal(ic_timers_status().count, IC_TIMERS_MAX - spare);
        assert_int_equal(ic_timer_cancel(last), spare == 0);
    }
}

static void an_upgrade_drops_it(void **state)
{
    (void)state;
    stumble(7);
    ic_host_upgrade();
    assert_true(ic_host_run(post_upgrade, NULL));
    assert_int_equal(run_timers(), 0);
    assert_int_equal(seen.count, 0);
    assert_in_use(0, 0, 0);
}

static void open_without(void *argument)
{
    (void)argument;
    ic_async_open(&pool, &store, REGION_ASYNC);
}

static void it_must_be_announced(void **state)
{
    (void)state;
    uint64_t id = 1;
    assert_true(ic_host_run(open_without, NULL));
    assert_false(ic_host_flow_run(start, &id));
    assert_non_null(strstr(ic_host_trap_text(), "ic_async_cleanup_by"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_runs_with_the_frame_and_the_locks),
        TEST(a_trap_in_it_changes_nothing_else),
        TEST(it_may_start_a_flow),
        TEST(an_answer_between_trap_and_cleanup),
        TEST(without_timers_the_flow_just_ends),
        TEST(an_upgrade_drops_it),
        TEST(it_must_be_announced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
