/* candid_encode: type table, then values. Values are trusted, sizes are not: everything is written
 * into what is left of the arena, and running out of it is a result. */
#include "ic/arena.h"
#include "ic/candid.h"

struct writer {
    uint8_t *at;
    uint8_t *end;
    enum candid_result result; /* the first failure; nothing is written after it */
};

/* ---- bytes --------------------------------------------------------------------------------------- */

static inline bool need(struct writer *w, size_t size)
{
    if ((size_t)(w->end - w->at) >= size) {
        return true;
    }
    w->result = CANDID_NO_MEMORY;
    w->at = w->end; /* stay failed */
    return false;
}

static inline void put_byte(struct writer *w, uint8_t byte)
{
    if (need(w, 1)) {
        *w->at++ = byte;
    }
}

static void put_bytes(struct writer *w, struct ic_bytes bytes)
{
    if (bytes.size == 0 || !need(w, bytes.size)) {
        return;
    }
    /* By words: a memory.copy costs 100 instructions before the first byte. */
    if (bytes.size > 256) {
        memcpy(w->at, bytes.at, bytes.size);
        w->at += bytes.size;
        return;
    }
    size_t i = 0;
    for (; i + 8 <= bytes.size; i += 8) {
        __builtin_memcpy(w->at + i, bytes.at + i, 8);
    }
    for (; i < bytes.size; i++) {
        w->at[i] = bytes.at[i];
        __asm__ volatile("" ::: "memory"); // or the compiler makes a memory.copy of it
    }
    w->at += bytes.size;
}

static void put_leb(struct writer *w, uint64_t value)
{
    while (value > 0x7f) {
        put_byte(w, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    put_byte(w, (uint8_t)value);
}

static void put_sleb(struct writer *w, int64_t value)
{
    while (value < -64 || value > 63) {
        put_byte(w, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    put_byte(w, (uint8_t)(value & 0x7f));
}

/* The digits of a big number, with the bits that say where it ends. */
static void put_digits(struct writer *w, struct ic_bytes digits)
{
    if (!need(w, digits.size)) {
        return;
    }
    for (size_t i = 0; i + 1 < digits.size; i++) {
        *w->at++ = digits.at[i] | 0x80;
    }
    *w->at++ = digits.at[digits.size - 1] & 0x7f;
}

static void put_nat(struct writer *w, const struct candid_nat *nat)
{
    if (nat->big.size != 0) {
        put_digits(w, nat->big);
        return;
    }
    uint64_t lo = nat->lo;
    uint64_t hi = nat->hi;
    while (hi != 0) {
        put_byte(w, (uint8_t)(lo | 0x80));
        lo = (lo >> 7) | (hi << 57);
        hi >>= 7;
    }
    put_leb(w, lo);
}

static void put_int(struct writer *w, const struct candid_int *integer)
{
    if (integer->big.size != 0) {
        put_digits(w, integer->big);
        return;
    }
    uint64_t lo = integer->lo;
    int64_t hi = integer->hi;
    /* While the upper half is more than the sign of the lower one. */
    while (hi != ((int64_t)lo >> 63)) {
        put_byte(w, (uint8_t)(lo | 0x80));
        lo = (lo >> 7) | ((uint64_t)hi << 57);
        hi >>= 7;
    }
    put_sleb(w, (int64_t)lo);
}

static void put_principal(struct writer *w, const struct ic_principal *principal)
{
    put_byte(w, 1);
    put_byte(w, principal->size);
    put_bytes(w, ic_principal_bytes(principal));
}

static void put_text(struct writer *w, struct ic_bytes text)
{
    put_leb(w, text.size);
    put_bytes(w, text);
}

static void put_scalar(struct writer *w, const struct candid_type *type, const uint8_t *at)
{
    const void *value = at;
    switch (type->kind) {
    case CANDID_KIND_NULL:
    case CANDID_KIND_RESERVED:
        return;
    case CANDID_KIND_NAT:
        put_nat(w, value);
        return;
    case CANDID_KIND_INT:
        put_int(w, value);
        return;
    case CANDID_KIND_TEXT:
    case CANDID_KIND_BLOB:
        put_text(w, *(const struct ic_bytes *)value);
        return;
    case CANDID_KIND_PRINCIPAL:
    case CANDID_KIND_SERVICE:
        put_principal(w, value);
        return;
    case CANDID_KIND_FUNC: {
        const struct candid_func *func = value;
        put_byte(w, 1);
        put_principal(w, &func->service);
        put_text(w, func->method);
        return;
    }
    case CANDID_KIND_EMPTY:
        w->result = CANDID_UNINHABITED;
        return;
    default:
        /* Fixed size, and little-endian like the machine. */
        put_bytes(w, (struct ic_bytes){.at = at, .size = type->size});
        return;
    }
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they are");

/* ---- parts of values ----------------------------------------------------------------------------- */

static const struct candid_type *unbox(const struct candid_type *type, const uint8_t **at)
{
    while (type->kind == CANDID_KIND_BOX) {
        *at = *at == NULL ? NULL : *(const uint8_t *const *)(const void *)*at;
        type = type->of.inner;
    }
    return type;
}

static bool is_absent(const struct candid_type *type, const uint8_t *at)
{
    type = unbox(type, &at);
    return type->kind == CANDID_KIND_OPT && !*(const bool *)at;
}

/* ---- the narrow type table ----------------------------------------------------------------------- */

/* A type that gets an entry: that of one value, as narrow as can be, or (at NULL) in full. */
struct item {
    const struct candid_type *type;
    const uint8_t *at;
};

struct table {
    struct writer *w;
    struct item items[CANDID_NARROW_ENTRIES_MAX];
    uint32_t count;
    bool overflow;
};

static bool is_primitive(const struct candid_type *type)
{
    return type->kind <= CANDID_KIND_EMPTY || type->kind == CANDID_KIND_PRINCIPAL;
}

/* Writes the reference to a type; new types queue up behind the table's end. */
static void put_ref(struct table *t, const struct candid_type *type, const uint8_t *at)
{
    type = unbox(type, &at);
    if (is_primitive(type)) {
        put_byte(t->w, (uint8_t)(0x80 - type->kind));
        return;
    }
    if (at != NULL && type->kind == CANDID_KIND_OPT && !*(const bool *)at) {
        put_byte(t->w, 0x80 - CANDID_KIND_NULL);
        return;
    }
    /* Types without narrower forms are shared. */
    if (type->kind == CANDID_KIND_BLOB || type->kind == CANDID_KIND_VEC ||
        type->kind == CANDID_KIND_FUNC || type->kind == CANDID_KIND_SERVICE) {
        at = NULL;
    }
    uint32_t i = at == NULL ? 0 : t->count;
    while (i < t->count && (t->items[i].at != NULL || t->items[i].type != type)) {
        i++;
    }
    if (i == CANDID_NARROW_ENTRIES_MAX) {
        t->overflow = true;
        return;
    }
    if (i == t->count) {
        t->items[t->count++] = (struct item){type, at};
    }
    put_sleb(t->w, (int64_t)i);
}

static void put_field(struct table *t, const struct candid_field *field, const uint8_t *at)
{
    put_leb(t->w, field->id);
    put_ref(t, field->type, at == NULL ? NULL : at + field->offset);
}

static uint32_t present_fields(const struct candid_type *type, const uint8_t *at)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        const struct candid_field *field = &type->of.fields[i];
        count += at == NULL || !is_absent(field->type, at + field->offset);
    }
    return count;
}

static void put_record_entry(struct table *t, const struct candid_type *type, const uint8_t *at)
{
    put_leb(t->w, present_fields(type, at));
    for (uint32_t i = 0; i < type->count; i++) {
        const struct candid_field *field = &type->of.fields[i];
        if (at == NULL || !is_absent(field->type, at + field->offset)) {
            put_field(t, field, at);
        }
    }
}

static void put_func_entry(struct table *t, const struct candid_type *type)
{
    put_leb(t->w, type->count);
    for (uint32_t i = 0; i < (uint32_t)type->count + type->result_count; i++) {
        if (i == type->count) {
            put_leb(t->w, type->result_count);
        }
        put_ref(t, type->of.fields[i].type, NULL);
    }
    if (type->result_count == 0) {
        put_leb(t->w, 0);
    }
    put_byte(t->w, type->mode != CANDID_MODE_UPDATE);
    if (type->mode != CANDID_MODE_UPDATE) {
        put_byte(t->w, type->mode);
    }
}

static void put_service_entry(struct table *t, const struct candid_type *type)
{
    put_leb(t->w, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        put_text(t->w, type->of.methods[i].name);
        put_ref(t, type->of.methods[i].type, NULL);
    }
}

static void put_variant_entry(struct table *t, const struct candid_type *type, const uint8_t *at)
{
    if (at != NULL) {
        put_byte(t->w, 1);
        put_field(t, &type->of.fields[*(const uint32_t *)(const void *)at], at);
        return;
    }
    put_leb(t->w, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        put_field(t, &type->of.fields[i], NULL);
    }
}

static void put_entry(struct table *t, struct item item)
{
    const struct candid_type *type = item.type;
    const uint8_t kind = type->kind == CANDID_KIND_BLOB ? CANDID_KIND_VEC : type->kind;
    put_byte(t->w, (uint8_t)(0x80 - kind));
    switch (type->kind) {
    case CANDID_KIND_BLOB:
        put_byte(t->w, 0x80 - CANDID_KIND_NAT8);
        return;
    case CANDID_KIND_VEC:
        put_ref(t, type->of.inner, NULL);
        return;
    case CANDID_KIND_OPT:
        put_ref(t, type->of.inner, item.at == NULL ? NULL : item.at + type->offset);
        return;
    case CANDID_KIND_RECORD:
        put_record_entry(t, type, item.at);
        return;
    case CANDID_KIND_VARIANT:
        put_variant_entry(t, type, item.at);
        return;
    case CANDID_KIND_FUNC:
        put_func_entry(t, type);
        return;
    default:
        put_service_entry(t, type);
        return;
    }
}

/* Returns false when the table has too many entries; what was written is to be forgotten then. */
static bool put_narrow_header(struct writer *w, const struct candid_type *record, const uint8_t *at)
{
    struct table t;
    t.w = w;
    t.count = 0;
    t.overflow = false;
    put_bytes(w, IC_BYTES_LIT("DIDL"));
    uint8_t *const count_at = w->at;
    put_byte(w, 0);
    /* The references of the arguments stand behind the table but name its entries first: the
     * arguments are queued here and found again below. */
    uint8_t *const entries_at = w->at;
    for (uint32_t i = 0; i < record->count; i++) {
        put_ref(&t, record->of.fields[i].type, at + record->of.fields[i].offset);
    }
    const size_t refs_bytes = (size_t)(w->at - entries_at);
    uint8_t refs[CANDID_NARROW_ENTRIES_MAX * 2];
    if (w->result != CANDID_OK || t.overflow || refs_bytes > sizeof refs) {
        return false;
    }
    for (size_t i = 0; i < refs_bytes; i++) {
        refs[i] = entries_at[i];
        __asm__ volatile("" ::: "memory");
    }
    w->at = entries_at;
    for (uint32_t i = 0; i < t.count && !t.overflow; i++) {
        put_entry(&t, t.items[i]);
    }
    if (w->result != CANDID_OK || t.overflow) {
        return false;
    }
    *count_at = (uint8_t)t.count;
    put_leb(w, record->count);
    put_bytes(w, (struct ic_bytes){.at = refs, .size = refs_bytes});
    return true;
}

_Static_assert(CANDID_NARROW_ENTRIES_MAX < 64, "counts and references are one byte");

/* ---- values -------------------------------------------------------------------------------------- */

struct frame {
    const struct candid_type *element; /* vec; NULL: a record */
    const struct candid_field *field;
    uint32_t left;
    bool narrow;
    const uint8_t *at;
};

#define FRAMES_NEAR 12u

struct walk {
    struct writer *w;
    struct frame *frames;
    uint32_t depth;
    uint32_t depth_max;
    struct frame near[FRAMES_NEAR];
};

/* Deeper frames take the end of the memory that is written to. */
static bool grow_frames(struct walk *walk)
{
    const size_t bytes = CANDID_DEPTH_MAX * sizeof(struct frame) + IC_ARENA_ALIGN;
    if (walk->depth_max == CANDID_DEPTH_MAX) {
        walk->w->result = CANDID_TOO_DEEP;
        return false;
    }
    if (!need(walk->w, bytes)) {
        return false;
    }
    uintptr_t moved = (uintptr_t)(walk->w->end - bytes);
    moved = (moved + IC_ARENA_ALIGN - 1) & ~(uintptr_t)(IC_ARENA_ALIGN - 1);
    walk->w->end -= bytes;
    memcpy((void *)moved, walk->frames, walk->depth * sizeof(struct frame));
    walk->frames = (struct frame *)moved;
    walk->depth_max = CANDID_DEPTH_MAX;
    return true;
}

static void push(struct walk *walk, struct frame frame)
{
    if (walk->depth < walk->depth_max || grow_frames(walk)) {
        walk->frames[walk->depth++] = frame;
    }
}

/* Writes a value up to the parts that need a frame. */
static void put_value(struct walk *walk, const struct candid_type *type, const uint8_t *at,
                      bool narrow)
{
    for (;;) {
        type = unbox(type, &at);
        if (type->kind == CANDID_KIND_OPT) {
            const bool has = *(const bool *)at;
            if (has || !narrow) {
                put_byte(walk->w, has);
            }
            if (!has) {
                return;
            }
            at += type->offset;
            type = type->of.inner;
        } else if (type->kind == CANDID_KIND_VARIANT) {
            const uint32_t tag = *(const uint32_t *)(const void *)at;
            if (tag >= type->count) {
                walk->w->result = CANDID_UNINHABITED;
                return;
            }
            put_leb(walk->w, narrow ? 0 : tag);
            at += type->of.fields[tag].offset;
            type = type->of.fields[tag].type;
        } else if (type->kind == CANDID_KIND_RECORD) {
            push(walk, (struct frame){
                           .field = type->of.fields, .left = type->count, .narrow = narrow, .at = at});
            return;
        } else if (type->kind == CANDID_KIND_VEC) {
            const size_t count = *(const size_t *)(const void *)(at + sizeof(void *));
            put_leb(walk->w, count);
            push(walk, (struct frame){.element = type->of.inner,
                                      .left = (uint32_t)count,
                                      .at = *(const uint8_t *const *)(const void *)at});
            return;
        } else {
            put_scalar(walk->w, type, at);
            return;
        }
    }
}

static void put_values(struct writer *w, const struct candid_type *record, const uint8_t *at,
                       bool narrow)
{
    struct walk walk;
    walk.w = w;
    walk.frames = walk.near;
    walk.depth = 0;
    walk.depth_max = FRAMES_NEAR;
    push(&walk, (struct frame){
                    .field = record->of.fields, .left = record->count, .narrow = narrow, .at = at});
    while (walk.depth != 0 && w->result == CANDID_OK) {
        struct frame *frame = &walk.frames[walk.depth - 1];
        if (frame->left == 0) {
            walk.depth--;
            continue;
        }
        /* The frame goes before its last part, so that lists need no depth. */
        walk.depth -= --frame->left == 0;
        if (frame->element != NULL) {
            const uint8_t *element = frame->at;
            if (element != NULL) {
                frame->at += frame->element->size;
            }
            put_value(&walk, frame->element, element, false);
        } else {
            const struct candid_field *field = frame->field++;
            put_value(&walk, field->type, frame->at + field->offset, frame->narrow);
        }
    }
}

/* ---- the message --------------------------------------------------------------------------------- */

enum candid_result candid_encode(struct ic_bytes *out, const struct candid_tuple *types,
                                 const void *value, enum candid_encoding encoding,
                                 struct ic_arena *arena)
{
    uint8_t *const start = arena->at + arena->used;
    struct writer w = {.at = start, .end = arena->at + arena->size};
    bool narrow = encoding == CANDID_ENCODE_NARROW && types->narrows;
    if (narrow && !put_narrow_header(&w, types->record, value)) {
        w.at = start;
        w.result = CANDID_OK;
        narrow = false;
    }
    if (!narrow) {
        put_bytes(&w, types->known[CANDID_KNOWN_RUST]);
    }
    if (w.result == CANDID_OK) {
        put_values(&w, types->record, value, narrow);
    }
    if (w.result != CANDID_OK) {
        return w.result;
    }
    const size_t size = (size_t)(w.at - start);
    const size_t rounded = (size + IC_ARENA_ALIGN - 1) & ~(size_t)(IC_ARENA_ALIGN - 1);
    arena->used = rounded > arena->size - arena->used ? arena->size : arena->used + rounded;
    *out = (struct ic_bytes){.at = start, .size = size};
    return CANDID_OK;
}
