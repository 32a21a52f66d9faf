/* A hook between the queue and its delivery. */
#include "exec/fault.h"

void axon_set_fault_hook(struct axon_network *net, axon_fault_fn *hook, void *context)
{
    net->fault_hook = hook;
    net->fault_context = context;
    net->fault_count = 0;
}

static bool is_bounded(const struct axon_network *net, const struct axon_message *m)
{
    if (m->kind == AXON_REQUEST) {
        return m->reply_to.deadline_ns != 0;
    }
    const struct axon_callback *callback = axon_callback_find(net, m->callback);
    return callback != NULL && callback->deadline_ns != 0;
}

static struct axon_traffic traffic_of(struct axon_network *net, const struct axon_message *m)
{
    struct axon_traffic t = {.is_response = m->kind == AXON_RESPONSE,
                             .number = ++net->fault_count,
                             .to = m->to,
                             .is_bounded = is_bounded(net, m)};
    const struct axon_callback *callback =
        t.is_response ? axon_callback_find(net, m->callback) : NULL;
    if (t.is_response) {
        t.from = callback == NULL ? m->reply_to.sender : callback->callee;
        t.bytes = axon_buf_bytes(&m->answer.bytes);
        t.code =
            m->answer.error == AXON_OK ? AXON_REJECT_NONE : axon_error_reject_code(m->answer.error);
    } else {
        t.from = m->reply_to.sender;
        t.method = axon_buf_bytes(&m->method);
        t.bytes = axon_buf_bytes(&m->payload);
    }
    return t;
}

/* A request is answered in place of its callee; of a response the content changes. */
static bool reject(struct axon_network *net, struct axon_message *m, const struct axon_fault *fault)
{
    struct axon_answer answer = {.error = AXON_OK};
    axon_answer_fail(&answer, (enum axon_error_code)((unsigned)fault->code * 100u + 1u), "%s",
                     fault->text == NULL ? "injected fault" : fault->text);
    if (m->kind == AXON_RESPONSE) {
        axon_answer_free(&m->answer);
        m->answer = answer;
        return true;
    }
    axon_answer_send(net, &m->reply_to, &answer, m->cycles);
    axon_message_free(m);
    return false;
}

static void hold(struct axon_network *net, struct axon_message *m, uint64_t until_ns)
{
    struct axon_message **end = &net->held;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    m->held_until_ns = until_ns;
    m->next = NULL;
    *end = m;
}

static bool apply(struct axon_network *net, struct axon_message *m, const struct axon_fault *fault)
{
    switch (fault->kind) {
    case AXON_FAULT_NONE:
        break;
    case AXON_FAULT_REJECT:
        return fault->code == AXON_REJECT_NONE || reject(net, m, fault);
    case AXON_FAULT_DROP:
        if (is_bounded(net, m)) {
            axon_message_free(m);
            return false;
        }
        break;
    case AXON_FAULT_DELAY:
        if (fault->until_ns > net->time_ns) {
            hold(net, m, fault->until_ns);
            return false;
        }
        break;
    case AXON_FAULT_TRAP_BEFORE:
    case AXON_FAULT_TRAP_AFTER:
        net->fault_order = fault->kind;
        break;
    }
    return true;
}

bool axon_fault_admits(struct axon_network *net, struct axon_message *m)
{
    net->fault_order = AXON_FAULT_NONE;
    bool is_between_canisters =
        m->kind == AXON_RESPONSE ||
        (m->kind == AXON_REQUEST && m->reply_to.origin == AXON_FROM_CANISTER);
    if (net->fault_hook == NULL || !is_between_canisters || m->held_until_ns != 0) {
        return true;
    }
    struct axon_traffic traffic = traffic_of(net, m);
    struct axon_fault fault = net->fault_hook(net->fault_context, net, &traffic);
    return apply(net, m, &fault);
}

void axon_fault_release(struct axon_network *net)
{
    struct axon_message **at = &net->held;
    while (*at != NULL) {
        struct axon_message *m = *at;
        if (m->held_until_ns > net->time_ns) {
            at = &m->next;
            continue;
        }
        *at = m->next;
        axon_queue_push(net, m);
    }
}

void axon_fault_free(struct axon_network *net)
{
    while (net->held != NULL) {
        struct axon_message *m = net->held;
        net->held = m->next;
        axon_message_free(m);
    }
}

enum axon_fault_kind axon_fault_take(struct axon_network *net)
{
    enum axon_fault_kind order = net->fault_order;
    net->fault_order = AXON_FAULT_NONE;
    return order;
}

bool axon_cycles_set(struct axon_network *net, const struct ic_principal *id, uint64_t hi,
                     uint64_t lo)
{
    struct axon_canister *c = axon_canister_get(net, id);
    if (c == NULL) {
        return false;
    }
    c->cycles = axon_u128_from(hi, lo);
    return true;
}
