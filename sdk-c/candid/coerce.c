/* The decoder proper: a wire type, an expected type, and the rules that lead from one to the other.
 * SPEC: Candid, "Decoding"; the outcomes are those of its coercion relation:
 *   a value; MISMATCH, which the innermost enclosing expected opt turns into null; anything else
 *   rejects the message, below opt and in skipped data too.
 *
 * Most values are simple: decided by the two types and the next byte, read by read_simple in a few
 * instructions (simple.c). The others take steps here. No recursion: nesting is a stack of frames. A
 * variant needs no frame, reading goes on with its case. An opt has one to come back to, a box so that
 * what is decoded nests no deeper than the frames.
 *
 * Each byte is read once: where a value does not fit, what is left of it, and of everything up to the
 * opt that becomes null, is skipped from there (skip.c). */
#include "frames.h"

/* ---- records ------------------------------------------------------------------------------------- */

/* Where reading goes on: a value that is not simple. */
struct task {
    candid_ref ref;
    const struct candid_type *type; /* NULL: nowhere, the frames say what is next */
    uint8_t *out;
};

/* A place in a record: what is left of its fields on both sides. Only ever a local variable of one
 * function, so that its members are variables too: what is in memory costs loads and stores. */
struct place {
    struct fields f;
    uint8_t *out; /* the struct */
};

CANDID_HOT struct fields all_fields(const struct candid_decoder *d,
                                    const struct candid_entry *entry,
                                    const struct candid_type *type)
{
    struct fields f = {.wire = d->fields + entry->first, .field = type->of.fields};
    f.wire_end = f.wire + entry->count;
    f.field_end = candid_fields_end(type);
    return f;
}

/* Fields behind one that is not done yet wait in a frame. */
CANDID_HOT enum candid_result push_place(struct coercion *c, const struct place *at)
{
    struct frame *frame = NULL;
    if (at->f.wire == at->f.wire_end && at->f.field == at->f.field_end) {
        return CANDID_OK;
    }
    const enum candid_result result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_RECORD;
        frame->fields = at->f;
        frame->out = at->out;
    }
    return result;
}

/* A record is complete: goes on with the fields of the record around it, or with the next element of a
 * vec of records. Attempts that went well and boxes end with it.
 *   returns   false when it is neither; the frames say what is next, unless *result says more */
CANDID_HOT bool pop_place(struct coercion *c, struct place *at, enum candid_result *result)
{
    struct frame *frame = NULL;
    for (;;) {
        frame = c->top - 1;
        if (frame->kind <= FRAME_RECORDS) {
            break;
        }
        if (frame->kind >= FRAME_VEC) {
            return false;
        }
        c->top = frame;
    }
    at->f = frame->fields;
    at->out = frame->out;
    if (frame->kind == FRAME_RECORD) {
        c->top = frame;
        return true;
    }
    const struct candid_type *const element = frame->element;
    if (--frame->left == 0) {
        c->top = frame; // goes before its last element
    }
    frame->out = at->out + element->size;
    if (element->kind == CANDID_KIND_OPT) {
        *result = push_opt(c, at->out);
        at->out += element->offset;
    }
    return *result == CANDID_OK;
}

/* Goes into a record that is a field of the one at hand, which waits if there are fields behind it: then
 * that is a level to come back to, without a byte of its own. */
CANDID_HOT enum candid_result enter(struct coercion *c, struct place *at,
                                    const struct candid_entry *entry,
                                    const struct candid_type *type, uint8_t *out, uint32_t opt_units)
{
    struct candid_decoder *const d = c->d;
    enum candid_result result = push_place(c, at);
    const uint64_t waits = at->f.wire != at->f.wire_end || at->f.field != at->f.field_end;
    if (result == CANDID_OK && type->kind == CANDID_KIND_OPT) {
        result = candid_charge(d, opt_units) ? push_opt(c, out) : CANDID_TOO_LARGE;
        out += type->offset;
        type = type->of.inner;
    }
    if (result != CANDID_OK) {
        return result;
    }
    if (!candid_charge(d, 1 + waits)) {
        return CANDID_TOO_LARGE;
    }
    at->f = all_fields(d, entry, type);
    at->out = out;
    return CANDID_OK;
}

CANDID_HOT enum candid_result read_absent(struct candid_decoder *d,
                                          const struct candid_field *field, uint8_t *out)
{
    if (field->type->kind != CANDID_KIND_OPT) {
        return candid_absent(d, field, field + 1, out);
    }
    *(bool *)(out + field->offset) = false;
    return candid_charge(d, 1) ? CANDID_OK : CANDID_TOO_LARGE;
}

/* The wire has no field of a record that is expected. */
CANDID_HOT enum candid_result read_empty_record(struct candid_decoder *d,
                                                const struct candid_type *type, uint8_t *out)
{
    const struct candid_field *const field = type->of.fields;
    if (!candid_charge(d, 1)) {
        return CANDID_TOO_LARGE;
    }
    return type->count == 0   ? CANDID_OK
           : type->count == 1 ? read_absent(d, field, out)
                              : candid_absent(d, field, candid_fields_end(type), out);
}

/* What a field is read at. */
struct target {
    candid_ref ref;
    const struct candid_type *type;
    uint8_t *out;
};

/* Nothing at what may be nothing; and only then. */
CANDID_HOT bool is_nothing(struct target t)
{
    if (t.ref != -CANDID_KIND_NULL) {
        return false;
    }
    if (t.type->kind == CANDID_KIND_OPT) {
        *(bool *)t.out = false;
        return true;
    }
    return t.type->kind == CANDID_KIND_NULL || t.type->kind == CANDID_KIND_RESERVED;
}

/* Reads a field that both sides have, if it is simple, or a record: then its fields are next. A record of
 * one field is read as that field, which becomes the target. */
CANDID_HOT enum candid_result read_field(struct coercion *c, struct place *at, struct target *t)
{
    struct candid_decoder *const d = c->d;
    for (;;) {
        if (t->ref < 0) {
            return !is_nothing(*t) ? candid_simple_primitive(d, (uint32_t)-t->ref, t->type, t->out)
                   : candid_charge(d, 1) ? CANDID_OK
                                         : CANDID_TOO_LARGE;
        }
        const struct candid_entry *const entry = &d->entries[t->ref];
        if (entry->kind != CANDID_KIND_RECORD) {
            if (entry->kind != CANDID_KIND_OPT || t->type->kind != CANDID_KIND_OPT ||
                d->at == d->end || *d->at > 1) {
                return candid_simple_entry(d, entry, t->type, t->out);
            }
            if (*d->at == 1) {
                const candid_ref content = (candid_ref)entry->first;
                if (content < 0 || d->entries[content].kind != CANDID_KIND_RECORD ||
                    d->entries[content].count == 0 ||
                    t->type->of.inner->kind != CANDID_KIND_RECORD) {
                    return candid_simple_entry(d, entry, t->type, t->out);
                }
                d->at++;
                return enter(c, at, &d->entries[content], t->type, t->out, 0);
            }
            d->at++;
            *(bool *)t->out = false;
            return CANDID_OK;
        }
        if (entry->count == 0) {
            return t->type->kind == CANDID_KIND_RECORD
                       ? read_empty_record(d, t->type, t->out)
                       : candid_simple_entry(d, entry, t->type, t->out);
        }
        if (t->type->kind != CANDID_KIND_RECORD) {
            if (t->type->kind == CANDID_KIND_RESERVED) {
                return skip_field(d, t->ref);
            }
            return t->type->kind == CANDID_KIND_OPT &&
                           t->type->of.inner->kind == CANDID_KIND_RECORD
                       ? enter(c, at, entry, t->type, t->out, 1)
                       : CANDID_NOT_SIMPLE;
        }
        const struct candid_wire_field *const wire = d->fields + entry->first;
        const struct candid_field *const field = t->type->of.fields;
        if (entry->count != 1 || t->type->count != 1 || wire->id != field->id) {
            return enter(c, at, entry, t->type, t->out, 1);
        }
        if (!candid_charge(d, 1)) {
            return CANDID_TOO_LARGE;
        }
        CANDID_STEP();
        *t = (struct target){wire->ref, field->type, t->out + field->offset};
    }
}

/* Misfits that are seen at once need no further step. */
CANDID_HOT bool is_misfit(struct target t)
{
    return t.ref < 0 && t.ref != -CANDID_KIND_EMPTY && t.type->kind != CANDID_KIND_BOX &&
           t.type->kind != CANDID_KIND_OPT;
}

/* Reads the fields of a record, of the records in it, and of the records around it, up to a value that
 * is not simple: that becomes the task. */
CANDID_COLD enum candid_result read_fields(struct coercion *c, struct fields fields,
                                           struct task *task, uint8_t *out)
{
    struct candid_decoder *const d = c->d;
    struct place at = {fields, out};
    enum candid_result result = CANDID_OK;
    do {
        while (at.f.wire != at.f.wire_end) {
            CANDID_STEP();
            if (at.f.field == at.f.field_end) {
                result = skip_field(d, (at.f.wire++)->ref);
            } else if (at.f.field->id != at.f.wire->id) {
                if (at.f.field->id > at.f.wire->id) {
                    result = skip_field(d, (at.f.wire++)->ref);
                } else {
                    result = read_absent(d, at.f.field++, at.out);
                }
            } else {
                struct target t = {(at.f.wire++)->ref, at.f.field->type,
                                   at.out + at.f.field->offset};
                at.f.field++;
                result = read_field(c, &at, &t);
                if (result == CANDID_NOT_SIMPLE) {
                    if (is_misfit(t) || (t.ref >= 0 && candid_is_misfit(d->entries[t.ref].kind,
                                                                        t.type->kind))) {
                        result = skip_field(d, t.ref);
                        return result == CANDID_OK ? misfit_fields(c, at.f.wire, at.f.wire_end,
                                                                   CANDID_MISMATCH)
                                                   : result;
                    }
                    result = push_place(c, &at);
                    *task = (struct task){t.ref, t.type, t.out};
                    return result;
                }
            }
            if (result != CANDID_OK) {
                break;
            }
        }
        if (result == CANDID_OK && at.f.field != at.f.field_end) {
            result = candid_absent(d, at.f.field, at.f.field_end, at.out);
        }
        if (result != CANDID_OK) {
            return result == CANDID_MISSING
                       ? misfit_fields(c, at.f.wire, at.f.wire_end, result)
                       : result;
        }
    } while (pop_place(c, &at, &result));
    return result;
}

CANDID_HOT enum candid_result read_record(struct coercion *c, candid_ref ref,
                                          const struct candid_type *type, struct task *task,
                                          uint8_t *out)
{
    if (!candid_charge(c->d, 1)) {
        return CANDID_TOO_LARGE;
    }
    return read_fields(c, all_fields(c->d, &c->d->entries[ref], type), task, out);
}

CANDID_HOT bool is_record(const struct candid_decoder *d, candid_ref ref,
                          const struct candid_type *type)
{
    return ref >= 0 && type->kind == CANDID_KIND_RECORD &&
           d->entries[ref].kind == CANDID_KIND_RECORD;
}

/* ---- what needs more than one step --------------------------------------------------------------- */

static enum candid_result push_vec(struct coercion *c, candid_ref inner, uint64_t count,
                                   const struct candid_type *element, uint8_t *out)
{
    struct frame *frame = NULL;
    const enum candid_result result = push(c, &frame);
    if (result != CANDID_OK) {
        return result;
    }
    frame->kind = FRAME_VEC;
    frame->ref = inner;
    frame->left = (uint32_t)count;
    frame->element = element;
    frame->out = out;
    const struct candid_type *const record =
        element->kind == CANDID_KIND_OPT ? element->of.inner : element;
    if (is_record(c->d, inner, record)) {
        /* Each is a unit, and one more where an opt is around it. */
        if (!candid_charge(c->d, element == record ? count : 2 * count)) {
            return CANDID_TOO_LARGE;
        }
        frame->kind = FRAME_RECORDS;
        frame->fields = all_fields(c->d, &c->d->entries[inner], record);
    }
    return CANDID_OK;
}

/* Opts of what cannot fit, or of nothing, are all null: of opts in opts the innermost, of nothing the
 * outermost. */
static enum candid_result read_null_opts(struct coercion *c, candid_ref inner, uint64_t count,
                                         const struct candid_type *element, uint8_t *at)
{
    const bool nothing = inner == -CANDID_KIND_NULL || inner == -CANDID_KIND_RESERVED;
    for (uint64_t i = 0; i < count; i++) {
        const struct candid_type *type = element;
        uint8_t *opt = at;
        uint64_t levels = !nothing; // skipping charges for nothing itself
        for (; !nothing && type->of.inner->kind == CANDID_KIND_OPT; levels++) {
            CANDID_STEP();
            *(bool *)opt = true;
            opt += type->offset;
            type = type->of.inner;
        }
        CANDID_STEP();
        if (!candid_charge(c->d, levels)) {
            return CANDID_TOO_LARGE;
        }
        *(bool *)opt = false;
        at += element->size;
    }
    return candid_skip(c->d, NULL, inner, (uint32_t)count);
}

static bool are_null_opts(const struct coercion *c, candid_ref inner,
                          const struct candid_type *element)
{
    const uint32_t kind = candid_wire_kind(c->d, inner);
    if (element->kind != CANDID_KIND_OPT || kind == CANDID_KIND_OPT) {
        return false;
    }
    while (element->of.inner->kind == CANDID_KIND_OPT) {
        CANDID_STEP();
        element = element->of.inner;
    }
    return kind == CANDID_KIND_NULL || kind == CANDID_KIND_RESERVED ||
           candid_is_misfit(kind, element->of.inner->kind);
}

/* A blob takes a vec nat8 as it lies there; an empty vec of anything is an empty blob. */
static enum candid_result read_blob(struct coercion *c, candid_ref inner, uint64_t count,
                                    struct ic_bytes *out)
{
    if (count != 0 && inner != -CANDID_KIND_NAT8) {
        return inner == -CANDID_KIND_EMPTY   ? CANDID_UNINHABITED
               : count > UINT32_MAX          ? CANDID_TRUNCATED
                                             : misfit(c, inner, (uint32_t)count);
    }
    if (count > candid_left(c->d)) {
        return CANDID_TRUNCATED;
    }
    out->at = c->d->at;
    out->size = (size_t)count;
    c->d->at += count;
    return CANDID_OK;
}

/* Elements that are read at once; others one by one in a frame. */
static enum candid_result read_elements(struct coercion *c, candid_ref inner, uint64_t count,
                                        const struct candid_type *element, struct task *task,
                                        uint8_t *at)
{
    struct candid_decoder *const d = c->d;
    if (inner < 0 && element->kind == (uint32_t)-inner) {
        return candid_scalars(d, (uint32_t)-inner, at, count, element->size);
    }
    if (count == 0) {
        return CANDID_OK;
    }
    if (count == 1) {
        /* No frame for one; nor does it make lists of one deeper. */
        const enum candid_result result = candid_simple(d, inner, element, at);
        if (result == CANDID_NOT_SIMPLE) {
            *task = (struct task){inner, element, at};
            return CANDID_OK;
        }
        return result;
    }
    if (element->kind == CANDID_KIND_RESERVED) {
        return candid_skip(d, NULL, inner, (uint32_t)count);
    }
    if (are_null_opts(c, inner, element)) {
        return read_null_opts(c, inner, count, element, at);
    }
    if (is_record(d, inner, element) && d->entries[inner].count == 0 && element->count == 0) {
        return candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    return push_vec(c, inner, count, element, at);
}

CANDID_COLD enum candid_result read_vec(struct coercion *c, candid_ref ref,
                                        const struct candid_type *type, struct task *task,
                                        uint8_t *out)
{
    struct candid_decoder *d = c->d;
    const candid_ref inner = (candid_ref)d->entries[ref].first;
    uint64_t count = 0;
    enum candid_result result = candid_leb(d, &count, CANDID_LENGTH_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    if (inner == -CANDID_KIND_NULL && type->kind == CANDID_KIND_VEC &&
        type->of.inner->kind == CANDID_KIND_NULL) {
        candid_vec_store(out, NULL, (size_t)count);
        return candid_charge(d, count) ? CANDID_OK : CANDID_TOO_LARGE;
    }
    const uint32_t fixed = inner < 0 ? candid_fixed_size((uint32_t)-inner) : 0;
    if (fixed > 1 ? count > candid_left(d) / fixed : fixed == 1 && count > candid_left(d)) {
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
    candid_vec_store(out, type->of.inner->size == 0 || count == 0 ? NULL : at, (size_t)count);
    return read_elements(c, inner, count, type->of.inner, task, at);
}

/* Reads the index of a case, in one byte or more. */
CANDID_COLD enum candid_result read_long_index(struct candid_decoder *d, uint32_t *index)
{
    uint64_t value = 0;
    const enum candid_result result = candid_leb_slow(d, &value, CANDID_LEB_BYTES_MAX);
    *index = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    return result;
}

/* A case that both sides have. */
CANDID_COLD enum candid_result read_case(struct coercion *c, candid_ref ref, uint32_t tag,
                                         const struct candid_type *type, struct task *task,
                                         uint8_t *out)
{
    const struct candid_field *const expected = &type->of.fields[tag];
    *(uint32_t *)(void *)out = tag;
    out += expected->offset;
    type = expected->type;
    if (is_record(c->d, ref, type)) {
        const struct candid_wire_field *const wire = c->d->fields + c->d->entries[ref].first;
        const struct candid_field *const field = type->of.fields;
        if (c->d->entries[ref].count != 1 || type->count != 1 || wire->ref >= 0 ||
            wire->id != field->id) {
            return read_record(c, ref, type, task, out);
        }
        /* A record of one plain value: a common case, and it needs no loop. */
        if (!candid_charge(c->d, 1)) {
            return CANDID_TOO_LARGE;
        }
        ref = wire->ref;
        type = field->type;
        out += field->offset;
    }
    const enum candid_result result = candid_simple(c->d, ref, type, out);
    if (result != CANDID_NOT_SIMPLE) {
        return result;
    }
    if (is_misfit((struct target){ref, type, out})) {
        return misfit(c, ref, 1);
    }
    *task = (struct task){ref, type, out};
    return CANDID_OK;
}

/* Where the wire has not the opt that is expected around a variant, opt is that; else NULL. Its frame
 * is not needed for cases that are unknown. */
CANDID_HOT enum candid_result read_variant(struct coercion *c, candid_ref ref,
                                           const struct candid_type *type, struct task *task,
                                           uint8_t *out, uint8_t *opt)
{
    struct candid_decoder *const d = c->d;
    const struct candid_entry *const entry = &d->entries[ref];
    enum candid_result result = CANDID_OK;
    uint32_t index = 0;
    if (d->at != d->end && *d->at < 0x80) {
        index = *d->at++;
    } else {
        result = read_long_index(d, &index);
    }
    if (result != CANDID_OK || index >= entry->count) {
        return result != CANDID_OK ? result : CANDID_BAD_CASE;
    }
    const struct candid_wire_field *const wire = &d->fields[entry->first + index];
    const int32_t tag = candid_case(type, index, wire->id);
    if (tag >= 0) {
        if (opt != NULL) {
            /* To come back here from inside a case takes this long. */
            result = candid_charge(d, 2) ? push_opt(c, opt) : CANDID_TOO_LARGE;
        }
        return result == CANDID_OK ? read_case(c, wire->ref, (uint32_t)tag, type, task, out)
                                   : result;
    }
    if (opt == NULL) {
        return misfit(c, wire->ref, 1);
    }
    *(bool *)opt = false;
    return skip_field(d, wire->ref);
}

CANDID_COLD enum candid_result read_plain_variant(struct coercion *c, candid_ref ref,
                                                  const struct candid_type *type,
                                                  struct task *task, uint8_t *out)
{
    return read_variant(c, ref, type, task, out, NULL);
}

/* What was read inside an attempt, whose frame was pushed on top of below: often it is done without a
 * further frame, then that one goes at once. */
CANDID_HOT enum candid_result end_attempt(struct coercion *c, enum candid_result result,
                                          const struct frame *below, const struct task *task)
{
    if (task->type != NULL || c->top != below + 1 || c->top[-1].kind != FRAME_OPT) {
        return result;
    }
    const struct frame *const frame = --c->top;
    if (result != CANDID_MISMATCH && result != CANDID_MISSING) {
        return result;
    }
    *(bool *)frame->out = false;
    c->d->arena->used = frame->arena_used;
    return skip_rest(c);
}

/* A variant at an opt that the wire has not. */
CANDID_COLD enum candid_result attempt_variant(struct coercion *c, candid_ref ref,
                                               const struct candid_type *type, struct task *task,
                                               uint8_t *out)
{
    const struct frame *const below = c->top;
    const enum candid_result result =
        read_variant(c, ref, type->of.inner, task, out + type->offset, out);
    return end_attempt(c, result, below, task);
}

/* Tries to read at the content of an opt: what does not fit makes it null. */
CANDID_COLD enum candid_result attempt(struct coercion *c, candid_ref ref,
                                       const struct candid_type *type, struct task *task,
                                       uint8_t *out)
{
    const struct candid_type *const inner = type->of.inner;
    const uint32_t kind = candid_wire_kind(c->d, ref);
    uint8_t *const content = out + type->offset;
    enum candid_result result = CANDID_OK;
    if (kind != inner->kind && candid_is_misfit(kind, inner->kind)) {
        *(bool *)out = false;
        return skip_field(c->d, ref);
    }
    if (kind == CANDID_KIND_VARIANT && inner->kind == CANDID_KIND_VARIANT) {
        return attempt_variant(c, ref, type, task, out);
    }
    const bool is_vec = kind == CANDID_KIND_VEC && inner->kind == CANDID_KIND_VEC &&
                        c->d->at != c->d->end && *c->d->at != 0;
    if (kind != CANDID_KIND_RECORD && !is_vec) {
        *(bool *)out = true;
        result = candid_simple(c->d, ref, inner, content);
        if (result != CANDID_NOT_SIMPLE) {
            return result;
        }
    }
    result = push_opt(c, out);
    if (result == CANDID_OK && is_vec) {
        const struct frame *const below = c->top - 1;
        if (!candid_charge(c->d, CANDID_UNITS_OF_VEC_IN_OPT)) {
            return CANDID_TOO_LARGE;
        }
        result = read_vec(c, ref, inner, task, content);
        return end_attempt(c, result, below, task);
    }
    if (result == CANDID_OK && is_record(c->d, ref, inner)) {
        const struct frame *const below = c->top - 1;
        result = read_record(c, ref, inner, task, content);
        return end_attempt(c, result, below, task);
    }
    *task = (struct task){ref, inner, content};
    return result;
}

CANDID_COLD enum candid_result read_box(struct coercion *c, const struct candid_type *type,
                                        uint8_t *out, uint8_t **content)
{
    struct frame *frame = NULL;
    enum candid_result result = candid_box(c->d, content, type->of.inner->size);
    if (result != CANDID_OK) {
        return result;
    }
    *(uint8_t **)(void *)out = *content;
    result = push(c, &frame);
    if (result == CANDID_OK) {
        frame->kind = FRAME_BOX;
    }
    return result;
}

/* Opts in opts around a value without any: only the innermost can become null. */
CANDID_COLD enum candid_result enter_opts(struct coercion *c, const struct candid_type **type,
                                          uint8_t **out)
{
    for (;;) {
        const struct candid_type *const inner = (*type)->of.inner;
        const bool boxed =
            inner->kind == CANDID_KIND_BOX && inner->of.inner->kind == CANDID_KIND_OPT;
        CANDID_STEP();
        if (inner->kind != CANDID_KIND_OPT && !boxed) {
            return CANDID_OK;
        }
        if (!candid_charge(c->d, 1)) {
            return CANDID_TOO_LARGE;
        }
        **(bool **)(void *)out = true;
        *out += (*type)->offset;
        *type = inner;
        if (boxed) {
            uint8_t *content = NULL;
            const enum candid_result result = read_box(c, inner, *out, &content);
            if (result != CANDID_OK) {
                return result;
            }
            *type = inner->of.inner;
            *out = content;
        }
    }
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
    if (type->of.inner->kind == CANDID_KIND_OPT || type->of.inner->kind == CANDID_KIND_BOX) {
        const enum candid_result result = enter_opts(c, &type, &out);
        if (result != CANDID_OK) {
            return result;
        }
    }
    return attempt(c, ref, type, task, out);
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
    return result == CANDID_OK         ? candid_scalar(c->d, type->kind, out)
           : result == CANDID_MISMATCH ? misfit(c, ref, 1)
                                       : result;
}

/* Kinds that differ, opt and reserved apart. */
CANDID_COLD enum candid_result read_other(struct coercion *c, candid_ref ref, uint32_t kind,
                                          const struct candid_type *type, struct task *task,
                                          uint8_t *out)
{
    if (kind == CANDID_KIND_EMPTY) {
        return CANDID_UNINHABITED;
    }
    if (kind == CANDID_KIND_VEC && type->kind == CANDID_KIND_BLOB) {
        return read_vec(c, ref, type, task, out);
    }
    if (kind == CANDID_KIND_NAT && type->kind == CANDID_KIND_INT) {
        return candid_nat_as_int(c->d, (struct candid_int *)(void *)out);
    }
    if (kind == CANDID_KIND_SERVICE && type->kind == CANDID_KIND_PRINCIPAL) {
        return candid_scalar(c->d, kind, out);
    }
    return misfit(c, ref, 1);
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
        return read_record(c, ref, type, task, out);
    case CANDID_KIND_VARIANT:
        return read_plain_variant(c, ref, type, task, out);
    case CANDID_KIND_VEC:
        return read_vec(c, ref, type, task, out);
    case CANDID_KIND_FUNC:
    case CANDID_KIND_SERVICE:
        return read_reference(c, ref, type, out);
    default:
        return candid_scalar(c->d, kind, out);
    }
}

/* Reads a value or as much of it as needs no frame; then *task says where to go on, if it does. */
CANDID_COLD enum candid_result read_step(struct coercion *c, candid_ref ref,
                                         const struct candid_type *type, struct task *task,
                                         uint8_t *out)
{
    CANDID_STEP();
    if (type->kind == CANDID_KIND_OPT) {
        return read_opt(c, ref, type, task, out);
    }
    const uint32_t kind = candid_wire_kind(c->d, ref);
    if (type->kind == kind && kind != CANDID_KIND_RESERVED) {
        return read_same(c, kind, ref, type, task, out);
    }
    if (type->kind == CANDID_KIND_RESERVED) {
        return skip_field(c->d, ref);
    }
    if (type->kind == CANDID_KIND_BOX) {
        uint8_t *content = NULL;
        const enum candid_result result = read_box(c, type, out, &content);
        *task = (struct task){ref, type->of.inner, content};
        return result;
    }
    return read_other(c, ref, kind, type, task, out);
}

/* ---- the loop ------------------------------------------------------------------------------------ */

/* Elements up to one that leaves a task or frames. */
CANDID_COLD enum candid_result next_elements(struct coercion *c, struct frame *frame,
                                             struct task *task)
{
    const struct candid_type *const element = frame->element;
    const candid_ref ref = frame->ref;
    /* Of these none is simple. */
    const bool are_steps = element->kind == CANDID_KIND_OPT && ref >= 0 &&
                           c->d->entries[ref].kind == CANDID_KIND_VARIANT &&
                           element->of.inner->kind == CANDID_KIND_VARIANT;
    uint8_t *out = frame->out;
    uint32_t left = frame->left;
    enum candid_result result = CANDID_OK;
    while (result == CANDID_OK && left != 0) {
        CANDID_STEP();
        result = are_steps ? CANDID_NOT_SIMPLE : candid_simple(c->d, ref, element, out);
        left--;
        if (result == CANDID_NOT_SIMPLE) {
            /* This frame goes before the last element, that lists need no depth. */
            c->top = left == 0 ? frame : frame + 1;
            frame->left = left;
            frame->out = out + element->size;
            const struct frame *const top = c->top;
            result = !are_steps                 ? read_step(c, ref, element, task, out)
                     : candid_charge(c->d, 1) ? attempt_variant(c, ref, element, task, out)
                                               : CANDID_TOO_LARGE;
            if (task->type != NULL || c->top != top) {
                return result;
            }
        }
        out += element->size;
    }
    frame->left = left;
    if (left == 0) {
        c->top = frame;
    }
    return result;
}

/* Goes on with the top frame. */
CANDID_HOT enum candid_result next_task(struct coercion *c, struct task *task)
{
    struct frame *const frame = c->top - 1;
    CANDID_STEP();
    return frame->kind == FRAME_VEC ? next_elements(c, frame, task)
                                    : read_fields(c, (struct fields){0}, task, NULL);
}

enum candid_result candid_coerce(struct candid_decoder *d, const struct candid_entry *args,
                                 const struct candid_type *record, void *out)
{
    struct coercion c;
    c.d = d;
    c.frames = c.near;
    c.top = c.near + 1;
    c.near[0].kind = FRAME_NONE;
    c.limit = c.near + FRAMES_NEAR;
    struct task task = {.type = NULL};
    enum candid_result result = read_fields(&c, all_fields(d, args, record), &task, out);
    for (;;) {
        while (result == CANDID_OK && task.type != NULL) {
            const struct candid_type *const type = task.type;
            task.type = NULL;
            result = read_step(&c, task.ref, type, &task, task.out);
        }
        if (result == CANDID_MISMATCH || result == CANDID_MISSING) {
            result = fall_back(&c, result);
            task.type = NULL;
        }
        if (result != CANDID_OK || c.top == c.frames + 1) {
            return result;
        }
        result = next_task(&c, &task);
    }
}
