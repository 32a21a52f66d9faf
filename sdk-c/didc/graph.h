/* The C side of a .did program: one node for each C type, with names, boxes and order of emission.
 *
 * didc prints the graph as C; the text form turns it into descriptor tables at run time. So both
 * have the same layout rules:
 * - a definition that is a record, variant, opt or vec is a struct of its name; anonymous opt and
 *   vec are shared structs named after their content; anonymous records and variants are named by
 *   the path to them; definitions of scalars have no type of their own;
 * - a struct that contains itself by value is cut by a pointer (a box) at the edge that closes the
 *   cycle, in the order of the source. */
#ifndef DIDC_GRAPH_H
#define DIDC_GRAPH_H

#include "did.h"

/* Structs containing structs; a chain longer than this is refused. */
#define DID_CHAIN_MAX 1000u
/* Values in one struct, those of the structs in it included: definitions that use others twice
 * double with each step. The largest of the NNS governance has 299. */
#define DID_VALUES_MAX 65536u

/* C types: records, variants, opts, vecs, funcs, services, and a tuple for each list of
 * arguments. The NNS governance has 467; a message may have CANDID_TABLE_ENTRIES_MAX. */
#define DID_NODES_MAX 12000u

struct did_node;

struct did_edge {
    uint32_t id;
    const char *member; /* C name; NULL where there is none (opt, vec, func) */
    const char *tag;    /* variant: the enum constant without the program's prefix */
    struct ic_bytes name; /* of the .did; empty: a number */
    struct ic_bytes doc;
    bool has_name;
    bool boxed;
    struct did_node *to;
};

struct did_node {
    int kind;         /* enum candid_kind; CANDID_KIND_BLOB for vec nat8 */
    const char *name; /* lower_snake, unique; scalars: their Candid name */
    const char *none; /* variant without cases: the enum constant that stands for none */
    const struct did_type *type; /* NULL for tuples */
    struct did_position at;      /* of a tuple: its method, or its first type */
    struct ic_bytes doc;
    struct ic_bytes did_name; /* of the definition; empty: anonymous */
    struct did_edge *edges;   /* fields, cases, inner, parameters then results, methods */
    size_t edge_count;
    size_t result_count; /* func: of the edges, the last ones */
    enum candid_mode mode;
    struct did_node *opt_of; /* the shared opt and vec of this node */
    struct did_node *vec_of;
    int visit;       /* while ordering: 0 new, 1 open, 2 done */
    uint32_t values; /* in the struct, once it is done */
    uint32_t class;  /* equal for structurally equal types */
    uint32_t index;  /* while classes are found: in nodes */
    uint32_t entry;  /* while writing a type table: index + 1 */
    /* What JavaScript's encoder takes for the same type, by did_js_keys. 0: not known yet. */
    uint32_t js_key;
    uint32_t js_content_key; /* of a recursive one: of the type it is filled with */
    bool js_is_rec;          /* an IDL.Rec() */
    int js_visit;            /* 0 new, 1 open, 2 done */
    /* Layout on this machine, and the descriptor; made by did_layout. */
    uint32_t size;
    uint32_t align;
    struct candid_type *descriptor;
    struct candid_field *descriptor_fields;
    struct candid_type *box;
};

struct did_graph_method {
    struct ic_bytes name;
    const char *c_name; /* lower_snake, unique */
    struct ic_bytes doc;
    struct did_position at;
    enum candid_mode mode;
    struct did_node *in;
    struct did_node *out;
};

struct did_graph {
    struct did_program *program;
    struct did_pool *pool;
    struct did_node **nodes; /* all but scalars, in order of creation */
    size_t node_count;
    struct did_node **order; /* structs, each after what it contains by value */
    size_t order_count;
    struct did_graph_method *methods;
    size_t method_count;
    struct did_node *init; /* NULL: no install arguments */
    struct did_node *scalars[CANDID_KIND_BOX];
    size_t filled;     /* nodes whose edges exist */
    uint32_t js_keys;  /* their number once they are made, for js_nodes nodes */
    size_t js_nodes;
    struct did_names *names; /* of structs */
    struct did_names *tags;  /* enum constants */
    struct did_names *c_names; /* of functions and descriptors; NULL while there are none */
};

/* did_graph_make builds the graph of a resolved program.
 *   returns   false with *error set when types are chained too deeply */
IC_MUST_USE bool did_graph_make(struct did_graph *graph, struct did_program *program,
                                struct did_error *error);

/* did_graph_tuple adds the node of a further argument list; order and classes are brought up to
 * date. */
IC_MUST_USE bool did_graph_tuple(struct did_graph *graph, struct did_node **out, const char *name,
                                 const struct did_field *fields, size_t count,
                                 struct did_error *error);

/* did_graph_node adds the node of a resolved type; call did_graph_complete before using it. */
struct did_node *did_graph_node(struct did_graph *graph, struct did_type *type);
IC_MUST_USE bool did_graph_complete(struct did_graph *graph, struct did_error *error);

/* did_graph_classify gives nodes of equal types equal classes. */
void did_graph_classify(struct did_graph *graph);

/* did_header writes the bytes from the magic to the end of the argument types as an encoder of that
 * kind does. Returns false, nothing written, for types that JavaScript's encoder cannot tell from
 * others (see js.c). */
bool did_header(struct did_text *out, struct did_graph *graph, const struct did_node *tuple,
                int known);

/* did_js_keys gives each node its js_key: nodes with equal keys are one type in JavaScript. Returns how
 * many keys there are, 0 included. */
uint32_t did_js_keys(struct did_graph *graph);

/* True when a value of the tuple can be encoded with narrower types: there is a variant or an opt
 * outside of vecs. */
bool did_node_narrows(const struct did_node *tuple);

/* did_layout gives every node its descriptor for this machine. May be called again after
 * did_graph_tuple. */
void did_layout(struct did_graph *graph);

/* A set of names in use. did_name_unique appends underscores until the name is new. */
struct did_names;
struct did_names *did_names_new(struct did_pool *pool);
const char *did_name_unique(struct did_names *names, const char *wanted);
bool did_name_is_used(struct did_names *names, const char *name);
/* A keyword of C, or a macro of the headers that generated code includes. */
bool did_name_is_reserved(struct ic_bytes name);
/* lower_snake of a Candid name; what C cannot have becomes an underscore. */
const char *did_name_snake(struct did_pool *pool, struct ic_bytes name);
const char *did_name_upper(struct did_pool *pool, const char *name);

static inline bool did_node_is_void(const struct did_node *node)
{
    return node->kind == CANDID_KIND_NULL || node->kind == CANDID_KIND_RESERVED ||
           node->kind == CANDID_KIND_EMPTY;
}

static inline bool did_node_is_struct(const struct did_node *node)
{
    return node->kind == CANDID_KIND_RECORD || node->kind == CANDID_KIND_VARIANT ||
           node->kind == CANDID_KIND_OPT || node->kind == CANDID_KIND_VEC;
}

#endif
