#include "host/ic_host_cycles.h"

/* Prices of a 13-node subnet. SPEC: IC, "Cycles costs" */
#define COST_CALL            260000u
#define COST_CALL_BYTE       1000u
#define COST_ANSWER_BYTES    2097152u
#define COST_CALLBACK        40005000000u
#define COST_CREATE_CANISTER 500000000000u
#define COST_HTTP            3780000u /* 3,000,000 and 60,000 for each of 13 nodes */
#define COST_HTTP_REQUEST    400u     /* a byte */
#define COST_HTTP_RESPONSE   800u
#define NODES                13u
#define COST_THRESHOLD       10000000000u

static struct {
    ic_u128 available, balance, freezing;
} host;

void ic_host_cycles_set(ic_u128 available, ic_u128 balance, ic_u128 freezing)
{
    host.available = available;
    host.balance = balance;
    host.freezing = freezing;
}

ic_u128 ic_cycles_available(void)
{
    return host.available;
}

ic_u128 ic_cycles_accept(ic_u128 max)
{
    ic_u128 amount = max < host.available ? max : host.available;
    if (amount > IC_U128_MAX - host.balance) {
        amount = IC_U128_MAX - host.balance;
    }
    host.available -= amount;
    host.balance += amount;
    return amount;
}

ic_u128 ic_cycles_balance(void)
{
    return host.balance;
}

ic_u128 ic_cycles_liquid(void)
{
    return host.balance > host.freezing ? host.balance - host.freezing : 0;
}

ic_u128 ic_cycles_burn(ic_u128 amount)
{
    ic_u128 liquid = ic_cycles_liquid();
    amount = amount < liquid ? amount : liquid;
    host.balance -= amount;
    return amount;
}

ic_u128 ic_cycles_cost_call(uint64_t method_bytes, uint64_t argument_bytes)
{
    ic_u128 bytes = (ic_u128)method_bytes + argument_bytes + COST_ANSWER_BYTES;
    return bytes * COST_CALL_BYTE + COST_CALL + COST_CALLBACK;
}

ic_u128 ic_cycles_cost_create_canister(void)
{
    return COST_CREATE_CANISTER;
}

ic_u128 ic_cycles_cost_http_request(uint64_t request_bytes, uint64_t response_bytes_max)
{
    return (COST_HTTP + (ic_u128)COST_HTTP_REQUEST * request_bytes +
            (ic_u128)COST_HTTP_RESPONSE * response_bytes_max) *
           NODES;
}

bool ic_cycles_cost_threshold(ic_u128 *out, enum ic_threshold_key key, struct ic_bytes key_name)
{
    if (key > IC_THRESHOLD_VETKD_BLS12_381 ||
        (!ic_bytes_is_equal(key_name, IC_BYTES_LIT("key_1")) &&
         !ic_bytes_is_equal(key_name, IC_BYTES_LIT("test_key_1")))) {
        return false;
    }
    *out = COST_THRESHOLD;
    return true;
}
