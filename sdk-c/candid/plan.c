/* Plans: how to read a record of the wire at an expected one, field by field. Records come in numbers, so
 * this is found out once, and once more in detail for those that come again. */
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

struct candid_plan candid_no_plan;

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

/* What kind of step a value of a wire kind takes at an opt that the message does not have. */
static enum candid_step_kind bare_opt_step(uint32_t wire, const struct candid_type *inner)
{
    inner = inner->kind == CANDID_KIND_BOX ? inner->of.inner : inner;
    if (wire == CANDID_KIND_NULL || wire == CANDID_KIND_RESERVED) {
        return CANDID_STEP_ABSENT_OPT;
    }
    return candid_is_misfit(wire, inner->kind) ? CANDID_STEP_MISFIT_OPT : CANDID_STEP_VALUE;
}

static enum candid_step_kind step_kind(uint32_t wire, const struct candid_type *type)
{
    if (type->kind == CANDID_KIND_OPT && wire != CANDID_KIND_OPT) {
        return bare_opt_step(wire, type->of.inner);
    }
    if (type->kind == CANDID_KIND_RESERVED) {
        return CANDID_STEP_SKIP;
    }
    if (candid_is_misfit(wire, type->kind)) {
        return type == &missing ? CANDID_STEP_VALUE : CANDID_STEP_MISFIT;
    }
    if (wire == CANDID_KIND_NULL && type->kind == CANDID_KIND_NULL) {
        return CANDID_STEP_NULL;
    }
    return wire == type->kind && candid_is_scalar(wire) ? CANDID_STEP_SCALAR : CANDID_STEP_VALUE;
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
        step->kind = CANDID_STEP_VALUE;
    }
    plan->end = step;
}

/* What can be decided is, once a record comes a second time. */
void candid_plan_decide(const struct candid_decoder *d, struct candid_plan *plan)
{
    plan->is_decided = true;
    for (struct candid_step *step = plan->steps; step != plan->end; step++) {
        CANDID_STEP();
        step->kind = step_kind(candid_wire_kind(d, step->ref), step->type);
        plan->never_fits = plan->never_fits || step->kind == CANDID_STEP_MISFIT;
    }
}

/* Records come in numbers, so what to do with their fields is found out once. */
enum candid_result candid_plan_make(struct candid_decoder *d, struct candid_entry *entry,
                                    const struct candid_type *type, const struct candid_plan **out)
{
    uint8_t *at = NULL;
    for (struct candid_plan *plan = entry->plan; plan != &candid_no_plan; plan = plan->next) {
        CANDID_STEP();
        if (plan->type == type) {
            if (!plan->is_decided) {
                candid_plan_decide(d, plan);
            }
            *out = plan;
            return CANDID_OK;
        }
    }
    const enum candid_result result =
        candid_alloc(d, &at,
                     sizeof(struct candid_plan) +
                         ((uint64_t)entry->count + type->count) * sizeof(struct candid_step));
    if (result != CANDID_OK) {
        return result;
    }
    struct candid_plan *const plan = (struct candid_plan *)(void *)at;
    plan->type = type;
    plan->next = entry->plan;
    plan->is_decided = false;
    plan->never_fits = false;
    const struct candid_wire_field *const wire = d->fields + entry->first;
    plan_steps(plan, wire, wire + entry->count);
    entry->plan = plan;
    *out = plan;
    return CANDID_OK;
}
