/* Plans: how to read a vec, a record or a variant of the wire at an expected one. They come in numbers, so
 * this is found out once, for the fields of a record once more in detail when it comes again, and for
 * a case when it comes. */
#include "decoder.h"

/* The kinds on the wire whose values may fit an expected kind, a bit for each. */
#define BIT(kind) (1u << CANDID_KIND_##kind)
const uint32_t candid_fits[CANDID_KIND_BOX + 1] = {
    [CANDID_KIND_NULL] = BIT(NULL),
    [CANDID_KIND_BOOL] = BIT(BOOL),
    [CANDID_KIND_NAT] = BIT(NAT),
    [CANDID_KIND_INT] = BIT(INT) | BIT(NAT),
    [CANDID_KIND_NAT8] = BIT(NAT8),
    [CANDID_KIND_NAT16] = BIT(NAT16),
    [CANDID_KIND_NAT32] = BIT(NAT32),
    [CANDID_KIND_NAT64] = BIT(NAT64),
    [CANDID_KIND_INT8] = BIT(INT8),
    [CANDID_KIND_INT16] = BIT(INT16),
    [CANDID_KIND_INT32] = BIT(INT32),
    [CANDID_KIND_INT64] = BIT(INT64),
    [CANDID_KIND_FLOAT32] = BIT(FLOAT32),
    [CANDID_KIND_FLOAT64] = BIT(FLOAT64),
    [CANDID_KIND_TEXT] = BIT(TEXT),
    [CANDID_KIND_RESERVED] = UINT32_MAX,
    [CANDID_KIND_EMPTY] = BIT(EMPTY),
    [CANDID_KIND_OPT] = UINT32_MAX,
    [CANDID_KIND_VEC] = BIT(VEC),
    [CANDID_KIND_RECORD] = BIT(RECORD),
    [CANDID_KIND_VARIANT] = BIT(VARIANT),
    [CANDID_KIND_FUNC] = BIT(FUNC),
    [CANDID_KIND_SERVICE] = BIT(SERVICE),
    [CANDID_KIND_PRINCIPAL] = BIT(PRINCIPAL) | BIT(SERVICE),
    [CANDID_KIND_BLOB] = BIT(VEC),
    [CANDID_KIND_BOX] = UINT32_MAX,
};
#undef BIT

struct candid_plan candid_no_plan = {.then = &candid_no_plan};

/* A field that is expected, cannot be null, and is not on the wire. */
static const struct candid_type missing = {.kind = CANDID_KIND_FUTURE};

static struct candid_step absent_step(const struct candid_field *field)
{
    const struct candid_type *const type = field->type;
    const bool is_box = type->kind == CANDID_KIND_BOX;
    const uint32_t kind = is_box ? type->of.inner->kind : type->kind;
    const bool may_be_null =
        kind == CANDID_KIND_OPT ||
        (!is_box && (kind == CANDID_KIND_NULL || kind == CANDID_KIND_RESERVED));
    return (struct candid_step){
        .ref = -CANDID_KIND_NULL, .type = may_be_null ? type : &missing, .offset = field->offset};
}

/* A value at an opt that the message does not have. */
static enum candid_way way_of_bare(uint32_t wire, const struct candid_type *inner)
{
    const bool is_box = inner->kind == CANDID_KIND_BOX;
    inner = is_box ? inner->of.inner : inner;
    if (wire == CANDID_KIND_NULL || wire == CANDID_KIND_RESERVED) {
        return CANDID_WAY_BARE_NOTHING;
    }
    if (candid_is_misfit(wire, inner->kind)) {
        return CANDID_WAY_BARE_MISFIT;
    }
    return is_box                                          ? CANDID_WAY_VALUE
           : wire == inner->kind && candid_is_scalar(wire) ? CANDID_WAY_BARE_SCALAR
                                                           : CANDID_WAY_BARE;
}

/* An opt on both sides. */
static enum candid_way way_of_opt(uint32_t wire, const struct candid_type *inner)
{
    const bool is_box = inner->kind == CANDID_KIND_BOX;
    return candid_is_misfit(wire, is_box ? inner->of.inner->kind : inner->kind)
               ? CANDID_WAY_OPT_MISFIT
           : wire == inner->kind && candid_is_scalar(wire) ? CANDID_WAY_OPT_SCALAR
                                                           : CANDID_WAY_OPT;
}

static enum candid_way way_of(const struct candid_decoder *d, candid_ref ref,
                              const struct candid_type *type)
{
    const uint32_t wire = candid_wire_kind(d, ref);
    if (type->kind == CANDID_KIND_OPT) {
        return wire == CANDID_KIND_OPT
                   ? way_of_opt(candid_wire_kind(d, (candid_ref)d->entries[ref].first),
                                type->of.inner)
                   : way_of_bare(wire, type->of.inner);
    }
    if (type->kind == CANDID_KIND_RESERVED) {
        const bool is_nothing = wire == CANDID_KIND_NULL || wire == CANDID_KIND_RESERVED;
        return is_nothing ? CANDID_WAY_NOTHING : CANDID_WAY_SKIP;
    }
    if (candid_is_misfit(wire, type->kind)) {
        return type == &missing ? CANDID_WAY_VALUE : CANDID_WAY_MISFIT;
    }
    if (wire != type->kind) {
        return CANDID_WAY_VALUE;
    }
    if (wire == CANDID_KIND_NULL || (wire == CANDID_KIND_RECORD && type->count == 0 &&
                                     d->entries[ref].count == 0)) {
        return CANDID_WAY_NOTHING;
    }
    return candid_is_scalar(wire) ? CANDID_WAY_SCALAR : CANDID_WAY_VALUE;
}

/* Both sides ascend by id. */
static void plan_steps(struct candid_plan *plan,
                       const struct candid_wire_field *wire,
                       const struct candid_wire_field *wire_end)
{
    const struct candid_field *field = plan->type->of.fields;
    const struct candid_field *const field_end = candid_fields_end(plan->type);
    struct candid_step *step = plan->steps;
    for (; wire != wire_end || field != field_end; step++) {
        CANDID_STEP();
        if (wire == wire_end || (field != field_end && field->id < wire->id)) {
            *step = absent_step(field++);
        } else if (field == field_end || wire->id < field->id) {
            /* Not expected, so skipped. */
            *step = (struct candid_step){.ref = (wire++)->ref, .type = &candid_type_reserved};
        } else {
            *step = (struct candid_step){
                .ref = wire->ref, .offset = field->offset, .type = field->type};
            wire++;
            field++;
        }
        step->way = CANDID_WAY_VALUE;
    }
    plan->end = step;
}

void candid_plan_use(const struct candid_decoder *d, struct candid_plan *plan)
{
    if (plan->state != CANDID_PLAN_USED) {
        plan->state = CANDID_PLAN_USED;
        return;
    }
    plan->state = CANDID_PLAN_DECIDED;
    for (struct candid_step *step = plan->steps; step != plan->end; step++) {
        CANDID_STEP();
        step->way = way_of(d, step->ref, step->type);
        if (step->way == CANDID_WAY_MISFIT || step->type == &missing) {
            plan->state = CANDID_PLAN_NEVER_FITS;
        }
    }
}

/* ---- cases --------------------------------------------------------------------------------------- */

static void plan_cases(struct candid_plan *plan, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        CANDID_STEP();
        plan->steps[i].way = CANDID_WAY_UNKNOWN;
    }
}

void candid_plan_case(const struct candid_decoder *d, const struct candid_entry *variant,
                      struct candid_plan *plan, uint32_t index)
{
    const struct candid_wire_field *const wire = &d->fields[variant->first + index];
    const struct candid_field *const fields = plan->type->of.fields;
    struct candid_step *const step = &plan->steps[index];
    uint32_t at = 0;
    for (uint32_t left = plan->type->count; left > 1;) {
        const uint32_t half = left / 2;
        CANDID_STEP();
        at += fields[at + half].id <= wire->id ? half : 0;
        left -= half;
    }
    if (plan->type->count == 0 || fields[at].id != wire->id) {
        *step = (struct candid_step){.ref = wire->ref, .way = CANDID_WAY_MISFIT};
        return;
    }
    *step = (struct candid_step){.ref = wire->ref, .offset = at, .type = fields[at].type};
    step->way = way_of(d, step->ref, step->type);
}

/* ---- all plans of an entry ----------------------------------------------------------------------- */

/* Types are far fewer than a message has records, but a record may come at one after the other. */
#define BUCKETS_BITS 5

struct candid_plans {
    struct candid_plan *buckets[1 << BUCKETS_BITS];
};

static struct candid_plan **bucket_of(struct candid_plans *plans, const struct candid_type *type)
{
    const uint32_t address = (uint32_t)(uintptr_t)type / _Alignof(struct candid_type);
    return &plans->buckets[address * 0x9e3779b1u >> (32 - BUCKETS_BITS)];
}

static void add(struct candid_plans *plans, struct candid_plan *plan)
{
    struct candid_plan **const bucket = bucket_of(plans, plan->type);
    plan->plans = plans;
    plan->next = *bucket;
    *bucket = plan;
}

/* The other plans of an entry that has one, and that one.
 *   returns   NULL when there is no room */
static struct candid_plans *plans_of(struct candid_decoder *d, struct candid_plan *plan)
{
    if (plan->plans == NULL) {
        struct candid_plans *const plans =
            (struct candid_plans *)(void *)candid_take(d, sizeof *plans);
        if (plans == NULL) {
            return NULL;
        }
        *plans = (struct candid_plans){0};
        add(plans, plan);
    }
    return plan->plans;
}

static struct candid_plan *make(struct candid_decoder *d, const struct candid_entry *entry,
                                const struct candid_type *type)
{
    const uint64_t steps = entry->kind == CANDID_KIND_VEC      ? 0
                           : entry->kind == CANDID_KIND_RECORD ? (uint64_t)entry->count + type->count
                                                               : entry->count;
    struct candid_plan *const plan = (struct candid_plan *)(void *)candid_take(
        d, sizeof(struct candid_plan) + steps * sizeof(struct candid_step));
    if (plan == NULL) {
        return NULL;
    }
    plan->type = type;
    plan->plans = NULL;
    plan->then = plan;
    if (entry->kind == CANDID_KIND_VEC) {
        plan->way = way_of(d, (candid_ref)entry->first, type->of.inner);
    } else if (entry->kind == CANDID_KIND_RECORD) {
        const struct candid_wire_field *const wire = d->fields + entry->first;
        plan_steps(plan, wire, wire + entry->count);
        plan->state = plan->end == plan->steps ? CANDID_PLAN_NOTHING : CANDID_PLAN_NEW;
    } else {
        plan_cases(plan, entry->count);
    }
    return plan;
}

/* One more plan of an entry that has some. */
static struct candid_plan *find_another(struct candid_decoder *d, const struct candid_entry *entry,
                                        const struct candid_type *type)
{
    struct candid_plans *const plans = plans_of(d, entry->plan);
    if (plans == NULL) {
        return NULL;
    }
    struct candid_plan *plan = *bucket_of(plans, type);
    while (plan != NULL && plan->type != type) {
        CANDID_STEP();
        plan = plan->next;
    }
    if (plan == NULL) {
        plan = make(d, entry, type);
        if (plan != NULL) {
            add(plans, plan);
        }
    }
    return plan;
}

struct candid_plan *candid_plan_find(struct candid_decoder *d, struct candid_entry *entry,
                                     const struct candid_type *type)
{
    struct candid_plan *const last = entry->plan;
    const bool is_first = last == &candid_no_plan;
    struct candid_plan *const plan = is_first ? make(d, entry, type) : find_another(d, entry, type);
    if (plan == NULL) {
        return NULL;
    }
    if (!is_first) {
        last->then = plan;
    }
    entry->plan = plan;
    return plan;
}
