/* Await in C: flows that read like straight-line code.
 *
 * A flow is one function over a frame, a struct that the author declares; its first member is
 * `struct ic_flow flow`. IC_AWAIT leaves the function and comes back to the same line when the call
 * is answered, in a later message. What must survive lives in the frame: local variables do not.
 *
 *     struct pay {
 *         struct ic_flow flow;
 *         struct ic_answer answer;
 *         uint64_t deal;
 *     };
 *
 *     static void pay_run(struct ic_flow *flow)
 *     {
 *         struct pay *f = (struct pay *)flow;
 *         IC_FLOW_BEGIN(f);
 *         IC_AWAIT(f, ic_call(&f->flow, &f->answer, &(struct ic_call){.to = ledger, ...}));
 *         if (f->answer.code != IC_CALL_OK) {
 *             ic_msg_reject(IC_BYTES_LIT("the ledger did not answer"));
 *             return;
 *         }
 *         ...
 *         IC_FLOW_END(f);
 *     }
 *
 *     struct pay *f = ic_flow_new(pay_run, NULL, sizeof *f);   // in an update method
 *     if (f == NULL) { ... too busy ... }
 *     f->deal = in->deal;
 *     ic_flow_start(&f->flow);
 *
 * A flow ends when its function returns outside of an await, or when it traps after one. Then its
 * locks (ic/lock.h) are released and its frame is free again: nothing can leak. It answers the
 * message it was started in whenever it likes (the method is annotated // @manual in the .did); a
 * flow started by a timer or a heartbeat answers nobody. Flows work in composite queries as well; in
 * canister_init and canister_post_upgrade the system allows no calls (set a timer there).
 *
 * Functions that await are called with IC_AWAIT_FLOW: the callee is a flow function like any other,
 * its frame a member of the caller's.
 *
 *     struct pay {
 *         struct ic_flow flow;
 *         struct quote quote;                        // frame of quote_run, which asks for a price
 *     };
 *
 *     f->quote.what = GOLD;
 *     IC_AWAIT_FLOW(f, quote_run, &f->quote);        // runs it to its end, awaits included
 *     if (f->quote.price == 0) { ... }
 *
 * What an await does to your data is told in sdk-c/docs/await.md: every await is a commit point,
 * and everything that was read before it must be looked up again after it.
 *
 * Trap. The system undoes the message that trapped, back to the last await; then, in its cleanup
 * callback, the kit ends the flow: locks are released, the frame is free. Nothing of the author's
 * runs there, so it cannot fail. A flow that has something to undo declares a cleanup function
 * (ic/cleanup.h): it runs in a message of its own.
 *
 * Upgrade. The heap is dropped and every flow with it: nothing resumes and no cleanup runs, so what
 * must be carried on is recorded in stable memory before the await. Late answers change nothing. A
 * call is known by a ticket, a number of 32 bits that is not given out twice: tickets are taken
 * from stable memory in blocks of IC_ASYNC_BLOCK, each start of the canister begins a new block. So
 * a late callback, of a flow that has trapped or of code before the upgrade, finds no call and
 * returns. The sequence begins anew after 2^32 tickets, 65,536 blocks; a call would have to be open
 * for that long to be mistaken. A reinstall wipes the sequence too: it begins at a block chosen by
 * the clock, so stop the canister first if you must be sure. Callers that wait for a lost flow get
 * "did not reply" (IC0506) once its last call is answered.
 *
 * Rules of the macros: no IC_AWAIT inside a switch of your own, one IC_AWAIT, IC_AWAIT_FLOW or
 * IC_JOIN per line, and no local variable that is set before an await and read after it (put it
 * into the frame). Loops and ifs are fine. */
#ifndef IC_ASYNC_H
#define IC_ASYNC_H

#include "ic/arena.h"
#include "ic/call.h"
#include "ic/stable.h"

/* Tickets that are taken from stable memory at a time. */
#define IC_ASYNC_BLOCK 65536u
/* Room of a message that resumes a flow. Only what is used costs. */
#define IC_ASYNC_ARENA_BYTES (16u << 20)
#define IC_ASYNC_FRAME_ALIGN 16u
/* In the head slot of the region: u32 next block, u32 version (1). */
#define IC_ASYNC_STORED_BYTES 8u

struct ic_flow;
typedef void ic_flow_fn(struct ic_flow *flow);

/* First member of every frame. Belongs to the kit. */
struct ic_flow {
    ic_flow_fn *run;
    ic_flow_fn *cleanup;   /* NULL: none */
    struct ic_flow *outer; /* which this is a part of, by IC_AWAIT_FLOW; NULL: none */
    uint32_t resume_at;    /* line; 0: the beginning */
    uint32_t pending;      /* calls that have not been answered */
    bool is_used;          /* the frame belongs to a flow that was started */
    bool is_waiting;       /* it may not start calls */
    bool is_joint;         /* it waits for several calls: answers come in several messages */
    uint64_t ending[2];    /* timers, see ic/cleanup.h */
};

/* ---- answers --------------------------------------------------------------------------------- */

/* What came back. Lives in the frame (or in static memory that outlives the flow). */
struct ic_answer {
    enum ic_call_code code;
    struct ic_bytes bytes; /* of the reply or the reject text; see ic_answer_bytes */
    ic_u128 refunded;      /* cycles that came back, if some had been attached */
    uint8_t *room;         /* where bytes are kept, see ic_answer_keep; NULL: nowhere */
    size_t room_bytes;
    uint32_t message; /* the message in which bytes can be read; 0: any */
};

/* ic_answer_keep gives an answer room in the frame. Needed when several calls are awaited together,
 * since each is answered in a message of its own, and when a reply is read after a further await. A
 * longer reply is dropped (IC_CALL_REPLY_TOO_LARGE), a longer reject text cut. */
static inline void ic_answer_keep(struct ic_answer *answer, void *room, size_t room_bytes)
{
    answer->room = room;
    answer->room_bytes = room_bytes;
}

/* ic_answer_bytes gives the reply or the reject text: kept, or in the arena of the message that
 * resumed the flow.
 *   traps     when it came in an earlier message and was not kept */
struct ic_bytes ic_answer_bytes(const struct ic_answer *answer);

/* ---- flows ----------------------------------------------------------------------------------- */

/* ic_flow_new gives a frame of at most the pool's frame_bytes, zeroed, to be filled and started. A
 * frame that is not started is given out again by the next ic_flow_new: start one before you ask for
 * the next.
 *   cleanup   NULL, or see ic/cleanup.h
 *   returns   NULL when all are taken: answer "busy", the caller tries again */
IC_MUST_USE void *ic_flow_new(ic_flow_fn *run, ic_flow_fn *cleanup, size_t frame_bytes);

/* ic_flow_start runs the flow to its first await or to its end; the frame may be gone then. */
void ic_flow_start(struct ic_flow *flow);

/* ic_call starts a call of a flow; the flow goes on running. Its answer says PENDING until the next
 * IC_JOIN (or IC_AWAIT) lets it arrive. A call that cannot be sent (out of cycles, more attached than
 * there are, queue full) is answered at once with IC_CALL_SYS_TRANSIENT, and so is one beyond the
 * pool's call_count. */
void ic_call(struct ic_flow *flow, struct ic_answer *answer, const struct ic_call *call);

/* ic_call_oneway sends a call whose answer nobody waits for; it needs no flow.
 *   returns   IC_CALL_OK when it is on its way, else IC_CALL_SYS_TRANSIENT */
static inline enum ic_call_code ic_call_oneway(const struct ic_call *call)
{
    return ic_call_send(call, IC_CALL_NO_TICKET);
}

/* For the macros. Must_wait: true when there is something to wait for. */
bool ic_flow_must_wait(struct ic_flow *flow, uint32_t line);
void ic_flow_enter(struct ic_flow *flow, struct ic_flow *part, uint32_t line);
bool ic_flow_is_waiting(const struct ic_flow *flow);

#define IC_FLOW_BEGIN(frame)                                                                       \
    switch ((frame)->flow.resume_at) {                                                             \
    case 0:;

/* Waits until every started call of the flow has been answered. */
#define IC_JOIN(frame)                                                                             \
    do {                                                                                           \
        if (ic_flow_must_wait(&(frame)->flow, __LINE__)) {                                         \
            return;                                                                                \
        case __LINE__:;                                                                            \
        }                                                                                          \
    } while (0)

/* Starts a call, by ic_call or by a client stub that didc generated, and waits for it. When it could
 * not be sent there is nothing to wait for: the flow goes on in the same message, so a loop that tries
 * again counts its tries. */
#define IC_AWAIT(frame, start)                                                                     \
    do {                                                                                           \
        start;                                                                                     \
        IC_JOIN(frame);                                                                            \
    } while (0)

/* Runs another flow function as a part of this flow, to its end. It shares the flow's locks, calls and
 * fate; a cleanup function of its own it has none.
 *   part      its frame, a member of this frame; what it reads is set beforehand, what it finds out it
 *             leaves there */
#define IC_AWAIT_FLOW(frame, function, part)                                                       \
    do {                                                                                           \
        ic_flow_enter(&(frame)->flow, &(part)->flow, __LINE__);                                    \
        __attribute__((fallthrough));                                                              \
    case __LINE__:                                                                                 \
        (function)(&(part)->flow);                                                                 \
        if (ic_flow_is_waiting(&(frame)->flow)) {                                                  \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#define IC_FLOW_END(frame)                                                                         \
    break;                                                                                         \
    default:                                                                                       \
        IC_TRAP("flow: resumed at a line that is no await");                                       \
        }

/* ---- the pool -------------------------------------------------------------------------------- */

struct ic_async_call {
    uint32_t ticket; /* 0: the entry is free */
    bool has_cycles;
    struct ic_flow *flow;
    struct ic_answer *answer;
};

struct ic_lock; /* ic/lock.h */

/* All memory that flows use; nothing else is ever allocated. */
struct ic_async_pool {
    uint8_t *frames;
    size_t frame_bytes;
    uint32_t frame_count;
    uint32_t call_count;
    struct ic_async_call *calls;
    struct ic_lock *locks;
    uint32_t lock_count;
};

/* Declares the pool of a canister:
 *     IC_ASYNC_POOL(pool, struct pay, 50, 150, 50);    50 flows, 150 open calls, 50 locks held
 * frame_type is the largest frame. */
#define IC_ASYNC_POOL(name, frame_type, flows, calls_max, locks_max)                               \
    _Static_assert(_Alignof(frame_type) <= IC_ASYNC_FRAME_ALIGN,                                   \
                   "frames are aligned to 16 bytes");                                              \
    static _Alignas(IC_ASYNC_FRAME_ALIGN)                                                          \
        uint8_t name##_frames[flows][(sizeof(frame_type) + IC_ASYNC_FRAME_ALIGN - 1) /             \
                                     IC_ASYNC_FRAME_ALIGN * IC_ASYNC_FRAME_ALIGN];                 \
    static struct ic_async_call name##_calls[calls_max];                                           \
    static struct ic_lock name##_locks[locks_max];                                                 \
    static const struct ic_async_pool name = {.frames = name##_frames[0],                          \
                                              .frame_bytes = sizeof name##_frames[0],              \
                                              .frame_count = (flows),                              \
                                              .call_count = (calls_max),                           \
                                              .calls = name##_calls,                               \
                                              .locks = name##_locks,                               \
                                              .lock_count = (locks_max)}

/* ic_async_open starts with an empty pool, in canister_init and in canister_post_upgrade. It takes
 * one region (kind RAW, empty) for the sequence of tickets. */
void ic_async_open(const struct ic_async_pool *pool, struct ic_store *store, uint32_t region_id);

/* What is in use, for debug queries and tests: all 0 when nothing is going on. */
struct ic_async_status {
    uint32_t flows;
    uint32_t calls;
    uint32_t locks;
};
struct ic_async_status ic_async_status(void);

/* The two callbacks: called by the system, and by the native twin. */
void ic_async_on_answer(uint32_t ticket);
void ic_async_on_cleanup(uint32_t ticket);

/* All memory that a trap must take back, for the native twin, whose heap does not roll back. */
#define IC_ASYNC_AREAS 4u
struct ic_async_area {
    void *at;
    size_t size;
};
void ic_async_areas(struct ic_async_area out[IC_ASYNC_AREAS]);

#include "ic/lock.h"
#include "ic/trap.h"

#endif
