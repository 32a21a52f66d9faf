/* SHA-256, SHA-224 and CRC-32: published vectors, and every length against OpenSSL and zlib. */
#include "test/check.h"

#include "ic/crc32.h"
#include "ic/sha2.h"
#include "ic/text.h"

#include <openssl/evp.h>
#include <zlib.h>

/* SRC: NIST, "Examples with Intermediate Values" and SHA Test Vectors for Hashing Byte-Oriented
 * Messages (empty message, one block, two blocks, 896 bits). */
static const struct {
    const char *message;
    const char *sha256;
    const char *sha224;
} VECTORS[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "qrs"
     "mnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
     "c97ca9a559850ce97a04a96def6d99a9e0e0e2ab14e6b8df265fc0b3"},
};

static void check_hex(const uint8_t *digest, size_t size, const char *hex)
{
    char text[2 * IC_SHA256_BYTES + 1] = {0};
    ic_hex_encode(text, (struct ic_bytes){.at = digest, .size = size});
    assert_string_equal(text, hex);
}

static void nist_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        uint8_t digest[IC_SHA256_BYTES];
        ic_sha256(digest, ic_bytes_from_text(VECTORS[i].message));
        check_hex(digest, IC_SHA256_BYTES, VECTORS[i].sha256);
        ic_sha224(digest, ic_bytes_from_text(VECTORS[i].message));
        check_hex(digest, IC_SHA224_BYTES, VECTORS[i].sha224);
    }
}

static void nist_million_a(void **state)
{
    (void)state;
    uint8_t chunk[1000], digest[IC_SHA256_BYTES];
    struct ic_sha256 h256, h224;
    memset(chunk, 'a', sizeof chunk);
    ic_sha256_init(&h256);
    ic_sha224_init(&h224);
    for (int i = 0; i < 1000; i++) {
        ic_sha256_update(&h256, (struct ic_bytes){.at = chunk, .size = sizeof chunk});
        ic_sha224_update(&h224, (struct ic_bytes){.at = chunk, .size = sizeof chunk});
    }
    ic_sha256_final(&h256, digest);
    check_hex(digest, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    ic_sha224_final(&h224, digest);
    check_hex(digest, 28, "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67");
}

#define LENGTH_MAX 300u

static void fill(uint8_t *at, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)test_random(&seed);
    }
}

static void every_length_against_openssl(void **state)
{
    (void)state;
    uint8_t in[LENGTH_MAX], ours[IC_SHA256_BYTES], theirs[EVP_MAX_MD_SIZE];
    fill(in, sizeof in, 3);
    for (size_t size = 0; size <= LENGTH_MAX; size++) {
        ic_sha256(ours, (struct ic_bytes){.at = in, .size = size});
        assert_int_equal(EVP_Digest(in, size, theirs, NULL, EVP_sha256(), NULL), 1);
        assert_memory_equal(ours, theirs, IC_SHA256_BYTES);
        ic_sha224(ours, (struct ic_bytes){.at = in, .size = size});
        assert_int_equal(EVP_Digest(in, size, theirs, NULL, EVP_sha224(), NULL), 1);
        assert_memory_equal(ours, theirs, IC_SHA224_BYTES);
    }
}

/* However a message is cut into pieces, the digest is that of the whole. */
static void every_cut_gives_the_same(void **state)
{
    (void)state;
    uint8_t in[LENGTH_MAX], whole[IC_SHA256_BYTES], pieces[IC_SHA256_BYTES];
    uint64_t seed = 4;
    fill(in, sizeof in, 5);
    for (int round = 0; round < 2000; round++) {
        size_t size = test_random_below(&seed, LENGTH_MAX + 1);
        struct ic_sha256 h;
        ic_sha256_init(&h);
        for (size_t at = 0; at < size;) {
            size_t part = test_random_below(&seed, size - at + 1);
            ic_sha256_update(&h, (struct ic_bytes){.at = in + at, .size = part});
            at += part;
        }
        ic_sha256_final(&h, pieces);
        ic_sha256(whole, (struct ic_bytes){.at = in, .size = size});
        assert_memory_equal(whole, pieces, IC_SHA256_BYTES);
    }
}

/* ---- two messages side by side --------------------------------------------------------------- */

static void pair_of_vectors(size_t i, size_t j)
{
    uint8_t a[IC_SHA256_BYTES], b[IC_SHA256_BYTES];
    struct ic_bytes in_a = ic_bytes_from_text(VECTORS[i].message);
    struct ic_bytes in_b = ic_bytes_from_text(VECTORS[j].message);
    ic_sha256_pair(a, b, in_a, in_b);
    check_hex(a, IC_SHA256_BYTES, VECTORS[i].sha256);
    check_hex(b, IC_SHA256_BYTES, VECTORS[j].sha256);
    ic_sha224_pair(a, b, in_a, in_b);
    check_hex(a, IC_SHA224_BYTES, VECTORS[i].sha224);
    check_hex(b, IC_SHA224_BYTES, VECTORS[j].sha224);
}

static void nist_vectors_in_either_lane(void **state)
{
    (void)state;
    const size_t count = sizeof VECTORS / sizeof VECTORS[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            pair_of_vectors(i, j);
        }
    }
}

/* Every length beside every ninth other length. */
static void pairs_are_two_digests(void **state)
{
    (void)state;
    uint8_t in[2 * LENGTH_MAX], a[IC_SHA256_BYTES], b[IC_SHA256_BYTES], alone[IC_SHA256_BYTES];
    fill(in, sizeof in, 7);
    for (size_t size_a = 0; size_a <= LENGTH_MAX; size_a++) {
        for (size_t size_b = size_a % 9; size_b <= LENGTH_MAX; size_b += 9) {
            struct ic_bytes in_a = {.at = in + 1, .size = size_a};
            struct ic_bytes in_b = {.at = in + LENGTH_MAX, .size = size_b};
            ic_sha256_pair(a, b, in_a, in_b);
            ic_sha256(alone, in_a);
            assert_memory_equal(a, alone, IC_SHA256_BYTES);
            ic_sha256(alone, in_b);
            assert_memory_equal(b, alone, IC_SHA256_BYTES);
        }
    }
}

static void nist_million_a_in_either_lane(void **state)
{
    (void)state;
    const size_t million = 1000000;
    uint8_t *as = malloc(million), a[IC_SHA256_BYTES], b[IC_SHA256_BYTES];
    assert_non_null(as);
    memset(as, 'a', million);
    struct ic_bytes all = {.at = as, .size = million};
    ic_sha256_pair(a, b, all, IC_BYTES_LIT("abc"));
    check_hex(a, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    check_hex(b, 32, VECTORS[1].sha256);
    ic_sha224_pair(a, b, IC_BYTES_LIT("abc"), all);
    check_hex(a, 28, VECTORS[1].sha224);
    check_hex(b, 28, "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67");
    free(as);
}

/* Any schedule, whether or not it is one of a block. */
static void expanded_blocks_in_pairs(void **state)
{
    (void)state;
    uint32_t kw[64], a[8], b[8], a_alone[8], b_alone[8];
    uint64_t seed = 8;
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < 64; i++) {
            kw[i] = (uint32_t)test_random(&seed);
        }
        for (size_t i = 0; i < 8; i++) {
            a[i] = a_alone[i] = (uint32_t)test_random(&seed);
            b[i] = b_alone[i] = round == 0 ? 0 : (uint32_t)test_random(&seed);
        }
        ic_sha256_compress_expanded_pair(a, b, kw);
        ic_sha256_compress_expanded(a_alone, kw);
        ic_sha256_compress_expanded(b_alone, kw);
        assert_memory_equal(a, a_alone, sizeof a);
        assert_memory_equal(b, b_alone, sizeof b);
    }
}

static void crc32_check_value(void **state)
{
    (void)state;
    assert_int_equal(ic_crc32(IC_BYTES_LIT("123456789")), 0xcbf43926);
    assert_int_equal(ic_crc32(IC_BYTES_LIT("")), 0);
}

static void crc32_against_zlib(void **state)
{
    (void)state;
    uint8_t in[LENGTH_MAX];
    fill(in, sizeof in, 6);
    for (size_t size = 0; size <= LENGTH_MAX; size++) {
        uint32_t expected = (uint32_t)crc32(0, in, (uInt)size);
        assert_int_equal(ic_crc32((struct ic_bytes){.at = in, .size = size}), expected);
        size_t half = size / 2;
        uint32_t first = ic_crc32((struct ic_bytes){.at = in, .size = half});
        struct ic_bytes rest = {.at = in + half, .size = size - half};
        assert_int_equal(ic_crc32_update(first, rest), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nist_vectors),
        cmocka_unit_test(nist_million_a),
        cmocka_unit_test(every_length_against_openssl),
        cmocka_unit_test(every_cut_gives_the_same),
        cmocka_unit_test(nist_vectors_in_either_lane),
        cmocka_unit_test(pairs_are_two_digests),
        cmocka_unit_test(nist_million_a_in_either_lane),
        cmocka_unit_test(expanded_blocks_in_pairs),
        cmocka_unit_test(crc32_check_value),
        cmocka_unit_test(crc32_against_zlib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
