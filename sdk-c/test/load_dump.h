/* Opens a kept dump of stable memory for a test. */
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

#endif
