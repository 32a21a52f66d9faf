/* The engine through engine.h, running the modules of this folder. */
#include "engine/engine.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

#define LIMIT 1000000u
#define ARG_COST 500u

/* ---- the host: arguments of the message and the imports ----------------------------------------- */

struct message {
    uint64_t args[4];
    bool host_failed;
};

static bool import_arg(void *host, struct axon_instance *in, const uint64_t *args, uint64_t *result)
{
    (void)in;
    *result = ((struct message *)host)->args[args[0]];
    return true;
}

static bool import_put(void *host, struct axon_instance *in, const uint64_t *args, uint64_t *result)
{
    (void)host;
    (void)result;
    uint64_t size;
    uint8_t *heap = axon_instance_heap(in, &size);
    assert_true(args[0] + args[1] <= size);
    memset(heap + args[0], 0xab, args[1]);
    return true;
}

static bool import_fail(void *host, struct axon_instance *in, const uint64_t *args,
                        uint64_t *result)
{
    (void)in;
    (void)args;
    (void)result;
    ((struct message *)host)->host_failed = true;
    return false;
}

static bool import_charge(void *host, struct axon_instance *in, const uint64_t *args,
                          uint64_t *result)
{
    (void)host;
    (void)result;
    return axon_instance_charge(in, args[0]);
}

static bool import_stable(void *host, struct axon_instance *in, const uint64_t *args,
                          uint64_t *result)
{
    (void)host;
    (void)result;
    uint8_t byte = (uint8_t)args[1];
    return axon_stable_write(axon_instance_stable(in), args[0], &byte, 1);
}

static const struct axon_import IMPORTS[] = {
    {"arg", "i:I", ARG_COST, -1, 0, import_arg},
    {"put", "ii:", 100, 1, 1, import_put},
    {"fail", ":", 500, -1, 0, import_fail},
    {"charge", "I:", 0, -1, 0, import_charge},
    {"stable", "Ii:", 0, -1, 0, import_stable},
};

/* ---- fixture ------------------------------------------------------------------------------------ */

struct fixture {
    struct axon_engine *engine;
    struct axon_code *code;
    struct axon_stable *stable;
    struct axon_instance *in;
    uint64_t limit;
    uint64_t slice;
};

static struct axon_code *load_file(struct axon_engine *engine, const char *path)
{
    struct axon_buf bytes = {0};
    struct axon_buf why = {0};
    assert_true(axon_buf_read_file(&bytes, path));
    struct axon_code *code = axon_code_load(engine, axon_buf_bytes(&bytes), AXON_VALIDATE, &why);
    if (code == NULL) {
        print_error("%s: %s\n", path, axon_buf_text(&why));
    }
    assert_non_null(code);
    axon_buf_free(&bytes);
    axon_buf_free(&why);
    return code;
}

static int set_up_module(void **state, const char *path)
{
    struct fixture *f = axon_alloc(sizeof *f);
    f->engine = axon_engine_new(IMPORTS, sizeof IMPORTS / sizeof IMPORTS[0]);
    assert_non_null(f->engine);
    f->code = load_file(f->engine, path);
    f->stable = axon_stable_new();
    f->in = axon_instance_new(f->code, f->stable);
    assert_non_null(f->in);
    f->limit = LIMIT;
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    return set_up_module(state, "integration/axon/engine/test/probe.wasm");
}

static int set_up_started(void **state)
{
    return set_up_module(state, "integration/axon/engine/test/started.wasm");
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    axon_instance_free(f->in);
    axon_stable_free(f->stable);
    axon_code_release(f->code);
    axon_engine_free(f->engine);
    free(f);
    return 0;
}

/* Runs an export with up to four arguments; leaves the message pending. */
static struct axon_run run(struct fixture *f, const char *name, uint64_t a0, uint64_t a1,
                           uint64_t a2, uint64_t a3)
{
    struct message message = {.args = {a0, a1, a2, a3}};
    struct axon_entry entry = {.export_name = name};
    return axon_instance_run(f->in, &entry, f->limit, f->slice, &message);
}

/* The same, then commits or rolls back as the Internet Computer would. */
static struct axon_run update(struct fixture *f, const char *name, uint64_t a0, uint64_t a1,
                              uint64_t a2, uint64_t a3)
{
    struct axon_run r = run(f, name, a0, a1, a2, a3);
    if (r.end == AXON_RETURNED) {
        axon_instance_commit(f->in);
    } else {
        axon_instance_rollback(f->in);
    }
    return r;
}

static void expect_byte(struct fixture *f, uint64_t at, uint64_t value)
{
    assert_int_equal(update(f, "peek", at, value, 0, 0).end, AXON_RETURNED);
}

/* ---- instructions ------------------------------------------------------------------------------- */

static void an_empty_function_costs_one(void **state)
{
    struct axon_run r = update(*state, "empty", 0, 0, 0, 0);
    assert_int_equal(r.end, AXON_RETURNED);
    assert_int_equal(r.instructions, 1);
    assert_int_equal(r.heap_pages, 0);
}

/* set: 1 + const 1 + call 5 + 500 + global.set 2 + v128.const 1 + global.set 2 */
#define SET_COST 512u

static void the_limit_is_exact_and_failing_costs_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(update(f, "set", 1, 0, 0, 0).instructions, SET_COST);
    f->limit = SET_COST;
    assert_int_equal(update(f, "set", 2, 0, 0, 0).end, AXON_RETURNED);
    f->limit = SET_COST - 1;
    struct axon_run r = update(f, "set", 3, 0, 0, 0);
    assert_int_equal(r.end, AXON_OUT_OF_INSTRUCTIONS);
    assert_int_equal(r.instructions, SET_COST - 1);
    f->limit = LIMIT;
    assert_int_equal(update(f, "expect", 2, 5, 0, 0).end, AXON_RETURNED);
}

static void an_endless_loop_ends(void **state)
{
    struct axon_run r = update(*state, "spin", 0, 0, 0, 0);
    assert_int_equal(r.end, AXON_OUT_OF_INSTRUCTIONS);
    assert_int_equal(r.instructions, LIMIT);
}

static void charges_of_imports_are_checked(void **state)
{
    struct fixture *f = *state;
    uint64_t fixed = 1 + 1 + 5 + ARG_COST + 5;
    assert_int_equal(update(f, "host_charge", 1000, 0, 0, 0).instructions, fixed + 1000);
    assert_int_equal(update(f, "host_charge", LIMIT - fixed, 0, 0, 0).end, AXON_RETURNED);
    struct axon_run r = update(f, "host_charge", LIMIT - fixed + 1, 0, 0, 0);
    assert_int_equal(r.end, AXON_OUT_OF_INSTRUCTIONS);
    assert_int_equal(r.instructions, LIMIT);
}

/* SPEC 11.4: one charge may use up the next slice but one. */
static void one_charge_may_not_overrun_a_slice(void **state)
{
    struct fixture *f = *state;
    uint64_t before = 1 + 1 + 5 + ARG_COST + 5;
    f->slice = 10000;
    assert_int_equal(update(f, "host_charge", 20000 - before - 1, 0, 0, 0).end, AXON_RETURNED);
    struct axon_run r = update(f, "host_charge", 20000 - before, 0, 0, 0);
    assert_int_equal(r.end, AXON_SLICE_EXCEEDED);
    assert_int_equal(r.executed, 20000);
    f->limit = 10000; /* the only slice is the last one */
    assert_int_equal(update(f, "host_charge", 90000, 0, 0, 0).end, AXON_OUT_OF_INSTRUCTIONS);
    /* memory.fill: 1 + call 5 + const 1 + call 5 + 100 and two calls of $a0, $a1 */
    f->limit = LIMIT;
    uint64_t fill = 1 + 5 + 1 + 5 + 100 + 2 * (1 + 1 + 5 + 1 + ARG_COST);
    assert_int_equal(update(f, "fill", 0, 1, 0, 0).instructions, fill + 1);
    assert_int_equal(update(f, "fill", 0, 20000 - fill - 1, 0, 0).end, AXON_RETURNED);
    assert_int_equal(update(f, "fill", 0, 20000 - fill, 0, 0).end, AXON_SLICE_EXCEEDED);
    f->slice = 0;
    assert_int_equal(update(f, "fill", 0, 20000 - fill, 0, 0).end, AXON_RETURNED);
    assert_int_equal(update(f, "fill", 0, LIMIT, 0, 0).end, AXON_OUT_OF_INSTRUCTIONS);
}

static void slices_end_at_multiples(void **state)
{
    (void)state;
    assert_false(axon_wasm_overruns_slice(0, 199, 100, 1000));
    assert_true(axon_wasm_overruns_slice(0, 200, 100, 1000));
    assert_true(axon_wasm_overruns_slice(100, 200, 100, 1000));
    assert_false(axon_wasm_overruns_slice(101, 299, 100, 1000));
    assert_true(axon_wasm_overruns_slice(101, 300, 100, 1000));
    assert_false(axon_wasm_overruns_slice(901, 5000, 100, 1000)); /* the last slice */
    assert_false(axon_wasm_overruns_slice(0, UINT64_C(1) << 40, INT64_MAX, 1000));
}

/* ---- traps -------------------------------------------------------------------------------------- */

static void traps_have_the_names_of_the_specification(void **state)
{
    static const struct {
        const char *entry;
        const char *text;
    } rows[] = {
        {"deep", "stack overflow"},   {"far", "heap out of bounds"},
        {"divide", "integer division by 0"}, {"no_element", "table out of bounds"},
        {"null_element", "unknown"},  {"expect", "unreachable"},
    };
    struct fixture *f = *state;
    f->limit = 1000000000;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct axon_run r = update(f, rows[i].entry, 0, 0, 0, 0);
        assert_int_equal(r.end, AXON_TRAPPED);
        assert_string_equal(r.trap_text, rows[i].text);
        assert_memory_equal(r.backtrace, "Canister Backtrace:\n", 20);
        assert_int_equal(update(f, "empty", 0, 0, 0, 0).end, AXON_RETURNED);
    }
    struct axon_run r = update(f, "deep", 0, 0, 0, 0);
    assert_memory_equal(r.backtrace, "Canister Backtrace:\ndeep\n", 25);
}

static void the_host_can_trap(void **state)
{
    struct fixture *f = *state;
    struct message message = {0};
    struct axon_entry entry = {.export_name = "host_fail"};
    struct axon_run r = axon_instance_run(f->in, &entry, LIMIT, 0, &message);
    assert_int_equal(r.end, AXON_HOST_TRAPPED);
    assert_true(message.host_failed);
    assert_int_equal(r.heap_pages, 1);
    assert_int_equal(r.instructions, 1 + 3 + 5 + 500);
    axon_instance_rollback(f->in);
    expect_byte(f, 0, 0);
}

static void callbacks_go_through_the_table(void **state)
{
    struct fixture *f = *state;
    struct axon_entry entry = {.table_index = 0, .env = 77};
    assert_int_equal(axon_instance_run(f->in, &entry, LIMIT, 0, NULL).end, AXON_RETURNED);
    axon_instance_commit(f->in);
    assert_int_equal(update(f, "expect", 77, 1, 0, 0).end, AXON_RETURNED);
    for (uint32_t index = 1; index < 6; index++) { /* another type, null, null, outside */
        entry.table_index = index;
        assert_int_equal(axon_instance_run(f->in, &entry, LIMIT, 0, NULL).end, AXON_NO_FUNCTION);
        axon_instance_rollback(f->in);
    }
    assert_int_equal(update(f, "no such export", 0, 0, 0, 0).end, AXON_NO_FUNCTION);
}

static void the_start_function_runs_when_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(update(f, "expect_started", 0, 0, 0, 0).end, AXON_TRAPPED);
    struct axon_entry start = {.start = true};
    struct axon_run r = axon_instance_run(f->in, &start, LIMIT, 0, NULL);
    axon_instance_commit(f->in);
    assert_int_equal(r.instructions, 4);
    assert_int_equal(r.heap_pages, 1);
    assert_int_equal(update(f, "expect_started", 0, 0, 0, 0).end, AXON_RETURNED);
}

static void *run_on_thread(void *argument)
{
    struct fixture *f = argument;
    static struct axon_run results[2];
    results[0] = update(f, "deep", 0, 0, 0, 0);
    results[1] = update(f, "poke", 100, 5, 0, 3);
    return results;
}

/* As the HTTP server does it: one thread after the other. */
static void any_thread_with_8_mib_of_stack_will_do(void **state)
{
    struct fixture *f = *state;
    f->limit = 1000000000;
    for (uint64_t i = 0; i < 3; i++) {
        pthread_attr_t attributes;
        pthread_t thread;
        void *results;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 8u << 20);
        assert_int_equal(pthread_create(&thread, &attributes, run_on_thread, f), 0);
        assert_int_equal(pthread_join(thread, &results), 0);
        pthread_attr_destroy(&attributes);
        assert_string_equal(((struct axon_run *)results)[0].trap_text, "stack overflow");
        assert_int_equal(((struct axon_run *)results)[1].heap_pages, i == 0 ? 3 : 0);
    }
}

/* ---- heap --------------------------------------------------------------------------------------- */

static void a_trap_undoes_heap_and_globals(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(update(f, "set", 11, 0, 0, 0).end, AXON_RETURNED);
    assert_int_equal(run(f, "set", 12, 0, 0, 0).end, AXON_RETURNED);
    axon_instance_rollback(f->in);
    assert_int_equal(update(f, "expect", 11, 5, 0, 0).end, AXON_RETURNED);
    struct axon_run r = update(f, "poke", 100, 5, 1, 3);
    assert_int_equal(r.end, AXON_TRAPPED);
    assert_int_equal(r.heap_pages, 3); /* counted after a trap as well */
    expect_byte(f, 100, 0);
    expect_byte(f, 100 + 2 * AXON_PAGE_BYTES, 0);
    expect_byte(f, 4096, 'h'); /* the data segment */
}

static void only_changed_content_counts(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(update(f, "poke", 100, 5, 0, 3).heap_pages, 3);
    assert_int_equal(update(f, "poke", 100, 5, 0, 3).heap_pages, 0);
    assert_int_equal(update(f, "poke", 100, 6, 0, 2).heap_pages, 2);
    assert_int_equal(update(f, "poke", 4096, 'h', 0, 1).heap_pages, 0);
    assert_int_equal(update(f, "host_put", 4095, 2, 0, 0).heap_pages, 2); /* by the host */
    assert_int_equal(update(f, "host_put", 4095, 2, 0, 0).heap_pages, 0);
}

static void memory_that_grew_in_a_trap_shrinks(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(update(f, "set", 21, 0, 0, 0).end, AXON_RETURNED);
    assert_int_equal(update(f, "poke", 4096, 'j', 0, 1).end, AXON_RETURNED);
    assert_int_equal(update(f, "grow", 2, 0, 1, 0).end, AXON_TRAPPED);
    assert_int_equal(update(f, "size", 32, 0, 0, 0).end, AXON_RETURNED);
    expect_byte(f, 4096, 'j'); /* not what the data segment of the new instance wrote */
    assert_int_equal(update(f, "expect", 21, 5, 0, 0).end, AXON_RETURNED);
    assert_int_equal(update(f, "peek", 32 * 65536, 0, 0, 0).end, AXON_TRAPPED);
    struct axon_run r = update(f, "grow", 3, 0, 0, 0);
    assert_int_equal(r.end, AXON_RETURNED);
    assert_int_equal(r.heap_pages, 1);
    assert_int_equal(update(f, "size", 35, 0, 0, 0).end, AXON_RETURNED);
    expect_byte(f, 35 * 65536 - 1, 9);
    expect_byte(f, 34 * 65536 - 1, 0); /* written by the message that trapped */
    assert_string_equal(update(f, "grow", 30, 0, 0, 0).trap_text, "integer division by 0");
}

static void dropped_segments_come_back(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(update(f, "init_and_drop", 0, 0, 0, 0).end, AXON_RETURNED);
        expect_byte(f, 0, 'p');
    }
}

/* Random writes against a plain copy of the memory: content, rollback and page counts agree at every
 * step, with few pages (that stay hot) and with hundreds (saved in groups). */
static void random_messages_agree_with_a_model(void **state)
{
    enum { PAGES = 500, ROUNDS = 400 };
    struct fixture *f = *state;
    uint8_t *model = axon_alloc(PAGES * sizeof *model); /* first byte of each page */
    f->limit = 100000000;
    model[1] = 'h';
    uint32_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1664525u + 1013904223u;
        uint32_t first = random >> 8 & 15;
        uint32_t count = round % 50 == 49 ? PAGES - first : 1 + (random >> 16 & 7);
        uint8_t value = (uint8_t)(random >> 28);
        bool traps = (random >> 27 & 1) != 0;
        uint64_t changed = 0;
        for (uint32_t p = first; p < first + count; p++) {
            changed += model[p] != value;
            model[p] = traps ? model[p] : value;
        }
        struct axon_run r = update(f, "poke", first * AXON_PAGE_BYTES, value, traps, count);
        assert_int_equal(r.heap_pages, changed);
        for (uint32_t p = 0; p < PAGES; p += round % 50 == 49 ? 1 : 37) {
            expect_byte(f, p * AXON_PAGE_BYTES, model[p]);
        }
    }
    free(model);
}

/* More heaps than may keep pages writable: all of them still count and roll back. */
static void hundreds_of_instances_share_the_mappings(void **state)
{
    enum { INSTANCES = 300, PAGES = 60 };
    struct fixture *f = *state;
    struct axon_instance *first = f->in;
    struct axon_instance *all[INSTANCES];
    for (size_t i = 0; i < INSTANCES; i++) {
        all[i] = f->in = axon_instance_new(f->code, f->stable);
        assert_int_equal(update(f, "poke", 7, 1, 0, PAGES).heap_pages, PAGES);
    }
    for (size_t i = 0; i < INSTANCES; i++) {
        f->in = all[i];
        assert_int_equal(update(f, "poke", 7, 2, 1, PAGES).heap_pages, PAGES); /* traps */
        assert_int_equal(update(f, "poke", 7, 1, 0, PAGES).heap_pages, 0);
        axon_instance_free(all[i]);
    }
    f->in = first;
}

/* ---- stable memory ------------------------------------------------------------------------------ */

static void stable_memory_rolls_back_with_the_message(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(axon_stable_grow(f->stable, 1, 10), 0);
    assert_int_equal(update(f, "host_stable", 5, 1, 0, 0).stable_pages, 1);
    assert_int_equal(update(f, "host_stable", 5, 2, 1, 0).end, AXON_TRAPPED);
    uint8_t byte;
    assert_true(axon_stable_read(f->stable, &byte, 5, 1));
    assert_int_equal(byte, 1);
}

static void stable_memory_is_sparse_and_bounded(void **state)
{
    (void)state;
    struct axon_stable *s = axon_stable_new();
    uint64_t limit = UINT64_C(500) << 14; /* 500 GiB */
    assert_int_equal(axon_stable_grow(s, limit, limit), 0);
    assert_int_equal(axon_stable_grow(s, 1, limit), UINT64_MAX);
    assert_int_equal(axon_stable_grow(s, UINT64_MAX, limit), UINT64_MAX);
    uint64_t end = limit * AXON_WASM_PAGE_BYTES;
    uint8_t out[4] = {1, 1, 1, 1};
    assert_true(axon_stable_write(s, end - 2, (const uint8_t *)"ab", 2));
    assert_true(axon_stable_read(s, out, end - 4, 4));
    assert_memory_equal(out, "\0\0ab", 4);
    assert_false(axon_stable_read(s, out, end - 3, 4));
    assert_false(axon_stable_read(s, out, UINT64_MAX, 4));
    assert_false(axon_stable_write(s, end - 1, out, 2));
    assert_true(axon_stable_write(s, end, out, 0));
    axon_stable_free(s);
}

static void stable_pages_are_dirtied_once_a_message(void **state)
{
    (void)state;
    struct axon_stable *s = axon_stable_new();
    uint8_t bytes[3 * AXON_PAGE_BYTES];
    memset(bytes, 7, sizeof bytes);
    axon_stable_grow(s, 32, 32);
    uint64_t edge = (1u << 20) - AXON_PAGE_BYTES - 1; /* across two pages and a chunk */
    assert_int_equal(axon_stable_fresh_pages(s, edge, AXON_PAGE_BYTES + 2), 3);
    assert_int_equal(axon_stable_fresh_pages(s, edge, 0), 0);
    assert_true(axon_stable_write(s, edge, bytes, AXON_PAGE_BYTES + 2));
    assert_int_equal(axon_stable_dirty_pages(s), 3);
    assert_int_equal(axon_stable_fresh_pages(s, edge, AXON_PAGE_BYTES + 2), 0);
    axon_stable_commit(s);
    assert_int_equal(axon_stable_dirty_pages(s), 0);
    assert_int_equal(axon_stable_fresh_pages(s, edge, 1), 1);
    memset(bytes, 8, sizeof bytes);
    axon_stable_grow(s, 0, 32);
    assert_true(axon_stable_write(s, edge, bytes, 5));
    assert_true(axon_stable_write(s, edge + 2, bytes, 5));
    axon_stable_rollback(s);
    assert_true(axon_stable_read(s, bytes, edge - 1, 9));
    assert_memory_equal(bytes, "\0\7\7\7\7\7\7\7\7", 9);
    axon_stable_free(s);
}

static void stable_growth_is_undone(void **state)
{
    (void)state;
    struct axon_stable *s = axon_stable_new();
    axon_stable_grow(s, 1, 100);
    axon_stable_commit(s);
    assert_int_equal(axon_stable_grow(s, 5, 100), 1);
    assert_true(axon_stable_write(s, 3 * 65536, (const uint8_t *)"x", 1));
    axon_stable_rollback(s);
    assert_int_equal(axon_stable_pages(s), 1);
    axon_stable_grow(s, 5, 100);
    uint8_t byte;
    assert_true(axon_stable_read(s, &byte, 3 * 65536, 1));
    assert_int_equal(byte, 0);
    axon_stable_free(s);
}

static void a_bracket_undoes_several_messages(void **state)
{
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        struct axon_stable *s = axon_stable_new();
        uint8_t byte;
        axon_stable_grow(s, 1, 100);
        assert_true(axon_stable_write(s, 0, (const uint8_t *)"a", 1));
        axon_stable_commit(s);
        axon_stable_begin(s);
        for (int i = 0; i < 3; i++) {
            assert_true(axon_stable_write(s, 0, (const uint8_t *)"bcd" + i, 1));
            axon_stable_grow(s, 1, 100);
            axon_stable_commit(s);
        }
        assert_true(axon_stable_write(s, 0, (const uint8_t *)"e", 1));
        axon_stable_rollback(s);
        axon_stable_end(s, keep);
        assert_true(axon_stable_read(s, &byte, 0, 1));
        assert_int_equal(byte, keep ? 'd' : 'a');
        assert_int_equal(axon_stable_pages(s), keep ? 4 : 1);
        axon_stable_free(s);
    }
}

/* ---- loading ------------------------------------------------------------------------------------ */

static void modules_are_cached_by_hash(void **state)
{
    struct fixture *f = *state;
    struct axon_code *again = load_file(f->engine, "integration/axon/engine/test/probe.wasm");
    assert_ptr_equal(again, f->code);
    axon_code_release(again);
}

static void expect_refusal(struct fixture *f, struct ic_bytes module, const char *text)
{
    struct axon_buf why = {0};
    assert_null(axon_code_load(f->engine, module, AXON_VALIDATE, &why));
    if (strstr(axon_buf_text(&why), text) == NULL) {
        fail_msg("expected %s, got %s", text, axon_buf_text(&why));
    }
    axon_buf_free(&why);
}

static void bad_modules_are_refused(void **state)
{
    static const uint8_t BAD_BODY[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0,
                                       3, 2, 1, 0, 10, 5, 1, 3, 0, 0x6a, 0x0b};
    expect_refusal(*state, IC_BYTES_LIT(""), "not a WebAssembly module");
    expect_refusal(*state, IC_BYTES_LIT("\x1f\x8b\x08 damaged"), "Failed to decompress");
    expect_refusal(*state, (struct ic_bytes){BAD_BODY, sizeof BAD_BODY},
                   "Wasmtime failed to compile the module: ");
}

static void gzip_modules_are_unpacked(void **state)
{
    struct fixture *f = *state;
    struct axon_buf raw = {0};
    struct axon_buf why = {0};
    uint8_t packed[4096];
    assert_true(axon_buf_read_file(&raw, "integration/axon/engine/test/probe.wasm"));
    z_stream z = {.next_in = raw.at, .avail_in = (uInt)raw.size, .next_out = packed,
                  .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    struct ic_bytes module = {packed, z.total_out};
    deflateEnd(&z);
    struct axon_code *code = axon_code_load(f->engine, module, AXON_VALIDATE, &why);
    assert_non_null(code);
    assert_ptr_not_equal(code, f->code); /* the hash is that of the bytes as uploaded */
    uint8_t hash[AXON_SHA256_BYTES];
    axon_sha256(hash, module);
    assert_memory_equal(axon_code_hash(code), hash, sizeof hash);
    axon_code_release(code);
    packed[module.size - 4]++; /* the size in the trailer */
    expect_refusal(f, module, "Failed to decompress");
    axon_buf_free(&raw);
    axon_buf_free(&why);
}

/* Only validation keeps a module without room for its segments from being loaded. */
static void segments_that_do_not_fit_make_no_instance(void **state)
{
    static const uint8_t MODULE[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 0, 0,
                                     11, 7, 1, 0, 0x41, 0, 0x0b, 1, 0xaa};
    struct fixture *f = *state;
    struct axon_buf why = {0};
    struct ic_bytes module = {MODULE, sizeof MODULE};
    expect_refusal(f, module, "Segment 0 lies outside of the initial memory");
    struct axon_code *code = axon_code_load(f->engine, module, AXON_SKIP_VALIDATION, &why);
    assert_non_null(code);
    assert_null(axon_instance_new(code, f->stable));
    axon_code_release(code);
    axon_buf_free(&why);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(an_empty_function_costs_one),
        WITH(the_limit_is_exact_and_failing_costs_it),
        WITH(an_endless_loop_ends),
        WITH(charges_of_imports_are_checked),
        WITH(one_charge_may_not_overrun_a_slice),
        cmocka_unit_test(slices_end_at_multiples),
        WITH(traps_have_the_names_of_the_specification),
        WITH(the_host_can_trap),
        WITH(any_thread_with_8_mib_of_stack_will_do),
        WITH(callbacks_go_through_the_table),
        cmocka_unit_test_setup_teardown(the_start_function_runs_when_told, set_up_started,
                                        tear_down),
        WITH(a_trap_undoes_heap_and_globals),
        WITH(only_changed_content_counts),
        WITH(memory_that_grew_in_a_trap_shrinks),
        WITH(dropped_segments_come_back),
        WITH(random_messages_agree_with_a_model),
        WITH(hundreds_of_instances_share_the_mappings),
        WITH(stable_memory_rolls_back_with_the_message),
        cmocka_unit_test(stable_memory_is_sparse_and_bounded),
        cmocka_unit_test(stable_pages_are_dirtied_once_a_message),
        cmocka_unit_test(stable_growth_is_undone),
        cmocka_unit_test(a_bracket_undoes_several_messages),
        WITH(modules_are_cached_by_hash),
        WITH(bad_modules_are_refused),
        WITH(gzip_modules_are_unpacked),
        WITH(segments_that_do_not_fit_make_no_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
