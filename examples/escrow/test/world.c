#include "escrow/test/world.h"

#include "axon_test.h"
#include "escrow/deal.h"
#include "icrc_did.h"
#include "text/candid_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LEDGER_WASM "build/wasm/ledger.wasm"
#define LEDGER_DID  "build/wasm/ledger.did"
#define ESCROW_WASM "build/wasm/escrow.wasm"

/* The minting account is of rrkah-fqaaa-aaaaa-aaaaq-cai; the anonymous principal holds everything.
 */
static const char LEDGER_INIT[] =
    "(variant { Init = record { minting_account = "
    "\"082ecf2e3f647ac600f43f38a68342fba5b8e68b085f02592b77f39808a8d2b5\"; "
    "icrc1_minting_account = opt record { owner = principal \"rrkah-fqaaa-aaaaa-aaaaq-cai\"; "
    "subaccount = null }; initial_values = vec { record { "
    "\"1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79\"; "
    "record { e8s = 10000000000000000 } } }; max_message_size_bytes = null; "
    "transaction_window = null; archive_options = null; send_whitelist = vec {}; "
    "transfer_fee = null; token_symbol = null; token_name = null; feature_flags = null } })";

static struct axon_buf ledger_wasm, escrow_wasm, ledger_init;

/* ---- setting up ------------------------------------------------------------------------------ */

static void read_once(void)
{
    if (ledger_wasm.size != 0) {
        return;
    }
    struct axon_buf did = {0};
    struct candid_text_error error;
    struct ic_bytes message;
    assert_true(axon_buf_read_file(&ledger_wasm, LEDGER_WASM));
    assert_true(axon_buf_read_file(&escrow_wasm, ESCROW_WASM));
    assert_true(axon_buf_read_file(&did, LEDGER_DID));
    struct candid_text *interface = candid_text_open(axon_buf_bytes(&did), &error);
    assert_non_null(interface);
    if (!candid_text_encode(interface, &message, candid_text_init_args(interface),
                            ic_bytes_from_text(LEDGER_INIT), &error)) {
        fail_msg("%s", error.text);
    }
    axon_buf_append(&ledger_init, message);
    candid_text_close(interface);
    axon_buf_free(&did);
}

static void install(struct world *w, const struct ic_principal *canister,
                    enum axon_install_mode mode, const struct axon_buf *module,
                    struct ic_bytes argument)
{
    struct axon_outcome out = {0};
    axon_install(w->net, &out, &IC_PRINCIPAL_ANONYMOUS, canister, mode, axon_buf_bytes(module),
                 argument);
    if (out.status != AXON_STATUS_REPLIED) {
        fail_msg("install: %.*s", (int)out.reject_text.size, (const char *)out.reject_text.at);
    }
    axon_outcome_free(&out);
}

/* A query or an update that must succeed. */
static void exchange(struct world *w, void *out, const struct ic_principal *sender,
                     const struct ic_principal *canister, const struct candid_method *method,
                     const void *in)
{
    struct axon_outcome outcome = {0};
    axon_test_call(w->net, &outcome, sender, canister, method, in);
    axon_test_decode(out, method, &outcome);
    axon_outcome_free(&outcome);
}

void world_open_deal(struct world *w)
{
    struct escrow_open_in in = {
        .arg0 = {.seller = w->seller,
                 .bond_e8s = WORLD_BOND_E8S,
                 .price_e8s = WORLD_PRICE_E8S,
                 .expires_at_ns = axon_time(w->net) + (uint64_t)WORLD_EXPIRES_S * WORLD_S}};
    struct escrow_open_out out;
    exchange(w, &out, &w->buyer, &w->escrow, &escrow_open_method, &in);
    assert_int_equal(out.ret0.tag, ESCROW_RESULT_OK);
    w->deal = out.ret0.as.ok.id;
}

void world_open(struct world *w)
{
    read_once();
    w->net = axon_network_new(&(struct axon_config){.seed = "escrow"});
    assert_true(ic_principal_from_text(&w->ledger, IC_BYTES_LIT("ryjl3-tyaaa-aaaaa-aaaba-cai")));
    w->buyer = ic_principal_from_public_key(IC_BYTES_LIT("buyer"));
    w->seller = ic_principal_from_public_key(IC_BYTES_LIT("seller"));
    (void)axon_create_canister(w->net, &IC_PRINCIPAL_ANONYMOUS, &w->ledger, AXON_CYCLES_DEFAULT);
    w->escrow = axon_create_canister(w->net, &IC_PRINCIPAL_ANONYMOUS, NULL, AXON_CYCLES_DEFAULT);
    install(w, &w->ledger, AXON_INSTALL, &ledger_wasm, axon_buf_bytes(&ledger_init));
    install(w, &w->escrow, AXON_INSTALL, &escrow_wasm,
            axon_test_encode(&escrow_init_method, &(struct escrow_init_in){.ledger = w->ledger}));
    world_open_deal(w);
    world_pay(w, WORLD_PRICE, WORLD_PRICE_E8S);
    world_pay(w, WORLD_BOND, WORLD_BOND_E8S);
    w->supply_e8s = world_supply(w);
}

void world_close(struct world *w)
{
    axon_network_free(w->net);
}

void world_upgrade_escrow(struct world *w)
{
    install(w, &w->escrow, AXON_UPGRADE, &escrow_wasm, IC_BYTES_LIT(""));
}

void world_upgrade_ledger(struct world *w)
{
    install(w, &w->ledger, AXON_UPGRADE, &ledger_wasm, IC_BYTES_LIT("DIDL\0\0"));
}

void world_replace_escrow(struct world *w, const char *path)
{
    struct axon_buf module = {0};
    assert_true(axon_buf_read_file(&module, path));
    install(w, &w->escrow, AXON_UPGRADE, &module, IC_BYTES_LIT(""));
    axon_buf_free(&module);
}

/* ---- the escrow ------------------------------------------------------------------------------ */

static const struct candid_method *method_named(const char *name)
{
    for (size_t i = 0; i < escrow_method_count; i++) {
        if (strcmp(escrow_methods[i]->name, name) == 0) {
            return escrow_methods[i];
        }
    }
    fail_msg("no method %s", name);
    return NULL;
}

static void result_from(struct world_result *result, const struct candid_method *method,
                        struct axon_outcome *outcome)
{
    struct escrow_release_out out; /* the same for all three */
    if (outcome->status != AXON_STATUS_REPLIED) {
        result->answer =
            outcome->status == AXON_STATUS_REJECTED ? WORLD_ANSWER_REJECTED : WORLD_ANSWER_NONE;
        return;
    }
    axon_test_decode(&out, method, outcome);
    if (out.ret0.tag == ESCROW_RESULT_OK) {
        result->answer = WORLD_ANSWER_OK;
        result->phase = out.ret0.as.ok.phase.tag;
        return;
    }
    result->answer = WORLD_ANSWER_ERROR;
    result->error = out.ret0.as.err.tag;
    result->code = result->error == ESCROW_ERROR_LEDGER ? out.ret0.as.err.as.ledger.code : 0;
}

struct world_result world_call(struct world *w, const struct ic_principal *sender, const char *name,
                               uint64_t patience_s)
{
    const struct candid_method *method = method_named(name);
    struct world_result result = {.answer = WORLD_ANSWER_REJECTED};
    struct axon_outcome outcome = {0};
    uint64_t id = axon_submit(w->net, &outcome, sender, &w->escrow, name,
                              axon_test_encode(method, &(struct escrow_release_in){.id = w->deal}));
    if (id != 0) {
        uint64_t end_ns = axon_time(w->net) + patience_s * WORLD_S;
        assert_true(axon_run_until_quiet(w->net));
        while (axon_time(w->net) < end_ns) {
            axon_set_time(w->net, axon_time(w->net) + (uint64_t)10 * WORLD_S);
            assert_true(axon_run_until_quiet(w->net));
        }
        assert_true(axon_poll(w->net, &outcome, id));
        result_from(&result, method, &outcome);
        axon_forget(w->net, id);
    }
    axon_outcome_free(&outcome);
    return result;
}

struct escrow_deal world_deal(struct world *w)
{
    struct escrow_deal_out out;
    exchange(w, &out, &w->buyer, &w->escrow, &escrow_deal_method,
             &(struct escrow_deal_in){.id = w->deal});
    assert_true(out.ret0.has);
    return out.ret0.value;
}

struct escrow_health_out world_health(struct world *w)
{
    struct escrow_health_out out;
    exchange(w, &out, &w->buyer, &w->escrow, &escrow_health_method, NULL);
    return out;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static struct icrc_account account_of(struct world *w, enum world_account account,
                                      uint8_t subaccount[32])
{
    const struct ic_principal owners[] = {[WORLD_RICH] = IC_PRINCIPAL_ANONYMOUS,
                                          [WORLD_BUYER] = w->buyer,
                                          [WORLD_SELLER] = w->seller,
                                          [WORLD_PRICE] = w->escrow,
                                          [WORLD_BOND] = w->escrow};
    struct icrc_account out = {.owner = owners[account]};
    if (account == WORLD_PRICE || account == WORLD_BOND) {
        deal_subaccount(subaccount, w->deal, account == WORLD_PRICE ? DEAL_PRICE : DEAL_BOND);
        out.subaccount.has = true;
        out.subaccount.value = (struct ic_bytes){.at = subaccount, .size = 32};
    }
    return out;
}

static uint64_t nat_of(const struct candid_nat *n)
{
    uint64_t value = 0;
    assert_true(candid_nat_to_u64(&value, n));
    return value;
}

uint64_t world_balance(struct world *w, enum world_account account)
{
    uint8_t subaccount[32];
    struct icrc_icrc1_balance_of_in in = {.arg0 = account_of(w, account, subaccount)};
    struct icrc_icrc1_balance_of_out out;
    exchange(w, &out, &w->buyer, &w->ledger, &icrc_icrc1_balance_of_method, &in);
    return nat_of(&out.ret0);
}

uint64_t world_supply(struct world *w)
{
    /* Not in icrc1.did: the escrow does not need it. Its type is that of icrc1_fee. */
    struct candid_method method = icrc_icrc1_fee_method;
    struct icrc_icrc1_fee_out out;
    method.name = "icrc1_total_supply";
    exchange(w, &out, &w->buyer, &w->ledger, &method, NULL);
    return nat_of(&out.ret0);
}

void world_pay(struct world *w, enum world_account account, uint64_t amount_e8s)
{
    uint8_t subaccount[32];
    struct icrc_icrc1_transfer_in in = {.arg0 = {.to = account_of(w, account, subaccount),
                                                 .amount = candid_nat_from_u64(amount_e8s)}};
    struct icrc_icrc1_transfer_out out;
    exchange(w, &out, &IC_PRINCIPAL_ANONYMOUS, &w->ledger, &icrc_icrc1_transfer_method, &in);
    assert_int_equal(out.ret0.tag, ICRC_TRANSFER_RESULT_OK);
}
