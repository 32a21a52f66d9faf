/* Any bytes as the small texts and numbers of the kit: principals, accounts, addresses, hex, decimal
 * numbers, LEB128, UTF-8. What is accepted is the one canonical form of what it says, upper case and
 * '_' apart; what is refused changes nothing; numbers and UTF-8 are as a plain second reading has them.
 *
 * The first byte chooses. */
#include "host/ic_host_env.h"
#include "ic/account.h"
#include "ic/env.h"
#include "ic/text.h"
#include "ic/u128.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_TRIED 256u

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "text: %s\n", what);
        abort();
    }
}

/* True when text is canonical, letters in upper case apart. */
static bool is_form_of(struct ic_bytes text, const char *canonical, size_t size)
{
    if (text.size != size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        uint8_t c = text.at[i];
        uint8_t lower = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
        if (lower != (uint8_t)canonical[i]) {
            return false;
        }
    }
    return true;
}

static bool is_all(const void *at, uint8_t byte, size_t size)
{
    const uint8_t *bytes = at;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != byte) {
            return false;
        }
    }
    return true;
}

/* ---- principals and accounts ------------------------------------------------------------------- */

/* The same text in an environment variable. */
static void try_variable(struct ic_bytes text, bool is_principal)
{
    char value[IC_ENV_BYTES_MAX + 1] = {0};
    struct ic_principal p;
    if (text.size > IC_ENV_BYTES_MAX || memchr(text.at, 0, text.size) != NULL) {
        return;
    }
    memcpy(value, text.at, text.size);
    ic_host_variables_reset();
    ic_host_variable_set("id", value);
    must(ic_env_principal(&p, IC_BYTES_LIT("id")) == is_principal, "another in a variable");
}

static void try_principal(struct ic_bytes text)
{
    char back[IC_PRINCIPAL_TEXT_MAX + 1];
    struct ic_principal p, same;
    memset(&p, 0x55, sizeof p);
    if (!ic_principal_from_text(&p, text)) {
        must(is_all(&p, 0x55, sizeof p), "a refused principal was written");
        try_variable(text, false);
        return;
    }
    must(p.size <= IC_PRINCIPAL_BYTES_MAX, "a principal is too long");
    must(is_all(p.bytes + p.size, 0, IC_PRINCIPAL_BYTES_MAX - p.size), "unused bytes are not zero");
    must(is_form_of(text, back, ic_principal_to_text(back, &p)), "a principal has two texts");
    must(ic_principal_from_bytes(&same, ic_principal_bytes(&p)) && ic_principal_is_equal(&same, &p),
         "a principal is not its bytes");
    try_variable(text, true);
}

static void try_account(struct ic_bytes text)
{
    char back[IC_ACCOUNT_TEXT_MAX + 1];
    struct ic_principal owner;
    struct ic_subaccount subaccount;
    memset(&owner, 0x55, sizeof owner);
    memset(&subaccount, 0x55, sizeof subaccount);
    if (ic_account_from_text(&owner, &subaccount, text) != IC_ACCOUNT_TEXT_OK) {
        must(is_all(&owner, 0x55, sizeof owner), "the owner of a refused account was written");
        must(is_all(&subaccount, 0x55, sizeof subaccount), "a refused subaccount was written");
        return;
    }
    bool has_dot = memchr(text.at, '.', text.size) != NULL;
    must(ic_subaccount_is_default(&subaccount) != has_dot,
         "the default subaccount was spelled out");
    must(is_form_of(text, back, ic_account_to_text(back, &owner, &subaccount)),
         "an account has two texts");
}

/* Where a text is changed, and what comes there: rather behind the dot, and rather a character that
 * such texts have. */
static size_t place(uint8_t choice, const char *text, size_t size)
{
    const char *dot = memchr(text, '.', size);
    return dot != NULL && choice % 2 == 1 ? (size_t)(dot - text) + 1 : choice / 2u % size;
}

static char character(uint8_t choice)
{
    static const char USUAL[] = "0123456789abcdefxyzAFXYZ-._";
    return choice < 0x80 ? USUAL[choice % (sizeof USUAL - 1)] : (char)choice;
}

/* A text that is nearly an account: owner and subaccount from the input, then one byte of their text is
 * changed, put in or taken out. */
static void try_near_account(struct ic_bytes in)
{
    char text[IC_ACCOUNT_TEXT_MAX + 2];
    struct ic_principal owner;
    struct ic_subaccount subaccount = {{0}};
    if (in.size < 4) {
        return;
    }
    size_t owner_size = in.at[0] % (IC_PRINCIPAL_BYTES_MAX + 1);
    owner_size = owner_size < in.size - 4 ? owner_size : in.size - 4;
    must(ic_principal_from_bytes(&owner, (struct ic_bytes){.at = in.at + 4, .size = owner_size}),
         "bytes that are no principal");
    size_t used = 4 + owner_size, rest = in.size - used;
    rest = rest < IC_SUBACCOUNT_BYTES ? rest : IC_SUBACCOUNT_BYTES;
    memcpy(subaccount.bytes + IC_SUBACCOUNT_BYTES - rest, in.at + used, rest);
    size_t size = ic_account_to_text(text, &owner, &subaccount);
    size_t at = place(in.at[1], text, size);
    struct ic_principal owner_back;
    struct ic_subaccount subaccount_back;
    must(ic_account_from_text(&owner_back, &subaccount_back,
                              (struct ic_bytes){.at = (uint8_t *)text, .size = size}) ==
                 IC_ACCOUNT_TEXT_OK &&
             ic_principal_is_equal(&owner, &owner_back) &&
             memcmp(&subaccount, &subaccount_back, sizeof subaccount) == 0,
         "an account does not come back");
    if (in.at[2] % 3 == 0) {
        text[at] = character(in.at[3]);
    } else if (in.at[2] % 3 == 1) {
        memmove(text + at + 1, text + at, size++ - at);
        text[at] = character(in.at[3]);
    } else {
        memmove(text + at, text + at + 1, --size - at);
    }
    try_account((struct ic_bytes){.at = (uint8_t *)text, .size = size});
    try_principal((struct ic_bytes){.at = (uint8_t *)text, .size = size});
}

/* ---- hex and addresses ------------------------------------------------------------------------- */

static void try_hex(struct ic_bytes text)
{
    uint8_t bytes[SIZE_MAX_TRIED / 2];
    char back[SIZE_MAX_TRIED];
    struct ic_account_id id, same;
    bool is_hex = ic_hex_decode(bytes, text.size / 2, text);
    if (is_hex) {
        ic_hex_encode(back, (struct ic_bytes){.at = bytes, .size = text.size / 2});
        must(is_form_of(text, back, text.size / 2 * 2), "bytes have two forms in hex");
    }
    memset(&id, 0x55, sizeof id);
    enum ic_address_result result = ic_account_id_from_hex(&id, text);
    if (result != IC_ADDRESS_OK) {
        must(is_all(&id, 0x55, sizeof id), "a refused address was written");
        must((result == IC_ADDRESS_WRONG_LENGTH) == (text.size != IC_ADDRESS_HEX), "wrong length");
        must(result != IC_ADDRESS_NOT_HEX || !is_hex, "hex is not hex");
        return;
    }
    ic_account_id_to_hex(back, &id);
    must(is_hex && is_form_of(text, back, IC_ADDRESS_HEX), "an address has two texts");
    must(ic_account_id_from_address(
             &same, (struct ic_bytes){.at = bytes, .size = IC_ADDRESS_BYTES}) == IC_ADDRESS_OK &&
             ic_account_id_is_equal(&id, &same),
         "an address is not its bytes");
}

/* ---- numbers ----------------------------------------------------------------------------------- */

static const char U128_MAX_TEXT[] = "340282366920938463463374607431768211455";

/* The digits without '_' and leading zeros; -1 when this is no number or too long for digits. */
static int digits_of(char digits[SIZE_MAX_TRIED], struct ic_bytes text)
{
    int count = 0;
    bool was_digit = false;
    for (size_t i = 0; i < text.size; i++) {
        bool is_digit = text.at[i] >= '0' && text.at[i] <= '9';
        if (!is_digit && (text.at[i] != '_' || !was_digit)) {
            return -1;
        }
        was_digit = is_digit;
        if (is_digit && (count > 0 || text.at[i] != '0')) {
            digits[count++] = (char)text.at[i];
        }
    }
    if (was_digit && count == 0) {
        digits[count++] = '0';
    }
    return was_digit ? count : -1;
}

static void try_decimal(struct ic_bytes text)
{
    char digits[SIZE_MAX_TRIED];
    uint8_t back[IC_U128_DECIMAL_MAX];
    struct ic_writer w;
    ic_u128 value = 77;
    int count = digits_of(digits, text);
    bool fits = count >= 0 && (count < (int)IC_U128_DECIMAL_MAX ||
                               (count == (int)IC_U128_DECIMAL_MAX &&
                                memcmp(digits, U128_MAX_TEXT, IC_U128_DECIMAL_MAX) <= 0));
    must(ic_u128_from_decimal(&value, text) == fits, "a number is read otherwise");
    if (!fits) {
        must(value == 77, "a refused number was written");
        return;
    }
    ic_writer_init(&w, back, sizeof back);
    ic_put_u128_decimal(&w, value);
    must(ic_writer_ok(&w) && w.used == (size_t)count && memcmp(back, digits, w.used) == 0,
         "a number does not come back");
    uint64_t small;
    if (ic_u128_to_u64(&small, value)) {
        ic_writer_init(&w, back, sizeof back);
        ic_put_decimal(&w, small);
        must(w.used == (size_t)count && memcmp(back, digits, w.used) == 0, "nor does a small one");
    }
}

/* Both forms of LEB128 in 128 bits, then cut.
 *   returns   bytes of the number; 0 when it has no end or does not fit into 64 bits */
static size_t plain_leb128(ic_u128 *out, struct ic_bytes in, bool is_signed)
{
    ic_u128 value = 0;
    for (size_t i = 0; i < in.size && i < IC_LEB128_BYTES_MAX; i++) {
        value |= (ic_u128)(in.at[i] & 0x7f) << 7 * i;
        if (in.at[i] >= 0x80) {
            continue;
        }
        if (is_signed && (in.at[i] & 0x40) != 0) {
            value |= IC_U128_MAX << 7 * (i + 1);
        }
        bool fits = is_signed ? value + ((ic_u128)1 << 63) <= UINT64_MAX : value <= UINT64_MAX;
        *out = value;
        return fits ? i + 1 : 0;
    }
    return 0;
}

static void try_leb128(struct ic_bytes in, bool is_signed)
{
    ic_u128 plain = 0;
    uint8_t bytes[IC_LEB128_BYTES_MAX];
    struct ic_writer w;
    struct ic_reader r = ic_reader_from(in);
    uint64_t value = is_signed ? (uint64_t)ic_get_sleb128(&r) : ic_get_leb128(&r);
    size_t size = plain_leb128(&plain, in, is_signed);
    must(ic_reader_ok(&r) == (size > 0), "LEB128 is read otherwise");
    if (size == 0) {
        must(value == 0 && ic_get_leb128(&r) == 0, "a failed reader gives more than zero");
        return;
    }
    must(value == (uint64_t)plain && in.size - r.left == size, "another number or another size");
    ic_writer_init(&w, bytes, sizeof bytes);
    if (is_signed) {
        ic_put_sleb128(&w, (int64_t)value);
    } else {
        ic_put_leb128(&w, value);
        must(w.used == ic_leb128_size(value), "another size than told");
    }
    must(ic_writer_ok(&w) && w.used <= size, "the minimal form is longer");
    r = ic_reader_from(ic_writer_bytes(&w));
    must((is_signed ? (uint64_t)ic_get_sleb128(&r) : ic_get_leb128(&r)) == value &&
             ic_reader_done(&r),
         "LEB128 does not come back");
}

/* ---- UTF-8 ------------------------------------------------------------------------------------- */

/* RFC 3629 4, by code points. */
static bool is_plain_utf8(struct ic_bytes in)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t i = 0; i < in.size;) {
        uint8_t c = in.at[i];
        size_t size = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
        if (size == 0 || size > in.size - i) {
            return false;
        }
        uint32_t point = size == 1 ? c : c & (0x7fu >> size);
        for (size_t k = 1; k < size; k++) {
            if (in.at[i + k] >> 6 != 2) {
                return false;
            }
            point = point << 6 | (in.at[i + k] & 0x3f);
        }
        if (point < LEAST[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
            return false;
        }
        i += size;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > SIZE_MAX_TRIED) {
        return 0;
    }
    struct ic_bytes in = {.at = data + 1, .size = size - 1};
    switch (data[0] % 8) {
    case 0:
        try_principal(in);
        break;
    case 1:
        try_account(in);
        break;
    case 2:
        try_near_account(in);
        break;
    case 3:
        try_hex(in);
        break;
    case 4:
        try_decimal(in);
        break;
    case 5:
    case 6:
        try_leb128(in, data[0] % 8 == 6);
        break;
    case 7:
        must(ic_utf8_is_valid(in) == is_plain_utf8(in), "UTF-8 is judged otherwise");
        break;
    }
    return 0;
}
