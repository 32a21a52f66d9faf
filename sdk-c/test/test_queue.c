/* The queue by time against a plain model: an unsorted array that is searched for its smallest. */
#include "test/check.h"

#include "ic/queue.h"

#define REGION        0u
#define PAYLOAD_BYTES 8u
#define ENTRIES_MAX   4000u

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'Q', 'U', 'E', '1'},
                                        .version = 1};
static struct ic_store store;
static struct ic_queue queue;

struct entry {
    uint64_t time_ns;
    uint8_t payload[PAYLOAD_BYTES];
};

static struct entry model[ENTRIES_MAX];
static size_t model_count;

static bool entry_is_before(const struct entry *a, const struct entry *b)
{
    return a->time_ns < b->time_ns ||
           (a->time_ns == b->time_ns && memcmp(a->payload, b->payload, PAYLOAD_BYTES) < 0);
}

/* Index of the earliest entry; there must be one. */
static size_t model_first(void)
{
    size_t first = 0;
    for (size_t i = 1; i < model_count; i++) {
        if (entry_is_before(&model[i], &model[first])) {
            first = i;
        }
    }
    return first;
}

/* Index of an entry, or model_count. */
static size_t model_find(const struct entry *e)
{
    for (size_t i = 0; i < model_count; i++) {
        if (!entry_is_before(&model[i], e) && !entry_is_before(e, &model[i])) {
            return i;
        }
    }
    return model_count;
}

static void model_drop(size_t n)
{
    model[n] = model[--model_count];
}

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_queue_open(&queue, &store, REGION, PAYLOAD_BYTES);
}

static void reopen(void *argument)
{
    (void)argument;
    memset(&queue, 0xee, sizeof queue);
    ic_store_open(&store, APP);
    ic_queue_open(&queue, &store, REGION, PAYLOAD_BYTES);
    ic_queue_check(&queue);
}

static void fresh(void)
{
    ic_host_reset();
    model_count = 0;
    CHECK_RUNS(create, NULL);
}

/* ---- random life ----------------------------------------------------------------------------- */

static struct entry entry_make(uint64_t *seed)
{
    struct entry e = {.time_ns = test_random_below(seed, 40)};
    if (e.time_ns == 39) {
        e.time_ns = UINT64_MAX;
    } else if (e.time_ns > 20) {
        e.time_ns <<= 40;
    }
    e.payload[PAYLOAD_BYTES - 1] = (uint8_t)test_random_below(seed, 50);
    e.payload[0] = (uint8_t)test_random_below(seed, 2);
    return e;
}

static void push(const struct entry *e)
{
    bool is_new = model_find(e) == model_count;
    assert_int_equal(ic_queue_has(&queue, e->time_ns, e->payload), !is_new);
    assert_int_equal(ic_queue_push(&queue, e->time_ns, e->payload), is_new);
    if (is_new) {
        assert_true(model_count < ENTRIES_MAX);
        model[model_count++] = *e;
    }
}

static void pop(uint64_t until_ns)
{
    struct entry e = {.time_ns = 123, .payload = "untouch"};
    struct entry front = e;
    bool has_front = model_count != 0;
    assert_int_equal(ic_queue_front(&queue, &front.time_ns, front.payload), has_front);
    size_t first = has_front ? model_first() : 0;
    bool is_due = has_front && model[first].time_ns <= until_ns;
    assert_int_equal(ic_queue_pop(&queue, &e.time_ns, e.payload, until_ns), is_due);
    if (has_front) {
        assert_int_equal(front.time_ns, model[first].time_ns);
        assert_memory_equal(front.payload, model[first].payload, PAYLOAD_BYTES);
    }
    assert_int_equal(e.time_ns, is_due ? model[first].time_ns : 123);
    assert_memory_equal(e.payload, is_due ? model[first].payload : (const uint8_t *)"untouch",
                        PAYLOAD_BYTES);
    if (is_due) {
        model_drop(first);
    }
}

static void drop(const struct entry *e)
{
    size_t n = model_find(e);
    assert_int_equal(ic_queue_remove(&queue, e->time_ns, e->payload), n < model_count);
    if (n < model_count) {
        model_drop(n);
    }
}

static void live(void *argument)
{
    uint64_t *seed = argument;
    bool is_filling = test_random_below(seed, 2) == 0;
    for (uint32_t i = 0; i < 300; i++) {
        struct entry e = entry_make(seed);
        uint64_t dice = test_random_below(seed, 10);
        if (dice < (is_filling ? 7u : 3u)) {
            push(&e);
        } else if (dice < 8) {
            pop(dice % 2 == 0 ? UINT64_MAX : e.time_ns);
        } else {
            drop(&e);
        }
        assert_int_equal(ic_queue_count(&queue), model_count);
    }
}

static void random_life(void **state)
{
    (void)state;
    uint64_t seed = 11;
    fresh();
    for (uint32_t i = 0; i < 120; i++) {
        CHECK_RUNS(live, &seed);
        CHECK_RUNS(reopen, NULL);
    }
}

/* ---- listing --------------------------------------------------------------------------------- */

static void list_from_each_time(void *argument)
{
    static struct ic_map_cursor cursor;
    struct entry before = {0}, e = {0};
    uint64_t *seed = argument;
    for (uint32_t i = 0; i < 100; i++) {
        struct entry from = entry_make(seed);
        size_t listed = 0, expected = 0;
        for (size_t n = 0; n < model_count; n++) {
            expected += model[n].time_ns >= from.time_ns;
        }
        ic_queue_seek(&queue, &cursor, from.time_ns);
        while (ic_queue_next(&queue, &e.time_ns, e.payload, &cursor)) {
            assert_true(e.time_ns >= from.time_ns && model_find(&e) < model_count);
            assert_true(listed == 0 || entry_is_before(&before, &e));
            before = e;
            listed++;
        }
        assert_int_equal(listed, expected);
    }
}

static void listing_is_in_order(void **state)
{
    (void)state;
    uint64_t seed = 12;
    fresh();
    for (uint32_t i = 0; i < 20; i++) {
        CHECK_RUNS(live, &seed);
        CHECK_RUNS(list_from_each_time, &seed);
    }
}

static void pop_from_nothing(void *argument)
{
    (void)argument;
    pop(UINT64_MAX);
    struct entry e = {.time_ns = 5};
    drop(&e);
    push(&e);
    pop(4);
    pop(5);
    pop(UINT64_MAX);
}

static void empty_queue_is_empty(void **state)
{
    (void)state;
    fresh();
    CHECK_RUNS(pop_from_nothing, NULL);
}

/* ---- cost ------------------------------------------------------------------------------------ */

static void push_one(void *argument)
{
    const struct entry *e = argument;
    assert_true(ic_queue_push(&queue, e->time_ns, e->payload));
}

static void pop_one(void *argument)
{
    struct entry *e = argument;
    assert_true(ic_queue_pop(&queue, &e->time_ns, e->payload, UINT64_MAX));
}

/* 20,000 deadlines in random order of time, then all of them come due. */
static void deadlines_come_due(void **state)
{
    (void)state;
    uint64_t seed = 13, spent = 0, before = 0;
    fresh();
    for (uint32_t i = 0; i < 20000; i++) {
        struct entry e = {.time_ns = test_random_below(&seed, 1000000)};
        memcpy(e.payload, &i, sizeof i);
        CHECK_RUNS(push_one, &e);
        spent += ic_host_stable_instructions();
    }
    print_message("stable charges: push %.0f", (double)spent / 20000);
    assert_true(spent / 20000 < 4500);
    spent = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        struct entry e;
        CHECK_RUNS(pop_one, &e);
        spent += ic_host_stable_instructions();
        assert_true(e.time_ns >= before);
        before = e.time_ns;
    }
    print_message(" pop %.0f\n", (double)spent / 20000);
    assert_true(spent / 20000 < 5500);
    CHECK_RUNS(reopen, NULL);
    assert_int_equal(ic_queue_count(&queue), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_queue_is_empty),
        cmocka_unit_test(random_life),
        cmocka_unit_test(listing_is_in_order),
        cmocka_unit_test(deadlines_come_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
