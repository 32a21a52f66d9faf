#include "test/dump_content.h"

#include "ic/cell.h"
#include "ic/log.h"
#include "ic/ring.h"
#include "ic/sha2.h"
#include "ic/table.h"
#include "ic/trap.h"

static const struct ic_store_app APP = {.magic = "THEDUMP", .version = 5};

enum { REGION_LOG = 0, REGION_TABLE = 2, REGION_RING = 4, REGION_CELL = 5, REGION_LARGE = 6 };

/* What the dump holds. */
#define RECORD_COUNT      200u
#define ACCOUNTS_INSERTED 1000u /* every tenth was removed again */
#define RING_PUSHED       500u
#define RING_POPPED       123u
#define RING_BYTES        48u
#define LARGE_BYTES       3000u

static struct ic_store store;
static struct ic_log records;
static struct ic_table accounts;
static struct ic_ring ring;
static struct ic_cell cell, large;

static void open_structures(void)
{
    ic_log_open(&records, &store, REGION_LOG);
    ic_table_open(&accounts, &store, REGION_TABLE, 28, 8);
    ic_ring_open(&ring, &store, REGION_RING, RING_BYTES);
    ic_cell_open(&cell, &store, REGION_CELL, 64);
    ic_cell_open(&large, &store, REGION_LARGE, LARGE_BYTES);
}

/* 32 bytes that follow from a number. */
static void bytes_of(uint8_t out[IC_SHA256_BYTES], uint64_t number)
{
    uint8_t in[8];
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(number >> 8 * i);
    }
    ic_sha256(out, (struct ic_bytes){.at = in, .size = sizeof in});
}

static struct ic_bytes record_of(uint8_t out[IC_SHA256_BYTES], uint64_t number)
{
    bytes_of(out, number + 1000000);
    return (struct ic_bytes){.at = out, .size = number % (IC_SHA256_BYTES + 1)};
}

static void ring_record_of(uint8_t out[RING_BYTES], uint64_t number)
{
    uint8_t hash[IC_SHA256_BYTES];
    bytes_of(hash, number + 2000000);
    memset(out, (int)number, RING_BYTES);
    memcpy(out, hash, sizeof hash);
}

static void large_value(uint8_t out[LARGE_BYTES])
{
    for (size_t i = 0; i < LARGE_BYTES; i++) {
        out[i] = (uint8_t)(i * i);
    }
}

void dump_write(void)
{
    uint8_t bytes[IC_SHA256_BYTES], record[RING_BYTES], value[LARGE_BYTES];
    ic_store_create(&store, APP);
    open_structures();
    for (uint64_t i = 0; i < RECORD_COUNT; i++) {
        ic_assert(ic_log_append(&records, record_of(bytes, i)));
    }
    for (uint64_t i = 0; i < ACCOUNTS_INSERTED; i++) {
        bytes_of(bytes, i);
        ic_table_insert(&accounts, bytes, bytes + 20);
    }
    for (uint64_t i = 0; i < ACCOUNTS_INSERTED; i += 10) {
        bytes_of(bytes, i);
        ic_assert(ic_table_remove(&accounts, bytes));
    }
    for (uint64_t i = 0; i < RING_PUSHED; i++) {
        ring_record_of(record, i);
        ic_ring_push(&ring, record);
    }
    for (uint64_t i = 0; i < RING_POPPED; i++) {
        ic_ring_pop(&ring);
    }
    large_value(value);
    ic_cell_write(&cell, IC_BYTES_LIT("kept in the head page"));
    ic_cell_write(&large, (struct ic_bytes){.at = value, .size = sizeof value});
}

static void check_records(void)
{
    static uint8_t memory[1 << 16];
    uint8_t expected[IC_SHA256_BYTES];
    struct ic_arena a;
    struct ic_bytes out;
    ic_assert(ic_log_count(&records) == RECORD_COUNT);
    for (uint64_t i = 0; i < RECORD_COUNT; i++) {
        ic_arena_init(&a, memory, sizeof memory);
        ic_assert(ic_log_get(&out, &records, i, &a));
        ic_assert(ic_bytes_is_equal(out, record_of(expected, i)));
    }
    ic_log_check(&records);
}

static void check_accounts(void)
{
    uint8_t bytes[IC_SHA256_BYTES], value[8];
    ic_assert(ic_table_count(&accounts) == (ACCOUNTS_INSERTED - ACCOUNTS_INSERTED / 10));
    for (uint64_t i = 0; i < ACCOUNTS_INSERTED; i++) {
        bytes_of(bytes, i);
        ic_assert(ic_table_find(&accounts, value, NULL, bytes) == (i % 10 != 0));
        if (i % 10 != 0) {
            ic_assert(memcmp(value, bytes + 20, sizeof value) == 0);
        }
    }
    ic_table_check(&accounts);
}

static void check_ring(void)
{
    uint8_t got[RING_BYTES], expected[RING_BYTES];
    uint64_t count = RING_PUSHED - RING_POPPED;
    ic_assert(ic_ring_count(&ring) == count);
    for (uint64_t n = 0; n < count; n++) {
        ring_record_of(expected, RING_PUSHED - 1 - n);
        ic_assert(ic_ring_back(&ring, got, n));
        ic_assert(memcmp(got, expected, sizeof got) == 0);
    }
    ic_ring_check(&ring);
}

void dump_check(void)
{
    uint8_t value[LARGE_BYTES], expected[LARGE_BYTES], text[64];
    ic_store_open(&store, APP);
    open_structures();
    check_records();
    check_accounts();
    check_ring();
    large_value(expected);
    ic_assert(ic_cell_read(&cell, text) == 21);
    ic_assert(memcmp(text, "kept in the head page", 21) == 0);
    ic_assert(ic_cell_read(&large, value) == LARGE_BYTES);
    ic_assert(memcmp(value, expected, sizeof value) == 0);
}

void dump_go_on(void)
{
    uint8_t bytes[IC_SHA256_BYTES], record[RING_BYTES] = {0};
    for (uint64_t i = 0; i < 2000; i++) {
        bytes_of(bytes, i + 5000000);
        ic_assert(ic_log_append(&records, record_of(bytes, i)));
        bytes_of(bytes, i + 5000000);
        ic_table_insert(&accounts, bytes, bytes);
        ic_ring_push(&ring, record);
    }
    ic_log_check(&records);
    ic_table_check(&accounts);
    ic_ring_check(&ring);
}
