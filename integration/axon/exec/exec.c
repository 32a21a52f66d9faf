/* One execution. SPEC: ic-system 3.1, 11.5, 14 */
#include "exec/exec.h"

#include "exec/fault.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void axon_exec_init(struct axon_exec *x, struct axon_network *net, struct axon_canister *c,
                    enum axon_mode mode, const char *kind)
{
    *x = (struct axon_exec){
        .net = net,
        .canister = c,
        .instance = c->instance,
        .mode = mode,
        .kind = kind,
        .caller = IC_PRINCIPAL_MANAGEMENT,
        .version = c->version,
        .reply_bytes_max =
            axon_mode_is_replicated(mode) ? AXON_REPLY_BYTES_MAX : AXON_QUERY_REPLY_BYTES_MAX,
        .balance = c->cycles,
    };
}

static void outgoing_free(struct axon_outgoing *call)
{
    axon_buf_free(&call->method);
    axon_buf_free(&call->payload);
}

void axon_exec_free(struct axon_exec *x)
{
    for (size_t i = 0; i < x->call_count; i++) {
        outgoing_free(&x->calls[i]);
    }
    free(x->calls);
    outgoing_free(&x->call);
    axon_buf_free(&x->reply);
    axon_buf_free(&x->certificate);
    axon_buf_free(&x->trap_message);
    axon_log_clear(&x->log);
    axon_answer_free(&x->failure);
}

axon_u128 axon_exec_liquid(const struct axon_exec *x)
{
    return axon_u128_sub(x->balance, axon_canister_freezing_balance(x->net, x->canister));
}

/* ---- why it ended ---------------------------------------------------------------------------- */

/* The frame and the text, once: the first reason is the real one. */
static void note_failure(struct axon_exec *x, enum axon_error_code code, const char *prefix,
                         const char *format, va_list arguments)
{
    if (axon_exec_failed(x)) {
        return;
    }
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) {
        abort();
    }
    axon_answer_fail_framed(&x->failure, &x->canister->id, code, "%s%s", prefix, text);
    free(text);
}

bool axon_exec_violate(struct axon_exec *x, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note_failure(x, AXON_E_CONTRACT, "Canister violated contract: ", format, arguments);
    va_end(arguments);
    return false;
}

bool axon_exec_fail(struct axon_exec *x, enum axon_error_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note_failure(x, code, "", format, arguments);
    va_end(arguments);
    return false;
}

bool axon_exec_trap(struct axon_exec *x, const char *kind)
{
    return axon_exec_fail(x, AXON_E_TRAPPED, "Canister trapped: %s", kind);
}

static void explain_trap(struct axon_exec *x)
{
    const char *kind = x->run.trap_text == NULL ? "unknown" : x->run.trap_text;
    (void)axon_exec_trap(x, kind);
    if (x->run.backtrace[0] != '\0') {
        axon_buf_append_byte(&x->failure.bytes, '\n');
        axon_buf_append_text(&x->failure.bytes, x->run.backtrace);
    }
}

static void explain_end(struct axon_exec *x, const struct axon_entry *entry)
{
    switch (x->run.end) {
    case AXON_RETURNED:
        break;
    case AXON_TRAPPED:
        explain_trap(x);
        break;
    case AXON_HOST_TRAPPED:
        (void)axon_exec_trap(x, "unknown"); /* unless the system call has said why */
        break;
    case AXON_OUT_OF_INSTRUCTIONS:
        (void)axon_exec_fail(x, AXON_E_INSTRUCTIONS,
                             "Canister exceeded the limit of %llu instructions for single message "
                             "execution.",
                             (unsigned long long)x->limit);
        break;
    case AXON_SLICE_EXCEEDED:
        (void)axon_exec_fail(x, AXON_E_INSTRUCTIONS,
                             "Canister attempted to perform a large memory operation that used "
                             "%llu instructions and exceeded the slice limit %llu.",
                             (unsigned long long)x->run.executed, (unsigned long long)AXON_SLICE);
        break;
    case AXON_NO_FUNCTION:
        (void)axon_exec_fail(x, AXON_E_NO_FUNCTION,
                             "Canister requested to invoke a non-existent Wasm function %u from "
                             "table 0",
                             entry->table_index);
        break;
    }
}

/* The record a failed execution leaves in the log. */
static void log_failure(struct axon_exec *x)
{
    struct axon_buf text = {0};
    axon_buf_append_text(&text, "[TRAP]: ");
    if (x->failure.error == AXON_E_CALLED_TRAP) {
        axon_buf_append(&text, axon_buf_bytes(&x->trap_message));
        axon_buf_append_text(&text, x->trap_message.size == 0 ? "(no message)" : "");
    } else if (x->run.end == AXON_TRAPPED && x->run.trap_text != NULL) {
        axon_buf_append_text(&text, x->run.trap_text);
    } else {
        axon_buf_append(&text, axon_buf_bytes(&x->failure.bytes));
    }
    if (x->run.backtrace[0] != '\0') {
        axon_buf_append_byte(&text, '\n');
        axon_buf_append_text(&text, x->run.backtrace);
    }
    axon_log_add(&x->log, x->net->time_ns, axon_buf_bytes(&text));
    axon_buf_free(&text);
}

/* ---- running --------------------------------------------------------------------------------- */

/* Query kinds and inspect_message are not sliced. */
static uint64_t slice_of(const struct axon_exec *x, uint64_t limit)
{
    return axon_mode_pays_pages(x->mode) && axon_mode_is_replicated(x->mode) ? AXON_SLICE : limit;
}

static void record(struct axon_exec *x, uint64_t heap_pages)
{
    struct axon_execution_record record = {
        .kind = x->kind,
        .canister = x->canister->id,
        .instructions = x->billed,
        .wasm_instructions = x->run.instructions,
        .heap_pages = heap_pages,
        .stable_pages = x->run.stable_pages,
        .trapped = axon_exec_failed(x),
    };
    axon_record_add(x->net, &record);
}

static uint64_t heap_bytes(const struct axon_exec *x)
{
    uint64_t size = 0;
    (void)axon_instance_heap(x->instance, &size);
    return size;
}

/* Limits of the heap that the engine knows nothing about. The Internet Computer checks them in
 * memory.grow, where the canister cannot catch the failure either: looking afterwards differs only
 * in the instructions used until then. SPEC: ic-system 9 */
static void check_heap(struct axon_exec *x, uint64_t before)
{
    uint64_t after = heap_bytes(x);
    uint64_t limit = x->canister->settings.wasm_memory_limit;
    bool is_limited = ((1u << x->mode) & (IC0_U | IC0_I | IC0_S)) != 0;
    bool is_new = x->mode == AXON_MODE_INIT || x->mode == AXON_MODE_START;
    if (axon_exec_failed(x) || (after <= before && !is_new)) {
        return;
    }
    if (is_limited && limit != 0 && after > limit) {
        (void)axon_exec_fail(x, AXON_E_WASM_MEMORY_LIMIT,
                             "Canister exceeded its current Wasm memory limit of %llu bytes",
                             (unsigned long long)limit);
    } else if (!x->net->free_cycles && axon_mode_is_replicated(x->mode) &&
               x->balance < axon_canister_freezing_balance(x->net, x->canister)) {
        (void)axon_exec_fail(x, AXON_E_MEMORY_GROW_CYCLES,
                             "Canister cannot grow memory by %llu bytes due to insufficient cycles",
                             (unsigned long long)(after - before));
    }
}

void axon_exec_run(struct axon_exec *x, const struct axon_entry *entry, uint64_t limit)
{
    uint64_t heap_before = heap_bytes(x);
    x->limit = limit;
    enum axon_fault_kind fault = axon_fault_take(x->net);
    if (fault == AXON_FAULT_TRAP_BEFORE) {
        (void)axon_exec_trap(x, "injected fault");
    } else {
        x->run = axon_instance_run(x->instance, entry, limit, slice_of(x, limit), x);
        explain_end(x, entry);
    }
    if (fault == AXON_FAULT_TRAP_AFTER) {
        (void)axon_exec_trap(x, "injected fault");
    }
    check_heap(x, heap_before);
    uint64_t heap_pages = axon_mode_pays_pages(x->mode) ? x->run.heap_pages : 0;
    uint64_t all = x->run.instructions + heap_pages * AXON_HEAP_PAGE_INSTRUCTIONS;
    x->billed = all < limit ? all : limit;
    record(x, heap_pages);
    if (axon_exec_failed(x) && axon_mode_is_replicated(x->mode)) {
        log_failure(x);
    }
    if (axon_mode_is_replicated(x->mode)) {
        axon_log_move(&x->canister->log, &x->log);
    }
}

/* ---- effects --------------------------------------------------------------------------------- */

/* Sends the performed calls, in order. */
static void commit_calls(struct axon_exec *x)
{
    const struct axon_context *context = axon_context_find(x->net, x->context);
    uint64_t root = context == NULL ? 0 : context->reply_to.root;
    for (size_t i = 0; i < x->call_count; i++) {
        struct axon_outgoing *call = &x->calls[i];
        call->callback.context = x->context;
        call->callback.canister = x->canister->id;
        struct axon_message *m = axon_alloc(sizeof *m);
        *m = (struct axon_message){
            .kind = AXON_REQUEST,
            .to = call->callback.callee,
            .reply_to = {.origin = AXON_FROM_CANISTER,
                         .root = root,
                         .sender = x->canister->id,
                         .callback = axon_callback_open(x->net, &call->callback),
                         .deadline_ns = call->callback.deadline_ns},
            .method = call->method,
            .payload = call->payload,
            .cycles = call->cycles,
        };
        axon_queue_push(x->net, m);
    }
    x->call_count = 0;
}

static void commit_response(struct axon_exec *x)
{
    struct axon_context *context = axon_context_find(x->net, x->context);
    if (context == NULL) {
        return;
    }
    context->available = x->available;
    if (x->response == AXON_NO_RESPONSE) {
        return;
    }
    struct axon_answer answer = {.error = x->response == AXON_REPLY ? AXON_OK : AXON_E_REJECTED,
                                 .bytes = x->reply};
    x->reply = (struct axon_buf){0};
    context->responded = true;
    context->available = 0;
    axon_answer_send(x->net, &context->reply_to, &answer, x->available);
}

void axon_exec_commit(struct axon_exec *x)
{
    struct axon_canister *c = x->canister;
    assert(!axon_exec_failed(x));
    if (x->mode == AXON_MODE_REPLICATED_QUERY) {
        axon_instance_rollback(x->instance);
    } else {
        axon_instance_commit(x->instance);
    }
    if (x->is_calling) { /* never performed: its cycles come back */
        x->balance = axon_u128_add(x->balance, x->call.cycles);
    }
    c->cycles = x->balance;
    c->version++;
    if (x->certified_set) {
        memcpy(c->certified_data, x->certified, x->certified_size);
        c->certified_data_size = x->certified_size;
    }
    if (x->timer_set) {
        c->timer_ns = x->timer_ns;
    }
    commit_calls(x);
    commit_response(x);
}
