/* Pairs of account identifiers, and accounts as ICRC-1 writes them. */
#include "test/check.h"

#include "ic/account.h"
#include "ic/text.h"

/* ---- pairs ----------------------------------------------------------------------------------- */

/* Owners of every size, subaccounts absent, zero and random. */
static void account_make(struct ic_principal *owner, struct ic_subaccount *subaccount,
                         uint32_t kind, uint64_t *seed)
{
    *owner = (struct ic_principal){.size = (uint8_t)(kind % (IC_PRINCIPAL_BYTES_MAX + 1))};
    for (size_t i = 0; i < owner->size; i++) {
        owner->bytes[i] = (uint8_t)test_random(seed);
    }
    memset(subaccount->bytes, 0, IC_SUBACCOUNT_BYTES);
    if (kind / (IC_PRINCIPAL_BYTES_MAX + 1) == 2) {
        subaccount->bytes[test_random_below(seed, IC_SUBACCOUNT_BYTES)] =
            (uint8_t)(1 + test_random_below(seed, 255));
    }
}

#define KINDS (3u * (IC_PRINCIPAL_BYTES_MAX + 1))

static void pairs_are_two_accounts(void **state)
{
    (void)state;
    uint64_t seed = 21;
    for (uint32_t a = 0; a < KINDS; a++) {
        for (uint32_t b = 0; b < KINDS; b++) {
            struct ic_principal owners[2];
            struct ic_subaccount subaccounts[2];
            account_make(&owners[0], &subaccounts[0], a, &seed);
            account_make(&owners[1], &subaccounts[1], b, &seed);
            const struct ic_subaccount *of_a = a < KINDS / 3 ? NULL : &subaccounts[0];
            const struct ic_subaccount *of_b = b < KINDS / 3 ? NULL : &subaccounts[1];
            struct ic_account_id ids[2], alone_a, alone_b;
            ic_account_ids_from_owners(ids, &owners[0], of_a, &owners[1], of_b);
            alone_a = ic_account_id_from_owner(&owners[0], of_a);
            alone_b = ic_account_id_from_owner(&owners[1], of_b);
            assert_true(ic_account_id_is_equal(&ids[0], &alone_a));
            assert_true(ic_account_id_is_equal(&ids[1], &alone_b));
        }
    }
}

/* ---- ICRC-1 text ----------------------------------------------------------------------------- */

#define OWNER "k2t6j-2nvnp-4zjm3-25dtz-6xhaa-c7boj-5gayf-oj3xs-i43lp-teztq-6ae"

/* SRC: the examples of the standard. */
static const struct {
    const char *subaccount; /* hex, or NULL */
    const char *text;
} VECTORS[] = {
    {NULL, OWNER},
    {"0000000000000000000000000000000000000000000000000000000000000000", OWNER},
    {"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
     OWNER "-dfxgiyy.102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"},
    {"0000000000000000000000000000000000000000000000000000000000000001", OWNER "-6cc627i.1"},
};

static void the_examples_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        struct ic_principal owner, back;
        struct ic_subaccount subaccount = {{0}}, sub_back = {{7}};
        char text[IC_ACCOUNT_TEXT_MAX + 1];
        assert_true(ic_principal_from_text(&owner, IC_BYTES_LIT(OWNER)));
        if (VECTORS[i].subaccount != NULL) {
            assert_true(ic_hex_decode(subaccount.bytes, IC_SUBACCOUNT_BYTES,
                                      ic_bytes_from_text(VECTORS[i].subaccount)));
        }
        size_t size =
            ic_account_to_text(text, &owner, VECTORS[i].subaccount == NULL ? NULL : &subaccount);
        assert_string_equal(text, VECTORS[i].text);
        assert_int_equal(size, strlen(text));
        assert_int_equal(ic_account_from_text(&back, &sub_back, ic_bytes_from_text(text)),
                         IC_ACCOUNT_TEXT_OK);
        assert_true(ic_principal_is_equal(&owner, &back));
        assert_memory_equal(subaccount.bytes, sub_back.bytes, IC_SUBACCOUNT_BYTES);
    }
}

static const struct {
    const char *text;
    enum ic_account_text_result expected;
} REFUSED[] = {
    {"", IC_ACCOUNT_TEXT_BAD_OWNER},
    {"k2t6j", IC_ACCOUNT_TEXT_BAD_OWNER},
    {OWNER "-6cc627i", IC_ACCOUNT_TEXT_BAD_OWNER},
    {OWNER ".1", IC_ACCOUNT_TEXT_NO_CHECKSUM},
    {OWNER "-.1", IC_ACCOUNT_TEXT_NO_CHECKSUM},
    {".1", IC_ACCOUNT_TEXT_NO_CHECKSUM},
    {".", IC_ACCOUNT_TEXT_NO_CHECKSUM},
    {"6cc627i.1", IC_ACCOUNT_TEXT_NO_CHECKSUM},
    {"-6cc627i.1", IC_ACCOUNT_TEXT_BAD_OWNER},
    {OWNER "x-6cc627i.1", IC_ACCOUNT_TEXT_BAD_OWNER},
    {OWNER "-6cc627i.", IC_ACCOUNT_TEXT_BAD_SUBACCOUNT},
    {OWNER "-6cc627i.0", IC_ACCOUNT_TEXT_BAD_SUBACCOUNT},
    {OWNER "-6cc627i.01", IC_ACCOUNT_TEXT_BAD_SUBACCOUNT},
    {OWNER "-6cc627i.1g", IC_ACCOUNT_TEXT_BAD_SUBACCOUNT},
    {OWNER "-6cc627i.1.1", IC_ACCOUNT_TEXT_BAD_SUBACCOUNT},
    {OWNER "-dfxgiyy.1020304050607080910203040506070809102030405060708091020304050607080901",
     IC_ACCOUNT_TEXT_BAD_SUBACCOUNT},
    {OWNER "-6cc627i.2", IC_ACCOUNT_TEXT_BAD_CHECKSUM},
    {OWNER "-6cc627j.1", IC_ACCOUNT_TEXT_BAD_CHECKSUM},
    {OWNER "-6cc62 i.1", IC_ACCOUNT_TEXT_BAD_CHECKSUM},
};

static void what_is_refused_leaves_the_outputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        struct ic_principal owner = {.size = 3, .bytes = {1, 2, 3}};
        struct ic_subaccount subaccount = {{9}};
        const enum ic_account_text_result got =
            ic_account_from_text(&owner, &subaccount, ic_bytes_from_text(REFUSED[i].text));
        if (got != REFUSED[i].expected) {
            fail_msg("%s: %d", REFUSED[i].text, (int)got);
        }
        assert_int_equal(owner.size, 3);
        assert_int_equal(subaccount.bytes[0], 9);
    }
}

static void case_of_letters_is_ignored(void **state)
{
    (void)state;
    char text[IC_ACCOUNT_TEXT_MAX + 1];
    struct ic_principal owner;
    struct ic_subaccount subaccount;
    for (size_t i = 0; i <= strlen(VECTORS[2].text); i++) {
        const char c = VECTORS[2].text[i];
        text[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    assert_int_equal(ic_account_from_text(&owner, &subaccount, ic_bytes_from_text(text)),
                     IC_ACCOUNT_TEXT_OK);
    assert_int_equal(subaccount.bytes[31], 0x20);
}

/* Any account comes back; any one character changed does not pass for another account. */
static void every_account_comes_back(void **state)
{
    (void)state;
    uint64_t seed = 22;
    for (uint32_t kind = 0; kind < 20 * KINDS; kind++) {
        struct ic_principal owner, back;
        struct ic_subaccount subaccount, sub_back;
        char text[IC_ACCOUNT_TEXT_MAX + 1];
        account_make(&owner, &subaccount, kind % KINDS, &seed);
        size_t size = ic_account_to_text(text, &owner, &subaccount);
        assert_int_equal(ic_account_from_text(&back, &sub_back, ic_bytes_from_text(text)),
                         IC_ACCOUNT_TEXT_OK);
        assert_true(ic_principal_is_equal(&owner, &back));
        assert_memory_equal(subaccount.bytes, sub_back.bytes, IC_SUBACCOUNT_BYTES);
        size_t at = test_random_below(&seed, size);
        text[at] = text[at] == '7' ? '6' : '7';
        assert_int_not_equal(ic_account_from_text(&back, &sub_back, ic_bytes_from_text(text)),
                             IC_ACCOUNT_TEXT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_two_accounts),
        cmocka_unit_test(the_examples_of_the_standard),
        cmocka_unit_test(what_is_refused_leaves_the_outputs),
        cmocka_unit_test(case_of_letters_is_ignored),
        cmocka_unit_test(every_account_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
