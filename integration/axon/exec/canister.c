/* Canisters: the table of them, and what is asked about one. */
#include "exec/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Index of the first canister whose id is not below id. */
static size_t lower_bound(const struct axon_network *net, const struct ic_principal *id)
{
    size_t low = 0;
    size_t high = net->canister_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ic_principal_compare(&net->canisters[middle]->id, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct axon_canister *axon_canister_get(const struct axon_network *net,
                                        const struct ic_principal *id)
{
    size_t index = lower_bound(net, id);
    if (index < net->canister_count && ic_principal_is_equal(&net->canisters[index]->id, id)) {
        return net->canisters[index];
    }
    return NULL;
}

static void insert(struct axon_network *net, struct axon_canister *c)
{
    size_t index = lower_bound(net, &c->id);
    if (net->canister_count == net->canister_capacity) {
        net->canister_capacity = net->canister_capacity == 0 ? 16 : net->canister_capacity * 2;
        net->canisters =
            axon_realloc(net->canisters, net->canister_capacity * sizeof(struct axon_canister *));
    }
    memmove(&net->canisters[index + 1], &net->canisters[index],
            (net->canister_count - index) * sizeof(struct axon_canister *));
    net->canisters[index] = c;
    net->canister_count++;
}

static struct ic_principal next_free_id(struct axon_network *net)
{
    struct ic_principal id;
    do {
        id = ic_principal_from_canister_index(net->next_canister++);
    } while (axon_canister_get(net, &id) != NULL);
    return id;
}

struct axon_canister *axon_canister_add(struct axon_network *net, const struct ic_principal *at)
{
    if (net->canister_count >= AXON_CANISTERS_MAX ||
        (at != NULL && axon_canister_get(net, at) != NULL)) {
        return NULL;
    }
    struct axon_canister *c = axon_alloc(sizeof *c);
    c->id = at != NULL ? *at : next_free_id(net);
    c->run_state = AXON_RUNNING;
    c->charged_until_ns = net->time_ns;
    c->settings.freezing_threshold_s = AXON_FREEZING_THRESHOLD_S;
    c->settings.reserved_cycles_limit = AXON_RESERVED_CYCLES_LIMIT;
    insert(net, c);
    return c;
}

void axon_canister_drop_code(struct axon_canister *c)
{
    if (c->code != NULL) {
        axon_instance_free(c->instance);
        axon_stable_free(c->stable);
        axon_code_release(c->code);
    }
    c->code = NULL;
    c->instance = NULL;
    c->stable = NULL;
    c->module_bytes = 0;
    c->certified_data_size = 0;
    c->timer_ns = 0;
    axon_log_clear(&c->log);
}

void axon_canister_remove(struct axon_network *net, struct axon_canister *c)
{
    size_t index = lower_bound(net, &c->id);
    assert(index < net->canister_count && net->canisters[index] == c);
    net->canister_count--;
    memmove(&net->canisters[index], &net->canisters[index + 1],
            (net->canister_count - index) * sizeof(struct axon_canister *));
    axon_canister_drop_code(c);
    free(c->stops);
    free(c);
}

bool axon_canister_is_controller(const struct axon_canister *c, const struct ic_principal *who)
{
    for (size_t i = 0; i < c->settings.controller_count; i++) {
        if (ic_principal_is_equal(&c->settings.controllers[i], who)) {
            return true;
        }
    }
    return false;
}

/* ---- memory and balance ---------------------------------------------------------------------- */

uint64_t axon_canister_heap_bytes(const struct axon_canister *c)
{
    uint64_t size = 0;
    if (c->instance != NULL) {
        (void)axon_instance_heap(c->instance, &size);
    }
    return size;
}

uint64_t axon_canister_memory_bytes(const struct axon_canister *c)
{
    uint64_t stable = c->stable == NULL ? 0 : axon_stable_pages(c->stable) * AXON_WASM_PAGE_BYTES;
    return axon_canister_heap_bytes(c) + stable + c->module_bytes;
}

static uint64_t billed_memory(const struct axon_canister *c)
{
    uint64_t used = axon_canister_memory_bytes(c);
    return used > c->settings.memory_allocation ? used : c->settings.memory_allocation;
}

axon_u128 axon_canister_freezing_balance(const struct axon_network *net,
                                         const struct axon_canister *c)
{
    if (net->free_cycles) {
        return 0;
    }
    return axon_freezing_balance(billed_memory(c), c->settings.compute_percent,
                                 c->settings.freezing_threshold_s);
}

void axon_canister_charge(const struct axon_network *net, struct axon_canister *c, axon_u128 amount)
{
    if (!net->free_cycles) {
        c->cycles = axon_u128_sub(c->cycles, amount);
    }
}

void axon_storage_charge(struct axon_network *net)
{
    for (size_t i = 0; i < net->canister_count && !net->free_cycles; i++) {
        struct axon_canister *c = net->canisters[i];
        uint64_t duration_ns = net->time_ns - c->charged_until_ns;
        if (c->stub != NULL || duration_ns < AXON_STORAGE_CHARGE_INTERVAL_NS) {
            continue;
        }
        axon_canister_charge(
            net, c, axon_storage_cost(billed_memory(c), c->settings.compute_percent, duration_ns));
        c->charged_until_ns = net->time_ns;
        if (c->cycles == 0 && c->code != NULL) {
            axon_canister_uninstall(net, c);
        }
    }
}

/* ---- public ---------------------------------------------------------------------------------- */

struct ic_principal axon_create_canister(struct axon_network *net,
                                         const struct ic_principal *controller,
                                         const struct ic_principal *at, uint64_t cycles)
{
    struct axon_canister *c = axon_canister_add(net, at);
    if (c == NULL) {
        fputs("axon: axon_create_canister: the id is in use\n", stderr);
        abort();
    }
    c->settings.controllers[0] = *controller;
    c->settings.controller_count = 1;
    c->cycles = cycles;
    return c->id;
}

void axon_set_stub(struct axon_network *net, const struct ic_principal *id, axon_stub_fn *fn,
                   void *context)
{
    struct axon_canister *c = axon_canister_get(net, id);
    if (c == NULL) {
        c = axon_canister_add(net, id);
        assert(c != NULL);
    }
    c->stub = fn;
    c->stub_context = context;
}

static void describe(const struct axon_canister *c, struct axon_canister_info *out)
{
    *out = (struct axon_canister_info){
        .id = c->id,
        .has_module = c->code != NULL,
        .certified_data_size = c->certified_data_size,
        .controllers = c->settings.controllers,
        .controller_count = c->settings.controller_count,
        .version = c->version,
        .cycles_lo = (uint64_t)c->cycles,
        .cycles_hi = (uint64_t)(c->cycles >> 64),
        .heap_bytes = axon_canister_heap_bytes(c),
        .stable_bytes = c->stable == NULL ? 0 : axon_stable_pages(c->stable) * AXON_WASM_PAGE_BYTES,
        .run_state = c->run_state,
        .open_call_contexts = c->open_contexts,
        .global_timer_ns = c->timer_ns,
    };
    memcpy(out->certified_data, c->certified_data, c->certified_data_size);
    if (c->code != NULL) {
        memcpy(out->module_hash, axon_code_hash(c->code), sizeof out->module_hash);
    }
}

bool axon_canister_find(const struct axon_network *net, struct axon_canister_info *out,
                        const struct ic_principal *id)
{
    const struct axon_canister *c = axon_canister_get(net, id);
    if (c == NULL) {
        return false;
    }
    describe(c, out);
    return true;
}

bool axon_canister_at(const struct axon_network *net, struct axon_canister_info *out, size_t index)
{
    if (index >= net->canister_count) {
        return false;
    }
    describe(net->canisters[index], out);
    return true;
}

static const struct axon_wasm *module_of(const struct axon_network *net,
                                         const struct ic_principal *id)
{
    const struct axon_canister *c = axon_canister_get(net, id);
    return c == NULL || c->code == NULL ? NULL : axon_code_wasm(c->code);
}

bool axon_canister_metadata_at(const struct axon_network *net, const struct ic_principal *id,
                               size_t index, struct ic_bytes *name, struct ic_bytes *content,
                               bool *is_public)
{
    const struct axon_wasm *module = module_of(net, id);
    if (module == NULL || index >= axon_wasm_metadata_count(module)) {
        return false;
    }
    const struct axon_wasm_metadata *metadata = axon_wasm_metadata_at(module, index);
    *name = metadata->name;
    *content = metadata->content;
    *is_public = metadata->is_public;
    return true;
}

bool axon_canister_metadata(const struct axon_network *net, const struct ic_principal *id,
                            const char *name, struct ic_bytes *content, bool *is_public)
{
    struct ic_bytes found;
    for (size_t i = 0; axon_canister_metadata_at(net, id, i, &found, content, is_public); i++) {
        if (ic_bytes_is_equal(found, ic_bytes_from_text(name))) {
            return true;
        }
    }
    return false;
}

bool axon_canister_has_method(const struct axon_network *net, const struct ic_principal *id,
                              const char *method)
{
    const struct axon_wasm *module = module_of(net, id);
    for (size_t i = 0; module != NULL && i < axon_wasm_method_count(module); i++) {
        if (ic_bytes_is_equal(axon_wasm_method_at(module, i)->name, ic_bytes_from_text(method))) {
            return true;
        }
    }
    return false;
}

bool axon_canister_stable_read(const struct axon_network *net, const struct ic_principal *id,
                               uint8_t *out, uint64_t offset, uint64_t size)
{
    const struct axon_canister *c = axon_canister_get(net, id);
    return c != NULL && c->stable != NULL && axon_stable_read(c->stable, out, offset, size);
}

void axon_canister_log(const struct axon_network *net, const struct ic_principal *id,
                       struct axon_buf *out)
{
    const struct axon_canister *c = axon_canister_get(net, id);
    for (size_t i = 0; c != NULL && i < c->log.count; i++) {
        axon_buf_append(out, axon_buf_bytes(&c->log.records[i].text));
        axon_buf_append_byte(out, '\n');
    }
}
