/* Checked and saturating arithmetic; the name says the policy.
 *
 * ic_add_u64 and its kin return true when *out was written, false when the exact result does not
 * fit; *out is untouched then. No other sense of true is used anywhere. */
#ifndef IC_CHECKED_H
#define IC_CHECKED_H

#include "ic/bytes.h"

/* Products are checked by a division: a 64-bit __builtin_mul_overflow would call a 128-bit helper
 * that bare wasm32 does not have. */
#define IC_DEFINE_CHECKED(type, suffix)                                                            \
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
    }                                                                                              \
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

#endif
