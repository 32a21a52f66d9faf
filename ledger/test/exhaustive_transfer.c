/* Every sequence of a few requests in a small world: the minting account and two others, amounts 0
 * to 4, fees 0 to 2, both endpoints; each answer, every balance and the supply compared with the
 * model. And random lives with times, with upgrades in between. */
#include "ledger/test/model.h"
#include "ledger/test/support.h"

#define WINDOW_NS (2 * TEST_HOUR)
#define ACCOUNTS  3u
#define AMOUNTS   5u

static struct ledger_account accounts[ACCOUNTS];
static struct model model;
static struct test_ledger ledger;

static void accounts_make(void)
{
    accounts[MODEL_MINTER] = test_minter();
    accounts[1] = test_account(1);
    accounts[2] = test_account(2);
}

static enum ledger_result expected_result(enum model_answer answer, const struct model_request *r)
{
    const bool burns = r->to == MODEL_MINTER && !(r->is_legacy && r->from == MODEL_MINTER);
    switch (answer) {
    case MODEL_OK:
        return LEDGER_OK;
    case MODEL_BAD_FEE:
        return burns                     ? LEDGER_BURN_WITH_FEE
               : r->from == MODEL_MINTER ? LEDGER_MINT_WITH_FEE
                                         : LEDGER_BAD_FEE;
    case MODEL_BURN_TOO_SMALL:
        return LEDGER_BURN_TOO_SMALL;
    case MODEL_NO_FUNDS:
        return LEDGER_INSUFFICIENT_FUNDS;
    case MODEL_NO_SUPPLY:
        return LEDGER_SUPPLY_EXCEEDED;
    case MODEL_MINT_TO_MINTER:
        return LEDGER_MINT_TO_MINTER;
    case MODEL_TOO_OLD:
        return LEDGER_TOO_OLD;
    case MODEL_IN_FUTURE:
        return LEDGER_CREATED_IN_FUTURE;
    case MODEL_DUPLICATE:
        return LEDGER_DUPLICATE;
    }
    return LEDGER_RESULT_COUNT;
}

static void compare_state(void)
{
    uint64_t sum_e8s = 0;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        assert_int_equal(ledger_balance_get(&ledger.state, &accounts[i]).v, model.balance[i]);
        sum_e8s += model.balance[i];
    }
    assert_int_equal(ledger_total_supply_get(&ledger.state).v, model.supply);
    assert_int_equal(sum_e8s, model.supply);
    assert_int_equal(ledger_chain_length_get(&ledger.state), model.blocks);
}

/* step runs one request in both worlds. */
static void step(uint64_t now_ns, const struct model_request *r)
{
    uint64_t value;
    const enum model_answer answer = model_run(&model, &value, now_ns, r);
    struct ledger_request request = test_request(&accounts[r->from], &accounts[r->to], r->amount);
    request.fee_e8s = (struct ledger_opt_u64){.has = r->has_fee, .v = r->fee};
    request.created_at_ns = (struct ledger_opt_u64){.has = r->has_created, .v = r->created};
    const struct ledger_outcome got =
        test_ledger_run(&ledger, now_ns, &request,
                        r->is_legacy ? &LEDGER_RULES_LEGACY : &LEDGER_RULES_ICRC1);
    const enum ledger_result expected = expected_result(answer, r);
    if (got.result != expected || got.detail != value) {
        fail_msg("%u -> %u amount %llu fee %llu: %s %llu, model %s %llu", r->from, r->to,
                 (unsigned long long)r->amount, (unsigned long long)(r->has_fee ? r->fee : 999),
                 test_result_name(got.result), (unsigned long long)got.detail,
                 test_result_name(expected), (unsigned long long)value);
    }
    compare_state();
}

/* ---- all sequences --------------------------------------------------------------------------- */

#define OPERATIONS (ACCOUNTS * ACCOUNTS * AMOUNTS)

/* Request number n of the small world. */
static struct model_request small_request(unsigned n, bool is_legacy, uint64_t fee)
{
    struct model_request r = {.is_legacy = is_legacy,
                              .from = n % ACCOUNTS,
                              .to = n / ACCOUNTS % ACCOUNTS,
                              .amount = n / (ACCOUNTS * ACCOUNTS) % AMOUNTS};
    const bool is_plain = r.from != MODEL_MINTER && r.to != MODEL_MINTER;
    r.has_fee = is_legacy;
    r.fee = is_plain ? fee : 0;
    return r;
}

static uint64_t clock_ns;

static void next_step(const struct model_request *r)
{
    clock_ns++; // so that a legacy transfer never repeats another
    step(clock_ns, r);
}

/* restore brings an account back to what it held: burns all, mints the rest. */
static void restore(unsigned account, uint64_t amount)
{
    const uint64_t held = model.balance[account];
    if (held > amount) {
        next_step(&(struct model_request){.from = account, .to = MODEL_MINTER, .amount = held});
    }
    if (model.balance[account] < amount) {
        next_step(&(struct model_request){
            .from = MODEL_MINTER, .to = account, .amount = amount - model.balance[account]});
    }
}

/* explore runs every request, and after each one every request again, down to a depth. */
static void explore(unsigned depth, bool is_legacy, uint64_t fee)
{
    const uint64_t held1 = model.balance[1], held2 = model.balance[2];
    if (depth == 0) {
        return;
    }
    for (unsigned n = 0; n < OPERATIONS; n++) {
        const struct model_request r = small_request(n, is_legacy, fee);
        next_step(&r);
        explore(depth - 1, is_legacy, fee);
        restore(1, held1);
        restore(2, held2);
    }
}

static void small_world(unsigned depth, bool is_legacy)
{
    for (uint64_t fee = 0; fee <= 2; fee++) {
        test_ledger_make(&ledger, fee, WINDOW_NS);
        model_init(&model, fee, WINDOW_NS);
        clock_ns = TEST_T0_NS;
        next_step(&(struct model_request){.from = MODEL_MINTER, .to = 1, .amount = 4});
        explore(depth, is_legacy, fee);
        test_ledger_check(&ledger);
    }
}

/* With the mint at the beginning: every sequence of four. */
static void test_icrc1(void **state)
{
    (void)state;
    small_world(3, false);
}

static void test_legacy(void **state)
{
    (void)state;
    small_world(2, true);
}

/* ---- random lives ---------------------------------------------------------------------------- */

static uint64_t random_state;

static uint64_t random_below(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % n;
}

static uint64_t random_created(uint64_t now_ns)
{
    switch (random_below(8)) {
    case 0:
        return now_ns - WINDOW_NS;
    case 1:
        return now_ns - WINDOW_NS - 1;
    case 2:
        return now_ns + LEDGER_DRIFT_NS;
    case 3:
        return now_ns + LEDGER_DRIFT_NS + 1;
    case 4:
        return now_ns;
    default: // on a coarse grid, so that requests repeat each other
        return now_ns - now_ns % (600 * TEST_S);
    }
}

static struct model_request random_request(uint64_t now_ns)
{
    static const uint64_t amounts[] = {0, 1, 9999, 10000, 10001, 123456, UINT64_MAX};
    static const uint64_t fees[] = {0, TEST_FEE_E8S, TEST_FEE_E8S, TEST_FEE_E8S - 1};
    struct model_request r = {.is_legacy = random_below(2) != 0,
                              .from = (unsigned)random_below(ACCOUNTS),
                              .to = (unsigned)random_below(ACCOUNTS),
                              .amount = amounts[random_below(TEST_ITEMS(amounts))],
                              .has_created = random_below(3) != 0};
    r.has_fee = r.is_legacy || random_below(2) != 0;
    r.fee = fees[random_below(TEST_ITEMS(fees))];
    r.created = random_created(now_ns);
    return r;
}

static void test_random_lives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        uint64_t now_ns = TEST_T0_NS;
        random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
        test_ledger_make(&ledger, TEST_FEE_E8S, WINDOW_NS);
        model_init(&model, TEST_FEE_E8S, WINDOW_NS);
        for (unsigned i = 0; i < 3000; i++) {
            const struct model_request r = random_request(now_ns);
            step(now_ns, &r);
            now_ns += random_below(4) == 0 ? 0 : random_below(60 * TEST_S);
            if (random_below(250) == 0) {
                test_ledger_reopen(&ledger);
            }
        }
        test_ledger_check(&ledger);
        assert_true(ledger_window_count(&ledger.state.window) < model.transaction_count);
    }
}

int main(void)
{
    accounts_make();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_icrc1),
        cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_random_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
