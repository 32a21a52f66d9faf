/* Typed calls: what the client stubs that didc generates are made of.
 *
 * `didc gen bank.did --prefix bank` writes bank_client.h too, with two functions for each method that
 * answers:
 *
 *   void bank_call_open(flow, answer, to, in);   starts the call; the argument is encoded at once
 *   bool bank_take_open(out, answer);            decodes the reply, once it is there
 *
 *     IC_AWAIT(f, bank_call_open(&f->flow, &f->answer, &bank, &in));
 *     if (!bank_take_open(&out, &f->answer)) {
 *         ... f->answer.code tells why ...
 *     }
 *
 * and, for oneway methods, bank_call_tell, whose answer tells only whether the call was accepted.
 *
 * Composite queries have them too: only flows that were begun by a composite query can call
 * them, and those can call queries and composite queries only (sdk-c/docs/await.md). */
#ifndef IC_CANDID_CALL_H
#define IC_CANDID_CALL_H

#include "ic/async.h"
#include "ic/candid_msg.h"

/* Whom to call, and how. */
struct candid_callee {
    struct ic_principal canister;
    uint32_t timeout_s; /* 0: wait as long as it takes; else a bounded-wait call */
    ic_u128 cycles;     /* to attach */
};

/* candid_call encodes an argument in the arena of the message and starts the call.
 *   in        the struct of method->in; may be NULL when there are no arguments
 *   traps     when it does not fit into the arena */
void candid_call(struct ic_flow *flow, struct ic_answer *answer, const struct candid_callee *to,
                 const struct candid_method *method, const void *in);

/* candid_call_oneway sends a call whose answer nobody waits for; it needs no flow.
 *   returns   IC_CALL_OK when it is on its way, else IC_CALL_SYS_TRANSIENT */
enum ic_call_code candid_call_oneway(const struct candid_callee *to,
                                     const struct candid_method *method, const void *in);

/* candid_answer decodes a reply into the arena of the message.
 *   out       the struct of method->out, as candid_decode writes it
 *   returns   false when there is none (answer->code says why), or when the callee sent something
 *             else than its interface promises (answer->code is IC_CALL_OK then): it was executed
 */
IC_MUST_USE bool candid_answer(void *out, const struct ic_answer *answer,
                               const struct candid_method *method);

#endif
