/* The fast path: a known header has told that the wire types are the expected ones, so there is no
 * type table to read and nothing to compare. Values are as untrusted as ever. */
#include "decoder.h"

/* A record or a vec under way; left is 0 only for a box, which reads nothing more. */
struct frame {
    const struct candid_type *element; /* vec; NULL: a record */
    const struct candid_field *field;  /* record: next */
    uint32_t left;                     /* fields or elements */
    uint8_t *out;                      /* the struct, or the next element */
};

#define FRAMES_NEAR 12u

struct reading {
    struct candid_decoder *d;
    struct frame *frames;
    struct frame *top; /* one past the last */
    struct frame *limit;
    struct frame near[FRAMES_NEAR];
};

/* What is read next: a value, then the content of an opt, a case, a box or the field of a record. */
struct task {
    const struct candid_type *type; /* NULL: the frames say */
    uint8_t *out;
};

CANDID_COLD enum candid_result grow_frames(struct reading *r)
{
    const size_t depth = (size_t)(r->top - r->frames);
    if (r->frames != r->near) {
        return CANDID_TOO_DEEP;
    }
    struct frame *moved = ic_arena_alloc(r->d->arena, CANDID_DEPTH_MAX * sizeof *moved);
    if (moved == NULL) {
        return CANDID_NO_MEMORY;
    }
    memcpy(moved, r->frames, depth * sizeof *moved);
    r->frames = moved;
    r->top = moved + depth;
    r->limit = moved + CANDID_DEPTH_MAX;
    return CANDID_OK;
}

CANDID_HOT enum candid_result push(struct reading *r, const struct candid_type *element,
                                   const struct candid_field *field, uint32_t left, uint8_t *out)
{
    if (r->top == r->limit) {
        const enum candid_result result = grow_frames(r);
        if (result != CANDID_OK) {
            return result;
        }
    }
    *r->top++ = (struct frame){element, field, left, out};
    return CANDID_OK;
}

/* ---- kinds --------------------------------------------------------------------------------------- */

CANDID_HOT enum candid_result read_bool(struct candid_decoder *d, uint8_t *out)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t byte = *d->at++;
    *(bool *)out = (byte & 1) != 0;
    return byte > 1 ? CANDID_BAD_BOOL : CANDID_OK;
}

/* Reads absent opts in place and goes on with the first field that is more. */
CANDID_HOT enum candid_result read_fields(struct reading *r, const struct candid_field *field,
                                          uint32_t left, struct task *task, uint8_t *out)
{
    struct candid_decoder *const d = r->d;
    for (; left != 0; left--, field++) {
        CANDID_STEP();
        if (field->type->kind != CANDID_KIND_OPT || d->at == d->end || *d->at != 0) {
            break;
        }
        d->at++;
        *(bool *)(out + field->offset) = false;
    }
    if (left == 0) {
        return CANDID_OK;
    }
    *task = (struct task){field->type, out + field->offset};
    return left == 1 ? CANDID_OK : push(r, NULL, field + 1, left - 1, out);
}

CANDID_HOT enum candid_result read_record(struct reading *r, const struct candid_type *type,
                                          struct task *task, uint8_t *out)
{
    if (!candid_charge(r->d, CANDID_UNITS_OF_RECORD)) {
        return CANDID_TOO_LARGE;
    }
    return read_fields(r, type->of.fields, type->count, task, out);
}

CANDID_COLD enum candid_result read_blob(struct candid_decoder *d, struct ic_bytes *out)
{
    size_t size = 0;
    const enum candid_result result = candid_size(d, &size);
    if (result == CANDID_OK) {
        out->at = d->at;
        out->size = size;
        d->at += size;
    }
    return result;
}

static bool is_primitive(uint32_t kind)
{
    return kind < CANDID_KIND_OPT || kind == CANDID_KIND_PRINCIPAL;
}

CANDID_COLD enum candid_result read_vec(struct reading *r, const struct candid_type *type,
                                        uint8_t *out)
{
    uint64_t count = 0;
    uint8_t *at = NULL;
    const struct candid_type *element = type->of.inner;
    enum candid_result result = candid_leb(r->d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result == CANDID_OK) {
        const uint32_t fixed = candid_fixed_size(element->kind);
        result = fixed != 0 && count > candid_left(r->d) / fixed
                     ? CANDID_TRUNCATED
                     : candid_elements(r->d, &at, count, element);
    }
    if (result != CANDID_OK) {
        return result;
    }
    candid_vec_store(out, at, (size_t)count);
    if (is_primitive(element->kind)) {
        return candid_scalars(r->d, element->kind, at, count, element->size);
    }
    if (element->kind == CANDID_KIND_RECORD && element->count == 0) {
        return candid_charge(r->d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    return count == 0 ? CANDID_OK : push(r, element, NULL, (uint32_t)count, at);
}

CANDID_HOT enum candid_result read_opt(struct candid_decoder *d, const struct candid_type *type,
                                       struct task *task, uint8_t *out)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t tag = *d->at++;
    *(bool *)out = tag == 1;
    if (tag != 1) {
        return tag == 0 ? CANDID_OK : CANDID_BAD_BOOL;
    }
    if (type->of.inner->kind == CANDID_KIND_BOOL) {
        return read_bool(d, out + type->offset);
    }
    *task = (struct task){type->of.inner, out + type->offset};
    return CANDID_OK;
}

CANDID_HOT enum candid_result read_variant(struct candid_decoder *d, const struct candid_type *type,
                                           struct task *task, uint8_t *out)
{
    uint64_t index = 0;
    const enum candid_result result = candid_leb(d, &index, CANDID_LEB_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    if (index >= type->count) {
        return CANDID_BAD_CASE;
    }
    const struct candid_field *field = &type->of.fields[index];
    *(uint32_t *)(void *)out = (uint32_t)index;
    if (field->type->kind == CANDID_KIND_NULL) {
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    *task = (struct task){field->type, out + field->offset};
    return CANDID_OK;
}

/* Takes a frame that reads nothing, so that what is decoded nests no deeper than the frames. */
CANDID_COLD enum candid_result read_box(struct reading *r, const struct candid_type *inner,
                                        uint8_t *out)
{
    uint8_t *box = ic_arena_alloc(r->d->arena, inner->size);
    if (box == NULL) {
        return CANDID_NO_MEMORY;
    }
    *(uint8_t **)(void *)out = box;
    return push(r, NULL, NULL, 0, box);
}

/* ---- the loop ------------------------------------------------------------------------------------ */

CANDID_HOT enum candid_result read_step(struct reading *r, struct task *task)
{
    const struct candid_type *const type = task->type;
    uint8_t *const out = task->out;
    CANDID_STEP();
    task->type = NULL;
    switch (type->kind) {
    case CANDID_KIND_OPT:
        return read_opt(r->d, type, task, out);
    case CANDID_KIND_RECORD:
        return read_record(r, type, task, out);
    case CANDID_KIND_VARIANT:
        return read_variant(r->d, type, task, out);
    case CANDID_KIND_VEC:
        return read_vec(r, type, out);
    case CANDID_KIND_BLOB:
        return read_blob(r->d, (struct ic_bytes *)(void *)out);
    case CANDID_KIND_BOX: {
        const enum candid_result result = read_box(r, type->of.inner, out);
        *task = (struct task){type->of.inner, *(uint8_t **)(void *)out};
        return result;
    }
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return candid_charge(r->d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    default:
        return candid_scalar(r->d, type->kind, out);
    }
}

/* Takes the next thing to read from the top frame, which goes before its last part is read. */
CANDID_HOT enum candid_result next_task(struct reading *r, struct task *task)
{
    struct frame *const frame = r->top - 1;
    CANDID_STEP();
    if (frame->element == NULL) {
        r->top = frame;
        return read_fields(r, frame->field, frame->left, task, frame->out);
    }
    *task = (struct task){frame->element, frame->out};
    if (--frame->left == 0) {
        r->top = frame;
    } else if (frame->out != NULL) {
        frame->out += frame->element->size;
    }
    return CANDID_OK;
}

enum candid_result candid_direct(struct candid_decoder *d, const struct candid_type *record,
                                 void *out)
{
    struct reading r;
    r.d = d;
    r.frames = r.near;
    r.top = r.near;
    r.limit = r.near + FRAMES_NEAR;
    struct task task = {.type = record, .out = out};
    enum candid_result result = CANDID_OK;
    for (;;) {
        while (result == CANDID_OK && task.type != NULL) {
            result = read_step(&r, &task);
        }
        if (result != CANDID_OK || r.top == r.frames) {
            return result;
        }
        result = next_task(&r, &task);
    }
}
