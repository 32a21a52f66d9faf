/* ChaCha20 as a generator that erases its keys. */
#include "ic/random.h"

#include "ic/buf.h"
#include "ic/trap.h"

#define KEY_BYTES     32u
#define DOUBLE_ROUNDS 10

static uint32_t rotated(uint32_t v, unsigned bits)
{
    return v << bits | v >> (32 - bits);
}

/* RFC 8439, 2.1. */
static void quarter_round(uint32_t s[16], int a, int b, int c, int d)
{
    s[a] += s[b];
    s[d] = rotated(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotated(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotated(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotated(s[b] ^ s[c], 7);
}

void ic_chacha20_block(uint8_t out[IC_RANDOM_BLOCK_BYTES], const uint32_t key[8], uint32_t counter,
                       const uint32_t nonce[3])
{
    /* "expand 32-byte k" */
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t s[16];
    memcpy(start + 4, key, KEY_BYTES);
    start[12] = counter;
    memcpy(start + 13, nonce, 3 * sizeof *nonce);
    memcpy(s, start, sizeof s);
    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
        quarter_round(s, 0, 4, 8, 12);
        quarter_round(s, 1, 5, 9, 13);
        quarter_round(s, 2, 6, 10, 14);
        quarter_round(s, 3, 7, 11, 15);
        quarter_round(s, 0, 5, 10, 15);
        quarter_round(s, 1, 6, 11, 12);
        quarter_round(s, 2, 7, 8, 13);
        quarter_round(s, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++) {
        ic_store_u32_le(out + 4 * i, s[i] + start[i]);
    }
}

/* The next block: its first half is the key of the one after, its second half is drawn. */
static void refill(struct ic_random *random)
{
    static const uint32_t NONCE[3];
    ic_chacha20_block(random->block, random->key, 0, NONCE);
    memcpy(random->key, random->block, KEY_BYTES);
    memset(random->block, 0, KEY_BYTES);
    random->used = KEY_BYTES;
}

void ic_random_seed(struct ic_random *random, const uint8_t seed[IC_RANDOM_SEED_BYTES])
{
    memset(random, 0, sizeof *random);
    memcpy(random->key, seed, KEY_BYTES);
    random->used = IC_RANDOM_BLOCK_BYTES;
    random->is_seeded = true;
}

/* The old key runs through the block function before the seed is added, so that adding the same
 * seed again does not lead back; what was left of the old sequence is dropped. */
void ic_random_stir(struct ic_random *random, const uint8_t seed[IC_RANDOM_SEED_BYTES])
{
    if (!random->is_seeded) {
        ic_random_seed(random, seed);
        return;
    }
    refill(random);
    for (uint32_t i = 0; i < KEY_BYTES / 4; i++) {
        random->key[i] ^= ic_load_u32_le(seed + 4 * (size_t)i);
    }
    memset(random->block, 0, sizeof random->block);
    random->used = IC_RANDOM_BLOCK_BYTES;
}

void ic_random_fill(struct ic_random *random, void *out, size_t size)
{
    uint8_t *at = out;
    if (!random->is_seeded) {
        IC_TRAP("random: not seeded yet");
    }
    while (size > 0) {
        if (random->used == IC_RANDOM_BLOCK_BYTES) {
            refill(random);
        }
        size_t part = IC_RANDOM_BLOCK_BYTES - random->used;
        part = part < size ? part : size;
        memcpy(at, random->block + random->used, part);
        memset(random->block + random->used, 0, part);
        random->used += (uint32_t)part;
        at += part;
        size -= part;
    }
}

uint64_t ic_random_u64(struct ic_random *random)
{
    uint8_t bytes[8];
    ic_random_fill(random, bytes, sizeof bytes);
    return ic_load_u64_le(bytes);
}

uint64_t ic_random_below(struct ic_random *random, uint64_t limit)
{
    ic_assert(limit > 0);
    /* 2^64 mod limit numbers at the bottom are one too many for some results: drawn again. */
    uint64_t surplus = (0 - limit) % limit;
    uint64_t drawn;
    do {
        drawn = ic_random_u64(random);
    } while (drawn < surplus);
    return drawn % limit;
}

uint64_t ic_random_between(struct ic_random *random, uint64_t first, uint64_t last)
{
    ic_assert(first <= last);
    const uint64_t span = last - first;
    return span == UINT64_MAX ? ic_random_u64(random) : first + ic_random_below(random, span + 1);
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

/* Fisher and Yates, from the front: each place gets one of the items that are left. */
void ic_random_shuffle(struct ic_random *random, void *items, size_t count, size_t size)
{
    uint8_t *at = items;
    for (size_t left = count; left > 1; left--, at += size) {
        swap(at, at + (size_t)ic_random_below(random, left) * size, size);
    }
}
