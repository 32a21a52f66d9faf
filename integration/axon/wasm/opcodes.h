/* The instructions a canister may contain: how they are encoded, what they cost.
 * SPEC: ic-system 1.5 (complexity), 11.2 and 11.3 (weights). */
#ifndef AXON_WASM_OPCODES_H
#define AXON_WASM_OPCODES_H

#include <stddef.h>
#include <stdint.h>

enum wasm_immediates {
    WASM_IMM_NONE,
    WASM_IMM_BLOCK,         /* block type */
    WASM_IMM_LABEL,
    WASM_IMM_BR_TABLE,      /* vector of labels, default label */
    WASM_IMM_FUNC,
    WASM_IMM_REF_FUNC,      /* a function that must be declared outside of code */
    WASM_IMM_TYPE_TABLE,
    WASM_IMM_TYPES,         /* vector of value types */
    WASM_IMM_LOCAL,
    WASM_IMM_GLOBAL,
    WASM_IMM_TABLE,
    WASM_IMM_TABLE_TABLE,
    WASM_IMM_ELEM,
    WASM_IMM_ELEM_TABLE,
    WASM_IMM_DATA,
    WASM_IMM_DATA_MEMORY,
    WASM_IMM_MEMORY,
    WASM_IMM_MEMORY_MEMORY,
    WASM_IMM_MEMARG,        /* alignment, offset */
    WASM_IMM_MEMARG_LANE,
    WASM_IMM_LANE,
    WASM_IMM_LANES,         /* 16 lane numbers */
    WASM_IMM_REF_TYPE,
    WASM_IMM_I32,
    WASM_IMM_I64,
    WASM_IMM_F32,
    WASM_IMM_F64,
    WASM_IMM_V128,
};

enum wasm_op_flags {
    WASM_OP_OPENS = 1,      /* opens a structured block, closed by its `end` */
    WASM_OP_ENDS = 2,       /* a charge point begins behind it. SPEC 11.1 rule 3 */
    WASM_OP_SIZED = 4,      /* its size operand is charged as well. SPEC 11.1 rule 6 */
    WASM_OP_DROPS = 8,      /* drops a segment: the instance cannot be used for the next message */
    WASM_OP_REFUSED = 16,   /* refused by validation. SPEC 1.4 */
};

struct wasm_op {
    const char *name;       /* NULL: no such instruction */
    enum wasm_immediates immediates;
    uint16_t weight;        /* instructions */
    uint8_t complexity;
    uint8_t flags;          /* enum wasm_op_flags */
};

#define WASM_PREFIX_MISC 0xfcu
#define WASM_PREFIX_SIMD 0xfdu

#define WASM_CODE_LOOP 0x03u
#define WASM_CODE_IF 0x04u
#define WASM_CODE_END 0x0bu
#define WASM_CODE_CALL 0x10u
#define WASM_CODE_LOCAL_GET 0x20u
#define WASM_CODE_LOCAL_SET 0x21u
#define WASM_CODE_GLOBAL_GET 0x23u
#define WASM_CODE_GLOBAL_SET 0x24u
#define WASM_CODE_I32_CONST 0x41u
#define WASM_CODE_I64_CONST 0x42u
#define WASM_CODE_UNREACHABLE 0x00u

/* wasm_op_find looks up an opcode; prefix 0 for those of one byte.
 *   returns   NULL when canisters may not use it */
const struct wasm_op *wasm_op_find(uint32_t prefix, uint32_t code);

#endif
