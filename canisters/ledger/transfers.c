/* The update calls: a request is decoded, put to the rules, and the outcome is answered.
 *
 * Follow one transfer: the generated export decodes the arguments and calls icp_icrc1_transfer
 * below; ledger/transfer.c decides and writes; answers.c finds the words. */
#include "canisters/ledger/answers.h"
#include "canisters/ledger/canister.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

/* run puts a request to the rules and certifies the new tip. */
static struct ledger_outcome run(const struct ledger_request *request,
                                 const struct ledger_rules *rules)
{
    const struct ledger_env env = {.now_ns = ic_time_ns(), .limits = &LEDGER_LIMITS};
    const struct ledger_outcome outcome =
        ledger_transfer(&canister_state, &env, request, rules);
    if (outcome.result == LEDGER_OK) {
        canister_certify_tip();
    }
    return outcome;
}

/* The account of the caller with an optional subaccount. */
static struct icrc_account caller_name(const struct icp_opt_blob *subaccount)
{
    const struct ic_principal caller = ic_msg_caller();
    return canister_account_name(&caller, subaccount);
}

static struct ledger_account caller_account(const struct icp_opt_blob *subaccount)
{
    const struct icrc_account name = caller_name(subaccount);
    return ledger_account_from_icrc(&name);
}

static struct ledger_amount amount_from_nat(const struct candid_nat *n)
{
    struct ledger_amount amount = {0};
    amount.is_too_large = !candid_nat_to_u64(&amount.v.v, n);
    return amount;
}

static uint64_t saturated_from_nat(const struct candid_nat *n)
{
    uint64_t v = UINT64_MAX;
    return candid_nat_to_u64(&v, n) ? v : UINT64_MAX;
}

void icp_icrc1_transfer(const struct icp_icrc1_transfer_in *in, struct icp_icrc1_transfer_out *out)
{
    const struct icp_transfer_arg *arg = &in->arg0;
    const struct icrc_account from = caller_name(&arg->from_subaccount);
    const struct icrc_account to = canister_account_name(&arg->to.owner, &arg->to.subaccount);
    struct ledger_request request = {
        .amount = amount_from_nat(&arg->amount),
        .fee_e8s = {.has = arg->fee.has,
                    .v = arg->fee.has ? saturated_from_nat(&arg->fee.value) : 0},
        .has_icrc1_memo = arg->memo.has,
        .icrc1_memo = arg->memo.has ? arg->memo.value : (struct ic_bytes){0},
        .created_at_ns = {.has = arg->created_at_time.has,
                          .v = arg->created_at_time.has ? arg->created_at_time.value : 0},
    };
    struct ledger_outcome outcome = ledger_names_check(&canister_state, &request, &from, &to);
    if (outcome.result == LEDGER_OK) {
        struct ledger_account accounts[2];
        ledger_accounts_from_icrc(accounts, &from, &to);
        request.from = accounts[0];
        request.to = accounts[1];
        outcome = run(&request, &LEDGER_RULES_ICRC1);
    }
    answer_icrc1(&out->ret0, outcome);
}

static struct ledger_opt_u64 created_at(struct icp_opt_time_stamp time)
{
    return (struct ledger_opt_u64){.has = time.has, .v = time.has ? time.value.timestamp_nanos : 0};
}

/* What the two legacy forms have in common; their types differ only in `to`. */
#define LEGACY_REQUEST(arg, receiver)                                                              \
    ((struct ledger_request){                                                                      \
        .from = caller_account(&(arg)->from_subaccount),                                           \
        .to = (receiver),                                                                          \
        .amount = {.v = {(arg)->amount.e8s}},                                                      \
        .fee_e8s = {.has = true, .v = (arg)->fee.e8s},                                             \
        .memo = (arg)->memo,                                                                       \
        .created_at_ns = created_at((arg)->created_at_time),                                       \
    })

static struct ledger_account account_from_blob(struct ic_bytes address)
{
    struct ledger_account account;
    const enum ic_address_result result = ledger_account_from_address(&account, address);
    if (result == IC_ADDRESS_BAD_CHECKSUM) {
        answer_bad_checksum(address);
    }
    if (result != IC_ADDRESS_OK) {
        IC_TRAP("an account identifier has 32 bytes");
    }
    return account;
}

void icp_transfer(const struct icp_transfer_in *in, struct icp_transfer_out *out)
{
    const struct icp_transfer_args *arg = &in->arg0;
    const struct ledger_request request = LEGACY_REQUEST(arg, account_from_blob(arg->to));
    answer_legacy(&out->ret0, run(&request, &LEDGER_RULES_LEGACY));
}

void icp_send_dfx(const struct icp_send_dfx_in *in, struct icp_send_dfx_out *out)
{
    const struct icp_send_args *arg = &in->arg0;
    const struct ledger_request request = LEGACY_REQUEST(arg, canister_account_from_hex(arg->to));
    out->ret0 = answer_send_dfx(run(&request, &LEDGER_RULES_LEGACY));
}
