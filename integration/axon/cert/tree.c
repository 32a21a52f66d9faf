#include "cert/tree.h"

#include "cert/node_hash.h"

#include <stdlib.h>

/* Labels are compared as strings of 9-bit symbols: a one and the byte, or zeros behind the end. So
 * a label comes before its extensions, and bit numbers order labels as bytes do. */
#define SYMBOL_BITS 9u

/* One node of the crit-bit tree that holds the children of a map. */
struct branch {
    bool is_fork;
    bool is_hashed;
    uint8_t hash[AXON_HASH_BYTES];
    uint64_t shown; /* prune number that last revealed it */
    /* a fork: labels left have a zero at this bit, those right a one; all earlier bits agree */
    size_t bit;
    struct branch *side[2];
    /* a labeled node */
    struct axon_buf label;
    struct axon_tree *content;
};

struct axon_tree {
    bool is_leaf;
    struct axon_buf value;   /* of a leaf */
    struct branch *children; /* of a map; NULL when empty */
    uint64_t shown;          /* prune number that last revealed it, or some of its children */
    uint64_t shown_whole;    /* prune number that last revealed everything below */
    uint64_t prune_count;    /* in the root */
};

/* ---- hashing -------------------------------------------------------------------------------- */

/* The recursion below follows the server's own tree: six maps deep at most, in each of them about
 * log2 of the number of children. */
static const uint8_t *branch_hash(struct branch *b)
{
    if (!b->is_hashed) {
        if (b->is_fork) {
            axon_node_hash_fork(b->hash, branch_hash(b->side[0]), branch_hash(b->side[1]));
        } else {
            uint8_t content[AXON_HASH_BYTES];
            axon_tree_hash(b->content, content);
            axon_node_hash_labeled(b->hash, axon_buf_bytes(&b->label), content);
        }
        b->is_hashed = true;
    }
    return b->hash;
}

void axon_tree_hash(struct axon_tree *tree, uint8_t out[AXON_HASH_BYTES])
{
    if (tree->is_leaf) {
        axon_node_hash_leaf(out, axon_buf_bytes(&tree->value));
    } else if (tree->children == NULL) {
        axon_node_hash_empty(out);
    } else {
        memcpy(out, branch_hash(tree->children), AXON_HASH_BYTES);
    }
}

/* ---- the crit-bit tree of one map ----------------------------------------------------------- */

static unsigned label_bit(struct ic_bytes label, size_t bit)
{
    size_t byte = bit / SYMBOL_BITS;
    size_t within = bit % SYMBOL_BITS;
    if (byte >= label.size) {
        return 0;
    }
    return within == 0 ? 1u : (unsigned)label.at[byte] >> (SYMBOL_BITS - 1 - within) & 1u;
}

/* The first bit in which two different labels differ. */
static size_t first_difference(struct ic_bytes a, struct ic_bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    size_t i = 0;
    while (i < common && a.at[i] == b.at[i]) {
        i++;
    }
    size_t bit = i * SYMBOL_BITS;
    while (label_bit(a, bit) == label_bit(b, bit)) {
        bit++;
    }
    return bit;
}

/* The labeled node that shares the most bits with label, if any label does. */
static struct branch *closest(struct branch *b, struct ic_bytes label)
{
    while (b->is_fork) {
        b = b->side[label_bit(label, b->bit)];
    }
    return b;
}

static struct branch *find_label(const struct axon_tree *map, struct ic_bytes label)
{
    if (map->children == NULL) {
        return NULL;
    }
    struct branch *b = closest(map->children, label);
    return ic_bytes_is_equal(axon_buf_bytes(&b->label), label) ? b : NULL;
}

static struct branch *labeled_new(struct ic_bytes label)
{
    struct branch *b = axon_alloc(sizeof *b);
    axon_buf_append(&b->label, label);
    b->content = axon_tree_new();
    return b;
}

static struct branch *add_label(struct axon_tree *map, struct ic_bytes label)
{
    struct branch *added = labeled_new(label);
    if (map->children == NULL) {
        map->children = added;
        return added;
    }
    size_t bit = first_difference(axon_buf_bytes(&closest(map->children, label)->label), label);
    struct branch **at = &map->children;
    while ((*at)->is_fork && (*at)->bit < bit) {
        (*at)->is_hashed = false;
        at = &(*at)->side[label_bit(label, (*at)->bit)];
    }
    struct branch *fork = axon_alloc(sizeof *fork);
    fork->is_fork = true;
    fork->bit = bit;
    fork->side[label_bit(label, bit)] = added;
    fork->side[!label_bit(label, bit)] = *at;
    *at = fork;
    return added;
}

/* Everything on the way to an existing label must be hashed again. */
static void forget_hashes(struct axon_tree *map, struct ic_bytes label)
{
    struct branch *b = map->children;
    while (b->is_fork) {
        b->is_hashed = false;
        b = b->side[label_bit(label, b->bit)];
    }
    b->is_hashed = false;
}

static void labeled_free(struct branch *b)
{
    axon_buf_free(&b->label);
    axon_tree_free(b->content);
    free(b);
}

static void remove_label(struct axon_tree *map, struct ic_bytes label)
{
    struct branch **above = NULL; /* the fork over the label */
    struct branch **at = &map->children;
    while ((*at)->is_fork) {
        (*at)->is_hashed = false;
        above = at;
        at = &(*at)->side[label_bit(label, (*at)->bit)];
    }
    labeled_free(*at);
    if (above == NULL) {
        map->children = NULL;
    } else {
        struct branch *fork = *above;
        *above = fork->side[at == &fork->side[0]];
        free(fork);
    }
}

static void branch_free(struct branch *b)
{
    if (b->is_fork) {
        branch_free(b->side[0]);
        branch_free(b->side[1]);
        free(b);
    } else {
        labeled_free(b);
    }
}

/* ---- the full tree -------------------------------------------------------------------------- */

struct axon_tree *axon_tree_new(void)
{
    return axon_alloc(sizeof(struct axon_tree));
}

void axon_tree_free(struct axon_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    if (tree->children != NULL) {
        branch_free(tree->children);
    }
    axon_buf_free(&tree->value);
    free(tree);
}

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static const struct axon_tree *node_find(const struct axon_tree *tree, struct axon_path path)
{
    for (size_t i = 0; i < path.count; i++) {
        const struct branch *b = tree->is_leaf ? NULL : find_label(tree, path.labels[i]);
        if (b == NULL) {
            return NULL;
        }
        tree = b->content;
    }
    return tree;
}

/* The node at path, made where it is missing; hashes on the way are forgotten. */
static struct axon_tree *node_make(struct axon_tree *tree, struct axon_path path)
{
    must(path.count > 0);
    for (size_t i = 0; i < path.count; i++) {
        must(!tree->is_leaf);
        struct branch *b = find_label(tree, path.labels[i]);
        if (b == NULL) {
            b = add_label(tree, path.labels[i]);
        } else {
            forget_hashes(tree, path.labels[i]);
        }
        tree = b->content;
    }
    return tree;
}

bool axon_tree_find(const struct axon_tree *tree, struct axon_path path, struct ic_bytes *value)
{
    const struct axon_tree *node = node_find(tree, path);
    if (node == NULL || !node->is_leaf) {
        return false;
    }
    *value = axon_buf_bytes(&node->value);
    return true;
}

void axon_tree_set(struct axon_tree *tree, struct axon_path path, struct ic_bytes value)
{
    struct ic_bytes old;
    if (axon_tree_find(tree, path, &old) && ic_bytes_is_equal(old, value)) {
        return;
    }
    struct axon_tree *node = node_make(tree, path);
    must(node->children == NULL);
    node->is_leaf = true;
    axon_buf_clear(&node->value);
    axon_buf_append(&node->value, value);
}

void axon_tree_set_map(struct axon_tree *tree, struct axon_path path)
{
    const struct axon_tree *node = node_find(tree, path);
    if (node == NULL) {
        node = node_make(tree, path);
    }
    must(!node->is_leaf);
}

bool axon_tree_remove(struct axon_tree *tree, struct axon_path path)
{
    must(path.count > 0);
    if (node_find(tree, path) == NULL) {
        return false;
    }
    struct axon_path parent = {.labels = path.labels, .count = path.count - 1};
    struct axon_tree *map = parent.count == 0 ? tree : node_make(tree, parent);
    remove_label(map, path.labels[path.count - 1]);
    return true;
}

/* ---- pruning -------------------------------------------------------------------------------- */

/* Pruning marks what is to be revealed with the number of the prune, then writes. */
struct prune {
    uint64_t number;
    struct axon_buf *out;
};

static void show_label(struct axon_tree *map, struct ic_bytes label, uint64_t number)
{
    struct branch *b = map->children;
    while (b->is_fork) {
        b->shown = number;
        b = b->side[label_bit(label, b->bit)];
    }
    b->shown = number;
}

static struct branch *outermost(struct branch *b, unsigned side)
{
    while (b->is_fork) {
        b = b->side[side];
    }
    return b;
}

/* Reveals the labels next to a label that is not there. All labels below the place where it would
 * be added are on one side of it; on the other side the nearest is under the last fork passed. */
static void show_neighbours(struct axon_tree *map, struct ic_bytes label, uint64_t number)
{
    size_t bit = first_difference(axon_buf_bytes(&closest(map->children, label)->label), label);
    unsigned side = label_bit(label, bit); /* 1: all of them come before it */
    struct branch *other = NULL;
    struct branch *at = map->children;
    while (at->is_fork && at->bit < bit) {
        unsigned way = label_bit(label, at->bit);
        if (way != side) {
            other = at->side[side];
        }
        at = at->side[way];
    }
    show_label(map, axon_buf_bytes(&outermost(at, side)->label), number);
    if (other != NULL) {
        show_label(map, axon_buf_bytes(&outermost(other, !side)->label), number);
    }
}

static void show_path(struct axon_tree *tree, struct axon_path path, uint64_t number)
{
    for (size_t i = 0; i < path.count; i++) {
        tree->shown = number;
        if (tree->is_leaf || tree->children == NULL) {
            return; /* the leaf or the empty map is the proof */
        }
        struct branch *b = find_label(tree, path.labels[i]);
        if (b == NULL) {
            show_neighbours(tree, path.labels[i], number);
            return;
        }
        show_label(tree, path.labels[i], number);
        tree = b->content;
    }
    tree->shown_whole = number;
}

static void put_pruned(struct axon_buf *out, const uint8_t *hash)
{
    axon_cbor_put_array(out, 2);
    axon_cbor_put_nat(out, AXON_WITNESS_PRUNED);
    axon_cbor_put_bytes(out, (struct ic_bytes){.at = hash, .size = AXON_HASH_BYTES});
}

static void put_branch(const struct prune *p, struct branch *b, bool whole);

static void put_tree(const struct prune *p, struct axon_tree *tree, bool whole)
{
    whole = whole || tree->shown_whole == p->number;
    if (!whole && tree->shown != p->number) {
        uint8_t hash[AXON_HASH_BYTES];
        axon_tree_hash(tree, hash);
        put_pruned(p->out, hash);
    } else if (tree->is_leaf) {
        axon_cbor_put_array(p->out, 2);
        axon_cbor_put_nat(p->out, AXON_WITNESS_LEAF);
        axon_cbor_put_bytes(p->out, axon_buf_bytes(&tree->value));
    } else if (tree->children == NULL) {
        axon_cbor_put_array(p->out, 1);
        axon_cbor_put_nat(p->out, AXON_WITNESS_EMPTY);
    } else {
        put_branch(p, tree->children, whole);
    }
}

static void put_branch(const struct prune *p, struct branch *b, bool whole)
{
    if (!whole && b->shown != p->number) {
        put_pruned(p->out, branch_hash(b));
        return;
    }
    axon_cbor_put_array(p->out, 3);
    if (b->is_fork) {
        axon_cbor_put_nat(p->out, AXON_WITNESS_FORK);
        put_branch(p, b->side[0], whole);
        put_branch(p, b->side[1], whole);
    } else {
        axon_cbor_put_nat(p->out, AXON_WITNESS_LABELED);
        axon_cbor_put_bytes(p->out, axon_buf_bytes(&b->label));
        put_tree(p, b->content, whole);
    }
}

void axon_tree_prune(struct axon_tree *tree, struct axon_buf *out, const struct axon_path *paths,
                     size_t path_count)
{
    struct prune p = {.number = ++tree->prune_count, .out = out};
    for (size_t i = 0; i < path_count; i++) {
        show_path(tree, paths[i], p.number);
    }
    put_tree(&p, tree, false);
}
