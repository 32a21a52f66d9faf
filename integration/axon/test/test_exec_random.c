/* Random life: canisters run random scripts - calls to each other and to the management canister,
 * with cycles, deadlines, cleanups, timers, hooks, bad addresses, endless loops - while system
 * calls are made to fail, queries come in between and code is replaced at any moment. After every
 * message no call is left open and no cycle is lost. Everything follows from the seed, which a
 * failure prints. */
#include "world.h"

#include <stdlib.h>

#define WORLDS           16u
#define MESSAGES         60u /* in each world */
#define OPERATIONS_MAX   8u  /* of one script; half as many in each one inside it */
#define SCRIPT_DEPTH_MAX 3u  /* scripts within scripts */
#define LIMIT            5000000u

struct life {
    struct world *w;
    uint64_t random;
};

/* ---- chance ---------------------------------------------------------------------------------- */

/* xorshift64: a number below n. */
static uint32_t below(struct life *l, uint32_t n)
{
    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    return (uint32_t)(l->random >> 11) % n;
}

static bool one_in(struct life *l, uint32_t n)
{
    return below(l, n) == 0;
}

/* Numbers at which things tend to break. */
static uint64_t strange(struct life *l)
{
    switch (below(l, 8)) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return below(l, 10);
    case 3:
        return 65536;
    case 4:
        return UINT32_MAX;
    case 5:
        return below(l, 1000000);
    case 6:
        return axon_time(l->w->net) + below(l, 1000);
    default:
        return UINT64_C(1) << below(l, 64);
    }
}

static const struct ic_principal *anybody(struct life *l)
{
    return one_in(l, 2) ? &l->w->alice : &l->w->bob;
}

/* ---- scripts --------------------------------------------------------------------------------- */

static void random_script(struct life *l, struct axon_buf *s, uint32_t depth);

static void random_call(struct life *l, struct axon_buf *s, uint32_t depth)
{
    static const char *const METHODS[] = {"run", "also_run", "ask", "ask_others", "nope"};
    static const char *const MANAGEMENT[] = {"raw_rand", "create_canister", "deposit_cycles",
                                             "stop_canister", "nope"};
    struct ic_principal management = IC_PRINCIPAL_MANAGEMENT;
    struct axon_buf payload = {0}, on_reply = {0}, on_reject = {0}, cleanup = {0};
    random_script(l, &payload, depth + 1);
    random_script(l, &on_reply, depth + 1);
    random_script(l, &on_reject, depth + 1);
    if (one_in(l, 8)) {
        script_call(s, &management, MANAGEMENT[below(l, 5)], &payload, &on_reply, &on_reject);
    } else {
        const char *method = METHODS[below(l, one_in(l, 3) ? 5 : 2)];
        script_call(s, anybody(l), method, &payload, &on_reply, &on_reject);
    }
    if (one_in(l, 2)) {
        random_script(l, &cleanup, depth + 1);
        script_script(s, &cleanup);
        script_op(s, PROBE_CALL_CLEANUP);
    }
    if (one_in(l, 2)) {
        script_num_op(s, one_in(l, 20) ? strange(l) : below(l, 1000), PROBE_CALL_CYCLES);
    }
    if (one_in(l, 4)) {
        script_num_op(s, strange(l), PROBE_CALL_BEST_EFFORT);
    }
    script_op(s, PROBE_PERFORM);
}

static void random_hook(struct life *l, struct axon_buf *s, uint32_t depth)
{
    struct axon_buf hook = {0};
    random_script(l, &hook, depth + 1);
    script_script(s, &hook);
    script_num_op(s, below(l, PROBE_HOOKS), PROBE_HOOK);
}

/* What only harms the message itself. */
static void random_harm(struct life *l, struct axon_buf *s)
{
    switch (below(l, 8)) {
    case 0:
        script_op(s, PROBE_SPIN);
        break;
    case 1:
        script_op(s, PROBE_RECURSE);
        break;
    case 2:
        script_num_op(s, strange(l), PROBE_WILD_STORE);
        break;
    case 3:
        script_text_op(s, "trap", PROBE_TRAP);
        break;
    case 4:
        axon_buf_append_byte(s, (uint8_t)below(l, 256));
        break;
    default:
        break;
    }
}

static void random_memory(struct life *l, struct axon_buf *s)
{
    switch (below(l, 6)) {
    case 0:
        script_text_op(s, "kept", PROBE_KEEP);
        break;
    case 1:
        script_num_op(s, 1, PROBE_STABLE_GROW);
        script_num(s, one_in(l, 20) ? strange(l) : below(l, 65000));
        script_text_op(s, "stable", PROBE_STABLE_WRITE);
        break;
    case 2:
        script_num_op(s, one_in(l, 20) ? strange(l) : below(l, 20), PROBE_STABLE_GROW);
        break;
    case 3:
        script_num_op(s, 1, PROBE_STABLE_GROW);
        script_num(s, one_in(l, 20) ? strange(l) : below(l, 65000));
        script_num_op(s, below(l, 100), PROBE_STABLE_READ);
        break;
    case 4:
        script_num_op(s, one_in(l, 20) ? strange(l) : below(l, 50), PROBE_GROW_HEAP);
        break;
    default:
        script_num(s, below(l, 2000));
        script_num_op(s, below(l, 5), PROBE_DIRTY_HEAP);
        break;
    }
}

static void random_system_call(struct life *l, struct axon_buf *s)
{
    switch (below(l, 8)) {
    case 0:
    case 1:
    case 2:
        script_num_op(s, one_in(l, 4) ? strange(l) : below(l, 500), PROBE_ACCEPT);
        break;
    case 3:
        script_num_op(s, strange(l), PROBE_TIMER);
        break;
    case 4:
        script_text_op(s, "print", PROBE_PRINT);
        break;
    case 5:
        script_text_op(s, "certified", PROBE_CERTIFY);
        break;
    default:
        script_num_op(s, below(l, 2), PROBE_COUNTER);
        break;
    }
}

/* At the end of most scripts; a second answer of the same call is a contract violation. */
static void random_answer(struct life *l, struct axon_buf *s)
{
    switch (below(l, 6)) {
    case 0:
        break;
    case 1:
        script_text_op(s, "reject", PROBE_REJECT);
        break;
    default:
        script_reply(s, "reply");
        break;
    }
}

static void random_script(struct life *l, struct axon_buf *s, uint32_t depth)
{
    if (depth >= SCRIPT_DEPTH_MAX) {
        return;
    }
    for (uint32_t left = 1 + below(l, OPERATIONS_MAX >> depth); left > 0; left--) {
        uint32_t what = below(l, 60);
        if (what < 24) {
            random_call(l, s, depth);
        } else if (what < 42) {
            random_system_call(l, s);
        } else if (what < 56) {
            random_memory(l, s);
        } else if (what < 59) {
            random_hook(l, s, depth);
        } else {
            random_harm(l, s);
        }
    }
    random_answer(l, s);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* A message that is a few steps on its way when its canister is upgraded and time passes. */
static void upgrade_midway(struct life *l, const struct ic_principal *canister,
                           struct axon_buf *script)
{
    struct world *w = l->w;
    struct axon_buf nothing = {0};
    (void)axon_submit(w->net, &w->out, &w->user, canister, "run", axon_buf_bytes(script));
    axon_buf_free(script);
    for (uint32_t steps = below(l, 6); steps > 0; steps--) {
        (void)axon_step(w->net);
    }
    world_install(w, canister, AXON_UPGRADE, axon_buf_bytes(&w->wasm), &nothing);
    axon_set_time(w->net, axon_time(w->net) + below(l, 1000) * UINT64_C(1000000000));
}

static void random_message(struct life *l)
{
    struct world *w = l->w;
    struct axon_buf script = {0};
    const struct ic_principal *canister = anybody(l);
    random_script(l, &script, 0);
    axon_trap_at_call(w->net, one_in(l, 3) ? 1 + below(l, 100) : 0);
    switch (below(l, 10)) {
    case 0:
        world_ask(w, canister, &script);
        break;
    case 1:
        axon_query(w->net, &w->out, &w->user, canister, "ask_others", axon_buf_bytes(&script));
        axon_buf_free(&script);
        break;
    case 2:
        world_install(w, canister, one_in(l, 2) ? AXON_REINSTALL : AXON_UPGRADE,
                      axon_buf_bytes(&w->wasm), &script);
        break;
    case 3:
        upgrade_midway(l, canister, &script);
        break;
    default:
        world_run(w, canister, &script);
        break;
    }
    axon_set_time(w->net, axon_time(w->net) + below(l, 2000));
    assert_true(axon_run_until_quiet(w->net));
}

/* Nothing open, no cycle lost, whoever has them now. */
static bool is_sound(const struct world *w)
{
    struct axon_canister_info info;
    uint64_t cycles = 0;
    size_t open = 0;
    for (size_t i = 0; axon_canister_at(w->net, &info, i); i++) {
        cycles += info.cycles_lo;
        open += info.open_call_contexts;
    }
    return open == 0 && cycles == 2 * WORLD_CYCLES;
}

/* Executions of one kind since the records were cleared. */
static size_t count_kind(const struct world *w, const char *kind)
{
    size_t count, found = 0;
    const struct axon_execution_record *records = axon_records(w->net, &count);
    for (size_t i = 0; i < count; i++) {
        found += strcmp(records[i].kind, kind) == 0;
    }
    return found;
}

/* Returns how many replies came back to a canister: the life of this world was worth something. */
static size_t live(uint64_t seed)
{
    void *state = NULL;
    assert_int_equal(world_setup(&state), 0);
    struct life l = {.w = state, .random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    axon_set_limit(l.w->net, LIMIT);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        random_message(&l);
        if (!is_sound(l.w)) {
            print_error("seed %llu, message %u\n", (unsigned long long)seed, i);
            fail();
        }
    }
    size_t replies = count_kind(l.w, "reply_callback");
    assert_int_equal(world_teardown(&state), 0);
    return replies;
}

static void test_random_life(void **state)
{
    size_t replies = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        replies += live(seed);
    }
    print_message("%zu replies between canisters\n", replies);
    assert_true(replies > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_life)};
    return cmocka_run_group_tests_name("exec random", tests, NULL, NULL);
}
