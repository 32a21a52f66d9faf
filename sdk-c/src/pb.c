#include "ic/pb.h"

#include "ic/text.h"
#include "ic/trap.h"

#define WIRE_BITS      3u
#define WIRE_MASK      7u
#define SHORT_SIZE_MAX 127u /* sizes up to here take one byte */

/* ---- writing --------------------------------------------------------------------------------- */

static void put_key(struct ic_writer *w, uint32_t field, enum ic_pb_wire wire)
{
    ic_assert(field >= 1 && field <= IC_PB_FIELD_MAX);
    ic_put_leb128(w, (uint64_t)field << WIRE_BITS | wire);
}

void ic_pb_put_u64(struct ic_writer *w, uint32_t field, uint64_t value)
{
    put_key(w, field, IC_PB_VARINT);
    ic_put_leb128(w, value);
}

void ic_pb_put_i64(struct ic_writer *w, uint32_t field, int64_t value)
{
    ic_pb_put_u64(w, field, (uint64_t)value);
}

void ic_pb_put_s64(struct ic_writer *w, uint32_t field, int64_t value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    ic_pb_put_u64(w, field, (uint64_t)value << 1 ^ sign);
}

void ic_pb_put_fixed64(struct ic_writer *w, uint32_t field, uint64_t value)
{
    put_key(w, field, IC_PB_FIXED64);
    ic_put_u64_le(w, value);
}

void ic_pb_put_fixed32(struct ic_writer *w, uint32_t field, uint32_t value)
{
    put_key(w, field, IC_PB_FIXED32);
    ic_put_u32_le(w, value);
}

void ic_pb_put_bytes(struct ic_writer *w, uint32_t field, struct ic_bytes value)
{
    put_key(w, field, IC_PB_BYTES);
    ic_put_leb128(w, value.size);
    ic_put_bytes(w, value);
}

size_t ic_pb_message_begin(struct ic_writer *w, uint32_t field)
{
    put_key(w, field, IC_PB_BYTES);
    ic_put_u8(w, 0);
    return w->used;
}

void ic_pb_message_end(struct ic_writer *w, size_t mark)
{
    if (!ic_writer_ok(w)) {
        return;
    }
    ic_assert(mark >= 1 && mark <= w->used);
    size_t size = w->used - mark;
    size_t more = ic_leb128_size(size) - 1;
    if (more > 0) {
        if (ic_writer_reserve(w, more) == NULL) {
            return;
        }
        memmove(w->at + mark + more, w->at + mark, size);
    }
    struct ic_writer head;
    ic_writer_init(&head, w->at + mark - 1, more + 1);
    ic_put_leb128(&head, size);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct ic_pb ic_pb_from(struct ic_bytes message)
{
    return (struct ic_pb){.in = ic_reader_from(message)};
}

static bool is_known_wire(uint64_t wire)
{
    return wire == IC_PB_VARINT || wire == IC_PB_FIXED64 || wire == IC_PB_BYTES ||
           wire == IC_PB_FIXED32;
}

static struct ic_bytes get_sized(struct ic_reader *in)
{
    uint64_t size = ic_get_leb128(in);
#ifdef AXON_PLANTED_BUG /* trusts the size: the view runs on behind the message */
    return (struct ic_bytes){.at = in->at, .size = (size_t)size};
#endif
    if (size > in->left) { /* before it is narrowed: size_t has 32 bits in Wasm */
        in->failed = true;
        return (struct ic_bytes){.size = 0};
    }
    return ic_get_bytes(in, (size_t)size);
}

static void skip(struct ic_pb *r)
{
    switch (r->wire) {
    case IC_PB_VARINT:
        ic_get_leb128(&r->in);
        break;
    case IC_PB_FIXED64:
        ic_get_bytes(&r->in, 8);
        break;
    case IC_PB_BYTES:
        get_sized(&r->in);
        break;
    case IC_PB_FIXED32:
        ic_get_bytes(&r->in, 4);
        break;
    }
    r->is_pending = false;
}

bool ic_pb_next(struct ic_pb *r)
{
    if (r->is_pending) {
        skip(r);
    }
    if (!ic_reader_ok(&r->in) || r->in.left == 0) {
        return false;
    }
    uint64_t key = ic_get_leb128(&r->in);
    uint64_t field = key >> WIRE_BITS;
    if (!ic_reader_ok(&r->in) || field == 0 || field > IC_PB_FIELD_MAX ||
        !is_known_wire(key & WIRE_MASK)) {
        ic_pb_fail(r);
        return false;
    }
    r->field = (uint32_t)field;
    r->wire = (enum ic_pb_wire)(key & WIRE_MASK);
    r->is_pending = true;
    return true;
}

/* True when the value is there and written like that; the caller reads it now. */
static bool take(struct ic_pb *r, enum ic_pb_wire wire)
{
    if (!r->is_pending || r->wire != wire || !ic_reader_ok(&r->in)) {
        ic_pb_fail(r);
        return false;
    }
    r->is_pending = false;
    return true;
}

uint64_t ic_pb_u64(struct ic_pb *r)
{
    return take(r, IC_PB_VARINT) ? ic_get_leb128(&r->in) : 0;
}

static uint64_t at_most(struct ic_pb *r, uint64_t max)
{
    uint64_t value = ic_pb_u64(r);
    if (value > max) {
        ic_pb_fail(r);
        return 0;
    }
    return value;
}

uint32_t ic_pb_u32(struct ic_pb *r)
{
    return (uint32_t)at_most(r, UINT32_MAX);
}

bool ic_pb_boolean(struct ic_pb *r)
{
    return at_most(r, 1) != 0;
}

int64_t ic_pb_i64(struct ic_pb *r)
{
    return (int64_t)ic_pb_u64(r);
}

int32_t ic_pb_i32(struct ic_pb *r)
{
    int64_t value = ic_pb_i64(r);
    if (value < INT32_MIN || value > INT32_MAX) {
        ic_pb_fail(r);
        return 0;
    }
    return (int32_t)value;
}

int64_t ic_pb_s64(struct ic_pb *r)
{
    uint64_t folded = ic_pb_u64(r);
    uint64_t sign = (folded & 1) != 0 ? UINT64_MAX : 0;
    return (int64_t)(folded >> 1 ^ sign);
}

uint64_t ic_pb_fixed64(struct ic_pb *r)
{
    return take(r, IC_PB_FIXED64) ? ic_get_u64_le(&r->in) : 0;
}

uint32_t ic_pb_fixed32(struct ic_pb *r)
{
    return take(r, IC_PB_FIXED32) ? ic_get_u32_le(&r->in) : 0;
}

struct ic_bytes ic_pb_bytes(struct ic_pb *r)
{
    return take(r, IC_PB_BYTES) ? get_sized(&r->in) : (struct ic_bytes){.size = 0};
}

struct ic_bytes ic_pb_text(struct ic_pb *r)
{
    struct ic_bytes text = ic_pb_bytes(r);
    if (!ic_utf8_is_valid(text)) {
        ic_pb_fail(r);
        return (struct ic_bytes){.size = 0};
    }
    return text;
}

struct ic_pb ic_pb_message(struct ic_pb *r)
{
    struct ic_pb inner = ic_pb_from(ic_pb_bytes(r));
    inner.depth = r->depth + 1;
    if (inner.depth > IC_PB_DEPTH_MAX) {
        ic_pb_fail(r);
    }
    if (!ic_reader_ok(&r->in)) {
        ic_pb_fail(&inner);
    }
    return inner;
}

bool ic_pb_packed_u64(uint64_t *value, struct ic_reader *packed, struct ic_pb *r)
{
    if (r->is_pending && r->wire == IC_PB_VARINT) {
        *value = ic_pb_u64(r);
        return ic_reader_ok(&r->in);
    }
    if (r->is_pending) {
        *packed = ic_reader_from(ic_pb_bytes(r));
    }
    if (!ic_reader_ok(&r->in) || packed->left == 0) {
        return false;
    }
    *value = ic_get_leb128(packed);
    if (!ic_reader_ok(packed)) {
        ic_pb_fail(r);
        return false;
    }
    return true;
}
