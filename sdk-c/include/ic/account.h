/* Account identifiers: the legacy addresses of the ICP ledger, 28-byte hashes with a checksum.
 *
 *     hash     SHA-224( 0a "account-id" principal subaccount[32] )   28 bytes: key, order, storage
 *     address  CRC-32(hash) big-endian, hash                         32 bytes: on the wire
 *     text     lower-case hex of the address                            64 characters
 *
 * And accounts as ICRC-1 writes them: the owner's text alone, or with a subaccount that is not the
 * default one "{owner}-{checksum}.{hex}": base32 of CRC-32(owner, subaccount[32]), and the
 * subaccount without its leading zero digits. SPEC: ICRC-1, "Textual encoding of accounts" */
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
 * account. Two compressions: about 9,450 instructions, 8,170 for the default account of a user. */
struct ic_account_id ic_account_id_from_owner(const struct ic_principal *owner,
                                              const struct ic_subaccount *subaccount);

/* ic_account_ids_from_owners does the same for two accounts at once, side by side: about 10,070
 * instructions for the default accounts of two users, where one after the other takes 16,340. */
void ic_account_ids_from_owners(struct ic_account_id out[2], const struct ic_principal *owner_0,
                                const struct ic_subaccount *subaccount_0,
                                const struct ic_principal *owner_1,
                                const struct ic_subaccount *subaccount_1);

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

/* ---- ICRC-1 text ----------------------------------------------------------------------------- */

/* Longest form, without the NUL: owner, '-', 7 characters, '.', 64 digits. */
#define IC_ACCOUNT_TEXT_MAX (IC_PRINCIPAL_TEXT_MAX + 73u)

/* Why a text is no account, in order of precedence. */
enum ic_account_text_result {
    IC_ACCOUNT_TEXT_OK = 0,
    IC_ACCOUNT_TEXT_NO_CHECKSUM,    /* a dot, but no '-' and seven characters before it */
    IC_ACCOUNT_TEXT_BAD_OWNER,      /* not a principal */
    IC_ACCOUNT_TEXT_BAD_SUBACCOUNT, /* not 1 to 64 hex digits, or the first of them is 0 */
    IC_ACCOUNT_TEXT_BAD_CHECKSUM,
};

/* ic_account_to_text writes the text of an account and a NUL. A subaccount of NULL is the default.
 *   returns   its length without the NUL */
size_t ic_account_to_text(char out[IC_ACCOUNT_TEXT_MAX + 1], const struct ic_principal *owner,
                          const struct ic_subaccount *subaccount);

/* ic_account_from_text parses it; the case of letters is ignored.
 *   subaccount   all zero when the text names none
 *   returns      the first mistake; both outputs are untouched unless OK */
IC_MUST_USE enum ic_account_text_result ic_account_from_text(struct ic_principal *owner,
                                                             struct ic_subaccount *subaccount,
                                                             struct ic_bytes text);

#endif
