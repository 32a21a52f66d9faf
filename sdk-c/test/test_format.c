/* ic_put_format against the host's printf: tables, and all flags with all widths and precisions. */
#include "ic/format.h"
#include "ic/trap.h"
#include "test/check.h"

#include <limits.h>

static uint8_t memory[4096];
static struct ic_writer w;

static int setup(void **state)
{
    (void)state;
    ic_host_reset();
    ic_writer_init(&w, memory, sizeof memory);
    return 0;
}

/* Both printfs, the same arguments. */
#define SAME(...)                                                                                  \
    do {                                                                                           \
        char expected[1024];                                                                       \
        const int size = snprintf(expected, sizeof expected, __VA_ARGS__);                         \
        ic_writer_init(&w, memory, sizeof memory);                                                 \
        ic_put_format(&w, __VA_ARGS__);                                                            \
        assert_true(ic_writer_ok(&w));                                                             \
        if (w.used != (size_t)size || memcmp(memory, expected, w.used) != 0) {                     \
            fail_msg("\"%.*s\" instead of \"%s\"", (int)w.used, (const char *)memory, expected);   \
        }                                                                                          \
    } while (0)

static void plain(void **state)
{
    (void)state;
    SAME("a");
    SAME("%%");
    SAME("100%% of %s, %d and %u", "it", -1, 7u);
    SAME("%d %i %u", INT_MIN, INT_MAX, UINT_MAX);
    SAME("%ld %lu %lx", LONG_MIN, ULONG_MAX, ULONG_MAX);
    SAME("%lld %llu %llX", LLONG_MIN, ULLONG_MAX, ULLONG_MAX);
    SAME("%hhd %hhu %hd %hu", -128, 255, -32768, 65535);
    SAME("%jd %ju %zu %td", (intmax_t)-5, (uintmax_t)5, (size_t)6, (ptrdiff_t)-7);
    SAME("%x %X %08x %-8x|", 0xbeefu, 0xbeefu, 0xbeefu, 0xbeefu);
    SAME("%c%c%3c%-3c|", 'a', 0x7f, 'b', 'c');
    SAME("%s|%5s|%-5s|%.2s|%5.1s|%.0s|%2s", "abc", "abc", "abc", "abc", "abc", "abc", "abc");
    SAME("%.*s|%*s|%-*s|%*s|%.*s", 2, "abc", 5, "abc", 5, "abc", -5, "abc", -1, "abc");
    SAME("%" IC_FORMAT_U64 " %" IC_FORMAT_I64 " %" IC_FORMAT_X64, UINT64_MAX, INT64_MIN,
         UINT64_MAX);
    const struct ic_bytes bytes = IC_BYTES_LIT("bytes");
    SAME("<%.*s>", IC_BYTES_ARGS(bytes));
    SAME("%p", (void *)memory);
}

/* The compiler cannot check these, so the pragma; the host's printf is the judge. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void every_combination(void **state)
{
    (void)state;
    static const char *const FLAGS[] = {"",   "-",  "0",  "+",  " ",   "-0",
                                        "+0", " 0", "-+", "+ ", "0-+ "};
    static const char *const WIDTHS[] = {"", "1", "2", "7", "25"};
    static const char *const PRECISIONS[] = {"", ".", ".0", ".1", ".3", ".22"};
    static const long long VALUES[] = {0,  1,         -1,        9,          10,        -10,
                                       99, INT32_MAX, INT32_MIN, UINT32_MAX, LLONG_MAX, LLONG_MIN};
    unsigned tried = 0;
    char format[32];
    for (size_t f = 0; f < sizeof FLAGS / sizeof *FLAGS; f++) {
        for (size_t n = 0; n < sizeof WIDTHS / sizeof *WIDTHS; n++) {
            for (size_t p = 0; p < sizeof PRECISIONS / sizeof *PRECISIONS; p++) {
                for (size_t v = 0; v < sizeof VALUES / sizeof *VALUES; v++) {
                    snprintf(format, sizeof format, "<%%%s%s%slld>", FLAGS[f], WIDTHS[n],
                             PRECISIONS[p]);
                    SAME(format, VALUES[v]);
                    snprintf(format, sizeof format, "<%%%s%s%sd>", FLAGS[f], WIDTHS[n],
                             PRECISIONS[p]);
                    SAME(format, (int)(VALUES[v] % 100000));
                    snprintf(format, sizeof format, "<%%%s%s%sllx>", FLAGS[f], WIDTHS[n],
                             PRECISIONS[p]);
                    SAME(format, (unsigned long long)VALUES[v]);
                    tried += 3;
                }
                snprintf(format, sizeof format, "<%%%s%s%ss>", FLAGS[f], WIDTHS[n], PRECISIONS[p]);
                SAME(format, "text");
            }
        }
    }
    assert_int_equal(tried, 11 * 5 * 6 * 12 * 3);
}

static void put(void *format)
{
    ic_put_format(&w, format, 1);
}

static void print(void *format)
{
    ic_print(format, 1);
}
#pragma GCC diagnostic pop

static void what_is_not_known_traps(void **state)
{
    (void)state;
    static const char *const FORMATS[] = {"%",   "%5",  "%f", "%n",     "%o", "%#x",
                                          "%Lf", "%.5", "%q", "%-", "%ll", "%99999999999d"};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        CHECK_TRAPS("format: a conversion that is not known", put, (void *)(uintptr_t)FORMATS[i]);
    }
}

/* What does not fit makes the writer fail, and nothing is written behind its end. */
static void every_size_of_room(void **state)
{
    (void)state;
    static const char TEXT[] = "  007|   abc|x";
    for (size_t room = 0; room <= sizeof TEXT; room++) {
        uint8_t *buffer = malloc(room + 1);
        assert_non_null(buffer);
        ic_writer_init(&w, buffer, room);
        ic_put_format(&w, "%5.3d|%6s|%c", 7, "abc", 'x');
        assert_int_equal(ic_writer_ok(&w), room >= sizeof TEXT - 1);
        assert_true(w.used <= room && memcmp(buffer, TEXT, w.used) == 0);
        ic_writer_init(&w, buffer, room);
        ic_put_format(&w, "%*d", INT_MAX, 1);
        assert_false(ic_writer_ok(&w));
        ic_put_format(&w, "%.2000000000d", 1);
        assert_false(ic_writer_ok(&w));
        free(buffer);
    }
}

static void in_the_arena(void **state)
{
    (void)state;
    struct ic_arena arena;
    struct ic_bytes out = {.size = 77}, behind;
    ic_arena_init(&arena, memory, 64);
    assert_false(ic_arena_format(&out, &arena, "%65d", 1));
    assert_true(out.size == 77 && arena.used == 0);
    assert_true(ic_arena_format(&out, &arena, "%s %d", "line", 1));
    assert_true(ic_bytes_is_equal(out, IC_BYTES_LIT("line 1")));
    assert_true(ic_arena_format(&behind, &arena, "%d", 2));
    assert_true(ic_bytes_is_equal(out, IC_BYTES_LIT("line 1")) && behind.at == out.at + 8);
    assert_true(ic_arena_format(&out, &arena, "%48d", 3));
    assert_int_equal(arena.used, 64);
    assert_false(ic_arena_format(&out, &arena, "%d", 4));
    assert_true(ic_arena_format(&out, &arena, "%s", ""));
    assert_int_equal(out.size, 0);
}

static void to_the_log(void **state)
{
    (void)state;
    char format[IC_PRINT_BYTES_MAX + 100];
    memset(format, 'x', sizeof format);
    format[sizeof format - 1] = '\0'; /* longer than a line: cut, no trap */
    CHECK_RUNS(print, format);
    CHECK_RUNS(print, (void *)(uintptr_t) "the answer is %d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(plain, setup),
        cmocka_unit_test_setup(every_combination, setup),
        cmocka_unit_test_setup(what_is_not_known_traps, setup),
        cmocka_unit_test_setup(every_size_of_room, setup),
        cmocka_unit_test_setup(in_the_arena, setup),
        cmocka_unit_test_setup(to_the_log, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
