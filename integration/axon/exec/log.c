#include "exec/log.h"

#include "exec/limits.h"

#include <assert.h>

static_assert(AXON_LOG_RECORDS_MAX == AXON_LOG_BYTES_MAX / AXON_LOG_RECORD_BYTES, "ring size");

static void log_drop_oldest(struct axon_log *log)
{
    log->bytes -= AXON_LOG_RECORD_BYTES + log->records[0].text.size;
    axon_buf_free(&log->records[0].text);
    log->count--;
    memmove(&log->records[0], &log->records[1], log->count * sizeof log->records[0]);
}

void axon_log_add(struct axon_log *log, uint64_t time_ns, struct ic_bytes text)
{
    size_t text_max = AXON_LOG_BYTES_MAX - AXON_LOG_RECORD_BYTES;
    if (text.size > text_max) {
        text.size = text_max;
    }
    while (log->bytes + AXON_LOG_RECORD_BYTES + text.size > AXON_LOG_BYTES_MAX) {
        log_drop_oldest(log);
    }
    struct axon_log_record *record = &log->records[log->count++];
    *record = (struct axon_log_record){.index = log->next_index++, .time_ns = time_ns};
    axon_buf_append(&record->text, text);
    log->bytes += AXON_LOG_RECORD_BYTES + text.size;
}

void axon_log_move(struct axon_log *log, struct axon_log *from)
{
    for (size_t i = 0; i < from->count; i++) {
        axon_log_add(log, from->records[i].time_ns, axon_buf_bytes(&from->records[i].text));
    }
    axon_log_clear(from);
}

uint64_t axon_log_cost(const struct axon_log *log, uint64_t size)
{
    uint64_t available = AXON_LOG_BYTES_MAX - log->bytes;
    uint64_t handled = size < AXON_LOG_BYTES_MAX ? size : AXON_LOG_BYTES_MAX;
    uint64_t kept = size < available ? size : available;
    return 2 * handled + 50 * kept;
}

void axon_log_drop_before(struct axon_log *log, uint64_t index)
{
    while (log->count > 0 && log->records[0].index < index) {
        log_drop_oldest(log);
    }
}

void axon_log_clear(struct axon_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        axon_buf_free(&log->records[i].text);
    }
    log->count = 0;
    log->bytes = 0;
}
