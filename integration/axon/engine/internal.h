/* What code.c and instance.c share. */
#ifndef AXON_ENGINE_INTERNAL_H
#define AXON_ENGINE_INTERNAL_H

#include "base/hash.h"
#include "engine/engine.h"
#include "engine/heap.h"

#include <wasmtime.h>

#define IMPORT_PARAMS_MAX 8u    /* call_new has the most */

/* One import as Wasmtime calls it. */
struct engine_import {
    const struct axon_import *import;
    struct axon_engine *engine;
    size_t param_count;
    bool param_is_i64[IMPORT_PARAMS_MAX];
    bool has_result;
    bool result_is_i64;
};

struct axon_engine {
    wasm_engine_t *wasmtime;
    wasmtime_linker_t *linker;
    struct engine_import *imports;
    struct axon_wasm_import_rule *rules;
    size_t import_count;
    struct axon_code *codes;            /* cache, most recently loaded first */
    size_t code_count;
    struct axon_instance *running;      /* whose import is being called */
    struct axon_heap **new_heap;        /* where the memory of the instance being made goes */
};

struct axon_code {
    struct axon_engine *engine;
    struct axon_code *next;
    size_t references;                  /* the cache is not counted */
    uint8_t hash[AXON_SHA256_BYTES];
    enum axon_validation validation;
    struct axon_buf bytes;              /* decompressed module; wasm points into it */
    struct axon_wasm *wasm;
    wasmtime_module_t *module;
    wasmtime_instance_pre_t *pre;
};

/* Calls an import for Wasmtime; env is a struct engine_import. In instance.c. */
wasm_trap_t *engine_call_import(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values,
                                size_t value_count);

#endif
