#include "ic/msg.h"
#include "ic/pb.h"
#include "ic/trap.h"

void ic_pb_arg_type(void *out, size_t out_size, const pb_msgdesc_t *type, size_t bytes_max,
                    struct ic_bytes refusal, struct ic_arena *a)
{
    struct ic_bytes arg;
    if (!ic_msg_arg(&arg, bytes_max, a)) {
        IC_TRAP("the argument is too large");
    }
    if (!ic_pb_decode_type(out, out_size, type, arg, a)) {
        ic_trap(refusal);
    }
}

void ic_pb_reply_type(const pb_msgdesc_t *type, const void *message)
{
    struct ic_bytes reply;
    struct ic_arena *arena = ic_msg_arena_now();
    ic_assert(arena != NULL);
    if (!ic_pb_pack_type(&reply, type, message, arena)) {
        IC_TRAP("the reply does not fit its type or the arena");
    }
    ic_msg_reply_bytes(reply);
}
