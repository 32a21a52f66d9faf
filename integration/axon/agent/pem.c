#include "agent/pem.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

/* ---- from OpenSSL's key to ours -------------------------------------------------------------- */

/* The secret scalar of an EC key as 32 bytes, big-endian. */
static bool ec_secret(const EVP_PKEY *key, uint8_t secret[AXON_KEY_SECRET_BYTES])
{
    BIGNUM *scalar = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
              BN_bn2binpad(scalar, secret, AXON_KEY_SECRET_BYTES) == (int)AXON_KEY_SECRET_BYTES;
    BN_clear_free(scalar);
    return ok;
}

static bool scheme_of_group(enum axon_key_scheme *out, const EVP_PKEY *key)
{
    char group[32] = "";
    if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1) {
        return false;
    }
    *out = strcmp(group, "secp256k1") == 0 ? AXON_KEY_SECP256K1 : AXON_KEY_P256;
    return *out == AXON_KEY_SECP256K1 || strcmp(group, "prime256v1") == 0;
}

/* NULL for a kind of key the Internet Computer does not know. Frees the argument. */
static struct axon_key *key_from_openssl(EVP_PKEY *key)
{
    uint8_t secret[AXON_KEY_SECRET_BYTES];
    size_t size = sizeof secret;
    enum axon_key_scheme scheme = AXON_KEY_ED25519;
    bool ok = false;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
        ok = EVP_PKEY_get_raw_private_key(key, secret, &size) == 1;
        break;
    case EVP_PKEY_EC:
        ok = scheme_of_group(&scheme, key) && ec_secret(key, secret);
        break;
    default:
        break;
    }
    EVP_PKEY_free(key);
    struct axon_key *out = ok ? axon_key_from_secret(scheme, secret) : NULL;
    OPENSSL_cleanse(secret, sizeof secret);
    return out;
}

/* ---- DER ------------------------------------------------------------------------------------- */

/* PKCS#8 version 2 of an Ed25519 key: SEQUENCE, version 1, algorithm, the private key, and then the
 * public key, which Debian's OpenSSL does not expect there. */
static struct axon_key *ed25519_from_version_2(struct ic_bytes der)
{
    static const uint8_t before_key[] = {0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03,
                                         0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    static const size_t header = 2; /* 30, length below 128 */
    if (der.size < header + sizeof before_key + AXON_KEY_SECRET_BYTES || der.at[0] != 0x30 ||
        der.at[1] != der.size - header ||
        memcmp(der.at + header, before_key, sizeof before_key) != 0) {
        return NULL;
    }
    return axon_key_from_secret(AXON_KEY_ED25519, der.at + header + sizeof before_key);
}

static struct axon_key *key_from_pkcs8(struct ic_bytes der)
{
    const uint8_t *at = der.at;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.size);
    EVP_PKEY *key = info == NULL ? NULL : EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return key != NULL ? key_from_openssl(key) : ed25519_from_version_2(der);
}

static struct axon_key *key_from_sec1(struct ic_bytes der)
{
    const uint8_t *at = der.at;
    EVP_PKEY *key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, (long)der.size);
    return key != NULL ? key_from_openssl(key) : NULL;
}

/* ---- PEM ------------------------------------------------------------------------------------- */

/* One block of the file. NULL with *why still NULL: not a private key, look at the next one. */
static struct axon_key *key_from_block(const char *name, const char *header, struct ic_bytes der,
                                       const char **why)
{
    struct axon_key *key = NULL;
    if (strcmp(name, "ENCRYPTED PRIVATE KEY") == 0 || strstr(header, "ENCRYPTED") != NULL) {
        *why = "the private key is encrypted; decrypt it first";
        return NULL;
    }
    if (strcmp(name, "PRIVATE KEY") == 0) {
        key = key_from_pkcs8(der);
    } else if (strcmp(name, "EC PRIVATE KEY") == 0) {
        key = key_from_sec1(der);
    } else {
        return NULL;
    }
    if (key == NULL) {
        *why = "not a private key of Ed25519, P-256 or secp256k1";
    }
    return key;
}

struct axon_key *axon_pem_read(struct ic_bytes pem, struct axon_buf *why)
{
    bool is_sized = pem.size > 0 && pem.size <= INT32_MAX;
    BIO *bio = is_sized ? BIO_new_mem_buf(pem.at, (int)pem.size) : NULL;
    struct axon_key *key = NULL;
    const char *reason = NULL;
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long size = 0;
    while (bio != NULL && key == NULL && reason == NULL &&
           PEM_read_bio(bio, &name, &header, &data, &size) == 1) {
        struct ic_bytes der = {.at = data, .size = (size_t)size};
        key = key_from_block(name, header, der, &reason);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)size);
    }
    BIO_free(bio);
    if (key == NULL) {
        axon_buf_append_text(why, reason != NULL ? reason : "no private key in it");
    }
    return key;
}

struct axon_key *axon_pem_read_file(const char *path, struct axon_buf *why)
{
    struct axon_buf pem = {0}, detail = {0};
    struct axon_key *key = NULL;
    if (!axon_buf_read_file(&pem, path)) {
        axon_buf_append_text(&detail, strerror(errno));
    } else {
        key = axon_pem_read(axon_buf_bytes(&pem), &detail);
    }
    if (key == NULL) {
        axon_buf_printf(why, "%s: %s", path, axon_buf_text(&detail));
    }
    OPENSSL_cleanse(pem.at, pem.size);
    axon_buf_free(&pem);
    axon_buf_free(&detail);
    return key;
}
