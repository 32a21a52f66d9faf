/* The ledger's state: configuration, balances, chain, dedup window.
 *
 * The data are in stable memory (stable_layout.h); this struct is their directory, with copies of
 * the few values that every transfer needs. Opening it costs the same at any size.
 *
 * Invariants: the sum of all balances plus the token pool is 2^64 - 1; no stored balance is 0;
 * block i holds the hash of block i - 1; timestamps never go back. */
#ifndef LEDGER_STATE_H
#define LEDGER_STATE_H

#include "ic/cell.h"
#include "ic/log.h"
#include "ic/table.h"
#include "ledger/config.h"
#include "ledger/window.h"

/* The end of the chain, and what is not in any account. Stored as hash, timestamp, pool. */
struct ledger_tip {
    struct ledger_hash hash; /* of the last block; zeros when there is none */
    uint64_t timestamp_ns;   /* of the last block; 0 when there is none */
    struct e8s token_pool;   /* tokens that do not exist at present */
};

struct ledger_state {
    struct ledger_tip tip; /* what changes stands together: one heap page */
    struct ic_log blocks;
    struct ic_table balances;
    struct ledger_window window;
    struct ic_cell tip_cell;
    struct ic_cell config_cell;
    struct ledger_config config;
    bool knows_minter_name; /* config.icrc_minting_account is config.minting_account, hashed and
                               compared: installation takes any account for it */
};

/* ledger_state_create lays out an empty ledger in an empty store.
 *   traps   when stable memory cannot grow */
void ledger_state_create(struct ledger_state *state, struct ic_store *store,
                         const struct ledger_config *config);

/* ledger_state_open finds the ledger in a store that ic_store_open has checked.
 *   traps   when the configuration or the tip is missing or malformed */
void ledger_state_open(struct ledger_state *state, struct ic_store *store);

/* ledger_config_replace stores a changed configuration, in an upgrade. */
void ledger_config_replace(struct ledger_state *state, const struct ledger_config *config);

/* ledger_balance_get gives what an account holds; 0 for one that is not stored. */
struct e8s ledger_balance_get(const struct ledger_state *state,
                              const struct ledger_account *account);

/* ledger_total_supply_get gives the sum of all balances. */
struct e8s ledger_total_supply_get(const struct ledger_state *state);

static inline uint64_t ledger_chain_length_get(const struct ledger_state *state)
{
    return ic_log_count(&state->blocks);
}

/* A new value for one account, and where it goes. */
struct ledger_balance_change {
    const struct ledger_account *account; /* NULL: no change */
    bool exists;                          /* the account is stored, at slot */
    struct ic_table_slot slot;
    struct e8s before; /* 0 when it is not stored */
    struct e8s after;
};

/* ledger_balance_change_read prepares a change of an account: reads what it holds; after = before.
 * */
void ledger_balance_change_read(struct ledger_balance_change *change,
                                const struct ledger_state *state,
                                const struct ledger_account *account);

/* ledger_balances_write carries out the changes of one transaction. Both must have been read since
 * the last write and concern different accounts.
 *   traps   when stable memory cannot grow */
void ledger_balances_write(struct ledger_state *state, const struct ledger_balance_change *from,
                           const struct ledger_balance_change *to);

/* ledger_block_append puts a block at the end of the chain and stores the new tip.
 *   encoded        a block whose parent is the present tip
 *   tip            its hash, its timestamp, and the token pool from now on
 *   returns        its index
 *   traps          when stable memory cannot grow */
uint64_t ledger_block_append(struct ledger_state *state, struct ic_bytes encoded,
                             const struct ledger_tip *tip);

#endif
