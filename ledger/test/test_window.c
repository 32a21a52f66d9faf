/* The dedup window against a queue in an array. SPEC: ledger 6 */
#include "ic/buf.h"
#include "ledger/test/support.h"

#define WINDOW_NS   (10 * TEST_S)
#define KEPT_NS     (WINDOW_NS + LEDGER_DRIFT_NS)
#define ENTRIES_MAX 20000u

static struct ic_store store;
static struct ledger_window window;

/* What the window should hold: entries [first, count) of an array of everything ever added. */
static struct {
    uint64_t timestamp_ns[ENTRIES_MAX];
    size_t first, count;
} model;

static struct ledger_hash hash_of(uint64_t n)
{
    struct ledger_hash hash = {{0}};
    for (size_t i = 0; i < 4; i++) {
        ic_store_u64_le(hash.bytes + 8 * i, (n + 1) * UINT64_C(0x9e3779b97f4a7c15) + i * n);
    }
    return hash;
}

static void create_body(void *argument)
{
    (void)argument;
    ic_store_create(&store, LEDGER_STORE_APP);
    ledger_window_open(&window, &store);
}

static void open_body(void *argument)
{
    (void)argument;
    ic_store_open(&store, LEDGER_STORE_APP);
    ledger_window_open(&window, &store);
}

static void make_window(void)
{
    ic_host_reset();
    model.first = model.count = 0;
    assert_true(ic_host_run(create_body, NULL));
}

static void add_body(void *argument)
{
    const uint64_t now_ns = *(const uint64_t *)argument;
    const struct ledger_hash hash = hash_of(model.count);
    ledger_window_add(&window, &(struct ledger_window_entry){.hash = &hash,
                                                             .block_index = 3 * model.count + 7,
                                                             .timestamp_ns = now_ns});
}

static void add(uint64_t now_ns)
{
    assert_true(model.count < ENTRIES_MAX);
    assert_true(ic_host_run(add_body, &now_ns));
    model.timestamp_ns[model.count++] = now_ns;
}

struct purge_message {
    uint64_t now_ns, purged_max, purged;
};

static void purge_body(void *argument)
{
    struct purge_message *m = argument;
    m->purged = ledger_window_purge(&window, m->now_ns, WINDOW_NS, m->purged_max);
}

static void purge(uint64_t now_ns, uint64_t purged_max)
{
    struct purge_message message = {.now_ns = now_ns, .purged_max = purged_max};
    uint64_t expected = 0;
    while (model.first < model.count && expected < purged_max &&
           now_ns > KEPT_NS && model.timestamp_ns[model.first] < now_ns - KEPT_NS) {
        model.first++;
        expected++;
    }
    assert_true(ic_host_run(purge_body, &message));
    assert_int_equal(message.purged, expected);
}

/* The definition, said another way: sorted times, one number to look at. */
static bool model_is_throttled(uint64_t now_ns, uint64_t transactions_max)
{
    const uint64_t n = model.count - model.first;
    const double rate = (double)transactions_max / 2 / ((double)WINDOW_NS / 1e9);
    uint64_t whole = (uint64_t)rate;
    whole += (double)whole < rate ? 1 : 0;
    if (n < transactions_max / 2) {
        return false;
    }
    const uint64_t position = n > whole ? n - whole : 0;
    const uint64_t t = position < n ? model.timestamp_ns[model.first + position] : 0;
    return t + TEST_S > now_ns;
}

static void compare(uint64_t now_ns)
{
    uint64_t index = 0;
    assert_int_equal(ledger_window_count(&window), model.count - model.first);
    for (size_t n = model.first < 20 ? 0 : model.first - 20; n < model.count; n += 1 + n % 13) {
        const struct ledger_hash hash = hash_of(n);
        const bool found = ledger_window_find(&window, &index, &hash);
        assert_int_equal(found, n >= model.first);
        if (found) {
            assert_int_equal(index, 3 * n + 7);
        }
    }
    for (uint64_t transactions_max = 0; transactions_max < 400; transactions_max += 7) {
        assert_int_equal(
            ledger_window_is_throttled(&window, now_ns, WINDOW_NS, transactions_max),
            model_is_throttled(now_ns, transactions_max));
    }
}

static void test_against_the_model(void **state)
{
    (void)state;
    uint64_t now_ns = TEST_T0_NS;
    make_window();
    for (unsigned round = 0; round < 300; round++) {
        for (unsigned i = 0; i < 1 + round * 7 % 60; i++) {
            add(now_ns);
            now_ns += i % 3 == 0 ? 20 * 1000000u : 0;
        }
        compare(now_ns);
        now_ns += round % 5 == 0 ? 7 * TEST_S : TEST_S;
        purge(now_ns, round % 4 == 0 ? 3 : 1000);
        compare(now_ns);
        if (round % 50 == 0) {
            assert_true(ic_host_run(open_body, NULL));
            compare(now_ns);
        }
    }
    assert_true(model.first > 1000);
    ic_ring_check(&window.queue);
    ic_table_check(&window.by_hash);
}

static void test_empties_and_fills_again(void **state)
{
    (void)state;
    make_window();
    for (unsigned round = 0; round < 3; round++) {
        const uint64_t now_ns = TEST_T0_NS + round * 10 * KEPT_NS;
        for (unsigned i = 0; i < 500; i++) {
            add(now_ns + i);
        }
        purge(now_ns + KEPT_NS, 1000);
        assert_int_equal(ledger_window_count(&window), 500); // exactly as old as allowed
        purge(now_ns + KEPT_NS + 1, 1000);
        assert_int_equal(ledger_window_count(&window), 499);
        purge(now_ns + KEPT_NS + 500, 1000);
        assert_int_equal(ledger_window_count(&window), 0);
        compare(now_ns);
    }
}

static void test_times_saturate(void **state)
{
    (void)state;
    make_window();
    add(UINT64_MAX - 5);
    purge(UINT64_MAX, 10); // never older than a sum that does not fit
    assert_int_equal(ledger_window_count(&window), 1);
    assert_true(ledger_window_is_throttled(&window, UINT64_MAX - 5, WINDOW_NS, 2));
    /* A window of no length admits without a rate: the oldest entry decides. */
    assert_true(ledger_window_is_throttled(&window, UINT64_MAX - 5, 0, 2));
    assert_false(ledger_window_is_throttled(&window, UINT64_MAX, UINT64_MAX, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_the_model),
        cmocka_unit_test(test_empties_and_fills_again),
        cmocka_unit_test(test_times_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
