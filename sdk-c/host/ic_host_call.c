#include "host/ic_host_call.h"

#include "ic/cycles.h"

#include <stdio.h>
#include <stdlib.h>

/* A call that was made; bytes are owned. */
struct made {
    struct ic_call call;
    uint32_t ticket;
    bool is_open;
};

/* Memory and its content before the message. */
struct kept {
    struct ic_async_area area;
    uint8_t *before;
};

static struct {
    struct made calls[IC_HOST_CALLS_MAX];
    size_t count;
    size_t refuse;
    struct kept areas[IC_HOST_AREAS_MAX];
    size_t area_count;
    /* of the answer being delivered */
    enum ic_call_code code;
    struct ic_bytes bytes;
    ic_u128 refund;
    char trap_text[256];
} host;

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("ic_host_call: out of memory\n", stderr);
        abort();
    }
    return memory;
}

static struct ic_bytes copy(struct ic_bytes in)
{
    uint8_t *at = must(malloc(in.size + 1));
    if (in.size != 0) {
        memcpy(at, in.at, in.size);
    }
    return (struct ic_bytes){.at = at, .size = in.size};
}

static void calls_truncate(size_t count)
{
    while (host.count > count) {
        struct made *made = &host.calls[--host.count];
        free((void *)(uintptr_t)made->call.method.at);
        free((void *)(uintptr_t)made->call.argument.at);
    }
}

void ic_host_calls_reset(void)
{
    calls_truncate(0);
    host.refuse = 0;
    host.area_count = 0;
    host.refund = 0;
}

/* ---- memory that rolls back ------------------------------------------------------------------ */

void ic_host_heap_add(void *at, size_t size)
{
    ic_assert(host.area_count < IC_HOST_AREAS_MAX - IC_ASYNC_AREAS);
    host.areas[host.area_count++] = (struct kept){.area = {.at = at, .size = size}};
}

/* The areas of the test, followed by those of the pool. */
static size_t areas_save(void)
{
    struct ic_async_area of_pool[IC_ASYNC_AREAS];
    size_t count = host.area_count;
    ic_async_areas(of_pool);
    for (size_t i = 0; i < IC_ASYNC_AREAS; i++) {
        host.areas[count++].area = of_pool[i];
    }
    for (size_t i = 0; i < count; i++) {
        struct kept *kept = &host.areas[i];
        kept->before = must(malloc(kept->area.size + 1));
        if (kept->area.size != 0) {
            memcpy(kept->before, kept->area.at, kept->area.size);
        }
    }
    return count;
}

static void areas_drop(size_t count, bool restore)
{
    for (size_t i = 0; i < count; i++) {
        struct kept *kept = &host.areas[i];
        if (restore && kept->area.size != 0) {
            memcpy(kept->area.at, kept->before, kept->area.size);
        }
        free(kept->before);
        kept->before = NULL;
    }
}

bool ic_host_flow_run(void (*body)(void *argument), void *argument)
{
    size_t areas = areas_save();
    size_t calls = host.count;
    bool ok = ic_host_run(body, argument);
    areas_drop(areas, !ok);
    if (!ok) {
        calls_truncate(calls);
    }
    return ok;
}

void ic_host_upgrade(void)
{
    struct ic_async_area areas[IC_ASYNC_AREAS];
    ic_async_areas(areas);
    for (size_t i = 0; i < IC_ASYNC_AREAS; i++) {
        if (areas[i].size != 0) {
            memset(areas[i].at, 0, areas[i].size);
        }
    }
    for (size_t i = 0; i < host.area_count; i++) {
        memset(host.areas[i].area.at, 0, host.areas[i].area.size);
    }
}

/* ---- calls ----------------------------------------------------------------------------------- */

size_t ic_host_call_count(void)
{
    return host.count;
}

const struct ic_call *ic_host_call_at(size_t index)
{
    ic_assert(index < host.count);
    return &host.calls[index].call;
}

bool ic_host_call_is_open(size_t index)
{
    ic_assert(index < host.count);
    return host.calls[index].is_open;
}

void ic_host_call_refuse(size_t count)
{
    host.refuse = count;
}

void ic_host_refund_set(ic_u128 cycles)
{
    host.refund = cycles;
}

static void run_answer(void *argument)
{
    ic_async_on_answer(*(const uint32_t *)argument);
}

static void run_cleanup(void *argument)
{
    ic_async_on_cleanup(*(const uint32_t *)argument);
}

bool ic_host_answer(size_t index, enum ic_call_code code, struct ic_bytes bytes)
{
    ic_assert(index < host.count && host.calls[index].is_open);
    uint32_t ticket = host.calls[index].ticket;
    host.calls[index].is_open = false;
    host.code = code;
    host.bytes = bytes;
    bool ok = ic_host_flow_run(run_answer, &ticket);
    snprintf(host.trap_text, sizeof host.trap_text, "%s", ic_host_trap_text());
    if (!ok) {
        (void)ic_host_flow_run(run_cleanup, &ticket);
    }
    host.refund = 0;
    return ok;
}

const char *ic_host_answer_trap_text(void)
{
    return host.trap_text;
}

/* ---- ic/call.h ------------------------------------------------------------------------------- */

enum ic_call_code ic_call_send(const struct ic_call *call, uint32_t ticket)
{
    if (call->cycles > ic_cycles_liquid()) {
        return IC_CALL_SYS_TRANSIENT;
    }
    if (host.refuse > 0) {
        host.refuse--;
        return IC_CALL_SYS_TRANSIENT;
    }
    ic_assert(host.count < IC_HOST_CALLS_MAX);
    struct made *made = &host.calls[host.count++];
    *made = (struct made){.call = *call, .ticket = ticket, .is_open = true};
    made->call.method = copy(call->method);
    made->call.argument = copy(call->argument);
    return IC_CALL_OK;
}

enum ic_call_code ic_call_answer_code(void)
{
    return host.code;
}

size_t ic_call_answer_size(enum ic_call_code code)
{
    (void)code;
    return host.bytes.size;
}

void ic_call_answer_copy(void *out, enum ic_call_code code, size_t size)
{
    (void)code;
    ic_assert(size <= host.bytes.size);
    if (size != 0) {
        memcpy(out, host.bytes.at, size);
    }
}

ic_u128 ic_call_refunded(void)
{
    return host.refund;
}
