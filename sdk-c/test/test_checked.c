/* Checked and saturating arithmetic: every pair of bytes, and the corners of 64 bits. */
#include "test/check.h"

#include "ic/checked.h"

static void check_sum(uint8_t a, uint8_t b)
{
    uint8_t out = 0xa5;
    bool fits = a + b <= UINT8_MAX;
    assert_int_equal(ic_add_u8(&out, a, b), fits);
    assert_int_equal(out, fits ? a + b : 0xa5);
    assert_int_equal(ic_sat_add_u8(a, b), fits ? a + b : UINT8_MAX);
}

static void check_difference(uint8_t a, uint8_t b)
{
    uint8_t out = 0xa5;
    assert_int_equal(ic_sub_u8(&out, a, b), a >= b);
    assert_int_equal(out, a >= b ? a - b : 0xa5);
    assert_int_equal(ic_sat_sub_u8(a, b), a >= b ? a - b : 0);
}

static void check_product(uint8_t a, uint8_t b)
{
    uint8_t out = 0xa5;
    bool fits = a * b <= UINT8_MAX;
    assert_int_equal(ic_mul_u8(&out, a, b), fits);
    assert_int_equal(out, fits ? a * b : 0xa5);
    assert_int_equal(ic_sat_mul_u8(a, b), fits ? a * b : UINT8_MAX);
}

static void all_pairs_of_bytes(void **state)
{
    (void)state;
    for (unsigned a = 0; a <= UINT8_MAX; a++) {
        for (unsigned b = 0; b <= UINT8_MAX; b++) {
            check_sum((uint8_t)a, (uint8_t)b);
            check_difference((uint8_t)a, (uint8_t)b);
            check_product((uint8_t)a, (uint8_t)b);
        }
    }
}

/* Wider types against 128-bit arithmetic, at values around powers of two. */
static void corners_of_u64(void **state)
{
    (void)state;
    uint64_t values[64 * 3];
    size_t count = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int delta = -1; delta <= 1; delta++) {
            values[count++] = ((uint64_t)1 << bit) + (uint64_t)(int64_t)delta;
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            uint64_t a = values[i], b = values[k], out = 7;
            __extension__ unsigned __int128 sum = (unsigned __int128)a + b;
            __extension__ unsigned __int128 product = (unsigned __int128)a * b;
            assert_int_equal(ic_add_u64(&out, a, b), sum >> 64 == 0);
            assert_true(out == (sum >> 64 == 0 ? (uint64_t)sum : 7));
            out = 7;
            assert_int_equal(ic_mul_u64(&out, a, b), product >> 64 == 0);
            assert_true(out == (product >> 64 == 0 ? (uint64_t)product : 7));
            assert_true(ic_sat_add_u64(a, b) == (sum >> 64 == 0 ? (uint64_t)sum : UINT64_MAX));
            assert_true(ic_sat_mul_u64(a, b) ==
                        (product >> 64 == 0 ? (uint64_t)product : UINT64_MAX));
            assert_true(ic_sat_sub_u64(a, b) == (a >= b ? a - b : 0));
        }
    }
}

/* Bytes with signs, against numbers that have room. */
static void check_signed(int a, int b)
{
    const int results[] = {a + b, a - b, a * b, b == 0 ? 1000 : a / b};
    for (int i = 0; i < 4; i++) {
        int8_t out = 0x5a;
        const int exact = results[i];
        const bool fits = exact >= INT8_MIN && exact <= INT8_MAX;
        const int nearest = fits ? exact : exact < 0 ? INT8_MIN : INT8_MAX;
        const int8_t x = (int8_t)a, y = (int8_t)b;
        assert_int_equal(i == 0   ? ic_add_i8(&out, x, y)
                         : i == 1 ? ic_sub_i8(&out, x, y)
                         : i == 2 ? ic_mul_i8(&out, x, y)
                                  : ic_div_i8(&out, x, y),
                         fits);
        assert_int_equal(out, fits ? exact : 0x5a);
        assert_int_equal(i == 0   ? ic_sat_add_i8(x, y)
                         : i == 1 ? ic_sat_sub_i8(x, y)
                         : i == 2 ? ic_sat_mul_i8(x, y)
                                  : nearest,
                         nearest);
    }
}

static void all_pairs_of_signed_bytes(void **state)
{
    (void)state;
    for (int a = INT8_MIN; a <= INT8_MAX; a++) {
        assert_int_equal(ic_abs_i8((int8_t)a), a < 0 ? -a : a);
        for (int b = INT8_MIN; b <= INT8_MAX; b++) {
            check_signed(a, b);
        }
    }
}

__extension__ typedef __int128 wide;

static bool fits_i64(wide v)
{
    return v >= INT64_MIN && v <= INT64_MAX;
}

static void check_i64(int64_t a, int64_t b)
{
    const wide exact[] = {(wide)a + b, (wide)a - b, (wide)a * b, b == 0 ? 0 : (wide)a / b};
    for (int i = 0; i < 4; i++) {
        int64_t out = 7;
        const bool is_given = i == 0   ? ic_add_i64(&out, a, b)
                              : i == 1 ? ic_sub_i64(&out, a, b)
                              : i == 2 ? ic_mul_i64(&out, a, b)
                                       : ic_div_i64(&out, a, b);
        const bool fits = fits_i64(exact[i]) && (i < 3 || b != 0);
        assert_int_equal(is_given, fits);
        assert_true(out == (fits ? (int64_t)exact[i] : 7));
        const int64_t nearest = fits_i64(exact[i]) ? (int64_t)exact[i]
                                : exact[i] < 0     ? INT64_MIN
                                                   : INT64_MAX;
        assert_true(i == 3 || nearest == (i == 0   ? ic_sat_add_i64(a, b)
                                          : i == 1 ? ic_sat_sub_i64(a, b)
                                                   : ic_sat_mul_i64(a, b)));
    }
}

static void corners_of_i64(void **state)
{
    (void)state;
    int64_t values[64 * 3];
    size_t count = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int delta = -1; delta <= 1; delta++) {
            const uint64_t v = ((uint64_t)1 << bit) + (uint64_t)(int64_t)delta;
            values[count++] = v > INT64_MAX ? -(int64_t)(UINT64_MAX - v) - 1 : (int64_t)v;
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            check_i64(values[i], values[k]);
        }
    }
    assert_true(ic_abs_i64(INT64_MIN) == (uint64_t)1 << 63);
}

static void between_the_signs(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    assert_false(ic_u64_from_i64(&u, -1));
    assert_false(ic_u64_from_i64(&u, INT64_MIN));
    assert_true(u == 7 && ic_u64_from_i64(&u, INT64_MAX) && u == INT64_MAX);
    assert_false(ic_i64_from_u64(&i, (uint64_t)INT64_MAX + 1));
    assert_false(ic_i64_from_u64(&i, UINT64_MAX));
    assert_true(i == 7 && ic_i64_from_u64(&i, INT64_MAX) && i == INT64_MAX);
}

static void powers(void **state)
{
    (void)state;
    uint64_t out = 7;
    assert_true(ic_pow_u64(&out, 10, 8) && out == 100000000);
    assert_true(ic_pow_u64(&out, 10, 19) && out == 10000000000000000000u);
    assert_true(ic_pow_u64(&out, 2, 63) && out == (uint64_t)1 << 63);
    assert_true(ic_pow_u64(&out, 0, 0) && out == 1);
    assert_true(ic_pow_u64(&out, 0, UINT32_MAX) && out == 0);
    assert_true(ic_pow_u64(&out, 1, UINT32_MAX) && out == 1);
    assert_true(ic_pow_u64(&out, UINT64_MAX, 1) && out == UINT64_MAX);
    out = 7;
    assert_false(ic_pow_u64(&out, 10, 20));
    assert_false(ic_pow_u64(&out, 2, 64));
    assert_false(ic_pow_u64(&out, UINT64_MAX, UINT32_MAX));
    assert_true(out == 7);
}

static void narrow_types_refuse(void **state)
{
    (void)state;
    uint16_t out16 = 1;
    uint32_t out32 = 1;
    assert_false(ic_add_u16(&out16, 0xffff, 1));
    assert_true(ic_add_u16(&out16, 0xfffe, 1));
    assert_int_equal(out16, 0xffff);
    assert_false(ic_mul_u32(&out32, 0x10000, 0x10000));
    assert_int_equal(out32, 1);
    assert_true(ic_mul_u32(&out32, 0xffff, 0x10001));
    assert_int_equal(out32, 0xffffffff);
    assert_int_equal(ic_sat_add_u32(0xffffffff, 1), 0xffffffff);
}

static void sizes_and_rounding(void **state)
{
    (void)state;
    size_t size = 3;
    uint64_t rounded = 5;
    assert_true(ic_size_from_u64(&size, 12));
    assert_int_equal(size, 12);
    assert_int_equal(ic_size_from_u64(&size, UINT64_MAX), SIZE_MAX == UINT64_MAX);
    for (uint64_t value = 0; value <= 64; value++) {
        assert_true(ic_round_up_u64(&rounded, value, 16));
        assert_int_equal(rounded, (value + 15) / 16 * 16);
    }
    rounded = 5;
    assert_false(ic_round_up_u64(&rounded, UINT64_MAX, 16));
    assert_int_equal(rounded, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pairs_of_bytes),
        cmocka_unit_test(corners_of_u64),
        cmocka_unit_test(all_pairs_of_signed_bytes),
        cmocka_unit_test(corners_of_i64),
        cmocka_unit_test(between_the_signs),
        cmocka_unit_test(powers),
        cmocka_unit_test(narrow_types_refuse),
        cmocka_unit_test(sizes_and_rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
