/* The hashes of the five kinds of hash tree nodes; a pruned node brings its own. SPEC: ic-http 8.1.
 *
 * Each is SHA-256 of a separator (its length as a byte, then its text) and the content. A label is
 * hashed as it is, without its length. */
#ifndef AXON_NODE_HASH_H
#define AXON_NODE_HASH_H

#include "cert/tree.h"

void axon_node_hash_empty(uint8_t out[AXON_HASH_BYTES]);
void axon_node_hash_leaf(uint8_t out[AXON_HASH_BYTES], struct ic_bytes value);
/* content, left and right are hashes, AXON_HASH_BYTES long. */
void axon_node_hash_labeled(uint8_t out[AXON_HASH_BYTES], struct ic_bytes label,
                            const uint8_t *content);
void axon_node_hash_fork(uint8_t out[AXON_HASH_BYTES], const uint8_t *left, const uint8_t *right);

#endif
