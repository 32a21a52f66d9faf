/* Installation and upgrade. SPEC: ledger 14 */
#include "canisters/ledger/answers.h"
#include "canisters/ledger/canister.h"
#include "ic/buf.h"
#include "ic/checked.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

/* The arena of a message begins behind all static data. Data in a section of another name than .bss goes
 * last among them, so that one heap page holds the state and a transfer's argument and answer: each page
 * that an update changes costs 1,000 instructions. */
#define HEAP_PAGE_BYTES 4096 /* unit of that charge */
#ifdef __wasm__
#define NEXT_TO_ARENA __attribute__((section(".bss_last"), aligned(HEAP_PAGE_BYTES)))
#else
#define NEXT_TO_ARENA
#endif

NEXT_TO_ARENA struct ledger_state canister_state;
static struct ic_store store;

/* An upgrade's argument is small; what is larger is refused. */
#define UPGRADE_ARGUMENT_BYTES_MAX 65536u
#define UPGRADE_ARENA_BYTES        (4u * UPGRADE_ARGUMENT_BYTES_MAX)

void canister_certify_tip(void)
{
    ic_certified_data_set(
        (struct ic_bytes){.at = canister_state.tip.hash.bytes, .size = LEDGER_HASH_BYTES});
}

struct icrc_account canister_account_name(const struct ic_principal *owner,
                                          const struct icp_opt_blob *subaccount)
{
    struct icrc_account account;
    account.owner = *owner;
    account.has_subaccount = subaccount->has;
    if (subaccount->has) {
        if (subaccount->value.size != IC_SUBACCOUNT_BYTES) {
            IC_TRAP("a subaccount has 32 bytes");
        }
        memcpy(account.subaccount.bytes, subaccount->value.at, IC_SUBACCOUNT_BYTES);
    } else {
        memset(account.subaccount.bytes, 0, IC_SUBACCOUNT_BYTES);
    }
    return account;
}

struct ledger_account canister_account_from_hex(struct ic_bytes text)
{
    struct ledger_account account;
    if (ledger_account_from_hex(&account, text) != IC_ADDRESS_OK) {
        IC_TRAP("an account identifier in text is 64 hexadecimal digits with a valid checksum");
    }
    return account;
}

/* ---- types that are accepted besides those of the service ------------------------------------ */

/* (InitArgs), what ledgers were installed with before upgrades had arguments. */
static const struct candid_field BARE_INIT_FIELDS[] = {
    {.id = 0, .offset = 0, .type = &icp_type_init_args},
};
static const struct candid_type BARE_INIT_RECORD = {
    .kind = CANDID_KIND_RECORD,
    .count = 1,
    .align = _Alignof(struct icp_init_args),
    .size = sizeof(struct icp_init_args),
    .of.fields = BARE_INIT_FIELDS,
};
static const struct candid_tuple BARE_INIT = {.record = &BARE_INIT_RECORD};

/* (opt LedgerCanisterPayload), the argument of an upgrade. */
struct upgrade_payload {
    bool has;
    struct icp_ledger_canister_payload value;
};
static const struct candid_type UPGRADE_OPT = {
    .kind = CANDID_KIND_OPT,
    .align = _Alignof(struct upgrade_payload),
    .size = sizeof(struct upgrade_payload),
    .offset = offsetof(struct upgrade_payload, value),
    .of.inner = &icp_type_ledger_canister_payload,
};
static const struct candid_field UPGRADE_FIELDS[] = {{.id = 0, .offset = 0, .type = &UPGRADE_OPT}};
static const struct candid_type UPGRADE_RECORD = {
    .kind = CANDID_KIND_RECORD,
    .count = 1,
    .align = _Alignof(struct upgrade_payload),
    .size = sizeof(struct upgrade_payload),
    .of.fields = UPGRADE_FIELDS,
};
static const struct candid_tuple UPGRADE = {.record = &UPGRADE_RECORD};

/* ---- installation ---------------------------------------------------------------------------- */

/* The name of a result without its prefix: short, so that the text below stays under 160 bytes. */
static struct ic_bytes result_name(enum candid_result result)
{
#define RESULT_NAME(name, text) #name,
    static const char *const names[] = {CANDID_RESULTS(RESULT_NAME)};
#undef RESULT_NAME
    return ic_bytes_from_text(names[result] + sizeof "CANDID_" - 1);
}

_Noreturn static void trap_undecodable_init(enum candid_result as_new, enum candid_result as_old)
{
    uint8_t text[160];
    struct ic_writer w;
    ic_writer_init(&w, text, sizeof text);
    IC_PUT_LIT(&w, "Unable to decode init argument.\nDecode as new init returned the error ");
    ic_put_bytes(&w, result_name(as_new));
    IC_PUT_LIT(&w, "\nDecode as old init returned the error ");
    ic_put_bytes(&w, result_name(as_old));
    ic_trap(ic_writer_bytes(&w));
}

static void init_args_decode(struct icp_init_args *out, struct ic_bytes argument,
                             struct ic_arena *arena)
{
    struct icp_init_in payload;
    const enum candid_result as_new =
        candid_decode(&payload, &icp_init_method.in, argument, arena);
    if (as_new == CANDID_OK) {
        if (payload.arg0.tag == ICP_LEDGER_CANISTER_PAYLOAD_UPGRADE) {
            IC_TRAP("Cannot initialize the canister with an Upgrade argument. "
                    "Please provide an Init argument.");
        }
        *out = payload.arg0.as.init;
        return;
    }
    const enum candid_result as_old = candid_decode(out, &BARE_INIT, argument, arena);
    if (as_old != CANDID_OK) {
        trap_undecodable_init(as_new, as_old);
    }
}

static uint64_t duration_ns(const struct icp_duration *duration)
{
    return ic_sat_add_u64(ic_sat_mul_u64(duration->secs, LEDGER_NS_PER_S), duration->nanos);
}

static void config_from_init(struct ledger_config *config, const struct icp_init_args *args)
{
    const struct ledger_account minter = canister_account_from_hex(args->minting_account);
    ledger_config_default(config, &minter);
    if (args->icrc1_minting_account.has) {
        config->has_icrc_minting_account = true;
        config->icrc_minting_account =
            canister_account_name(&args->icrc1_minting_account.value.owner,
                                  &args->icrc1_minting_account.value.subaccount);
    }
    if (args->transfer_fee.has) {
        config->fee.v = args->transfer_fee.value.e8s;
    }
    if (args->transaction_window.has) {
        config->window_ns = duration_ns(&args->transaction_window.value);
    }
    if (args->feature_flags.has) {
        config->has_icrc2 = args->feature_flags.value.icrc2;
    }
    if (args->token_symbol.has && !ledger_config_symbol_set(config, args->token_symbol.value)) {
        IC_TRAP("token_symbol is longer than 32 bytes");
    }
    if (args->token_name.has && !ledger_config_name_set(config, args->token_name.value)) {
        IC_TRAP("token_name is longer than 128 bytes");
    }
}

/* One block for each initial balance, in the order given. */
static void mint_initial_value(struct ic_bytes text, uint64_t amount_e8s,
                               const struct ledger_env *env)
{
    const struct ledger_account account = canister_account_from_hex(text);
    const struct ledger_transaction mint = {
        .operation = {.kind = LEDGER_MINT, .to = &account, .amount = {amount_e8s}},
        .created_at_ns = {.has = true, .v = env->now_ns},
    };
    if (ledger_balance_get(&canister_state, &account).v != 0) {
        IC_TRAP("initial_values names an account twice");
    }
    const struct ledger_outcome outcome =
        ledger_transaction_execute(&canister_state, env, &mint);
    if (outcome.result != LEDGER_OK) {
        IC_TRAP("total token supply exceeded");
    }
}

void icp_init(struct ic_bytes argument)
{
    struct icp_init_args args;
    struct ledger_config config;
    init_args_decode(&args, argument, candid_msg_arena());
    config_from_init(&config, &args);
    ic_store_create(&store, LEDGER_STORE_APP);
    ledger_state_create(&canister_state, &store, &config);
    const struct ledger_env env = {.now_ns = ic_time_ns(), .limits = &LEDGER_LIMITS};
    for (size_t i = 0; i < args.initial_values.count; i++) {
        mint_initial_value(args.initial_values.at[i].f0, args.initial_values.at[i].f1.e8s, &env);
    }
    canister_certify_tip();
}

/* ---- upgrade --------------------------------------------------------------------------------- */

/* upgrade_apply makes the changes that an upgrade may ask for. */
static void upgrade_apply(const struct icp_upgrade_args *args)
{
    struct ledger_config config = canister_state.config;
    if (args->change_archive_options.has) {
        IC_TRAP("[ERROR]: Archive options cannot be changed, since there is no archive!");
    }
    if (args->icrc1_minting_account.has) {
        const struct icrc_account account =
            canister_account_name(&args->icrc1_minting_account.value.owner,
                                  &args->icrc1_minting_account.value.subaccount);
        const struct ledger_account hashed = ledger_account_from_icrc(&account);
        if (!ledger_account_is_equal(&hashed, &config.minting_account)) {
            IC_TRAP("The icrc1 minting account is not the same as the minting account set during "
                    "initialization");
        }
        config.has_icrc_minting_account = true;
        config.icrc_minting_account = account;
    }
    if (args->feature_flags.has) {
        config.has_icrc2 = args->feature_flags.value.icrc2;
    }
    ledger_config_replace(&canister_state, &config);
}

static void upgrade_decode_and_apply(struct ic_bytes argument, struct ic_arena *arena)
{
    struct upgrade_payload payload;
    const enum candid_result result = candid_decode(&payload, &UPGRADE, argument, arena);
    if (result != CANDID_OK) {
        ic_trap(ic_bytes_from_text(candid_result_text(result)));
    }
    if (!payload.has) {
        return;
    }
    if (payload.value.tag == ICP_LEDGER_CANISTER_PAYLOAD_INIT) {
        IC_TRAP("Cannot upgrade the canister with an Init argument. "
                "Please provide an Upgrade argument.");
    }
    if (payload.value.as.upgrade.has) {
        upgrade_apply(&payload.value.as.upgrade.value);
    }
}

/* Nothing here grows with the data: structures are found by their heads, not rebuilt. */
CANDID_EXPORT("canister_post_upgrade") void icp_export_post_upgrade(void);
void icp_export_post_upgrade(void)
{
    struct ic_bytes argument;
    struct ic_arena *arena = ic_msg_arena(UPGRADE_ARENA_BYTES);
    if (!ic_msg_arg(&argument, UPGRADE_ARGUMENT_BYTES_MAX, arena)) {
        IC_TRAP("the argument is too large");
    }
    ic_store_open(&store, LEDGER_STORE_APP);
    ledger_state_open(&canister_state, &store);
    upgrade_decode_and_apply(argument, arena);
    canister_certify_tip();
}
