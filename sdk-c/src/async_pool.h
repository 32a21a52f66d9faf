/* Between async.c and lock.c. */
#ifndef IC_ASYNC_POOL_H
#define IC_ASYNC_POOL_H

#include "ic/async.h"

/* The pool that ic_async_open was given; NULL before. */
const struct ic_async_pool *ic_async_pool(void);

/* Releases what a flow holds. */
void ic_locks_release(const struct ic_flow *flow);
uint32_t ic_locks_held(void);

#endif
