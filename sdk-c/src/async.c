/* Flows, their calls, and the tickets that calls are known by. */
#include "async_pool.h"

#include "ic/msg.h"

#define STORED_VERSION   1u
#define BLOCK_TIME_SHIFT 30u /* a new sequence begins at the block of the second, about */
#define ROOM_FREE        IC_CALL_NO_TICKET

static struct {
    const struct ic_async_pool *pool;
    struct ic_region *region;
    ic_flow_ending_fn *ending; /* NULL: flows have no cleanup functions */
    uint32_t ticket_next;
    uint32_t tickets_left; /* of the block */
    uint32_t calls_open;
    uint32_t message; /* counts the messages that resume flows; never 0 then */
} async;

/* ---- tickets --------------------------------------------------------------------------------- */

static void block_take(void)
{
    uint32_t stored[IC_ASYNC_STORED_BYTES / 4];
    ic_region_head_read(async.region, stored, 0, sizeof stored);
    if (stored[1] != STORED_VERSION || stored[0] > UINT32_MAX / IC_ASYNC_BLOCK) {
        IC_TRAP("async: the stored sequence of tickets is damaged");
    }
    async.ticket_next = stored[0] * IC_ASYNC_BLOCK;
    async.tickets_left = IC_ASYNC_BLOCK;
    stored[0] = (stored[0] + 1) % (UINT32_MAX / IC_ASYNC_BLOCK + 1);
    ic_region_head_write(async.region, 0, stored, sizeof stored);
}

void ic_async_open(const struct ic_async_pool *pool, struct ic_store *store, uint32_t region_id)
{
    bool is_new = false;
    ic_assert(pool->frame_count > 0 && pool->call_count > 0);
    async.pool = pool;
    async.region = ic_store_region(store, &is_new, region_id, IC_REGION_RAW, STORED_VERSION);
    async.ending = NULL;
    async.calls_open = 0;
    memset(pool->frames, 0, pool->frame_bytes * pool->frame_count);
    memset(pool->calls, 0, sizeof *pool->calls * pool->call_count);
    memset(pool->locks, 0, sizeof *pool->locks * pool->lock_count);
    if (is_new) {
        const uint32_t stored[] = {(uint32_t)(ic_time_ns() >> BLOCK_TIME_SHIFT) % IC_ASYNC_BLOCK,
                                   STORED_VERSION};
        ic_region_head_write(async.region, 0, stored, sizeof stored);
    }
    block_take();
}

const struct ic_async_pool *ic_async_pool(void)
{
    return async.pool;
}

static struct ic_async_call *call_at(uint32_t ticket)
{
    return &async.pool->calls[ticket % async.pool->call_count];
}

/* The next ticket whose entry is free; there is one. */
static uint32_t ticket_take(void)
{
    ic_assert(async.calls_open < async.pool->call_count);
    for (;;) {
        if (async.tickets_left == 0) {
            block_take();
        }
        uint32_t ticket = async.ticket_next++;
        async.tickets_left--;
        if (ticket != ROOM_FREE && call_at(ticket)->ticket == ROOM_FREE) {
            return ticket;
        }
    }
}

/* NULL: the flow has ended, or it began before an upgrade. */
static struct ic_async_call *call_find(uint32_t ticket)
{
    if (async.pool == NULL || ticket == ROOM_FREE || call_at(ticket)->ticket != ticket) {
        return NULL;
    }
    return call_at(ticket);
}

static void call_free(struct ic_async_call *call)
{
    *call = (struct ic_async_call){.ticket = ROOM_FREE};
    async.calls_open--;
}

/* ---- flows ----------------------------------------------------------------------------------- */

struct ic_flow *ic_flow_at(uint32_t index)
{
    ic_assert(index < async.pool->frame_count);
    return (struct ic_flow *)(void *)(async.pool->frames + index * async.pool->frame_bytes);
}

uint32_t ic_flow_index(const struct ic_flow *flow)
{
    size_t offset = (size_t)((const uint8_t *)flow - async.pool->frames);
    return (uint32_t)(offset / async.pool->frame_bytes);
}

struct ic_flow *ic_flow_whole(struct ic_flow *flow)
{
    while (flow->outer != NULL) {
        flow = flow->outer;
    }
    return flow;
}

void ic_async_ending_set(ic_flow_ending_fn *fn)
{
    async.ending = fn;
}

void *ic_flow_new(ic_flow_fn *run, ic_flow_fn *cleanup, size_t frame_bytes)
{
    ic_assert(async.pool != NULL);
    ic_assert(frame_bytes <= async.pool->frame_bytes);
    if (cleanup != NULL && async.ending == NULL) {
        IC_TRAP("async: cleanup functions need ic_async_cleanup_by, see ic/cleanup.h");
    }
    for (uint32_t i = 0; i < async.pool->frame_count; i++) {
        struct ic_flow *flow = ic_flow_at(i);
        if (!flow->is_used) {
            memset(flow, 0, frame_bytes);
            flow->run = run;
            flow->cleanup = cleanup;
            return flow;
        }
    }
    return NULL;
}

/* Calls that are still open are forgotten: their answers would be written into the frame. */
static void calls_forget(struct ic_flow *flow)
{
    for (uint32_t i = 0; i < async.pool->call_count && flow->pending > 0; i++) {
        if (async.pool->calls[i].ticket != ROOM_FREE && async.pool->calls[i].flow == flow) {
            call_free(&async.pool->calls[i]);
            flow->pending--;
        }
    }
}

void ic_flow_end(struct ic_flow *flow)
{
    calls_forget(flow);
    ic_locks_release(flow);
    flow->is_used = false;
}

static void flow_run(struct ic_flow *flow)
{
    flow->is_waiting = false;
    flow->is_joint = false;
    flow->run(flow);
    if (!flow->is_waiting) {
        ic_flow_end(flow);
    }
}

void ic_flow_start(struct ic_flow *flow)
{
    if (flow->is_used || flow->run == NULL) {
        IC_TRAP("async: this frame was given out again, or is none of ic_flow_new");
    }
    flow->is_used = true;
    flow_run(flow);
}

void ic_flow_enter(struct ic_flow *flow, struct ic_flow *part, uint32_t line)
{
    flow->resume_at = line;
    *part = (struct ic_flow){.outer = flow};
}

bool ic_flow_is_waiting(const struct ic_flow *flow)
{
    while (flow->outer != NULL) {
        flow = flow->outer;
    }
    return flow->is_waiting;
}

bool ic_flow_must_wait(struct ic_flow *flow, uint32_t line)
{
    flow->resume_at = line;
    flow = ic_flow_whole(flow);
    flow->is_joint = flow->pending > 1;
    flow->is_waiting = flow->pending > 0;
    return flow->is_waiting;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void answer_reset(struct ic_answer *answer, enum ic_call_code code)
{
    *answer =
        (struct ic_answer){.code = code, .room = answer->room, .room_bytes = answer->room_bytes};
}

void ic_call(struct ic_flow *flow, struct ic_answer *answer, const struct ic_call *call)
{
    flow = ic_flow_whole(flow);
    ic_assert(flow->is_used && !flow->is_waiting);
    answer_reset(answer, IC_CALL_SYS_TRANSIENT);
    if (async.calls_open == async.pool->call_count) {
        return;
    }
    uint32_t ticket = ticket_take();
    if (ic_call_send(call, ticket) != IC_CALL_OK) {
        return; /* the ticket is lost, which harms nobody */
    }
    *call_at(ticket) = (struct ic_async_call){
        .ticket = ticket, .has_cycles = call->cycles != 0, .flow = flow, .answer = answer};
    answer->code = IC_CALL_PENDING;
    async.calls_open++;
    flow->pending++;
}

/* Puts the bytes where they outlive this message; what has no room is dropped. */
static void answer_store(struct ic_answer *answer, size_t size)
{
    if (size > answer->room_bytes) {
        size = answer->code == IC_CALL_OK ? 0 : answer->room_bytes;
        answer->code = answer->code == IC_CALL_OK ? IC_CALL_REPLY_TOO_LARGE : answer->code;
    }
    if (size != 0) {
        ic_call_answer_copy(answer->room, answer->code, size);
    }
    answer->bytes = (struct ic_bytes){.at = answer->room, .size = size};
}

static void answer_take(struct ic_answer *answer, struct ic_arena *arena, bool is_joint)
{
    answer->code = ic_call_answer_code();
    size_t size = ic_call_answer_size(answer->code);
    if (answer->room != NULL || is_joint) {
        answer_store(answer, size);
        return;
    }
    uint8_t *at = ic_arena_alloc(arena, size);
    ic_assert(at != NULL); /* the system's limits are far below IC_ASYNC_ARENA_BYTES */
    ic_call_answer_copy(at, answer->code, size);
    answer->bytes = (struct ic_bytes){.at = at, .size = size};
    answer->message = async.message;
}

struct ic_bytes ic_answer_bytes(const struct ic_answer *answer)
{
    ic_assert(answer->code != IC_CALL_PENDING);
    if (answer->message != 0 && answer->message != async.message) {
        IC_TRAP("async: this answer came in an earlier message and was not kept");
    }
    return answer->bytes;
}

/* ---- callbacks ------------------------------------------------------------------------------- */

void ic_async_on_answer(uint32_t ticket)
{
    struct ic_async_call *found = call_find(ticket);
    if (found == NULL) {
        return;
    }
    struct ic_async_call call = *found;
    struct ic_arena *arena = ic_msg_arena(IC_ASYNC_ARENA_BYTES);
    call_free(found);
    async.message = async.message == UINT32_MAX ? 1 : async.message + 1;
    answer_take(call.answer, arena, call.flow->is_joint);
    if (call.has_cycles) {
        call.answer->refunded = ic_call_refunded();
    }
    ic_assert(call.flow->is_used && call.flow->is_waiting && call.flow->pending > 0);
    call.flow->pending--;
    if (call.flow->pending == 0) {
        flow_run(call.flow);
    }
}

void ic_async_on_cleanup(uint32_t ticket)
{
    const struct ic_async_call *call = call_find(ticket);
    if (call == NULL) {
        return;
    }
    struct ic_flow *flow = call->flow;
    calls_forget(flow); /* a further answer must not find a flow that has trapped */
    if (flow->cleanup == NULL || !async.ending(flow)) {
        ic_flow_end(flow);
    }
}

/* ---- for debug queries and the native twin --------------------------------------------------- */

struct ic_async_status ic_async_status(void)
{
    struct ic_async_status status = {.calls = async.calls_open};
    for (uint32_t i = 0; i < async.pool->frame_count; i++) {
        status.flows += ic_flow_at(i)->is_used;
    }
    status.locks = ic_locks_held();
    return status;
}

void ic_async_areas(struct ic_async_area out[IC_ASYNC_AREAS])
{
    const struct ic_async_pool *pool = async.pool;
    memset(out, 0, IC_ASYNC_AREAS * sizeof *out);
    out[0] = (struct ic_async_area){.at = &async, .size = sizeof async};
    if (pool != NULL) {
        out[1] = (struct ic_async_area){.at = pool->frames,
                                        .size = pool->frame_bytes * pool->frame_count};
        out[2] = (struct ic_async_area){.at = pool->calls,
                                        .size = sizeof *pool->calls * pool->call_count};
        out[3] = (struct ic_async_area){.at = pool->locks,
                                        .size = sizeof *pool->locks * pool->lock_count};
    }
}
