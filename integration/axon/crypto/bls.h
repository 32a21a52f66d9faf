/* BLS signatures of subnets: BLS12-381, signatures in G1, public keys in G2, basic scheme,
 * ciphersuite BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_. SPEC: ic-http 8.4. */
#ifndef AXON_BLS_H
#define AXON_BLS_H

#include "ic/bytes.h"

#define AXON_BLS_SIGNATURE_BYTES  48u  /* compressed point of G1 */
#define AXON_BLS_PUBLIC_KEY_BYTES 96u  /* compressed point of G2 */
#define AXON_BLS_DER_BYTES        133u /* 37 bytes of prefix and the public key */

struct axon_bls_key {
    uint8_t secret[32]; /* big-endian scalar */
    uint8_t der[AXON_BLS_DER_BYTES];
};

/* axon_bls_key_from_seed derives a key: blst_keygen on the SHA-256 of seed, any length. The same
 * seed gives the same key on every machine. */
void axon_bls_key_from_seed(struct axon_bls_key *out, struct ic_bytes seed);

void axon_bls_sign(const struct axon_bls_key *key, uint8_t out[AXON_BLS_SIGNATURE_BYTES],
                   struct ic_bytes message);

/* axon_bls_check verifies. False also for a key that lacks the DER prefix, and for points that are
 * not on the curve, not in the right subgroup, or infinite. */
IC_MUST_USE bool axon_bls_check(struct ic_bytes der, struct ic_bytes message,
                                struct ic_bytes signature);

#endif
