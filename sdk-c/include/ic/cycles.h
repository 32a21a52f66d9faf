/* Cycles: what came with the message, what the canister has, what things cost.
 *
 * Cycles to be sent along are part of a call (ic/call.h), and so is what comes back of them.
 * SPEC: IC interface specification, "Cycles". */
#ifndef IC_CYCLES_H
#define IC_CYCLES_H

#include "ic/u128.h"

/* Attached to the message and not accepted yet. Also in the callbacks of its flow. */
ic_u128 ic_cycles_available(void);

/* ic_cycles_accept moves at most max of them into the balance; the rest goes back with the answer.
 *   returns   what was moved */
ic_u128 ic_cycles_accept(ic_u128 max);

/* The balance, and the part of it that can be spent without freezing the canister. */
ic_u128 ic_cycles_balance(void);
ic_u128 ic_cycles_liquid(void);

/* ic_cycles_burn destroys at most amount, never below what would freeze the canister.
 *   returns   what was burned */
ic_u128 ic_cycles_burn(ic_u128 amount);

/* What the system takes for sending a call of these sizes and keeps ready for its answer; an unused
 * part comes back. Cycles attached are not in it. */
ic_u128 ic_cycles_cost_call(uint64_t method_bytes, uint64_t argument_bytes);
ic_u128 ic_cycles_cost_create_canister(void);

/* What an HTTPS outcall needs attached; ic/outcall.h does this by itself.
 *   request_bytes       url, names and values of headers, body, name and context of the transform
 *   response_bytes_max  as the request says; 2,000,000 when it does not */
ic_u128 ic_cycles_cost_http_request(uint64_t request_bytes, uint64_t response_bytes_max);

/* What a threshold signature, or a derived key, needs attached.
 *   key_name  "key_1" on the mainnet, "test_key_1" for tests
 *   returns   false when the subnet knows no such key; *out is untouched then */
enum ic_threshold_key {
    IC_THRESHOLD_ECDSA_SECP256K1,
    IC_THRESHOLD_SCHNORR_BIP340,
    IC_THRESHOLD_SCHNORR_ED25519,
    IC_THRESHOLD_VETKD_BLS12_381,
};
IC_MUST_USE bool ic_cycles_cost_threshold(ic_u128 *out, enum ic_threshold_key key,
                                          struct ic_bytes key_name);

#endif
