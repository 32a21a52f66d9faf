/* State in stable memory: nothing is lost in an upgrade, and a message that is stopped at any write
 * leaves no trace. SPEC: ledger 14.2 */
#include "ledger/stable_layout.h"
#include "ledger/test/support.h"

#define WINDOW_NS LEDGER_WINDOW_NS_DEFAULT
#define NOW       TEST_T0_NS

static struct ledger_opt_u64 some(uint64_t v)
{
    return (struct ledger_opt_u64){.has = true, .v = v};
}

/* A life in little: number i is a mint, a transfer or a burn, every third one with a time. */
static struct ledger_request life_request(unsigned i)
{
    const struct ledger_account minter = test_minter();
    const struct ledger_account a = test_account(i % 7), b = test_account(i % 5 + 20);
    struct ledger_request r = i % 4 == 0   ? test_request(&minter, &a, 1000000)
                              : i % 4 == 1 ? test_request(&a, &b, 20000)
                              : i % 4 == 2 ? test_request(&b, &minter, 10000)
                                           : test_request(&a, &a, i);
    r.created_at_ns = i % 3 == 0 ? some(NOW + i) : (struct ledger_opt_u64){0};
    return r;
}

struct summary {
    struct ledger_tip tip;
    uint64_t length;
    uint64_t remembered;
    uint64_t balances[30];
};

static struct summary summarize(const struct test_ledger *ledger)
{
    struct summary s;
    memset(&s, 0, sizeof s);
    s.tip = ledger->state.tip;
    s.length = ledger_chain_length_get(&ledger->state);
    s.remembered = ledger_window_count(&ledger->state.window);
    for (unsigned i = 0; i < TEST_ITEMS(s.balances); i++) {
        const struct ledger_account account = test_account(i);
        s.balances[i] = ledger_balance_get(&ledger->state, &account).v;
    }
    return s;
}

/* ---- upgrades -------------------------------------------------------------------------------- */

static void test_same_life_with_and_without_upgrades(void **state)
{
    (void)state;
    struct summary plain = {0}, upgraded = {0};
    for (unsigned with = 0; with < 2; with++) {
        struct test_ledger ledger;
        test_ledger_make(&ledger, TEST_FEE_E8S, WINDOW_NS);
        for (unsigned i = 0; i < 400; i++) {
            const struct ledger_request r = life_request(i);
            (void)test_ledger_run(&ledger, NOW + i, &r, &LEDGER_RULES_ICRC1);
            if (with != 0 && i % 9 == 0) {
                test_ledger_reopen(&ledger);
            }
        }
        test_ledger_check(&ledger);
        *(with != 0 ? &upgraded : &plain) = summarize(&ledger);
    }
    assert_memory_equal(&plain, &upgraded, sizeof plain);
    assert_true(plain.length > 200);
}

static void test_duplicate_after_an_upgrade(void **state)
{
    (void)state;
    struct test_ledger ledger;
    const struct ledger_account minter = test_minter(), u1 = test_account(1);
    struct ledger_request mint = test_request(&minter, &u1, 5);
    mint.created_at_ns = some(NOW);
    test_ledger_make(&ledger, TEST_FEE_E8S, WINDOW_NS);
    assert_int_equal(test_ledger_run(&ledger, NOW, &mint, &LEDGER_RULES_ICRC1).result, LEDGER_OK);
    test_ledger_reopen(&ledger);
    assert_int_equal(test_ledger_run(&ledger, NOW + 1, &mint, &LEDGER_RULES_ICRC1).result,
                     LEDGER_DUPLICATE);
}

/* What an upgrade costs in stable memory does not depend on what is stored. */
static void test_cost_of_an_upgrade(void **state)
{
    (void)state;
    uint64_t cost[2];
    struct test_ledger ledger;
    const struct ledger_account minter = test_minter();
    test_ledger_make(&ledger, TEST_FEE_E8S, WINDOW_NS);
    for (unsigned round = 0; round < 2; round++) {
        /* 64 times as many; a multiple of what the log keeps for the next index entry. */
        for (unsigned i = 0; i < (round == 0 ? 64u : 64u * 64u); i++) {
            const struct ledger_account user = test_account(round * 100000 + i);
            struct ledger_request mint = test_request(&minter, &user, 1);
            mint.created_at_ns = some(NOW);
            assert_int_equal(test_ledger_run(&ledger, NOW, &mint, &LEDGER_RULES_ICRC1).result,
                             LEDGER_OK);
        }
        test_ledger_reopen(&ledger);
        cost[round] = ic_host_stable_instructions();
    }
    assert_true(cost[0] > 0);
    assert_true(cost[1] <= cost[0] + cost[0] / 10);
    assert_true(cost[1] < 60000);
}

/* ---- configuration --------------------------------------------------------------------------- */

static void config_make(struct ledger_config *config)
{
    const struct ledger_account minter = test_minter();
    ledger_config_default(config, &minter);
    config->fee.v = 123;
    config->window_ns = UINT64_MAX;
    config->has_icrc2 = false;
    config->has_icrc_minting_account = true;
    config->icrc_minting_account.owner = test_user(77);
    config->icrc_minting_account.has_subaccount = true;
    memset(config->icrc_minting_account.subaccount.bytes, 0x5a, IC_SUBACCOUNT_BYTES);
    uint8_t longest[LEDGER_TOKEN_NAME_BYTES_MAX + 1];
    memset(longest, 'n', sizeof longest);
    assert_true(ledger_config_name_set(
        config, (struct ic_bytes){.at = longest, .size = LEDGER_TOKEN_NAME_BYTES_MAX}));
    assert_false(ledger_config_name_set(
        config, (struct ic_bytes){.at = longest, .size = sizeof longest}));
    assert_true(ledger_config_symbol_set(
        config, (struct ic_bytes){.at = longest, .size = LEDGER_TOKEN_SYMBOL_BYTES_MAX}));
}

static void test_config_round_trip(void **state)
{
    (void)state;
    struct ledger_config config, again;
    uint8_t stored[LEDGER_CONFIG_BYTES_MAX], stored_again[LEDGER_CONFIG_BYTES_MAX];
    config_make(&config);
    const size_t size = ledger_config_encode(stored, &config);
    assert_true(ledger_config_decode(&again, (struct ic_bytes){.at = stored, .size = size}));
    assert_int_equal(again.fee.v, 123);
    assert_int_equal(again.window_ns, UINT64_MAX);
    assert_false(again.has_icrc2);
    assert_true(again.has_icrc_minting_account);
    assert_true(ic_principal_is_equal(&again.icrc_minting_account.owner,
                                      &config.icrc_minting_account.owner));
    assert_int_equal(ledger_config_encode(stored_again, &again), size);
    assert_memory_equal(stored, stored_again, size);
    for (size_t cut = 0; cut < size; cut++) {
        assert_false(ledger_config_decode(&again, (struct ic_bytes){.at = stored, .size = cut}));
    }
    stored[48] = 1;
    assert_true(ledger_config_decode(&again, (struct ic_bytes){.at = stored, .size = size}));
    assert_true(again.has_icrc2);
    stored[48] = 2; // neither true nor false
    assert_false(ledger_config_decode(&again, (struct ic_bytes){.at = stored, .size = size}));
}

static void open_body(void *argument)
{
    struct test_ledger *ledger = argument;
    ic_store_open(&ledger->store, LEDGER_STORE_APP);
    ledger_state_open(&ledger->state, &ledger->store);
}

static void test_damage_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *text; /* in what the trap says */
    } rows[] = {
        {0, "store"},                                                   // not a store
        {16, ""},                                                       // another application's
        {4096 + LEDGER_REGION_TIP * IC_STORE_HEAD_BYTES, "stable cell"}, // a tip of another size
    };
    for (size_t i = 0; i < TEST_ITEMS(rows); i++) {
        struct test_ledger ledger;
        test_ledger_make(&ledger, TEST_FEE_E8S, WINDOW_NS);
        ic_host_stable()[rows[i].at] ^= 1;
        assert_false(ic_host_run(open_body, &ledger));
        assert_non_null(strstr(ic_host_trap_text(), rows[i].text));
        ic_host_stable()[rows[i].at] ^= 1;
        assert_true(ic_host_run(open_body, &ledger));
    }
}

/* ---- stopped at every write ------------------------------------------------------------------ */

/* Runs a request, stopped at its n-th stable write, for n = 1, 2, ... until it gets through; after
 * each stop the ledger must be exactly as before.
 *   returns   how often it was stopped */
static unsigned run_with_stops(struct test_ledger *ledger, const struct ledger_request *r,
                               uint64_t now_ns)
{
    const struct summary before = summarize(ledger);
    for (unsigned n = 1;; n++) {
        struct ledger_outcome outcome;
        ic_host_stable_trap_at(n);
        const bool done =
            test_ledger_transfer(ledger, &outcome, now_ns, r, &LEDGER_RULES_ICRC1);
        ic_host_stable_trap_at(0);
        if (done) {
            assert_int_equal(outcome.result, LEDGER_OK);
            return n - 1;
        }
        const struct summary after = summarize(ledger);
        assert_memory_equal(&before, &after, sizeof before);
    }
}

static void test_stopped_at_every_write(void **state)
{
    (void)state;
    struct test_ledger ledger;
    const struct ledger_account minter = test_minter(), u1 = test_account(1);
    unsigned stops = 0;
    test_ledger_make(&ledger, TEST_FEE_E8S, WINDOW_NS);
    /* Enough blocks that the log writes its index; accounts that come and go. */
    for (unsigned i = 0; i < 70; i++) {
        const struct ledger_account u2 = test_account(2 + i % 3);
        struct ledger_request mint = test_request(&minter, &u1, 50000 + i);
        struct ledger_request all = test_request(&u1, &u2, 40000 + i);
        mint.created_at_ns = i % 2 == 0 ? some(NOW) : (struct ledger_opt_u64){0};
        all.created_at_ns = some(NOW + i);
        stops += run_with_stops(&ledger, &mint, NOW + i);
        stops += run_with_stops(&ledger, &all, NOW + i);
        assert_int_equal(ledger_balance_get(&ledger.state, &u1).v, 0);
    }
    assert_true(stops > 70 * 8);
    test_ledger_check(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_life_with_and_without_upgrades),
        cmocka_unit_test(test_duplicate_after_an_upgrade),
        cmocka_unit_test(test_cost_of_an_upgrade),
        cmocka_unit_test(test_config_round_trip),
        cmocka_unit_test(test_damage_is_refused),
        cmocka_unit_test(test_stopped_at_every_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
