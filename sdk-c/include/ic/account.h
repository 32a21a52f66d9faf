/* Account identifiers: the legacy addresses of the ICP ledger, 28-byte hashes with a checksum.
 *
 *     hash     SHA-224( 0a "account-id" principal subaccount[32] )      28 bytes: key, order,
 * storage address  CRC-32(hash) big-endian, hash                            32 bytes: on the wire
 *     text     lower-case hex of the address                            64 characters */
#ifndef IC_ACCOUNT_H
#define IC_ACCOUNT_H

#include "ic/principal.h"

#define IC_SUBACCOUNT_BYTES   32u
#define IC_ACCOUNT_HASH_BYTES 28u
#define IC_ADDRESS_BYTES      32u
#define IC_ADDRESS_HEX        64u /* characters */

struct ic_subaccount {
    uint8_t bytes[IC_SUBACCOUNT_BYTES];
};

/* An account identifier. Equality and order are those of the 28 bytes. */
struct ic_account_id {
    uint8_t hash[IC_ACCOUNT_HASH_BYTES];
};

/* In order of precedence. */
enum ic_address_result {
    IC_ADDRESS_OK = 0,
    IC_ADDRESS_WRONG_LENGTH,
    IC_ADDRESS_NOT_HEX,
    IC_ADDRESS_BAD_CHECKSUM,
};

/* ic_account_id_from_owner hashes an owner and a subaccount. NULL and 32 zero bytes are the same
 * account. Two compressions: about 9,050 instructions, 7,930 for the default account of a user. */
struct ic_account_id ic_account_id_from_owner(const struct ic_principal *owner,
                                              const struct ic_subaccount *subaccount);

/* ic_account_id_from_address takes 32 bytes and verifies the checksum.
 *   returns   OK, WRONG_LENGTH or BAD_CHECKSUM; *out is untouched unless OK */
IC_MUST_USE enum ic_address_result ic_account_id_from_address(struct ic_account_id *out,
                                                              struct ic_bytes address);

/* ic_account_id_from_hex takes 64 hex digits, either case, and verifies the checksum. */
IC_MUST_USE enum ic_address_result ic_account_id_from_hex(struct ic_account_id *out,
                                                          struct ic_bytes text);

/* With the checksum in front. No NUL after the hex. */
void ic_account_id_to_address(uint8_t out[IC_ADDRESS_BYTES], const struct ic_account_id *id);
void ic_account_id_to_hex(char out[IC_ADDRESS_HEX], const struct ic_account_id *id);

/* "Checksum failed for {64 hex}, expected check bytes {8 hex} but found {8 hex}", without NUL: what
 * the official ledger says about 32 bytes that fail. */
#define IC_ADDRESS_CHECKSUM_TEXT 134u
void ic_address_checksum_text(char out[IC_ADDRESS_CHECKSUM_TEXT],
                              const uint8_t address[IC_ADDRESS_BYTES]);

static inline bool ic_account_id_is_equal(const struct ic_account_id *a,
                                          const struct ic_account_id *b)
{
    return memcmp(a->hash, b->hash, IC_ACCOUNT_HASH_BYTES) == 0;
}

/* Bytewise order: negative, zero or positive. */
static inline int ic_account_id_compare(const struct ic_account_id *a,
                                        const struct ic_account_id *b)
{
    return memcmp(a->hash, b->hash, IC_ACCOUNT_HASH_BYTES);
}

bool ic_subaccount_is_default(const struct ic_subaccount *s); /* all zero */

#endif
