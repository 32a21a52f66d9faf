/* The decoder proper: a wire type, an expected type, and the rules that lead from one to the other.
 * SPEC: Candid, "Decoding"; the outcomes are those of its coercion relation:
 *   a value; MISMATCH, which the innermost enclosing expected opt turns into null; anything else
 *   rejects the message, below opt and in skipped data too.
 *
 * No recursion: nesting is a stack of frames. A variant needs no frame, reading goes on with its case.
 * An opt has one to come back to, a box so that what is decoded nests no deeper than the frames. What
 * is expected at `reserved` or not at all is skipped (skip.c). */
#include "decoder.h"

enum frame_kind { FRAME_RECORD, FRAME_VEC, FRAME_OPT, FRAME_BOX };

/* What is left of a record on both sides; each ascends by id. */
struct fields {
    const struct candid_wire_field *wire;
    const struct candid_wire_field *wire_end;
    const struct candid_field *field;
    const struct candid_field *field_end;
};

struct frame {
    enum frame_kind kind;
    candid_ref ref; /* VEC: of the elements; OPT: of what is attempted */
    uint8_t *out;   /* RECORD: the struct; VEC: next element; OPT: the opt */
    struct fields fields; /* RECORD */
    /* VEC: never 0 */
    uint32_t left;
    const struct candid_type *element;
    /* OPT: where the attempt began */
    const uint8_t *at;
    size_t arena_used;
};

/* Frames on the stack of the program; deeper values take the arena. */
#define FRAMES_NEAR 12u

struct coercion {
    struct candid_decoder *d;
    struct frame *frames;
    struct frame *top; /* one past the last */
    struct frame *limit;
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
    struct frame *moved = ic_arena_alloc(c->d->arena, CANDID_DEPTH_MAX * sizeof *moved);
    if (moved == NULL) {
        return CANDID_NO_MEMORY;
    }
    memcpy(moved, c->frames, depth * sizeof *moved);
    c->frames = moved;
    c->top = moved + depth;
    c->limit = moved + CANDID_DEPTH_MAX;
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

/* ---- what the wire lacks ------------------------------------------------------------------------- */

/* An expected field that is absent becomes null if its type allows that. */
CANDID_COLD enum candid_result read_absent(struct coercion *c, const struct candid_type *type,
                                           uint8_t *out)
{
    if (type->kind == CANDID_KIND_BOX) {
        const struct candid_type *inner = type->of.inner;
        if (inner->kind != CANDID_KIND_OPT) {
            return CANDID_MISSING;
        }
        uint8_t *box = ic_arena_alloc(c->d->arena, inner->size);
        if (box == NULL) {
            return CANDID_NO_MEMORY;
        }
        *(uint8_t **)(void *)out = box;
        type = inner;
        out = box;
    }
    switch (type->kind) {
    case CANDID_KIND_OPT:
        *(bool *)out = false;
        return CANDID_OK;
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return CANDID_OK;
    default:
        return CANDID_MISSING;
    }
}

/* ---- records ------------------------------------------------------------------------------------- */

/* Where reading goes on. */
struct task {
    candid_ref ref;
    const struct candid_type *type; /* NULL: nowhere, the frames say what is next */
    uint8_t *out;
};

/* Skipping keeps nothing, its scratch included. */
CANDID_COLD enum candid_result skip(struct coercion *c, candid_ref ref)
{
    const size_t used = c->d->arena->used;
    const enum candid_result result = candid_skip(c->d, ref);
    c->d->arena->used = used;
    return result;
}

CANDID_HOT enum candid_result absent_field(struct coercion *c, const struct candid_field *field,
                                           uint8_t *out)
{
    CANDID_STEP();
    if (field->type->kind == CANDID_KIND_OPT) {
        *(bool *)(out + field->offset) = false;
        return CANDID_OK;
    }
    return read_absent(c, field->type, out + field->offset);
}

/* The wire has no more fields. */
CANDID_HOT enum candid_result absent_fields(struct coercion *c, const struct candid_field *field,
                                            const struct candid_field *field_end, uint8_t *out)
{
    if (field == field_end) {
        return CANDID_OK;
    }
    if (!candid_charge(c->d, (uint64_t)(field_end - field))) {
        return CANDID_TOO_LARGE;
    }
    enum candid_result result = CANDID_OK;
    for (; result == CANDID_OK && field != field_end; field++) {
        result = absent_field(c, field, out);
    }
    return result;
}

/* Kinds whose values are read by candid_scalar and match only their own kind. */
CANDID_HOT bool is_scalar(uint32_t kind)
{
    return (kind >= CANDID_KIND_BOOL && kind <= CANDID_KIND_TEXT) || kind == CANDID_KIND_PRINCIPAL;
}

CANDID_HOT enum candid_result read_scalar(struct candid_decoder *d, uint32_t kind, uint8_t *out)
{
    if (kind != CANDID_KIND_BOOL) {
        return candid_scalar(d, kind, out);
    }
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t byte = *d->at++;
    *(bool *)out = (byte & 1) != 0;
    return byte > 1 ? CANDID_BAD_BOOL : CANDID_OK;
}

/* A field that needs no frame and cannot mismatch: a scalar of the expected kind or of the kind
 * in an expected opt, an absent opt. Returns
 * false when it is something else; nothing was read then. */
CANDID_HOT bool read_simple(struct candid_decoder *d, candid_ref ref,
                            const struct candid_type *type, uint8_t *out,
                            enum candid_result *result)
{
    if (ref < 0) {
        if (type->kind == CANDID_KIND_OPT && type->of.inner->kind == (uint32_t)-ref &&
            is_scalar((uint32_t)-ref) && candid_charge(d, 1)) {
            *(bool *)out = true;
            *result = read_scalar(d, (uint32_t)-ref, out + type->offset);
            return true;
        }
        if (type->kind != (uint32_t)-ref || !is_scalar(type->kind)) {
            return false;
        }
        *result = read_scalar(d, type->kind, out);
        return true;
    }
    if (type->kind != CANDID_KIND_OPT || d->at == d->end || *d->at != 0 ||
        d->entries[ref].kind != CANDID_KIND_OPT) {
        return false;
    }
    d->at++;
    *(bool *)out = false;
    *result = CANDID_OK;
    return true;
}

/* Reads fields up to one that needs more than one step: that becomes the task, and those behind it wait
 * in a frame. */
CANDID_HOT enum candid_result read_fields(struct coercion *c, struct fields f, struct task *task,
                                          uint8_t *out)
{
    enum candid_result result = CANDID_OK;
    while (result == CANDID_OK) {
        if (f.wire == f.wire_end) {
            return absent_fields(c, f.field, f.field_end, out);
        }
        if (f.field != f.field_end && f.field->id < f.wire->id) {
            result = candid_charge(c->d, 1) ? absent_field(c, f.field++, out) : CANDID_TOO_LARGE;
        } else if (f.field == f.field_end || f.field->id != f.wire->id) {
            result = skip(c, f.wire++->ref);
        } else {
            const candid_ref ref = f.wire++->ref;
            const struct candid_type *const type = f.field->type;
            uint8_t *const at = out + f.field++->offset;
            CANDID_STEP();
            if (!read_simple(c->d, ref, type, at, &result)) {
                *task = (struct task){ref, type, at};
                break;
            }
        }
    }
    if (result != CANDID_OK || (f.wire == f.wire_end && f.field == f.field_end)) {
        return result;
    }
    struct frame *frame = NULL;
    result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_RECORD;
        frame->fields = f;
        frame->out = out;
    }
    return result;
}

CANDID_HOT enum candid_result read_record(struct coercion *c, const struct candid_entry *entry,
                                          const struct candid_type *type, struct task *task,
                                          uint8_t *out)
{
    if (!candid_charge(c->d, CANDID_UNITS_OF_RECORD)) {
        return CANDID_TOO_LARGE;
    }
    if (entry->count == 1 && type->count == 1) {
        const struct candid_wire_field *wire = c->d->fields + entry->first;
        const struct candid_field *field = type->of.fields;
        if (wire->id == field->id) {
            *task = (struct task){wire->ref, field->type, out + field->offset};
            return CANDID_OK;
        }
    }
    struct fields f = {.field = type->of.fields};
    f.field_end = type->count == 0 ? f.field : f.field + type->count;
    if (entry->count != 0) {
        f.wire = c->d->fields + entry->first;
        f.wire_end = f.wire + entry->count;
    }
    return read_fields(c, f, task, out);
}

/* ---- what needs more than one step --------------------------------------------------------------- */

/* Elements of a fixed size that are only skipped, or are the bytes of a blob: all at once. */
static enum candid_result skip_fixed(struct candid_decoder *d, uint64_t count, uint32_t size)
{
    if (count > candid_left(d) / size) {
        return CANDID_TRUNCATED;
    }
    d->at += (size_t)count * size;
    return CANDID_OK;
}

static enum candid_result push_vec(struct coercion *c, candid_ref inner, uint64_t count,
                                   const struct candid_type *element, uint8_t *out)
{
    struct frame *frame = NULL;
    if (count == 0) {
        return CANDID_OK;
    }
    const enum candid_result result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_VEC;
        frame->ref = inner;
        frame->left = (uint32_t)count;
        frame->element = element;
        frame->out = out;
    }
    return result;
}

/* A blob takes a vec nat8 as it lies there; an empty vec of anything is an empty blob. */
static enum candid_result read_blob(struct coercion *c, candid_ref inner, uint64_t count,
                                    struct ic_bytes *out)
{
    if (count != 0 && inner != -CANDID_KIND_NAT8) {
        return inner == -CANDID_KIND_EMPTY ? CANDID_UNINHABITED : CANDID_MISMATCH;
    }
    out->at = c->d->at;
    out->size = (size_t)count;
    return skip_fixed(c->d, count, 1);
}

/* Primitive elements are read at once, others one by one in a frame. */
static enum candid_result read_elements(struct coercion *c, candid_ref inner, uint64_t count,
                                        const struct candid_type *element, uint8_t *at)
{
    if (inner < 0 && element->kind == (uint32_t)-inner) {
        return candid_scalars(c->d, (uint32_t)-inner, at, count, element->size);
    }
    if (candid_wire_kind(c->d, inner) == CANDID_KIND_RECORD && c->d->entries[inner].count == 0 &&
        element->kind == CANDID_KIND_RECORD && element->count == 0) {
        return candid_charge(c->d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    return push_vec(c, inner, count, element, at);
}

CANDID_COLD enum candid_result read_vec(struct coercion *c, candid_ref ref,
                                        const struct candid_type *type, uint8_t *out)
{
    struct candid_decoder *d = c->d;
    const candid_ref inner = (candid_ref)d->entries[ref].first;
    uint64_t count = 0;
    enum candid_result result = candid_leb(d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    const uint32_t fixed = inner < 0 ? candid_fixed_size((uint32_t)-inner) : 0;
    if (fixed != 0 && count > candid_left(d) / fixed) {
        return CANDID_TRUNCATED;
    }
    if (type->kind == CANDID_KIND_BLOB) {
        return read_blob(c, inner, count, (struct ic_bytes *)(void *)out);
    }
    uint8_t *at = NULL;
    result = candid_elements(d, &at, count, type->of.inner);
    if (result != CANDID_OK) {
        return result;
    }
    candid_vec_store(out, at, (size_t)count);
    return read_elements(c, inner, count, type->of.inner, at);
}

/* The expected case with this id, or -1. */
static int32_t find_case(const struct candid_type *type, uint32_t id)
{
    uint32_t low = 0;
    uint32_t high = type->count;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (type->of.fields[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < type->count && type->of.fields[low].id == id ? (int32_t)low : -1;
}

CANDID_HOT enum candid_result read_variant(struct coercion *c, const struct candid_entry *entry,
                                           const struct candid_type *type, struct task *task,
                                           uint8_t *out)
{
    uint64_t index = 0;
    const enum candid_result result = candid_leb(c->d, &index, CANDID_LEB_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    if (index >= entry->count) {
        return CANDID_BAD_CASE;
    }
    const struct candid_wire_field *wire = &c->d->fields[entry->first + index];
    /* Where both sides have the same cases the index is the tag. */
    const bool same = index < type->count && type->of.fields[index].id == wire->id;
    const int32_t tag = same ? (int32_t)index : find_case(type, wire->id);
    if (tag < 0) {
        return CANDID_MISMATCH;
    }
    const struct candid_field *expected = &type->of.fields[tag];
    *(uint32_t *)(void *)out = (uint32_t)tag;
    if (wire->ref == -CANDID_KIND_NULL && expected->type->kind == CANDID_KIND_NULL) {
        return candid_charge(c->d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    *task = (struct task){wire->ref, expected->type, out + expected->offset};
    return CANDID_OK;
}

/* Tries to read at the content of an opt: what does not fit makes it null. */
CANDID_HOT enum candid_result attempt(struct coercion *c, candid_ref ref,
                                      const struct candid_type *type, struct task *task,
                                      uint8_t *out)
{
    const struct candid_type *const inner = type->of.inner;
    *(bool *)out = true;
    if (ref < 0 && is_scalar((uint32_t)-ref) && is_scalar(inner->kind)) {
        /* Fit or misfit is seen at once, so there is nothing to come back to. */
        if (inner->kind == (uint32_t)-ref) {
            return read_scalar(c->d, inner->kind, out + type->offset);
        }
        if (inner->kind != CANDID_KIND_INT || ref != -CANDID_KIND_NAT) {
            *(bool *)out = false;
            return candid_charge(c->d, 1) ? skip(c, ref) : CANDID_TOO_LARGE;
        }
    }
    struct frame *frame = NULL;
    const enum candid_result result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_OPT;
        frame->ref = ref;
        frame->out = out;
        frame->at = c->d->at;
        frame->arena_used = c->d->arena->used;
        *task = (struct task){ref, inner, out + type->offset};
    }
    return result;
}

CANDID_HOT enum candid_result read_opt(struct coercion *c, candid_ref ref,
                                       const struct candid_type *type, struct task *task,
                                       uint8_t *out)
{
    struct candid_decoder *d = c->d;
    if (ref >= 0 && d->entries[ref].kind == CANDID_KIND_OPT) {
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        const uint8_t tag = *d->at++;
        if (tag == 1) {
            return attempt(c, (candid_ref)d->entries[ref].first, type, task, out);
        }
        *(bool *)out = false;
        return tag == 0 ? CANDID_OK : CANDID_BAD_BOOL;
    }
    if (!candid_charge(d, 1)) {
        return CANDID_TOO_LARGE;
    }
    if (ref == -CANDID_KIND_NULL || ref == -CANDID_KIND_RESERVED) {
        *(bool *)out = false;
        return CANDID_OK;
    }
    return attempt(c, ref, type, task, out);
}

CANDID_COLD enum candid_result read_box(struct coercion *c, const struct candid_type *type,
                                        uint8_t *out, uint8_t **content)
{
    struct frame *frame = NULL;
    *content = ic_arena_alloc(c->d->arena, type->of.inner->size);
    if (*content == NULL) {
        return CANDID_NO_MEMORY;
    }
    *(uint8_t **)(void *)out = *content;
    const enum candid_result result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_BOX;
    }
    return result;
}

/* ---- one step ------------------------------------------------------------------------------------ */

CANDID_COLD enum candid_result read_reference(struct coercion *c, candid_ref ref,
                                              const struct candid_type *type, uint8_t *out)
{
    const bool had_pairs = c->d->pairs != NULL;
    const enum candid_result result = candid_subtype(c->d, ref, type);
    if (!had_pairs) {
        keep_arena(c);
    }
    return result == CANDID_OK ? candid_scalar(c->d, type->kind, out) : result;
}

/* Kinds that differ, opt and reserved apart. */
CANDID_COLD enum candid_result read_other(struct coercion *c, candid_ref ref, uint32_t kind,
                                          const struct candid_type *type, uint8_t *out)
{
    if (kind == CANDID_KIND_EMPTY) {
        return CANDID_UNINHABITED;
    }
    if (kind == CANDID_KIND_VEC && type->kind == CANDID_KIND_BLOB) {
        return read_vec(c, ref, type, out);
    }
    if (kind == CANDID_KIND_NAT && type->kind == CANDID_KIND_INT) {
        return candid_nat_as_int(c->d, (struct candid_int *)(void *)out);
    }
    if (kind == CANDID_KIND_SERVICE && type->kind == CANDID_KIND_PRINCIPAL) {
        return candid_scalar(c->d, kind, out);
    }
    return CANDID_MISMATCH;
}

/* Both sides have this kind. */
CANDID_HOT enum candid_result read_same(struct coercion *c, uint32_t kind, candid_ref ref,
                                        const struct candid_type *type, struct task *task,
                                        uint8_t *out)
{
    switch (kind) {
    case CANDID_KIND_NULL:
        return candid_charge(c->d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_KIND_RECORD:
        return read_record(c, &c->d->entries[ref], type, task, out);
    case CANDID_KIND_VARIANT:
        return read_variant(c, &c->d->entries[ref], type, task, out);
    case CANDID_KIND_VEC:
        return read_vec(c, ref, type, out);
    case CANDID_KIND_FUNC:
    case CANDID_KIND_SERVICE:
        return read_reference(c, ref, type, out);
    default:
        return read_scalar(c->d, kind, out);
    }
}

/* Reads a value or as much of it as needs no frame; then *task says where to go on, if it does. */
CANDID_HOT enum candid_result read_step(struct coercion *c, struct task *task)
{
    const candid_ref ref = task->ref;
    const struct candid_type *const type = task->type;
    uint8_t *const out = task->out;
    CANDID_STEP();
    task->type = NULL;
    if (type->kind == CANDID_KIND_OPT) {
        return read_opt(c, ref, type, task, out);
    }
    const uint32_t kind = candid_wire_kind(c->d, ref);
    if (type->kind == kind && kind != CANDID_KIND_RESERVED) {
        return read_same(c, kind, ref, type, task, out);
    }
    if (type->kind == CANDID_KIND_RESERVED) {
        return skip(c, ref);
    }
    if (type->kind == CANDID_KIND_BOX) {
        uint8_t *content = NULL;
        const enum candid_result result = read_box(c, type, out, &content);
        *task = (struct task){ref, type->of.inner, content};
        return result;
    }
    return read_other(c, ref, kind, type, out);
}

/* ---- the loop ------------------------------------------------------------------------------------ */

/* Absent opts at the front of a vec, but not its last element. */
CANDID_HOT void read_absent_elements(struct candid_decoder *d, struct frame *frame)
{
    if (frame->ref < 0 || d->entries[frame->ref].kind != CANDID_KIND_OPT) {
        return;
    }
    const uint8_t *at = d->at;
    const uint8_t *const end = d->end;
    uint8_t *out = frame->out;
    uint32_t left = frame->left;
    for (; left > 1 && at != end && *at == 0; left--, at++) {
        CANDID_STEP();
        *(bool *)out = false;
        out += frame->element->size;
    }
    d->at = at;
    frame->out = out;
    frame->left = left;
}

/* The same for cases without content that stand at the same place on both sides. */
CANDID_HOT void read_empty_cases(struct candid_decoder *d, struct frame *frame)
{
    if (frame->ref < 0 || d->entries[frame->ref].kind != CANDID_KIND_VARIANT) {
        return;
    }
    const struct candid_wire_field *const wire = d->fields + d->entries[frame->ref].first;
    const struct candid_field *const fields = frame->element->of.fields;
    const uint32_t wire_count = d->entries[frame->ref].count;
    const uint32_t cases = wire_count < frame->element->count ? wire_count : frame->element->count;
    for (; frame->left > 1 && d->at != d->end && d->units_left != 0; frame->left--) {
        const uint32_t tag = *d->at;
        CANDID_STEP();
        if (tag >= cases || tag > 0x7f || wire[tag].ref != -CANDID_KIND_NULL ||
            wire[tag].id != fields[tag].id || fields[tag].type->kind != CANDID_KIND_NULL) {
            return;
        }
        d->at++;
        d->units_left--;
        *(uint32_t *)(void *)frame->out = tag;
        frame->out += frame->element->size;
    }
}

/* Takes the next thing to read from the top frame. */
CANDID_HOT enum candid_result next_task(struct coercion *c, struct task *task)
{
    struct frame *const frame = c->top - 1;
    CANDID_STEP();
    switch (frame->kind) {
    case FRAME_RECORD:
        c->top--;
        return read_fields(c, frame->fields, task, frame->out);
    case FRAME_VEC:
        if (frame->element->kind == CANDID_KIND_OPT) {
            read_absent_elements(c->d, frame);
        } else if (frame->element->kind == CANDID_KIND_VARIANT) {
            read_empty_cases(c->d, frame);
        }
        *task = (struct task){frame->ref, frame->element, frame->out};
        if (--frame->left == 0) {
            c->top--;
        } else if (frame->out != NULL) {
            frame->out += frame->element->size;
        }
        return CANDID_OK;
    case FRAME_OPT: /* the attempt went well */
    case FRAME_BOX:
        c->top--;
        return CANDID_OK;
    }
    return CANDID_MISMATCH;
}

/* The innermost attempt becomes null, and its value is skipped. Reading the same bytes again costs
 * units, so that nested attempts cannot multiply the work. */
CANDID_COLD enum candid_result rewind_attempt(struct coercion *c, enum candid_result reason)
{
    while (c->top != c->frames && c->top[-1].kind != FRAME_OPT) {
        c->top--;
    }
    if (c->top == c->frames) {
        return reason;
    }
    const struct frame *frame = --c->top;
    if (!candid_charge(c->d, (uint64_t)(c->d->at - frame->at) + 1)) {
        return CANDID_TOO_LARGE;
    }
    c->d->at = frame->at;
    c->d->arena->used = frame->arena_used;
    *(bool *)frame->out = false;
    return skip(c, frame->ref);
}

enum candid_result candid_coerce(struct candid_decoder *d, const struct candid_entry *args,
                                 const struct candid_type *record, void *out)
{
    struct coercion c;
    c.d = d;
    c.frames = c.near;
    c.top = c.near;
    c.limit = c.near + FRAMES_NEAR;
    struct task task = {.type = NULL};
    enum candid_result result = read_record(&c, args, record, &task, out);
    for (;;) {
        while (result == CANDID_OK && task.type != NULL) {
            result = read_step(&c, &task);
        }
        if (result == CANDID_MISMATCH || result == CANDID_MISSING) {
            result = rewind_attempt(&c, result);
            task.type = NULL;
        }
        if (result != CANDID_OK || c.top == c.frames) {
            return result;
        }
        result = next_task(&c, &task);
    }
}
