#include "cert/node_hash.h"

#include "base/hash.h"

#include <stdlib.h>

/* SHA-256 of a separator (length byte and text) and two byte strings. */
static void domain_hash(uint8_t out[AXON_HASH_BYTES], const char *separator, struct ic_bytes a,
                        struct ic_bytes b)
{
    uint8_t small[128]; /* two hashes and the longest separator fit */
    size_t separator_bytes = strlen(separator);
    size_t size = 1 + separator_bytes + a.size + b.size;
    uint8_t *at = size <= sizeof small ? small : axon_alloc(size);
    at[0] = (uint8_t)separator_bytes;
    memcpy(at + 1, separator, separator_bytes);
    if (a.size > 0) {
        memcpy(at + 1 + separator_bytes, a.at, a.size);
    }
    if (b.size > 0) {
        memcpy(at + 1 + separator_bytes + a.size, b.at, b.size);
    }
    axon_sha256(out, (struct ic_bytes){.at = at, .size = size});
    if (at != small) {
        free(at);
    }
}

static struct ic_bytes hash_bytes(const uint8_t hash[AXON_HASH_BYTES])
{
    return (struct ic_bytes){.at = hash, .size = AXON_HASH_BYTES};
}

void axon_node_hash_empty(uint8_t out[AXON_HASH_BYTES])
{
    domain_hash(out, "ic-hashtree-empty", (struct ic_bytes){0}, (struct ic_bytes){0});
}

void axon_node_hash_leaf(uint8_t out[AXON_HASH_BYTES], struct ic_bytes value)
{
    domain_hash(out, "ic-hashtree-leaf", value, (struct ic_bytes){0});
}

void axon_node_hash_labeled(uint8_t out[AXON_HASH_BYTES], struct ic_bytes label,
                            const uint8_t *content)
{
    domain_hash(out, "ic-hashtree-labeled", label, hash_bytes(content));
}

void axon_node_hash_fork(uint8_t out[AXON_HASH_BYTES], const uint8_t *left, const uint8_t *right)
{
    domain_hash(out, "ic-hashtree-fork", hash_bytes(left), hash_bytes(right));
}
