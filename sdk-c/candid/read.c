/* Numbers, texts and references: what has no parts. */
#include "decoder.h"

#include "ic/text.h"

/* ---- LEB128 -------------------------------------------------------------------------------------- */

enum candid_result candid_leb_slow(struct candid_decoder *d, uint64_t *out, uint32_t bytes_max)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < bytes_max; i++) {
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        const uint8_t byte = *d->at++;
        if (i == CANDID_LEB_BYTES_MAX - 1 && byte > 1) {
            return CANDID_BAD_LEB;
        }
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *out = value;
            return CANDID_OK;
        }
    }
    return CANDID_BAD_LEB;
}

int32_t candid_number_slow(struct candid_decoder *d, uint32_t bytes_max)
{
    uint64_t number = 0;
    const enum candid_result result = candid_leb_slow(d, &number, bytes_max);
    if (result != CANDID_OK) {
        return -(int32_t)result;
    }
    /* There are no more cases, and more elements have neither bytes nor units. */
    return number > INT32_MAX ? INT32_MAX : (int32_t)number;
}

enum candid_result candid_sleb_slow(struct candid_decoder *d, int64_t *out)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < CANDID_LEB_BYTES_MAX; i++) {
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        const uint8_t byte = *d->at++;
        /* The tenth byte holds bit 63 alone: all zeros or all ones. */
        if (i == CANDID_LEB_BYTES_MAX - 1 && byte != 0 && byte != 0x7f) {
            return CANDID_BAD_LEB;
        }
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            if ((byte & 0x40) != 0 && i < CANDID_LEB_BYTES_MAX - 1) {
                value |= ~(uint64_t)0 << (7 * (i + 1));
            }
            *out = (int64_t)value;
            return CANDID_OK;
        }
    }
    return CANDID_BAD_LEB;
}

/* The digits of a number of any length, padding included; *size counts them all. */
static enum candid_result digits(struct candid_decoder *d, const uint8_t **at, size_t *size)
{
    *at = d->at;
    while (d->at < d->end) {
        if (*d->at++ < 0x80) {
            *size = (size_t)(d->at - *at);
            return CANDID_OK;
        }
    }
    return CANDID_TRUNCATED;
}

/* Digits from the first on that add up in 128 bits; those beyond are not looked at. */
static void digits_sum(uint64_t *lo, uint64_t *hi, const uint8_t *at, size_t size)
{
    *lo = 0;
    *hi = 0;
    for (uint32_t i = 0, bit = 0; i < size && bit < 128; i++, bit += 7) {
        const uint64_t digit = at[i] & 0x7f;
        if (bit < 64) {
            *lo |= digit << bit;
            *hi |= bit > 57 ? digit >> (64 - bit) : 0;
        } else {
            *hi |= digit << (bit - 64);
        }
    }
}

/* 18 digits hold 126 bits; the nineteenth has two more. */
#define DIGITS_128 19u

static enum candid_result read_nat_slow(struct candid_decoder *d, struct candid_nat *out)
{
    const uint8_t *at = NULL;
    size_t size = 0;
    const enum candid_result result = digits(d, &at, &size);
    if (result != CANDID_OK) {
        return result;
    }
    while (size > 1 && (at[size - 1] & 0x7f) == 0) {
        size--;
    }
    out->big = (struct ic_bytes){0};
    if (size > DIGITS_128 || (size == DIGITS_128 && (at[size - 1] & 0x7f) > 3)) {
        *out = (struct candid_nat){.lo = UINT64_MAX, .hi = UINT64_MAX, .big = {at, size}};
    } else {
        digits_sum(&out->lo, &out->hi, at, size);
    }
    return CANDID_OK;
}

static inline enum candid_result read_nat(struct candid_decoder *d, struct candid_nat *out)
{
    const uint8_t *at = d->at;
    uint64_t value = 0;
    for (uint32_t bit = 0; bit < 63 && at < d->end; bit += 7) {
        const uint8_t byte = *at++;
        value |= (uint64_t)(byte & 0x7f) << bit;
        if (byte < 0x80) {
            d->at = at;
            out->lo = value;
            out->hi = 0;
            out->big.at = NULL;
            out->big.size = 0;
            return CANDID_OK;
        }
    }
    return read_nat_slow(d, out);
}

/* The last digit adds nothing when it only repeats the sign of the one before. */
static size_t trim_sleb(const uint8_t *at, size_t size)
{
    while (size > 1) {
        const uint8_t last = at[size - 1] & 0x7f;
        const bool before_negative = (at[size - 2] & 0x40) != 0;
        if (!((last == 0 && !before_negative) || (last == 0x7f && before_negative))) {
            break;
        }
        size--;
    }
    return size;
}

static enum candid_result read_int_slow(struct candid_decoder *d, struct candid_int *out)
{
    const uint8_t *at = NULL;
    size_t size = 0;
    const enum candid_result result = digits(d, &at, &size);
    if (result != CANDID_OK) {
        return result;
    }
    size = trim_sleb(at, size);
    const uint8_t last = at[size - 1] & 0x7f;
    const bool negative = (last & 0x40) != 0;
    /* The nineteenth digit may hold bits 126 and 127 and their sign. */
    if (size > DIGITS_128 || (size == DIGITS_128 && last > 1 && last < 0x7e)) {
        *out = (struct candid_int){.lo = negative ? 0 : UINT64_MAX,
                                   .hi = negative ? INT64_MIN : INT64_MAX,
                                   .big = {at, size}};
        return CANDID_OK;
    }
    uint64_t lo = 0;
    uint64_t hi = 0;
    digits_sum(&lo, &hi, at, size);
    const uint32_t bits = (uint32_t)size * 7;
    if (negative && bits < 128) {
        lo |= bits < 64 ? ~(uint64_t)0 << bits : 0;
        hi |= bits <= 64 ? ~(uint64_t)0 : ~(uint64_t)0 << (bits - 64);
    }
    *out = (struct candid_int){.lo = lo, .hi = (int64_t)hi};
    return CANDID_OK;
}

static inline enum candid_result read_int(struct candid_decoder *d, struct candid_int *out)
{
    const uint8_t *at = d->at;
    uint64_t value = 0;
    for (uint32_t bit = 57; bit > 0 && at < d->end; bit -= 7) {
        const uint8_t byte = *at++;
        value |= (uint64_t)(byte & 0x7f) << (57 - bit);
        if (byte < 0x80) {
            /* Up to here are 64 - bit digits' bits: their sign goes up. */
            d->at = at;
            out->lo = (uint64_t)((int64_t)(value << bit) >> bit);
            out->hi = (int64_t)(value << bit) >> 63;
            out->big.at = NULL;
            out->big.size = 0;
            return CANDID_OK;
        }
        if (bit < 7) {
            break;
        }
    }
    return read_int_slow(d, out);
}

CANDID_COLD enum candid_result nat_as_int_slow(struct candid_decoder *d, struct candid_int *out)
{
    struct candid_nat nat;
    const enum candid_result result = read_nat(d, &nat);
    if (result != CANDID_OK) {
        return result;
    }
    if (nat.hi <= INT64_MAX) {
        *out = (struct candid_int){.lo = nat.lo, .hi = (int64_t)nat.hi};
        return CANDID_OK;
    }
    /* From 2^127 on. As signed digits it needs a leading zero bit, so it may need one digit more
     * than the message has: those are made in the arena. */
    const size_t digits_max = nat.big.size != 0 ? nat.big.size : DIGITS_128;
    uint8_t *at = candid_take(d, digits_max + 1);
    if (at == NULL) {
        return candid_no_room(d);
    }
    for (size_t i = 0; i < digits_max; i++) {
        at[i] = nat.big.size != 0   ? nat.big.at[i] & 0x7f
                : i * 7 < 64        ? (uint8_t)((nat.lo >> (i * 7)) & 0x7f)
                                    : (uint8_t)((nat.hi >> (i * 7 - 64)) & 0x7f);
    }
    if (nat.big.size == 0) {
        /* Digit 9 has bit 63 of lo and six bits of hi. */
        at[9] = (uint8_t)(((nat.lo >> 63) | (nat.hi << 1)) & 0x7f);
    }
    at[digits_max] = 0;
    const size_t size = trim_sleb(at, digits_max + 1);
    *out = (struct candid_int){.lo = UINT64_MAX, .hi = INT64_MAX, .big = {at, size}};
    return CANDID_OK;
}

enum candid_result candid_nat_as_int(struct candid_decoder *d, struct candid_int *out)
{
    const uint8_t *at = d->at;
    uint64_t value = 0;
    for (uint32_t bit = 0; bit < 63 && at < d->end; bit += 7) {
        const uint8_t byte = *at++;
        value |= (uint64_t)(byte & 0x7f) << bit;
        if (byte < 0x80) {
            d->at = at;
            out->lo = value;
            out->hi = 0;
            out->big.at = NULL;
            out->big.size = 0;
            return CANDID_OK;
        }
    }
    return nat_as_int_slow(d, out);
}

/* ---- bytes --------------------------------------------------------------------------------------- */

/* Bytes behind a length of one byte, as is usual.
 *   returns   false: the length has more bytes, or there are too few; nothing is read */
CANDID_HOT bool take_short(struct candid_decoder *d, const uint8_t **at, size_t *size)
{
    const uint8_t *const start = d->at;
    if (start == d->end || *start >= 0x80 || *start > candid_left(d) - 1) {
        return false;
    }
    *at = start + 1;
    *size = *start;
    d->at = *at + *size;
    return true;
}

CANDID_COLD enum candid_result take_long(struct candid_decoder *d, struct ic_bytes *out)
{
    size_t size = 0;
    const enum candid_result result = candid_size(d, &size);
    *out = (struct ic_bytes){.at = d->at, .size = size};
    d->at += size;
    return result;
}

CANDID_COLD enum candid_result check_text(const uint8_t *at, size_t size)
{
    return ic_utf8_is_valid((struct ic_bytes){at, size}) ? CANDID_OK : CANDID_BAD_TEXT;
}

CANDID_HOT enum candid_result read_text(struct candid_decoder *d, struct ic_bytes *out)
{
    const uint8_t *at = NULL;
    size_t size = 0;
    if (!take_short(d, &at, &size)) {
        const enum candid_result result = take_long(d, out);
        return result != CANDID_OK ? result : check_text(out->at, out->size);
    }
    *out = (struct ic_bytes){at, size};
    return size == 0 ? CANDID_OK : check_text(at, size);
}

/* Up to eight bytes as a number, zeros above. */
static inline uint64_t load_partly(const uint8_t *at, uint32_t size)
{
    uint64_t v = 0;
    if (size >= 8) {
        __builtin_memcpy(&v, at, 8);
        return v;
    }
    for (uint32_t shift = 0; shift < 8 * size; shift += 8) {
        v |= (uint64_t)*at++ << shift;
    }
    return v;
}

/* Copies at most IC_PRINCIPAL_BYTES_MAX bytes and clears the rest, by words: a memory.copy costs
 * 100 instructions before the first byte. */
static void copy_principal(struct ic_principal *out, const uint8_t *at, uint32_t size)
{
    const uint32_t words = IC_PRINCIPAL_BYTES_MAX / 8 * 8;
    uint8_t *const to = out->bytes;
    for (uint32_t i = 0; i < words; i += 8) {
        const uint64_t v = size > i ? load_partly(at + i, size - i) : 0;
        __builtin_memcpy(to + i, &v, 8);
    }
    const uint64_t last = size > words ? load_partly(at + words, size - words) : 0;
    const uint32_t low = (uint32_t)last;
    __builtin_memcpy(to + words, &low, 4);
    to[words + 4] = (uint8_t)(last >> 32);
    out->size = (uint8_t)size;
}

_Static_assert(IC_PRINCIPAL_BYTES_MAX == 29, "three words, four bytes and one");

/* 01, length, bytes. Returns false when the length has not one byte, as is usual, or any is wrong or
 * missing; nothing is read then. */
CANDID_HOT bool take_principal(struct candid_decoder *d, const uint8_t **at, uint32_t *size)
{
    const uint8_t *const start = d->at;
    const size_t left = candid_left(d);
    if (left < 2 || start[0] != 1 || start[1] > IC_PRINCIPAL_BYTES_MAX || start[1] > left - 2) {
        return false;
    }
    *at = start + 2;
    *size = start[1];
    d->at = *at + *size;
    return true;
}

/* The same for what take_principal does not take. */
CANDID_COLD enum candid_result take_other_principal(struct candid_decoder *d, const uint8_t **at,
                                                    uint32_t *bytes)
{
    if (candid_left(d) < 2) {
        return CANDID_TRUNCATED;
    }
    if (*d->at++ != 1) {
        return CANDID_BAD_REFERENCE;
    }
    uint64_t size = 0;
    const enum candid_result result = candid_leb(d, &size, CANDID_LEB_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    if (size > IC_PRINCIPAL_BYTES_MAX) {
        return CANDID_BAD_REFERENCE;
    }
    if (size > candid_left(d)) {
        return CANDID_TRUNCATED;
    }
    *at = d->at;
    *bytes = (uint32_t)size;
    d->at += size;
    return CANDID_OK;
}

CANDID_COLD enum candid_result read_other_principal(struct candid_decoder *d,
                                                    struct ic_principal *out)
{
    const uint8_t *at = NULL;
    uint32_t size = 0;
    const enum candid_result result = take_other_principal(d, &at, &size);
    if (result == CANDID_OK) {
        copy_principal(out, at, size);
    }
    return result;
}

CANDID_HOT enum candid_result read_principal(struct candid_decoder *d, struct ic_principal *out)
{
    const uint8_t *at = NULL;
    uint32_t size = 0;
    if (!take_principal(d, &at, &size)) {
        return read_other_principal(d, out);
    }
    copy_principal(out, at, size);
    return CANDID_OK;
}

CANDID_COLD enum candid_result skip_other_principal(struct candid_decoder *d)
{
    const uint8_t *at = NULL;
    uint32_t size = 0;
    return take_other_principal(d, &at, &size);
}

CANDID_HOT enum candid_result skip_principal(struct candid_decoder *d)
{
    const uint8_t *at = NULL;
    uint32_t size = 0;
    return take_principal(d, &at, &size) ? CANDID_OK : skip_other_principal(d);
}

CANDID_COLD enum candid_result skip_principals(struct candid_decoder *d, uint64_t count)
{
    enum candid_result result = CANDID_OK;
    for (; result == CANDID_OK && count > 0; count--) {
        CANDID_STEP();
        result = skip_principal(d);
    }
    return result;
}

static enum candid_result read_func(struct candid_decoder *d, struct candid_func *out)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    if (*d->at++ != 1) {
        return CANDID_BAD_REFERENCE;
    }
    const enum candid_result result = read_principal(d, &out->service);
    return result != CANDID_OK ? result : read_text(d, &out->method);
}

/* ---- by kind ------------------------------------------------------------------------------------- */

uint32_t candid_fixed_size(uint32_t kind)
{
    static const uint8_t SIZES[CANDID_KIND_BOX + 1] = {
        [CANDID_KIND_BOOL] = 1,  [CANDID_KIND_NAT8] = 1,    [CANDID_KIND_NAT16] = 2,
        [CANDID_KIND_NAT32] = 4, [CANDID_KIND_NAT64] = 8,   [CANDID_KIND_INT8] = 1,
        [CANDID_KIND_INT16] = 2, [CANDID_KIND_INT32] = 4,   [CANDID_KIND_INT64] = 8,
        [CANDID_KIND_FLOAT32] = 4, [CANDID_KIND_FLOAT64] = 8,
    };
    return SIZES[kind];
}

#define READ_FIXED(bytes)                   \
    do {                                    \
        if (candid_left(d) < (bytes)) {     \
            return CANDID_TRUNCATED;        \
        }                                   \
        __builtin_memcpy(out, d->at, (bytes)); \
        d->at += (bytes);                   \
        return CANDID_OK;                   \
    } while (0)

enum candid_result candid_scalar(struct candid_decoder *d, uint32_t kind, uint8_t *out)
{
    switch (kind) {
    case CANDID_KIND_BOOL:
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        if (*d->at > 1) {
            return CANDID_BAD_BOOL;
        }
        *(bool *)out = *d->at++ == 1;
        return CANDID_OK;
    case CANDID_KIND_NAT:
        return read_nat(d, (struct candid_nat *)(void *)out);
    case CANDID_KIND_INT:
        return read_int(d, (struct candid_int *)(void *)out);
    case CANDID_KIND_NAT8:
    case CANDID_KIND_INT8:
        READ_FIXED(1);
    case CANDID_KIND_NAT16:
    case CANDID_KIND_INT16:
        READ_FIXED(2);
    case CANDID_KIND_NAT32:
    case CANDID_KIND_INT32:
    case CANDID_KIND_FLOAT32:
        READ_FIXED(4);
    case CANDID_KIND_NAT64:
    case CANDID_KIND_INT64:
    case CANDID_KIND_FLOAT64:
        READ_FIXED(8);
    case CANDID_KIND_TEXT:
        return read_text(d, (struct ic_bytes *)(void *)out);
    case CANDID_KIND_PRINCIPAL:
    case CANDID_KIND_SERVICE:
        return read_principal(d, (struct ic_principal *)(void *)out);
    case CANDID_KIND_FUNC:
        return read_func(d, (struct candid_func *)(void *)out);
    default:
        return CANDID_UNINHABITED;
    }
}

/* The length of a number, and nothing else. */
static enum candid_result skip_digits(struct candid_decoder *d, uint64_t count)
{
    const uint8_t *at = d->at;
    const uint8_t *const end = d->end;
    for (; count > 0; count--) {
        do {
            if (at == end) {
                return CANDID_TRUNCATED;
            }
        } while (*at++ >= 0x80);
    }
    d->at = at;
    return CANDID_OK;
}

static enum candid_result skip_bools(struct candid_decoder *d, uint64_t count)
{
    if (count > candid_left(d)) {
        return CANDID_TRUNCATED;
    }
    const uint8_t *const end = d->at + count;
    for (const uint8_t *at = d->at; at < end; at++) {
        if (*at > 1) {
            return CANDID_BAD_BOOL;
        }
    }
    d->at = end;
    return CANDID_OK;
}

static enum candid_result skip_fixed(struct candid_decoder *d, uint64_t bytes)
{
    if (bytes > candid_left(d)) {
        return CANDID_TRUNCATED;
    }
    d->at += bytes;
    return CANDID_OK;
}

static enum candid_result read_scalars(struct candid_decoder *d, uint32_t kind, uint8_t *out,
                                       uint64_t count, uint32_t stride)
{
    enum candid_result result = CANDID_OK;
    for (; result == CANDID_OK && count > 0; count--) {
        CANDID_STEP();
        result = candid_scalar(d, kind, out);
        out += stride;
    }
    return result;
}

enum candid_result candid_scalars(struct candid_decoder *d, uint32_t kind, uint8_t *out,
                                  uint64_t count, uint32_t stride)
{
    struct candid_func nowhere; /* the largest */
    if (count == 0) {
        return CANDID_OK;
    }
    if (kind == CANDID_KIND_NULL || kind == CANDID_KIND_RESERVED) {
        return candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    if (out != NULL) {
        return read_scalars(d, kind, out, count, stride);
    }
    if (kind == CANDID_KIND_NAT || kind == CANDID_KIND_INT) {
        return skip_digits(d, count);
    }
    if (kind == CANDID_KIND_BOOL) {
        return skip_bools(d, count);
    }
    const uint32_t fixed = candid_fixed_size(kind);
    if (fixed != 0) {
        return count > candid_left(d) ? CANDID_TRUNCATED : skip_fixed(d, count * fixed);
    }
    if (kind == CANDID_KIND_PRINCIPAL || kind == CANDID_KIND_SERVICE) {
        return skip_principals(d, count);
    }
    return read_scalars(d, kind, (uint8_t *)&nowhere, count, 0);
}

CANDID_COLD enum candid_result skip_long_text(struct candid_decoder *d)
{
    struct ic_bytes text;
    const enum candid_result result = take_long(d, &text);
    return result != CANDID_OK ? result : check_text(text.at, text.size);
}

CANDID_HOT enum candid_result skip_text(struct candid_decoder *d)
{
    const uint8_t *at = NULL;
    size_t size = 0;
    return !take_short(d, &at, &size) ? skip_long_text(d)
           : size == 0                ? CANDID_OK
                                      : check_text(at, size);
}

CANDID_HOT enum candid_result skip_func(struct candid_decoder *d)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    if (*d->at++ != 1) {
        return CANDID_BAD_REFERENCE;
    }
    const enum candid_result result = skip_principal(d);
    return result != CANDID_OK ? result : skip_text(d);
}

enum candid_result candid_skip_scalar(struct candid_decoder *d, uint32_t kind)
{
    switch (kind) {
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_KIND_BOOL:
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        return *d->at++ > 1 ? CANDID_BAD_BOOL : CANDID_OK;
    case CANDID_KIND_NAT:
    case CANDID_KIND_INT:
        do {
            if (d->at == d->end) {
                return CANDID_TRUNCATED;
            }
        } while (*d->at++ >= 0x80);
        return CANDID_OK;
    case CANDID_KIND_TEXT:
        return skip_text(d);
    case CANDID_KIND_PRINCIPAL:
    case CANDID_KIND_SERVICE:
        return skip_principal(d);
    case CANDID_KIND_FUNC:
        return skip_func(d);
    case CANDID_KIND_EMPTY:
        return CANDID_UNINHABITED;
    default:
        return skip_fixed(d, candid_fixed_size(kind));
    }
}

enum candid_result candid_no_room(const struct candid_decoder *d)
{
    const uint8_t *const end = d->arena->at + d->arena->size;
    return (size_t)(end - d->heap_end) < IC_ARENA_ALIGN ? CANDID_NO_MEMORY : CANDID_TOO_LARGE;
}

enum candid_result candid_check_count(const struct candid_decoder *d, uint64_t count,
                                      uint32_t kind)
{
    /* Each element has a byte of its own or costs a unit. */
    if (count > candid_left(d)) {
        const bool may_be_nothing = kind == CANDID_KIND_NULL || kind == CANDID_KIND_RESERVED ||
                                    kind == CANDID_KIND_RECORD || kind == CANDID_KIND_BOX;
        return !may_be_nothing                           ? CANDID_TRUNCATED
               : count > candid_left(d) + d->units_left ? CANDID_TOO_LARGE
                                                        : CANDID_OK;
    }
    return count * candid_fixed_size(kind) > candid_left(d) ? CANDID_TRUNCATED : CANDID_OK;
}
