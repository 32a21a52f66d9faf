/* A trap at every stable write, and no memory at every growth, of every step of a story, for every
 * structure: nothing of the step may remain, the structures open again, and the step succeeds when
 * it is tried again.
 *
 * A story is a list of steps; each step is one message. What must be there after n steps follows
 * from n, so that the check needs no memory of its own. */
#include "test/check.h"

#include "ic/buf.h"
#include "ic/cell.h"
#include "ic/log.h"
#include "ic/queue.h"
#include "ic/ring.h"
#include "ic/table.h"
#include "ic/vec.h"

#define TRAP_TEXT "planned trap in a stable write"

static const struct ic_store_app APP = {.magic = "FAULTS!", .version = 1};

static struct ic_store store;
static struct ic_table table;
static struct ic_log records;
static struct ic_ring ring;
static struct ic_cell small_cell, large_cell;
static struct ic_map map;
static struct ic_queue queue;
static struct ic_vec vec;

struct story {
    const char *name;
    uint32_t steps;
    void (*open)(void);
    void (*step)(uint32_t number);      /* 0.., one message */
    void (*check)(uint32_t steps_done); /* content after so many steps */
};

/* ---- tables: everything in one bucket, so that chains grow, split and shrink ----------------- */

#define TABLE_KEYS  140u
#define TABLE_STEPS (2 * TABLE_KEYS)
#define WIDE_VALUE  100u /* 31 entries to a bucket, 3 to an overflow block */

static void table_open(void)
{
    ic_table_open(&table, &store, 0, 28, WIDE_VALUE);
}

static void table_entry(uint8_t key[28], uint8_t value[WIDE_VALUE], uint32_t number)
{
    memset(key, 0, 28);
    key[0] = (uint8_t)(number % 5); /* tags 1 to 4, 1 of two keys */
    key[1] = (uint8_t)(number % 4 == 3 ? number : 0);
    ic_store_u32_le(key + 20, number);
    memset(value, (int)(number + 1), WIDE_VALUE);
}

/* First all are added, then taken out in another order. */
static uint32_t table_victim(uint32_t step)
{
    return (step - TABLE_KEYS) * 37 % TABLE_KEYS;
}

static void table_step(uint32_t number)
{
    uint8_t key[28], value[WIDE_VALUE];
    if (number < TABLE_KEYS) {
        table_entry(key, value, number);
        ic_table_insert(&table, key, value);
    } else {
        table_entry(key, value, table_victim(number));
        assert_true(ic_table_remove(&table, key));
    }
}

static void table_check(uint32_t steps_done)
{
    bool is_there[TABLE_KEYS] = {false};
    uint32_t count = 0;
    for (uint32_t step = 0; step < steps_done; step++) {
        is_there[step < TABLE_KEYS ? step : table_victim(step)] = step < TABLE_KEYS;
    }
    for (uint32_t i = 0; i < TABLE_KEYS; i++) {
        uint8_t key[28], value[WIDE_VALUE], got[WIDE_VALUE];
        table_entry(key, value, i);
        assert_int_equal(ic_table_find(&table, got, NULL, key), is_there[i]);
        if (is_there[i]) {
            assert_memory_equal(got, value, sizeof got);
            count++;
        }
    }
    assert_int_equal(ic_table_count(&table), count);
    ic_table_check(&table);
}

/* ---- logs: records of all kinds of sizes, over two batches of the index ---------------------- */

#define LOG_STEPS 140u

static uint8_t log_bytes[20000];

static void log_open(void)
{
    ic_log_open(&records, &store, 0);
}

static struct ic_bytes log_record(uint32_t number)
{
    static const size_t SIZES[] = {138, 0, 1, 4096, 138, 4088, 17, 9000, 3};
    size_t size = number % 31 == 30 ? sizeof log_bytes : SIZES[number % 9];
    memset(log_bytes, (int)(number + 1), size);
    return (struct ic_bytes){.at = log_bytes, .size = size};
}

static void log_step(uint32_t number)
{
    assert_true(ic_log_append(&records, log_record(number)));
}

static void log_check(uint32_t steps_done)
{
    static uint8_t memory[32000];
    assert_int_equal(ic_log_count(&records), steps_done);
    ic_log_check(&records);
    for (uint32_t i = 0; i < steps_done; i++) {
        struct ic_arena a;
        struct ic_bytes out;
        ic_arena_init(&a, memory, sizeof memory);
        assert_true(ic_log_get(&out, &records, i, &a));
        assert_true(ic_bytes_is_equal(out, log_record(i)));
    }
}

/* ---- rings: three records to a page; pages are taken, given back and taken again ------------- */

#define RING_BYTES 1300u
#define RING_STEPS 90u

static void ring_open(void)
{
    ic_ring_open(&ring, &store, 0, RING_BYTES);
}

/* Growing, then shrinking, then at the edge of empty. */
static bool ring_is_push(uint32_t step)
{
    return step < 30 ? step % 3 != 2 : step < 50 ? step % 4 == 3 : step % 2 == 0;
}

static void ring_span(uint32_t *first, uint32_t *last, uint32_t steps)
{
    *first = *last = 0;
    for (uint32_t step = 0; step < steps; step++) {
        if (ring_is_push(step)) {
            ++*last;
        } else if (*first < *last) {
            ++*first;
        }
    }
}

static void ring_step(uint32_t number)
{
    uint32_t first, last;
    uint8_t record[RING_BYTES];
    ring_span(&first, &last, number);
    if (ring_is_push(number)) {
        memset(record, (int)(last + 1), sizeof record);
        ic_ring_push(&ring, record);
    } else if (first < last) {
        ic_ring_pop(&ring);
    }
}

static void ring_check(uint32_t steps_done)
{
    uint32_t first, last;
    uint8_t got[RING_BYTES];
    ring_span(&first, &last, steps_done);
    assert_int_equal(ic_ring_count(&ring), last - first);
    ic_ring_check(&ring);
    for (uint32_t n = 0; n < last - first; n++) {
        assert_true(ic_ring_back(&ring, got, n));
        assert_int_equal(got[0], (uint8_t)(last - n));
        assert_int_equal(got[RING_BYTES - 1], (uint8_t)(last - n));
    }
    assert_int_equal(ic_ring_front(&ring, got), first < last);
    assert_true(first == last || got[0] == (uint8_t)(first + 1));
}

/* ---- cells ----------------------------------------------------------------------------------- */

#define CELL_STEPS  12u
#define LARGE_BYTES 9000u

static void cell_open(void)
{
    ic_cell_open(&small_cell, &store, 0, IC_CELL_INLINE_BYTES);
    ic_cell_open(&large_cell, &store, 1, LARGE_BYTES);
}

static struct ic_bytes cell_value(uint32_t steps, size_t capacity)
{
    static uint8_t value[LARGE_BYTES];
    size_t size = steps * 997 % (capacity + 1);
    memset(value, (int)steps, size);
    return (struct ic_bytes){.at = value, .size = size};
}

static void cell_step(uint32_t number)
{
    ic_cell_write(&small_cell, cell_value(number + 1, IC_CELL_INLINE_BYTES));
    ic_cell_write(&large_cell, cell_value(number + 1, LARGE_BYTES));
}

static void cell_check_one(const struct ic_cell *cell, uint32_t steps_done, size_t capacity)
{
    static uint8_t got[LARGE_BYTES];
    struct ic_bytes expected = cell_value(steps_done, capacity);
    assert_int_equal(ic_cell_has(cell), steps_done != 0);
    size_t size = ic_cell_read(cell, got);
    assert_int_equal(size, steps_done == 0 ? 0 : expected.size);
    assert_memory_equal(got, expected.at, size);
}

static void cell_check(uint32_t steps_done)
{
    cell_check_one(&small_cell, steps_done, IC_CELL_INLINE_BYTES);
    cell_check_one(&large_cell, steps_done, LARGE_BYTES);
}

/* ---- maps and queues: nodes split, borrow and merge ------------------------------------------ */

#define MAP_KEYS  120u
#define MAP_STEPS (2 * MAP_KEYS)
#define MAP_VALUE 300u /* few to a node */

static void map_open(void)
{
    ic_map_open(&map, &store, 0, 4, MAP_VALUE);
}

static uint32_t map_number(uint32_t step)
{
    return (step < MAP_KEYS ? step * 53 : (step - MAP_KEYS) * 71) % MAP_KEYS;
}

static void map_step(uint32_t number)
{
    uint8_t key[4], value[MAP_VALUE];
    ic_store_u32_be(key, map_number(number));
    memset(value, (int)map_number(number) + 1, sizeof value);
    if (number < MAP_KEYS) {
        ic_map_insert(&map, key, value);
    } else {
        assert_true(ic_map_remove(&map, key));
    }
}

static void map_check(uint32_t steps_done)
{
    bool is_there[MAP_KEYS] = {false};
    for (uint32_t step = 0; step < steps_done; step++) {
        is_there[map_number(step)] = step < MAP_KEYS;
    }
    for (uint32_t i = 0; i < MAP_KEYS; i++) {
        uint8_t key[4], got[MAP_VALUE];
        ic_store_u32_be(key, i);
        assert_int_equal(ic_map_find(&map, got, key), is_there[i]);
        assert_true(!is_there[i] || got[MAP_VALUE - 1] == (uint8_t)(i + 1));
    }
    ic_map_check(&map);
}

#define QUEUE_STEPS   60u
#define QUEUE_PAYLOAD 100u

static void queue_open(void)
{
    ic_queue_open(&queue, &store, 0, QUEUE_PAYLOAD);
}

/* Of three steps two push, the third pops. */
static void queue_step(uint32_t number)
{
    uint8_t payload[QUEUE_PAYLOAD];
    memset(payload, (int)number, sizeof payload);
    if (number % 3 != 2) {
        assert_true(ic_queue_push(&queue, number * 41 % 64, payload));
    } else {
        assert_true(ic_queue_pop(&queue, NULL, NULL, UINT64_MAX));
    }
}

static void queue_check(uint32_t steps_done)
{
    bool is_queued[64] = {false};
    uint64_t time = 0, count = 0;
    for (uint32_t step = 0; step < steps_done; step++) {
        uint32_t earliest = 0;
        while (step % 3 == 2 && !is_queued[earliest]) {
            earliest++;
        }
        is_queued[step % 3 != 2 ? step * 41 % 64 : earliest] = step % 3 != 2;
    }
    for (uint32_t at = 64; at-- > 0;) {
        time = is_queued[at] ? at : time;
        count += is_queued[at];
    }
    uint64_t front = 0;
    assert_int_equal(ic_queue_count(&queue), count);
    assert_int_equal(ic_queue_front(&queue, &front, NULL), count != 0);
    assert_true(count == 0 || front == time);
    ic_queue_check(&queue);
}

/* ---- vectors --------------------------------------------------------------------------------- */

#define VEC_STEPS 80u
#define VEC_BYTES 3000u /* most records cross a page, one crosses extents */

static void vec_open(void)
{
    ic_vec_open(&vec, &store, 0, VEC_BYTES);
}

/* Three steps push, the fourth changes the first record and drops the last. */
static void vec_step(uint32_t number)
{
    uint8_t record[VEC_BYTES];
    memset(record, (int)number, sizeof record);
    if (number % 4 != 3) {
        ic_vec_push(&vec, record);
    } else {
        ic_vec_set(&vec, 0, record);
        assert_true(ic_vec_pop(&vec, NULL));
    }
}

static void vec_check(uint32_t steps_done)
{
    uint8_t expected[VEC_STEPS], got[VEC_BYTES];
    uint32_t count = 0;
    for (uint32_t step = 0; step < steps_done; step++) {
        if (step % 4 != 3) {
            expected[count++] = (uint8_t)step;
        } else {
            expected[0] = (uint8_t)step;
            count--;
        }
    }
    ic_vec_check(&vec);
    assert_int_equal(ic_vec_count(&vec), count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(ic_vec_get(&vec, got, i));
        assert_true(got[0] == expected[i] && memcmp(got, got + 1, sizeof got - 1) == 0);
    }
}

/* ---- long stories: many entries a step, so that extents are added ---------------------------- */

#define LONG_STEPS 60u
#define AT_ONCE    40u

static void table_long_entry(uint8_t key[28], uint8_t value[WIDE_VALUE], uint32_t number)
{
    memset(key, 0, 28);
    key[0] = (uint8_t)number;
    ic_store_u32_le(key + 1, number * 2654435761u);
    memset(value, (int)number, WIDE_VALUE);
}

static void table_long_step(uint32_t number)
{
    for (uint32_t i = number * AT_ONCE; i < (number + 1) * AT_ONCE; i++) {
        uint8_t key[28], value[WIDE_VALUE];
        table_long_entry(key, value, i);
        ic_table_insert(&table, key, value);
    }
}

static void table_long_check(uint32_t steps_done)
{
    assert_int_equal(ic_table_count(&table), steps_done * AT_ONCE);
    ic_table_check(&table);
    for (uint32_t i = 0; i < steps_done * AT_ONCE; i++) {
        uint8_t key[28], value[WIDE_VALUE], got[WIDE_VALUE];
        table_long_entry(key, value, i);
        assert_true(ic_table_find(&table, got, NULL, key));
        assert_memory_equal(got, value, sizeof got);
    }
}

static void ring_long_step(uint32_t number)
{
    uint8_t record[RING_BYTES];
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        memset(record, (int)number, sizeof record);
        ic_ring_push(&ring, record);
    }
}

static void ring_long_check(uint32_t steps_done)
{
    uint8_t got[RING_BYTES];
    assert_int_equal(ic_ring_count(&ring), steps_done * AT_ONCE);
    ic_ring_check(&ring);
    for (uint32_t n = 0; n < steps_done * AT_ONCE; n++) {
        assert_true(ic_ring_back(&ring, got, n));
        assert_int_equal(got[RING_BYTES - 1], steps_done - 1 - n / AT_ONCE);
    }
}

static void map_long_step(uint32_t number)
{
    for (uint32_t i = number * AT_ONCE; i < (number + 1) * AT_ONCE; i++) {
        uint8_t key[4], value[MAP_VALUE];
        ic_store_u32_be(key, i * 2654435761u);
        memset(value, (int)i, sizeof value);
        ic_map_insert(&map, key, value);
    }
}

static void map_long_check(uint32_t steps_done)
{
    assert_int_equal(ic_map_count(&map), steps_done * AT_ONCE);
    ic_map_check(&map);
    for (uint32_t i = 0; i < steps_done * AT_ONCE; i++) {
        uint8_t key[4], got[MAP_VALUE];
        ic_store_u32_be(key, i * 2654435761u);
        assert_true(ic_map_find(&map, got, key));
        assert_int_equal(got[MAP_VALUE - 1], (uint8_t)i);
    }
}

static void vec_long_step(uint32_t number)
{
    uint8_t record[VEC_BYTES];
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        memset(record, (int)number, sizeof record);
        ic_vec_push(&vec, record);
    }
}

static void vec_long_check(uint32_t steps_done)
{
    uint8_t got[VEC_BYTES];
    assert_int_equal(ic_vec_count(&vec), steps_done * AT_ONCE);
    for (uint32_t i = 0; i < steps_done * AT_ONCE; i++) {
        assert_true(ic_vec_get(&vec, got, i));
        assert_true(got[0] == i / AT_ONCE && got[VEC_BYTES - 1] == got[0]);
    }
}

/* ---- telling a story with faults ------------------------------------------------------------- */

static const struct story *story;
static uint32_t now;

static void install(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    story->open();
}

static void reopen(void *argument)
{
    (void)argument;
    memset(&store, 0xee, sizeof store);
    ic_store_open(&store, APP);
    story->open();
}

static void do_step(void *argument)
{
    (void)argument;
    story->step(now);
}

/* The content after step `now`. */
static void check_steps(void *argument)
{
    (void)argument;
    story->check(now + 1);
}

/* Stable memory before a step. */
static struct {
    uint8_t *at;
    size_t size;
} before;

static void remember(void)
{
    before.size = ic_host_stable_bytes();
    before.at = realloc(before.at, before.size + 1);
    assert_non_null(before.at);
    if (before.size != 0) {
        memcpy(before.at, ic_host_stable(), before.size);
    }
}

static void check_nothing_remained(void)
{
    assert_int_equal(ic_host_stable_bytes(), before.size);
    if (before.size != 0) {
        assert_memory_equal(ic_host_stable(), before.at, before.size);
    }
}

/* Tries a message with a trap in its first write, its second, and so on, until it has no more.
 *   returns   how often it was made to trap */
static uint32_t fail_at_every_write(void (*message)(void *), bool reopens)
{
    for (uint32_t write = 1;; write++) {
        ic_host_stable_trap_at(write);
        const bool is_done = ic_host_run(message, NULL);
        ic_host_stable_trap_at(0);
        if (is_done) {
            return write - 1;
        }
        assert_string_equal(ic_host_trap_text(), TRAP_TEXT);
        check_nothing_remained();
        if (reopens) {
            CHECK_RUNS(reopen, NULL);
        }
    }
}

/* Tries the step without any memory to grow into. A log says so by its result, which the step
 * asserts; the others trap. The step is left undone when it grew. */
static bool fails_without_memory(void)
{
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES);
    const bool is_done = ic_host_run(do_step, NULL);
    ic_host_stable_limit_set(65536);
    if (is_done) {
        return false;
    }
    assert_non_null(strstr(ic_host_trap_text(), "stable memory cannot grow"));
    check_nothing_remained();
    CHECK_RUNS(reopen, NULL);
    return true;
}

static void tell(const struct story *told)
{
    uint32_t traps = 0;
    now = 0;
    story = told;
    ic_host_reset();
    remember();
    traps += fail_at_every_write(install, false);
    for (now = 0; now < story->steps; now++) {
        remember();
        traps += fail_at_every_write(do_step, true);
        CHECK_RUNS(reopen, NULL);
        if (now % 7 == 0 || now + 1 == story->steps) {
            CHECK_RUNS(check_steps, NULL);
        }
    }
    print_message("%s: %u steps, %u traps\n", story->name, story->steps, traps);
    assert_true(traps >= story->steps);
}

static const struct story TABLE = {"table", TABLE_STEPS, table_open, table_step, table_check};
static const struct story LOG = {"log", LOG_STEPS, log_open, log_step, log_check};
static const struct story RING = {"ring", RING_STEPS, ring_open, ring_step, ring_check};
static const struct story CELLS = {"cells", CELL_STEPS, cell_open, cell_step, cell_check};
static const struct story MAP = {"map", MAP_STEPS, map_open, map_step, map_check};
static const struct story QUEUE = {"queue", QUEUE_STEPS, queue_open, queue_step, queue_check};

static const struct story VEC = {"vec", VEC_STEPS, vec_open, vec_step, vec_check};

static const struct story LONG[] = {
    {"long table", LONG_STEPS, table_open, table_long_step, table_long_check},
    {"long ring", LONG_STEPS, ring_open, ring_long_step, ring_long_check},
    {"long map", LONG_STEPS, map_open, map_long_step, map_long_check},
    {"long vec", LONG_STEPS, vec_open, vec_long_step, vec_long_check},
};

static void tables(void **state)
{
    (void)state;
    tell(&TABLE);
}

static void logs(void **state)
{
    (void)state;
    tell(&LOG);
}

static void rings(void **state)
{
    (void)state;
    tell(&RING);
}

static void cells(void **state)
{
    (void)state;
    tell(&CELLS);
}

static void maps(void **state)
{
    (void)state;
    tell(&MAP);
}

static void queues(void **state)
{
    (void)state;
    tell(&QUEUE);
}

static void vectors(void **state)
{
    (void)state;
    tell(&VEC);
}

/* A step that needs memory and gets none leaves nothing behind, and is done when there is some. */
static void no_memory_at_every_growth(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof LONG / sizeof LONG[0]; i++) {
        uint32_t refused = 0;
        story = &LONG[i];
        ic_host_reset();
        CHECK_RUNS(install, NULL);
        for (now = 0; now < story->steps; now++) {
            remember();
            if (fails_without_memory()) {
                refused++;
                CHECK_RUNS(do_step, NULL);
            }
        }
        now--;
        CHECK_RUNS(check_steps, NULL);
        print_message("%s: %u of %u steps grew\n", story->name, refused, story->steps);
        assert_true(refused >= 2);
    }
}

/* A log answers instead: false, and the log is as it was. */
static void append_refused(void *argument)
{
    (void)argument;
    assert_false(ic_log_append(&records, (struct ic_bytes){.at = log_bytes, .size = 20000}));
    log_check(now);
}

static void a_log_without_memory(void **state)
{
    (void)state;
    story = &LOG;
    ic_host_reset();
    CHECK_RUNS(install, NULL);
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES);
    now = 0;
    CHECK_RUNS(append_refused, NULL);
    ic_host_stable_limit_set(65536);
    for (; now < LOG_STEPS; now++) {
        CHECK_RUNS(do_step, NULL);
    }
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES);
    while (records.end + IC_LOG_HEADER_BYTES + 20000 <= records.records->bytes) {
        CHECK_RUNS(do_step, NULL);
        now++;
    }
    CHECK_RUNS(append_refused, NULL);
    CHECK_RUNS(reopen, NULL);
    CHECK_RUNS(append_refused, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    free(before.at);
    ic_host_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(logs),
        cmocka_unit_test(rings),
        cmocka_unit_test(cells),
        cmocka_unit_test(maps),
        cmocka_unit_test(queues),
        cmocka_unit_test(vectors),
        cmocka_unit_test(no_memory_at_every_growth),
        cmocka_unit_test(a_log_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
