/* A cursor over Wasm bytes. Fails once and stays failed: later reads give zeros, so that a caller
 * checks once at the end. Nothing outside [at, end) is ever read. */
#ifndef AXON_WASM_READER_H
#define AXON_WASM_READER_H

#include "ic/bytes.h"

struct wasm_reader {
    const uint8_t *at;
    const uint8_t *end;
    const char *failure;    /* NULL while all is well, else what was wrong; static text */
};

static inline struct wasm_reader wasm_reader_new(struct ic_bytes in)
{
    return (struct wasm_reader){.at = in.at, .end = in.size == 0 ? in.at : in.at + in.size};
}

static inline size_t wasm_reader_left(const struct wasm_reader *r)
{
    return (size_t)(r->end - r->at);
}

/* Marks the reader as failed (the first failure is kept) and moves it to the end. */
void wasm_reader_fail(struct wasm_reader *r, const char *failure);

uint8_t wasm_read_byte(struct wasm_reader *r);
/* LEB128 as the Wasm specification allows it: padding yes, bits beyond the width no. */
uint32_t wasm_read_u32(struct wasm_reader *r);
uint64_t wasm_read_u64(struct wasm_reader *r);
/* Signed LEB128 of at most bits bits (32, 33, 64). */
int64_t wasm_read_signed(struct wasm_reader *r, unsigned bits);
/* The next size bytes. */
struct ic_bytes wasm_read_bytes(struct wasm_reader *r, size_t size);
/* A length and that many bytes of UTF-8. */
struct ic_bytes wasm_read_name(struct wasm_reader *r);
/* The number of elements of a vector, each at least one byte long: more than the bytes that are
 * left is a failure, so that memory can be reserved for the result. */
uint32_t wasm_read_count(struct wasm_reader *r);

#endif
