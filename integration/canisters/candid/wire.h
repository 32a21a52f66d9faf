/* Types as a message declares them: trees that the search for dear messages changes at will, and
 * the type table that is made of one. Host only. */
#ifndef CANDID_WIRE_H
#define CANDID_WIRE_H

#include "base/buf.h"
#include "ic/candid.h"

/* Of one message. One that needs more is not made. */
#define WIRE_NODES_MAX   20000u
#define WIRE_FIELDS_MAX  40000u
#define WIRE_ENTRIES_MAX 2000u

struct wire;

/* A field, a case, a parameter, a result, a method, or what an opt or vec is of. */
struct wire_field {
    uint32_t id;
    struct ic_bytes name; /* methods only */
    const struct wire *type;
};

struct wire {
    enum candid_kind kind; /* BOX: the type of a descriptor as it is; the rest is not set then */
    enum candid_mode mode; /* func only */
    const struct candid_type *exact;
    struct wire_field *fields; /* ids ascending; of a func the parameters, then the results */
    size_t count;
    size_t room;
    size_t result_count; /* func only, among count */
};

/* Where the nodes of one message are. */
struct wire_pool {
    struct wire nodes[WIRE_NODES_MAX];
    struct wire_field fields[WIRE_FIELDS_MAX];
    size_t node_count;
    size_t field_count;
    bool full; /* something was left out */
};

/* New nodes. None is NULL: in a full pool the type is null, or a record that stays empty. */
const struct wire *wire_scalar(struct wire_pool *pool, enum candid_kind kind);
const struct wire *wire_exact(struct wire_pool *pool, const struct candid_type *type);
const struct wire *wire_of(struct wire_pool *pool, enum candid_kind opt_or_vec,
                           const struct wire *inner);

/* A record, variant, func or service without parts and with room for some. */
struct wire *wire_compound(struct wire_pool *pool, enum candid_kind kind, size_t room);
/* Puts a field or case in its place. Does nothing when one has the same id, or without room. */
void wire_add(struct wire *compound, uint32_t id, const struct wire *type);

/* wire_open looks into an exact type: the node has a kind other than BOX, its parts are exact types
 * again. So recursive types need no cycles here. */
const struct wire *wire_open(struct wire_pool *pool, const struct wire *wire);

/* How a type table is written. */
struct wire_table_style {
    bool repeats_equal;     /* equal types are entries of their own, but for exact ones, which may
                               be recursive */
    struct ic_bytes unused; /* an entry that stands behind all others, so many times */
    size_t unused_count;
};

/* wire_header appends the magic, the type table and the types of count arguments. Returns false
 * when the pool is full or there are too many entries; *out is of no use then. */
IC_MUST_USE bool wire_header(struct axon_buf *out, struct wire_pool *pool,
                             const struct wire *const *args, size_t count,
                             struct wire_table_style style);

/* wire_show appends a type in short: r{...} and v{...} with numbers as ids, to a limited depth. */
void wire_show(struct axon_buf *out, struct wire_pool *pool, const struct wire *wire);

/* LEB128 and its signed form. */
void wire_leb(struct axon_buf *out, uint64_t v);
void wire_sleb(struct axon_buf *out, int64_t v);

#endif
