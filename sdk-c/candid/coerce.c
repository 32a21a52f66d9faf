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

struct frame {
    enum frame_kind kind;
    candid_ref ref;      /* VEC: of the elements; OPT: of what is attempted */
    uint32_t wire_at;    /* RECORD: next field of the wire */
    uint32_t left;       /* RECORD: fields left on the wire; VEC: elements left */
    uint32_t index;      /* RECORD: next expected field */
    const struct candid_type *type; /* RECORD: itself; VEC: of the elements */
    uint8_t *out;        /* RECORD: the struct; VEC: next element; OPT: the opt */
    const uint8_t *at;   /* OPT: where the attempt began */
    size_t arena_used;   /* OPT: then */
};

/* Frames on the stack of the program; deeper values take the arena. */
#define FRAMES_NEAR 12u

struct coercion {
    struct candid_decoder *d;
    struct frame *frames;
    uint32_t depth;
    uint32_t depth_max; /* of frames */
    struct frame near[FRAMES_NEAR];
};

/* ---- frames -------------------------------------------------------------------------------------- */

/* Attempts give back the arena when they fail; what was taken for the decoder itself stays. */
static void keep_arena(struct coercion *c)
{
    for (uint32_t i = 0; i < c->depth; i++) {
        if (c->frames[i].kind == FRAME_OPT) {
            c->frames[i].arena_used = c->d->arena->used;
        }
    }
}

CANDID_COLD enum candid_result grow_frames(struct coercion *c)
{
    if (c->depth_max == CANDID_DEPTH_MAX) {
        return CANDID_TOO_DEEP;
    }
    struct frame *moved = ic_arena_alloc(c->d->arena, CANDID_DEPTH_MAX * sizeof *moved);
    if (moved == NULL) {
        return CANDID_NO_MEMORY;
    }
    memcpy(moved, c->frames, c->depth * sizeof *moved);
    c->frames = moved;
    c->depth_max = CANDID_DEPTH_MAX;
    keep_arena(c);
    return CANDID_OK;
}

static inline enum candid_result push(struct coercion *c, struct frame **frame)
{
    if (c->depth == c->depth_max) {
        const enum candid_result result = grow_frames(c);
        if (result != CANDID_OK) {
            return result;
        }
    }
    *frame = &c->frames[c->depth++];
    return CANDID_OK;
}

/* ---- what the wire lacks ------------------------------------------------------------------------- */

/* An expected field that is absent becomes null if its type allows that. */
CANDID_COLD enum candid_result read_absent(struct coercion *c, const struct candid_type *type,
                                      uint8_t *out)
{
    CANDID_STEP();
    if (!candid_charge(c->d, 1)) {
        return CANDID_TOO_LARGE;
    }
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

/* ---- what needs more than one step --------------------------------------------------------------- */

/* Where reading goes on. */
struct task {
    candid_ref ref;
    const struct candid_type *type;
    uint8_t *out;
    bool done;
};

CANDID_HOT enum candid_result push_record(struct coercion *c, const struct candid_entry *entry,
                                      const struct candid_type *type, uint8_t *out)
{
    struct frame *frame = NULL;
    if (!candid_charge(c->d, 1)) {
        return CANDID_TOO_LARGE;
    }
    const enum candid_result result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_RECORD;
        frame->wire_at = entry->first;
        frame->left = entry->count;
        frame->index = 0;
        frame->type = type;
        frame->out = out;
    }
    return result;
}

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
        frame->type = element;
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

CANDID_HOT enum candid_result read_variant(struct coercion *c, struct task *task)
{
    const struct candid_entry *entry = &c->d->entries[task->ref];
    uint64_t index = 0;
    const enum candid_result result = candid_leb(c->d, &index, CANDID_LEB_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    if (index >= entry->count) {
        return CANDID_BAD_CASE;
    }
    const struct candid_wire_field *field = &c->d->fields[entry->first + index];
    task->done = false;
    task->ref = field->ref;
    const int32_t tag = find_case(task->type, field->id);
    if (tag < 0) {
        return CANDID_MISMATCH;
    }
    const struct candid_field *expected = &task->type->of.fields[tag];
    *(uint32_t *)(void *)task->out = (uint32_t)tag;
    task->type = expected->type;
    task->out += expected->offset;
    return CANDID_OK;
}

/* opt_tag reads 0 or 1. */
CANDID_HOT enum candid_result opt_tag(struct candid_decoder *d, bool *has)
{
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    if (*d->at > 1) {
        return CANDID_BAD_BOOL;
    }
    *has = *d->at++ == 1;
    return CANDID_OK;
}

CANDID_HOT enum candid_result read_opt(struct coercion *c, struct task *task)
{
    struct candid_decoder *d = c->d;
    bool has = true;
    if (task->ref == -CANDID_KIND_NULL || task->ref == -CANDID_KIND_RESERVED) {
        has = false;
        if (!candid_charge(d, 1)) {
            return CANDID_TOO_LARGE;
        }
    } else if (candid_wire_kind(d, task->ref) == CANDID_KIND_OPT) {
        const enum candid_result result = opt_tag(d, &has);
        if (result != CANDID_OK) {
            return result;
        }
        task->ref = (candid_ref)d->entries[task->ref].first;
    } else if (!candid_charge(d, 1)) {
        return CANDID_TOO_LARGE;
    }
    *(bool *)task->out = has;
    if (!has) {
        return CANDID_OK;
    }
    struct frame *frame = NULL;
    const enum candid_result result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_OPT;
        frame->ref = task->ref;
        frame->out = task->out;
        frame->at = d->at;
        frame->arena_used = d->arena->used;
        task->out += task->type->offset;
        task->type = task->type->of.inner;
        task->done = false;
    }
    return result;
}

static enum candid_result read_box(struct coercion *c, struct task *task)
{
    const struct candid_type *inner = task->type->of.inner;
    uint8_t *box = ic_arena_alloc(c->d->arena, inner->size);
    if (box == NULL) {
        return CANDID_NO_MEMORY;
    }
    *(uint8_t **)(void *)task->out = box;
    task->out = box;
    task->type = inner;
    task->done = false;
    struct frame *frame = NULL;
    const enum candid_result result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_BOX;
    }
    return result;
}

/* ---- one step ------------------------------------------------------------------------------------ */

/* Skipping keeps nothing, its scratch included. */
CANDID_COLD enum candid_result skip(struct coercion *c, candid_ref ref)
{
    const size_t used = c->d->arena->used;
    const enum candid_result result = candid_skip(c->d, ref);
    c->d->arena->used = used;
    return result;
}

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

/* Both kinds are known and equal. */
CANDID_HOT enum candid_result read_same(struct coercion *c, struct task *task, uint32_t kind)
{
    switch (kind) {
    case CANDID_KIND_NULL:
        return candid_charge(c->d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_KIND_VEC:
        return read_vec(c, task->ref, task->type, task->out);
    case CANDID_KIND_RECORD:
        return push_record(c, &c->d->entries[task->ref], task->type, task->out);
    case CANDID_KIND_VARIANT:
        return read_variant(c, task);
    case CANDID_KIND_FUNC:
    case CANDID_KIND_SERVICE:
        return read_reference(c, task->ref, task->type, task->out);
    default:
        return candid_scalar(c->d, kind, task->out);
    }
}

/* Reads a value or as much of it as needs no frame; task says where to go on unless it is done. */
CANDID_HOT enum candid_result read_step(struct coercion *c, struct task *task)
{
    const uint32_t expected = task->type->kind;
    CANDID_STEP();
    task->done = true;
    if (expected == CANDID_KIND_BOX) {
        return read_box(c, task);
    }
    const uint32_t kind = candid_wire_kind(c->d, task->ref);
    if (expected == CANDID_KIND_RESERVED) {
        return skip(c, task->ref);
    }
    if (expected == CANDID_KIND_OPT) {
        return read_opt(c, task);
    }
    if (kind == expected) {
        return read_same(c, task, kind);
    }
    if (kind == CANDID_KIND_EMPTY) {
        return CANDID_UNINHABITED;
    }
    if (kind == CANDID_KIND_VEC && expected == CANDID_KIND_BLOB) {
        return read_vec(c, task->ref, task->type, task->out);
    }
    if (kind == CANDID_KIND_NAT && expected == CANDID_KIND_INT) {
        return candid_nat_as_int(c->d, (struct candid_int *)(void *)task->out);
    }
    if (kind == CANDID_KIND_SERVICE && expected == CANDID_KIND_PRINCIPAL) {
        return candid_scalar(c->d, kind, task->out);
    }
    return CANDID_MISMATCH;
}

/* ---- the loop ------------------------------------------------------------------------------------ */

/* Takes the next thing to read from a record. Both sides ascend by id. */
CANDID_HOT enum candid_result next_field(struct coercion *c, struct frame *frame, struct task *task)
{
    const struct candid_type *type = frame->type;
    while (frame->index < type->count) {
        const struct candid_field *expected = &type->of.fields[frame->index];
        if (frame->left != 0 && c->d->fields[frame->wire_at].id <= expected->id) {
            break;
        }
        frame->index++;
        const enum candid_result result =
            read_absent(c, expected->type, frame->out + expected->offset);
        if (result != CANDID_OK) {
            return result;
        }
    }
    if (frame->left == 0) {
        c->depth--;
        task->done = true;
        return CANDID_OK;
    }
    const struct candid_wire_field *wire = &c->d->fields[frame->wire_at];
    frame->wire_at++;
    frame->left--;
    if (frame->index == type->count || type->of.fields[frame->index].id != wire->id) {
        task->done = true;
        return skip(c, wire->ref);
    }
    const struct candid_field *expected = &type->of.fields[frame->index++];
    task->done = false;
    task->ref = wire->ref;
    task->type = expected->type;
    task->out = frame->out + expected->offset;
    return CANDID_OK;
}

CANDID_HOT enum candid_result next_task(struct coercion *c, struct task *task)
{
    struct frame *frame = &c->frames[c->depth - 1];
    CANDID_STEP();
    task->done = true;
    switch (frame->kind) {
    case FRAME_RECORD:
        return next_field(c, frame, task);
    case FRAME_VEC:
        if (frame->left == 0) {
            c->depth--;
            return CANDID_OK;
        }
        frame->left--;
        *task = (struct task){.ref = frame->ref, .type = frame->type, .out = frame->out};
        if (frame->out != NULL) {
            frame->out += frame->type->size;
        }
        return CANDID_OK;
    case FRAME_OPT: /* the attempt went well */
    case FRAME_BOX:
        c->depth--;
        return CANDID_OK;
    }
    return CANDID_MISMATCH;
}

/* The innermost attempt becomes null, and its value is skipped. Reading the same bytes again costs
 * units, so that nested attempts cannot multiply the work. */
CANDID_COLD enum candid_result rewind_attempt(struct coercion *c, candid_ref *ref,
                                              enum candid_result reason)
{
    while (c->depth > 0 && c->frames[c->depth - 1].kind != FRAME_OPT) {
        c->depth--;
    }
    if (c->depth == 0) {
        return reason;
    }
    const struct frame *frame = &c->frames[--c->depth];
    if (!candid_charge(c->d, (uint64_t)(c->d->at - frame->at) + 1)) {
        return CANDID_TOO_LARGE;
    }
    c->d->at = frame->at;
    c->d->arena->used = frame->arena_used;
    *(bool *)frame->out = false;
    *ref = frame->ref;
    return CANDID_OK;
}

enum candid_result candid_coerce(struct candid_decoder *d, const struct candid_entry *args,
                                 const struct candid_type *record, void *out)
{
    struct coercion c;
    c.d = d;
    c.frames = c.near;
    c.depth = 0;
    c.depth_max = FRAMES_NEAR;
    struct task task = {.done = true};
    enum candid_result result = push_record(&c, args, record, out);
    while (result == CANDID_OK && (!task.done || c.depth != 0)) {
        result = task.done ? next_task(&c, &task) : read_step(&c, &task);
        if (result == CANDID_MISMATCH || result == CANDID_MISSING) {
            candid_ref ref = 0;
            result = rewind_attempt(&c, &ref, result);
            task = (struct task){.ref = ref, .type = &candid_type_reserved};
        }
    }
    return result;
}
