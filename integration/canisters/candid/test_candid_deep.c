/* The limit of depth on both sides, natively and in Wasm: the decoder calls itself, so the deepest
 * messages must fit the stacks of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "bench.h"
#include "dear_did.h"
#include "ic/arena.h"

#define NOTHING 0u /* methods of dear.did: no arguments */
#define CHAINS 33u /* vec opt Chain */
#define ROSES 42u  /* vec Rose */

static uint8_t arena_memory[4u << 20];
static uint64_t value[8];

#define PUT(message, literal) axon_buf_append(message, IC_BYTES_LIT(literal))

static void repeat(struct axon_buf *message, uint8_t byte, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        axon_buf_append_byte(message, byte);
    }
}

static enum candid_result decode_here(unsigned method, struct ic_bytes message)
{
    const struct candid_tuple *types = &dear_methods[method]->in;
    struct ic_arena arena;
    ic_arena_init(&arena, arena_memory, sizeof arena_memory);
    assert_true(types->record->size <= sizeof value);
    return candid_decode(value, types, message, &arena);
}

static void check(unsigned method, const struct axon_buf *message, enum candid_result expected)
{
    const struct bench_types types = {BENCH_DEAR, method, 0};
    assert_int_equal(decode_here(method, axon_buf_bytes(message)), expected);
    assert_int_equal(bench_run("decode", types, axon_buf_bytes(message)).result, expected);
}

/* Opts of records with nothing but such an opt: each in a box. */
static void check_chain(size_t depth, enum candid_result expected)
{
    struct axon_buf message = {0};
    PUT(&message, "DIDL\x03\x6d\x01\x6e\x02\x6c\x01\x72\x01\x01\x00");
    PUT(&message, "\x01");
    repeat(&message, 1, depth);
    PUT(&message, "\x00");
    check(CHAINS, &message, expected);
    axon_buf_free(&message);
}

/* Vecs of two records with nothing but such a vec: the second waits for the first. */
static void check_roses(unsigned method, size_t depth, enum candid_result expected)
{
    struct axon_buf message = {0};
    PUT(&message, "DIDL\x02\x6d\x01\x6c\x01\x00\x00\x01\x00");
    repeat(&message, 2, depth);
    repeat(&message, 0, depth + 1);
    check(method, &message, expected);
    axon_buf_free(&message);
}

static void test_boxes_in_boxes(void **state)
{
    (void)state;
    check_chain(CANDID_DEPTH_MAX, CANDID_OK);
    check_chain(CANDID_DEPTH_MAX + 1, CANDID_TOO_DEEP);
}

static void test_elements_in_elements(void **state)
{
    (void)state;
    check_roses(ROSES, CANDID_DEPTH_MAX, CANDID_OK);
    check_roses(ROSES, CANDID_DEPTH_MAX + 1, CANDID_TOO_DEEP);
}

static void test_skipped_elements_in_elements(void **state)
{
    (void)state;
    check_roses(NOTHING, CANDID_DEPTH_MAX, CANDID_OK);
    check_roses(NOTHING, CANDID_DEPTH_MAX + 1, CANDID_TOO_DEEP);
}

/* Records R with a vec R and an S, where S is vec S and not expected: the deepest R holds the deepest
 * S, so that all calls of reading wait for all those of skipping. */
static void check_both(size_t read, size_t skipped, enum candid_result expected)
{
    struct axon_buf message = {0};
    PUT(&message, "DIDL\x03\x6d\x01\x6c\x02\x00\x00\x01\x02\x6d\x02\x01\x00");
    repeat(&message, 2, read);
    PUT(&message, "\x00"); // the deepest R has none
    repeat(&message, 2, skipped);
    repeat(&message, 0, skipped + 1);
    for (size_t i = 1; i < read; i++) {
        PUT(&message, "\x00\x00\x00"); // the second R, and the S of the one around it
    }
    PUT(&message, "\x00\x00");
    check(ROSES, &message, expected);
    axon_buf_free(&message);
}

/* Of a record's two fields the vec is not the last: two calls for each level. */
static void test_both_at_once(void **state)
{
    (void)state;
    check_both(CANDID_DEPTH_MAX / 2, CANDID_DEPTH_MAX, CANDID_OK);
    check_both(CANDID_DEPTH_MAX / 2, CANDID_DEPTH_MAX + 1, CANDID_TOO_DEEP);
    check_both(CANDID_DEPTH_MAX / 2 + 1, 1, CANDID_TOO_DEEP);
}

/* A record with nothing but itself has no value: the budget ends the search for one. */
static void test_skipped_without_end(void **state)
{
    (void)state;
    struct axon_buf message = {0};
    PUT(&message, "DIDL\x01\x6c\x01\x00\x00\x01\x00");
    check(NOTHING, &message, CANDID_TOO_LARGE);
    axon_buf_free(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes_in_boxes),
        cmocka_unit_test(test_elements_in_elements),
        cmocka_unit_test(test_skipped_elements_in_elements),
        cmocka_unit_test(test_both_at_once),
        cmocka_unit_test(test_skipped_without_end),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
