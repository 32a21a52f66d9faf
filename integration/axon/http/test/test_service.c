#include "http/test/client.h"

#include "canisters/probe/script.h"
#include "http/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- scripts for the probe ------------------------------------------------------------------ */

static void op(struct axon_buf *script, enum probe_operation operation)
{
    axon_buf_append_byte(script, (uint8_t)operation);
}

static void push(struct axon_buf *script, struct ic_bytes text)
{
    op(script, PROBE_STR);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        axon_buf_append_byte(script, (uint8_t)(text.size >> shift));
    }
    axon_buf_append(script, text);
}

static void push_number(struct axon_buf *script, uint64_t number)
{
    op(script, PROBE_NUM);
    for (unsigned shift = 0; shift < 64; shift += 8) {
        axon_buf_append_byte(script, (uint8_t)(number >> shift));
    }
}

/* Replies with text. */
static struct ic_bytes script_reply(struct axon_buf *script, const char *text)
{
    axon_buf_clear(script);
    push(script, ic_bytes_from_text(text));
    op(script, PROBE_APPEND);
    op(script, PROBE_REPLY);
    return axon_buf_bytes(script);
}

/* Replies with what it kept, and appends "x" to it: executing twice shows. */
static struct ic_bytes script_count(struct axon_buf *script)
{
    axon_buf_clear(script);
    op(script, PROBE_KEPT);
    push(script, L("x"));
    op(script, PROBE_JOIN);
    op(script, PROBE_KEEP);
    op(script, PROBE_KEPT);
    op(script, PROBE_APPEND);
    op(script, PROBE_REPLY);
    return axon_buf_bytes(script);
}

static struct ic_bytes script_reject(struct axon_buf *script, const char *text)
{
    axon_buf_clear(script);
    push(script, ic_bytes_from_text(text));
    op(script, PROBE_REJECT);
    return axon_buf_bytes(script);
}

/* ---- status --------------------------------------------------------------------------------- */

static void get(struct world *w, const char *method, const char *path, const char *content_type)
{
    axon_service_handle(
        w->service, &w->reply,
        &(struct axon_http_request){.method = method, .path = path, .content_type = content_type});
}

static void test_status(void **state)
{
    (void)state;
    struct world w;
    struct axon_cbor_doc doc = {0};
    world_init(&w);
    get(&w, "GET", "/api/v2/status", NULL);
    const struct axon_cbor *key = field(&doc, &w, "root_key");
    assert_int_equal(key->bytes.size, AXON_BLS_DER_BYTES);
    assert_true(ic_bytes_is_equal(key->bytes, axon_service_root_key(w.service)));
    assert_true(axon_cbor_is_text(axon_cbor_find(doc.nodes, "replica_health_status"), "healthy"));
    struct ic_principal subnet = ic_principal_from_public_key(key->bytes);
    struct ic_principal told = axon_service_subnet(w.service);
    assert_true(ic_principal_is_equal(&subnet, &told));

    struct world again; /* the same seed, the same key */
    world_init(&again);
    assert_true(
        ic_bytes_is_equal(axon_service_root_key(w.service), axon_service_root_key(again.service)));
    world_free(&again);
    axon_cbor_doc_free(&doc);
    world_free(&w);
}

static void test_routing(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    static const char CALL[] = "/api/v4/canister/ryjl3-tyaaa-aaaaa-aaaba-cai/call";
    static const struct {
        const char *method;
        const char *path;
        const char *content_type;
        unsigned status;
        const char *text;
    } CASES[] = {
        {"GET", "/", NULL, 404, "Not found: /"},
        {"GET", "/api/v3/status", NULL, 404, "Not found: /api/v3/status"},
        {"POST", "/api/v2/status", NULL, 405, "Method not allowed: use GET."},
        {"POST", "/api/v5/canister/aaaaa-aa/call", NULL, 404,
         "Not found: /api/v5/canister/aaaaa-aa/call"},
        {"POST", "/api/v4/canister/aaaaa-aa/query", NULL, 404,
         "Not found: /api/v4/canister/aaaaa-aa/query"},
        {"POST", "/api/v4/subnet/aaaaa-aa/call", NULL, 404,
         "Not found: /api/v4/subnet/aaaaa-aa/call"},
        {"POST", "/api/v2/canister/aaaaa-aa/call/x", NULL, 404,
         "Not found: /api/v2/canister/aaaaa-aa/call/x"},
        {"GET", CALL, "application/cbor", 405, "Method not allowed: use POST."},
        {"PUT", CALL, "application/cbor", 405, "Method not allowed: use POST."},
        {"POST", CALL, NULL, 400, "Unexpected content-type, expected application/cbor."},
        {"POST", CALL, "application/json", 400,
         "Unexpected content-type, expected application/cbor."},
        {"POST", CALL, "application/cbor-seq", 400,
         "Unexpected content-type, expected application/cbor."},
        {"POST", CALL, "application/cbor", 400,
         "Could not parse body as call message: ends too early"},
        {"POST", CALL, "Application/CBOR; charset=x", 400,
         "Could not parse body as call message: ends too early"},
        {"POST", "/api/v2/canister/ryjl3-tyaaa-aaaaa-aaaba-caj/query", "application/cbor", 400,
         "The id in the URL is not a principal."},
        {"POST", "/api/v2/canister//read_state", "application/cbor", 400,
         "The id in the URL is not a principal."},
        {"POST", "/api/v2/canister/aaaaa-aa/query", "application/cbor", 400,
         "Could not parse body as query message: ends too early"},
        {"POST", "/api/v3/canister/aaaaa-aa/read_state", "application/cbor", 400,
         "Could not parse body as read_state message: ends too early"},
        {"POST", "/api/v3/subnet/aaaaa-aa/read_state", "application/cbor", 404,
         "Subnet aaaaa-aa not found."},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        get(&w, CASES[i].method, CASES[i].path, CASES[i].content_type);
        check_text(&w, CASES[i].status, CASES[i].text);
    }
    struct ic_bytes huge = {.size = AXON_REQUEST_BYTES_MAX + 1};
    post(&w, "v2", "canister", &w.probe, "call", huge);
    check_text(&w, 413, "The request body is larger than 5242880 bytes.");
    world_free(&w);
}

/* ---- calls ---------------------------------------------------------------------------------- */

static void check_certified_call(struct world *w, const char *version, const struct axon_request *r,
                                 const char *status, struct ic_bytes reply, const char *message)
{
    struct axon_cbor_doc doc = {0};
    struct axon_certificate c;
    send_request(w, version, r);
    assert_false(w->reply.is_pending);
    assert_true(axon_cbor_is_text(field(&doc, w, "status"), "replied"));
    open_certificate(&c, &doc, w);
    check_request_leaf(&c, r, "status", ic_bytes_from_text(status));
    check_request_leaf(&c, r, "reply", reply);
    check_request_leaf(&c, r, "reject_message", ic_bytes_from_text(message));
    check_request_leaf(&c, r, "reject_code", message[0] == '\0' ? L("") : L("\x04"));
    check_request_leaf(&c, r, "error_code", message[0] == '\0' ? L("") : L("IC0406"));
    axon_certificate_free(&c);
    axon_cbor_doc_free(&doc);
}

static void test_calls(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf script = {0};
    world_init(&w);
    for (unsigned version = 3; version <= 4; version++) {
        const char *v = version == 3 ? "v3" : "v4";
        struct axon_request r = probe_call(&w, script_reply(&script, "hello"));
        check_certified_call(&w, v, &r, "replied", L("hello"), "");
        r = probe_call(&w, script_reject(&script, "no"));
        check_certified_call(&w, v, &r, "rejected", L(""), "no");
        w.now_ns += MIN_NS;
    }
    axon_buf_free(&script);
    world_free(&w);
}

/* Sent again, by any version, a call is answered from the history; with another nonce it is new. */
static void test_duplicates(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf script = {0};
    world_init(&w);
    struct axon_request r = probe_call(&w, script_count(&script));
    for (unsigned i = 0; i < 3; i++) {
        check_certified_call(&w, i % 2 == 0 ? "v4" : "v3", &r, "replied", L("x"), "");
        send_request(&w, "v2", &r);
        check_text(&w, 202, "");
    }
    r.has_nonce = true;
    r.nonce = L("1");
    check_certified_call(&w, "v4", &r, "replied", L("xx"), "");
    axon_buf_free(&script);
    world_free(&w);
}

/* The id is remembered until the call has expired, and five minutes at least; then it is refused.
 */
static void test_history_ends(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf script = {0};
    struct axon_certificate c;
    struct axon_cbor_doc doc = {0};
    world_init(&w);
    struct axon_request r = probe_call(&w, script_count(&script));
    check_certified_call(&w, "v4", &r, "replied", L("x"), "");
    uint8_t id[AXON_REQUEST_ID_BYTES];
    axon_request_id(&r, id);
    struct axon_path path = AXON_PATH(L("request_status"), (struct ic_bytes){id, sizeof id});
    for (unsigned minutes = 0; minutes <= 6; minutes++) {
        w.now_ns = NOW_NS + minutes * MIN_NS;
        axon_service_tick(w.service);
        struct axon_request read = read_request(&w, &path, 1);
        send_request(&w, "v3", &read);
        open_certificate(&c, &doc, &w);
        check_request_leaf(&c, &r, "status", minutes <= 5 ? L("replied") : L(""));
        axon_certificate_free(&c);
    }
    send_request(&w, "v4", &r);
    assert_int_equal(w.reply.status, 400);
    assert_memory_equal(w.reply.body.at, "Invalid request expiry: ", 24);
    axon_cbor_doc_free(&doc);
    axon_buf_free(&script);
    world_free(&w);
}

static void check_refusal(struct world *w, uint64_t code, const char *error_code, const char *text)
{
    struct axon_cbor_doc doc = {0};
    const struct axon_cbor *reject_code = field(&doc, w, "reject_code");
    assert_non_null(reject_code);
    assert_int_equal(reject_code->number, code);
    assert_true(axon_cbor_is_text(axon_cbor_find(doc.nodes, "error_code"), error_code));
    assert_true(axon_cbor_is_text(axon_cbor_find(doc.nodes, "reject_message"), text));
    axon_cbor_doc_free(&doc);
}

/* Refused before execution: no certificate, nothing in the history. */
static void test_refused_calls(void **state)
{
    (void)state;
    struct world w;
    struct axon_cbor_doc doc = {0};
    world_init(&w);
    struct axon_request r = probe_call(&w, L(""));
    r.canister = ic_principal_from_canister_index(77);
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    char message[120];
    ic_principal_to_text(text, &r.canister);
    snprintf(message, sizeof message, "Canister %s not found", text);
    send_request(&w, "v4", &r);
    assert_true(axon_cbor_is_text(field(&doc, &w, "status"), "non_replicated_rejection"));
    check_refusal(&w, 3, "IC0301", message);
    send_request(&w, "v2", &r);
    assert_null(field(&doc, &w, "status"));
    check_refusal(&w, 3, "IC0301", message);
    axon_cbor_doc_free(&doc);
    world_free(&w);
}

static void test_foreign_canister(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf body = {0};
    world_init(&w);
    struct ic_principal other = ic_principal_from_canister_index(1);
    struct axon_request r = probe_call(&w, L(""));
    axon_request_put(&r, &body);
    post(&w, "v4", "canister", &other, "call", axon_buf_bytes(&body));
    check_text(&w, 400,
               "Specified CanisterId ryjl3-tyaaa-aaaaa-aaaba-cai does not match effective canister "
               "id in URL rrkah-fqaaa-aaaaa-aaaaq-cai");
    axon_buf_free(&body);
    world_free(&w);
}

/* Calls of the management canister go to the canister that their argument names; those that make
 * canisters go anywhere. */
static void test_management_target(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf body = {0};
    struct axon_buf arg = {0};
    world_init(&w);
    /* (record { canister_id = principal "ryjl3-tyaaa-aaaaa-aaaba-cai" }) */
    assert_true(axon_buf_append_from_hex(
        &arg, L("4449444c016c01b3c4b1f204680100010a00000000000000020101")));
    struct ic_principal other = ic_principal_from_canister_index(1);
    struct axon_request r = probe_call(&w, axon_buf_bytes(&arg));
    r.canister = IC_PRINCIPAL_MANAGEMENT;
    r.method = L("start_canister");
    axon_request_put(&r, &body);
    post(&w, "v4", "canister", &other, "call", axon_buf_bytes(&body));
    check_text(&w, 400,
               "Specified CanisterId ryjl3-tyaaa-aaaaa-aaaba-cai does not match effective canister "
               "id in URL rrkah-fqaaa-aaaaa-aaaaq-cai");
    post(&w, "v4", "canister", &w.probe, "call", axon_buf_bytes(&body));
    assert_int_equal(w.reply.status, 200); /* not a controller: refused, but not by the URL */
    r.method = L("provisional_create_canister_with_cycles");
    r.arg = L("DIDL\x01\x6c\x00\x01\x00");
    axon_buf_clear(&body);
    axon_request_put(&r, &body);
    post(&w, "v4", "canister", &IC_PRINCIPAL_MANAGEMENT, "call", axon_buf_bytes(&body));
    struct axon_cbor_doc doc = {0};
    assert_true(axon_cbor_is_text(field(&doc, &w, "status"), "replied"));
    axon_cbor_doc_free(&doc);
    axon_buf_free(&arg);
    axon_buf_free(&body);
    world_free(&w);
}

static void keep_silent(void *context, struct axon_network *net, const struct ic_principal *sender,
                        const char *method, struct ic_bytes arg, struct axon_outcome *out)
{
    (void)context;
    (void)net;
    (void)sender;
    (void)method;
    (void)arg;
    out->status = AXON_STATUS_PROCESSING;
}

/* A call that is not answered: 202, and its status can be read. */
static void test_pending_call(void **state)
{
    (void)state;
    struct world w;
    struct axon_cbor_doc doc = {0};
    struct axon_certificate c;
    world_init(&w);
    struct ic_principal silent = ic_principal_from_canister_index(9);
    axon_set_stub(w.net, &silent, keep_silent, NULL);
    struct axon_request r = probe_call(&w, L(""));
    r.canister = silent;
    send_request(&w, "v4", &r);
    check_text(&w, 202, "");
    assert_true(w.reply.is_pending);
    assert_false(axon_service_wait(w.service, &w.reply));
    uint8_t id[AXON_REQUEST_ID_BYTES];
    axon_request_id(&r, id);
    struct axon_path path = AXON_PATH(L("request_status"), (struct ic_bytes){id, sizeof id});
    struct axon_request read = read_request(&w, &path, 1);
    send_request(&w, "v2", &read);
    open_certificate(&c, &doc, &w);
    check_request_leaf(&c, &r, "status", L("processing"));
    axon_certificate_free(&c);
    axon_cbor_doc_free(&doc);
    world_free(&w);
}

/* A timer's work is done by the tick: the call it answers is found by axon_service_wait. */
static void test_timer_answers(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf script = {0};
    struct axon_buf timer = {0};
    world_init(&w);
    push(&timer, L("timer was here"));
    op(&timer, PROBE_KEEP);
    push_number(&script, PROBE_ON_TIMER);
    push(&script, axon_buf_bytes(&timer));
    op(&script, PROBE_HOOK);
    push_number(&script, NOW_NS + MIN_NS);
    op(&script, PROBE_TIMER);
    op(&script, PROBE_REPLY);
    struct axon_request r = probe_call(&w, axon_buf_bytes(&script));
    struct axon_cbor_doc doc = {0};
    send_request(&w, "v4", &r);
    assert_true(axon_cbor_is_text(field(&doc, &w, "status"), "replied"));
    axon_buf_clear(&script);
    op(&script, PROBE_KEPT);
    op(&script, PROBE_APPEND);
    op(&script, PROBE_REPLY);
    for (unsigned minutes = 0; minutes < 3; minutes++) {
        w.now_ns = NOW_NS + minutes * MIN_NS;
        axon_service_tick(w.service);
        axon_service_tick(w.service);
        r = probe_query(&w, axon_buf_bytes(&script));
        send_request(&w, "v3", &r);
        const struct axon_cbor *arg = axon_cbor_find(field(&doc, &w, "reply"), "arg");
        assert_true(ic_bytes_is_equal(arg->bytes, minutes == 0 ? L("") : L("timer was here")));
    }
    axon_cbor_doc_free(&doc);
    axon_buf_free(&script);
    axon_buf_free(&timer);
    world_free(&w);
}

/* ---- queries -------------------------------------------------------------------------------- */

/* The node's key as an agent learns it: from the subtree /subnet. */
static void read_node_key(struct world *w, struct axon_buf *der)
{
    struct axon_certificate c;
    struct axon_cbor_doc doc = {0};
    struct axon_path path = AXON_PATH(L("subnet"));
    struct axon_request read = read_request(w, &path, 1);
    struct ic_principal subnet = axon_service_subnet(w->service);
    struct ic_principal node = axon_service_node(w->service);
    struct ic_bytes key;
    send_request(w, "v3", &read);
    open_certificate(&c, &doc, w);
    assert_int_equal(
        axon_certificate_find(&c,
                              AXON_PATH(L("subnet"), ic_principal_bytes(&subnet), L("node"),
                                        ic_principal_bytes(&node), L("public_key")),
                              &key),
        AXON_LOOKUP_FOUND);
    assert_int_equal(key.size, 44);
    axon_buf_append(der, key);
    axon_certificate_free(&c);
    axon_cbor_doc_free(&doc);
}

static void check_node_signature(struct world *w, const struct axon_request *r,
                                 struct axon_query_reply q, struct ic_bytes node_key)
{
    struct axon_cbor_doc doc = {0};
    struct axon_buf message = {0};
    uint8_t id[AXON_REQUEST_ID_BYTES];
    const struct axon_cbor *signatures = field(&doc, w, "signatures");
    assert_int_equal(signatures->count, 1);
    const struct axon_cbor *signature = axon_cbor_first(signatures);
    q.timestamp_ns = axon_cbor_find(signature, "timestamp")->number;
    assert_true(q.timestamp_ns == axon_time(w->net));
    axon_request_id(r, id);
    axon_query_reply_signed_bytes(&message, &q, id);
    assert_int_equal(axon_signature_check(node_key, axon_buf_bytes(&message),
                                          axon_cbor_find(signature, "signature")->bytes),
                     AXON_SIGNATURE_OK);
    struct ic_principal node = ic_principal_from_public_key(node_key);
    assert_true(
        ic_bytes_is_equal(axon_cbor_find(signature, "identity")->bytes, ic_principal_bytes(&node)));
    axon_buf_free(&message);
    axon_cbor_doc_free(&doc);
}

static void test_queries(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf script = {0};
    struct axon_buf node_key = {0};
    struct axon_cbor_doc doc = {0};
    world_init(&w);
    read_node_key(&w, &node_key);
    for (unsigned version = 2; version <= 3; version++) {
        const char *v = version == 2 ? "v2" : "v3";
        struct axon_request r = probe_query(&w, script_reply(&script, "seen"));
        send_request(&w, v, &r);
        assert_true(axon_cbor_is_text(field(&doc, &w, "status"), "replied"));
        check_node_signature(&w, &r,
                             (struct axon_query_reply){.is_replied = true, .arg = L("seen")},
                             axon_buf_bytes(&node_key));
        r = probe_query(&w, script_reject(&script, "not seen"));
        send_request(&w, v, &r);
        assert_true(axon_cbor_is_text(field(&doc, &w, "status"), "rejected"));
        check_refusal(&w, 4, "IC0406", "not seen");
        check_node_signature(&w, &r,
                             (struct axon_query_reply){.reject_code = 4,
                                                       .reject_message = L("not seen"),
                                                       .has_error_code = true,
                                                       .error_code = L("IC0406")},
                             axon_buf_bytes(&node_key));
    }
    axon_cbor_doc_free(&doc);
    axon_buf_free(&node_key);
    axon_buf_free(&script);
    world_free(&w);
}

/* What a canister gets from data_certificate_copy is a certificate over its certified data. */
static void test_data_certificate(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf script = {0};
    struct axon_cbor_doc doc = {0};
    world_init(&w);
    push(&script, L("certified!"));
    op(&script, PROBE_CERTIFY);
    op(&script, PROBE_REPLY);
    struct axon_request r = probe_call(&w, axon_buf_bytes(&script));
    send_request(&w, "v4", &r);
    axon_buf_clear(&script);
    op(&script, PROBE_CERTIFICATE);
    op(&script, PROBE_APPEND);
    op(&script, PROBE_REPLY);
    r = probe_query(&w, axon_buf_bytes(&script));
    send_request(&w, "v3", &r);
    struct axon_certificate c = {0};
    struct ic_bytes value;
    assert_true(axon_certificate_read(&c, axon_cbor_find(field(&doc, &w, "reply"), "arg")->bytes));
    assert_int_equal(axon_certificate_check(&c, axon_service_root_key(w.service), &w.probe),
                     AXON_CERTIFICATE_OK);
    assert_int_equal(axon_certificate_find(&c,
                                           AXON_PATH(L("canister"), ic_principal_bytes(&w.probe),
                                                     L("certified_data")),
                                           &value),
                     AXON_LOOKUP_FOUND);
    assert_true(ic_bytes_is_equal(value, L("certified!")));
    axon_certificate_free(&c);
    axon_cbor_doc_free(&doc);
    axon_buf_free(&script);
    world_free(&w);
}

/* ---- read_state ----------------------------------------------------------------------------- */

static void test_read_state_values(void **state)
{
    (void)state;
    struct world w;
    struct axon_cbor_doc doc = {0};
    struct axon_cbor_doc inner = {0};
    struct axon_certificate c;
    struct ic_bytes value;
    world_init(&w);
    struct ic_bytes id = ic_principal_bytes(&w.probe);
    struct axon_path paths[] = {
        AXON_PATH(L("canister"), id, L("module_hash")),
        AXON_PATH(L("canister"), id, L("controllers")),
        AXON_PATH(L("canister"), id, L("metadata"), L("candid:service")),
        AXON_PATH(L("canister"), id, L("metadata"), L("nothing")),
    };
    struct axon_request read = read_request(&w, paths, 4);
    send_request(&w, "v3", &read);
    open_certificate(&c, &doc, &w);
    assert_int_equal(axon_certificate_find(&c, paths[0], &value), AXON_LOOKUP_FOUND);
    assert_int_equal(value.size, 32);
    assert_int_equal(axon_certificate_find(&c, paths[1], &value), AXON_LOOKUP_FOUND);
    assert_true(axon_cbor_read(&inner, value));
    struct ic_principal controller = ic_principal_from_canister_index(3);
    assert_true(inner.is_tagged && inner.nodes[0].count == 1);
    assert_true(ic_bytes_is_equal(inner.nodes[1].bytes, ic_principal_bytes(&controller)));
    assert_int_equal(axon_certificate_find(&c, paths[2], &value), AXON_LOOKUP_FOUND);
    assert_true(value.size > 0);
    assert_int_equal(axon_certificate_find(&c, paths[3], &value), AXON_LOOKUP_ABSENT);
    /* Nothing that was not asked for. */
    assert_int_equal(
        axon_certificate_find(&c, AXON_PATH(L("canister"), id, L("certified_data")), &value),
        AXON_LOOKUP_UNKNOWN);
    axon_certificate_free(&c);
    axon_cbor_doc_free(&inner);
    axon_cbor_doc_free(&doc);
    world_free(&w);
}

/* The subnet endpoint reads what the canister endpoint must not. */
static void test_subnet_read_state(void **state)
{
    (void)state;
    struct world w;
    struct axon_cbor_doc doc = {0};
    struct axon_certificate c;
    struct axon_buf body = {0};
    struct ic_bytes value;
    world_init(&w);
    struct ic_principal subnet = axon_service_subnet(w.service);
    struct ic_principal first = ic_principal_from_canister_index(0);
    struct axon_path paths[] = {
        AXON_PATH(L("canister_ranges"), ic_principal_bytes(&subnet)),
        AXON_PATH(L("subnet"), ic_principal_bytes(&subnet), L("type")),
    };
    struct axon_request read = read_request(&w, paths, 2);
    axon_request_put(&read, &body);
    post(&w, "v3", "subnet", &subnet, "read_state", axon_buf_bytes(&body));
    open_certificate(&c, &doc, &w);
    assert_int_equal(
        axon_certificate_find(&c,
                              AXON_PATH(L("canister_ranges"), ic_principal_bytes(&subnet),
                                        ic_principal_bytes(&first)),
                              &value),
        AXON_LOOKUP_FOUND);
    assert_int_equal(axon_certificate_find(&c, paths[1], &value), AXON_LOOKUP_FOUND);
    assert_true(ic_bytes_is_equal(value, L("system")));
    axon_certificate_free(&c);
    axon_cbor_doc_free(&doc);
    axon_buf_free(&body);
    world_free(&w);
}

static void test_read_state_refusals(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    struct ic_principal other = ic_principal_from_canister_index(1);
    struct ic_bytes id = ic_principal_bytes(&w.probe);
    struct ic_bytes rid = L("0123456789abcdef0123456789abcdef");
    struct ic_bytes rid2 = L("0123456789abcdef0123456789abcdeF");
    static const char INVALID[] = "Invalid path requested.";
    static const char ELSEWHERE[] = "The path is not available on this endpoint.";
    const struct {
        struct axon_path path;
        unsigned status;
        const char *text;
    } cases[] = {
        {{.count = 0}, 404, INVALID},
        {AXON_PATH(L("nonsense")), 404, INVALID},
        {AXON_PATH(L("time"), L("x")), 404, INVALID},
        {AXON_PATH(L("canister")), 404, INVALID},
        {AXON_PATH(L("canister"), id), 404, INVALID},
        {AXON_PATH(L("canister"), id, L("certified_data")), 404, INVALID},
        {AXON_PATH(L("canister"), id, L("metadata")), 404, INVALID},
        {AXON_PATH(L("request_status")), 404, INVALID},
        {AXON_PATH(L("request_status"), rid, L("other")), 404, INVALID},
        {AXON_PATH(L("request_status"), L("short")), 400,
         "A request id in a path is not 32 bytes long."},
        {AXON_PATH(L("canister"), ic_principal_bytes(&other), L("module_hash")), 403,
         "Effective principal id in URL ryjl3-tyaaa-aaaaa-aaaba-cai does not match requested "
         "principal id: rrkah-fqaaa-aaaaa-aaaaq-cai."},
        {AXON_PATH(L("canister"), L("012345678901234567890123456789"), L("module_hash")), 400,
         "A canister id in a path is not a principal."},
        {AXON_PATH(L("canister_ranges")), 403, ELSEWHERE},
        {AXON_PATH(L("subnet"), L("s"), L("metrics")), 403, ELSEWHERE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct axon_request read = read_request(&w, &cases[i].path, 1);
        send_request(&w, "v3", &read);
        check_text(&w, cases[i].status, cases[i].text);
    }
    struct axon_path two[] = {AXON_PATH(L("request_status"), rid),
                              AXON_PATH(L("request_status"), rid2)};
    struct axon_request read = read_request(&w, two, 2);
    send_request(&w, "v3", &read);
    check_text(&w, 400, "Can only request a single request ID in request_status paths.");
    struct axon_path *many = axon_alloc(1001 * sizeof *many);
    for (size_t i = 0; i < 1001; i++) {
        many[i] = two[0];
    }
    read = read_request(&w, many, 1001);
    send_request(&w, "v3", &read);
    check_text(&w, 400,
               "Too many paths in read state request: got 1001 paths, but at most 1000 are "
               "allowed.");
    read = read_request(&w, many, 1000);
    send_request(&w, "v3", &read);
    assert_int_equal(w.reply.status, 200);
    free(many);
    world_free(&w);
}

/* The status of a request is its sender's business. */
static void test_request_status_is_private(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf script = {0};
    uint8_t secret[32] = {1};
    uint8_t signature[64];
    uint8_t id[AXON_REQUEST_ID_BYTES];
    world_init(&w);
    struct axon_key *key = axon_key_from_secret(AXON_KEY_SECP256K1, secret);
    struct axon_request r = probe_call(&w, script_reply(&script, "mine"));
    axon_request_sign(&r, signature, key);
    send_request(&w, "v2", &r);
    check_text(&w, 202, "");
    axon_request_id(&r, id);
    struct axon_path path =
        AXON_PATH(L("request_status"), (struct ic_bytes){id, sizeof id}, L("reply"));
    struct axon_request read = read_request(&w, &path, 1);
    send_request(&w, "v3", &read);
    check_text(&w, 403, "The user tries to access Request ID not signed by the caller.");
    axon_request_sign(&read, signature, key);
    send_request(&w, "v3", &read);
    struct axon_certificate c;
    struct axon_cbor_doc doc = {0};
    open_certificate(&c, &doc, &w);
    check_request_leaf(&c, &r, "reply", L("mine"));
    axon_certificate_free(&c);
    axon_cbor_doc_free(&doc);
    axon_key_free(key);
    axon_buf_free(&script);
    world_free(&w);
}

/* ---- bad requests --------------------------------------------------------------------------- */

static void test_bad_requests(void **state)
{
    (void)state;
    struct world w;
    struct axon_buf script = {0};
    uint8_t secret[32] = {1};
    uint8_t signature[64];
    world_init(&w);
    struct axon_request r = probe_call(&w, script_count(&script));
    r.ingress_expiry_ns = NOW_NS - 1;
    send_request(&w, "v4", &r);
    check_text(&w, 400,
               "Invalid request expiry: Specified ingress_expiry not within expected range: "
               "Minimum allowed expiry: 2027-01-15 08:00:00.000000000 UTC, "
               "Maximum allowed expiry: 2027-01-15 08:05:30.000000000 UTC, "
               "Provided expiry: 2027-01-15 07:59:59.999999999 UTC");
    r = probe_call(&w, axon_buf_bytes(&script));
    struct axon_key *key = axon_key_from_secret(AXON_KEY_P256, secret);
    axon_request_sign(&r, signature, key);
    signature[63] ^= 1;
    for (enum axon_request_type type = AXON_REQUEST_CALL; type <= AXON_REQUEST_QUERY; type++) {
        r.type = type;
        send_request(&w, "v3", &r);
        check_text(&w, 400, "Invalid signature: the signature does not verify");
    }
    /* A sender of 30 bytes. */
    post(&w, "v4", "canister", &w.probe, "call",
         L("\xd9\xd9\xf7\xa1\x67"
           "content\xa6\x6crequest_type\x64"
           "call\x66sender\x58\x1e"
           "012345678901234567890123456789\x6eingress_expiry\x01\x6b"
           "canister_id\x40\x6bmethod_name\x60\x63"
           "arg\x40"));
    check_text(&w, 400,
               "Could not parse body as call message: field sender is not a principal: more than "
               "29 bytes");
    /* None of them was executed. */
    struct axon_request count = probe_call(&w, axon_buf_bytes(&script));
    check_certified_call(&w, "v4", &count, "replied", L("x"), "");
    axon_key_free(key);
    axon_buf_free(&script);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_routing),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_history_ends),
        cmocka_unit_test(test_refused_calls),
        cmocka_unit_test(test_foreign_canister),
        cmocka_unit_test(test_management_target),
        cmocka_unit_test(test_pending_call),
        cmocka_unit_test(test_timer_answers),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_data_certificate),
        cmocka_unit_test(test_read_state_values),
        cmocka_unit_test(test_subnet_read_state),
        cmocka_unit_test(test_read_state_refusals),
        cmocka_unit_test(test_request_status_is_private),
        cmocka_unit_test(test_bad_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
