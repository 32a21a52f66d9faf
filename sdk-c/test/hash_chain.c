#include "test/hash_chain.h"

#define LENGTH_MAX 300u

void hash_chain(uint8_t out[IC_SHA256_BYTES])
{
    uint8_t message[LENGTH_MAX];
    struct ic_sha256 all;
    for (size_t i = 0; i < LENGTH_MAX; i++) {
        message[i] = (uint8_t)(i * i + 3 * i);
    }
    ic_sha256_init(&all);
    for (size_t size = 0; size <= LENGTH_MAX; size++) {
        uint8_t digest[IC_SHA256_BYTES];
        ic_sha256(digest, (struct ic_bytes){.at = message, .size = size});
        ic_sha256_update(&all, (struct ic_bytes){.at = digest, .size = IC_SHA256_BYTES});
        ic_sha224(digest, (struct ic_bytes){.at = message, .size = size});
        ic_sha256_update(&all, (struct ic_bytes){.at = digest, .size = IC_SHA224_BYTES});
    }
    ic_sha256_final(&all, out);
}
