/* Skipping: walks a value and checks everything that reading would check, and keeps nothing. Hostile
 * messages are mostly skipped, so a turn has few instructions. Refs are all of the wire; the expected
 * side plays no part, so there is no MISMATCH here.
 *
 * As in coerce.c, the last part of a value is gone on with, and for what has others behind it the
 * function calls itself, no deeper than CANDID_DEPTH_MAX. */
#include "decoder.h"

/* The value at hand, or of a vec the elements. What skips it returns true when a part of it is at hand
 * then, or false: it has ended with the result. */
struct value {
    candid_ref ref;
    uint32_t levels; /* that may still be entered */
    enum candid_result result;
};

CANDID_HOT bool ends(struct value *v, enum candid_result result)
{
    v->result = result;
    return false;
}

static enum candid_result skip(struct candid_decoder *d, candid_ref ref, uint32_t levels);

/* ---- kinds --------------------------------------------------------------------------------------- */

/* A part with others behind it. */
CANDID_HOT enum candid_result skip_part(struct candid_decoder *d, candid_ref ref, uint32_t levels)
{
    CANDID_STEP();
    return ref < 0       ? candid_skip_scalar(d, (uint32_t)-ref)
           : levels == 0 ? CANDID_TOO_DEEP
                         : skip(d, ref, levels - 1);
}

/* All elements but the last. Those without parts, and empty records, are skipped at once. */
CANDID_HOT bool skip_elements(struct candid_decoder *d, struct value *v, uint32_t count)
{
    enum candid_result result = CANDID_OK;
    if (v->ref < 0) {
        return ends(v, candid_scalars(d, (uint32_t)-v->ref, NULL, count, 0));
    }
    if (d->entries[v->ref].kind == CANDID_KIND_RECORD && d->entries[v->ref].count == 0) {
        return ends(v, candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE);
    }
    for (uint32_t left = count - 1; left != 0 && result == CANDID_OK; left--) {
        result = skip_part(d, v->ref, v->levels);
    }
    return result == CANDID_OK || ends(v, result);
}

/* A vec of one goes on with that. */
CANDID_HOT bool skip_vec(struct candid_decoder *d, struct value *v, candid_ref element)
{
    const int32_t count = candid_number(d, CANDID_LENGTH_BYTES_MAX);
    if (count <= 0) {
        return ends(v, (enum candid_result)-count);
    }
    v->ref = element;
    return count == 1 || skip_elements(d, v, (uint32_t)count);
}

/* leb m, leb n, m bytes: a value of a type of the future */
CANDID_COLD enum candid_result skip_future(struct candid_decoder *d)
{
    uint64_t references = 0;
    uint64_t size = 0;
    enum candid_result result = candid_leb(d, &size, CANDID_LENGTH_BYTES_MAX);
    if (result == CANDID_OK) {
        result = candid_leb(d, &references, CANDID_LENGTH_BYTES_MAX);
    }
    return result == CANDID_OK ? candid_scalars(d, CANDID_KIND_NAT8, NULL, size, 0) : result;
}

CANDID_HOT bool skip_opt(struct candid_decoder *d, struct value *v, candid_ref content)
{
    if (d->at == d->end) {
        return ends(v, CANDID_TRUNCATED);
    }
    const uint8_t tag = *d->at++;
    v->ref = content;
    return tag == 1 || ends(v, tag == 0 ? CANDID_OK : CANDID_BAD_BOOL);
}

CANDID_HOT bool skip_variant(struct candid_decoder *d, struct value *v,
                             const struct candid_entry *entry)
{
    const int32_t index = candid_number(d, CANDID_LEB_BYTES_MAX);
    if (index < 0) {
        return ends(v, (enum candid_result)-index);
    }
    if ((uint32_t)index >= entry->count) {
        return ends(v, CANDID_BAD_CASE);
    }
    v->ref = d->fields[entry->first + (uint32_t)index].ref;
    return true;
}

/* A record inside itself alone ends with the budget: each turn costs a unit. */
CANDID_HOT bool skip_record(struct candid_decoder *d, struct value *v,
                            const struct candid_entry *entry)
{
    const struct candid_wire_field *field = d->fields + entry->first;
    if (!candid_charge(d, 1)) {
        return ends(v, CANDID_TOO_LARGE);
    }
    if (entry->count == 0) {
        return ends(v, CANDID_OK);
    }
    for (const struct candid_wire_field *const last = field + entry->count - 1; field != last;
         field++) {
        const enum candid_result result = skip_part(d, field->ref, v->levels);
        if (result != CANDID_OK) {
            return ends(v, result);
        }
    }
    v->ref = field->ref;
    return true;
}

/* ---- values -------------------------------------------------------------------------------------- */

/* Skips the value at hand, or all of it but the last part, which is at hand then. */
CANDID_HOT bool skip_value(struct candid_decoder *d, struct value *v)
{
    if (v->ref < 0) {
        return ends(v, candid_skip_scalar(d, (uint32_t)-v->ref));
    }
    const struct candid_entry *const entry = &d->entries[v->ref];
    CANDID_STEP();
    switch (entry->kind) {
    case CANDID_KIND_OPT:
        return skip_opt(d, v, (candid_ref)entry->first);
    case CANDID_KIND_VARIANT:
        return skip_variant(d, v, entry);
    case CANDID_KIND_RECORD:
        return skip_record(d, v, entry);
    case CANDID_KIND_VEC:
        return skip_vec(d, v, (candid_ref)entry->first);
    case CANDID_KIND_FUTURE:
        return ends(v, skip_future(d));
    default:
        return ends(v, candid_skip_scalar(d, entry->kind));
    }
}

static enum candid_result skip(struct candid_decoder *d, candid_ref ref, uint32_t levels)
{
    struct value v = {ref, levels, CANDID_OK};
    while (skip_value(d, &v)) {
    }
    return v.result;
}

enum candid_result candid_skip(struct candid_decoder *d, candid_ref ref, uint32_t count)
{
    struct value v = {ref, CANDID_DEPTH_MAX, CANDID_OK};
    return skip_elements(d, &v, count) ? skip(d, ref, CANDID_DEPTH_MAX) : v.result;
}

enum candid_result candid_skip_one(struct candid_decoder *d, candid_ref ref)
{
    return ref < 0 ? candid_skip_scalar(d, (uint32_t)-ref) : skip(d, ref, CANDID_DEPTH_MAX);
}

enum candid_result candid_skip_fields(struct candid_decoder *d, const struct candid_entry *record)
{
    const struct candid_wire_field *field = d->fields + record->first;
    enum candid_result result = CANDID_OK;
    for (uint32_t left = record->count; left != 0 && result == CANDID_OK; left--) {
        result = skip_part(d, (field++)->ref, CANDID_DEPTH_MAX);
    }
    return result;
}
