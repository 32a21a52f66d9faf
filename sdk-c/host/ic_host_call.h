/* The native twin of ic/call.h: a test sees the calls that flows make and writes their answers.
 *
 * A trap takes back what the message did to stable memory, to the pool of flows and to the memory
 * that the test registers, and the calls that it made; then the cleanup runs, as in the system. */
#ifndef IC_HOST_CALL_H
#define IC_HOST_CALL_H

#include "host/ic_host.h"
#include "ic/async.h"

#define IC_HOST_CALLS_MAX 4096u
#define IC_HOST_AREAS_MAX 16u

/* Forgets all calls and registered memory. */
void ic_host_calls_reset(void);

/* Memory of the canister's heap that a trap rolls back. */
void ic_host_heap_add(void *at, size_t size);

/* ic_host_flow_run is ic_host_run for messages that start flows. */
bool ic_host_flow_run(void (*body)(void *argument), void *argument);

/* Calls made since the reset, in order. The views belong to the twin. */
size_t ic_host_call_count(void);
const struct ic_call *ic_host_call_at(size_t index);
bool ic_host_call_is_open(size_t index);

/* The next count calls cannot be sent. */
void ic_host_call_refuse(size_t count);

/* ic_host_answer lets a call be answered: runs the callback as a message, and after a trap its
 * cleanup.
 *   index     a call that is open
 *   bytes     the reply, or the reject text
 *   returns   false when the callback trapped; ic_host_answer_trap_text says why */
bool ic_host_answer(size_t index, enum ic_call_code code, struct ic_bytes bytes);
const char *ic_host_answer_trap_text(void);
/* Cycles that come back with the next answer. */
void ic_host_refund_set(ic_u128 cycles);

/* What an upgrade does to flows: heap memory is dropped, calls stay open. The test calls its
 * post_upgrade afterwards. */
void ic_host_upgrade(void);

#endif
