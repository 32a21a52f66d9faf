/* Instances: running an entry, charging, commit and rollback. */
#include "engine/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREAD_STACK_BYTES_MIN (7u << 20) /* 5 MiB of Wasm, the host below and above it */
#define BACKTRACE_FRAMES_MAX 20u
#define CHARGE_MAX (UINT64_C(1) << 61) /* more than any limit; the counter cannot overflow by it */

struct axon_instance {
    struct axon_engine *engine;
    struct axon_code *code;
    struct axon_stable *stable;
    struct axon_heap *heap;             /* NULL: the module has no memory */
    wasmtime_store_t *store;
    wasmtime_context_t *context;        /* of the store */
    wasmtime_instance_t instance;
    wasmtime_global_t counter;
    wasmtime_global_t exhausted;
    wasmtime_global_t limit_global;
    wasmtime_global_t slice_global;
    wasmtime_global_t *globals;         /* the module's mutable globals */
    wasmtime_val_t *committed;          /* their values when the last message ended */
    size_t global_count;
    bool is_stale;                      /* needs a new Wasmtime instance before it runs again */
    /* The running message. */
    void *host;
    uint64_t limit;
    uint64_t slice;
    bool has_host_stopped;              /* an import returned false */
    enum axon_end charge_failure;       /* why axon_instance_charge said no; AXON_RETURNED: it did not */
};

/* ---- globals ------------------------------------------------------------------------------------ */

static int64_t get_i64(struct axon_instance *in, const wasmtime_global_t *global)
{
    wasmtime_val_t value;
    wasmtime_global_get(in->context, global, &value);
    return value.of.i64;
}

static void set_value(struct axon_instance *in, const wasmtime_global_t *global,
                      const wasmtime_val_t *value)
{
    wasmtime_error_t *error = wasmtime_global_set(in->context, global, value);
    if (error != NULL) {
        fprintf(stderr, "axon: a global refuses its own value\n");
        abort();
    }
}

static void set_i64(struct axon_instance *in, const wasmtime_global_t *global, int64_t value)
{
    set_value(in, global, &(wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = value});
}

static bool find_export(struct axon_instance *in, const char *name, wasmtime_extern_t *out)
{
    return wasmtime_instance_export_get(in->context, &in->instance, name, strlen(name), out);
}

static void find_global(struct axon_instance *in, const char *name, wasmtime_global_t *out)
{
    wasmtime_extern_t item;
    if (!find_export(in, name, &item) || item.kind != WASMTIME_EXTERN_GLOBAL) {
        fprintf(stderr, "axon: instrumentation lacks %s\n", name);
        abort();
    }
    *out = item.of.global;
}

static void find_globals(struct axon_instance *in)
{
    find_global(in, AXON_EXPORT_COUNTER, &in->counter);
    find_global(in, AXON_EXPORT_EXHAUSTED, &in->exhausted);
    find_global(in, AXON_EXPORT_LIMIT, &in->limit_global);
    find_global(in, AXON_EXPORT_SLICE, &in->slice_global);
    for (size_t i = 0; i < in->global_count; i++) {
        char name[sizeof AXON_EXPORT_GLOBAL + 10];
        snprintf(name, sizeof name, "%s%u", AXON_EXPORT_GLOBAL,
                 axon_wasm_mutable_global(in->code->wasm, i));
        find_global(in, name, &in->globals[i]);
    }
}

static void commit_globals(struct axon_instance *in)
{
    for (size_t i = 0; i < in->global_count; i++) {
        wasmtime_global_get(in->context, &in->globals[i], &in->committed[i]);
    }
}

static void restore_globals(struct axon_instance *in)
{
    for (size_t i = 0; i < in->global_count; i++) {
        set_value(in, &in->globals[i], &in->committed[i]);
    }
}

/* ---- making instances --------------------------------------------------------------------------- */

/* Makes the Wasmtime instance. Its memory is in->heap, which new_memory creates when it is NULL.
 *   returns   false when a segment does not fit, possible only without validation */
static bool instantiate(struct axon_instance *in)
{
    in->store = wasmtime_store_new(in->engine->wasmtime, in, NULL);
    in->context = wasmtime_store_context(in->store);
    in->engine->new_heap = &in->heap;
    axon_heap_own_signals();
    struct axon_heap *active = axon_heap_activate(in->heap);
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_instance_pre_instantiate(in->code->pre, in->context, &in->instance, &trap);
    axon_heap_activate(active);
    in->engine->new_heap = NULL;
    if (error != NULL) {
        wasmtime_error_delete(error);
    }
    if (trap != NULL) {
        wasm_trap_delete(trap);
    }
    if (error != NULL || trap != NULL) {
        return false;
    }
    find_globals(in);
    return true;
}

struct axon_instance *axon_instance_new(struct axon_code *c, struct axon_stable *s)
{
    struct axon_instance *in = axon_alloc(sizeof *in);
    in->engine = c->engine;
    in->code = axon_code_retain(c);
    in->stable = s;
    in->global_count = axon_wasm_mutable_global_count(c->wasm);
    in->globals = axon_alloc(in->global_count * sizeof *in->globals);
    in->committed = axon_alloc(in->global_count * sizeof *in->committed);
    if (!instantiate(in)) {
        axon_instance_free(in);
        return NULL;
    }
    if (in->heap != NULL) {
        axon_heap_start_tracking(in->heap);
    }
    commit_globals(in);
    return in;
}

void axon_instance_free(struct axon_instance *in)
{
    if (in == NULL) {
        return;
    }
    wasmtime_store_delete(in->store);
    axon_heap_free(in->heap);
    axon_code_release(in->code);
    free(in->globals);
    free(in->committed);
    free(in);
}

/* Replaces the Wasmtime instance under the same heap and globals. Needed where Wasmtime keeps state
 * that cannot be put back: the size of a memory, dropped segments, a table. The segments that the
 * new instance writes into the heap are undone like the writes of a message that trapped. */
static void refresh(struct axon_instance *in)
{
    wasmtime_store_delete(in->store);
    if (!instantiate(in)) {
        fprintf(stderr, "axon: an instance could not be made again\n");
        abort();
    }
    if (in->heap != NULL) {
        axon_heap_changed_pages(in->heap);
        axon_heap_rollback(in->heap);
    }
    restore_globals(in);
    in->is_stale = false;
}

/* ---- charging ----------------------------------------------------------------------------------- */

uint64_t axon_instance_used(const struct axon_instance *in)
{
    wasmtime_val_t value;
    wasmtime_global_get(in->context, &in->counter, &value);
    return in->limit - (uint64_t)value.of.i64;
}

bool axon_instance_charge(struct axon_instance *in, uint64_t instructions)
{
    if (instructions == 0) { /* what costs nothing checks nothing */
        return true;
    }
    if (instructions > CHARGE_MAX) {
        instructions = CHARGE_MAX;
    }
    int64_t left = get_i64(in, &in->counter);
    uint64_t before = in->limit - (uint64_t)left;
    left -= (int64_t)instructions;
    set_i64(in, &in->counter, left);
    if (axon_wasm_overruns_slice(before, before + instructions, in->slice, in->limit)) {
        in->charge_failure = AXON_SLICE_EXCEEDED;
    } else if (left < 0) {
        in->charge_failure = AXON_OUT_OF_INSTRUCTIONS;
    }
    return in->charge_failure == AXON_RETURNED;
}

static wasm_trap_t *stop(struct axon_instance *in)
{
    in->has_host_stopped = true;
    return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_INTERRUPT); /* never raised otherwise */
}

wasm_trap_t *engine_call_import(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values,
                                size_t value_count)
{
    (void)caller;
    (void)value_count;
    const struct engine_import *e = env;
    const struct axon_import *import = e->import;
    struct axon_instance *in = e->engine->running;
    uint64_t args[IMPORT_PARAMS_MAX];
    for (size_t i = 0; i < e->param_count; i++) {
        args[i] = e->param_is_i64[i] ? (uint64_t)values[i].i64 : (uint32_t)values[i].i32;
    }
    uint64_t cost = import->base;
    if (import->bytes_arg >= 0) { /* a size may be any 64-bit number */
        uint64_t bytes = args[import->bytes_arg];
        cost += bytes < CHARGE_MAX / 64 ? import->per_byte * bytes : CHARGE_MAX;
    }
    uint64_t result = 0;
    if (!axon_instance_charge(in, cost) || !import->fn(in->host, in, args, &result)) {
        return stop(in);
    }
    if (e->has_result && e->result_is_i64) {
        values[0].i64 = (int64_t)result;
    } else if (e->has_result) {
        values[0].i32 = (int32_t)(uint32_t)result;
    }
    return NULL;
}

/* ---- running ------------------------------------------------------------------------------------ */

/* Wasmtime checks the Wasm stack against the position where it was entered, not against the end of
 * the thread's stack: a thread with too small a stack would crash instead of trapping. */
static void check_thread_stack(void)
{
    static _Thread_local bool is_checked;
    if (is_checked) {
        return;
    }
    pthread_attr_t attributes;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstacksize(&attributes, &size);
        pthread_attr_destroy(&attributes);
    }
    if (size < THREAD_STACK_BYTES_MIN) {
        fprintf(stderr, "axon: canisters need a thread with a stack of 8 MiB (ulimit -s 8192)\n");
        abort();
    }
    is_checked = true;
}

static bool is_callback(const struct axon_instance *in, const wasmtime_func_t *f)
{
    wasm_functype_t *type = wasmtime_func_type(in->context, f);
    const wasm_valtype_vec_t *params = wasm_functype_params(type);
    bool fits = params->size == 1 && wasm_valtype_kind(params->data[0]) == WASM_I32 &&
                wasm_functype_results(type)->size == 0;
    wasm_functype_delete(type);
    return fits;
}

static bool find_callback(struct axon_instance *in, uint32_t index, wasmtime_func_t *out)
{
    wasmtime_extern_t table;
    wasmtime_val_t value;
    if (!find_export(in, AXON_EXPORT_TABLE, &table) || table.kind != WASMTIME_EXTERN_TABLE ||
        !wasmtime_table_get(in->context, &table.of.table, index, &value)) {
        return false;
    }
    bool is_function = value.kind == WASMTIME_FUNCREF && !wasmtime_funcref_is_null(&value.of.funcref);
    if (is_function) {
        *out = value.of.funcref;
    }
    wasmtime_val_unroot(&value);
    return is_function && is_callback(in, out);
}

static bool find_entry(struct axon_instance *in, const struct axon_entry *entry,
                       wasmtime_func_t *out)
{
    if (!entry->start && entry->export_name == NULL) {
        return find_callback(in, entry->table_index, out);
    }
    wasmtime_extern_t item;
    const char *name = entry->start ? AXON_EXPORT_START : entry->export_name;
    if (!find_export(in, name, &item) || item.kind != WASMTIME_EXTERN_FUNC) {
        return false;
    }
    *out = item.of.func;
    return true;
}

/* SPEC 14. */
static const char *trap_text(const wasm_trap_t *trap)
{
    wasmtime_trap_code_t code;
    if (!wasmtime_trap_code(trap, &code)) {
        return "unknown";
    }
    switch (code) {
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW: return "stack overflow";
    case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS: return "heap out of bounds";
    case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS: return "table out of bounds";
    case WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO: return "integer division by 0";
    case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED: return "unreachable";
    default: return "unknown";
    }
}

static void write_backtrace(struct axon_run *run, const wasm_trap_t *trap)
{
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    size_t size = 0;
    size_t room = sizeof run->backtrace;
    if (frames.size > 0) {
        size = (size_t)snprintf(run->backtrace, room, "Canister Backtrace:\n");
    }
    for (size_t i = 0; i < frames.size && i < BACKTRACE_FRAMES_MAX; i++) {
        const wasm_name_t *name = wasmtime_frame_func_name(frames.data[i]);
        char line[160];
        if (name == NULL) {
            snprintf(line, sizeof line, "unknown function at index %u\n",
                     wasm_frame_func_index(frames.data[i]));
        } else {
            snprintf(line, sizeof line, "%.*s\n", (int)(name->size < 150 ? name->size : 150),
                     name->data);
        }
        if (size + strlen(line) >= room) {
            break;
        }
        memcpy(run->backtrace + size, line, strlen(line) + 1);
        size += strlen(line);
    }
    wasm_frame_vec_delete(&frames);
}

static enum axon_end classify_trap(struct axon_instance *in, const wasm_trap_t *trap)
{
    if (in->charge_failure != AXON_RETURNED) {
        return in->charge_failure;
    }
    if (in->has_host_stopped) {
        return AXON_HOST_TRAPPED;
    }
    wasmtime_trap_code_t code;
    wasmtime_val_t exhausted;
    wasmtime_global_get(in->context, &in->exhausted, &exhausted);
    if (exhausted.of.i32 != AXON_NOT_EXHAUSTED && wasmtime_trap_code(trap, &code) &&
        code == WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED) {
        return exhausted.of.i32 == AXON_SLICE_OVERRUN ? AXON_SLICE_EXCEEDED
                                                      : AXON_OUT_OF_INSTRUCTIONS;
    }
    return AXON_TRAPPED;
}

static void call(struct axon_instance *in, const struct axon_entry *entry,
                 const wasmtime_func_t *f, struct axon_run *run)
{
    struct axon_instance *running = in->engine->running;
    struct axon_heap *active = axon_heap_activate(in->heap);
    in->engine->running = in;
    axon_heap_own_signals();
    wasmtime_val_raw_t values[1] = {{.i32 = (int32_t)entry->env}};
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_func_call_unchecked(in->context, f, values, 1, &trap);
    in->engine->running = running;
    axon_heap_activate(active);
    run->end = AXON_RETURNED;
    if (trap != NULL) {
        run->end = classify_trap(in, trap);
        run->trap_text = trap_text(trap);
        write_backtrace(run, trap);
        wasm_trap_delete(trap);
    }
    if (error != NULL) { /* not expected: everything that guests can do wrong is a trap */
        run->end = AXON_TRAPPED;
        run->trap_text = "unknown";
        wasmtime_error_delete(error);
    }
}

static void begin(struct axon_instance *in, uint64_t limit, uint64_t slice, void *host)
{
    if (in->is_stale) {
        refresh(in);
    }
    in->host = host;
    in->limit = limit;
    in->slice = slice == 0 || slice > INT64_MAX ? INT64_MAX : slice;
    in->has_host_stopped = false;
    in->charge_failure = AXON_RETURNED;
    set_i64(in, &in->counter, (int64_t)limit);
    set_i64(in, &in->limit_global, (int64_t)limit);
    set_i64(in, &in->slice_global, (int64_t)in->slice);
    set_value(in, &in->exhausted, &(wasmtime_val_t){.kind = WASMTIME_I32, .of.i32 = 0});
}

struct axon_run axon_instance_run(struct axon_instance *in, const struct axon_entry *entry,
                                  uint64_t limit, uint64_t slice, void *host)
{
    struct axon_run run = {.trap_text = ""};
    check_thread_stack();
    begin(in, limit, slice, host);
    wasmtime_func_t f;
    if (find_entry(in, entry, &f)) {
        call(in, entry, &f, &run);
    } else {
        run.end = AXON_NO_FUNCTION;
    }
    run.executed = axon_instance_used(in);
    run.instructions = run.executed < limit ? run.executed : limit;
    run.heap_pages = in->heap == NULL ? 0 : axon_heap_changed_pages(in->heap);
    run.stable_pages = axon_stable_dirty_pages(in->stable);
    return run;
}

static void end_message(struct axon_instance *in)
{
    in->host = NULL;
    if (axon_wasm_drops_segments(in->code->wasm) || in->code->validation == AXON_SKIP_VALIDATION) {
        in->is_stale = true;
    }
}

void axon_instance_commit(struct axon_instance *in)
{
    if (in->heap != NULL) {
        axon_heap_commit(in->heap);
    }
    commit_globals(in);
    axon_stable_commit(in->stable);
    end_message(in);
}

void axon_instance_rollback(struct axon_instance *in)
{
    if (in->heap != NULL && axon_heap_rollback(in->heap)) {
        in->is_stale = true;
    }
    restore_globals(in);
    axon_stable_rollback(in->stable);
    end_message(in);
}

/* ---- for imports -------------------------------------------------------------------------------- */

uint8_t *axon_instance_heap(struct axon_instance *in, uint64_t *size)
{
    *size = in->heap == NULL ? 0 : axon_heap_size(in->heap);
    return in->heap == NULL ? NULL : axon_heap_base(in->heap);
}

struct axon_stable *axon_instance_stable(struct axon_instance *in)
{
    return in->stable;
}
