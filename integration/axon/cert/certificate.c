#include "cert/certificate.h"

#include <stdlib.h>

/* ---- writing -------------------------------------------------------------------------------- */

static const uint8_t STATE_ROOT[] = "\x0d"
                                    "ic-state-root";
#define STATE_ROOT_BYTES (sizeof STATE_ROOT - 1)

struct state_root_message {
    uint8_t bytes[STATE_ROOT_BYTES + AXON_HASH_BYTES];
};

static struct state_root_message state_root_message(const uint8_t root_hash[AXON_HASH_BYTES])
{
    struct state_root_message m;
    memcpy(m.bytes, STATE_ROOT, STATE_ROOT_BYTES);
    memcpy(m.bytes + STATE_ROOT_BYTES, root_hash, AXON_HASH_BYTES);
    return m;
}

static struct ic_bytes message_bytes(const struct state_root_message *m)
{
    return (struct ic_bytes){.at = m->bytes, .size = sizeof m->bytes};
}

void axon_state_root_sign(const struct axon_bls_key *key, uint8_t out[AXON_BLS_SIGNATURE_BYTES],
                          const uint8_t root_hash[AXON_HASH_BYTES])
{
    struct state_root_message m = state_root_message(root_hash);
    axon_bls_sign(key, out, message_bytes(&m));
}

void axon_certificate_put_signed(struct axon_buf *out, struct axon_tree *tree,
                                 const uint8_t signature[AXON_BLS_SIGNATURE_BYTES],
                                 const struct axon_path *paths, size_t path_count)
{
    axon_cbor_put_tag(out, AXON_CBOR_SELF_DESCRIBED);
    axon_cbor_put_map(out, 2);
    axon_cbor_put_text(out, "tree");
    axon_tree_prune(tree, out, paths, path_count);
    axon_cbor_put_text(out, "signature");
    axon_cbor_put_bytes(out, (struct ic_bytes){.at = signature, .size = AXON_BLS_SIGNATURE_BYTES});
}

void axon_certificate_put(struct axon_buf *out, struct axon_tree *tree,
                          const struct axon_bls_key *key, const struct axon_path *paths,
                          size_t path_count)
{
    uint8_t root_hash[AXON_HASH_BYTES];
    uint8_t signature[AXON_BLS_SIGNATURE_BYTES];
    axon_tree_hash(tree, root_hash);
    axon_state_root_sign(key, signature, root_hash);
    axon_certificate_put_signed(out, tree, signature, paths, path_count);
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool read_bytes(struct ic_bytes *out, const struct axon_cbor *map, const char *key)
{
    const struct axon_cbor *value = axon_cbor_find(map, key);
    if (value == NULL || value->kind != AXON_CBOR_BYTES) {
        return false;
    }
    *out = value->bytes;
    return true;
}

static bool read_delegation(struct axon_certificate *out, const struct axon_cbor *delegation)
{
    struct ic_bytes subnet;
    out->has_delegation = true;
    return read_bytes(&subnet, delegation, "subnet_id") &&
           ic_principal_from_bytes(&out->subnet, subnet) &&
           read_bytes(&out->delegation, delegation, "certificate");
}

bool axon_certificate_read(struct axon_certificate *out, struct ic_bytes in)
{
    if (!axon_cbor_read(&out->doc, in)) {
        return false;
    }
    const struct axon_cbor *map = out->doc.nodes;
    const struct axon_cbor *tree = axon_cbor_find(map, "tree");
    const struct axon_cbor *delegation = axon_cbor_find(map, "delegation");
    axon_witness_free(&out->tree);
    out->has_delegation = false;
    return tree != NULL && axon_witness_from_cbor(&out->tree, tree) &&
           read_bytes(&out->signature, map, "signature") &&
           (delegation == NULL || read_delegation(out, delegation));
}

void axon_certificate_free(struct axon_certificate *c)
{
    axon_cbor_doc_free(&c->doc);
    axon_witness_free(&c->tree);
    *c = (struct axon_certificate){0};
}

/* ---- checking ------------------------------------------------------------------------------- */

static bool signature_verifies(const struct axon_certificate *c, struct ic_bytes key)
{
    uint8_t root_hash[AXON_HASH_BYTES];
    axon_witness_hash(&c->tree, root_hash);
    struct state_root_message m = state_root_message(root_hash);
    return axon_bls_check(key, message_bytes(&m), c->signature);
}

/* [[first, last], ...], compared as byte strings. */
static bool range_has(const struct axon_cbor *range, const struct ic_principal *canister)
{
    struct ic_principal first;
    struct ic_principal last;
    if (range->kind != AXON_CBOR_ARRAY || range->count != 2 || range[1].kind != AXON_CBOR_BYTES ||
        range[2].kind != AXON_CBOR_BYTES || !ic_principal_from_bytes(&first, range[1].bytes) ||
        !ic_principal_from_bytes(&last, range[2].bytes)) {
        return false;
    }
    return ic_principal_compare(&first, canister) <= 0 &&
           ic_principal_compare(canister, &last) <= 0;
}

static bool ranges_have(struct ic_bytes cbor, const struct ic_principal *canister)
{
    struct axon_cbor_doc doc = {0};
    bool found = false;
    if (axon_cbor_read(&doc, cbor) && doc.nodes[0].kind == AXON_CBOR_ARRAY) {
        const struct axon_cbor *range = axon_cbor_first(doc.nodes);
        for (uint32_t i = 0; i < doc.nodes[0].count && !found; i++) {
            found = range_has(range, canister);
            range = axon_cbor_next(range);
        }
    }
    axon_cbor_doc_free(&doc);
    return found;
}

/* Newer delegations carry the ranges in shards, /canister_ranges/<subnet>/<first id>, older ones in
 * one leaf. SPEC: ic-http 7.3. */
static bool delegation_has_canister(const struct axon_certificate *outer, struct ic_bytes subnet,
                                    const struct ic_principal *canister)
{
    struct ic_bytes ranges;
    if (axon_certificate_find(
            outer, AXON_PATH(IC_BYTES_LIT("subnet"), subnet, IC_BYTES_LIT("canister_ranges")),
            &ranges) == AXON_LOOKUP_FOUND) {
        return ranges_have(ranges, canister);
    }
    enum axon_lookup result;
    const struct axon_witness_node *shards = axon_witness_node_find(
        &outer->tree, AXON_PATH(IC_BYTES_LIT("canister_ranges"), subnet), &result);
    const struct axon_witness_node *shard = NULL;
    while (shards != NULL && (shard = axon_witness_next_child(shards, shard)) != NULL) {
        if (shard[1].kind == AXON_WITNESS_LEAF && ranges_have(shard[1].bytes, canister)) {
            return true;
        }
    }
    return false;
}

/* The delegation's certificate is the root subnet's word for a subnet's key and canisters. */
static enum axon_certificate_result delegation_check(const struct axon_certificate *c,
                                                     const struct axon_certificate *outer,
                                                     struct ic_bytes root_key,
                                                     const struct ic_principal *canister)
{
    struct ic_bytes subnet = ic_principal_bytes(&c->subnet);
    struct ic_bytes key;
    if (outer->has_delegation) {
        return AXON_CERTIFICATE_BAD_DELEGATION;
    }
    if (!signature_verifies(outer, root_key)) {
        return AXON_CERTIFICATE_BAD_SIGNATURE;
    }
    if (axon_certificate_find(outer,
                              AXON_PATH(IC_BYTES_LIT("subnet"), subnet, IC_BYTES_LIT("public_key")),
                              &key) != AXON_LOOKUP_FOUND) {
        return AXON_CERTIFICATE_BAD_DELEGATION;
    }
    if (!signature_verifies(c, key)) {
        return AXON_CERTIFICATE_BAD_SIGNATURE;
    }
    if (canister != NULL && !delegation_has_canister(outer, subnet, canister)) {
        return AXON_CERTIFICATE_OUT_OF_RANGE;
    }
    return AXON_CERTIFICATE_OK;
}

enum axon_certificate_result axon_certificate_check(const struct axon_certificate *c,
                                                    struct ic_bytes root_key,
                                                    const struct ic_principal *canister)
{
    if (!c->has_delegation) {
        return signature_verifies(c, root_key) ? AXON_CERTIFICATE_OK
                                               : AXON_CERTIFICATE_BAD_SIGNATURE;
    }
    struct axon_certificate outer = {0};
    enum axon_certificate_result result = AXON_CERTIFICATE_BAD_DELEGATION;
    if (axon_certificate_read(&outer, c->delegation)) {
        result = delegation_check(c, &outer, root_key, canister);
    }
    axon_certificate_free(&outer);
    return result;
}

const char *axon_certificate_result_text(enum axon_certificate_result result)
{
    switch (result) {
    case AXON_CERTIFICATE_OK:
        return "valid";
    case AXON_CERTIFICATE_BAD_SIGNATURE:
        return "the signature does not verify";
    case AXON_CERTIFICATE_BAD_DELEGATION:
        return "the delegation is malformed";
    case AXON_CERTIFICATE_OUT_OF_RANGE:
        return "the canister does not belong to the signing subnet";
    }
    abort();
}

enum axon_lookup axon_certificate_find(const struct axon_certificate *c, struct axon_path path,
                                       struct ic_bytes *value)
{
    return axon_witness_find(&c->tree, path, value);
}

bool axon_certificate_time(const struct axon_certificate *c, uint64_t *time_ns)
{
    struct ic_bytes value;
    return axon_certificate_find(c, AXON_PATH(IC_BYTES_LIT("time")), &value) == AXON_LOOKUP_FOUND &&
           axon_leb128_read(time_ns, value);
}
