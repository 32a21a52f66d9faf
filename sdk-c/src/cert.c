/* The certified tree: changes and the hashing of what they made stale. */
#include "cert_node.h"

#include "ic/msg.h"
#include "ic/trap.h"

#define REGION_SHAPE 0x54524543u /* "CERT" */
#define HEAD_BYTES   20u

static void head_save(const struct ic_cert *tree)
{
    uint8_t head[HEAD_BYTES];
    ic_store_u32_le(head, tree->root);
    ic_store_u32_le(head + 4, tree->node_count);
    ic_store_u32_le(head + 8, tree->node_free);
    ic_store_u32_le(head + 12, tree->free_count);
    ic_store_u32_le(head + 16, tree->leaf_count);
    ic_region_head_write(tree->region, 0, head, sizeof head);
}

void ic_cert_open(struct ic_cert *tree, struct ic_store *store, uint32_t region_id)
{
    uint8_t head[HEAD_BYTES];
    *tree = (struct ic_cert){.store = store};
    tree->region = ic_store_region(store, NULL, region_id, IC_REGION_RAW, REGION_SHAPE);
    ic_region_head_read(tree->region, head, 0, sizeof head);
    tree->root = ic_load_u32_le(head);
    tree->node_count = ic_load_u32_le(head + 4);
    tree->node_free = ic_load_u32_le(head + 8);
    tree->free_count = ic_load_u32_le(head + 12);
    tree->leaf_count = ic_load_u32_le(head + 16);
    if ((uint64_t)tree->node_count * IC_CERT_NODE_BYTES > tree->region->bytes ||
        tree->root > tree->node_count || tree->node_free > tree->node_count ||
        tree->free_count > tree->node_count || tree->leaf_count > tree->node_count) {
        ic_cert_trap_damaged();
    }
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static uint32_t node_take(struct ic_cert *tree)
{
    if (tree->node_free != 0) {
        const uint32_t node = tree->node_free;
        const struct ic_cert_links links = ic_cert_links_read(tree, node);
        if (links.kind != IC_CERT_NODE_FREE) {
            ic_cert_trap_damaged();
        }
        tree->node_free = links.left;
        tree->free_count--;
        return node;
    }
    const uint64_t bytes = ((uint64_t)tree->node_count + 1) * IC_CERT_NODE_BYTES;
    if (tree->node_count >= INT32_MAX || !ic_region_reserve(tree->store, tree->region, bytes)) {
        IC_TRAP("out of stable memory");
    }
    return ++tree->node_count;
}

static void node_give(struct ic_cert *tree, uint32_t node)
{
    ic_cert_links_write(
        tree, node, &(struct ic_cert_links){.kind = IC_CERT_NODE_FREE, .left = tree->node_free});
    tree->node_free = node;
    tree->free_count++;
}

/* Puts `now` where `before` hangs: under a fork, a map, or at the top. */
static void child_replace(struct ic_cert *tree, uint32_t parent, uint32_t before, uint32_t now)
{
    if (parent == 0) {
        tree->root = now;
        return;
    }
    struct ic_cert_links links = ic_cert_links_read(tree, parent);
    if (links.left == before) {
        links.left = now;
    } else if (links.right == before) {
        links.right = now;
    } else {
        ic_cert_trap_damaged();
    }
    ic_cert_links_write(tree, parent, &links);
}

static void parent_set(const struct ic_cert *tree, uint32_t node, uint32_t parent)
{
    struct ic_cert_links links = ic_cert_links_read(tree, node);
    links.parent = parent;
    ic_cert_links_write(tree, node, &links);
}

/* What is above a stale node is stale. */
static void mark_stale(const struct ic_cert *tree, uint32_t node)
{
    while (node != 0) {
        struct ic_cert_links links = ic_cert_links_read(tree, node);
        if (links.is_stale) {
            return;
        }
        links.is_stale = true;
        ic_cert_links_write(tree, node, &links);
        node = links.parent;
    }
}

/* ---- putting --------------------------------------------------------------------------------- */

/* The uppermost node of the map that a label stands for; owner 0 is the whole tree. */
static uint32_t map_root(const struct ic_cert *tree, uint32_t owner)
{
    return owner == 0 ? tree->root : ic_cert_links_read(tree, owner).left;
}

/* Makes a fork above place->node for the new node, whose label differs there. */
static uint32_t fork_insert(struct ic_cert *tree, const struct ic_cert_place *place, uint32_t node,
                            struct ic_bytes label)
{
    const uint32_t fork = node_take(tree);
    const uint32_t parent = ic_cert_links_read(tree, place->node).parent;
    const bool is_right = ic_cert_label_bit(label, place->branch);
    ic_cert_links_write(tree, fork,
                        &(struct ic_cert_links){.kind = IC_CERT_NODE_FORK,
                                                .is_stale = true,
                                                .branch = (uint16_t)place->branch,
                                                .parent = parent,
                                                .left = is_right ? place->node : node,
                                                .right = is_right ? node : place->node});
    child_replace(tree, parent, place->node, fork);
    parent_set(tree, place->node, fork);
    mark_stale(tree, parent);
    return fork;
}

/* Adds a label to the map of owner. A map begins without content: the caller adds to it at once. */
static uint32_t label_insert(struct ic_cert *tree, uint32_t owner,
                             const struct ic_cert_place *place, struct ic_bytes label,
                             enum ic_cert_kind kind, struct ic_bytes value)
{
    const uint32_t node = node_take(tree);
    struct ic_cert_links links = {.kind = (uint8_t)kind,
                                  .is_stale = true,
                                  .label_size = (uint8_t)label.size,
                                  .value_size = (uint8_t)value.size};
    ic_cert_content_write(tree, node, label, value);
    if (place->node == 0) {
        child_replace(tree, owner, 0, node);
        mark_stale(tree, owner);
        links.parent = owner;
    } else {
        links.parent = fork_insert(tree, place, node, label);
    }
    ic_cert_links_write(tree, node, &links);
    return node;
}

static bool path_is_possible(const struct ic_cert *tree, struct ic_cert_path path,
                             struct ic_bytes value)
{
    if (path.count == 0 || path.count > IC_CERT_DEPTH_MAX || value.size > IC_CERT_LABEL_MAX) {
        return false;
    }
    for (size_t i = 0; i < path.count; i++) {
        const size_t more = i + 1 == path.count ? value.size : 0;
        if (path.labels[i].size > IC_CERT_LABEL_MAX - more) {
            return false;
        }
    }
    uint32_t owner = 0;
    for (size_t i = 0; i < path.count; i++) {
        const struct ic_cert_place place =
            ic_cert_place_find(tree, map_root(tree, owner), path.labels[i]);
        if (!place.is_there) {
            return true;
        }
        const bool is_leaf = ic_cert_links_read(tree, place.node).kind == IC_CERT_NODE_LEAF;
        if (is_leaf != (i + 1 == path.count)) {
            return false;
        }
        owner = place.node;
    }
    return true;
}

static void leaf_replace(const struct ic_cert *tree, uint32_t leaf, struct ic_bytes label,
                         struct ic_bytes value)
{
    struct ic_cert_links links = ic_cert_links_read(tree, leaf);
    struct ic_cert_content content;
    ic_cert_content_read(tree, leaf, &links, &content);
    if (ic_bytes_is_equal(ic_cert_value(&links, &content), value)) {
        return;
    }
    ic_cert_content_write(tree, leaf, label, value);
    links.value_size = (uint8_t)value.size;
    ic_cert_links_write(tree, leaf, &links);
    mark_stale(tree, leaf);
}

bool ic_cert_put(struct ic_cert *tree, struct ic_cert_path path, struct ic_bytes value)
{
    if (!path_is_possible(tree, path, value)) {
        return false;
    }
    uint32_t owner = 0;
    for (size_t i = 0; i < path.count; i++) {
        const bool is_last = i + 1 == path.count;
        const struct ic_bytes label = path.labels[i];
        const struct ic_cert_place place = ic_cert_place_find(tree, map_root(tree, owner), label);
        if (!place.is_there) {
            owner = label_insert(tree, owner, &place, label,
                                 is_last ? IC_CERT_NODE_LEAF : IC_CERT_NODE_MAP,
                                 is_last ? value : (struct ic_bytes){.size = 0});
            tree->leaf_count += is_last;
        } else if (is_last) {
            leaf_replace(tree, place.node, label, value);
        } else {
            owner = place.node;
        }
    }
    head_save(tree);
    return true;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* Gives back a node and all below: down to one without children, give it back, up again. */
static void subtree_give(struct ic_cert *tree, uint32_t top)
{
    uint32_t node = top;
    for (;;) {
        struct ic_cert_links links = ic_cert_links_read(tree, node);
        uint32_t *child = links.left != 0 ? &links.left : &links.right;
        if (*child != 0) {
            const uint32_t next = *child;
            *child = 0;
            ic_cert_links_write(tree, node, &links);
            node = next;
            continue;
        }
        tree->leaf_count -= links.kind == IC_CERT_NODE_LEAF;
        node_give(tree, node);
        if (node == top) {
            return;
        }
        node = links.parent;
    }
}

/* Takes a label and all below out of its map; maps that become empty go with it. */
static void label_remove(struct ic_cert *tree, uint32_t label)
{
    uint32_t parent = ic_cert_links_read(tree, label).parent;
    while (parent != 0 && ic_cert_links_read(tree, parent).kind == IC_CERT_NODE_MAP) {
        label = parent; /* the only one in its map */
        parent = ic_cert_links_read(tree, label).parent;
    }
    subtree_give(tree, label);
    if (parent == 0) {
        tree->root = 0;
        return;
    }
    const struct ic_cert_links fork = ic_cert_links_read(tree, parent);
    const uint32_t sibling = fork.left == label ? fork.right : fork.left;
    child_replace(tree, fork.parent, parent, sibling);
    parent_set(tree, sibling, fork.parent);
#ifndef AXON_PLANTED_BUG /* without this line the hashes above a removed leaf stay as they were */
    mark_stale(tree, fork.parent);
#endif
    node_give(tree, parent);
}

/* The label at path; 0 when there is none. */
static uint32_t node_find(const struct ic_cert *tree, struct ic_cert_path path)
{
    uint32_t node = 0;
    for (size_t i = 0; i < path.count; i++) {
        if (node != 0 && ic_cert_links_read(tree, node).kind == IC_CERT_NODE_LEAF) {
            return 0;
        }
        const struct ic_cert_place place =
            ic_cert_place_find(tree, map_root(tree, node), path.labels[i]);
        if (!place.is_there) {
            return 0;
        }
        node = place.node;
    }
    return node;
}

bool ic_cert_remove(struct ic_cert *tree, struct ic_cert_path path)
{
    if (path.count == 0) {
        if (tree->root == 0) {
            return false;
        }
        subtree_give(tree, tree->root);
        tree->root = 0;
    } else {
        const uint32_t node = node_find(tree, path);
        if (node == 0) {
            return false;
        }
        label_remove(tree, node);
    }
    head_save(tree);
    return true;
}

enum ic_cert_found ic_cert_find(const struct ic_cert *tree, struct ic_cert_path path,
                                uint8_t *value, size_t *value_size)
{
    const uint32_t node = node_find(tree, path);
    if (node == 0) {
        return path.count == 0 && tree->root != 0 ? IC_CERT_MAP : IC_CERT_ABSENT;
    }
    const struct ic_cert_links links = ic_cert_links_read(tree, node);
    if (links.kind == IC_CERT_NODE_MAP) {
        return IC_CERT_MAP;
    }
    if (value != NULL) {
        struct ic_cert_content content;
        ic_cert_content_read(tree, node, &links, &content);
        const struct ic_bytes stored = ic_cert_value(&links, &content);
        memcpy(value, stored.at, stored.size);
    }
    if (value_size != NULL) {
        *value_size = links.value_size;
    }
    return IC_CERT_LEAF;
}

/* ---- hashing --------------------------------------------------------------------------------- */

/* A stale child of a node, or 0. */
static uint32_t stale_child(const struct ic_cert *tree, const struct ic_cert_links *links)
{
    if (links->left != 0 && ic_cert_links_read(tree, links->left).is_stale) {
        return links->left;
    }
    if (links->right != 0 && ic_cert_links_read(tree, links->right).is_stale) {
        return links->right;
    }
    return 0;
}

/* Children first: descends to a stale node without stale children, hashes it, goes up. */
static void hash_stale(const struct ic_cert *tree)
{
    uint32_t node = tree->root;
    while (node != 0) {
        struct ic_cert_links links = ic_cert_links_read(tree, node);
        const uint32_t child = links.is_stale ? stale_child(tree, &links) : 0;
        if (child != 0) {
            node = child;
            continue;
        }
        if (links.is_stale) {
            uint8_t hash[IC_CERT_HASH_BYTES];
            ic_cert_node_hash(tree, node, &links, hash);
            ic_cert_hash_write(tree, node, hash);
            links.is_stale = false;
            ic_cert_links_write(tree, node, &links);
        }
        node = links.parent;
    }
}

void ic_cert_root_hash(const struct ic_cert *tree, uint8_t out[IC_CERT_HASH_BYTES])
{
    if (tree->root == 0) {
        ic_cert_empty_hash(out);
    } else {
        ic_cert_hash_read(tree, tree->root, out);
    }
}

void ic_cert_commit(struct ic_cert *tree)
{
    uint8_t hash[IC_CERT_HASH_BYTES];
    hash_stale(tree);
    ic_cert_root_hash(tree, hash);
    ic_certified_data_set((struct ic_bytes){.at = hash, .size = sizeof hash});
}
