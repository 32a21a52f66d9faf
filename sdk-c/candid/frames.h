/* The stack of frames of coerce.c, and what happens where a value does not fit. Part of that file, apart
 * because it can be read apart; nobody else includes it. */
#ifndef CANDID_FRAMES_H
#define CANDID_FRAMES_H

#include "decoder.h"

enum frame_kind {
    FRAME_RECORD,  /* fields that wait */
    FRAME_RECORDS, /* a vec of records, or of opts of what are records on the wire */
    FRAME_OPT,
    FRAME_BOX,
    FRAME_VEC, /* any other vec */
    FRAME_NONE /* below all others */
};

/* What is left of a record on both sides; each ascends by id. */
struct fields {
    const struct candid_wire_field *wire;
    const struct candid_wire_field *wire_end;
    const struct candid_field *field;
    const struct candid_field *field_end;
};

struct frame {
    enum frame_kind kind;
    candid_ref ref; /* vecs: of the elements */
    uint8_t *out;   /* RECORD: the struct; vecs: next element; OPT: the opt */
    struct fields fields; /* RECORD; RECORDS: of each element */
    /* vecs; left is never 0 */
    uint32_t left;
    const struct candid_type *element;
    size_t arena_used; /* OPT: when the attempt began */
};

/* Frames on the stack of the program; deeper values take the arena. */
#define FRAMES_NEAR 12u

struct coercion {
    struct candid_decoder *d;
    struct frame *frames; /* the first is FRAME_NONE */
    struct frame *top;    /* one past the last */
    struct frame *limit;
    /* After a MISMATCH or MISSING: what is left of that value, as for candid_skip. */
    const struct candid_wire_field *rest_field;
    candid_ref rest_ref;
    uint32_t rest_count;
    struct frame near[FRAMES_NEAR];
};

/* ---- frames -------------------------------------------------------------------------------------- */

/* Attempts give back the arena when they fail; what was taken for the decoder itself stays. */
static void keep_arena(struct coercion *c)
{
    for (struct frame *frame = c->frames; frame < c->top; frame++) {
        if (frame->kind == FRAME_OPT) {
            frame->arena_used = c->d->arena->used;
        }
    }
}

CANDID_COLD enum candid_result grow_frames(struct coercion *c)
{
    const size_t depth = (size_t)(c->top - c->frames);
    if (c->frames != c->near) {
        return CANDID_TOO_DEEP;
    }
    struct frame *moved = ic_arena_alloc(c->d->arena, (CANDID_DEPTH_MAX + 1) * sizeof *moved);
    if (moved == NULL) {
        return CANDID_NO_MEMORY;
    }
    memcpy(moved, c->frames, depth * sizeof *moved);
    c->frames = moved;
    c->top = moved + depth;
    c->limit = moved + CANDID_DEPTH_MAX + 1;
    keep_arena(c);
    return CANDID_OK;
}

CANDID_HOT enum candid_result push(struct coercion *c, struct frame **frame)
{
    if (c->top == c->limit) {
        const enum candid_result result = grow_frames(c);
        if (result != CANDID_OK) {
            return result;
        }
    }
    *frame = c->top++;
    return CANDID_OK;
}

/* An attempt to read the content of an opt; if that does not fit the opt becomes null. */
CANDID_HOT enum candid_result push_opt(struct coercion *c, uint8_t *out)
{
    struct frame *frame = NULL;
    const enum candid_result result = push(c, &frame);
    if (result == CANDID_OK) {
        *(bool *)out = true;
        frame->kind = FRAME_OPT;
        frame->out = out;
        frame->arena_used = c->d->arena->used;
    }
    return result;
}

/* ---- what does not fit ---------------------------------------------------------------------------- */

CANDID_HOT enum candid_result misfit(struct coercion *c, candid_ref ref, uint32_t count)
{
    c->rest_field = NULL;
    c->rest_ref = ref;
    c->rest_count = count;
    return CANDID_MISMATCH;
}

static enum candid_result misfit_fields(struct coercion *c, const struct candid_wire_field *wire,
                                        const struct candid_wire_field *wire_end,
                                        enum candid_result reason)
{
    c->rest_field = wire;
    c->rest_ref = 0;
    c->rest_count = (uint32_t)(wire_end - wire);
    return reason;
}

/* The wire has a field that is not expected. Records of one field need no frame. */
CANDID_COLD enum candid_result skip_field(struct candid_decoder *d, candid_ref ref)
{
    while (ref >= 0 && d->entries[ref].kind == CANDID_KIND_RECORD && d->entries[ref].count <= 1) {
        CANDID_STEP();
        if (!candid_charge(d, 1)) {
            return CANDID_TOO_LARGE;
        }
        if (d->entries[ref].count == 0) {
            return CANDID_OK;
        }
        ref = d->fields[d->entries[ref].first].ref;
    }
    return ref < 0 ? candid_skip_primitive(d, (uint32_t)-ref) : candid_skip(d, NULL, ref, 1);
}

CANDID_COLD enum candid_result skip_rest(const struct coercion *c)
{
    enum candid_result result = CANDID_OK;
    if (c->rest_field == NULL) {
        return c->rest_count == 1 ? skip_field(c->d, c->rest_ref)
                                  : candid_skip(c->d, NULL, c->rest_ref, c->rest_count);
    }
    for (uint32_t i = 0; result == CANDID_OK && i < c->rest_count; i++) {
        CANDID_STEP();
        result = skip_field(c->d, c->rest_field[i].ref);
    }
    return result;
}

/* An attempt that fails late, with frames to give up, takes this long. */
#define UNITS_OF_FALL_BACK 2u

/* The innermost attempt becomes null; the rest of its value is skipped. */
CANDID_COLD enum candid_result fall_back(struct coercion *c, enum candid_result reason)
{
    enum candid_result result = skip_rest(c);
    while (result == CANDID_OK) {
        const struct frame *const frame = --c->top;
        switch (frame->kind) {
        case FRAME_RECORD:
            result = misfit_fields(c, frame->fields.wire, frame->fields.wire_end, CANDID_OK);
            break;
        case FRAME_RECORDS:
            /* Skipping charges for them again. */
            c->d->units_left += frame->left;
            (void)misfit(c, frame->ref, frame->left);
            break;
        case FRAME_VEC:
            (void)misfit(c, frame->ref, frame->left);
            break;
        case FRAME_BOX:
            continue;
        case FRAME_NONE:
            c->top++;
            return reason;
        case FRAME_OPT:
            *(bool *)frame->out = false;
            c->d->arena->used = frame->arena_used;
            return candid_charge(c->d, UNITS_OF_FALL_BACK) ? CANDID_OK : CANDID_TOO_LARGE;
        }
        result = skip_rest(c);
    }
    return result;
}

#endif
