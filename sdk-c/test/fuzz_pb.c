/* Any bytes as a protobuf message, bytes fields tried as messages, too. What was read is written
 * again: it must read the same, and be no longer than it was. */
#include "ic/pb.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_TRIED 4096u

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "protobuf: %s\n", what);
        abort();
    }
}

static uint64_t sum; /* of all bytes of a view, so that reading beyond the input is seen */

static bool copy(struct ic_writer *w, struct ic_pb *r);

/* A bytes field that is a message is copied as one. */
static void copy_bytes(struct ic_writer *w, struct ic_pb *r)
{
    uint32_t field = r->field;
    struct ic_pb again = *r;
    struct ic_pb inner = ic_pb_message(&again);
    struct ic_bytes bytes = ic_pb_bytes(r);
    if (!ic_reader_ok(&r->in)) {
        return;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        sum += bytes.at[i];
    }
    struct ic_writer before = *w;
    size_t mark = ic_pb_message_begin(w, field);
    if (ic_reader_ok(&inner.in) && copy(w, &inner)) {
        ic_pb_message_end(w, mark);
        return;
    }
    *w = before;
    ic_pb_put_bytes(w, field, bytes);
}

static bool copy(struct ic_writer *w, struct ic_pb *r)
{
    while (ic_pb_next(r)) {
        uint32_t field = r->field;
        switch (r->wire) {
        case IC_PB_VARINT:
            ic_pb_put_u64(w, field, ic_pb_u64(r));
            break;
        case IC_PB_FIXED64:
            ic_pb_put_fixed64(w, field, ic_pb_fixed64(r));
            break;
        case IC_PB_FIXED32:
            ic_pb_put_fixed32(w, field, ic_pb_fixed32(r));
            break;
        case IC_PB_BYTES:
            copy_bytes(w, r);
            break;
        }
    }
    return ic_pb_done(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Twice the size: the form as a message is given up only after it was written. */
    static uint8_t first[2 * SIZE_MAX_TRIED + 32], second[2 * SIZE_MAX_TRIED + 32];
    struct ic_writer w, again;
    if (size > SIZE_MAX_TRIED) {
        return 0;
    }
    struct ic_pb r = ic_pb_from((struct ic_bytes){.at = data, .size = size});
    ic_writer_init(&w, first, sizeof first);
    bool is_valid = copy(&w, &r);
    must(ic_writer_ok(&w), "the copy is much longer");
    if (!is_valid) {
        return 0;
    }
    must(w.used <= size, "the copy is longer");
    r = ic_pb_from(ic_writer_bytes(&w));
    ic_writer_init(&again, second, sizeof second);
    must(copy(&again, &r), "the copy is malformed");
    must(ic_bytes_is_equal(ic_writer_bytes(&w), ic_writer_bytes(&again)), "the copy differs");
    return 0;
}
