/* Random numbers: a seeded generator on ChaCha20, of which one seed makes as many numbers as you
 * like.
 *
 * What can be predicted. A canister runs on many machines that must agree, so there is no entropy
 * but what the management canister's raw_rand gives: 32 bytes that nobody knows before the block in
 * which they are answered. The generator makes of them a sequence that nobody can tell from a
 * random one without knowing its state. But the machines of the subnet hold that state: who reads
 * the memory of one of them knows all numbers to come, until the next seed. So
 *
 *   - for shuffling, sampling and tie-breaking, seed once after init and after each upgrade: the
 * generator lives in the heap, which an upgrade drops, and draws trap until there is a seed again
 * (ic/management.h shows how to get one);
 *   - for what somebody gains by predicting (lotteries, games, keys), take the seed after the bets
 *     are closed: ask raw_rand then, and use it for this one draw;
 *   - a query runs on a single machine, can be repeated at will, and its changes to the generator
 *     are dropped: two queries draw the same numbers;
 *   - a trap takes back the drawing as well: the next message draws the same numbers again. A
 *     caller who can make your message trap after the draw can draw until he likes the result: so
 *     what he owes is settled before the draw.
 *
 * After each block the generator replaces its own key ("fast key erasure"): numbers that were drawn
 * cannot be found out from a later state.
 *
 * SPEC: RFC 8439, 2.3 (the ChaCha20 block); IC management canister, raw_rand. */
#ifndef IC_RANDOM_H
#define IC_RANDOM_H

#include "ic/bytes.h"

#define IC_RANDOM_SEED_BYTES  32u /* what raw_rand answers */
#define IC_RANDOM_BLOCK_BYTES 64u

/* Give it static storage: it starts without a seed, and drawing traps until there is one. */
struct ic_random {
    uint32_t key[8];
    uint8_t block[IC_RANDOM_BLOCK_BYTES];
    uint32_t used; /* bytes of the block that were drawn or became the key */
    bool is_seeded;
};

/* ic_random_seed starts the sequence of a seed; the same seed gives the same sequence. */
void ic_random_seed(struct ic_random *random, const uint8_t seed[IC_RANDOM_SEED_BYTES]);

/* ic_random_stir adds a seed to what is there: at least as unpredictable as the better of both.
 * Seeds a generator that has none. */
void ic_random_stir(struct ic_random *random, const uint8_t seed[IC_RANDOM_SEED_BYTES]);

/* All of the following trap when the generator was never seeded. About 4,000 instructions for each
 * 32 bytes. */
void ic_random_fill(struct ic_random *random, void *out, size_t size);
uint64_t ic_random_u64(struct ic_random *random);

/* ic_random_below draws from 0 to limit - 1, each equally likely; limit > 0. Draws again when a
 * number falls into the incomplete last interval: less than twice on average. */
uint64_t ic_random_below(struct ic_random *random, uint64_t limit);

/* ic_random_between draws from first to last, both included; first <= last. */
uint64_t ic_random_between(struct ic_random *random, uint64_t first, uint64_t last);

/* ic_random_shuffle puts count items of size bytes each in a random order, every order equally
 * likely. The first k of them are a sample of k. */
void ic_random_shuffle(struct ic_random *random, void *items, size_t count, size_t size);

/* The ChaCha20 block function: 64 bytes for a key, a counter and a nonce. */
void ic_chacha20_block(uint8_t out[IC_RANDOM_BLOCK_BYTES], const uint32_t key[8], uint32_t counter,
                       const uint32_t nonce[3]);

#endif
