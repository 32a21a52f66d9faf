/* The annotation comments: what they say, and that none is overlooked.
 *
 * A guard that is not called because its line was misspelt, or stands where nothing reads it,
 * opens a canister. So every comment that begins with @ must be one that is understood, at its
 * place; each other is an error. */
#include "gen.h"

#include <stddef.h>
#include <stdlib.h>

/* ---- the words ------------------------------------------------------------------------------- */

enum takes { TAKES_NOTHING, TAKES_NUMBER, TAKES_NAME, TAKES_NAME_OR_NOTHING };

static const struct word {
    const char *word;
    size_t flag; /* offset of its bool in gen_options */
    enum takes takes;
    bool of_method, of_service;
} WORDS[] = {
    {"@raw", offsetof(struct gen_options, raw), TAKES_NOTHING, true, true},
    {"@manual", offsetof(struct gen_options, manual), TAKES_NOTHING, true, false},
    {"@noargs", offsetof(struct gen_options, noargs), TAKES_NOTHING, true, false},
    {"@full", offsetof(struct gen_options, full), TAKES_NOTHING, true, false},
    {"@max", offsetof(struct gen_options, max), TAKES_NUMBER, true, true},
    {"@guard", offsetof(struct gen_options, guarded), TAKES_NAME, true, false},
    {"@inspect", offsetof(struct gen_options, inspected), TAKES_NAME_OR_NOTHING, true, true},
};
#define WORD_COUNT (sizeof WORDS / sizeof *WORDS)

static const char UNKNOWN_OF_METHOD[] =
    "unknown annotation of a method; known: @raw, @manual, @noargs, "
    "@full, @max N, @guard NAME, @inspect [NAME]";
static const char UNKNOWN_OF_SERVICE[] =
    "unknown annotation of a service; known: @raw, @max N, @inspect [NAME]";

/* ---- errors ---------------------------------------------------------------------------------- */

/* The position of text that is a view into a source. */
static struct did_position position_of(const struct did_program *program, const uint8_t *text)
{
    struct did_position at = {.line = 1, .column = 1};
    for (size_t i = 0; i < program->source_count; i++) {
        const struct ic_bytes source = program->sources[i].text;
        if (text >= source.at && text <= source.at + source.size) {
            at.source = (uint32_t)i;
            for (const uint8_t *c = source.at; c < text; c++) {
                at.line += *c == '\n';
                at.column = *c == '\n' ? 1 : at.column + 1;
            }
        }
    }
    return at;
}

/* An annotation is wrong: at is the place in the source, of the comment line. */
static bool fail(struct gen *gen, struct ic_bytes at, const char *reason)
{
    const struct did_program *program = gen->graph->program;
    const struct did_position position = position_of(program, at.at);
    return did_fail(gen->error, program->sources[position.source].name, position, "%s", reason);
}

/* ---- one line -------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* "word" or "word argument". Returns true when the line begins with that word. */
static bool take_word(struct ic_bytes *argument, struct ic_bytes line, const char *word)
{
    const size_t size = strlen(word);
    if (line.size < size || memcmp(line.at, word, size) != 0 ||
        (line.size > size && !is_blank(line.at[size]))) {
        return false;
    }
    size_t start = size;
    while (start < line.size && is_blank(line.at[start])) {
        start++;
    }
    *argument = (struct ic_bytes){.at = line.at + start, .size = line.size - start};
    return true;
}

static bool is_c_name(struct ic_bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        const uint8_t c = name.at[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return name.size != 0 && !did_name_is_reserved(name);
}

/* A function of the author must not have the name of another one that didc declares. */
static bool is_handler(const struct gen *gen, struct ic_bytes name)
{
    const size_t prefix = strlen(gen->prefix);
    if (name.size <= prefix + 1 || memcmp(name.at, gen->prefix, prefix) != 0 ||
        name.at[prefix] != '_') {
        return false;
    }
    const struct ic_bytes rest = {.at = name.at + prefix + 1, .size = name.size - prefix - 1};
    bool found = ic_bytes_is_equal(rest, IC_BYTES_LIT("init"));
    for (size_t i = 0; i < gen->graph->method_count && !found; i++) {
        found = ic_bytes_is_equal(rest, ic_bytes_from_text(gen->graph->methods[i].c_name));
    }
    return found;
}

static bool read_name(struct gen *gen, struct ic_bytes *name, struct ic_bytes argument,
                      struct ic_bytes line)
{
    *name = argument;
    if (!is_c_name(argument)) {
        return fail(gen, line, "the name of a C function expected");
    }
    return !is_handler(gen, argument) ||
           fail(gen, line, "this function is the handler of a method");
}

static bool read_argument(struct gen *gen, struct gen_options *options, const struct word *word,
                          struct ic_bytes argument, struct ic_bytes line)
{
    switch (word->takes) {
    case TAKES_NOTHING:
        return argument.size == 0 || fail(gen, line, "this annotation has no argument");
    case TAKES_NUMBER:
        return (did_nat_parse(&options->argument_bytes_max, argument) &&
                options->argument_bytes_max < UINT32_MAX) ||
               fail(gen, line, "@max needs a number of bytes");
    case TAKES_NAME:
        return read_name(gen, &options->guard, argument, line);
    case TAKES_NAME_OR_NOTHING:
        return argument.size == 0 || read_name(gen, &options->inspect, argument, line);
    }
    return false;
}

static bool read_line(struct gen *gen, struct gen_options *options, struct ic_bytes line,
                      bool is_service)
{
    struct ic_bytes argument = {0};
    size_t i = 0;
    while (i < WORD_COUNT && !((is_service ? WORDS[i].of_service : WORDS[i].of_method) &&
                               take_word(&argument, line, WORDS[i].word))) {
        i++;
    }
    if (i == WORD_COUNT) {
        return fail(gen, line, is_service ? UNKNOWN_OF_SERVICE : UNKNOWN_OF_METHOD);
    }
    bool *const flag = (bool *)((char *)options + WORDS[i].flag);
    if (*flag) {
        return fail(gen, line, "this annotation is given twice");
    }
    *flag = true;
    options->last = line;
    return read_argument(gen, options, &WORDS[i], argument, line);
}

/* ---- the comment of a method or of the service ----------------------------------------------- */

static bool check_together(struct gen *gen, struct gen_options *options, enum candid_mode mode,
                           struct ic_bytes line)
{
    if (options->raw + options->manual + options->noargs > 1) {
        return fail(gen, line, "only one of @raw, @manual, @noargs can be");
    }
    if (mode == CANDID_MODE_ONEWAY && (options->manual || options->full)) {
        return fail(gen, line, "a oneway method has no reply: neither @manual nor @full can be");
    }
    if (mode == CANDID_MODE_COMPOSITE_QUERY && options->inspected) {
        return fail(gen, line,
                    "a composite query cannot be called as an update and is never inspected");
    }
    return true;
}

static bool read_doc(struct gen *gen, struct gen_options *options, struct ic_bytes doc,
                     enum candid_mode mode, bool is_service)
{
    struct ic_bytes line;
    *options = (struct gen_options){.argument_bytes_max = UINT32_MAX};
    while (did_doc_next(&line, &doc)) {
        if (line.size == 0 || line.at[0] != '@') {
            continue;
        }
        *DID_PUSH(gen->graph->pool, gen->understood, gen->understood_count) = line.at;
        if (!read_line(gen, options, line, is_service) ||
            !check_together(gen, options, mode, line)) {
            return false;
        }
    }
    return true;
}

static bool check_name(struct gen *gen, const struct did_graph_method *m)
{
    return m->name.size == 0 || memchr(m->name.at, 0, m->name.size) == NULL ||
           did_fail(gen->error, gen->graph->program->sources[m->at.source].name, m->at,
                    "the name of this method has a NUL, where a text of C ends");
}

static bool read_method(struct gen *gen, struct gen_options *options,
                        const struct did_graph_method *m)
{
    if (!check_name(gen, m) || !read_doc(gen, options, m->doc, m->mode, false)) {
        return false;
    }
    if (options->inspected && options->inspect.size == 0) {
        options->inspect = options->guard;
        if (!options->guarded) {
            return fail(gen, options->last, "@inspect without a name needs a @guard to call");
        }
    }
    if (!options->inspected && m->mode != CANDID_MODE_COMPOSITE_QUERY) {
        options->inspect = gen->service.inspect;
    }
    if (!options->max) {
        options->argument_bytes_max = gen->service.argument_bytes_max;
    }
    gen->has_inspection = gen->has_inspection || options->inspected;
    return true;
}

static bool read_service(struct gen *gen)
{
    const struct did_program *program = gen->graph->program;
    if (!read_doc(gen, &gen->service, program->service_doc, CANDID_MODE_UPDATE, true)) {
        return false;
    }
    gen->has_inspection = gen->service.inspected;
    return !gen->service.raw || gen->graph->init != NULL ||
           fail(gen, gen->service.last, "@raw above a service without install arguments");
}

/* ---- none is overlooked ---------------------------------------------------------------------- */

static int compare_addresses(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t)*(const uint8_t *const *)a;
    const uintptr_t y = (uintptr_t)*(const uint8_t *const *)b;
    return (x > y) - (x < y);
}

/* A file that is imported for its types has methods that do not count here, and so have their
 * annotations. */
static bool check_all_understood(struct gen *gen)
{
    const struct did_program *program = gen->graph->program;
    if (gen->understood_count > 1) {
        qsort(gen->understood, gen->understood_count, sizeof *gen->understood, compare_addresses);
    }
    for (size_t i = 0; i < program->annotations.count; i++) {
        const struct did_annotation *a = &program->annotations.at[i];
        if (program->sources[a->source].gives_methods &&
            (gen->understood_count == 0 ||
             bsearch(&a->text.at, gen->understood, gen->understood_count, sizeof *gen->understood,
                     compare_addresses) == NULL)) {
            return fail(gen, a->text,
                        "an annotation stands in // lines directly above a method or the "
                        "service of the main file, nowhere else");
        }
    }
    return true;
}

bool gen_annotations(struct gen *gen)
{
    const struct did_graph *g = gen->graph;
    gen->options = did_pool_alloc(g->pool, (g->method_count + 1) * sizeof *gen->options);
    if (!read_service(gen)) {
        return false;
    }
    for (size_t i = 0; i < g->method_count; i++) {
        if (!read_method(gen, &gen->options[i], &g->methods[i])) {
            return false;
        }
    }
    return check_all_understood(gen);
}
