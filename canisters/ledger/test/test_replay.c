/* The recorded calls of the official ledger, through our entry points compiled natively: every
 * reply by value, blocks, certificates and certified data byte for byte, every quoted reject text.
 *
 * integration/vectors/ledger-core/README.md says what was recorded. The Wasm is put to the same
 * test by `axon replay`; here the sanitizers watch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "host/ic_host.h"
#include "ic/arena.h"
#include "icp_did.h"

/* ---- the methods ----------------------------------------------------------------------------- */

#define METHODS(X)                                                                                 \
    X(account_balance) X(account_balance_dfx) X(account_identifier) X(archives) X(decimals)        \
    X(icrc1_balance_of) X(icrc1_decimals) X(icrc1_fee) X(icrc1_metadata) X(icrc1_minting_account)  \
    X(icrc1_name) X(icrc1_supported_standards) X(icrc1_symbol) X(icrc1_total_supply)               \
    X(icrc1_transfer) X(is_ledger_ready) X(name) X(query_blocks) X(query_encoded_blocks)           \
    X(send_dfx) X(symbol) X(tip_of_chain) X(transfer) X(transfer_fee)

#define DECLARE_EXPORT(name) void icp_export_##name(void);
METHODS(DECLARE_EXPORT)
void icp_export_init(void);
void icp_export_post_upgrade(void);

struct method {
    const struct candid_method *type;
    void (*run)(void);
};

#define METHOD_ROW(name) {&icp_##name##_method, icp_export_##name},
static const struct method METHODS_BUILT[] = {METHODS(METHOD_ROW)};

static const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < sizeof METHODS_BUILT / sizeof *METHODS_BUILT; i++) {
        if (strcmp(METHODS_BUILT[i].type->name, name) == 0) {
            return &METHODS_BUILT[i];
        }
    }
    return NULL;
}

/* ---- a recording ----------------------------------------------------------------------------- */

struct step {
    json_t *json;
    const char *kind;
    const char *method;
    const char *reject; /* NULL: it replied */
    uint64_t time_ns;
    struct ic_bytes arg; /* these two are freed by step_free */
    struct ic_bytes reply;
};

static int digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

static struct ic_bytes unhex(const char *hex)
{
    const size_t size = strlen(hex) / 2;
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    return (struct ic_bytes){.at = bytes, .size = size};
}

static const char *text_of(const struct step *step, const char *key)
{
    const char *text = json_string_value(json_object_get(step->json, key));
    return text != NULL ? text : "";
}

static void step_load(struct step *step, const char *line, size_t size)
{
    json_error_t error;
    step->json = json_loadb(line, size, 0, &error);
    assert_non_null(step->json);
    step->kind = text_of(step, "kind");
    step->method = text_of(step, "method");
    step->time_ns = strtoull(text_of(step, "time_ns"), NULL, 10);
    step->arg = unhex(text_of(step, "arg_hex"));
    step->reply = unhex(text_of(step, "reply_hex"));
    step->reject =
        strcmp(text_of(step, "outcome"), "reply") == 0 ? NULL : text_of(step, "reject");
}

static void step_free(struct step *step)
{
    free((void *)step->arg.at);
    free((void *)step->reply.at);
    json_decref(step->json);
}

/* The core of a recorded reject: what stands between the system's frame and Rust's. "" when it is
 * the text of a decoding failure, which is free. */
static void reject_core(char *out, size_t size, const char *reject)
{
    const char *start = strstr(reject, "with message: '");
    out[0] = 0;
    if (strstr(reject, "called `Result::unwrap()` on an `Err` value: Custom(") != NULL) {
        return;
    }
    assert_non_null(start);
    start += strlen("with message: '");
    const char *end = reject + strlen(reject) - 1;
    if (strncmp(start, "Panicked at '", 13) == 0) {
        start += 13;
        end = strstr(start, "', ");
        const char *asserted = strstr(start, "` failed: ");
        start = asserted != NULL ? asserted + 10 : start;
        const char *line = strchr(start, '\n');
        end = line != NULL && (end == NULL || line < end) ? line : end;
    }
    assert_non_null(end);
    snprintf(out, size, "%.*s", (int)(end - start), start);
}

/* ---- the machine of the recording ------------------------------------------------------------ */

static size_t put(uint8_t *out, size_t at, const char *hex)
{
    const struct ic_bytes bytes = unhex(hex);
    memcpy(out + at, bytes.at, bytes.size);
    free((void *)bytes.at);
    return at + bytes.size;
}

/* The data certificate of a query at this time, 167 bytes. */
static void certificate_set(uint64_t time_ns)
{
    uint8_t c[256];
    size_t n = put(c, 0, "d9d9f7a2647472656583018302486" "3616e697374657283024a");
    n = put(c, n, "0000000000000002010183024e");
    n = put(c, n, "6365727469666965645f6461746182035820");
    const struct ic_bytes data = ic_host_certified_data();
    assert_int_equal(data.size, 32);
    memcpy(c + n, data.at, 32);
    n = put(c, n + 32, "83024474696d65820349");
    for (unsigned i = 0; i < 9; i++) {
        c[n++] = (uint8_t)((time_ns >> (7 * i) & 0x7f) | (i < 8 ? 0x80 : 0));
    }
    n = put(c, n, "697369676e61747572655830");
    memset(c + n, 0, 48);
    n += 48;
    assert_int_equal(n, 167);
    ic_host_certificate_set((struct ic_bytes){.at = c, .size = n});
}

static void call_export(void *argument)
{
    void (*run)(void) = *(void (**)(void))argument;
    run();
}

static bool run_message(void (*run)(void), const struct step *step)
{
    struct ic_principal caller;
    assert_true(ic_principal_from_text(&caller, ic_bytes_from_text(text_of(step, "caller"))));
    ic_host_caller_set(caller);
    ic_host_time_set(step->time_ns);
    ic_host_arg_set(step->arg);
    return ic_host_run(call_export, &run);
}

/* A trap undoes the heap as well; natively the state is found again in stable memory. */
static void reopen(void)
{
    void (*run)(void) = icp_export_post_upgrade;
    ic_host_arg_set(IC_BYTES_LIT("DIDL\0\0"));
    assert_true(ic_host_run(call_export, &run));
}

/* ---- comparison ------------------------------------------------------------------------------ */

/* Our interface has the official types (`didc check`), so both replies are decoded at ours and
 * encoded again in full: equal values give equal bytes. */
static struct ic_bytes canonical(const struct candid_tuple *types, struct ic_bytes reply,
                                 struct ic_arena *arena)
{
    struct ic_bytes out = {0};
    void *value = ic_arena_alloc(arena, types->record->size);
    assert_non_null(value);
    assert_int_equal(candid_decode(value, types, reply, arena), CANDID_OK);
    assert_int_equal(candid_encode(&out, types, value, CANDID_ENCODE_FULL, arena), CANDID_OK);
    return out;
}

static void compare_reply(size_t line, const struct step *step, const struct method *method)
{
    static uint8_t memory[64u << 20];
    struct ic_arena arena;
    ic_arena_init(&arena, memory, sizeof memory);
    const struct ic_bytes ours = canonical(&method->type->out, ic_host_reply(), &arena);
    const struct ic_bytes theirs = canonical(&method->type->out, step->reply, &arena);
    if (!ic_bytes_is_equal(ours, theirs)) {
        fail_msg("step %zu, %s: the replies differ", line, step->method);
    }
}

static void compare_trap(size_t line, const struct step *step)
{
    char core[1024];
    reject_core(core, sizeof core, step->reject);
    if (strstr(ic_host_trap_text(), core) == NULL || ic_host_trap_text()[0] == 0) {
        fail_msg("step %zu, %s: \"%s\" instead of \"%s\"", line, step->method, ic_host_trap_text(),
                 core);
    }
    assert_true(strlen(ic_host_trap_text()) <= 160 || core[0] != 0);
}

static void compare_certified_data(size_t line, const struct step *step)
{
    const struct ic_bytes expected = unhex(text_of(step, "certified_data_hex"));
    if (!ic_bytes_is_equal(ic_host_certified_data(), expected)) {
        fail_msg("step %zu, %s: the certified data differ", line, step->method);
    }
    free((void *)expected.at);
}

static void replay_lifecycle(size_t line, const struct step *step)
{
    const bool installs = strcmp(step->kind, "install") == 0;
    ic_host_replicated_set(true);
    if (!run_message(installs ? icp_export_init : icp_export_post_upgrade, step)) {
        fail_msg("step %zu: %s", line, ic_host_trap_text());
    }
}

/* A method is asked for in a way that it does not offer: the system refuses, no canister runs. */
static bool is_refused_by_system(const struct step *step)
{
    return step->reject != NULL && strstr(step->reject, "Canister has no ") != NULL;
}

static void replay_call(size_t line, const struct step *step)
{
    const struct method *method = method_find(step->method);
    const bool is_query = strcmp(step->kind, "query") == 0;
    if (is_refused_by_system(step)) {
        assert_true(method == NULL || (is_query && method->type->mode == CANDID_MODE_UPDATE));
        return;
    }
    assert_non_null(method);
    ic_host_replicated_set(!is_query);
    if (is_query) {
        certificate_set(step->time_ns);
    } else {
        ic_host_certificate_set((struct ic_bytes){0});
    }
    const bool replied = run_message(method->run, step);
    if (replied != (step->reject == NULL)) {
        fail_msg("step %zu, %s: %s", line, step->method,
                 replied ? "a reply instead of a reject" : ic_host_trap_text());
    }
    if (replied) {
        compare_reply(line, step, method);
    } else {
        compare_trap(line, step);
        reopen();
    }
}

static void replay(const char *path)
{
    static char text[1u << 22];
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    ic_host_reset();
    size_t line = 0;
    while (gzgets(file, text, sizeof text) != NULL) {
        struct step step;
        step_load(&step, text, strlen(text));
        line++;
        if (step.method[0] == 0) {
            replay_lifecycle(line, &step);
        } else {
            replay_call(line, &step);
        }
        compare_certified_data(line, &step);
        step_free(&step);
    }
    gzclose(file);
    assert_int_equal(line, 2062);
}

static void test_seed_11(void **state)
{
    (void)state;
    replay("integration/vectors/ledger-core/core-seed11.jsonl.gz");
}

static void test_seed_12(void **state)
{
    (void)state;
    replay("integration/vectors/ledger-core/core-seed12.jsonl.gz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed_11),
        cmocka_unit_test(test_seed_12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
