/* Calls to other canisters: what is sent, and what can come back.
 *
 * A canister does not use this header alone: ic/async.h waits for the answers. Here stand the words
 * that both ends of an await share, and below them what the kit needs of the system.
 *
 * Two ways to wait. Without a timeout the answer comes for certain, be it in a year: the canister
 * cannot be stopped meanwhile, so call like that only whom you trust to answer. With a timeout (a
 * bounded-wait call, "best effort") the answer comes in time, but it may be IC_CALL_SYS_UNKNOWN:
 * the call was executed, or will be, or never. Then ask again in a way that cannot do it twice.
 *
 * SPEC: IC interface specification, "Inter-canister calls", "Reject codes". */
#ifndef IC_CALL_H
#define IC_CALL_H

#include "ic/principal.h"
#include "ic/u128.h"

/* The system shortens longer timeouts to this. */
#define IC_CALL_TIMEOUT_S_MAX 300u

struct ic_call {
    struct ic_principal to;
    struct ic_bytes method;   /* UTF-8 */
    struct ic_bytes argument; /* both are copied when the call is started */
    ic_u128 cycles;           /* attached; what the callee does not take comes back */
    uint32_t timeout_s;       /* 0: wait as long as it takes */
};

/* How a call ended: 1 to 6 as the system numbers them. */
enum ic_call_code {
    IC_CALL_OK = 0,
    IC_CALL_SYS_FATAL = 1,           /* trying again will not help */
    IC_CALL_SYS_TRANSIENT = 2,       /* it may; also: this canister could not send the call */
    IC_CALL_DESTINATION_INVALID = 3, /* no such canister */
    IC_CALL_CANISTER_REJECT = 4,     /* the callee said no */
    IC_CALL_CANISTER_ERROR = 5,      /* it trapped, is stopped, or never answered */
    IC_CALL_SYS_UNKNOWN = 6,         /* bounded-wait calls only */
    IC_CALL_REPLY_TOO_LARGE = 7,     /* of the kit: a reply came that has no room in the answer */
    IC_CALL_PENDING = 8,             /* of the kit: not answered yet */
};

/* "IC_CALL_OK" and so on, for logs. */
const char *ic_call_code_name(enum ic_call_code code);

/* ic_call_had_no_effect: true when the callee has certainly not executed the call. False for every
 * other code, also for IC_CALL_CANISTER_ERROR: a callee that awaits and traps afterwards keeps what
 * it did before. */
static inline bool ic_call_had_no_effect(enum ic_call_code code)
{
    return code == IC_CALL_SYS_FATAL || code == IC_CALL_SYS_TRANSIENT ||
           code == IC_CALL_DESTINATION_INVALID;
}

/* ---- what the kit needs of the system -------------------------------------------------------- */

/* Where the two callbacks of the kit stand in the table of every module: the system remembers open
 * calls by table index and looks them up in the module of the day, so an upgrade must not move
 * them. wasm/call.c makes it so. */
#define IC_CALL_ANSWER_SLOT  1u
#define IC_CALL_CLEANUP_SLOT 2u

/* The ticket of a call whose answer is of no interest. */
#define IC_CALL_NO_TICKET 0u

/* ic_call_send performs a call whose callbacks get ticket.
 *   returns   IC_CALL_OK: sent, exactly one callback will run. IC_CALL_SYS_TRANSIENT: not sent (out
 *             of cycles, also of those to be attached; queue full), none will
 *   traps     when method and argument exceed the system's limits (20,000 bytes and 10 MiB) */
enum ic_call_code ic_call_send(const struct ic_call *call, uint32_t ticket);

/* In a callback: how the call ended, and the reply or the reject text. The refunded cycles may be
 * asked for in any callback. */
enum ic_call_code ic_call_answer_code(void);
size_t ic_call_answer_size(enum ic_call_code code);
void ic_call_answer_copy(void *out, enum ic_call_code code, size_t size);
ic_u128 ic_call_refunded(void);

#endif
