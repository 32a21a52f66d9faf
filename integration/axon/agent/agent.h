/* The client side of the Internet Computer's HTTPS interface: calls, queries and certified reads,
 * every answer verified before it is believed.
 *
 *     struct axon_agent *agent = axon_agent_new(&(struct axon_agent_config){.url = url});
 *     if (axon_agent_trust_status(agent, &answer)) ...          or .root_key given
 *     axon_agent_call(agent, &answer, &canister, &canister, "icrc1_transfer", arg);
 *
 * Trust: the root key is the only thing taken on faith. Replies of update calls come out of
 * certificates signed by it; replies of queries carry a signature of a node whose key comes out of
 * such a certificate; read_state gives certificates. Delegated subnets are followed one level, with
 * their canister ranges. Times of certificates must be within AXON_AGENT_DRIFT_NS of the clock.
 *
 * Not here: retries of failed connections, several agents in one request. One agent belongs to one
 * thread.
 *
 * SPEC: docs/ic-http.md; IC interface specification, "HTTPS interface". */
#ifndef AXON_AGENT_H
#define AXON_AGENT_H

#include "base/buf.h"
#include "crypto/keys.h"
#include "ic/bytes.h"
#include "ic/principal.h"

/* How far the certificate's time may lie from ours. SPEC: ic-http 9 */
#define AXON_AGENT_DRIFT_NS 300000000000u
/* How long a request stays valid: the protocol allows five minutes; a margin for clocks is left. */
#define AXON_AGENT_EXPIRY_NS 240000000000u
/* Answers larger than this are refused; the largest reply of a canister is 3 MiB. */
#define AXON_AGENT_BODY_BYTES_MAX (16u << 20)

struct axon_agent;

struct axon_agent_config {
    const char *url;                          /* "http://127.0.0.1:8080"; a base path is kept */
    struct ic_bytes root_key;                 /* DER; empty: axon_agent_trust_status comes first */
    const struct axon_key *key;               /* signs; outlives the agent; NULL: anonymous */
    uint32_t call_timeout_s;                  /* until an update call must be answered; 0: 300 */
};

/* What became of a request. */
enum axon_agent_result {
    AXON_AGENT_REPLIED = 0,   /* reply holds the bytes */
    AXON_AGENT_REJECTED,      /* the canister or the system said no: reject_code and text */
    AXON_AGENT_UNREACHABLE,   /* no connection, or it broke */
    AXON_AGENT_REFUSED,       /* HTTP status other than 200 and 202; text is the server's */
    AXON_AGENT_UNVERIFIED,    /* a certificate or signature that must not be believed */
    AXON_AGENT_MALFORMED,     /* not the CBOR that was to be expected */
    AXON_AGENT_TIMEOUT,       /* no answer in time; the call may still be executed */
};

struct axon_agent_answer {
    enum axon_agent_result result;
    struct axon_buf reply;
    uint64_t reject_code;
    struct axon_buf error_code;   /* "IC0503"; may be empty */
    struct axon_buf text;         /* reject message, or the reason of a failure */
};
/* A zeroed answer may be passed in again and again; its memory is released here. */
void axon_agent_answer_free(struct axon_agent_answer *answer);

/* Never NULL. The url and root key are copied. */
struct axon_agent *axon_agent_new(const struct axon_agent_config *config);
void axon_agent_free(struct axon_agent *agent);

/* axon_agent_trust_status asks the status endpoint for the root key and believes it from now on.
 *   returns   false with *answer telling why */
IC_MUST_USE bool axon_agent_trust_status(struct axon_agent *agent,
                                         struct axon_agent_answer *answer);
/* The root key in use, DER; empty before it is known. */
struct ic_bytes axon_agent_root_key(const struct axon_agent *agent);

/* axon_agent_call sends an update call and waits for its certified answer: v4, and where the server
 * does not know that, v2 with polling.
 *   effective   the canister that the request concerns: the callee, or for the management canister
 *               the target named in the argument */
enum axon_agent_result axon_agent_call(struct axon_agent *agent, struct axon_agent_answer *answer,
                                       const struct ic_principal *effective,
                                       const struct ic_principal *canister, const char *method,
                                       struct ic_bytes arg);

/* axon_agent_query sends a query and verifies the node's signature over the answer. */
enum axon_agent_result axon_agent_query(struct axon_agent *agent, struct axon_agent_answer *answer,
                                        const struct ic_principal *canister, const char *method,
                                        struct ic_bytes arg);

/* axon_agent_metadata reads the canister's metadata section icp:... NAME, certified.
 *   answer    REPLIED with the section in reply; REJECTED with a text when there is none */
enum axon_agent_result axon_agent_metadata(struct axon_agent *agent,
                                           struct axon_agent_answer *answer,
                                           const struct ic_principal *canister, const char *name);

#endif
