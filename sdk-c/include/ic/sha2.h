/* SHA-256 and SHA-224. SPEC: FIPS 180-4.
 *
 * Streaming and one-shot forms give the same digest. A 64-byte block costs about 4,540 instructions
 * in Wasm; a message of n bytes has (n + 9 + 63) / 64 blocks. Not constant in time: nothing secret
 * is hashed here. */
#ifndef IC_SHA2_H
#define IC_SHA2_H

#include "ic/bytes.h"

#define IC_SHA256_BYTES       32u
#define IC_SHA224_BYTES       28u
#define IC_SHA256_BLOCK_BYTES 64u

struct ic_sha256 {
    uint32_t state[8];
    uint64_t bytes;                       /* hashed and buffered so far */
    uint8_t block[IC_SHA256_BLOCK_BYTES]; /* the first bytes % 64 are waiting */
};

void ic_sha256_init(struct ic_sha256 *h);
void ic_sha256_update(struct ic_sha256 *h, struct ic_bytes in);
/* Finishes; the object must be initialized again before its next use. */
void ic_sha256_final(struct ic_sha256 *h, uint8_t out[IC_SHA256_BYTES]);

/* SHA-224 is the same function from another start, cut to 28 bytes. */
void ic_sha224_init(struct ic_sha256 *h);
void ic_sha224_update(struct ic_sha256 *h, struct ic_bytes in);
void ic_sha224_final(struct ic_sha256 *h, uint8_t out[IC_SHA224_BYTES]);

/* One-shot: digest of in. */
void ic_sha256(uint8_t out[IC_SHA256_BYTES], struct ic_bytes in);
void ic_sha224(uint8_t out[IC_SHA224_BYTES], struct ic_bytes in);

/* ic_sha256_compress folds count whole 64-byte blocks into the state. For callers that lay out the
 * padding themselves; the others use the forms above. */
void ic_sha256_compress(uint32_t state[8], const uint8_t *blocks, size_t count);

/* ic_sha256_compress_expanded folds in one block whose schedule is known beforehand: kw[t] is word
 * t of the schedule plus constant t. Saves a quarter of a compression. */
void ic_sha256_compress_expanded(uint32_t state[8], const uint32_t kw[64]);

/* ---- two independent messages side by side ----------------------------------------------------
 *
 * In vectors, whose lanes are the messages: about 5,790 instructions for a block of each, where one
 * after the other takes 9,080. The outputs may not overlap each other; they may overlap inputs. */

/* One-shot digests of a and b, of any lengths: in pairs of blocks as far as both go. */
void ic_sha256_pair(uint8_t out_a[IC_SHA256_BYTES], uint8_t out_b[IC_SHA256_BYTES],
                    struct ic_bytes a, struct ic_bytes b);
void ic_sha224_pair(uint8_t out_a[IC_SHA224_BYTES], uint8_t out_b[IC_SHA224_BYTES],
                    struct ic_bytes a, struct ic_bytes b);

/* One whole block of 64 bytes into each state. */
void ic_sha256_compress_pair(uint32_t a[8], uint32_t b[8], const uint8_t *block_a,
                             const uint8_t *block_b);

/* The same expanded block (see ic_sha256_compress_expanded) into both states. */
void ic_sha256_compress_expanded_pair(uint32_t a[8], uint32_t b[8], const uint32_t kw[64]);

#endif
