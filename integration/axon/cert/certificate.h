/* Certificates: a pruned state tree signed by a subnet. SPEC: ic-http 8, 9.
 *
 * A server writes them with axon_certificate_put; a client reads and checks them:
 *
 *     struct axon_certificate c = {0};
 *     if (axon_certificate_read(&c, bytes) &&
 *         axon_certificate_check(&c, root_key_der, &canister) == AXON_CERTIFICATE_OK) {
 *         axon_certificate_find(&c, AXON_PATH(IC_BYTES_LIT("time")), &value) ...
 *     }
 *     axon_certificate_free(&c);
 *
 * Freshness (/time against the clock) is the caller's check: axon_certificate_time. */
#ifndef AXON_CERTIFICATE_H
#define AXON_CERTIFICATE_H

#include "cert/tree.h"
#include "crypto/bls.h"
#include "ic/principal.h"

/* axon_certificate_put appends a certificate without delegation, tag included.
 *   key       signs the root hash of tree
 *   paths     what to reveal, see axon_tree_prune */
void axon_certificate_put(struct axon_buf *out, struct axon_tree *tree,
                          const struct axon_bls_key *key, const struct axon_path *paths,
                          size_t path_count);
/* The same with the signature at hand (cached by the caller per root hash). */
void axon_certificate_put_signed(struct axon_buf *out, struct axon_tree *tree,
                                 const uint8_t signature[AXON_BLS_SIGNATURE_BYTES],
                                 const struct axon_path *paths, size_t path_count);
/* Signs "\x0d" "ic-state-root" and the root hash. */
void axon_state_root_sign(const struct axon_bls_key *key, uint8_t out[AXON_BLS_SIGNATURE_BYTES],
                          const uint8_t root_hash[AXON_HASH_BYTES]);

struct axon_certificate {
    struct axon_cbor_doc doc;
    struct axon_witness tree;
    struct ic_bytes signature;
    bool has_delegation;
    struct ic_principal subnet; /* with a delegation */
    struct ic_bytes delegation; /* with a delegation: its certificate */
};

enum axon_certificate_result {
    AXON_CERTIFICATE_OK = 0,
    AXON_CERTIFICATE_BAD_SIGNATURE,
    AXON_CERTIFICATE_BAD_DELEGATION, /* malformed, nested, or without the subnet's key */
    AXON_CERTIFICATE_OUT_OF_RANGE,   /* the subnet does not hold the canister */
};
const char *axon_certificate_result_text(enum axon_certificate_result result);

/* axon_certificate_read parses; the bytes must outlive the certificate. *out is zeroed by the
 * caller; release with axon_certificate_free in both cases. False when it is malformed. */
IC_MUST_USE bool axon_certificate_read(struct axon_certificate *out, struct ic_bytes in);
void axon_certificate_free(struct axon_certificate *c);

/* axon_certificate_check verifies the signature, and the delegation if there is one.
 *   root_key  DER, 133 bytes
 *   canister  with a delegation, must be in the subnet's ranges; NULL: not checked (creation calls)
 */
IC_MUST_USE enum axon_certificate_result
axon_certificate_check(const struct axon_certificate *c, struct ic_bytes root_key,
                       const struct ic_principal *canister);

enum axon_lookup axon_certificate_find(const struct axon_certificate *c, struct axon_path path,
                                       struct ic_bytes *value);
/* /time in ns; false when it is missing or not a number. */
IC_MUST_USE bool axon_certificate_time(const struct axon_certificate *c, uint64_t *time_ns);

#endif
