/* <prefix>_did.h: structs, descriptors to use, handlers to write. */
#include "gen.h"

#include "ic/text.h"

static const char *const C_TYPES[CANDID_KIND_BOX] = {
    [CANDID_KIND_BOOL] = "bool ",
    [CANDID_KIND_NAT] = "struct candid_nat ",
    [CANDID_KIND_INT] = "struct candid_int ",
    [CANDID_KIND_NAT8] = "uint8_t ",
    [CANDID_KIND_NAT16] = "uint16_t ",
    [CANDID_KIND_NAT32] = "uint32_t ",
    [CANDID_KIND_NAT64] = "uint64_t ",
    [CANDID_KIND_INT8] = "int8_t ",
    [CANDID_KIND_INT16] = "int16_t ",
    [CANDID_KIND_INT32] = "int32_t ",
    [CANDID_KIND_INT64] = "int64_t ",
    [CANDID_KIND_FLOAT32] = "float ",
    [CANDID_KIND_FLOAT64] = "double ",
    [CANDID_KIND_TEXT] = "struct ic_bytes ",
    [CANDID_KIND_BLOB] = "struct ic_bytes ",
    [CANDID_KIND_PRINCIPAL] = "struct ic_principal ",
    [CANDID_KIND_FUNC] = "struct candid_func ",
    [CANDID_KIND_SERVICE] = "struct ic_principal ",
};

void gen_c_type(struct did_text *out, const struct gen *gen, const struct did_node *node)
{
    if (did_node_is_struct(node)) {
        did_printf(out, "struct %s_%s ", gen->prefix, node->name);
    } else {
        did_printf(out, "%s", C_TYPES[node->kind]);
    }
}

/* ---- comments ------------------------------------------------------------------------------------ */

size_t did_utf8_next(uint32_t *c, struct ic_bytes text, size_t i)
{
    const uint8_t lead = text.at[i];
    const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size > text.size - i ||
        !ic_utf8_is_valid((struct ic_bytes){.at = text.at + i, .size = size})) {
        *c = 0xfffd;
        return 1;
    }
    *c = size == 1 ? lead : lead & (0x7fu >> size);
    for (size_t k = 1; k < size; k++) {
        *c = *c << 6 | (text.at[i + k] & 0x3fu);
    }
    return size;
}

bool did_changes_direction(uint32_t c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* A comment must neither end early nor look other than it is: no end of a comment, no trigraph,
 * nothing that cannot be seen. */
void gen_comment_text(struct did_text *out, struct ic_bytes line)
{
    for (size_t i = 0; i < line.size;) {
        uint32_t c;
        const size_t size = did_utf8_next(&c, line, i);
        const uint8_t before = i > 0 ? line.at[i - 1] : 0;
        if ((c == '/' && before == '*') || (c == '*' && before == '/') ||
            (c == '?' && before == '?')) {
            did_append(out, IC_BYTES_LIT(" "));
        }
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffd || did_changes_direction(c)) {
            did_append(out, IC_BYTES_LIT(" "));
        } else {
            did_append(out, (struct ic_bytes){.at = line.at + i, .size = size});
        }
        i += size;
    }
}

/* The comment, with "name: " before its first line where there is a name. */
static void put_doc(struct did_text *out, struct ic_bytes name, struct ic_bytes doc,
                    const char *indent)
{
    struct ic_bytes line;
    bool open = false;
    while (did_doc_next(&line, &doc)) {
        if (line.size > 0 && line.at[0] == '@') {
            continue;
        }
        if (open) {
            did_printf(out, "\n%s *%s", indent, line.size == 0 ? "" : " ");
        } else {
            did_printf(out, "%s/* ", indent);
            did_append(out, name);
            did_printf(out, "%s", name.size == 0 ? "" : ": ");
            open = true;
        }
        gen_comment_text(out, line);
    }
    if (open) {
        did_printf(out, " */\n");
    }
}

void gen_doc(struct did_text *out, struct ic_bytes doc, const char *indent)
{
    put_doc(out, (struct ic_bytes){0}, doc, indent);
}

/* ---- structs ------------------------------------------------------------------------------------- */

static void put_member(struct did_text *out, const struct gen *gen, const struct did_edge *edge,
                       const char *indent, const char *name)
{
    if (did_node_is_void(edge->to)) {
        return;
    }
    gen_doc(out, edge->doc, indent);
    did_printf(out, "%s%s", indent, edge->boxed ? "const " : "");
    gen_c_type(out, gen, edge->to);
    did_printf(out, "%s%s;\n", edge->boxed ? "*" : "", name);
}

static bool has_members(const struct did_node *node)
{
    for (size_t i = 0; i < node->edge_count; i++) {
        if (!did_node_is_void(node->edges[i].to)) {
            return true;
        }
    }
    return false;
}

static void put_record(struct did_text *out, const struct gen *gen, const struct did_node *node)
{
    for (size_t i = 0; i < node->edge_count; i++) {
        put_member(out, gen, &node->edges[i], "    ", node->edges[i].member);
    }
    if (!has_members(node)) {
        did_printf(out, "    uint8_t nothing; // C has no empty struct\n");
    }
}

static void put_tags(struct did_text *out, const struct gen *gen, const struct did_node *node)
{
    const char *prefix = did_name_upper(gen->graph->pool, gen->prefix);
    did_printf(out, "enum %s_%s_tag {\n", gen->prefix, node->name);
    for (size_t i = 0; i < node->edge_count; i++) {
        if (did_node_is_void(node->edges[i].to)) {
            gen_doc(out, node->edges[i].doc, "    ");
        }
        did_printf(out, "    %s_%s = %zu,\n", prefix, node->edges[i].tag, i);
    }
    if (node->edge_count == 0) {
        did_printf(out, "    %s_%s = 0, // no case: no value can be made\n", prefix, node->none);
    }
    did_printf(out, "};\n");
}

static void put_variant(struct did_text *out, const struct gen *gen, const struct did_node *node)
{
    did_printf(out, "    enum %s_%s_tag tag;\n", gen->prefix, node->name);
    if (!has_members(node)) {
        return;
    }
    did_printf(out, "    union {\n");
    for (size_t i = 0; i < node->edge_count; i++) {
        put_member(out, gen, &node->edges[i], "        ", node->edges[i].member);
    }
    did_printf(out, "    } as;\n");
}

static void put_vec(struct did_text *out, const struct gen *gen, const struct did_node *node)
{
    if (did_node_is_void(node->edges[0].to)) {
        did_printf(out, "    const void *at; // elements without a value: only counted\n");
    } else {
        did_printf(out, "    const ");
        gen_c_type(out, gen, node->edges[0].to);
        did_printf(out, "*at;\n");
    }
    did_printf(out, "    size_t count;\n");
}

static void put_struct(struct did_text *out, const struct gen *gen, const struct did_node *node)
{
    gen_doc(out, node->doc, "");
    if (node->kind == CANDID_KIND_VARIANT) {
        put_tags(out, gen, node);
    }
    did_printf(out, "struct %s_%s {\n", gen->prefix, node->name);
    if (node->kind == CANDID_KIND_RECORD) {
        put_record(out, gen, node);
    } else if (node->kind == CANDID_KIND_VARIANT) {
        put_variant(out, gen, node);
    } else if (node->kind == CANDID_KIND_VEC) {
        put_vec(out, gen, node);
    } else {
        did_printf(out, "    bool has;\n");
        put_member(out, gen, &node->edges[0], "    ", "value");
    }
    did_printf(out, "};\n\n");
}

/* Definitions that are no struct here, because they are numbers, texts, functions or other names
 * for a struct: what was written about them. */
static void put_docs_of_others(struct did_text *out, const struct gen *gen)
{
    const struct did_program *program = gen->graph->program;
    const size_t start = out->size;
    for (size_t i = 0; i < program->def_count; i++) {
        const struct did_def *def = program->defs[i];
        const struct did_node *node = def->end->type->node;
        if (def->end != def || node == NULL || !did_node_is_struct(node)) {
            put_doc(out, def->name, def->doc, "");
        }
    }
    did_printf(out, "%s", out->size == start ? "" : "\n");
}

void gen_header(struct did_text *out, const struct gen *gen)
{
    put_docs_of_others(out, gen);
    for (size_t i = 0; i < gen->graph->order_count; i++) {
        put_struct(out, gen, gen->graph->order[i]);
    }
    did_printf(out, "/* Descriptors, for candid_encode and candid_decode. */\n");
    for (size_t i = 0; i < gen->graph->node_count; i++) {
        did_printf(out, "extern const struct candid_type %s_type_%s;\n", gen->prefix,
                   gen->graph->nodes[i]->name);
    }
    did_printf(out, "\n");
}

/* ---- handlers ------------------------------------------------------------------------------------ */

static void put_prototype(struct did_text *out, const struct gen *gen,
                          const struct did_graph_method *m, const struct gen_options *options)
{
    const bool in = !options->raw && !options->noargs && m->in->edge_count != 0;
    const bool result = !options->raw && !options->manual && m->out->edge_count != 0;
    did_printf(out, "void %s_%s(", gen->prefix, m->c_name);
    if (options->raw) {
        did_printf(out, "struct ic_bytes argument");
    } else if (!in && !result) {
        did_printf(out, "void");
    }
    if (in) {
        did_printf(out, "const struct %s_%s *in", gen->prefix, m->in->name);
    }
    if (result) {
        did_printf(out, "%sstruct %s_%s *out", in ? ", " : "", gen->prefix, m->out->name);
    }
    did_printf(out, ");\n");
}

static const char *mode_text(enum candid_mode mode)
{
    switch (mode) {
    case CANDID_MODE_UPDATE:
        return "update";
    case CANDID_MODE_QUERY:
        return "query";
    case CANDID_MODE_ONEWAY:
        return "update, oneway";
    case CANDID_MODE_COMPOSITE_QUERY:
        return "composite query";
    }
    return "";
}

static void put_author_function(struct did_text *out, struct ic_bytes name)
{
    if (name.size != 0) {
        did_printf(out, "const char *%.*s(void);\n", (int)name.size, (const char *)name.at);
    }
}

/* Functions that annotations name; that of the service is declared once. */
static void put_author_functions(struct did_text *out, const struct gen *gen,
                                 const struct gen_options *options)
{
    put_author_function(out, options->guard);
    if (!ic_bytes_is_equal(options->inspect, options->guard) &&
        !ic_bytes_is_equal(options->inspect, gen->service.inspect)) {
        put_author_function(out, options->inspect);
    }
}

void gen_handlers(struct did_text *out, const struct gen *gen)
{
    const struct did_graph *g = gen->graph;
    did_printf(out, "/* The methods: the author of the canister writes these functions. */\n");
    gen_doc(out, g->program->service_doc, "");
    if (g->init != NULL) {
        did_printf(out, "extern const struct candid_method %s_init_method;\n", gen->prefix);
        if (gen->service.raw) {
            did_printf(out, "void %s_init(struct ic_bytes argument);\n\n", gen->prefix);
        } else {
            did_printf(out, "void %s_init(const struct %s_init_in *in);\n\n", gen->prefix,
                       gen->prefix);
        }
    }
    if (gen->service.inspect.size != 0) {
        did_printf(out, "// inspects calls of users before they are accepted\n");
        put_author_function(out, gen->service.inspect);
        did_printf(out, "\n");
    }
    for (size_t i = 0; i < g->method_count; i++) {
        const struct did_graph_method *m = &g->methods[i];
        const struct gen_options *options = &gen->options[i];
        did_printf(out, "// %s\n", mode_text(m->mode));
        gen_doc(out, m->doc, "");
        put_prototype(out, gen, m, options);
        did_printf(out, "extern const struct candid_method %s_%s_method;\n", gen->prefix, m->c_name);
        put_author_functions(out, gen, options);
        if (options->raw || options->manual) {
            did_printf(out, "static inline void %s_%s_reply(const struct %s_%s *out)\n{\n",
                       gen->prefix, m->c_name, gen->prefix, m->out->name);
            did_printf(out, "    candid_msg_reply(&%s_%s_method, out);\n}\n", gen->prefix, m->c_name);
        }
        did_printf(out, "\n");
    }
    did_printf(out, "extern const struct candid_method *const %s_methods[];\n", gen->prefix);
    did_printf(out, "extern const size_t %s_method_count;\n", gen->prefix);
}
