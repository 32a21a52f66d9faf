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

/* Reading by a known header is made for short messages: it saves the type table, and spends more on each
 * value. Thousands of values are cheaper by the table. */
#define DIRECT_BYTES_MAX 100u

static bool is_direct(const struct candid_tuple *types, size_t message_bytes, size_t header_bytes)
{
    return header_bytes != 0 &&
           (!types->repeats || message_bytes - header_bytes <= header_bytes + DIRECT_BYTES_MAX);
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
    *fast = is_direct(types, message.size, header_bytes);
    if (*fast) {
        d->at += header_bytes;
        result = candid_direct(d, types->record, out);
    } else {
        struct candid_entry args;
        result = candid_header(d, &args);
        if (result == CANDID_OK) {
            result = candid_coerce(d, &args, types->record, out);
        }
    }
    return result == CANDID_OK && d->at != d->end ? CANDID_TRAILING : result;
}

static void start(struct candid_decoder *d, struct ic_bytes message, struct ic_arena *arena)
{
    static const uint8_t nothing[1] = {0};
    d->at = message.size != 0 ? message.at : nothing;
    d->start = d->at;
    d->end = d->at + message.size;
    d->units_left = CANDID_UNITS_BASE + (uint64_t)CANDID_UNITS_PER_BYTE * message.size;
    d->heap_left = CANDID_HEAP_BYTES_BASE + (uint64_t)CANDID_HEAP_BYTES_PER_BYTE * message.size;
    d->arena = arena;
}

enum candid_result candid_decode(void *out, const struct candid_tuple *types,
                                 struct ic_bytes message, struct ic_arena *arena)
{
    struct candid_decoder d;
    bool fast = false;
    start(&d, message, arena);
    return decode(out, types, true, &d, &fast);
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
    return result;
}
