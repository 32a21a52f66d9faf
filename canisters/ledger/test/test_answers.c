/* What callers of the three transfer methods get to see, word for word. SPEC: ledger 5.1, 5.2 */
#include "canisters/ledger/answers.h"
#include "canisters/ledger/canister.h"
#include "canisters/ledger/test/support.h"
#include "ledger/account.h"

#define NOW TEST_T0_NS

/* ---- every result at every endpoint ---------------------------------------------------------- */

enum endpoint { ICRC1, LEGACY, SEND_DFX };

static union {
    struct icp_icrc1_transfer_result icrc1;
    struct icp_transfer_result legacy;
    uint64_t block_index;
} answered;

struct answer_message {
    enum endpoint endpoint;
    struct ledger_outcome outcome;
};

static void answer_body(void *argument)
{
    const struct answer_message *m = argument;
    if (m->endpoint == ICRC1) {
        answer_icrc1(&answered.icrc1, m->outcome);
    } else if (m->endpoint == LEGACY) {
        answer_legacy(&answered.legacy, m->outcome);
    } else {
        answered.block_index = answer_send_dfx(m->outcome);
    }
}

/* Returns the text of the trap, "" if there was none. */
static const char *answer(enum endpoint endpoint, enum ledger_result result, uint64_t detail)
{
    struct answer_message message = {.endpoint = endpoint,
                                     .outcome = {.result = result, .detail = detail}};
    return ic_host_run(answer_body, &message) ? "" : ic_host_trap_text();
}

#define THROTTLING                                                                                 \
    "Too many transactions in replay prevention window, ledger is throttling, please retry later"
#define BUG "icrc1_transfer cannot have"

static const struct {
    enum ledger_result result;
    uint64_t detail;
    const char *icrc1, *legacy, *send_dfx; /* texts of traps; "" answers without */
} ROWS[] = {
    {LEDGER_OK, 7, "", "", ""},
    {LEDGER_MEMO_TOO_LARGE, 0, "the memo field is too large", "the memo field is too large",
     "the memo field is too large"},
    {LEDGER_BURN_WITH_FEE, 0, "", "Fee for burning should be zero",
     "Fee for burning should be zero"},
    {LEDGER_BURN_TOO_SMALL, 10000, "", "Burns lower than 0.00010000 Token are not allowed",
     "Burns lower than 0.00010000 Token are not allowed"},
    {LEDGER_MINT_WITH_FEE, 0, "", "Fee for minting should be zero",
     "Fee for minting should be zero"},
    {LEDGER_MINT_TO_MINTER, 0, BUG, "It is illegal to mint to a minting_account",
     "It is illegal to mint to a minting_account"},
    {LEDGER_BAD_FEE, 10000, "", "", "transfer fee should be 0.00010000 Token"},
    {LEDGER_THROTTLED, 0, "", THROTTLING, THROTTLING},
    {LEDGER_TOO_OLD, UINT64_C(86400000000000), "", "",
     "transaction is older than 86400 seconds"},
    {LEDGER_CREATED_IN_FUTURE, NOW, "", "", "transaction's created_at_time is in future"},
    {LEDGER_DUPLICATE, 42, "", "",
     "transaction is a duplicate of another transaction in block 42"},
    {LEDGER_INSUFFICIENT_FUNDS, 1200000200, "", "",
     "the debit account doesn't have enough funds to complete the transaction, current balance: "
     "12.00000200 Token"},
    {LEDGER_INSUFFICIENT_FUNDS, UINT64_MAX, "", "",
     "current balance: 184467440737.09551615 Token"},
    {LEDGER_SUPPLY_EXCEEDED, 0, "total token supply exceeded", "total token supply exceeded",
     "total token supply exceeded"},
    {LEDGER_TIME_WENT_BACK, 0, "the clock stands before the last block",
     "the clock stands before the last block", "the clock stands before the last block"},
};

static void check_text(const char *got, const char *expected)
{
    const bool ok = expected[0] == 0 ? got[0] == 0 : strstr(got, expected) != NULL;
    if (!ok) {
        fail_msg("\"%s\" instead of \"%s\"", got, expected);
    }
    assert_true(strlen(got) <= 160);
}

static void test_texts(void **state)
{
    (void)state;
    ic_host_reset();
    for (size_t i = 0; i < TEST_ITEMS(ROWS); i++) {
        check_text(answer(ICRC1, ROWS[i].result, ROWS[i].detail), ROWS[i].icrc1);
        check_text(answer(LEGACY, ROWS[i].result, ROWS[i].detail), ROWS[i].legacy);
        check_text(answer(SEND_DFX, ROWS[i].result, ROWS[i].detail), ROWS[i].send_dfx);
    }
}

static void test_every_result_has_a_row(void **state)
{
    (void)state;
    for (unsigned result = 0; result < LEDGER_RESULT_COUNT; result++) {
        unsigned rows = result == LEDGER_AMOUNT_TOO_LARGE; // ICRC-1 only, see below
        for (size_t i = 0; i < TEST_ITEMS(ROWS); i++) {
            rows += ROWS[i].result == result;
        }
        assert_true(rows > 0);
    }
}

/* ---- the Err values -------------------------------------------------------------------------- */

static void check_nat(struct candid_nat n, uint64_t expected)
{
    uint64_t v = 0;
    assert_true(candid_nat_to_u64(&v, &n));
    assert_int_equal(v, expected);
}

static void test_icrc1_values(void **state)
{
    (void)state;
    const struct icp_icrc1_transfer_error *err = &answered.icrc1.as.err;
    ic_host_reset();
    assert_string_equal(answer(ICRC1, LEDGER_OK, 99), "");
    assert_int_equal(answered.icrc1.tag, ICP_ICRC1_TRANSFER_RESULT_OK);
    check_nat(answered.icrc1.as.ok, 99);
    answer(ICRC1, LEDGER_BAD_FEE, 10000);
    assert_int_equal(answered.icrc1.tag, ICP_ICRC1_TRANSFER_RESULT_ERR);
    assert_int_equal(err->tag, ICP_ICRC1_TRANSFER_ERROR_BAD_FEE);
    check_nat(err->as.bad_fee.expected_fee, 10000);
    answer(ICRC1, LEDGER_MINT_WITH_FEE, 0);
    assert_int_equal(err->tag, ICP_ICRC1_TRANSFER_ERROR_BAD_FEE);
    check_nat(err->as.bad_fee.expected_fee, 0);
    answer(ICRC1, LEDGER_BURN_TOO_SMALL, 5);
    assert_int_equal(err->tag, ICP_ICRC1_TRANSFER_ERROR_BAD_BURN);
    check_nat(err->as.bad_burn.min_burn_amount, 5);
    answer(ICRC1, LEDGER_AMOUNT_TOO_LARGE, 6);
    assert_int_equal(err->tag, ICP_ICRC1_TRANSFER_ERROR_INSUFFICIENT_FUNDS);
    check_nat(err->as.insufficient_funds.balance, 6);
    answer(ICRC1, LEDGER_TOO_OLD, 1);
    assert_int_equal(err->tag, ICP_ICRC1_TRANSFER_ERROR_TOO_OLD);
    answer(ICRC1, LEDGER_CREATED_IN_FUTURE, 8);
    assert_int_equal(err->tag, ICP_ICRC1_TRANSFER_ERROR_CREATED_IN_FUTURE);
    assert_int_equal(err->as.created_in_future.ledger_time, 8);
    answer(ICRC1, LEDGER_THROTTLED, 0);
    assert_int_equal(err->tag, ICP_ICRC1_TRANSFER_ERROR_TEMPORARILY_UNAVAILABLE);
    answer(ICRC1, LEDGER_DUPLICATE, 9);
    assert_int_equal(err->tag, ICP_ICRC1_TRANSFER_ERROR_DUPLICATE);
    check_nat(err->as.duplicate.duplicate_of, 9);
}

static void test_legacy_values(void **state)
{
    (void)state;
    const struct icp_transfer_error *err = &answered.legacy.as.err;
    ic_host_reset();
    answer(LEGACY, LEDGER_OK, 99);
    assert_int_equal(answered.legacy.tag, ICP_TRANSFER_RESULT_OK);
    assert_int_equal(answered.legacy.as.ok, 99);
    answer(LEGACY, LEDGER_BAD_FEE, 10000);
    assert_int_equal(answered.legacy.tag, ICP_TRANSFER_RESULT_ERR);
    assert_int_equal(err->tag, ICP_TRANSFER_ERROR_BAD_FEE);
    assert_int_equal(err->as.bad_fee.expected_fee.e8s, 10000);
    answer(LEGACY, LEDGER_TOO_OLD, 5);
    assert_int_equal(err->tag, ICP_TRANSFER_ERROR_TX_TOO_OLD);
    assert_int_equal(err->as.tx_too_old.allowed_window_nanos, 5);
    answer(LEGACY, LEDGER_CREATED_IN_FUTURE, 5);
    assert_int_equal(err->tag, ICP_TRANSFER_ERROR_TX_CREATED_IN_FUTURE);
    answer(LEGACY, LEDGER_DUPLICATE, 6);
    assert_int_equal(err->tag, ICP_TRANSFER_ERROR_TX_DUPLICATE);
    assert_int_equal(err->as.tx_duplicate.duplicate_of, 6);
    answer(LEGACY, LEDGER_INSUFFICIENT_FUNDS, 7);
    assert_int_equal(err->tag, ICP_TRANSFER_ERROR_INSUFFICIENT_FUNDS);
    assert_int_equal(err->as.insufficient_funds.balance.e8s, 7);
    assert_string_equal(answer(SEND_DFX, LEDGER_OK, 3), "");
    assert_int_equal(answered.block_index, 3);
}

/* ---- whole calls ----------------------------------------------------------------------------- */

static void install(void)
{
    const struct icp_init_args args = test_init_args();
    test_install(&args);
}

static const uint8_t ZEROS[40];

static struct icp_icrc1_transfer_in icrc1_argument(void)
{
    struct icp_icrc1_transfer_in in = {.arg0.amount = candid_nat_from_u64(5)};
    in.arg0.to.owner = test_user(3);
    return in;
}

static void test_icrc1_calls(void **state)
{
    (void)state;
    const struct candid_method *m = &icp_icrc1_transfer_method;
    struct icp_icrc1_transfer_out out;
    struct icp_icrc1_transfer_in in = icrc1_argument();
    install();
    test_call(icp_export_icrc1_transfer, m, &in, &out);
    assert_int_equal(out.ret0.tag, ICP_ICRC1_TRANSFER_RESULT_OK);
    check_nat(out.ret0.as.ok, 1);
    assert_memory_equal(ic_host_certified_data().at, canister_state.tip.hash.bytes, 32);
    in.arg0.amount.hi = 1; // 2^64 and more
    test_call(icp_export_icrc1_transfer, m, &in, &out);
    assert_int_equal(out.ret0.as.err.tag, ICP_ICRC1_TRANSFER_ERROR_INSUFFICIENT_FUNDS);
    check_nat(out.ret0.as.err.as.insufficient_funds.balance, UINT64_C(100000000000) - 10005);
    in = icrc1_argument();
    in.arg0.fee.has = true;
    in.arg0.fee.value = (struct candid_nat){.lo = 10000, .hi = 1};
    test_call(icp_export_icrc1_transfer, m, &in, &out);
    assert_int_equal(out.ret0.as.err.tag, ICP_ICRC1_TRANSFER_ERROR_BAD_FEE);
    in = icrc1_argument();
    in.arg0.memo.has = true;
    in.arg0.memo.value = (struct ic_bytes){.at = ZEROS, .size = 33};
    test_call_traps(icp_export_icrc1_transfer, m, &in, "the memo field is too large");
    for (size_t size = 0; size <= sizeof ZEROS; size += 31) {
        in = icrc1_argument();
        in.arg0.from_subaccount.has = true;
        in.arg0.from_subaccount.value = (struct ic_bytes){.at = ZEROS, .size = size};
        test_call_traps(icp_export_icrc1_transfer, m, &in, "a subaccount has 32 bytes");
    }
    assert_int_equal(ledger_chain_length_get(&canister_state), 2);
}

static void test_legacy_calls(void **state)
{
    (void)state;
    const struct ledger_account receiver =
        ledger_account_from_owner(&(struct ic_principal){0}, NULL);
    uint8_t wrong[32];
    struct icp_transfer_out out;
    struct icp_transfer_in in = {.arg0 = {.to = {.at = receiver.address, .size = 32},
                                          .fee = {10000},
                                          .amount = {5}}};
    install();
    test_call(icp_export_transfer, &icp_transfer_method, &in, &out);
    assert_int_equal(out.ret0.as.ok, 1);
    test_call(icp_export_transfer, &icp_transfer_method, &in, &out);
    assert_int_equal(out.ret0.as.err.tag, ICP_TRANSFER_ERROR_TX_DUPLICATE); // time is filled in
    memcpy(wrong, receiver.address, sizeof wrong);
    wrong[0] ^= 1;
    in.arg0.to.at = wrong;
    test_call_traps(icp_export_transfer, &icp_transfer_method, &in,
                    "Invalid account identifier: Checksum failed for "
                    "2c0e897f7e862d2b57d9bc9ea5c65f9a24ac6c074575f47898314b8d6cb0929d, "
                    "expected check bytes 2d0e897f but found 2c0e897f");
    in.arg0.to.size = 31;
    test_call_traps(icp_export_transfer, &icp_transfer_method, &in,
                    "an account identifier has 32 bytes");
}

static void test_send_dfx_calls(void **state)
{
    (void)state;
    struct icp_send_dfx_out out;
    struct icp_send_dfx_in in = {
        .arg0 = {.to = test_text(TEST_MINTER), .amount = {10000}, .memo = 1}};
    install();
    test_call(icp_export_send_dfx, &icp_send_dfx_method, &in, &out);
    assert_int_equal(out.ret0, 1);
    in.arg0.fee.e8s = 1;
    test_call_traps(icp_export_send_dfx, &icp_send_dfx_method, &in,
                    "Fee for burning should be zero");
    in.arg0.to = test_text("nonsense");
    test_call_traps(icp_export_send_dfx, &icp_send_dfx_method, &in, "64 hexadecimal digits");
    /* A trap leaves nothing behind. */
    assert_int_equal(ledger_chain_length_get(&canister_state), 2);
    assert_memory_equal(ic_host_certified_data().at, canister_state.tip.hash.bytes, 32);
}

/* An account of 32 bytes with a bad checksum is a mistake; other lengths hold nothing. */
static void test_account_balance(void **state)
{
    (void)state;
    struct icp_account_balance_out out;
    install();
    for (size_t size = 0; size <= sizeof ZEROS; size++) {
        const struct icp_account_balance_in in = {
            .arg0.account = {.at = ZEROS, .size = size}};
        if (size == 32) {
            test_call_traps(icp_export_account_balance, &icp_account_balance_method, &in,
                            "Checksum failed for 0000");
        } else {
            test_call(icp_export_account_balance, &icp_account_balance_method, &in, &out);
            assert_int_equal(out.ret0.e8s, 0);
        }
    }
    struct icp_account_balance_dfx_out dfx;
    const struct icp_account_balance_dfx_in in = {.arg0.account = test_text(TEST_ANONYMOUS)};
    test_call(icp_export_account_balance_dfx, &icp_account_balance_dfx_method, &in, &dfx);
    assert_int_equal(dfx.ret0.e8s, UINT64_C(100000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_every_result_has_a_row),
        cmocka_unit_test(test_icrc1_values),
        cmocka_unit_test(test_legacy_values),
        cmocka_unit_test(test_icrc1_calls),
        cmocka_unit_test(test_legacy_calls),
        cmocka_unit_test(test_send_dfx_calls),
        cmocka_unit_test(test_account_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
