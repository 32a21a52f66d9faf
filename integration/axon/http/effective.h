/* The effective canister id: what the URL of a call or query must name. SPEC: ic-http 1.1. */
#ifndef AXON_EFFECTIVE_H
#define AXON_EFFECTIVE_H

#include "http/request.h"

/* axon_effective_canister finds the canister that a call or query concerns.
 *   returns   false when any id will do: canisters are made, or the argument names none (executing
 *             the call then tells what is wrong) */
IC_MUST_USE bool axon_effective_canister(struct ic_principal *out, const struct axon_request *r);

#endif
