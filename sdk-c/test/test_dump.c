/* Old bytes stay readable: today's code opens a dump of layout version 1 that is kept beside the
 * tests, finds in it what was written then, and can go on writing.
 *
 * `ic_dump write FILE` makes such a dump; do that once for each new layout version and keep the
 * old. */
#include "test/check.h"
#include "test/dump_content.h"
#include "test/load_dump.h"

#include <zlib.h>

#define DUMP_V1        "sdk-c/test/dumps/store_v1.bin.gz"

static void write_everything(void *argument)
{
    (void)argument;
    dump_write();
}

static void check_everything(void *argument)
{
    (void)argument;
    dump_check();
}

static void go_on(void *argument)
{
    (void)argument;
    dump_go_on();
}

static void layout_1_opens(void **state)
{
    (void)state;
    load_dump(DUMP_V1);
    CHECK_RUNS(check_everything, NULL);
    CHECK_RUNS(go_on, NULL);
}

/* And so does what today's code writes. */
static void what_we_write_opens(void **state)
{
    (void)state;
    ic_host_reset();
    CHECK_RUNS(write_everything, NULL);
    CHECK_RUNS(check_everything, NULL);
    CHECK_RUNS(go_on, NULL);
}

static int write_dump(const char *path)
{
    gzFile f = gzopen(path, "wb9");
    ic_host_reset();
    if (f == NULL || !ic_host_run(write_everything, NULL)) {
        return 1;
    }
    size_t size = ic_host_stable_bytes();
    bool is_written = gzwrite(f, ic_host_stable(), (unsigned)size) == (int)size;
    return gzclose(f) == Z_OK && is_written ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        return write_dump(argv[2]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_1_opens),
        cmocka_unit_test(what_we_write_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
