/* A digest over the digests of messages of every length up to 300 bytes: the same natively and in
 * Wasm, where the hash function has a vector form of its own. */
#ifndef IC_TEST_HASH_CHAIN_H
#define IC_TEST_HASH_CHAIN_H

#include "ic/sha2.h"

void hash_chain(uint8_t out[IC_SHA256_BYTES]);

#endif
