/* What `axon call` and `axon install` share: the options that say whom to talk to, the connection,
 * and how failures are reported. */
#ifndef AXON_CLI_CLIENT_H
#define AXON_CLI_CLIENT_H

#include "agent/agent.h"
#include "cli/cli.h"
#include "text/candid_text.h"

#define CLI_NETWORK_DEFAULT "http://127.0.0.1:8080"

struct cli_client_options {
    const char *url;            /* NULL: the default */
    const char *root_key_hex;   /* NULL: ask the network */
    const char *identity_path;  /* NULL: anonymous */
};

/* --network, --root-key, --identity: a child parser whose input is struct cli_client_options. */
extern const struct argp cli_client_argp;

/* Told in each command's --help. */
#define CLI_CLIENT_EXIT_CODES                                                                      \
    "Exit codes: 0 success; 1 rejected; 2 bad option, argument or input file; 3 no connection, "   \
    "refused by the server or no answer in time; 4 an answer that must not be believed."

struct cli_client {
    struct axon_agent *agent;
    struct axon_key *key;               /* NULL: anonymous */
    struct axon_agent_answer answer;    /* of the last request */
};

/* cli_client_open reads the identity and learns the root key; reports a failure itself.
 *   returns   CLI_OK, or the exit code; cli_client_close in both cases */
int cli_client_open(struct cli_client *c, const struct cli_client_options *options);
void cli_client_close(struct cli_client *c);

/* Reports an answer that is not a reply to stderr; the exit code. */
int cli_client_fail(const struct cli_client *c, const char *what);

/* The interface of the management canister, which publishes none: mgmt/management.did. */
struct ic_bytes cli_management_did(void);

/* cli_client_interface opens the canister's own interface, from its certified metadata.
 *   out       an empty interface when the canister publishes none (a note goes to stderr)
 *   returns   CLI_OK, or the exit code of a reported failure */
int cli_client_interface(struct cli_client *c, struct candid_text **out,
                         const struct ic_principal *canister);

/* cli_parse_principal reads an argument of the command line; reports a failure itself. */
IC_MUST_USE bool cli_parse_principal(struct ic_principal *out, const char *text);

/* cli_principal_in reads the first principal of a printed value: `... principal "aaaaa-aa" ...`.
 *   returns   false when text is NULL or has none; *out is untouched then */
IC_MUST_USE bool cli_principal_in(struct ic_principal *out, const char *text);

#endif
