/* Hash trees: the certified state as a server keeps it, and the witness a client reads.
 * SPEC: ic-http 7, 8.1 - 8.3.
 *
 * struct axon_tree is the full tree, a map from paths to leaves that changes in place. The children
 * of a map are held in a crit-bit tree ordered by label, and exactly this tree is what forks are
 * made of: its shape depends only on the set of labels, and a change recomputes only the hashes on
 * the way to the root, however many siblings there are.
 *
 *     struct axon_tree *t = axon_tree_new();
 *     axon_tree_set(t, AXON_PATH(IC_BYTES_LIT("time")), now);
 *     axon_tree_hash(t, root);
 *     axon_tree_prune(t, &cbor, paths, path_count);     the witness, as CBOR
 *
 * struct axon_witness is a witness that came from outside: hashed, and looked up in. */
#ifndef AXON_TREE_H
#define AXON_TREE_H

#include "cert/cbor.h"

#define AXON_HASH_BYTES 32u

/* A path is an array of labels, from the root. Views; never owned. */
struct axon_path {
    const struct ic_bytes *labels;
    size_t count;
};
/* AXON_PATH(label, ...): a path of struct ic_bytes that lives until the end of the block. */
#define AXON_PATH(...)                                                                             \
    ((struct axon_path){.labels = (const struct ic_bytes[]){__VA_ARGS__},                          \
                        .count = sizeof((const struct ic_bytes[]){__VA_ARGS__}) /                  \
                                 sizeof(struct ic_bytes)})

/* ---- the full tree -------------------------------------------------------------------------- */

struct axon_tree;

struct axon_tree *axon_tree_new(void); /* an empty map */
void axon_tree_free(struct axon_tree *tree);

/* axon_tree_set stores a leaf, making the maps above it. The path has at least one label; storing
 * below a leaf or over a map ends the program: the caller's bug. Setting the value that is there
 * costs no hashing. */
void axon_tree_set(struct axon_tree *tree, struct axon_path path, struct ic_bytes value);
/* Makes an empty map, or leaves the map that is there alone. */
void axon_tree_set_map(struct axon_tree *tree, struct axon_path path);
/* axon_tree_remove removes a leaf or a subtree; false when there is none. Maps above it stay. */
bool axon_tree_remove(struct axon_tree *tree, struct axon_path path);
/* The leaf at path; false when there is none. Valid until the tree changes. */
IC_MUST_USE bool axon_tree_find(const struct axon_tree *tree, struct axon_path path,
                                struct ic_bytes *value);

void axon_tree_hash(struct axon_tree *tree, uint8_t out[AXON_HASH_BYTES]);

/* axon_tree_prune appends the witness for paths as CBOR (no tag): a path to a leaf or a map reveals
 * it whole, a path to nothing reveals the neighbouring labels that prove it. Same root hash. */
void axon_tree_prune(struct axon_tree *tree, struct axon_buf *out, const struct axon_path *paths,
                     size_t path_count);

/* ---- witnesses from outside ----------------------------------------------------------------- */

enum axon_witness_kind {
    AXON_WITNESS_EMPTY = 0, /* the numbers are those of the encoding */
    AXON_WITNESS_FORK = 1,
    AXON_WITNESS_LABELED = 2,
    AXON_WITNESS_LEAF = 3,
    AXON_WITNESS_PRUNED = 4,
};

struct axon_witness_node {
    enum axon_witness_kind kind;
    uint32_t span;         /* nodes of this subtree, itself included; children follow */
    struct ic_bytes bytes; /* label, value or hash */
};

struct axon_witness {
    struct axon_witness_node *nodes; /* owned */
    size_t count;
};

/* axon_witness_from_cbor reads a tree out of a parsed document, whose input must outlive it.
 *   returns   false when it is not a hash tree; release with axon_witness_free in both cases */
IC_MUST_USE bool axon_witness_from_cbor(struct axon_witness *out, const struct axon_cbor *tree);
void axon_witness_free(struct axon_witness *w);
void axon_witness_hash(const struct axon_witness *w, uint8_t out[AXON_HASH_BYTES]);

enum axon_lookup {
    AXON_LOOKUP_FOUND,
    AXON_LOOKUP_ABSENT,  /* proved not to be there */
    AXON_LOOKUP_UNKNOWN, /* pruned where it could be */
    AXON_LOOKUP_ERROR,   /* not a leaf, or the tree is not well-formed */
};

/* axon_witness_find looks a leaf up. *value is written only when found. */
IC_MUST_USE enum axon_lookup axon_witness_find(const struct axon_witness *w, struct axon_path path,
                                               struct ic_bytes *value);
/* The node at path, leaf or not: for walking a subtree. NULL unless found. */
const struct axon_witness_node *axon_witness_node_find(const struct axon_witness *w,
                                                       struct axon_path path,
                                                       enum axon_lookup *result);
/* The labeled nodes right below a node, in order: pass NULL first, then the last answer. NULL at
 * the end. The content of a labeled node is the node after it. */
const struct axon_witness_node *axon_witness_next_child(const struct axon_witness_node *parent,
                                                        const struct axon_witness_node *last);

#endif
