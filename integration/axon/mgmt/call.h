/* One call to the management canister while it is being executed. Internal to mgmt/. */
#ifndef AXON_MGMT_CALL_H
#define AXON_MGMT_CALL_H

#include "exec/state.h"
#include "ic/arena.h"
#include "ic/candid.h"
#include "management_did.h"

/* Who may call a method. SPEC: ic-system 10.2 */
enum management_access {
    MANAGEMENT_ANYONE,         /* users and canisters */
    MANAGEMENT_CONTROLLERS,    /* of the canister in the argument */
    MANAGEMENT_STATUS_VIEWERS, /* the same, and the canister itself */
    MANAGEMENT_LOG_VIEWERS,    /* as the setting log_visibility says; as a query only */
    MANAGEMENT_CANISTERS,      /* any canister; users are refused */
};

struct management_call {
    struct axon_network *net;
    const struct axon_reply_to *reply_to; /* sender and where the answer goes */
    const void *in;                       /* the method's decoded arguments */
    struct axon_canister *target; /* the canister in the argument, NULL when there is none */
    axon_u128 cycles;             /* attached; what a handler leaves goes back to the caller */
    struct ic_arena *arena;       /* of the call */
    void *out;                    /* the method's results, zeroed */
    struct axon_answer *answer;   /* a handler that refuses fills it */
    uint64_t instructions;        /* executed on the target (install_code) */
    bool is_answered_later;       /* stop_canister */
    bool is_encoded;              /* the handler has put the reply in answer itself */
};

struct management_rule {
    const struct candid_method *method;
    enum management_access access;
    size_t target_offset; /* of the canister id in the arguments; MANAGEMENT_NO_TARGET */
    bool (*run)(struct management_call *call); /* false: refused, see answer */
};
#define MANAGEMENT_NO_TARGET SIZE_MAX

/* In methods.c. NULL when there is no such method. */
const struct management_rule *management_rule_find(struct ic_bytes name);

/* In settings.c. Validates and applies; nothing changes on failure. */
bool management_settings_apply(struct management_call *call, struct axon_settings *settings,
                               const struct management_canister_settings *changes);
/* False when the arena is full. */
IC_MUST_USE bool management_settings_describe(struct management_definite_canister_settings *out,
                                              const struct axon_settings *settings,
                                              struct ic_arena *arena);
/* In variables.c. The environment variables of the settings. */
bool management_variables_apply(struct management_call *call, struct axon_settings *settings,
                                const struct management_vec_environment_variable *changes);
IC_MUST_USE bool management_variables_describe(struct management_vec_environment_variable *out,
                                               const struct axon_settings *settings,
                                               struct ic_arena *arena);
struct candid_nat management_nat(axon_u128 value);
/* Numbers beyond 128 bits saturate. */
axon_u128 management_u128(const struct candid_nat *n);

/* In status.c. */
bool management_canister_status_run(struct management_call *call);
bool management_fetch_logs_run(struct management_call *call);

/* In outcall.c. */
bool management_http_request_run(struct management_call *call);

#endif
