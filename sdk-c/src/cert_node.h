/* The nodes of a certified tree in stable memory, for cert.c, cert_witness.c and cert_check.c. The
 * layout is drawn in ic/cert.h. */
#ifndef IC_SRC_CERT_NODE_H
#define IC_SRC_CERT_NODE_H

#include "ic/cert.h"

enum ic_cert_kind {
    IC_CERT_NODE_FREE = 0,
    IC_CERT_NODE_FORK = 1,
    IC_CERT_NODE_MAP = 2,
    IC_CERT_NODE_LEAF = 3
};

/* The first 16 bytes of a node. */
struct ic_cert_links {
    uint8_t kind;
    bool is_stale;
    uint8_t label_size; /* labels */
    uint8_t value_size; /* leaves */
    uint16_t branch;    /* forks */
    uint32_t parent;
    uint32_t left; /* uppermost node of a map */
    uint32_t right;
};

/* Label and value of a node in the heap. */
struct ic_cert_content {
    uint8_t bytes[IC_CERT_LABEL_MAX];
};

_Noreturn void ic_cert_trap_damaged(void);

/* Nodes are numbered from 1; a number outside the tree traps. */
struct ic_cert_links ic_cert_links_read(const struct ic_cert *tree, uint32_t node);
void ic_cert_links_write(const struct ic_cert *tree, uint32_t node,
                         const struct ic_cert_links *links);
void ic_cert_hash_read(const struct ic_cert *tree, uint32_t node, uint8_t out[IC_CERT_HASH_BYTES]);
void ic_cert_hash_write(const struct ic_cert *tree, uint32_t node,
                        const uint8_t hash[IC_CERT_HASH_BYTES]);
/* Reads label and value, as far as links say. */
void ic_cert_content_read(const struct ic_cert *tree, uint32_t node,
                          const struct ic_cert_links *links, struct ic_cert_content *out);
void ic_cert_content_write(const struct ic_cert *tree, uint32_t node, struct ic_bytes label,
                           struct ic_bytes value);
static inline struct ic_bytes ic_cert_label(const struct ic_cert_links *links,
                                            const struct ic_cert_content *content)
{
    return (struct ic_bytes){.at = content->bytes, .size = links->label_size};
}
static inline struct ic_bytes ic_cert_value(const struct ic_cert_links *links,
                                            const struct ic_cert_content *content)
{
    return (struct ic_bytes){.at = content->bytes + links->label_size, .size = links->value_size};
}

/* The bit of a label that a fork asks for; bits behind its end are 0. */
bool ic_cert_label_bit(struct ic_bytes label, uint32_t branch);

/* Where a label belongs in a map. */
struct ic_cert_place {
    bool is_there;
    uint32_t node; /* is_there: the label; else the node that a new fork would stand above, 0 in an
                      empty map */
    uint32_t branch; /* not there: the bit in which the label differs from all below node */
};
/* root is the uppermost node of the map, 0 when it is empty. */
struct ic_cert_place ic_cert_place_find(const struct ic_cert *tree, uint32_t root,
                                        struct ic_bytes label);

/* The hash of a node from its own bytes and the hashes of its children. */
void ic_cert_node_hash(const struct ic_cert *tree, uint32_t node, const struct ic_cert_links *links,
                       uint8_t out[IC_CERT_HASH_BYTES]);
/* The hash of what a label stands for: its value, or its map. */
void ic_cert_content_hash(const struct ic_cert *tree, const struct ic_cert_links *links,
                          const struct ic_cert_content *content, uint8_t out[IC_CERT_HASH_BYTES]);
void ic_cert_empty_hash(uint8_t out[IC_CERT_HASH_BYTES]);

#endif
