/* The HTTPS interface of the Internet Computer over one axon network, without sockets: a request
 * line and a body go in, a status and a body come out. SPEC: ic-http.
 *
 * Keys derive from the seed: the root BLS key, whose self-authenticating id is the id of the only
 * subnet, and the Ed25519 key of its only node.
 *
 * Not thread safe: server.c holds one lock around it. The service borrows the network, installs its
 * certifier in it and moves its time; nobody else may use the network between start and free. */
#ifndef AXON_SERVICE_H
#define AXON_SERVICE_H

#include "axon.h"
#include "crypto/bls.h"

struct axon_service;

struct axon_service_config {
    const char *seed;                    /* of the keys; NULL: "axon" */
    uint64_t (*clock_ns)(void *context); /* wall clock; NULL: CLOCK_REALTIME */
    void *clock_context;
};

struct axon_service *axon_service_new(struct axon_network *net,
                                      const struct axon_service_config *config);
void axon_service_free(struct axon_service *s);

/* The root public key, DER, AXON_BLS_DER_BYTES bytes; the subnet's and the node's ids. */
struct ic_bytes axon_service_root_key(const struct axon_service *s);
struct ic_principal axon_service_subnet(const struct axon_service *s);
struct ic_principal axon_service_node(const struct axon_service *s);

struct axon_http_request {
    const char *method;       /* "GET" */
    const char *path;         /* without query string */
    const char *content_type; /* NULL when absent */
    struct ic_bytes body;
};

struct axon_http_reply {
    unsigned status;
    const char *content_type; /* static */
    struct axon_buf body;     /* owned by the caller: axon_buf_free */
    /* A call that has not finished: ask again with axon_service_wait. */
    bool is_pending;
    uint8_t pending_id[32];
};

/* axon_service_handle answers one request. A call runs the network until the call has finished or
 * the network has nothing to do now; then the reply is the 202 answer with is_pending set, and the
 * server may wait (without the lock) and ask axon_service_wait.
 *   reply     zeroed by the caller the first time; may be used again */
void axon_service_handle(struct axon_service *s, struct axon_http_reply *reply,
                         const struct axon_http_request *request);
/* True when the pending call has finished: reply has the certificate now. */
bool axon_service_wait(struct axon_service *s, struct axon_http_reply *reply);

/* axon_service_tick follows the wall clock and runs what is due: timers, pending messages. */
void axon_service_tick(struct axon_service *s);

#endif
