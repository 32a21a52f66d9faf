/* A program in its normal form: imports inlined, definitions in source order, fields by ascending
 * id, two blanks of indentation; comments, if they are wanted, above what they are about. */
#include "did.h"
#include "parse.h"

#include <inttypes.h>

void did_print_name(struct did_text *out, struct ic_bytes name)
{
    if (did_name_is_plain(name)) {
        did_append(out, name);
        return;
    }
    did_printf(out, "\"");
    for (size_t i = 0; i < name.size; i++) {
        const uint8_t c = name.at[i];
        if (c == '"' || c == '\\') {
            did_printf(out, "\\%c", (int)c);
        } else if (c < 0x20 || c == 0x7f) {
            did_printf(out, "\\%02x", c);
        } else {
            did_append(out, (struct ic_bytes){.at = &c, .size = 1});
        }
    }
    did_printf(out, "\"");
}

struct printer {
    struct did_text *out;
    bool has_docs;
};

static void print_indent(const struct printer *p, unsigned depth)
{
    did_printf(p->out, "%*s", (int)(2 * depth), "");
}

/* The comment lines, without those that are for the generator. */
static void print_doc(const struct printer *p, struct ic_bytes doc, unsigned depth)
{
    struct ic_bytes line;
    while (p->has_docs && did_doc_next(&line, &doc)) {
        if (line.size > 0 && line.at[0] == '@') {
            continue;
        }
        print_indent(p, depth);
        did_printf(p->out, line.size == 0 ? "//" : "// ");
        did_append(p->out, line);
        did_printf(p->out, "\n");
    }
}

static void print_type(const struct printer *p, const struct did_type *type, unsigned depth);

static void print_fields(const struct printer *p, const struct did_type *type, unsigned depth)
{
    if (type->field_count == 0) {
        did_printf(p->out, "{}");
        return;
    }
    did_printf(p->out, "{\n");
    for (size_t i = 0; i < type->field_count; i++) {
        const struct did_field *field = &type->fields[i];
        print_doc(p, field->doc, depth + 1);
        print_indent(p, depth + 1);
        if (field->has_name) {
            did_print_name(p->out, field->name);
        } else {
            did_printf(p->out, "%" PRIu32, field->id);
        }
        if (type->kind == CANDID_KIND_RECORD || field->type->kind != CANDID_KIND_NULL) {
            did_printf(p->out, " : ");
            print_type(p, field->type, depth + 1);
        }
        did_printf(p->out, ";\n");
    }
    print_indent(p, depth);
    did_printf(p->out, "}");
}

static void print_tuple(const struct printer *p, const struct did_field *fields, size_t count,
                        unsigned depth)
{
    did_printf(p->out, "(");
    for (size_t i = 0; i < count; i++) {
        did_printf(p->out, "%s", i == 0 ? "" : ", ");
        if (fields[i].has_name) {
            did_print_name(p->out, fields[i].name);
            did_printf(p->out, " : ");
        }
        print_type(p, fields[i].type, depth);
    }
    did_printf(p->out, ")");
}

static void print_func(const struct printer *p, const struct did_type *type, unsigned depth)
{
    static const char *const modes[] = {"", " query", " oneway", " composite_query"};
    print_tuple(p, type->fields, type->field_count, depth);
    did_printf(p->out, " -> ");
    print_tuple(p, type->results, type->result_count, depth);
    did_printf(p->out, "%s", modes[type->mode]);
}

static void print_methods(const struct printer *p, const struct did_type *type, unsigned depth)
{
    if (type->method_count == 0) {
        did_printf(p->out, "{}");
        return;
    }
    did_printf(p->out, "{\n");
    for (size_t i = 0; i < type->method_count; i++) {
        print_doc(p, type->methods[i].doc, depth + 1);
        print_indent(p, depth + 1);
        did_print_name(p->out, type->methods[i].name);
        did_printf(p->out, " : ");
        if (type->methods[i].type->kind == DID_KIND_NAME) {
            did_print_name(p->out, type->methods[i].type->name);
        } else {
            print_func(p, type->methods[i].type, depth + 1);
        }
        did_printf(p->out, ";\n");
    }
    print_indent(p, depth);
    did_printf(p->out, "}");
}

/* Recursion follows the nesting of the source, which the parser bounds. */
static void print_type(const struct printer *p, const struct did_type *type, unsigned depth)
{
    switch (type->kind) {
    case DID_KIND_NAME:
        did_print_name(p->out, type->name);
        return;
    case CANDID_KIND_OPT:
        did_printf(p->out, "opt ");
        print_type(p, type->inner, depth);
        return;
    case CANDID_KIND_VEC:
        if (type->inner->kind == CANDID_KIND_NAT8) {
            did_printf(p->out, "blob");
            return;
        }
        did_printf(p->out, "vec ");
        print_type(p, type->inner, depth);
        return;
    case CANDID_KIND_RECORD:
        did_printf(p->out, "record ");
        print_fields(p, type, depth);
        return;
    case CANDID_KIND_VARIANT:
        did_printf(p->out, "variant ");
        print_fields(p, type, depth);
        return;
    case CANDID_KIND_FUNC:
        did_printf(p->out, "func ");
        print_func(p, type, depth);
        return;
    case CANDID_KIND_SERVICE:
        did_printf(p->out, "service ");
        print_methods(p, type, depth);
        return;
    default:
        did_printf(p->out, "%s", did_primitive_name(type->kind));
        return;
    }
}

void did_print_type(struct did_text *out, const struct did_type *type)
{
    const struct printer p = {.out = out};
    print_type(&p, type, 0);
}

void did_print(struct did_text *out, const struct did_program *program, bool with_comments)
{
    const struct printer p = {.out = out, .has_docs = with_comments};
    for (size_t i = 0; i < program->def_count; i++) {
        print_doc(&p, program->defs[i]->doc, 0);
        did_printf(out, "type ");
        did_print_name(out, program->defs[i]->name);
        did_printf(out, " = ");
        print_type(&p, program->defs[i]->type, 0);
        did_printf(out, ";\n");
    }
    if (program->service == NULL) {
        return;
    }
    print_doc(&p, program->service_doc, 0);
    did_printf(out, "service : ");
    if (program->has_init) {
        print_tuple(&p, program->init, program->init_count, 0);
        did_printf(out, " -> ");
    }
    if (program->service->kind == DID_KIND_NAME) {
        did_print_name(out, program->service->name);
    } else {
        print_methods(&p, program->service, 0);
    }
    did_printf(out, "\n");
}
