/* Moving tokens: one engine behind the legacy and the ICRC-1 endpoint. SPEC: ledger 5.1, 5.2, 6, 7
 *
 * A request says what the caller wants. It is classified (burn, mint or plain transfer, by whether
 * the minting account receives or sends), checked against the endpoint's rules, then against the
 * dedup window and the balances, and only then carried out. Each check has its own result; the
 * endpoints answer them differently, by an Err or by a trap, and that table is the shell's. */
#ifndef LEDGER_TRANSFER_H
#define LEDGER_TRANSFER_H

#include "ledger/state.h"

/* ---- results -----------------------------------------------------------------------------------
 * In order of precedence: of several things wrong the first one here is reported. `detail` is what
 * struct ledger_outcome carries with it. */
#define LEDGER_RESULTS(X)                                                                          \
    X(LEDGER_OK)                /* detail: index of the new block */                               \
    X(LEDGER_MEMO_TOO_LARGE)    /* an ICRC-1 memo of more than 32 bytes */                         \
    X(LEDGER_AMOUNT_TOO_LARGE)  /* 2^64 or more; detail: balance of the sender */                  \
    X(LEDGER_BURN_WITH_FEE)     /* detail: 0, the fee expected */                                  \
    X(LEDGER_BURN_TOO_SMALL)    /* detail: least amount */                                         \
    X(LEDGER_MINT_WITH_FEE)     /* detail: 0, the fee expected */                                  \
    X(LEDGER_MINT_TO_MINTER)    /* the minting account pays itself (legacy only) */                \
    X(LEDGER_BAD_FEE)           /* detail: the fee expected */                                     \
    X(LEDGER_THROTTLED)         /* too many transactions of late */                                \
    X(LEDGER_TOO_OLD)           /* detail: length of the window, ns */                             \
    X(LEDGER_CREATED_IN_FUTURE) /* detail: now, ns */                                              \
    X(LEDGER_DUPLICATE)         /* detail: index of the block that did it before */                \
    X(LEDGER_INSUFFICIENT_FUNDS) /* detail: balance of the sender */                               \
    X(LEDGER_SUPPLY_EXCEEDED)   /* a mint of more tokens than may exist */                         \
    X(LEDGER_TIME_WENT_BACK)    /* the clock stands before the last block */

#define LEDGER_RESULT_ENUM(name) name,
enum ledger_result { LEDGER_RESULTS(LEDGER_RESULT_ENUM) LEDGER_RESULT_COUNT };
#undef LEDGER_RESULT_ENUM

/* ---- what differs between the endpoints ------------------------------------------------------ */
struct ledger_rules {
    /* From the minting account to itself: a mint (then refused), or else a burn. */
    bool is_mint_checked_first;
    /* A burn of 0 is refused even when the least amount is 0 because the account is empty. */
    bool is_zero_burn_refused;
    /* A transaction without created_at_time gets the present time, so it takes part in the dedup
     * window; or else it stays without and outside. */
    bool is_created_at_filled_in;
};

/*                                               mint first  zero burn refused  filled in   */
static const struct ledger_rules LEDGER_RULES_LEGACY = {true, false, true};
static const struct ledger_rules LEDGER_RULES_ICRC1 = {false, true, false};

/* ---- request and outcome --------------------------------------------------------------------- */

/* An amount as it came in: numbers of ICRC-1 have no upper bound. */
struct ledger_amount {
    bool is_too_large; /* 2^64 or more; v is meaningless then */
    struct e8s v;
};

struct ledger_request {
    struct ledger_account from; /* of the caller */
    struct ledger_account to;
    struct ledger_amount amount;
    /* Absent: whatever the ledger takes. A fee beyond 2^64 - 1 is given as 2^64 - 1: no ledger with
     * such a fee can move anything. */
    struct ledger_opt_u64 fee_e8s;
    uint64_t memo;
    bool has_icrc1_memo;
    struct ic_bytes icrc1_memo;
    struct ledger_opt_u64 created_at_ns;
};

/* How much is let through; arguments, so that tests can make a window overflow. */
struct ledger_limits {
    uint64_t window_transactions_max;
    uint64_t purged_max; /* entries of the window forgotten in one call */
};

static const struct ledger_limits LEDGER_LIMITS = {
    .window_transactions_max = LEDGER_WINDOW_TRANSACTIONS_MAX,
    .purged_max = LEDGER_PURGED_PER_TRANSACTION_MAX,
};

struct ledger_env {
    uint64_t now_ns;
    const struct ledger_limits *limits;
};

struct ledger_outcome {
    enum ledger_result result;
    uint64_t detail; /* see LEDGER_RESULTS; 0 where nothing is said there */
};

/* ---- operations ------------------------------------------------------------------------------ */

/* ledger_transfer does what a request asks, or says why not. With any result but OK the only change
 * is that old entries left the dedup window.
 *   traps   when stable memory cannot grow */
IC_MUST_USE struct ledger_outcome ledger_transfer(struct ledger_state *state,
                                                  const struct ledger_env *env,
                                                  const struct ledger_request *request,
                                                  const struct ledger_rules *rules);

/* ledger_names_check makes the checks that need no account hashed, when both accounts are given by
 * name: a wrong fee, the commonest refusal, then costs a third. Pure. It refuses nothing that
 * ledger_transfer would not refuse in the same way.
 *   request   its from and to are not looked at
 *   returns   OK, MEMO_TOO_LARGE or BAD_FEE */
IC_MUST_USE struct ledger_outcome ledger_names_check(const struct ledger_state *state,
                                                     const struct ledger_request *request,
                                                     const struct icrc_account *from,
                                                     const struct icrc_account *to);

/* ledger_request_check classifies a request and makes every check that needs no history. Pure.
 *   operation   refers to request and state; written only on OK */
IC_MUST_USE struct ledger_outcome ledger_request_check(struct ledger_operation *operation,
                                                       const struct ledger_state *state,
                                                       const struct ledger_request *request,
                                                       const struct ledger_rules *rules);

/* ledger_transaction_execute runs a burn, a mint or a transfer: forgets old transactions, checks
 * window and balances, writes balances and block. Results from THROTTLED on. */
IC_MUST_USE struct ledger_outcome
ledger_transaction_execute(struct ledger_state *state, const struct ledger_env *env,
                           const struct ledger_transaction *transaction);

#endif
