/* The rules of the escrow, natively. */
#include "escrow/deal.h"
#include "host/ic_host.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FEE 10000u

static struct deal sample(void)
{
    return (struct deal){.id = 0x0102030405060708u,
                         .phase = DEAL_OPEN,
                         .buyer = ic_principal_from_public_key(IC_BYTES_LIT("buyer")),
                         .seller = ic_principal_from_public_key(IC_BYTES_LIT("seller")),
                         .price_e8s = 500000,
                         .bond_e8s = 100000,
                         .expires_at_ns = 1000};
}

static const struct deal_funds FUNDED = {.balances_e8s = {500000, 100000}, .fee_e8s = FEE};

/* Each row breaks one rule only. */
static void terms(void **state)
{
    (void)state;
    struct deal d = sample();
    const struct ic_principal self = ic_principal_from_canister_index(1);
    assert_int_equal(deal_terms_check(&d, &self), DEAL_OK);
    d.price_e8s = 0;
    assert_int_equal(deal_terms_check(&d, &self), DEAL_BAD_TERMS);
    d.price_e8s = DEAL_AMOUNT_E8S_MAX;
    assert_int_equal(deal_terms_check(&d, &self), DEAL_OK);
    d.price_e8s = DEAL_AMOUNT_E8S_MAX + 1;
    assert_int_equal(deal_terms_check(&d, &self), DEAL_BAD_TERMS);
    d = sample();
    d.bond_e8s = DEAL_AMOUNT_E8S_MAX + 1;
    assert_int_equal(deal_terms_check(&d, &self), DEAL_BAD_TERMS);
    d = sample();
    d.seller = d.buyer;
    assert_int_equal(deal_terms_check(&d, &self), DEAL_BAD_TERMS);
    d.seller = self;
    assert_int_equal(deal_terms_check(&d, &self), DEAL_BAD_TERMS);
    d.seller = IC_PRINCIPAL_ANONYMOUS;
    assert_int_equal(deal_terms_check(&d, &self), DEAL_BAD_TERMS);
    d = sample();
    d.buyer = IC_PRINCIPAL_ANONYMOUS;
    assert_int_equal(deal_terms_check(&d, &self), DEAL_BAD_TERMS);
}

static void who_decides(void **state)
{
    (void)state;
    struct deal d = sample();
    struct ic_principal other = IC_PRINCIPAL_ANONYMOUS;
    const struct {
        const struct ic_principal *caller;
        enum deal_outcome outcome;
        uint64_t now_ns;
        enum deal_result result;
    } rows[] = {
        {&d.buyer, DEAL_RELEASE, 0, DEAL_OK},
        {&d.seller, DEAL_RELEASE, 0, DEAL_NOT_ALLOWED},
        {&other, DEAL_RELEASE, 0, DEAL_NOT_ALLOWED},
        {&d.seller, DEAL_REFUND, 0, DEAL_OK},
        {&d.buyer, DEAL_REFUND, 999, DEAL_NOT_ALLOWED},
        {&d.buyer, DEAL_REFUND, 1000, DEAL_OK},
        {&other, DEAL_REFUND, 1000, DEAL_NOT_ALLOWED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(deal_decide_check(&d, rows[i].outcome, rows[i].caller, rows[i].now_ns),
                         rows[i].result);
    }
    d.phase = DEAL_RELEASING;
    assert_int_equal(deal_decide_check(&d, DEAL_RELEASE, &d.buyer, 0), DEAL_DECIDED);
    assert_int_equal(deal_decide_check(&d, DEAL_RELEASE, &other, 0), DEAL_NOT_ALLOWED);
}

static void funds(void **state)
{
    (void)state;
    struct deal d = sample();
    struct deal_funds f = FUNDED;
    assert_int_equal(deal_funds_check(&d, DEAL_RELEASE, &f), DEAL_OK);
    f.balances_e8s[DEAL_PRICE]--;
    assert_int_equal(deal_funds_check(&d, DEAL_RELEASE, &f), DEAL_NOT_FUNDED);
    assert_int_equal(deal_funds_check(&d, DEAL_REFUND, &f), DEAL_OK);
    f = FUNDED;
    f.balances_e8s[DEAL_BOND]--;
    assert_int_equal(deal_funds_check(&d, DEAL_RELEASE, &f), DEAL_NOT_FUNDED);
}

/* Whatever was paid in, payments and fees add up to it, or nothing leaves. */
static void amounts_add_up(void **state)
{
    (void)state;
    const uint64_t balances[] = {0, 1, FEE - 1, FEE, FEE + 1, 100000, DEAL_AMOUNT_E8S_MAX};
    const size_t count = sizeof balances / sizeof balances[0];
    for (size_t i = 0; i < count * count * 2; i++) {
        struct deal d = sample();
        struct deal_funds f = {.balances_e8s = {balances[i % count], balances[i / count % count]},
                               .fee_e8s = FEE};
        enum deal_outcome outcome = i / count / count == 0 ? DEAL_RELEASE : DEAL_REFUND;
        deal_decide_apply(&d, outcome, &f, 7);
        for (int leg = 0; leg < DEAL_LEGS; leg++) {
            const struct deal_leg *l = &d.legs[leg];
            assert_int_equal(l->state, f.balances_e8s[leg] > FEE ? DEAL_PLANNED : DEAL_EMPTY);
            assert_true(l->state == DEAL_EMPTY ||
                        l->amount_e8s + l->fee_e8s == f.balances_e8s[leg]);
            const struct ic_principal *payee =
                leg == DEAL_PRICE && outcome == DEAL_REFUND ? &d.buyer : &d.seller;
            assert_true(ic_principal_is_equal(&l->payee, payee));
        }
        while (deal_leg_next(&d) != DEAL_LEGS) {
            assert_true(d.phase == DEAL_RELEASING || d.phase == DEAL_REFUNDING);
            deal_paid_apply(&d, deal_leg_next(&d), 1);
        }
        assert_int_equal(d.phase, outcome == DEAL_RELEASE ? DEAL_RELEASED : DEAL_REFUNDED);
    }
}

static void pay_twice(void *argument)
{
    struct deal *d = argument;
    deal_paid_apply(d, DEAL_PRICE, 1);
    deal_paid_apply(d, DEAL_PRICE, 2);
}

static void a_leg_is_paid_once(void **state)
{
    (void)state;
    struct deal d = sample();
    ic_host_reset();
    deal_decide_apply(&d, DEAL_RELEASE, &FUNDED, 7);
    assert_false(ic_host_run(pay_twice, &d));
    assert_non_null(strstr(ic_host_trap_text(), "DEAL_PLANNED"));
    ic_host_reset();
}

static void planning_anew(void **state)
{
    (void)state;
    struct deal d = sample();
    deal_decide_apply(&d, DEAL_RELEASE, &FUNDED, 7);
    deal_replan_apply(&d, DEAL_PRICE, 2 * FEE, 9);
    assert_int_equal(d.legs[DEAL_PRICE].amount_e8s, 500000 - 2 * FEE);
    assert_int_equal(d.legs[DEAL_PRICE].created_at_ns, 9);
    deal_replan_apply(&d, DEAL_PRICE, 500000, 10);
    assert_int_equal(d.legs[DEAL_PRICE].state, DEAL_EMPTY);
    assert_int_equal(d.phase, DEAL_RELEASING);
    deal_replan_apply(&d, DEAL_BOND, 100000, 10);
    assert_int_equal(d.phase, DEAL_RELEASED);
}

/* What comes in afterwards goes back to whoever pays into that account; the phase stays. */
static void reclaiming(void **state)
{
    (void)state;
    struct deal d = sample();
    const struct ic_principal other = ic_principal_from_canister_index(3);
    const struct deal_funds late = {.balances_e8s = {70000, FEE}, .fee_e8s = FEE};
    assert_int_equal(deal_reclaim_check(&d, &d.buyer), DEAL_NOT_DECIDED);
    deal_decide_apply(&d, DEAL_RELEASE, &FUNDED, 7);
    assert_int_equal(deal_reclaim_check(&d, &d.buyer), DEAL_NOT_DONE);
    deal_paid_apply(&d, DEAL_PRICE, 1);
    deal_paid_apply(&d, DEAL_BOND, 2);
    assert_int_equal(deal_reclaim_check(&d, &other), DEAL_NOT_ALLOWED);
    assert_int_equal(deal_reclaim_check(&d, &d.seller), DEAL_OK);
    assert_int_equal(deal_reclaim_check(&d, &d.buyer), DEAL_OK);
    deal_reclaim_apply(&d, &late, 9);
    assert_int_equal(d.legs[DEAL_PRICE].state, DEAL_PLANNED);
    assert_int_equal(d.legs[DEAL_PRICE].amount_e8s, 70000 - FEE);
    assert_int_equal(d.legs[DEAL_PRICE].created_at_ns, 9);
    assert_true(ic_principal_is_equal(&d.legs[DEAL_PRICE].payee, &d.buyer));
    assert_int_equal(d.legs[DEAL_BOND].state, DEAL_PAID); /* dust stays */
    assert_int_equal(deal_reclaim_check(&d, &d.buyer), DEAL_NOT_DONE);
    deal_paid_apply(&d, DEAL_PRICE, 3);
    assert_int_equal(d.phase, DEAL_RELEASED);
}

static void forgetting(void **state)
{
    (void)state;
    struct deal d = sample();
    const uint64_t end_ns = 7 + DEAL_WINDOW_NS + DEAL_DRIFT_NS;
    deal_decide_apply(&d, DEAL_RELEASE, &FUNDED, 7);
    assert_false(deal_leg_is_forgotten(&d.legs[0], end_ns));
    assert_true(deal_leg_is_forgotten(&d.legs[0], end_ns + 1));
    deal_paid_apply(&d, DEAL_PRICE, 3);
    assert_false(deal_leg_is_forgotten(&d.legs[0], end_ns + 1));
}

static void stored_form(void **state)
{
    (void)state;
    uint8_t bytes[DEAL_STORED_BYTES], again[DEAL_STORED_BYTES];
    struct deal d = sample(), back;
    deal_decide_apply(&d, DEAL_REFUND, &FUNDED, 77);
    deal_paid_apply(&d, DEAL_PRICE, 12345);
    deal_encode(bytes, &d);
    assert_true(deal_decode(&back, d.id, bytes));
    assert_int_equal(back.legs[DEAL_PRICE].block, 12345);
    deal_encode(again, &back);
    assert_memory_equal(bytes, again, sizeof bytes);
    assert_int_equal(bytes[86], DEAL_PAID); /* where the header says */
    const struct {
        size_t at;
        uint8_t byte;
    } damages[] = {{0, 2}, {1, 5}, {1, DEAL_OPEN}, {2, 30}, {86, 4}, {149, DEAL_WAITING}};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        deal_encode(bytes, &d);
        bytes[damages[i].at] = damages[i].byte;
        assert_false(deal_decode(&back, d.id, bytes));
    }
}

static void accounts_and_memos(void **state)
{
    (void)state;
    uint8_t price[32], bond[32], memo[DEAL_MEMO_BYTES];
    deal_subaccount(price, 0x0102, DEAL_PRICE);
    deal_subaccount(bond, 0x0102, DEAL_BOND);
    deal_memo(memo, 0x0102, DEAL_BOND);
    assert_memory_not_equal(price, bond, sizeof price);
    assert_int_equal(bond[0], DEAL_BOND);
    assert_int_equal(bond[30], 1);
    assert_int_equal(bond[31], 2);
    assert_memory_equal(memo, ((uint8_t[]){1, 0, 0, 0, 0, 0, 0, 1, 2}), sizeof memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms),
        cmocka_unit_test(who_decides),
        cmocka_unit_test(funds),
        cmocka_unit_test(amounts_add_up),
        cmocka_unit_test(a_leg_is_paid_once),
        cmocka_unit_test(planning_anew),
        cmocka_unit_test(reclaiming),
        cmocka_unit_test(forgetting),
        cmocka_unit_test(stored_form),
        cmocka_unit_test(accounts_and_memos),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
