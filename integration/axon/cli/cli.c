#include "cli/cli.h"

#include "base/gzip.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Modules beyond this do not fit in an install message anyway. */
#define WASM_BYTES_MAX (100u << 20)

int cli_error(enum cli_exit code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("axon: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return (int)code;
}

bool cli_read_wasm(struct axon_buf *out, const char *path)
{
    struct axon_buf file = {0};
    bool ok = axon_buf_read_file(&file, path);
    if (!ok) {
        cli_error(CLI_USAGE, "%s: %s", path, strerror(errno));
    } else if (!axon_is_gzip(axon_buf_bytes(&file))) {
        axon_buf_append(out, axon_buf_bytes(&file));
    } else {
        ok = axon_gunzip(out, axon_buf_bytes(&file), WASM_BYTES_MAX);
        if (!ok) {
            cli_error(CLI_USAGE, "%s: damaged gzip file", path);
        }
    }
    axon_buf_free(&file);
    return ok;
}

bool cli_parse_u64(uint64_t *out, const char *text, uint64_t min, uint64_t max)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (!isdigit((unsigned char)*at)) {
            return false;
        }
    }
    errno = 0;
    unsigned long long n = strtoull(text, NULL, 10);
    if (text[0] == '\0' || errno != 0 || n < min || n > max) {
        return false;
    }
    *out = n;
    return true;
}

const char *cli_grouped(char out[CLI_GROUPED_MAX], uint64_t n)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, n);
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            out[at++] = '_';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}
