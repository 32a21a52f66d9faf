/* State in stable memory: the ledger's id, and the deals by id. */
#include "escrow/escrow.h"

#include "ic/buf.h"
#include "ic/cell.h"
#include "ic/map.h"
#include "ic/stable.h"
#include "ic/trap.h"

static const struct ic_store_app APP = {.magic = "ESCROW1", .version = 1};

static struct ic_store store;
static struct ic_cell config; /* the bytes of the ledger's id */
static struct ic_map deals;   /* id big-endian -> deal_encode */

static void structures_open(void)
{
    ic_cell_open(&config, &store, ESCROW_REGION_CONFIG, IC_PRINCIPAL_BYTES_MAX);
    ic_map_open(&deals, &store, ESCROW_REGION_DEALS, sizeof(uint64_t), DEAL_STORED_BYTES);
    settle_open(&store);
}

void escrow_state_create(const struct ic_principal *ledger)
{
    ic_store_create(&store, APP);
    structures_open();
    ic_cell_write(&config, ic_principal_bytes(ledger));
}

void escrow_state_open(void)
{
    ic_store_open(&store, APP);
    structures_open();
}

struct ic_principal escrow_ledger(void)
{
    struct ic_principal ledger = {.size = 0};
    ledger.size = (uint8_t)ic_cell_read(&config, ledger.bytes);
    return ledger;
}

uint64_t escrow_deal_count(void)
{
    return ic_map_count(&deals);
}

static void key_from_id(uint8_t key[sizeof(uint64_t)], uint64_t id)
{
    ic_store_u64_le(key, __builtin_bswap64(id));
}

bool escrow_deal_find(struct deal *out, uint64_t id)
{
    uint8_t key[sizeof id];
    uint8_t stored[DEAL_STORED_BYTES];
    key_from_id(key, id);
    if (!ic_map_find(&deals, stored, key)) {
        return false;
    }
    if (!deal_decode(out, id, stored)) {
        IC_TRAP("escrow: a stored deal is damaged");
    }
    return true;
}

struct deal escrow_deal_get(uint64_t id)
{
    struct deal deal = {.id = id};
    if (!escrow_deal_find(&deal, id)) {
        IC_TRAP("escrow: the deal is gone");
    }
    return deal;
}

void escrow_deal_put(const struct deal *deal)
{
    uint8_t key[sizeof deal->id];
    uint8_t stored[DEAL_STORED_BYTES];
    key_from_id(key, deal->id);
    deal_encode(stored, deal);
    (void)ic_map_put(&deals, key, stored);
}
