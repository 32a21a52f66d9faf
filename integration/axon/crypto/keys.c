#include "crypto/keys.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define ED25519_PUBLIC_BYTES 32u
#define HALF_BYTES           32u /* r or s */
#define ECDSA_DER_BYTES_MAX  72u /* sequence of two integers of at most 33 bytes */

/* One row per scheme: what stands before the public point in SubjectPublicKeyInfo, and before the
 * secret in a PKCS#8 key without public part (OpenSSL computes it). */
struct scheme {
    size_t public_prefix_bytes;
    size_t public_bytes;
    uint8_t public_prefix[27]; /* of ECDSA keys with the 04 of an uncompressed point */
    size_t secret_prefix_bytes;
    uint8_t secret_prefix[36];
    const char *order; /* n of the curve, NULL for Ed25519; hex */
};

static const struct scheme SCHEMES[] = {
    [AXON_KEY_ED25519] = {12,
                          44,
                          {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00},
                          16,
                          {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
                           0x04, 0x22, 0x04, 0x20},
                          NULL},
    [AXON_KEY_P256] = {27,
                       91,
                       {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                        0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04},
                       35,
                       {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                        0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
                        0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20},
                       "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
    [AXON_KEY_SECP256K1] = {24,
                            88,
                            {0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                             0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                             0x81, 0x04, 0x00, 0x0a, 0x03, 0x42, 0x00, 0x04},
                            32,
                            {0x30, 0x3e, 0x02, 0x01, 0x00, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                             0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
                             0x0a, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20},
                            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"},
};
#define SCHEME_COUNT (sizeof SCHEMES / sizeof SCHEMES[0])

struct axon_key {
    enum axon_key_scheme scheme;
    EVP_PKEY *pkey;
    uint8_t der[AXON_KEY_DER_BYTES_MAX];
    size_t der_bytes;
};

/* OpenSSL fails here only when memory runs out: not a condition to go on with. */
static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

bool axon_key_scheme_from_der(enum axon_key_scheme *out, struct ic_bytes der)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        if (der.size == SCHEMES[i].public_bytes &&
            memcmp(der.at, SCHEMES[i].public_prefix, SCHEMES[i].public_prefix_bytes) == 0) {
            *out = (enum axon_key_scheme)i;
            return true;
        }
    }
    return false;
}

static EVP_PKEY *public_key_from_der(enum axon_key_scheme scheme, struct ic_bytes der)
{
    if (scheme == AXON_KEY_ED25519) {
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                           der.at + SCHEMES[scheme].public_prefix_bytes,
                                           ED25519_PUBLIC_BYTES);
    }
    const unsigned char *at = der.at;
    return d2i_PUBKEY(NULL, &at, (long)der.size); /* refuses points off the curve */
}

/* ---- r || s and DER ------------------------------------------------------------------------- */

static size_t ecdsa_der_from_raw(uint8_t out[ECDSA_DER_BYTES_MAX],
                                 const uint8_t raw[AXON_KEY_SIGNATURE_BYTES])
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, HALF_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(raw + HALF_BYTES, HALF_BYTES, NULL);
    must(sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1);
    unsigned char *at = out;
    int size = i2d_ECDSA_SIG(sig, &at);
    ECDSA_SIG_free(sig);
    must(size > 0 && (size_t)size <= ECDSA_DER_BYTES_MAX);
    return (size_t)size;
}

/* s becomes n - s where that is smaller: both verify, agents emit the low one. */
static void ecdsa_raw_from_der(uint8_t raw[AXON_KEY_SIGNATURE_BYTES], struct ic_bytes der,
                               const char *order_hex)
{
    const unsigned char *at = der.at;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)der.size);
    BIGNUM *order = NULL;
    BIGNUM *flipped = BN_new();
    must(sig != NULL && flipped != NULL && BN_hex2bn(&order, order_hex) > 0);
    must(BN_sub(flipped, order, ECDSA_SIG_get0_s(sig)) == 1);
    const BIGNUM *s = ECDSA_SIG_get0_s(sig);
    const BIGNUM *low = BN_cmp(flipped, s) < 0 ? flipped : s;
    must(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, HALF_BYTES) == (int)HALF_BYTES);
    must(BN_bn2binpad(low, raw + HALF_BYTES, HALF_BYTES) == (int)HALF_BYTES);
    BN_free(order);
    BN_free(flipped);
    ECDSA_SIG_free(sig);
}

/* ---- verifying ------------------------------------------------------------------------------ */

/* Ed25519 takes the message itself, ECDSA its SHA-256. */
static const EVP_MD *scheme_digest(enum axon_key_scheme scheme)
{
    return scheme == AXON_KEY_ED25519 ? NULL : EVP_sha256();
}

static bool signature_verifies(EVP_PKEY *pkey, const EVP_MD *digest, struct ic_bytes message,
                               struct ic_bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context != NULL);
    bool ok =
        EVP_DigestVerifyInit(context, NULL, digest, NULL, pkey) == 1 &&
        EVP_DigestVerify(context, signature.at, signature.size, message.at, message.size) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

enum axon_signature_result axon_signature_check(struct ic_bytes der, struct ic_bytes message,
                                                struct ic_bytes signature)
{
    enum axon_key_scheme scheme;
    if (!axon_key_scheme_from_der(&scheme, der)) {
        return AXON_SIGNATURE_BAD_KEY;
    }
    if (signature.size != AXON_KEY_SIGNATURE_BYTES) {
        return AXON_SIGNATURE_BAD_SIZE;
    }
    EVP_PKEY *pkey = public_key_from_der(scheme, der);
    if (pkey == NULL) {
        return AXON_SIGNATURE_BAD_KEY;
    }
    uint8_t ecdsa_der[ECDSA_DER_BYTES_MAX];
    if (scheme != AXON_KEY_ED25519) {
        size_t size = ecdsa_der_from_raw(ecdsa_der, signature.at);
        signature = (struct ic_bytes){.at = ecdsa_der, .size = size};
    }
    bool ok = signature_verifies(pkey, scheme_digest(scheme), message, signature);
    EVP_PKEY_free(pkey);
    return ok ? AXON_SIGNATURE_OK : AXON_SIGNATURE_WRONG;
}

const char *axon_signature_result_text(enum axon_signature_result result)
{
    switch (result) {
    case AXON_SIGNATURE_OK:
        return "valid";
    case AXON_SIGNATURE_BAD_KEY:
        return "the public key is not a valid Ed25519, ECDSA P-256 or ECDSA secp256k1 key";
    case AXON_SIGNATURE_BAD_SIZE:
        return "the signature is not 64 bytes long";
    case AXON_SIGNATURE_WRONG:
        return "the signature does not verify";
    }
    abort();
}

/* ---- signing -------------------------------------------------------------------------------- */

static bool secret_is_valid(enum axon_key_scheme scheme, const uint8_t *secret)
{
    if (SCHEMES[scheme].order == NULL) {
        return true;
    }
    BIGNUM *order = NULL;
    BIGNUM *scalar = BN_bin2bn(secret, AXON_KEY_SECRET_BYTES, NULL);
    must(scalar != NULL && BN_hex2bn(&order, SCHEMES[scheme].order) > 0);
    bool ok = !BN_is_zero(scalar) && BN_cmp(scalar, order) < 0;
    BN_free(order);
    BN_clear_free(scalar);
    return ok;
}

struct axon_key *axon_key_from_secret(enum axon_key_scheme scheme,
                                      const uint8_t secret[AXON_KEY_SECRET_BYTES])
{
    if (!secret_is_valid(scheme, secret)) {
        return NULL;
    }
    const struct scheme *row = &SCHEMES[scheme];
    uint8_t pkcs8[sizeof row->secret_prefix + AXON_KEY_SECRET_BYTES];
    memcpy(pkcs8, row->secret_prefix, row->secret_prefix_bytes);
    memcpy(pkcs8 + row->secret_prefix_bytes, secret, AXON_KEY_SECRET_BYTES);
    const unsigned char *in = pkcs8;
    EVP_PKEY *pkey =
        d2i_AutoPrivateKey(NULL, &in, (long)(row->secret_prefix_bytes + AXON_KEY_SECRET_BYTES));
    OPENSSL_cleanse(pkcs8, sizeof pkcs8);
    must(pkey != NULL);

    struct axon_key *key = axon_alloc(sizeof *key);
    key->scheme = scheme;
    key->pkey = pkey;
    unsigned char *out = key->der;
    must(i2d_PUBKEY(pkey, NULL) == (int)row->public_bytes);
    key->der_bytes = (size_t)i2d_PUBKEY(pkey, &out);
    return key;
}

void axon_key_free(struct axon_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

void axon_key_to_pem(const struct axon_key *key, struct axon_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    must(bio != NULL &&
         PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1);
    char *text = NULL;
    long size = BIO_get_mem_data(bio, &text);
    must(size > 0);
    axon_buf_append(out, (struct ic_bytes){.at = (const uint8_t *)text, .size = (size_t)size});
    BIO_free(bio);
}

struct ic_bytes axon_key_public_der(const struct axon_key *key)
{
    return (struct ic_bytes){.at = key->der, .size = key->der_bytes};
}

void axon_key_sign(const struct axon_key *key, uint8_t out[AXON_KEY_SIGNATURE_BYTES],
                   struct ic_bytes message)
{
    uint8_t signature[ECDSA_DER_BYTES_MAX];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context != NULL &&
         EVP_DigestSignInit(context, NULL, scheme_digest(key->scheme), NULL, key->pkey) == 1 &&
         EVP_DigestSign(context, signature, &size, message.at, message.size) == 1);
    EVP_MD_CTX_free(context);
    if (key->scheme == AXON_KEY_ED25519) {
        must(size == AXON_KEY_SIGNATURE_BYTES);
        memcpy(out, signature, size);
    } else {
        ecdsa_raw_from_der(out, (struct ic_bytes){.at = signature, .size = size},
                           SCHEMES[key->scheme].order);
    }
}
