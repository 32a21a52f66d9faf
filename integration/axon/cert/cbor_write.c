/* Writing CBOR, and LEB128 both ways. */
#include "cert/cbor.h"

#include <cbor.h>

#define HEAD_BYTES_MAX 9u

typedef size_t head_fn(uint64_t number, unsigned char *out, size_t out_bytes);

static void put_head(struct axon_buf *out, head_fn *encode, uint64_t number)
{
    unsigned char head[HEAD_BYTES_MAX];
    size_t size = encode(number, head, sizeof head);
    axon_buf_append(out, (struct ic_bytes){.at = head, .size = size});
}

void axon_cbor_put_tag(struct axon_buf *out, uint64_t tag)
{
    put_head(out, cbor_encode_tag, tag);
}

void axon_cbor_put_nat(struct axon_buf *out, uint64_t number)
{
    put_head(out, cbor_encode_uint, number);
}

void axon_cbor_put_bytes(struct axon_buf *out, struct ic_bytes bytes)
{
    put_head(out, cbor_encode_bytestring_start, bytes.size);
    axon_buf_append(out, bytes);
}

void axon_cbor_put_text_bytes(struct axon_buf *out, struct ic_bytes text)
{
    put_head(out, cbor_encode_string_start, text.size);
    axon_buf_append(out, text);
}

void axon_cbor_put_text(struct axon_buf *out, const char *text)
{
    axon_cbor_put_text_bytes(out, ic_bytes_from_text(text));
}

void axon_cbor_put_array(struct axon_buf *out, size_t count)
{
    put_head(out, cbor_encode_array_start, count);
}

void axon_cbor_put_map(struct axon_buf *out, size_t count)
{
    put_head(out, cbor_encode_map_start, count);
}

bool axon_leb128_read(uint64_t *out, struct ic_bytes in)
{
    uint64_t number = 0;
    for (size_t i = 0; i < in.size; i++) {
        uint64_t bits = in.at[i] & 0x7fu;
        unsigned shift = (unsigned)i * 7;
        if (i > 9 || (bits << shift) >> shift != bits) {
            return false;
        }
        number |= bits << shift;
        if ((in.at[i] & 0x80u) == 0) {
            *out = number;
            return i + 1 == in.size;
        }
    }
    return false;
}

void axon_leb128_put(struct axon_buf *out, uint64_t number)
{
    while (number >= 0x80) {
        axon_buf_append_byte(out, (uint8_t)(number | 0x80u));
        number >>= 7;
    }
    axon_buf_append_byte(out, (uint8_t)number);
}
