/* Parsing, validation and instrumentation of modules. */
#include "wasm/test/build.h"
#include "wasm/wasm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>

static const struct axon_wasm_import_rule RULES[] = {
    {"time", ":I"}, {"msg_reply", ":"}, {"stable64_write", "III:"}, {"is_controller", "ii:i"},
};

/* NULL when the module is accepted, else why it is not (in *why). */
static const char *refusal(struct ic_bytes module, struct axon_buf *why)
{
    axon_buf_clear(why);
    struct axon_wasm *m = axon_wasm_parse(module, why);
    bool valid = m != NULL && axon_wasm_validate(m, RULES, sizeof RULES / sizeof RULES[0], why);
    axon_wasm_free(m);
    return valid ? NULL : axon_buf_text(why);
}

static void expect(struct ic_bytes module, const char *name, const char *text)
{
    struct axon_buf why = {0};
    const char *got = refusal(module, &why);
    if (text == NULL && got != NULL) {
        fail_msg("%s: expected acceptance, got: %s", name, got);
    }
    if (text != NULL && (got == NULL || strstr(got, text) == NULL)) {
        fail_msg("%s: expected %s, got: %s", name, text, got == NULL ? "acceptance" : got);
    }
    assert_true(why.size <= 200);
    axon_buf_free(&why);
}

static void expect_sections(const char *sections, const char *text)
{
    struct axon_buf module = {0};
    build_module(&module, sections);
    expect(axon_buf_bytes(&module), sections, text);
    axon_buf_free(&module);
}

struct row {
    const char *sections;
    const char *text;       /* NULL: accepted */
};

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_sections(rows[i].sections, rows[i].text);
    }
}
#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

/* Type 0: () -> (), type 1: () -> i64, type 2: (i64 i64 i64) -> (), type 3: (i32 i32) -> i32. */
#define TYPES "1: 04 60 00 00 60 00 01 7e 60 03 7e 7e 7e 00 60 02 7f 7f 01 7f;"
#define ONE_FUNCTION "1: 01 60 00 00; 3: 01 00;"
#define EMPTY_BODY "10: 01 02 00 0b"
/* A module whose only function has the given body, and no locals. */
#define BODY(code) ONE_FUNCTION "5: 01 00 01; 10: 01 {00 " code "}"

/* ---- refusals by name --------------------------------------------------------------------------- */

static void imports_are_ic0_functions_of_the_right_type(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {TYPES "2: 01 'ic0' 'time' 00 01", NULL},
        {TYPES "2: 02 'ic0' 'stable64_write' 00 02 'ic0' 'is_controller' 00 03", NULL},
        {TYPES "2: 01 'ic0' 'nope' 00 00", "`nope` from `ic0` that is not exported by the runtime"},
        {TYPES "2: 01 'env' 'time' 00 01", "`time` from `env` that is not exported"},
        {TYPES "2: 01 'ic0' 'time' 00 00", "`time` from `ic0` with an unexpected type"},
        {TYPES "2: 01 'ic0' 'is_controller' 00 02", "`is_controller` from `ic0` with an unexp"},
        {TYPES "2: 01 'env' 'memory' 02 00 01", "`memory` from `env` that is not a function"},
        {TYPES "2: 01 'env' 'table' 01 70 00 01", "`table` from `env` that is not a function"},
        {TYPES "2: 01 'ic0' 'g' 03 7f 00", "`g` from `ic0` that is not a function"},
        {TYPES "2: 01 'ic0' 'tag' 04 00 00", "import section: unknown or forbidden kind of import"},
        {TYPES "2: 01 'ic0' 'time' 00 04", "import section: unknown type"},
    };
    EXPECT_ROWS(rows);
}

static void exports_follow_the_rules(void **state)
{
    (void)state;
#define EXPORT(items) ONE_FUNCTION "4: 01 70 00 01; 5: 01 00 01; 7: " items "; " EMPTY_BODY
    static const struct row rows[] = {
        {EXPORT("01 'canister_init' 00 00"), NULL},
        {EXPORT("01 'canister_update a b' 00 00"), NULL},
        {EXPORT("02 'canister_update a' 00 00 'canister_query b' 00 00"), NULL},
        {EXPORT("03 'memory' 02 00 'table' 01 00 'f' 00 00"), NULL},
        {EXPORT("01 'canister_foo' 00 00"), "`canister_foo` with \"canister_\" prefix"},
        {EXPORT("01 'canister_update' 00 00"), "`canister_update` with \"canister_\" prefix"},
        {EXPORT("01 'canister_init' 02 00"), "`canister_init` is not a function () -> ()"},
        {EXPORT("01 'canister_start' 00 00"), "reserved symbols is not allowed: `canister_start`"},
        {EXPORT("01 'stable_memory' 02 00"), "`stable_memory`"},
        {EXPORT("01 'stable_bytemap_memory' 02 00"), "`stable_bytemap_memory`"},
        {EXPORT("01 'canister counter_instructions' 00 00"), "`canister counter_instructions`"},
        {EXPORT("01 'canister counter_dirty_pages' 00 00"), "`canister counter_dirty_pages`"},
        {EXPORT("01 'canister counter_accessed_pages' 00 00"), "`canister counter_accessed_pages`"},
        {EXPORT("01 'axon:counter' 00 00"), "`axon:counter`"},
        {EXPORT("02 'canister_query a' 00 00 'canister_update a' 00 00"), "Duplicate function `a`"},
        {EXPORT("02 'canister_query a' 00 00 'canister_composite_query a' 00 00"), "Duplicate"},
        {EXPORT("01 'f' 00 01"), "export of something that does not exist"},
        {EXPORT("01 'f' 04 00"), "export of something that does not exist"},
        {"1: 01 60 01 7f 00; 3: 01 00; 7: 01 'canister_update a' 00 00; " EMPTY_BODY,
         "`canister_update a` is not a function () -> ()"},
    };
    EXPECT_ROWS(rows);
}

static void metadata_sections_follow_the_rules(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"0: 'icp:public a' 01 02; 0: 'icp:private b'; 0: 'other' 00; 0: 'other' 01", NULL},
        {"0: 'icp:secret a'", "`icp:secret a` is neither icp:public nor icp:private"},
        {"0: 'icp:publica'", "`icp:publica` is neither"},
        {"0: 'icp:public a'; 0: 'icp:private a'", "Name `a` already exists"},
        {"0: 05", "custom section: unexpected end"},
        {"0: 02 c3 28", "custom section: a name is not UTF-8"},
    };
    EXPECT_ROWS(rows);
}

static void proposals_of_the_specification_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BODY("c0 1a 0b"), NULL}, /* sign extension; ill-typed, which is Wasmtime's to say */
        {BODY("fc 00 1a 0b"), NULL},
        {BODY("fd 4d 1a 0b"), NULL},
        {BODY("12 00 0b"), NULL},
        {BODY("d0 6f 1a 0b"), NULL},
        {BODY("fe 03 00 00 0b"), "unknown or forbidden instruction (function 0)"},
        {BODY("fd 80 02 1a 0b"), "unknown or forbidden instruction"}, /* relaxed SIMD */
        {BODY("fd 9a 01 0b"), "unknown or forbidden instruction"},
        {BODY("fc 12 00 0b"), "unknown or forbidden instruction"},
        {BODY("08 00 0b"), "unknown or forbidden instruction"}, /* throw */
        {BODY("fb 00 00 0b"), "unknown or forbidden instruction"}, /* GC */
        {BODY("14 00 0b"), "unknown or forbidden instruction"}, /* call_ref */
        {BODY("28 40 00 00 0b"), "bad alignment or more than one memory"},
        {ONE_FUNCTION "5: 02 00 01 00 01; " EMPTY_BODY, "2 memories which exceeds the maximum"},
        {ONE_FUNCTION "5: 01 03 01 01; " EMPTY_BODY, "shared memory"},
        {ONE_FUNCTION "5: 01 04 01; " EMPTY_BODY, "64-bit memories and tables"},
        {ONE_FUNCTION "4: 01 70 04 01; " EMPTY_BODY, "64-bit memories and tables"},
        {"1: 01 5f 00", "unknown or forbidden kind of type"},
        {"1: 01 60 01 6e 00", "unknown or forbidden value type"},
        {"13: 01 00 00", "unknown or forbidden section with id 13"},
        {"6: 01 7f 00 41 01 41 01 6a 0b", "not a single constant"},
    };
    EXPECT_ROWS(rows);
}

static void table_instructions_are_refused(void **state)
{
    (void)state;
#define TABLE_BODY(code) ONE_FUNCTION "4: 01 70 00 01; 10: 01 {00 " code "}"
    static const struct row rows[] = {
        {TABLE_BODY("25 00 0b"), NULL},
        {TABLE_BODY("fc 10 00 0b"), NULL},
        {TABLE_BODY("26 00 0b"), "at index 0 with the unsupported instruction table.set"},
        {TABLE_BODY("fc 0c 00 00 0b"), "unsupported instruction table.init"},
        {TABLE_BODY("fc 0e 00 00 0b"), "unsupported instruction table.copy"},
        {TABLE_BODY("fc 0f 00 0b"), "unsupported instruction table.grow"},
        {TABLE_BODY("fc 11 00 0b"), "unsupported instruction table.fill"},
    };
    EXPECT_ROWS(rows);
}

static void segments_are_constant_and_inside(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"5: 01 00 01; 11: 01 00 41 00 0b 01 aa", NULL},
        {"5: 01 00 01; 11: 01 00 41 80 80 04 0b 00", NULL}, /* 0 bytes at the very end */
        {"5: 01 00 01; 11: 01 00 41 80 80 04 0b 01 aa", "Segment 0 lies outside of the initial"},
        {"5: 01 00 01; 11: 01 00 23 00 0b 01 aa", "unknown global"},
        {"5: 01 00 01; 6: 01 7f 00 41 00 0b; 11: 01 00 23 00 0b 01 aa",
         "invalid data section. Segment 0 has an offset that is not a constant"},
        {"11: 01 00 41 00 0b 01 aa", "unknown memory"},
        {"5: 01 00 01; 11: 01 03 00", "unknown kind of data segment"},
        {"5: 01 00 01; 11: 01 00 41 00 0b 05 aa", "data section: unexpected end"},
        {ONE_FUNCTION "4: 01 70 00 01; 9: 01 00 41 00 0b 01 00; " EMPTY_BODY, NULL},
        {ONE_FUNCTION "4: 01 70 00 01; 9: 01 00 41 01 0b 01 00; " EMPTY_BODY,
         "invalid element section. Segment 0 lies outside of the table"},
        {ONE_FUNCTION "9: 01 00 41 00 0b 01 00; " EMPTY_BODY, "unknown table"},
        {ONE_FUNCTION "4: 01 70 00 01; 9: 01 00 41 00 0b 01 01; " EMPTY_BODY, "unknown function"},
        {ONE_FUNCTION "4: 01 70 00 01; 9: 01 08; " EMPTY_BODY, "unknown kind of element segment"},
    };
    EXPECT_ROWS(rows);
}

/* What metering appends must not make these valid. */
static void broken_modules_are_not_repaired(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BODY("10 00 0b"), NULL},
        {BODY("10 01 0b"), "code section: unknown function (function 0)"},
        {BODY("23 00 1a 0b"), "unknown global"},
        {BODY("02 01 0b 0b"), "unknown type"},
        {BODY("02 60 0b 0b"), "unknown or forbidden block type"},
        {BODY("d2 00 1a 0b"), "undeclared function reference"},
        {ONE_FUNCTION "8: 00; 10: 01 {00 d2 00 1a 0b}", "undeclared function reference"},
        {ONE_FUNCTION "7: 01 'f' 00 00; 10: 01 {00 d2 00 1a 0b}", NULL},
        {ONE_FUNCTION "8: 01; " EMPTY_BODY, "the start function does not exist"},
        {TYPES "3: 01 01; 8: 00; 10: 01 {00 42 00 0b}", "another type than () -> ()"},
        {ONE_FUNCTION "10: 00", "function and code section differ in length"},
        {BODY("01 01"), "unexpected end"},
        {BODY("0b 0b 0b"), "bytes after the end of a function"},
        {"3: 00; 1: 00", "the type section is out of order"},
        {"1: 00; 1: 00", "the type section is out of order"},
        {"1: 00 00", "type section: bytes after its end"},
        {"1: ff ff ff ff 0f", "unexpected end"},
        {"1: ff ff ff ff 1f", "number too large"},
        {"1: 80 80 80 80 80 00", "number too long"},
    };
    EXPECT_ROWS(rows);
    expect(IC_BYTES_LIT(""), "empty", "not a WebAssembly module");
    expect((struct ic_bytes){(const uint8_t *)"\0asm\2\0\0\0", 8}, "version", "not a WebAssembly");
    expect((struct ic_bytes){(const uint8_t *)"\0asm\1\0\0\0\1\5", 10}, "cut", "is cut off");
}

/* ---- limits ------------------------------------------------------------------------------------- */

/* Appends a section of count equal elements. */
static void repeat_section(struct axon_buf *module, uint8_t id, uint32_t count, const char *element)
{
    struct axon_buf content = {0};
    build_number(&content, count);
    for (uint32_t i = 0; i < count; i++) {
        build_items(&content, element);
    }
    build_section(module, id, &content);
    axon_buf_free(&content);
}

static void counts_are_limited(void **state)
{
    (void)state;
    static const struct {
        uint32_t functions;
        uint32_t globals;
        const char *text;
    } rows[] = {
        {50000, 1000, NULL},
        {50001, 0, "50001 functions which exceeds the maximum number allowed 50000"},
        {1, 1001, "1001 globals which exceeds the maximum number allowed 1000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct axon_buf module = {0};
        build_module(&module, "1: 01 60 00 00");
        repeat_section(&module, 3, rows[i].functions, "00");
        repeat_section(&module, 6, rows[i].globals, "7f 00 41 00 0b");
        repeat_section(&module, 10, rows[i].functions, "02 00 0b");
        expect(axon_buf_bytes(&module), "counts", rows[i].text);
        axon_buf_free(&module);
    }
    expect_sections("4: 02 70 00 01 70 00 01", "2 tables which exceeds the maximum");
    expect_sections("4: 01 70 00 c0 84 3d", NULL);
    expect_sections("4: 01 70 00 c1 84 3d", "1000001 table elements");
    expect_sections("5: 01 00 81 80 04", "65537 pages of initial memory");
    expect_sections("6: 01 70 00 d0 70 0b", "a global with a reference type at index 0");
}

/* A module with count methods whose names have size bytes each. */
static void expect_methods(uint32_t count, int size, const char *text)
{
    struct axon_buf module = {0};
    struct axon_buf exports = {0};
    build_module(&module, ONE_FUNCTION);
    build_number(&exports, count);
    for (uint32_t i = 0; i < count; i++) {
        struct axon_buf name = {0};
        axon_buf_printf(&name, "canister_query %0*u", size, i);
        build_number(&exports, name.size);
        axon_buf_append(&exports, axon_buf_bytes(&name));
        build_items(&exports, "00 00");
        axon_buf_free(&name);
    }
    build_section(&module, 7, &exports);
    build_items(&module, "0a 04 01 02 00 0b");
    expect(axon_buf_bytes(&module), "methods", text);
    axon_buf_free(&exports);
    axon_buf_free(&module);
}

static void methods_are_limited(void **state)
{
    (void)state;
    expect_methods(1000, 20, NULL);
    expect_methods(1001, 4, "1001 exported methods");
    expect_methods(1000, 21, "21000 bytes in the names of exported methods");
}

/* A module whose function is count times the given instructions. */
static void expect_code(uint32_t count, const char *instructions, const char *text)
{
    struct axon_buf module = {0};
    struct axon_buf body = {0};
    struct axon_buf code = {0};
    build_module(&module, ONE_FUNCTION);
    axon_buf_append_byte(&body, 0);
    for (uint32_t i = 0; i < count; i++) {
        build_items(&body, instructions);
    }
    axon_buf_append_byte(&body, 0x0b);
    build_number(&code, 1);
    build_number(&code, body.size);
    axon_buf_append(&code, axon_buf_bytes(&body));
    build_section(&module, 10, &code);
    expect(axon_buf_bytes(&module), "code", text);
    axon_buf_free(&body);
    axon_buf_free(&code);
    axon_buf_free(&module);
}

static void functions_are_limited(void **state)
{
    (void)state;
    expect_code(999999, "01", NULL);
    expect_code(1000000, "01", "at index 0 with a number of instructions of 1000001");
    expect_code(19607, "02 40 0b", NULL);
    expect_code(19608, "02 40 0b", "at index 0 with complexity 1000009 exceeding");
    expect_code(10u << 20, "01", "10485767 bytes in the code section");
}

static void metadata_is_limited(void **state)
{
    (void)state;
    for (uint32_t count = 16; count <= 17; count++) {
        struct axon_buf module = {0};
        build_header(&module);
        for (uint32_t i = 0; i < count; i++) {
            struct axon_buf content = {0};
            build_items(&content, "'icp:public ?'");
            content.at[content.size - 1] = (uint8_t)('a' + i);
            build_section(&module, 0, &content);
            axon_buf_free(&content);
        }
        expect(axon_buf_bytes(&module), "sections", count == 16 ? NULL : "17 icp: custom sections");
        axon_buf_free(&module);
    }
    for (size_t size = (1u << 20) - 1; size <= 1u << 20; size++) { /* and one byte of name */
        struct axon_buf module = {0};
        struct axon_buf content = {0};
        build_header(&module);
        build_items(&content, "'icp:public a'");
        memset(axon_buf_reserve(&content, size), 0, size);
        content.size += size;
        build_section(&module, 0, &content);
        expect(axon_buf_bytes(&module), "size", size < 1u << 20 ? NULL : "1048577 bytes in icp:");
        axon_buf_free(&content);
        axon_buf_free(&module);
    }
}

/* ---- what a module says about itself ------------------------------------------------------------- */

static void methods_and_metadata_can_be_listed(void **state)
{
    (void)state;
    struct axon_buf module = {0};
    build_module(&module, ONE_FUNCTION "7: 03 'canister_query q' 00 00 'canister_heartbeat' 00 00 "
                                       "'canister_update a' 00 00; 8: 00; " EMPTY_BODY
                                       "; 0: 'icp:private x' 07");
    struct axon_buf why = {0};
    struct axon_wasm *m = axon_wasm_parse(axon_buf_bytes(&module), &why);
    assert_non_null(m);
    assert_int_equal(axon_wasm_method_count(m), 2);
    assert_int_equal(axon_wasm_method_at(m, 0)->kind, AXON_METHOD_UPDATE);
    assert_true(ic_bytes_is_equal(axon_wasm_method_at(m, 1)->name, IC_BYTES_LIT("q")));
    assert_int_equal(axon_wasm_metadata_count(m), 1);
    assert_false(axon_wasm_metadata_at(m, 0)->is_public);
    assert_true(ic_bytes_is_equal(axon_wasm_metadata_at(m, 0)->name, IC_BYTES_LIT("x")));
    assert_int_equal(axon_wasm_metadata_at(m, 0)->content.at[0], 7);
    assert_true(axon_wasm_has_function(m, IC_BYTES_LIT("canister_heartbeat")));
    assert_false(axon_wasm_has_function(m, IC_BYTES_LIT("canister_init")));
    assert_true(axon_wasm_has_start(m));
    assert_int_equal(axon_wasm_instruction_count(m), 1);
    axon_wasm_free(m);
    axon_buf_free(&module);
    axon_buf_free(&why);
}

/* ---- instrumentation ----------------------------------------------------------------------------- */

/* $counter -= cost (one byte, < 64), with $counter as global 0. */
#define CHARGE(cost) "23 00 42 " cost " 7d 24 00 "
/* if ($counter < 0) { $exhausted = 1; unreachable } */
#define CHECK "23 00 42 00 53 04 40 41 01 24 01 00 0b "
#define CHARGE_SIZE "10 01 " /* the function behind the only one */

/* The instrumented module contains the expected body, locals and size left out. */
static void expect_body(const char *sections, const char *body)
{
    struct axon_buf module = {0};
    struct axon_buf why = {0};
    struct axon_buf out = {0};
    struct axon_buf expected = {0};
    build_module(&module, sections);
    struct axon_wasm *m = axon_wasm_parse(axon_buf_bytes(&module), &why);
    assert_non_null(m);
    axon_wasm_instrument(m, &out);
    build_items(&expected, body);
    if (memmem(out.at, out.size, expected.at, expected.size) == NULL) {
        struct axon_buf hex = {0};
        axon_buf_append_hex(&hex, axon_buf_bytes(&out));
        fail_msg("%s: got %s", sections, axon_buf_text(&hex));
    }
    axon_wasm_free(m);
    axon_buf_free(&module);
    axon_buf_free(&why);
    axon_buf_free(&out);
    axon_buf_free(&expected);
}

static void charge_points_stand_where_the_specification_says(void **state)
{
    (void)state;
    expect_body(BODY("0b"), CHARGE("01") CHECK "0b");
    /* a loop's point is checked and inside; what costs nothing is not charged */
    expect_body(BODY("03 40 01 0b 0b"),
                CHARGE("01") CHECK "03 40 " CHARGE("01") CHECK "01 0b 0b");
    expect_body(BODY("03 40 0b 0b"), CHARGE("01") CHECK "03 40 " CHECK "0b 0b");
    /* if, else and end open points that are not checked */
    expect_body(BODY("41 00 04 40 01 05 01 0b 01 0b"),
                CHARGE("04") CHECK "41 00 04 40 " CHARGE("01") "01 05 " CHARGE("01") "01 0b "
                CHARGE("01") "01 0b");
    /* block and call do not end a point; unreachable does */
    expect_body(BODY("02 40 10 00 0b 00 01 0b"),
                CHARGE("06") CHECK "02 40 10 00 0b " CHARGE("01") "00 " CHARGE("01") "01 0b");
    /* sizes are charged just before their instruction, */
    expect_body(BODY("41 00 41 00 41 00 fc 0b 00 0b"),
                CHARGE("e8 00") CHECK "41 00 41 00 41 00 " CHARGE_SIZE "fc 0b 00 0b");
    /* and before the static charge where the instruction opens the point */
    expect_body(BODY("41 00 41 00 02 7f 41 00 0b fc 0b 00 01 0b"),
                CHARGE("04") CHECK "41 00 41 00 02 7f 41 00 0b " CHARGE_SIZE CHARGE("e5 00")
                "fc 0b 00 01 0b");
}

static void read_vector(struct axon_buf *out, const char *name)
{
    struct axon_buf path = {0};
    axon_buf_printf(&path, "integration/vectors/metering/modules/%s", name);
    axon_buf_clear(out);
    assert_true(axon_buf_read_file(out, axon_buf_text(&path)));
    axon_buf_free(&path);
}

/* Calls fn with each module of the metering vectors. */
static void for_each_vector(void (*fn)(const char *name, struct axon_buf *module))
{
    struct axon_buf module = {0};
    DIR *dir = opendir("integration/vectors/metering/modules");
    assert_non_null(dir);
    unsigned count = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strstr(entry->d_name, ".wasm") != NULL) {
            read_vector(&module, entry->d_name);
            fn(entry->d_name, &module);
            count++;
        }
    }
    closedir(dir);
    axon_buf_free(&module);
    assert_int_equal(count, 58);
}

static void check_output(const char *name, struct axon_buf *module)
{
    struct axon_buf why = {0};
    struct axon_buf out = {0};
    struct axon_wasm *m = axon_wasm_parse(axon_buf_bytes(module), &why);
    assert_non_null(m);
    axon_wasm_instrument(m, &out);
    struct axon_wasm *again = axon_wasm_parse(axon_buf_bytes(&out), &why);
    if (again == NULL) {
        fail_msg("%s: %s", name, axon_buf_text(&why));
    }
    assert_int_equal(axon_wasm_method_count(m), axon_wasm_method_count(again));
    assert_false(axon_wasm_has_start(again));
    assert_true(axon_wasm_instruction_count(again) > axon_wasm_instruction_count(m));
    axon_wasm_free(again);
    axon_wasm_free(m);
    axon_buf_free(&why);
    axon_buf_free(&out);
}

static void instrumented_modules_parse_again(void **state)
{
    (void)state;
    for_each_vector(check_output);
}

/* Cut after each byte, and with each byte changed: a module or a reason, nothing else. */
static void check_damage(const char *name, struct axon_buf *module)
{
    struct axon_buf why = {0};
    (void)name;
    size_t size = module->size < 600 ? module->size : 600;
    for (size_t i = 0; i < size; i++) {
        uint8_t *cut = axon_alloc(i); /* its own allocation, so that the sanitizer sees overruns */
        memcpy(cut, module->at, i);
        refusal((struct ic_bytes){cut, i}, &why);
        axon_buf_free(&(struct axon_buf){.at = cut});
        uint8_t before = module->at[i];
        module->at[i] = (uint8_t)(before * 31 + 7);
        refusal(axon_buf_bytes(module), &why);
        module->at[i] = before;
    }
    axon_buf_free(&why);
}

static void damaged_modules_are_survived(void **state)
{
    (void)state;
    for_each_vector(check_damage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports_are_ic0_functions_of_the_right_type),
        cmocka_unit_test(exports_follow_the_rules),
        cmocka_unit_test(metadata_sections_follow_the_rules),
        cmocka_unit_test(proposals_of_the_specification_only),
        cmocka_unit_test(table_instructions_are_refused),
        cmocka_unit_test(segments_are_constant_and_inside),
        cmocka_unit_test(broken_modules_are_not_repaired),
        cmocka_unit_test(counts_are_limited),
        cmocka_unit_test(methods_are_limited),
        cmocka_unit_test(functions_are_limited),
        cmocka_unit_test(metadata_is_limited),
        cmocka_unit_test(methods_and_metadata_can_be_listed),
        cmocka_unit_test(charge_points_stand_where_the_specification_says),
        cmocka_unit_test(instrumented_modules_parse_again),
        cmocka_unit_test(damaged_modules_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
