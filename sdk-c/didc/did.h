/* A .did program: tokens, types, definitions, service. Shared by didc and the text form.
 *
 * did_parse reads the whole grammar, resolves names, gives ids to fields and sorts them; what it
 * returns satisfies every static rule of the specification. Everything lives in the program's pool;
 * texts are views into the sources. SPEC: Candid, "Core grammar", "Fields", "Import". */
#ifndef DIDC_DID_H
#define DIDC_DID_H

#include "ic/candid.h"
#include "pool.h"

/* Types nested in one expression; deeper is an error with a position. */
#define DID_NESTING_MAX 128u
/* Arguments or results of one function. */
#define DID_TUPLE_MAX 1000u
/* Bytes of one source file. */
#define DID_SOURCE_BYTES_MAX (4u << 20)
/* Files reached by import. */
#define DID_SOURCES_MAX 256u

struct did_position {
    uint32_t source; /* index into did_program.sources */
    uint32_t line;   /* from 1 */
    uint32_t column; /* in bytes, from 1 */
};

/* Room for a path of DID_PATH_MAX and any reason. */
#define DID_ERROR_MAX 3072u
#define DID_PATH_MAX  1024u
struct did_error {
    char text[DID_ERROR_MAX]; /* file:line:column: reason */
};

/* CANDID_KIND_NULL..CANDID_KIND_PRINCIPAL, or a name that stands for a definition. */
#define DID_KIND_NAME 0

struct did_type;

struct did_field {
    uint32_t id;
    bool has_name; /* else the label is a number, or none was written */
    bool has_label;
    struct ic_bytes name;
    struct ic_bytes doc; /* source text of the comment lines above */
    struct did_position at;
    struct did_type *type;
};

struct did_method {
    struct ic_bytes name;
    struct ic_bytes doc;
    struct did_position at;
    struct did_type *type; /* a func, or a name of one */
};

struct did_type {
    int kind; /* enum candid_kind or DID_KIND_NAME */
    struct did_position at;
    struct ic_bytes name;   /* DID_KIND_NAME */
    struct did_def *def;    /* DID_KIND_NAME, after parsing */
    struct did_type *inner; /* opt, vec */
    struct did_field *fields; /* record, variant: ascending ids; func: parameters */
    size_t field_count;
    struct did_field *results; /* func */
    size_t result_count;
    enum candid_mode mode; /* func */
    struct did_method *methods; /* service: ascending names */
    size_t method_count;
    void *node; /* for did_graph */
};

struct did_def {
    struct ic_bytes name;
    struct ic_bytes doc;
    struct did_position at;
    struct did_type *type;
    struct did_def *end; /* behind names of names: its type is no mere name. After parsing */
};

struct did_source {
    const char *name; /* as given, for messages */
    const char *path; /* the same, one for one file */
    struct ic_bytes text;
    bool gives_methods; /* the main source, and those of `import service` */
};

/* A comment that begins with @, wherever it stands: it means something to the generator, so none
 * may be overlooked. */
struct did_annotation {
    struct ic_bytes text; /* from the @ to the end of the line, as did_doc_next gives it */
    uint32_t source;
};
struct did_annotations {
    struct did_annotation *at;
    size_t count;
};

struct did_program {
    struct did_pool pool;
    struct did_pool pool_of_source; /* freed with the program; for who keeps the text in a pool */
    struct did_source *sources;
    size_t source_count;
    struct did_annotations annotations; /* by source, then in order */
    struct did_def **defs; /* in source order, imports first where they stand */
    size_t def_count;
    struct did_def **by_name; /* hash table of 2^by_name_bits */
    unsigned by_name_bits;
    struct did_type *service; /* NULL: no actor */
    struct ic_bytes service_doc;
    bool has_init;
    struct did_field *init; /* install arguments */
    size_t init_count;
};

/* How imported files are found: reads a file, returns false when it cannot. The bytes belong to the
 * pool. NULL where imports are refused. */
typedef bool (*did_load_fn)(struct did_pool *pool, struct ic_bytes *out, const char *path);

/* did_parse reads a program. Free it with did_free, also after a failure.
 *   name      of the source, for messages and as the base of imports
 *   returns   false with *error set */
IC_MUST_USE bool did_parse(struct did_program *program, const char *name, struct ic_bytes text,
                           did_load_fn load, struct did_error *error);
void did_free(struct did_program *program);

/* did_parse_tuple reads "(type, ...)" in the scope of a program. */
IC_MUST_USE bool did_parse_tuple(struct did_program *program, struct did_field **fields,
                                 size_t *count, struct ic_bytes text, struct did_error *error);

/* The type behind names. */
struct did_type *did_type_resolve(struct did_type *type);
struct did_def *did_def_find(const struct did_program *program, struct ic_bytes name);

/* The source text of a comment, line by line: returns false at the end. *line has no slashes and no
 * blank before it; one that begins with @ has no blanks before that either. */
bool did_doc_next(struct ic_bytes *line, struct ic_bytes *doc);

/* did_check decides new <: old as services.
 *   methods_of_new  only the methods that new has are asked of old's side
 *   returns         false with the first offending path and its places in both programs in *error:
 *                   first is what the fewest steps lead to, then by name */
IC_MUST_USE bool did_check(struct did_program *new_program, struct did_program *old_program,
                           bool methods_of_new, struct did_error *error);

/* did_print writes the program in one normal form: imports inlined, sorted ids, quoted keywords;
 * the comments, if they are wanted, without annotations. */
void did_print(struct did_text *out, const struct did_program *program, bool with_comments);
void did_print_type(struct did_text *out, const struct did_type *type);
/* The name, in quotes where it needs them. */
void did_print_name(struct did_text *out, struct ic_bytes name);

/* Words that a printer must quote. */
bool did_name_is_plain(struct ic_bytes name);

/* ---- tokens, shared with the text form ------------------------------------------------------------ */

enum did_token_kind {
    DID_END,
    DID_ID,     /* text: the word */
    DID_TEXT,   /* text: unescaped bytes; is_utf8 */
    DID_NUMBER, /* text: as written, no sign */
    DID_PUNCT,  /* punct: one character, or '>' for -> */
    DID_BAD     /* the error is set */
};

struct did_token {
    enum did_token_kind kind;
    struct ic_bytes text;
    char punct;
    bool is_utf8;
    struct did_position at;
    struct ic_bytes doc; /* the comment lines directly above */
};

struct did_lexer {
    struct did_pool *pool;
    const char *source_name;
    struct ic_bytes source;
    uint32_t source_index;
    size_t at;
    size_t line_start;
    uint32_t line;
    struct did_annotations *annotations; /* NULL: not collected */
    struct did_error *error;
};

void did_lexer_init(struct did_lexer *lexer, struct did_pool *pool, const char *name,
                    struct ic_bytes source, struct did_error *error);
struct did_token did_lex(struct did_lexer *lexer);

/* did_fail sets the error to "name:line:column: reason", without "name:" where name is empty. Returns
 * false. */
__attribute__((format(printf, 4, 5))) bool did_fail(struct did_error *error, const char *name,
                                                    struct did_position at, const char *format,
                                                    ...);

/* did_nat_parse reads digits or 0x hex with single _ between digits, up to 2^64 - 1. */
IC_MUST_USE bool did_nat_parse(uint64_t *out, struct ic_bytes text);

#endif
