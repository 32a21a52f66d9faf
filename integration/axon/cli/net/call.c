/* `axon call`: one method of one canister. */
#include "cli/net/client.h"

#include <errno.h>
#include <stdio.h>

struct arguments {
    struct cli_client_options client;
    bool is_query;
    const char *words[3]; /* CANISTER METHOD ARG */
};

static const struct argp_option OPTIONS[] = {
    {"query", 'q', NULL, 0,
     "ask one node, which signs the answer (fast), instead of calling through consensus", 0},
    {0},
};

static const char DOC[] =
    "Calls a method of a canister and prints the reply as Candid text.\v"
    "ARG is Candid text, e.g. '(record { owner = principal \"2vxsx-fae\" })'; without it the "
    "method is called with no arguments. Types and field names come from the canister's own "
    "interface; optional fields may be left out.\n"
    "\n"
    "Every answer is verified: a call's by a certificate of the network, a query's by the "
    "signature of a node.\n"
    "\n" CLI_CLIENT_EXIT_CODES;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->client;
        return 0;
    case 'q':
        a->is_query = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num >= 3) {
            argp_error(state, "too many arguments; quote the Candid text");
            return EINVAL;
        }
        a->words[state->arg_num] = arg;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 2) {
            argp_error(state, "CANISTER and METHOD are needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A call to the management canister concerns the canister its argument names. */
static struct ic_principal effective_canister(struct candid_text *t,
                                              const struct ic_principal *canister,
                                              struct ic_bytes message)
{
    struct candid_text_error error;
    struct ic_principal out = *canister;
    const struct candid_text_types *types = candid_text_types_parse(
        t, IC_BYTES_LIT("(record { canister_id : principal })"), &error);
    if (canister->size == 0 && types != NULL &&
        !cli_principal_in(&out, candid_text_decode(t, types, message, &error))) {
        out = *canister; /* a creation call names none: any subnet may answer */
    }
    return out;
}

static int print_reply(struct cli_client *c, struct candid_text *t,
                       const struct candid_text_method *method)
{
    struct candid_text_error error;
    struct ic_bytes reply = axon_buf_bytes(&c->answer.reply);
    const char *text = NULL;
    if (method != NULL) {
        text = candid_text_decode(t, method->results, reply, &error);
        if (text == NULL) {
            fprintf(stderr, "axon: note: the reply is not of the declared type (%s)\n", error.text);
        }
    }
    text = text != NULL ? text : candid_text_decode(t, NULL, reply, &error);
    if (text != NULL) {
        puts(text);
        return CLI_OK;
    }
    struct axon_buf hex = {0};
    axon_buf_append_hex(&hex, reply);
    fprintf(stderr, "axon: note: the reply is not Candid (%s); its bytes follow\n", error.text);
    puts(axon_buf_text(&hex));
    axon_buf_free(&hex);
    return CLI_OK;
}

/* Encodes the argument, sends, prints. */
static int call_method(struct cli_client *c, struct candid_text *t, const struct arguments *a,
                       const struct ic_principal *canister)
{
    struct candid_text_error error;
    struct ic_bytes message;
    const char *name = a->words[1];
    const struct candid_text_method *method = candid_text_method_find(t, name);
    const char *text = a->words[2] != NULL ? a->words[2] : "()";
    if (!candid_text_encode(t, &message, method == NULL ? NULL : method->args,
                            ic_bytes_from_text(text), &error)) {
        return cli_error(CLI_USAGE, "argument of %s: %s", name, error.text);
    }
    enum axon_agent_result result;
    if (a->is_query) {
        result = axon_agent_query(c->agent, &c->answer, canister, name, message);
    } else {
        struct ic_principal effective = effective_canister(t, canister, message);
        result = axon_agent_call(c->agent, &c->answer, &effective, canister, name, message);
    }
    return result == AXON_AGENT_REPLIED ? print_reply(c, t, method) : cli_client_fail(c, name);
}

int cli_call(int argc, char **argv)
{
    static const struct argp_child children[] = {{&cli_client_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.options = OPTIONS, .parser = parse, .children = children,
                                     .args_doc = "CANISTER METHOD [ARG]", .doc = DOC};
    struct arguments a = {0};
    struct ic_principal canister;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (!cli_parse_principal(&canister, a.words[0])) {
        return CLI_USAGE;
    }
    struct cli_client client;
    struct candid_text *interface = NULL;
    int code = cli_client_open(&client, &a.client);
    if (code == CLI_OK) {
        code = cli_client_interface(&client, &interface, &canister);
    }
    if (code == CLI_OK) {
        code = call_method(&client, interface, &a, &canister);
    }
    if (interface != NULL) {
        candid_text_close(interface);
    }
    cli_client_close(&client);
    return code;
}
