/* The generator: the block function against RFC 8439, and that what it promises holds. */
#include "test/check.h"

#include "ic/buf.h"
#include "ic/random.h"

static void seed_make(uint8_t seed[IC_RANDOM_SEED_BYTES], uint8_t first)
{
    for (uint8_t i = 0; i < IC_RANDOM_SEED_BYTES; i++) {
        seed[i] = (uint8_t)(first + i);
    }
}

/* RFC 8439, 2.3.2. */
static void block_of_the_rfc(void **state)
{
    (void)state;
    static const uint8_t EXPECTED[64] = {
        0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
        0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
        0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
        0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
        0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
    static const uint32_t NONCE[3] = {0x09000000, 0x4a000000, 0};
    uint8_t seed[IC_RANDOM_SEED_BYTES], out[64];
    uint32_t key[8];
    seed_make(seed, 0);
    memcpy(key, seed, sizeof key);
    ic_chacha20_block(out, key, 1, NONCE);
    assert_memory_equal(out, EXPECTED, sizeof EXPECTED);
}

/* RFC 8439, A.1, test vectors 1 and 2. */
static void blocks_of_the_zero_key(void **state)
{
    (void)state;
    static const uint8_t EXPECTED[2][16] = {{0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40,
                                             0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28},
                                            {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a, 0x98,
                                             0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d}};
    static const uint32_t ZERO[8];
    for (uint32_t counter = 0; counter < 2; counter++) {
        uint8_t out[64];
        ic_chacha20_block(out, ZERO, counter, ZERO);
        assert_memory_equal(out, EXPECTED[counter], 16);
    }
}

/* The sequence, said in other words: draw the second half, the first half is the next key. */
static void sequence_of_a_seed(void **state)
{
    (void)state;
    static const uint32_t NONCE[3];
    struct ic_random random = {.is_seeded = false};
    uint8_t seed[IC_RANDOM_SEED_BYTES], drawn[96], expected[96];
    uint32_t key[8];
    seed_make(seed, 40);
    memcpy(key, seed, sizeof key);
    for (int i = 0; i < 3; i++) {
        uint8_t block[64];
        ic_chacha20_block(block, key, 0, NONCE);
        memcpy(key, block, sizeof key);
        memcpy(expected + 32 * i, block + 32, 32);
    }
    ic_random_seed(&random, seed);
    size_t at = 0;
    for (size_t part = 1; at < sizeof drawn; at += part++) {
        part = part < sizeof drawn - at ? part : sizeof drawn - at;
        ic_random_fill(&random, drawn + at, part);
    }
    assert_memory_equal(drawn, expected, sizeof expected);
}

static void what_was_drawn_is_erased(void **state)
{
    (void)state;
    struct ic_random random = {.is_seeded = false};
    uint8_t seed[IC_RANDOM_SEED_BYTES], drawn[20];
    seed_make(seed, 3);
    ic_random_seed(&random, seed);
    ic_random_fill(&random, drawn, sizeof drawn);
    const uint8_t *memory = (const uint8_t *)&random;
    for (size_t at = 0; at + 8 <= sizeof random; at++) {
        assert_memory_not_equal(memory + at, drawn, 8);
        assert_memory_not_equal(memory + at, seed, 8);
    }
}

static void stirring(void **state)
{
    (void)state;
    struct ic_random a = {.is_seeded = false}, b = {.is_seeded = false}, c = {.is_seeded = false};
    uint8_t one[IC_RANDOM_SEED_BYTES], two[IC_RANDOM_SEED_BYTES];
    seed_make(one, 1);
    seed_make(two, 101);
    ic_random_stir(&a, one); /* unseeded: a seed */
    ic_random_seed(&b, one);
    ic_random_seed(&c, one);
    assert_true(ic_random_u64(&a) == ic_random_u64(&b));
    ic_random_stir(&a, two);
    ic_random_stir(&b, two);
    ic_random_u64(&c);
    uint64_t after = ic_random_u64(&a);
    assert_true(after == ic_random_u64(&b));
    assert_true(after != ic_random_u64(&c));
    struct ic_random back = a;
    back.used = IC_RANDOM_BLOCK_BYTES;
    ic_random_stir(&a, two); /* twice the same is not a way back */
    ic_random_stir(&a, two);
    assert_true(ic_random_u64(&a) != ic_random_u64(&back));
    ic_random_stir(&b, two); /* and what was unknown before stays so */
    ic_random_stir(&c, two);
    assert_true(ic_random_u64(&b) != ic_random_u64(&c));
}

static void draw_unseeded(void *argument)
{
    (void)argument;
    struct ic_random random = {.is_seeded = false};
    ic_random_u64(&random);
}

static void unseeded_traps(void **state)
{
    (void)state;
    CHECK_TRAPS("random: not seeded yet", draw_unseeded, NULL);
}

/* Uniform: the statistic over 12 boxes stays below the value that chance exceeds once in 10^6. */
static void below_is_uniform(void **state)
{
    (void)state;
    enum { BOXES = 12, DRAWS = 120000 };
    struct ic_random random = {.is_seeded = false};
    uint8_t seed[IC_RANDOM_SEED_BYTES];
    uint32_t counts[BOXES] = {0};
    seed_make(seed, 77);
    ic_random_seed(&random, seed);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t drawn = ic_random_below(&random, BOXES);
        assert_true(drawn < BOXES);
        counts[drawn]++;
    }
    double statistic = 0;
    for (int i = 0; i < BOXES; i++) {
        double difference = (double)counts[i] - DRAWS / BOXES;
        statistic += difference * difference / (DRAWS / BOXES);
    }
    assert_true(statistic < 51);
}

/* With a limit of 3/4 of the range, a plain remainder would hit the lower third twice as often. */
static void below_has_no_bias(void **state)
{
    (void)state;
    struct ic_random random = {.is_seeded = false};
    uint8_t seed[IC_RANDOM_SEED_BYTES];
    const uint64_t limit = UINT64_MAX / 4 * 3;
    uint32_t low = 0;
    seed_make(seed, 5);
    ic_random_seed(&random, seed);
    for (int i = 0; i < 30000; i++) {
        uint64_t drawn = ic_random_below(&random, limit);
        assert_true(drawn < limit);
        low += drawn < limit / 3;
    }
    assert_in_range(low, 9500, 10500); /* expected 10,000; with bias 15,000 */
    assert_true(ic_random_below(&random, 1) == 0);
    assert_true(ic_random_below(&random, UINT64_MAX) < UINT64_MAX);
}

static void between_includes_both(void **state)
{
    (void)state;
    struct ic_random random = {.is_seeded = false};
    uint8_t seed[IC_RANDOM_SEED_BYTES];
    uint32_t seen = 0;
    seed_make(seed, 9);
    ic_random_seed(&random, seed);
    for (int i = 0; i < 300; i++) {
        const uint64_t drawn = ic_random_between(&random, 3, 6);
        assert_in_range(drawn, 3, 6);
        seen |= 1u << drawn;
    }
    assert_int_equal(seen, 0x78);
    assert_true(ic_random_between(&random, 5, 5) == 5);
    assert_true(ic_random_between(&random, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    assert_true(ic_random_between(&random, 0, UINT64_MAX) !=
                ic_random_between(&random, 0, UINT64_MAX));
    assert_true(ic_random_between(&random, 1, UINT64_MAX) >= 1);
}

/* All 24 orders of four items of three bytes, each as often as the others: 23 degrees of freedom,
 * a statistic that chance exceeds once in 10^6. */
static void shuffles_are_uniform(void **state)
{
    (void)state;
    enum { ORDERS = 256, DRAWS = 48000 };
    static uint32_t counts[ORDERS];
    struct ic_random random = {.is_seeded = false};
    uint8_t seed[IC_RANDOM_SEED_BYTES];
    seed_make(seed, 33);
    ic_random_seed(&random, seed);
    for (int i = 0; i < DRAWS; i++) {
        char items[4][3] = {"0ab", "1cd", "2ef", "3gh"};
        static const char WHOLE[4][3] = {"0ab", "1cd", "2ef", "3gh"};
        unsigned order = 0;
        ic_random_shuffle(&random, items, 4, 3);
        for (int k = 0; k < 4; k++) {
            assert_in_range(items[k][0], '0', '3');
            assert_memory_equal(items[k], WHOLE[items[k][0] - '0'], 3);
            order = order << 2 | (unsigned)(items[k][0] - '0');
        }
        counts[order]++;
    }
    double statistic = 0;
    unsigned orders = 0;
    for (int i = 0; i < ORDERS; i++) {
        const double difference = (double)counts[i] - DRAWS / 24;
        statistic += counts[i] == 0 ? 0 : difference * difference / (DRAWS / 24);
        orders += counts[i] != 0;
    }
    assert_int_equal(orders, 24);
    assert_true(statistic < 72);
    ic_random_shuffle(&random, NULL, 0, 8); /* nothing, and one, need no number */
    uint64_t one = 5;
    const struct ic_random before = random;
    ic_random_shuffle(&random, &one, 1, sizeof one);
    assert_int_equal(one, 5);
    assert_memory_equal(&before, &random, sizeof random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_of_the_rfc),   cmocka_unit_test(blocks_of_the_zero_key),
        cmocka_unit_test(sequence_of_a_seed), cmocka_unit_test(what_was_drawn_is_erased),
        cmocka_unit_test(stirring),           cmocka_unit_test(unseeded_traps),
        cmocka_unit_test(below_is_uniform),   cmocka_unit_test(below_has_no_bias),
        cmocka_unit_test(between_includes_both), cmocka_unit_test(shuffles_are_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
