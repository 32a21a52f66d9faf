/* ic/cycles.h over the system API, which writes 16 bytes little-endian. */
#include "ic/cycles.h"

#include "ic/ic0.h"

ic_u128 ic_cycles_available(void)
{
    ic_u128 amount;
    ic0_msg_cycles_available128(&amount);
    return amount;
}

ic_u128 ic_cycles_accept(ic_u128 max)
{
    ic_u128 amount;
    ic0_msg_cycles_accept128(ic_u128_hi(max), ic_u128_lo(max), &amount);
    return amount;
}

ic_u128 ic_cycles_balance(void)
{
    ic_u128 amount;
    ic0_canister_cycle_balance128(&amount);
    return amount;
}

ic_u128 ic_cycles_liquid(void)
{
    ic_u128 amount;
    ic0_canister_liquid_cycle_balance128(&amount);
    return amount;
}

ic_u128 ic_cycles_burn(ic_u128 amount)
{
    ic_u128 burned;
    ic0_cycles_burn128(ic_u128_hi(amount), ic_u128_lo(amount), &burned);
    return burned;
}

ic_u128 ic_cycles_cost_call(uint64_t method_bytes, uint64_t argument_bytes)
{
    ic_u128 cost;
    ic0_cost_call(method_bytes, argument_bytes, &cost);
    return cost;
}

ic_u128 ic_cycles_cost_create_canister(void)
{
    ic_u128 cost;
    ic0_cost_create_canister(&cost);
    return cost;
}

ic_u128 ic_cycles_cost_http_request(uint64_t request_bytes, uint64_t response_bytes_max)
{
    ic_u128 cost;
    ic0_cost_http_request(request_bytes, response_bytes_max, &cost);
    return cost;
}

/* Curves and algorithms as the system numbers them. */
bool ic_cycles_cost_threshold(ic_u128 *out, enum ic_threshold_key key, struct ic_bytes key_name)
{
    ic_u128 cost = 0;
    const uint32_t size = (uint32_t)key_name.size;
    uint32_t result = 1;
    switch (key) {
    case IC_THRESHOLD_ECDSA_SECP256K1:
        result = ic0_cost_sign_with_ecdsa(key_name.at, size, 0, &cost);
        break;
    case IC_THRESHOLD_SCHNORR_BIP340:
        result = ic0_cost_sign_with_schnorr(key_name.at, size, 0, &cost);
        break;
    case IC_THRESHOLD_SCHNORR_ED25519:
        result = ic0_cost_sign_with_schnorr(key_name.at, size, 1, &cost);
        break;
    case IC_THRESHOLD_VETKD_BLS12_381:
        result = ic0_cost_vetkd_derive_key(key_name.at, size, 0, &cost);
        break;
    }
    if (result != 0) {
        return false;
    }
    *out = cost;
    return true;
}
