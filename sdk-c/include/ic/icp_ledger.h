/* The ICP ledger, to be called from flows (ic/async.h): icp_ledger_call_x and icp_ledger_take_x for
 * each method x, made by didc of the interface that this project's ledger has (build/gen/
 * icp_ledger_client.h): the older transfer to account identifiers, blocks and archives, and ICRC-1.
 * What works with any ledger, ICRC-2 too, is in ic/icrc_ledger.h:
 *
 *     struct candid_callee ledger = ic_icp_ledger();
 *     IC_AWAIT(f, icrc_ledger_call_icrc1_transfer(&f->flow, &f->answer, &ledger, &in));
 *
 * Transfers whose outcome you must know: docs/transfers.md.
 *
 * On another network than the mainnet the ledger may have another id: read it from ic/env.h or take it
 * as an install argument. */
#ifndef IC_ICP_LEDGER_H
#define IC_ICP_LEDGER_H

#include "icp_ledger_client.h"

/* ryjl3-tyaaa-aaaaa-aaaba-cai, canister 2 of the first subnet; no cycles, waiting as long as it takes. */
static inline struct candid_callee ic_icp_ledger(void)
{
    return (struct candid_callee){
        .canister = {.size = 10, .bytes = {0, 0, 0, 0, 0, 0, 0, 2, 1, 1}}};
}

#endif
