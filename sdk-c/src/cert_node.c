#include "cert_node.h"

#include "ic/buf.h"
#include "ic/sha2.h"
#include "ic/trap.h"

#define LINKS_BYTES    16u
#define HASH_AT        16u
#define CONTENT_AT     48u
#define BITS_OF_A_BYTE 9u

_Static_assert(CONTENT_AT + IC_CERT_LABEL_MAX == IC_CERT_NODE_BYTES, "stored layout");
_Static_assert(HASH_AT + IC_CERT_HASH_BYTES == CONTENT_AT, "stored layout");

_Noreturn void ic_cert_trap_damaged(void)
{
    IC_TRAP("cert: the tree is damaged");
}

/* ---- stored bytes ---------------------------------------------------------------------------- */

static uint64_t node_address(const struct ic_cert *tree, uint32_t node)
{
    if (node == 0 || node > tree->node_count) {
        ic_cert_trap_damaged();
    }
    return ic_region_address(tree->region, (uint64_t)(node - 1) * IC_CERT_NODE_BYTES);
}

struct ic_cert_links ic_cert_links_read(const struct ic_cert *tree, uint32_t node)
{
    uint8_t bytes[LINKS_BYTES];
    ic_stable_read(bytes, node_address(tree, node), sizeof bytes);
    struct ic_cert_links links = {.kind = bytes[0],
                                  .is_stale = bytes[1] != 0,
                                  .parent = ic_load_u32_le(bytes + 4),
                                  .left = ic_load_u32_le(bytes + 8),
                                  .right = ic_load_u32_le(bytes + 12)};
    if (links.kind == IC_CERT_NODE_FORK) {
        links.branch = ic_load_u16_le(bytes + 2);
    } else {
        links.label_size = bytes[2];
        links.value_size = bytes[3];
    }
    if (links.kind > IC_CERT_NODE_LEAF || links.label_size + links.value_size > IC_CERT_LABEL_MAX) {
        ic_cert_trap_damaged();
    }
    return links;
}

void ic_cert_links_write(const struct ic_cert *tree, uint32_t node,
                         const struct ic_cert_links *links)
{
    uint8_t bytes[LINKS_BYTES];
    bytes[0] = links->kind;
    bytes[1] = links->is_stale ? 1 : 0;
    if (links->kind == IC_CERT_NODE_FORK) {
        ic_store_u16_le(bytes + 2, links->branch);
    } else {
        bytes[2] = links->label_size;
        bytes[3] = links->value_size;
    }
    ic_store_u32_le(bytes + 4, links->parent);
    ic_store_u32_le(bytes + 8, links->left);
    ic_store_u32_le(bytes + 12, links->right);
    ic_stable_write(node_address(tree, node), bytes, sizeof bytes);
}

void ic_cert_hash_read(const struct ic_cert *tree, uint32_t node, uint8_t out[IC_CERT_HASH_BYTES])
{
    ic_stable_read(out, node_address(tree, node) + HASH_AT, IC_CERT_HASH_BYTES);
}

void ic_cert_hash_write(const struct ic_cert *tree, uint32_t node,
                        const uint8_t hash[IC_CERT_HASH_BYTES])
{
    ic_stable_write(node_address(tree, node) + HASH_AT, hash, IC_CERT_HASH_BYTES);
}

void ic_cert_content_read(const struct ic_cert *tree, uint32_t node,
                          const struct ic_cert_links *links, struct ic_cert_content *out)
{
    ic_assert(links->kind == IC_CERT_NODE_MAP || links->kind == IC_CERT_NODE_LEAF);
    ic_stable_read(out->bytes, node_address(tree, node) + CONTENT_AT,
                   (size_t)links->label_size + links->value_size);
}

void ic_cert_content_write(const struct ic_cert *tree, uint32_t node, struct ic_bytes label,
                           struct ic_bytes value)
{
    const uint64_t at = node_address(tree, node) + CONTENT_AT;
    ic_assert(label.size + value.size <= IC_CERT_LABEL_MAX);
    if (label.size > 0) {
        ic_stable_write(at, label.at, label.size);
    }
    if (value.size > 0) {
        ic_stable_write(at + label.size, value.at, value.size);
    }
}

/* ---- order of labels ------------------------------------------------------------------------- */

bool ic_cert_label_bit(struct ic_bytes label, uint32_t branch)
{
    const uint32_t byte = branch / BITS_OF_A_BYTE;
    const uint32_t bit = branch % BITS_OF_A_BYTE;
    if (byte >= label.size) {
        return false;
    }
    return bit == 0 || (label.at[byte] >> (8 - bit) & 1) != 0;
}

/* The first bit in which two different labels differ. */
static uint32_t first_difference(struct ic_bytes a, struct ic_bytes b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    size_t i = 0;
    while (i < common && a.at[i] == b.at[i]) {
        i++;
    }
    uint32_t branch = (uint32_t)i * BITS_OF_A_BYTE;
    if (i < common) {
        const uint32_t changed = a.at[i] ^ b.at[i];
        branch += 1 + (uint32_t)(__builtin_clz(changed) - 24);
    }
    return branch;
}

struct ic_cert_place ic_cert_place_find(const struct ic_cert *tree, uint32_t root,
                                        struct ic_bytes label)
{
    if (root == 0) {
        return (struct ic_cert_place){.is_there = false};
    }
    uint32_t node = root;
    struct ic_cert_links links = ic_cert_links_read(tree, node);
    while (links.kind == IC_CERT_NODE_FORK) {
        node = ic_cert_label_bit(label, links.branch) ? links.right : links.left;
        links = ic_cert_links_read(tree, node);
    }
    struct ic_cert_content content;
    ic_cert_content_read(tree, node, &links, &content);
    if (ic_bytes_is_equal(label, ic_cert_label(&links, &content))) {
        return (struct ic_cert_place){.is_there = true, .node = node};
    }
    const uint32_t branch = first_difference(label, ic_cert_label(&links, &content));
    node = root;
    links = ic_cert_links_read(tree, node);
    while (links.kind == IC_CERT_NODE_FORK && links.branch < branch) {
        node = ic_cert_label_bit(label, links.branch) ? links.right : links.left;
        links = ic_cert_links_read(tree, node);
    }
    return (struct ic_cert_place){.is_there = false, .node = node, .branch = branch};
}

/* ---- hashes. SPEC: ic-http 8.1 --------------------------------------------------------------- */

#define SEPARATOR_MAX 20u

struct preimage {
    uint8_t bytes[SEPARATOR_MAX + IC_CERT_LABEL_MAX + 2 * IC_CERT_HASH_BYTES];
    size_t size;
};

static void preimage_add(struct preimage *p, struct ic_bytes in)
{
    ic_assert(in.size <= sizeof p->bytes - p->size);
    if (in.size > 0) {
        memcpy(p->bytes + p->size, in.at, in.size);
    }
    p->size += in.size;
}

static void preimage_hash(const struct preimage *p, uint8_t out[IC_CERT_HASH_BYTES])
{
    ic_sha256(out, (struct ic_bytes){.at = p->bytes, .size = p->size});
}

void ic_cert_empty_hash(uint8_t out[IC_CERT_HASH_BYTES])
{
    ic_sha256(out, IC_BYTES_LIT("\x11"
                                "ic-hashtree-empty"));
}

void ic_cert_content_hash(const struct ic_cert *tree, const struct ic_cert_links *links,
                          const struct ic_cert_content *content, uint8_t out[IC_CERT_HASH_BYTES])
{
    if (links->kind == IC_CERT_NODE_MAP) {
        ic_cert_hash_read(tree, links->left, out);
        return;
    }
    struct preimage p = {.size = 0};
    preimage_add(&p, IC_BYTES_LIT("\x10"
                                  "ic-hashtree-leaf"));
    preimage_add(&p, ic_cert_value(links, content));
    preimage_hash(&p, out);
}

void ic_cert_node_hash(const struct ic_cert *tree, uint32_t node, const struct ic_cert_links *links,
                       uint8_t out[IC_CERT_HASH_BYTES])
{
    struct preimage p = {.size = 0};
    uint8_t hash[IC_CERT_HASH_BYTES];
    const struct ic_bytes view = {.at = hash, .size = sizeof hash};
    if (links->kind == IC_CERT_NODE_FORK) {
        preimage_add(&p, IC_BYTES_LIT("\x10"
                                      "ic-hashtree-fork"));
        ic_cert_hash_read(tree, links->left, hash);
        preimage_add(&p, view);
        ic_cert_hash_read(tree, links->right, hash);
    } else {
        struct ic_cert_content content;
        ic_cert_content_read(tree, node, links, &content);
        preimage_add(&p, IC_BYTES_LIT("\x13"
                                      "ic-hashtree-labeled"));
        preimage_add(&p, ic_cert_label(links, &content));
        ic_cert_content_hash(tree, links, &content, hash);
    }
    preimage_add(&p, view);
    preimage_hash(&p, out);
}
