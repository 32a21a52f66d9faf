/* Texts of results, types of scalars, hashes, comparison of numbers. */
#include "ic/candid.h"

#define CANDID_RESULT_TEXT(name, text) [name] = text,
static const char *const RESULT_TEXTS[CANDID_RESULT_COUNT] = {CANDID_RESULTS(CANDID_RESULT_TEXT)};
#undef CANDID_RESULT_TEXT

#define CANDID_RESULT_CHECK(name, text) \
    _Static_assert(sizeof(text) - 1 <= CANDID_RESULT_TEXT_MAX, "refusals are short");
CANDID_RESULTS(CANDID_RESULT_CHECK)
#undef CANDID_RESULT_CHECK

const char *candid_result_text(enum candid_result result)
{
    return RESULT_TEXTS[result];
}

#define SCALAR(name, kind_name, c_type)                     \
    const struct candid_type candid_type_##name = {         \
        .kind = CANDID_KIND_##kind_name,                    \
        .size = sizeof(c_type),                             \
        .align = _Alignof(c_type),                          \
    }
#define VOID(name, kind_name) \
    const struct candid_type candid_type_##name = {.kind = CANDID_KIND_##kind_name, .align = 1}

VOID(null, NULL);
VOID(reserved, RESERVED);
VOID(empty, EMPTY);
SCALAR(bool, BOOL, bool);
SCALAR(nat, NAT, struct candid_nat);
SCALAR(int, INT, struct candid_int);
SCALAR(nat8, NAT8, uint8_t);
SCALAR(nat16, NAT16, uint16_t);
SCALAR(nat32, NAT32, uint32_t);
SCALAR(nat64, NAT64, uint64_t);
SCALAR(int8, INT8, int8_t);
SCALAR(int16, INT16, int16_t);
SCALAR(int32, INT32, int32_t);
SCALAR(int64, INT64, int64_t);
SCALAR(float32, FLOAT32, float);
SCALAR(float64, FLOAT64, double);
SCALAR(text, TEXT, struct ic_bytes);
SCALAR(blob, BLOB, struct ic_bytes);
SCALAR(principal, PRINCIPAL, struct ic_principal);

uint32_t candid_hash(struct ic_bytes name)
{
    uint32_t h = 0;
    for (size_t i = 0; i < name.size; i++) {
        h = h * 223 + name.at[i];
    }
    return h;
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Digits of two numbers of equal sign, most significant first. fill stands for missing ones. */
static int compare_digits(struct ic_bytes a, struct ic_bytes b, uint8_t fill)
{
    const size_t size = a.size > b.size ? a.size : b.size;
    for (size_t i = size; i > 0; i--) {
        const uint8_t x = i <= a.size ? a.at[i - 1] & 0x7f : fill;
        const uint8_t y = i <= b.size ? b.at[i - 1] & 0x7f : fill;
        if (x != y) {
            return compare_u64(x, y);
        }
    }
    return 0;
}

int candid_nat_compare(const struct candid_nat *a, const struct candid_nat *b)
{
    if (a->big.size != 0 && b->big.size != 0) {
        return compare_digits(a->big, b->big, 0);
    }
    if (a->big.size != 0 || b->big.size != 0) {
        return a->big.size != 0 ? 1 : -1;
    }
    return a->hi != b->hi ? compare_u64(a->hi, b->hi) : compare_u64(a->lo, b->lo);
}

int candid_int_compare(const struct candid_int *a, const struct candid_int *b)
{
    if ((a->hi < 0) != (b->hi < 0)) {
        return a->hi < 0 ? -1 : 1;
    }
    const int sign = a->hi < 0 ? -1 : 1;
    if (a->big.size != 0 && b->big.size != 0) {
        return compare_digits(a->big, b->big, sign < 0 ? 0x7f : 0);
    }
    if (a->big.size != 0 || b->big.size != 0) {
        return a->big.size != 0 ? sign : -sign;
    }
    return a->hi != b->hi ? compare_u64((uint64_t)a->hi, (uint64_t)b->hi) : compare_u64(a->lo, b->lo);
}
