/* The certified tree against a plain list of leaves. Witnesses are read by the code that clients
 * use (integration/axon/cert), which shares nothing with the tree under test. */
#include "test/cert_model.h"
#include "test/check.h"

#include "cert/node_hash.h"
#include "cert/tree.h"
#include "ic/cert.h"
#include "ic/msg.h"
#include "ic/sha2.h"

#define REGION      3u
#define ARENA_BYTES (1u << 20)

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'C', 'E', 'R', 'T'},
                                        .version = 1};
static struct ic_store store;
static struct ic_cert tree;

/* ---- messages -------------------------------------------------------------------------------- */

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_cert_open(&tree, &store, REGION);
    ic_cert_commit(&tree);
}

static void reopen(void *argument)
{
    (void)argument;
    memset(&tree, 0xee, sizeof tree);
    ic_store_open(&store, APP);
    ic_cert_open(&tree, &store, REGION);
}

static void check(void *argument)
{
    (void)argument;
    ic_cert_check(&tree);
}

static void commit(void *argument)
{
    (void)argument;
    ic_cert_commit(&tree);
    ic_cert_check(&tree);
}

struct change {
    struct ic_cert_path path;
    struct ic_bytes value;
    bool ok;
};

static void put(void *argument)
{
    struct change *change = argument;
    change->ok = ic_cert_put(&tree, change->path, change->value);
}

static void take(void *argument)
{
    struct change *change = argument;
    change->ok = ic_cert_remove(&tree, change->path);
}

static bool do_put(struct ic_cert_path path, struct ic_bytes value)
{
    struct change change = {.path = path, .value = value};
    CHECK_RUNS(put, &change);
    return change.ok;
}

static bool do_take(struct ic_cert_path path)
{
    struct change change = {.path = path};
    CHECK_RUNS(take, &change);
    return change.ok;
}

struct question {
    const struct ic_cert_path *paths;
    size_t count;
    struct ic_bytes witness;
    bool ok;
    size_t arena_bytes;
};

static void ask(void *argument)
{
    struct question *q = argument;
    struct ic_arena *a = ic_msg_arena(ARENA_BYTES);
    struct ic_arena small = {.at = a->at, .size = q->arena_bytes};
    q->ok = ic_cert_witness(&q->witness, &tree, q->paths, q->count, &small);
}

static int setup(void **state)
{
    (void)state;
    ic_host_reset();
    cert_model_count = 0;
    CHECK_RUNS(create, NULL);
    return 0;
}

/* ---- witnesses as a client reads them -------------------------------------------------------- */

struct reading {
    struct axon_cbor_doc doc;
    struct axon_witness witness;
};

static void reading_open(struct reading *r, struct ic_bytes cbor)
{
    *r = (struct reading){0};
    if (!axon_cbor_read(&r->doc, cbor)) {
        fail_msg("%s", r->doc.why);
    }
    assert_true(r->doc.is_tagged);
    assert_true(axon_witness_from_cbor(&r->witness, r->doc.nodes));
    uint8_t hash[AXON_HASH_BYTES];
    axon_witness_hash(&r->witness, hash);
    const struct ic_bytes certified = ic_host_certified_data();
    assert_int_equal(certified.size, AXON_HASH_BYTES);
    assert_memory_equal(hash, certified.at, AXON_HASH_BYTES);
}

static void reading_close(struct reading *r)
{
    axon_witness_free(&r->witness);
    axon_cbor_doc_free(&r->doc);
}

/* What the witness says about a path must be what the model says. */
static void check_answer(const struct reading *r, struct ic_cert_path path)
{
    const struct axon_path theirs = {.labels = path.labels, .count = path.count};
    const struct cert_model_leaf *leaf = NULL;
    struct ic_bytes value = {0};
    enum axon_lookup lookup = AXON_LOOKUP_ERROR;
    switch (cert_model_find(path, &leaf)) {
    case IC_CERT_LEAF:
        assert_int_equal(axon_witness_find(&r->witness, theirs, &value), AXON_LOOKUP_FOUND);
        assert_int_equal(value.size, leaf->value_size);
        assert_memory_equal(value.at, leaf->value, value.size);
        break;
    case IC_CERT_MAP:
        assert_non_null(axon_witness_node_find(&r->witness, theirs, &lookup));
        break;
    case IC_CERT_ABSENT:
        assert_int_equal(axon_witness_find(&r->witness, theirs, &value), AXON_LOOKUP_ABSENT);
        break;
    }
}

static void check_paths(const struct ic_cert_path *paths, size_t count)
{
    struct question q = {.paths = paths, .count = count, .arena_bytes = ARENA_BYTES};
    CHECK_RUNS(ask, &q);
    assert_true(q.ok);
    struct reading r;
    reading_open(&r, q.witness);
    for (size_t i = 0; i < count; i++) {
        check_answer(&r, paths[i]);
    }
    reading_close(&r);
}

static void check_find(struct ic_cert_path path)
{
    const struct cert_model_leaf *leaf = NULL;
    uint8_t value[IC_CERT_LABEL_MAX];
    size_t size = 0;
    const enum ic_cert_found found = ic_cert_find(&tree, path, value, &size);
    assert_int_equal(found, cert_model_find(path, &leaf));
    if (found == IC_CERT_LEAF) {
        assert_int_equal(size, leaf->value_size);
        assert_memory_equal(value, leaf->value, size);
    }
}

/* ---- small worlds, all of them --------------------------------------------------------------- */

/* Labels that are prefixes of others, empty, differ in the first or the last bit. */
static const struct ic_bytes WORLD[] = {
    {.at = (const uint8_t *)"", .size = 0},         {.at = (const uint8_t *)"\0", .size = 1},
    {.at = (const uint8_t *)"a", .size = 1},        {.at = (const uint8_t *)"a\0", .size = 2},
    {.at = (const uint8_t *)"ab", .size = 2},       {.at = (const uint8_t *)"b", .size = 1},
    {.at = (const uint8_t *)"\xff\xff", .size = 2}, {.at = (const uint8_t *)"\x80", .size = 1},
};
#define WORLD_COUNT (sizeof WORLD / sizeof *WORLD)

static void every_set_of_labels(void **state)
{
    (void)state;
    for (unsigned set = 0; set < 1u << WORLD_COUNT; set++) {
        cert_model_count = 0;
        do_take((struct ic_cert_path){.count = 0});
        for (size_t i = 0; i < WORLD_COUNT; i++) {
            if ((set >> i & 1) != 0) {
                assert_true(do_put(IC_CERT_PATH(WORLD[i]), WORLD[i]));
                cert_model_put(IC_CERT_PATH(WORLD[i]), WORLD[i]);
            }
        }
        CHECK_RUNS(commit, NULL);
        for (size_t i = 0; i < WORLD_COUNT; i++) {
            check_find(IC_CERT_PATH(WORLD[i]));
            check_paths(&IC_CERT_PATH(WORLD[i]), 1);
        }
        check_paths(&IC_CERT_PATH(IC_BYTES_LIT("a long label in between")), 1);
    }
}

/* The hash does not depend on the way there, or on what was there in between. */
/* ---- ranges ---------------------------------------------------------------------------------- */

struct range_question {
    struct ic_cert_range range;
    struct ic_bytes witness;
    bool ok;
};

static void ask_range(void *argument)
{
    struct range_question *q = argument;
    q->ok = ic_cert_witness_range(&q->witness, &tree, &q->range, ic_msg_arena(ARENA_BYTES));
}

static int compare(struct ic_bytes a, struct ic_bytes b)
{
    const size_t size = a.size < b.size ? a.size : b.size;
    const int order = size == 0 ? 0 : memcmp(a.at, b.at, size);
    return order != 0 ? order : (int)a.size - (int)b.size;
}

static bool is_in(const struct ic_cert_range *range, struct ic_bytes label)
{
    if (range->is_prefix) {
        return label.size >= range->first.size &&
               (range->first.size == 0 ||
                memcmp(label.at, range->first.at, range->first.size) == 0);
    }
    return compare(label, range->first) >= 0 && compare(label, range->last) <= 0;
}

/* Every label of the range is shown with its value, or proved to be absent; no other value is. */
static void check_range(const struct ic_cert_range *range)
{
    struct range_question q = {.range = *range};
    struct reading r;
    CHECK_RUNS(ask_range, &q);
    assert_true(q.ok);
    reading_open(&r, q.witness);
    for (size_t i = 0; i < WORLD_COUNT; i++) {
        struct ic_bytes labels[2] = {WORLD[i], WORLD[i]};
        const struct ic_cert_path path = {.labels = labels, .count = range->map.count + 1};
        const struct axon_path theirs = {.labels = labels, .count = path.count};
        struct ic_bytes value;
        if (range->map.count > 0) {
            labels[0] = range->map.labels[0];
        }
        if (is_in(range, WORLD[i])) {
            check_answer(&r, path);
        } else {
            assert_int_not_equal(axon_witness_find(&r.witness, theirs, &value), AXON_LOOKUP_FOUND);
        }
    }
    reading_close(&r);
}

/* Every set of labels, every range of them and every prefix; in the root, and in a map. */
static void ranges_of_every_set(void **state)
{
    (void)state;
    const struct ic_bytes map[] = {IC_BYTES_LIT("list")};
    for (unsigned set = 0; set < 2u << WORLD_COUNT; set += 3) {
        const bool is_nested = set >> WORLD_COUNT != 0;
        struct ic_cert_range range = {.map = {.labels = map, .count = is_nested}};
        cert_model_count = 0;
        do_take((struct ic_cert_path){.count = 0});
        for (size_t i = 0; i < WORLD_COUNT; i++) {
            const struct ic_cert_path path =
                is_nested ? IC_CERT_PATH(map[0], WORLD[i]) : IC_CERT_PATH(WORLD[i]);
            if ((set >> i & 1) != 0) {
                assert_true(do_put(path, WORLD[i]));
                cert_model_put(path, WORLD[i]);
            }
        }
        CHECK_RUNS(commit, NULL);
        for (size_t i = 0; i < WORLD_COUNT; i++) {
            range.first = WORLD[i];
            range.is_prefix = true;
            check_range(&range);
            range.is_prefix = false;
            for (size_t k = 0; k < WORLD_COUNT; k++) {
                range.last = WORLD[k]; /* also before first: nothing is in it */
                check_range(&range);
            }
        }
        range.first = IC_BYTES_LIT("a label that is not there");
        range.last = IC_BYTES_LIT("another");
        check_range(&range);
    }
}

/* What lies below a label of a range stays hidden, and so do maps beside it. */
static void a_range_shows_no_more_than_asked(void **state)
{
    (void)state;
    struct range_question q = {.range = {.map = IC_CERT_PATH(IC_BYTES_LIT("list")),
                                         .first = IC_BYTES_LIT("b"),
                                         .last = IC_BYTES_LIT("c")}};
    const struct ic_bytes list = IC_BYTES_LIT("list"), other = IC_BYTES_LIT("other");
    const struct ic_bytes a = IC_BYTES_LIT("a"), b = IC_BYTES_LIT("b"), c = IC_BYTES_LIT("c");
    assert_true(do_put(IC_CERT_PATH(list, a), IC_BYTES_LIT("before")));
    assert_true(do_put(IC_CERT_PATH(list, b), IC_BYTES_LIT("shown")));
    assert_true(do_put(IC_CERT_PATH(list, c, a), IC_BYTES_LIT("below")));
    assert_true(do_put(IC_CERT_PATH(list, IC_BYTES_LIT("e")), IC_BYTES_LIT("behind")));
    assert_true(do_put(IC_CERT_PATH(other, b), IC_BYTES_LIT("beside")));
    CHECK_TRAPS("cert: changes are not committed", ask_range, &q);
    CHECK_RUNS(reopen, NULL);
    CHECK_RUNS(commit, NULL);
    CHECK_RUNS(ask_range, &q);
    assert_true(q.ok);
    assert_non_null(memmem(q.witness.at, q.witness.size, "shown", 5));
    static const char *const HIDDEN[] = {"before", "below", "behind", "beside"};
    for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; i++) {
        assert_null(memmem(q.witness.at, q.witness.size, HIDDEN[i], strlen(HIDDEN[i])));
    }
}

static void order_does_not_matter(void **state)
{
    (void)state;
    uint8_t first[IC_CERT_HASH_BYTES], now[IC_CERT_HASH_BYTES];
    uint64_t seed = 7;
    for (unsigned round = 0; round < 50; round++) {
        do_take((struct ic_cert_path){.count = 0});
        size_t order[WORLD_COUNT];
        for (size_t i = 0; i < WORLD_COUNT; i++) {
            const size_t at = (size_t)test_random_below(&seed, i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        assert_true(do_put(IC_CERT_PATH(IC_BYTES_LIT("passing")), IC_BYTES_LIT("by")));
        for (size_t i = 0; i < WORLD_COUNT; i++) {
            assert_true(do_put(IC_CERT_PATH(IC_BYTES_LIT("map"), WORLD[order[i]]), WORLD[i % 2]));
            assert_true(do_put(IC_CERT_PATH(IC_BYTES_LIT("map"), WORLD[order[i]]), WORLD[5]));
        }
        assert_true(do_take(IC_CERT_PATH(IC_BYTES_LIT("passing"))));
        CHECK_RUNS(commit, NULL);
        ic_cert_root_hash(&tree, round == 0 ? first : now);
        if (round > 0) {
            assert_memory_equal(first, now, sizeof first);
        }
    }
}

/* ---- known hashes ---------------------------------------------------------------------------- */

static void hashes_are_those_of_the_specification(void **state)
{
    (void)state;
    static const uint8_t EMPTY[4] = {0x4e, 0x3e, 0xd3, 0x5c}; /* SPEC: ic-http 8.1 */
    uint8_t hash[IC_CERT_HASH_BYTES], left[AXON_HASH_BYTES], right[AXON_HASH_BYTES];
    ic_cert_root_hash(&tree, hash);
    assert_memory_equal(hash, EMPTY, sizeof EMPTY);
    assert_memory_equal(ic_host_certified_data().at, hash, sizeof hash);
    check_paths(&IC_CERT_PATH(IC_BYTES_LIT("nothing")), 1);

    assert_true(do_put(IC_CERT_PATH(IC_BYTES_LIT("b"), IC_BYTES_LIT("x")), IC_BYTES_LIT("world")));
    assert_true(do_put(IC_CERT_PATH(IC_BYTES_LIT("a")), IC_BYTES_LIT("hello")));
    CHECK_RUNS(commit, NULL);
    axon_node_hash_leaf(left, IC_BYTES_LIT("hello"));
    axon_node_hash_labeled(left, IC_BYTES_LIT("a"), left);
    axon_node_hash_leaf(right, IC_BYTES_LIT("world"));
    axon_node_hash_labeled(right, IC_BYTES_LIT("x"), right);
    axon_node_hash_labeled(right, IC_BYTES_LIT("b"), right);
    axon_node_hash_fork(left, left, right);
    ic_cert_root_hash(&tree, hash);
    assert_memory_equal(hash, left, sizeof hash);
}

static void a_witness_shows_no_more_than_asked(void **state)
{
    (void)state;
    assert_true(do_put(IC_CERT_PATH(IC_BYTES_LIT("open")), IC_BYTES_LIT("shown")));
    assert_true(do_put(IC_CERT_PATH(IC_BYTES_LIT("private")), IC_BYTES_LIT("hidden")));
    CHECK_RUNS(commit, NULL);
    struct question q = {
        .paths = &IC_CERT_PATH(IC_BYTES_LIT("open")), .count = 1, .arena_bytes = ARENA_BYTES};
    CHECK_RUNS(ask, &q);
    assert_true(q.ok);
    assert_non_null(memmem(q.witness.at, q.witness.size, "shown", 5));
    assert_null(memmem(q.witness.at, q.witness.size, "hidden", 6));
    assert_null(memmem(q.witness.at, q.witness.size, "private", 7));
    /* To show that something is absent, the labels beside it are shown, their values are not. */
    q.paths = &IC_CERT_PATH(IC_BYTES_LIT("other"));
    CHECK_RUNS(ask, &q);
    assert_true(q.ok);
    assert_non_null(memmem(q.witness.at, q.witness.size, "open", 4));
    assert_non_null(memmem(q.witness.at, q.witness.size, "private", 7));
    assert_null(memmem(q.witness.at, q.witness.size, "shown", 5));
    assert_null(memmem(q.witness.at, q.witness.size, "hidden", 6));
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void limits_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[IC_CERT_LABEL_MAX + 1];
    const struct ic_bytes whole = {.at = zeros, .size = IC_CERT_LABEL_MAX};
    const struct ic_bytes larger = {.at = zeros, .size = IC_CERT_LABEL_MAX + 1};
    const struct ic_bytes none = {.size = 0};
    struct ic_bytes labels[IC_CERT_DEPTH_MAX + 1];
    for (size_t i = 0; i <= IC_CERT_DEPTH_MAX; i++) {
        labels[i] = IC_BYTES_LIT("x");
    }
    assert_false(do_put((struct ic_cert_path){.count = 0}, none));
    assert_false(
        do_put((struct ic_cert_path){.labels = labels, .count = IC_CERT_DEPTH_MAX + 1}, none));
    assert_false(do_put(IC_CERT_PATH(larger), none));
    assert_false(do_put(IC_CERT_PATH(larger, IC_BYTES_LIT("x")), none));
    assert_false(do_put(IC_CERT_PATH(none), larger));
    assert_false(do_put(IC_CERT_PATH(whole), IC_BYTES_LIT("v")));
    assert_int_equal(tree.node_count, 0);
    assert_true(do_put((struct ic_cert_path){.labels = labels, .count = IC_CERT_DEPTH_MAX}, none));
    assert_true(do_put(IC_CERT_PATH(whole), none));
    assert_true(do_put(IC_CERT_PATH(none), whole));
    CHECK_RUNS(commit, NULL);
}

static void leaves_and_maps_do_not_mix(void **state)
{
    (void)state;
    const struct ic_bytes a = IC_BYTES_LIT("a"), b = IC_BYTES_LIT("b"), c = IC_BYTES_LIT("c");
    assert_true(do_put(IC_CERT_PATH(a, b), c));
    assert_false(do_put(IC_CERT_PATH(a), c));
    assert_false(do_put(IC_CERT_PATH(a, b, c), c));
    assert_false(do_take(IC_CERT_PATH(a, b, c)));
    assert_false(do_take(IC_CERT_PATH(b)));
    assert_int_equal(ic_cert_find(&tree, IC_CERT_PATH(a), NULL, NULL), IC_CERT_MAP);
    assert_int_equal(ic_cert_find(&tree, IC_CERT_PATH(a, b, c), NULL, NULL), IC_CERT_ABSENT);
    assert_true(do_take(IC_CERT_PATH(a, b)));
    assert_int_equal(ic_cert_find(&tree, IC_CERT_PATH(a), NULL, NULL), IC_CERT_ABSENT);
    assert_int_equal(tree.free_count, tree.node_count);
    assert_false(do_take((struct ic_cert_path){.count = 0}));
}

static void a_witness_needs_a_commit_and_room(void **state)
{
    (void)state;
    struct question q = {
        .paths = &IC_CERT_PATH(IC_BYTES_LIT("a")), .count = 1, .arena_bytes = ARENA_BYTES};
    assert_true(do_put(q.paths[0], IC_BYTES_LIT("1")));
    CHECK_TRAPS("cert: changes are not committed", ask, &q);
    CHECK_RUNS(reopen, NULL);
    CHECK_RUNS(commit, NULL);
    for (q.arena_bytes = 0, q.ok = false; !q.ok; q.arena_bytes += 64) {
        q.witness.size = 77;
        CHECK_RUNS(ask, &q);
        assert_true(q.ok || q.witness.size == 77);
    }
    assert_in_range(q.arena_bytes, 8192, 10000);
}

static void too_much_to_show(void **state)
{
    (void)state;
    static struct ic_cert_path paths[3000];
    static uint8_t names[3000][2];
    static struct ic_bytes labels[3000];
    for (size_t i = 0; i < 3000; i++) {
        names[i][0] = (uint8_t)(i >> 8);
        names[i][1] = (uint8_t)i;
        labels[i] = (struct ic_bytes){.at = names[i], .size = 2};
        paths[i] = (struct ic_cert_path){.labels = &labels[i], .count = 1};
        assert_true(do_put(paths[i], (struct ic_bytes){.size = 0}));
    }
    CHECK_RUNS(commit, NULL);
    struct question q = {.paths = paths, .count = 3000, .arena_bytes = ARENA_BYTES};
    CHECK_RUNS(ask, &q);
    assert_false(q.ok);
    q.count = 100;
    CHECK_RUNS(ask, &q);
    assert_true(q.ok);
    struct range_question all = {.range = {.is_prefix = true}};
    CHECK_RUNS(ask_range, &all);
    assert_false(all.ok);
    all.range.first = (struct ic_bytes){.at = names[256], .size = 1}; /* 256 labels */
    CHECK_RUNS(ask_range, &all);
    assert_true(all.ok);
    all.range = (struct ic_cert_range){.first = labels[100], .last = labels[799]};
    CHECK_RUNS(ask_range, &all);
    assert_true(all.ok);
}

/* ---- life: random changes, traps in the middle, upgrades ------------------------------------- */

static struct ic_cert_path random_path(struct ic_bytes labels[CERT_MODEL_LABELS], uint64_t *seed)
{
    static const char *const WORDS[] = {
        "",    "a",   "b",    "ab", "abc", "http_expr",
        "<$>", "<*>", "\x7f", "zz", "kv",  "a longer label than others have"};
    const size_t count = 1 + (size_t)test_random_below(seed, CERT_MODEL_LABELS);
    for (size_t i = 0; i < count; i++) {
        labels[i] =
            ic_bytes_from_text(WORDS[test_random_below(seed, sizeof WORDS / sizeof *WORDS)]);
    }
    return (struct ic_cert_path){.labels = labels, .count = count};
}

static void random_change(struct ic_cert_path path, uint64_t *seed)
{
    const struct cert_model_leaf *leaf = NULL;
    uint8_t value[8];
    struct change change = {.path = path,
                            .value = {.at = value, .size = (size_t)test_random_below(seed, 9)}};
    memset(value, (int)test_random_below(seed, 3), sizeof value);
    const bool is_put = test_random_below(seed, 3) > 0;
    if (test_random_below(seed, 4) == 0) {
        ic_host_stable_trap_at(1 + test_random_below(seed, 12));
    }
    const bool done = ic_host_run(is_put ? put : take, &change);
    ic_host_stable_trap_at(0);
    if (!done) {
        CHECK_RUNS(reopen, NULL);
    } else if (is_put) {
        assert_int_equal(change.ok, !cert_model_refuses(path));
        if (change.ok) {
            cert_model_put(path, change.value);
        }
    } else {
        assert_int_equal(change.ok, cert_model_find(path, &leaf) != IC_CERT_ABSENT);
        cert_model_remove(path);
    }
}

static void random_life(void **state)
{
    (void)state;
    uint64_t seed = 20250101;
    for (unsigned round = 0; round < 1500; round++) {
        struct ic_bytes labels[4][CERT_MODEL_LABELS];
        struct ic_cert_path paths[4];
        for (uint64_t n = test_random_below(&seed, 6); n > 0; n--) {
            random_change(random_path(labels[0], &seed), &seed);
        }
        if (test_random_below(&seed, 5) == 0) {
            CHECK_RUNS(reopen, NULL);
        }
        CHECK_RUNS(check, NULL);
        CHECK_RUNS(commit, NULL);
        assert_int_equal(tree.leaf_count, cert_model_count);
        for (size_t i = 0; i < 4; i++) {
            paths[i] = random_path(labels[i], &seed);
            check_find(paths[i]);
        }
        check_paths(paths, 1 + (size_t)test_random_below(&seed, 4));
    }
}

/* ---- damage ---------------------------------------------------------------------------------- */

static uint8_t *node_bytes(uint32_t node)
{
    return ic_host_stable() + ic_region_address(tree.region, (node - 1) * IC_CERT_NODE_BYTES);
}

static void every_damaged_byte_is_noticed(void **state)
{
    (void)state;
    const struct ic_bytes a = IC_BYTES_LIT("a"), b = IC_BYTES_LIT("b"), c = IC_BYTES_LIT("c");
    assert_true(do_put(IC_CERT_PATH(a, b), c));
    assert_true(do_put(IC_CERT_PATH(a, c), b));
    assert_true(do_put(IC_CERT_PATH(c), c));
    assert_true(do_put(IC_CERT_PATH(b), c));
    assert_true(do_take(IC_CERT_PATH(b)));
    CHECK_RUNS(commit, NULL);
    unsigned tried = 0;
    for (uint32_t node = 1; node <= tree.node_count; node++) {
        const uint8_t kind = node_bytes(node)[0];
        const uint32_t content =
            kind >= 2 ? (uint32_t)node_bytes(node)[2] + node_bytes(node)[3] : 0;
        const uint32_t used = kind == 0 ? 1 : 48 + content;
        for (uint32_t at = 0; at < used; at++) {
            if (at == 1) {
                continue; /* "stale" is no damage: it is hashed again */
            }
            node_bytes(node)[at] ^= 0x40;
            CHECK_TRAPS("cert: the tree is damaged", check, NULL);
            node_bytes(node)[at] ^= 0x40;
            tried++;
        }
    }
    CHECK_RUNS(check, NULL);
    assert_true(tried > 200);
}

static void a_damaged_head_is_not_opened(void **state)
{
    (void)state;
    assert_true(do_put(IC_CERT_PATH(IC_BYTES_LIT("a")), IC_BYTES_LIT("1")));
    uint8_t *head = ic_host_stable() + 4096 + REGION * IC_STORE_HEAD_BYTES;
    for (size_t at = 0; at < 20; at += 4) {
        head[at + 3] ^= 0x80;
        CHECK_TRAPS("cert: the tree is damaged", reopen, NULL);
        head[at + 3] ^= 0x80;
    }
    CHECK_RUNS(reopen, NULL);
    CHECK_RUNS(check, NULL);
}

/* ---- headers --------------------------------------------------------------------------------- */

static void base64_and_header(void **state)
{
    (void)state;
    /* SPEC: RFC 4648, 10 */
    static const char *const ROWS[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"},
                                          {"\xff\xfe\xfb", "//77"}};
    uint8_t buffer[128];
    struct ic_writer w;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        ic_writer_init(&w, buffer, sizeof buffer);
        ic_put_base64(&w, ic_bytes_from_text(ROWS[i][0]));
        assert_true(ic_bytes_is_equal(ic_writer_bytes(&w), ic_bytes_from_text(ROWS[i][1])));
    }
    ic_writer_init(&w, buffer, sizeof buffer);
    ic_cert_put_header(&w, IC_BYTES_LIT("foo"), IC_BYTES_LIT("f"), (struct ic_bytes){0});
    assert_true(
        ic_bytes_is_equal(ic_writer_bytes(&w), IC_BYTES_LIT("certificate=:Zm9v:, tree=:Zg==:")));
    ic_writer_init(&w, buffer, sizeof buffer);
    ic_cert_put_header(&w, IC_BYTES_LIT("foo"), IC_BYTES_LIT("f"), IC_BYTES_LIT("fo"));
    assert_true(ic_bytes_is_equal(
        ic_writer_bytes(&w),
        IC_BYTES_LIT("certificate=:Zm9v:, tree=:Zg==:, version=2, expr_path=:Zm8=:")));
    ic_writer_init(&w, buffer, 3);
    ic_put_base64(&w, IC_BYTES_LIT("f"));
    assert_false(ic_writer_ok(&w));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_set_of_labels),
        TEST(ranges_of_every_set),
        TEST(a_range_shows_no_more_than_asked),
        TEST(order_does_not_matter),
        TEST(hashes_are_those_of_the_specification),
        TEST(a_witness_shows_no_more_than_asked),
        TEST(limits_are_refused),
        TEST(leaves_and_maps_do_not_mix),
        TEST(a_witness_needs_a_commit_and_room),
        TEST(too_much_to_show),
        TEST(random_life),
        TEST(every_damaged_byte_is_noticed),
        TEST(a_damaged_head_is_not_opened),
        TEST(base64_and_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
