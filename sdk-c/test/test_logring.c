/* The ring of log lines against a plain list. */
#include "test/check.h"

#include "ic/logring.h"
#include "ic/msg.h"

#define REGION    2u
#define CAPACITY  IC_LOGRING_BYTES_MIN
#define LINES_MAX 5000u

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'R', 'I', 'N', 'G'},
                                        .version = 1};
static struct ic_store store;
static struct ic_logring ring;

/* Line n: everything about it follows from what is kept here. */
static struct model_line {
    uint32_t size;
    enum ic_logring_level level;
} model[LINES_MAX];
static uint32_t model_count;

static uint8_t text_byte(uint32_t number, uint32_t i)
{
    return (uint8_t)('a' + (number * 7 + i) % 26);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_logring_open(&ring, &store, REGION, CAPACITY);
}

static void reopen(void *argument)
{
    (void)argument;
    memset(&ring, 0xee, sizeof ring);
    ic_store_open(&store, APP);
    ic_logring_open(&ring, &store, REGION, CAPACITY);
}

static void check(void *argument)
{
    (void)argument;
    ic_logring_check(&ring);
}

static void add(void *argument)
{
    const struct model_line *line = argument;
    uint8_t text[IC_LOGRING_TEXT_MAX];
    for (uint32_t i = 0; i < line->size; i++) {
        text[i] = text_byte(model_count, i);
    }
    ic_logring_add(&ring, 1000 + model_count, line->level,
                   (struct ic_bytes){.at = text, .size = line->size});
}

static void do_add(struct model_line line)
{
    CHECK_RUNS(add, &line);
    assert_true(model_count < LINES_MAX);
    model[model_count++] = line;
}

static void check_line(const struct ic_logring_line *line, uint64_t number)
{
    assert_int_equal(line->number, number);
    assert_int_equal(line->time_ns, 1000 + number);
    assert_int_equal(line->level, model[number].level);
    assert_int_equal(line->text.size, model[number].size);
    for (uint32_t i = 0; i < line->text.size; i++) {
        assert_int_equal(line->text.at[i], text_byte((uint32_t)number, i));
    }
}

/* As many of the newest lines as fit must be there, in order, both ways. */
static void check_lines(void)
{
    struct ic_arena *a = ic_msg_arena(1u << 20);
    uint64_t kept = 0, bytes = 0;
    while (kept < model_count &&
           bytes + model[model_count - 1 - kept].size + IC_LOGRING_EXTRA_BYTES <= CAPACITY) {
        bytes += model[model_count - 1 - kept].size + IC_LOGRING_EXTRA_BYTES;
        kept++;
    }
    /* Lines go when a new one needs their place, not before: more may be there than just fit. */
    assert_true(ic_logring_count(&ring) == kept);
    struct ic_logring_line line;
    struct ic_logring_cursor cursor = ic_logring_first(&ring);
    uint64_t number = model_count - kept;
    while (ic_logring_next(&line, &ring, &cursor, a)) {
        check_line(&line, number++);
    }
    assert_int_equal(number, model_count);
    cursor = ic_logring_last(&ring);
    while (ic_logring_previous(&line, &ring, &cursor, a)) {
        check_line(&line, --number);
    }
    assert_int_equal(number, model_count - kept);
    ic_logring_check(&ring);
}

static int setup(void **state)
{
    (void)state;
    ic_host_reset();
    model_count = 0;
    CHECK_RUNS(create, NULL);
    return 0;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void random_life(void **state)
{
    (void)state;
    uint64_t seed = 3;
    check_lines();
    for (unsigned round = 0; round < 4000; round++) {
        const uint32_t limit = test_random_below(&seed, 10) == 0 ? IC_LOGRING_TEXT_MAX + 1 : 60;
        const struct model_line line = {.size = (uint32_t)test_random_below(&seed, limit),
                                        .level =
                                            (enum ic_logring_level)test_random_below(&seed, 4)};
        if (test_random_below(&seed, 20) == 0) {
            struct model_line lost = line;
            ic_host_stable_trap_at(1 + test_random_below(&seed, 2));
            assert_false(ic_host_run(add, &lost));
            ic_host_stable_trap_at(0);
            CHECK_RUNS(reopen, NULL);
        }
        do_add(line);
        if (test_random_below(&seed, 30) == 0) {
            CHECK_RUNS(reopen, NULL);
        }
        check_lines();
    }
}

static void long_text_is_cut(void **state)
{
    (void)state;
    /* A character of three bytes over the limit goes as a whole. */
    static uint8_t text[IC_LOGRING_TEXT_MAX + 10];
    memset(text, 'x', sizeof text);
    memcpy(text + IC_LOGRING_TEXT_MAX - 2, "\xe2\x82\xac", 3);
    ic_logring_add(&ring, 1, IC_LOGRING_INFO, (struct ic_bytes){.at = text, .size = sizeof text});
    struct ic_logring_cursor cursor = ic_logring_first(&ring);
    struct ic_logring_line line;
    assert_true(ic_logring_next(&line, &ring, &cursor, ic_msg_arena(65536)));
    assert_int_equal(line.text.size, IC_LOGRING_TEXT_MAX - 2);
    memset(text, 'y', sizeof text);
    ic_logring_add(&ring, 1, IC_LOGRING_INFO, (struct ic_bytes){.at = text, .size = sizeof text});
    assert_true(ic_logring_next(&line, &ring, &cursor, ic_msg_arena(65536)));
    assert_int_equal(line.text.size, IC_LOGRING_TEXT_MAX);
}

static void a_full_arena_ends_reading(void **state)
{
    (void)state;
    do_add((struct model_line){.size = 100, .level = IC_LOGRING_ERROR});
    uint8_t memory[64];
    struct ic_arena small;
    ic_arena_init(&small, memory, sizeof memory);
    struct ic_logring_line line;
    struct ic_logring_cursor cursor = ic_logring_first(&ring);
    assert_false(ic_logring_next(&line, &ring, &cursor, &small));
    assert_true(ic_logring_next(&line, &ring, &cursor, ic_msg_arena(65536)));
    cursor = ic_logring_last(&ring);
    assert_false(ic_logring_previous(&line, &ring, &cursor, &small));
    assert_true(ic_logring_previous(&line, &ring, &cursor, ic_msg_arena(65536)));
}

static void level_names(void **state)
{
    (void)state;
    assert_string_equal(ic_logring_level_name(IC_LOGRING_DEBUG), "DEBUG");
    assert_string_equal(ic_logring_level_name(IC_LOGRING_INFO), "INFO");
    assert_string_equal(ic_logring_level_name(IC_LOGRING_WARNING), "WARNING");
    assert_string_equal(ic_logring_level_name(IC_LOGRING_ERROR), "ERROR");
}

#define DAMAGED "stable log ring: the structure is damaged"

static void damage_is_noticed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) { /* the first line left begins before the end of the ring */
        do_add((struct model_line){.size = 40 + i % 7, .level = IC_LOGRING_INFO});
    }
    uint8_t *head = ic_host_stable() + 4096 + REGION * IC_STORE_HEAD_BYTES;
    for (size_t at = 0; at < 28; at += 4) {
        head[at + 3] ^= 0x40;
        CHECK_TRAPS(DAMAGED, reopen, NULL);
        head[at + 3] ^= 0x40;
        CHECK_RUNS(reopen, NULL);
    }
    const uint64_t start = ic_region_address(ring.region, 0);
    uint32_t at = ring.first;
    for (uint64_t n = ring.oldest; n < ring.next; n++) {
        /* number, size, level, size behind the text */
        const uint32_t parts[] = {8, 12, 13, 14, IC_LOGRING_HEADER_BYTES + model[n].size};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            uint8_t *byte = ic_host_stable() + start + (at + parts[i]) % CAPACITY;
            *byte ^= 0x10;
            CHECK_TRAPS(DAMAGED, check, NULL);
            *byte ^= 0x10;
        }
        at = (at + model[n].size + IC_LOGRING_EXTRA_BYTES) % CAPACITY;
    }
    CHECK_RUNS(check, NULL);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(random_life), TEST(long_text_is_cut),
                                       TEST(a_full_arena_ends_reading), TEST(level_names),
                                       TEST(damage_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
