/* Inside the parser: what parse.c and resolve.c share. */
#ifndef DIDC_PARSE_H
#define DIDC_PARSE_H

#include "did.h"

struct did_import {
    const char *path;
    const char *importer;
    bool with_service;
    struct did_position at;
};

struct did_imports {
    struct did_import *at;
    size_t count;
};

struct parser {
    struct did_program *program;
    struct did_imports *imports; /* collected; loaded after the source */
    struct did_lexer lexer;
    struct did_token token;
    struct did_token ahead;
    unsigned nesting;
    struct did_error *error;
};

void did_parser_init(struct parser *p, struct did_program *program, struct did_imports *imports,
                     const char *name, struct ic_bytes text, struct did_error *error);

/* The next token; false when it is malformed, the error is set then. */
bool did_next(struct parser *p);
/* Fails with "what expected, found ..." at the current token. */
bool did_fail_expected(struct parser *p, const char *what);

/* Reads one source; definitions go to the program, the actor (if any) to *service. */
bool did_source_parse(struct parser *p, struct did_type **service);

/* A type, beginning at the current token. */
bool did_type_parse(struct parser *p, struct did_type **out);

/* A source that is one tuple. */
bool did_parser_tuple_only(struct parser *p, struct did_field **fields, size_t *count);

/* Names within a type become definitions; methods given by name must be funcs. */
bool did_program_resolve_type(struct did_program *program, struct did_type *type,
                              struct did_error *error);

/* tuple, beginning at the current token. */
bool did_tuple_parse(struct parser *p, struct did_field **fields, size_t *count);

/* Sort and refuse doubles; argument names unique. */
bool did_fields_sort(struct parser *p, struct did_type *type);
bool did_methods_sort(struct parser *p, struct did_type *type);
bool did_tuple_check(struct parser *p, const struct did_field *fields, size_t count);

/* Text of a primitive kind, NULL for the others. */
const char *did_primitive_name(int kind);

#endif
