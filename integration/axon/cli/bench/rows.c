#include "cli/bench/rows.h"

/* What is remembered for duplicate detection in the last row. SPEC: baselines */
#define REMEMBERED_TRANSFERS 10000u
#define REFUSED_CALLS 20u
#define QUERY_CALLS 100u
#define BLOCK_QUERY_CALLS 10u
#define SMALL_AMOUNT_E8S 100000u
#define TINY_AMOUNT_E8S 100u
#define ALLOWANCE_E8S 1000000u
#define HOUR_NS 3600000000000u

const uint64_t BENCH_SIZE[BENCH_SIZES] = {1000, 10000, 100000};

/* The i-th user of a measurement, spread over all of them. */
static struct ic_principal spread_user(const struct bench_world *w, uint64_t i)
{
    return bench_user(i * 7919 % w->account_count);
}

/* ---- updates --------------------------------------------------------------------------------- */

static uint64_t measure_fresh(struct bench_world *w, enum bench_layout layout)
{
    (void)layout;
    return w->fresh_instructions; /* kept while the accounts were made */
}

static uint64_t measure_existing(struct bench_world *w, enum bench_layout layout)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < BENCH_CALLS; i++) {
        struct bench_transfer t = {.to = spread_user(w, i), .amount_e8s = SMALL_AMOUNT_E8S};
        bench_arg_icrc1_transfer(&w->arg, layout, &t);
        sum += bench_update(w, &w->rich, "icrc1_transfer");
    }
    return sum / BENCH_CALLS;
}

static uint64_t send_dated(struct bench_world *w, enum bench_layout layout, uint64_t i)
{
    struct bench_transfer t = {
        .to = spread_user(w, i),
        .amount_e8s = SMALL_AMOUNT_E8S,
        .has_fee = true,
        .fee_e8s = BENCH_FEE_E8S,
        .has_memo = true,
        .has_created_at_time = true,
        .created_at_time_ns = axon_time(w->net),
    };
    for (unsigned k = 0; k < sizeof t.memo; k++) {
        t.memo[k] = (uint8_t)(i >> (8 * (k % 8)) ^ k);
    }
    bench_arg_icrc1_transfer(&w->arg, layout, &t);
    return bench_update(w, &w->rich, "icrc1_transfer");
}

static uint64_t measure_dated(struct bench_world *w, enum bench_layout layout)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < BENCH_CALLS; i++) {
        sum += send_dated(w, layout, i);
    }
    return sum / BENCH_CALLS;
}

static uint64_t measure_legacy(struct bench_world *w, enum bench_layout layout)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < BENCH_CALLS; i++) {
        struct bench_transfer t = {.to = spread_user(w, i),
                                   .amount_e8s = SMALL_AMOUNT_E8S,
                                   .fee_e8s = BENCH_FEE_E8S};
        bench_arg_transfer(&w->arg, layout, &t);
        sum += bench_update(w, &w->rich, "transfer");
    }
    return sum / BENCH_CALLS;
}

static uint64_t approve(struct bench_world *w, enum bench_layout layout, bool has_expiry)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < BENCH_CALLS; i++) {
        struct ic_principal user = spread_user(w, i);
        struct bench_transfer t = {.to = w->spender,
                                   .amount_e8s = ALLOWANCE_E8S,
                                   .has_expires_at = has_expiry,
                                   .expires_at_ns = axon_time(w->net) + HOUR_NS};
        bench_arg_icrc2_approve(&w->arg, layout, &t);
        sum += bench_update(w, &user, "icrc2_approve");
    }
    return sum / BENCH_CALLS;
}

static uint64_t measure_approve(struct bench_world *w, enum bench_layout layout)
{
    return approve(w, layout, false);
}

static uint64_t measure_approve_expiry(struct bench_world *w, enum bench_layout layout)
{
    return approve(w, layout, true);
}

static uint64_t measure_transfer_from(struct bench_world *w, enum bench_layout layout)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < BENCH_CALLS; i++) {
        struct bench_transfer t = {
            .to = w->rich, .from = spread_user(w, i), .amount_e8s = TINY_AMOUNT_E8S};
        bench_arg_icrc2_transfer_from(&w->arg, layout, &t);
        sum += bench_update(w, &w->spender, "icrc2_transfer_from");
    }
    return sum / BENCH_CALLS;
}

static uint64_t measure_refused(struct bench_world *w, enum bench_layout layout)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < REFUSED_CALLS; i++) {
        struct bench_transfer t = {.to = spread_user(w, i),
                                   .amount_e8s = SMALL_AMOUNT_E8S,
                                   .has_fee = true,
                                   .fee_e8s = BENCH_FEE_E8S + 1};
        bench_arg_icrc1_transfer(&w->arg, layout, &t);
        sum += bench_call(w, &w->rich, "icrc1_transfer");
    }
    return sum / REFUSED_CALLS;
}

/* ---- queries --------------------------------------------------------------------------------- */

static uint64_t measure_account_balance(struct bench_world *w, enum bench_layout layout)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < QUERY_CALLS; i++) {
        struct ic_principal user = spread_user(w, i);
        bench_arg_account_balance(&w->arg, layout, &user);
        sum += bench_query(w, "account_balance");
    }
    return sum / QUERY_CALLS;
}

static uint64_t measure_balance_of(struct bench_world *w, enum bench_layout layout)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < QUERY_CALLS; i++) {
        struct ic_principal user = spread_user(w, i);
        bench_arg_icrc1_balance_of(&w->arg, layout, &user);
        sum += bench_query(w, "icrc1_balance_of");
    }
    return sum / QUERY_CALLS;
}

static uint64_t measure_allowance(struct bench_world *w, enum bench_layout layout)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < QUERY_CALLS; i++) {
        struct ic_principal user = spread_user(w, i);
        bench_arg_icrc2_allowance(&w->arg, layout, &user, &w->spender);
        sum += bench_query(w, "icrc2_allowance");
    }
    return sum / QUERY_CALLS;
}

/* Ranges spread over the chain; 0 when the chain is shorter than one. */
static uint64_t measure_blocks(struct bench_world *w, const char *method, uint64_t length)
{
    if (w->next_block_index < length) {
        return 0;
    }
    uint64_t sum = 0;
    for (uint64_t i = 0; i < BLOCK_QUERY_CALLS; i++) {
        uint64_t start = (w->next_block_index - length) * i / BLOCK_QUERY_CALLS;
        bench_arg_blocks(&w->arg, start, length);
        sum += bench_query(w, method);
    }
    return sum / BLOCK_QUERY_CALLS;
}

static uint64_t measure_blocks_1(struct bench_world *w, enum bench_layout layout)
{
    (void)layout;
    return measure_blocks(w, "query_blocks", 1);
}

static uint64_t measure_blocks_100(struct bench_world *w, enum bench_layout layout)
{
    (void)layout;
    return measure_blocks(w, "query_blocks", 100);
}

static uint64_t measure_encoded_100(struct bench_world *w, enum bench_layout layout)
{
    (void)layout;
    return measure_blocks(w, "query_encoded_blocks", 100);
}

static uint64_t measure_blocks_2000(struct bench_world *w, enum bench_layout layout)
{
    (void)layout;
    return measure_blocks(w, "query_blocks", 2000);
}

static uint64_t measure_encoded_2000(struct bench_world *w, enum bench_layout layout)
{
    (void)layout;
    return measure_blocks(w, "query_encoded_blocks", 2000);
}

/* ---- upgrades -------------------------------------------------------------------------------- */

static uint64_t measure_upgrade(struct bench_world *w, enum bench_layout layout)
{
    (void)layout;
    return bench_upgrade(w);
}

static uint64_t measure_upgrade_remembered(struct bench_world *w, enum bench_layout layout)
{
    for (uint64_t i = 0; i < REMEMBERED_TRANSFERS; i++) {
        send_dated(w, layout, i);
    }
    return bench_upgrade(w);
}

/* ---- the table ------------------------------------------------------------------------------- */

const struct bench_spec BENCH_SPEC[BENCH_ROWS] = {
    /* title, method, measure, layouts, official at 1,000 / 10,000 / 100,000, limit, budget */
    [BENCH_FRESH] = {"icrc1_transfer, fresh recipient", "icrc1_transfer", measure_fresh, false,
                     {585750, 696464, 692571}, 0, 0},
    [BENCH_EXISTING] = {"icrc1_transfer, existing recipient", "icrc1_transfer", measure_existing,
                        true, {573810, 680419, 690608}, 80000, 46000},
    [BENCH_DATED] = {"icrc1_transfer, created_at_time + memo", "icrc1_transfer", measure_dated,
                     true, {636905, 736790, 749383}, 110000, 74000},
    [BENCH_LEGACY] = {"transfer (legacy)", "transfer", measure_legacy, true,
                      {567757, 654239, 668035}, 0, 52000},
    [BENCH_APPROVE] = {"icrc2_approve", "icrc2_approve", measure_approve, true,
                       {627982, 705493, 720847}, 0, 62000},
    [BENCH_APPROVE_EXPIRY] = {"icrc2_approve with expiry", "icrc2_approve", measure_approve_expiry,
                              true, {734802, 814380, 837361}, 0, 0},
    [BENCH_TRANSFER_FROM] = {"icrc2_transfer_from", "icrc2_transfer_from", measure_transfer_from,
                             true, {774555, 851919, 878146}, 0, 68000},
    [BENCH_REFUSED] = {"icrc1_transfer refused: wrong fee", "icrc1_transfer", measure_refused, true,
                       {377618, 379307, 378219}, 0, 12000},
    [BENCH_ACCOUNT_BALANCE] = {"account_balance (query)", "account_balance",
                               measure_account_balance, true, {100493, 109944, 119246}, 8000, 6000},
    [BENCH_BALANCE_OF] = {"icrc1_balance_of (query)", "icrc1_balance_of", measure_balance_of, true,
                          {137382, 146589, 156482}, 0, 16000},
    [BENCH_ALLOWANCE] = {"icrc2_allowance (query)", "icrc2_allowance", measure_allowance, true,
                         {224784, 230396, 234874}, 0, 0},
    [BENCH_BLOCKS_1] = {"query_blocks 1", "query_blocks", measure_blocks_1, false,
                        {753217, 762324, 765606}, 0, 0},
    [BENCH_BLOCKS_100] = {"query_blocks 100", "query_blocks", measure_blocks_100, false,
                          {3377453, 3371341, 3387185}, 0, 0},
    [BENCH_ENCODED_100] = {"query_encoded_blocks 100", "query_encoded_blocks", measure_encoded_100,
                           false, {1384639, 1393483, 1386462}, 0, 0},
    [BENCH_BLOCKS_2000] = {"query_blocks 2000", "query_blocks", measure_blocks_2000, false,
                           {0, 54935742, 54845647}, 0, 25000000},
    [BENCH_ENCODED_2000] = {"query_encoded_blocks 2000", "query_encoded_blocks",
                            measure_encoded_2000, false, {0, 23334777, 22974177}, 0, 15000000},
    /* Official at 300,000 accounts: 38,065,319; with 10,000 remembered: 172,744,514. */
    [BENCH_UPGRADE] = {"upgrade, all hooks", NULL, measure_upgrade, false, {0, 0, 0}, 250000,
                       250000},
    [BENCH_UPGRADE_REMEMBERED] = {"upgrade with 10,000 remembered", NULL,
                                  measure_upgrade_remembered, false, {0, 0, 0}, 250000, 250000},
};

/* The rows from first to end, in order; those without layouts only once. */
static void measure_rows(struct bench_world *w, uint64_t out[BENCH_ROWS], enum bench_layout layout,
                         enum bench_row first, enum bench_row end)
{
    for (enum bench_row row = first; row < end && !bench_world_has_failed(w); row++) {
        const struct bench_spec *spec = &BENCH_SPEC[row];
        bool is_built = spec->method == NULL || bench_has_method(w, spec->method);
        if (is_built && (layout == BENCH_JS || spec->has_layouts)) {
            out[row] = spec->measure(w, layout);
        }
    }
}

bool bench_ledger(struct bench_result *out, struct ic_bytes wasm, uint64_t account_count,
                  struct axon_buf *why)
{
    struct bench_world *w = bench_world_new(wasm);
    struct axon_canister_info info = {0};
    *out = (struct bench_result){.account_count = account_count};
    bench_world_fund(w, account_count);
    for (enum bench_layout layout = BENCH_JS; layout < BENCH_LAYOUTS; layout++) {
        measure_rows(w, out->cost[layout], layout, BENCH_FRESH, BENCH_UPGRADE);
    }
    measure_rows(w, out->cost[BENCH_JS], BENCH_JS, BENCH_UPGRADE, BENCH_ROWS);
    bench_world_audit(w);
    if (axon_canister_find(w->net, &info, &w->ledger)) {
        out->block_count = w->next_block_index;
        out->stable_bytes = info.stable_bytes;
        out->heap_bytes = info.heap_bytes;
    }
    bool ok = !bench_world_has_failed(w);
    axon_buf_append(why, axon_buf_bytes(&w->why));
    bench_world_free(w);
    return ok;
}
