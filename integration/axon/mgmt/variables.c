/* Environment variables of a canister. SPEC: ic-system 10.1 */
#include "mgmt/call.h"

static bool is_too_long(struct management_call *call, const char *what, struct ic_bytes text)
{
    if (text.size <= AXON_ENVIRONMENT_BYTES_MAX) {
        return false;
    }
    axon_answer_fail(call->answer, AXON_E_BAD_PAYLOAD,
                     "The %s of an environment variable has %zu bytes, at most %u are allowed", what,
                     text.size, AXON_ENVIRONMENT_BYTES_MAX);
    return true;
}

static struct axon_short_text short_text(struct ic_bytes in)
{
    struct axon_short_text out = {.size = (uint8_t)in.size};
    if (in.size != 0) {
        memcpy(out.at, in.at, in.size);
    }
    return out;
}

/* By bytes, as a map of the reference implementation orders its keys. */
static int compare(struct ic_bytes a, struct ic_bytes b)
{
    size_t shared = a.size < b.size ? a.size : b.size;
    int order = shared == 0 ? 0 : memcmp(a.at, b.at, shared);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* Puts a variable at its place among those before it. */
static bool insert(struct management_call *call, struct axon_settings *s,
                   const struct management_environment_variable *v)
{
    size_t at = s->variable_count;
    while (at > 0) {
        int order = compare(v->name, axon_short_text_bytes(&s->variables[at - 1].name));
        if (order == 0) {
            axon_answer_fail(call->answer, AXON_E_BAD_PAYLOAD,
                             "Two environment variables have the same name");
            return false;
        }
        if (order > 0) {
            break;
        }
        s->variables[at] = s->variables[at - 1];
        at--;
    }
    s->variables[at] =
        (struct axon_variable){.name = short_text(v->name), .value = short_text(v->value)};
    s->variable_count++;
    return true;
}

bool management_variables_apply(struct management_call *call, struct axon_settings *settings,
                                const struct management_vec_environment_variable *changes)
{
    if (changes->count > AXON_ENVIRONMENT_COUNT_MAX) {
        axon_answer_fail(call->answer, AXON_E_BAD_PAYLOAD,
                         "The number of environment variables is %zu, at most %u are allowed",
                         changes->count, AXON_ENVIRONMENT_COUNT_MAX);
        return false;
    }
    settings->variable_count = 0;
    for (size_t i = 0; i < changes->count; i++) {
        const struct management_environment_variable *v = &changes->at[i];
        if (is_too_long(call, "name", v->name) || is_too_long(call, "value", v->value) ||
            !insert(call, settings, v)) {
            return false;
        }
    }
    return true;
}

bool management_variables_describe(struct management_vec_environment_variable *out,
                                   const struct axon_settings *settings, struct ic_arena *arena)
{
    size_t count = settings->variable_count;
    struct management_environment_variable *list =
        ic_arena_alloc_array(arena, count, sizeof *list);
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        list[i].name = axon_short_text_bytes(&settings->variables[i].name);
        list[i].value = axon_short_text_bytes(&settings->variables[i].value);
    }
    *out = (struct management_vec_environment_variable){.at = list, .count = count};
    return true;
}
