/* Dear messages: what a method expects is changed here and there, and values are made for it. */
#include "search.h"

#include <stdlib.h>
#include <string.h>

#include "dear_did.h"
#include "hostile_did.h"

#define DEPTH_MAX       7u    /* of changed types; below, they are exact or null */
#define VALUE_DEPTH_MAX 300u  /* of values in values; opts and records together exceed 512 */
#define VALUE_SHALLOW   12u   /* from here on opts and vecs are rather empty */
#define ATTEMPTS_MAX    4u    /* at making values of given types */
#define UNSHARED_ONE_IN 10u   /* type tables that repeat equal entries */
#define PADDED_ONE_IN   10u   /* type tables with many entries that no value uses */
#define PADDING_COUNT   3000u /* of those */
#define WIDE_ONE_IN     24u   /* records and variants with very many fields or cases */
#define WIDE_MAX        250u  /* of those */
#define DEEP_ONE_IN     6u    /* messages with values nested as deep as they get */
#define EXACT_ONE_IN    8u    /* messages with a known header */
#define SPOILT_ONE_IN   24u   /* messages with a wrong byte near the end */
#define BROKEN_ONE_IN   4u    /* values that stop in the middle and are kept */

#define MADE_MAX        64u   /* types that may come again elsewhere in the same message */
#define MADE_AGAIN_MAX  6u    /* of those; each may double the type */

#define VEC_COUNT_ANY 3u

struct search {
    uint64_t random;
    struct wire_pool pool;
    /* The wire types at hand. */
    struct bench_types types;
    const struct candid_tuple *expected;
    const struct wire *args[SEARCH_ARGS_MAX];
    size_t arg_count;
    unsigned change_permille; /* how often a type is changed */
    const struct wire *made[MADE_MAX]; /* in part or whole */
    size_t made_count;
    unsigned made_again;
    bool padded;
    struct axon_buf header;
    struct axon_buf shape;
    size_t nodes_of_types; /* the pool's counts, without what values opened */
    size_t fields_of_types;
    /* Values being made. What is dear is so for one kind of value, and a mixture is cheaper than
     * its dearest part, so a message has its ways. */
    struct axon_buf values;
    bool deep;
    bool small_numbers;
    unsigned absent_percent; /* of opts */
    unsigned vec_count;      /* or VEC_COUNT_ANY */
    bool broken;
    bool repeats;      /* a vec has been chosen */
    size_t repeat_arg; /* from this argument on one may be */
    size_t element_at;
    size_t element_bytes;
    size_t element_count;
    struct axon_buf message;
};

/* ---- chance --------------------------------------------------------------------------------------
 * Only one of these to a full expression whose order of evaluation is the compiler's. */

static uint64_t pick(struct search *s, uint64_t below)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (s->random >> 33) % below;
}

static bool chance(struct search *s, unsigned percent)
{
    return pick(s, 100) < percent;
}

static bool one_in(struct search *s, unsigned n)
{
    return pick(s, n) == 0;
}

/* ---- types --------------------------------------------------------------------------------------- */

static const struct candid_method *method_of(struct bench_types types)
{
    return types.table == BENCH_HOSTILE ? hostile_methods[types.method]
                                        : dear_methods[types.method];
}

/* dear.did is the longer one and made for this. */
static struct bench_types pick_method(struct search *s)
{
    const bool hostile = one_in(s, 4);
    return (struct bench_types){
        .table = hostile ? BENCH_HOSTILE : BENCH_DEAR,
        .method = (unsigned)pick(s, hostile ? hostile_method_count : dear_method_count)};
}

/* What some method expects, or the element of it. */
static const struct candid_type *pick_type(struct search *s)
{
    const struct candid_type *record = method_of(pick_method(s))->in.record;
    if (record->count == 0) {
        return &candid_type_null;
    }
    const struct candid_type *type = record->of.fields[pick(s, record->count)].type;
    return type->kind == CANDID_KIND_VEC ? type->of.inner : type;
}

static const struct wire *new_scalar(struct search *s)
{
    /* Those without a byte more often: they are the dearest. */
    static const uint8_t KINDS[] = {
        CANDID_KIND_NULL, CANDID_KIND_NULL,      CANDID_KIND_NULL,    CANDID_KIND_RESERVED,
        CANDID_KIND_NULL, CANDID_KIND_BOOL,      CANDID_KIND_NAT,     CANDID_KIND_NAT,
        CANDID_KIND_NAT8, CANDID_KIND_NAT16,     CANDID_KIND_INT,     CANDID_KIND_INT64,
        CANDID_KIND_TEXT, CANDID_KIND_PRINCIPAL, CANDID_KIND_FLOAT32, CANDID_KIND_RESERVED,
    };
    /* Rare, for they rarely fit. */
    static const uint8_t ODD_KINDS[] = {CANDID_KIND_EMPTY, CANDID_KIND_FUTURE};
    const bool odd = one_in(s, 40);
    return wire_scalar(&s->pool, (enum candid_kind)(odd ? ODD_KINDS[pick(s, sizeof ODD_KINDS)]
                                                        : KINDS[pick(s, sizeof KINDS)]));
}

static const struct wire *change(struct search *s, const struct candid_type *type, unsigned depth);

/* A type near this one in an opt, a vec or a record of one field. */
static const struct wire *wrap(struct search *s, enum candid_kind kind,
                               const struct candid_type *type, unsigned depth)
{
    struct wire *outer = wire_compound(&s->pool, kind, 1);
    wire_add(outer, 0, change(s, type, depth + 1));
    return outer;
}

static const struct wire *new_record(struct search *s)
{
    const size_t count = 1 + pick(s, one_in(s, WIDE_ONE_IN) ? WIDE_MAX : 4);
    struct wire *record = wire_compound(&s->pool, CANDID_KIND_RECORD, count);
    for (uint32_t i = 0; i < count; i++) {
        wire_add(record, i, new_scalar(s));
    }
    return record;
}

/* Ids that the .did files use, by number and by name, and some that they do not. */
static uint32_t pick_id(struct search *s)
{
    static const uint32_t IDS[] = {0, 1, 2, 3, 4, 7, 97, 98, 99, 100, 114, UINT32_MAX};
    return IDS[pick(s, sizeof IDS / sizeof *IDS)];
}

static const struct wire *new_variant(struct search *s, const struct candid_type *type,
                                      unsigned depth)
{
    const size_t count = 1 + pick(s, 3);
    struct wire *variant = wire_compound(&s->pool, CANDID_KIND_VARIANT, count);
    for (size_t i = 0; i < count; i++) {
        const uint32_t id = pick_id(s);
        wire_add(variant, id, change(s, type, depth + 1));
    }
    return variant;
}

/* A type of this message again: what is remembered of it at one expected type is of no use at others. */
static const struct wire *again(struct search *s)
{
    if (s->made_count == 0 || s->made_again == MADE_AGAIN_MAX) {
        return wire_scalar(&s->pool, CANDID_KIND_NULL);
    }
    s->made_again++;
    return s->made[pick(s, s->made_count)];
}

/* Another type in the place of this one. */
static const struct wire *replace(struct search *s, const struct candid_type *type, unsigned depth)
{
    switch (pick(s, 13)) {
    case 0:
    case 1:
        return new_scalar(s);
    case 2:
        return wrap(s, CANDID_KIND_OPT, type, depth);
    case 3:
        return wrap(s, CANDID_KIND_VEC, type, depth);
    case 4:
        return wrap(s, CANDID_KIND_RECORD, type, depth);
    case 5:
        return wire_compound(&s->pool, CANDID_KIND_RECORD, 0);
    case 6:
        return new_record(s);
    case 7:
        return new_variant(s, type, depth);
    case 8:
        return wire_exact(&s->pool, pick_type(s));
    case 9:
        return change(s, pick_type(s), depth + 1);
    case 10:
    case 11:
        return again(s);
    default:
        return type->kind == CANDID_KIND_OPT || type->kind == CANDID_KIND_VEC
                   ? change(s, type->of.inner, depth + 1)
                   : wire_scalar(&s->pool, CANDID_KIND_NULL);
    }
}

/* The same record with some fields left out and perhaps one more. */
static const struct wire *change_record(struct search *s, const struct candid_type *type,
                                        unsigned depth)
{
    struct wire *record = wire_compound(&s->pool, CANDID_KIND_RECORD, type->count + 1u);
    for (size_t i = 0; i < type->count; i++) {
        if (!chance(s, 12)) {
            const struct candid_field *field = &type->of.fields[i];
            wire_add(record, field->id, change(s, field->type, depth + 1));
        }
    }
    if (chance(s, 15)) {
        const uint32_t id = pick_id(s);
        wire_add(record, id, chance(s, 30) ? change(s, type, depth + 1) : new_scalar(s));
    }
    return record;
}

/* The same variant with fewer cases and perhaps some more, rarely very many: what a case costs must
 * not depend on their number. Never without any. */
static const struct wire *change_variant(struct search *s, const struct candid_type *type,
                                         unsigned depth)
{
    const size_t more = !chance(s, 30) ? 0 : one_in(s, WIDE_ONE_IN) ? WIDE_MAX : 1;
    struct wire *variant = wire_compound(&s->pool, CANDID_KIND_VARIANT, type->count + more + 1);
    for (size_t i = 0; i < type->count; i++) {
        if (!chance(s, 20)) {
            const struct candid_field *field = &type->of.fields[i];
            wire_add(variant, field->id, change(s, field->type, depth + 1));
        }
    }
    for (size_t i = 0; i < more || (i == 0 && variant->count == 0); i++) {
        const uint32_t id = i == 0 ? pick_id(s) : (uint32_t)pick(s, UINT32_MAX);
        wire_add(variant, id, new_scalar(s));
    }
    return variant;
}

static const struct wire *change_func(struct search *s, const struct candid_type *type,
                                      unsigned depth)
{
    const size_t count = (size_t)type->count + type->result_count;
    struct wire *func = wire_compound(&s->pool, CANDID_KIND_FUNC, count);
    for (uint32_t i = 0; i < count; i++) {
        wire_add(func, i, change(s, type->of.fields[i].type, depth + 1));
    }
    func->mode = (enum candid_mode)type->mode;
    func->result_count = type->result_count;
    return func;
}

/* Its methods stay funcs: a table where they are none is refused as a whole. */
static const struct wire *change_service(struct search *s, const struct candid_type *type,
                                         unsigned depth)
{
    struct wire *service = wire_compound(&s->pool, CANDID_KIND_SERVICE, type->count);
    for (uint32_t i = 0; i < service->room; i++) {
        const struct candid_service_method *method = &type->of.methods[i];
        wire_add(service, i, change_func(s, method->type, depth + 1));
        service->fields[i].name = method->name;
    }
    return service;
}

/* The same kind of type, its parts changed. */
static const struct wire *change_parts(struct search *s, const struct candid_type *type,
                                       unsigned depth)
{
    switch (type->kind) {
    case CANDID_KIND_OPT:
        /* Every type is a subtype of its opt. */
        return chance(s, 45) ? change(s, type->of.inner, depth + 1)
                             : wrap(s, CANDID_KIND_OPT, type->of.inner, depth);
    case CANDID_KIND_VEC:
        return wrap(s, CANDID_KIND_VEC, type->of.inner, depth);
    case CANDID_KIND_RECORD:
        return change_record(s, type, depth);
    case CANDID_KIND_VARIANT:
        return change_variant(s, type, depth);
    case CANDID_KIND_FUNC:
        return change_func(s, type, depth);
    case CANDID_KIND_SERVICE:
        return change_service(s, type, depth);
    default:
        return wire_exact(&s->pool, type);
    }
}

/* A type near this one. */
static const struct wire *change(struct search *s, const struct candid_type *type, unsigned depth)
{
    while (type->kind == CANDID_KIND_BOX) {
        if (chance(s, 30)) {
            return wire_exact(&s->pool, type);
        }
        type = type->of.inner;
    }
    if (depth >= DEPTH_MAX) {
        return chance(s, 50) ? wire_exact(&s->pool, type) : wire_scalar(&s->pool, CANDID_KIND_NULL);
    }
    const struct wire *made = pick(s, 1000) < s->change_permille ? replace(s, type, depth)
                                                                 : change_parts(s, type, depth);
    if (s->made_count < MADE_MAX) {
        s->made[s->made_count++] = made;
    }
    return made;
}

/* ---- values -------------------------------------------------------------------------------------- */

static void put_value(struct search *s, const struct wire *wire, unsigned depth);

static void put_bytes(struct search *s, const void *bytes, size_t size)
{
    axon_buf_append(&s->values, (struct ic_bytes){bytes, size});
}

/* Mostly small; more than one, ten and nineteen bytes have their own paths. */
static void put_number(struct search *s)
{
    static const uint8_t ONES[20] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                     255, 255, 255, 255, 255, 255, 255, 255, 255, 3};
    switch (s->small_numbers ? 9 : pick(s, 10)) {
    case 0:
        put_bytes(s, "\x80\x01", 2);
        break;
    case 1:
        put_bytes(s, ONES, 9);
        put_bytes(s, "\x01", 1);
        break;
    case 2: {
        const size_t size = pick(s, sizeof ONES);
        put_bytes(s, ONES + sizeof ONES - size - 1, size + 1);
        break;
    }
    default:
        put_bytes(s, "\x05", 1);
    }
}

static void put_fixed(struct search *s, size_t size)
{
    put_bytes(s, "\x01\x01\x01\x01\x01\x01\x01\x01", size);
}

static void put_text(struct search *s)
{
    static const char *const TEXTS[] = {"", "", "a", "a", "\xe2\x82\xac", "twenty letters long."};
    const char *text = TEXTS[pick(s, sizeof TEXTS / sizeof *TEXTS)];
    wire_leb(&s->values, strlen(text));
    put_bytes(s, text, strlen(text));
}

static void put_principal(struct search *s)
{
    static const uint8_t SIZES[] = {0, 0, 0, 1, 4, 10, 29};
    const size_t size = SIZES[pick(s, sizeof SIZES)];
    axon_buf_append_byte(&s->values, 1);
    wire_leb(&s->values, size);
    put_bytes(s, "principal of twenty-nine bytes", size);
}

/* How often the repeated element stands there: the nearer to the limits the better. */
static size_t pick_repeats(struct search *s, size_t element_bytes)
{
    static const uint16_t OF_NOTHING[] = {100, 300, 700, 1300, 2000, 3900, 5000};
    static const uint16_t OF_BYTES[] = {30, 300, 3000, 10000};
    if (s->padded && chance(s, 50)) {
        return 1; /* so that the table is what counts */
    }
    if (element_bytes == 0) {
        return OF_NOTHING[pick(s, sizeof OF_NOTHING / sizeof *OF_NOTHING)];
    }
    const size_t count = OF_BYTES[pick(s, sizeof OF_BYTES / sizeof *OF_BYTES)];
    const size_t room = SEARCH_ELEMENTS_BYTES_MAX / element_bytes;
    return count < room ? count : room;
}

/* The vec whose elements are repeated: one, or up to three different ones in turn. */
static void put_repeated(struct search *s, const struct wire *element, unsigned depth)
{
    struct axon_buf count = {0};
    const size_t group = chance(s, 70) ? 1 : 1 + pick(s, 3);
    const size_t at = s->values.size;
    s->repeats = true;
    for (size_t i = 0; i < group; i++) {
        put_value(s, element, depth + 1);
    }
    s->element_bytes = s->values.size - at;
    s->element_count = pick_repeats(s, s->element_bytes);
    wire_leb(&count, group * s->element_count);
    axon_buf_reserve(&s->values, count.size);
    memmove(s->values.at + at + count.size, s->values.at + at, s->element_bytes);
    memcpy(s->values.at + at, count.at, count.size);
    s->values.size += count.size;
    s->element_at = at + count.size;
    axon_buf_free(&count);
}

static void put_vec(struct search *s, const struct wire *element, unsigned depth)
{
    static const uint8_t COUNTS[] = {0, 1, 1, 1, 2, 2, 3, 5};
    if (!s->repeats && chance(s, depth == 0 ? 90 : 50)) {
        put_repeated(s, element, depth);
        return;
    }
    size_t count = s->vec_count == VEC_COUNT_ANY ? COUNTS[pick(s, sizeof COUNTS)] : s->vec_count;
    if (depth > VALUE_SHALLOW && !s->deep) {
        count = 0;
    }
    wire_leb(&s->values, count);
    for (size_t i = 0; i < count && !s->broken; i++) {
        put_value(s, element, depth + 1);
    }
}

static void put_opt(struct search *s, const struct wire *inner, unsigned depth)
{
    const bool has = !chance(s, depth < VALUE_SHALLOW || s->deep ? s->absent_percent : 80);
    axon_buf_append_byte(&s->values, has);
    if (has) {
        put_value(s, inner, depth + 1);
    }
}

static void put_record(struct search *s, const struct wire *record, unsigned depth)
{
    for (size_t i = 0; i < record->count && !s->broken; i++) {
        put_value(s, record->fields[i].type, depth + 1);
    }
}

static void put_variant(struct search *s, const struct wire *variant, unsigned depth)
{
    if (variant->count != 0) {
        const size_t tag = pick(s, variant->count);
        wire_leb(&s->values, tag);
        put_value(s, variant->fields[tag].type, depth + 1);
    }
}

/* Values of one size, and those without parts. */
static void put_scalar(struct search *s, enum candid_kind kind)
{
    static const uint8_t SIZES[CANDID_KIND_FLOAT64 + 1] = {
        [CANDID_KIND_NAT8] = 1,    [CANDID_KIND_NAT16] = 2, [CANDID_KIND_NAT32] = 4,
        [CANDID_KIND_NAT64] = 8,   [CANDID_KIND_INT8] = 1,  [CANDID_KIND_INT16] = 2,
        [CANDID_KIND_INT32] = 4,   [CANDID_KIND_INT64] = 8, [CANDID_KIND_FLOAT32] = 4,
        [CANDID_KIND_FLOAT64] = 8, [CANDID_KIND_BOOL] = 1,
    };
    if (kind == CANDID_KIND_NAT || kind == CANDID_KIND_INT) {
        put_number(s);
    } else if (kind <= CANDID_KIND_FLOAT64) {
        put_fixed(s, SIZES[kind]);
    } else if (kind == CANDID_KIND_TEXT) {
        put_text(s);
    } else if (kind == CANDID_KIND_PRINCIPAL) {
        put_principal(s);
    } else if (kind == CANDID_KIND_FUNC) {
        put_bytes(s, "\x01\x01\x00\x00", 4);
    } else if (kind == CANDID_KIND_SERVICE) {
        put_bytes(s, "\x01\x00", 2);
    } else if (kind == CANDID_KIND_FUTURE) {
        put_bytes(s, "\x01\x00?", 3);
    }
}

/* A value without end, or too large a one, stops in the middle. */
static void put_value(struct search *s, const struct wire *wire, unsigned depth)
{
    s->broken = s->broken || depth > VALUE_DEPTH_MAX || s->pool.full ||
                s->values.size > SEARCH_PART_BYTES_MAX;
    if (s->broken) {
        return;
    }
    const struct wire *open = wire_open(&s->pool, wire);
    if (open->kind == CANDID_KIND_OPT) {
        put_opt(s, open->fields[0].type, depth);
    } else if (open->kind == CANDID_KIND_VEC) {
        put_vec(s, open->fields[0].type, depth);
    } else if (open->kind == CANDID_KIND_RECORD) {
        put_record(s, open, depth);
    } else if (open->kind == CANDID_KIND_VARIANT) {
        put_variant(s, open, depth);
    } else {
        put_scalar(s, open->kind);
    }
}

static void pick_ways(struct search *s)
{
    static const uint8_t PERCENTS[] = {5, 25, 25, 50, 95};
    s->deep = one_in(s, DEEP_ONE_IN);
    s->small_numbers = chance(s, 50);
    s->absent_percent = PERCENTS[pick(s, sizeof PERCENTS)];
    s->vec_count = chance(s, 50) ? VEC_COUNT_ANY : (unsigned)pick(s, VEC_COUNT_ANY);
}

static void put_args(struct search *s)
{
    pick_ways(s);
    s->broken = false;
    s->element_at = s->element_bytes = s->element_count = 0;
    s->repeat_arg = s->arg_count == 0 ? 0 : pick(s, s->arg_count);
    axon_buf_clear(&s->values);
    for (size_t i = 0; i < s->arg_count; i++) {
        s->repeats = i < s->repeat_arg || s->element_count != 0;
        put_value(s, s->args[i], 0);
    }
}

/* ---- messages ------------------------------------------------------------------------------------ */

/* Header, then what stands before the elements, the elements, and what stands behind them. */
static void assemble(struct search *s)
{
    const uint8_t *const behind = s->values.at + s->element_at + s->element_bytes;
    axon_buf_clear(&s->message);
    axon_buf_append(&s->message, axon_buf_bytes(&s->header));
    axon_buf_append(&s->message, (struct ic_bytes){s->values.at, s->element_at});
    for (size_t i = 0; i < s->element_count; i++) {
        axon_buf_append(&s->message,
                        (struct ic_bytes){s->values.at + s->element_at, s->element_bytes});
    }
    if (s->values.size != 0) {
        axon_buf_append(&s->message, (struct ic_bytes){
                                         behind, (size_t)(s->values.at + s->values.size - behind)});
    }
}

/* A wrong value at the end makes much work worth nothing. */
static void spoil(struct search *s)
{
    const size_t values = s->message.size - s->header.size;
    if (values != 0 && one_in(s, SPOILT_ONE_IN)) {
        const size_t back = 1 + pick(s, values < 4 ? values : 4);
        s->message.at[s->message.size - back] = (uint8_t)pick(s, 256);
    }
}

static struct search_message current(struct search *s)
{
    const struct ic_bytes message = axon_buf_bytes(&s->message);
    const size_t prefix = s->header.size + s->element_at;
    const size_t elements = s->element_bytes * s->element_count;
    return (struct search_message){
        .types = s->types,
        .message = message,
        .shape = axon_buf_text(&s->shape),
        .prefix = {message.at, prefix},
        .element = {message.at + prefix, s->element_bytes},
        .count = s->element_count,
        .suffix = {message.at + prefix + elements, message.size - prefix - elements}};
}

bool search_again(struct search *s, struct search_message *out)
{
    for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
        s->pool.node_count = s->nodes_of_types;
        s->pool.field_count = s->fields_of_types;
        s->pool.full = false;
        put_args(s);
        if (!s->broken || one_in(s, BROKEN_ONE_IN)) {
            assemble(s);
            spoil(s);
            *out = current(s);
            return true;
        }
    }
    return false;
}

/* Entries of few bytes: what a table costs by the byte. */
static struct wire_table_style pick_style(struct search *s)
{
    static const struct {
        const char *bytes;
        size_t size;
    } UNUSED[] = {
        {"\x6c\x00", 2},
        {"\x6e\x7f", 2},
        {"\x6d\x00", 2},
        {"\x6b\x00", 2},
        {"\x6a\x00\x00\x00", 4},
        {"\x69\x00", 2},
        {"\x67\x00", 2},
        {"\x6c\x01\x00\x7f", 4},
        {"\x6c\x01\x00\x00", 4},
        {"\x6b\x02\x00\x7f\x01\x7f", 6},
        {"\x6a\x08\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x00\x00", 12},
        {"\x6c\x04\x00\x7f\x01\x7f\x02\x7f\x03\x7f", 10},
        {"\x6c\x04\x00\x00\x01\x00\x02\x00\x03\x00", 10},
    };
    struct wire_table_style style = {.repeats_equal = one_in(s, UNSHARED_ONE_IN)};
    s->padded = one_in(s, PADDED_ONE_IN);
    if (s->padded) {
        const size_t i = pick(s, sizeof UNUSED / sizeof *UNUSED);
        style.unused = (struct ic_bytes){(const uint8_t *)UNUSED[i].bytes, UNUSED[i].size};
        style.unused_count = PADDING_COUNT;
    }
    return style;
}

/* Types as they are expected, with the header that is known for them if there is one. */
static bool make_exact(struct search *s)
{
    const struct candid_type *record = s->expected->record;
    const struct ic_bytes known = s->expected->known[pick(s, CANDID_KNOWN_COUNT)];
    s->arg_count = record->count;
    for (size_t i = 0; i < record->count; i++) {
        s->args[i] = wire_exact(&s->pool, record->of.fields[i].type);
    }
    if (known.size == 0) {
        return wire_header(&s->header, &s->pool, s->args, s->arg_count, pick_style(s));
    }
    axon_buf_append(&s->header, known);
    return true;
}

/* Types near the expected ones. There may be an argument more, or the last may be missing. */
static bool make_changed(struct search *s)
{
    static const uint16_t PERMILLES[] = {20, 80, 150, 300};
    const struct candid_type *record = s->expected->record;
    s->change_permille = PERMILLES[pick(s, sizeof PERMILLES / sizeof *PERMILLES)];
    s->arg_count = record->count > 1 && chance(s, 5) ? record->count - 1u : record->count;
    for (size_t i = 0; i < s->arg_count; i++) {
        s->args[i] = change(s, record->of.fields[i].type, 0);
    }
    if (s->arg_count == 0 || chance(s, 5)) {
        s->args[s->arg_count++] = wire_of(&s->pool, CANDID_KIND_VEC, change(s, pick_type(s), 0));
    }
    return wire_header(&s->header, &s->pool, s->args, s->arg_count, pick_style(s));
}

static bool make_types(struct search *s)
{
    s->pool.node_count = s->pool.field_count = 0;
    s->pool.full = false;
    s->made_count = 0;
    s->made_again = 0;
    s->padded = false;
    s->types = pick_method(s);
    s->expected = &method_of(s->types)->in;
    axon_buf_clear(&s->header);
    axon_buf_clear(&s->shape);
    if (s->expected->record->count >= SEARCH_ARGS_MAX ||
        !(one_in(s, EXACT_ONE_IN) ? make_exact(s) : make_changed(s)) ||
        s->header.size > SEARCH_HEADER_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < s->arg_count; i++) {
        axon_buf_append_text(&s->shape, i == 0 ? "" : ", ");
        wire_show(&s->shape, &s->pool, s->args[i]);
    }
    s->nodes_of_types = s->pool.node_count;
    s->fields_of_types = s->pool.field_count;
    return true;
}

struct search_message search_next(struct search *s)
{
    struct search_message message = {.count = 0};
    bool made = false;
    while (!made) {
        made = make_types(s) && search_again(s, &message);
    }
    return message;
}

struct search *search_new(uint64_t seed)
{
    struct search *s = axon_alloc(sizeof *s);
    s->random = seed;
    axon_buf_reserve(&s->values, 1); /* so that there is a place to point at */
    for (int i = 0; i < 8; i++) {
        pick(s, 2); /* near seeds begin alike */
    }
    return s;
}

void search_free(struct search *s)
{
    axon_buf_free(&s->header);
    axon_buf_free(&s->shape);
    axon_buf_free(&s->values);
    axon_buf_free(&s->message);
    free(s);
}
