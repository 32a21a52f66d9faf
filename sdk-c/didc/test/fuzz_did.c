/* Hostile .did sources: an error with a position or a program; a program prints to a source that parses,
 * prints the same again and is a safe upgrade of itself; its graph has descriptors; C is
 * generated of it, in which each comment ends where it should, or an annotation is refused with
 * its position. */
#include <stdio.h>
#include <stdlib.h>

#include "didc/gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                              \
    do {                                                                \
        if (!(condition)) {                                             \
            fprintf(stderr, "does not hold: %s\n", #condition);         \
            abort();                                                    \
        }                                                               \
    } while (0)

static void require_position(const struct did_error *error)
{
    unsigned line = 0;
    unsigned column = 0;
    REQUIRE(sscanf(error->text, "fuzz:%u:%u: ", &line, &column) == 2 && line > 0 && column > 0);
}

/* Comments do not nest and end; what a header has of the source outside of them are names. */
static void require_comments(const struct did_text *text)
{
    bool inside = false;
    for (size_t i = 0; i + 1 < text->size; i++) {
        const bool opens = text->at[i] == '/' && text->at[i + 1] == '*';
        const bool closes = text->at[i] == '*' && text->at[i + 1] == '/';
        REQUIRE(!(opens && inside) && !(closes && !inside));
        REQUIRE(text->at[i] == '\n' || (unsigned char)text->at[i] >= ' ');
        inside = opens || (inside && !closes);
        i += opens || closes;
    }
    REQUIRE(!inside);
}

static void check_generated(struct did_graph *graph)
{
    struct did_error error = {0};
    struct did_text header = {0};
    struct did_text rest = {0};
    struct gen gen = {.graph = graph, .prefix = "fuzz", .source = "fuzz", .error = &error};
    if (!gen_annotations(&gen)) {
        require_position(&error);
        return;
    }
    gen_header(&header, &gen);
    gen_handlers(&header, &gen);
    gen_client(&header, &gen);
    require_comments(&header);
    gen_descriptors(&rest, &gen);
    gen_methods(&rest, &gen);
    gen_dispatch(&rest, &gen);
    did_text_free(&header);
    did_text_free(&rest);
}

static void check_graph(struct did_program *program)
{
    struct did_graph graph;
    struct did_error error;
    struct did_text header = {0};
    if (!did_graph_make(&graph, program, &error)) {
        require_position(&error);
        return;
    }
    did_layout(&graph);
    for (size_t i = 0; i < graph.node_count; i++) {
        const struct did_node *node = graph.nodes[i];
        REQUIRE(node->descriptor != NULL && node->descriptor->kind == node->kind);
        REQUIRE(!did_node_is_struct(node) || node->size != 0);
    }
    for (size_t i = 0; i < graph.method_count; i++) {
        for (int known = 0; known < CANDID_KNOWN_COUNT; known++) {
            (void)did_header(&header, &graph, graph.methods[i].in, known);
        }
    }
    did_text_free(&header);
    check_generated(&graph);
}

static void check_program(struct did_program *program)
{
    struct did_program again;
    struct did_error error;
    struct did_text text = {0};
    struct did_text text_again = {0};
    did_print(&text, program, true);
    did_append(&text, (struct ic_bytes){0});
    REQUIRE(did_parse(&again, "printed", (struct ic_bytes){(uint8_t *)text.at, text.size}, NULL, &error));
    did_print(&text_again, &again, true);
    did_append(&text_again, (struct ic_bytes){0});
    REQUIRE(strcmp(text.at, text_again.at) == 0);
    REQUIRE(program->service == NULL || did_check(program, &again, false, &error));
    did_free(&again);
    did_text_free(&text);
    did_text_free(&text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct did_program program;
    struct did_error error = {0};
    if (did_parse(&program, "fuzz", (struct ic_bytes){.at = data, .size = size}, NULL, &error)) {
        check_program(&program);
        check_graph(&program);
    } else {
        require_position(&error);
    }
    did_free(&program);
    return 0;
}
