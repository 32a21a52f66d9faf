/* Installing, upgrading, stopping, timers, queries, acceptance: what changes, and what is exactly
 * as before when it fails. */
#include "world.h"

#define WORLD_TEST(name)  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
#define PAYING_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup_paying, world_teardown)

static const uint8_t EMPTY_MODULE[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

static struct ic_bytes empty_module(void)
{
    return (struct ic_bytes){.at = EMPTY_MODULE, .size = sizeof EMPTY_MODULE};
}

/* Heap, stable memory, certified data and timer of alice hold "old"; hooks as given. */
static void world_fill(struct world *w, enum probe_hook hook, struct axon_buf *script)
{
    struct axon_buf s = {0};
    script_num_op(&s, 1, PROBE_STABLE_GROW);
    script_text_op(&s, "old", PROBE_KEEP);
    script_num(&s, 0);
    script_text_op(&s, "old", PROBE_STABLE_WRITE);
    script_text_op(&s, "old", PROBE_CERTIFY);
    script_num_op(&s, axon_time(w->net) + 1000, PROBE_TIMER);
    script_script(&s, script);
    script_num_op(&s, hook, PROBE_HOOK);
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_reply(w, "");
    axon_records_clear(w->net);
}

static void expect_old(struct world *w, uint64_t version)
{
    struct axon_canister_info info = world_info(w, &w->alice);
    expect_kept(w, &w->alice, "old");
    expect_stable(w, &w->alice, "old");
    assert_int_equal(info.certified_data_size, 3);
    assert_memory_equal(info.certified_data, "old", 3);
    assert_int_equal(info.global_timer_ns, axon_time(w->net) + 1000);
    assert_int_equal(info.version, version);
    assert_int_equal(info.stable_bytes, 65536);
}

/* ---- installing ------------------------------------------------------------------------------ */

static void test_install_refused(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    struct ic_principal nobody = ic_principal_from_canister_index(5);
    struct ic_principal empty = axon_create_canister(w->net, &w->user, NULL, 0);
    world_install(w, &w->alice, AXON_INSTALL, axon_buf_bytes(&w->wasm), &s);
    expect_error(w, "IC0514", "is not empty");
    world_install(w, &empty, AXON_UPGRADE, axon_buf_bytes(&w->wasm), &s);
    expect_error(w, "IC0537", "contains no Wasm module");
    world_install(w, &nobody, AXON_INSTALL, axon_buf_bytes(&w->wasm), &s);
    expect_error(w, "IC0301", "not found");
    axon_install(w->net, &w->out, &w->stranger, &w->alice, AXON_UPGRADE, axon_buf_bytes(&w->wasm),
                 (struct ic_bytes){.at = NULL});
    expect_error(w, "IC0512", "Only the controllers of the canister");
    world_install(w, &empty, AXON_INSTALL, IC_BYTES_LIT("not wasm"), &s);
    expect_error(w, "IC0505", "Canister's Wasm module is not valid: ");
    expect_error(w, "IC0505", "Error from Canister ");
    assert_false(world_info(w, &empty).has_module);
}

static void test_empty_canister(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    struct ic_principal empty = axon_create_canister(w->net, &w->user, NULL, 0);
    world_run(w, &empty, &s);
    expect_error(w, "IC0537",
                 "Attempted to execute a message, but the canister contains no Wasm module.");
    assert_true(w->out.refused);
    world_ask(w, &empty, &s);
    expect_error(w, "IC0537", "contains no Wasm module");
    world_install(w, &empty, AXON_REINSTALL, empty_module(), &s); /* allowed on an empty canister */
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    world_run(w, &empty, &s);
    expect_error(w, "IC0536", "Canister has no update method 'run'.");
    assert_false(w->out.refused);
}

static void test_init(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    struct ic_principal id = axon_create_canister(w->net, &w->user, NULL, 0);
    script_op(&s, PROBE_CALLER);
    script_op(&s, PROBE_KEEP);
    script_text_op(&s, "certified", PROBE_CERTIFY);
    script_num_op(&s, 77, PROBE_TIMER);
    world_install(w, &id, AXON_INSTALL, axon_buf_bytes(&w->wasm), &s);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    expect_executions(w, "init");
    struct axon_canister_info info = world_info(w, &id);
    assert_int_equal(info.version, 1);
    assert_int_equal(info.global_timer_ns, 77);
    assert_int_equal(info.certified_data_size, 9);
    script_op(&s, PROBE_KEPT);
    script_op(&s, PROBE_APPEND);
    script_op(&s, PROBE_REPLY);
    world_ask(w, &id, &s);
    expect_reply_bytes(w, ic_principal_bytes(&w->user));
}

static void test_init_traps(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    struct ic_principal id = axon_create_canister(w->net, &w->user, NULL, 0);
    script_num_op(&s, 9, PROBE_STABLE_GROW);
    script_text_op(&s, "certified", PROBE_CERTIFY);
    script_num_op(&s, 77, PROBE_TIMER);
    script_text_op(&s, "no", PROBE_TRAP);
    world_install(w, &id, AXON_INSTALL, axon_buf_bytes(&w->wasm), &s);
    expect_error(w, "IC0503", "with message: 'no'");
    expect_executions(w, "init!");
    struct axon_canister_info info = world_info(w, &id);
    assert_false(info.has_module);
    assert_int_equal(info.version, 0);
    assert_int_equal(info.global_timer_ns, 0);
    assert_int_equal(info.certified_data_size, 0);
    assert_int_equal(info.stable_bytes, 0);
    script_reply(&s, "");
    world_install(w, &id, AXON_INSTALL, axon_buf_bytes(&w->wasm), &s);
    expect_error(w, "IC0504", "cannot be executed in init mode");
}

static void test_reinstall(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    world_fill(w, PROBE_ON_PRE_UPGRADE, NULL);
    uint64_t version = world_info(w, &w->alice).version;
    world_install(w, &w->alice, AXON_REINSTALL, axon_buf_bytes(&w->wasm), &s);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    expect_executions(w, "init");
    struct axon_canister_info info = world_info(w, &w->alice);
    expect_kept(w, &w->alice, "");
    assert_int_equal(info.stable_bytes, 0);
    assert_int_equal(info.certified_data_size, 0);
    assert_int_equal(info.global_timer_ns, 0);
    assert_int_equal(info.version, version + 1);
}

static void test_reinstall_clears_the_log(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, log = {0};
    script_text_op(&s, "before", PROBE_PRINT);
    world_run(w, &w->alice, &s);
    script_text_op(&s, "refused", PROBE_TRAP);
    world_install(w, &w->alice, AXON_REINSTALL, axon_buf_bytes(&w->wasm), &s);
    axon_canister_log(w->net, &w->alice, &log);
    assert_non_null(strstr(axon_buf_text(&log), "before\n[TRAP]: refused"));
    axon_buf_clear(&log);
    script_text_op(&s, "init", PROBE_PRINT);
    world_install(w, &w->alice, AXON_REINSTALL, axon_buf_bytes(&w->wasm), &s);
    axon_canister_log(w->net, &w->alice, &log);
    assert_string_equal(axon_buf_text(&log), "init\n");
    axon_buf_free(&log);
}

/* ---- upgrading ------------------------------------------------------------------------------- */

static void test_upgrade(void **state)
{
    struct world *w = *state;
    struct axon_buf pre = {0}, post = {0};
    script_num(&pre, 0);
    script_text_op(&pre, "pre", PROBE_STABLE_WRITE);
    world_fill(w, PROBE_ON_PRE_UPGRADE, &pre);
    uint64_t version = world_info(w, &w->alice).version;
    script_num(&post, 0);
    script_num_op(&post, 3, PROBE_STABLE_READ);
    script_op(&post, PROBE_KEEP);
    world_install(w, &w->alice, AXON_UPGRADE, axon_buf_bytes(&w->wasm), &post);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    expect_executions(w, "pre_upgrade post_upgrade");
    struct axon_canister_info info = world_info(w, &w->alice);
    expect_kept(w, &w->alice, "pre");
    assert_int_equal(info.certified_data_size, 3); /* kept */
    assert_int_equal(info.global_timer_ns, 0);     /* deactivated */
    assert_int_equal(info.version, version + 1);
}

static void test_pre_upgrade_traps(void **state)
{
    struct world *w = *state;
    struct axon_buf pre = {0}, post = {0};
    script_text_op(&pre, "new", PROBE_KEEP);
    script_num(&pre, 0);
    script_text_op(&pre, "new", PROBE_STABLE_WRITE);
    script_text_op(&pre, "new", PROBE_CERTIFY);
    script_op(&pre, PROBE_UNREACHABLE);
    world_fill(w, PROBE_ON_PRE_UPGRADE, &pre);
    uint64_t version = world_info(w, &w->alice).version;
    world_install(w, &w->alice, AXON_UPGRADE, axon_buf_bytes(&w->wasm), &post);
    expect_error(w, "IC0502", "Canister trapped: unreachable");
    expect_executions(w, "pre_upgrade!");
    expect_old(w, version);
}

static void test_post_upgrade_traps(void **state)
{
    struct world *w = *state;
    struct axon_buf pre = {0}, post = {0};
    script_text_op(&pre, "new", PROBE_KEEP);
    script_num(&pre, 0);
    script_text_op(&pre, "pre", PROBE_STABLE_WRITE);
    script_text_op(&pre, "new", PROBE_CERTIFY);
    script_num_op(&pre, 2, PROBE_STABLE_GROW);
    world_fill(w, PROBE_ON_PRE_UPGRADE, &pre);
    uint64_t version = world_info(w, &w->alice).version;
    script_num(&post, 1);
    script_text_op(&post, "post", PROBE_STABLE_WRITE);
    script_num_op(&post, 5, PROBE_TIMER);
    script_num_op(&post, 2, PROBE_STABLE_GROW);
    script_text_op(&post, "no", PROBE_TRAP);
    world_install(w, &w->alice, AXON_UPGRADE, axon_buf_bytes(&w->wasm), &post);
    expect_error(w, "IC0503", "with message: 'no'");
    expect_executions(w, "pre_upgrade post_upgrade!");
    expect_old(w, version);
}

/* What pre_upgrade and post_upgrade dirty is paid by each: they are executions of their own. */
static void test_upgrade_pays_pages_twice(void **state)
{
    struct world *w = *state;
    struct axon_buf pre = {0}, post = {0};
    script_num(&pre, 0);
    script_text_op(&pre, "pre", PROBE_STABLE_WRITE);
    world_fill(w, PROBE_ON_PRE_UPGRADE, &pre);
    script_num(&post, 0);
    script_text_op(&post, "post", PROBE_STABLE_WRITE);
    world_install(w, &w->alice, AXON_UPGRADE, axon_buf_bytes(&w->wasm), &post);
    size_t count;
    const struct axon_execution_record *records = axon_records(w->net, &count);
    assert_int_equal(count, 2);
    assert_int_equal(records[0].stable_pages, 1);
    assert_int_equal(records[1].stable_pages, 1);
    expect_stable(w, &w->alice, "post");
}

/* A call that is open while its sender is upgraded comes back to the new code. */
static void test_upgrade_in_the_middle(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0}, post = {0};
    script_reply(&to_bob, "");
    script_reply(&on_reply, "old code");
    script_call(&s, &w->bob, "run", &to_bob, &on_reply, NULL);
    script_perform(&s);
    uint64_t id = axon_submit(w->net, &w->out, &w->user, &w->alice, "run", axon_buf_bytes(&s));
    axon_buf_free(&s);
    assert_true(axon_step(w->net)); /* alice has called, bob has not run */
    script_text_op(&post, "upgraded", PROBE_KEEP);
    world_install(w, &w->alice, AXON_UPGRADE, axon_buf_bytes(&w->wasm), &post);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    assert_int_equal(world_info(w, &w->alice).open_call_contexts, 1);
    axon_records_clear(w->net);
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, id));
    /* The new heap has no script for the callback: it returns without an answer. */
    expect_error(w, "IC0506", "did not reply");
    expect_executions(w, "update reply_callback");
    expect_kept(w, &w->alice, "upgraded");
    axon_forget(w->net, id);
}

static void test_upgrade_to_code_without_the_callback(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, nothing = {0};
    script_reply(&to_bob, "");
    script_call(&s, &w->bob, "run", &to_bob, NULL, NULL);
    script_perform(&s);
    uint64_t id = axon_submit(w->net, &w->out, &w->user, &w->alice, "run", axon_buf_bytes(&s));
    axon_buf_free(&s);
    assert_true(axon_step(w->net));
    world_install(w, &w->alice, AXON_REINSTALL, empty_module(), &nothing);
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, id));
    expect_error(w, "IC0513", "non-existent Wasm function");
    axon_forget(w->net, id);
}

/* ---- timers and heartbeat -------------------------------------------------------------------- */

static void test_timer(void **state)
{
    struct world *w = *state;
    struct axon_buf tick = {0};
    script_op(&tick, PROBE_KEPT); /* adds "!" and arms itself again, 500 ns later */
    script_text_op(&tick, "!", PROBE_JOIN);
    script_op(&tick, PROBE_KEEP);
    script_op(&tick, PROBE_TIME);
    script_num_op(&tick, 500, PROBE_ADD);
    script_op(&tick, PROBE_TIMER);
    world_fill(w, PROBE_ON_TIMER, &tick);
    assert_true(axon_run_until_quiet(w->net));
    expect_kept(w, &w->alice, "old"); /* not due yet */
    axon_set_time(w->net, axon_time(w->net) + 999);
    assert_true(axon_run_until_quiet(w->net));
    expect_kept(w, &w->alice, "old");
    axon_records_clear(w->net);
    axon_set_time(w->net, axon_time(w->net) + 1);
    assert_true(axon_run_until_quiet(w->net));
    expect_executions(w, "timer");
    expect_kept(w, &w->alice, "old!");
    assert_int_equal(world_info(w, &w->alice).global_timer_ns, axon_time(w->net) + 500);
    axon_set_time(w->net, axon_time(w->net) + 500);
    assert_true(axon_run_until_quiet(w->net));
    expect_kept(w, &w->alice, "old!!");
}

static void test_timer_that_is_always_due(void **state)
{
    struct world *w = *state;
    struct axon_buf tick = {0};
    script_num_op(&tick, 1, PROBE_TIMER);
    world_fill(w, PROBE_ON_TIMER, &tick);
    axon_set_time(w->net, axon_time(w->net) + 1000);
    assert_true(axon_run_until_quiet(w->net)); /* ends: rounds at one time are limited */
    size_t count;
    (void)axon_records(w->net, &count);
    assert_int_equal(count, 1000);
}

static void test_timer_traps(void **state)
{
    struct world *w = *state;
    struct axon_buf tick = {0};
    script_num_op(&tick, 1, PROBE_TIMER);
    script_text_op(&tick, "new", PROBE_KEEP);
    script_op(&tick, PROBE_UNREACHABLE);
    world_fill(w, PROBE_ON_TIMER, &tick);
    axon_set_time(w->net, axon_time(w->net) + 1000);
    assert_true(axon_run_until_quiet(w->net));
    expect_executions(w, "timer!");
    expect_kept(w, &w->alice, "old");
    assert_int_equal(world_info(w, &w->alice).global_timer_ns,
                     0); /* its own setting is undone too */
    assert_int_equal(world_info(w, &w->alice).open_call_contexts, 0);
}

/* The deadline is cleared when the timer is executed, not before. */
static void test_timer_of_a_frozen_canister(void **state)
{
    struct world *w = *state;
    struct axon_buf tick = {0};
    script_text_op(&tick, "new", PROBE_KEEP);
    world_fill(w, PROBE_ON_TIMER, &tick);
    const uint64_t due_ns = world_info(w, &w->alice).global_timer_ns;
    assert_true(axon_cycles_set(w->net, &w->alice, 0, 1000000000));
    axon_records_clear(w->net);
    axon_set_time(w->net, axon_time(w->net) + 5000);
    assert_true(axon_run_until_quiet(w->net));
    expect_executions(w, "");
    assert_int_equal(world_info(w, &w->alice).global_timer_ns, due_ns);
    assert_true(axon_cycles_set(w->net, &w->alice, 0, AXON_CYCLES_DEFAULT));
    axon_set_time(w->net, axon_time(w->net) + 1);
    assert_true(axon_run_until_quiet(w->net));
    expect_executions(w, "timer");
    expect_kept(w, &w->alice, "new");
    assert_int_equal(world_info(w, &w->alice).global_timer_ns, 0);
}

static void test_heartbeat(void **state)
{
    struct world *w = *state;
    struct axon_buf beat = {0};
    script_op(&beat, PROBE_CALLER); /* the management canister: empty */
    script_text_op(&beat, "beat", PROBE_JOIN);
    script_op(&beat, PROBE_KEEP);
    world_fill(w, PROBE_ON_HEARTBEAT, &beat);
    assert_true(axon_run_task(w->net, &w->alice, "canister_heartbeat"));
    expect_executions(w, "heartbeat");
    expect_kept(w, &w->alice, "beat");
    assert_false(axon_run_task(w->net, &w->alice, "canister_init"));
}

/* ---- queries --------------------------------------------------------------------------------- */

static void test_query_keeps_nothing(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    world_fill(w, PROBE_ON_TIMER, NULL);
    uint64_t version = world_info(w, &w->alice).version;
    script_text_op(&s, "new", PROBE_KEEP);
    script_num(&s, 0);
    script_text_op(&s, "new", PROBE_STABLE_WRITE);
    script_num_op(&s, 1, PROBE_STABLE_GROW);
    script_op(&s, PROBE_KEPT);
    script_op(&s, PROBE_APPEND);
    script_op(&s, PROBE_REPLY);
    axon_update(w->net, &w->out, &w->user, &w->alice, "ask", axon_buf_bytes(&s)); /* replicated */
    expect_reply(w, "new");
    expect_old(w, version + 1);
    world_ask(w, &w->alice, &s);
    expect_reply(w, "new");
    expect_old(w, version + 1);
}

static void test_query_errors(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    axon_query(w->net, &w->out, &w->user, &w->alice, "run", (struct ic_bytes){.at = NULL});
    expect_error(w, "IC0536", "Canister has no query method 'run'.");
    axon_query(w->net, &w->out, &w->user, &w->alice, "x\xff", (struct ic_bytes){.at = NULL});
    expect_error(w, "IC0536", "Canister has no query method 'x\xef\xbf\xbd'.");
    world_ask(w, &w->alice, &s);
    expect_error(w, "IC0506", "did not produce a response");
    script_text_op(&s, "no", PROBE_REJECT);
    world_ask(w, &w->alice, &s);
    expect_error(w, "IC0406", "no");
    script_call(&s, &w->bob, "ask", NULL, NULL, NULL);
    world_ask(w, &w->alice, &s);
    expect_error(w, "IC0504", "\"ic0_call_new\" cannot be executed in non replicated query mode");
    script_text_op(&s, "x", PROBE_CERTIFY);
    world_ask(w, &w->alice, &s);
    expect_error(w, "IC0504", "\"ic0_certified_data_set\" cannot be executed in");
}

static void test_certificate(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, expected = {0};
    script_text_op(&s, "0123456789abcdef0123456789abcdef", PROBE_CERTIFY);
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    script_op(&s, PROBE_CERTIFICATE);
    script_op(&s, PROBE_APPEND);
    script_op(&s, PROBE_REPLY);
    world_ask(w, &w->alice, &s);
    assert_true(axon_buf_append_from_hex(
        &expected, IC_BYTES_LIT("d9d9f7a26474726565830183024863616e697374657283024a")));
    axon_buf_append(&expected, ic_principal_bytes(&w->alice));
    assert_true(axon_buf_append_from_hex(
        &expected, IC_BYTES_LIT("83024e6365727469666965645f6461746182035820")));
    axon_buf_append_text(&expected, "0123456789abcdef0123456789abcdef");
    assert_true(axon_buf_append_from_hex(&expected, IC_BYTES_LIT("8302447469"
                                                                 "6d65820349")));
    assert_int_equal(w->out.reply.size, 167);
    assert_memory_equal(w->out.reply.at, expected.at, expected.size);
    axon_buf_free(&expected);
    script_op(&s, PROBE_HAS_CERTIFICATE);
    script_op(&s, PROBE_CHECK);
    axon_update(w->net, &w->out, &w->user, &w->alice, "ask", axon_buf_bytes(&s));
    axon_buf_free(&s);
    expect_error(w, "IC0503", "check failed"); /* none in a replicated query */
}

/* ---- composite queries ----------------------------------------------------------------------- */

static void ask_others(struct world *w, struct axon_buf *s)
{
    axon_query(w->net, &w->out, &w->user, &w->alice, "ask_others", axon_buf_bytes(s));
    axon_buf_free(s);
}

static void test_composite_query(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0};
    script_op(&to_bob, PROBE_CALLER);
    script_op(&to_bob, PROBE_APPEND);
    script_op(&to_bob, PROBE_REPLY);
    script_op(&on_reply, PROBE_KEPT); /* what the method wrote is still there */
    script_op(&on_reply, PROBE_APPEND);
    script_reply_arg(&on_reply);
    script_text_op(&s, "seen ", PROBE_KEEP);
    script_call(&s, &w->bob, "ask", &to_bob, &on_reply, NULL);
    script_perform(&s);
    ask_others(w, &s);
    struct axon_buf expected = {0};
    axon_buf_append_text(&expected, "seen ");
    axon_buf_append(&expected, ic_principal_bytes(&w->alice));
    expect_reply_bytes(w, axon_buf_bytes(&expected));
    axon_buf_free(&expected);
    expect_executions(w, "composite_query query reply_callback");
    expect_kept(w, &w->alice, "");
}

/* Each of nine canisters asks the next; the depth of calls below the first is limited to 6. */
static void test_composite_query_too_deep(void **state)
{
    struct world *w = *state;
    struct axon_buf nothing = {0}, s = {0};
    script_reply(&s, "the bottom");
    for (size_t depth = 1; depth <= 7; depth++) {
        struct axon_buf caller = {0}, on_reply = {0}, on_reject = {0};
        struct ic_principal callee = axon_create_canister(w->net, &w->user, NULL, WORLD_CYCLES);
        world_install(w, &callee, AXON_INSTALL, axon_buf_bytes(&w->wasm), &nothing);
        script_reply_arg(&on_reply);
        script_op(&on_reject, PROBE_REJECT_TEXT);
        script_op(&on_reject, PROBE_REJECT);
        script_call(&caller, &callee, "ask_others", &s, &on_reply, &on_reject);
        script_perform(&caller);
        s = caller;
        axon_query(w->net, &w->out, &w->user, &w->alice, "ask_others", axon_buf_bytes(&s));
        if (depth <= 6) {
            expect_reply(w, "the bottom");
        } else {
            expect_error(w, "IC0406", "depth exceeding the limit 6");
        }
    }
    axon_buf_free(&s);
}

static void test_composite_query_loop(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, on_reject = {0};
    script_op(&on_reject, PROBE_REJECT_TEXT);
    script_op(&on_reject, PROBE_APPEND);
    script_op(&on_reject, PROBE_REPLY);
    script_call(&s, &w->alice, "ask", NULL, NULL, &on_reject);
    script_perform(&s);
    ask_others(w, &s);
    assert_non_null(strstr(axon_buf_text(&w->out.reply), "loop detected"));
}

/* ---- acceptance ------------------------------------------------------------------------------ */

static void test_inspect(void **state)
{
    struct world *w = *state;
    struct axon_buf hook = {0}, s = {0};
    script_text_op(&hook, "new", PROBE_KEEP); /* dropped */
    script_op(&hook, PROBE_METHOD_NAME);
    script_text_op(&hook, "also_run", PROBE_EQUAL);
    script_op(&hook, PROBE_CHECK);
    script_op(&hook, PROBE_ACCEPT_MESSAGE);
    world_fill(w, PROBE_ON_INSPECT, &hook);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0503", "check failed");
    assert_true(w->out.refused);
    expect_executions(w, "inspect!");
    script_reply(&s, "in");
    axon_update(w->net, &w->out, &w->user, &w->alice, "also_run", axon_buf_bytes(&s));
    axon_buf_free(&s);
    expect_reply(w, "in");
    expect_kept(w, &w->alice, "old");
}

static void test_inspect_does_not_accept(void **state)
{
    struct world *w = *state;
    struct axon_buf hook = {0}, s = {0};
    script_op(&hook, PROBE_METHOD_NAME);
    world_fill(w, PROBE_ON_INSPECT, &hook);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0406", "Canister rejected the message");
    assert_true(w->out.refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_install_refused),
        WORLD_TEST(test_empty_canister),
        WORLD_TEST(test_init),
        WORLD_TEST(test_init_traps),
        WORLD_TEST(test_reinstall),
        WORLD_TEST(test_reinstall_clears_the_log),
        WORLD_TEST(test_upgrade),
        WORLD_TEST(test_pre_upgrade_traps),
        WORLD_TEST(test_post_upgrade_traps),
        WORLD_TEST(test_upgrade_pays_pages_twice),
        WORLD_TEST(test_upgrade_in_the_middle),
        WORLD_TEST(test_upgrade_to_code_without_the_callback),
        WORLD_TEST(test_timer),
        WORLD_TEST(test_timer_that_is_always_due),
        WORLD_TEST(test_timer_traps),
        PAYING_TEST(test_timer_of_a_frozen_canister),
        WORLD_TEST(test_heartbeat),
        WORLD_TEST(test_query_keeps_nothing),
        WORLD_TEST(test_query_errors),
        WORLD_TEST(test_certificate),
        WORLD_TEST(test_composite_query),
        WORLD_TEST(test_composite_query_loop),
        WORLD_TEST(test_composite_query_too_deep),
        WORLD_TEST(test_inspect),
        WORLD_TEST(test_inspect_does_not_accept),
    };
    return cmocka_run_group_tests_name("exec lifecycle", tests, NULL, NULL);
}
