/* Private keys as other tools write them; keys/ was made with openssl (ed25519_v2.pem by hand from
 * ed25519.pem), the principals were computed from openssl's public keys. */
#include "agent/pem.h"
#include "ic/principal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEYS "integration/axon/agent/test/keys/"
#define ED25519_ID "gxver-jcstz-u5z6a-ijger-fzco5-b7piv-klqum-gtt3o-vzxtx-2yybc-3qe"
#define P256_ID "fmrcr-q33xj-chupr-ts4bq-alwqm-fyalj-wnke6-7k2gc-5s4f5-povsv-fae"
#define SECP256K1_ID "2hhd6-anpg6-h5cpe-4oapx-45h26-j77r6-su52i-qyeax-x4wsq-y4zqj-kae"

/* Reads a key, checks whose it is and that what it signs verifies. */
static void check_key(const char *path, const char *expected)
{
    struct axon_buf why = {0};
    struct axon_key *key = axon_pem_read_file(path, &why);
    if (key == NULL) {
        fail_msg("%s", axon_buf_text(&why));
    }
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    struct ic_principal id = ic_principal_from_public_key(axon_key_public_der(key));
    ic_principal_to_text(text, &id);
    assert_string_equal(text, expected);
    uint8_t signature[AXON_KEY_SIGNATURE_BYTES];
    struct ic_bytes signature_bytes = {.at = signature, .size = sizeof signature};
    axon_key_sign(key, signature, IC_BYTES_LIT("message"));
    assert_int_equal(axon_signature_check(axon_key_public_der(key), IC_BYTES_LIT("message"),
                                          signature_bytes),
                     AXON_SIGNATURE_OK);
    assert_int_equal(axon_signature_check(axon_key_public_der(key), IC_BYTES_LIT("massage"),
                                          signature_bytes),
                     AXON_SIGNATURE_WRONG);
    axon_key_free(key);
    axon_buf_free(&why);
}

static void test_forms(void **state)
{
    (void)state;
    check_key(KEYS "ed25519.pem", ED25519_ID);
    check_key(KEYS "ed25519_v2.pem", ED25519_ID);
    check_key(KEYS "p256.pem", P256_ID);
    check_key(KEYS "p256_sec1.pem", P256_ID);
    check_key(KEYS "secp256k1.pem", SECP256K1_ID);       /* EC PARAMETERS before it */
    check_key(KEYS "secp256k1_plain.pem", SECP256K1_ID);
    check_key(KEYS "secp256k1_pkcs8.pem", SECP256K1_ID);
}

static void check_refused(const char *path, const char *reason)
{
    struct axon_buf why = {0};
    assert_null(axon_pem_read_file(path, &why));
    char expected[256];
    snprintf(expected, sizeof expected, "%s: %s", path, reason);
    assert_string_equal(axon_buf_text(&why), expected);
    axon_buf_free(&why);
}

static void test_refusals(void **state)
{
    (void)state;
    check_refused(KEYS "encrypted.pem", "the private key is encrypted; decrypt it first");
    check_refused(KEYS "encrypted_sec1.pem", "the private key is encrypted; decrypt it first");
    check_refused(KEYS "p384.pem", "not a private key of Ed25519, P-256 or secp256k1");
    check_refused(KEYS "public.pem", "no private key in it");
    check_refused(KEYS "absent.pem", "No such file or directory");
    check_refused("/dev/null", "no private key in it");
}

/* Every truncation and every changed byte is refused or gives some key: never a crash. */
static void test_damage(void **state)
{
    (void)state;
    static const char *const paths[] = {KEYS "ed25519_v2.pem", KEYS "p256.pem",
                                        KEYS "secp256k1.pem"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct axon_buf pem = {0}, why = {0};
        assert_true(axon_buf_read_file(&pem, paths[i]));
        for (size_t size = 0; size + 2 < pem.size; size++) {
            struct ic_bytes cut = {.at = pem.at, .size = size};
            struct axon_key *key = axon_pem_read(cut, &why);
            assert_null(key);
        }
        for (size_t at = 0; at < pem.size; at++) {
            pem.at[at] ^= 0x04;
            axon_key_free(axon_pem_read(axon_buf_bytes(&pem), &why));
            pem.at[at] ^= 0x04;
        }
        axon_buf_free(&pem);
        axon_buf_free(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
