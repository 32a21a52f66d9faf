/* Candid text: values to bytes, bytes to text as the Rust printer writes it, examples of the
 * specification, comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "ic/text.h"
#include "text/candid_text.h"

static struct candid_text *text;

static const char DID[] =
    "type Account = record { owner : principal; subaccount : opt blob };"
    "type L = opt record { head : int; tail : L };"
    "service : (Account) -> {"
    "  balance : (Account) -> (nat) query; many : () -> (vec nat64, opt text); set : (L, x : nat8) -> ();"
    "}";

static int set_up(void **state)
{
    (void)state;
    struct candid_text_error error;
    text = candid_text_open(ic_bytes_from_text(DID), &error);
    return text == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    candid_text_close(text);
    return 0;
}

static struct ic_bytes from_hex(const char *hex)
{
    static uint8_t buffers[2][1024];
    static unsigned turn;
    uint8_t *at = buffers[turn++ % 2];
    assert_true(ic_hex_decode(at, strlen(hex) / 2, ic_bytes_from_text(hex)));
    return (struct ic_bytes){.at = at, .size = strlen(hex) / 2};
}

static const struct candid_text_types *types(const char *list)
{
    struct candid_text_error error;
    if (list == NULL) {
        return NULL;
    }
    const struct candid_text_types *t =
        candid_text_types_parse(text, ic_bytes_from_text(list), &error);
    if (t == NULL) {
        fail_msg("%s: %s", list, error.text);
    }
    return t;
}

/* ---- SPEC: candid.md, section 12 ------------------------------------------------------------------ */

struct example {
    const char *hex;
    const char *types;
    const char *printed; /* NULL: refused */
};

static const struct example EXAMPLES[] = {
    {"4449444c00027e78010500000000000000", "(bool, nat64)", "(true, 5 : nat64)"},
    {"4449444c00017d8001", "(int)", "(128 : int)"},
    {"4449444c00017c807f", "(int)", "(-128 : int)"},
    {"4449444c00027273000000000000e03f000000bf", "(float64, float32)",
     "(0.5 : float64, -0.5 : float32)"},
    {"4449444c00017103e29883", "(text)", "(\"\xe2\x98\x83\")"},
    {"4449444c016c02d3e3aa027e868eb7027c0100012a", "(record { foo : int; bar : bool })",
     "(record { bar = true; foo = 42 : int })"},
    {"4449444c016b02bc8a017dc5fed20171010001026e6f", "(variant { Ok : nat; Err : text })",
     "(variant { Err = \"no\" })"},
    {"4449444c026e016c02a0d2aca8047c90eddae7040001000101010200", "(L)",
     "(\n  opt record {\n    head = 1 : int;\n    tail = opt record { head = 2 : int; tail = null };\n"
     "  },\n)"},
    {"4449444c016e7e01000101", "(opt nat)", "(null)"},
    {"4449444c00017e01", "(opt opt bool)", "(opt opt true)"},
    {"4449444c00017d05", "(nat, opt text, null, reserved)",
     "(5 : nat, null, null : null, null : reserved)"},
    {"4449444c016c02617d62710200780501780100000000000000", "(record { a : nat })",
     "(record { a = 5 : nat })"},
    {"4449444c01690001000103caffee", "(principal)", "(principal \"w7x7r-cok77-xa\")"},
    {"4449444c016a0171017d01010100010103caffee03666f6f", "(func (text) -> (nat) query)",
     "(func \"w7x7r-cok77-xa\".foo)"},
    {"4449444c01670341424302007e050068656c6c6f01", "(opt empty, bool)", "(null, true)"},
    {"4449444c036c02b3b0dac30368ad86ca8305016e026d7b01000103caffee00", "(Account)",
     "(record { owner = principal \"w7x7r-cok77-xa\"; subaccount = null })"},
    {"4449444c036d7b6e006c02b3b0dac30368ad86ca83050101020103caffee00", "(Account)",
     "(record { owner = principal \"w7x7r-cok77-xa\"; subaccount = null })"},
    {"4449444c016e7e01000102", "(opt nat)", NULL},
    {"4449444c016c0100000100", "(reserved)", NULL},
    {"4449444c016c02017c007e01002a01", "(reserved)", NULL},
    {"4449444c0000ff", "()", NULL},
    /* opt rules, section 6 */
    {"4449444c00017d05", "(opt opt nat)", "(opt opt (5 : nat))"},
    {"4449444c00017c05", "(opt opt nat)", "(opt null)"},
    {"4449444c016e7e01000101", "(opt opt nat)", "(opt null)"},
    {"4449444c00017d05", "(opt reserved)", "(opt (null : reserved))"},
    {"4449444c00017e01", "(opt L)", "(opt null)"},
    /* untyped: names as far as the interface knows them */
    {"4449444c036c02b3b0dac30368ad86ca8305016e026d7b01000103caffee00", NULL,
     "(record { owner = principal \"w7x7r-cok77-xa\"; subaccount = null })"},
    {"4449444c016c02017c057e01002a01", NULL, "(record { 1 = 42 : int; 5 = true })"},
    {"4449444c016c01d2fed2010001007f", NULL, NULL},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof *EXAMPLES; i++) {
        const struct example *e = &EXAMPLES[i];
        struct candid_text_error error;
        const char *printed = candid_text_decode(text, types(e->types), from_hex(e->hex), &error);
        if (e->printed == NULL) {
            assert_null(printed);
        } else if (printed == NULL) {
            fail_msg("%s: %s", e->hex, error.text);
        } else {
            assert_string_equal(printed, e->printed);
        }
    }
}

/* ---- text to bytes and back ------------------------------------------------------------------------ */

/* What is written prints as given; NULL: is refused. */
static const struct {
    const char *written;
    const char *types;
    const char *printed;
} TEXTS[] = {
    {"(5, 1_000, 0x1f)", "(nat, nat64, nat8)", "(5 : nat, 1_000 : nat64, 31 : nat8)"},
    {"(340282366920938463463374607431768211456)", "(nat)",
     "(340_282_366_920_938_463_463_374_607_431_768_211_456 : nat)"},
    {"(-170141183460469231731687303715884105729)", "(int)",
     "(-170_141_183_460_469_231_731_687_303_715_884_105_729 : int)"},
    {"(-9223372036854775808, -128)", "(int64, int8)",
     "(-9_223_372_036_854_775_808 : int64, -128 : int8)"},
    {"(256)", "(nat8)", NULL},
    {"(-1)", "(nat)", NULL},
    {"(1.)", "(float64)", "(1.0 : float64)"},
    {"(1)", "(float64)", NULL},
    {"(1.5)", "(nat)", NULL},
    {"(1e3, 0.1, 1e-7)", "(float64, float32, float64)",
     "(1000.0 : float64, 0.1 : float32, 0.0000001 : float64)"},
    {"(5)", "(opt nat)", NULL},
    {"(opt 5)", "(opt nat)", "(opt (5 : nat))"},
    {"()", "(opt nat, null)", "(null, null : null)"},
    {"()", "(nat)", NULL},
    {"(1, 2)", "(nat)", NULL},
    {"(vec { 1; 2 })", "(blob)", "(blob \"\\01\\02\")"},
    {"(blob \"ab\\0a\")", "(blob)", "(blob \"ab\\0a\")"},
    {"(\"a\\n\\\"\\u{2603}\\e2\\98\\83\")", "(text)", "(\"a\\n\\\"\xe2\x98\x83\xe2\x98\x83\")"},
    {"(\"\\ff\")", "(text)", NULL},
    {"(\"\\b\")", "(text)", NULL},
    {"(record { 1; 2 = true; \"a b\" = null })", "(record { nat; 2 : bool; \"a b\" : null })",
     "(record { 0 = 1 : nat; 2 = true; \"a b\" = null : null })"},
    {"(variant { A })", "(variant { A; B : nat })", "(variant { A })"},
    {"(variant { B = 3 })", "(variant { A; B : nat })", "(variant { B = 3 : nat })"},
    {"(variant { C })", "(variant { A; B : nat })", NULL},
    {"((5 : nat))", "(int)", "(5 : int)"},
    {"((5 : nat8))", "(nat)", NULL},
    {"(principal \"aaaaa-aa\", service \"aaaaa-aa\")", "(principal, service {})",
     "(principal \"aaaaa-aa\", service \"aaaaa-aa\")"},
    {"(principal \"aaaaa-ab\")", "(principal)", NULL},
    {"(func \"aaaaa-aa\".\"a b\")", "(func () -> ())", "(func \"aaaaa-aa\".\"a b\")"},
    {"(1, 1.5, \"x\", true, null, vec {})", NULL,
     "(1 : int, 1.5 : float64, \"x\", true, null : null, vec {})"},
    {"(vec { 1; 2; 3; 4; 5; 6; 7; 8; 9; 10; 11; 12 })", "(vec nat16)",
     "(\n  vec { 1 : nat16; 2 : nat16; 3 : nat16; 4 : nat16; 5 : nat16; 6 : nat16; 7 : nat16; "
     "8 : nat16; 9 : nat16; 10 : nat16; 11 : nat16; 12 : nat16;},\n)"},
    /* numbers: ranges, signs, bases, groups */
    {"(+5, -0x1f, -0)", "(int8, int16, int)", "(5 : int8, -31 : int16, 0 : int)"},
    {"(-0)", "(nat)", NULL},
    {"(128)", "(int8)", NULL},
    {"(-129)", "(int8)", NULL},
    {"(1_234_567_890, 999, 1_000)", "(nat32, nat16, int32)",
     "(1_234_567_890 : nat32, 999 : nat16, 1_000 : int32)"},
    {"(0x1.8p1, 1e2, -2.5)", "(float64, float64, float32)",
     "(3.0 : float64, 100.0 : float64, -2.5 : float32)"},
    {"((1.5 : float64))", "(float32)", "(1.5 : float32)"},
    {"((5 : int))", "(nat)", NULL},
    {"(NaN)", "(float64)", NULL},
    /* texts and names */
    {"(\"\\t\\r\\n\\'\\\"\\\\\")", "(text)", "(\"\\t\\r\\n\\'\\\"\\\\\")"},
    {"(\"\\u{1}\\u{7f}\\u{1_f600}\")", "(text)", "(\"\\u{1}\\u{7f}\xf0\x9f\x98\x80\")"},
    {"(\"\\u{d800}\")", "(text)", NULL},
    {"(\"\\u{110000}\")", "(text)", NULL},
    {"(\"\\0\")", "(text)", NULL},
    {"(\"\\x41\")", "(text)", NULL},
    {"(blob \"\\ff\\00\")", "(blob)", "(blob \"\\ff\\00\")"},
    {"(vec { 72; 105 })", "(blob)", "(blob \"Hi\")"},
    /* opt, null, reserved */
    {"(null, null, null)", "(opt nat, null, reserved)", "(null, null : null, null : reserved)"},
    {"(opt opt null)", "(opt opt opt nat)", "(opt opt null)"},
    {"(opt \"x\")", "(opt text)", "(opt \"x\")"},
    {"(opt \"x\")", "(opt nat)", NULL},
    {"(record { 1; \"x\" })", "(reserved)", "(null : reserved)"},
    /* records: unlabelled ids go on from the one before, unknown fields are dropped */
    {"(record { 5 = 1; 2 })", "(record { 5 : nat; 6 : nat })", "(record { 5 = 1 : nat; 6 = 2 : nat })"},
    {"(record { a = 1; zz = 2 })", "(record { a : nat })", "(record { a = 1 : nat })"},
    {"(record {})", "(record { a : opt nat; b : null })", "(record { a = null; b = null : null })"},
    {"(record { a = 1; a = 2 })", "(record { a : nat })", NULL},
    {"(record {})", "(record {})", "(record {})"},
    {"(variant { A = null })", "(variant { A })", "(variant { A })"},
    {"(variant { A; B })", "(variant { A; B })", NULL},
    {"(variant { })", "(variant { A })", NULL},
    {"(variant { 1 })", "(variant { 1; 2 })", "(variant { 1 })"},
    /* references */
    {"(func \"aaaaa-aa\" . \"query\")", "(func () -> ())", "(func \"aaaaa-aa\".\"query\")"},
    {"(principal \"W7X7R-COK77-XA\")", "(principal)", "(principal \"w7x7r-cok77-xa\")"},
    {"(principal \"w7x7rcok77xa\")", "(principal)", NULL},
    {"(service \"aaaaa-aa\")", "(principal)", NULL},
    {"(principal \"aaaaa-aa\")", "(service {})", NULL},
    /* white space and separators */
    {" ( 1 , 2 , ) ", "(nat, nat)", "(1 : nat, 2 : nat)"},
    {"(vec {1;2;})", "(vec int)", "(vec { 1 : int; 2 : int })"},
    {"(/* a */ 1 // b\n)", "(nat)", "(1 : nat)"},
    {"(", "()", NULL},
    {"(1,,2)", "(nat, nat)", NULL},
    {"() x", "()", NULL},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        struct candid_text_error error = {0};
        struct ic_bytes message;
        const struct candid_text_types *t = types(TEXTS[i].types);
        const bool ok = candid_text_encode(text, &message, t, ic_bytes_from_text(TEXTS[i].written),
                                           &error);
        if (ok != (TEXTS[i].printed != NULL)) {
            fail_msg("%s: %s", TEXTS[i].written, ok ? "accepted" : error.text);
        }
        if (ok) {
            const char *printed = candid_text_decode(text, t, message, &error);
            assert_non_null(printed);
            assert_string_equal(printed, TEXTS[i].printed);
        } else {
            assert_true(error.text[0] != 0);
        }
    }
}

/* Whatever the text, an error has a line and a column. */
static void check_has_position(struct ic_bytes written)
{
    struct candid_text_error error = {0};
    struct ic_bytes message;
    unsigned line = 0;
    unsigned column = 0;
    if (!candid_text_encode(text, &message, NULL, written, &error) &&
        ((sscanf(error.text, "%u:%u: ", &line, &column) != 2 &&
          sscanf(error.text, "did:%u:%u: ", &line, &column) != 2) || line == 0 || column == 0)) {
        fail_msg("%.*s: %s", (int)written.size, (const char *)written.at, error.text);
    }
}

static void test_errors_have_positions(void **state)
{
    (void)state;
    static const char whole[] =
        "(record { a = opt 5; \"b c\" = vec { -1.5e3; 0x1f }; 7 = blob \"\\00\" },\n variant { A = "
        "func \"aaaaa-aa\".m }, service \"aaaaa-aa\", (5 : nat8), \"\\u{2603}\" /* c */, true)";
    uint8_t copy[sizeof whole];
    uint64_t random = 1;
    for (size_t size = 0; size < sizeof whole; size++) {
        check_has_position((struct ic_bytes){.at = (const uint8_t *)whole, .size = size});
    }
    for (unsigned i = 0; i < 5000; i++) {
        memcpy(copy, whole, sizeof whole);
        for (unsigned n = 0; n < 1 + i % 3; n++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            copy[(random >> 33) % (sizeof whole - 1)] = (uint8_t)(random >> 56);
        }
        check_has_position((struct ic_bytes){.at = copy, .size = sizeof whole - 1});
    }
    /* Deep nesting is refused, not followed. */
    static char deep[200000];
    memset(deep, '(', sizeof deep);
    check_has_position((struct ic_bytes){.at = (const uint8_t *)deep, .size = sizeof deep});
    for (size_t i = 0; i + 4 < sizeof deep; i += 4) {
        memcpy(deep + i, "opt ", 4);
    }
    deep[0] = '(';
    check_has_position((struct ic_bytes){.at = (const uint8_t *)deep, .size = sizeof deep});
}

static void test_methods(void **state)
{
    (void)state;
    const struct candid_text_method *m = candid_text_method_find(text, "balance");
    assert_non_null(m);
    assert_int_equal(m->mode, CANDID_MODE_QUERY);
    assert_null(candid_text_method_find(text, "none"));
    assert_non_null(candid_text_init_args(text));
    struct ic_bytes message;
    struct candid_text_error error;
    assert_true(candid_text_encode(text, &message, m->args,
                                   IC_BYTES_LIT("(record { owner = principal \"aaaaa-aa\" })"),
                                   &error));
    assert_non_null(candid_text_decode(text, m->args, message, &error));
}

static void test_comparison_is_by_value(void **state)
{
    (void)state;
    bool equal = false;
    struct candid_text_error error;
    const struct candid_text_types *t = types("(variant { Ok : nat; Err : text })");
    /* the full type table and the narrowest, 5 and 5 with padding */
    assert_true(candid_text_compare(text, &equal, t,
                                    from_hex("4449444c016b02bc8a017dc5fed2017101000005"),
                                    from_hex("4449444c016b01bc8a017d0100008500"), &error));
    assert_true(equal);
    assert_true(candid_text_compare(text, &equal, t,
                                    from_hex("4449444c016b02bc8a017dc5fed2017101000005"),
                                    from_hex("4449444c016b01bc8a017d01000006"), &error));
    assert_false(equal);
    assert_false(candid_text_compare(text, &equal, t, from_hex("4449444c0000"),
                                     from_hex("4449444c0000"), &error));
    assert_non_null(strstr(error.text, "first message"));
}

/* A canister may show any text as its interface. */
static void test_bad_interfaces_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"service", "type A = B;", "import \"x\";", "\xff", "service : {"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct candid_text_error error = {0};
        assert_null(candid_text_open(ic_bytes_from_text(bad[i]), &error));
        assert_true(error.text[0] != 0);
    }
}

/* Forty definitions describe a struct of 2^40 values, whose size would not fit a descriptor. */
static void test_doubling_interfaces_are_refused(void **state)
{
    (void)state;
    char did[4096];
    size_t used = 0;
    for (int i = 0; i < 40; i++) {
        used += (size_t)snprintf(did + used, sizeof did - used, "type T%d = record { T%d; T%d };\n",
                                 i, i + 1, i + 1);
    }
    snprintf(did + used, sizeof did - used,
             "type T40 = opt nat;\nservice : { m : () -> (vec T0) }");
    struct candid_text_error error = {0};
    assert_null(candid_text_open(ic_bytes_from_text(did), &error));
    assert_string_equal(error.text, "did:26:12: a struct of this type would be too large");
}

/* The same by the type table of a message that is printed by its own types: entry i is a record
 * of two i + 1. */
static void test_doubling_messages_are_refused(void **state)
{
    (void)state;
    uint8_t message[600] = {'D', 'I', 'D', 'L', 41};
    size_t size = 5;
    for (uint8_t i = 0; i < 40; i++) {
        const uint8_t entry[] = {0x6c, 2, 0, (uint8_t)(i + 1), 1, (uint8_t)(i + 1)};
        memcpy(message + size, entry, sizeof entry);
        size += sizeof entry;
    }
    const uint8_t rest[] = {0x6e, 0x7d, 1, 0}; /* entry 40: opt nat; one argument, of entry 0 */
    memcpy(message + size, rest, sizeof rest);
    struct candid_text_error error = {0};
    const char *printed =
        candid_text_decode(text, NULL, (struct ic_bytes){message, sizeof message}, &error);
    assert_null(printed);
    assert_non_null(strstr(error.text, "a struct of this type would be too large"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubling_messages_are_refused),
        cmocka_unit_test(test_doubling_interfaces_are_refused),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_errors_have_positions),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_comparison_is_by_value),
        cmocka_unit_test(test_bad_interfaces_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
