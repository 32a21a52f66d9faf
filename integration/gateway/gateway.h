/* An HTTP gateway's judgement of an answer, for tests: is it what the subnet certified?
 * SPEC: ic-http 11.3, steps 1 to 5.
 *
 * Written from the specification and sharing nothing with the kit that makes the proofs:
 * certificates and trees are read by integration/axon/cert, maps are hashed by http/rihash.h. */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "base/buf.h"
#include "ic/bytes.h"
#include "ic/principal.h"

#define GATEWAY_FIELDS_MAX 32u
#define GATEWAY_FRESH_NS   300000000000u /* five minutes */

struct gateway_field {
    struct ic_bytes name;
    struct ic_bytes value;
};

struct gateway_request {
    struct ic_bytes method;
    struct ic_bytes url; /* path and query */
    const struct gateway_field *fields;
    size_t field_count;
    struct ic_bytes body;
};

struct gateway_response {
    uint16_t status;
    struct gateway_field fields[GATEWAY_FIELDS_MAX];
    size_t field_count;
    struct ic_bytes body;
};

/* What the gateway knows. */
struct gateway {
    struct ic_bytes root_key; /* DER */
    struct ic_principal canister;
    uint64_t now_ns;
};

/* gateway_verify checks an answer.
 *   is_proved   false when the expression says that the answer is not certified
 *   returns     NULL when the answer is to be believed, else why not; static text */
const char *gateway_verify(const struct gateway *gateway, const struct gateway_request *request,
                           const struct gateway_response *response, bool *is_proved);

/* ---- fetching a page ----------------------------------------------------------------------------
 * As the gateways of the network do it: by query; by update call when the answer says so; and when
 * it has only a part of the body (206) although no range was asked for, one query for each other
 * part, with the header Range, each of which must be proved as the first was. */

#define GATEWAY_PARTS_MAX 1000u /* queries for one body */

/* Sends a request to the canister, by query or update call, and reads the answer, whose views live
 * until the next request.
 *   returns   true when the answer is that an update call is needed */
typedef bool gateway_ask_fn(void *context, struct gateway_response *response,
                            const struct gateway_request *request, bool is_update);

struct gateway_page {
    uint16_t status; /* as a browser gets it: 200 when all parts were fetched */
    struct axon_buf body;
    unsigned parts;
    bool is_proved;
    bool is_by_update;
};

/* gateway_fetch fills *page, whose body is empty at first and the caller's to free.
 *   returns   NULL, or why the browser gets an error; static text */
const char *gateway_fetch(struct gateway_page *page, const struct gateway *gateway,
                          const struct gateway_request *request, gateway_ask_fn *ask,
                          void *context);

#endif
