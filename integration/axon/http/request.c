#include "http/request.h"

#include "http/rihash.h"

#include <stdlib.h>

const char *axon_request_type_name(enum axon_request_type type)
{
    switch (type) {
    case AXON_REQUEST_CALL:
        return "call";
    case AXON_REQUEST_QUERY:
        return "query";
    case AXON_REQUEST_READ_STATE:
        return "read_state";
    }
    abort();
}

static const char *permissions_name(enum axon_permissions permissions)
{
    return permissions == AXON_PERMISSIONS_ALL ? "all" : "queries";
}

/* ---- hashes --------------------------------------------------------------------------------- */

/* The hash of an array is that of its elements' hashes, one after the other. */
static void hash_of_hashes(uint8_t out[AXON_HASH_BYTES], const struct axon_buf *hashes)
{
    axon_sha256(out, axon_buf_bytes(hashes));
}

static void append_hash(struct axon_buf *hashes, struct ic_bytes bytes)
{
    uint8_t hash[AXON_HASH_BYTES];
    axon_sha256(hash, bytes);
    axon_buf_append(hashes, (struct ic_bytes){.at = hash, .size = sizeof hash});
}

static void paths_hash(uint8_t out[AXON_HASH_BYTES], const struct axon_request *r)
{
    struct axon_buf outer = {0};
    struct axon_buf inner = {0};
    for (size_t i = 0; i < r->path_count; i++) {
        axon_buf_clear(&inner);
        for (size_t j = 0; j < r->paths[i].count; j++) {
            append_hash(&inner, r->paths[i].labels[j]);
        }
        append_hash(&outer, axon_buf_bytes(&inner));
    }
    hash_of_hashes(out, &outer);
    axon_buf_free(&outer);
    axon_buf_free(&inner);
}

void axon_request_id(const struct axon_request *r, uint8_t out[AXON_REQUEST_ID_BYTES])
{
    struct axon_ri_map m = {0};
    axon_ri_bytes(&m, "request_type", ic_bytes_from_text(axon_request_type_name(r->type)));
    axon_ri_bytes(&m, "sender", ic_principal_bytes(&r->sender));
    axon_ri_nat(&m, "ingress_expiry", r->ingress_expiry_ns);
    if (r->has_nonce) {
        axon_ri_bytes(&m, "nonce", r->nonce);
    }
    if (r->type == AXON_REQUEST_READ_STATE) {
        uint8_t hash[AXON_HASH_BYTES];
        paths_hash(hash, r);
        axon_ri_hash(&m, "paths", hash);
    } else {
        axon_ri_bytes(&m, "canister_id", ic_principal_bytes(&r->canister));
        axon_ri_bytes(&m, "method_name", r->method);
        axon_ri_bytes(&m, "arg", r->arg);
    }
    axon_ri_finish(&m, out);
}

void axon_delegation_hash(const struct axon_delegation *d, uint8_t out[AXON_HASH_BYTES])
{
    struct axon_ri_map m = {0};
    axon_ri_bytes(&m, "pubkey", d->public_key);
    axon_ri_nat(&m, "expiration", d->expiration_ns);
    if (d->has_targets) {
        struct axon_buf hashes = {0};
        uint8_t hash[AXON_HASH_BYTES];
        for (size_t i = 0; i < d->target_count; i++) {
            append_hash(&hashes, ic_principal_bytes(&d->targets[i]));
        }
        hash_of_hashes(hash, &hashes);
        axon_ri_hash(&m, "targets", hash);
        axon_buf_free(&hashes);
    }
    if (d->permissions != AXON_PERMISSIONS_ABSENT) {
        axon_ri_bytes(&m, "permissions", ic_bytes_from_text(permissions_name(d->permissions)));
    }
    axon_ri_finish(&m, out);
}

static void append_signed(struct axon_buf *out, struct ic_bytes separator, const uint8_t *hash)
{
    axon_buf_append(out, separator);
    axon_buf_append(out, (struct ic_bytes){.at = hash, .size = AXON_HASH_BYTES});
}

void axon_request_signed_bytes(struct axon_buf *out, const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    append_signed(out,
                  IC_BYTES_LIT("\x0a"
                               "ic-request"),
                  id);
}

void axon_delegation_signed_bytes(struct axon_buf *out, const struct axon_delegation *d)
{
    uint8_t hash[AXON_HASH_BYTES];
    axon_delegation_hash(d, hash);
    append_signed(out,
                  IC_BYTES_LIT("\x1a"
                               "ic-request-auth-delegation"),
                  hash);
}

void axon_query_reply_signed_bytes(struct axon_buf *out, const struct axon_query_reply *q,
                                   const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_ri_map m = {0};
    uint8_t hash[AXON_HASH_BYTES];
    axon_ri_bytes(&m, "status", ic_bytes_from_text(q->is_replied ? "replied" : "rejected"));
    if (q->is_replied) {
        struct axon_ri_map reply = {0};
        axon_ri_bytes(&reply, "arg", q->arg);
        axon_ri_finish(&reply, hash);
        axon_ri_hash(&m, "reply", hash);
    } else {
        axon_ri_nat(&m, "reject_code", q->reject_code);
        axon_ri_bytes(&m, "reject_message", q->reject_message);
        if (q->has_error_code) {
            axon_ri_bytes(&m, "error_code", q->error_code);
        }
    }
    axon_ri_nat(&m, "timestamp", q->timestamp_ns);
    axon_ri_bytes(&m, "request_id", (struct ic_bytes){.at = id, .size = AXON_REQUEST_ID_BYTES});
    axon_ri_finish(&m, hash);
    append_signed(out,
                  IC_BYTES_LIT("\x0b"
                               "ic-response"),
                  hash);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void put_paths(const struct axon_request *r, struct axon_buf *out)
{
    axon_cbor_put_array(out, r->path_count);
    for (size_t i = 0; i < r->path_count; i++) {
        axon_cbor_put_array(out, r->paths[i].count);
        for (size_t j = 0; j < r->paths[i].count; j++) {
            axon_cbor_put_bytes(out, r->paths[i].labels[j]);
        }
    }
}

static void put_bytes_field(struct axon_buf *out, const char *key, struct ic_bytes value)
{
    axon_cbor_put_text(out, key);
    axon_cbor_put_bytes(out, value);
}

static void put_content(const struct axon_request *r, struct axon_buf *out)
{
    bool is_read = r->type == AXON_REQUEST_READ_STATE;
    axon_cbor_put_map(out, (is_read ? 4u : 6u) + r->has_nonce);
    axon_cbor_put_text(out, "request_type");
    axon_cbor_put_text(out, axon_request_type_name(r->type));
    put_bytes_field(out, "sender", ic_principal_bytes(&r->sender));
    axon_cbor_put_text(out, "ingress_expiry");
    axon_cbor_put_nat(out, r->ingress_expiry_ns);
    if (r->has_nonce) {
        put_bytes_field(out, "nonce", r->nonce);
    }
    if (is_read) {
        axon_cbor_put_text(out, "paths");
        put_paths(r, out);
        return;
    }
    put_bytes_field(out, "canister_id", ic_principal_bytes(&r->canister));
    axon_cbor_put_text(out, "method_name");
    axon_cbor_put_text_bytes(out, r->method);
    put_bytes_field(out, "arg", r->arg);
}

static void put_delegation(const struct axon_delegation *d, struct axon_buf *out)
{
    axon_cbor_put_map(out, 2);
    axon_cbor_put_text(out, "delegation");
    axon_cbor_put_map(out, 2u + d->has_targets + (d->permissions != AXON_PERMISSIONS_ABSENT));
    put_bytes_field(out, "pubkey", d->public_key);
    axon_cbor_put_text(out, "expiration");
    axon_cbor_put_nat(out, d->expiration_ns);
    if (d->has_targets) {
        axon_cbor_put_text(out, "targets");
        axon_cbor_put_array(out, d->target_count);
        for (size_t i = 0; i < d->target_count; i++) {
            axon_cbor_put_bytes(out, ic_principal_bytes(&d->targets[i]));
        }
    }
    if (d->permissions != AXON_PERMISSIONS_ABSENT) {
        axon_cbor_put_text(out, "permissions");
        axon_cbor_put_text(out, permissions_name(d->permissions));
    }
    put_bytes_field(out, "signature", d->signature);
}

void axon_request_put(const struct axon_request *r, struct axon_buf *out)
{
    axon_cbor_put_tag(out, AXON_CBOR_SELF_DESCRIBED);
    axon_cbor_put_map(out, 1u + r->has_public_key + r->has_signature + r->has_delegations);
    axon_cbor_put_text(out, "content");
    put_content(r, out);
    if (r->has_public_key) {
        put_bytes_field(out, "sender_pubkey", r->public_key);
    }
    if (r->has_signature) {
        put_bytes_field(out, "sender_sig", r->signature);
    }
    if (r->has_delegations) {
        axon_cbor_put_text(out, "sender_delegation");
        axon_cbor_put_array(out, r->delegation_count);
        for (size_t i = 0; i < r->delegation_count; i++) {
            put_delegation(&r->delegations[i], out);
        }
    }
}

void axon_request_sign(struct axon_request *r, uint8_t signature[AXON_KEY_SIGNATURE_BYTES],
                       const struct axon_key *key)
{
    if (key == NULL) {
        r->sender = IC_PRINCIPAL_ANONYMOUS;
        r->has_public_key = r->has_signature = r->has_delegations = false;
        return;
    }
    if (!r->has_delegations) {
        r->has_public_key = true;
        r->public_key = axon_key_public_der(key);
    }
    r->sender = ic_principal_from_public_key(r->public_key);
    uint8_t id[AXON_REQUEST_ID_BYTES];
    axon_request_id(r, id);
    struct axon_buf message = {0};
    axon_request_signed_bytes(&message, id);
    axon_key_sign(key, signature, axon_buf_bytes(&message));
    axon_buf_free(&message);
    r->has_signature = true;
    r->signature = (struct ic_bytes){.at = signature, .size = AXON_KEY_SIGNATURE_BYTES};
}
