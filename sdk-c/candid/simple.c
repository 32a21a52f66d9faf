/* Values that the two types and the next byte decide: read without a frame, in few instructions.
 * Functions here are small and not inlined into each other, so that what they cost does not depend
 * on how the compiler lays out a large loop: every value without a byte of its own may take 100. */
#include "decoder.h"

/* ---- what the wire lacks ------------------------------------------------------------------------- */

/* An expected field in a box that is absent. */
CANDID_COLD enum candid_result absent_box(struct candid_decoder *d, const struct candid_type *type,
                                          uint8_t *out)
{
    const struct candid_type *const inner = type->of.inner;
    uint8_t *box = NULL;
    if (inner->kind != CANDID_KIND_OPT) {
        return CANDID_MISSING;
    }
    const enum candid_result result = candid_alloc(d, &box, inner->size);
    if (result == CANDID_OK) {
        *(uint8_t **)(void *)out = box;
        *(bool *)box = false;
    }
    return result;
}

enum candid_result candid_absent(struct candid_decoder *d, const struct candid_field *field,
                                 const struct candid_field *end, uint8_t *out)
{
    enum candid_result result = CANDID_OK;
    if (field == end) {
        return CANDID_OK;
    }
    if (!candid_charge(d, (uint64_t)(end - field))) {
        return CANDID_TOO_LARGE;
    }
    for (; result == CANDID_OK && field != end; field++) {
        const uint32_t kind = field->type->kind;
        CANDID_STEP();
        if (kind == CANDID_KIND_OPT) {
            *(bool *)(out + field->offset) = false;
        } else if (kind == CANDID_KIND_BOX) {
            result = absent_box(d, field->type, out + field->offset);
        } else if (kind != CANDID_KIND_NULL && kind != CANDID_KIND_RESERVED) {
            result = CANDID_MISSING;
        }
    }
    return result;
}

/* ---- kinds that cannot fit ----------------------------------------------------------------------- */

bool candid_is_misfit(uint32_t wire, uint32_t expected)
{
    switch (expected) {
    case CANDID_KIND_OPT:
    case CANDID_KIND_BOX:
    case CANDID_KIND_RESERVED:
        return false;
    case CANDID_KIND_BLOB:
        return wire != CANDID_KIND_VEC;
    case CANDID_KIND_INT:
        return wire != CANDID_KIND_INT && wire != CANDID_KIND_NAT;
    case CANDID_KIND_PRINCIPAL:
        return wire != CANDID_KIND_PRINCIPAL && wire != CANDID_KIND_SERVICE;
    default:
        return wire != expected;
    }
}

/* ---- primitive wire types ------------------------------------------------------------------------ */

/* A primitive value inside expected opts. opt is the innermost that can become null. */
CANDID_COLD enum candid_result read_inside_opts(struct candid_decoder *d, uint32_t kind,
                                                const struct candid_type *type, uint8_t *out,
                                                uint8_t *opt)
{
    while (type->kind == CANDID_KIND_OPT) {
        CANDID_STEP();
        if (!candid_charge(d, 1)) {
            return CANDID_TOO_LARGE;
        }
        if (kind == CANDID_KIND_NULL || kind == CANDID_KIND_RESERVED) {
            *(bool *)out = false;
            return CANDID_OK;
        }
        *(bool *)out = true;
        opt = out;
        out += type->offset;
        type = type->of.inner;
    }
    if (type->kind == kind) {
        return kind == CANDID_KIND_NULL || kind == CANDID_KIND_RESERVED
                   ? candid_skip_primitive(d, kind)
                   : candid_scalar(d, kind, out);
    }
    if (type->kind == CANDID_KIND_INT && kind == CANDID_KIND_NAT) {
        return candid_nat_as_int(d, (struct candid_int *)(void *)out);
    }
    if (type->kind == CANDID_KIND_BOX) {
        return CANDID_NOT_SIMPLE;
    }
    if (type->kind != CANDID_KIND_RESERVED) {
        *(bool *)opt = false;
    }
    return candid_skip_primitive(d, kind);
}

/* Boxes are not simple, wherever they are met; then everything is as before. */
CANDID_COLD enum candid_result read_opts(struct candid_decoder *d, uint32_t kind,
                                         const struct candid_type *type, uint8_t *out, uint8_t *opt)
{
    const uint64_t units = d->units_left;
    const enum candid_result result = read_inside_opts(d, kind, type, out, opt);
    if (result == CANDID_NOT_SIMPLE) {
        d->units_left = units;
    }
    return result;
}

enum candid_result candid_simple_primitive(struct candid_decoder *d, uint32_t kind,
                                           const struct candid_type *type, uint8_t *out)
{
    if (type->kind == kind) {
        return kind != CANDID_KIND_NULL && kind != CANDID_KIND_RESERVED
                   ? candid_scalar(d, kind, out)
               : candid_charge(d, 1) ? CANDID_OK
                                     : CANDID_TOO_LARGE;
    }
    if (type->kind == CANDID_KIND_OPT) {
        if (kind != CANDID_KIND_NULL && kind != CANDID_KIND_RESERVED) {
            return read_opts(d, kind, type, out, NULL);
        }
        *(bool *)out = false;
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    if (type->kind == CANDID_KIND_RESERVED) {
        return candid_skip_primitive(d, kind);
    }
    return type->kind == CANDID_KIND_INT && kind == CANDID_KIND_NAT
               ? candid_nat_as_int(d, (struct candid_int *)(void *)out)
               : CANDID_NOT_SIMPLE;
}

/* ---- other wire types ---------------------------------------------------------------------------- */

/* A record without fields on the wire, at a record or reserved. */
CANDID_COLD enum candid_result read_empty_record(struct candid_decoder *d,
                                                 const struct candid_type *type, uint8_t *out)
{
    const uint64_t units = d->units_left;
    if (type->kind != CANDID_KIND_RECORD && type->kind != CANDID_KIND_RESERVED) {
        return CANDID_NOT_SIMPLE;
    }
    if (!candid_charge(d, 1)) {
        return CANDID_TOO_LARGE;
    }
    if (type->count == 0) {
        return CANDID_OK;
    }
    const enum candid_result result =
        candid_absent(d, type->of.fields, type->of.fields + type->count, out);
    if (result == CANDID_MISSING) {
        d->units_left = units;
        return CANDID_NOT_SIMPLE;
    }
    return result;
}

/* The same at an opt that the wire has not. */
CANDID_COLD enum candid_result read_empty_record_at_opt(struct candid_decoder *d,
                                                        const struct candid_type *type,
                                                        uint8_t *out)
{
    const struct candid_type *const inner = type->of.inner;
    if (candid_is_misfit(CANDID_KIND_RECORD, inner->kind)) {
        *(bool *)out = false;
        return candid_charge(d, 2) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    const enum candid_result result = read_empty_record(d, inner, out + type->offset);
    *(bool *)out = true;
    if (result != CANDID_OK) {
        return result;
    }
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

/* The content of an opt on the wire, behind its tag, at the content of an expected opt. */
CANDID_COLD enum candid_result read_content(struct candid_decoder *d, candid_ref inner,
                                            const struct candid_type *type, uint8_t *out)
{
    const struct candid_type *const content = type->of.inner;
    *(bool *)out = true;
    if (inner < 0) {
        const uint32_t kind = (uint32_t)-inner;
        return content->kind == kind && kind != CANDID_KIND_NULL && kind != CANDID_KIND_RESERVED
                   ? candid_scalar(d, kind, out + type->offset)
                   : read_opts(d, kind, content, out + type->offset, out);
    }
    const struct candid_entry *const entry = &d->entries[inner];
    return entry->kind == CANDID_KIND_RECORD && entry->count == 0 &&
                   content->kind == CANDID_KIND_RECORD
               ? read_empty_record(d, content, out + type->offset)
               : CANDID_NOT_SIMPLE;
}

CANDID_COLD enum candid_result read_opt(struct candid_decoder *d, candid_ref inner,
                                        const struct candid_type *type, uint8_t *out)
{
    const uint8_t *const start = d->at;
    const uint8_t *at = start;
    if (type->kind != CANDID_KIND_OPT || at == d->end) {
        return CANDID_NOT_SIMPLE;
    }
    /* Opts in opts on both sides, each with its byte. */
    while (*at == 1 && inner >= 0 && d->entries[inner].kind == CANDID_KIND_OPT &&
           type->of.inner->kind == CANDID_KIND_OPT && at + 1 != d->end) {
        CANDID_STEP();
        at++;
        *(bool *)out = true;
        out += type->offset;
        type = type->of.inner;
        inner = (candid_ref)d->entries[inner].first;
    }
    if (*at > 1) {
        return CANDID_NOT_SIMPLE;
    }
    d->at = at + 1;
    if (*at == 0) {
        *(bool *)out = false;
        return CANDID_OK;
    }
    const enum candid_result result = read_content(d, inner, type, out);
    if (result == CANDID_NOT_SIMPLE) {
        d->at = start;
    }
    return result;
}

int32_t candid_case(const struct candid_type *type, uint32_t index, uint32_t id)
{
    const struct candid_field *const fields = type->of.fields;
    uint32_t low = 0;
    uint32_t high = type->count;
    /* Where both sides have the same cases the index is the tag; where more are expected it is
     * further up. */
    if (index < high) {
        if (fields[index].id == id) {
            return (int32_t)index;
        }
        if (fields[index].id < id) {
            low = index + 1;
        } else {
            high = index;
        }
    }
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (fields[middle].id == id) {
            return (int32_t)middle;
        }
        if (fields[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -1;
}

/* A case without content. */
CANDID_COLD enum candid_result read_empty_case(struct candid_decoder *d,
                                               const struct candid_entry *entry,
                                               const struct candid_type *type, uint8_t *out)
{
    if (type->kind != CANDID_KIND_VARIANT || d->at == d->end || *d->at >= 0x80 ||
        *d->at >= entry->count) {
        return CANDID_NOT_SIMPLE;
    }
    const struct candid_wire_field *const wire = &d->fields[entry->first + *d->at];
    if (wire->ref != -CANDID_KIND_NULL) {
        return CANDID_NOT_SIMPLE;
    }
    const int32_t tag = candid_case(type, *d->at, wire->id);
    if (tag < 0 || type->of.fields[tag].type->kind != CANDID_KIND_NULL) {
        return CANDID_NOT_SIMPLE;
    }
    d->at++;
    *(uint32_t *)(void *)out = (uint32_t)tag;
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

/* A vec of nothing, or a short blob. */
CANDID_COLD enum candid_result read_short_vec(struct candid_decoder *d, candid_ref element,
                                              const struct candid_type *type, uint8_t *out)
{
    if (d->at == d->end) {
        return CANDID_NOT_SIMPLE;
    }
    const uint32_t count = *d->at;
    if (type->kind == CANDID_KIND_BLOB && element == -CANDID_KIND_NAT8 && count < 0x80 &&
        count < candid_left(d)) {
        *(struct ic_bytes *)(void *)out = (struct ic_bytes){.at = d->at + 1, .size = count};
        d->at += 1 + count;
        return CANDID_OK;
    }
    if (count != 0) {
        return CANDID_NOT_SIMPLE;
    }
    if (type->kind == CANDID_KIND_BLOB) {
        *(struct ic_bytes *)(void *)out = (struct ic_bytes){.at = ++d->at, .size = 0};
        return CANDID_OK;
    }
    if (type->kind != CANDID_KIND_VEC) {
        return CANDID_NOT_SIMPLE;
    }
    d->at++;
    candid_vec_store(out, NULL, 0);
    return CANDID_OK;
}

enum candid_result candid_simple_entry(struct candid_decoder *d, const struct candid_entry *entry,
                                       const struct candid_type *type, uint8_t *out)
{
    switch (entry->kind) {
    case CANDID_KIND_OPT:
        return read_opt(d, (candid_ref)entry->first, type, out);
    case CANDID_KIND_RECORD:
        return entry->count != 0                ? CANDID_NOT_SIMPLE
               : type->kind == CANDID_KIND_OPT ? read_empty_record_at_opt(d, type, out)
                                               : read_empty_record(d, type, out);
    case CANDID_KIND_VARIANT:
        return read_empty_case(d, entry, type, out);
    case CANDID_KIND_VEC:
        return read_short_vec(d, (candid_ref)entry->first, type, out);
    case CANDID_KIND_FUNC:
    case CANDID_KIND_SERVICE:
        if ((d->proved_type == type && d->proved_entry == entry) ||
            (type->kind == CANDID_KIND_PRINCIPAL && entry->kind == CANDID_KIND_SERVICE)) {
            return candid_scalar(d, entry->kind, out);
        }
        return CANDID_NOT_SIMPLE;
    default:
        return CANDID_NOT_SIMPLE;
    }
}
