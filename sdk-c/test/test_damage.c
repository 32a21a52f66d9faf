/* Damage to the first page of a store, where its header, region table, heads and extent tables are:
 * whatever byte is changed, opening traps with a text of the structure's own, or everything is
 * still there as it was, because the byte is not in use. Only what an inline cell holds is the
 * application's own. */
#include "test/check.h"

#include "ic/buf.h"
#include "ic/cell.h"
#include "ic/log.h"
#include "ic/queue.h"
#include "ic/ring.h"
#include "ic/table.h"
#include "ic/vec.h"

enum {
    REGION_TABLE = 0,
    REGION_LOG = 2,
    REGION_RING = 4,
    REGION_MAP = 5,
    REGION_QUEUE = 6,
    REGION_VEC = 7,
    REGION_SMALL = 8,
    REGION_LARGE = 9,
    REGION_RAW = 10,
    REGIONS_USED = 11,
};

#define ENTRIES     150u /* the log has two batches in its index and a tail */
#define LARGE_BYTES 2000u
#define SMALL_BYTES 20u
#define HEADS_AT    4096u
#define EXTENTS_AT  8192u

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'D', 'A', 'M', 'G'},
                                        .version = 1};
static struct ic_store store;
static struct ic_table table;
static struct ic_log records;
static struct ic_ring ring;
static struct ic_map map;
static struct ic_queue queue;
static struct ic_vec vec;
static struct ic_cell small_cell, large_cell;

static void open_structures(void)
{
    ic_table_open(&table, &store, REGION_TABLE, 28, 8);
    ic_log_open(&records, &store, REGION_LOG);
    ic_ring_open(&ring, &store, REGION_RING, 28);
    ic_map_open(&map, &store, REGION_MAP, 28, 8);
    ic_queue_open(&queue, &store, REGION_QUEUE, 28);
    ic_vec_open(&vec, &store, REGION_VEC, 28);
    ic_cell_open(&small_cell, &store, REGION_SMALL, SMALL_BYTES);
    ic_cell_open(&large_cell, &store, REGION_LARGE, LARGE_BYTES);
}

static void bytes_make(uint8_t out[32], uint64_t number)
{
    for (int i = 0; i < 4; i++) {
        ic_store_u64_le(out + 8 * i, test_random(&number));
    }
}

static void install(void *argument)
{
    (void)argument;
    static uint8_t large[LARGE_BYTES] = {1, 2, 3};
    ic_store_create(&store, APP);
    open_structures();
    struct ic_region *raw = ic_store_region(&store, NULL, REGION_RAW, IC_REGION_RAW, 5);
    ic_region_head_write(raw, 0, "kept", 4);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint8_t bytes[32];
        bytes_make(bytes, i);
        ic_table_insert(&table, bytes, bytes);
        assert_true(ic_log_append(&records, (struct ic_bytes){.at = bytes, .size = 28}));
        ic_ring_push(&ring, bytes);
        ic_map_insert(&map, bytes, bytes);
        assert_true(ic_queue_push(&queue, i, bytes));
        ic_vec_push(&vec, bytes);
    }
    ic_cell_write(&small_cell, IC_BYTES_LIT("of the application"));
    ic_cell_write(&large_cell, (struct ic_bytes){.at = large, .size = sizeof large});
}

static void entries_are_there(void)
{
    static uint8_t memory[4096];
    struct ic_arena arena;
    for (uint64_t i = 0; i < ENTRIES; i += 7) {
        uint8_t bytes[32], got[32];
        struct ic_bytes record = {.size = 0};
        bytes_make(bytes, i);
        ic_arena_init(&arena, memory, sizeof memory);
        assert_true(ic_table_find(&table, NULL, NULL, bytes));
        assert_true(ic_log_get(&record, &records, i, &arena));
        assert_memory_equal(record.at, bytes, 28);
        assert_true(ic_map_find(&map, NULL, bytes));
        assert_true(ic_queue_has(&queue, i, bytes));
        assert_true(ic_ring_back(&ring, got, ENTRIES - 1 - i));
        assert_memory_equal(got, bytes, 28);
        assert_true(ic_vec_get(&vec, got, i));
        assert_memory_equal(got, bytes, 28);
    }
}

/* Opens everything; what opens must hold what was stored. The value of the small cell is read, and
 * not compared. */
static void open_and_compare(void *argument)
{
    (void)argument;
    uint8_t large[LARGE_BYTES], small[SMALL_BYTES], kept[4];
    bool is_new = true;
    ic_store_open(&store, APP);
    open_structures();
    assert_int_equal(ic_cell_read(&small_cell, small), 18);
    assert_int_equal(ic_cell_read(&large_cell, large), LARGE_BYTES);
    struct ic_region *raw = ic_store_region(&store, &is_new, REGION_RAW, IC_REGION_RAW, 5);
    ic_region_head_read(raw, kept, 0, sizeof kept);
    assert_false(is_new);
    assert_int_equal(ic_table_count(&table), ENTRIES);
    assert_int_equal(ic_log_count(&records), ENTRIES);
    assert_int_equal(ic_ring_count(&ring), ENTRIES);
    assert_int_equal(ic_map_count(&map), ENTRIES);
    assert_int_equal(ic_queue_count(&queue), ENTRIES);
    assert_int_equal(ic_vec_count(&vec), ENTRIES);
    entries_are_there();
}

/* Header, rows, and the heads and extents in use.
 *   sound     the store before the damage: an opening that trapped leaves half of one */
static bool is_in_use(const struct ic_store *sound, uint32_t at)
{
    if (at >= EXTENTS_AT) {
        uint32_t id = (at - EXTENTS_AT) / 512, place = (at - EXTENTS_AT) % 512;
        return id < REGIONS_USED && place < 4 * sound->regions[id].extent_count;
    }
    if (at >= HEADS_AT) {
        return at < HEADS_AT + REGIONS_USED * IC_STORE_HEAD_BYTES;
    }
    return at < 32 || (at >= 64 && at < 64 + 16 * IC_STORE_REGIONS_MAX);
}

/* One change of a byte; true when it was noticed. */
static bool is_noticed(uint32_t at, uint8_t change)
{
    uint8_t *byte = ic_host_stable() + at;
    *byte ^= change;
    bool is_open = ic_host_run(open_and_compare, NULL);
    if (!is_open) {
        assert_memory_equal(ic_host_trap_text(), "stable ", 7);
    }
    *byte ^= change;
    return !is_open;
}

static void no_byte_does_silent_damage(void **state)
{
    (void)state;
    uint32_t in_use = 0, noticed = 0;
    ic_host_reset();
    CHECK_RUNS(install, NULL);
    CHECK_RUNS(open_and_compare, NULL);
    const struct ic_store sound = store;
    for (uint32_t at = 0; at < IC_STABLE_PAGE_BYTES; at++) {
        if (!is_in_use(&sound, at)) {
            assert_false(is_noticed(at, (uint8_t)(1u << at % 8)));
            continue;
        }
        for (uint32_t bit = 0; bit < 9; bit++) { /* the ninth change clears the byte */
            uint8_t change = bit < 8 ? (uint8_t)(1u << bit) : ic_host_stable()[at];
            if (change != 0) {
                noticed += is_noticed(at, change);
                in_use++;
            }
        }
    }
    CHECK_RUNS(open_and_compare, NULL);
    print_message("%u changes of what may be in use, %u noticed\n", in_use, noticed);
    assert_true(noticed > 6000);
}

/* What the raw region keeps in the head page is the application's, too; everything else there that
 * is not noticed must lie behind a structure's head. */
static void heads_are_noticed_whole(void **state)
{
    (void)state;
    static const struct {
        uint32_t region, bytes;
    } HEADS[] = {{REGION_TABLE, 32}, {REGION_LOG, 24},  {REGION_RING, 40}, {REGION_MAP, 40},
                 {REGION_QUEUE, 40}, {REGION_VEC, 16},  {REGION_SMALL, 8}};
    ic_host_reset();
    CHECK_RUNS(install, NULL);
    for (size_t i = 0; i < sizeof HEADS / sizeof HEADS[0]; i++) {
        for (uint32_t at = 0; at < HEADS[i].bytes; at++) {
            for (unsigned change = 1; change < 256; change++) {
                uint32_t byte = HEADS_AT + HEADS[i].region * IC_STORE_HEAD_BYTES + at;
                /* The check of the small cell is in one byte: without it it is an older one. */
                bool is_unsealed = HEADS[i].region == REGION_SMALL && at == 4 &&
                                   change == ic_host_stable()[byte];
                assert_int_equal(is_noticed(byte, (uint8_t)change), !is_unsealed);
            }
        }
    }
}

static int tear_down(void **state)
{
    (void)state;
    ic_host_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_byte_does_silent_damage),
        cmocka_unit_test(heads_are_noticed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
