/* Update calls. SPEC: ic-http 6.2, 6.3. */
#include "http/endpoints.h"

#include <stdlib.h>

/* How long a call may run before other requests get their turn; the server then waits for it. */
#define CALL_BUDGET_NS 500000000u

#define V2_ANSWERS_AT_ONCE 2u

/* ---- answers -------------------------------------------------------------------------------- */

static void put_rejection(struct axon_buf *out, const struct axon_outcome *o)
{
    axon_cbor_put_text(out, "reject_code");
    axon_cbor_put_nat(out, (uint64_t)o->reject_code);
    axon_cbor_put_text(out, "reject_message");
    axon_cbor_put_text_bytes(out, axon_buf_bytes(&o->reject_text));
    axon_cbor_put_text(out, "error_code");
    axon_cbor_put_text(out, o->error_code);
}

/* Refused before execution: nothing of it is in the certified state. */
static void reply_refused(struct axon_http_reply *reply, unsigned version,
                          const struct axon_outcome *o)
{
    struct axon_buf *out = axon_reply_cbor(reply);
    if (version == V2_ANSWERS_AT_ONCE) {
        axon_cbor_put_map(out, 3);
    } else {
        axon_cbor_put_map(out, 4);
        axon_cbor_put_text(out, "status");
        axon_cbor_put_text(out, "non_replicated_rejection");
    }
    put_rejection(out, o);
}

/* The certificate says whether the canister replied or rejected; status is "replied" for both. */
static void reply_certificate(struct axon_service *s, struct axon_http_reply *reply,
                              const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_path path = AXON_PATH(IC_BYTES_LIT("request_status"),
                                      (struct ic_bytes){.at = id, .size = AXON_REQUEST_ID_BYTES});
    struct axon_buf certificate = {0};
    axon_state_certify(s->state, s->net, &certificate, &path, 1);
    struct axon_buf *out = axon_reply_cbor(reply);
    axon_cbor_put_map(out, 2);
    axon_cbor_put_text(out, "status");
    axon_cbor_put_text(out, "replied");
    axon_cbor_put_text(out, "certificate");
    axon_cbor_put_bytes(out, axon_buf_bytes(&certificate));
    axon_buf_free(&certificate);
}

static void reply_known(struct axon_service *s, struct axon_http_reply *reply, unsigned version,
                        const struct axon_ingress_entry *e)
{
    if (version != V2_ANSWERS_AT_ONCE && axon_ingress_is_finished(e)) {
        reply_certificate(s, reply, e->id);
        return;
    }
    axon_reply_text(reply, AXON_HTTP_ACCEPTED, "%s", "");
    reply->is_pending = version != V2_ANSWERS_AT_ONCE;
    memcpy(reply->pending_id, e->id, sizeof e->id);
}

/* ---- execution ------------------------------------------------------------------------------ */

/* Hands the call to the network. NULL when it was refused: s->outcome says why. */
static struct axon_ingress_entry *submit(struct axon_service *s, const struct axon_request *r,
                                         const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    char *method = axon_request_method_text(r);
    uint64_t message_id =
        axon_submit(s->net, &s->outcome, &r->sender, &r->canister, method, r->arg);
    free(method);
    if (message_id == 0) {
        return NULL;
    }
    struct axon_ingress_entry *e = axon_ingress_add(s->history, id);
    e->sender = r->sender;
    e->receiver = r->canister;
    e->message_id = message_id;
    e->status = AXON_STATUS_RECEIVED;
    e->expiry_ns = r->ingress_expiry_ns;
    axon_state_set_request(s->state, id, e->status, NULL);
    return e;
}

void axon_endpoint_call(struct axon_service *s, struct axon_http_reply *reply,
                        const struct axon_route *route, struct ic_bytes body)
{
    struct axon_request r;
    uint8_t id[AXON_REQUEST_ID_BYTES];
    if (!axon_request_admit(s, reply, route, body, &r, id)) {
        return;
    }
    struct axon_ingress_entry *e = axon_ingress_find(s->history, id);
    if (e == NULL) {
        e = submit(s, &r, id);
    }
    if (e == NULL) {
        reply_refused(reply, route->version, &s->outcome);
        return;
    }
    axon_service_run(s, e, CALL_BUDGET_NS);
    reply_known(s, reply, route->version, e);
}

bool axon_service_wait(struct axon_service *s, struct axon_http_reply *reply)
{
    const struct axon_ingress_entry *e = axon_ingress_find(s->history, reply->pending_id);
    if (e == NULL || !axon_ingress_is_finished(e)) {
        return false;
    }
    reply_certificate(s, reply, e->id);
    return true;
}
