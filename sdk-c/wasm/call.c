/* ic/call.h over the system API.
 *
 * This file is compiled to machine code, not to bitcode: the linker numbers the table by the order
 * in which it meets addresses of functions, machine code before bitcode, and this is the only such
 * file that takes any. So the two callbacks are entries 1 and 2 in every module, whatever else it
 * has. The check is free: it is decided when the module is optimized. */
#include "ic/call.h"

#include "ic/async.h"
#include "ic/cycles.h"
#include "ic/ic0.h"
#include "ic/trap.h"

enum ic_call_code ic_call_send(const struct ic_call *call, uint32_t ticket)
{
    uint32_t on_answer = (uint32_t)(uintptr_t)ic_async_on_answer;
    uint32_t on_cleanup = (uint32_t)(uintptr_t)ic_async_on_cleanup;
    if (on_answer != IC_CALL_ANSWER_SLOT || on_cleanup != IC_CALL_CLEANUP_SLOT) {
        IC_TRAP("async: the module was linked without the callbacks in table entries 1 and 2");
    }
    if (call->cycles != 0 && call->cycles > ic_cycles_liquid()) {
        return IC_CALL_SYS_TRANSIENT; /* attaching them would trap */
    }
    ic0_call_new(call->to.bytes, call->to.size, call->method.at, call->method.size, on_answer,
                 ticket, on_answer, ticket);
    ic0_call_on_cleanup(on_cleanup, ticket);
    ic0_call_data_append(call->argument.at, call->argument.size);
    if (call->cycles != 0) {
        ic0_call_cycles_add128(ic_u128_hi(call->cycles), ic_u128_lo(call->cycles));
    }
    if (call->timeout_s != 0) {
        ic0_call_with_best_effort_response(call->timeout_s);
    }
    return ic0_call_perform() == 0 ? IC_CALL_OK : IC_CALL_SYS_TRANSIENT;
}

enum ic_call_code ic_call_answer_code(void)
{
    uint32_t code = ic0_msg_reject_code();
    /* A code of the future: nothing is known about what it means. */
    return code <= IC_CALL_SYS_UNKNOWN ? (enum ic_call_code)code : IC_CALL_SYS_UNKNOWN;
}

size_t ic_call_answer_size(enum ic_call_code code)
{
    return code == IC_CALL_OK ? ic0_msg_arg_data_size() : ic0_msg_reject_msg_size();
}

void ic_call_answer_copy(void *out, enum ic_call_code code, size_t size)
{
    if (code == IC_CALL_OK) {
        ic0_msg_arg_data_copy(out, 0, size);
    } else {
        ic0_msg_reject_msg_copy(out, 0, size);
    }
}

ic_u128 ic_call_refunded(void)
{
    ic_u128 amount;
    ic0_msg_cycles_refunded128(&amount);
    return amount;
}
