#include "host/ic_host_env.h"

#include "ic/env.h"

#include <stdio.h>
#include <stdlib.h>

struct variable {
    char name[IC_ENV_BYTES_MAX + 1], value[IC_ENV_BYTES_MAX + 1];
};

static struct variable variables[IC_ENV_COUNT_MAX];
static uint32_t count;

static _Noreturn void refuse(const char *why)
{
    fprintf(stderr, "ic_host_variable_set: %s\n", why);
    abort();
}

void ic_host_variables_reset(void)
{
    count = 0;
}

/* Where a name stands or belongs. */
static uint32_t place_of(const char *name)
{
    uint32_t at = 0;
    while (at < count && strcmp(variables[at].name, name) < 0) {
        at++;
    }
    return at;
}

void ic_host_variable_set(const char *name, const char *value)
{
    if (strlen(name) > IC_ENV_BYTES_MAX || strlen(value) > IC_ENV_BYTES_MAX) {
        refuse("too long");
    }
    uint32_t at = place_of(name);
    if (at == count || strcmp(variables[at].name, name) != 0) {
        if (count == IC_ENV_COUNT_MAX) {
            refuse("too many");
        }
        memmove(variables + at + 1, variables + at, (count - at) * sizeof *variables);
        count++;
    }
    strcpy(variables[at].name, name);
    strcpy(variables[at].value, value);
}

uint32_t ic_env_count(void)
{
    return count;
}

bool ic_env_find(struct ic_bytes *out, struct ic_bytes name, struct ic_arena *a)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ic_bytes_is_equal(ic_bytes_from_text(variables[i].name), name)) {
            return ic_arena_copy(out, ic_bytes_from_text(variables[i].value), a);
        }
    }
    return false;
}

bool ic_env_name_at(struct ic_bytes *out, uint32_t index, struct ic_arena *a)
{
    return index < count && ic_arena_copy(out, ic_bytes_from_text(variables[index].name), a);
}
