/* Any sequence of messages on a table, a log and a ring, compared with plain models after each;
 * some messages trap in the middle of a write, some are followed by an upgrade. In the end an
 * integrity check may go on from forged numbers.
 *
 * An operation is four bytes: what, how many, and a number of two bytes. Sizes are chosen so that
 * an execution takes a quarter of a millisecond and still splits buckets and chains overflow
 * blocks. */
#include "ic/buf.h"
#include "ic/log.h"
#include "ic/ring.h"
#include "ic/table.h"
#include "test/forge.h"
#include "test/fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* Half of the time would go into copying stack frames to the heap. Uses of a frame after its return
 * are looked for by the unit tests, which run the same code with the sanitizer's defaults. */
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0";
}

#define OPERATIONS_MAX   20u
#define MANY_MAX         64u
#define KEYS             512u
#define RECORDS_MAX      2048u
#define RECORD_BYTES_MAX 6000u
#define RING_BYTES       500u

static const struct ic_store_app APP = {.magic = "FUZZING", .version = 1};

static struct ic_store store;
static struct ic_table table;
static struct ic_log records;
static struct ic_ring ring;

/* What the structures must hold. A record and a ring entry follow from their number. */
static struct model {
    uint8_t value[KEYS]; /* 0 = absent */
    uint32_t count;
    uint16_t record_size[RECORDS_MAX];
    uint32_t record_count;
    uint32_t ring_first, ring_last;
} model, before;

static void open_structures(void)
{
    ic_table_open(&table, &store, 0, 28, 1);
    ic_log_open(&records, &store, 2);
    ic_ring_open(&ring, &store, 4, RING_BYTES);
}

static void install(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    open_structures();
}

static void upgrade(void *argument)
{
    (void)argument;
    ic_store_open(&store, APP);
    open_structures();
}

/* Half of the keys are spread, the other half falls into one bucket, with 16 different tags. */
static void key_make(uint8_t key[28], uint32_t number)
{
    uint32_t spread = number * 2654435761u;
    memset(key, 0, 28);
    key[0] = (uint8_t)(number % 2 == 0 ? spread >> 24 : number & 0x1e);
    ic_store_u32_le(key + 1, number % 2 == 0 ? spread : 0);
    ic_store_u32_le(key + 24, number);
}

static void bytes_make(uint8_t *out, size_t size, uint32_t number)
{
    memset(out, (int)(number * 7 + 1), size);
}

static void do_put(const struct operation *op)
{
    for (uint32_t i = 0; i <= op->many; i++) {
        uint8_t key[28], value = (uint8_t)(op->many | 1);
        uint32_t number = (op->number + i * 2) % KEYS;
        key_make(key, number);
        ic_table_put(&table, key, &value);
        model.count += model.value[number] == 0;
        model.value[number] = value;
    }
}

static void do_remove(const struct operation *op)
{
    for (uint32_t i = 0; i <= op->many; i++) {
        uint8_t key[28];
        uint32_t number = (op->number + i * 2) % KEYS;
        key_make(key, number);
        must(ic_table_remove(&table, key) == (model.value[number] != 0), "remove");
        model.count -= model.value[number] != 0;
        model.value[number] = 0;
    }
}

static void do_append(const struct operation *op)
{
    static uint8_t record[RECORD_BYTES_MAX];
    for (uint32_t i = 0; i <= op->many && model.record_count < RECORDS_MAX; i++) {
        uint16_t size = op->number % (i == 0 ? RECORD_BYTES_MAX : 300);
        bytes_make(record, size, model.record_count);
        must(ic_log_append(&records, (struct ic_bytes){.at = record, .size = size}), "append");
        model.record_size[model.record_count++] = size;
    }
}

static void do_push(const struct operation *op)
{
    uint8_t record[RING_BYTES];
    for (uint32_t i = 0; i <= op->many; i++) {
        bytes_make(record, sizeof record, model.ring_last++);
        ic_ring_push(&ring, record);
    }
}

static void do_pop(const struct operation *op)
{
    for (uint32_t i = 0; i <= op->many && model.ring_first < model.ring_last; i++) {
        ic_ring_pop(&ring);
        model.ring_first++;
    }
}

static void run_operation(void *argument)
{
    const struct operation *op = argument;
    switch (op->what % 5) {
    case 0:
        do_put(op);
        break;
    case 1:
        do_remove(op);
        break;
    case 2:
        do_append(op);
        break;
    case 3:
        do_push(op);
        break;
    default:
        do_pop(op);
    }
}

/* Every entry by going through all, and some keys, present and absent, by looking them up. */
static void check_table(void)
{
    struct ic_table_cursor cursor = {0};
    uint8_t key[28], expected[28], value = 0;
    uint32_t count = 0;
    must(ic_table_count(&table) == model.count, "number of entries");
    ic_table_check(&table);
    for (; ic_table_next(&table, key, &value, &cursor); count++) {
        const uint32_t number = ic_load_u32_le(key + 24) % KEYS;
        key_make(expected, number);
        must(memcmp(key, expected, sizeof key) == 0, "key");
        must(value != 0 && value == model.value[number], "entry");
    }
    must(count == model.count, "entries gone through");
    for (uint32_t number = model.count % 8; number < KEYS; number += 8) {
        value = 0;
        key_make(key, number);
        must(ic_table_find(&table, &value, NULL, key) == (model.value[number] != 0), "lookup");
        must(value == model.value[number], "value");
    }
}

static void check_log(void)
{
    static uint8_t memory[RECORD_BYTES_MAX + 64];
    uint8_t expected[RECORD_BYTES_MAX];
    must(ic_log_count(&records) == model.record_count, "number of records");
    uint32_t step = model.record_count / 32 + 1;
    for (uint32_t i = 0; i < model.record_count; i += step) {
        struct ic_arena a;
        struct ic_bytes out;
        ic_arena_init(&a, memory, sizeof memory);
        must(ic_log_get(&out, &records, i, &a), "missing record");
        bytes_make(expected, model.record_size[i], i);
        must(
            ic_bytes_is_equal(out, (struct ic_bytes){.at = expected, .size = model.record_size[i]}),
            "record");
    }
}

static void check_ring(void)
{
    uint8_t got[RING_BYTES], expected[RING_BYTES];
    uint32_t count = model.ring_last - model.ring_first;
    must(ic_ring_count(&ring) == count, "length of the ring");
    ic_ring_check(&ring);
    for (uint32_t n = 0; n < count; n += count / 16 + 1) {
        must(ic_ring_back(&ring, got, n), "missing ring record");
        bytes_make(expected, sizeof expected, model.ring_last - 1 - n);
        must(memcmp(got, expected, sizeof got) == 0, "ring record");
    }
    must(ic_ring_front(&ring, got) == (count > 0), "front");
    struct ic_ring_cursor cursor = {.done = 0};
    for (uint32_t n = model.ring_first; n < model.ring_last; n++) {
        must(ic_ring_next(&ring, got, &cursor), "ring gone through");
        must(got[0] == (uint8_t)(n * 7 + 1), "ring record gone through");
    }
    must(!ic_ring_next(&ring, got, &cursor), "end of the ring");
}

static void check_all(void *argument)
{
    (void)argument;
    check_table();
    check_log();
    check_ring();
}

/* The upper bits of the first byte say whether the message traps and whether an upgrade follows. */
static void run_message(struct operation *op)
{
    before = model;
    const uint32_t trap_at = (op->what & 0x40) != 0 ? 1u + op->number % 64 : 0;
    const bool is_kept = run_until_trap(run_operation, op, trap_at);
    if (!is_kept) {
        model = before;
    }
    if (!is_kept || (op->what & 0x80) != 0) {
        run(upgrade, NULL);
    }
}

static void log_forged(void *check)
{
    for (unsigned i = 0; i < FORGE_STEPS_MAX && ic_log_check_some(&records, check); i++) {
    }
}

static void ring_forged(void *check)
{
    for (unsigned i = 0; i < FORGE_STEPS_MAX && ic_ring_check_some(&ring, check); i++) {
    }
}

static void table_forged(void *check)
{
    for (unsigned i = 0; i < FORGE_STEPS_MAX && ic_table_check_some(&table, check); i++) {
    }
}

/* Checks that go on from forged numbers end well or with a trap that names the structure, and change
 * nothing. */
static void forge(const uint8_t bytes[FORGE_BYTES])
{
    void (*const checks[])(void *) = {log_forged, ring_forged, table_forged};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct ic_check check = forge_check(bytes);
        if (!ic_host_run(checks[i], &check)) {
            must(strncmp(ic_host_trap_text(), "stable ", 7) == 0, ic_host_trap_text());
        }
    }
    run(upgrade, NULL);
    run(check_all, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ic_host_reset();
    memset(&model, 0, sizeof model);
    run(install, NULL);
    run_operations(data, size, OPERATIONS_MAX, MANY_MAX, run_message);
    run(upgrade, NULL);
    run(check_all, NULL);
    if (size % OPERATION_BYTES == 2 && size > FORGE_BYTES) {
        forge(data + size - FORGE_BYTES);
    }
    ic_host_reset();
    return 0;
}
