/* What the entry points of the ledger canister share. */
#ifndef CANISTERS_LEDGER_CANISTER_H
#define CANISTERS_LEDGER_CANISTER_H

#include "icp_did.h"
#include "ledger/state.h"

/* The one ledger of this canister. Set up by installation, found again after an upgrade; between
 * messages it lives on in the heap. */
extern struct ledger_state canister_state;

/* canister_account_name puts a principal and an optional subaccount together.
 *   traps   when the subaccount has not exactly 32 bytes. SPEC: ledger 2.2 */
struct icrc_account canister_account_name(const struct ic_principal *owner,
                                          const struct icp_opt_blob *subaccount);

/* canister_account_from_hex reads an address given as text.
 *   traps   when it is not one. SPEC: ledger 2.1 */
struct ledger_account canister_account_from_hex(struct ic_bytes text);

/* canister_certify_tip makes the hash of the last block the certified data. SPEC: ledger 9 */
void canister_certify_tip(void);

#endif
