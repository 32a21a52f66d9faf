/* Measures one stable structure of the kit, chosen at installation, one action per message. */
#include "ic/buf.h"
#include "ic/log.h"
#include "ic/msg.h"
#include "ic/queue.h"
#include "ic/ring.h"
#include "ic/table.h"
#include "ic/trap.h"
#include "ic/vec.h"
#include "integration/canisters/stable_bench/stable_bench.h"

#define EXPORT(name) __attribute__((export_name(name)))

#define ARENA_BYTES     (1u << 20)
#define ARG_BYTES_MAX   64u
#define KEY_BYTES       28u
#define VALUE_BYTES     8u
#define LOG_BYTES       138u /* a block of the ledger */
#define RING_BYTES      48u
#define VEC_BYTES       128u
#define ABSENT_FROM     (1ull << 40) /* numbers that are never added */
#define CURSOR_STEPS    100
#define KIND_OFFSET     0u /* of the kind in the head slot of its raw region */
#define REGION_KIND     30u
#define REGION_MEASURED 0u

static const struct ic_store_app APP = {.magic = {'S', 'T', 'B', 'L', 'B', 'N', 'C', 'H'},
                                        .version = 1};
static struct ic_store store;
static enum bench_structure structure;

static struct ic_table table;
static struct ic_log records;
static struct ic_ring ring;
static struct ic_map map;
static struct ic_queue queue;
static struct ic_vec vec;

/* Made ready before measuring begins. */
static struct {
    uint8_t key[32];
    uint8_t value[VALUE_BYTES];
    uint8_t record[LOG_BYTES];
    uint64_t number;
    uint64_t time_ns;
    struct ic_arena *arena;
} input;

/* ---- input and output ------------------------------------------------------------------------ */

static struct ic_reader argument(void)
{
    struct ic_bytes in;
    input.arena = ic_msg_arena(ARENA_BYTES);
    if (!ic_msg_arg(&in, ARG_BYTES_MAX, input.arena)) {
        IC_TRAP("the argument is too large");
    }
    return ic_reader_from(in);
}

static void reply_u64(uint64_t value)
{
    uint8_t out[8];
    ic_store_u64_le(out, value);
    ic_msg_reply_bytes((struct ic_bytes){.at = out, .size = sizeof out});
}

/* Splitmix64. */
static uint64_t mixed(uint64_t z)
{
    z = (z + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void input_make(uint64_t number)
{
    input.number = number;
    input.time_ns = mixed(number);
    ic_store_u64_le(input.value, number);
    if (structure == BENCH_MAP_ASCENDING) {
        memset(input.key, 0, sizeof input.key);
        ic_store_u64_be(input.key + KEY_BYTES - 8, number);
        return;
    }
    for (uint32_t i = 0; i < 4; i++) {
        ic_store_u64_le(input.key + 8 * i, mixed(number * 4 + i));
    }
}

/* ---- lifecycle ------------------------------------------------------------------------------- */

static void structure_open(void)
{
    switch (structure) {
    case BENCH_TABLE:
        ic_table_open(&table, &store, REGION_MEASURED, KEY_BYTES, VALUE_BYTES);
        break;
    case BENCH_LOG:
        ic_log_open(&records, &store, REGION_MEASURED);
        break;
    case BENCH_RING:
        ic_ring_open(&ring, &store, REGION_MEASURED, RING_BYTES);
        break;
    case BENCH_MAP_RANDOM:
    case BENCH_MAP_ASCENDING:
        ic_map_open(&map, &store, REGION_MEASURED, KEY_BYTES, VALUE_BYTES);
        break;
    case BENCH_QUEUE:
        ic_queue_open(&queue, &store, REGION_MEASURED, 8);
        break;
    case BENCH_VEC:
        ic_vec_open(&vec, &store, REGION_MEASURED, VEC_BYTES);
        break;
    case BENCH_STRUCTURES:
        IC_TRAP("no such structure");
    }
}

EXPORT("canister_init") void bench_init(void);
void bench_init(void)
{
    struct ic_reader r = argument();
    uint8_t kind = ic_get_u8(&r);
    structure = (enum bench_structure)kind;
    ic_store_create(&store, APP);
    struct ic_region *region = ic_store_region(&store, NULL, REGION_KIND, IC_REGION_RAW, 0);
    ic_region_head_write(region, KIND_OFFSET, &kind, 1);
    structure_open();
}

EXPORT("canister_post_upgrade") void bench_post_upgrade(void);
void bench_post_upgrade(void)
{
    uint8_t kind = 0;
    ic_store_open(&store, APP);
    struct ic_region *region = ic_store_region(&store, NULL, REGION_KIND, IC_REGION_RAW, 0);
    ic_region_head_read(region, &kind, KIND_OFFSET, 1);
    structure = (enum bench_structure)kind;
    structure_open();
}

/* ---- actions of each structure --------------------------------------------------------------- */

static struct ic_check check;

/* The check of whatever structure this is begins anew after its last step. */
static void check_step(bool has_more)
{
    if (!has_more) {
        check = (struct ic_check){.phase = 0};
    }
}

static void act_table(enum bench_action action)
{
    switch ((int)action) {
    case BENCH_GET:
        ic_assert(ic_table_find(&table, input.value, NULL, input.key));
        break;
    case BENCH_ABSENT:
        ic_assert(!ic_table_find(&table, input.value, NULL, input.key));
        break;
    case BENCH_ADD:
        ic_table_insert(&table, input.key, input.value);
        break;
    case BENCH_REMOVE:
        ic_assert(ic_table_remove(&table, input.key));
        break;
    case BENCH_CHECK:
        check_step(ic_table_check_some(&table, &check));
        break;
    default:
        IC_TRAP("a table cannot do that");
    }
}

static void log_append(void)
{
    struct ic_bytes record = {.at = input.record, .size = sizeof input.record};
    ic_assert(ic_log_append(&records, record));
}

static void act_log(enum bench_action action)
{
    struct ic_bytes out;
    if (action == BENCH_GET) {
        ic_assert(ic_log_get(&out, &records, input.number, input.arena));
    } else if (action == BENCH_ADD) {
        log_append();
    } else if (action == BENCH_CHECK) {
        check_step(ic_log_check_some(&records, &check));
    } else {
        ic_assert(action == BENCH_ADD_100);
        for (int i = 0; i < 100; i++) {
            log_append();
        }
    }
}

static void act_ring(enum bench_action action)
{
    if (action == BENCH_ADD) {
        ic_ring_push(&ring, input.record);
    } else if (action == BENCH_CHECK) {
        check_step(ic_ring_check_some(&ring, &check));
    } else {
        ic_assert(action == BENCH_REMOVE);
        ic_ring_pop(&ring);
    }
}

static void map_walk(void)
{
    struct ic_map_cursor cursor;
    ic_map_seek(&map, &cursor, input.key);
    for (int i = 0; i < CURSOR_STEPS; i++) {
        if (!ic_map_next(&map, input.key, input.value, &cursor)) {
            break;
        }
    }
}

static void act_map(enum bench_action action)
{
    switch ((int)action) {
    case BENCH_GET:
        ic_assert(ic_map_find(&map, input.value, input.key));
        break;
    case BENCH_ABSENT:
        ic_assert(!ic_map_find(&map, input.value, input.key));
        break;
    case BENCH_ADD:
        ic_map_insert(&map, input.key, input.value);
        break;
    case BENCH_REMOVE:
        ic_assert(ic_map_remove(&map, input.key));
        break;
    case BENCH_NEXT:
        map_walk();
        break;
    case BENCH_CHECK:
        check_step(ic_map_check_some(&map, &check));
        break;
    default:
        IC_TRAP("a map cannot do that");
    }
}

static void act_queue(enum bench_action action)
{
    if (action == BENCH_ADD) {
        ic_assert(ic_queue_push(&queue, input.time_ns, input.value));
    } else if (action == BENCH_GET) {
        ic_assert(ic_queue_front(&queue, &input.time_ns, input.value));
    } else if (action == BENCH_REMOVE) {
        ic_assert(ic_queue_pop(&queue, &input.time_ns, input.value, UINT64_MAX));
    } else {
        ic_assert(action == BENCH_DROP);
        ic_assert(ic_queue_remove(&queue, input.time_ns, input.value));
    }
}

/* 100 records, pushed or read one by one. */
static void vec_do_100(enum bench_action action)
{
    const uint64_t from = input.number % (ic_vec_count(&vec) - 99);
    for (uint64_t i = 0; i < 100; i++) {
        if (action == BENCH_ADD_100) {
            ic_vec_push(&vec, input.record);
        } else {
            ic_assert(ic_vec_get(&vec, input.record, from + i));
        }
    }
}

static void act_vec(enum bench_action action)
{
    switch ((int)action) {
    case BENCH_GET:
        ic_assert(ic_vec_get(&vec, input.record, input.number));
        break;
    case BENCH_SET:
        ic_vec_set(&vec, input.number, input.record);
        break;
    case BENCH_ADD:
        ic_vec_push(&vec, input.record);
        break;
    case BENCH_REMOVE:
        ic_assert(ic_vec_pop(&vec, input.record));
        break;
    case BENCH_ADD_100:
    case BENCH_GET_100:
        vec_do_100(action);
        break;
    default:
        IC_TRAP("a vector cannot do that");
    }
}

static void act_nothing(enum bench_action action)
{
    (void)action;
}

typedef void act_fn(enum bench_action action);
static act_fn *const ACTS[BENCH_STRUCTURES] = {
    [BENCH_TABLE] = act_table,    [BENCH_LOG] = act_log,           [BENCH_RING] = act_ring,
    [BENCH_MAP_RANDOM] = act_map, [BENCH_MAP_ASCENDING] = act_map, [BENCH_QUEUE] = act_queue,
    [BENCH_VEC] = act_vec,
};

/* ---- methods --------------------------------------------------------------------------------- */

EXPORT("canister_update measure") void bench_measure(void);
void bench_measure(void)
{
    struct ic_reader r = argument();
    enum bench_action action = (enum bench_action)ic_get_u8(&r);
    uint64_t number = ic_get_u64_le(&r);
    ic_assert(ic_reader_done(&r));
    input_make(action == BENCH_ABSENT ? number | ABSENT_FROM : number);
    act_fn *act = action == BENCH_NOTHING ? act_nothing : ACTS[structure];
    /* A loop of one round: its head ends the block, so that the first reading does not include it.
     */
    uint64_t used = 0;
    for (volatile int once = 0; once < 1; once++) {
        uint64_t before = ic_instructions();
        act(action);
        used = ic_instructions() - before;
    }
    reply_u64(used);
}

EXPORT("canister_update fill") void bench_fill(void);
void bench_fill(void)
{
    struct ic_reader r = argument();
    uint64_t from = ic_get_u64_le(&r);
    uint64_t to = ic_get_u64_le(&r);
    for (uint64_t number = from; number < to; number++) {
        input_make(number);
        ACTS[structure](BENCH_ADD);
    }
    reply_u64(to - from);
}

EXPORT("canister_query check") void bench_check(void);
void bench_check(void)
{
    switch (structure) {
    case BENCH_TABLE:
        ic_table_check(&table);
        break;
    case BENCH_LOG:
        ic_log_check(&records);
        break;
    case BENCH_RING:
        ic_ring_check(&ring);
        break;
    case BENCH_MAP_RANDOM:
    case BENCH_MAP_ASCENDING:
        ic_map_check(&map);
        break;
    case BENCH_QUEUE:
        ic_queue_check(&queue);
        break;
    case BENCH_VEC:
        ic_vec_check(&vec);
        break;
    case BENCH_STRUCTURES:
        break;
    }
    reply_u64(1);
}
