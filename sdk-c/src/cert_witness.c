/* Witnesses: the tree pruned to some paths, and the header that carries one. */
#include "cert_node.h"

#include "ic/trap.h"

/* Every shown node writes its own head and label, at most 85 bytes, and at most two pruned hashes.
 */
#define NODE_CBOR_BYTES_MAX 160u

/* ---- the set of nodes to show: open addressing in the arena ---------------------------------- */

#define SLOT_COUNT 2048u       /* a power of two, a third more than IC_CERT_REVEAL_MAX */
#define WITH_VALUE 0x80000000u /* of a leaf: its value too */
_Static_assert((SLOT_COUNT & (SLOT_COUNT - 1)) == 0 && SLOT_COUNT * 3 / 4 >= IC_CERT_REVEAL_MAX,
               "the set never gets full");

struct shown {
    const struct ic_cert *tree;
    uint32_t *slots; /* node | WITH_VALUE; 0 = empty */
    uint32_t count;
    bool is_full;
};

static uint32_t *shown_slot(const struct shown *s, uint32_t node)
{
    uint32_t at = node * 0x9e3779b1u >> 21;
    _Static_assert(SLOT_COUNT == 1u << (32 - 21), "the hash has as many values as there are slots");
    while (s->slots[at] != 0 && (s->slots[at] & ~WITH_VALUE) != node) {
        at = (at + 1) % SLOT_COUNT;
    }
    return &s->slots[at];
}

/* Adds a node and everything above it. */
static void shown_add(struct shown *s, uint32_t node)
{
    while (node != 0) {
        uint32_t *slot = shown_slot(s, node);
        if (*slot != 0) {
            return;
        }
        if (s->count == IC_CERT_REVEAL_MAX) {
            s->is_full = true;
            return;
        }
        *slot = node;
        s->count++;
        node = ic_cert_links_read(s->tree, node).parent;
    }
}

/* ---- neighbours of a label that is absent ---------------------------------------------------- */

/* The outermost label below a node: the last one, or the first. */
static uint32_t outermost(const struct ic_cert *tree, uint32_t node, bool is_last)
{
    struct ic_cert_links links = ic_cert_links_read(tree, node);
    while (links.kind == IC_CERT_NODE_FORK) {
        node = is_last ? links.right : links.left;
        links = ic_cert_links_read(tree, node);
    }
    return node;
}

/* The label next to all below node, on the right or the left side in the same map; 0 at its end. */
static uint32_t beside(const struct ic_cert *tree, uint32_t node, bool on_right)
{
    uint32_t parent = ic_cert_links_read(tree, node).parent;
    while (parent != 0) {
        const struct ic_cert_links links = ic_cert_links_read(tree, parent);
        if (links.kind != IC_CERT_NODE_FORK) {
            return 0;
        }
        const uint32_t other = on_right ? links.right : links.left;
        if (other != node) {
            return outermost(tree, other, !on_right);
        }
        node = parent;
        parent = links.parent;
    }
    return 0;
}

static void show_neighbours(struct shown *s, const struct ic_cert_place *place,
                            struct ic_bytes label)
{
    if (place->node == 0) {
        return; /* the whole tree is empty */
    }
    const bool is_right = ic_cert_label_bit(label, place->branch);
    shown_add(s, outermost(s->tree, place->node, is_right));
    shown_add(s, beside(s->tree, place->node, is_right));
}

/* Shows what a path leads to.
 *   returns   the uppermost node of the map at its end; 0 when there is none */
static uint32_t show_path(struct shown *s, struct ic_cert_path path)
{
    uint32_t map = s->tree->root;
    for (size_t i = 0; i < path.count && !s->is_full; i++) {
        const struct ic_cert_place place = ic_cert_place_find(s->tree, map, path.labels[i]);
        if (!place.is_there) {
            show_neighbours(s, &place, path.labels[i]);
            return 0;
        }
        shown_add(s, place.node);
        const struct ic_cert_links links = ic_cert_links_read(s->tree, place.node);
        if (links.kind == IC_CERT_NODE_LEAF) {
            if (!s->is_full) {
                *shown_slot(s, place.node) |= WITH_VALUE;
            }
            return 0;
        }
        map = links.left;
    }
    return map;
}

/* ---- ranges of labels ------------------------------------------------------------------------ */

static bool is_behind(struct ic_bytes label, struct ic_bytes last)
{
    const size_t size = label.size < last.size ? label.size : last.size;
    const int order = size == 0 ? 0 : memcmp(label.at, last.at, size);
    return order != 0 ? order > 0 : label.size > last.size;
}

static bool is_in_range(const struct ic_cert *tree, uint32_t node,
                        const struct ic_cert_range *range, bool *is_leaf)
{
    struct ic_cert_content content;
    const struct ic_cert_links links = ic_cert_links_read(tree, node);
    ic_cert_content_read(tree, node, &links, &content);
    const struct ic_bytes label = ic_cert_label(&links, &content);
    *is_leaf = links.kind == IC_CERT_NODE_LEAF;
    if (!range->is_prefix) {
        return !is_behind(label, range->last);
    }
    return label.size >= range->first.size &&
           (range->first.size == 0 ||
            memcmp(label.at, range->first.at, range->first.size) == 0);
}

/* The first label of a map that is not before the range; shows what proves that it is the first.
 *   returns   0 when all are before it */
static uint32_t range_start(struct shown *s, uint32_t map, struct ic_bytes first)
{
    const struct ic_cert_place place = ic_cert_place_find(s->tree, map, first);
    if (place.is_there) {
        return place.node;
    }
    show_neighbours(s, &place, first);
    return ic_cert_label_bit(first, place.branch) ? beside(s->tree, place.node, true)
                                                  : outermost(s->tree, place.node, false);
}

/* Shows all labels of the range in a map, and the one behind the last. */
static void show_range(struct shown *s, uint32_t map, const struct ic_cert_range *range)
{
    uint32_t node = map == 0 ? 0 : range_start(s, map, range->first);
    while (node != 0 && !s->is_full) {
        bool is_leaf = false;
        const bool is_in = is_in_range(s->tree, node, range, &is_leaf);
        shown_add(s, node);
        if (!is_in) {
            return;
        }
        if (is_leaf && !s->is_full) {
            *shown_slot(s, node) |= WITH_VALUE;
        }
        node = beside(s->tree, node, true);
    }
}

/* ---- CBOR. SPEC: ic-http 8.1 ----------------------------------------------------------------- */

static void put_byte_string(struct ic_writer *w, struct ic_bytes in)
{
    if (in.size >= 24) {
        ic_put_u8(w, 0x58);
        ic_put_u8(w, (uint8_t)in.size);
    } else {
        ic_put_u8(w, (uint8_t)(0x40 + in.size));
    }
    ic_put_bytes(w, in);
}

static void put_pruned(struct ic_writer *w, const uint8_t hash[IC_CERT_HASH_BYTES])
{
    ic_put_u8(w, 0x82);
    ic_put_u8(w, 4);
    put_byte_string(w, (struct ic_bytes){.at = hash, .size = IC_CERT_HASH_BYTES});
}

/* Label and content; the content of a map that is shown follows with its uppermost node. */
static void put_label(struct ic_writer *w, const struct shown *s, uint32_t node,
                      const struct ic_cert_links *links)
{
    struct ic_cert_content content;
    ic_cert_content_read(s->tree, node, links, &content);
    ic_put_u8(w, 0x83);
    ic_put_u8(w, 2);
    put_byte_string(w, ic_cert_label(links, &content));
    if (links->kind == IC_CERT_NODE_MAP && *shown_slot(s, links->left) != 0) {
        return;
    }
    if (links->kind == IC_CERT_NODE_LEAF && (*shown_slot(s, node) & WITH_VALUE) != 0) {
        ic_put_u8(w, 0x82);
        ic_put_u8(w, 3);
        put_byte_string(w, ic_cert_value(links, &content));
        return;
    }
    uint8_t hash[IC_CERT_HASH_BYTES];
    ic_cert_content_hash(s->tree, links, &content, hash);
    put_pruned(w, hash);
}

/* Writes one node as far as it is not other nodes.
 *   returns   the first node inside of it that comes next; 0 when it is complete */
static uint32_t put_node(struct ic_writer *w, const struct shown *s, uint32_t node)
{
    if (*shown_slot(s, node) == 0) {
        uint8_t hash[IC_CERT_HASH_BYTES];
        ic_cert_hash_read(s->tree, node, hash);
        put_pruned(w, hash);
        return 0;
    }
    const struct ic_cert_links links = ic_cert_links_read(s->tree, node);
    if (links.kind == IC_CERT_NODE_FORK) {
        ic_put_u8(w, 0x83);
        ic_put_u8(w, 1);
        return links.left;
    }
    put_label(w, s, node, &links);
    return links.kind == IC_CERT_NODE_MAP && *shown_slot(s, links.left) != 0 ? links.left : 0;
}

/* The node that follows a complete one in the encoding: the right child of the nearest fork above
 * it of which it is on the left. */
static uint32_t following(const struct ic_cert *tree, uint32_t node)
{
    uint32_t parent = ic_cert_links_read(tree, node).parent;
    while (parent != 0) {
        const struct ic_cert_links links = ic_cert_links_read(tree, parent);
        if (links.kind == IC_CERT_NODE_FORK && links.left == node) {
            return links.right;
        }
        node = parent;
        parent = links.parent;
    }
    return 0;
}

static void put_tree(struct ic_writer *w, const struct shown *s)
{
    IC_PUT_LIT(w, "\xd9\xd9\xf7");
    uint32_t node = s->tree->root;
    if (node == 0) {
        IC_PUT_LIT(w, "\x81");
        ic_put_u8(w, 0);
    }
    while (node != 0) {
        const uint32_t inside = put_node(w, s, node);
        node = inside != 0 ? inside : following(s->tree, node);
    }
}

/* False when the arena is full. */
static bool shown_init(struct shown *s, const struct ic_cert *tree, struct ic_arena *a)
{
    if (tree->root != 0 && ic_cert_links_read(tree, tree->root).is_stale) {
        IC_TRAP("cert: changes are not committed");
    }
    *s = (struct shown){.tree = tree};
    s->slots = ic_arena_alloc_zeroed(a, SLOT_COUNT, sizeof *s->slots);
    return s->slots != NULL;
}

static bool shown_write(struct ic_bytes *out, const struct shown *s, struct ic_arena *a)
{
    const size_t capacity = ((size_t)s->count + 1) * NODE_CBOR_BYTES_MAX;
    uint8_t *at = ic_arena_alloc(a, capacity);
    if (s->is_full || at == NULL) {
        return false;
    }
    struct ic_writer w;
    ic_writer_init(&w, at, capacity);
    put_tree(&w, s);
    ic_assert(ic_writer_ok(&w));
    *out = ic_writer_bytes(&w);
    return true;
}

bool ic_cert_witness(struct ic_bytes *out, const struct ic_cert *tree,
                     const struct ic_cert_path *paths, size_t path_count, struct ic_arena *a)
{
    struct shown s;
    if (!shown_init(&s, tree, a)) {
        return false;
    }
    for (size_t i = 0; i < path_count; i++) {
        (void)show_path(&s, paths[i]);
    }
    return shown_write(out, &s, a);
}

bool ic_cert_witness_range(struct ic_bytes *out, const struct ic_cert *tree,
                           const struct ic_cert_range *range, struct ic_arena *a)
{
    struct shown s;
    if (!shown_init(&s, tree, a)) {
        return false;
    }
    show_range(&s, show_path(&s, range->map), range);
    return shown_write(out, &s, a);
}

/* ---- headers --------------------------------------------------------------------------------- */

void ic_put_base64(struct ic_writer *w, struct ic_bytes in)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *out = ic_writer_reserve(w, IC_BASE64_SIZE(in.size));
    if (out == NULL) {
        return;
    }
    for (size_t i = 0; i < in.size; i += 3, out += 4) {
        const size_t left = in.size - i;
        const uint32_t bits = (uint32_t)in.at[i] << 16 |
                              (left > 1 ? (uint32_t)in.at[i + 1] << 8 : 0) |
                              (left > 2 ? (uint32_t)in.at[i + 2] : 0);
        out[0] = (uint8_t)DIGITS[bits >> 18];
        out[1] = (uint8_t)DIGITS[bits >> 12 & 63];
        out[2] = left > 1 ? (uint8_t)DIGITS[bits >> 6 & 63] : '=';
        out[3] = left > 2 ? (uint8_t)DIGITS[bits & 63] : '=';
    }
}

void ic_cert_put_header(struct ic_writer *w, struct ic_bytes certificate, struct ic_bytes witness,
                        struct ic_bytes expr_path)
{
    IC_PUT_LIT(w, "certificate=:");
    ic_put_base64(w, certificate);
    IC_PUT_LIT(w, ":, tree=:");
    ic_put_base64(w, witness);
    IC_PUT_LIT(w, ":");
    if (expr_path.size > 0) {
        IC_PUT_LIT(w, ", version=2, expr_path=:");
        ic_put_base64(w, expr_path);
        IC_PUT_LIT(w, ":");
    }
}
