/* How the ledger answers a refused transfer: which Err, which trap, which words.
 *
 * The rules know one result for each thing that can be wrong (ledger/transfer.h). Here stands what
 * a caller of each endpoint gets to see for it. SPEC: ledger 5.1, 5.2 */
#ifndef CANISTERS_LEDGER_ANSWERS_H
#define CANISTERS_LEDGER_ANSWERS_H

#include "icp_did.h"
#include "ledger/transfer.h"

/* answer_icrc1 fills the result of icrc1_transfer.
 *   traps   for results that the standard has no Err for */
void answer_icrc1(struct icp_icrc1_transfer_result *out, struct ledger_outcome outcome);

/* answer_legacy fills the result of transfer.
 *   traps   for the rules of minting and burning, and while throttled */
void answer_legacy(struct icp_transfer_result *out, struct ledger_outcome outcome);

/* answer_send_dfx gives the block index; every refusal is a trap. */
uint64_t answer_send_dfx(struct ledger_outcome outcome);

/* answer_bad_checksum traps with the reason why an address was refused.
 *   address   the 32 bytes that failed */
_Noreturn void answer_bad_checksum(struct ic_bytes address);

#endif
