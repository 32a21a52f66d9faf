/* Unsigned numbers of 128 bits: cycles, ICRC amounts, products of two u64.
 *
 * ic_u128 is the compiler's own type; clang for wasm32 and gcc both have it, its multiplication and
 * division are functions of the compiler's runtime. Plain operators wrap around, so money uses the
 * checked forms here, which follow ic/checked.h: true when *out was written, false when the exact
 * result does not fit, and *out is untouched then. */
#ifndef IC_U128_H
#define IC_U128_H

#include "ic/buf.h"

__extension__ typedef unsigned __int128 ic_u128;

#define IC_U128_MAX (~(ic_u128)0)
/* Digits of 2^128 - 1. */
#define IC_U128_DECIMAL_MAX 39u
#define IC_U128_BYTES       16u

static inline ic_u128 ic_u128_from(uint64_t hi, uint64_t lo)
{
    return (ic_u128)hi << 64 | lo;
}

static inline uint64_t ic_u128_lo(ic_u128 v)
{
    return (uint64_t)v;
}

static inline uint64_t ic_u128_hi(ic_u128 v)
{
    return (uint64_t)(v >> 64);
}

/* Narrows; false when it does not fit. */
IC_MUST_USE static inline bool ic_u128_to_u64(uint64_t *out, ic_u128 v)
{
    if (ic_u128_hi(v) != 0) {
        return false;
    }
    *out = ic_u128_lo(v);
    return true;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

IC_MUST_USE static inline bool ic_add_u128(ic_u128 *out, ic_u128 a, ic_u128 b)
{
    if (a > IC_U128_MAX - b) {
        return false;
    }
    *out = a + b;
    return true;
}

IC_MUST_USE static inline bool ic_sub_u128(ic_u128 *out, ic_u128 a, ic_u128 b)
{
    if (a < b) {
        return false;
    }
    *out = a - b;
    return true;
}

IC_MUST_USE bool ic_mul_u128(ic_u128 *out, ic_u128 a, ic_u128 b);

/* Quotient and remainder, either of which may be NULL; false when b is 0. */
IC_MUST_USE bool ic_div_u128(ic_u128 *quotient, ic_u128 *remainder, ic_u128 a, ic_u128 b);

/* a * b / c rounded down, exact in between (256 bits): for rates and shares. False when c is 0 or
 * the result does not fit. */
IC_MUST_USE bool ic_mul_div_u128(ic_u128 *out, ic_u128 a, ic_u128 b, ic_u128 c);

/* The nearest value that fits. */
static inline ic_u128 ic_sat_add_u128(ic_u128 a, ic_u128 b)
{
    return a > IC_U128_MAX - b ? IC_U128_MAX : a + b;
}

static inline ic_u128 ic_sat_sub_u128(ic_u128 a, ic_u128 b)
{
    return a < b ? 0 : a - b;
}

static inline ic_u128 ic_sat_mul_u128(ic_u128 a, ic_u128 b)
{
    ic_u128 product = IC_U128_MAX;
    return ic_mul_u128(&product, a, b) ? product : IC_U128_MAX;
}

/* ---- bytes and text -------------------------------------------------------------------------- */

/* 16 bytes, little-endian: how the system API gives and stable memory keeps them. */
static inline ic_u128 ic_load_u128_le(const uint8_t *at)
{
    return ic_u128_from(ic_load_u64_le(at + 8), ic_load_u64_le(at));
}

static inline void ic_store_u128_le(uint8_t *at, ic_u128 v)
{
    ic_store_u64_le(at, ic_u128_lo(v));
    ic_store_u64_le(at + 8, ic_u128_hi(v));
}

/* Decimal text, no separators. */
void ic_put_u128_decimal(struct ic_writer *w, ic_u128 v);

/* ic_u128_from_decimal reads 1 to 39 digits, optionally with '_' between two digits.
 *   returns   false for any other text and for numbers beyond 2^128 - 1; *out is untouched then */
IC_MUST_USE bool ic_u128_from_decimal(ic_u128 *out, struct ic_bytes text);

#endif
