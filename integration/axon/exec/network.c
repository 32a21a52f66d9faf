/* Networks: making and dropping them, time, limits, records. */
#include "base/hash.h"
#include "exec/fault.h"
#include "ic0/ic0.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define TIME_NS_DEFAULT 1735689600000000000u /* 2025-01-01T00:00:00Z */

struct axon_engine *axon_engine_shared(void)
{
    static struct axon_engine *engine; /* lives as long as the process: it caches compiled code */
    if (engine == NULL) {
        size_t count;
        const struct axon_import *imports = axon_ic0_imports(&count);
        engine = axon_engine_new(imports, count);
        if (engine == NULL) {
            fputs("axon: the Wasm engine cannot be started\n", stderr);
            exit(1);
        }
    }
    return engine;
}

struct axon_network *axon_network_new(const struct axon_config *config)
{
    static const struct axon_config DEFAULTS = {.seed = NULL};
    const struct axon_config *from = config == NULL ? &DEFAULTS : config;
    struct axon_network *net = axon_alloc(sizeof *net);
    const char *seed = from->seed == NULL ? "axon" : from->seed;
    *net = (struct axon_network){
        .seed = axon_alloc(strlen(seed) + 1),
        .time_ns = from->time_ns == 0 ? TIME_NS_DEFAULT : from->time_ns,
        .next_canister =
            from->first_canister == 0 ? AXON_FIRST_CANISTER_DEFAULT : from->first_canister,
        .free_cycles = from->free_cycles,
        .validation = from->skip_validation ? AXON_SKIP_VALIDATION : AXON_VALIDATE,
        .limit_config = from->limit,
        .certify = axon_certify_unsigned,
    };
    memcpy(net->seed, seed, strlen(seed) + 1);
    axon_set_root_key(net, (struct ic_bytes){.at = NULL, .size = 0});
    return net;
}

static void free_calls(struct axon_network *net)
{
    for (size_t i = 0; i < net->contexts.count; i++) {
        free(axon_slots_at(&net->contexts, i));
    }
    for (size_t i = 0; i < net->callbacks.count; i++) {
        free(axon_slots_at(&net->callbacks, i));
    }
    for (size_t i = 0; i < net->ingress.count; i++) {
        struct axon_ingress *ingress = axon_slots_at(&net->ingress, i);
        if (ingress != NULL) {
            axon_answer_free(&ingress->answer);
            free(ingress);
        }
    }
    axon_slots_free(&net->contexts);
    axon_slots_free(&net->callbacks);
    axon_slots_free(&net->ingress);
}

void axon_network_free(struct axon_network *net)
{
    if (net == NULL) {
        return;
    }
    while (net->queue_head != NULL) {
        axon_message_free(axon_queue_pop(net));
    }
    axon_fault_free(net);
    free_calls(net);
    while (net->canister_count > 0) {
        axon_canister_remove(net, net->canisters[net->canister_count - 1]);
    }
    free(net->canisters);
    free(net->records);
    axon_buf_free(&net->root_key);
    free(net->seed);
    free(net);
}

/* ---- time ------------------------------------------------------------------------------------ */

uint64_t axon_time(const struct axon_network *net)
{
    return net->time_ns;
}

void axon_set_time(struct axon_network *net, uint64_t time_ns)
{
    if (time_ns <= net->time_ns) {
        return;
    }
    net->time_ns = time_ns;
    net->timers_due = true;
    net->timer_rounds = 0;
    axon_callbacks_expire(net);
    axon_fault_release(net);
    axon_stops_expire(net);
    axon_storage_charge(net);
}

/* ---- keys ------------------------------------------------------------------------------------ */

void axon_set_certifier(struct axon_network *net, axon_certify_fn *fn, void *context)
{
    net->certify = fn == NULL ? axon_certify_unsigned : fn;
    net->certify_context = context;
}

void axon_set_web(struct axon_network *net, axon_web_fn *fn, void *context)
{
    net->web = fn;
    net->web_context = context;
}

void axon_set_root_key(struct axon_network *net, struct ic_bytes der)
{
    axon_buf_clear(&net->root_key);
    axon_buf_append(&net->root_key, der);
    net->subnet = ic_principal_from_public_key(der);
}

struct ic_principal axon_subnet_id(const struct axon_network *net)
{
    return net->subnet;
}

void axon_add_subnet(struct axon_network *net, const struct ic_principal *id)
{
    if (net->subnet_count < AXON_SUBNETS_MAX) {
        net->subnets[net->subnet_count++] = *id;
    }
}

bool axon_is_management(const struct axon_network *net, const struct ic_principal *id)
{
    if (id->size == 0 || ic_principal_is_equal(id, &net->subnet)) {
        return true;
    }
    for (size_t i = 0; i < net->subnet_count; i++) {
        if (ic_principal_is_equal(id, &net->subnets[i])) {
            return true;
        }
    }
    return false;
}

void axon_network_random(struct axon_network *net, uint8_t out[32])
{
    struct axon_buf text = {0};
    axon_buf_printf(&text, "%s/%llu", net->seed, (unsigned long long)net->random_count++);
    axon_sha256(out, axon_buf_bytes(&text));
    axon_buf_free(&text);
}

/* ---- limits ---------------------------------------------------------------------------------- */

void axon_set_limit(struct axon_network *net, uint64_t instructions)
{
    net->limit_override = instructions;
}

uint64_t axon_limit_update(const struct axon_network *net)
{
    if (net->limit_override != 0) {
        return net->limit_override;
    }
    if (net->limit_config != 0) {
        return net->limit_config;
    }
    return net->free_cycles ? AXON_LIMIT_UPDATE_SYSTEM : AXON_LIMIT_UPDATE_APP;
}

uint64_t axon_limit_query(const struct axon_network *net)
{
    return net->limit_override != 0 ? net->limit_override : AXON_LIMIT_QUERY;
}

uint64_t axon_limit_install(const struct axon_network *net)
{
    if (net->limit_override != 0) {
        return net->limit_override;
    }
    return net->free_cycles ? AXON_LIMIT_INSTALL_SYSTEM : AXON_LIMIT_INSTALL_APP;
}

void axon_trap_at_call(struct axon_network *net, uint64_t n)
{
    net->trap_at = n == 0 ? 0 : net->system_calls + n;
}

uint64_t axon_call_count(const struct axon_network *net)
{
    return net->system_calls;
}

/* ---- records --------------------------------------------------------------------------------- */

void axon_record_add(struct axon_network *net, const struct axon_execution_record *record)
{
    if (net->record_count >= AXON_RECORDS_MAX) {
        return;
    }
    if (net->record_count == net->record_capacity) {
        net->record_capacity = net->record_capacity == 0 ? 64 : net->record_capacity * 2;
        net->records = axon_realloc(net->records, net->record_capacity * sizeof *net->records);
    }
    net->records[net->record_count++] = *record;
}

const struct axon_execution_record *axon_records(const struct axon_network *net, size_t *count)
{
    *count = net->record_count;
    return net->records;
}

void axon_records_clear(struct axon_network *net)
{
    net->record_count = 0;
}
