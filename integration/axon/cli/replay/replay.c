/* The machine of a recording: a system subnet whose time is that of the steps.
 * SPEC: integration/vectors/ledger-core/README.md, "The machine of the recording". */
#include "cli/replay/replay.h"

#include "axon.h"
#include "cli/replay/transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct run {
    const struct replay_options *options;
    const char *name;               /* of the file, in front of each line */
    struct replay_report *report;
    struct axon_network *net;       /* NULL before the install step */
    struct axon_outcome outcome;    /* of the step */
    struct replay_step step;
    bool is_different;              /* of the step */
};

static const char *row_name(const struct replay_step *step)
{
    switch (step->kind) {
    case REPLAY_INSTALL:
        return "(install)";
    case REPLAY_UPGRADE:
        return "(upgrade)";
    case REPLAY_UPDATE:
    case REPLAY_QUERY:
        break;
    }
    return step->method;
}

/* "core-seed11.jsonl.gz:7: update icrc1_transfer: " and the text. */
static void print_line(const struct run *run, const char *text)
{
    const struct replay_step *step = &run->step;
    printf("%s:%zu: %s%s%s: %s\n", run->name, step->line, replay_kind_name(step->kind),
           step->method[0] == '\0' ? "" : " ", step->method, text);
}

static void differ(struct run *run, struct axon_buf *text)
{
    run->is_different = true;
    print_line(run, axon_buf_text(text));
}

/* ---- running a step -------------------------------------------------------------------------- */

static void start_machine(struct run *run)
{
    const struct replay_step *step = &run->step;
    run->net = axon_network_new(&(struct axon_config){
        .seed = step->seed,
        .time_ns = step->time_ns,
        .first_canister = step->first_canister,
        .free_cycles = true,
    });
    axon_create_canister(run->net, &step->controller, &step->canister, step->cycles);
}

static void execute(struct run *run)
{
    const struct replay_step *step = &run->step;
    struct ic_bytes arg = axon_buf_bytes(&step->arg);
    switch (step->kind) {
    case REPLAY_INSTALL:
        axon_install(run->net, &run->outcome, &step->caller, &step->canister, AXON_INSTALL,
                     run->options->wasm, arg);
        break;
    case REPLAY_UPGRADE:
        axon_install(run->net, &run->outcome, &step->caller, &step->canister, AXON_UPGRADE,
                     run->options->wasm, arg);
        break;
    case REPLAY_UPDATE:
        axon_update(run->net, &run->outcome, &step->caller, &step->canister, step->method, arg);
        break;
    case REPLAY_QUERY:
        axon_query(run->net, &run->outcome, &step->caller, &step->canister, step->method, arg);
        break;
    }
}

/* ---- comparing a step ------------------------------------------------------------------------ */

/* The recording shows that the method exists and our module does not export it. */
static bool is_not_implemented(const struct run *run)
{
    static const char unknown[] = "Canister has no ";
    const struct replay_step *step = &run->step;
    if (step->kind == REPLAY_INSTALL || step->kind == REPLAY_UPGRADE) {
        return false;
    }
    bool was_exported =
        step->has_reply || memmem(step->reject.at, step->reject.size, unknown,
                                  sizeof unknown - 1) == NULL;
    return was_exported && !axon_canister_has_method(run->net, &step->canister, step->method);
}

static enum replay_match compare_outcome(struct run *run, struct axon_buf *why)
{
    const struct replay_step *step = &run->step;
    const struct axon_outcome *out = &run->outcome;
    if (step->has_reply && out->status == AXON_STATUS_REPLIED) {
        return replay_compare_reply(step->method, axon_buf_bytes(&step->reply),
                                    axon_buf_bytes(&out->reply), why);
    }
    if (!step->has_reply && out->status == AXON_STATUS_REJECTED) {
        return replay_compare_reject(axon_buf_bytes(&step->reject),
                                     axon_buf_bytes(&out->reject_text), why);
    }
    if (step->has_reply) {
        axon_buf_append_text(why, "rejected, recorded is a reply: ");
        replay_append_short(why, axon_buf_bytes(&out->reject_text), 300);
    } else {
        axon_buf_append_text(why, "replied, recorded is a reject: ");
        replay_append_short(why, axon_buf_bytes(&step->reject), 300);
    }
    return REPLAY_DIFFERENT;
}

static void compare_certified_data(struct run *run)
{
    const struct replay_step *step = &run->step;
    struct axon_canister_info info = {0};
    struct ic_bytes ours = {0};
    if (axon_canister_find(run->net, &info, &step->canister)) {
        ours = (struct ic_bytes){.at = info.certified_data, .size = info.certified_data_size};
    }
    if (!ic_bytes_is_equal(ours, axon_buf_bytes(&step->certified_data))) {
        struct axon_buf why = {0};
        axon_buf_append_text(&why, "certified data is ");
        axon_buf_append_hex(&why, ours);
        axon_buf_append_text(&why, ", recorded is ");
        axon_buf_append_hex(&why, axon_buf_bytes(&step->certified_data));
        differ(run, &why);
        axon_buf_free(&why);
    }
}

static void compare_instructions(struct run *run)
{
    if (run->options->exact_instructions &&
        run->outcome.instructions != run->step.instructions) {
        struct axon_buf why = {0};
        axon_buf_printf(&why, "%" PRIu64 " instructions, recorded are %" PRIu64,
                        run->outcome.instructions, run->step.instructions);
        differ(run, &why);
        axon_buf_free(&why);
    }
}

/* Counts the step in its row and prints how it differs. */
static void judge(struct run *run)
{
    struct replay_row *row = replay_report_row(run->report, row_name(&run->step));
    struct axon_buf why = {0};
    run->is_different = false;
    row->call_count++;
    if (is_not_implemented(run)) {
        row->not_implemented_count++;
        return;
    }
    row->instructions += run->outcome.instructions;
    row->recorded_instructions += run->step.instructions;
    enum replay_match match = compare_outcome(run, &why);
    if (match == REPLAY_DIFFERENT) {
        differ(run, &why);
    } else if (match == REPLAY_EXTENDED) {
        print_line(run, "serves ICRC-10 in addition (accepted)");
    }
    compare_certified_data(run);
    compare_instructions(run);
    if (run->is_different) {
        row->different_count++;
    } else if (match == REPLAY_SAME_BYTES) {
        row->same_bytes_count++;
    } else {
        row->same_value_count++;
    }
    axon_buf_free(&why);
}

/* ---- the whole file -------------------------------------------------------------------------- */

static bool run_step(struct run *run, struct axon_buf *why)
{
    struct replay_step *step = &run->step;
    if ((run->net == NULL) != (step->kind == REPLAY_INSTALL)) {
        axon_buf_printf(why, "line %zu: a transcript begins with its one install step", step->line);
        return false;
    }
    if (run->net == NULL) {
        start_machine(run);
    }
    if (step->time_ns > axon_time(run->net)) {
        axon_set_time(run->net, step->time_ns);
        if (!axon_run_until_quiet(run->net)) {
            axon_buf_printf(why, "line %zu: the timers before it never come to rest", step->line);
            return false;
        }
    }
    execute(run);
    judge(run);
    return true;
}

bool replay_run(struct replay_report *report, const char *path,
                const struct replay_options *options, struct axon_buf *why)
{
    const char *slash = strrchr(path, '/');
    struct run run = {.options = options, .report = report, .name = slash ? slash + 1 : path};
    struct replay_transcript *t = replay_transcript_open(path, why);
    if (t == NULL) {
        return false;
    }
    enum replay_read read;
    while ((read = replay_transcript_next(t, &run.step, why)) == REPLAY_READ_STEP) {
        if (!run_step(&run, why)) {
            read = REPLAY_READ_BAD;
            break;
        }
    }
    if (read == REPLAY_READ_END && run.net == NULL) {
        axon_buf_append_text(why, "the transcript is empty");
        read = REPLAY_READ_BAD;
    }
    replay_transcript_close(t);
    replay_step_free(&run.step);
    axon_outcome_free(&run.outcome);
    if (run.net != NULL) {
        axon_network_free(run.net);
    }
    return read == REPLAY_READ_END;
}
