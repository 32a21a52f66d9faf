/* Stable memory written by version 1 is opened by today's code, for ever: the dump is kept, and nobody
 * writes it anew. `ledger_test_dump write PATH` made it; a later layout gets a dump of its own beside
 * it. */
#include "ledger/test/support.h"

#include <zlib.h>

#define DUMP      "ledger/test/vectors/stable_v1.bin.gz"
#define USERS     9u
#define REQUESTS  300u
#define WINDOW_NS LEDGER_WINDOW_NS_DEFAULT

/* What the dump holds: mints, transfers, burns, every third one remembered. */
static struct ledger_request life_request(unsigned i)
{
    const struct ledger_account minter = test_minter();
    const struct ledger_account a = test_account(i % USERS), b = test_account(i * 5 % USERS);
    struct ledger_request r = i % 3 == 0   ? test_request(&minter, &a, 500000 + i)
                              : i % 3 == 1 ? test_request(&a, &b, 1000 * i)
                                           : test_request(&b, &minter, 10000 + i);
    r.memo = i;
    r.created_at_ns = (struct ledger_opt_u64){.has = i % 3 == 0, .v = TEST_T0_NS + i};
    return r;
}

static void live(struct test_ledger *ledger, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        const struct ledger_request r = life_request(i);
        (void)test_ledger_run(ledger, TEST_T0_NS + i, &r, &LEDGER_RULES_ICRC1);
    }
}

static void dump_write(const char *path)
{
    struct test_ledger ledger;
    gzFile file = gzopen(path, "wb9");
    test_ledger_make(&ledger, TEST_FEE_E8S, WINDOW_NS);
    live(&ledger, 0, REQUESTS);
    assert_non_null(file);
    const unsigned size = (unsigned)ic_host_stable_bytes();
    assert_int_equal(gzwrite(file, ic_host_stable(), size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

static void dump_load(void)
{
    static uint8_t bytes[16u << 20];
    gzFile file = gzopen(DUMP, "rb");
    assert_non_null(file);
    const int size = gzread(file, bytes, sizeof bytes);
    assert_true(size > 0 && (size_t)size < sizeof bytes);
    gzclose(file);
    ic_host_reset();
    ic_host_stable_load((struct ic_bytes){.at = bytes, .size = (size_t)size});
}

/* The ledger in the dump and one that lives the same life today, side by side and further on. */
static void test_version_1(void **state)
{
    (void)state;
    struct test_ledger old, fresh;
    struct ledger_tip tips[2];
    uint64_t lengths[2], balances[2][USERS];
    for (unsigned is_old = 0; is_old < 2; is_old++) {
        struct test_ledger *ledger = is_old != 0 ? &old : &fresh;
        if (is_old != 0) {
            dump_load();
            ledger->limits = LEDGER_LIMITS;
            test_ledger_reopen(ledger);
        } else {
            test_ledger_make(ledger, TEST_FEE_E8S, WINDOW_NS);
            live(ledger, 0, REQUESTS);
        }
        test_ledger_check(ledger);
        assert_int_equal(ledger_window_count(&ledger->state.window), REQUESTS / 3);
        const struct ledger_request again = life_request(REQUESTS - 3);
        assert_int_equal(
            test_ledger_run(ledger, TEST_T0_NS + REQUESTS, &again, &LEDGER_RULES_ICRC1).result,
            LEDGER_DUPLICATE);
        live(ledger, REQUESTS, 2 * REQUESTS);
        test_ledger_check(ledger);
        tips[is_old] = ledger->state.tip;
        lengths[is_old] = ledger_chain_length_get(&ledger->state);
        for (unsigned i = 0; i < USERS; i++) {
            const struct ledger_account account = test_account(i);
            balances[is_old][i] = ledger_balance_get(&ledger->state, &account).v;
        }
    }
    assert_memory_equal(&tips[0], &tips[1], sizeof tips[0]);
    assert_int_equal(lengths[0], lengths[1]);
    assert_memory_equal(balances[0], balances[1], sizeof balances[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_version_1)};
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        dump_write(argv[2]);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
