/* The official Candid assertions, through the decoder that canisters use, with descriptors made at
 * run time from the assertion's types. Data and README: integration/vectors/candid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "ic/text.h"
#include "text/candid_text.h"

#define ASSERTIONS "integration/vectors/candid/assertions.jsonl"
#define ASSERTIONS_COUNT 467

struct assertion {
    json_t *json;
    struct candid_text *text;
    const struct candid_text_types *types;
    char reason[CANDID_TEXT_ERROR_MAX];
};

static const char *get(const struct assertion *a, const char *key)
{
    return json_string_value(json_object_get(a->json, key));
}

/* The message of an input: hex, or text encoded at the types. */
static bool message(struct assertion *a, struct ic_bytes *out, const char *side)
{
    json_t *input = json_object_get(a->json, side);
    const char *hex = json_string_value(json_object_get(input, "hex"));
    struct candid_text_error error = {0};
    if (hex != NULL) {
        const size_t size = strlen(hex) / 2;
        uint8_t *at = malloc(size + 1);
        assert_non_null(at);
        assert_true(ic_hex_decode(at, size, ic_bytes_from_text(hex)));
        *out = (struct ic_bytes){.at = at, .size = size};
        return true;
    }
    json_t *text = json_object_get(input, "text");
    const struct ic_bytes bytes = {.at = (const uint8_t *)json_string_value(text),
                                   .size = json_string_length(text)};
    struct ic_bytes encoded;
    if (!candid_text_encode(a->text, &encoded, a->types, bytes, &error)) {
        snprintf(a->reason, sizeof a->reason, "%s", error.text);
        return false;
    }
    uint8_t *copy = malloc(encoded.size);
    assert_non_null(copy);
    memcpy(copy, encoded.at, encoded.size);
    *out = (struct ic_bytes){.at = copy, .size = encoded.size};
    return true;
}

/* The message decodes at the types, and what it decodes to encodes to bytes that decode to the same. */
static bool recode(struct assertion *a, struct ic_bytes *out, const char *side)
{
    struct candid_text_error error = {0};
    struct ic_bytes in = {0};
    struct ic_bytes again = {0};
    if (!message(a, &in, side)) {
        return false;
    }
    bool ok = candid_text_recode(a->text, out, a->types, in, &error);
    if (ok) {
        assert_true(candid_text_recode(a->text, &again, a->types, *out, &error));
        assert_true(ic_bytes_is_equal(*out, again));
        assert_non_null(candid_text_decode(a->text, a->types, in, &error));
        if (candid_text_decode(a->text, NULL, in, &error) == NULL) {
            print_message("untyped: %s\n", error.text);
            ok = false;
        }
    }
    free((void *)(uintptr_t)in.at);
    snprintf(a->reason, sizeof a->reason, "%s", error.text);
    return ok;
}

static bool holds(struct assertion *a)
{
    struct ic_bytes x = {0};
    struct ic_bytes y = {0};
    const char *op = get(a, "op");
    const bool ok = recode(a, &x, "input");
    if (strcmp(op, "decodes") == 0 || strcmp(op, "fails") == 0) {
        return ok == (strcmp(op, "decodes") == 0);
    }
    return ok && recode(a, &y, "other") && ic_bytes_is_equal(x, y) == (strcmp(op, "equal") == 0);
}

static void open_types(struct assertion *a)
{
    char defs[8192] = "";
    size_t i = 0;
    json_t *def = NULL;
    struct candid_text_error error = {0};
    json_array_foreach(json_object_get(a->json, "defs"), i, def) {
        strcat(defs, json_string_value(def));
        strcat(defs, "\n");
    }
    a->text = candid_text_open(ic_bytes_from_text(defs), &error);
    if (a->text == NULL) {
        fail_msg("%s: %s", defs, error.text);
    }
    a->types = candid_text_types_parse(a->text, ic_bytes_from_text(get(a, "types")), &error);
    if (a->types == NULL) {
        fail_msg("%s: %s", get(a, "types"), error.text);
    }
}

static void test_official_assertions(void **state)
{
    (void)state;
    FILE *file = fopen(ASSERTIONS, "r");
    char line[1 << 16];
    unsigned ran = 0;
    unsigned failed = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct assertion a = {.json = json_loads(line, 0, NULL)};
        assert_non_null(a.json);
        open_types(&a);
        ran++;
        if (!holds(&a)) {
            failed++;
            print_message("%s:%d %s at %s: %s\n", get(&a, "file"),
                          (int)json_integer_value(json_object_get(a.json, "line")), get(&a, "op"),
                          get(&a, "types"), a.reason);
        }
        candid_text_close(a.text);
        json_decref(a.json);
    }
    fclose(file);
    print_message("Candid assertions: %u ran, %u failed\n", ran, failed);
    assert_int_equal(failed, 0);
    assert_int_equal(ran, ASSERTIONS_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_official_assertions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
