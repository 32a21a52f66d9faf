/* Messages of users: accepted or refused, executed, asked about; and the loop that executes. */
#include "exec/exec.h"
#include "exec/fault.h"
#include "exec/methods.h"
#include "mgmt/mgmt.h"

#include <stdlib.h>

/* ---- acceptance. SPEC: ic-system 2.4 "inspect_message", 3.5 ---------------------------------- */

struct submission {
    struct axon_network *net;
    const struct ic_principal *sender;
    struct ic_bytes method;
    struct ic_bytes arg;
};

static bool inspect(const struct submission *s, struct axon_canister *c, struct axon_answer *answer)
{
    static const char HOOK[] = "canister_inspect_message";
    if (!axon_wasm_has_function(axon_code_wasm(c->code), ic_bytes_from_text(HOOK))) {
        return true;
    }
    struct axon_exec x;
    axon_exec_init(&x, s->net, c, AXON_MODE_INSPECT, "inspect");
    x.caller = *s->sender;
    x.has_arg = true;
    x.arg = s->arg;
    x.method = s->method;
    struct axon_entry entry = {.export_name = HOOK};
    axon_exec_run(&x, &entry, AXON_LIMIT_INSPECT);
    axon_instance_rollback(x.instance);
    bool accepted = !axon_exec_failed(&x) && x.accepted;
    if (axon_exec_failed(&x)) {
        *answer = x.failure;
        x.failure = (struct axon_answer){.error = AXON_OK};
    } else if (!accepted) {
        axon_answer_fail_framed(answer, &c->id, AXON_E_REJECTED, "Canister rejected the message");
    }
    axon_exec_free(&x);
    return accepted;
}

static bool charge_induction(const struct submission *s, struct axon_canister *c,
                             struct axon_answer *answer)
{
    axon_u128 cost = s->net->free_cycles ? 0 : axon_induction_cost(s->method.size, s->arg.size);
    if (cost > axon_u128_sub(c->cycles, axon_canister_freezing_balance(s->net, c))) {
        axon_answer_fail(answer, AXON_E_OUT_OF_CYCLES, "Canister %s is out of cycles",
                         AXON_TEXT(&c->id));
        return false;
    }
    c->cycles -= cost;
    return true;
}

static bool accept(const struct submission *s, const struct ic_principal *canister,
                   struct axon_answer *answer)
{
    struct axon_canister *c = axon_canister_get(s->net, canister);
    if (s->method.size > AXON_METHOD_NAME_BYTES_MAX) {
        axon_answer_fail(answer, AXON_E_BAD_PAYLOAD, "The method name is longer than %u bytes",
                         AXON_METHOD_NAME_BYTES_MAX);
        return false;
    }
    if (canister->size == 0) {
        struct axon_canister *payer = NULL;
        return axon_management_accepts(s->net, s->sender, s->method, s->arg, &payer, answer) &&
               (payer == NULL || charge_induction(s, payer, answer));
    }
    if (c == NULL) {
        axon_answer_fail(answer, AXON_E_NOT_FOUND, "Canister %s not found", AXON_TEXT(canister));
        return false;
    }
    return c->stub != NULL || (axon_canister_is_callable(c, answer) && inspect(s, c, answer) &&
                               charge_induction(s, c, answer));
}

/* ---- submitting ------------------------------------------------------------------------------ */

static uint64_t enqueue(const struct submission *s, const struct ic_principal *canister)
{
    struct axon_ingress *ingress = axon_alloc(sizeof *ingress);
    *ingress = (struct axon_ingress){.callee = *canister, .status = AXON_STATUS_RECEIVED};
    uint64_t id = axon_slots_put(&s->net->ingress, ingress);
    struct axon_message *m = axon_alloc(sizeof *m);
    *m = (struct axon_message){
        .kind = AXON_REQUEST,
        .to = *canister,
        .reply_to = {.origin = AXON_FROM_INGRESS, .root = id, .sender = *s->sender},
    };
    axon_buf_append(&m->method, s->method);
    axon_buf_append(&m->payload, s->arg);
    axon_queue_push(s->net, m);
    return id;
}

uint64_t axon_submit(struct axon_network *net, struct axon_outcome *out,
                     const struct ic_principal *sender, const struct ic_principal *canister,
                     const char *method, struct ic_bytes arg)
{
    struct submission s = {
        .net = net, .sender = sender, .method = ic_bytes_from_text(method), .arg = arg};
    struct axon_answer answer = {.error = AXON_OK};
    uint64_t id = 0;
    if (net->ingress.live >= AXON_INGRESS_COUNT_MAX) {
        axon_answer_fail(&answer, AXON_E_INGRESS_HISTORY_FULL, "The ingress history is full");
    } else if (accept(&s, canister, &answer)) {
        id = enqueue(&s, canister);
    }
    axon_outcome_from_answer(out, &answer);
    out->status = id != 0 ? AXON_STATUS_RECEIVED : AXON_STATUS_REJECTED;
    out->refused = id == 0;
    out->instructions = 0;
    axon_answer_free(&answer);
    return id;
}

bool axon_poll(struct axon_network *net, struct axon_outcome *out, uint64_t message_id)
{
    const struct axon_ingress *ingress = axon_slots_find(&net->ingress, message_id);
    if (ingress == NULL) {
        return false;
    }
    axon_outcome_from_answer(out, &ingress->answer);
    out->status = ingress->status;
    out->refused = false;
    out->instructions = ingress->instructions;
    return true;
}

void axon_forget(struct axon_network *net, uint64_t message_id)
{
    struct axon_ingress *ingress = axon_slots_take(&net->ingress, message_id);
    if (ingress != NULL) {
        axon_answer_free(&ingress->answer);
        free(ingress);
    }
}

void axon_outcome_free(struct axon_outcome *o)
{
    axon_buf_free(&o->reply);
    axon_buf_free(&o->reject_text);
    *o = (struct axon_outcome){.status = AXON_STATUS_UNKNOWN};
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void push_task(struct axon_network *net, struct axon_canister *c, const char *task)
{
    struct axon_message *m = axon_alloc(sizeof *m);
    *m = (struct axon_message){.kind = AXON_TASK, .to = c->id, .task = task};
    axon_queue_push(net, m);
}

/* A round of timers: every canister whose deadline has passed. Rounds at one time are limited, so
 * that a timer that arms itself for now does not keep a network busy for ever. */
static void schedule_timers(struct axon_network *net)
{
    bool any = false;
    for (size_t i = 0; i < net->canister_count; i++) {
        struct axon_canister *c = net->canisters[i];
        if (c->timer_ns != 0 && c->timer_ns <= net->time_ns && c->code != NULL &&
            c->run_state == AXON_RUNNING) {
            push_task(net, c, AXON_TASK_TIMER);
            any = true;
        }
    }
    net->timer_rounds++;
    net->timers_due = any && net->timer_rounds < AXON_TIMER_ROUNDS_MAX;
}

bool axon_step(struct axon_network *net)
{
    if (net->queue_head == NULL && net->timers_due) {
        schedule_timers(net);
    }
    struct axon_message *m = axon_queue_pop(net);
    if (m == NULL) {
        return false;
    }
    struct axon_ingress *ingress =
        m->kind == AXON_REQUEST ? axon_slots_find(&net->ingress, m->reply_to.root) : NULL;
    if (ingress != NULL && ingress->status == AXON_STATUS_RECEIVED) {
        ingress->status = AXON_STATUS_PROCESSING;
    }
    if (axon_fault_admits(net, m)) {
        axon_deliver(net, m);
        (void)axon_fault_take(net); /* an order nobody has executed */
    }
    return true;
}

bool axon_run_until_quiet(struct axon_network *net)
{
    for (uint32_t i = 0; i < AXON_QUIET_STEPS_MAX; i++) {
        if (!axon_step(net)) {
            return true;
        }
    }
    return false;
}

bool axon_run_task(struct axon_network *net, const struct ic_principal *canister,
                   const char *export_name)
{
    bool is_timer = strcmp(export_name, AXON_TASK_TIMER) == 0;
    bool is_heartbeat = strcmp(export_name, AXON_TASK_HEARTBEAT) == 0;
    struct axon_canister *c = axon_canister_get(net, canister);
    if ((!is_timer && !is_heartbeat) || c == NULL || c->code == NULL ||
        c->run_state != AXON_RUNNING ||
        !axon_wasm_has_function(axon_code_wasm(c->code), ic_bytes_from_text(export_name))) {
        return false;
    }
    push_task(net, c, is_timer ? AXON_TASK_TIMER : AXON_TASK_HEARTBEAT);
    (void)axon_run_until_quiet(net);
    return true;
}

void axon_update(struct axon_network *net, struct axon_outcome *out,
                 const struct ic_principal *sender, const struct ic_principal *canister,
                 const char *method, struct ic_bytes arg)
{
    (void)axon_run_until_quiet(net);
    uint64_t id = axon_submit(net, out, sender, canister, method, arg);
    if (id == 0) {
        return;
    }
    (void)axon_run_until_quiet(net);
    if (axon_poll(net, out, id)) {
        axon_forget(net, id);
    }
}
