#include "ic/principal.h"

#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/sha2.h"
#include "ic/text.h"
#include "ic/trap.h"

/* The text form is base32 of a checksum and the bytes, in groups of five. */
#define CHECKSUM_BYTES 4u
#define BINARY_MAX     (CHECKSUM_BYTES + IC_PRINCIPAL_BYTES_MAX)
#define GROUP          5u

_Static_assert(IC_BASE32_SIZE(BINARY_MAX) + (IC_BASE32_SIZE(BINARY_MAX) - 1) / GROUP ==
                   IC_PRINCIPAL_TEXT_MAX,
               "longest text form");

bool ic_principal_from_bytes(struct ic_principal *out, struct ic_bytes in)
{
    if (in.size > IC_PRINCIPAL_BYTES_MAX) {
        return false;
    }
    *out = (struct ic_principal){.size = (uint8_t)in.size};
    if (in.size != 0) {
        memcpy(out->bytes, in.at, in.size);
    }
    return true;
}

struct ic_principal ic_principal_from_canister_index(uint64_t index)
{
    struct ic_principal p = {.size = 10};
    ic_store_u64_be(p.bytes, index);
    p.bytes[8] = 1;
    p.bytes[9] = 1;
    return p;
}

struct ic_principal ic_principal_from_public_key(struct ic_bytes der)
{
    struct ic_principal p = {.size = IC_PRINCIPAL_BYTES_MAX};
    ic_sha224(p.bytes, der);
    p.bytes[IC_SHA224_BYTES] = 2;
    return p;
}

bool ic_principal_is_equal(const struct ic_principal *a, const struct ic_principal *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

bool ic_principal_is_anonymous(const struct ic_principal *p)
{
    return p->size == 1 && p->bytes[0] == 4;
}

bool ic_principal_is_self_authenticating(const struct ic_principal *p)
{
    return p->size == IC_PRINCIPAL_BYTES_MAX && p->bytes[IC_PRINCIPAL_BYTES_MAX - 1] == 2;
}

int ic_principal_compare(const struct ic_principal *a, const struct ic_principal *b)
{
    size_t common = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->bytes, b->bytes, common);
    return order != 0 ? order : (int)a->size - (int)b->size;
}

size_t ic_principal_to_text(char out[IC_PRINCIPAL_TEXT_MAX + 1], const struct ic_principal *p)
{
    ic_assert(p->size <= IC_PRINCIPAL_BYTES_MAX);
    uint8_t binary[BINARY_MAX];
    ic_store_u32_be(binary, ic_crc32(ic_principal_bytes(p)));
    memcpy(binary + CHECKSUM_BYTES, p->bytes, p->size);
    char digits[IC_BASE32_SIZE(BINARY_MAX)];
    size_t binary_size = CHECKSUM_BYTES + p->size;
    ic_base32_encode(digits, (struct ic_bytes){.at = binary, .size = binary_size});

    size_t length = 0;
    for (size_t i = 0; i < IC_BASE32_SIZE(binary_size); i++) {
        if (i > 0 && i % GROUP == 0) {
            out[length++] = '-';
        }
        out[length++] = digits[i];
    }
    out[length] = 0;
    return length;
}

/* Reads the digits of a text form, not its dashes, into binary.
 *   returns   bytes, or SIZE_MAX when there are too many or a foreign character */
static size_t binary_from_text(uint8_t binary[BINARY_MAX], struct ic_bytes text)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] == '-') {
            continue;
        }
        int digit = ic_base32_digit(text.at[i]);
        if (digit < 0) {
            return SIZE_MAX;
        }
        bits = bits << 5 | (uint32_t)digit;
        bit_count += 5;
        if (bit_count >= 8) {
            if (size == BINARY_MAX) {
                return SIZE_MAX;
            }
            bit_count -= 8;
            binary[size++] = (uint8_t)(bits >> bit_count);
        }
    }
    return size;
}

/* Equal but for the case of letters. */
static bool is_same_text(struct ic_bytes text, const char *canonical, size_t length)
{
    if (text.size != length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        uint8_t c = text.at[i];
        uint8_t lower = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
        if (lower != (uint8_t)canonical[i]) {
            return false;
        }
    }
    return true;
}

bool ic_principal_from_text(struct ic_principal *out, struct ic_bytes text)
{
    uint8_t binary[BINARY_MAX];
    size_t size = binary_from_text(binary, text);
    if (size == SIZE_MAX || size < CHECKSUM_BYTES) {
        return false;
    }
    struct ic_principal p;
    struct ic_bytes bytes = {.at = binary + CHECKSUM_BYTES, .size = size - CHECKSUM_BYTES};
    if (!ic_principal_from_bytes(&p, bytes)) {
        return false;
    }
    /* Writing it again checks everything else: checksum, grouping, unused bits. */
    char canonical[IC_PRINCIPAL_TEXT_MAX + 1];
    size_t length = ic_principal_to_text(canonical, &p);
    if (!is_same_text(text, canonical, length)) {
        return false;
    }
    *out = p;
    return true;
}
