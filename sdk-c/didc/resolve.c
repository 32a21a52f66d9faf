/* After parsing: order, doubles, names, imports, and the rules that need the whole program. */
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- order within a type ------------------------------------------------------------------------- */

static int compare_bytes(struct ic_bytes a, struct ic_bytes b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_fields(const void *a, const void *b)
{
    const struct did_field *x = a;
    const struct did_field *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int compare_methods(const void *a, const void *b)
{
    const struct did_method *x = a;
    const struct did_method *y = b;
    return compare_bytes(x->name, y->name);
}

/* The later one of two equal elements, for the message. */
static struct did_position later(struct did_position a, struct did_position b)
{
    if (a.source != b.source) {
        return a.source > b.source ? a : b;
    }
    return a.line > b.line || (a.line == b.line && a.column > b.column) ? a : b;
}

static const char *source_name(const struct did_program *program, struct did_position at)
{
    return at.source < program->source_count ? program->sources[at.source].name : "";
}

/* Of a long name the beginning is shown. */
static int name_shown(struct ic_bytes name)
{
    return name.size > 80 ? 80 : (int)name.size;
}

bool did_fields_sort(struct parser *p, struct did_type *type)
{
    if (type->field_count > UINT16_MAX) {
        return did_fail(p->error, p->lexer.source_name, type->at, "more than 65535 fields");
    }
    if (type->field_count > 1) {
        qsort(type->fields, type->field_count, sizeof *type->fields, compare_fields);
    }
    for (size_t i = 1; i < type->field_count; i++) {
        if (type->fields[i - 1].id == type->fields[i].id) {
            return did_fail(p->error, p->lexer.source_name,
                            later(type->fields[i - 1].at, type->fields[i].at),
                            "two fields have the id %u", type->fields[i].id);
        }
    }
    return true;
}

bool did_methods_sort(struct parser *p, struct did_type *type)
{
    if (type->method_count > UINT16_MAX) {
        return did_fail(p->error, p->lexer.source_name, type->at, "more than 65535 methods");
    }
    if (type->method_count > 1) {
        qsort(type->methods, type->method_count, sizeof *type->methods, compare_methods);
    }
    for (size_t i = 1; i < type->method_count; i++) {
        if (ic_bytes_is_equal(type->methods[i - 1].name, type->methods[i].name)) {
            const struct did_position at = later(type->methods[i - 1].at, type->methods[i].at);
            return did_fail(
                p->error, source_name(p->program, at), at, "two methods have the same name: %.*s",
                name_shown(type->methods[i].name), (const char *)type->methods[i].name.at);
        }
    }
    return true;
}

bool did_tuple_check(struct parser *p, const struct did_field *fields, size_t count)
{
    if (count > DID_TUPLE_MAX) {
        return did_fail(p->error, p->lexer.source_name, p->token.at, "more than %u arguments",
                        DID_TUPLE_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; fields[i].has_name && j < i; j++) {
            if (fields[j].has_name && ic_bytes_is_equal(fields[i].name, fields[j].name)) {
                return did_fail(p->error, p->lexer.source_name, fields[i].at,
                                "two arguments have the same name");
            }
        }
    }
    return true;
}

/* ---- names --------------------------------------------------------------------------------------- */

static struct did_def **name_slot(const struct did_program *program, struct ic_bytes name)
{
    const size_t mask = ((size_t)1 << program->by_name_bits) - 1;
    /* The field hash mixes badly in its low bits; a multiplication repairs that. */
    size_t i = ((uint64_t)candid_hash(name) * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (program->by_name[i] != NULL && !ic_bytes_is_equal(program->by_name[i]->name, name)) {
        i = (i + 1) & mask;
    }
    return &program->by_name[i];
}

struct did_def *did_def_find(const struct did_program *program, struct ic_bytes name)
{
    return *name_slot(program, name);
}

static bool index_names(struct did_program *program, struct did_error *error)
{
    program->by_name_bits = 4;
    while (((size_t)1 << program->by_name_bits) < 2 * program->def_count) {
        program->by_name_bits++;
    }
    program->by_name =
        did_pool_alloc(&program->pool, sizeof *program->by_name << program->by_name_bits);
    for (size_t i = 0; i < program->def_count; i++) {
        struct did_def *def = program->defs[i];
        struct did_def **slot = name_slot(program, def->name);
        if (*slot != NULL) {
            return did_fail(error, source_name(program, def->at), def->at,
                            "the type %.*s is defined twice", name_shown(def->name),
                            (const char *)def->name.at);
        }
        *slot = def;
    }
    return true;
}

static bool resolve_type(struct did_program *program, struct did_type *type,
                         struct did_error *error);

static bool resolve_fields(struct did_program *program, struct did_field *fields, size_t count,
                           struct did_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (!resolve_type(program, fields[i].type, error)) {
            return false;
        }
    }
    return true;
}

/* Recursion follows the nesting of the source text, which the parser bounds. */
static bool resolve_type(struct did_program *program, struct did_type *type,
                         struct did_error *error)
{
    if (type->kind == DID_KIND_NAME) {
        type->def = did_def_find(program, type->name);
        return type->def != NULL ||
               did_fail(error, source_name(program, type->at), type->at, "unknown type %.*s",
                        name_shown(type->name), (const char *)type->name.at);
    }
    for (size_t i = 0; i < type->method_count; i++) {
        if (!resolve_type(program, type->methods[i].type, error)) {
            return false;
        }
    }
    return (type->inner == NULL || resolve_type(program, type->inner, error)) &&
           resolve_fields(program, type->fields, type->field_count, error) &&
           resolve_fields(program, type->results, type->result_count, error);
}

struct did_type *did_type_resolve(struct did_type *type)
{
    return type->kind == DID_KIND_NAME ? type->def->end->type : type;
}

/* type A = B; type B = A has no meaning. Each definition learns where its name ends. */
static bool find_ends(struct did_program *program, struct did_error *error)
{
    for (size_t i = 0; i < program->def_count; i++) {
        struct did_def *const start = program->defs[i];
        struct did_def *last = start;
        size_t steps = 0;
        while (last->end == NULL && last->type->kind == DID_KIND_NAME) {
            last = last->type->def;
            if (++steps > program->def_count) {
                return did_fail(error, source_name(program, start->at), start->at,
                                "the type %.*s is only a name for itself", name_shown(start->name),
                                (const char *)start->name.at);
            }
        }
        last = last->end != NULL ? last->end : last;
        last->end = last;
        for (struct did_def *def = start; def->end == NULL; def = def->type->def) {
            def->end = last;
        }
    }
    return true;
}

static bool check_methods(const struct did_program *program, struct did_type *type,
                          struct did_error *error);

static bool check_field_methods(const struct did_program *program, struct did_field *fields,
                                size_t count, struct did_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (!check_methods(program, fields[i].type, error)) {
            return false;
        }
    }
    return true;
}

/* Methods given by name must be funcs. */
static bool check_methods(const struct did_program *program, struct did_type *type,
                          struct did_error *error)
{
    for (size_t i = 0; i < type->method_count; i++) {
        struct did_type *method = type->methods[i].type;
        if (did_type_resolve(method)->kind != CANDID_KIND_FUNC) {
            return did_fail(error, source_name(program, method->at), method->at,
                            "the type of a method must be a func");
        }
        if (!check_methods(program, method, error)) {
            return false;
        }
    }
    return (type->inner == NULL || check_methods(program, type->inner, error)) &&
           check_field_methods(program, type->fields, type->field_count, error) &&
           check_field_methods(program, type->results, type->result_count, error);
}

bool did_program_resolve_type(struct did_program *program, struct did_type *type,
                              struct did_error *error)
{
    return resolve_type(program, type, error) && check_methods(program, type, error);
}

static bool resolve_service(struct did_program *program, struct did_error *error)
{
    if (program->service == NULL) {
        return true;
    }
    if (!did_program_resolve_type(program, program->service, error)) {
        return false;
    }
    if (did_type_resolve(program->service)->kind != CANDID_KIND_SERVICE) {
        return did_fail(error, source_name(program, program->service->at), program->service->at,
                        "the service must have a service type");
    }
    for (size_t i = 0; i < program->init_count; i++) {
        if (!did_program_resolve_type(program, program->init[i].type, error)) {
            return false;
        }
    }
    return true;
}

static bool resolve_program(struct did_program *program, struct did_error *error)
{
    for (size_t i = 0; i < program->def_count; i++) {
        if (!resolve_type(program, program->defs[i]->type, error)) {
            return false;
        }
    }
    if (!find_ends(program, error)) {
        return false;
    }
    for (size_t i = 0; i < program->def_count; i++) {
        if (!check_methods(program, program->defs[i]->type, error)) {
            return false;
        }
    }
    return resolve_service(program, error);
}

/* ---- sources and imports ------------------------------------------------------------------------- */

struct loader {
    struct did_program *program;
    struct did_imports imports; /* those of all sources; [0, done) are loaded */
    struct did_type **services; /* of each source; NULL: none */
    size_t service_count;
    did_load_fn load;
    struct did_error *error;
};

/* The next part of a path, without slashes; false at the end. */
static bool path_part(struct ic_bytes *part, const char **path)
{
    *path += strspn(*path, "/");
    *part = (struct ic_bytes){.at = (const uint8_t *)*path, .size = strcspn(*path, "/")};
    *path += part->size;
    return part->size != 0;
}

/* The path without "." and without "x/..": one file has one name, so that it is loaded once. */
static const char *path_normal(struct did_pool *pool, const char *path)
{
    char *out = did_pool_alloc(pool, strlen(path) + 2);
    size_t n = 0;
    size_t depth = 0; /* parts in out that a ".." can take back */
    struct ic_bytes part;
    if (path[0] == '/') {
        out[n++] = '/';
    }
    while (path_part(&part, &path)) {
        const bool is_up = ic_bytes_is_equal(part, IC_BYTES_LIT(".."));
        if (ic_bytes_is_equal(part, IC_BYTES_LIT("."))) {
            continue;
        }
        if (is_up && depth > 0) {
            depth--;
            for (n--; n > 0 && out[n - 1] != '/'; n--) {
            }
            continue;
        }
        memcpy(out + n, part.at, part.size);
        n += part.size;
        out[n++] = '/';
        depth += is_up ? 0 : 1;
    }
    out[n] = 0;
    return out;
}

/* The index of a source that is loaded, or source_count. */
static size_t find_source(struct did_program *program, const char *path)
{
    const char *const normal = path_normal(&program->pool, path);
    size_t i = 0;
    while (i < program->source_count && strcmp(program->sources[i].path, normal) != 0) {
        i++;
    }
    return i;
}

static bool read_source(struct loader *l, const char *name, struct ic_bytes text)
{
    struct did_position top = {.line = 1, .column = 1};
    if (text.size > DID_SOURCE_BYTES_MAX) {
        return did_fail(l->error, name, top, "the file is too large");
    }
    if (l->program->source_count >= DID_SOURCES_MAX) {
        return did_fail(l->error, name, top, "too many imports");
    }
    struct did_source *source =
        DID_PUSH(&l->program->pool, l->program->sources, l->program->source_count);
    *source = (struct did_source){
        .name = name, .path = path_normal(&l->program->pool, name), .text = text};
    struct did_type **service = DID_PUSH(&l->program->pool, l->services, l->service_count);
    struct did_type *parsed = NULL;
    struct parser p;
    did_parser_init(&p, l->program, &l->imports, name, text, l->error);
    p.lexer.source_index = (uint32_t)(l->program->source_count - 1);
    p.lexer.annotations = &l->program->annotations;
    if (!did_source_parse(&p, &parsed)) {
        return false;
    }
    *service = parsed;
    return true;
}

static bool load_import(struct loader *l, const struct did_import *import)
{
    struct ic_bytes text = {0};
    if (find_source(l->program, import->path) < l->program->source_count) {
        return true; /* each file once */
    }
    if (l->load == NULL) {
        return did_fail(l->error, import->importer, import->at, "imports are not possible here");
    }
    if (!l->load(&l->program->pool, &text, import->path)) {
        return did_fail(l->error, import->importer, import->at, "cannot read %.120s", import->path);
    }
    return read_source(l, import->path, text);
}

/* The service behind names of definitions, whose ends are not known yet. NULL when there is
 * none. */
static struct did_type *listed_service(const struct did_program *program, struct did_type *type)
{
    for (size_t steps = 0; type->kind == DID_KIND_NAME; steps++) {
        const struct did_def *def = did_def_find(program, type->name);
        if (def == NULL || steps > program->def_count) {
            return NULL;
        }
        type = def->type;
    }
    return type->kind == CANDID_KIND_SERVICE ? type : NULL;
}

static void add_all_methods(struct did_program *program, struct did_type *to,
                            const struct did_type *from)
{
    for (size_t i = 0; i < from->method_count; i++) {
        *DID_PUSH(&program->pool, to->methods, to->method_count) = from->methods[i];
    }
}

/* import service "f" adds the methods of f to those of the main source. */
static bool merge_service(struct loader *l, const struct did_import *import)
{
    struct did_program *program = l->program;
    const size_t source = find_source(program, import->path);
    program->sources[source].gives_methods = true;
    if (l->services[source] == NULL) {
        return did_fail(l->error, import->importer, import->at, "%.120s has no service",
                        import->path);
    }
    const struct did_type *theirs = listed_service(program, l->services[source]);
    const struct did_type *ours =
        program->service == NULL ? NULL : listed_service(program, program->service);
    if (theirs == NULL || (program->service != NULL && ours == NULL)) {
        const struct did_type *bad = theirs == NULL ? l->services[source] : program->service;
        return did_fail(l->error, source_name(program, bad->at), bad->at,
                        "the service must have a service type");
    }
    struct did_type *merged = did_pool_alloc(&program->pool, sizeof *merged);
    merged->kind = CANDID_KIND_SERVICE;
    merged->at = import->at;
    if (ours != NULL) {
        add_all_methods(program, merged, ours);
    }
    add_all_methods(program, merged, theirs);
    program->service = merged;
    struct parser p = {.program = program, .error = l->error};
    return did_methods_sort(&p, merged);
}

static bool load_all(struct loader *l, const char *name, struct ic_bytes text)
{
    if (!read_source(l, name, text)) {
        return false;
    }
    l->program->sources[0].gives_methods = true;
    const bool has_init = l->program->has_init;
    struct did_field *init = l->program->init;
    const size_t init_count = l->program->init_count;
    const struct ic_bytes doc = l->program->service_doc;
    for (size_t i = 0; i < l->imports.count; i++) {
        const struct did_import import = l->imports.at[i];
        l->program->has_init = false;
        l->program->init = NULL;
        l->program->init_count = 0;
        if (!load_import(l, &import)) {
            return false;
        }
        if (import.with_service && l->program->has_init) {
            return did_fail(l->error, import.importer, import.at,
                            "an imported service must have no install arguments");
        }
    }
    l->program->has_init = has_init;
    l->program->init = init;
    l->program->init_count = init_count;
    l->program->service_doc = doc;
    l->program->service = l->services[0];
    if (!index_names(l->program, l->error)) {
        return false;
    }
    for (size_t i = 0; i < l->imports.count; i++) {
        if (l->imports.at[i].with_service && !merge_service(l, &l->imports.at[i])) {
            return false;
        }
    }
    return true;
}

bool did_parse(struct did_program *program, const char *name, struct ic_bytes text,
               did_load_fn load, struct did_error *error)
{
    *program = (struct did_program){0};
    struct loader l = {.program = program, .load = load, .error = error};
    return load_all(&l, name, text) && resolve_program(program, error);
}

void did_free(struct did_program *program)
{
    did_pool_free(&program->pool);
    did_pool_free(&program->pool_of_source);
}

bool did_parse_tuple(struct did_program *program, struct did_field **fields, size_t *count,
                     struct ic_bytes text, struct did_error *error)
{
    struct parser p;
    struct did_imports none = {0};
    did_parser_init(&p, program, &none, "", text, error);
    p.lexer.source_index = UINT32_MAX; /* none of the program's */
    *fields = NULL;
    *count = 0;
    if (!did_parser_tuple_only(&p, fields, count)) {
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        if (!did_program_resolve_type(program, (*fields)[i].type, error)) {
            return false;
        }
    }
    return true;
}
