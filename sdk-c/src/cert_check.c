/* The certified tree, walked and verified. */
#include "cert_node.h"

#include "ic/trap.h"

static void require(bool ok)
{
    if (!ok) {
        ic_cert_trap_damaged();
    }
}

/* What has been seen on the way. */
struct census {
    uint32_t nodes;
    uint32_t leaves;
};

static void check_hash(const struct ic_cert *tree, uint32_t node, const struct ic_cert_links *links)
{
    uint8_t stored[IC_CERT_HASH_BYTES], computed[IC_CERT_HASH_BYTES];
    ic_cert_hash_read(tree, node, stored);
    ic_cert_node_hash(tree, node, links, computed);
    require(memcmp(stored, computed, sizeof stored) == 0);
}

/* A label must be found where the forks above it send it. */
static void check_label(const struct ic_cert *tree, uint32_t node,
                        const struct ic_cert_links *links)
{
    struct ic_cert_content content;
    ic_cert_content_read(tree, node, links, &content);
    const struct ic_bytes label = ic_cert_label(links, &content);
    uint32_t below = node, parent = links->parent;
    uint32_t branch = UINT32_MAX;
    while (parent != 0) {
        const struct ic_cert_links above = ic_cert_links_read(tree, parent);
        if (above.kind != IC_CERT_NODE_FORK) {
            break;
        }
        require(above.branch < branch);
        branch = above.branch;
        require((ic_cert_label_bit(label, branch) ? above.right : above.left) == below);
        below = parent;
        parent = above.parent;
    }
}

/* The children hang where they say. */
static void check_children(const struct ic_cert *tree, uint32_t node,
                           const struct ic_cert_links *links)
{
    require((links->left != 0) == (links->kind != IC_CERT_NODE_LEAF));
    require((links->right != 0) == (links->kind == IC_CERT_NODE_FORK));
    require(links->value_size == 0 || links->kind == IC_CERT_NODE_LEAF);
    const uint32_t children[2] = {links->left, links->right};
    for (size_t i = 0; i < 2; i++) {
        if (children[i] != 0) {
            const struct ic_cert_links child = ic_cert_links_read(tree, children[i]);
            require(child.parent == node && (links->is_stale || !child.is_stale));
        }
    }
}

static void check_node(const struct ic_cert *tree, uint32_t node, const struct ic_cert_links *links,
                       struct census *census)
{
    require(links->kind != IC_CERT_NODE_FREE && ++census->nodes <= tree->node_count);
    check_children(tree, node, links);
    if (links->kind != IC_CERT_NODE_FORK) {
        check_label(tree, node, links);
        census->leaves += links->kind == IC_CERT_NODE_LEAF;
    }
    if (!links->is_stale) {
        check_hash(tree, node, links);
    }
}

/* In the order of the encoding, along the links. */
static uint32_t next_node(const struct ic_cert *tree, uint32_t node,
                          const struct ic_cert_links *links)
{
    if (links->left != 0) {
        return links->left;
    }
    uint32_t parent = links->parent;
    while (parent != 0) {
        const struct ic_cert_links above = ic_cert_links_read(tree, parent);
        if (above.kind == IC_CERT_NODE_FORK && above.left == node) {
            return above.right;
        }
        node = parent;
        parent = above.parent;
    }
    return 0;
}

void ic_cert_check(const struct ic_cert *tree)
{
    struct census census = {.nodes = 0};
    uint32_t node = tree->root;
    require(node == 0 || ic_cert_links_read(tree, node).parent == 0);
    while (node != 0) {
        const struct ic_cert_links links = ic_cert_links_read(tree, node);
        check_node(tree, node, &links, &census);
        node = next_node(tree, node, &links);
    }
    uint32_t free_count = 0;
    for (node = tree->node_free; node != 0; node = ic_cert_links_read(tree, node).left) {
        require(ic_cert_links_read(tree, node).kind == IC_CERT_NODE_FREE &&
                ++free_count <= tree->free_count);
    }
    require(free_count == tree->free_count && census.leaves == tree->leaf_count &&
            census.nodes + free_count == tree->node_count);
}
