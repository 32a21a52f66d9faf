/* The ordered map against a plain model: shapes, orders, small worlds, traps, damage. */
#include "test/check.h"
#include "test/map_model.h"

#include "ic/map.h"

#define REGION 3u

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'M', 'A', 'P', '1'},
                                        .version = 1};
static struct ic_store store;
static struct ic_map map;
static struct model model;
static _Alignas(8) uint8_t more_cache[1u << 16];
#define SHARES_POOL SIZE_MAX
static size_t more_cache_bytes = SHARES_POOL; /* given to the map, or nothing */

/* ---- messages -------------------------------------------------------------------------------- */

static void open_map(const struct model *m)
{
    ic_map_open(&map, &store, REGION, (uint32_t)m->key_bytes, (uint32_t)m->value_bytes);
    if (more_cache_bytes != SHARES_POOL) {
        ic_map_cache_give(&map, more_cache, more_cache_bytes);
    }
}

static void create(void *argument)
{
    const struct model *m = argument;
    ic_store_create(&store, APP);
    open_map(m);
}

static void reopen(void *argument)
{
    const struct model *m = argument;
    memset(&map, 0xee, sizeof map);
    ic_store_open(&store, APP);
    open_map(m);
}

static void check(void *argument)
{
    (void)argument;
    ic_map_check(&map);
}

static void fresh(size_t key_bytes, size_t value_bytes)
{
    model_free(&model);
    model_init(&model, key_bytes, value_bytes);
    ic_host_reset();
    CHECK_RUNS(create, &model);
}

static int finish(void **state)
{
    (void)state;
    model_free(&model);
    return 0;
}

enum action { PUT, REMOVE, FIND };

/* One operation and what it answered. */
struct operation {
    enum action action;
    uint8_t key[IC_MAP_KEY_BYTES_MAX];
    uint8_t value[IC_MAP_ENTRY_BYTES_MAX];
    bool answer;
};

static void run_operation(void *argument)
{
    struct operation *op = argument;
    switch (op->action) {
    case PUT:
        op->answer = ic_map_put(&map, op->key, op->value);
        break;
    case REMOVE:
        op->answer = ic_map_remove(&map, op->key);
        break;
    case FIND:
        memset(op->value, 0x5a, sizeof op->value);
        op->answer = ic_map_find(&map, op->value, op->key);
        break;
    }
}

/* What the model says about an operation that has run. */
static void model_agrees(struct operation *op)
{
    const uint8_t *found = model_find(&model, op->key);
    switch (op->action) {
    case PUT:
        assert_int_equal(op->answer, model_put(&model, op->key, op->value));
        break;
    case REMOVE:
        assert_int_equal(op->answer, model_remove(&model, op->key));
        break;
    case FIND:
        assert_int_equal(op->answer, found != NULL);
        for (size_t i = 0; i < model.value_bytes; i++) {
            assert_int_equal(op->value[i], found != NULL ? found[model.key_bytes + i] : 0x5a);
        }
        break;
    }
    assert_int_equal(ic_map_count(&map), model.count);
}

static void operate(struct operation *op)
{
    CHECK_RUNS(run_operation, op);
    model_agrees(op);
}

/* Everything in both directions, and the map's own check. */
static void whole_is_equal(void *argument)
{
    (void)argument;
    static struct ic_map_cursor cursor;
    uint8_t entry[IC_MAP_ENTRY_BYTES_MAX];
    size_t bytes = model.key_bytes + model.value_bytes;
    ic_map_seek_first(&map, &cursor);
    for (size_t i = 0; i < model.count; i++) {
        assert_true(ic_map_next(&map, entry, entry + model.key_bytes, &cursor));
        assert_memory_equal(entry, model_at(&model, i), bytes);
    }
    assert_false(ic_map_next(&map, entry, entry + model.key_bytes, &cursor));
    for (size_t i = model.count; i-- > 0;) {
        assert_true(ic_map_previous(&map, entry, entry + model.key_bytes, &cursor));
        assert_memory_equal(entry, model_at(&model, i), bytes);
    }
    assert_false(ic_map_previous(&map, entry, NULL, &cursor));
    ic_map_seek_last(&map, &cursor);
    assert_false(ic_map_next(&map, NULL, NULL, &cursor));
    assert_int_equal(ic_map_previous(&map, NULL, NULL, &cursor), model.count != 0);
    ic_map_check(&map);
}

/* ---- keys ------------------------------------------------------------------------------------ */

enum keys { SPREAD, COUNTING, ALIKE };

/* A key of a population of limit: spread evenly, counting at the end, or of zeros and ones only, so
 * that nearly all marks of a node are equal. */
static void key_make(uint8_t *key, enum keys kind, uint64_t number)
{
    uint64_t seed = number;
    memset(key, 0, model.key_bytes);
    for (size_t i = 0; i < model.key_bytes; i++) {
        size_t shift = model.key_bytes - 1 - i;
        switch (kind) {
        case SPREAD:
            key[i] = (uint8_t)test_random(&seed);
            break;
        case COUNTING:
            key[i] = (uint8_t)(shift < 8 ? number >> 8 * shift : 7);
            break;
        case ALIKE:
            key[i] = (uint8_t)(shift < 20 ? number >> shift & 1 : 0);
            break;
        }
    }
}

static void operation_make(struct operation *op, uint64_t *seed, enum action action, enum keys kind,
                           uint64_t number)
{
    op->action = action;
    key_make(op->key, kind, number);
    for (size_t i = 0; i < model.value_bytes; i++) {
        op->value[i] = (uint8_t)test_random(seed);
    }
}

/* ---- against the model ----------------------------------------------------------------------- */

static void empty_map_is_empty(void **state)
{
    (void)state;
    struct operation op = {.action = FIND};
    fresh(28, 8);
    operate(&op);
    op.action = REMOVE;
    operate(&op);
    CHECK_RUNS(whole_is_equal, NULL);
    CHECK_RUNS(reopen, &model);
    CHECK_RUNS(whole_is_equal, NULL);
}

struct shape_row {
    size_t key_bytes, value_bytes;
    enum keys keys;
    uint64_t population;
};

static const struct shape_row SHAPES[] = {
    {28, 8, SPREAD, 6000},   {28, 8, COUNTING, 6000}, {28, 8, ALIKE, 6000},
    {1, 0, SPREAD, 256},     {1, 479, COUNTING, 256}, {2, 3, COUNTING, 4000},
    {4, 0, SPREAD, 5000},    {5, 1, ALIKE, 32},       {8, 8, COUNTING, 5000},
    {10, 1, SPREAD, 5000},   {16, 100, SPREAD, 2000}, {20, 460, ALIKE, 900},
    {128, 352, SPREAD, 700}, {128, 352, ALIKE, 1000}, {128, 0, COUNTING, 3000},
};

/* Phases that mostly insert, then mostly remove, so that nodes split, share, merge and return. */
static void random_operations(const struct shape_row *row, uint64_t seed)
{
    struct operation op;
    fresh(row->key_bytes, row->value_bytes);
    for (uint32_t i = 0; i < 24000; i++) {
        uint64_t insert_share = i / 4000 % 2 == 0 ? 70 : 15;
        uint64_t dice = test_random_below(&seed, 100);
        enum action action = dice < insert_share ? PUT : dice < 90 ? REMOVE : FIND;
        operation_make(&op, &seed, action, row->keys, test_random_below(&seed, row->population));
        operate(&op);
        if (i % 2000 == 1999) {
            CHECK_RUNS(whole_is_equal, NULL);
            CHECK_RUNS(reopen, &model);
        }
    }
}

static void shapes_agree_with_the_model(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++) {
        random_operations(&SHAPES[i], i);
    }
}

/* Walks on with a cursor while lookups in between use the same lines of the cache. */
static void walk_and_find(void *argument)
{
    static struct ic_map_cursor cursor;
    uint64_t *seed = argument;
    uint8_t entry[IC_MAP_ENTRY_BYTES_MAX];
    size_t at = test_random_below(seed, model.count);
    ic_map_seek(&map, &cursor, model_at(&model, at));
    for (; at < model.count && at % 256 != 255; at++) {
        assert_true(ic_map_next(&map, entry, NULL, &cursor));
        assert_memory_equal(entry, model_at(&model, at), model.key_bytes);
        size_t other = test_random_below(seed, model.count);
        assert_true(ic_map_find(&map, NULL, model_at(&model, other)));
    }
}

/* Trees of four and five levels with caches of no, few, and enough lines for them, and the pool. */
static void deep_trees_use_a_cache(void **state)
{
    static const size_t SIZES[] = {0, 4 * IC_MAP_LINE_BYTES_MAX, sizeof more_cache, SHARES_POOL};
    (void)state;
    for (size_t size = 0; size < sizeof SIZES / sizeof SIZES[0]; size++) {
        struct operation op;
        uint64_t seed = size;
        uint32_t height = 0;
        more_cache_bytes = SIZES[size];
        fresh(128, 352);
        for (uint32_t i = 0; i < 24000; i++) {
            uint64_t dice = test_random_below(&seed, 100);
            enum action action = dice < (i < 14000 ? 85u : 12u) ? PUT : REMOVE;
            operation_make(&op, &seed, action, SPREAD, test_random_below(&seed, 13000));
            operate(&op);
            height = map.height > height ? map.height : height;
            if (i % 100 == 99) {
                CHECK_RUNS(walk_and_find, &seed);
            }
            if (i % 4000 == 3999) {
                CHECK_RUNS(whole_is_equal, NULL);
                CHECK_RUNS(reopen, &model);
            }
        }
        assert_true(height >= 4);
        assert_int_equal(map.more_sets > 0, SIZES[size] != 0);
    }
}

static void find_first(void *argument)
{
    (void)argument;
    assert_true(ic_map_find(&map, NULL, model_at(&model, 0)));
}

/* Once the way to a leaf is in the cache, its own front and the key are all that is read. */
static void a_warm_lookup_reads_the_leaf(void **state)
{
    (void)state;
    struct operation op;
    uint64_t seed = 5;
    fresh(128, 352);
    for (uint32_t i = 0; map.height < 5; i++) {
        operation_make(&op, &seed, PUT, SPREAD, i);
        operate(&op);
    }
    CHECK_RUNS(find_first, NULL);
    CHECK_RUNS(find_first, NULL);
    assert_true(ic_host_stable_instructions() <=
                25 + map.leaf.search_bytes + 25 + map.key_bytes + 352 + 25);
}

/* ---- two maps, one pool ---------------------------------------------------------------------- */

#define REGION_OTHER 9u
#define OTHER_KEY    100u
#define OTHER_VALUE  380u

/* The other map has the same keys backwards, and a shape whose fronts are of another size. */
static struct ic_map other_map;

static void other_open(void *argument)
{
    (void)argument;
    ic_map_open(&other_map, &store, REGION_OTHER, OTHER_KEY, OTHER_VALUE);
}

static void other_key(uint8_t *out, const uint8_t *key)
{
    for (size_t i = 0; i < OTHER_KEY; i++) {
        out[i] = key[OTHER_KEY - 1 - i];
    }
}

static void other_operation(void *argument)
{
    const struct operation *op = argument;
    uint8_t key[OTHER_KEY], value[OTHER_VALUE];
    other_key(key, op->key);
    memset(value, key[0], sizeof value);
    if (op->action == PUT) {
        (void)ic_map_put(&other_map, key, value);
    } else if (op->action == REMOVE) {
        (void)ic_map_remove(&other_map, key);
    }
}

static void other_is_equal(void *argument)
{
    (void)argument;
    ic_map_check(&other_map);
    assert_int_equal(ic_map_count(&other_map), model.count);
    for (size_t i = 0; i < model.count; i++) {
        uint8_t key[OTHER_KEY], value[OTHER_VALUE];
        other_key(key, model_at(&model, i));
        assert_true(ic_map_find(&other_map, value, key));
        assert_int_equal(value[OTHER_VALUE - 1], key[0]);
    }
}

static void two_maps_share_the_pool(void **state)
{
    (void)state;
    struct operation op;
    uint64_t seed = 77;
    fresh(128, 352);
    CHECK_RUNS(other_open, NULL);
    for (uint32_t i = 0; i < 15000; i++) {
        uint64_t dice = test_random_below(&seed, 100);
        enum action action = dice < (i < 12000 ? 95u : 30u) ? PUT : REMOVE;
        operation_make(&op, &seed, action, SPREAD, test_random_below(&seed, 1u << 30));
        operate(&op);
        CHECK_RUNS(other_operation, &op);
        if (i % 3000 == 2999) {
            CHECK_RUNS(whole_is_equal, NULL);
            CHECK_RUNS(other_is_equal, NULL);
        }
        if (i % 6000 == 5999) {
            CHECK_RUNS(reopen, &model);
            CHECK_RUNS(other_open, NULL);
        }
    }
    assert_true(map.height >= 4 && other_map.height >= 4 && map.more == other_map.more);
}

/* Fills with 0..count-1 in one direction and empties in a direction. */
static void fill_and_empty(uint32_t count, bool fill_up, bool empty_up)
{
    struct operation op;
    uint64_t seed = 1;
    fresh(28, 8);
    for (uint32_t i = 0; i < count; i++) {
        operation_make(&op, &seed, PUT, COUNTING, fill_up ? i : count - 1 - i);
        operate(&op);
    }
    CHECK_RUNS(whole_is_equal, NULL);
    if (fill_up) {
        assert_in_range(map.node_count, count / map.leaf.room,
                        count / map.leaf.room * 103 / 100 + 3);
    }
    for (uint32_t i = 0; i < count; i++) {
        operation_make(&op, &seed, REMOVE, COUNTING, empty_up ? i : count - 1 - i);
        operate(&op);
        if (i % 3000 == 0) {
            CHECK_RUNS(whole_is_equal, NULL);
        }
    }
    CHECK_RUNS(whole_is_equal, NULL);
    assert_int_equal(map.height, 1);
    assert_int_equal(map.free_count, map.node_count - 1);
}

static void ascending_and_descending(void **state)
{
    (void)state;
    fill_and_empty(20000, true, true);
    fill_and_empty(20000, true, false);
    fill_and_empty(20000, false, true);
    fill_and_empty(20000, false, false);
}

/* A map that is used like a queue stays small. */
static void space_is_used_again(void **state)
{
    (void)state;
    struct operation op;
    uint64_t seed = 1;
    fresh(28, 8);
    for (uint32_t i = 0; i < 60000; i++) {
        operation_make(&op, &seed, PUT, COUNTING, i);
        operate(&op);
        if (i >= 1000) {
            operation_make(&op, &seed, REMOVE, COUNTING, i - 1000);
            operate(&op);
        }
    }
    CHECK_RUNS(whole_is_equal, NULL);
    assert_in_range(map.node_count, 10, 40);
}

/* ---- 200,000 entries ------------------------------------------------------------------------- */

#define MANY 200000u

/* Sums of what the system charges for stable memory; code comes on top. */
struct cost {
    uint64_t sum, worst;
};

static void cost_add(struct cost *cost)
{
    uint64_t now = ic_host_stable_instructions();
    cost->sum += now;
    cost->worst = now > cost->worst ? now : cost->worst;
}

static void many_step(struct cost *cost, uint64_t *seed, enum action action, uint64_t number)
{
    struct operation op;
    operation_make(&op, seed, action, SPREAD, number);
    CHECK_RUNS(run_operation, &op);
    assert_true(op.answer);
    cost_add(cost);
}

static void two_hundred_thousand_entries(void **state)
{
    (void)state;
    struct cost insert = {0}, find = {0}, remove = {0};
    uint64_t seed = 5;
    fresh(28, 8);
    for (uint32_t i = 0; i < MANY; i++) {
        many_step(&insert, &seed, PUT, i);
    }
    CHECK_RUNS(check, NULL);
    CHECK_RUNS(reopen, &model);
    uint32_t node_count = map.node_count;
    for (uint32_t i = 0; i < MANY; i++) {
        many_step(&find, &seed, FIND, i * 7919u % MANY);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        many_step(&remove, &seed, REMOVE, i * 7919u % MANY);
    }
    CHECK_RUNS(check, NULL);
    assert_int_equal(ic_map_count(&map), 0);
    assert_int_equal(map.node_count, node_count);
    assert_int_equal(map.free_count, node_count - 1);
    print_message("stable charges: find %.0f insert %.0f (worst %.0f) remove %.0f (worst %.0f)\n",
                  (double)find.sum / MANY, (double)insert.sum / MANY, (double)insert.worst,
                  (double)remove.sum / MANY, (double)remove.worst);
    assert_true(find.sum / MANY <= 1500 && insert.sum / MANY <= 4500 && remove.sum / MANY <= 4500);
    assert_true(insert.worst <= 60000 && remove.worst <= 60000);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* Every key that can be sought for, in a map of every third. */
static void seek_everywhere(void *argument)
{
    (void)argument;
    for (uint32_t n = 0; n < 65536; n += 5) {
        static struct ic_map_cursor cursor;
        uint8_t key[2] = {(uint8_t)(n >> 8), (uint8_t)n};
        uint8_t out[5];
        size_t lower = model_lower(&model, key);
        ic_map_seek(&map, &cursor, key);
        assert_int_equal(ic_map_next(&map, out, out + 2, &cursor), lower < model.count);
        if (lower < model.count) {
            assert_memory_equal(out, model_at(&model, lower), 5);
        }
        ic_map_seek(&map, &cursor, key);
        assert_int_equal(ic_map_previous(&map, out, out + 2, &cursor), lower > 0);
        if (lower > 0) {
            assert_memory_equal(out, model_at(&model, lower - 1), 5);
        }
    }
}

static void seek_finds_lower_bounds(void **state)
{
    (void)state;
    struct operation op;
    uint64_t seed = 9;
    fresh(2, 3);
    for (uint32_t n = 0; n < 65536 / 3; n++) {
        operation_make(&op, &seed, PUT, COUNTING, n * 40503u % 21845u * 3u);
        operate(&op);
    }
    CHECK_RUNS(seek_everywhere, NULL);
}

static void use_stale_cursor(void *argument)
{
    (void)argument;
    static struct ic_map_cursor cursor;
    uint8_t key[28] = {1}, value[8] = {0};
    ic_map_seek_first(&map, &cursor);
    ic_map_insert(&map, key, value);
    assert_false(ic_map_next(&map, NULL, NULL, &cursor));
}

static void insert_twice(void *argument)
{
    (void)argument;
    uint8_t key[28] = {1}, value[8] = {0};
    ic_map_insert(&map, key, value);
    ic_map_insert(&map, key, value);
}

static void misuse_traps(void **state)
{
    (void)state;
    fresh(28, 8);
    CHECK_TRAPS("stable map: the map changed under a cursor", use_stale_cursor, NULL);
    CHECK_RUNS(reopen, &model);
    CHECK_TRAPS("assertion failed: !is_found", insert_twice, NULL);
    CHECK_RUNS(reopen, &model);
    CHECK_RUNS(whole_is_equal, NULL);
    struct model other = {.key_bytes = 8, .value_bytes = 28};
    CHECK_TRAPS("stable store: region 3 holds something of another kind or shape", reopen, &other);
}

/* ---- small worlds ---------------------------------------------------------------------------- */

#define WORLD_KEYS 12u

static void world_operate(enum action action, uint32_t key)
{
    struct operation op;
    uint64_t seed = key;
    operation_make(&op, &seed, action, COUNTING, key);
    run_operation(&op);
    model_agrees(&op);
}

/* Leaves of eight. Each subset of 12 keys is inserted into nothing, upwards and then downwards, and
 * is removed from a map that has all of them and as many more. */
static void every_small_world(void *argument)
{
    uint32_t world = *(const uint32_t *)argument;
    for (uint32_t direction = 0; direction < 2; direction++) {
        for (uint32_t i = 0; i < WORLD_KEYS; i++) {
            uint32_t key = direction == 0 ? i : WORLD_KEYS - 1 - i;
            if (world >> key & 1) {
                world_operate(PUT, 2 * key);
            }
        }
        whole_is_equal(NULL);
        for (uint32_t key = 0; key < 2 * WORLD_KEYS; key++) {
            world_operate(PUT, key);
        }
        for (uint32_t i = 0; i < WORLD_KEYS; i++) {
            uint32_t key = direction == 0 ? i : WORLD_KEYS - 1 - i;
            if (world >> key & 1) {
                world_operate(REMOVE, key + WORLD_KEYS / 2);
            }
        }
        whole_is_equal(NULL);
        for (uint32_t i = 0; i < 2 * WORLD_KEYS; i++) {
            world_operate(REMOVE, direction == 0 ? i : 2 * WORLD_KEYS - 1 - i);
        }
        whole_is_equal(NULL);
    }
}

static void small_worlds(void **state)
{
    (void)state;
    fresh(1, 479);
    assert_int_equal(map.leaf.room, 8);
    for (uint32_t world = 0; world < 1u << WORLD_KEYS; world++) {
        CHECK_RUNS(every_small_world, &world);
    }
    assert_in_range(map.node_count, 5, 8);
}

/* ---- traps ----------------------------------------------------------------------------------- */

/* Runs an operation with a trap at its first, second, ... write until it gets through. After each
 * trap the map is as before. */
static void operate_with_traps(struct operation *op, uint32_t *traps)
{
    for (uint64_t write = 1;; write++) {
        ic_host_stable_trap_at(write);
        bool is_through = ic_host_run(run_operation, op);
        ic_host_stable_trap_at(0);
        if (is_through) {
            break;
        }
        assert_string_equal(ic_host_trap_text(), "planned trap in a stable write");
        (*traps)++;
        CHECK_RUNS(reopen, &model);
        assert_int_equal(ic_map_count(&map), model.count);
        if (write > 4) {
            CHECK_RUNS(whole_is_equal, NULL); /* a split or merge */
        }
    }
    model_agrees(op);
}

static void traps_roll_back(void **state)
{
    (void)state;
    struct operation op;
    uint64_t seed = 77;
    uint32_t traps = 0;
    fresh(128, 352);
    for (uint32_t i = 0; i < 1500; i++) {
        enum action action = test_random_below(&seed, 100) < (i < 800 ? 75u : 25u) ? PUT : REMOVE;
        operation_make(&op, &seed, action, SPREAD, test_random_below(&seed, 600));
        operate_with_traps(&op, &traps);
    }
    CHECK_RUNS(whole_is_equal, NULL);
    print_message("%u traps rolled back\n", traps);
    assert_true(traps > 3000);
}

static void full_memory_traps(void **state)
{
    (void)state;
    struct operation op;
    uint64_t seed = 1;
    fresh(28, 8);
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES);
    for (uint32_t i = 0;; i++) {
        operation_make(&op, &seed, PUT, COUNTING, i);
        if (!ic_host_run(run_operation, &op)) {
            break;
        }
        model_agrees(&op);
    }
    assert_string_equal(ic_host_trap_text(), "stable map: stable memory cannot grow");
    assert_in_range(model.count, 6000, 6272);
    CHECK_RUNS(reopen, &model);
    CHECK_RUNS(whole_is_equal, NULL);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* The map of the region starts here: the region's first extent, right behind the header page. */
#define NODES_AT 65536u
#define HEAD_AT  (4096u + REGION * 128u)

static void open_and_use(void *argument)
{
    struct operation op = {.action = FIND};
    uint64_t seed = 1;
    reopen(argument);
    ic_map_check(&map);
    for (uint32_t i = 0; i < 40; i++) {
        operation_make(&op, &seed, i % 2 == 0 ? PUT : REMOVE, SPREAD, i);
        run_operation(&op);
    }
}

static void use_only(void *argument)
{
    struct operation op = {.action = FIND};
    uint64_t seed = 1;
    reopen(argument);
    for (uint32_t i = 0; i < 300; i++) {
        operation_make(&op, &seed, (enum action)(i % 3), SPREAD, i);
        run_operation(&op);
    }
}

/* Whatever byte is damaged: a trap with a text or an answer, never a crash; with the check in front
 * of the use and without. */
static void damage_never_crashes(void **state)
{
    (void)state;
    struct operation op;
    uint64_t seed = 1;
    uint32_t caught = 0;
    fresh(28, 8);
    for (uint32_t i = 0; i < 260; i++) {
        operation_make(&op, &seed, PUT, SPREAD, i);
        operate(&op);
    }
    size_t size = ic_host_stable_bytes();
    uint8_t *sound = malloc(size);
    memcpy(sound, ic_host_stable(), size);
    const uint32_t head_bytes = 40;
    for (uint32_t i = 0; i < head_bytes + map.node_count * 4096u; i++) {
        uint32_t at = i < head_bytes ? HEAD_AT + i : NODES_AT + i - head_bytes;
        ic_host_stable()[at] ^= (uint8_t)(1u << i % 8);
        if (!ic_host_run(i % 2 == 0 ? open_and_use : use_only, &model)) {
            assert_true(ic_host_trap_text()[0] != 0);
            caught++;
        }
        ic_host_stable_load((struct ic_bytes){.at = sound, .size = size});
    }
    free(sound);
    print_message("%u of %u damaged bytes trapped\n", caught,
                  head_bytes + map.node_count * 4096u);
    assert_true(caught > 1000);
}

struct damage_row {
    uint32_t offset; /* in the first node, a leaf */
    uint8_t change;  /* xor */
    const char *text;
};

/* The leaf of ascending keys: prefix 27 bytes, index at 36, entries at 531. */
static const struct damage_row DAMAGE[] = {
    {0, 1, "stable map: the structure is damaged"},
    {0, 255, "stable map: the structure is damaged"},
    {1, 64, "stable map: the structure is damaged"},
    {2, 2, "stable map: a free slot is not marked"},
    {3, 1, "stable map: the structure is damaged"},
    {8, 1, "stable map: a key does not begin with its node's prefix"},
    {36, 1, "stable map: the index does not fit a key"},
    {36 + 4, 1, "stable map: a slot is used twice"},
    {36 + 4, 128, "stable map: the structure is damaged"},
    {531 + 27, 3, "stable map: the index does not fit a key"},
};

static void named_damage_is_named(void **state)
{
    (void)state;
    struct operation op;
    uint64_t seed = 1;
    fresh(28, 8);
    for (uint32_t i = 0; i < 90; i++) {
        operation_make(&op, &seed, PUT, COUNTING, i);
        operate(&op);
    }
    assert_int_equal(map.leaf.room, 99);
    assert_int_equal(ic_host_stable()[NODES_AT + 1], 27);
    for (size_t i = 0; i < sizeof DAMAGE / sizeof DAMAGE[0]; i++) {
        ic_host_stable()[NODES_AT + DAMAGE[i].offset] ^= DAMAGE[i].change;
        CHECK_TRAPS(DAMAGE[i].text, check, NULL);
        ic_host_stable()[NODES_AT + DAMAGE[i].offset] ^= DAMAGE[i].change;
        CHECK_RUNS(check, NULL);
    }
    uint8_t *head = ic_host_stable() + HEAD_AT;
    for (size_t bit = 0; bit < 8 * (size_t)32; bit++) {
        head[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_TRAPS("stable map: the structure is damaged", reopen, &model);
        head[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    head[0] ^= 1;
    memset(head + 32, 0, 8); /* a head from before there was a check */
    CHECK_RUNS(reopen, &model);
    CHECK_TRAPS("stable map: the count of entries is wrong", check, NULL);
    head[8] ^= 7;
    CHECK_TRAPS("stable map: the structure is damaged", reopen, &model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_map_is_empty),
        cmocka_unit_test(shapes_agree_with_the_model),
        cmocka_unit_test(deep_trees_use_a_cache),
        cmocka_unit_test(a_warm_lookup_reads_the_leaf),
        cmocka_unit_test(two_maps_share_the_pool),
        cmocka_unit_test(ascending_and_descending),
        cmocka_unit_test(space_is_used_again),
        cmocka_unit_test(two_hundred_thousand_entries),
        cmocka_unit_test(seek_finds_lower_bounds),
        cmocka_unit_test(misuse_traps),
        cmocka_unit_test(small_worlds),
        cmocka_unit_test(traps_roll_back),
        cmocka_unit_test(full_memory_traps),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(named_damage_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, finish);
}
