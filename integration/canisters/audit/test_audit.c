/* Integrity checks of stable structures as debug queries in axon: a check that goes on from query
 * to query, what its steps cost, and damage that it names. */
#include "audit_did.h"
#include "axon.h"
#include "ic/arena.h"
#include "ic/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WASM          "build/wasm/audit.wasm"
#define ARENA_BYTES   65536u
#define AT_ONCE       500000u /* instructions of a query; a canister in use would take billions */
#define STRUCTURES    5u
#define ENTRIES       30000u
#define FILL_AT_ONCE  10000u
#define EXTENTS_TABLE 8192u

static const char *const NAMES[STRUCTURES] = {
    [AUDIT_STRUCTURE_TABLE] = "table", [AUDIT_STRUCTURE_LOG] = "log",
    [AUDIT_STRUCTURE_RING] = "ring",   [AUDIT_STRUCTURE_MAP] = "map",
    [AUDIT_STRUCTURE_QUEUE] = "queue",
};

static struct axon_network *net;
static struct axon_buf module;
static struct ic_principal audit;
static struct axon_outcome outcome;
static _Alignas(8) uint8_t memory[ARENA_BYTES];
static struct ic_arena arena;

/* ---- calls ----------------------------------------------------------------------------------- */

static void send(const struct candid_method *method, const void *in)
{
    struct ic_bytes argument;
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_encode(&argument, &method->in, in, CANDID_ENCODE_FULL, &arena),
                     CANDID_OK);
    if (method->mode == CANDID_MODE_QUERY) {
        axon_query(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &audit, method->name, argument);
    } else {
        axon_update(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &audit, method->name, argument);
    }
}

static void call(void *out, const struct candid_method *method, const void *in)
{
    send(method, in);
    if (outcome.status != AXON_STATUS_REPLIED) {
        fail_msg("%s: %s", method->name, axon_buf_text(&outcome.reject_text));
    }
    assert_int_equal(candid_decode(out, &method->out, axon_buf_bytes(&outcome.reply), &arena),
                     CANDID_OK);
}

static void expect_reject(const char *text, const struct candid_method *method, const void *in)
{
    send(method, in);
    assert_int_equal(outcome.status, AXON_STATUS_REJECTED);
    if (strstr(axon_buf_text(&outcome.reject_text), text) == NULL) {
        fail_msg("%s: expected %s", axon_buf_text(&outcome.reject_text), text);
    }
}

static void fill(uint64_t from, uint64_t to)
{
    struct audit_fill_out nothing;
    for (; from < to; from += FILL_AT_ONCE) {
        struct audit_fill_in in = {.from = from, .to = from + FILL_AT_ONCE};
        call(&nothing, &audit_fill_method, &in);
    }
}

static void damage(uint64_t offset)
{
    struct audit_damage_out nothing;
    struct audit_damage_in in = {.offset = offset};
    call(&nothing, &audit_damage_method, &in);
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* A check handed from query to query; the words in between are kept here, as a client does. */
struct session {
    struct audit_check_in in;
    uint64_t words[IC_CHECK_WORDS];
};

/* One more query; false when the check has ended. */
static bool session_go(struct session *session)
{
    struct audit_check_out out;
    call(&out, &audit_check_method, &session->in);
    if (!out.ret0.has) {
        return false;
    }
    assert_int_equal(out.ret0.value.numbers.count, IC_CHECK_WORDS);
    memcpy(session->words, out.ret0.value.numbers.at, sizeof session->words);
    session->in.so_far.has = true;
    session->in.so_far.value.version = out.ret0.value.version;
    session->in.so_far.value.numbers.at = session->words;
    session->in.so_far.value.numbers.count = IC_CHECK_WORDS;
    return true;
}

static struct session session_begin(enum audit_structure_tag structure, uint64_t instructions)
{
    return (struct session){.in = {.structure = {structure}, .instructions = instructions}};
}

static uint32_t queries_of(enum audit_structure_tag structure)
{
    struct session session = session_begin(structure, AT_ONCE);
    uint32_t queries = 1;
    while (session_go(&session)) {
        assert_true(outcome.instructions < AT_ONCE + 2 * IC_CHECK_INSTRUCTIONS_MAX);
        queries++;
    }
    return queries;
}

static void checks_go_on_from_query_to_query(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < STRUCTURES; i++) {
        const uint32_t queries = queries_of((enum audit_structure_tag)i);
        print_message("%-5s of %u entries: %u queries\n", NAMES[i], ENTRIES, queries);
        assert_true(queries > 1 || i == AUDIT_STRUCTURE_RING);
    }
}

static void no_step_exceeds_its_bound(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < STRUCTURES; i++) {
        struct audit_dearest_step_in in = {.structure = {(enum audit_structure_tag)i}};
        struct audit_dearest_step_out out;
        call(&out, &audit_dearest_step_method, &in);
        print_message("%-5s dearest of %5llu steps: %6llu instructions\n", NAMES[i],
                      (unsigned long long)out.steps, (unsigned long long)out.dearest);
        assert_true(out.steps > 5 && out.dearest < IC_CHECK_INSTRUCTIONS_MAX);
    }
}

/* An update in between would make the numbers worthless, and is noticed. */
static void a_changed_canister_is_noticed(void **state)
{
    (void)state;
    struct session session = session_begin(AUDIT_STRUCTURE_MAP, AT_ONCE);
    assert_true(session_go(&session));
    fill(ENTRIES, ENTRIES + 1);
    expect_reject("the canister has changed since this check began", &audit_check_method,
                  &session.in);
    session = session_begin(AUDIT_STRUCTURE_MAP, AT_ONCE);
    assert_true(session_go(&session));
    session.in.so_far.value.numbers.count = 7;
    expect_reject("these are not the numbers of a check", &audit_check_method, &session.in);
}

/* Numbers that nobody gave out: an answer or a trap of the structure's own, nothing else. */
static void forged_numbers_do_no_harm(void **state)
{
    (void)state;
    static const uint64_t VALUES[] = {1, 2, 63, 255, UINT32_MAX, UINT64_MAX - 1};
    uint32_t answers = 0, traps = 0;
    for (uint32_t i = 0; i < STRUCTURES * IC_CHECK_WORDS * 6; i++) {
        struct session session = session_begin((enum audit_structure_tag)(i % STRUCTURES), 100000);
        assert_true(session_go(&session));
        session.words[i / STRUCTURES % IC_CHECK_WORDS] = VALUES[i / STRUCTURES / IC_CHECK_WORDS];
        send(&audit_check_method, &session.in);
        if (outcome.status == AXON_STATUS_REPLIED) {
            answers++;
        } else {
            const char *text = axon_buf_text(&outcome.reject_text);
            assert_true(strstr(text, "stable ") != NULL || strstr(text, "assertion") != NULL);
            traps++;
        }
    }
    print_message("%u forged checks were answered, %u trapped\n", answers, traps);
    assert_true(answers > 0 && traps > 0);
}

/* First 64 KiB page of a region, from its extent table. */
static uint64_t region_address(uint32_t region)
{
    uint8_t page[4];
    assert_true(axon_canister_stable_read(net, &audit, page, EXTENTS_TABLE + region * 512u, 4));
    return 65536u * ((uint64_t)page[0] | (uint64_t)page[1] << 8 | (uint64_t)page[2] << 16);
}

static void damage_is_named(void **state)
{
    (void)state;
    static const struct {
        enum audit_structure_tag structure;
        uint32_t region;
        uint64_t offset;
        const char *text;
    } ROWS[] = {
        {AUDIT_STRUCTURE_TABLE, 0, 8, "stable table: the structure is damaged"},
        {AUDIT_STRUCTURE_LOG, 2, 4, "stable log: a record header is damaged"},
        {AUDIT_STRUCTURE_LOG, 3, 7, "stable log: the index is damaged"},
        {AUDIT_STRUCTURE_RING, 4, 40960 + 4, "stable ring: the structure is damaged"},
        {AUDIT_STRUCTURE_MAP, 5, 36, "stable map: the index does not fit a key"},
        {AUDIT_STRUCTURE_QUEUE, 6, 36, "stable map: the index does not fit a key"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const uint64_t offset = region_address(ROWS[i].region) + ROWS[i].offset;
        struct session session = session_begin(ROWS[i].structure, UINT64_MAX);
        damage(offset);
        expect_reject(ROWS[i].text, &audit_check_method, &session.in);
        damage(offset);
        assert_false(session_go(&session));
    }
}

static int set_up(void **state)
{
    (void)state;
    struct audit_thin_in in = {.from = 0, .to = ENTRIES};
    struct audit_thin_out nothing;
    net = axon_network_new(&(struct axon_config){.free_cycles = true});
    assert_true(axon_buf_read_file(&module, WASM));
    audit = axon_create_canister(net, &IC_PRINCIPAL_ANONYMOUS, NULL, AXON_CYCLES_DEFAULT);
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &audit, AXON_INSTALL,
                 axon_buf_bytes(&module), IC_BYTES_LIT(""));
    assert_int_equal(outcome.status, AXON_STATUS_REPLIED);
    fill(0, ENTRIES);
    call(&nothing, &audit_thin_method, &in);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    axon_outcome_free(&outcome);
    axon_network_free(net);
    axon_buf_free(&module);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_go_on_from_query_to_query),
        cmocka_unit_test(no_step_exceeds_its_bound),
        cmocka_unit_test(a_changed_canister_is_noticed),
        cmocka_unit_test(forged_numbers_do_no_harm),
        cmocka_unit_test(damage_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
