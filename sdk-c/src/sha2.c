#include "ic/sha2.h"

#include "ic/buf.h"

/* The compression function is unrolled: in Wasm every local.get and loop test is an instruction
 * that is paid for. The schedule lives in sixteen locals that are overwritten in turn. */

static const uint32_t START_256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const uint32_t START_224[8] = {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939,
                                      0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4};

#define ROTR(x, n)     ((x) >> (n) | (x) << (32 - (n)))
#define BIG_SIGMA_0(x) (ROTR(x, 2) ^ ROTR(x, 13) ^ ROTR(x, 22))
#define BIG_SIGMA_1(x) (ROTR(x, 6) ^ ROTR(x, 11) ^ ROTR(x, 25))
#define SIGMA_0(x)     (ROTR(x, 7) ^ ROTR(x, 18) ^ (x) >> 3)
#define SIGMA_1(x)     (ROTR(x, 17) ^ ROTR(x, 19) ^ (x) >> 10)
#define CHOOSE(e, f, g) ((g) ^ ((e) & ((f) ^ (g))))

/* One round. The majority of a, b, c is b ^ ((a ^ b) & (b ^ c)); a ^ b is the b ^ c of the next
 * round, so it is handed on: new_ab is written, old_ab was written by the round before. */
#define ROUND(a, b, c, d, e, f, g, h, new_ab, old_ab, k, w)               \
    do {                                                                  \
        uint32_t sum = (h) + BIG_SIGMA_1(e) + CHOOSE(e, f, g) + (k) + (w); \
        (d) += sum;                                                       \
        (new_ab) = (a) ^ (b);                                             \
        (h) = sum + BIG_SIGMA_0(a) + ((b) ^ ((new_ab) & (old_ab)));       \
    } while (0)

/* Eight rounds: the variables are back in their places afterwards. */
#define ROUNDS_8(k0, k1, k2, k3, k4, k5, k6, k7, w0, w1, w2, w3, w4, w5, w6, w7) \
    do {                                                                         \
        ROUND(a, b, c, d, e, f, g, h, x, y, k0, w0);                             \
        ROUND(h, a, b, c, d, e, f, g, y, x, k1, w1);                             \
        ROUND(g, h, a, b, c, d, e, f, x, y, k2, w2);                             \
        ROUND(f, g, h, a, b, c, d, e, y, x, k3, w3);                             \
        ROUND(e, f, g, h, a, b, c, d, x, y, k4, w4);                             \
        ROUND(d, e, f, g, h, a, b, c, y, x, k5, w5);                             \
        ROUND(c, d, e, f, g, h, a, b, x, y, k6, w6);                             \
        ROUND(b, c, d, e, f, g, h, a, y, x, k7, w7);                             \
    } while (0)

#define EXPAND(w, w1, w9, w14) ((w) += SIGMA_0(w1) + (w9) + SIGMA_1(w14))

/* The next sixteen words of the schedule. */
#define EXPAND_16()             \
    do {                        \
        EXPAND(w0, w1, w9, w14); \
        EXPAND(w1, w2, w10, w15); \
        EXPAND(w2, w3, w11, w0); \
        EXPAND(w3, w4, w12, w1); \
        EXPAND(w4, w5, w13, w2); \
        EXPAND(w5, w6, w14, w3); \
        EXPAND(w6, w7, w15, w4); \
        EXPAND(w7, w8, w0, w5); \
        EXPAND(w8, w9, w1, w6); \
        EXPAND(w9, w10, w2, w7); \
        EXPAND(w10, w11, w3, w8); \
        EXPAND(w11, w12, w4, w9); \
        EXPAND(w12, w13, w5, w10); \
        EXPAND(w13, w14, w6, w11); \
        EXPAND(w14, w15, w7, w12); \
        EXPAND(w15, w0, w8, w13); \
    } while (0)

/* Four big-endian words. Wasm swaps sixteen bytes with one shuffle (3 instructions); a scalar swap
 * is twelve instructions for each word. */
#ifdef __wasm_simd128__
typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1)));
typedef uint32_t words4 __attribute__((vector_size(16)));
#define LOAD_4(wa, wb, wc, wd, at)                                                            \
    do {                                                                                      \
        bytes16 in = *(const bytes16 *)(at);                                                  \
        words4 words = (words4)__builtin_shufflevector(in, in, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, \
                                                       9, 8, 15, 14, 13, 12);                 \
        (wa) = words[0], (wb) = words[1], (wc) = words[2], (wd) = words[3];                   \
    } while (0)
#else
#define LOAD_4(wa, wb, wc, wd, at)                                        \
    ((wa) = ic_load_u32_be(at), (wb) = ic_load_u32_be((at) + 4),          \
     (wc) = ic_load_u32_be((at) + 8), (wd) = ic_load_u32_be((at) + 12))
#endif

static void compress_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15;
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    uint32_t x, y = b ^ c;
    LOAD_4(w0, w1, w2, w3, block);
    LOAD_4(w4, w5, w6, w7, block + 16);
    LOAD_4(w8, w9, w10, w11, block + 32);
    LOAD_4(w12, w13, w14, w15, block + 48);
    ROUNDS_8(0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
             0xab1c5ed5, w0, w1, w2, w3, w4, w5, w6, w7);
    ROUNDS_8(0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
             0xc19bf174, w8, w9, w10, w11, w12, w13, w14, w15);
    EXPAND_16();
    ROUNDS_8(0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc,
             0x76f988da, w0, w1, w2, w3, w4, w5, w6, w7);
    ROUNDS_8(0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351,
             0x14292967, w8, w9, w10, w11, w12, w13, w14, w15);
    EXPAND_16();
    ROUNDS_8(0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
             0x92722c85, w0, w1, w2, w3, w4, w5, w6, w7);
    ROUNDS_8(0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585,
             0x106aa070, w8, w9, w10, w11, w12, w13, w14, w15);
    EXPAND_16();
    ROUNDS_8(0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
             0x682e6ff3, w0, w1, w2, w3, w4, w5, w6, w7);
    ROUNDS_8(0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
             0xc67178f2, w8, w9, w10, w11, w12, w13, w14, w15);
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void ic_sha256_compress(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        compress_block(state, blocks + i * IC_SHA256_BLOCK_BYTES);
    }
}

/* ---- streaming ------------------------------------------------------------------------------------ */

static void init(struct ic_sha256 *h, const uint32_t start[8])
{
    memcpy(h->state, start, sizeof h->state);
    h->bytes = 0;
}

void ic_sha256_init(struct ic_sha256 *h)
{
    init(h, START_256);
}

void ic_sha224_init(struct ic_sha256 *h)
{
    init(h, START_224);
}

void ic_sha256_update(struct ic_sha256 *h, struct ic_bytes in)
{
    size_t waiting = h->bytes % IC_SHA256_BLOCK_BYTES;
    h->bytes += in.size;
    if (waiting != 0) {
        size_t room = IC_SHA256_BLOCK_BYTES - waiting;
        size_t part = in.size < room ? in.size : room;
        if (part != 0) {
            memcpy(h->block + waiting, in.at, part);
            in.at += part;
            in.size -= part;
        }
        if (part < room) {
            return;
        }
        compress_block(h->state, h->block);
    }
    size_t whole = in.size / IC_SHA256_BLOCK_BYTES;
    ic_sha256_compress(h->state, in.at, whole);
    size_t rest = in.size % IC_SHA256_BLOCK_BYTES;
    if (rest != 0) {
        memcpy(h->block, in.at + whole * IC_SHA256_BLOCK_BYTES, rest);
    }
}

void ic_sha224_update(struct ic_sha256 *h, struct ic_bytes in)
{
    ic_sha256_update(h, in);
}

/* Pads the block that holds waiting bytes, hashes it, and writes word_count words of the digest. */
static void finish(uint32_t state[8], uint8_t block[IC_SHA256_BLOCK_BYTES], uint64_t total_bytes,
                   uint8_t *out, size_t word_count)
{
    size_t waiting = total_bytes % IC_SHA256_BLOCK_BYTES;
    block[waiting++] = 0x80;
    if (waiting > IC_SHA256_BLOCK_BYTES - 8) {
        memset(block + waiting, 0, IC_SHA256_BLOCK_BYTES - waiting);
        compress_block(state, block);
        waiting = 0;
    }
    memset(block + waiting, 0, IC_SHA256_BLOCK_BYTES - 8 - waiting);
    ic_store_u64_be(block + IC_SHA256_BLOCK_BYTES - 8, total_bytes << 3);
    compress_block(state, block);
    for (size_t i = 0; i < word_count; i++) {
        ic_store_u32_be(out + 4 * i, state[i]);
    }
}

void ic_sha256_final(struct ic_sha256 *h, uint8_t out[IC_SHA256_BYTES])
{
    finish(h->state, h->block, h->bytes, out, IC_SHA256_BYTES / 4);
}

void ic_sha224_final(struct ic_sha256 *h, uint8_t out[IC_SHA224_BYTES])
{
    finish(h->state, h->block, h->bytes, out, IC_SHA224_BYTES / 4);
}

/* ---- one-shot: whole blocks are hashed where they stand --------------------------------------------- */

static void digest(const uint32_t start[8], struct ic_bytes in, uint8_t *out, size_t word_count)
{
    uint32_t state[8];
    uint8_t block[IC_SHA256_BLOCK_BYTES];
    size_t whole = in.size / IC_SHA256_BLOCK_BYTES;
    size_t rest = in.size % IC_SHA256_BLOCK_BYTES;
    memcpy(state, start, sizeof state);
    ic_sha256_compress(state, in.at, whole);
    if (rest != 0) {
        memcpy(block, in.at + whole * IC_SHA256_BLOCK_BYTES, rest);
    }
    finish(state, block, in.size, out, word_count);
}

void ic_sha256(uint8_t out[IC_SHA256_BYTES], struct ic_bytes in)
{
    digest(START_256, in, out, IC_SHA256_BYTES / 4);
}

void ic_sha224(uint8_t out[IC_SHA224_BYTES], struct ic_bytes in)
{
    digest(START_224, in, out, IC_SHA224_BYTES / 4);
}
