#include "agent/pem.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <string.h>

static bool has(struct ic_bytes in, const char *word)
{
    return memmem(in.at, in.size, word, strlen(word)) != NULL;
}

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

static struct axon_key *version_2_from_pem(struct ic_bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.size);
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long size = 0;
    struct axon_key *key = NULL;
    if (bio != NULL && PEM_read_bio(bio, &name, &header, &data, &size) == 1) {
        if (strcmp(name, "PRIVATE KEY") == 0) {
            key = ed25519_from_version_2((struct ic_bytes){.at = data, .size = (size_t)size});
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)size);
    }
    BIO_free(bio);
    return key;
}

static const char *reason(struct ic_bytes pem)
{
    if (!has(pem, "PRIVATE KEY-----")) {
        return "no private key in it";
    }
    if (has(pem, "ENCRYPTED")) {
        return "the private key is encrypted; decrypt it first";
    }
    return "not a private key of Ed25519, P-256 or secp256k1";
}

struct axon_key *axon_pem_read(struct ic_bytes pem, struct axon_buf *why)
{
    struct axon_key *key = NULL;
    if (pem.size > 0 && pem.size <= INT32_MAX) {
        key = axon_key_from_pem(pem);
        key = key != NULL ? key : version_2_from_pem(pem);
    }
    if (key == NULL) {
        axon_buf_append_text(why, reason(pem));
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
