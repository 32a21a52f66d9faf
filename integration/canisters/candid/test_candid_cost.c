/* The decoder's promise, measured in Wasm: at most 20,000 + 150 instructions for each byte of the
 * message + 100 for each unit (a value, field or level without a byte of its own), whatever the
 * message; and what the hot path costs. */
#include "axon.h"
#include "base/buf.h"
#include "ic/buf.h"
#include "ic/candid.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WASM "build/wasm/candid_bench.wasm"
#define CORPUS "sdk-c/candid/corpus/fuzz_candid"
/* Argument and result lists of sample.did, in the order of its methods. */
enum {
    DEAR_EMPTY = 0,
    DEAR_NESTED = 2,
    DEAR_OPT = 4,
    DEAR_RECORD = 6,
    DEAR_VARIANT = 8,
    RAW = 20,
    TRANSFER = 22,
    WHICH_COUNT = 24
};
#define FLAG_TABLE 1u
#define FLAG_NARROW 2u
#define MUTATIONS 40u
#define MESSAGE_BYTES_MAX 70000u

static struct axon_network *net;
static struct ic_principal canister;

struct measured {
    enum candid_result result;
    uint64_t instructions;
    uint64_t second; /* units; of an encoding: bytes */
};

static struct measured run(const char *method, unsigned which, unsigned flags,
                           struct ic_bytes message)
{
    static uint8_t argument[MESSAGE_BYTES_MAX + 2];
    struct axon_outcome outcome = {0};
    assert_true(message.size <= MESSAGE_BYTES_MAX);
    argument[0] = (uint8_t)which;
    argument[1] = (uint8_t)flags;
    memcpy(argument + 2, message.at, message.size);
    axon_query(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &canister, method,
               (struct ic_bytes){.at = argument, .size = message.size + 2});
    if (outcome.status != AXON_STATUS_REPLIED) {
        fail_msg("%.*s", (int)outcome.reject_text.size, (const char *)outcome.reject_text.at);
    }
    assert_int_equal(outcome.reply.size, 17);
    const struct measured m = {.result = (enum candid_result)outcome.reply.at[0],
                               .instructions = ic_load_u64_le(outcome.reply.at + 1),
                               .second = ic_load_u64_le(outcome.reply.at + 9)};
    axon_outcome_free(&outcome);
    return m;
}

/* ---- the bound ----------------------------------------------------------------------------------- */

struct worst {
    uint64_t instructions;
    uint64_t bound;
    size_t bytes;
    unsigned count;
    unsigned exceeded;
};

static void check_bound(struct worst *worst, unsigned which, unsigned flags, struct ic_bytes message)
{
    const struct measured m = run("decode", which, flags, message);
    const uint64_t bound = 20000 + 150 * (uint64_t)message.size + 100 * m.second;
    if (m.instructions > bound) {
        print_error("which %u flags %u, %zu bytes: %llu instructions, bound %llu, %llu units: %s\n", which, flags,
                    message.size, (unsigned long long)m.instructions, (unsigned long long)bound,
                    (unsigned long long)m.second, candid_result_text(m.result));
        worst->exceeded++;
    }
    worst->count++;
    if (m.instructions * (worst->bound + 1) >= worst->instructions * bound) {
        *worst = (struct worst){m.instructions, bound, message.size, worst->count, worst->exceeded};
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void check_mutations(struct worst *worst, uint64_t *random, struct ic_bytes seed)
{
    for (unsigned which = 0; which < WHICH_COUNT; which++) {
        check_bound(worst, which, FLAG_TABLE, seed);
    }
    uint8_t *copy = malloc(seed.size + 1);
    assert_non_null(copy);
    for (unsigned i = 0; i < MUTATIONS && seed.size > 5; i++) {
        memcpy(copy, seed.at, seed.size);
        for (uint64_t n = 1 + next_random(random) % 3; n > 0; n--) {
            copy[4 + next_random(random) % (seed.size - 4)] = (uint8_t)next_random(random);
        }
        check_bound(worst, (unsigned)(next_random(random) % WHICH_COUNT),
                    (unsigned)(next_random(random) % 2),
                    (struct ic_bytes){.at = copy, .size = seed.size});
    }
    free(copy);
}

static void test_kept_corpus_and_mutations(void **state)
{
    (void)state;
    struct worst worst = {0};
    uint64_t random = 1;
    DIR *dir = opendir(CORPUS);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[512];
        struct axon_buf file = {0};
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", CORPUS, entry->d_name);
        assert_true(axon_buf_read_file(&file, path));
        const struct ic_bytes bytes = axon_buf_bytes(&file);
        if (bytes.size > 1) {
            check_mutations(&worst, &random, (struct ic_bytes){bytes.at + 1, bytes.size - 1});
        }
        axon_buf_free(&file);
    }
    closedir(dir);
    print_message("%u messages within the bound; the nearest: %llu of %llu for %zu bytes\n",
                  worst.count, (unsigned long long)worst.instructions,
                  (unsigned long long)worst.bound, worst.bytes);
    assert_int_equal(worst.exceeded, 0);
    assert_true(worst.count > 1000);
}

/* Messages made to be dear: the header, then one byte many times over. */
static void check_repeated(struct worst *worst, unsigned which, const char *header,
                           size_t header_bytes, const char *unit, size_t unit_bytes, size_t count)
{
    uint8_t *message = malloc(header_bytes + 4 + unit_bytes * count);
    assert_non_null(message);
    size_t size = header_bytes;
    memcpy(message, header, header_bytes);
    for (uint64_t left = count;; left >>= 7) {
        message[size++] = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
        if (left <= 0x7f) {
            break;
        }
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(message + size, unit, unit_bytes);
        size += unit_bytes;
    }
    check_bound(worst, which, FLAG_TABLE, (struct ic_bytes){.at = message, .size = size});
    check_bound(worst, which, 0, (struct ic_bytes){.at = message, .size = size});
    free(message);
}

#define REPEATED(which, header, unit, count) \
    check_repeated(&worst, which, header, sizeof(header) - 1, unit, sizeof(unit) - 1, count)

static void test_dear_messages(void **state)
{
    (void)state;
    struct worst worst = {0};
    /* skipped: vec bool, vec opt bool, vec nat, vec text, vec variant, vec record of one byte */
    REPEATED(RAW, "DIDL\x01\x6d\x7e\x01\x00", "\x01", 20000);
    REPEATED(RAW, "DIDL\x02\x6d\x01\x6e\x7e\x01\x00", "\x00", 20000);
    REPEATED(RAW, "DIDL\x02\x6d\x01\x6e\x7e\x01\x00", "\x01\x01", 20000);
    REPEATED(RAW, "DIDL\x01\x6d\x7d\x01\x00", "\x05", 20000);
    REPEATED(RAW, "DIDL\x01\x6d\x7c\x01\x00", "\x05", 20000);
    REPEATED(RAW, "DIDL\x01\x6d\x71\x01\x00", "\x00", 20000);
    REPEATED(RAW, "DIDL\x02\x6d\x01\x6b\x01\x00\x7f\x01\x00", "\x00", 20000);
    REPEATED(RAW, "DIDL\x02\x6d\x01\x6c\x01\x00\x7e\x01\x00", "\x01", 20000);
    REPEATED(RAW, "DIDL\x03\x6d\x01\x6c\x01\x00\x02\x6c\x01\x00\x7e\x01\x00", "\x01", 2000);
    REPEATED(RAW, "DIDL\x01\x6d\x68\x01\x00", "\x01\x00", 20000);
    REPEATED(RAW, "DIDL\x01\x6d\x7f\x01\x00", "", 4000);
    /* decoded, by type table and as known */
    REPEATED(DEAR_EMPTY, "DIDL\x02\x6d\x01\x6c\x00\x01\x00", "", 4000);
    REPEATED(DEAR_NESTED,
             "DIDL\x05\x6d\x01\x6c\x01\x61\x02\x6c\x01\x61\x03\x6c\x01\x61\x04\x6e\x7f\x01\x00",
             "\x00", 2000);
    REPEATED(DEAR_OPT, "DIDL\x02\x6d\x01\x6e\x7e\x01\x00", "\x00", 20000);
    REPEATED(DEAR_OPT, "DIDL\x02\x6d\x01\x6e\x7e\x01\x00", "\x01\x01", 20000);
    REPEATED(DEAR_OPT, "DIDL\x01\x6d\x7e\x01\x00", "\x01", 20000);
    REPEATED(DEAR_OPT, "DIDL\x02\x6d\x01\x6e\x7d\x01\x00", "\x01\x05", 20000); /* each a mismatch */
    REPEATED(DEAR_OPT, "DIDL\x01\x6d\x7d\x01\x00", "\x05", 20000);
    REPEATED(DEAR_RECORD, "DIDL\x02\x6d\x01\x6c\x00\x01\x00", "", 1300);
    REPEATED(DEAR_RECORD, "DIDL\x03\x6d\x01\x6c\x02\x61\x02\x62\x02\x6e\x7e\x01\x00", "\x00\x00",
             20000);
    REPEATED(DEAR_RECORD, "DIDL\x02\x6d\x01\x6c\x02\x61\x7e\x62\x7e\x01\x00", "\x00\x00", 10000);
    REPEATED(DEAR_VARIANT, "DIDL\x02\x6d\x01\x6b\x02\x61\x7f\x62\x7f\x01\x00", "\x01", 20000);
    print_message("the nearest: %llu of %llu for %zu bytes\n",
                  (unsigned long long)worst.instructions, (unsigned long long)worst.bound,
                  worst.bytes);
    assert_int_equal(worst.exceeded, 0);
}

/* ---- the hot path -------------------------------------------------------------------------------- */

/* What @icp-sdk/core sends for a transfer to another principal, and Rust's encoder for the same. */
static const uint8_t TRANSFER_JS[] = {
    0x44, 0x49, 0x44, 0x4c, 0x06, 0x6d, 0x7b, 0x6e, 0x00, 0x6c, 0x02, 0xb3, 0xb0, 0xda, 0xc3, 0x03,
    0x68, 0xad, 0x86, 0xca, 0x83, 0x05, 0x01, 0x6e, 0x7d, 0x6e, 0x78, 0x6c, 0x06, 0xfb, 0xca, 0x01,
    0x02, 0xc6, 0xfc, 0xb6, 0x02, 0x03, 0xba, 0x89, 0xe5, 0xc2, 0x04, 0x01, 0xa2, 0xde, 0x94, 0xeb,
    0x06, 0x01, 0x82, 0xf3, 0xf3, 0x91, 0x0c, 0x04, 0xd8, 0xa3, 0x8c, 0xa8, 0x0d, 0x7d, 0x01, 0x05};
static const uint8_t TRANSFER_RUST[] = {
    0x44, 0x49, 0x44, 0x4c, 0x06, 0x6c, 0x06, 0xfb, 0xca, 0x01, 0x01, 0xc6, 0xfc, 0xb6, 0x02, 0x04,
    0xba, 0x89, 0xe5, 0xc2, 0x04, 0x02, 0xa2, 0xde, 0x94, 0xeb, 0x06, 0x02, 0x82, 0xf3, 0xf3, 0x91,
    0x0c, 0x05, 0xd8, 0xa3, 0x8c, 0xa8, 0x0d, 0x7d, 0x6c, 0x02, 0xb3, 0xb0, 0xda, 0xc3, 0x03, 0x68,
    0xad, 0x86, 0xca, 0x83, 0x05, 0x02, 0x6e, 0x03, 0x6d, 0x7b, 0x6e, 0x7d, 0x6e, 0x78, 0x01, 0x00};
static const uint8_t TRANSFER_VALUES[] = {
    0x01, 0x1d, 0xd5, 0x1e, 0xa5, 0x66, 0xe6, 0x83, 0x71, 0x7e, 0xbc, 0x86, 0x7b, 0x95, 0x35,
    0xae, 0x82, 0x9c, 0x42, 0x7c, 0x54, 0x4c, 0x60, 0xb6, 0xad, 0xaa, 0x4d, 0xe2, 0xd2, 0x95,
    0x02, 0x00, 0x01, 0x90, 0x4e, 0x01, 0x02, 0x01, 0x02, 0x00, 0x01, 0x07, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xac, 0x02};

static uint64_t transfer_cost(const uint8_t *header, size_t header_bytes, unsigned flags)
{
    uint8_t message[256];
    memcpy(message, header, header_bytes);
    memcpy(message + header_bytes, TRANSFER_VALUES, sizeof TRANSFER_VALUES);
    const struct measured m =
        run("decode", TRANSFER, flags,
            (struct ic_bytes){.at = message, .size = header_bytes + sizeof TRANSFER_VALUES});
    assert_int_equal(m.result, CANDID_OK);
    return m.instructions;
}

static void test_transfer_is_cheap(void **state)
{
    (void)state;
    const uint64_t js = transfer_cost(TRANSFER_JS, sizeof TRANSFER_JS, 0);
    const uint64_t rust = transfer_cost(TRANSFER_RUST, sizeof TRANSFER_RUST, 0);
    const uint64_t table = transfer_cost(TRANSFER_JS, sizeof TRANSFER_JS, FLAG_TABLE);
    static const uint8_t ok[] = {0x44, 0x49, 0x44, 0x4c, 0x01, 0x6b, 0x01, 0xbc, 0x8a, 0x01, 0x7d,
                                 0x01, 0x00, 0x00, 0xac, 0x02};
    const struct measured narrow = run("encode", TRANSFER + 1, FLAG_NARROW,
                                       (struct ic_bytes){.at = ok, .size = sizeof ok});
    const struct measured full =
        run("encode", TRANSFER + 1, 0, (struct ic_bytes){.at = ok, .size = sizeof ok});
    print_message("transfer argument: JavaScript %llu, Rust %llu, by type table %llu\n",
                  (unsigned long long)js, (unsigned long long)rust, (unsigned long long)table);
    print_message("transfer reply: narrow %llu (%llu bytes), full %llu (%llu bytes)\n",
                  (unsigned long long)narrow.instructions, (unsigned long long)narrow.second,
                  (unsigned long long)full.instructions, (unsigned long long)full.second);
    assert_int_equal(narrow.second, sizeof ok);
    assert_true(js <= 3000);
    assert_true(rust <= 3000);
    assert_true(table <= 9000);
    assert_true(narrow.instructions <= 1500);
}

static int set_up(void **state)
{
    (void)state;
    struct axon_buf module = {0};
    struct axon_outcome outcome = {0};
    if (!axon_buf_read_file(&module, WASM)) {
        return -1;
    }
    net = axon_network_new(&(struct axon_config){.free_cycles = true});
    canister = axon_create_canister(net, &IC_PRINCIPAL_ANONYMOUS, NULL, AXON_CYCLES_DEFAULT);
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &canister, AXON_INSTALL,
                 axon_buf_bytes(&module), (struct ic_bytes){0});
    const bool ok = outcome.status == AXON_STATUS_REPLIED;
    axon_outcome_free(&outcome);
    axon_buf_free(&module);
    return ok ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    axon_network_free(net);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_is_cheap),
        cmocka_unit_test(test_dear_messages),
        cmocka_unit_test(test_kept_corpus_and_mutations),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
