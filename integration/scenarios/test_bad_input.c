/* Hostile input against the deployed ledger: oversized, truncated, mutated and bomb-like Candid sent
 * to every method of build/wasm/ledger.wasm.
 *
 * What holds for every message: the ledger replies, or refuses by its own trap (IC0503, never a heap
 * fault, never the instruction limit) with a text of at most REFUSAL_TEXT_MAX bytes; a refused message
 * costs at most the bound below and changes nothing. */
#include "axon.h"
#include "scenarios/ledger_setup.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define REFUSAL_TEXT_MAX 160u
/* "Invalid account identifier: Checksum failed for {64 hex}, expected check bytes {8 hex} but found
 * {8 hex}": the official wording, which clients see, is longer than texts of our own may be.
 * SPEC: ledger 2.1 */
#define CHECKSUM_TEXT_BYTES 162u
#define MUTATIONS_PER_METHOD 400u

static struct scenario_ledger ledger;

/* The most that decoding or refusing a message of this size may cost, heap pages included: 20,000 +
 * 150 for each byte + 100 for each value without a byte of its own, of which a message may have
 * 4,000 + 4 for each byte. */
static uint64_t instructions_max(size_t message_bytes)
{
    return 20000 + 150 * (uint64_t)message_bytes + 100 * (4000 + 4 * (uint64_t)message_bytes);
}

/* The canister's own words inside the system's frame. */
static struct ic_bytes refusal_text(const struct axon_outcome *o)
{
    static const char FRAME[] = "with message: '";
    struct axon_buf copy = {0};
    axon_buf_append(&copy, axon_buf_bytes(&o->reject_text));
    const char *text = axon_buf_text(&copy);
    const char *at = strstr(text, FRAME);
    assert_non_null(at);
    at += sizeof(FRAME) - 1;
    const char *end = strrchr(at, '\'');
    assert_non_null(end);
    struct ic_bytes own = {o->reject_text.at + (at - text), (size_t)(end - at)};
    axon_buf_free(&copy);
    return own;
}

static bool is_checksum_text(struct ic_bytes text)
{
    static const char START[] = "Invalid account identifier: Checksum failed for ";
    return text.size == CHECKSUM_TEXT_BYTES && memcmp(text.at, START, sizeof(START) - 1) == 0;
}

static void check_refusal(const char *method, const struct axon_outcome *o, size_t message_bytes)
{
    if (o->reject_code != AXON_CANISTER_ERROR || strcmp(o->error_code, "IC0503") != 0) {
        print_error("%s: %s %.*s\n", method, o->error_code, (int)o->reject_text.size,
                    (const char *)o->reject_text.at);
    }
    assert_int_equal(o->reject_code, AXON_CANISTER_ERROR);
    assert_string_equal(o->error_code, "IC0503");
    struct ic_bytes text = refusal_text(o);
    assert_in_range(text.size, 1, is_checksum_text(text) ? CHECKSUM_TEXT_BYTES : REFUSAL_TEXT_MAX);
    if (o->instructions > instructions_max(message_bytes)) {
        print_error("%s: %llu instructions for %zu bytes\n", method,
                    (unsigned long long)o->instructions, message_bytes);
    }
    assert_true(o->instructions <= instructions_max(message_bytes));
}

/* Sends the message; true when it was refused (and refused cleanly). */
static bool refuses(const struct scenario_method *m, struct ic_bytes message)
{
    struct axon_outcome o = {0};
    scenario_send(&ledger, m, message, &o);
    bool rejected = o.status == AXON_STATUS_REJECTED;
    if (rejected) {
        check_refusal(m->name, &o, message.size);
    } else {
        assert_int_equal(o.status, AXON_STATUS_REPLIED);
    }
    axon_outcome_free(&o);
    return rejected;
}

static void expect_refused(const struct scenario_method *m, struct ic_bytes message)
{
    if (!refuses(m, message)) {
        fail_msg("%s accepted a message of %zu bytes that it must refuse", m->name, message.size);
    }
}

static int setup(void **state)
{
    (void)state;
    scenario_ledger_open(&ledger);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scenario_ledger_close(&ledger);
    return 0;
}

/* ---- tests ------------------------------------------------------------------------------------------ */

static void test_valid_arguments_are_accepted(void **state)
{
    (void)state;
    size_t count;
    const struct scenario_method *methods = scenario_methods(&count);
    for (size_t i = 0; i < count; i++) {
        struct axon_buf message = {0};
        scenario_valid_argument(&methods[i], &message);
        assert_false(refuses(&methods[i], axon_buf_bytes(&message)));
        axon_buf_free(&message);
    }
}

static void test_each_truncation_is_refused(void **state)
{
    (void)state;
    size_t count;
    const struct scenario_method *methods = scenario_methods(&count);
    for (size_t i = 0; i < count; i++) {
        struct axon_buf message = {0}, before = {0};
        scenario_valid_argument(&methods[i], &message);
        scenario_state(&ledger, &before);
        for (size_t size = 0; size < message.size && methods[i].decodes; size++) {
            expect_refused(&methods[i], (struct ic_bytes){message.at, size});
        }
        scenario_assert_state(&ledger, &before);
        axon_buf_free(&message);
        axon_buf_free(&before);
    }
}

static void test_trailing_and_oversized_are_refused(void **state)
{
    (void)state;
    size_t count;
    const struct scenario_method *methods = scenario_methods(&count);
    static const size_t EXTRA[] = {1, 7, 4096, 100000, 2000000};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof(EXTRA) / sizeof(EXTRA[0]) && methods[i].decodes; k++) {
            struct axon_buf message = {0};
            uint8_t *zeros = axon_alloc(EXTRA[k]);
            scenario_valid_argument(&methods[i], &message);
            axon_buf_append(&message, (struct ic_bytes){zeros, EXTRA[k]});
            expect_refused(&methods[i], axon_buf_bytes(&message));
            expect_refused(&methods[i], (struct ic_bytes){zeros, EXTRA[k]});
            free(zeros);
            axon_buf_free(&message);
        }
    }
}

/* Every binary input of the official Candid suite, spacebombs included, at every method. */
static void test_candid_suite_inputs(void **state)
{
    (void)state;
    FILE *f = fopen("integration/vectors/candid/assertions.jsonl", "r");
    assert_non_null(f);
    static char line[1 << 20];
    size_t methods_count, inputs = 0;
    const struct scenario_method *methods = scenario_methods(&methods_count);
    struct axon_buf before = {0}, after = {0};
    scenario_state(&ledger, &before);
    while (fgets(line, sizeof line, f) != NULL) {
        json_t *row = json_loads(line, 0, NULL);
        const char *hex = json_string_value(json_object_get(json_object_get(row, "input"), "hex"));
        struct axon_buf message = {0};
        if (hex != NULL && axon_buf_append_from_hex(&message, ic_bytes_from_text(hex))) {
            inputs++;
            for (size_t i = 0; i < methods_count; i++) {
                (void)refuses(&methods[i], axon_buf_bytes(&message));
            }
        }
        axon_buf_free(&message);
        json_decref(row);
    }
    fclose(f);
    scenario_state(&ledger, &after);
    assert_true(ic_bytes_is_equal(axon_buf_bytes(&before), axon_buf_bytes(&after)));
    print_message("%zu inputs at %zu methods\n", inputs, methods_count);
    assert_true(inputs > 400);
    axon_buf_free(&before);
    axon_buf_free(&after);
}

/* A valid transfer followed by a second argument: one table entry more, one argument more. */
static void with_bomb(struct axon_buf *out, const char *entry_hex, const char *value_hex)
{
    struct axon_buf valid = {0};
    const struct scenario_method *m = scenario_method_find("icrc1_transfer");
    scenario_valid_argument(m, &valid);
    size_t entries = valid.at[4], types = scenario_types_at(&valid);
    axon_buf_append(out, (struct ic_bytes){valid.at, 4});
    axon_buf_append_byte(out, (uint8_t)(entries + 1));
    axon_buf_append(out, (struct ic_bytes){valid.at + 5, types - 5});
    assert_true(axon_buf_append_from_hex(out, ic_bytes_from_text(entry_hex)));
    axon_buf_append_byte(out, 2);
    axon_buf_append_byte(out, valid.at[types + 1]);
    axon_buf_append_byte(out, (uint8_t)entries);
    axon_buf_append(out, (struct ic_bytes){valid.at + types + 2, valid.size - types - 2});
    assert_true(axon_buf_append_from_hex(out, ic_bytes_from_text(value_hex)));
    axon_buf_free(&valid);
}

static void test_bombs_behind_a_valid_transfer(void **state)
{
    (void)state;
    static const char *const BOMBS[][2] = {
        {"6d7f", "8094ebdc03"},           /* vec null, 10^9 elements */
        {"6d70", "8094ebdc03"},           /* vec reserved */
        {"6d7f", "ffffffffffffffff7f"},   /* a count of 2^63 - 1 */
        {"6d7b", "ffffffff7f"},           /* blob longer than the message */
        {"71", "00"},                     /* a primitive as a table entry */
    };
    const struct scenario_method *m = scenario_method_find("icrc1_transfer");
    struct axon_buf before = {0};
    scenario_state(&ledger, &before);
    for (size_t i = 0; i < sizeof(BOMBS) / sizeof(BOMBS[0]); i++) {
        struct axon_buf message = {0};
        with_bomb(&message, BOMBS[i][0], BOMBS[i][1]);
        expect_refused(m, axon_buf_bytes(&message));
        axon_buf_free(&message);
    }
    scenario_assert_state(&ledger, &before);
    axon_buf_free(&before);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void mutate(struct axon_buf *message, uint64_t *seed)
{
    size_t changes = 1 + next_random(seed) % 3;
    for (size_t i = 0; i < changes && message->size > 4; i++) {
        size_t at = 4 + next_random(seed) % (message->size - 4);
        message->at[at] = (uint8_t)next_random(seed);
    }
}

static void test_random_mutations(void **state)
{
    (void)state;
    uint64_t seed = 0x5eed;
    size_t count, refused = 0;
    const struct scenario_method *methods = scenario_methods(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < MUTATIONS_PER_METHOD && methods[i].decodes; k++) {
            struct axon_buf message = {0};
            scenario_valid_argument(&methods[i], &message);
            mutate(&message, &seed);
            refused += refuses(&methods[i], axon_buf_bytes(&message));
            axon_buf_free(&message);
        }
    }
    print_message("%zu mutated messages refused\n", refused);
    assert_true(refused > MUTATIONS_PER_METHOD);
}

static void check_missing(const char *method, bool as_query, const char *text)
{
    struct axon_outcome o = {0};
    struct axon_buf expected = {0};
    char id[IC_PRINCIPAL_TEXT_MAX + 1];
    (void)ic_principal_to_text(id, &ledger.id);
    axon_buf_printf(&expected, "Error from Canister %s: %s '%s'", id, text, method);
    if (as_query) {
        axon_query(ledger.net, &o, &ledger.user, &ledger.id, method, IC_BYTES_LIT("DIDL\0\0"));
    } else {
        axon_update(ledger.net, &o, &ledger.user, &ledger.id, method, IC_BYTES_LIT("DIDL\0\0"));
    }
    assert_int_equal(o.status, AXON_STATUS_REJECTED);
    assert_int_equal(o.reject_code, AXON_CANISTER_ERROR);
    assert_string_equal(o.error_code, "IC0536");
    assert_true(o.reject_text.size >= expected.size);
    assert_memory_equal(o.reject_text.at, expected.at, expected.size);
    axon_outcome_free(&o);
    axon_buf_free(&expected);
}

static void test_unknown_methods(void **state)
{
    (void)state;
    check_missing("no_such_method", false, "Canister has no update method");
    check_missing("no_such_method", true, "Canister has no query method");
    check_missing("icrc1_transfer", true, "Canister has no query method");
    check_missing("canister_init", false, "Canister has no update method");
    check_missing("", false, "Canister has no update method");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_arguments_are_accepted),
        cmocka_unit_test(test_each_truncation_is_refused),
        cmocka_unit_test(test_trailing_and_oversized_are_refused),
        cmocka_unit_test(test_candid_suite_inputs),
        cmocka_unit_test(test_bombs_behind_a_valid_transfer),
        cmocka_unit_test(test_random_mutations),
        cmocka_unit_test(test_unknown_methods),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
