/* The fast path: a known header has told that the wire types are the expected ones, so there is no
 * type table to read and nothing to compare. Values are as untrusted as ever.
 *
 * As in coerce.c, the last part of a value is gone on with, and for what has others behind it the
 * function calls itself, no deeper than CANDID_DEPTH_MAX. */
#include "decoder.h"

/* The value at hand. What reads it returns true when a part of it is at hand then, or false: it has
 * ended with the result. */
struct value {
    const struct candid_type *type;
    uint8_t *out;
    uint32_t levels; /* that may still be entered */
    enum candid_result result;
};

CANDID_HOT bool ends(struct value *v, enum candid_result result)
{
    v->result = result;
    return false;
}

static enum candid_result read(struct candid_decoder *d, const struct candid_type *type,
                               uint8_t *out, uint32_t levels);

/* A part with others behind it. */
CANDID_HOT enum candid_result read_part(struct candid_decoder *d, const struct candid_type *type,
                                        uint8_t *out, uint32_t levels)
{
    CANDID_STEP();
    return levels == 0 ? CANDID_TOO_DEEP : read(d, type, out, levels - 1);
}

/* ---- kinds --------------------------------------------------------------------------------------- */

CANDID_HOT enum candid_result read_nothing(struct candid_decoder *d)
{
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

CANDID_HOT bool read_opt(struct candid_decoder *d, struct value *v)
{
    if (d->at == d->end) {
        return ends(v, CANDID_TRUNCATED);
    }
    const uint8_t tag = *d->at++;
    *(bool *)v->out = tag == 1;
    if (tag != 1) {
        return ends(v, tag == 0 ? CANDID_OK : CANDID_BAD_BOOL);
    }
    v->out += v->type->offset;
    v->type = v->type->of.inner;
    return true;
}

/* All fields but the last, which is at hand then. */
CANDID_HOT bool read_record(struct candid_decoder *d, struct value *v)
{
    if (!candid_charge(d, 1)) {
        return ends(v, CANDID_TOO_LARGE);
    }
    if (v->type->count == 0) {
        return ends(v, CANDID_OK);
    }
    const struct candid_field *field = v->type->of.fields;
    for (const struct candid_field *const last = field + v->type->count - 1; field != last;
         field++) {
        const enum candid_result result = read_part(d, field->type, v->out + field->offset, v->levels);
        if (result != CANDID_OK) {
            return ends(v, result);
        }
    }
    v->type = field->type;
    v->out += field->offset;
    return true;
}

CANDID_HOT bool read_variant(struct candid_decoder *d, struct value *v)
{
    const int32_t index = candid_number(d, CANDID_LEB_BYTES_MAX);
    if (index < 0) {
        return ends(v, (enum candid_result)-index);
    }
    if ((uint32_t)index >= v->type->count) {
        return ends(v, CANDID_BAD_CASE);
    }
    const struct candid_field *const field = &v->type->of.fields[index];
    *(uint32_t *)(void *)v->out = (uint32_t)index;
    v->type = field->type;
    v->out += field->offset;
    return true;
}

CANDID_HOT enum candid_result read_blob(struct candid_decoder *d, struct ic_bytes *out)
{
    const int32_t count = candid_number(d, CANDID_LENGTH_BYTES_MAX);
    if (count < 0) {
        return (enum candid_result)-count;
    }
    const size_t size = (uint32_t)count;
    if (size > candid_left(d)) {
        return CANDID_TRUNCATED;
    }
    *out = (struct ic_bytes){.at = d->at, .size = size};
    d->at += size;
    return CANDID_OK;
}

/* All elements but the last, which is at hand then; or all, if they have no parts. */
CANDID_HOT bool read_vec(struct candid_decoder *d, struct value *v)
{
    const struct candid_type *const element = v->type->of.inner;
    const int32_t number = candid_number(d, CANDID_LENGTH_BYTES_MAX);
    if (number <= 0) {
        candid_vec_store(v->out, NULL, 0);
        return ends(v, (enum candid_result)-number);
    }
    const uint32_t count = (uint32_t)number;
    const enum candid_result checked = candid_check_count(d, count, element->kind);
    if (checked != CANDID_OK) {
        return ends(v, checked);
    }
    uint8_t *at = candid_take(d, (uint64_t)count * element->size);
    if (at == NULL) {
        return ends(v, candid_no_room(d));
    }
    candid_vec_store(v->out, at, count);
    if (candid_is_scalar(element->kind)) {
        return ends(v, candid_scalars(d, element->kind, at, count, element->size));
    }
    if (element->kind == CANDID_KIND_NULL || element->kind == CANDID_KIND_RESERVED ||
        (element->kind == CANDID_KIND_RECORD && element->count == 0)) {
        return ends(v, candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE);
    }
    for (uint32_t left = count - 1; left != 0; left--) {
        const enum candid_result result = read_part(d, element, at, v->levels);
        if (result != CANDID_OK) {
            return ends(v, result);
        }
        at += element->size;
    }
    v->type = element;
    v->out = at;
    return true;
}

/* A box in itself without end is too deep. */
CANDID_HOT bool read_box(struct candid_decoder *d, struct value *v)
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

/* ---- values -------------------------------------------------------------------------------------- */

CANDID_HOT bool read_value(struct candid_decoder *d, struct value *v)
{
    CANDID_STEP();
    switch (v->type->kind) {
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return ends(v, read_nothing(d));
    case CANDID_KIND_OPT:
        return read_opt(d, v);
    case CANDID_KIND_RECORD:
        return read_record(d, v);
    case CANDID_KIND_VARIANT:
        return read_variant(d, v);
    case CANDID_KIND_VEC:
        return read_vec(d, v);
    case CANDID_KIND_BLOB:
        return ends(v, read_blob(d, (struct ic_bytes *)(void *)v->out));
    case CANDID_KIND_BOX:
        return read_box(d, v);
    default:
        return ends(v, candid_scalar(d, v->type->kind, v->out));
    }
}

static enum candid_result read(struct candid_decoder *d, const struct candid_type *type,
                               uint8_t *out, uint32_t levels)
{
    struct value v = {type, out, levels, CANDID_OK};
    while (read_value(d, &v)) {
    }
    return v.result;
}

enum candid_result candid_direct(struct candid_decoder *d, const struct candid_type *record,
                                 void *out)
{
    const struct candid_field *field = record->of.fields;
    enum candid_result result = CANDID_OK;
    for (uint32_t left = record->count; left != 0 && result == CANDID_OK; left--, field++) {
        result = read(d, field->type, (uint8_t *)out + field->offset, CANDID_DEPTH_MAX);
    }
    return result;
}
