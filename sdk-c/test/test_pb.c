/* Protocol buffers: the examples of the specification, every type at its corners, hostile input. */
#include "test/check.h"

#include "ic/pb.h"

static uint8_t buffer[70000];

static struct ic_writer writer(void)
{
    struct ic_writer w;
    ic_writer_init(&w, buffer, sizeof buffer);
    return w;
}

#define CHECK_BYTES(w, literal)                                                                    \
    do {                                                                                           \
        assert_true(ic_writer_ok(w));                                                              \
        assert_true(ic_bytes_is_equal(ic_writer_bytes(w), IC_BYTES_LIT(literal)));                 \
    } while (0)

/* protobuf.dev, "Encoding": 08 96 01; 12 07 "testing"; 1a 03 08 96 01; 32 06 03 8e 02 9e a7 05. */
static void examples_of_the_specification(void **state)
{
    (void)state;
    struct ic_writer w = writer();
    ic_pb_put_u64(&w, 1, 150);
    CHECK_BYTES(&w, "\x08\x96\x01");
    w = writer();
    ic_pb_put_bytes(&w, 2, IC_BYTES_LIT("testing"));
    CHECK_BYTES(&w, "\x12\x07testing");
    w = writer();
    size_t mark = ic_pb_message_begin(&w, 3);
    ic_pb_put_u64(&w, 1, 150);
    ic_pb_message_end(&w, mark);
    CHECK_BYTES(&w, "\x1a\x03\x08\x96\x01");
    w = writer();
    ic_pb_put_i64(&w, 1, -2);
    CHECK_BYTES(&w, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    struct ic_pb r = ic_pb_from(IC_BYTES_LIT("\x32\x06\x03\x8e\x02\x9e\xa7\x05"));
    static const uint64_t EXPECTED[] = {3, 270, 86942};
    struct ic_reader packed = {.left = 0};
    uint64_t value;
    size_t count = 0;
    assert_true(ic_pb_next(&r));
    assert_int_equal(r.field, 6);
    while (ic_pb_packed_u64(&value, &packed, &r)) {
        assert_true(value == EXPECTED[count++]);
    }
    assert_int_equal(count, 3);
    assert_false(ic_pb_next(&r));
    assert_true(ic_pb_done(&r));
}

static void zigzag(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        uint64_t folded;
    } CASES[] = {{0, 0},
                 {-1, 1},
                 {1, 2},
                 {-2, 3},
                 {2147483647, 4294967294},
                 {-2147483648LL, 4294967295},
                 {INT64_MAX, UINT64_MAX - 1},
                 {INT64_MIN, UINT64_MAX}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct ic_writer w = writer();
        ic_pb_put_s64(&w, 1, CASES[i].value);
        struct ic_pb r = ic_pb_from(ic_writer_bytes(&w));
        assert_true(ic_pb_next(&r));
        assert_true(ic_pb_u64(&r) == CASES[i].folded);
        r = ic_pb_from(ic_writer_bytes(&w));
        assert_true(ic_pb_next(&r));
        assert_true(ic_pb_s64(&r) == CASES[i].value);
        assert_true(ic_pb_done(&r));
    }
}

static void all_types_come_back(void **state)
{
    (void)state;
    struct ic_writer w = writer();
    ic_pb_put_u64(&w, 1, UINT64_MAX);
    ic_pb_put_u64(&w, IC_PB_FIELD_MAX, UINT32_MAX);
    ic_pb_put_u64(&w, 3, 1);
    ic_pb_put_i64(&w, 4, INT64_MIN);
    ic_pb_put_i64(&w, 5, INT32_MIN);
    ic_pb_put_fixed64(&w, 6, UINT64_MAX - 5);
    ic_pb_put_fixed32(&w, 7, UINT32_MAX - 5);
    ic_pb_put_bytes(&w, 8, IC_BYTES_LIT(""));
    ic_pb_put_bytes(&w, 9, IC_BYTES_LIT("h\xc3\xa9"));
    struct ic_pb r = ic_pb_from(ic_writer_bytes(&w));
    assert_true(ic_pb_next(&r) && r.field == 1 && ic_pb_u64(&r) == UINT64_MAX);
    assert_true(ic_pb_next(&r) && r.field == IC_PB_FIELD_MAX && ic_pb_u32(&r) == UINT32_MAX);
    assert_true(ic_pb_next(&r) && ic_pb_boolean(&r));
    assert_true(ic_pb_next(&r) && ic_pb_i64(&r) == INT64_MIN);
    assert_true(ic_pb_next(&r) && ic_pb_i32(&r) == INT32_MIN);
    assert_true(ic_pb_next(&r) && ic_pb_fixed64(&r) == UINT64_MAX - 5);
    assert_true(ic_pb_next(&r) && ic_pb_fixed32(&r) == UINT32_MAX - 5);
    assert_true(ic_pb_next(&r) && ic_pb_bytes(&r).size == 0);
    assert_true(ic_pb_next(&r) && ic_pb_text(&r).size == 3);
    assert_false(ic_pb_next(&r));
    assert_true(ic_pb_done(&r));
}

static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    struct ic_writer w = writer();
    ic_pb_put_u64(&w, 1, 7);
    ic_pb_put_bytes(&w, 2, IC_BYTES_LIT("future"));
    ic_pb_put_fixed32(&w, 3, 1);
    ic_pb_put_fixed64(&w, 4, 1);
    ic_pb_put_u64(&w, 5, 9);
    struct ic_pb r = ic_pb_from(ic_writer_bytes(&w));
    unsigned fields = 0;
    uint64_t last = 0;
    while (ic_pb_next(&r)) {
        fields++;
        if (r.field == 5) {
            last = ic_pb_u64(&r);
        }
    }
    assert_true(ic_pb_done(&r));
    assert_int_equal(fields, 5);
    assert_int_equal(last, 9);
}

/* Messages in messages, whose sizes need one, two and three bytes. */
static void nested(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 120, 126, 127, 128, 16380, 16384, 60000};
    static uint8_t filler[60000];
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        struct ic_writer w = writer();
        size_t outer = ic_pb_message_begin(&w, 1);
        size_t inner = ic_pb_message_begin(&w, 2);
        ic_pb_put_bytes(&w, 3, (struct ic_bytes){.at = filler, .size = SIZES[i]});
        ic_pb_message_end(&w, inner);
        ic_pb_put_u64(&w, 4, 44);
        ic_pb_message_end(&w, outer);
        ic_pb_put_u64(&w, 5, 55);
        struct ic_pb a = ic_pb_from(ic_writer_bytes(&w));
        assert_true(ic_pb_next(&a) && a.field == 1);
        struct ic_pb b = ic_pb_message(&a);
        assert_true(ic_pb_next(&b) && b.field == 2);
        struct ic_pb c = ic_pb_message(&b);
        assert_true(ic_pb_next(&c) && c.field == 3 && ic_pb_bytes(&c).size == SIZES[i]);
        assert_true(!ic_pb_next(&c) && ic_pb_done(&c));
        assert_true(ic_pb_next(&b) && ic_pb_u64(&b) == 44 && !ic_pb_next(&b) && ic_pb_done(&b));
        assert_true(ic_pb_next(&a) && ic_pb_u64(&a) == 55 && !ic_pb_next(&a) && ic_pb_done(&a));
    }
}

/* A buffer of any size: what does not fit is noticed, nothing is written behind it. */
static void writers_run_full(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 150; capacity++) {
        uint8_t *exact = malloc(capacity + 1);
        struct ic_writer w;
        ic_writer_init(&w, exact, capacity);
        size_t mark = ic_pb_message_begin(&w, 1);
        for (int i = 0; i < 12; i++) {
            ic_pb_put_fixed64(&w, 1, UINT64_MAX);
        }
        ic_pb_put_bytes(&w, 2, IC_BYTES_LIT("twenty bytes of text"));
        ic_pb_message_end(&w, mark);
        assert_int_equal(ic_writer_ok(&w), capacity >= 108 + 22 + 3);
        free(exact);
    }
}

static void check_refused(struct ic_bytes message)
{
    struct ic_pb r = ic_pb_from(message);
    while (ic_pb_next(&r)) {
    }
    assert_false(ic_pb_done(&r));
    assert_false(ic_pb_next(&r));
    assert_true(ic_pb_u64(&r) == 0 && ic_pb_bytes(&r).size == 0); /* stays failed */
}

static void malformed(void **state)
{
    (void)state;
    check_refused(IC_BYTES_LIT("\x08"));                     /* no value */
    check_refused(IC_BYTES_LIT("\x08\x80"));                 /* half a number */
    check_refused(IC_BYTES_LIT("\x00\x01"));                 /* field 0 */
    check_refused(IC_BYTES_LIT("\x0b\x0c"));                 /* a group */
    check_refused(IC_BYTES_LIT("\x0e\x00"));                 /* wire type 6 */
    check_refused(IC_BYTES_LIT("\x0f\x00"));                 /* wire type 7 */
    check_refused(IC_BYTES_LIT("\x80\x80\x80\x80\x10\x00")); /* field 2^29 */
    check_refused(IC_BYTES_LIT("\x0a\x05"
                               "four"));                                         /* too short */
    check_refused(IC_BYTES_LIT("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")); /* 2^64 - 1 */
    check_refused(IC_BYTES_LIT("\x0d\x01\x02\x03"));                 /* half a fixed32 */
    check_refused(IC_BYTES_LIT("\x09\x01\x02\x03\x04\x05\x06\x07")); /* a fixed64 */
    check_refused(IC_BYTES_LIT("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));     /* 2^64 */
    check_refused(IC_BYTES_LIT("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")); /* 11 bytes */
}

/* Every value asked for as every type: right or failed, never anything else. */
static void wrong_types(void **state)
{
    (void)state;
    struct ic_pb r = ic_pb_from(IC_BYTES_LIT("\x0a\x01\xff"));
    assert_true(ic_pb_next(&r) && ic_pb_u64(&r) == 0 && !ic_pb_done(&r));
    r = ic_pb_from(IC_BYTES_LIT("\x0a\x01\xff"));
    assert_true(ic_pb_next(&r) && ic_pb_text(&r).size == 0 && !ic_pb_done(&r));
    r = ic_pb_from(IC_BYTES_LIT("\x08\x01"));
    assert_true(ic_pb_next(&r) && ic_pb_fixed32(&r) == 0 && !ic_pb_done(&r));
    r = ic_pb_from(IC_BYTES_LIT("\x08\x02"));
    assert_true(ic_pb_next(&r) && !ic_pb_boolean(&r) && !ic_pb_done(&r));
    r = ic_pb_from(IC_BYTES_LIT("\x08\x80\x80\x80\x80\x10"));
    assert_true(ic_pb_next(&r) && ic_pb_u32(&r) == 0 && !ic_pb_done(&r));
    r = ic_pb_from(IC_BYTES_LIT("\x08\x80\x80\x80\x80\x10"));
    assert_true(ic_pb_next(&r) && ic_pb_i32(&r) == 0 && !ic_pb_done(&r));
    r = ic_pb_from(IC_BYTES_LIT("\x08\x01"));
    assert_true(ic_pb_next(&r) && ic_pb_u64(&r) == 1);
    assert_true(ic_pb_u64(&r) == 0 && !ic_pb_done(&r)); /* read twice */
    r = ic_pb_from(IC_BYTES_LIT("\x08\x01\x10\x02"));
    assert_true(ic_pb_next(&r) && ic_pb_u64(&r) == 1);
    assert_true(ic_pb_u64(&r) == 0 && !ic_pb_next(&r)); /* the next key is no value */
    struct ic_writer w = writer();
    ic_pb_put_i64(&w, 1, (int64_t)INT32_MIN - 1);
    r = ic_pb_from(ic_writer_bytes(&w));
    assert_true(ic_pb_next(&r) && ic_pb_i32(&r) == 0 && !ic_pb_done(&r));
    uint64_t value;
    struct ic_reader packed = {.left = 0};
    r = ic_pb_from(IC_BYTES_LIT("\x0a\x02\x05\x80")); /* packed, the second is half a number */
    assert_true(ic_pb_next(&r) && ic_pb_packed_u64(&value, &packed, &r) && value == 5);
    assert_false(ic_pb_packed_u64(&value, &packed, &r));
    assert_false(ic_pb_done(&r));
}

static void nested_too_deep(void **state)
{
    (void)state;
    struct ic_bytes message = {.at = buffer, .size = 0};
    for (size_t i = 0; i < 2000; i++) { /* each a field of the one around it */
        memmove(buffer + 3, buffer, message.size);
        size_t size = message.size;
        buffer[0] = 0x0a;
        buffer[1] = (uint8_t)(size % 128 + 128);
        buffer[2] = (uint8_t)(size / 128);
        message.size += 3;
    }
    struct ic_pb r = ic_pb_from(message);
    uint32_t depth = 0;
    while (ic_pb_next(&r)) {
        r = ic_pb_message(&r);
        depth++;
    }
    assert_false(ic_pb_done(&r));
    assert_int_equal(depth, IC_PB_DEPTH_MAX + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_specification),
        cmocka_unit_test(zigzag),
        cmocka_unit_test(all_types_come_back),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(nested),
        cmocka_unit_test(writers_run_full),
        cmocka_unit_test(malformed),
        cmocka_unit_test(wrong_types),
        cmocka_unit_test(nested_too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
