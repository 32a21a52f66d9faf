/* What the certified tree and the log ring cost as Wasm, one action per message, stable page
 * charges included, heap pages apart; bounds asserted. */
#include "axon.h"
#include "base/buf.h"
#include "ic/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WASM     "build/wasm/cert_bench.wasm"
#define AT_ONCE  10000u
#define SAMPLES  200u
#define ARGUMENT 16u

static struct axon_network *net;
static struct axon_buf module;
static struct axon_outcome outcome;
static struct ic_principal bench;

static void check_replied(void)
{
    if (outcome.status != AXON_STATUS_REPLIED) {
        fail_msg("%s", axon_buf_text(&outcome.reject_text));
    }
}

static uint64_t call(const char *method, uint64_t first, uint64_t second)
{
    uint8_t argument[ARGUMENT];
    ic_store_u64_le(argument, first);
    ic_store_u64_le(argument + 8, second);
    const struct ic_bytes in = {.at = argument, .size = sizeof argument};
    if (strcmp(method, "witness") == 0) {
        axon_query(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &bench, method, in);
    } else {
        axon_update(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &bench, method, in);
    }
    check_replied();
    assert_int_equal(outcome.reply.size, 8);
    return ic_load_u64_le(outcome.reply.at);
}

static void fill(uint64_t from, uint64_t to)
{
    while (from < to) {
        const uint64_t count = to - from < AT_ONCE ? to - from : AT_ONCE;
        call("fill", from, count);
        from += count;
    }
}

/* Mean and maximum of one action at random numbers; commits in between are told apart. */
struct cost {
    uint64_t sum, max;
};

static void cost_add(struct cost *cost, uint64_t instructions)
{
    cost->sum += instructions;
    cost->max = instructions > cost->max ? instructions : cost->max;
}

static void report(const char *what, uint64_t leaves, struct cost cost, uint64_t mean_max)
{
    const uint64_t mean = cost.sum / SAMPLES;
    print_message("%-28s %7llu leaves: %7llu on average, %7llu at most\n", what,
                  (unsigned long long)leaves, (unsigned long long)mean,
                  (unsigned long long)cost.max);
    if (mean > mean_max) {
        fail_msg("%s: more than %llu", what, (unsigned long long)mean_max);
    }
}

static void measure(uint64_t leaves, uint64_t per_level)
{
    struct cost change = {0}, insert = {0}, take = {0}, commit = {0}, witness = {0}, none = {0};
    for (uint64_t i = 0; i < SAMPLES; i++) {
        const uint64_t number = i * (leaves / SAMPLES);
        cost_add(&change, call("put", number, 0));
        cost_add(&commit, call("commit", 0, 0));
        cost_add(&witness, call("witness", number, 0));
        cost_add(&none, call("witness", leaves + number, 0));
        cost_add(&insert, call("put", leaves + number, 0));
        call("commit", 0, 0);
        cost_add(&take, call("remove", leaves + number, 0));
        call("commit", 0, 0);
    }
    report("ic_cert_put, other value", leaves, change, per_level * 2);
    report("ic_cert_put, new leaf", leaves, insert, per_level * 3);
    report("ic_cert_remove", leaves, take, per_level * 3);
    report("ic_cert_commit of one leaf", leaves, commit, per_level * 10);
    report("ic_cert_witness", leaves, witness, per_level * 4);
    report("ic_cert_witness of absence", leaves, none, per_level * 4);
}

static uint64_t upgrade(void)
{
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &bench, AXON_UPGRADE,
                 axon_buf_bytes(&module), IC_BYTES_LIT(""));
    check_replied();
    return outcome.instructions;
}

static int setup(void **state)
{
    (void)state;
    net = axon_network_new(NULL);
    bench = axon_create_canister(net, &IC_PRINCIPAL_ANONYMOUS, NULL, AXON_CYCLES_DEFAULT);
    if (!axon_buf_read_file(&module, WASM)) {
        return -1;
    }
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &bench, AXON_INSTALL,
                 axon_buf_bytes(&module), IC_BYTES_LIT(""));
    check_replied();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    axon_outcome_free(&outcome);
    axon_network_free(net);
    axon_buf_free(&module);
    return 0;
}

static void the_tree(void **state)
{
    (void)state;
    fill(0, 1000);
    measure(1000, 15000);
    const uint64_t few = upgrade();
    fill(1000, 100000);
    measure(100000, 25000);
    const uint64_t many = upgrade();
    print_message("upgrade: %llu with 1,000 leaves, %llu with 100,000\n", (unsigned long long)few,
                  (unsigned long long)many);
    assert_true(many < few + 10000);
}

static void the_log_ring(void **state)
{
    (void)state;
    uint64_t sum = 0, max = 0;
    for (unsigned i = 0; i < 1500; i++) { /* twice around */
        const uint64_t cost = call("add_line", 0, 0);
        sum += cost;
        max = cost > max ? cost : max;
    }
    print_message("ic_logring_add of 100 bytes: %llu on average, %llu at most\n",
                  (unsigned long long)(sum / 1500), (unsigned long long)max);
    assert_true(sum / 1500 < 3500 && max < 6000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_tree), cmocka_unit_test(the_log_ring)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
