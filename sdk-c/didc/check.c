/* didc check: new <: old.
 *
 * Subtyping asks for a conjunction only (an opt on the right accepts everything), so it is a search
 * over pairs of types in breadth: each pair is looked at once, a pair met again holds by
 * co-induction, the first pair that does not fit refutes all, and its chain of parents is the
 * path. SPEC: Candid, "Subtyping" */
#include "did.h"

#include <stdlib.h>

struct pair {
    struct did_type *sub;
    struct did_type *super;
    size_t parent;
    struct ic_bytes step; /* how this pair was reached: a field, "argument 0", ... */
};

struct checker {
    struct did_pool pool;
    struct pair *pairs;
    size_t count;
    size_t *seen; /* hash table of indexes + 1 */
    size_t seen_capacity;
    const char *reason;
    struct ic_bytes reason_name;
};

static size_t *seen_slot(struct checker *c, const struct did_type *sub, const struct did_type *super)
{
    const uint64_t mixed =
        ((uint64_t)(uintptr_t)sub * 31 + (uint64_t)(uintptr_t)super) * 0x9e3779b97f4a7c15u;
    size_t i = (size_t)(mixed >> 20) & (c->seen_capacity - 1);
    while (c->seen[i] != 0 &&
           (c->pairs[c->seen[i] - 1].sub != sub || c->pairs[c->seen[i] - 1].super != super)) {
        i = (i + 1) & (c->seen_capacity - 1);
    }
    return &c->seen[i];
}

static void grow_seen(struct checker *c)
{
    c->seen_capacity = c->seen_capacity == 0 ? 1024 : 2 * c->seen_capacity;
    c->seen = did_pool_alloc(&c->pool, c->seen_capacity * sizeof *c->seen);
    for (size_t i = 0; i < c->count; i++) {
        *seen_slot(c, c->pairs[i].sub, c->pairs[i].super) = i + 1;
    }
}

static void push(struct checker *c, size_t parent, struct ic_bytes step, struct did_type *sub,
                 struct did_type *super)
{
    sub = did_type_resolve(sub);
    super = did_type_resolve(super);
    if (2 * c->count >= c->seen_capacity) {
        grow_seen(c);
    }
    size_t *slot = seen_slot(c, sub, super);
    if (*slot == 0) {
        struct pair *pair = DID_PUSH(&c->pool, c->pairs, c->count);
        *pair = (struct pair){.sub = sub, .super = super, .parent = parent, .step = step};
        *slot = c->count;
    }
}

static bool accepts_null(struct did_type *type)
{
    const int kind = did_type_resolve(type)->kind;
    return kind == CANDID_KIND_NULL || kind == CANDID_KIND_OPT || kind == CANDID_KIND_RESERVED;
}

static bool refuse(struct checker *c, const char *reason, struct ic_bytes name)
{
    c->reason = reason;
    c->reason_name = name;
    return false;
}

static struct ic_bytes label(struct checker *c, const struct did_field *field)
{
    return field->has_name ? field->name
                           : ic_bytes_from_text(did_pool_printf(&c->pool, "%u", field->id));
}

static bool check_record(struct checker *c, size_t at)
{
    const struct pair pair = c->pairs[at];
    size_t i = 0;
    for (size_t j = 0; j < pair.super->field_count; j++) {
        const struct did_field *wanted = &pair.super->fields[j];
        while (i < pair.sub->field_count && pair.sub->fields[i].id < wanted->id) {
            i++;
        }
        if (i < pair.sub->field_count && pair.sub->fields[i].id == wanted->id) {
            push(c, at, label(c, wanted), pair.sub->fields[i].type, wanted->type);
        } else if (!accepts_null(wanted->type)) {
            return refuse(c, "missing field", label(c, wanted));
        }
    }
    return true;
}

static bool check_variant(struct checker *c, size_t at)
{
    const struct pair pair = c->pairs[at];
    size_t j = 0;
    for (size_t i = 0; i < pair.sub->field_count; i++) {
        const struct did_field *given = &pair.sub->fields[i];
        while (j < pair.super->field_count && pair.super->fields[j].id < given->id) {
            j++;
        }
        if (j == pair.super->field_count || pair.super->fields[j].id != given->id) {
            return refuse(c, "unknown case", label(c, given));
        }
        push(c, at, label(c, given), given->type, pair.super->fields[j].type);
    }
    return true;
}

static bool check_tuple(struct checker *c, size_t at, const char *what, const struct did_field *sub,
                        size_t sub_count, const struct did_field *super, size_t super_count)
{
    for (size_t i = 0; i < super_count; i++) {
        const struct ic_bytes step = ic_bytes_from_text(did_pool_printf(&c->pool, "%s %zu", what, i));
        if (i < sub_count) {
            push(c, at, step, sub[i].type, super[i].type);
        } else if (!accepts_null(super[i].type)) {
            return refuse(c, "missing", step);
        }
    }
    return true;
}

static bool check_func(struct checker *c, size_t at)
{
    const struct pair pair = c->pairs[at];
    if (pair.sub->mode != pair.super->mode) {
        return refuse(c, "different annotations (query, oneway, composite_query)",
                      (struct ic_bytes){0});
    }
    return check_tuple(c, at, "argument", pair.super->fields, pair.super->field_count,
                       pair.sub->fields, pair.sub->field_count) &&
           check_tuple(c, at, "result", pair.sub->results, pair.sub->result_count,
                       pair.super->results, pair.super->result_count);
}

static int compare_names(struct ic_bytes a, struct ic_bytes b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool check_service(struct checker *c, size_t at, bool only_common)
{
    const struct pair pair = c->pairs[at];
    size_t i = 0;
    for (size_t j = 0; j < pair.super->method_count; j++) {
        const struct did_method *wanted = &pair.super->methods[j];
        while (i < pair.sub->method_count &&
               compare_names(pair.sub->methods[i].name, wanted->name) < 0) {
            i++;
        }
        if (i < pair.sub->method_count &&
            ic_bytes_is_equal(pair.sub->methods[i].name, wanted->name)) {
            push(c, at, wanted->name, pair.sub->methods[i].type, wanted->type);
        } else if (!only_common) {
            return refuse(c, "missing method", wanted->name);
        }
    }
    return true;
}

static bool check_pair(struct checker *c, size_t at)
{
    const struct pair pair = c->pairs[at];
    const int sub = pair.sub->kind;
    const int super = pair.super->kind;
    if (super == CANDID_KIND_OPT || super == CANDID_KIND_RESERVED || sub == CANDID_KIND_EMPTY ||
        pair.sub == pair.super) {
        return true;
    }
    if ((sub == CANDID_KIND_NAT && super == CANDID_KIND_INT) ||
        (sub == CANDID_KIND_SERVICE && super == CANDID_KIND_PRINCIPAL)) {
        return true;
    }
    if (sub != super) {
        return refuse(c, "different types", (struct ic_bytes){0});
    }
    switch (sub) {
    case CANDID_KIND_VEC:
        push(c, at, ic_bytes_from_text("element"), pair.sub->inner, pair.super->inner);
        return true;
    case CANDID_KIND_RECORD:
        return check_record(c, at);
    case CANDID_KIND_VARIANT:
        return check_variant(c, at);
    case CANDID_KIND_FUNC:
        return check_func(c, at);
    case CANDID_KIND_SERVICE:
        return check_service(c, at, false);
    default:
        return true;
    }
}

static void describe(struct checker *c, size_t at, struct did_error *error)
{
    size_t depth = 0;
    for (size_t i = at; c->pairs[i].parent != i; i = c->pairs[i].parent) {
        depth++;
    }
    struct ic_bytes *steps = did_pool_alloc(&c->pool, (depth + 1) * sizeof *steps);
    size_t n = depth;
    for (size_t i = at; c->pairs[i].parent != i; i = c->pairs[i].parent) {
        steps[--n] = c->pairs[i].step;
    }
    struct did_text path = {0};
    for (size_t i = 0; i < depth; i++) {
        did_printf(&path, "%s", i == 0 ? "" : ".");
        did_append(&path, steps[i]);
    }
    did_printf(&path, "%s%s", depth == 0 ? "" : ": ", c->reason);
    if (c->reason_name.size != 0) {
        did_printf(&path, " %.*s", (int)c->reason_name.size, (const char *)c->reason_name.at);
    }
    if (c->pairs[at].sub->kind != c->pairs[at].super->kind) {
        did_printf(&path, " (");
        did_print_type(&path, c->pairs[at].sub);
        did_printf(&path, " is no ");
        did_print_type(&path, c->pairs[at].super);
        did_printf(&path, ")");
    }
    const size_t size = path.size < DID_ERROR_MAX - 1 ? path.size : DID_ERROR_MAX - 1;
    memcpy(error->text, path.at, size);
    error->text[size] = 0;
    did_text_free(&path);
}

bool did_check(struct did_program *new_program, struct did_program *old_program,
               bool methods_of_new, struct did_error *error)
{
    struct checker c = {0};
    if (new_program->service == NULL || old_program->service == NULL) {
        memcpy(error->text, "no service", sizeof "no service");
        return false;
    }
    push(&c, 0, (struct ic_bytes){0}, new_program->service, old_program->service);
    bool ok = check_service(&c, 0, methods_of_new);
    size_t at = 0;
    while (ok && at + 1 < c.count) {
        at++;
        ok = check_pair(&c, at);
    }
    if (!ok) {
        describe(&c, at, error);
    }
    did_pool_free(&c.pool);
    return ok;
}
