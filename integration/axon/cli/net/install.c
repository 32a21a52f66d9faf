/* `axon install`: creates a canister if need be and puts a module into it. */
#include "cli/net/client.h"
#include "wasm/wasm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const MODES[] = {"install", "reinstall", "upgrade"};
#define MODE_COUNT (sizeof MODES / sizeof MODES[0])

struct arguments {
    struct cli_client_options client;
    const char *mode;
    const char *canister; /* NULL: create one */
    const char *words[2]; /* WASM ARG */
};

static const struct argp_option OPTIONS[] = {
    {"mode", 'm', "MODE", 0, "install (default), reinstall or upgrade", 0},
    {"canister", 'c', "ID", 0, "the canister; without it a new one is created", 0},
    {0},
};

static const char DOC[] =
    "Puts a module into a canister and prints the canister's id.\v"
    "WASM is a module, raw or gzip. ARG is the install argument as Candid text, typed by the "
    "module's own candid:service section; without it the module gets no arguments.\n"
    "\n" CLI_CLIENT_EXIT_CODES;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->client;
        return 0;
    case 'm':
        a->mode = arg;
        return 0;
    case 'c':
        a->canister = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num >= 2) {
            argp_error(state, "too many arguments; quote the Candid text");
            return EINVAL;
        }
        a->words[state->arg_num] = arg;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 1) {
            argp_error(state, "WASM is needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the argument ---------------------------------------------------------------------------- */

/* The interface the module carries; an empty one when it carries none. */
static struct candid_text *module_interface(struct ic_bytes wasm)
{
    struct axon_buf why = {0};
    struct candid_text_error error;
    struct candid_text *t = NULL;
    struct axon_wasm *module = axon_wasm_parse(wasm, &why);
    size_t count = module == NULL ? 0 : axon_wasm_metadata_count(module);
    for (size_t i = 0; i < count && t == NULL; i++) {
        const struct axon_wasm_metadata *m = axon_wasm_metadata_at(module, i);
        if (ic_bytes_is_equal(m->name, IC_BYTES_LIT("candid:service"))) {
            t = candid_text_open(m->content, &error);
        }
    }
    if (module != NULL) {
        axon_wasm_free(module);
    }
    axon_buf_free(&why);
    return t != NULL ? t : candid_text_open((struct ic_bytes){0}, &error);
}

/* Encodes the install argument into out; reports a failure itself. */
static int encode_argument(struct axon_buf *out, const char *text, struct ic_bytes wasm)
{
    struct candid_text *t = module_interface(wasm);
    struct candid_text_error error;
    struct ic_bytes message;
    const struct candid_text_types *types = text == NULL ? NULL : candid_text_init_args(t);
    int code = CLI_OK;
    if (candid_text_encode(t, &message, types, ic_bytes_from_text(text == NULL ? "()" : text),
                           &error)) {
        axon_buf_append(out, message);
    } else {
        code = cli_error(CLI_USAGE, "install argument: %s", error.text);
    }
    candid_text_close(t);
    return code;
}

/* ---- the management canister ----------------------------------------------------------------- */

static void append_blob(struct axon_buf *out, struct ic_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    axon_buf_append_text(out, "blob \"");
    for (size_t i = 0; i < bytes.size; i++) {
        const char escaped[] = {'\\', digits[bytes.at[i] >> 4], digits[bytes.at[i] & 15], '\0'};
        axon_buf_append_text(out, escaped);
    }
    axon_buf_append_text(out, "\"");
}

/* Calls a management method with a Candid text and leaves the reply in the client's answer. */
static int manage(struct cli_client *c, struct candid_text *t, const struct ic_principal *target,
                  const char *method, struct ic_bytes text)
{
    const struct candid_text_method *m = candid_text_method_find(t, method);
    struct candid_text_error error;
    struct ic_bytes message;
    if (m == NULL || !candid_text_encode(t, &message, m->args, text, &error)) {
        return cli_error(CLI_USAGE, "%s: cannot encode its argument", method);
    }
    if (axon_agent_call(c->agent, &c->answer, target, &IC_PRINCIPAL_MANAGEMENT, method, message) !=
        AXON_AGENT_REPLIED) {
        return cli_client_fail(c, method);
    }
    return CLI_OK;
}

static int create(struct cli_client *c, struct candid_text *t, struct ic_principal *out)
{
    static const char method[] = "provisional_create_canister_with_cycles";
    const struct candid_text_method *m = candid_text_method_find(t, method);
    struct candid_text_error error;
    int code = manage(c, t, &IC_PRINCIPAL_MANAGEMENT, method,
                      IC_BYTES_LIT("(record { amount = null })"));
    if (code == CLI_OK &&
        !cli_principal_in(out, candid_text_decode(t, m->results, axon_buf_bytes(&c->answer.reply),
                                                  &error))) {
        return cli_error(CLI_UNVERIFIED, "the network's answer names no canister");
    }
    return code;
}

static int install_code(struct cli_client *c, struct candid_text *t,
                        const struct ic_principal *canister, const char *mode,
                        struct ic_bytes module, struct ic_bytes arg)
{
    char id[IC_PRINCIPAL_TEXT_MAX + 1];
    struct axon_buf text = {0};
    ic_principal_to_text(id, canister);
    axon_buf_printf(&text, "(record { mode = variant { %s }; canister_id = principal \"%s\"; ",
                    mode, id);
    axon_buf_append_text(&text, "wasm_module = ");
    append_blob(&text, module);
    axon_buf_append_text(&text, "; arg = ");
    append_blob(&text, arg);
    axon_buf_append_text(&text, " })");
    int code = manage(c, t, canister, "install_code", axon_buf_bytes(&text));
    axon_buf_free(&text);
    return code;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int run(const struct arguments *a, struct ic_bytes module, struct ic_bytes arg)
{
    struct candid_text_error error;
    struct ic_principal canister = {0};
    if (a->canister != NULL && !cli_parse_principal(&canister, a->canister)) {
        return CLI_USAGE;
    }
    struct cli_client client;
    struct candid_text *management = candid_text_open(cli_management_did(), &error);
    int code = cli_client_open(&client, &a->client);
    if (code == CLI_OK && a->canister == NULL) {
        code = create(&client, management, &canister);
    }
    if (code == CLI_OK) {
        char id[IC_PRINCIPAL_TEXT_MAX + 1];
        ic_principal_to_text(id, &canister);
        if (a->canister == NULL) {
            fprintf(stderr, "axon: created %s\n", id);
        }
        code = install_code(&client, management, &canister, a->mode, module, arg);
        if (code == CLI_OK) {
            puts(id);
        }
    }
    candid_text_close(management);
    cli_client_close(&client);
    return code;
}

static bool check_mode(const struct arguments *a)
{
    size_t i = 0;
    while (i < MODE_COUNT && strcmp(a->mode, MODES[i]) != 0) {
        i++;
    }
    if (i == MODE_COUNT) {
        cli_error(CLI_USAGE, "--mode: install, reinstall or upgrade, not %s", a->mode);
        return false;
    }
    if (i > 0 && a->canister == NULL) {
        cli_error(CLI_USAGE, "--mode %s needs --canister", a->mode);
        return false;
    }
    return true;
}

int cli_install(int argc, char **argv)
{
    static const struct argp_child children[] = {{&cli_client_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.options = OPTIONS, .parser = parse, .children = children,
                                     .args_doc = "WASM [ARG]", .doc = DOC};
    struct arguments a = {.mode = MODES[0]};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (!check_mode(&a)) {
        return CLI_USAGE;
    }
    struct axon_buf file = {0}, raw = {0}, arg = {0};
    int code = CLI_USAGE;
    if (!axon_buf_read_file(&file, a.words[0])) {
        cli_error(CLI_USAGE, "%s: %s", a.words[0], strerror(errno));
    } else if (cli_read_wasm(&raw, a.words[0])) {
        code = encode_argument(&arg, a.words[1], axon_buf_bytes(&raw));
    }
    if (code == CLI_OK) { /* sent as it lies in the file: gzip halves the message */
        code = run(&a, axon_buf_bytes(&file), axon_buf_bytes(&arg));
    }
    axon_buf_free(&file);
    axon_buf_free(&raw);
    axon_buf_free(&arg);
    return code;
}
