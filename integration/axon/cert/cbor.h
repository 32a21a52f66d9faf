/* CBOR, the part of it that the Internet Computer's interface uses. SPEC: ic-http 2.
 *
 * Reading makes a flat array of nodes in document order ("pre-order"): a container is followed by
 * its content, and span says how many nodes the whole subtree takes, so the first child is node + 1
 * and the next sibling is node + node->span. Nothing is recursive, memory is bounded by the size of
 * the input, byte and text strings are views into it (so the input must outlive the document).
 *
 * Accepted: unsigned and negative integers, byte and text strings (definite or in chunks), arrays,
 * maps with distinct text keys, booleans, null, the tag 55799 before the whole document, tag 2
 * (big natural). Refused: floats, other tags, other simple values, bytes after the end.
 * Writing gives definite lengths and the shortest heads.
 *
 * Trust: after axon_cbor_read returned true on hostile bytes, every span, count and view is valid
 * and depth, nodes and map sizes are within the limits below. */
#ifndef AXON_CBOR_H
#define AXON_CBOR_H

#include "base/buf.h"
#include "ic/bytes.h"

#define AXON_CBOR_SELF_DESCRIBED 55799u /* RFC 8949 3.4.6 */
/* Arrays and maps inside each other. A hash tree takes one level per fork and per label; the trees
 * of a network with millions of canisters stay below 100. */
#define AXON_CBOR_DEPTH_MAX 256u
/* Keys of one map. No map of the interface has more than 10. */
#define AXON_CBOR_PAIRS_MAX 64u

enum axon_cbor_kind {
    AXON_CBOR_NAT,   /* number */
    AXON_CBOR_NEG,   /* -1 - number */
    AXON_CBOR_BIG,   /* a natural of 2^64 or more: bytes, big-endian, no leading zeros */
    AXON_CBOR_BYTES, /* bytes */
    AXON_CBOR_TEXT,  /* bytes, valid UTF-8 */
    AXON_CBOR_ARRAY, /* count elements follow */
    AXON_CBOR_MAP,   /* count pairs follow: key, value, key, value, ... */
    AXON_CBOR_BOOL,  /* number 0 or 1 */
    AXON_CBOR_NULL,
};

struct axon_cbor {
    enum axon_cbor_kind kind;
    uint32_t span;  /* nodes of this subtree, itself included */
    uint32_t count; /* ARRAY: elements, MAP: pairs */
    uint64_t number;
    struct ic_bytes bytes;
};

struct axon_cbor_doc {
    struct axon_cbor *nodes; /* owned; nodes[0] is the whole document */
    size_t count;
    size_t capacity;
    struct axon_buf joined; /* strings that came in chunks */
    bool is_tagged;         /* the document began with tag 55799 */
    char why[96];           /* after a failure: the reason */
};

/* axon_cbor_read parses one document.
 *   doc       zeroed by the caller the first time; may be used again; release with
 *             axon_cbor_doc_free, also after a failure
 *   in        must outlive the document
 *   returns   false when the input is refused: doc->why says why, there are no nodes */
IC_MUST_USE bool axon_cbor_read(struct axon_cbor_doc *doc, struct ic_bytes in);
void axon_cbor_doc_free(struct axon_cbor_doc *doc);

/* The value of a key of a map; NULL when it is absent or map is not a map. */
const struct axon_cbor *axon_cbor_find(const struct axon_cbor *map, const char *key);
/* The first element of an array (or key of a map), and the one after a node. The caller counts. */
static inline const struct axon_cbor *axon_cbor_first(const struct axon_cbor *container)
{
    return container + 1;
}
static inline const struct axon_cbor *axon_cbor_next(const struct axon_cbor *node)
{
    return node + node->span;
}
/* Whether node is a text string with this content. */
bool axon_cbor_is_text(const struct axon_cbor *node, const char *text);

/* ---- writing -------------------------------------------------------------------------------- */

/* Each appends one item, in the shortest form of its head; a tag belongs to the item after it. */
void axon_cbor_put_tag(struct axon_buf *out, uint64_t tag);
void axon_cbor_put_nat(struct axon_buf *out, uint64_t number);
void axon_cbor_put_bytes(struct axon_buf *out, struct ic_bytes bytes);
void axon_cbor_put_text(struct axon_buf *out, const char *text);
void axon_cbor_put_text_bytes(struct axon_buf *out, struct ic_bytes text);
void axon_cbor_put_array(struct axon_buf *out, size_t count); /* count elements must follow */
void axon_cbor_put_map(struct axon_buf *out, size_t count);   /* count pairs must follow */

/* Reads LEB128 naturals as in /time and reject_code: false when longer than 64 bits or not exactly
 * the whole input. */
IC_MUST_USE bool axon_leb128_read(uint64_t *out, struct ic_bytes in);
/* Appends the shortest LEB128 form. */
void axon_leb128_put(struct axon_buf *out, uint64_t number);

#endif
