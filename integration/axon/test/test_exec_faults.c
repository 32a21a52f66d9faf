/* Fail at every step: one story of two canisters that call each other, with cycles, is run once for
 * each system call in it, which traps, and once for each of many instruction limits. Whatever
 * happens, all that a canister holds comes from the same moment, cycles are conserved, nothing
 * stays open, and the user gets an answer. And the same story gives the same records, every time.
 */
#include "world.h"

#include <stdlib.h>

/* Puts a text into heap, stable memory and certified data: they change together or not at all. */
static void script_mark(struct axon_buf *s, const char *text)
{
    script_num(s, 0);
    script_text_op(s, text, PROBE_STABLE_WRITE);
    script_text_op(s, text, PROBE_KEEP);
    script_text_op(s, text, PROBE_CERTIFY);
}

/* Bob takes 300 of the cycles, asks alice back with 50, and answers from the callback. */
static void script_bob(struct world *w, struct axon_buf *s)
{
    struct axon_buf to_alice = {0}, on_reply = {0}, on_reject = {0}, cleanup = {0};
    script_num_op(s, 300, PROBE_ACCEPT);
    script_mark(s, "bob 1");
    script_num_op(&to_alice, 20, PROBE_ACCEPT);
    script_mark(&to_alice, "alice 2");
    script_reply(&to_alice, "well");
    script_mark(&on_reply, "bob 2");
    script_reply_arg(&on_reply);
    script_mark(&on_reject, "bob 3");
    script_text_op(&on_reject, "alice said no", PROBE_REJECT);
    script_mark(&cleanup, "bob 4");
    script_call(s, &w->alice, "also_run", &to_alice, &on_reply, &on_reject);
    script_script(s, &cleanup);
    script_op(s, PROBE_CALL_CLEANUP);
    script_num_op(s, 50, PROBE_CALL_CYCLES);
    script_perform(s);
}

static void script_story(struct world *w, struct axon_buf *s)
{
    struct axon_buf to_bob = {0}, on_reply = {0}, on_reject = {0}, cleanup = {0};
    script_mark(s, "alice 1");
    script_bob(w, &to_bob);
    script_mark(&on_reply, "alice 3");
    script_reply_arg(&on_reply);
    script_mark(&on_reject, "alice 4");
    script_reply(&on_reject, "bob said no");
    script_mark(&cleanup, "alice 5");
    script_call(s, &w->bob, "run", &to_bob, &on_reply, &on_reject);
    script_script(s, &cleanup);
    script_op(s, PROBE_CALL_CLEANUP);
    script_num_op(s, 1000, PROBE_CALL_CYCLES);
    script_perform(s);
}

static void grow_stable(struct world *w, const struct ic_principal *canister)
{
    struct axon_buf s = {0};
    script_num_op(&s, 1, PROBE_STABLE_GROW);
    script_mark(&s, "none");
    script_reply(&s, "");
    world_run(w, canister, &s);
    expect_reply(w, "");
}

static void run_story(struct world *w)
{
    struct axon_buf s = {0};
    script_story(w, &s);
    world_run(w, &w->alice, &s);
}

/* What a canister certifies is what it keeps, in heap and stable memory. */
static void expect_one_moment(struct world *w, const struct ic_principal *canister)
{
    struct axon_canister_info info = world_info(w, canister);
    char text[33] = {0};
    assert_in_range(info.certified_data_size, 1, sizeof text - 1);
    memcpy(text, info.certified_data, info.certified_data_size);
    assert_int_equal(info.open_call_contexts, 0);
    expect_kept(w, canister, text);
    expect_stable(w, canister, text);
}

static void expect_sound(struct world *w)
{
    bool is_answered =
        w->out.status == AXON_STATUS_REPLIED || w->out.status == AXON_STATUS_REJECTED;
    assert_true(is_answered);
    assert_false(axon_step(w->net));
    axon_set_limit(w->net, 0);
    axon_trap_at_call(w->net, 0);
    expect_one_moment(w, &w->alice);
    expect_one_moment(w, &w->bob);
    assert_int_equal(world_info(w, &w->alice).cycles_lo + world_info(w, &w->bob).cycles_lo,
                     2 * WORLD_CYCLES);
}

static void test_story(void **state)
{
    struct world *w = *state;
    grow_stable(w, &w->alice);
    grow_stable(w, &w->bob);
    axon_records_clear(w->net);
    run_story(w);
    expect_reply(w, "well");
    expect_executions(w, "inspect update update update reply_callback reply_callback");
    expect_sound(w);
    expect_kept(w, &w->alice, "alice 3");
    expect_kept(w, &w->bob, "bob 2");
    expect_cycles(w, &w->alice, WORLD_CYCLES - 300 + 20);
}

static void test_trap_at_every_call(void **state)
{
    struct world *w = *state;
    grow_stable(w, &w->alice);
    grow_stable(w, &w->bob);
    uint64_t before = axon_call_count(w->net);
    run_story(w);
    uint64_t calls = axon_call_count(w->net) - before;
    assert_in_range(calls, 30, 200);
    size_t failures = 0;
    for (uint64_t n = 1; n <= calls; n++) {
        axon_trap_at_call(w->net, n);
        run_story(w);
        failures += w->out.status == AXON_STATUS_REJECTED;
        expect_sound(w);
    }
    assert_true(failures > calls / 4); /* the others were handled by a reject callback */
    run_story(w);
    expect_reply(w, "well");
}

static void test_every_instruction_limit(void **state)
{
    struct world *w = *state;
    size_t outcomes[2] = {0};
    grow_stable(w, &w->alice);
    grow_stable(w, &w->bob);
    for (uint64_t limit = 2000; limit < 60000; limit += 97) {
        axon_set_limit(w->net, limit);
        run_story(w);
        outcomes[w->out.status == AXON_STATUS_REPLIED]++;
        expect_sound(w);
    }
    assert_true(outcomes[0] > 10 && outcomes[1] > 10);
}

/* Two networks, the same calls: the same executions to the last instruction. */
static void test_deterministic(void **state)
{
    struct world *w[2] = {*state, NULL};
    const struct axon_execution_record *records[2];
    size_t counts[2];
    void *other = NULL;
    assert_int_equal(world_setup(&other), 0);
    w[1] = other;
    for (size_t i = 0; i < 2; i++) {
        grow_stable(w[i], &w[i]->alice);
        grow_stable(w[i], &w[i]->bob);
        run_story(w[i]);
        axon_trap_at_call(w[i]->net, 30);
        run_story(w[i]);
        records[i] = axon_records(w[i]->net, &counts[i]);
    }
    assert_int_equal(counts[0], counts[1]);
    for (size_t i = 0; i < counts[0]; i++) {
        assert_string_equal(records[0][i].kind, records[1][i].kind);
        assert_int_equal(records[0][i].instructions, records[1][i].instructions);
        assert_int_equal(records[0][i].heap_pages, records[1][i].heap_pages);
        assert_int_equal(records[0][i].trapped, records[1][i].trapped);
    }
    assert_int_equal(world_teardown(&other), 0);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_story),
        WORLD_TEST(test_trap_at_every_call),
        WORLD_TEST(test_every_instruction_limit),
        WORLD_TEST(test_deterministic),
    };
    return cmocka_run_group_tests_name("exec faults", tests, NULL, NULL);
}
