#include "ic/buf.h"

#include "ic/text.h"
#include "ic/trap.h"

/* ---- writer ---------------------------------------------------------------------------------- */

void ic_writer_init(struct ic_writer *w, void *buffer, size_t capacity)
{
    *w = (struct ic_writer){.at = buffer, .capacity = capacity};
}

void ic_put_u8(struct ic_writer *w, uint8_t value)
{
    uint8_t *at = ic_writer_reserve(w, 1);
    if (at != NULL) {
        *at = value;
    }
}

void ic_put_u16_le(struct ic_writer *w, uint16_t value)
{
    uint8_t *at = ic_writer_reserve(w, 2);
    if (at != NULL) {
        ic_store_u16_le(at, value);
    }
}

void ic_put_u32_le(struct ic_writer *w, uint32_t value)
{
    uint8_t *at = ic_writer_reserve(w, 4);
    if (at != NULL) {
        ic_store_u32_le(at, value);
    }
}

void ic_put_u64_le(struct ic_writer *w, uint64_t value)
{
    uint8_t *at = ic_writer_reserve(w, 8);
    if (at != NULL) {
        ic_store_u64_le(at, value);
    }
}

void ic_put_u32_be(struct ic_writer *w, uint32_t value)
{
    ic_put_u32_le(w, __builtin_bswap32(value));
}

void ic_put_u64_be(struct ic_writer *w, uint64_t value)
{
    ic_put_u64_le(w, __builtin_bswap64(value));
}

void ic_put_bytes(struct ic_writer *w, struct ic_bytes in)
{
    uint8_t *at = ic_writer_reserve(w, in.size);
    if (at != NULL && in.size != 0) {
        memcpy(at, in.at, in.size);
    }
}

void ic_put_leb128(struct ic_writer *w, uint64_t value)
{
    uint8_t *at = ic_writer_reserve(w, ic_leb128_size(value));
    if (at == NULL) {
        return;
    }
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at = (uint8_t)value;
}

void ic_put_sleb128(struct ic_writer *w, int64_t value)
{
    uint8_t bytes[IC_LEB128_BYTES_MAX];
    size_t size = 0;
    uint64_t rest = (uint64_t)value;
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    /* Done when what is left is all sign and the last byte shows that sign in bit 6. */
    for (;;) {
        uint8_t low = (uint8_t)(rest & 0x7f);
        rest = rest >> 7 | (sign & ~(UINT64_MAX >> 7));
        bool done = rest == sign && (low >> 6 & 1) == (sign & 1);
        bytes[size++] = done ? low : (uint8_t)(low | 0x80);
        if (done) {
            break;
        }
    }
    ic_put_bytes(w, (struct ic_bytes){.at = bytes, .size = size});
}

void ic_put_decimal(struct ic_writer *w, uint64_t value)
{
    uint8_t digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    ic_put_bytes(w, (struct ic_bytes){.at = digits + first, .size = sizeof digits - first});
}

void ic_put_hex(struct ic_writer *w, struct ic_bytes in)
{
    if (in.size > SIZE_MAX / 2) {
        w->overflow = true;
        return;
    }
    uint8_t *at = ic_writer_reserve(w, 2 * in.size);
    if (at != NULL) {
        ic_hex_encode((char *)at, in);
    }
}

/* ---- reader ---------------------------------------------------------------------------------- */

/* The next size bytes, or NULL with the reader failed. */
static const uint8_t *take(struct ic_reader *r, size_t size)
{
    if (r->failed || size > r->left) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *at = r->at;
    r->at += size;
    r->left -= size;
    return at;
}

uint8_t ic_get_u8(struct ic_reader *r)
{
    const uint8_t *at = take(r, 1);
    return at == NULL ? 0 : *at;
}

uint16_t ic_get_u16_le(struct ic_reader *r)
{
    const uint8_t *at = take(r, 2);
    return at == NULL ? 0 : ic_load_u16_le(at);
}

uint32_t ic_get_u32_le(struct ic_reader *r)
{
    const uint8_t *at = take(r, 4);
    return at == NULL ? 0 : ic_load_u32_le(at);
}

uint64_t ic_get_u64_le(struct ic_reader *r)
{
    const uint8_t *at = take(r, 8);
    return at == NULL ? 0 : ic_load_u64_le(at);
}

uint32_t ic_get_u32_be(struct ic_reader *r)
{
    return __builtin_bswap32(ic_get_u32_le(r));
}

uint64_t ic_get_u64_be(struct ic_reader *r)
{
    return __builtin_bswap64(ic_get_u64_le(r));
}

struct ic_bytes ic_get_bytes(struct ic_reader *r, size_t size)
{
    const uint8_t *at = take(r, size);
    return (struct ic_bytes){.at = at, .size = at == NULL ? 0 : size};
}

uint64_t ic_get_leb128(struct ic_reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 7 * IC_LEB128_BYTES_MAX; shift += 7) {
        uint8_t byte = ic_get_u8(r);
        uint64_t low = byte & 0x7f;
        if (r->failed || (shift == 63 && low > 1)) {
            break;
        }
        value |= low << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    r->failed = true;
    return 0;
}

int64_t ic_get_sleb128(struct ic_reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 7 * IC_LEB128_BYTES_MAX; shift += 7) {
        uint8_t byte = ic_get_u8(r);
        uint64_t low = byte & 0x7f;
        /* The tenth byte carries bit 63 and must repeat it. */
        if (r->failed || (shift == 63 && low != 0 && low != 0x7f)) {
            break;
        }
        value |= low << shift;
        if (byte < 0x80) {
            bool is_negative = (low & 0x40) != 0 && shift < 57;
            return (int64_t)(is_negative ? value | UINT64_MAX << (shift + 7) : value);
        }
    }
    r->failed = true;
    return 0;
}
