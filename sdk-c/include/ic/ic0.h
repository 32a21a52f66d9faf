/* The system API, exactly as the Internet Computer declares it: module "ic0", wasm32 types.
 * SPEC: IC interface specification, "System API (imports)".
 *
 * These are the raw imports; only Wasm code can link them. Canisters normally use ic/msg.h,
 * ic/stable.h and ic/call.h, which add types and exist natively too. Addresses and sizes are
 * 32-bit, 128-bit arguments are a (high, low) pair, 128-bit results are 16 little-endian bytes.
 *
 * Cost of a call: 5 plus the charge, which is 500 (+ 1 for each byte copied, + 50 for each byte that
 * leaves the canister) unless the comment says otherwise. */
#ifndef IC_IC0_H
#define IC_IC0_H

#include <stdint.h>

#ifdef __wasm32__
#define IC0(function) \
    __attribute__((import_module("ic0"), import_name(#function))) extern
#else
#define IC0(function) extern
#endif

/* ---- argument, caller ------------------------------------------------------------------------- */
IC0(msg_arg_data_size) uint32_t ic0_msg_arg_data_size(void);
IC0(msg_arg_data_copy) void ic0_msg_arg_data_copy(void *dst, uint32_t offset, uint32_t size);
IC0(msg_caller_size) uint32_t ic0_msg_caller_size(void);
IC0(msg_caller_copy) void ic0_msg_caller_copy(void *dst, uint32_t offset, uint32_t size);
IC0(msg_caller_info_data_size) uint32_t ic0_msg_caller_info_data_size(void);
IC0(msg_caller_info_data_copy)
void ic0_msg_caller_info_data_copy(void *dst, uint32_t offset, uint32_t size);
IC0(msg_caller_info_signer_size) uint32_t ic0_msg_caller_info_signer_size(void);
IC0(msg_caller_info_signer_copy)
void ic0_msg_caller_info_signer_copy(void *dst, uint32_t offset, uint32_t size);
IC0(msg_reject_code) uint32_t ic0_msg_reject_code(void);
IC0(msg_reject_msg_size) uint32_t ic0_msg_reject_msg_size(void);
IC0(msg_reject_msg_copy) void ic0_msg_reject_msg_copy(void *dst, uint32_t offset, uint32_t size);
IC0(msg_deadline) uint64_t ic0_msg_deadline(void); /* ns; 0 = none */

/* ---- responding: 50 per byte ------------------------------------------------------------------- */
IC0(msg_reply_data_append) void ic0_msg_reply_data_append(const void *src, uint32_t size);
IC0(msg_reply) void ic0_msg_reply(void);
IC0(msg_reject) void ic0_msg_reject(const void *src, uint32_t size);

/* ---- cycles -------------------------------------------------------------------------------------- */
IC0(msg_cycles_available) uint64_t ic0_msg_cycles_available(void);
IC0(msg_cycles_available128) void ic0_msg_cycles_available128(void *dst);
IC0(msg_cycles_refunded) uint64_t ic0_msg_cycles_refunded(void);
IC0(msg_cycles_refunded128) void ic0_msg_cycles_refunded128(void *dst);
IC0(msg_cycles_accept) uint64_t ic0_msg_cycles_accept(uint64_t max);
IC0(msg_cycles_accept128) void ic0_msg_cycles_accept128(uint64_t max_hi, uint64_t max_lo, void *dst);
IC0(cycles_burn128) void ic0_cycles_burn128(uint64_t hi, uint64_t lo, void *dst);
IC0(mint_cycles128) void ic0_mint_cycles128(uint64_t hi, uint64_t lo, void *dst); /* charge 0 */
IC0(mint_cycles) uint64_t ic0_mint_cycles(uint64_t amount);                       /* charge 0 */
IC0(canister_cycle_balance) uint64_t ic0_canister_cycle_balance(void);
IC0(canister_cycle_balance128) void ic0_canister_cycle_balance128(void *dst);
IC0(canister_liquid_cycle_balance128) void ic0_canister_liquid_cycle_balance128(void *dst);

/* ---- identity and status ------------------------------------------------------------------------- */
IC0(canister_self_size) uint32_t ic0_canister_self_size(void);
IC0(canister_self_copy) void ic0_canister_self_copy(void *dst, uint32_t offset, uint32_t size);
IC0(canister_status) uint32_t ic0_canister_status(void); /* 1 running, 2 stopping, 3 stopped */
IC0(canister_version) uint64_t ic0_canister_version(void);
IC0(subnet_self_size) uint32_t ic0_subnet_self_size(void);
IC0(subnet_self_copy) void ic0_subnet_self_copy(void *dst, uint32_t offset, uint32_t size);
IC0(is_controller) uint32_t ic0_is_controller(const void *src, uint32_t size); /* 1,000 + size */
IC0(in_replicated_execution) uint32_t ic0_in_replicated_execution(void);

/* ---- inspect_message ------------------------------------------------------------------------------ */
IC0(msg_method_name_size) uint32_t ic0_msg_method_name_size(void);
IC0(msg_method_name_copy) void ic0_msg_method_name_copy(void *dst, uint32_t offset, uint32_t size);
IC0(accept_message) void ic0_accept_message(void);

/* ---- outgoing calls --------------------------------------------------------------------------------- */
/* A callback is the index of a function in the table: cast its address to uint32_t. */
IC0(call_new) /* 1,500 + both sizes */
void ic0_call_new(const void *callee, uint32_t callee_size, const void *name, uint32_t name_size,
                  uint32_t reply_fun, uint32_t reply_env, uint32_t reject_fun, uint32_t reject_env);
IC0(call_on_cleanup) void ic0_call_on_cleanup(uint32_t fun, uint32_t env);
IC0(call_data_append) void ic0_call_data_append(const void *src, uint32_t size); /* 50 per byte */
IC0(call_with_best_effort_response) void ic0_call_with_best_effort_response(uint32_t timeout_s);
IC0(call_cycles_add) void ic0_call_cycles_add(uint64_t amount);
IC0(call_cycles_add128) void ic0_call_cycles_add128(uint64_t hi, uint64_t lo);
IC0(call_perform) uint32_t ic0_call_perform(void); /* 5,000; 0 = sent, 2 = SYS_TRANSIENT */

/* ---- stable memory: 64 KiB pages --------------------------------------------------------------------- */
IC0(stable64_size) uint64_t ic0_stable64_size(void);               /* charge 0 */
IC0(stable64_grow) uint64_t ic0_stable64_grow(uint64_t new_pages); /* 100; old size or ~0 */
/* 20 + size + 1,000 for each 4 KiB page first written in this message */
IC0(stable64_write) void ic0_stable64_write(uint64_t offset, uint64_t src, uint64_t size);
IC0(stable64_read) void ic0_stable64_read(uint64_t dst, uint64_t offset, uint64_t size); /* 20 + size */
/* The 32-bit forms are deprecated and trap once the memory is larger than 4 GiB. */
IC0(stable_size) uint32_t ic0_stable_size(void);
IC0(stable_grow) uint32_t ic0_stable_grow(uint32_t new_pages);
IC0(stable_write) void ic0_stable_write(uint32_t offset, const void *src, uint32_t size);
IC0(stable_read) void ic0_stable_read(void *dst, uint32_t offset, uint32_t size);

/* ---- certification ------------------------------------------------------------------------------------- */
IC0(root_key_size) uint32_t ic0_root_key_size(void);
IC0(root_key_copy) void ic0_root_key_copy(void *dst, uint32_t offset, uint32_t size);
IC0(certified_data_set) void ic0_certified_data_set(const void *src, uint32_t size); /* <= 32 bytes */
IC0(data_certificate_present) uint32_t ic0_data_certificate_present(void);
IC0(data_certificate_size) uint32_t ic0_data_certificate_size(void);
IC0(data_certificate_copy) void ic0_data_certificate_copy(void *dst, uint32_t offset, uint32_t size);

/* ---- time, timer, counters -------------------------------------------------------------------------------- */
IC0(time) uint64_t ic0_time(void);                                   /* ns since 1970 */
IC0(global_timer_set) uint64_t ic0_global_timer_set(uint64_t at_ns); /* previous; 0 = none */
IC0(performance_counter) uint64_t ic0_performance_counter(uint32_t type); /* 200 */

/* ---- what things cost, in cycles ---------------------------------------------------------------------------- */
IC0(cost_call) void ic0_cost_call(uint64_t method_name_size, uint64_t payload_size, void *dst);
IC0(cost_create_canister) void ic0_cost_create_canister(void *dst);
IC0(cost_http_request)
void ic0_cost_http_request(uint64_t request_size, uint64_t max_res_bytes, void *dst);
IC0(cost_http_request_v2) /* 10,000 */
void ic0_cost_http_request_v2(const void *params, uint32_t params_size, void *dst);
/* The next three return 0, or 1 for an unknown curve, 2 for an unknown key name. */
IC0(cost_sign_with_ecdsa)
uint32_t ic0_cost_sign_with_ecdsa(const void *src, uint32_t size, uint32_t curve, void *dst);
IC0(cost_sign_with_schnorr)
uint32_t ic0_cost_sign_with_schnorr(const void *src, uint32_t size, uint32_t algorithm, void *dst);
IC0(cost_vetkd_derive_key)
uint32_t ic0_cost_vetkd_derive_key(const void *src, uint32_t size, uint32_t curve, void *dst);

/* ---- environment variables ----------------------------------------------------------------------------------- */
IC0(env_var_count) uint32_t ic0_env_var_count(void);
IC0(env_var_name_size) uint32_t ic0_env_var_name_size(uint32_t index);
IC0(env_var_name_copy)
void ic0_env_var_name_copy(uint32_t index, void *dst, uint32_t offset, uint32_t size);
IC0(env_var_name_exists) uint32_t ic0_env_var_name_exists(const void *name, uint32_t name_size);
IC0(env_var_value_size) uint32_t ic0_env_var_value_size(const void *name, uint32_t name_size);
IC0(env_var_value_copy)
void ic0_env_var_value_copy(const void *name, uint32_t name_size, void *dst, uint32_t offset,
                            uint32_t size);

/* ---- last words ------------------------------------------------------------------------------------------------ */
/* The text also goes to the canister log: up to 52 more per byte. */
IC0(debug_print) void ic0_debug_print(const void *src, uint32_t size); /* 100 + ... */
IC0(trap) _Noreturn void ic0_trap(const void *src, uint32_t size);

#endif
