#include "ic/text.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

static const char HEX_DIGITS[] = "0123456789abcdef";
static const char BASE32_DIGITS[] = "abcdefghijklmnopqrstuvwxyz234567";

/* Writes the digits of whole sixteens of bytes, about 35 instructions each; a ledger puts two
 * addresses as hex into the hash of every transaction.
 *   returns   how many bytes that were */
static size_t hex_encode_vectors(char *out, struct ic_bytes in)
{
    size_t i = 0;
#ifdef __wasm_simd128__
    const v128_t digits = wasm_v128_load(HEX_DIGITS);
#pragma clang loop unroll(disable)
    for (; i + 16 <= in.size; i += 16) {
        const v128_t bytes = wasm_v128_load(in.at + i);
        const v128_t high = wasm_u8x16_shr(bytes, 4);
        const v128_t low = wasm_v128_and(bytes, wasm_i8x16_const_splat(15));
        wasm_v128_store(
            out + 2 * i,
            wasm_i8x16_swizzle(digits, wasm_i8x16_shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4,
                                                          20, 5, 21, 6, 22, 7, 23)));
        wasm_v128_store(
            out + 2 * i + 16,
            wasm_i8x16_swizzle(digits, wasm_i8x16_shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27,
                                                          12, 28, 13, 29, 14, 30, 15, 31)));
    }
#else
    (void)out;
    (void)in;
#endif
    return i;
}

void ic_hex_encode(char *out, struct ic_bytes in)
{
    for (size_t i = hex_encode_vectors(out, in); i < in.size; i++) {
        out[2 * i] = HEX_DIGITS[in.at[i] >> 4];
        out[2 * i + 1] = HEX_DIGITS[in.at[i] & 15];
    }
}

/* 0..15, or -1. */
static int hex_digit(uint8_t character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    uint8_t lower = character | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool ic_hex_decode(uint8_t *out, size_t out_size, struct ic_bytes text)
{
    if (text.size / 2 != out_size || text.size % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < out_size; i++) {
        int high = hex_digit(text.at[2 * i]);
        int low = hex_digit(text.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void ic_base32_encode(char *out, struct ic_bytes in)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < in.size; i++) {
        bits = bits << 8 | in.at[i];
        for (bit_count += 8; bit_count >= 5; bit_count -= 5) {
            *out++ = BASE32_DIGITS[bits >> (bit_count - 5) & 31];
        }
    }
    if (bit_count > 0) {
        *out = BASE32_DIGITS[bits << (5 - bit_count) & 31];
    }
}

int ic_base32_digit(uint8_t character)
{
    if (character >= '2' && character <= '7') {
        return character - '2' + 26;
    }
    uint8_t lower = character | 0x20;
    return lower >= 'a' && lower <= 'z' ? lower - 'a' : -1;
}

/* Length of the UTF-8 sequence that a byte starts, and the range of its second byte, which is where
 * overlong forms, surrogates and what lies beyond U+10FFFF show. 0 = starts nothing. */
static size_t utf8_sequence(uint8_t first, uint8_t *second_min, uint8_t *second_max)
{
    *second_min = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *second_max = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool ic_utf8_is_valid(struct ic_bytes in)
{
    size_t i = 0;
    while (i < in.size) {
        uint64_t eight = UINT64_MAX;
        if (in.size - i >= sizeof eight) {
            memcpy(&eight, in.at + i, sizeof eight);
        }
        if ((eight & 0x8080808080808080u) == 0) {
            i += sizeof eight; // mostly it is ASCII
            continue;
        }
        if (in.at[i] < 0x80) {
            i++;
            continue;
        }
        uint8_t min = 0, max = 0;
        size_t length = utf8_sequence(in.at[i], &min, &max);
        if (length == 0 || length > in.size - i || in.at[i + 1] < min || in.at[i + 1] > max) {
            return false;
        }
        for (size_t k = 2; k < length; k++) {
            if (in.at[i + k] >> 6 != 2) {
                return false;
            }
        }
        i += length;
    }
    return true;
}
