/* Composite queries as flows; see compose.did. */
#include "compose_client.h"
#include "ic/buf.h"
#include "ic/cell.h"
#include "ic/msg.h"

enum { REGION_STATE, REGION_ASYNC, STATE_BYTES = 12, OTHERS_MAX = 8, REPLY_BYTES = 64 };
#define LOCK_KIND 1u

static const struct ic_store_app APP = {.magic = "COMPOSE", .version = 1};
static struct ic_store store;
static struct ic_cell cell;
static uint32_t awaits; /* in the heap; beside it in the cell: value u64, awaits u32 */

struct talk {
    struct ic_flow flow;
    struct ic_answer answer, other;
    uint8_t reply[REPLY_BYTES], reply_other[REPLY_BYTES];
    struct ic_principal of[OTHERS_MAX];
    uint32_t count, at;
    uint64_t total;
};

IC_ASYNC_POOL(pool, struct talk, 2, 3, 1);

CANDID_EXPORT("canister_init") void compose_canister_init(void);
void compose_canister_init(void)
{
    static const uint8_t zeros[STATE_BYTES] = {0};
    ic_store_create(&store, APP);
    ic_cell_open(&cell, &store, REGION_STATE, STATE_BYTES);
    ic_cell_write(&cell, (struct ic_bytes){.at = zeros, .size = STATE_BYTES});
    ic_async_open(&pool, &store, REGION_ASYNC);
}

/* ---- state ----------------------------------------------------------------------------------- */

static void state_read(uint8_t bytes[STATE_BYTES])
{
    ic_assert(ic_cell_read(&cell, bytes) == STATE_BYTES);
}

static uint64_t value(void)
{
    uint8_t bytes[STATE_BYTES];
    state_read(bytes);
    return ic_load_u64_le(bytes);
}

static uint32_t stored_awaits(void)
{
    uint8_t bytes[STATE_BYTES];
    state_read(bytes);
    return ic_load_u32_le(bytes + 8);
}

static void await_counted(void)
{
    uint8_t bytes[STATE_BYTES];
    state_read(bytes);
    ic_store_u32_le(bytes + 8, ic_load_u32_le(bytes + 8) + 1);
    ic_cell_write(&cell, (struct ic_bytes){.at = bytes, .size = STATE_BYTES});
    awaits++;
}

void compose_value(struct compose_value_out *out)
{
    out->ret0 = value();
}

void compose_set(const struct compose_set_in *in)
{
    uint8_t bytes[STATE_BYTES];
    state_read(bytes);
    ic_store_u64_le(bytes, in->arg0);
    ic_cell_write(&cell, (struct ic_bytes){.at = bytes, .size = STATE_BYTES});
}

void compose_state(struct compose_state_out *out)
{
    const struct ic_async_status status = ic_async_status();
    out->ret0.awaits = awaits;
    out->ret0.stored_awaits = stored_awaits();
    out->ret0.flows = status.flows;
    out->ret0.calls = status.calls;
    out->ret0.locks = status.locks;
}

/* ---- flows ----------------------------------------------------------------------------------- */

static struct talk *talk_new(ic_flow_fn *run, const struct ic_principal *of, size_t count)
{
    struct talk *f = ic_flow_new(run, NULL, sizeof *f);
    if (f == NULL || count > OTHERS_MAX) {
        IC_TRAP("too many");
    }
    for (size_t i = 0; i < count; i++) {
        f->of[i] = of[i];
    }
    f->count = (uint32_t)count;
    return f;
}

static void refuse(const struct ic_answer *answer)
{
    ic_msg_reject(ic_bytes_from_text(ic_call_code_name(answer->code)));
}

static void sum_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    struct compose_value_out one;
    IC_FLOW_BEGIN(f);
    for (; f->at < f->count; f->at++) {
        IC_AWAIT(f, compose_call_value(&f->flow, &f->answer,
                                       &(struct candid_callee){.canister = f->of[f->at]}));
        await_counted();
        if (!compose_take_value(&one, &f->answer)) {
            refuse(&f->answer);
            return;
        }
        f->total += one.ret0;
    }
    compose_sum_reply(&(struct compose_sum_out){
        .ret0 = {.total = f->total, .awaits = awaits, .stored_awaits = stored_awaits()}});
    IC_FLOW_END(f);
}

void compose_sum(const struct compose_sum_in *in)
{
    ic_flow_start(&talk_new(sum_run, in->of.at, in->of.count)->flow);
}

static void both_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    struct compose_value_out a, b;
    IC_FLOW_BEGIN(f);
    ic_answer_keep(&f->answer, f->reply, sizeof f->reply);
    ic_answer_keep(&f->other, f->reply_other, sizeof f->reply_other);
    compose_call_value(&f->flow, &f->answer, &(struct candid_callee){.canister = f->of[0]});
    compose_call_value(&f->flow, &f->other, &(struct candid_callee){.canister = f->of[1]});
    IC_JOIN(f);
    if (!compose_take_value(&a, &f->answer) || !compose_take_value(&b, &f->other)) {
        refuse(f->answer.code != IC_CALL_OK ? &f->answer : &f->other);
        return;
    }
    compose_both_reply(&(struct compose_both_out){.ret0 = a.ret0 + b.ret0});
    IC_FLOW_END(f);
}

void compose_both(const struct compose_both_in *in)
{
    const struct ic_principal of[] = {in->a, in->b};
    ic_flow_start(&talk_new(both_run, of, 2)->flow);
}

static void chain_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    struct compose_chain_out rest = {0};
    IC_FLOW_BEGIN(f);
    if (f->count != 0) {
        IC_AWAIT(f,
                 compose_call_chain(
                     &f->flow, &f->answer, &(struct candid_callee){.canister = f->of[0]},
                     &(struct compose_chain_in){.of = {.at = f->of + 1, .count = f->count - 1}}));
        if (!compose_take_chain(&rest, &f->answer)) {
            refuse(&f->answer);
            return;
        }
    }
    compose_chain_reply(&(struct compose_chain_out){.ret0 = value() + rest.ret0});
    IC_FLOW_END(f);
}

void compose_chain(const struct compose_chain_in *in)
{
    ic_flow_start(&talk_new(chain_run, in->of.at, in->of.count)->flow);
}

static void change_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f,
             compose_call_set(&f->flow, &f->answer, &(struct candid_callee){.canister = f->of[0]},
                              &(struct compose_set_in){.arg0 = 666}));
    compose_change_reply(&(struct compose_change_out){
        .ret0 = ic_bytes_from_text(ic_call_code_name(f->answer.code))});
    IC_FLOW_END(f);
}

void compose_change(const struct compose_change_in *in)
{
    ic_flow_start(&talk_new(change_run, &in->to, 1)->flow);
}

static void stumble_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    IC_FLOW_BEGIN(f);
    ic_assert(ic_lock_u64(flow, LOCK_KIND, 1) == IC_LOCK_OK);
    IC_AWAIT(
        f, compose_call_value(&f->flow, &f->answer, &(struct candid_callee){.canister = f->of[0]}));
    await_counted();
    IC_TRAP("stumbled");
    IC_FLOW_END(f);
}

void compose_stumble(const struct compose_stumble_in *in)
{
    ic_flow_start(&talk_new(stumble_run, &in->to, 1)->flow);
}

static void ask_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    struct compose_value_out one;
    IC_FLOW_BEGIN(f);
    ic_assert(ic_lock_u64(flow, LOCK_KIND, 2) == IC_LOCK_OK);
    IC_AWAIT(f,
             compose_call_value(&f->flow, &f->answer,
                                &(struct candid_callee){.canister = f->of[0], .cycles = f->total}));
    if (!compose_take_value(&one, &f->answer)) {
        refuse(&f->answer);
        return;
    }
    compose_ask_reply(&(struct compose_ask_out){.ret0 = one.ret0});
    IC_FLOW_END(f);
}

void compose_ask(const struct compose_ask_in *in)
{
    ic_flow_start(&talk_new(ask_run, &in->to, 1)->flow);
}

void compose_pay(const struct compose_pay_in *in)
{
    struct talk *f = talk_new(ask_run, &in->to, 1);
    f->total = 1000000;
    ic_flow_start(&f->flow);
}

static void misuse_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f,
             compose_call_chain(&f->flow, &f->answer, &(struct candid_callee){.canister = f->of[0]},
                                &(struct compose_chain_in){.of = {.count = 0}}));
    compose_misuse_reply(&(struct compose_misuse_out){
        .ret0 = ic_bytes_from_text(ic_call_code_name(f->answer.code))});
    IC_FLOW_END(f);
}

void compose_misuse(const struct compose_misuse_in *in)
{
    ic_flow_start(&talk_new(misuse_run, &in->to, 1)->flow);
}
