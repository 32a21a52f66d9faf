/* The official Candid assertions inside a canister: types from generated descriptor tables, read by
 * the decoder of every canister. Texts are encoded here at the assertion's types, as the suite asks;
 * both sides are decoded and encoded again in the canister, which compares the bytes. The texts that
 * must fail are the host parser's business: test_vectors.c runs those, and all others natively. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "cases.h"
#include "ic/text.h"
#include "text/candid_text.h"

#define ASSERTIONS_COUNT 463u
#define TEXTS_THAT_FAIL 4u

static struct cases cases;

static struct ic_bytes copy_of(struct ic_bytes bytes)
{
    uint8_t *at = malloc(bytes.size + 1);
    assert_non_null(at);
    if (bytes.size != 0) {
        memcpy(at, bytes.at, bytes.size);
    }
    return (struct ic_bytes){.at = at, .size = bytes.size};
}

static struct ic_bytes from_hex(const char *hex)
{
    const size_t size = strlen(hex) / 2;
    uint8_t *at = malloc(size + 1);
    assert_non_null(at);
    assert_true(ic_hex_decode(at, size, ic_bytes_from_text(hex)));
    return (struct ic_bytes){.at = at, .size = size};
}

static struct ic_bytes encode_text(const struct cases_assertion *a, json_t *text)
{
    struct candid_text_error error = {0};
    struct ic_bytes message = {0};
    char defs[8192] = "";
    size_t i = 0;
    json_t *def = NULL;
    json_array_foreach(json_object_get(a->json, "defs"), i, def) {
        strcat(defs, json_string_value(def));
    }
    struct candid_text *host = candid_text_open(ic_bytes_from_text(defs), &error);
    assert_non_null(host);
    const struct candid_text_types *types =
        candid_text_types_parse(host, ic_bytes_from_text(cases_get(a, "types")), &error);
    assert_non_null(types);
    const struct ic_bytes source = {.at = (const uint8_t *)json_string_value(text),
                                    .size = json_string_length(text)};
    if (!candid_text_encode(host, &message, types, source, &error)) {
        fail_msg("%s: %s", json_string_value(text), error.text);
    }
    message = copy_of(message);
    candid_text_close(host);
    return message;
}

/* The message of "input" or "other"; empty where there is none. */
static struct ic_bytes message_of(const struct cases_assertion *a, const char *side)
{
    json_t *input = json_object_get(a->json, side);
    const char *hex = json_string_value(json_object_get(input, "hex"));
    json_t *text = json_object_get(input, "text");
    return hex != NULL    ? from_hex(hex)
           : text != NULL ? encode_text(a, text)
                          : copy_of((struct ic_bytes){0});
}

static bool holds(const struct cases_assertion *a, unsigned flags)
{
    const char *op = cases_get(a, "op");
    const struct ic_bytes first = message_of(a, "input");
    const struct ic_bytes second = message_of(a, "other");
    const struct bench_compared c =
        bench_compare((struct bench_types){BENCH_CASES, a->type, flags}, first, second);
    free((void *)(uintptr_t)first.at);
    free((void *)(uintptr_t)second.at);
    if (strcmp(op, "decodes") == 0) {
        return c.first == CANDID_OK && c.stable;
    }
    if (strcmp(op, "fails") == 0) {
        return c.first != CANDID_OK;
    }
    return c.first == CANDID_OK && c.second == CANDID_OK && c.stable &&
           c.equal == (strcmp(op, "equal") == 0);
}

static bool is_text_that_fails(const struct cases_assertion *a)
{
    return strcmp(cases_get(a, "op"), "fails") == 0 &&
           json_object_get(json_object_get(a->json, "input"), "text") != NULL;
}

static unsigned run_all(unsigned flags, unsigned *texts)
{
    unsigned ran = 0;
    unsigned failed = 0;
    *texts = 0;
    for (size_t i = 0; i < cases.count; i++) {
        const struct cases_assertion *a = &cases.assertions[i];
        if (is_text_that_fails(a)) {
            (*texts)++;
            continue;
        }
        ran++;
        if (!holds(a, flags)) {
            failed++;
            print_message("%s:%d %s at %s\n", cases_get(a, "file"),
                          (int)json_integer_value(json_object_get(a->json, "line")),
                          cases_get(a, "op"), cases_get(a, "types"));
        }
    }
    assert_int_equal(failed, 0);
    return ran;
}

static void test_assertions(void **state)
{
    (void)state;
    unsigned texts = 0;
    const unsigned ran = run_all(0, &texts);
    print_message("Candid assertions in Wasm: %u ran, at %zu lists of types; %u texts that must fail "
                  "are the host parser's\n",
                  ran, cases.type_count, texts);
    assert_int_equal(ran, ASSERTIONS_COUNT);
    assert_int_equal(texts, TEXTS_THAT_FAIL);
}

/* Known headers must not change what is accepted; nor does it matter in which form values go back. */
static void test_assertions_by_type_table_and_narrow(void **state)
{
    (void)state;
    unsigned texts = 0;
    assert_int_equal(run_all(BENCH_TABLE_ONLY, &texts), ASSERTIONS_COUNT);
    assert_int_equal(run_all(BENCH_NARROW, &texts), ASSERTIONS_COUNT);
}

/* Every message of the suite, also those that only the parser of texts was asked for, within the
 * bound of cost. */
static void test_assertions_are_cheap(void **state)
{
    (void)state;
    unsigned worst_percent = 0;
    for (size_t i = 0; i < cases.count; i++) {
        const struct cases_assertion *a = &cases.assertions[i];
        if (is_text_that_fails(a)) {
            continue;
        }
        for (unsigned side = 0; side < 2; side++) {
            for (unsigned flags = 0; flags <= BENCH_TABLE_ONLY; flags++) {
                const struct ic_bytes message = message_of(a, side == 0 ? "input" : "other");
                const struct bench_measured m = bench_run(
                    "decode", (struct bench_types){BENCH_CASES, a->type, flags}, message);
                const unsigned percent =
                    (unsigned)(100 * m.instructions / bench_bound(message.size, m.second));
                worst_percent = percent > worst_percent ? percent : worst_percent;
                if (percent > BENCH_PERCENT_MAX) {
                    print_message("%s:%d at %s: %u %%, %llu instructions, %zu bytes, %llu units: "
                                  "%s\n",
                                  cases_get(a, "file"),
                                  (int)json_integer_value(json_object_get(a->json, "line")),
                                  cases_get(a, "types"), percent,
                                  (unsigned long long)m.instructions, message.size,
                                  (unsigned long long)m.second, candid_result_text(m.result));
                }
                free((void *)(uintptr_t)message.at);
            }
        }
    }
    print_message("the dearest decoding takes %u %% of the bound\n", worst_percent);
    assert_true(worst_percent <= BENCH_PERCENT_MAX);
}

static int set_up(void **state)
{
    (void)state;
    return cases_load(&cases) && bench_open() ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cases_free(&cases);
    bench_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assertions),
        cmocka_unit_test(test_assertions_by_type_table_and_narrow),
        cmocka_unit_test(test_assertions_are_cheap),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
