/* The kit's own test canister: the freestanding memory functions and the vector paths exist only in
 * Wasm, so they are checked here; and operations of the kit are measured as the system meters them.
 */
#include "ic/account.h"
#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/log.h"
#include "ic/msg.h"
#include "ic/ring.h"
#include "ic/sha2.h"
#include "ic/table.h"
#include "ic/text.h"
#include "ic/trap.h"
#include "integration/canisters/kit/kit.h"
#include "test/dump_content.h"
#include "test/hash_chain.h"

#define EXPORT(name) __attribute__((export_name(name)))

#define ARENA_BYTES   (1u << 20)
#define ARG_BYTES_MAX 64u

static const struct ic_store_app APP = {.magic = "MEASURE", .version = 1};
static struct ic_store store;
static struct ic_table table;
static struct ic_log records;
static struct ic_ring ring;

static void open_structures(void)
{
    ic_table_open(&table, &store, 0, 28, 8);
    ic_log_open(&records, &store, 2);
    ic_ring_open(&ring, &store, 4, 48);
}

static struct ic_reader argument(void)
{
    struct ic_bytes in;
    if (!ic_msg_arg(&in, ARG_BYTES_MAX, ic_msg_arena(ARENA_BYTES))) {
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

/* ---- lifecycle ------------------------------------------------------------------------------- */

EXPORT("canister_init") void kit_init(void);
void kit_init(void)
{
    struct ic_reader r = argument();
    if (ic_get_u8(&r) == KIT_STORE_DUMP) {
        dump_write();
    } else {
        ic_store_create(&store, APP);
        open_structures();
    }
}

EXPORT("canister_post_upgrade") void kit_post_upgrade(void);
void kit_post_upgrade(void)
{
    struct ic_reader r = argument();
    if (ic_get_u8(&r) == KIT_STORE_DUMP) {
        dump_check();
    } else {
        ic_store_open(&store, APP);
        open_structures();
    }
}

/* ---- memory functions against byte loops ----------------------------------------------------- */

#define AREA 220u
static uint8_t area[AREA], model[AREA];
static uint32_t checks;

static void area_fill(void)
{
    for (uint32_t i = 0; i < AREA; i++) {
        area[i] = model[i] = (uint8_t)(i * 37 + 11);
    }
}

static void area_check(void)
{
    for (uint32_t i = 0; i < AREA; i++) {
        ic_assert(area[i] == model[i]);
    }
    checks++;
}

/* The compiler must not see through sizes and addresses. */
static void move_check(volatile uint32_t to, volatile uint32_t from, volatile uint32_t size)
{
    uint8_t copy[AREA];
    area_fill();
    for (uint32_t i = 0; i < size; i++) {
        copy[i] = model[from + i];
    }
    for (uint32_t i = 0; i < size; i++) {
        model[to + i] = copy[i];
    }
    memmove(area + to, area + from, size);
    area_check();
    if (to >= from + size || from >= to + size) {
        area_fill();
        for (uint32_t i = 0; i < size; i++) {
            model[to + i] = copy[i];
        }
        memcpy(area + to, area + from, size);
        area_check();
    }
}

static void set_check(volatile uint32_t to, volatile uint32_t size)
{
    area_fill();
    for (uint32_t i = 0; i < size; i++) {
        model[to + i] = 0xa7;
    }
    memset(area + to, 0x5a7, size);
    area_check();
}

static void compare_check(volatile uint32_t size, volatile uint32_t differs_at)
{
    area_fill();
    ic_assert(memcmp(area, model, size) == 0);
    area[differs_at] = 0x7f;
    for (int step = 0; step < 2; step++) {
        model[differs_at] = step == 0 ? 0x80 : 0x01;
        int order = memcmp(area, model, size);
        ic_assert(differs_at < size ? (step == 0 ? order < 0 : order > 0) : order == 0);
    }
    checks++;
}

static void memory_check(void)
{
    for (uint32_t size = 0; size <= 150; size++) {
        for (uint32_t distance = 0; distance <= 60; distance += distance < 20 ? 1 : 13) {
            move_check(3 + distance, 3, size);
            move_check(3, 3 + distance, size);
        }
        set_check(size % 7, size);
        for (uint32_t at = 0; at <= size; at += at < 20 ? 1 : 11) {
            compare_check(size, at);
        }
    }
    volatile char text[] = "nine char";
    ic_assert(strlen((const char *)text) == 9);
    ic_assert(memchr((const char *)text, 'c', 9) == (const char *)text + 5);
    ic_assert(memchr((const char *)text, 'z', 9) == NULL);
    ic_assert(strcmp("abc", (const char *)text) < 0 &&
              strcmp((const char *)text, "nine char") == 0);
}

/* Known digests: the vector load of the compression function exists only here. */
static void hash_check(void)
{
    static const uint8_t EXPECTED[4] = {0xcd, 0xc7, 0x6e, 0x5c}; /* a million times 'a' */
    uint8_t digest[IC_SHA256_BYTES], chunk[100];
    struct ic_sha256 h;
    memset(chunk, 'a', sizeof chunk);
    ic_sha256_init(&h);
    for (int i = 0; i < 10000; i++) {
        ic_sha256_update(&h, (struct ic_bytes){.at = chunk, .size = sizeof chunk});
    }
    ic_sha256_final(&h, digest);
    ic_assert(memcmp(digest, EXPECTED, sizeof EXPECTED) == 0);
    ic_assert(ic_crc32(IC_BYTES_LIT("123456789")) == 0xcbf43926);
    checks += 2;
}

/* Digits of every length against one digit at a time: the vectors are only here. */
static void hex_check(void)
{
    uint8_t in[80];
    char out[2 * sizeof in + 1];
    for (uint32_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(i * 29 + 7);
    }
    for (uint32_t size = 0; size <= sizeof in; size++) {
        out[2 * size] = '!';
        ic_hex_encode(out, (struct ic_bytes){.at = in, .size = size});
        for (uint32_t i = 0; i < 2 * size; i++) {
            const uint32_t digit = i % 2 == 0 ? in[i / 2] >> 4 : in[i / 2] & 15;
            ic_assert(out[i] == (char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
        ic_assert(out[2 * size] == '!');
        checks++;
    }
}

static void bytes_check(const uint8_t *at, size_t size, uint8_t expected)
{
    for (size_t i = 0; i < size; i++) {
        ic_assert(at[i] == expected);
    }
    checks++;
}

static uint8_t *arena_fill(size_t size, uint8_t with)
{
    uint8_t *at = ic_arena_alloc(ic_msg_arena(size), size);
    ic_assert(at != NULL);
    memset(at, with, size);
    return at;
}

/* What was taken from the heap is nobody else's, however the arena grows before and after. */
static void heap_check(void)
{
    const size_t taken_size = 100000, larger = 4 * ARENA_BYTES;
    uint8_t *taken[2];
    (void)arena_fill(ARENA_BYTES, 1);
    for (int i = 0; i < 2; i++) {
        taken[i] = ic_heap_take(taken_size);
        ic_assert(taken[i] != NULL && (size_t)taken[i] % IC_ARENA_ALIGN == 0);
        bytes_check(taken[i], taken_size, 0);
        memset(taken[i], 7 + i, taken_size);
        bytes_check(arena_fill(larger << i, 3), larger << i, 3);
    }
    (void)arena_fill(ARENA_BYTES, 9);
    bytes_check(taken[0], taken_size, 7);
    bytes_check(taken[1], taken_size, 8);
    ic_assert(ic_heap_take(SIZE_MAX - ARENA_BYTES) == NULL);
}

EXPORT("canister_update self_test") void kit_self_test(void);
void kit_self_test(void)
{
    checks = 0;
    memory_check();
    hash_check();
    hex_check();
    heap_check();
    reply_u64(checks);
}

EXPORT("canister_update hash_everything") void kit_hash_everything(void);
void kit_hash_everything(void)
{
    uint8_t digest[IC_SHA256_BYTES];
    hash_chain(digest);
    reply_u64(ic_load_u64_le(digest));
}

EXPORT("canister_update use_store") void kit_use_store(void);
void kit_use_store(void)
{
    dump_check();
    dump_go_on();
    reply_u64(1);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static struct {
    uint8_t key[28];
    uint8_t value[8];
    uint8_t record[1024];
    uint64_t number;
    struct ic_principal owner;
    struct ic_arena *arena;
} input;

static void key_make(uint64_t number)
{
    for (uint32_t i = 0; i < 4; i++) {
        uint8_t word[8];
        ic_store_u64_le(word, mixed(number * 4 + i));
        memcpy(input.key + 8 * i, word, i < 3 ? 8 : 4);
    }
}

static void do_nothing(void)
{
}

static void do_table_hit(void)
{
    ic_assert(ic_table_find(&table, input.value, NULL, input.key));
}

static void do_table_miss(void)
{
    ic_assert(!ic_table_find(&table, input.value, NULL, input.key));
}

static void do_table_insert(void)
{
    ic_table_insert(&table, input.key, input.value);
}

static void do_table_remove(void)
{
    ic_assert(ic_table_remove(&table, input.key));
}

static void do_log_append(void)
{
    ic_assert(ic_log_append(&records, (struct ic_bytes){.at = input.record, .size = 138}));
}

static void do_log_append_100(void)
{
    for (int i = 0; i < 100; i++) {
        do_log_append();
    }
}

static void do_log_get(void)
{
    struct ic_bytes out;
    ic_assert(ic_log_get(&out, &records, input.number % records.count, input.arena));
}

static void do_ring_push(void)
{
    ic_ring_push(&ring, input.record);
}

static void do_ring_pop(void)
{
    ic_ring_pop(&ring);
}

static void do_sha256_16(void)
{
    ic_sha256(input.record, (struct ic_bytes){.at = input.record, .size = 16 * 64 - 9});
}

static void do_account_id(void)
{
    struct ic_account_id id = ic_account_id_from_owner(&input.owner, NULL);
    memcpy(input.record, id.hash, sizeof id.hash);
}

static void do_sha256_pair_16(void)
{
    struct ic_bytes a = {.at = input.record, .size = 16 * 64 - 9};
    struct ic_bytes b = {.at = input.record + 3, .size = 16 * 64 - 12};
    ic_sha256_pair(input.record, input.record + 100, a, b);
}

static void do_account_ids(void)
{
    struct ic_account_id ids[2];
    ic_account_ids_from_owners(ids, &input.owner, NULL, &input.owner, NULL);
    memcpy(input.record, ids, sizeof ids);
}

static void do_crc32_28(void)
{
    input.number = ic_crc32((struct ic_bytes){.at = input.key, .size = 28});
}

static void do_memcpy_138(void)
{
    volatile size_t size = 138;
    memcpy(input.record + 300, input.record, size);
}

static void (*const OPERATIONS[KIT_OPERATIONS])(void) = {
    [KIT_NOTHING] = do_nothing,
    [KIT_TABLE_HIT] = do_table_hit,
    [KIT_TABLE_MISS] = do_table_miss,
    [KIT_TABLE_INSERT] = do_table_insert,
    [KIT_TABLE_REMOVE] = do_table_remove,
    [KIT_LOG_APPEND] = do_log_append,
    [KIT_LOG_APPEND_100] = do_log_append_100,
    [KIT_LOG_GET] = do_log_get,
    [KIT_RING_PUSH] = do_ring_push,
    [KIT_RING_POP] = do_ring_pop,
    [KIT_SHA256_16] = do_sha256_16,
    [KIT_SHA256_PAIR_16] = do_sha256_pair_16,
    [KIT_ACCOUNT_ID] = do_account_id,
    [KIT_ACCOUNT_IDS] = do_account_ids,
    [KIT_CRC32_28] = do_crc32_28,
    [KIT_MEMCPY_138] = do_memcpy_138,
};

EXPORT("canister_update measure") void kit_measure(void);
void kit_measure(void)
{
    struct ic_reader r = argument();
    uint8_t operation = ic_get_u8(&r);
    input.number = ic_get_u64_le(&r);
    ic_assert(ic_reader_done(&r) && operation < KIT_OPERATIONS);
    input.owner = (struct ic_principal){.size = 29};
    input.arena = ic_msg_arena(ARENA_BYTES);
    key_make(input.number);
    /* A loop of one round: its head ends the block, so that the first reading does not include it.
     */
    uint64_t used = 0;
    for (volatile int once = 0; once < 1; once++) {
        uint64_t before = ic_instructions();
        OPERATIONS[operation]();
        used = ic_instructions() - before;
    }
    reply_u64(used);
}

EXPORT("canister_update fill") void kit_fill(void);
void kit_fill(void)
{
    struct ic_reader r = argument();
    uint64_t from = ic_get_u64_le(&r);
    uint64_t to = ic_get_u64_le(&r);
    for (uint64_t number = from; number < to; number++) {
        key_make(number);
        do_table_insert();
        do_log_append();
    }
    reply_u64(to - from);
}
