#include "agent/agent.h"

#include "agent/http.h"
#include "agent/verify.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CALL_TIMEOUT_S_DEFAULT 300u
#define NONCE_BYTES 16u
#define POLL_FIRST_MS 200u
#define POLL_MAX_MS 5000u
/* What is shown of an HTTP error body. */
#define SERVER_TEXT_BYTES_MAX 600u

#define HTTP_OK 200
#define HTTP_ACCEPTED 202
#define HTTP_NOT_FOUND 404

struct axon_agent {
    struct agent_http *http;
    struct axon_buf root_key;
    const struct axon_key *key;
    uint32_t call_timeout_s;
    struct axon_buf body;                /* of the last reply */
    struct axon_buf subnet_certificate;  /* of subnet_canister; empty before the first query */
    struct ic_principal subnet_canister;
};

/* A request on its way: everything the answer is compared with. */
struct pending {
    struct axon_request request;
    uint8_t signature[AXON_KEY_SIGNATURE_BYTES];
    uint8_t nonce[NONCE_BYTES];
    uint8_t id[AXON_REQUEST_ID_BYTES];
    struct axon_buf envelope;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_ms(uint32_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000u, .tv_nsec = (long)(ms % 1000u) * 1000000L},
              NULL);
}

/* ---- the agent and its answers --------------------------------------------------------------- */

struct axon_agent *axon_agent_new(const struct axon_agent_config *config)
{
    struct axon_agent *agent = axon_alloc(sizeof *agent);
    agent->http = agent_http_new(config->url);
    axon_buf_append(&agent->root_key, config->root_key);
    agent->key = config->key;
    agent->call_timeout_s =
        config->call_timeout_s == 0 ? CALL_TIMEOUT_S_DEFAULT : config->call_timeout_s;
    return agent;
}

void axon_agent_free(struct axon_agent *agent)
{
    agent_http_free(agent->http);
    axon_buf_free(&agent->root_key);
    axon_buf_free(&agent->body);
    axon_buf_free(&agent->subnet_certificate);
    free(agent);
}

struct ic_bytes axon_agent_root_key(const struct axon_agent *agent)
{
    return axon_buf_bytes(&agent->root_key);
}

void axon_agent_answer_free(struct axon_agent_answer *answer)
{
    axon_buf_free(&answer->reply);
    axon_buf_free(&answer->error_code);
    axon_buf_free(&answer->text);
}

static void answer_clear(struct axon_agent_answer *answer)
{
    axon_buf_clear(&answer->reply);
    axon_buf_clear(&answer->error_code);
    axon_buf_clear(&answer->text);
    answer->reject_code = 0;
    answer->result = AXON_AGENT_MALFORMED;
}

static enum axon_agent_result answer_fail(struct axon_agent_answer *answer,
                                          enum axon_agent_result result, const char *text)
{
    axon_buf_append_text(&answer->text, text);
    answer->result = result;
    return result;
}

/* ---- requests -------------------------------------------------------------------------------- */

static void pending_free(struct pending *p)
{
    axon_buf_free(&p->envelope);
}

/* Expiry, nonce for calls, id, signature, bytes. type and its fields are set by the caller. */
static void pending_seal(struct axon_agent *agent, struct pending *p)
{
    struct axon_request *r = &p->request;
    r->ingress_expiry_ns = now_ns() + AXON_AGENT_EXPIRY_NS;
    if (r->type == AXON_REQUEST_CALL) {
        r->has_nonce = RAND_bytes(p->nonce, NONCE_BYTES) == 1;
        r->nonce = (struct ic_bytes){.at = p->nonce, .size = NONCE_BYTES};
    }
    axon_request_sign(r, p->signature, agent->key);
    axon_request_id(r, p->id);
    axon_buf_clear(&p->envelope);
    axon_request_put(r, &p->envelope);
}

static void pending_message(struct axon_agent *agent, struct pending *p,
                            enum axon_request_type type, const struct ic_principal *canister,
                            const char *method, struct ic_bytes arg)
{
    p->request.type = type;
    p->request.canister = *canister;
    p->request.method = ic_bytes_from_text(method);
    p->request.arg = arg;
    pending_seal(agent, p);
}

/* Posts to /api/VERSION/canister/ID/ENDPOINT. False: the answer says why. */
static bool post(struct axon_agent *agent, struct axon_agent_answer *answer, long *status,
                 const char *version, const struct ic_principal *canister, const char *endpoint,
                 struct ic_bytes envelope)
{
    char id[IC_PRINCIPAL_TEXT_MAX + 1], path[160];
    ic_principal_to_text(id, canister);
    snprintf(path, sizeof path, "/api/%s/canister/%s/%s", version, id, endpoint);
    if (!agent_http_send(agent->http, &agent->body, status, path, envelope, &answer->text)) {
        answer->result = AXON_AGENT_UNREACHABLE;
        return false;
    }
    return true;
}

/* An HTTP status that is no answer: the server's own text is the reason. */
static enum axon_agent_result refused(struct axon_agent *agent, struct axon_agent_answer *answer,
                                      long status)
{
    struct ic_bytes body = axon_buf_bytes(&agent->body);
    body.size = body.size > SERVER_TEXT_BYTES_MAX ? SERVER_TEXT_BYTES_MAX : body.size;
    axon_buf_printf(&answer->text, "HTTP status %ld: ", status);
    axon_buf_append(&answer->text, body);
    answer->result = AXON_AGENT_REFUSED;
    return AXON_AGENT_REFUSED;
}

/* reject_code, reject_message, error_code of a reply that carries them in the open. */
static enum axon_agent_result reject_from_cbor(struct axon_agent_answer *answer,
                                               const struct axon_cbor *map)
{
    const struct axon_cbor *code = axon_cbor_find(map, "reject_code");
    const struct axon_cbor *text = axon_cbor_find(map, "reject_message");
    const struct axon_cbor *error = axon_cbor_find(map, "error_code");
    if (code == NULL || code->kind != AXON_CBOR_NAT || text == NULL ||
        text->kind != AXON_CBOR_TEXT) {
        return answer_fail(answer, AXON_AGENT_MALFORMED, "the reject is malformed");
    }
    answer->reject_code = code->number;
    axon_buf_append(&answer->text, text->bytes);
    if (error != NULL && error->kind == AXON_CBOR_TEXT) {
        axon_buf_append(&answer->error_code, error->bytes);
    }
    answer->result = AXON_AGENT_REJECTED;
    return AXON_AGENT_REJECTED;
}

/* ---- certified answers ----------------------------------------------------------------------- */

static const struct ic_principal *range_of(const struct ic_principal *effective)
{
    return effective->size == 0 ? NULL : effective; /* the management canister is on every subnet */
}

static bool find_status(const struct axon_certificate *c, const uint8_t id[AXON_REQUEST_ID_BYTES],
                        const char *name, struct ic_bytes *value)
{
    struct axon_path path = AXON_PATH(
        IC_BYTES_LIT("request_status"),
        ((struct ic_bytes){.at = id, .size = AXON_REQUEST_ID_BYTES}), ic_bytes_from_text(name));
    return axon_certificate_find(c, path, value) == AXON_LOOKUP_FOUND;
}

/* The end of a call as a verified certificate tells it. False: not finished yet. */
static bool status_from_certificate(struct axon_agent_answer *answer,
                                    const struct axon_certificate *c,
                                    const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct ic_bytes status, value;
    if (!find_status(c, id, "status", &status)) {
        return false;
    }
    if (ic_bytes_is_equal(status, IC_BYTES_LIT("replied")) && find_status(c, id, "reply", &value)) {
        axon_buf_append(&answer->reply, value);
        answer->result = AXON_AGENT_REPLIED;
        return true;
    }
    if (ic_bytes_is_equal(status, IC_BYTES_LIT("rejected"))) {
        bool ok = find_status(c, id, "reject_code", &value) &&
                  axon_leb128_read(&answer->reject_code, value) &&
                  find_status(c, id, "reject_message", &value);
        if (!ok) {
            answer_fail(answer, AXON_AGENT_MALFORMED, "the certified reject is malformed");
            return true;
        }
        axon_buf_append(&answer->text, value);
        if (find_status(c, id, "error_code", &value)) {
            axon_buf_append(&answer->error_code, value);
        }
        answer->result = AXON_AGENT_REJECTED;
        return true;
    }
    if (ic_bytes_is_equal(status, IC_BYTES_LIT("done"))) {
        answer_fail(answer, AXON_AGENT_TIMEOUT, "the call was executed; its answer is forgotten");
        return true;
    }
    return false;
}

/* Believes a certificate about a call, or says why not. False: not finished yet. */
static bool settle_from_certificate(struct axon_agent *agent, struct axon_agent_answer *answer,
                                    struct ic_bytes bytes, const struct ic_principal *effective,
                                    const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_certificate c = {0};
    bool finished = true;
    if (!agent_verify_certificate(&c, bytes, axon_agent_root_key(agent), range_of(effective),
                                  now_ns(), &answer->text)) {
        answer->result = AXON_AGENT_UNVERIFIED;
    } else {
        finished = status_from_certificate(answer, &c, id);
    }
    axon_certificate_free(&c);
    return finished;
}

/* The field `certificate` of the last reply. Views the document. */
static bool certificate_field(struct axon_cbor_doc *doc, struct ic_bytes body,
                              struct ic_bytes *certificate)
{
    if (!axon_cbor_read(doc, body)) {
        return false;
    }
    const struct axon_cbor *field = axon_cbor_find(&doc->nodes[0], "certificate");
    if (field == NULL || field->kind != AXON_CBOR_BYTES) {
        return false;
    }
    *certificate = field->bytes;
    return true;
}

/* read_state of one path: the certificate is left in agent->body, *certificate views doc. */
static bool read_state(struct axon_agent *agent, struct axon_agent_answer *answer,
                       struct axon_cbor_doc *doc, struct ic_bytes *certificate,
                       const struct ic_principal *effective, struct axon_path path)
{
    struct pending p = {.request = {.type = AXON_REQUEST_READ_STATE, .paths = &path,
                                    .path_count = 1}};
    pending_seal(agent, &p);
    long status = 0;
    bool ok = post(agent, answer, &status, "v3", effective, "read_state",
                   axon_buf_bytes(&p.envelope));
    pending_free(&p);
    if (!ok) {
        return false;
    }
    if (status != HTTP_OK) {
        refused(agent, answer, status);
        return false;
    }
    if (!certificate_field(doc, axon_buf_bytes(&agent->body), certificate)) {
        answer_fail(answer, AXON_AGENT_MALFORMED, "the answer to read_state is malformed");
        return false;
    }
    return true;
}

static enum axon_agent_result poll_call(struct axon_agent *agent, struct axon_agent_answer *answer,
                                        const struct ic_principal *effective,
                                        const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    uint64_t end_ns = now_ns() + (uint64_t)agent->call_timeout_s * 1000000000u;
    uint32_t pause_ms = POLL_FIRST_MS;
    while (now_ns() < end_ns) {
        sleep_ms(pause_ms);
        pause_ms = pause_ms * 6u / 5u > POLL_MAX_MS ? POLL_MAX_MS : pause_ms * 6u / 5u;
        struct axon_path path =
            AXON_PATH(IC_BYTES_LIT("request_status"),
                      ((struct ic_bytes){.at = id, .size = AXON_REQUEST_ID_BYTES}));
        struct axon_cbor_doc doc = {0};
        struct ic_bytes certificate;
        bool finished = !read_state(agent, answer, &doc, &certificate, effective, path) ||
                        settle_from_certificate(agent, answer, certificate, effective, id);
        axon_cbor_doc_free(&doc);
        if (finished) {
            return answer->result;
        }
    }
    return answer_fail(answer, AXON_AGENT_TIMEOUT, "no answer in time; the call may still run");
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* A 200 answer to a call: a certificate, or a refusal before execution in the open. v2 sends the
 * refusal without `status`. */
static enum axon_agent_result settle_call(struct axon_agent *agent,
                                          struct axon_agent_answer *answer,
                                          const struct ic_principal *effective,
                                          const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_cbor_doc doc = {0};
    struct ic_bytes certificate;
    bool finished = true;
    if (!axon_cbor_read(&doc, axon_buf_bytes(&agent->body))) {
        answer_fail(answer, AXON_AGENT_MALFORMED, "the answer to the call is not CBOR");
    } else if (axon_cbor_find(&doc.nodes[0], "reject_code") != NULL) {
        reject_from_cbor(answer, &doc.nodes[0]);
    } else if (certificate_field(&doc, axon_buf_bytes(&agent->body), &certificate)) {
        finished = settle_from_certificate(agent, answer, certificate, effective, id);
    } else {
        answer_fail(answer, AXON_AGENT_MALFORMED, "the answer to the call has no certificate");
    }
    axon_cbor_doc_free(&doc);
    return finished ? answer->result : poll_call(agent, answer, effective, id);
}

enum axon_agent_result axon_agent_call(struct axon_agent *agent, struct axon_agent_answer *answer,
                                       const struct ic_principal *effective,
                                       const struct ic_principal *canister, const char *method,
                                       struct ic_bytes arg)
{
    struct pending p = {0};
    long status = 0;
    answer_clear(answer);
    pending_message(agent, &p, AXON_REQUEST_CALL, canister, method, arg);
    struct ic_bytes envelope = axon_buf_bytes(&p.envelope);
    bool sent = post(agent, answer, &status, "v4", effective, "call", envelope);
    if (sent && status == HTTP_NOT_FOUND) {
        sent = post(agent, answer, &status, "v2", effective, "call", envelope);
    }
    if (sent && status == HTTP_OK) {
        settle_call(agent, answer, effective, p.id);
    } else if (sent && status == HTTP_ACCEPTED) {
        poll_call(agent, answer, effective, p.id);
    } else if (sent) {
        refused(agent, answer, status);
    }
    pending_free(&p);
    return answer->result;
}

/* ---- queries --------------------------------------------------------------------------------- */

/* Fetches the certificate with the subnet's node keys unless the last one serves. */
static bool fetch_subnet(struct axon_agent *agent, struct axon_agent_answer *answer,
                         const struct ic_principal *canister)
{
    if (agent->subnet_certificate.size > 0 &&
        ic_principal_is_equal(&agent->subnet_canister, canister)) {
        return true;
    }
    struct axon_cbor_doc doc = {0};
    struct ic_bytes certificate;
    bool ok = read_state(agent, answer, &doc, &certificate, canister,
                         AXON_PATH(IC_BYTES_LIT("subnet")));
    if (ok) {
        axon_buf_clear(&agent->subnet_certificate);
        axon_buf_append(&agent->subnet_certificate, certificate);
        agent->subnet_canister = *canister;
    }
    axon_cbor_doc_free(&doc);
    return ok;
}

/* The reply to a query as a struct that can be hashed. False when it is malformed. */
static bool query_reply_from_cbor(struct axon_query_reply *out, const struct axon_cbor *body)
{
    const struct axon_cbor *reply = axon_cbor_find(body, "reply");
    const struct axon_cbor *arg = reply == NULL ? NULL : axon_cbor_find(reply, "arg");
    out->is_replied = axon_cbor_is_text(axon_cbor_find(body, "status"), "replied");
    if (out->is_replied) {
        out->arg = arg == NULL ? (struct ic_bytes){0} : arg->bytes;
        return arg != NULL && arg->kind == AXON_CBOR_BYTES;
    }
    const struct axon_cbor *code = axon_cbor_find(body, "reject_code");
    const struct axon_cbor *text = axon_cbor_find(body, "reject_message");
    const struct axon_cbor *error = axon_cbor_find(body, "error_code");
    if (!axon_cbor_is_text(axon_cbor_find(body, "status"), "rejected") || code == NULL ||
        code->kind != AXON_CBOR_NAT || text == NULL || text->kind != AXON_CBOR_TEXT ||
        (error != NULL && error->kind != AXON_CBOR_TEXT)) {
        return false;
    }
    out->reject_code = code->number;
    out->reject_message = text->bytes;
    out->has_error_code = error != NULL;
    out->error_code = error == NULL ? (struct ic_bytes){0} : error->bytes;
    return true;
}

static enum axon_agent_result settle_query(struct axon_agent *agent,
                                           struct axon_agent_answer *answer,
                                           const struct ic_principal *canister,
                                           const struct axon_cbor *body,
                                           const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_query_reply reply = {0};
    if (!query_reply_from_cbor(&reply, body)) {
        return answer_fail(answer, AXON_AGENT_MALFORMED, "the answer to the query is malformed");
    }
    struct axon_certificate subnet = {0};
    struct ic_bytes root_key = axon_agent_root_key(agent);
    bool believed = agent_verify_certificate(&subnet, axon_buf_bytes(&agent->subnet_certificate),
                                             root_key, canister, now_ns(), &answer->text) &&
                    agent_verify_query(&subnet, root_key, canister, body, &reply, id, now_ns(),
                                       &answer->text);
    axon_certificate_free(&subnet);
    if (!believed) {
        axon_buf_clear(&agent->subnet_certificate); /* keys may have changed: fetch them again */
        answer->result = AXON_AGENT_UNVERIFIED;
        return answer->result;
    }
    if (!reply.is_replied) {
        return reject_from_cbor(answer, body);
    }
    axon_buf_append(&answer->reply, reply.arg);
    answer->result = AXON_AGENT_REPLIED;
    return answer->result;
}

enum axon_agent_result axon_agent_query(struct axon_agent *agent, struct axon_agent_answer *answer,
                                        const struct ic_principal *canister, const char *method,
                                        struct ic_bytes arg)
{
    struct pending p = {0};
    struct axon_cbor_doc doc = {0};
    long status = 0;
    answer_clear(answer);
    pending_message(agent, &p, AXON_REQUEST_QUERY, canister, method, arg);
    if (fetch_subnet(agent, answer, canister) &&
        post(agent, answer, &status, "v3", canister, "query", axon_buf_bytes(&p.envelope))) {
        if (status != HTTP_OK) {
            refused(agent, answer, status);
        } else if (!axon_cbor_read(&doc, axon_buf_bytes(&agent->body))) {
            answer_fail(answer, AXON_AGENT_MALFORMED, "the answer to the query is not CBOR");
        } else {
            settle_query(agent, answer, canister, &doc.nodes[0], p.id);
        }
    }
    axon_cbor_doc_free(&doc);
    pending_free(&p);
    return answer->result;
}

/* ---- reading state --------------------------------------------------------------------------- */

bool axon_agent_trust_status(struct axon_agent *agent, struct axon_agent_answer *answer)
{
    long status = 0;
    answer_clear(answer);
    if (!agent_http_send(agent->http, &agent->body, &status, "/api/v2/status",
                         (struct ic_bytes){0}, &answer->text)) {
        answer->result = AXON_AGENT_UNREACHABLE;
        return false;
    }
    if (status != HTTP_OK) {
        refused(agent, answer, status);
        return false;
    }
    struct axon_cbor_doc doc = {0};
    const struct axon_cbor *key = NULL;
    if (axon_cbor_read(&doc, axon_buf_bytes(&agent->body))) {
        key = axon_cbor_find(&doc.nodes[0], "root_key");
    }
    bool ok = key != NULL && key->kind == AXON_CBOR_BYTES && key->bytes.size == AXON_BLS_DER_BYTES;
    if (ok) {
        axon_buf_clear(&agent->root_key);
        axon_buf_append(&agent->root_key, key->bytes);
        answer->result = AXON_AGENT_REPLIED;
    } else {
        answer_fail(answer, AXON_AGENT_MALFORMED, "the status endpoint gives no root key");
    }
    axon_cbor_doc_free(&doc);
    return ok;
}

/* Absence must be proved as well: a node could hide what it does not like. */
static void settle_lookup(struct axon_agent_answer *answer, enum axon_lookup lookup,
                          struct ic_bytes value)
{
    switch (lookup) {
    case AXON_LOOKUP_FOUND:
        axon_buf_append(&answer->reply, value);
        answer->result = AXON_AGENT_REPLIED;
        return;
    case AXON_LOOKUP_ABSENT:
        answer_fail(answer, AXON_AGENT_REJECTED, "the canister has no such metadata");
        return;
    case AXON_LOOKUP_UNKNOWN:
    case AXON_LOOKUP_ERROR:
        break;
    }
    answer_fail(answer, AXON_AGENT_UNVERIFIED, "the certificate does not tell the metadata");
}

enum axon_agent_result axon_agent_metadata(struct axon_agent *agent,
                                           struct axon_agent_answer *answer,
                                           const struct ic_principal *canister, const char *name)
{
    struct axon_cbor_doc doc = {0};
    struct axon_certificate c = {0};
    struct ic_bytes certificate, value = {0};
    struct axon_path path = AXON_PATH(IC_BYTES_LIT("canister"), ic_principal_bytes(canister),
                                      IC_BYTES_LIT("metadata"), ic_bytes_from_text(name));
    answer_clear(answer);
    if (read_state(agent, answer, &doc, &certificate, canister, path)) {
        if (!agent_verify_certificate(&c, certificate, axon_agent_root_key(agent), canister,
                                      now_ns(), &answer->text)) {
            answer->result = AXON_AGENT_UNVERIFIED;
        } else {
            settle_lookup(answer, axon_certificate_find(&c, path, &value), value);
        }
    }
    axon_certificate_free(&c);
    axon_cbor_doc_free(&doc);
    return answer->result;
}
