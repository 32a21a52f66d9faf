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
    const struct did_def *def = NULL;
    while (type->kind == DID_KIND_NAME) {
        def = type->def;
        type = def->type;
    }
    return def;
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

static bool chain_fail(const struct did_graph *g, const struct did_node *node,
                       struct did_error *error)
{
    const struct did_position at = node->type->at; /* tuples, without a type, begin a chain */
    return did_fail(error, at.source < g->program->source_count ? g->program->sources[at.source].name : "",
                    at, "types are chained too deeply");
}

static bool visit(struct did_graph *g, struct did_node *node, unsigned depth,
                  struct did_error *error)
{
    if (depth > DID_CHAIN_MAX) {
        return chain_fail(g, node, error);
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
    return true;
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

/* ---- structural equality ------------------------------------------------------------------------- */

/* Partition refinement: nodes start apart by shape; a round splits classes whose members lead to
 * different classes; when the number of classes stays, equal class means equal (infinite) type. */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_shape(const struct did_node *a, const struct did_node *b)
{
    int order = compare_numbers((uint64_t)a->kind, (uint64_t)b->kind);
    order = order != 0 ? order : compare_numbers(a->before, b->before);
    order = order != 0 ? order : compare_numbers(a->edge_count, b->edge_count);
    order = order != 0 ? order : compare_numbers(a->result_count, b->result_count);
    return order != 0 ? order : compare_numbers((uint64_t)a->mode, (uint64_t)b->mode);
}

static int compare_edges(const struct did_node *node, const struct did_edge *a,
                         const struct did_edge *b)
{
    int order = compare_numbers(a->id, b->id);
    order = order != 0 ? order : compare_numbers(a->to->before, b->to->before);
    if (order == 0 && node->kind == CANDID_KIND_SERVICE) {
        order = compare_numbers(a->name.size, b->name.size);
        order = order != 0 || a->name.size == 0 ? order
                                                : memcmp(a->name.at, b->name.at, a->name.size);
    }
    return order;
}

static int compare_nodes(const void *x, const void *y)
{
    const struct did_node *a = *(struct did_node *const *)x;
    const struct did_node *b = *(struct did_node *const *)y;
    int order = compare_shape(a, b);
    for (size_t i = 0; order == 0 && i < a->edge_count; i++) {
        order = compare_edges(a, &a->edges[i], &b->edges[i]);
    }
    return order;
}

/* One round. Returns the number of classes. */
static uint32_t refine(struct did_node **sorted, size_t count)
{
    qsort(sorted, count, sizeof *sorted, compare_nodes);
    uint32_t class = CANDID_KIND_BOX;
    for (size_t i = 0; i < count; i++) {
        class += i == 0 || compare_nodes(&sorted[i - 1], &sorted[i]) != 0;
        sorted[i]->class = class;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i]->before = sorted[i]->class;
    }
    return class;
}

static void classify(struct did_graph *g)
{
    if (g->node_count == 0) {
        return;
    }
    struct did_node **sorted = malloc(g->node_count * sizeof *sorted);
    if (sorted == NULL) {
        abort();
    }
    for (int kind = 1; kind < CANDID_KIND_BOX; kind++) {
        if (g->scalars[kind] != NULL) {
            g->scalars[kind]->class = g->scalars[kind]->before = (uint32_t)kind;
        }
    }
    for (size_t i = 0; i < g->node_count; i++) {
        sorted[i] = g->nodes[i];
        sorted[i]->before = 0;
    }
    uint32_t classes = 0;
    for (uint32_t now = refine(sorted, g->node_count); now != classes;) {
        classes = now;
        now = refine(sorted, g->node_count);
    }
    free(sorted);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

bool did_graph_complete(struct did_graph *g, struct did_error *error)
{
    for (; g->filled < g->node_count; g->filled++) {
        fill(g, g->nodes[g->filled]);
    }
    if (!order_nodes(g, error)) {
        return false;
    }
    classify(g);
    return true;
}

static struct did_node *tuple_node(struct did_graph *g, const char *name,
                                   const struct did_field *fields, size_t count, const char *base)
{
    struct did_node *node = new_node(g, CANDID_KIND_RECORD, name);
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
