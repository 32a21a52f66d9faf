/* Candid text to values. */
#include "value.h"

#include <stdlib.h>

static bool is_punct(const struct parser *p, char punct)
{
    return p->token.kind == DID_PUNCT && p->token.punct == punct;
}

static bool accept(struct parser *p, char punct)
{
    if (!is_punct(p, punct)) {
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
    if (p->token.kind != DID_ID || !ic_bytes_is_equal(p->token.text, ic_bytes_from_text(word))) {
        return false;
    }
    did_next(p);
    return true;
}

static bool parse_value(struct parser *p, struct value *out);

/* annval = val | val : type */
static bool parse_annotated(struct parser *p, struct value *out)
{
    if (!parse_value(p, out)) {
        return false;
    }
    while (is_punct(p, ':')) {
        struct value *inner = did_pool_alloc(&p->program->pool, sizeof *inner);
        *inner = *out;
        *out = (struct value){
            .kind = VALUE_ANNOTATED, .at = inner->at, .items = inner, .count = 1};
        did_next(p);
        if (!did_type_parse(p, &out->type) ||
            !did_program_resolve_type(p->program, out->type, p->error)) {
            return false;
        }
    }
    return true;
}

/* Text without the quotes of the source, which must be UTF-8. */
static bool parse_text(struct parser *p, struct ic_bytes *out, const char *what)
{
    if (p->token.kind != DID_TEXT) {
        return did_fail_expected(p, what);
    }
    if (!p->token.is_utf8) {
        return did_fail(p->error, p->lexer.source_name, p->token.at, "text must be UTF-8");
    }
    *out = p->token.text;
    did_next(p);
    return true;
}

static bool parse_principal(struct parser *p, struct ic_principal *out)
{
    const struct did_position at = p->token.at;
    struct ic_bytes text;
    if (!parse_text(p, &text, "the text of a principal")) {
        return false;
    }
    return ic_principal_from_text(out, text) ||
           did_fail(p->error, p->lexer.source_name, at, "not a principal");
}

static bool parse_vec(struct parser *p, struct value *out)
{
    out->kind = VALUE_VEC;
    if (!expect(p, '{', "'{'")) {
        return false;
    }
    while (!accept(p, '}')) {
        struct value *item = DID_PUSH(&p->program->pool, out->items, out->count);
        if (!parse_annotated(p, item)) {
            return false;
        }
        if (!accept(p, ';') && !is_punct(p, '}')) {
            return did_fail_expected(p, "';' or '}'");
        }
    }
    return true;
}

static bool parse_number_label(struct parser *p, struct value_field *field)
{
    uint64_t id = 0;
    if (!did_nat_parse(&id, p->token.text) || id > UINT32_MAX) {
        return did_fail(p->error, p->lexer.source_name, p->token.at, "not a field id");
    }
    field->id = (uint32_t)id;
    did_next(p);
    return true;
}

static bool parse_name_label(struct parser *p, struct value_field *field)
{
    if (p->token.kind == DID_TEXT && !p->token.is_utf8) {
        return did_fail(p->error, p->lexer.source_name, p->token.at, "a name must be UTF-8");
    }
    field->id = candid_hash(p->token.text);
    did_next(p);
    return true;
}

/* rf = nat = annval | name = annval | annval */
static bool parse_record_field(struct parser *p, struct value_field *field,
                               const struct value_field *before)
{
    const bool labelled = p->ahead.kind == DID_PUNCT && p->ahead.punct == '=';
    field->at = p->token.at;
    if (labelled) {
        const bool ok = p->token.kind == DID_NUMBER ? parse_number_label(p, field)
                        : p->token.kind == DID_ID || p->token.kind == DID_TEXT
                            ? parse_name_label(p, field)
                            : did_fail_expected(p, "the label of a field");
        return ok && expect(p, '=', "'='") && parse_annotated(p, &field->value);
    }
    if (before != NULL && before->id == UINT32_MAX) {
        return did_fail(p->error, p->lexer.source_name, field->at, "field ids end at 4294967295");
    }
    field->id = before == NULL ? 0 : before->id + 1;
    return parse_annotated(p, &field->value);
}

static int compare_fields(const void *a, const void *b)
{
    const struct value_field *x = a;
    const struct value_field *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static bool parse_record(struct parser *p, struct value *out)
{
    out->kind = VALUE_RECORD;
    if (!expect(p, '{', "'{'")) {
        return false;
    }
    while (!accept(p, '}')) {
        struct value_field *field = DID_PUSH(&p->program->pool, out->fields, out->count);
        if (!parse_record_field(p, field, out->count > 1 ? field - 1 : NULL)) {
            return false;
        }
        if (!accept(p, ';') && !is_punct(p, '}')) {
            return did_fail_expected(p, "';' or '}'");
        }
    }
    if (out->count > 1) {
        qsort(out->fields, out->count, sizeof *out->fields, compare_fields);
    }
    for (size_t i = 1; i < out->count; i++) {
        if (out->fields[i - 1].id == out->fields[i].id) {
            return did_fail(p->error, p->lexer.source_name, out->fields[i].at,
                            "two fields have the id %u", out->fields[i].id);
        }
    }
    return true;
}

/* vf = nat = annval | name = annval | nat | name */
static bool parse_variant(struct parser *p, struct value *out)
{
    out->kind = VALUE_VARIANT;
    if (!expect(p, '{', "'{'")) {
        return false;
    }
    struct value_field *field = DID_PUSH(&p->program->pool, out->fields, out->count);
    field->at = p->token.at;
    field->value = (struct value){.kind = VALUE_NULL, .at = p->token.at};
    const bool ok = p->token.kind == DID_NUMBER ? parse_number_label(p, field)
                    : p->token.kind == DID_ID || p->token.kind == DID_TEXT
                        ? parse_name_label(p, field)
                        : did_fail_expected(p, "the label of a case");
    if (!ok || (accept(p, '=') && !parse_annotated(p, &field->value))) {
        return false;
    }
    return expect(p, '}', "'}'");
}

static bool parse_func(struct parser *p, struct value *out)
{
    out->kind = VALUE_FUNC;
    if (!parse_principal(p, &out->principal) || !expect(p, '.', "'.'")) {
        return false;
    }
    if (p->token.kind == DID_ID) {
        out->text = p->token.text;
        did_next(p);
        return true;
    }
    return parse_text(p, &out->text, "the name of a method");
}

static bool parse_number(struct parser *p, struct value *out)
{
    out->kind = VALUE_NUMBER;
    if (is_punct(p, '-') || is_punct(p, '+')) {
        out->has_sign = true;
        out->negative = is_punct(p, '-');
        did_next(p);
    }
    if (p->token.kind != DID_NUMBER) {
        return did_fail_expected(p, "a number");
    }
    out->text = p->token.text;
    did_next(p);
    return true;
}

static bool parse_opt(struct parser *p, struct value *out)
{
    out->kind = VALUE_OPT;
    out->items = did_pool_alloc(&p->program->pool, sizeof *out->items);
    out->count = 1;
    return parse_value(p, out->items);
}

static bool parse_word(struct parser *p, struct value *out)
{
    if (accept_word(p, "true") || accept_word(p, "false")) {
        out->kind = VALUE_BOOL;
        return true;
    }
    if (accept_word(p, "null")) {
        out->kind = VALUE_NULL;
        return true;
    }
    if (accept_word(p, "opt")) {
        return parse_opt(p, out);
    }
    if (accept_word(p, "vec")) {
        return parse_vec(p, out);
    }
    if (accept_word(p, "record")) {
        return parse_record(p, out);
    }
    if (accept_word(p, "variant")) {
        return parse_variant(p, out);
    }
    if (accept_word(p, "func")) {
        return parse_func(p, out);
    }
    if (accept_word(p, "principal") || accept_word(p, "service")) {
        return parse_principal(p, &out->principal);
    }
    if (accept_word(p, "blob")) {
        if (p->token.kind != DID_TEXT) {
            return did_fail_expected(p, "the bytes of a blob");
        }
        out->kind = VALUE_BLOB;
        out->text = p->token.text;
        did_next(p);
        return true;
    }
    return did_fail_expected(p, "a value");
}

static bool parse_unbounded(struct parser *p, struct value *out)
{
    *out = (struct value){.at = p->token.at};
    if (p->token.kind == DID_ID) {
        out->truth = ic_bytes_is_equal(p->token.text, IC_BYTES_LIT("true"));
        out->kind = ic_bytes_is_equal(p->token.text, IC_BYTES_LIT("service")) ? VALUE_SERVICE
                                                                              : VALUE_PRINCIPAL;
        return parse_word(p, out);
    }
    if (p->token.kind == DID_TEXT) {
        out->kind = VALUE_TEXT;
        return parse_text(p, &out->text, "text");
    }
    if (accept(p, '(')) {
        return parse_annotated(p, out) && expect(p, ')', "')'");
    }
    return parse_number(p, out);
}

static bool parse_value(struct parser *p, struct value *out)
{
    if (p->nesting >= DID_NESTING_MAX) {
        return did_fail(p->error, p->lexer.source_name, p->token.at,
                        "values are nested too deeply");
    }
    p->nesting++;
    const bool ok = parse_unbounded(p, out);
    p->nesting--;
    return ok;
}

bool value_parse_args(struct did_program *program, struct value **values, size_t *count,
                      struct ic_bytes text, struct did_error *error)
{
    struct parser p;
    struct did_imports none = {0};
    did_parser_init(&p, program, &none, "", text, error);
    did_next(&p);
    did_next(&p);
    *values = NULL;
    *count = 0;
    if (!expect(&p, '(', "'('")) {
        return false;
    }
    while (!accept(&p, ')')) {
        struct value *value = DID_PUSH(&program->pool, *values, *count);
        if (!parse_annotated(&p, value)) {
            return false;
        }
        if (!accept(&p, ',') && !is_punct(&p, ')')) {
            return did_fail_expected(&p, "',' or ')'");
        }
    }
    return p.token.kind == DID_END || did_fail_expected(&p, "the end");
}

void value_annotations_bind(struct did_graph *graph, struct value *value)
{
    if (value->kind == VALUE_ANNOTATED) {
        value->node = did_graph_node(graph, value->type);
    }
    const bool has_fields = value->kind == VALUE_RECORD || value->kind == VALUE_VARIANT;
    for (size_t i = 0; i < value->count; i++) {
        value_annotations_bind(graph, has_fields ? &value->fields[i].value : &value->items[i]);
    }
}
