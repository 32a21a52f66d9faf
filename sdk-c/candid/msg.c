/* The frame around generated methods. */
#include "ic/candid_msg.h"

#include "ic/msg.h"
#include "ic/trap.h"

static _Noreturn void trap_result(enum candid_result result)
{
    ic_trap(ic_bytes_from_text(candid_result_text(result)));
}

static struct ic_bytes receive(const struct candid_method *method)
{
    struct ic_bytes argument = {0};
    struct ic_arena *arena = ic_msg_arena(CANDID_MSG_ARENA_BYTES);
    if (!ic_msg_arg(&argument, method->argument_bytes_max, arena)) {
        IC_TRAP("Candid: the argument is too large");
    }
    return argument;
}

void candid_msg_start(const struct candid_method *method)
{
    (void)ic_msg_arena(CANDID_MSG_ARENA_BYTES);
    if (method->argument_bytes_max != UINT32_MAX &&
        ic_msg_arg_size() > method->argument_bytes_max) {
        IC_TRAP("Candid: the argument is too large");
    }
}

void candid_msg_receive(const struct candid_method *method, void *in)
{
    const struct ic_bytes argument = receive(method);
    const enum candid_result result = candid_decode(in, &method->in, argument, candid_msg_arena());
    if (result != CANDID_OK) {
        trap_result(result);
    }
}

struct ic_bytes candid_msg_argument(const struct candid_method *method)
{
    return receive(method);
}

void candid_msg_reply(const struct candid_method *method, const void *out)
{
    struct ic_bytes reply = {0};
    const enum candid_result result =
        candid_encode(&reply, &method->out, out,
                      method->full ? CANDID_ENCODE_FULL : CANDID_ENCODE_NARROW, candid_msg_arena());
    if (result != CANDID_OK) {
        trap_result(result);
    }
    ic_msg_reply_bytes(reply);
}

struct ic_arena *candid_msg_arena(void)
{
    struct ic_arena *arena = ic_msg_arena_now();
    return arena != NULL ? arena : ic_msg_arena(CANDID_MSG_ARENA_BYTES);
}

bool candid_msg_guard(const char *refusal)
{
    if (refusal == NULL) {
        return true;
    }
    ic_msg_reject(ic_bytes_from_text(refusal));
    return false;
}
