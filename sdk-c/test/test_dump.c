/* Old bytes stay readable: today's code opens dumps of layout version 1 that are kept beside the
 * tests, finds in them what was written then, and can go on writing. The older one is from before
 * heads had a check.
 *
 * `ic_dump write FILE` makes such a dump; do that once for each new layout version and keep the
 * old. */
#include "test/check.h"
#include "test/dump_content.h"
#include "test/load_dump.h"

#define DUMP_V1        "sdk-c/test/dumps/store_v1.bin.gz"
#define DUMP_V1_SEALED "sdk-c/test/dumps/store_v1_sealed.bin.gz"

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
    load_dump(DUMP_V1_SEALED);
    CHECK_RUNS(check_everything, NULL);
    CHECK_RUNS(go_on, NULL);
}

/* And so does what today's code writes: still the same bytes, for a change of layout needs a new
 * version. */
static void layout_1_is_what_we_write(void **state)
{
    (void)state;
    load_dump(DUMP_V1_SEALED);
    size_t size = ic_host_stable_bytes();
    uint8_t *dump = malloc(size);
    memcpy(dump, ic_host_stable(), size);
    ic_host_reset();
    CHECK_RUNS(write_everything, NULL);
    assert_int_equal(ic_host_stable_bytes(), size);
    assert_memory_equal(ic_host_stable(), dump, size);
    free(dump);
    CHECK_RUNS(check_everything, NULL);
    CHECK_RUNS(go_on, NULL);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        return save_dump(argv[2], write_everything) ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_1_opens),
        cmocka_unit_test(layout_1_is_what_we_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
