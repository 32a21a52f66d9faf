/* Skipping: walks a value and checks everything that reading would check, and keeps nothing. Hostile
 * messages are mostly skipped, so this loop has few instructions a turn. Refs are all of the wire;
 * the expected side plays no part, so there is no MISMATCH here. */
#include "decoder.h"

/* A record or a vec under way; left is never 0. */
struct frame {
    const struct candid_wire_field *field; /* record: next; NULL: a vec */
    candid_ref element;                    /* vec */
    uint32_t left;                         /* fields or elements */
};

#define FRAMES_NEAR 12u

struct skipping {
    struct candid_decoder *d;
    struct frame *frames;
    struct frame *top; /* one past the last */
    struct frame *limit;
    struct frame near[FRAMES_NEAR];
};

CANDID_COLD enum candid_result grow_frames(struct skipping *s)
{
    const size_t depth = (size_t)(s->top - s->frames);
    if (s->frames != s->near) {
        return CANDID_TOO_DEEP;
    }
    struct frame *moved = ic_arena_alloc(s->d->arena, CANDID_DEPTH_MAX * sizeof *moved);
    if (moved == NULL) {
        return CANDID_NO_MEMORY;
    }
    memcpy(moved, s->frames, depth * sizeof *moved);
    s->frames = moved;
    s->top = moved + depth;
    s->limit = moved + CANDID_DEPTH_MAX;
    return CANDID_OK;
}

CANDID_HOT enum candid_result push(struct skipping *s, const struct candid_wire_field *field,
                                   candid_ref element, uint32_t left)
{
    if (s->top == s->limit) {
        const enum candid_result result = grow_frames(s);
        if (result != CANDID_OK) {
            return result;
        }
    }
    *s->top++ = (struct frame){field, element, left};
    return CANDID_OK;
}

/* ---- kinds --------------------------------------------------------------------------------------- */

/* Elements that have no frame: none, or without parts. */
CANDID_COLD enum candid_result skip_elements(struct skipping *s, candid_ref element,
                                             uint64_t count)
{
    struct candid_decoder *d = s->d;
    /* Elements without a byte cost a unit each, so this many can be. */
    if (count > candid_left(d) + d->units_left) {
        return candid_wire_kind(d, element) == CANDID_KIND_RECORD || element < 0
                   ? CANDID_TOO_LARGE
                   : CANDID_TRUNCATED;
    }
    if (element < 0) {
        return candid_scalars(d, (uint32_t)-element, NULL, count, 0);
    }
    if (d->entries[element].kind == CANDID_KIND_RECORD && d->entries[element].count == 0) {
        return candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    return push(s, NULL, element, (uint32_t)count);
}

/* A vec of one goes on with that. */
CANDID_HOT enum candid_result skip_vec(struct skipping *s, candid_ref element, candid_ref *ref,
                                       bool *more)
{
    struct candid_decoder *d = s->d;
    uint64_t count = 0;
    const enum candid_result result = candid_leb(d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result != CANDID_OK || count == 0) {
        return result;
    }
    *ref = element;
    *more = count == 1;
    return count == 1 ? CANDID_OK : skip_elements(s, element, count);
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

/* Goes on with the content of the opt or the case: *ref changes and *more is set. */
CANDID_HOT enum candid_result skip_opt(struct candid_decoder *d, const struct candid_entry *entry,
                                       candid_ref *ref, bool *more)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t tag = *d->at++;
    *ref = (candid_ref)entry->first;
    *more = tag == 1;
    return tag > 1 ? CANDID_BAD_BOOL : CANDID_OK;
}

CANDID_HOT enum candid_result skip_variant(struct candid_decoder *d,
                                           const struct candid_entry *entry, candid_ref *ref,
                                           bool *more)
{
    uint64_t index = 0;
    const enum candid_result result = candid_leb(d, &index, CANDID_LEB_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    if (index >= entry->count) {
        return CANDID_BAD_CASE;
    }
    *ref = d->fields[entry->first + index].ref;
    *more = true;
    return CANDID_OK;
}

/* Goes on with the first field; the others wait in a frame. A record inside itself alone ends with the
 * budget: each turn costs a unit. */
CANDID_HOT enum candid_result skip_record(struct skipping *s, const struct candid_entry *entry,
                                          candid_ref *ref, bool *more)
{
    if (!candid_charge(s->d, 1)) {
        return CANDID_TOO_LARGE;
    }
    if (entry->count == 0) {
        return CANDID_OK;
    }
    const struct candid_wire_field *field = s->d->fields + entry->first;
    *ref = field->ref;
    *more = true;
    return entry->count == 1 ? CANDID_OK : push(s, field + 1, 0, entry->count - 1);
}

CANDID_HOT enum candid_result skip_entry(struct skipping *s, candid_ref *ref, bool *more)
{
    const struct candid_entry *entry = &s->d->entries[*ref];
    switch (entry->kind) {
    case CANDID_KIND_OPT:
        return skip_opt(s->d, entry, ref, more);
    case CANDID_KIND_VARIANT:
        return skip_variant(s->d, entry, ref, more);
    case CANDID_KIND_RECORD:
        return skip_record(s, entry, ref, more);
    case CANDID_KIND_VEC:
        return skip_vec(s, (candid_ref)entry->first, ref, more);
    case CANDID_KIND_FUTURE:
        return skip_future(s->d);
    default:
        return candid_scalars(s->d, entry->kind, NULL, 1, 0);
    }
}

enum candid_result candid_skip_primitive(struct candid_decoder *d, uint32_t kind)
{
    switch (kind) {
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_KIND_BOOL:
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        return *d->at++ > 1 ? CANDID_BAD_BOOL : CANDID_OK;
    case CANDID_KIND_NAT:
    case CANDID_KIND_INT:
        do {
            if (d->at == d->end) {
                return CANDID_TRUNCATED;
            }
        } while (*d->at++ >= 0x80);
        return CANDID_OK;
    default:
        return candid_scalars(d, kind, NULL, 1, 0);
    }
}

/* ---- the loop ------------------------------------------------------------------------------------ */

/* One value as far as it goes without a frame. */
CANDID_HOT enum candid_result skip_value(struct skipping *s, candid_ref ref)
{
    for (;;) {
        bool more = false;
        CANDID_STEP();
        if (ref < 0) {
            return candid_skip_primitive(s->d, (uint32_t)-ref);
        }
        const enum candid_result result = skip_entry(s, &ref, &more);
        if (!more || result != CANDID_OK) {
            return result;
        }
    }
}

enum candid_result candid_skip(struct candid_decoder *d, const struct candid_wire_field *field,
                               candid_ref ref, uint32_t count)
{
    const size_t used = d->arena->used;
    struct skipping s;
    s.d = d;
    s.frames = s.near;
    s.top = s.near;
    s.limit = s.near + FRAMES_NEAR;
    enum candid_result result =
        count == 0      ? CANDID_OK
        : field != NULL ? push(&s, field, 0, count)
        : count == 1    ? skip_value(&s, ref)
                        : skip_elements(&s, ref, count);
    while (result == CANDID_OK && s.top != s.frames) {
        struct frame *const frame = s.top - 1;
        ref = frame->field == NULL ? frame->element : frame->field++->ref;
        if (--frame->left == 0) {
            s.top = frame;
        }
        result = skip_value(&s, ref);
    }
    d->arena->used = used;
    return result;
}
