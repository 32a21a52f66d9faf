/* Executing the messages of the queue: requests, responses, tasks. SPEC: ic-system 3 */
#include "exec/exec.h"
#include "exec/methods.h"
#include "mgmt/mgmt.h"

#include <assert.h>

/* ---- paying for an execution. SPEC: ic-system 4 ---------------------------------------------- */

/* Takes the price of limit instructions; false when that would freeze the canister. */
static bool prepay(const struct axon_network *net, struct axon_canister *c, uint64_t limit,
                   axon_u128 *prepaid)
{
    *prepaid = net->free_cycles ? 0 : axon_execution_cost(limit);
    if (*prepaid > axon_u128_sub(c->cycles, axon_canister_freezing_balance(net, c))) {
        return false;
    }
    c->cycles -= *prepaid;
    return true;
}

/* Gives back what was not used. */
static void repay(const struct axon_network *net, struct axon_canister *c, axon_u128 prepaid,
                  uint64_t used)
{
    if (!net->free_cycles) {
        c->cycles = axon_u128_add(c->cycles, axon_u128_sub(prepaid, axon_execution_cost(used)));
    }
}

/* Adds to the bill of the user message all this comes from, and of the context. */
static void attribute(struct axon_exec *x, uint64_t root)
{
    struct axon_ingress *ingress = axon_slots_find(&x->net->ingress, root);
    struct axon_context *context = axon_context_find(x->net, x->context);
    if (ingress != NULL && ic_principal_is_equal(&ingress->callee, &x->canister->id)) {
        ingress->instructions += x->billed;
    }
    if (context != NULL) {
        context->instructions += x->billed;
    }
}

static void commit_or_rollback(struct axon_exec *x)
{
    if (axon_exec_failed(x)) {
        axon_instance_rollback(x->instance);
    } else {
        axon_exec_commit(x);
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static void execute_request(struct axon_network *net, struct axon_canister *c,
                            struct axon_message *m, enum axon_mode mode, axon_u128 prepaid,
                            uint64_t limit)
{
    struct axon_exec x;
    struct axon_buf export_name = {0};
    bool is_query = mode == AXON_MODE_REPLICATED_QUERY;
    axon_exec_init(&x, net, c, mode, is_query ? "query" : "update");
    x.context = axon_context_open(net, c, &m->reply_to, m->cycles);
    x.caller = m->reply_to.sender;
    x.has_arg = true;
    x.arg = axon_buf_bytes(&m->payload);
    x.deadline_ns = is_query ? 0 : m->reply_to.deadline_ns;
    x.available = m->cycles;
    axon_buf_append_text(&export_name, is_query ? "canister_query " : "canister_update ");
    axon_buf_append(&export_name, axon_buf_bytes(&m->method));
    struct axon_entry entry = {.export_name = axon_buf_text(&export_name)};
    axon_exec_run(&x, &entry, limit);
    commit_or_rollback(&x);
    repay(net, c, prepaid, x.billed);
    attribute(&x, m->reply_to.root);
    axon_context_settle(net, x.context, &x.failure);
    axon_buf_free(&export_name);
    axon_exec_free(&x);
}

static bool is_update_call_possible(const struct axon_canister *c, const struct axon_message *m,
                                    enum axon_mode *mode, struct axon_answer *answer)
{
    struct ic_bytes name = axon_buf_bytes(&m->method);
    if (!axon_canister_is_callable(c, answer)) {
        return false;
    }
    const struct axon_wasm_method *method = axon_method_find(c, name);
    if (method == NULL) {
        axon_method_missing(c, "update", name, answer);
        return false;
    }
    switch (method->kind) {
    case AXON_METHOD_UPDATE:
        *mode = AXON_MODE_UPDATE;
        return true;
    case AXON_METHOD_QUERY:
        *mode = AXON_MODE_REPLICATED_QUERY;
        return true;
    case AXON_METHOD_COMPOSITE_QUERY:
        break;
    }
    axon_answer_fail_framed(answer, &c->id, AXON_E_COMPOSITE_IN_UPDATE,
                            "Composite query cannot be called in replicated mode");
    return false;
}

uint64_t axon_stub_accept(struct axon_network *net, uint64_t amount)
{
    struct axon_message *m = net->stub_message;
    if (m == NULL) {
        return 0;
    }
    axon_u128 taken = axon_u128_min(m->cycles, amount);
    struct axon_canister *c = axon_canister_get(net, &m->to);
    m->cycles -= taken;
    c->cycles = axon_u128_add(c->cycles, taken);
    return (uint64_t)taken;
}

static void deliver_to_stub(struct axon_network *net, struct axon_canister *c,
                            struct axon_message *m)
{
    struct axon_outcome out = {.status = AXON_STATUS_REPLIED};
    struct axon_answer answer = {.error = AXON_OK};
    net->stub_message = m;
    c->stub(c->stub_context, net, &m->reply_to.sender, axon_buf_text(&m->method),
            axon_buf_bytes(&m->payload), &out);
    net->stub_message = NULL;
    if (out.status == AXON_STATUS_REPLIED) {
        axon_answer_reply(&answer, axon_buf_bytes(&out.reply));
    } else if (out.status == AXON_STATUS_REJECTED) {
        enum axon_error_code code = out.reject_code == AXON_REJECT_NONE
                                        ? AXON_E_REJECTED
                                        : (enum axon_error_code)(out.reject_code * 100 + 6);
        axon_answer_fail(&answer, code, "%s", axon_buf_text(&out.reject_text));
    }
    if (out.status == AXON_STATUS_REPLIED || out.status == AXON_STATUS_REJECTED) {
        axon_answer_send(net, &m->reply_to, &answer, m->cycles);
    }
    axon_outcome_free(&out);
}

/* A best-effort call that waited too long is not executed; its sender has been told already. */
static bool is_expired(const struct axon_network *net, const struct axon_message *m)
{
    return m->reply_to.deadline_ns != 0 && m->reply_to.deadline_ns < net->time_ns;
}

/* Calls of canisters may have to bring cycles along (a setting of the callee). */
static bool is_underpaid(const struct axon_canister *c, const struct axon_message *m,
                         struct axon_answer *answer)
{
    if (m->reply_to.origin != AXON_FROM_CANISTER || m->cycles >= c->settings.minimum_call_cycles) {
        return false;
    }
    axon_answer_fail(answer, AXON_E_TOO_FEW_CYCLES,
                     "Canister %s accepts calls with more cycles attached only", AXON_TEXT(&c->id));
    return true;
}

static void deliver_request(struct axon_network *net, struct axon_message *m)
{
    struct axon_answer answer = {.error = AXON_OK};
    enum axon_mode mode = AXON_MODE_UPDATE;
    axon_u128 prepaid;
    struct axon_canister *c = axon_canister_get(net, &m->to);
    if (axon_is_management(net, &m->to)) {
        axon_management_deliver(net, m);
        return;
    }
    if (c != NULL && c->stub != NULL) {
        deliver_to_stub(net, c, m);
        return;
    }
    if (c == NULL) {
        axon_answer_fail(&answer, AXON_E_NOT_FOUND, "Canister %s not found", AXON_TEXT(&m->to));
    } else if (is_expired(net, m)) {
        axon_answer_fail(&answer, AXON_E_DEADLINE, "Call deadline has expired.");
    } else if (!is_underpaid(c, m, &answer) && is_update_call_possible(c, m, &mode, &answer)) {
        uint64_t limit = mode == AXON_MODE_UPDATE ? axon_limit_update(net) : axon_limit_query(net);
        if (prepay(net, c, limit, &prepaid)) {
            execute_request(net, c, m, mode, prepaid, limit);
            return;
        }
        axon_answer_fail(&answer, AXON_E_OUT_OF_CYCLES, "Canister %s is out of cycles",
                         AXON_TEXT(&c->id));
    }
    axon_answer_send(net, &m->reply_to, &answer, m->cycles);
}

/* ---- responses ------------------------------------------------------------------------------- */

/* What a callback and its cleanup have in common. */
static void callback_exec_init(struct axon_exec *x, struct axon_network *net,
                               struct axon_canister *c, const struct axon_callback *callback,
                               const struct axon_message *m, enum axon_mode mode)
{
    const char *kind = mode == AXON_MODE_CLEANUP ? "cleanup"
                       : mode == AXON_MODE_REPLY ? "reply_callback"
                                                 : "reject_callback";
    const struct axon_context *context = axon_context_find(net, callback->context);
    axon_exec_init(x, net, c, mode, kind);
    x->context = callback->context;
    x->caller = context->reply_to.sender;
    x->deadline_ns = context->reply_to.deadline_ns;
    x->context_instructions = context->instructions;
    x->already_responded = context->responded;
    x->available = context->available;
    x->refunded = m->cycles;
    x->reject = m->answer.error;
    if (mode == AXON_MODE_REPLY) {
        x->has_arg = true;
        x->arg = axon_buf_bytes(&m->answer.bytes);
    } else if (mode == AXON_MODE_REJECT) {
        x->reject_text = axon_buf_bytes(&m->answer.bytes);
    }
}

/* Runs the cleanup closure with what is left of the limit; its failure is told with the first. */
static void execute_cleanup(struct axon_exec *failed, const struct axon_callback *callback,
                            const struct axon_message *m, uint64_t limit)
{
    struct axon_exec x;
    callback_exec_init(&x, failed->net, failed->canister, callback, m, AXON_MODE_CLEANUP);
    struct axon_entry entry = {.table_index = callback->on_cleanup.fun,
                               .env = callback->on_cleanup.env};
    axon_exec_run(&x, &entry, limit);
    commit_or_rollback(&x);
    if (axon_exec_failed(&x)) {
        axon_buf_append_text(&failed->failure.bytes, "\n\ncall_on_cleanup also failed:\n\n");
        axon_buf_append(&failed->failure.bytes, axon_buf_bytes(&x.failure.bytes));
    }
    failed->billed += x.billed;
    axon_exec_free(&x);
}

static void execute_callback(struct axon_network *net, struct axon_canister *c,
                             const struct axon_callback *callback, const struct axon_message *m)
{
    struct axon_exec x;
    uint64_t limit = axon_limit_update(net);
    uint64_t held_back = limit * AXON_CLEANUP_PERCENT / 100;
    bool is_reply = m->answer.error == AXON_OK;
    callback_exec_init(&x, net, c, callback, m, is_reply ? AXON_MODE_REPLY : AXON_MODE_REJECT);
    const struct axon_closure *closure = is_reply ? &callback->on_reply : &callback->on_reject;
    struct axon_entry entry = {.table_index = closure->fun, .env = closure->env};
    axon_exec_run(&x, &entry, limit - held_back);
    commit_or_rollback(&x);
    if (axon_exec_failed(&x) && callback->has_cleanup) {
        execute_cleanup(&x, callback, m, limit - x.billed);
    }
    repay(net, c, callback->prepaid_execution, x.billed);
    attribute(&x, m->reply_to.root);
    axon_context_settle(net, x.context, &x.failure);
    axon_exec_free(&x);
}

/* The unused part of the reservation for the answer comes back, the attached cycles that were not
 * accepted too. SPEC: ic-system 3.3, 4 */
static void take_refund(const struct axon_network *net, struct axon_canister *c,
                        const struct axon_callback *callback, const struct axon_message *m)
{
    axon_u128 sent = net->free_cycles ? 0 : (axon_u128)AXON_PRICE_CALL_BYTE * m->answer.bytes.size;
    c->cycles = axon_u128_add(c->cycles, m->cycles);
    c->cycles = axon_u128_add(c->cycles, axon_u128_sub(callback->prepaid_response, sent));
}

static void deliver_response(struct axon_network *net, struct axon_message *m)
{
    struct axon_canister *c = axon_canister_get(net, &m->to);
    const struct axon_callback *found = axon_callback_find(net, m->callback);
    if (c == NULL) {
        return; /* deleted: the cycles are lost with it */
    }
    if (found == NULL) { /* expired, or uninstalled meanwhile */
        c->cycles = axon_u128_add(c->cycles, m->cycles);
        return;
    }
    struct axon_callback callback = *found;
    axon_callback_close(net, m->callback);
    take_refund(net, c, &callback, m);
    assert(c->code != NULL && axon_context_find(net, callback.context) != NULL);
    execute_callback(net, c, &callback, m);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void deliver_task(struct axon_network *net, struct axon_message *m)
{
    struct axon_exec x;
    struct axon_canister *c = axon_canister_get(net, &m->to);
    bool is_timer = strcmp(m->task, AXON_TASK_TIMER) == 0;
    uint64_t limit = axon_limit_update(net);
    axon_u128 prepaid;
    if (c == NULL || c->code == NULL || c->run_state != AXON_RUNNING) {
        return;
    }
    if (!axon_wasm_has_function(axon_code_wasm(c->code), ic_bytes_from_text(m->task)) ||
        !prepay(net, c, limit, &prepaid)) {
        return; /* a timer stays due: it runs when the canister can pay again */
    }
    c->timer_ns = is_timer ? 0 : c->timer_ns;
    struct axon_reply_to nobody = {.origin = AXON_FROM_TASK};
    axon_exec_init(&x, net, c, is_timer ? AXON_MODE_TIMER : AXON_MODE_HEARTBEAT,
                   is_timer ? "timer" : "heartbeat");
    x.context = axon_context_open(net, c, &nobody, 0);
    x.already_responded = true;
    struct axon_entry entry = {.export_name = m->task};
    axon_exec_run(&x, &entry, limit);
    commit_or_rollback(&x);
    repay(net, c, prepaid, x.billed);
    attribute(&x, 0);
    axon_context_settle(net, x.context, &x.failure);
    axon_exec_free(&x);
}

void axon_deliver(struct axon_network *net, struct axon_message *m)
{
    switch (m->kind) {
    case AXON_REQUEST:
        deliver_request(net, m);
        break;
    case AXON_RESPONSE:
        deliver_response(net, m);
        break;
    case AXON_TASK:
        deliver_task(net, m);
        break;
    }
    axon_message_free(m);
}
