/* A canister with timers that trap, loop, cancel themselves and set others. */
#include "timers_did.h"

#include "ic/buf.h"
#include "ic/table.h"
#include "ic/timer.h"
#include "ic/trap.h"
#include "integration/canisters/timers/behaviour.h"

enum { REGION_COUNTS = 0, REGION_TIMERS = 2 };

static const struct ic_store_app APP = {.magic = "TIMERS", .version = 1};
static struct ic_store store;
static struct ic_table counts;
static bool is_mended;
static uint64_t runs_max;

static uint64_t count_get(uint64_t argument)
{
    uint8_t key[8], value[8] = {0};
    ic_store_u64_le(key, argument);
    return ic_table_find(&counts, value, NULL, key) ? ic_load_u64_le(value) : 0;
}

static void count_add(uint64_t argument)
{
    uint8_t key[8], value[8];
    uint64_t count = count_get(argument) + 1;
    ic_store_u64_le(key, argument);
    ic_store_u64_le(value, count);
    ic_table_put(&counts, key, value);
    runs_max = count > runs_max ? count : runs_max;
}

static void run(struct ic_timer_id id, uint64_t argument);

static const struct ic_timer_kind KINDS[] = {
    {.name = "plain", .run = run},
    {.name = "stable", .run = run, .is_stable = true},
    {.name = "sweep",
     .run = run,
     .every_ns = TIMERS_SWEEP_S * IC_TIMER_SECOND_NS,
     .is_stable = true},
};
IC_TIMERS_EXPORT

static void run(struct ic_timer_id id, uint64_t argument)
{
    count_add(argument);
    if (argument >= TIMERS_CHAINS) {
        ic_assert(ic_timer_after(0, IC_TIMER_SECOND_NS, argument + 1).v != 0);
    } else if (argument >= TIMERS_CANCELS) {
        ic_assert(ic_timer_cancel(id));
    } else if (argument >= TIMERS_LOOPS && !is_mended) {
        for (volatile uint64_t i = 0;; i = i + 1) {
        }
    } else if (argument >= TIMERS_TRAPS && !is_mended) {
        IC_TRAP("planned trap in a timer");
    }
}

static void open_state(void)
{
    ic_table_open(&counts, &store, REGION_COUNTS, 8, 8);
    ic_timers_open(KINDS, sizeof KINDS / sizeof *KINDS, &store, REGION_TIMERS);
}

CANDID_EXPORT("canister_init") void timers_init(void);
void timers_init(void)
{
    ic_store_create(&store, APP);
    open_state();
}

CANDID_EXPORT("canister_post_upgrade") void timers_post_upgrade(void);
void timers_post_upgrade(void)
{
    ic_store_open(&store, APP);
    open_state();
}

void timers_set(const struct timers_set_in *in, struct timers_set_out *out)
{
    struct ic_timer_id id =
        in->every_s == 0 ? ic_timer_after(in->kind, in->delay_s * IC_TIMER_SECOND_NS, in->argument)
                         : ic_timer_every(in->kind, in->every_s * IC_TIMER_SECOND_NS, in->argument);
    out->ret0 = id.v;
}

void timers_set_many(const struct timers_set_many_in *in)
{
    for (uint64_t argument = 1; argument <= in->count; argument++) {
        ic_assert(ic_timer_after(1, in->delay_s * IC_TIMER_SECOND_NS, argument).v != 0);
    }
}

void timers_cancel(const struct timers_cancel_in *in, struct timers_cancel_out *out)
{
    out->ret0 = ic_timer_cancel((struct ic_timer_id){.v = in->id});
}

void timers_mend(void)
{
    is_mended = true;
}

void timers_runs(const struct timers_runs_in *in, struct timers_runs_out *out)
{
    out->ret0 = count_get(in->argument);
}

void timers_summary(struct timers_summary_out *out)
{
    out->arguments = ic_table_count(&counts);
    out->runs_max = runs_max;
}

void timers_status(struct timers_status_out *out)
{
    struct ic_timers_status s = ic_timers_status();
    out->ret0.count = s.count;
    out->ret0.runs = s.runs;
    out->ret0.retries = s.retries;
    out->ret0.refused = s.refused;
    out->ret0.lapsed = s.lapsed;
}
