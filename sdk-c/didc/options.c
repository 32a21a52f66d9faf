/* The command line of didc. */
#include "options.h"

#include <stdio.h>
#include <string.h>

static const char HELP[] =
    "didc: Candid interfaces to C, and checks of them\n"
    "\n"
    "usage:\n"
    "  didc gen FILE.did --prefix P --out DIR\n"
    "      Writes into DIR: P_did.h (types, and the functions to write), P_did.c (descriptors),\n"
    "      P_dispatch.c (the exports of a canister), P_client.h (calls by other canisters).\n"
    "  didc check [--methods-of] NEW.did OLD.did\n"
    "      Is NEW a safe upgrade of OLD, so that no caller breaks? Names the first type that is "
    "not, with\n"
    "      its place in both files. With --methods-of only the methods are compared that NEW has.\n"
    "  didc print [--comments] FILE.did\n"
    "      The interface in one normal form: imports inlined, fields in order. With --comments\n"
    "      they stay, without annotations: what a canister shows of its interface.\n"
    "  didc methods FILE.did\n"
    "      Lines `update NAME`, `query NAME`, `composite_query NAME`.\n"
    "  didc headers FILE.did\n"
    "      The type tables of arguments that a canister knows by heart: lines `NAME rust HEX`,\n"
    "      `NAME javascript HEX`.\n"
    "  didc help annotations\n"
    "      The comment lines that tell gen what a method needs.\n"
    "\n"
    "Exit status: 0 done, or a safe upgrade; 1 refused, with FILE:LINE:COLUMN: REASON on standard "
    "error;\n"
    "2 called wrongly.\n";

static const char HELP_ANNOTATIONS[] =
    "Annotations stand in // lines directly above a method and are no part of the interface:\n"
    "\n"
    "  // @raw             the handler gets the bytes of the argument and replies itself\n"
    "  // @manual          the handler replies later, for instance when a call has been answered\n"
    "  // @noargs          the argument is not looked at; only one of @raw, @manual, @noargs can "
    "be\n"
    "  // @full            the reply carries the declared types instead of the narrowest\n"
    "  // @max N           longer arguments are refused before a byte is copied\n"
    "  // @guard NAME      const char *NAME(void) is called first: NULL goes on, a text rejects\n"
    "  // @inspect NAME    such a function is asked before a user's message is accepted and costs "
    "cycles\n"
    "  // @inspect         the same; the method's @guard is asked\n"
    "\n"
    "Above the service:\n"
    "\n"
    "  // @raw             P_init gets the bytes of the install arguments\n"
    "  // @max N           for all methods without their own\n"
    "  // @inspect NAME    for all methods without their own\n"
    "  // @inspect         users' messages to unknown methods, or longer than @max, are not "
    "accepted\n"
    "\n"
    "Everything else that begins with @ in a comment is an error. More in ic/candid_msg.h.\n";

int options_wrong(const char *text, const char *what)
{
    fprintf(stderr, "didc: %s%s\n`didc help` says how didc is called\n", text, what);
    return 2;
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

bool options_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (is_help(argv[i])) {
            const bool about_annotations =
                i + 1 < argc && strncmp(argv[i + 1], "annotation", strlen("annotation")) == 0;
            fputs(about_annotations ? HELP_ANNOTATIONS : HELP, stdout);
            return true;
        }
    }
    return false;
}

static bool has_option(const struct command *command, const char *word)
{
    const char *found = strstr(command->options, word);
    const size_t size = strlen(word);
    return found != NULL && found != command->options && found[-1] == ' ' &&
           (found[size] == 0 || found[size] == ' ');
}

/* An option at argv[*at]; *at moves over its value. */
static bool read_option(struct options *options, const struct command *command, int *at, int argc,
                        char **argv)
{
    const char *word = argv[*at];
    if (!has_option(command, word)) {
        options_wrong("unknown option ", word);
        return false;
    }
    if (strcmp(word, "--methods-of") == 0 || strcmp(word, "--comments") == 0) {
        *(strcmp(word, "--comments") == 0 ? &options->comments : &options->methods_of) = true;
        return true;
    }
    if (++*at == argc) {
        options_wrong("a value is missing behind ", word);
        return false;
    }
    *(strcmp(word, "--prefix") == 0 ? &options->prefix : &options->out) = argv[*at];
    return true;
}

bool options_read(struct options *options, const struct command *command, int argc, char **argv)
{
    *options = (struct options){.file_count = 0};
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-') {
            if (!read_option(options, command, &i, argc, argv)) {
                return false;
            }
        } else if (options->file_count == command->file_count) {
            options_wrong("one file too many: ", argv[i]);
            return false;
        } else {
            options->files[options->file_count++] = argv[i];
        }
    }
    if (options->file_count < command->file_count) {
        options_wrong("a .did file is missing behind ", command->name);
        return false;
    }
    return true;
}
