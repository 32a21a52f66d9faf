/* Instructions and function bodies. */
#include "wasm/module.h"

#define LANES_BYTES 16u
#define BLOCK_TYPE_BITS 33u
#define SHORT_TYPE_LIMIT (-64)  /* below: not a one-byte type */

uint8_t wasm_read_value_type(struct wasm_reader *r)
{
    uint8_t type = wasm_read_byte(r);
    bool known = (type >= WASM_TYPE_V128 && type <= WASM_TYPE_I32) || type == WASM_TYPE_FUNCREF ||
                 type == WASM_TYPE_EXTERNREF;
    if (!known) {
        wasm_reader_fail(r, "unknown or forbidden value type");
    }
    return type;
}

uint8_t wasm_read_reference_type(struct wasm_reader *r)
{
    uint8_t type = wasm_read_byte(r);
    if (type != WASM_TYPE_FUNCREF && type != WASM_TYPE_EXTERNREF) {
        wasm_reader_fail(r, "unknown or forbidden reference type");
    }
    return type;
}

static uint32_t read_index(struct wasm_reader *r, uint64_t count, const char *failure)
{
    uint32_t index = wasm_read_u32(r);
    if (index >= count) {
        wasm_reader_fail(r, failure);
        return 0;
    }
    return index;
}

static void read_block_type(struct wasm_reader *r, const struct axon_wasm *m,
                            struct wasm_instruction *out)
{
    const uint8_t *start = r->at;
    int64_t type = wasm_read_signed(r, BLOCK_TYPE_BITS);
    out->constant = type;
    if (type >= 0) {
        if (type >= m->types.count) {
            wasm_reader_fail(r, "unknown type");
        }
        return;
    }
    uint8_t byte = (uint8_t)(type & 0x7f);
    struct wasm_reader one = wasm_reader_new((struct ic_bytes){&byte, 1});
    bool is_short = r->failure == NULL && type >= SHORT_TYPE_LIMIT && r->at == start + 1;
    if (byte != WASM_TYPE_EMPTY_BLOCK) {
        wasm_read_value_type(&one);
    }
    if (!is_short || one.failure != NULL) {
        wasm_reader_fail(r, "unknown or forbidden block type");
    }
}

static void read_memory_argument(struct wasm_reader *r)
{
    uint32_t alignment = wasm_read_u32(r);
    if (alignment >= 32) { /* bit 6 would name a memory */
        wasm_reader_fail(r, "bad alignment or more than one memory");
    }
    wasm_read_u64(r);
}

static void skip_vector(struct wasm_reader *r, bool of_types)
{
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        if (of_types) {
            wasm_read_value_type(r);
        } else {
            wasm_read_u32(r);
        }
    }
}

static void read_ref_func(struct wasm_reader *r, const struct axon_wasm *m,
                          struct wasm_instruction *out)
{
    out->index[0] = read_index(r, m->functions.count, "unknown function");
    /* The start function's export, which metering adds, must not make an undeclared one valid. */
    if (m->checks_declared && r->failure == NULL &&
        ((const uint8_t *)m->declared.at)[out->index[0]] == 0) {
        wasm_reader_fail(r, "undeclared function reference");
    }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum" /* two switches share one enumeration */
static void read_constant_immediate(struct wasm_reader *r, enum wasm_immediates kind,
                                    struct wasm_instruction *out)
{
    switch (kind) {
    case WASM_IMM_I32:
        out->constant = wasm_read_signed(r, 32);
        return;
    case WASM_IMM_I64:
        out->constant = wasm_read_signed(r, 64);
        return;
    case WASM_IMM_F32:
        wasm_read_bytes(r, 4);
        return;
    case WASM_IMM_F64:
        wasm_read_bytes(r, 8);
        return;
    case WASM_IMM_V128:
    case WASM_IMM_LANES:
        wasm_read_bytes(r, LANES_BYTES);
        return;
    default:
        wasm_read_byte(r); /* WASM_IMM_LANE */
    }
}

static void read_immediates(struct wasm_reader *r, const struct axon_wasm *m,
                            struct wasm_instruction *out)
{
    enum wasm_immediates kind = out->op->immediates;
    switch (kind) {
    case WASM_IMM_NONE:
        return;
    case WASM_IMM_BLOCK:
        read_block_type(r, m, out);
        return;
    case WASM_IMM_BR_TABLE:
        skip_vector(r, false);
        wasm_read_u32(r);
        return;
    case WASM_IMM_TYPES:
        skip_vector(r, true);
        return;
    case WASM_IMM_FUNC:
        out->index[0] = read_index(r, m->functions.count, "unknown function");
        return;
    case WASM_IMM_REF_FUNC:
        read_ref_func(r, m, out);
        return;
    case WASM_IMM_TYPE_TABLE:
        out->index[0] = read_index(r, m->types.count, "unknown type");
        out->index[1] = read_index(r, m->tables, "unknown table");
        return;
    case WASM_IMM_GLOBAL:
        out->index[0] = read_index(r, m->globals.count, "unknown global");
        return;
    case WASM_IMM_TABLE:
        out->index[0] = read_index(r, m->tables, "unknown table");
        return;
    case WASM_IMM_LABEL: /* labels, locals and segments are checked by the engine */
    case WASM_IMM_LOCAL:
    case WASM_IMM_ELEM:
    case WASM_IMM_DATA:
    case WASM_IMM_MEMORY:
        out->index[0] = wasm_read_u32(r);
        return;
    case WASM_IMM_TABLE_TABLE:
    case WASM_IMM_ELEM_TABLE:
    case WASM_IMM_DATA_MEMORY:
    case WASM_IMM_MEMORY_MEMORY:
        out->index[0] = wasm_read_u32(r);
        out->index[1] = wasm_read_u32(r);
        return;
    case WASM_IMM_MEMARG:
        read_memory_argument(r);
        return;
    case WASM_IMM_MEMARG_LANE:
        read_memory_argument(r);
        wasm_read_byte(r);
        return;
    case WASM_IMM_REF_TYPE:
        wasm_read_reference_type(r);
        return;
    default:
        read_constant_immediate(r, kind, out);
    }
}
#pragma GCC diagnostic pop

void wasm_read_instruction(struct wasm_reader *r, const struct axon_wasm *m,
                           struct wasm_instruction *out)
{
    uint32_t prefix = 0;
    uint32_t code = wasm_read_byte(r);
    if (code == WASM_PREFIX_MISC || code == WASM_PREFIX_SIMD) {
        prefix = code;
        code = wasm_read_u32(r);
    }
    *out = (struct wasm_instruction){.op = wasm_op_find(prefix, code), .code = code};
    if (prefix != 0) {
        out->code |= prefix << 24;
    }
    if (out->op == NULL) {
        wasm_reader_fail(r, "unknown or forbidden instruction");
        return;
    }
    read_immediates(r, m, out);
    if (r->failure != NULL) {
        out->op = NULL;
    }
}

void wasm_read_constant(struct wasm_reader *r, const struct axon_wasm *m,
                        struct wasm_constant *out)
{
    *out = (struct wasm_constant){0};
    struct wasm_instruction i;
    wasm_read_instruction(r, m, &i);
    if (i.op == NULL) {
        return;
    }
    enum wasm_immediates kind = i.op->immediates;
    out->is_i32 = kind == WASM_IMM_I32;
    out->i32 = (uint32_t)i.constant;
    out->is_function = kind == WASM_IMM_REF_FUNC;
    out->function = i.index[0];
    bool allowed = out->is_i32 || out->is_function || kind == WASM_IMM_I64 ||
                   kind == WASM_IMM_F32 || kind == WASM_IMM_F64 || kind == WASM_IMM_V128 ||
                   kind == WASM_IMM_REF_TYPE || i.code == WASM_CODE_GLOBAL_GET;
    wasm_read_instruction(r, m, &i);
    if (!allowed || i.op == NULL || i.code != WASM_CODE_END) {
        wasm_reader_fail(r, "a constant expression is not a single constant");
    }
}

static struct ic_bytes read_locals(struct wasm_reader *r)
{
    const uint8_t *start = r->at;
    for (uint32_t left = wasm_read_count(r); left > 0 && r->failure == NULL; left--) {
        wasm_read_u32(r);
        wasm_read_value_type(r);
    }
    return (struct ic_bytes){.at = start, .size = (size_t)(r->at - start)};
}

static uint32_t add_saturating(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

void wasm_read_body(struct wasm_reader *r, struct axon_wasm *m, struct wasm_body *out)
{
    struct wasm_reader body = wasm_reader_new(wasm_read_bytes(r, wasm_read_u32(r)));
    out->locals = read_locals(&body);
    out->code = (struct ic_bytes){.at = body.at, .size = wasm_reader_left(&body)};
    size_t depth = 1;
    while (depth > 0 && body.failure == NULL) {
        struct wasm_instruction i;
        wasm_read_instruction(&body, m, &i);
        if (i.op == NULL) {
            break;
        }
        depth += (i.op->flags & WASM_OP_OPENS) != 0;
        depth -= i.code == WASM_CODE_END;
        out->instructions = add_saturating(out->instructions, 1);
        out->complexity = add_saturating(out->complexity, i.op->complexity);
        if (out->refused == NULL && (i.op->flags & WASM_OP_REFUSED) != 0) {
            out->refused = i.op;
        }
        m->drops_segments = m->drops_segments || (i.op->flags & WASM_OP_DROPS) != 0;
    }
    if (body.failure == NULL && body.at != body.end) {
        wasm_reader_fail(&body, "bytes after the end of a function");
    }
    m->instructions += out->instructions;
    if (body.failure != NULL) {
        wasm_reader_fail(r, body.failure);
    }
}
