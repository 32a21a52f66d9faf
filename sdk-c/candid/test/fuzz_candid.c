/* Hostile messages. Byte 0 chooses the method of hostile.did, the rest is a message. What must hold is
 * the text of sdk-c/candid/README.md:
 * - no read outside the message, no write outside the value (AddressSanitizer: both are exact)
 * - work in proportion: turns of all loops, units within the budget
 * - the fast path and the type table agree
 * - what decodes encodes, in full and narrow, and decodes to the same value again */
#include <stdio.h>
#include <stdlib.h>

#include "candid/decoder.h"
#include "hostile_did.h"

#define ARENA_BYTES (4u << 20)

static uint8_t arena_memory[2][ARENA_BYTES];

#define REQUIRE(condition)                                              \
    do {                                                                \
        if (!(condition)) {                                             \
            fprintf(stderr, "does not hold: %s\n", #condition);         \
            abort();                                                    \
        }                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A decode into memory of exactly the size, from memory of exactly the size. */
static enum candid_result decode(void **value, const struct candid_tuple *types,
                                 struct ic_bytes message, bool use_known, struct ic_arena *arena)
{
    struct candid_report report;
    *value = malloc(types->record->size);
    REQUIRE(*value != NULL);
    candid_steps = 0;
    const enum candid_result result =
        candid_decode_reported(*value, types, message, use_known, arena, &report);
    REQUIRE(report.units <= report.units_max);
    REQUIRE(candid_steps <= 100 + 4 * message.size + 8 * report.units);
    return result;
}

static struct ic_bytes encode(const struct candid_tuple *types, const void *value,
                              enum candid_encoding encoding, struct ic_arena *arena)
{
    struct ic_bytes message = {0};
    REQUIRE(candid_encode(&message, types, value, encoding, arena) == CANDID_OK);
    return message;
}

/* Decodes an encoder's message and compares its full encoding. */
static void check_again(const struct candid_tuple *types, struct ic_bytes message,
                        struct ic_bytes full)
{
    struct ic_arena arena;
    void *value = NULL;
    ic_arena_init(&arena, arena_memory[1], ARENA_BYTES);
    const enum candid_result result = decode(&value, types, message, true, &arena);
    /* What had few bytes may have more units than its encoding allows; nothing else may differ. */
    if (result == CANDID_OK) {
        REQUIRE(ic_bytes_is_equal(encode(types, value, CANDID_ENCODE_FULL, &arena), full));
    } else {
        REQUIRE(result == CANDID_TOO_LARGE);
    }
    free(value);
}

static void check_value(const struct candid_tuple *types, const void *value, struct ic_bytes *full,
                        struct ic_arena *arena)
{
    *full = encode(types, value, CANDID_ENCODE_FULL, arena);
    check_again(types, *full, *full);
    check_again(types, encode(types, value, CANDID_ENCODE_NARROW, arena), *full);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct candid_tuple *types = &hostile_methods[data[0] % hostile_method_count]->in;
    uint8_t *copy = malloc(size);
    REQUIRE(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    const struct ic_bytes message = {.at = copy, .size = size - 1};
    struct ic_arena arena;
    struct ic_bytes full = {0};
    struct ic_bytes full_slow = {0};
    void *value = NULL;
    ic_arena_init(&arena, arena_memory[0], ARENA_BYTES);
    const enum candid_result result = decode(&value, types, message, true, &arena);
    if (result == CANDID_OK) {
        check_value(types, value, &full, &arena);
        full.at = memcpy(malloc(full.size), full.at, full.size);
    }
    free(value);
    ic_arena_init(&arena, arena_memory[0], ARENA_BYTES);
    const enum candid_result slow = decode(&value, types, message, false, &arena);
    REQUIRE((slow == CANDID_OK) == (result == CANDID_OK) || slow == CANDID_TOO_DEEP ||
            result == CANDID_TOO_DEEP || slow == CANDID_TOO_LARGE || result == CANDID_TOO_LARGE);
    if (slow == CANDID_OK && result == CANDID_OK) {
        full_slow = encode(types, value, CANDID_ENCODE_FULL, &arena);
        REQUIRE(ic_bytes_is_equal(full, full_slow));
    }
    free(value);
    free((void *)(uintptr_t)full.at);
    free(copy);
    return 0;
}
