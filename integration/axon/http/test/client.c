#include "http/test/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PROBE_WASM "build/wasm/probe.wasm"

static uint64_t world_clock(void *context)
{
    return ((const struct world *)context)->now_ns;
}

void world_init(struct world *w)
{
    *w = (struct world){.now_ns = NOW_NS};
    struct ic_principal controller = ic_principal_from_canister_index(3);
    struct ic_principal at = ic_principal_from_canister_index(2);
    struct axon_buf module = {0};
    struct axon_outcome out = {0};
    assert_true(axon_buf_read_file(&module, PROBE_WASM));
    w->net = axon_network_new(&(struct axon_config){.time_ns = NOW_NS, .free_cycles = true});
    w->probe = axon_create_canister(w->net, &controller, &at, AXON_CYCLES_DEFAULT);
    axon_install(w->net, &out, &controller, &w->probe, AXON_INSTALL, axon_buf_bytes(&module),
                 (struct ic_bytes){0});
    assert_int_equal(out.status, AXON_STATUS_REPLIED);
    w->service = axon_service_new(
        w->net,
        &(struct axon_service_config){.seed = "test", .clock_ns = world_clock, .clock_context = w});
    axon_outcome_free(&out);
    axon_buf_free(&module);
}

void world_free(struct world *w)
{
    axon_service_free(w->service);
    axon_network_free(w->net);
    axon_buf_free(&w->reply.body);
    axon_request_store_free(&w->store);
}

void post(struct world *w, const char *version, const char *scope, const struct ic_principal *id,
          const char *name, struct ic_bytes body)
{
    char path[200];
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(text, id);
    snprintf(path, sizeof path, "/api/%s/%s/%s/%s", version, scope, text, name);
    axon_service_handle(
        w->service, &w->reply,
        &(struct axon_http_request){
            .method = "POST", .path = path, .content_type = "application/cbor", .body = body});
}

void send_request(struct world *w, const char *version, const struct axon_request *r)
{
    struct axon_buf body = {0};
    const struct ic_principal *id = r->type == AXON_REQUEST_READ_STATE ? &w->probe : &r->canister;
    axon_request_put(r, &body);
    post(w, version, "canister", id, axon_request_type_name(r->type), axon_buf_bytes(&body));
    axon_buf_free(&body);
}

void check_text(const struct world *w, unsigned status, const char *text)
{
    struct axon_buf body = {0};
    axon_buf_append(&body, axon_buf_bytes(&w->reply.body));
    assert_string_equal(axon_buf_text(&body), text);
    assert_int_equal(w->reply.status, status);
    axon_buf_free(&body);
}

struct axon_request probe_call(const struct world *w, struct ic_bytes script)
{
    return (struct axon_request){.type = AXON_REQUEST_CALL,
                                 .sender = IC_PRINCIPAL_ANONYMOUS,
                                 .ingress_expiry_ns = w->now_ns + 4 * MIN_NS,
                                 .canister = w->probe,
                                 .method = L("run"),
                                 .arg = script};
}

struct axon_request probe_query(const struct world *w, struct ic_bytes script)
{
    struct axon_request r = probe_call(w, script);
    r.type = AXON_REQUEST_QUERY;
    r.method = L("ask");
    return r;
}

struct axon_request read_request(const struct world *w, const struct axon_path *paths, size_t count)
{
    return (struct axon_request){.type = AXON_REQUEST_READ_STATE,
                                 .sender = IC_PRINCIPAL_ANONYMOUS,
                                 .ingress_expiry_ns = w->now_ns + 4 * MIN_NS,
                                 .paths = paths,
                                 .path_count = count};
}

const struct axon_cbor *field(struct axon_cbor_doc *doc, const struct world *w, const char *key)
{
    assert_int_equal(w->reply.status, 200);
    assert_string_equal(w->reply.content_type, "application/cbor");
    assert_true(axon_cbor_read(doc, axon_buf_bytes(&w->reply.body)));
    assert_true(doc->is_tagged);
    return axon_cbor_find(doc->nodes, key);
}

void open_certificate(struct axon_certificate *c, struct axon_cbor_doc *doc, const struct world *w)
{
    const struct axon_cbor *bytes = field(doc, w, "certificate");
    uint64_t time_ns;
    *c = (struct axon_certificate){0};
    assert_non_null(bytes);
    assert_true(axon_certificate_read(c, bytes->bytes));
    assert_true(c->doc.is_tagged);
    assert_int_equal(axon_certificate_check(c, axon_service_root_key(w->service), &w->probe),
                     AXON_CERTIFICATE_OK);
    assert_true(axon_certificate_time(c, &time_ns));
    assert_true(time_ns == axon_time(w->net));
}

void check_request_leaf(const struct axon_certificate *c, const struct axon_request *r,
                        const char *name, struct ic_bytes value)
{
    uint8_t id[AXON_REQUEST_ID_BYTES];
    struct ic_bytes found = {0};
    axon_request_id(r, id);
    enum axon_lookup result = axon_certificate_find(
        c,
        AXON_PATH(L("request_status"), (struct ic_bytes){.at = id, .size = sizeof id},
                  ic_bytes_from_text(name)),
        &found);
    assert_int_equal(result, value.size == 0 ? AXON_LOOKUP_ABSENT : AXON_LOOKUP_FOUND);
    assert_true(ic_bytes_is_equal(found, value));
}
