/* Calls to other canisters: call_new, what is added to it, call_perform.
 *
 * The call under construction is x->call; performed ones wait in x->calls until the execution
 * returns. Attached cycles leave the visible balance at once and come back when the call is
 * dropped. SPEC: ic-system 2.4 "Calls", 4 */
#include "ic0/ic0.h"
#include "ic0/memory.h"

#define SYS_TRANSIENT 2u /* what call_perform returns when the call cannot be made */
#define NS_PER_S      1000000000u

static void call_drop(struct axon_exec *x)
{
    x->balance = axon_u128_add(x->balance, x->call.cycles);
    axon_buf_free(&x->call.method);
    axon_buf_free(&x->call.payload);
    x->call = (struct axon_outgoing){0};
    x->is_calling = false;
}

static bool need_call(struct axon_exec *x, const char *call)
{
    return x->is_calling ||
           axon_exec_violate(x, "ic0.%s called when no call is under construction", call);
}

bool ic0_call_new(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    struct ic_bytes callee, name;
    struct ic_principal id;
    call_drop(x);
    if (!axon_instance_charge(x->instance, a[3])) {
        return false;
    }
    if (a[3] > AXON_METHOD_NAME_BYTES_MAX) {
        return axon_exec_violate(x, "ic0.call_new: size of method name %llu exceeds the limit %u",
                                 (unsigned long long)a[3], AXON_METHOD_NAME_BYTES_MAX);
    }
    if (!ic0_heap_view(x, &callee, "call_new", a[0], a[1]) ||
        !ic0_heap_view(x, &name, "call_new", a[2], a[3])) {
        return false;
    }
    if (!ic_principal_from_bytes(&id, callee)) {
        return axon_exec_violate(x, "ic0.call_new: the callee is not a principal");
    }
    x->call.callback = (struct axon_callback){
        .callee = id,
        .on_reply = {.fun = (uint32_t)a[4], .env = (uint32_t)a[5]},
        .on_reject = {.fun = (uint32_t)a[6], .env = (uint32_t)a[7]},
    };
    axon_buf_append_utf8_lossy(&x->call.method, name);
    x->is_calling = true;
    return true;
}

bool ic0_call_on_cleanup(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    if (!need_call(x, "call_on_cleanup")) {
        return false;
    }
    if (x->call.callback.has_cleanup) {
        return axon_exec_violate(x, "ic0.call_on_cleanup can be called at most once between "
                                    "`ic0.call_new` and `ic0.call_perform`");
    }
    x->call.callback.has_cleanup = true;
    x->call.callback.on_cleanup =
        (struct axon_closure){.fun = (uint32_t)a[0], .env = (uint32_t)a[1]};
    return true;
}

bool ic0_call_data_append(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    struct ic_bytes data;
    if (!need_call(x, "call_data_append") ||
        !ic0_heap_view(x, &data, "call_data_append", a[0], a[1])) {
        return false;
    }
    size_t used = x->call.method.size + x->call.payload.size;
    if (data.size > AXON_CALL_BYTES_MAX || used > AXON_CALL_BYTES_MAX - data.size) {
        return axon_exec_violate(x, "ic0.call_data_append: method name and payload exceed %u bytes",
                                 AXON_CALL_BYTES_MAX);
    }
    axon_buf_append(&x->call.payload, data);
    return true;
}

bool ic0_call_with_best_effort_response(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    if (!need_call(x, "call_with_best_effort_response")) {
        return false;
    }
    if (x->call.has_deadline) {
        return axon_exec_violate(x, "ic0.call_with_best_effort_response can be called at most once "
                                    "between `ic0.call_new` and `ic0.call_perform`");
    }
    uint64_t timeout_s =
        (uint32_t)a[0] < AXON_BEST_EFFORT_S_MAX ? (uint32_t)a[0] : AXON_BEST_EFFORT_S_MAX;
    uint64_t deadline_s = x->net->time_ns / NS_PER_S + timeout_s;
    x->call.has_deadline = true;
    x->call.callback.deadline_ns = deadline_s * NS_PER_S;
    return true;
}

static bool attach(struct axon_exec *x, const char *call, axon_u128 amount)
{
    if (!need_call(x, call)) {
        return false;
    }
    if (amount > axon_exec_liquid(x)) {
        return axon_exec_fail(x, AXON_E_OUT_OF_CYCLES,
                              "Canister %s is out of cycles: the call attaches more than the "
                              "liquid balance",
                              AXON_TEXT(&x->canister->id));
    }
    x->balance -= amount;
    x->call.cycles = axon_u128_add(x->call.cycles, amount);
    return true;
}

bool ic0_call_cycles_add(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return attach(x, "call_cycles_add", a[0]);
}

bool ic0_call_cycles_add128(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return attach(x, "call_cycles_add128", axon_u128_from(a[0], a[1]));
}

/* ---- call_perform ---------------------------------------------------------------------------- */

/* Open calls and those of this very execution to one callee. */
static size_t calls_to(const struct axon_exec *x, const struct ic_principal *callee)
{
    size_t count = axon_callback_count(x->net, &x->canister->id, callee);
    for (size_t i = 0; i < x->call_count && count < AXON_QUEUE_MAX; i++) {
        if (ic_principal_is_equal(&x->calls[i].callback.callee, callee)) {
            count++;
        }
    }
    return count;
}

/* Takes the fee and the reservations for answer and callback; false when the balance is too low. */
static bool call_prepay(struct axon_exec *x)
{
    if (x->net->free_cycles || x->mode == AXON_MODE_COMPOSITE_QUERY ||
        !axon_mode_is_replicated(x->mode)) {
        return true;
    }
    struct axon_outgoing *call = &x->call;
    axon_u128 sent = (axon_u128)AXON_PRICE_CALL_BYTE * (call->method.size + call->payload.size);
    axon_u128 answer = (axon_u128)AXON_PRICE_CALL_BYTE * AXON_REPLY_BYTES_MAX;
    axon_u128 execution = axon_execution_cost(axon_limit_update(x->net));
    axon_u128 all = AXON_PRICE_CALL + sent + answer + execution;
    if (all > axon_exec_liquid(x)) {
        return false;
    }
    x->balance -= all;
    call->callback.prepaid_response = answer;
    call->callback.prepaid_execution = execution;
    return true;
}

static bool call_possible(struct axon_exec *x)
{
    size_t bytes = x->call.method.size + x->call.payload.size;
    size_t composite_max = x->mode == AXON_MODE_COMPOSITE_QUERY ||
                                   x->mode == AXON_MODE_COMPOSITE_REPLY ||
                                   x->mode == AXON_MODE_COMPOSITE_REJECT
                               ? AXON_COMPOSITE_CALLS_MAX
                               : AXON_CALLBACKS_MAX;
    return x->canister->open_callbacks + x->call_count < composite_max &&
           x->net->queued_bytes + x->call_bytes + bytes <= AXON_QUEUED_BYTES_MAX &&
           calls_to(x, &x->call.callback.callee) < AXON_QUEUE_MAX && call_prepay(x);
}

bool ic0_call_perform(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    if (!need_call(x, "call_perform")) {
        return false;
    }
    if (!call_possible(x)) {
        call_drop(x);
        *r = SYS_TRANSIENT;
        return true;
    }
    if (x->call_count == x->call_capacity) {
        x->call_capacity = x->call_capacity == 0 ? 4 : x->call_capacity * 2;
        x->calls = axon_realloc(x->calls, x->call_capacity * sizeof *x->calls);
    }
    x->call_bytes += x->call.method.size + x->call.payload.size;
    x->calls[x->call_count++] = x->call;
    x->call = (struct axon_outgoing){0};
    x->is_calling = false;
    *r = 0;
    return true;
}
