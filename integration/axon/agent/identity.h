/* Who sends a request: a private key read from a PEM file, or nobody (anonymous).
 *
 * Read are the files that icp, dfx, quill and openssl write: PKCS#8 Ed25519 and P-256, and SEC1
 * secp256k1 ("EC PRIVATE KEY"; an "EC PARAMETERS" block may come before it). PKCS#8 secp256k1 and
 * SEC1 P-256 are the same keys in the other wrapping and are read too. Encrypted keys are refused.
 *
 * SPEC: IC interface specification, "Signatures": Ed25519 signs the message itself, ECDSA its
 * SHA-256; ECDSA signatures are r || s, 32 bytes each, big-endian, with the low s. */
#ifndef AXON_AGENT_IDENTITY_H
#define AXON_AGENT_IDENTITY_H

#include "base/buf.h"
#include "ic/bytes.h"
#include "ic/principal.h"

#define AXON_SIGNATURE_BYTES 64u

struct axon_identity;

/* axon_identity_from_pem reads a private key.
 *   pem       the content of the file
 *   error     appended to on failure: a reason without file name, e.g. "no private key found"
 *   returns   owned by the caller, NULL on failure */
struct axon_identity *axon_identity_from_pem(struct ic_bytes pem, struct axon_buf *error);

/* axon_identity_from_file reads a PEM file; the error names the file. */
struct axon_identity *axon_identity_from_file(const char *path, struct axon_buf *error);

/* NULL is allowed and ignored. */
void axon_identity_free(struct axon_identity *identity);

/* The DER SubjectPublicKeyInfo of the key; empty for NULL (anonymous). Belongs to the identity. */
struct ic_bytes axon_identity_public_key(const struct axon_identity *identity);

/* The self-authenticating id of the key; the anonymous principal for NULL. */
struct ic_principal axon_identity_principal(const struct axon_identity *identity);

/* axon_identity_sign signs a message with its domain separator already in front.
 *   returns   false when the library refuses, which a key that was read does not meet */
IC_MUST_USE bool axon_identity_sign(const struct axon_identity *identity,
                                    uint8_t out[AXON_SIGNATURE_BYTES], struct ic_bytes message);

#endif
