/* Canister settings: ranges, changing, describing. SPEC: ic-system 10.1 */
#include "mgmt/call.h"

#define COMPUTE_PERCENT_MAX 100u
#define WASM_MEMORY_MAX     ((axon_u128)1 << 48)

struct candid_nat management_nat(axon_u128 value)
{
    return (struct candid_nat){.lo = (uint64_t)value, .hi = (uint64_t)(value >> 64)};
}

axon_u128 management_u128(const struct candid_nat *n)
{
    return axon_u128_from(n->hi, n->lo);
}

/* One number of the settings: absent, in range (*value is set) or refused. */
static bool take_number(struct management_call *call, const char *name,
                        const struct management_opt_nat *change, axon_u128 max, axon_u128 *value)
{
    if (!change->has) {
        return true;
    }
    axon_u128 number = management_u128(&change->value);
    if (candid_nat_is_big(&change->value) || number > max) {
        axon_answer_fail(call->answer, AXON_E_BAD_PAYLOAD, "The setting %s is out of range", name);
        return false;
    }
    *value = number;
    return true;
}

static bool take_u64(struct management_call *call, const char *name,
                     const struct management_opt_nat *change, axon_u128 max, uint64_t *value)
{
    axon_u128 number = *value;
    if (!take_number(call, name, change, max, &number)) {
        return false;
    }
    *value = (uint64_t)number;
    return true;
}

static bool take_principals(struct management_call *call, const char *what,
                            const struct management_vec_principal *list, struct ic_principal *out,
                            size_t *count)
{
    if (list->count > AXON_CONTROLLERS_MAX) {
        axon_answer_fail(call->answer, AXON_E_CONTRACT,
                         "The number of %s is %zu, at most %u are allowed", what, list->count,
                         AXON_CONTROLLERS_MAX);
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        out[i] = list->at[i];
    }
    *count = list->count;
    return true;
}

static bool take_log_visibility(struct management_call *call, struct axon_settings *settings,
                                const struct management_opt_log_visibility *change)
{
    if (!change->has) {
        return true;
    }
    settings->log_visibility = (unsigned)change->value.tag;
    settings->log_viewer_count = 0;
    return change->value.tag != MANAGEMENT_LOG_VISIBILITY_ALLOWED_VIEWERS ||
           take_principals(call, "log viewers", &change->value.as.allowed_viewers,
                           settings->log_viewers, &settings->log_viewer_count);
}

bool management_settings_apply(struct management_call *call, struct axon_settings *settings,
                               const struct management_canister_settings *changes)
{
    struct axon_settings s = *settings;
    bool ok = (!changes->controllers.has ||
               take_principals(call, "controllers", &changes->controllers.value, s.controllers,
                               &s.controller_count)) &&
              take_u64(call, "compute_allocation", &changes->compute_allocation,
                       COMPUTE_PERCENT_MAX, &s.compute_percent) &&
              take_u64(call, "memory_allocation", &changes->memory_allocation, UINT64_MAX,
                       &s.memory_allocation) &&
              take_u64(call, "freezing_threshold", &changes->freezing_threshold, UINT64_MAX,
                       &s.freezing_threshold_s) &&
              take_number(call, "reserved_cycles_limit", &changes->reserved_cycles_limit,
                          AXON_U128_MAX, &s.reserved_cycles_limit) &&
              take_number(call, "minimum_incoming_canister_call_cycles",
                          &changes->minimum_incoming_canister_call_cycles, AXON_U128_MAX,
                          &s.minimum_call_cycles) &&
              take_u64(call, "wasm_memory_limit", &changes->wasm_memory_limit, WASM_MEMORY_MAX,
                       &s.wasm_memory_limit) &&
              take_u64(call, "wasm_memory_threshold", &changes->wasm_memory_threshold,
                       WASM_MEMORY_MAX, &s.wasm_memory_threshold) &&
              take_log_visibility(call, &s, &changes->log_visibility) &&
              (!changes->environment_variables.has ||
               management_variables_apply(call, &s, &changes->environment_variables.value));
    if (ok) {
        *settings = s;
    }
    return ok;
}

bool management_settings_describe(struct management_definite_canister_settings *out,
                                  const struct axon_settings *settings, struct ic_arena *arena)
{
    *out = (struct management_definite_canister_settings){
        .controllers = {.at = settings->controllers, .count = settings->controller_count},
        .compute_allocation = management_nat(settings->compute_percent),
        .memory_allocation = management_nat(settings->memory_allocation),
        .freezing_threshold = management_nat(settings->freezing_threshold_s),
        .reserved_cycles_limit = management_nat(settings->reserved_cycles_limit),
        .minimum_incoming_canister_call_cycles = management_nat(settings->minimum_call_cycles),
        .wasm_memory_limit = management_nat(settings->wasm_memory_limit),
        .wasm_memory_threshold = management_nat(settings->wasm_memory_threshold),
        .log_visibility = {.tag = (enum management_log_visibility_tag)settings->log_visibility},
        .snapshot_visibility = {.tag = MANAGEMENT_SNAPSHOT_VISIBILITY_CONTROLLERS},
        .status_visibility = {.tag = MANAGEMENT_STATUS_VISIBILITY_CONTROLLERS},
    };
    if (out->log_visibility.tag == MANAGEMENT_LOG_VISIBILITY_ALLOWED_VIEWERS) {
        out->log_visibility.as.allowed_viewers = (struct management_vec_principal){
            .at = settings->log_viewers, .count = settings->log_viewer_count};
    }
    return management_variables_describe(&out->environment_variables, settings, arena);
}
