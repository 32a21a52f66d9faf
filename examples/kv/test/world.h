/* A network with one store in it, a subnet key, and a gateway in front. */
#ifndef EXAMPLE_KV_TEST_WORLD_H
#define EXAMPLE_KV_TEST_WORLD_H

#include "axon.h"
#include "gateway/gateway.h"
#include "http/state.h"
#include "kv_did.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h> /* needs the two above */

struct world {
    struct axon_network *net;
    struct axon_state *subnet; /* signs what the network certifies */
    struct ic_principal canister, owner, stranger;
    struct axon_outcome out; /* of the last call */
    struct axon_buf wasm;
};

int world_setup(void **state); /* *state is a struct world * */
int world_teardown(void **state);

void world_install(struct world *w, enum axon_install_mode mode);

/* Calls a method with a value of its arguments. What comes back by value points into memory that is
 * valid until the next call. */
void world_call(struct world *w, const struct ic_principal *caller,
                const struct candid_method *method, const void *in);
/* The results of the call, which must have replied. */
void world_result(struct world *w, const struct candid_method *method, void *out);
/* The call must have been rejected with this in its text. */
void expect_rejected(struct world *w, const char *part);

/* ---- the store ------------------------------------------------------------------------------- */

struct kv_put_result world_put(struct world *w, struct ic_bytes key, struct ic_bytes value);
bool world_remove(struct world *w, struct ic_bytes key);
struct kv_opt_blob world_get(struct world *w, struct ic_bytes key);

/* ---- browsing -------------------------------------------------------------------------------- */

/* What the gateway knows now. */
struct gateway world_gateway(const struct world *w);

/* ask_query sends a GET by query call; true when the canister wants an update call instead. */
bool ask_query(struct world *w, struct gateway_response *response, const char *url);
/* The same by update call, which needs no proof. */
void ask_update(struct world *w, struct gateway_response *response, const char *url);
/* What the gateway says about an answer to a GET: NULL to believe it. */
const char *judge(const struct world *w, const char *url, const struct gateway_response *response,
                  bool *is_proved);
/* The page must be answered by query, with proof, and be this. */
void expect_page(struct world *w, const char *url, unsigned status, struct ic_bytes body);

#endif
