#include "cert/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct ic_bytes from_hex(struct axon_buf *b, const char *hex)
{
    axon_buf_clear(b);
    assert_true(axon_buf_append_from_hex(b, ic_bytes_from_text(hex)));
    return axon_buf_bytes(b);
}

static void check_hex(struct ic_bytes bytes, const char *hex)
{
    struct axon_buf text = {0};
    axon_buf_append_hex(&text, bytes);
    assert_string_equal(axon_buf_text(&text), hex);
    axon_buf_free(&text);
}

#define L(text) IC_BYTES_LIT(text)

/* ---- CBOR ----------------------------------------------------------------------------------- */

/* Documents in hex; the reason is "" when they are accepted. */
static const struct {
    const char *hex;
    const char *why;
} CBOR_CASES[] = {
    {"00", ""},
    {"d9d9f7a0", ""},
    {"a16161820102", ""},
    {"bf616101ff", ""},
    {"9f0102ff", ""},
    {"5f41014102ff", ""},
    {"7f61616162ff", ""},
    {"5fff", ""},
    {"c24900ffffffffffffffff", ""},
    {"c25f41014102ff", ""},
    {"63e282ac", ""},
    {"f5", ""},
    {"f6", ""},
    {"3863", ""},
    {"", "ends too early"},
    {"d9d9f7", "ends too early"},
    {"82", "ends too early"},
    {"8201", "ends too early"},
    {"a16161", "ends too early"},
    {"4201", "ends too early"},
    {"5f4101", "ends too early"},
    {"9bffffffffffffffff", "ends too early"},
    {"bbffffffffffffffff", "a map has too many keys"},
    {"5bffffffffffffffff00", "ends too early"},
    {"0000", "bytes after the end"},
    {"a10000", "a map key is not text"},
    {"a1416100", "a map key is not text"},
    {"bf00ff", "a map key is not text"},
    {"bf6161ff", "a map key without a value"},
    {"a2616100616101", "a map has the same key twice"},
    {"bf616100616101ff", "a map has the same key twice"},
    {"f93c00", "a floating point number"},
    {"fb3ff0000000000000", "a floating point number"},
    {"f7", "an undefined value"},
    {"d9d9f7d9d9f700", "an unexpected tag"},
    {"81d9d9f700", "an unexpected tag"},
    {"c100", "an unexpected tag"},
    {"c200", "tag 2 is not followed by bytes"},
    {"c280", "tag 2 is not followed by bytes"},
    {"c29fff", "tag 2 is not followed by bytes"},
    {"ff", "a break where nothing ends"},
    {"81ff", "a break where nothing ends"},
    {"5f6161ff", "a chunk of the wrong kind in a string"},
    {"5f00ff", "a chunk of the wrong kind in a string"},
    {"5f5f4101ffff", "a chunk of the wrong kind in a string"},
    {"61ff", "a text is not UTF-8"},
    {"62c080", "a text is not UTF-8"},
    {"63eda080", "a text is not UTF-8"},
    {"64f4908080", "a text is not UTF-8"},
    {"1c", "not CBOR"},
    {"fc", "not CBOR"},
    {"f800", "not CBOR"},
};

static void test_cbor_table(void **state)
{
    (void)state;
    struct axon_cbor_doc doc = {0};
    struct axon_buf in = {0};
    for (size_t i = 0; i < sizeof CBOR_CASES / sizeof CBOR_CASES[0]; i++) {
        bool ok = axon_cbor_read(&doc, from_hex(&in, CBOR_CASES[i].hex));
        assert_string_equal(doc.why, CBOR_CASES[i].why);
        assert_int_equal(ok, CBOR_CASES[i].why[0] == '\0');
    }
    axon_cbor_doc_free(&doc);
    axon_buf_free(&in);
}

static void test_cbor_values(void **state)
{
    (void)state;
    struct axon_cbor_doc doc = {0};
    struct axon_buf in = {0};
    /* {"a": [1, [], 24], "b": (_ h'01', h'0203'), "c": 2(h'000100'), "d": 2(9 bytes)} */
    assert_true(axon_cbor_read(
        &doc, from_hex(&in, "a4616183018018186162"
                            "5f4101420203ff6163c2430001006164c249010000000000000000")));
    const struct axon_cbor *a = axon_cbor_find(doc.nodes, "a");
    assert_int_equal(doc.nodes[0].span, doc.count);
    assert_int_equal(a->count, 3);
    assert_int_equal(a->span, 4);
    assert_int_equal(axon_cbor_next(axon_cbor_next(axon_cbor_first(a)))->number, 24);
    check_hex(axon_cbor_find(doc.nodes, "b")->bytes, "010203");
    assert_int_equal(axon_cbor_find(doc.nodes, "c")->number, 256);
    assert_int_equal(axon_cbor_find(doc.nodes, "d")->kind, AXON_CBOR_BIG);
    assert_null(axon_cbor_find(doc.nodes, "e"));
    assert_null(axon_cbor_find(a, "a"));
    axon_cbor_doc_free(&doc);
    axon_buf_free(&in);
}

static void test_cbor_limits(void **state)
{
    (void)state;
    struct axon_cbor_doc doc = {0};
    struct axon_buf in = {0};
    for (unsigned depth = AXON_CBOR_DEPTH_MAX; depth <= AXON_CBOR_DEPTH_MAX + 1; depth++) {
        axon_buf_clear(&in);
        for (unsigned i = 0; i < depth; i++) {
            axon_cbor_put_array(&in, i + 1 < depth);
        }
        assert_int_equal(axon_cbor_read(&doc, axon_buf_bytes(&in)), depth == AXON_CBOR_DEPTH_MAX);
    }
    assert_string_equal(doc.why, "nested too deeply");
    for (unsigned keys = AXON_CBOR_PAIRS_MAX; keys <= AXON_CBOR_PAIRS_MAX + 1; keys++) {
        for (unsigned indefinite = 0; indefinite < 2; indefinite++) {
            axon_buf_clear(&in);
            indefinite ? axon_buf_append_byte(&in, 0xbf) : axon_cbor_put_map(&in, keys);
            for (uint8_t i = 0; i < keys; i++) {
                axon_cbor_put_text_bytes(&in, (struct ic_bytes){.at = &i, .size = 1});
                axon_cbor_put_nat(&in, i);
            }
            if (indefinite) {
                axon_buf_append_byte(&in, 0xff);
            }
            assert_int_equal(axon_cbor_read(&doc, axon_buf_bytes(&in)),
                             keys == AXON_CBOR_PAIRS_MAX);
        }
    }
    assert_string_equal(doc.why, "a map has too many keys");
    axon_cbor_doc_free(&doc);
    axon_buf_free(&in);
}

static void test_leb128(void **state)
{
    (void)state;
    struct axon_buf b = {0};
    uint64_t back;
    axon_leb128_put(&b, 1685570400000000000u);
    check_hex(axon_buf_bytes(&b), "8080a7bf92ab96b217"); /* SPEC: ic-http 4 */
    static const uint64_t NUMBERS[] = {0, 127, 128, UINT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        axon_buf_clear(&b);
        axon_leb128_put(&b, NUMBERS[i]);
        assert_true(axon_leb128_read(&back, axon_buf_bytes(&b)));
        assert_true(back == NUMBERS[i]);
    }
    static const char *const BAD[] = {"", "80", "0000", "ffffffffffffffffff02",
                                      "8080808080808080808000"};
    for (size_t i = 0; i < 5; i++) {
        assert_false(axon_leb128_read(&back, from_hex(&b, BAD[i])));
    }
    axon_buf_free(&b);
}

/* ---- hash trees ----------------------------------------------------------------------------- */

/* SPEC: ic-http 8.2. */
static const char SPEC_TREE[] =
    "8301830183024161830183018302417882034568656c6c6f810083024179820345776f726c6483024162820344"
    "676f6f648301830241638100830241648203476d6f726e696e67";
static const char SPEC_PRUNED[] =
    "83018301830241618301820458201b4feff9bef8131788b0c9dc6dbad6e81e524249c879e9f10f71ce3749f5a6"
    "3883024179820345776f726c6483024162820458207b32ac0c6ba8ce35ac82c255fc7906f7fc130dab2a090f80"
    "fe12f9c2cae83ba6830182045820ec8324b8a1f1ac16bd2e806edba78006479c9877fed4eb464a25485465af60"
    "1d830241648203476d6f726e696e67";
static const char SPEC_ROOT[] = "eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0";

struct parsed {
    struct axon_buf in;
    struct axon_cbor_doc doc;
    struct axon_witness witness;
};

static bool parse(struct parsed *p, struct ic_bytes cbor)
{
    *p = (struct parsed){0};
    axon_buf_append(&p->in, cbor);
    assert_true(axon_cbor_read(&p->doc, axon_buf_bytes(&p->in)));
    return axon_witness_from_cbor(&p->witness, p->doc.nodes);
}

static void parsed_free(struct parsed *p)
{
    axon_witness_free(&p->witness);
    axon_cbor_doc_free(&p->doc);
    axon_buf_free(&p->in);
}

static void check_root(const struct axon_witness *w, const char *hex)
{
    uint8_t root[AXON_HASH_BYTES];
    axon_witness_hash(w, root);
    check_hex((struct ic_bytes){.at = root, .size = sizeof root}, hex);
}

static void test_spec_trees(void **state)
{
    (void)state;
    struct axon_buf hex = {0};
    struct parsed p;
    assert_true(parse(&p, from_hex(&hex, SPEC_TREE)));
    check_root(&p.witness, SPEC_ROOT);
    struct ic_bytes value;
    assert_int_equal(axon_witness_find(&p.witness, AXON_PATH(L("b")), &value), AXON_LOOKUP_FOUND);
    check_hex(value, "676f6f64");
    assert_int_equal(axon_witness_find(&p.witness, AXON_PATH(L("c")), &value), AXON_LOOKUP_ABSENT);
    assert_int_equal(axon_witness_find(&p.witness, AXON_PATH(L("a")), &value), AXON_LOOKUP_ERROR);
    parsed_free(&p);
    assert_true(parse(&p, from_hex(&hex, "8100")));
    check_root(&p.witness, "4e3ed35c4e2d1ee89996483fb6260a64cffb6c47dbab216e7930e82f8190d120");
    parsed_free(&p);
    axon_buf_free(&hex);
}

static void test_spec_lookups(void **state)
{
    (void)state;
    struct axon_buf hex = {0};
    struct parsed p;
    struct ic_bytes value = {0};
    assert_true(parse(&p, from_hex(&hex, SPEC_PRUNED)));
    check_root(&p.witness, SPEC_ROOT);
    const struct axon_witness *w = &p.witness;
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("a"), L("a")), &value), AXON_LOOKUP_UNKNOWN);
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("a"), L("y")), &value), AXON_LOOKUP_FOUND);
    assert_true(ic_bytes_is_equal(value, L("world")));
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("aa")), &value), AXON_LOOKUP_ABSENT);
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("ax")), &value), AXON_LOOKUP_ABSENT);
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("b")), &value), AXON_LOOKUP_UNKNOWN);
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("bb")), &value), AXON_LOOKUP_UNKNOWN);
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("d")), &value), AXON_LOOKUP_FOUND);
    assert_true(ic_bytes_is_equal(value, L("morning")));
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("e")), &value), AXON_LOOKUP_ABSENT);
    assert_int_equal(axon_witness_find(w, AXON_PATH(L("d"), L("x")), &value), AXON_LOOKUP_ABSENT);
    parsed_free(&p);
    axon_buf_free(&hex);
}

static void test_malformed_trees(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "00",           "80",           "8105",       "820100",     "8101",
        "83024161",     "8203",         "820300",     "82044100",   "8100",
        "830101820340", "830181008001", "8302008100", "8301810001", "81a0",
    };
    struct axon_buf hex = {0};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct axon_cbor_doc doc = {0};
        struct axon_witness w = {0};
        bool is_tree =
            axon_cbor_read(&doc, from_hex(&hex, BAD[i])) && axon_witness_from_cbor(&w, doc.nodes);
        assert_int_equal(is_tree, strcmp(BAD[i], "8100") == 0);
        axon_witness_free(&w);
        axon_cbor_doc_free(&doc);
    }
    /* Labels that do not increase, and a leaf beside labels, are errors when looked at. */
    struct parsed p;
    struct ic_bytes value;
    assert_true(parse(&p, from_hex(&hex, "830183024162810083024161820340")));
    assert_int_equal(axon_witness_find(&p.witness, AXON_PATH(L("c")), &value), AXON_LOOKUP_ERROR);
    parsed_free(&p);
    assert_true(parse(&p, from_hex(&hex, "830183024162810083024161820340")));
    assert_int_equal(axon_witness_find(&p.witness, AXON_PATH(L("a")), &value), AXON_LOOKUP_ERROR);
    parsed_free(&p);
    assert_true(parse(&p, from_hex(&hex, "83018302416181008203"
                                         "40")));
    assert_int_equal(axon_witness_find(&p.witness, AXON_PATH(L("c")), &value), AXON_LOOKUP_ERROR);
    parsed_free(&p);
    axon_buf_free(&hex);
}

/* ---- the full tree against a model ---------------------------------------------------------- */

/* Labels that are prefixes of each other, empty, and with zero bytes. */
static const struct ic_bytes LABELS[] = {
    {(const uint8_t *)"", 0},     {(const uint8_t *)"\0", 1},   {(const uint8_t *)"\0\0", 2},
    {(const uint8_t *)"a", 1},    {(const uint8_t *)"a\0", 2},  {(const uint8_t *)"aa", 2},
    {(const uint8_t *)"ab", 2},   {(const uint8_t *)"b", 1},    {(const uint8_t *)"\x7f", 1},
    {(const uint8_t *)"\x80", 1}, {(const uint8_t *)"\xff", 1}, {(const uint8_t *)"\xff\xff", 2},
};
#define LABEL_COUNT (sizeof LABELS / sizeof LABELS[0])

static struct axon_tree *tree_of(unsigned set)
{
    struct axon_tree *t = axon_tree_new();
    for (size_t i = 0; i < LABEL_COUNT; i++) {
        if (set >> i & 1u) {
            axon_tree_set(t, AXON_PATH(LABELS[i]), L("v"));
        }
    }
    return t;
}

/* Every witness says the truth about what was asked for, and has the tree's root hash. */
static void check_witnesses(struct axon_tree *t, unsigned set)
{
    uint8_t root[AXON_HASH_BYTES];
    axon_tree_hash(t, root);
    for (size_t i = 0; i < LABEL_COUNT; i++) {
        struct axon_path path = AXON_PATH(LABELS[i]);
        struct axon_buf cbor = {0};
        struct parsed p;
        struct ic_bytes value;
        uint8_t again[AXON_HASH_BYTES];
        axon_tree_prune(t, &cbor, &path, 1);
        assert_true(parse(&p, axon_buf_bytes(&cbor)));
        axon_witness_hash(&p.witness, again);
        assert_memory_equal(root, again, sizeof root);
        bool is_in = set >> i & 1u;
        assert_int_equal(axon_witness_find(&p.witness, path, &value),
                         is_in ? AXON_LOOKUP_FOUND : AXON_LOOKUP_ABSENT);
        parsed_free(&p);
        axon_buf_free(&cbor);
    }
}

static void test_all_small_trees(void **state)
{
    (void)state;
    for (unsigned set = 0; set < 1u << LABEL_COUNT; set++) {
        struct axon_tree *t = tree_of(set);
        check_witnesses(t, set);
        axon_tree_free(t);
    }
}

/* The whole tree comes out in order, whatever the order of insertion and removal. */
static void test_order_and_removal(void **state)
{
    (void)state;
    unsigned all = (1u << LABEL_COUNT) - 1;
    for (unsigned set = 0; set <= all; set += 37) {
        struct axon_tree *kept = tree_of(set);
        struct axon_tree *cut = axon_tree_new();
        for (size_t i = LABEL_COUNT; i-- > 0;) {
            axon_tree_set(cut, AXON_PATH(LABELS[i]), L("old"));
        }
        uint8_t a[AXON_HASH_BYTES];
        uint8_t b[AXON_HASH_BYTES];
        axon_tree_hash(cut, a);
        for (size_t i = 0; i < LABEL_COUNT; i++) {
            if (set >> i & 1u) {
                axon_tree_set(cut, AXON_PATH(LABELS[i]), L("v"));
            } else {
                assert_true(axon_tree_remove(cut, AXON_PATH(LABELS[i])));
                assert_false(axon_tree_remove(cut, AXON_PATH(LABELS[i])));
            }
        }
        axon_tree_hash(kept, a);
        axon_tree_hash(cut, b);
        assert_memory_equal(a, b, sizeof a);
        struct axon_path everything = {.count = 0};
        struct axon_buf cbor = {0};
        struct parsed p;
        axon_tree_prune(cut, &cbor, &everything, 1);
        assert_true(parse(&p, axon_buf_bytes(&cbor)));
        struct ic_bytes value;
        for (size_t i = 0; i < LABEL_COUNT; i++) {
            assert_int_equal(axon_witness_find(&p.witness, AXON_PATH(LABELS[i]), &value),
                             set >> i & 1u ? AXON_LOOKUP_FOUND : AXON_LOOKUP_ABSENT);
        }
        parsed_free(&p);
        axon_buf_free(&cbor);
        axon_tree_free(kept);
        axon_tree_free(cut);
    }
}

static void test_deep_paths(void **state)
{
    (void)state;
    struct axon_tree *t = axon_tree_new();
    struct ic_bytes value;
    uint8_t before[AXON_HASH_BYTES];
    uint8_t after[AXON_HASH_BYTES];
    axon_tree_set(t, AXON_PATH(L("time")), L("1"));
    axon_tree_set(t, AXON_PATH(L("canister"), L("c"), L("hash")), L("h"));
    axon_tree_set_map(t, AXON_PATH(L("canister"), L("c"), L("metadata")));
    axon_tree_hash(t, before);
    axon_tree_set(t, AXON_PATH(L("canister"), L("c"), L("hash")), L("i"));
    axon_tree_hash(t, after);
    assert_memory_not_equal(before, after, sizeof before);
    axon_tree_set(t, AXON_PATH(L("canister"), L("c"), L("hash")), L("h"));
    axon_tree_hash(t, after);
    assert_memory_equal(before, after, sizeof before);
    assert_true(axon_tree_find(t, AXON_PATH(L("time")), &value));
    assert_false(axon_tree_find(t, AXON_PATH(L("canister"), L("c")), &value));

    /* Absent below a map, below an empty map, below nothing; and nothing else is revealed. */
    struct axon_path paths[] = {
        AXON_PATH(L("canister"), L("c"), L("zzz")),
        AXON_PATH(L("canister"), L("c"), L("metadata"), L("m")),
        AXON_PATH(L("request_status"), L("r"), L("status")),
    };
    struct axon_buf cbor = {0};
    struct parsed p;
    axon_tree_prune(t, &cbor, paths, 3);
    assert_true(parse(&p, axon_buf_bytes(&cbor)));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(axon_witness_find(&p.witness, paths[i], &value), AXON_LOOKUP_ABSENT);
    }
    assert_int_equal(axon_witness_find(&p.witness, AXON_PATH(L("time")), &value),
                     AXON_LOOKUP_UNKNOWN);
    assert_int_equal(
        axon_witness_find(&p.witness, AXON_PATH(L("canister"), L("c"), L("hash")), &value),
        AXON_LOOKUP_UNKNOWN);
    parsed_free(&p);
    axon_buf_free(&cbor);
    assert_true(axon_tree_remove(t, AXON_PATH(L("canister"), L("c"))));
    assert_false(axon_tree_find(t, AXON_PATH(L("canister"), L("c"), L("hash")), &value));
    axon_tree_free(t);
}

/* ---- certificates --------------------------------------------------------------------------- */

static struct axon_bls_key bls_key(const char *seed)
{
    struct axon_bls_key key;
    axon_bls_key_from_seed(&key, ic_bytes_from_text(seed));
    return key;
}

static struct ic_bytes der_of(const struct axon_bls_key *key)
{
    return (struct ic_bytes){.at = key->der, .size = sizeof key->der};
}

static void test_certificate(void **state)
{
    (void)state;
    struct axon_bls_key key = bls_key("root");
    struct axon_bls_key other = bls_key("other");
    struct axon_tree *t = axon_tree_new();
    struct axon_buf out = {0};
    struct axon_buf time = {0};
    axon_leb128_put(&time, 1234567);
    axon_tree_set(t, AXON_PATH(L("time")), axon_buf_bytes(&time));
    axon_tree_set(t, AXON_PATH(L("x")), L("y"));
    struct axon_path paths[] = {AXON_PATH(L("time"))};
    axon_certificate_put(&out, t, &key, paths, 1);

    struct axon_certificate c = {0};
    uint64_t time_ns;
    assert_true(axon_certificate_read(&c, axon_buf_bytes(&out)));
    assert_true(c.doc.is_tagged);
    assert_int_equal(axon_certificate_check(&c, der_of(&key), NULL), AXON_CERTIFICATE_OK);
    assert_int_equal(axon_certificate_check(&c, der_of(&other), NULL),
                     AXON_CERTIFICATE_BAD_SIGNATURE);
    assert_true(axon_certificate_time(&c, &time_ns));
    assert_int_equal(time_ns, 1234567);

    /* Any changed byte: malformed, or not verified. */
    for (size_t i = 0; i < out.size; i++) {
        out.at[i] ^= 0x10;
        struct axon_certificate bad = {0};
        assert_false(axon_certificate_read(&bad, axon_buf_bytes(&out)) && bad.doc.is_tagged &&
                     axon_certificate_check(&bad, der_of(&key), NULL) == AXON_CERTIFICATE_OK);
        axon_certificate_free(&bad);
        out.at[i] ^= 0x10;
    }
    axon_certificate_free(&c);
    axon_tree_free(t);
    axon_buf_free(&time);
    axon_buf_free(&out);
}

enum ranges { RANGES_LEAF, RANGES_SHARD, RANGES_NONE };

/* The root's certificate that a subnet has that key and the canisters 10 to 20. */
static void put_delegation_certificate(struct axon_buf *out, const struct axon_bls_key *root,
                                       const struct axon_bls_key *subnet_key,
                                       struct ic_bytes subnet, enum ranges ranges)
{
    struct axon_tree *t = axon_tree_new();
    struct axon_buf cbor = {0};
    struct ic_principal first = ic_principal_from_canister_index(10);
    struct ic_principal last = ic_principal_from_canister_index(20);
    axon_cbor_put_tag(&cbor, AXON_CBOR_SELF_DESCRIBED);
    axon_cbor_put_array(&cbor, 1);
    axon_cbor_put_array(&cbor, 2);
    axon_cbor_put_bytes(&cbor, ic_principal_bytes(&first));
    axon_cbor_put_bytes(&cbor, ic_principal_bytes(&last));
    axon_tree_set(t, AXON_PATH(L("subnet"), subnet, L("public_key")), der_of(subnet_key));
    if (ranges == RANGES_LEAF) {
        axon_tree_set(t, AXON_PATH(L("subnet"), subnet, L("canister_ranges")),
                      axon_buf_bytes(&cbor));
    } else if (ranges == RANGES_SHARD) {
        axon_tree_set(t, AXON_PATH(L("canister_ranges"), subnet, ic_principal_bytes(&first)),
                      axon_buf_bytes(&cbor));
    }
    struct axon_path everything = {.count = 0};
    axon_certificate_put(out, t, root, &everything, 1);
    axon_tree_free(t);
    axon_buf_free(&cbor);
}

static void put_delegated(struct axon_buf *out, const struct axon_bls_key *subnet_key,
                          struct ic_bytes subnet, struct ic_bytes delegation)
{
    struct axon_tree *t = axon_tree_new();
    axon_tree_set(t, AXON_PATH(L("time")), L("\x01"));
    uint8_t root_hash[AXON_HASH_BYTES];
    uint8_t signature[AXON_BLS_SIGNATURE_BYTES];
    axon_tree_hash(t, root_hash);
    axon_state_root_sign(subnet_key, signature, root_hash);
    struct axon_path everything = {.count = 0};
    axon_cbor_put_map(out, 3);
    axon_cbor_put_text(out, "tree");
    axon_tree_prune(t, out, &everything, 1);
    axon_cbor_put_text(out, "signature");
    axon_cbor_put_bytes(out, (struct ic_bytes){.at = signature, .size = sizeof signature});
    axon_cbor_put_text(out, "delegation");
    axon_cbor_put_map(out, 2);
    axon_cbor_put_text(out, "subnet_id");
    axon_cbor_put_bytes(out, subnet);
    axon_cbor_put_text(out, "certificate");
    axon_cbor_put_bytes(out, delegation);
    axon_tree_free(t);
}

static enum axon_certificate_result check_delegated(const struct axon_bls_key *root,
                                                    struct ic_bytes certificate,
                                                    const struct ic_principal *canister)
{
    struct axon_certificate c = {0};
    assert_true(axon_certificate_read(&c, certificate));
    enum axon_certificate_result result = axon_certificate_check(&c, der_of(root), canister);
    axon_certificate_free(&c);
    return result;
}

static void test_delegated_certificate(void **state)
{
    (void)state;
    struct axon_bls_key root = bls_key("root");
    struct axon_bls_key subnet_key = bls_key("subnet");
    struct ic_principal subnet = ic_principal_from_public_key(der_of(&subnet_key));
    struct ic_principal inside = ic_principal_from_canister_index(15);
    struct ic_principal outside = ic_principal_from_canister_index(21);
    for (enum ranges ranges = RANGES_LEAF; ranges <= RANGES_NONE; ranges++) {
        struct axon_buf delegation = {0};
        struct axon_buf out = {0};
        put_delegation_certificate(&delegation, &root, &subnet_key, ic_principal_bytes(&subnet),
                                   ranges);
        put_delegated(&out, &subnet_key, ic_principal_bytes(&subnet), axon_buf_bytes(&delegation));
        struct ic_bytes c = axon_buf_bytes(&out);
        assert_int_equal(check_delegated(&root, c, NULL), AXON_CERTIFICATE_OK);
        assert_int_equal(check_delegated(&root, c, &inside), ranges == RANGES_NONE
                                                                 ? AXON_CERTIFICATE_OUT_OF_RANGE
                                                                 : AXON_CERTIFICATE_OK);
        assert_int_equal(check_delegated(&root, c, &outside), AXON_CERTIFICATE_OUT_OF_RANGE);
        assert_int_equal(check_delegated(&subnet_key, c, NULL), AXON_CERTIFICATE_BAD_SIGNATURE);
        /* Delegations must not nest, and name the subnet they are for. */
        struct axon_buf nested = {0};
        put_delegated(&nested, &subnet_key, ic_principal_bytes(&subnet), c);
        assert_int_equal(check_delegated(&root, axon_buf_bytes(&nested), NULL),
                         AXON_CERTIFICATE_BAD_DELEGATION);
        axon_buf_clear(&nested);
        put_delegated(&nested, &subnet_key, ic_principal_bytes(&inside),
                      axon_buf_bytes(&delegation));
        assert_int_equal(check_delegated(&root, axon_buf_bytes(&nested), NULL),
                         AXON_CERTIFICATE_BAD_DELEGATION);
        axon_buf_free(&nested);
        axon_buf_free(&delegation);
        axon_buf_free(&out);
    }
}

/* ---- certificates of mainnet ---------------------------------------------------------------- */

/* State certificates as mainnet answered them: the test data of the JavaScript agent, where npm put it.
 * mainnetSystem is signed by the root subnet itself; mainnetApplicationLegacy by an application subnet
 * whose delegation has the canister ranges in one leaf; in that of mainnetApplication they are absent. */
#define AGENT "integration/clients/node_modules/@icp-sdk/core/lib/esm/agent/agent/http/"
#define GOLDEN_CERTIFICATES AGENT "__certificates__/goldenCertificates.js"

static const char MAINNET_ROOT_KEY[] =
    "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100814c0e6ec71fab583b08"
    "bd81373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f913a0c0b2cc5341583bf4b4392e467db"
    "96d65b9bb4cb717112f8472e0d5a4d14505ffd7484b01291091c5f87b98883463f98091a0baaae";

/* Reads NAME: `hex` or NAME: 'hex' out of the agent's file. */
static void golden_certificate(struct axon_buf *out, const char *name)
{
    struct axon_buf file = {0};
    assert_true(axon_buf_read_file(&file, GOLDEN_CERTIFICATES));
    struct axon_buf start = {0};
    axon_buf_printf(&start, " %s: ", name);
    const char *at = strstr(axon_buf_text(&file), axon_buf_text(&start));
    assert_non_null(at);
    at += start.size + 1;
    assert_true(axon_buf_append_from_hex(
        out, (struct ic_bytes){(const uint8_t *)at, strcspn(at, "`'")}));
    axon_buf_free(&start);
    axon_buf_free(&file);
}

/* canister   index, or 0 for none */
static void check_mainnet(const char *name, uint64_t time_ns, uint64_t canister,
                          enum axon_certificate_result expected)
{
    struct axon_buf key = {0};
    struct axon_buf in = {0};
    struct axon_certificate c = {0};
    struct ic_principal id = ic_principal_from_canister_index(canister);
    uint64_t found_ns;
    golden_certificate(&in, name);
    assert_true(axon_certificate_read(&c, axon_buf_bytes(&in)));
    assert_int_equal(
        axon_certificate_check(&c, from_hex(&key, MAINNET_ROOT_KEY), canister == 0 ? NULL : &id),
        expected);
    assert_true(axon_certificate_time(&c, &found_ns));
    assert_true(found_ns == time_ns);
    axon_certificate_free(&c);
    axon_buf_free(&in);
    axon_buf_free(&key);
}

static void test_mainnet(void **state)
{
    (void)state;
    static const char ROOT[] = "mainnetSystem";
    static const char LEAF[] = "mainnetApplicationLegacy";
    static const char NO_RANGES[] = "mainnetApplication";
    check_mainnet(ROOT, 1695844699412007908u, 1, AXON_CERTIFICATE_OK);
    check_mainnet(LEAF, 1695843538129082710u, 0, AXON_CERTIFICATE_OK);
    check_mainnet(LEAF, 1695843538129082710u, 0x300000, AXON_CERTIFICATE_OK);
    check_mainnet(LEAF, 1695843538129082710u, 0x3fffff, AXON_CERTIFICATE_OK);
    check_mainnet(LEAF, 1695843538129082710u, 0x2fffff, AXON_CERTIFICATE_OUT_OF_RANGE);
    check_mainnet(LEAF, 1695843538129082710u, 0x400000, AXON_CERTIFICATE_OUT_OF_RANGE);
    check_mainnet(NO_RANGES, 1763597425871913552u, 0, AXON_CERTIFICATE_OK);
    check_mainnet(NO_RANGES, 1763597425871913552u, 0x300000, AXON_CERTIFICATE_OUT_OF_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cbor_table),        cmocka_unit_test(test_cbor_values),
        cmocka_unit_test(test_cbor_limits),       cmocka_unit_test(test_leb128),
        cmocka_unit_test(test_spec_trees),        cmocka_unit_test(test_spec_lookups),
        cmocka_unit_test(test_malformed_trees),   cmocka_unit_test(test_all_small_trees),
        cmocka_unit_test(test_order_and_removal), cmocka_unit_test(test_deep_paths),
        cmocka_unit_test(test_certificate),       cmocka_unit_test(test_delegated_certificate),
        cmocka_unit_test(test_mainnet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
