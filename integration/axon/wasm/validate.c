/* What makes a module a canister module. SPEC: ic-system 1.2 to 1.5.
 * Each rule is a function that returns false and says why; their order is the order of refusal. */
#include "wasm/module.h"

#define MODULE_BYTES_MAX (100u << 20)       /* SPEC 1.4 */
#define CODE_BYTES_MAX (10u << 20)          /* SPEC 1.4, the documented figure */
#define FUNCTIONS_MAX 50000u                /* SPEC 1.4 */
#define GLOBALS_MAX 1000u                   /* SPEC 1.4 */
#define METHODS_MAX 1000u                   /* SPEC 1.4 */
#define METHOD_NAME_BYTES_MAX 20000u        /* SPEC 1.4, all names together */
#define FUNCTION_INSTRUCTIONS_MAX 1000000u  /* SPEC 1.4 */
#define FUNCTION_COMPLEXITY_MAX 1000000u    /* SPEC 1.5 */
#define TABLES_MAX 1u                       /* SPEC 1.4 */
#define TABLE_ELEMENTS_MAX 1000000u         /* SPEC 1.4 */
#define MEMORY_PAGES_MAX 65536u             /* 4 GiB */
#define METADATA_MAX 16u                    /* SPEC 1.3 */
#define METADATA_BYTES_MAX (1u << 20)       /* SPEC 1.3, contents and names */

static bool refuse_count(struct axon_buf *why, const char *what, uint64_t count, uint64_t max)
{
    axon_buf_printf(why, "Wasm module has %llu %s which exceeds the maximum number allowed %llu",
                    (unsigned long long)count, what, (unsigned long long)max);
    return false;
}

/* ---- imports ------------------------------------------------------------------------------------ */

static uint8_t type_letter(uint8_t type)
{
    switch (type) {
    case WASM_TYPE_I32: return 'i';
    case WASM_TYPE_I64: return 'I';
    case WASM_TYPE_F32: return 'f';
    case WASM_TYPE_F64: return 'F';
    default: return '?';
    }
}

static bool is_type(const struct wasm_type *type, const char *text)
{
    size_t params = type->params.size;
    if (strlen(text) != params + 1 + type->results.size || text[params] != ':') {
        return false;
    }
    for (size_t i = 0; i < params; i++) {
        if (type_letter(type->params.at[i]) != (uint8_t)text[i]) {
            return false;
        }
    }
    for (size_t i = 0; i < type->results.size; i++) {
        if (type_letter(type->results.at[i]) != (uint8_t)text[params + 1 + i]) {
            return false;
        }
    }
    return true;
}

static const struct axon_wasm_import_rule *find_rule(const struct axon_wasm_import_rule *rules,
                                                     size_t rule_count, struct ic_bytes name)
{
    for (size_t i = 0; i < rule_count; i++) {
        if (ic_bytes_is_equal(name, ic_bytes_from_text(rules[i].name))) {
            return &rules[i];
        }
    }
    return NULL;
}

static void why_import(struct axon_buf *why, const struct wasm_import *import)
{
    axon_buf_append_text(why, "Wasm module has an invalid import section. Module imports `");
    wasm_why_name(why, import->name);
    axon_buf_append_text(why, "` from `");
    wasm_why_name(why, import->module);
    axon_buf_append_text(why, "` ");
}

static bool check_import(const struct axon_wasm *m, const struct wasm_import *import,
                         const struct axon_wasm_import_rule *rules, size_t rule_count,
                         struct axon_buf *why)
{
    if (import->kind != WASM_KIND_FUNC) {
        why_import(why, import);
        axon_buf_append_text(why, "that is not a function.");
        return false;
    }
    const struct axon_wasm_import_rule *rule = NULL;
    if (ic_bytes_is_equal(import->module, IC_BYTES_LIT("ic0"))) {
        rule = find_rule(rules, rule_count, import->name);
    }
    if (rule == NULL) {
        why_import(why, import);
        axon_buf_append_text(why, "that is not exported by the runtime.");
        return false;
    }
    if (!is_type(wasm_type_at(m, import->type), rule->type)) {
        why_import(why, import);
        axon_buf_append_text(why, "with an unexpected type.");
        return false;
    }
    return true;
}

static bool check_imports(const struct axon_wasm *m, const struct axon_wasm_import_rule *rules,
                          size_t rule_count, struct axon_buf *why)
{
    const struct wasm_import *imports = m->imports.at;
    for (uint32_t i = 0; i < m->imports.count; i++) {
        if (!check_import(m, &imports[i], rules, rule_count, why)) {
            return false;
        }
    }
    return true;
}

/* ---- exports ------------------------------------------------------------------------------------ */

static bool is_one_of(struct ic_bytes name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ic_bytes_is_equal(name, ic_bytes_from_text(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool has_prefix(struct ic_bytes name, const char *prefix)
{
    size_t size = strlen(prefix);
    return name.size >= size && memcmp(name.at, prefix, size) == 0;
}

static bool is_reserved(struct ic_bytes name)
{
    /* SPEC 1.2; and what axon_wasm_instrument adds. */
    static const char *const NAMES[] = {
        "canister counter_instructions",
        "canister counter_dirty_pages",
        "canister counter_accessed_pages",
        "canister_start",
        "stable_memory",
        "stable_bytemap_memory",
    };
    return is_one_of(name, NAMES, sizeof NAMES / sizeof NAMES[0]) || has_prefix(name, "axon:");
}

static bool is_entry_point(struct ic_bytes name)
{
    static const char *const NAMES[] = {
        "canister_init",         "canister_pre_upgrade",     "canister_post_upgrade",
        "canister_heartbeat",    "canister_inspect_message", "canister_global_timer",
        "canister_on_low_wasm_memory",
    };
    return is_one_of(name, NAMES, sizeof NAMES / sizeof NAMES[0]) ||
           has_prefix(name, "canister_update ") || has_prefix(name, "canister_query ") ||
           has_prefix(name, "canister_composite_query ");
}

static bool refuse_export(struct axon_buf *why, const char *before, struct ic_bytes name,
                          const char *after)
{
    axon_buf_append_text(why, "Wasm module has an invalid export section. ");
    axon_buf_append_text(why, before);
    wasm_why_name(why, name);
    axon_buf_append_text(why, after);
    return false;
}

static bool check_export(const struct axon_wasm *m, const struct wasm_export *export,
                         struct axon_buf *why)
{
    if (is_reserved(export->name)) {
        return refuse_export(why, "Exporting reserved symbols is not allowed: `", export->name,
                             "`.");
    }
    if (!has_prefix(export->name, "canister_")) {
        return true;
    }
    if (!is_entry_point(export->name)) {
        return refuse_export(why, "Exporting reserved function `", export->name,
                             "` with \"canister_\" prefix.");
    }
    if (export->kind != WASM_KIND_FUNC ||
        !wasm_type_is_empty(wasm_function_type(m, export->index))) {
        return refuse_export(why, "Export `", export->name, "` is not a function () -> ().");
    }
    return true;
}

static bool check_methods(const struct axon_wasm *m, struct axon_buf *why)
{
    const struct axon_wasm_method *methods = m->methods.at;
    uint64_t name_bytes = 0;
    for (uint32_t i = 0; i < m->methods.count; i++) {
        name_bytes += methods[i].name.size;
        if (i > 0 && ic_bytes_is_equal(methods[i].name, methods[i - 1].name)) {
            return refuse_export(why, "Duplicate function `", methods[i].name,
                                 "` exported multiple times with different call types.");
        }
    }
    if (m->methods.count > METHODS_MAX) {
        return refuse_count(why, "exported methods (update, query, composite query)",
                            m->methods.count, METHODS_MAX);
    }
    if (name_bytes > METHOD_NAME_BYTES_MAX) {
        return refuse_count(why, "bytes in the names of exported methods", name_bytes,
                            METHOD_NAME_BYTES_MAX);
    }
    return true;
}

static bool check_exports(const struct axon_wasm *m, struct axon_buf *why)
{
    const struct wasm_export *exports = m->exports.at;
    for (uint32_t i = 0; i < m->exports.count; i++) {
        if (!check_export(m, &exports[i], why)) {
            return false;
        }
    }
    return check_methods(m, why);
}

/* ---- counts, segments, metadata ----------------------------------------------------------------- */

static bool check_counts(const struct axon_wasm *m, struct axon_buf *why)
{
    if (m->is_64_bit) {
        axon_buf_append_text(why, "64-bit memories and tables are not supported");
        return false;
    }
    const struct {
        const char *what;
        uint64_t count;
        uint64_t max;
    } counts[] = {
        {"bytes in the code section", m->sections[WASM_SECTION_CODE].size, CODE_BYTES_MAX},
        {"functions", m->bodies.count, FUNCTIONS_MAX},
        {"globals", m->globals.count, GLOBALS_MAX},
        {"memories", m->memories, 1},
        {"pages of initial memory", m->memory_minimum, MEMORY_PAGES_MAX},
        {"tables", m->tables, TABLES_MAX},
        {"table elements", m->table_minimum, TABLE_ELEMENTS_MAX},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (counts[i].count > counts[i].max) {
            return refuse_count(why, counts[i].what, counts[i].count, counts[i].max);
        }
    }
    return true;
}

static bool check_global_types(const struct axon_wasm *m, struct axon_buf *why)
{
    const uint8_t *types = m->globals.at;
    for (uint32_t i = 0; i < m->globals.count; i++) {
        if (types[i] == WASM_TYPE_FUNCREF || types[i] == WASM_TYPE_EXTERNREF) {
            axon_buf_printf(why, "Wasm module has a global with a reference type at index %u", i);
            return false;
        }
    }
    return true;
}

static bool refuse_segment(struct axon_buf *why, const char *kind, uint32_t index,
                           const char *reason)
{
    axon_buf_printf(why, "Wasm module has an invalid %s section. Segment %u %s.", kind, index,
                    reason);
    return false;
}

static bool check_segments(const struct axon_wasm *m, struct axon_buf *why)
{
    const struct wasm_data *datas = m->datas.at;
    for (uint32_t i = 0; i < m->datas.count; i++) {
        if (datas[i].is_active && !datas[i].is_constant) {
            return refuse_segment(why, "data", i, "has an offset that is not a constant");
        }
        uint64_t end = (uint64_t)datas[i].offset + datas[i].size;
        if (datas[i].is_active && end > m->memory_minimum * WASM_PAGE_BYTES) {
            return refuse_segment(why, "data", i, "lies outside of the initial memory");
        }
    }
    const struct wasm_elem *elems = m->elems.at;
    for (uint32_t i = 0; i < m->elems.count; i++) {
        if (elems[i].is_active && !elems[i].is_constant) {
            return refuse_segment(why, "element", i, "has an offset that is not a constant");
        }
        uint64_t end = (uint64_t)elems[i].offset + elems[i].count;
        if (elems[i].is_active && end > m->table_minimum) {
            return refuse_segment(why, "element", i, "lies outside of the table");
        }
    }
    return true;
}

static bool refuse_metadata(struct axon_buf *why, const char *before, struct ic_bytes name,
                            const char *after)
{
    axon_buf_append_text(why, "Wasm module has an invalid custom section. ");
    axon_buf_append_text(why, before);
    wasm_why_name(why, name);
    axon_buf_append_text(why, after);
    return false;
}

static bool check_metadata(const struct axon_wasm *m, struct axon_buf *why)
{
    if (m->bad_metadata.size > 0) {
        return refuse_metadata(why, "Section `", m->bad_metadata,
                               "` is neither icp:public nor icp:private.");
    }
    if (m->metadata.count > METADATA_MAX) {
        return refuse_count(why, "icp: custom sections", m->metadata.count, METADATA_MAX);
    }
    const struct axon_wasm_metadata *sections = m->metadata.at;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < m->metadata.count; i++) {
        bytes += sections[i].name.size + sections[i].content.size;
        for (uint32_t k = 0; k < i; k++) {
            if (ic_bytes_is_equal(sections[i].name, sections[k].name)) {
                return refuse_metadata(why, "Name `", sections[i].name, "` already exists.");
            }
        }
    }
    return bytes <= METADATA_BYTES_MAX ||
           refuse_count(why, "bytes in icp: custom sections", bytes, METADATA_BYTES_MAX);
}

/* ---- code --------------------------------------------------------------------------------------- */

static bool refuse_function(struct axon_buf *why, uint32_t index, const char *what, uint64_t count,
                            uint64_t max)
{
    axon_buf_printf(why, "Wasm module contains a function at index %u with %s %llu exceeding the "
                    "maximum allowed %llu", index, what, (unsigned long long)count,
                    (unsigned long long)max);
    return false;
}

static bool check_code(const struct axon_wasm *m, struct axon_buf *why)
{
    const struct wasm_body *bodies = m->bodies.at;
    for (uint32_t i = 0; i < m->bodies.count; i++) {
        uint32_t index = m->function_imports + i;
        if (bodies[i].refused != NULL) {
            axon_buf_printf(why, "Wasm module contains a function at index %u with the "
                            "unsupported instruction %s", index, bodies[i].refused->name);
            return false;
        }
        if (bodies[i].instructions > FUNCTION_INSTRUCTIONS_MAX) {
            return refuse_function(why, index, "a number of instructions of",
                                   bodies[i].instructions, FUNCTION_INSTRUCTIONS_MAX);
        }
        if (bodies[i].complexity > FUNCTION_COMPLEXITY_MAX) {
            return refuse_function(why, index, "complexity", bodies[i].complexity,
                                   FUNCTION_COMPLEXITY_MAX);
        }
    }
    return true;
}

bool axon_wasm_validate(const struct axon_wasm *m, const struct axon_wasm_import_rule *rules,
                        size_t rule_count, struct axon_buf *why)
{
    if (m->module_bytes > MODULE_BYTES_MAX) {
        return refuse_count(why, "bytes", m->module_bytes, MODULE_BYTES_MAX);
    }
    return check_imports(m, rules, rule_count, why) && check_exports(m, why) &&
           check_counts(m, why) && check_global_types(m, why) && check_segments(m, why) &&
           check_metadata(m, why) && check_code(m, why);
}
