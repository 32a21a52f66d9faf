/* <prefix>_did.c: descriptor tables. <prefix>_dispatch.c: exports. */
#include "gen.h"

#include <inttypes.h>

static const char *const KIND_NAMES[CANDID_KIND_BOX] = {
    [CANDID_KIND_NULL] = "NULL",       [CANDID_KIND_BOOL] = "BOOL",
    [CANDID_KIND_OPT] = "OPT",         [CANDID_KIND_VEC] = "VEC",
    [CANDID_KIND_RECORD] = "RECORD",   [CANDID_KIND_VARIANT] = "VARIANT",
    [CANDID_KIND_FUNC] = "FUNC",       [CANDID_KIND_SERVICE] = "SERVICE",
};

static bool is_scalar(const struct did_node *node)
{
    return !did_node_is_struct(node) && node->kind != CANDID_KIND_FUNC &&
           node->kind != CANDID_KIND_SERVICE;
}

static void put_type_ref(struct did_text *out, const struct gen *gen, const struct did_edge *edge)
{
    if (edge->boxed) {
        did_printf(out, "&box_%s", edge->to->name);
    } else if (is_scalar(edge->to)) {
        did_printf(out, "&candid_type_%s", edge->to->name);
    } else {
        did_printf(out, "&%s_type_%s", gen->prefix, edge->to->name);
    }
}

static void put_text_literal(struct did_text *out, struct ic_bytes bytes)
{
    did_printf(out, "\"");
    for (size_t i = 0; i < bytes.size; i++) {
        const uint8_t c = bytes.at[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '?') {
            did_printf(out, "%c", (int)c);
        } else {
            did_printf(out, "\\%03o", c);
        }
    }
    did_printf(out, "\"");
}

/* ---- one descriptor ------------------------------------------------------------------------------ */

static void put_fields(struct did_text *out, const struct gen *gen, const struct did_node *node)
{
    if (node->edge_count == 0) {
        return;
    }
    did_printf(out, "static const struct candid_field fields_%s[] = {\n", node->name);
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct did_edge *edge = &node->edges[i];
        did_printf(out, "    {.id = %" PRIu32 "u, .type = ", edge->id);
        put_type_ref(out, gen, edge);
        if (node->kind != CANDID_KIND_FUNC && !did_node_is_void(edge->to)) {
            did_printf(out, ", .offset = offsetof(struct %s_%s, %s%s)", gen->prefix, node->name,
                       node->kind == CANDID_KIND_VARIANT ? "as." : "", edge->member);
        }
        did_printf(out, "},\n");
    }
    did_printf(out, "};\n");
}

static void put_service_methods(struct did_text *out, const struct gen *gen,
                                const struct did_node *node)
{
    if (node->edge_count == 0) {
        return;
    }
    did_printf(out, "static const struct candid_service_method methods_%s[] = {\n", node->name);
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct ic_bytes name = node->edges[i].name;
        did_printf(out, "    {.name = {.at = (const uint8_t *)");
        put_text_literal(out, name);
        did_printf(out, ", .size = %zu}, .type = ", name.size);
        put_type_ref(out, gen, &node->edges[i]);
        did_printf(out, "},\n");
    }
    did_printf(out, "};\n");
}

static void put_type(struct did_text *out, const struct gen *gen, const struct did_node *node)
{
    if (node->kind == CANDID_KIND_SERVICE) {
        put_service_methods(out, gen, node);
    } else if (node->kind != CANDID_KIND_OPT && node->kind != CANDID_KIND_VEC) {
        put_fields(out, gen, node);
    }
    did_printf(out, "const struct candid_type %s_type_%s = {\n    .kind = CANDID_KIND_%s,\n",
               gen->prefix, node->name, KIND_NAMES[node->kind]);
    const char *c_struct = did_node_is_struct(node)
                               ? did_pool_printf(gen->graph->pool, "struct %s_%s", gen->prefix,
                                                 node->name)
                           : node->kind == CANDID_KIND_FUNC ? "struct candid_func"
                                                            : "struct ic_principal";
    did_printf(out, "    .size = sizeof(%s),\n    .align = _Alignof(%s),\n", c_struct, c_struct);
    if (node->kind == CANDID_KIND_OPT || node->kind == CANDID_KIND_VEC) {
        if (node->kind == CANDID_KIND_OPT && !did_node_is_void(node->edges[0].to)) {
            did_printf(out, "    .offset = offsetof(%s, value),\n", c_struct);
        }
        did_printf(out, "    .of.inner = ");
        put_type_ref(out, gen, &node->edges[0]);
        did_printf(out, ",\n};\n\n");
        return;
    }
    did_printf(out, "    .count = %zu,\n", node->edge_count - node->result_count);
    if (node->kind == CANDID_KIND_FUNC) {
        did_printf(out, "    .result_count = %zu,\n    .mode = %d,\n", node->result_count,
                   (int)node->mode);
    }
    if (node->edge_count != 0) {
        did_printf(out, "    .of.%s = %s_%s,\n",
                   node->kind == CANDID_KIND_SERVICE ? "methods" : "fields",
                   node->kind == CANDID_KIND_SERVICE ? "methods" : "fields", node->name);
    }
    did_printf(out, "};\n\n");
}

/* Boxes of the structs that are contained in themselves. */
static void put_boxes(struct did_text *out, const struct gen *gen)
{
    const struct did_graph *g = gen->graph;
    for (size_t i = 0; i < g->node_count; i++) {
        for (size_t j = 0; j < g->nodes[i]->edge_count; j++) {
            if (g->nodes[i]->edges[j].boxed) {
                g->nodes[i]->edges[j].to->entry = 1;
            }
        }
    }
    for (size_t i = 0; i < g->node_count; i++) {
        if (g->nodes[i]->entry != 0) {
            did_printf(out,
                       "static const struct candid_type box_%s = {\n    .kind = CANDID_KIND_BOX,\n"
                       "    .size = sizeof(void *),\n    .align = _Alignof(void *),\n"
                       "    .of.inner = &%s_type_%s,\n};\n\n",
                       g->nodes[i]->name, gen->prefix, g->nodes[i]->name);
        }
    }
}

void gen_descriptors(struct did_text *out, const struct gen *gen)
{
    put_boxes(out, gen);
    for (size_t i = 0; i < gen->graph->node_count; i++) {
        put_type(out, gen, gen->graph->nodes[i]);
    }
}

/* ---- methods ------------------------------------------------------------------------------------- */

static void put_header_bytes(struct did_text *out, const struct did_text *header, const char *name,
                             const char *which)
{
    did_printf(out, "static const uint8_t %s_%s[] = {", which, name);
    for (size_t i = 0; i < header->size; i++) {
        did_printf(out, "%s0x%02x,", i % 16 == 0 ? "\n    " : " ", (uint8_t)header->at[i]);
    }
    did_printf(out, "\n};\n");
}

/* Writes the known headers of a tuple; present[i] tells which there are. For results only the one that
 * is written: what JavaScript would write is never received. */
static void put_known(struct did_text *out, const struct gen *gen, const struct did_node *tuple,
                      bool is_result, bool present[CANDID_KNOWN_COUNT])
{
    static const char *const which[] = {[CANDID_KNOWN_RUST] = "rust", [CANDID_KNOWN_JS] = "js"};
    struct did_text headers[CANDID_KNOWN_COUNT] = {0};
    for (int i = 0; i < CANDID_KNOWN_COUNT; i++) {
        present[i] = (i == CANDID_KNOWN_RUST || !is_result) &&
                     did_header(&headers[i], gen->graph, tuple, i);
        if (i == CANDID_KNOWN_JS && present[0] && present[i] &&
            ic_bytes_is_equal((struct ic_bytes){(uint8_t *)headers[0].at, headers[0].size},
                              (struct ic_bytes){(uint8_t *)headers[i].at, headers[i].size})) {
            present[i] = false;
        }
        if (present[i]) {
            put_header_bytes(out, &headers[i], tuple->name, which[i]);
        }
    }
    for (int i = 0; i < CANDID_KNOWN_COUNT; i++) {
        did_text_free(&headers[i]);
    }
}

static void put_tuple(struct did_text *out, const struct gen *gen, const struct did_node *tuple,
                      const char *member, const bool present[CANDID_KNOWN_COUNT])
{
    did_printf(out, "    .%s.record = &%s_type_%s,\n", member, gen->prefix, tuple->name);
    did_printf(out, "    .%s.narrows = %s,\n", member, did_node_narrows(tuple) ? "true" : "false");
    if (present[CANDID_KNOWN_RUST]) {
        did_printf(out, "    .%s.known[CANDID_KNOWN_RUST] = {rust_%s, sizeof rust_%s},\n", member,
                   tuple->name, tuple->name);
    }
    if (present[CANDID_KNOWN_JS]) {
        did_printf(out, "    .%s.known[CANDID_KNOWN_JS] = {js_%s, sizeof js_%s},\n", member,
                   tuple->name, tuple->name);
    }
}

static void put_method(struct did_text *out, const struct gen *gen,
                       const struct did_graph_method *m, const struct gen_options *options)
{
    bool in[CANDID_KNOWN_COUNT];
    bool result[CANDID_KNOWN_COUNT];
    put_known(out, gen, m->in, false, in);
    put_known(out, gen, m->out, true, result);
    did_printf(out, "const struct candid_method %s_%s_method = {\n    .name = ", gen->prefix,
               m->c_name);
    put_text_literal(out, m->name);
    did_printf(out, ",\n    .mode = %d,\n    .full = %s,\n", (int)m->mode,
               options->full ? "true" : "false");
    did_printf(out, "    .argument_bytes_max = %" PRIu64 "u,\n", options->argument_bytes_max);
    put_tuple(out, gen, m->in, "in", in);
    put_tuple(out, gen, m->out, "out", result);
    did_printf(out, "};\n\n");
}

static void put_init(struct did_text *out, const struct gen *gen)
{
    bool in[CANDID_KNOWN_COUNT];
    put_known(out, gen, gen->graph->init, false, in);
    did_printf(out,
               "const struct candid_method %s_init_method = {\n    .name = \"init\",\n"
               "    .argument_bytes_max = %" PRIu32 "u,\n",
               gen->prefix, UINT32_MAX);
    put_tuple(out, gen, gen->graph->init, "in", in);
    did_printf(out, "};\n\n");
}

void gen_methods(struct did_text *out, const struct gen *gen)
{
    const struct did_graph *g = gen->graph;
    if (g->init != NULL) {
        put_init(out, gen);
    }
    for (size_t i = 0; i < g->method_count; i++) {
        put_method(out, gen, &g->methods[i], &gen->options[i]);
    }
    did_printf(out, "const struct candid_method *const %s_methods[] = {\n", gen->prefix);
    for (size_t i = 0; i < g->method_count; i++) {
        did_printf(out, "    &%s_%s_method,\n", gen->prefix, g->methods[i].c_name);
    }
    if (g->method_count == 0) {
        did_printf(out, "    NULL,\n");
    }
    did_printf(out, "};\nconst size_t %s_method_count = %zu;\n", gen->prefix, g->method_count);
}

/* ---- dispatch ------------------------------------------------------------------------------------ */

static void put_body(struct did_text *out, const struct gen *gen, const struct did_graph_method *m,
                     const struct gen_options *options)
{
    const char *p = gen->prefix;
    const bool in = !options->raw && !options->noargs && m->in->edge_count != 0;
    const bool result = !options->raw && !options->manual && m->out->edge_count != 0;
    if (options->raw) {
        did_printf(out, "    %s_%s(candid_msg_argument(&%s_%s_method));\n", p, m->c_name, p, m->c_name);
        return;
    }
    if (!options->noargs) {
        did_printf(out, "    struct %s_%s in;\n", p, m->in->name);
    }
    if (result) {
        did_printf(out, "    struct %s_%s out = {0};\n", p, m->out->name);
    }
    if (options->noargs) {
        did_printf(out, "    candid_msg_start(&%s_%s_method);\n", p, m->c_name);
    } else {
        did_printf(out, "    candid_msg_receive(&%s_%s_method, &in);\n", p, m->c_name);
    }
    did_printf(out, "    %s_%s(%s%s%s);\n", p, m->c_name, in ? "&in" : "",
               in && result ? ", " : "", result ? "&out" : "");
    if (!options->manual && m->mode != CANDID_MODE_ONEWAY) {
        did_printf(out, "    candid_msg_reply(&%s_%s_method, %s);\n", p, m->c_name,
                   result ? "&out" : "NULL");
    }
}

static const char *export_kind(enum candid_mode mode)
{
    switch (mode) {
    case CANDID_MODE_QUERY:
        return "canister_query";
    case CANDID_MODE_COMPOSITE_QUERY:
        return "canister_composite_query";
    case CANDID_MODE_UPDATE:
    case CANDID_MODE_ONEWAY:
        break;
    }
    return "canister_update";
}

/* The name of an export: a literal that is not evaluated, so it has neither octal nor
 * hexadecimal escapes. Characters that change the direction of text are written by number: gcc
 * warns of them. */
static void put_export_name(struct did_text *out, enum candid_mode mode, struct ic_bytes name)
{
    static const char SIMPLE[] = "abtnvfr"; // 7 to 13
    did_printf(out, "CANDID_EXPORT(\"%s ", export_kind(mode));
    for (size_t i = 0; i < name.size;) {
        uint32_t c;
        const size_t size = did_utf8_next(&c, name, i);
        if (did_changes_direction(c)) {
            did_printf(out, "\\u%04" PRIx32, c);
        } else if (c >= '\a' && c <= '\r') {
            did_printf(out, "\\%c", SIMPLE[c - '\a']);
        } else {
            did_printf(out, "%s", c == '"' || c == '\\' || c == '?' ? "\\" : "");
            did_append(out, (struct ic_bytes){.at = name.at + i, .size = size});
        }
        i += size;
    }
    did_printf(out, "\")");
}

/* A struct of a thousand values and more may be too large for the stack, on which it stands. */
#define VALUES_ON_STACK 1000u

static void put_stack_check(struct did_text *out, const struct gen *gen,
                            const struct did_graph_method *m, const struct gen_options *options)
{
    if (!options->raw && m->in->values + m->out->values > VALUES_ON_STACK) {
        did_printf(out,
                   "\n_Static_assert(sizeof(struct %s_%s) + sizeof(struct %s_%s) <= "
                   "CANDID_MSG_STACK_BYTES,\n"
                   "               \"too large for the stack: make the method @raw\");\n",
                   gen->prefix, m->in->name, gen->prefix, m->out->name);
    }
}

static void put_export(struct did_text *out, const struct gen *gen,
                       const struct did_graph_method *m, const struct gen_options *options)
{
    put_stack_check(out, gen, m, options);
    did_printf(out, "\n");
    put_export_name(out, m->mode, m->name);
    did_printf(out, " void %s_export_%s(void);\nvoid %s_export_%s(void)\n{\n", gen->prefix,
               m->c_name, gen->prefix, m->c_name);
    if (options->guard.size != 0) {
        did_printf(out, "    if (!candid_msg_guard(%.*s())) {\n        return;\n    }\n",
                   (int)options->guard.size, (const char *)options->guard.at);
    }
    put_body(out, gen, m, options);
    did_printf(out, "}\n");
}

/* ---- inspection ------------------------------------------------------------------------------ */

/* One row for each method that a user can call as an update. Returns their number. */
static size_t put_inspections(struct did_text *out, const struct gen *gen)
{
    const struct did_graph *g = gen->graph;
    size_t count = 0;
    for (size_t i = 0; i < g->method_count; i++) {
        if (g->methods[i].mode == CANDID_MODE_COMPOSITE_QUERY) {
            continue;
        }
        if (count == 0) {
            did_printf(out, "\nstatic const struct candid_inspection %s_inspections[] = {\n",
                       gen->prefix);
        }
        did_printf(out, "    {&%s_%s_method, ", gen->prefix, g->methods[i].c_name);
        if (gen->options[i].inspect.size == 0) {
            did_printf(out, "NULL},\n");
        } else {
            did_append(out, gen->options[i].inspect);
            did_printf(out, "},\n");
        }
        count++;
    }
    did_printf(out, "%s", count == 0 ? "" : "};\n");
    return count;
}

static void put_inspect(struct did_text *out, const struct gen *gen)
{
    const char *p = gen->prefix;
    const size_t count = put_inspections(out, gen);
    did_printf(
        out,
        "\nCANDID_EXPORT(\"canister_inspect_message\") void %s_export_inspect_message(void);\n"
        "void %s_export_inspect_message(void)\n{\n",
        p, p);
    if (count == 0) {
        did_printf(out, "    candid_msg_inspect(NULL, 0);\n}\n");
    } else {
        did_printf(out, "    candid_msg_inspect(%s_inspections, %zu);\n}\n", p, count);
    }
}

static void put_init_export(struct did_text *out, const struct gen *gen)
{
    const char *p = gen->prefix;
    did_printf(out, "\nCANDID_EXPORT(\"canister_init\") void %s_export_init(void);\n", p);
    did_printf(out, "void %s_export_init(void)\n{\n", p);
    if (gen->service.raw) {
        did_printf(out, "    %s_init(candid_msg_argument(&%s_init_method));\n}\n", p, p);
    } else {
        did_printf(out, "    struct %s_init_in in;\n", p);
        did_printf(out, "    candid_msg_receive(&%s_init_method, &in);\n    %s_init(&in);\n}\n", p,
                   p);
    }
}

void gen_dispatch(struct did_text *out, const struct gen *gen)
{
    const struct did_graph *g = gen->graph;
    if (g->init != NULL) {
        put_init_export(out, gen);
    }
    for (size_t i = 0; i < g->method_count; i++) {
        put_export(out, gen, &g->methods[i], &gen->options[i]);
    }
    if (gen->has_inspection) {
        put_inspect(out, gen);
    }
}
