#include "agent/verify.h"

/* Ed25519 keys of nodes, DER. SPEC: ic-http 9 */
#define NODE_KEY_BYTES 44u

static bool fail(struct axon_buf *why, const char *text)
{
    axon_buf_append_text(why, text);
    return false;
}

static bool is_near(uint64_t time_ns, uint64_t now_ns)
{
    uint64_t apart = time_ns > now_ns ? time_ns - now_ns : now_ns - time_ns;
    return apart <= AXON_AGENT_DRIFT_NS;
}

bool agent_verify_certificate(struct axon_certificate *out, struct ic_bytes bytes,
                              struct ic_bytes root_key, const struct ic_principal *canister,
                              uint64_t now_ns, struct axon_buf *why)
{
    if (!axon_certificate_read(out, bytes)) {
        return fail(why, "the certificate is malformed");
    }
    enum axon_certificate_result result = axon_certificate_check(out, root_key, canister);
    if (result != AXON_CERTIFICATE_OK) {
        axon_buf_printf(why, "the certificate is not valid under this root key: %s",
                        axon_certificate_result_text(result));
        return false;
    }
    uint64_t time_ns = 0;
    if (!axon_certificate_time(out, &time_ns)) {
        return fail(why, "the certificate has no time");
    }
    if (!is_near(time_ns, now_ns)) {
        return fail(why, "the certificate's time is more than five minutes away from this clock");
    }
    return true;
}

/* ---- queries --------------------------------------------------------------------------------- */

/* True when a canister_ranges value, CBOR [[start, end], ...], contains the canister. */
static bool ranges_contain(struct ic_bytes ranges, const struct ic_principal *canister)
{
    struct axon_cbor_doc doc = {0};
    bool found = false;
    if (axon_cbor_read(&doc, ranges) && doc.nodes[0].kind == AXON_CBOR_ARRAY) {
        const struct axon_cbor *range = axon_cbor_first(&doc.nodes[0]);
        for (uint32_t i = 0; i < doc.nodes[0].count && !found; i++, range = axon_cbor_next(range)) {
            struct ic_principal start, end;
            found = range->kind == AXON_CBOR_ARRAY && range->count == 2 &&
                    range[1].kind == AXON_CBOR_BYTES && range[2].kind == AXON_CBOR_BYTES &&
                    ic_principal_from_bytes(&start, range[1].bytes) &&
                    ic_principal_from_bytes(&end, range[2].bytes) &&
                    ic_principal_compare(&start, canister) <= 0 &&
                    ic_principal_compare(canister, &end) <= 0;
        }
    }
    axon_cbor_doc_free(&doc);
    return found;
}

/* The subnet that signed: the delegation names it, or it is the root subnet, whose id follows from
 * its key and whose ranges the certificate must show (a delegation's were checked with it). */
static bool find_subnet(const struct axon_certificate *c, struct ic_principal *out,
                        struct ic_bytes root_key, const struct ic_principal *canister,
                        struct axon_buf *why)
{
    if (c->has_delegation) {
        *out = c->subnet;
        return true;
    }
    *out = ic_principal_from_public_key(root_key);
    struct ic_bytes ranges;
    struct axon_path path = AXON_PATH(IC_BYTES_LIT("subnet"), ic_principal_bytes(out),
                                      IC_BYTES_LIT("canister_ranges"));
    if (axon_certificate_find(c, path, &ranges) != AXON_LOOKUP_FOUND ||
        !ranges_contain(ranges, canister)) {
        return fail(why, "the canister is not in the ranges of the root subnet");
    }
    return true;
}

/* One element of `signatures`: {timestamp, signature, identity}. */
static bool verify_signature(const struct axon_certificate *subnet, const struct ic_principal *id,
                             const struct axon_cbor *sig, struct axon_query_reply reply,
                             const uint8_t request_id[AXON_REQUEST_ID_BYTES], uint64_t now_ns,
                             struct axon_buf *why)
{
    const struct axon_cbor *time = axon_cbor_find(sig, "timestamp");
    const struct axon_cbor *bytes = axon_cbor_find(sig, "signature");
    const struct axon_cbor *node = axon_cbor_find(sig, "identity");
    if (time == NULL || time->kind != AXON_CBOR_NAT || bytes == NULL ||
        bytes->kind != AXON_CBOR_BYTES || node == NULL || node->kind != AXON_CBOR_BYTES) {
        return fail(why, "the query signature is malformed");
    }
    struct ic_bytes key;
    struct axon_path path = AXON_PATH(IC_BYTES_LIT("subnet"), ic_principal_bytes(id),
                                      IC_BYTES_LIT("node"), node->bytes,
                                      IC_BYTES_LIT("public_key"));
    if (axon_certificate_find(subnet, path, &key) != AXON_LOOKUP_FOUND ||
        key.size != NODE_KEY_BYTES) {
        return fail(why, "the query was answered by a node that is not of this subnet");
    }
    if (!is_near(time->number, now_ns)) {
        return fail(why, "the query answer's time is more than five minutes away from this clock");
    }
    struct axon_buf message = {0};
    reply.timestamp_ns = time->number;
    axon_query_reply_signed_bytes(&message, &reply, request_id);
    enum axon_signature_result result =
        axon_signature_check(key, axon_buf_bytes(&message), bytes->bytes);
    axon_buf_free(&message);
    if (result != AXON_SIGNATURE_OK) {
        axon_buf_printf(why, "the query signature is wrong: %s",
                        axon_signature_result_text(result));
    }
    return result == AXON_SIGNATURE_OK;
}

static size_t count_nodes(const struct axon_certificate *subnet, const struct ic_principal *id)
{
    struct axon_path path =
        AXON_PATH(IC_BYTES_LIT("subnet"), ic_principal_bytes(id), IC_BYTES_LIT("node"));
    enum axon_lookup result;
    const struct axon_witness_node *nodes = axon_witness_node_find(&subnet->tree, path, &result);
    const struct axon_witness_node *child = NULL;
    size_t count = 0;
    while (nodes != NULL && (child = axon_witness_next_child(nodes, child)) != NULL) {
        count++;
    }
    return count;
}

bool agent_verify_query(const struct axon_certificate *subnet, struct ic_bytes root_key,
                        const struct ic_principal *canister, const struct axon_cbor *body,
                        const struct axon_query_reply *reply,
                        const uint8_t id[AXON_REQUEST_ID_BYTES], uint64_t now_ns,
                        struct axon_buf *why)
{
    struct ic_principal subnet_id;
    if (!find_subnet(subnet, &subnet_id, root_key, canister, why)) {
        return false;
    }
    const struct axon_cbor *list = axon_cbor_find(body, "signatures");
    if (list == NULL || list->kind != AXON_CBOR_ARRAY || list->count == 0) {
        return fail(why, "the query answer is not signed");
    }
    if (list->count > count_nodes(subnet, &subnet_id)) {
        return fail(why, "the query answer has more signatures than the subnet has nodes");
    }
    const struct axon_cbor *sig = axon_cbor_first(list);
    for (uint32_t i = 0; i < list->count; i++, sig = axon_cbor_next(sig)) {
        if (!verify_signature(subnet, &subnet_id, sig, *reply, id, now_ns, why)) {
            return false;
        }
    }
    return true;
}
