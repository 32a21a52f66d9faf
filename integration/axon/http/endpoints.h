/* What the files of the service share: service.c routes, call.c, query.c and read_state.c answer.
 */
#ifndef AXON_ENDPOINTS_H
#define AXON_ENDPOINTS_H

#include "http/auth.h"
#include "http/ingress.h"
#include "http/service.h"
#include "http/state.h"

enum axon_http_status {
    AXON_HTTP_OK = 200,
    AXON_HTTP_ACCEPTED = 202,
    AXON_HTTP_BAD_REQUEST = 400,
    AXON_HTTP_FORBIDDEN = 403,
    AXON_HTTP_NOT_FOUND = 404,
    AXON_HTTP_METHOD_NOT_ALLOWED = 405,
    AXON_HTTP_TOO_LARGE = 413,
};

struct axon_service {
    struct axon_network *net; /* borrowed */
    struct axon_state *state;
    struct axon_ingress_history *history;
    uint64_t (*clock_ns)(void *context);
    void *clock_context;
    uint64_t height; /* state changes certified so far: grows with time and calls */
    struct axon_request_store store;
    struct axon_outcome outcome;
};

/* Where a request was sent. */
struct axon_route {
    enum axon_request_type type;
    unsigned version;           /* 2, 3, 4 */
    bool is_subnet;             /* /subnet/<id>/..., not /canister/<id>/... */
    struct ic_principal target; /* the effective canister id or the subnet id */
};

/* The answers to a body that was read and found to be of the right kind. */
void axon_endpoint_call(struct axon_service *s, struct axon_http_reply *reply,
                        const struct axon_route *route, struct ic_bytes body);
void axon_endpoint_query(struct axon_service *s, struct axon_http_reply *reply,
                         const struct axon_route *route, struct ic_bytes body);
void axon_endpoint_read_state(struct axon_service *s, struct axon_http_reply *reply,
                              const struct axon_route *route, struct ic_bytes body);

/* Replaces the reply by a plain text one. */
void axon_reply_text(struct axon_http_reply *reply, enum axon_http_status status,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Starts a CBOR reply with status 200: the tag is written, the caller appends one item. */
struct axon_buf *axon_reply_cbor(struct axon_http_reply *reply);

/* axon_request_admit decodes the body and authenticates it.
 *   returns   false when it was refused: reply has the answer */
IC_MUST_USE bool axon_request_admit(struct axon_service *s, struct axon_http_reply *reply,
                                    const struct axon_route *route, struct ic_bytes body,
                                    struct axon_request *r, uint8_t id[AXON_REQUEST_ID_BYTES]);

/* The method as C text; the caller frees it. Decoded methods hold no zero bytes. */
char *axon_request_method_text(const struct axon_request *r);

/* Moves the network's time to the wall clock's.
 *   at_once   true: exactly; false: only when it is AXON_CLOCK_STEP_NS behind, so that many queries
 *             see one state, which is signed once */
#define AXON_CLOCK_STEP_NS 100000000u
void axon_service_follow_clock(struct axon_service *s, bool at_once);

/* Runs the network for at most budget_ns of wall clock, or until the entry (may be NULL) is
 * finished, or until nothing is left to do; then takes over what was answered. */
void axon_service_run(struct axon_service *s, const struct axon_ingress_entry *until,
                      uint64_t budget_ns);

#endif
