/* Faults between canisters: alice calls bob, the hook interferes. Bob adds a word to stable memory
 * and answers "done"; alice keeps "asked" before and "told" after, and tells what came back. */
#include "world.h"

#define NS_PER_S UINT64_C(1000000000)

struct plan {
    struct world *w;
    uint64_t at; /* message: 1 the request, 2 the response */
    struct axon_fault fault;
    bool upgrades; /* bob, before the message */
    uint64_t seen;
    struct axon_traffic last;
};

static struct axon_fault hook(void *context, struct axon_network *net,
                              const struct axon_traffic *traffic)
{
    struct plan *p = context;
    p->seen++;
    assert_int_equal(traffic->number, p->seen);
    p->last = *traffic;
    assert_true(ic_bytes_is_equal(traffic->method,
                                  traffic->is_response ? IC_BYTES_LIT("") : IC_BYTES_LIT("run")));
    if (traffic->number != p->at) {
        return (struct axon_fault){.kind = AXON_FAULT_NONE};
    }
    if (p->upgrades) {
        struct axon_outcome out = {0};
        axon_install(net, &out, &p->w->user, &p->w->bob, AXON_UPGRADE, axon_buf_bytes(&p->w->wasm),
                     IC_BYTES_LIT(""));
        assert_int_equal(out.status, AXON_STATUS_REPLIED);
        axon_outcome_free(&out);
    }
    return p->fault;
}

static void script_tell(struct axon_buf *s)
{
    script_op(s, PROBE_REJECT_CODE);
    script_op(s, PROBE_BYTES);
    script_op(s, PROBE_APPEND);
    script_text_op(s, "told", PROBE_KEEP);
    script_op(s, PROBE_REPLY);
}

/* Submits alice's call and runs; w->out is what is known of it then. */
static uint64_t run(struct plan *p, uint32_t timeout_s)
{
    struct world *w = p->w;
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0}, on_reject = {0}, cleanup = {0};
    script_text_op(&to_bob, "bob was here", PROBE_KEEP);
    script_reply(&to_bob, "done");
    script_tell(&on_reply);
    script_tell(&on_reject);
    script_text_op(&cleanup, "cleaned", PROBE_KEEP);
    script_text_op(&s, "asked", PROBE_KEEP);
    script_call(&s, &w->bob, "run", &to_bob, &on_reply, &on_reject);
    script_script(&s, &cleanup);
    script_op(&s, PROBE_CALL_CLEANUP);
    script_num_op(&s, 700, PROBE_CALL_CYCLES);
    if (timeout_s != 0) {
        script_num_op(&s, timeout_s, PROBE_CALL_BEST_EFFORT);
    }
    script_perform(&s);
    axon_set_fault_hook(w->net, hook, p);
    uint64_t id = axon_submit(w->net, &w->out, &w->user, &w->alice, "run", axon_buf_bytes(&s));
    axon_buf_free(&s);
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, id));
    return id;
}

static void expect_code(struct world *w, enum axon_reject_code code)
{
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    assert_int_equal(w->out.reply.at[0], code);
    expect_kept(w, &w->alice, "told");
}

static void expect_bob_executed(struct world *w, bool executed)
{
    expect_kept(w, &w->bob, executed ? "bob was here" : "");
}

static void wait(struct world *w, uint64_t id, uint64_t seconds)
{
    axon_set_time(w->net, axon_time(w->net) + seconds * NS_PER_S);
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, id));
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_the_hook_sees(void **state)
{
    struct world *w = *state;
    struct plan p = {.w = w};
    (void)run(&p, 10);
    expect_code(w, AXON_REJECT_NONE);
    assert_int_equal(p.seen, 2);
    assert_true(p.last.is_response && p.last.is_bounded);
    assert_true(ic_principal_is_equal(&p.last.from, &w->bob));
    assert_true(ic_principal_is_equal(&p.last.to, &w->alice));
    assert_int_equal(p.last.code, AXON_REJECT_NONE);
    axon_set_fault_hook(w->net, NULL, NULL);
}

static void test_request_rejected(void **state)
{
    struct world *w = *state;
    for (unsigned code = AXON_SYS_FATAL; code <= AXON_SYS_UNKNOWN; code++) {
        struct plan p = {.w = w, .at = 1, .fault = {.kind = AXON_FAULT_REJECT, .code = code}};
        (void)run(&p, 0);
        expect_code(w, code);
        expect_bob_executed(w, false);
        expect_cycles(w, &w->alice, WORLD_CYCLES);
    }
}

static void test_response_rejected(void **state)
{
    struct world *w = *state;
    struct plan p = {
        .w = w, .at = 2, .fault = {.kind = AXON_FAULT_REJECT, .code = AXON_SYS_UNKNOWN}};
    (void)run(&p, 0);
    expect_code(w, AXON_SYS_UNKNOWN);
    expect_bob_executed(w, true);
    expect_cycles(w, &w->alice, WORLD_CYCLES);
}

static void test_dropped(void **state)
{
    struct world *w = *state;
    for (uint64_t at = 1; at <= 2; at++) {
        struct plan p = {.w = w, .at = at, .fault = {.kind = AXON_FAULT_DROP}};
        uint64_t id = run(&p, 10);
        assert_int_equal(w->out.status, AXON_STATUS_PROCESSING);
        expect_kept(w, &w->alice, "asked");
        wait(w, id, 11);
        expect_code(w, AXON_SYS_UNKNOWN);
        expect_bob_executed(w, at == 2);
        assert_int_equal(world_info(w, &w->alice).open_call_contexts, 0);
    }
}

/* What has no deadline is never lost. */
static void test_unbounded_is_not_dropped(void **state)
{
    struct world *w = *state;
    for (uint64_t at = 1; at <= 2; at++) {
        struct plan p = {.w = w, .at = at, .fault = {.kind = AXON_FAULT_DROP}};
        (void)run(&p, 0);
        expect_code(w, AXON_REJECT_NONE);
    }
}

static void test_delayed(void **state)
{
    struct world *w = *state;
    for (uint64_t at = 1; at <= 2; at++) {
        struct plan p = {.w = w, .at = at, .fault = {.kind = AXON_FAULT_DELAY}};
        p.fault.until_ns = axon_time(w->net) + 5 * NS_PER_S;
        uint64_t id = run(&p, 0);
        wait(w, id, 4);
        assert_int_equal(w->out.status, AXON_STATUS_PROCESSING);
        wait(w, id, 1);
        expect_code(w, AXON_REJECT_NONE);
        assert_int_equal(p.seen, 2); /* it is shown once */
    }
}

/* A bounded call is answered by its deadline; what comes later changes nothing for alice. */
static void test_delayed_beyond_the_deadline(void **state)
{
    struct world *w = *state;
    for (uint64_t at = 1; at <= 2; at++) {
        struct plan p = {.w = w, .at = at, .fault = {.kind = AXON_FAULT_DELAY}};
        p.fault.until_ns = axon_time(w->net) + 50 * NS_PER_S;
        uint64_t id = run(&p, 10);
        wait(w, id, 11);
        expect_code(w, AXON_SYS_UNKNOWN);
        wait(w, id, 50);
        expect_bob_executed(w, at == 2); /* a request that comes too late is dropped */
        assert_int_equal(world_info(w, &w->alice).open_call_contexts, 0);
    }
}

static void test_callee_traps(void **state)
{
    struct world *w = *state;
    const enum axon_fault_kind kinds[] = {AXON_FAULT_TRAP_BEFORE, AXON_FAULT_TRAP_AFTER};
    for (size_t i = 0; i < 2; i++) {
        struct plan p = {.w = w, .at = 1, .fault = {.kind = kinds[i]}};
        axon_records_clear(w->net);
        (void)run(&p, 0);
        size_t count;
        const struct axon_execution_record *records = axon_records(w->net, &count);
        assert_int_equal(count, 4); /* inspect, alice, bob, alice */
        assert_true(records[2].trapped);
        assert_int_equal(records[2].instructions > 0, kinds[i] == AXON_FAULT_TRAP_AFTER);
        expect_code(w, AXON_CANISTER_ERROR);
        expect_bob_executed(w, false);
    }
}

static void test_callback_traps(void **state)
{
    struct world *w = *state;
    const enum axon_fault_kind kinds[] = {AXON_FAULT_TRAP_BEFORE, AXON_FAULT_TRAP_AFTER};
    for (size_t i = 0; i < 2; i++) {
        struct plan p = {.w = w, .at = 2, .fault = {.kind = kinds[i]}};
        axon_records_clear(w->net);
        (void)run(&p, 0);
        assert_int_equal(w->out.status, AXON_STATUS_REJECTED);
        expect_error(w, "IC0502", "injected fault");
        expect_executions(w, "inspect update update reply_callback! cleanup");
        expect_kept(w, &w->alice, "cleaned");
        expect_bob_executed(w, true);
    }
}

/* The heap of bob is gone: his answer was on its way already, or his code is asked anew. */
static void test_upgrade_in_between(void **state)
{
    struct world *w = *state;
    for (uint64_t at = 1; at <= 2; at++) {
        struct plan p = {.w = w, .at = at, .upgrades = true};
        (void)run(&p, 0);
        expect_code(w, AXON_REJECT_NONE);
        expect_bob_executed(w, at == 1);
    }
}

static void test_cycles_set(void **state)
{
    struct world *w = *state;
    struct ic_principal nobody = ic_principal_from_canister_index(77);
    struct plan p = {.w = w};
    assert_false(axon_cycles_set(w->net, &nobody, 0, 1));
    assert_true(axon_cycles_set(w->net, &w->bob, 0, 1000));
    expect_cycles(w, &w->bob, 1000);
    (void)run(&p, 0);
    expect_code(w, AXON_SYS_TRANSIENT);
    assert_true(axon_cycles_set(w->net, &w->bob, 1, 0));
    expect_bob_executed(w, false);
    assert_int_equal(world_info(w, &w->bob).cycles_hi, 1);
}

/* A network can be dropped while messages are held. */
static void test_dropped_while_held(void **state)
{
    struct world *w = *state;
    struct plan p = {.w = w, .at = 1, .fault = {.kind = AXON_FAULT_DELAY, .until_ns = UINT64_MAX}};
    (void)run(&p, 0);
    assert_int_equal(w->out.status, AXON_STATUS_PROCESSING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_hook_sees),
        TEST(test_request_rejected),
        TEST(test_response_rejected),
        TEST(test_dropped),
        TEST(test_unbounded_is_not_dropped),
        TEST(test_delayed),
        TEST(test_delayed_beyond_the_deadline),
        TEST(test_callee_traps),
        TEST(test_callback_traps),
        TEST(test_upgrade_in_between),
        cmocka_unit_test_setup_teardown(test_cycles_set, world_setup_paying, world_teardown),
        TEST(test_dropped_while_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
