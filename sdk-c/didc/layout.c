/* Descriptors for this machine, by the rules that the C compiler follows for generated structs. */
#include "graph.h"

#include <stdalign.h>

struct measure {
    uint32_t size;
    uint32_t align;
};

#define MEASURE(type) {sizeof(type), alignof(type)}

static const struct measure SCALARS[CANDID_KIND_BOX] = {
    [CANDID_KIND_BOOL] = MEASURE(bool),
    [CANDID_KIND_NAT] = MEASURE(struct candid_nat),
    [CANDID_KIND_INT] = MEASURE(struct candid_int),
    [CANDID_KIND_NAT8] = MEASURE(uint8_t),
    [CANDID_KIND_NAT16] = MEASURE(uint16_t),
    [CANDID_KIND_NAT32] = MEASURE(uint32_t),
    [CANDID_KIND_NAT64] = MEASURE(uint64_t),
    [CANDID_KIND_INT8] = MEASURE(int8_t),
    [CANDID_KIND_INT16] = MEASURE(int16_t),
    [CANDID_KIND_INT32] = MEASURE(int32_t),
    [CANDID_KIND_INT64] = MEASURE(int64_t),
    [CANDID_KIND_FLOAT32] = MEASURE(float),
    [CANDID_KIND_FLOAT64] = MEASURE(double),
    [CANDID_KIND_TEXT] = MEASURE(struct ic_bytes),
    [CANDID_KIND_BLOB] = MEASURE(struct ic_bytes),
    [CANDID_KIND_PRINCIPAL] = MEASURE(struct ic_principal),
    [CANDID_KIND_FUNC] = MEASURE(struct candid_func),
    [CANDID_KIND_SERVICE] = MEASURE(struct ic_principal),
};

static uint32_t round_up(uint32_t n, uint32_t align)
{
    return (n + align - 1) & ~(align - 1);
}

/* Places a member behind the others; returns its offset. */
static uint32_t place(struct measure *whole, struct measure member)
{
    if (member.size == 0) {
        return 0;
    }
    const uint32_t offset = round_up(whole->size, member.align);
    whole->size = offset + member.size;
    whole->align = whole->align > member.align ? whole->align : member.align;
    return offset;
}

static struct measure measure_edge(const struct did_edge *edge)
{
    if (edge->boxed) {
        return (struct measure)MEASURE(void *);
    }
    return (struct measure){edge->to->size, edge->to->align};
}

static void finish(struct did_node *node, struct measure whole)
{
    node->size = round_up(whole.size == 0 ? 1 : whole.size, whole.align);
    node->align = whole.align;
}

static void measure_record(struct did_node *node)
{
    struct measure whole = {0, 1};
    for (size_t i = 0; i < node->edge_count; i++) {
        node->descriptor_fields[i].offset = place(&whole, measure_edge(&node->edges[i]));
    }
    finish(node, whole);
}

static void measure_variant(struct did_node *node)
{
    struct measure as = {0, 1};
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct measure member = measure_edge(&node->edges[i]);
        as.size = as.size > member.size ? as.size : member.size;
        as.align = member.size != 0 && member.align > as.align ? member.align : as.align;
    }
    as.size = round_up(as.size, as.align);
    struct measure whole = MEASURE(unsigned);
    const uint32_t offset = place(&whole, as);
    for (size_t i = 0; i < node->edge_count; i++) {
        node->descriptor_fields[i].offset = offset;
    }
    finish(node, whole);
}

static void measure(struct did_node *node)
{
    struct measure whole = {0, 1};
    switch (node->kind) {
    case CANDID_KIND_RECORD:
        measure_record(node);
        return;
    case CANDID_KIND_VARIANT:
        measure_variant(node);
        return;
    case CANDID_KIND_OPT:
        place(&whole, (struct measure)MEASURE(bool));
        node->descriptor->offset = place(&whole, measure_edge(&node->edges[0]));
        break;
    default: /* vec */
        place(&whole, (struct measure)MEASURE(void *));
        place(&whole, (struct measure)MEASURE(size_t));
        break;
    }
    finish(node, whole);
}

/* ---- descriptors --------------------------------------------------------------------------------- */

static void make_descriptor(struct did_graph *g, struct did_node *node)
{
    if (node->descriptor != NULL) {
        return;
    }
    node->descriptor = did_pool_alloc(g->pool, sizeof *node->descriptor);
    node->descriptor_fields =
        did_pool_alloc(g->pool, (node->edge_count + 1) * sizeof *node->descriptor_fields);
    if (!did_node_is_struct(node)) {
        node->size = SCALARS[node->kind].size;
        node->align = SCALARS[node->kind].align != 0 ? SCALARS[node->kind].align : 1;
    }
}

/* The type an edge leads to, through a box where there is one. */
static const struct candid_type *edge_type(struct did_graph *g, const struct did_edge *edge)
{
    struct did_node *to = edge->to;
    if (!edge->boxed) {
        return to->descriptor;
    }
    if (to->box == NULL) {
        to->box = did_pool_alloc(g->pool, sizeof *to->box);
        *to->box = (struct candid_type){.kind = CANDID_KIND_BOX,
                                        .size = sizeof(void *),
                                        .align = alignof(void *),
                                        .of.inner = to->descriptor};
    }
    return to->box;
}

static const struct candid_service_method *service_methods(struct did_graph *g,
                                                           const struct did_node *node)
{
    struct candid_service_method *methods =
        did_pool_alloc(g->pool, (node->edge_count + 1) * sizeof *methods);
    for (size_t i = 0; i < node->edge_count; i++) {
        methods[i].name = node->edges[i].name;
        methods[i].type = node->edges[i].to->descriptor;
    }
    return methods;
}

static void fill_descriptor(struct did_graph *g, struct did_node *node)
{
    struct candid_type *d = node->descriptor;
    d->kind = (uint8_t)node->kind;
    d->mode = (uint8_t)node->mode;
    d->size = node->size;
    d->align = (uint16_t)node->align;
    if (node->kind == CANDID_KIND_OPT || node->kind == CANDID_KIND_VEC) {
        d->of.inner = edge_type(g, &node->edges[0]);
        return;
    }
    d->count = (uint16_t)(node->edge_count - node->result_count);
    d->result_count = (uint16_t)node->result_count;
    if (node->kind == CANDID_KIND_SERVICE) {
        d->of.methods = service_methods(g, node);
        return;
    }
    for (size_t i = 0; i < node->edge_count; i++) {
        node->descriptor_fields[i].id = node->edges[i].id;
        node->descriptor_fields[i].type = edge_type(g, &node->edges[i]);
    }
    d->of.fields = node->descriptor_fields;
}

void did_layout(struct did_graph *g)
{
    for (int kind = 1; kind < CANDID_KIND_BOX; kind++) {
        if (g->scalars[kind] != NULL) {
            make_descriptor(g, g->scalars[kind]);
            fill_descriptor(g, g->scalars[kind]);
        }
    }
    for (size_t i = 0; i < g->node_count; i++) {
        make_descriptor(g, g->nodes[i]);
    }
    for (size_t i = 0; i < g->order_count; i++) {
        if (g->order[i]->size == 0) {
            measure(g->order[i]);
        }
    }
    for (size_t i = 0; i < g->node_count; i++) {
        if (g->nodes[i]->descriptor->kind == 0) {
            fill_descriptor(g, g->nodes[i]);
        }
    }
}
