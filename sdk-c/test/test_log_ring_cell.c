/* Log, ring and cell against plain models: random operations, planned traps, upgrades. */
#include "test/check.h"

#include "ic/cell.h"
#include "ic/log.h"
#include "ic/ring.h"
#include "ic/trap.h"

static const struct ic_store_app APP = {.magic = "SEQUENCE", .version = 1};

enum { REGION_LOG = 0, REGION_RING = 2, REGION_SMALL = 3, REGION_LARGE = 4 };

#define RING_RECORD_BYTES 300u /* 13 to a page */
#define SMALL_BYTES       IC_CELL_INLINE_BYTES
#define LARGE_BYTES       5000u

static struct ic_store store;
static struct ic_log record_log;
static struct ic_ring ring;
static struct ic_cell small_cell, large_cell;

static void open_structures(void)
{
    ic_log_open(&record_log, &store, REGION_LOG);
    ic_ring_open(&ring, &store, REGION_RING, RING_RECORD_BYTES);
    ic_cell_open(&small_cell, &store, REGION_SMALL, SMALL_BYTES);
    ic_cell_open(&large_cell, &store, REGION_LARGE, LARGE_BYTES);
}

static void install(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    open_structures();
}

/* Also what every test does after a trap: the host does not roll the heap back. */
static void upgrade(void *argument)
{
    (void)argument;
    memset(&store, 0xee, sizeof store);
    memset(&record_log, 0xee, sizeof record_log);
    memset(&ring, 0xee, sizeof ring);
    ic_store_open(&store, APP);
    open_structures();
}

static void fresh(void)
{
    ic_host_reset();
    CHECK_RUNS(install, NULL);
}

/* ---- content that follows from a number ------------------------------------------------------ */

#define RECORD_MAX 9000u

static size_t record_size(uint64_t index)
{
    uint64_t seed = index;
    uint64_t kind = test_random_below(&seed, 20);
    return kind == 0 ? 0 : kind == 1 ? test_random_below(&seed, RECORD_MAX) : 130 + index % 30;
}

static struct ic_bytes record_make(uint8_t buffer[RECORD_MAX], uint64_t index)
{
    uint64_t seed = index * 3 + 1;
    size_t size = record_size(index);
    for (size_t i = 0; i < size; i++) {
        buffer[i] = (uint8_t)test_random(&seed);
    }
    return (struct ic_bytes){.at = buffer, .size = size};
}

/* ---- log ------------------------------------------------------------------------------------- */

static void append_many(void *argument)
{
    for (uint64_t i = 0; i < *(const uint64_t *)argument; i++) {
        uint8_t buffer[RECORD_MAX];
        assert_true(ic_log_append(&record_log, record_make(buffer, record_log.count)));
    }
}

static void check_record(uint64_t index, struct ic_bytes got)
{
    uint8_t buffer[RECORD_MAX];
    assert_true(ic_bytes_is_equal(got, record_make(buffer, index)));
}

static uint8_t arena_memory[1 << 20];

static void check_log(void *argument)
{
    struct ic_arena a;
    uint64_t count = *(const uint64_t *)argument;
    ic_arena_init(&a, arena_memory, sizeof arena_memory);
    assert_int_equal(ic_log_count(&record_log), count);
    struct ic_bytes out = {.size = 77};
    for (uint64_t i = 0; i < count; i++) {
        ic_arena_reset(&a);
        assert_true(ic_log_get(&out, &record_log, i, &a));
        check_record(i, out);
        assert_int_equal(ic_log_record_size(&record_log, i), out.size);
    }
    ic_log_check(&record_log);
}

static void check_many(void *argument)
{
    uint64_t *seed = argument;
    struct ic_bytes out[100];
    struct ic_arena a;
    for (int round = 0; round < 50; round++) {
        ic_arena_init(&a, arena_memory, sizeof arena_memory);
        uint64_t first = test_random_below(seed, record_log.count + 2);
        size_t count = test_random_below(seed, 100);
        bool exists = first <= record_log.count && first + count <= record_log.count;
        assert_int_equal(ic_log_get_many(out, &record_log, first, count, &a), exists);
        for (size_t i = 0; exists && i < count; i++) {
            check_record(first + i, out[i]);
        }
    }
}

static void log_against_the_model(void **state)
{
    (void)state;
    uint64_t seed = 11, count = 0;
    fresh();
    for (int round = 0; round < 120; round++) {
        uint64_t more = test_random_below(&seed, round % 10 == 0 ? 200 : 5);
        ic_host_stable_trap_at(round % 3 == 0 ? 1 + test_random_below(&seed, 2 * more + 2) : 0);
        if (ic_host_run(append_many, &more)) {
            count += more;
        } else {
            assert_string_equal(ic_host_trap_text(), "planned trap in a stable write");
        }
        ic_host_stable_trap_at(0);
        CHECK_RUNS(upgrade, NULL);
        CHECK_RUNS(check_many, &seed);
    }
    assert_true(count > 500);
    CHECK_RUNS(check_log, &count);
}

/* At every length around a batch of the index, with and without an upgrade. */
static void log_at_every_batch_boundary(void **state)
{
    (void)state;
    uint64_t one = 1;
    fresh();
    for (uint64_t count = 1; count <= 3 * IC_LOG_TAIL_MAX + 2; count++) {
        CHECK_RUNS(append_many, &one);
        if (count % IC_LOG_TAIL_MAX <= 2 || count % IC_LOG_TAIL_MAX == IC_LOG_TAIL_MAX - 1) {
            CHECK_RUNS(check_log, &count);
            CHECK_RUNS(upgrade, NULL);
            CHECK_RUNS(check_log, &count);
        }
    }
}

static void get_missing(void *argument)
{
    (void)argument;
    struct ic_arena a;
    struct ic_bytes out = {.size = 77};
    ic_arena_init(&a, arena_memory, 140);
    assert_false(ic_log_get(&out, &record_log, record_log.count, &a));
    assert_false(ic_log_get(&out, &record_log, UINT64_MAX, &a));
    ic_arena_init(&a, arena_memory, 8);
    assert_false(ic_log_get(&out, &record_log, 1, &a)); /* does not fit */
    assert_false(ic_log_get_many(&out, &record_log, 1, 1, &a));
    assert_false(ic_log_get_many(&out, &record_log, UINT64_MAX, 2, &a));
    assert_int_equal(out.size, 77);
}

static void append_without_room(void *argument)
{
    (void)argument;
    static uint8_t big[IC_LOG_RECORD_BYTES_MAX];
    uint64_t count = record_log.count;
    struct ic_bytes record = {.at = big, .size = sizeof big};
    while (ic_log_append(&record_log, record)) {
        count++;
    }
    assert_true(record_log.count == count);
}

static void append_too_large(void *argument)
{
    (void)argument;
    static uint8_t big[IC_LOG_RECORD_BYTES_MAX + 1];
    assert_true(ic_log_append(&record_log, (struct ic_bytes){.at = big, .size = sizeof big}));
}

static void log_refuses(void **state)
{
    (void)state;
    uint64_t few = 5;
    fresh();
    CHECK_RUNS(append_many, &few);
    CHECK_RUNS(get_missing, NULL);
    CHECK_TRAPS("assertion failed: record.size <= IC_LOG_RECORD_BYTES_MAX", append_too_large, NULL);
    CHECK_RUNS(upgrade, NULL);
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES + 100);
    CHECK_RUNS(append_without_room, NULL);
}

/* SPEC: budgets. One dirty stable page for an append alone, at most one in 29 crosses a second;
 * reading is the record and one index entry. */
static void append_138(void *argument)
{
    uint8_t record[138] = {1};
    for (int i = 0; i < *(const int *)argument; i++) {
        assert_true(
            ic_log_append(&record_log, (struct ic_bytes){.at = record, .size = sizeof record}));
    }
}

static void get_first(void *argument)
{
    struct ic_arena a;
    struct ic_bytes out;
    ic_arena_init(&a, arena_memory, sizeof arena_memory);
    assert_true(ic_log_get(&out, &record_log, *(const uint64_t *)argument, &a));
}

static void log_costs(void **state)
{
    (void)state;
    int one = 1, hundred = 100;
    uint64_t total = 0, sixth = 6;
    fresh();
    CHECK_RUNS(append_138, &one);
    for (int i = 0; i < 1000; i++) {
        CHECK_RUNS(append_138, &one);
        total += ic_host_stable_instructions();
    }
    assert_true(total / 1000 < 1400);
    CHECK_RUNS(append_138, &hundred);
    assert_true(ic_host_stable_instructions() / 100 < 300);
    CHECK_RUNS(get_first, &sixth);
    assert_true(ic_host_stable_instructions() < 300);
    CHECK_RUNS(upgrade, NULL);
    assert_true(ic_host_stable_instructions() < 64 * 33 + 2000);
}

static void log_notices_damage(void **state)
{
    (void)state;
    uint64_t few = 70;
    fresh();
    CHECK_RUNS(append_many, &few);
    uint8_t *header =
        ic_host_stable() + ic_region_address(record_log.records, record_log.indexed_end);
    header[4] ^= 1;
    CHECK_TRAPS("stable log: a record header is damaged", upgrade, NULL);
    header[4] ^= 1;
    header[2] = 0xff;
    CHECK_TRAPS("stable log: a record header is damaged", upgrade, NULL);
    header[2] = 0;
    uint8_t *head = ic_host_stable() + 4096;
    for (size_t bit = 0; bit < 8 * (size_t)16; bit++) {
        head[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_TRAPS("stable log: the head is damaged", upgrade, NULL);
        head[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_RUNS(upgrade, NULL);
    uint8_t *entry = ic_host_stable() + ic_region_address(record_log.index, 0);
    entry[7] = 1;
    CHECK_TRAPS("stable log: the index is damaged", get_first, &(uint64_t){0});
}

/* ---- ring ------------------------------------------------------------------------------------ */

struct ring_model {
    uint64_t first, last; /* numbers of the records in the ring: first <= n < last */
};

struct ring_step {
    struct ring_model *model;
    uint64_t push, pop;
};

static void ring_record(uint8_t record[RING_RECORD_BYTES], uint64_t number)
{
    for (size_t i = 0; i < RING_RECORD_BYTES; i++) {
        record[i] = (uint8_t)(test_random(&number) >> 5);
    }
}

static void ring_steps(void *argument)
{
    struct ring_step *step = argument;
    uint8_t record[RING_RECORD_BYTES];
    for (uint64_t i = 0; i < step->push; i++) {
        ring_record(record, step->model->last++);
        ic_ring_push(&ring, record);
    }
    for (uint64_t i = 0; i < step->pop && step->model->first < step->model->last; i++) {
        ic_ring_pop(&ring);
        step->model->first++;
    }
}

static void check_ring(void *argument)
{
    const struct ring_model *model = argument;
    uint8_t got[RING_RECORD_BYTES], expected[RING_RECORD_BYTES];
    uint64_t count = model->last - model->first;
    assert_int_equal(ic_ring_count(&ring), count);
    assert_int_equal(ic_ring_front(&ring, got), count > 0);
    if (count > 0) {
        ring_record(expected, model->first);
        assert_memory_equal(got, expected, sizeof got);
    }
    for (uint64_t n = 0; n < count; n += n < 30 ? 1 : 17) {
        assert_true(ic_ring_back(&ring, got, n));
        ring_record(expected, model->last - 1 - n);
        assert_memory_equal(got, expected, sizeof got);
    }
    assert_false(ic_ring_back(&ring, got, count));
    struct ic_ring_cursor cursor = {.done = 0};
    for (uint64_t n = model->first; n < model->last; n++) {
        assert_true(ic_ring_next(&ring, got, &cursor));
        ring_record(expected, n);
        assert_memory_equal(got, expected, sizeof got);
    }
    assert_false(ic_ring_next(&ring, got, &cursor));
    ic_ring_check(&ring);
}

static void ring_against_the_model(void **state)
{
    (void)state;
    struct ring_model model = {0, 0};
    uint64_t seed = 12, traps = 0;
    fresh();
    for (int round = 0; round < 600; round++) {
        struct ring_model before = model;
        /* Waves: growing for a while, then shrinking to nothing. */
        bool is_growing = round / 50 % 2 == 0;
        struct ring_step step = {.model = &model,
                                 .push = test_random_below(&seed, is_growing ? 20 : 4),
                                 .pop = test_random_below(&seed, is_growing ? 5 : 30)};
        ic_host_stable_trap_at(round % 4 == 0 ? 1 + test_random_below(&seed, 40) : 0);
        if (!ic_host_run(ring_steps, &step)) {
            assert_string_equal(ic_host_trap_text(), "planned trap in a stable write");
            model = before;
            traps++;
            CHECK_RUNS(upgrade, NULL);
        }
        ic_host_stable_trap_at(0);
        if (round % 7 == 0) {
            CHECK_RUNS(upgrade, NULL);
        }
        CHECK_RUNS(check_ring, &model);
    }
    assert_true(traps > 20 && model.last > 2000);
    /* Emptied pages were used again: far fewer pages than records would need one after another. */
    assert_true(ring.page_count < model.last / ring.page_records / 2);
}

static void pop_empty(void *argument)
{
    (void)argument;
    ic_ring_pop(&ring);
}

static void push_for_ever(void *argument)
{
    (void)argument;
    uint8_t record[RING_RECORD_BYTES] = {0};
    for (;;) {
        ic_ring_push(&ring, record);
    }
}

static void ring_refuses(void **state)
{
    (void)state;
    fresh();
    CHECK_TRAPS("assertion failed: ring->count > 0", pop_empty, NULL);
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES + 4);
    CHECK_TRAPS("stable ring: stable memory cannot grow", push_for_ever, NULL);
    CHECK_RUNS(upgrade, NULL);
    CHECK_RUNS(check_ring, (&(struct ring_model){0, 0}));
}

static void ring_costs(void **state)
{
    (void)state;
    struct ring_model model = {0, 0};
    struct ring_step push = {.model = &model, .push = 1}, pop = {.model = &model, .pop = 1};
    uint64_t pushes = 0, pops = 0;
    fresh();
    for (int i = 0; i < 500; i++) {
        CHECK_RUNS(ring_steps, &push);
        pushes += ic_host_stable_instructions();
    }
    for (int i = 0; i < 500; i++) {
        CHECK_RUNS(ring_steps, &pop);
        pops += ic_host_stable_instructions();
    }
    assert_true(pushes / 500 < 2800);
    assert_true(pops / 500 < 1500);
}

static void ring_notices_damage(void **state)
{
    (void)state;
    struct ring_model model = {0, 0};
    struct ring_step step = {.model = &model, .push = 100};
    fresh();
    CHECK_RUNS(ring_steps, &step);
    uint8_t *head = ic_host_stable() + 4096 + REGION_RING * IC_STORE_HEAD_BYTES;
    for (size_t bit = 0; bit < 8 * (size_t)32; bit++) {
        head[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_TRAPS("stable ring: the structure is damaged", upgrade, NULL);
        head[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_RUNS(upgrade, NULL);
    ic_host_stable()[ic_region_address(ring.region, 4096) + 4] ^= 1;
    CHECK_TRAPS("stable ring: the structure is damaged", check_ring, &model);
}

/* ---- cells ----------------------------------------------------------------------------------- */

struct cell_step {
    struct ic_cell *cell;
    struct ic_bytes value;
};

static void cell_write(void *argument)
{
    struct cell_step *step = argument;
    ic_cell_write(step->cell, step->value);
}

static void check_cell(struct ic_cell *cell, struct ic_bytes expected)
{
    uint8_t *out = malloc(cell->capacity_bytes);
    size_t size = ic_cell_read(cell, out);
    assert_true(ic_bytes_is_equal((struct ic_bytes){.at = out, .size = size}, expected));
    assert_true(ic_cell_has(cell));
    free(out);
}

static void cells_keep_their_values(void **state)
{
    (void)state;
    uint8_t value[LARGE_BYTES], none[LARGE_BYTES];
    fresh();
    for (size_t i = 0; i < sizeof value; i++) {
        value[i] = (uint8_t)(i * 7);
    }
    struct ic_cell *cells[] = {&small_cell, &large_cell};
    for (int c = 0; c < 2; c++) {
        struct ic_cell *cell = cells[c];
        assert_false(ic_cell_has(cell));
        assert_int_equal(ic_cell_read(cell, none), 0);
        size_t sizes[] = {0, 1, cell->capacity_bytes - 1, cell->capacity_bytes, 5};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct cell_step step = {cell, {.at = value + i, .size = sizes[i]}};
            step.value.at = value;
            CHECK_RUNS(cell_write, &step);
            CHECK_RUNS(upgrade, NULL);
            check_cell(cell, step.value);
        }
    }
    assert_int_equal(small_cell.region->bytes, 0); /* it lives in the head page */
}

static void cell_patch(void *argument)
{
    (void)argument;
    ic_cell_patch(&small_cell, 3, IC_BYTES_LIT("DE"));
}

static void patch_large(void *argument)
{
    (void)argument;
    ic_cell_patch(&large_cell, 0, IC_BYTES_LIT("x"));
}

static void read_large(void *argument)
{
    ic_cell_read(&large_cell, argument);
}

static void read_small(void *argument)
{
    ic_cell_read(&small_cell, argument);
}

static void cells_are_patched_and_guarded(void **state)
{
    (void)state;
    uint8_t out[LARGE_BYTES];
    fresh();
    CHECK_RUNS(cell_write, (&(struct cell_step){&small_cell, IC_BYTES_LIT("abcdef")}));
    CHECK_RUNS(cell_patch, NULL);
    assert_int_equal(ic_host_stable_dirty_pages(), 1);
    check_cell(&small_cell, IC_BYTES_LIT("abcDEf"));
    CHECK_TRAPS("assertion failed: is_inline(cell)", patch_large, NULL);
    CHECK_TRAPS("assertion failed: value.size <= cell->capacity_bytes", cell_write,
                (&(struct cell_step){&small_cell, {.at = out, .size = SMALL_BYTES + 1}}));
    CHECK_RUNS(cell_write, (&(struct cell_step){&large_cell, IC_BYTES_LIT("precious")}));
    ic_host_stable()[ic_region_address(large_cell.region, 10)] ^= 1;
    CHECK_TRAPS("stable cell: the value is damaged", read_large, out);
    ic_host_stable()[4096 + REGION_SMALL * IC_STORE_HEAD_BYTES + 1] = 9;
    CHECK_TRAPS("stable cell: the value is damaged", read_small, out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_against_the_model),
        cmocka_unit_test(log_at_every_batch_boundary),
        cmocka_unit_test(log_refuses),
        cmocka_unit_test(log_costs),
        cmocka_unit_test(log_notices_damage),
        cmocka_unit_test(ring_against_the_model),
        cmocka_unit_test(ring_refuses),
        cmocka_unit_test(ring_costs),
        cmocka_unit_test(ring_notices_damage),
        cmocka_unit_test(cells_keep_their_values),
        cmocka_unit_test(cells_are_patched_and_guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
