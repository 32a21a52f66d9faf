/* The C canister kit as Wasm in axon: its memory functions, the bytes it stores, and what its
 * operations cost. Native tests of the same sources are in sdk-c/test. */
#include "axon.h"
#include "base/buf.h"
#include "host/ic_host.h"
#include "ic/buf.h"
#include "integration/canisters/kit/kit.h"
#include "test/dump_content.h"
#include "test/hash_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WASM "build/wasm/kit.wasm"

static struct axon_network *net;
static struct axon_buf module;
static struct axon_outcome outcome;
static struct ic_principal kit;

static void check_replied(const char *what)
{
    if (outcome.status != AXON_STATUS_REPLIED) {
        fail_msg("%s: %.*s", what, (int)outcome.reject_text.size,
                 (const char *)outcome.reject_text.at);
    }
}

static void install(enum axon_install_mode mode, enum kit_store which)
{
    uint8_t arg = (uint8_t)which;
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &kit, mode, axon_buf_bytes(&module),
                 (struct ic_bytes){.at = &arg, .size = 1});
    check_replied("install");
}

static uint64_t call(const char *method, struct ic_bytes arg)
{
    axon_update(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &kit, method, arg);
    check_replied(method);
    assert_int_equal(outcome.reply.size, 8);
    return ic_load_u64_le(outcome.reply.at);
}

static void fresh(enum kit_store which)
{
    axon_network_free(net);
    net = axon_network_new(&(struct axon_config){.free_cycles = true});
    kit = axon_create_canister(net, &IC_PRINCIPAL_ANONYMOUS, NULL, AXON_CYCLES_DEFAULT);
    install(AXON_INSTALL, which);
}

static void memory_functions_and_hashes(void **state)
{
    (void)state;
    fresh(KIT_STORE_DUMP);
    uint64_t checks = call("self_test", IC_BYTES_LIT(""));
    assert_true(checks > 10000);
    uint8_t digest[IC_SHA256_BYTES];
    hash_chain(digest);
    assert_true(call("hash_everything", IC_BYTES_LIT("")) == ic_load_u64_le(digest));
}

static void write_natively(void *argument)
{
    (void)argument;
    dump_write();
}

/* In Wasm the structures write the very bytes that they write natively. */
static void the_store_is_the_native_one(void **state)
{
    (void)state;
    fresh(KIT_STORE_DUMP);
    ic_host_reset();
    assert_true(ic_host_run(write_natively, NULL));
    size_t size = ic_host_stable_bytes();
    uint8_t *stored = malloc(size);
    struct axon_canister_info info;
    assert_true(axon_canister_find(net, &info, &kit));
    assert_true(info.stable_bytes == size);
    assert_true(axon_canister_stable_read(net, &kit, stored, 0, size));
    assert_memory_equal(stored, ic_host_stable(), size);
    free(stored);
    install(AXON_UPGRADE, KIT_STORE_DUMP);
    call("use_store", IC_BYTES_LIT(""));
}

/* ---- costs ----------------------------------------------------------------------------------- */

static uint64_t measure(enum kit_operation operation, uint64_t number)
{
    uint8_t arg[9] = {(uint8_t)operation};
    ic_store_u64_le(arg + 1, number);
    return call("measure", (struct ic_bytes){.at = arg, .size = sizeof arg});
}

/* What measuring costs by itself. */
static uint64_t overhead;

static uint64_t average(enum kit_operation operation, uint64_t from, uint64_t step, uint64_t count)
{
    uint64_t total = 0;
    for (uint64_t i = 0; i < count; i++) {
        total += measure(operation, from + i * step) - overhead;
    }
    return total / count;
}

static void fill(uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += 10000) {
        uint8_t arg[16];
        ic_store_u64_le(arg, at);
        ic_store_u64_le(arg + 8, at + 10000 < to ? at + 10000 : to);
        call("fill", (struct ic_bytes){.at = arg, .size = sizeof arg});
    }
}

struct budget {
    const char *name;
    enum kit_operation operation;
    uint64_t divisor;
    uint64_t max;
    enum { NUMBER_OLD, NUMBER_NEW, NUMBER_ADDED } numbers;
};

/* In the order of measuring: what is inserted is removed again, what is pushed is popped. */
static const struct budget BUDGETS[] = {
    {"table lookup, present", KIT_TABLE_HIT, 1, 900, NUMBER_OLD},
    {"table lookup, absent", KIT_TABLE_MISS, 1, 900, NUMBER_NEW},
    {"table insert", KIT_TABLE_INSERT, 1, 4000, NUMBER_ADDED},
    {"table remove", KIT_TABLE_REMOVE, 1, 4000, NUMBER_ADDED},
    {"log append of 138 bytes, alone", KIT_LOG_APPEND, 1, 1700, NUMBER_OLD},
    {"log append of 138 bytes, one of 100", KIT_LOG_APPEND_100, 100, 450, NUMBER_OLD},
    {"log get of 138 bytes", KIT_LOG_GET, 1, 900, NUMBER_OLD},
    {"ring push of 48 bytes", KIT_RING_PUSH, 1, 4000, NUMBER_OLD},
    {"ring pop of 48 bytes", KIT_RING_POP, 1, 4000, NUMBER_OLD},
    {"SHA-256, one compression of 16", KIT_SHA256_16, 16, 4600, NUMBER_OLD},
    {"SHA-256, one of 16 beside another's", KIT_SHA256_PAIR_16, 16, 5850, NUMBER_OLD},
    {"account identifier, 29-byte owner", KIT_ACCOUNT_ID, 1, 8500, NUMBER_OLD},
    {"account identifiers of two users", KIT_ACCOUNT_IDS, 1, 10200, NUMBER_OLD},
    {"CRC-32 of 28 bytes", KIT_CRC32_28, 1, 500, NUMBER_OLD},
    {"memcpy of 138 bytes", KIT_MEMCPY_138, 1, 150, NUMBER_OLD},
};
#define BUDGET_COUNT (sizeof BUDGETS / sizeof BUDGETS[0])
#define SAMPLES      300u

static uint64_t first_number(const struct budget *b, uint64_t entries)
{
    return b->numbers == NUMBER_OLD ? 0 : b->numbers == NUMBER_NEW ? 1u << 30 : 1u << 29 | entries;
}

/* Prints the figures.
 *   returns   true when all are within their budgets */
static bool costs(uint64_t entries)
{
    bool is_within = true;
    for (size_t i = 0; i < BUDGET_COUNT; i++) {
        const struct budget *b = &BUDGETS[i];
        uint64_t step = b->numbers == NUMBER_OLD ? entries / SAMPLES : 1;
        uint64_t cost = average(b->operation, first_number(b, entries), step, SAMPLES) / b->divisor;
        print_message("%8llu entries  %-38s %6llu (budget %llu)\n", (unsigned long long)entries,
                      b->name, (unsigned long long)cost, (unsigned long long)b->max);
        is_within = is_within && cost <= b->max;
    }
    install(AXON_UPGRADE, KIT_STORE_MEASURED);
    print_message("%8llu entries  upgrade, all hooks and pages %16llu\n",
                  (unsigned long long)entries, (unsigned long long)outcome.instructions);
    return is_within && outcome.instructions <= 100000;
}

static void costs_at_1000_and_100000_entries(void **state)
{
    (void)state;
    fresh(KIT_STORE_MEASURED);
    overhead = measure(KIT_NOTHING, 0);
    fill(0, 1000);
    bool is_within = costs(1000);
    fill(1000, 100000);
    assert_true(costs(100000) && is_within);
}

static int set_up(void **state)
{
    (void)state;
    return axon_buf_read_file(&module, WASM) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ic_host_reset();
    axon_outcome_free(&outcome);
    axon_network_free(net);
    axon_buf_free(&module);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_functions_and_hashes),
        cmocka_unit_test(the_store_is_the_native_one),
        cmocka_unit_test(costs_at_1000_and_100000_entries),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
