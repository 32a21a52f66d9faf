/* Accounts as ICRC-1 writes them. */
#include "ic/account.h"
#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/text.h"

#define CHECKSUM_TEXT 7u /* base32 of four bytes */
#define DIGITS_MAX    (2u * IC_SUBACCOUNT_BYTES)

_Static_assert(CHECKSUM_TEXT == IC_BASE32_SIZE(4), "the checksum has seven characters");
_Static_assert(IC_ACCOUNT_TEXT_MAX == IC_PRINCIPAL_TEXT_MAX + 1 + CHECKSUM_TEXT + 1 + DIGITS_MAX,
               "the longest text");

static void checksum_text(char out[CHECKSUM_TEXT], const struct ic_principal *owner,
                          const struct ic_subaccount *subaccount)
{
    uint8_t bytes[4];
    const uint32_t crc = ic_crc32(ic_principal_bytes(owner));
    ic_store_u32_be(bytes, ic_crc32_update(crc, (struct ic_bytes){.at = subaccount->bytes,
                                                                  .size = IC_SUBACCOUNT_BYTES}));
    ic_base32_encode(out, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
}

size_t ic_account_to_text(char out[IC_ACCOUNT_TEXT_MAX + 1], const struct ic_principal *owner,
                          const struct ic_subaccount *subaccount)
{
    size_t size = ic_principal_to_text(out, owner);
    if (subaccount == NULL || ic_subaccount_is_default(subaccount)) {
        return size;
    }
    char digits[DIGITS_MAX];
    size_t zeros = 0;
    ic_hex_encode(digits, (struct ic_bytes){.at = subaccount->bytes, .size = IC_SUBACCOUNT_BYTES});
    while (digits[zeros] == '0') {
        zeros++;
    }
    out[size++] = '-';
    checksum_text(out + size, owner, subaccount);
    size += CHECKSUM_TEXT;
    out[size++] = '.';
    memcpy(out + size, digits + zeros, DIGITS_MAX - zeros);
    size += DIGITS_MAX - zeros;
    out[size] = 0;
    return size;
}

static bool subaccount_from_digits(struct ic_subaccount *out, struct ic_bytes digits)
{
    uint8_t all[DIGITS_MAX];
    if (digits.size == 0 || digits.size > DIGITS_MAX) {
        return false;
    }
#ifndef AXON_PLANTED_BUG /* without these lines an account has more than one text */
    if (digits.at[0] == '0') {
        return false;
    }
#endif
    memset(all, '0', sizeof all);
    memcpy(all + sizeof all - digits.size, digits.at, digits.size);
    return ic_hex_decode(out->bytes, IC_SUBACCOUNT_BYTES,
                         (struct ic_bytes){.at = all, .size = sizeof all});
}

static bool checksum_is(struct ic_bytes text, const struct ic_principal *owner,
                        const struct ic_subaccount *subaccount)
{
    char expected[CHECKSUM_TEXT];
    checksum_text(expected, owner, subaccount);
    for (size_t i = 0; i < CHECKSUM_TEXT; i++) {
        if (ic_base32_digit(text.at[i]) != ic_base32_digit((uint8_t)expected[i])) {
            return false;
        }
    }
    return true;
}

static struct ic_bytes part(struct ic_bytes text, size_t from, size_t to)
{
    return (struct ic_bytes){.at = text.at + from, .size = to - from};
}

/* The form with a dot at this position. */
static enum ic_account_text_result with_subaccount(struct ic_principal *owner,
                                                   struct ic_subaccount *subaccount,
                                                   struct ic_bytes text, size_t dot)
{
    struct ic_principal parsed_owner;
    struct ic_subaccount parsed_subaccount;
    if (dot < CHECKSUM_TEXT + 1 || text.at[dot - CHECKSUM_TEXT - 1] != '-') {
        return IC_ACCOUNT_TEXT_NO_CHECKSUM;
    }
    const size_t dash = dot - CHECKSUM_TEXT - 1;
    if (!ic_principal_from_text(&parsed_owner, part(text, 0, dash))) {
        return IC_ACCOUNT_TEXT_BAD_OWNER;
    }
    if (!subaccount_from_digits(&parsed_subaccount, part(text, dot + 1, text.size))) {
        return IC_ACCOUNT_TEXT_BAD_SUBACCOUNT;
    }
    if (!checksum_is(part(text, dash + 1, dot), &parsed_owner, &parsed_subaccount)) {
        return IC_ACCOUNT_TEXT_BAD_CHECKSUM;
    }
    *owner = parsed_owner;
    *subaccount = parsed_subaccount;
    return IC_ACCOUNT_TEXT_OK;
}

enum ic_account_text_result ic_account_from_text(struct ic_principal *owner,
                                                 struct ic_subaccount *subaccount,
                                                 struct ic_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] == '.') {
            return with_subaccount(owner, subaccount, text, i);
        }
    }
    if (!ic_principal_from_text(owner, text)) {
        return IC_ACCOUNT_TEXT_BAD_OWNER;
    }
    memset(subaccount->bytes, 0, IC_SUBACCOUNT_BYTES);
    return IC_ACCOUNT_TEXT_OK;
}
