/* Checked and saturating arithmetic; the name says the policy.
 *
 * ic_add_u64 and its kin return true when *out was written, false when the exact result does not
 * fit; *out is untouched then. No other sense of true is used anywhere. */
#ifndef IC_CHECKED_H
#define IC_CHECKED_H

#include "ic/bytes.h"

/* Sum and difference, of any integer type. */
#define IC_DEFINE_CHECKED_SUM(type, suffix)                                                        \
    IC_MUST_USE static inline bool ic_add_##suffix(type *out, type a, type b)                      \
    {                                                                                              \
        type sum;                                                                                  \
        if (__builtin_add_overflow(a, b, &sum)) {                                                  \
            return false;                                                                          \
        }                                                                                          \
        *out = sum;                                                                                \
        return true;                                                                               \
    }                                                                                              \
    IC_MUST_USE static inline bool ic_sub_##suffix(type *out, type a, type b)                      \
    {                                                                                              \
        type difference;                                                                           \
        if (__builtin_sub_overflow(a, b, &difference)) {                                           \
            return false;                                                                          \
        }                                                                                          \
        *out = difference;                                                                         \
        return true;                                                                               \
    }

/* Products are checked by a division: a 64-bit __builtin_mul_overflow would call a 128-bit helper
 * that bare wasm32 does not have. */
#define IC_DEFINE_CHECKED(type, suffix)                                                            \
    IC_DEFINE_CHECKED_SUM(type, suffix)                                                            \
    IC_MUST_USE static inline bool ic_mul_##suffix(type *out, type a, type b)                      \
    {                                                                                              \
        if (a != 0 && b > (type) ~(type)0 / a) {                                                   \
            return false;                                                                          \
        }                                                                                          \
        *out = (type)((uint64_t)a * b);                                                            \
        return true;                                                                               \
    }                                                                                              \
    /* The nearest value that fits. */                                                             \
    static inline type ic_sat_add_##suffix(type a, type b)                                         \
    {                                                                                              \
        type sum;                                                                                  \
        return __builtin_add_overflow(a, b, &sum) ? (type) ~(type)0 : sum;                         \
    }                                                                                              \
    static inline type ic_sat_sub_##suffix(type a, type b)                                         \
    {                                                                                              \
        return a < b ? 0 : (type)(a - b);                                                          \
    }                                                                                              \
    static inline type ic_sat_mul_##suffix(type a, type b)                                         \
    {                                                                                              \
        type product = (type) ~(type)0;                                                            \
        return ic_mul_##suffix(&product, a, b) ? product : (type) ~(type)0;                        \
    }

IC_DEFINE_CHECKED(uint8_t, u8)
IC_DEFINE_CHECKED(uint16_t, u16)
IC_DEFINE_CHECKED(uint32_t, u32)
IC_DEFINE_CHECKED(uint64_t, u64)

/* Between the signs; false when it does not fit. */
IC_MUST_USE static inline bool ic_u64_from_i64(uint64_t *out, int64_t value)
{
    if (value < 0) {
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

IC_MUST_USE static inline bool ic_i64_from_u64(int64_t *out, uint64_t value)
{
    if (value > (uint64_t)INT64_MAX) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

/* base to the power of exponent; 0 to the power of 0 is 1. For the decimals of a token. */
IC_MUST_USE static inline bool ic_pow_u64(uint64_t *out, uint64_t base, uint32_t exponent)
{
    uint64_t power = 1;
    for (; base > 1 && exponent > 0; exponent--) { /* at most 64 rounds */
        if (!ic_mul_u64(&power, power, base)) {
            return false;
        }
    }
    *out = base == 0 && exponent > 0 ? 0 : power;
    return true;
}

/* ic_size_from_u64 narrows a domain value to a size in memory: 32 bits in Wasm. The one place where
 * that happens. False when it does not fit. */
IC_MUST_USE static inline bool ic_size_from_u64(size_t *out, uint64_t value)
{
    if (value > SIZE_MAX) {
        return false;
    }
    *out = (size_t)value;
    return true;
}

/* The smallest multiple of unit (a power of two) that is >= value. */
IC_MUST_USE static inline bool ic_round_up_u64(uint64_t *out, uint64_t value, uint64_t unit)
{
    uint64_t raised = 0;
    if (!ic_add_u64(&raised, value, unit - 1)) {
        return false;
    }
    *out = raised & ~(unit - 1);
    return true;
}

/* ---- signed ---------------------------------------------------------------------------------- */

/* Signed numbers. Products by magnitude, for the reason above. Also division, where the one quotient
 * that does not fit is min / -1. */
#define IC_DEFINE_CHECKED_SIGNED(type, unsigned_type, suffix, min, max)                            \
    IC_DEFINE_CHECKED_SUM(type, suffix)                                                            \
    static inline unsigned_type ic_abs_##suffix(type a)                                            \
    {                                                                                              \
        return a < 0 ? (unsigned_type)((unsigned_type)0 - (unsigned_type)a) : (unsigned_type)a;    \
    }                                                                                              \
    IC_MUST_USE static inline bool ic_mul_##suffix(type *out, type a, type b)                      \
    {                                                                                              \
        const bool is_negative = (a < 0) != (b < 0);                                               \
        const unsigned_type limit = (unsigned_type)((unsigned_type)(max) + is_negative);           \
        const unsigned_type x = ic_abs_##suffix(a), y = ic_abs_##suffix(b);                        \
        if (x != 0 && y > limit / x) {                                                             \
            return false;                                                                          \
        }                                                                                          \
        const unsigned_type product = (unsigned_type)((uint64_t)x * y);                            \
        *out = is_negative && product > 0 ? (type)(-(type)(product - 1) - 1) : (type)product;      \
        return true;                                                                               \
    }                                                                                              \
    IC_MUST_USE static inline bool ic_div_##suffix(type *out, type a, type b)                      \
    {                                                                                              \
        if (b == 0 || (a == (min) && b == -1)) {                                                   \
            return false;                                                                          \
        }                                                                                          \
        *out = (type)(a / b);                                                                      \
        return true;                                                                               \
    }                                                                                              \
    /* The nearest value that fits. */                                                             \
    static inline type ic_sat_add_##suffix(type a, type b)                                         \
    {                                                                                              \
        type sum;                                                                                  \
        return !__builtin_add_overflow(a, b, &sum) ? sum : a < 0 ? (min) : (max);                  \
    }                                                                                              \
    static inline type ic_sat_sub_##suffix(type a, type b)                                         \
    {                                                                                              \
        type difference;                                                                           \
        return !__builtin_sub_overflow(a, b, &difference) ? difference : a < 0 ? (min) : (max);    \
    }                                                                                              \
    static inline type ic_sat_mul_##suffix(type a, type b)                                         \
    {                                                                                              \
        type product = 0;                                                                          \
        return ic_mul_##suffix(&product, a, b) ? product : (a < 0) != (b < 0) ? (min) : (max);     \
    }

IC_DEFINE_CHECKED_SIGNED(int8_t, uint8_t, i8, INT8_MIN, INT8_MAX)
IC_DEFINE_CHECKED_SIGNED(int16_t, uint16_t, i16, INT16_MIN, INT16_MAX)
IC_DEFINE_CHECKED_SIGNED(int32_t, uint32_t, i32, INT32_MIN, INT32_MAX)
IC_DEFINE_CHECKED_SIGNED(int64_t, uint64_t, i64, INT64_MIN, INT64_MAX)

#endif
