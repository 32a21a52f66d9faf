/* Protocol buffers as Wasm in axon, against the same sources natively. */
#include "testkit/axon_test.h"

#include "ic/pb.h"

#include "nns.pb.h"
#include "sample.pb.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TOTAL_SUPPLY_E8S 50000000000000001u
#define CORPUS           "sdk-c/pb/corpus/fuzz_pb"

/* Budgets in instructions; sdk-c/README.md, "What things cost", tells the figures. */
#define NUMBERS_DECODE_MAX   9000u
#define NUMBERS_ENCODE_MAX   9000u
#define LIST_DECODE_MAX      50000u
#define LIST_ENCODE_MAX      40000u
#define HOSTILE_PER_BYTE_MAX 600u

static struct axon_test t;
static struct ic_principal id;
static uint8_t memory[1u << 22];
static struct ic_arena arena;

/* ---- methods ----------------------------------------------------------------------------------- */

static struct ic_bytes ask(const char *method, struct ic_bytes request)
{
    axon_query(t.net, &t.last, &t.sender, &id, method, request);
    return axon_buf_bytes(&t.last.reply);
}

static bool rejected_with(const char *text)
{
    return t.last.status == AXON_STATUS_REJECTED &&
           strstr(axon_buf_text(&t.last.reject_text), text) != NULL;
}

static void methods_speak_protobuf(void)
{
    nns_TotalSupplyResponse supply;
    struct ic_bytes reply = ask("total_supply_pb", IC_BYTES_LIT(""));
    AXON_TEST_THAT(&t, ic_pb_decode(&supply, nns_TotalSupplyResponse, reply, &arena));
    AXON_TEST_THAT(&t, supply.has_total_supply && supply.total_supply.e8s == TOTAL_SUPPLY_E8S);
    printf("total_supply_pb: %" PRIu64 " instructions, reply of %zu bytes\n", t.last.instructions,
           reply.size);
    ask("total_supply_pb", IC_BYTES_LIT("\x0b"));
    AXON_TEST_THAT(&t, rejected_with("the argument is not a nns_TotalSupplyRequest"));
    static const uint8_t LARGE[101];
    ask("total_supply_pb", (struct ic_bytes){.at = LARGE, .size = sizeof LARGE});
    AXON_TEST_THAT(&t, rejected_with("the argument is too large"));
}

static void get_blocks(nns_GetBlocksResponse *out, uint64_t start, uint64_t length)
{
    struct ic_bytes request;
    nns_GetBlocksRequest range = {.start = start, .length = length};
    AXON_TEST_THAT(&t, ic_pb_pack(&request, nns_GetBlocksRequest, &range, &arena));
    AXON_TEST_THAT(&t,
                   ic_pb_decode(out, nns_GetBlocksResponse, ask("get_blocks_pb", request), &arena));
}

static void lists_travel(void)
{
    nns_GetBlocksResponse out;
    get_blocks(&out, 7, 0);
    AXON_TEST_THAT(&t, out.which_get_blocks_content == nns_GetBlocksResponse_blocks_tag);
    AXON_TEST_THAT(&t, out.get_blocks_content.blocks.blocks.count == 0);
    get_blocks(&out, 1000000, 2000);
    printf("get_blocks_pb, 2,000 blocks: %" PRIu64 " instructions, reply of %zu bytes\n",
           t.last.instructions, axon_buf_bytes(&t.last.reply).size);
    const struct ic_pb_list *blocks = &out.get_blocks_content.blocks.blocks;
    AXON_TEST_THAT(&t, blocks->count == 2000);
    bool all_right = true;
    for (uint64_t i = 0; i < blocks->count; i++) {
        nns_EncodedBlock block;
        all_right = all_right && ic_pb_decode(&block, nns_EncodedBlock, blocks->items[i], &arena) &&
                    block.block.size == 8 && ic_load_u64_le(block.block.at) == 1000000 + i;
    }
    AXON_TEST_THAT(&t, all_right);
    get_blocks(&out, 0, 2001);
    AXON_TEST_THAT(&t, out.which_get_blocks_content == nns_GetBlocksResponse_error_tag);
    AXON_TEST_THAT(&t, ic_bytes_is_equal(out.get_blocks_content.error,
                                         IC_BYTES_LIT("at most 2000 blocks at a time")));
}

static void a_canister_asks_another(void)
{
    char args[100], self[IC_PRINCIPAL_TEXT_MAX + 1];
    struct ic_principal other = axon_test_install(&t, "build/wasm/proto", "()");
    ic_principal_to_text(self, &other);
    snprintf(args, sizeof args, "(principal \"%s\")", self);
    AXON_TEST_UPDATE(&t, &id, "supply_of", args, "(50000000000000001)");
    AXON_TEST_TRAPS(&t, &id, "supply_of", "(principal \"aaaaa-aa\")", "no supply");
}

/* ---- the same as natively, and what it costs --------------------------------------------------- */

struct measured {
    bool is_good;
    uint64_t decoding, encoding; /* instructions */
    struct ic_bytes message;
};

static struct measured measure(const char *method, struct ic_bytes message)
{
    struct ic_bytes reply = ask(method, message);
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REPLIED);
    if (reply.size < 16) {
        return (struct measured){.is_good = false};
    }
    return (struct measured){.is_good = true,
                             .decoding = ic_load_u64_le(reply.at),
                             .encoding = ic_load_u64_le(reply.at + 8),
                             .message = {.at = reply.at + 16, .size = reply.size - 16}};
}

/* The Wasm says to a message what the native decoder says to it. */
static void like_natively(struct ic_bytes message)
{
    sample_Shapes shapes;
    sample_Scalars scalars;
    struct ic_bytes packed;
    ic_arena_reset(&arena);
    bool is_good = ic_pb_decode(&shapes, sample_Shapes, message, &arena) &&
                   ic_pb_pack(&packed, sample_Shapes, &shapes, &arena);
    struct measured wasm = measure("shapes", message);
    AXON_TEST_THAT(&t, wasm.is_good == is_good);
    AXON_TEST_THAT(&t, !is_good || ic_bytes_is_equal(wasm.message, packed));
    is_good = ic_pb_decode(&scalars, sample_Scalars, message, &arena) &&
              ic_pb_pack(&packed, sample_Scalars, &scalars, &arena);
    wasm = measure("scalars", message);
    AXON_TEST_THAT(&t, wasm.is_good == is_good);
    AXON_TEST_THAT(&t, !is_good || ic_bytes_is_equal(wasm.message, packed));
}

static void the_kept_corpus(void)
{
    DIR *folder = opendir(CORPUS);
    unsigned count = 0;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char path[512];
        struct axon_buf file = {.at = NULL};
        snprintf(path, sizeof path, CORPUS "/%s", entry->d_name);
        if (entry->d_name[0] == '.' || !axon_buf_read_file(&file, path)) {
            continue;
        }
        like_natively(axon_buf_bytes(&file));
        axon_buf_free(&file);
        count++;
    }
    closedir(folder);
    AXON_TEST_THAT(&t, count >= 50);
    printf("%u messages of the kept corpus: as natively\n", count);
}

static void report(const char *what, struct ic_bytes message, struct measured m)
{
    printf("%s, %zu bytes: %" PRIu64 " instructions to decode, %" PRIu64 " to encode\n", what,
           message.size, m.decoding, m.encoding);
}

static void usual_messages(void)
{
    struct ic_bytes packed;
    sample_Scalars scalars = {.i32 = -5, .u64 = 1u << 20, .s64 = -1000, .flag = true, .f64 = 1};
    ic_arena_reset(&arena);
    AXON_TEST_THAT(&t, ic_pb_pack(&packed, sample_Scalars, &scalars, &arena));
    struct measured m = measure("scalars", packed);
    report("five numbers", packed, m);
    AXON_TEST_THAT(&t, m.decoding <= NUMBERS_DECODE_MAX && m.encoding <= NUMBERS_ENCODE_MAX);
    sample_Shapes shapes = {.has_owner = true, .owner.serialized_id = {.size = 29}};
    for (int i = 0; i < 100; i++) {
        AXON_TEST_THAT(
            &t, ic_pb_list_add(&shapes.blobs, IC_BYTES_LIT("a blob of twenty bytes."), &arena));
    }
    AXON_TEST_THAT(&t, ic_pb_pack(&packed, sample_Shapes, &shapes, &arena));
    m = measure("shapes", packed);
    report("100 blobs of 23 bytes and a principal", packed, m);
    AXON_TEST_THAT(&t, m.decoding <= LIST_DECODE_MAX && m.encoding <= LIST_ENCODE_MAX);
}

/* The dearest of each kind, a byte at a time: a message costs in proportion to its size. */
static void hostile_messages(void)
{
    static const struct {
        const char *what;
        struct ic_bytes repeated;
    } KINDS[] = {
        {"empty list elements", {(const uint8_t *)"\x32\x00", 2}},
        {"empty messages in two lists", {(const uint8_t *)"\x32\x00\x3a\x00", 4}},
        {"unknown fields", {(const uint8_t *)"\xa0\x06\x00", 3}},
        {"unknown fields, far", {(const uint8_t *)"\xa0\xff\xff\xff\x0f\x00", 6}},
        {"fields backwards", {(const uint8_t *)"\x7a\x00\x08\x00", 4}},
        {"a choice changed", {(const uint8_t *)"\x48\x00\x62\x00", 4}},
        {"messages merged", {(const uint8_t *)"\x72\x00", 2}},
        {"empty packed numbers", {(const uint8_t *)"\x1a\x00", 2}},
    };
    static uint8_t message[60000];
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        size_t unit = KINDS[i].repeated.size, size = sizeof message / unit * unit;
        for (size_t at = 0; at < size; at += unit) {
            memcpy(message + at, KINDS[i].repeated.at, unit);
        }
        struct ic_bytes in = {.at = message, .size = size};
        struct measured m = measure("shapes", in);
        AXON_TEST_THAT(&t, m.is_good && m.decoding <= size * HOSTILE_PER_BYTE_MAX);
        printf("%s: %" PRIu64 " instructions a byte\n", KINDS[i].what, m.decoding / size);
    }
}

int main(void)
{
    axon_test_open(&t);
    ic_arena_init(&arena, memory, sizeof memory);
    id = axon_test_install(&t, "build/wasm/proto", "()");
    methods_speak_protobuf();
    lists_travel();
    a_canister_asks_another();
    the_kept_corpus();
    usual_messages();
    hostile_messages();
    return axon_test_close(&t);
}
