/* The decoder proper: a wire type, an expected type, and the rules that lead from one to the other.
 * SPEC: Candid, "Decoding"; the outcomes are those of its coercion relation:
 *   a value; MISMATCH, which the innermost enclosing expected opt turns into null; anything else
 *   rejects the message, below opt and in skipped data too.
 *
 * No recursion: nesting is a stack of frames. Skipping is reading at `reserved`, and a skipped
 * record is read at a record without fields, so one loop does everything. A variant and the content of
 * an opt need no frame of their own: reading goes on with their content. An opt has one all the same,
 * to come back to, and a box, so that what is decoded nests no deeper than the frames. */
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

static const struct candid_type NO_FIELDS = {.kind = CANDID_KIND_RECORD, .align = 1};

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

static enum candid_result grow_frames(struct coercion *c)
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
static enum candid_result read_absent(struct coercion *c, const struct candid_type *type,
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

static enum candid_result push_record(struct coercion *c, const struct candid_entry *entry,
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

static enum candid_result read_vec(struct coercion *c, const struct task *task)
{
    struct candid_decoder *d = c->d;
    const candid_ref inner = (candid_ref)d->entries[task->ref].first;
    uint64_t count = 0;
    enum candid_result result = candid_leb(d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    const uint32_t fixed = inner < 0 ? candid_fixed_size((uint32_t)-inner) : 0;
    if (fixed != 0 && count > candid_left(d) / fixed) {
        return CANDID_TRUNCATED;
    }
    if (task->type->kind == CANDID_KIND_BLOB) {
        return read_blob(c, inner, count, (struct ic_bytes *)(void *)task->out);
    }
    if (task->type->kind == CANDID_KIND_RESERVED) {
        if (fixed != 0 && inner != -CANDID_KIND_BOOL) {
            return skip_fixed(d, count, fixed);
        }
        /* Elements without a byte cost a unit each, so this many can be. */
        return count > candid_left(d) + d->units_left
                   ? CANDID_TOO_LARGE
                   : push_vec(c, inner, count, task->type, NULL);
    }
    uint8_t *at = NULL;
    result = candid_elements(d, &at, count, task->type->of.inner);
    if (result != CANDID_OK) {
        return result;
    }
    candid_vec_store(task->out, at, (size_t)count);
    return push_vec(c, inner, count, task->type->of.inner, at);
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

static enum candid_result read_variant(struct coercion *c, struct task *task)
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
    if (task->type->kind == CANDID_KIND_RESERVED) {
        return CANDID_OK;
    }
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
static enum candid_result opt_tag(struct candid_decoder *d, bool *has)
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

static enum candid_result read_opt(struct coercion *c, struct task *task)
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

/* leb m, leb n, m bytes: a value of a type of the future */
static enum candid_result skip_future(struct candid_decoder *d)
{
    uint64_t size = 0;
    uint64_t references = 0;
    enum candid_result result = candid_leb(d, &size, CANDID_LENGTH_BYTES_MAX);
    if (result == CANDID_OK) {
        result = candid_leb(d, &references, CANDID_LENGTH_BYTES_MAX);
    }
    return result == CANDID_OK ? skip_fixed(d, size, 1) : result;
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

/* Reads and forgets. */
static enum candid_result skip(struct coercion *c, struct task *task, uint32_t kind)
{
    struct candid_decoder *d = c->d;
    union {
        struct candid_func func;
        struct candid_nat nat;
        struct candid_int integer;
    } nowhere;
    switch (kind) {
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_KIND_OPT: {
        bool has = false;
        const enum candid_result result = opt_tag(d, &has);
        task->ref = (candid_ref)d->entries[task->ref].first;
        task->done = !has;
        return result;
    }
    case CANDID_KIND_VEC:
        return read_vec(c, task);
    case CANDID_KIND_RECORD:
        return push_record(c, &d->entries[task->ref], &NO_FIELDS, NULL);
    case CANDID_KIND_VARIANT:
        return read_variant(c, task);
    case CANDID_KIND_FUTURE:
        return skip_future(d);
    default:
        return candid_scalar(d, kind, (uint8_t *)&nowhere);
    }
}

static enum candid_result read_reference(struct coercion *c, const struct task *task)
{
    const bool had_pairs = c->d->pairs != NULL;
    const enum candid_result result = candid_subtype(c->d, task->ref, task->type);
    if (!had_pairs) {
        keep_arena(c);
    }
    return result == CANDID_OK ? candid_scalar(c->d, task->type->kind, task->out) : result;
}

/* Both kinds are known and equal. */
static enum candid_result read_same(struct coercion *c, struct task *task, uint32_t kind)
{
    switch (kind) {
    case CANDID_KIND_NULL:
        return candid_charge(c->d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_KIND_VEC:
        return read_vec(c, task);
    case CANDID_KIND_RECORD:
        return push_record(c, &c->d->entries[task->ref], task->type, task->out);
    case CANDID_KIND_VARIANT:
        return read_variant(c, task);
    case CANDID_KIND_FUNC:
    case CANDID_KIND_SERVICE:
        return read_reference(c, task);
    default:
        return candid_scalar(c->d, kind, task->out);
    }
}

/* Reads a value or as much of it as needs no frame; task says where to go on unless it is done. */
static enum candid_result read_step(struct coercion *c, struct task *task)
{
    const uint32_t expected = task->type->kind;
    CANDID_STEP();
    task->done = true;
    if (expected == CANDID_KIND_BOX) {
        return read_box(c, task);
    }
    const uint32_t kind = candid_wire_kind(c->d, task->ref);
    if (expected == CANDID_KIND_RESERVED) {
        return skip(c, task, kind);
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
        return read_vec(c, task);
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
static enum candid_result next_field(struct coercion *c, struct frame *frame, struct task *task)
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
    task->done = false;
    task->ref = wire->ref;
    task->type = &candid_type_reserved;
    task->out = NULL;
    if (frame->index < type->count && type->of.fields[frame->index].id == wire->id) {
        const struct candid_field *expected = &type->of.fields[frame->index++];
        task->type = expected->type;
        task->out = frame->out + expected->offset;
    }
    return CANDID_OK;
}

static enum candid_result next_task(struct coercion *c, struct task *task)
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
static enum candid_result rewind_attempt(struct coercion *c, struct task *task,
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
    *task = (struct task){.ref = frame->ref, .type = &candid_type_reserved};
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
    while (result == CANDID_OK && c.depth != 0) {
        result = next_task(&c, &task);
        while (result == CANDID_OK && !task.done) {
            result = read_step(&c, &task);
        }
        if (result == CANDID_MISMATCH || result == CANDID_MISSING) {
            result = rewind_attempt(&c, &task, result);
            while (result == CANDID_OK && !task.done) {
                result = read_step(&c, &task);
            }
        }
    }
    return result;
}
