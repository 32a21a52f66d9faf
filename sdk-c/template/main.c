/* A canister with state in stable memory and a timer. */
#include "hello_did.h"

#include <ic/buf.h>
#include <ic/cell.h>
#include <ic/checked.h>
#include <ic/timer.h>
#include <ic/trap.h>

/* ---- state: regions of stable memory, numbered for ever -------------------------------------- */

enum { REGION_NUMBERS = 0, REGION_TIMERS = 1 };
enum { TOTAL_AT = 0, MINUTES_AT = 8, NUMBERS_BYTES = 16 };

static const struct ic_store_app APP = {.magic = "HELLO", .version = 1};
static struct ic_store store;
static struct ic_cell numbers;

static uint64_t number_get(size_t at)
{
    uint8_t bytes[NUMBERS_BYTES] = {0};
    ic_cell_read(&numbers, bytes);
    return ic_load_u64_le(bytes + at);
}

static void number_set(size_t at, uint64_t value)
{
    uint8_t bytes[NUMBERS_BYTES] = {0};
    ic_cell_read(&numbers, bytes);
    ic_store_u64_le(bytes + at, value);
    ic_cell_write(&numbers, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
}

/* ---- timers: found by name after an upgrade -------------------------------------------------- */

static void count_minute(struct ic_timer_id id, uint64_t argument)
{
    (void)id;
    (void)argument;
    number_set(MINUTES_AT, number_get(MINUTES_AT) + 1);
}

static const struct ic_timer_kind TIMERS[] = {
    {.name = "minute", .run = count_minute, .every_ns = 60 * IC_TIMER_SECOND_NS, .is_stable = true},
};
IC_TIMERS_EXPORT

/* ---- start ----------------------------------------------------------------------------------- */

static void open_state(void)
{
    ic_cell_open(&numbers, &store, REGION_NUMBERS, NUMBERS_BYTES);
    ic_timers_open(TIMERS, 1, &store, REGION_TIMERS);
}

CANDID_EXPORT("canister_init") void hello_install(void);
void hello_install(void)
{
    ic_store_create(&store, APP);
    open_state();
}

CANDID_EXPORT("canister_post_upgrade") void hello_upgrade(void);
void hello_upgrade(void)
{
    ic_store_open(&store, APP);
    open_state();
}

/* ---- methods: declared in build/gen/hello_did.h ---------------------------------------------- */

void hello_add(const struct hello_add_in *in, struct hello_add_out *out)
{
    uint64_t total;
    if (!ic_add_u64(&total, number_get(TOTAL_AT), in->amount)) {
        IC_TRAP("the total would not fit");
    }
    number_set(TOTAL_AT, total);
    out->ret0 = total;
}

void hello_total(struct hello_total_out *out)
{
    out->ret0 = number_get(TOTAL_AT);
}

void hello_minutes(struct hello_minutes_out *out)
{
    out->ret0 = number_get(MINUTES_AT);
}
