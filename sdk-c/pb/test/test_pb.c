/* Protocol buffers over nanopb: the examples of the specification, every type and shape at its corners,
 * hostile input. */
#include "test/check.h"

#include "ic/msg.h"
#include "ic/pb.h"
#include "sample.pb.h"

#include <math.h>

static uint8_t memory[1 << 20];
static uint8_t buffer[1 << 17];
static struct ic_arena arena;

static int fresh_arena(void **state)
{
    (void)state;
    ic_arena_init(&arena, memory, sizeof memory);
    return 0;
}

#define LIT(literal)              IC_BYTES_LIT(literal)
#define CHECK_BYTES(is, expected) assert_true(ic_bytes_is_equal((is), (expected)))

/* The message is encoded as these bytes, and they are decoded as the message; *(out) keeps it. */
#define CHECK_BOTH_WAYS(out, type, message, bytes)                                                 \
    do {                                                                                           \
        struct ic_bytes packed_;                                                                   \
        assert_true(ic_pb_pack(&packed_, type, message, &arena));                                  \
        CHECK_BYTES(packed_, bytes);                                                               \
        assert_true(ic_pb_decode(out, type, bytes, &arena));                                       \
        assert_true(ic_pb_pack(&packed_, type, out, &arena));                                      \
        CHECK_BYTES(packed_, bytes);                                                               \
    } while (0)

/* Input of its exact size on the heap, so that the sanitizer sees a byte read too many. */
static struct ic_bytes exact(struct ic_bytes in)
{
    uint8_t *copy = malloc(in.size + (in.size == 0));
    assert_non_null(copy);
    memcpy(copy, in.at, in.size);
    return (struct ic_bytes){.at = copy, .size = in.size};
}

static bool shapes_decode(sample_Shapes *out, struct ic_bytes in)
{
    ic_arena_reset(&arena);
    return ic_pb_decode(out, sample_Shapes, in, &arena);
}

/* Refused, and nothing is left of it. */
static void check_refused(struct ic_bytes in)
{
    static const sample_Shapes NOTHING;
    sample_Shapes shapes;
    struct ic_bytes copy = exact(in);
    assert_false(shapes_decode(&shapes, copy));
    assert_memory_equal(&shapes, &NOTHING, sizeof shapes);
    free((void *)copy.at);
}

/* ---- the specification ------------------------------------------------------------------------- */

/* protobuf.dev, "Encoding": Test1 { a: 150 }, Test2 { b: "testing" }, Test3 { c { a: 150 } },
 * Test4 { d: "hello" e: 3 e: 270 e: 86942 }, and -2 in ten bytes. */
static void examples_of_the_specification(void **state)
{
    (void)state;
    sample_Test1 one;
    CHECK_BOTH_WAYS(&one, sample_Test1, (&(sample_Test1){.a = 150}), LIT("\x08\x96\x01"));
    assert_int_equal(one.a, 150);
    CHECK_BOTH_WAYS(&one, sample_Test1, (&(sample_Test1){.a = -2}),
                    LIT("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    assert_int_equal(one.a, -2);
    sample_Test2 two;
    CHECK_BOTH_WAYS(&two, sample_Test2, (&(sample_Test2){.b = LIT("testing")}),
                    LIT("\x12\x07testing"));
    CHECK_BYTES(two.b, LIT("testing"));
    sample_Test3 three;
    CHECK_BOTH_WAYS(&three, sample_Test3, (&(sample_Test3){.has_c = true, .c.a = 150}),
                    LIT("\x1a\x03\x08\x96\x01"));
    assert_true(three.has_c && three.c.a == 150);
    sample_Test4 four;
    CHECK_BOTH_WAYS(&four, sample_Test4,
                    (&(sample_Test4){.d = LIT("hello"), .e_count = 3, .e = {3, 270, 86942}}),
                    LIT("\x22\x05hello\x32\x06\x03\x8e\x02\x9e\xa7\x05"));
    assert_true(four.e_count == 3 && four.e[2] == 86942);
}

/* What parsers must accept besides: unpacked and mixed numbers, the last of two scalars, messages in two
 * parts, fields out of order, fields from the future. */
static void other_encodings(void **state)
{
    (void)state;
    sample_Test4 four;
    assert_true(ic_pb_decode(&four, sample_Test4,
                             LIT("\x30\x03\x32\x03\x8e\x02\x07\x30\x09\x22\x01x"), &arena));
    assert_true(four.e_count == 4 && four.e[0] == 3 && four.e[1] == 270 && four.e[2] == 7 &&
                four.e[3] == 9);
    CHECK_BYTES(four.d, LIT("x"));
    sample_Test1 one;
    assert_true(ic_pb_decode(&one, sample_Test1, LIT("\x08\x01\x08\x02"), &arena));
    assert_int_equal(one.a, 2);
    sample_Test3 three;
    assert_true(
        ic_pb_decode(&three, sample_Test3, LIT("\x1a\x02\x08\x07\x1a\x02\x10\x63"), &arena));
    assert_int_equal(three.c.a, 7);
    sample_Test2 two;
    assert_true(ic_pb_decode(&two, sample_Test2,
                             LIT("\x08\x01\x1a\x03zzz\x25\x31\x32\x33\x34\x12\x01y"
                                 "\x29\x31\x32\x33\x34\x35\x36\x37\x38\x3a\x00"),
                             &arena));
    CHECK_BYTES(two.b, LIT("y"));
    assert_true(ic_pb_decode(&two, sample_Test2, LIT("\x12\x01y\x12\x02zz"), &arena));
    CHECK_BYTES(two.b, LIT("zz"));
    /* A number with zeros behind it, in ten bytes. */
    assert_true(ic_pb_decode(&one, sample_Test1,
                             LIT("\x08\x85\x80\x80\x80\x80\x80\x80\x80\x80\x00"), &arena));
    assert_int_equal(one.a, 5);
}

/* ---- types -------------------------------------------------------------------------------------- */

static void scalars_come_back(void **state)
{
    (void)state;
    static const sample_Scalars CASES[] = {
        {.i32 = 0},
        {.i32 = INT32_MIN,
         .i64 = INT64_MIN,
         .u32 = UINT32_MAX,
         .u64 = UINT64_MAX,
         .s32 = INT32_MIN,
         .s64 = INT64_MIN,
         .flag = true,
         .f32 = UINT32_MAX,
         .f64 = UINT64_MAX,
         .sf32 = INT32_MIN,
         .sf64 = INT64_MIN,
         .mood = sample_Mood_MOOD_BAD,
         .real32 = -0.5f,
         .real64 = 1e300,
         .blob = {(const uint8_t *)"\0\xff", 2},
         .text = {(const uint8_t *)"h\xc3\xa9", 3}},
        {.i32 = INT32_MAX,
         .i64 = INT64_MAX,
         .u32 = 1,
         .u64 = 1,
         .s32 = INT32_MAX,
         .s64 = INT64_MAX,
         .f32 = 1,
         .f64 = 1,
         .sf32 = INT32_MAX,
         .sf64 = INT64_MAX,
         .mood = sample_Mood_MOOD_GOOD,
         .real32 = INFINITY,
         .real64 = -INFINITY},
        {.i32 = -1, .i64 = -1, .s32 = -1, .s64 = -1, .sf32 = -1, .sf64 = -1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const sample_Scalars *c = &CASES[i];
        sample_Scalars is;
        struct ic_bytes packed;
        assert_true(ic_pb_pack(&packed, sample_Scalars, c, &arena));
        assert_int_equal(packed.size == 0, i == 0);
        assert_true(ic_pb_decode(&is, sample_Scalars, packed, &arena));
        assert_true(is.i32 == c->i32 && is.i64 == c->i64 && is.u32 == c->u32 && is.u64 == c->u64);
        assert_true(is.s32 == c->s32 && is.s64 == c->s64 && is.flag == c->flag);
        assert_true(is.f32 == c->f32 && is.f64 == c->f64 && is.sf32 == c->sf32);
        assert_true(is.sf64 == c->sf64 && is.mood == c->mood);
        assert_true(is.real32 == c->real32 && is.real64 == c->real64);
        CHECK_BYTES(is.blob, c->blob);
        CHECK_BYTES(is.text, c->text);
    }
}

/* protobuf.dev, "Signed Integers". */
static void zigzag(void **state)
{
    (void)state;
    static const struct {
        int32_t value;
        struct ic_bytes bytes;
    } CASES[] = {{-1, {(const uint8_t *)"\x28\x01", 2}},
                 {1, {(const uint8_t *)"\x28\x02", 2}},
                 {-2, {(const uint8_t *)"\x28\x03", 2}},
                 {INT32_MAX, {(const uint8_t *)"\x28\xfe\xff\xff\xff\x0f", 6}},
                 {INT32_MIN, {(const uint8_t *)"\x28\xff\xff\xff\xff\x0f", 6}}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        sample_Scalars is;
        CHECK_BOTH_WAYS(&is, sample_Scalars, (&(sample_Scalars){.s32 = CASES[i].value}),
                        CASES[i].bytes);
        assert_int_equal(is.s32, CASES[i].value);
    }
}

static void presence(void **state)
{
    (void)state;
    sample_Shapes is;
    CHECK_BOTH_WAYS(&is, sample_Shapes, (&(sample_Shapes){.maybe = 5}), LIT(""));
    assert_true(!is.has_maybe && is.maybe_blob.at == NULL && !is.has_owner && is.self.at == NULL);
    CHECK_BOTH_WAYS(&is, sample_Shapes,
                    (&(sample_Shapes){.has_maybe = true, .maybe_blob = LIT("")}),
                    LIT("\x08\x00\x12\x00"));
    assert_true(is.has_maybe && is.maybe == 0);
    assert_true(is.maybe_blob.at != NULL && is.maybe_blob.size == 0);
    CHECK_BOTH_WAYS(&is, sample_Shapes, (&(sample_Shapes){.has_owner = true}), LIT("\x72\x00"));
    assert_true(is.has_owner && is.owner.serialized_id.size == 0);
}

static void one_of_many(void **state)
{
    (void)state;
    sample_Shapes is;
    sample_Shapes number = {.which_choice = sample_Shapes_number_tag};
    CHECK_BOTH_WAYS(&is, sample_Shapes, &number, LIT("\x48\x00"));
    assert_int_equal(is.which_choice, sample_Shapes_number_tag);
    sample_Shapes raw = {.which_choice = sample_Shapes_raw_tag, .choice.raw = LIT("\x01\x02")};
    CHECK_BOTH_WAYS(&is, sample_Shapes, &raw, LIT("\x52\x02\x01\x02"));
    CHECK_BYTES(is.choice.raw, LIT("\x01\x02"));
    sample_Shapes name = {.which_choice = sample_Shapes_name_tag};
    CHECK_BOTH_WAYS(&is, sample_Shapes, &name, LIT("\x5a\x00"));
    assert_int_equal(is.which_choice, sample_Shapes_name_tag);
    sample_Shapes who = {.which_choice = sample_Shapes_who_tag,
                         .choice.who.serialized_id = {.size = 1, .bytes = {4}}};
    CHECK_BOTH_WAYS(&is, sample_Shapes, &who, LIT("\x62\x03\x0a\x01\x04"));
    assert_true(is.choice.who.serialized_id.size == 1 && is.choice.who.serialized_id.bytes[0] == 4);
    /* The last one counts, whatever was in its memory before. */
    assert_true(
        shapes_decode(&is, LIT("\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x52\x02zz\x62\x00")));
    assert_int_equal(is.which_choice, sample_Shapes_who_tag);
    assert_int_equal(is.choice.who.serialized_id.size, 0);
    assert_true(shapes_decode(&is, LIT("\x62\x03\x0a\x01\x04\x5a\x01z")));
    assert_int_equal(is.which_choice, sample_Shapes_name_tag);
    CHECK_BYTES(is.choice.name, LIT("z"));
}

/* Lists of any length, more than one in a message, their elements interleaved. */
static void lists(void **state)
{
    (void)state;
    static const size_t COUNTS[] = {0, 1, 3, 4, 5, 8, 9, 100, 1000};
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        size_t used = 0;
        for (size_t n = 0; n < COUNTS[i]; n++) {
            uint8_t element[] = {0x32, 2, (uint8_t)n, (uint8_t)(n >> 8), 0x3a, 1, 'a'};
            element[6] = (uint8_t)('a' + n % 26);
            memcpy(buffer + used, element, sizeof element);
            used += sizeof element;
        }
        sample_Shapes is;
        assert_true(shapes_decode(&is, (struct ic_bytes){.at = buffer, .size = used}));
        assert_int_equal(is.blobs.count, COUNTS[i]);
        assert_int_equal(is.texts.count, COUNTS[i]);
        for (size_t n = 0; n < COUNTS[i]; n++) {
            assert_int_equal(ic_load_u16_le(is.blobs.items[n].at), n);
            assert_int_equal(is.texts.items[n].at[0], 'a' + n % 26);
        }
        assert_true(arena.used <= 2 * (COUNTS[i] * 4 + 4) * sizeof(struct ic_bytes));
        struct ic_bytes packed;
        assert_true(ic_pb_pack(&packed, sample_Shapes, &is, &arena));
        assert_int_equal(packed.size, used);
    }
}

/* Messages in a list, in a map and in themselves are built and read one by one. */
static void messages_inside(void **state)
{
    (void)state;
    sample_Shapes outer = {0}, is, child;
    struct ic_bytes packed;
    for (uint64_t n = 0; n < 10; n++) {
        sample_Shapes_AgesEntry age = {.key = LIT("k"), .value = n};
        sample_Shapes leaf = {.has_maybe = true, .maybe = n};
        assert_true(ic_pb_pack(&packed, sample_Shapes_AgesEntry, &age, &arena));
        assert_true(ic_pb_list_add(&outer.ages, packed, &arena));
        assert_true(ic_pb_pack(&packed, sample_Shapes, &leaf, &arena));
        assert_true(ic_pb_list_add(&outer.children, packed, &arena));
        outer.self = packed;
    }
    assert_true(ic_pb_pack(&packed, sample_Shapes, &outer, &arena));
    assert_true(ic_pb_decode(&is, sample_Shapes, packed, &arena));
    assert_true(is.children.count == 10 && is.ages.count == 10);
    for (uint64_t n = 0; n < 10; n++) {
        sample_Shapes_AgesEntry age;
        assert_true(ic_pb_decode(&child, sample_Shapes, is.children.items[n], &arena));
        assert_true(ic_pb_decode(&age, sample_Shapes_AgesEntry, is.ages.items[n], &arena));
        assert_true(child.maybe == n && age.value == n);
    }
    assert_true(ic_pb_decode(&child, sample_Shapes, is.self, &arena));
    assert_true(child.maybe == 9);
}

/* Views look into the input and copy nothing. */
static void views(void **state)
{
    (void)state;
    struct ic_bytes in = LIT("\x32\x03xyz\x7a\x00\x12\x01q");
    sample_Shapes is;
    assert_true(shapes_decode(&is, in));
    assert_ptr_equal(is.blobs.items[0].at, in.at + 2);
    assert_ptr_equal(is.self.at, in.at + 7);
    assert_ptr_equal(is.maybe_blob.at, in.at + 9);
}

/* ---- bounds ------------------------------------------------------------------------------------- */

static void bounds_of_the_options(void **state)
{
    (void)state;
    static const struct {
        uint8_t key;
        size_t max;
    } SIZES[] = {{0x8a, 15}, {0x82, 32}}; /* label, hash: fields of two bytes */
    for (size_t i = 0; i < 2; i++) {
        for (size_t size = SIZES[i].max; size <= SIZES[i].max + 1; size++) {
            uint8_t message[40] = {SIZES[i].key, 1, (uint8_t)size};
            memset(message + 3, 'a', size);
            sample_Shapes is;
            struct ic_bytes in = exact((struct ic_bytes){.at = message, .size = size + 3});
            assert_int_equal(shapes_decode(&is, in), size == SIZES[i].max);
            free((void *)in.at);
        }
    }
    sample_Shapes is;
    assert_true(shapes_decode(&is, LIT("\x1a\x08\x01\x02\x03\x04\x05\x06\x07\x08")));
    assert_int_equal(is.numbers_count, 8);
    check_refused(LIT("\x1a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09"));
    check_refused(LIT("\x1a\x08\x01\x02\x03\x04\x05\x06\x07\x08\x18\x09"));
    check_refused(LIT("\x9a\x01\x00\x9a\x01\x00\x9a\x01\x00\x9a\x01\x00\x9a\x01\x00"));
}

/* An arena of any size: enough or refused. */
static void arenas_run_full(void **state)
{
    (void)state;
    size_t enough = 0;
    for (size_t size = 0; size <= 40 * sizeof(struct ic_bytes); size += 8) {
        uint8_t *exactly = malloc(size + 8);
        struct ic_arena small;
        sample_Shapes is;
        ic_arena_init(&small, exactly, size);
        bool fits =
            ic_pb_decode(&is, sample_Shapes,
                         LIT("\x32\x00\x32\x00\x32\x00\x32\x00\x32\x00\x32\x00\x3a\x00"), &small);
        assert_true(fits || enough == 0);
        assert_int_equal(is.blobs.count, fits ? 6 : 0);
        enough += fits;
        free(exactly);
    }
    assert_true(enough > 1);
    struct ic_bytes packed = LIT("before");
    ic_arena_init(&arena, memory, 0);
    assert_false(ic_pb_pack(&packed, sample_Test1, (&(sample_Test1){.a = 1}), &arena));
    CHECK_BYTES(packed, LIT("before"));
}

/* A writer of any size: what does not fit is noticed, nothing is written behind it. */
static void writers_run_full(void **state)
{
    (void)state;
    sample_Shapes shapes = {.has_maybe = true,
                            .maybe = UINT64_MAX,
                            .has_owner = true,
                            .owner.serialized_id = {.size = 29},
                            .self = LIT("twenty bytes of text"),
                            .numbers_count = 2,
                            .numbers = {1, UINT64_MAX}};
    for (size_t capacity = 0; capacity < 100; capacity++) {
        uint8_t *at = malloc(capacity + 1);
        struct ic_writer w;
        ic_writer_init(&w, at, capacity);
        bool fits = ic_pb_encode(&w, sample_Shapes, &shapes);
        assert_int_equal(fits, capacity >= 11 + 13 + 33 + 22);
        assert_int_equal(ic_writer_ok(&w), fits);
        assert_false(ic_pb_encode(&w, sample_Shapes, &shapes) && capacity < 2 * 79);
        free(at);
    }
    struct ic_writer w;
    ic_writer_init(&w, buffer, sizeof buffer);
    ic_put_u8(&w, 0x55);
    assert_true(ic_pb_encode(&w, sample_Test1, (&(sample_Test1){.a = 150})));
    CHECK_BYTES(ic_writer_bytes(&w), LIT("\x55\x08\x96\x01"));
}

/* What breaks its own type is not written. */
static void wrong_messages(void **state)
{
    (void)state;
    struct ic_bytes packed;
    static const sample_Shapes CASES[] = {
        {.numbers_count = 9},
        {.hash = {.size = 33}},
        {.label = {'s', 'i', 'x', 't', 'e', 'e', 'n', ' ', 'b', 'y', 't', 'e', 's', ' ', 'i', 'n'}},
        {.label = "\xff"},
        {.which_choice = sample_Shapes_name_tag, .choice.name = {(const uint8_t *)"\xff", 1}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_false(ic_pb_pack(&packed, sample_Shapes, &CASES[i], &arena));
    }
    sample_Shapes texts = {0};
    assert_true(ic_pb_list_add(&texts.texts, LIT("good"), &arena));
    assert_true(ic_pb_pack(&packed, sample_Shapes, &texts, &arena));
    assert_true(ic_pb_list_add(&texts.texts, LIT("\xed\xa0\x80"), &arena)); /* a surrogate */
    assert_false(ic_pb_pack(&packed, sample_Shapes, &texts, &arena));
}

/* ---- hostile input ------------------------------------------------------------------------------ */

static void malformed(void **state)
{
    (void)state;
    check_refused(LIT("\x08"));             /* no value */
    check_refused(LIT("\x08\x80"));         /* half a number */
    check_refused(LIT("\x00\x01"));         /* field 0 */
    check_refused(LIT("\x0b\x0c"));         /* a group in a field that is known */
    check_refused(LIT("\xa3\x06\xa4\x06")); /* a group in one that is not */
    check_refused(LIT("\xa3\x06\xa3\x06\xa3\x06\xa4\x06\xa4\x06\xa4\x06")); /* groups in groups */
    check_refused(LIT("\x0e\x00"));                                         /* wire type 6 */
    check_refused(LIT("\xa7\x06\x00"));                                     /* wire type 7 */
    check_refused(LIT("\x80\x80\x80\x80\x10\x00"));                         /* field 2^29 */
    check_refused(LIT("\x32\x05"
                      "four")); /* too short */
    check_refused(LIT("\xa2\x06\x05"
                      "four"));                                         /* the same, unknown */
    check_refused(LIT("\x32\xff\xff\xff\xff\x0f"));                     /* 2^32 - 1 bytes */
    check_refused(LIT("\x32\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")); /* 2^64 - 1 */
    check_refused(LIT("\x32\x80\x80\x80\x80\x10")); /* 2^32: zero when cut to 32 bits */
    check_refused(LIT("\x2d\x01\x02\x03"));         /* half a fixed32 */
    check_refused(LIT("\x2a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09")); /* fixed64s and a byte */
    check_refused(LIT("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")); /* 2^64 */
    check_refused(LIT("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")); /* 11 bytes */
    check_refused(LIT("\x1a\x02\x05\x80"));             /* packed, the second is cut */
    check_refused(LIT("\x72\x04\x0a\x03\x01\x02"));     /* a message that is cut inside */
    check_refused(LIT("\x72\x02\x0a\x03\x01\x02\x03")); /* a field beyond its message */
    check_refused(LIT("\x3a\x01\xff"));                 /* strings that are no UTF-8: listed, */
    check_refused(LIT("\x5a\x02\xc0\xaf"));             /* a view, */
    check_refused(LIT("\x8a\x01\x01\xff"));             /* and bounded */
}

/* Every field as every wire type: right or refused, never anything else. */
static void wrong_wire_types(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        size_t size;
    } VALUES[] = {{"\x01", 1}, {"\0\0\0\0\0\0\0\0", 8}, {"\x01\x01", 2}, {"", 0},
                  {"", 0},     {"\0\0\0\0", 4}};
    static const uint8_t RIGHT[20] = {
        [1] = 1 << 0,  [2] = 1 << 2,  [3] = 1 << 0 | 1 << 2, [4] = 1 << 0 | 1 << 2,
        [5] = 1 << 1,  [6] = 1 << 2,  [7] = 1 << 2,          [8] = 1 << 2,
        [9] = 1 << 0,  [10] = 1 << 2, [11] = 1 << 2,         [13] = 1 << 2,
        [15] = 1 << 2, [16] = 1 << 2, [17] = 1 << 2,         [18] = 1 << 2};
    for (uint32_t field = 1; field < 20; field++) {
        for (uint32_t wire = 0; wire < 6; wire++) {
            struct ic_writer w;
            sample_Shapes is;
            ic_writer_init(&w, buffer, sizeof buffer);
            ic_put_leb128(&w, field << 3 | wire);
            ic_put_bytes(&w,
                         (struct ic_bytes){(const uint8_t *)VALUES[wire].value, VALUES[wire].size});
            struct ic_bytes in = exact(ic_writer_bytes(&w));
            assert_int_equal(shapes_decode(&is, in), (RIGHT[field] >> wire & 1) != 0);
            free((void *)in.at);
        }
    }
}

/* Every beginning of a message with everything in it is refused or a message, and none is read beyond. */
static void cut_anywhere(void **state)
{
    (void)state;
    struct ic_bytes whole =
        LIT("\x08\x80\x01\x12\x02xy\x1a\x03\x01\x80\x01\x22\x02\x01\x02\x29\x01\x02\x03\x04\x05\x06"
            "\x07\x08"
            "\x32\x01z\x3a\x01t\x42\x02\x08\x01\x62\x03\x0a\x01\x04\x72\x03\x0a\x01\x04\x7a\x00"
            "\x82\x01\x02hh\x8a\x01\x02ll\x92\x01\x05\x0a\x01k\x10\x05\x9a\x01\x03\x0a\x01\x09");
    sample_Shapes is;
    assert_true(shapes_decode(&is, whole));
    size_t good = 0;
    for (size_t size = 0; size < whole.size; size++) {
        struct ic_bytes in = exact((struct ic_bytes){.at = whole.at, .size = size});
        good += shapes_decode(&is, in);
        free((void *)in.at);
    }
    assert_int_equal(good, 15); /* empty, or cut between two of the 15 fields */
}

/* Messages inside themselves, 20,000 deep: only the outermost is looked at. */
static void nested_deep(void **state)
{
    (void)state;
    struct ic_bytes message = {.at = buffer + sizeof buffer, .size = 0};
    for (size_t i = 0; i < 20000; i++) {
        uint8_t head[8];
        struct ic_writer w;
        ic_writer_init(&w, head, sizeof head);
        ic_put_leb128(&w, sample_Shapes_self_tag << 3 | 2);
        ic_put_leb128(&w, message.size);
        message.at -= w.used;
        message.size += w.used;
        memcpy((uint8_t *)message.at, head, w.used);
    }
    sample_Shapes is = {.self = message};
    size_t depth = 0;
    for (; is.self.size > 0; depth++) {
        assert_true(shapes_decode(&is, is.self));
    }
    assert_int_equal(depth, 20000);
}

/* ---- in a canister ------------------------------------------------------------------------------ */

#define ARG_BYTES_MAX 64u

static void echo(void *argument)
{
    (void)argument;
    struct ic_arena *a = ic_msg_arena(4096);
    sample_Test2 in;
    ic_pb_arg(&in, sample_Test2, ARG_BYTES_MAX, a);
    ic_pb_reply(sample_Test2, &in);
}

static void reply_wrongly(void *argument)
{
    (void)argument;
    (void)ic_msg_arena(4096);
    ic_pb_reply(sample_Test2, (&(sample_Test2){.b = LIT("\xff")}));
}

static void argument_and_reply(void **state)
{
    (void)state;
    static const uint8_t LARGE[ARG_BYTES_MAX + 1] = {0x12, ARG_BYTES_MAX - 1};
    ic_host_reset();
    ic_host_arg_set(LIT("\x12\x03hey"));
    CHECK_RUNS(echo, NULL);
    CHECK_BYTES(ic_host_reply(), LIT("\x12\x03hey"));
    ic_host_arg_set(LIT("\x12\x04hey"));
    CHECK_TRAPS("the argument is not a sample_Test2", echo, NULL);
    ic_host_arg_set((struct ic_bytes){.at = LARGE, .size = sizeof LARGE});
    CHECK_TRAPS("the argument is too large", echo, NULL);
    CHECK_TRAPS("the reply does not fit its type or the arena", reply_wrongly, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(examples_of_the_specification, fresh_arena),
        cmocka_unit_test_setup(other_encodings, fresh_arena),
        cmocka_unit_test_setup(scalars_come_back, fresh_arena),
        cmocka_unit_test_setup(zigzag, fresh_arena),
        cmocka_unit_test_setup(presence, fresh_arena),
        cmocka_unit_test_setup(one_of_many, fresh_arena),
        cmocka_unit_test_setup(lists, fresh_arena),
        cmocka_unit_test_setup(messages_inside, fresh_arena),
        cmocka_unit_test_setup(views, fresh_arena),
        cmocka_unit_test_setup(bounds_of_the_options, fresh_arena),
        cmocka_unit_test_setup(arenas_run_full, fresh_arena),
        cmocka_unit_test_setup(writers_run_full, fresh_arena),
        cmocka_unit_test_setup(wrong_messages, fresh_arena),
        cmocka_unit_test_setup(malformed, fresh_arena),
        cmocka_unit_test_setup(wrong_wire_types, fresh_arena),
        cmocka_unit_test_setup(cut_anywhere, fresh_arena),
        cmocka_unit_test_setup(nested_deep, fresh_arena),
        cmocka_unit_test_setup(argument_and_reply, fresh_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
