/* Queries: evaluated on the current state, nothing is kept. SPEC: ic-system 3.6
 *
 * A composite query is evaluated depth first on the stack of this program: the method runs, then
 * each call it has performed is evaluated and answered by its callback, which may perform more.
 * Depth, number of calls and instructions are limited. What the callbacks of one evaluation change
 * in the heap stays visible to the next of them; it is all dropped at the end. A callback that
 * traps ends the evaluation: its cleanup could have no effect that anybody sees. */
#include "exec/exec.h"
#include "exec/methods.h"
#include "mgmt/mgmt.h"

#include <stdlib.h>

/* One user's query. */
struct query {
    struct axon_network *net;
    uint64_t instructions_left; /* of the whole call graph */
    uint32_t calls_left;
    uint64_t billed; /* on the canister the user has called */
};

/* One canister's part of it; the chain of callers is how loops are found. */
struct evaluation {
    struct query *query;
    const struct evaluation *caller;
    struct axon_canister *canister;
    uint32_t depth;
    uint64_t instructions; /* of this evaluation so far */
    struct ic_principal sender;
    bool responded;
    struct axon_answer *answer;
    struct axon_outgoing *calls; /* to do, first in first out */
    size_t call_count, call_capacity, next_call;
};

static void evaluate(struct query *query, const struct evaluation *caller,
                     const struct ic_principal *sender, const struct ic_principal *callee,
                     struct ic_bytes method, struct ic_bytes arg, struct axon_answer *answer);

/* ---- one execution of an evaluation ---------------------------------------------------------- */

static void take_calls(struct evaluation *e, struct axon_exec *x)
{
    for (size_t i = 0; i < x->call_count; i++) {
        if (e->call_count == e->call_capacity) {
            e->call_capacity = e->call_capacity == 0 ? 4 : e->call_capacity * 2;
            e->calls = axon_realloc(e->calls, e->call_capacity * sizeof *e->calls);
        }
        e->calls[e->call_count++] = x->calls[i];
    }
    x->call_count = 0;
}

static void take_response(struct evaluation *e, struct axon_exec *x)
{
    if (x->response == AXON_NO_RESPONSE) {
        return;
    }
    e->responded = true;
    axon_answer_reply(e->answer, axon_buf_bytes(&x->reply));
    e->answer->error = x->response == AXON_REPLY ? AXON_OK : AXON_E_REJECTED;
}

/* Runs one entry and takes its effects. False when it failed: the answer is the failure then. */
static bool run(struct evaluation *e, struct axon_exec *x, const struct axon_entry *entry)
{
    struct query *query = e->query;
    x->caller = e->sender;
    x->already_responded = e->responded;
    x->context_instructions = e->instructions;
    axon_exec_run(x, entry, query->instructions_left);
    query->instructions_left -= x->billed;
    query->billed += e->caller == NULL ? x->billed : 0;
    e->instructions += x->billed;
    if (!axon_exec_failed(x)) {
        take_calls(e, x);
        take_response(e, x);
        return true;
    }
    axon_answer_free(e->answer);
    *e->answer = x->failure;
    x->failure = (struct axon_answer){.error = AXON_OK};
    return false;
}

static bool run_method(struct evaluation *e, const struct axon_wasm_method *method,
                       struct ic_bytes arg)
{
    struct axon_exec x;
    struct axon_buf export_name = {0};
    bool is_composite = method->kind == AXON_METHOD_COMPOSITE_QUERY;
    axon_exec_init(&x, e->query->net, e->canister,
                   is_composite ? AXON_MODE_COMPOSITE_QUERY : AXON_MODE_QUERY,
                   is_composite ? "composite_query" : "query");
    x.has_arg = true;
    x.arg = arg;
    x.certificate_wanted = e->caller == NULL;
    axon_buf_append_text(&export_name,
                         is_composite ? "canister_composite_query " : "canister_query ");
    axon_buf_append(&export_name, method->name);
    struct axon_entry entry = {.export_name = axon_buf_text(&export_name)};
    bool ok = run(e, &x, &entry);
    axon_buf_free(&export_name);
    axon_exec_free(&x);
    return ok;
}

static bool run_callback(struct evaluation *e, const struct axon_callback *callback,
                         const struct axon_answer *answer)
{
    struct axon_exec x;
    bool is_reply = answer->error == AXON_OK;
    const struct axon_closure *closure = is_reply ? &callback->on_reply : &callback->on_reject;
    axon_exec_init(&x, e->query->net, e->canister,
                   is_reply ? AXON_MODE_COMPOSITE_REPLY : AXON_MODE_COMPOSITE_REJECT,
                   is_reply ? "reply_callback" : "reject_callback");
    x.reject = answer->error;
    x.has_arg = is_reply;
    *(is_reply ? &x.arg : &x.reject_text) = axon_buf_bytes(&answer->bytes);
    struct axon_entry entry = {.table_index = closure->fun, .env = closure->env};
    bool ok = run(e, &x, &entry);
    axon_exec_free(&x);
    return ok;
}

/* ---- calls of composite queries -------------------------------------------------------------- */

/* Evaluates the next call and runs its callback. */
static bool answer_call(struct evaluation *e)
{
    struct axon_outgoing call = e->calls[e->next_call++];
    struct axon_answer answer = {.error = AXON_OK};
    struct query *query = e->query;
    if (query->calls_left == 0) {
        axon_answer_fail(&answer, AXON_E_QUERY_INSTRUCTIONS,
                         "Query call graph exceeded the limit of %u calls",
                         AXON_COMPOSITE_CALLS_MAX);
    } else {
        query->calls_left--;
        query->instructions_left -= query->instructions_left < AXON_COMPOSITE_CALL_INSTRUCTIONS
                                        ? query->instructions_left
                                        : AXON_COMPOSITE_CALL_INSTRUCTIONS;
        evaluate(query, e, &e->canister->id, &call.callback.callee, axon_buf_bytes(&call.method),
                 axon_buf_bytes(&call.payload), &answer);
    }
    bool ok = run_callback(e, &call.callback, &answer);
    axon_answer_free(&answer);
    axon_buf_free(&call.method);
    axon_buf_free(&call.payload);
    return ok;
}

static void evaluation_free(struct evaluation *e)
{
    for (size_t i = e->next_call; i < e->call_count; i++) {
        axon_buf_free(&e->calls[i].method);
        axon_buf_free(&e->calls[i].payload);
    }
    free(e->calls);
}

/* ---- evaluating ------------------------------------------------------------------------------ */

static bool check_graph(const struct evaluation *e)
{
    if (e->depth > AXON_COMPOSITE_DEPTH_MAX) {
        axon_answer_fail(e->answer, AXON_E_QUERY_TOO_DEEP,
                         "Query call graph has depth exceeding the limit %u",
                         AXON_COMPOSITE_DEPTH_MAX);
        return false;
    }
    if (e->query->instructions_left == 0) {
        axon_answer_fail(e->answer, AXON_E_QUERY_INSTRUCTIONS,
                         "Query call graph exceeded the limit of instructions");
        return false;
    }
    for (const struct evaluation *up = e->caller; up != NULL; up = up->caller) {
        if (up->canister == e->canister) {
            axon_answer_fail(e->answer, AXON_E_QUERY_LOOP,
                             "Query call graph loop detected: canister %s is called again",
                             AXON_TEXT(&e->canister->id));
            return false;
        }
    }
    return true;
}

/* Runs the method, then whatever it has called. */
static void evaluate_method(struct evaluation *e, const struct axon_wasm_method *method,
                            struct ic_bytes arg)
{
    bool ok = run_method(e, method, arg);
    while (ok && e->next_call < e->call_count) {
        ok = answer_call(e);
    }
    if (ok && !e->responded) {
        axon_answer_fail_framed(e->answer, &e->canister->id, AXON_E_NO_REPLY,
                                "Canister %s did not produce a response",
                                AXON_TEXT(&e->canister->id));
    }
    axon_instance_rollback(e->canister->instance);
}

static void evaluate_canister(struct evaluation *e, struct ic_bytes name, struct ic_bytes arg)
{
    const struct axon_network *net = e->query->net;
    struct axon_canister *c = e->canister;
    if (!axon_canister_is_callable(c, e->answer) || !check_graph(e)) {
        return;
    }
    if (c->cycles < axon_canister_freezing_balance(net, c)) {
        axon_answer_fail(e->answer, AXON_E_OUT_OF_CYCLES,
                         "Canister %s is unable to process query calls because it's frozen. Please "
                         "top up the canister with cycles and try again.",
                         AXON_TEXT(&c->id));
        return;
    }
    const struct axon_wasm_method *method = axon_method_find(c, name);
    if (method == NULL || method->kind == AXON_METHOD_UPDATE) {
        axon_method_missing(c, "query", name, e->answer);
        return;
    }
    evaluate_method(e, method, arg);
}

static void ask_stub(struct evaluation *e, struct ic_bytes name, struct ic_bytes arg)
{
    struct axon_outcome out = {.status = AXON_STATUS_REPLIED};
    struct axon_buf method = {0};
    axon_buf_append(&method, name);
    e->canister->stub(e->canister->stub_context, e->query->net, &e->sender, axon_buf_text(&method),
                      arg, &out);
    if (out.status == AXON_STATUS_REPLIED) {
        axon_answer_reply(e->answer, axon_buf_bytes(&out.reply));
    } else {
        axon_answer_fail(e->answer, AXON_E_REJECTED, "%s", axon_buf_text(&out.reject_text));
    }
    axon_buf_free(&method);
    axon_outcome_free(&out);
}

static void evaluate(struct query *query, const struct evaluation *caller,
                     const struct ic_principal *sender, const struct ic_principal *callee,
                     struct ic_bytes method, struct ic_bytes arg, struct axon_answer *answer)
{
    struct evaluation e = {
        .query = query,
        .caller = caller,
        .canister = axon_canister_get(query->net, callee),
        .depth = caller == NULL ? 0 : caller->depth + 1,
        .sender = *sender,
        .answer = answer,
    };
    if (callee->size == 0) {
        axon_management_query(query->net, sender, method, arg, answer);
    } else if (e.canister == NULL) {
        axon_answer_fail(answer, AXON_E_NOT_FOUND, "Canister %s not found", AXON_TEXT(callee));
    } else if (e.canister->stub != NULL) {
        ask_stub(&e, method, arg);
    } else {
        evaluate_canister(&e, method, arg);
    }
    evaluation_free(&e);
}

void axon_query(struct axon_network *net, struct axon_outcome *out,
                const struct ic_principal *sender, const struct ic_principal *canister,
                const char *method, struct ic_bytes arg)
{
    struct axon_answer answer = {.error = AXON_OK};
    struct query query = {.net = net,
                          .instructions_left = axon_limit_query(net),
                          .calls_left = AXON_COMPOSITE_CALLS_MAX};
    evaluate(&query, NULL, sender, canister, ic_bytes_from_text(method), arg, &answer);
    axon_outcome_from_answer(out, &answer);
    out->refused = false;
    out->instructions = query.billed;
    axon_answer_free(&answer);
}
