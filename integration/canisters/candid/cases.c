/* Reads the official assertions. */
#include "cases.h"

#include <stdio.h>
#include <string.h>

#define LINE_BYTES_MAX (1u << 16)

const char *cases_get(const struct cases_assertion *assertion, const char *key)
{
    return json_string_value(json_object_get(assertion->json, key));
}

static unsigned type_number(struct cases *cases, const char *types)
{
    for (size_t i = 0; i < cases->type_count; i++) {
        if (strcmp(cases->types[i], types) == 0) {
            return (unsigned)i;
        }
    }
    cases->types[cases->type_count] = types;
    return (unsigned)cases->type_count++;
}

static bool add_line(struct cases *cases, const char *line)
{
    if (cases->count == CASES_MAX) {
        return false;
    }
    struct cases_assertion *assertion = &cases->assertions[cases->count];
    assertion->json = json_loads(line, 0, NULL);
    cases->count += assertion->json != NULL;
    const char *types = assertion->json == NULL ? NULL : cases_get(assertion, "types");
    if (types == NULL || cases_get(assertion, "op") == NULL) {
        return false;
    }
    assertion->type = type_number(cases, types);
    return true;
}

bool cases_load(struct cases *cases)
{
    static char line[LINE_BYTES_MAX];
    *cases = (struct cases){.count = 0};
    FILE *file = fopen(CASES_PATH, "r");
    bool ok = file != NULL;
    while (ok && fgets(line, sizeof line, file) != NULL) {
        ok = add_line(cases, line);
    }
    if (file != NULL) {
        fclose(file);
    }
    return ok && cases->count != 0;
}

void cases_free(struct cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        json_decref(cases->assertions[i].json);
    }
}
