/* The engine and its compiled modules. */
#include "engine/internal.h"

#include "base/gzip.h"

#include <stdio.h>
#include <stdlib.h>

/* SPEC 1.4. Wasmtime does not accept more than the size of stacks for asynchronous calls, which we
 * never make; without its feature `async` that size is fixed. */
#ifdef WASMTIME_FEATURE_ASYNC
#define WASM_STACK_BYTES (5u << 20)
#else
#define WASM_STACK_BYTES (2u << 20)
#endif
#define MEMORY_RESERVED_BYTES (UINT64_C(4) << 30) /* the most a 32-bit memory can have */
#define MEMORY_GUARD_BYTES (UINT64_C(32) << 20) /* offsets below need no bounds check */
#define MODULE_BYTES_MAX (100u << 20)           /* SPEC 1.1 */
#define CODES_KEPT_MAX 128u                     /* unused modules beyond are dropped */
#define WHY_BYTES_MAX 200u

/* ---- engine ------------------------------------------------------------------------------------- */

static void must_succeed(wasmtime_error_t *error, const char *what)
{
    if (error != NULL) {
        wasm_name_t message;
        wasmtime_error_message(error, &message);
        fprintf(stderr, "axon: %s: %.*s\n", what, (int)message.size, message.data);
        abort();
    }
}

static uint8_t *get_memory(void *env, size_t *byte_size, size_t *byte_capacity)
{
    const struct axon_heap *h = env;
    *byte_size = axon_heap_size(h);
    *byte_capacity = axon_heap_reserved(h);
    return axon_heap_base(h);
}

static wasmtime_error_t *grow_memory(void *env, size_t new_size)
{
    return axon_heap_grow(env, new_size) ? NULL : wasmtime_error_new("memory limit");
}

/* A new instance of a canister that has run before gets the heap it had, at the size it had. */
static wasmtime_error_t *new_memory(void *env, const wasm_memorytype_t *type, size_t minimum,
                                    size_t maximum, size_t reserved, size_t guard,
                                    wasmtime_linear_memory_t *out)
{
    (void)type;
    (void)maximum; /* kept by Wasmtime */
    struct axon_engine *e = env;
    if (e->new_heap == NULL) {
        return wasmtime_error_new("no instance is being made");
    }
    if (*e->new_heap == NULL) {
        *e->new_heap = axon_heap_new(reserved, guard);
    }
    if (!axon_heap_grow(*e->new_heap, minimum)) {
        return wasmtime_error_new("memory limit");
    }
    *out = (wasmtime_linear_memory_t){*e->new_heap, get_memory, grow_memory, NULL};
    return NULL;
}

/* SPEC 1.4: the proposals that canisters may use, and nothing else. Validation refuses the others
 * already; the engine must not be the weaker of the two. */
static void set_proposals(wasm_config_t *config)
{
    wasmtime_config_wasm_tail_call_set(config, true);
    wasmtime_config_wasm_reference_types_set(config, true);
    wasmtime_config_wasm_bulk_memory_set(config, true);
    wasmtime_config_wasm_multi_value_set(config, true);
    wasmtime_config_wasm_simd_set(config, true);
    wasmtime_config_wasm_relaxed_simd_set(config, false);
    wasmtime_config_wasm_multi_memory_set(config, false);
    wasmtime_config_wasm_memory64_set(config, false);
    wasmtime_config_wasm_function_references_set(config, false);
    wasmtime_config_wasm_gc_set(config, false);
    wasmtime_config_wasm_exceptions_set(config, false);
    wasmtime_config_wasm_wide_arithmetic_set(config, false);
    wasmtime_config_wasm_custom_page_sizes_set(config, false);
    wasmtime_config_shared_memory_set(config, false);
}

static wasm_config_t *make_config(struct axon_engine *e)
{
    wasm_config_t *config = wasm_config_new();
    set_proposals(config);
    wasmtime_config_cranelift_nan_canonicalization_set(config, true); /* SPEC 1.4 */
    wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
    wasmtime_config_parallel_compilation_set(config, true);
#ifdef WASMTIME_FEATURE_ASYNC
    wasmtime_config_async_stack_size_set(config, WASM_STACK_BYTES);
#endif
    wasmtime_config_max_wasm_stack_set(config, WASM_STACK_BYTES);
    wasmtime_config_signals_based_traps_set(config, true);
    wasmtime_config_memory_may_move_set(config, false);
    wasmtime_config_memory_reservation_set(config, MEMORY_RESERVED_BYTES);
    wasmtime_config_memory_guard_size_set(config, MEMORY_GUARD_BYTES);
    wasmtime_config_memory_init_cow_set(config, false); /* the memory is ours */
    wasmtime_memory_creator_t creator = {.env = e, .new_memory = new_memory};
    wasmtime_config_host_memory_creator_set(config, &creator);
    /* Compiled code is kept on disk between runs where that is possible; start time only. */
    wasmtime_error_t *error = wasmtime_config_cache_config_load(config, NULL);
    if (error != NULL) {
        wasmtime_error_delete(error);
    }
    return config;
}

static wasm_valtype_t *value_type(char letter)
{
    return wasm_valtype_new(letter == 'I' ? WASM_I64 : WASM_I32);
}

/* Reads a type like "iiI:i". */
static wasm_functype_t *function_type(struct engine_import *import)
{
    wasm_valtype_t *types[IMPORT_PARAMS_MAX];
    const char *text = import->import->type;
    size_t count = 0;
    for (; *text != ':' && *text != 0; text++) {
        if (count == IMPORT_PARAMS_MAX) {
            fprintf(stderr, "axon: too many parameters: %s\n", import->import->name);
            abort();
        }
        import->param_is_i64[count] = *text == 'I';
        types[count++] = value_type(*text);
    }
    import->param_count = count;
    import->has_result = text[0] == ':' && text[1] != 0;
    import->result_is_i64 = import->has_result && text[1] == 'I';
    wasm_valtype_vec_t params;
    wasm_valtype_vec_t results;
    wasm_valtype_vec_new(&params, count, types);
    if (import->has_result) {
        types[0] = value_type(text[1]);
    }
    wasm_valtype_vec_new(&results, import->has_result ? 1 : 0, types);
    return wasm_functype_new(&params, &results);
}

static void define_imports(struct axon_engine *e, const struct axon_import *imports, size_t count)
{
    e->import_count = count;
    e->imports = axon_alloc(count * sizeof *e->imports);
    e->rules = axon_alloc(count * sizeof *e->rules);
    e->linker = wasmtime_linker_new(e->wasmtime);
    for (size_t i = 0; i < count; i++) {
        struct engine_import *import = &e->imports[i];
        import->import = &imports[i];
        import->engine = e;
        e->rules[i] = (struct axon_wasm_import_rule){imports[i].name, imports[i].type};
        wasm_functype_t *type = function_type(import);
        must_succeed(wasmtime_linker_define_func_unchecked(
                         e->linker, "ic0", 3, imports[i].name, strlen(imports[i].name), type,
                         engine_call_import, import, NULL),
                     imports[i].name);
        wasm_functype_delete(type);
    }
}

struct axon_engine *axon_engine_new(const struct axon_import *imports, size_t import_count)
{
    struct axon_engine *e = axon_alloc(sizeof *e);
    e->wasmtime = wasm_engine_new_with_config(make_config(e));
    if (e->wasmtime == NULL) {
        free(e);
        return NULL;
    }
    static bool has_handlers; /* Wasmtime installs them with the first engine of the process */
    if (!has_handlers) {
        axon_heap_prepare_signals();
        has_handlers = true;
    }
    define_imports(e, imports, import_count);
    return e;
}

static void free_code(struct axon_code *c)
{
    if (c->pre != NULL) {
        wasmtime_instance_pre_delete(c->pre);
    }
    if (c->module != NULL) {
        wasmtime_module_delete(c->module);
    }
    axon_wasm_free(c->wasm);
    axon_buf_free(&c->bytes);
    free(c);
}

void axon_engine_free(struct axon_engine *e)
{
    if (e == NULL) {
        return;
    }
    while (e->codes != NULL) {
        struct axon_code *c = e->codes;
        e->codes = c->next;
        free_code(c);
    }
    wasmtime_linker_delete(e->linker);
    wasm_engine_delete(e->wasmtime);
    free(e->imports);
    free(e->rules);
    free(e);
}

/* ---- loading a module --------------------------------------------------------------------------- */

static uint32_t load_u32_le(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* SPEC 1.1. The size in the trailer must be that of the whole: several members are refused. */
static bool decompress(struct axon_code *c, struct ic_bytes module, struct axon_buf *why)
{
    if (!axon_is_gzip(module)) {
        axon_buf_append(&c->bytes, module);
        return true;
    }
    if (!axon_gunzip(&c->bytes, module, MODULE_BYTES_MAX)) {
        axon_buf_append_text(why, "Failed to decompress the module: damaged, or more than 100 MiB");
        return false;
    }
    if (load_u32_le(module.at + module.size - 4) != c->bytes.size) {
        axon_buf_append_text(why, "Failed to decompress the module: size differs from the trailer");
        return false;
    }
    return true;
}

/* The first line of Wasmtime's message, shortened. */
static bool refuse(struct axon_buf *why, wasmtime_error_t *error)
{
    wasm_name_t message;
    wasmtime_error_message(error, &message);
    axon_buf_append_text(why, "Wasmtime failed to compile the module: ");
    size_t size = 0;
    while (size < message.size && size < WHY_BYTES_MAX && message.data[size] != '\n') {
        size++;
    }
    axon_buf_append(why, (struct ic_bytes){(const uint8_t *)message.data, size});
    wasm_name_delete(&message);
    wasmtime_error_delete(error);
    return false;
}

static bool compile(struct axon_code *c, struct axon_buf *why)
{
    struct axon_buf instrumented = {0};
    axon_wasm_instrument(c->wasm, &instrumented);
    wasmtime_error_t *error = wasmtime_module_new(c->engine->wasmtime, instrumented.at,
                                                  instrumented.size, &c->module);
    axon_buf_free(&instrumented);
    if (error == NULL) {
        error = wasmtime_linker_instantiate_pre(c->engine->linker, c->module, &c->pre);
    }
    return error == NULL || refuse(why, error);
}

static bool load(struct axon_code *c, struct ic_bytes module, struct axon_buf *why)
{
    if (!decompress(c, module, why)) {
        return false;
    }
    c->wasm = axon_wasm_parse(axon_buf_bytes(&c->bytes), why);
    if (c->wasm == NULL) {
        return false;
    }
    if (c->validation == AXON_VALIDATE &&
        !axon_wasm_validate(c->wasm, c->engine->rules, c->engine->import_count, why)) {
        return false;
    }
    return compile(c, why);
}

static struct axon_code *find_cached(const struct axon_engine *e, const uint8_t *hash,
                                     enum axon_validation validation)
{
    struct axon_code *c = e->codes;
    while (c != NULL && (c->validation != validation ||
                         memcmp(c->hash, hash, AXON_SHA256_BYTES) != 0)) {
        c = c->next;
    }
    return c;
}

/* Drops the module that has been unused for longest when there are many. */
static void trim_cache(struct axon_engine *e)
{
    if (e->code_count <= CODES_KEPT_MAX) {
        return;
    }
    struct axon_code **last_unused = NULL;
    for (struct axon_code **at = &e->codes; *at != NULL; at = &(*at)->next) {
        if ((*at)->references == 0) {
            last_unused = at;
        }
    }
    if (last_unused != NULL) {
        struct axon_code *c = *last_unused;
        *last_unused = c->next;
        e->code_count--;
        free_code(c);
    }
}

struct axon_code *axon_code_load(struct axon_engine *e, struct ic_bytes module,
                                 enum axon_validation validation, struct axon_buf *why)
{
    uint8_t hash[AXON_SHA256_BYTES];
    axon_sha256(hash, module);
    struct axon_code *c = find_cached(e, hash, validation);
    if (c == NULL) {
        c = axon_alloc(sizeof *c);
        c->engine = e;
        c->validation = validation;
        memcpy(c->hash, hash, sizeof c->hash);
        if (!load(c, module, why)) {
            free_code(c);
            return NULL;
        }
        c->next = e->codes;
        e->codes = c;
        e->code_count++;
    }
    c->references++;
    trim_cache(e);
    return c;
}

struct axon_code *axon_code_retain(struct axon_code *c)
{
    c->references++;
    return c;
}

void axon_code_release(struct axon_code *c)
{
    if (c != NULL) {
        c->references--; /* stays in the cache */
    }
}

const struct axon_wasm *axon_code_wasm(const struct axon_code *c)
{
    return c->wasm;
}

const uint8_t *axon_code_hash(const struct axon_code *c)
{
    return c->hash;
}

uint64_t axon_code_instruction_count(const struct axon_code *c)
{
    return axon_wasm_instruction_count(c->wasm);
}
