/* The dedup window: transactions with a created_at_time that were accepted lately. SPEC: ledger 6
 *
 * It answers two questions: was this very transaction executed before, and are there too many of
 * late. Invariant: the queue (in order of acceptance) and the table (by hash) hold the same
 * transactions. It does not know blocks; the caller gives their index and timestamp. */
#ifndef LEDGER_WINDOW_H
#define LEDGER_WINDOW_H

#include "ic/ring.h"
#include "ic/table.h"
#include "ledger/types.h"

struct ledger_window {
    struct ic_ring queue;    /* timestamp of the block, transaction hash; oldest first */
    struct ic_table by_hash; /* transaction hash -> index of its block */
};

void ledger_window_open(struct ledger_window *window, struct ic_store *store);

/* ledger_window_purge forgets the transactions whose block is older than the window and the
 * permitted drift, oldest first, at most purged_max of them.
 *   now_ns      time of the message
 *   window_ns   length of the window
 *   returns     how many it forgot */
uint64_t ledger_window_purge(struct ledger_window *window, uint64_t now_ns, uint64_t window_ns,
                             uint64_t purged_max);

/* ledger_window_is_throttled tells whether to refuse new transactions for now. Up to half of
 * transactions_max nothing is refused; from there on only as many pass in a second as would fill
 * the other half evenly over the window. */
bool ledger_window_is_throttled(const struct ledger_window *window, uint64_t now_ns,
                                uint64_t window_ns, uint64_t transactions_max);

/* ledger_window_find looks a transaction up.
 *   block_index   of the block that holds it; written only when true */
IC_MUST_USE bool ledger_window_find(const struct ledger_window *window, uint64_t *block_index,
                                    const struct ledger_hash *hash);

/* A transaction to remember. */
struct ledger_window_entry {
    const struct ledger_hash *hash;
    uint64_t block_index;
    uint64_t timestamp_ns; /* of the block; never less than the one before */
};

/* ledger_window_add remembers a transaction that is not there (asserted).
 *   traps   when stable memory cannot grow */
void ledger_window_add(struct ledger_window *window, const struct ledger_window_entry *entry);

static inline uint64_t ledger_window_count(const struct ledger_window *window)
{
    return ic_ring_count(&window->queue);
}

#endif
