/* Byte strings: a pointer and a length, never owned, never NUL-terminated.
 *
 * Everything that arrives from outside (arguments, reject texts, stored blocks) travels as ic_bytes.
 * Whoever made the bytes owns them; a struct ic_bytes is a view and is copied freely.
 *
 * Argument order in every header of the kit: the object acted on, outputs, inputs, arena. */
#ifndef IC_BYTES_H
#define IC_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The caller must look at the result. */
#define IC_MUST_USE __attribute__((warn_unused_result))

struct ic_bytes {
    const uint8_t *at; /* may be NULL when size is 0 */
    size_t size;       /* bytes */
};

/* A view of a string literal, without its terminating NUL. */
#define IC_BYTES_LIT(literal) \
    ((struct ic_bytes){.at = (const uint8_t *)("" literal), .size = sizeof(literal) - 1})

/* A view of a NUL-terminated string; the text must outlive the view. */
static inline struct ic_bytes ic_bytes_from_text(const char *text)
{
    return (struct ic_bytes){.at = (const uint8_t *)text, .size = strlen(text)};
}

static inline bool ic_bytes_is_equal(struct ic_bytes a, struct ic_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

#endif
