/* Text forms of bytes: hex and base32. */
#ifndef IC_TEXT_H
#define IC_TEXT_H

#include "ic/bytes.h"

/* ic_hex_encode writes 2 * in.size lower-case digits, no NUL. */
void ic_hex_encode(char *out, struct ic_bytes in);

/* ic_hex_decode reads exactly 2 * out_size digits, either case.
 *   returns   false on another length or a foreign character; out is undefined then */
IC_MUST_USE bool ic_hex_decode(uint8_t *out, size_t out_size, struct ic_bytes text);

/* Characters of the base32 form (RFC 4648, no padding) of size bytes. */
#define IC_BASE32_SIZE(size) (((size) * 8 + 4) / 5)

/* ic_base32_encode writes IC_BASE32_SIZE(in.size) lower-case characters, no NUL. */
void ic_base32_encode(char *out, struct ic_bytes in);

/* ic_base32_digit gives the value 0..31 of a character, either case, or -1. */
int ic_base32_digit(uint8_t character);

/* True when the bytes are well-formed UTF-8: no overlong forms, no surrogates, <= U+10FFFF. */
bool ic_utf8_is_valid(struct ic_bytes in);

#endif
