#include "ic/u128.h"

#define DIGITS_OF_CHUNK 19u
#define CHUNK           10000000000000000000u /* 10^19, the largest power of ten in 64 bits */

bool ic_mul_u128(ic_u128 *out, ic_u128 a, ic_u128 b)
{
    uint64_t a_hi = ic_u128_hi(a), b_hi = ic_u128_hi(b);
    if (a_hi != 0 && b_hi != 0) {
        return false;
    }
    /* At most one of the factors has an upper half; the other is a u64. */
    uint64_t upper = a_hi != 0 ? a_hi : b_hi;
    uint64_t other = a_hi != 0 ? ic_u128_lo(b) : ic_u128_lo(a);
    ic_u128 cross = (ic_u128)upper * other;
    if (ic_u128_hi(cross) != 0) {
        return false;
    }
    return ic_add_u128(out, (ic_u128)ic_u128_lo(a) * ic_u128_lo(b), cross << 64);
}

bool ic_div_u128(ic_u128 *quotient, ic_u128 *remainder, ic_u128 a, ic_u128 b)
{
    if (b == 0) {
        return false;
    }
    ic_u128 q = a / b;
    if (remainder != NULL) {
        *remainder = a - q * b;
    }
    if (quotient != NULL) {
        *quotient = q;
    }
    return true;
}

/* The exact product as two halves: schoolbook on four 64-bit limbs. */
static void mul_wide(ic_u128 *hi, ic_u128 *lo, ic_u128 a, ic_u128 b)
{
    ic_u128 low = (ic_u128)ic_u128_lo(a) * ic_u128_lo(b);
    ic_u128 mid1 = (ic_u128)ic_u128_hi(a) * ic_u128_lo(b);
    ic_u128 mid2 = (ic_u128)ic_u128_lo(a) * ic_u128_hi(b);
    ic_u128 mid = (ic_u128)ic_u128_hi(low) + ic_u128_lo(mid1) + ic_u128_lo(mid2);
    *lo = ic_u128_from(ic_u128_lo(mid), ic_u128_lo(low));
    *hi = (ic_u128)ic_u128_hi(a) * ic_u128_hi(b) + ic_u128_hi(mid1) + ic_u128_hi(mid2) +
          ic_u128_hi(mid);
}

/* Long division bit by bit; hi < c, so the quotient fits. */
static ic_u128 div_wide(ic_u128 hi, ic_u128 lo, ic_u128 c)
{
    ic_u128 quotient = 0;
    for (int bit = 127; bit >= 0; bit--) {
        bool carry = hi >> 127 != 0;
        hi = hi << 1 | (lo >> bit & 1);
        if (carry || hi >= c) {
            hi -= c;
            quotient |= (ic_u128)1 << bit;
        }
    }
    return quotient;
}

bool ic_mul_div_u128(ic_u128 *out, ic_u128 a, ic_u128 b, ic_u128 c)
{
    ic_u128 hi, lo;
    mul_wide(&hi, &lo, a, b);
    if (hi >= c) { /* c == 0 included */
        return false;
    }
    *out = hi == 0 ? lo / c : div_wide(hi, lo, c);
    return true;
}

void ic_put_u128_decimal(struct ic_writer *w, ic_u128 v)
{
    uint8_t digits[IC_U128_DECIMAL_MAX];
    size_t count = 0;
    do {
        uint64_t chunk = (uint64_t)(v % CHUNK);
        v /= CHUNK;
        for (size_t i = 0; i < DIGITS_OF_CHUNK && (chunk != 0 || v != 0); i++) {
            digits[sizeof digits - ++count] = (uint8_t)('0' + chunk % 10);
            chunk /= 10;
        }
    } while (v != 0);
    if (count == 0) {
        digits[sizeof digits - ++count] = '0';
    }
    ic_put_bytes(w, (struct ic_bytes){.at = digits + sizeof digits - count, .size = count});
}

bool ic_u128_from_decimal(ic_u128 *out, struct ic_bytes text)
{
    ic_u128 value = 0;
    bool after_digit = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.at[i];
        if (c == '_' && after_digit) {
            after_digit = false;
            continue;
        }
        if (c < '0' || c > '9' || !ic_mul_u128(&value, value, 10) ||
            !ic_add_u128(&value, value, (ic_u128)(c - '0'))) {
            return false;
        }
        after_digit = true;
    }
    if (!after_digit) {
        return false;
    }
    *out = value;
    return true;
}
