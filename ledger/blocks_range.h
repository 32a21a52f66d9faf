/* Which blocks a reader gets. SPEC: ledger 10 */
#ifndef LEDGER_BLOCKS_RANGE_H
#define LEDGER_BLOCKS_RANGE_H

#include "ledger/types.h"

/* Block indices [first, first + count). */
struct ledger_range {
    uint64_t first;
    uint64_t count;
};

/* ledger_range_served gives the blocks to answer a request with: those of [start, start + length)
 * that are held here, at most blocks_max. Pure.
 *   held       the blocks that this canister has
 *   wanted     as asked; its end saturates, more than 2^32 - 1 blocks count as so many
 *   returns    the empty range at held.first when nothing is to be served */
struct ledger_range ledger_range_served(struct ledger_range held, struct ledger_range wanted,
                                        uint64_t blocks_max);

#endif
