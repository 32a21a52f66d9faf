#include "cert/cbor.h"

#include <cbor.h>
#include <stdio.h>
#include <stdlib.h>

#define TAG_BIG_NATURAL 2u
#define INDEFINITE      UINT64_MAX /* items left in a container that ends with a break */

/* One open array, map or chunked string. */
struct frame {
    size_t node;
    uint64_t left; /* items still to come; keys and values count one each */
    bool is_indefinite;
};

/* libcbor's streaming decoder calls back for each head; what is nested is ours to keep track of, so
 * depth and memory are bounded here. */
struct builder {
    struct axon_cbor_doc *doc;
    size_t input_bytes;
    struct frame frames[AXON_CBOR_DEPTH_MAX];
    size_t depth;
    bool big_is_next; /* after tag 2 */
    bool failed;
};

static void fail(struct builder *b, const char *why)
{
    if (!b->failed) {
        b->failed = true;
        snprintf(b->doc->why, sizeof b->doc->why, "%s", why);
    }
}

static bool kind_is_container(enum axon_cbor_kind kind)
{
    return kind == AXON_CBOR_ARRAY || kind == AXON_CBOR_MAP;
}

static struct axon_cbor *push_node(struct builder *b, struct axon_cbor node)
{
    struct axon_cbor_doc *doc = b->doc;
    if (doc->count == doc->capacity) {
        doc->capacity = doc->capacity == 0 ? 32 : doc->capacity * 2;
        doc->nodes = axon_realloc(doc->nodes, doc->capacity * sizeof *doc->nodes);
    }
    doc->nodes[doc->count] = node;
    return &doc->nodes[doc->count++];
}

/* ---- strings -------------------------------------------------------------------------------- */

/* The length of the well-formed UTF-8 sequence at *at, 0 when there is none. RFC 3629 table. */
static size_t utf8_sequence(const uint8_t *at, size_t left)
{
    uint8_t lead = at[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || left < size) {
        return 0;
    }
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;  /* overlong below */
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf; /* surrogates, > 10ffff */
    for (size_t i = 1; i < size; i++) {
        if (at[i] < low || at[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return size;
}

static bool text_is_utf8(struct ic_bytes text)
{
    size_t at = 0;
    while (at < text.size) {
        size_t size = utf8_sequence(text.at + at, text.size - at);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

static struct ic_bytes without_leading_zeros(struct ic_bytes in)
{
    while (in.size > 0 && in.at[0] == 0) {
        in.at++;
        in.size--;
    }
    return in;
}

/* Tag 2: fits a number of 64 bits, or stays bytes. */
static struct axon_cbor natural_from_big(struct ic_bytes in)
{
    in = without_leading_zeros(in);
    if (in.size > sizeof(uint64_t)) {
        return (struct axon_cbor){.kind = AXON_CBOR_BIG, .span = 1, .bytes = in};
    }
    struct axon_cbor node = {.kind = AXON_CBOR_NAT, .span = 1};
    for (size_t i = 0; i < in.size; i++) {
        node.number = node.number << 8 | in.at[i];
    }
    return node;
}

/* ---- containers ----------------------------------------------------------------------------- */

static bool keys_are_distinct(struct builder *b, const struct axon_cbor *map)
{
    const struct axon_cbor *key = axon_cbor_first(map);
    for (uint32_t i = 0; i < map->count; i++) {
        const struct axon_cbor *earlier = axon_cbor_first(map);
        for (uint32_t j = 0; j < i; j++) {
            if (ic_bytes_is_equal(earlier->bytes, key->bytes)) {
                fail(b, "a map has the same key twice");
                return false;
            }
            earlier = axon_cbor_next(axon_cbor_next(earlier));
        }
        key = axon_cbor_next(axon_cbor_next(key));
    }
    return true;
}

/* Containers that are full now end, and with them those around them. */
static void close_full_frames(struct builder *b)
{
    while (b->depth > 0 && b->frames[b->depth - 1].left == 0 && !b->failed) {
        b->depth--;
        struct axon_cbor *node = &b->doc->nodes[b->frames[b->depth].node];
        node->span = (uint32_t)(b->doc->count - b->frames[b->depth].node);
        if (node->kind == AXON_CBOR_MAP) {
            (void)keys_are_distinct(b, node);
        }
    }
}

/* True when the next item of the innermost container is a map key. */
static bool key_is_next(const struct builder *b)
{
    const struct frame *f = &b->frames[b->depth - 1];
    const struct axon_cbor *map = &b->doc->nodes[f->node];
    if (map->kind != AXON_CBOR_MAP) {
        return false;
    }
    return f->is_indefinite ? (INDEFINITE - f->left) % 2 == 0 : f->left % 2 == 0;
}

/* Accounts for one item of the innermost container, before the item's node is pushed. */
static bool take_place(struct builder *b, enum axon_cbor_kind kind)
{
    if (b->depth == 0) {
        return true;
    }
    struct frame *f = &b->frames[b->depth - 1];
    struct axon_cbor *container = &b->doc->nodes[f->node];
    bool is_key = key_is_next(b);
    if (is_key && kind != AXON_CBOR_TEXT) {
        fail(b, "a map key is not text");
    }
    if (is_key && container->kind == AXON_CBOR_MAP && f->is_indefinite &&
        ++container->count > AXON_CBOR_PAIRS_MAX) {
        fail(b, "a map has too many keys");
    }
    if (container->kind == AXON_CBOR_ARRAY && f->is_indefinite) {
        container->count++;
    }
    f->left--;
    return !b->failed;
}

static void add_scalar(struct builder *b, struct axon_cbor node)
{
    if (b->big_is_next) {
        b->big_is_next = false;
        if (node.kind != AXON_CBOR_BYTES) {
            fail(b, "tag 2 is not followed by bytes");
            return;
        }
        node = natural_from_big(node.bytes);
    }
    if (node.kind == AXON_CBOR_TEXT && !text_is_utf8(node.bytes)) {
        fail(b, "a text is not UTF-8");
        return;
    }
    node.span = 1;
    if (take_place(b, node.kind)) {
        push_node(b, node);
        close_full_frames(b);
    }
}

static void open_frame(struct builder *b, enum axon_cbor_kind kind, uint64_t count, uint64_t left,
                       bool is_indefinite)
{
    if (b->depth == AXON_CBOR_DEPTH_MAX) {
        fail(b, "nested too deeply");
        return;
    }
    b->frames[b->depth++] =
        (struct frame){.node = b->doc->count, .left = left, .is_indefinite = is_indefinite};
    push_node(b, (struct axon_cbor){.kind = kind, .span = 1, .count = (uint32_t)count});
    close_full_frames(b);
}

static void add_container(struct builder *b, enum axon_cbor_kind kind, uint64_t count)
{
    if (b->big_is_next) {
        fail(b, "tag 2 is not followed by bytes");
    } else if (kind == AXON_CBOR_MAP && count > AXON_CBOR_PAIRS_MAX) {
        fail(b, "a map has too many keys");
    } else if (count > b->input_bytes) {
        fail(b, "ends too early"); /* each element takes a byte at least */
    } else if (take_place(b, kind)) {
        open_frame(b, kind, count, kind == AXON_CBOR_MAP ? 2 * count : count, false);
    }
}

static void add_indefinite(struct builder *b, enum axon_cbor_kind kind)
{
    if (b->big_is_next && kind != AXON_CBOR_BYTES) {
        fail(b, "tag 2 is not followed by bytes");
    } else if (kind_is_container(kind) ? take_place(b, kind) : !b->failed) {
        open_frame(b, kind, 0, INDEFINITE, true);
    }
}

/* ---- chunked strings ------------------------------------------------------------------------ */

/* A chunked string is a frame whose node collects the chunks in doc->joined. All chunks of a
 * document together are shorter than the input, so joined never moves once it has that capacity. */
static bool chunk_is_next(const struct builder *b)
{
    return b->depth > 0 && !kind_is_container(b->doc->nodes[b->frames[b->depth - 1].node].kind);
}

static void add_chunk(struct builder *b, enum axon_cbor_kind kind, struct ic_bytes chunk)
{
    struct axon_cbor *node = &b->doc->nodes[b->frames[b->depth - 1].node];
    struct axon_buf *joined = &b->doc->joined;
    if (node->kind != kind) {
        fail(b, "a chunk of the wrong kind in a string");
        return;
    }
    if (joined->at == NULL) {
        joined->at = axon_alloc(b->input_bytes);
        joined->capacity = b->input_bytes;
    }
    if (node->bytes.at == NULL) {
        node->bytes.at = joined->at + joined->size;
    }
    axon_buf_append(joined, chunk);
    node->bytes.size += chunk.size;
}

static void end_chunks(struct builder *b)
{
    struct axon_cbor node = b->doc->nodes[--b->doc->count];
    b->depth--;
    add_scalar(b, node);
}

static void add_string(struct builder *b, enum axon_cbor_kind kind, struct ic_bytes bytes)
{
    if (chunk_is_next(b)) {
        add_chunk(b, kind, bytes);
    } else {
        add_scalar(b, (struct axon_cbor){.kind = kind, .bytes = bytes});
    }
}

/* ---- libcbor's callbacks -------------------------------------------------------------------- */

/* Anything but a chunk inside a chunked string is an error. */
static bool may_add(struct builder *b)
{
    if (chunk_is_next(b)) {
        fail(b, "a chunk of the wrong kind in a string");
    }
    return !b->failed;
}

static void on_nat(void *context, uint64_t number)
{
    if (may_add(context)) {
        add_scalar(context, (struct axon_cbor){.kind = AXON_CBOR_NAT, .number = number});
    }
}

static void on_nat8(void *context, uint8_t number)
{
    on_nat(context, number);
}

static void on_nat16(void *context, uint16_t number)
{
    on_nat(context, number);
}

static void on_nat32(void *context, uint32_t number)
{
    on_nat(context, number);
}

static void on_neg(void *context, uint64_t number)
{
    if (may_add(context)) {
        add_scalar(context, (struct axon_cbor){.kind = AXON_CBOR_NEG, .number = number});
    }
}

static void on_neg8(void *context, uint8_t number)
{
    on_neg(context, number);
}

static void on_neg16(void *context, uint16_t number)
{
    on_neg(context, number);
}

static void on_neg32(void *context, uint32_t number)
{
    on_neg(context, number);
}

static void on_bytes(void *context, cbor_data at, size_t size)
{
    add_string(context, AXON_CBOR_BYTES, (struct ic_bytes){.at = at, .size = size});
}

static void on_text(void *context, cbor_data at, size_t size)
{
    add_string(context, AXON_CBOR_TEXT, (struct ic_bytes){.at = at, .size = size});
}

static void on_bytes_start(void *context)
{
    if (may_add(context)) {
        add_indefinite(context, AXON_CBOR_BYTES);
    }
}

static void on_text_start(void *context)
{
    if (may_add(context)) {
        add_indefinite(context, AXON_CBOR_TEXT);
    }
}

static void on_array(void *context, size_t count)
{
    if (may_add(context)) {
        add_container(context, AXON_CBOR_ARRAY, count);
    }
}

static void on_array_start(void *context)
{
    if (may_add(context)) {
        add_indefinite(context, AXON_CBOR_ARRAY);
    }
}

static void on_map(void *context, size_t count)
{
    if (may_add(context)) {
        add_container(context, AXON_CBOR_MAP, count);
    }
}

static void on_map_start(void *context)
{
    if (may_add(context)) {
        add_indefinite(context, AXON_CBOR_MAP);
    }
}

static void on_tag(void *context, uint64_t tag)
{
    struct builder *b = context;
    if (!may_add(b)) {
        return;
    }
    if (tag == TAG_BIG_NATURAL && !b->big_is_next) {
        b->big_is_next = true;
    } else if (tag == AXON_CBOR_SELF_DESCRIBED && b->doc->count == 0 && !b->big_is_next &&
               !b->doc->is_tagged) {
        b->doc->is_tagged = true;
    } else {
        fail(b, "an unexpected tag");
    }
}

static void on_bool(void *context, bool is_true)
{
    if (may_add(context)) {
        add_scalar(context, (struct axon_cbor){.kind = AXON_CBOR_BOOL, .number = is_true});
    }
}

static void on_null(void *context)
{
    if (may_add(context)) {
        add_scalar(context, (struct axon_cbor){.kind = AXON_CBOR_NULL});
    }
}

static void on_undefined(void *context)
{
    fail(context, "an undefined value");
}

static void on_float(void *context, float value)
{
    (void)value;
    fail(context, "a floating point number");
}

static void on_double(void *context, double value)
{
    (void)value;
    fail(context, "a floating point number");
}

static void on_break(void *context)
{
    struct builder *b = context;
    if (chunk_is_next(b)) {
        end_chunks(b);
        return;
    }
    if (b->depth == 0 || !b->frames[b->depth - 1].is_indefinite || b->big_is_next) {
        fail(b, "a break where nothing ends");
        return;
    }
    struct frame *f = &b->frames[b->depth - 1];
    if (b->doc->nodes[f->node].kind == AXON_CBOR_MAP && !key_is_next(b)) {
        fail(b, "a map key without a value");
        return;
    }
    f->left = 0;
    close_full_frames(b);
}

static const struct cbor_callbacks CALLBACKS = {
    .uint8 = on_nat8,
    .uint16 = on_nat16,
    .uint32 = on_nat32,
    .uint64 = on_nat,
    .negint8 = on_neg8,
    .negint16 = on_neg16,
    .negint32 = on_neg32,
    .negint64 = on_neg,
    .byte_string_start = on_bytes_start,
    .byte_string = on_bytes,
    .string = on_text,
    .string_start = on_text_start,
    .indef_array_start = on_array_start,
    .array_start = on_array,
    .indef_map_start = on_map_start,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_undefined,
    .null = on_null,
    .boolean = on_bool,
    .indef_break = on_break,
};

/* ---- reading -------------------------------------------------------------------------------- */

static bool is_complete(const struct builder *b)
{
    return b->doc->count > 0 && b->depth == 0;
}

static void read_items(struct builder *b, struct ic_bytes in)
{
    size_t at = 0;
    while (!b->failed && !is_complete(b)) {
        if (at == in.size) {
            fail(b, "ends too early");
            return;
        }
        struct cbor_decoder_result r = cbor_stream_decode(in.at + at, in.size - at, &CALLBACKS, b);
        if (r.status == CBOR_DECODER_NEDATA) {
            fail(b, "ends too early");
        } else if (r.status == CBOR_DECODER_ERROR || r.read == 0) {
            fail(b, "not CBOR");
        }
        at += r.read;
    }
    if (!b->failed && at != in.size) {
        fail(b, "bytes after the end");
    }
}

bool axon_cbor_read(struct axon_cbor_doc *doc, struct ic_bytes in)
{
    doc->count = 0;
    doc->is_tagged = false;
    doc->why[0] = '\0';
    axon_buf_free(&doc->joined);
    if (in.size > UINT32_MAX / 2) {
        snprintf(doc->why, sizeof doc->why, "too long");
        return false;
    }
    struct builder b = {.doc = doc, .input_bytes = in.size};
    read_items(&b, in);
    if (b.failed) {
        doc->count = 0;
    }
    return !b.failed;
}

void axon_cbor_doc_free(struct axon_cbor_doc *doc)
{
    free(doc->nodes);
    axon_buf_free(&doc->joined);
    *doc = (struct axon_cbor_doc){0};
}

bool axon_cbor_is_text(const struct axon_cbor *node, const char *text)
{
    return node->kind == AXON_CBOR_TEXT && ic_bytes_is_equal(node->bytes, ic_bytes_from_text(text));
}

const struct axon_cbor *axon_cbor_find(const struct axon_cbor *map, const char *key)
{
    if (map->kind != AXON_CBOR_MAP) {
        return NULL;
    }
    const struct axon_cbor *at = axon_cbor_first(map);
    for (uint32_t i = 0; i < map->count; i++) {
        if (axon_cbor_is_text(at, key)) {
            return axon_cbor_next(at);
        }
        at = axon_cbor_next(axon_cbor_next(at));
    }
    return NULL;
}
