/* The runtime over generated descriptors: fast path, coercion, limits, encoder, message frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "host/ic_host.h"
#include "ic/arena.h"
#include "ic/msg.h"
#include "ic/text.h"
#include "sample_did.h"

#define ARENA_BYTES (1u << 20)

static uint8_t arena_memory[ARENA_BYTES];
static struct ic_arena arena;

static int reset(void **state)
{
    (void)state;
    ic_arena_init(&arena, arena_memory, sizeof arena_memory);
    return 0;
}

static struct ic_bytes from_hex(const char *hex)
{
    const size_t size = strlen(hex) / 2;
    uint8_t *at = ic_arena_alloc(&arena, size);
    assert_non_null(at);
    assert_true(ic_hex_decode(at, size, ic_bytes_from_text(hex)));
    return (struct ic_bytes){.at = at, .size = size};
}

/* ---- transfer: as @icp-sdk/core and as Rust's encoder write it ------------------------------------- */

#define TRANSFER_JS                                                                              \
    "4449444c066d7b6e006c02b3b0dac30368ad86ca8305016e7d6e786c06fbca0102c6fcb60203ba89e5c20401"   \
    "a2de94eb060182f3f3910c04d8a38ca80d7d0105"
#define TRANSFER_RUST                                                                            \
    "4449444c066c06fbca0101c6fcb60204ba89e5c20402a2de94eb060282f3f3910c05d8a38ca80d7d6c02b3b0"   \
    "dac30368ad86ca8305026e036d7b6e7d6e780100"
/* caffee, no subaccount; fee 10000; memo 0102; no subaccount; created at 7; amount 300 */
#define TRANSFER_VALUES "0103caffee0001904e0102010200010700000000000000ac02"

static void check_transfer(const struct sample_transfer_in *in)
{
    const struct sample_transfer_arg *arg = &in->arg0;
    assert_int_equal(arg->to.owner.size, 3);
    assert_memory_equal(arg->to.owner.bytes, "\xca\xff\xee", 3);
    for (size_t i = 3; i < IC_PRINCIPAL_BYTES_MAX; i++) {
        assert_int_equal(arg->to.owner.bytes[i], 0);
    }
    assert_false(arg->to.subaccount.has);
    assert_true(arg->fee.has);
    assert_int_equal(arg->fee.value.lo, 10000);
    assert_true(arg->memo.has);
    assert_int_equal(arg->memo.value.size, 2);
    assert_memory_equal(arg->memo.value.at, "\x01\x02", 2);
    assert_false(arg->from_subaccount.has);
    assert_true(arg->created_at_time.has);
    assert_int_equal(arg->created_at_time.value, 7);
    assert_int_equal(arg->amount.lo, 300);
    assert_int_equal(arg->amount.hi, 0);
    assert_false(candid_nat_is_big(&arg->amount));
}

static void decode_transfer(const char *header, bool use_known, bool fast)
{
    char hex[1024];
    struct sample_transfer_in in;
    struct candid_report report;
    strcpy(hex, header);
    strcat(hex, TRANSFER_VALUES);
    memset(&in, 0xee, sizeof in);
    assert_int_equal(candid_decode_reported(&in, &sample_transfer_method.in, from_hex(hex), use_known,
                                            &arena, &report),
                     CANDID_OK);
    assert_int_equal(report.fast, fast);
    check_transfer(&in);
}

static void test_known_headers_are_fast(void **state)
{
    (void)state;
    decode_transfer(TRANSFER_JS, true, true);
    decode_transfer(TRANSFER_RUST, true, true);
    decode_transfer(TRANSFER_JS, false, false);
    decode_transfer(TRANSFER_RUST, false, false);
}

/* Every message cut short is refused, with and without the fast path. */
static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    char hex[1024];
    strcpy(hex, TRANSFER_JS);
    strcat(hex, TRANSFER_VALUES);
    const struct ic_bytes whole = from_hex(hex);
    for (size_t size = 0; size < whole.size; size++) {
        uint8_t *cut = malloc(size + 1);
        assert_non_null(cut);
        memcpy(cut, whole.at, size);
        struct sample_transfer_in in;
        assert_int_not_equal(candid_decode(&in, &sample_transfer_method.in,
                                           (struct ic_bytes){.at = cut, .size = size}, &arena),
                             CANDID_OK);
        free(cut);
    }
    uint8_t *longer = malloc(whole.size + 1);
    assert_non_null(longer);
    memcpy(longer, whole.at, whole.size);
    longer[whole.size] = 0;
    struct sample_transfer_in in;
    assert_int_equal(candid_decode(&in, &sample_transfer_method.in,
                                   (struct ic_bytes){.at = longer, .size = whole.size + 1}, &arena),
                     CANDID_TRAILING);
    free(longer);
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static void decode_nat(struct candid_nat *out, const char *leb)
{
    static const struct candid_field field = {.type = &candid_type_nat};
    static const struct candid_type record = {.kind = CANDID_KIND_RECORD,
                                              .count = 1,
                                              .size = sizeof(struct candid_nat),
                                              .of.fields = &field};
    static const struct candid_tuple tuple = {.record = &record};
    char hex[256] = "4449444c00017d";
    strcat(hex, leb);
    assert_int_equal(candid_decode(out, &tuple, from_hex(hex), &arena), CANDID_OK);
}

static void decode_int(struct candid_int *out, const char *opcode, const char *leb)
{
    static const struct candid_field field = {.type = &candid_type_int};
    static const struct candid_type record = {.kind = CANDID_KIND_RECORD,
                                              .count = 1,
                                              .size = sizeof(struct candid_int),
                                              .of.fields = &field};
    static const struct candid_tuple tuple = {.record = &record};
    char hex[256] = "4449444c0001";
    strcat(hex, opcode);
    strcat(hex, leb);
    assert_int_equal(candid_decode(out, &tuple, from_hex(hex), &arena), CANDID_OK);
}

#define FF18 "ffffffffffffffffffffffffffffffffffff"
#define OO18 "808080808080808080808080808080808080"

static void test_nats_of_any_size(void **state)
{
    (void)state;
    struct candid_nat n;
    decode_nat(&n, "8000"); /* padding is legal */
    assert_int_equal(n.lo, 0);
    decode_nat(&n, "ffffffffffffffffff01");
    assert_true(n.lo == UINT64_MAX && n.hi == 0);
    decode_nat(&n, "80808080808080808002");
    assert_true(n.lo == 0 && n.hi == 1);
    decode_nat(&n, FF18 "03"); /* 2^128 - 1 */
    assert_true(n.lo == UINT64_MAX && n.hi == UINT64_MAX && !candid_nat_is_big(&n));
    const struct candid_nat largest = n;
    decode_nat(&n, OO18 "04"); /* 2^128 */
    assert_true(n.lo == UINT64_MAX && n.hi == UINT64_MAX && candid_nat_is_big(&n));
    assert_true(candid_nat_compare(&largest, &n) < 0);
    const struct candid_nat big = n;
    decode_nat(&n, OO18 "8480808000"); /* the same, padded */
    assert_int_equal(n.big.size, 19);
    assert_int_equal(candid_nat_compare(&big, &n), 0);
    decode_nat(&n, OO18 "8401");
    assert_true(candid_nat_compare(&big, &n) < 0);
    uint64_t small = 5;
    assert_false(candid_nat_to_u64(&small, &n));
    assert_int_equal(small, 5);
}

static void test_ints_of_any_size(void **state)
{
    (void)state;
    struct candid_int n;
    decode_int(&n, "7c", "ff7f"); /* -1, padded */
    assert_true(n.lo == UINT64_MAX && n.hi == -1 && n.big.size == 0);
    decode_int(&n, "7c", OO18 "7e"); /* -2^127 */
    assert_true(n.lo == 0 && n.hi == INT64_MIN && n.big.size == 0);
    const struct candid_int least = n;
    decode_int(&n, "7c", FF18 "7d"); /* -2^127 - 1 */
    assert_true(n.hi == INT64_MIN && n.big.size == 19);
    assert_true(candid_int_compare(&n, &least) < 0);
    decode_int(&n, "7c", FF18 "01"); /* 2^127 - 1 */
    assert_true(n.lo == UINT64_MAX && n.hi == INT64_MAX && n.big.size == 0);
    const struct candid_int most = n;
    decode_int(&n, "7d", OO18 "02"); /* 2^127 as a nat */
    assert_true(n.big.size == 19 && n.hi == INT64_MAX);
    assert_true(candid_int_compare(&n, &most) > 0);
    const struct candid_int from_nat = n;
    decode_int(&n, "7c", OO18 "02"); /* and as an int */
    assert_int_equal(candid_int_compare(&n, &from_nat), 0);
    decode_int(&n, "7d", OO18 "44"); /* a nat whose last digit looks negative */
    assert_true(n.big.size == 20 && n.hi == INT64_MAX);
}

/* ---- encoder ------------------------------------------------------------------------------------- */

static void check_encoding(const struct candid_tuple *types, const void *value,
                           enum candid_encoding how, const char *hex)
{
    struct ic_bytes out = {0};
    char got[2048];
    assert_int_equal(candid_encode(&out, types, value, how, &arena), CANDID_OK);
    assert_true(out.size * 2 < sizeof got);
    ic_hex_encode(got, out);
    got[out.size * 2] = 0;
    assert_string_equal(got, hex);
}

static void test_narrow_replies(void **state)
{
    (void)state;
    struct sample_transfer_out out = {.ret0 = {.tag = SAMPLE_RESULT_OK, .as.ok = {.lo = 5}}};
    check_encoding(&sample_transfer_method.out, &out, CANDID_ENCODE_NARROW,
                   "4449444c016b01bc8a017d01000005");
    out.ret0 = (struct sample_result){
        .tag = SAMPLE_RESULT_ERR,
        .as.err = {.tag = SAMPLE_TRANSFER_ERROR_BAD_FEE,
                   .as.bad_fee.expected_fee = candid_nat_from_u64(10000)}};
    check_encoding(&sample_transfer_method.out, &out, CANDID_ENCODE_NARROW,
                   "4449444c036b01c5fed201016b01a1c3ebfd0702"
                   "6c01bf9bb7f00d7d0100" "0000904e");
    struct sample_list_out list = {.ret0 = {.has = false}};
    check_encoding(&sample_list_method.out, &list, CANDID_ENCODE_NARROW, "4449444c00017f");
}

/* What is written, in full or narrow, decodes to what was written. */
static void test_values_survive(void **state)
{
    (void)state;
    const struct sample_value leaves[2] = {
        {.tag = SAMPLE_VALUE_NAT, .as.nat = {.lo = 1, .hi = 2}},
        {.tag = SAMPLE_VALUE_TEXT, .as.text = IC_BYTES_LIT("\xe2\x98\x83")}};
    const struct sample_page_items items[1] = {
        {.f0 = IC_BYTES_LIT("x"),
         .f1 = {.tag = SAMPLE_VALUE_ARRAY, .as.array = {.at = leaves, .count = 2}}}};
    const struct sample_page_out page = {.ret0 = {.items = {.at = items, .count = 1},
                                                  .next = {.has = true, .value = 9}}};
    for (int how = CANDID_ENCODE_FULL; how <= CANDID_ENCODE_NARROW; how++) {
        struct ic_bytes bytes;
        struct sample_page_out back;
        assert_int_equal(candid_encode(&bytes, &sample_page_method.out, &page,
                                       (enum candid_encoding)how, &arena),
                         CANDID_OK);
        assert_int_equal(candid_decode(&back, &sample_page_method.out, bytes, &arena), CANDID_OK);
        assert_int_equal(back.ret0.items.count, 1);
        assert_true(ic_bytes_is_equal(back.ret0.items.at[0].f0, IC_BYTES_LIT("x")));
        const struct sample_value *array = &back.ret0.items.at[0].f1;
        assert_int_equal(array->tag, SAMPLE_VALUE_ARRAY);
        assert_int_equal(array->as.array.count, 2);
        assert_int_equal(array->as.array.at[0].as.nat.hi, 2);
        assert_true(ic_bytes_is_equal(array->as.array.at[1].as.text, IC_BYTES_LIT("\xe2\x98\x83")));
        assert_true(back.ret0.next.has && back.ret0.next.value == 9);
        assert_false(back.ret0.certificate.has);
    }
}

static void test_encoder_runs_out_of_memory_cleanly(void **state)
{
    (void)state;
    const struct sample_page_out page = {.ret0 = {.next = {.has = true, .value = 9}}};
    struct ic_bytes bytes = {0};
    bool done = false;
    for (size_t size = 0; !done; size++) {
        uint8_t *memory = malloc(size + IC_ARENA_ALIGN);
        struct ic_arena small;
        ic_arena_init(&small, memory, size + IC_ARENA_ALIGN);
        const enum candid_result result =
            candid_encode(&bytes, &sample_page_method.out, &page, CANDID_ENCODE_FULL, &small);
        done = result == CANDID_OK;
        assert_true(done || result == CANDID_NO_MEMORY);
        free(memory);
    }
}

/* ---- limits -------------------------------------------------------------------------------------- */

/* A list of n elements, all heads 0. */
static struct ic_bytes list_message(size_t n)
{
    const struct ic_bytes header = from_hex("4449444c026e016c02a0d2aca8047c90eddae704000100");
    uint8_t *at = ic_arena_alloc(&arena, header.size + 2 * n + 1);
    assert_non_null(at);
    memcpy(at, header.at, header.size);
    for (size_t i = 0; i < n; i++) {
        at[header.size + 2 * i] = 1;
        at[header.size + 2 * i + 1] = 0;
    }
    at[header.size + 2 * n] = 0;
    return (struct ic_bytes){.at = at, .size = header.size + 2 * n + 1};
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    size_t deepest = 0;
    for (size_t n = 1; n < 2 * CANDID_DEPTH_MAX; n++) {
        ic_arena_reset(&arena);
        struct sample_list_in in;
        const enum candid_result result =
            candid_decode(&in, &sample_list_method.in, list_message(n), &arena);
        assert_true(result == CANDID_OK || result == CANDID_TOO_DEEP);
        assert_true(result == CANDID_OK || n > CANDID_DEPTH_MAX / 4);
        deepest = result == CANDID_OK ? n : deepest;
        if (result == CANDID_OK) {
            struct ic_bytes again;
            struct sample_list_out out = {.ret0 = in.arg0};
            assert_int_equal(candid_encode(&again, &sample_list_method.out, &out,
                                           CANDID_ENCODE_FULL, &arena),
                             CANDID_OK);
        }
    }
    assert_true(deepest >= CANDID_DEPTH_MAX / 4 && deepest <= CANDID_DEPTH_MAX);
}

/* A vec of n nulls as an extra argument: skipped, each for a unit. */
static enum candid_result skip_nulls(uint32_t n, struct candid_report *report)
{
    static const struct candid_type record = {.kind = CANDID_KIND_RECORD, .size = 1};
    static const struct candid_tuple nothing = {.record = &record};
    uint8_t message[16] = {'D', 'I', 'D', 'L', 1, 0x6d, 0x7f, 1, 0};
    size_t size = 9;
    do {
        message[size++] = (uint8_t)((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
        n >>= 7;
    } while (n != 0);
    uint8_t out = 0;
    return candid_decode_reported(&out, &nothing, (struct ic_bytes){.at = message, .size = size},
                                  true, &arena, report);
}

static void test_zero_sized_elements_are_bounded(void **state)
{
    (void)state;
    struct candid_report report;
    assert_int_equal(skip_nulls(1000, &report), CANDID_OK);
    assert_int_equal(skip_nulls(4000, &report), CANDID_OK);
    assert_true(report.units <= report.units_max);
    assert_int_equal(skip_nulls(5000, &report), CANDID_TOO_LARGE);
    assert_int_equal(skip_nulls(1000000000, &report), CANDID_TOO_LARGE);
}

/* Zeros, which are no message. */
static void test_messages_are_bounded(void **state)
{
    (void)state;
    static const struct candid_type record = {.kind = CANDID_KIND_RECORD, .size = 1};
    static const struct candid_tuple nothing = {.record = &record};
    uint8_t out = 0;
    uint8_t *const zeros = calloc(CANDID_MESSAGE_BYTES_MAX + 1, 1);
    assert_non_null(zeros);
    struct ic_bytes message = {.at = zeros, .size = CANDID_MESSAGE_BYTES_MAX};
    assert_int_equal(candid_decode(&out, &nothing, message, &arena), CANDID_BAD_MAGIC);
    message.size++;
    assert_int_equal(candid_decode(&out, &nothing, message, &arena), CANDID_TOO_LARGE);
    free(zeros);
}

static void test_tables_are_bounded(void **state)
{
    (void)state;
    const uint32_t counts[] = {CANDID_TABLE_ENTRIES_MAX, CANDID_TABLE_ENTRIES_MAX + 1};
    for (size_t i = 0; i < 2; i++) {
        ic_arena_reset(&arena);
        uint8_t *message = malloc(32 + 2 * counts[i]);
        assert_non_null(message);
        memcpy(message, "DIDL", 4);
        size_t size = 4;
        message[size++] = (uint8_t)(counts[i] | 0x80);
        message[size++] = (uint8_t)(counts[i] >> 7);
        for (uint32_t j = 0; j < counts[i]; j++) {
            message[size++] = 0x6e;
            message[size++] = 0x7f;
        }
        message[size++] = 0;
        uint8_t out = 0;
        static const struct candid_type record = {.kind = CANDID_KIND_RECORD, .size = 1};
        static const struct candid_tuple nothing = {.record = &record};
        assert_int_equal(candid_decode(&out, &nothing,
                                       (struct ic_bytes){.at = message, .size = size}, &arena),
                         i == 0 ? CANDID_OK : CANDID_TOO_LARGE);
        free(message);
    }
}

/* One entry of a type of the future, as long as the header lets it be; nothing is expected. */
static enum candid_result skip_header(uint32_t bytes)
{
    static uint8_t message[CANDID_HEADER_BYTES_MAX + 8];
    static const struct candid_type record = {.kind = CANDID_KIND_RECORD, .size = 1};
    static const struct candid_tuple nothing = {.record = &record};
    static const uint8_t begin[] = {'D', 'I', 'D', 'L', 1, 0x67};
    const uint32_t content = bytes - 6; /* count, opcode, three bytes of length; no arguments */
    uint8_t out = 0;
    memcpy(message, begin, sizeof begin);
    message[6] = (uint8_t)(content | 0x80);
    message[7] = (uint8_t)(content >> 7 | 0x80);
    message[8] = (uint8_t)(content >> 14);
    ic_arena_reset(&arena);
    return candid_decode(&out, &nothing, (struct ic_bytes){.at = message, .size = 4 + bytes},
                         &arena);
}

static void test_header_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(skip_header(20000), CANDID_OK);
    assert_int_equal(skip_header(CANDID_HEADER_BYTES_MAX), CANDID_OK);
    assert_int_equal(skip_header(CANDID_HEADER_BYTES_MAX + 1), CANDID_TOO_LARGE);
}

/* F = func (F) -> () */
static const struct candid_type takes_itself;
static const struct candid_field itself = {.type = &takes_itself};
static const struct candid_type takes_itself = {.kind = CANDID_KIND_FUNC,
                                                .size = sizeof(struct candid_func),
                                                .align = _Alignof(struct candid_func),
                                                .count = 1,
                                                .of.fields = &itself};

/* A func at F: so many types that each take the next one, the last itself; and a blob that is not
 * expected, for the units of its bytes. */
static enum candid_result compare_funcs(uint32_t count)
{
    static const struct candid_type record = {.kind = CANDID_KIND_RECORD,
                                              .size = sizeof(struct candid_func),
                                              .align = _Alignof(struct candid_func),
                                              .count = 1,
                                              .of.fields = &itself};
    static const struct candid_tuple types = {.record = &record};
    enum { BLOB_BYTES = 47232 };
    static uint8_t message[1u << 16];
    struct candid_func out;
    struct candid_report report;
    size_t size = 6;
    memcpy(message, "DIDL", 4);
    message[4] = (uint8_t)((count + 1) | 0x80);
    message[5] = (uint8_t)((count + 1) >> 7);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t next = i + 1 < count ? i + 1 : i;
        const uint8_t entry[] = {0x6a, 1, (uint8_t)(next | 0x80), (uint8_t)(next >> 7), 0, 0};
        memcpy(message + size, entry, sizeof entry);
        size += sizeof entry;
    }
    const uint8_t rest[] = {0x6d, 0x7b, 2, 0, (uint8_t)(count | 0x80), (uint8_t)(count >> 7),
                            1, 1, 0, 0, 0x80 | (BLOB_BYTES & 0x7f),
                            0x80 | (BLOB_BYTES >> 7 & 0x7f), BLOB_BYTES >> 14};
    memcpy(message + size, rest, sizeof rest);
    size += sizeof rest;
    memset(message + size, 0, BLOB_BYTES);
    ic_arena_reset(&arena);
    return candid_decode_reported(&out, &types,
                                  (struct ic_bytes){.at = message, .size = size + BLOB_BYTES}, false,
                                  &arena, &report);
}

/* The last type is compared both ways round, so there is a pair more than types. */
static void test_pairs_of_subtyping_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(compare_funcs(10), CANDID_OK);
    assert_int_equal(compare_funcs(CANDID_SUBTYPE_PAIRS_MAX - 1), CANDID_OK);
    assert_int_equal(compare_funcs(CANDID_SUBTYPE_PAIRS_MAX), CANDID_TOO_LARGE);
}

/* So many records, each in the next, the innermost with an opt that is null.
 *   returns   whether the type table was made narrow */
static bool is_narrow(uint32_t records)
{
    static struct candid_type types[CANDID_NARROW_ENTRIES_MAX + 3];
    static struct candid_field fields[CANDID_NARROW_ENTRIES_MAX + 3];
    const struct ic_bytes full = IC_BYTES_LIT("DIDL, in full");
    const uint8_t value[1] = {false};
    struct ic_bytes out;
    types[0] = (struct candid_type){.kind = CANDID_KIND_OPT,
                                    .size = 1,
                                    .offset = 1,
                                    .align = 1,
                                    .of.inner = &candid_type_null};
    for (uint32_t i = 1; i <= records + 1; i++) {
        fields[i].type = &types[i - 1];
        types[i] = (struct candid_type){.kind = CANDID_KIND_RECORD,
                                        .size = 1,
                                        .align = 1,
                                        .count = 1,
                                        .of.fields = &fields[i]};
    }
    const struct candid_tuple tuple = {
        .record = &types[records + 1], .narrows = true, .known[CANDID_KNOWN_RUST] = full};
    ic_arena_reset(&arena);
    assert_int_equal(candid_encode(&out, &tuple, value, CANDID_ENCODE_NARROW, &arena), CANDID_OK);
    assert_true(out.size > 4);
    assert_true(out.at[4] == full.at[4] || out.at[4] == records);
    return out.at[4] == records;
}

static void test_narrow_tables_are_bounded(void **state)
{
    (void)state;
    assert_true(is_narrow(1));
    assert_true(is_narrow(CANDID_NARROW_ENTRIES_MAX));
    assert_false(is_narrow(CANDID_NARROW_ENTRIES_MAX + 1));
}

/* A few bytes that ask for elements of 64 KiB each in C. */
static void test_heap_is_bounded(void **state)
{
    (void)state;
    enum { ELEMENT_BYTES = 65536 };
    static const struct candid_type element = {
        .kind = CANDID_KIND_RECORD, .size = ELEMENT_BYTES, .align = 1};
    static const struct candid_type vec = {
        .kind = CANDID_KIND_VEC, .size = 16, .align = 8, .of.inner = &element};
    static const struct candid_field field = {.type = &vec};
    static const struct candid_type record = {
        .kind = CANDID_KIND_RECORD, .size = 16, .align = 8, .count = 1, .of.fields = &field};
    static const struct candid_tuple types = {.record = &record};
    for (uint8_t count = 1; count < 20; count++) {
        const uint8_t message[] = {'D', 'I', 'D', 'L', 2, 0x6d, 1, 0x6c, 0, 1, 0, count};
        const uint64_t limit =
            CANDID_HEAP_BYTES_BASE + CANDID_HEAP_BYTES_PER_BYTE * sizeof message;
        static uint8_t memory[2 * CANDID_HEAP_BYTES_BASE];
        struct ic_arena large;
        uint64_t out[2];
        ic_arena_init(&large, memory, sizeof memory);
        assert_int_equal(candid_decode(out, &types,
                                       (struct ic_bytes){.at = message, .size = sizeof message},
                                       &large),
                         count * (uint64_t)ELEMENT_BYTES <= limit ? CANDID_OK
                                                                  : CANDID_TOO_LARGE);
    }
}

static void test_texts_are_short(void **state)
{
    (void)state;
    for (int i = 0; i < CANDID_RESULT_COUNT; i++) {
        const char *text = candid_result_text((enum candid_result)i);
        assert_non_null(text);
        assert_true(strlen(text) <= CANDID_RESULT_TEXT_MAX);
    }
}

/* ---- the message frame --------------------------------------------------------------------------- */

/* The handlers that sample_did.h declares. */
static bool guard_refuses;
static struct sample_transfer_in seen;

void sample_init(const struct sample_init_in *in)
{
    assert_int_equal(in->owner.size, 3);
}

void sample_transfer(const struct sample_transfer_in *in, struct sample_transfer_out *out)
{
    seen = *in;
    out->ret0 = (struct sample_result){.tag = SAMPLE_RESULT_OK, .as.ok = in->arg0.amount};
}

void sample_name(struct sample_name_out *out)
{
    out->ret0 = IC_BYTES_LIT("Sample");
}

const char *sample_guard(void)
{
    return guard_refuses ? "not now" : NULL;
}

const char *sample_not_seven(void)
{
    struct sample_later_in in;
    candid_msg_receive(candid_msg_inspected(), &in);
    return in.arg0 == 7 ? "not seven" : NULL;
}

void sample_list(const struct sample_list_in *in, struct sample_list_out *out)
{
    out->ret0 = in->arg0;
}

void sample_page(const struct sample_page_in *in, struct sample_page_out *out)
{
    out->ret0.next.has = in->start != 0;
    out->ret0.next.value = in->start;
}

void sample_raw(struct ic_bytes argument)
{
    sample_raw_reply(&(struct sample_raw_out){.ret0 = (uint8_t)argument.size});
}

void sample_later(const struct sample_later_in *in)
{
    sample_later_reply(&(struct sample_later_out){.ret0 = in->arg0});
}

void sample_full(struct sample_full_out *out)
{
    out->ret0 = (struct sample_result){.tag = SAMPLE_RESULT_OK, .as.ok = {.lo = 5}};
}

void sample_dear_empty(const struct sample_dear_empty_in *in)
{
    assert_int_equal(in->arg0.count, 0);
}

void sample_dear_nested(const struct sample_dear_nested_in *in)
{
    assert_int_equal(in->arg0.count, 0);
}

void sample_dear_opt(const struct sample_dear_opt_in *in)
{
    assert_int_equal(in->arg0.count, 0);
}

void sample_dear_record(const struct sample_dear_record_in *in)
{
    assert_int_equal(in->arg0.count, 0);
}

void sample_dear_variant(const struct sample_dear_variant_in *in)
{
    assert_int_equal(in->arg0.count, 0);
}

void sample_export_init(void);
void sample_export_transfer(void);
void sample_export_name(void);
void sample_export_list(void);
void sample_export_page(void);
void sample_export_raw(void);
void sample_export_later(void);
void sample_export_full(void);
void sample_export_inspect_message(void);

static void run_export(void *argument)
{
    void (**body)(void) = argument;
    (*body)();
}

static bool run(void (*body)(void), const char *hex)
{
    ic_host_arg_set(from_hex(hex));
    return ic_host_run(run_export, &body);
}

static void check_reply(const char *hex)
{
    assert_true(ic_host_has_replied());
    assert_true(ic_bytes_is_equal(ic_host_reply(), from_hex(hex)));
}

static void test_message_frame(void **state)
{
    (void)state;
    char hex[1024];
    ic_host_reset();
    strcpy(hex, TRANSFER_JS);
    strcat(hex, TRANSFER_VALUES);
    assert_true(run(sample_export_transfer, hex));
    check_transfer(&seen);
    check_reply("4449444c016b01bc8a017d010000ac02");
    assert_true(run(sample_export_full, "4449444c0000"));
    assert_true(ic_host_reply().size > 40);
    assert_false(run(sample_export_transfer, "4449444c0000"));
    assert_string_equal(ic_host_trap_text(), candid_result_text(CANDID_MISSING));
    assert_true(run(sample_export_init, "4449444c0001680103caffee"));
    assert_true(run(sample_export_later, "4449444c00017b07"));
    check_reply("4449444c00017b07");
}

static void test_annotations(void **state)
{
    (void)state;
    ic_host_reset();
    assert_true(run(sample_export_name, "ffff")); /* @noargs: not looked at */
    check_reply("4449444c0001710653616d706c65");
    char large[2 * 101 + 1];
    memset(large, '0', sizeof large - 1);
    large[sizeof large - 1] = 0;
    assert_false(run(sample_export_name, large)); /* @max 100 */
    assert_string_equal(ic_host_trap_text(), "Candid: the argument is too large");
    assert_true(run(sample_export_raw, "ffffff"));
    check_reply("4449444c00017b03");
    guard_refuses = true;
    assert_true(run(sample_export_list, "ff")); /* refused before it is decoded */
    assert_true(ic_host_has_rejected());
    assert_true(ic_bytes_is_equal(ic_host_reject_text(), IC_BYTES_LIT("not now")));
    guard_refuses = false;
    assert_true(run(sample_export_list, "4449444c00017f"));
    check_reply("4449444c00017f");
}

static bool inspect(struct ic_bytes method, const char *hex)
{
    ic_host_method_set(method);
    return run(sample_export_inspect_message, hex) && ic_host_has_accepted();
}

static void expect_refusal(struct ic_bytes method, const char *hex, const char *text)
{
    assert_false(inspect(method, hex));
    assert_false(ic_host_has_accepted());
    assert_string_equal(ic_host_trap_text(), text);
}

static void test_inspection(void **state)
{
    (void)state;
    ic_host_reset();
    assert_true(
        inspect(IC_BYTES_LIT("transfer"), "ff")); /* no function: the argument is not looked at */
    assert_true(inspect(IC_BYTES_LIT("name"), "ff")); /* a query, called as an update */
    char large[2 * 101 + 1];
    memset(large, '0', sizeof large - 1);
    large[sizeof large - 1] = 0;
    expect_refusal(IC_BYTES_LIT("name"), large, "Candid: the argument is too large");
    guard_refuses = true;
    expect_refusal(IC_BYTES_LIT("list"), "ff", "not now");
    guard_refuses = false;
    assert_true(inspect(IC_BYTES_LIT("list"), "ff"));
    assert_true(inspect(IC_BYTES_LIT("later"), "4449444c00017b06"));
    expect_refusal(IC_BYTES_LIT("later"), "4449444c00017b07", "not seven");
    expect_refusal(IC_BYTES_LIT("later"), "4449444c00017b", candid_result_text(CANDID_TRUNCATED));
    const struct ic_bytes unknown[] = {IC_BYTES_LIT(""),       IC_BYTES_LIT("late"),
                                       IC_BYTES_LIT("later "), IC_BYTES_LIT("later\0"),
                                       IC_BYTES_LIT("\0"),     IC_BYTES_LIT("Later")};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        expect_refusal(unknown[i], "4449444c0000",
                       "Candid: no method of this name can be called as an update");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_known_headers_are_fast, reset),
        cmocka_unit_test_setup(test_every_truncation_is_refused, reset),
        cmocka_unit_test_setup(test_nats_of_any_size, reset),
        cmocka_unit_test_setup(test_ints_of_any_size, reset),
        cmocka_unit_test_setup(test_narrow_replies, reset),
        cmocka_unit_test_setup(test_values_survive, reset),
        cmocka_unit_test_setup(test_messages_are_bounded, reset),
        cmocka_unit_test_setup(test_header_is_bounded, reset),
        cmocka_unit_test_setup(test_heap_is_bounded, reset),
        cmocka_unit_test_setup(test_pairs_of_subtyping_are_bounded, reset),
        cmocka_unit_test_setup(test_narrow_tables_are_bounded, reset),
        cmocka_unit_test_setup(test_encoder_runs_out_of_memory_cleanly, reset),
        cmocka_unit_test_setup(test_depth_is_bounded, reset),
        cmocka_unit_test_setup(test_zero_sized_elements_are_bounded, reset),
        cmocka_unit_test_setup(test_tables_are_bounded, reset),
        cmocka_unit_test_setup(test_texts_are_short, reset),
        cmocka_unit_test_setup(test_message_frame, reset),
        cmocka_unit_test_setup(test_annotations, reset),
        cmocka_unit_test_setup(test_inspection, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
