/* The message being executed, and the canister around it: thin typed forms of the system calls.
 *
 * In Wasm these are the calls of ic/ic0.h; natively the host twin (host/ic_host.h) scripts them.
 * Most cost 505 instructions, so call each once per message and keep the result. */
#ifndef IC_MSG_H
#define IC_MSG_H

#include "ic/arena.h"
#include "ic/principal.h"

/* ---- memory ---------------------------------------------------------------------------------- */

/* ic_msg_arena gives the arena of this message, empty: first thing in every entry point. It starts
 * right behind the static data and has room for at least size_bytes; untouched memory costs
 * nothing. The same memory is handed out in every message, so an entry point of your own
 * (canister_heartbeat, canister_inspect_message) begins with it; methods made by didc have done so.
 *   traps     when the heap cannot grow that far */
struct ic_arena *ic_msg_arena(size_t size_bytes);

/* ic_msg_arena_now gives that arena as it stands: for code in the middle of a message.
 *   returns   NULL when ic_msg_arena was never called */
struct ic_arena *ic_msg_arena_now(void);

/* ic_heap_take gives memory that stays, zeroed and aligned to 16: for caches and tables whose size
 * the data decides. There is no way to give it back before the next upgrade. Whoever calls
 * memory.grow himself does not disturb this or the arena.
 *   returns   NULL when the heap cannot grow that far */
void *ic_heap_take(size_t size_bytes);

/* ---- argument and caller --------------------------------------------------------------------- */

/* Size of the argument in bytes. */
size_t ic_msg_arg_size(void);

/* ic_msg_arg copies the argument into the arena, if it has at most bytes_max bytes. Asking costs
 * 505, copying 505 + size.
 *   returns   false when it is larger or does not fit; nothing was copied then, *out is
 *             untouched */
IC_MUST_USE bool ic_msg_arg(struct ic_bytes *out, size_t bytes_max, struct ic_arena *a);

struct ic_principal ic_msg_caller(void);

/* ---- answer: 505 + 50 for each byte ---------------------------------------------------------- */

/* ic_msg_reply_append adds to the reply, ic_msg_reply sends it, once per call. */
void ic_msg_reply_append(struct ic_bytes in);
void ic_msg_reply(void);

/* ic_msg_reply_bytes sends a reply of one piece. */
void ic_msg_reply_bytes(struct ic_bytes in);

/* ic_msg_reject answers with reject code 4 and a text (UTF-8). Unlike a trap, it keeps the changes.
 */
void ic_msg_reject(struct ic_bytes text);

/* ---- inspect_message ------------------------------------------------------------------------- */
IC_MUST_USE bool ic_msg_method_name(struct ic_bytes *out, struct ic_arena *a);
void ic_msg_accept(void);

/* ---- the canister and its system ------------------------------------------------------------- */
struct ic_principal ic_canister_self(void);
bool ic_is_controller(const struct ic_principal *who);
bool ic_in_replicated_execution(void);

/* ns since 1970; constant during a message, never going back. */
uint64_t ic_time_ns(void);

/* ic_timer_set asks for canister_global_timer at a time, replacing the earlier wish; 0 cancels.
 *   returns   the earlier wish in ns, 0 when there was none */
uint64_t ic_timer_set(uint64_t at_ns);

/* Instructions used by this message so far, heap pages apart; and by all messages of the call that
 * is being answered, those before its awaits included. */
uint64_t ic_instructions(void);
uint64_t ic_instructions_of_call(void);

/* When the caller stops waiting, ns: of a bounded-wait call to this canister; 0: never. */
uint64_t ic_msg_deadline_ns(void);

/* Grows with every change of code, settings and state: what management calls want as
 * sender_canister_version. */
uint64_t ic_canister_version(void);

/* Bytes of Wasm memory. */
uint64_t ic_heap_bytes(void);

/* Appends to the canister log. */
void ic_debug_print(struct ic_bytes text);

/* ---- certified data -------------------------------------------------------------------------- */
#define IC_CERTIFIED_DATA_BYTES_MAX 32u

/* ic_certified_data_set: at most 32 bytes, certified by the subnet at the end of the round. */
void ic_certified_data_set(struct ic_bytes in);

/* ic_data_certificate copies the certificate that covers the certified data. Present only in a
 * query that a user addressed to this canister directly.
 *   returns   false when there is none or it does not fit; *out is untouched then */
IC_MUST_USE bool ic_data_certificate(struct ic_bytes *out, struct ic_arena *a);

#endif
