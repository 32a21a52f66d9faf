/* The management canister as users and canisters see it: who may call what, exact reply bytes,
 * stopping and starting with calls open, cycles. Arguments are written with the code that didc
 * makes of management.did. */
#include "ic/arena.h"
#include "management_did.h"
#include "world.h"

#include <stdlib.h>

#define WORLD_TEST(name)  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
#define PAYING_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup_paying, world_teardown)
#define ARENA_BYTES       65536u

/* ---- arguments ------------------------------------------------------------------------------- */

static struct axon_buf encode(const struct candid_method *method, const void *in)
{
    struct axon_buf out = {0};
    struct ic_arena arena;
    struct ic_bytes bytes;
    void *memory = axon_alloc(ARENA_BYTES);
    ic_arena_init(&arena, memory, ARENA_BYTES);
    assert_int_equal(candid_encode(&bytes, &method->in, in, CANDID_ENCODE_FULL, &arena), CANDID_OK);
    axon_buf_append(&out, bytes);
    free(memory);
    return out;
}

/* The arguments of all methods that take a canister id and nothing else. */
static struct axon_buf just_id(const struct ic_principal *id)
{
    struct management_start_canister_in in = {.arg0 = {.canister_id = *id}};
    return encode(&management_start_canister_method, &in);
}

static struct axon_buf install_arg(const struct world *w, const struct ic_principal *id,
                                   enum management_canister_install_mode_tag tag)
{
    struct management_install_code_in in = {.arg0 = {.mode = {.tag = tag},
                                                     .canister_id = *id,
                                                     .wasm_module = axon_buf_bytes(&w->wasm)}};
    return encode(&management_install_code_method, &in);
}

/* A user's call; arg is freed. */
static void manage(struct world *w, const struct ic_principal *sender, const char *method,
                   struct axon_buf *arg)
{
    struct ic_principal management = IC_PRINCIPAL_MANAGEMENT;
    axon_update(w->net, &w->out, sender, &management, method, axon_buf_bytes(arg));
    axon_buf_free(arg);
}

/* Alice calls the management canister and replies with what she gets, or with the reject text. */
static void manage_by_alice(struct world *w, const char *method, struct axon_buf *arg,
                            uint64_t cycles)
{
    struct axon_buf s = {0}, on_reply = {0}, on_reject = {0};
    struct ic_principal management = IC_PRINCIPAL_MANAGEMENT;
    script_reply_arg(&on_reply);
    script_op(&on_reject, PROBE_REJECT_TEXT);
    script_op(&on_reject, PROBE_REJECT);
    script_call(&s, &management, method, arg, &on_reply, &on_reject);
    script_num_op(&s, cycles, PROBE_CALL_CYCLES);
    script_perform(&s);
    world_run(w, &w->alice, &s);
}

static void expect_hex(const struct world *w, const char *hex)
{
    struct axon_buf bytes = {0};
    assert_true(axon_buf_append_from_hex(&bytes, ic_bytes_from_text(hex)));
    expect_reply_bytes(w, axon_buf_bytes(&bytes));
    axon_buf_free(&bytes);
}

/* ---- creating and installing ----------------------------------------------------------------- */

static struct axon_buf create_arg(void)
{
    struct management_create_canister_in in = {.arg0 = {.settings = {.has = false}}};
    return encode(&management_create_canister_method, &in);
}

static void test_create_by_a_canister(void **state)
{
    struct world *w = *state;
    struct axon_buf arg = create_arg();
    manage_by_alice(w, "create_canister", &arg, 5000);
    struct ic_principal id = ic_principal_from_canister_index(AXON_FIRST_CANISTER_DEFAULT + 2);
    struct axon_buf expected = {0};
    assert_true(
        axon_buf_append_from_hex(&expected, IC_BYTES_LIT("4449444c016c01b3c4b1f204680100010a")));
    axon_buf_append(&expected, ic_principal_bytes(&id));
    expect_reply_bytes(w, axon_buf_bytes(&expected)); /* the bytes of the recordings */
    axon_buf_free(&expected);
    expect_cycles(w, &id, 5000);
    expect_cycles(w, &w->alice, WORLD_CYCLES - 5000);
    struct axon_canister_info info = world_info(w, &id);
    assert_int_equal(info.controller_count, 1);
    assert_true(ic_principal_is_equal(&info.controllers[0], &w->alice));
    assert_int_equal(info.version, 0);
    arg = install_arg(w, &id, MANAGEMENT_CANISTER_INSTALL_MODE_INSTALL);
    manage_by_alice(w, "install_code", &arg, 0);
    expect_hex(w, "4449444c0000");
    assert_true(world_info(w, &id).has_module);
}

static void test_create_at_id(void **state)
{
    struct world *w = *state;
    struct ic_principal at = ic_principal_from_canister_index(2);
    struct management_provisional_create_canister_with_cycles_in in = {
        .arg0 = {.amount = {.has = true, .value = candid_nat_from_u64(7)},
                 .specified_id = {.has = true, .value = at}}};
    const struct candid_method *method = &management_provisional_create_canister_with_cycles_method;
    struct axon_buf arg = encode(method, &in);
    manage(w, &w->stranger, method->name, &arg);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    expect_cycles(w, &at, 7);
    assert_true(ic_principal_is_equal(&world_info(w, &at).controllers[0], &w->stranger));
    arg = encode(method, &in);
    manage(w, &w->stranger, method->name, &arg);
    expect_error(w, "IC0205", "already exists");
    in.arg0.specified_id.value = w->user;
    arg = encode(method, &in);
    manage(w, &w->stranger, method->name, &arg);
    expect_error(w, "IC0405", "is not hosted");
}

static void test_install_by_a_user(void **state)
{
    struct world *w = *state;
    struct axon_buf arg = install_arg(w, &w->bob, MANAGEMENT_CANISTER_INSTALL_MODE_INSTALL);
    manage(w, &w->user, "install_code", &arg);
    expect_error(w, "IC0514", "is not empty");
    arg = install_arg(w, &w->bob, MANAGEMENT_CANISTER_INSTALL_MODE_UPGRADE);
    manage(w, &w->user, "install_code", &arg);
    expect_hex(w, "4449444c0000");
    assert_true(w->out.instructions > 0);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_refusals(void **state)
{
    struct world *w = *state;
    struct ic_principal nobody = ic_principal_from_canister_index(99);
    struct axon_buf arg = just_id(&w->bob);
    manage(w, &w->stranger, "stop_canister", &arg);
    expect_error(w, "IC0512", "Only controllers of canister ");
    expect_error(w, "IC0512", " can call ic00 method stop_canister");
    assert_true(w->out.refused);
    arg = just_id(&nobody);
    manage(w, &w->user, "stop_canister", &arg);
    expect_error(w, "IC0301", "not found");
    arg = just_id(&w->bob);
    manage(w, &w->user, "raw_rand", &arg);
    expect_error(w, "IC0406", "Only canisters can call ic00 method raw_rand");
    axon_buf_append_text(&arg, "DIDL");
    manage(w, &w->user, "stop_canister", &arg);
    expect_error(w, "IC0408", "Failed to decode payload for ic00 method: stop_canister");
    arg = just_id(&w->bob);
    manage(w, &w->user, "make_coffee", &arg);
    expect_error(w, "IC0536", "Management canister has no method 'make_coffee'");
    arg = just_id(&w->bob);
    manage_by_alice(w, "make_coffee", &arg, 0);
    expect_error(w, "IC0406", "Management canister has no method 'make_coffee'");
    arg = just_id(&w->bob);
    manage_by_alice(w, "stop_canister", &arg, 0);
    expect_error(w, "IC0406", "Only the controllers of the canister ");
    expect_cycles(w, &w->alice, WORLD_CYCLES);
}

/* ---- settings and status --------------------------------------------------------------------- */

static void update_settings(struct world *w, const struct management_canister_settings *settings)
{
    struct management_update_settings_in in = {
        .arg0 = {.canister_id = w->bob, .settings = *settings}};
    struct axon_buf arg = encode(&management_update_settings_method, &in);
    manage(w, &w->user, "update_settings", &arg);
}

static void test_update_settings(void **state)
{
    struct world *w = *state;
    struct ic_principal both[2] = {w->user, w->alice};
    uint64_t version = world_info(w, &w->bob).version;
    struct management_canister_settings s = {
        .controllers = {.has = true, .value = {.at = both, .count = 2}},
        .freezing_threshold = {.has = true, .value = candid_nat_from_u64(7)}};
    update_settings(w, &s);
    expect_hex(w, "4449444c0000");
    assert_int_equal(world_info(w, &w->bob).controller_count, 2);
    assert_int_equal(world_info(w, &w->bob).version, version + 1);
    s.compute_allocation =
        (struct management_opt_nat){.has = true, .value = candid_nat_from_u64(101)};
    s.controllers.value.count = 1;
    update_settings(w, &s);
    expect_error(w, "IC0408", "compute_allocation is out of range");
    assert_int_equal(world_info(w, &w->bob).controller_count, 2); /* all or nothing */
    struct ic_principal many[11] = {w->user};
    s = (struct management_canister_settings){
        .controllers = {.has = true, .value = {.at = many, .count = 11}}};
    update_settings(w, &s);
    expect_error(w, "IC0504", "The number of controllers is 11");
}

static void decode_status(const struct world *w, struct management_canister_status_out *out,
                          struct ic_arena *arena)
{
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    assert_int_equal(candid_decode(out, &management_canister_status_method.out,
                                   axon_buf_bytes(&w->out.reply), arena),
                     CANDID_OK);
}

static void test_status(void **state)
{
    struct world *w = *state;
    struct management_canister_status_out out;
    struct ic_arena arena;
    void *memory = axon_alloc(ARENA_BYTES);
    ic_arena_init(&arena, memory, ARENA_BYTES);
    struct axon_buf arg = just_id(&w->bob);
    manage(w, &w->user, "canister_status", &arg);
    decode_status(w, &out, &arena);
    struct axon_canister_info info = world_info(w, &w->bob);
    assert_int_equal(out.ret0.status.tag, MANAGEMENT_CANISTER_STATUS_RESULT_STATUS_RUNNING);
    assert_int_equal(out.ret0.cycles.lo, WORLD_CYCLES);
    assert_int_equal(out.ret0.version, info.version);
    assert_true(out.ret0.module_hash.has);
    assert_memory_equal(out.ret0.module_hash.value.at, info.module_hash, 32);
    assert_int_equal(out.ret0.settings.freezing_threshold.lo, 2592000);
    assert_int_equal(out.ret0.memory_metrics.wasm_memory_size.lo, info.heap_bytes);
    assert_int_equal(out.ret0.memory_metrics.wasm_binary_size.lo, w->wasm.size);
    arg = just_id(&w->alice);
    manage_by_alice(w, "canister_status", &arg, 0); /* of herself */
    decode_status(w, &out, &arena);
    struct ic_principal management = IC_PRINCIPAL_MANAGEMENT;
    arg = just_id(&w->bob);
    axon_query(w->net, &w->out, &w->user, &management, "canister_status", axon_buf_bytes(&arg));
    decode_status(w, &out, &arena);
    axon_query(w->net, &w->out, &w->stranger, &management, "canister_status", axon_buf_bytes(&arg));
    expect_error(w, "IC0512", "Only the controllers");
    axon_query(w->net, &w->out, &w->user, &management, "start_canister", axon_buf_bytes(&arg));
    expect_error(w, "IC0536", "no query method 'start_canister'");
    axon_buf_free(&arg);
    free(memory);
}

static void test_minimum_cycles(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    struct management_canister_settings settings = {
        .minimum_incoming_canister_call_cycles = {.has = true, .value = candid_nat_from_u64(50)}};
    update_settings(w, &settings);
    expect_hex(w, "4449444c0000");
    for (uint64_t cycles = 49; cycles <= 50; cycles++) {
        struct axon_buf to_bob = {0}, on_reply = {0}, on_reject = {0};
        script_reply(&to_bob, "");
        script_reply(&on_reply, "enough");
        script_reply(&on_reject, "not enough");
        script_call(&s, &w->bob, "run", &to_bob, &on_reply, &on_reject);
        script_num_op(&s, cycles, PROBE_CALL_CYCLES);
        script_perform(&s);
        world_run(w, &w->alice, &s);
        expect_reply(w, cycles < 50 ? "not enough" : "enough");
    }
    script_reply(&s, "users are free");
    world_run(w, &w->bob, &s);
    expect_reply(w, "users are free");
}

static void test_logs(void **state)
{
    struct world *w = *state;
    struct management_fetch_canister_logs_out out;
    struct ic_principal management = IC_PRINCIPAL_MANAGEMENT;
    struct ic_arena arena;
    struct axon_buf s = {0}, arg = just_id(&w->bob);
    void *memory = axon_alloc(ARENA_BYTES);
    ic_arena_init(&arena, memory, ARENA_BYTES);
    script_text_op(&s, "one", PROBE_PRINT);
    script_text_op(&s, "two", PROBE_TRAP);
    world_run(w, &w->bob, &s);
    axon_query(w->net, &w->out, &w->user, &management, "fetch_canister_logs", axon_buf_bytes(&arg));
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    assert_int_equal(candid_decode(&out, &management_fetch_canister_logs_method.out,
                                   axon_buf_bytes(&w->out.reply), &arena),
                     CANDID_OK);
    assert_int_equal(out.ret0.canister_log_records.count, 2);
    const struct management_canister_log_record *records = out.ret0.canister_log_records.at;
    assert_true(ic_bytes_is_equal(records[0].content, IC_BYTES_LIT("one")));
    assert_int_equal(records[1].idx, 1);
    assert_int_equal(records[1].timestamp_nanos, axon_time(w->net));
    assert_memory_equal(records[1].content.at, "[TRAP]: two", 11);
    axon_query(w->net, &w->out, &w->stranger, &management, "fetch_canister_logs",
               axon_buf_bytes(&arg));
    expect_error(w, "IC0512", "Only the controllers");
    manage(w, &w->user, "fetch_canister_logs", &arg);
    expect_error(w, "IC0406", "fetch_canister_logs API is only accessible in non-replicated mode");
    free(memory);
}

/* ---- stopping and starting ------------------------------------------------------------------- */

static void test_stop_and_start(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, arg = just_id(&w->bob);
    manage(w, &w->user, "stop_canister", &arg);
    expect_hex(w, "4449444c0000");
    assert_int_equal(world_info(w, &w->bob).run_state, AXON_STOPPED);
    script_reply(&s, "");
    world_run(w, &w->bob, &s);
    expect_error(w, "IC0508", "is stopped");
    assert_true(w->out.refused);
    script_reply(&s, "");
    world_ask(w, &w->bob, &s);
    expect_error(w, "IC0508", "is stopped");
    arg = just_id(&w->bob);
    manage(w, &w->user, "stop_canister", &arg); /* again: at once */
    expect_hex(w, "4449444c0000");
    arg = just_id(&w->bob);
    manage(w, &w->user, "start_canister", &arg);
    expect_hex(w, "4449444c0000");
    script_reply(&s, "back");
    world_run(w, &w->bob, &s);
    expect_reply(w, "back");
}

/* Keeps what it is asked and answers when the test says so: a stub that stays silent. */
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

/* Bob waits for an answer that comes only with a deadline, 10 s from now. */
static uint64_t bob_waits(struct world *w)
{
    struct ic_principal silent = ic_principal_from_canister_index(9);
    struct axon_buf s = {0}, on_reject = {0};
    axon_set_stub(w->net, &silent, stay_silent, NULL);
    script_reply(&on_reject, "done");
    script_call(&s, &silent, "x", NULL, NULL, &on_reject);
    script_num_op(&s, 10, PROBE_CALL_BEST_EFFORT);
    script_perform(&s);
    uint64_t id = axon_submit(w->net, &w->out, &w->user, &w->bob, "run", axon_buf_bytes(&s));
    axon_buf_free(&s);
    assert_true(axon_run_until_quiet(w->net));
    return id;
}

static uint64_t submit_stop(struct world *w)
{
    struct ic_principal management = IC_PRINCIPAL_MANAGEMENT;
    struct axon_buf arg = just_id(&w->bob);
    uint64_t id =
        axon_submit(w->net, &w->out, &w->user, &management, "stop_canister", axon_buf_bytes(&arg));
    axon_buf_free(&arg);
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, id));
    assert_int_equal(w->out.status, AXON_STATUS_PROCESSING);
    assert_int_equal(world_info(w, &w->bob).run_state, AXON_STOPPING);
    return id;
}

static void test_stop_waits_for_open_calls(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    uint64_t work = bob_waits(w);
    uint64_t stop = submit_stop(w);
    script_reply(&s, "");
    world_run(w, &w->bob, &s);
    expect_error(w, "IC0509", "is stopping");
    axon_set_time(w->net, axon_time(w->net) + UINT64_C(20000000000));
    assert_true(axon_run_until_quiet(w->net));
    assert_true(axon_poll(w->net, &w->out, work)); /* responses are processed while stopping */
    expect_reply(w, "done");
    assert_true(axon_poll(w->net, &w->out, stop));
    expect_hex(w, "4449444c0000");
    assert_int_equal(world_info(w, &w->bob).run_state, AXON_STOPPED);
}

static void test_start_cancels_stop(void **state)
{
    struct world *w = *state;
    (void)bob_waits(w);
    uint64_t stop = submit_stop(w);
    struct axon_buf arg = just_id(&w->bob);
    manage(w, &w->user, "start_canister", &arg);
    expect_hex(w, "4449444c0000");
    assert_true(axon_poll(w->net, &w->out, stop));
    expect_error(w, "IC0511", "stop request was cancelled");
    assert_int_equal(world_info(w, &w->bob).run_state, AXON_RUNNING);
}

static void test_stop_times_out(void **state)
{
    struct world *w = *state;
    struct ic_principal silent = ic_principal_from_canister_index(9);
    struct axon_buf s = {0};
    axon_set_stub(w->net, &silent, stay_silent, NULL);
    script_call(&s, &silent, "x", NULL, NULL, NULL); /* guaranteed: waits for ever */
    script_perform(&s);
    world_run(w, &w->bob, &s);
    assert_int_equal(w->out.status, AXON_STATUS_PROCESSING);
    uint64_t stop = submit_stop(w);
    axon_set_time(w->net, axon_time(w->net) + UINT64_C(301000000000));
    assert_true(axon_poll(w->net, &w->out, stop));
    expect_error(w, "IC0206", "Stop canister request timed out");
    assert_int_equal(world_info(w, &w->bob).run_state, AXON_STOPPING);
    struct axon_buf arg = just_id(&w->bob);
    manage(w, &w->user, "uninstall_code", &arg); /* drops the call; bob can stop now */
    expect_hex(w, "4449444c0000");
    assert_int_equal(world_info(w, &w->bob).open_call_contexts, 0);
    assert_int_equal(world_info(w, &w->bob).run_state, AXON_STOPPED);
    assert_false(world_info(w, &w->bob).has_module);
}

static void test_delete(void **state)
{
    struct world *w = *state;
    struct axon_canister_info info;
    struct axon_buf s = {0}, arg = just_id(&w->bob);
    manage(w, &w->user, "delete_canister", &arg);
    expect_error(w, "IC0510", "must be stopped before it is deleted");
    arg = just_id(&w->bob);
    manage(w, &w->user, "stop_canister", &arg);
    arg = just_id(&w->bob);
    manage(w, &w->user, "delete_canister", &arg);
    expect_hex(w, "4449444c0000");
    assert_false(axon_canister_find(w->net, &info, &w->bob));
    world_run(w, &w->bob, &s);
    expect_error(w, "IC0301", "not found");
}

/* ---- cycles and entropy ---------------------------------------------------------------------- */

static void test_deposit(void **state)
{
    struct world *w = *state;
    struct ic_principal nobody = ic_principal_from_canister_index(99);
    struct axon_buf arg = just_id(&w->bob);
    manage_by_alice(w, "deposit_cycles", &arg, 600);
    expect_hex(w, "4449444c0000");
    expect_cycles(w, &w->alice, WORLD_CYCLES - 600);
    expect_cycles(w, &w->bob, WORLD_CYCLES + 600);
    arg = just_id(&nobody);
    manage_by_alice(w, "deposit_cycles", &arg, 600);
    expect_error(w, "IC0406", "not found");
    expect_cycles(w, &w->alice, WORLD_CYCLES - 600);
}

/* The n-th value is SHA-256("world/n"): worked out with sha256sum. */
static void test_raw_rand(void **state)
{
    static const char *const EXPECTED[] = {
        "4449444c016d7b010020b0f7106d087a97c9e647a7d5a23244bd13e8a4098217752b302f31c2e28e2f61",
        "4449444c016d7b0100209627e1cf66942a1b377bf067d2c28a0786be1d0f7cd0177c92d6e6190eee404f",
    };
    struct world *w = *state;
    for (size_t i = 0; i < 2; i++) {
        struct axon_buf arg = {0}, expected = {0};
        axon_buf_append_text(&arg, "DIDL");
        axon_buf_append(&arg, (struct ic_bytes){.at = (const uint8_t[]){0, 0}, .size = 2});
        manage_by_alice(w, "raw_rand", &arg, 0);
        axon_buf_append_text(&expected, EXPECTED[i]);
        expect_hex(w, axon_buf_text(&expected));
        axon_buf_free(&expected);
    }
}

/* ---- a network that charges ------------------------------------------------------------------ */

/* What alice and bob have, together. */
static uint64_t both(const struct world *w)
{
    return world_info(w, &w->alice).cycles_lo + world_info(w, &w->bob).cycles_lo;
}

static void test_execution_is_paid(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    uint64_t before = world_info(w, &w->alice).cycles_lo;
    script_reply(&s, "x");
    size_t arg_size = s.size;
    world_run(w, &w->alice, &s);
    expect_reply(w, "x");
    /* 5 M, one per instruction; ingress 1.2 M and 2,000 a byte of argument and method name */
    uint64_t cost = 5000000 + w->out.instructions + 1200000 + 2000 * (arg_size + 3);
    expect_cycles(w, &w->alice, before - cost);
}

static void test_calls_are_paid(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, to_bob = {0}, on_reply = {0};
    uint64_t before = both(w);
    script_num_op(&to_bob, 1000, PROBE_ACCEPT);
    script_reply(&to_bob, "12345");
    script_reply_arg(&on_reply);
    size_t payload_size = to_bob.size;
    script_call(&s, &w->bob, "run", &to_bob, &on_reply, NULL);
    script_num_op(&s, 5000, PROBE_CALL_CYCLES);
    script_perform(&s);
    size_t arg_size = s.size;
    axon_records_clear(w->net);
    world_run(w, &w->alice, &s);
    expect_reply(w, "12345");
    uint64_t instructions = 0;
    size_t count;
    const struct axon_execution_record *records = axon_records(w->net, &count);
    for (size_t i = 1; i < count; i++) { /* 0: inspect_message, paid by nobody */
        instructions += records[i].instructions;
    }
    uint64_t cost = 3 * 5000000 + instructions           /* update, update, callback */
                    + 260000 + 1000 * (payload_size + 3) /* the call */
                    + 1000 * 5                           /* its answer */
                    + 1200000 + 2000 * (arg_size + 3);   /* the user's message */
    assert_int_equal(both(w), before - cost);
}

static void test_poor_canister(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    struct ic_principal poor = axon_create_canister(w->net, &w->user, NULL, 500000000000u);
    world_install(w, &poor, AXON_INSTALL, axon_buf_bytes(&w->wasm), &s);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    struct management_update_settings_in in = {
        .arg0 = {.canister_id = poor,
                 .settings = {.freezing_threshold = {.has = true,
                                                     .value = candid_nat_from_u64(UINT64_MAX)}}}};
    struct axon_buf arg = encode(&management_update_settings_method, &in);
    manage(w, &w->user, "update_settings", &arg);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    script_reply(&s, "");
    world_run(w, &poor, &s);
    expect_error(w, "IC0207", "is out of cycles");
    script_reply(&s, "");
    world_ask(w, &poor, &s);
    expect_error(w, "IC0207", "because it's frozen");
    in.arg0.settings.freezing_threshold.value = candid_nat_from_u64(0); /* helps: paid afterwards */
    arg = encode(&management_update_settings_method, &in);
    size_t arg_size = arg.size;
    uint64_t before = world_info(w, &poor).cycles_lo;
    manage(w, &w->user, "update_settings", &arg);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    expect_cycles(w, &poor, before - 1200000 - 2000 * (arg_size + strlen("update_settings")));
    script_reply(&s, "thawed");
    world_run(w, &poor, &s);
    expect_reply(w, "thawed");
}

static void test_storage_runs_out(void **state)
{
    struct world *w = *state;
    uint64_t before = world_info(w, &w->alice).cycles_lo;
    axon_set_time(w->net, axon_time(w->net) + UINT64_C(9000000000));
    expect_cycles(w, &w->alice, before); /* less than 10 s: later */
    axon_set_time(w->net, axon_time(w->net) + UINT64_C(86400000000000));
    uint64_t day = before - world_info(w, &w->alice).cycles_lo;
    /* 127,000 per GiB and second for some 11 MiB */
    assert_in_range(day, 100000000, 140000000);
    axon_set_time(w->net, axon_time(w->net) + UINT64_C(864000000000000000) * 10);
    assert_int_equal(world_info(w, &w->alice).cycles_lo, 0);
    assert_false(world_info(w, &w->alice).has_module);
}

static void test_create_costs(void **state)
{
    struct world *w = *state;
    struct axon_buf arg = create_arg();
    manage_by_alice(w, "create_canister", &arg, 499999999999u);
    expect_error(w, "IC0406", "Creating a canister requires a fee of 500000000000");
    struct ic_principal id = ic_principal_from_canister_index(AXON_FIRST_CANISTER_DEFAULT + 2);
    struct axon_canister_info info;
    assert_false(axon_canister_find(w->net, &info, &id));
    arg = create_arg();
    manage_by_alice(w, "create_canister", &arg, 500000000007u);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    expect_cycles(w, &id, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_create_by_a_canister),
        WORLD_TEST(test_create_at_id),
        WORLD_TEST(test_install_by_a_user),
        WORLD_TEST(test_refusals),
        WORLD_TEST(test_update_settings),
        WORLD_TEST(test_status),
        WORLD_TEST(test_minimum_cycles),
        WORLD_TEST(test_logs),
        WORLD_TEST(test_stop_and_start),
        WORLD_TEST(test_stop_waits_for_open_calls),
        WORLD_TEST(test_start_cancels_stop),
        WORLD_TEST(test_stop_times_out),
        WORLD_TEST(test_delete),
        WORLD_TEST(test_deposit),
        WORLD_TEST(test_raw_rand),
        PAYING_TEST(test_execution_is_paid),
        PAYING_TEST(test_calls_are_paid),
        PAYING_TEST(test_poor_canister),
        PAYING_TEST(test_storage_runs_out),
        PAYING_TEST(test_create_costs),
    };
    return cmocka_run_group_tests_name("exec management", tests, NULL, NULL);
}
