#include "agent/identity.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#define EC_POINT_BYTES 65u      /* 04, x, y */
#define ED25519_KEY_BYTES 32u
#define PUBLIC_KEY_BYTES_MAX 96u

/* The three schemes: how OpenSSL calls them and what stands before the raw public key in the DER
 * form. SPEC: ic-http 5.3 */
struct scheme {
    int nid;
    const char *group;          /* NULL: not an EC key */
    uint8_t prefix_bytes;
    uint8_t prefix[26];
};

static const struct scheme SCHEMES[] = {
    {NID_ED25519, NULL, 12,
     {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}},
    {NID_X9_62_prime256v1, "prime256v1", 26,
     {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
      0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00}},
    {NID_secp256k1, "secp256k1", 23,
     {0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
      0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a, 0x03, 0x42, 0x00}},
};
#define SCHEME_COUNT (sizeof SCHEMES / sizeof SCHEMES[0])

struct axon_identity {
    EVP_PKEY *key;
    const struct scheme *scheme;
    uint8_t public_key[PUBLIC_KEY_BYTES_MAX]; /* DER */
    size_t public_key_bytes;
};

/* ---- reading ---------------------------------------------------------------------------------- */

/* PKCS#8 of Ed25519, version 1 or 2. Version 2 carries the public key behind the private one (the
 * Rust tools write it so) and Debian's OpenSSL does not read that form. */
static EVP_PKEY *ed25519_from_pkcs8(struct ic_bytes der)
{
    static const uint8_t algorithm_and_key[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
                                                0x70, 0x04, 0x22, 0x04, 0x20};
    static const size_t at = 5; /* sequence header (2), version (3) */
    size_t key_at = at + sizeof algorithm_and_key;
    if (der.size < key_at + ED25519_KEY_BYTES || der.at[0] != 0x30 || der.at[1] != der.size - 2 ||
        der.at[2] != 0x02 || der.at[3] != 0x01 || der.at[4] > 1 ||
        memcmp(der.at + at, algorithm_and_key, sizeof algorithm_and_key) != 0) {
        return NULL;
    }
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, der.at + key_at,
                                        ED25519_KEY_BYTES);
}

static EVP_PKEY *pkcs8_from_der(struct ic_bytes der)
{
    EVP_PKEY *key = ed25519_from_pkcs8(der);
    if (key != NULL) {
        return key;
    }
    const uint8_t *at = der.at;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.size);
    if (info == NULL) {
        return NULL;
    }
    key = EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}

/* One PEM block. NULL with *reason unset: not a private key, look at the next one. */
static EVP_PKEY *key_from_block(const char *name, const char *header, struct ic_bytes der,
                                const char **reason)
{
    if (strcmp(name, "ENCRYPTED PRIVATE KEY") == 0 || strstr(header, "ENCRYPTED") != NULL) {
        *reason = "the private key is encrypted; decrypt it first";
        return NULL;
    }
    EVP_PKEY *key = NULL;
    if (strcmp(name, "PRIVATE KEY") == 0) {
        key = pkcs8_from_der(der);
    } else if (strcmp(name, "EC PRIVATE KEY") == 0) {
        const uint8_t *at = der.at;
        key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, (long)der.size);
    } else {
        return NULL;
    }
    if (key == NULL) {
        *reason = "the private key is damaged";
    }
    return key;
}

/* The first private key among the blocks of a PEM file. */
static EVP_PKEY *key_from_pem(struct ic_bytes pem, const char **reason)
{
    if (pem.size > INT32_MAX) {
        *reason = "not a PEM file";
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.size);
    EVP_PKEY *key = NULL;
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long size = 0;
    *reason = NULL;
    while (key == NULL && *reason == NULL && PEM_read_bio(bio, &name, &header, &data, &size) == 1) {
        struct ic_bytes der = {.at = data, .size = (size_t)size};
        key = key_from_block(name, header, der, reason);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)size);
    }
    BIO_free(bio);
    if (key == NULL && *reason == NULL) {
        *reason = "no private key found";
    }
    return key;
}

static const struct scheme *scheme_of(EVP_PKEY *key)
{
    char group[32] = "";
    bool is_ec = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                 EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1;
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        const struct scheme *s = &SCHEMES[i];
        bool same = s->group == NULL ? EVP_PKEY_get_base_id(key) == s->nid
                                     : is_ec && strcmp(group, s->group) == 0;
        if (same) {
            return s;
        }
    }
    return NULL;
}

/* Fills public_key; false when OpenSSL cannot give it. */
static bool set_public_key(struct axon_identity *id)
{
    size_t prefix = id->scheme->prefix_bytes;
    uint8_t *raw = id->public_key + prefix;
    size_t size = sizeof id->public_key - prefix;
    memcpy(id->public_key, id->scheme->prefix, prefix);
    if (id->scheme->group == NULL) {
        if (EVP_PKEY_get_raw_public_key(id->key, raw, &size) != 1) {
            return false;
        }
    } else {
        if (EVP_PKEY_set_utf8_string_param(id->key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           "uncompressed") != 1 ||
            EVP_PKEY_get_octet_string_param(id->key, OSSL_PKEY_PARAM_PUB_KEY, raw, size,
                                            &size) != 1 ||
            size != EC_POINT_BYTES) {
            return false;
        }
    }
    id->public_key_bytes = prefix + size;
    return true;
}

struct axon_identity *axon_identity_from_pem(struct ic_bytes pem, struct axon_buf *error)
{
    const char *reason = NULL;
    EVP_PKEY *key = key_from_pem(pem, &reason);
    if (key == NULL) {
        axon_buf_append_text(error, reason);
        return NULL;
    }
    const struct scheme *scheme = scheme_of(key);
    struct axon_identity *id = axon_alloc(sizeof *id);
    id->key = key;
    id->scheme = scheme;
    if (scheme == NULL || !set_public_key(id)) {
        axon_buf_append_text(error, scheme == NULL
                                        ? "the key is neither Ed25519 nor P-256 nor secp256k1"
                                        : "the private key is damaged");
        axon_identity_free(id);
        return NULL;
    }
    return id;
}

struct axon_identity *axon_identity_from_file(const char *path, struct axon_buf *error)
{
    struct axon_buf pem = {0};
    struct axon_identity *id = NULL;
    if (!axon_buf_read_file(&pem, path)) {
        axon_buf_printf(error, "%s: %s", path, strerror(errno));
    } else {
        axon_buf_printf(error, "%s: ", path);
        size_t before = error->size;
        id = axon_identity_from_pem(axon_buf_bytes(&pem), error);
        error->size = id != NULL ? before - strlen(path) - 2 : error->size;
        OPENSSL_cleanse(pem.at, pem.size);
    }
    axon_buf_free(&pem);
    return id;
}

void axon_identity_free(struct axon_identity *identity)
{
    if (identity != NULL) {
        EVP_PKEY_free(identity->key);
        free(identity);
    }
}

struct ic_bytes axon_identity_public_key(const struct axon_identity *identity)
{
    if (identity == NULL) {
        return (struct ic_bytes){0};
    }
    return (struct ic_bytes){.at = identity->public_key, .size = identity->public_key_bytes};
}

struct ic_principal axon_identity_principal(const struct axon_identity *identity)
{
    if (identity == NULL) {
        return IC_PRINCIPAL_ANONYMOUS;
    }
    return ic_principal_from_public_key(axon_identity_public_key(identity));
}

/* ---- signing ---------------------------------------------------------------------------------- */

/* Writes r || s with the low one of s and order - s: both verify, clients emit the low one. */
static bool ecdsa_raw_from_der(uint8_t out[AXON_SIGNATURE_BYTES], int nid, const uint8_t *der,
                               size_t der_bytes)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_bytes);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    BIGNUM *other = BN_new();
    bool ok = false;
    if (sig != NULL && group != NULL && other != NULL &&
        BN_sub(other, EC_GROUP_get0_order(group), ECDSA_SIG_get0_s(sig)) == 1) {
        const BIGNUM *s = ECDSA_SIG_get0_s(sig);
        s = BN_cmp(s, other) > 0 ? other : s;
        ok = BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32 &&
             BN_bn2binpad(s, out + 32, 32) == 32;
    }
    BN_free(other);
    EC_GROUP_free(group);
    ECDSA_SIG_free(sig);
    return ok;
}

bool axon_identity_sign(const struct axon_identity *identity, uint8_t out[AXON_SIGNATURE_BYTES],
                        struct ic_bytes message)
{
    const struct scheme *scheme = identity->scheme;
    uint8_t sig[128];
    size_t size = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL &&
              EVP_DigestSignInit(ctx, NULL, scheme->group == NULL ? NULL : EVP_sha256(), NULL,
                                 identity->key) == 1 &&
              EVP_DigestSign(ctx, sig, &size, message.at, message.size) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        return false;
    }
    if (scheme->group != NULL) {
        return ecdsa_raw_from_der(out, scheme->nid, sig, size);
    }
    memcpy(out, sig, AXON_SIGNATURE_BYTES);
    return size == AXON_SIGNATURE_BYTES;
}
