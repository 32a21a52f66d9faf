/* 128-bit arithmetic: a small world in full, corners against independent arithmetic, texts. */
#include "test/check.h"

#include "ic/u128.h"

/* Every value of four bits at both ends of the range: sums and products against what follows from
 * plain comparison and from doing it digit by digit. */
#define SMALL 16

static bool model_add(ic_u128 *out, ic_u128 a, ic_u128 b)
{
    for (int i = 0; i < 128; i++) {
        ic_u128 bit = (ic_u128)1 << i;
        if ((b & bit) == 0) {
            continue;
        }
        ic_u128 sum = a + bit;
        if (sum < a) {
            return false;
        }
        a = sum;
    }
    *out = a;
    return true;
}

/* Repeated doubling. */
static bool model_mul(ic_u128 *out, ic_u128 a, ic_u128 b)
{
    ic_u128 sum = 0;
    for (int i = 127; i >= 0; i--) {
        if (!model_add(&sum, sum, sum) || ((b >> i & 1) != 0 && !model_add(&sum, sum, a))) {
            return false;
        }
    }
    *out = sum;
    return true;
}

static void check_pair(ic_u128 a, ic_u128 b)
{
    ic_u128 expected = 77, out = 77;
    bool fits = model_add(&expected, a, b);
    assert_int_equal(ic_add_u128(&out, a, b), fits);
    assert_true(out == expected);
    assert_true(ic_sat_add_u128(a, b) == (fits ? expected : IC_U128_MAX));
    expected = out = 77;
    fits = model_mul(&expected, a, b);
    assert_int_equal(ic_mul_u128(&out, a, b), fits);
    assert_true(out == expected);
    assert_true(ic_sat_mul_u128(a, b) == (fits ? expected : IC_U128_MAX));
    out = 77;
    assert_int_equal(ic_sub_u128(&out, a, b), a >= b);
    assert_true(a >= b ? out + b == a : out == 77);
    assert_true(ic_sat_sub_u128(a, b) == (a >= b ? a - b : 0));
}

static void check_division(ic_u128 a, ic_u128 b)
{
    ic_u128 quotient = 77, remainder = 77, product = 0;
    assert_int_equal(ic_div_u128(&quotient, &remainder, a, b), b != 0);
    if (b == 0) {
        assert_true(quotient == 77 && remainder == 77);
        return;
    }
    assert_true(remainder < b);
    assert_true(ic_mul_u128(&product, quotient, b));
    assert_true(product + remainder == a);
}

static size_t corners(ic_u128 *out)
{
    size_t count = 0;
    for (unsigned bit = 0; bit < 128; bit += 3) {
        for (int delta = -1; delta <= 1; delta++) {
            out[count++] = ((ic_u128)1 << bit) + (ic_u128)(uint64_t)(delta + 1) - 1;
        }
    }
    for (unsigned v = 0; v < SMALL; v++) {
        out[count++] = v;
        out[count++] = IC_U128_MAX - v;
    }
    return count;
}

static void pairs(void **state)
{
    (void)state;
    ic_u128 values[43 * 3 + 2 * SMALL];
    size_t count = corners(values);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            check_pair(values[i], values[k]);
            check_division(values[i], values[k]);
        }
    }
}

/* a * b / c = q means q * c <= a * b < (q + 1) * c; with a = q * c + r and b = 1 it is a division,
 * and scaling both a and c by b must not change it. */
static void products_of_256_bits(void **state)
{
    (void)state;
    uint64_t seed = 1;
    ic_u128 out = 5;
    for (int i = 0; i < 20000; i++) {
        ic_u128 a =
            ic_u128_from(test_random(&seed), test_random(&seed)) >> test_random_below(&seed, 128);
        ic_u128 c =
            ic_u128_from(test_random(&seed), test_random(&seed)) >> test_random_below(&seed, 128);
        ic_u128 b =
            ic_u128_from(test_random(&seed), test_random(&seed)) >> test_random_below(&seed, 128);
        if (c == 0 || b == 0) {
            continue;
        }
        ic_u128 product;
        if (ic_mul_u128(&product, a, b)) {
            assert_true(ic_mul_div_u128(&out, a, b, c) && out == product / c);
        }
        assert_true(ic_mul_div_u128(&out, a, b, b) && out == a); /* 256 bits in between */
        assert_true(ic_mul_div_u128(&out, b, a, b) && out == a);
    }
    out = 5;
    assert_true(ic_mul_div_u128(&out, IC_U128_MAX, IC_U128_MAX, IC_U128_MAX));
    assert_true(out == IC_U128_MAX);
    out = 5;
    assert_false(ic_mul_div_u128(&out, IC_U128_MAX, IC_U128_MAX, IC_U128_MAX - 1));
    assert_false(ic_mul_div_u128(&out, 1, 1, 0));
    assert_false(ic_mul_div_u128(&out, 0, 1, 0));
    assert_true(out == 5);
    assert_true(ic_mul_div_u128(&out, (ic_u128)1 << 127, 6, 8));
    assert_true(out == (ic_u128)3 << 125);
}

static void check_text(const char *text, ic_u128 value)
{
    uint8_t buffer[IC_U128_DECIMAL_MAX];
    struct ic_writer w;
    ic_u128 read = 1;
    ic_writer_init(&w, buffer, sizeof buffer);
    ic_put_u128_decimal(&w, value);
    assert_true(ic_writer_ok(&w));
    assert_true(ic_bytes_is_equal(ic_writer_bytes(&w), ic_bytes_from_text(text)));
    assert_true(ic_u128_from_decimal(&read, ic_bytes_from_text(text)));
    assert_true(read == value);
}

static void texts(void **state)
{
    (void)state;
    check_text("0", 0);
    check_text("7", 7);
    check_text("10", 10);
    check_text("9999999999999999999", 9999999999999999999u);
    check_text("10000000000000000000", 10000000000000000000u);
    check_text("18446744073709551616", ic_u128_from(1, 0));
    check_text("100000000000000000000000000000000000000",
               ic_u128_from(0x4b3b4ca85a86c47a, 0x98a224000000000));
    check_text("340282366920938463463374607431768211455", IC_U128_MAX);
    ic_u128 out = 3;
    assert_true(ic_u128_from_decimal(&out, IC_BYTES_LIT("1_000_000")) && out == 1000000);
    assert_true(ic_u128_from_decimal(&out, IC_BYTES_LIT("000012")) && out == 12);
    static const char *const BAD[] = {"",
                                      "_",
                                      "1_",
                                      "_1",
                                      "1__0",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "0x1",
                                      "1.0",
                                      "340282366920938463463374607431768211456",
                                      "999999999999999999999999999999999999999",
                                      "1000000000000000000000000000000000000000"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        out = 3;
        assert_false(ic_u128_from_decimal(&out, ic_bytes_from_text(BAD[i])));
        assert_true(out == 3);
    }
}

static void random_texts_come_back(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (int i = 0; i < 20000; i++) {
        uint8_t buffer[IC_U128_DECIMAL_MAX];
        ic_u128 value =
            ic_u128_from(test_random(&seed), test_random(&seed)) >> test_random_below(&seed, 128);
        ic_u128 read = 0;
        struct ic_writer w;
        ic_writer_init(&w, buffer, sizeof buffer);
        ic_put_u128_decimal(&w, value);
        assert_true(ic_u128_from_decimal(&read, ic_writer_bytes(&w)) && read == value);
    }
}

static void bytes_and_halves(void **state)
{
    (void)state;
    uint8_t bytes[IC_U128_BYTES];
    uint64_t narrow = 4;
    ic_u128 value = ic_u128_from(0x0f0e0d0c0b0a0908, 0x0706050403020100);
    ic_store_u128_le(bytes, value);
    for (uint8_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(bytes[i], i);
    }
    assert_true(ic_load_u128_le(bytes) == value);
    assert_false(ic_u128_to_u64(&narrow, value));
    assert_int_equal(narrow, 4);
    assert_true(ic_u128_to_u64(&narrow, UINT64_MAX) && narrow == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs),
        cmocka_unit_test(products_of_256_bits),
        cmocka_unit_test(texts),
        cmocka_unit_test(random_texts_come_back),
        cmocka_unit_test(bytes_and_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
