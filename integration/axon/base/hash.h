/* SHA-256 and SHA-224 of byte strings, for host code (OpenSSL underneath). */
#ifndef AXON_HASH_H
#define AXON_HASH_H

#include "ic/bytes.h"

#define AXON_SHA256_BYTES 32u
#define AXON_SHA224_BYTES 28u

void axon_sha256(uint8_t out[AXON_SHA256_BYTES], struct ic_bytes in);
void axon_sha224(uint8_t out[AXON_SHA224_BYTES], struct ic_bytes in);

#endif
