#include "exec/cycles.h"

axon_u128 axon_execution_cost(uint64_t instructions)
{
    return (axon_u128)AXON_PRICE_EXECUTION + (axon_u128)instructions * AXON_PRICE_INSTRUCTION;
}

axon_u128 axon_storage_cost(uint64_t memory_bytes, uint64_t compute_percent, uint64_t duration_ns)
{
    axon_u128 memory = (axon_u128)memory_bytes * AXON_PRICE_GIB_S * duration_ns >> 30;
    axon_u128 compute = (axon_u128)compute_percent * AXON_PRICE_COMPUTE_PERCENT_S * duration_ns;
    return (memory + compute) / 1000000000u;
}

axon_u128 axon_idle_burn_per_day(uint64_t memory_bytes, uint64_t compute_percent)
{
    axon_u128 memory = (axon_u128)memory_bytes * AXON_PRICE_GIB_S * AXON_SECONDS_PER_DAY >> 30;
    axon_u128 compute =
        (axon_u128)compute_percent * AXON_PRICE_COMPUTE_PERCENT_S * AXON_SECONDS_PER_DAY;
    return memory + compute;
}

axon_u128 axon_freezing_balance(uint64_t memory_bytes, uint64_t compute_percent,
                                uint64_t threshold_s)
{
    axon_u128 per_day = axon_idle_burn_per_day(memory_bytes, compute_percent);
    if (per_day != 0 && threshold_s > AXON_U128_MAX / per_day) {
        return AXON_U128_MAX;
    }
    return per_day * threshold_s / AXON_SECONDS_PER_DAY;
}

axon_u128 axon_induction_cost(size_t method_bytes, size_t arg_bytes)
{
    return (axon_u128)AXON_PRICE_INGRESS_BYTE * (method_bytes + arg_bytes) + AXON_PRICE_INGRESS;
}

axon_u128 axon_http_cost(uint64_t request_bytes, uint64_t response_bytes_max)
{
    axon_u128 one = (axon_u128)AXON_PRICE_HTTP_BASE +
                    (axon_u128)AXON_PRICE_HTTP_NODE * AXON_SUBNET_NODES +
                    (axon_u128)AXON_PRICE_HTTP_REQUEST_BYTE * request_bytes +
                    (axon_u128)AXON_PRICE_HTTP_RESPONSE_BYTE * response_bytes_max;
    return one * AXON_SUBNET_NODES;
}
