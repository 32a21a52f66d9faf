/* The system API as one table: name, type, allowed contexts, instructions.
 *
 * Type: parameters, colon, results; i = i32, I = i64 (32-bit memory). The charge is
 * base + per_byte * argument number `arg` (-1: none), taken before anything else; what depends on
 * more than one argument is charged in the function. SPEC: ic-system 2.2
 *
 *   X(name, type, contexts, base, arg, per_byte) */
#ifndef AXON_IC0_TABLE_H
#define AXON_IC0_TABLE_H

#include "ic0/contexts.h"

/* clang-format off */
#define IC0_ARG_MODES    (IC0_I | IC0_U | IC0_RQ | IC0_NRQ | IC0_CQ | IC0_RY | IC0_CRY | IC0_F)
#define IC0_INFO_MODES   (IC0_ANSWER_MODES | IC0_C | IC0_F)
#define IC0_CODE_MODES   (IC0_RY | IC0_RT | IC0_CRY | IC0_CRT | IC0_C)
#define IC0_REJECT_MODES (IC0_RT | IC0_CRT)
#define IC0_ANSWER_MODES (IC0_U | IC0_RQ | IC0_NRQ | IC0_CQ | IC0_RY | IC0_RT | IC0_CRY | IC0_CRT)
#define IC0_ACCEPT_MODES (IC0_U | IC0_RQ | IC0_RT | IC0_RY)
#define IC0_REFUND_MODES (IC0_RT | IC0_RY)
#define IC0_BURN_MODES   (IC0_I | IC0_G | IC0_U | IC0_RQ | IC0_RY | IC0_RT | IC0_C | IC0_T)
#define IC0_MINT_MODES   (IC0_U | IC0_RY | IC0_RT | IC0_T)
#define IC0_CALL_MODES   (IC0_U | IC0_CQ | IC0_RY | IC0_RT | IC0_CRY | IC0_CRT | IC0_T)
#define IC0_ATTACH_MODES (IC0_U | IC0_RY | IC0_RT | IC0_T)
#define IC0_CERTIFY_MODES (IC0_I | IC0_G | IC0_U | IC0_RY | IC0_RT | IC0_T)
#define IC0_CERTIFICATE_MODES (IC0_NRQ | IC0_CQ)
#define IC0_TIMER_MODES  (IC0_I | IC0_G | IC0_U | IC0_RY | IC0_RT | IC0_C | IC0_T)

#define IC0_FUNCTIONS(X) \
    /* msg.c: the message and its answer */ \
    X(msg_arg_data_size,              ":i",        IC0_ARG_MODES,    500, -1,  0) \
    X(msg_arg_data_copy,              "iii:",      IC0_ARG_MODES,    500,  2,  1) \
    X(msg_caller_size,                ":i",        IC0_ALL,          500, -1,  0) \
    X(msg_caller_copy,                "iii:",      IC0_ALL,          500,  2,  1) \
    X(msg_caller_info_data_size,      ":i",        IC0_INFO_MODES,   500, -1,  0) \
    X(msg_caller_info_data_copy,      "iii:",      IC0_INFO_MODES,   500,  2,  1) \
    X(msg_caller_info_signer_size,    ":i",        IC0_INFO_MODES,   500, -1,  0) \
    X(msg_caller_info_signer_copy,    "iii:",      IC0_INFO_MODES,   500,  2,  1) \
    X(msg_reject_code,                ":i",        IC0_CODE_MODES,   500, -1,  0) \
    X(msg_reject_msg_size,            ":i",        IC0_REJECT_MODES, 500, -1,  0) \
    X(msg_reject_msg_copy,            "iii:",      IC0_REJECT_MODES, 500,  2,  1) \
    X(msg_deadline,                   ":I",        IC0_ANSWER_MODES, 500, -1,  0) \
    X(msg_reply_data_append,          "ii:",       IC0_ANSWER_MODES, 500,  1, 50) \
    X(msg_reply,                      ":",         IC0_ANSWER_MODES, 500, -1,  0) \
    X(msg_reject,                     "ii:",       IC0_ANSWER_MODES, 500,  1, 50) \
    X(msg_method_name_size,           ":i",        IC0_F,            500, -1,  0) \
    X(msg_method_name_copy,           "iii:",      IC0_F,            500,  2,  1) \
    X(accept_message,                 ":",         IC0_F,            500, -1,  0) \
    /* cycles.c */ \
    X(msg_cycles_available,           ":I",        IC0_ACCEPT_MODES, 500, -1,  0) \
    X(msg_cycles_available128,        "i:",        IC0_ACCEPT_MODES, 500, -1,  0) \
    X(msg_cycles_refunded,            ":I",        IC0_REFUND_MODES, 500, -1,  0) \
    X(msg_cycles_refunded128,         "i:",        IC0_REFUND_MODES, 500, -1,  0) \
    X(msg_cycles_accept,              "I:I",       IC0_ACCEPT_MODES, 500, -1,  0) \
    X(msg_cycles_accept128,           "IIi:",      IC0_ACCEPT_MODES, 500, -1,  0) \
    X(cycles_burn128,                 "IIi:",      IC0_BURN_MODES,   500, -1,  0) \
    X(mint_cycles,                    "I:I",       IC0_MINT_MODES,     0, -1,  0) \
    X(mint_cycles128,                 "IIi:",      IC0_MINT_MODES,     0, -1,  0) \
    X(canister_cycle_balance,         ":I",        IC0_ALL,          500, -1,  0) \
    X(canister_cycle_balance128,      "i:",        IC0_ALL,          500, -1,  0) \
    X(canister_liquid_cycle_balance128, "i:",      IC0_ALL,          500, -1,  0) \
    /* call.c */ \
    X(call_new,                       "iiiiiiii:", IC0_CALL_MODES,  1500,  1,  1) /* + name */ \
    X(call_on_cleanup,                "ii:",       IC0_CALL_MODES,   500, -1,  0) \
    X(call_data_append,               "ii:",       IC0_CALL_MODES,   500,  1, 50) \
    X(call_with_best_effort_response, "i:",        IC0_CALL_MODES,   500, -1,  0) \
    X(call_cycles_add,                "I:",        IC0_ATTACH_MODES, 500, -1,  0) \
    X(call_cycles_add128,             "II:",       IC0_ATTACH_MODES, 500, -1,  0) \
    X(call_perform,                   ":i",        IC0_CALL_MODES,  5000, -1,  0) \
    /* stable.c */ \
    X(stable64_size,                  ":I",        IC0_ALL_S,          0, -1,  0) \
    X(stable64_grow,                  "I:I",       IC0_ALL_S,        100, -1,  0) \
    X(stable64_write,                 "III:",      IC0_ALL_S,         20,  2,  1) /* + pages */ \
    X(stable64_read,                  "III:",      IC0_ALL_S,         20,  2,  1) \
    X(stable_size,                    ":i",        IC0_ALL_S,          0, -1,  0) \
    X(stable_grow,                    "i:i",       IC0_ALL_S,        100, -1,  0) \
    X(stable_write,                   "iii:",      IC0_ALL_S,         20,  2,  1) /* + pages */ \
    X(stable_read,                    "iii:",      IC0_ALL_S,         20,  2,  1) \
    /* env.c: where the canister runs, and what it has told the system */ \
    X(canister_self_size,             ":i",        IC0_ALL,          500, -1,  0) \
    X(canister_self_copy,             "iii:",      IC0_ALL,          500,  2,  1) \
    X(canister_status,                ":i",        IC0_ALL,          500, -1,  0) \
    X(canister_version,               ":I",        IC0_ALL,          500, -1,  0) \
    X(subnet_self_size,               ":i",        IC0_ALL,          500, -1,  0) \
    X(subnet_self_copy,               "iii:",      IC0_ALL,          500,  2,  1) \
    X(root_key_size,                  ":i",        IC0_BURN_MODES,   500, -1,  0) \
    X(root_key_copy,                  "iii:",      IC0_BURN_MODES,   500,  2,  1) \
    X(certified_data_set,             "ii:",       IC0_CERTIFY_MODES, 500, 1,  1) \
    X(data_certificate_present,       ":i",        IC0_ALL,          500, -1,  0) \
    X(data_certificate_size,          ":i",        IC0_CERTIFICATE_MODES, 500, -1, 0) \
    X(data_certificate_copy,          "iii:",      IC0_CERTIFICATE_MODES, 500,  2, 1) \
    X(time,                           ":I",        IC0_ALL,          500, -1,  0) \
    X(global_timer_set,               "I:I",       IC0_TIMER_MODES,  500, -1,  0) \
    X(performance_counter,            "i:I",       IC0_ALL_S,        200, -1,  0) \
    X(is_controller,                  "ii:i",      IC0_ALL_S,       1000,  1,  1) \
    X(in_replicated_execution,        ":i",        IC0_ALL_S,        500, -1,  0) \
    X(env_var_count,                  ":i",        IC0_ALL,          500, -1,  0) \
    X(env_var_name_size,              "i:i",       IC0_ALL,          500, -1,  0) \
    X(env_var_name_copy,              "iiii:",     IC0_ALL,          500,  3,  1) \
    X(env_var_name_exists,            "ii:i",      IC0_ALL,          500, -1,  0) \
    X(env_var_value_size,             "ii:i",      IC0_ALL,          500, -1,  0) \
    X(env_var_value_copy,             "iiiii:",    IC0_ALL,          500,  4,  1) \
    /* misc.c: prices, printing, giving up */ \
    X(cost_call,                      "IIi:",      IC0_ALL_S,        500, -1,  0) \
    X(cost_create_canister,           "i:",        IC0_ALL_S,        500, -1,  0) \
    X(cost_http_request,              "IIi:",      IC0_ALL_S,        500, -1,  0) \
    X(cost_http_request_v2,           "iii:",      IC0_ALL_S,      10000, -1,  0) \
    X(cost_sign_with_ecdsa,           "iiii:i",    IC0_ALL_S,        500,  1,  1) \
    X(cost_sign_with_schnorr,         "iiii:i",    IC0_ALL_S,        500,  1,  1) \
    X(cost_vetkd_derive_key,          "iiii:i",    IC0_ALL_S,        500,  1,  1) \
    X(debug_print,                    "ii:",       IC0_ALL_S,        100, -1,  0) /* + log, print */ \
    X(trap,                           "ii:",       IC0_ALL_S,        500,  1,  1) /* + log */
/* clang-format on */

#endif
