/* Prints a .did whose methods take the types of the official assertions: method t<number> those of
 * the distinct types with that number. didc makes descriptor tables of it, so that a canister reads
 * the assertions' messages as it reads any argument. */
#include "cases.h"

#include "didc/did.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFINITIONS_MAX 64u

struct definition {
    const char *name; /* of normal's program */
    int name_bytes;
    const char *source;
    struct did_text normal; /* as didc prints it */
};

struct definitions {
    struct definition all[DEFINITIONS_MAX];
    size_t count;
};

/* Assertions define the same names again; the definitions must be the same, but for their spelling. */
static bool add(struct definitions *d, const char *name, int name_bytes, const char *source,
                const struct did_type *type)
{
    struct did_text normal = {0};
    did_print_type(&normal, type);
    for (size_t i = 0; i < d->count; i++) {
        struct definition *known = &d->all[i];
        if (known->name_bytes == name_bytes &&
            memcmp(known->name, name, (size_t)name_bytes) == 0) {
            const bool same = known->normal.size == normal.size &&
                              memcmp(known->normal.at, normal.at, normal.size) == 0;
            did_text_free(&normal);
            return same;
        }
    }
    if (d->count == DEFINITIONS_MAX) {
        did_text_free(&normal);
        return false;
    }
    d->all[d->count++] = (struct definition){name, name_bytes, source, normal};
    return true;
}

/* The definitions of one assertion, as one program. */
static bool add_all(struct definitions *d, const struct cases_assertion *assertion)
{
    json_t *const defs = json_object_get(assertion->json, "defs");
    struct did_text source = {0};
    struct did_program program;
    struct did_error error;
    size_t i = 0;
    json_t *def = NULL;
    json_array_foreach(defs, i, def) {
        did_printf(&source, "%s\n", json_string_value(def));
    }
    bool ok = did_parse(&program, "defs", (struct ic_bytes){(uint8_t *)source.at, source.size},
                        NULL, &error);
    for (i = 0; ok && i < program.def_count; i++) {
        const char *text = json_string_value(json_array_get(defs, i));
        /* "type NAME = ...": the name is kept where it stands in the assertion. */
        const struct did_def *found = program.defs[i];
        ok = strncmp(text, "type ", 5) == 0 &&
             add(d, text + 5, (int)found->name.size, text, found->type);
    }
    did_free(&program);
    did_text_free(&source);
    return ok;
}

int main(void)
{
    static struct cases cases;
    static struct definitions definitions;
    bool ok = cases_load(&cases);
    for (size_t i = 0; ok && i < cases.count; i++) {
        ok = add_all(&definitions, &cases.assertions[i]);
    }
    if (!ok) {
        fprintf(stderr, "%s: unreadable, or one name has two definitions\n", CASES_PATH);
        return 1;
    }
    printf("// The types of the official Candid assertions.\n");
    for (size_t i = 0; i < definitions.count; i++) {
        printf("%s\n", definitions.all[i].source);
        did_text_free(&definitions.all[i].normal);
    }
    printf("service : {\n");
    for (size_t i = 0; i < cases.type_count; i++) {
        printf("  t%03zu : %s -> ();\n", i, cases.types[i]);
    }
    printf("}\n");
    cases_free(&cases);
    return 0;
}
