/* Certified data: a hash tree in stable memory whose root hash the subnet signs, and witnesses that
 * prove to a user that a path holds a value, or that it does not exist. SPEC: ic-http 8.
 *
 *     static struct ic_cert tree;
 *
 *     ic_cert_open(&tree, &store, REGION_CERT);                    in init and post_upgrade
 *
 *     ic_cert_put(&tree, IC_CERT_PATH(IC_BYTES_LIT("tip")), hash); in an update: what changed,
 *     ic_cert_commit(&tree);                                       then once at its end
 *
 *     ic_data_certificate(&certificate, arena);                    in a query
 *     ic_cert_witness(&witness, &tree, &path, 1, arena);
 *
 * A path is a list of labels; the tree is the set of its leaves. Maps above a leaf come with it and
 * go with their last leaf. What is large is certified by its SHA-256, and delivered beside the
 * witness.
 *
 * After an upgrade there is nothing to rebuild: the nodes are in stable memory and the system keeps
 * the certified data, so ic_cert_open reads 20 bytes however large the tree is. Author's work in
 * post_upgrade is only what the new code changes, e.g. the pages that it carries: put those again
 * and commit. Putting a value that is there already costs no hashing.
 *
 * How it works. The children of a map are a crit-bit tree in the order of the labels, and its
 * branches are the forks that are hashed: the shape depends only on the set of labels, there is
 * nothing to balance, and a change makes stale only the nodes on its way to the root.
 * ic_cert_commit hashes stale nodes, children first, following the links between nodes: no
 * recursion, no stack that grows with the data. Among n random labels a leaf lies under about
 * log2(n) + 3 forks.
 *
 * Instructions, one operation in its message, page charges included; labels of 32 random bytes in
 * one map (integration/canisters/cert_bench measures them again):
 *
 *                                     1,000 leaves   100,000 leaves
 *     ic_cert_put, other value              20,000           31,000
 *     ic_cert_put, new leaf                 24,000           38,000
 *     ic_cert_commit after one of them     147,000          223,000   two compressions a fork
 *     ic_cert_witness of a leaf             21,000           31,000
 *     ic_cert_witness of absence            36,000           48,000
 *
 * Layout, version 1. Region id (kind RAW, shape "CERT"), an array of nodes of 128 bytes, numbered
 * from 1:
 *
 *     0   1   kind: 0 free, 1 fork, 2 label of a map, 3 label of a leaf
 *     1   1   1 = the hash is stale
 *     2   2   fork: the bit of the label that decides; 9 bits for each byte, first "there is one"
 *             label: size of the label (1 byte), of the value (1 byte)
 *     4   4   the node above: a fork, or the label of the map of which this is the uppermost node;
 *             0 = none
 *     8   4   fork: left child; map: its uppermost node; free: the next free node; 0 = none
 *    12   4   fork: right child
 *    16  32   hash of the node
 *    48  80   label, value
 *
 * Head slot: 0 u32 uppermost node, 4 u32 nodes ever made, 8 u32 first free node, 12 u32 free nodes,
 * 16 u32 leaves. */
#ifndef IC_CERT_H
#define IC_CERT_H

#include "ic/arena.h"
#include "ic/buf.h"
#include "ic/stable.h"

#define IC_CERT_HASH_BYTES 32u
#define IC_CERT_NODE_BYTES 128u
#define IC_CERT_LABEL_MAX  80u   /* bytes of a label; of a leaf: of its label and value together */
#define IC_CERT_DEPTH_MAX  32u   /* labels of a path */
#define IC_CERT_REVEAL_MAX 1536u /* nodes of a witness: 30 paths among a million leaves */

/* A path from the root. Views; never owned. */
struct ic_cert_path {
    const struct ic_bytes *labels;
    size_t count;
};
/* IC_CERT_PATH(label, ...): a path of struct ic_bytes that lives until the end of the block. */
#define IC_CERT_PATH(...)                                                                          \
    ((struct ic_cert_path){.labels = (const struct ic_bytes[]){__VA_ARGS__},                       \
                           .count = sizeof((const struct ic_bytes[]){__VA_ARGS__}) /               \
                                    sizeof(struct ic_bytes)})

struct ic_cert {
    struct ic_store *store;
    struct ic_region *region;
    uint32_t root; /* uppermost node; 0 = the tree is empty */
    uint32_t node_count;
    uint32_t node_free; /* first of the free nodes; 0 = none */
    uint32_t free_count;
    uint32_t leaf_count;
};

/* ic_cert_open makes or finds a tree. It takes one region id.
 *   traps     when the region holds something else or its head is damaged */
void ic_cert_open(struct ic_cert *tree, struct ic_store *store, uint32_t region_id);

/* ---- changes ---------------------------------------------------------------------------------
 * They reach users with ic_cert_commit; until then witnesses are refused. */

/* ic_cert_put sets a leaf, making the maps above it.
 *   returns   false, and nothing changed, when the path is empty or longer than IC_CERT_DEPTH_MAX,
 *             a label or its leaf too large, a leaf stands on the way, or a map at its end
 *   traps     when stable memory cannot grow */
IC_MUST_USE bool ic_cert_put(struct ic_cert *tree, struct ic_cert_path path, struct ic_bytes value);

/* ic_cert_remove takes out a leaf, or a map with everything below, node by node.
 * The empty path takes out everything.
 *   returns   false when there is nothing at path */
bool ic_cert_remove(struct ic_cert *tree, struct ic_cert_path path);

/* ic_cert_commit hashes what has changed and sets the certified data. Not in queries.
 *   traps     in a query, as the system has it */
void ic_cert_commit(struct ic_cert *tree);

/* ---- looking --------------------------------------------------------------------------------- */

enum ic_cert_found {
    IC_CERT_ABSENT,
    IC_CERT_MAP,
    IC_CERT_LEAF,
};

/* ic_cert_find looks a path up.
 *   value       room for IC_CERT_LABEL_MAX bytes, written for a leaf; may be NULL
 *   value_size  may be NULL */
enum ic_cert_found ic_cert_find(const struct ic_cert *tree, struct ic_cert_path path,
                                uint8_t *value, size_t *value_size);

/* The root hash as of the last commit; that of the empty tree before the first. */
void ic_cert_root_hash(const struct ic_cert *tree, uint8_t out[IC_CERT_HASH_BYTES]);

/* ic_cert_witness writes the tree pruned to paths, as CBOR with its tag: a path to a leaf shows the
 * leaf, a path to a map shows that there is one, a path to nothing shows the labels on both sides
 * of where it would be. The root hash is that of the tree.
 *   out       a view into arena; untouched on failure
 *   returns   false when it shows more than IC_CERT_REVEAL_MAX nodes or the arena is full
 *   traps     "cert: changes are not committed" */
IC_MUST_USE bool ic_cert_witness(struct ic_bytes *out, const struct ic_cert *tree,
                                 const struct ic_cert_path *paths, size_t path_count,
                                 struct ic_arena *a);

/* Labels of one map that lie next to each other: from first to last, both included, or all that
 * begin with first. */
struct ic_cert_range {
    struct ic_cert_path map; /* where; the empty path is the root */
    struct ic_bytes first;
    struct ic_bytes last; /* not looked at when is_prefix */
    bool is_prefix;       /* with an empty first: the whole map */
};

/* ic_cert_witness_range writes the tree pruned to a range: all its labels, the values of those that
 * are leaves, and the labels next to it on both sides, which prove that nothing is left out. A page
 * of a list, or that a list is complete. When there is no such map: that.
 *   out       a view into arena; untouched on failure
 *   returns   false when it shows more than IC_CERT_REVEAL_MAX nodes (about 700 labels) or the
 *             arena is full
 *   traps     "cert: changes are not committed" */
IC_MUST_USE bool ic_cert_witness_range(struct ic_bytes *out, const struct ic_cert *tree,
                                       const struct ic_cert_range *range, struct ic_arena *a);

/* ---- headers of HTTP answers ----------------------------------------------------------------- */

/* Characters of the base64 form of size bytes. */
#define IC_BASE64_SIZE(size) (((size) + 2) / 3 * 4)
/* RFC 4648, with padding. */
void ic_put_base64(struct ic_writer *w, struct ic_bytes in);

/* ic_cert_put_header writes the value of the header IC-Certificate.
 *   expr_path   CBOR; empty for version 1, which has none. SPEC: ic-http 11.3, 11.4 */
void ic_cert_put_header(struct ic_writer *w, struct ic_bytes certificate, struct ic_bytes witness,
                        struct ic_bytes expr_path);

/* ---- integrity ------------------------------------------------------------------------------- */

/* ic_cert_check walks everything: links, order of labels, counts, and every hash of a node that is
 * not stale. For tests and debug queries.
 *   traps     "cert: the tree is damaged" */
void ic_cert_check(const struct ic_cert *tree);

#endif
