/* Flows and cycles as Wasm; see flows.did. Calls itself by the stubs that didc made for it. */
#include "flows_client.h"
#include "ic/cleanup.h"
#include "ic/cycles.h"
#include "ic/msg.h"

enum { REGION_ASYNC };
#define LOCK_KIND  1u
#define CROWD_MAX  600u /* the system queues 500 calls from one canister to another */
#define REPLY_ROOM 64u

static const struct ic_store_app APP = {.magic = "FLOWSTST", .version = 1};
static struct ic_store store;
static uint32_t cleanups, ended, beats;

struct talk {
    struct ic_flow flow;
    struct ic_answer answer;
    struct candid_callee to;
    struct candid_nat max;
    enum flows_fall_tag fall;
    enum flows_cleanup_tag cleanup;
    uint32_t count;
};

/* Parts of flows_sum: one balance, and two of them. */
struct ask {
    struct ic_flow flow;
    struct ic_answer answer;
    struct candid_callee to;
    ic_u128 balance;
    bool is_answered;
};

struct both {
    struct ic_flow flow;
    struct ask ask;
    struct candid_callee to[2];
    uint32_t next;
    ic_u128 sum;
    bool is_answered;
};

struct sum {
    struct ic_flow flow;
    struct both both;
};

union frame {
    struct talk talk;
    struct sum sum;
};

IC_ASYNC_POOL(pool, union frame, 4, CROWD_MAX + 10, 2);

/* The answers of flows_crowd: one crowd at a time, under the lock 2. */
static struct ic_answer crowd_answers[CROWD_MAX];
static uint8_t crowd_rooms[CROWD_MAX][REPLY_ROOM];

enum { TIMER_CLEANUP, TIMERS };
static const struct ic_timer_kind KINDS[TIMERS] = {[TIMER_CLEANUP] = IC_CLEANUP_KIND};
IC_TIMERS_EXPORT

static void flows_open(void)
{
    ic_async_open(&pool, &store, REGION_ASYNC);
    ic_timers_open(KINDS, TIMERS, NULL, 0);
    ic_async_cleanup_by(TIMER_CLEANUP);
}

CANDID_EXPORT("canister_init") void flows_canister_init(void);
void flows_canister_init(void)
{
    ic_store_create(&store, APP);
    flows_open();
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

/* ---- falling --------------------------------------------------------------------------------- */

_Noreturn static void spin(void)
{
    for (volatile uint32_t i = 0;; i++) {
    }
}

static void look_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, flows_call_funds(&f->flow, &f->answer, &f->to));
    ended += f->answer.code == IC_CALL_OK ? 1 : 0;
    IC_FLOW_END(f);
}

static void look_start(const struct ic_principal *at)
{
    struct talk *f = ic_flow_new(look_run, NULL, sizeof *f);
    ic_assert(f != NULL);
    f->to = (struct candid_callee){.canister = *at};
    ic_flow_start(&f->flow);
}

static void stumble_cleanup(struct ic_flow *flow)
{
    const struct talk *f = (struct talk *)flow;
    /* The frame is as it was before the answer came, and the lock is held. */
    ic_assert(f->answer.code == IC_CALL_PENDING && ic_lock_is_held_u64(LOCK_KIND, 1));
    cleanups++;
    switch (f->cleanup) {
    case FLOWS_CLEANUP_TRAP:
        IC_TRAP("cleanup stumbled");
    case FLOWS_CLEANUP_SPIN:
        spin();
    case FLOWS_CLEANUP_START_FLOW:
        look_start(&f->to.canister);
        break;
    case FLOWS_CLEANUP_NONE:
    case FLOWS_CLEANUP_COUNT:
        break;
    }
}

static void stumble_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    IC_FLOW_BEGIN(f);
    ic_assert(ic_lock_u64(flow, LOCK_KIND, 1) == IC_LOCK_OK);
    IC_AWAIT(f, flows_call_funds(&f->flow, &f->answer, &f->to));
    if (f->fall == FLOWS_FALL_SPIN) {
        spin();
    }
    IC_TRAP("stumbled");
    IC_FLOW_END(f);
}

void flows_stumble(const struct flows_stumble_in *in)
{
    ic_flow_fn *cleanup = in->cleanup.tag == FLOWS_CLEANUP_NONE ? NULL : stumble_cleanup;
    struct talk *f = ic_flow_new(stumble_run, cleanup, sizeof *f);
    ic_assert(f != NULL);
    f->to = (struct candid_callee){.canister = in->to};
    f->fall = in->fall.tag;
    f->cleanup = in->cleanup.tag;
    ic_flow_start(&f->flow);
}

void flows_state(struct flows_state_out *out)
{
    const struct ic_async_status status = ic_async_status();
    out->ret0 = (struct flows_state){.cleanups = cleanups,
                                     .ended = ended,
                                     .beats = beats,
                                     .flows = status.flows,
                                     .calls = status.calls,
                                     .locks = status.locks};
}

/* ---- many calls ------------------------------------------------------------------------------ */

static void crowd_run(struct ic_flow *flow)
{
    struct talk *f = (struct talk *)flow;
    struct flows_crowd_out out = {.ret0 = {.answered = 0}};
    struct flows_funds_out funds;
    IC_FLOW_BEGIN(f);
    if (ic_lock_u64(flow, LOCK_KIND, 2) != IC_LOCK_OK) {
        ic_msg_reject(IC_BYTES_LIT("busy"));
        return;
    }
    for (uint32_t i = 0; i < f->count; i++) {
        ic_answer_keep(&crowd_answers[i], crowd_rooms[i], REPLY_ROOM);
        flows_call_funds(flow, &crowd_answers[i], &f->to);
    }
    IC_JOIN(f);
    for (uint32_t i = 0; i < f->count; i++) {
        out.ret0.answered += flows_take_funds(&funds, &crowd_answers[i]);
        out.ret0.refused += crowd_answers[i].code == IC_CALL_SYS_TRANSIENT;
    }
    flows_crowd_reply(&out);
    IC_FLOW_END(f);
}

void flows_crowd(const struct flows_crowd_in *in)
{
    ic_assert(in->count <= CROWD_MAX);
    struct talk *f = ic_flow_new(crowd_run, NULL, sizeof *f);
    ic_assert(f != NULL);
    f->to = (struct candid_callee){.canister = in->to};
    f->count = in->count;
    ic_flow_start(&f->flow);
}

/* ---- flows in flows -------------------------------------------------------------------------- */

static void ask_run(struct ic_flow *flow)
{
    struct ask *f = (struct ask *)flow;
    struct flows_funds_out out;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, flows_call_funds(flow, &f->answer, &f->to));
    f->is_answered = flows_take_funds(&out, &f->answer);
    f->balance = f->is_answered ? u128(&out.ret0.balance) : 0;
    IC_FLOW_END(f);
}

static void both_run(struct ic_flow *flow)
{
    struct both *f = (struct both *)flow;
    IC_FLOW_BEGIN(f);
    f->is_answered = true;
    for (f->next = 0; f->next < 2; f->next++) {
        f->ask.to = f->to[f->next];
        IC_AWAIT_FLOW(f, ask_run, &f->ask);
        f->is_answered = f->is_answered && f->ask.is_answered;
        f->sum += f->ask.balance;
    }
    IC_FLOW_END(f);
}

static void sum_run(struct ic_flow *flow)
{
    struct sum *f = (struct sum *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT_FLOW(f, both_run, &f->both);
    ic_assert(f->both.is_answered);
    flows_sum_reply(&(struct flows_sum_out){.ret0 = nat(f->both.sum)});
    IC_FLOW_END(f);
}

void flows_sum(const struct flows_sum_in *in)
{
    struct sum *f = ic_flow_new(sum_run, NULL, sizeof *f);
    ic_assert(f != NULL);
    f->both.to[0] = (struct candid_callee){.canister = in->a};
    f->both.to[1] = (struct candid_callee){.canister = in->b};
    ic_flow_start(&f->flow);
}

/* ---- other beginnings ------------------------------------------------------------------------ */

static void peek_run(struct ic_flow *flow)
{
    struct ask *f = (struct ask *)flow;
    struct flows_funds_out out;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, flows_call_funds(flow, &f->answer, &f->to));
    ic_assert(flows_take_funds(&out, &f->answer));
    flows_peek_reply(&(struct flows_peek_out){.ret0 = out.ret0.balance});
    IC_FLOW_END(f);
}

void flows_peek(const struct flows_peek_in *in)
{
    struct ask *f = ic_flow_new(peek_run, NULL, sizeof *f);
    ic_assert(f != NULL);
    f->to = (struct candid_callee){.canister = in->to};
    ic_flow_start(&f->flow);
}

void flows_toss(const struct flows_toss_in *in, struct flows_toss_out *out)
{
    const struct candid_callee to = {.canister = in->to, .cycles = u128(&in->amount)};
    const struct flows_take_in all = {.max = in->amount};
    out->ret0 = candid_call_oneway(&to, &flows_take_method, &all) == IC_CALL_OK;
}

CANDID_EXPORT("canister_heartbeat") void flows_heartbeat(void);
void flows_heartbeat(void)
{
    const struct ic_principal self = ic_canister_self();
    (void)ic_msg_arena(IC_ASYNC_ARENA_BYTES);
    beats++;
    look_start(&self);
}

/* With an argument it begins a flow, which the system does not allow here. */
CANDID_EXPORT("canister_post_upgrade") void flows_post_upgrade(void);
void flows_post_upgrade(void)
{
    const struct ic_principal self = ic_canister_self();
    (void)ic_msg_arena(IC_ASYNC_ARENA_BYTES);
    ic_store_open(&store, APP);
    flows_open();
    if (ic_msg_arg_size() != 0) {
        look_start(&self);
    }
}
