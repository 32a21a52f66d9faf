/* Old bytes stay readable: today's code opens a dump of layout version 1 of a certified tree and a log
 * ring, finds what was written then, with the root hash of then, and goes on writing.
 *
 * `ic_web_dump write FILE` makes such a dump; do that once for each new layout version and keep the
 * old. */
#include "test/check.h"
#include "test/load_dump.h"

#include "ic/cert.h"
#include "ic/logring.h"
#include "ic/msg.h"
#include "ic/sha2.h"
#include "ic/text.h"
#include "ic/trap.h"

#include <zlib.h>

#define DUMP_V1        "sdk-c/test/dumps/cert_v1.bin.gz"
#define LEAVES         300u
#define REMOVED_EACH   7u /* every seventh leaf is taken out again */
#define RING_BYTES     4096u
#define LINES          100u
#define ROOT_HASH_V1   "3a74e8adf0c0a38222fe86cb7b0f1a57de7a6d8cd8252a2786c4e0857c8c2317"

static const struct ic_store_app APP = {.magic = {'W', 'E', 'B', 'D', 'U', 'M', 'P', '1'},
                                        .version = 1};
static struct ic_store store;
static struct ic_cert tree;
static struct ic_logring lines;

static void open_structures(void)
{
    ic_cert_open(&tree, &store, 0);
    ic_logring_open(&lines, &store, 1, RING_BYTES);
}

/* ---- what the dump holds --------------------------------------------------------------------- */

/* Leaf n: in one of five maps, a label of 1 to 32 bytes, a value of 0 to 31. */
struct leaf {
    uint8_t hash[IC_SHA256_BYTES];
    uint8_t map[2];
    struct ic_bytes labels[2];
    struct ic_cert_path path;
    struct ic_bytes value;
};

static const struct leaf *leaf_make(uint32_t n)
{
    static struct leaf leaf;
    uint8_t number[4];
    ic_store_u32_le(number, n);
    ic_sha256(leaf.hash, (struct ic_bytes){.at = number, .size = sizeof number});
    leaf.map[0] = 'm';
    leaf.map[1] = (uint8_t)('0' + n % 5);
    leaf.labels[0] = (struct ic_bytes){.at = leaf.map, .size = 1 + n % 2};
    leaf.labels[1] = (struct ic_bytes){.at = leaf.hash, .size = 5 + n % 28};
    leaf.path = (struct ic_cert_path){.labels = leaf.labels, .count = 2};
    leaf.value = (struct ic_bytes){.at = leaf.hash, .size = n % 32};
    return &leaf;
}

static struct ic_bytes line_text(uint32_t n)
{
    static uint8_t text[64];
    memset(text, 'a' + (int)(n % 26), sizeof text);
    return (struct ic_bytes){.at = text, .size = 20 + n % 45};
}

static void write_everything(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    open_structures();
    for (uint32_t n = 0; n < LEAVES; n++) {
        const struct leaf *leaf = leaf_make(n);
        ic_assert(ic_cert_put(&tree, leaf->path, leaf->value));
    }
    for (uint32_t n = 0; n < LEAVES; n += REMOVED_EACH) {
        ic_assert(ic_cert_remove(&tree, leaf_make(n)->path));
    }
    ic_cert_commit(&tree);
    for (uint32_t n = 0; n < LINES; n++) {
        ic_logring_add(&lines, n, (enum ic_logring_level)(n % 4), line_text(n));
    }
}

static void check_tree(void)
{
    uint8_t value[IC_CERT_LABEL_MAX];
    for (uint32_t n = 0; n < LEAVES; n++) {
        const struct leaf *leaf = leaf_make(n);
        size_t size = 0;
        const enum ic_cert_found found = ic_cert_find(&tree, leaf->path, value, &size);
        ic_assert(found == (n % REMOVED_EACH == 0 ? IC_CERT_ABSENT : IC_CERT_LEAF));
        ic_assert(found == IC_CERT_ABSENT ||
                  ic_bytes_is_equal((struct ic_bytes){.at = value, .size = size}, leaf->value));
    }
    ic_cert_check(&tree);
}

static void check_everything(void *argument)
{
    (void)argument;
    memset(&tree, 0xee, sizeof tree);
    memset(&lines, 0xee, sizeof lines);
    ic_store_open(&store, APP);
    open_structures();
    check_tree();
    struct ic_logring_line line;
    struct ic_logring_cursor cursor = ic_logring_last(&lines);
    uint32_t n = LINES;
    while (ic_logring_previous(&line, &lines, &cursor, ic_msg_arena(65536))) {
        n--;
        ic_assert(line.number == n && line.time_ns == n && line.level == n % 4);
        ic_assert(ic_bytes_is_equal(line.text, line_text(n)));
    }
    ic_assert(LINES - n > 50 && n == lines.oldest);
    ic_logring_check(&lines);
}

/* Takes the tree apart and builds it again, writes over the whole ring. */
static void go_on(void *argument)
{
    (void)argument;
    uint8_t before[IC_CERT_HASH_BYTES], after[IC_CERT_HASH_BYTES];
    ic_cert_root_hash(&tree, before);
    const uint32_t node_count = tree.node_count;
    for (uint32_t n = 0; n < LEAVES; n++) {
        ic_assert(ic_cert_remove(&tree, leaf_make(n)->path) == (n % REMOVED_EACH != 0));
    }
    ic_assert(tree.root == 0 && tree.free_count == node_count);
    for (uint32_t n = LEAVES; n-- > 0;) {
        const struct leaf *leaf = leaf_make(n);
        if (n % REMOVED_EACH != 0) {
            ic_assert(ic_cert_put(&tree, leaf->path, leaf->value));
        }
    }
    ic_cert_commit(&tree);
    ic_cert_root_hash(&tree, after);
    ic_assert(memcmp(before, after, sizeof before) == 0 && tree.node_count == node_count);
    check_tree();
    for (uint32_t n = 0; n < LINES; n++) {
        ic_logring_add(&lines, n, IC_LOGRING_ERROR, line_text(n));
    }
    ic_logring_check(&lines);
}

/* ---- tests ------------------------------------------------------------------------------------- */

static void check_root(void)
{
    char text[2 * IC_CERT_HASH_BYTES + 1] = {0};
    uint8_t hash[IC_CERT_HASH_BYTES];
    ic_cert_root_hash(&tree, hash);
    ic_hex_encode(text, (struct ic_bytes){.at = hash, .size = sizeof hash});
    assert_string_equal(text, ROOT_HASH_V1);
}

static void layout_1_opens(void **state)
{
    (void)state;
    load_dump(DUMP_V1);
    CHECK_RUNS(check_everything, NULL);
    check_root();
    CHECK_RUNS(go_on, NULL);
}

static void what_we_write_opens(void **state)
{
    (void)state;
    ic_host_reset();
    CHECK_RUNS(write_everything, NULL);
    CHECK_RUNS(check_everything, NULL);
    check_root();
    CHECK_RUNS(go_on, NULL);
}

static int write_dump(const char *path)
{
    gzFile f = gzopen(path, "wb9");
    ic_host_reset();
    if (f == NULL || !ic_host_run(write_everything, NULL)) {
        return 1;
    }
    const size_t size = ic_host_stable_bytes();
    const bool is_written = gzwrite(f, ic_host_stable(), (unsigned)size) == (int)size;
    return gzclose(f) == Z_OK && is_written ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        return write_dump(argv[2]);
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(layout_1_opens),
                                       cmocka_unit_test(what_we_write_opens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
