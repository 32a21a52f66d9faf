/* The management canister aaaaa-aa: native code speaking Candid. SPEC: ic-system 10 */
#ifndef AXON_MGMT_MGMT_H
#define AXON_MGMT_MGMT_H

#include "exec/state.h"

/* Executes a request to the management canister and sends the answer (stop_canister may answer
 * later). The caller keeps the message. */
void axon_management_deliver(struct axon_network *net, struct axon_message *m);

/* Whether a user's call may enter the network: method known and open to users, argument decodes,
 * canister exists, sender controls it. If not, *answer says why.
 *   payer     the canister that pays for the message; NULL when nobody does */
bool axon_management_accepts(struct axon_network *net, const struct ic_principal *sender,
                             struct ic_bytes method, struct ic_bytes arg,
                             struct axon_canister **payer, struct axon_answer *answer);

/* The methods that are queries: canister_status, fetch_canister_logs. Everything else is refused.
 */
void axon_management_query(struct axon_network *net, const struct ic_principal *sender,
                           struct ic_bytes method, struct ic_bytes arg, struct axon_answer *answer);

#endif
