/* Cleanup functions: what a flow undoes when it has trapped after an await.
 *
 *     enum { TIMER_CLEANUP, TIMERS };
 *     static const struct ic_timer_kind KINDS[TIMERS] = {[TIMER_CLEANUP] = IC_CLEANUP_KIND};
 *     IC_TIMERS_EXPORT
 *
 *     ic_async_open(&pool, &store, REGION_ASYNC);          // in init and in post_upgrade
 *     ic_timers_open(KINDS, TIMERS, &store, REGION_TIMERS);
 *     ic_async_cleanup_by(TIMER_CLEANUP);
 *
 *     f = ic_flow_new(pay_run, pay_cleanup, sizeof *f);
 *
 * The system offers a callback for cleaning up, but what traps in it is lost for good, and with it
 * whatever that callback was to release. So the author's function does not run there. The kit sets
 * two timers instead, due at once: the first runs the function in a message of its own, the second,
 * behind it, ends the flow if the first has trapped. Either way the locks are released and the frame
 * is free after these two messages; a canister without the cycles to send them keeps them until it
 * has some.
 *
 * The function gets the frame as it was at the await. The flow's locks are still held: what they
 * guard is as the flow left it. Like any message of a timer it may change memory and stable memory
 * and start other flows; its own flow cannot call any more, and nobody is there to be answered. It
 * runs once, and is undone when it traps.
 *
 * It does not run after an upgrade, which drops every flow, nor when IC_TIMERS_MAX timers are set
 * already: the flow ends without it then. So what must not be lost is recorded before the await
 * (sdk-c/docs/await.md, rule 3); a cleanup function is for what would otherwise be in the way. */
#ifndef IC_CLEANUP_H
#define IC_CLEANUP_H

#include "ic/async.h"
#include "ic/timer.h"

/* The kind of timer that runs cleanup functions. */
#define IC_CLEANUP_KIND {.name = "ic cleanup", .run = ic_cleanup_run}
void ic_cleanup_run(struct ic_timer_id id, uint64_t argument);

/* ic_async_cleanup_by lets flows have cleanup functions, after ic_async_open and ic_timers_open.
 *   kind      index of IC_CLEANUP_KIND in the table of timers */
void ic_async_cleanup_by(size_t kind);

#endif
