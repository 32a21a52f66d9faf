/* Small worlds gone through completely: every extent of a region, every short life of a ring, every
 * length of a log's tail, every set of entries taken out of a table's chain. */
#include "test/check.h"

#include "ic/buf.h"
#include "ic/log.h"
#include "ic/ring.h"
#include "ic/table.h"

static const struct ic_store_app APP = {.magic = "SMALL!!", .version = 1};

static struct ic_store store;

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
}

static void reopen_store(void)
{
    memset(&store, 0xee, sizeof store);
    ic_store_open(&store, APP);
}

/* ---- extents --------------------------------------------------------------------------------- */

/* A region of all 128 extents, each at a place of its own that no other computation would give. */
static uint64_t place_of_extent(uint32_t extent)
{
    return (uint64_t)(extent * 7919u % 128u) * 40009u + 17u;
}

static void check_place(const struct ic_region *region, uint64_t offset, uint32_t extent,
                        uint64_t within, uint64_t extent_bytes)
{
    const struct ic_place place = ic_region_place(region, offset);
    assert_true(place.address == place_of_extent(extent) * IC_STABLE_PAGE_BYTES + within);
    assert_true(place.room == extent_bytes - within);
    assert_true(ic_region_address(region, offset) == place.address);
}

static void every_extent_is_found(void **state)
{
    (void)state;
    static struct ic_region region;
    uint64_t start = 0, seed = 31;
    region = (struct ic_region){.kind = IC_REGION_RAW, .extent_count = IC_REGION_EXTENTS_MAX};
    for (uint32_t i = 0; i < IC_REGION_EXTENTS_MAX; i++) {
        region.extents[i] = (uint32_t)place_of_extent(i);
        region.bytes += (uint64_t)IC_REGION_UNIT_BYTES << i / 8;
    }
    assert_true(region.bytes == (((uint64_t)1 << 16) - 1) * 8 * IC_REGION_UNIT_BYTES);
    for (uint32_t i = 0; i < IC_REGION_EXTENTS_MAX; i++) {
        const uint64_t size = (uint64_t)IC_REGION_UNIT_BYTES << i / 8;
        check_place(&region, start, i, 0, size);
        check_place(&region, start + 1, i, 1, size);
        check_place(&region, start + size / 2 - 1, i, size / 2 - 1, size);
        check_place(&region, start + size - 1, i, size - 1, size);
        for (int round = 0; round < 50; round++) {
            const uint64_t within = test_random_below(&seed, size);
            check_place(&region, start + within, i, within, size);
        }
        start += size;
    }
}

/* Reserved ahead is never more than an eighth of what is needed, or one unit. */
static void reserve_each(void *argument)
{
    struct ic_region *region = ic_store_region(&store, NULL, 0, IC_REGION_RAW, 0);
    (void)argument;
    for (uint64_t bytes = 1; bytes < 40u * 1024 * 1024; bytes += 100003) {
        assert_true(ic_region_reserve(&store, region, bytes));
        assert_true(region->bytes >= bytes);
        assert_true(region->bytes - bytes <= bytes / 8 + IC_REGION_UNIT_BYTES);
    }
}

static void an_eighth_is_reserved_ahead(void **state)
{
    (void)state;
    ic_host_reset();
    CHECK_RUNS(create, NULL);
    CHECK_RUNS(reserve_each, NULL);
}

/* Bytes written over the seam of two extents come back, whatever lies on either side of it. */
static void write_over_seams(void *argument)
{
    struct ic_region *region = ic_store_region(&store, NULL, 0, IC_REGION_RAW, 0);
    struct ic_region *other = ic_store_region(&store, NULL, 1, IC_REGION_RAW, 0);
    (void)argument;
    for (int i = 0; i < 9; i++) { /* extents of the two take turns, so that none adjoins its next */
        assert_true(ic_region_reserve(&store, region, region->bytes + 1));
        assert_true(ic_region_reserve(&store, other, other->bytes + 1));
    }
    for (uint64_t seam = IC_REGION_UNIT_BYTES; seam < region->bytes; seam += IC_REGION_UNIT_BYTES) {
        for (size_t size = 2; size <= 40; size++) {
            for (size_t before = 1; before < size; before++) {
                uint8_t in[40], out[40] = {0};
                memset(in, (int)(size * 41 + before), size);
                ic_region_write(region, seam - before, in, size);
                ic_region_read(region, out, seam - before, size);
                assert_memory_equal(in, out, size);
                ic_region_read(region, out, seam, size - before);
                assert_memory_equal(in, out, size - before);
            }
        }
    }
}

static void seams_do_not_show(void **state)
{
    (void)state;
    ic_host_reset();
    CHECK_RUNS(create, NULL);
    CHECK_RUNS(write_over_seams, NULL);
}

/* ---- rings ----------------------------------------------------------------------------------- */

#define RING_BYTES 1300u /* three to a page */
#define LIFE_STEPS 6u

static struct ic_ring ring;

/* A step pushes or pops so many; with three records to a page these cross every boundary. */
static const int MOVES[] = {1, 2, 3, 4, -1, -2, -3, -4};
#define MOVE_COUNT (sizeof MOVES / sizeof MOVES[0])

struct life {
    uint32_t moves; /* a digit of base MOVE_COUNT for each step */
    uint32_t first, last;
};

static void ring_begin(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_ring_open(&ring, &store, 0, RING_BYTES);
}

static void ring_move(struct life *life, int move)
{
    uint8_t record[RING_BYTES];
    for (; move > 0; move--) {
        memset(record, (int)++life->last, sizeof record);
        ic_ring_push(&ring, record);
    }
    for (; move < 0 && life->first < life->last; move++) {
        ic_ring_pop(&ring);
        life->first++;
    }
}

static void ring_check(const struct life *life)
{
    uint8_t got[RING_BYTES];
    const uint32_t count = life->last - life->first;
    assert_int_equal(ic_ring_count(&ring), count);
    ic_ring_check(&ring);
    assert_int_equal(ic_ring_front(&ring, got), count != 0);
    assert_true(count == 0 || got[7] == (uint8_t)(life->first + 1));
    for (uint32_t n = 0; n < count; n++) {
        assert_true(ic_ring_back(&ring, got, n));
        assert_int_equal(got[RING_BYTES - 1], (uint8_t)(life->last - n));
    }
    assert_false(ic_ring_back(&ring, got, count));
    struct ic_ring_cursor cursor = {.done = 0};
    for (uint32_t n = life->first; n < life->last; n++) {
        assert_true(ic_ring_next(&ring, got, &cursor));
        assert_int_equal(got[RING_BYTES - 1], (uint8_t)(n + 1));
    }
    assert_false(ic_ring_next(&ring, got, &cursor));
    /* No page is lost: at most those in use at the fullest moment, and one more at either end. */
    assert_true(ring.page_count <= 4 * LIFE_STEPS / 3 + 2);
}

static void ring_live(void *argument)
{
    struct life *life = argument;
    for (uint32_t step = 0, moves = life->moves; step < LIFE_STEPS; step++, moves /= MOVE_COUNT) {
        ring_move(life, MOVES[moves % MOVE_COUNT]);
        reopen_store();
        ic_ring_open(&ring, &store, 0, RING_BYTES);
    }
    ring_check(life);
}

/* 8^6 lives; a life of which a pop comes first is another one's rest, so it is left out. */
static void every_short_life_of_a_ring(void **state)
{
    (void)state;
    uint32_t lives = 0, count = 1;
    for (uint32_t step = 0; step < LIFE_STEPS; step++) {
        count *= MOVE_COUNT;
    }
    for (uint32_t moves = 0; moves < count; moves++) {
        struct life life = {.moves = moves};
        if (MOVES[moves % MOVE_COUNT] < 0) {
            continue;
        }
        ic_host_reset();
        CHECK_RUNS(ring_begin, NULL);
        CHECK_RUNS(ring_live, &life);
        lives++;
    }
    print_message("%u lives\n", lives);
    assert_int_equal(lives, count / 2);
}

/* ---- logs ------------------------------------------------------------------------------------ */

static struct ic_log records;

static void log_begin(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_log_open(&records, &store, 0);
}

static void log_reopen(void *argument)
{
    (void)argument;
    memset(&records, 0xee, sizeof records);
    reopen_store();
    ic_log_open(&records, &store, 0);
}

static struct ic_bytes record_make(uint64_t index, size_t size)
{
    static uint8_t bytes[5000];
    memset(bytes, (int)(index + 1), size);
    return (struct ic_bytes){.at = bytes, .size = size};
}

struct log_world {
    size_t size; /* of each record */
    uint64_t count;
};

static void log_append_one(void *argument)
{
    const struct log_world *w = argument;
    assert_true(ic_log_append(&records, record_make(w->count, w->size)));
}

static void log_check_all(void *argument)
{
    const struct log_world *w = argument;
    static uint8_t memory[6000];
    assert_int_equal(ic_log_count(&records), w->count);
    ic_log_check(&records);
    for (uint64_t i = 0; i < w->count; i++) {
        struct ic_arena a;
        struct ic_bytes out;
        ic_arena_init(&a, memory, sizeof memory);
        assert_true(ic_log_get(&out, &records, i, &a));
        assert_true(ic_bytes_is_equal(out, record_make(i, w->size)));
    }
}

/* The reads of an open: the header page, the head, and one for each record of the tail but the
 * last, which finds that nothing follows. A read is 25 and its bytes. */
#define OPEN_CHARGE_MAX(tail) (1100u + ((tail) + 1) * (25u + IC_LOG_HEADER_BYTES))

/* Every length over two batches of the index: reopened, checked, appended to. */
static void log_at_every_length(size_t size)
{
    struct log_world w = {.size = size};
    ic_host_reset();
    CHECK_RUNS(log_begin, NULL);
    for (; w.count <= 2 * IC_LOG_TAIL_MAX + 2; w.count++) {
        CHECK_RUNS(log_reopen, NULL);
        assert_true(ic_host_stable_instructions() <= OPEN_CHARGE_MAX(w.count % IC_LOG_TAIL_MAX));
        CHECK_RUNS(log_check_all, &w);
        CHECK_RUNS(log_append_one, &w);
    }
    CHECK_RUNS(log_reopen, NULL);
    CHECK_RUNS(log_check_all, &w);
}

static void every_tail_of_a_log(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 138, 4088, 4999};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        log_at_every_length(SIZES[i]);
    }
}

/* A changed bit of an index is noticed, and of a size, unless the records after it are skipped,
 * which ends the log early: what is before them is as it was. */
static void check_damaged(const struct log_world *w, uint64_t record, size_t bit)
{
    uint8_t *header = ic_host_stable() +
                      ic_region_address(records.records, record * (IC_LOG_HEADER_BYTES + w->size));
    header[bit / 8] ^= (uint8_t)(1 << bit % 8);
    const bool is_longer = bit < 32 && (ic_load_u32_le(header) > w->size + 1);
    if (ic_host_run(log_reopen, NULL)) {
        assert_true(is_longer || (bit < 32 && record == w->count - 1));
        assert_int_equal(ic_log_count(&records), record + 1);
    } else {
        assert_string_equal(ic_host_trap_text(), "stable log: a record header is damaged");
    }
    header[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void damaged_tails(void **state)
{
    (void)state;
    struct log_world w = {.size = 138};
    ic_host_reset();
    CHECK_RUNS(log_begin, NULL);
    for (; w.count < 10; w.count++) {
        CHECK_RUNS(log_append_one, &w);
    }
    for (uint64_t record = 0; record < w.count; record++) {
        for (size_t bit = 0; bit < 8 * (size_t)IC_LOG_HEADER_BYTES; bit++) {
            check_damaged(&w, record, bit);
        }
    }
    CHECK_RUNS(log_reopen, NULL);
    CHECK_RUNS(log_check_all, &w);
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* Entries of 128 bytes: 31 in a bucket and 3 in an overflow block. */
#define VALUE_BYTES 100u
#define IN_BUCKET   31u
#define CHAINED     9u /* three overflow blocks, full */
#define ALL         (IN_BUCKET + CHAINED)

static struct ic_table table;

static void entry_make(uint8_t key[28], uint8_t value[VALUE_BYTES], uint32_t number)
{
    memset(key, 0, 28);
    key[0] = (uint8_t)(1 + number % 2);
    ic_store_u32_le(key + 20, number);
    memset(value, (int)(number + 1), VALUE_BYTES);
}

static void table_begin(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_table_open(&table, &store, 0, 28, VALUE_BYTES);
    for (uint32_t i = 0; i < ALL; i++) {
        uint8_t key[28], value[VALUE_BYTES];
        entry_make(key, value, i);
        ic_table_insert(&table, key, value);
    }
}

static void table_change(uint32_t removed, bool puts_back)
{
    for (uint32_t i = 0; i < CHAINED; i++) {
        uint8_t key[28], value[VALUE_BYTES];
        entry_make(key, value, IN_BUCKET + i);
        if ((removed >> i & 1) == 0) {
            continue;
        }
        if (puts_back) {
            ic_table_insert(&table, key, value);
        } else {
            assert_true(ic_table_remove(&table, key));
        }
    }
}

static void table_check(uint32_t removed)
{
    ic_table_check(&table);
    for (uint32_t i = 0; i < ALL; i++) {
        uint8_t key[28], value[VALUE_BYTES], got[VALUE_BYTES];
        const bool is_gone = i >= IN_BUCKET && (removed >> (i - IN_BUCKET) & 1) != 0;
        entry_make(key, value, i);
        assert_int_equal(ic_table_find(&table, got, NULL, key), !is_gone);
        assert_true(is_gone || memcmp(got, value, sizeof got) == 0);
    }
}

static void table_without(void *argument)
{
    const uint32_t removed = *(const uint32_t *)argument;
    const uint32_t made = table.more_count;
    table_change(removed, false);
    table_check(removed);
    reopen_store();
    ic_table_open(&table, &store, 0, 28, VALUE_BYTES);
    table_check(removed);
    table_change(removed, true);
    table_check(0);
    assert_int_equal(table.more_count, made); /* freed blocks serve again */
}

/* Every set of the chained entries is taken out and put back, one after the other in one table. */
static void every_set_of_chained_entries(void **state)
{
    (void)state;
    ic_host_reset();
    CHECK_RUNS(table_begin, NULL);
    assert_true(table.more_used >= 3);
    for (uint32_t removed = 0; removed < 1u << CHAINED; removed++) {
        CHECK_RUNS(table_without, &removed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_extent_is_found),
        cmocka_unit_test(an_eighth_is_reserved_ahead),
        cmocka_unit_test(seams_do_not_show),
        cmocka_unit_test(every_short_life_of_a_ring),
        cmocka_unit_test(every_tail_of_a_log),
        cmocka_unit_test(damaged_tails),
        cmocka_unit_test(every_set_of_chained_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
