/* Calls between canisters: replies, rejects, traps on every side, cleanup, cycles, deadlines. After
 * each failure the state of heap, stable memory, certified data, timer and balance is looked at. */
#include "world.h"

/* Writes into everything that can be rolled back. */
static void script_change_everything(struct axon_buf *s, const char *text)
{
    script_text_op(s, text, PROBE_KEEP);
    script_num(s, 0);
    script_text_op(s, text, PROBE_STABLE_WRITE);
    script_text_op(s, text, PROBE_CERTIFY);
    script_num_op(s, 5, PROBE_TIMER);
}

/* Gives a canister one page of stable memory and known contents everywhere. */
static void world_fill(struct world *w, const struct ic_principal *canister, const char *text)
{
    struct axon_buf s = {0};
    script_num_op(&s, 1, PROBE_STABLE_GROW);
    script_text_op(&s, text, PROBE_KEEP);
    script_num(&s, 0);
    script_text_op(&s, text, PROBE_STABLE_WRITE);
    script_text_op(&s, text, PROBE_CERTIFY);
    script_reply(&s, "");
    world_run(w, canister, &s);
    expect_reply(w, "");
    axon_records_clear(w->net);
}

static void expect_everything(struct world *w, const struct ic_principal *canister,
                              const char *text)
{
    struct axon_canister_info info = world_info(w, canister);
    expect_kept(w, canister, text);
    expect_stable(w, canister, text);
    assert_int_equal(info.certified_data_size, strlen(text));
    assert_memory_equal(info.certified_data, text, strlen(text));
    assert_int_equal(info.global_timer_ns, 0);
    assert_int_equal(info.open_call_contexts, 0);
}

/* ---- one canister ---------------------------------------------------------------------------- */

static void test_reply(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_op(&s, PROBE_CALLER);
    script_op(&s, PROBE_APPEND);
    script_op(&s, PROBE_SELF);
    script_op(&s, PROBE_APPEND);
    script_op(&s, PROBE_REPLY);
    world_run(w, &w->alice, &s);
    struct axon_buf expected = {0};
    axon_buf_append(&expected, ic_principal_bytes(&w->user));
    axon_buf_append(&expected, ic_principal_bytes(&w->alice));
    expect_reply_bytes(w, axon_buf_bytes(&expected));
    axon_buf_free(&expected);
    assert_true(w->out.instructions > 0);
    expect_executions(w, "inspect update");
}

static void test_reject(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    world_fill(w, &w->alice, "old");
    script_text_op(&s, "new", PROBE_KEEP);
    script_text_op(&s, "no", PROBE_REJECT);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0406", "no");
    assert_string_equal(axon_buf_text(&w->out.reject_text), "no");
    expect_kept(w, &w->alice, "new"); /* a reject is an answer, not a failure */
}

static void test_trap_rolls_back(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    world_fill(w, &w->alice, "old");
    uint64_t version = world_info(w, &w->alice).version;
    script_change_everything(&s, "new");
    script_num_op(&s, 3, PROBE_STABLE_GROW);
    script_num_op(&s, 7, PROBE_BURN);
    script_text_op(&s, "boom", PROBE_TRAP);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0503", "Canister called `ic0.trap` with message: 'boom'");
    expect_everything(w, &w->alice, "old");
    expect_cycles(w, &w->alice, WORLD_CYCLES);
    assert_int_equal(world_info(w, &w->alice).stable_bytes, 65536);
    assert_int_equal(world_info(w, &w->alice).version, version);
    struct axon_buf log = {0};
    axon_canister_log(w->net, &w->alice, &log);
    assert_non_null(strstr(axon_buf_text(&log), "[TRAP]: boom"));
    axon_buf_free(&log);
}

static void test_no_answer(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_text_op(&s, "kept", PROBE_KEEP);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0506", "did not reply to the call");
    expect_kept(w, &w->alice, "kept"); /* returning is success, answered or not */
}

static void test_answers_twice(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_reply(&s, "one");
    script_op(&s, PROBE_REPLY);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0504", "Canister violated contract: ic0.msg_reply");
}

/* ---- two canisters --------------------------------------------------------------------------- */

static void test_call_reply(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0};
    script_op(&to_bob, PROBE_CALLER);
    script_op(&to_bob, PROBE_APPEND);
    script_op(&to_bob, PROBE_REPLY);
    script_text_op(&on_reply, "answered", PROBE_KEEP);
    script_reply_arg(&on_reply);
    script_call(&s, &w->bob, "run", &to_bob, &on_reply, NULL);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    expect_reply_bytes(w, ic_principal_bytes(&w->alice));
    expect_executions(w, "inspect update update reply_callback");
    expect_kept(w, &w->alice, "answered");
}

static void script_tell_reject(struct axon_buf *s)
{
    script_op(s, PROBE_REJECT_CODE);
    script_op(s, PROBE_BYTES);
    script_op(s, PROBE_APPEND);
    script_op(s, PROBE_REJECT_TEXT);
    script_op(s, PROBE_APPEND);
    script_op(s, PROBE_REPLY);
}

/* The reply of script_tell_reject. */
static void expect_told(struct world *w, enum axon_reject_code code, const char *part)
{
    expect_reply_bytes(w, axon_buf_bytes(&w->out.reply));
    assert_true(w->out.reply.size >= 8);
    assert_int_equal(w->out.reply.at[0], code);
    if (strstr(axon_buf_text(&w->out.reply) + 8, part) == NULL) {
        print_error("\"%s\" lacks \"%s\"\n", axon_buf_text(&w->out.reply) + 8, part);
        fail();
    }
}

static void test_call_reject(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reject = {0};
    script_text_op(&to_bob, "not today", PROBE_REJECT);
    script_tell_reject(&on_reject);
    script_call(&s, &w->bob, "run", &to_bob, NULL, &on_reject);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    expect_told(w, AXON_CANISTER_REJECT, "not today");
    expect_executions(w, "inspect update update reject_callback");
}

static void test_callee_traps(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reject = {0};
    world_fill(w, &w->bob, "old");
    script_change_everything(&to_bob, "new");
    script_op(&to_bob, PROBE_UNREACHABLE);
    script_tell_reject(&on_reject);
    script_call(&s, &w->bob, "run", &to_bob, NULL, &on_reject);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    expect_told(w, AXON_CANISTER_ERROR, "Canister trapped: unreachable");
    expect_everything(w, &w->bob, "old");
}

struct unreachable_case {
    const char *method;
    bool to_nobody;
    enum axon_reject_code code;
    const char *part;
};

static void test_call_that_cannot_arrive(void **state)
{
    static const struct unreachable_case CASES[] = {
        {"run", true, AXON_DESTINATION_INVALID, "not found"},
        {"nothing", false, AXON_CANISTER_ERROR, "Canister has no update method 'nothing'"},
        {"ask_others", false, AXON_CANISTER_ERROR,
         "Composite query cannot be called in replicated mode"},
    };
    struct world *w = *state;
    struct ic_principal nobody = ic_principal_from_canister_index(77);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct axon_buf s = {0}, on_reject = {0};
        script_tell_reject(&on_reject);
        script_call(&s, CASES[i].to_nobody ? &nobody : &w->bob, CASES[i].method, NULL, NULL,
                    &on_reject);
        script_num_op(&s, 500, PROBE_CALL_CYCLES);
        script_perform(&s);
        world_run(w, &w->alice, &s);
        expect_told(w, CASES[i].code, CASES[i].part);
        expect_cycles(w, &w->alice, WORLD_CYCLES);
    }
}

static void test_trap_drops_calls(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0};
    world_fill(w, &w->bob, "old");
    script_text_op(&to_bob, "new", PROBE_KEEP);
    script_call(&s, &w->bob, "run", &to_bob, NULL, NULL);
    script_num_op(&s, 500, PROBE_CALL_CYCLES);
    script_perform(&s);
    script_op(&s, PROBE_UNREACHABLE);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0502", "Canister trapped: unreachable");
    expect_executions(w, "inspect update!");
    expect_kept(w, &w->bob, "old");
    expect_cycles(w, &w->alice, WORLD_CYCLES);
}

static void test_reply_then_callback(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0};
    script_reply(&to_bob, "late");
    script_op(&on_reply, PROBE_ARG);
    script_op(&on_reply, PROBE_KEEP);
    script_call(&s, &w->bob, "run", &to_bob, &on_reply, NULL);
    script_perform(&s);
    script_reply(&s, "early");
    world_run(w, &w->alice, &s);
    expect_reply(w, "early");
    expect_kept(w, &w->alice, "late");
}

/* A query method called by a canister runs replicated: its changes are dropped, cycles stay. */
static void test_call_of_a_query(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0};
    world_fill(w, &w->bob, "old");
    script_text_op(&to_bob, "new", PROBE_KEEP);
    script_op(&to_bob, PROBE_IS_REPLICATED);
    script_op(&to_bob, PROBE_CHECK);
    script_num_op(&to_bob, 30, PROBE_ACCEPT);
    script_reply(&to_bob, "asked");
    script_reply_arg(&on_reply);
    script_call(&s, &w->bob, "ask", &to_bob, &on_reply, NULL);
    script_num_op(&s, 100, PROBE_CALL_CYCLES);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    expect_reply(w, "asked");
    expect_executions(w, "inspect update query reply_callback");
    expect_everything(w, &w->bob, "old");
    expect_cycles(w, &w->alice, WORLD_CYCLES - 30);
    expect_cycles(w, &w->bob, WORLD_CYCLES + 30);
}

/* Two calls are open, the first callback traps: the context lives on and the second answers. */
static void test_another_call_is_open(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, first = {0}, second = {0}, fails = {0}, answers = {0};
    script_reply(&first, "");
    script_reply(&second, "second");
    script_op(&fails, PROBE_UNREACHABLE);
    script_reply_arg(&answers);
    script_call(&s, &w->bob, "run", &first, &fails, NULL);
    script_perform(&s);
    script_call(&s, &w->bob, "run", &second, &answers, NULL);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    expect_reply(w, "second");
    assert_int_equal(world_info(w, &w->alice).open_call_contexts, 0);
}

/* ---- callbacks that fail --------------------------------------------------------------------- */

/* Alice changes to "before", calls bob, and her reply callback changes to "callback", then traps.
 */
static void run_failing_callback(struct world *w, struct axon_buf *cleanup)
{
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0};
    world_fill(w, &w->alice, "old");
    script_text_op(&s, "before", PROBE_KEEP);
    script_num(&s, 0);
    script_text_op(&s, "before", PROBE_STABLE_WRITE);
    script_text_op(&s, "before", PROBE_CERTIFY);
    script_reply(&to_bob, "");
    script_change_everything(&on_reply, "callback");
    script_text_op(&on_reply, "oh", PROBE_TRAP);
    script_call(&s, &w->bob, "run", &to_bob, &on_reply, NULL);
    if (cleanup != NULL) {
        script_script(&s, cleanup);
        script_op(&s, PROBE_CALL_CLEANUP);
    }
    script_perform(&s);
    world_run(w, &w->alice, &s);
}

static void test_callback_traps(void **state)
{
    struct world *w = *state;
    run_failing_callback(w, NULL);
    expect_error(w, "IC0503", "with message: 'oh'");
    expect_executions(w, "inspect update update reply_callback!");
    expect_everything(w, &w->alice, "before"); /* an await is a commit */
}

static void test_cleanup(void **state)
{
    struct world *w = *state;
    struct axon_buf cleanup = {0};
    script_text_op(&cleanup, "cleaned", PROBE_KEEP);
    run_failing_callback(w, &cleanup);
    expect_error(w, "IC0503", "with message: 'oh'");
    expect_executions(w, "inspect update update reply_callback! cleanup");
    expect_kept(w, &w->alice, "cleaned");
    expect_stable(w, &w->alice, "before");
}

static void test_cleanup_traps(void **state)
{
    struct world *w = *state;
    struct axon_buf cleanup = {0};
    script_text_op(&cleanup, "cleaned", PROBE_KEEP);
    script_text_op(&cleanup, "dear", PROBE_TRAP);
    run_failing_callback(w, &cleanup);
    expect_error(w, "IC0503", "with message: 'oh'");
    expect_error(w, "IC0503", "\n\ncall_on_cleanup also failed:\n\n");
    expect_error(w, "IC0503", "with message: 'dear'");
    expect_executions(w, "inspect update update reply_callback! cleanup!");
    expect_everything(w, &w->alice, "before");
}

static void test_cleanup_cannot_answer(void **state)
{
    struct world *w = *state;
    struct axon_buf cleanup = {0};
    script_op(&cleanup, PROBE_REPLY);
    run_failing_callback(w, &cleanup);
    expect_error(w, "IC0503", "\"ic0_msg_reply\" cannot be executed in cleanup mode");
}

static void test_bad_callback_index(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0};
    script_reply(&to_bob, "");
    script_num(&s, 4000000000u);
    script_str(&s, ic_principal_bytes(&w->bob));
    script_text_op(&s, "run", PROBE_CALL_RAW);
    script_script(&s, &to_bob);
    script_op(&s, PROBE_CALL_DATA);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0513", "non-existent Wasm function 4000000000 from table 0");
}

/* ---- cycles ---------------------------------------------------------------------------------- */

/* Alice sends bob 100 cycles with a script; her callbacks reply with what came back. */
static void run_with_cycles(struct world *w, struct axon_buf *to_bob)
{
    struct axon_buf s = {0}, told = {0}, told_too = {0};
    script_op(&told, PROBE_REFUNDED);
    script_op(&told, PROBE_BYTES);
    script_op(&told, PROBE_APPEND);
    script_op(&told, PROBE_REPLY);
    axon_buf_append(&told_too, axon_buf_bytes(&told));
    script_call(&s, &w->bob, "run", to_bob, &told, &told_too);
    script_num_op(&s, 60, PROBE_CALL_CYCLES);
    script_num_op(&s, 40, PROBE_CALL_CYCLES);
    script_perform(&s);
    world_run(w, &w->alice, &s);
}

static void expect_refund(struct world *w, uint8_t refund)
{
    const uint8_t bytes[8] = {refund};
    expect_reply_bytes(w, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
    expect_cycles(w, &w->alice, WORLD_CYCLES - 100 + refund);
    expect_cycles(w, &w->bob, WORLD_CYCLES + 100 - refund);
}

static void test_refund(void **state)
{
    struct world *w = *state;
    struct axon_buf to_bob = {0};
    script_num_op(&to_bob, 30, PROBE_ACCEPT);
    script_reply(&to_bob, "");
    run_with_cycles(w, &to_bob);
    expect_refund(w, 70);
}

static void test_accept_all(void **state)
{
    struct world *w = *state;
    struct axon_buf to_bob = {0};
    script_num_op(&to_bob, UINT64_MAX, PROBE_ACCEPT);
    script_reply(&to_bob, "");
    run_with_cycles(w, &to_bob);
    expect_refund(w, 0);
}

static void test_trap_gives_cycles_back(void **state)
{
    struct world *w = *state;
    struct axon_buf to_bob = {0};
    script_num_op(&to_bob, 30, PROBE_ACCEPT);
    script_op(&to_bob, PROBE_UNREACHABLE);
    run_with_cycles(w, &to_bob);
    expect_refund(w, 100);
}

static void test_nothing_to_accept_after_reply(void **state)
{
    struct world *w = *state;
    struct axon_buf to_bob = {0};
    script_reply(&to_bob, "");
    script_num_op(&to_bob, 30, PROBE_ACCEPT);
    run_with_cycles(w, &to_bob);
    expect_refund(w, 100);
}

static void test_more_than_the_balance(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_call(&s, &w->bob, "run", NULL, NULL, NULL);
    script_num_op(&s, WORLD_CYCLES + 1, PROBE_CALL_CYCLES);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0207", "out of cycles");
    expect_cycles(w, &w->alice, WORLD_CYCLES);
}

static void test_unperformed_call_returns_cycles(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_call(&s, &w->bob, "run", NULL, NULL, NULL);
    script_num_op(&s, 10, PROBE_CALL_CYCLES);
    script_call(&s, &w->bob, "run", NULL, NULL, NULL); /* throws the first away */
    script_num_op(&s, 20, PROBE_CALL_CYCLES);
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_reply(w, "");
    expect_cycles(w, &w->alice, WORLD_CYCLES);
}

/* ---- self-calls, order, limits --------------------------------------------------------------- */

static void test_self_call(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_self = {0}, on_reply = {0};
    script_op(&to_self, PROBE_KEPT); /* runs after this execution has committed */
    script_op(&to_self, PROBE_APPEND);
    script_op(&to_self, PROBE_REPLY);
    script_reply_arg(&on_reply);
    script_call(&s, &w->alice, "also_run", &to_self, &on_reply, NULL);
    script_perform(&s);
    script_text_op(&s, "after perform", PROBE_KEEP);
    world_run(w, &w->alice, &s);
    expect_reply(w, "after perform");
    expect_executions(w, "inspect update update reply_callback");
}

/* Bob joins what he gets to what he has. */
static void script_add_to_kept(struct axon_buf *s, const char *text)
{
    script_op(s, PROBE_KEPT);
    script_text_op(s, text, PROBE_JOIN);
    script_op(s, PROBE_KEEP);
}

static void test_order(void **state)
{
    static const char *const PARTS[] = {"1", "2", "3", "4"};
    struct world *w = *state;
    struct axon_buf s = {0};
    for (size_t i = 0; i < 4; i++) {
        struct axon_buf to_bob = {0};
        script_add_to_kept(&to_bob, PARTS[i]);
        script_call(&s, &w->bob, "run", &to_bob, NULL, NULL);
        script_perform(&s);
    }
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_kept(w, &w->bob, "1234");
}

static void test_queue_is_full(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    for (size_t i = 0; i < 500; i++) {
        script_call(&s, &w->bob, "run", NULL, NULL, NULL);
        script_perform(&s);
    }
    script_call(&s, &w->bob, "run", NULL, NULL, NULL);
    script_num_op(&s, 9, PROBE_CALL_CYCLES);
    script_op(&s, PROBE_PERFORM);
    script_op(&s, PROBE_BYTES);
    script_op(&s, PROBE_APPEND);
    script_call(&s, &w->alice, "run", NULL, NULL, NULL); /* another queue */
    script_perform(&s);
    script_op(&s, PROBE_REPLY);
    world_run(w, &w->alice, &s);
    const uint8_t transient[8] = {2};
    expect_reply_bytes(w, (struct ic_bytes){.at = transient, .size = 8});
    expect_cycles(w, &w->alice, WORLD_CYCLES);
    assert_int_equal(world_info(w, &w->alice).open_call_contexts, 0);
}

/* ---- deadlines ------------------------------------------------------------------------------- */

static void stay_silent(void *context, struct axon_network *net, const struct ic_principal *sender,
                        const char *method, struct ic_bytes arg, struct axon_outcome *out)
{
    (void)context;
    (void)net;
    (void)sender;
    (void)method;
    (void)arg;
    out->status = AXON_STATUS_PROCESSING;
}

#define NS_PER_S UINT64_C(1000000000)

static void test_best_effort_expires(void **state)
{
    struct world *w = *state;
    struct ic_principal silent = ic_principal_from_canister_index(9);
    struct axon_buf s = {0}, on_reject = {0};
    axon_set_stub(w->net, &silent, stay_silent, NULL);
    script_tell_reject(&on_reject);
    script_call(&s, &silent, "x", NULL, NULL, &on_reject);
    script_num_op(&s, 10, PROBE_CALL_BEST_EFFORT);
    script_perform(&s);
    uint64_t id = axon_submit(w->net, &w->out, &w->user, &w->alice, "run", axon_buf_bytes(&s));
    axon_buf_free(&s);
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, id));
    assert_int_equal(w->out.status, AXON_STATUS_PROCESSING);
    axon_set_time(w->net, axon_time(w->net) + 9u * NS_PER_S);
    assert_false(axon_step(w->net));
    axon_set_time(w->net, axon_time(w->net) + 2u * NS_PER_S);
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, id));
    expect_told(w, AXON_SYS_UNKNOWN, "deadline has expired");
    axon_forget(w->net, id);
    assert_false(axon_poll(w->net, &w->out, id));
}

static void test_deadline_is_seen(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0};
    script_op(&to_bob, PROBE_DEADLINE);
    script_op(&to_bob, PROBE_BYTES);
    script_op(&to_bob, PROBE_APPEND);
    script_op(&to_bob, PROBE_REPLY);
    script_reply_arg(&on_reply);
    script_call(&s, &w->bob, "run", &to_bob, &on_reply, NULL);
    script_num_op(&s, 10000, PROBE_CALL_BEST_EFFORT); /* cut to 300 s */
    script_perform(&s);
    world_run(w, &w->alice, &s);
    uint64_t deadline = (axon_time(w->net) / NS_PER_S + 300) * NS_PER_S;
    uint8_t bytes[8];
    for (size_t i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(deadline >> (8 * i));
    }
    expect_reply_bytes(w, (struct ic_bytes){.at = bytes, .size = 8});
}

/* A best-effort request that was not executed in time is never executed. */
static void test_late_request_is_dropped(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reject = {0};
    script_text_op(&to_bob, "new", PROBE_KEEP);
    script_tell_reject(&on_reject);
    script_call(&s, &w->bob, "run", &to_bob, NULL, &on_reject);
    script_num_op(&s, 700, PROBE_CALL_CYCLES);
    script_num_op(&s, 1, PROBE_CALL_BEST_EFFORT);
    script_perform(&s);
    uint64_t id = axon_submit(w->net, &w->out, &w->user, &w->alice, "run", axon_buf_bytes(&s));
    axon_buf_free(&s);
    assert_true(axon_step(w->net));
    axon_set_time(w->net, axon_time(w->net) + 5 * NS_PER_S);
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, id));
    expect_told(w, AXON_SYS_UNKNOWN, "deadline has expired");
    expect_kept(w, &w->bob, "");
    expect_cycles(w, &w->alice, WORLD_CYCLES);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_reply),
        WORLD_TEST(test_reject),
        WORLD_TEST(test_trap_rolls_back),
        WORLD_TEST(test_no_answer),
        WORLD_TEST(test_answers_twice),
        WORLD_TEST(test_call_reply),
        WORLD_TEST(test_call_reject),
        WORLD_TEST(test_callee_traps),
        WORLD_TEST(test_call_that_cannot_arrive),
        WORLD_TEST(test_trap_drops_calls),
        WORLD_TEST(test_reply_then_callback),
        WORLD_TEST(test_call_of_a_query),
        WORLD_TEST(test_another_call_is_open),
        WORLD_TEST(test_callback_traps),
        WORLD_TEST(test_cleanup),
        WORLD_TEST(test_cleanup_traps),
        WORLD_TEST(test_cleanup_cannot_answer),
        WORLD_TEST(test_bad_callback_index),
        WORLD_TEST(test_refund),
        WORLD_TEST(test_accept_all),
        WORLD_TEST(test_trap_gives_cycles_back),
        WORLD_TEST(test_nothing_to_accept_after_reply),
        WORLD_TEST(test_more_than_the_balance),
        WORLD_TEST(test_unperformed_call_returns_cycles),
        WORLD_TEST(test_self_call),
        WORLD_TEST(test_order),
        WORLD_TEST(test_queue_is_full),
        WORLD_TEST(test_best_effort_expires),
        WORLD_TEST(test_deadline_is_seen),
        WORLD_TEST(test_late_request_is_dropped),
    };
    return cmocka_run_group_tests_name("exec calls", tests, NULL, NULL);
}
