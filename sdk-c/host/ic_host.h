/* The native twin: what ic/msg.h, ic/stable.h and ic/trap.h do in a test.
 *
 * One scripted canister per process. Stable memory is a growable array; a trap is caught, rolls it
 * back to the start of the message and leaves its text for the test. The heap is not rolled back:
 * open the stable structures again after a trap, as after an upgrade. */
#ifndef IC_HOST_H
#define IC_HOST_H

#include "ic/principal.h"

/* ic_host_reset forgets everything: stable memory empty, time 0, caller anonymous, no argument. */
void ic_host_reset(void);

/* ---- the script ------------------------------------------------------------------------------ */
void ic_host_caller_set(struct ic_principal caller);
void ic_host_self_set(struct ic_principal self);
void ic_host_time_set(uint64_t now_ns);
void ic_host_arg_set(struct ic_bytes arg);     /* copied */
void ic_host_method_set(struct ic_bytes name); /* what inspect_message asks about; copied */
void ic_host_controller_set(struct ic_principal controller);
void ic_host_replicated_set(bool replicated); /* default true */
void ic_host_deadline_set(uint64_t deadline_ns);
void ic_host_version_set(uint64_t version);
void ic_host_heap_bytes_set(uint64_t bytes);
/* Absent by default. Copied. */
void ic_host_certificate_set(struct ic_bytes certificate);

/* ---- messages -------------------------------------------------------------------------------- */
/* ic_host_run executes a message: empties the reply, calls body(argument), keeps or undoes.
 *   returns   false when it trapped: stable memory, certified data and timer are as before */
bool ic_host_run(void (*body)(void *argument), void *argument);

/* The text of the last trap, NUL-terminated; "" when the last message did not trap. A trap outside
 * ic_host_run prints its text and aborts. */
const char *ic_host_trap_text(void);

/* What the last message answered. Views, valid until the next message. */
struct ic_bytes ic_host_reply(void);       /* only when it replied */
struct ic_bytes ic_host_reject_text(void); /* only when it rejected */
bool ic_host_has_replied(void);
bool ic_host_has_rejected(void);
bool ic_host_has_accepted(void);
struct ic_bytes ic_host_certified_data(void);
uint64_t ic_host_timer(void); /* ns; 0 = none */

/* ---- stable memory --------------------------------------------------------------------------- */
/* The whole of it, to be damaged by tests. Valid until the next growth. */
uint8_t *ic_host_stable(void);
size_t ic_host_stable_bytes(void);
/* Replaces it, e.g. by an old dump; bytes is rounded up to whole pages. */
void ic_host_stable_load(struct ic_bytes content);
/* Growth beyond this many 64 KiB pages is refused. Default: 65,536 (4 GiB). */
void ic_host_stable_limit_set(uint64_t pages);
/* Traps in the n-th stable write from now (1 = the next); 0 = never. */
void ic_host_stable_trap_at(uint64_t write);

/* What the last message did: the instructions that the system would charge for its stable calls,
 * calls and page charges included, and the 4 KiB pages that it wrote. */
uint64_t ic_host_stable_instructions(void);
uint64_t ic_host_stable_dirty_pages(void);

#endif
