/* The decoder's promise, measured in Wasm: at most 20,000 + 150 instructions for each byte of the
 * message + 100 for each unit (a value, field or level without a byte of its own), whatever the
 * message; and what the hot path costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "bench.h"
#include "hostile_did.h"

#define CORPUS "sdk-c/candid/corpus/fuzz_candid"
#define SAMPLE_TRANSFER 11u /* method of sample.did */
#define DEAR_COUNT 39u      /* methods of dear.did; those behind are test_candid_search's alone */
#define MUTATIONS 40u

/* ---- the bound ----------------------------------------------------------------------------------- */

struct worst {
    struct bench_measured measured;
    size_t bytes;
    unsigned percent;
    unsigned count;
    unsigned exceeded;
};

static unsigned check_bound(struct worst *worst, struct bench_types types, struct ic_bytes message)
{
    const struct bench_measured m = bench_run("decode", types, message);
    const unsigned percent = (unsigned)(100 * m.instructions / bench_bound(message.size, m.second));
    if (percent > BENCH_PERCENT_MAX) {
        print_error("table %d method %u flags %u, %zu bytes: %llu instructions, %u %%, %llu units: %s\n",
                    (int)types.table, types.method, types.flags, message.size,
                    (unsigned long long)m.instructions, percent, (unsigned long long)m.second,
                    candid_result_text(m.result));
        for (size_t i = 0; i < message.size && i < 100; i++) {
            print_error("%02x", message.at[i]);
        }
        print_error("\n");
        worst->exceeded++;
    }
    worst->count++;
    if (percent >= worst->percent) {
        worst->measured = m;
        worst->bytes = message.size;
        worst->percent = percent;
    }
    return percent;
}

static void check_worst(const struct worst *worst, unsigned count_min)
{
    print_message("%u decodings within the bound; the nearest: %u %%, %llu instructions for %zu "
                  "bytes and %llu units\n",
                  worst->count, worst->percent, (unsigned long long)worst->measured.instructions,
                  worst->bytes, (unsigned long long)worst->measured.second);
    assert_int_equal(worst->exceeded, 0);
    assert_true(worst->count >= count_min);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A kept input at its own type, at all others, and changed in a few bytes. */
static void check_mutations(struct worst *worst, uint64_t *random, unsigned own,
                            struct ic_bytes seed)
{
    for (unsigned flags = 0; flags <= BENCH_TABLE_ONLY; flags++) {
        check_bound(worst, (struct bench_types){BENCH_HOSTILE, own, flags}, seed);
    }
    for (unsigned method = 0; method < DEAR_COUNT; method++) {
        check_bound(worst, (struct bench_types){BENCH_DEAR, method, BENCH_TABLE_ONLY}, seed);
    }
    uint8_t *copy = malloc(seed.size + 1);
    assert_non_null(copy);
    for (unsigned i = 0; i < MUTATIONS && seed.size > 5; i++) {
        memcpy(copy, seed.at, seed.size);
        for (uint64_t n = 1 + next_random(random) % 3; n > 0; n--) {
            copy[4 + next_random(random) % (seed.size - 4)] = (uint8_t)next_random(random);
        }
        const unsigned method =
            i % 2 == 0 ? own : (unsigned)(next_random(random) % hostile_method_count);
        check_bound(worst,
                    (struct bench_types){BENCH_HOSTILE, method, (unsigned)(next_random(random) % 2)},
                    (struct ic_bytes){.at = copy, .size = seed.size});
    }
    free(copy);
}

static void test_kept_corpus_and_mutations(void **state)
{
    (void)state;
    struct worst worst = {.count = 0};
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
            check_mutations(&worst, &random, (unsigned)(bytes.at[0] % hostile_method_count),
                            (struct ic_bytes){bytes.at + 1, bytes.size - 1});
        }
        axon_buf_free(&file);
    }
    closedir(dir);
    check_worst(&worst, 5000);
}

/* ---- messages made to be dear -------------------------------------------------------------------- */

/* A vec: the header, the count, then one element many times over. */
struct dear {
    const char *name;
    unsigned method; /* of dear.did; 0: everything is skipped */
    const char *header;
    size_t header_bytes;
    const char *element;
    size_t element_bytes;
    size_t count;
};

#define DEAR(name, method, header, element, count) \
    {name, method, "DIDL" header, sizeof("DIDL" header) - 1, element, sizeof(element) - 1, count}

#define FLAGS_TABLE "\x6c\x02\x61\x02\x62\x02\x6e\x7e"
#define RECORDS_5 "\x6c\x01\x00\x02\x6c\x01\x00\x03\x6c\x01\x00\x04\x6c\x01\x00\x05\x6c\x01\x00\x06\x6c\x00"
#define EMPTY_4 "\x6c\x04\x00\x02\x01\x02\x02\x02\x03\x02\x6c\x00"
#define NULLS_4 "\x6c\x04\x00\x7f\x01\x7f\x02\x7f\x03\x7f"

static const struct dear DEAR_MESSAGES[] = {
    DEAR("skip vec null", 0, "\x01\x6d\x7f\x01\x00", "", 4000),
    DEAR("skip vec reserved", 0, "\x01\x6d\x70\x01\x00", "", 4000),
    DEAR("skip vec bool", 0, "\x01\x6d\x7e\x01\x00", "\x01", 20000),
    DEAR("skip vec nat", 0, "\x01\x6d\x7d\x01\x00", "\x05", 20000),
    DEAR("skip vec int", 0, "\x01\x6d\x7c\x01\x00", "\x05", 20000),
    DEAR("skip vec text", 0, "\x01\x6d\x71\x01\x00", "\x00", 20000),
    DEAR("skip vec principal", 0, "\x01\x6d\x68\x01\x00", "\x01\x00", 20000),
    DEAR("skip vec opt bool, absent", 0, "\x02\x6d\x01\x6e\x7e\x01\x00", "\x00", 20000),
    DEAR("skip vec opt bool", 0, "\x02\x6d\x01\x6e\x7e\x01\x00", "\x01\x01", 20000),
    DEAR("skip vec opt null", 0, "\x02\x6d\x01\x6e\x7f\x01\x00", "\x01", 20000),
    DEAR("skip vec variant { null }", 0, "\x02\x6d\x01\x6b\x01\x00\x7f\x01\x00", "\x00", 20000),
    DEAR("skip vec vec null, empty", 0, "\x02\x6d\x01\x6d\x7f\x01\x00", "\x00", 20000),
    DEAR("skip vec vec nat8, empty", 0, "\x02\x6d\x01\x6d\x7b\x01\x00", "\x00", 20000),
    DEAR("skip vec vec nat8", 0, "\x02\x6d\x01\x6d\x7b\x01\x00", "\x01\x05", 20000),
    DEAR("skip vec vec vec nat, one each", 0, "\x03\x6d\x01\x6d\x02\x6d\x7d\x01\x00", "\x01\x00", 20000),
    DEAR("skip vec record {}", 0, "\x02\x6d\x01\x6c\x00\x01\x00", "", 4000),
    DEAR("skip vec record { null }", 0, "\x02\x6d\x01\x6c\x01\x00\x7f\x01\x00", "", 2000),
    DEAR("skip vec record { null x 4 }", 0, "\x02\x6d\x01" NULLS_4 "\x01\x00", "", 800),
    DEAR("skip vec record { record {} x 4 }", 0, "\x03\x6d\x01" EMPTY_4 "\x01\x00", "", 800),
    DEAR("skip records in records", 0, "\x07\x6d\x01" RECORDS_5 "\x01\x00", "", 600),
    DEAR("skip vec record { bool }", 0, "\x02\x6d\x01\x6c\x01\x00\x7e\x01\x00", "\x01", 20000),
    DEAR("skip vec record { record { bool } }", 0, "\x03\x6d\x01\x6c\x01\x00\x02\x6c\x01\x00\x7e\x01\x00", "\x01", 2000),
    DEAR("skip vec record { null; record { null } }", 0,
         "\x03\x6d\x01\x6c\x02\x00\x7f\x01\x02\x6c\x01\x00\x7f\x01\x00", "", 1000),
    DEAR("skip vec record { record { null }; null }", 0,
         "\x03\x6d\x01\x6c\x02\x00\x02\x01\x7f\x6c\x01\x00\x7f\x01\x00", "", 1000),
    DEAR("vec record {}", 1, "\x02\x6d\x01\x6c\x00\x01\x00", "", 4000),
    DEAR("vec record { null } at record {}", 1, "\x02\x6d\x01\x6c\x01\x00\x7f\x01\x00", "", 2000),
    DEAR("vec record { null x 4 } at record {}", 1, "\x02\x6d\x01" NULLS_4 "\x01\x00", "", 800),
    DEAR("vec record { record {} x 4 } at record {}", 1, "\x03\x6d\x01" EMPTY_4 "\x01\x00", "", 800),
    DEAR("vec records 4 deep, opt null", 2,
         "\x05\x6d\x01\x6c\x01\x61\x02\x6c\x01\x61\x03\x6c\x01\x61\x04\x6e\x7f\x01\x00", "\x00", 2000),
    DEAR("vec opt bool, absent", 3, "\x02\x6d\x01\x6e\x7e\x01\x00", "\x00", 20000),
    DEAR("vec opt bool", 3, "\x02\x6d\x01\x6e\x7e\x01\x00", "\x01\x01", 20000),
    DEAR("vec bool at opt bool", 3, "\x01\x6d\x7e\x01\x00", "\x01", 20000),
    DEAR("vec opt nat at opt bool", 3, "\x02\x6d\x01\x6e\x7d\x01\x00", "\x01\x05", 20000),
    DEAR("vec nat at opt bool", 3, "\x01\x6d\x7d\x01\x00", "\x05", 20000),
    DEAR("vec null at opt bool", 3, "\x01\x6d\x7f\x01\x00", "", 4000),
    DEAR("vec reserved at opt bool", 3, "\x01\x6d\x70\x01\x00", "", 4000),
    DEAR("vec record {} at opt bool", 3, "\x02\x6d\x01\x6c\x00\x01\x00", "", 2000),
    DEAR("vec record { null } at opt bool", 3, "\x02\x6d\x01\x6c\x01\x00\x7f\x01\x00", "", 1300),
    DEAR("vec record {}, two fields absent", 4, "\x02\x6d\x01\x6c\x00\x01\x00", "", 1300),
    DEAR("vec record of two absent opts", 4, "\x03\x6d\x01" FLAGS_TABLE "\x01\x00", "\x00\x00", 20000),
    DEAR("vec record of two bools at opts", 4, "\x02\x6d\x01\x6c\x02\x61\x7e\x62\x7e\x01\x00", "\x00\x00", 10000),
    DEAR("vec variant { a; b }", 5, "\x02\x6d\x01\x6b\x02\x61\x7f\x62\x7f\x01\x00", "\x01", 20000),
    DEAR("vec variant { b } at { a; b }", 5, "\x02\x6d\x01\x6b\x01\x62\x7f\x01\x00", "\x00", 20000),
    DEAR("vec record { null }", 6, "\x02\x6d\x01\x6c\x01\x00\x7f\x01\x00", "", 2000),
    DEAR("vec record {}, a null absent", 6, "\x02\x6d\x01\x6c\x00\x01\x00", "", 2000),
    DEAR("vec record { null x 4 }", 7, "\x02\x6d\x01" NULLS_4 "\x01\x00", "", 800),
    DEAR("vec record {}, four nulls absent", 7, "\x02\x6d\x01\x6c\x00\x01\x00", "", 800),
    DEAR("vec record { record { null }; null }", 8,
         "\x03\x6d\x01\x6c\x02\x00\x02\x01\x7f\x6c\x01\x00\x7f\x01\x00", "", 1000),
    DEAR("vec null at reserved", 9, "\x01\x6d\x7f\x01\x00", "", 4000),
    DEAR("vec reserved", 9, "\x01\x6d\x70\x01\x00", "", 4000),
    DEAR("vec record {} at reserved", 9, "\x02\x6d\x01\x6c\x00\x01\x00", "", 4000),
    DEAR("vec record { null } at reserved", 9, "\x02\x6d\x01\x6c\x01\x00\x7f\x01\x00", "", 2000),
    DEAR("vec bool at reserved", 9, "\x01\x6d\x7e\x01\x00", "\x01", 20000),
    DEAR("vec record {} at opt record {}", 10, "\x02\x6d\x01\x6c\x00\x01\x00", "", 2000),
    DEAR("vec record { null } at opt record {}", 10, "\x02\x6d\x01\x6c\x01\x00\x7f\x01\x00", "", 1300),
    DEAR("vec opt record {}", 10, "\x03\x6d\x01\x6e\x02\x6c\x00\x01\x00", "\x01", 20000),
    DEAR("vec null at opt opt opt opt null", 11, "\x01\x6d\x7f\x01\x00", "", 4000),
    DEAR("vec bool at opt opt opt opt null", 11, "\x01\x6d\x7e\x01\x00", "\x01", 10000),
    DEAR("vec record { record {} x 4 }", 12, "\x03\x6d\x01" EMPTY_4 "\x01\x00", "", 800),
    DEAR("vec nat at opt record { opt record { opt record { nat } } }", 13, "\x01\x6d\x7d\x01\x00", "\x05", 20000),
    DEAR("vec record { record { record { nat } } } at opts", 13,
         "\x04\x6d\x01\x6c\x01\x00\x02\x6c\x01\x00\x03\x6c\x01\x00\x7d\x01\x00", "\x05", 20000),
    DEAR("vec record { record { record { bool } } } at opts", 13,
         "\x04\x6d\x01\x6c\x01\x00\x02\x6c\x01\x00\x03\x6c\x01\x00\x7e\x01\x00", "\x01", 20000),
    DEAR("vec record {}, four fields absent", 14, "\x02\x6d\x01\x6c\x00\x01\x00", "", 800),
    DEAR("vec record { null x 4 } at absent kinds", 14, "\x02\x6d\x01" NULLS_4 "\x01\x00", "", 800),
    DEAR("vec record { record {} x 4 } at other kinds", 14, "\x03\x6d\x01\x6c\x02\x01\x02\x03\x02\x6c\x00\x01\x00", "", 600),
    DEAR("records in records", 15, "\x07\x6d\x01" RECORDS_5 "\x01\x00", "", 600),
    DEAR("vec variant { b : record { bool } } at opt", 16,
         "\x03\x6d\x01\x6b\x01\x62\x02\x6c\x01\x00\x7e\x01\x00", "\x00\x01", 10000),
    DEAR("vec variant { c } at opt", 16, "\x02\x6d\x01\x6b\x01\x63\x7f\x01\x00", "\x00", 10000),
    DEAR("vec record { record {}; record {} }, fields absent", 17,
         "\x03\x6d\x01\x6c\x02\x00\x02\x01\x02\x6c\x00\x01\x00", "", 800),
    DEAR("vec record { record { opt nat } x 2 }", 17,
         "\x04\x6d\x01\x6c\x02\x00\x02\x01\x02\x6c\x01\x00\x03\x6e\x7d\x01\x00", "\x00\x00", 10000),
    DEAR("vec int", 18, "\x01\x6d\x7c\x01\x00", "\x05", 20000),
    DEAR("vec nat at int", 18, "\x01\x6d\x7d\x01\x00", "\x05", 20000),
    DEAR("vec text", 19, "\x01\x6d\x71\x01\x00", "\x00", 20000),
    DEAR("vec text of one", 19, "\x01\x6d\x71\x01\x00", "\x01\x61", 20000),
    DEAR("vec text of three bytes a letter", 19, "\x01\x6d\x71\x01\x00", "\x03\xe2\x82\xac", 10000),
    DEAR("vec principal", 20, "\x01\x6d\x68\x01\x00", "\x01\x00", 20000),
    DEAR("vec record of four nat8", 21,
         "\x02\x6d\x01\x6c\x04\x00\x7b\x01\x7b\x02\x7b\x03\x7b\x01\x00", "\x01\x02\x03\x04", 10000),
    DEAR("vec blob, empty", 22, "\x02\x6d\x01\x6d\x7b\x01\x00", "\x00", 20000),
    DEAR("vec vec null, empty", 23, "\x02\x6d\x01\x6d\x7f\x01\x00", "\x00", 20000),
    DEAR("vec vec null of two", 23, "\x02\x6d\x01\x6d\x7f\x01\x00", "\x02", 20000),
    DEAR("vec service {}", 24, "\x02\x6d\x01\x69\x00\x01\x00", "\x01\x00", 20000),
    DEAR("vec service at principal", 20, "\x02\x6d\x01\x69\x00\x01\x00", "\x01\x00", 20000),
    DEAR("vec opt opt bool", 25, "\x03\x6d\x01\x6e\x02\x6e\x7e\x01\x00", "\x01\x01\x01", 10000),
    DEAR("vec opt nat at opt opt bool", 25, "\x02\x6d\x01\x6e\x7d\x01\x00", "\x01\x05", 10000),
    DEAR("records that wait, four deep", 26,
         "\x05\x6d\x01\x6c\x02\x00\x02\x01\x7f\x6c\x02\x00\x03\x01\x7f\x6c\x02\x00\x04\x01\x7f\x6c\x02\x00\x7f\x01\x7f\x01\x00",
         "", 300),
    DEAR("records that wait, at opts", 27,
         "\x04\x6d\x01\x6c\x02\x00\x02\x01\x7f\x6c\x02\x00\x03\x01\x7f\x6c\x02\x00\x7f\x01\x7f\x01\x00", "", 300),
    DEAR("records that wait, with opts", 27,
         "\x06\x6d\x01\x6c\x02\x00\x02\x01\x7f\x6e\x03\x6c\x02\x00\x04\x01\x7f\x6e\x05\x6c\x02\x00\x7f\x01\x7f\x01\x00",
         "\x01\x01", 2000),
    DEAR("records that wait, not fitting", 27,
         "\x04\x6d\x01\x6c\x02\x00\x02\x01\x7f\x6c\x02\x00\x03\x01\x7f\x6c\x02\x00\x7f\x01\x7e\x01\x00", "\x01", 2000),
    DEAR("skip records that wait, four deep", 0,
         "\x05\x6d\x01\x6c\x02\x00\x02\x01\x7f\x6c\x02\x00\x03\x01\x7f\x6c\x02\x00\x04\x01\x7f\x6c\x02\x00\x7f\x01\x7f\x01\x00",
         "", 300),
    DEAR("vec func", 28, "\x03\x6d\x01\x6a\x02\x7d\x71\x01\x02\x01\x01\x6c\x01\x61\x7d\x01\x00", "\x01\x01\x00\x00", 5000),
    DEAR("vec func, another type", 28, "\x02\x6d\x01\x6a\x01\x7d\x01\x7d\x00\x01\x00", "\x01\x01\x00\x00", 1),
    DEAR("vec nat of two bytes", 29, "\x01\x6d\x7d\x01\x00", "\x80\x01", 10000),
    DEAR("vec nat of ten bytes", 29, "\x01\x6d\x7d\x01\x00", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 2000),
    DEAR("vec nat of twenty bytes", 29, "\x01\x6d\x7d\x01\x00",
         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1000),
    DEAR("vec int of ten bytes", 18, "\x01\x6d\x7c\x01\x00", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 2000),
    DEAR("vec nat of ten bytes at int", 18, "\x01\x6d\x7d\x01\x00", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 2000),
    DEAR("vec nat of nineteen bytes at int", 18, "\x01\x6d\x7d\x01\x00",
         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03", 1000),
    DEAR("vec opt vec opt nat, one each", 30, "\x04\x6d\x01\x6e\x02\x6d\x03\x6e\x7d\x01\x00", "\x01\x01\x01\x05", 5000),
    DEAR("vec opt vec opt nat, nothing fits", 30, "\x04\x6d\x01\x6e\x02\x6d\x03\x6e\x7e\x01\x00", "\x01\x01\x01\x01", 5000),
    DEAR("vec vec nat at opt vec opt nat, one each", 30, "\x02\x6d\x01\x6d\x7d\x01\x00", "\x01\x05", 5000),
    DEAR("vec principal of 29 bytes", 20, "\x01\x6d\x68\x01\x00",
         "\x01\x1d" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 500),
    DEAR("vec text of 20 bytes", 19, "\x01\x6d\x71\x01\x00", "\x14" "aaaaaaaaaaaaaaaaaaaa", 500),
    DEAR("vec blob of one", 22, "\x02\x6d\x01\x6d\x7b\x01\x00", "\x01\x05", 10000),
    DEAR("vec vec nat at blob, misfit", 22, "\x02\x6d\x01\x6d\x7d\x01\x00", "\x01\x05", 10),
    DEAR("vec nat at opt opt bool", 25, "\x01\x6d\x7d\x01\x00", "\x05", 10000),
    DEAR("vec vec opt record {}, empty, at opt Chain", 33, "\x04\x6d\x01\x6d\x02\x6e\x03\x6c\x00\x01\x00", "\x00", 3000),
    DEAR("vec vec nat of two at opt vec opt nat", 30, "\x02\x6d\x01\x6d\x7d\x01\x00", "\x02\x05\x05", 3000),
    DEAR("vec record { record { null; nat }; vec null; variant { d } } at others", 37,
         "\x05\x6d\x01\x6c\x03\x00\x02\x01\x03\x02\x04\x6c\x02\x00\x7f\x01\x7d\x6d\x7f\x6b\x01\x62\x7f\x01\x00",
         "\x05\x02\x00", 3000),
    /* The same type on the wire at one expected type after the other. */
    DEAR("a record at sixteen types in turn", 60,
         "\x03\x6c\x00\x6c\x11\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\x00\x07\x00\x08"
         "\x00\x09\x00\x0a\x00\x0b\x00\x0c\x00\x0d\x00\x0e\x00\x0f\x00\x10\x7b\x6d\x01\x01\x02",
         "\x07", 130),
    DEAR("a variant at two types in turn", 61,
         "\x03\x6b\x09\xa4\x89\xa7\x02\x7f\xa5\x89\xa7\x02\x7f\xa6\x89\xa7\x02\x7f\xa7\x89\xa7\x02"
         "\x7f\xa8\x89\xa7\x02\x7f\xa9\x89\xa7\x02\x7f\xaa\x89\xa7\x02\x7f\x80\x8b\xa7\x02\x7f\x81"
         "\x8b\xa7\x02\x7f\x6c\x02\x00\x00\x01\x00\x6d\x01\x01\x02",
         "\x05\x05", 1000),
    DEAR("a vec at four types in turn", 68, "\x03\x6d\x7f\x6c\x04\x00\x00\x01\x00\x02\x00\x03\x00\x6d\x01\x01\x02", "\x01\x01\x01\x01", 1000),
};

static size_t put_count(uint8_t *at, size_t count)
{
    size_t size = 0;
    for (; count > 0x7f; count >>= 7) {
        at[size++] = (uint8_t)(count | 0x80);
    }
    at[size++] = (uint8_t)count;
    return size;
}

static void check_dear(struct worst *worst, const struct dear *dear)
{
    uint8_t *message = malloc(dear->header_bytes + 10 + dear->element_bytes * dear->count);
    assert_non_null(message);
    memcpy(message, dear->header, dear->header_bytes);
    size_t size = dear->header_bytes + put_count(message + dear->header_bytes, dear->count);
    for (size_t i = 0; i < dear->count && dear->element_bytes != 0; i++, size += dear->element_bytes) {
        memcpy(message + size, dear->element, dear->element_bytes);
    }
    const struct ic_bytes bytes = {.at = message, .size = size};
    const unsigned table = check_bound(
        worst, (struct bench_types){BENCH_DEAR, dear->method, BENCH_TABLE_ONLY}, bytes);
    const unsigned known =
        check_bound(worst, (struct bench_types){BENCH_DEAR, dear->method, 0}, bytes);
    print_message("%3u %% %3u %%  %s\n", table, known, dear->name);
    free(message);
}

static void test_dear_messages(void **state)
{
    (void)state;
    struct worst worst = {.count = 0};
    print_message("by type table, and with known headers, of what is allowed:\n");
    for (size_t i = 0; i < sizeof DEAR_MESSAGES / sizeof *DEAR_MESSAGES; i++) {
        check_dear(&worst, &DEAR_MESSAGES[i]);
    }
    check_worst(&worst, 2 * sizeof DEAR_MESSAGES / sizeof *DEAR_MESSAGES);
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
    const struct bench_measured m = bench_run(
        "decode", (struct bench_types){BENCH_SAMPLE, SAMPLE_TRANSFER, flags},
        (struct ic_bytes){.at = message, .size = header_bytes + sizeof TRANSFER_VALUES});
    assert_int_equal(m.result, CANDID_OK);
    return m.instructions;
}

static void test_transfer_is_cheap(void **state)
{
    (void)state;
    const uint64_t js = transfer_cost(TRANSFER_JS, sizeof TRANSFER_JS, 0);
    const uint64_t rust = transfer_cost(TRANSFER_RUST, sizeof TRANSFER_RUST, 0);
    const uint64_t table = transfer_cost(TRANSFER_JS, sizeof TRANSFER_JS, BENCH_TABLE_ONLY);
    static const uint8_t ok[] = {0x44, 0x49, 0x44, 0x4c, 0x01, 0x6b, 0x01, 0xbc, 0x8a, 0x01, 0x7d,
                                 0x01, 0x00, 0x00, 0xac, 0x02};
    const struct ic_bytes reply = {.at = ok, .size = sizeof ok};
    const struct bench_measured narrow = bench_run(
        "encode", (struct bench_types){BENCH_SAMPLE, SAMPLE_TRANSFER, BENCH_RESULTS | BENCH_NARROW},
        reply);
    const struct bench_measured full = bench_run(
        "encode", (struct bench_types){BENCH_SAMPLE, SAMPLE_TRANSFER, BENCH_RESULTS}, reply);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_is_cheap),
        cmocka_unit_test(test_dear_messages),
        cmocka_unit_test(test_kept_corpus_and_mutations),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
