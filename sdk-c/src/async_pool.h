/* Between async.c, async_cleanup.c and lock.c. */
#ifndef IC_ASYNC_POOL_H
#define IC_ASYNC_POOL_H

#include "ic/async.h"

/* The pool that ic_async_open was given; NULL before. */
const struct ic_async_pool *ic_async_pool(void);

/* The flow that a frame belongs to: its own, or that of which it is a part. */
struct ic_flow *ic_flow_whole(struct ic_flow *flow);

/* Ends a flow: calls that are open are forgotten, locks released, the frame is free. */
void ic_flow_end(struct ic_flow *flow);

/* What a trapped flow with a cleanup function is handed to; false: it could not take it. */
typedef bool ic_flow_ending_fn(struct ic_flow *flow);
void ic_async_ending_set(ic_flow_ending_fn *fn);

/* The frame of an index, and back. */
struct ic_flow *ic_flow_at(uint32_t index);
uint32_t ic_flow_index(const struct ic_flow *flow);

/* Releases what a flow holds. */
void ic_locks_release(const struct ic_flow *flow);
uint32_t ic_locks_held(void);

#endif
