/* The representation-independent hash of a map, from which request ids, delegation hashes and the
 * hashes of query replies are made. SPEC: ic-http 4.
 *
 *     struct axon_ri_map m = {0};
 *     axon_ri_bytes(&m, "request_type", IC_BYTES_LIT("call"));
 *     axon_ri_nat(&m, "ingress_expiry", expiry_ns);
 *     axon_ri_finish(&m, id);
 *
 * Fields may come in any order. More than AXON_RI_FIELDS_MAX end the program. */
#ifndef AXON_RIHASH_H
#define AXON_RIHASH_H

#include "base/hash.h"
#include "ic/bytes.h"

#define AXON_RI_FIELDS_MAX 16u

struct axon_ri_map {
    struct axon_ri_field {
        uint8_t key[AXON_SHA256_BYTES];   /* SHA-256 of the key */
        uint8_t value[AXON_SHA256_BYTES]; /* hash of the value */
    } fields[AXON_RI_FIELDS_MAX];
    size_t count;
};

/* A byte or text field (they hash alike), a natural, a hash made by the caller (nested maps and
 * arrays). */
void axon_ri_bytes(struct axon_ri_map *m, const char *key, struct ic_bytes value);
void axon_ri_nat(struct axon_ri_map *m, const char *key, uint64_t value);
void axon_ri_hash(struct axon_ri_map *m, const char *key, const uint8_t hash[AXON_SHA256_BYTES]);
void axon_ri_finish(struct axon_ri_map *m, uint8_t out[AXON_SHA256_BYTES]);

#endif
