/* The small queries: balances, fees, names. SPEC: ledger 5.5 */
#include "canisters/ledger/answers.h"
#include "canisters/ledger/canister.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "ledger/account.h"

static struct ic_bytes token_name(void)
{
    const struct ledger_name *name = &canister_state.config.name;
    return (struct ic_bytes){.at = name->bytes, .size = name->size};
}

static struct ic_bytes token_symbol(void)
{
    const struct ledger_symbol *symbol = &canister_state.config.symbol;
    return (struct ic_bytes){.at = symbol->bytes, .size = symbol->size};
}

static struct ledger_account account_from_candid(const struct icp_account *account)
{
    const struct icrc_account name = canister_account_name(&account->owner, &account->subaccount);
    return ledger_account_from_icrc(&name);
}

/* ---- accounts -------------------------------------------------------------------------------- */

/* QUIRK: a blob of another length than 32 is an account that holds nothing, one of 32 bytes with a
 * wrong checksum is a mistake. SPEC: ledger 5.5 */
void icp_account_balance(const struct icp_account_balance_in *in,
                         struct icp_account_balance_out *out)
{
    struct ledger_account account;
    const enum ic_address_result result = ledger_account_from_address(&account, in->arg0.account);
    if (result == IC_ADDRESS_BAD_CHECKSUM) {
        answer_bad_checksum(in->arg0.account);
    }
    out->ret0.e8s =
        result == IC_ADDRESS_OK ? ledger_balance_get(&canister_state, &account).v : 0;
}

void icp_account_balance_dfx(const struct icp_account_balance_dfx_in *in,
                             struct icp_account_balance_dfx_out *out)
{
    const struct ledger_account account = canister_account_from_hex(in->arg0.account);
    out->ret0.e8s = ledger_balance_get(&canister_state, &account).v;
}

void icp_icrc1_balance_of(const struct icp_icrc1_balance_of_in *in,
                          struct icp_icrc1_balance_of_out *out)
{
    const struct ledger_account account = account_from_candid(&in->arg0);
    out->ret0 = candid_nat_from_u64(ledger_balance_get(&canister_state, &account).v);
}

void icp_account_identifier(const struct icp_account_identifier_in *in,
                            struct icp_account_identifier_out *out)
{
    static struct ledger_account account; // outlives this function: the reply is a view
    account = account_from_candid(&in->arg0);
    out->ret0 = (struct ic_bytes){.at = account.address, .size = LEDGER_ACCOUNT_BYTES};
}

/* ---- the token ------------------------------------------------------------------------------- */

void icp_transfer_fee(const struct icp_transfer_fee_in *in, struct icp_transfer_fee_out *out)
{
    (void)in;
    out->ret0.transfer_fee.e8s = canister_state.config.fee.v;
}

void icp_name(struct icp_name_out *out)
{
    out->ret0.name = token_name();
}

void icp_symbol(struct icp_symbol_out *out)
{
    out->ret0.symbol = token_symbol();
}

void icp_decimals(struct icp_decimals_out *out)
{
    out->ret0.decimals = LEDGER_DECIMALS;
}

void icp_is_ledger_ready(struct icp_is_ledger_ready_out *out)
{
    out->ret0 = true;
}

void icp_icrc1_name(struct icp_icrc1_name_out *out)
{
    out->ret0 = token_name();
}

void icp_icrc1_symbol(struct icp_icrc1_symbol_out *out)
{
    out->ret0 = token_symbol();
}

void icp_icrc1_decimals(struct icp_icrc1_decimals_out *out)
{
    out->ret0 = LEDGER_DECIMALS;
}

void icp_icrc1_fee(struct icp_icrc1_fee_out *out)
{
    out->ret0 = candid_nat_from_u64(canister_state.config.fee.v);
}

void icp_icrc1_total_supply(struct icp_icrc1_total_supply_out *out)
{
    out->ret0 = candid_nat_from_u64(ledger_total_supply_get(&canister_state).v);
}

void icp_icrc1_minting_account(struct icp_icrc1_minting_account_out *out)
{
    const struct ledger_config *config = &canister_state.config;
    const struct icrc_account *account = &config->icrc_minting_account;
    out->ret0.has = config->has_icrc_minting_account;
    if (!out->ret0.has) {
        return;
    }
    out->ret0.value.owner = account->owner;
    out->ret0.value.subaccount.has = account->has_subaccount;
    out->ret0.value.subaccount.value =
        (struct ic_bytes){.at = account->subaccount.bytes, .size = IC_SUBACCOUNT_BYTES};
}

/* Exactly these four, in this order. */
void icp_icrc1_metadata(struct icp_icrc1_metadata_out *out)
{
    static struct icp_icrc1_metadata_out_ret0 entries[4];
    entries[0].f0 = IC_BYTES_LIT("icrc1:decimals");
    entries[0].f1.tag = ICP_VALUE_NAT;
    entries[0].f1.as.nat = candid_nat_from_u64(LEDGER_DECIMALS);
    entries[1].f0 = IC_BYTES_LIT("icrc1:name");
    entries[1].f1.tag = ICP_VALUE_TEXT;
    entries[1].f1.as.text = token_name();
    entries[2].f0 = IC_BYTES_LIT("icrc1:symbol");
    entries[2].f1.tag = ICP_VALUE_TEXT;
    entries[2].f1.as.text = token_symbol();
    entries[3].f0 = IC_BYTES_LIT("icrc1:fee");
    entries[3].f1.tag = ICP_VALUE_NAT;
    entries[3].f1.as.nat = candid_nat_from_u64(canister_state.config.fee.v);
    out->ret0.at = entries;
    out->ret0.count = sizeof entries / sizeof *entries;
}

/* Those that are built; each later one brings its line. */
void icp_icrc1_supported_standards(struct icp_icrc1_supported_standards_out *out)
{
    static struct icp_icrc1_supported_standards_out_ret0 standards[1];
    standards[0].name = IC_BYTES_LIT("ICRC-1");
    standards[0].url = IC_BYTES_LIT("https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-1");
    out->ret0.at = standards;
    out->ret0.count = sizeof standards / sizeof *standards;
}
