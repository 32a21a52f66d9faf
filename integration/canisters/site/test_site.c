/* A page in parts as a browser gets it: the Wasm in a network, certificates of its subnet, and a
 * gateway that fetches and judges each part. */
#include "integration/canisters/site/film.h"

#include "axon.h"
#include "gateway/gateway.h"
#include "http/state.h"
#include "ic/arena.h"
#include "ic/http.h"
#include "site_did.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h> /* needs the two above */

#define WASM            "build/wasm/site.wasm"
#define ARENA_BYTES     (8u << 20)
#define PART_COST_MAX   140000000u /* certifying a part: its compressions, reading it */
#define ANSWER_COST_MAX 240000000u /* the same, and 50 for each byte of the reply */

static _Alignas(8) uint8_t memory[ARENA_BYTES];
static struct ic_arena arena; /* of the last call */
static struct axon_network *net;
static struct axon_state *subnet;
static struct ic_principal canister, owner;
static struct axon_outcome outcome;
static struct axon_buf module;
static uint64_t dearest_answer;

/* ---- calls ----------------------------------------------------------------------------------- */

static void certify(void *context, struct axon_network *network, const struct ic_principal *id,
                    struct axon_buf *out)
{
    const struct axon_path path = AXON_PATH(IC_BYTES_LIT("canister"), ic_principal_bytes(id),
                                            IC_BYTES_LIT("certified_data"));
    (void)context;
    axon_state_certify(subnet, network, out, &path, 1);
}

static void install(enum axon_install_mode mode)
{
    axon_install(net, &outcome, &owner, &canister, mode, axon_buf_bytes(&module),
                 IC_BYTES_LIT("DIDL\0\0"));
    assert_int_equal(outcome.status, AXON_STATUS_REPLIED);
}

static void call(const struct candid_method *method, const void *in, void *out)
{
    struct ic_bytes message;
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_encode(&message, &method->in, in, CANDID_ENCODE_FULL, &arena),
                     CANDID_OK);
    if (method->mode == CANDID_MODE_QUERY) {
        axon_query(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &canister, method->name, message);
    } else {
        axon_update(net, &outcome, &owner, &canister, method->name, message);
    }
    if (outcome.status != AXON_STATUS_REPLIED) {
        fail_msg("%s", axon_buf_text(&outcome.reject_text));
    }
    ic_arena_init(&arena, memory, sizeof memory);
    assert_true(ic_arena_copy(&message, axon_buf_bytes(&outcome.reply), &arena));
    assert_int_equal(candid_decode(out, &method->out, message, &arena), CANDID_OK);
}

static uint64_t fill(uint32_t size, uint8_t salt)
{
    struct site_fill_out out;
    call(&site_fill_method, &(struct site_fill_in){.size = size, .salt = salt}, &out);
    return out.ret0;
}

/* ---- browsing -------------------------------------------------------------------------------- */

static bool ask(void *context, struct gateway_response *response,
                const struct gateway_request *request, bool is_update)
{
    struct site_header_field fields[GATEWAY_FIELDS_MAX];
    struct site_http_request_out out;
    (void)context;
    for (size_t i = 0; i < request->field_count; i++) {
        fields[i] = (struct site_header_field){request->fields[i].name, request->fields[i].value};
    }
    const struct site_vec_header_field headers = {.at = fields, .count = request->field_count};
    if (is_update) {
        struct site_http_request_update_out updated;
        call(&site_http_request_update_method,
             &(struct site_http_request_update_in){
                 .request = {.method = request->method, .url = request->url, .headers = headers}},
             &updated);
        out.ret0 = updated.ret0;
    } else {
        call(&site_http_request_method,
             &(struct site_http_request_in){
                 .request = {.method = request->method,
                             .url = request->url,
                             .headers = headers,
                             .certificate_version = {.has = true, .value = 2}}},
             &out);
        dearest_answer =
            outcome.instructions > dearest_answer ? outcome.instructions : dearest_answer;
    }
    *response = (struct gateway_response){.status = out.ret0.status_code,
                                          .body = out.ret0.body,
                                          .field_count = out.ret0.headers.count};
    assert_true(response->field_count <= GATEWAY_FIELDS_MAX);
    for (size_t i = 0; i < response->field_count; i++) {
        response->fields[i] =
            (struct gateway_field){out.ret0.headers.at[i].f0, out.ret0.headers.at[i].f1};
    }
    return out.ret0.upgrade.has && out.ret0.upgrade.value;
}

static void check_film(uint32_t size, uint8_t salt, unsigned parts)
{
    const struct gateway gateway = {.root_key = axon_state_root_key(subnet),
                                    .canister = canister,
                                    .now_ns = axon_time(net)};
    const struct gateway_request request = {.method = IC_BYTES_LIT("GET"),
                                            .url = IC_BYTES_LIT("/film")};
    struct gateway_page page = {.status = 0};
    const char *why = gateway_fetch(&page, &gateway, &request, ask, NULL);
    if (why != NULL) {
        fail_msg("%s", why);
    }
    assert_true(page.is_proved && !page.is_by_update);
    assert_int_equal(page.status, 200);
    assert_int_equal(page.parts, parts);
    assert_int_equal(page.body.size, size);
    for (uint32_t i = 0; i < size; i++) {
        if (page.body.at[i] != film_byte(i, salt)) {
            fail_msg("byte %u", i);
        }
    }
    axon_buf_free(&page.body);
}

static void a_film_in_parts(void **state)
{
    (void)state;
    const uint32_t size = 4 * IC_HTTP_BODY_BYTES_MAX + 12345;
    const uint64_t cost = fill(size, 1) / 5;
    print_message("certifying a part: %llu instructions\n", (unsigned long long)cost);
    assert_true(cost <= PART_COST_MAX);
    check_film(size, 1, 5);
    print_message("answering a part: %llu instructions\n", (unsigned long long)dearest_answer);
    assert_true(dearest_answer <= ANSWER_COST_MAX);
    fill(size - 1, 2); /* another one in its place */
    check_film(size - 1, 2, 5);
    fill(1000, 3);
    check_film(1000, 3, 1);
    install(AXON_UPGRADE);
    check_film(1000, 3, 1);
}

static int set_up(void **state)
{
    (void)state;
    net = axon_network_new(NULL);
    subnet = axon_state_new("site");
    owner = ic_principal_from_canister_index(1);
    axon_set_root_key(net, axon_state_root_key(subnet));
    axon_set_certifier(net, certify, NULL);
    canister = axon_create_canister(net, &owner, NULL, AXON_CYCLES_DEFAULT);
    if (!axon_buf_read_file(&module, WASM)) {
        return -1;
    }
    install(AXON_INSTALL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    axon_network_free(net);
    axon_state_free(subnet);
    axon_outcome_free(&outcome);
    axon_buf_free(&module);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_film_in_parts)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
