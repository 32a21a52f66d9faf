/* Which nodes are one type: equal when unfolded for ever.
 *
 * Partition refinement. Nodes start apart by shape; then a class is split when its members lead
 * to different classes. A node is looked at again only when something it leads to has changed
 * its class, and of a class that is split one part keeps the name: those that were not looked
 * at, else the largest. So long chains of definitions, where each step splits off one node, cost
 * no more than others. */
#include "graph.h"

#include <stdlib.h>

#define CLASS_FIRST (CANDID_KIND_BOX + 1u) /* below it the scalars, by kind */

/* ---- order by shape, and by class ------------------------------------------------------------ */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static uint32_t scalar_class(const struct did_node *node)
{
    return node->class < CLASS_FIRST ? node->class : CLASS_FIRST;
}

static int compare_edge_shapes(const struct did_edge *a, const struct did_edge *b, bool by_name)
{
    int order = compare_numbers(a->id, b->id);
    order = order != 0 ? order : compare_numbers(scalar_class(a->to), scalar_class(b->to));
    if (order == 0 && by_name) {
        order = compare_numbers(a->name.size, b->name.size);
        order =
            order != 0 || a->name.size == 0 ? order : memcmp(a->name.at, b->name.at, a->name.size);
    }
    return order;
}

static int compare_shapes(const void *x, const void *y)
{
    const struct did_node *a = *(struct did_node *const *)x;
    const struct did_node *b = *(struct did_node *const *)y;
    int order = compare_numbers((uint64_t)a->kind, (uint64_t)b->kind);
    order = order != 0 ? order : compare_numbers(a->edge_count, b->edge_count);
    order = order != 0 ? order : compare_numbers(a->result_count, b->result_count);
    order = order != 0 ? order : compare_numbers((uint64_t)a->mode, (uint64_t)b->mode);
    for (size_t i = 0; order == 0 && i < a->edge_count; i++) {
        order = compare_edge_shapes(&a->edges[i], &b->edges[i], a->kind == CANDID_KIND_SERVICE);
    }
    return order;
}

static int compare_classes(const void *x, const void *y)
{
    const struct did_node *a = *(struct did_node *const *)x;
    const struct did_node *b = *(struct did_node *const *)y;
    int order = compare_numbers(a->class, b->class);
    for (size_t i = 0; order == 0 && i < a->edge_count; i++) {
        order = compare_numbers(a->edges[i].to->class, b->edges[i].to->class);
    }
    return order;
}

/* ---- refinement ------------------------------------------------------------------------------ */

/* The users of a node are those that lead to it. */
struct refinement {
    struct did_graph *graph;
    uint32_t *sizes; /* of classes, by class - CLASS_FIRST */
    uint32_t class_count;
    struct did_node **users; /* of node i: from user_start[i] to user_start[i + 1] */
    size_t *user_start;
    struct did_node **now; /* to be looked at */
    size_t now_count;
    struct did_node **next;
    size_t next_count;
    bool *is_next;
    bool *begins; /* at a place of now: another class than the one before, or leads elsewhere */
};

static void *array(size_t count, size_t size)
{
    void *at = calloc(count + 1, size);
    if (at == NULL) {
        abort();
    }
    return at;
}

static bool is_scalar(const struct did_node *node)
{
    return node->class < CLASS_FIRST;
}

static void find_users(struct refinement *r)
{
    const struct did_graph *g = r->graph;
    r->user_start = array(g->node_count + 2, sizeof *r->user_start);
    size_t *const end = r->user_start + 1; /* counts, then starts, then ends */
    for (size_t i = 0; i < g->node_count; i++) {
        for (size_t j = 0; j < g->nodes[i]->edge_count; j++) {
            const struct did_node *to = g->nodes[i]->edges[j].to;
            end[to->index + 1] += is_scalar(to) ? 0 : 1;
        }
    }
    for (size_t i = 0; i < g->node_count; i++) {
        end[i + 1] += end[i];
    }
    r->users = array(end[g->node_count], sizeof *r->users);
    for (size_t i = 0; i < g->node_count; i++) {
        for (size_t j = 0; j < g->nodes[i]->edge_count; j++) {
            const struct did_node *to = g->nodes[i]->edges[j].to;
            if (!is_scalar(to)) {
                r->users[end[to->index]++] = g->nodes[i];
            }
        }
    }
}

static void look_at_users(struct refinement *r, const struct did_node *node)
{
    for (size_t i = r->user_start[node->index]; i < r->user_start[node->index + 1]; i++) {
        struct did_node *user = r->users[i];
        if (!r->is_next[user->index]) {
            r->is_next[user->index] = true;
            r->next[r->next_count++] = user;
        }
    }
}

/* The end of the part of now that begins at a place. */
static size_t part_end(const struct refinement *r, size_t at, size_t end)
{
    do {
        at++;
    } while (at < end && !r->begins[at]);
    return at;
}

static void move(struct refinement *r, size_t from, size_t to)
{
    const uint32_t new_class = CLASS_FIRST + r->class_count++;
    for (size_t i = from; i < to; i++) {
        r->sizes[r->now[i]->class - CLASS_FIRST]--;
        r->sizes[new_class - CLASS_FIRST]++;
        r->now[i]->class = new_class;
        look_at_users(r, r->now[i]);
    }
}

/* now[from] to now[to] are the members of a class that are looked at. */
static void split(struct refinement *r, size_t from, size_t to)
{
    const bool all = r->sizes[r->now[from]->class - CLASS_FIRST] == to - from;
    size_t keeps = to; /* the part that keeps the class: the largest, when no others do */
    size_t most = 0;
    for (size_t i = from, end; all && i < to; i = end) {
        end = part_end(r, i, to);
        keeps = end - i > most ? i : keeps;
        most = end - i > most ? end - i : most;
    }
    for (size_t i = from, end; i < to; i = end) {
        end = part_end(r, i, to);
        if (i != keeps) {
            move(r, i, end);
        }
    }
}

/* One round. The order of now is by class, so classes are split one after the other. */
static void refine(struct refinement *r)
{
    qsort(r->now, r->now_count, sizeof *r->now, compare_classes);
    for (size_t i = 0; i < r->now_count; i++) {
        r->begins[i] = i == 0 || compare_classes(&r->now[i - 1], &r->now[i]) != 0;
    }
    for (size_t i = 0, end; i < r->now_count; i = end) {
        const uint32_t class = r->now[i]->class;
        for (end = i; end < r->now_count && r->now[end]->class == class; end++) {
        }
        split(r, i, end);
    }
    struct did_node **done = r->now;
    r->now = r->next;
    r->now_count = r->next_count;
    r->next = done;
    r->next_count = 0;
    for (size_t i = 0; i < r->now_count; i++) {
        r->is_next[r->now[i]->index] = false;
    }
}

/* Classes by shape alone; all nodes are to be looked at. */
static void begin(struct refinement *r)
{
    struct did_graph *g = r->graph;
    for (uint32_t kind = 1; kind < CANDID_KIND_BOX; kind++) {
        if (g->scalars[kind] != NULL) {
            g->scalars[kind]->class = kind;
        }
    }
    for (size_t i = 0; i < g->node_count; i++) {
        g->nodes[i]->class = CLASS_FIRST;
        g->nodes[i]->index = (uint32_t)i;
        r->now[i] = g->nodes[i];
    }
    r->now_count = g->node_count;
    find_users(r);
    qsort(r->now, r->now_count, sizeof *r->now, compare_shapes);
    for (size_t i = 0; i < r->now_count; i++) {
        r->begins[i] = i == 0 || compare_shapes(&r->now[i - 1], &r->now[i]) != 0;
    }
    for (size_t i = 0; i < r->now_count; i++) {
        r->class_count += r->begins[i] ? 1 : 0;
        r->now[i]->class = CLASS_FIRST + r->class_count - 1;
        r->sizes[r->class_count - 1]++;
    }
}

void did_graph_classify(struct did_graph *graph)
{
    const size_t count = graph->node_count;
    struct refinement r = {.graph = graph,
                           .sizes = array(count, sizeof *r.sizes),
                           .now = array(count, sizeof *r.now),
                           .next = array(count, sizeof *r.next),
                           .is_next = array(count, sizeof *r.is_next),
                           .begins = array(count, sizeof *r.begins)};
    begin(&r);
    while (r.now_count != 0) {
        refine(&r);
    }
    free(r.sizes);
    free(r.users);
    free(r.user_start);
    free(r.now);
    free(r.next);
    free(r.is_next);
    free(r.begins);
}
