#include "ledger/account.h"

_Static_assert(LEDGER_ACCOUNT_BYTES == IC_ADDRESS_BYTES, "one form of address");
_Static_assert(LEDGER_KEY_BYTES == IC_ACCOUNT_HASH_BYTES, "one form of hash");
_Static_assert(LEDGER_CHECKSUM_BYTES + LEDGER_KEY_BYTES == LEDGER_ACCOUNT_BYTES, "no padding");

struct ledger_account ledger_account_from_owner(const struct ic_principal *owner,
                                                const struct ic_subaccount *subaccount)
{
    const struct ic_account_id id = ic_account_id_from_owner(owner, subaccount);
    struct ledger_account account;
    ic_account_id_to_address(account.address, &id);
    return account;
}

static const struct ic_subaccount *subaccount_find(const struct icrc_account *account)
{
    return account->has_subaccount ? &account->subaccount : NULL;
}

struct ledger_account ledger_account_from_icrc(const struct icrc_account *account)
{
    return ledger_account_from_owner(&account->owner, subaccount_find(account));
}

void ledger_accounts_from_icrc(struct ledger_account out[2], const struct icrc_account *first,
                               const struct icrc_account *second)
{
    struct ic_account_id ids[2];
    ic_account_ids_from_owners(ids, &first->owner, subaccount_find(first), &second->owner,
                               subaccount_find(second));
    ic_account_id_to_address(out[0].address, &ids[0]);
    ic_account_id_to_address(out[1].address, &ids[1]);
}

enum ic_address_result ledger_account_from_address(struct ledger_account *out,
                                                   struct ic_bytes address)
{
    struct ic_account_id id;
    const enum ic_address_result result = ic_account_id_from_address(&id, address);
    if (result == IC_ADDRESS_OK) {
        memcpy(out->address, address.at, sizeof out->address);
    }
    return result;
}

enum ic_address_result ledger_account_from_hex(struct ledger_account *out, struct ic_bytes text)
{
    struct ic_account_id id;
    const enum ic_address_result result = ic_account_id_from_hex(&id, text);
    if (result == IC_ADDRESS_OK) {
        ic_account_id_to_address(out->address, &id);
    }
    return result;
}
