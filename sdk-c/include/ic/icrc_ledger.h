/* Any ledger of the standards ICRC-1 and ICRC-2, to be called from flows (ic/async.h):
 * icrc_ledger_call_x and icrc_ledger_take_x for each method x, made by didc of
 * sdk-c/services/icrc_ledger.did (build/gen/icrc_ledger_client.h). The ICP ledger, ckBTC, the
 * cycles ledger and SNS tokens answer them; what else the ICP ledger has is in ic/icp_ledger.h.
 *
 *     struct candid_callee ledger = {.canister = f->ledger, .timeout_s = 60};
 *     struct icrc_ledger_icrc1_transfer_in in = {.arg0 = {.to = ..., .amount = ..., .fee = ...,
 *         .created_at_time = {.has = true, .value = f->created_at_ns}}};
 *     IC_AWAIT(f, icrc_ledger_call_icrc1_transfer(&f->flow, &f->answer, &ledger, &in));
 *     switch (ic_transfer_take(&out, &block, &f->answer)) { ... }
 *
 * What to write down before the call, and what to do at each end: docs/transfers.md. Calls of
 * approve and transfer_from end in the same ways. */
#ifndef IC_ICRC_LEDGER_H
#define IC_ICRC_LEDGER_H

#include "icrc_ledger_client.h"

/* How a call that moves tokens, or approves, has ended. The call must have created_at_time and must
 * be sent again unchanged, else a ledger cannot tell "again" from "another". */
enum ic_transfer_end {
    /* Made, by this call or by an earlier one of the same transfer. */
    IC_TRANSFER_MADE,
    /* The ledger said no: out->ret0.as.err tells why. This call has done nothing and never will. */
    IC_TRANSFER_REFUSED,
    /* This call has done nothing; the same one may succeed later: the ledger is busy or behind in
     * time, the call could not be sent. */
    IC_TRANSFER_NOT_NOW,
    /* It may have been made, or may yet be. The same call finds out. */
    IC_TRANSFER_UNKNOWN,
    /* Too old for the ledger to remember (24 hours): this call has done nothing, an earlier one may
     * have. Only the account's balance or history tells. */
    IC_TRANSFER_FORGOTTEN,
};

/* These decode the answer and judge it.
 *   out       written when the ledger answered, that is with MADE, REFUSED and FORGOTTEN, and with
 *             NOT_NOW when answer->code is IC_CALL_OK
 *   block     written with MADE: where the transfer stands; UINT64_MAX when the index has more than
 *             64 bits */
enum ic_transfer_end ic_transfer_take(struct icrc_ledger_icrc1_transfer_out *out, uint64_t *block,
                                      const struct ic_answer *answer);
enum ic_transfer_end ic_transfer_from_take(struct icrc_ledger_icrc2_transfer_from_out *out,
                                           uint64_t *block, const struct ic_answer *answer);
enum ic_transfer_end ic_approve_take(struct icrc_ledger_icrc2_approve_out *out, uint64_t *block,
                                     const struct ic_answer *answer);

/* For logs: "made" and so on. */
const char *ic_transfer_end_name(enum ic_transfer_end end);

#endif
