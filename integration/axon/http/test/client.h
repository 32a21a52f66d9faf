/* The client side of the service tests: envelopes made with the library's own encoder, answers
 * looked at with its own checks (which test_cert.c and test_request.c hold against foreign
 * vectors). */
#ifndef AXON_TEST_CLIENT_H
#define AXON_TEST_CLIENT_H

#include "cert/certificate.h"
#include "http/request.h"
#include "http/service.h"

#define NOW_NS  1800000000000000000u /* where the tests' wall clock starts */
#define MIN_NS  60000000000u
#define L(text) IC_BYTES_LIT(text)

/* A service over a fresh network with the probe installed at canister 2 (controller: canister 3).
 */
struct world {
    struct axon_network *net;
    struct axon_service *service;
    uint64_t now_ns;
    struct ic_principal probe;
    struct axon_http_reply reply;
    struct axon_request_store store;
};

void world_init(struct world *w);
void world_free(struct world *w);

/* POST of body to /api/<version>/<scope>/<id>/<name>; the answer is in w->reply. */
void post(struct world *w, const char *version, const char *scope, const struct ic_principal *id,
          const char *name, struct ic_bytes body);
/* POST of a request to the endpoint of its kind, with the callee's id in the URL. */
void send_request(struct world *w, const char *version, const struct axon_request *r);
void check_text(const struct world *w, unsigned status, const char *text);

/* Anonymous requests to the probe that expire in 4 minutes; the nonce makes them distinct. */
struct axon_request probe_call(const struct world *w, struct ic_bytes script);
struct axon_request probe_query(const struct world *w, struct ic_bytes script);
struct axon_request read_request(const struct world *w, const struct axon_path *paths,
                                 size_t count);

/* The field of the CBOR answer in w->reply; the document is kept in *doc. */
const struct axon_cbor *field(struct axon_cbor_doc *doc, const struct world *w, const char *key);
/* Opens the certificate of the answer and checks its signature and time. */
void open_certificate(struct axon_certificate *c, struct axon_cbor_doc *doc, const struct world *w);
/* The leaf of the request in the certificate, as text; "" when absent. */
void check_request_leaf(const struct axon_certificate *c, const struct axon_request *r,
                        const char *name, struct ic_bytes value);

#endif
