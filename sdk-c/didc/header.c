/* The type tables that other encoders write for given types. */
#include "graph.h"

#include <stdlib.h>

struct table {
    struct did_graph *graph;
    bool js;
    bool failed;
    int32_t *entry_of; /* index + 1 by class, or by js_key; 0: none */
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

/* Rust's encoder: an entry before its parts. */
static void collect_rust(struct table *t, const struct did_node *node, unsigned depth)
{
    if (depth > DID_CHAIN_MAX) {
        t->failed = true;
    }
    if (t->failed || is_primitive(node) || t->entry_of[node->class] != 0) {
        return;
    }
    t->entries[t->entry_count++] = node;
    t->entry_of[node->class] = (int32_t)t->entry_count;
    for (size_t i = 0; i < node->edge_count; i++) {
        collect_rust(t, node->edges[i].to, depth + 1);
    }
}

/* JavaScript sorts methods by UTF-16; only for ASCII that is surely our order. */
static bool is_plain_service(const struct did_node *node)
{
    for (size_t i = 0; i < node->edge_count; i++) {
        for (size_t j = 0; j < node->edges[i].name.size; j++) {
            if (node->edges[i].name.at[j] > 0x7f) {
                return false;
            }
        }
    }
    return true;
}

/* JavaScript's encoder: parts before their entry, but an IDL.Rec() has its place before its parts, and
 * the type it is filled with gives up its own. */
static void collect_js(struct table *t, const struct did_node *node, unsigned depth)
{
    if (depth > DID_CHAIN_MAX || (node->kind == CANDID_KIND_SERVICE && !is_plain_service(node))) {
        t->failed = true;
    }
    if (t->failed || is_primitive(node) || t->entry_of[node->js_key] != 0) {
        return;
    }
    size_t place = t->entry_count;
    if (node->js_is_rec) {
        t->entries[t->entry_count++] = node;
        t->entry_of[node->js_key] = (int32_t)t->entry_count;
    }
    for (size_t i = 0; i < node->edge_count; i++) {
        collect_js(t, node->edges[i].to, depth + 1);
    }
    if (!node->js_is_rec) {
        place = t->entry_count++;
        t->entries[place] = node;
        t->entry_of[node->js_key] = (int32_t)place + 1;
        return;
    }
    /* A type spelled like the filling, met before, keeps an entry that nobody uses: not foreseen. */
    t->failed = t->failed || t->entry_of[node->js_content_key] != 0;
    t->entry_of[node->js_content_key] = (int32_t)place + 1;
}

static void put_ref(struct did_text *out, const struct table *t, const struct did_node *node)
{
    put_sleb(out, is_primitive(node) ? -(int64_t)node->kind
                                     : t->entry_of[t->js ? node->js_key : node->class] - 1);
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
    struct table t = {.graph = graph, .js = known == CANDID_KNOWN_JS};
    const size_t keys =
        t.js ? did_js_keys(graph) : graph->node_count + CANDID_KIND_BOX + 2;
    t.entry_of = calloc(keys + 1, sizeof *t.entry_of);
    t.entries = calloc(graph->node_count + CANDID_KIND_BOX + 2, sizeof *t.entries);
    if (t.entry_of == NULL || t.entries == NULL) {
        abort();
    }
    for (size_t i = 0; i < tuple->edge_count; i++) {
        (t.js ? collect_js : collect_rust)(&t, tuple->edges[i].to, 0);
    }
    if (!t.failed) {
        put_header(out, &t, tuple);
    }
    free(t.entry_of);
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
