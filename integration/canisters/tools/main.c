/* The kit's small tools behind methods. */
#include "tools_did.h"

#include "ic/async.h"
#include "ic/candid_u128.h"
#include "ic/cycles.h"
#include "ic/env.h"
#include "ic/format.h"
#include "ic/icp_ledger.h"
#include "ic/icrc_ledger.h"
#include "ic/management.h"
#include "ic/msg.h"
#include "ic/outcall.h"
#include "ic/random.h"
#include "ic/stable.h"
#include "ic/timer.h"
#include "ic/trap.h"

void tools_variables(struct tools_variables_out *out)
{
    struct ic_arena *arena = candid_msg_arena();
    uint32_t count = ic_env_count();
    struct ic_bytes *names = ic_arena_alloc_array(arena, count, sizeof *names);
    ic_assert(names != NULL);
    for (uint32_t i = 0; i < count; i++) {
        ic_assert(ic_env_name_at(&names[i], i, arena));
    }
    struct ic_bytes none;
    ic_assert(!ic_env_name_at(&none, count, arena));
    out->ret0.at = names;
    out->ret0.count = count;
}

void tools_variable(const struct tools_variable_in *in, struct tools_variable_out *out)
{
    out->ret0.has = ic_env_find(&out->ret0.value, in->name, candid_msg_arena());
}

void tools_variable_principal(const struct tools_variable_principal_in *in,
                              struct tools_variable_principal_out *out)
{
    out->ret0.has = ic_env_principal(&out->ret0.value, in->name);
}

static void seed(struct ic_random *random, struct ic_bytes bytes)
{
    ic_assert(bytes.size == IC_RANDOM_SEED_BYTES);
    ic_random_seed(random, bytes.at);
}

void tools_random(const struct tools_random_in *in, struct tools_random_out *out)
{
    struct ic_random random;
    uint8_t *bytes = ic_arena_alloc(candid_msg_arena(), in->count);
    ic_assert(bytes != NULL);
    seed(&random, in->seed);
    ic_random_fill(&random, bytes, in->count);
    out->ret0 = (struct ic_bytes){.at = bytes, .size = in->count};
}

void tools_below(const struct tools_below_in *in, struct tools_below_out *out)
{
    struct ic_random random;
    uint64_t *drawn = ic_arena_alloc_array(candid_msg_arena(), in->count, sizeof *drawn);
    ic_assert(drawn != NULL);
    seed(&random, in->seed);
    for (uint32_t i = 0; i < in->count; i++) {
        drawn[i] = ic_random_below(&random, in->limit);
    }
    out->ret0.at = drawn;
    out->ret0.count = in->count;
}

void tools_format(const struct tools_format_in *in, struct tools_format_out *out)
{
    static const char FORMAT[] = "%lld|%+08lld|%llu|%-20llu|%016llx|%.*s|%10.3s|%d|%zu|%hhd%%";
#define ARGUMENTS                                                                                  \
    in->a, in->a, in->b, in->b, in->b, IC_BYTES_ARGS(in->c), "abcdef", (int)in->a, in->c.size,     \
        (signed char)in->a
    ic_print(FORMAT, ARGUMENTS);
    if (!ic_arena_format(&out->ret0, candid_msg_arena(), FORMAT, ARGUMENTS)) {
        IC_TRAP("no room");
    }
}

static ic_u128 number(const struct candid_nat *n)
{
    ic_u128 v;
    if (!candid_nat_to_u128(&v, n)) {
        IC_TRAP("more than 128 bits");
    }
    return v;
}

void tools_mul_div(const struct tools_mul_div_in *in, struct tools_mul_div_out *out)
{
    ic_u128 result = 0;
    out->ret0.has = ic_mul_div_u128(&result, number(&in->a), number(&in->b), number(&in->c));
    out->ret0.value = candid_nat_from_u128(result);
}

void tools_decimal(const struct tools_decimal_in *in, struct tools_decimal_out *out)
{
    struct ic_writer w;
    uint8_t *text = ic_arena_alloc(candid_msg_arena(), IC_U128_DECIMAL_MAX);
    ic_assert(text != NULL);
    ic_writer_init(&w, text, IC_U128_DECIMAL_MAX);
    ic_put_u128_decimal(&w, number(&in->a));
    out->ret0 = ic_writer_bytes(&w);
}

void tools_signature_cost(const struct tools_signature_cost_in *in,
                          struct tools_signature_cost_out *out)
{
    ic_u128 cost = 0;
    out->ret0.has =
        ic_cycles_cost_threshold(&cost, (enum ic_threshold_key)in->algorithm, in->key_name);
    out->ret0.value = candid_nat_from_u128(cost);
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct job {
    struct ic_flow flow;
    struct ic_answer answer, other;
    uint8_t reply[200], reply_other[200];
    uint64_t cycles;
    struct ic_principal ledger, to, made;
    struct candid_nat balance, fee;
};

IC_ASYNC_POOL(pool, struct job, 8, 16, 1);

static const struct ic_store_app APP = {.magic = "TOOLS", .version = 1};
static struct ic_store store;
static struct ic_random generator;

/* No calls can be made in init and post_upgrade: a timer that is due at once makes them. */
static void reseed_run(struct ic_flow *flow)
{
    struct job *f = (struct job *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, ic_random_ask(&f->flow, &f->answer));
    if (!ic_random_take(&generator, &f->answer)) {
        IC_TRAP("no seed");
    }
    IC_FLOW_END(f);
}

static void reseed(struct ic_timer_id id, uint64_t argument)
{
    (void)id;
    (void)argument;
    struct job *f = ic_flow_new(reseed_run, NULL, sizeof *f);
    if (f == NULL) {
        IC_TRAP("busy"); /* the timer tries again */
    }
    ic_flow_start(&f->flow);
}

enum { TIMER_RESEED };
static const struct ic_timer_kind TIMERS[] = {[TIMER_RESEED] = {.name = "reseed", .run = reseed}};
IC_TIMERS_EXPORT

static void open_state(void)
{
    ic_async_open(&pool, &store, 0);
    ic_timers_open(TIMERS, 1, NULL, 0);
    ic_assert(ic_timer_after(TIMER_RESEED, 0, 0).v != 0);
}

CANDID_EXPORT("canister_init") void tools_init(void);
void tools_init(void)
{
    ic_store_create(&store, APP);
    open_state();
}

CANDID_EXPORT("canister_post_upgrade") void tools_post_upgrade(void);
void tools_post_upgrade(void)
{
    ic_store_open(&store, APP);
    open_state();
}

void tools_draw(struct tools_draw_out *out)
{
    out->ret0 = ic_random_u64(&generator);
}

static void refuse(const struct ic_answer *answer)
{
    ic_msg_reject(ic_bytes_from_text(ic_call_code_name(answer->code)));
}

static void seed_run(struct ic_flow *flow)
{
    struct job *f = (struct job *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, ic_random_ask(&f->flow, &f->answer));
    if (!ic_random_take(&generator, &f->answer)) {
        refuse(&f->answer);
        return;
    }
    tools_seed_reply(&(struct tools_seed_out){.ret0 = ic_random_u64(&generator)});
    IC_FLOW_END(f);
}

static struct job *job_new(ic_flow_fn *run)
{
    struct job *f = ic_flow_new(run, NULL, sizeof *f);
    if (f == NULL) {
        IC_TRAP("busy");
    }
    return f;
}

void tools_seed(void)
{
    ic_flow_start(&job_new(seed_run)->flow);
}

static void make_run(struct ic_flow *flow)
{
    struct job *f = (struct job *)flow;
    struct candid_callee ic = ic_management(f->cycles);
    IC_FLOW_BEGIN(f);
    struct ic_mgmt_create_canister_in in = {.arg0 = {.settings = {.has = false}}};
    IC_AWAIT(f, ic_mgmt_call_create_canister(&f->flow, &f->answer, &ic, &in));
    struct ic_mgmt_create_canister_out created;
    if (!ic_mgmt_take_create_canister(&created, &f->answer)) {
        refuse(&f->answer);
        return;
    }
    f->made = created.ret0.canister_id;
    ic = ic_management(0);
    struct ic_mgmt_canister_status_in about = {.arg0 = {.canister_id = f->made}};
    IC_AWAIT(f, ic_mgmt_call_canister_status(&f->flow, &f->answer, &ic, &about));
    struct ic_mgmt_canister_status_out status;
    if (!ic_mgmt_take_canister_status(&status, &f->answer)) {
        refuse(&f->answer);
        return;
    }
    tools_make_canister_reply(
        &(struct tools_make_canister_out){.ret0 = {.id = f->made, .cycles = status.ret0.cycles}});
    IC_FLOW_END(f);
}

void tools_make_canister(const struct tools_make_canister_in *in)
{
    struct job *f = job_new(make_run);
    f->cycles = in->cycles;
    ic_flow_start(&f->flow);
}

/* ---- the web --------------------------------------------------------------------------------- */

static void keep_behind_context(struct ic_outcall_page *page, struct ic_bytes context,
                                struct ic_arena *arena)
{
    struct ic_bytes text = page->body;
    (void)arena;
    if (ic_bytes_is_equal(context, IC_BYTES_LIT("trap"))) {
        IC_TRAP("as ordered");
    }
    while (context.size > 0 && text.size >= context.size &&
           memcmp(text.at, context.at, context.size) != 0) {
        text = (struct ic_bytes){.at = text.at + 1, .size = text.size - 1};
    }
    if (context.size == 0 || text.size < context.size) {
        return;
    }
    text = (struct ic_bytes){.at = text.at + context.size, .size = text.size - context.size};
    const uint8_t *end = memchr(text.at, ';', text.size);
    page->body = (struct ic_bytes){.at = text.at,
                                   .size = end == NULL ? text.size : (size_t)(end - text.at)};
}

IC_OUTCALL_EXPORT(keep_behind_context)

static struct ic_outcall outcall_from(const struct tools_fetch_request *in)
{
    struct ic_outcall_field *fields =
        ic_arena_alloc_array(candid_msg_arena(), in->headers.count, sizeof *fields);
    ic_assert(fields != NULL);
    for (size_t i = 0; i < in->headers.count; i++) {
        fields[i] = (struct ic_outcall_field){in->headers.at[i].f0, in->headers.at[i].f1};
    }
    return (struct ic_outcall){.url = in->url,
                               .method = (enum ic_outcall_method)in->method,
                               .fields = fields,
                               .field_count = in->headers.count,
                               .body = in->body,
                               .page_bytes_max = in->page_bytes_max,
                               .is_from_one_node = in->is_from_one_node,
                               .is_as_it_is = in->is_as_it_is,
                               .context = in->context};
}

void tools_fetch_cost(const struct tools_fetch_cost_in *in, struct tools_fetch_cost_out *out)
{
    const struct ic_outcall request = outcall_from(&in->request);
    out->ret0 = candid_nat_from_u128(ic_outcall_cost(&request));
}

static void fetched(const struct ic_outcall_page *page)
{
    struct tools_header *headers =
        ic_arena_alloc_array(candid_msg_arena(), page->field_count, sizeof *headers);
    ic_assert(headers != NULL);
    for (size_t i = 0; i < page->field_count; i++) {
        headers[i] = (struct tools_header){page->fields[i].name, page->fields[i].value};
    }
    tools_fetch_reply(&(struct tools_fetch_out){
        .ret0 = {.status = page->status,
                 .headers = {.at = headers, .count = page->field_count},
                 .body = page->body}});
}

static struct ic_outcall fetching; /* of the message that starts the flow */

static void fetch_run(struct ic_flow *flow)
{
    struct job *f = (struct job *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, ic_outcall_ask(&f->flow, &f->answer, &fetching));
    struct ic_outcall_page page;
    if (ic_outcall_take(&page, &f->answer)) {
        fetched(&page);
    } else {
        refuse(&f->answer);
    }
    IC_FLOW_END(f);
}

void tools_fetch(const struct tools_fetch_in *in)
{
    fetching = outcall_from(&in->request);
    ic_flow_start(&job_new(fetch_run)->flow);
}

/* Two calls at once, then one that depends on both. */
static void ledger_run(struct ic_flow *flow)
{
    struct job *f = (struct job *)flow;
    struct candid_callee ledger = {.canister = f->ledger, .timeout_s = 60};
    IC_FLOW_BEGIN(f);
    ic_answer_keep(&f->answer, f->reply, sizeof f->reply);
    ic_answer_keep(&f->other, f->reply_other, sizeof f->reply_other);
    struct icrc_ledger_icrc1_balance_of_in whose = {.arg0 = {.owner = f->to}};
    icrc_ledger_call_icrc1_balance_of(&f->flow, &f->answer, &ledger, &whose);
    icrc_ledger_call_icrc1_fee(&f->flow, &f->other, &ledger);
    IC_JOIN(f);
    struct icrc_ledger_icrc1_balance_of_out balance;
    struct icrc_ledger_icrc1_fee_out fee;
    if (!icrc_ledger_take_icrc1_balance_of(&balance, &f->answer) ||
        !icrc_ledger_take_icrc1_fee(&fee, &f->other)) {
        refuse(&f->answer);
        return;
    }
    f->balance = balance.ret0;
    f->fee = fee.ret0;
    struct icrc_ledger_icrc1_transfer_in in = {
        .arg0 = {.to = {.owner = f->to}, .amount = candid_nat_from_u64(1)}};
    IC_AWAIT(f, icrc_ledger_call_icrc1_transfer(&f->flow, &f->answer, &ledger, &in));
    struct icrc_ledger_icrc1_transfer_out sent;
    uint64_t block = 0;
    const char *end = ic_transfer_end_name(ic_transfer_take(&sent, &block, &f->answer));
    tools_ask_ledger_reply(
        &(struct tools_ask_ledger_out){.ret0 = {.balance = f->balance,
                                                .fee = f->fee,
                                                .transfer = ic_bytes_from_text(end),
                                                .block = block}});
    IC_FLOW_END(f);
}

/* Approves itself, then pulls; and asks the older method of the ICP ledger for its fee. */
static void pull_run(struct ic_flow *flow)
{
    struct job *f = (struct job *)flow;
    struct candid_callee ledger = {.canister = f->ledger, .timeout_s = 60};
    const struct ic_principal self = ic_canister_self();
    uint64_t block = 0;
    IC_FLOW_BEGIN(f);
    struct icrc_ledger_icrc2_approve_in approve = {
        .arg0 = {.spender = {.owner = self}, .amount = candid_nat_from_u64(100)}};
    IC_AWAIT(f, icrc_ledger_call_icrc2_approve(&f->flow, &f->answer, &ledger, &approve));
    struct icrc_ledger_icrc2_approve_out approved;
    if (ic_approve_take(&approved, &block, &f->answer) != IC_TRANSFER_MADE) {
        refuse(&f->answer);
        return;
    }
    struct icrc_ledger_icrc2_transfer_from_in pull = {.arg0 = {.from = {.owner = self},
                                                               .to = {.owner = f->to},
                                                               .amount = candid_nat_from_u64(100)}};
    IC_AWAIT(f, icrc_ledger_call_icrc2_transfer_from(&f->flow, &f->answer, &ledger, &pull));
    struct icrc_ledger_icrc2_transfer_from_out pulled;
    const char *end = ic_transfer_end_name(ic_transfer_from_take(&pulled, &block, &f->answer));
    tools_pull_reply(&(struct tools_pull_out){.ret0 = ic_bytes_from_text(end), .ret1 = block});
    IC_FLOW_END(f);
}

void tools_pull(const struct tools_pull_in *in)
{
    struct job *f = job_new(pull_run);
    f->ledger = in->ledger;
    f->to = in->to;
    ic_flow_start(&f->flow);
}

void tools_ask_ledger(const struct tools_ask_ledger_in *in)
{
    struct job *f = job_new(ledger_run);
    f->ledger = in->ledger;
    f->to = in->to;
    ic_flow_start(&f->flow);
}
