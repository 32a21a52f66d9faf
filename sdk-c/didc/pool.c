#include "pool.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define POOL_CHUNK_BYTES 65536u

struct did_chunk {
    struct did_chunk *next;
    max_align_t data[];
};

static void *alloc_or_die(void *old, size_t size)
{
    void *at = realloc(old, size);
    if (at == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return at;
}

void *did_pool_alloc(struct did_pool *pool, size_t size)
{
    const size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded > pool->left) {
        const size_t room = rounded > POOL_CHUNK_BYTES ? rounded : POOL_CHUNK_BYTES;
        struct did_chunk *chunk = alloc_or_die(NULL, sizeof *chunk + room);
        chunk->next = pool->chunks;
        pool->chunks = chunk;
        pool->at = (uint8_t *)chunk->data;
        pool->left = room;
    }
    void *at = pool->at;
    pool->at += rounded;
    pool->left -= rounded;
    return memset(at, 0, rounded);
}

struct ic_bytes did_pool_copy(struct did_pool *pool, struct ic_bytes bytes)
{
    uint8_t *at = did_pool_alloc(pool, bytes.size + 1);
    if (bytes.size != 0) {
        memcpy(at, bytes.at, bytes.size);
    }
    return (struct ic_bytes){.at = at, .size = bytes.size};
}

const char *did_pool_printf(struct did_pool *pool, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        abort();
    }
    char *at = did_pool_alloc(pool, (size_t)size + 1);
    vsnprintf(at, (size_t)size + 1, format, again);
    va_end(again);
    return at;
}

void did_pool_free(struct did_pool *pool)
{
    while (pool->chunks != NULL) {
        struct did_chunk *next = pool->chunks->next;
        free(pool->chunks);
        pool->chunks = next;
    }
    *pool = (struct did_pool){0};
}

void *did_pool_push(struct did_pool *pool, void *array, size_t *count, size_t element_bytes)
{
    /* Room doubles at powers of two, so no capacity needs to be kept. */
    if ((*count & (*count - 1)) == 0) {
        const size_t capacity = *count == 0 ? 1 : *count * 2;
        void *moved = did_pool_alloc(pool, capacity * element_bytes);
        if (*count != 0) {
            memcpy(moved, array, *count * element_bytes);
        }
        array = moved;
    }
    *count += 1;
    return array;
}

static void text_reserve(struct did_text *text, size_t more)
{
    if (text->size + more + 1 > text->capacity) {
        text->capacity = (text->size + more + 1) * 2;
        text->at = alloc_or_die(text->at, text->capacity);
    }
}

void did_printf(struct did_text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        abort();
    }
    text_reserve(text, (size_t)size);
    vsnprintf(text->at + text->size, (size_t)size + 1, format, again);
    va_end(again);
    text->size += (size_t)size;
}

void did_append(struct did_text *text, struct ic_bytes bytes)
{
    text_reserve(text, bytes.size);
    if (bytes.size != 0) {
        memcpy(text->at + text->size, bytes.at, bytes.size);
    }
    text->size += bytes.size;
    text->at[text->size] = 0;
}

void did_text_free(struct did_text *text)
{
    free(text->at);
    *text = (struct did_text){0};
}
