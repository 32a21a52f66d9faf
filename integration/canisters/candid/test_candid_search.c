/* The decoder's promise again, on messages that nobody thought of: types near those that a method
 * expects, made at random from a fixed seed, and measured in Wasm by performance_counter(0).
 *
 * By hand, from the repository root, for other seeds and for longer:
 *
 *   build/asan/test/candid_search --count 100000 --seed 7 --top 20
 *
 * prints the dearest, one for each method, and ends with 1 when any exceeds the bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "search.h"

#define SEED  1u
#define COUNT 8000u /* messages in `make test`, each by known headers and by type table */
#define OK_PERCENT_MIN 50u  /* less would say that the messages are not near */
#define DEAREST_MAX    100u /* no fewer than there are methods */
#define TOP            10u  /* of them are printed */
/* Types that come so near are given other values, several times. */
#define NEAR_PERCENT 80.0
#define NEAR_AGAIN   4u

struct dearest {
    double percent;
    struct bench_types types;
    struct bench_measured measured;
    size_t bytes;
    struct axon_buf text;
};

struct outcome {
    struct dearest dearest[DEAREST_MAX]; /* dearest first, a method only once */
    unsigned long count;
    unsigned long ok;
    unsigned long exceeded;
};

static double percent_of(const struct bench_measured *m, size_t message_bytes)
{
    return 100.0 * (double)m->instructions / (double)bench_bound(message_bytes, m->second);
}

/* ---- the dearest --------------------------------------------------------------------------------- */

/* The text is made only of what enters the list: most messages are cheap. */
static void describe(struct dearest *d, const struct search_message *m)
{
    axon_buf_printf(&d->text, "  types   %s\n  prefix  ", m->shape);
    axon_buf_append_hex(&d->text, m->prefix);
    axon_buf_append_text(&d->text, "\n  element ");
    axon_buf_append_hex(&d->text, m->element);
    axon_buf_printf(&d->text, " x %zu\n  suffix  ", m->count);
    axon_buf_append_hex(&d->text, m->suffix);
}

static void keep(struct outcome *outcome, const struct search_message *m,
                 const struct bench_measured *measured, double percent)
{
    struct dearest *const all = outcome->dearest;
    size_t from = 0; /* the one that goes: of the same method, or the last */
    while (from < DEAREST_MAX - 1 &&
           (all[from].types.table != m->types.table || all[from].types.method != m->types.method)) {
        from++;
    }
    if (percent <= all[from].percent) {
        return;
    }
    struct dearest found = {percent, m->types, *measured, m->message.size, {0}};
    axon_buf_free(&all[from].text);
    for (; from > 0 && all[from - 1].percent < percent; from--) {
        all[from] = all[from - 1];
    }
    describe(&found, m);
    all[from] = found;
}

static void print_dearest(struct outcome *outcome, size_t top)
{
    for (size_t i = 0; i < top && i < DEAREST_MAX && outcome->dearest[i].percent > 0; i++) {
        struct dearest *d = &outcome->dearest[i];
        printf("%.1f %% %s method %u flags %u: %llu instructions, %zu bytes, %llu units: %s\n%s\n",
               d->percent, d->types.table == BENCH_HOSTILE ? "hostile" : "dear", d->types.method,
               d->types.flags, (unsigned long long)d->measured.instructions, d->bytes,
               (unsigned long long)d->measured.second, candid_result_text(d->measured.result),
               axon_buf_text(&d->text));
    }
}

static void print_outcome(const struct outcome *outcome)
{
    const struct dearest *d = &outcome->dearest[0];
    printf("%lu decodings, %lu of them ok, %lu beyond the bound; the dearest: %.1f %%, %llu "
           "instructions for %zu bytes and %llu units\n",
           outcome->count, outcome->ok, outcome->exceeded, d->percent,
           (unsigned long long)d->measured.instructions, d->bytes,
           (unsigned long long)d->measured.second);
}

static void free_outcome(struct outcome *outcome)
{
    for (size_t i = 0; i < DEAREST_MAX; i++) {
        axon_buf_free(&outcome->dearest[i].text);
    }
}

/* ---- the search ---------------------------------------------------------------------------------- */

static double measure(struct outcome *outcome, struct search_message *message)
{
    double dearest = 0;
    for (unsigned flags = 0; flags <= BENCH_TABLE_ONLY; flags++) {
        message->types.flags = flags;
        const struct bench_measured m = bench_run("decode", message->types, message->message);
        const double percent = percent_of(&m, message->message.size);
        keep(outcome, message, &m, percent);
        outcome->count++;
        outcome->ok += m.result == CANDID_OK;
        outcome->exceeded += m.instructions > bench_bound(message->message.size, m.second);
        dearest = percent > dearest ? percent : dearest;
    }
    return dearest;
}

static void run(struct outcome *outcome, uint64_t seed, unsigned long count)
{
    struct search *search = search_new(seed);
    for (unsigned long made = 0; made < count;) {
        struct search_message message = search_next(search);
        bool again = true;
        for (unsigned i = 0; again && made < count; i++, made++) {
            const bool near = measure(outcome, &message) >= NEAR_PERCENT;
            again = near && i < NEAR_AGAIN && search_again(search, &message);
        }
    }
    search_free(search);
}

static void test_random_messages(void **state)
{
    (void)state;
    static struct outcome outcome;
    run(&outcome, SEED, COUNT);
    print_outcome(&outcome);
    if (outcome.exceeded != 0) {
        print_dearest(&outcome, TOP);
    }
    free_outcome(&outcome);
    assert_int_equal(outcome.count, 2 * COUNT);
    assert_true(outcome.ok >= outcome.count * OK_PERCENT_MIN / 100);
    assert_int_equal(outcome.exceeded, 0);
}

/* ---- by hand ------------------------------------------------------------------------------------- */

struct options {
    unsigned long seed;
    unsigned long count;
    unsigned long top;
};

/* Returns false on anything but these options, each with a number. */
static bool read_options(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        char *end = NULL;
        unsigned long *const option = strcmp(argv[i], "--seed") == 0    ? &options->seed
                                      : strcmp(argv[i], "--count") == 0 ? &options->count
                                      : strcmp(argv[i], "--top") == 0   ? &options->top
                                                                        : NULL;
        const unsigned long v = i + 1 < argc ? strtoul(argv[i + 1], &end, 10) : 0;
        if (option == NULL || end == NULL || end == argv[i + 1] || *end != '\0') {
            return false;
        }
        *option = v;
    }
    return true;
}

static int run_by_hand(int argc, char **argv)
{
    static struct outcome outcome;
    struct options options = {.seed = SEED, .count = COUNT, .top = TOP};
    if (!read_options(&options, argc, argv)) {
        fprintf(stderr, "usage: %s [--count N] [--seed S] [--top N]\n", argv[0]);
        return 2;
    }
    if (!bench_open()) {
        fprintf(stderr, "%s: cannot install the canister\n", argv[0]);
        return 2;
    }
    run(&outcome, options.seed, options.count);
    bench_close();
    print_dearest(&outcome, options.top);
    print_outcome(&outcome);
    free_outcome(&outcome);
    return outcome.exceeded != 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_messages),
    };
    return argc > 1 ? run_by_hand(argc, argv) : cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
