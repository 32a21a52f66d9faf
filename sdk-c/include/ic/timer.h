/* Timers: many over the one global timer of the system.
 *
 * The author declares the kinds of timers in a table, by name and function; a timer is a kind, a
 * time and a number of 64 bits that says what it is about. Because functions are found by name,
 * timers survive upgrades:
 *
 *     enum { SWEEP, EXPIRE };
 *     static const struct ic_timer_kind KINDS[] = {
 *         [SWEEP] = {.name = "sweep", .run = sweep, .every_ns = 60 * IC_TIMER_SECOND_NS},
 *         [EXPIRE] = {.name = "expire", .run = expire, .is_stable = true},
 *     };
 *     IC_TIMERS_EXPORT                                   // once, at file scope
 *
 *     ic_timers_open(KINDS, 2, &store, REGION_TIMERS);   // in init and in post_upgrade
 *     id = ic_timer_after(EXPIRE, 3600 * IC_TIMER_SECOND_NS, deal_id);
 *
 *   - A kind with every_ns is armed by ic_timers_open: it needs no other call, after an upgrade
 *     neither.
 *   - A stable kind keeps its timers in stable memory. They are due after an upgrade as before it;
 *     what became due meanwhile runs at once.
 *   - Timers of any other kind end with an upgrade.
 *
 * A trap in one timer harms no other, and is not the end of its own. When the global timer is due,
 * the kit calls no function of the author: it puts each due timer back for its next run, and sends
 * the canister a message for it. That message runs the function and, in the same message, takes a
 * one-shot timer out. So a function that returns has run once; one that traps leaves nothing behind
 * but its timer, which is tried again: a repeating one at its next time, a one-shot after
 * IC_TIMER_RETRY_NS, then twice that and so on. After tries_max runs that trapped a one-shot
 * lapses: it is dropped, counted and named in the canister log. The system itself logs every trap.
 *
 * A function may set and cancel timers, its own included, and may start a flow (ic/async.h): what
 * it did counts as the run, what the flow does later does not.
 *
 * Repeating timers keep their phase: the n-th run is due at start + n * every_ns, whenever the runs
 * before it happened. Times that passed unused (stopped canister, slow subnet) are skipped, not
 * made up.
 *
 * Costs and bounds: IC_TIMERS_MAX timers, at most IC_TIMER_BATCH_MAX messages for each execution of
 * the global timer; if more are due it asks for another at once. Setting and cancelling cost O(log
 * n) steps in the heap, and one stable page for a stable kind. ic_timers_open reads the records of
 * the places that were ever in use, 44 bytes each. Each run is a message of its own, at the price
 * of a call to oneself. A canister that is stopped or out of cycles runs no timer and loses none:
 * what is due runs once it can. Only canister_global_timer itself cannot be protected: if it traps
 * (out of memory), timers wait until the next one is set, cancelled or runs.
 *
 * The kit owns the global timer: do not use ic_timer_set of ic/msg.h beside this.
 *
 * SPEC: IC interface specification, "Global timer".
 *
 * Layout, version 1. Region id (kind RAW), IC_TIMERS_MAX records of 44 bytes, little-endian:
 *
 *     0   8   id; 0 = none
 *     8   8   when it is due, ns
 *    16   8   period, ns; 0 = one-shot
 *    24   8   argument
 *    32   4   CRC-32 of the name of its kind
 *    36   2   runs that were started since the last that ended
 *    38   1   1 = armed by ic_timers_open
 *    39   1   0
 *    40   4   CRC-32 of the bytes above
 *
 * Head slot: 0 u64 starts of the canister, 8 u32 an upper bound of the places in use, 12 u32 CRC-32
 * of both. */
#ifndef IC_TIMER_H
#define IC_TIMER_H

#include "ic/stable.h"

#define IC_TIMER_SECOND_NS UINT64_C(1000000000)

#define IC_TIMERS_MAX          1024u /* a power of two: the low bits of an id are its place */
#define IC_TIMER_KINDS_MAX     64u
#define IC_TIMER_BATCH_MAX     50u /* a tenth of the system's queue from a canister to itself */
#define IC_TIMER_TRIES_DEFAULT 10u
#define IC_TIMER_RETRY_NS      (10 * IC_TIMER_SECOND_NS)
#define IC_TIMER_RETRY_NS_MAX  (3600 * IC_TIMER_SECOND_NS)
#define IC_TIMER_RECORD_BYTES  44u
#define IC_TIMER_ARENA_BYTES   (16u << 20) /* of the message of a run; only what is used counts */

/* A timer. Ids are never used twice, not after an upgrade either; 0 is none. */
struct ic_timer_id {
    uint64_t v;
};

typedef void ic_timer_fn(struct ic_timer_id id, uint64_t argument);

struct ic_timer_kind {
    const char *name;   /* unique; what is stored: never rename a stable kind */
    ic_timer_fn *run;   /* NULL: a kind that is no longer used, its stored timers are dropped */
    uint64_t every_ns;  /* > 0: one timer of this kind is armed by ic_timers_open, argument 0, first
                         * run after that time; other functions cannot set this kind */
    bool is_stable;     /* its timers survive upgrades; needs a store */
    uint32_t tries_max; /* of a one-shot; 0: IC_TIMER_TRIES_DEFAULT */
};

/* ic_timers_open declares the kinds and arms what is to be armed, in canister_init and
 * canister_post_upgrade. Forgets all timers that are not stored.
 *   kinds     outlives the canister's code: static
 *   store     NULL when no kind is stable; else it takes one region id
 *   traps     when a stored timer is damaged, or its kind is not in the table: the upgrade is
 *             undone then and nothing is lost */
void ic_timers_open(const struct ic_timer_kind *kinds, size_t kind_count, struct ic_store *store,
                    uint32_t region_id);

/* Set a timer: once at a time (in the past: as soon as possible), once after a delay, or repeatedly
 * with the first run after one period > 0. Times beyond 2^64 ns are taken as 2^64 - 1.
 *   kind      index in the table, of a kind without every_ns
 *   returns   .v = 0 when IC_TIMERS_MAX are set already; nothing changed then */
IC_MUST_USE struct ic_timer_id ic_timer_at(size_t kind, uint64_t at_ns, uint64_t argument);
IC_MUST_USE struct ic_timer_id ic_timer_after(size_t kind, uint64_t delay_ns, uint64_t argument);
IC_MUST_USE struct ic_timer_id ic_timer_every(size_t kind, uint64_t every_ns, uint64_t argument);

/* ic_timer_cancel takes a timer out, also one whose message is on its way.
 *   returns   false when it is not set: unknown, cancelled, or a one-shot that runs or has run */
bool ic_timer_cancel(struct ic_timer_id id);

/* The timer that ic_timers_open armed for a kind with every_ns; .v = 0 when it was cancelled.
 * Cancelling it holds until the next ic_timers_open. */
struct ic_timer_id ic_timer_declared(size_t kind);

/* What is known about a timer. */
struct ic_timer_info {
    size_t kind;
    uint64_t due_ns;   /* next run; of a one-shot whose message is on its way: its next try */
    uint64_t every_ns; /* 0: one-shot */
    uint64_t argument;
    uint32_t tries; /* runs that were started and have not ended: trapped, or on their way */
};

/* False when it is not set; *out is untouched then. */
IC_MUST_USE bool ic_timer_find(struct ic_timer_info *out, struct ic_timer_id id);

/* For debug queries and metrics: counted since ic_timers_open. */
struct ic_timers_status {
    uint32_t count;       /* timers that are set */
    uint64_t earliest_ns; /* when the first is due; 0: none */
    uint64_t runs;        /* that ended */
    uint64_t retries;     /* messages sent because a run had not ended */
    uint64_t refused;     /* messages that could not be sent: out of cycles, queue full */
    uint64_t lapsed;      /* one-shots given up */
};
struct ic_timers_status ic_timers_status(void);

/* ---- entry points ---------------------------------------------------------------------------- */

/* The method in which timers run; wasm-seal knows it, no interface shows it. Only the canister
 * itself can call it, anyone else is refused. */
#define IC_TIMER_METHOD "<ic timer>"

void ic_timers_on_global_timer(void);
void ic_timers_on_message(void);

/* Named by the linker when ic_timers_open is called and IC_TIMERS_EXPORT was forgotten. */
#ifdef __wasm__
#define IC_TIMER_ENTRY(name) __attribute__((export_name(name)))
extern const bool ic_timers_need_IC_TIMERS_EXPORT;
#define IC_TIMERS_DECLARED const bool ic_timers_need_IC_TIMERS_EXPORT = true;
#else
#define IC_TIMER_ENTRY(name)
#define IC_TIMERS_DECLARED
#endif

/* The two exports without which no timer would ever run. */
#define IC_TIMERS_EXPORT                                                                           \
    IC_TIMERS_DECLARED                                                                             \
    IC_TIMER_ENTRY("canister_global_timer") void ic_timers_export_global_timer(void);              \
    void ic_timers_export_global_timer(void)                                                       \
    {                                                                                              \
        ic_timers_on_global_timer();                                                               \
    }                                                                                              \
    IC_TIMER_ENTRY("canister_update " IC_TIMER_METHOD) void ic_timers_export_message(void);        \
    void ic_timers_export_message(void)                                                            \
    {                                                                                              \
        ic_timers_on_message();                                                                    \
    }

/* The heap memory of the timers, for the native twin, whose heap does not roll back by itself
 * (ic_host_heap_add). */
struct ic_timers_memory {
    void *at;
    size_t size;
};
struct ic_timers_memory ic_timers_memory(void);

#endif
