#include "ic/logring.h"

#include "ic/buf.h"
#include "ic/trap.h"

#define HEAD_BYTES    28u
#define TRAILER_BYTES 2u

static _Noreturn void trap_damaged(void)
{
    IC_TRAP("stable log ring: the structure is damaged");
}

static void head_save(const struct ic_logring *ring)
{
    uint8_t head[HEAD_BYTES];
    ic_store_u64_le(head, ring->next);
    ic_store_u64_le(head + 8, ring->oldest);
    ic_store_u32_le(head + 16, ring->first);
    ic_store_u32_le(head + 20, ring->end);
    ic_store_u32_le(head + 24, ring->used);
    ic_region_head_write(ring->region, 0, head, sizeof head);
}

void ic_logring_open(struct ic_logring *ring, struct ic_store *store, uint32_t region_id,
                     uint32_t capacity)
{
    uint8_t head[HEAD_BYTES];
    ic_assert(capacity >= IC_LOGRING_BYTES_MIN && capacity <= IC_LOGRING_BYTES_MAX);
    *ring = (struct ic_logring){.capacity = capacity};
    ring->region = ic_store_region(store, NULL, region_id, IC_REGION_RAW, capacity);
    if (!ic_region_reserve(store, ring->region, capacity)) {
        IC_TRAP("out of stable memory");
    }
    ic_region_head_read(ring->region, head, 0, sizeof head);
    ring->next = ic_load_u64_le(head);
    ring->oldest = ic_load_u64_le(head + 8);
    ring->first = ic_load_u32_le(head + 16);
    ring->end = ic_load_u32_le(head + 20);
    ring->used = ic_load_u32_le(head + 24);
    const uint64_t lines = ring->next - ring->oldest;
    if (ring->first >= capacity || ring->end >= capacity || ring->used > capacity ||
        lines > ring->used / IC_LOGRING_EXTRA_BYTES || (lines == 0) != (ring->used == 0) ||
        (ring->first + ring->used) % capacity != ring->end) {
        trap_damaged();
    }
}

/* ---- bytes of the ring ----------------------------------------------------------------------- */

static uint32_t offset_add(const struct ic_logring *ring, uint32_t at, uint32_t bytes)
{
    return (at + bytes) % ring->capacity;
}

static void ring_read(const struct ic_logring *ring, void *out, uint32_t at, uint32_t size)
{
    const uint32_t before = ring->capacity - at < size ? ring->capacity - at : size;
    ic_region_read(ring->region, out, at, before);
    if (before < size) {
        ic_region_read(ring->region, (uint8_t *)out + before, 0, size - before);
    }
}

static void ring_write(const struct ic_logring *ring, uint32_t at, const void *in, uint32_t size)
{
    const uint32_t before = ring->capacity - at < size ? ring->capacity - at : size;
    ic_region_write(ring->region, at, in, before);
#ifndef AXON_PLANTED_BUG /* without these lines a line that meets the end of the ring is cut there */
    if (before < size) {
        ic_region_write(ring->region, 0, (const uint8_t *)in + before, size - before);
    }
#endif
}

struct header {
    uint64_t time_ns;
    uint32_t text_size;
    enum ic_logring_level level;
};

/* The header of line number at an offset. */
static struct header header_read(const struct ic_logring *ring, uint32_t at, uint64_t number)
{
    uint8_t bytes[IC_LOGRING_HEADER_BYTES];
    ring_read(ring, bytes, at, sizeof bytes);
    if (ic_load_u32_le(bytes + 8) != (uint32_t)number || bytes[14] > IC_LOGRING_ERROR) {
        trap_damaged();
    }
    const struct header h = {.time_ns = ic_load_u64_le(bytes),
                             .text_size = ic_load_u16_le(bytes + 12),
                             .level = (enum ic_logring_level)bytes[14]};
    if (h.text_size > IC_LOGRING_TEXT_MAX || h.text_size + IC_LOGRING_EXTRA_BYTES > ring->used) {
        trap_damaged();
    }
    return h;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void oldest_drop(struct ic_logring *ring)
{
    const struct header h = header_read(ring, ring->first, ring->oldest);
    ring->first = offset_add(ring, ring->first, h.text_size + IC_LOGRING_EXTRA_BYTES);
    ring->used -= h.text_size + IC_LOGRING_EXTRA_BYTES;
    ring->oldest++;
}

/* Cuts text between characters. */
static struct ic_bytes text_cut(struct ic_bytes text)
{
    if (text.size > IC_LOGRING_TEXT_MAX) {
        text.size = IC_LOGRING_TEXT_MAX;
        while (text.size > 0 && (text.at[text.size] & 0xc0) == 0x80) {
            text.size--;
        }
    }
    return text;
}

void ic_logring_add(struct ic_logring *ring, uint64_t time_ns, enum ic_logring_level level,
                    struct ic_bytes text)
{
    uint8_t line[IC_LOGRING_TEXT_MAX + IC_LOGRING_EXTRA_BYTES];
    text = text_cut(text);
    const uint32_t size = (uint32_t)text.size + IC_LOGRING_EXTRA_BYTES;
    while (ring->capacity - ring->used < size) {
        oldest_drop(ring);
    }
    ic_store_u64_le(line, time_ns);
    ic_store_u32_le(line + 8, (uint32_t)ring->next);
    ic_store_u16_le(line + 12, (uint16_t)text.size);
    line[14] = (uint8_t)level;
    if (text.size > 0) {
        memcpy(line + IC_LOGRING_HEADER_BYTES, text.at, text.size);
    }
    ic_store_u16_le(line + IC_LOGRING_HEADER_BYTES + text.size, (uint16_t)text.size);
    ring_write(ring, ring->end, line, size);
    ring->end = offset_add(ring, ring->end, size);
    ring->used += size;
    ring->next++;
    head_save(ring);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct ic_logring_cursor ic_logring_first(const struct ic_logring *ring)
{
    return (struct ic_logring_cursor){.number = ring->oldest, .at = ring->first};
}

struct ic_logring_cursor ic_logring_last(const struct ic_logring *ring)
{
    return (struct ic_logring_cursor){.number = ring->next, .at = ring->end};
}

static bool line_read(struct ic_logring_line *line, const struct ic_logring *ring, uint32_t at,
                      uint64_t number, struct ic_arena *a)
{
    const struct header h = header_read(ring, at, number);
    uint8_t *text = ic_arena_alloc(a, h.text_size);
    if (text == NULL) {
        return false;
    }
    ring_read(ring, text, offset_add(ring, at, IC_LOGRING_HEADER_BYTES), h.text_size);
    *line = (struct ic_logring_line){.number = number,
                                     .time_ns = h.time_ns,
                                     .level = h.level,
                                     .text = {.at = text, .size = h.text_size}};
    return true;
}

bool ic_logring_next(struct ic_logring_line *line, const struct ic_logring *ring,
                     struct ic_logring_cursor *cursor, struct ic_arena *a)
{
    if (cursor->number >= ring->next || !line_read(line, ring, cursor->at, cursor->number, a)) {
        return false;
    }
    cursor->at = offset_add(ring, cursor->at, (uint32_t)line->text.size + IC_LOGRING_EXTRA_BYTES);
    cursor->number++;
    return true;
}

bool ic_logring_previous(struct ic_logring_line *line, const struct ic_logring *ring,
                         struct ic_logring_cursor *cursor, struct ic_arena *a)
{
    if (cursor->number <= ring->oldest) {
        return false;
    }
    uint8_t trailer[TRAILER_BYTES];
    ring_read(ring, trailer, offset_add(ring, cursor->at, ring->capacity - TRAILER_BYTES),
              sizeof trailer);
    const uint32_t size = ic_load_u16_le(trailer) + IC_LOGRING_EXTRA_BYTES;
    if (size > ring->used) {
        trap_damaged();
    }
    const uint32_t at = offset_add(ring, cursor->at, ring->capacity - size);
    if (!line_read(line, ring, at, cursor->number - 1, a)) {
        return false;
    }
    if (line->text.size + IC_LOGRING_EXTRA_BYTES != size) {
        trap_damaged();
    }
    *cursor = (struct ic_logring_cursor){.number = cursor->number - 1, .at = at};
    return true;
}

const char *ic_logring_level_name(enum ic_logring_level level)
{
    switch (level) {
    case IC_LOGRING_DEBUG:
        return "DEBUG";
    case IC_LOGRING_INFO:
        return "INFO";
    case IC_LOGRING_WARNING:
        return "WARNING";
    case IC_LOGRING_ERROR:
        return "ERROR";
    }
    IC_TRAP("no such log level");
}

void ic_logring_check(const struct ic_logring *ring)
{
    uint32_t at = ring->first, used = 0;
    for (uint64_t number = ring->oldest; number < ring->next; number++) {
        const struct header h = header_read(ring, at, number);
        uint8_t trailer[TRAILER_BYTES];
        ring_read(ring, trailer, offset_add(ring, at, IC_LOGRING_HEADER_BYTES + h.text_size),
                  sizeof trailer);
        used += h.text_size + IC_LOGRING_EXTRA_BYTES;
        if (ic_load_u16_le(trailer) != h.text_size || used > ring->used) {
            trap_damaged();
        }
        at = offset_add(ring, at, h.text_size + IC_LOGRING_EXTRA_BYTES);
    }
    if (used != ring->used || at != ring->end) {
        trap_damaged();
    }
}
