/* Timers of the kit as Wasm in axon: traps, endless loops, upgrades, faults at every system call, a
 * thousand of them. What the queue does natively is in sdk-c/test/test_timer.c. */
#include "testkit/axon_test.h"

#include "ic/timer.h"
#include "integration/canisters/timers/behaviour.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BASE       "build/wasm/timers"
#define TEXT_MAX   200
#define MANY       1000
#define FAULTS_MAX 400

static struct axon_test t;
static struct ic_principal id;

static void fresh(void)
{
    axon_test_restart(&t);
    id = axon_test_install(&t, BASE, "()");
}

static void set(unsigned kind, uint64_t delay_s, uint64_t every_s, uint64_t argument)
{
    char args[TEXT_MAX];
    snprintf(args, sizeof args, "(%u, %" PRIu64 ", %" PRIu64 ", %" PRIu64 ")", kind, delay_s,
             every_s, argument);
    axon_test_send(&t, &id, "set", args);
}

static void runs_are(uint64_t argument, uint64_t expected, int line)
{
    char args[TEXT_MAX], reply[TEXT_MAX];
    snprintf(args, sizeof args, "(%" PRIu64 ")", argument);
    snprintf(reply, sizeof reply, "(%" PRIu64 ")", expected);
    axon_test_check(&t, &(struct axon_test_call){.file = __FILE__,
                                                 .line = line,
                                                 .kind = AXON_TEST_KIND_QUERY,
                                                 .canister = &id,
                                                 .method = "runs",
                                                 .args = args,
                                                 .reply = reply});
}
#define RUNS(argument, expected) runs_are(argument, expected, __LINE__)

static uint64_t timer_ns(void)
{
    struct axon_canister_info info;
    if (!axon_canister_find(t.net, &info, &id)) {
        abort();
    }
    return info.global_timer_ns;
}

static void a_trap_harms_no_other(void)
{
    fresh();
    set(0, 5, 0, 1);
    set(0, 5, 0, TIMERS_TRAPS);
    set(1, 5, 0, TIMERS_LOOPS); /* ends at the system's instruction limit */
    set(0, 5, 0, 2);
    set(0, 0, 5, TIMERS_TRAPS + 1);
    axon_test_advance(&t, 5);
    RUNS(1, 1);
    RUNS(2, 1);
    RUNS(TIMERS_TRAPS, 0);
    RUNS(TIMERS_LOOPS, 0);
    RUNS(TIMERS_TRAPS + 1, 0);
    struct axon_buf log = {.at = NULL};
    axon_canister_log(t.net, &id, &log);
    AXON_TEST_THAT(&t, strstr(axon_buf_text(&log), "planned trap in a timer") != NULL);
    axon_buf_free(&log);
    AXON_TEST_UPDATE(&t, &id, "mend", "()", "()");
    axon_test_advance(&t, 10); /* the retry */
    RUNS(TIMERS_TRAPS, 1);
    RUNS(TIMERS_LOOPS, 1);
    RUNS(TIMERS_TRAPS + 1, 1); /* at 15 s; at 10 s nobody was there */
    axon_test_advance(&t, 100);
    RUNS(1, 1);
    RUNS(TIMERS_TRAPS, 1);
    RUNS(TIMERS_LOOPS, 1);
}

static void given_up_after_ten(void)
{
    fresh();
    set(0, 5, 0, TIMERS_TRAPS);
    for (int i = 0; i < 30; i++) {
        axon_test_advance(&t, 3600);
    }
    AXON_TEST_QUERY(&t, &id, "status", "()",
                    "(record { count = 1; runs = 30; retries = 9; refused = 0; lapsed = 1 })");
    RUNS(TIMERS_SWEEP_ARGUMENT, 30);
}

static void cancel_and_chain(void)
{
    fresh();
    set(0, 0, 10, TIMERS_CANCELS);
    set(0, 10, 0, TIMERS_CHAINS);
    for (int i = 0; i < 30; i++) {
        axon_test_advance(&t, 1);
    }
    RUNS(TIMERS_CANCELS, 1);
    for (uint64_t i = 0; i <= 20; i++) {
        RUNS(TIMERS_CHAINS + i, 1);
    }
    RUNS(TIMERS_CHAINS + 21, 0);
}

/* Time moves in odd steps; runs stay at the multiples. */
static void repeats_keep_their_phase(void)
{
    fresh();
    uint64_t start = axon_time(t.net);
    set(1, 0, 60, 7);
    uint64_t passed_s = 0;
    for (uint64_t i = 0; i < 40; i++) {
        axon_test_advance(&t, 31 + i);
        passed_s += 31 + i;
        uint64_t next_s = (passed_s / 60 + 1) * 60;
        AXON_TEST_THAT(&t, timer_ns() == start + next_s * IC_TIMER_SECOND_NS);
    }
}

static void upgrades(void)
{
    fresh();
    set(0, 50, 0, 1);
    set(1, 50, 0, 2);
    set(1, 0, 40, 3);
    axon_test_advance(&t, 45);
    axon_test_upgrade(&t, &id, BASE, "()");
    printf("upgrade with 3 stable timers: %" PRIu64 " instructions\n", t.last.instructions);
    AXON_TEST_THAT(&t, t.last.instructions < 250000);
    axon_test_advance(&t, 5);
    RUNS(1, 0);
    RUNS(2, 1);
    RUNS(3, 1);
    axon_test_upgrade(&t, &id, BASE, "()");
    axon_test_advance(&t, 30);
    RUNS(2, 1);
    RUNS(3, 2);
    axon_test_advance(&t, TIMERS_SWEEP_S - 80); /* its phase came through both upgrades */
    RUNS(TIMERS_SWEEP_ARGUMENT, 1);
}

/* Upgraded after the global timer, before its messages. */
static void upgraded_in_between(void)
{
    for (int steps = 0; steps < 6; steps++) {
        fresh();
        set(1, 5, 0, 1);
        set(1, 5, 0, 2);
        axon_set_time(t.net, axon_time(t.net) + 5 * IC_TIMER_SECOND_NS);
        for (int i = 0; i < steps; i++) {
            axon_step(t.net);
        }
        axon_test_upgrade(&t, &id, BASE, "()");
        axon_test_advance(&t, 100);
        RUNS(1, 1);
        RUNS(2, 1);
    }
}

static void a_thousand(void)
{
    fresh();
    AXON_TEST_UPDATE(&t, &id, "set_many", "(1_000, 30)", "()");
    printf("setting %d stable timers: %" PRIu64 " instructions\n", MANY, t.last.instructions);
    axon_records_clear(t.net);
    axon_test_advance(&t, 30);
    for (int i = 0; i < MANY && timer_ns() <= axon_time(t.net); i++) {
        axon_test_advance(&t, 1);
    }
    AXON_TEST_QUERY(&t, &id, "summary", "()", "(1_000, 1)");
    uint64_t of_timer = 0, of_run = 0;
    unsigned executions = 0;
    size_t count;
    const struct axon_execution_record *records = axon_records(t.net, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_timer = strcmp(records[i].kind, "timer") == 0;
        uint64_t *most = is_timer ? &of_timer : &of_run;
        executions += is_timer;
        *most = records[i].instructions > *most ? records[i].instructions : *most;
    }
    printf("at most %" PRIu64 " for a global timer that sends %u messages, %" PRIu64 " for a run\n",
           of_timer, IC_TIMER_BATCH_MAX, of_run);
    printf("%u executions of the global timer\n", executions);
    AXON_TEST_THAT(&t, executions >= MANY / IC_TIMER_BATCH_MAX);
    AXON_TEST_THAT(&t, executions <= MANY / IC_TIMER_BATCH_MAX + 2);
    AXON_TEST_THAT(&t, of_timer < 1500000);
    AXON_TEST_THAT(&t, of_run < 60000);
}

/* A fault at the n-th system call, for each n: whatever it hits, every timer runs exactly once.
 * When it hits the global timer itself, any later use of the timers sets it again. */
static void a_fault_at_every_call(void)
{
    unsigned tried = 0;
    for (uint64_t n = 1; n < FAULTS_MAX; n++) {
        fresh();
        set(0, 5, 0, 1);
        set(1, 5, 0, 2);
        set(1, 5, 0, 3);
        axon_trap_at_call(t.net, n);
        uint64_t before = axon_call_count(t.net);
        axon_test_advance(&t, 5);
        uint64_t used = axon_call_count(t.net) - before;
        axon_trap_at_call(t.net, 0);
        AXON_TEST_UPDATE(&t, &id, "cancel", "(0)", "(false)");
        axon_test_advance(&t, 20);
        axon_test_advance(&t, 20);
        for (uint64_t argument = 1; argument <= 3; argument++) {
            RUNS(argument, 1);
        }
        tried++;
        if (used < n) {
            break;
        }
    }
    printf("%u places for a fault\n", tried);
    AXON_TEST_THAT(&t, tried > 40 && tried < FAULTS_MAX - 1);
}

/* Out of cycles: nothing runs, nothing is lost, and repeating timers keep their phase. */
static void frozen_and_topped_up(void)
{
    fresh();
    const uint64_t start_ns = axon_time(t.net);
    set(0, 10, 0, 1);
    set(1, 10, 0, 2);
    set(1, 0, 20, 3);
    AXON_TEST_THAT(&t, axon_cycles_set(t.net, &id, 0, 1000000000));
    axon_test_advance(&t, 55);
    AXON_TEST_THAT(&t, axon_cycles_set(t.net, &id, 0, AXON_CYCLES_DEFAULT));
    RUNS(1, 0);
    RUNS(2, 0);
    RUNS(3, 0);
    axon_test_advance(&t, 1);
    RUNS(1, 1);
    RUNS(2, 1);
    RUNS(3, 1); /* at 20 and 40 it could not: that is made up for once */
    AXON_TEST_THAT(&t, timer_ns() == start_ns + 60 * IC_TIMER_SECOND_NS);
    axon_test_advance(&t, 4);
    RUNS(3, 2);
}

/* Enough for canister_global_timer, not for the calls it makes. */
static void too_poor_for_the_messages(void)
{
    for (uint64_t cycles = 40000000000; cycles < 100000000000; cycles += 5000000000) {
        fresh();
        set(1, 10, 0, 1);
        set(1, 10, 0, 2);
        AXON_TEST_THAT(&t, axon_cycles_set(t.net, &id, 0, cycles));
        axon_test_advance(&t, 10);
        axon_test_advance(&t, 30);
        AXON_TEST_THAT(&t, axon_cycles_set(t.net, &id, 0, AXON_CYCLES_DEFAULT));
        axon_test_advance(&t, 60);
        RUNS(1, 1);
        RUNS(2, 1);
    }
}

static void management(const char *method)
{
    static const struct ic_principal MANAGEMENT = {.size = 0};
    /* (record { canister_id }) */
    uint8_t message[64] = "DIDL\1\x6c\1\xb3\xc4\xb1\xf2\4\x68\1\0\1";
    size_t size = 16;
    message[size++] = id.size;
    memcpy(message + size, id.bytes, id.size);
    axon_update(t.net, &t.last, &t.sender, &MANAGEMENT, method,
                (struct ic_bytes){.at = message, .size = size + id.size});
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REPLIED);
}

static void stopped_and_started(void)
{
    fresh();
    set(0, 10, 0, 1);
    set(1, 10, 0, 2);
    set(1, 0, 20, 3);
    management("stop_canister");
    axon_test_advance(&t, 55);
    management("start_canister");
    axon_test_advance(&t, 1);
    RUNS(1, 1);
    RUNS(2, 1);
    RUNS(3, 1);
    axon_test_advance(&t, 4);
    RUNS(3, 2);
}

static void strangers_are_refused(void)
{
    fresh();
    uint8_t argument[8] = {0};
    axon_update(t.net, &t.last, &t.sender, &id, IC_TIMER_METHOD,
                (struct ic_bytes){.at = argument, .size = sizeof argument});
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REJECTED);
    AXON_TEST_THAT(&t, strstr(axon_buf_text(&t.last.reject_text),
                              "timer: only the canister itself may call this") != NULL);
}

int main(void)
{
    axon_test_open(&t);
    a_trap_harms_no_other();
    given_up_after_ten();
    cancel_and_chain();
    repeats_keep_their_phase();
    upgrades();
    upgraded_in_between();
    a_thousand();
    a_fault_at_every_call();
    frozen_and_topped_up();
    too_poor_for_the_messages();
    stopped_and_started();
    strangers_are_refused();
    return axon_test_close(&t);
}
