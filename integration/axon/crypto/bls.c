#include "crypto/bls.h"

#include "base/hash.h"

#include <blst.h>

static const uint8_t DST[] = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
#define DST_BYTES (sizeof DST - 1)

/* SubjectPublicKeyInfo with the OIDs 1.3.6.1.4.1.44668.5.3.1.2.1 and ...5.3.2.1. */
static const uint8_t DER_PREFIX[] = {0x30, 0x81, 0x82, 0x30, 0x1d, 0x06, 0x0d, 0x2b, 0x06, 0x01,
                                     0x04, 0x01, 0x82, 0xdc, 0x7c, 0x05, 0x03, 0x01, 0x02, 0x01,
                                     0x06, 0x0c, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xdc, 0x7c,
                                     0x05, 0x03, 0x02, 0x01, 0x03, 0x61, 0x00};
_Static_assert(sizeof DER_PREFIX + AXON_BLS_PUBLIC_KEY_BYTES == AXON_BLS_DER_BYTES,
               "the key fills the rest");

void axon_bls_key_from_seed(struct axon_bls_key *out, struct ic_bytes seed)
{
    uint8_t material[AXON_SHA256_BYTES]; /* blst_keygen wants at least 32 bytes */
    axon_sha256(material, seed);
    blst_scalar secret;
    blst_keygen(&secret, material, sizeof material, NULL, 0);
    blst_bendian_from_scalar(out->secret, &secret);
    blst_p2 public_key;
    blst_sk_to_pk_in_g2(&public_key, &secret);
    memcpy(out->der, DER_PREFIX, sizeof DER_PREFIX);
    blst_p2_compress(out->der + sizeof DER_PREFIX, &public_key);
}

void axon_bls_sign(const struct axon_bls_key *key, uint8_t out[AXON_BLS_SIGNATURE_BYTES],
                   struct ic_bytes message)
{
    blst_scalar secret;
    blst_scalar_from_bendian(&secret, key->secret);
    blst_p1 hash;
    blst_p1 signature;
    blst_hash_to_g1(&hash, message.at, message.size, DST, DST_BYTES, NULL, 0);
    blst_sign_pk_in_g2(&signature, &hash, &secret);
    blst_p1_compress(out, &signature);
}

/* Subgroup membership is not implied by uncompressing; without it a forger may add points of small
 * order. */
static bool read_key(blst_p2_affine *out, struct ic_bytes der)
{
    return der.size == AXON_BLS_DER_BYTES && memcmp(der.at, DER_PREFIX, sizeof DER_PREFIX) == 0 &&
           blst_p2_uncompress(out, der.at + sizeof DER_PREFIX) == BLST_SUCCESS &&
           !blst_p2_affine_is_inf(out) && blst_p2_affine_in_g2(out);
}

static bool read_signature(blst_p1_affine *out, struct ic_bytes signature)
{
    return signature.size == AXON_BLS_SIGNATURE_BYTES &&
           blst_p1_uncompress(out, signature.at) == BLST_SUCCESS && !blst_p1_affine_is_inf(out) &&
           blst_p1_affine_in_g1(out);
}

bool axon_bls_check(struct ic_bytes der, struct ic_bytes message, struct ic_bytes signature)
{
    blst_p2_affine key;
    blst_p1_affine point;
    return read_key(&key, der) && read_signature(&point, signature) &&
           blst_core_verify_pk_in_g2(&key, &point, true, message.at, message.size, DST, DST_BYTES,
                                     NULL, 0) == BLST_SUCCESS;
}
