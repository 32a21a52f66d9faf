/* Values as written into C values of a type. */
#include "value.h"

#include <stdlib.h>

struct fitting {
    struct did_pool *pool;
    struct did_error *error;
};

static bool fit(struct fitting *f, const struct value *value, const struct did_node *node,
                uint8_t *out);

static bool refuse(struct fitting *f, const struct value *value, const char *reason,
                   const struct did_node *node)
{
    return did_fail(f->error, "", value->at, "%s (%s expected)", reason,
                    node == NULL ? "value" : node->name);
}

/* ---- numbers ------------------------------------------------------------------------------------- */

/* The low 128 bits of the digits; *fits is false when there are more. */
static void digits_to_u128(uint64_t *lo, uint64_t *hi, bool *fits, struct ic_bytes digits)
{
    candid_u128 sum = 0;
    *fits = digits.size < 19 || (digits.size == 19 && digits.at[18] <= 3);
    for (size_t i = digits.size < 19 ? digits.size : 19; i > 0; i--) {
        sum = (sum << 7) | digits.at[i - 1];
    }
    *lo = (uint64_t)sum;
    *hi = (uint64_t)(sum >> 64);
}

/* Two's complement of the digits, as signed LEB digits with one to spare for the sign. */
static struct ic_bytes signed_digits(struct did_pool *pool, struct ic_bytes digits, bool negative)
{
    uint8_t *at = did_pool_alloc(pool, digits.size + 2);
    unsigned carry = negative ? 1 : 0;
    for (size_t i = 0; i <= digits.size; i++) {
        const unsigned digit = i < digits.size ? digits.at[i] : 0;
        const unsigned sum = (negative ? (~digit & 0x7f) : digit) + carry;
        at[i] = (uint8_t)(sum & 0x7f);
        carry = sum >> 7;
    }
    size_t size = digits.size + 1;
    while (size > 1 && ((at[size - 1] == 0 && (at[size - 2] & 0x40) == 0) ||
                        (at[size - 1] == 0x7f && (at[size - 2] & 0x40) != 0))) {
        size--;
    }
    return (struct ic_bytes){.at = at, .size = size};
}

static bool fit_big(struct fitting *f, const struct value *value, const struct did_node *node,
                    struct ic_bytes digits, uint8_t *out)
{
    uint64_t lo = 0;
    uint64_t hi = 0;
    bool fits = false;
    digits_to_u128(&lo, &hi, &fits, digits);
    if (node->kind == CANDID_KIND_NAT) {
        if (value->negative) {
            return refuse(f, value, "a nat is not negative", node);
        }
        *(struct candid_nat *)(void *)out =
            fits ? (struct candid_nat){.lo = lo, .hi = hi}
                 : (struct candid_nat){.lo = UINT64_MAX, .hi = UINT64_MAX, .big = digits};
        return true;
    }
    const bool small = fits && (hi < ((uint64_t)1 << 63) ||
                                (value->negative && hi == ((uint64_t)1 << 63) && lo == 0));
    struct candid_int *integer = (struct candid_int *)(void *)out;
    if (small) {
        const candid_u128 magnitude = ((candid_u128)hi << 64) | lo;
        const candid_u128 number = value->negative ? -magnitude : magnitude;
        *integer = (struct candid_int){.lo = (uint64_t)number, .hi = (int64_t)(number >> 64)};
    } else {
        *integer = (struct candid_int){.lo = value->negative ? 0 : UINT64_MAX,
                                       .hi = value->negative ? INT64_MIN : INT64_MAX,
                                       .big = signed_digits(f->pool, digits, value->negative)};
    }
    return true;
}

static bool fit_fixed(struct fitting *f, const struct value *value, const struct did_node *node,
                      struct ic_bytes digits, uint8_t *out)
{
    const bool is_signed = node->kind >= CANDID_KIND_INT8;
    const unsigned bits =
        8u << (node->kind - (is_signed ? CANDID_KIND_INT8 : CANDID_KIND_NAT8));
    uint64_t lo = 0;
    uint64_t hi = 0;
    bool fits = false;
    digits_to_u128(&lo, &hi, &fits, digits);
    const uint64_t max = is_signed ? ((uint64_t)1 << (bits - 1)) - (value->negative ? 0 : 1)
                                   : UINT64_MAX >> (64 - bits);
    if (!fits || hi != 0 || lo > max || (!is_signed && value->negative)) {
        return refuse(f, value, "the number is out of range", node);
    }
    const uint64_t number = value->negative ? 0 - lo : lo;
    memcpy(out, &number, bits / 8); /* little-endian */
    return true;
}

static bool fit_float(struct fitting *f, const struct value *value, const struct did_node *node,
                      uint8_t *out)
{
    char *text = did_pool_alloc(f->pool, value->text.size + 2);
    size_t size = 0;
    text[size++] = value->negative ? '-' : '+';
    for (size_t i = 0; i < value->text.size; i++) {
        if (value->text.at[i] != '_') {
            text[size++] = (char)value->text.at[i];
        }
    }
    char *end = NULL;
    if (node->kind == CANDID_KIND_FLOAT32) {
        const float number = strtof(text, &end);
        memcpy(out, &number, sizeof number);
    } else {
        const double number = strtod(text, &end);
        memcpy(out, &number, sizeof number);
    }
    return end == text + size || refuse(f, value, "malformed number", node);
}

static bool fit_number(struct fitting *f, const struct value *value, const struct did_node *node,
                       uint8_t *out)
{
    const bool wants_float = node->kind == CANDID_KIND_FLOAT32 || node->kind == CANDID_KIND_FLOAT64;
    if (wants_float != value_number_is_float(value->text)) {
        return refuse(f, value, wants_float ? "a float needs a point" : "a float is no whole number",
                      node);
    }
    if (wants_float) {
        return fit_float(f, value, node, out);
    }
    struct ic_bytes digits;
    if (!value_number_digits(f->pool, &digits, value->text)) {
        return refuse(f, value, "malformed number", node);
    }
    return node->kind == CANDID_KIND_NAT || node->kind == CANDID_KIND_INT
               ? fit_big(f, value, node, digits, out)
               : fit_fixed(f, value, node, digits, out);
}

/* ---- parts --------------------------------------------------------------------------------------- */

/* Where the value of an edge lives: boxed ones get memory of their own. */
static uint8_t *edge_out(struct fitting *f, const struct did_edge *edge, uint8_t *out)
{
    if (!edge->boxed) {
        return out;
    }
    uint8_t *box = did_pool_alloc(f->pool, edge->to->size);
    *(uint8_t **)(void *)out = box;
    return box;
}

static bool fit_vec(struct fitting *f, const struct value *value, const struct did_node *node,
                    uint8_t *out)
{
    const struct did_node *element = node->edges[0].to;
    uint8_t *at = did_pool_alloc(f->pool, value->count * (size_t)element->size);
    for (size_t i = 0; i < value->count; i++) {
        if (!fit(f, &value->items[i], element, at + i * element->size)) {
            return false;
        }
    }
    *(const uint8_t **)(void *)out = at;
    *(size_t *)(void *)(out + sizeof(void *)) = value->count;
    return true;
}

/* vec { 1; 2 } at vec nat8 */
static bool fit_blob(struct fitting *f, const struct value *value, const struct did_node *node,
                     struct ic_bytes *out)
{
    static const struct did_node nat8 = {.kind = CANDID_KIND_NAT8, .name = "nat8", .size = 1};
    if (value->kind == VALUE_BLOB) {
        *out = value->text;
        return true;
    }
    uint8_t *at = did_pool_alloc(f->pool, value->count);
    for (size_t i = 0; i < value->count; i++) {
        const struct value *item = &value->items[i];
        if (item->kind == VALUE_ANNOTATED && item->node->kind == CANDID_KIND_NAT8) {
            item = item->items;
        }
        if (item->kind != VALUE_NUMBER) {
            return refuse(f, item, "the elements of a blob are bytes", node);
        }
        if (!fit_number(f, item, &nat8, at + i)) {
            return false;
        }
    }
    *out = (struct ic_bytes){.at = at, .size = value->count};
    return true;
}

static bool fit_record(struct fitting *f, const struct value *value, const struct did_node *node,
                       uint8_t *out)
{
    size_t i = 0;
    for (size_t j = 0; j < node->edge_count; j++) {
        const struct did_edge *edge = &node->edges[j];
        while (i < value->count && value->fields[i].id < edge->id) {
            i++;
        }
        uint8_t *at = edge_out(f, edge, out + node->descriptor_fields[j].offset);
        if (i < value->count && value->fields[i].id == edge->id) {
            if (!fit(f, &value->fields[i].value, edge->to, at)) {
                return false;
            }
        } else if (!value_fit_absent(f->pool, edge->to, at)) {
            return did_fail(f->error, "", value->at, "missing field %s", edge->member);
        }
    }
    return true;
}

static bool fit_variant(struct fitting *f, const struct value *value, const struct did_node *node,
                        uint8_t *out)
{
    for (size_t i = 0; i < node->edge_count; i++) {
        if (node->edges[i].id == value->fields[0].id) {
            *(uint32_t *)(void *)out = (uint32_t)i;
            uint8_t *at = edge_out(f, &node->edges[i], out + node->descriptor_fields[i].offset);
            return fit(f, &value->fields[0].value, node->edges[i].to, at);
        }
    }
    return refuse(f, value, "unknown case", node);
}

static bool fit_opt(struct fitting *f, const struct value *value, const struct did_node *node,
                    uint8_t *out)
{
    if (value->kind == VALUE_NULL) {
        *(bool *)out = false;
        return true;
    }
    if (value->kind != VALUE_OPT) {
        return refuse(f, value, "'opt' or 'null' expected", node);
    }
    *(bool *)out = true;
    uint8_t *at = edge_out(f, &node->edges[0], out + node->descriptor->offset);
    return fit(f, value->items, node->edges[0].to, at);
}

/* An annotation must name the expected type, except that nat fits int and float64 float32. */
static bool fit_annotated(struct fitting *f, const struct value *value, const struct did_node *node,
                          uint8_t *out)
{
    const struct did_node *given = value->node;
    const bool widened = (given->kind == CANDID_KIND_NAT && node->kind == CANDID_KIND_INT) ||
                         (given->kind == CANDID_KIND_FLOAT64 && node->kind == CANDID_KIND_FLOAT32);
    if (given->class != node->class && !widened) {
        return refuse(f, value, "the annotation is another type", node);
    }
    return fit(f, value->items, node, out);
}

/* ---- by type ------------------------------------------------------------------------------------- */

static bool fit_scalar(struct fitting *f, const struct value *value, const struct did_node *node,
                       uint8_t *out)
{
    void *at = out;
    switch (node->kind) {
    case CANDID_KIND_NULL:
        return value->kind == VALUE_NULL || refuse(f, value, "type mismatch", node);
    case CANDID_KIND_BOOL:
        *(bool *)out = value->truth;
        return value->kind == VALUE_BOOL || refuse(f, value, "type mismatch", node);
    case CANDID_KIND_TEXT:
        *(struct ic_bytes *)at = value->text;
        return value->kind == VALUE_TEXT || refuse(f, value, "type mismatch", node);
    case CANDID_KIND_PRINCIPAL:
        *(struct ic_principal *)at = value->principal;
        return value->kind == VALUE_PRINCIPAL || refuse(f, value, "type mismatch", node);
    case CANDID_KIND_SERVICE:
        *(struct ic_principal *)at = value->principal;
        return value->kind == VALUE_SERVICE || refuse(f, value, "type mismatch", node);
    case CANDID_KIND_FUNC:
        *(struct candid_func *)at =
            (struct candid_func){.service = value->principal, .method = value->text};
        return value->kind == VALUE_FUNC || refuse(f, value, "type mismatch", node);
    case CANDID_KIND_EMPTY:
        return refuse(f, value, "there is no such value", node);
    default:
        return value->kind == VALUE_NUMBER ? fit_number(f, value, node, out)
                                           : refuse(f, value, "type mismatch", node);
    }
}

/* Recursion follows the nesting of the text, which the parser bounds. */
static bool fit(struct fitting *f, const struct value *value, const struct did_node *node,
                uint8_t *out)
{
    if (node->kind == CANDID_KIND_RESERVED) {
        return true;
    }
    if (value->kind == VALUE_ANNOTATED) {
        return fit_annotated(f, value, node, out);
    }
    switch (node->kind) {
    case CANDID_KIND_OPT:
        return fit_opt(f, value, node, out);
    case CANDID_KIND_BLOB:
        return value->kind == VALUE_BLOB || value->kind == VALUE_VEC
                   ? fit_blob(f, value, node, (struct ic_bytes *)(void *)out)
                   : refuse(f, value, "type mismatch", node);
    case CANDID_KIND_VEC:
        return value->kind == VALUE_VEC ? fit_vec(f, value, node, out)
                                        : refuse(f, value, "type mismatch", node);
    case CANDID_KIND_RECORD:
        return value->kind == VALUE_RECORD ? fit_record(f, value, node, out)
                                           : refuse(f, value, "type mismatch", node);
    case CANDID_KIND_VARIANT:
        return value->kind == VALUE_VARIANT ? fit_variant(f, value, node, out)
                                            : refuse(f, value, "type mismatch", node);
    default:
        return fit_scalar(f, value, node, out);
    }
}

bool value_fit_absent(struct did_pool *pool, const struct did_node *node, void *out)
{
    (void)pool;
    if (node->kind == CANDID_KIND_OPT) {
        *(bool *)out = false;
        return true;
    }
    return node->kind == CANDID_KIND_NULL || node->kind == CANDID_KIND_RESERVED;
}

bool value_fit(struct did_pool *pool, const struct value *value, const struct did_node *node,
               void *out, struct did_error *error)
{
    struct fitting f = {.pool = pool, .error = error};
    return fit(&f, value, node, out);
}

/* ---- types of values as written ------------------------------------------------------------------ */

static struct did_type *new_type(struct did_pool *pool, int kind)
{
    struct did_type *type = did_pool_alloc(pool, sizeof *type);
    type->kind = kind;
    return type;
}

static struct did_type *infer_fields(struct did_pool *pool, const struct value *value, int kind)
{
    struct did_type *type = new_type(pool, kind);
    for (size_t i = 0; i < value->count; i++) {
        struct did_field *field = DID_PUSH(pool, type->fields, type->field_count);
        field->id = value->fields[i].id;
        field->type = value_infer(pool, &value->fields[i].value);
    }
    return type;
}

static struct did_type *infer_wrapped(struct did_pool *pool, const struct value *value, int kind)
{
    struct did_type *type = new_type(pool, kind);
    type->inner = value->count == 0 ? new_type(pool, CANDID_KIND_EMPTY)
                                    : value_infer(pool, &value->items[0]);
    return type;
}

struct did_type *value_infer(struct did_pool *pool, const struct value *value)
{
    struct did_type *type = NULL;
    switch (value->kind) {
    case VALUE_NUMBER:
        return new_type(pool, value_number_is_float(value->text) ? CANDID_KIND_FLOAT64
                                                                 : CANDID_KIND_INT);
    case VALUE_TEXT:
        return new_type(pool, CANDID_KIND_TEXT);
    case VALUE_BOOL:
        return new_type(pool, CANDID_KIND_BOOL);
    case VALUE_NULL:
        return new_type(pool, CANDID_KIND_NULL);
    case VALUE_OPT:
        return infer_wrapped(pool, value, CANDID_KIND_OPT);
    case VALUE_VEC:
        return infer_wrapped(pool, value, CANDID_KIND_VEC);
    case VALUE_RECORD:
        return infer_fields(pool, value, CANDID_KIND_RECORD);
    case VALUE_VARIANT:
        return infer_fields(pool, value, CANDID_KIND_VARIANT);
    case VALUE_BLOB:
        type = new_type(pool, CANDID_KIND_VEC);
        type->inner = new_type(pool, CANDID_KIND_NAT8);
        return type;
    case VALUE_PRINCIPAL:
        return new_type(pool, CANDID_KIND_PRINCIPAL);
    case VALUE_SERVICE:
        return new_type(pool, CANDID_KIND_SERVICE);
    case VALUE_FUNC:
        return new_type(pool, CANDID_KIND_FUNC);
    case VALUE_ANNOTATED:
        return value->type;
    }
    return type;
}
