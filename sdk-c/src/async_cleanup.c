/* Cleanup functions, run by timers: one calls the function, one behind it ends the flow whatever the
 * first did. The argument of a timer is the index of the frame, and which of the two it is. */
#include "ic/cleanup.h"

#include "async_pool.h"

enum { CALL, END };

static size_t cleanup_kind;

static bool flow_take(struct ic_flow *flow)
{
    const uint64_t index = ic_flow_index(flow);
    flow->is_waiting = true; /* it starts no calls any more */
    for (uint64_t step = CALL; step <= END; step++) {
        flow->ending[step] = ic_timer_after(cleanup_kind, 0, index * 2 + step).v;
    }
    if (flow->ending[END] == 0) { /* all timers are taken */
        (void)ic_timer_cancel((struct ic_timer_id){.v = flow->ending[CALL]});
    }
    return flow->ending[END] != 0;
}

void ic_cleanup_run(struct ic_timer_id id, uint64_t argument)
{
    struct ic_flow *flow = ic_flow_at((uint32_t)(argument / 2));
    const uint64_t step = argument % 2;
    ic_assert(flow->is_used && flow->ending[step] == id.v);
    if (step == CALL) {
        flow->cleanup(flow);
    }
    ic_flow_end(flow);
    (void)ic_timer_cancel((struct ic_timer_id){.v = flow->ending[step == CALL ? END : CALL]});
}

void ic_async_cleanup_by(size_t kind)
{
    cleanup_kind = kind;
    ic_async_ending_set(flow_take);
}
