/* Rewrites a module so that it counts its instructions. SPEC: ic-system 11.1 to 11.3.
 *
 * Nothing is renumbered: what is added stands behind what was there.
 *
 *   types       + (i32) -> (i32)
 *   functions   + $charge_size, which takes a size, charges it, and gives it back
 *   globals     + $counter, $exhausted, $limit, $slice
 *   exports     + these, the memory, the table, the start function, the mutable globals
 *   start       dropped
 *   code        charge points; a call of $charge_size before bulk instructions
 *   custom      only "name" is kept, for backtraces
 *
 * Instructions are copied as they were encoded, and what is inserted leaves the stack as it was, so
 * a body that was badly typed stays badly typed. */
#include "wasm/module.h"

enum added_global { ADDED_COUNTER, ADDED_EXHAUSTED, ADDED_LIMIT, ADDED_SLICE, ADDED_GLOBALS };

/* ---- writing ------------------------------------------------------------------------------------ */

static void put_byte(struct axon_buf *out, uint32_t byte)
{
    axon_buf_append_byte(out, (uint8_t)byte);
}

static void put_unsigned(struct axon_buf *out, uint64_t value)
{
    while (value >= 0x80) {
        put_byte(out, (uint32_t)(value & 0x7f) | 0x80);
        value >>= 7;
    }
    put_byte(out, (uint32_t)value);
}

/* Signed LEB128 of a value that is not negative. */
static void put_signed(struct axon_buf *out, uint64_t value)
{
    while (value >= 0x40) {
        put_byte(out, (uint32_t)(value & 0x7f) | 0x80);
        value >>= 7;
    }
    put_byte(out, (uint32_t)value);
}

static void put_section(struct axon_buf *out, enum wasm_section id, const struct axon_buf *content)
{
    put_byte(out, (uint32_t)id);
    put_unsigned(out, content->size);
    axon_buf_append(out, axon_buf_bytes(content));
}

static void put_name(struct axon_buf *out, const char *name)
{
    put_unsigned(out, strlen(name));
    axon_buf_append_text(out, name);
}

/* Starts a section that gets `added` more elements: its new count and its old elements. */
static void put_old_elements(struct axon_buf *out, struct ic_bytes old, uint32_t added)
{
    struct wasm_reader r = wasm_reader_new(old);
    uint32_t count = old.size == 0 ? 0 : wasm_read_u32(&r);
    put_unsigned(out, (uint64_t)count + added);
    axon_buf_append(out, (struct ic_bytes){.at = r.at, .size = wasm_reader_left(&r)});
}

/* ---- pieces of code ------------------------------------------------------------------------------ */

/* Opcodes used here and nowhere else. */
enum {
    OP_END = WASM_CODE_END,
    OP_IF = WASM_CODE_IF,
    OP_I32_EQZ = 0x45,
    OP_I32_AND = 0x71,
    OP_I64_EQZ = 0x50,
    OP_I64_LT_S = 0x53,
    OP_I64_LE_U = 0x58,
    OP_I64_LT_U = 0x54,
    OP_I64_ADD = 0x7c,
    OP_I64_SUB = 0x7d,
    OP_I64_MUL = 0x7e,
    OP_I64_DIV_U = 0x80,
    OP_I64_EXTEND_I32_U = 0xad,
};

static uint32_t added_global(const struct axon_wasm *m, enum added_global which)
{
    return m->globals.count + (uint32_t)which;
}

static void put_global_get(struct axon_buf *out, const struct axon_wasm *m, enum added_global which)
{
    put_byte(out, WASM_CODE_GLOBAL_GET);
    put_unsigned(out, added_global(m, which));
}

static void put_global_set(struct axon_buf *out, const struct axon_wasm *m, enum added_global which)
{
    put_byte(out, WASM_CODE_GLOBAL_SET);
    put_unsigned(out, added_global(m, which));
}

static void put_i64_const(struct axon_buf *out, uint64_t value)
{
    put_byte(out, WASM_CODE_I64_CONST);
    put_signed(out, value);
}

/* if (condition on the stack) { $exhausted = reason; unreachable } */
static void put_stop_if(struct axon_buf *out, const struct axon_wasm *m,
                        enum axon_wasm_exhausted reason)
{
    put_byte(out, OP_IF);
    put_byte(out, WASM_TYPE_EMPTY_BLOCK);
    put_byte(out, WASM_CODE_I32_CONST);
    put_signed(out, (uint64_t)reason);
    put_global_set(out, m, ADDED_EXHAUSTED);
    put_byte(out, WASM_CODE_UNREACHABLE);
    put_byte(out, OP_END);
}

/* if ($counter < 0) stop */
static void put_check(struct axon_buf *out, const struct axon_wasm *m)
{
    put_global_get(out, m, ADDED_COUNTER);
    put_i64_const(out, 0);
    put_byte(out, OP_I64_LT_S);
    put_stop_if(out, m, AXON_LIMIT_EXHAUSTED);
}

/* $counter -= cost; if (checked) the check */
static void put_charge(struct axon_buf *out, const struct axon_wasm *m, uint64_t cost, bool checked)
{
    if (cost > 0) {
        put_global_get(out, m, ADDED_COUNTER);
        put_i64_const(out, cost);
        put_byte(out, OP_I64_SUB);
        put_global_set(out, m, ADDED_COUNTER);
    }
    if (checked) {
        put_check(out, m);
    }
}

/* ---- charging sizes ------------------------------------------------------------------------------ */

/* Locals of $charge_size behind its parameter. */
enum { SIZE_PARAM = 0, SIZE_AFTER = 1, SIZE_BEFORE = 2, SIZE_ENDED = 3 };

static void put_local(struct axon_buf *out, uint32_t code, uint32_t local)
{
    put_byte(out, code);
    put_unsigned(out, local);
}

/* The same formula as axon_wasm_overruns_slice, on locals SIZE_BEFORE and SIZE_AFTER. */
static void put_overrun_check(struct axon_buf *out, const struct axon_wasm *m)
{
    /* ended = max(1, (before + slice - 1) / slice) * slice: where the current slice ends */
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_BEFORE);
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_BEFORE);
    put_byte(out, OP_I64_EQZ);
    put_byte(out, OP_I64_EXTEND_I32_U);
    put_byte(out, OP_I64_ADD);
    put_global_get(out, m, ADDED_SLICE);
    put_byte(out, OP_I64_ADD);
    put_i64_const(out, 1);
    put_byte(out, OP_I64_SUB);
    put_global_get(out, m, ADDED_SLICE);
    put_byte(out, OP_I64_DIV_U);
    put_global_get(out, m, ADDED_SLICE);
    put_byte(out, OP_I64_MUL);
    put_local(out, WASM_CODE_LOCAL_SET, SIZE_ENDED);
    /* if (ended < limit && ended + slice <= after) stop */
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_ENDED);
    put_global_get(out, m, ADDED_LIMIT);
    put_byte(out, OP_I64_LT_U);
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_ENDED);
    put_global_get(out, m, ADDED_SLICE);
    put_byte(out, OP_I64_ADD);
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_AFTER);
    put_byte(out, OP_I64_LE_U);
    put_byte(out, OP_I32_AND);
    put_stop_if(out, m, AXON_SLICE_OVERRUN);
}

bool axon_wasm_overruns_slice(uint64_t before, uint64_t after, uint64_t slice, uint64_t limit)
{
    if (after - before < slice) {
        return false;
    }
    uint64_t ended = ((before == 0 ? 1 : before) + slice - 1) / slice * slice;
    return ended < limit && ended + slice <= after;
}

/* $charge_size(size i32) -> i32:
 *   $counter -= size
 *   if (slice <= size) the overrun check       a smaller size cannot overrun
 *   the check; return size */
static void put_charge_size_body(struct axon_buf *out, const struct axon_wasm *m)
{
    put_unsigned(out, 1);
    put_unsigned(out, 3);
    put_byte(out, WASM_TYPE_I64);
    put_global_get(out, m, ADDED_LIMIT);
    put_global_get(out, m, ADDED_COUNTER);
    put_byte(out, OP_I64_SUB);
    put_local(out, WASM_CODE_LOCAL_SET, SIZE_BEFORE);
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_BEFORE);
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_PARAM);
    put_byte(out, OP_I64_EXTEND_I32_U);
    put_byte(out, OP_I64_ADD);
    put_local(out, WASM_CODE_LOCAL_SET, SIZE_AFTER);
    put_global_get(out, m, ADDED_LIMIT);
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_AFTER);
    put_byte(out, OP_I64_SUB);
    put_global_set(out, m, ADDED_COUNTER);
    put_global_get(out, m, ADDED_SLICE);
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_PARAM);
    put_byte(out, OP_I64_EXTEND_I32_U);
    put_byte(out, OP_I64_LE_U);
    put_byte(out, OP_IF);
    put_byte(out, WASM_TYPE_EMPTY_BLOCK);
    put_overrun_check(out, m);
    put_byte(out, OP_END);
    put_check(out, m);
    put_local(out, WASM_CODE_LOCAL_GET, SIZE_PARAM);
    put_byte(out, OP_END);
}

static void put_charge_size_call(struct axon_buf *out, const struct axon_wasm *m)
{
    put_byte(out, WASM_CODE_CALL);
    put_unsigned(out, m->functions.count);
}

/* ---- function bodies ------------------------------------------------------------------------------ */

/* The charge point that is being collected: its instructions are source[start, here). */
struct charge_point {
    const uint8_t *start;
    uint64_t cost;
    bool checked;
    struct wasm_array sized;    /* const uint8_t *: where bulk instructions stand */
};

/* Writes the charge point and its instructions. SPEC 11.1 rules 4 and 6. */
static void put_charge_point(struct axon_buf *out, const struct axon_wasm *m,
                             struct charge_point *point, const uint8_t *end)
{
    const uint8_t *const *sized = point->sized.at;
    const uint8_t *copied = point->start;
    uint32_t next = 0;
    if (point->sized.count > 0 && sized[0] == point->start) {
        put_charge_size_call(out, m);
        next = 1;
    }
    put_charge(out, m, point->cost, point->checked);
    for (; next < point->sized.count; next++) {
        axon_buf_append(out, (struct ic_bytes){copied, (size_t)(sized[next] - copied)});
        put_charge_size_call(out, m);
        copied = sized[next];
    }
    axon_buf_append(out, (struct ic_bytes){copied, (size_t)(end - copied)});
    point->sized.count = 0;
    point->start = end;
    point->cost = 0;
    point->checked = false;
}

static void put_body(struct axon_buf *out, const struct axon_wasm *m, const struct wasm_body *body,
                     struct charge_point *point)
{
    axon_buf_append(out, body->locals);
    struct wasm_reader r = wasm_reader_new(body->code);
    point->start = r.at;
    point->cost = 1; /* SPEC 11.1 rule 1 */
    point->checked = true;
    while (r.at != r.end) {
        const uint8_t *at = r.at;
        struct wasm_instruction i;
        wasm_read_instruction(&r, m, &i);
        if (i.op == NULL) {
            return; /* not reached: the same bytes were read by axon_wasm_parse */
        }
        point->cost += i.op->weight;
        if ((i.op->flags & WASM_OP_SIZED) != 0) {
            *(const uint8_t **)wasm_array_push(&point->sized, sizeof(uint8_t *)) = at;
        }
        if ((i.op->flags & WASM_OP_ENDS) != 0) {
            put_charge_point(out, m, point, r.at);
            point->checked = i.code == WASM_CODE_LOOP;
        }
    }
}

static void put_code(struct axon_buf *out, const struct axon_wasm *m)
{
    struct axon_buf section = {0};
    struct axon_buf body = {0};
    struct charge_point point = {0};
    put_unsigned(&section, (uint64_t)m->bodies.count + 1);
    for (uint32_t i = 0; i < m->bodies.count; i++) {
        axon_buf_clear(&body);
        put_body(&body, m, (const struct wasm_body *)m->bodies.at + i, &point);
        put_unsigned(&section, body.size);
        axon_buf_append(&section, axon_buf_bytes(&body));
    }
    axon_buf_clear(&body);
    put_charge_size_body(&body, m);
    put_unsigned(&section, body.size);
    axon_buf_append(&section, axon_buf_bytes(&body));
    put_section(out, WASM_SECTION_CODE, &section);
    struct axon_buf sized = {.at = point.sized.at};
    axon_buf_free(&sized);
    axon_buf_free(&body);
    axon_buf_free(&section);
}

/* ---- sections ------------------------------------------------------------------------------------ */

static void put_types(struct axon_buf *out, const struct axon_wasm *m)
{
    static const uint8_t I32_TO_I32[] = {WASM_TYPE_FUNC, 1, WASM_TYPE_I32, 1, WASM_TYPE_I32};
    struct axon_buf section = {0};
    put_old_elements(&section, m->sections[WASM_SECTION_TYPE], 1);
    axon_buf_append(&section, (struct ic_bytes){I32_TO_I32, sizeof I32_TO_I32});
    put_section(out, WASM_SECTION_TYPE, &section);
    axon_buf_free(&section);
}

static void put_functions(struct axon_buf *out, const struct axon_wasm *m)
{
    struct axon_buf section = {0};
    put_old_elements(&section, m->sections[WASM_SECTION_FUNCTION], 1);
    put_unsigned(&section, m->types.count);
    put_section(out, WASM_SECTION_FUNCTION, &section);
    axon_buf_free(&section);
}

static void put_globals(struct axon_buf *out, const struct axon_wasm *m)
{
    struct axon_buf section = {0};
    put_old_elements(&section, m->sections[WASM_SECTION_GLOBAL], ADDED_GLOBALS);
    for (uint32_t i = 0; i < ADDED_GLOBALS; i++) {
        bool is_i32 = i == ADDED_EXHAUSTED;
        put_byte(&section, is_i32 ? WASM_TYPE_I32 : WASM_TYPE_I64);
        put_byte(&section, 1); /* mutable */
        put_byte(&section, is_i32 ? WASM_CODE_I32_CONST : WASM_CODE_I64_CONST);
        put_signed(&section, 0);
        put_byte(&section, OP_END);
    }
    put_section(out, WASM_SECTION_GLOBAL, &section);
    axon_buf_free(&section);
}

struct export_list {
    struct axon_buf bytes;
    uint32_t count;
};

static void add_export(struct export_list *list, const char *name, enum wasm_kind kind,
                       uint32_t index)
{
    put_name(&list->bytes, name);
    put_byte(&list->bytes, (uint32_t)kind);
    put_unsigned(&list->bytes, index);
    list->count++;
}

static void add_mutable_globals(struct export_list *list, const struct axon_wasm *m)
{
    struct axon_buf name = {0};
    for (size_t i = 0; i < axon_wasm_mutable_global_count(m); i++) {
        uint32_t index = axon_wasm_mutable_global(m, i);
        axon_buf_clear(&name);
        axon_buf_printf(&name, "%s%u", AXON_EXPORT_GLOBAL, index);
        add_export(list, axon_buf_text(&name), WASM_KIND_GLOBAL, index);
    }
    axon_buf_free(&name);
}

static void put_exports(struct axon_buf *out, const struct axon_wasm *m)
{
    struct export_list list = {0};
    add_export(&list, AXON_EXPORT_COUNTER, WASM_KIND_GLOBAL, added_global(m, ADDED_COUNTER));
    add_export(&list, AXON_EXPORT_EXHAUSTED, WASM_KIND_GLOBAL, added_global(m, ADDED_EXHAUSTED));
    add_export(&list, AXON_EXPORT_LIMIT, WASM_KIND_GLOBAL, added_global(m, ADDED_LIMIT));
    add_export(&list, AXON_EXPORT_SLICE, WASM_KIND_GLOBAL, added_global(m, ADDED_SLICE));
    if (m->memories > 0) {
        add_export(&list, AXON_EXPORT_MEMORY, WASM_KIND_MEMORY, 0);
    }
    if (m->tables > 0) {
        add_export(&list, AXON_EXPORT_TABLE, WASM_KIND_TABLE, 0);
    }
    if (m->has_start) {
        add_export(&list, AXON_EXPORT_START, WASM_KIND_FUNC, m->start);
    }
    add_mutable_globals(&list, m);
    struct axon_buf section = {0};
    put_old_elements(&section, m->sections[WASM_SECTION_EXPORT], list.count);
    axon_buf_append(&section, axon_buf_bytes(&list.bytes));
    put_section(out, WASM_SECTION_EXPORT, &section);
    axon_buf_free(&section);
    axon_buf_free(&list.bytes);
}

static void put_old_section(struct axon_buf *out, const struct axon_wasm *m, enum wasm_section id)
{
    if (m->sections[id].at != NULL) {
        const struct ic_bytes old = m->sections[id];
        put_byte(out, (uint32_t)id);
        put_unsigned(out, old.size);
        axon_buf_append(out, old);
    }
}

static void put_names(struct axon_buf *out, const struct axon_wasm *m)
{
    if (m->name_section.size > 0) {
        struct axon_buf section = {0};
        put_name(&section, "name");
        axon_buf_append(&section, m->name_section);
        put_section(out, WASM_SECTION_CUSTOM, &section);
        axon_buf_free(&section);
    }
}

void axon_wasm_instrument(const struct axon_wasm *m, struct axon_buf *out)
{
    static const uint8_t HEADER[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    axon_buf_append(out, (struct ic_bytes){HEADER, sizeof HEADER});
    put_types(out, m);
    put_old_section(out, m, WASM_SECTION_IMPORT);
    put_functions(out, m);
    put_old_section(out, m, WASM_SECTION_TABLE);
    put_old_section(out, m, WASM_SECTION_MEMORY);
    put_globals(out, m);
    put_exports(out, m);
    put_old_section(out, m, WASM_SECTION_ELEMENT);
    put_old_section(out, m, WASM_SECTION_DATA_COUNT);
    put_code(out, m);
    put_old_section(out, m, WASM_SECTION_DATA);
    put_names(out, m);
}
