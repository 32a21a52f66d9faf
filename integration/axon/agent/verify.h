/* What the agent believes, and why. Private to the agent. SPEC: ic-http 8, 9. */
#ifndef AXON_AGENT_VERIFY_H
#define AXON_AGENT_VERIFY_H

#include "agent/agent.h"
#include "cert/certificate.h"
#include "http/request.h"

/* agent_verify_certificate reads a certificate and checks signature, delegation, canister range and
 * time.
 *   out       zeroed by the caller; release with axon_certificate_free in both cases
 *   bytes     outlives *out
 *   canister  NULL: any subnet may answer (creation calls)
 *   why       on failure: the reason is appended
 *   returns   false when it must not be believed */
IC_MUST_USE bool agent_verify_certificate(struct axon_certificate *out, struct ic_bytes bytes,
                                          struct ic_bytes root_key,
                                          const struct ic_principal *canister, uint64_t now_ns,
                                          struct axon_buf *why);

/* agent_verify_query checks the node signatures over the answer to a query.
 *   subnet    a verified certificate that reveals /subnet
 *   body      the reply, parsed; reply says what it contains (timestamp_ns is not looked at)
 *   id        of the request */
IC_MUST_USE bool agent_verify_query(const struct axon_certificate *subnet,
                                    struct ic_bytes root_key, const struct ic_principal *canister,
                                    const struct axon_cbor *body,
                                    const struct axon_query_reply *reply,
                                    const uint8_t id[AXON_REQUEST_ID_BYTES], uint64_t now_ns,
                                    struct axon_buf *why);

#endif
