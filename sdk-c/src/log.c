#include "ic/log.h"

#include "ic/buf.h"
#include "ic/trap.h"
#include "src/head.h"

#define OFFSET_BYTES 8u /* of an index entry */
#define HEAD_BYTES   16u

_Static_assert(IC_LOG_TAIL_MAX *OFFSET_BYTES <= IC_STABLE_CHARGE_BYTES &&
                   IC_STABLE_CHARGE_BYTES % (IC_LOG_TAIL_MAX * OFFSET_BYTES) == 0,
               "a batch of the index dirties one page");

static void header_read(const struct ic_log *log, uint64_t offset, uint32_t *size_plus_1,
                        uint32_t *index_low)
{
    uint8_t header[IC_LOG_HEADER_BYTES];
    ic_region_read(log->records, header, offset, sizeof header);
    *size_plus_1 = ic_load_u32_le(header);
    *index_low = ic_load_u32_le(header + 4);
}

static _Noreturn void trap_damaged(void)
{
    IC_TRAP("stable log: a record header is damaged");
}

/* Finds the records behind the index again, from their own headers. */
static void tail_recover(struct ic_log *log)
{
    while (log->end + IC_LOG_HEADER_BYTES <= log->records->bytes) {
        uint32_t size_plus_1 = 0, index_low = 0;
        header_read(log, log->end, &size_plus_1, &index_low);
        if (size_plus_1 == 0) {
            return;
        }
        uint64_t end = log->end + IC_LOG_HEADER_BYTES + size_plus_1 - 1;
        uint64_t tail_count = log->count - log->indexed_count;
        if (index_low != (uint32_t)log->count || size_plus_1 - 1 > IC_LOG_RECORD_BYTES_MAX ||
            end > log->records->bytes || tail_count == IC_LOG_TAIL_MAX - 1) {
            trap_damaged();
        }
        log->tail[tail_count] = end;
        log->count++;
        log->end = end;
    }
}

void ic_log_open(struct ic_log *log, struct ic_store *store, uint32_t region_id)
{
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    log->store = store;
    log->records = ic_store_region(store, NULL, region_id, IC_REGION_LOG, 0);
    log->index = ic_store_region(store, NULL, region_id + 1, IC_REGION_LOG_INDEX, 0);
    ic_region_head_read(log->records, head, 0, sizeof head);
    log->indexed_count = ic_load_u64_le(head);
    log->indexed_end = ic_load_u64_le(head + 8);
    if (!ic_head_is_sound(head, HEAD_BYTES) || log->indexed_count % IC_LOG_TAIL_MAX != 0 ||
        log->indexed_end > log->records->bytes ||
        log->indexed_count > log->index->bytes / OFFSET_BYTES) {
        IC_TRAP("stable log: the head is damaged");
    }
    log->count = log->indexed_count;
    log->end = log->indexed_end;
    log->place = (struct ic_place){.room = 0};
    tail_recover(log);
}

/* Writes the offsets of a full tail to the index. Room was reserved by the caller. */
static void tail_flush(struct ic_log *log)
{
    uint8_t entries[IC_LOG_TAIL_MAX * OFFSET_BYTES];
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    for (size_t i = 0; i < IC_LOG_TAIL_MAX; i++) {
        ic_store_u64_le(entries + i * OFFSET_BYTES, log->tail[i]);
    }
    ic_region_write(log->index, log->indexed_count * OFFSET_BYTES, entries, sizeof entries);
    log->indexed_count += IC_LOG_TAIL_MAX;
    log->indexed_end = log->end;
    ic_store_u64_le(head, log->indexed_count);
    ic_store_u64_le(head + 8, log->indexed_end);
    ic_head_seal(head, HEAD_BYTES);
    ic_region_head_write(log->records, 0, head, sizeof head);
}

/* Stable memory for one more record: its bytes, and the index whenever a tail is begun. */
static bool make_room(struct ic_log *log, size_t record_bytes)
{
    if (log->count == log->indexed_count &&
        !ic_region_reserve(log->store, log->index,
                           (log->indexed_count + IC_LOG_TAIL_MAX) * OFFSET_BYTES)) {
        return false;
    }
    uint64_t end = log->end + IC_LOG_HEADER_BYTES + record_bytes;
    return end <= log->records->bytes || ic_region_reserve(log->store, log->records, end);
}

/* Writes header and record at the end, nearly always without crossing extents. */
static void record_write(struct ic_log *log, const uint8_t header[IC_LOG_HEADER_BYTES],
                         struct ic_bytes record)
{
    uint64_t bytes = IC_LOG_HEADER_BYTES + record.size;
    if (log->place.room < bytes) {
        log->place = ic_region_place(log->records, log->end);
    }
    if (log->place.room >= bytes) {
        ic_stable_write(log->place.address, header, IC_LOG_HEADER_BYTES);
        ic_stable_write(log->place.address + IC_LOG_HEADER_BYTES, record.at, record.size);
        log->place.address += bytes;
        log->place.room -= bytes;
    } else {
        ic_region_write(log->records, log->end, header, IC_LOG_HEADER_BYTES);
        ic_region_write(log->records, log->end + IC_LOG_HEADER_BYTES, record.at, record.size);
        log->place.room = 0;
    }
    log->end += bytes;
}

bool ic_log_append(struct ic_log *log, struct ic_bytes record)
{
    ic_assert(record.size <= IC_LOG_RECORD_BYTES_MAX);
    if (!make_room(log, record.size)) {
        return false;
    }
    uint8_t header[IC_LOG_HEADER_BYTES];
    ic_store_u32_le(header, (uint32_t)record.size + 1);
    ic_store_u32_le(header + 4, (uint32_t)log->count);
    record_write(log, header, record);
    log->tail[log->count - log->indexed_count] = log->end;
    log->count++;
    if (log->count - log->indexed_count == IC_LOG_TAIL_MAX) {
        tail_flush(log);
    }
    return true;
}

/* Offset behind record index - 1, which is where record index starts. */
static uint64_t boundary(const struct ic_log *log, uint64_t index)
{
    if (index == 0) {
        return 0;
    }
    if (index > log->indexed_count) {
        return log->tail[index - log->indexed_count - 1];
    }
    if (index == log->indexed_count) {
        return log->indexed_end;
    }
    uint8_t entry[OFFSET_BYTES];
    ic_region_read(log->index, entry, (index - 1) * OFFSET_BYTES, sizeof entry);
    return ic_load_u64_le(entry);
}

struct span {
    uint64_t start; /* of the record's header */
    uint64_t end;
};

static struct span record_span(const struct ic_log *log, uint64_t index)
{
    if (index == 0 || index >= log->indexed_count) {
        return (struct span){.start = boundary(log, index), .end = boundary(log, index + 1)};
    }
    uint8_t both[2 * OFFSET_BYTES];
    ic_region_read(log->index, both, (index - 1) * OFFSET_BYTES, sizeof both);
    return (struct span){.start = ic_load_u64_le(both), .end = ic_load_u64_le(both + OFFSET_BYTES)};
}

/* Size of the record in a span, which must at least hold a header. */
static uint32_t span_record_size(struct span span)
{
    if (span.end < span.start + IC_LOG_HEADER_BYTES ||
        span.end - span.start > IC_LOG_HEADER_BYTES + IC_LOG_RECORD_BYTES_MAX) {
        IC_TRAP("stable log: the index is damaged");
    }
    return (uint32_t)(span.end - span.start - IC_LOG_HEADER_BYTES);
}

uint32_t ic_log_record_size(const struct ic_log *log, uint64_t index)
{
    ic_assert(index < log->count);
    return span_record_size(record_span(log, index));
}

bool ic_log_get(struct ic_bytes *out, const struct ic_log *log, uint64_t index, struct ic_arena *a)
{
    if (index >= log->count) {
        return false;
    }
    struct span span = record_span(log, index);
    uint32_t size = span_record_size(span);
    uint8_t *at = ic_arena_alloc(a, size);
    if (at == NULL) {
        return false;
    }
    ic_region_read(log->records, at, span.start + IC_LOG_HEADER_BYTES, size);
    *out = (struct ic_bytes){.at = at, .size = size};
    return true;
}

bool ic_log_get_many(struct ic_bytes *out, const struct ic_log *log, uint64_t first, size_t count,
                     struct ic_arena *a)
{
    if (first > log->count || count > log->count - first) {
        return false;
    }
    uint64_t start = boundary(log, first);
    uint64_t end = boundary(log, first + count);
    uint64_t bytes = end - start;
    if (bytes > ic_arena_left(a)) {
        return false;
    }
    uint8_t *at = ic_arena_alloc(a, (size_t)bytes);
    if (at == NULL) {
        return false;
    }
    ic_region_read(log->records, at, start, (size_t)bytes);
    struct ic_reader r = ic_reader_from((struct ic_bytes){.at = at, .size = (size_t)bytes});
    for (size_t i = 0; i < count; i++) {
        uint32_t size_plus_1 = ic_get_u32_le(&r);
        uint32_t index_low = ic_get_u32_le(&r);
        if (size_plus_1 == 0 || index_low != (uint32_t)(first + i)) {
            trap_damaged();
        }
        out[i] = ic_get_bytes(&r, size_plus_1 - 1);
    }
    if (!ic_reader_done(&r)) {
        trap_damaged();
    }
    return true;
}

/* ---- integrity ------------------------------------------------------------------------------- */

enum { PHASE_RECORDS };

/* Index and header of a record must agree; gives the offset behind it. */
static uint64_t record_check(const struct ic_log *log, uint64_t index, uint64_t at)
{
    struct span span = record_span(log, index);
    uint32_t size_plus_1 = 0, index_low = 0;
    if (span.start != at || span.end > log->end) {
        IC_TRAP("stable log: the index is damaged");
    }
    header_read(log, at, &size_plus_1, &index_low);
    if (span_record_size(span) + 1 != size_plus_1 || index_low != (uint32_t)index) {
        trap_damaged();
    }
    return span.end;
}

bool ic_log_check_some(const struct ic_log *log, struct ic_check *check)
{
    if (check->phase != PHASE_RECORDS) {
        return false;
    }
    for (uint32_t i = 0; i < IC_LOG_TAIL_MAX && check->next < log->count; i++) {
        check->link = record_check(log, check->next, check->link);
        check->next++;
    }
    if (check->next < log->count) {
        return true;
    }
    if (check->next != log->count || check->link != log->end) {
        IC_TRAP("stable log: the index is damaged");
    }
    check->phase = IC_CHECK_DONE;
    return false;
}

void ic_log_check(const struct ic_log *log)
{
    struct ic_check check = {.phase = PHASE_RECORDS};
    while (ic_log_check_some(log, &check)) {
    }
}
