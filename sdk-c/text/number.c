/* Numbers as written: whole ones of any size, floats. */
#include "value.h"

#include <stdlib.h>

/* Digits of a number; more is refused, the conversion is quadratic. */
#define DIGITS_MAX 10000u

static bool is_hex(struct ic_bytes text)
{
    return text.size > 2 && text.at[0] == '0' && (text.at[1] | 32) == 'x';
}

bool value_number_is_float(struct ic_bytes text)
{
    const bool hex = is_hex(text);
    for (size_t i = 0; i < text.size; i++) {
        const int c = text.at[i] | 32;
        if (text.at[i] == '.' || (hex ? c == 'p' : c == 'e')) {
            return true;
        }
    }
    return false;
}

static int digit_value(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* digits = digits * base + add, in base 128; returns the new count. */
static size_t multiply_add(uint8_t *digits, size_t count, unsigned base, unsigned add)
{
    unsigned carry = add;
    for (size_t i = 0; i < count; i++) {
        carry += digits[i] * base;
        digits[i] = (uint8_t)(carry & 0x7f);
        carry >>= 7;
    }
    while (carry != 0) {
        digits[count++] = (uint8_t)(carry & 0x7f);
        carry >>= 7;
    }
    return count;
}

bool value_number_digits(struct did_pool *pool, struct ic_bytes *digits, struct ic_bytes text)
{
    const unsigned base = is_hex(text) ? 16 : 10;
    if (text.size > DIGITS_MAX) {
        return false;
    }
    uint8_t *at = did_pool_alloc(pool, text.size + 4);
    size_t count = 0;
    bool after_digit = false;
    for (size_t i = base == 16 ? 2 : 0; i < text.size; i++) {
        if (text.at[i] == '_' && after_digit) {
            continue;
        }
        const int digit = digit_value(text.at[i]);
        if (digit >= (int)base) {
            return false;
        }
        after_digit = true;
        count = multiply_add(at, count, base, (unsigned)digit);
    }
    *digits = (struct ic_bytes){.at = at, .size = count};
    return after_digit;
}
