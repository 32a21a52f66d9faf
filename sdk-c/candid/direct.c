/* The fast path: a known header has told that the wire types are the expected ones, so there is no
 * type table to read and nothing to compare. Values are as untrusted as ever. */
#include "decoder.h"

struct frame {
    const struct candid_type *element; /* vec; NULL: a record */
    const struct candid_field *field;  /* record: next */
    uint32_t left;                     /* fields or elements */
    uint8_t *out;
};

#define FRAMES_NEAR 12u

struct reading {
    struct candid_decoder *d;
    struct frame *frames;
    uint32_t depth;
    uint32_t depth_max;
    struct frame near[FRAMES_NEAR];
};

static enum candid_result push(struct reading *r, struct frame **frame)
{
    if (r->depth == r->depth_max) {
        if (r->depth_max == CANDID_DEPTH_MAX) {
            return CANDID_TOO_DEEP;
        }
        struct frame *moved = ic_arena_alloc(r->d->arena, CANDID_DEPTH_MAX * sizeof *moved);
        if (moved == NULL) {
            return CANDID_NO_MEMORY;
        }
        memcpy(moved, r->frames, r->depth * sizeof *moved);
        r->frames = moved;
        r->depth_max = CANDID_DEPTH_MAX;
    }
    *frame = &r->frames[r->depth++];
    return CANDID_OK;
}

static enum candid_result read_record(struct reading *r, const struct candid_type *type,
                                      uint8_t *out)
{
    struct frame *frame = NULL;
    if (!candid_charge(r->d, 1)) {
        return CANDID_TOO_LARGE;
    }
    const enum candid_result result = push(r, &frame);
    if (result == CANDID_OK) {
        frame->element = NULL;
        frame->field = type->of.fields;
        frame->left = type->count;
        frame->out = out;
    }
    return result;
}

static enum candid_result read_blob(struct candid_decoder *d, struct ic_bytes *out)
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

static enum candid_result read_vec(struct reading *r, const struct candid_type *type, uint8_t *out)
{
    uint64_t count = 0;
    uint8_t *at = NULL;
    struct frame *frame = NULL;
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
    if (count == 0) {
        return CANDID_OK;
    }
    result = push(r, &frame);
    if (result == CANDID_OK) {
        frame->element = element;
        frame->left = (uint32_t)count;
        frame->out = at;
    }
    return result;
}

/* What is read next: a value, then the content of an opt, a case or a box. */
struct task {
    const struct candid_type *type; /* NULL: nothing left */
    uint8_t *out;
};

static enum candid_result read_opt(struct candid_decoder *d, struct task *task)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t tag = *d->at++;
    if (tag > 1) {
        return CANDID_BAD_BOOL;
    }
    *(bool *)task->out = tag == 1;
    task->out += task->type->offset;
    task->type = tag == 1 ? task->type->of.inner : NULL;
    return CANDID_OK;
}

static enum candid_result read_variant(struct candid_decoder *d, struct task *task)
{
    uint64_t index = 0;
    const enum candid_result result = candid_leb(d, &index, CANDID_LEB_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    if (index >= task->type->count) {
        return CANDID_BAD_CASE;
    }
    const struct candid_field *field = &task->type->of.fields[index];
    *(uint32_t *)(void *)task->out = (uint32_t)index;
    task->out += field->offset;
    task->type = field->type;
    return CANDID_OK;
}

/* Takes an empty frame, so that what is decoded nests no deeper than the frames. */
static enum candid_result read_box(struct reading *r, struct task *task)
{
    const struct candid_type *inner = task->type->of.inner;
    uint8_t *box = ic_arena_alloc(r->d->arena, inner->size);
    if (box == NULL) {
        return CANDID_NO_MEMORY;
    }
    *(uint8_t **)(void *)task->out = box;
    task->out = box;
    task->type = inner;
    struct frame *frame = NULL;
    const enum candid_result result = push(r, &frame);
    if (result == CANDID_OK) {
        frame->element = NULL;
        frame->left = 0;
    }
    return result;
}

static enum candid_result read_step(struct reading *r, struct task *task)
{
    const struct candid_type *type = task->type;
    uint8_t *out = task->out;
    switch (type->kind) {
    case CANDID_KIND_OPT:
        return read_opt(r->d, task);
    case CANDID_KIND_VARIANT:
        return read_variant(r->d, task);
    case CANDID_KIND_BOX:
        return read_box(r, task);
    default:
        break;
    }
    task->type = NULL;
    switch (type->kind) {
    case CANDID_KIND_BLOB:
        return read_blob(r->d, (struct ic_bytes *)(void *)out);
    case CANDID_KIND_RECORD:
        return read_record(r, type, out);
    case CANDID_KIND_VEC:
        return read_vec(r, type, out);
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return candid_charge(r->d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    default:
        return candid_scalar(r->d, type->kind, out);
    }
}

enum candid_result candid_direct(struct candid_decoder *d, const struct candid_type *record,
                                 void *out)
{
    struct reading r;
    r.d = d;
    r.frames = r.near;
    r.depth = 0;
    r.depth_max = FRAMES_NEAR;
    enum candid_result result = read_record(&r, record, out);
    while (result == CANDID_OK && r.depth != 0) {
        struct frame *frame = &r.frames[r.depth - 1];
        struct task task;
        CANDID_STEP();
        if (frame->left == 0) {
            r.depth--;
            continue;
        }
        frame->left--;
        if (frame->element == NULL) {
            task = (struct task){frame->field->type, frame->out + frame->field->offset};
            frame->field++;
        } else {
            task = (struct task){frame->element, frame->out};
            if (frame->out != NULL) {
                frame->out += frame->element->size;
            }
        }
        while (result == CANDID_OK && task.type != NULL) {
            CANDID_STEP();
            result = read_step(&r, &task);
        }
    }
    return result;
}
