/* A parsed module, as the parts of wasm/ share it. Views point into the module's bytes. */
#ifndef AXON_WASM_MODULE_H
#define AXON_WASM_MODULE_H

#include "wasm/opcodes.h"
#include "wasm/reader.h"
#include "wasm/wasm.h"

enum wasm_section {
    WASM_SECTION_CUSTOM = 0,
    WASM_SECTION_TYPE = 1,
    WASM_SECTION_IMPORT = 2,
    WASM_SECTION_FUNCTION = 3,
    WASM_SECTION_TABLE = 4,
    WASM_SECTION_MEMORY = 5,
    WASM_SECTION_GLOBAL = 6,
    WASM_SECTION_EXPORT = 7,
    WASM_SECTION_START = 8,
    WASM_SECTION_ELEMENT = 9,
    WASM_SECTION_CODE = 10,
    WASM_SECTION_DATA = 11,
    WASM_SECTION_DATA_COUNT = 12,
    WASM_SECTION_COUNT = 13,
};

enum wasm_kind { WASM_KIND_FUNC, WASM_KIND_TABLE, WASM_KIND_MEMORY, WASM_KIND_GLOBAL };

#define WASM_TYPE_I32 0x7fu
#define WASM_TYPE_I64 0x7eu
#define WASM_TYPE_F32 0x7du
#define WASM_TYPE_F64 0x7cu
#define WASM_TYPE_V128 0x7bu
#define WASM_TYPE_FUNCREF 0x70u
#define WASM_TYPE_EXTERNREF 0x6fu
#define WASM_TYPE_FUNC 0x60u
#define WASM_TYPE_EMPTY_BLOCK 0x40u

#define WASM_PAGE_BYTES 65536u

struct wasm_type {
    struct ic_bytes params;     /* one byte per value type */
    struct ic_bytes results;
};

struct wasm_import {
    struct ic_bytes module;
    struct ic_bytes name;
    enum wasm_kind kind;
    uint32_t type;              /* of a function */
};

struct wasm_export {
    struct ic_bytes name;
    enum wasm_kind kind;
    uint32_t index;
};

struct wasm_data {
    bool is_active;
    bool is_constant;           /* the offset is i32.const */
    uint32_t offset;            /* when it is */
    uint32_t size;
};

struct wasm_elem {
    bool is_active;
    bool is_constant;
    uint32_t offset;
    uint32_t count;
};

struct wasm_body {
    struct ic_bytes locals;     /* the vector of locals as encoded */
    struct ic_bytes code;       /* from the first instruction to the final `end` */
    uint32_t instructions;
    uint32_t complexity;        /* SPEC 1.5 */
    const struct wasm_op *refused; /* first refused instruction, or NULL */
};

/* Growable array in the style of struct axon_buf, see wasm_array_push. */
struct wasm_array {
    void *at;
    uint32_t count;
    uint32_t capacity;
};

struct axon_wasm {
    struct ic_bytes sections[WASM_SECTION_COUNT]; /* contents; at NULL: absent */
    struct ic_bytes name_section;                 /* content of the custom section "name", or empty */
    struct wasm_array types;        /* struct wasm_type */
    struct wasm_array imports;      /* struct wasm_import */
    struct wasm_array functions;    /* uint32_t: type of every function, imported ones first */
    struct wasm_array declared;     /* uint8_t per function: may be named by ref.func in code */
    bool checks_declared;           /* code has begun: the above is complete */
    struct wasm_array globals;      /* uint8_t: their types, imported ones first */
    struct wasm_array mutable_globals; /* uint32_t: indices, ascending; no references */
    struct wasm_array exports;      /* struct wasm_export */
    struct wasm_array datas;        /* struct wasm_data */
    struct wasm_array elems;        /* struct wasm_elem */
    struct wasm_array bodies;       /* struct wasm_body */
    struct wasm_array methods;      /* struct axon_wasm_method, sorted by name */
    struct wasm_array metadata;     /* struct axon_wasm_metadata */
    struct ic_bytes bad_metadata;   /* name of a section icp:... that is neither, or empty */
    uint32_t function_imports;
    uint32_t global_imports;
    uint32_t tables;                /* imported ones included */
    uint32_t memories;
    uint64_t table_minimum;         /* of table 0 */
    uint64_t memory_minimum;        /* of memory 0, pages */
    bool is_64_bit;                 /* a memory or table with 64-bit indices */
    bool has_start;
    uint32_t start;
    bool drops_segments;            /* data.drop or elem.drop occurs */
    size_t module_bytes;            /* size of the whole module */
    uint64_t instructions;
};

/* Appends a zeroed element of size bytes and returns it; valid until the next push. */
void *wasm_array_push(struct wasm_array *a, size_t size);

static inline const struct wasm_type *wasm_type_at(const struct axon_wasm *m, uint32_t index)
{
    return (const struct wasm_type *)m->types.at + index;
}

static inline const struct wasm_type *wasm_function_type(const struct axon_wasm *m, uint32_t index)
{
    return wasm_type_at(m, ((const uint32_t *)m->functions.at)[index]);
}

static inline bool wasm_type_is_empty(const struct wasm_type *t)
{
    return t->params.size == 0 && t->results.size == 0;
}

/* One instruction, decoded. */
struct wasm_instruction {
    const struct wasm_op *op;   /* NULL: the reader has failed */
    uint32_t code;              /* without prefix */
    uint32_t index[2];          /* indices among the immediates, in their order */
    int64_t constant;           /* of i32.const, i64.const; the block type */
};

/* wasm_read_instruction reads the next instruction and checks that the functions, types, globals
 * and tables it names exist. Work is linear in its bytes. */
void wasm_read_instruction(struct wasm_reader *r, const struct axon_wasm *m,
                           struct wasm_instruction *out);

/* Reads a function body and measures it. Code must end with the `end` of its outermost block. */
void wasm_read_body(struct wasm_reader *r, struct axon_wasm *m, struct wasm_body *out);

/* The value of a constant expression; indices are checked, types are not. */
struct wasm_constant {
    bool is_i32;
    uint32_t i32;
    bool is_function;           /* ref.func */
    uint32_t function;
};
void wasm_read_constant(struct wasm_reader *r, const struct axon_wasm *m,
                        struct wasm_constant *out);

/* A value type; anything that canisters may not use fails. */
uint8_t wasm_read_value_type(struct wasm_reader *r);
uint8_t wasm_read_reference_type(struct wasm_reader *r);

/* Writes name to why for a text that shall stay short: cut at a character, after 40 bytes. */
void wasm_why_name(struct axon_buf *why, struct ic_bytes name);

#endif
