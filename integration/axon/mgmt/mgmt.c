#include "mgmt/mgmt.h"

#include "exec/lifecycle.h"
#include "mgmt/call.h"

#include <stdlib.h>

/* Memory for decoded arguments and encoded results. Blobs are views into the argument; a list of
 * principals takes at most 16 times its bytes. */
#define ARENA_BYTES_BASE         262144u
#define ARENA_BYTES_PER_BYTE     16u
#define ARENA_ARGUMENT_BYTES_MAX 1048576u /* larger arguments are large because of a module */

/* A user's update_settings of at most this size is paid after it has been applied, so that a frozen
 * canister can be helped by lowering its threshold. SPEC: ic-system 10.2 */
#define LATE_PAYMENT_BYTES_MAX 366u

static bool is_paid_late(const struct management_rule *rule, struct ic_bytes arg)
{
    return rule->method == &management_update_settings_method && arg.size <= LATE_PAYMENT_BYTES_MAX;
}

/* A call from its argument to its answer. */
struct invocation {
    const struct management_rule *rule;
    const struct candid_method *method;
    void *memory;
    struct ic_arena arena;
    void *in;
};

static void invocation_free(struct invocation *v)
{
    free(v->memory);
}

/* Finds the method and decodes its argument. False: *answer says why; free it all the same. */
static bool invocation_init(struct invocation *v, struct ic_bytes name, struct ic_bytes arg,
                            struct axon_answer *answer)
{
    size_t weight = arg.size < ARENA_ARGUMENT_BYTES_MAX ? arg.size : ARENA_ARGUMENT_BYTES_MAX;
    size_t size = ARENA_BYTES_BASE + ARENA_BYTES_PER_BYTE * weight;
    *v = (struct invocation){.rule = management_rule_find(name)};
    if (v->rule == NULL) {
        axon_answer_fail(answer, AXON_E_NO_METHOD, "Management canister has no method '");
        axon_buf_append_utf8_lossy(&answer->bytes, name);
        axon_buf_append_byte(&answer->bytes, '\'');
        return false;
    }
    v->method = v->rule->method;
    v->memory = axon_alloc(size);
    ic_arena_init(&v->arena, v->memory, size);
    v->in = ic_arena_alloc_zeroed(&v->arena, 1, v->method->in.record->size + 1);
    enum candid_result result = candid_decode(v->in, &v->method->in, arg, &v->arena);
    if (result != CANDID_OK) {
        axon_answer_fail(answer, AXON_E_BAD_PAYLOAD,
                         "Failed to decode payload for ic00 method: %s: %s", v->rule->method->name,
                         candid_result_text(result));
        return false;
    }
    return true;
}

static const struct ic_principal *target_id(const struct invocation *v)
{
    if (v->rule->target_offset == MANAGEMENT_NO_TARGET) {
        return NULL;
    }
    return (const struct ic_principal *)((const char *)v->in + v->rule->target_offset);
}

/* The canister in the argument. False: there is no such canister. */
static bool find_target(const struct invocation *v, struct axon_network *net,
                        struct axon_canister **target, struct axon_answer *answer)
{
    const struct ic_principal *id = target_id(v);
    *target = NULL;
    if (id == NULL) {
        return true;
    }
    *target = axon_canister_get(net, id);
    if (*target == NULL) {
        axon_answer_fail(answer, AXON_E_NOT_FOUND, "Canister %s not found.", AXON_TEXT(id));
    }
    return *target != NULL;
}

static bool may_see_log(const struct axon_canister *c, const struct ic_principal *who)
{
    if (axon_canister_is_controller(c, who) ||
        c->settings.log_visibility == MANAGEMENT_LOG_VISIBILITY_PUBLIC) {
        return true;
    }
    for (size_t i = 0; i < c->settings.log_viewer_count; i++) {
        if (ic_principal_is_equal(&c->settings.log_viewers[i], who)) {
            return true;
        }
    }
    return false;
}

static bool is_allowed(const struct invocation *v, const struct axon_canister *target,
                       const struct ic_principal *sender)
{
    switch (v->rule->access) {
    case MANAGEMENT_ANYONE:
    case MANAGEMENT_CANISTERS:
        return true;
    case MANAGEMENT_STATUS_VIEWERS:
        return axon_canister_is_controller(target, sender) ||
               ic_principal_is_equal(&target->id, sender);
    case MANAGEMENT_LOG_VIEWERS:
        return may_see_log(target, sender);
    case MANAGEMENT_CONTROLLERS:
        break;
    }
    return axon_canister_is_controller(target, sender);
}

/* ---- executing ------------------------------------------------------------------------------- */

static bool reply(const struct invocation *v, const struct management_call *call)
{
    struct ic_bytes bytes;
    struct ic_arena arena = v->arena;
    enum candid_result result =
        candid_encode(&bytes, &v->method->out, call->out, CANDID_ENCODE_FULL, &arena);
    if (result != CANDID_OK) {
        axon_answer_fail(call->answer, AXON_E_BAD_PAYLOAD, "%s", candid_result_text(result));
        return false;
    }
    axon_answer_reply(call->answer, bytes);
    return true;
}

static void execute(struct invocation *v, struct management_call *call)
{
    call->in = v->in;
    call->arena = &v->arena;
    call->out = ic_arena_alloc_zeroed(&v->arena, 1, v->method->out.record->size + 1);
    if (!find_target(v, call->net, &call->target, call->answer)) {
        return;
    }
    if (!is_allowed(v, call->target, &call->reply_to->sender)) {
        axon_answer_not_controller(call->answer, call->target, &call->reply_to->sender);
        return;
    }
    if (v->rule->run(call) && !call->is_answered_later && !call->is_encoded) {
        (void)reply(v, call);
    }
}

static void refuse_replicated(const struct invocation *v, struct axon_answer *answer)
{
    axon_answer_fail(answer, AXON_E_REJECTED, "%s API is only accessible in non-replicated mode",
                     v->rule->method->name);
}

void axon_management_deliver(struct axon_network *net, struct axon_message *m)
{
    struct invocation v;
    struct axon_answer answer = {.error = AXON_OK};
    struct management_call call = {
        .net = net, .reply_to = &m->reply_to, .cycles = m->cycles, .answer = &answer};
    struct ic_bytes name = axon_buf_bytes(&m->method);
    if (invocation_init(&v, name, axon_buf_bytes(&m->payload), &answer)) {
        if (v.rule->access == MANAGEMENT_LOG_VIEWERS) {
            refuse_replicated(&v, &answer);
        } else {
            execute(&v, &call);
        }
    }
    if (m->reply_to.origin == AXON_FROM_INGRESS && call.target != NULL &&
        is_paid_late(v.rule, axon_buf_bytes(&m->payload))) {
        axon_canister_charge(net, call.target,
                             axon_induction_cost(m->method.size, m->payload.size));
    }
    struct axon_ingress *ingress = axon_slots_find(&net->ingress, m->reply_to.root);
    if (ingress != NULL && ingress->callee.size == 0) {
        ingress->instructions += call.instructions;
    }
    if (!call.is_answered_later) {
        axon_answer_send(net, &m->reply_to, &answer, call.cycles);
    }
    axon_answer_free(&answer);
    invocation_free(&v);
}

/* ---- acceptance of users' calls -------------------------------------------------------------- */

static bool accept_sender(const struct invocation *v, const struct axon_canister *target,
                          const struct ic_principal *sender, struct axon_answer *answer)
{
    if (v->rule->access == MANAGEMENT_LOG_VIEWERS) {
        refuse_replicated(v, answer);
        return false;
    }
    if (v->rule->access == MANAGEMENT_CANISTERS) {
        axon_answer_fail(answer, AXON_E_REJECTED, "Only canisters can call ic00 method %s",
                         v->rule->method->name);
        return false;
    }
    if (!is_allowed(v, target, sender)) {
        axon_answer_fail(answer, AXON_E_NOT_CONTROLLER,
                         "Only controllers of canister %s can call ic00 method %s",
                         AXON_TEXT(&target->id), v->rule->method->name);
        return false;
    }
    return true;
}

bool axon_management_accepts(struct axon_network *net, const struct ic_principal *sender,
                             struct ic_bytes method, struct ic_bytes arg,
                             struct axon_canister **payer, struct axon_answer *answer)
{
    struct invocation v;
    const struct management_rule *rule = management_rule_find(method);
    *payer = NULL;
    if (rule != NULL && rule->access == MANAGEMENT_CANISTERS) { /* whatever the argument is */
        v = (struct invocation){.rule = rule};
        return accept_sender(&v, NULL, sender, answer);
    }
    bool ok = invocation_init(&v, method, arg, answer) && find_target(&v, net, payer, answer) &&
              accept_sender(&v, *payer, sender, answer);
    if (ok && is_paid_late(v.rule, arg)) {
        *payer = NULL;
    }
    invocation_free(&v);
    return ok;
}

void axon_management_query(struct axon_network *net, const struct ic_principal *sender,
                           struct ic_bytes method, struct ic_bytes arg, struct axon_answer *answer)
{
    struct invocation v;
    struct axon_reply_to reply_to = {.origin = AXON_FROM_TASK, .sender = *sender};
    struct management_call call = {.net = net, .reply_to = &reply_to, .answer = answer};
    const struct management_rule *rule = management_rule_find(method);
    if (rule == NULL || rule->method->mode != CANDID_MODE_QUERY) {
        axon_answer_fail(answer, AXON_E_NO_METHOD, "Management canister has no query method '");
        axon_buf_append_utf8_lossy(&answer->bytes, method);
        axon_buf_append_byte(&answer->bytes, '\'');
        return;
    }
    if (invocation_init(&v, method, arg, answer)) {
        execute(&v, &call);
    }
    invocation_free(&v);
}
