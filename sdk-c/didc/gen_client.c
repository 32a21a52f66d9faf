/* <prefix>_client.h: for each method, a function that starts a call of it and one that decodes the
 * reply, for flows (ic/async.h) of canisters that call this service. */
#include "gen.h"

/* Names that the header of the service takes already. */
static struct did_names *taken_names(const struct gen *gen)
{
    const struct did_graph *g = gen->graph;
    struct did_names *names = did_names_new(g->pool);
    for (size_t i = 0; i < g->method_count; i++) {
        (void)did_name_unique(names, g->methods[i].c_name);
        (void)did_name_unique(names, did_pool_printf(g->pool, "%s_reply", g->methods[i].c_name));
        (void)did_name_unique(names, did_pool_printf(g->pool, "%s_method", g->methods[i].c_name));
    }
    return names;
}

static void put_call(struct did_text *out, const struct gen *gen, const struct did_graph_method *m,
                     const char *name)
{
    const bool in = m->in->edge_count != 0;
    did_printf(out,
               "static inline void %s_%s(struct ic_flow *flow, struct ic_answer *answer,\n"
               "    const struct candid_callee *to",
               gen->prefix, name);
    if (in) {
        did_printf(out, ", const struct %s_%s *in", gen->prefix, m->in->name);
    }
    did_printf(out, ")\n{\n    candid_call(flow, answer, to, &%s_%s_method, %s);\n}\n", gen->prefix,
               m->c_name, in ? "in" : "NULL");
}

static void put_take(struct did_text *out, const struct gen *gen, const struct did_graph_method *m,
                     const char *name)
{
    did_printf(out,
               "IC_MUST_USE static inline bool %s_%s(struct %s_%s *out,\n"
               "    const struct ic_answer *answer)\n{\n",
               gen->prefix, name, gen->prefix, m->out->name);
    did_printf(out, "    return candid_answer(out, answer, &%s_%s_method);\n}\n", gen->prefix,
               m->c_name);
}

void gen_client(struct did_text *out, const struct gen *gen)
{
    const struct did_graph *g = gen->graph;
    struct did_names *names = taken_names(gen);
    for (size_t i = 0; i < g->method_count; i++) {
        const struct did_graph_method *m = &g->methods[i];
        did_printf(out, "\n%s",
                   m->mode != CANDID_MODE_COMPOSITE_QUERY
                       ? ""
                       : "// composite query: for flows of composite queries only\n");
        gen_doc(out, m->doc, "");
        put_call(out, gen, m,
                 did_name_unique(names, did_pool_printf(g->pool, "call_%s", m->c_name)));
        if (m->mode != CANDID_MODE_ONEWAY) {
            put_take(out, gen, m,
                     did_name_unique(names, did_pool_printf(g->pool, "take_%s", m->c_name)));
        }
    }
}
