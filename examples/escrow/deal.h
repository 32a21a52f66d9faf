/* The rules of the escrow: pure, no system calls. Amounts are e8s, times nanoseconds since 1970.
 *
 * A deal has two legs, one for each account: what the buyer has paid in and what the seller has.
 * Deciding plans a transfer for both at once; from then on each leg goes its own way to PAID:
 *
 *     WAITING --decide--> PLANNED --the ledger's answer--> PAID
 *                     \-> EMPTY  (nothing in the account beyond the fee)
 *
 * Money that comes in when the deal is done can be reclaimed: its leg is PLANNED once more, back to
 * whoever pays into that account. The phase stays.
 *
 * Invariants: legs are WAITING if and only if the deal is OPEN. A PLANNED leg is changed only when it
 * is known that its transfer was made, or that it was not and cannot be any more. */
#ifndef ESCROW_DEAL_H
#define ESCROW_DEAL_H

#include "ic/principal.h"

/* As stored; a new format gets a new version. */
#define DEAL_FORMAT       1u
#define DEAL_STORED_BYTES 240u
#define DEAL_MEMO_BYTES   9u

/* 10^18 e8s are more ICP than will ever be; sums of a few cannot overflow. */
#define DEAL_AMOUNT_E8S_MAX 1000000000000000000u

/* How long the ledger remembers transfers. After it has passed, with the ledger's clock allowed to
 * differ, an old transfer is refused for good. SPEC: ICRC-1 ledger, transaction window 24 h, drift
 * 60 s */
#define DEAL_WINDOW_NS 86400000000000u
#define DEAL_DRIFT_NS  120000000000u

#define DEAL_BLOCK_UNKNOWN UINT64_MAX

enum deal_phase { DEAL_OPEN, DEAL_RELEASING, DEAL_REFUNDING, DEAL_RELEASED, DEAL_REFUNDED };
enum deal_outcome { DEAL_RELEASE, DEAL_REFUND };

enum deal_leg_state { DEAL_WAITING, DEAL_PLANNED, DEAL_PAID, DEAL_EMPTY };

/* DEAL_PRICE: paid in by the buyer. DEAL_BOND: by the seller. */
enum deal_leg_index { DEAL_PRICE, DEAL_BOND, DEAL_LEGS };

struct deal_leg {
    enum deal_leg_state state;
    struct ic_principal payee;
    uint64_t amount_e8s; /* without the fee */
    uint64_t fee_e8s;
    uint64_t created_at_ns; /* of the transfer, part of its identity */
    uint64_t block;         /* PAID; DEAL_BLOCK_UNKNOWN possible */
};

struct deal {
    uint64_t id;
    enum deal_phase phase;
    struct ic_principal buyer;
    struct ic_principal seller;
    uint64_t price_e8s;
    uint64_t bond_e8s;
    uint64_t expires_at_ns;
    struct deal_leg legs[DEAL_LEGS];
};

/* In order of precedence. */
enum deal_result {
    DEAL_OK,
    DEAL_NOT_ALLOWED,
    DEAL_DECIDED,
    DEAL_NOT_FUNDED,
    DEAL_BAD_TERMS,
    DEAL_NOT_DECIDED,
    DEAL_NOT_DONE,
};

/* deal_terms_check: the price is not 0, amounts are at most DEAL_AMOUNT_E8S_MAX, the parties differ
 * and are somebody: not anonymous, and the seller not the escrow itself. */
IC_MUST_USE enum deal_result deal_terms_check(const struct deal *deal,
                                              const struct ic_principal *escrow);

/* deal_decide_check: may caller decide this? */
IC_MUST_USE enum deal_result deal_decide_check(const struct deal *deal, enum deal_outcome outcome,
                                               const struct ic_principal *caller, uint64_t now_ns);

/* What was found on the ledger. */
struct deal_funds {
    uint64_t balances_e8s[DEAL_LEGS];
    uint64_t fee_e8s;
};

/* deal_funds_check: a release needs both accounts to hold what was agreed, a refund needs nothing.
 */
IC_MUST_USE enum deal_result deal_funds_check(const struct deal *deal, enum deal_outcome outcome,
                                              const struct deal_funds *funds);

/* deal_decide_apply fixes the outcome and plans both transfers: all that is in the accounts, less
 * the fee. Cannot fail after both checks. */
void deal_decide_apply(struct deal *deal, enum deal_outcome outcome, const struct deal_funds *funds,
                       uint64_t now_ns);

/* deal_reclaim_check: may caller ask for money that came in when the deal was done? */
IC_MUST_USE enum deal_result deal_reclaim_check(const struct deal *deal,
                                                const struct ic_principal *caller);

/* deal_reclaim_apply plans to give back what is in the accounts, where it is more than the fee. */
void deal_reclaim_apply(struct deal *deal, const struct deal_funds *funds, uint64_t now_ns);

/* The leg whose transfer is to be sent next; DEAL_LEGS when there is none. */
enum deal_leg_index deal_leg_next(const struct deal *deal);

/* deal_paid_apply notes that a transfer was made; with the last one the deal is done. */
void deal_paid_apply(struct deal *deal, enum deal_leg_index leg, uint64_t block);

/* True when the ledger may have forgotten the planned transfer: look at the account first. */
bool deal_leg_is_forgotten(const struct deal_leg *leg, uint64_t now_ns);

/* deal_replan_apply plans a transfer anew, when the ledger refuses the old one for good (its fee has
 * changed, or its time is over) and the account still holds the money: so it was never made. The
 * refusal alone is no proof: ledgers look at fee and time before they look for duplicates. */
void deal_replan_apply(struct deal *deal, enum deal_leg_index leg, uint64_t fee_e8s,
                       uint64_t now_ns);

/* Subaccount 32 bytes: leg, 23 zeros, id big-endian. Memo: leg, id big-endian. */
void deal_subaccount(uint8_t out[32], uint64_t id, enum deal_leg_index leg);
void deal_memo(uint8_t out[DEAL_MEMO_BYTES], uint64_t id, enum deal_leg_index leg);

/* Stored form, little-endian, without the id (it is the key):
 *
 *     0   1   DEAL_FORMAT
 *     1   1   phase
 *     2  30   buyer: size, 29 bytes
 *    32  30   seller
 *    62   8   price        70  8  bond        78  8  expires
 *    86  63   price leg:   state 1, payee 30, amount 8, fee 8, created_at 8, block 8
 *   149  63   bond leg
 *   212  28   zero
 *
 * deal_decode returns false for bytes that deal_encode cannot have written. */
void deal_encode(uint8_t out[DEAL_STORED_BYTES], const struct deal *deal);
IC_MUST_USE bool deal_decode(struct deal *out, uint64_t id, const uint8_t in[DEAL_STORED_BYTES]);

#endif
