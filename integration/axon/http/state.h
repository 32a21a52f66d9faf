/* The certified state: the hash tree of SPEC ic-http 7.1 kept in step with a network, and
 * certificates over it.
 *
 *     /time
 *     /canister/<id>/{controllers, module_hash, certified_data, metadata/<name>}
 *     /request_status/<request id>/{status, reply, reject_code, reject_message, error_code}
 *     /subnet/<id>/{public_key, type, canister_ranges, node/<id>/public_key}
 *     /canister_ranges/<subnet>/<first canister>
 *
 * There is one subnet, its key is the root key, so certificates have no delegation. A signature is
 * kept as long as the root hash stays the same. */
#ifndef AXON_STATE_H
#define AXON_STATE_H

#include "axon.h"
#include "cert/certificate.h"
#include "crypto/keys.h"
#include "http/request.h"

struct axon_state;

/* Both keys derive from seed. */
struct axon_state *axon_state_new(const char *seed);
void axon_state_free(struct axon_state *st);

struct ic_bytes axon_state_root_key(const struct axon_state *st); /* DER */
struct ic_principal axon_state_subnet(const struct axon_state *st);
struct ic_principal axon_state_node(const struct axon_state *st);
const struct axon_key *axon_state_node_key(const struct axon_state *st);

/* axon_state_certify brings time and canisters up to date and appends a certificate that reveals
 * /time and the paths. */
void axon_state_certify(struct axon_state *st, const struct axon_network *net, struct axon_buf *out,
                        const struct axon_path *paths, size_t path_count);

/* Sets what is known of a request. With AXON_STATUS_REPLIED or REJECTED the outcome says the rest,
 * otherwise outcome may be NULL. */
void axon_state_set_request(struct axon_state *st, const uint8_t id[AXON_REQUEST_ID_BYTES],
                            enum axon_status status, const struct axon_outcome *outcome);
void axon_state_forget_request(struct axon_state *st, const uint8_t id[AXON_REQUEST_ID_BYTES]);

#endif
