/* Queries: evaluated on the current state, the answer signed by the node. SPEC: ic-http 6.4. */
#include "http/endpoints.h"

#include <stdlib.h>

static struct axon_query_reply reply_from_outcome(const struct axon_outcome *o, uint64_t time_ns)
{
    return (struct axon_query_reply){
        .is_replied = o->status == AXON_STATUS_REPLIED,
        .arg = axon_buf_bytes(&o->reply),
        .reject_code = (uint64_t)o->reject_code,
        .reject_message = axon_buf_bytes(&o->reject_text),
        .has_error_code = o->error_code[0] != '\0',
        .error_code = ic_bytes_from_text(o->error_code),
        .timestamp_ns = time_ns,
    };
}

static void put_signatures(const struct axon_service *s, struct axon_buf *out,
                           const struct axon_query_reply *q,
                           const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_buf message = {0};
    uint8_t signature[AXON_KEY_SIGNATURE_BYTES];
    struct ic_principal node = axon_state_node(s->state);
    axon_query_reply_signed_bytes(&message, q, id);
    axon_key_sign(axon_state_node_key(s->state), signature, axon_buf_bytes(&message));
    axon_buf_free(&message);

    axon_cbor_put_text(out, "signatures");
    axon_cbor_put_array(out, 1);
    axon_cbor_put_map(out, 3);
    axon_cbor_put_text(out, "timestamp");
    axon_cbor_put_nat(out, q->timestamp_ns);
    axon_cbor_put_text(out, "signature");
    axon_cbor_put_bytes(out, (struct ic_bytes){.at = signature, .size = sizeof signature});
    axon_cbor_put_text(out, "identity");
    axon_cbor_put_bytes(out, ic_principal_bytes(&node));
}

static void put_answer(struct axon_buf *out, const struct axon_query_reply *q)
{
    axon_cbor_put_map(out, q->is_replied ? 3u : 4u + q->has_error_code);
    axon_cbor_put_text(out, "status");
    if (q->is_replied) {
        axon_cbor_put_text(out, "replied");
        axon_cbor_put_text(out, "reply");
        axon_cbor_put_map(out, 1);
        axon_cbor_put_text(out, "arg");
        axon_cbor_put_bytes(out, q->arg);
        return;
    }
    axon_cbor_put_text(out, "rejected");
    axon_cbor_put_text(out, "reject_code");
    axon_cbor_put_nat(out, q->reject_code);
    axon_cbor_put_text(out, "reject_message");
    axon_cbor_put_text_bytes(out, q->reject_message);
    if (q->has_error_code) {
        axon_cbor_put_text(out, "error_code");
        axon_cbor_put_text_bytes(out, q->error_code);
    }
}

void axon_endpoint_query(struct axon_service *s, struct axon_http_reply *reply,
                         const struct axon_route *route, struct ic_bytes body)
{
    struct axon_request r;
    uint8_t id[AXON_REQUEST_ID_BYTES];
    if (!axon_request_admit(s, reply, route, body, &r, id)) {
        return;
    }
    char *method = axon_request_method_text(&r);
    axon_query(s->net, &s->outcome, &r.sender, &r.canister, method, r.arg);
    free(method);
    struct axon_query_reply q = reply_from_outcome(&s->outcome, axon_time(s->net));
    struct axon_buf *out = axon_reply_cbor(reply);
    put_answer(out, &q);
    put_signatures(s, out, &q, id);
}
