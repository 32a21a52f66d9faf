#include "http/rihash.h"

#include <stdlib.h>
#include <string.h>

#define LEB128_BYTES_MAX 10u

static uint8_t *add_field(struct axon_ri_map *m, const char *key)
{
    if (m->count == AXON_RI_FIELDS_MAX) {
        abort();
    }
    struct axon_ri_field *field = &m->fields[m->count++];
    axon_sha256(field->key, ic_bytes_from_text(key));
    return field->value;
}

void axon_ri_bytes(struct axon_ri_map *m, const char *key, struct ic_bytes value)
{
    axon_sha256(add_field(m, key), value);
}

void axon_ri_nat(struct axon_ri_map *m, const char *key, uint64_t value)
{
    uint8_t leb[LEB128_BYTES_MAX];
    size_t size = 0;
    do {
        leb[size++] = (uint8_t)((value & 0x7fu) | (value > 0x7f ? 0x80u : 0u));
        value >>= 7;
    } while (value != 0);
    axon_sha256(add_field(m, key), (struct ic_bytes){.at = leb, .size = size});
}

void axon_ri_hash(struct axon_ri_map *m, const char *key, const uint8_t hash[AXON_SHA256_BYTES])
{
    memcpy(add_field(m, key), hash, AXON_SHA256_BYTES);
}

static int field_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct axon_ri_field));
}

void axon_ri_finish(struct axon_ri_map *m, uint8_t out[AXON_SHA256_BYTES])
{
    qsort(m->fields, m->count, sizeof m->fields[0], field_compare);
    axon_sha256(out, (struct ic_bytes){.at = (const uint8_t *)m->fields,
                                       .size = m->count * sizeof m->fields[0]});
}
