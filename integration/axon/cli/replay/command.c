/* `axon replay`: recorded calls against a module. */
#include "cli/cli.h"
#include "cli/replay/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct arguments {
    const char *wasm_path;
    bool exact_instructions;
    char **transcripts; /* in argv */
    size_t transcript_count;
};

static const struct argp_option OPTIONS[] = {
    {"wasm", 'w', "FILE", 0, "the module to run, raw or gzip (default: " CLI_LEDGER_WASM ")", 0},
    {"instructions", 'i', NULL, 0,
     "a step that costs another number of instructions than recorded is a difference", 0},
    {0},
};

static const char DOC[] =
    "Runs recorded calls on a module and compares every answer.\v"
    "A TRANSCRIPT is a file of JSON lines (.jsonl or .jsonl.gz); the format is told in "
    "integration/vectors/ledger-core/README.md. Replies are compared as bytes, then as values at "
    "the types of the official interface; a reject must contain the texts that clients see; "
    "certified data must be equal. One line is printed for each difference, then a table.\n"
    "\n"
    "\"Not implemented\" counts calls to a method that the recording shows exported and the "
    "module does not export.\n"
    "\n"
    "Exit codes: 0 nothing differs and nothing is missing; 1 something does; 2 bad option or file.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'w':
        a->wasm_path = arg;
        return 0;
    case 'i':
        a->exact_instructions = true;
        return 0;
    case ARGP_KEY_ARGS:
        a->transcripts = state->argv + state->next;
        a->transcript_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no transcript given");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool run_all(struct replay_report *report, const struct arguments *a,
                    const struct replay_options *options)
{
    bool ok = true;
    for (size_t i = 0; i < a->transcript_count; i++) {
        struct axon_buf why = {0};
        if (!replay_run(report, a->transcripts[i], options, &why)) {
            cli_error(CLI_USAGE, "%s: %s", a->transcripts[i], axon_buf_text(&why));
            ok = false;
        }
        axon_buf_free(&why);
    }
    return ok;
}

int cli_replay(int argc, char **argv)
{
    static const struct argp argp = {
        .options = OPTIONS, .parser = parse, .args_doc = "TRANSCRIPT...", .doc = DOC};
    struct arguments a = {.wasm_path = CLI_LEDGER_WASM};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    struct axon_buf wasm = {0};
    if (!cli_read_wasm(&wasm, a.wasm_path)) {
        axon_buf_free(&wasm);
        return CLI_USAGE;
    }
    struct replay_options options = {.wasm = axon_buf_bytes(&wasm),
                                     .exact_instructions = a.exact_instructions};
    struct replay_report *report = axon_alloc(sizeof *report);
    bool ok = run_all(report, &a, &options);
    if (ok) {
        replay_report_print(report, stdout);
    }
    struct replay_row total = replay_report_total(report);
    free(report);
    axon_buf_free(&wasm);
    if (!ok) {
        return CLI_USAGE;
    }
    return total.different_count + total.not_implemented_count == 0 ? CLI_OK : CLI_FAILED;
}
