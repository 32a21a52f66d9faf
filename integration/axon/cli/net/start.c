/* `axon start`: the command line around http/local.h. */
#include "cli/cli.h"
#include "http/local.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define E8S_PER_ICP 100000000u

struct arguments {
    struct axon_local_config local;
};

static const struct argp_option OPTIONS[] = {
    {"port", 'p', "PORT", 0, "listen on this port of 127.0.0.1 (default: 8080; 0: any free one)",
     0},
    {"seed", 's', "TEXT", 0,
     "all keys of the network derive from it (default: axon), so the root key is the same each "
     "time",
     0},
    {"identities", 'd', "DIR", 0,
     "where dev1.pem and dev2.pem are written (default: " AXON_LOCAL_IDENTITIES_DIR ")", 0},
    {0},
};

static const char DOC[] =
    "Serves a local Internet Computer with the ICP ledger at " CLI_LEDGER_ID ".\v"
    "The network lives in memory and is fresh each time; the ledger is " AXON_LOCAL_LEDGER_WASM
    ", or the one installed with this program. The identities are published test keys: never use them with money.\n"
    "\n"
    "Ctrl-C (or SIGTERM) stops it.\n"
    "\n"
    "Exit codes: 0 stopped; 2 bad option; 3 it could not be started.";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    uint64_t port = 0;
    switch (key) {
    case 'p':
        if (!cli_parse_u64(&port, arg, 0, UINT16_MAX)) {
            argp_error(state, "--port: a number from 0 to 65535, not %s", arg);
            return EINVAL;
        }
        a->local.port = (uint16_t)port;
        return 0;
    case 's':
        a->local.seed = arg;
        return 0;
    case 'd':
        a->local.identities_dir = arg;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument: %s", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_accounts(const struct axon_local_account *accounts)
{
    printf("Accounts:\n");
    for (size_t i = 0; i < AXON_LOCAL_ACCOUNTS; i++) {
        const struct axon_local_account *a = &accounts[i];
        char balance[CLI_GROUPED_MAX], principal[IC_PRINCIPAL_TEXT_MAX + 1];
        ic_principal_to_text(principal, &a->principal);
        printf("  %-9s %13s ICP  %s\n            %s\n", a->name,
               cli_grouped(balance, a->balance_e8s / E8S_PER_ICP),
               a->pem_path != NULL ? a->pem_path : "(no key needed)", principal);
    }
}

/* Prints a word for a shell, in single quotes where it needs them. */
static void print_word(const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (const char *at = word; *at != '\0'; at++) {
        if (*at == '\'') {
            fputs("'\\''", stdout);
        } else {
            putchar(*at);
        }
    }
    putchar('\'');
}

/* A transfer from dev1 to dev2 as it can be pasted. */
static void print_command(const struct axon_local_account *accounts, uint16_t port)
{
    char to[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(to, &accounts[1].principal);
    printf("Send 1 ICP from dev1 to dev2, from another terminal:\n\n  ");
    print_word(program_invocation_name);
    printf(" call");
    if (port != AXON_LOCAL_PORT) {
        printf(" --network http://127.0.0.1:%u", port);
    }
    printf(" --identity ");
    print_word(accounts[0].pem_path);
    printf(" %s icrc1_transfer '(record { to = record { owner = principal \"%s\" }; "
           "amount = 100_000_000 })'\n\n",
           CLI_LEDGER_ID, to);
}

static void print_screen(struct axon_local *local)
{
    struct axon_server *server = axon_local_server(local);
    const struct axon_local_account *accounts = axon_local_accounts(local);
    struct axon_buf key = {0};
    axon_buf_append_hex(&key, axon_server_root_key(server));
    printf("axon: a local Internet Computer, the ICP ledger is %s\n\n", CLI_LEDGER_ID);
    printf("URL:      http://127.0.0.1:%u\n", axon_server_port(server));
    printf("Root key: %s\n\n", axon_buf_text(&key));
    print_accounts(accounts);
    printf("\n");
    print_command(accounts, axon_server_port(server));
    printf("Ctrl-C stops it.\n");
    fflush(stdout);
    axon_buf_free(&key);
}

/* Where `make install` puts the ledger: beside this program, for use outside of the tree. NULL inside. */
static const char *installed_ledger(void)
{
    static const char PLACE[] = "/../share/axon-sdk/wasm/ledger.wasm";
    static char path[PATH_MAX + sizeof PLACE];
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX);
    char *folder_end = size > 0 ? memrchr(path, '/', (size_t)size) : NULL;
    if (folder_end == NULL || access(AXON_LOCAL_LEDGER_WASM, R_OK) == 0) {
        return NULL;
    }
    memcpy(folder_end, PLACE, sizeof PLACE);
    return access(path, R_OK) == 0 ? path : NULL;
}

int cli_start(int argc, char **argv)
{
    static const struct argp argp = {.options = OPTIONS, .parser = parse, .doc = DOC};
    struct arguments a = {.local = {.port = AXON_LOCAL_PORT, .ledger_wasm = installed_ledger()}};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    /* Blocked before any thread is made, so that only sigwait below sees them. */
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    struct axon_buf why = {0};
    struct axon_local *local = axon_local_start(&a.local, &why);
    if (local == NULL) {
        int code = cli_error(CLI_NETWORK, "%s", axon_buf_text(&why));
        axon_buf_free(&why);
        return code;
    }
    print_screen(local);
    int signal_number = 0;
    sigwait(&stop, &signal_number);
    printf("\naxon: stopped\n");
    axon_local_stop(local);
    axon_buf_free(&why);
    return CLI_OK;
}
