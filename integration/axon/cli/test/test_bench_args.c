/* The arguments the bench sends are those that clients send: type tables as both encoders write
 * them (the generated code knows these), and the right values. */
#include "cli/bench/args.h"
#include "ic/candid_msg.h"
#include "icp_did.h"
#include "text/candid_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct bench_transfer TRANSFER = {
    .to = {.size = 1, .bytes = {0x04}},
    .from = {.size = 3, .bytes = {0xab, 0xcd, 0x01}},
    .amount_e8s = 300,
    .has_fee = true,
    .fee_e8s = 10000,
    .has_memo = true,
    .has_created_at_time = true,
    .created_at_time_ns = 1000000007,
    .has_expires_at = true,
    .expires_at_ns = 2000000011,
};

static void starts_with_known(const struct axon_buf *arg, const struct candid_method *method,
                              enum bench_layout layout)
{
    struct ic_bytes known =
        method->in.known[layout == BENCH_JS ? CANDID_KNOWN_JS : CANDID_KNOWN_RUST];
    assert_true(known.size > 0 && arg->size > known.size);
    assert_memory_equal(arg->at, known.at, known.size);
}

static void test_known_tables(void **state)
{
    (void)state;
    for (enum bench_layout layout = BENCH_JS; layout <= BENCH_RUST; layout++) {
        struct axon_buf arg = {0};
        bench_arg_icrc1_transfer(&arg, layout, &TRANSFER);
        starts_with_known(&arg, &icp_icrc1_transfer_method, layout);
        bench_arg_transfer(&arg, layout, &TRANSFER);
        starts_with_known(&arg, &icp_transfer_method, layout);
        bench_arg_account_balance(&arg, layout, &TRANSFER.to);
        starts_with_known(&arg, &icp_account_balance_method, layout);
        bench_arg_icrc1_balance_of(&arg, layout, &TRANSFER.to);
        starts_with_known(&arg, &icp_icrc1_balance_of_method, layout);
        axon_buf_free(&arg);
    }
}

/* Decodes at the types and compares with a text. */
static void check_value(const struct axon_buf *arg, const char *types_text, const char *value_text)
{
    struct candid_text_error error;
    struct candid_text *t = candid_text_open((struct ic_bytes){0}, &error);
    const struct candid_text_types *types =
        candid_text_types_parse(t, ic_bytes_from_text(types_text), &error);
    struct ic_bytes expected;
    bool equal = false;
    if (types == NULL ||
        !candid_text_encode(t, &expected, types, ic_bytes_from_text(value_text), &error) ||
        !candid_text_compare(t, &equal, types, expected, axon_buf_bytes(arg), &error) || !equal) {
        fail_msg("%s is not %s: %s", types_text, value_text, error.text);
    }
    candid_text_close(t);
}

#define ACCOUNT "record { owner : principal; subaccount : opt blob }"
#define TO "record { owner = principal \"2vxsx-fae\" }"
#define FROM "record { owner = principal \"em77e-bvlzu-aq\" }"
#define MEMO "opt blob \"" NULS_8 NULS_8 NULS_8 NULS_8 "\""
#define NULS_8 "\\00\\00\\00\\00\\00\\00\\00\\00"
/* the anonymous principal's account. SPEC: ledger 18.1 */
#define TO_ADDRESS                                                                                 \
    "blob \"\\1c\\7a\\48\\ba\\6a\\56\\2a\\a9\\ea\\a2\\48\\1a\\90\\49\\cd\\f0\\43\\3b\\97\\38"        \
    "\\c9\\92\\d6\\98\\c3\\1d\\8a\\bf\\89\\ca\\dc\\79\""

static void test_values(void **state)
{
    (void)state;
    for (enum bench_layout layout = BENCH_JS; layout < BENCH_LAYOUTS; layout++) {
        struct axon_buf arg = {0};
        bench_arg_icrc1_transfer(&arg, layout, &TRANSFER);
        check_value(&arg,
                    "(record { to : " ACCOUNT "; amount : nat; fee : opt nat; memo : opt blob; "
                    "from_subaccount : opt blob; created_at_time : opt nat64 })",
                    "(record { to = " TO "; amount = 300; fee = opt 10000; memo = " MEMO
                    "; created_at_time = opt 1000000007 })");
        bench_arg_transfer(&arg, layout, &TRANSFER);
        check_value(&arg,
                    "(record { to : blob; amount : record { e8s : nat64 }; "
                    "fee : record { e8s : nat64 }; memo : nat64; from_subaccount : opt blob; "
                    "created_at_time : opt record { timestamp_nanos : nat64 } })",
                    "(record { to = " TO_ADDRESS "; amount = record { e8s = 300 }; "
                    "fee = record { e8s = 10000 }; memo = 0; "
                    "created_at_time = opt record { timestamp_nanos = 1000000007 } })");
        bench_arg_icrc2_approve(&arg, layout, &TRANSFER);
        check_value(&arg,
                    "(record { spender : " ACCOUNT "; amount : nat; fee : opt nat; "
                    "memo : opt blob; from_subaccount : opt blob; created_at_time : opt nat64; "
                    "expected_allowance : opt nat; expires_at : opt nat64 })",
                    "(record { spender = " TO "; amount = 300; fee = opt 10000; memo = " MEMO
                    "; created_at_time = opt 1000000007; expires_at = opt 2000000011 })");
        bench_arg_icrc2_transfer_from(&arg, layout, &TRANSFER);
        check_value(&arg,
                    "(record { to : " ACCOUNT "; from : " ACCOUNT "; amount : nat; fee : opt nat; "
                    "memo : opt blob; spender_subaccount : opt blob; "
                    "created_at_time : opt nat64 })",
                    "(record { to = " TO "; from = " FROM "; amount = 300; fee = opt 10000; memo = "
                    MEMO "; created_at_time = opt 1000000007 })");
        bench_arg_account_balance(&arg, layout, &TRANSFER.to);
        check_value(&arg, "(record { account : blob })", "(record { account = " TO_ADDRESS " })");
        bench_arg_icrc1_balance_of(&arg, layout, &TRANSFER.from);
        check_value(&arg, "(" ACCOUNT ")", "(" FROM ")");
        bench_arg_icrc2_allowance(&arg, layout, &TRANSFER.from, &TRANSFER.to);
        check_value(&arg, "(record { account : " ACCOUNT "; spender : " ACCOUNT " })",
                    "(record { account = " FROM "; spender = " TO " })");
        axon_buf_free(&arg);
    }
    struct axon_buf arg = {0};
    bench_arg_blocks(&arg, 5, 2000);
    check_value(&arg, "(record { start : nat64; length : nat64 })",
                "(record { start = 5; length = 2000 })");
    axon_buf_free(&arg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_tables),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
