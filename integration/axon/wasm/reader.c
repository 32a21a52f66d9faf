#include "wasm/reader.h"

void wasm_reader_fail(struct wasm_reader *r, const char *failure)
{
    if (r->failure == NULL) {
        r->failure = failure;
    }
    r->at = r->end;
}

uint8_t wasm_read_byte(struct wasm_reader *r)
{
    if (r->at == r->end) {
        wasm_reader_fail(r, "unexpected end");
        return 0;
    }
    return *r->at++;
}

static uint64_t read_unsigned(struct wasm_reader *r, unsigned bits)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        uint8_t byte = wasm_read_byte(r);
        uint64_t payload = byte & 0x7f;
        if (bits - shift < 7 && payload >> (bits - shift) != 0) {
            wasm_reader_fail(r, "number too large");
            return 0;
        }
        value |= payload << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    wasm_reader_fail(r, "number too long");
    return 0;
}

uint32_t wasm_read_u32(struct wasm_reader *r)
{
    return (uint32_t)read_unsigned(r, 32);
}

uint64_t wasm_read_u64(struct wasm_reader *r)
{
    return read_unsigned(r, 64);
}

/* The last byte of a full-length number carries bits - shift payload bits; the others must repeat
 * the sign. */
static bool sign_bits_agree(uint8_t payload, unsigned payload_bits)
{
    uint8_t rest = (uint8_t)(payload >> (payload_bits - 1));
    return rest == 0 || rest == (uint8_t)(0x7f >> (payload_bits - 1));
}

int64_t wasm_read_signed(struct wasm_reader *r, unsigned bits)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        uint8_t byte = wasm_read_byte(r);
        uint8_t payload = byte & 0x7f;
        if (bits - shift < 7 && !sign_bits_agree(payload, bits - shift)) {
            wasm_reader_fail(r, "number too large");
            return 0;
        }
        value |= (uint64_t)payload << shift;
        if ((byte & 0x80) == 0) {
            bool negative = (byte & 0x40) != 0 && shift + 7 < 64;
            return (int64_t)(negative ? value | ~UINT64_C(0) << (shift + 7) : value);
        }
    }
    wasm_reader_fail(r, "number too long");
    return 0;
}

struct ic_bytes wasm_read_bytes(struct wasm_reader *r, size_t size)
{
#ifdef AXON_PLANTED_BUG
    /* What the fuzzer must find: one byte beyond the end is let through. */
    bool enough = size <= wasm_reader_left(r) + 1;
#else
    bool enough = size <= wasm_reader_left(r);
#endif
    if (!enough) {
        wasm_reader_fail(r, "unexpected end");
        return (struct ic_bytes){.at = r->end, .size = 0};
    }
    struct ic_bytes out = {.at = r->at, .size = size};
    r->at += size;
    return out;
}

/* Length of the UTF-8 sequence at in, 0 when it is not valid. */
static size_t utf8_sequence(const uint8_t *in, size_t left)
{
    uint8_t lead = in[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || size > left) {
        return 0;
    }
    /* The second byte excludes overlong forms, surrogates and values above 10ffff. */
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (in[1] < low || in[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((in[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

struct ic_bytes wasm_read_name(struct wasm_reader *r)
{
    struct ic_bytes name = wasm_read_bytes(r, wasm_read_u32(r));
    for (size_t i = 0; i < name.size;) {
        size_t size = utf8_sequence(name.at + i, name.size - i);
        if (size == 0) {
            wasm_reader_fail(r, "a name is not UTF-8");
            return (struct ic_bytes){.at = r->end, .size = 0};
        }
        i += size;
    }
    return name;
}

uint32_t wasm_read_count(struct wasm_reader *r)
{
    uint32_t count = wasm_read_u32(r);
    if (count > wasm_reader_left(r)) {
        wasm_reader_fail(r, "unexpected end");
        return 0;
    }
    return count;
}
