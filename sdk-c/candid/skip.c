/* Skipping: walks a value and checks everything that reading would check, and keeps nothing. Hostile
 * messages are mostly skipped, so this loop has few instructions a turn. Refs are all of the wire;
 * the expected side plays no part, so there is no MISMATCH here. */
#include "decoder.h"

/* Not a result of decoding: a part of the value is next. */
#define AGAIN CANDID_RESULT_COUNT

/* What is left of a record or a vec. */
struct rest {
    const struct candid_wire_field *field; /* record: next; NULL: a vec */
    candid_ref element;                    /* vec */
    uint32_t left;                         /* fields or elements */
};

#define FRAMES_NEAR 12u

/* What waits around the rest at hand. */
struct stack {
    struct rest *first;
    struct rest *top; /* one past the last */
    struct rest *limit;
};

CANDID_COLD struct rest *move_frames(struct ic_arena *arena, const struct rest *near)
{
    struct rest *moved = ic_arena_alloc(arena, CANDID_DEPTH_MAX * sizeof *moved);
    if (moved != NULL) {
        memcpy(moved, near, FRAMES_NEAR * sizeof *moved);
    }
    return moved;
}

/* Goes into a record or a vec inside the one at hand, which waits if something of it is left. */
CANDID_HOT enum candid_result enter(struct candid_decoder *d, struct stack *s, struct rest *k,
                                    struct rest inner)
{
    if (k->left != 0) {
        if (s->top == s->limit) {
            if (s->limit != s->first + FRAMES_NEAR) {
                return CANDID_TOO_DEEP;
            }
            s->first = move_frames(d->arena, s->first);
            if (s->first == NULL) {
                return CANDID_NO_MEMORY;
            }
            s->top = s->first + FRAMES_NEAR;
            s->limit = s->first + CANDID_DEPTH_MAX;
        }
        *s->top++ = *k;
    }
    *k = inner;
    return CANDID_OK;
}

/* ---- kinds --------------------------------------------------------------------------------------- */

/* Elements that are skipped at once: without parts, or empty records.
 *   returns   AGAIN: one by one */
CANDID_COLD enum candid_result skip_elements(struct candid_decoder *d, candid_ref element,
                                             uint64_t count)
{
    /* Elements without a byte cost a unit each, so this many can be. */
    if (count > candid_left(d) + d->units_left) {
        return candid_wire_kind(d, element) == CANDID_KIND_RECORD || element < 0 ? CANDID_TOO_LARGE
                                                                                 : CANDID_TRUNCATED;
    }
    if (element < 0) {
        return candid_scalars(d, (uint32_t)-element, NULL, count, 0);
    }
    if (d->entries[element].kind == CANDID_KIND_RECORD && d->entries[element].count == 0) {
        return candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    return AGAIN;
}

/* A vec of one goes on with that. */
CANDID_HOT enum candid_result skip_vec(struct candid_decoder *d, struct stack *s, struct rest *k,
                                       candid_ref *ref, candid_ref element)
{
    uint64_t count = 0;
    enum candid_result result = candid_leb(d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result != CANDID_OK || count == 0) {
        return result;
    }
    if (count == 1) {
        *ref = element;
        return AGAIN;
    }
    result = skip_elements(d, element, count);
    return result != AGAIN ? result : enter(d, s, k, (struct rest){NULL, element, (uint32_t)count});
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

CANDID_HOT enum candid_result skip_opt(struct candid_decoder *d, candid_ref *ref,
                                       candid_ref content)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t tag = *d->at++;
    *ref = content;
    return tag == 1 ? AGAIN : tag == 0 ? CANDID_OK : CANDID_BAD_BOOL;
}

CANDID_HOT enum candid_result skip_variant(struct candid_decoder *d,
                                           const struct candid_entry *entry, candid_ref *ref)
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
    return AGAIN;
}

/* A record inside itself alone ends with the budget: each turn costs a unit. */
CANDID_HOT enum candid_result skip_record(struct candid_decoder *d, struct stack *s, struct rest *k,
                                          const struct candid_entry *entry, candid_ref *ref)
{
    if (!candid_charge(d, 1)) {
        return CANDID_TOO_LARGE;
    }
    if (entry->count == 0) {
        return CANDID_OK;
    }
    const struct candid_wire_field *const field = d->fields + entry->first;
    if (entry->count == 1) {
        *ref = field->ref;
        return AGAIN;
    }
    return enter(d, s, k, (struct rest){field, 0, entry->count});
}

/* ---- the loop ------------------------------------------------------------------------------------ */

/* One value, or a step into it.
 *   returns   AGAIN: *ref is a part that is next */
CANDID_HOT enum candid_result skip_value(struct candid_decoder *d, struct stack *s, struct rest *k,
                                         candid_ref *ref)
{
    CANDID_STEP();
    if (*ref == -CANDID_KIND_NULL) {
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    if (*ref < 0) {
        return candid_skip_primitive(d, (uint32_t)-*ref);
    }
    const struct candid_entry *const entry = &d->entries[*ref];
    switch (entry->kind) {
    case CANDID_KIND_OPT:
        return skip_opt(d, ref, (candid_ref)entry->first);
    case CANDID_KIND_VARIANT:
        return skip_variant(d, entry, ref);
    case CANDID_KIND_RECORD:
        return skip_record(d, s, k, entry, ref);
    case CANDID_KIND_VEC:
        return skip_vec(d, s, k, ref, (candid_ref)entry->first);
    case CANDID_KIND_FUTURE:
        return skip_future(d);
    default:
        return candid_scalars(d, entry->kind, NULL, 1, 0);
    }
}

CANDID_COLD enum candid_result skip_rest(struct candid_decoder *d,
                                         const struct candid_wire_field *field,
                                         candid_ref element, uint32_t left)
{
    const size_t used = d->arena->used;
    struct rest near[FRAMES_NEAR];
    struct stack s = {near, near, near + FRAMES_NEAR};
    struct rest k = {field, element, left};
    enum candid_result result = CANDID_OK;
    for (;;) {
        if (k.left == 0) {
            if (s.top == s.first) {
                break;
            }
            k = *--s.top;
        }
        k.left--;
        candid_ref ref = k.field != NULL ? (k.field++)->ref : k.element;
        do {
            result = skip_value(d, &s, &k, &ref);
        } while (result == AGAIN);
        if (result != CANDID_OK) {
            return result;
        }
    }
    d->arena->used = used;
    return CANDID_OK;
}

CANDID_COLD enum candid_result skip_many(struct candid_decoder *d, candid_ref ref, uint32_t count)
{
    const enum candid_result result = skip_elements(d, ref, count);
    return result != AGAIN ? result : skip_rest(d, NULL, ref, count);
}

enum candid_result candid_skip(struct candid_decoder *d, candid_ref ref, uint32_t count)
{
    return count > 1 ? skip_many(d, ref, count) : candid_skip_one(d, ref);
}

/* ---- without a stack ----------------------------------------------------------------------------- */

/* One byte, at most most: an opt's tag, a case, a count; or -1, and nothing is read. */
CANDID_HOT int32_t skip_byte(struct candid_decoder *d, uint32_t most)
{
    return d->at == d->end || *d->at > most || *d->at >= 0x80 ? -1 : *d->at++;
}

/* Follows a value to where it ends, or to where more than one part waits.
 *   fields    receives the record whose fields are next; NULL: they are skipped too
 *   returns   AGAIN: those are next */
CANDID_HOT enum candid_result follow(struct candid_decoder *d, candid_ref ref,
                                     const struct candid_entry **fields)
{
    while (ref >= 0) {
        const struct candid_entry *const entry = &d->entries[ref];
        int32_t byte = -1;
        CANDID_STEP();
        if (entry->kind == CANDID_KIND_RECORD) {
            if (!candid_charge(d, 1)) {
                return CANDID_TOO_LARGE;
            }
            if (entry->count != 0 && fields != NULL) {
                *fields = entry;
                return AGAIN;
            }
            return entry->count == 0 ? CANDID_OK : candid_skip_fields(d, entry);
        }
        if (entry->kind == CANDID_KIND_VARIANT && entry->count != 0) {
            byte = skip_byte(d, entry->count - 1);
        } else if (entry->kind == CANDID_KIND_OPT) {
            byte = skip_byte(d, 1);
        } else if (entry->kind == CANDID_KIND_VEC) {
            byte = skip_byte(d, UINT8_MAX);
        }
        if (byte < 0) {
            return skip_rest(d, NULL, ref, 1);
        }
        if (entry->kind == CANDID_KIND_VARIANT) {
            ref = d->fields[entry->first + (uint32_t)byte].ref;
            continue;
        }
        ref = (candid_ref)entry->first;
        if (byte != 1) {
            return byte == 0 ? CANDID_OK : skip_many(d, ref, (uint32_t)byte);
        }
    }
    return candid_skip_primitive(d, (uint32_t)-ref);
}

/* A value without parts.
 *   returns   AGAIN: this one has some */
CANDID_HOT enum candid_result skip_plain(struct candid_decoder *d, candid_ref ref)
{
    CANDID_STEP();
    if (ref < 0) {
        return candid_skip_primitive(d, (uint32_t)-ref);
    }
    const struct candid_entry *const entry = &d->entries[ref];
    if (entry->kind != CANDID_KIND_RECORD || entry->count != 0) {
        return AGAIN;
    }
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

enum candid_result candid_skip_fields(struct candid_decoder *d, const struct candid_entry *entry)
{
    for (;;) {
        const struct candid_wire_field *field = d->fields + entry->first;
        uint32_t left = entry->count;
        enum candid_result result = CANDID_OK;
        for (; left > 1 && result == CANDID_OK; left--, field++) {
            result = skip_plain(d, field->ref);
        }
        if (result == AGAIN) {
            return skip_rest(d, field - 1, 0, left + 1);
        }
        result = result == CANDID_OK ? follow(d, field->ref, &entry) : result;
        if (result != AGAIN) {
            return result;
        }
    }
}

enum candid_result candid_skip_one(struct candid_decoder *d, candid_ref ref)
{
    const enum candid_result result = skip_plain(d, ref);
    return result == AGAIN ? follow(d, ref, NULL) : result;
}
