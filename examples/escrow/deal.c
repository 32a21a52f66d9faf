#include "escrow/deal.h"

#include "ic/buf.h"
#include "ic/trap.h"

enum deal_result deal_terms_check(const struct deal *deal, const struct ic_principal *escrow)
{
    if (deal->price_e8s == 0 || deal->price_e8s > DEAL_AMOUNT_E8S_MAX ||
        deal->bond_e8s > DEAL_AMOUNT_E8S_MAX ||
        ic_principal_is_equal(&deal->buyer, &deal->seller) ||
        ic_principal_is_equal(&deal->buyer, &IC_PRINCIPAL_ANONYMOUS) ||
        ic_principal_is_equal(&deal->seller, &IC_PRINCIPAL_ANONYMOUS) ||
        ic_principal_is_equal(&deal->seller, escrow)) {
        return DEAL_BAD_TERMS;
    }
    return DEAL_OK;
}

enum deal_result deal_decide_check(const struct deal *deal, enum deal_outcome outcome,
                                   const struct ic_principal *caller, uint64_t now_ns)
{
    bool is_buyer = ic_principal_is_equal(caller, &deal->buyer);
    bool is_seller = ic_principal_is_equal(caller, &deal->seller);
    bool may = outcome == DEAL_RELEASE ? is_buyer
                                       : is_seller || (is_buyer && now_ns >= deal->expires_at_ns);
    if (!may) {
        return DEAL_NOT_ALLOWED;
    }
    return deal->phase == DEAL_OPEN ? DEAL_OK : DEAL_DECIDED;
}

enum deal_result deal_funds_check(const struct deal *deal, enum deal_outcome outcome,
                                  const struct deal_funds *funds)
{
    if (outcome == DEAL_REFUND) {
        return DEAL_OK;
    }
    return funds->balances_e8s[DEAL_PRICE] >= deal->price_e8s &&
                   funds->balances_e8s[DEAL_BOND] >= deal->bond_e8s
               ? DEAL_OK
               : DEAL_NOT_FUNDED;
}

static void leg_plan(struct deal_leg *leg, uint64_t all_e8s, uint64_t fee_e8s, uint64_t now_ns)
{
    if (all_e8s <= fee_e8s) {
        leg->state = DEAL_EMPTY;
        return;
    }
    leg->state = DEAL_PLANNED;
    leg->amount_e8s = all_e8s - fee_e8s;
    leg->fee_e8s = fee_e8s;
    leg->created_at_ns = now_ns;
}

/* With the last leg the deal is done. */
static void close_if_done(struct deal *deal)
{
    if (deal_leg_next(deal) != DEAL_LEGS) {
        return;
    }
    if (deal->phase == DEAL_RELEASING) {
        deal->phase = DEAL_RELEASED;
    } else if (deal->phase == DEAL_REFUNDING) {
        deal->phase = DEAL_REFUNDED;
    }
}

void deal_decide_apply(struct deal *deal, enum deal_outcome outcome, const struct deal_funds *funds,
                       uint64_t now_ns)
{
    ic_assert(deal->phase == DEAL_OPEN);
    deal->phase = outcome == DEAL_RELEASE ? DEAL_RELEASING : DEAL_REFUNDING;
    deal->legs[DEAL_PRICE].payee = outcome == DEAL_RELEASE ? deal->seller : deal->buyer;
    deal->legs[DEAL_BOND].payee = deal->seller;
    for (int i = 0; i < DEAL_LEGS; i++) {
        leg_plan(&deal->legs[i], funds->balances_e8s[i], funds->fee_e8s, now_ns);
    }
    close_if_done(deal);
}

enum deal_result deal_reclaim_check(const struct deal *deal, const struct ic_principal *caller)
{
    if (!ic_principal_is_equal(caller, &deal->buyer) &&
        !ic_principal_is_equal(caller, &deal->seller)) {
        return DEAL_NOT_ALLOWED;
    }
    if (deal->phase == DEAL_OPEN) {
        return DEAL_NOT_DECIDED;
    }
    return deal_leg_next(deal) == DEAL_LEGS ? DEAL_OK : DEAL_NOT_DONE;
}

void deal_reclaim_apply(struct deal *deal, const struct deal_funds *funds, uint64_t now_ns)
{
    ic_assert(deal->phase == DEAL_RELEASED || deal->phase == DEAL_REFUNDED);
    for (int i = 0; i < DEAL_LEGS; i++) {
        if (funds->balances_e8s[i] > funds->fee_e8s) {
            deal->legs[i].payee = i == DEAL_PRICE ? deal->buyer : deal->seller;
            leg_plan(&deal->legs[i], funds->balances_e8s[i], funds->fee_e8s, now_ns);
        }
    }
}

enum deal_leg_index deal_leg_next(const struct deal *deal)
{
    enum deal_leg_index leg = DEAL_PRICE;
    while (leg < DEAL_LEGS && deal->legs[leg].state != DEAL_PLANNED) {
        leg++;
    }
    return leg;
}

void deal_paid_apply(struct deal *deal, enum deal_leg_index leg, uint64_t block)
{
    ic_assert(deal->legs[leg].state == DEAL_PLANNED);
    deal->legs[leg].state = DEAL_PAID;
    deal->legs[leg].block = block;
    close_if_done(deal);
}

bool deal_leg_is_forgotten(const struct deal_leg *leg, uint64_t now_ns)
{
    return leg->state == DEAL_PLANNED &&
           now_ns > leg->created_at_ns + DEAL_WINDOW_NS + DEAL_DRIFT_NS;
}

void deal_replan_apply(struct deal *deal, enum deal_leg_index leg, uint64_t fee_e8s,
                       uint64_t now_ns)
{
    struct deal_leg *l = &deal->legs[leg];
    ic_assert(l->state == DEAL_PLANNED);
    leg_plan(l, l->amount_e8s + l->fee_e8s, fee_e8s, now_ns);
    close_if_done(deal);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static void put_id_be(uint8_t out[8], uint64_t id)
{
    ic_store_u64_le(out, __builtin_bswap64(id));
}

void deal_subaccount(uint8_t out[32], uint64_t id, enum deal_leg_index leg)
{
    memset(out, 0, 32);
    out[0] = (uint8_t)leg;
    put_id_be(out + 24, id);
}

void deal_memo(uint8_t out[DEAL_MEMO_BYTES], uint64_t id, enum deal_leg_index leg)
{
    out[0] = (uint8_t)leg;
    put_id_be(out + 1, id);
}

static void put_principal(struct ic_writer *w, const struct ic_principal *p)
{
    ic_put_u8(w, p->size);
    ic_put_bytes(w, (struct ic_bytes){.at = p->bytes, .size = sizeof p->bytes});
}

static struct ic_principal get_principal(struct ic_reader *r)
{
    struct ic_principal p = {.size = 0};
    uint8_t size = ic_get_u8(r);
    struct ic_bytes all = ic_get_bytes(r, IC_PRINCIPAL_BYTES_MAX);
    if (!ic_reader_ok(r) ||
        !ic_principal_from_bytes(&p, (struct ic_bytes){.at = all.at, .size = size})) {
        r->failed = true;
    }
    return p;
}

static void put_leg(struct ic_writer *w, const struct deal_leg *leg)
{
    ic_put_u8(w, (uint8_t)leg->state);
    put_principal(w, &leg->payee);
    ic_put_u64_le(w, leg->amount_e8s);
    ic_put_u64_le(w, leg->fee_e8s);
    ic_put_u64_le(w, leg->created_at_ns);
    ic_put_u64_le(w, leg->block);
}

static void get_leg(struct ic_reader *r, struct deal_leg *leg)
{
    leg->state = (enum deal_leg_state)ic_get_u8(r);
    leg->payee = get_principal(r);
    leg->amount_e8s = ic_get_u64_le(r);
    leg->fee_e8s = ic_get_u64_le(r);
    leg->created_at_ns = ic_get_u64_le(r);
    leg->block = ic_get_u64_le(r);
    r->failed = r->failed || leg->state > DEAL_EMPTY;
}

void deal_encode(uint8_t out[DEAL_STORED_BYTES], const struct deal *deal)
{
    struct ic_writer w;
    memset(out, 0, DEAL_STORED_BYTES);
    ic_writer_init(&w, out, DEAL_STORED_BYTES);
    ic_put_u8(&w, DEAL_FORMAT);
    ic_put_u8(&w, (uint8_t)deal->phase);
    put_principal(&w, &deal->buyer);
    put_principal(&w, &deal->seller);
    ic_put_u64_le(&w, deal->price_e8s);
    ic_put_u64_le(&w, deal->bond_e8s);
    ic_put_u64_le(&w, deal->expires_at_ns);
    for (int i = 0; i < DEAL_LEGS; i++) {
        put_leg(&w, &deal->legs[i]);
    }
    ic_assert(ic_writer_ok(&w));
}

bool deal_decode(struct deal *out, uint64_t id, const uint8_t in[DEAL_STORED_BYTES])
{
    struct ic_reader r = ic_reader_from((struct ic_bytes){.at = in, .size = DEAL_STORED_BYTES});
    struct deal d = {.id = id};
    uint8_t format = ic_get_u8(&r);
    d.phase = (enum deal_phase)ic_get_u8(&r);
    d.buyer = get_principal(&r);
    d.seller = get_principal(&r);
    d.price_e8s = ic_get_u64_le(&r);
    d.bond_e8s = ic_get_u64_le(&r);
    d.expires_at_ns = ic_get_u64_le(&r);
    for (int i = 0; i < DEAL_LEGS; i++) {
        get_leg(&r, &d.legs[i]);
        r.failed = r.failed || (d.legs[i].state == DEAL_WAITING) != (d.phase == DEAL_OPEN);
    }
    if (!ic_reader_ok(&r) || format != DEAL_FORMAT || d.phase > DEAL_REFUNDED) {
        return false;
    }
    *out = d;
    return true;
}
