/* Requests of the HTTPS interface: envelopes with a call, a query or a read_state, as decoded from
 * and encoded to CBOR; their ids; delegations. SPEC: ic-http 4, 5.1, 5.2; requests.cddl.
 *
 * One struct serves both sides: the server decodes it, the agent fills it in and encodes it.
 * Everything inside is a view: of the CBOR input on the server, of the caller's data in the agent.
 *
 * Trust: after axon_request_read returned true on hostile bytes, nonce, labels per path and method
 * name are within their limits, all principals have at most 29 bytes, and unknown fields were
 * absent. How many paths, delegations and targets there are, signatures and expiry are not yet
 * checked: see http/auth.h and http/service.h. */
#ifndef AXON_REQUEST_H
#define AXON_REQUEST_H

#include "cert/tree.h"
#include "crypto/keys.h"
#include "ic/principal.h"

#define AXON_REQUEST_ID_BYTES         32u
#define AXON_REQUEST_BYTES_MAX        (5u * 1024u * 1024u) /* of an HTTP body. SPEC: ic-http 1.2 */
#define AXON_NONCE_BYTES_MAX          32u /* SPEC: ic-http 5.1, as the five below */
#define AXON_PATHS_MAX                1000u
#define AXON_PATH_LABELS_MAX          127u
#define AXON_DELEGATIONS_MAX          20u
#define AXON_DELEGATION_TARGETS_MAX   1000u
#define AXON_REQUEST_METHOD_BYTES_MAX 20000u /* export names. SPEC: ic-system 11 (Wasm limits) */

enum axon_request_type { AXON_REQUEST_CALL, AXON_REQUEST_QUERY, AXON_REQUEST_READ_STATE };
/* "call", "query", "read_state": the request_type and the word in error texts. */
const char *axon_request_type_name(enum axon_request_type type);

enum axon_permissions { AXON_PERMISSIONS_ABSENT, AXON_PERMISSIONS_ALL, AXON_PERMISSIONS_QUERIES };

struct axon_delegation {
    struct ic_bytes public_key; /* DER */
    uint64_t expiration_ns;
    bool has_targets;
    const struct ic_principal *targets;
    size_t target_count;
    enum axon_permissions permissions;
    struct ic_bytes signature; /* by the key before it */
};

struct axon_request {
    enum axon_request_type type;
    struct ic_principal sender;
    uint64_t ingress_expiry_ns;
    bool has_nonce;
    struct ic_bytes nonce;
    /* call, query */
    struct ic_principal canister;
    struct ic_bytes method;
    struct ic_bytes arg;
    /* read_state */
    const struct axon_path *paths;
    size_t path_count;
    /* the envelope */
    bool has_public_key;
    struct ic_bytes public_key;
    bool has_signature;
    struct ic_bytes signature;
    bool has_delegations;
    const struct axon_delegation *delegations;
    size_t delegation_count;
};

/* The request id: hash of the content, the envelope does not count. */
void axon_request_id(const struct axon_request *r, uint8_t out[AXON_REQUEST_ID_BYTES]);
/* The hash of a delegation (its signature does not count). */
void axon_delegation_hash(const struct axon_delegation *d, uint8_t out[AXON_HASH_BYTES]);

/* What is signed: "\x0a" "ic-request" + id, and "\x1a" "ic-request-auth-delegation" + hash.
 * Both append to out. */
void axon_request_signed_bytes(struct axon_buf *out, const uint8_t id[AXON_REQUEST_ID_BYTES]);
void axon_delegation_signed_bytes(struct axon_buf *out, const struct axon_delegation *d);

/* ---- reading -------------------------------------------------------------------------------- */

/* What a decoded request refers to. Zeroed the first time; may be used again. */
struct axon_request_store {
    struct axon_cbor_doc doc;
    struct axon_path *paths;
    struct ic_bytes *labels;
    struct axon_delegation *delegations;
    struct ic_principal *targets;
    char why[128]; /* after a refusal: the detail after "Could not parse body as ... message: " */
};

/* axon_request_read decodes an envelope.
 *   type      what the endpoint expects; another request_type is refused
 *   store     holds what *out refers to; release with axon_request_store_free in both cases
 *   in        must outlive *out
 *   returns   false when refused: store->why says why, *out is unspecified */
IC_MUST_USE bool axon_request_read(struct axon_request *out, struct axon_request_store *store,
                                   enum axon_request_type type, struct ic_bytes in);
void axon_request_store_free(struct axon_request_store *store);

/* ---- writing -------------------------------------------------------------------------------- */

/* axon_request_put appends the envelope as CBOR, tag included. */
void axon_request_put(const struct axon_request *r, struct axon_buf *out);

/* axon_request_sign fills in sender, public key and signature for a key.
 *   r           sender is set to the id of the first key of the chain (key, when no delegations are
 *               set); a request with delegations must have has_public_key and public_key set to
 *               the key that signed the first of them
 *   signature   where the signature is kept; must outlive *r
 *   key         signs; NULL: anonymous, everything is cleared */
void axon_request_sign(struct axon_request *r, uint8_t signature[AXON_KEY_SIGNATURE_BYTES],
                       const struct axon_key *key);

/* ---- query replies -------------------------------------------------------------------------- */

/* The answer to a query, as it is hashed and signed by the node. SPEC: ic-http 6.4. */
struct axon_query_reply {
    bool is_replied;
    struct ic_bytes arg;  /* replied */
    uint64_t reject_code; /* rejected */
    struct ic_bytes reject_message;
    bool has_error_code;
    struct ic_bytes error_code;
    uint64_t timestamp_ns;
};
/* Appends "\x0b" "ic-response" + hash: what the node signs. */
void axon_query_reply_signed_bytes(struct axon_buf *out, const struct axon_query_reply *q,
                                   const uint8_t id[AXON_REQUEST_ID_BYTES]);

#endif
