/* Who sent a request: signature, delegations, expiry. SPEC: ic-http 5.2 - 5.5.
 *
 * Checks in the replica's order; the first that fails wins and its text is the HTTP 400 body. */
#ifndef AXON_AUTH_H
#define AXON_AUTH_H

#include "http/request.h"

#define AXON_INGRESS_WINDOW_NS 300000000000u /* 5 min. SPEC: ic-http 5.4 */
#define AXON_INGRESS_DRIFT_NS  30000000000u  /* 30 s. SPEC: ic-http 5.4 */

/* axon_request_authenticate decides whether the request is its sender's.
 *   now_ns    network time
 *   id        the request's id
 *   why       on refusal: the body of the 400 answer is appended
 *   returns   false when refused */
IC_MUST_USE bool axon_request_authenticate(const struct axon_request *r, uint64_t now_ns,
                                           const uint8_t id[AXON_REQUEST_ID_BYTES],
                                           struct axon_buf *why);

/* True when every delegation of the request that names targets names canister. */
bool axon_request_is_targeted(const struct axon_request *r, const struct ic_principal *canister);
/* Appends the text of a refusal for that reason. */
void axon_request_put_target_refusal(struct axon_buf *why, const struct ic_principal *canister);

#endif
