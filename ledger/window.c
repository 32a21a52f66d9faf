#include "ledger/window.h"

#include "ic/buf.h"
#include "ic/checked.h"
#include "ic/trap.h"
#include "ledger/constants.h"
#include "ledger/stable_layout.h"

void ledger_window_open(struct ledger_window *window, struct ic_store *store)
{
    ic_ring_open(&window->queue, store, LEDGER_REGION_WINDOW_QUEUE, LEDGER_WINDOW_ENTRY_BYTES);
    ic_table_open(&window->by_hash, store, LEDGER_REGION_WINDOW_TABLE, LEDGER_HASH_BYTES,
                  LEDGER_BLOCK_INDEX_BYTES);
    ic_assert(ic_ring_count(&window->queue) == ic_table_count(&window->by_hash));
}

uint64_t ledger_window_purge(struct ledger_window *window, uint64_t now_ns, uint64_t window_ns,
                             uint64_t purged_max)
{
    const uint64_t kept_ns = ic_sat_add_u64(window_ns, LEDGER_DRIFT_NS);
    uint8_t entry[LEDGER_WINDOW_ENTRY_BYTES];
    uint64_t purged = 0;
    while (purged < purged_max && ic_ring_front(&window->queue, entry) &&
           ic_sat_add_u64(ic_load_u64_le(entry), kept_ns) < now_ns) {
        const bool was_there = ic_table_remove(&window->by_hash, entry + LEDGER_TIMESTAMP_BYTES);
        ic_assert(was_there);
        ic_ring_pop(&window->queue);
        purged++;
    }
    return purged;
}

/* admitted_per_s = ceil(transactions_max / 2 / window in seconds), without rounding in between. */
static uint64_t admitted_per_s(uint64_t window_ns, uint64_t transactions_max)
{
    if (window_ns == 0) {
        return UINT64_MAX;
    }
    const uint64_t scaled = ic_sat_mul_u64(transactions_max, LEDGER_NS_PER_S);
    const uint64_t divisor = ic_sat_mul_u64(window_ns, 2);
    return scaled / divisor + (scaled % divisor != 0 ? 1 : 0);
}

bool ledger_window_is_throttled(const struct ledger_window *window, uint64_t now_ns,
                                uint64_t window_ns, uint64_t transactions_max)
{
    const uint64_t count = ledger_window_count(window);
    if (count < transactions_max / 2u) {
        return false;
    }
    /* The entry that many places from the end: if even it is less than a second old, this second
     * has had its share. */
    uint64_t back = admitted_per_s(window_ns, transactions_max);
    if (back > count) {
        back = count;
    }
    uint8_t entry[LEDGER_WINDOW_ENTRY_BYTES];
    uint64_t timestamp_ns = 0;
    if (back != 0 && ic_ring_back(&window->queue, entry, back - 1)) {
        timestamp_ns = ic_load_u64_le(entry);
    }
    return ic_sat_add_u64(timestamp_ns, LEDGER_NS_PER_S) > now_ns;
}

bool ledger_window_find(const struct ledger_window *window, uint64_t *block_index,
                        const struct ledger_hash *hash)
{
    uint8_t value[LEDGER_BLOCK_INDEX_BYTES];
    if (!ic_table_find(&window->by_hash, value, NULL, hash->bytes)) {
        return false;
    }
    *block_index = ic_load_u64_le(value);
    return true;
}

void ledger_window_add(struct ledger_window *window, const struct ledger_window_entry *entry)
{
    uint8_t queued[LEDGER_WINDOW_ENTRY_BYTES];
    uint8_t value[LEDGER_BLOCK_INDEX_BYTES];
    ic_store_u64_le(queued, entry->timestamp_ns);
    memcpy(queued + LEDGER_TIMESTAMP_BYTES, entry->hash->bytes, LEDGER_HASH_BYTES);
    ic_store_u64_le(value, entry->block_index);
    ic_ring_push(&window->queue, queued);
    ic_table_insert(&window->by_hash, entry->hash->bytes, value);
}
