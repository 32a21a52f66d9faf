/* Which refusal wins, what each one says, and the published cases of the dedup window.
 * SPEC: ledger 5.1, 5.2, 6, 18.6 */
#include "ledger/test/support.h"
#include "ledger/transaction_hash.h"

#define WINDOW_NS LEDGER_WINDOW_NS_DEFAULT
#define NOW       (TEST_T0_NS + 10 * WINDOW_NS)

/* A ledger where user 1 holds 1,000,000 and user 2 holds 5,000, less than the fee. */
static void make_funded(struct test_ledger *ledger)
{
    const struct ledger_account minter = test_minter();
    const struct ledger_account u1 = test_account(1), u2 = test_account(2);
    const struct ledger_request mint1 = test_request(&minter, &u1, 1000000);
    const struct ledger_request mint2 = test_request(&minter, &u2, 5000);
    test_ledger_make(ledger, TEST_FEE_E8S, WINDOW_NS);
    assert_int_equal(test_ledger_run(ledger, NOW, &mint1, &LEDGER_RULES_ICRC1).result, LEDGER_OK);
    assert_int_equal(test_ledger_run(ledger, NOW, &mint2, &LEDGER_RULES_ICRC1).result, LEDGER_OK);
}

/* ---- precedence --------------------------------------------------------------------------------
 * A request with everything wrong; each row mends one more thing, in the order in which the checks
 * must come, and expects the next refusal. */

static struct ledger_opt_u64 some(uint64_t v)
{
    return (struct ledger_opt_u64){.has = true, .v = v};
}

static const uint8_t MEMO[33];

struct scene {
    struct test_ledger *ledger;
    struct ledger_request request;
    uint64_t now_ns;
};

struct precedence_row {
    const char *mended; /* on top of the rows above */
    void (*mend)(struct scene *scene);
    enum ledger_result expected;
    uint64_t detail;
};

static void mend_nothing(struct scene *scene)
{
    (void)scene;
}
static void mend_memo(struct scene *scene)
{
    scene->request.icrc1_memo.size = 32;
}
static void mend_amount_size(struct scene *scene)
{
    scene->request.amount.is_too_large = false;
}
static void mend_fee(struct scene *scene)
{
    scene->request.fee_e8s.v = TEST_FEE_E8S;
}
static void mend_fee_zero(struct scene *scene)
{
    scene->request.fee_e8s.v = 0;
}
static void mend_throttle(struct scene *scene)
{
    scene->ledger->limits.window_transactions_max = 1000;
}
static void mend_age(struct scene *scene)
{
    scene->request.created_at_ns.v = scene->now_ns + LEDGER_DRIFT_NS + 1;
}
static void mend_future(struct scene *scene)
{
    scene->request.created_at_ns.v = scene->now_ns;
}
static void mend_duplicate(struct scene *scene)
{
    scene->request.created_at_ns.v++;
}
static void mend_amount(struct scene *scene)
{
    scene->request.amount.v.v = 10000;
}
static void mend_clock(struct scene *scene)
{
    scene->now_ns = scene->ledger->state.tip.timestamp_ns;
    scene->request.created_at_ns.v = scene->now_ns + 1;
}
static void mend_burn_amount(struct scene *scene)
{
    scene->request.amount.v.v = 2000000;
}
static void mend_burn_funds(struct scene *scene)
{
    scene->request.amount.v.v = 1000000;
}
static void mend_receiver(struct scene *scene)
{
    scene->request.to = test_account(3);
}
static void mend_supply(struct scene *scene)
{
    scene->request.amount.v.v = 1;
}

static void check_precedence(struct scene *scene, const struct precedence_row *rows, size_t count,
                             const struct ledger_rules *rules)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].mend(scene);
        const uint64_t length = ledger_chain_length_get(&scene->ledger->state);
        const struct ledger_outcome got =
            test_ledger_run(scene->ledger, scene->now_ns, &scene->request, rules);
        if (got.result != rows[i].expected || got.detail != rows[i].detail) {
            fail_msg("%s mended: %s %llu, expected %s %llu", rows[i].mended,
                     test_result_name(got.result), (unsigned long long)got.detail,
                     test_result_name(rows[i].expected), (unsigned long long)rows[i].detail);
        }
        const uint64_t grown = got.result == LEDGER_OK ? 1 : 0;
        assert_int_equal(ledger_chain_length_get(&scene->ledger->state), length + grown);
    }
    test_ledger_check(scene->ledger);
}

/* A request that is throttled, too old, in the future, a duplicate, unfunded and behind the clock,
 * and malformed besides. The window already holds the transaction that it will turn out to repeat.
 * */
static struct scene make_scene(struct test_ledger *ledger, const struct ledger_account *from,
                               const struct ledger_account *to, uint64_t fee_e8s)
{
    make_funded(ledger);
    struct scene scene = {
        .ledger = ledger,
        .now_ns = NOW - 1,
        .request = {.from = *from,
                    .to = *to,
                    .amount = {.is_too_large = true, .v = {990001}},
                    .fee_e8s = some(fee_e8s),
                    .has_icrc1_memo = true,
                    .icrc1_memo = {.at = MEMO, .size = 33},
                    .created_at_ns = some(0)},
    };
    ledger->limits.window_transactions_max = 2; // the one entry of `remember_request` fills half
    return scene;
}

/* Makes the window remember the transaction that the request becomes once its age is mended: what
 * the ledger itself would store, put there directly because it could never be executed. */
struct remember_message {
    struct test_ledger *ledger;
    struct ledger_window_entry entry;
};
static void remember_body(void *argument)
{
    struct remember_message *m = argument;
    ledger_window_add(&m->ledger->state.window, &m->entry);
}
static void remember(struct test_ledger *ledger, const struct ledger_hash *hash)
{
    struct remember_message message = {
        .ledger = ledger, .entry = {.hash = hash, .block_index = 77, .timestamp_ns = NOW - 1}};
    assert_true(ic_host_run(remember_body, &message));
}



static void remember_request(const struct scene *scene, enum ledger_operation_kind kind,
                             uint64_t amount_e8s)
{
    const struct ledger_transaction t = {
        .operation = {.kind = kind,
                      .from = kind == LEDGER_MINT ? NULL : &scene->request.from,
                      .to = kind == LEDGER_BURN ? NULL : &scene->request.to,
                      .amount = {amount_e8s},
                      .fee = {kind == LEDGER_TRANSFER ? TEST_FEE_E8S : 0}},
        .has_icrc1_memo = true,
        .icrc1_memo = {.at = MEMO, .size = 32},
        .created_at_ns = some(scene->now_ns),
    };
    const struct ledger_hash hash = ledger_transaction_hash(&t);
    remember(scene->ledger, &hash);
}

static void test_precedence_of_transfer(void **state)
{
    (void)state;
    static const struct precedence_row rows[] = {
        {"nothing", mend_nothing, LEDGER_MEMO_TOO_LARGE, 0},
        {"memo", mend_memo, LEDGER_AMOUNT_TOO_LARGE, 1000000},
        {"amount's size", mend_amount_size, LEDGER_BAD_FEE, TEST_FEE_E8S},
        {"fee", mend_fee, LEDGER_THROTTLED, 0},
        {"throttle", mend_throttle, LEDGER_TOO_OLD, WINDOW_NS},
        {"age", mend_age, LEDGER_CREATED_IN_FUTURE, NOW - 1},
        {"future", mend_future, LEDGER_DUPLICATE, 77},
        {"duplicate", mend_duplicate, LEDGER_INSUFFICIENT_FUNDS, 1000000},
        {"amount", mend_amount, LEDGER_TIME_WENT_BACK, 0},
        {"clock", mend_clock, LEDGER_OK, 2},
    };
    struct test_ledger ledger;
    const struct ledger_account u1 = test_account(1), u3 = test_account(3);
    struct scene scene = make_scene(&ledger, &u1, &u3, 9999);
    remember_request(&scene, LEDGER_TRANSFER, 990001);
    check_precedence(&scene, rows, TEST_ITEMS(rows), &LEDGER_RULES_ICRC1);
}

static void test_precedence_of_burn(void **state)
{
    (void)state;
    static const struct precedence_row rows[] = {
        {"nothing", mend_nothing, LEDGER_MEMO_TOO_LARGE, 0},
        {"memo", mend_memo, LEDGER_AMOUNT_TOO_LARGE, 1000000},
        {"amount's size", mend_amount_size, LEDGER_BURN_WITH_FEE, 0},
        {"fee", mend_fee_zero, LEDGER_BURN_TOO_SMALL, TEST_FEE_E8S},
        {"amount", mend_burn_amount, LEDGER_THROTTLED, 0},
        {"throttle", mend_throttle, LEDGER_TOO_OLD, WINDOW_NS},
        {"age", mend_age, LEDGER_CREATED_IN_FUTURE, NOW - 1},
        {"future", mend_future, LEDGER_DUPLICATE, 77},
        {"duplicate", mend_duplicate, LEDGER_INSUFFICIENT_FUNDS, 1000000},
        {"funds", mend_burn_funds, LEDGER_TIME_WENT_BACK, 0},
        {"clock", mend_clock, LEDGER_OK, 2},
    };
    struct test_ledger ledger;
    const struct ledger_account u1 = test_account(1), minter = test_minter();
    struct scene scene = make_scene(&ledger, &u1, &minter, TEST_FEE_E8S);
    scene.request.amount.v.v = 9999;
    remember_request(&scene, LEDGER_BURN, 2000000);
    check_precedence(&scene, rows, TEST_ITEMS(rows), &LEDGER_RULES_ICRC1);
}

static void test_precedence_of_legacy_mint(void **state)
{
    (void)state;
    static const struct precedence_row rows[] = {
        {"nothing", mend_nothing, LEDGER_MEMO_TOO_LARGE, 0},
        {"memo", mend_memo, LEDGER_AMOUNT_TOO_LARGE, 0},
        {"amount's size", mend_amount_size, LEDGER_MINT_WITH_FEE, 0},
        {"fee", mend_fee_zero, LEDGER_MINT_TO_MINTER, 0},
        {"receiver", mend_receiver, LEDGER_THROTTLED, 0},
        {"throttle", mend_throttle, LEDGER_TOO_OLD, WINDOW_NS},
        {"age", mend_age, LEDGER_CREATED_IN_FUTURE, NOW - 1},
        {"future", mend_future, LEDGER_DUPLICATE, 77},
        {"duplicate", mend_duplicate, LEDGER_SUPPLY_EXCEEDED, 0},
        {"supply", mend_supply, LEDGER_TIME_WENT_BACK, 0},
        {"clock", mend_clock, LEDGER_OK, 2},
    };
    struct test_ledger ledger;
    const struct ledger_account minter = test_minter();
    struct scene scene = make_scene(&ledger, &minter, &minter, 1);
    scene.request.amount.v.v = UINT64_MAX;
    struct scene mended = scene;
    mend_receiver(&mended);
    remember_request(&mended, LEDGER_MINT, UINT64_MAX);
    check_precedence(&scene, rows, TEST_ITEMS(rows), &LEDGER_RULES_LEGACY);
}

/* ---- where the endpoints differ -------------------------------------------------------------- */

struct difference_row {
    const char *what;
    uint64_t from; /* user, or MINTER */
    uint64_t to;
    uint64_t amount_e8s;
    struct ledger_opt_u64 fee_e8s;
    enum ledger_result legacy;
    uint64_t legacy_detail;
    enum ledger_result icrc1;
    uint64_t icrc1_detail;
};

#define MINTER UINT64_C(99)
#define NO_FEE {.has = false}
#define FEE(v) {true, v}

static const struct difference_row DIFFERENCES[] = {
    {"minter to itself", MINTER, MINTER, 0, NO_FEE,
     LEDGER_MINT_TO_MINTER, 0, LEDGER_BURN_TOO_SMALL, TEST_FEE_E8S},
    {"minter to itself, an amount", MINTER, MINTER, 5, NO_FEE,
     LEDGER_MINT_TO_MINTER, 0, LEDGER_INSUFFICIENT_FUNDS, 0},
    {"minter to itself, a fee", MINTER, MINTER, 5, FEE(1),
     LEDGER_MINT_WITH_FEE, 0, LEDGER_BURN_WITH_FEE, 0},
    {"burn of 0 by an empty account", 3, MINTER, 0, NO_FEE,
     LEDGER_INSUFFICIENT_FUNDS, 0, LEDGER_BURN_TOO_SMALL, TEST_FEE_E8S},
    {"burn of 0 by a funded one", 1, MINTER, 0, NO_FEE,
     LEDGER_BURN_TOO_SMALL, TEST_FEE_E8S, LEDGER_BURN_TOO_SMALL, TEST_FEE_E8S},
    {"burn below a small balance", 2, MINTER, 4999, NO_FEE,
     LEDGER_BURN_TOO_SMALL, 5000, LEDGER_BURN_TOO_SMALL, 5000},
    {"burn of a small balance", 2, MINTER, 5000, FEE(0), LEDGER_OK, 2, LEDGER_OK, 2},
    {"burn by an empty account", 3, MINTER, 1, NO_FEE,
     LEDGER_INSUFFICIENT_FUNDS, 0, LEDGER_INSUFFICIENT_FUNDS, 0},
    {"burn with a fee", 1, MINTER, 20000, FEE(TEST_FEE_E8S),
     LEDGER_BURN_WITH_FEE, 0, LEDGER_BURN_WITH_FEE, 0},
    {"mint of 0", MINTER, 1, 0, FEE(0), LEDGER_OK, 2, LEDGER_OK, 2},
    {"mint with a fee", MINTER, 1, 5, FEE(TEST_FEE_E8S),
     LEDGER_MINT_WITH_FEE, 0, LEDGER_MINT_WITH_FEE, 0},
    {"transfer of 0", 1, 3, 0, FEE(TEST_FEE_E8S), LEDGER_OK, 2, LEDGER_OK, 2},
    {"transfer to oneself", 1, 1, 990000, NO_FEE, LEDGER_OK, 2, LEDGER_OK, 2},
    {"transfer to oneself of 1 too much", 1, 1, 990001, NO_FEE,
     LEDGER_INSUFFICIENT_FUNDS, 1000000, LEDGER_INSUFFICIENT_FUNDS, 1000000},
    {"amount and fee overflow", 1, 3, UINT64_MAX, NO_FEE,
     LEDGER_INSUFFICIENT_FUNDS, 1000000, LEDGER_INSUFFICIENT_FUNDS, 1000000},
    {"transfer by an empty account", 3, 1, 0, NO_FEE,
     LEDGER_INSUFFICIENT_FUNDS, 0, LEDGER_INSUFFICIENT_FUNDS, 0},
    {"fee 0", 1, 3, 5, FEE(0), LEDGER_BAD_FEE, TEST_FEE_E8S, LEDGER_BAD_FEE, TEST_FEE_E8S},
    {"largest fee", 1, 3, 5, FEE(UINT64_MAX),
     LEDGER_BAD_FEE, TEST_FEE_E8S, LEDGER_BAD_FEE, TEST_FEE_E8S},
};

static void check_difference(const struct difference_row *row, const struct ledger_rules *rules,
                             enum ledger_result result, uint64_t detail)
{
    struct test_ledger ledger;
    const struct ledger_account from =
        row->from == MINTER ? test_minter() : test_account(row->from);
    const struct ledger_account to = row->to == MINTER ? test_minter() : test_account(row->to);
    struct ledger_request request = test_request(&from, &to, row->amount_e8s);
    request.fee_e8s = row->fee_e8s;
    make_funded(&ledger);
    const struct ledger_outcome got = test_ledger_run(&ledger, NOW, &request, rules);
    if (got.result != result || got.detail != detail) {
        fail_msg("%s: %s %llu, expected %s %llu", row->what, test_result_name(got.result),
                 (unsigned long long)got.detail, test_result_name(result),
                 (unsigned long long)detail);
    }
    test_ledger_check(&ledger);
}

static void test_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_ITEMS(DIFFERENCES); i++) {
        const struct difference_row *row = &DIFFERENCES[i];
        check_difference(row, &LEDGER_RULES_LEGACY, row->legacy, row->legacy_detail);
        check_difference(row, &LEDGER_RULES_ICRC1, row->icrc1, row->icrc1_detail);
    }
}

/* ---- checks by name -------------------------------------------------------------------------- */

static struct icrc_account name_of(unsigned who, bool is_explicit)
{
    const struct ic_principal governance = {.size = 10, .bytes = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1}};
    return (struct icrc_account){.owner = who == 0 ? governance : test_user(who),
                                 .has_subaccount = is_explicit};
}

struct configure_message {
    struct test_ledger *ledger;
    struct ledger_config config;
};
static void configure_body(void *argument)
{
    struct configure_message *m = argument;
    ledger_config_replace(&m->ledger->state, &m->config);
}

/* How the ledger may know its minting account by name: not, wrongly, rightly, with zeros written
 * out. */
static void configure_minter_name(struct test_ledger *ledger, unsigned how)
{
    struct configure_message message = {.ledger = ledger, .config = ledger->state.config};
    message.config.has_icrc_minting_account = how != 0;
    message.config.icrc_minting_account = name_of(how == 1 ? 5 : 0, how == 3);
    assert_true(ic_host_run(configure_body, &message));
    assert_int_equal(ledger->state.knows_minter_name, how >= 2);
    test_ledger_reopen(ledger);
    assert_int_equal(ledger->state.knows_minter_name, how >= 2);
}

/* What is refused by name alone is refused by the full check in the same way. */
static unsigned compare_checks(const struct test_ledger *ledger, const struct icrc_account *from,
                               const struct icrc_account *to)
{
    unsigned refused = 0;
    for (unsigned wrongs = 0; wrongs < 8; wrongs++) {
        struct ledger_request request = {
            .fee_e8s = some((wrongs & 1) != 0 ? 1 : TEST_FEE_E8S),
            .has_icrc1_memo = true,
            .icrc1_memo = {.at = MEMO, .size = (wrongs & 2) != 0 ? 33 : 32},
            .amount = {.is_too_large = (wrongs & 4) != 0, .v = {20000}}};
        struct ledger_operation operation;
        const struct ledger_outcome early =
            ledger_names_check(&ledger->state, &request, from, to);
        request.from = ledger_account_from_icrc(from);
        request.to = ledger_account_from_icrc(to);
        const struct ledger_outcome full =
            ledger_request_check(&operation, &ledger->state, &request, &LEDGER_RULES_ICRC1);
        if (early.result != LEDGER_OK) {
            assert_int_equal(early.result, full.result);
            assert_int_equal(early.detail, full.detail);
            refused++;
        }
    }
    return refused;
}

static void test_checks_by_name(void **state)
{
    (void)state;
    struct test_ledger ledger;
    make_funded(&ledger);
    for (unsigned how = 0; how < 4; how++) {
        configure_minter_name(&ledger, how);
        for (unsigned pair = 0; pair < 36; pair++) {
            const struct icrc_account from = name_of(pair % 3, pair % 2 != 0);
            const struct icrc_account to = name_of(pair / 3 % 3, pair / 18 % 2 != 0);
            const bool is_plain = pair % 3 != 0 && pair / 3 % 3 != 0;
            const unsigned memos = 4, fees = is_plain && how >= 2 ? 1 : 0;
            assert_int_equal(compare_checks(&ledger, &from, &to), memos + fees);
        }
    }
}

/* ---- duplicates ------------------------------------------------------------------------------ */

/* Runs a transfer of 1 from user 1 to user 3. */
static struct ledger_outcome pay(struct test_ledger *ledger, uint64_t now_ns,
                                 struct ledger_opt_u64 fee_e8s, struct ledger_opt_u64 created_ns,
                                 const struct ledger_rules *rules)
{
    const struct ledger_account u1 = test_account(1), u3 = test_account(3);
    struct ledger_request request = test_request(&u1, &u3, 1);
    request.fee_e8s = fee_e8s;
    request.created_at_ns = created_ns;
    return test_ledger_run(ledger, now_ns, &request, rules);
}

static const struct ledger_opt_u64 NONE = {0};

static void test_duplicates(void **state)
{
    (void)state;
    struct test_ledger ledger;
    make_funded(&ledger);
    const struct ledger_rules *icrc1 = &LEDGER_RULES_ICRC1;
    assert_int_equal(pay(&ledger, NOW, NONE, some(NOW), icrc1).result, LEDGER_OK);
    struct ledger_outcome got = pay(&ledger, NOW + 5, some(TEST_FEE_E8S), some(NOW), icrc1);
    assert_int_equal(got.result, LEDGER_DUPLICATE); // the recorded fee is the same
    assert_int_equal(got.detail, 2);
    assert_int_equal(pay(&ledger, NOW + 5, NONE, some(NOW + 1), icrc1).result, LEDGER_OK);
    /* Without a time nothing is remembered. */
    assert_int_equal(pay(&ledger, NOW + 6, NONE, NONE, icrc1).result, LEDGER_OK);
    assert_int_equal(pay(&ledger, NOW + 6, NONE, NONE, icrc1).result, LEDGER_OK);
    assert_int_equal(ledger_window_count(&ledger.state.window), 2);
    /* The endpoints tell each other's transactions apart by nothing but their content. */
    got = pay(&ledger, NOW + 7, NONE, some(NOW), &LEDGER_RULES_LEGACY);
    assert_int_equal(got.result, LEDGER_DUPLICATE);
    test_ledger_check(&ledger);
}

static void test_legacy_fills_in_the_time(void **state)
{
    (void)state;
    struct test_ledger ledger;
    make_funded(&ledger);
    const struct ledger_rules *legacy = &LEDGER_RULES_LEGACY;
    assert_int_equal(pay(&ledger, NOW, NONE, NONE, legacy).result, LEDGER_OK);
    assert_int_equal(pay(&ledger, NOW, NONE, NONE, legacy).result, LEDGER_DUPLICATE);
    assert_int_equal(pay(&ledger, NOW, NONE, some(NOW), legacy).result, LEDGER_DUPLICATE);
    assert_int_equal(pay(&ledger, NOW + 1, NONE, NONE, legacy).result, LEDGER_OK);
}

/* A repeated transfer is a duplicate even when the account is empty by now. */
static void test_duplicate_beats_funds(void **state)
{
    (void)state;
    struct test_ledger ledger;
    make_funded(&ledger);
    const struct ledger_account u1 = test_account(1), u3 = test_account(3);
    struct ledger_request all = test_request(&u1, &u3, 1000000 - TEST_FEE_E8S);
    all.created_at_ns = some(NOW);
    assert_int_equal(test_ledger_run(&ledger, NOW, &all, &LEDGER_RULES_ICRC1).result, LEDGER_OK);
    assert_int_equal(ledger_balance_get(&ledger.state, &u1).v, 0);
    assert_int_equal(ic_table_count(&ledger.state.balances), 2); // the empty one is gone
    assert_int_equal(test_ledger_run(&ledger, NOW, &all, &LEDGER_RULES_ICRC1).result,
                     LEDGER_DUPLICATE);
}

/* The other tests speak of the limits by name, so a wrong number would pass them. SPEC: ledger 1 */
static void test_published_numbers(void **state)
{
    (void)state;
    assert_int_equal(LEDGER_WINDOW_NS_DEFAULT, UINT64_C(86400000000000));
    assert_int_equal(LEDGER_DRIFT_NS, UINT64_C(60000000000));
    assert_int_equal(LEDGER_WINDOW_TRANSACTIONS_MAX, 3000000);
    assert_int_equal(LEDGER_PURGED_PER_TRANSACTION_MAX, 100000);
}

static void test_edges_of_the_window(void **state)
{
    (void)state;
    struct test_ledger ledger;
    make_funded(&ledger);
    const struct ledger_rules *r = &LEDGER_RULES_ICRC1;
    assert_int_equal(pay(&ledger, NOW, NONE, some(NOW + LEDGER_DRIFT_NS), r).result, LEDGER_OK);
    const struct ledger_outcome future =
        pay(&ledger, NOW, NONE, some(NOW + LEDGER_DRIFT_NS + 1), r);
    assert_int_equal(future.result, LEDGER_CREATED_IN_FUTURE);
    assert_int_equal(future.detail, NOW);
    assert_int_equal(pay(&ledger, NOW, NONE, some(NOW - WINDOW_NS), r).result, LEDGER_OK);
    assert_int_equal(pay(&ledger, NOW, NONE, some(NOW - WINDOW_NS), r).result, LEDGER_DUPLICATE);
    const struct ledger_outcome old = pay(&ledger, NOW, NONE, some(NOW - WINDOW_NS - 1), r);
    assert_int_equal(old.result, LEDGER_TOO_OLD);
    assert_int_equal(old.detail, WINDOW_NS);
    assert_int_equal(pay(&ledger, NOW, NONE, some(UINT64_MAX), r).result,
                     LEDGER_CREATED_IN_FUTURE);
    assert_int_equal(pay(&ledger, NOW, NONE, some(0), r).result, LEDGER_TOO_OLD);
}

/* ---- throttling ------------------------------------------------------------------------------ */

struct throttle_row {
    uint64_t at_ms;
    enum ledger_result expected;
};

static void check_throttle(uint64_t transactions_max, const struct throttle_row *rows, size_t count)
{
    struct test_ledger ledger;
    const struct ledger_account minter = test_minter(), u1 = test_account(1);
    test_ledger_make(&ledger, TEST_FEE_E8S, 2 * TEST_S);
    ledger.limits.window_transactions_max = transactions_max;
    for (size_t i = 0; i < count; i++) {
        const uint64_t now_ns = TEST_T0_NS + rows[i].at_ms * 1000000u;
        struct ledger_request mint = test_request(&minter, &u1, i + 1);
        mint.created_at_ns = some(now_ns);
        const enum ledger_result got =
            test_ledger_run(&ledger, now_ns, &mint, &LEDGER_RULES_ICRC1).result;
        if (got != rows[i].expected) {
            fail_msg("at %llu ms: %s", (unsigned long long)rows[i].at_ms, test_result_name(got));
        }
    }
}

static void test_throttling(void **state)
{
    (void)state;
    static const struct throttle_row two[] = {{1, LEDGER_OK},
                                              {1002, LEDGER_OK},
                                              {1003, LEDGER_THROTTLED},
                                              {2003, LEDGER_OK}};
    static const struct throttle_row eight[] = {
        {1, LEDGER_OK},    {2, LEDGER_OK},    {3, LEDGER_OK},           {4, LEDGER_OK},
        {1005, LEDGER_OK}, {1006, LEDGER_OK}, {1007, LEDGER_THROTTLED}, {2007, LEDGER_OK},
        {3008, LEDGER_OK}};
    check_throttle(2, two, TEST_ITEMS(two));
    check_throttle(8, eight, TEST_ITEMS(eight));
}

/* Transactions without a time fill no window but are held up by a full one. */
static void test_throttling_of_the_unremembered(void **state)
{
    (void)state;
    struct test_ledger ledger;
    make_funded(&ledger);
    const struct ledger_rules *r = &LEDGER_RULES_ICRC1;
    ledger.limits.window_transactions_max = 2;
    assert_int_equal(pay(&ledger, NOW, NONE, NONE, r).result, LEDGER_OK);
    assert_int_equal(pay(&ledger, NOW, NONE, NONE, r).result, LEDGER_OK);
    assert_int_equal(pay(&ledger, NOW, NONE, some(NOW), r).result, LEDGER_OK);
    assert_int_equal(pay(&ledger, NOW, NONE, NONE, r).result, LEDGER_THROTTLED);
    assert_int_equal(pay(&ledger, NOW + TEST_S, NONE, NONE, r).result, LEDGER_OK);
}

/* When old entries leave, this call is not throttled; that they leave stays even if it is refused.
 * */
static void test_purge_comes_first(void **state)
{
    (void)state;
    struct test_ledger ledger;
    make_funded(&ledger);
    const struct ledger_rules *r = &LEDGER_RULES_ICRC1;
    ledger.limits.window_transactions_max = 6;
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(pay(&ledger, NOW + i, NONE, some(NOW + i), r).result, LEDGER_OK);
    }
    const uint64_t later = NOW + WINDOW_NS + LEDGER_DRIFT_NS;
    assert_int_equal(pay(&ledger, later, NONE, some(0), r).result, LEDGER_TOO_OLD);
    assert_int_equal(ledger_window_count(&ledger.state.window), 3); // not older than allowed yet
    assert_int_equal(pay(&ledger, later + 1, NONE, some(0), r).result, LEDGER_TOO_OLD);
    assert_int_equal(ledger_window_count(&ledger.state.window), 2);
    ledger.limits.purged_max = 1;
    assert_int_equal(pay(&ledger, later + 9, NONE, some(0), r).result, LEDGER_TOO_OLD);
    assert_int_equal(ledger_window_count(&ledger.state.window), 1);
    test_ledger_check(&ledger);
}

static void test_who_purges_is_not_throttled(void **state)
{
    (void)state;
    struct test_ledger ledger;
    make_funded(&ledger);
    const struct ledger_rules *r = &LEDGER_RULES_ICRC1;
    const uint64_t later = NOW + WINDOW_NS + LEDGER_DRIFT_NS;
    assert_int_equal(pay(&ledger, NOW, NONE, some(NOW), r).result, LEDGER_OK);
    assert_int_equal(pay(&ledger, later, NONE, some(later), r).result, LEDGER_OK);
    assert_int_equal(pay(&ledger, later, NONE, some(later - 1), r).result, LEDGER_OK);
    ledger.limits.window_transactions_max = 4; // the two new entries are the free half
    assert_int_equal(pay(&ledger, later + 1, NONE, NONE, r).result, LEDGER_OK);
    assert_int_equal(ledger_window_count(&ledger.state.window), 2);
    assert_int_equal(pay(&ledger, later + 1, NONE, NONE, r).result, LEDGER_THROTTLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence_of_transfer),
        cmocka_unit_test(test_precedence_of_burn),
        cmocka_unit_test(test_precedence_of_legacy_mint),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_checks_by_name),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_legacy_fills_in_the_time),
        cmocka_unit_test(test_duplicate_beats_funds),
        cmocka_unit_test(test_published_numbers),
        cmocka_unit_test(test_edges_of_the_window),
        cmocka_unit_test(test_throttling),
        cmocka_unit_test(test_throttling_of_the_unremembered),
        cmocka_unit_test(test_purge_comes_first),
        cmocka_unit_test(test_who_purges_is_not_throttled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
