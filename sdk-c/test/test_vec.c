/* Vectors: against a plain array, at the seams of pages and extents, refusals, damage, costs, and a
 * dump of layout version 1.
 *
 * `ic_vec write FILE` makes such a dump; do that once for each new layout and keep the old. */
#include "test/check.h"
#include "test/load_dump.h"

#include "ic/buf.h"
#include "ic/vec.h"

#define DUMP_V1      "sdk-c/test/dumps/vec_v1.bin.gz"
#define REGION       3u
#define REGION_OTHER 4u

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'V', 'E', 'C', '1'},
                                        .version = 1};
static struct ic_store store;
static struct ic_vec vec;
static struct ic_vec other; /* so that extents of the two alternate */
static uint32_t record_bytes;

static void open_vectors(void)
{
    ic_vec_open(&vec, &store, REGION, record_bytes);
    ic_vec_open(&other, &store, REGION_OTHER, 3);
}

static void install(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    open_vectors();
}

static void upgrade(void *argument)
{
    (void)argument;
    memset(&vec, 0xee, sizeof vec);
    ic_store_open(&store, APP);
    open_vectors();
}

static void fresh(uint32_t bytes)
{
    record_bytes = bytes;
    ic_host_reset();
    CHECK_RUNS(install, NULL);
}

/* ---- a plain array ----------------------------------------------------------------------------
 * The records are what is numbered in seeds; bytes follow from the seed. */

#define MODEL_MAX 6000u

static struct {
    uint64_t seeds[MODEL_MAX];
    uint64_t count;
} model;

static void record_make(uint8_t *out, uint64_t seed)
{
    for (uint32_t i = 0; i < record_bytes; i += 8) {
        uint8_t word[8];
        ic_store_u64_le(word, test_random(&seed));
        memcpy(out + i, word, record_bytes - i < 8 ? record_bytes - i : 8);
    }
}

static void push_one(uint64_t seed)
{
    static uint8_t record[IC_VEC_RECORD_BYTES_MAX];
    record_make(record, seed);
    assert_int_equal(ic_vec_push(&vec, record), model.count);
    model.seeds[model.count++] = seed;
}

static void set_one(uint64_t index, uint64_t seed)
{
    static uint8_t record[IC_VEC_RECORD_BYTES_MAX];
    record_make(record, seed);
    if (seed % 2 == 0) {
        ic_vec_set(&vec, index, record);
    } else { /* the same in two parts */
        uint32_t first = (uint32_t)(seed % (record_bytes + 1));
        ic_vec_set_part(&vec, index, first,
                        (struct ic_bytes){.at = record + first, .size = record_bytes - first});
        ic_vec_set_part(&vec, index, 0, (struct ic_bytes){.at = record, .size = first});
    }
    model.seeds[index] = seed;
}

static void pop_one(void)
{
    static uint8_t got[IC_VEC_RECORD_BYTES_MAX], expected[IC_VEC_RECORD_BYTES_MAX];
    assert_int_equal(ic_vec_pop(&vec, got), model.count > 0);
    if (model.count > 0) {
        record_make(expected, model.seeds[--model.count]);
        assert_memory_equal(got, expected, record_bytes);
    }
}

/* A message of random operations. */
static void live(void *argument)
{
    uint64_t *seed = argument;
    for (uint32_t i = 0; i < 60; i++) {
        uint64_t dice = test_random_below(seed, 100);
        if (dice < 60 && model.count < MODEL_MAX) {
            push_one(test_random(seed));
        } else if (dice < 75 && model.count > 0) {
            set_one(test_random_below(seed, model.count), test_random(seed));
        } else if (dice < 98) {
            pop_one();
        } else {
            model.count = test_random_below(seed, model.count + 1);
            ic_vec_truncate(&vec, model.count);
        }
        ic_vec_push(&other, "abc");
    }
}

static void check_all(void *argument)
{
    (void)argument;
    static uint8_t got[IC_VEC_RECORD_BYTES_MAX], expected[IC_VEC_RECORD_BYTES_MAX];
    ic_vec_check(&vec);
    assert_int_equal(ic_vec_count(&vec), model.count);
    for (uint64_t i = 0; i < model.count; i++) {
        record_make(expected, model.seeds[i]);
        assert_true(ic_vec_get(&vec, got, i));
        assert_memory_equal(got, expected, record_bytes);
        ic_vec_get_part(&vec, got, i, record_bytes / 2, record_bytes - record_bytes / 2);
        assert_memory_equal(got, expected + record_bytes / 2, record_bytes - record_bytes / 2);
    }
    assert_false(ic_vec_get(&vec, got, model.count));
    assert_false(ic_vec_get(&vec, got, UINT64_MAX));
}

static void check_many(void *argument)
{
    (void)argument;
    uint8_t *all = malloc(model.count * record_bytes + 1);
    uint8_t *expected = malloc(record_bytes);
    assert_true(ic_vec_get_many(&vec, all, 0, model.count));
    for (uint64_t i = 0; i < model.count; i++) {
        record_make(expected, model.seeds[i]);
        assert_memory_equal(all + i * record_bytes, expected, record_bytes);
    }
    assert_true(ic_vec_get_many(&vec, NULL, model.count, 0));
    assert_false(ic_vec_get_many(&vec, all, 1, model.count));
    assert_false(ic_vec_get_many(&vec, all, model.count + 1, 0));
    assert_false(ic_vec_get_many(&vec, all, 1, SIZE_MAX));
    free(all);
    free(expected);
}

/* Sizes that divide a page, that do not, that are larger than a page and than any. */
static void vectors_against_an_array(void **state)
{
    (void)state;
    static const uint32_t SIZES[] = {1, 8, 500, 512, 3001, 4096, 5000, IC_VEC_RECORD_BYTES_MAX};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        uint64_t seed = i;
        model.count = 0;
        fresh(SIZES[i]);
        for (uint32_t message = 0; message < 12; message++) {
            CHECK_RUNS(live, &seed);
            if (message % 5 == 4) {
                CHECK_RUNS(upgrade, NULL);
            }
        }
        CHECK_RUNS(check_all, NULL);
        CHECK_RUNS(check_many, NULL);
        CHECK_RUNS(upgrade, NULL);
        CHECK_RUNS(check_all, NULL);
    }
}

/* ---- space and refusals ---------------------------------------------------------------------- */

static void churn(void *argument)
{
    (void)argument;
    for (uint32_t i = 0; i < 500; i++) {
        push_one(i);
    }
    model.count = 0;
    ic_vec_truncate(&vec, 0);
}

static void space_is_used_again(void **state)
{
    (void)state;
    fresh(2000);
    model.count = 0;
    CHECK_RUNS(churn, NULL);
    size_t size = ic_host_stable_bytes();
    for (int i = 0; i < 10; i++) {
        CHECK_RUNS(churn, NULL);
    }
    assert_int_equal(ic_host_stable_bytes(), size);
}

static void push_for_ever(void *argument)
{
    (void)argument;
    for (;;) {
        push_one(7);
    }
}

static void set_behind_the_end(void *argument)
{
    (void)argument;
    ic_vec_set(&vec, ic_vec_count(&vec), "x");
}

static void part_too_large(void *argument)
{
    (void)argument;
    uint8_t out[8];
    push_one(1);
    ic_vec_get_part(&vec, out, 0, record_bytes - 3, 4);
}

static void truncate_to_more(void *argument)
{
    (void)argument;
    ic_vec_truncate(&vec, ic_vec_count(&vec) + 1);
}

static void pop_empty(void *argument)
{
    (void)argument;
    assert_false(ic_vec_pop(&vec, NULL));
}

static void vectors_refuse(void **state)
{
    (void)state;
    fresh(100);
    model.count = 0;
    CHECK_RUNS(pop_empty, NULL);
    CHECK_TRAPS("assertion failed: index < vec->count", set_behind_the_end, NULL);
    CHECK_TRAPS("assertion failed: offset <= vec->record_bytes && size <= vec->record_bytes - "
                "offset",
                part_too_large, NULL);
    CHECK_RUNS(upgrade, NULL);
    CHECK_TRAPS("assertion failed: count <= vec->count", truncate_to_more, NULL);
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES);
    model.count = 0;
    CHECK_TRAPS("stable vec: stable memory cannot grow", push_for_ever, NULL);
    ic_host_stable_limit_set(65536);
    model.count = 0;
    CHECK_RUNS(upgrade, NULL);
    CHECK_RUNS(check_all, NULL);
    record_bytes = 101;
    CHECK_TRAPS("stable store: region 3 holds something of another kind or shape", upgrade, NULL);
}

/* ---- damage and costs ------------------------------------------------------------------------ */

static void push_100(void *argument)
{
    (void)argument;
    for (uint32_t i = 0; i < 100; i++) {
        push_one(i);
    }
}

static void check_only(void *argument)
{
    (void)argument;
    ic_vec_check(&vec);
}

static void every_damaged_head_is_noticed(void **state)
{
    (void)state;
    fresh(64);
    model.count = 0;
    CHECK_RUNS(push_100, NULL);
    uint8_t *head = ic_host_stable() + 4096 + REGION * IC_STORE_HEAD_BYTES;
    for (size_t i = 0; i < 16; i++) {
        for (unsigned change = 1; change < 256; change++) {
            head[i] ^= (uint8_t)change;
            CHECK_TRAPS("stable vec: the structure is damaged", check_only, NULL);
            CHECK_TRAPS("stable vec: the structure is damaged", upgrade, NULL);
            head[i] ^= (uint8_t)change;
        }
    }
    CHECK_RUNS(upgrade, NULL);
    CHECK_RUNS(check_all, NULL);
}

static void push_64(void *argument)
{
    (void)argument;
    push_one(3);
}

static void set_64(void *argument)
{
    (void)argument;
    set_one(50, 2);
}

static void get_64(void *argument)
{
    (void)argument;
    uint8_t out[64];
    assert_true(ic_vec_get(&vec, out, 77));
}

/* Stable charges alone: 25 and the bytes for each access, 1,000 for each page. */
static void vectors_are_cheap(void **state)
{
    (void)state;
    fresh(64);
    model.count = 0;
    CHECK_RUNS(push_100, NULL);
    CHECK_RUNS(push_64, NULL);
    assert_int_equal(ic_host_stable_instructions(), 25 + 64 + 25 + 16 + 2000);
    CHECK_RUNS(set_64, NULL);
    assert_int_equal(ic_host_stable_instructions(), 25 + 64 + 1000);
    CHECK_RUNS(get_64, NULL);
    assert_int_equal(ic_host_stable_instructions(), 25 + 64);
}

/* ---- old bytes ------------------------------------------------------------------------------- */

#define DUMP_BYTES   777u
#define DUMP_PUSHED  900u /* more than an extent holds */
#define DUMP_RECORDS 600u

static void model_make(void)
{
    record_bytes = DUMP_BYTES;
    model.count = DUMP_RECORDS;
    for (uint64_t i = 0; i < DUMP_RECORDS; i++) {
        model.seeds[i] = i % 7 == 0 ? i + 1000 : i % 5; /* few: the dump is kept compressed */
    }
}

static void write_dump(void *argument)
{
    (void)argument;
    uint8_t record[DUMP_BYTES];
    record_bytes = DUMP_BYTES;
    ic_store_create(&store, APP);
    open_vectors();
    for (uint64_t i = 0; i < DUMP_PUSHED; i++) {
        record_make(record, i % 5);
        (void)ic_vec_push(&vec, record);
        (void)ic_vec_push(&other, "xyz");
    }
    for (uint64_t i = 0; i < DUMP_PUSHED; i += 7) {
        record_make(record, i + 1000);
        ic_vec_set(&vec, i, record);
    }
    ic_vec_truncate(&vec, DUMP_RECORDS);
}

static void go_on(void *argument)
{
    (void)argument;
    for (uint64_t i = 0; i < 1000; i++) {
        push_one(i);
    }
}

static void layout_1_opens(void **state)
{
    (void)state;
    model_make();
    load_dump(DUMP_V1);
    CHECK_RUNS(upgrade, NULL);
    CHECK_RUNS(check_all, NULL);
    CHECK_RUNS(go_on, NULL);
    CHECK_RUNS(check_all, NULL);
}

/* Today's code still writes those very bytes: a change of layout needs a new version. */
static void layout_1_is_what_we_write(void **state)
{
    (void)state;
    load_dump(DUMP_V1);
    size_t size = ic_host_stable_bytes();
    uint8_t *dump = malloc(size);
    memcpy(dump, ic_host_stable(), size);
    ic_host_reset();
    CHECK_RUNS(write_dump, NULL);
    assert_int_equal(ic_host_stable_bytes(), size);
    assert_memory_equal(ic_host_stable(), dump, size);
    free(dump);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        return save_dump(argv[2], write_dump) ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_1_opens),
        cmocka_unit_test(layout_1_is_what_we_write),
        cmocka_unit_test(vectors_against_an_array),
        cmocka_unit_test(space_is_used_again),
        cmocka_unit_test(vectors_refuse),
        cmocka_unit_test(every_damaged_head_is_noticed),
        cmocka_unit_test(vectors_are_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
