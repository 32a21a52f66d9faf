/* The decoder proper: a wire type, an expected type, and the rules that lead from one to the other.
 * SPEC: Candid, "Decoding"; the outcomes are those of its coercion relation:
 *   a value; MISMATCH, which the innermost enclosing expected opt turns into null; anything else
 *   rejects the message, below opt and in skipped data too.
 *
 * coerce reads one value, in a loop: opts, cases, boxes, the last field of a record and the last
 * element of a vec are gone on with. It calls itself for a part with others behind it. Such calls nest
 * no deeper than CANDID_DEPTH_MAX.
 *
 * Each byte is read once: where a value does not fit, what is left of it, and of everything up to the
 * opt that becomes null, is skipped from there (skip.c). */
#include "decoder.h"

/* The value at hand. What reads it returns true when a part of it is at hand then, or false: it has
 * ended with the result. */
struct value {
    candid_ref ref;
    const struct candid_type *type;
    uint8_t *out;
    uint8_t *opt;    /* becomes null if this does not fit; NULL: what is around decides */
    uint32_t levels; /* that may still be entered */
    enum candid_result result;
};

CANDID_HOT bool ends(struct value *v, enum candid_result result)
{
    v->result = result;
    return false;
}

/* What may be copied for a unit. */
#define REPEATED_BYTES_PER_UNIT 16u

static enum candid_result coerce(struct candid_decoder *d, candid_ref ref,
                                 const struct candid_type *type, uint8_t *out, uint32_t levels);

/* ---- what does not fit --------------------------------------------------------------------------- */

CANDID_HOT enum candid_result misfit(struct candid_decoder *d, candid_ref ref)
{
    const enum candid_result result =
        ref < 0 ? candid_skip_scalar(d, (uint32_t)-ref) : candid_skip_one(d, ref);
    return result == CANDID_OK ? CANDID_MISMATCH : result;
}

/* A record that cannot fit. */
CANDID_HOT enum candid_result misfit_fields(struct candid_decoder *d,
                                            const struct candid_entry *record)
{
    const enum candid_result result = candid_skip_fields(d, record);
    return result == CANDID_OK ? CANDID_MISMATCH : result;
}

/* A part did not fit and is skipped, or there was none. */
CANDID_HOT bool is_misfit(enum candid_result result)
{
    return result == CANDID_MISMATCH || result == CANDID_MISSING;
}

/* So is what is left of the record. */
CANDID_COLD enum candid_result skip_record(struct candid_decoder *d,
                                           const struct candid_step *step,
                                           const struct candid_step *end,
                                           enum candid_result reason)
{
    enum candid_result result = CANDID_OK;
    for (; result == CANDID_OK && step != end; step++) {
        CANDID_STEP();
        result = candid_skip_one(d, step->ref);
    }
    return result == CANDID_OK ? reason : result;
}

/* And what is left of the vec. */
CANDID_COLD enum candid_result skip_vec(struct candid_decoder *d, candid_ref element, uint32_t left,
                                        enum candid_result reason)
{
    const enum candid_result result = left == 0 ? CANDID_OK : candid_skip(d, element, left);
    return result == CANDID_OK ? reason : result;
}

CANDID_HOT enum candid_result give_up_record(struct candid_decoder *d,
                                             const struct candid_step *step,
                                             const struct candid_step *end,
                                             enum candid_result reason)
{
    return is_misfit(reason) ? skip_record(d, step, end, reason) : reason;
}

CANDID_HOT enum candid_result give_up_vec(struct candid_decoder *d, candid_ref element,
                                          uint32_t left, enum candid_result reason)
{
    return is_misfit(reason) ? skip_vec(d, element, left, reason) : reason;
}

/* ---- values -------------------------------------------------------------------------------------- */

/* The entry of a wire type if it is of this kind. */
CANDID_HOT struct candid_entry *entry_of(const struct candid_decoder *d, candid_ref ref,
                                         uint32_t kind)
{
    return ref >= 0 && d->entries[ref].kind == kind ? &d->entries[ref] : NULL;
}

/* Takes memory for what is in a box, whose kinds fit, and goes into it. What has no end, as an opt of
 * nothing but itself at what is no opt, is too deep. */
CANDID_HOT bool enter_box(struct candid_decoder *d, struct value *v)
{
    const struct candid_type *const inner = v->type->of.inner;
    uint8_t *box = NULL;
    const enum candid_result result = candid_box(d, &box, inner->size, v->levels);
    if (result != CANDID_OK) {
        return ends(v, result);
    }
    *(uint8_t **)(void *)v->out = box;
    v->levels--;
    v->type = inner;
    v->out = box;
    return true;
}

/* A box that is in no opt. */
CANDID_HOT bool read_box(struct candid_decoder *d, struct value *v)
{
    if (candid_is_misfit(candid_wire_kind(d, v->ref), v->type->of.inner->kind)) {
        return ends(v, misfit(d, v->ref));
    }
    return enter_box(d, v);
}

/* An opt is expected, and there is something in it. */
CANDID_HOT bool enter_opt(struct candid_decoder *d, struct value *v)
{
    const struct candid_type *const inner = v->type->of.inner;
    if (inner->kind != CANDID_KIND_BOX) {
        v->opt = v->out;
        v->out += v->type->offset;
        v->type = inner;
        return true;
    }
    if (candid_is_misfit(candid_wire_kind(d, v->ref), inner->of.inner->kind)) {
        *(bool *)v->out = false;
        return ends(v, candid_skip_one(d, v->ref));
    }
    v->opt = v->out;
    v->out += v->type->offset;
    v->type = inner;
    return enter_box(d, v);
}

CANDID_HOT bool read_opt(struct candid_decoder *d, struct value *v)
{
    const struct candid_entry *const entry = entry_of(d, v->ref, CANDID_KIND_OPT);
    if (entry != NULL) {
        if (d->at == d->end) {
            return ends(v, CANDID_TRUNCATED);
        }
        const uint8_t tag = *d->at++;
        *(bool *)v->out = tag == 1;
        if (tag != 1) {
            return ends(v, tag == 0 ? CANDID_OK : CANDID_BAD_BOOL);
        }
        v->ref = (candid_ref)entry->first;
    } else {
        if (!candid_charge(d, 1)) {
            return ends(v, CANDID_TOO_LARGE);
        }
        if (v->ref == -CANDID_KIND_NULL || v->ref == -CANDID_KIND_RESERVED) {
            *(bool *)v->out = false;
            return ends(v, CANDID_OK);
        }
        *(bool *)v->out = true;
    }
    return enter_opt(d, v);
}

/* Opts on both sides: of the same kind without parts, or of what cannot fit, then they are null.
 *   ref   of the opts */
CANDID_COLD enum candid_result read_opts(struct candid_decoder *d, candid_ref ref,
                                         const struct candid_type *opt, uint8_t *at,
                                         uint32_t count, bool fit)
{
    const candid_ref content = (candid_ref)d->entries[ref].first;
    enum candid_result result = CANDID_OK;
    for (uint32_t i = 0; i < count && result == CANDID_OK; i++) {
        CANDID_STEP();
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        const uint8_t tag = *d->at++;
        *(bool *)at = fit && tag == 1;
        result = tag == 0   ? CANDID_OK
                 : tag != 1 ? CANDID_BAD_BOOL
                 : fit      ? candid_scalar(d, (uint32_t)-content, at + opt->offset)
                            : candid_skip_one(d, content);
        at += opt->size;
    }
    return result;
}

/* Values at opts that the message does not have, of the same kind without parts. */
CANDID_COLD enum candid_result read_bare_opts(struct candid_decoder *d,
                                              const struct candid_type *opt, uint8_t *at,
                                              uint32_t count)
{
    const uint32_t kind = opt->of.inner->kind;
    enum candid_result result = candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    for (uint32_t i = 0; i < count && result == CANDID_OK; i++) {
        CANDID_STEP();
        *(bool *)at = true;
        result = candid_scalar(d, kind, at + opt->offset);
        at += opt->size;
    }
    return result;
}

/* The same where all are null. */
CANDID_HOT enum candid_result null_bare_opts(struct candid_decoder *d,
                                             const struct candid_type *opt, uint8_t *at,
                                             uint32_t count)
{
    if (!candid_charge(d, count)) {
        return CANDID_TOO_LARGE;
    }
    for (; count != 0; count--) {
        CANDID_STEP();
        *(bool *)at = false;
        at += opt->size;
    }
    return CANDID_OK;
}

/* A part with others behind it. */
CANDID_HOT enum candid_result read_part(struct candid_decoder *d, candid_ref ref,
                                        const struct candid_type *type, uint8_t *out,
                                        uint32_t levels)
{
    return levels == 0 ? CANDID_TOO_DEEP : coerce(d, ref, type, out, levels - 1);
}

/* The same at an opt that the message does not have, with no box in it. */
CANDID_HOT enum candid_result read_bare(struct candid_decoder *d, candid_ref ref,
                                        const struct candid_type *opt, uint8_t *out,
                                        uint32_t levels)
{
    if (!candid_charge(d, 1)) {
        return CANDID_TOO_LARGE;
    }
    *(bool *)out = true;
    const enum candid_result result = read_part(d, ref, opt->of.inner, out + opt->offset, levels);
    if (!is_misfit(result)) {
        return result;
    }
    *(bool *)out = false;
    return CANDID_OK;
}

/* An opt on both sides that is null.
 *   returns   false: it is not, and nothing is read */
CANDID_HOT bool read_none(struct candid_decoder *d, uint8_t *out)
{
    if (d->at == d->end || *d->at != 0) {
        return false;
    }
    d->at++;
    *(bool *)out = false;
    return true;
}

/* A part that is not decided. */
CANDID_HOT enum candid_result read_look(struct candid_decoder *d, candid_ref ref,
                                        const struct candid_type *type, uint8_t *out,
                                        enum candid_way way, uint32_t levels)
{
    if (way == CANDID_WAY_VALUE) {
        return read_part(d, ref, type, out, levels);
    }
    if (way == CANDID_WAY_BARE) {
        return read_bare(d, ref, type, out, levels);
    }
    return read_none(d, out) ? CANDID_OK : read_part(d, ref, type, out, levels);
}

/* A field that is decided by its step. */
CANDID_HOT enum candid_result read_decided(struct candid_decoder *d,
                                           const struct candid_step *step, uint8_t *out)
{
    switch (step->way) {
    case CANDID_WAY_SCALAR:
        return candid_scalar(d, (uint32_t)-step->ref, out);
    case CANDID_WAY_OPT_SCALAR:
    case CANDID_WAY_OPT_MISFIT:
        return read_none(d, out) ? CANDID_OK
                                 : read_opts(d, step->ref, step->type, out, 1,
                                             step->way == CANDID_WAY_OPT_SCALAR);
    case CANDID_WAY_BARE_SCALAR:
        return read_bare_opts(d, step->type, out, 1);
    case CANDID_WAY_SKIP:
        return candid_skip_one(d, step->ref);
    case CANDID_WAY_BARE_NOTHING:
        *(bool *)out = false;
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_WAY_BARE_MISFIT:
        *(bool *)out = false;
        return candid_charge(d, 1) ? candid_skip_one(d, step->ref) : CANDID_TOO_LARGE;
    case CANDID_WAY_MISFIT:
        return misfit(d, step->ref);
    case CANDID_WAY_NOTHING:
    case CANDID_WAY_VALUE:
    case CANDID_WAY_OPT:
    case CANDID_WAY_BARE:
    case CANDID_WAY_UNKNOWN:
        break;
    }
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

/* All fields but the last, which is at hand then. */
CANDID_HOT bool read_fields(struct candid_decoder *d, struct value *v,
                            const struct candid_step *step, const struct candid_step *end)
{
    uint8_t *const record = v->out;
    const struct candid_step *const last = end - 1;
    for (;; step++) {
        CANDID_STEP();
        v->out = record + step->offset;
        enum candid_result result = CANDID_OK;
        if (step->way > CANDID_WAY_BARE) {
            result = read_decided(d, step, v->out);
        } else if (step != last) {
            result = read_look(d, step->ref, step->type, v->out, step->way, v->levels);
        } else {
            v->ref = step->ref;
            v->type = step->type;
            return true;
        }
        if (step == last) {
            return ends(v, result);
        }
        if (result != CANDID_OK) {
            return ends(v, give_up_record(d, step + 1, end, result));
        }
    }
}

/* The plan of a vec, a record or a variant: most likely that of last time, or the one that followed it.
 *   returns   NULL when there is no room for one */
CANDID_HOT struct candid_plan *plan_of(struct candid_decoder *d, struct candid_entry *entry,
                                       const struct candid_type *type)
{
    struct candid_plan *plan = entry->plan;
    if (plan->type == type) {
        return plan;
    }
    plan = plan->then;
    if (plan->type == type) {
        entry->plan = plan;
        return plan;
    }
    return candid_plan_find(d, entry, type);
}

CANDID_HOT bool read_record(struct candid_decoder *d, struct value *v)
{
    struct candid_entry *const entry = entry_of(d, v->ref, CANDID_KIND_RECORD);
    if (entry == NULL) {
        return ends(v, misfit(d, v->ref));
    }
    if (!candid_charge(d, 1)) {
        return ends(v, CANDID_TOO_LARGE);
    }
    struct candid_plan *const plan = plan_of(d, entry, v->type);
    if (plan == NULL) {
        return ends(v, candid_no_room(d));
    }
    if (plan->state != CANDID_PLAN_DECIDED) {
        if (plan->state == CANDID_PLAN_NEW || plan->state == CANDID_PLAN_USED) {
            candid_plan_use(d, plan);
        }
        if (plan->state == CANDID_PLAN_NOTHING) {
            return ends(v, CANDID_OK);
        }
        if (plan->state == CANDID_PLAN_NEVER_FITS) {
            return ends(v, misfit_fields(d, entry));
        }
    }
    return read_fields(d, v, plan->steps, plan->end);
}

CANDID_COLD enum candid_result read_decided_case(struct candid_decoder *d,
                                                 const struct candid_step *step, uint8_t *out)
{
    return read_decided(d, step, out);
}

CANDID_HOT bool read_variant(struct candid_decoder *d, struct value *v)
{
    struct candid_entry *const entry = entry_of(d, v->ref, CANDID_KIND_VARIANT);
    if (entry == NULL) {
        return ends(v, misfit(d, v->ref));
    }
    const int32_t index = candid_number(d, CANDID_LEB_BYTES_MAX);
    if (index < 0) {
        return ends(v, (enum candid_result)-index);
    }
    if ((uint32_t)index >= entry->count) {
        return ends(v, CANDID_BAD_CASE);
    }
    struct candid_plan *const plan = plan_of(d, entry, v->type);
    if (plan == NULL) {
        return ends(v, candid_no_room(d));
    }
    const struct candid_step *const step = &plan->steps[index];
    if (step->way > CANDID_WAY_BARE) {
        if (step->way == CANDID_WAY_UNKNOWN) {
            candid_plan_case(d, entry, plan, (uint32_t)index);
        }
        if (step->way == CANDID_WAY_MISFIT) {
            return ends(v, misfit(d, step->ref));
        }
    }
    const uint32_t tag = step->offset;
    *(uint32_t *)(void *)v->out = tag;
    if (step->way == CANDID_WAY_NOTHING) {
        return ends(v, candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE);
    }
    v->out += v->type->of.fields[tag].offset;
    if (step->way > CANDID_WAY_BARE) {
        return ends(v, read_decided_case(d, step, v->out));
    }
    v->ref = step->ref;
    v->type = step->type;
    return true;
}

/* ---- vecs ---------------------------------------------------------------------------------------- */

/* A blob takes a vec nat8 as it lies there; an empty vec of anything is an empty blob. */
CANDID_COLD enum candid_result read_blob(struct candid_decoder *d, candid_ref ref,
                                         struct ic_bytes *out)
{
    const struct candid_entry *const entry = entry_of(d, ref, CANDID_KIND_VEC);
    if (entry == NULL) {
        return misfit(d, ref);
    }
    const int32_t count = candid_number(d, CANDID_LENGTH_BYTES_MAX);
    if (count < 0) {
        return (enum candid_result)-count;
    }
    const size_t size = (uint32_t)count;
    const candid_ref element = (candid_ref)entry->first;
    if (size == 0 || element == -CANDID_KIND_NAT8) {
        if (size > candid_left(d)) {
            return CANDID_TRUNCATED;
        }
        *out = (struct ic_bytes){.at = d->at, .size = size};
        d->at += size;
        return CANDID_OK;
    }
    const enum candid_result result = candid_skip(d, element, (uint32_t)count);
    return result == CANDID_OK ? CANDID_MISMATCH : result;
}

/* Why there was no memory for so many. Whether they are there is otherwise seen when they are read:
 * each has a byte or costs a unit. */
CANDID_COLD enum candid_result no_elements(const struct candid_decoder *d,
                                           const struct candid_entry *vec, uint32_t count)
{
    const uint32_t kind = candid_wire_kind(d, (candid_ref)vec->first);
    const enum candid_result result = candid_check_count(d, count, kind);
    return result == CANDID_OK ? candid_no_room(d) : result;
}

/* Elements that are all decided by the two types. */
CANDID_COLD enum candid_result read_decided_elements(struct candid_decoder *d,
                                                     const struct candid_entry *vec,
                                                     const struct candid_plan *plan,
                                                     uint8_t *out, uint32_t count)
{
    const candid_ref ref = (candid_ref)vec->first;
    const struct candid_type *const element = plan->type->of.inner;
    if (plan->way == CANDID_WAY_MISFIT) {
        const enum candid_result result = candid_skip(d, ref, count);
        return result == CANDID_OK ? CANDID_MISMATCH : result;
    }
    uint8_t *const at = candid_take(d, (uint64_t)count * element->size);
    if (at == NULL) {
        return no_elements(d, vec, count);
    }
    candid_vec_store(out, at, count);
    switch (plan->way) {
    case CANDID_WAY_SCALAR:
        return count == 1 ? candid_scalar(d, element->kind, at)
                          : candid_scalars(d, element->kind, at, count, element->size);
    case CANDID_WAY_OPT_SCALAR:
        return read_opts(d, ref, element, at, count, true);
    case CANDID_WAY_OPT_MISFIT:
        return read_opts(d, ref, element, at, count, false);
    case CANDID_WAY_BARE_SCALAR:
        return read_bare_opts(d, element, at, count);
    case CANDID_WAY_BARE_NOTHING:
        return null_bare_opts(d, element, at, count);
    case CANDID_WAY_BARE_MISFIT: {
        const enum candid_result result = null_bare_opts(d, element, at, count);
        return result == CANDID_OK ? candid_skip(d, ref, count) : result;
    }
    case CANDID_WAY_SKIP:
        return candid_skip(d, ref, count);
    case CANDID_WAY_NOTHING:
    case CANDID_WAY_VALUE:
    case CANDID_WAY_OPT:
    case CANDID_WAY_BARE:
    case CANDID_WAY_MISFIT:
    case CANDID_WAY_UNKNOWN:
        break;
    }
    return candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
}

/* Fills bytes at `at` with what lies in the `period` bytes before it, over and over. */
static void copy_before(uint8_t *at, size_t period, size_t bytes)
{
    const uint8_t *const from = at - period;
    size_t i = 0;
    for (; period >= 8 && i + 8 <= bytes; i += 8) {
        uint64_t word = 0;
        CANDID_STEP();
        __builtin_memcpy(&word, from + i, 8);
        __builtin_memcpy(at + i, &word, 8);
    }
    for (; i < bytes; i++) {
        CANDID_STEP();
        at[i] = from[i];
    }
}

/* Elements without a byte are all like the one before, which is copied where that pays, and unless it
 * took memory for a box, which each needs for itself. The first may have taken some for plans, so the
 * second is read too.
 *   at   the second */
CANDID_COLD enum candid_result read_byteless(struct candid_decoder *d, candid_ref ref,
                                             const struct candid_type *element, uint8_t *at,
                                             uint32_t left, uint32_t levels)
{
    const size_t size = element->size;
    const uint8_t *const heap = d->heap;
    const uint64_t units_left = d->units_left;
    for (uint64_t units = 0; left != 0; units = units_left - d->units_left) {
        CANDID_STEP();
        if (units != 0 && heap == d->heap && size <= REPEATED_BYTES_PER_UNIT * units) {
            if (!candid_charge(d, units * left)) {
                return CANDID_TOO_LARGE;
            }
            copy_before(at, size, size * left);
            return CANDID_OK;
        }
        const enum candid_result result = read_part(d, ref, element, at, levels);
        left--;
        if (result != CANDID_OK) {
            return give_up_vec(d, ref, left, result);
        }
        at += size;
    }
    return CANDID_OK;
}

/* All elements but the last, of more than one. */
CANDID_HOT bool read_elements(struct candid_decoder *d, struct value *v, enum candid_way way,
                              uint32_t count)
{
    const uint8_t *const start = d->at;
    uint32_t left = count - 1;
    enum candid_result result = read_look(d, v->ref, v->type, v->out, way, v->levels);
    v->out += v->type->size;
    if (result == CANDID_OK && d->at == start) {
        return ends(v, read_byteless(d, v->ref, v->type, v->out, left, v->levels));
    }
    while (result == CANDID_OK && --left != 0) {
        CANDID_STEP();
        result = read_look(d, v->ref, v->type, v->out, way, v->levels);
        v->out += v->type->size;
    }
    return result == CANDID_OK || ends(v, give_up_vec(d, v->ref, left, result));
}

CANDID_HOT bool read_vec(struct candid_decoder *d, struct value *v)
{
    struct candid_entry *const entry = entry_of(d, v->ref, CANDID_KIND_VEC);
    if (entry == NULL) {
        return ends(v, misfit(d, v->ref));
    }
    const int32_t number = candid_number(d, CANDID_LENGTH_BYTES_MAX);
    if (number <= 0) {
        candid_vec_store(v->out, NULL, 0);
        return ends(v, (enum candid_result)-number);
    }
    const uint32_t count = (uint32_t)number;
    const struct candid_plan *const plan = plan_of(d, entry, v->type);
    if (plan == NULL) {
        return ends(v, candid_no_room(d));
    }
    const struct candid_type *const element = v->type->of.inner;
    if (plan->way > CANDID_WAY_BARE) {
        return ends(v, read_decided_elements(d, entry, plan, v->out, count));
    }
    uint8_t *const at = candid_take(d, (uint64_t)count * element->size);
    if (at == NULL) {
        return ends(v, no_elements(d, entry, count));
    }
    candid_vec_store(v->out, at, count);
    v->ref = (candid_ref)entry->first;
    v->type = element;
    v->out = at;
    return count == 1 || read_elements(d, v, plan->way, count);
}

/* ---- others -------------------------------------------------------------------------------------- */

CANDID_COLD enum candid_result read_reference(struct candid_decoder *d, candid_ref ref,
                                              const struct candid_type *type, uint8_t *out)
{
    const struct candid_entry *const entry = entry_of(d, ref, type->kind);
    if (entry == NULL) {
        return misfit(d, ref);
    }
    if (d->proved_type != type || d->proved_entry != entry) {
        const enum candid_result result = candid_subtype(d, ref, type);
        if (result != CANDID_OK) {
            return result == CANDID_MISMATCH ? misfit(d, ref) : result;
        }
    }
    return candid_scalar(d, type->kind, out);
}

CANDID_HOT enum candid_result read_null(struct candid_decoder *d, candid_ref ref)
{
    if (ref != -CANDID_KIND_NULL) {
        return misfit(d, ref);
    }
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

CANDID_HOT enum candid_result read_scalar(struct candid_decoder *d, const struct value *v)
{
    const uint32_t kind = v->type->kind;
    if (v->ref == -(candid_ref)kind) {
        return candid_scalar(d, kind, v->out);
    }
    if (kind == CANDID_KIND_INT && v->ref == -CANDID_KIND_NAT) {
        return candid_nat_as_int(d, (struct candid_int *)(void *)v->out);
    }
    if (kind == CANDID_KIND_FUTURE) {
        return CANDID_MISSING;
    }
    return kind == CANDID_KIND_PRINCIPAL && entry_of(d, v->ref, CANDID_KIND_SERVICE) != NULL
               ? candid_scalar(d, kind, v->out)
               : misfit(d, v->ref);
}

/* ---- the loop ------------------------------------------------------------------------------------ */

/* Reads the value at hand, or all of it but the last part, which is at hand then. */
CANDID_HOT bool read_value(struct candid_decoder *d, struct value *v)
{
    CANDID_STEP();
    switch (v->type->kind) {
    case CANDID_KIND_NULL:
        return ends(v, read_null(d, v->ref));
    case CANDID_KIND_RESERVED:
        return ends(v, candid_skip_one(d, v->ref));
    case CANDID_KIND_OPT:
        return read_opt(d, v);
    case CANDID_KIND_BOX:
        return read_box(d, v);
    case CANDID_KIND_RECORD:
        return read_record(d, v);
    case CANDID_KIND_VARIANT:
        return read_variant(d, v);
    case CANDID_KIND_VEC:
        return read_vec(d, v);
    case CANDID_KIND_BLOB:
        return ends(v, read_blob(d, v->ref, (struct ic_bytes *)(void *)v->out));
    case CANDID_KIND_FUNC:
    case CANDID_KIND_SERVICE:
        return ends(v, read_reference(d, v->ref, v->type, v->out));
    default:
        return ends(v, read_scalar(d, v));
    }
}

static enum candid_result coerce(struct candid_decoder *d, candid_ref ref,
                                 const struct candid_type *type, uint8_t *out, uint32_t levels)
{
    struct value v = {ref, type, out, NULL, levels, CANDID_OK};
    while (read_value(d, &v)) {
    }
    if (v.result == CANDID_OK || v.opt == NULL || !is_misfit(v.result)) {
        return v.result;
    }
    *(bool *)v.opt = false;
    return CANDID_OK;
}

enum candid_result candid_coerce(struct candid_decoder *d, struct candid_entry *args,
                                 const struct candid_type *record, void *out)
{
    if (args->count == 1 && record->count == 1) {
        return coerce(d, d->fields[args->first].ref, record->of.fields[0].type,
                      (uint8_t *)out + record->of.fields[0].offset, CANDID_DEPTH_MAX);
    }
    /* Arguments are a record without a value of its own. */
    const struct candid_plan *const plan = candid_plan_find(d, args, record);
    if (plan == NULL) {
        return candid_no_room(d);
    }
    enum candid_result result = CANDID_OK;
    for (const struct candid_step *step = plan->steps; step != plan->end && result == CANDID_OK; step++) {
        CANDID_STEP();
        result = coerce(d, step->ref, step->type, (uint8_t *)out + step->offset, CANDID_DEPTH_MAX);
    }
    return result;
}
