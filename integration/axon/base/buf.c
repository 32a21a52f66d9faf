#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_MIN 64u
#define FILE_CHUNK_BYTES 65536u

static void out_of_memory(size_t size)
{
    fprintf(stderr, "axon: out of memory (%zu bytes)\n", size);
    abort();
}

void *axon_alloc(size_t size)
{
    void *at = calloc(1, size == 0 ? 1 : size);
    if (at == NULL) {
        out_of_memory(size);
    }
    return at;
}

void *axon_realloc(void *old, size_t size)
{
    void *at = realloc(old, size == 0 ? 1 : size);
    if (at == NULL) {
        out_of_memory(size);
    }
    return at;
}

void axon_buf_free(struct axon_buf *b)
{
    free(b->at);
    *b = (struct axon_buf){0};
}

void axon_buf_clear(struct axon_buf *b)
{
    b->size = 0;
}

uint8_t *axon_buf_reserve(struct axon_buf *b, size_t more)
{
    if (more > SIZE_MAX / 2 - b->size) {
        out_of_memory(more);
    }
    size_t need = b->size + more;
    if (need > b->capacity) {
        size_t capacity = b->capacity < CAPACITY_MIN ? CAPACITY_MIN : b->capacity * 2;
        b->capacity = capacity < need ? need : capacity;
        b->at = axon_realloc(b->at, b->capacity);
    }
    return b->at + b->size;
}

void axon_buf_append(struct axon_buf *b, struct ic_bytes in)
{
    if (in.size == 0) {
        return;
    }
    memcpy(axon_buf_reserve(b, in.size), in.at, in.size);
    b->size += in.size;
}

void axon_buf_append_byte(struct axon_buf *b, uint8_t byte)
{
    *axon_buf_reserve(b, 1) = byte;
    b->size++;
}

void axon_buf_append_text(struct axon_buf *b, const char *text)
{
    axon_buf_append(b, ic_bytes_from_text(text));
}

void axon_buf_printf(struct axon_buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        return; /* only a broken format gives this */
    }
    char *at = (char *)axon_buf_reserve(b, (size_t)size + 1);
    va_start(args, format);
    vsnprintf(at, (size_t)size + 1, format, args);
    va_end(args);
    b->size += (size_t)size;
}

struct ic_bytes axon_buf_bytes(const struct axon_buf *b)
{
    return (struct ic_bytes){.at = b->at, .size = b->size};
}

const char *axon_buf_text(struct axon_buf *b)
{
    *axon_buf_reserve(b, 1) = 0;
    return (const char *)b->at;
}

void axon_buf_append_hex(struct axon_buf *b, struct ic_bytes in)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < in.size; i++) {
        axon_buf_append_byte(b, (uint8_t)DIGITS[in.at[i] >> 4]);
        axon_buf_append_byte(b, (uint8_t)DIGITS[in.at[i] & 15]);
    }
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool axon_buf_append_from_hex(struct axon_buf *b, struct ic_bytes hex)
{
    if (hex.size % 2 != 0) {
        return false;
    }
    size_t size_before = b->size;
    for (size_t i = 0; i < hex.size; i += 2) {
        int high = hex_digit(hex.at[i]);
        int low = hex_digit(hex.at[i + 1]);
        if (high < 0 || low < 0) {
            b->size = size_before;
            return false;
        }
        axon_buf_append_byte(b, (uint8_t)(high << 4 | low));
    }
    return true;
}

bool axon_buf_read_file(struct axon_buf *b, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    size_t size_before = b->size;
    size_t got;
    do {
        got = fread(axon_buf_reserve(b, FILE_CHUNK_BYTES), 1, FILE_CHUNK_BYTES, file);
        b->size += got;
    } while (got > 0);
    bool ok = ferror(file) == 0;
    int why = errno;
    fclose(file);
    if (!ok) {
        b->size = size_before;
        errno = why;
    }
    return ok;
}
