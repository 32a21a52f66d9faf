#include "candid_text.h"

#include "candid/decoder.h"
#include "value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Memory for decoding one message; what the decoder's budget cannot exceed, up to this. */
#define DECODE_ARENA_BYTES_MAX ((size_t)1 << 30)

struct candid_text_types {
    struct did_node *node;
    struct candid_tuple tuple;
};

struct candid_text {
    struct did_program program;
    struct did_graph graph;
    struct candid_text_method *methods;
    size_t method_count;
    const struct candid_text_types *init;
};

/* What didc says may be longer, for the paths of files: here there are none, and what is long is cut. */
static void copy_error(struct candid_text_error *to, const struct did_error *from)
{
    snprintf(to->text, sizeof to->text, "%.*s", (int)sizeof to->text - 1, from->text);
}

/* ---- types --------------------------------------------------------------------------------------- */

static struct candid_text_types *make_types(struct did_graph *graph, struct did_node *node)
{
    struct candid_text_types *types = did_pool_alloc(graph->pool, sizeof *types);
    struct did_text header = {0};
    did_layout(graph);
    types->node = node;
    types->tuple.record = node->descriptor;
    types->tuple.narrows = did_node_narrows(node);
    if (did_header(&header, graph, node, CANDID_KNOWN_RUST)) {
        types->tuple.known[CANDID_KNOWN_RUST] = did_pool_copy(
            graph->pool, (struct ic_bytes){.at = (uint8_t *)header.at, .size = header.size});
    }
    did_text_free(&header);
    return types;
}

static void add_methods(struct candid_text *t)
{
    struct did_pool *pool = &t->program.pool;
    for (size_t i = 0; i < t->graph.method_count; i++) {
        const struct did_graph_method *m = &t->graph.methods[i];
        struct candid_text_method *method = DID_PUSH(pool, t->methods, t->method_count);
        method->name = did_pool_printf(pool, "%.*s", (int)m->name.size, (const char *)m->name.at);
        method->mode = m->mode;
        method->args = make_types(&t->graph, m->in);
        method->results = make_types(&t->graph, m->out);
    }
    if (t->graph.init != NULL) {
        t->init = make_types(&t->graph, t->graph.init);
    }
}

struct candid_text *candid_text_open(struct ic_bytes did, struct candid_text_error *error)
{
    struct candid_text *t = calloc(1, sizeof *t);
    if (t == NULL) {
        abort();
    }
    struct did_error reason;
    struct did_pool source = {0};
    const struct ic_bytes copy = did_pool_copy(&source, did);
    const bool parsed = did_parse(&t->program, "did", copy, NULL, &reason);
    t->program.pool_of_source = source;
    if (!parsed || !did_graph_make(&t->graph, &t->program, &reason)) {
        copy_error(error, &reason);
        candid_text_close(t);
        return NULL;
    }
    add_methods(t);
    return t;
}

void candid_text_close(struct candid_text *t)
{
    if (t != NULL) {
        did_free(&t->program);
        free(t);
    }
}

const struct candid_text_method *candid_text_method_find(struct candid_text *t, const char *name)
{
    for (size_t i = 0; i < t->method_count; i++) {
        if (strcmp(t->methods[i].name, name) == 0) {
            return &t->methods[i];
        }
    }
    return NULL;
}

const struct candid_text_types *candid_text_init_args(struct candid_text *t)
{
    return t->init;
}

const struct candid_text_types *candid_text_types_parse(struct candid_text *t, struct ic_bytes text,
                                                        struct candid_text_error *error)
{
    struct did_error reason;
    struct did_field *fields = NULL;
    struct did_node *node = NULL;
    size_t count = 0;
    text = did_pool_copy(&t->program.pool, text);
    if (!did_parse_tuple(&t->program, &fields, &count, text, &reason) ||
        !did_graph_tuple(&t->graph, &node, "tuple", fields, count, &reason)) {
        copy_error(error, &reason);
        return NULL;
    }
    return make_types(&t->graph, node);
}

const struct candid_tuple *candid_text_tuple(const struct candid_text_types *types)
{
    return &types->tuple;
}

/* ---- memory of one operation --------------------------------------------------------------------- */

static struct ic_arena open_arena(size_t size)
{
    struct ic_arena arena;
    void *memory = malloc(size);
    if (memory == NULL) {
        abort();
    }
    ic_arena_init(&arena, memory, size);
    return arena;
}

/* malloc's memory is aligned, so the arena begins where it does. */
static void close_arena(struct ic_arena *arena)
{
    free(arena->at);
}

static bool fail(struct candid_text_error *error, enum candid_result result)
{
    snprintf(error->text, sizeof error->text, "%s", candid_result_text(result));
    return false;
}

/* Decodes into an arena that is opened here, to be closed also after a failure. How much memory the
 * elements need is not known before, so it tries.
 *   returns   NULL with *error set when it does not decode */
static void *decode(struct ic_arena *arena, const struct candid_text_types *types,
                    struct ic_bytes message, struct candid_text_error *error)
{
    enum candid_result result = CANDID_NO_MEMORY;
    void *value = NULL;
    size_t size = (1u << 20) + types->tuple.record->size + 64 * message.size;
    *arena = open_arena(size);
    for (;;) {
        value = ic_arena_alloc_zeroed(arena, 1, types->tuple.record->size);
        if (value != NULL) {
            result = candid_decode(value, &types->tuple, message, arena);
        }
        if (result != CANDID_NO_MEMORY || size > DECODE_ARENA_BYTES_MAX / 8) {
            break;
        }
        size *= 8;
        close_arena(arena);
        *arena = open_arena(size);
    }
    if (result != CANDID_OK) {
        fail(error, result);
        return NULL;
    }
    return value;
}

/* Encodes in full into the pool. The size is not known before, so it tries. */
static bool encode(struct did_pool *pool, struct ic_bytes *out,
                   const struct candid_text_types *types, const void *value,
                   struct candid_text_error *error)
{
    enum candid_result result = CANDID_NO_MEMORY;
    for (size_t size = 1u << 16; result == CANDID_NO_MEMORY && size <= DECODE_ARENA_BYTES_MAX;
         size *= 8) {
        struct ic_arena arena = open_arena(size);
        struct ic_bytes message;
        result = candid_encode(&message, &types->tuple, value, CANDID_ENCODE_FULL, &arena);
        if (result == CANDID_OK) {
            *out = did_pool_copy(pool, message);
        }
        close_arena(&arena);
    }
    return result == CANDID_OK || fail(error, result);
}

/* ---- text to bytes ------------------------------------------------------------------------------- */

static const struct candid_text_types *infer_types(struct candid_text *t, struct value *values,
                                                   size_t count, struct did_error *error)
{
    struct did_pool *pool = &t->program.pool;
    struct did_field *fields = did_pool_alloc(pool, (count + 1) * sizeof *fields);
    struct did_node *node = NULL;
    for (size_t i = 0; i < count; i++) {
        fields[i].id = (uint32_t)i;
        fields[i].type = value_infer(pool, &values[i]);
    }
    return did_graph_tuple(&t->graph, &node, "inferred", fields, count, error)
               ? make_types(&t->graph, node)
               : NULL;
}

/* Too few values: null where that is allowed. Too many: an error. */
static bool fit_args(struct candid_text *t, const struct candid_text_types *types,
                     struct value *values, size_t count, uint8_t *out, struct did_error *error)
{
    struct did_pool *pool = &t->program.pool;
    const struct did_node *node = types->node;
    const struct did_position top = {.line = 1, .column = 1};
    if (count > node->edge_count) {
        return did_fail(error, "", top, "%zu values for %zu arguments", count, node->edge_count);
    }
    for (size_t i = 0; i < node->edge_count; i++) {
        uint8_t *at = out + node->descriptor_fields[i].offset;
        if (i < count) {
            if (!value_fit(pool, &values[i], node->edges[i].to, at, error)) {
                return false;
            }
        } else if (!value_fit_absent(pool, node->edges[i].to, at)) {
            return did_fail(error, "", top, "argument %zu is missing", i);
        }
    }
    return true;
}

bool candid_text_encode(struct candid_text *t, struct ic_bytes *message,
                        const struct candid_text_types *types, struct ic_bytes text,
                        struct candid_text_error *error)
{
    struct did_pool *pool = &t->program.pool;
    struct did_error reason;
    struct value *values = NULL;
    size_t count = 0;
    text = did_pool_copy(pool, text);
    bool ok = value_parse_args(&t->program, &values, &count, text, &reason);
    for (size_t i = 0; ok && i < count; i++) {
        value_annotations_bind(&t->graph, &values[i]);
    }
    if (ok && types == NULL) {
        types = infer_types(t, values, count, &reason);
        ok = types != NULL;
    }
    ok = ok && did_graph_complete(&t->graph, &reason);
    if (ok) {
        did_layout(&t->graph);
        uint8_t *value = did_pool_alloc(pool, types->tuple.record->size);
        ok = fit_args(t, types, values, count, value, &reason);
        if (ok) {
            return encode(pool, message, types, value, error);
        }
    }
    copy_error(error, &reason);
    return false;
}

/* ---- bytes to text ------------------------------------------------------------------------------- */

/* Names of fields and cases anywhere in the interface. */
static const char *find_name(const void *context, uint32_t id)
{
    const struct candid_text *t = context;
    for (size_t i = 0; i < t->graph.node_count; i++) {
        const struct did_node *node = t->graph.nodes[i];
        for (size_t j = 0; j < node->edge_count; j++) {
            if (node->edges[j].has_name && node->edges[j].id == id &&
                (node->kind == CANDID_KIND_RECORD || node->kind == CANDID_KIND_VARIANT)) {
                return did_pool_printf(t->graph.pool, "%.*s", (int)node->edges[j].name.size,
                                       (const char *)node->edges[j].name.at);
            }
        }
    }
    return NULL;
}

static const char *print(struct candid_text *t, const struct candid_text_types *types,
                         const void *value, struct candid_text_error *error)
{
    struct did_text out = {0};
    const struct value_names names = {.find = find_name, .context = t};
    const char *text = NULL;
    if (value_print_args(&out, types->node, value, &names)) {
        text = (const char *)did_pool_copy(
                   &t->program.pool, (struct ic_bytes){.at = (uint8_t *)out.at, .size = out.size})
                   .at;
    } else {
        fail(error, CANDID_TOO_DEEP);
    }
    did_text_free(&out);
    return text;
}

static const char *decode_typed(struct candid_text *t, const struct candid_text_types *types,
                                struct ic_bytes message, struct candid_text_error *error)
{
    struct ic_arena arena;
    const void *value = decode(&arena, types, message, error);
    const char *text = value == NULL ? NULL : print(t, types, value, error);
    close_arena(&arena);
    return text;
}

/* ---- the types of a message ---------------------------------------------------------------------- */

/* The type table as definitions: entry i is named by its number, so recursion is by name. */
struct wire_types {
    struct did_program program;
    const struct candid_decoder *d;
};

static struct did_type *type_of_ref(struct wire_types *w, candid_ref ref)
{
    struct did_type *type = did_pool_alloc(&w->program.pool, sizeof *type);
    if (ref < 0) {
        type->kind = -ref;
    } else {
        type->kind = DID_KIND_NAME;
        type->def = w->program.defs[ref];
    }
    return type;
}

static void add_wire_fields(struct wire_types *w, struct did_field **fields, size_t *field_count,
                            uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct candid_wire_field *wire = &w->d->fields[first + i];
        struct did_field *field = DID_PUSH(&w->program.pool, *fields, *field_count);
        field->id = wire->id;
        field->type = type_of_ref(w, wire->ref);
    }
}

static void add_wire_methods(struct wire_types *w, struct did_type *type,
                             const struct candid_entry *entry)
{
    for (uint32_t i = 0; i < entry->count; i++) {
        const struct candid_wire_field *wire = &w->d->fields[entry->first + 2 * i];
        struct did_method *method = DID_PUSH(&w->program.pool, type->methods, type->method_count);
        method->name = (struct ic_bytes){.at = w->d->start + wire[0].id, .size = (size_t)wire[0].ref};
        method->type = type_of_ref(w, wire[1].ref);
    }
}

static void fill_wire_type(struct wire_types *w, struct did_type *type,
                           const struct candid_entry *entry)
{
    type->kind = entry->kind;
    type->mode = (enum candid_mode)entry->mode;
    switch (entry->kind) {
    case CANDID_KIND_OPT:
    case CANDID_KIND_VEC:
        type->inner = type_of_ref(w, (candid_ref)entry->first);
        return;
    case CANDID_KIND_SERVICE:
        add_wire_methods(w, type, entry);
        return;
    case CANDID_KIND_FUTURE: /* its values can only be skipped */
        type->kind = CANDID_KIND_RESERVED;
        return;
    default:
        add_wire_fields(w, &type->fields, &type->field_count, entry->first, entry->count);
        if (entry->kind == CANDID_KIND_FUNC) {
            /* Results follow the parameters of the same entry. */
            add_wire_fields(w, &type->results, &type->result_count, entry->first + entry->count,
                            entry->result_count);
        }
        return;
    }
}

static void make_wire_defs(struct wire_types *w)
{
    struct did_pool *pool = &w->program.pool;
    for (uint32_t i = 0; i < w->d->entry_count; i++) {
        struct did_def *def = did_pool_alloc(pool, sizeof *def);
        def->name = ic_bytes_from_text(did_pool_printf(pool, "t%" PRIu32, i));
        def->type = did_pool_alloc(pool, sizeof *def->type);
        def->end = def;
        *DID_PUSH(pool, w->program.defs, w->program.def_count) = def;
    }
    for (uint32_t i = 0; i < w->d->entry_count; i++) {
        fill_wire_type(w, w->program.defs[i]->type, &w->d->entries[i]);
    }
}

static const char *decode_wire(struct candid_text *t, struct wire_types *w,
                               const struct candid_entry *args, struct ic_bytes message,
                               struct candid_text_error *error)
{
    struct did_graph graph;
    struct did_node *node = NULL;
    struct did_field *fields = NULL;
    size_t count = 0;
    struct did_error reason;
    make_wire_defs(w);
    add_wire_fields(w, &fields, &count, args->first, args->count);
    if (!did_graph_make(&graph, &w->program, &reason) ||
        !did_graph_tuple(&graph, &node, "args", fields, count, &reason)) {
        copy_error(error, &reason);
        return NULL;
    }
    return decode_typed(t, make_types(&graph, node), message, error);
}

static const char *decode_untyped(struct candid_text *t, struct ic_bytes message,
                                  struct candid_text_error *error)
{
    /* Entries and fields of the type table are at most this much larger than their bytes. */
    struct ic_arena arena = open_arena((1u << 16) + 16 * message.size);
    struct candid_decoder d = {.at = message.at,
                               .start = message.at,
                               .end = message.at + message.size,
                               .heap = arena.at,
                               .heap_end = arena.at + arena.size / IC_ARENA_ALIGN * IC_ARENA_ALIGN,
                               .arena = &arena};
    struct candid_entry args;
    const char *text = NULL;
    const enum candid_result result =
        message.size == 0 ? CANDID_BAD_MAGIC : candid_header(&d, &args);
    if (result == CANDID_OK) {
        struct wire_types w = {.d = &d};
        text = decode_wire(t, &w, &args, message, error);
        did_free(&w.program);
    } else {
        fail(error, result);
    }
    close_arena(&arena);
    return text;
}

const char *candid_text_decode(struct candid_text *t, const struct candid_text_types *types,
                               struct ic_bytes message, struct candid_text_error *error)
{
    return types == NULL ? decode_untyped(t, message, error)
                         : decode_typed(t, types, message, error);
}

/* ---- one form for each value --------------------------------------------------------------------- */

static bool recode(struct did_pool *pool, struct ic_bytes *out,
                   const struct candid_text_types *types, struct ic_bytes message,
                   struct candid_text_error *error)
{
    struct ic_arena arena;
    const void *value = decode(&arena, types, message, error);
    const bool ok = value != NULL && encode(pool, out, types, value, error);
    close_arena(&arena);
    return ok;
}

bool candid_text_recode(struct candid_text *t, struct ic_bytes *out,
                        const struct candid_text_types *types, struct ic_bytes message,
                        struct candid_text_error *error)
{
    return recode(&t->program.pool, out, types, message, error);
}

static bool name_side(struct candid_text_error *error, const char *side)
{
    struct candid_text_error reason = *error;
    snprintf(error->text, sizeof error->text, "%s message: %.200s", side, reason.text);
    return false;
}

bool candid_text_compare(struct candid_text *t, bool *equal, const struct candid_text_types *types,
                         struct ic_bytes a, struct ic_bytes b, struct candid_text_error *error)
{
    struct did_pool pool = {0};
    struct ic_bytes x = {0};
    struct ic_bytes y = {0};
    (void)t;
    bool ok = recode(&pool, &x, types, a, error) || name_side(error, "first");
    ok = ok && (recode(&pool, &y, types, b, error) || name_side(error, "second"));
    if (ok) {
        *equal = ic_bytes_is_equal(x, y);
    }
    did_pool_free(&pool);
    return ok;
}
