/* From the graph to C text: the header, the descriptors, the dispatch. */
#ifndef DIDC_GEN_H
#define DIDC_GEN_H

#include "graph.h"

/* What the annotation comments of a method say. */
struct gen_method_options {
    bool raw;
    bool manual;
    bool noargs;
    bool full;
    uint64_t argument_bytes_max; /* UINT32_MAX: not limited */
    struct ic_bytes guard;       /* empty: none */
};

struct gen {
    struct did_graph *graph;
    const char *prefix;
    const char *source; /* as named in the first line */
    struct did_error *error;
};

/* Reads the lines that begin with @. Returns false with the error set for an unknown or malformed
 * one. */
IC_MUST_USE bool gen_options(struct gen *gen, struct gen_method_options *options,
                             const struct did_graph_method *method);

/* True when `// @raw` stands above the service: the author decodes the install arguments. */
bool gen_init_is_raw(const struct gen *gen);

/* The comment of a definition, as C. */
void gen_doc(struct did_text *out, struct ic_bytes doc, const char *indent);
/* The C type of a member, e.g. "struct bank_opt_nat64 " or "uint64_t ". */
void gen_c_type(struct did_text *out, const struct gen *gen, const struct did_node *node);

void gen_header(struct did_text *out, const struct gen *gen);
IC_MUST_USE bool gen_handlers(struct did_text *out, struct gen *gen);
void gen_descriptors(struct did_text *out, const struct gen *gen);
IC_MUST_USE bool gen_methods(struct did_text *out, struct gen *gen);
IC_MUST_USE bool gen_dispatch(struct did_text *out, struct gen *gen);
void gen_client(struct did_text *out, struct gen *gen);

#endif
