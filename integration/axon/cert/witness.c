/* Hash trees from outside: parsed, hashed, looked up in. Nothing is recursive. */
#include "cert/node_hash.h"

#include <stdlib.h>

/* ---- reading -------------------------------------------------------------------------------- */

struct shape {
    uint32_t items; /* of the CBOR array */
    bool has_bytes;
};

static const struct shape SHAPES[] = {
    [AXON_WITNESS_EMPTY] = {1, false},  [AXON_WITNESS_FORK] = {3, false},
    [AXON_WITNESS_LABELED] = {3, true}, [AXON_WITNESS_LEAF] = {2, true},
    [AXON_WITNESS_PRUNED] = {2, true},
};

static bool count_fits(enum axon_witness_kind kind, uint32_t count)
{
#ifdef AXON_PLANTED_BUG
    /* The bug that fuzz_certificate must find: children that are missing are not missed. */
    return count <= SHAPES[kind].items;
#else
    return count == SHAPES[kind].items;
#endif
}

/* Reads the head of one node, without its children.
 *   returns   the CBOR node behind it, NULL when it is malformed */
static const struct axon_cbor *witness_node_read(struct axon_witness_node *out,
                                                 const struct axon_cbor *array)
{
    if (array->kind != AXON_CBOR_ARRAY || array->count == 0) {
        return NULL;
    }
    const struct axon_cbor *at = axon_cbor_first(array);
    if (at->kind != AXON_CBOR_NAT || at->number > AXON_WITNESS_PRUNED ||
        !count_fits((enum axon_witness_kind)at->number, array->count)) {
        return NULL;
    }
    *out = (struct axon_witness_node){.kind = (enum axon_witness_kind)at->number};
    at++;
    if (SHAPES[out->kind].has_bytes) {
        if (at->kind != AXON_CBOR_BYTES ||
            (out->kind == AXON_WITNESS_PRUNED && at->bytes.size != AXON_HASH_BYTES)) {
            return NULL;
        }
        out->bytes = at->bytes;
        at++;
    }
    return at;
}

/* Children stand behind their parent, so going backwards all spans are known. */
static void witness_fill_spans(struct axon_witness *w)
{
    for (size_t i = w->count; i-- > 0;) {
        struct axon_witness_node *node = &w->nodes[i];
        node->span = 1;
        if (node->kind == AXON_WITNESS_LABELED || node->kind == AXON_WITNESS_FORK) {
            node->span += node[1].span;
        }
        if (node->kind == AXON_WITNESS_FORK) {
            node->span += node[node->span].span;
        }
    }
}

bool axon_witness_from_cbor(struct axon_witness *out, const struct axon_cbor *tree)
{
    *out =
        (struct axon_witness){.nodes = axon_alloc(tree->span * sizeof(struct axon_witness_node))};
    const struct axon_cbor *at = tree;
    const struct axon_cbor *end = tree + tree->span;
    while (at < end) {
        at = witness_node_read(&out->nodes[out->count], at);
        if (at == NULL) {
            return false;
        }
        out->count++;
    }
    witness_fill_spans(out);
    return true;
}

void axon_witness_free(struct axon_witness *w)
{
    free(w->nodes);
    *w = (struct axon_witness){0};
}

static void witness_node_hash(uint8_t out[AXON_HASH_BYTES], const struct axon_witness_node *node,
                              const uint8_t (*after)[AXON_HASH_BYTES])
{
    switch (node->kind) {
    case AXON_WITNESS_EMPTY:
        axon_node_hash_empty(out);
        return;
    case AXON_WITNESS_FORK:
        axon_node_hash_fork(out, after[0], after[node[1].span]);
        return;
    case AXON_WITNESS_LABELED:
        axon_node_hash_labeled(out, node->bytes, after[0]);
        return;
    case AXON_WITNESS_LEAF:
        axon_node_hash_leaf(out, node->bytes);
        return;
    case AXON_WITNESS_PRUNED:
        memcpy(out, node->bytes.at, AXON_HASH_BYTES);
        return;
    }
    abort();
}

void axon_witness_hash(const struct axon_witness *w, uint8_t out[AXON_HASH_BYTES])
{
    uint8_t(*hashes)[AXON_HASH_BYTES] = axon_alloc(w->count * AXON_HASH_BYTES);
    for (size_t i = w->count; i-- > 0;) {
        witness_node_hash(hashes[i], &w->nodes[i],
                          (const uint8_t(*)[AXON_HASH_BYTES])(hashes + i + 1));
    }
    memcpy(out, hashes[0], AXON_HASH_BYTES);
    free(hashes);
}

/* ---- looking up ----------------------------------------------------------------------------- */

static int label_compare(struct ic_bytes a, struct ic_bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* The next node among the children of a map: forks are walked through, in order. */
static const struct axon_witness_node *after(const struct axon_witness_node *at)
{
    return at + (at->kind == AXON_WITNESS_FORK ? 1 : at->span);
}

/* Whether labels strictly increase and no leaf stands among them. SPEC: ic-http 8.1 */
static bool is_well_formed(const struct axon_witness_node *map)
{
    const struct axon_witness_node *before = NULL;
    for (const struct axon_witness_node *at = map; at < map + map->span; at = after(at)) {
        if (at->kind == AXON_WITNESS_LEAF) {
            return false;
        }
        if (at->kind == AXON_WITNESS_LABELED) {
            if (before != NULL && label_compare(before->bytes, at->bytes) >= 0) {
                return false;
            }
            before = at;
        }
    }
    return true;
}

/* Looks for a label among the children of a map; pruned nodes are gaps. SPEC: ic-http 8.3. */
static enum axon_lookup child_find(const struct axon_witness_node *map, struct ic_bytes label,
                                   const struct axon_witness_node **found)
{
    if (map->kind == AXON_WITNESS_LEAF) {
        return AXON_LOOKUP_ABSENT;
    }
    if (!is_well_formed(map)) {
        return AXON_LOOKUP_ERROR;
    }
    bool has_gap = false; /* pruned since the last label that comes before */
    for (const struct axon_witness_node *at = map; at < map + map->span; at = after(at)) {
        has_gap = has_gap || at->kind == AXON_WITNESS_PRUNED;
        if (at->kind == AXON_WITNESS_LABELED) {
            int order = label_compare(label, at->bytes);
            if (order == 0) {
                *found = at + 1;
                return AXON_LOOKUP_FOUND;
            }
            if (order < 0) {
                break;
            }
            has_gap = false;
        }
    }
    return has_gap ? AXON_LOOKUP_UNKNOWN : AXON_LOOKUP_ABSENT;
}

const struct axon_witness_node *axon_witness_node_find(const struct axon_witness *w,
                                                       struct axon_path path,
                                                       enum axon_lookup *result)
{
    const struct axon_witness_node *node = &w->nodes[0];
    *result = AXON_LOOKUP_FOUND;
    for (size_t i = 0; i < path.count; i++) {
        *result = child_find(node, path.labels[i], &node);
        if (*result != AXON_LOOKUP_FOUND) {
            return NULL;
        }
    }
    return node;
}

enum axon_lookup axon_witness_find(const struct axon_witness *w, struct axon_path path,
                                   struct ic_bytes *value)
{
    enum axon_lookup result;
    const struct axon_witness_node *node = axon_witness_node_find(w, path, &result);
    if (node == NULL) {
        return result;
    }
    switch (node->kind) {
    case AXON_WITNESS_LEAF:
        *value = node->bytes;
        return AXON_LOOKUP_FOUND;
    case AXON_WITNESS_EMPTY:
        return AXON_LOOKUP_ABSENT;
    case AXON_WITNESS_PRUNED:
        return AXON_LOOKUP_UNKNOWN;
    case AXON_WITNESS_FORK:
    case AXON_WITNESS_LABELED:
        return AXON_LOOKUP_ERROR;
    }
    abort();
}

const struct axon_witness_node *axon_witness_next_child(const struct axon_witness_node *parent,
                                                        const struct axon_witness_node *last)
{
    const struct axon_witness_node *end = parent + parent->span;
    const struct axon_witness_node *at = last == NULL ? parent : last + last->span;
    while (at < end && at->kind != AXON_WITNESS_LABELED) {
        at = after(at);
    }
    return at < end ? at : NULL;
}
