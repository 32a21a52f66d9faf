/* The message, who sent it, and its answer. SPEC: ic-system 2.4 "Arguments and caller",
 * "Responding", "inspect_message" */
#include "ic0/ic0.h"
#include "ic0/memory.h"

static bool need_argument(struct axon_exec *x, const char *call)
{
    return x->has_arg || axon_exec_violate(x, "\"ic0_%s\" cannot be executed in %s mode", call,
                                           axon_mode_name(x->mode));
}

bool ic0_msg_arg_data_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->arg.size;
    return need_argument(x, "msg_arg_data_size");
}

bool ic0_msg_arg_data_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return need_argument(x, "msg_arg_data_copy") &&
           ic0_heap_copy(x, "msg_arg_data_copy", x->arg, a[0], a[1], a[2]);
}

bool ic0_msg_caller_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->caller.size;
    return true;
}

bool ic0_msg_caller_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_copy(x, "msg_caller_copy", ic_principal_bytes(&x->caller), a[0], a[1], a[2]);
}

/* The info that a user may attach to a canister signature: no sender of this network does. */
static const struct ic_bytes NO_CALLER_INFO = {.at = NULL, .size = 0};

bool ic0_msg_caller_info_data_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)x;
    (void)a;
    *r = NO_CALLER_INFO.size;
    return true;
}

bool ic0_msg_caller_info_data_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_copy(x, "msg_caller_info_data_copy", NO_CALLER_INFO, a[0], a[1], a[2]);
}

bool ic0_msg_caller_info_signer_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)x;
    (void)a;
    *r = NO_CALLER_INFO.size;
    return true;
}

bool ic0_msg_caller_info_signer_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_copy(x, "msg_caller_info_signer_copy", NO_CALLER_INFO, a[0], a[1], a[2]);
}

bool ic0_msg_reject_code(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = axon_error_reject_code(x->reject);
    return true;
}

bool ic0_msg_reject_msg_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->reject_text.size;
    return true;
}

bool ic0_msg_reject_msg_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_copy(x, "msg_reject_msg_copy", x->reject_text, a[0], a[1], a[2]);
}

bool ic0_msg_deadline(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->deadline_ns;
    return true;
}

/* ---- responding ------------------------------------------------------------------------------ */

static bool can_respond(struct axon_exec *x, const char *call)
{
    if (x->already_responded || x->response != AXON_NO_RESPONSE) {
        return axon_exec_violate(x, "ic0.%s: the call is already replied", call);
    }
    return true;
}

static bool reply_append(struct axon_exec *x, const char *call, uint64_t src, uint64_t size)
{
    struct ic_bytes data;
    if (!ic0_heap_view(x, &data, call, src, size)) {
        return false;
    }
    if (size > x->reply_bytes_max - x->reply.size) {
        return axon_exec_violate(
            x, "ic0.%s: application payload size (%llu) cannot be larger than %llu", call,
            (unsigned long long)(x->reply.size + size), (unsigned long long)x->reply_bytes_max);
    }
    axon_buf_append(&x->reply, data);
    return true;
}

bool ic0_msg_reply_data_append(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return can_respond(x, "msg_reply_data_append") &&
           reply_append(x, "msg_reply_data_append", a[0], a[1]);
}

bool ic0_msg_reply(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    (void)r;
    if (!can_respond(x, "msg_reply")) {
        return false;
    }
    x->response = AXON_REPLY;
    return true;
}

bool ic0_msg_reject(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    if (!can_respond(x, "msg_reject")) {
        return false;
    }
    axon_buf_clear(&x->reply);
    if (!reply_append(x, "msg_reject", a[0], a[1])) {
        return false;
    }
    if (!axon_utf8_is_valid(axon_buf_bytes(&x->reply))) {
        return axon_exec_violate(x, "ic0.msg_reject: the reject message is not valid UTF-8");
    }
    x->response = AXON_REJECT;
    return true;
}

/* ---- inspect_message ------------------------------------------------------------------------- */

bool ic0_msg_method_name_size(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    *r = x->method.size;
    return true;
}

bool ic0_msg_method_name_copy(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_copy(x, "msg_method_name_copy", x->method, a[0], a[1], a[2]);
}

bool ic0_accept_message(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)a;
    (void)r;
    if (x->accepted) {
        return axon_exec_violate(x, "ic0.accept_message: the function was already called");
    }
    x->accepted = true;
    return true;
}
