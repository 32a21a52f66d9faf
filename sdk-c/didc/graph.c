#include "graph.h"

#include "parse.h"

#include <stdlib.h>

/* ---- nodes --------------------------------------------------------------------------------------- */

/* A name for a struct NAME, and for the enum NAME_tag in it, which C keeps in one name space; its
 * descriptor type_NAME stands beside the functions of methods. */
static const char *node_name(struct did_graph *g, int kind, const char *wanted)
{
    const char *name = did_name_unique(g->names, wanted);
    while ((g->c_names != NULL &&
            did_name_is_used(g->c_names, did_pool_printf(g->pool, "type_%s", name))) ||
           (kind == CANDID_KIND_VARIANT &&
            did_name_is_used(g->names, did_pool_printf(g->pool, "%s_tag", name)))) {
        name = did_name_unique(g->names, wanted);
    }
    if (kind == CANDID_KIND_VARIANT) {
        (void)did_name_unique(g->names, did_pool_printf(g->pool, "%s_tag", name));
    }
    return name;
}

static struct did_node *new_node(struct did_graph *g, int kind, const char *wanted)
{
    struct did_node *node = did_pool_alloc(g->pool, sizeof *node);
    node->kind = kind;
    node->name = node_name(g, kind, wanted);
    *DID_PUSH(g->pool, g->nodes, g->node_count) = node;
    return node;
}

static void make_scalars(struct did_graph *g)
{
    for (int kind = 1; kind < CANDID_KIND_BOX; kind++) {
        const char *name = kind == CANDID_KIND_BLOB ? "blob"
                           : kind <= CANDID_KIND_PRINCIPAL ? did_primitive_name(kind)
                                                           : NULL;
        if (name != NULL) {
            g->scalars[kind] = did_pool_alloc(g->pool, sizeof *g->scalars[kind]);
            g->scalars[kind]->kind = kind;
            g->scalars[kind]->name = name;
        }
    }
}

static bool is_blob(const struct did_type *type)
{
    return type->kind == CANDID_KIND_VEC && did_type_resolve(type->inner)->kind == CANDID_KIND_NAT8;
}

/* The definition whose type is no mere name, or NULL for an anonymous type. */
static const struct did_def *last_def(const struct did_type *type)
{
    return type->kind == DID_KIND_NAME ? type->def->end : NULL;
}

static struct did_node *node_for(struct did_graph *g, struct did_type *type, const char *path);

/* The opt or vec shared by all anonymous ones with this content. */
static struct did_node *wrapper_for(struct did_graph *g, int kind, struct did_type *type,
                                    const char *path)
{
    struct did_node *inner = node_for(g, type->inner, path);
    struct did_node **shared = kind == CANDID_KIND_OPT ? &inner->opt_of : &inner->vec_of;
    if (*shared == NULL) {
        struct did_node *node =
            new_node(g, kind,
                     did_pool_printf(g->pool, "%s_%.120s", kind == CANDID_KIND_OPT ? "opt" : "vec",
                                     inner->name));
        node->type = type;
        struct did_edge *edge = DID_PUSH(g->pool, node->edges, node->edge_count);
        edge->to = inner;
        *shared = node;
    }
    return *shared;
}

/* Recursion follows the nesting of anonymous types in the source, which the parser bounds. */
static struct did_node *node_for(struct did_graph *g, struct did_type *type, const char *path)
{
    const struct did_def *def = last_def(type);
    type = did_type_resolve(type);
    if (is_blob(type)) {
        return g->scalars[CANDID_KIND_BLOB];
    }
    if (type->kind <= CANDID_KIND_EMPTY || type->kind == CANDID_KIND_PRINCIPAL) {
        return g->scalars[type->kind];
    }
    if (type->node != NULL) {
        return type->node;
    }
    if (def == NULL && (type->kind == CANDID_KIND_OPT || type->kind == CANDID_KIND_VEC)) {
        return wrapper_for(g, type->kind, type, path);
    }
    struct did_node *node =
        new_node(g, type->kind, def != NULL ? did_name_snake(g->pool, def->name) : path);
    node->type = type;
    if (def != NULL) {
        node->doc = def->doc;
        node->did_name = def->name;
    }
    type->node = node;
    return node;
}

/* ---- edges --------------------------------------------------------------------------------------- */

static const char *sub_path(struct did_graph *g, const struct did_node *node, const char *part)
{
    return did_pool_printf(g->pool, "%.120s_%.120s", node->name, part);
}

static const char *field_name(struct did_graph *g, const struct did_field *field)
{
    return field->has_name ? did_name_snake(g->pool, field->name)
                           : did_pool_printf(g->pool, "f%u", field->id);
}

static void fill_fields(struct did_graph *g, struct did_node *node)
{
    struct did_names *members = did_names_new(g->pool);
    if (node->kind == CANDID_KIND_VARIANT && node->type->field_count == 0) {
        node->none = did_name_unique(
            g->tags, did_pool_printf(g->pool, "%s__NONE", did_name_upper(g->pool, node->name)));
    }
    for (size_t i = 0; i < node->type->field_count; i++) {
        const struct did_field *field = &node->type->fields[i];
        const char *name = field_name(g, field);
        struct did_edge *edge = DID_PUSH(g->pool, node->edges, node->edge_count);
        *edge = (struct did_edge){.id = field->id,
                                  .name = field->name,
                                  .has_name = field->has_name,
                                  .doc = field->doc,
                                  .member = did_name_unique(members, name)};
        if (node->kind == CANDID_KIND_VARIANT) {
            edge->tag = did_name_unique(
                g->tags, did_name_upper(g->pool, sub_path(g, node, name)));
        }
        edge->to = node_for(g, field->type, sub_path(g, node, name));
    }
}

static void fill_tuple(struct did_graph *g, struct did_node *node, const struct did_field *fields,
                       size_t count, const char *base)
{
    struct did_names *members = did_names_new(g->pool);
    for (size_t i = 0; i < count; i++) {
        const char *name = fields[i].has_name ? did_name_snake(g->pool, fields[i].name)
                                              : did_pool_printf(g->pool, "%s%zu", base, i);
        struct did_edge *edge = DID_PUSH(g->pool, node->edges, node->edge_count);
        *edge = (struct did_edge){.id = (uint32_t)i, .doc = fields[i].doc};
        edge->member = did_name_unique(members, name);
        edge->to = node_for(g, fields[i].type, sub_path(g, node, name));
    }
}

static void fill_func(struct did_graph *g, struct did_node *node)
{
    const struct did_type *type = node->type;
    fill_tuple(g, node, type->fields, type->field_count, "arg");
    fill_tuple(g, node, type->results, type->result_count, "ret");
    node->result_count = type->result_count;
    node->mode = type->mode;
}

static void fill_service(struct did_graph *g, struct did_node *node)
{
    for (size_t i = 0; i < node->type->method_count; i++) {
        const struct did_method *method = &node->type->methods[i];
        struct did_edge *edge = DID_PUSH(g->pool, node->edges, node->edge_count);
        *edge = (struct did_edge){.name = method->name, .has_name = true};
        edge->to = node_for(g, method->type, sub_path(g, node, did_name_snake(g->pool, method->name)));
    }
}

static void fill(struct did_graph *g, struct did_node *node)
{
    if (node->edge_count != 0 || node->type == NULL) {
        return; /* wrappers and tuples have theirs */
    }
    if (node->kind == CANDID_KIND_RECORD || node->kind == CANDID_KIND_VARIANT) {
        fill_fields(g, node);
    } else if (node->kind == CANDID_KIND_FUNC) {
        fill_func(g, node);
    } else if (node->kind == CANDID_KIND_SERVICE) {
        fill_service(g, node);
    } else {
        struct did_edge *edge = DID_PUSH(g->pool, node->edges, node->edge_count);
        edge->to = node_for(g, node->type->inner, sub_path(g, node, "item"));
    }
}

/* ---- order of emission, boxes -------------------------------------------------------------------- */

static bool node_fail(const struct did_graph *g, const struct did_node *node, const char *reason,
                      struct did_error *error)
{
    const struct did_position at = node->type != NULL ? node->type->at : node->at;
    return did_fail(error,
                    at.source < g->program->source_count ? g->program->sources[at.source].name : "",
                    at, "%s", reason);
}

/* Its members are done. Of a variant there is one case at a time; a vec is a pointer and a
 * count. */
static bool count_values(const struct did_graph *g, struct did_node *node, struct did_error *error)
{
    uint64_t all = 0;
    uint32_t most = 0;
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct did_edge *edge = &node->edges[i];
        const bool inside =
            !edge->boxed && did_node_is_struct(edge->to) && node->kind != CANDID_KIND_VEC;
        const uint32_t values = inside ? edge->to->values : 1;
        all += values;
        most = most > values ? most : values;
    }
    all = 1 + (node->kind == CANDID_KIND_VARIANT ? most : all);
    if (all > DID_VALUES_MAX) {
        return node_fail(g, node, "a struct of this type would be too large", error);
    }
    node->values = (uint32_t)all;
    return true;
}

static bool visit(struct did_graph *g, struct did_node *node, unsigned depth,
                  struct did_error *error)
{
    if (depth > DID_CHAIN_MAX) {
        return node_fail(g, node, "types are chained too deeply", error);
    }
    node->visit = 1;
    for (size_t i = 0; node->kind != CANDID_KIND_VEC && i < node->edge_count; i++) {
        struct did_edge *edge = &node->edges[i];
        if (!did_node_is_struct(edge->to)) {
            continue;
        }
        edge->boxed = edge->to->visit == 1;
        if (edge->to->visit == 0 && !visit(g, edge->to, depth + 1, error)) {
            return false;
        }
    }
    node->visit = 2;
    *DID_PUSH(g->pool, g->order, g->order_count) = node;
    return count_values(g, node, error);
}

static bool order_nodes(struct did_graph *g, struct did_error *error)
{
    for (size_t i = 0; i < g->node_count; i++) {
        if (did_node_is_struct(g->nodes[i]) && g->nodes[i]->visit == 0 &&
            !visit(g, g->nodes[i], 0, error)) {
            return false;
        }
    }
    return true;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

bool did_graph_complete(struct did_graph *g, struct did_error *error)
{
    for (; g->filled < g->node_count; g->filled++) {
        fill(g, g->nodes[g->filled]);
    }
    if (g->node_count > DID_NODES_MAX) {
        return node_fail(g, g->nodes[DID_NODES_MAX], "too many types", error);
    }
    if (!order_nodes(g, error)) {
        return false;
    }
    did_graph_classify(g);
    return true;
}

static struct did_node *tuple_node(struct did_graph *g, const char *name,
                                   const struct did_field *fields, size_t count, const char *base)
{
    struct did_node *node = new_node(g, CANDID_KIND_RECORD, name);
    node->at = count != 0 ? fields[0].at : (struct did_position){.line = 1, .column = 1};
    fill_tuple(g, node, fields, count, base);
    return node;
}

static void add_method(struct did_graph *g, const struct did_method *method)
{
    struct did_graph_method *m = DID_PUSH(g->pool, g->methods, g->method_count);
    m->name = method->name;
    m->doc = method->doc;
    m->at = method->at;
    m->mode = did_type_resolve(method->type)->mode;
    m->c_name = did_name_unique(g->c_names, did_name_snake(g->pool, method->name));
    /* What the generator derives from it; a method of that name gets an underscore. */
    (void)did_name_unique(g->c_names, did_pool_printf(g->pool, "%s_method", m->c_name));
    (void)did_name_unique(g->c_names, did_pool_printf(g->pool, "%s_reply", m->c_name));
    (void)did_name_unique(g->c_names, did_pool_printf(g->pool, "export_%s", m->c_name));
}

static void add_tuples(struct did_graph *g, struct did_graph_method *m, const struct did_type *func)
{
    m->in = tuple_node(g, did_pool_printf(g->pool, "%s_in", m->c_name), func->fields,
                       func->field_count, "arg");
    m->out = tuple_node(g, did_pool_printf(g->pool, "%s_out", m->c_name), func->results,
                        func->result_count, "ret");
    m->in->at = m->out->at = m->at;
}

static struct did_names *method_names(struct did_graph *g)
{
    struct did_names *names = did_names_new(g->pool);
    static const char *const taken[] = {"init",         "init_method",     "methods",
                                        "method_count", "inspect_message", "inspections"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        (void)did_name_unique(names, taken[i]);
    }
    for (size_t i = 0; i < g->node_count; i++) {
        (void)did_name_unique(names, did_pool_printf(g->pool, "type_%s", g->nodes[i]->name));
    }
    return names;
}

/* All functions have their names before the structs of their arguments have theirs. */
static void add_methods(struct did_graph *g, const struct did_type *service)
{
    g->c_names = method_names(g);
    for (size_t i = 0; i < service->method_count; i++) {
        add_method(g, &service->methods[i]);
    }
    for (size_t i = 0; i < service->method_count; i++) {
        add_tuples(g, &g->methods[i], did_type_resolve(service->methods[i].type));
    }
}

bool did_graph_make(struct did_graph *g, struct did_program *program, struct did_error *error)
{
    *g = (struct did_graph){.program = program, .pool = &program->pool};
    g->names = did_names_new(g->pool);
    g->tags = did_names_new(g->pool);
    (void)did_name_unique(g->tags, "DID_H"); /* macros of the headers */
    (void)did_name_unique(g->tags, "CLIENT_H");
    make_scalars(g);
    for (size_t i = 0; i < program->def_count; i++) {
        struct did_type name = {.kind = DID_KIND_NAME, .def = program->defs[i]};
        (void)node_for(g, &name, "");
    }
    for (; g->filled < g->node_count; g->filled++) {
        fill(g, g->nodes[g->filled]);
    }
    if (program->has_init) {
        g->init = tuple_node(g, "init_in", program->init, program->init_count, "arg");
    }
    if (program->service != NULL) {
        add_methods(g, did_type_resolve(program->service));
    }
    return did_graph_complete(g, error);
}

bool did_graph_tuple(struct did_graph *g, struct did_node **out, const char *name,
                     const struct did_field *fields, size_t count, struct did_error *error)
{
    *out = tuple_node(g, name, fields, count, "arg");
    return did_graph_complete(g, error);
}

struct did_node *did_graph_node(struct did_graph *g, struct did_type *type)
{
    return node_for(g, type, "anonymous");
}
