/* Inspection of messages of users. A file of its own: canisters without @inspect have none of
 * it. */
#include "ic/candid_msg.h"
#include "ic/msg.h"
#include "ic/trap.h"

static const struct candid_method *inspected;

static const struct candid_inspection *find(const struct candid_inspection *of, size_t count)
{
    struct ic_bytes name;
    if (!ic_msg_method_name(&name, ic_msg_arena(CANDID_MSG_ARENA_BYTES))) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (ic_bytes_is_equal(ic_bytes_from_text(of[i].method->name), name)) {
            return &of[i];
        }
    }
    return NULL;
}

void candid_msg_inspect(const struct candid_inspection *of, size_t count)
{
    const struct candid_inspection *const found = find(of, count);
    if (found == NULL) {
        IC_TRAP("Candid: no method of this name can be called as an update");
    }
    inspected = found->method;
    candid_msg_start(found->method);
    const char *const refusal = found->inspect == NULL ? NULL : found->inspect();
    if (refusal != NULL) {
        ic_trap(ic_bytes_from_text(refusal));
    }
    ic_msg_accept();
}

const struct candid_method *candid_msg_inspected(void)
{
    return inspected;
}
