/* The engine: runs canister Wasm on Wasmtime with exact metering and cheap rollback.
 *
 * It knows about modules, heaps, stable memory and instructions. It does not know about messages,
 * cycles, callers or queues: those are exec/. The system API (ic0/) is given to it as a table.
 *
 * One axon_engine per process. Compiled code is shared (axon_code, reference counted and cached by
 * module hash). One axon_instance per canister holds heap and globals; it persists between messages.
 *
 * A message is: axon_instance_run, then exactly one of axon_instance_commit and
 * axon_instance_rollback. Both cost in proportion to the 4 KiB pages the message wrote.
 * Not thread safe: one thread at a time per process. Threads that run canisters need a stack of at
 * least 8 MiB, of which Wasm may use 5 (SPEC 1.4); the usual default on Linux.
 *
 * Heap memory may be read and written through ordinary pointers by imports; never hand it to a
 * system call such as read(2), see heap.h. */
#ifndef AXON_ENGINE_H
#define AXON_ENGINE_H

#include "base/buf.h"
#include "ic/bytes.h"
#include "wasm/wasm.h"

#define AXON_PAGE_BYTES 4096u          /* granularity of dirty page charges. SPEC: ic-system 11.5 */
#define AXON_WASM_PAGE_BYTES 65536u

struct axon_engine;
struct axon_code;
struct axon_instance;
struct axon_stable;

/* ---- engine and code ------------------------------------------------------------------------ */

/* One import that canisters may use. The engine charges, in this order and before calling fn:
 * base + the value of argument bytes_arg (if >= 0) times per_byte; see ic0/ic0.h for contexts. */
struct axon_import {
    const char *name;       /* function of module "ic0" */
    const char *type;       /* e.g. "iii:" or "i:I"; i = i32, I = i64, results after the colon */
    uint64_t base;          /* instructions */
    int bytes_arg;          /* index of the size argument, or -1 */
    uint32_t per_byte;      /* instructions per byte of it */
    /* Performs the call. args holds one value per parameter, zero-extended.
     *   host      the pointer given to axon_instance_run
     *   returns   false to trap the execution; it has then recorded why in host */
    bool (*fn)(void *host, struct axon_instance *in, const uint64_t *args, uint64_t *result);
};

/* axon_engine_new creates the engine; imports must outlive it. NULL only when Wasmtime refuses. */
struct axon_engine *axon_engine_new(const struct axon_import *imports, size_t import_count);
void axon_engine_free(struct axon_engine *e);

/* Charge a module must pass validation before it is compiled; off only for metering tests. */
enum axon_validation { AXON_VALIDATE, AXON_SKIP_VALIDATION };

/* axon_code_load validates, instruments and compiles a module (raw or gzip) or finds it in the cache.
 *   why       on failure: the detail after "Canister's Wasm module is not valid: "
 *   returns   a reference to release with axon_code_release, or NULL */
struct axon_code *axon_code_load(struct axon_engine *e, struct ic_bytes module,
                                 enum axon_validation validation, struct axon_buf *why);
struct axon_code *axon_code_retain(struct axon_code *c);
void axon_code_release(struct axon_code *c);

/* What the module says about itself: exports, metadata sections, counts. Valid while c is. */
const struct axon_wasm *axon_code_wasm(const struct axon_code *c);
/* SHA-256 of the bytes as uploaded. */
const uint8_t *axon_code_hash(const struct axon_code *c);
/* Number of Wasm instructions, for the compile charge of SPEC ic-system 11.9. */
uint64_t axon_code_instruction_count(const struct axon_code *c);

/* ---- stable memory ---------------------------------------------------------------------------- */

/* Stable memory outlives instances (upgrades). Same begin/commit/rollback discipline as the heap,
 * driven by the instance it is attached to, or directly by hosts without one. */
struct axon_stable *axon_stable_new(void);
void axon_stable_free(struct axon_stable *s);
uint64_t axon_stable_pages(const struct axon_stable *s); /* 64 KiB pages */
/* Grows; returns the old size in pages or UINT64_MAX when limit_pages would be exceeded. */
uint64_t axon_stable_grow(struct axon_stable *s, uint64_t new_pages, uint64_t limit_pages);
/* Both return false when offset + size is beyond the end; nothing is moved then. */
IC_MUST_USE bool axon_stable_read(const struct axon_stable *s, uint8_t *out, uint64_t offset,
                                  uint64_t size);
IC_MUST_USE bool axon_stable_write(struct axon_stable *s, uint64_t offset, const uint8_t *in,
                                   uint64_t size);
/* 4 KiB pages that writing [offset, offset + size) would dirty for the first time in this message. */
uint64_t axon_stable_fresh_pages(const struct axon_stable *s, uint64_t offset, uint64_t size);
/* 4 KiB pages dirtied so far in this message. */
uint64_t axon_stable_dirty_pages(const struct axon_stable *s);
void axon_stable_commit(struct axon_stable *s);
void axon_stable_rollback(struct axon_stable *s);
/* A bracket around several messages (the hooks of an upgrade) that can be undone together. Between
 * begin and end, commit keeps what is needed to go back (dirty pages are counted anew after it all
 * the same); end with keep = false restores contents and size as they were at begin. Brackets do not
 * nest; no message is pending at begin or end. */
void axon_stable_begin(struct axon_stable *s);
void axon_stable_end(struct axon_stable *s, bool keep);

/* ---- instances -------------------------------------------------------------------------------- */

/* axon_instance_new makes heap and globals as the module declares them; runs nothing. s must
 * outlive it. NULL only for a module that was not validated and whose segments do not fit. */
struct axon_instance *axon_instance_new(struct axon_code *c, struct axon_stable *s);
void axon_instance_free(struct axon_instance *in);

struct axon_entry {
    const char *export_name;  /* e.g. "canister_update transfer", "canister_init"; NULL: by table */
    uint32_t table_index;     /* function of type (i32) -> () in table 0 */
    uint32_t env;             /* its argument */
    bool start;               /* run the (start) function instead of either */
};

enum axon_end {
    AXON_RETURNED,
    AXON_TRAPPED,               /* a Wasm trap: kind in trap_text */
    AXON_HOST_TRAPPED,          /* an import returned false: the reason is with the host */
    AXON_OUT_OF_INSTRUCTIONS,   /* IC0522 */
    AXON_SLICE_EXCEEDED,        /* IC0522 by one huge charge, SPEC ic-system 11.4 */
    AXON_NO_FUNCTION,           /* the table entry is missing or of another type: IC0513 */
};

struct axon_run {
    enum axon_end end;
    const char *trap_text;      /* static: "unreachable", "heap out of bounds", ... SPEC 14 */
    char backtrace[1024];       /* "Canister Backtrace:\n..." or empty */
    uint64_t instructions;      /* Wasm and system calls, at most the limit; without heap pages */
    uint64_t executed;          /* the same without that bound */
    uint64_t heap_pages;        /* 4 KiB heap pages whose content changed, also after a trap */
    uint64_t stable_pages;      /* 4 KiB stable pages dirtied (already inside instructions) */
};

/* axon_instance_run runs one entry to its end. Changes stay pending until commit or rollback.
 *   limit         instructions
 *   slice         instructions of a slice, for AXON_SLICE_EXCEEDED only
 *   host          passed to every import */
struct axon_run axon_instance_run(struct axon_instance *in, const struct axon_entry *entry,
                                  uint64_t limit, uint64_t slice, void *host);
void axon_instance_commit(struct axon_instance *in);
void axon_instance_rollback(struct axon_instance *in);

/* ---- for imports, during a run ---------------------------------------------------------------- */

/* The heap. The pointer is valid until the import returns. NULL with *size 0 when there is none. */
uint8_t *axon_instance_heap(struct axon_instance *in, uint64_t *size);
struct axon_stable *axon_instance_stable(struct axon_instance *in);
/* Instructions used so far, charges of the running import included: performance_counter(0). */
uint64_t axon_instance_used(const struct axon_instance *in);
/* Extra charge at run time (log bytes, stable pages). False when the limit is passed: the import
 * must return false at once, the run then ends with AXON_OUT_OF_INSTRUCTIONS. */
IC_MUST_USE bool axon_instance_charge(struct axon_instance *in, uint64_t instructions);

#endif
