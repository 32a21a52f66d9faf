/* What the kit's stable structures cost as Wasm: one action per message, the difference of two
 * performance_counter(0) less that of an empty pair, charges of stable pages included. Heap pages,
 * which the system charges at the end of a message, are reported apart.
 *
 * What is read again and again is warm: before the measuring each structure is read through in
 * leaps, so that a map's cache holds the inner nodes, as it does in a canister that lives between
 * upgrades.
 *
 *     stable_bench [ENTRIES_MAX [FILE]]     100,000 when not given; 10,000,000 takes a minute and
 *                                           3 GB. Writes what it measured into FILE, as its part
 *                                           "kit" */
#include "axon.h"
#include "base/buf.h"
#include "base/part.h"
#include "ic/buf.h"
#include "integration/canisters/stable_bench/report.h"
#include "integration/canisters/stable_bench/stable_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WASM         "build/wasm/stable_bench.wasm"
#define FILL_AT_ONCE 100000u
#define SAMPLES      1000u
#define PAUSE_MAX    100000u /* no operation ever takes longer */

static struct axon_network *net;
static struct axon_buf module;
static struct axon_outcome outcome;
static struct ic_principal bench;
static uint64_t overhead; /* of measuring */
static uint64_t entries_max = 100000;
static const char *report_path;
static bool is_within;

static void check_replied(const char *what)
{
    if (outcome.status != AXON_STATUS_REPLIED) {
        fail_msg("%s: %.*s", what, (int)outcome.reject_text.size,
                 (const char *)outcome.reject_text.at);
    }
}

static void install(enum axon_install_mode mode, enum bench_structure structure)
{
    uint8_t arg = (uint8_t)structure;
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &bench, mode, axon_buf_bytes(&module),
                 (struct ic_bytes){.at = &arg, .size = 1});
    check_replied("install");
}

static uint64_t call(const char *method, const uint8_t *arg, size_t size)
{
    axon_records_clear(net);
    axon_update(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &bench, method,
                (struct ic_bytes){.at = arg, .size = size});
    check_replied(method);
    assert_int_equal(outcome.reply.size, 8);
    return ic_load_u64_le(outcome.reply.at);
}

static void fill(uint64_t from, uint64_t to)
{
    while (from < to) {
        uint8_t arg[16];
        uint64_t end = to - from < FILL_AT_ONCE ? to : from + FILL_AT_ONCE;
        ic_store_u64_le(arg, from);
        ic_store_u64_le(arg + 8, end);
        call("fill", arg, sizeof arg);
        from = end;
    }
}

/* ---- one action ------------------------------------------------------------------------------ */

struct cost {
    uint64_t sum, worst, heap_pages;
};

static void measure(struct cost *cost, enum bench_action action, uint64_t number)
{
    uint8_t arg[9] = {(uint8_t)action};
    size_t records = 0;
    ic_store_u64_le(arg + 1, number);
    uint64_t used = call("measure", arg, sizeof arg) - overhead;
    const struct axon_execution_record *record = axon_records(net, &records);
    assert_int_equal(records, 1);
    cost->sum += used;
    cost->worst = used > cost->worst ? used : cost->worst;
    cost->heap_pages += record->heap_pages;
}

/* Which numbers an action is measured with. */
enum numbers {
    OLD, /* spread over those that were filled in */
    NEW, /* behind them, in a row */
};

struct row {
    enum bench_structure structure;
    enum bench_action action;
    enum numbers numbers;
    uint32_t divisor; /* operations in an action */
    uint32_t budget;  /* of an operation, on average */
    const char *name;
};

/* In the order of measuring: what is added at the end is removed again. */
static const struct row ROWS[] = {
    {BENCH_TABLE, BENCH_GET, OLD, 1, 900, "table lookup, present"},
    {BENCH_TABLE, BENCH_ABSENT, OLD, 1, 900, "table lookup, absent"},
    {BENCH_TABLE, BENCH_ADD, NEW, 1, 4000, "table insert"},
    {BENCH_TABLE, BENCH_REMOVE, NEW, 1, 4000, "table remove"},
    {BENCH_TABLE, BENCH_CHECK, OLD, 1, PAUSE_MAX, "table step of the check"},
    {BENCH_LOG, BENCH_GET, OLD, 1, 900, "log get of 138 bytes"},
    {BENCH_LOG, BENCH_ADD, NEW, 1, 1700, "log append of 138 bytes, alone"},
    {BENCH_LOG, BENCH_ADD_100, NEW, 100, 450, "log append of 138 bytes, one of 100"},
    {BENCH_LOG, BENCH_CHECK, OLD, 1, PAUSE_MAX, "log step of the check, 64 records"},
    {BENCH_VEC, BENCH_GET, OLD, 1, 400, "vec get of 128 bytes"},
    {BENCH_VEC, BENCH_GET_100, OLD, 100, 300, "vec get of 128 bytes, one of 100"},
    {BENCH_VEC, BENCH_SET, OLD, 1, 1500, "vec set of 128 bytes"},
    {BENCH_VEC, BENCH_ADD, NEW, 1, 2700, "vec push of 128 bytes"},
    {BENCH_VEC, BENCH_REMOVE, OLD, 1, 1700, "vec pop of 128 bytes"},
    {BENCH_VEC, BENCH_ADD_100, NEW, 100, 450, "vec push of 128 bytes, one of 100"},
    {BENCH_RING, BENCH_ADD, NEW, 1, 4000, "ring push of 48 bytes"},
    {BENCH_RING, BENCH_REMOVE, OLD, 1, 4000, "ring pop"},
    {BENCH_RING, BENCH_CHECK, OLD, 1, PAUSE_MAX, "ring step of the check, 64 pages"},
    {BENCH_MAP_RANDOM, BENCH_GET, OLD, 1, 3000, "map get, random, present"},
    {BENCH_MAP_RANDOM, BENCH_ABSENT, OLD, 1, 3000, "map get, random, absent"},
    {BENCH_MAP_RANDOM, BENCH_NEXT, OLD, 100, 300, "map step of a cursor, random"},
    {BENCH_MAP_RANDOM, BENCH_ADD, NEW, 1, 7000, "map insert, random"},
    {BENCH_MAP_RANDOM, BENCH_REMOVE, NEW, 1, 7000, "map remove, random"},
    {BENCH_MAP_RANDOM, BENCH_CHECK, OLD, 1, PAUSE_MAX, "map step of the check, random"},
    {BENCH_MAP_ASCENDING, BENCH_GET, OLD, 1, 3000, "map get, ascending, present"},
    {BENCH_MAP_ASCENDING, BENCH_NEXT, OLD, 100, 300, "map step of a cursor, ascending"},
    {BENCH_MAP_ASCENDING, BENCH_ADD, NEW, 1, 7000, "map insert, ascending"},
    {BENCH_MAP_ASCENDING, BENCH_REMOVE, OLD, 1, 7000, "map remove, ascending, spread"},
    {BENCH_QUEUE, BENCH_GET, OLD, 1, 3000, "queue front"},
    {BENCH_QUEUE, BENCH_ADD, NEW, 1, 7000, "queue push"},
    {BENCH_QUEUE, BENCH_DROP, NEW, 1, 7000, "queue remove"},
    {BENCH_QUEUE, BENCH_REMOVE, OLD, 1, 7000, "queue pop"},
};
#define ROW_COUNT (sizeof ROWS / sizeof ROWS[0])

static const uint64_t SIZES[REPORT_SIZES] = {1000, 10000, 100000, 10000000};
static struct report_row report[ROW_COUNT];

static void row_measure(size_t at, size_t size)
{
    const struct row *row = &ROWS[at];
    const uint64_t entries = SIZES[size];
    struct cost cost = {0};
    uint64_t samples = row->numbers == OLD && entries < SAMPLES ? entries : SAMPLES;
    for (uint64_t i = 0; i < samples; i++) {
        measure(&cost, row->action, row->numbers == NEW ? entries + i : i * (entries / samples));
    }
    uint64_t average = cost.sum / samples / row->divisor;
    bool is_good = average <= row->budget && cost.worst / row->divisor <= PAUSE_MAX;
    report_add(&report[at], size, average, cost.worst / row->divisor,
               (double)cost.heap_pages / (double)samples);
    printf("%9llu  %-36s %6llu (budget %6u)  worst %6llu  heap pages %.1f%s\n",
           (unsigned long long)entries, row->name, (unsigned long long)average, row->budget,
           (unsigned long long)(cost.worst / row->divisor),
           (double)cost.heap_pages / (double)samples, is_good ? "" : "  TOO MUCH");
    is_within = is_within && is_good;
}

/* ---- one structure --------------------------------------------------------------------------- */

static void upgrade_measure(enum bench_structure structure, uint64_t entries)
{
    install(AXON_UPGRADE, structure);
    printf("%9llu  %-36s %6llu (budget %6u)\n", (unsigned long long)entries,
           "  upgrade, all hooks, heap pages too", (unsigned long long)outcome.instructions,
           100000);
    is_within = is_within && outcome.instructions <= 100000;
}

/* The first operations after an upgrade, with everything cold: no pause either. */
static void first_measure(uint64_t entries)
{
    struct cost cost = {0};
    measure(&cost, BENCH_ADD, 2 * entries);
    printf("%9llu  %-36s %6llu (budget %6u)\n", (unsigned long long)entries,
           "  first addition after the upgrade", (unsigned long long)cost.worst, PAUSE_MAX);
    is_within = is_within && cost.worst <= PAUSE_MAX;
}

/* Leaps short enough to come through every inner node of a map. */
static void warm_up(enum bench_structure structure, uint64_t entries)
{
    struct cost ignored = {0};
    uint64_t leap = 2000;
    bool is_map = structure == BENCH_MAP_RANDOM || structure == BENCH_MAP_ASCENDING;
    for (uint64_t number = 0; is_map && number < entries; number += leap) {
        measure(&ignored, BENCH_GET, number);
    }
}

static void structure_measure(enum bench_structure structure, size_t size)
{
    const uint64_t entries = SIZES[size];
    struct cost nothing = {0};
    axon_network_free(net);
    net = axon_network_new(&(struct axon_config){.free_cycles = true});
    bench = axon_create_canister(net, &IC_PRINCIPAL_ANONYMOUS, NULL, AXON_CYCLES_DEFAULT);
    install(AXON_INSTALL, structure);
    overhead = 0;
    measure(&nothing, BENCH_NOTHING, 0);
    overhead = nothing.sum;
    fill(0, entries);
    warm_up(structure, entries);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (ROWS[i].structure == structure) {
            row_measure(i, size);
        }
    }
    upgrade_measure(structure, entries);
    first_measure(entries);
    if (entries <= 100000) {
        axon_query(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &bench, "check", IC_BYTES_LIT(""));
        check_replied("check");
    }
    fflush(stdout);
}

static void report_write(size_t sizes)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        report[i].name = ROWS[i].name;
        report[i].budget = ROWS[i].budget;
    }
    char *text = NULL;
    size_t size = 0;
    struct axon_buf why = {0};
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    report_print(out, report, ROW_COUNT, SIZES, sizes);
    assert_int_equal(fclose(out), 0);
    struct ic_bytes part = {.at = (const uint8_t *)text, .size = size};
    if (!axon_part_write(report_path, "kit", part, &why)) {
        fail_msg("%s", axon_buf_text(&why));
    }
    axon_buf_free(&why);
    free(text);
}

static void costs_are_within_budgets(void **state)
{
    (void)state;
    size_t size = 0;
    is_within = true;
    for (; size < REPORT_SIZES && SIZES[size] <= entries_max; size++) {
        for (int structure = 0; structure < BENCH_STRUCTURES; structure++) {
            structure_measure((enum bench_structure)structure, size);
        }
    }
    if (report_path != NULL) {
        report_write(size);
    }
    assert_true(is_within);
}

static int set_up(void **state)
{
    (void)state;
    return axon_buf_read_file(&module, WASM) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    axon_outcome_free(&outcome);
    axon_network_free(net);
    axon_buf_free(&module);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_are_within_budgets),
    };
    if (argc > 1) {
        entries_max = strtoull(argv[1], NULL, 10);
    }
    if (argc > 2) {
        report_path = argv[2];
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
