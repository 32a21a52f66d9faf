/* The fast path: a known header has told that the wire types are the expected ones, so there is no
 * type table to read and nothing to compare. Values are as untrusted as ever. */
#include "decoder.h"

/* Not a result of decoding: nothing was read, the value takes more than one step. */
#define NOT_SIMPLE CANDID_RESULT_COUNT

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
    /* Boxes since the last byte: a type met again has no end, since all that ends has a byte. */
    const uint8_t *box_at;
    const struct candid_type *box_type; /* one of them, a later one each time they are twice as many */
    uint32_t boxes;
    uint32_t boxes_max;
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

/* ---- simple values ------------------------------------------------------------------------------- */

/* A case without content, or an opt. */
CANDID_COLD enum candid_result simple_case(struct candid_decoder *d, const struct candid_type *type,
                                           uint8_t *out)
{
    if (d->at == d->end || *d->at >= type->count || *d->at >= 0x80) {
        return NOT_SIMPLE;
    }
    const uint32_t tag = *d->at;
    if (type->of.fields[tag].type->kind != CANDID_KIND_NULL) {
        return NOT_SIMPLE;
    }
    d->at++;
    *(uint32_t *)(void *)out = tag;
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

CANDID_COLD enum candid_result simple_opt(struct candid_decoder *d, const struct candid_type *type,
                                          uint8_t *out)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    if (*d->at == 0) {
        d->at++;
        *(bool *)out = false;
        return CANDID_OK;
    }
    const uint32_t kind = type->of.inner->kind;
    const bool is_empty = kind == CANDID_KIND_RECORD && type->of.inner->count == 0;
    if (*d->at != 1 || !(candid_is_scalar(kind) || is_empty)) {
        return NOT_SIMPLE;
    }
    d->at++;
    *(bool *)out = true;
    if (is_empty) {
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    return candid_scalar(d, kind, out + type->offset);
}

/* A value that takes no frame. Not inlined, so that what it costs does not depend on how the compiler
 * lays out a large loop.
 *   returns   NOT_SIMPLE: nothing was read */
CANDID_COLD enum candid_result simple(struct candid_decoder *d, const struct candid_type *type,
                                      uint8_t *out)
{
    switch (type->kind) {
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_KIND_OPT:
        return simple_opt(d, type, out);
    case CANDID_KIND_RECORD:
        return type->count != 0       ? NOT_SIMPLE
               : candid_charge(d, 1) ? CANDID_OK
                                     : CANDID_TOO_LARGE;
    case CANDID_KIND_VARIANT:
        return simple_case(d, type, out);
    case CANDID_KIND_VEC:
        if (d->at == d->end || *d->at != 0) {
            return NOT_SIMPLE;
        }
        d->at++;
        candid_vec_store(out, NULL, 0);
        return CANDID_OK;
    case CANDID_KIND_BLOB:
        return read_blob(d, (struct ic_bytes *)(void *)out);
    case CANDID_KIND_BOX:
        return NOT_SIMPLE;
    default:
        return candid_scalar(d, type->kind, out);
    }
}

/* ---- records and vecs ---------------------------------------------------------------------------- */

/* Reads the fields of a record, of the records in it and of the records around it, up to one that is
 * not simple: that becomes the task. */
CANDID_COLD enum candid_result read_fields(struct reading *r, const struct candid_field *field,
                                           uint32_t left, struct task *task, uint8_t *out)
{
    for (;;) {
        while (left != 0) {
            const struct candid_type *type = field->type;
            uint8_t *at = out + field->offset;
            if (type->kind == CANDID_KIND_OPT && type->of.inner->kind == CANDID_KIND_RECORD &&
                r->d->at != r->d->end && *r->d->at == 1) {
                r->d->at++;
                *(bool *)at = true;
                at += type->offset;
                type = type->of.inner;
            }
            const bool is_record = type->kind == CANDID_KIND_RECORD && type->count != 0;
            enum candid_result result =
                is_record ? NOT_SIMPLE : simple(r->d, type, at);
            CANDID_STEP();
            field++;
            left--;
            if (result == NOT_SIMPLE) {
                result = left == 0 ? CANDID_OK : push(r, NULL, field, left, out);
                if (!is_record) {
                    *task = (struct task){type, at};
                    return result;
                }
                /* A record that waits is a level to come back to. */
                if (!candid_charge(r->d, left == 0 ? 1 : 2)) {
                    return CANDID_TOO_LARGE;
                }
                field = type->of.fields;
                left = type->count;
                out = at;
            }
            if (result != CANDID_OK) {
                return result;
            }
        }
        /* Records around it, and boxes, which end with it. */
        if (r->top == r->frames || r->top[-1].element != NULL) {
            return CANDID_OK;
        }
        const struct frame *const frame = --r->top;
        field = frame->field;
        left = frame->left;
        out = frame->out;
    }
}

CANDID_HOT enum candid_result read_record(struct reading *r, const struct candid_type *type,
                                          struct task *task, uint8_t *out)
{
    if (!candid_charge(r->d, 1)) {
        return CANDID_TOO_LARGE;
    }
    return read_fields(r, type->of.fields, type->count, task, out);
}

/* The content of an opt in *type and *at, where there is one.
 *   returns   NOT_SIMPLE then */
CANDID_HOT enum candid_result enter_opt(struct candid_decoder *d, const struct candid_type **type,
                                        uint8_t **at)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t tag = *d->at++;
    **(bool **)(void *)at = tag == 1;
    *at += (*type)->offset;
    *type = (*type)->of.inner;
    return tag == 1 ? NOT_SIMPLE : tag == 0 ? CANDID_OK : CANDID_BAD_BOOL;
}

/* Elements up to one that leaves a task or frames. */
CANDID_COLD enum candid_result read_elements(struct reading *r, struct frame *frame,
                                             struct task *task)
{
    const struct candid_type *const element = frame->element;
    const bool are_records = element->kind == CANDID_KIND_RECORD;
    const bool are_opts = element->kind == CANDID_KIND_OPT;
    uint32_t left = frame->left;
    uint8_t *out = frame->out;
    while (left != 0) {
        const struct candid_type *type = element;
        uint8_t *at = out;
        CANDID_STEP();
        enum candid_result result = are_opts ? enter_opt(r->d, &type, &at) : NOT_SIMPLE;
        if (result == NOT_SIMPLE && !are_records) {
            result = simple(r->d, type, at);
        }
        left--;
        if (result == NOT_SIMPLE) {
            r->top = left == 0 ? frame : frame + 1; // goes before its last element
            frame->left = left;
            frame->out = out + element->size;
            if (!are_records) {
                *task = (struct task){type, at};
                return CANDID_OK;
            }
            const struct frame *const top = r->top;
            result = read_record(r, element, task, out);
            if (task->type != NULL || r->top != top) {
                return result;
            }
        }
        if (result != CANDID_OK) {
            return result;
        }
        out += element->size;
    }
    r->top = frame;
    return CANDID_OK;
}

static bool is_primitive(uint32_t kind)
{
    return kind < CANDID_KIND_OPT || kind == CANDID_KIND_PRINCIPAL;
}

CANDID_COLD enum candid_result read_vec(struct reading *r, const struct candid_type *type,
                                        struct task *task, uint8_t *out)
{
    uint64_t count = 0;
    uint8_t *at = NULL;
    const struct candid_type *element = type->of.inner;
    enum candid_result result = candid_leb(r->d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result == CANDID_OK && element->kind == CANDID_KIND_NULL) {
        candid_vec_store(out, NULL, (size_t)count);
        return candid_charge(r->d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    if (result == CANDID_OK) {
        result = candid_elements(r->d, &at, count, element->kind, element);
    }
    if (result != CANDID_OK) {
        return result;
    }
    candid_vec_store(out, element->size == 0 || count == 0 ? NULL : at, (size_t)count);
    if (is_primitive(element->kind)) {
        return candid_scalars(r->d, element->kind, at, count, element->size);
    }
    if (element->kind == CANDID_KIND_RECORD && element->count == 0) {
        return candid_charge(r->d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    if (count == 1) {
        /* No frame for one. */
        result = simple(r->d, element, at);
        if (result == NOT_SIMPLE) {
            *task = (struct task){element, at};
            return CANDID_OK;
        }
        return result;
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

CANDID_COLD bool is_endless(struct reading *r, const struct candid_type *type)
{
    if (r->d->at != r->box_at) {
        r->box_at = r->d->at;
        r->boxes = 0;
        r->boxes_max = 1;
    } else if (type == r->box_type) {
        return true;
    }
    if (r->boxes++ == r->boxes_max || r->boxes == 1) {
        r->box_type = type;
        r->boxes_max *= 2;
    }
    return false;
}

/* Takes a frame that reads nothing, so that what is decoded nests no deeper than the frames. */
CANDID_COLD enum candid_result read_box(struct reading *r, const struct candid_type *inner,
                                        uint8_t *out)
{
    uint8_t *box = NULL;
    if (is_endless(r, inner)) {
        return CANDID_UNINHABITED;
    }
    const enum candid_result result = candid_box(r->d, &box, inner->size);
    if (result != CANDID_OK) {
        return result;
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
        return read_vec(r, type, task, out);
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

/* Goes on with the top frame, which goes before its last part is read. */
CANDID_HOT enum candid_result next_task(struct reading *r, struct task *task)
{
    struct frame *const frame = r->top - 1;
    CANDID_STEP();
    if (frame->element != NULL) {
        return read_elements(r, frame, task);
    }
    r->top = frame;
    return read_fields(r, frame->field, frame->left, task, frame->out);
}

enum candid_result candid_direct(struct candid_decoder *d, const struct candid_type *record,
                                 void *out)
{
    struct reading r;
    r.d = d;
    r.box_at = NULL;
    r.frames = r.near;
    r.top = r.near;
    r.limit = r.near + FRAMES_NEAR;
    struct task task = {.type = NULL};
    enum candid_result result = read_fields(&r, record->of.fields, record->count, &task, out);
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
