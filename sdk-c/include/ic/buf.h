/* Bytes written into a fixed buffer, and read from one. Little-endian and LEB128 helpers.
 *
 * A writer fails once and stays failed: what does not fit is dropped, ic_writer_ok turns false and
 * one check at the end suffices. A reader likewise: after the first failure every read gives zero.
 * Stored and transmitted numbers are built here, never by copying a struct. */
#ifndef IC_BUF_H
#define IC_BUF_H

#include "ic/bytes.h"

/* Longest LEB128 form of 64 bits. */
#define IC_LEB128_BYTES_MAX 10u

/* ---- loads and stores at any address --------------------------------------------------------- */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "these helpers, like Wasm, take the machine's order to be little-endian");

static inline uint16_t ic_load_u16_le(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint32_t ic_load_u32_le(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint64_t ic_load_u64_le(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint32_t ic_load_u32_be(const uint8_t *at)
{
    return __builtin_bswap32(ic_load_u32_le(at));
}

static inline uint64_t ic_load_u64_be(const uint8_t *at)
{
    return __builtin_bswap64(ic_load_u64_le(at));
}

static inline void ic_store_u16_le(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof value);
}

static inline void ic_store_u32_le(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static inline void ic_store_u64_le(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

static inline void ic_store_u32_be(uint8_t *at, uint32_t value)
{
    ic_store_u32_le(at, __builtin_bswap32(value));
}

static inline void ic_store_u64_be(uint8_t *at, uint64_t value)
{
    ic_store_u64_le(at, __builtin_bswap64(value));
}

/* ---- writer ---------------------------------------------------------------------------------- */
struct ic_writer {
    uint8_t *at;     /* start of the buffer; belongs to the caller */
    size_t used;     /* bytes written, <= capacity */
    size_t capacity; /* bytes */
    bool overflow;   /* something did not fit and was dropped */
};

/* ic_writer_init starts writing at the beginning of a buffer of capacity bytes. */
void ic_writer_init(struct ic_writer *w, void *buffer, size_t capacity);

/* True as long as everything fitted. */
static inline bool ic_writer_ok(const struct ic_writer *w)
{
    return !w->overflow;
}

/* What was written so far; a view into the buffer. */
static inline struct ic_bytes ic_writer_bytes(const struct ic_writer *w)
{
    return (struct ic_bytes){.at = w->at, .size = w->used};
}

/* ic_writer_reserve hands out the next size bytes to be filled by the caller.
 *   returns   NULL when they do not fit (overflow is set) */
IC_MUST_USE static inline uint8_t *ic_writer_reserve(struct ic_writer *w, size_t size)
{
    if (w->overflow || size > w->capacity - w->used) {
        w->overflow = true;
        return NULL;
    }
    uint8_t *at = w->at + w->used;
    w->used += size;
    return at;
}

void ic_put_u8(struct ic_writer *w, uint8_t value);
void ic_put_u16_le(struct ic_writer *w, uint16_t value);
void ic_put_u32_le(struct ic_writer *w, uint32_t value);
void ic_put_u64_le(struct ic_writer *w, uint64_t value);
void ic_put_u32_be(struct ic_writer *w, uint32_t value);
void ic_put_u64_be(struct ic_writer *w, uint64_t value);
void ic_put_bytes(struct ic_writer *w, struct ic_bytes in);
/* LEB128, minimal form: unsigned and signed. The unsigned form is also protobuf's varint. */
void ic_put_leb128(struct ic_writer *w, uint64_t value);
void ic_put_sleb128(struct ic_writer *w, int64_t value);
/* Decimal and lower-case hex text. */
void ic_put_decimal(struct ic_writer *w, uint64_t value);
void ic_put_hex(struct ic_writer *w, struct ic_bytes in);
/* A text literal. */
#define IC_PUT_LIT(w, literal) ic_put_bytes((w), IC_BYTES_LIT(literal))

/* Bytes that ic_put_leb128 writes: 1 to 10. */
static inline size_t ic_leb128_size(uint64_t value)
{
    return (size_t)(70 - __builtin_clzll(value | 1)) / 7;
}

/* ---- reader ---------------------------------------------------------------------------------- */
struct ic_reader {
    const uint8_t *at; /* next byte */
    size_t left;       /* bytes */
    bool failed;       /* a read went past the end or met a malformed number */
};

static inline struct ic_reader ic_reader_from(struct ic_bytes in)
{
    return (struct ic_reader){.at = in.at, .left = in.size, .failed = false};
}

static inline bool ic_reader_ok(const struct ic_reader *r)
{
    return !r->failed;
}

/* True when everything was read and nothing failed. */
static inline bool ic_reader_done(const struct ic_reader *r)
{
    return !r->failed && r->left == 0;
}

uint8_t ic_get_u8(struct ic_reader *r);
uint16_t ic_get_u16_le(struct ic_reader *r);
uint32_t ic_get_u32_le(struct ic_reader *r);
uint64_t ic_get_u64_le(struct ic_reader *r);
uint32_t ic_get_u32_be(struct ic_reader *r);
uint64_t ic_get_u64_be(struct ic_reader *r);
/* A view into the input. */
struct ic_bytes ic_get_bytes(struct ic_reader *r, size_t size);
/* LEB128 of at most 64 bits; padding zeros are accepted up to IC_LEB128_BYTES_MAX bytes. */
uint64_t ic_get_leb128(struct ic_reader *r);
int64_t ic_get_sleb128(struct ic_reader *r);

#endif
