/* Cycles in the native twin: the rules of the system at their edges, and its prices. */
#include "host/ic_host_cycles.h"
#include "test/check.h"

static void accepting(void **state)
{
    (void)state;
    ic_host_cycles_set(100, 7, 0);
    assert_true(ic_cycles_available() == 100);
    assert_true(ic_cycles_accept(30) == 30);
    assert_true(ic_cycles_available() == 70 && ic_cycles_balance() == 37);
    assert_true(ic_cycles_accept(IC_U128_MAX) == 70);
    assert_true(ic_cycles_available() == 0 && ic_cycles_balance() == 107);
    assert_true(ic_cycles_accept(1) == 0);
    ic_host_cycles_set(100, IC_U128_MAX - 1, 0); /* a full balance takes no more */
    assert_true(ic_cycles_accept(5) == 1);
    assert_true(ic_cycles_available() == 99 && ic_cycles_balance() == IC_U128_MAX);
}

static void burning(void **state)
{
    (void)state;
    ic_host_cycles_set(0, 1000, 400);
    assert_true(ic_cycles_liquid() == 600);
    assert_true(ic_cycles_burn(100) == 100);
    assert_true(ic_cycles_burn(IC_U128_MAX) == 500); /* down to the freezing limit */
    assert_true(ic_cycles_balance() == 400 && ic_cycles_liquid() == 0);
    assert_true(ic_cycles_burn(1) == 0);
    ic_host_cycles_set(0, 300, 400);
    assert_true(ic_cycles_liquid() == 0 && ic_cycles_burn(1) == 0);
}

/* Of 13 nodes. SPEC: IC, "Cycles costs". The sizes are sums of 64 bits, so nothing wraps. */
static void prices(void **state)
{
    (void)state;
    ic_u128 cost = 1;
    assert_true(ic_cycles_cost_call(0, 0) == (ic_u128)260000 + 1000u * 2097152u + 40005000000u);
    assert_true(ic_cycles_cost_call(10, 20) - ic_cycles_cost_call(0, 0) == 30000);
    assert_true(ic_cycles_cost_call(UINT64_MAX, UINT64_MAX) > (ic_u128)UINT64_MAX * 2000);
    assert_true(ic_cycles_cost_create_canister() == 500000000000u);
    assert_true(ic_cycles_cost_http_request(0, 0) == 49140000);
    assert_true(ic_cycles_cost_http_request(1000, 2000000) ==
                49140000 + (ic_u128)13 * (400 * 1000 + 800u * 2000000u));
    assert_true(ic_cycles_cost_http_request(UINT64_MAX, UINT64_MAX) > (ic_u128)UINT64_MAX * 15600);
    assert_false(ic_cycles_cost_threshold(&cost, IC_THRESHOLD_SCHNORR_ED25519,
                                          IC_BYTES_LIT("key_9")));
    assert_true(cost == 1);
    assert_true(
        ic_cycles_cost_threshold(&cost, IC_THRESHOLD_ECDSA_SECP256K1, IC_BYTES_LIT("key_1")));
    assert_true(cost == 10000000000u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(accepting), cmocka_unit_test(burning),
                                       cmocka_unit_test(prices)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
