/* canister_status, fetch_canister_logs. SPEC: ic-system 8, 10.2 */
#include "mgmt/call.h"

static uint64_t custom_section_bytes(const struct axon_canister *c)
{
    uint64_t bytes = 0;
    if (c->code != NULL) {
        const struct axon_wasm *module = axon_code_wasm(c->code);
        for (size_t i = 0; i < axon_wasm_metadata_count(module); i++) {
            const struct axon_wasm_metadata *metadata = axon_wasm_metadata_at(module, i);
            bytes += metadata->name.size + metadata->content.size;
        }
    }
    return bytes;
}

static enum management_canister_status_result_status_tag status_tag(const struct axon_canister *c)
{
    switch (c->run_state) {
    case AXON_RUNNING:
        return MANAGEMENT_CANISTER_STATUS_RESULT_STATUS_RUNNING;
    case AXON_STOPPING:
        return MANAGEMENT_CANISTER_STATUS_RESULT_STATUS_STOPPING;
    case AXON_STOPPED:
        break;
    }
    return MANAGEMENT_CANISTER_STATUS_RESULT_STATUS_STOPPED;
}

static void describe_memory(struct management_canister_status_result *out,
                            const struct axon_canister *c)
{
    uint64_t stable = c->stable == NULL ? 0 : axon_stable_pages(c->stable) * AXON_WASM_PAGE_BYTES;
    uint64_t custom = custom_section_bytes(c);
    out->memory_size = management_nat(axon_canister_memory_bytes(c) + custom);
    out->memory_metrics.wasm_memory_size = management_nat(axon_canister_heap_bytes(c));
    out->memory_metrics.stable_memory_size = management_nat(stable);
    out->memory_metrics.wasm_binary_size = management_nat(c->module_bytes);
    out->memory_metrics.custom_sections_size = management_nat(custom);
}

/* Query statistics, history, chunks and snapshots are not kept: zero. */
bool management_canister_status_run(struct management_call *call)
{
    struct management_canister_status_out *out = call->out;
    const struct axon_canister *c = call->target;
    struct management_canister_status_result *status = &out->ret0;
    status->status.tag = status_tag(c);
    status->ready_for_migration = c->run_state == AXON_STOPPED;
    status->version = c->version;
    if (!management_settings_describe(&status->settings, &c->settings, call->arena)) {
        axon_answer_fail(call->answer, AXON_E_OUT_OF_MEMORY, "The status does not fit");
        return false;
    }
    describe_memory(status, c);
    status->cycles = management_nat(c->cycles);
    if (!call->net->free_cycles) {
        status->idle_cycles_burned_per_day = management_nat(
            axon_idle_burn_per_day(axon_canister_memory_bytes(c), c->settings.compute_percent));
    }
    if (c->code != NULL) {
        status->module_hash.has = true;
        status->module_hash.value = (struct ic_bytes){.at = axon_code_hash(c->code), .size = 32};
    }
    return true;
}

bool management_fetch_logs_run(struct management_call *call)
{
    struct management_fetch_canister_logs_out *out = call->out;
    const struct axon_log *log = &call->target->log;
    struct management_canister_log_record *records =
        ic_arena_alloc_zeroed(call->arena, log->count, sizeof *records);
    if (records == NULL) {
        axon_answer_fail(call->answer, AXON_E_BAD_PAYLOAD, "The log does not fit into memory");
        return false;
    }
    for (size_t i = 0; i < log->count; i++) {
        records[i].idx = log->records[i].index;
        records[i].timestamp_nanos = log->records[i].time_ns;
        records[i].content = axon_buf_bytes(&log->records[i].text);
    }
    out->ret0.canister_log_records =
        (struct management_vec_canister_log_record){.at = records, .count = log->count};
    return true;
}
