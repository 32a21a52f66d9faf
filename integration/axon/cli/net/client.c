#include "cli/net/client.h"

#include "agent/pem.h"
#include "crypto/bls.h"

#include <stdio.h>
#include <string.h>

static const uint8_t MANAGEMENT_DID[] = {
#include "cli_management_did.inc"
};

struct ic_bytes cli_management_did(void)
{
    return (struct ic_bytes){.at = MANAGEMENT_DID, .size = sizeof MANAGEMENT_DID};
}

/* ---- options --------------------------------------------------------------------------------- */

static const struct argp_option OPTIONS[] = {
    {"network", 'n', "URL", 0, "the network to talk to (default: " CLI_NETWORK_DEFAULT ")", 0},
    {"root-key", 'k', "HEX", 0,
     "the network's root key (133 bytes, DER), which answers are verified against; without it the "
     "network's own word is taken",
     0},
    {"identity", 'i', "PEM", 0,
     "who calls: a private key of Ed25519 or P-256 (PKCS#8) or secp256k1 (SEC1); without it the "
     "anonymous principal",
     0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli_client_options *o = state->input;
    switch (key) {
    case 'n':
        o->url = arg;
        return 0;
    case 'k':
        o->root_key_hex = arg;
        return 0;
    case 'i':
        o->identity_path = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_client_argp = {.options = OPTIONS, .parser = parse};

bool cli_parse_principal(struct ic_principal *out, const char *text)
{
    if (ic_principal_from_text(out, ic_bytes_from_text(text))) {
        return true;
    }
    cli_error(CLI_USAGE, "not a canister id: %s", text);
    return false;
}

bool cli_principal_in(struct ic_principal *out, const char *text)
{
    static const char before[] = "principal \"";
    const char *open = text == NULL ? NULL : strstr(text, before);
    if (open == NULL) {
        return false;
    }
    open += sizeof before - 1;
    return ic_principal_from_text(out, (struct ic_bytes){.at = (const uint8_t *)open,
                                                         .size = strcspn(open, "\"")});
}

/* ---- the connection -------------------------------------------------------------------------- */

static int read_identity(struct cli_client *c, const char *path)
{
    struct axon_buf why = {0};
    int code = CLI_OK;
    if (path != NULL) {
        c->key = axon_pem_read_file(path, &why);
        code = c->key != NULL ? CLI_OK : cli_error(CLI_USAGE, "%s", axon_buf_text(&why));
    }
    axon_buf_free(&why);
    return code;
}

static int learn_root_key(struct cli_client *c, const char *url)
{
    if (!axon_agent_trust_status(c->agent, &c->answer)) {
        return cli_client_fail(c, "cannot ask for the root key");
    }
    fprintf(stderr, "axon: note: no --root-key given, believing the one of %s\n", url);
    return CLI_OK;
}

int cli_client_open(struct cli_client *c, const struct cli_client_options *options)
{
    const char *url = options->url != NULL ? options->url : CLI_NETWORK_DEFAULT;
    const char *hex = options->root_key_hex;
    struct axon_buf root_key = {0};
    *c = (struct cli_client){0};
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        return cli_error(CLI_USAGE, "--network: not an http:// or https:// URL: %s", url);
    }
    if (hex != NULL && (!axon_buf_append_from_hex(&root_key, ic_bytes_from_text(hex)) ||
                        root_key.size != AXON_BLS_DER_BYTES)) {
        axon_buf_free(&root_key);
        return cli_error(CLI_USAGE, "--root-key: not %u bytes in hexadecimal", AXON_BLS_DER_BYTES);
    }
    int code = read_identity(c, options->identity_path);
    if (code == CLI_OK) {
        c->agent = axon_agent_new(&(struct axon_agent_config){
            .url = url, .root_key = axon_buf_bytes(&root_key), .key = c->key});
        code = hex != NULL ? CLI_OK : learn_root_key(c, url);
    }
    axon_buf_free(&root_key);
    return code;
}

void cli_client_close(struct cli_client *c)
{
    if (c->agent != NULL) {
        axon_agent_free(c->agent);
    }
    axon_key_free(c->key);
    axon_agent_answer_free(&c->answer);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Server texts may hold anything: control bytes would reach the terminal. */
static void print_clean(FILE *out, struct ic_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.at[i];
        fputc((c < 0x20 && c != '\n') || c == 0x7f ? '?' : c, out);
    }
}

static int exit_code(enum axon_agent_result result)
{
    switch (result) {
    case AXON_AGENT_REPLIED:
        return CLI_OK;
    case AXON_AGENT_REJECTED:
        return CLI_FAILED;
    case AXON_AGENT_UNREACHABLE:
    case AXON_AGENT_REFUSED:
    case AXON_AGENT_TIMEOUT:
        return CLI_NETWORK;
    case AXON_AGENT_UNVERIFIED:
    case AXON_AGENT_MALFORMED:
        break;
    }
    return CLI_UNVERIFIED;
}

int cli_client_fail(const struct cli_client *c, const char *what)
{
    const struct axon_agent_answer *a = &c->answer;
    fprintf(stderr, "axon: %s: ", what);
    if (a->result == AXON_AGENT_REJECTED && a->reject_code != 0) {
        fprintf(stderr, "rejected (code %llu", (unsigned long long)a->reject_code);
        if (a->error_code.size > 0) {
            fputs(", ", stderr);
            print_clean(stderr, axon_buf_bytes(&a->error_code));
        }
        fputs("): ", stderr);
    }
    print_clean(stderr, axon_buf_bytes(&a->text));
    fputc('\n', stderr);
    return exit_code(a->result);
}

int cli_client_interface(struct cli_client *c, struct candid_text **out,
                         const struct ic_principal *canister)
{
    struct candid_text_error error;
    struct ic_bytes did = {0};
    if (canister->size == 0) {
        *out = candid_text_open(cli_management_did(), &error);
        return CLI_OK;
    }
    enum axon_agent_result result =
        axon_agent_metadata(c->agent, &c->answer, canister, "candid:service");
    if (result == AXON_AGENT_REPLIED) {
        did = axon_buf_bytes(&c->answer.reply);
    } else if (result != AXON_AGENT_REJECTED) {
        return cli_client_fail(c, "cannot read the canister's interface");
    } else {
        fputs("axon: note: the canister publishes no interface, types are those of the values as "
              "written\n",
              stderr);
    }
    *out = candid_text_open(did, &error);
    if (*out == NULL) {
        fprintf(stderr, "axon: note: the canister's interface is not valid Candid (%s)\n",
                error.text);
        *out = candid_text_open((struct ic_bytes){0}, &error);
    }
    return CLI_OK;
}
