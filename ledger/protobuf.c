#include "ledger/protobuf.h"

#define VARINT_BYTES_MAX 10u
#define VARINT_MORE      0x80u
#define VARINT_PAYLOAD   0x7Fu

/* varint_take reads a varint of at most 64 bits off the front. */
static bool varint_take(uint64_t *value, struct ic_bytes *in)
{
    uint64_t v = 0;
    if (in->size != 0 && in->at[0] < VARINT_MORE) { // most tags and lengths
        *value = in->at[0];
        *in = (struct ic_bytes){.at = in->at + 1, .size = in->size - 1};
        return true;
    }
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

static uint8_t *put_byte(uint8_t *at, unsigned byte)
{
    *--at = (uint8_t)byte;
    return at;
}

/* Never inlined: the rarer half of every number and length. */
__attribute__((noinline)) static uint8_t *put_long_varint(uint8_t *at, uint64_t value)
{
    /* How many bytes follow the first: the highest bit's place / 7, without dividing. */
    size_t more = (size_t)(63 - __builtin_clzll(value)) * 37 >> 8;
    uint8_t *const start = at - more - 1;
    for (at = start; more != 0; more--) {
        *at++ = (uint8_t)(value | VARINT_MORE);
        value >>= 7;
    }
    *at = (uint8_t)value;
    return start;
}

uint8_t *ledger_pb_put_varint(uint8_t *at, uint64_t value)
{
    return value < VARINT_MORE ? put_byte(at, (unsigned)value) : put_long_varint(at, value);
}

uint8_t *ledger_pb_close(uint8_t *at, unsigned tag, const uint8_t *end)
{
    return put_byte(ledger_pb_put_varint(at, (uint64_t)(end - at)), tag);
}

uint8_t *ledger_pb_put_bytes(uint8_t *at, unsigned tag, struct ic_bytes content)
{
    const uint8_t *const end = at;
    at -= content.size;
    if (content.size != 0) {
        memcpy(at, content.at, content.size);
    }
    return ledger_pb_close(at, tag, end);
}

uint8_t *ledger_pb_put_number(uint8_t *at, unsigned tag, uint64_t value)
{
    const uint8_t *const end = at;
    if (value != 0) {
        at = ledger_pb_put_varint(at, value);
        at = put_byte(at, LEDGER_PB_TAG(1, LEDGER_PB_VARINT));
    }
    return ledger_pb_close(at, tag, end);
}
