/* Heap memory of one instance: page-wise change tracking by write protection.
 *
 *      base                     size                     reserved        reserved + guard
 *       | pages, PROT_READ       | PROT_NONE ...          | PROT_NONE     |
 *         `-- the first write of a page faults: its content is saved, the page made writable
 *
 * Pages written by every message (stack top, hot globals) stay writable and saved from one message
 * to the next, so a typical message takes no fault at all. Invariant between messages: a writable
 * page equals its saved copy.
 *
 * The fault handler works for writes by guest code and for ordinary host stores (memcpy). System
 * calls must not be given pointers into a heap: the kernel does not fault, it returns EFAULT. */
#ifndef AXON_ENGINE_HEAP_H
#define AXON_ENGINE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct axon_heap;

/* Remembers Wasmtime's signal handlers: to be called once, when it has just installed them. */
void axon_heap_prepare_signals(void);
/* Makes sure that our handlers are in place, SIGSEGV first ours, then Wasmtime's. Called before Wasm
 * runs, because test frameworks install their own for each test. Costs three cheap system calls. */
void axon_heap_own_signals(void);

/* Reserves address space; size 0, nothing is protected yet. Ends the program when there is none. */
struct axon_heap *axon_heap_new(size_t reserved, size_t guard);
void axon_heap_free(struct axon_heap *h);

uint8_t *axon_heap_base(const struct axon_heap *h);
size_t axon_heap_size(const struct axon_heap *h);
size_t axon_heap_reserved(const struct axon_heap *h);
/* Grows to size bytes (a multiple of 64 KiB), zeroed. False when the reservation is too small. */
bool axon_heap_grow(struct axon_heap *h, size_t size);

/* What was written so far becomes the committed content; from here on writes are tracked. */
void axon_heap_start_tracking(struct axon_heap *h);

/* Only writes to the active heap are served; NULL for none. Returns the one before. */
struct axon_heap *axon_heap_activate(struct axon_heap *h);

/* Number of 4 KiB pages whose content differs from the committed one. */
uint64_t axon_heap_changed_pages(struct axon_heap *h);
void axon_heap_commit(struct axon_heap *h);
/* Restores content and size.
 *   returns   true when the size shrank: Wasmtime has to be told by making a new instance */
bool axon_heap_rollback(struct axon_heap *h);

#endif
