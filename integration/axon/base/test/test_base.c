/* Buffers, hex, hashes and gzip of the host code. */
#include "base/buf.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "base/part.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void buffers_grow_and_print(void **state)
{
    (void)state;
    struct axon_buf b = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        axon_buf_append_byte(&b, (uint8_t)i);
    }
    assert_int_equal(b.size, 1000);
    assert_int_equal(b.at[999], 999 & 255);
    axon_buf_clear(&b);
    axon_buf_printf(&b, "%s-%u", "page", 7u);
    assert_string_equal(axon_buf_text(&b), "page-7");
    assert_int_equal(b.size, 6);
    axon_buf_free(&b);
    assert_string_equal(axon_buf_text(&b), "");
    axon_buf_free(&b);
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    struct axon_buf b = {0};
    assert_true(axon_buf_append_from_hex(&b, IC_BYTES_LIT("00fFa5")));
    assert_int_equal(b.size, 3);
    assert_memory_equal(b.at, "\x00\xff\xa5", 3);
    assert_false(axon_buf_append_from_hex(&b, IC_BYTES_LIT("001")));
    assert_false(axon_buf_append_from_hex(&b, IC_BYTES_LIT("000g")));
    assert_int_equal(b.size, 3); /* a refusal appends nothing */
    struct axon_buf text = {0};
    axon_buf_append_hex(&text, axon_buf_bytes(&b));
    assert_string_equal(axon_buf_text(&text), "00ffa5");
    axon_buf_free(&text);
    axon_buf_free(&b);
}

static void hashes_of_abc(void **state)
{
    (void)state;
    uint8_t hash[AXON_SHA256_BYTES];
    struct axon_buf text = {0};
    axon_sha256(hash, IC_BYTES_LIT("abc"));
    axon_buf_append_hex(&text, (struct ic_bytes){hash, AXON_SHA256_BYTES});
    assert_string_equal(axon_buf_text(&text), /* FIPS 180-4 */
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    axon_buf_clear(&text);
    axon_sha224(hash, IC_BYTES_LIT("abc"));
    axon_buf_append_hex(&text, (struct ic_bytes){hash, AXON_SHA224_BYTES});
    assert_string_equal(axon_buf_text(&text),
                        "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    axon_buf_free(&text);
}

/* "hi" as written by gzip -n. */
static const uint8_t HI[] = {0x1f, 0x8b, 0x08, 0, 0,    0,    0,    0,    0, 3, 0xcb,
                             0xc8, 4,    0,    0xac, 0x2a, 0x93, 0xd8, 2, 0, 0, 0};

static void gzip_members_are_joined(void **state)
{
    (void)state;
    uint8_t twice[2 * sizeof HI];
    memcpy(twice, HI, sizeof HI);
    memcpy(twice + sizeof HI, HI, sizeof HI);
    struct axon_buf b = {0};
    assert_true(axon_is_gzip((struct ic_bytes){HI, sizeof HI}));
    assert_true(axon_gunzip(&b, (struct ic_bytes){twice, sizeof twice}, 4));
    assert_string_equal(axon_buf_text(&b), "hihi");
    axon_buf_free(&b);
}

static void damaged_gzip_is_refused(void **state)
{
    (void)state;
    struct axon_buf b = {0};
    for (size_t size = 0; size < sizeof HI; size++) {
        assert_false(axon_gunzip(&b, (struct ic_bytes){HI, size}, 100));
    }
    assert_false(axon_gunzip(&b, (struct ic_bytes){HI, sizeof HI}, 1)); /* over the limit */
    uint8_t bad[sizeof HI];
    memcpy(bad, HI, sizeof HI);
    bad[14] ^= 1; /* checksum */
    assert_false(axon_gunzip(&b, (struct ic_bytes){bad, sizeof bad}, 100));
    assert_int_equal(b.size, 0);
    axon_buf_free(&b);
}

static void files_are_read_whole(void **state)
{
    (void)state;
    struct axon_buf b = {0};
    assert_true(axon_buf_read_file(&b, "integration/axon/base/buf.h"));
    assert_memory_equal(b.at, "/* Growable", 11);
    axon_buf_free(&b);
    assert_false(axon_buf_read_file(&b, "no/such/file"));
    assert_int_equal(errno, ENOENT);
    assert_false(axon_buf_read_file(&b, "."));
    axon_buf_free(&b);
}

/* ---- parts of a page ------------------------------------------------------------------------- */

#define PAGE                                                                                       \
    "# Title\n<!-- begin a, by one -->\nold\n<!-- end a -->\nbetween\n"                            \
    "<!-- begin ab -->\n<!-- end ab -->\nlast\n"

static void check_part(const char *page, const char *name, const char *expected)
{
    struct axon_buf out = {0};
    bool is_there = axon_part_replace(&out, ic_bytes_from_text(page), name, IC_BYTES_LIT("new\n"));
    assert_int_equal(is_there, expected != NULL);
    assert_string_equal(axon_buf_text(&out), expected != NULL ? expected : page);
    axon_buf_free(&out);
}

static void a_part_leaves_the_others(void **state)
{
    (void)state;
    check_part(PAGE, "a",
               "# Title\n<!-- begin a, by one -->\nnew\n<!-- end a -->\nbetween\n"
               "<!-- begin ab -->\n<!-- end ab -->\nlast\n");
    check_part(PAGE, "ab",
               "# Title\n<!-- begin a, by one -->\nold\n<!-- end a -->\nbetween\n"
               "<!-- begin ab -->\nnew\n<!-- end ab -->\nlast\n");
}

static void what_is_no_part(void **state)
{
    (void)state;
    check_part(PAGE, "b", NULL);
    check_part("", "a", NULL);
    check_part("<!-- begin a -->\n", "a", NULL);
    check_part("<!-- begin a -->", "a", NULL);
    check_part("<!-- end a -->\n<!-- begin a -->\n", "a", NULL);
    check_part("x <!-- begin a -->\n<!-- end a -->\n", "a", NULL);
    check_part(PAGE PAGE, "a", NULL);
}

static void check_file(const char *path, const char *expected)
{
    struct axon_buf b = {0};
    assert_true(axon_buf_read_file(&b, path));
    assert_string_equal(axon_buf_text(&b), expected);
    axon_buf_free(&b);
}

static void parts_are_written_to_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/axon-part-XXXXXX", path[64];
    struct axon_buf why = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/page.md", folder);
    assert_true(axon_part_write(path, "a", IC_BYTES_LIT("1\n"), &why));
    check_file(path, "<!-- begin a -->\n1\n<!-- end a -->\n");
    assert_true(axon_part_write(path, "a", IC_BYTES_LIT("2\n"), &why));
    check_file(path, "<!-- begin a -->\n2\n<!-- end a -->\n");
    assert_false(axon_part_write(path, "b", IC_BYTES_LIT("3\n"), &why));
    check_file(path, "<!-- begin a -->\n2\n<!-- end a -->\n");
    assert_non_null(strstr(axon_buf_text(&why), "its part \"b\""));
    assert_false(axon_part_write(folder, "a", IC_BYTES_LIT("3\n"), &why));
    axon_buf_free(&why);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_grow_and_print), cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(hashes_of_abc),          cmocka_unit_test(gzip_members_are_joined),
        cmocka_unit_test(damaged_gzip_is_refused), cmocka_unit_test(files_are_read_whole),
        cmocka_unit_test(a_part_leaves_the_others), cmocka_unit_test(what_is_no_part),
        cmocka_unit_test(parts_are_written_to_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
