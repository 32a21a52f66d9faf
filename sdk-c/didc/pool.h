/* Memory of the host tools: a pool that is freed as a whole, and a growing text. Running out of
 * memory ends the program with a message; a host tool has nothing better to do. */
#ifndef DIDC_POOL_H
#define DIDC_POOL_H

#include "ic/bytes.h"

struct did_chunk;

struct did_pool {
    struct did_chunk *chunks;
    uint8_t *at;
    size_t left; /* bytes from at */
};

/* Zeroed bytes, aligned for any type, owned by the pool. */
void *did_pool_alloc(struct did_pool *pool, size_t size);
struct ic_bytes did_pool_copy(struct did_pool *pool, struct ic_bytes bytes);
/* A NUL-terminated text made by printf, owned by the pool. */
__attribute__((format(printf, 2, 3))) const char *did_pool_printf(struct did_pool *pool,
                                                                  const char *format, ...);
void did_pool_free(struct did_pool *pool);

/* did_pool_push makes room for one more element of an array in the pool: `array` is the array,
 * `count` its count, which grows by one. The new element is zero.
 *   returns   the array, perhaps moved */
void *did_pool_push(struct did_pool *pool, void *array, size_t *count, size_t element_bytes);
#define DID_PUSH(pool, array, count) \
    ((array) = did_pool_push((pool), (array), &(count), sizeof *(array)), &(array)[(count) - 1])

/* A text that grows; always NUL-terminated once written to. Free with did_text_free. */
struct did_text {
    char *at;
    size_t size; /* without the NUL */
    size_t capacity;
};

__attribute__((format(printf, 2, 3))) void did_printf(struct did_text *text, const char *format,
                                                      ...);
void did_append(struct did_text *text, struct ic_bytes bytes);
void did_text_free(struct did_text *text);

#endif
