/* candid_decode: known header or type table, values, end. */
#include "decoder.h"

#ifdef AXON_FUZZ
uint64_t candid_steps;
#endif

/* True when message begins with the header; by words, a call of memcmp would cost more. */
static bool begins_with(struct ic_bytes message, struct ic_bytes header)
{
    if (header.size == 0 || header.size > message.size) {
        return false;
    }
    size_t i = 0;
    for (; i + 8 <= header.size; i += 8) {
        uint64_t a = 0;
        uint64_t b = 0;
        __builtin_memcpy(&a, message.at + i, 8);
        __builtin_memcpy(&b, header.at + i, 8);
        if (a != b) {
            return false;
        }
    }
    for (; i < header.size; i++) {
        if (message.at[i] != header.at[i]) {
            return false;
        }
    }
    return true;
}

/* Size of the known header that the message has, or 0. */
static size_t known_header(const struct candid_tuple *types, struct ic_bytes message)
{
    for (int i = CANDID_KNOWN_COUNT - 1; i >= 0; i--) {
        if (begins_with(message, types->known[i])) {
            return types->known[i].size;
        }
    }
    return 0;
}

/* What decoded values may take, in bytes. */
static size_t heap_max(size_t message_bytes)
{
    return message_bytes > (SIZE_MAX - CANDID_HEAP_BYTES_BASE) / CANDID_HEAP_BYTES_PER_BYTE
               ? SIZE_MAX
               : CANDID_HEAP_BYTES_BASE + CANDID_HEAP_BYTES_PER_BYTE * message_bytes;
}

/* From here on at most so much is taken. */
static void open_heap(struct candid_decoder *d, size_t most)
{
    const struct ic_arena *const arena = d->arena;
    const size_t left = (size_t)(arena->at + arena->size - d->heap);
    d->heap_end = d->heap + ((left < most ? left : most) & ~(size_t)(IC_ARENA_ALIGN - 1));
}

static enum candid_result decode(void *out, const struct candid_tuple *types, bool use_known,
                                 struct candid_decoder *d, bool *fast)
{
    const struct ic_bytes message = {.at = d->start, .size = candid_left(d)};
    if (message.size > CANDID_MESSAGE_BYTES_MAX) {
        return CANDID_TOO_LARGE;
    }
    const size_t header_bytes = use_known ? known_header(types, message) : 0;
    enum candid_result result = CANDID_OK;
    *fast = header_bytes != 0;
    if (*fast) {
        d->at += header_bytes;
        open_heap(d, heap_max(message.size));
        result = candid_direct(d, types->record, out);
    } else {
        struct candid_entry args;
        open_heap(d, SIZE_MAX);
        result = candid_header(d, &args);
        if (result == CANDID_OK) {
            open_heap(d, heap_max(message.size));
            result = candid_coerce(d, &args, types->record, out);
        }
    }
    return result == CANDID_OK && d->at != d->end ? CANDID_TRAILING : result;
}

static void start(struct candid_decoder *d, struct ic_bytes message, const struct ic_arena *arena)
{
    static const uint8_t nothing[1] = {0};
    d->at = message.size != 0 ? message.at : nothing;
    d->start = d->at;
    d->end = d->at + message.size;
    d->units_left = CANDID_UNITS_BASE + (uint64_t)CANDID_UNITS_PER_BYTE * message.size;
    d->heap = arena->at + arena->used;
    d->arena = arena;
}

enum candid_result candid_decode(void *out, const struct candid_tuple *types,
                                 struct ic_bytes message, struct ic_arena *arena)
{
    struct candid_decoder d;
    bool fast = false;
    start(&d, message, arena);
    const enum candid_result result = decode(out, types, true, &d, &fast);
    arena->used = (size_t)(d.heap - arena->at);
    return result;
}

enum candid_result candid_decode_reported(void *out, const struct candid_tuple *types,
                                          struct ic_bytes message, bool use_known,
                                          struct ic_arena *arena, struct candid_report *report)
{
    struct candid_decoder d;
    start(&d, message, arena);
    report->units_max = d.units_left;
    const enum candid_result result = decode(out, types, use_known, &d, &report->fast);
    report->units = report->units_max - d.units_left;
    arena->used = (size_t)(d.heap - arena->at);
    return result;
}
