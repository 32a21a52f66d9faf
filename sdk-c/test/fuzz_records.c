/* Any sequence of messages on a vector, a queue by time and two cells, compared with plain models;
 * some messages trap in the middle of a write, some are followed by an upgrade. The other stable
 * structures are in fuzz_stable.c and fuzz_map.c.
 *
 * An operation is four bytes: what, how many, and a number of two bytes. */
#include "ic/buf.h"
#include "ic/cell.h"
#include "ic/queue.h"
#include "ic/vec.h"
#include "test/fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATIONS_MAX  20u
#define MANY_MAX        64u
#define VEC_BYTES       700u
#define VEC_MAX         1500u
#define PAYLOAD_BYTES   100u
#define TIMES           64u /* of the queue; payloads follow from a number below NUMBERS */
#define NUMBERS         8u
#define LARGE_BYTES     5000u

static const struct ic_store_app APP = {.magic = {'F', 'U', 'Z', 'Z', 'R', 'E', 'C', '1'},
                                        .version = 1};

static struct ic_store store;
static struct ic_vec vec;
static struct ic_queue queue;
static struct ic_cell small_cell, large_cell;

/* What the structures must hold. Contents follow from small numbers. */
static struct model {
    uint8_t records[VEC_MAX];
    uint32_t record_count;
    bool is_queued[TIMES][NUMBERS];
    uint32_t queued;
    bool has_value;
    uint8_t value;        /* of every byte of both cells */
    uint16_t small, large; /* sizes */
} model, before;

static void open_structures(void)
{
    ic_vec_open(&vec, &store, 0, VEC_BYTES);
    ic_queue_open(&queue, &store, 1, PAYLOAD_BYTES);
    ic_cell_open(&small_cell, &store, 2, IC_CELL_INLINE_BYTES);
    ic_cell_open(&large_cell, &store, 3, LARGE_BYTES);
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

/* ---- operations ------------------------------------------------------------------------------ */

static void do_push(const struct operation *op)
{
    uint8_t record[VEC_BYTES];
    for (uint32_t i = 0; i <= op->many && model.record_count < VEC_MAX; i++) {
        uint8_t with = (uint8_t)(op->number + i);
        memset(record, with, sizeof record);
        must(ic_vec_push(&vec, record) == model.record_count, "index of a push");
        model.records[model.record_count++] = with;
    }
}

static void do_pop(const struct operation *op)
{
    for (uint32_t i = 0; i <= op->many; i++) {
        must(ic_vec_pop(&vec, NULL) == (model.record_count > 0), "pop");
        model.record_count -= model.record_count > 0;
    }
    if (op->number % 16 == 0) {
        model.record_count = op->number % (model.record_count + 1);
        ic_vec_truncate(&vec, model.record_count);
    }
}

static void do_set(const struct operation *op)
{
    uint8_t record[VEC_BYTES];
    for (uint32_t i = 0; i <= op->many && model.record_count > 0; i++) {
        uint32_t index = (op->number + i * 7) % model.record_count;
        memset(record, (int)i, sizeof record);
        ic_vec_set(&vec, index, record);
        model.records[index] = (uint8_t)i;
    }
}

static void payload_make(uint8_t payload[PAYLOAD_BYTES], uint32_t number)
{
    memset(payload, (int)number, PAYLOAD_BYTES);
}

static void do_queue(const struct operation *op)
{
    uint8_t payload[PAYLOAD_BYTES];
    for (uint32_t i = 0; i <= op->many; i++) {
        uint32_t time = (op->number + i * 5) % TIMES, number = (op->number + i) % NUMBERS;
        payload_make(payload, number);
        bool *is_queued = &model.is_queued[time][number];
        must(ic_queue_push(&queue, time, payload) == !*is_queued, "new in the queue");
        model.queued += !*is_queued;
        *is_queued = true;
    }
}

static void do_unqueue(const struct operation *op)
{
    uint8_t payload[PAYLOAD_BYTES];
    for (uint32_t i = 0; i <= op->many; i++) {
        uint32_t time = (op->number + i) % TIMES, number = op->number % NUMBERS;
        payload_make(payload, number);
        bool *is_queued = &model.is_queued[time][number];
        must(ic_queue_remove(&queue, time, payload) == *is_queued, "was in the queue");
        model.queued -= *is_queued;
        *is_queued = false;
    }
}

/* The earliest entry of the model; false when there is none. */
static bool model_front(uint32_t *time, uint32_t *number)
{
    for (uint32_t i = 0; i < TIMES * NUMBERS; i++) {
        *time = i / NUMBERS;
        *number = i % NUMBERS;
        if (model.is_queued[*time][*number]) {
            return true;
        }
    }
    return false;
}

static void do_due(const struct operation *op)
{
    uint64_t until = op->number % TIMES;
    for (uint32_t i = 0; i <= op->many; i++) {
        uint8_t payload[PAYLOAD_BYTES];
        uint32_t time = 0, number = 0;
        uint64_t got = 0;
        bool is_due = model_front(&time, &number) && time <= until;
        must(ic_queue_pop(&queue, &got, payload, until) == is_due, "due");
        if (!is_due) {
            return;
        }
        must(got == time && payload[0] == number, "front");
        model.is_queued[time][number] = false;
        model.queued--;
    }
}

static void do_write(const struct operation *op)
{
    static uint8_t value[LARGE_BYTES];
    model.value = (uint8_t)(op->number >> 3 | 1);
    model.small = (uint16_t)(op->number % (IC_CELL_INLINE_BYTES + 1));
    model.large = (uint16_t)(op->number * 3u % (LARGE_BYTES + 1));
    memset(value, model.value, sizeof value);
    ic_cell_write(&small_cell, (struct ic_bytes){.at = value, .size = model.small});
    ic_cell_write(&large_cell, (struct ic_bytes){.at = value, .size = model.large});
    model.has_value = true;
}

typedef void operation_fn(const struct operation *op);
static operation_fn *const OPERATIONS[] = {do_push,    do_pop, do_set,  do_queue,
                                           do_unqueue, do_due, do_write};
#define OPERATION_COUNT (sizeof OPERATIONS / sizeof OPERATIONS[0])

static void run_operation(void *argument)
{
    const struct operation *op = argument;
    OPERATIONS[op->what % OPERATION_COUNT](op);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool is_filled(const uint8_t *at, size_t size, uint8_t with)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i] != with) {
            return false;
        }
    }
    return true;
}

static void check_vec(void)
{
    uint8_t record[VEC_BYTES];
    ic_vec_check(&vec);
    must(ic_vec_count(&vec) == model.record_count, "number of records");
    for (uint32_t i = 0; i < model.record_count; i++) {
        must(ic_vec_get(&vec, record, i), "missing record");
        must(is_filled(record, sizeof record, model.records[i]), "record");
    }
    must(!ic_vec_get(&vec, record, model.record_count), "record behind the end");
}

static void check_queue(void)
{
    static struct ic_map_cursor cursor;
    uint8_t payload[PAYLOAD_BYTES];
    uint64_t got = 0;
    ic_queue_check(&queue);
    must(ic_queue_count(&queue) == model.queued, "length of the queue");
    ic_queue_seek(&queue, &cursor, 0);
    for (uint32_t i = 0; i < TIMES * NUMBERS; i++) {
        uint32_t time = i / NUMBERS, number = i % NUMBERS;
        if (model.is_queued[time][number]) {
            must(ic_queue_next(&queue, &got, payload, &cursor), "missing entry");
            must(got == time && is_filled(payload, sizeof payload, (uint8_t)number), "entry");
        }
    }
    must(!ic_queue_next(&queue, &got, payload, &cursor), "end of the queue");
}

static void check_cell(const struct ic_cell *cell, uint16_t size)
{
    static uint8_t value[LARGE_BYTES];
    must(ic_cell_has(cell) == model.has_value, "has a value");
    must(ic_cell_read(cell, value) == size, "size of a value");
    must(is_filled(value, size, model.value), "value");
}

static void check_all(void *argument)
{
    (void)argument;
    check_vec();
    check_queue();
    check_cell(&small_cell, model.small);
    check_cell(&large_cell, model.large);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ic_host_reset();
    memset(&model, 0, sizeof model);
    run(install, NULL);
    run_operations(data, size, OPERATIONS_MAX, MANY_MAX, run_message);
    run(check_all, NULL);
    run(upgrade, NULL);
    run(check_all, NULL);
    ic_host_reset();
    return 0;
}
