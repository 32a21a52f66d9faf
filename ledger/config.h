/* What a ledger is told when it is installed and never forgets: its configuration.
 *
 * An upgrade may change the ICRC-1 form of the minting account and the feature flags, nothing else.
 * Accepted and without effect, as in the official ledger of today: send_whitelist. Accepted and not
 * kept until archives are built: archive_options, max_message_size_bytes. SPEC: ledger 1, 14 */
#ifndef LEDGER_CONFIG_H
#define LEDGER_CONFIG_H

#include "ic/account.h"
#include "ledger/constants.h"
#include "ledger/stable_layout.h"
#include "ledger/types.h"

/* An account as ICRC-1 writes it. */
struct icrc_account {
    struct ic_principal owner;
    bool has_subaccount;
    struct ic_subaccount subaccount;
};

/* icrc_account_is_equal: the same owner, and the same subaccount with absence meaning zeros. So
 * equal names are one account, and (as nobody finds collisions of SHA-224) different ones are two.
 * */
bool icrc_account_is_equal(const struct icrc_account *a, const struct icrc_account *b);

/* A short text by value; bytes beyond size are unspecified. */
struct ledger_symbol {
    uint8_t size;
    uint8_t bytes[LEDGER_TOKEN_SYMBOL_BYTES_MAX];
};
struct ledger_name {
    uint8_t size;
    uint8_t bytes[LEDGER_TOKEN_NAME_BYTES_MAX];
};

struct ledger_config {
    struct ledger_account minting_account;
    struct e8s fee;
    uint64_t window_ns; /* how long a transaction is remembered */
    bool has_icrc2;
    bool has_icrc_minting_account;
    struct icrc_account icrc_minting_account;
    struct ledger_symbol symbol;
    struct ledger_name name;
};

/* ledger_config_default is a configuration with the given minting account and the defaults of
 * constants.h. */
void ledger_config_default(struct ledger_config *config,
                           const struct ledger_account *minting_account);

/* Both return false when the text is longer than there is room for; nothing changes then. */
IC_MUST_USE bool ledger_config_symbol_set(struct ledger_config *config, struct ic_bytes symbol);
IC_MUST_USE bool ledger_config_name_set(struct ledger_config *config, struct ic_bytes name);

/* ledger_config_encode writes the stored form. Layout, version 1, little-endian:
 *
 *      0  32  minting account, address        48   1  ICRC-2 flag, 0 or 1
 *     32   8  fee, e8s                        49   1  ICRC-1 minting account present, 0 or 1
 *     40   8  window, nanoseconds             50  63  1 size and 29 bytes of owner, 1 subaccount
 *                                                     present, 32 subaccount
 *    113   1  size of symbol, then the symbol, 1 size of name, then the name
 *
 *   returns   how many bytes */
size_t ledger_config_encode(uint8_t out[LEDGER_CONFIG_BYTES_MAX],
                            const struct ledger_config *config);

/* ledger_config_decode reads it back.
 *   returns   false when the bytes are not such a form; *config is undefined then */
IC_MUST_USE bool ledger_config_decode(struct ledger_config *config, struct ic_bytes in);

#endif
