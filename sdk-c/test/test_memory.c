/* Arena, writer and reader. */
#include "test/check.h"

#include "ic/arena.h"
#include "ic/buf.h"

/* ---- arena ----------------------------------------------------------------------------------- */

static void arena_hands_out_aligned_memory(void **state)
{
    (void)state;
    uint8_t memory[100];
    for (size_t skew = 0; skew < 8; skew++) {
        struct ic_arena a;
        ic_arena_init(&a, memory + skew, 64);
        uint8_t *before = memory + skew;
        for (size_t size = 0; size < 12; size++) {
            uint8_t *at = ic_arena_alloc(&a, size);
            if (at == NULL) {
                break;
            }
            assert_int_equal((uintptr_t)at % IC_ARENA_ALIGN, 0);
            assert_true(at >= before && at + size <= memory + skew + 64);
            before = at + size;
        }
    }
}

static void arena_is_exact_about_its_end(void **state)
{
    (void)state;
    _Alignas(8) uint8_t memory[32];
    struct ic_arena a;
    ic_arena_init(&a, memory, 29);
    assert_non_null(ic_arena_alloc(&a, 24));
    assert_null(ic_arena_alloc(&a, 6));
    assert_int_equal(ic_arena_left(&a), 5);
    assert_non_null(ic_arena_alloc(&a, 5));
    assert_int_equal(ic_arena_left(&a), 0);
    assert_null(ic_arena_alloc(&a, 1));
    assert_non_null(ic_arena_alloc(&a, 0));
    ic_arena_reset(&a);
    assert_non_null(ic_arena_alloc(&a, 29));
}

static void arena_refuses_what_overflows(void **state)
{
    (void)state;
    _Alignas(8) uint8_t memory[32];
    struct ic_arena a;
    ic_arena_init(&a, memory, sizeof memory);
    assert_null(ic_arena_alloc(&a, SIZE_MAX));
    assert_null(ic_arena_alloc(&a, SIZE_MAX - 3));
    assert_null(ic_arena_alloc_array(&a, SIZE_MAX / 2, 4));
    assert_int_equal(a.used, 0);
    struct ic_arena none;
    ic_arena_init(&none, memory + 1, 3);
    assert_null(ic_arena_alloc(&none, 1));
}

static void arena_clears_and_copies(void **state)
{
    (void)state;
    _Alignas(8) uint8_t memory[32];
    struct ic_arena a;
    struct ic_bytes copy = {.size = 99};
    memset(memory, 0xee, sizeof memory);
    ic_arena_init(&a, memory, sizeof memory);
    uint8_t *zeroed = ic_arena_alloc_zeroed(&a, 3, 5);
    assert_non_null(zeroed);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(zeroed[i], 0);
    }
    assert_true(ic_arena_copy(&copy, IC_BYTES_LIT("0123456789"), &a));
    assert_true(ic_bytes_is_equal(copy, IC_BYTES_LIT("0123456789")));
    struct ic_bytes untouched = {.size = 99};
    assert_false(ic_arena_copy(&untouched, IC_BYTES_LIT("0123456789"), &a));
    assert_int_equal(untouched.size, 99);
}

/* ---- writer and reader ----------------------------------------------------------------------- */

static void put_one_of_each(struct ic_writer *w)
{
    ic_put_u8(w, 0x01);
    ic_put_u16_le(w, 0x0302);
    ic_put_u32_le(w, 0x07060504);
    ic_put_u64_le(w, 0x0f0e0d0c0b0a0908);
    ic_put_u32_be(w, 0x10111213);
    ic_put_u64_be(w, 0x1415161718191a1b);
    ic_put_leb128(w, 300);
    ic_put_sleb128(w, -300);
    ic_put_decimal(w, 1200);
    ic_put_hex(w, IC_BYTES_LIT("\xab\x01"));
    IC_PUT_LIT(w, "end");
}

static const char ONE_OF_EACH[] = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                                  "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b"
                                  "\xac\x02\xd4\x7d"
                                  "1200ab01end";

static void writer_writes(void **state)
{
    (void)state;
    uint8_t buffer[100];
    struct ic_writer w;
    ic_writer_init(&w, buffer, sizeof buffer);
    put_one_of_each(&w);
    assert_true(ic_writer_ok(&w));
    assert_int_equal(w.used, sizeof ONE_OF_EACH - 1);
    assert_memory_equal(buffer, ONE_OF_EACH, w.used);
}

/* With every smaller capacity it fails, writes nothing outside, and never writes again. */
static void writer_fails_once_and_stays_failed(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < sizeof ONE_OF_EACH - 1; capacity++) {
        uint8_t *buffer = malloc(capacity + 1);
        struct ic_writer w;
        ic_writer_init(&w, buffer, capacity);
        put_one_of_each(&w);
        assert_false(ic_writer_ok(&w));
        assert_true(w.used <= capacity);
        assert_memory_equal(buffer, ONE_OF_EACH, w.used);
        size_t used = w.used;
        ic_put_bytes(&w, (struct ic_bytes){.at = NULL, .size = 0});
        ic_put_u8(&w, 0);
        assert_int_equal(w.used, used);
        free(buffer);
    }
}

static void reader_reads_it_back(void **state)
{
    (void)state;
    struct ic_bytes in = IC_BYTES_LIT("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                                      "\x10\x11\x12\x13\x14\x15\x16\x17"
                                      "\x18\x19\x1a\x1b\xac\x02\xd4\x7dxyz");
    struct ic_reader r = ic_reader_from(in);
    assert_int_equal(ic_get_u8(&r), 0x01);
    assert_int_equal(ic_get_u16_le(&r), 0x0302);
    assert_int_equal(ic_get_u32_le(&r), 0x07060504);
    assert_true(ic_get_u64_le(&r) == 0x0f0e0d0c0b0a0908);
    assert_int_equal(ic_get_u32_be(&r), 0x10111213);
    assert_true(ic_get_u64_be(&r) == 0x1415161718191a1b);
    assert_int_equal(ic_get_leb128(&r), 300);
    assert_int_equal(ic_get_sleb128(&r), -300);
    assert_true(ic_bytes_is_equal(ic_get_bytes(&r, 3), IC_BYTES_LIT("xyz")));
    assert_true(ic_reader_done(&r));
    assert_int_equal(ic_get_u8(&r), 0);
    assert_false(ic_reader_ok(&r));
    assert_int_equal(ic_get_bytes(&r, 0).size, 0);
    assert_false(ic_reader_done(&r));
}

static void check_leb128(uint64_t value)
{
    uint8_t buffer[IC_LEB128_BYTES_MAX];
    struct ic_writer w;
    ic_writer_init(&w, buffer, sizeof buffer);
    ic_put_leb128(&w, value);
    assert_true(ic_writer_ok(&w));
    assert_int_equal(w.used, ic_leb128_size(value));
    struct ic_reader r = ic_reader_from(ic_writer_bytes(&w));
    assert_true(ic_get_leb128(&r) == value);
    assert_true(ic_reader_done(&r));

    ic_writer_init(&w, buffer, sizeof buffer);
    ic_put_sleb128(&w, (int64_t)value);
    assert_true(ic_writer_ok(&w));
    r = ic_reader_from(ic_writer_bytes(&w));
    assert_true(ic_get_sleb128(&r) == (int64_t)value);
    assert_true(ic_reader_done(&r));
    /* Minimal: one byte less would lose the sign or a digit. */
    if (w.used > 1) {
        uint8_t last = buffer[w.used - 1], before = buffer[w.used - 2];
        assert_false(last == 0x00 && (before & 0x40) == 0);
        assert_false(last == 0x7f && (before & 0x40) != 0);
    }
}

static void leb128_round_trips(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int delta = -2; delta <= 2; delta++) {
            check_leb128(((uint64_t)1 << bit) + (uint64_t)(int64_t)delta);
        }
    }
    uint64_t seed = 1;
    for (int i = 0; i < 10000; i++) {
        check_leb128(test_random(&seed) >> test_random_below(&seed, 64));
    }
}

static void leb128_refuses(void **state)
{
    (void)state;
    static const struct {
        struct ic_bytes in;
        bool is_signed, ok;
    } CASES[] = {
        {IC_BYTES_LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), false, true},
        {IC_BYTES_LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), false, false},
        {IC_BYTES_LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), false, false},
        {IC_BYTES_LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), false, true},
        {IC_BYTES_LIT("\x80"), false, false},
        {IC_BYTES_LIT(""), false, false},
        {IC_BYTES_LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"), true, true},
        {IC_BYTES_LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00"), true, true},
        {IC_BYTES_LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), true, false},
        {IC_BYTES_LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x3f"), true, false},
        {IC_BYTES_LIT("\xff"), true, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct ic_reader r = ic_reader_from(CASES[i].in);
        if (CASES[i].is_signed) {
            ic_get_sleb128(&r);
        } else {
            ic_get_leb128(&r);
        }
        assert_int_equal(ic_reader_ok(&r), CASES[i].ok);
    }
    struct ic_reader r = ic_reader_from(IC_BYTES_LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00"));
    assert_true(ic_get_sleb128(&r) == INT64_MAX);
}

static void decimals(void **state)
{
    (void)state;
    char expected[32];
    uint64_t values[] = {0, 9, 10, 18446744073709551615u, 1000000};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint8_t buffer[20];
        struct ic_writer w;
        ic_writer_init(&w, buffer, sizeof buffer);
        ic_put_decimal(&w, values[i]);
        int length = snprintf(expected, sizeof expected, "%llu", (unsigned long long)values[i]);
        assert_int_equal(w.used, length);
        assert_memory_equal(buffer, expected, w.used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_hands_out_aligned_memory),
        cmocka_unit_test(arena_is_exact_about_its_end),
        cmocka_unit_test(arena_refuses_what_overflows),
        cmocka_unit_test(arena_clears_and_copies),
        cmocka_unit_test(writer_writes),
        cmocka_unit_test(writer_fails_once_and_stays_failed),
        cmocka_unit_test(reader_reads_it_back),
        cmocka_unit_test(leb128_round_trips),
        cmocka_unit_test(leb128_refuses),
        cmocka_unit_test(decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
