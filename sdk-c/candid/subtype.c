/* Subtyping between a type of the message and an expected one, for func and service references.
 *
 * Everything is a subtype of every opt, so the rules ask for a conjunction only: a search over
 * pairs, each looked at once. A pair met again holds by co-induction; the first pair that fails
 * refutes the whole check, and every pair it had assumed is forgotten. Pairs of checks that went
 * well stay true for the rest of the message. SPEC: Candid, "Subtyping" */
#include "decoder.h"

/* A type of either side. */
struct side {
    const struct candid_type *type; /* NULL: ref is of the wire */
    candid_ref ref;
};

struct child {
    uint32_t id;
    struct ic_bytes name;
    struct side side;
};

static struct side expected_side(const struct candid_type *type)
{
    while (type->kind == CANDID_KIND_BOX) {
        type = type->of.inner;
    }
    return (struct side){.type = type};
}

static uint32_t side_kind(const struct candid_decoder *d, struct side s)
{
    if (s.type == NULL) {
        return candid_wire_kind(d, s.ref);
    }
    return s.type->kind == CANDID_KIND_BLOB ? CANDID_KIND_VEC : s.type->kind;
}

static uint32_t side_mode(const struct candid_decoder *d, struct side s)
{
    return s.type == NULL ? d->entries[s.ref].mode : s.type->mode;
}

/* Fields, cases, methods or parameters. */
static uint32_t side_count(const struct candid_decoder *d, struct side s)
{
    return s.type == NULL ? d->entries[s.ref].count : s.type->count;
}

static uint32_t side_result_count(const struct candid_decoder *d, struct side s)
{
    return s.type == NULL ? d->entries[s.ref].result_count : s.type->result_count;
}

static struct side side_element(const struct candid_decoder *d, struct side s)
{
    if (s.type == NULL) {
        return (struct side){.ref = (candid_ref)d->entries[s.ref].first};
    }
    return s.type->kind == CANDID_KIND_BLOB ? expected_side(&candid_type_nat8)
                                            : expected_side(s.type->of.inner);
}

static struct child side_child(const struct candid_decoder *d, struct side s, uint32_t i)
{
    if (s.type == NULL) {
        const struct candid_wire_field *field = &d->fields[d->entries[s.ref].first + i];
        return (struct child){.id = field->id, .side = {.ref = field->ref}};
    }
    const struct candid_field *field = &s.type->of.fields[i];
    return (struct child){.id = field->id, .side = expected_side(field->type)};
}

static struct child side_method(const struct candid_decoder *d, struct side s, uint32_t i)
{
    if (s.type == NULL) {
        const struct candid_wire_field *field = &d->fields[d->entries[s.ref].first + 2 * i];
        return (struct child){
            .name = {.at = d->start + field[0].id, .size = (size_t)field[0].ref},
            .side = {.ref = field[1].ref}};
    }
    const struct candid_service_method *method = &s.type->of.methods[i];
    return (struct child){.name = method->name, .side = expected_side(method->type)};
}

/* ---- obligations --------------------------------------------------------------------------------- */

/* Adds sub <: super to what must hold. One side is always the wire's, the other expected. */
static enum candid_result require(struct candid_decoder *d, struct side sub, struct side super)
{
    const bool flipped = sub.type != NULL;
    const struct candid_pair pair = {.ref = flipped ? super.ref : sub.ref,
                                     .flipped = flipped,
                                     .type = flipped ? sub.type : super.type};
    /* Looking through eight pairs costs about as much as a value. */
    if (!candid_charge(d, 1 + d->pair_count / 8)) {
        return CANDID_TOO_LARGE;
    }
    for (uint32_t i = 0; i < d->pair_count; i++) {
        CANDID_STEP();
        if (d->pairs[i].ref == pair.ref && d->pairs[i].type == pair.type &&
            d->pairs[i].flipped == flipped) {
            return CANDID_OK;
        }
    }
    if (d->pair_count == CANDID_SUBTYPE_PAIRS_MAX) {
        return CANDID_TOO_LARGE;
    }
    d->pairs[d->pair_count++] = pair;
    return CANDID_OK;
}

static bool accepts_null(const struct candid_decoder *d, struct side s)
{
    const uint32_t kind = side_kind(d, s);
    return kind == CANDID_KIND_NULL || kind == CANDID_KIND_OPT || kind == CANDID_KIND_RESERVED;
}

static enum candid_result require_record(struct candid_decoder *d, struct side sub,
                                         struct side super)
{
    uint32_t i = 0;
    for (uint32_t j = 0; j < side_count(d, super); j++) {
        const struct child wanted = side_child(d, super, j);
        while (i < side_count(d, sub) && side_child(d, sub, i).id < wanted.id) {
            i++;
        }
        if (i < side_count(d, sub) && side_child(d, sub, i).id == wanted.id) {
            const enum candid_result result =
                require(d, side_child(d, sub, i).side, wanted.side);
            if (result != CANDID_OK) {
                return result;
            }
        } else if (!accepts_null(d, wanted.side)) {
            return CANDID_MISMATCH;
        }
    }
    return CANDID_OK;
}

static enum candid_result require_variant(struct candid_decoder *d, struct side sub,
                                          struct side super)
{
    uint32_t j = 0;
    for (uint32_t i = 0; i < side_count(d, sub); i++) {
        const struct child given = side_child(d, sub, i);
        while (j < side_count(d, super) && side_child(d, super, j).id < given.id) {
            j++;
        }
        if (j == side_count(d, super) || side_child(d, super, j).id != given.id) {
            return CANDID_MISMATCH;
        }
        const enum candid_result result = require(d, given.side, side_child(d, super, j).side);
        if (result != CANDID_OK) {
            return result;
        }
    }
    return CANDID_OK;
}

/* Children [sub_first, + sub_count) against [super_first, + super_count), by position. */
static enum candid_result require_tuple(struct candid_decoder *d, struct side sub,
                                        uint32_t sub_first, uint32_t sub_count, struct side super,
                                        uint32_t super_first, uint32_t super_count)
{
    for (uint32_t i = 0; i < super_count; i++) {
        const struct side wanted = side_child(d, super, super_first + i).side;
        if (i >= sub_count) {
            if (!accepts_null(d, wanted)) {
                return CANDID_MISMATCH;
            }
            continue;
        }
        const enum candid_result result =
            require(d, side_child(d, sub, sub_first + i).side, wanted);
        if (result != CANDID_OK) {
            return result;
        }
    }
    return CANDID_OK;
}

static enum candid_result require_func(struct candid_decoder *d, struct side sub, struct side super)
{
    if (side_mode(d, sub) != side_mode(d, super)) {
        return CANDID_MISMATCH;
    }
    const uint32_t sub_parameters = side_count(d, sub);
    const uint32_t super_parameters = side_count(d, super);
    const enum candid_result result =
        require_tuple(d, super, 0, super_parameters, sub, 0, sub_parameters);
    if (result != CANDID_OK) {
        return result;
    }
    return require_tuple(d, sub, sub_parameters, side_result_count(d, sub), super, super_parameters,
                         side_result_count(d, super));
}

static int compare_names(struct ic_bytes a, struct ic_bytes b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static enum candid_result require_service(struct candid_decoder *d, struct side sub,
                                          struct side super)
{
    uint32_t i = 0;
    for (uint32_t j = 0; j < side_count(d, super); j++) {
        const struct child wanted = side_method(d, super, j);
        while (i < side_count(d, sub) &&
               compare_names(side_method(d, sub, i).name, wanted.name) < 0) {
            i++;
        }
        if (i == side_count(d, sub) ||
            compare_names(side_method(d, sub, i).name, wanted.name) != 0) {
            return CANDID_MISMATCH;
        }
        const enum candid_result result = require(d, side_method(d, sub, i).side, wanted.side);
        if (result != CANDID_OK) {
            return result;
        }
    }
    return CANDID_OK;
}

/* What one pair asks for. */
static enum candid_result check_pair(struct candid_decoder *d, struct side sub, struct side super)
{
    const uint32_t a = side_kind(d, sub);
    const uint32_t b = side_kind(d, super);
    if (b == CANDID_KIND_OPT || b == CANDID_KIND_RESERVED || a == CANDID_KIND_EMPTY ||
        (a == CANDID_KIND_NAT && b == CANDID_KIND_INT) ||
        (a == CANDID_KIND_SERVICE && b == CANDID_KIND_PRINCIPAL)) {
        return CANDID_OK;
    }
    if (a != b || a == CANDID_KIND_FUTURE) {
        return CANDID_MISMATCH;
    }
    switch (a) {
    case CANDID_KIND_VEC:
        return require(d, side_element(d, sub), side_element(d, super));
    case CANDID_KIND_RECORD:
    case CANDID_KIND_VARIANT:
    case CANDID_KIND_FUNC:
    case CANDID_KIND_SERVICE:
        /* The walk looks at each child of both sides. */
        if (!candid_charge(d, (uint64_t)side_count(d, sub) + side_count(d, super))) {
            return CANDID_TOO_LARGE;
        }
        return a == CANDID_KIND_RECORD    ? require_record(d, sub, super)
               : a == CANDID_KIND_VARIANT ? require_variant(d, sub, super)
               : a == CANDID_KIND_FUNC    ? require_func(d, sub, super)
                                          : require_service(d, sub, super);
    default:
        return CANDID_OK;
    }
}

enum candid_result candid_subtype(struct candid_decoder *d, candid_ref ref,
                                  const struct candid_type *type)
{
    if (d->refuted.type == type && d->refuted.ref == ref) {
        return CANDID_MISMATCH;
    }
    if (d->pairs == NULL) {
        d->pairs = (struct candid_pair *)(void *)candid_take(
            d, CANDID_SUBTYPE_PAIRS_MAX * sizeof *d->pairs);
        if (d->pairs == NULL) {
            return candid_no_room(d);
        }
    }
    const uint32_t proved = d->pair_count;
    enum candid_result result = require(d, (struct side){.ref = ref}, expected_side(type));
    for (uint32_t i = proved; result == CANDID_OK && i < d->pair_count; i++) {
        const struct candid_pair pair = d->pairs[i];
        CANDID_STEP();
        const struct side wire = {.ref = pair.ref};
        const struct side expected = {.type = pair.type};
        result = pair.flipped ? check_pair(d, expected, wire) : check_pair(d, wire, expected);
    }
    if (result != CANDID_OK) {
        d->pair_count = proved;
        d->refuted = (struct candid_pair){.ref = ref, .type = type};
    } else {
        d->proved_entry = &d->entries[ref];
        d->proved_type = type;
    }
    return result;
}
