/* Any sequence of messages on a log ring, a queue by time and two cells, compared with plain models;
 * some messages trap in the middle of a write, some are followed by an upgrade. In the end a byte of
 * stable memory may be changed: then everything is opened and walked again, and either nothing is
 * noticed or a trap says which structure is damaged; or a check goes on from forged numbers.
 *
 * An operation is four bytes: what, how many, and a number of two bytes. */
#include "ic/buf.h"
#include "ic/cell.h"
#include "ic/logring.h"
#include "ic/queue.h"
#include "test/forge.h"
#include "test/fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATIONS_MAX  24u
#define MANY_MAX        32u
#define ENTRIES_MAX     (OPERATIONS_MAX * MANY_MAX)
#define LINES_MAX       (OPERATIONS_MAX * MANY_MAX)
#define LARGE_BYTES     5000u
#define TIMES           16u

enum { REGION_QUEUE = 0, REGION_LINES = 1, REGION_SMALL = 2, REGION_LARGE = 3 };

static const struct ic_store_app APP = {.magic = "FUZZSMAL", .version = 1};

static struct ic_store store;
static struct ic_queue queue;
static struct ic_logring lines;
static struct ic_cell small, large;

/* A queue entry is its time in the upper, its payload in the lower half: sorted as the queue is. The
 * text of a line follows from its number. */
static struct model {
    uint64_t entries[ENTRIES_MAX];
    uint32_t entry_count;
    uint16_t line_size[LINES_MAX];
    uint32_t line_first, line_last, line_bytes;
    bool has_small, has_large;
    uint8_t small_at[IC_CELL_INLINE_BYTES];
    size_t small_size, large_size;
    uint8_t large_fill;
} model, before;

static void open_structures(void)
{
    ic_queue_open(&queue, &store, REGION_QUEUE, 4);
    ic_logring_open(&lines, &store, REGION_LINES, IC_LOGRING_BYTES_MIN);
    ic_cell_open(&small, &store, REGION_SMALL, IC_CELL_INLINE_BYTES);
    ic_cell_open(&large, &store, REGION_LARGE, LARGE_BYTES);
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

/* ---- the queue --------------------------------------------------------------------------------- */

static uint32_t lower(uint64_t entry)
{
    uint32_t i = 0;
    while (i < model.entry_count && model.entries[i] < entry) {
        i++;
    }
    return i;
}

static bool is_there(uint32_t i, uint64_t entry)
{
    return i < model.entry_count && model.entries[i] == entry;
}

static void model_take(uint32_t i)
{
    memmove(model.entries + i, model.entries + i + 1,
            (--model.entry_count - i) * sizeof *model.entries);
}

static uint64_t entry_make(const struct operation *op, uint32_t i, uint8_t payload[4])
{
    uint32_t number = op->number / TIMES + i * 7;
    ic_store_u32_be(payload, number);
    return (uint64_t)(op->number % TIMES) << 32 | number;
}

static void do_push(const struct operation *op)
{
    for (uint32_t i = 0; i <= op->many && model.entry_count < ENTRIES_MAX; i++) {
        uint8_t payload[4];
        uint64_t entry = entry_make(op, i, payload);
        uint32_t at = lower(entry);
        bool is_new = !is_there(at, entry);
        must(ic_queue_push(&queue, entry >> 32, payload) == is_new, "push");
        if (is_new) {
            memmove(model.entries + at + 1, model.entries + at,
                    (model.entry_count++ - at) * sizeof entry);
            model.entries[at] = entry;
        }
    }
}

static void do_pop(const struct operation *op)
{
    for (uint32_t i = 0; i <= op->many; i++) {
        uint8_t payload[4];
        uint64_t time_ns = 0, until = op->number % TIMES;
        bool is_due = model.entry_count > 0 && model.entries[0] >> 32 <= until;
        must(ic_queue_pop(&queue, &time_ns, payload, until) == is_due, "pop");
        if (!is_due) {
            return;
        }
        must((time_ns << 32 | ic_load_u32_be(payload)) == model.entries[0], "what was popped");
        model_take(0);
    }
}

static void do_remove(const struct operation *op)
{
    for (uint32_t i = 0; i <= op->many; i++) {
        uint8_t payload[4];
        uint64_t entry = entry_make(op, i, payload);
        uint32_t at = lower(entry);
        must(ic_queue_has(&queue, entry >> 32, payload) == is_there(at, entry), "has");
        must(ic_queue_remove(&queue, entry >> 32, payload) == is_there(at, entry), "remove");
        if (is_there(at, entry)) {
            model_take(at);
        }
    }
}

static void check_queue(void)
{
    static struct ic_map_cursor cursor;
    uint8_t payload[4];
    uint64_t time_ns = 0, from = model.entry_count % TIMES;
    ic_queue_check(&queue);
    must(ic_queue_count(&queue) == model.entry_count, "length of the queue");
    must(ic_queue_front(&queue, &time_ns, NULL) == (model.entry_count > 0), "front");
    must(model.entry_count == 0 || time_ns == model.entries[0] >> 32, "time of the front");
    ic_queue_seek(&queue, &cursor, from);
    for (uint32_t i = lower(from << 32); i < model.entry_count; i++) {
        must(ic_queue_next(&queue, &time_ns, payload, &cursor), "next");
        must((time_ns << 32 | ic_load_u32_be(payload)) == model.entries[i], "entry");
    }
    must(!ic_queue_next(&queue, NULL, NULL, &cursor), "end of the queue");
}

/* ---- the log ring ------------------------------------------------------------------------------ */

static void do_add(const struct operation *op)
{
    static uint8_t text[IC_LOGRING_TEXT_MAX + 300];
    for (uint32_t i = 0; i <= op->many && model.line_last < LINES_MAX; i++) {
        uint32_t number = model.line_last++, size = op->number % sizeof text;
        memset(text, (int)('!' + number % 90), size);
        ic_logring_add(&lines, number, (enum ic_logring_level)(number % 4),
                       (struct ic_bytes){.at = text, .size = size});
        size = size < IC_LOGRING_TEXT_MAX ? size : IC_LOGRING_TEXT_MAX;
        model.line_size[number] = (uint16_t)size;
        model.line_bytes += size + IC_LOGRING_EXTRA_BYTES;
        while (model.line_bytes > IC_LOGRING_BYTES_MIN) {
            model.line_bytes -= model.line_size[model.line_first++] + IC_LOGRING_EXTRA_BYTES;
        }
    }
}

static void check_line(const struct ic_logring_line *line, uint32_t number)
{
    must(line->number == number && line->time_ns == number && line->level == number % 4, "line");
    must(line->text.size == model.line_size[number], "size of a line");
    for (size_t i = 0; i < line->text.size; i++) {
        must(line->text.at[i] == '!' + number % 90, "text of a line");
    }
}

static void check_lines(void)
{
    static uint8_t memory[IC_LOGRING_TEXT_MAX + 8];
    struct ic_arena a;
    struct ic_logring_line line;
    struct ic_logring_cursor up = ic_logring_first(&lines), down = ic_logring_last(&lines);
    ic_arena_init(&a, memory, sizeof memory);
    ic_logring_check(&lines);
    must(ic_logring_count(&lines) == model.line_last - model.line_first, "number of lines");
    for (uint32_t n = model.line_first; n < model.line_last; n++) {
        ic_arena_reset(&a);
        must(ic_logring_next(&line, &lines, &up, &a), "next line");
        check_line(&line, n);
        ic_arena_reset(&a);
        must(ic_logring_previous(&line, &lines, &down, &a), "previous line");
        check_line(&line, model.line_first + model.line_last - 1 - n);
    }
    ic_arena_reset(&a);
    must(!ic_logring_next(&line, &lines, &up, &a), "last line");
    must(!ic_logring_previous(&line, &lines, &down, &a), "first line");
}

/* ---- the cells --------------------------------------------------------------------------------- */

static void do_write_small(const struct operation *op)
{
    model.small_size = op->number % (IC_CELL_INLINE_BYTES + 1);
    model.has_small = true;
    memset(model.small_at, op->many + 1, sizeof model.small_at);
    ic_cell_write(&small, (struct ic_bytes){.at = model.small_at, .size = model.small_size});
}

static void do_patch_small(const struct operation *op)
{
    if (model.small_size == 0) {
        return;
    }
    size_t offset = op->number % model.small_size, size = model.small_size - offset;
    size = size < op->many ? size : op->many;
    memset(model.small_at + offset, op->number >> 8, size);
    ic_cell_patch(&small, (uint32_t)offset,
                  (struct ic_bytes){.at = model.small_at + offset, .size = size});
}

static void do_write_large(const struct operation *op)
{
    static uint8_t value[LARGE_BYTES];
    model.large_size = op->number % (LARGE_BYTES + 1);
    model.large_fill = op->many;
    model.has_large = true;
    memset(value, op->many, model.large_size);
    ic_cell_write(&large, (struct ic_bytes){.at = value, .size = model.large_size});
}

static void check_cells(void)
{
    static uint8_t value[LARGE_BYTES];
    must(ic_cell_has(&small) == model.has_small, "there is a small value");
    must(ic_cell_has(&large) == model.has_large, "there is a large value");
    must(ic_cell_read(&small, value) == model.small_size, "size of the small value");
    must(memcmp(value, model.small_at, model.small_size) == 0, "small value");
    must(ic_cell_read(&large, value) == model.large_size, "size of the large value");
    for (size_t i = 0; i < model.large_size; i++) {
        must(value[i] == model.large_fill, "large value");
    }
}

/* ---- messages ---------------------------------------------------------------------------------- */

static void run_operation(void *argument)
{
    const struct operation *op = argument;
    switch (op->what % 8) {
    case 0:
    case 1:
        do_push(op);
        break;
    case 2:
        do_pop(op);
        break;
    case 3:
        do_remove(op);
        break;
    case 4:
        do_add(op);
        break;
    case 5:
        do_write_small(op);
        break;
    case 6:
        do_patch_small(op);
        break;
    default:
        do_write_large(op);
    }
}

static void check_all(void *argument)
{
    (void)argument;
    check_queue();
    check_lines();
    check_cells();
}

/* The upper bits of the first byte say whether the message traps and whether an upgrade follows. */
static void run_message(struct operation *op)
{
    before = model;
    const uint32_t trap_at = (op->what & 0x40) != 0 ? 1u + op->number % 16 : 0;
    const bool is_kept = run_until_trap(run_operation, op, trap_at);
    if (!is_kept) {
        model = before;
    }
    if (!is_kept || (op->what & 0x80) != 0) {
        run(upgrade, NULL);
    }
}

/* ---- damage ------------------------------------------------------------------------------------ */

/* Opens and walks without a model: what is there may be anything. */
static void walk(void *argument)
{
    static uint8_t memory[IC_LOGRING_BYTES_MIN * 2];
    static uint8_t value[LARGE_BYTES];
    struct ic_arena a;
    struct ic_logring_line line;
    upgrade(argument);
    ic_queue_check(&queue);
    ic_logring_check(&lines);
    ic_arena_init(&a, memory, sizeof memory);
    struct ic_logring_cursor cursor = ic_logring_last(&lines);
    while (ic_logring_previous(&line, &lines, &cursor, &a)) {
    }
    (void)ic_cell_read(&small, value);
    (void)ic_cell_read(&large, value);
    while (ic_queue_pop(&queue, NULL, NULL, UINT64_MAX)) {
    }
}

/* What is noticed for certain: the header of the store, and the rows of the four regions. */
static bool is_covered(size_t offset)
{
    return offset < 32 || (offset >= 64 && offset < 64 + 4 * 16);
}

/* One byte of the first pages or of the structures: where depends on two bytes of the input. */
static void damage(uint16_t where, uint8_t change)
{
    size_t offset = where % 2 == 1 ? (size_t)where * 64 + change : where;
    offset %= ic_host_stable_bytes();
    ic_host_stable()[offset] ^= (uint8_t)(change | 1);
    bool is_noticed = !ic_host_run(walk, NULL);
    must(is_noticed || !is_covered(offset), "damage that nobody noticed");
    must(!is_noticed || strncmp(ic_host_trap_text(), "stable ", 7) == 0, ic_host_trap_text());
}

static void check_forged(void *argument)
{
    struct ic_check check = forge_check(argument);
    for (unsigned i = 0; i < FORGE_STEPS_MAX && ic_queue_check_some(&queue, &check); i++) {
    }
}

static void forge(const uint8_t bytes[FORGE_BYTES])
{
    uint8_t copy[FORGE_BYTES];
    memcpy(copy, bytes, sizeof copy);
    if (!ic_host_run(check_forged, copy)) {
        must(strncmp(ic_host_trap_text(), "stable ", 7) == 0, ic_host_trap_text());
        run(upgrade, NULL);
    }
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
    if (size % OPERATION_BYTES == 3) {
        damage(ic_load_u16_le(data + size - 3), data[size - 1]);
    } else if (size % OPERATION_BYTES == 2 && size > FORGE_BYTES) {
        forge(data + size - FORGE_BYTES);
    }
    ic_host_reset();
    return 0;
}
