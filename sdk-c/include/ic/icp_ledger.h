/* The ICP ledger, to be called from flows (ic/async.h): icp_ledger_call_x and icp_ledger_take_x for
 * each method x, made by didc of the interface that this project's ledger has (build/gen/
 * icp_ledger_client.h). Any other ICRC-1 and ICRC-2 ledger answers the icrc1_ and icrc2_ methods too.
 *
 *     struct candid_callee ledger = ic_icp_ledger();
 *     struct icp_ledger_icrc1_transfer_in in = {.arg0 = {.to = ..., .amount = ...,
 *         .created_at_time = {.has = true, .value = f->created_at_ns}}};
 *     IC_AWAIT(f, icp_ledger_call_icrc1_transfer(&f->flow, &f->answer, &ledger, &in));
 *     if (icp_ledger_take_icrc1_transfer(&out, &f->answer)) { ... out.ret0.tag ... }
 *
 * Transfers whose outcome you must know: set created_at_time, write it and all else that the call says
 * to stable memory before the await, and send the very same call again when the answer was
 * IC_CALL_SYS_UNKNOWN or lost. Within 24 hours the ledger answers Duplicate with the block of the first
 * one, so that it happens once. examples/escrow does this.
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
