/* A steady state does not grow: entries come and go for ever at the same rate, and stable memory
 * stays as large as it was when this began. */
#include "test/check.h"

#include "ic/buf.h"
#include "ic/queue.h"
#include "ic/ring.h"
#include "ic/table.h"

#define LIVING  20000u /* entries at any time */
#define ROUNDS  12u    /* in each of them all entries are replaced */
#define SETTLED 4u     /* rounds until it is a steady state */

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'C', 'H', 'R', 'N'},
                                        .version = 1};
static struct ic_store store;
static struct ic_table table;
static struct ic_map map;
static struct ic_queue queue;
static struct ic_ring ring;

static void install(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_table_open(&table, &store, 0, 28, 8);
    ic_map_open(&map, &store, 2, 28, 8);
    ic_queue_open(&queue, &store, 3, 28);
    ic_ring_open(&ring, &store, 4, 100);
}

static void key_make(uint8_t key[32], uint64_t number)
{
    for (int i = 0; i < 4; i++) {
        ic_store_u64_le(key + 8 * i, test_random(&number));
    }
}

/* Times go up, as deadlines do. */
static void add(uint64_t number)
{
    uint8_t key[32], record[100] = {0};
    key_make(key, number);
    ic_table_insert(&table, key, key);
    ic_map_insert(&map, key, key);
    ic_queue_push(&queue, number, key);
    ic_ring_push(&ring, record);
}

static void take(uint64_t number)
{
    uint8_t key[32];
    uint64_t time = 0;
    key_make(key, number);
    assert_true(ic_table_remove(&table, key));
    assert_true(ic_map_remove(&map, key));
    assert_true(ic_queue_pop(&queue, &time, NULL, UINT64_MAX));
    assert_true(time == number);
    ic_ring_pop(&ring);
}

static void fill(void *argument)
{
    (void)argument;
    for (uint64_t number = 0; number < LIVING; number++) {
        add(number);
    }
}

/* Each entry makes room for another. */
static void round_go(void *argument)
{
    const uint64_t *from = argument;
    for (uint64_t number = *from; number < *from + LIVING; number++) {
        take(number);
        add(number + LIVING);
    }
}

static void check_all(void *argument)
{
    (void)argument;
    ic_table_check(&table);
    ic_map_check(&map);
    ic_queue_check(&queue);
    ic_ring_check(&ring);
}

static void a_steady_state_does_not_grow(void **state)
{
    (void)state;
    size_t settled = 0;
    ic_host_reset();
    CHECK_RUNS(install, NULL);
    CHECK_RUNS(fill, NULL);
    for (uint64_t r = 0; r < ROUNDS; r++) {
        uint64_t from = r * LIVING;
        CHECK_RUNS(round_go, &from);
        settled = r < SETTLED ? ic_host_stable_bytes() : settled;
        assert_int_equal(ic_host_stable_bytes(), settled);
    }
    CHECK_RUNS(check_all, NULL);
    print_message("%u entries replaced %u times: %zu bytes; overflow blocks of the table %u, nodes "
                  "of the map %u, of the queue %u, pages of the ring %u\n",
                  LIVING, ROUNDS, settled, table.more_count, map.node_count, queue.map.node_count,
                  ring.page_count);
    assert_true(ring.page_count <= LIVING / ring.page_records + 2);
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
        cmocka_unit_test(a_steady_state_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
