#include "ledger/test/support.h"

#include "ic/buf.h"
#include "ledger/block.h"

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c != 0 ? strchr(digits, c) : NULL;
    return found == NULL ? -1 : (int)(found - digits);
}

struct test_bytes test_unhex(const char *hex)
{
    const size_t digits = strlen(hex);
    struct test_bytes out = {.at = malloc(digits / 2 + 1), .size = digits / 2};
    assert_non_null(out.at);
    assert_int_equal(digits % 2, 0);
    for (size_t i = 0; i < out.size; i++) {
        const int high = hex_digit(hex[2 * i]);
        const int low = hex_digit(hex[2 * i + 1]);
        assert_true(high >= 0 && low >= 0);
        out.at[i] = (uint8_t)(high << 4 | low);
    }
    return out;
}

void test_assert_hex(const char *what, const void *bytes, size_t size, const char *expected_hex)
{
    const struct test_bytes expected = test_unhex(expected_hex);
    if (size != expected.size || memcmp(bytes, expected.at, size) != 0) {
        printf("%s: %zu bytes, expected %zu: ", what, size, expected.size);
        for (size_t i = 0; i < size; i++) {
            printf("%02x", ((const uint8_t *)bytes)[i]);
        }
        printf("\n");
        fail();
    }
    free(expected.at);
}

struct ic_principal test_user(uint64_t n)
{
    struct ic_principal p = {.size = 10};
    ic_store_u64_le(p.bytes, n);
    p.bytes[8] = 0xfe;
    p.bytes[9] = 0x01;
    return p;
}

struct ledger_account test_account(uint64_t n)
{
    const struct ic_principal user = test_user(n);
    return ledger_account_from_owner(&user, NULL);
}

struct ledger_account test_minter(void)
{
    const struct ic_principal governance = {.size = 10, .bytes = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1}};
    return ledger_account_from_owner(&governance, NULL);
}

struct make_message {
    struct test_ledger *ledger;
    uint64_t fee_e8s;
    uint64_t window_ns;
};

static void make_body(void *argument)
{
    const struct make_message *m = argument;
    struct ledger_config config;
    const struct ledger_account minter = test_minter();
    ledger_config_default(&config, &minter);
    config.fee.v = m->fee_e8s;
    config.window_ns = m->window_ns;
    ic_store_create(&m->ledger->store, LEDGER_STORE_APP);
    ledger_state_create(&m->ledger->state, &m->ledger->store, &config);
}

void test_ledger_make(struct test_ledger *ledger, uint64_t fee_e8s, uint64_t window_ns)
{
    struct make_message message = {.ledger = ledger, .fee_e8s = fee_e8s, .window_ns = window_ns};
    ic_host_reset();
    ledger->limits = LEDGER_LIMITS;
    assert_true(ic_host_run(make_body, &message));
}

static void reopen_body(void *argument)
{
    struct test_ledger *ledger = argument;
    ic_store_open(&ledger->store, LEDGER_STORE_APP);
    ledger_state_open(&ledger->state, &ledger->store);
}

void test_ledger_reopen(struct test_ledger *ledger)
{
    memset(&ledger->store, 0xaa, sizeof ledger->store);
    memset(&ledger->state, 0xaa, sizeof ledger->state);
    assert_true(ic_host_run(reopen_body, ledger));
}

struct transfer_message {
    struct test_ledger *ledger;
    struct ledger_outcome outcome;
    uint64_t now_ns;
    const struct ledger_request *request;
    const struct ledger_rules *rules;
};

static void transfer_body(void *argument)
{
    struct transfer_message *m = argument;
    const struct ledger_env env = {.now_ns = m->now_ns, .limits = &m->ledger->limits};
    m->outcome = ledger_transfer(&m->ledger->state, &env, m->request, m->rules);
}

bool test_ledger_transfer(struct test_ledger *ledger, struct ledger_outcome *outcome,
                          uint64_t now_ns, const struct ledger_request *request,
                          const struct ledger_rules *rules)
{
    struct transfer_message message = {
        .ledger = ledger, .now_ns = now_ns, .request = request, .rules = rules};
    if (!ic_host_run(transfer_body, &message)) {
        test_ledger_reopen(ledger);
        return false;
    }
    *outcome = message.outcome;
    return true;
}

struct ledger_outcome test_ledger_run(struct test_ledger *ledger, uint64_t now_ns,
                                      const struct ledger_request *request,
                                      const struct ledger_rules *rules)
{
    struct ledger_outcome outcome = {0};
    assert_true(test_ledger_transfer(ledger, &outcome, now_ns, request, rules));
    return outcome;
}

struct ledger_request test_request(const struct ledger_account *from,
                                   const struct ledger_account *to, uint64_t amount_e8s)
{
    return (struct ledger_request){.from = *from, .to = *to, .amount = {.v = {amount_e8s}}};
}

static void balances_check(const struct ledger_state *state)
{
    struct ic_table_cursor cursor = {0};
    uint8_t key[LEDGER_KEY_BYTES];
    uint8_t value[LEDGER_BALANCE_BYTES];
    uint64_t sum_e8s = 0;
    ic_table_check(&state->balances);
    while (ic_table_next(&state->balances, key, value, &cursor)) {
        assert_int_not_equal(ic_load_u64_le(value), 0);
        sum_e8s += ic_load_u64_le(value);
    }
    assert_int_equal(sum_e8s + state->tip.token_pool.v, UINT64_MAX);
}

static void chain_check(const struct ledger_state *state)
{
    struct ledger_hash parent = {{0}};
    uint64_t timestamp_ns = 0;
    ic_log_check(&state->blocks);
    for (uint64_t i = 0; i < ledger_chain_length_get(state); i++) {
        uint8_t memory[1024];
        struct ic_arena arena;
        struct ic_bytes record;
        struct ledger_block block;
        ic_arena_init(&arena, memory, sizeof memory);
        assert_true(ic_log_get(&record, &state->blocks, i, &arena));
        assert_true(ledger_block_decode(&block, record));
        assert_int_equal(block.parent_hash == NULL, i == 0);
        if (i != 0) {
            assert_memory_equal(block.parent_hash, &parent, sizeof parent);
        }
        assert_true(block.timestamp_ns >= timestamp_ns);
        timestamp_ns = block.timestamp_ns;
        parent = ledger_block_hash(record);
    }
    assert_memory_equal(&state->tip.hash, &parent, sizeof parent);
    assert_int_equal(state->tip.timestamp_ns, timestamp_ns);
}

void test_ledger_check(struct test_ledger *ledger)
{
    balances_check(&ledger->state);
    chain_check(&ledger->state);
    ic_ring_check(&ledger->state.window.queue);
    ic_table_check(&ledger->state.window.by_hash);
    assert_int_equal(ic_ring_count(&ledger->state.window.queue),
                     ic_table_count(&ledger->state.window.by_hash));
}

const char *test_result_name(enum ledger_result result)
{
#define RESULT_NAME(name) [name] = #name,
    static const char *const names[LEDGER_RESULT_COUNT] = {LEDGER_RESULTS(RESULT_NAME)};
#undef RESULT_NAME
    return names[result];
}
