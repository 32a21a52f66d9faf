/* Private keys from PEM files, with a reason when a file cannot be used.
 *
 * Read are the files that icp, dfx, quill and openssl write: PKCS#8 Ed25519 (version 1, and version
 * 2 with the public key behind the private one, as the Rust tools write it) and P-256, and SEC1
 * secp256k1 ("EC PRIVATE KEY"; an "EC PARAMETERS" block may come before it). Encrypted keys are
 * refused. SPEC: ic-http 5.3 for the schemes. */
#ifndef AXON_AGENT_PEM_H
#define AXON_AGENT_PEM_H

#include "base/buf.h"
#include "crypto/keys.h"

/* axon_pem_read reads the first private key of a PEM text.
 *   why       on failure: the reason is appended, without file name
 *   returns   release with axon_key_free; NULL on failure */
struct axon_key *axon_pem_read(struct ic_bytes pem, struct axon_buf *why);

/* axon_pem_read_file does the same with a file; the reason begins with its path. */
struct axon_key *axon_pem_read_file(const char *path, struct axon_buf *why);

#endif
