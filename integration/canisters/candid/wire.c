/* Trees of wire types, their type table and their short text. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define SHOW_DEPTH_MAX 7u
#define SHOW_BYTES_MAX 1200u
#define FUTURE_OPCODE  (-25)

/* ---- nodes --------------------------------------------------------------------------------------- */

static struct wire *new_node(struct wire_pool *pool, enum candid_kind kind)
{
    static struct wire spare;
    struct wire *node = &spare;
    if (pool->node_count < WIRE_NODES_MAX) {
        node = &pool->nodes[pool->node_count++];
        *node = (struct wire){.kind = kind};
    } else {
        pool->full = true;
        *node = (struct wire){.kind = CANDID_KIND_NULL};
    }
    return node;
}

const struct wire *wire_scalar(struct wire_pool *pool, enum candid_kind kind)
{
    return new_node(pool, kind);
}

const struct wire *wire_exact(struct wire_pool *pool, const struct candid_type *type)
{
    struct wire *node = new_node(pool, CANDID_KIND_BOX);
    node->exact = type;
    return node;
}

struct wire *wire_compound(struct wire_pool *pool, enum candid_kind kind, size_t room)
{
    static struct wire spare; /* an empty record that stays one */
    if (room > WIRE_FIELDS_MAX - pool->field_count || pool->node_count == WIRE_NODES_MAX) {
        pool->full = true;
        spare = (struct wire){.kind = CANDID_KIND_RECORD};
        return &spare;
    }
    struct wire *node = new_node(pool, kind);
    node->fields = &pool->fields[pool->field_count];
    node->room = room;
    pool->field_count += room;
    return node;
}

const struct wire *wire_of(struct wire_pool *pool, enum candid_kind opt_or_vec,
                           const struct wire *inner)
{
    struct wire *node = wire_compound(pool, opt_or_vec, 1);
    wire_add(node, 0, inner);
    return node;
}

void wire_add(struct wire *compound, uint32_t id, const struct wire *type)
{
    size_t i = compound->count;
    while (i > 0 && compound->fields[i - 1].id >= id) {
        i--;
    }
    if (compound->count == compound->room ||
        (i < compound->count && compound->fields[i].id == id)) {
        return;
    }
    memmove(&compound->fields[i + 1], &compound->fields[i],
            (compound->count - i) * sizeof *compound->fields);
    compound->fields[i] = (struct wire_field){.id = id, .type = type};
    compound->count++;
}

/* ---- exact types --------------------------------------------------------------------------------- */

static const struct candid_type *unboxed(const struct candid_type *type)
{
    while (type->kind == CANDID_KIND_BOX) {
        type = type->of.inner;
    }
    return type;
}

static const struct wire *open_fields(struct wire_pool *pool, const struct candid_type *type)
{
    const size_t count = (size_t)type->count + type->result_count;
    struct wire *node = wire_compound(pool, (enum candid_kind)type->kind, count);
    for (size_t i = 0; i < count; i++) {
        const struct candid_field *field = &type->of.fields[i];
        /* Results count from 0 again; here they stand behind the parameters. */
        const uint32_t id = type->kind == CANDID_KIND_FUNC ? (uint32_t)i : field->id;
        wire_add(node, id, wire_exact(pool, field->type));
    }
    node->mode = (enum candid_mode)type->mode;
    node->result_count = type->result_count;
    return node;
}

static const struct wire *open_methods(struct wire_pool *pool, const struct candid_type *type)
{
    struct wire *node = wire_compound(pool, CANDID_KIND_SERVICE, type->count);
    for (uint32_t i = 0; i < node->room; i++) {
        wire_add(node, i, wire_exact(pool, type->of.methods[i].type));
        node->fields[i].name = type->of.methods[i].name;
    }
    return node;
}

static const struct wire *open_type(struct wire_pool *pool, const struct candid_type *type)
{
    switch (type->kind) {
    case CANDID_KIND_OPT:
    case CANDID_KIND_VEC:
        return wire_of(pool, (enum candid_kind)type->kind, wire_exact(pool, type->of.inner));
    case CANDID_KIND_BLOB:
        return wire_of(pool, CANDID_KIND_VEC, wire_scalar(pool, CANDID_KIND_NAT8));
    case CANDID_KIND_RECORD:
    case CANDID_KIND_VARIANT:
    case CANDID_KIND_FUNC:
        return open_fields(pool, type);
    case CANDID_KIND_SERVICE:
        return open_methods(pool, type);
    default:
        return wire_scalar(pool, (enum candid_kind)type->kind);
    }
}

const struct wire *wire_open(struct wire_pool *pool, const struct wire *wire)
{
    return wire->kind == CANDID_KIND_BOX ? open_type(pool, unboxed(wire->exact)) : wire;
}

/* ---- the type table ------------------------------------------------------------------------------ */

void wire_leb(struct axon_buf *out, uint64_t v)
{
    for (; v > 0x7f; v >>= 7) {
        axon_buf_append_byte(out, (uint8_t)(v | 0x80));
    }
    axon_buf_append_byte(out, (uint8_t)v);
}

void wire_sleb(struct axon_buf *out, int64_t v)
{
    while (v < -64 || v > 63) {
        axon_buf_append_byte(out, (uint8_t)((uint64_t)v | 0x80));
        v = v < 0 ? ~(~v >> 7) : v >> 7;
    }
    axon_buf_append_byte(out, (uint8_t)((uint64_t)v & 0x7f));
}

struct entry {
    const struct candid_type *exact; /* or NULL */
    struct axon_buf body;            /* of an exact type empty until it is known */
};

struct table {
    struct wire_pool *pool;
    bool repeats_equal;
    struct entry entries[WIRE_ENTRIES_MAX];
    size_t count;
    bool full;
};

static bool is_scalar(enum candid_kind kind)
{
    return kind <= CANDID_KIND_EMPTY || kind == CANDID_KIND_PRINCIPAL;
}

static int64_t add_entry(struct table *table, const struct candid_type *exact, struct axon_buf body)
{
    if (table->count == WIRE_ENTRIES_MAX) {
        table->full = true;
        axon_buf_free(&body);
        return -CANDID_KIND_NULL;
    }
    table->entries[table->count] = (struct entry){.exact = exact, .body = body};
    return (int64_t)table->count++;
}

static int64_t ref_of(struct table *table, const struct wire *wire);

static void put_refs(struct axon_buf *body, struct table *table, const struct wire_field *fields,
                     size_t count)
{
    wire_leb(body, count);
    for (size_t i = 0; i < count; i++) {
        wire_sleb(body, ref_of(table, fields[i].type));
    }
}

static void put_func(struct axon_buf *body, struct table *table, const struct wire *wire)
{
    const size_t parameters = wire->count - wire->result_count;
    put_refs(body, table, wire->fields, parameters);
    put_refs(body, table, wire->fields + parameters, wire->result_count);
    axon_buf_append_byte(body, wire->mode != CANDID_MODE_UPDATE);
    if (wire->mode != CANDID_MODE_UPDATE) {
        axon_buf_append_byte(body, (uint8_t)wire->mode);
    }
}

/* Fields with ids, or methods with names. */
static void put_fields(struct axon_buf *body, struct table *table, const struct wire *wire)
{
    wire_leb(body, wire->count);
    for (size_t i = 0; i < wire->count; i++) {
        const struct wire_field *field = &wire->fields[i];
        if (wire->kind == CANDID_KIND_SERVICE) {
            wire_leb(body, field->name.size);
            axon_buf_append(body, field->name);
        } else {
            wire_leb(body, field->id);
        }
        wire_sleb(body, ref_of(table, field->type));
    }
}

static struct axon_buf body_of(struct table *table, const struct wire *wire)
{
    struct axon_buf body = {0};
    if (wire->kind == CANDID_KIND_FUTURE) {
        wire_sleb(&body, FUTURE_OPCODE);
        wire_leb(&body, 0);
        return body;
    }
    wire_sleb(&body, -(int64_t)wire->kind);
    if (wire->kind == CANDID_KIND_OPT || wire->kind == CANDID_KIND_VEC) {
        wire_sleb(&body, ref_of(table, wire->fields[0].type));
    } else if (wire->kind == CANDID_KIND_FUNC) {
        put_func(&body, table, wire);
    } else {
        put_fields(&body, table, wire);
    }
    return body;
}

/* The entry is there before its body, which may refer to it. */
static int64_t ref_of_exact(struct table *table, const struct candid_type *type)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].exact == type) {
            return (int64_t)i;
        }
    }
    const int64_t ref = add_entry(table, type, (struct axon_buf){0});
    if (ref >= 0) {
        const struct axon_buf body = body_of(table, open_type(table->pool, type));
        table->entries[ref].body = body;
    }
    return ref;
}

static int64_t ref_of(struct table *table, const struct wire *wire)
{
    const enum candid_kind kind =
        wire->kind == CANDID_KIND_BOX ? (enum candid_kind)unboxed(wire->exact)->kind : wire->kind;
    if (is_scalar(kind)) {
        return -(int64_t)kind;
    }
    if (wire->kind == CANDID_KIND_BOX) {
        return ref_of_exact(table, unboxed(wire->exact));
    }
    struct axon_buf body = body_of(table, wire);
    for (size_t i = 0; i < table->count && !table->repeats_equal; i++) {
        const struct axon_buf *other = &table->entries[i].body;
        if (other->size == body.size && memcmp(other->at, body.at, body.size) == 0) {
            axon_buf_free(&body);
            return (int64_t)i;
        }
    }
    return add_entry(table, NULL, body);
}

bool wire_header(struct axon_buf *out, struct wire_pool *pool, const struct wire *const *args,
                 size_t count, struct wire_table_style style)
{
    struct table *table = axon_alloc(sizeof *table);
    struct axon_buf refs = {0};
    table->pool = pool;
    table->repeats_equal = style.repeats_equal;
    wire_leb(&refs, count);
    for (size_t i = 0; i < count; i++) {
        wire_sleb(&refs, ref_of(table, args[i]));
    }
    axon_buf_append_text(out, "DIDL");
    wire_leb(out, table->count + style.unused_count);
    for (size_t i = 0; i < table->count; i++) {
        axon_buf_append(out, axon_buf_bytes(&table->entries[i].body));
        axon_buf_free(&table->entries[i].body);
    }
    for (size_t i = 0; i < style.unused_count; i++) {
        axon_buf_append(out, style.unused);
    }
    axon_buf_append(out, axon_buf_bytes(&refs));
    axon_buf_free(&refs);
    const bool ok = !table->full && !pool->full;
    free(table);
    return ok;
}

/* ---- text ---------------------------------------------------------------------------------------- */

static void show(struct axon_buf *out, struct wire_pool *pool, const struct wire *wire,
                 unsigned depth);

static void show_fields(struct axon_buf *out, struct wire_pool *pool, const struct wire *wire,
                        unsigned depth)
{
    for (size_t i = 0; i < wire->count; i++) {
        axon_buf_printf(out, i == 0 ? "%u:" : ";%u:", wire->fields[i].id);
        show(out, pool, wire->fields[i].type, depth);
    }
    axon_buf_append_text(out, "}");
}

static void show(struct axon_buf *out, struct wire_pool *pool, const struct wire *wire,
                 unsigned depth)
{
    static const char *const NAMES[] = {
        [CANDID_KIND_NULL] = "null",        [CANDID_KIND_BOOL] = "bool",
        [CANDID_KIND_NAT] = "nat",          [CANDID_KIND_INT] = "int",
        [CANDID_KIND_NAT8] = "nat8",        [CANDID_KIND_NAT16] = "nat16",
        [CANDID_KIND_NAT32] = "nat32",      [CANDID_KIND_NAT64] = "nat64",
        [CANDID_KIND_INT8] = "int8",        [CANDID_KIND_INT16] = "int16",
        [CANDID_KIND_INT32] = "int32",      [CANDID_KIND_INT64] = "int64",
        [CANDID_KIND_FLOAT32] = "float32",  [CANDID_KIND_FLOAT64] = "float64",
        [CANDID_KIND_TEXT] = "text",        [CANDID_KIND_RESERVED] = "reserved",
        [CANDID_KIND_EMPTY] = "empty",      [CANDID_KIND_OPT] = "opt ",
        [CANDID_KIND_VEC] = "vec ",         [CANDID_KIND_RECORD] = "r{",
        [CANDID_KIND_VARIANT] = "v{",       [CANDID_KIND_FUNC] = "func{",
        [CANDID_KIND_SERVICE] = "service{", [CANDID_KIND_PRINCIPAL] = "principal",
        [CANDID_KIND_FUTURE] = "future",
    };
    const struct wire *open = wire_open(pool, wire);
    if (depth == SHOW_DEPTH_MAX || out->size > SHOW_BYTES_MAX) {
        axon_buf_append_text(out, "..");
        return;
    }
    axon_buf_append_text(out, NAMES[open->kind]);
    if (open->kind == CANDID_KIND_OPT || open->kind == CANDID_KIND_VEC) {
        show(out, pool, open->fields[0].type, depth + 1);
    } else if (!is_scalar(open->kind) && open->kind != CANDID_KIND_FUTURE) {
        show_fields(out, pool, open, depth + 1);
    }
}

void wire_show(struct axon_buf *out, struct wire_pool *pool, const struct wire *wire)
{
    show(out, pool, wire, 0);
}
