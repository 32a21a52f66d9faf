/* Installation and upgrade: what is taken, what is refused, in which words. SPEC: ledger 14 */
#include "canisters/ledger/test/support.h"

/* ---- arguments in all their forms ------------------------------------------------------------ */

/* The old form, (InitArgs), made from the new one: the same type table, in which the variant comes
 * first and names the record; then the record as the argument's type, and its value without the
 * case. */
static struct ic_bytes bare_argument(const struct icp_init_args *args)
{
    static uint8_t bare[4096];
    enum { RECORD_TYPE_AT = 18 }; // DIDL, count, 6b 02, id of Upgrade, its type, id of Init
    const struct ic_bytes header = icp_init_method.in.known[CANDID_KNOWN_RUST];
    struct icp_init_in in = {.arg0.tag = ICP_LEDGER_CANISTER_PAYLOAD_INIT};
    in.arg0.as.init = *args;
    const struct ic_bytes full = test_encode(&icp_init_method.in, &in);
    assert_true(full.size < sizeof bare);
    memcpy(bare, full.at, header.size);
    bare[header.size - 1] = header.at[RECORD_TYPE_AT];
    memcpy(bare + header.size, full.at + header.size + 1, full.size - header.size - 1);
    return (struct ic_bytes){.at = bare, .size = full.size - 1};
}

static void reset(void)
{
    ic_host_reset();
    ic_host_time_set(TEST_T0_NS);
}

static void install_traps(struct ic_bytes argument, const char *text)
{
    reset();
    assert_false(test_message(icp_export_init, argument));
    if (strstr(ic_host_trap_text(), text) == NULL) {
        fail_msg("\"%s\" instead of \"%s\"", ic_host_trap_text(), text);
    }
    assert_int_equal(ic_host_stable_bytes(), 0);
}

static void install_args_trap(const struct icp_init_args *args, const char *text)
{
    struct icp_init_in in = {.arg0.tag = ICP_LEDGER_CANISTER_PAYLOAD_INIT};
    in.arg0.as.init = *args;
    install_traps(test_encode(&icp_init_method.in, &in), text);
}

static uint64_t supply(void)
{
    struct icp_icrc1_total_supply_out out;
    test_call(icp_export_icrc1_total_supply, &icp_icrc1_total_supply_method,
              &(struct icp_icrc1_total_supply_in){0}, &out);
    uint64_t e8s = 0;
    assert_true(candid_nat_to_u64(&e8s, &out.ret0));
    return e8s;
}

static void test_both_forms(void **state)
{
    (void)state;
    const struct icp_init_args args = test_init_args();
    test_install(&args);
    uint8_t first[32];
    memcpy(first, ic_host_certified_data().at, sizeof first);
    assert_int_equal(supply(), UINT64_C(100000000000));
    reset();
    assert_true(test_message(icp_export_init, bare_argument(&args)));
    assert_int_equal(supply(), UINT64_C(100000000000));
    assert_memory_equal(ic_host_certified_data().at, first, sizeof first); // the same first block
}

static void test_upgrade_argument_at_installation(void **state)
{
    (void)state;
    const struct icp_init_in in = {.arg0.tag = ICP_LEDGER_CANISTER_PAYLOAD_UPGRADE};
    install_traps(test_encode(&icp_init_method.in, &in),
                  "Cannot initialize the canister with an Upgrade argument. Please provide an Init "
                  "argument.");
}

#define UNDECODABLE(as_new, as_old)                                                                \
    "Unable to decode init argument.\nDecode as new init returned the error " as_new               \
    "\nDecode as old init returned the error " as_old

static void test_undecodable_arguments(void **state)
{
    (void)state;
    install_traps(IC_BYTES_LIT(""), UNDECODABLE("BAD_MAGIC", "BAD_MAGIC"));
    install_traps(IC_BYTES_LIT("DIDL\0\0"), UNDECODABLE("MISSING", "MISSING"));
    install_traps(IC_BYTES_LIT("DIDL\0\1\x71\3abc"), UNDECODABLE("MISMATCH", "MISMATCH"));
    assert_true(strlen(ic_host_trap_text()) <= 160);
}

/* ---- what the argument may say --------------------------------------------------------------- */

static void test_bad_accounts(void **state)
{
    (void)state;
    const char *text = "an account identifier in text";
    struct icp_init_args args = test_init_args();
    args.minting_account = test_text("");
    install_args_trap(&args, text);
    args.minting_account =
        test_text("082ecf2e3f647ac600f43f38a68342fba5b8e68b085f02592b77f39808a8d2b4");
    install_args_trap(&args, text);
    args = test_init_args();
    struct icp_init_args_initial_values twice[2] = {args.initial_values.at[0],
                                                    args.initial_values.at[0]};
    args.initial_values.at = twice;
    args.initial_values.count = 2;
    install_args_trap(&args, "names an account twice");
    twice[1].f0 = test_text("xyz");
    install_args_trap(&args, text);
    twice[1].f0 = test_text(TEST_MINTER);
    twice[1].f1.e8s = UINT64_MAX;
    install_args_trap(&args, "total token supply exceeded");
    args = test_init_args();
    args.icrc1_minting_account.value.subaccount.has = true;
    args.icrc1_minting_account.value.subaccount.value = IC_BYTES_LIT("short");
    install_args_trap(&args, "a subaccount has 32 bytes");
}

static void test_long_names(void **state)
{
    (void)state;
    char text[130];
    memset(text, 'x', sizeof text);
    text[129] = 0;
    struct icp_init_args args = test_init_args();
    args.token_name.has = true;
    args.token_name.value = test_text(text);
    install_args_trap(&args, "token_name is longer than 128 bytes");
    text[33] = 0;
    args.token_name.has = false;
    args.token_symbol.has = true;
    args.token_symbol.value = test_text(text);
    install_args_trap(&args, "token_symbol is longer than 32 bytes");
    args.token_symbol.value.size = 32;
    test_install(&args);
}

static void test_defaults_and_choices(void **state)
{
    (void)state;
    struct icp_symbol_out symbol;
    struct icp_name_out name;
    struct icp_transfer_fee_out fee;
    struct icp_init_args args = test_init_args();
    test_install(&args);
    test_call(icp_export_symbol, &icp_symbol_method, &(struct icp_symbol_in){0}, &symbol);
    test_call(icp_export_name, &icp_name_method, &(struct icp_name_in){0}, &name);
    test_call(icp_export_transfer_fee, &icp_transfer_fee_method, &(struct icp_transfer_fee_in){0},
              &fee);
    assert_true(ic_bytes_is_equal(symbol.ret0.symbol, IC_BYTES_LIT("ICP")));
    assert_true(ic_bytes_is_equal(name.ret0.name, IC_BYTES_LIT("Internet Computer")));
    assert_int_equal(fee.ret0.transfer_fee.e8s, 10000);
    args.token_symbol.has = args.token_name.has = args.transfer_fee.has = true;
    args.token_symbol.value = test_text("XTC");
    args.token_name.value = test_text("");
    args.transfer_fee.value.e8s = 7;
    test_install(&args);
    test_call(icp_export_symbol, &icp_symbol_method, &(struct icp_symbol_in){0}, &symbol);
    test_call(icp_export_name, &icp_name_method, &(struct icp_name_in){0}, &name);
    test_call(icp_export_transfer_fee, &icp_transfer_fee_method, &(struct icp_transfer_fee_in){0},
              &fee);
    assert_true(ic_bytes_is_equal(symbol.ret0.symbol, IC_BYTES_LIT("XTC")));
    assert_int_equal(name.ret0.name.size, 0);
    assert_int_equal(fee.ret0.transfer_fee.e8s, 7);
}

static void test_no_blocks(void **state)
{
    (void)state;
    static const uint8_t zeros[32];
    struct icp_init_args args = test_init_args();
    args.initial_values.count = 0;
    test_install(&args);
    assert_memory_equal(ic_host_certified_data().at, zeros, sizeof zeros);
    assert_true(test_upgrade(IC_BYTES_LIT("DIDL\0\0")));
    assert_memory_equal(ic_host_certified_data().at, zeros, sizeof zeros);
    test_call_traps(icp_export_tip_of_chain, &icp_tip_of_chain_method,
                    &(struct icp_tip_of_chain_in){0}, "the chain has no block yet");
    struct icp_query_blocks_out out;
    test_call(icp_export_query_blocks, &icp_query_blocks_method,
              &(struct icp_query_blocks_in){.arg0 = {.length = 5}}, &out);
    assert_int_equal(out.ret0.chain_length, 0);
    assert_int_equal(out.ret0.blocks.count, 0);
}

/* ---- upgrades -------------------------------------------------------------------------------- */

static struct ic_bytes upgrade_argument(const struct icp_upgrade_args *args)
{
    struct icp_init_in in = {.arg0.tag = ICP_LEDGER_CANISTER_PAYLOAD_UPGRADE};
    in.arg0.as.upgrade.has = args != NULL;
    if (args != NULL) {
        in.arg0.as.upgrade.value = *args;
    }
    return test_encode(&icp_init_method.in, &in);
}

static void upgrade_traps(struct ic_bytes argument, const char *text)
{
    assert_false(test_upgrade(argument));
    if (strstr(ic_host_trap_text(), text) == NULL) {
        fail_msg("\"%s\" instead of \"%s\"", ic_host_trap_text(), text);
    }
}

static void test_upgrades_that_change_nothing(void **state)
{
    (void)state;
    static const uint8_t null[] = "DIDL\0\1\x7f"; // (null)
    const struct icp_init_args args = test_init_args();
    test_install(&args);
    uint8_t tip[32];
    memcpy(tip, ic_host_certified_data().at, sizeof tip);
    assert_true(test_upgrade(IC_BYTES_LIT("DIDL\0\0")));
    assert_true(test_upgrade((struct ic_bytes){.at = null, .size = 7}));
    assert_true(test_upgrade(upgrade_argument(NULL)));
    assert_true(test_upgrade(upgrade_argument(&(struct icp_upgrade_args){0})));
    assert_int_equal(supply(), UINT64_C(100000000000));
    assert_memory_equal(ic_host_certified_data().at, tip, sizeof tip);
}

static void test_upgrades_that_are_refused(void **state)
{
    (void)state;
    const struct icp_init_args init = test_init_args();
    struct icp_init_in as_init = {.arg0.tag = ICP_LEDGER_CANISTER_PAYLOAD_INIT};
    as_init.arg0.as.init = init;
    test_install(&init);
    upgrade_traps(test_encode(&icp_init_method.in, &as_init),
                  "Cannot upgrade the canister with an Init argument. Please provide an Upgrade "
                  "argument.");
    upgrade_traps(IC_BYTES_LIT(""), "");
    struct icp_upgrade_args args = {.icrc1_minting_account = {.has = true}};
    args.icrc1_minting_account.value.owner = test_user(1);
    upgrade_traps(upgrade_argument(&args),
                  "The icrc1 minting account is not the same as the minting account set during "
                  "initialization");
    args = (struct icp_upgrade_args){.change_archive_options = {.has = true}};
    upgrade_traps(upgrade_argument(&args),
                  "Archive options cannot be changed, since there is no archive!");
    assert_true(test_upgrade(IC_BYTES_LIT("DIDL\0\0")));
    assert_int_equal(supply(), UINT64_C(100000000000));
}

static void test_minting_account_named_by_an_upgrade(void **state)
{
    (void)state;
    struct icp_icrc1_minting_account_out out;
    struct icp_init_args init = test_init_args();
    init.icrc1_minting_account.has = false;
    test_install(&init);
    const struct icp_icrc1_minting_account_in in = {0};
    test_call(icp_export_icrc1_minting_account, &icp_icrc1_minting_account_method, &in, &out);
    assert_false(out.ret0.has);
    struct icp_upgrade_args args = {.icrc1_minting_account = {.has = true},
                                    .feature_flags = {.has = true}};
    args.icrc1_minting_account.value.owner = test_governance();
    assert_true(test_upgrade(upgrade_argument(&args)));
    assert_true(test_upgrade(upgrade_argument(NULL)));
    test_call(icp_export_icrc1_minting_account, &icp_icrc1_minting_account_method, &in, &out);
    assert_true(out.ret0.has);
    const struct ic_principal governance = test_governance();
    assert_true(ic_principal_is_equal(&out.ret0.value.owner, &governance));
    assert_false(out.ret0.value.subaccount.has);
}

static void test_upgrade_of_something_else(void **state)
{
    (void)state;
    reset();
    upgrade_traps(IC_BYTES_LIT("DIDL\0\0"), "stable memory is empty");
}

/* ---- the interface --------------------------------------------------------------------------- */

static void test_interface(void **state)
{
    (void)state;
    const struct icp_init_args args = test_init_args();
    test_install(&args);
    assert_true(test_message(icp_export_interface, IC_BYTES_LIT("whatever")));
    const struct ic_bytes reply = ic_host_reply();
    static const char head[] = "DIDL\0\1\x71";
    assert_memory_equal(reply.at, head, 7);
    char *text = calloc(1, reply.size + 1);
    assert_non_null(text);
    memcpy(text, reply.at + 7, reply.size - 7);
    assert_non_null(strstr(text, "icrc1_transfer : (TransferArg) -> (Icrc1TransferResult)"));
    assert_non_null(strstr(text, "service : (LedgerCanisterPayload) -> {"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_forms),
        cmocka_unit_test(test_upgrade_argument_at_installation),
        cmocka_unit_test(test_undecodable_arguments),
        cmocka_unit_test(test_bad_accounts),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_defaults_and_choices),
        cmocka_unit_test(test_no_blocks),
        cmocka_unit_test(test_upgrades_that_change_nothing),
        cmocka_unit_test(test_upgrades_that_are_refused),
        cmocka_unit_test(test_minting_account_named_by_an_upgrade),
        cmocka_unit_test(test_upgrade_of_something_else),
        cmocka_unit_test(test_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
