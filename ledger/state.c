#include "ledger/state.h"

#include "ic/buf.h"
#include "ic/trap.h"
#include "ledger/account.h"

static void structures_open(struct ledger_state *state, struct ic_store *store)
{
    ic_cell_open(&state->config_cell, store, LEDGER_REGION_CONFIG, LEDGER_CONFIG_BYTES_MAX);
    ic_cell_open(&state->tip_cell, store, LEDGER_REGION_TIP, LEDGER_TIP_BYTES);
    ic_table_open(&state->balances, store, LEDGER_REGION_BALANCES, LEDGER_KEY_BYTES,
                  LEDGER_BALANCE_BYTES);
    ic_log_open(&state->blocks, store, LEDGER_REGION_BLOCKS);
    ledger_window_open(&state->window, store);
}

static void tip_write(struct ledger_state *state)
{
    uint8_t stored[LEDGER_TIP_BYTES];
    memcpy(stored, state->tip.hash.bytes, LEDGER_HASH_BYTES);
    ic_store_u64_le(stored + LEDGER_HASH_BYTES, state->tip.timestamp_ns);
    ic_store_u64_le(stored + LEDGER_HASH_BYTES + 8, state->tip.token_pool.v);
    ic_cell_write(&state->tip_cell, (struct ic_bytes){.at = stored, .size = sizeof stored});
}

static void tip_read(struct ledger_state *state)
{
    uint8_t stored[LEDGER_TIP_BYTES];
    const size_t size = ic_cell_read(&state->tip_cell, stored);
    ic_assert(size == sizeof stored);
    memcpy(state->tip.hash.bytes, stored, LEDGER_HASH_BYTES);
    state->tip.timestamp_ns = ic_load_u64_le(stored + LEDGER_HASH_BYTES);
    state->tip.token_pool.v = ic_load_u64_le(stored + LEDGER_HASH_BYTES + 8);
}

static void minter_name_check(struct ledger_state *state)
{
    const struct icrc_account *name = &state->config.icrc_minting_account;
    state->knows_minter_name = false;
    if (state->config.has_icrc_minting_account) {
        const struct ledger_account hashed = ledger_account_from_icrc(name);
        state->knows_minter_name = ledger_account_is_equal(&hashed, &state->config.minting_account);
    }
}

void ledger_config_replace(struct ledger_state *state, const struct ledger_config *config)
{
    uint8_t stored[LEDGER_CONFIG_BYTES_MAX];
    const size_t size = ledger_config_encode(stored, config);
    ic_cell_write(&state->config_cell, (struct ic_bytes){.at = stored, .size = size});
    state->config = *config;
    minter_name_check(state);
}

void ledger_state_create(struct ledger_state *state, struct ic_store *store,
                         const struct ledger_config *config)
{
    structures_open(state, store);
    ic_assert(ledger_chain_length_get(state) == 0);
    ledger_config_replace(state, config);
    state->tip = (struct ledger_tip){.token_pool = {LEDGER_TOKEN_POOL_INITIAL}};
    tip_write(state);
}

void ledger_state_open(struct ledger_state *state, struct ic_store *store)
{
    uint8_t stored[LEDGER_CONFIG_BYTES_MAX];
    structures_open(state, store);
    const size_t size = ic_cell_read(&state->config_cell, stored);
    ic_assert(ledger_config_decode(&state->config, (struct ic_bytes){.at = stored, .size = size}));
    minter_name_check(state);
    tip_read(state);
}

struct e8s ledger_balance_get(const struct ledger_state *state,
                              const struct ledger_account *account)
{
    uint8_t stored[LEDGER_BALANCE_BYTES];
    if (!ic_table_find(&state->balances, stored, NULL, ledger_account_key(account))) {
        return (struct e8s){0};
    }
    return (struct e8s){ic_load_u64_le(stored)};
}

struct e8s ledger_total_supply_get(const struct ledger_state *state)
{
    return (struct e8s){LEDGER_TOKEN_POOL_INITIAL - state->tip.token_pool.v};
}

void ledger_balance_change_read(struct ledger_balance_change *change,
                                const struct ledger_state *state,
                                const struct ledger_account *account)
{
    uint8_t stored[LEDGER_BALANCE_BYTES];
    change->account = account;
    change->exists =
        ic_table_find(&state->balances, stored, &change->slot, ledger_account_key(account));
    change->before.v = change->exists ? ic_load_u64_le(stored) : 0;
    change->after = change->before;
    ic_assert(!change->exists || change->before.v != 0);
}

static void balance_write(struct ledger_state *state, const struct ledger_balance_change *change)
{
    uint8_t stored[LEDGER_BALANCE_BYTES];
    if (change->account == NULL || change->after.v == change->before.v) {
        return;
    }
    ic_store_u64_le(stored, change->after.v);
    if (!change->exists) {
        ic_table_insert(&state->balances, ledger_account_key(change->account), stored);
    } else if (change->after.v != 0) {
        ic_table_set_at(&state->balances, &change->slot, stored);
    } else {
        ic_table_remove_at(&state->balances, &change->slot);
    }
}

void ledger_balances_write(struct ledger_state *state, const struct ledger_balance_change *from,
                           const struct ledger_balance_change *to)
{
    /* An insert or a removal moves slots, so what only replaces a value goes first: a receiver that
     * exists is never removed, and a receiver that does not exist has no slot to lose. */
    ic_assert(to->after.v >= to->before.v);
    if (to->exists) {
        balance_write(state, to);
        balance_write(state, from);
    } else {
        balance_write(state, from);
        balance_write(state, to);
    }
}

uint64_t ledger_block_append(struct ledger_state *state, struct ic_bytes encoded,
                             const struct ledger_tip *tip)
{
    const uint64_t index = ledger_chain_length_get(state);
    ic_assert(tip->timestamp_ns >= state->tip.timestamp_ns);
    if (!ic_log_append(&state->blocks, encoded)) {
        IC_TRAP("no stable memory for another block");
    }
    state->tip = *tip;
    tip_write(state);
    return index;
}
