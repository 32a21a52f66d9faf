/* The annotation comments of methods. */
#include "gen.h"

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

/* "word" or "word argument". Returns true when the line begins with that word. */
static bool take_word(struct ic_bytes *argument, struct ic_bytes line, const char *word)
{
    const size_t size = strlen(word);
    if (line.size < size || memcmp(line.at, word, size) != 0 ||
        (line.size > size && line.at[size] != ' ')) {
        return false;
    }
    size_t start = size;
    while (start < line.size && line.at[start] == ' ') {
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
    return name.size != 0;
}

static bool read_line(struct gen *gen, struct gen_method_options *options, struct ic_bytes line)
{
    struct ic_bytes argument = {0};
    if (take_word(&argument, line, "@max")) {
        return (did_nat_parse(&options->argument_bytes_max, argument) &&
                options->argument_bytes_max <= UINT32_MAX) ||
               fail(gen, line, "@max needs a number of bytes");
    }
    if (take_word(&argument, line, "@guard")) {
        options->guard = argument;
        return is_c_name(argument) || fail(gen, line, "@guard needs the name of a C function");
    }
    bool *const flags[] = {&options->raw, &options->manual, &options->noargs, &options->full};
    static const char *const words[] = {"@raw", "@manual", "@noargs", "@full"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (take_word(&argument, line, words[i]) && argument.size == 0) {
            *flags[i] = true;
            return true;
        }
    }
    return fail(gen, line, "unknown annotation of a method; known: @raw, @manual, @noargs, "
                           "@full, @max N, @guard NAME");
}

bool gen_options(struct gen *gen, struct gen_method_options *options,
                 const struct did_graph_method *m)
{
    *options = (struct gen_method_options){.argument_bytes_max = UINT32_MAX};
    struct ic_bytes doc = m->doc;
    struct ic_bytes line;
    struct ic_bytes kind = {0}; /* the line of the last annotation that excludes others */
    while (did_doc_next(&line, &doc)) {
        if (ic_bytes_is_equal(line, IC_BYTES_LIT("@raw")) ||
            ic_bytes_is_equal(line, IC_BYTES_LIT("@manual")) ||
            ic_bytes_is_equal(line, IC_BYTES_LIT("@noargs"))) {
            kind = line;
        }
        if (line.size > 0 && line.at[0] == '@' && !read_line(gen, options, line)) {
            return false;
        }
    }
    if (options->raw + options->manual + options->noargs > 1) {
        return fail(gen, kind, "only one of @raw, @manual, @noargs can be");
    }
    return true;
}

bool gen_init_is_raw(const struct gen *gen)
{
    struct ic_bytes doc = gen->graph->program->service_doc;
    struct ic_bytes line;
    while (did_doc_next(&line, &doc)) {
        if (ic_bytes_is_equal(line, IC_BYTES_LIT("@raw"))) {
            return true;
        }
    }
    return false;
}
