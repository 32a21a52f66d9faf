/* Candid text values before they have a type. */
#ifndef TEXT_VALUE_H
#define TEXT_VALUE_H

#include "didc/graph.h"
#include "didc/parse.h"

/* Numbers within 128 bits. The type is no ISO C, but gcc and clang both have it. */
__extension__ typedef unsigned __int128 candid_u128;

enum value_kind {
    VALUE_NUMBER,
    VALUE_TEXT,
    VALUE_BOOL,
    VALUE_NULL,
    VALUE_OPT,
    VALUE_VEC,
    VALUE_RECORD,
    VALUE_VARIANT,
    VALUE_BLOB,
    VALUE_PRINCIPAL,
    VALUE_SERVICE,
    VALUE_FUNC,
    VALUE_ANNOTATED, /* (value : type) */
};

struct value {
    enum value_kind kind;
    struct did_position at;
    struct ic_bytes text; /* number as written without sign, text, blob, name of a func */
    bool negative;
    bool has_sign;
    bool truth;
    struct ic_principal principal;
    struct value_field *fields; /* record: sorted; variant: one */
    struct value *items;        /* vec; opt and annotated: one */
    size_t count;
    struct did_type *type; /* annotated */
    struct did_node *node; /* annotated, once the graph is complete */
};

struct value_field {
    uint32_t id;
    struct did_position at;
    struct value value;
};

/* value_parse_args reads "(value, ...)" up to the end of the text; annotations are resolved. */
IC_MUST_USE bool value_parse_args(struct did_program *program, struct value **values, size_t *count,
                                  struct ic_bytes text, struct did_error *error);

/* value_annotations_bind adds the annotated types to the graph. */
void value_annotations_bind(struct did_graph *graph, struct value *value);

/* value_infer gives the type of a value as written. */
struct did_type *value_infer(struct did_pool *pool, const struct value *value);

/* value_fit writes the C value of a node. Returns false with the error set when it does not fit. */
IC_MUST_USE bool value_fit(struct did_pool *pool, const struct value *value,
                           const struct did_node *node, void *out, struct did_error *error);
/* What is missing in a text may be null. Returns false when the type does not allow it. */
IC_MUST_USE bool value_fit_absent(struct did_pool *pool, const struct did_node *node, void *out);

/* The length of the digits of a whole number in base 128, and the digits. */
IC_MUST_USE bool value_number_digits(struct did_pool *pool, struct ic_bytes *digits,
                                     struct ic_bytes text);
bool value_number_is_float(struct ic_bytes text);

/* value_print writes a C value as text.
 *   names   names of fields by id; may be NULL */
struct value_names {
    const char *(*find)(const void *context, uint32_t id);
    const void *context;
};
IC_MUST_USE bool value_print_args(struct did_text *out, const struct did_node *tuple,
                                  const void *value, const struct value_names *names);

#endif
