/* How transfers end. A reply that does not decode is of a ledger that has executed the call. */
#include "ic/icrc_ledger.h"

static uint64_t index_from(const struct candid_nat *block)
{
    uint64_t index = UINT64_MAX;
    return candid_nat_to_u64(&index, block) ? index : UINT64_MAX;
}

static enum ic_transfer_end end_without_reply(const struct ic_answer *answer)
{
    return ic_call_had_no_effect(answer->code) ? IC_TRANSFER_NOT_NOW : IC_TRANSFER_UNKNOWN;
}

enum ic_transfer_end ic_transfer_take(struct icrc_ledger_icrc1_transfer_out *out, uint64_t *block,
                                      const struct ic_answer *answer)
{
    if (!icrc_ledger_take_icrc1_transfer(out, answer)) {
        return end_without_reply(answer);
    }
    if (out->ret0.tag == ICRC_LEDGER_TRANSFER_RESULT_OK) {
        *block = index_from(&out->ret0.as.ok);
        return IC_TRANSFER_MADE;
    }
    switch (out->ret0.as.err.tag) {
    case ICRC_LEDGER_TRANSFER_ERROR_DUPLICATE:
        *block = index_from(&out->ret0.as.err.as.duplicate.duplicate_of);
        return IC_TRANSFER_MADE;
    case ICRC_LEDGER_TRANSFER_ERROR_TOO_OLD:
        return IC_TRANSFER_FORGOTTEN;
    case ICRC_LEDGER_TRANSFER_ERROR_CREATED_IN_FUTURE:
    case ICRC_LEDGER_TRANSFER_ERROR_TEMPORARILY_UNAVAILABLE:
        return IC_TRANSFER_NOT_NOW;
    case ICRC_LEDGER_TRANSFER_ERROR_BAD_FEE:
    case ICRC_LEDGER_TRANSFER_ERROR_BAD_BURN:
    case ICRC_LEDGER_TRANSFER_ERROR_INSUFFICIENT_FUNDS:
    case ICRC_LEDGER_TRANSFER_ERROR_GENERIC_ERROR:
        break;
    }
    return IC_TRANSFER_REFUSED;
}

enum ic_transfer_end ic_transfer_from_take(struct icrc_ledger_icrc2_transfer_from_out *out,
                                           uint64_t *block, const struct ic_answer *answer)
{
    if (!icrc_ledger_take_icrc2_transfer_from(out, answer)) {
        return end_without_reply(answer);
    }
    if (out->ret0.tag == ICRC_LEDGER_TRANSFER_FROM_RESULT_OK) {
        *block = index_from(&out->ret0.as.ok);
        return IC_TRANSFER_MADE;
    }
    switch (out->ret0.as.err.tag) {
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_DUPLICATE:
        *block = index_from(&out->ret0.as.err.as.duplicate.duplicate_of);
        return IC_TRANSFER_MADE;
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_TOO_OLD:
        return IC_TRANSFER_FORGOTTEN;
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_CREATED_IN_FUTURE:
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_TEMPORARILY_UNAVAILABLE:
        return IC_TRANSFER_NOT_NOW;
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_BAD_FEE:
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_BAD_BURN:
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_INSUFFICIENT_FUNDS:
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_INSUFFICIENT_ALLOWANCE:
    case ICRC_LEDGER_TRANSFER_FROM_ERROR_GENERIC_ERROR:
        break;
    }
    return IC_TRANSFER_REFUSED;
}

enum ic_transfer_end ic_approve_take(struct icrc_ledger_icrc2_approve_out *out, uint64_t *block,
                                     const struct ic_answer *answer)
{
    if (!icrc_ledger_take_icrc2_approve(out, answer)) {
        return end_without_reply(answer);
    }
    if (out->ret0.tag == ICRC_LEDGER_APPROVE_RESULT_OK) {
        *block = index_from(&out->ret0.as.ok);
        return IC_TRANSFER_MADE;
    }
    switch (out->ret0.as.err.tag) {
    case ICRC_LEDGER_APPROVE_ERROR_DUPLICATE:
        *block = index_from(&out->ret0.as.err.as.duplicate.duplicate_of);
        return IC_TRANSFER_MADE;
    case ICRC_LEDGER_APPROVE_ERROR_TOO_OLD:
        return IC_TRANSFER_FORGOTTEN;
    case ICRC_LEDGER_APPROVE_ERROR_CREATED_IN_FUTURE:
    case ICRC_LEDGER_APPROVE_ERROR_TEMPORARILY_UNAVAILABLE:
        return IC_TRANSFER_NOT_NOW;
    case ICRC_LEDGER_APPROVE_ERROR_BAD_FEE:
    case ICRC_LEDGER_APPROVE_ERROR_INSUFFICIENT_FUNDS:
    case ICRC_LEDGER_APPROVE_ERROR_ALLOWANCE_CHANGED:
    case ICRC_LEDGER_APPROVE_ERROR_EXPIRED:
    case ICRC_LEDGER_APPROVE_ERROR_GENERIC_ERROR:
        break;
    }
    return IC_TRANSFER_REFUSED;
}

const char *ic_transfer_end_name(enum ic_transfer_end end)
{
    switch (end) {
    case IC_TRANSFER_MADE:
        return "made";
    case IC_TRANSFER_REFUSED:
        return "refused";
    case IC_TRANSFER_NOT_NOW:
        return "not now";
    case IC_TRANSFER_UNKNOWN:
        return "unknown";
    case IC_TRANSFER_FORGOTTEN:
        return "forgotten";
    }
    return "?";
}
