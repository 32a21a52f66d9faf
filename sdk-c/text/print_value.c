/* C values as Candid text, laid out as the Rust printer does: what fits in 80 columns stays on one
 * line, else one element a line with a separator behind each. */
#include "value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define COLUMNS 80u
#define INDENT 2u
/* A vec of more elements stays on one line. */
#define VEC_ELEMENTS_LAID_OUT 10u
/* Values in values; the stack of a host program carries that many. */
#define PRINT_DEPTH_MAX 3000u

struct printer {
    struct did_text *out;
    const struct value_names *names;
    size_t flat_end; /* laid out flat: give up when the text is longer; 0: not trying */
    unsigned depth;
    bool too_deep;
};

static bool gave_up(const struct printer *p)
{
    return p->too_deep || (p->flat_end != 0 && p->out->size > p->flat_end);
}

static void print(struct printer *p, const struct did_node *node, const uint8_t *at,
                  unsigned indent, bool flat);

/* ---- numbers ------------------------------------------------------------------------------------- */

/* Digits in groups of three. */
static void print_grouped(struct did_text *out, const char *digits)
{
    const size_t size = strlen(digits);
    for (size_t i = 0; i < size; i++) {
        did_printf(out, "%s%c", i != 0 && (size - i) % 3 == 0 ? "_" : "", digits[i]);
    }
}

/* The decimal digits of a number in base 128, most significant digit of the result first. */
static void print_big(struct did_text *out, struct ic_bytes digits, bool negative)
{
    uint8_t *work = malloc(digits.size + 1);
    char *text = malloc(digits.size * 3 + 2);
    if (work == NULL || text == NULL) {
        abort();
    }
    unsigned carry = negative ? 1 : 0;
    for (size_t i = 0; i < digits.size; i++) {
        const unsigned digit = digits.at[i] & 0x7f;
        const unsigned sum = (negative ? ~digit & 0x7f : digit) + carry;
        work[i] = (uint8_t)(sum & 0x7f);
        carry = sum >> 7;
    }
    size_t at = digits.size * 3 + 1;
    text[at] = 0;
    size_t left = digits.size;
    do {
        unsigned remainder = 0;
        for (size_t i = left; i > 0; i--) {
            remainder = remainder * 128 + work[i - 1];
            work[i - 1] = (uint8_t)(remainder / 10);
            remainder %= 10;
        }
        text[--at] = (char)('0' + remainder);
        while (left > 0 && work[left - 1] == 0) {
            left--;
        }
    } while (left > 0);
    did_printf(out, "%s", negative ? "-" : "");
    print_grouped(out, text + at);
    free(work);
    free(text);
}

static void print_u128(struct did_text *out, candid_u128 number, bool negative)
{
    char text[48];
    size_t at = sizeof text - 1;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + (int)(number % 10));
        number /= 10;
    } while (number != 0);
    did_printf(out, "%s", negative ? "-" : "");
    print_grouped(out, text + at);
}

static void print_nat(struct did_text *out, const struct candid_nat *nat)
{
    if (nat->big.size != 0) {
        print_big(out, nat->big, false);
    } else {
        print_u128(out, ((candid_u128)nat->hi << 64) | nat->lo, false);
    }
}

static void print_int(struct did_text *out, const struct candid_int *integer)
{
#ifdef AXON_PLANTED_BUG
    /* What the fuzzer must find: small negative numbers lose their sign. */
    const bool negative = integer->hi < 0 && integer->lo < UINT64_MAX - 1000;
#else
    const bool negative = integer->hi < 0;
#endif
    if (integer->big.size != 0) {
        print_big(out, integer->big, negative);
        return;
    }
    const candid_u128 number = ((candid_u128)(uint64_t)integer->hi << 64) | integer->lo;
    print_u128(out, negative ? -number : number, negative);
}

/* Sign-extended. */
static int64_t load_fixed(const uint8_t *at, unsigned bytes, bool is_signed)
{
    uint64_t number = 0;
    memcpy(&number, at, bytes);
    const unsigned unused = 64 - 8 * bytes;
    return is_signed ? (int64_t)(number << unused) >> unused : (int64_t)number;
}

static void print_fixed(struct did_text *out, const struct did_node *node, const uint8_t *at)
{
    const bool is_signed = node->kind >= CANDID_KIND_INT8;
    const int64_t number = load_fixed(at, node->size, is_signed);
    const bool negative = is_signed && number < 0;
    const uint64_t magnitude = negative ? 0 - (uint64_t)number : (uint64_t)number;
    print_u128(out, magnitude, negative);
}

/* Digits and decimal exponent of the shortest form that reads back, e.g. 15, -1 for 1.5. */
static void shortest(char digits[32], int *exponent, double number, bool is_float32)
{
    char text[40];
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, number);
        const bool same = is_float32 ? strtof(text, NULL) == (float)number
                                     : strtod(text, NULL) == number;
        if (same) {
            break;
        }
    }
    size_t n = 0;
    const char *c = text;
    for (; *c != 'e'; c++) {
        if (*c >= '0' && *c <= '9') {
            digits[n++] = *c;
        }
    }
    digits[n] = 0;
    *exponent = (int)strtol(c + 1, NULL, 10) - (int)n + 1;
}

static void print_float(struct did_text *out, double number, bool is_float32)
{
    if (__builtin_isnan(number)) {
        did_printf(out, "NaN");
        return;
    }
    did_printf(out, "%s", __builtin_signbit(number) ? "-" : "");
    if (__builtin_isinf(number)) {
        did_printf(out, "inf");
        return;
    }
    char digits[32];
    int exponent = 0;
    shortest(digits, &exponent, __builtin_fabs(number), is_float32);
    const int size = (int)strlen(digits);
    const int point = size + exponent; /* digits before the point */
    if (point <= 0) {
        did_printf(out, "0.");
        for (int i = point; i < 0; i++) {
            did_printf(out, "0");
        }
        did_printf(out, "%s", digits);
        return;
    }
    for (int i = 0; i < point; i++) {
        did_printf(out, "%c", i < size ? digits[i] : '0');
    }
    did_printf(out, ".%s", point < size ? digits + point : "0");
}

/* ---- text ---------------------------------------------------------------------------------------- */

static void print_text(struct did_text *out, struct ic_bytes text)
{
    static const char plain[] = "\t\r\n'\"\\";
    static const char letters[] = "trn'\"\\";
    did_printf(out, "\"");
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.at[i];
        const char *special = c != 0 ? strchr(plain, c) : NULL;
        if (special != NULL) {
            did_printf(out, "\\%c", letters[special - plain]);
        } else if (c == 0) {
            did_printf(out, "\\0");
        } else if (c < 0x20 || c == 0x7f) {
            did_printf(out, "\\u{%x}", c);
        } else {
            did_append(out, (struct ic_bytes){.at = &c, .size = 1});
        }
    }
    did_printf(out, "\"");
}

static bool blob_is_plain(struct ic_bytes blob)
{
    for (size_t i = 0; i < blob.size; i++) {
        const uint8_t c = blob.at[i];
        if (!((c >= 0x20 && c <= 0x7e) || c == 9 || c == 10 || c == 13)) {
            return false;
        }
    }
    return true;
}

static void print_blob(struct did_text *out, struct ic_bytes blob)
{
    const bool plain = blob_is_plain(blob);
    did_printf(out, "blob \"");
    for (size_t i = 0; i < blob.size; i++) {
        const uint8_t c = blob.at[i];
        if (plain && c >= 0x20 && strchr("\"'`\\", c) == NULL) {
            did_printf(out, "%c", (int)c);
        } else {
            did_printf(out, "\\%02x", c);
        }
    }
    did_printf(out, "\"");
}

static void print_principal(struct did_text *out, const char *what,
                            const struct ic_principal *principal)
{
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(text, principal);
    did_printf(out, "%s \"%s\"", what, text);
}

static void print_label(struct did_text *out, const char *name)
{
    if (did_name_is_plain(ic_bytes_from_text(name))) {
        did_printf(out, "%s", name);
    } else {
        print_text(out, ic_bytes_from_text(name));
    }
}

static void print_func(struct did_text *out, const struct candid_func *func)
{
    print_principal(out, "func", &func->service);
    did_printf(out, ".");
    if (did_name_is_plain(func->method)) {
        did_append(out, func->method);
    } else {
        print_text(out, func->method);
    }
}

/* ---- layout -------------------------------------------------------------------------------------- */

static unsigned column(const struct printer *p)
{
    size_t at = p->out->size;
    while (at > 0 && p->out->at[at - 1] != '\n') {
        at--;
    }
    return (unsigned)(p->out->size - at);
}

static void print_newline(struct printer *p, unsigned indent)
{
    did_printf(p->out, "\n%*s", (int)indent, "");
}

/* The parts of a composite value. */
struct parts {
    const struct did_node *node;
    const uint8_t *at;
    size_t count;
    const char *open;
    const char *close;
    char separator;
    bool space; /* between braces and content */
    void (*print_part)(struct printer *p, const struct parts *parts, size_t i, unsigned indent,
                       bool flat);
};

static void print_flat(struct printer *p, const struct parts *parts)
{
    did_printf(p->out, "%s%s", parts->open, parts->space ? " " : "");
    for (size_t i = 0; i < parts->count && !gave_up(p); i++) {
        if (i != 0) {
            did_printf(p->out, "%c ", parts->separator);
        }
        parts->print_part(p, parts, i, 0, true);
    }
    did_printf(p->out, "%s%s", parts->space ? " " : "", parts->close);
}

/* Tries one line; takes back what does not fit. */
static bool print_if_fits(struct printer *p, const struct parts *parts)
{
    const size_t start = p->out->size;
    const unsigned at = column(p);
    if (at >= COLUMNS) {
        return false;
    }
    /* Parts of something larger have a separator behind them. */
    p->flat_end = start + (COLUMNS - at) - (p->depth != 0 ? 1 : 0);
    print_flat(p, parts);
    const bool fits = !gave_up(p);
    p->flat_end = 0;
    if (!fits) {
        p->out->size = start;
        p->out->at[start] = 0;
    }
    return fits;
}

static void print_parts(struct printer *p, const struct parts *parts, unsigned indent, bool flat)
{
    if (parts->count == 0) {
        did_printf(p->out, "%s%s", parts->open, parts->close);
        return;
    }
    if (flat) {
        print_flat(p, parts);
        return;
    }
    if (print_if_fits(p, parts)) {
        return;
    }
    did_printf(p->out, "%s", parts->open);
    for (size_t i = 0; i < parts->count && !p->too_deep; i++) {
        print_newline(p, indent + INDENT);
        parts->print_part(p, parts, i, indent + INDENT, false);
        did_printf(p->out, "%c", parts->separator);
    }
    print_newline(p, indent);
    did_printf(p->out, "%s", parts->close);
}

/* ---- composite values ---------------------------------------------------------------------------- */

static const uint8_t *edge_at(const struct did_edge *edge, const uint8_t *at)
{
    return edge->boxed ? *(const uint8_t *const *)(const void *)at : at;
}

static void print_field_label(struct printer *p, const struct did_edge *edge)
{
    const char *known =
        edge->has_name || p->names == NULL ? NULL : p->names->find(p->names->context, edge->id);
    if (edge->has_name) {
        struct did_text name = {0};
        did_append(&name, edge->name);
        print_label(p->out, name.at);
        did_text_free(&name);
    } else if (known != NULL) {
        print_label(p->out, known);
    } else {
        char digits[16];
        snprintf(digits, sizeof digits, "%" PRIu32, edge->id);
        print_grouped(p->out, digits);
    }
}

static bool is_tuple(const struct did_node *node)
{
    for (size_t i = 0; i < node->edge_count; i++) {
        if (node->edges[i].id != i) {
            return false;
        }
    }
    return true;
}

static void print_record_part(struct printer *p, const struct parts *parts, size_t i,
                              unsigned indent, bool flat)
{
    const struct did_edge *edge = &parts->node->edges[i];
    if (!is_tuple(parts->node)) {
        print_field_label(p, edge);
        did_printf(p->out, " = ");
    }
    print(p, edge->to, edge_at(edge, parts->at + parts->node->descriptor_fields[i].offset), indent,
          flat);
}

static void print_vec_part(struct printer *p, const struct parts *parts, size_t i, unsigned indent,
                           bool flat)
{
    const struct did_node *element = parts->node->edges[0].to;
    print(p, element, element->size == 0 ? NULL : parts->at + i * element->size, indent, flat);
}

static void print_variant_part(struct printer *p, const struct parts *parts, size_t i,
                               unsigned indent, bool flat)
{
    (void)i;
    const uint32_t tag = *(const uint32_t *)(const void *)parts->at;
    const struct did_edge *edge = &parts->node->edges[tag];
    print_field_label(p, edge);
    if (edge->to->kind != CANDID_KIND_NULL) {
        did_printf(p->out, " = ");
        print(p, edge->to, edge_at(edge, parts->at + parts->node->descriptor_fields[tag].offset),
              indent, flat);
    }
}

static void print_vec(struct printer *p, const struct did_node *node, const uint8_t *at,
                      unsigned indent, bool flat)
{
    const struct parts parts = {.node = node,
                                .at = *(const uint8_t *const *)(const void *)at,
                                .count = *(const size_t *)(const void *)(at + sizeof(void *)),
                                .open = "vec {",
                                .close = "}",
                                .separator = ';',
                                .space = true,
                                .print_part = print_vec_part};
    if (parts.count <= VEC_ELEMENTS_LAID_OUT || flat) {
        print_parts(p, &parts, indent, flat);
        return;
    }
    if (print_if_fits(p, &parts)) {
        return;
    }
    did_printf(p->out, "vec { ");
    for (size_t i = 0; i < parts.count && !p->too_deep; i++) {
        print_vec_part(p, &parts, i, indent, true);
        did_printf(p->out, i + 1 < parts.count ? "; " : ";}");
    }
}

static bool ends_in_annotation(const struct did_node *node)
{
    return node->kind <= CANDID_KIND_FLOAT64
               ? node->kind != CANDID_KIND_BOOL
               : node->kind == CANDID_KIND_RESERVED;
}

static void print_opt(struct printer *p, const struct did_node *node, const uint8_t *at,
                      unsigned indent, bool flat)
{
    if (!*(const bool *)at) {
        did_printf(p->out, "null");
        return;
    }
    const struct did_edge *edge = &node->edges[0];
    const bool bracket = ends_in_annotation(edge->to);
    did_printf(p->out, "opt %s", bracket ? "(" : "");
    print(p, edge->to, edge_at(edge, at + node->descriptor->offset), indent, flat);
    did_printf(p->out, "%s", bracket ? ")" : "");
}

static void print_number(struct printer *p, const struct did_node *node, const uint8_t *at)
{
    const void *value = at;
    switch (node->kind) {
    case CANDID_KIND_NAT:
        print_nat(p->out, value);
        break;
    case CANDID_KIND_INT:
        print_int(p->out, value);
        break;
    case CANDID_KIND_FLOAT32:
        print_float(p->out, (double)*(const float *)value, true);
        break;
    case CANDID_KIND_FLOAT64:
        print_float(p->out, *(const double *)value, false);
        break;
    default:
        print_fixed(p->out, node, at);
        break;
    }
    did_printf(p->out, " : %s", node->name);
}

static void print_value(struct printer *p, const struct did_node *node, const uint8_t *at,
                        unsigned indent, bool flat)
{
    const void *value = at;
    struct parts parts = {
        .node = node, .at = at, .close = "}", .separator = ';', .space = true};
    switch (node->kind) {
    case CANDID_KIND_NULL:
        did_printf(p->out, "null : null");
        return;
    case CANDID_KIND_RESERVED:
        did_printf(p->out, "null : reserved");
        return;
    case CANDID_KIND_BOOL:
        did_printf(p->out, "%s", *(const bool *)at ? "true" : "false");
        return;
    case CANDID_KIND_TEXT:
        print_text(p->out, *(const struct ic_bytes *)value);
        return;
    case CANDID_KIND_BLOB:
        print_blob(p->out, *(const struct ic_bytes *)value);
        return;
    case CANDID_KIND_PRINCIPAL:
        print_principal(p->out, "principal", value);
        return;
    case CANDID_KIND_SERVICE:
        print_principal(p->out, "service", value);
        return;
    case CANDID_KIND_FUNC:
        print_func(p->out, value);
        return;
    case CANDID_KIND_OPT:
        print_opt(p, node, at, indent, flat);
        return;
    case CANDID_KIND_VEC:
        print_vec(p, node, at, indent, flat);
        return;
    case CANDID_KIND_RECORD:
        parts.open = "record {";
        parts.count = node->edge_count;
        parts.print_part = print_record_part;
        print_parts(p, &parts, indent, flat);
        return;
    case CANDID_KIND_VARIANT:
        parts.open = "variant {";
        parts.count = 1;
        parts.print_part = print_variant_part;
        print_parts(p, &parts, indent, flat);
        return;
    default:
        print_number(p, node, at);
        return;
    }
}

static void print(struct printer *p, const struct did_node *node, const uint8_t *at,
                  unsigned indent, bool flat)
{
    if (p->depth >= PRINT_DEPTH_MAX) {
        p->too_deep = true;
        return;
    }
    p->depth++;
    print_value(p, node, at, indent, flat);
    p->depth--;
}

static void print_arg_part(struct printer *p, const struct parts *parts, size_t i, unsigned indent,
                           bool flat)
{
    const struct did_edge *edge = &parts->node->edges[i];
    print(p, edge->to, edge_at(edge, parts->at + parts->node->descriptor_fields[i].offset), indent,
          flat);
}

bool value_print_args(struct did_text *out, const struct did_node *tuple, const void *value,
                      const struct value_names *names)
{
    struct printer p = {.out = out, .names = names};
    const struct parts parts = {.node = tuple,
                                .at = value,
                                .count = tuple->edge_count,
                                .open = "(",
                                .close = ")",
                                .separator = ',',
                                .print_part = print_arg_part};
    did_append(out, (struct ic_bytes){0});
    print_parts(&p, &parts, 0, false);
    return !p.too_deep;
}
