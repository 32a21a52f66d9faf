/* The methods of the escrow. Start here, then follow `release` into settle.c. */
#include "escrow/escrow.h"

#include "ic/async.h"
#include "ic/msg.h"

void escrow_init(const struct escrow_init_in *in)
{
    escrow_state_create(&in->ledger);
}

CANDID_EXPORT("canister_post_upgrade") void escrow_post_upgrade(void);
void escrow_post_upgrade(void)
{
    escrow_state_open();
}

/* ---- deals as callers see them --------------------------------------------------------------- */

struct escrow_phase escrow_phase_show(enum deal_phase phase)
{
    static const enum escrow_phase_tag tags[] = {
        [DEAL_OPEN] = ESCROW_PHASE_OPEN,           [DEAL_RELEASING] = ESCROW_PHASE_RELEASING,
        [DEAL_REFUNDING] = ESCROW_PHASE_REFUNDING, [DEAL_RELEASED] = ESCROW_PHASE_RELEASED,
        [DEAL_REFUNDED] = ESCROW_PHASE_REFUNDED,
    };
    return (struct escrow_phase){.tag = tags[phase]};
}

static struct escrow_leg_state leg_state(const struct deal_leg *leg)
{
    static const enum escrow_leg_state_tag tags[] = {
        [DEAL_WAITING] = ESCROW_LEG_STATE_WAITING,
        [DEAL_PLANNED] = ESCROW_LEG_STATE_PLANNED,
        [DEAL_PAID] = ESCROW_LEG_STATE_PAID,
        [DEAL_EMPTY] = ESCROW_LEG_STATE_EMPTY,
    };
    struct escrow_leg_state state = {.tag = tags[leg->state]};
    state.as.paid.has = leg->block != DEAL_BLOCK_UNKNOWN;
    state.as.paid.value = leg->block;
    return state;
}

static struct escrow_leg leg_show(const struct deal *deal, enum deal_leg_index index)
{
    const struct deal_leg *leg = &deal->legs[index];
    uint8_t *subaccount = ic_arena_alloc(candid_msg_arena(), 32);
    ic_assert(subaccount != NULL);
    deal_subaccount(subaccount, deal->id, index);
    return (struct escrow_leg){
        .amount_e8s = leg->amount_e8s,
        .state = leg_state(leg),
        .account = {.owner = ic_canister_self(),
                    .subaccount = {.has = true, .value = {.at = subaccount, .size = 32}}},
        .payee = leg->payee,
    };
}

void escrow_deal_show(struct escrow_deal *out, const struct deal *deal)
{
    *out = (struct escrow_deal){
        .id = deal->id,
        .terms = {.seller = deal->seller,
                  .bond_e8s = deal->bond_e8s,
                  .price_e8s = deal->price_e8s,
                  .expires_at_ns = deal->expires_at_ns},
        .bond = leg_show(deal, DEAL_BOND),
        .buyer = deal->buyer,
        .phase = escrow_phase_show(deal->phase),
        .price = leg_show(deal, DEAL_PRICE),
    };
}

/* ---- methods --------------------------------------------------------------------------------- */

void escrow_open(const struct escrow_open_in *in, struct escrow_open_out *out)
{
    struct deal deal = {.id = escrow_deal_count(),
                        .phase = DEAL_OPEN,
                        .buyer = ic_msg_caller(),
                        .seller = in->arg0.seller,
                        .price_e8s = in->arg0.price_e8s,
                        .bond_e8s = in->arg0.bond_e8s,
                        .expires_at_ns = in->arg0.expires_at_ns};
    const struct ic_principal self = ic_canister_self();
    if (deal_terms_check(&deal, &self) != DEAL_OK) {
        out->ret0.tag = ESCROW_RESULT_ERR;
        out->ret0.as.err.tag = ESCROW_ERROR_BAD_TERMS;
        return;
    }
    escrow_deal_put(&deal);
    out->ret0.tag = ESCROW_RESULT_OK;
    escrow_deal_show(&out->ret0.as.ok, &deal);
}

void escrow_release(const struct escrow_release_in *in)
{
    settle_start(SETTLE_RELEASE, in->id);
}

void escrow_refund(const struct escrow_refund_in *in)
{
    settle_start(SETTLE_REFUND, in->id);
}

void escrow_reclaim(const struct escrow_reclaim_in *in)
{
    settle_start(SETTLE_RECLAIM, in->id);
}

void escrow_resume(const struct escrow_resume_in *in)
{
    settle_start(SETTLE_RESUME, in->id);
}

void escrow_deal(const struct escrow_deal_in *in, struct escrow_deal_out *out)
{
    struct deal deal;
    out->ret0.has = escrow_deal_find(&deal, in->id);
    if (out->ret0.has) {
        escrow_deal_show(&out->ret0.value, &deal);
    }
}

void escrow_health(struct escrow_health_out *out)
{
    struct ic_async_status status = ic_async_status();
    out->ret0.flows = status.flows;
    out->ret0.calls = status.calls;
    out->ret0.locks = status.locks;
}
