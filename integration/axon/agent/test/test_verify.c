/* What the agent believes: certificates and query answers made with known keys, then spoiled one
 * thing at a time. */
#include "agent/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW_NS 1735689600000000000u
#define MINUTE_NS 60000000000u

/* A root subnet with one node, as `axon start` publishes it. */
struct world {
    struct axon_bls_key root;
    struct axon_key *node;
    struct ic_principal subnet;
    struct ic_principal node_id;
    struct ic_principal canister;
    struct axon_buf certificate;
};

static struct ic_bytes root_key(const struct world *w)
{
    return (struct ic_bytes){.at = w->root.der, .size = sizeof w->root.der};
}

static void put_time(struct axon_tree *tree, uint64_t time_ns)
{
    struct axon_buf leb = {0};
    axon_leb128_put(&leb, time_ns);
    axon_tree_set(tree, AXON_PATH(IC_BYTES_LIT("time")), axon_buf_bytes(&leb));
    axon_buf_free(&leb);
}

/* One range, from canister `first` to the highest id. */
static void put_ranges(struct axon_tree *tree, const struct world *w, uint64_t first)
{
    struct axon_buf ranges = {0};
    struct ic_principal start = ic_principal_from_canister_index(first);
    struct ic_principal end = ic_principal_from_canister_index(UINT64_MAX);
    axon_cbor_put_tag(&ranges, AXON_CBOR_SELF_DESCRIBED);
    axon_cbor_put_array(&ranges, 1);
    axon_cbor_put_array(&ranges, 2);
    axon_cbor_put_bytes(&ranges, ic_principal_bytes(&start));
    axon_cbor_put_bytes(&ranges, ic_principal_bytes(&end));
    axon_tree_set(tree,
                  AXON_PATH(IC_BYTES_LIT("subnet"), ic_principal_bytes(&w->subnet),
                            IC_BYTES_LIT("canister_ranges")),
                  axon_buf_bytes(&ranges));
    axon_buf_free(&ranges);
}

static void make_world(struct world *w, uint64_t time_ns, uint64_t first_canister)
{
    static const uint8_t secret[AXON_KEY_SECRET_BYTES] = {7};
    *w = (struct world){.canister = ic_principal_from_canister_index(2)};
    axon_bls_key_from_seed(&w->root, IC_BYTES_LIT("root"));
    w->node = axon_key_from_secret(AXON_KEY_ED25519, secret);
    w->subnet = ic_principal_from_public_key(root_key(w));
    w->node_id = ic_principal_from_public_key(axon_key_public_der(w->node));
    struct axon_tree *tree = axon_tree_new();
    put_time(tree, time_ns);
    put_ranges(tree, w, first_canister);
    axon_tree_set(tree,
                  AXON_PATH(IC_BYTES_LIT("subnet"), ic_principal_bytes(&w->subnet),
                            IC_BYTES_LIT("node"), ic_principal_bytes(&w->node_id),
                            IC_BYTES_LIT("public_key")),
                  axon_key_public_der(w->node));
    struct axon_path paths[] = {AXON_PATH(IC_BYTES_LIT("subnet")), AXON_PATH(IC_BYTES_LIT("time"))};
    axon_certificate_put(&w->certificate, tree, &w->root, paths, 2);
    axon_tree_free(tree);
}

static void free_world(struct world *w)
{
    axon_key_free(w->node);
    axon_buf_free(&w->certificate);
}

/* ---- certificates ---------------------------------------------------------------------------- */

/* reason NULL: must be believed. */
static void check_certificate(struct ic_bytes bytes, struct ic_bytes key, const char *reason)
{
    struct axon_certificate c = {0};
    struct axon_buf why = {0};
    struct ic_principal canister = ic_principal_from_canister_index(2);
    bool ok = agent_verify_certificate(&c, bytes, key, &canister, NOW_NS, &why);
    assert_int_equal(ok, reason == NULL);
    if (reason != NULL) {
        assert_non_null(strstr(axon_buf_text(&why), reason));
    }
    axon_certificate_free(&c);
    axon_buf_free(&why);
}

static void test_certificate(void **state)
{
    (void)state;
    struct world w;
    struct axon_bls_key other;
    make_world(&w, NOW_NS, 0);
    axon_bls_key_from_seed(&other, IC_BYTES_LIT("another root"));
    check_certificate(axon_buf_bytes(&w.certificate), root_key(&w), NULL);
    check_certificate(axon_buf_bytes(&w.certificate),
                      (struct ic_bytes){.at = other.der, .size = sizeof other.der},
                      "not valid under this root key");
    check_certificate(axon_buf_bytes(&w.certificate), (struct ic_bytes){0},
                      "not valid under this root key");
    for (size_t size = 0; size < w.certificate.size; size++) {
        check_certificate((struct ic_bytes){.at = w.certificate.at, .size = size}, root_key(&w),
                          "certificate");
    }
    free_world(&w);
}

/* No changed byte goes unnoticed. */
static void test_changed_byte(void **state)
{
    (void)state;
    struct world w;
    make_world(&w, NOW_NS, 0);
    for (size_t at = 3; at < w.certificate.size; at++) { /* behind the tag */
        w.certificate.at[at] ^= 0x01;
        check_certificate(axon_buf_bytes(&w.certificate), root_key(&w), "");
        w.certificate.at[at] ^= 0x01;
    }
    free_world(&w);
}

static void test_time(void **state)
{
    (void)state;
    static const struct { int64_t minutes; const char *reason; } rows[] = {
        {-6, "five minutes"}, {-4, NULL}, {0, NULL}, {4, NULL}, {6, "five minutes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w;
        make_world(&w, NOW_NS + (uint64_t)(rows[i].minutes * (int64_t)MINUTE_NS), 0);
        check_certificate(axon_buf_bytes(&w.certificate), root_key(&w), rows[i].reason);
        free_world(&w);
    }
}

/* ---- queries --------------------------------------------------------------------------------- */

struct answer {
    uint8_t id[AXON_REQUEST_ID_BYTES];
    struct axon_query_reply reply;
    unsigned signature_count;
    uint64_t time_ns;
    bool flip_signature;
    bool foreign_node;
};

static struct answer good_answer(void)
{
    return (struct answer){
        .id = {1, 2, 3},
        .reply = {.is_replied = true, .arg = IC_BYTES_LIT("DIDL\0\0")},
        .signature_count = 1,
        .time_ns = NOW_NS,
    };
}

static void put_signature(struct axon_buf *out, const struct world *w, const struct answer *a)
{
    uint8_t signature[AXON_KEY_SIGNATURE_BYTES];
    struct axon_buf message = {0};
    struct axon_query_reply reply = a->reply;
    struct ic_principal node = a->foreign_node ? w->subnet : w->node_id;
    reply.timestamp_ns = a->time_ns;
    axon_query_reply_signed_bytes(&message, &reply, a->id);
    axon_key_sign(w->node, signature, axon_buf_bytes(&message));
    signature[9] ^= a->flip_signature;
    axon_cbor_put_map(out, 3);
    axon_cbor_put_text(out, "timestamp");
    axon_cbor_put_nat(out, a->time_ns);
    axon_cbor_put_text(out, "signature");
    axon_cbor_put_bytes(out, (struct ic_bytes){.at = signature, .size = sizeof signature});
    axon_cbor_put_text(out, "identity");
    axon_cbor_put_bytes(out, ic_principal_bytes(&node));
    axon_buf_free(&message);
}

/* Verifies the answer as signed, for a reply that may differ from the signed one. */
static void check_query(const struct world *w, const struct answer *a,
                        const struct axon_query_reply *shown, const char *reason)
{
    struct axon_certificate subnet = {0};
    struct axon_cbor_doc doc = {0};
    struct axon_buf body = {0}, why = {0};
    assert_true(agent_verify_certificate(&subnet, axon_buf_bytes(&w->certificate), root_key(w),
                                         NULL, NOW_NS, &why));
    axon_cbor_put_map(&body, 1);
    axon_cbor_put_text(&body, "signatures");
    axon_cbor_put_array(&body, a->signature_count);
    for (unsigned i = 0; i < a->signature_count; i++) {
        put_signature(&body, w, a);
    }
    assert_true(axon_cbor_read(&doc, axon_buf_bytes(&body)));
    bool ok = agent_verify_query(&subnet, root_key(w), &w->canister, &doc.nodes[0], shown, a->id,
                                 NOW_NS, &why);
    assert_int_equal(ok, reason == NULL);
    if (reason != NULL) {
        assert_non_null(strstr(axon_buf_text(&why), reason));
    }
    axon_certificate_free(&subnet);
    axon_cbor_doc_free(&doc);
    axon_buf_free(&body);
    axon_buf_free(&why);
}

static void test_query(void **state)
{
    (void)state;
    struct world w;
    make_world(&w, NOW_NS, 0);
    struct answer a = good_answer();
    check_query(&w, &a, &a.reply, NULL);
    struct axon_query_reply other = {.is_replied = true, .arg = IC_BYTES_LIT("DIDL\0\1")};
    check_query(&w, &a, &other, "query signature is wrong");
    other = (struct axon_query_reply){.reject_code = 4, .reject_message = IC_BYTES_LIT("no")};
    check_query(&w, &a, &other, "query signature is wrong");
    a.reply = other;
    check_query(&w, &a, &other, NULL);
    a = good_answer();
    a.flip_signature = true;
    check_query(&w, &a, &a.reply, "query signature is wrong");
    a = good_answer();
    a.foreign_node = true;
    check_query(&w, &a, &a.reply, "not of this subnet");
    a = good_answer();
    a.signature_count = 0;
    check_query(&w, &a, &a.reply, "not signed");
    a.signature_count = 2;
    check_query(&w, &a, &a.reply, "more signatures than");
    a = good_answer();
    a.time_ns -= 6 * MINUTE_NS;
    check_query(&w, &a, &a.reply, "five minutes");
    free_world(&w);
}

static void test_query_outside_ranges(void **state)
{
    (void)state;
    struct world w;
    make_world(&w, NOW_NS, 3); /* the canister is 2 */
    struct answer a = good_answer();
    check_query(&w, &a, &a.reply, "not in the ranges");
    free_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_changed_byte),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_query_outside_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
