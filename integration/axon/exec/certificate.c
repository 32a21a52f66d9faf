/* The default data certificate: unsigned, as the recorded vectors have it. CBOR of
 * {tree: canister / <id> / certified_data, time; signature: 48 zero bytes}, with the tags and map
 * order of the real thing. HTTP's signer replaces it (axon_set_certifier). */
#include "exec/state.h"

#define CBOR_BLOB 0x40u
#define CBOR_TEXT 0x60u

static void append_head(struct axon_buf *out, size_t major, size_t size)
{
    if (size < 24) {
        axon_buf_append_byte(out, (uint8_t)(major | size));
    } else { /* nothing here is longer than 48 bytes */
        axon_buf_append_byte(out, (uint8_t)(major | 24u));
        axon_buf_append_byte(out, (uint8_t)size);
    }
}

static void append_blob(struct axon_buf *out, struct ic_bytes blob)
{
    append_head(out, CBOR_BLOB, blob.size);
    axon_buf_append(out, blob);
}

static void append_text(struct axon_buf *out, const char *text)
{
    append_head(out, CBOR_TEXT, strlen(text));
    axon_buf_append_text(out, text);
}

/* Hash tree nodes as CBOR arrays: [1, left, right], [2, label, node], [3, leaf]. */
static void append_node(struct axon_buf *out, uint8_t kind)
{
    axon_buf_append_byte(out, kind == 3 ? 0x82 : 0x83);
    axon_buf_append_byte(out, kind);
}

static void append_label(struct axon_buf *out, struct ic_bytes label)
{
    append_node(out, 2);
    append_blob(out, label);
}

static struct ic_bytes leb128(uint8_t out[10], uint64_t value)
{
    size_t size = 0;
    do {
        uint8_t more = value >= 0x80 ? 0x80 : 0;
        out[size++] = (uint8_t)((value & 0x7f) | more);
        value >>= 7;
    } while (value > 0);
    return (struct ic_bytes){.at = out, .size = size};
}

void axon_certify_unsigned(void *context, struct axon_network *net,
                           const struct ic_principal *canister, struct axon_buf *out)
{
    static const uint8_t SELF_DESCRIBING[] = {0xd9, 0xd9, 0xf7, 0xa2};
    static const uint8_t NO_SIGNATURE[48] = {0};
    uint8_t time[10];
    struct axon_canister_info info;
    (void)context;
    if (!axon_canister_find(net, &info, canister)) {
        return;
    }
    axon_buf_append(out, (struct ic_bytes){.at = SELF_DESCRIBING, .size = sizeof SELF_DESCRIBING});
    append_text(out, "tree");
    append_node(out, 1);
    append_label(out, IC_BYTES_LIT("canister"));
    append_label(out, ic_principal_bytes(canister));
    append_label(out, IC_BYTES_LIT("certified_data"));
    append_node(out, 3);
    append_blob(out,
                (struct ic_bytes){.at = info.certified_data, .size = info.certified_data_size});
    append_label(out, IC_BYTES_LIT("time"));
    append_node(out, 3);
    append_blob(out, leb128(time, axon_time(net)));
    append_text(out, "signature");
    append_blob(out, (struct ic_bytes){.at = NO_SIGNATURE, .size = sizeof NO_SIGNATURE});
}
