/* Instrumentation neither breaks nor repairs a module: Wasmtime finds the original and the rewritten
 * module valid, or both invalid. Only what our parser refuses is left out. */
#include "engine/internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_valid(const struct axon_engine *e, struct ic_bytes module)
{
    wasmtime_error_t *error = wasmtime_module_validate(e->wasmtime, module.at, module.size);
    if (error != NULL) {
        wasmtime_error_delete(error);
    }
    return error == NULL;
}

/* Exports that would clash with the added ones are refused by axon_wasm_validate, not by the parser. */
static bool exports_ours(struct ic_bytes module)
{
    return memmem(module.at, module.size, "axon:", 5) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct axon_engine *engine;
    if (engine == NULL) {
        engine = axon_engine_new(NULL, 0);
    }
    struct ic_bytes module = {data, size};
    struct axon_buf why = {0};
    struct axon_wasm *m = axon_wasm_parse(module, &why);
    if (m != NULL && !exports_ours(module)) {
        struct axon_buf out = {0};
        axon_wasm_instrument(m, &out);
        if (is_valid(engine, module) != is_valid(engine, axon_buf_bytes(&out))) {
            abort();
        }
        axon_buf_free(&out);
    }
    axon_wasm_free(m);
    axon_buf_free(&why);
    return 0;
}
