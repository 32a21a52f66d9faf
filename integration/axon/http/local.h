/* `axon start` without its command line: a network with the ICP ledger, served on a port, and the
 * identities to use it with. SPEC: ledger 1.
 *
 *     what                        value
 *     ledger                      ryjl3-tyaaa-aaaaa-aaaba-cai, token ICP, fee 10,000 e8s
 *     minting account             governance's default account (082ecf2e...),
 *                                 icrc1_minting_account owner rrkah-fqaaa-aaaaa-aaaaq-cai
 *     dev1, dev2                  1,000,000 ICP each; Ed25519, see axon_local_identity
 *     anonymous principal         1,000,000,000 ICP
 *     controllers of the ledger   r7inp-6aaaa-aaaaa-aaabq-cai (root, as on mainnet) and dev1, so
 *                                 that upgrades can be tried */
#ifndef AXON_LOCAL_H
#define AXON_LOCAL_H

#include "crypto/keys.h"
#include "http/server.h"

#define AXON_LOCAL_PORT           8080u
#define AXON_LOCAL_IDENTITIES_DIR ".axon/identities"
#define AXON_LOCAL_LEDGER_WASM    "build/wasm/ledger.wasm"

struct axon_local_config {
    uint16_t port;              /* 0: any free one */
    const char *seed;           /* NULL: "axon" */
    const char *identities_dir; /* NULL: the default; made when missing; NAME.pem, mode 0600 */
    const char *ledger_wasm;    /* path, raw or gzip; NULL: the default */
};

struct axon_local;

/* axon_local_start does it all.
 *   why       on failure: the reason is appended
 *   returns   release with axon_local_stop; NULL on failure */
struct axon_local *axon_local_start(const struct axon_local_config *config, struct axon_buf *why);
void axon_local_stop(struct axon_local *local);

struct axon_server *axon_local_server(struct axon_local *local);

/* A funded account of the local network. Texts are valid while local is. */
struct axon_local_account {
    const char *name;     /* "dev1", "dev2", "anonymous" */
    const char *pem_path; /* NULL for the anonymous principal */
    struct ic_principal principal;
    char account_hex[65]; /* default account identifier */
    uint64_t balance_e8s; /* at the start */
};
#define AXON_LOCAL_ACCOUNTS 3u
const struct axon_local_account *axon_local_accounts(const struct axon_local *local);

/* The identities are the same in every network, so everybody can know them: never use them with
 * money. The Ed25519 secret of NAME is SHA-256("axon local identity: NAME").
 *   returns   release with axon_key_free */
struct axon_key *axon_local_identity(const char *name);

#endif
