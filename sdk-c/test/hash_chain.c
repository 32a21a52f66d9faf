#include "test/hash_chain.h"

#include "ic/account.h"

#define LENGTH_MAX 300u

/* Both digests of a pair, of lengths that differ. */
static void pair_add(struct ic_sha256 *all, const uint8_t *message, size_t size)
{
    uint8_t a[IC_SHA256_BYTES], b[IC_SHA256_BYTES];
    struct ic_bytes whole = {.at = message, .size = size};
    struct ic_bytes half = {.at = message + size / 2, .size = size / 2};
    ic_sha256_pair(a, b, whole, half);
    ic_sha256_update(all, (struct ic_bytes){.at = a, .size = IC_SHA256_BYTES});
    ic_sha256_update(all, (struct ic_bytes){.at = b, .size = IC_SHA256_BYTES});
    ic_sha224_pair(a, b, half, whole);
    ic_sha256_update(all, (struct ic_bytes){.at = a, .size = IC_SHA224_BYTES});
    ic_sha256_update(all, (struct ic_bytes){.at = b, .size = IC_SHA224_BYTES});
}

static void accounts_add(struct ic_sha256 *all, const uint8_t *message, uint8_t size)
{
    struct ic_principal owners[2] = {{.size = size}, {.size = IC_PRINCIPAL_BYTES_MAX}};
    struct ic_subaccount subaccount;
    struct ic_account_id ids[2];
    memcpy(owners[0].bytes, message, size);
    memcpy(owners[1].bytes, message, IC_PRINCIPAL_BYTES_MAX);
    memcpy(subaccount.bytes, message, IC_SUBACCOUNT_BYTES);
    for (int i = 0; i < 4; i++) {
        ic_account_ids_from_owners(ids, &owners[0], (i & 1) != 0 ? &subaccount : NULL, &owners[1],
                                   (i & 2) != 0 ? &subaccount : NULL);
        ic_sha256_update(all, (struct ic_bytes){.at = ids[0].hash, .size = sizeof ids[0].hash});
        ic_sha256_update(all, (struct ic_bytes){.at = ids[1].hash, .size = sizeof ids[1].hash});
    }
}

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
        pair_add(&all, message, size);
    }
    for (uint8_t size = 0; size <= IC_PRINCIPAL_BYTES_MAX; size++) {
        accounts_add(&all, message, size);
    }
    ic_sha256_final(&all, out);
}
