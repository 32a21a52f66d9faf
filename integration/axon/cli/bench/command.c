/* `axon bench`: what the ledger costs, and how fast the host runs it. */
#include "base/part.h"
#include "cli/bench/print.h"
#include "cli/bench/throughput.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SIZES_MAX 8u
#define MARKDOWN_DEFAULT "docs/benchmarks.md"
#define ACCOUNTS_MIN 1000u /* the rows need this many */
#define ACCOUNTS_MAX 100000000u
#define THROUGHPUT_ACCOUNTS 100000u

struct arguments {
    const char *what;
    const char *wasm_path;
    const char *markdown_path;  /* NULL: do not write */
    bool has_accounts;
    uint64_t accounts[SIZES_MAX];
    size_t size_count;
    bool is_check;
};

static const struct argp_option OPTIONS[] = {
    {"wasm", 'w', "FILE", 0, "the ledger, raw or gzip (default: " CLI_LEDGER_WASM ")", 0},
    {"accounts", 'a', "N[,N...]", 0,
     "numbers of accounts (ledger: 1000,10000,100000; throughput: 100000)", 0},
    {"output", 'o', "FILE", 0, "a page in which the part of ledger or throughput is written anew "
     "(ledger: " MARKDOWN_DEFAULT "; with --accounts or --check, and throughput: nowhere)", 0},
    {"check", 'c', NULL, 0, "ledger: only assert the limits, at 1000 accounts", 0},
    {0},
};

static const char DOC[] =
    "Measures what the ledger costs.\v"
    "WHAT is `ledger`: instructions of each call and upgrade and the module's size, beside the "
    "official ledger's figures and the limits; writes its part of " MARKDOWN_DEFAULT ".\n"
    "\n"
    "Or `throughput`: transfers per second through the library on one core, and the time from "
    "`axon start` to the first answered query.\n"
    "\n"
    "Exit codes: 0 everything is within its limit; 1 something is not, or a call failed; 2 bad "
    "option or file.";

static bool parse_accounts(struct arguments *a, const char *text)
{
    char copy[128], *rest = NULL;
    if (strlen(text) >= sizeof copy) {
        return false;
    }
    strcpy(copy, text);
    a->has_accounts = true;
    a->size_count = 0;
    for (char *word = strtok_r(copy, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        if (a->size_count == SIZES_MAX ||
            !cli_parse_u64(&a->accounts[a->size_count++], word, ACCOUNTS_MIN, ACCOUNTS_MAX)) {
            return false;
        }
    }
    return a->size_count > 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'w':
        a->wasm_path = arg;
        return 0;
    case 'a':
        if (!parse_accounts(a, arg)) {
            argp_error(state, "--accounts: numbers from %u to %u with commas between, not %s",
                       ACCOUNTS_MIN, ACCOUNTS_MAX, arg);
            return EINVAL;
        }
        return 0;
    case 'o':
        a->markdown_path = arg;
        return 0;
    case 'c':
        a->is_check = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->what != NULL) {
            argp_error(state, "too many arguments");
            return EINVAL;
        }
        a->what = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "say what to measure: ledger or throughput");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- ledger ---------------------------------------------------------------------------------- */

/* The size of the module after zlib's level 9; `gzip -9` differs by about one in a hundred. */
static uint64_t gzip_bytes(struct ic_bytes wasm)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        return 0;
    }
    uLong bound = deflateBound(&z, wasm.size);
    uint8_t *out = axon_alloc(bound);
    z.next_in = (z_const Bytef *)(uintptr_t)wasm.at;
    z.avail_in = (uInt)wasm.size;
    z.next_out = out;
    z.avail_out = (uInt)bound;
    int code = deflate(&z, Z_FINISH);
    uint64_t size = code == Z_STREAM_END ? z.total_out : 0;
    deflateEnd(&z);
    free(out);
    return size;
}

/* Writes a part of a page; frees the text. */
static bool write_part(const char *path, const char *name, char *text, size_t size)
{
    struct axon_buf why = {0};
    struct ic_bytes bytes = {.at = (const uint8_t *)text, .size = size};
    bool ok = axon_part_write(path, name, bytes, &why);
    if (ok) {
        printf("wrote %s\n", path);
    } else {
        cli_error(CLI_USAGE, "%s", axon_buf_text(&why));
    }
    axon_buf_free(&why);
    free(text);
    return ok;
}

static bool write_ledger(const char *path, const struct bench_result *results, size_t count,
                         const struct bench_sizes *sizes)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return false;
    }
    bench_print_markdown(out, results, count, sizes);
    return fclose(out) == 0 && write_part(path, "ledger", text, size);
}

static int run_ledger(const struct arguments *a, struct ic_bytes wasm)
{
    struct bench_sizes sizes = {.wasm_bytes = wasm.size, .gzip_bytes = gzip_bytes(wasm)};
    struct bench_result results[SIZES_MAX];
    struct axon_buf why = {0};
    unsigned passed = 0, failed = 0;
    int code = CLI_OK;
    for (size_t i = 0; i < a->size_count && code == CLI_OK; i++) {
        if (!bench_ledger(&results[i], wasm, a->accounts[i], &why)) {
            code = cli_error(CLI_FAILED, "%" PRIu64 " accounts: %s", a->accounts[i],
                             axon_buf_text(&why));
        } else if (!a->is_check) {
            bench_print_result(stdout, &results[i]);
        }
    }
    for (size_t i = 0; i < a->size_count && code == CLI_OK; i++) {
        printf("at %" PRIu64 " accounts:\n", results[i].account_count);
        bench_print_checks(stdout, &results[i], &sizes, &passed, &failed);
    }
    if (code == CLI_OK && a->markdown_path != NULL &&
        !write_ledger(a->markdown_path, results, a->size_count, &sizes)) {
        code = CLI_USAGE;
    }
    axon_buf_free(&why);
    printf("%u passed, %u failed\n", passed, failed + (code != CLI_OK));
    return code != CLI_OK ? code : failed == 0 ? CLI_OK : CLI_FAILED;
}

/* ---- throughput ------------------------------------------------------------------------------ */

static bool write_throughput(const char *path, const struct bench_throughput *result)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return false;
    }
    bench_print_throughput_markdown(out, result);
    return fclose(out) == 0 && write_part(path, "axon", text, size);
}

static int run_throughput(const struct arguments *a, struct ic_bytes wasm)
{
    struct bench_throughput result = {0};
    struct axon_buf why = {0};
    int code = CLI_OK;
    if (!bench_throughput(&result, wasm, a->accounts[0], a->accounts[0], &why) ||
        !bench_start_time(&result, &why)) {
        code = cli_error(CLI_FAILED, "%s", axon_buf_text(&why));
    } else {
        bench_print_throughput(stdout, &result);
        if (a->markdown_path != NULL && !write_throughput(a->markdown_path, &result)) {
            code = CLI_USAGE;
        }
    }
    axon_buf_free(&why);
    return code;
}

static void set_defaults(struct arguments *a, bool is_ledger)
{
    bool is_whole = is_ledger && !a->has_accounts && !a->is_check;
    if (is_whole && a->markdown_path == NULL) {
        a->markdown_path = MARKDOWN_DEFAULT;
    }
    if (!a->has_accounts) {
        a->size_count = is_whole ? BENCH_SIZES : 1;
        for (size_t i = 0; i < a->size_count; i++) {
            a->accounts[i] = is_ledger ? BENCH_SIZE[i] : THROUGHPUT_ACCOUNTS;
        }
    }
}

int cli_bench(int argc, char **argv)
{
    static const struct argp argp = {
        .options = OPTIONS, .parser = parse, .args_doc = "WHAT", .doc = DOC};
    struct arguments a = {.wasm_path = CLI_LEDGER_WASM};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    bool is_ledger = strcmp(a.what, "ledger") == 0;
    if (!is_ledger && strcmp(a.what, "throughput") != 0) {
        return cli_error(CLI_USAGE, "cannot measure %s; ledger or throughput", a.what);
    }
    set_defaults(&a, is_ledger);
    struct axon_buf wasm = {0};
    int code = CLI_USAGE;
    if (cli_read_wasm(&wasm, a.wasm_path)) {
        code = is_ledger ? run_ledger(&a, axon_buf_bytes(&wasm))
                         : run_throughput(&a, axon_buf_bytes(&wasm));
    }
    axon_buf_free(&wasm);
    return code;
}
