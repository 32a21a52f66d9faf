/* The parser of .did programs: tokens to types. Names are resolved in resolve.c. */
#include "parse.h"

#include <stdio.h>

/* ---- tokens -------------------------------------------------------------------------------------- */

bool did_next(struct parser *p)
{
    p->token = p->ahead;
    p->ahead = did_lex(&p->lexer);
    return p->token.kind != DID_BAD;
}

static bool fail_at(struct parser *p, struct did_position at, const char *reason)
{
    return did_fail(p->error, p->lexer.source_name, at, "%s", reason);
}

/* The lexer has set the error when the token is bad. */
bool did_fail_expected(struct parser *p, const char *what)
{
    if (p->token.kind == DID_BAD) {
        return false;
    }
    if (p->token.kind == DID_END) {
        return did_fail(p->error, p->lexer.source_name, p->token.at, "%s expected, found the end",
                        what);
    }
    if (p->token.kind == DID_PUNCT) {
        return did_fail(p->error, p->lexer.source_name, p->token.at, "%s expected, found '%s%c'",
                        what, p->token.punct == '>' ? "-" : "", p->token.punct);
    }
    return did_fail(p->error, p->lexer.source_name, p->token.at, "%s expected, found '%.*s'", what,
                    (int)(p->token.text.size > 40 ? 40 : p->token.text.size),
                    (const char *)p->token.text.at);
}

static bool is_punct(const struct did_token *token, char punct)
{
    return token->kind == DID_PUNCT && token->punct == punct;
}

static bool is_word(const struct did_token *token, const char *word)
{
    return token->kind == DID_ID && ic_bytes_is_equal(token->text, ic_bytes_from_text(word));
}

static bool accept(struct parser *p, char punct)
{
    if (!is_punct(&p->token, punct)) {
        return false;
    }
    did_next(p);
    return true;
}

static bool expect(struct parser *p, char punct, const char *what)
{
    return accept(p, punct) || did_fail_expected(p, what);
}

static bool accept_word(struct parser *p, const char *word)
{
    if (!is_word(&p->token, word)) {
        return false;
    }
    did_next(p);
    return true;
}

/* ---- names --------------------------------------------------------------------------------------- */

static const char *const PRIMITIVES[] = {
    [CANDID_KIND_NULL] = "null",       [CANDID_KIND_BOOL] = "bool",
    [CANDID_KIND_NAT] = "nat",         [CANDID_KIND_INT] = "int",
    [CANDID_KIND_NAT8] = "nat8",       [CANDID_KIND_NAT16] = "nat16",
    [CANDID_KIND_NAT32] = "nat32",     [CANDID_KIND_NAT64] = "nat64",
    [CANDID_KIND_INT8] = "int8",       [CANDID_KIND_INT16] = "int16",
    [CANDID_KIND_INT32] = "int32",     [CANDID_KIND_INT64] = "int64",
    [CANDID_KIND_FLOAT32] = "float32", [CANDID_KIND_FLOAT64] = "float64",
    [CANDID_KIND_TEXT] = "text",       [CANDID_KIND_RESERVED] = "reserved",
    [CANDID_KIND_EMPTY] = "empty",     [CANDID_KIND_PRINCIPAL] = "principal",
};

/* The words that cannot be names; the other primitive types can name a field or a method. */
static const char *const KEYWORDS[] = {
    "import", "service",   "func", "type",   "opt",   "vec",             "record", "variant",
    "blob",   "principal", "null", "oneway", "query", "composite_query", "true",   "false",
};

static bool is_keyword(struct ic_bytes word)
{
    for (size_t i = 0; i < sizeof KEYWORDS / sizeof *KEYWORDS; i++) {
        if (ic_bytes_is_equal(word, ic_bytes_from_text(KEYWORDS[i]))) {
            return true;
        }
    }
    return false;
}

/* The kind of a primitive type, or DID_KIND_NAME. */
static int primitive_kind(struct ic_bytes word)
{
    for (size_t i = 1; i < sizeof PRIMITIVES / sizeof *PRIMITIVES; i++) {
        if (PRIMITIVES[i] != NULL && ic_bytes_is_equal(word, ic_bytes_from_text(PRIMITIVES[i]))) {
            return (int)i;
        }
    }
    return DID_KIND_NAME;
}

const char *did_primitive_name(int kind)
{
    return PRIMITIVES[kind];
}

bool did_name_is_plain(struct ic_bytes name)
{
    if (name.size == 0 || is_keyword(name) || primitive_kind(name) != DID_KIND_NAME) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        const uint8_t c = name.at[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return true;
}

/* name = id | text */
static bool parse_name(struct parser *p, struct ic_bytes *name, const char *what)
{
    const bool id = p->token.kind == DID_ID && !is_keyword(p->token.text);
    if (!id && p->token.kind != DID_TEXT) {
        return did_fail_expected(p, what);
    }
    if (!id && !p->token.is_utf8) {
        return fail_at(p, p->token.at, "a name must be UTF-8");
    }
    *name = p->token.text;
    did_next(p);
    return true;
}

/* ---- types --------------------------------------------------------------------------------------- */

static bool parse_type(struct parser *p, struct did_type **out);

static struct did_type *new_type(struct parser *p, int kind)
{
    struct did_type *type = did_pool_alloc(&p->program->pool, sizeof *type);
    type->kind = kind;
    type->at = p->token.at;
    return type;
}

/* Id of a field without label: 0, or the previous one's plus one, in source order. */
static bool next_id(struct parser *p, struct did_field *field, const struct did_field *before)
{
    if (before != NULL && before->id == UINT32_MAX) {
        return fail_at(p, field->at, "field ids end at 4294967295");
    }
    field->id = before == NULL ? 0 : before->id + 1;
    return true;
}

static bool parse_number_label(struct parser *p, struct did_field *field)
{
    uint64_t id = 0;
    if (!did_nat_parse(&id, p->token.text) || id > UINT32_MAX) {
        return fail_at(p, p->token.at, "a field id must be a number from 0 to 4294967295");
    }
    field->id = (uint32_t)id;
    field->has_label = true;
    did_next(p);
    return true;
}

/* The label of a field, if there is one: a number or a name before ':' in records; in variants also
 * without a type. */
static bool parse_label(struct parser *p, struct did_field *field, bool is_variant)
{
    if (p->token.kind == DID_NUMBER) {
        return parse_number_label(p, field);
    }
    if (!is_variant && !is_punct(&p->ahead, ':')) {
        return true;
    }
    if (!parse_name(p, &field->name, is_variant ? "the name of a case" : "the name of a field")) {
        return false;
    }
    field->has_label = true;
    field->has_name = true;
    field->id = candid_hash(field->name);
    return true;
}

static bool parse_field(struct parser *p, struct did_field *field, const struct did_field *before,
                        bool is_variant)
{
    field->at = p->token.at;
    field->doc = p->token.doc;
    if (!parse_label(p, field, is_variant)) {
        return false;
    }
    if (!field->has_label) {
        return next_id(p, field, before) && parse_type(p, &field->type);
    }
    if (is_variant && !is_punct(&p->token, ':')) {
        field->type = new_type(p, CANDID_KIND_NULL);
        return true;
    }
    return expect(p, ':', "':'") && parse_type(p, &field->type);
}

static bool parse_fields(struct parser *p, struct did_type *type)
{
    const bool is_variant = type->kind == CANDID_KIND_VARIANT;
    if (!expect(p, '{', "'{'")) {
        return false;
    }
    while (!accept(p, '}')) {
        struct did_field *field = DID_PUSH(&p->program->pool, type->fields, type->field_count);
        const struct did_field *before = type->field_count > 1 ? field - 1 : NULL;
        if (!parse_field(p, field, before, is_variant)) {
            return false;
        }
        if (!accept(p, ';') && !is_punct(&p->token, '}')) {
            return did_fail_expected(p, "';' or '}'");
        }
    }
    return did_fields_sort(p, type);
}

bool did_tuple_parse(struct parser *p, struct did_field **fields, size_t *count)
{
    if (!expect(p, '(', "'('")) {
        return false;
    }
    while (!accept(p, ')')) {
        struct did_field *field = DID_PUSH(&p->program->pool, *fields, *count);
        field->at = p->token.at;
        field->id = (uint32_t)(*count - 1);
        if (is_punct(&p->ahead, ':')) {
            if (!parse_name(p, &field->name, "the name of an argument")) {
                return false;
            }
            field->has_name = true;
            did_next(p);
        }
        if (!parse_type(p, &field->type)) {
            return false;
        }
        if (!accept(p, ',') && !is_punct(&p->token, ')')) {
            return did_fail_expected(p, "',' or ')'");
        }
    }
    return did_tuple_check(p, *fields, *count);
}

static bool parse_annotations(struct parser *p, struct did_type *type)
{
    while (is_word(&p->token, "query") || is_word(&p->token, "composite_query") ||
           is_word(&p->token, "oneway")) {
        if (type->mode != CANDID_MODE_UPDATE) {
            return fail_at(p, p->token.at, "at most one annotation is allowed");
        }
        type->mode = is_word(&p->token, "query")    ? CANDID_MODE_QUERY
                     : is_word(&p->token, "oneway") ? CANDID_MODE_ONEWAY
                                                    : CANDID_MODE_COMPOSITE_QUERY;
        if (type->mode == CANDID_MODE_ONEWAY && type->result_count != 0) {
            return fail_at(p, p->token.at, "a oneway method has no results");
        }
        did_next(p);
    }
    return true;
}

/* functype = tuple -> tuple ann* */
static bool parse_functype(struct parser *p, struct did_type **out)
{
    struct did_type *type = new_type(p, CANDID_KIND_FUNC);
    *out = type;
    return did_tuple_parse(p, &type->fields, &type->field_count) && expect(p, '>', "'->'") &&
           did_tuple_parse(p, &type->results, &type->result_count) && parse_annotations(p, type);
}

static bool parse_method(struct parser *p, struct did_method *method)
{
    method->at = p->token.at;
    method->doc = p->token.doc;
    if (!parse_name(p, &method->name, "the name of a method") || !expect(p, ':', "':'")) {
        return false;
    }
    if (is_punct(&p->token, '(')) {
        return parse_functype(p, &method->type);
    }
    method->type = new_type(p, DID_KIND_NAME);
    return parse_name(p, &method->type->name, "a method type");
}

static bool parse_methods(struct parser *p, struct did_type **out)
{
    struct did_type *type = new_type(p, CANDID_KIND_SERVICE);
    *out = type;
    if (!expect(p, '{', "'{'")) {
        return false;
    }
    while (!accept(p, '}')) {
        struct did_method *method = DID_PUSH(&p->program->pool, type->methods, type->method_count);
        if (!parse_method(p, method)) {
            return false;
        }
        if (!accept(p, ';') && !is_punct(&p->token, '}')) {
            return did_fail_expected(p, "';' or '}'");
        }
    }
    return did_methods_sort(p, type);
}

/* A type that begins with a word that is no keyword of a constructor. */
static bool parse_named_type(struct parser *p, struct did_type **out)
{
    struct did_type *type = new_type(p, DID_KIND_NAME);
    *out = type;
    if (p->token.kind == DID_ID) {
        type->kind = primitive_kind(p->token.text);
        if (type->kind != DID_KIND_NAME) {
            did_next(p);
            return true;
        }
    }
    if (p->token.kind == DID_TEXT) {
        return did_fail_expected(p, "a type");
    }
    return parse_name(p, &type->name, "a type");
}

static bool parse_type_bounded(struct parser *p, struct did_type **out)
{
    struct did_type *type = new_type(p, DID_KIND_NAME);
    *out = type;
    if (accept_word(p, "blob")) {
        type->kind = CANDID_KIND_VEC;
        type->inner = new_type(p, CANDID_KIND_NAT8);
        return true;
    }
    if (accept_word(p, "opt")) {
        type->kind = CANDID_KIND_OPT;
        return parse_type(p, &type->inner);
    }
    if (accept_word(p, "vec")) {
        type->kind = CANDID_KIND_VEC;
        return parse_type(p, &type->inner);
    }
    if (accept_word(p, "record")) {
        type->kind = CANDID_KIND_RECORD;
        return parse_fields(p, type);
    }
    if (accept_word(p, "variant")) {
        type->kind = CANDID_KIND_VARIANT;
        return parse_fields(p, type);
    }
    if (accept_word(p, "func")) {
        return parse_functype(p, out);
    }
    if (accept_word(p, "service")) {
        return parse_methods(p, out);
    }
    return parse_named_type(p, out);
}

static bool parse_type(struct parser *p, struct did_type **out)
{
    if (p->nesting >= DID_NESTING_MAX) {
        return fail_at(p, p->token.at, "types are nested too deeply");
    }
    p->nesting++;
    const bool ok = parse_type_bounded(p, out);
    p->nesting--;
    return ok;
}

bool did_type_parse(struct parser *p, struct did_type **out)
{
    return parse_type(p, out);
}

/* ---- definitions --------------------------------------------------------------------------------- */

static bool parse_def(struct parser *p)
{
    struct did_def *def = did_pool_alloc(&p->program->pool, sizeof *def);
    def->doc = p->token.doc;
    did_next(p);
    def->at = p->token.at;
    if (p->token.kind != DID_ID) {
        return did_fail_expected(p, "the name of a type");
    }
    if (!parse_name(p, &def->name, "the name of a type")) {
        return false;
    }
    if (primitive_kind(def->name) != DID_KIND_NAME) {
        return fail_at(p, def->at, "a primitive type cannot be defined again");
    }
    if (!expect(p, '=', "'='") || !parse_type(p, &def->type)) {
        return false;
    }
    *DID_PUSH(&p->program->pool, p->program->defs, p->program->def_count) = def;
    return true;
}

static bool parse_actor(struct parser *p, struct did_type **service)
{
    struct did_program *program = p->program;
    program->service_doc = p->token.doc;
    did_next(p);
    if (p->token.kind == DID_ID && !is_keyword(p->token.text)) {
        did_next(p);
    }
    if (!expect(p, ':', "':'")) {
        return false;
    }
    if (is_punct(&p->token, '(')) {
        program->has_init = true;
        if (!did_tuple_parse(p, &program->init, &program->init_count) || !expect(p, '>', "'->'")) {
            return false;
        }
    }
    if (is_punct(&p->token, '{')) {
        if (!parse_methods(p, service)) {
            return false;
        }
    } else if (!parse_named_type(p, service)) {
        return false;
    }
    accept(p, ';');
    return true;
}

/* Directory part of the importing file, then the import's own path. */
static const char *import_path(struct parser *p, struct ic_bytes name)
{
    const char *base = p->lexer.source_name;
    const char *slash = strrchr(base, '/');
    if (slash == NULL || (name.size > 0 && name.at[0] == '/')) {
        return did_pool_printf(&p->program->pool, "%.*s", (int)name.size, (const char *)name.at);
    }
    return did_pool_printf(&p->program->pool, "%.*s/%.*s", (int)(slash - base), base,
                           (int)name.size, (const char *)name.at);
}

static bool parse_import(struct parser *p)
{
    struct did_import import = {.at = p->token.at};
    did_next(p);
    import.with_service = accept_word(p, "service");
    if (p->token.kind != DID_TEXT) {
        return did_fail_expected(p, "the file to import");
    }
    if (!p->token.is_utf8 || p->token.text.size == 0 || p->token.text.size > 4096 ||
        memchr(p->token.text.at, 0, p->token.text.size) != NULL) {
        return fail_at(p, p->token.at, "not a file name");
    }
    import.path = import_path(p, p->token.text);
    import.importer = p->lexer.source_name;
    did_next(p);
    *DID_PUSH(&p->program->pool, p->imports->at, p->imports->count) = import;
    return true;
}

/* def;* actor? */
bool did_source_parse(struct parser *p, struct did_type **service)
{
    did_next(p);
    did_next(p);
    while (p->token.kind != DID_END) {
        bool ok = false;
        if (is_word(&p->token, "service")) {
            if (!parse_actor(p, service)) {
                return false;
            }
            return p->token.kind == DID_END || did_fail_expected(p, "the end of the file");
        }
        if (is_word(&p->token, "type")) {
            ok = parse_def(p);
        } else if (is_word(&p->token, "import")) {
            ok = parse_import(p);
        } else {
            return did_fail_expected(p, "'type', 'import' or 'service'");
        }
        if (!ok) {
            return false;
        }
        if (!accept(p, ';') && p->token.kind != DID_END && !is_word(&p->token, "service")) {
            return did_fail_expected(p, "';'");
        }
    }
    return true;
}

bool did_parser_tuple_only(struct parser *p, struct did_field **fields, size_t *count)
{
    did_next(p);
    did_next(p);
    return did_tuple_parse(p, fields, count) &&
           (p->token.kind == DID_END || did_fail_expected(p, "the end"));
}

void did_parser_init(struct parser *p, struct did_program *program, struct did_imports *imports,
                     const char *name, struct ic_bytes text, struct did_error *error)
{
    *p = (struct parser){.program = program, .imports = imports, .error = error};
    did_lexer_init(&p->lexer, &program->pool, name, text, error);
    p->ahead.kind = DID_PUNCT;
}
