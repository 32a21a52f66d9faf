#include "ledger/protobuf.h"

#define VARINT_BYTES_MAX 10u
#define VARINT_MORE      0x80u
#define VARINT_PAYLOAD   0x7Fu

/* varint_take reads a varint of at most 64 bits off the front. */
static bool varint_take(uint64_t *value, struct ic_bytes *in)
{
    uint64_t v = 0;
    for (size_t i = 0; i < in->size && i < VARINT_BYTES_MAX; i++) {
        const uint8_t byte = in->at[i];
        if (i == VARINT_BYTES_MAX - 1 && byte > 1) {
            return false; // more than 64 bits
        }
        v |= (uint64_t)(byte & VARINT_PAYLOAD) << (7 * i);
        if ((byte & VARINT_MORE) == 0) {
            *value = v;
            *in = (struct ic_bytes){.at = in->at + i + 1, .size = in->size - i - 1};
            return true;
        }
    }
    return false;
}

/* A bug for the fuzzer to find (make MODE=fuzzbug): lengths may be one too large. */
#ifdef AXON_PLANTED_BUG
#define PLANTED_SLACK 1u
#else
#define PLANTED_SLACK 0u
#endif

static bool bytes_take(struct ic_bytes *out, struct ic_bytes *in, uint64_t size)
{
    if (size > in->size + PLANTED_SLACK) {
        return false;
    }
    const size_t taken = (size_t)size;
    *out = (struct ic_bytes){.at = in->at, .size = taken};
    *in = (struct ic_bytes){.at = in->at + taken, .size = in->size - taken};
    return true;
}

static bool content_take(struct ledger_pb_field *field, struct ic_bytes *in)
{
    struct ic_bytes skipped;
    uint64_t size;
    switch (field->tag & 7u) {
    case LEDGER_PB_VARINT:
        return varint_take(&field->number, in);
    case LEDGER_PB_FIXED64:
        return bytes_take(&skipped, in, 8);
    case LEDGER_PB_BYTES:
        return varint_take(&size, in) && bytes_take(&field->bytes, in, size);
    case LEDGER_PB_FIXED32:
        return bytes_take(&skipped, in, 4);
    default:
        return false; // groups, and two values that mean nothing
    }
}

enum ledger_pb_status ledger_pb_next(struct ledger_pb_field *field, struct ic_bytes *in)
{
    uint64_t tag;
    if (in->size == 0) {
        return LEDGER_PB_END;
    }
    if (!varint_take(&tag, in) || tag > UINT32_MAX || tag >> 3 == 0) {
        return LEDGER_PB_BAD;
    }
    *field = (struct ledger_pb_field){.tag = (uint32_t)tag};
    return content_take(field, in) ? LEDGER_PB_FIELD : LEDGER_PB_BAD;
}

static void put_byte(struct ledger_pb_writer *w, uint8_t byte)
{
    *--w->at = byte;
}

void ledger_pb_put_varint(struct ledger_pb_writer *w, uint64_t value)
{
    size_t more = 0; // how many bytes follow the first
    for (uint64_t rest = value >> 7; rest != 0; rest >>= 7) {
        more++;
    }
    uint8_t *at = w->at -= more + 1;
    for (; more != 0; more--) {
        *at++ = (uint8_t)(value | VARINT_MORE);
        value >>= 7;
    }
    *at = (uint8_t)value;
}

void ledger_pb_close(struct ledger_pb_writer *w, uint8_t tag, const uint8_t *end)
{
    ledger_pb_put_varint(w, (uint64_t)(end - w->at));
    put_byte(w, tag);
}

void ledger_pb_put_bytes(struct ledger_pb_writer *w, uint8_t tag, struct ic_bytes content)
{
    const uint8_t *end = w->at;
    w->at -= content.size;
    if (content.size != 0) {
        memcpy(w->at, content.at, content.size);
    }
    ledger_pb_close(w, tag, end);
}

void ledger_pb_put_number(struct ledger_pb_writer *w, uint8_t tag, uint64_t value)
{
    const uint8_t *end = w->at;
    if (value != 0) {
        ledger_pb_put_varint(w, value);
        put_byte(w, LEDGER_PB_TAG(1, LEDGER_PB_VARINT));
    }
    ledger_pb_close(w, tag, end);
}
