/* The edges of the library: stubs, metadata, names of the management canister, memory limits of the
 * settings, UTF-8, and what the small structures promise. */
#include "exec/error.h"
#include "exec/log.h"
#include "exec/slots.h"
#include "ic/arena.h"
#include "management_did.h"
#include "world.h"

#include <stdlib.h>

#define WORLD_TEST(name)  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
#define PAYING_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup_paying, world_teardown)

/* ---- stubs ----------------------------------------------------------------------------------- */

/* Replies with method and sender, takes up to 30 cycles; rejects "no". */
static void bank(void *context, struct axon_network *net, const struct ic_principal *sender,
                 const char *method, struct ic_bytes arg, struct axon_outcome *out)
{
    size_t *calls = context;
    (*calls)++;
    if (strcmp(method, "no") == 0) {
        out->status = AXON_STATUS_REJECTED;
        out->reject_code = AXON_SYS_TRANSIENT;
        axon_buf_append_text(&out->reject_text, "closed");
        return;
    }
    uint64_t taken = axon_stub_accept(net, 20) + axon_stub_accept(net, 10);
    axon_buf_printf(&out->reply, "%s %llu %zu %zu", method, (unsigned long long)taken,
                    (size_t)sender->size, arg.size);
}

static void call_bank(struct world *w, const struct ic_principal *id, const char *method)
{
    struct axon_buf s = {0}, on_reply = {0}, on_reject = {0};
    script_reply_arg(&on_reply);
    script_op(&on_reject, PROBE_REJECT_CODE);
    script_op(&on_reject, PROBE_BYTES);
    script_op(&on_reject, PROBE_APPEND);
    script_op(&on_reject, PROBE_REPLY);
    script_call(&s, id, method, NULL, &on_reply, &on_reject);
    script_num_op(&s, 100, PROBE_CALL_CYCLES);
    script_perform(&s);
    world_run(w, &w->alice, &s);
}

static void test_stub(void **state)
{
    struct world *w = *state;
    size_t calls = 0;
    struct ic_principal id = ic_principal_from_canister_index(9);
    axon_set_stub(w->net, &id, bank, &calls);
    call_bank(w, &id, "pay");
    expect_reply(w, "pay 30 10 0");
    expect_cycles(w, &w->alice, WORLD_CYCLES - 30);
    expect_cycles(w, &id, 30);
    call_bank(w, &id, "no");
    expect_reply_bytes(w,
                       (struct ic_bytes){.at = (const uint8_t[8]){AXON_SYS_TRANSIENT}, .size = 8});
    expect_cycles(w, &w->alice, WORLD_CYCLES - 30);
    axon_query(w->net, &w->out, &w->user, &id, "ask", IC_BYTES_LIT("12"));
    expect_reply(w, "ask 0 29 2");
    axon_query(w->net, &w->out, &w->user, &id, "no", IC_BYTES_LIT("12"));
    expect_error(w, "IC0406", "closed");
    axon_update(w->net, &w->out, &w->user, &id, "pay", IC_BYTES_LIT(""));
    expect_reply(w, "pay 0 29 0");
    assert_int_equal(calls, 5);
    assert_int_equal(axon_stub_accept(w->net, 1), 0);
}

static void test_subnet_is_management(void **state)
{
    struct world *w = *state;
    struct ic_principal elsewhere = ic_principal_from_public_key(IC_BYTES_LIT("a subnet"));
    struct ic_principal own = axon_subnet_id(w->net);
    const struct ic_principal *const subnets[] = {&elsewhere, &own};
    axon_add_subnet(w->net, &elsewhere);
    for (size_t i = 0; i < 2; i++) {
        struct axon_buf s = {0}, on_reply = {0}, arg = {0};
        axon_buf_append(&arg, (struct ic_bytes){.at = (const uint8_t *)"DIDL\0\0", .size = 6});
        script_reply_arg(&on_reply);
        script_call(&s, subnets[i], "raw_rand", &arg, &on_reply, NULL);
        script_perform(&s);
        world_run(w, &w->alice, &s);
        assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
        assert_int_equal(w->out.reply.size, 42); /* DIDL, blob, 32 bytes */
    }
}

/* ---- what can be seen ------------------------------------------------------------------------ */

static void test_metadata(void **state)
{
    struct world *w = *state;
    struct ic_bytes name, content;
    bool is_public = false;
    assert_true(axon_canister_metadata(w->net, &w->alice, "candid:service", &content, &is_public));
    assert_true(is_public);
    assert_true(content.size > 0);
    assert_false(axon_canister_metadata(w->net, &w->alice, "nothing", &content, &is_public));
    assert_true(axon_canister_metadata_at(w->net, &w->alice, 0, &name, &content, &is_public));
    assert_true(ic_bytes_is_equal(name, IC_BYTES_LIT("candid:service")));
    assert_false(axon_canister_metadata_at(w->net, &w->alice, 9, &name, &content, &is_public));
    assert_false(axon_canister_metadata(w->net, &w->user, "x", &content, &is_public));
    assert_true(axon_canister_has_method(w->net, &w->alice, "ask_others"));
    assert_false(axon_canister_has_method(w->net, &w->alice, "canister_update run"));
}

static void test_canisters_in_order(void **state)
{
    struct world *w = *state;
    struct axon_canister_info info;
    struct ic_principal low = ic_principal_from_canister_index(3);
    axon_create_canister(w->net, &w->user, &low, 0);
    assert_true(axon_canister_at(w->net, &info, 0));
    assert_true(ic_principal_is_equal(&info.id, &low));
    assert_true(axon_canister_at(w->net, &info, 1));
    assert_true(ic_principal_is_equal(&info.id, &w->alice));
    assert_false(axon_canister_at(w->net, &info, 3));
}

/* ---- memory limits --------------------------------------------------------------------------- */

static void update_settings(struct world *w, const struct management_canister_settings *settings)
{
    struct management_update_settings_in in = {
        .arg0 = {.canister_id = w->alice, .settings = *settings}};
    struct ic_principal management = IC_PRINCIPAL_MANAGEMENT;
    struct ic_arena arena;
    struct ic_bytes bytes;
    uint64_t memory[512];
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_encode(&bytes, &management_update_settings_method.in, &in,
                                   CANDID_ENCODE_FULL, &arena),
                     CANDID_OK);
    axon_update(w->net, &w->out, &w->user, &management, "update_settings", bytes);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
}

static void test_wasm_memory_limit(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    uint64_t heap_bytes = world_info(w, &w->alice).heap_bytes;
    struct management_canister_settings settings = {
        .wasm_memory_limit = {.has = true, .value = candid_nat_from_u64(heap_bytes + 65536)}};
    update_settings(w, &settings);
    script_num_op(&s, 2, PROBE_GROW_HEAP);
    script_text_op(&s, "new", PROBE_KEEP);
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0539", "Canister exceeded its current Wasm memory limit");
    expect_kept(w, &w->alice, "");
    assert_int_equal(world_info(w, &w->alice).heap_bytes, heap_bytes);
    script_num_op(&s, 1, PROBE_GROW_HEAP);
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_reply(w, "");
    assert_int_equal(world_info(w, &w->alice).heap_bytes, heap_bytes + 65536);
    world_install(w, &w->alice, AXON_REINSTALL, axon_buf_bytes(&w->wasm), &s);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    settings.wasm_memory_limit.value = candid_nat_from_u64(heap_bytes - 1);
    update_settings(w, &settings);
    world_install(w, &w->alice, AXON_REINSTALL, axon_buf_bytes(&w->wasm), &s);
    expect_error(w, "IC0539", "Canister exceeded its current Wasm memory limit");
}

/* Memory that cannot be paid for 30 days is not given. */
static void test_growth_must_be_paid(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_num_op(&s, 16 * 1024 * 100, PROBE_STABLE_GROW); /* 100 GiB */
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0532", "cannot grow memory by 107374182400 bytes");
    assert_int_equal(world_info(w, &w->alice).stable_bytes, 0);
    struct management_canister_settings settings = {
        .freezing_threshold = {.has = true, .value = candid_nat_from_u64(500000000)}};
    update_settings(w, &settings);
    script_num_op(&s, 1600, PROBE_GROW_HEAP); /* 100 MiB for 16 years */
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0532", "cannot grow memory by 104857600 bytes");
}

static void test_install_must_be_paid(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    struct ic_principal poor = axon_create_canister(w->net, &w->user, NULL, 1000000);
    world_install(w, &poor, AXON_INSTALL, axon_buf_bytes(&w->wasm), &s);
    expect_error(w, "IC0207", "Canister installation failed with ");
    expect_cycles(w, &poor, 1000000);
}

static void test_poor_callee(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, on_reject = {0};
    struct ic_principal poor = axon_create_canister(w->net, &w->user, NULL, 400000000000u);
    world_install(w, &poor, AXON_INSTALL, axon_buf_bytes(&w->wasm), &s);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    axon_set_time(w->net, axon_time(w->net) + UINT64_C(3200) * 86400 * 1000000000);
    script_op(&on_reject, PROBE_REJECT_TEXT);
    script_op(&on_reject, PROBE_APPEND);
    script_op(&on_reject, PROBE_REPLY);
    script_call(&s, &poor, "run", NULL, NULL, &on_reject);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    assert_non_null(strstr(axon_buf_text(&w->out.reply), "is out of cycles"));
}

/* ---- names ----------------------------------------------------------------------------------- */

static void test_strange_method_names(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, name = {0}, on_reject = {0};
    for (size_t i = 0; i < 20001; i++) {
        axon_buf_append_byte(&name, 'x');
    }
    axon_update(w->net, &w->out, &w->user, &w->alice, axon_buf_text(&name), IC_BYTES_LIT(""));
    expect_error(w, "IC0408", "longer than 20000 bytes");
    axon_buf_free(&name);
    script_op(&on_reject, PROBE_REJECT_TEXT);
    script_op(&on_reject, PROBE_APPEND);
    script_op(&on_reject, PROBE_REPLY);
    script_str(&s, ic_principal_bytes(&w->bob)); /* "run" and a NUL is not "run" */
    script_str(&s, (struct ic_bytes){.at = (const uint8_t *)"run\0", .size = 4});
    script_text(&s, "");
    script_script(&s, &on_reject);
    script_op(&s, PROBE_CALL);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    assert_non_null(strstr(axon_buf_text(&w->out.reply), "Canister has no update method 'run"));
}

struct utf8_case {
    const char *in;
    const char *lossy;
};

static void test_utf8(void **state)
{
    static const struct utf8_case CASES[] = {
        {"plain", "plain"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
        {"\xc1\xbf", NULL},         /* overlong */
        {"\xe0\x9f\xbf", NULL},     /* overlong */
        {"\xf0\x8f\xbf\xbf", NULL}, /* overlong */
        {"\xed\xa0\x80", NULL},     /* surrogate */
        {"\xf4\x90\x80\x80", NULL}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", NULL},
        {"a\xe2\x82", NULL}, /* cut off */
        {"\xe2\x82z", NULL},
        {"\x80", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct axon_buf out = {0};
        struct ic_bytes in = ic_bytes_from_text(CASES[i].in);
        assert_int_equal(axon_utf8_is_valid(in), CASES[i].lossy != NULL);
        axon_buf_append_utf8_lossy(&out, in);
        assert_true(axon_utf8_is_valid(axon_buf_bytes(&out)));
        if (CASES[i].lossy != NULL) {
            assert_string_equal(axon_buf_text(&out), CASES[i].lossy);
        } else {
            assert_non_null(strstr(axon_buf_text(&out), "\xef\xbf\xbd"));
        }
        axon_buf_free(&out);
    }
}

/* ---- small structures ------------------------------------------------------------------------ */

static void test_slots(void **state)
{
    struct axon_slots s = {0};
    int items[40];
    uint64_t ids[40];
    (void)state;
    for (size_t i = 0; i < 40; i++) {
        ids[i] = axon_slots_put(&s, &items[i]);
        assert_true(ids[i] > 0);
    }
    assert_ptr_equal(axon_slots_take(&s, ids[7]), &items[7]);
    assert_null(axon_slots_take(&s, ids[7]));
    assert_null(axon_slots_find(&s, ids[7]));
    uint64_t again = axon_slots_put(&s, &items[7]);
    assert_int_not_equal(again, ids[7]); /* an old id never finds a new item */
    assert_null(axon_slots_find(&s, ids[7]));
    assert_ptr_equal(axon_slots_find(&s, again), &items[7]);
    assert_null(axon_slots_find(&s, 0));
    assert_null(axon_slots_find(&s, 41));
    assert_int_equal(s.live, 40);
    assert_int_equal(s.count, 40);
    axon_slots_free(&s);
}

/* SPEC: ic-system 2.2, L(n): 2 for each byte, 50 for each that still fits. */
static void test_log(void **state)
{
    struct axon_log log = {0};
    uint8_t bytes[5000] = {0};
    (void)state;
    assert_int_equal(axon_log_cost(&log, 0), 0);
    assert_int_equal(axon_log_cost(&log, 100), 5200);
    assert_int_equal(axon_log_cost(&log, 5000), 2 * 4096 + 50 * 4096);
    axon_log_add(&log, 1, (struct ic_bytes){.at = bytes, .size = 1000});
    assert_int_equal(axon_log_cost(&log, 4000), 2 * 4000 + 50 * 3056);
    for (size_t i = 0; i < 200; i++) {
        axon_log_add(&log, 2, (struct ic_bytes){.at = bytes, .size = 0});
    }
    assert_int_equal(log.count, AXON_LOG_RECORDS_MAX);
    assert_int_equal(log.records[0].index, 201 - AXON_LOG_RECORDS_MAX);
    axon_log_add(&log, 3, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
    assert_int_equal(log.count, 1);
    assert_int_equal(log.records[0].text.size, 4056);
    assert_int_equal(axon_log_cost(&log, 50), 100);
    axon_log_clear(&log);
    assert_int_equal(log.next_index, 202);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_stub),
        WORLD_TEST(test_subnet_is_management),
        WORLD_TEST(test_metadata),
        WORLD_TEST(test_canisters_in_order),
        WORLD_TEST(test_wasm_memory_limit),
        PAYING_TEST(test_growth_must_be_paid),
        PAYING_TEST(test_install_must_be_paid),
        PAYING_TEST(test_poor_callee),
        WORLD_TEST(test_strange_method_names),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests_name("exec edges", tests, NULL, NULL);
}
