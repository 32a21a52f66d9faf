/* A counter: one number in stable memory, three methods. didc makes the exports, the decoding and
 * the replies out of counter.did; what remains is what the canister does. */
#include "counter_did.h"

#include "ic/buf.h"
#include "ic/cell.h"
#include "ic/checked.h"
#include "ic/msg.h"
#include "ic/trap.h"

/* ---- state: written by the message that changes it, so an upgrade has nothing to save -------- */

#define REGION_COUNT 0u
#define COUNT_BYTES  8u

static const struct ic_store_app APP = {.magic = "COUNTER", .version = 1};
static struct ic_store store;
static struct ic_cell count;

static uint64_t count_read(void)
{
    uint8_t bytes[COUNT_BYTES];
    return ic_cell_read(&count, bytes) == COUNT_BYTES ? ic_load_u64_le(bytes) : 0;
}

static void count_write(uint64_t value)
{
    uint8_t bytes[COUNT_BYTES];
    ic_store_u64_le(bytes, value);
    ic_cell_write(&count, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
}

CANDID_EXPORT("canister_init") void counter_init(void);
void counter_init(void)
{
    ic_store_create(&store, APP);
    ic_cell_open(&count, &store, REGION_COUNT, COUNT_BYTES);
}

CANDID_EXPORT("canister_post_upgrade") void counter_post_upgrade(void);
void counter_post_upgrade(void)
{
    ic_store_open(&store, APP);
    ic_cell_open(&count, &store, REGION_COUNT, COUNT_BYTES);
}

/* ---- methods --------------------------------------------------------------------------------- */

void counter_get(struct counter_get_out *out)
{
    out->ret0 = count_read();
}

void counter_increment(struct counter_increment_out *out)
{
    uint64_t value = count_read();
    if (!ic_add_u64(&value, value, 1)) {
        IC_TRAP("the counter is at its end");
    }
    count_write(value);
    out->ret0 = value;
}

void counter_set(const struct counter_set_in *in)
{
    count_write(in->value);
}

const char *counter_only_controllers(void)
{
    const struct ic_principal caller = ic_msg_caller();
    return ic_is_controller(&caller) ? NULL : "only controllers may set the counter";
}
