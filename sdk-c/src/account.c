#include "ic/account.h"

#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/sha2.h"
#include "ic/text.h"
#include "ic/trap.h"

#define DOMAIN_BYTES 11u /* 0a "account-id" */

static const uint8_t DOMAIN[DOMAIN_BYTES] = {0x0a, 'a', 'c', 'c', 'o', 'u',
                                             'n',  't', '-', 'i', 'd'};

/* The default account of a user is hashed most often, and its 72 bytes end in a block that is
 * always the same: eight zero bytes, the padding 80, and the length. This is its schedule,
 * expanded, plus the constants of SHA-256. */
static const uint32_t LAST_BLOCK[64] = {
    0x428a2f98, 0x71374491, 0x35c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf3b4,
    0xe49b69c1, 0x02266786, 0x8fc19dc6, 0x3811333d, 0x2e097c6f, 0x25082e50, 0x7eb0b41c, 0x18ca9bcb,
    0xaf070694, 0xd3405703, 0x1014b4c9, 0x59cce309, 0x98ac4e02, 0xd5971e36, 0xd29dd85d, 0x62c7dcd2,
    0x31447443, 0x41605769, 0x467f55f8, 0x8ae7a5c2, 0x50e8ec40, 0xe2b4ca0d, 0x99788df2, 0xf1cd14a7,
    0xb4df7e61, 0x6300dc97, 0xe11369fb, 0x58998639, 0x47771845, 0x08eb2494, 0x30df98a1, 0xe570ab06,
    0xa9bdb745, 0x739939c9, 0xd67031df, 0x1c29a71a, 0x8802692e, 0x5c25351d, 0x23578fe3, 0x92eacb85,
    0x2a1428a6, 0x6bad474a, 0xc371c70f, 0xd4e12c50, 0x044ff931, 0x5600fe04, 0x3fd88e2f, 0x1c287739,
};

/* What is hashed for an account: at most 72 bytes. */
#define PREIMAGE_BYTES_MAX (DOMAIN_BYTES + IC_PRINCIPAL_BYTES_MAX + IC_SUBACCOUNT_BYTES)

struct preimage {
    uint8_t bytes[PREIMAGE_BYTES_MAX];
    size_t size;
    bool is_user_default; /* the last block is LAST_BLOCK */
};

_Static_assert(PREIMAGE_BYTES_MAX - IC_SHA256_BLOCK_BYTES < IC_SUBACCOUNT_BYTES,
               "the last block of a user's account holds subaccount and padding only");

static void preimage_make(struct preimage *p, const struct ic_principal *owner,
                          const struct ic_subaccount *subaccount)
{
    ic_assert(owner->size <= IC_PRINCIPAL_BYTES_MAX);
    const bool is_default = subaccount == NULL || ic_subaccount_is_default(subaccount);
    const size_t at = DOMAIN_BYTES + owner->size;
    p->size = at + IC_SUBACCOUNT_BYTES;
    p->is_user_default = is_default && owner->size == IC_PRINCIPAL_BYTES_MAX;
    memcpy(p->bytes, DOMAIN, DOMAIN_BYTES);
    memcpy(p->bytes + DOMAIN_BYTES, owner->bytes, IC_PRINCIPAL_BYTES_MAX);
    if (is_default) {
        memset(p->bytes + at, 0, IC_SUBACCOUNT_BYTES);
    } else {
        memcpy(p->bytes + at, subaccount->bytes, IC_SUBACCOUNT_BYTES);
    }
}

static struct ic_bytes preimage_bytes(const struct preimage *p)
{
    return (struct ic_bytes){.at = p->bytes, .size = p->size};
}

static void id_from_state(struct ic_account_id *out, const uint32_t state[8])
{
    for (size_t i = 0; i < IC_ACCOUNT_HASH_BYTES / 4; i++) {
        ic_store_u32_be(out->hash + 4 * i, state[i]);
    }
}

struct ic_account_id ic_account_id_from_owner(const struct ic_principal *owner,
                                              const struct ic_subaccount *subaccount)
{
    struct ic_account_id id;
    struct preimage p;
    preimage_make(&p, owner, subaccount);
    if (p.is_user_default) {
        struct ic_sha256 h;
        ic_sha224_init(&h);
        ic_sha256_compress(h.state, p.bytes, 1);
        ic_sha256_compress_expanded(h.state, LAST_BLOCK);
        id_from_state(&id, h.state);
    } else {
        ic_sha224(id.hash, preimage_bytes(&p));
    }
    return id;
}

void ic_account_ids_from_owners(struct ic_account_id out[2], const struct ic_principal *owner_0,
                                const struct ic_subaccount *subaccount_0,
                                const struct ic_principal *owner_1,
                                const struct ic_subaccount *subaccount_1)
{
    struct preimage p0, p1;
    preimage_make(&p0, owner_0, subaccount_0);
    preimage_make(&p1, owner_1, subaccount_1);
    if (p0.is_user_default && p1.is_user_default) {
        struct ic_sha256 h0, h1;
        ic_sha224_init(&h0);
        ic_sha224_init(&h1);
        ic_sha256_compress_pair(h0.state, h1.state, p0.bytes, p1.bytes);
        ic_sha256_compress_expanded_pair(h0.state, h1.state, LAST_BLOCK);
        id_from_state(&out[0], h0.state);
        id_from_state(&out[1], h1.state);
    } else {
        ic_sha224_pair(out[0].hash, out[1].hash, preimage_bytes(&p0), preimage_bytes(&p1));
    }
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
