/* How system calls reach the heap of the running canister. Addresses and sizes are hostile; what
 * does not fit is a contract violation that names the call. SPEC: ic-system 2.3 */
#ifndef AXON_IC0_MEMORY_H
#define AXON_IC0_MEMORY_H

#include "exec/exec.h"

/* A view of [src, src + size) of the heap, valid until the import returns. */
IC_MUST_USE bool ic0_heap_view(struct axon_exec *x, struct ic_bytes *out, const char *call,
                               uint64_t src, uint64_t size);
/* The X_copy functions: bytes [offset, offset + size) of data to dst. */
IC_MUST_USE bool ic0_heap_copy(struct axon_exec *x, const char *call, struct ic_bytes data,
                               uint64_t dst, uint64_t offset, uint64_t size);
/* 16 bytes, little-endian. */
IC_MUST_USE bool ic0_heap_put_u128(struct axon_exec *x, const char *call, uint64_t dst,
                                   axon_u128 value);
/* Whether [at, at + size) is inside. */
bool ic0_heap_has(struct axon_exec *x, uint64_t at, uint64_t size);

#endif
