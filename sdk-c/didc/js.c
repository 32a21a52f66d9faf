/* Which types are one type for @icp-sdk/core, and which are its IDL.Rec().
 *
 * The JavaScript library knows types by a name spelled out of their parts: equal spelling, one entry
 * of the type table. A recursive definition is an IDL.Rec() with a name of its own. Which definitions
 * those are the binding generator decides (candid_parser's bindings/javascript): it walks the service
 * in order, into each definition once, and one that is met again while it is still open is
 * recursive. SRC: @icp-sdk/core 5.4 candid/idl.js; dfinity/candid rust/candid_parser analysis.rs */
#include "graph.h"

static void visit_edges(struct did_node *node);

static void visit(struct did_node *node)
{
    if (node->did_name.size == 0) {
        visit_edges(node); // anonymous: the definitions below end the recursion
        return;
    }
    if (node->js_visit == 0) {
        node->js_visit = 1;
        visit_edges(node);
        node->js_visit = 2;
    }
    node->js_is_rec = node->js_is_rec || node->js_visit == 1;
}

static void visit_edges(struct did_node *node)
{
    for (size_t i = 0; i < node->edge_count; i++) {
        visit(node->edges[i].to);
    }
}

static void visit_method(struct did_graph *graph, size_t i, const struct did_type *service)
{
    const struct did_type *type = service->methods[i].type;
    struct did_node *const func =
        type->kind == DID_KIND_NAME ? did_type_resolve(service->methods[i].type)->node : NULL;
    if (func != NULL) {
        visit(func);
        return;
    }
    visit_edges(graph->methods[i].in);
    visit_edges(graph->methods[i].out);
}

static void visit_service(struct did_graph *graph)
{
    if (graph->init != NULL) {
        visit_edges(graph->init);
    }
    const struct did_type *const service = did_type_resolve(graph->program->service);
    struct did_node *const node =
        graph->program->service->kind == DID_KIND_NAME ? service->node : NULL;
    if (node != NULL) {
        visit(node);
    }
    for (size_t i = 0; i < graph->method_count; i++) {
        visit_method(graph, i, service);
    }
}

/* What no method reaches has no order in JavaScript, but cycles there must end too. */
static void find_recs(struct did_graph *graph)
{
    if (graph->program->service != NULL) {
        visit_service(graph);
    }
    for (size_t i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i]->js_visit == 0) {
            visit(graph->nodes[i]);
        }
    }
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static bool is_same(const struct did_node *a, const struct did_node *b)
{
    if (a->kind != b->kind || a->mode != b->mode || a->edge_count != b->edge_count ||
        a->result_count != b->result_count) {
        return false;
    }
    for (size_t i = 0; i < a->edge_count; i++) {
        if (a->edges[i].id != b->edges[i].id ||
            a->edges[i].to->js_key != b->edges[i].to->js_key ||
            (a->kind == CANDID_KIND_SERVICE &&
             !ic_bytes_is_equal(a->edges[i].name, b->edges[i].name))) {
            return false;
        }
    }
    return true;
}

struct keys {
    struct did_graph *graph;
    uint32_t count;
};

/* The key of a node with these parts: that of an equal one, or a new one. */
static uint32_t key_of_content(struct keys *keys, const struct did_node *node)
{
    for (size_t i = 0; i < keys->graph->node_count; i++) {
        const struct did_node *const other = keys->graph->nodes[i];
        const uint32_t key = other->js_is_rec ? other->js_content_key : other->js_key;
        if (other != node && key != 0 && is_same(other, node)) {
            return key;
        }
    }
    return keys->count++;
}

/* A recursive node has its key before its parts have theirs, so this comes to an end. */
static void make_key(struct keys *keys, struct did_node *node)
{
    if (node->js_key != 0) {
        return;
    }
    if (node->js_is_rec) {
        node->js_key = keys->count++;
    }
    for (size_t i = 0; i < node->edge_count; i++) {
        make_key(keys, node->edges[i].to);
    }
    const uint32_t content = key_of_content(keys, node);
    if (node->js_is_rec) {
        node->js_content_key = content;
    } else {
        node->js_key = content;
    }
}

uint32_t did_js_keys(struct did_graph *graph)
{
    if (graph->js_nodes == graph->node_count && graph->js_keys != 0) {
        return graph->js_keys;
    }
    struct keys keys = {.graph = graph, .count = CANDID_KIND_BOX + 1};
    for (size_t i = 0; i < graph->node_count; i++) {
        graph->nodes[i]->js_key = 0;
        graph->nodes[i]->js_content_key = 0;
        graph->nodes[i]->js_visit = 0;
    }
    find_recs(graph);
    for (uint32_t kind = 1; kind < CANDID_KIND_BOX; kind++) {
        if (graph->scalars[kind] != NULL) {
            graph->scalars[kind]->js_key = kind;
        }
    }
    for (size_t i = 0; i < graph->node_count; i++) {
        make_key(&keys, graph->nodes[i]);
    }
    graph->js_nodes = graph->node_count;
    graph->js_keys = keys.count;
    return keys.count;
}
