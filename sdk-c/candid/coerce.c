/* The decoder proper: a wire type, an expected type, and the rules that lead from one to the other.
 * SPEC: Candid, "Decoding"; the outcomes are those of its coercion relation:
 *   a value; MISMATCH, which the innermost enclosing expected opt turns into null; anything else
 *   rejects the message, below opt and in skipped data too.
 *
 * One loop over two things: the value at hand, and the record around it with what is left of its
 * fields. Both are local variables of that loop, so what is common here is inlined into it, and what
 * is rare is not. Records further out, and all vecs, wait on a stack. Opts, cases, boxes and records
 * of one field need no place of their own: reading goes on with their content, and *opt* remembers
 * which opt becomes null if that does not fit.
 *
 * Each byte is read once: where a value does not fit, what is left of it, and of everything up to the
 * opt that becomes null, is skipped from there (skip.c). */
#include "decoder.h"

/* Not results of decoding. */
#define AGAIN CANDID_RESULT_COUNT       /* the value at hand is to be read */
#define DONE  (CANDID_RESULT_COUNT + 1) /* there is no further one */

struct frame;

struct value {
    candid_ref ref;
    const struct candid_type *type;
    uint8_t *out;
    uint8_t *opt; /* becomes null if this does not fit; NULL: what is around decides */
    struct frame
        *vec; /* the innermost, if this is one of its elements and more are left; or NULL */
};

/* A record under way. */
struct record {
    const struct candid_step *step;
    const struct candid_step *end;
    uint8_t *out;
    uint8_t *opt; /* as in struct value */
};

enum frame_kind {
    FRAME_NONE,   /* below all others */
    FRAME_RECORD, /* fields that wait */
    FRAME_VEC,    /* elements that wait */
    FRAME_BOX,    /* so that what is decoded nests no deeper than the frames */
};

struct frame {
    enum frame_kind kind;
    union {
        struct record record;
        struct {
            const struct candid_type *element;
            candid_ref ref;
            uint32_t left; /* never 0 */
            uint8_t *out;  /* the next element */
            uint8_t *opt;
            const uint8_t *at; /* where the first element begins */
            size_t arena_used; /* when the latest began, as long as none has a byte */
            uint64_t units_left;
            bool is_first;
        } vec;
    };
};

/* What may be copied for a unit. */
#define REPEATED_BYTES_PER_UNIT 16u

/* Frames on the stack of the program; deeper values take the arena. */
#define FRAMES_NEAR 12u

struct stack {
    struct frame *first; /* FRAME_NONE */
    struct frame *top;
    struct frame *last;
};

/* ---- frames -------------------------------------------------------------------------------------- */

/* Room for all frames that there may be.
 *   returns   NULL when the arena is too small */
CANDID_COLD struct frame *move_frames(struct ic_arena *arena, const struct frame *near)
{
    struct frame *moved = ic_arena_alloc(arena, CANDID_DEPTH_MAX * sizeof *moved);
    if (moved != NULL) {
        memcpy(moved, near, (FRAMES_NEAR + 1) * sizeof *moved);
    }
    return moved;
}

CANDID_HOT enum candid_result push(struct candid_decoder *d, struct stack *s, enum frame_kind kind)
{
    if (s->top == s->last) {
        if (s->last != s->first + FRAMES_NEAR) {
            return CANDID_TOO_DEEP;
        }
        s->first = move_frames(d->arena, s->first);
        if (s->first == NULL) {
            return CANDID_NO_MEMORY;
        }
        s->top = s->first + FRAMES_NEAR;
        s->last = s->first + CANDID_DEPTH_MAX - 1; // a null in a box takes none
    }
    s->top++;
    s->top->kind = kind;
    return CANDID_OK;
}

/* The value at hand has parts. The record around it waits if it has fields left; else its opt is now
 * that of the value. */
CANDID_HOT enum candid_result leave(struct candid_decoder *d, struct stack *s, struct value *v,
                                    const struct record *r)
{
    v->vec = NULL;
    if (r->step == r->end) {
        v->opt = v->opt == NULL ? r->opt : v->opt;
        return CANDID_OK;
    }
    const enum candid_result result = push(d, s, FRAME_RECORD);
    if (result == CANDID_OK) {
        s->top->record = *r;
    }
    return result;
}

/* The same where no record is at hand then. */
CANDID_HOT enum candid_result leave_for_frame(struct candid_decoder *d, struct stack *s,
                                              struct value *v, struct record *r,
                                              enum frame_kind kind)
{
    const enum candid_result result = leave(d, s, v, r);
    if (result != CANDID_OK) {
        return result;
    }
    r->step = r->end;
    r->opt = NULL;
    return push(d, s, kind);
}

/* ---- what does not fit --------------------------------------------------------------------------- */

CANDID_HOT enum candid_result misfit(struct candid_decoder *d, candid_ref ref)
{
    const enum candid_result result =
        ref < 0 ? candid_skip_primitive(d, (uint32_t)-ref) : candid_skip_one(d, ref);
    return result == CANDID_OK ? CANDID_MISMATCH : result;
}

/* The innermost frame is given up: what is left of a vec is skipped, a record is at hand again.
 *   opt   receives which opt becomes null, NULL: one further out */
CANDID_HOT enum candid_result give_up_frame(struct candid_decoder *d, struct stack *s,
                                            struct record *r, uint8_t **opt)
{
    const struct frame *const frame = s->top--;
    switch (frame->kind) {
    case FRAME_RECORD:
        *r = frame->record;
        return CANDID_OK;
    case FRAME_VEC:
        *opt = frame->vec.opt;
        return candid_skip(d, frame->vec.ref, frame->vec.left);
    case FRAME_NONE:
    case FRAME_BOX:
        break;
    }
    return CANDID_OK;
}

/* The value at hand did not fit and is skipped, or there was none; so is now what is around it, up to
 * the innermost opt. That becomes null. */
CANDID_HOT enum candid_result fall_back(struct candid_decoder *d, struct stack *s, struct value *v,
                                        struct record *r, enum candid_result reason)
{
    uint8_t *opt = v->opt;
    enum candid_result result = CANDID_OK;
    while (opt == NULL) {
        CANDID_STEP();
        v->vec = NULL;
        while (result == CANDID_OK && r->step != r->end) {
            CANDID_STEP();
            result = candid_skip_one(d, r->step++->ref);
        }
        opt = r->opt;
        r->opt = NULL;
        if (opt == NULL && result == CANDID_OK) {
            result = s->top->kind == FRAME_NONE ? reason : give_up_frame(d, s, r, &opt);
        }
        if (result != CANDID_OK) {
            return result;
        }
    }
    *(bool *)opt = false;
    return CANDID_OK;
}

/* ---- plans --------------------------------------------------------------------------------------- */

CANDID_HOT enum candid_result find_plan(struct candid_decoder *d, struct candid_entry *entry,
                                        const struct candid_type *type,
                                        const struct candid_plan **out)
{
    struct candid_plan *const plan = entry->plan;
    if (plan->type != type) {
        return candid_plan_make(d, entry, type, out);
    }
    if (!plan->is_decided) {
        candid_plan_decide(d, plan);
    }
    *out = plan;
    return CANDID_OK;
}

/* ---- values -------------------------------------------------------------------------------------- */

/* The entry of a wire type if it is of this kind. */
CANDID_HOT struct candid_entry *entry_of(const struct candid_decoder *d, candid_ref ref,
                                         uint32_t kind)
{
    return ref >= 0 && d->entries[ref].kind == kind ? &d->entries[ref] : NULL;
}

/* An opt of nothing but itself, as in type O = opt O: to read what is no opt at it would never end. */
CANDID_COLD bool is_endless(const struct candid_type *opt)
{
    const struct candid_type *type = opt->of.inner;
    for (uint32_t i = 0; i < CANDID_DEPTH_MAX && type != opt; i++) {
        CANDID_STEP();
        if (type->kind != CANDID_KIND_OPT && type->kind != CANDID_KIND_BOX) {
            return false;
        }
        type = type->of.inner;
    }
    return true;
}

CANDID_HOT enum candid_result read_opt(struct candid_decoder *d, struct value *v)
{
    const struct candid_entry *const entry = entry_of(d, v->ref, CANDID_KIND_OPT);
    if (entry != NULL) {
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        const uint8_t tag = *d->at++;
        *(bool *)v->out = tag == 1;
        if (tag != 1) {
            return tag == 0 ? CANDID_OK : CANDID_BAD_BOOL;
        }
        v->ref = (candid_ref)entry->first;
    } else {
        if (!candid_charge(d, 1)) {
            return CANDID_TOO_LARGE;
        }
        if (v->ref == -CANDID_KIND_NULL || v->ref == -CANDID_KIND_RESERVED) {
            *(bool *)v->out = false;
            return CANDID_OK;
        }
        *(bool *)v->out = true;
    }
    const struct candid_type *const inner = v->type->of.inner;
    if (inner->kind == CANDID_KIND_BOX) {
        const uint32_t kind = inner->of.inner->kind;
        if (candid_is_misfit(candid_wire_kind(d, v->ref), kind)) {
            *(bool *)v->out = false;
            return candid_skip_one(d, v->ref);
        }
        if (entry == NULL && (kind == CANDID_KIND_OPT || kind == CANDID_KIND_BOX) &&
            is_endless(v->type)) {
            return CANDID_TOO_DEEP;
        }
    }
    v->opt = v->out;
    v->out += v->type->offset;
    v->type = v->type->of.inner;
    return AGAIN;
}

/* Allocates a box, and reads an opt in it that is null.
 *   returns   AGAIN: its content is to be read */
CANDID_COLD enum candid_result read_box(struct candid_decoder *d, const struct candid_type *inner,
                                        candid_ref ref, uint8_t *out)
{
    const uint32_t kind = candid_wire_kind(d, ref);
    uint8_t *box = NULL;
    if (candid_is_misfit(kind, inner->kind)) {
        return misfit(d, ref);
    }
    /* What is endless on the wire can be so here in a box only. */
    enum candid_result result = d->endless_marked ? CANDID_OK : candid_mark_endless(d);
    if (result == CANDID_OK && kind == CANDID_KIND_RECORD &&
        d->entries[ref].mode == CANDID_MODE_ENDLESS) {
        return CANDID_UNINHABITED;
    }
    result = result == CANDID_OK ? candid_box(d, &box, inner->size) : result;
    if (result != CANDID_OK) {
        return result;
    }
    *(uint8_t **)(void *)out = box;
    if (inner->kind != CANDID_KIND_OPT || kind != CANDID_KIND_OPT || d->at == d->end ||
        *d->at != 0) {
        return AGAIN;
    }
    d->at++;
    *(bool *)box = false;
    return CANDID_OK;
}

CANDID_HOT enum candid_result enter_box(struct candid_decoder *d, struct stack *s, struct value *v,
                                        struct record *r)
{
    enum candid_result result = read_box(d, v->type->of.inner, v->ref, v->out);
    if (result != AGAIN) {
        return result;
    }
    result = leave_for_frame(d, s, v, r, FRAME_BOX);
    v->type = v->type->of.inner;
    v->out = *(uint8_t **)(void *)v->out;
    return result == CANDID_OK ? AGAIN : result;
}

/* A field that is decided by its step. */
CANDID_HOT enum candid_result read_decided(struct candid_decoder *d,
                                            const struct candid_step *step, uint8_t *out)
{
    switch (step->kind) {
    case CANDID_STEP_SCALAR:
        return candid_scalar(d, (uint32_t)-step->ref, out);
    case CANDID_STEP_SKIP:
        return candid_skip_one(d, step->ref);
    case CANDID_STEP_ABSENT_OPT:
        *(bool *)out = false;
        return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
    case CANDID_STEP_MISFIT_OPT:
        *(bool *)out = false;
        return candid_charge(d, 1) ? candid_skip_one(d, step->ref) : CANDID_TOO_LARGE;
    case CANDID_STEP_MISFIT:
        return misfit(d, step->ref);
    case CANDID_STEP_NULL:
    case CANDID_STEP_VALUE:
        break;
    }
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

CANDID_HOT enum candid_result read_record(struct candid_decoder *d, struct stack *s,
                                          struct value *v, struct record *r)
{
    struct candid_entry *const entry = entry_of(d, v->ref, CANDID_KIND_RECORD);
    const struct candid_plan *plan = NULL;
    if (entry == NULL) {
        return misfit(d, v->ref);
    }
    /* A record that waits for this one is a level to come back to. */
    if (!candid_charge(d, r->step == r->end ? 1 : 2)) {
        return CANDID_TOO_LARGE;
    }
    enum candid_result result = find_plan(d, entry, v->type, &plan);
    if (result != CANDID_OK) {
        return result;
    }
    if (plan->end == plan->steps) {
        return CANDID_OK;
    }
    if (plan->never_fits && v->opt != NULL) {
        if (entry->count == 0) {
            return CANDID_MISMATCH;
        }
        const enum candid_result skipped = candid_skip_fields(d, entry);
        return skipped == CANDID_OK ? CANDID_MISMATCH : skipped;
    }
    if (plan->end == plan->steps + 1) {
        v->ref = plan->steps[0].ref;
        v->type = plan->steps[0].type;
        v->out += plan->steps[0].offset;
        return AGAIN;
    }
    result = leave(d, s, v, r);
    *r = (struct record){plan->steps, plan->end, v->out, v->opt};
    return result;
}

/* Reads the index of a case, in more than one byte. */
CANDID_COLD enum candid_result read_long_index(struct candid_decoder *d, uint32_t *index)
{
    uint64_t value = 0;
    const enum candid_result result = candid_leb_slow(d, &value, CANDID_LEB_BYTES_MAX);
    *index = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    return result;
}

/* Finds the expected case with this id.
 *   returns   its tag, or -1 */
CANDID_COLD int32_t search_case(const struct candid_type *type, struct candid_wire_field *wire)
{
    const struct candid_field *at = type->of.fields;
    uint32_t left = type->count;
    while (left > 1) {
        const uint32_t half = left / 2;
        CANDID_STEP();
        at += at[half].id <= wire->id ? half : 0;
        left -= half;
    }
    if (left == 0 || at->id != wire->id) {
        wire->missed = type;
        return -1;
    }
    wire->tag = (uint32_t)(at - type->of.fields);
    return (int32_t)wire->tag;
}

/* Finds the tag of a case: most likely that of last time, at first the index. */
CANDID_HOT int32_t find_case(const struct candid_type *type, struct candid_wire_field *wire)
{
    const uint32_t guess = wire->tag;
    if (guess < type->count && type->of.fields[guess].id == wire->id) {
        return (int32_t)guess;
    }
    return wire->missed == type ? -1 : search_case(type, wire);
}

CANDID_HOT enum candid_result read_variant(struct candid_decoder *d, struct value *v)
{
    const struct candid_entry *const entry = entry_of(d, v->ref, CANDID_KIND_VARIANT);
    uint32_t index = 0;
    if (entry == NULL) {
        return misfit(d, v->ref);
    }
    if (d->at != d->end && *d->at < 0x80) {
        index = *d->at++;
    } else {
        const enum candid_result result = read_long_index(d, &index);
        if (result != CANDID_OK) {
            return result;
        }
    }
    if (index >= entry->count) {
        return CANDID_BAD_CASE;
    }
    struct candid_wire_field *const wire = &d->fields[entry->first + index];
    const int32_t tag = find_case(v->type, wire);
    if (tag < 0) {
        return wire->ref != -CANDID_KIND_NULL ? misfit(d, wire->ref)
               : candid_charge(d, 1)          ? CANDID_MISMATCH
                                              : CANDID_TOO_LARGE;
    }
    const struct candid_field *const field = &v->type->of.fields[tag];
    *(uint32_t *)(void *)v->out = (uint32_t)tag;
    if (wire->ref == -CANDID_KIND_NULL) {
        const uint32_t kind = field->type->kind;
        if (kind == CANDID_KIND_NULL || candid_is_misfit(CANDID_KIND_NULL, kind)) {
            return !candid_charge(d, 1)       ? CANDID_TOO_LARGE
                   : kind == CANDID_KIND_NULL ? CANDID_OK
                                              : CANDID_MISMATCH;
        }
    }
    v->ref = wire->ref;
    v->type = field->type;
    v->out += field->offset;
    return AGAIN;
}

/* ---- vecs ---------------------------------------------------------------------------------------- */

/* A blob takes a vec nat8 as it lies there; an empty vec of anything is an empty blob. */
CANDID_COLD enum candid_result read_blob(struct candid_decoder *d, candid_ref ref,
                                         struct ic_bytes *out)
{
    const struct candid_entry *const entry = entry_of(d, ref, CANDID_KIND_VEC);
    uint64_t count = 0;
    if (entry == NULL) {
        return misfit(d, ref);
    }
    enum candid_result result = candid_leb(d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    const candid_ref element = (candid_ref)entry->first;
    if (count == 0 || element == -CANDID_KIND_NAT8) {
        if (count > candid_left(d)) {
            return CANDID_TRUNCATED;
        }
        *out = (struct ic_bytes){.at = d->at, .size = (size_t)count};
        d->at += count;
        return CANDID_OK;
    }
    if (count > UINT32_MAX) {
        return CANDID_TRUNCATED;
    }
    result = candid_skip(d, element, (uint32_t)count);
    return result == CANDID_OK ? CANDID_MISMATCH : result;
}

/* Opts on both sides, of what has no parts and is of the same kind; or that are all null.
 *   returns   AGAIN when they are neither; nothing is read then */
CANDID_COLD enum candid_result read_plain_opts(struct candid_decoder *d, candid_ref content,
                                               const struct candid_type *element, uint8_t *out,
                                               uint32_t count)
{
    const uint32_t kind = element->of.inner->kind;
    const bool is_scalar = content == -(candid_ref)kind && candid_is_scalar(kind);
    const uint8_t *const start = d->at;
    for (uint32_t i = 0; i < count; i++) {
        CANDID_STEP();
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        const uint8_t tag = *d->at++;
        *(bool *)out = tag == 1;
        if (tag != 0 && !is_scalar) {
            d->at = start;
            return AGAIN;
        }
        const enum candid_result result = tag == 0 ? CANDID_OK
                                          : tag == 1
                                              ? candid_scalar(d, kind, out + element->offset)
                                              : CANDID_BAD_BOOL;
        if (result != CANDID_OK) {
            return result;
        }
        out += element->size;
    }
    return CANDID_OK;
}

/* Elements at opts that the message does not have. Those all become null that are of nothing, or of
 * what cannot fit; what has no parts is read as it lies there.
 *   returns   AGAIN when they are neither */
CANDID_COLD enum candid_result read_bare_opts(struct candid_decoder *d, candid_ref ref,
                                              const struct candid_type *element, uint8_t *at,
                                              uint32_t count)
{
    const uint32_t kind = candid_wire_kind(d, ref);
    const bool nothing = kind == CANDID_KIND_NULL || kind == CANDID_KIND_RESERVED;
    const struct candid_type *const inner = element->of.inner;
    const bool is_null = nothing || candid_is_misfit(kind, inner->kind);
    if (!is_null && (inner->kind != kind || !candid_is_scalar(kind))) {
        return AGAIN;
    }
    if (!candid_charge(d, count)) {
        return CANDID_TOO_LARGE;
    }
    enum candid_result result = CANDID_OK;
    for (uint32_t i = 0; i < count && result == CANDID_OK; i++) {
        CANDID_STEP();
        *(bool *)at = !is_null;
        result = is_null ? CANDID_OK : candid_scalar(d, kind, at + element->offset);
        at += element->size;
    }
    return is_null && !nothing ? candid_skip(d, ref, count) : result;
}

/* Elements that need no loop of ours.
 *   returns   AGAIN when they do */
CANDID_HOT enum candid_result read_plain_elements(struct candid_decoder *d, candid_ref ref,
                                                  const struct candid_type *element, uint8_t *at,
                                                  uint64_t count)
{
    if (element->kind == CANDID_KIND_RESERVED) {
        return candid_skip(d, ref, (uint32_t)count);
    }
    if (element->kind == CANDID_KIND_OPT) {
        const struct candid_entry *const opt = entry_of(d, ref, CANDID_KIND_OPT);
        return opt != NULL
                   ? read_plain_opts(d, (candid_ref)opt->first, element, at, (uint32_t)count)
                   : read_bare_opts(d, ref, element, at, (uint32_t)count);
    }
    if (ref < 0) {
        return element->kind == (uint32_t)-ref
                   ? candid_scalars(d, (uint32_t)-ref, at, count, element->size)
                   : AGAIN;
    }
    if (element->kind == CANDID_KIND_RECORD && element->count == 0 &&
        d->entries[ref].kind == CANDID_KIND_RECORD && d->entries[ref].count == 0) {
        return candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    return AGAIN;
}

/* The first element is at hand, the others wait. */
CANDID_HOT enum candid_result enter_vec(struct candid_decoder *d, struct stack *s, struct value *v,
                                        struct record *r, candid_ref ref, uint32_t count,
                                        const struct candid_type *element)
{
    const enum candid_result result = leave_for_frame(d, s, v, r, FRAME_VEC);
    if (result != CANDID_OK) {
        return result;
    }
    struct frame *const frame = s->top;
    frame->vec.element = element;
    frame->vec.ref = ref;
    frame->vec.left = count - 1;
    frame->vec.out = v->out + element->size;
    frame->vec.opt = v->opt;
    frame->vec.at = d->at;
    frame->vec.units_left = d->units_left;
    frame->vec.arena_used = d->arena->used;
    frame->vec.is_first = true;
    v->ref = ref;
    v->type = element;
    v->opt = NULL;
    v->vec = frame;
    return AGAIN;
}

/* An opt is expected, and there is something else, which does not fit its content either. */
CANDID_HOT bool is_bare_misfit(uint32_t kind, const struct candid_type *element)
{
    return element->kind == CANDID_KIND_OPT && kind != CANDID_KIND_OPT &&
           candid_is_misfit(kind, element->of.inner->kind) && kind != CANDID_KIND_NULL &&
           kind != CANDID_KIND_RESERVED;
}

/* A count in more than one byte, or none.
 *   returns   negative: minus the result */
CANDID_COLD int64_t read_long_count(struct candid_decoder *d)
{
    uint64_t count = 0;
    const enum candid_result result = candid_leb(d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result != CANDID_OK) {
        return -(int64_t)result;
    }
    /* More than this many elements have neither bytes nor units. */
    return count > UINT32_MAX ? (int64_t)UINT32_MAX : (int64_t)count;
}

/* More than one element, or one that is decided together with others. */
CANDID_HOT enum candid_result read_elements(struct candid_decoder *d, struct stack *s,
                                            struct value *v, struct record *r, candid_ref ref,
                                            uint32_t count)
{
    const struct candid_type *const element = v->type->of.inner;
    uint8_t *at = NULL;
    if (ref == -CANDID_KIND_NULL && element->kind == CANDID_KIND_NULL) {
        candid_vec_store(v->out, NULL, count);
        return candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    /* What has parts and bytes needs no further look. */
    if (ref >= 0 && count <= candid_left(d)) {
        at = candid_take(d, (uint64_t)count * element->size);
    }
    enum candid_result result = CANDID_OK;
    if (at == NULL) {
        result = candid_elements(d, &at, count, candid_wire_kind(d, ref), element);
    }
    if (result != CANDID_OK) {
        return result;
    }
    candid_vec_store(v->out, element->size == 0 ? NULL : at, count);
    if (element->kind != CANDID_KIND_VEC && element->kind != CANDID_KIND_VARIANT) {
        result = read_plain_elements(d, ref, element, at, count);
        if (result != AGAIN) {
            return result;
        }
    }
    v->out = at;
    if (count == 1) {
        v->ref = ref;
        v->type = element;
        return AGAIN;
    }
    return enter_vec(d, s, v, r, ref, count, element);
}

CANDID_HOT enum candid_result read_vec(struct candid_decoder *d, struct stack *s, struct value *v,
                                       struct record *r)
{
    const struct candid_entry *const entry = entry_of(d, v->ref, CANDID_KIND_VEC);
    if (entry == NULL) {
        return misfit(d, v->ref);
    }
    uint32_t count = 0;
    if (d->at != d->end && *d->at < 0x80) {
        count = *d->at++;
    } else {
        const int64_t long_count = read_long_count(d);
        if (long_count < 0) {
            return (enum candid_result)-long_count;
        }
        count = (uint32_t)long_count;
    }
    if (count == 0) {
        candid_vec_store(v->out, NULL, 0);
        return CANDID_OK;
    }
    const struct candid_type *const element = v->type->of.inner;
    const candid_ref ref = (candid_ref)entry->first;
    const uint32_t kind = candid_wire_kind(d, ref);
    if (kind != element->kind && candid_is_misfit(kind, element->kind)) {
        const enum candid_result result = candid_skip(d, ref, count);
        return result == CANDID_OK ? CANDID_MISMATCH : result;
    }
    if (count != 1 || element->size == 0 || is_bare_misfit(kind, element)) {
        return read_elements(d, s, v, r, ref, count);
    }
    /* No frame for one. */
    uint8_t *const at = candid_take(d, element->size);
    if (at == NULL) {
        return candid_no_room(d, element->size);
    }
    candid_vec_store(v->out, at, 1);
    v->ref = ref;
    v->type = element;
    v->out = at;
    return AGAIN;
}

/* ---- others -------------------------------------------------------------------------------------- */

CANDID_COLD enum candid_result read_reference(struct candid_decoder *d, candid_ref ref,
                                              const struct candid_type *type, uint8_t *out)
{
    const struct candid_entry *const entry = entry_of(d, ref, type->kind);
    if (entry == NULL) {
        return misfit(d, ref);
    }
    if (d->proved_type != type || d->proved_entry != entry) {
        const enum candid_result result = candid_subtype(d, ref, type);
        if (result != CANDID_OK) {
            return result == CANDID_MISMATCH ? misfit(d, ref) : result;
        }
    }
    return candid_scalar(d, type->kind, out);
}

CANDID_HOT enum candid_result read_scalar(struct candid_decoder *d, const struct value *v)
{
    const uint32_t kind = v->type->kind;
    if (v->ref == -(candid_ref)kind) {
        return candid_scalar(d, kind, v->out);
    }
    if (kind == CANDID_KIND_INT && v->ref == -CANDID_KIND_NAT) {
        return candid_nat_as_int(d, (struct candid_int *)(void *)v->out);
    }
    return kind == CANDID_KIND_PRINCIPAL && entry_of(d, v->ref, CANDID_KIND_SERVICE) != NULL
               ? candid_scalar(d, kind, v->out)
               : misfit(d, v->ref);
}

/* ---- the loop ------------------------------------------------------------------------------------ */

/* Reads the value at hand, or goes into it.
 *   returns   CANDID_OK: what is around says what is next; AGAIN: a part of it is at hand; MISMATCH:
 *             it did not fit and is skipped */
CANDID_HOT enum candid_result read_value(struct candid_decoder *d, struct stack *s, struct value *v,
                                         struct record *r)
{
    CANDID_STEP();
    switch (v->type->kind) {
    case CANDID_KIND_FUTURE:
        return candid_charge(d, 1) ? CANDID_MISSING : CANDID_TOO_LARGE;
    case CANDID_KIND_NULL:
        return v->ref != -CANDID_KIND_NULL ? misfit(d, v->ref)
               : candid_charge(d, 1)       ? CANDID_OK
                                           : CANDID_TOO_LARGE;
    case CANDID_KIND_RESERVED:
        return candid_skip_one(d, v->ref);
    case CANDID_KIND_OPT:
        return read_opt(d, v);
    case CANDID_KIND_BOX:
        return enter_box(d, s, v, r);
    case CANDID_KIND_RECORD:
        return read_record(d, s, v, r);
    case CANDID_KIND_VARIANT:
        return read_variant(d, v);
    case CANDID_KIND_VEC:
        return read_vec(d, s, v, r);
    case CANDID_KIND_BLOB:
        return read_blob(d, v->ref, (struct ic_bytes *)(void *)v->out);
    case CANDID_KIND_FUNC:
    case CANDID_KIND_SERVICE:
        return read_reference(d, v->ref, v->type, v->out);
    default:
        return read_scalar(d, v);
    }
}

CANDID_HOT enum candid_result next_field(struct candid_decoder *d, struct value *v,
                                         struct record *r)
{
    while (r->step != r->end) {
        const struct candid_step *const step = r->step++;
        uint8_t *const out = r->out + step->offset;
        CANDID_STEP();
        if (step->kind == CANDID_STEP_VALUE) {
            v->ref = step->ref;
            v->type = step->type;
            v->out = out;
            return AGAIN;
        }
        const enum candid_result result = read_decided(d, step, out);
        if (result != CANDID_OK) {
            return result;
        }
    }
    return CANDID_OK;
}

/* Fills bytes at `at` with what lies in the `period` bytes before it, over and over. */
static void copy_before(uint8_t *at, size_t period, size_t bytes)
{
    const uint8_t *const from = at - period;
    size_t i = 0;
    for (; period >= 8 && i + 8 <= bytes; i += 8) {
        uint64_t word = 0;
        CANDID_STEP();
        __builtin_memcpy(&word, from + i, 8);
        __builtin_memcpy(at + i, &word, 8);
    }
    for (; i < bytes; i++) {
        CANDID_STEP();
        at[i] = from[i];
    }
}

/* Elements without a byte are all like the one before, which is copied where that pays.
 *   returns   AGAIN when it does not */
CANDID_COLD enum candid_result repeat_element(struct candid_decoder *d, struct frame *frame)
{
    const size_t size = frame->vec.element->size;
    const uint64_t units = frame->vec.units_left - d->units_left;
    const bool has_box = frame->vec.arena_used != d->arena->used;
    frame->vec.units_left = d->units_left;
    frame->vec.arena_used = d->arena->used;
    if (has_box) {
        /* Or the first made plans. */
        frame->vec.at = frame->vec.is_first ? frame->vec.at : NULL;
        frame->vec.is_first = false;
        return AGAIN;
    }
    if (size > REPEATED_BYTES_PER_UNIT * units) {
        return AGAIN;
    }
    if (!candid_charge(d, units * frame->vec.left)) {
        return CANDID_TOO_LARGE;
    }
    copy_before(frame->vec.out, size, size * frame->vec.left);
    return CANDID_OK;
}

CANDID_HOT enum candid_result next_element(struct candid_decoder *d, struct stack *s,
                                           struct value *v)
{
    struct frame *const frame = v->vec;
    if (frame->vec.at == d->at) {
        const enum candid_result result = repeat_element(d, frame);
        if (result == CANDID_OK) {
            v->vec = NULL;
            s->top = frame - 1;
        }
        if (result != AGAIN) {
            return result;
        }
    }
    const struct candid_type *const element = frame->vec.element;
    const uint32_t left = frame->vec.left - 1;
    v->ref = frame->vec.ref;
    v->type = element;
    v->out = frame->vec.out;
    if (left == 0) {
        /* Goes before its last element, so that lists of lists need no depth. */
        v->opt = frame->vec.opt;
        v->vec = NULL;
        s->top = frame - 1;
        return AGAIN;
    }
    frame->vec.left = left;
    frame->vec.out = v->out + element->size;
    return AGAIN;
}

/* The next value of the record at hand, or of what waits.
 *   returns   AGAIN, DONE; or MISSING, then the record at hand lacks a field */
CANDID_HOT enum candid_result next_value(struct candid_decoder *d, struct stack *s, struct value *v,
                                         struct record *r)
{
    v->opt = NULL;
    for (;;) {
        const enum candid_result result = v->vec != NULL ? next_element(d, s, v) : next_field(d, v, r);
        if (result != CANDID_OK) {
            return result;
        }
        switch (s->top->kind) {
        case FRAME_NONE:
            return DONE;
        case FRAME_RECORD:
            *r = s->top->record;
            break;
        case FRAME_VEC:
            v->vec = s->top;
            continue;
        case FRAME_BOX:
            break;
        }
        s->top--;
    }
}

enum candid_result candid_coerce(struct candid_decoder *d, struct candid_entry *args,
                                 const struct candid_type *record, void *out)
{
    struct frame near[FRAMES_NEAR + 1];
    struct stack s = {near, near, near + FRAMES_NEAR};
    near[0].kind = FRAME_NONE;
    /* Arguments are a record without a value of its own. */
    struct value v = {.vec = NULL};
    struct record r = {0};
    const struct candid_plan *plan = NULL;
    enum candid_result result = CANDID_OK;
    if (args->count == 1 && record->count == 1) {
        v = (struct value){d->fields[args->first].ref, record->of.fields[0].type,
                           (uint8_t *)out + record->of.fields[0].offset, NULL, NULL};
        result = AGAIN;
    } else {
        result = candid_plan_make(d, args, record, &plan);
        if (result != CANDID_OK) {
            return result;
        }
        r = (struct record){plan->steps, plan->end, out, NULL};
    }
    for (;;) {
        if (result == CANDID_OK) {
            result = next_value(d, &s, &v, &r);
        }
        if (result == AGAIN) {
            result = read_value(d, &s, &v, &r);
        } else if (result == CANDID_MISMATCH || result == CANDID_MISSING) {
            result = fall_back(d, &s, &v, &r, result);
            if (result != CANDID_OK) {
                return result;
            }
        } else if (result != CANDID_OK) {
            return result == DONE ? CANDID_OK : result;
        }
    }
}
