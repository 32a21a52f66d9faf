/* The small pieces: protobuf fields and varints, ranges of blocks, texts of results. */
#include "ledger/blocks_range.h"
#include "ledger/protobuf.h"
#include "ledger/test/support.h"

/* ---- protobuf -------------------------------------------------------------------------------- */

static const struct {
    uint64_t value;
    const char *hex;
} VARINTS[] = {
    {0, "00"},
    {1, "01"},
    {127, "7f"},
    {128, "8001"},
    {300, "ac02"},
    {16383, "ff7f"},
    {16384, "808001"},
    {UINT32_MAX, "ffffffff0f"},
    {UINT64_C(1) << 63, "80808080808080808001"},
    {UINT64_MAX, "ffffffffffffffffff01"},
};

static void test_varints(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_ITEMS(VARINTS); i++) {
        uint8_t buffer[32];
        uint8_t *at = buffer + sizeof buffer;
        at = ledger_pb_put_varint(at, VARINTS[i].value);
        test_assert_hex("varint", at, (size_t)(buffer + sizeof buffer - at), VARINTS[i].hex);
        *--at = 0x08; // field 1
        struct ic_bytes in = {.at = at, .size = (size_t)(buffer + sizeof buffer - at)};
        struct ledger_pb_field field;
        assert_int_equal(ledger_pb_next(&field, &in), LEDGER_PB_FIELD);
        assert_int_equal(field.tag, LEDGER_PB_TAG(1, LEDGER_PB_VARINT));
        assert_int_equal(field.number, VARINTS[i].value);
        assert_int_equal(ledger_pb_next(&field, &in), LEDGER_PB_END);
    }
}

static void test_varints_around_powers(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (unsigned below = 0; below < 2; below++) {
            const uint64_t value = (UINT64_C(1) << bit) - below;
            uint8_t buffer[16];
            uint8_t *at = buffer + sizeof buffer;
            at = ledger_pb_put_number(at, LEDGER_PB_TAG(3, LEDGER_PB_BYTES), value);
            struct ic_bytes in = {.at = at, .size = (size_t)(buffer + sizeof buffer - at)};
            struct ledger_pb_field outer, inner;
            assert_int_equal(ledger_pb_next(&outer, &in), LEDGER_PB_FIELD);
            assert_int_equal(in.size, 0);
            if (value == 0) {
                assert_int_equal(outer.bytes.size, 0);
                continue;
            }
            assert_int_equal(ledger_pb_next(&inner, &outer.bytes), LEDGER_PB_FIELD);
            assert_int_equal(inner.number, value);
        }
    }
}

static const struct {
    const char *what;
    const char *hex;
    enum ledger_pb_status status;
} FIELDS[] = {
    {"nothing", "", LEDGER_PB_END},
    {"a varint that ends early", "0880", LEDGER_PB_BAD},
    {"no value", "08", LEDGER_PB_BAD},
    {"a padded varint", "08808000", LEDGER_PB_FIELD},
    {"a varint of eleven bytes", "088080808080808080808000", LEDGER_PB_BAD},
    {"a varint of 65 bits", "08ffffffffffffffffff02", LEDGER_PB_BAD},
    {"8 bytes", "090102030405060708", LEDGER_PB_FIELD},
    {"7 of 8 bytes", "0901020304050607", LEDGER_PB_BAD},
    {"4 bytes", "0d01020304", LEDGER_PB_FIELD},
    {"3 of 4 bytes", "0d010203", LEDGER_PB_BAD},
    {"bytes", "0a03010203", LEDGER_PB_FIELD},
    {"bytes that end early", "0a030102", LEDGER_PB_BAD},
    {"a length beyond memory", "0affffffffffffffffff01", LEDGER_PB_BAD},
    {"start of a group", "0b", LEDGER_PB_BAD},
    {"end of a group", "0c", LEDGER_PB_BAD},
    {"wire type 6", "0e", LEDGER_PB_BAD},
    {"wire type 7", "0f", LEDGER_PB_BAD},
    {"field number 0", "0001", LEDGER_PB_BAD},
    {"the largest field number", "f8ffffff0f00", LEDGER_PB_FIELD},
    {"a larger one", "f8ffffff1f00", LEDGER_PB_BAD},
};

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_ITEMS(FIELDS); i++) {
        const struct test_bytes bytes = test_unhex(FIELDS[i].hex);
        struct ic_bytes in = {.at = bytes.at, .size = bytes.size};
        struct ledger_pb_field field;
        if (ledger_pb_next(&field, &in) != FIELDS[i].status) {
            fail_msg("%s", FIELDS[i].what);
        }
        free(bytes.at);
    }
}

static void test_bytes_fields(void **state)
{
    (void)state;
    uint8_t buffer[400], content[300];
    memset(content, 0x11, sizeof content);
    for (size_t size = 0; size <= sizeof content; size += 50) {
        uint8_t *at = buffer + sizeof buffer;
        at = ledger_pb_put_bytes(at, LEDGER_PB_TAG(2, LEDGER_PB_BYTES),
                            (struct ic_bytes){.at = content, .size = size});
        struct ic_bytes in = {.at = at, .size = (size_t)(buffer + sizeof buffer - at)};
        struct ledger_pb_field field;
        assert_int_equal(ledger_pb_next(&field, &in), LEDGER_PB_FIELD);
        assert_int_equal(field.tag, 0x12);
        assert_int_equal(field.bytes.size, size);
        assert_memory_equal(field.bytes.at, content, size);
        assert_int_equal(in.size, 0);
    }
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* The definition: go through the held blocks and take those that are wanted. */
static struct ledger_range served_slowly(struct ledger_range held, struct ledger_range wanted,
                                         uint64_t blocks_max)
{
    struct ledger_range served = {.first = held.first, .count = 0};
    for (uint64_t i = held.first; i < held.first + held.count; i++) {
        const bool is_wanted = i >= wanted.first && i - wanted.first < wanted.count;
        if (is_wanted && served.count < blocks_max) {
            served.first = served.count == 0 ? i : served.first;
            served.count++;
        }
    }
    return served;
}

static void test_ranges(void **state)
{
    (void)state;
    static const uint64_t ends[] = {0, 1, 2, 3, 5, 8, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
    for (uint64_t first = 0; first < 4; first++) {
        for (uint64_t count = 0; count < 5; count++) {
            for (size_t i = 0; i < TEST_ITEMS(ends) * TEST_ITEMS(ends) * 4; i++) {
                const struct ledger_range held = {first, count};
                const struct ledger_range wanted = {ends[i % TEST_ITEMS(ends)],
                                                    ends[i / TEST_ITEMS(ends) % TEST_ITEMS(ends)]};
                const uint64_t most = i / TEST_ITEMS(ends) / TEST_ITEMS(ends);
                const struct ledger_range got = ledger_range_served(held, wanted, most);
                const struct ledger_range slow = served_slowly(held, wanted, most);
                assert_int_equal(got.count, slow.count);
                if (got.count != 0) {
                    assert_int_equal(got.first, slow.first);
                }
                assert_true(got.first >= first && got.first + got.count <= first + count);
            }
        }
    }
}

/* A request for more than 2^32 - 1 blocks is cut before it is intersected. */
static void test_length_is_cut(void **state)
{
    (void)state;
    const struct ledger_range held = {UINT64_C(1) << 40, 10};
    struct ledger_range got = ledger_range_served(held, (struct ledger_range){0, UINT64_MAX}, 5);
    assert_int_equal(got.count, 0);
    assert_int_equal(got.first, held.first);
    const struct ledger_range near_end = {held.first - UINT32_MAX + 3, UINT64_MAX};
    got = ledger_range_served(held, near_end, 5);
    assert_int_equal(got.first, held.first);
    assert_int_equal(got.count, 3);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void test_result_names(void **state)
{
    (void)state;
    assert_string_equal(test_result_name(LEDGER_OK), "LEDGER_OK");
    assert_string_equal(test_result_name(LEDGER_TIME_WENT_BACK), "LEDGER_TIME_WENT_BACK");
    assert_int_equal(LEDGER_OK, 0);
    for (unsigned i = 0; i < LEDGER_RESULT_COUNT; i++) {
        assert_non_null(test_result_name((enum ledger_result)i));
    }
}

static void test_names_of_accounts(void **state)
{
    (void)state;
    const struct ic_principal one = test_user(1), two = test_user(2);
    const struct icrc_account plain = {.owner = one}, other = {.owner = two};
    struct icrc_account zeros = {.owner = one, .has_subaccount = true};
    assert_true(icrc_account_is_equal(&plain, &zeros));
    assert_true(icrc_account_is_equal(&zeros, &plain));
    assert_false(icrc_account_is_equal(&plain, &other));
    for (size_t at = 0; at < IC_SUBACCOUNT_BYTES; at++) {
        struct icrc_account sub = zeros;
        sub.subaccount.bytes[at] = 1;
        assert_false(icrc_account_is_equal(&plain, &sub));
        assert_false(icrc_account_is_equal(&sub, &zeros));
        assert_true(icrc_account_is_equal(&sub, &sub));
        const struct ledger_account a = ledger_account_from_icrc(&sub);
        const struct ledger_account b = ledger_account_from_icrc(&plain);
        assert_false(ledger_account_is_equal(&a, &b));
        struct ledger_account both[2];
        ledger_accounts_from_icrc(both, &sub, &plain);
        assert_memory_equal(&both[0], &a, sizeof a);
        assert_memory_equal(&both[1], &b, sizeof b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_varints),          cmocka_unit_test(test_varints_around_powers),
        cmocka_unit_test(test_fields),           cmocka_unit_test(test_bytes_fields),
        cmocka_unit_test(test_ranges),           cmocka_unit_test(test_length_is_cut),
        cmocka_unit_test(test_result_names),     cmocka_unit_test(test_names_of_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
