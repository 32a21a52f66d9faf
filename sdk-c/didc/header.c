/* The type tables that other encoders write for given types. */
#include "graph.h"

#include <stdlib.h>

struct table {
    struct did_graph *graph;
    bool post_order; /* children first, as in JavaScript; else an entry before its children */
    bool failed;
    int32_t *entry_of_class; /* index + 1; 0: none; -1: open */
    const struct did_node **entries;
    size_t entry_count;
};

static void put_leb(struct did_text *out, uint64_t value)
{
    do {
        const uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        did_append(out, (struct ic_bytes){.at = &byte, .size = 1});
        value >>= 7;
    } while (value != 0);
}

static void put_sleb(struct did_text *out, int64_t value)
{
    for (;;) {
        const bool last = value >= -64 && value < 64;
        const uint8_t byte = (uint8_t)((value & 0x7f) | (last ? 0 : 0x80));
        did_append(out, (struct ic_bytes){.at = &byte, .size = 1});
        if (last) {
            return;
        }
        value >>= 7;
    }
}

static bool is_primitive(const struct did_node *node)
{
    return node->kind <= CANDID_KIND_EMPTY || node->kind == CANDID_KIND_PRINCIPAL;
}

static void add_entry(struct table *t, const struct did_node *node)
{
    t->entries[t->entry_count++] = node;
    t->entry_of_class[node->class] = (int32_t)t->entry_count;
}

static void collect(struct table *t, const struct did_node *node, unsigned depth)
{
    if (depth > DID_CHAIN_MAX) {
        t->failed = true;
    }
    if (t->failed || is_primitive(node) || t->entry_of_class[node->class] > 0) {
        return;
    }
    if (t->post_order && (t->entry_of_class[node->class] < 0 || node->kind == CANDID_KIND_FUNC ||
                          node->kind == CANDID_KIND_SERVICE)) {
        t->failed = true;
        return;
    }
    if (t->post_order) {
        t->entry_of_class[node->class] = -1;
    } else {
        add_entry(t, node);
    }
    for (size_t i = 0; i < node->edge_count; i++) {
        collect(t, node->edges[i].to, depth + 1);
    }
    if (t->post_order && !t->failed) {
        add_entry(t, node);
    }
}

static void put_ref(struct did_text *out, const struct table *t, const struct did_node *node)
{
    put_sleb(out, is_primitive(node) ? -(int64_t)node->kind : t->entry_of_class[node->class] - 1);
}

static void put_func(struct did_text *out, const struct table *t, const struct did_node *node)
{
    const size_t parameters = node->edge_count - node->result_count;
    put_leb(out, parameters);
    for (size_t i = 0; i < node->edge_count; i++) {
        if (i == parameters) {
            put_leb(out, node->result_count);
        }
        put_ref(out, t, node->edges[i].to);
    }
    if (node->result_count == 0) {
        put_leb(out, 0);
    }
    put_leb(out, node->mode != CANDID_MODE_UPDATE);
    if (node->mode != CANDID_MODE_UPDATE) {
        put_leb(out, (uint64_t)node->mode);
    }
}

static void put_entry(struct did_text *out, const struct table *t, const struct did_node *node)
{
    if (node->kind == CANDID_KIND_BLOB) {
        put_sleb(out, -CANDID_KIND_VEC);
        put_sleb(out, -CANDID_KIND_NAT8);
        return;
    }
    put_sleb(out, -(int64_t)node->kind);
    if (node->kind == CANDID_KIND_FUNC) {
        put_func(out, t, node);
        return;
    }
    const bool counted = node->kind == CANDID_KIND_RECORD || node->kind == CANDID_KIND_VARIANT ||
                         node->kind == CANDID_KIND_SERVICE;
    if (counted) {
        put_leb(out, node->edge_count);
    }
    for (size_t i = 0; i < node->edge_count; i++) {
        if (node->kind == CANDID_KIND_SERVICE) {
            put_leb(out, node->edges[i].name.size);
            did_append(out, node->edges[i].name);
        } else if (counted) {
            put_leb(out, node->edges[i].id);
        }
        put_ref(out, t, node->edges[i].to);
    }
}

static void put_header(struct did_text *out, const struct table *t, const struct did_node *tuple)
{
    did_append(out, IC_BYTES_LIT("DIDL"));
    put_leb(out, t->entry_count);
    for (size_t i = 0; i < t->entry_count; i++) {
        put_entry(out, t, t->entries[i]);
    }
    put_leb(out, tuple->edge_count);
    for (size_t i = 0; i < tuple->edge_count; i++) {
        put_ref(out, t, tuple->edges[i].to);
    }
}

bool did_header(struct did_text *out, struct did_graph *graph, const struct did_node *tuple,
                int known)
{
    struct table t = {.graph = graph, .post_order = known == CANDID_KNOWN_JS};
    const size_t classes = graph->node_count + CANDID_KIND_BOX + 2;
    t.entry_of_class = calloc(classes, sizeof *t.entry_of_class);
    t.entries = calloc(classes, sizeof *t.entries);
    if (t.entry_of_class == NULL || t.entries == NULL) {
        abort();
    }
    for (size_t i = 0; i < tuple->edge_count; i++) {
        collect(&t, tuple->edges[i].to, 0);
    }
    if (!t.failed) {
        put_header(out, &t, tuple);
    }
    free(t.entry_of_class);
    free(t.entries);
    return !t.failed;
}

bool did_node_narrows(const struct did_node *tuple)
{
    for (size_t i = 0; i < tuple->edge_count; i++) {
        const struct did_node *to = tuple->edges[i].to;
        if (to->kind == CANDID_KIND_OPT || to->kind == CANDID_KIND_VARIANT ||
            tuple->edges[i].boxed || (to->kind == CANDID_KIND_RECORD && did_node_narrows(to))) {
            return true;
        }
    }
    return false;
}
