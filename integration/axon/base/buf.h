/* Growable byte buffers and allocation for host code.
 *
 * Host memory is plenty: an allocation that fails ends the program with a message, so callers have
 * no failure path to test. Canister code never includes this header. */
#ifndef AXON_BUF_H
#define AXON_BUF_H

#include "ic/bytes.h"

#include <stdarg.h>

struct axon_buf {
    uint8_t *at;      /* NULL when empty and never used; owned, release with axon_buf_free */
    size_t size;
    size_t capacity;
};

/* Never return NULL; size 0 gives a unique pointer. axon_alloc zeroes. */
void *axon_alloc(size_t size);
void *axon_realloc(void *old, size_t size);

void axon_buf_free(struct axon_buf *b);
void axon_buf_clear(struct axon_buf *b); /* size 0, memory kept */
/* Makes room for more bytes at the end and returns where they go; size is the caller's to raise. */
uint8_t *axon_buf_reserve(struct axon_buf *b, size_t more);
void axon_buf_append(struct axon_buf *b, struct ic_bytes in);
void axon_buf_append_byte(struct axon_buf *b, uint8_t byte);
void axon_buf_append_text(struct axon_buf *b, const char *text);
void axon_buf_printf(struct axon_buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The content; valid until the buffer next changes. */
struct ic_bytes axon_buf_bytes(const struct axon_buf *b);
/* The content as a NUL-terminated string; the NUL is not counted in size. */
const char *axon_buf_text(struct axon_buf *b);

/* Lower-case hex, both ways. From hex: false on an odd length or a foreign character. */
void axon_buf_append_hex(struct axon_buf *b, struct ic_bytes in);
IC_MUST_USE bool axon_buf_append_from_hex(struct axon_buf *b, struct ic_bytes hex);

/* Appends a whole file; false with errno set when it cannot be read. */
IC_MUST_USE bool axon_buf_read_file(struct axon_buf *b, const char *path);

#endif
