/* Typed calls to other canisters. */
#include "ic/candid_call.h"

#include "ic/trap.h"

static struct ic_call call_from(const struct candid_callee *to, const struct candid_method *method,
                                const void *in)
{
    struct ic_call call = {.to = to->canister,
                           .method = ic_bytes_from_text(method->name),
                           .cycles = to->cycles,
                           .timeout_s = to->timeout_s};
    /* The declared types, not the narrowest: they are what the callee's fast path knows. */
    const enum candid_result result =
        candid_encode(&call.argument, &method->in, in, CANDID_ENCODE_FULL, candid_msg_arena());
    if (result != CANDID_OK) {
        ic_trap(ic_bytes_from_text(candid_result_text(result)));
    }
    return call;
}

void candid_call(struct ic_flow *flow, struct ic_answer *answer, const struct candid_callee *to,
                 const struct candid_method *method, const void *in)
{
    const struct ic_call call = call_from(to, method, in);
    ic_call(flow, answer, &call);
}

enum ic_call_code candid_call_oneway(const struct candid_callee *to,
                                     const struct candid_method *method, const void *in)
{
    const struct ic_call call = call_from(to, method, in);
    return ic_call_oneway(&call);
}

bool candid_answer(void *out, const struct ic_answer *answer, const struct candid_method *method)
{
    return answer->code == IC_CALL_OK && candid_decode(out, &method->out, ic_answer_bytes(answer),
                                                       candid_msg_arena()) == CANDID_OK;
}
