/* The flow behind release, refund, reclaim and resume; and the timer that resumes when nobody else does.
 *
 * What a fault leaves behind, await by await:
 *
 *   before the join       nothing was written: the deal is as before
 *   during the join       the same. decide() writes the outcome and both transfers, and the first
 *                         transfer is sent by the same message: they are committed together
 *   during a transfer     the leg is PLANNED. It may have been made: resume sends the same transfer
 *                         again, and the ledger says which
 *
 * The deal is read again from stable memory in every message, never carried over an await. */
#include "escrow/escrow.h"

#include "ic/async.h"
#include "ic/msg.h"
#include "ic/timer.h"
#include "icrc_client.h"

#define LOCK_DEAL 1u

/* Flows at a time; each has at most three calls and one lock. */
#define FLOWS_MAX 50u

/* All calls are bounded: each can be repeated, and a ledger that hangs must not keep the escrow from
 * being stopped and upgraded. */
#define LEDGER_TIMEOUT_S 60u
/* How often one flow sends the same transfer when it does not learn what became of it. */
#define TRIES_MAX 2u

/* What was decided and is not paid is tried again this often, without anybody asking. */
#define RETRY_EVERY_NS (3600 * IC_TIMER_SECOND_NS)

/* Room for the Candid encoding of a nat, of any ledger: magic, table and 19 bytes of LEB128. */
#define NAT_REPLY_BYTES 32u

struct settle {
    struct ic_flow flow;
    enum settle_wish wish;
    uint64_t id;
    struct ic_principal caller;
    const struct candid_method *method; /* which is to be answered; NULL: a timer, nobody waits */
    struct ic_answer answer;
    struct ic_answer balances[DEAL_LEGS];
    struct ic_answer fee;
    uint8_t rooms[DEAL_LEGS + 1][NAT_REPLY_BYTES];
    enum deal_leg_index leg;
    uint32_t tries;
    bool is_doubtful;      /* look at the account before the leg's transfer is sent again */
    uint64_t next_fee_e8s; /* then: of the transfer that replaces it; 0: the same */
};

IC_ASYNC_POOL(pool, struct settle, FLOWS_MAX, FLOWS_MAX * 3, FLOWS_MAX);

enum { TIMER_RETRY, TIMERS };
static void retry(struct ic_timer_id timer, uint64_t id);
static const struct ic_timer_kind KINDS[TIMERS] = {
    [TIMER_RETRY] = {.name = "retry", .run = retry, .is_stable = true},
};
IC_TIMERS_EXPORT

void settle_open(struct ic_store *store)
{
    ic_async_open(&pool, store, ESCROW_REGION_ASYNC);
    ic_timers_open(KINDS, TIMERS, store, ESCROW_REGION_TIMERS);
}

/* ---- answering: all four methods answer with the same type ----------------------------------- */

static void reply(const struct settle *f, const struct escrow_result *result)
{
    if (f->method != NULL) {
        candid_msg_reply(f->method, &(struct escrow_release_out){.ret0 = *result});
    }
}

static void reply_error(const struct settle *f, struct escrow_error error)
{
    reply(f, &(struct escrow_result){.tag = ESCROW_RESULT_ERR, .as.err = error});
}

static void reply_ledger(const struct settle *f, uint32_t code, struct ic_bytes text)
{
    reply_error(f, (struct escrow_error){.tag = ESCROW_ERROR_LEDGER,
                                         .as.ledger = {.code = code, .text = text}});
}

/* A call that failed, or a reply that is none of this interface. */
static void reply_answer(const struct settle *f, const struct ic_answer *answer)
{
    bool is_call_failed = answer->code != IC_CALL_OK && answer->code != IC_CALL_REPLY_TOO_LARGE;
    reply_ledger(f, answer->code,
                 is_call_failed ? ic_answer_bytes(answer)
                                : IC_BYTES_LIT("the ledger's reply is not understood"));
}

static void reply_deal(const struct settle *f, const struct deal *deal)
{
    struct escrow_result result = {.tag = ESCROW_RESULT_OK};
    escrow_deal_show(&result.as.ok, deal);
    reply(f, &result);
}

static void reply_refusal(const struct settle *f, const struct deal *deal, enum deal_result refusal,
                          const struct deal_funds *funds)
{
    static const enum escrow_error_tag tags[] = {
        [DEAL_NOT_ALLOWED] = ESCROW_ERROR_NOT_ALLOWED, [DEAL_DECIDED] = ESCROW_ERROR_DECIDED,
        [DEAL_NOT_FUNDED] = ESCROW_ERROR_NOT_FUNDED,   [DEAL_BAD_TERMS] = ESCROW_ERROR_BAD_TERMS,
        [DEAL_NOT_DECIDED] = ESCROW_ERROR_NOT_DECIDED, [DEAL_NOT_DONE] = ESCROW_ERROR_NOT_DONE};
    struct escrow_error error = {.tag = tags[refusal]};
    if (refusal == DEAL_DECIDED) {
        error.as.decided = escrow_phase_show(deal->phase);
    } else if (refusal == DEAL_NOT_FUNDED) {
        error.as.not_funded.price_e8s = funds->balances_e8s[DEAL_PRICE];
        error.as.not_funded.bond_e8s = funds->balances_e8s[DEAL_BOND];
    }
    reply_error(f, error);
}

/* ---- before anything is asked ---------------------------------------------------------------- */

static enum deal_outcome outcome_of(const struct settle *f)
{
    return f->wish == SETTLE_RELEASE ? DEAL_RELEASE : DEAL_REFUND;
}

static enum deal_result may(const struct settle *f, const struct deal *deal)
{
    switch (f->wish) {
    case SETTLE_RELEASE:
    case SETTLE_REFUND:
        return deal_decide_check(deal, outcome_of(f), &f->caller, ic_time_ns());
    case SETTLE_RECLAIM:
        return deal_reclaim_check(deal, &f->caller);
    case SETTLE_RESUME:
        break;
    }
    return deal->phase == DEAL_OPEN ? DEAL_NOT_DECIDED : DEAL_OK;
}

/* Takes the lock and checks. False: answered. */
static bool begin(struct settle *f)
{
    struct deal deal;
    if (!escrow_deal_find(&deal, f->id)) {
        reply_error(f, (struct escrow_error){.tag = ESCROW_ERROR_NOT_FOUND});
        return false;
    }
    if (ic_lock_u64(&f->flow, LOCK_DEAL, f->id) != IC_LOCK_OK) {
        reply_error(f, (struct escrow_error){.tag = ESCROW_ERROR_BUSY});
        return false;
    }
    enum deal_result refusal = may(f, &deal);
    if (refusal != DEAL_OK) {
        reply_refusal(f, &deal, refusal, NULL);
    }
    return refusal == DEAL_OK;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static struct candid_callee ledger_callee(void)
{
    return (struct candid_callee){.canister = escrow_ledger(), .timeout_s = LEDGER_TIMEOUT_S};
}

static void ask_balance(struct settle *f, enum deal_leg_index leg)
{
    uint8_t subaccount[32];
    deal_subaccount(subaccount, f->id, leg);
    struct candid_callee ledger = ledger_callee();
    struct icrc_icrc1_balance_of_in in = {
        .arg0 = {
            .owner = ic_canister_self(),
            .subaccount = {.has = true, .value = {.at = subaccount, .size = sizeof subaccount}}}};
    ic_answer_keep(&f->balances[leg], f->rooms[leg], NAT_REPLY_BYTES);
    icrc_call_icrc1_balance_of(&f->flow, &f->balances[leg], &ledger, &in);
}

static void ask_fee(struct settle *f)
{
    struct candid_callee ledger = ledger_callee();
    ic_answer_keep(&f->fee, f->rooms[DEAL_LEGS], NAT_REPLY_BYTES);
    icrc_call_icrc1_fee(&f->flow, &f->fee, &ledger);
}

/* Sends the planned transfer of f->leg, byte for byte what was recorded. */
static void send_transfer(struct settle *f)
{
    struct deal deal = escrow_deal_get(f->id);
    const struct deal_leg *leg = &deal.legs[f->leg];
    uint8_t subaccount[32];
    uint8_t memo[DEAL_MEMO_BYTES];
    deal_subaccount(subaccount, f->id, f->leg);
    deal_memo(memo, f->id, f->leg);
    struct icrc_icrc1_transfer_in in = {
        .arg0 = {.to = {.owner = leg->payee},
                 .fee = {.has = true, .value = candid_nat_from_u64(leg->fee_e8s)},
                 .memo = {.has = true, .value = {.at = memo, .size = sizeof memo}},
                 .from_subaccount = {.has = true,
                                     .value = {.at = subaccount, .size = sizeof subaccount}},
                 .created_at_time = {.has = true, .value = leg->created_at_ns},
                 .amount = candid_nat_from_u64(leg->amount_e8s)}};
    struct candid_callee ledger = ledger_callee();
    icrc_call_icrc1_transfer(&f->flow, &f->answer, &ledger, &in);
}

/* ---- what came back -------------------------------------------------------------------------- */

static bool take_nat(const struct settle *f, uint64_t *out, const struct ic_answer *answer,
                     const struct candid_method *method)
{
    struct icrc_icrc1_balance_of_out reply_out; /* icrc1_fee answers with the same type */
    if (!candid_answer(&reply_out, answer, method) || !candid_nat_to_u64(out, &reply_out.ret0)) {
        reply_answer(f, answer);
        return false;
    }
    return true;
}

static bool take_funds(const struct settle *f, struct deal_funds *funds)
{
    for (int i = 0; i < DEAL_LEGS; i++) {
        if (!take_nat(f, &funds->balances_e8s[i], &f->balances[i], &icrc_icrc1_balance_of_method)) {
            return false;
        }
    }
    return take_nat(f, &funds->fee_e8s, &f->fee, &icrc_icrc1_fee_method);
}

/* After the join: plans what was wished, or answers why not. */
static bool decide(struct settle *f)
{
    struct deal_funds funds;
    struct deal deal = escrow_deal_get(f->id);
    if (!take_funds(f, &funds)) {
        return false;
    }
    enum deal_result refusal = may(f, &deal);
    if (refusal == DEAL_OK && f->wish != SETTLE_RECLAIM) {
        refusal = deal_funds_check(&deal, outcome_of(f), &funds);
    }
    if (refusal != DEAL_OK) {
        reply_refusal(f, &deal, refusal, &funds);
        return false;
    }
    if (f->wish == SETTLE_RECLAIM) {
        deal_reclaim_apply(&deal, &funds, ic_time_ns());
    } else {
        deal_decide_apply(&deal, outcome_of(f), &funds, ic_time_ns());
    }
    escrow_deal_put(&deal);
    if (deal_leg_next(&deal) != DEAL_LEGS) {
        /* Should there be no room for it, people can still call resume. */
        (void)ic_timer_every(TIMER_RETRY, RETRY_EVERY_NS, f->id).v;
    }
    return true;
}

/* Chooses the leg to work on. False: none is left, answered. */
static bool next_leg(struct settle *f)
{
    struct deal deal = escrow_deal_get(f->id);
    enum deal_leg_index leg = deal_leg_next(&deal);
    if (leg == DEAL_LEGS) {
        reply_deal(f, &deal);
        return false;
    }
    f->tries = leg == f->leg ? f->tries : 0;
    f->leg = leg;
    f->is_doubtful = f->is_doubtful || deal_leg_is_forgotten(&deal.legs[leg], ic_time_ns());
    return true;
}

static void leg_paid(struct settle *f, const struct candid_nat *block)
{
    struct deal deal = escrow_deal_get(f->id);
    uint64_t index = DEAL_BLOCK_UNKNOWN;
    if (block != NULL && !candid_nat_to_u64(&index, block)) {
        index = DEAL_BLOCK_UNKNOWN;
    }
    deal_paid_apply(&deal, f->leg, index);
    escrow_deal_put(&deal);
}

static void leg_replan(struct settle *f, uint64_t fee_e8s)
{
    struct deal deal = escrow_deal_get(f->id);
    deal_replan_apply(&deal, f->leg, fee_e8s, ic_time_ns());
    escrow_deal_put(&deal);
}

/* The ledger will refuse the transfer for good. What the account holds tells whether it had been made
 * before: calls to one canister arrive in order, so no earlier one is still on its way. */
static bool take_account(struct settle *f)
{
    struct deal deal = escrow_deal_get(f->id);
    const struct deal_leg *leg = &deal.legs[f->leg];
    uint64_t balance_e8s = 0;
    if (!take_nat(f, &balance_e8s, &f->balances[f->leg], &icrc_icrc1_balance_of_method)) {
        return false;
    }
    f->is_doubtful = false;
    if (balance_e8s < leg->amount_e8s + leg->fee_e8s) {
        leg_paid(f, NULL);
    } else {
        leg_replan(f, f->next_fee_e8s == 0 ? leg->fee_e8s : f->next_fee_e8s);
    }
    f->next_fee_e8s = 0;
    return true;
}

/* True when the ledger will never make this very transfer: what it refuses is its fee, its time, or an
 * account that was emptied. */
static bool is_refused_for_good(struct settle *f, const struct icrc_transfer_error *error)
{
    return error->tag == ICRC_TRANSFER_ERROR_TOO_OLD ||
           error->tag == ICRC_TRANSFER_ERROR_INSUFFICIENT_FUNDS ||
           (error->tag == ICRC_TRANSFER_ERROR_BAD_FEE &&
            candid_nat_to_u64(&f->next_fee_e8s, &error->as.bad_fee.expected_fee));
}

/* What the ledger refuses with is a fact about the transfer. True: go on with the loop. */
static bool take_refusal(struct settle *f, const struct icrc_transfer_error *error)
{
    if (error->tag == ICRC_TRANSFER_ERROR_DUPLICATE) {
        leg_paid(f, &error->as.duplicate.duplicate_of);
        return true;
    }
    if (is_refused_for_good(f, error) && f->tries++ < TRIES_MAX) {
        f->is_doubtful = true;
        return true;
    }
    reply_ledger(f, IC_CALL_OK, IC_BYTES_LIT("the ledger refuses the transfer for now"));
    return false;
}

static bool take_transfer(struct settle *f)
{
    struct icrc_icrc1_transfer_out out;
    if (f->answer.code == IC_CALL_SYS_UNKNOWN && f->tries++ < TRIES_MAX) {
        return true; /* once more, the same transfer */
    }
    if (!icrc_take_icrc1_transfer(&out, &f->answer)) {
        reply_answer(f, &f->answer);
        return false;
    }
    if (out.ret0.tag == ICRC_TRANSFER_RESULT_OK) {
        leg_paid(f, &out.ret0.as.ok);
        return true;
    }
    return take_refusal(f, &out.ret0.as.err);
}

/* ---- the flow -------------------------------------------------------------------------------- */

static void settle_run(struct ic_flow *flow)
{
    struct settle *f = (struct settle *)flow;
    IC_FLOW_BEGIN(f);
    if (!begin(f)) {
        return;
    }
    if (f->wish != SETTLE_RESUME) {
        ask_balance(f, DEAL_PRICE);
        ask_balance(f, DEAL_BOND);
        ask_fee(f);
        IC_JOIN(f);
        if (!decide(f)) {
            return;
        }
    }
    while (next_leg(f)) {
        if (f->is_doubtful) {
            IC_AWAIT(f, ask_balance(f, f->leg));
            if (!take_account(f)) {
                return;
            }
        } else {
            IC_AWAIT(f, send_transfer(f));
            if (!take_transfer(f)) {
                return;
            }
        }
    }
    IC_FLOW_END(f);
}

/* False: too many flows. */
static bool flow_start(enum settle_wish wish, uint64_t id, const struct candid_method *method)
{
    struct settle *f = ic_flow_new(settle_run, NULL, sizeof *f);
    if (f == NULL) {
        return false;
    }
    f->wish = wish;
    f->id = id;
    f->caller = ic_msg_caller();
    f->method = method;
    ic_flow_start(&f->flow);
    return true;
}

void settle_start(enum settle_wish wish, uint64_t id)
{
    static const struct candid_method *const methods[] = {[SETTLE_RELEASE] = &escrow_release_method,
                                                          [SETTLE_REFUND] = &escrow_refund_method,
                                                          [SETTLE_RECLAIM] = &escrow_reclaim_method,
                                                          [SETTLE_RESUME] = &escrow_resume_method};
    if (!flow_start(wish, id, methods[wish])) {
        reply_error(&(struct settle){.method = methods[wish]},
                    (struct escrow_error){.tag = ESCROW_ERROR_BUSY});
    }
}

/* The timer of a deal: ends itself when all is paid. */
static void retry(struct ic_timer_id timer, uint64_t id)
{
    struct deal deal = escrow_deal_get(id);
    if (deal_leg_next(&deal) == DEAL_LEGS) {
        (void)ic_timer_cancel(timer);
    } else {
        (void)flow_start(SETTLE_RESUME, id, NULL); /* too many now: next time */
    }
}
