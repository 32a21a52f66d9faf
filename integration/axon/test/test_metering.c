/* Runs every step of integration/vectors/metering and compares what it costs, to the instruction.
 * The README there says what the fields of a line mean. SPEC: ic-system 2.2 and 11. */
#include "axon.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define VECTORS "integration/vectors/metering/"
#define CYCLES 10000000000000u
#define STEPS_EXPECTED 883
#define CANISTER_ID "rrkah-fqaaa-aaaaa-aaaaq-cai"

struct runner {
    struct axon_network *net;
    struct ic_principal canister;
    char module[64];            /* what is installed in net */
    struct axon_buf wasm;
    struct axon_outcome out;
    bool task_ran;
    const char *step;           /* for messages */
    unsigned differences;       /* of the current step */
    int passed;
    int failed;
};

static void differ(struct runner *r, const char *what, const char *expected, const char *got)
{
    printf("%s: %s: expected %s, got %s\n", r->step, what, expected, got);
    r->differences++;
}

static void compare_number(struct runner *r, const char *what, uint64_t expected, uint64_t got)
{
    if (expected != got) {
        char expected_text[24];
        char got_text[24];
        snprintf(expected_text, sizeof expected_text, "%" PRIu64, expected);
        snprintf(got_text, sizeof got_text, "%" PRIu64, got);
        differ(r, what, expected_text, got_text);
    }
}

/* ---- running a step ----------------------------------------------------------------------------- */

static void start_network(struct runner *r, const char *module, bool skip_validation)
{
    struct axon_config config = {.free_cycles = true, .skip_validation = skip_validation};
    struct axon_buf path = {0};
    axon_network_free(r->net);
    r->net = axon_network_new(&config);
    struct ic_principal at;
    if (!ic_principal_from_text(&at, IC_BYTES_LIT(CANISTER_ID))) {
        abort();
    }
    r->canister = axon_create_canister(r->net, &IC_PRINCIPAL_ANONYMOUS, &at, CYCLES);
    snprintf(r->module, sizeof r->module, "%s", module);
    axon_buf_clear(&r->wasm);
    axon_buf_printf(&path, VECTORS "modules/%s.wasm", module);
    if (!axon_buf_read_file(&r->wasm, axon_buf_text(&path))) {
        perror(axon_buf_text(&path));
        abort();
    }
    axon_buf_free(&path);
}

static void install(struct runner *r, enum axon_install_mode mode, const struct axon_buf *arg)
{
    axon_install(r->net, &r->out, &IC_PRINCIPAL_ANONYMOUS, &r->canister, mode,
                 axon_buf_bytes(&r->wasm), axon_buf_bytes(arg));
}

static void run_step(struct runner *r, const json_t *line)
{
    const char *mode = json_string_value(json_object_get(line, "mode"));
    const char *entry = json_string_value(json_object_get(line, "entry"));
    const char *arg_hex = json_string_value(json_object_get(line, "arg"));
    const char *method = strchr(entry, ' ');
    method = method == NULL ? entry : method + 1;
    struct axon_buf arg = {0};
    if (arg_hex != NULL && !axon_buf_append_from_hex(&arg, ic_bytes_from_text(arg_hex))) {
        abort();
    }
    axon_set_limit(r->net, (uint64_t)json_integer_value(json_object_get(line, "limit")));
    axon_records_clear(r->net);
    r->task_ran = false;
    if (strcmp(mode, "install") == 0) {
        install(r, AXON_INSTALL, &arg);
    } else if (strcmp(mode, "reinstall") == 0) {
        install(r, AXON_REINSTALL, &arg);
    } else if (strcmp(mode, "upgrade") == 0) {
        install(r, AXON_UPGRADE, &arg);
    } else if (strcmp(mode, "task") == 0) {
        r->task_ran = axon_run_task(r->net, &r->canister, entry);
    } else if (strcmp(mode, "query") == 0) {
        axon_query(r->net, &r->out, &IC_PRINCIPAL_ANONYMOUS, &r->canister, method,
                   axon_buf_bytes(&arg));
    } else {
        axon_update(r->net, &r->out, &IC_PRINCIPAL_ANONYMOUS, &r->canister, method,
                    axon_buf_bytes(&arg));
    }
    axon_buf_free(&arg);
}

/* ---- comparing ---------------------------------------------------------------------------------- */

static bool has_trapped_callback(const struct runner *r)
{
    size_t count;
    const struct axon_execution_record *records = axon_records(r->net, &count);
    for (size_t i = 0; i < count; i++) {
        if (records[i].trapped && strstr(records[i].kind, "_callback") != NULL) {
            return true;
        }
    }
    return false;
}

static bool has_trapped(const struct runner *r)
{
    size_t count;
    const struct axon_execution_record *records = axon_records(r->net, &count);
    return count > 0 && records[count - 1].trapped;
}

/* The outcome in the words of the vectors. */
static const char *outcome_of(const struct runner *r, const char *mode)
{
    bool is_task = strcmp(mode, "task") == 0;
    bool is_call = strcmp(mode, "update") == 0 || strcmp(mode, "query") == 0;
    if (is_task) {
        return !r->task_ran ? "no such task" : has_trapped(r) ? "trap" : "ok";
    }
    if (r->out.status == AXON_STATUS_REPLIED) {
        return is_call ? "reply" : "ok";
    }
    if (r->out.status != AXON_STATUS_REJECTED) {
        return "unanswered";
    }
    if (strcmp(r->out.error_code, "IC0505") == 0) {
        return "invalid";
    }
    if (strcmp(r->out.error_code, "IC0506") == 0) {
        return "none";
    }
    if (r->out.reject_code == AXON_CANISTER_REJECT && r->out.refused) {
        return "refused";
    }
    if (r->out.reject_code == AXON_CANISTER_REJECT || has_trapped_callback(r)) {
        return "reject";
    }
    return "trap";
}

static void compare_reply(struct runner *r, const json_t *line)
{
    const char *expected = json_string_value(json_object_get(line, "reply"));
    struct axon_buf hex = {0};
    axon_buf_append_hex(&hex, axon_buf_bytes(&r->out.reply));
    if (expected != NULL && strcmp(expected, axon_buf_text(&hex)) != 0) {
        differ(r, "reply", expected, axon_buf_text(&hex));
    }
    axon_buf_free(&hex);
}

static void compare_counters(struct runner *r, const json_t *line)
{
    const json_t *counters = json_object_get(line, "performance_counter");
    for (size_t i = 0; i < json_array_size(counters); i++) {
        uint64_t got = 0;
        for (size_t k = 0; k < 8 && (i + 1) * 8 <= r->out.reply.size; k++) {
            got |= (uint64_t)r->out.reply.at[i * 8 + k] << (8 * k);
        }
        compare_number(r, "performance_counter",
                       (uint64_t)json_integer_value(json_array_get(counters, i)), got);
    }
}

static void compare_sums(struct runner *r, const json_t *line)
{
    size_t count;
    const struct axon_execution_record *records = axon_records(r->net, &count);
    struct axon_execution_record sum = {0};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(records[i].kind, "inspect") != 0) {
            sum.instructions += records[i].instructions;
            sum.wasm_instructions += records[i].wasm_instructions;
            sum.heap_pages += records[i].heap_pages;
            sum.stable_pages += records[i].stable_pages;
        }
    }
    const struct {
        const char *name;
        uint64_t got;
    } rows[] = {
        {"instructions", sum.instructions},
        {"wasm_instructions", sum.wasm_instructions},
        {"heap_pages", sum.heap_pages},
        {"stable_pages", sum.stable_pages},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t expected = (uint64_t)json_integer_value(json_object_get(line, rows[i].name));
        compare_number(r, rows[i].name, expected, rows[i].got);
    }
    if (strcmp(json_string_value(json_object_get(line, "mode")), "update") == 0) {
        compare_number(r, "instructions of the outcome", sum.instructions, r->out.instructions);
    }
}

static void compare_executions(struct runner *r, const json_t *line)
{
    const json_t *executions = json_object_get(line, "executions");
    if (executions == NULL) {
        return;
    }
    size_t count;
    const struct axon_execution_record *records = axon_records(r->net, &count);
    compare_number(r, "number of executions", json_array_size(executions), count);
    for (size_t i = 0; i < json_array_size(executions) && i < count; i++) {
        const json_t *e = json_array_get(executions, i);
        const char *kind = json_string_value(json_object_get(e, "kind"));
        if (strcmp(kind, records[i].kind) != 0) {
            differ(r, "kind of execution", kind, records[i].kind);
        }
        compare_number(r, kind, (uint64_t)json_integer_value(json_object_get(e, "instructions")),
                       records[i].instructions);
        compare_number(r, kind,
                       (uint64_t)json_integer_value(json_object_get(e, "wasm_instructions")),
                       records[i].wasm_instructions);
        compare_number(r, "trap", json_is_true(json_object_get(e, "trap")), records[i].trapped);
    }
}

static void compare(struct runner *r, const json_t *line)
{
    const char *expected = json_string_value(json_object_get(line, "outcome"));
    const char *got = outcome_of(r, json_string_value(json_object_get(line, "mode")));
    if (strcmp(expected, got) != 0) {
        differ(r, "outcome", expected, got);
        printf("    %.*s\n", (int)r->out.reject_text.size, (const char *)r->out.reject_text.at);
    }
    if (strcmp(expected, "invalid") == 0) {
        return;
    }
    compare_reply(r, line);
    compare_counters(r, line);
    compare_sums(r, line);
    compare_executions(r, line);
}

/* ---- files -------------------------------------------------------------------------------------- */

static void finish_step(struct runner *r)
{
    r->passed += r->differences == 0;
    r->failed += r->differences != 0;
}

static void run_line(struct runner *r, const char *text, bool skip_validation)
{
    json_t *line = json_loads(text, 0, NULL);
    if (line == NULL) {
        printf("not JSON: %s\n", text);
        r->failed++;
        return;
    }
    const char *module = json_string_value(json_object_get(line, "module"));
    const char *mode = json_string_value(json_object_get(line, "mode"));
    if (strcmp(module, r->module) != 0) {
        start_network(r, module, skip_validation);
    }
    char step[200];
    snprintf(step, sizeof step, "%s %s %s", module, mode,
             json_string_value(json_object_get(line, "entry")));
    r->step = step;
    r->differences = 0;
    run_step(r, line);
    compare(r, line);
    finish_step(r);
    json_decref(line);
}

static void run_file(struct runner *r, const char *path, bool skip_validation)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        abort();
    }
    char *text = NULL;
    size_t capacity = 0;
    while (getline(&text, &capacity, file) > 0) {
        run_line(r, text, skip_validation);
    }
    free(text);
    fclose(file);
    r->module[0] = 0;
}

/* The module of unvalidated.jsonl is refused where validation is on; so is the list of vectors short
 * when a file is cut. */
static void check_refusal(struct runner *r)
{
    int steps = r->passed + r->failed;
    r->step = "unvalidated_tables with validation";
    r->differences = 0;
    start_network(r, "unvalidated_tables", false);
    install(r, AXON_INSTALL, &(struct axon_buf){0});
    if (strcmp(outcome_of(r, "install"), "invalid") != 0) {
        differ(r, "outcome", "invalid", outcome_of(r, "install"));
    }
    compare_number(r, "number of steps", STEPS_EXPECTED, (uint64_t)steps);
    printf("%d steps of the metering vectors, %d exact\n", steps, r->passed);
    finish_step(r);
}

int main(void)
{
    struct runner r = {0};
    run_file(&r, VECTORS "expected.jsonl", false);
    run_file(&r, VECTORS "unvalidated.jsonl", true);
    check_refusal(&r);
    axon_network_free(r.net);
    axon_outcome_free(&r.out);
    axon_buf_free(&r.wasm);
    printf("%d passed, %d failed\n", r.passed, r.failed);
    return r.failed == 0 ? 0 : 1;
}
