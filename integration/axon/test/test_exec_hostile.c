/* Canisters that mean harm: whatever they do ends in an error with its number, the network goes on,
 * and axon does not crash. */
#include "ic0/table.h"
#include "world.h"

#include <stdlib.h>

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

/* The canister still works. */
static void expect_alive(struct world *w, const struct ic_principal *canister)
{
    struct axon_buf s = {0};
    script_reply(&s, "alive");
    world_run(w, canister, &s);
    expect_reply(w, "alive");
}

/* ---- endless work ---------------------------------------------------------------------------- */

static void test_infinite_loop(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    axon_set_limit(w->net, 10000000);
    script_text_op(&s, "new", PROBE_KEEP);
    script_op(&s, PROBE_SPIN);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0522",
                 "Canister exceeded the limit of 10000000 instructions for single message");
    assert_int_equal(w->out.instructions, 10000000);
    axon_set_limit(w->net, 0);
    expect_kept(w, &w->alice, "");
    expect_alive(w, &w->alice);
}

static void test_stack_overflow(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_op(&s, PROBE_RECURSE);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0502", "Canister trapped: ");
    expect_alive(w, &w->alice);
}

/* Each call makes the next one: 500 are open before call_perform says no, and all unwinds. */
static void test_calls_itself_for_ever(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_op(&s, PROBE_SELF);
    script_text(&s, "run");
    script_text(&s, "");
    script_text(&s, "");
    script_op(&s, PROBE_CALL);
    script_op(&s, PROBE_ARG);
    script_op(&s, PROBE_CALL_DATA);
    script_perform(&s);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0506", "did not reply");
    assert_int_equal(world_info(w, &w->alice).open_call_contexts, 0);
    size_t count;
    (void)axon_records(w->net, &count);
    assert_int_equal(count, 1 + 501 + 500); /* inspect, updates, callbacks */
    expect_alive(w, &w->alice);
}

static void test_timer_calls_for_ever(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, hook = {0};
    /* The timer arms itself for the past again and again, and calls somebody each time. */
    script_call(&hook, &w->bob, "run", NULL, NULL, NULL);
    script_perform(&hook);
    script_num_op(&hook, 1, PROBE_TIMER);
    script_script(&s, &hook);
    script_num_op(&s, PROBE_ON_TIMER, PROBE_HOOK);
    script_num_op(&s, 1, PROBE_TIMER);
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    axon_set_time(w->net, axon_time(w->net) + 1);
    assert_true(axon_run_until_quiet(w->net));
    expect_alive(w, &w->alice);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void test_heap_grows_to_the_end(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_num_op(&s, 65536, PROBE_GROW_HEAP); /* more than there can be: -1, no trap */
    script_op(&s, PROBE_BYTES);
    script_op(&s, PROBE_APPEND);
    script_op(&s, PROBE_REPLY);
    world_run(w, &w->alice, &s);
    const uint8_t refused[8] = {0xff, 0xff, 0xff, 0xff};
    expect_reply_bytes(w, (struct ic_bytes){.at = refused, .size = 8});
    script_num_op(&s, 60000, PROBE_GROW_HEAP);
    script_num(&s, 2000); /* every 16th page from the top: as many mappings as pages */
    script_num_op(&s, 16, PROBE_DIRTY_HEAP);
    script_op(&s, PROBE_UNREACHABLE);
    uint64_t heap_bytes = world_info(w, &w->alice).heap_bytes;
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0502", "unreachable");
    assert_int_equal(world_info(w, &w->alice).heap_bytes, heap_bytes);
    expect_alive(w, &w->alice);
}

/* Alternate pages of a large heap: each is a mapping of its own for the operating system, which has
 * about 65,000 of them for a process. */
static void test_scattered_pages(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_num_op(&s, 10000, PROBE_GROW_HEAP);
    script_num(&s, 70000);
    script_num_op(&s, 2, PROBE_DIRTY_HEAP);
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_reply(w, "");
    expect_alive(w, &w->alice);
    expect_alive(w, &w->bob);
}

static void test_wild_store(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_num_op(&s, UINT32_MAX, PROBE_WILD_STORE);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0502", "heap out of bounds");
    expect_alive(w, &w->alice);
}

static void test_stable_out_of_bounds(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    script_num_op(&s, UINT64_MAX, PROBE_STABLE_GROW);
    script_op(&s, PROBE_BYTES);
    script_op(&s, PROBE_APPEND);
    script_num_op(&s, 8192000, PROBE_STABLE_GROW); /* 500 GiB: allowed, costs the host nothing */
    script_op(&s, PROBE_REPLY);
    world_run(w, &w->alice, &s);
    expect_reply_bytes(
        w, (struct ic_bytes){.at = (const uint8_t[]){255, 255, 255, 255, 255, 255, 255, 255},
                             .size = 8});
    script_num(&s, UINT64_MAX - 1);
    script_text_op(&s, "over", PROBE_STABLE_WRITE);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0502", "stable memory out of bounds");
    script_num(&s, UINT64_C(8192000) * 65536 - 4);
    script_text_op(&s, "last", PROBE_STABLE_WRITE);
    script_reply(&s, "");
    world_run(w, &w->alice, &s);
    expect_reply(w, "");
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void test_reply_too_large(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, megabyte = {0};
    uint8_t *zeros = axon_alloc(1048576);
    script_str(&megabyte, (struct ic_bytes){.at = zeros, .size = 1048576});
    free(zeros);
    axon_buf_append(&s, axon_buf_bytes(&megabyte));
    script_op(&s, PROBE_APPEND);
    axon_buf_append(&s, axon_buf_bytes(&megabyte));
    script_op(&s, PROBE_APPEND);
    axon_buf_free(&megabyte);
    script_op(&s, PROBE_REPLY);
    world_run(w, &w->alice, &s); /* exactly 2 MiB */
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    assert_int_equal(w->out.reply.size, 2097152);
    for (size_t i = 0; i < 2; i++) {
        zeros = axon_alloc(1048577);
        script_str(&s, (struct ic_bytes){.at = zeros, .size = 1048577});
        script_op(&s, PROBE_APPEND);
        free(zeros);
    }
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0504", "cannot be larger than 2097152");
}

static void test_long_trap_text(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0}, text = {0};
    for (size_t i = 0; i < 20000; i++) {
        axon_buf_append_text(&text, "\xc3\xa4"); /* two bytes each, cut between characters */
    }
    axon_buf_append_text(&text, "\xff");
    script_str(&s, axon_buf_bytes(&text));
    script_op(&s, PROBE_TRAP);
    axon_buf_free(&text);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0503", "Canister called `ic0.trap` with message: '");
    assert_in_range(w->out.reject_text.size, 8189, 8192);
    assert_int_equal(w->out.reject_text.at[w->out.reject_text.size - 1] & 0xc0, 0x80);
}

static void test_bad_names(void **state)
{
    struct world *w = *state;
    struct axon_buf s = {0};
    struct axon_buf name = {0};
    for (size_t i = 0; i < 20001; i++) {
        axon_buf_append_byte(&name, 'x');
    }
    script_str(&s, ic_principal_bytes(&w->bob));
    script_str(&s, axon_buf_bytes(&name));
    script_text(&s, "");
    script_text(&s, "");
    script_op(&s, PROBE_CALL);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0504", "size of method name 20001");
    axon_buf_free(&name);
    script_text(&s, "a principal of more than 29 bytes");
    script_text(&s, "run");
    script_text(&s, "");
    script_text(&s, "");
    script_op(&s, PROBE_CALL);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0504", "the callee is not a principal");
    script_str(&s, (struct ic_bytes){.at = (const uint8_t *)"\xff\xfe", .size = 2});
    script_op(&s, PROBE_REJECT);
    world_run(w, &w->alice, &s);
    expect_error(w, "IC0504", "not valid UTF-8");
}

/* ---- every system call, called with the worst arguments in every context --------------------- */

struct row {
    const char *name, *type;
};
#define ROW(name, type, contexts, base, arg, per_byte) {#name, type},
static const struct row ROWS[] = {IC0_FUNCTIONS(ROW)};
#undef ROW

static void put_leb(struct axon_buf *b, uint64_t n)
{
    while (n >= 0x80) {
        axon_buf_append_byte(b, (uint8_t)(n | 0x80));
        n >>= 7;
    }
    axon_buf_append_byte(b, (uint8_t)n);
}

static void put_name(struct axon_buf *b, const char *name)
{
    put_leb(b, strlen(name));
    axon_buf_append_text(b, name);
}

static void put_section(struct axon_buf *module, uint8_t id, struct axon_buf *content)
{
    axon_buf_append_byte(module, id);
    put_leb(module, content->size);
    axon_buf_append(module, axon_buf_bytes(content));
    axon_buf_clear(content);
}

static uint8_t value_type(char letter)
{
    return letter == 'i' ? 0x7f : 0x7e;
}

/* One argument as a constant instruction. */
static void put_const(struct axon_buf *code, char letter, uint64_t bits)
{
    int64_t value = letter == 'i' ? (int64_t)(int32_t)(uint32_t)bits : (int64_t)bits;
    axon_buf_append_byte(code, letter == 'i' ? 0x41 : 0x42);
    for (;;) {
        uint8_t byte = (uint8_t)(value & 0x7f);
        value >>= 7;
        bool is_last = (value == 0 && (byte & 0x40) == 0) || (value == -1 && (byte & 0x40) != 0);
        axon_buf_append_byte(code, is_last ? byte : byte | 0x80);
        if (is_last) {
            return;
        }
    }
}

/* The call with its arguments, which follow a pattern; the result is dropped. */
static void put_body(struct axon_buf *code, const struct row *row, const uint64_t patterns[2])
{
    struct axon_buf body = {0};
    axon_buf_append_byte(&body, 0); /* no locals */
    const char *letter = row->type;
    for (size_t i = 0; *letter != ':'; letter++, i++) {
        put_const(&body, *letter, patterns[i % 2]);
    }
    axon_buf_append_byte(&body, 0x10); /* call 0 */
    axon_buf_append_byte(&body, 0);
    if (letter[1] != '\0') {
        axon_buf_append_byte(&body, 0x1a); /* drop */
    }
    axon_buf_append_byte(&body, 0x0b);
    put_leb(code, body.size);
    axon_buf_append(code, axon_buf_bytes(&body));
    axon_buf_free(&body);
}

static const char *const EXPORTS[] = {
    "canister_update go",    "canister_query ask", "canister_composite_query others",
    "canister_global_timer", "canister_heartbeat", "canister_pre_upgrade",
};
#define EXPORT_COUNT (sizeof EXPORTS / sizeof EXPORTS[0])

static void put_types(struct axon_buf *s, const struct row *row)
{
    const char *colon = strchr(row->type, ':');
    put_leb(s, 2);
    axon_buf_append_byte(s, 0x60);
    put_leb(s, (uint64_t)(colon - row->type));
    for (const char *letter = row->type; letter < colon; letter++) {
        axon_buf_append_byte(s, value_type(*letter));
    }
    put_leb(s, strlen(colon + 1));
    for (const char *letter = colon + 1; *letter != '\0'; letter++) {
        axon_buf_append_byte(s, value_type(*letter));
    }
    axon_buf_append(s, (struct ic_bytes){.at = (const uint8_t[]){0x60, 0, 0}, .size = 3});
}

/* A module whose every export makes the one call. with_memory: one page of heap, or none. */
static void hostile_module(struct axon_buf *module, const struct row *row,
                           const uint64_t patterns[2], bool with_memory)
{
    struct axon_buf s = {0};
    axon_buf_append(module, (struct ic_bytes){.at = (const uint8_t *)"\0asm\1\0\0\0", .size = 8});
    put_types(&s, row);
    put_section(module, 1, &s);
    put_leb(&s, 1);
    put_name(&s, "ic0");
    put_name(&s, row->name);
    axon_buf_append(&s, (struct ic_bytes){.at = (const uint8_t[]){0, 0}, .size = 2});
    put_section(module, 2, &s);
    axon_buf_append(&s, (struct ic_bytes){.at = (const uint8_t[]){1, 1}, .size = 2});
    put_section(module, 3, &s);
    if (with_memory) {
        axon_buf_append(&s, (struct ic_bytes){.at = (const uint8_t[]){1, 0, 1}, .size = 3});
        put_section(module, 5, &s);
    }
    put_leb(&s, EXPORT_COUNT);
    for (size_t i = 0; i < EXPORT_COUNT; i++) {
        put_name(&s, EXPORTS[i]);
        axon_buf_append(&s, (struct ic_bytes){.at = (const uint8_t[]){0, 1}, .size = 2});
    }
    put_section(module, 7, &s);
    put_leb(&s, 1);
    put_body(&s, row, patterns);
    put_section(module, 10, &s);
    axon_buf_free(&s);
}

/* Contract violations, traps, or a harmless return: nothing else is expected. */
static void expect_handled(struct world *w, const struct row *row)
{
    static const char *const CODES[] = {"",       "IC0502", "IC0503", "IC0504",
                                        "IC0506", "IC0522", "IC0207", "IC0406"};
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        if (strcmp(w->out.error_code, CODES[i]) == 0) {
            return;
        }
    }
    print_error("ic0.%s ends with %s %s\n", row->name, w->out.error_code,
                axon_buf_text(&w->out.reject_text));
    fail();
}

static void attack(struct world *w, const struct row *row, const uint64_t patterns[2],
                   bool with_memory)
{
    struct axon_buf module = {0}, nothing = {0};
    struct ic_bytes none = {.at = NULL};
    hostile_module(&module, row, patterns, with_memory);
    world_install(w, &w->alice, AXON_REINSTALL, axon_buf_bytes(&module), &nothing);
    if (w->out.status != AXON_STATUS_REPLIED) {
        print_error("ic0.%s: %s\n", row->name, axon_buf_text(&w->out.reject_text));
    }
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    axon_update(w->net, &w->out, &w->user, &w->alice, "go", none);
    expect_handled(w, row);
    axon_update(w->net, &w->out, &w->user, &w->alice, "ask", none);
    expect_handled(w, row);
    axon_query(w->net, &w->out, &w->user, &w->alice, "ask", none);
    expect_handled(w, row);
    axon_query(w->net, &w->out, &w->user, &w->alice, "others", none);
    expect_handled(w, row);
    assert_true(axon_run_task(w->net, &w->alice, "canister_global_timer"));
    assert_true(axon_run_task(w->net, &w->alice, "canister_heartbeat"));
    world_install(w, &w->alice, AXON_UPGRADE, axon_buf_bytes(&module), &nothing);
    expect_handled(w, row);
    axon_buf_free(&module);
}

static void test_every_system_call(void **state)
{
    static const uint64_t PATTERNS[][2] = {
        {UINT64_MAX, UINT64_MAX}, /* the end of everything */
        {0, UINT64_MAX},          /* sizes that wrap around */
        {65535, 2},               /* the last byte and one more */
        {0, 0},
        {UINT64_C(1) << 63, 16},
        {65530, 100000},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        for (size_t p = 0; p < sizeof PATTERNS / sizeof PATTERNS[0]; p++) {
            attack(w, &ROWS[i], PATTERNS[p], true);
        }
        attack(w, &ROWS[i], PATTERNS[0], false);
    }
    expect_alive(w, &w->bob);
}

/* A pointer just outside is a contract violation that says so, for each call that takes memory. */
static void test_out_of_bounds_is_a_violation(void **state)
{
    static const struct row TAKE_MEMORY[] = {
        {"msg_reply_data_append", "ii:"},    {"msg_reject", "ii:"},
        {"certified_data_set", "ii:"},       {"is_controller", "ii:i"},
        {"canister_cycle_balance128", "i:"}, {"cost_create_canister", "i:"},
        {"canister_self_copy", "iii:"},
    };
    static const uint64_t OUTSIDE[2] = {65536, 1};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof TAKE_MEMORY / sizeof TAKE_MEMORY[0]; i++) {
        struct axon_buf module = {0}, nothing = {0};
        hostile_module(&module, &TAKE_MEMORY[i], OUTSIDE, true);
        world_install(w, &w->alice, AXON_REINSTALL, axon_buf_bytes(&module), &nothing);
        axon_update(w->net, &w->out, &w->user, &w->alice, "go", (struct ic_bytes){.at = NULL});
        expect_error(w, "IC0504", "Canister violated contract: ic0.");
        axon_buf_free(&module);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_infinite_loop),
        WORLD_TEST(test_stack_overflow),
        WORLD_TEST(test_calls_itself_for_ever),
        WORLD_TEST(test_timer_calls_for_ever),
        WORLD_TEST(test_heap_grows_to_the_end),
        WORLD_TEST(test_scattered_pages),
        WORLD_TEST(test_wild_store),
        WORLD_TEST(test_stable_out_of_bounds),
        WORLD_TEST(test_reply_too_large),
        WORLD_TEST(test_long_trap_text),
        WORLD_TEST(test_bad_names),
        WORLD_TEST(test_every_system_call),
        WORLD_TEST(test_out_of_bounds_is_a_violation),
    };
    return cmocka_run_group_tests_name("exec hostile", tests, NULL, NULL);
}
