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
        cmocka_unit_test(narrow_types_refuse),
        cmocka_unit_test(sizes_and_rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
