/* What a certified tree must hold: a plain list of its leaves. For the test and the fuzzer. */
#ifndef IC_TEST_CERT_MODEL_H
#define IC_TEST_CERT_MODEL_H

#include "ic/cert.h"

#include <stdlib.h>

#define CERT_MODEL_LEAVES_MAX 400u
#define CERT_MODEL_LABELS     3u /* of the longest path */

struct cert_model_leaf {
    size_t count;
    struct ic_bytes labels[CERT_MODEL_LABELS];
    uint8_t value[8];
    size_t value_size;
};

static struct cert_model_leaf cert_model[CERT_MODEL_LEAVES_MAX];
static size_t cert_model_count;

static inline bool cert_model_begins(const struct cert_model_leaf *leaf, struct ic_cert_path path)
{
    if (leaf->count < path.count) {
        return false;
    }
    for (size_t i = 0; i < path.count; i++) {
        if (!ic_bytes_is_equal(leaf->labels[i], path.labels[i])) {
            return false;
        }
    }
    return true;
}

static inline enum ic_cert_found cert_model_find(struct ic_cert_path path,
                                                 const struct cert_model_leaf **leaf)
{
    for (size_t i = 0; i < cert_model_count; i++) {
        if (cert_model_begins(&cert_model[i], path)) {
            *leaf = &cert_model[i];
            return cert_model[i].count == path.count ? IC_CERT_LEAF : IC_CERT_MAP;
        }
    }
    return IC_CERT_ABSENT;
}

/* A leaf stands on the way, or path leads to a map. */
static inline bool cert_model_refuses(struct ic_cert_path path)
{
    const struct cert_model_leaf *leaf = NULL;
    for (size_t n = 1; n < path.count; n++) {
        if (cert_model_find((struct ic_cert_path){.labels = path.labels, .count = n}, &leaf) ==
            IC_CERT_LEAF) {
            return true;
        }
    }
    return cert_model_find(path, &leaf) == IC_CERT_MAP;
}

static inline void cert_model_remove(struct ic_cert_path path)
{
    size_t kept = 0;
    for (size_t i = 0; i < cert_model_count; i++) {
        if (!cert_model_begins(&cert_model[i], path)) {
            cert_model[kept++] = cert_model[i];
        }
    }
    cert_model_count = kept;
}

static inline void cert_model_put(struct ic_cert_path path, struct ic_bytes value)
{
    cert_model_remove(path);
    if (!(cert_model_count < CERT_MODEL_LEAVES_MAX)) {
        abort();
    }
    struct cert_model_leaf *leaf = &cert_model[cert_model_count++];
    leaf->count = path.count;
    memcpy(leaf->labels, path.labels, path.count * sizeof *path.labels);
    memcpy(leaf->value, value.at, value.size);
    leaf->value_size = value.size;
}

#endif
