/* Addresses of accounts as the ledger handles them: always with their checksum.
 *
 * Blocks hold the 32-byte form and tables the 28-byte hash inside it, so one struct serves both and
 * the checksum is computed once. The hashing itself is "ic/account.h". SPEC: ledger 2.1 */
#ifndef LEDGER_ACCOUNT_H
#define LEDGER_ACCOUNT_H

#include "ic/account.h"
#include "ledger/config.h"
#include "ledger/types.h"

/* ledger_account_from_owner gives the address of a principal's account.
 *   subaccount   NULL means 32 zero bytes */
struct ledger_account ledger_account_from_owner(const struct ic_principal *owner,
                                                const struct ic_subaccount *subaccount);

/* The same for an account as ICRC-1 writes it. */
struct ledger_account ledger_account_from_icrc(const struct icrc_account *account);

/* The same for two accounts at once, for little more than the cost of one. */
void ledger_accounts_from_icrc(struct ledger_account out[2], const struct icrc_account *first,
                               const struct icrc_account *second);

/* ledger_account_from_address takes the 32 bytes of an address.
 *   returns   OK, WRONG_LENGTH or BAD_CHECKSUM; *out is untouched unless OK */
IC_MUST_USE enum ic_address_result ledger_account_from_address(struct ledger_account *out,
                                                               struct ic_bytes address);

/* ledger_account_from_hex takes an address as 64 hexadecimal digits, either case.
 *   returns   also NOT_HEX; *out is untouched unless OK */
IC_MUST_USE enum ic_address_result ledger_account_from_hex(struct ledger_account *out,
                                                           struct ic_bytes text);

/* The hash inside the address: LEDGER_KEY_BYTES bytes, what accounts are stored by. */
static inline const uint8_t *ledger_account_key(const struct ledger_account *a)
{
    return a->address + LEDGER_CHECKSUM_BYTES;
}

static inline bool ledger_account_is_equal(const struct ledger_account *a,
                                           const struct ledger_account *b)
{
    return memcmp(ledger_account_key(a), ledger_account_key(b), LEDGER_KEY_BYTES) == 0;
}

#endif
