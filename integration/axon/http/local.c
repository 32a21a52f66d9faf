#include "http/local.h"

#include "base/hash.h"
#include "ic/account.h"
#include "ic/arena.h"
#include "icp_did.h"
#include "management_did.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SEED_DEFAULT   "axon"
#define NS_PER_S       1000000000u
#define E8S_PER_ICP    100000000u
#define DEV_ICP        1000000u
#define ANONYMOUS_ICP  1000000000u
#define GOVERNANCE     1u /* canister indices of the NNS. SPEC: ledger 1 */
#define LEDGER         2u
#define ROOT           3u
#define FEE_E8S        10000u
#define INIT_ARG_BYTES 65536u

struct axon_local {
    struct axon_network *net;
    struct axon_server *server;
    struct axon_local_account accounts[AXON_LOCAL_ACCOUNTS];
    char *pem_paths[AXON_LOCAL_ACCOUNTS]; /* owned */
};

/* ---- identities ----------------------------------------------------------------------------- */

struct axon_key *axon_local_identity(const char *name)
{
    struct axon_buf text = {0};
    uint8_t secret[AXON_KEY_SECRET_BYTES];
    axon_buf_printf(&text, "axon local identity: %s", name);
    axon_sha256(secret, axon_buf_bytes(&text));
    axon_buf_free(&text);
    return axon_key_from_secret(AXON_KEY_ED25519, secret);
}

/* Makes the folder and those above it, as mkdir -p does. */
static bool make_folders(const char *path)
{
    char *copy = strdup(path);
    bool ok = copy != NULL;
    for (char *at = copy; ok && at != NULL;) {
        at = strchr(at + 1, '/');
        if (at != NULL) {
            *at = '\0';
        }
        ok = mkdir(copy, 0700) == 0 || errno == EEXIST;
        if (at != NULL) {
            *at = '/';
        }
    }
    free(copy);
    return ok;
}

/* Written afresh each time, readable by the owner only from the first byte on. */
static bool write_private(const char *path, struct ic_bytes content)
{
    (void)unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0) {
        return false;
    }
    bool ok = write(file, content.at, content.size) == (ssize_t)content.size;
    return close(file) == 0 && ok;
}

static bool write_identity(char **path, const char *dir, const char *name,
                           const struct axon_key *key, struct axon_buf *why)
{
    struct axon_buf pem = {0};
    axon_key_to_pem(key, &pem);
    bool ok =
        asprintf(path, "%s/%s.pem", dir, name) >= 0 && write_private(*path, axon_buf_bytes(&pem));
    if (!ok) {
        axon_buf_printf(why, "cannot write %s: %s", *path, strerror(errno));
    }
    axon_buf_free(&pem);
    return ok;
}

static void fill_account(struct axon_local_account *account, const char *name,
                         const struct ic_principal *principal, uint64_t icp)
{
    struct ic_account_id id = ic_account_id_from_owner(principal, NULL);
    account->name = name;
    account->principal = *principal;
    account->balance_e8s = icp * E8S_PER_ICP;
    ic_account_id_to_hex(account->account_hex, &id); /* the NUL is there */
}

static bool make_dev_account(struct axon_local *local, size_t index, const char *name,
                             const char *dir, struct axon_buf *why)
{
    struct axon_key *key = axon_local_identity(name);
    struct ic_principal principal = ic_principal_from_public_key(axon_key_public_der(key));
    fill_account(&local->accounts[index], name, &principal, DEV_ICP);
    bool ok = write_identity(&local->pem_paths[index], dir, name, key, why);
    local->accounts[index].pem_path = local->pem_paths[index];
    axon_key_free(key);
    return ok;
}

static bool make_accounts(struct axon_local *local, const char *dir, struct axon_buf *why)
{
    if (!make_folders(dir)) {
        axon_buf_printf(why, "cannot make %s: %s", dir, strerror(errno));
        return false;
    }
    fill_account(&local->accounts[2], "anonymous", &IC_PRINCIPAL_ANONYMOUS, ANONYMOUS_ICP);
    return make_dev_account(local, 0, "dev1", dir, why) &&
           make_dev_account(local, 1, "dev2", dir, why);
}

/* ---- the ledger ----------------------------------------------------------------------------- */

/* Encodes (variant { Init = record { ... } }). The views in it live until the arena is reset. */
static struct ic_bytes ledger_init_arg(const struct axon_local *local, struct ic_arena *arena)
{
    struct ic_principal governance = ic_principal_from_canister_index(GOVERNANCE);
    struct ic_account_id minting_id = ic_account_id_from_owner(&governance, NULL);
    char minting[IC_ADDRESS_HEX];
    ic_account_id_to_hex(minting, &minting_id);
    struct icp_init_args_initial_values values[AXON_LOCAL_ACCOUNTS];
    for (size_t i = 0; i < AXON_LOCAL_ACCOUNTS; i++) {
        values[i].f0 = ic_bytes_from_text(local->accounts[i].account_hex);
        values[i].f1 = (struct icp_tokens){.e8s = local->accounts[i].balance_e8s};
    }
    struct icp_init_in in = {
        .arg0 = {.tag = ICP_LEDGER_CANISTER_PAYLOAD_INIT,
                 .as.init = {
                     .minting_account = {.at = (const uint8_t *)minting, .size = sizeof minting},
                     .icrc1_minting_account = {.has = true, .value = {.owner = governance}},
                     .initial_values = {.at = values, .count = AXON_LOCAL_ACCOUNTS},
                     .transfer_fee = {.has = true, .value = {.e8s = FEE_E8S}},
                     .token_symbol = {.has = true, .value = IC_BYTES_LIT("ICP")},
                     .token_name = {.has = true, .value = IC_BYTES_LIT("Internet Computer")},
                 }}};
    struct ic_bytes arg = {0};
    if (candid_encode(&arg, &icp_init_method.in, &in, CANDID_ENCODE_FULL, arena) != CANDID_OK) {
        abort(); /* trusted values that fit many times over */
    }
    return arg;
}

/* Encodes the argument of update_settings that makes dev1 a controller besides root. */
static struct ic_bytes controllers_arg(const struct axon_local *local,
                                       const struct ic_principal *canister, struct ic_arena *arena)
{
    struct ic_principal controllers[] = {ic_principal_from_canister_index(ROOT),
                                         local->accounts[0].principal};
    struct management_update_settings_in in = {
        .arg0 = {.canister_id = *canister,
                 .settings.controllers = {.has = true, .value = {.at = controllers, .count = 2}}}};
    struct ic_bytes arg = {0};
    if (candid_encode(&arg, &management_update_settings_method.in, &in, CANDID_ENCODE_FULL,
                      arena) != CANDID_OK) {
        abort(); /* trusted values that fit many times over */
    }
    return arg;
}

static bool succeeded(struct axon_outcome *out, const char *what, struct axon_buf *why)
{
    if (out->status != AXON_STATUS_REPLIED) {
        axon_buf_printf(why, "cannot %s the ledger: %s", what, axon_buf_text(&out->reject_text));
    }
    return out->status == AXON_STATUS_REPLIED;
}

static bool install_ledger(struct axon_local *local, struct ic_bytes module, struct axon_buf *why)
{
    struct ic_principal root = ic_principal_from_canister_index(ROOT);
    struct ic_principal at = ic_principal_from_canister_index(LEDGER);
    struct ic_principal ledger = axon_create_canister(local->net, &root, &at, AXON_CYCLES_DEFAULT);
    uint8_t *memory = axon_alloc(INIT_ARG_BYTES);
    struct ic_arena arena;
    ic_arena_init(&arena, memory, INIT_ARG_BYTES);
    struct axon_outcome out = {0};
    axon_install(local->net, &out, &root, &ledger, AXON_INSTALL, module,
                 ledger_init_arg(local, &arena));
    bool ok = succeeded(&out, "install", why);
    if (ok) {
        axon_update(local->net, &out, &root, &IC_PRINCIPAL_MANAGEMENT, "update_settings",
                    controllers_arg(local, &ledger, &arena));
        ok = succeeded(&out, "set the controllers of", why);
    }
    axon_outcome_free(&out);
    free(memory);
    return ok;
}

static bool load_ledger(struct axon_local *local, const char *path, struct axon_buf *why)
{
    struct axon_buf module = {0};
    bool ok = axon_buf_read_file(&module, path);
    if (!ok) {
        axon_buf_printf(why, "cannot read %s: %s", path, strerror(errno));
    }
    ok = ok && install_ledger(local, axon_buf_bytes(&module), why);
    axon_buf_free(&module);
    return ok;
}

/* ---- starting and stopping ------------------------------------------------------------------ */

static uint64_t wall_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static const char *or_default(const char *given, const char *otherwise)
{
    return given == NULL ? otherwise : given;
}

static bool start(struct axon_local *local, const struct axon_local_config *config,
                  struct axon_buf *why)
{
    const char *seed = or_default(config->seed, SEED_DEFAULT);
    struct axon_server_config server = {.port = config->port, .service = {.seed = seed}};
    local->net = axon_network_new(
        &(struct axon_config){.seed = seed, .time_ns = wall_clock_ns(), .free_cycles = true});
    if (!make_accounts(local, or_default(config->identities_dir, AXON_LOCAL_IDENTITIES_DIR), why) ||
        !load_ledger(local, or_default(config->ledger_wasm, AXON_LOCAL_LEDGER_WASM), why)) {
        return false;
    }
    local->server = axon_server_start(local->net, &server, why);
    return local->server != NULL;
}

struct axon_local *axon_local_start(const struct axon_local_config *config, struct axon_buf *why)
{
    struct axon_local *local = axon_alloc(sizeof *local);
    if (!start(local, config, why)) {
        axon_local_stop(local);
        return NULL;
    }
    return local;
}

void axon_local_stop(struct axon_local *local)
{
    if (local->server != NULL) {
        axon_server_stop(local->server);
    }
    axon_network_free(local->net);
    for (size_t i = 0; i < AXON_LOCAL_ACCOUNTS; i++) {
        free(local->pem_paths[i]);
    }
    free(local);
}

struct axon_server *axon_local_server(struct axon_local *local)
{
    return local->server;
}

const struct axon_local_account *axon_local_accounts(const struct axon_local *local)
{
    return local->accounts;
}
