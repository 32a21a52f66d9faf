/* Messages on their way, and the bookkeeping of calls: contexts (a method that is not finished) and
 * callbacks (a call that is not answered). SPEC: ic-system 3.1 - 3.4 */
#include "exec/state.h"

#include <stdlib.h>

#define UTF8_TAIL_MASK 0xc0u
#define UTF8_TAIL      0x80u

/* ---- queue ----------------------------------------------------------------------------------- */

void axon_message_free(struct axon_message *m)
{
    axon_buf_free(&m->method);
    axon_buf_free(&m->payload);
    axon_answer_free(&m->answer);
    free(m);
}

static size_t message_bytes(const struct axon_message *m)
{
    return m->method.size + m->payload.size + m->answer.bytes.size;
}

void axon_queue_push(struct axon_network *net, struct axon_message *m)
{
    m->next = NULL;
    if (net->queue_tail == NULL) {
        net->queue_head = m;
    } else {
        net->queue_tail->next = m;
    }
    net->queue_tail = m;
    net->queued_bytes += message_bytes(m);
}

struct axon_message *axon_queue_pop(struct axon_network *net)
{
    struct axon_message *m = net->queue_head;
    if (m == NULL) {
        return NULL;
    }
    net->queue_head = m->next;
    if (net->queue_head == NULL) {
        net->queue_tail = NULL;
    }
    net->queued_bytes -= message_bytes(m);
    return m;
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Reject texts are cut at 8 KiB, between characters. */
static void cut_reject_text(struct axon_answer *answer)
{
    if (answer->error == AXON_OK || answer->bytes.size <= AXON_REJECT_BYTES_MAX) {
        return;
    }
    size_t size = AXON_REJECT_BYTES_MAX;
    while (size > 0 && (answer->bytes.at[size] & UTF8_TAIL_MASK) == UTF8_TAIL) {
        size--;
    }
    answer->bytes.size = size;
}

static void answer_user(struct axon_network *net, uint64_t id, struct axon_answer *answer)
{
    struct axon_ingress *ingress = axon_slots_find(&net->ingress, id);
    if (ingress != NULL) {
        axon_answer_free(&ingress->answer);
        ingress->answer = *answer;
        ingress->status = answer->error == AXON_OK ? AXON_STATUS_REPLIED : AXON_STATUS_REJECTED;
        *answer = (struct axon_answer){.error = AXON_OK};
    }
}

void axon_answer_send(struct axon_network *net, const struct axon_reply_to *to,
                      struct axon_answer *answer, axon_u128 refund)
{
    cut_reject_text(answer);
    switch (to->origin) {
    case AXON_FROM_TASK:
        break;
    case AXON_FROM_INGRESS:
        answer_user(net, to->root, answer);
        break;
    case AXON_FROM_CANISTER: {
        struct axon_message *m = axon_alloc(sizeof *m);
        m->kind = AXON_RESPONSE;
        m->to = to->sender;
        m->reply_to.root = to->root;
        m->callback = to->callback;
        m->cycles = refund;
        m->answer = *answer;
        *answer = (struct axon_answer){.error = AXON_OK};
        axon_queue_push(net, m);
        break;
    }
    }
    axon_answer_free(answer);
}

/* ---- contexts -------------------------------------------------------------------------------- */

uint64_t axon_context_open(struct axon_network *net, struct axon_canister *c,
                           const struct axon_reply_to *reply_to, axon_u128 available)
{
    struct axon_context *context = axon_alloc(sizeof *context);
    *context = (struct axon_context){
        .canister = c->id,
        .reply_to = *reply_to,
        .responded = reply_to->origin == AXON_FROM_TASK,
        .available = available,
    };
    c->open_contexts++;
    return axon_slots_put(&net->contexts, context);
}

struct axon_context *axon_context_find(const struct axon_network *net, uint64_t id)
{
    return axon_slots_find(&net->contexts, id);
}

void axon_context_settle(struct axon_network *net, uint64_t id, struct axon_answer *failure)
{
    struct axon_context *context = axon_context_find(net, id);
    if (context == NULL || context->open_calls > 0) {
        return;
    }
    if (!context->responded) {
        struct axon_answer answer = {.error = AXON_OK};
        if (failure != NULL && failure->error != AXON_OK) {
            answer = *failure;
            *failure = (struct axon_answer){.error = AXON_OK};
        } else {
            axon_answer_fail_framed(&answer, &context->canister, AXON_E_NO_REPLY,
                                    "Canister %s did not reply to the call",
                                    AXON_TEXT(&context->canister));
        }
        axon_answer_send(net, &context->reply_to, &answer, context->available);
    }
    struct axon_canister *c = axon_canister_get(net, &context->canister);
    free(axon_slots_take(&net->contexts, id));
    if (c != NULL) {
        c->open_contexts--;
        axon_canister_check_stopped(net, c);
    }
}

/* ---- callbacks ------------------------------------------------------------------------------- */

struct axon_callback *axon_callback_find(const struct axon_network *net, uint64_t id)
{
    return axon_slots_find(&net->callbacks, id);
}

uint64_t axon_callback_open(struct axon_network *net, const struct axon_callback *callback)
{
    struct axon_callback *copy = axon_alloc(sizeof *copy);
    struct axon_canister *c = axon_canister_get(net, &callback->canister);
    struct axon_context *context = axon_context_find(net, callback->context);
    *copy = *callback;
    if (c != NULL) {
        c->open_callbacks++;
    }
    if (context != NULL) {
        context->open_calls++;
    }
    return axon_slots_put(&net->callbacks, copy);
}

void axon_callback_close(struct axon_network *net, uint64_t id)
{
    struct axon_callback *callback = axon_slots_take(&net->callbacks, id);
    if (callback == NULL) {
        return;
    }
    struct axon_canister *c = axon_canister_get(net, &callback->canister);
    struct axon_context *context = axon_context_find(net, callback->context);
    if (c != NULL) {
        c->open_callbacks--;
    }
    if (context != NULL) {
        context->open_calls--;
    }
    free(callback);
}

size_t axon_callback_count(const struct axon_network *net, const struct ic_principal *from,
                           const struct ic_principal *to)
{
    size_t count = 0;
    for (size_t i = 0; i < net->callbacks.count; i++) {
        const struct axon_callback *callback = axon_slots_at(&net->callbacks, i);
        if (callback != NULL && ic_principal_is_equal(&callback->canister, from) &&
            ic_principal_is_equal(&callback->callee, to)) {
            count++;
        }
    }
    return count;
}

static void callback_expire(struct axon_network *net, uint64_t id, struct axon_callback *callback)
{
    struct axon_reply_to to = {
        .origin = AXON_FROM_CANISTER, .sender = callback->canister, .callback = id};
    struct axon_context *context = axon_context_find(net, callback->context);
    struct axon_answer answer = {.error = AXON_OK};
    to.root = context == NULL ? 0 : context->reply_to.root;
    callback->deadline_ns = 0; /* once: the answer is on its way, a later one finds no callback */
    axon_answer_fail(&answer, AXON_E_DEADLINE, "Call deadline has expired.");
    axon_answer_send(net, &to, &answer, 0);
}

void axon_callbacks_expire(struct axon_network *net)
{
    for (size_t i = 0; i < net->callbacks.count; i++) {
        struct axon_callback *callback = axon_slots_at(&net->callbacks, i);
        if (callback != NULL && callback->deadline_ns != 0 &&
            callback->deadline_ns < net->time_ns) {
            callback_expire(net, axon_slots_id_at(&net->callbacks, i), callback);
        }
    }
}
