/* Flows, calls, tickets and locks, natively: the test writes the answers. */
#include "host/ic_host_call.h"
#include "host/ic_host_cycles.h"
#include "ic/async.h"
#include "ic/msg.h"
#include "test/check.h"

#define FLOWS 3u
#define CALLS 4u
#define LOCKS 2u
#define KIND  1u

enum { REGION_ASYNC = 5 };

static const struct ic_store_app APP = {.magic = "ASYNCTST", .version = 1};
static struct ic_store store;

/* A flow that does what the test tells it. */
struct frame {
    struct ic_flow flow;
    struct ic_answer answers[2];
    uint8_t rooms[2][8];
    uint64_t id;
    bool keeps;
    bool traps_after; /* the first await */
    uint32_t timeout_s;
    uint64_t cycles;
    unsigned rounds;    /* awaits still to come */
    uint8_t spare[256]; /* the frames of flows in flows are larger */
};

IC_ASYNC_POOL(pool, struct frame, FLOWS, CALLS, LOCKS);

/* What flows have seen: in memory that is rolled back. */
static struct {
    unsigned begun, ended;
    enum ic_call_code codes[2];
    uint8_t bytes[2][64];
    size_t sizes[2];
    uint64_t refunded;
} seen;

static struct ic_call call_of(const struct frame *f)
{
    return (struct ic_call){.to = ic_principal_from_canister_index(7),
                            .method = IC_BYTES_LIT("m"),
                            .argument = {.at = (const uint8_t *)&f->id, .size = sizeof f->id},
                            .timeout_s = f->timeout_s,
                            .cycles = f->cycles};
}

static void look(const struct frame *f, size_t i)
{
    struct ic_bytes bytes = ic_answer_bytes(&f->answers[i]);
    assert_true(bytes.size <= sizeof seen.bytes[i]);
    seen.codes[i] = f->answers[i].code;
    seen.sizes[i] = bytes.size;
    if (bytes.size != 0) {
        memcpy(seen.bytes[i], bytes.at, bytes.size);
    }
    seen.refunded = (uint64_t)f->answers[i].refunded;
}

static void single_run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    struct ic_call call = call_of(f);
    IC_FLOW_BEGIN(f);
    seen.begun++;
    if (ic_lock_u64(flow, KIND, f->id) != IC_LOCK_OK) {
        return;
    }
    for (; f->rounds > 0; f->rounds--) {
        IC_AWAIT(f, ic_call(&f->flow, &f->answers[0], &call));
        look(f, 0);
        if (f->traps_after) {
            f->id = 0; /* undone */
            IC_TRAP("planned");
        }
    }
    seen.ended++;
    IC_FLOW_END(f);
}

static void joint_run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    struct ic_call call = call_of(f);
    IC_FLOW_BEGIN(f);
    seen.begun++;
    for (size_t i = 0; i < 2; i++) {
        if (f->keeps) {
            ic_answer_keep(&f->answers[i], f->rooms[i], sizeof f->rooms[i]);
        }
        ic_call(&f->flow, &f->answers[i], &call);
    }
    IC_JOIN(f);
    look(f, 0);
    look(f, 1);
    if (f->traps_after) {
        IC_TRAP("planned");
    }
    seen.ended++;
    IC_FLOW_END(f);
}

/* Starts two calls and leaves. */
static void careless_run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    struct ic_call call = call_of(f);
    ic_call(&f->flow, &f->answers[0], &call);
    ic_call(&f->flow, &f->answers[1], &call);
}

/* Reads an answer in the message after its own. */
static void stale_run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    struct ic_call call = call_of(f);
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, ic_call(&f->flow, &f->answers[0], &call));
    IC_AWAIT(f, ic_call(&f->flow, &f->answers[1], &call));
    look(f, 0);
    IC_FLOW_END(f);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_async_open(&pool, &store, REGION_ASYNC);
}

static void post_upgrade(void *argument)
{
    (void)argument;
    ic_store_open(&store, APP);
    ic_async_open(&pool, &store, REGION_ASYNC);
}

struct order {
    ic_flow_fn *run;
    struct frame like;
    bool traps;
    bool is_full; /* set: there was no frame */
};

static void start(void *argument)
{
    struct order *o = argument;
    struct frame *f = ic_flow_new(o->run, NULL, sizeof *f);
    o->is_full = f == NULL;
    if (f == NULL) {
        return;
    }
    struct ic_flow flow = f->flow;
    *f = o->like;
    f->flow = flow;
    ic_flow_start(&f->flow);
    if (o->traps) {
        IC_TRAP("planned");
    }
}

static bool run(struct order *o)
{
    return ic_host_flow_run(start, o);
}

static bool run_single(uint64_t id, unsigned rounds)
{
    struct order o = {.run = single_run, .like = {.id = id, .rounds = rounds}};
    return run(&o) && !o.is_full;
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
    ic_host_reset();
    ic_host_calls_reset();
    memset(&seen, 0, sizeof seen);
    ic_host_heap_add(&seen, sizeof seen);
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

static void upgrade(void)
{
    ic_host_upgrade();
    assert_true(ic_host_run(post_upgrade, NULL));
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void an_await_resumes_where_it_left(void **state)
{
    (void)state;
    assert_true(run_single(9, 3));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ic_host_call_count(), i + 1);
        assert_in_use(1, 1, 1);
        assert_true(ic_host_answer(i, IC_CALL_OK, IC_BYTES_LIT("yes")));
        assert_int_equal(seen.sizes[0], 3);
    }
    assert_int_equal(seen.begun, 1);
    assert_int_equal(seen.ended, 1);
    assert_in_use(0, 0, 0);
}

static void calls_are_as_ordered(void **state)
{
    (void)state;
    struct order o = {
        .run = single_run,
        .like = {.id = 0x0807060504030201u, .rounds = 1, .timeout_s = 30, .cycles = 99}};
    ic_host_cycles_set(0, 100, 1);
    assert_true(run(&o));
    const struct ic_call *call = ic_host_call_at(0);
    struct ic_principal to = ic_principal_from_canister_index(7);
    assert_true(ic_principal_is_equal(&call->to, &to));
    assert_true(ic_bytes_is_equal(call->method, IC_BYTES_LIT("m")));
    assert_memory_equal(call->argument.at, "\1\2\3\4\5\6\7\10", 8);
    assert_int_equal(call->timeout_s, 30);
    assert_int_equal(call->cycles, 99);
    ic_host_refund_set(44);
    assert_true(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("")));
    assert_int_equal(seen.refunded, 44);
    ic_host_cycles_set(0, 100, 2); /* one less than is to be attached: no trap, a call not sent */
    assert_true(run(&o));
    assert_int_equal(seen.codes[0], IC_CALL_SYS_TRANSIENT);
    assert_int_equal(ic_host_call_count(), 1);
    assert_in_use(0, 0, 0);
    ic_host_cycles_set(0, 0, 0);
}

static void every_code_arrives(void **state)
{
    (void)state;
    for (enum ic_call_code code = IC_CALL_OK; code <= IC_CALL_SYS_UNKNOWN; code++) {
        size_t index = ic_host_call_count();
        assert_true(run_single(1, 1));
        assert_true(ic_host_answer(index, code, IC_BYTES_LIT("why")));
        assert_int_equal(seen.codes[0], code);
        assert_memory_equal(seen.bytes[0], "why", 3);
        assert_int_equal(ic_call_had_no_effect(code), code >= 1 && code <= 3);
    }
    assert_string_equal(ic_call_code_name(IC_CALL_SYS_UNKNOWN), "IC_CALL_SYS_UNKNOWN");
    assert_string_equal(ic_call_code_name(IC_CALL_PENDING), "IC_CALL_PENDING");
}

/* The flow goes on at once, in the same message. */
static void a_call_that_cannot_be_sent(void **state)
{
    (void)state;
    ic_host_call_refuse(2);
    assert_true(run_single(1, 2));
    assert_int_equal(ic_host_call_count(), 0);
    assert_int_equal(seen.codes[0], IC_CALL_SYS_TRANSIENT);
    assert_int_equal(seen.ended, 1);
    assert_in_use(0, 0, 0);
}

static void a_join_waits_for_all(void **state)
{
    (void)state;
    for (size_t first = 0; first < 2; first++) {
        struct order o = {.run = joint_run, .like = {.id = 1, .keeps = true}};
        size_t base = ic_host_call_count();
        unsigned ended = seen.ended;
        assert_true(run(&o));
        assert_int_equal(ic_host_call_count(), base + 2);
        assert_true(ic_host_answer(base + first, IC_CALL_OK, IC_BYTES_LIT("one")));
        assert_int_equal(seen.ended, ended);
        assert_true(ic_host_answer(base + 1 - first, IC_CALL_CANISTER_REJECT, IC_BYTES_LIT("no")));
        assert_int_equal(seen.ended, ended + 1);
        assert_int_equal(seen.codes[first], IC_CALL_OK);
        assert_memory_equal(seen.bytes[first], "one", 3);
        assert_int_equal(seen.codes[1 - first], IC_CALL_CANISTER_REJECT);
        assert_memory_equal(seen.bytes[1 - first], "no", 2);
    }
    assert_in_use(0, 0, 0);
}

static void a_join_with_calls_that_were_not_sent(void **state)
{
    (void)state;
    struct order o = {.run = joint_run, .like = {.id = 1, .keeps = true}};
    ic_host_call_refuse(1);
    assert_true(run(&o));
    assert_int_equal(ic_host_call_count(), 1);
    assert_true(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("two")));
    assert_int_equal(seen.codes[0], IC_CALL_SYS_TRANSIENT);
    assert_int_equal(seen.codes[1], IC_CALL_OK);
    assert_memory_equal(seen.bytes[1], "two", 3);
    assert_in_use(0, 0, 0);
}

/* What does not fit is said to be so, in any order; reject texts are cut. */
static void answers_without_room(void **state)
{
    (void)state;
    for (int keeps = 0; keeps < 2; keeps++) {
        struct order o = {.run = joint_run, .like = {.id = 1, .keeps = keeps == 1}};
        size_t base = ic_host_call_count();
        assert_true(run(&o));
        assert_true(ic_host_answer(base, IC_CALL_OK, IC_BYTES_LIT("nine byte")));
        assert_true(ic_host_answer(base + 1, IC_CALL_CANISTER_ERROR, IC_BYTES_LIT("nine text")));
        assert_int_equal(seen.codes[0], IC_CALL_REPLY_TOO_LARGE);
        assert_int_equal(seen.sizes[0], 0);
        assert_int_equal(seen.codes[1], IC_CALL_CANISTER_ERROR);
        assert_int_equal(seen.sizes[1], keeps == 1 ? 8 : 0);
    }
}

static void an_answer_is_read_in_its_message(void **state)
{
    (void)state;
    struct order o = {.run = stale_run, .like = {.id = 1}};
    assert_true(run(&o));
    assert_true(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("old")));
    assert_false(ic_host_answer(1, IC_CALL_OK, IC_BYTES_LIT("new")));
    assert_non_null(strstr(ic_host_answer_trap_text(), "was not kept"));
    assert_in_use(0, 0, 0);
}

/* ---- traps ----------------------------------------------------------------------------------- */

static void a_trap_before_the_await_leaves_nothing(void **state)
{
    (void)state;
    struct order o = {.run = single_run, .like = {.id = 1, .rounds = 1}, .traps = true};
    assert_false(run(&o));
    assert_int_equal(ic_host_call_count(), 0);
    assert_int_equal(seen.begun, 0);
    assert_in_use(0, 0, 0);
}

static void a_trap_after_the_await_ends_the_flow(void **state)
{
    (void)state;
    struct order o = {.run = single_run, .like = {.id = 8, .rounds = 1, .traps_after = true}};
    assert_true(run(&o));
    assert_in_use(1, 1, 1);
    assert_false(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("yes")));
    assert_string_equal(ic_host_answer_trap_text(), "planned");
    assert_int_equal(seen.sizes[0], 0);
    assert_in_use(0, 0, 0);
}

/* The other call's answer comes when its flow is gone and its room belongs to others. */
static void a_late_answer_after_a_trap(void **state)
{
    (void)state;
    struct order o = {.run = single_run, .like = {.id = 1, .rounds = 1, .traps_after = true}};
    struct order two = {.run = careless_run, .like = {.id = 2}};
    assert_true(run(&two)); /* calls 0 and 1 belong to nobody */
    assert_in_use(0, 0, 0);
    assert_true(run(&o)); /* calls 2 and on take their entries */
    assert_true(run_single(2, 1));
    assert_in_use(2, 2, 2);
    assert_true(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("late")));
    assert_true(ic_host_answer(1, IC_CALL_SYS_UNKNOWN, IC_BYTES_LIT("late")));
    assert_in_use(2, 2, 2);
    assert_int_equal(seen.ended, 0);
    assert_false(ic_host_answer(2, IC_CALL_OK, IC_BYTES_LIT("x")));
    assert_true(ic_host_answer(3, IC_CALL_OK, IC_BYTES_LIT("y")));
    assert_in_use(0, 0, 0);
}

/* Every entry of the table of calls is taken by calls of today when the late answers come. */
static void late_answers_meet_reused_entries(void **state)
{
    (void)state;
    struct order careless = {.run = careless_run, .like = {.id = 2}};
    for (int i = 0; i < 4; i++) {
        assert_true(run(&careless));
    }
    for (uint64_t id = 1; id <= 2; id++) {
        struct order o = {.run = joint_run, .like = {.id = id, .keeps = true}};
        assert_true(run(&o));
    }
    assert_in_use(2, 4, 0);
    for (size_t i = 0; i < 8; i++) {
        assert_true(ic_host_answer(i, IC_CALL_OK, IC_BYTES_LIT("late")));
    }
    assert_in_use(2, 4, 0);
    for (size_t i = 8; i < 12; i++) {
        assert_true(ic_host_answer(i, IC_CALL_OK, IC_BYTES_LIT("now")));
        assert_memory_not_equal(seen.bytes[0], "lat", 3);
    }
    assert_int_equal(seen.ended, 2);
    assert_in_use(0, 0, 0);
}

/* ---- upgrades -------------------------------------------------------------------------------- */

/* The same calls in the same order, before and after: only the tickets tell them apart. */
static void a_late_answer_after_an_upgrade(void **state)
{
    (void)state;
    for (size_t round = 0; round < 5; round++) {
        size_t base = ic_host_call_count();
        assert_true(run_single(1, 1));
        upgrade();
        assert_in_use(0, 0, 0);
        assert_true(run_single(1, 1));
        assert_true(ic_host_answer(base, IC_CALL_OK, IC_BYTES_LIT("late")));
        assert_int_equal(seen.ended, 0);
        assert_in_use(1, 1, 1);
        assert_true(ic_host_answer(base + 1, IC_CALL_OK, IC_BYTES_LIT("now")));
        assert_memory_equal(seen.bytes[0], "now", 3);
        assert_in_use(0, 0, 0);
        memset(&seen, 0, sizeof seen);
    }
}

/* Answers that come while nothing is open, not even the pool. */
static void an_answer_before_post_upgrade_is_done(void **state)
{
    (void)state;
    assert_true(run_single(1, 1));
    ic_host_upgrade();
    assert_true(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("late")));
    assert_int_equal(seen.ended, 0);
    assert_true(ic_host_run(post_upgrade, NULL));
}

static void damage(void *argument)
{
    uint8_t *head = ic_host_stable() + 4096 + REGION_ASYNC * IC_STORE_HEAD_BYTES;
    head[*(const size_t *)argument] = 9;
    ic_async_open(&pool, &store, REGION_ASYNC);
}

static void a_damaged_sequence_traps(void **state)
{
    (void)state;
    for (size_t at = 2; at <= 4; at += 2) { /* the block, the version */
        assert_false(ic_host_run(damage, &at));
        assert_non_null(strstr(ic_host_trap_text(), "sequence of tickets"));
    }
}

/* More tickets than a block has: the next block is taken, no ticket comes twice. */
static void blocks_follow_each_other(void **state)
{
    (void)state;
    ic_host_call_refuse(IC_ASYNC_BLOCK + 10);
    for (unsigned i = 0; i < IC_ASYNC_BLOCK / 8 + 1; i++) {
        assert_true(run_single(1, 8));
    }
    uint32_t next_block;
    memcpy(&next_block, ic_host_stable() + 4096 + REGION_ASYNC * IC_STORE_HEAD_BYTES, 4);
    assert_int_equal(next_block, 2); /* the clock said 0, so blocks 0 and 1 are taken */
    ic_host_call_refuse(0);
    assert_true(run_single(1, 1));
    assert_true(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("")));
    assert_in_use(0, 0, 0);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void frames_run_out(void **state)
{
    (void)state;
    ic_host_reset();
    ic_host_calls_reset();
    assert_true(ic_host_run(create, NULL));
    struct order o = {.run = single_run, .like = {.rounds = 1}};
    for (uint64_t id = 0; id < FLOWS; id++) {
        o.like.id = id % LOCKS; /* the third finds its lock taken and ends */
        assert_true(run(&o) && !o.is_full);
    }
    assert_in_use(2, 2, 2);
    struct order joint = {.run = joint_run, .like = {.keeps = true}};
    assert_true(run(&joint) && !joint.is_full);
    assert_in_use(3, 4, 2);
    assert_true(run(&o) && o.is_full);
    for (size_t i = 0; i < 4; i++) {
        assert_true(ic_host_answer(i, IC_CALL_OK, IC_BYTES_LIT("")));
    }
    assert_in_use(0, 0, 0);
}

static void calls_run_out(void **state)
{
    (void)state;
    struct order joint = {.run = joint_run, .like = {.keeps = true}};
    assert_true(run(&joint));
    assert_true(run(&joint));
    assert_in_use(2, CALLS, 0);
    assert_true(run(&joint)); /* its calls are refused at once, it ends */
    assert_int_equal(seen.codes[0], IC_CALL_SYS_TRANSIENT);
    assert_int_equal(seen.codes[1], IC_CALL_SYS_TRANSIENT);
    assert_in_use(2, CALLS, 0);
}

/* ---- locks ----------------------------------------------------------------------------------- */

static void hold_locks(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    struct ic_call call = call_of(f);
    IC_FLOW_BEGIN(f);
    assert_int_equal(ic_lock(flow, KIND, IC_BYTES_LIT("a")), IC_LOCK_OK);
    assert_int_equal(ic_lock(flow, KIND, IC_BYTES_LIT("a")), IC_LOCK_OK);
    assert_int_equal(ic_lock(flow, KIND + 1, IC_BYTES_LIT("a")), IC_LOCK_OK);
    assert_int_equal(ic_lock(flow, KIND, IC_BYTES_LIT("b")), IC_LOCK_FULL);
    ic_unlock(flow, KIND + 1, IC_BYTES_LIT("a"));
    assert_int_equal(ic_lock(flow, KIND, IC_BYTES_LIT("")), IC_LOCK_OK);
    IC_AWAIT(f, ic_call(&f->flow, &f->answers[0], &call));
    IC_FLOW_END(f);
}

static void want_lock(struct ic_flow *flow)
{
    assert_int_equal(ic_lock(flow, KIND, IC_BYTES_LIT("a")), IC_LOCK_BUSY);
    assert_int_equal(ic_lock(flow, KIND, IC_BYTES_LIT("")), IC_LOCK_BUSY);
    assert_int_equal(ic_lock(flow, KIND, IC_BYTES_LIT("c")), IC_LOCK_FULL);
}

static void steal_lock(struct ic_flow *flow)
{
    ic_unlock(flow, KIND, IC_BYTES_LIT("a"));
}

static void locks_belong_to_flows(void **state)
{
    (void)state;
    struct order holder = {.run = hold_locks, .like = {.id = 1}};
    struct order other = {.run = want_lock, .like = {.id = 2}};
    struct order thief = {.run = steal_lock, .like = {.id = 3}};
    assert_true(run(&holder));
    assert_true(ic_lock_is_held(KIND, IC_BYTES_LIT("a")));
    assert_false(ic_lock_is_held(KIND + 1, IC_BYTES_LIT("a")));
    assert_true(run(&other));
    assert_false(run(&thief));
    assert_in_use(1, 1, 2);
    assert_true(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("")));
    assert_false(ic_lock_is_held(KIND, IC_BYTES_LIT("a")));
    assert_in_use(0, 0, 0);
}

/* ---- flows in flows --------------------------------------------------------------------------- */

/* Asks twice under a lock of the flow it is part of; in the second round it traps when told to. */
struct ask {
    struct ic_flow flow;
    struct ic_answer answer;
    unsigned round;
    bool traps;
    unsigned sum;
};

struct pair {
    struct ic_flow flow;
    struct ask ask;
    unsigned round;
};

struct nest {
    struct ic_flow flow;
    struct pair pair;
    bool traps;
};
_Static_assert(sizeof(struct nest) <= sizeof(struct frame), "fits the pool");

static void ask_run(struct ic_flow *flow)
{
    struct ask *f = (struct ask *)flow;
    struct ic_call call = {.method = IC_BYTES_LIT("ask")};
    IC_FLOW_BEGIN(f);
    for (f->round = 0; f->round < 2; f->round++) {
        if (ic_lock_u64(flow, KIND, 1) != IC_LOCK_OK) {
            return;
        }
        IC_AWAIT(f, ic_call(flow, &f->answer, &call));
        if (f->traps && f->round == 1) {
            IC_TRAP("planned");
        }
        f->sum += f->answer.code == IC_CALL_OK ? ic_answer_bytes(&f->answer).at[0] - '0' : 0;
    }
    IC_FLOW_END(f);
}

static void pair_run(struct ic_flow *flow)
{
    struct pair *f = (struct pair *)flow;
    IC_FLOW_BEGIN(f);
    for (f->round = 0; f->round < 2; f->round++) {
        IC_AWAIT_FLOW(f, ask_run, &f->ask);
    }
    ic_unlock_u64(flow, KIND, 1);
    IC_FLOW_END(f);
}

static void nest_run(struct ic_flow *flow)
{
    struct nest *f = (struct nest *)flow;
    IC_FLOW_BEGIN(f);
    f->pair.ask.traps = f->traps;
    IC_AWAIT_FLOW(f, pair_run, &f->pair);
    seen.refunded = f->pair.ask.sum;
    seen.ended++;
    IC_FLOW_END(f);
}

static void nest_start(void *argument)
{
    struct nest *f = ic_flow_new(nest_run, NULL, sizeof *f);
    ic_assert(f != NULL);
    f->traps = *(bool *)argument;
    ic_flow_start(&f->flow);
}

static void a_flow_calls_flows(void **state)
{
    (void)state;
    static const char *const replies[] = {"1", "2", "3", "4"};
    bool traps = false;
    assert_true(ic_host_flow_run(nest_start, &traps));
    for (size_t i = 0; i < 4; i++) {
        assert_in_use(1, 1, 1);
        assert_int_equal(seen.ended, 0);
        assert_true(ic_host_answer(i, IC_CALL_OK, ic_bytes_from_text(replies[i])));
    }
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.refunded, 10);
    assert_in_use(0, 0, 0);
}

/* Calls that cannot be sent: the whole nest ends in one message. */
static void a_nest_without_calls(void **state)
{
    (void)state;
    bool traps = false;
    ic_host_call_refuse(4);
    assert_true(ic_host_flow_run(nest_start, &traps));
    assert_int_equal(seen.ended, 1);
    assert_in_use(0, 0, 0);
}

static void a_trap_two_flows_down(void **state)
{
    (void)state;
    bool traps = true;
    assert_true(ic_host_flow_run(nest_start, &traps));
    assert_true(ic_host_answer(0, IC_CALL_OK, IC_BYTES_LIT("1")));
    assert_in_use(1, 1, 1);
    assert_false(ic_host_answer(1, IC_CALL_OK, IC_BYTES_LIT("2")));
    assert_in_use(0, 0, 0);
}

/* ---- frames that are not started --------------------------------------------------------------- */

static void forgets_to_start(void *argument)
{
    (void)argument;
    ic_assert(ic_flow_new(single_run, NULL, sizeof(struct frame)) != NULL);
}

static void prepares_two(void *argument)
{
    (void)argument;
    struct frame *one = ic_flow_new(joint_run, NULL, sizeof *one);
    struct frame *two = ic_flow_new(joint_run, NULL, sizeof *two);
    ic_flow_start(&one->flow);
    ic_flow_start(&two->flow);
}

static void locks_before_it_starts(void *argument)
{
    (void)argument;
    struct frame *f = ic_flow_new(single_run, NULL, sizeof *f);
    (void)!ic_lock_u64(&f->flow, KIND, 1);
}

static void a_frame_that_is_not_started_is_free(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * FLOWS; i++) {
        assert_true(ic_host_flow_run(forgets_to_start, NULL));
    }
    assert_in_use(0, 0, 0);
    assert_true(run_single(1, 1));
    assert_in_use(1, 1, 1);
    assert_false(ic_host_flow_run(prepares_two, NULL));
    assert_non_null(strstr(ic_host_trap_text(), "given out again"));
    assert_false(ic_host_flow_run(locks_before_it_starts, NULL));
    assert_in_use(1, 1, 1);
}

static void a_call_without_an_answer(void **state)
{
    (void)state;
    struct ic_call call = {.method = IC_BYTES_LIT("tell")};
    assert_int_equal(ic_call_oneway(&call), IC_CALL_OK);
    assert_true(ic_host_answer(0, IC_CALL_CANISTER_ERROR, IC_BYTES_LIT("no")));
    ic_host_call_refuse(1);
    assert_int_equal(ic_call_oneway(&call), IC_CALL_SYS_TRANSIENT);
    assert_in_use(0, 0, 0);
}

/* ---- everything at random, against a plain count --------------------------------------------- */

static void random_life(void **state)
{
    (void)state;
    uint64_t seed = 1;
    size_t late = 0;
    for (int i = 0; i < 3000; i++) {
        int dice = (int)test_random_below(&seed, 100);
        struct order o = {.run = dice % 2 == 0 ? single_run : joint_run,
                          .like = {.id = test_random_below(&seed, 4) + 1,
                                   .keeps = true,
                                   .traps_after = test_random_below(&seed, 3) == 0,
                                   .rounds = (unsigned)test_random_below(&seed, 3) + 1},
                          .traps = test_random_below(&seed, 5) == 0};
        if (dice < 45 && ic_host_call_count() + 4 < IC_HOST_CALLS_MAX) {
            (void)run(&o);
        } else if (dice < 97 && ic_host_call_count() > 0) {
            size_t index = (size_t)test_random_below(&seed, ic_host_call_count());
            if (ic_host_call_is_open(index)) {
                (void)ic_host_answer(index, (enum ic_call_code)test_random_below(&seed, 7),
                                     IC_BYTES_LIT("r"));
            }
        } else if (dice >= 97) {
            upgrade();
            assert_in_use(0, 0, 0);
        }
        struct ic_async_status status = ic_async_status();
        assert_true(status.flows <= FLOWS && status.calls <= CALLS && status.locks <= status.flows);
        assert_true(status.calls >= status.flows); /* each waits for one at least */
    }
    for (size_t i = 0; i < ic_host_call_count(); i++) {
        if (ic_host_call_is_open(i)) {
            (void)ic_host_answer(i, IC_CALL_OK, IC_BYTES_LIT("end"));
            late++;
        }
    }
    assert_true(late > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_await_resumes_where_it_left),
        TEST(calls_are_as_ordered),
        TEST(every_code_arrives),
        TEST(a_call_that_cannot_be_sent),
        TEST(a_join_waits_for_all),
        TEST(a_join_with_calls_that_were_not_sent),
        TEST(answers_without_room),
        TEST(an_answer_is_read_in_its_message),
        TEST(a_trap_before_the_await_leaves_nothing),
        TEST(a_trap_after_the_await_ends_the_flow),
        TEST(a_late_answer_after_a_trap),
        TEST(late_answers_meet_reused_entries),
        TEST(a_late_answer_after_an_upgrade),
        TEST(an_answer_before_post_upgrade_is_done),
        TEST(a_damaged_sequence_traps),
        TEST(blocks_follow_each_other),
        TEST(frames_run_out),
        TEST(calls_run_out),
        TEST(locks_belong_to_flows),
        TEST(a_flow_calls_flows),
        TEST(a_nest_without_calls),
        TEST(a_trap_two_flows_down),
        TEST(a_frame_that_is_not_started_is_free),
        TEST(a_call_without_an_answer),
        TEST(random_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
