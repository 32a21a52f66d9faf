#include "world.h"

#include "axon_test.h"

#include <stdlib.h>

#define WASM "build/wasm/kv.wasm"

/* ---- setting up ------------------------------------------------------------------------------ */

/* Certificates of the network: tree and signature of the subnet, as over HTTPS. */
static void certify(void *context, struct axon_network *net, const struct ic_principal *canister,
                    struct axon_buf *out)
{
    const struct world *w = context;
    const struct axon_path path = AXON_PATH(IC_BYTES_LIT("canister"), ic_principal_bytes(canister),
                                            IC_BYTES_LIT("certified_data"));
    axon_state_certify(w->subnet, net, out, &path, 1);
}

int world_setup(void **state)
{
    struct world *w = axon_alloc(sizeof *w);
    w->net = axon_network_new(NULL);
    w->subnet = axon_state_new("kv");
    w->owner = ic_principal_from_canister_index(1);
    w->stranger = ic_principal_from_canister_index(2);
    axon_set_root_key(w->net, axon_state_root_key(w->subnet));
    axon_set_certifier(w->net, certify, w);
    w->canister = axon_create_canister(w->net, &w->owner, NULL, AXON_CYCLES_DEFAULT);
    assert_true(axon_buf_read_file(&w->wasm, WASM));
    world_install(w, AXON_INSTALL);
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;
    axon_network_free(w->net);
    axon_state_free(w->subnet);
    axon_outcome_free(&w->out);
    axon_buf_free(&w->wasm);
    free(w);
    return 0;
}

static void expect_replied(struct world *w)
{
    if (w->out.status != AXON_STATUS_REPLIED) {
        fail_msg("%s", axon_buf_text(&w->out.reject_text));
    }
}

void world_install(struct world *w, enum axon_install_mode mode)
{
    axon_install(w->net, &w->out, &w->owner, &w->canister, mode, axon_buf_bytes(&w->wasm),
                 IC_BYTES_LIT("DIDL\0\0"));
    expect_replied(w);
}

/* ---- calls ----------------------------------------------------------------------------------- */

void world_call(struct world *w, const struct ic_principal *caller,
                const struct candid_method *method, const void *in)
{
    axon_test_call(w->net, &w->out, caller, &w->canister, method, in);
}

void world_result(struct world *w, const struct candid_method *method, void *out)
{
    expect_replied(w);
    axon_test_decode(out, method, &w->out);
}

void expect_rejected(struct world *w, const char *part)
{
    assert_int_equal(w->out.status, AXON_STATUS_REJECTED);
    assert_non_null(strstr(axon_buf_text(&w->out.reject_text), part));
}

struct kv_put_result world_put(struct world *w, struct ic_bytes key, struct ic_bytes value)
{
    struct kv_put_out out;
    world_call(w, &w->owner, &kv_put_method, &(struct kv_put_in){.key = key, .value = value});
    world_result(w, &kv_put_method, &out);
    return out.ret0;
}

bool world_remove(struct world *w, struct ic_bytes key)
{
    struct kv_remove_out out;
    world_call(w, &w->owner, &kv_remove_method, &(struct kv_remove_in){.key = key});
    world_result(w, &kv_remove_method, &out);
    return out.ret0;
}

struct kv_opt_blob world_get(struct world *w, struct ic_bytes key)
{
    struct kv_get_out out;
    world_call(w, &w->stranger, &kv_get_method, &(struct kv_get_in){.key = key});
    world_result(w, &kv_get_method, &out);
    return out.ret0;
}

/* ---- browsing -------------------------------------------------------------------------------- */

struct gateway world_gateway(const struct world *w)
{
    return (struct gateway){.root_key = axon_state_root_key(w->subnet),
                            .canister = w->canister,
                            .now_ns = axon_time(w->net)};
}

static void response_from(struct gateway_response *response, const struct kv_http_response *r)
{
    assert_true(r->headers.count <= GATEWAY_FIELDS_MAX);
    *response = (struct gateway_response){
        .status = r->status_code, .body = r->body, .field_count = r->headers.count};
    for (size_t i = 0; i < r->headers.count; i++) {
        response->fields[i] = (struct gateway_field){r->headers.at[i].f0, r->headers.at[i].f1};
    }
}

bool ask_query(struct world *w, struct gateway_response *response, const char *url)
{
    struct kv_http_request_out out;
    const struct kv_http_request_in in = {
        .request = {.method = IC_BYTES_LIT("GET"),
                    .url = ic_bytes_from_text(url),
                    .certificate_version = {.has = true, .value = 2}}};
    world_call(w, &IC_PRINCIPAL_ANONYMOUS, &kv_http_request_method, &in);
    world_result(w, &kv_http_request_method, &out);
    response_from(response, &out.ret0);
    return out.ret0.upgrade.has && out.ret0.upgrade.value;
}

void ask_update(struct world *w, struct gateway_response *response, const char *url)
{
    struct kv_http_request_update_out out;
    const struct kv_http_request_update_in in = {
        .request = {.method = IC_BYTES_LIT("GET"), .url = ic_bytes_from_text(url)}};
    world_call(w, &IC_PRINCIPAL_ANONYMOUS, &kv_http_request_update_method, &in);
    world_result(w, &kv_http_request_update_method, &out);
    response_from(response, &out.ret0);
}

const char *judge(const struct world *w, const char *url, const struct gateway_response *response,
                  bool *is_proved)
{
    const struct gateway gateway = world_gateway(w);
    const struct gateway_request request = {.method = IC_BYTES_LIT("GET"),
                                            .url = ic_bytes_from_text(url)};
    return gateway_verify(&gateway, &request, response, is_proved);
}

void expect_page(struct world *w, const char *url, unsigned status, struct ic_bytes body)
{
    struct gateway_response response;
    bool is_proved = false;
    assert_false(ask_query(w, &response, url));
    const char *why = judge(w, url, &response, &is_proved);
    if (why != NULL || !is_proved) {
        fail_msg("%s: %s", url, why == NULL ? "without proof" : why);
    }
    assert_int_equal(response.status, status);
    if (!ic_bytes_is_equal(response.body, body)) {
        fail_msg("%s: %.*s", url, (int)response.body.size, (const char *)response.body.at);
    }
}
