#include "axon_test.h"

#include "ic/arena.h"
#include "text/candid_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_MAX_BYTES 4096
#define SECOND_NS      UINT64_C(1000000000)
#define ARENA_BYTES    (4u << 20) /* above the system's limit of 3 MiB for a reply */

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "test: %s: %s\n", what, why);
    exit(2);
}

static void file_read(struct axon_buf *out, const char *base, const char *ending)
{
    char path[PATH_MAX_BYTES];
    int size = snprintf(path, sizeof path, "%s%s", base, ending);
    if (size < 0 || (size_t)size >= sizeof path || !axon_buf_read_file(out, path)) {
        give_up(path, "cannot be read");
    }
}

static struct candid_text *interface_open(const char *base)
{
    struct candid_text_error error;
    struct axon_buf did = {.at = NULL};
    file_read(&did, base, ".did");
    struct candid_text *interface = candid_text_open(axon_buf_bytes(&did), &error);
    if (interface == NULL) {
        give_up(base, error.text);
    }
    axon_buf_free(&did);
    return interface;
}

/* Install arguments are encoded as the service declares them, or by their own looks. */
static struct ic_bytes encode(struct candid_text *interface, const struct candid_text_types *types,
                              const char *text)
{
    struct candid_text_error error;
    struct ic_bytes message = {.size = 0};
    if (!candid_text_encode(interface, &message, types, ic_bytes_from_text(text), &error)) {
        give_up(text, error.text);
    }
    return message;
}

static struct candid_text *interface_of(struct axon_test *t, const struct ic_principal *id)
{
    for (size_t i = 0; i < t->canister_count; i++) {
        if (ic_principal_is_equal(&t->canisters[i].id, id)) {
            return t->canisters[i].interface;
        }
    }
    give_up("call", "this canister was not installed by axon_test_install");
}

/* ---- networks and canisters ------------------------------------------------------------------ */

void axon_test_open(struct axon_test *t)
{
    *t = (struct axon_test){.net = axon_network_new(NULL), .sender = IC_PRINCIPAL_ANONYMOUS};
}

static void network_drop(struct axon_test *t)
{
    for (size_t i = 0; i < t->canister_count; i++) {
        candid_text_close(t->canisters[i].interface);
    }
    t->canister_count = 0;
    axon_network_free(t->net);
    t->net = NULL;
}

void axon_test_restart(struct axon_test *t)
{
    network_drop(t);
    t->net = axon_network_new(NULL);
}

int axon_test_close(struct axon_test *t)
{
    network_drop(t);
    axon_outcome_free(&t->last);
    printf("%u passed, %u failed\n", t->passed, t->failed);
    return t->failed == 0 && t->passed > 0 ? 0 : 1;
}

static void code_install(struct axon_test *t, const struct ic_principal *id,
                         enum axon_install_mode mode, const char *base, const char *args)
{
    struct axon_buf module = {.at = NULL};
    struct candid_text *interface = interface_of(t, id);
    file_read(&module, base, ".wasm");
    axon_install(t->net, &t->last, &t->sender, id, mode, axon_buf_bytes(&module),
                 encode(interface, candid_text_init_args(interface), args));
    if (t->last.status != AXON_STATUS_REPLIED) {
        give_up(base, axon_buf_text(&t->last.reject_text));
    }
    axon_buf_free(&module);
}

struct ic_principal axon_test_install(struct axon_test *t, const char *base, const char *args)
{
    if (t->canister_count == AXON_TEST_CANISTERS_MAX) {
        give_up(base, "more canisters than AXON_TEST_CANISTERS_MAX");
    }
    struct axon_test_canister *c = &t->canisters[t->canister_count++];
    c->id = axon_create_canister(t->net, &t->sender, NULL, AXON_CYCLES_DEFAULT);
    c->interface = interface_open(base);
    code_install(t, &c->id, AXON_INSTALL, base, args);
    return c->id;
}

void axon_test_upgrade(struct axon_test *t, const struct ic_principal *id, const char *base,
                       const char *args)
{
    for (size_t i = 0; i < t->canister_count; i++) {
        if (ic_principal_is_equal(&t->canisters[i].id, id)) {
            candid_text_close(t->canisters[i].interface);
            t->canisters[i].interface = interface_open(base);
        }
    }
    code_install(t, id, AXON_UPGRADE, base, args);
}

static char *text_take(struct axon_test *t)
{
    return t->texts[t->text_next++ % AXON_TEST_TEXTS];
}

const char *axon_test_id(struct axon_test *t, const struct ic_principal *id)
{
    char *text = text_take(t);
    ic_principal_to_text(text, id);
    return text;
}

const char *axon_test_text(struct axon_test *t, const char *format, ...)
{
    char *text = text_take(t);
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, AXON_TEST_TEXT_BYTES, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= AXON_TEST_TEXT_BYTES) {
        give_up(format, "makes a text longer than AXON_TEST_TEXT_BYTES");
    }
    return text;
}

void axon_test_advance(struct axon_test *t, uint64_t seconds)
{
    axon_set_time(t->net, axon_time(t->net) + seconds * SECOND_NS);
    if (!axon_run_until_quiet(t->net)) {
        give_up("axon_test_advance", "the network does not come to rest");
    }
}

/* ---- checks ---------------------------------------------------------------------------------- */

static void count(struct axon_test *t, bool holds)
{
    t->passed += holds;
    t->failed += !holds;
}

void axon_test_that(struct axon_test *t, bool holds, const char *text, const char *file, int line)
{
    if (!holds) {
        printf("%s:%d: does not hold: %s\n", file, line, text);
    }
    count(t, holds);
}

static bool contains(struct ic_bytes text, const char *part)
{
    size_t size = strlen(part);
    for (size_t at = 0; at + size <= text.size; at++) {
        if (memcmp(text.at + at, part, size) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_as_expected(const struct axon_test *t, const struct axon_test_call *call,
                           struct candid_text *interface, const struct candid_text_types *results)
{
    bool equal = false;
    struct candid_text_error error;
    if (call->reply == NULL) {
        return t->last.status == AXON_STATUS_REJECTED &&
               contains(axon_buf_bytes(&t->last.reject_text), call->reject);
    }
    return t->last.status == AXON_STATUS_REPLIED &&
           candid_text_compare(interface, &equal, results, encode(interface, results, call->reply),
                               axon_buf_bytes(&t->last.reply), &error) &&
           equal;
}

static void failure_print(struct axon_test *t, const struct axon_test_call *call,
                          struct candid_text *interface, const struct candid_text_types *results)
{
    struct candid_text_error error = {.text = ""};
    const char *came = "no answer";
    if (t->last.status == AXON_STATUS_REJECTED) {
        came = axon_buf_text(&t->last.reject_text);
    } else if (t->last.status == AXON_STATUS_REPLIED) {
        came = candid_text_decode(interface, results, axon_buf_bytes(&t->last.reply), &error);
        came = came == NULL ? error.text : came;
    }
    printf("%s:%d: %s %s\n  expected %s%s\n  came     %s\n", call->file, call->line, call->method,
           call->args, call->reply == NULL ? "a reject with: " : "",
           call->reply == NULL ? call->reject : call->reply, came);
}

static const struct candid_text_method *method_of(struct candid_text *interface, const char *name)
{
    const struct candid_text_method *method = candid_text_method_find(interface, name);
    if (method == NULL) {
        give_up(name, "the interface has no such method");
    }
    return method;
}

void axon_test_send(struct axon_test *t, const struct ic_principal *id, const char *method,
                    const char *args)
{
    struct candid_text *interface = interface_of(t, id);
    axon_update(t->net, &t->last, &t->sender, id, method,
                encode(interface, method_of(interface, method)->args, args));
    if (t->last.status != AXON_STATUS_REPLIED) {
        give_up(method, axon_buf_text(&t->last.reject_text));
    }
}

void axon_test_check(struct axon_test *t, const struct axon_test_call *call)
{
    struct candid_text *interface = interface_of(t, call->canister);
    const struct candid_text_method *method = method_of(interface, call->method);
    struct ic_bytes args = encode(interface, method->args, call->args);
    if (call->kind == AXON_TEST_KIND_QUERY) {
        axon_query(t->net, &t->last, &t->sender, call->canister, call->method, args);
    } else {
        axon_update(t->net, &t->last, &t->sender, call->canister, call->method, args);
    }
    bool holds = is_as_expected(t, call, interface, method->results);
    if (!holds) {
        failure_print(t, call, interface, method->results);
    }
    count(t, holds);
}

/* ---- with structs instead of texts ----------------------------------------------------------- */

struct ic_bytes axon_test_encode(const struct candid_method *method, const void *in)
{
    static _Alignas(IC_ARENA_ALIGN) uint8_t memory[ARENA_BYTES];
    struct ic_arena arena;
    struct ic_bytes out;
    ic_arena_init(&arena, memory, sizeof memory);
    const enum candid_result result =
        candid_encode(&out, &method->in, in, CANDID_ENCODE_FULL, &arena);
    if (result != CANDID_OK) {
        give_up(method->name, candid_result_text(result));
    }
    return out;
}

void axon_test_decode(void *out, const struct candid_method *method, struct axon_outcome *outcome)
{
    static _Alignas(IC_ARENA_ALIGN) uint8_t memory[ARENA_BYTES];
    struct ic_arena arena;
    struct ic_bytes reply = {.size = 0};
    if (outcome->status != AXON_STATUS_REPLIED) {
        give_up(method->name, axon_buf_text(&outcome->reject_text));
    }
    ic_arena_init(&arena, memory, sizeof memory);
    const enum candid_result result = ic_arena_copy(&reply, axon_buf_bytes(&outcome->reply), &arena)
                                          ? candid_decode(out, &method->out, reply, &arena)
                                          : CANDID_NO_MEMORY;
    if (result != CANDID_OK) {
        give_up(method->name, candid_result_text(result));
    }
}

void axon_test_call(struct axon_network *net, struct axon_outcome *outcome,
                    const struct ic_principal *sender, const struct ic_principal *canister,
                    const struct candid_method *method, const void *in)
{
    const struct ic_bytes argument = axon_test_encode(method, in);
    if (method->mode == CANDID_MODE_QUERY || method->mode == CANDID_MODE_COMPOSITE_QUERY) {
        axon_query(net, outcome, sender, canister, method->name, argument);
    } else {
        axon_update(net, outcome, sender, canister, method->name, argument);
    }
}
