/* Sections of a module, in their order. Everything is read once; work and memory are linear in the
 * size of the module. */
#include "wasm/module.h"

#include <stdlib.h>

#define HEADER_BYTES 8u
#define NAME_SHOWN_MAX 40u
#define LIMITS_HAS_MAXIMUM 0x01u
#define LIMITS_IS_64_BIT 0x04u
#define ELEM_PASSIVE_OR_DECLARED 0x01u
#define ELEM_EXPLICIT_OR_DECLARED 0x02u
#define ELEM_EXPRESSIONS 0x04u
#define DATA_PASSIVE 1u
#define DATA_EXPLICIT_MEMORY 2u

void *wasm_array_push(struct wasm_array *a, size_t size)
{
    if (a->count == a->capacity) {
        a->capacity = a->capacity == 0 ? 16 : a->capacity * 2;
        a->at = axon_realloc(a->at, a->capacity * size);
    }
    void *element = (uint8_t *)a->at + a->count++ * size;
    memset(element, 0, size);
    return element;
}

void wasm_why_name(struct axon_buf *why, struct ic_bytes name)
{
    size_t size = name.size;
    if (size > NAME_SHOWN_MAX) {
        size = NAME_SHOWN_MAX;
        while (size > 0 && (name.at[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    axon_buf_append(why, (struct ic_bytes){.at = name.at, .size = size});
    axon_buf_append_text(why, size < name.size ? "..." : "");
}

/* ---- the simple sections ------------------------------------------------------------------------ */

static struct ic_bytes read_types(struct wasm_reader *r)
{
    uint32_t count = wasm_read_count(r);
    struct ic_bytes types = {.at = r->at, .size = count};
    for (uint32_t i = 0; i < count; i++) {
        wasm_read_value_type(r);
    }
    return types;
}

static void parse_types(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        if (wasm_read_byte(r) != WASM_TYPE_FUNC) {
            wasm_reader_fail(r, "unknown or forbidden kind of type");
            return;
        }
        struct wasm_type *type = wasm_array_push(&m->types, sizeof *type);
        type->params = read_types(r);
        type->results = read_types(r);
    }
}

static void add_function(struct wasm_reader *r, struct axon_wasm *m)
{
    uint32_t type = wasm_read_u32(r);
    if (type >= m->types.count) {
        wasm_reader_fail(r, "unknown type");
        return;
    }
    *(uint32_t *)wasm_array_push(&m->functions, sizeof(uint32_t)) = type;
    wasm_array_push(&m->declared, sizeof(uint8_t));
}

/* Limits of a table or memory. Flag bits: 1 maximum, 2 shared, 4 64-bit, 8 page size. */
static uint64_t read_limits(struct wasm_reader *r, struct axon_wasm *m)
{
    uint8_t flags = wasm_read_byte(r);
    if ((flags & ~(LIMITS_HAS_MAXIMUM | LIMITS_IS_64_BIT)) != 0) {
        wasm_reader_fail(r, "shared memory or custom page sizes");
        return 0;
    }
    m->is_64_bit = m->is_64_bit || (flags & LIMITS_IS_64_BIT) != 0;
    uint64_t minimum = wasm_read_u64(r);
    if ((flags & LIMITS_HAS_MAXIMUM) != 0) {
        wasm_read_u64(r);
    }
    return minimum;
}

static void add_table(struct wasm_reader *r, struct axon_wasm *m)
{
    wasm_read_reference_type(r);
    uint64_t minimum = read_limits(r, m);
    if (m->tables++ == 0) {
        m->table_minimum = minimum;
    }
}

static void add_memory(struct wasm_reader *r, struct axon_wasm *m)
{
    uint64_t minimum = read_limits(r, m);
    if (m->memories++ == 0) {
        m->memory_minimum = minimum;
    }
}

static void add_global(struct wasm_reader *r, struct axon_wasm *m)
{
    uint8_t type = wasm_read_value_type(r);
    *(uint8_t *)wasm_array_push(&m->globals, sizeof type) = type;
    uint8_t mutability = wasm_read_byte(r);
    if (mutability > 1) {
        wasm_reader_fail(r, "unknown mutability of a global");
    }
    bool is_number = type != WASM_TYPE_FUNCREF && type != WASM_TYPE_EXTERNREF;
    if (mutability == 1 && is_number) {
        *(uint32_t *)wasm_array_push(&m->mutable_globals, sizeof(uint32_t)) = m->globals.count - 1;
    }
}

static void parse_import(struct wasm_reader *r, struct axon_wasm *m)
{
    struct wasm_import *import = wasm_array_push(&m->imports, sizeof *import);
    import->module = wasm_read_name(r);
    import->name = wasm_read_name(r);
    uint8_t kind = wasm_read_byte(r);
    import->kind = (enum wasm_kind)(kind & 3);
    switch (kind) {
    case WASM_KIND_FUNC:
        add_function(r, m);
        if (r->failure == NULL) {
            import->type = ((const uint32_t *)m->functions.at)[m->functions.count - 1];
        }
        return;
    case WASM_KIND_TABLE:
        add_table(r, m);
        return;
    case WASM_KIND_MEMORY:
        add_memory(r, m);
        return;
    case WASM_KIND_GLOBAL:
        add_global(r, m);
        return;
    default:
        wasm_reader_fail(r, "unknown or forbidden kind of import");
    }
}

static void parse_imports(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        parse_import(r, m);
    }
    m->function_imports = m->functions.count;
    m->global_imports = m->globals.count;
}

static void parse_functions(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        add_function(r, m);
    }
}

static void parse_tables(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        add_table(r, m);
    }
}

static void parse_memories(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        add_memory(r, m);
    }
}

static void declare(struct axon_wasm *m, uint32_t function)
{
    ((uint8_t *)m->declared.at)[function] = 1;
}

static void parse_globals(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        add_global(r, m);
        struct wasm_constant value;
        wasm_read_constant(r, m, &value);
        if (r->failure == NULL && value.is_function) {
            declare(m, value.function);
        }
    }
}

static void parse_export(struct wasm_reader *r, struct axon_wasm *m)
{
    struct wasm_export *export = wasm_array_push(&m->exports, sizeof *export);
    export->name = wasm_read_name(r);
    uint8_t kind = wasm_read_byte(r);
    export->kind = (enum wasm_kind)(kind & 3);
    export->index = wasm_read_u32(r);
    const uint64_t counts[] = {m->functions.count, m->tables, m->memories, m->globals.count};
    if (kind > WASM_KIND_GLOBAL || export->index >= counts[kind & 3]) {
        wasm_reader_fail(r, "an export of something that does not exist");
        return;
    }
    if (r->failure == NULL && export->kind == WASM_KIND_FUNC) {
        declare(m, export->index);
    }
}

static void parse_exports(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        parse_export(r, m);
    }
}

static void parse_start(struct wasm_reader *r, struct axon_wasm *m)
{
    m->start = wasm_read_u32(r);
    m->has_start = true;
    if (m->start >= m->functions.count ||
        !wasm_type_is_empty(wasm_function_type(m, m->start))) {
        wasm_reader_fail(r, "the start function does not exist or has another type than () -> ()");
        m->has_start = false;
    }
}

/* ---- segments ----------------------------------------------------------------------------------- */

static void read_element_items(struct wasm_reader *r, struct axon_wasm *m, bool expressions,
                               uint32_t count)
{
    for (uint32_t left = count; left > 0 && r->failure == NULL; left--) {
        struct wasm_constant item = {.is_function = true};
        if (expressions) {
            wasm_read_constant(r, m, &item);
        } else {
            item.function = wasm_read_u32(r);
        }
        if (!item.is_function || r->failure != NULL) {
            continue;
        }
        if (item.function >= m->functions.count) {
            wasm_reader_fail(r, "unknown function");
            return;
        }
        declare(m, item.function);
    }
}

/*   flags 0: offset, functions            4: offset, expressions
 *         1: kind, functions              5: type, expressions            (passive)
 *         2: table, offset, kind, ...     6: table, offset, type, ...
 *         3: kind, functions              7: type, expressions            (declared only) */
static void parse_element(struct wasm_reader *r, struct axon_wasm *m)
{
    struct wasm_elem *elem = wasm_array_push(&m->elems, sizeof *elem);
    uint32_t flags = wasm_read_u32(r);
    bool expressions = (flags & ELEM_EXPRESSIONS) != 0;
    elem->is_active = (flags & ELEM_PASSIVE_OR_DECLARED) == 0;
    if (flags > 7) {
        wasm_reader_fail(r, "unknown kind of element segment");
        return;
    }
    if (elem->is_active) {
        uint32_t table = (flags & ELEM_EXPLICIT_OR_DECLARED) != 0 ? wasm_read_u32(r) : 0;
        if (table >= m->tables) {
            wasm_reader_fail(r, "unknown table");
        }
        struct wasm_constant offset;
        wasm_read_constant(r, m, &offset);
        elem->is_constant = offset.is_i32;
        elem->offset = offset.i32;
    }
    if ((flags & 3) != 0 && expressions) {
        wasm_read_reference_type(r);
    } else if ((flags & 3) != 0 && wasm_read_byte(r) != 0) {
        wasm_reader_fail(r, "unknown kind of element");
    }
    elem->count = wasm_read_count(r);
    read_element_items(r, m, expressions, elem->count);
}

static void parse_elements(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        parse_element(r, m);
    }
}

static void parse_code(struct wasm_reader *r, struct axon_wasm *m)
{
    m->checks_declared = true;
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        wasm_read_body(r, m, wasm_array_push(&m->bodies, sizeof(struct wasm_body)));
    }
}

static void parse_data_segment(struct wasm_reader *r, struct axon_wasm *m)
{
    struct wasm_data *data = wasm_array_push(&m->datas, sizeof *data);
    uint32_t flags = wasm_read_u32(r);
    data->is_active = flags != DATA_PASSIVE;
    if (flags > DATA_EXPLICIT_MEMORY) {
        wasm_reader_fail(r, "unknown kind of data segment");
        return;
    }
    if (data->is_active) {
        uint32_t memory = flags == DATA_EXPLICIT_MEMORY ? wasm_read_u32(r) : 0;
        if (memory >= m->memories) {
            wasm_reader_fail(r, "unknown memory");
        }
        struct wasm_constant offset;
        wasm_read_constant(r, m, &offset);
        data->is_constant = offset.is_i32;
        data->offset = offset.i32;
    }
    data->size = wasm_read_u32(r);
    wasm_read_bytes(r, data->size);
}

static void parse_data(struct wasm_reader *r, struct axon_wasm *m)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        parse_data_segment(r, m);
    }
}

static void parse_data_count(struct wasm_reader *r, struct axon_wasm *m)
{
    (void)m; /* compared with the data section by the engine */
    wasm_read_u32(r);
}

/* ---- custom sections ---------------------------------------------------------------------------- */

static bool strip_prefix(struct ic_bytes *text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (text->size < size || memcmp(text->at, prefix, size) != 0) {
        return false;
    }
    text->at += size;
    text->size -= size;
    return true;
}

/* SPEC 1.3. */
static void parse_custom(struct wasm_reader *r, struct axon_wasm *m)
{
    struct ic_bytes name = wasm_read_name(r);
    struct ic_bytes content = {.at = r->at, .size = wasm_reader_left(r)};
    if (r->failure != NULL) {
        return;
    }
    r->at = r->end;
    struct ic_bytes metadata = name;
    bool is_public = strip_prefix(&metadata, "icp:public ");
    if (is_public || strip_prefix(&metadata, "icp:private ")) {
        struct axon_wasm_metadata *section = wasm_array_push(&m->metadata, sizeof *section);
        *section = (struct axon_wasm_metadata){is_public, metadata, content};
    } else if (strip_prefix(&metadata, "icp:")) {
        m->bad_metadata = name;
    } else if (ic_bytes_is_equal(name, IC_BYTES_LIT("name"))) {
        m->name_section = content;
    }
}

/* ---- the whole ---------------------------------------------------------------------------------- */

typedef void parse_fn(struct wasm_reader *r, struct axon_wasm *m);

/* rank: the order in which sections must stand; data count comes before code. */
static const struct {
    const char *name;
    parse_fn *parse;
    unsigned rank;
} SECTIONS[WASM_SECTION_COUNT] = {
    [WASM_SECTION_CUSTOM] = {"custom", parse_custom, 0},
    [WASM_SECTION_TYPE] = {"type", parse_types, 1},
    [WASM_SECTION_IMPORT] = {"import", parse_imports, 2},
    [WASM_SECTION_FUNCTION] = {"function", parse_functions, 3},
    [WASM_SECTION_TABLE] = {"table", parse_tables, 4},
    [WASM_SECTION_MEMORY] = {"memory", parse_memories, 5},
    [WASM_SECTION_GLOBAL] = {"global", parse_globals, 6},
    [WASM_SECTION_EXPORT] = {"export", parse_exports, 7},
    [WASM_SECTION_START] = {"start", parse_start, 8},
    [WASM_SECTION_ELEMENT] = {"element", parse_elements, 9},
    [WASM_SECTION_DATA_COUNT] = {"data count", parse_data_count, 10},
    [WASM_SECTION_CODE] = {"code", parse_code, 11},
    [WASM_SECTION_DATA] = {"data", parse_data, 12},
};

/* rank: that of the last section that was not custom, before and after. */
static bool parse_section(struct wasm_reader *r, struct axon_wasm *m, unsigned *rank,
                          struct axon_buf *why)
{
    uint8_t id = wasm_read_byte(r);
    struct wasm_reader section = wasm_reader_new(wasm_read_bytes(r, wasm_read_u32(r)));
    if (r->failure != NULL) {
        axon_buf_printf(why, "a section with id %u is cut off", id);
        return false;
    }
    if (id >= WASM_SECTION_COUNT) {
        axon_buf_printf(why, "unknown or forbidden section with id %u", id);
        return false;
    }
    if (id != WASM_SECTION_CUSTOM) {
        if (SECTIONS[id].rank <= *rank) {
            axon_buf_printf(why, "the %s section is out of order", SECTIONS[id].name);
            return false;
        }
        *rank = SECTIONS[id].rank;
        m->sections[id] = (struct ic_bytes){section.at, wasm_reader_left(&section)};
    }
    SECTIONS[id].parse(&section, m);
    if (section.failure == NULL && section.at != section.end) {
        wasm_reader_fail(&section, "bytes after its end");
    }
    if (section.failure == NULL) {
        return true;
    }
    axon_buf_printf(why, "%s section: %s", SECTIONS[id].name, section.failure);
    if (id == WASM_SECTION_CODE && m->bodies.count > 0) {
        axon_buf_printf(why, " (function %u)", m->function_imports + m->bodies.count - 1);
    }
    return false;
}

static int compare_names(struct ic_bytes a, struct ic_bytes b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_methods(const void *a, const void *b)
{
    const struct axon_wasm_method *left = a;
    const struct axon_wasm_method *right = b;
    int order = compare_names(left->name, right->name);
    return order != 0 ? order : (int)left->kind - (int)right->kind;
}

static void collect_methods(struct axon_wasm *m)
{
    static const char *const PREFIXES[] = {
        [AXON_METHOD_UPDATE] = "canister_update ",
        [AXON_METHOD_QUERY] = "canister_query ",
        [AXON_METHOD_COMPOSITE_QUERY] = "canister_composite_query ",
    };
    const struct wasm_export *exports = m->exports.at;
    for (uint32_t i = 0; i < m->exports.count; i++) {
        for (int kind = AXON_METHOD_UPDATE; kind <= AXON_METHOD_COMPOSITE_QUERY; kind++) {
            struct ic_bytes name = exports[i].name;
            if (exports[i].kind == WASM_KIND_FUNC && strip_prefix(&name, PREFIXES[kind])) {
                struct axon_wasm_method *method = wasm_array_push(&m->methods, sizeof *method);
                *method = (struct axon_wasm_method){(enum axon_method_kind)kind, name};
            }
        }
    }
    if (m->methods.count > 1) {
        qsort(m->methods.at, m->methods.count, sizeof(struct axon_wasm_method), compare_methods);
    }
}

static bool parse_all(struct axon_wasm *m, struct ic_bytes bytes, struct axon_buf *why)
{
    static const uint8_t HEADER[HEADER_BYTES] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    if (bytes.size < HEADER_BYTES || memcmp(bytes.at, HEADER, HEADER_BYTES) != 0) {
        axon_buf_append_text(why, "not a WebAssembly module of version 1");
        return false;
    }
    bytes.at += HEADER_BYTES;
    bytes.size -= HEADER_BYTES;
    struct wasm_reader r = wasm_reader_new(bytes);
    unsigned rank = 0;
    while (r.at != r.end) {
        if (!parse_section(&r, m, &rank, why)) {
            return false;
        }
    }
    if (m->functions.count - m->function_imports != m->bodies.count) {
        axon_buf_append_text(why, "function and code section differ in length");
        return false;
    }
    collect_methods(m);
    return true;
}

struct axon_wasm *axon_wasm_parse(struct ic_bytes bytes, struct axon_buf *why)
{
    struct axon_wasm *m = axon_alloc(sizeof *m);
    m->module_bytes = bytes.size;
    struct axon_buf text = {0};
    if (!parse_all(m, bytes, &text)) {
        axon_buf_append_text(why, "Failed to decode the module: ");
        axon_buf_append(why, axon_buf_bytes(&text));
        axon_wasm_free(m);
        m = NULL;
    }
    axon_buf_free(&text);
    return m;
}

void axon_wasm_free(struct axon_wasm *m)
{
    if (m == NULL) {
        return;
    }
    struct wasm_array *arrays[] = {&m->types,   &m->imports, &m->functions, &m->declared,
                                   &m->globals, &m->exports, &m->datas,     &m->elems,
                                   &m->bodies,  &m->methods, &m->metadata,  &m->mutable_globals};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        free(arrays[i]->at);
    }
    free(m);
}

/* ---- looking at it ------------------------------------------------------------------------------ */

size_t axon_wasm_method_count(const struct axon_wasm *m)
{
    return m->methods.count;
}

const struct axon_wasm_method *axon_wasm_method_at(const struct axon_wasm *m, size_t index)
{
    return (const struct axon_wasm_method *)m->methods.at + index;
}

size_t axon_wasm_metadata_count(const struct axon_wasm *m)
{
    return m->metadata.count;
}

const struct axon_wasm_metadata *axon_wasm_metadata_at(const struct axon_wasm *m, size_t index)
{
    return (const struct axon_wasm_metadata *)m->metadata.at + index;
}

bool axon_wasm_has_function(const struct axon_wasm *m, struct ic_bytes export_name)
{
    const struct wasm_export *exports = m->exports.at;
    for (uint32_t i = 0; i < m->exports.count; i++) {
        if (exports[i].kind == WASM_KIND_FUNC && ic_bytes_is_equal(exports[i].name, export_name)) {
            return true;
        }
    }
    return false;
}

bool axon_wasm_has_start(const struct axon_wasm *m)
{
    return m->has_start;
}

bool axon_wasm_drops_segments(const struct axon_wasm *m)
{
    return m->drops_segments;
}

size_t axon_wasm_mutable_global_count(const struct axon_wasm *m)
{
    return m->mutable_globals.count;
}

uint32_t axon_wasm_mutable_global(const struct axon_wasm *m, size_t nth)
{
    return ((const uint32_t *)m->mutable_globals.at)[nth];
}

uint64_t axon_wasm_instruction_count(const struct axon_wasm *m)
{
    return m->instructions;
}
