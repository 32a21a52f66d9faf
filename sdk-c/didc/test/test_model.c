/* didc against other ways to the same answer, on random programs: subtyping against the decoder
 * of canisters, which decides it on the wire; equal types against the naive refinement, and
 * against subtyping both ways. */
#include "didc/graph.h"
#include "ic/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PROGRAMS    4000
#define DEFS        5u
#define DEPTH       3u
#define ARENA_BYTES (1u << 20)
#define DIFFERS_IN  24u /* one choice in so many is made twice */
#define BOTH_MIN    900 /* accepted, and refused, at least */

static uint64_t seed = 1;
static struct did_error error;
static _Alignas(16) uint8_t memory[ARENA_BYTES];

static unsigned below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

/* ---- two programs that differ here and there ------------------------------------------------- */

static void put_type(struct did_text *out, unsigned depth);

static void put_scalar(struct did_text *out)
{
    static const char *const names[] = {"nat",   "int",       "nat",  "text", "null", "reserved",
                                        "empty", "principal", "bool", "nat8", "blob"};
    did_printf(out, "%s", names[below(sizeof names / sizeof *names)]);
}

static void put_fields(struct did_text *out, unsigned depth, bool of_variant)
{
    did_printf(out, of_variant ? "variant { " : "record { ");
    for (unsigned id = 0; id < 4; id++) {
        if (below(3) != 0) {
            did_printf(out, "%u : ", id);
            put_type(out, depth);
            did_printf(out, "; ");
        }
    }
    did_printf(out, "}");
}

static void put_tuple(struct did_text *out, unsigned depth)
{
    did_printf(out, "(");
    for (unsigned i = below(3); i > 0; i--) {
        put_type(out, depth);
        did_printf(out, "%s", i > 1 ? ", " : "");
    }
    did_printf(out, ")");
}

static void put_func(struct did_text *out, unsigned depth)
{
    static const char *const modes[] = {"", "", "", " query", " composite_query"};
    put_tuple(out, depth);
    did_printf(out, " -> ");
    put_tuple(out, depth);
    did_printf(out, "%s", modes[below(sizeof modes / sizeof *modes)]);
}

static void put_service(struct did_text *out, unsigned depth)
{
    did_printf(out, "{ ");
    for (unsigned i = 0; i < 3; i++) {
        if (below(3) != 0) {
            did_printf(out, "m%u : ", i);
            put_func(out, depth);
            did_printf(out, "; ");
        }
    }
    did_printf(out, "}");
}

static void put_type(struct did_text *out, unsigned depth)
{
    switch (depth == 0 ? below(4) : below(14)) {
    case 0:
    case 1:
        put_scalar(out);
        return;
    case 2:
    case 3:
    case 4:
        did_printf(out, "T%u", below(DEFS));
        return;
    case 5:
        did_printf(out, "opt ");
        put_type(out, depth - 1);
        return;
    case 6:
    case 7:
        did_printf(out, "vec ");
        put_type(out, depth - 1);
        return;
    case 8:
    case 9:
        put_fields(out, depth - 1, true);
        return;
    case 10:
        did_printf(out, "func ");
        put_func(out, depth - 1);
        return;
    case 11:
        did_printf(out, "service ");
        put_service(out, depth - 1);
        return;
    default:
        put_fields(out, depth - 1, false);
        return;
    }
}

/* Definitions are records, so that no name stands only for itself. */
static void put_program(struct did_text *out)
{
    for (unsigned i = 0; i < DEFS; i++) {
        did_printf(out, "type T%u = ", i);
        put_fields(out, DEPTH, below(2) == 0);
        did_printf(out, ";\n");
    }
    did_printf(out, "type S = service ");
    put_service(out, DEPTH);
    did_printf(out, ";\nservice : S\n");
}

/* The same text with a few words exchanged: types that differ a little are the interesting ones. */
static void put_variation(struct did_text *out, const struct did_text *of)
{
    static const struct {
        const char *from, *to;
    } words[] = {{"nat ", "int "},
                 {"nat;", "int;"},
                 {"nat)", "int)"},
                 {"text", "nat"},
                 {"null", "opt nat"},
                 {"0 : ", "5 : "},
                 {"3 : ", "6 : "},
                 {"vec ", "opt "},
                 {"nat", "empty"},
                 {"bool", "reserved"},
                 {" query", ""},
                 {"m1", "m7"},
                 {"T1", "T2"},
                 {"T3", "T4"},
                 {"int", "nat"},
                 {"opt ", ""},
                 {"principal", "service {}"},
                 {"blob", "vec nat8"}};
    for (size_t at = 0; at < of->size;) {
        size_t i = 0;
        while (i < sizeof words / sizeof *words &&
               strncmp(of->at + at, words[i].from, strlen(words[i].from)) != 0) {
            i++;
        }
        const bool is_name =
            at > 0 && of->at[at - 1] == ' ' && strncmp(of->at + at - 5, "type", 4) == 0;
        if (i < sizeof words / sizeof *words && !is_name && below(DIFFERS_IN) == 0) {
            did_printf(out, "%s", words[i].to);
            at += strlen(words[i].from);
        } else {
            did_append(out, (struct ic_bytes){.at = (const uint8_t *)of->at + at, .size = 1});
            at++;
        }
    }
}

/* ---- one program ----------------------------------------------------------------------------- */

struct side {
    struct did_program program;
    struct did_graph graph;
    struct did_node *tuple;
    struct did_text header;
};

static bool side_open(struct side *s, const struct did_text *source)
{
    struct did_field *fields = NULL;
    size_t count = 0;
    *s = (struct side){.tuple = NULL};
    if (!did_parse(&s->program, "random",
                   (struct ic_bytes){(const uint8_t *)source->at, source->size}, NULL, &error)) {
        return false;
    }
    assert_true(did_graph_make(&s->graph, &s->program, &error));
    assert_true(did_parse_tuple(&s->program, &fields, &count, IC_BYTES_LIT("(S)"), &error));
    assert_true(did_graph_tuple(&s->graph, &s->tuple, "tuple", fields, count, &error));
    did_layout(&s->graph);
    assert_true(did_header(&s->header, &s->graph, s->tuple, CANDID_KNOWN_RUST));
    return true;
}

static void side_close(struct side *s)
{
    did_text_free(&s->header);
    did_free(&s->program);
}

/* ---- subtyping ------------------------------------------------------------------------------- */

/* A reference of the first type is decoded at the second one. */
static enum candid_result decode(struct side *from, const struct side *to)
{
    static uint64_t out[64];
    struct ic_arena arena;
    const struct candid_tuple types = {.record = to->tuple->descriptor};
    static const uint8_t value[] = {1, 1, 7};
    const size_t size = from->header.size;
    assert_true(types.record->size <= sizeof out);
    did_append(&from->header, (struct ic_bytes){value, sizeof value});
    ic_arena_init(&arena, memory, sizeof memory);
    const enum candid_result result = candid_decode(
        out, &types, (struct ic_bytes){(uint8_t *)from->header.at, from->header.size}, &arena);
    from->header.size = size;
    return result;
}

static void compare(struct side *new_side, struct side *old_side, int counts[2], int *skipped)
{
    const enum candid_result result = decode(new_side, old_side);
    if (result == CANDID_TOO_LARGE) { /* out of proportion to a message of some hundred bytes */
        ++*skipped;
        return;
    }
    const bool is_safe = did_check(&new_side->program, &old_side->program, false, &error);
    if (is_safe != (result == CANDID_OK)) {
        struct did_text text = {0};
        did_print(&text, &new_side->program, false);
        did_print(&text, &old_side->program, false);
        fail_msg("didc: %s, decoder: %s\n%s", is_safe ? "safe" : error.text,
                 candid_result_text(result), text.at);
    }
    counts[is_safe]++;
}

static void test_check_is_what_the_decoder_decides(void **state)
{
    (void)state;
    int counts[2] = {0, 0};
    int skipped = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        struct did_text first = {0};
        struct did_text second = {0};
        struct side a, b;
        put_program(&first);
        put_variation(&second, &first);
        const bool both = side_open(&a, &first);
        assert_true(both);
        if (side_open(&b, &second)) {
            compare(&a, &b, counts, &skipped);
            compare(&b, &a, counts, &skipped);
        }
        side_close(&b);
        side_close(&a);
        did_text_free(&first);
        did_text_free(&second);
    }
    print_message("%d pairs are safe upgrades, %d are not, %d were too dear for the decoder\n",
                  counts[1], counts[0], skipped);
    assert_true(counts[0] > BOTH_MIN && counts[1] > BOTH_MIN && skipped < counts[0]);
}

/* ---- equal types ----------------------------------------------------------------------------- */

static bool same_shape(const struct did_node *a, const struct did_node *b)
{
    if (a->kind != b->kind || a->edge_count != b->edge_count || a->mode != b->mode ||
        a->result_count != b->result_count) {
        return false;
    }
    for (size_t i = 0; i < a->edge_count; i++) {
        if (a->edges[i].id != b->edges[i].id ||
            (a->kind == CANDID_KIND_SERVICE &&
             !ic_bytes_is_equal(a->edges[i].name, b->edges[i].name))) {
            return false;
        }
    }
    return true;
}

#define NODES_MAX 2000u

/* Pairs that differ, from nothing up: the slow way. */
static bool differs[NODES_MAX][NODES_MAX];

static bool scalars_or_nodes_differ(const struct did_node *a, const struct did_node *b)
{
    const bool a_scalar = a->class <= CANDID_KIND_BOX;
    const bool b_scalar = b->class <= CANDID_KIND_BOX;
    return a_scalar || b_scalar ? a != b : differs[a->index][b->index];
}

static bool find_difference(const struct did_node *a, const struct did_node *b)
{
    bool found = !same_shape(a, b);
    for (size_t i = 0; !found && i < a->edge_count; i++) {
        found = scalars_or_nodes_differ(a->edges[i].to, b->edges[i].to);
    }
    return found;
}

static void check_classes(const struct did_graph *g, int counts[2])
{
    const size_t n = g->node_count;
    assert_true(n <= NODES_MAX);
    for (size_t i = 0; i < n; i++) {
        memset(differs[i], 0, n);
    }
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < i; j++) {
                if (!differs[i][j] && find_difference(g->nodes[i], g->nodes[j])) {
                    differs[i][j] = differs[j][i] = again = true;
                }
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(g->nodes[i]->class != g->nodes[j]->class, differs[i][j]);
            counts[differs[i][j]]++;
        }
    }
}

static void test_classes_are_equal_types(void **state)
{
    (void)state;
    int counts[2] = {0, 0};
    for (int i = 0; i < PROGRAMS / 10; i++) {
        /* Twice the same definitions, a little different, in one program. */
        struct did_text first = {0};
        struct did_text second = {0};
        struct did_text whole = {0};
        struct side s;
        put_program(&first);
        put_variation(&second, &first);
        for (size_t at = 0; at < second.size; at++) {
            second.at[at] = second.at[at] == 'T' ? 'U' : second.at[at] == 'S' ? 'R' : second.at[at];
        }
        *strstr(second.at, "service : R") = 0;
        did_printf(&whole, "%s%s", second.at, first.at);
        if (side_open(&s, &whole)) {
            check_classes(&s.graph, counts);
        }
        side_close(&s);
        did_text_free(&first);
        did_text_free(&second);
        did_text_free(&whole);
    }
    print_message("%d pairs of nodes are one type, %d are not\n", counts[0], counts[1]);
    assert_true(counts[0] > BOTH_MIN && counts[1] > BOTH_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_is_what_the_decoder_decides),
        cmocka_unit_test(test_classes_are_equal_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
