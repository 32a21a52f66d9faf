#include "scenarios/ledger_setup.h"

#include "text/candid_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACCOUNT "owner = principal \"rrkah-fqaaa-aaaaa-aaaaq-cai\"; subaccount = null"
#define ADDRESS                                                                                    \
    "\\08\\2e\\cf\\2e\\3f\\64\\7a\\c6\\00\\f4\\3f\\38\\a6\\83\\42\\fb\\a5\\b8\\e6\\8b\\08\\5f\\02" \
    "\\59\\2b\\77\\f3\\98\\08\\a8\\d2\\b5"
#define ADDRESS_TEXT "082ecf2e3f647ac600f43f38a68342fba5b8e68b085f02592b77f39808a8d2b5"
/* The address of user 1 of the official tests, 6fyp7-3ibaa-aaaaa-aaaap-4ai. */
#define OTHER                                                                                      \
    "\\42\\4f\\9b\\b9\\8f\\ea\\90\\6d\\31\\d1\\7a\\70\\29\\51\\a6\\b8\\f6\\ab\\10\\9d\\e1\\12\\fd" \
    "\\1d\\15\\53\\f6\\6a\\f9\\c2\\f9\\3a"
#define OTHER_TEXT "424f9bb98fea906d31d17a702951a6b8f6ab109de112fd1d1553f66af9c2f93a"

static const struct scenario_method METHODS[] = {
    {"icrc1_transfer", true, true,
     "(record { to = record { owner = principal \"6fyp7-3ibaa-aaaaa-aaaap-4ai\"; subaccount = null }; "
     "fee = opt 10000; memo = null; from_subaccount = null; created_at_time = null; amount = 5 })"},
    {"transfer", true, true,
     "(record { memo = 1; amount = record { e8s = 5 }; fee = record { e8s = 10000 }; "
     "from_subaccount = null; to = blob \"" OTHER "\"; created_at_time = null })"},
    {"send_dfx", true, true,
     "(record { memo = 2; amount = record { e8s = 5 }; fee = record { e8s = 10000 }; "
     "from_subaccount = null; to = \"" OTHER_TEXT "\"; created_at_time = null })"},
    {"account_balance", false, true, "(record { account = blob \"" ADDRESS "\" })"},
    {"account_balance_dfx", false, true, "(record { account = \"" ADDRESS_TEXT "\" })"},
    {"account_identifier", false, true, "(record { " ACCOUNT " })"},
    {"icrc1_balance_of", false, true, "(record { " ACCOUNT " })"},
    {"query_blocks", false, true, "(record { start = 0; length = 2 })"},
    {"query_encoded_blocks", false, true, "(record { start = 0; length = 2 })"},
    {"transfer_fee", false, false, "(record {})"},
    {"name", false, false, "()"},
    {"symbol", false, false, "()"},
    {"decimals", false, false, "()"},
    {"archives", false, false, "()"},
    {"tip_of_chain", false, false, "()"},
    {"is_ledger_ready", false, false, "()"},
    {"icrc1_name", false, false, "()"},
    {"icrc1_symbol", false, false, "()"},
    {"icrc1_decimals", false, false, "()"},
    {"icrc1_fee", false, false, "()"},
    {"icrc1_metadata", false, false, "()"},
    {"icrc1_total_supply", false, false, "()"},
    {"icrc1_minting_account", false, false, "()"},
    {"icrc1_supported_standards", false, false, "()"},
};
#define METHOD_COUNT (sizeof(METHODS) / sizeof(METHODS[0]))

static const char INIT_ARGUMENT[] =
    "(variant { Init = record { minting_account = \"" ADDRESS_TEXT "\"; "
    "icrc1_minting_account = opt record { " ACCOUNT " }; "
    /* the anonymous principal */
    "initial_values = vec { record { "
    "\"1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79\"; "
    "record { e8s = 10000000000000000 } } }; max_message_size_bytes = null; "
    "transaction_window = null; archive_options = null; send_whitelist = vec {}; "
    "transfer_fee = null; token_symbol = null; token_name = null; feature_flags = null } })";

static struct candid_text *interface;

static void open_interface(void)
{
    struct axon_buf did = {0};
    struct candid_text_error error;
    assert_true(axon_buf_read_file(&did, SCENARIO_LEDGER_DID));
    interface = candid_text_open(axon_buf_bytes(&did), &error);
    if (interface == NULL) {
        fail_msg("%s: %s", SCENARIO_LEDGER_DID, error.text);
    }
    axon_buf_free(&did);
}

static void encode(const struct candid_text_types *types, const char *text, struct axon_buf *out)
{
    struct candid_text_error error;
    struct ic_bytes message;
    if (!candid_text_encode(interface, &message, types, ic_bytes_from_text(text), &error)) {
        fail_msg("%s: %s", text, error.text);
    }
    axon_buf_append(out, message);
}

void scenario_ledger_open(struct scenario_ledger *l)
{
    struct axon_buf wasm = {0}, argument = {0};
    struct axon_outcome out = {0};
    open_interface();
    assert_true(axon_buf_read_file(&wasm, SCENARIO_LEDGER_WASM));
    l->net = axon_network_new(&(struct axon_config){.seed = "scenario", .free_cycles = true});
    l->user = IC_PRINCIPAL_ANONYMOUS;
    assert_true(ic_principal_from_text(&l->id, IC_BYTES_LIT("ryjl3-tyaaa-aaaaa-aaaba-cai")));
    (void)axon_create_canister(l->net, &l->user, &l->id, AXON_CYCLES_DEFAULT);
    encode(candid_text_init_args(interface), INIT_ARGUMENT, &argument);
    axon_install(l->net, &out, &l->user, &l->id, AXON_INSTALL, axon_buf_bytes(&wasm),
                 axon_buf_bytes(&argument));
    if (out.status != AXON_STATUS_REPLIED) {
        fail_msg("install: %.*s", (int)out.reject_text.size, (const char *)out.reject_text.at);
    }
    axon_outcome_free(&out);
    axon_buf_free(&wasm);
    axon_buf_free(&argument);
}

void scenario_ledger_close(struct scenario_ledger *l)
{
    axon_network_free(l->net);
    candid_text_close(interface);
}

const struct scenario_method *scenario_methods(size_t *count)
{
    *count = METHOD_COUNT;
    return METHODS;
}

const struct scenario_method *scenario_method_find(const char *name)
{
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (strcmp(METHODS[i].name, name) == 0) {
            return &METHODS[i];
        }
    }
    fail_msg("no method %s", name);
    return NULL;
}

void scenario_valid_argument(const struct scenario_method *m, struct axon_buf *out)
{
    const struct candid_text_method *method = candid_text_method_find(interface, m->name);
    assert_non_null(method);
    encode(method->args, m->valid, out);
}

/* Skips one LEB128 number. */
static size_t leb_end(const struct axon_buf *message, size_t at)
{
    while (message->at[at] & 0x80) {
        at++;
    }
    return at + 1;
}

/* Tables of our valid arguments hold opt, vec, record and variant entries only. */
size_t scenario_types_at(const struct axon_buf *message)
{
    size_t at = 5;
    for (size_t entry = 0; entry < message->at[4]; entry++) {
        uint8_t opcode = message->at[at++];
        size_t fields = opcode == 0x6c || opcode == 0x6b ? message->at[at++] : 0;
        at = fields == 0 && opcode >= 0x6d ? leb_end(message, at) : at;
        for (size_t i = 0; i < fields; i++) {
            at = leb_end(message, leb_end(message, at));
        }
    }
    return at;
}

void scenario_send(struct scenario_ledger *l, const struct scenario_method *m,
                   struct ic_bytes message, struct axon_outcome *out)
{
    if (m->is_update) {
        axon_update(l->net, out, &l->user, &l->id, m->name, message);
    } else {
        axon_query(l->net, out, &l->user, &l->id, m->name, message);
    }
}

void scenario_state(const struct scenario_ledger *l, struct axon_buf *out)
{
    struct axon_canister_info info;
    assert_true(axon_canister_find(l->net, &info, &l->id));
    axon_buf_append(out, (struct ic_bytes){info.certified_data, info.certified_data_size});
    uint8_t *stable = axon_alloc(info.stable_bytes);
    assert_true(axon_canister_stable_read(l->net, &l->id, stable, 0, info.stable_bytes));
    axon_buf_append(out, (struct ic_bytes){stable, info.stable_bytes});
    free(stable);
}

void scenario_assert_state(const struct scenario_ledger *l, const struct axon_buf *expected)
{
    struct axon_buf now = {0};
    scenario_state(l, &now);
    assert_true(ic_bytes_is_equal(axon_buf_bytes(&now), axon_buf_bytes(expected)));
    axon_buf_free(&now);
}
