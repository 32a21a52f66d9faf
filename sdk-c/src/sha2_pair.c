/* SHA-256 of two messages at once.
 *
 * A rotation of 32-bit lanes takes two shifts, of weight 2 each, and a rotation of one word weight
 * 1, so that four words in four lanes gain little. Here a word stands twice in a 64-bit lane: one
 * shift of 64 bits then leaves the rotated word in the lower half. What is rotated, a and e, is
 * doubled again by one swizzle; everything else is computed in both halves, the upper one being of
 * no interest. A block of two messages costs 5,790 instructions, of one 4,540. */
#include "ic/buf.h"
#include "ic/sha2.h"
#include "src/sha2_constants.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

typedef uint32_t words __attribute__((vector_size(16)));
typedef uint64_t doubles __attribute__((vector_size(16)));
typedef uint8_t octets __attribute__((vector_size(16)));

#define LANES(v)      ((doubles)(v))
#define ROTATED(v, n) ((words)(LANES(v) >> (n)))

/* Lanes 0, 0, 2, 2: what stands in the lower halves, twice. In Wasm a swizzle by a constant costs
 * 2, a shuffle of one operand with itself 5. */
#ifdef __wasm_simd128__
#define DOUBLED(v)                                                                                 \
    ((words)wasm_i8x16_swizzle(                                                                    \
        (v128_t)(v), wasm_i8x16_const(0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11)))
#define UPPER(v)                                                                                   \
    ((words)wasm_i8x16_swizzle(                                                                    \
        (v128_t)(v), wasm_i8x16_const(4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15)))
#else
#define DOUBLED(v) __builtin_shufflevector((v), (v), 0, 0, 2, 2)
#define UPPER(v)   __builtin_shufflevector((v), (v), 1, 1, 3, 3)
#endif

#define BIG_SIGMA_0(x)  (ROTATED(x, 2) ^ ROTATED(x, 13) ^ ROTATED(x, 22))
#define BIG_SIGMA_1(x)  (ROTATED(x, 6) ^ ROTATED(x, 11) ^ ROTATED(x, 25))
#define CHOOSE(e, f, g) ((g) ^ ((e) & ((f) ^ (g))))

/* One round, as in sha2.c; kw has the word of each message in the lower half of its lane. */
#define ROUND(a, b, c, d, e, f, g, h, new_ab, old_ab, kw)                                          \
    do {                                                                                           \
        const words sum = (h) + BIG_SIGMA_1(e) + CHOOSE(e, f, g) + (kw);                           \
        const words next = (d) + sum;                                                              \
        (d) = DOUBLED(next);                                                                       \
        (new_ab) = (a) ^ (b);                                                                      \
        const words top = sum + BIG_SIGMA_0(a) + ((b) ^ ((new_ab) & (old_ab)));                    \
        (h) = DOUBLED(top);                                                                        \
    } while (0)

/* The working variables of both messages, doubled. */
struct pair {
    words a, b, c, d, e, f, g, h;
};

static inline words both(uint32_t a, uint32_t b)
{
    return (words){a, a, b, b};
}

static inline struct pair pair_load(const uint32_t a[8], const uint32_t b[8])
{
    return (struct pair){
        .a = both(a[0], b[0]),
        .b = both(a[1], b[1]),
        .c = both(a[2], b[2]),
        .d = both(a[3], b[3]),
        .e = both(a[4], b[4]),
        .f = both(a[5], b[5]),
        .g = both(a[6], b[6]),
        .h = both(a[7], b[7]),
    };
}

static inline void word_add(uint32_t *a, uint32_t *b, words v)
{
    *a += v[0];
    *b += v[2];
}

static inline void pair_add(uint32_t a[8], uint32_t b[8], const struct pair *p)
{
    word_add(&a[0], &b[0], p->a);
    word_add(&a[1], &b[1], p->b);
    word_add(&a[2], &b[2], p->c);
    word_add(&a[3], &b[3], p->d);
    word_add(&a[4], &b[4], p->e);
    word_add(&a[5], &b[5], p->f);
    word_add(&a[6], &b[6], p->g);
    word_add(&a[7], &b[7], p->h);
}

/* ---- the schedule: words t and t + 1 of the one message, then those of the other ------------- */

#define ROTR(x, n) ((x) >> (n) | (x) << (32 - (n)))

static inline words sigma_0(words w)
{
    return ROTR(w, 7) ^ ROTR(w, 18) ^ w >> 3;
}

static inline words sigma_1(words w)
{
    return ROTR(w, 17) ^ ROTR(w, 19) ^ w >> 10;
}

/* The words t + 1 and t + 2, of t, t + 1 and t + 2, t + 3. */
static inline words between(words w, words next)
{
    return __builtin_shufflevector(w, next, 1, 4, 3, 6);
}

/* Words t and t + 1 from those at t - 16, - 14, - 8, - 6 and - 2. */
static inline words next_words(words w16, words w14, words w8, words w6, words w2)
{
    return w16 + sigma_0(between(w16, w14)) + between(w8, w6) + sigma_1(w2);
}

/* Sixteen big-endian bytes of each message are four words of each: two vectors. */
static inline void words_load(words out[2], const uint8_t *a, const uint8_t *b)
{
    octets x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    out[0] = (words)__builtin_shufflevector(x, y, 3, 2, 1, 0, 7, 6, 5, 4, 19, 18, 17, 16, 23, 22,
                                            21, 20);
    out[1] = (words)__builtin_shufflevector(x, y, 11, 10, 9, 8, 15, 14, 13, 12, 27, 26, 25, 24, 31,
                                            30, 29, 28);
}

static inline words constants_add(words w, uint32_t t)
{
    uint64_t k; // two constants, for both messages: one load
    memcpy(&k, &IC_SHA2_K[t], sizeof k);
    return w + (words)(doubles){k, k};
}

/* Rounds t and t + 1 in place; the names of the variables move on by two. */
#define ROUNDS_2(a, b, c, d, e, f, g, h, w, t)                                                     \
    do {                                                                                           \
        const words kw = constants_add(w, t);                                                      \
        ROUND(a, b, c, d, e, f, g, h, x, y, kw);                                                   \
        ROUND(h, a, b, c, d, e, f, g, y, x, UPPER(kw));                                            \
    } while (0)

/* Rounds t to t + 7; the variables are back in their places afterwards. */
#define ROUNDS_8(w, t)                                                                             \
    do {                                                                                           \
        ROUNDS_2(p.a, p.b, p.c, p.d, p.e, p.f, p.g, p.h, (w)[0], t);                               \
        ROUNDS_2(p.g, p.h, p.a, p.b, p.c, p.d, p.e, p.f, (w)[1], (t) + 2);                         \
        ROUNDS_2(p.e, p.f, p.g, p.h, p.a, p.b, p.c, p.d, (w)[2], (t) + 4);                         \
        ROUNDS_2(p.c, p.d, p.e, p.f, p.g, p.h, p.a, p.b, (w)[3], (t) + 6);                         \
    } while (0)

/* The next eight words of each message, in place of the older eight of sixteen. */
#define EXPAND_8(w)                                                                                \
    do {                                                                                           \
        (w)[0] = next_words((w)[0], (w)[1], (w)[4], (w)[5], (w)[7]);                               \
        (w)[1] = next_words((w)[1], (w)[2], (w)[5], (w)[6], (w)[0]);                               \
        (w)[2] = next_words((w)[2], (w)[3], (w)[6], (w)[7], (w)[1]);                               \
        (w)[3] = next_words((w)[3], (w)[4], (w)[7], (w)[0], (w)[2]);                               \
    } while (0)

void ic_sha256_compress_pair(uint32_t a[8], uint32_t b[8], const uint8_t *block_a,
                             const uint8_t *block_b)
{
    struct pair p = pair_load(a, b);
    words x, y = p.b ^ p.c;
    words w[8];
    words_load(w, block_a, block_b);
    words_load(w + 2, block_a + 16, block_b + 16);
    words_load(w + 4, block_a + 32, block_b + 32);
    words_load(w + 6, block_a + 48, block_b + 48);
    /* Eight rounds at a time: unrolled it is 11 kB longer and five percent faster. */
#pragma GCC unroll 1
    for (uint32_t t = 0; t < 64; t += 8) {
        if (t >= 16) {
            EXPAND_8(w);
        }
        ROUNDS_8(w, t);
        for (size_t i = 0; i < 4; i++) {
            const words used = w[i];
            w[i] = w[i + 4];
            w[i + 4] = used;
        }
    }
    pair_add(a, b, &p);
}

void ic_sha256_compress_expanded_pair(uint32_t a[8], uint32_t b[8], const uint32_t kw[64])
{
    struct pair p = pair_load(a, b);
    words x, y = p.b ^ p.c;
    for (const uint32_t *w = kw; w < kw + 64; w += 8) {
        ROUND(p.a, p.b, p.c, p.d, p.e, p.f, p.g, p.h, x, y, both(w[0], w[0]));
        ROUND(p.h, p.a, p.b, p.c, p.d, p.e, p.f, p.g, y, x, both(w[1], w[1]));
        ROUND(p.g, p.h, p.a, p.b, p.c, p.d, p.e, p.f, x, y, both(w[2], w[2]));
        ROUND(p.f, p.g, p.h, p.a, p.b, p.c, p.d, p.e, y, x, both(w[3], w[3]));
        ROUND(p.e, p.f, p.g, p.h, p.a, p.b, p.c, p.d, x, y, both(w[4], w[4]));
        ROUND(p.d, p.e, p.f, p.g, p.h, p.a, p.b, p.c, y, x, both(w[5], w[5]));
        ROUND(p.c, p.d, p.e, p.f, p.g, p.h, p.a, p.b, x, y, both(w[6], w[6]));
        ROUND(p.b, p.c, p.d, p.e, p.f, p.g, p.h, p.a, y, x, both(w[7], w[7]));
    }
    pair_add(a, b, &p);
}

/* ---- messages of any length ------------------------------------------------------------------ */

#define TAIL_BLOCKS_MAX 2u

/* The end of a message: what follows its whole blocks, padded. */
struct tail {
    uint8_t bytes[TAIL_BLOCKS_MAX * IC_SHA256_BLOCK_BYTES];
    size_t whole; /* blocks of the message before it */
    size_t count; /* whole and those of the tail */
};

static void tail_make(struct tail *tail, struct ic_bytes in)
{
    const size_t rest = in.size % IC_SHA256_BLOCK_BYTES;
    const size_t blocks = rest + 9 <= IC_SHA256_BLOCK_BYTES ? 1 : 2;
    const size_t size = blocks * IC_SHA256_BLOCK_BYTES;
    tail->whole = in.size / IC_SHA256_BLOCK_BYTES;
    tail->count = tail->whole + blocks;
    if (rest != 0) {
        memcpy(tail->bytes, in.at + in.size - rest, rest);
    }
    tail->bytes[rest] = 0x80;
    memset(tail->bytes + rest + 1, 0, size - rest - 9);
    ic_store_u64_be(tail->bytes + size - 8, (uint64_t)in.size << 3);
}

static const uint8_t *block_at(const struct tail *tail, struct ic_bytes in, size_t i)
{
    return i < tail->whole ? in.at + i * IC_SHA256_BLOCK_BYTES
                           : tail->bytes + (i - tail->whole) * IC_SHA256_BLOCK_BYTES;
}

static void digest_pair(const uint32_t start[8], uint8_t *out_a, uint8_t *out_b, struct ic_bytes a,
                        struct ic_bytes b, size_t word_count)
{
    struct tail tail_a, tail_b;
    uint32_t state_a[8], state_b[8];
    memcpy(state_a, start, sizeof state_a);
    memcpy(state_b, start, sizeof state_b);
    tail_make(&tail_a, a);
    tail_make(&tail_b, b);
    size_t i = 0;
    for (; i < tail_a.count && i < tail_b.count; i++) {
        ic_sha256_compress_pair(state_a, state_b, block_at(&tail_a, a, i), block_at(&tail_b, b, i));
    }
    for (size_t j = i; j < tail_a.count; j++) {
        ic_sha256_compress(state_a, block_at(&tail_a, a, j), 1);
    }
    for (size_t j = i; j < tail_b.count; j++) {
        ic_sha256_compress(state_b, block_at(&tail_b, b, j), 1);
    }
    for (size_t w = 0; w < word_count; w++) {
        ic_store_u32_be(out_a + 4 * w, state_a[w]);
        ic_store_u32_be(out_b + 4 * w, state_b[w]);
    }
}

void ic_sha256_pair(uint8_t out_a[IC_SHA256_BYTES], uint8_t out_b[IC_SHA256_BYTES],
                    struct ic_bytes a, struct ic_bytes b)
{
    digest_pair(IC_SHA2_START_256, out_a, out_b, a, b, IC_SHA256_BYTES / 4);
}

void ic_sha224_pair(uint8_t out_a[IC_SHA224_BYTES], uint8_t out_b[IC_SHA224_BYTES],
                    struct ic_bytes a, struct ic_bytes b)
{
    digest_pair(IC_SHA2_START_224, out_a, out_b, a, b, IC_SHA224_BYTES / 4);
}
