/* What the commands of the program share. Each command is one function that parses its own options
 * with argp and returns an exit code; cli/main.c finds it by name.
 *
 * Results go to stdout; notes and errors, each with a reason, go to stderr. */
#ifndef AXON_CLI_H
#define AXON_CLI_H

#include "base/buf.h"
#include "ic/bytes.h"

#include <argp.h>

/* Exit codes, printed by `axon --help`. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,       /* the answer is no: rejected, different, over budget */
    CLI_USAGE = 2,        /* bad option, argument or input file */
    CLI_NETWORK = 3,      /* no connection, refused by the server, or no answer in time */
    CLI_UNVERIFIED = 4,   /* an answer that must not be believed */
};

/* The commands. argv[0] is what --help calls them, e.g. "axon call". */
int cli_start(int argc, char **argv);
int cli_call(int argc, char **argv);
int cli_install(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_bench(int argc, char **argv);

/* Where `make wasm` puts our ledger, and the id it lives at. */
#define CLI_LEDGER_WASM "build/wasm/ledger.wasm"
#define CLI_LEDGER_ID "ryjl3-tyaaa-aaaaa-aaaba-cai"

/* cli_error prints "axon: REASON" to stderr. Always returns code, so that callers can return it. */
int cli_error(enum cli_exit code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* cli_read_wasm reads a module, gunzipped when it is a gzip file; reports a failure itself. */
IC_MUST_USE bool cli_read_wasm(struct axon_buf *out, const char *path);

/* cli_parse_u64 reads decimal digits and nothing else.
 *   returns   false when text is no such number or lies outside [min, max] */
IC_MUST_USE bool cli_parse_u64(uint64_t *out, const char *text, uint64_t min, uint64_t max);

/* Writes n with an underscore between groups of three digits, as Candid text does.
 *   returns   out */
#define CLI_GROUPED_MAX 27u
const char *cli_grouped(char out[CLI_GROUPED_MAX], uint64_t n);

#endif
