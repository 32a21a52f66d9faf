/* A plain ordered map to compare ic_map with: one sorted array, moved by memmove. Shares no code
 * with the kit. */
#ifndef IC_TEST_MAP_MODEL_H
#define IC_TEST_MAP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct model {
    size_t key_bytes, value_bytes;
    size_t count, capacity;
    uint8_t *entries;
};

static inline void model_init(struct model *m, size_t key_bytes, size_t value_bytes)
{
    *m = (struct model){.key_bytes = key_bytes, .value_bytes = value_bytes};
}

static inline void model_free(struct model *m)
{
    free(m->entries);
    *m = (struct model){.entries = NULL};
}

static inline uint8_t *model_at(const struct model *m, size_t n)
{
    return m->entries + n * (m->key_bytes + m->value_bytes);
}

/* Number of keys that are smaller. */
static inline size_t model_lower(const struct model *m, const void *key)
{
    size_t from = 0, end = m->count;
    while (from < end) {
        size_t middle = (from + end) / 2;
        if (memcmp(model_at(m, middle), key, m->key_bytes) < 0) {
            from = middle + 1;
        } else {
            end = middle;
        }
    }
    return from;
}

/* The entry of a key, NULL when absent. */
static inline uint8_t *model_find(const struct model *m, const void *key)
{
    size_t n = model_lower(m, key);
    bool is_found = n < m->count && memcmp(model_at(m, n), key, m->key_bytes) == 0;
    return is_found ? model_at(m, n) : NULL;
}

/* True when the key is new. */
static inline bool model_put(struct model *m, const void *key, const void *value)
{
    size_t bytes = m->key_bytes + m->value_bytes;
    uint8_t *found = model_find(m, key);
    size_t n = model_lower(m, key);
    if (found == NULL) {
        if (m->count == m->capacity) {
            m->capacity = 2 * m->capacity + 64;
            m->entries = realloc(m->entries, m->capacity * bytes);
            if (m->entries == NULL) {
                abort();
            }
        }
        memmove(model_at(m, n) + bytes, model_at(m, n), (m->count - n) * bytes);
        m->count++;
        memcpy(model_at(m, n), key, m->key_bytes);
    }
    if (m->value_bytes != 0) {
        memcpy(model_at(m, n) + m->key_bytes, value, m->value_bytes);
    }
    return found == NULL;
}

static inline bool model_remove(struct model *m, const void *key)
{
    size_t bytes = m->key_bytes + m->value_bytes;
    size_t n = model_lower(m, key);
    if (model_find(m, key) == NULL) {
        return false;
    }
    m->count--;
    memmove(model_at(m, n), model_at(m, n) + bytes, (m->count - n) * bytes);
    return true;
}

#endif
