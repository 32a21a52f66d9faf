/* didc check: new <: old.
 *
 * Subtyping asks for a conjunction only (an opt on the right accepts everything), so it is a search
 * over pairs of types in breadth: each pair is looked at once, a pair met again holds by
 * co-induction, the first pair that does not fit refutes all, and its chain of parents is the
 * path. Arguments turn the question around: there the old type must be a subtype of the new one.
 * SPEC: Candid, "Subtyping" */
#include "parse.h"

#include <stdlib.h>

/* Bytes of the second path in a message; the first has room for itself. */
#define PATH_SHOWN 200
/* Steps at both ends of a long path, bytes of a long name. */
#define STEPS_SHOWN 10u
#define STEP_SHOWN  60u

/* Pairs of types that are compared. Two cycles of types make as many as the product of their
 * lengths; the largest interfaces need a few thousand. */
#define PAIRS_MAX 2000000u

struct pair {
    struct did_type *sub;
    struct did_type *super;
    bool is_turned; /* sub is a type of the old program */
    size_t parent;
    struct ic_bytes step; /* how this pair was reached: a field, "argument 0", ... */
};

struct checker {
    const struct did_program *new_program;
    const struct did_program *old_program;
    struct did_pool pool;
    struct pair *pairs;
    size_t count;
    size_t *seen; /* hash table of indexes + 1 */
    size_t seen_capacity;
    const char *reason;
    struct ic_bytes reason_name;
    struct did_position at_new; /* what offends, in both programs */
    struct did_position at_old;
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

static void push_turned(struct checker *c, size_t parent, struct ic_bytes step,
                        struct did_type *sub, struct did_type *super, bool is_turned)
{
    sub = did_type_resolve(sub);
    super = did_type_resolve(super);
    if (2 * c->count >= c->seen_capacity) {
        grow_seen(c);
    }
    size_t *slot = seen_slot(c, sub, super);
    if (*slot == 0) {
        struct pair *pair = DID_PUSH(&c->pool, c->pairs, c->count);
        *pair = (struct pair){
            .sub = sub, .super = super, .is_turned = is_turned, .parent = parent, .step = step};
        *slot = c->count;
    }
}

static void push(struct checker *c, size_t parent, struct ic_bytes step, struct did_type *sub,
                 struct did_type *super)
{
    push_turned(c, parent, step, sub, super, c->pairs[parent].is_turned);
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

/* An offence that stands at a certain place in one of the programs. */
static bool refuse_at(struct checker *c, bool is_old, struct did_position at, const char *reason,
                      struct ic_bytes name)
{
    *(is_old ? &c->at_old : &c->at_new) = at;
    return refuse(c, reason, name);
}

/* A name as a step of the path. */
static struct ic_bytes quoted(struct checker *c, struct ic_bytes name)
{
    struct did_text text = {0};
    did_print_name(&text, name);
    const struct ic_bytes step = did_pool_copy(
        &c->pool, (struct ic_bytes){.at = (const uint8_t *)text.at, .size = text.size});
    did_text_free(&text);
    return step;
}

static struct ic_bytes label(struct checker *c, const struct did_field *field)
{
    return field->has_name ? quoted(c, field->name)
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
            return refuse_at(c, !pair.is_turned, wanted->at, "missing field", label(c, wanted));
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
            return refuse_at(c, pair.is_turned, given->at, "unknown case", label(c, given));
        }
        push(c, at, label(c, given), given->type, pair.super->fields[j].type);
    }
    return true;
}

struct tuple {
    const struct did_field *fields;
    size_t count;
};

static bool check_tuple(struct checker *c, size_t at, const char *what, struct tuple sub,
                        struct tuple super, bool is_turned)
{
    for (size_t i = 0; i < super.count; i++) {
        const struct ic_bytes step = ic_bytes_from_text(did_pool_printf(&c->pool, "%s %zu", what, i));
        if (i < sub.count) {
            push_turned(c, at, step, sub.fields[i].type, super.fields[i].type, is_turned);
        } else if (!accepts_null(super.fields[i].type)) {
            return refuse_at(c, !is_turned, super.fields[i].at, "missing", step);
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
    const struct did_type *sub = pair.sub;
    const struct did_type *super = pair.super;
    return check_tuple(c, at, "argument", (struct tuple){super->fields, super->field_count},
                       (struct tuple){sub->fields, sub->field_count}, !pair.is_turned) &&
           check_tuple(c, at, "result", (struct tuple){sub->results, sub->result_count},
                       (struct tuple){super->results, super->result_count}, pair.is_turned);
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
            push(c, at, quoted(c, wanted->name), pair.sub->methods[i].type, wanted->type);
        } else if (!only_common) {
            return refuse_at(c, !pair.is_turned, wanted->at, "missing method",
                             quoted(c, wanted->name));
        }
    }
    return true;
}

static bool check_pair(struct checker *c, size_t at)
{
    const struct pair pair = c->pairs[at];
    const int sub = pair.sub->kind;
    const int super = pair.super->kind;
    c->at_new = pair.is_turned ? pair.super->at : pair.sub->at;
    c->at_old = pair.is_turned ? pair.sub->at : pair.super->at;
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

/* The type, as far as it says what differs. */
static const char *kind_word(int kind)
{
    switch (kind) {
    case CANDID_KIND_OPT:
        return "opt";
    case CANDID_KIND_VEC:
        return "vec";
    case CANDID_KIND_RECORD:
        return "record";
    case CANDID_KIND_VARIANT:
        return "variant";
    case CANDID_KIND_FUNC:
        return "func";
    case CANDID_KIND_SERVICE:
        return "service";
    default:
        return did_primitive_name(kind);
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
        if (i == STEPS_SHOWN && depth > 2 * STEPS_SHOWN) {
            did_printf(&path, " ... ");
            i = depth - STEPS_SHOWN;
        }
        did_printf(&path, "%s%.*s",
                   i == 0 || (i + STEPS_SHOWN == depth && depth > 2 * STEPS_SHOWN) ? "" : ".",
                   (int)(steps[i].size < STEP_SHOWN ? steps[i].size : STEP_SHOWN),
                   (const char *)steps[i].at);
    }
    did_printf(&path, "%s%s", depth == 0 ? "" : ": ", c->reason);
    if (c->reason_name.size != 0) {
        did_printf(&path, " %.*s",
                   (int)(c->reason_name.size < STEP_SHOWN ? c->reason_name.size : STEP_SHOWN),
                   (const char *)c->reason_name.at);
    }
    if (c->pairs[at].sub->kind != c->pairs[at].super->kind) {
        did_printf(&path, " (%s is no %s)", kind_word(c->pairs[at].sub->kind),
                   kind_word(c->pairs[at].super->kind));
    }
    const struct did_program *old = c->old_program;
    did_fail(error, c->new_program->sources[c->at_new.source].name, c->at_new,
             "no safe upgrade of %.*s:%u:%u: %.*s", PATH_SHOWN, old->sources[c->at_old.source].name,
             c->at_old.line, c->at_old.column, (int)path.size, path.at);
    did_text_free(&path);
}

static bool find_services(const struct did_program *new_program,
                          const struct did_program *old_program, struct did_error *error)
{
    const struct did_program *const without = new_program->service == NULL   ? new_program
                                              : old_program->service == NULL ? old_program
                                                                             : NULL;
    return without == NULL || did_fail(error, without->sources[0].name,
                                       (struct did_position){.line = 1, .column = 1}, "no service");
}

bool did_check(struct did_program *new_program, struct did_program *old_program,
               bool methods_of_new, struct did_error *error)
{
    struct checker c = {.new_program = new_program, .old_program = old_program};
    if (!find_services(new_program, old_program, error)) {
        return false;
    }
    push_turned(&c, 0, (struct ic_bytes){0}, new_program->service, old_program->service, false);
    c.at_new = c.pairs[0].sub->at;
    c.at_old = c.pairs[0].super->at;
    bool ok = check_service(&c, 0, methods_of_new);
    size_t at = 0;
    while (ok && at + 1 < c.count) {
        at++;
        ok = check_pair(&c, at) && (c.count <= PAIRS_MAX ||
                                    refuse(&c, "too many types to compare", (struct ic_bytes){0}));
    }
    if (!ok) {
        describe(&c, at, error);
    }
    did_pool_free(&c.pool);
    return ok;
}
