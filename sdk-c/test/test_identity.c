/* Principals, account identifiers, and the text forms under them. */
#include "test/check.h"

#include "ic/account.h"
#include "ic/text.h"

#include <openssl/evp.h>

static struct ic_principal principal(const char *text)
{
    struct ic_principal p;
    if (!ic_principal_from_text(&p, ic_bytes_from_text(text))) {
        fail_msg("not a principal: %s", text);
    }
    return p;
}

/* ---- hex, base32, UTF-8 ---------------------------------------------------------------------- */

static void hex_both_ways(void **state)
{
    (void)state;
    char text[5] = {0};
    uint8_t out[2];
    ic_hex_encode(text, IC_BYTES_LIT("\x0f\xa5"));
    assert_string_equal(text, "0fa5");
    assert_true(ic_hex_decode(out, 2, IC_BYTES_LIT("0fA5")));
    assert_memory_equal(out, "\x0f\xa5", 2);
    const char *const bad[] = {"0fa",  "0fa55", "0fa5aa", "0fg5", "0f 5",
                               "0f@5", "0f`5",  "0f/5",   "0f:5", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(ic_hex_decode(out, 2, ic_bytes_from_text(bad[i])));
    }
}

/* SRC: RFC 4648 10, in lower case and without padding. */
static void base32_of_the_rfc(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {
        {"", ""},
        {"f", "my"},
        {"fo", "mzxq"},
        {"foo", "mzxw6"},
        {"foob", "mzxw6yq"},
        {"fooba", "mzxw6ytb"},
        {"foobar", "mzxw6ytboi"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char out[16] = {0};
        struct ic_bytes in = ic_bytes_from_text(ROWS[i][0]);
        ic_base32_encode(out, in);
        assert_string_equal(out, ROWS[i][1]);
        assert_int_equal(IC_BASE32_SIZE(in.size), strlen(ROWS[i][1]));
    }
    static const char DIGITS[] = "abcdefghijklmnopqrstuvwxyz234567";
    for (int c = 1; c < 256; c++) {
        const char *at = strchr(DIGITS, c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        assert_int_equal(ic_base32_digit((uint8_t)c), at == NULL ? -1 : (int)(at - DIGITS));
    }
    assert_int_equal(ic_base32_digit(0), -1);
}

/* A decoder of its own: what the bytes encode must be in the range of their length. */
static bool utf8_model(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size;) {
        uint32_t code = at[i];
        size_t more = code < 0x80       ? 0
                      : code >> 5 == 6  ? 1
                      : code >> 4 == 14 ? 2
                      : code >> 3 == 30 ? 3
                                        : 9;
        static const uint32_t LEAST[] = {0, 0x80, 0x800, 0x10000};
        if (more == 9 || more >= size - i) {
            return false;
        }
        code &= more == 0 ? 0x7f : 0x3fu >> more;
        for (size_t k = 1; k <= more; k++) {
            if (at[i + k] >> 6 != 2) {
                return false;
            }
            code = code << 6 | (at[i + k] & 0x3f);
        }
        if (code < LEAST[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
            return false;
        }
        i += more + 1;
    }
    return true;
}

static void utf8_against_a_model(void **state)
{
    (void)state;
    uint8_t text[4];
    static const uint8_t TAILS[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90,
                                    0x9f, 0xa0, 0xbf, 0xc0, 0xed, 0xff};
    for (unsigned first = 0; first < 0x10000; first++) {
        text[0] = (uint8_t)(first >> 8);
        text[1] = (uint8_t)first;
        for (size_t size = 1; size <= 2; size++) {
            assert_int_equal(ic_utf8_is_valid((struct ic_bytes){.at = text, .size = size}),
                             utf8_model(text, size));
        }
        for (size_t i = 0; i < sizeof TAILS * sizeof TAILS; i++) {
            text[2] = TAILS[i % sizeof TAILS];
            text[3] = TAILS[i / sizeof TAILS];
            for (size_t size = 3; size <= 4; size++) {
                assert_int_equal(ic_utf8_is_valid((struct ic_bytes){.at = text, .size = size}),
                                 utf8_model(text, size));
            }
        }
    }
}

/* ---- principals ------------------------------------------------------------------------------ */

static const struct {
    struct ic_bytes bytes;
    const char *text;
} PRINCIPALS[] = {
    {IC_BYTES_LIT(""), "aaaaa-aa"},
    {IC_BYTES_LIT("\x04"), "2vxsx-fae"},
    {IC_BYTES_LIT("\xab\xcd\x01"), "em77e-bvlzu-aq"},
    {IC_BYTES_LIT("\0\0\0\0\0\0\0\0\1\1"), "rwlgt-iiaaa-aaaaa-aaaaa-cai"},
    {IC_BYTES_LIT("\0\0\0\0\0\0\0\2\1\1"), "ryjl3-tyaaa-aaaaa-aaaba-cai"},
    {IC_BYTES_LIT("\0\0\0\0\0\x10\0\0\1\1"), "5v3p4-iyaaa-aaaaa-qaaaa-cai"},
};

static void principals_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof PRINCIPALS / sizeof PRINCIPALS[0]; i++) {
        struct ic_principal p, back;
        char text[IC_PRINCIPAL_TEXT_MAX + 1];
        assert_true(ic_principal_from_bytes(&p, PRINCIPALS[i].bytes));
        assert_int_equal(ic_principal_to_text(text, &p), strlen(PRINCIPALS[i].text));
        assert_string_equal(text, PRINCIPALS[i].text);
        assert_true(ic_principal_from_text(&back, ic_bytes_from_text(text)));
        assert_true(ic_principal_is_equal(&p, &back));
    }
}

/* SPEC: the DER form of an Ed25519 key of 32 zero bytes. */
static void principal_of_a_key(void **state)
{
    (void)state;
    uint8_t der[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    struct ic_principal p =
        ic_principal_from_public_key((struct ic_bytes){.at = der, .size = sizeof der});
    assert_int_equal(ic_principal_to_text(text, &p), IC_PRINCIPAL_TEXT_MAX);
    assert_string_equal(text, "ukev2-6iweo-izmyj-rdxlb-jun6n-nef5z-gk2lp-fuzke-7ghpu-jecqq-iae");
    assert_true(ic_principal_is_self_authenticating(&p));
    assert_false(ic_principal_is_anonymous(&p));
    struct ic_principal canister = ic_principal_from_canister_index(2);
    assert_int_equal(ic_principal_to_text(text, &canister), 27);
    assert_string_equal(text, "ryjl3-tyaaa-aaaaa-aaaba-cai");
    assert_false(ic_principal_is_self_authenticating(&canister));
    assert_true(ic_principal_is_anonymous(&IC_PRINCIPAL_ANONYMOUS));
}

static void principal_texts_that_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "-",
        "aaaaa",
        "aaaaa-a",
        "aaaaa-ab",
        "aaaaaaa",
        "aaaaa--aa",
        "-aaaaa-aa",
        "aaaaa-aa-",
        "aaaaa-aa ",
        "2vxsx-faf",
        "2vxsx-fa",
        "2vxsx-faea",
        "2vxs-xfae",
        "ryjl3-tyaaa-aaaaa-aaaba-cad",
        "ryjl3-tyaaa-aaaaa-aaabacai",
        "ryjl3-tyaaa-aaaa1-aaaba-cai",
        "ryjl3_tyaaa_aaaaa_aaaba_cai",
        "ukev2-6iweo-izmyj-rdxlb-jun6n-nef5z-gk2lp-fuzke-7ghpu-jecqq-iae-aaaaa",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct ic_principal p = {.size = 77};
        assert_false(ic_principal_from_text(&p, ic_bytes_from_text(BAD[i])));
        assert_int_equal(p.size, 77);
    }
    assert_int_equal(principal("RYJL3-tyaaa-aaaaa-aaaba-CAI").bytes[7], 2);
}

static void principals_of_every_length(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 3000; round++) {
        uint8_t bytes[IC_PRINCIPAL_BYTES_MAX + 1];
        char text[IC_PRINCIPAL_TEXT_MAX + 1];
        struct ic_principal p, back;
        size_t size = (size_t)round % (IC_PRINCIPAL_BYTES_MAX + 1);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)test_random(&seed);
        }
        assert_true(ic_principal_from_bytes(&p, (struct ic_bytes){.at = bytes, .size = size}));
        size_t length = ic_principal_to_text(text, &p);
        assert_true(ic_principal_from_text(&back, ic_bytes_from_text(text)));
        assert_true(ic_principal_is_equal(&p, &back));
        /* One changed character never gives the same or another principal. */
        size_t at = test_random_below(&seed, length);
        text[at] = text[at] == 'b' ? 'c' : 'b';
        assert_false(ic_principal_from_text(&back, ic_bytes_from_text(text)));
    }
    struct ic_principal p = {.size = 9};
    uint8_t thirty[30] = {0};
    assert_false(ic_principal_from_bytes(&p, (struct ic_bytes){.at = thirty, .size = 30}));
    assert_int_equal(p.size, 9);
}

static void principals_are_ordered(void **state)
{
    (void)state;
    static const struct ic_principal ROWS[] = {
        {.size = 0},
        {.size = 1, .bytes = {0}},
        {.size = 2, .bytes = {0, 0}},
        {.size = 1, .bytes = {1}},
        {.size = 3, .bytes = {1, 0, 9}},
        {.size = 2, .bytes = {1, 1}},
        {.size = 1, .bytes = {255}},
    };
    int count = sizeof ROWS / sizeof ROWS[0];
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < count; k++) {
            int order = ic_principal_compare(&ROWS[i], &ROWS[k]);
            assert_int_equal(order < 0, i < k);
            assert_int_equal(order > 0, i > k);
            assert_int_equal(ic_principal_is_equal(&ROWS[i], &ROWS[k]), i == k);
        }
    }
}

/* ---- account identifiers --------------------------------------------------------------------- */

/* SPEC: ledger 18.1 */
static const struct {
    const char *owner;
    const char *subaccount; /* hex; NULL = none */
    const char *address;
} ACCOUNTS[] = {
    {"aspvh-rnqud-zk2qo-4objq-d537b-j36qa-l74s3-jricy-57syn-tt5iq-bae", NULL,
     "b43c3536fb53da333e8f93e1703d61b47cee3638103c0bd7ddff8cbdf04b5ca5"},
    {"aspvh-rnqud-zk2qo-4objq-d537b-j36qa-l74s3-jricy-57syn-tt5iq-bae",
     "0000000000000000000000000000000000000000000000000000000000000001",
     "c59f11aa439a50b084e6a28769ac2f43fb95f452f97351b2dd89060e284151e8"},
    {"aspvh-rnqud-zk2qo-4objq-d537b-j36qa-l74s3-jricy-57syn-tt5iq-bae",
     "c6ee2d822ed28ba50d807ae0969b422e181cd4484d93cd556923938355a4baa7",
     "95eee02ffd99469c20b0488dad381d0b71a97f9b3e4387ad11ad65c3055f10c5"},
    {"iooej-vlrze-c5tme-tn7qt-vqe7z-7bsj5-ebxlc-hlzgs-lueo3-3yast-pae", NULL,
     "bdc4ee05d42cd0669786899f256c8fd7217fa71177bd1fa7b9534f568680a938"},
    {"wdarh-5xeo6-tbqmc-qmrpr-a5ppj-z4jbc-pprwe-gusfk-5qiaa-ocvfb-iqe", NULL,
     "12f6a1ca374f7271ed2cc77470e5a7b1a649a21436367f898fbb639b3b12b21f"},
    {"d2zjj-uyaaa-aaaaa-aaaap-4ai",
     "0101010101010101010101010101010101010101010101010101010101010101",
     "f03053b18a964e4cffa3f277e3c6089ea2297fd39d329c875c523bbd0c6b365a"},
    {"6fyp7-3ibaa-aaaaa-aaaap-4ai",
     "0202020202020202020202020202020202020202020202020202020202020202",
     "9bb003ab310d8af842f9dbf294d1a6870eb95d9aeb1b10db634e702e63516384"},
    {"rrkah-fqaaa-aaaaa-aaaaq-cai", NULL,
     "082ecf2e3f647ac600f43f38a68342fba5b8e68b085f02592b77f39808a8d2b5"},
    {"ryjl3-tyaaa-aaaaa-aaaba-cai", NULL,
     "883eef7c44be51afe4a4420d4df4beff708f3cf2f5de5efcc9f58680bb0f3690"},
    {"rkp4c-7iaaa-aaaaa-aaaca-cai", NULL,
     "b0738c8bf587a1b67f19464b83ecd5c4c77e88e0cf64bb04b38bf38b92d15a93"},
    {"qhbym-qaaaa-aaaaa-aaafq-cai", NULL,
     "8746f9929238255b5c0ce3a7ab6b7f117464001e272d9c6c88f5c7fb5b68f5db"},
    {"2vxsx-fae", NULL, "1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79"},
    {"aaaaa-aa", NULL, "2d0e897f7e862d2b57d9bc9ea5c65f9a24ac6c074575f47898314b8d6cb0929d"},
    {"d2zjj-uyaaa-aaaaa-aaaap-4ai", NULL,
     "29ce548d4d90fb49f14331e3a5359864abb56d70c004dbe0458524c134ae2b46"},
    {"6fyp7-3ibaa-aaaaa-aaaap-4ai", NULL,
     "424f9bb98fea906d31d17a702951a6b8f6ab109de112fd1d1553f66af9c2f93a"},
    {"djduj-3qcaa-aaaaa-aaaap-4ai", NULL,
     "68c0a4ab26552863c71463bceed4a504c95e0d76fdd7a12d18bcf08f17657610"},
    {"6wcs7-uadaa-aaaaa-aaaap-4ai", NULL,
     "3898dc43c09440547fd54b9ea999fdff028146d88bc8f5bdbdb7dc9b12ae631d"},
    {"c5mtj-kieaa-aaaaa-aaaap-4ai", NULL,
     "75eabceed110bf19f78c138a0c4c4ffea21b2a9c71385590e50254c0af3d9030"},
};

static void check_account(const struct ic_principal *owner, const struct ic_subaccount *subaccount,
                          const char *address)
{
    struct ic_account_id id = ic_account_id_from_owner(owner, subaccount), back;
    char hex[IC_ADDRESS_HEX + 1] = {0};
    uint8_t bytes[IC_ADDRESS_BYTES];
    ic_account_id_to_hex(hex, &id);
    assert_string_equal(hex, address);
    assert_int_equal(ic_account_id_from_hex(&back, ic_bytes_from_text(hex)), IC_ADDRESS_OK);
    assert_true(ic_account_id_is_equal(&id, &back));
    ic_account_id_to_address(bytes, &id);
    memset(&back, 0, sizeof back);
    assert_int_equal(
        ic_account_id_from_address(&back, (struct ic_bytes){.at = bytes, .size = sizeof bytes}),
        IC_ADDRESS_OK);
    assert_true(ic_account_id_is_equal(&id, &back));
}

static void accounts_of_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ACCOUNTS / sizeof ACCOUNTS[0]; i++) {
        struct ic_principal owner = principal(ACCOUNTS[i].owner);
        struct ic_subaccount subaccount = {{0}};
        if (ACCOUNTS[i].subaccount != NULL) {
            assert_true(ic_hex_decode(subaccount.bytes, IC_SUBACCOUNT_BYTES,
                                      ic_bytes_from_text(ACCOUNTS[i].subaccount)));
        } else {
            check_account(&owner, NULL, ACCOUNTS[i].address);
        }
        check_account(&owner, &subaccount, ACCOUNTS[i].address);
        assert_int_equal(ic_subaccount_is_default(&subaccount), ACCOUNTS[i].subaccount == NULL);
    }
}

/* Every length of owner, with and without a subaccount, against the definition written out with
 * OpenSSL. */
static void accounts_against_the_definition(void **state)
{
    (void)state;
    uint64_t seed = 8;
    for (int round = 0; round < 3000; round++) {
        uint8_t in[11 + IC_PRINCIPAL_BYTES_MAX + IC_SUBACCOUNT_BYTES] = "\x0a"
                                                                        "account-id";
        uint8_t digest[EVP_MAX_MD_SIZE];
        struct ic_principal owner = {.size = (uint8_t)((unsigned)round % (IC_PRINCIPAL_BYTES_MAX + 1))};
        struct ic_subaccount subaccount = {{0}};
        for (size_t i = 0; i < owner.size; i++) {
            owner.bytes[i] = (uint8_t)test_random(&seed);
        }
        if (round % 2 == 0) {
            subaccount.bytes[test_random_below(&seed, IC_SUBACCOUNT_BYTES)] = 1;
        }
        memcpy(in + 11, owner.bytes, owner.size);
        memcpy(in + 11 + owner.size, subaccount.bytes, IC_SUBACCOUNT_BYTES);
        size_t size = (size_t)11 + owner.size + IC_SUBACCOUNT_BYTES;
        assert_int_equal(EVP_Digest(in, size, digest, NULL, EVP_sha224(), NULL), 1);
        struct ic_account_id id = ic_account_id_from_owner(&owner, &subaccount);
        assert_memory_equal(id.hash, digest, IC_ACCOUNT_HASH_BYTES);
        if (round % 2 != 0) {
            id = ic_account_id_from_owner(&owner, NULL);
            assert_memory_equal(id.hash, digest, IC_ACCOUNT_HASH_BYTES);
        }
    }
}

static void account_of_zeros(void **state)
{
    (void)state;
    struct ic_account_id zero = {{0}};
    char hex[IC_ADDRESS_HEX + 1] = {0};
    ic_account_id_to_hex(hex, &zero);
    assert_string_equal(hex, "807077e900000000000000000000000000000000000000000000000000000000");
}

/* Every single changed bit of an address is noticed. */
static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct ic_account_id id = ic_account_id_from_owner(&IC_PRINCIPAL_ANONYMOUS, NULL), out;
    uint8_t bytes[IC_ADDRESS_BYTES];
    ic_account_id_to_address(bytes, &id);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(
            ic_account_id_from_address(&out, (struct ic_bytes){.at = bytes, .size = sizeof bytes}),
            IC_ADDRESS_BAD_CHECKSUM);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void addresses_that_are_refused(void **state)
{
    (void)state;
    struct ic_account_id out = {{9}};
    uint8_t bytes[33] = {0};
    for (size_t size = 0; size <= sizeof bytes; size++) {
        enum ic_address_result expected =
            size == IC_ADDRESS_BYTES ? IC_ADDRESS_BAD_CHECKSUM : IC_ADDRESS_WRONG_LENGTH;
        assert_int_equal(
            ic_account_id_from_address(&out, (struct ic_bytes){.at = bytes, .size = size}),
            expected);
    }
    char hex[] = "1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79";
    hex[10] = 'x';
    assert_int_equal(ic_account_id_from_hex(&out, ic_bytes_from_text(hex)), IC_ADDRESS_NOT_HEX);
    hex[10] = '0';
    assert_int_equal(ic_account_id_from_hex(&out, ic_bytes_from_text(hex)),
                     IC_ADDRESS_BAD_CHECKSUM);
    hex[63] = 0;
    assert_int_equal(ic_account_id_from_hex(&out, ic_bytes_from_text(hex)),
                     IC_ADDRESS_WRONG_LENGTH);
    assert_int_equal(out.hash[0], 9);
}

static void checksum_text(void **state)
{
    (void)state;
    uint8_t address[IC_ADDRESS_BYTES] = {0x12, 0x34, 0x56, 0x78};
    char text[IC_ADDRESS_CHECKSUM_TEXT + 1] = {0};
    ic_address_checksum_text(text, address);
    assert_string_equal(text, "Checksum failed for "
                              "1234567800000000000000000000000000000000000000000000000000000000, "
                              "expected check bytes 807077e9 but found 12345678");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_both_ways),
        cmocka_unit_test(base32_of_the_rfc),
        cmocka_unit_test(utf8_against_a_model),
        cmocka_unit_test(principals_both_ways),
        cmocka_unit_test(principal_of_a_key),
        cmocka_unit_test(principal_texts_that_are_refused),
        cmocka_unit_test(principals_of_every_length),
        cmocka_unit_test(principals_are_ordered),
        cmocka_unit_test(accounts_of_the_specification),
        cmocka_unit_test(accounts_against_the_definition),
        cmocka_unit_test(account_of_zeros),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(addresses_that_are_refused),
        cmocka_unit_test(checksum_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
