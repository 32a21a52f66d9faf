/* Account identifiers against known ones. SPEC: ledger 18.1 */
#include "ledger/test/support.h"

struct row {
    const char *principal;
    const char *subaccount; /* hex, or NULL */
    const char *address;    /* hex */
};

#define ASPVH "aspvh-rnqud-zk2qo-4objq-d537b-j36qa-l74s3-jricy-57syn-tt5iq-bae"
#define ZEROS_31 "00000000000000000000000000000000000000000000000000000000000000"
#define ONES_32  "0101010101010101010101010101010101010101010101010101010101010101"
#define TWOS_32  "0202020202020202020202020202020202020202020202020202020202020202"

static const struct row ROWS[] = {
    {ASPVH, NULL, "b43c3536fb53da333e8f93e1703d61b47cee3638103c0bd7ddff8cbdf04b5ca5"},
    {ASPVH, ZEROS_31 "00", "b43c3536fb53da333e8f93e1703d61b47cee3638103c0bd7ddff8cbdf04b5ca5"},
    {ASPVH, ZEROS_31 "01", "c59f11aa439a50b084e6a28769ac2f43fb95f452f97351b2dd89060e284151e8"},
    {ASPVH, "c6ee2d822ed28ba50d807ae0969b422e181cd4484d93cd556923938355a4baa7",
     "95eee02ffd99469c20b0488dad381d0b71a97f9b3e4387ad11ad65c3055f10c5"},
    {"iooej-vlrze-c5tme-tn7qt-vqe7z-7bsj5-ebxlc-hlzgs-lueo3-3yast-pae", NULL,
     "bdc4ee05d42cd0669786899f256c8fd7217fa71177bd1fa7b9534f568680a938"},
    {"wdarh-5xeo6-tbqmc-qmrpr-a5ppj-z4jbc-pprwe-gusfk-5qiaa-ocvfb-iqe", NULL,
     "12f6a1ca374f7271ed2cc77470e5a7b1a649a21436367f898fbb639b3b12b21f"},
    {"d2zjj-uyaaa-aaaaa-aaaap-4ai", ONES_32,
     "f03053b18a964e4cffa3f277e3c6089ea2297fd39d329c875c523bbd0c6b365a"},
    {"6fyp7-3ibaa-aaaaa-aaaap-4ai", TWOS_32,
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

static void test_from_owner(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_ITEMS(ROWS); i++) {
        struct ic_principal owner;
        struct ic_subaccount subaccount;
        assert_true(ic_principal_from_text(&owner, ic_bytes_from_text(ROWS[i].principal)));
        if (ROWS[i].subaccount != NULL) {
            const struct test_bytes bytes = test_unhex(ROWS[i].subaccount);
            assert_int_equal(bytes.size, sizeof subaccount.bytes);
            memcpy(subaccount.bytes, bytes.at, bytes.size);
            free(bytes.at);
        }
        const struct ledger_account account =
            ledger_account_from_owner(&owner, ROWS[i].subaccount != NULL ? &subaccount : NULL);
        test_assert_hex(ROWS[i].principal, account.address, sizeof account.address,
                        ROWS[i].address);
    }
}

static void test_users_have_their_texts(void **state)
{
    (void)state;
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    const struct ic_principal user = test_user(4);
    ic_principal_to_text(text, &user);
    assert_string_equal(text, "c5mtj-kieaa-aaaaa-aaaap-4ai");
}

static void test_from_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_ITEMS(ROWS); i++) {
        struct ledger_account account = {{0}};
        struct ledger_account same;
        struct test_bytes bytes = test_unhex(ROWS[i].address);
        const struct ic_bytes address = {.at = bytes.at, .size = bytes.size};
        assert_int_equal(ledger_account_from_address(&account, address), IC_ADDRESS_OK);
        assert_memory_equal(account.address, bytes.at, bytes.size);
        assert_int_equal(ledger_account_from_hex(&same, ic_bytes_from_text(ROWS[i].address)),
                         IC_ADDRESS_OK);
        assert_true(ledger_account_is_equal(&account, &same));
        for (size_t bit = 0; bit < 256; bit++) {
            bytes.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(ledger_account_from_address(&account, address),
                             IC_ADDRESS_BAD_CHECKSUM);
            bytes.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_memory_equal(&account, &same, sizeof account); // untouched by failures
        free(bytes.at);
    }
}

static void test_lengths(void **state)
{
    (void)state;
    const uint8_t zeros[40] = {0};
    struct ledger_account account;
    for (size_t size = 0; size <= sizeof zeros; size++) {
        const struct ic_bytes address = {.at = zeros, .size = size};
        const enum ic_address_result expected =
            size == 32 ? IC_ADDRESS_BAD_CHECKSUM : IC_ADDRESS_WRONG_LENGTH;
        assert_int_equal(ledger_account_from_address(&account, address), expected);
    }
    const char *empty = "807077e900000000000000000000000000000000000000000000000000000000";
    assert_int_equal(ledger_account_from_hex(&account, ic_bytes_from_text(empty)), IC_ADDRESS_OK);
    const char *upper = "807077E900000000000000000000000000000000000000000000000000000000";
    assert_int_equal(ledger_account_from_hex(&account, ic_bytes_from_text(upper)), IC_ADDRESS_OK);
    const char *odd = "807077e90000000000000000000000000000000000000000000000000000000";
    assert_int_not_equal(ledger_account_from_hex(&account, ic_bytes_from_text(odd)),
                         IC_ADDRESS_OK);
    const char *foreign = "g07077e900000000000000000000000000000000000000000000000000000000";
    assert_int_equal(ledger_account_from_hex(&account, ic_bytes_from_text(foreign)),
                     IC_ADDRESS_NOT_HEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_owner),
        cmocka_unit_test(test_users_have_their_texts),
        cmocka_unit_test(test_from_address),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
