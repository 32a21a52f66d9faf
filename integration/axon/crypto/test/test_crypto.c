#include "crypto/bls.h"
#include "crypto/keys.h"

#include "ic/principal.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ic_bytes from_hex(struct axon_buf *b, const char *hex)
{
    axon_buf_clear(b);
    assert_true(axon_buf_append_from_hex(b, ic_bytes_from_text(hex)));
    return axon_buf_bytes(b);
}

static const enum axon_key_scheme SCHEMES[] = {AXON_KEY_ED25519, AXON_KEY_P256, AXON_KEY_SECP256K1};

/* ---- vectors of others ---------------------------------------------------------------------- */

/* RFC 8032 7.1, TEST 2. */
static void test_ed25519_rfc8032(void **state)
{
    (void)state;
    struct axon_buf secret = {0};
    struct axon_buf der = {0};
    struct axon_buf expected = {0};
    from_hex(&secret, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    from_hex(&der, "302a300506032b6570032100"
                   "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    from_hex(&expected, "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    struct axon_key *key = axon_key_from_secret(AXON_KEY_ED25519, secret.at);
    assert_true(ic_bytes_is_equal(axon_key_public_der(key), axon_buf_bytes(&der)));
    uint8_t signature[AXON_KEY_SIGNATURE_BYTES];
    axon_key_sign(key, signature, IC_BYTES_LIT("\x72"));
    assert_memory_equal(signature, expected.at, sizeof signature);
    assert_int_equal(
        axon_signature_check(axon_buf_bytes(&der), IC_BYTES_LIT("\x72"), axon_buf_bytes(&expected)),
        AXON_SIGNATURE_OK);
    axon_key_free(key);
    axon_buf_free(&secret);
    axon_buf_free(&der);
    axon_buf_free(&expected);
}

/* RFC 6979 A.2.5: P-256 with SHA-256 over "sample"; the s there is the high one. */
static void test_p256_rfc6979(void **state)
{
    (void)state;
    struct axon_buf der = {0};
    struct axon_buf signature = {0};
    from_hex(&der, "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
                   "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                   "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    from_hex(&signature, "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                         "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    assert_int_equal(axon_signature_check(axon_buf_bytes(&der), IC_BYTES_LIT("sample"),
                                          axon_buf_bytes(&signature)),
                     AXON_SIGNATURE_OK);
    assert_int_equal(axon_signature_check(axon_buf_bytes(&der), IC_BYTES_LIT("Sample"),
                                          axon_buf_bytes(&signature)),
                     AXON_SIGNATURE_WRONG);
    axon_buf_free(&der);
    axon_buf_free(&signature);
}

/* ---- keys made by OpenSSL ------------------------------------------------------------------- */

static EVP_PKEY *openssl_key(enum axon_key_scheme scheme)
{
    switch (scheme) {
    case AXON_KEY_ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case AXON_KEY_P256:
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    case AXON_KEY_SECP256K1:
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
    }
    abort();
}

/* OpenSSL's ECDSA signature is a DER sequence of r and s; ours is 32 bytes of each. */
static void raw_from_openssl(uint8_t raw[64], const uint8_t *der)
{
    const uint8_t *at = der + 2;
    memset(raw, 0, 64);
    for (size_t half = 0; half < 2; half++) {
        size_t size = at[1];
        const uint8_t *number = at + 2;
        at += 2 + size;
        if (size == 33) {
            number++;
            size--;
        }
        memcpy(raw + 32 * half + (32 - size), number, size);
    }
}

static void openssl_sign(EVP_PKEY *key, enum axon_key_scheme scheme, uint8_t raw[64],
                         struct ic_bytes message)
{
    uint8_t signature[80];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *digest = scheme == AXON_KEY_ED25519 ? NULL : EVP_sha256();
    assert_int_equal(EVP_DigestSignInit(context, NULL, digest, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &size, message.at, message.size), 1);
    EVP_MD_CTX_free(context);
    if (scheme == AXON_KEY_ED25519) {
        memcpy(raw, signature, 64);
    } else {
        raw_from_openssl(raw, signature);
    }
}

/* Every bit of the signature and the last byte of the key and the message count. */
static void check_all_flips(struct ic_bytes der, struct ic_bytes message, uint8_t raw[64])
{
    struct ic_bytes signature = {.at = raw, .size = 64};
    for (size_t bit = 0; bit < 512; bit += 7) {
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(axon_signature_check(der, message, signature), AXON_SIGNATURE_OK);
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(axon_signature_check(der, message, signature), AXON_SIGNATURE_OK);
    message.size--;
    assert_int_equal(axon_signature_check(der, message, signature), AXON_SIGNATURE_WRONG);
    message.size++;
    signature.size--;
    assert_int_equal(axon_signature_check(der, message, signature), AXON_SIGNATURE_BAD_SIZE);
}

static void test_openssl_keys(void **state)
{
    (void)state;
    struct ic_bytes message = IC_BYTES_LIT("\x0aic-request0123456789abcdef0123456789abcdef");
    for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
        EVP_PKEY *key = openssl_key(SCHEMES[i]);
        uint8_t *der = NULL;
        int size = i2d_PUBKEY(key, &der);
        assert_true(size > 0);
        struct ic_bytes public_key = {.at = der, .size = (size_t)size};
        enum axon_key_scheme scheme;
        assert_true(axon_key_scheme_from_der(&scheme, public_key));
        assert_int_equal(scheme, SCHEMES[i]);
        uint8_t raw[64];
        openssl_sign(key, scheme, raw, message);
        check_all_flips(public_key, message, raw);
        OPENSSL_free(der);
        EVP_PKEY_free(key);
    }
}

/* ---- our own keys --------------------------------------------------------------------------- */

static bool s_is_low(const uint8_t signature[64])
{
    return signature[32] < 0x80; /* both orders begin with ff, their halves with 7f */
}

static void test_sign_and_check(void **state)
{
    (void)state;
    uint8_t secret[32] = {0};
    for (uint8_t round = 1; round < 20; round++) {
        secret[31] = round;
        for (size_t i = 0; i < 3; i++) {
            struct axon_key *key = axon_key_from_secret(SCHEMES[i], secret);
            uint8_t signature[AXON_KEY_SIGNATURE_BYTES];
            struct ic_bytes message = {.at = secret, .size = sizeof secret};
            axon_key_sign(key, signature, message);
            assert_int_equal(axon_signature_check(axon_key_public_der(key), message,
                                                  (struct ic_bytes){.at = signature, .size = 64}),
                             AXON_SIGNATURE_OK);
            assert_true(SCHEMES[i] == AXON_KEY_ED25519 || s_is_low(signature));
            axon_key_free(key);
        }
    }
}

static void test_secret_out_of_range(void **state)
{
    (void)state;
    uint8_t zero[32] = {0};
    uint8_t ones[32];
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 1; i < 3; i++) {
        assert_null(axon_key_from_secret(SCHEMES[i], zero));
        assert_null(axon_key_from_secret(SCHEMES[i], ones));
    }
    struct axon_key *key = axon_key_from_secret(AXON_KEY_ED25519, ones);
    assert_non_null(key);
    axon_key_free(key);
}

static void test_pem(void **state)
{
    (void)state;
    uint8_t secret[32] = {7};
    for (size_t i = 0; i < 3; i++) {
        struct axon_key *key = axon_key_from_secret(SCHEMES[i], secret);
        struct axon_buf pem = {0};
        axon_key_to_pem(key, &pem);
        assert_memory_equal(pem.at, "-----BEGIN PRIVATE KEY-----\n", 28);
        BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.size);
        EVP_PKEY *back = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        assert_non_null(back);
        uint8_t *der = NULL;
        int size = i2d_PUBKEY(back, &der);
        assert_true(ic_bytes_is_equal(axon_key_public_der(key),
                                      (struct ic_bytes){.at = der, .size = (size_t)size}));
        OPENSSL_free(der);
        EVP_PKEY_free(back);
        BIO_free(bio);
        axon_buf_free(&pem);
        axon_key_free(key);
    }
}

static void test_bad_keys(void **state)
{
    (void)state;
    uint8_t signature[64] = {1};
    struct ic_bytes sig = {.at = signature, .size = 64};
    uint8_t secret[32] = {7};
    assert_int_equal(axon_signature_check((struct ic_bytes){0}, sig, sig), AXON_SIGNATURE_BAD_KEY);
    for (size_t i = 0; i < 3; i++) {
        struct axon_key *key = axon_key_from_secret(SCHEMES[i], secret);
        struct ic_bytes der = axon_key_public_der(key);
        uint8_t copy[AXON_KEY_DER_BYTES_MAX];
        memcpy(copy, der.at, der.size);
        struct ic_bytes bad = {.at = copy, .size = der.size - 1};
        assert_int_equal(axon_signature_check(bad, sig, sig), AXON_SIGNATURE_BAD_KEY);
        bad.size = der.size;
        copy[5] ^= 1; /* inside the algorithm */
        assert_int_equal(axon_signature_check(bad, sig, sig), AXON_SIGNATURE_BAD_KEY);
        copy[5] ^= 1;
        copy[der.size - 1] ^= 1; /* off the curve; every 32 bytes may be an Ed25519 key */
        assert_int_equal(axon_signature_check(bad, sig, sig), SCHEMES[i] == AXON_KEY_ED25519
                                                                  ? AXON_SIGNATURE_WRONG
                                                                  : AXON_SIGNATURE_BAD_KEY);
        axon_key_free(key);
    }
}

/* ---- BLS ------------------------------------------------------------------------------------ */

/* The root key of the Internet Computer: our prefix is its prefix, its id is the published one. */
static void test_bls_mainnet_key(void **state)
{
    (void)state;
    struct axon_buf der = {0};
    from_hex(&der,
             "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100"
             "814c0e6ec71fab583b08bd81373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f"
             "913a0c0b2cc5341583bf4b4392e467db96d65b9bb4cb717112f8472e0d5a4d14505ffd7484b0129109"
             "1c5f87b98883463f98091a0baaae");
    struct axon_bls_key key;
    axon_bls_key_from_seed(&key, IC_BYTES_LIT("seed"));
    assert_int_equal(der.size, AXON_BLS_DER_BYTES);
    assert_memory_equal(key.der, der.at, 37);
    struct ic_principal id = ic_principal_from_public_key(axon_buf_bytes(&der));
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(text, &id);
    assert_string_equal(text, "tdb26-jop6k-aogll-7ltgs-eruif-6kk7m-qpktf-gdiqx-mxtrf-vb5e6-eqe");
    axon_buf_free(&der);
}

/* A signature made by the replica's own library over "hello". */
static void test_bls_foreign_signature(void **state)
{
    (void)state;
    struct axon_buf der = {0};
    struct axon_buf signature = {0};
    from_hex(&der,
             "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100"
             "a7623a93cdb56c4d23d99c14216afaab3dfd6d4f9eb3db23d038280b6d5cb2caaee2a19dd92c9df700"
             "1dede23bf036bc0f33982dfb41e8fa9b8e96b5dc3e83d55ca4dd146c7eb2e8b6859cb5a5db815db868"
             "10b8d12cee1588b5dbf34a4dc9a5");
    from_hex(&signature, "b89e13a212c830586eaa9ad53946cd968718ebecc27eda849d9232673dcd4f44"
                         "0e8b5df39bf14a88048c15e16cbcaabe");
    assert_true(
        axon_bls_check(axon_buf_bytes(&der), IC_BYTES_LIT("hello"), axon_buf_bytes(&signature)));
    assert_false(
        axon_bls_check(axon_buf_bytes(&der), IC_BYTES_LIT("hallo"), axon_buf_bytes(&signature)));
    axon_buf_free(&der);
    axon_buf_free(&signature);
}

static void test_bls_sign_and_check(void **state)
{
    (void)state;
    struct axon_bls_key key;
    struct axon_bls_key again;
    struct axon_bls_key other;
    axon_bls_key_from_seed(&key, IC_BYTES_LIT("a"));
    axon_bls_key_from_seed(&again, IC_BYTES_LIT("a"));
    axon_bls_key_from_seed(&other, IC_BYTES_LIT("b"));
    assert_memory_equal(&key, &again, sizeof key);
    assert_memory_not_equal(key.der, other.der, sizeof key.der);

    uint8_t raw[AXON_BLS_SIGNATURE_BYTES];
    struct ic_bytes signature = {.at = raw, .size = sizeof raw};
    struct ic_bytes der = {.at = key.der, .size = sizeof key.der};
    struct ic_bytes other_der = {.at = other.der, .size = sizeof other.der};
    axon_bls_sign(&key, raw, IC_BYTES_LIT("message"));
    assert_true(axon_bls_check(der, IC_BYTES_LIT("message"), signature));
    assert_false(axon_bls_check(der, IC_BYTES_LIT("massage"), signature));
    assert_false(axon_bls_check(other_der, IC_BYTES_LIT("message"), signature));
    for (size_t bit = 0; bit < sizeof raw * 8; bit += 13) {
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(axon_bls_check(der, IC_BYTES_LIT("message"), signature));
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_bls_bad_input(void **state)
{
    (void)state;
    struct axon_bls_key key;
    axon_bls_key_from_seed(&key, IC_BYTES_LIT("a"));
    uint8_t raw[AXON_BLS_SIGNATURE_BYTES];
    axon_bls_sign(&key, raw, IC_BYTES_LIT("m"));
    struct ic_bytes signature = {.at = raw, .size = sizeof raw};
    struct ic_bytes der = {.at = key.der, .size = sizeof key.der};
    struct ic_bytes cut = {.at = key.der, .size = sizeof key.der - 1};
    struct ic_bytes short_signature = {.at = raw, .size = sizeof raw - 1};
    assert_false(axon_bls_check(cut, IC_BYTES_LIT("m"), signature));
    assert_false(axon_bls_check(der, IC_BYTES_LIT("m"), short_signature));
    uint8_t infinity[AXON_BLS_SIGNATURE_BYTES] = {0xc0};
    struct ic_bytes at_infinity = {.at = infinity, .size = sizeof infinity};
    assert_false(axon_bls_check(der, IC_BYTES_LIT("m"), at_infinity));
    struct axon_bls_key zero = key;
    memset(zero.der + 37, 0, AXON_BLS_PUBLIC_KEY_BYTES);
    zero.der[37] = 0xc0;
    struct ic_bytes zero_der = {.at = zero.der, .size = sizeof zero.der};
    assert_false(axon_bls_check(zero_der, IC_BYTES_LIT("m"), at_infinity));
    key.der[0] ^= 1;
    assert_false(axon_bls_check(der, IC_BYTES_LIT("m"), signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ed25519_rfc8032),
        cmocka_unit_test(test_p256_rfc6979),
        cmocka_unit_test(test_openssl_keys),
        cmocka_unit_test(test_sign_and_check),
        cmocka_unit_test(test_secret_out_of_range),
        cmocka_unit_test(test_pem),
        cmocka_unit_test(test_bad_keys),
        cmocka_unit_test(test_bls_mainnet_key),
        cmocka_unit_test(test_bls_foreign_signature),
        cmocka_unit_test(test_bls_sign_and_check),
        cmocka_unit_test(test_bls_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
