/* What counts as a unit, and the limit on both sides: a message with exactly 4,000 + 4 units for each
 * byte is accepted, with one more it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dear_did.h"
#include "ic/arena.h"

#define ARENA_BYTES (16u << 20)
#define ELEMENTS 100u

static uint8_t arena_memory[ARENA_BYTES];
static uint64_t value[64];

/* Two arguments: a vec of elements without a byte, entry 0 of the table; and a vec of nulls, which
 * is not expected, so it is skipped for a unit each. */
struct kind {
    const char *name;
    unsigned method; /* of dear.did */
    const char *table; /* with its count of entries; entry 1 is vec null */
    size_t table_bytes;
    unsigned units; /* of an element */
};

#define KIND(name, method, table, units) {name, method, table, sizeof(table) - 1, units}

static const struct kind KINDS[] = {
    KIND("null", 9, "\x02\x6d\x7f\x6d\x7f", 1),
    KIND("reserved", 9, "\x02\x6d\x70\x6d\x7f", 1),
    KIND("null, skipped", 0, "\x02\x6d\x7f\x6d\x7f", 1),
    KIND("null at opt bool", 3, "\x02\x6d\x7f\x6d\x7f", 1),
    KIND("record {}", 1, "\x03\x6d\x02\x6d\x7f\x6c\x00", 1),
    KIND("record {}, skipped", 0, "\x03\x6d\x02\x6d\x7f\x6c\x00", 1),
    KIND("record { null }", 6, "\x03\x6d\x02\x6d\x7f\x6c\x01\x00\x7f", 2),
    KIND("record { null }, skipped", 0, "\x03\x6d\x02\x6d\x7f\x6c\x01\x00\x7f", 2),
    KIND("record { null x 4 }", 7, "\x03\x6d\x02\x6d\x7f\x6c\x04\x00\x7f\x01\x7f\x02\x7f\x03\x7f", 5),
    KIND("record {}, an absent null", 6, "\x03\x6d\x02\x6d\x7f\x6c\x00", 2),
    KIND("record {}, two absent opts", 4, "\x03\x6d\x02\x6d\x7f\x6c\x00", 3),
    KIND("record {}, four absent fields", 14, "\x03\x6d\x02\x6d\x7f\x6c\x00", 5),
    KIND("six records in each other", 15,
         "\x08\x6d\x02\x6d\x7f\x6c\x01\x00\x03\x6c\x01\x00\x04\x6c\x01\x00\x05\x6c\x01\x00\x06\x6c\x01"
         "\x00\x07\x6c\x00",
         6),
    KIND("six records in each other, skipped", 0,
         "\x08\x6d\x02\x6d\x7f\x6c\x01\x00\x03\x6c\x01\x00\x04\x6c\x01\x00\x05\x6c\x01\x00\x06\x6c\x01"
         "\x00\x07\x6c\x00",
         6),
    KIND("record {} at opt record {}", 10, "\x03\x6d\x02\x6d\x7f\x6c\x00", 2),
    KIND("record {} at opt bool", 3, "\x03\x6d\x02\x6d\x7f\x6c\x00", 2),
    KIND("record { record { null; null }; null }", 8,
         "\x04\x6d\x02\x6d\x7f\x6c\x02\x00\x03\x01\x7f\x6c\x02\x00\x7f\x01\x7f", 5),
    KIND("records with fields behind records, four deep", 26,
         "\x06\x6d\x02\x6d\x7f\x6c\x02\x00\x03\x01\x7f\x6c\x02\x00\x04\x01\x7f\x6c\x02\x00\x05\x01\x7f\x6c"
         "\x02\x00\x7f\x01\x7f",
         9),
    /* The opt, the record and what is in it; that it fits late or not at all is no unit more. */
    KIND("record { null } at opt record { null; record { reserved } }", 31,
         "\x03\x6d\x02\x6d\x7f\x6c\x01\x00\x7f", 3),
    KIND("record { reserved; null } at opt record { null; nat }", 32,
         "\x03\x6d\x02\x6d\x7f\x6c\x02\x00\x70\x01\x7f", 4),
    /* The opt, the box, the record and the opt in it. */
    KIND("record {} at opt R, R = record { r : opt R }", 33, "\x03\x6d\x02\x6d\x7f\x6c\x00", 4),
};

static size_t put_leb(uint8_t *at, uint64_t v)
{
    size_t size = 0;
    for (; v > 0x7f; v >>= 7) {
        at[size++] = (uint8_t)(v | 0x80);
    }
    at[size++] = (uint8_t)v;
    return size;
}

static enum candid_result decode(struct candid_report *report, const struct kind *kind,
                                 uint64_t elements, uint64_t nulls)
{
    uint8_t message[128] = {'D', 'I', 'D', 'L'};
    struct ic_arena arena;
    memcpy(message + 4, kind->table, kind->table_bytes);
    size_t size = 4 + kind->table_bytes;
    message[size++] = 2;
    message[size++] = 0;
    message[size++] = 1;
    size += put_leb(message + size, elements);
    size += put_leb(message + size, nulls);
    ic_arena_init(&arena, arena_memory, sizeof arena_memory);
    assert_true(dear_methods[kind->method]->in.record->size <= sizeof value);
    return candid_decode_reported(value, &dear_methods[kind->method]->in,
                                  (struct ic_bytes){.at = message, .size = size}, true, &arena,
                                  report);
}

static void check_kind(const struct kind *kind, uint64_t elements)
{
    struct candid_report report;
    /* A number of nulls of the same length as the one looked for: it counts among the bytes. */
    assert_int_equal(decode(&report, kind, elements, 1000), CANDID_OK);
    if (report.units != kind->units * elements + 1000) {
        fail_msg("%s: %llu units", kind->name, (unsigned long long)report.units);
    }
    const uint64_t nulls = report.units_max - kind->units * elements;
    assert_in_range(nulls, 128, 16382);
    assert_int_equal(decode(&report, kind, elements, nulls), CANDID_OK);
    assert_int_equal(report.units, report.units_max);
    if (decode(&report, kind, elements, nulls + 1) != CANDID_TOO_LARGE) {
        fail_msg("%s: one more is accepted", kind->name);
    }
}

static void test_limit_is_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        check_kind(&KINDS[i], ELEMENTS);
        check_kind(&KINDS[i], 3000 / KINDS[i].units);
    }
}

/* Elements of one kind only, up to the last that is allowed. */
static void test_limit_of_elements(void **state)
{
    (void)state;
    struct candid_report report;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        const struct kind *kind = &KINDS[i];
        assert_int_equal(decode(&report, kind, 300, 0), CANDID_OK);
        const uint64_t elements = report.units_max / kind->units;
        assert_int_equal(decode(&report, kind, elements, 0), CANDID_OK);
        assert_int_equal(decode(&report, kind, elements + 1, 0), CANDID_TOO_LARGE);
    }
}

/* Two thousand records with nearly no bytes are fine. */
static void test_thousands_of_records(void **state)
{
    (void)state;
    struct candid_report report;
    const struct kind nulls =
        KIND("record { null }", 6, "\x03\x6d\x02\x6d\x7f\x6c\x01\x00\x7f", 2);
    assert_int_equal(decode(&report, &nulls, 2000, 0), CANDID_OK);
    const struct kind empty = KIND("record {}", 1, "\x03\x6d\x02\x6d\x7f\x6c\x00", 1);
    assert_int_equal(decode(&report, &empty, 4000, 0), CANDID_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_is_exact),
        cmocka_unit_test(test_limit_of_elements),
        cmocka_unit_test(test_thousands_of_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
