/* The two methods of the gateway protocol: Candid in, route, handler, proof, Candid out. */
#include "http_internal.h"

#include "ic/candid_msg.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "ic_web_did.h"

#define VERSION_WITH_PROOFS 2u
#define ALLOW_BYTES_MAX     64u /* all methods and the commas between */

/* ---- answers of the kit itself --------------------------------------------------------------- */

void ic_http_answer_status(struct ic_http_response *response, uint16_t status)
{
    static const struct {
        uint16_t status;
        const char *text;
    } TEXTS[] = {{400, "bad request\n"},
                 {404, "not found\n"},
                 {405, "method not allowed\n"},
                 {414, "address too long\n"},
                 {416, "range not satisfiable\n"}};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        if (TEXTS[i].status == status) {
            ic_http_answer(response, status, "text/plain", ic_bytes_from_text(TEXTS[i].text));
            return;
        }
    }
    IC_TRAP("http: no text for the status");
}

void *ic_http_alloc(struct ic_arena *arena, size_t size)
{
    void *at = ic_arena_alloc(arena, size);
    if (at == NULL) {
        IC_TRAP("http: out of memory");
    }
    return at;
}

static void answer_not_allowed(struct ic_http_response *response, unsigned allowed,
                               struct ic_arena *arena)
{
    static const char *const NAMES[IC_HTTP_OTHER] = {"GET",   "HEAD",   "POST",   "PUT",
                                                     "PATCH", "DELETE", "OPTIONS"};
    struct ic_writer w;
    ic_writer_init(&w, ic_http_alloc(arena, ALLOW_BYTES_MAX), ALLOW_BYTES_MAX);
    for (unsigned i = 0; i < IC_HTTP_OTHER; i++) {
        if ((allowed >> i & 1) != 0) {
            if (w.used > 0) {
                IC_PUT_LIT(&w, ", ");
            }
            ic_put_bytes(&w, ic_bytes_from_text(NAMES[i]));
        }
    }
    ic_http_answer_status(response, 405);
    ic_http_field_add(response, IC_BYTES_LIT("Allow"), ic_writer_bytes(&w));
}

const struct ic_http_route *ic_http_respond(const struct ic_http_site *site,
                                            struct ic_http_request *request,
                                            struct ic_http_response *response)
{
    unsigned allowed = 0;
    const struct ic_http_route *route = ic_http_route_find(site, request, &allowed);
    if (route != NULL) {
        route->handler(request, response);
    } else if (allowed != 0) {
        answer_not_allowed(response, allowed, request->arena);
    } else if (site->not_found != NULL) {
        site->not_found(request, response);
    } else {
        ic_http_answer_status(response, 404);
    }
    if (request->method == IC_HTTP_HEAD) {
        response->body.size = 0;
    }
    return route;
}

/* ---- Candid ---------------------------------------------------------------------------------- */

static void decode(void *in, const struct candid_method *method, struct ic_bytes argument)
{
    const enum candid_result result = candid_decode(in, &method->in, argument, candid_msg_arena());
    if (result != CANDID_OK) {
        ic_trap(ic_bytes_from_text(candid_result_text(result)));
    }
}

static void request_from(struct ic_http_request *request, struct ic_bytes method,
                         struct ic_bytes body, struct ic_web_vec_header_field fields)
{
    struct ic_arena *arena = candid_msg_arena();
    struct ic_http_field *copy = ic_arena_alloc_array(arena, fields.count, sizeof *copy);
    if (copy == NULL) {
        IC_TRAP("http: too many headers");
    }
    for (size_t i = 0; i < fields.count; i++) {
        copy[i] = (struct ic_http_field){fields.at[i].f0, fields.at[i].f1};
    }
    *request = (struct ic_http_request){.method = ic_http_method_from(method),
                                        .method_text = method,
                                        .fields = copy,
                                        .field_count = fields.count,
                                        .body = body,
                                        .arena = arena};
}

static struct ic_web_http_response response_to(const struct ic_http_response *response)
{
    struct ic_web_header_field *copy =
        ic_arena_alloc_array(candid_msg_arena(), response->field_count, sizeof *copy);
    if (copy == NULL || response->body.size > IC_HTTP_BODY_BYTES_MAX) {
        IC_TRAP("http: the answer is too large");
    }
    for (size_t i = 0; i < response->field_count; i++) {
        copy[i] = (struct ic_web_header_field){response->fields[i].name, response->fields[i].value};
    }
    return (struct ic_web_http_response){.status_code = response->status,
                                         .body = response->body,
                                         .headers = {.at = copy, .count = response->field_count}};
}

/* ---- the methods ----------------------------------------------------------------------------- */

/* Answers as far as a query may.
 *   returns   false when it must be asked again by update call */
static bool answer_query(const struct ic_http_site *site, struct ic_http_request *request,
                         struct ic_http_response *response, struct ic_bytes url, bool wants_proof)
{
    struct ic_bytes certificate;
    const struct ic_http_route *route = NULL;
    const bool can_prove = wants_proof && ic_data_certificate(&certificate, request->arena);
    const uint16_t refusal = ic_http_url_parse(request, url);
    if (refusal != 0) {
        ic_http_answer_status(response, refusal);
        return !can_prove;
    }
    unsigned allowed = 0;
    route = ic_http_route_find(site, request, &allowed);
    if (route != NULL && route->proof == IC_HTTP_BY_UPDATE) {
        return false;
    }
    ic_http_respond(site, request, response);
    return !can_prove ||
           (site->tree != NULL && ic_http_prove(site, route, request, response, certificate));
}

void ic_http_query(const struct ic_http_site *site, struct ic_bytes argument)
{
    struct ic_web_http_request_in in;
    struct ic_web_http_request_out out = {0};
    struct ic_http_request request;
    struct ic_http_response response = {.status = 200};
    decode(&in, &ic_web_http_request_method, argument);
    request_from(&request, in.request.method, in.request.body, in.request.headers);
    const bool wants_proof = in.request.certificate_version.has &&
                             in.request.certificate_version.value >= VERSION_WITH_PROOFS;
    if (answer_query(site, &request, &response, in.request.url, wants_proof)) {
        out.ret0 = response_to(&response);
    } else {
        out.ret0.status_code = 202;
        out.ret0.upgrade = (struct ic_web_opt_bool){.has = true, .value = true};
    }
    ic_web_http_request_reply(&out);
}

void ic_http_update(const struct ic_http_site *site, struct ic_bytes argument)
{
    struct ic_web_http_request_update_in in;
    struct ic_web_http_request_update_out out = {0};
    struct ic_http_request request;
    struct ic_http_response response = {.status = 200};
    decode(&in, &ic_web_http_request_update_method, argument);
    request_from(&request, in.request.method, in.request.body, in.request.headers);
    request.is_update = true;
    const uint16_t refusal = ic_http_url_parse(&request, in.request.url);
    if (refusal != 0) {
        ic_http_answer_status(&response, refusal);
    } else {
        ic_http_respond(site, &request, &response);
    }
    out.ret0 = response_to(&response);
    ic_web_http_request_update_reply(&out);
}
