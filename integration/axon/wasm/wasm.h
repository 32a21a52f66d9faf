/* Wasm modules as the Internet Computer sees them: parse, validate, rewrite for metering.
 *
 * Pure functions over bytes, fuzzed (fuzz_wasm.c): any input gives a module or a reason, never a
 * crash, and work is linear in the input. SPEC: ic-system 1 (module rules), 11.1-11.3 (metering).
 *
 * Trust boundary: after axon_wasm_parse every function, type, global and table that the module names
 * exists, so that what metering appends cannot repair a broken module; after axon_wasm_validate
 * every limit of SPEC 1.4 holds. Type checking of function bodies is Wasmtime's. */
#ifndef AXON_WASM_H
#define AXON_WASM_H

#include "base/buf.h"
#include "ic/bytes.h"

struct axon_wasm;

enum axon_method_kind { AXON_METHOD_UPDATE, AXON_METHOD_QUERY, AXON_METHOD_COMPOSITE_QUERY };

struct axon_wasm_method {
    enum axon_method_kind kind;
    struct ic_bytes name;          /* without "canister_update " */
};

struct axon_wasm_metadata {
    bool is_public;                /* icp:public or icp:private */
    struct ic_bytes name;
    struct ic_bytes content;
};

/* axon_wasm_parse reads a raw (not gzip) module. The module keeps views into bytes, which must
 * outlive it.
 *   why       on failure: a text of at most 200 bytes that names the offending part
 *   returns   NULL on failure; release with axon_wasm_free */
struct axon_wasm *axon_wasm_parse(struct ic_bytes bytes, struct axon_buf *why);
void axon_wasm_free(struct axon_wasm *m);

/* The system API as far as validation needs it: name and type ("iii:I") of each allowed import. */
struct axon_wasm_import_rule {
    const char *name;
    const char *type;
};

/* axon_wasm_validate applies the canister rules: imports, exports, metadata, limits, proposals,
 * function complexity. why as above. */
IC_MUST_USE bool axon_wasm_validate(const struct axon_wasm *m,
                                    const struct axon_wasm_import_rule *rules, size_t rule_count,
                                    struct axon_buf *why);

/* axon_wasm_instrument writes the module with metering injected (SPEC 11.1). The result exports, on
 * top of what the module had, the names below; the start section is dropped, its function exported. */
#define AXON_EXPORT_COUNTER "axon:counter"   /* mutable i64: remaining instructions */
#define AXON_EXPORT_EXHAUSTED "axon:exhausted" /* mutable i32: enum axon_wasm_exhausted */
#define AXON_EXPORT_LIMIT "axon:limit"       /* mutable i64: what the counter began with */
#define AXON_EXPORT_SLICE "axon:slice"       /* mutable i64: instructions of a slice, SPEC 11.4 */
#define AXON_EXPORT_MEMORY "axon:memory"     /* memory 0, when there is one */
#define AXON_EXPORT_TABLE "axon:table"       /* table 0, when there is one */
#define AXON_EXPORT_START "axon:start"       /* the start function, when there is one */
#define AXON_EXPORT_GLOBAL "axon:global:"    /* + decimal index: each mutable global of the module */
void axon_wasm_instrument(const struct axon_wasm *m, struct axon_buf *out);

/* Why the instrumented code stopped itself with `unreachable`. */
enum axon_wasm_exhausted {
    AXON_NOT_EXHAUSTED = 0,
    AXON_LIMIT_EXHAUSTED = 1,      /* a checked charge made the counter negative */
    AXON_SLICE_OVERRUN = 2,        /* one charge used up more than the slice after this one */
};

/* True when a charge that brings the instructions executed from `before` to `after` leaves nothing
 * of the slice that would follow, and the current slice is not the last one. SPEC 11.4. Slices end
 * at the multiples of slice: an overrun shortens the next one. */
bool axon_wasm_overruns_slice(uint64_t before, uint64_t after, uint64_t slice, uint64_t limit);

size_t axon_wasm_method_count(const struct axon_wasm *m);
const struct axon_wasm_method *axon_wasm_method_at(const struct axon_wasm *m, size_t index);
size_t axon_wasm_metadata_count(const struct axon_wasm *m);
const struct axon_wasm_metadata *axon_wasm_metadata_at(const struct axon_wasm *m, size_t index);
/* Exported functions by exact name, e.g. "canister_heartbeat". */
bool axon_wasm_has_function(const struct axon_wasm *m, struct ic_bytes export_name);
bool axon_wasm_has_start(const struct axon_wasm *m);
/* True when data.drop or elem.drop occurs: segments come back with the next message. */
bool axon_wasm_drops_segments(const struct axon_wasm *m);
/* Indices of the mutable globals that hold numbers or vectors, ascending: those that
 * AXON_EXPORT_GLOBAL names. Others are refused by validation. */
size_t axon_wasm_mutable_global_count(const struct axon_wasm *m);
uint32_t axon_wasm_mutable_global(const struct axon_wasm *m, size_t nth);
uint64_t axon_wasm_instruction_count(const struct axon_wasm *m);

#endif
