/* User and node keys: Ed25519, ECDSA on P-256 and on secp256k1, both with SHA-256.
 *
 * Public keys travel as DER SubjectPublicKeyInfo, one fixed prefix per scheme; ECDSA signatures
 * travel as r || s, 32 bytes each, big-endian. Both s and n - s are accepted, as by the replica;
 * what is signed here has the low s. SPEC: ic-http 5.3.
 *
 * Keys of other kinds (canister signatures, WebAuthn) are refused as AXON_SIGNATURE_BAD_KEY. */
#ifndef AXON_KEYS_H
#define AXON_KEYS_H

#include "base/buf.h"
#include "ic/bytes.h"

enum axon_key_scheme { AXON_KEY_ED25519, AXON_KEY_P256, AXON_KEY_SECP256K1 };

#define AXON_KEY_SECRET_BYTES    32u
#define AXON_KEY_SIGNATURE_BYTES 64u
#define AXON_KEY_DER_BYTES_MAX   91u /* P-256; 44 for Ed25519, 88 for secp256k1 */

/* ---- verifying ------------------------------------------------------------------------------ */

enum axon_signature_result {
    AXON_SIGNATURE_OK = 0,
    AXON_SIGNATURE_BAD_KEY,  /* not one of the three DER forms, or not a point of the curve */
    AXON_SIGNATURE_BAD_SIZE, /* not 64 bytes */
    AXON_SIGNATURE_WRONG,    /* does not verify */
};

/* axon_key_scheme_from_der tells the scheme of a public key by its DER prefix and size; the point
 * itself is not looked at. False when it is none of the three. */
IC_MUST_USE bool axon_key_scheme_from_der(enum axon_key_scheme *out, struct ic_bytes der);

/* axon_signature_check verifies signature by the key der on message (not on its hash). */
IC_MUST_USE enum axon_signature_result
axon_signature_check(struct ic_bytes der, struct ic_bytes message, struct ic_bytes signature);
/* A short English reason; a static string. */
const char *axon_signature_result_text(enum axon_signature_result result);

/* ---- signing -------------------------------------------------------------------------------- */

struct axon_key; /* a private key */

/* axon_key_from_secret makes the key of 32 secret bytes: the Ed25519 seed or the ECDSA scalar,
 * big-endian.
 *   returns   release with axon_key_free; NULL when the scalar is not in 1..n-1 */
struct axon_key *axon_key_from_secret(enum axon_key_scheme scheme,
                                      const uint8_t secret[AXON_KEY_SECRET_BYTES]);

void axon_key_free(struct axon_key *key); /* NULL is fine */

/* axon_key_to_pem appends the PKCS#8 form, which openssl, dfx, icp and the JavaScript identities
 * import. */
void axon_key_to_pem(const struct axon_key *key, struct axon_buf *out);

/* The public key as DER; valid while key is. */
struct ic_bytes axon_key_public_der(const struct axon_key *key);

void axon_key_sign(const struct axon_key *key, uint8_t out[AXON_KEY_SIGNATURE_BYTES],
                   struct ic_bytes message);

#endif
