#include "canisters/ledger/answers.h"

#include "ic/account.h"
#include "ic/buf.h"
#include "ic/trap.h"

/* Longest text made here; "texts of ours" stay below 160 bytes. */
#define TEXT_BYTES_MAX 192u

/* What both endpoints answer by a trap. */
static const char *const TRAP_TEXT[LEDGER_RESULT_COUNT] = {
    [LEDGER_MEMO_TOO_LARGE] = "the memo field is too large",
    [LEDGER_SUPPLY_EXCEEDED] = "total token supply exceeded",
    [LEDGER_TIME_WENT_BACK] = "the clock stands before the last block",
};

/* What only the legacy endpoint answers by a trap. */
static const char *const TRAP_TEXT_LEGACY[LEDGER_RESULT_COUNT] = {
    [LEDGER_BURN_WITH_FEE] = "Fee for burning should be zero",
    [LEDGER_MINT_WITH_FEE] = "Fee for minting should be zero",
    [LEDGER_MINT_TO_MINTER] = "It is illegal to mint to a minting_account",
    [LEDGER_THROTTLED] = "Too many transactions in replay prevention window, ledger is throttling, "
                         "please retry later",
};

static void trap_if_text(const char *text)
{
    if (text != NULL) {
        ic_trap(ic_bytes_from_text(text));
    }
}

/* put_tokens writes {T}: whole tokens, eight decimals, the word. */
static void put_tokens(struct ic_writer *w, uint64_t amount_e8s)
{
    uint64_t e8s_per_token = 1;
    for (unsigned i = 0; i < LEDGER_DECIMALS; i++) {
        e8s_per_token *= 10;
    }
    ic_put_decimal(w, amount_e8s / e8s_per_token);
    IC_PUT_LIT(w, ".");
    for (uint64_t digit = e8s_per_token / 10; digit != 0; digit /= 10) {
        ic_put_u8(w, (uint8_t)('0' + amount_e8s / digit % 10));
    }
    IC_PUT_LIT(w, " Token");
}

_Noreturn static void trap_written(const struct ic_writer *w)
{
    ic_assert(ic_writer_ok(w));
    ic_trap(ic_writer_bytes(w));
}

/* trap_legacy traps if the legacy endpoints answer this result so. */
static void trap_legacy(struct ledger_outcome outcome)
{
    trap_if_text(TRAP_TEXT[outcome.result]);
    trap_if_text(TRAP_TEXT_LEGACY[outcome.result]);
    if (outcome.result == LEDGER_BURN_TOO_SMALL) {
        uint8_t text[TEXT_BYTES_MAX];
        struct ic_writer w;
        ic_writer_init(&w, text, sizeof text);
        IC_PUT_LIT(&w, "Burns lower than ");
        put_tokens(&w, outcome.detail);
        IC_PUT_LIT(&w, " are not allowed");
        trap_written(&w);
    }
}

/* The results that are left when the traps above are taken. */
static void legacy_error(struct icp_transfer_error *err, struct ledger_outcome outcome)
{
    if (outcome.result == LEDGER_BAD_FEE) {
        err->tag = ICP_TRANSFER_ERROR_BAD_FEE;
        err->as.bad_fee.expected_fee.e8s = outcome.detail;
    } else if (outcome.result == LEDGER_TOO_OLD) {
        err->tag = ICP_TRANSFER_ERROR_TX_TOO_OLD;
        err->as.tx_too_old.allowed_window_nanos = outcome.detail;
    } else if (outcome.result == LEDGER_CREATED_IN_FUTURE) {
        err->tag = ICP_TRANSFER_ERROR_TX_CREATED_IN_FUTURE;
    } else if (outcome.result == LEDGER_DUPLICATE) {
        err->tag = ICP_TRANSFER_ERROR_TX_DUPLICATE;
        err->as.tx_duplicate.duplicate_of = outcome.detail;
    } else {
        ic_assert(outcome.result == LEDGER_INSUFFICIENT_FUNDS);
        err->tag = ICP_TRANSFER_ERROR_INSUFFICIENT_FUNDS;
        err->as.insufficient_funds.balance.e8s = outcome.detail;
    }
}

void answer_legacy(struct icp_transfer_result *out, struct ledger_outcome outcome)
{
    trap_legacy(outcome);
    if (outcome.result == LEDGER_OK) {
        out->tag = ICP_TRANSFER_RESULT_OK;
        out->as.ok = outcome.detail;
        return;
    }
    out->tag = ICP_TRANSFER_RESULT_ERR;
    legacy_error(&out->as.err, outcome);
}

uint64_t answer_send_dfx(struct ledger_outcome outcome)
{
    uint8_t text[TEXT_BYTES_MAX];
    struct ic_writer w;
    if (outcome.result == LEDGER_OK) {
        return outcome.detail;
    }
    trap_legacy(outcome);
    ic_writer_init(&w, text, sizeof text);
    if (outcome.result == LEDGER_BAD_FEE) {
        IC_PUT_LIT(&w, "transfer fee should be ");
        put_tokens(&w, outcome.detail);
    } else if (outcome.result == LEDGER_TOO_OLD) {
        IC_PUT_LIT(&w, "transaction is older than ");
        ic_put_decimal(&w, outcome.detail / LEDGER_NS_PER_S);
        IC_PUT_LIT(&w, " seconds");
    } else if (outcome.result == LEDGER_CREATED_IN_FUTURE) {
        IC_PUT_LIT(&w, "transaction's created_at_time is in future");
    } else if (outcome.result == LEDGER_DUPLICATE) {
        IC_PUT_LIT(&w, "transaction is a duplicate of another transaction in block ");
        ic_put_decimal(&w, outcome.detail);
    } else {
        ic_assert(outcome.result == LEDGER_INSUFFICIENT_FUNDS);
        IC_PUT_LIT(&w, "the debit account doesn't have enough funds to complete the transaction, "
                       "current balance: ");
        put_tokens(&w, outcome.detail);
    }
    trap_written(&w);
}

/* Every Err of the standard; a result that has none has trapped. */
static void icrc1_error(struct icp_icrc1_transfer_error *err, struct ledger_outcome outcome)
{
    const struct candid_nat detail = candid_nat_from_u64(outcome.detail);
    switch (outcome.result) {
    case LEDGER_BURN_WITH_FEE:
    case LEDGER_MINT_WITH_FEE:
    case LEDGER_BAD_FEE:
        err->tag = ICP_ICRC1_TRANSFER_ERROR_BAD_FEE;
        err->as.bad_fee.expected_fee = detail;
        return;
    case LEDGER_BURN_TOO_SMALL:
        err->tag = ICP_ICRC1_TRANSFER_ERROR_BAD_BURN;
        err->as.bad_burn.min_burn_amount = detail;
        return;
    case LEDGER_AMOUNT_TOO_LARGE:
    case LEDGER_INSUFFICIENT_FUNDS:
        err->tag = ICP_ICRC1_TRANSFER_ERROR_INSUFFICIENT_FUNDS;
        err->as.insufficient_funds.balance = detail;
        return;
    case LEDGER_TOO_OLD:
        err->tag = ICP_ICRC1_TRANSFER_ERROR_TOO_OLD;
        return;
    case LEDGER_CREATED_IN_FUTURE:
        err->tag = ICP_ICRC1_TRANSFER_ERROR_CREATED_IN_FUTURE;
        err->as.created_in_future.ledger_time = outcome.detail;
        return;
    case LEDGER_THROTTLED:
        err->tag = ICP_ICRC1_TRANSFER_ERROR_TEMPORARILY_UNAVAILABLE;
        return;
    case LEDGER_DUPLICATE:
        err->tag = ICP_ICRC1_TRANSFER_ERROR_DUPLICATE;
        err->as.duplicate.duplicate_of = detail;
        return;
    case LEDGER_OK:
    case LEDGER_MEMO_TOO_LARGE:
    case LEDGER_MINT_TO_MINTER:
    case LEDGER_SUPPLY_EXCEEDED:
    case LEDGER_TIME_WENT_BACK:
    case LEDGER_RESULT_COUNT:
        break;
    }
    IC_TRAP("a result that icrc1_transfer cannot have");
}

void answer_icrc1(struct icp_icrc1_transfer_result *out, struct ledger_outcome outcome)
{
    trap_if_text(TRAP_TEXT[outcome.result]);
    if (outcome.result == LEDGER_OK) {
        out->tag = ICP_ICRC1_TRANSFER_RESULT_OK;
        out->as.ok = candid_nat_from_u64(outcome.detail);
        return;
    }
    out->tag = ICP_ICRC1_TRANSFER_RESULT_ERR;
    icrc1_error(&out->as.err, outcome);
}

_Noreturn void answer_bad_checksum(struct ic_bytes address)
{
    uint8_t text[TEXT_BYTES_MAX];
    char reason[IC_ADDRESS_CHECKSUM_TEXT];
    struct ic_writer w;
    ic_assert(address.size == IC_ADDRESS_BYTES);
    ic_address_checksum_text(reason, address.at);
    ic_writer_init(&w, text, sizeof text);
    IC_PUT_LIT(&w, "Invalid account identifier: ");
    ic_put_bytes(&w, (struct ic_bytes){.at = (const uint8_t *)reason, .size = sizeof reason});
    trap_written(&w);
}
