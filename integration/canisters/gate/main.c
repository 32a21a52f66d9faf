/* Inspection of messages as Wasm; see gate.did. */
#include "gate_did.h"

#include "ic/async.h"
#include "ic/buf.h"
#include "ic/cell.h"
#include "ic/msg.h"

enum { REGION_COUNT, REGION_ASYNC, COUNT_BYTES = 8 };

static const struct ic_store_app APP = {.magic = "GATETEST", .version = 1};
static struct ic_store store;
static struct ic_cell count;

struct relay {
    struct ic_flow flow;
    struct ic_answer answer;
    const struct gate_relay_in *in; /* until the await */
};
IC_ASYNC_POOL(pool, struct relay, 1, 1, 1);

CANDID_EXPORT("canister_init") void gate_canister_init(void);
void gate_canister_init(void)
{
    ic_store_create(&store, APP);
    ic_cell_open(&count, &store, REGION_COUNT, COUNT_BYTES);
    ic_async_open(&pool, &store, REGION_ASYNC);
}

static uint64_t count_read(void)
{
    uint8_t bytes[COUNT_BYTES];
    return ic_cell_read(&count, bytes) == COUNT_BYTES ? ic_load_u64_le(bytes) : 0;
}

static void count_executed(void)
{
    uint8_t bytes[COUNT_BYTES];
    ic_store_u64_le(bytes, count_read() + 1);
    ic_cell_write(&count, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
}

/* ---- inspections ----------------------------------------------------------------------------- */

const char *gate_signed(void)
{
    const struct ic_principal caller = ic_msg_caller();
    return ic_principal_is_equal(&caller, &IC_PRINCIPAL_ANONYMOUS) ? "anonymous calls are refused"
                                                                   : NULL;
}

const char *gate_only_controllers(void)
{
    const struct ic_principal caller = ic_msg_caller();
    return ic_is_controller(&caller) ? NULL : "only controllers";
}

const char *gate_not_zero(void)
{
    struct gate_add_in in;
    candid_msg_receive(candid_msg_inspected(), &in);
    return in.arg0 == 0 ? "nothing to add" : NULL;
}

const char *gate_spins(void)
{
    for (volatile uint32_t i = 0;; i++) {
    }
}

const char *gate_counts(void)
{
    count_executed();
    return NULL;
}

const char *gate_never(void)
{
    return "never as an update";
}

/* ---- methods --------------------------------------------------------------------------------- */

void gate_count(struct gate_count_out *out)
{
    out->ret0 = count_read();
}

void gate_secret(struct gate_secret_out *out)
{
    out->ret0 = count_read();
}

void gate_all(struct gate_all_out *out)
{
    out->ret0 = count_read();
}

void gate_plain(const struct gate_plain_in *in)
{
    (void)in;
    count_executed();
}

void gate_small(const struct gate_small_in *in)
{
    (void)in;
    count_executed();
}

void gate_set(const struct gate_set_in *in)
{
    (void)in;
    count_executed();
}

void gate_add(const struct gate_add_in *in)
{
    (void)in;
    count_executed();
}

void gate_spin(void)
{
    count_executed();
}

void gate_counted(void)
{
    count_executed();
}

void gate_n__me_with_blanks(void)
{
    count_executed();
}

void gate_tell(void)
{
    count_executed();
}

static void relay_run(struct ic_flow *flow)
{
    struct relay *f = (struct relay *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, ic_call(&f->flow, &f->answer,
                        &(struct ic_call){.to = f->in->to,
                                          .method = f->in->method,
                                          .argument = f->in->argument}));
    struct ic_bytes text = ic_bytes_from_text(ic_call_code_name(f->answer.code));
    if (f->answer.code == IC_CALL_CANISTER_REJECT || f->answer.code == IC_CALL_CANISTER_ERROR) {
        text = ic_answer_bytes(&f->answer);
    }
    gate_relay_reply(&(struct gate_relay_out){.ret0 = text});
    IC_FLOW_END(f);
}

void gate_relay(const struct gate_relay_in *in)
{
    struct relay *f = ic_flow_new(relay_run, NULL, sizeof *f);
    ic_assert(f != NULL);
    f->in = in;
    ic_flow_start(&f->flow);
}
