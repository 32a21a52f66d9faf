/* The program `axon`: finds the command and hands over.
 *
 * Reading path: net/start.c serves a network, net/call.c and net/install.c are clients of one
 * (net/client.c, then agent/), replay/ and bench/ run canisters through the library. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

static const struct command COMMANDS[] = {
    {"start", cli_start, "serve a local Internet Computer with the ICP ledger"},
    {"call", cli_call, "call a method of a canister"},
    {"install", cli_install, "install, reinstall or upgrade a canister"},
    {"replay", cli_replay, "replay recorded calls and compare every answer"},
    {"bench", cli_bench, "measure what the ledger costs"},
};
#define COMMAND_COUNT (sizeof COMMANDS / sizeof COMMANDS[0])

static const char DOC[] =
    "The Internet Computer on a desk: runs canisters with exact semantics and metering.\v"
    "`axon COMMAND --help` tells more about each.\n"
    "\n"
    "Exit codes: 0 success; 1 the answer is no (rejected, different, over budget); 2 bad option, "
    "argument or input file; 3 no connection, refused by the server or no answer in time; 4 an "
    "answer that must not be believed.";

/* Puts the list of commands in front of what --help prints after the options. */
static char *list_commands(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) {
        return (char *)(uintptr_t)text; /* argp's own signature drops the const */
    }
    struct axon_buf list = {0};
    axon_buf_append_text(&list, "Commands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        axon_buf_printf(&list, "  %-9s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    }
    axon_buf_printf(&list, "\n%s", text);
    axon_buf_append_byte(&list, '\0');
    return (char *)list.at; /* argp frees it */
}

struct parsed {
    int command_at; /* index into argv, 0: none */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct parsed *parsed = state->input;
    (void)arg;
    if (key == ARGP_KEY_ARG) {
        parsed->command_at = state->next - 1;
        state->next = state->argc; /* the rest is the command's */
        return 0;
    }
    if (key == ARGP_KEY_NO_ARGS) {
        argp_error(state, "no command given");
    }
    return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {.parser = parse, .args_doc = "COMMAND [ARG...]", .doc = DOC,
                                     .help_filter = list_commands};
    struct parsed parsed = {0};
    argp_err_exit_status = CLI_USAGE;
    setenv("ARGP_HELP_FMT", "no-dup-args-note", 0); /* a paragraph nobody needs */
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &parsed);
    const char *name = argv[parsed.command_at];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, COMMANDS[i].name) == 0) {
            char title[64];
            snprintf(title, sizeof title, "axon %s", name);
            argv[parsed.command_at] = title;
            return COMMANDS[i].run(argc - parsed.command_at, argv + parsed.command_at);
        }
    }
    return cli_error(CLI_USAGE, "no such command: %s (see axon --help)", name);
}
