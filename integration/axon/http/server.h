/* The local server: axon_service over HTTP/1.1 (libmicrohttpd), on a loopback address.
 *
 * Requests are executed one at a time under one lock, each on its connection's thread with a stack
 * that fits the Wasm engine. A clock thread runs timers. SPEC: ic-http 1.2. */
#ifndef AXON_SERVER_H
#define AXON_SERVER_H

#include "http/service.h"

struct axon_server;

struct axon_server_config {
    uint16_t port;         /* 0: any free one, see axon_server_port */
    uint32_t call_wait_ms; /* how long a call may take before the answer is 202;
                            * 0: AXON_SERVER_CALL_WAIT_MS */
    struct axon_service_config service;
};

#define AXON_SERVER_CALL_WAIT_MS 10000u /* then 202. SPEC: ic-http 6.2 */
#define AXON_SERVER_TICK_MS      100u
#define AXON_SERVER_STACK_BYTES  (16u * 1024u * 1024u)

/* axon_server_start listens on 127.0.0.1. The network is borrowed and must outlive the server;
 * while the server runs only axon_server_with_network may touch it.
 *   why       on failure: the reason is appended
 *   returns   release with axon_server_stop; NULL on failure */
struct axon_server *axon_server_start(struct axon_network *net,
                                      const struct axon_server_config *config,
                                      struct axon_buf *why);
/* Stops listening, finishes running requests, releases everything but the network. */
void axon_server_stop(struct axon_server *server);

uint16_t axon_server_port(const struct axon_server *server);
/* DER, 133 bytes; valid while the server is. */
struct ic_bytes axon_server_root_key(const struct axon_server *server);

/* Runs fn while no request is executed. */
void axon_server_with_network(struct axon_server *server,
                              void (*fn)(struct axon_network *net, void *context), void *context);

#endif
