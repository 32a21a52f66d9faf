/* An HTTP gateway's judgement of an answer, for tests: is it what the subnet certified?
 * SPEC: ic-http 11.3, steps 1 to 5.
 *
 * Written from the specification and sharing nothing with the kit that makes the proofs:
 * certificates and trees are read by integration/axon/cert, maps are hashed by http/rihash.h. */
#ifndef GATEWAY_H
#define GATEWAY_H

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

#endif
