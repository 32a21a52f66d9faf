/* The hash table against plain models: random operations, planned traps, upgrades, ground keys. */
#include "test/check.h"

#include "ic/buf.h"
#include "ic/sha2.h"
#include "ic/table.h"

static const struct ic_store_app APP = {.magic = "A TABLE", .version = 1};

enum { REGION_ACCOUNTS = 10, REGION_SET = 12, REGION_WIDE = 14 };

#define KEY_BYTES   28u
#define VALUE_BYTES 8u

static struct ic_store store;
static struct ic_table table; /* like the ledger's balances */
static struct ic_table set;   /* smallest keys, no values: the fullest blocks */
static struct ic_table wide;  /* largest entries: the emptiest blocks */

static void open_tables(void)
{
    ic_table_open(&table, &store, REGION_ACCOUNTS, KEY_BYTES, VALUE_BYTES);
    ic_table_open(&set, &store, REGION_SET, IC_TABLE_KEY_BYTES_MIN, 0);
    ic_table_open(&wide, &store, REGION_WIDE, 32, IC_TABLE_ENTRY_BYTES_MAX - 32);
}

static void install(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    open_tables();
}

static void upgrade(void *argument)
{
    (void)argument;
    memset(&store, 0xee, sizeof store);
    memset(&table, 0xee, sizeof table);
    ic_store_open(&store, APP);
    open_tables();
}

static void fresh(void)
{
    ic_host_reset();
    CHECK_RUNS(install, NULL);
}

/* Key number n of a table, in two fashions: spread like hashes, or ground so that all fall into the
 * bucket of hash 0 and only four tags differ. */
static void key_make(uint8_t *key, uint32_t key_bytes, uint64_t n, bool is_ground)
{
    uint8_t digest[IC_SHA256_BYTES], number[8];
    ic_store_u64_le(number, n);
    ic_sha256(digest, (struct ic_bytes){.at = number, .size = sizeof number});
    memcpy(key, digest, key_bytes);
    if (is_ground) {
        key[0] &= 3;
        memset(key + 1, 0, 4);
    }
}

/* ---- one table against an array -------------------------------------------------------------- */

#define KEYS_MAX 6000u

struct model {
    struct ic_table *table;
    bool is_ground;
    uint64_t keys; /* numbers of keys are below this */
    bool is_in[KEYS_MAX];
    uint64_t value[KEYS_MAX];
    uint64_t count;
    uint64_t seed;
    uint64_t steps;    /* in one message */
    uint64_t put_of_8; /* of eight operations so many put, the rest remove */
};

static void value_make(uint8_t value[IC_TABLE_ENTRY_BYTES_MAX], uint64_t number)
{
    for (size_t i = 0; i < IC_TABLE_ENTRY_BYTES_MAX; i++) {
        value[i] = (uint8_t)(number >> i % 8 * 8 ^ i);
    }
}

static void put_one(struct model *m, const uint8_t *key, uint64_t n)
{
    uint8_t value[IC_TABLE_ENTRY_BYTES_MAX];
    uint64_t number = test_random(&m->seed);
    struct ic_table_slot slot;
    value_make(value, number);
    switch (test_random_below(&m->seed, 3)) {
    case 0:
        ic_table_put(m->table, key, value);
        break;
    case 1:
        if (m->is_in[n]) {
            assert_true(ic_table_find(m->table, NULL, &slot, key));
            ic_table_set_at(m->table, &slot, value);
        } else {
            ic_table_insert(m->table, key, value);
        }
        break;
    default:
        if (ic_table_find(m->table, NULL, &slot, key)) {
            ic_table_set_at(m->table, &slot, value);
        } else {
            ic_table_put(m->table, key, value);
        }
    }
    m->count += !m->is_in[n];
    m->is_in[n] = true;
    m->value[n] = number;
}

static void step_table(void *argument)
{
    struct model *m = argument;
    for (uint64_t i = 0; i < m->steps; i++) {
        uint8_t key[32];
        uint64_t n = test_random_below(&m->seed, m->keys);
        key_make(key, m->table->key_bytes, n, m->is_ground);
        if (test_random_below(&m->seed, 8) < m->put_of_8) {
            put_one(m, key, n);
        } else {
            assert_int_equal(ic_table_remove(m->table, key), m->is_in[n]);
            m->count -= m->is_in[n];
            m->is_in[n] = false;
        }
    }
}

static void check_finds(const struct model *m)
{
    for (uint64_t n = 0; n < m->keys; n++) {
        uint8_t key[32], value[IC_TABLE_ENTRY_BYTES_MAX], expected[IC_TABLE_ENTRY_BYTES_MAX];
        key_make(key, m->table->key_bytes, n, m->is_ground);
        assert_int_equal(ic_table_find(m->table, value, NULL, key), m->is_in[n]);
        if (m->is_in[n]) {
            value_make(expected, m->value[n]);
            assert_memory_equal(value, expected, m->table->value_bytes);
        }
    }
}

static void check_iteration(const struct model *m)
{
    struct ic_table_cursor cursor = {0};
    uint8_t key[32];
    uint64_t seen = 0;
    while (ic_table_next(m->table, key, NULL, &cursor)) {
        assert_true(ic_table_find(m->table, NULL, NULL, key));
        seen++;
    }
    assert_int_equal(seen, m->count);
    assert_false(ic_table_next(m->table, key, NULL, &cursor));
}

static void check_table(void *argument)
{
    const struct model *m = argument;
    assert_int_equal(ic_table_count(m->table), m->count);
    ic_table_check(m->table);
    check_finds(m);
    check_iteration(m);
}

/* Waves of growing and shrinking; a quarter of the messages trap in the middle of a write. */
static void run_against_the_model(struct ic_table *t, uint64_t keys, bool is_ground, int rounds)
{
    static struct model model, before;
    int traps = 0;
    fresh();
    memset(&model, 0, sizeof model);
    model = (struct model){.table = t, .is_ground = is_ground, .keys = keys, .seed = keys};
    for (int round = 0; round < rounds; round++) {
        before = model;
        model.put_of_8 = round / 10 % 3 == 2 ? 2 : 6;
        model.steps = 1 + test_random_below(&model.seed, keys / 4);
        ic_host_stable_trap_at(round % 4 == 0 ? 1 + test_random_below(&model.seed, 400) : 0);
        if (!ic_host_run(step_table, &model)) {
            assert_string_equal(ic_host_trap_text(), "planned trap in a stable write");
            uint64_t seed = model.seed;
            model = before;
            model.seed = seed;
            traps++;
            CHECK_RUNS(upgrade, NULL);
        }
        ic_host_stable_trap_at(0);
        if (round % 5 == 0) {
            CHECK_RUNS(upgrade, NULL);
            CHECK_RUNS(check_table, &model);
        }
    }
    CHECK_RUNS(check_table, &model);
    assert_true(traps > 0);
}

static void balances_against_the_model(void **state)
{
    (void)state;
    run_against_the_model(&table, KEYS_MAX, false, 60);
    assert_true(table.bucket_count > 30);
}

static void smallest_entries_against_the_model(void **state)
{
    (void)state;
    run_against_the_model(&set, KEYS_MAX, false, 40);
    assert_true(set.bucket_count > 5);
}

static void largest_entries_against_the_model(void **state)
{
    (void)state;
    run_against_the_model(&wide, 2000, false, 60);
    assert_true(wide.bucket_count > 30);
}

/* All keys in one bucket: a long chain, still right, and given back when emptied. */
static void ground_keys_against_the_model(void **state)
{
    (void)state;
    run_against_the_model(&table, 600, true, 80);
    assert_true(table.more_count > 10);
}

struct range {
    uint64_t from, to;
    bool is_ground;
};

static void insert_range(void *argument)
{
    const struct range *r = argument;
    for (uint64_t n = r->from; n < r->to; n++) {
        uint8_t key[KEY_BYTES], value[VALUE_BYTES];
        key_make(key, KEY_BYTES, n, r->is_ground);
        ic_store_u64_le(value, n);
        ic_table_insert(&table, key, value);
    }
}

static void remove_range(void *argument)
{
    const struct range *r = argument;
    for (uint64_t n = r->from; n < r->to; n++) {
        uint8_t key[KEY_BYTES];
        struct ic_table_slot slot;
        key_make(key, KEY_BYTES, n, r->is_ground);
        assert_true(ic_table_find(&table, NULL, &slot, key));
        ic_table_remove_at(&table, &slot);
    }
}

static void check_only(void *argument)
{
    (void)argument;
    ic_table_check(&table);
}

static void emptied_chains_are_given_back(void **state)
{
    (void)state;
    struct range all = {0, 1000, true};
    fresh();
    CHECK_RUNS(insert_range, &all);
    CHECK_RUNS(check_only, NULL);
    uint32_t blocks = table.more_count;
    assert_true(table.more_used > 60);
    CHECK_RUNS(remove_range, &all);
    CHECK_RUNS(check_only, NULL);
    assert_int_equal(table.more_used, 0);
    assert_int_equal(ic_table_count(&table), 0);
    CHECK_RUNS(insert_range, &all);
    CHECK_RUNS(check_only, NULL);
    assert_true(table.more_count <= blocks + 1);
}

static void insert_twice_is_a_bug(void **state)
{
    (void)state;
    struct range one = {0, 1, false};
    fresh();
    CHECK_RUNS(insert_range, &one);
    CHECK_TRAPS("assertion failed: !is_found", insert_range, &one);
}

static void a_full_memory_traps(void **state)
{
    (void)state;
    struct range many = {0, 100000, false};
    fresh();
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES + 16);
    CHECK_TRAPS("stable table: stable memory cannot grow", insert_range, &many);
    CHECK_RUNS(upgrade, NULL);
    assert_int_equal(ic_table_count(&table), 0);
}

/* ---- what it costs --------------------------------------------------------------------------- */

struct lookup {
    uint64_t n;
    bool expected;
};

static void look_up(void *argument)
{
    const struct lookup *l = argument;
    uint8_t key[KEY_BYTES], value[VALUE_BYTES];
    key_make(key, KEY_BYTES, l->n, false);
    assert_int_equal(ic_table_find(&table, value, NULL, key), l->expected);
}

/* Average and dearest charge for stable memory of one operation per message. */
struct cost {
    uint64_t total, max;
};

static void cost_add(struct cost *c)
{
    uint64_t charge = ic_host_stable_instructions();
    c->total += charge;
    c->max = charge > c->max ? charge : c->max;
}

/* SPEC: budgets: a lookup 900, an insert 4,000 on average, 48 bytes for an account, no pause over
 * 100,000. These are the charges for stable memory alone; they hold while the table grows from
 * 50,000 to 100,000 entries, that is through a whole round of splits. */
static void costs_at_100000_entries(void **state)
{
    (void)state;
    struct range bulk = {0, 50000, false};
    struct cost insert = {0, 0}, hit = {0, 0}, miss = {0, 0};
    fresh();
    CHECK_RUNS(insert_range, &bulk);
    for (uint64_t n = 50000; n < 100000; n++) {
        struct range one = {n, n + 1, false};
        CHECK_RUNS(insert_range, &one);
        cost_add(&insert);
        CHECK_RUNS(look_up, (&(struct lookup){n * 7919 % 50000, true}));
        cost_add(&hit);
        CHECK_RUNS(look_up, (&(struct lookup){n + 100000, false}));
        cost_add(&miss);
    }
    CHECK_RUNS(check_only, NULL);
    uint64_t bytes = (uint64_t)table.bucket_count * IC_TABLE_BUCKET_BYTES +
                     (uint64_t)table.more_count * IC_TABLE_MORE_BYTES;
    print_message("stable charges: insert %llu (max %llu), hit %llu (max %llu), miss %llu; "
                  "%llu bytes for 1,000 entries\n",
                  (unsigned long long)(insert.total / 50000), (unsigned long long)insert.max,
                  (unsigned long long)(hit.total / 50000), (unsigned long long)hit.max,
                  (unsigned long long)(miss.total / 50000), (unsigned long long)(bytes / 100));
    assert_true(insert.total / 50000 < 2800);
    assert_true(insert.max < 40000);
    assert_true(hit.total / 50000 < 300);
    assert_true(miss.total / 50000 < 320);
    assert_true(bytes < (uint64_t)48 * 100000);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void notices_damage(void **state)
{
    (void)state;
    struct range some = {0, 300, true};
    fresh();
    CHECK_RUNS(insert_range, &some);
    uint8_t *head = ic_host_stable() + 4096 + REGION_ACCOUNTS * IC_STORE_HEAD_BYTES;
    for (size_t bit = 0; bit < 8 * (size_t)24; bit++) {
        head[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_TRAPS("stable table: the structure is damaged", upgrade, NULL);
        head[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_RUNS(upgrade, NULL);
    CHECK_RUNS(check_only, NULL);
    uint8_t *bucket = ic_host_stable() + ic_region_address(table.buckets, 0);
    bucket[8] ^= 0x80; /* a tag that is not its key's */
    CHECK_TRAPS("stable table: the structure is damaged", check_only, NULL);
    bucket[8] ^= 0x80;
    bucket[2] = 1; /* a link to where no block is */
    CHECK_TRAPS("stable table: the structure is damaged", check_only, NULL);
}

/* A chain that runs in a circle ends in a trap, not in the instruction limit. */
static void a_circle_is_noticed(void **state)
{
    (void)state;
    struct range some = {0, 150, true}, missing = {500, 501, true};
    fresh();
    CHECK_RUNS(insert_range, &some);
    assert_true(table.more_used >= 2);
    uint8_t *first = ic_host_stable() + ic_region_address(table.more, 0);
    uint32_t next = ic_load_u32_le(first);
    assert_true(next != 0);
    ic_store_u32_le(first + (next - 1) * IC_TABLE_MORE_BYTES, 1);
    CHECK_TRAPS("stable table: the structure is damaged", insert_range, &missing);
    CHECK_TRAPS("stable table: the structure is damaged", check_only, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balances_against_the_model),
        cmocka_unit_test(smallest_entries_against_the_model),
        cmocka_unit_test(largest_entries_against_the_model),
        cmocka_unit_test(ground_keys_against_the_model),
        cmocka_unit_test(emptied_chains_are_given_back),
        cmocka_unit_test(insert_twice_is_a_bug),
        cmocka_unit_test(a_full_memory_traps),
        cmocka_unit_test(costs_at_100000_entries),
        cmocka_unit_test(notices_damage),
        cmocka_unit_test(a_circle_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
