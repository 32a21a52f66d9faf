#include "ledger/transfer.h"

#include "ic/checked.h"
#include "ic/trap.h"
#include "ledger/account.h"
#include "ledger/block.h"
#include "ledger/transaction_hash.h"

static struct ledger_outcome outcome(enum ledger_result result, uint64_t detail)
{
    return (struct ledger_outcome){.result = result, .detail = detail};
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool fee_differs(const struct ledger_request *request, struct e8s expected)
{
    return request->fee_e8s.has && request->fee_e8s.v != expected.v;
}

/* ---- the request ----------------------------------------------------------------------------- */

static enum ledger_operation_kind request_kind(const struct ledger_state *state,
                                               const struct ledger_request *request,
                                               const struct ledger_rules *rules)
{
    const struct ledger_account *minter = &state->config.minting_account;
    const bool is_mint = ledger_account_is_equal(&request->from, minter);
    const bool is_burn = ledger_account_is_equal(&request->to, minter);
    if (is_mint && (rules->is_mint_checked_first || !is_burn)) {
        return LEDGER_MINT;
    }
    return is_burn ? LEDGER_BURN : LEDGER_TRANSFER;
}

/* QUIRK: the least burn is the fee, but an account with less may burn all it has; so dust can leave
 * the ledger. SPEC: ledger 5.1 step 4, 5.2 step 5 */
static struct ledger_outcome burn_check(const struct ledger_state *state,
                                        const struct ledger_request *request,
                                        const struct ledger_rules *rules)
{
    if (fee_differs(request, (struct e8s){0})) {
        return outcome(LEDGER_BURN_WITH_FEE, 0);
    }
    const uint64_t fee_e8s = state->config.fee.v;
    const uint64_t least_e8s = min_u64(fee_e8s, ledger_balance_get(state, &request->from).v);
    if (request->amount.v.v < least_e8s) {
        return outcome(LEDGER_BURN_TOO_SMALL, least_e8s);
    }
    if (request->amount.v.v == 0 && rules->is_zero_burn_refused) {
        return outcome(LEDGER_BURN_TOO_SMALL, fee_e8s);
    }
    return outcome(LEDGER_OK, 0);
}

static struct ledger_outcome mint_check(const struct ledger_request *request)
{
    if (fee_differs(request, (struct e8s){0})) {
        return outcome(LEDGER_MINT_WITH_FEE, 0);
    }
    if (ledger_account_is_equal(&request->from, &request->to)) {
        return outcome(LEDGER_MINT_TO_MINTER, 0);
    }
    return outcome(LEDGER_OK, 0);
}

static struct ledger_outcome kind_check(enum ledger_operation_kind kind,
                                        const struct ledger_state *state,
                                        const struct ledger_request *request,
                                        const struct ledger_rules *rules)
{
    switch (kind) {
    case LEDGER_BURN:
        return burn_check(state, request, rules);
    case LEDGER_MINT:
        return mint_check(request);
    case LEDGER_TRANSFER:
        if (fee_differs(request, state->config.fee)) {
            return outcome(LEDGER_BAD_FEE, state->config.fee.v);
        }
        return outcome(LEDGER_OK, 0);
    case LEDGER_APPROVE:
        break;
    }
    IC_TRAP("a transfer is never an approval");
}

static bool memo_is_too_large(const struct ledger_request *request)
{
    return request->has_icrc1_memo && request->icrc1_memo.size > LEDGER_ICRC1_MEMO_BYTES_MAX;
}

struct ledger_outcome ledger_names_check(const struct ledger_state *state,
                                         const struct ledger_request *request,
                                         const struct icrc_account *from,
                                         const struct icrc_account *to)
{
    const struct icrc_account *minter = &state->config.icrc_minting_account;
    if (memo_is_too_large(request)) {
        return outcome(LEDGER_MEMO_TOO_LARGE, 0);
    }
    const bool is_plain = state->knows_minter_name && !icrc_account_is_equal(from, minter) &&
                          !icrc_account_is_equal(to, minter);
    if (is_plain && !request->amount.is_too_large && fee_differs(request, state->config.fee)) {
        return outcome(LEDGER_BAD_FEE, state->config.fee.v);
    }
    return outcome(LEDGER_OK, 0);
}

struct ledger_outcome ledger_request_check(struct ledger_operation *operation,
                                           const struct ledger_state *state,
                                           const struct ledger_request *request,
                                           const struct ledger_rules *rules)
{
    if (memo_is_too_large(request)) {
        return outcome(LEDGER_MEMO_TOO_LARGE, 0);
    }
    if (request->amount.is_too_large) {
        return outcome(LEDGER_AMOUNT_TOO_LARGE, ledger_balance_get(state, &request->from).v);
    }
    const enum ledger_operation_kind kind = request_kind(state, request, rules);
    const struct ledger_outcome checked = kind_check(kind, state, request, rules);
    if (checked.result != LEDGER_OK) {
        return checked;
    }
    *operation = (struct ledger_operation){.kind = kind, .amount = request->amount.v};
    if (kind != LEDGER_MINT) {
        operation->from = &request->from;
    }
    if (kind != LEDGER_BURN) {
        operation->to = &request->to;
    }
    if (kind == LEDGER_TRANSFER) {
        operation->fee = state->config.fee; // recorded even when the caller named none
    }
    return checked;
}

struct ledger_outcome ledger_transfer(struct ledger_state *state, const struct ledger_env *env,
                                      const struct ledger_request *request,
                                      const struct ledger_rules *rules)
{
    struct ledger_transaction transaction;
    const struct ledger_outcome checked =
        ledger_request_check(&transaction.operation, state, request, rules);
    if (checked.result != LEDGER_OK) {
        return checked;
    }
    transaction.memo = request->memo;
    transaction.has_icrc1_memo = request->has_icrc1_memo;
    transaction.icrc1_memo = request->icrc1_memo;
    transaction.created_at_ns = request->created_at_ns;
    if (!transaction.created_at_ns.has && rules->is_created_at_filled_in) {
        transaction.created_at_ns = (struct ledger_opt_u64){.has = true, .v = env->now_ns};
    }
    return ledger_transaction_execute(state, env, &transaction);
}

/* ---- the transaction: check, then apply ------------------------------------------------------ */

/* All that a transaction will do, computed before anything is written. */
struct plan {
    struct ledger_balance_change from;
    struct ledger_balance_change to;
    struct e8s token_pool; /* afterwards */
    uint8_t buffer[LEDGER_BLOCK_BYTES_MAX];
    struct ic_bytes encoded;      /* the block, in the buffer */
    bool is_remembered;           /* the transaction has a time */
    struct ledger_hashes hashes;  /* of the transaction only if it is remembered */
};

/* plan_block encodes the block and computes the hashes that the plan needs. */
static void plan_block(struct plan *plan, const struct ledger_state *state, uint64_t now_ns,
                       const struct ledger_transaction *transaction)
{
    const struct ledger_block block = {
        .parent_hash = ledger_chain_length_get(state) != 0 ? &state->tip.hash : NULL,
        .timestamp_ns = now_ns,
        .transaction = *transaction,
    };
    plan->encoded = ledger_block_encode(plan->buffer, &block);
    if (plan->is_remembered) {
        ledger_hashes_get(&plan->hashes, transaction, plan->encoded);
    } else {
        plan->hashes.block = ledger_block_hash(plan->encoded);
    }
}

/* QUIRK: an account that is not stored cannot pay even 0. SPEC: ledger 7 */
static bool debit(struct ledger_balance_change *from, struct e8s amount)
{
    return from->exists && ic_sub_u64(&from->after.v, from->before.v, amount.v);
}

/* credit adds to a balance. It cannot overflow: with the token pool all balances make 2^64 - 1. */
static void credit(struct ledger_balance_change *to, struct e8s amount)
{
    const bool fits = ic_add_u64(&to->after.v, to->after.v, amount.v);
    ic_assert(fits);
}

static struct ledger_outcome burn_plan(struct plan *plan, const struct ledger_state *state,
                                       const struct ledger_operation *op)
{
    ledger_balance_change_read(&plan->from, state, op->from);
    if (!debit(&plan->from, op->amount)) {
        return outcome(LEDGER_INSUFFICIENT_FUNDS, plan->from.before.v);
    }
    const bool fits = ic_add_u64(&plan->token_pool.v, state->tip.token_pool.v, op->amount.v);
    ic_assert(fits);
    return outcome(LEDGER_OK, 0);
}

static struct ledger_outcome mint_plan(struct plan *plan, const struct ledger_state *state,
                                       const struct ledger_operation *op)
{
    if (!ic_sub_u64(&plan->token_pool.v, state->tip.token_pool.v, op->amount.v)) {
        return outcome(LEDGER_SUPPLY_EXCEEDED, 0);
    }
    ledger_balance_change_read(&plan->to, state, op->to);
    credit(&plan->to, op->amount);
    return outcome(LEDGER_OK, 0);
}

static struct ledger_outcome transfer_plan(struct plan *plan, const struct ledger_state *state,
                                           const struct ledger_operation *op)
{
    struct e8s cost;
    ledger_balance_change_read(&plan->from, state, op->from);
    if (!ic_add_u64(&cost.v, op->amount.v, op->fee.v) || !debit(&plan->from, cost)) {
        return outcome(LEDGER_INSUFFICIENT_FUNDS, plan->from.before.v);
    }
    if (ledger_account_is_equal(op->from, op->to)) {
        credit(&plan->from, op->amount);
    } else {
        ledger_balance_change_read(&plan->to, state, op->to);
        credit(&plan->to, op->amount);
    }
    /* The fee is burned. */
    const bool fits = ic_add_u64(&plan->token_pool.v, state->tip.token_pool.v, op->fee.v);
    ic_assert(fits);
    return outcome(LEDGER_OK, 0);
}

static struct ledger_outcome operation_plan(struct plan *plan, const struct ledger_state *state,
                                            const struct ledger_operation *op)
{
    switch (op->kind) {
    case LEDGER_BURN:
        return burn_plan(plan, state, op);
    case LEDGER_MINT:
        return mint_plan(plan, state, op);
    case LEDGER_TRANSFER:
        return transfer_plan(plan, state, op);
    case LEDGER_APPROVE:
        break;
    }
    IC_TRAP("approvals are not built");
}

/* window_check refuses what is too old, too new, or done before. */
static struct ledger_outcome window_check(struct plan *plan, const struct ledger_state *state,
                                          uint64_t now_ns,
                                          const struct ledger_transaction *transaction)
{
    const uint64_t created_ns = transaction->created_at_ns.v;
    const uint64_t window_ns = state->config.window_ns;
    uint64_t block_index = 0;
    if (ic_sat_add_u64(created_ns, window_ns) < now_ns) {
        return outcome(LEDGER_TOO_OLD, window_ns);
    }
    if (created_ns > ic_sat_add_u64(now_ns, LEDGER_DRIFT_NS)) {
        return outcome(LEDGER_CREATED_IN_FUTURE, now_ns);
    }
    plan_block(plan, state, now_ns, transaction); // now, because its hash comes with the other
    if (ledger_window_find(&state->window, &block_index, &plan->hashes.transaction)) {
        return outcome(LEDGER_DUPLICATE, block_index);
    }
    return outcome(LEDGER_OK, 0);
}

/* transaction_check fills the plan. Pure. */
static struct ledger_outcome transaction_check(struct plan *plan, const struct ledger_state *state,
                                               uint64_t now_ns,
                                               const struct ledger_transaction *transaction)
{
    plan->from.account = NULL;
    plan->to.account = NULL;
    plan->from.after = plan->from.before = (struct e8s){0};
    plan->to.exists = false;
    plan->to.after = plan->to.before = (struct e8s){0};
    plan->is_remembered = transaction->created_at_ns.has;
    if (plan->is_remembered) {
        const struct ledger_outcome fresh = window_check(plan, state, now_ns, transaction);
        if (fresh.result != LEDGER_OK) {
            return fresh;
        }
    }
    const struct ledger_outcome planned = operation_plan(plan, state, &transaction->operation);
    if (planned.result == LEDGER_OK && now_ns < state->tip.timestamp_ns) {
        return outcome(LEDGER_TIME_WENT_BACK, 0);
    }
    return planned;
}

/* transaction_apply carries a plan out. From here on nothing is refused.
 *   returns   index of the block */
static uint64_t transaction_apply(struct ledger_state *state, const struct plan *plan,
                                  uint64_t now_ns)
{
    const struct ledger_tip tip = {.hash = plan->hashes.block,
                                   .timestamp_ns = now_ns,
                                   .token_pool = plan->token_pool};
    ledger_balances_write(state, &plan->from, &plan->to);
    const uint64_t index = ledger_block_append(state, plan->encoded, &tip);
    if (plan->is_remembered) {
        ledger_window_add(&state->window,
                          &(struct ledger_window_entry){.hash = &plan->hashes.transaction,
                                                        .block_index = index,
                                                        .timestamp_ns = now_ns});
    }
    return index;
}

struct ledger_outcome ledger_transaction_execute(struct ledger_state *state,
                                                 const struct ledger_env *env,
                                                 const struct ledger_transaction *transaction)
{
    const uint64_t window_ns = state->config.window_ns;
    const struct ledger_limits *limits = env->limits;
    const uint64_t purged =
        ledger_window_purge(&state->window, env->now_ns, window_ns, limits->purged_max);
    if (purged == 0 && ledger_window_is_throttled(&state->window, env->now_ns, window_ns,
                                                  limits->window_transactions_max)) {
        return outcome(LEDGER_THROTTLED, 0);
    }
    struct plan plan;
    const struct ledger_outcome checked =
        transaction_check(&plan, state, env->now_ns, transaction);
    if (checked.result != LEDGER_OK) {
        return checked;
    }
    if (!plan.is_remembered) {
        plan_block(&plan, state, env->now_ns, transaction);
    }
    return outcome(LEDGER_OK, transaction_apply(state, &plan, env->now_ns));
}
