/* From the graph to C text: the header, the descriptors, the dispatch. */
#ifndef DIDC_GEN_H
#define DIDC_GEN_H

#include "graph.h"

/* What the annotation comments of a method say, or those of the service. */
struct gen_options {
    bool raw, manual, noargs, full, max, guarded, inspected; /* which are there */
    uint64_t argument_bytes_max; /* UINT32_MAX: not limited */
    struct ic_bytes guard;       /* names of C functions; empty: none */
    struct ic_bytes inspect;
    struct ic_bytes last; /* the last line, for errors */
};

struct gen {
    struct did_graph *graph;
    const char *prefix;
    const char *source; /* as named in the first line */
    struct did_error *error;
    struct gen_options service;
    struct gen_options *options; /* of each method, what the service says included */
    bool has_inspection;         /* there is an @inspect */
    const uint8_t **understood;  /* where the annotations stand that were read */
    size_t understood_count;
};

/* Reads the comment lines that begin with @. Returns false with the error set for one that is
 * unknown, malformed, at a wrong place, or contradicts another. */
IC_MUST_USE bool gen_annotations(struct gen *gen);

/* The character at byte i, its size in bytes. What is no UTF-8 is one byte, given as 0xfffd. */
size_t did_utf8_next(uint32_t *c, struct ic_bytes text, size_t i);
/* A character that shows what follows in another order than it stands. */
bool did_changes_direction(uint32_t c);

/* One line within a comment of C, whatever bytes it has. */
void gen_comment_text(struct did_text *out, struct ic_bytes line);
/* The comment of a definition, as C. */
void gen_doc(struct did_text *out, struct ic_bytes doc, const char *indent);
/* The C type of a member, e.g. "struct bank_opt_nat64 " or "uint64_t ". */
void gen_c_type(struct did_text *out, const struct gen *gen, const struct did_node *node);

void gen_header(struct did_text *out, const struct gen *gen);
void gen_handlers(struct did_text *out, const struct gen *gen);
void gen_descriptors(struct did_text *out, const struct gen *gen);
void gen_methods(struct did_text *out, const struct gen *gen);
void gen_dispatch(struct did_text *out, const struct gen *gen);
void gen_client(struct did_text *out, const struct gen *gen);

#endif
