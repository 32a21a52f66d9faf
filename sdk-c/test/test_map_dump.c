/* Old bytes stay readable: today's map and queue open dumps of layout version 1 that are kept
 * beside the tests, find in them what was written then, and go on writing. The older one is from
 * before heads had a check.
 *
 * `ic_map_dump write FILE` makes such a dump; do that once for each new layout and keep the old. */
#include "test/check.h"
#include "test/load_dump.h"

#include "ic/queue.h"
#include "ic/trap.h"

#define DUMP_V1        "sdk-c/test/dumps/map_v1.bin.gz"
#define DUMP_V1_SEALED "sdk-c/test/dumps/map_v1_sealed.bin.gz"
#define ENTRIES        3000u /* two levels above the leaves in the map of long entries */
#define REMOVED_EVERY  3u
#define GONE_FROM      2000u /* a range that was emptied: nodes are free */
#define GONE_TO        2500u

static const struct ic_store_app APP = {.magic = {'D', 'U', 'M', 'P', 'M', 'A', 'P', '1'},
                                        .version = 1};
static struct ic_store store;
static struct ic_map accounts; /* 28-byte keys, 8-byte values */
static struct ic_map names;    /* 5-byte keys, 200-byte values */
static struct ic_queue queue;

static void open_all(void)
{
    ic_map_open(&accounts, &store, 0, 28, 8);
    ic_map_open(&names, &store, 7, 5, 200);
    ic_queue_open(&queue, &store, 31, 8);
}

/* The n-th of each kind. */
struct sample {
    uint8_t account[32];
    uint8_t name[8];
    uint8_t value[200];
    uint64_t time_ns;
};

static struct sample sample_make(uint64_t n)
{
    struct sample s;
    uint64_t seed = n;
    memset(s.account, 0, sizeof s.account); /* few random bytes: the dump is kept compressed */
    for (size_t i = 0; i < 6; i++) {
        s.account[i] = (uint8_t)test_random(&seed);
    }
    for (size_t i = 0; i < sizeof s.name; i++) {
        s.name[i] = (uint8_t)(n >> 8 * (sizeof s.name - 1 - i));
    }
    memmove(s.name, s.name + 3, 5);
    memset(s.value, (int)(n % 251), sizeof s.value);
    s.time_ns = test_random(&seed) % 5000;
    return s;
}

static bool is_there(uint64_t n)
{
    return n % REMOVED_EVERY != 0 && (n < GONE_FROM || n >= GONE_TO);
}

static void add(uint64_t n)
{
    struct sample s = sample_make(n);
    ic_map_insert(&accounts, s.account, s.value);
    ic_map_insert(&names, s.name, s.value);
    bool is_new = ic_queue_push(&queue, s.time_ns, s.account);
    ic_assert(is_new);
}

static void take(uint64_t n)
{
    struct sample s = sample_make(n);
    bool is_taken = ic_map_remove(&accounts, s.account) && ic_map_remove(&names, s.name) &&
                    ic_queue_remove(&queue, s.time_ns, s.account);
    ic_assert(is_taken);
}

static void write_all(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    open_all();
    for (uint64_t n = 0; n < ENTRIES; n++) {
        add(n);
    }
    for (uint64_t n = 0; n < ENTRIES; n++) {
        if (!is_there(n)) {
            take(n);
        }
    }
}

static void check_all(void *argument)
{
    (void)argument;
    ic_store_open(&store, APP);
    open_all();
    uint64_t count = 0;
    for (uint64_t n = 0; n < ENTRIES + 100; n++) {
        struct sample s = sample_make(n);
        uint8_t value[200];
        bool is_expected = n < ENTRIES && is_there(n);
        assert_int_equal(ic_map_find(&accounts, value, s.account), is_expected);
        assert_true(!is_expected || memcmp(value, s.value, 8) == 0);
        assert_int_equal(ic_map_find(&names, value, s.name), is_expected);
        assert_true(!is_expected || memcmp(value, s.value, 200) == 0);
        assert_int_equal(ic_queue_has(&queue, s.time_ns, s.account), is_expected);
        count += is_expected;
    }
    assert_int_equal(ic_map_count(&accounts), count);
    assert_int_equal(ic_map_count(&names), count);
    assert_int_equal(ic_queue_count(&queue), count);
    assert_true(names.height >= 3 && names.free_count > 0 && queue.map.node_bytes < 4096);
    ic_map_check(&accounts);
    ic_map_check(&names);
    ic_queue_check(&queue);
}

/* What was taken comes back, then everything goes. */
static void go_on(void *argument)
{
    (void)argument;
    for (uint64_t n = 0; n < ENTRIES; n++) {
        if (!is_there(n)) {
            add(n);
        }
    }
    ic_map_check(&names);
    for (uint64_t n = 0; n < ENTRIES; n++) {
        take(n);
    }
    ic_map_check(&accounts);
    ic_map_check(&names);
    ic_queue_check(&queue);
    assert_int_equal(ic_queue_count(&queue), 0);
}

static void layout_1_opens(void **state)
{
    (void)state;
    load_dump(DUMP_V1);
    CHECK_RUNS(check_all, NULL);
    CHECK_RUNS(go_on, NULL);
    load_dump(DUMP_V1_SEALED);
    CHECK_RUNS(check_all, NULL);
    CHECK_RUNS(go_on, NULL);
}

/* Today's code still writes those very bytes: a change of layout needs a new version. */
static void layout_1_is_what_we_write(void **state)
{
    (void)state;
    load_dump(DUMP_V1_SEALED);
    size_t size = ic_host_stable_bytes();
    uint8_t *dump = malloc(size);
    memcpy(dump, ic_host_stable(), size);
    ic_host_reset();
    CHECK_RUNS(write_all, NULL);
    assert_int_equal(ic_host_stable_bytes(), size);
    assert_memory_equal(ic_host_stable(), dump, size);
    free(dump);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        return save_dump(argv[2], write_all) ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_1_opens),
        cmocka_unit_test(layout_1_is_what_we_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
