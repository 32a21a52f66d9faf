#include "cli/replay/quoted.h"

#include <ctype.h>

/* SPEC: ledger 2.1, 5.1 - 5.6, 7, 11, 14. Placeholders: {n} digits, {h} hexadecimal digits, {T} an
 * amount as "12.00000200 Token", {w} a method name. */
static const char *const QUOTED[] = {
    "Invalid account identifier: Checksum failed for {h}, expected check bytes {h} but found {h}",
    "Checksum failed for {h}, expected check bytes {h} but found {h}",
    "has a length of {n} but we expected a length of 64 or 56",
    "Payment is missing or incomplete",
    "Fee for minting should be zero",
    "It is illegal to mint to a minting_account",
    "Fee for burning should be zero",
    "Burns lower than {T} are not allowed",
    "Too many transactions in replay prevention window, ledger is throttling, please retry later",
    "transfer fee should be {T}",
    "the debit account doesn't have enough funds to complete the transaction, current balance: {T}",
    "transaction is older than {n} seconds",
    "transaction's created_at_time is in future",
    "transaction is a duplicate of another transaction in block {n}",
    "Caller cannot hold tokens on the ledger.",
    "ICRC-2 features are not enabled on the ledger.",
    "the memo field is too large",
    "the minter account cannot delegate mints",
    "self approval is not allowed",
    "the minting account cannot delegate mints",
    "self-approvals are not allowed",
    "The notify method is no longer supported. Please migrate to the CMC notify flow: "
    "https://forum.dfinity.org/t/deprecating-the-ledger-notify-flow-for-minting-cycles-in-favor-of-"
    "cmc-notify/42502",
    "The Ledger is not ready",
    "block not found in the archive",
    "failed to decode {w} argument",
    "total token supply exceeded",
    "Only Ledger canister is allowed to append blocks to an Archive Node",
    "No space left",
    "Cannot initialize the canister with an Upgrade argument. Please provide an Init argument.",
    "Cannot upgrade the canister with an Init argument. Please provide an Upgrade argument.",
    "The icrc1 minting account is not the same as the minting account set during initialization",
};
#define QUOTED_COUNT (sizeof QUOTED / sizeof QUOTED[0])

/* The official ledger unwraps the decoder's error, which Rust prints as Custom(...). */
static const char *const DECODING_FAILURES[] = {
    "value: Custom(", "Unable to decode init argument"};

bool replay_is_decoding_failure(struct ic_bytes reject)
{
    for (size_t i = 0; i < sizeof DECODING_FAILURES / sizeof DECODING_FAILURES[0]; i++) {
        const char *sign = DECODING_FAILURES[i];
        if (memmem(reject.at, reject.size, sign, strlen(sign)) != NULL) {
            return true;
        }
    }
    return false;
}

static size_t run_of(struct ic_bytes text, int (*is)(int))
{
    size_t n = 0;
    while (n < text.size && is(text.at[n])) {
        n++;
    }
    return n;
}

static int is_word(int c)
{
    return isalnum(c) || c == '_';
}

/* How many bytes of text the placeholder takes; 0: it does not match. */
static size_t match_placeholder(char which, struct ic_bytes text)
{
    switch (which) {
    case 'n':
        return run_of(text, isdigit);
    case 'h':
        return run_of(text, isxdigit);
    case 'w':
        return run_of(text, is_word);
    default:
        break;
    }
    /* {T}: digits, dot, eight digits, " Token" */
    static const char unit[] = " Token";
    size_t whole = run_of(text, isdigit), end = whole + 1 + 8;
    if (whole == 0 || text.size < end + sizeof unit - 1 || text.at[whole] != '.') {
        return 0;
    }
    struct ic_bytes decimals = {.at = text.at + whole + 1, .size = 8};
    bool ok = run_of(decimals, isdigit) == 8 && memcmp(text.at + end, unit, sizeof unit - 1) == 0;
    return ok ? end + sizeof unit - 1 : 0;
}

/* The length of the pattern's match at the beginning of text; 0: none. */
static size_t match_here(const char *pattern, struct ic_bytes text)
{
    size_t at = 0;
    for (const char *p = pattern; *p != '\0'; p++) {
        struct ic_bytes rest = {.at = text.at + at, .size = text.size - at};
        if (*p == '{') {
            size_t n = match_placeholder(p[1], rest);
            if (n == 0) {
                return 0;
            }
            at += n;
            p += 2; /* the letter and the brace */
        } else if (rest.size == 0 || rest.at[0] != (uint8_t)*p) {
            return 0;
        } else {
            at++;
        }
    }
    return at;
}

size_t replay_quoted_find(struct ic_bytes *out, struct ic_bytes reject, size_t after)
{
    for (size_t i = after; i < QUOTED_COUNT; i++) {
        for (size_t at = 0; at < reject.size; at++) {
            struct ic_bytes rest = {.at = reject.at + at, .size = reject.size - at};
            size_t size = match_here(QUOTED[i], rest);
            if (size > 0) {
                *out = (struct ic_bytes){.at = rest.at, .size = size};
                return i;
            }
        }
    }
    return SIZE_MAX;
}
