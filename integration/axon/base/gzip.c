#include "base/gzip.h"

#include <zlib.h>

#define GZIP_ONLY (15 + 16) /* zlib: largest window, gzip framing and nothing else */
#define STEP_BYTES 65536u

bool axon_is_gzip(struct ic_bytes in)
{
    return in.size >= 3 && in.at[0] == 0x1f && in.at[1] == 0x8b && in.at[2] == 0x08;
}

/* Feeds zlib at most UINT32_MAX bytes at a time, its counters are 32 bits wide. */
static void refill(z_stream *z, struct ic_bytes *in)
{
    if (z->avail_in == 0 && in->size > 0) {
        size_t size = in->size < UINT32_MAX ? in->size : UINT32_MAX;
        z->next_in = (Bytef *)(uintptr_t)in->at;
        z->avail_in = (uInt)size;
        in->at += size;
        in->size -= size;
    }
}

static bool inflate_all(z_stream *z, struct axon_buf *out, struct ic_bytes in, size_t size_max)
{
    for (;;) {
        refill(z, &in);
        z->next_out = axon_buf_reserve(out, STEP_BYTES);
        z->avail_out = STEP_BYTES;
        int result = inflate(z, Z_NO_FLUSH);
        out->size += STEP_BYTES - z->avail_out;
        if (out->size > size_max) {
            return false;
        }
        if (result == Z_STREAM_END && z->avail_in == 0 && in.size == 0) {
            return true;
        }
        if (result == Z_STREAM_END) {
            result = inflateReset(z); /* another member follows */
        }
        if (result != Z_OK) {
            return false;
        }
    }
}

bool axon_gunzip(struct axon_buf *out, struct ic_bytes in, size_t limit)
{
    z_stream z = {0};
    size_t size_before = out->size;
    if (inflateInit2(&z, GZIP_ONLY) != Z_OK) {
        return false;
    }
    bool ok = inflate_all(&z, out, in, size_before + limit);
    inflateEnd(&z);
    if (!ok) {
        out->size = size_before;
    }
    return ok;
}
