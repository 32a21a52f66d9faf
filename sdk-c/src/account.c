#include "ic/account.h"

#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/sha2.h"
#include "ic/text.h"
#include "ic/trap.h"

#define DOMAIN_BYTES 11u /* 0a "account-id" */

static const uint8_t DOMAIN[DOMAIN_BYTES] = {0x0a, 'a', 'c', 'c', 'o', 'u',
                                             'n',  't', '-', 'i', 'd'};

struct ic_account_id ic_account_id_from_owner(const struct ic_principal *owner,
                                              const struct ic_subaccount *subaccount)
{
    ic_assert(owner->size <= IC_PRINCIPAL_BYTES_MAX);
    uint8_t in[DOMAIN_BYTES + IC_PRINCIPAL_BYTES_MAX + IC_SUBACCOUNT_BYTES] = {0};
    size_t size = DOMAIN_BYTES + owner->size;
    memcpy(in, DOMAIN, DOMAIN_BYTES);
    memcpy(in + DOMAIN_BYTES, owner->bytes, IC_PRINCIPAL_BYTES_MAX);
    if (subaccount != NULL) {
        memcpy(in + size, subaccount->bytes, IC_SUBACCOUNT_BYTES);
    } else {
        memset(in + size, 0, IC_SUBACCOUNT_BYTES);
    }
    struct ic_account_id id;
    ic_sha224(id.hash, (struct ic_bytes){.at = in, .size = size + IC_SUBACCOUNT_BYTES});
    return id;
}

static uint32_t checksum(const uint8_t hash[IC_ACCOUNT_HASH_BYTES])
{
    return ic_crc32((struct ic_bytes){.at = hash, .size = IC_ACCOUNT_HASH_BYTES});
}

enum ic_address_result ic_account_id_from_address(struct ic_account_id *out,
                                                  struct ic_bytes address)
{
    if (address.size != IC_ADDRESS_BYTES) {
        return IC_ADDRESS_WRONG_LENGTH;
    }
    if (ic_load_u32_be(address.at) != checksum(address.at + 4)) {
        return IC_ADDRESS_BAD_CHECKSUM;
    }
    memcpy(out->hash, address.at + 4, IC_ACCOUNT_HASH_BYTES);
    return IC_ADDRESS_OK;
}

enum ic_address_result ic_account_id_from_hex(struct ic_account_id *out, struct ic_bytes text)
{
    if (text.size != IC_ADDRESS_HEX) {
        return IC_ADDRESS_WRONG_LENGTH;
    }
    uint8_t address[IC_ADDRESS_BYTES];
    if (!ic_hex_decode(address, sizeof address, text)) {
        return IC_ADDRESS_NOT_HEX;
    }
    return ic_account_id_from_address(out,
                                      (struct ic_bytes){.at = address, .size = sizeof address});
}

void ic_account_id_to_address(uint8_t out[IC_ADDRESS_BYTES], const struct ic_account_id *id)
{
    ic_store_u32_be(out, checksum(id->hash));
    memcpy(out + 4, id->hash, IC_ACCOUNT_HASH_BYTES);
}

void ic_account_id_to_hex(char out[IC_ADDRESS_HEX], const struct ic_account_id *id)
{
    uint8_t address[IC_ADDRESS_BYTES];
    ic_account_id_to_address(address, id);
    ic_hex_encode(out, (struct ic_bytes){.at = address, .size = sizeof address});
}

void ic_address_checksum_text(char out[IC_ADDRESS_CHECKSUM_TEXT],
                              const uint8_t address[IC_ADDRESS_BYTES])
{
    struct ic_writer w;
    uint8_t expected[4];
    ic_store_u32_be(expected, checksum(address + 4));
    ic_writer_init(&w, out, IC_ADDRESS_CHECKSUM_TEXT);
    IC_PUT_LIT(&w, "Checksum failed for ");
    ic_put_hex(&w, (struct ic_bytes){.at = address, .size = IC_ADDRESS_BYTES});
    IC_PUT_LIT(&w, ", expected check bytes ");
    ic_put_hex(&w, (struct ic_bytes){.at = expected, .size = 4});
    IC_PUT_LIT(&w, " but found ");
    ic_put_hex(&w, (struct ic_bytes){.at = address, .size = 4});
    ic_assert(ic_writer_ok(&w) && w.used == IC_ADDRESS_CHECKSUM_TEXT);
}

bool ic_subaccount_is_default(const struct ic_subaccount *s)
{
    static const struct ic_subaccount DEFAULT = {.bytes = {0}};
    return memcmp(s->bytes, DEFAULT.bytes, IC_SUBACCOUNT_BYTES) == 0;
}
