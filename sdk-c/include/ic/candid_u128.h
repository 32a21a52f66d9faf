/* nat as 128 bits: what ICRC amounts and cycles are in practice. */
#ifndef IC_CANDID_U128_H
#define IC_CANDID_U128_H

#include "ic/candid.h"
#include "ic/u128.h"

/* candid_nat_to_u128 narrows. Returns false beyond 2^128 - 1; *out is untouched then. */
IC_MUST_USE static inline bool candid_nat_to_u128(ic_u128 *out, const struct candid_nat *n)
{
    if (candid_nat_is_big(n)) {
        return false;
    }
    *out = ic_u128_from(n->hi, n->lo);
    return true;
}

static inline struct candid_nat candid_nat_from_u128(ic_u128 v)
{
    return (struct candid_nat){.lo = ic_u128_lo(v), .hi = ic_u128_hi(v)};
}

#endif
