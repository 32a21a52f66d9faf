/* Amounts of cycles and what things cost.
 *
 * Amounts are 128-bit and saturate. A network either charges the prices of a 13-node application
 * subnet or, with free_cycles, nothing at all; transfers of cycles are the same in both.
 * SPEC: ic-system 4, 12. */
#ifndef AXON_EXEC_CYCLES_H
#define AXON_EXEC_CYCLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 axon_u128;

#define AXON_U128_MAX (~(axon_u128)0)

static inline axon_u128 axon_u128_from(uint64_t hi, uint64_t lo)
{
    return ((axon_u128)hi << 64) | lo;
}

static inline axon_u128 axon_u128_add(axon_u128 a, axon_u128 b) /* saturating */
{
    return a > AXON_U128_MAX - b ? AXON_U128_MAX : a + b;
}

static inline axon_u128 axon_u128_sub(axon_u128 a, axon_u128 b) /* saturating */
{
    return a > b ? a - b : 0;
}

static inline axon_u128 axon_u128_min(axon_u128 a, axon_u128 b)
{
    return a < b ? a : b;
}

/* ---- prices of a 13-node application subnet. SPEC: ic-system 12.1 ---------------------------- */

#define AXON_PRICE_CREATE               500000000000u
#define AXON_PRICE_COMPUTE_PERCENT_S    10000000u
#define AXON_PRICE_EXECUTION            5000000u /* each message, on top of its instructions */
#define AXON_PRICE_INSTRUCTION          1u
#define AXON_PRICE_CALL                 260000u
#define AXON_PRICE_CALL_BYTE            1000u
#define AXON_PRICE_INGRESS              1200000u
#define AXON_PRICE_INGRESS_BYTE         2000u
#define AXON_PRICE_GIB_S                127000u
#define AXON_PRICE_SIGNATURE            10000000000u
#define AXON_PRICE_HTTP_BASE            3000000u
#define AXON_PRICE_HTTP_NODE            60000u
#define AXON_PRICE_HTTP_REQUEST_BYTE    400u
#define AXON_PRICE_HTTP_RESPONSE_BYTE   800u
#define AXON_HTTP_RESPONSE_BYTES_MAX    2000000u /* SPEC: ic-system 10.3 */
#define AXON_SUBNET_NODES               13u
#define AXON_COMPILE_INSTRUCTIONS       6000u /* per Wasm instruction. SPEC: ic-system 11.9 */
#define AXON_SECONDS_PER_DAY            86400u
#define AXON_STORAGE_CHARGE_INTERVAL_NS 10000000000u /* SPEC: ic-system 12.3 */

/* cycles per second of holding memory and compute, and the balance below which a canister is
 * frozen. memory_bytes       what is billed: usage or allocation, whichever is larger
 *   compute_percent    compute allocation
 *   threshold_s        freezing threshold */
axon_u128 axon_idle_burn_per_day(uint64_t memory_bytes, uint64_t compute_percent);
axon_u128 axon_storage_cost(uint64_t memory_bytes, uint64_t compute_percent, uint64_t duration_ns);
axon_u128 axon_freezing_balance(uint64_t memory_bytes, uint64_t compute_percent,
                                uint64_t threshold_s);
axon_u128 axon_execution_cost(uint64_t instructions);
/* What a message of a user costs whoever receives it. SPEC: ic-system 12.4 */
axon_u128 axon_induction_cost(size_t method_bytes, size_t arg_bytes);
axon_u128 axon_http_cost(uint64_t request_bytes, uint64_t response_bytes_max);

#endif
