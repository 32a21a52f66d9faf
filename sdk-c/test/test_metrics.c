/* Metrics in the text format: each rule of it, byte for byte. */
#include "test/check.h"

#include "host/ic_host_cycles.h"
#include "ic/metrics.h"
#include "ic/stable.h"

static uint8_t buffer[2048];
static struct ic_writer w;

static int setup(void **state)
{
    (void)state;
    ic_host_reset();
    ic_writer_init(&w, buffer, sizeof buffer);
    return 0;
}

static void expect(const char *text)
{
    assert_true(ic_writer_ok(&w));
    if (!ic_bytes_is_equal(ic_writer_bytes(&w), ic_bytes_from_text(text))) {
        fail_msg("%.*s", (int)w.used, (const char *)w.at);
    }
    ic_writer_init(&w, buffer, sizeof buffer);
}

static void heads(void **state)
{
    (void)state;
    ic_metric_head(&w, "a_total", "What \"it\" is.\nAnd \\ more", IC_METRIC_COUNTER);
    expect("# HELP a_total What \"it\" is.\\nAnd \\\\ more\n# TYPE a_total counter\n");
    ic_metric_head(&w, "job:b2", "", IC_METRIC_GAUGE);
    expect("# HELP job:b2 \n# TYPE job:b2 gauge\n");
}

static void samples(void **state)
{
    (void)state;
    ic_metric_u64(&w, "a", NULL, 0, UINT64_MAX, 0);
    expect("a 18446744073709551615\n");
    ic_metric_u64(&w, "a", NULL, 0, 0, 1700000000123999999u);
    expect("a 0 1700000000123\n");
    ic_metric_i64(&w, "a", NULL, 0, INT64_MIN, 0);
    expect("a -9223372036854775808\n");
    ic_metric_i64(&w, "a", NULL, 0, 5, 1000000);
    expect("a 5 1\n");
    const struct ic_metric_label labels[] = {{"method", IC_BYTES_LIT("get")},
                                             {"text", IC_BYTES_LIT("a\"b\\c\nd")}};
    ic_metric_u64(&w, "a", labels, 1, 1, 0);
    expect("a{method=\"get\"} 1\n");
    ic_metric_u64(&w, "a", labels, 2, 1, 2000000);
    expect("a{method=\"get\",text=\"a\\\"b\\\\c\\nd\"} 1 2\n");
}

static void decimals(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        unsigned decimals;
        const char *text;
    } ROWS[] = {
        {1234, 2, "a 12.34\n"},
        {1234, 0, "a 1234\n"},
        {5, 8, "a 0.00000005\n"},
        {100, 2, "a 1.00\n"},
        {0, 3, "a 0.000\n"},
        {1050, 3, "a 1.050\n"},
        {UINT64_MAX, 18, "a 18.446744073709551615\n"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        ic_metric_decimal(&w, "a", NULL, 0, ROWS[i].value, ROWS[i].decimals, 0);
        expect(ROWS[i].text);
    }
}

static void histograms(void **state)
{
    (void)state;
    const uint64_t bounds[] = {10, 100}, counts[] = {3, 0, 4};
    ic_metric_histogram(&w, "h", "Hist.", bounds, counts, 2, 777, 1000000);
    expect("# HELP h Hist.\n# TYPE h histogram\nh_bucket{le=\"10\"} 3 1\nh_bucket{le=\"100\"} 3 1\n"
           "h_bucket{le=\"+Inf\"} 7 1\nh_sum 777 1\nh_count 7 1\n");
}

static const char *bad_name;

static void name_it(void *argument)
{
    (void)argument;
    ic_metric_u64(&w, bad_name, NULL, 0, 1, 0);
}

static void label_it(void *argument)
{
    (void)argument;
    const struct ic_metric_label label = {.name = bad_name};
    ic_metric_u64(&w, "a", &label, 1, 1, 0);
}

static void bound_badly(void *argument)
{
    (void)argument;
    const uint64_t bounds[] = {10, 10}, counts[] = {1, 1, 1};
    ic_metric_histogram(&w, "h", "", bounds, counts, 2, 0, 0);
}

static void too_many_decimals(void *argument)
{
    (void)argument;
    ic_metric_decimal(&w, "a", NULL, 0, 1, IC_METRIC_DECIMALS_MAX + 1, 0);
}

static void refusals(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"", "1a", "a-b", "a b", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        bad_name = NAMES[i];
        CHECK_TRAPS("metrics: malformed name", name_it, NULL);
        CHECK_TRAPS("metrics: malformed name", label_it, NULL);
    }
    bad_name = "a:b"; /* colons are for names of metrics only */
    CHECK_RUNS(name_it, NULL);
    CHECK_TRAPS("metrics: malformed name", label_it, NULL);
    CHECK_TRAPS("assertion failed: i == 0 || bounds[i - 1] < bounds[i]", bound_badly, NULL);
    CHECK_TRAPS("assertion failed: decimals <= IC_METRIC_DECIMALS_MAX", too_many_decimals, NULL);
}

/* Wherever the buffer ends, nothing is written behind it and the writer says so. */
static void every_size_of_buffer(void **state)
{
    (void)state;
    const uint64_t bounds[] = {1}, counts[] = {1, 2};
    ic_metric_histogram(&w, "h", "Hist.", bounds, counts, 1, 7, 1000000);
    const size_t whole = w.used;
    for (size_t size = 0; size <= whole; size++) {
        ic_writer_init(&w, buffer + sizeof buffer - size, size);
        ic_metric_histogram(&w, "h", "Hist.", bounds, counts, 1, 7, 1000000);
        assert_int_equal(ic_writer_ok(&w), size == whole);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

static void the_canister(void **state)
{
    (void)state;
    ic_host_cycles_set(0, IC_U128_MAX, 5);
    ic_host_heap_bytes_set(1u << 20);
    ic_host_version_set(UINT64_MAX);
    assert_true(ic_stable_grow(3));
    ic_metrics_put_canister(&w, 2000000);
    expect("# HELP canister_cycles_balance Cycles of the canister.\n"
           "# TYPE canister_cycles_balance gauge\n"
           "canister_cycles_balance 340282366920938463463374607431768211455 2\n"
           "# HELP canister_cycles_liquid Cycles it can spend before it freezes.\n"
           "# TYPE canister_cycles_liquid gauge\n"
           "canister_cycles_liquid 340282366920938463463374607431768211450 2\n"
           "# HELP canister_heap_bytes Wasm memory.\n"
           "# TYPE canister_heap_bytes gauge\n"
           "canister_heap_bytes 1048576 2\n"
           "# HELP canister_stable_bytes Stable memory.\n"
           "# TYPE canister_stable_bytes gauge\n"
           "canister_stable_bytes 196608 2\n"
           "# HELP canister_version Grows with changes of code, settings and state.\n"
           "# TYPE canister_version gauge\n"
           "canister_version 18446744073709551615 2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(heads),    TEST(samples),
                                       TEST(decimals), TEST(histograms),
                                       TEST(refusals), TEST(every_size_of_buffer),
                                       TEST(the_canister)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
