/* A program in its normal form: imports inlined, definitions in source order, fields by ascending
 * id, two blanks of indentation. */
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

static void print_indent(struct did_text *out, unsigned depth)
{
    did_printf(out, "%*s", (int)(2 * depth), "");
}

static void print_type(struct did_text *out, const struct did_type *type, unsigned depth);

static void print_fields(struct did_text *out, const struct did_type *type, unsigned depth)
{
    if (type->field_count == 0) {
        did_printf(out, "{}");
        return;
    }
    did_printf(out, "{\n");
    for (size_t i = 0; i < type->field_count; i++) {
        const struct did_field *field = &type->fields[i];
        print_indent(out, depth + 1);
        if (field->has_name) {
            did_print_name(out, field->name);
        } else {
            did_printf(out, "%" PRIu32, field->id);
        }
        if (type->kind == CANDID_KIND_RECORD || field->type->kind != CANDID_KIND_NULL) {
            did_printf(out, " : ");
            print_type(out, field->type, depth + 1);
        }
        did_printf(out, ";\n");
    }
    print_indent(out, depth);
    did_printf(out, "}");
}

static void print_tuple(struct did_text *out, const struct did_field *fields, size_t count,
                        unsigned depth)
{
    did_printf(out, "(");
    for (size_t i = 0; i < count; i++) {
        did_printf(out, "%s", i == 0 ? "" : ", ");
        if (fields[i].has_name) {
            did_print_name(out, fields[i].name);
            did_printf(out, " : ");
        }
        print_type(out, fields[i].type, depth);
    }
    did_printf(out, ")");
}

static void print_func(struct did_text *out, const struct did_type *type, unsigned depth)
{
    static const char *const modes[] = {"", " query", " oneway", " composite_query"};
    print_tuple(out, type->fields, type->field_count, depth);
    did_printf(out, " -> ");
    print_tuple(out, type->results, type->result_count, depth);
    did_printf(out, "%s", modes[type->mode]);
}

static void print_methods(struct did_text *out, const struct did_type *type, unsigned depth)
{
    if (type->method_count == 0) {
        did_printf(out, "{}");
        return;
    }
    did_printf(out, "{\n");
    for (size_t i = 0; i < type->method_count; i++) {
        print_indent(out, depth + 1);
        did_print_name(out, type->methods[i].name);
        did_printf(out, " : ");
        if (type->methods[i].type->kind == DID_KIND_NAME) {
            did_print_name(out, type->methods[i].type->name);
        } else {
            print_func(out, type->methods[i].type, depth + 1);
        }
        did_printf(out, ";\n");
    }
    print_indent(out, depth);
    did_printf(out, "}");
}

/* Recursion follows the nesting of the source, which the parser bounds. */
static void print_type(struct did_text *out, const struct did_type *type, unsigned depth)
{
    switch (type->kind) {
    case DID_KIND_NAME:
        did_print_name(out, type->name);
        return;
    case CANDID_KIND_OPT:
        did_printf(out, "opt ");
        print_type(out, type->inner, depth);
        return;
    case CANDID_KIND_VEC:
        if (type->inner->kind == CANDID_KIND_NAT8) {
            did_printf(out, "blob");
            return;
        }
        did_printf(out, "vec ");
        print_type(out, type->inner, depth);
        return;
    case CANDID_KIND_RECORD:
        did_printf(out, "record ");
        print_fields(out, type, depth);
        return;
    case CANDID_KIND_VARIANT:
        did_printf(out, "variant ");
        print_fields(out, type, depth);
        return;
    case CANDID_KIND_FUNC:
        did_printf(out, "func ");
        print_func(out, type, depth);
        return;
    case CANDID_KIND_SERVICE:
        did_printf(out, "service ");
        print_methods(out, type, depth);
        return;
    default:
        did_printf(out, "%s", did_primitive_name(type->kind));
        return;
    }
}

void did_print_type(struct did_text *out, const struct did_type *type)
{
    print_type(out, type, 0);
}

void did_print(struct did_text *out, const struct did_program *program)
{
    for (size_t i = 0; i < program->def_count; i++) {
        did_printf(out, "type ");
        did_print_name(out, program->defs[i]->name);
        did_printf(out, " = ");
        print_type(out, program->defs[i]->type, 0);
        did_printf(out, ";\n");
    }
    if (program->service == NULL) {
        return;
    }
    did_printf(out, "service : ");
    if (program->has_init) {
        print_tuple(out, program->init, program->init_count, 0);
        did_printf(out, " -> ");
    }
    if (program->service->kind == DID_KIND_NAME) {
        did_print_name(out, program->service->name);
    } else {
        print_methods(out, program->service, 0);
    }
    did_printf(out, "\n");
}
