/* The methods of the management canister, and who may call them. SPEC: ic-system 10.2 */
#include "exec/lifecycle.h"
#include "mgmt/call.h"

#include <stddef.h>

/* ---- creating -------------------------------------------------------------------------------- */

/* The common part: settings first, so that a refused call leaves nothing behind. */
static struct axon_canister *create(struct management_call *call, const struct ic_principal *at,
                                    const struct management_opt_canister_settings *settings,
                                    axon_u128 cycles)
{
    static const struct management_canister_settings NO_CHANGES = {.controllers = {.has = false}};
    struct axon_settings s = {
        .controllers = {call->reply_to->sender},
        .controller_count = 1,
        .freezing_threshold_s = AXON_FREEZING_THRESHOLD_S,
        .reserved_cycles_limit = AXON_RESERVED_CYCLES_LIMIT,
    };
    if (!management_settings_apply(call, &s, settings->has ? &settings->value : &NO_CHANGES)) {
        return NULL;
    }
    struct axon_canister *c = axon_canister_add(call->net, at);
    if (c == NULL) {
        axon_answer_fail(call->answer, AXON_E_ID_IN_USE,
                         "Canister %s already exists, or there is no room for another",
                         at == NULL ? "" : AXON_TEXT(at));
        return NULL;
    }
    c->settings = s;
    c->cycles = cycles;
    return c;
}

static bool create_canister(struct management_call *call)
{
    const struct management_create_canister_in *in = call->in;
    struct management_create_canister_out *out = call->out;
    axon_u128 fee = call->net->free_cycles ? 0 : AXON_PRICE_CREATE;
    if (call->cycles < fee) {
        axon_answer_fail(call->answer, AXON_E_TOO_FEW_CYCLES_TO_CREATE,
                         "Creating a canister requires a fee of %llu that is deducted from the "
                         "canister's initial balance but only %llu cycles were received with the "
                         "create_canister request.",
                         (unsigned long long)fee, (unsigned long long)call->cycles);
        return false;
    }
    struct axon_canister *c = create(call, NULL, &in->arg0.settings, call->cycles - fee);
    if (c == NULL) {
        return false;
    }
    call->cycles = 0;
    out->ret0.canister_id = c->id;
    return true;
}

/* Canister ids are 10 bytes that end in 01 01. */
static bool is_canister_id(const struct ic_principal *id)
{
    return id->size == 10 && id->bytes[8] == 1 && id->bytes[9] == 1;
}

static bool provisional_create(struct management_call *call)
{
    const struct management_provisional_create_canister_with_cycles_in *in = call->in;
    struct management_provisional_create_canister_with_cycles_out *out = call->out;
    axon_u128 amount = in->arg0.amount.has ? management_u128(&in->arg0.amount.value)
                                           : (axon_u128)AXON_CYCLES_DEFAULT;
    const struct ic_principal *at = in->arg0.specified_id.has ? &in->arg0.specified_id.value : NULL;
    if (at != NULL && !is_canister_id(at)) {
        axon_answer_fail(call->answer, AXON_E_NOT_HOSTED,
                         "The `specified_id` %s is not hosted by this subnet", AXON_TEXT(at));
        return false;
    }
    struct axon_canister *c = create(call, at, &in->arg0.settings, amount);
    if (c == NULL) {
        return false;
    }
    out->ret0.canister_id = c->id;
    return true;
}

/* ---- cycles ---------------------------------------------------------------------------------- */

static bool provisional_top_up(struct management_call *call)
{
    const struct management_provisional_top_up_canister_in *in = call->in;
    call->target->cycles = axon_u128_add(call->target->cycles, management_u128(&in->arg0.amount));
    return true;
}

static bool deposit_cycles(struct management_call *call)
{
    call->target->cycles = axon_u128_add(call->target->cycles, call->cycles);
    call->cycles = 0;
    return true;
}

/* ---- settings and code ----------------------------------------------------------------------- */

static bool update_settings(struct management_call *call)
{
    const struct management_update_settings_in *in = call->in;
    if (!management_settings_apply(call, &call->target->settings, &in->arg0.settings)) {
        return false;
    }
    call->target->version++;
    return true;
}

static bool install_code(struct management_call *call)
{
    const struct management_install_code_in *in = call->in;
    const struct management_canister_install_mode *mode = &in->arg0.mode;
    struct axon_install_request request = {
        .module = in->arg0.wasm_module,
        .arg = in->arg0.arg,
        .sender = call->reply_to->sender,
    };
    switch (mode->tag) {
    case MANAGEMENT_CANISTER_INSTALL_MODE_INSTALL:
        request.mode = AXON_INSTALL;
        break;
    case MANAGEMENT_CANISTER_INSTALL_MODE_REINSTALL:
        request.mode = AXON_REINSTALL;
        break;
    case MANAGEMENT_CANISTER_INSTALL_MODE_UPGRADE:
        request.mode = AXON_UPGRADE;
        if (mode->as.upgrade.has) {
            const struct management_canister_install_mode_upgrade *u = &mode->as.upgrade.value;
            request.skip_pre_upgrade = u->skip_pre_upgrade.has && u->skip_pre_upgrade.value;
            request.persistence_given = u->wasm_memory_persistence.has;
            request.persistence_keep =
                u->wasm_memory_persistence.has &&
                u->wasm_memory_persistence.value.tag ==
                    MANAGEMENT_CANISTER_INSTALL_MODE_UPGRADE_WASM_MEMORY_PERSISTENCE_KEEP;
        }
        break;
    }
    axon_install_code(call->net, call->target, &request, call->answer, &call->instructions);
    return call->answer->error == AXON_OK;
}

static bool uninstall_code(struct management_call *call)
{
    axon_canister_uninstall(call->net, call->target);
    return true;
}

/* ---- running --------------------------------------------------------------------------------- */

static bool start_canister(struct management_call *call)
{
    axon_canister_start(call->net, call->target);
    return true;
}

static bool stop_canister(struct management_call *call)
{
    if (!axon_canister_stop(call->net, call->target, call->reply_to, call->cycles)) {
        axon_answer_fail(call->answer, AXON_E_QUEUE_FULL, "Too many stop requests are pending");
        return false;
    }
    call->is_answered_later = true;
    return true;
}

static bool delete_canister(struct management_call *call)
{
    struct axon_canister *c = call->target;
    if (ic_principal_is_equal(&c->id, &call->reply_to->sender)) {
        axon_answer_fail(call->answer, AXON_E_NOT_CONTROLLER, "Canister %s cannot delete itself.",
                         AXON_TEXT(&c->id));
        return false;
    }
    if (c->run_state != AXON_STOPPED) {
        axon_answer_fail(call->answer, AXON_E_NOT_STOPPED,
                         "Canister %s must be stopped before it is deleted.", AXON_TEXT(&c->id));
        return false;
    }
    axon_canister_remove(call->net, c);
    return true;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static bool raw_rand(struct management_call *call)
{
    struct management_raw_rand_out *out = call->out;
    uint8_t random[32];
    axon_network_random(call->net, random);
    struct ic_bytes bytes = {.at = random, .size = sizeof random};
    return ic_arena_copy(&out->ret0, bytes, call->arena);
}

#define TARGET(method) offsetof(struct management_##method##_in, arg0.canister_id)
#define RULE(method, access, run)                                                                  \
    {&management_##method##_method, MANAGEMENT_##access, TARGET(method), run}
#define RULE_WITHOUT_TARGET(method, access, run)                                                   \
    {&management_##method##_method, MANAGEMENT_##access, MANAGEMENT_NO_TARGET, run}

/* clang-format off */
static const struct management_rule RULES[] = {
    RULE(canister_status,              STATUS_VIEWERS, management_canister_status_run),
    RULE_WITHOUT_TARGET(create_canister,    CANISTERS, create_canister),
    RULE(delete_canister,              CONTROLLERS,    delete_canister),
    RULE(deposit_cycles,               CANISTERS,      deposit_cycles),
    RULE(fetch_canister_logs,          LOG_VIEWERS,    management_fetch_logs_run),
    RULE_WITHOUT_TARGET(http_request,       CANISTERS, management_http_request_run),
    RULE(install_code,                 CONTROLLERS,    install_code),
    RULE_WITHOUT_TARGET(provisional_create_canister_with_cycles, ANYONE, provisional_create),
    RULE(provisional_top_up_canister,  ANYONE,         provisional_top_up),
    RULE_WITHOUT_TARGET(raw_rand,           CANISTERS, raw_rand),
    RULE(start_canister,               CONTROLLERS,    start_canister),
    RULE(stop_canister,                CONTROLLERS,    stop_canister),
    RULE(uninstall_code,               CONTROLLERS,    uninstall_code),
    RULE(update_settings,              CONTROLLERS,    update_settings),
};
/* clang-format on */

const struct management_rule *management_rule_find(struct ic_bytes name)
{
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        if (ic_bytes_is_equal(ic_bytes_from_text(RULES[i].method->name), name)) {
            return &RULES[i];
        }
    }
    return NULL;
}
