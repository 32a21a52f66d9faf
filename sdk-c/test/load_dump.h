/* Opens a kept dump of stable memory for a test, or makes one. */
#ifndef IC_TEST_LOAD_DUMP_H
#define IC_TEST_LOAD_DUMP_H

#include "test/check.h"

#include <stdlib.h>
#include <zlib.h>

#define DUMP_BYTES_MAX (16u << 20)

/* The gzip file at path, decompressed into the stable memory of a fresh host. */
static inline void load_dump(const char *path)
{
    uint8_t *content = malloc(DUMP_BYTES_MAX);
    gzFile f = gzopen(path, "rb");
    assert_non_null(f);
    assert_non_null(content);
    const int size = gzread(f, content, DUMP_BYTES_MAX);
    assert_true(size > 0 && size < (int)DUMP_BYTES_MAX);
    gzclose(f);
    ic_host_reset();
    ic_host_stable_load((struct ic_bytes){.at = content, .size = (size_t)size});
    free(content);
}

/* What a message writes into a fresh host, compressed; false when it trapped or the file cannot be
 * written. */
static inline bool save_dump(const char *path, void (*write_all)(void *))
{
    gzFile f = gzopen(path, "wb9");
    ic_host_reset();
    if (f == NULL || !ic_host_run(write_all, NULL)) {
        return false;
    }
    size_t size = ic_host_stable_bytes();
    bool is_written = gzwrite(f, ic_host_stable(), (unsigned)size) == (int)size;
    return gzclose(f) == Z_OK && is_written;
}

#endif
