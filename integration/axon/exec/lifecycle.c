/* Running, stopping, stopped; uninstalling. SPEC: ic-system 6, 7.5 */
#include "exec/lifecycle.h"

#include <stdlib.h>

void axon_answer_not_controller(struct axon_answer *answer, const struct axon_canister *c,
                                const struct ic_principal *sender)
{
    axon_answer_fail(answer, AXON_E_NOT_CONTROLLER,
                     "Only the controllers of the canister %s can control it.\n"
                     "Canister's controllers:",
                     AXON_TEXT(&c->id));
    for (size_t i = 0; i < c->settings.controller_count; i++) {
        axon_buf_printf(&answer->bytes, " %s", AXON_TEXT(&c->settings.controllers[i]));
    }
    axon_buf_printf(&answer->bytes, "\nSender's ID: %s", AXON_TEXT(sender));
}

/* ---- stopping -------------------------------------------------------------------------------- */

void axon_canister_check_stopped(struct axon_network *net, struct axon_canister *c)
{
    static const uint8_t EMPTY_REPLY[] = {'D', 'I', 'D', 'L', 0, 0};
    if (c->run_state != AXON_STOPPING || c->open_contexts > 0 || c->open_callbacks > 0) {
        return;
    }
    c->run_state = AXON_STOPPED;
    for (size_t i = 0; i < c->stop_count; i++) {
        struct axon_answer answer = {.error = AXON_OK};
        axon_answer_reply(&answer,
                          (struct ic_bytes){.at = EMPTY_REPLY, .size = sizeof EMPTY_REPLY});
        axon_answer_send(net, &c->stops[i].reply_to, &answer, c->stops[i].cycles);
    }
    c->stop_count = 0;
}

bool axon_canister_stop(struct axon_network *net, struct axon_canister *c,
                        const struct axon_reply_to *reply_to, axon_u128 cycles)
{
    if (c->stop_count >= AXON_STOP_REQUESTS_MAX) {
        return false;
    }
    if (c->stops == NULL) {
        c->stops = axon_alloc(AXON_STOP_REQUESTS_MAX * sizeof *c->stops);
    }
    if (c->run_state == AXON_RUNNING) {
        c->version++;
    }
    c->run_state = AXON_STOPPING;
    c->stops[c->stop_count++] = (struct axon_stop_request){
        .reply_to = *reply_to,
        .cycles = cycles,
        .expires_ns = net->time_ns + AXON_STOP_TIMEOUT_NS,
    };
    axon_canister_check_stopped(net, c);
    return true;
}

void axon_canister_start(struct axon_network *net, struct axon_canister *c)
{
    for (size_t i = 0; i < c->stop_count; i++) {
        struct axon_answer answer = {.error = AXON_OK};
        axon_answer_fail(&answer, AXON_E_STOP_CANCELLED,
                         "Canister %s's stop request was cancelled.", AXON_TEXT(&c->id));
        axon_answer_send(net, &c->stops[i].reply_to, &answer, c->stops[i].cycles);
    }
    c->stop_count = 0;
    if (c->run_state != AXON_RUNNING) {
        c->version++;
    }
    c->run_state = AXON_RUNNING;
}

static void stops_expire(struct axon_network *net, struct axon_canister *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->stop_count; i++) {
        if (c->stops[i].expires_ns > net->time_ns) {
            c->stops[kept++] = c->stops[i];
            continue;
        }
        struct axon_answer answer = {.error = AXON_OK};
        axon_answer_fail(&answer, AXON_E_STOP_TIMEOUT, "Stop canister request timed out");
        axon_answer_send(net, &c->stops[i].reply_to, &answer, c->stops[i].cycles);
    }
    c->stop_count = kept;
}

void axon_stops_expire(struct axon_network *net)
{
    for (size_t i = 0; i < net->canister_count; i++) {
        stops_expire(net, net->canisters[i]);
    }
}

/* ---- uninstalling ---------------------------------------------------------------------------- */

/* Callbacks never run again; refunds of late responses are credited all the same. */
static void drop_callbacks(struct axon_network *net, struct axon_canister *c)
{
    for (size_t i = 0; i < net->callbacks.count && c->open_callbacks > 0; i++) {
        const struct axon_callback *callback = axon_slots_at(&net->callbacks, i);
        if (callback != NULL && ic_principal_is_equal(&callback->canister, &c->id)) {
            axon_callback_close(net, axon_slots_id_at(&net->callbacks, i));
        }
    }
}

static void reject_contexts(struct axon_network *net, struct axon_canister *c)
{
    for (size_t i = 0; i < net->contexts.count && c->open_contexts > 0; i++) {
        const struct axon_context *context = axon_slots_at(&net->contexts, i);
        if (context != NULL && ic_principal_is_equal(&context->canister, &c->id)) {
            struct axon_answer answer = {.error = AXON_OK};
            axon_answer_fail(&answer, AXON_E_REJECTED, "Canister has been uninstalled.");
            axon_context_settle(net, axon_slots_id_at(&net->contexts, i), &answer);
            axon_answer_free(&answer);
        }
    }
}

void axon_canister_uninstall(struct axon_network *net, struct axon_canister *c)
{
    drop_callbacks(net, c);
    reject_contexts(net, c);
    axon_canister_drop_code(c);
    c->version++;
}
