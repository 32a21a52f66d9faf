/* Flows and cycles as Wasm; see flows.did. Calls itself by the stubs that didc made for it. */
#include "flows_client.h"
#include "ic/async.h"
#include "ic/cycles.h"
#include "ic/msg.h"

enum { REGION_ASYNC };
#define LOCK_KIND 1u

static const struct ic_store_app APP = {.magic = "FLOWSTST", .version = 1};
static struct ic_store store;
static uint32_t cleanups;

struct talk {
    struct ic_flow flow;
    struct ic_answer answer;
    struct candid_callee to;
    struct candid_nat max;
};

IC_ASYNC_POOL(pool, struct talk, 2, 2, 2);

CANDID_EXPORT("canister_init") void flows_canister_init(void);
void flows_canister_init(void)
{
    ic_store_create(&store, APP);
    ic_async_open(&pool, &store, REGION_ASYNC);
}

static struct candid_nat nat(ic_u128 value)
{
    return (struct candid_nat){.lo = ic_u128_lo(value), .hi = ic_u128_hi(value)};
}

static ic_u128 u128(const struct candid_nat *n)
{
    return ic_u128_from(n->hi, n->lo);
}

/* ---- cycles ---------------------------------------------------------------------------------- */

void flows_take(const struct flows_take_in *in, struct flows_take_out *out)
{
    out->ret0.available = nat(ic_cycles_available());
    out->ret0.taken = nat(ic_cycles_accept(u128(&in->max)));
}

void flows_cost(const struct flows_cost_in *in, struct flows_cost_out *out)
{
    out->ret0 = nat(ic_cycles_cost_call(sizeof "take" - 1, in->argument_bytes));
}

void flows_burn(const struct flows_burn_in *in, struct flows_burn_out *out)
{
    out->ret0 = nat(ic_cycles_burn(u128(&in->amount)));
}

void flows_funds(struct flows_funds_out *out)
{
    out->ret0.balance = nat(ic_cycles_balance());
    out->ret0.liquid = nat(ic_cycles_liquid());
}

/* ---- flows ----------------------------------------------------------------------------------- */

static void give_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    struct flows_take_out taken;
    struct flows_give_out out;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f,
             flows_call_take(&f->flow, &f->answer, &f->to, &(struct flows_take_in){.max = f->max}));
    if (!flows_take_take(&taken, &f->answer)) {
        ic_msg_reject(ic_bytes_from_text(ic_call_code_name(f->answer.code)));
        return;
    }
    out.ret0.taken = taken.ret0.taken;
    out.ret0.refunded = nat(f->answer.refunded);
    flows_give_reply(&out);
    IC_FLOW_END(f);
}

void flows_give(const struct flows_give_in *in)
{
    struct talk *f = ic_flow_new(give_run, NULL, sizeof *f);
    ic_assert(f != NULL);
    f->to = (struct candid_callee){.canister = in->to, .cycles = u128(&in->amount)};
    f->max = in->max;
    ic_flow_start(&f->flow);
}

static void stumble_cleanup(struct ic_flow *flow)
{
    /* The frame is as it was before the answer came. */
    cleanups += ((struct talk *)flow)->answer.code == IC_CALL_PENDING ? 1 : 0;
}

static void stumble_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    IC_FLOW_BEGIN(f);
    ic_assert(ic_lock_u64(flow, LOCK_KIND, 1) == IC_LOCK_OK);
    IC_AWAIT(f, flows_call_funds(&f->flow, &f->answer, &f->to));
    IC_TRAP("stumbled");
    IC_FLOW_END(f);
}

void flows_stumble(const struct flows_stumble_in *in)
{
    struct talk *f = ic_flow_new(stumble_run, stumble_cleanup, sizeof *f);
    ic_assert(f != NULL);
    f->to = (struct candid_callee){.canister = in->to};
    ic_flow_start(&f->flow);
}

void flows_stumbled(struct flows_stumbled_out *out)
{
    out->ret0.cleanups = cleanups;
    out->ret0.is_locked = ic_lock_is_held_u64(LOCK_KIND, 1);
}
