/* The counter as Wasm, in a network of its own. */
#include "axon.h"
#include "counter_did.h"
#include "ic/arena.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WASM "build/wasm/counter.wasm"

static struct axon_network *net;
static struct axon_buf wasm;
static struct axon_outcome out;
static struct ic_principal canister, owner, stranger;
static uint8_t memory[4096];
static struct ic_arena arena;

static void install(enum axon_install_mode mode)
{
    axon_install(net, &out, &owner, &canister, mode, axon_buf_bytes(&wasm),
                 IC_BYTES_LIT("DIDL\0\0"));
    assert_int_equal(out.status, AXON_STATUS_REPLIED);
}

static int setup(void **state)
{
    (void)state;
    owner = ic_principal_from_canister_index(1);
    stranger = ic_principal_from_canister_index(2);
    net = axon_network_new(NULL);
    canister = axon_create_canister(net, &owner, NULL, AXON_CYCLES_DEFAULT);
    axon_buf_clear(&wasm);
    assert_true(axon_buf_read_file(&wasm, WASM));
    install(AXON_INSTALL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    axon_outcome_free(&out);
    axon_network_free(net);
    axon_buf_free(&wasm);
    return 0;
}

static uint64_t number(const struct candid_method *method)
{
    struct counter_get_out answer;
    assert_int_equal(out.status, AXON_STATUS_REPLIED);
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_decode(&answer, &method->out, axon_buf_bytes(&out.reply), &arena),
                     CANDID_OK);
    return answer.ret0;
}

static uint64_t get(void)
{
    axon_query(net, &out, &stranger, &canister, "get", IC_BYTES_LIT("DIDL\0\0"));
    return number(&counter_get_method);
}

static uint64_t increment(void)
{
    axon_update(net, &out, &stranger, &canister, "increment", IC_BYTES_LIT("DIDL\0\0"));
    return number(&counter_increment_method);
}

static void set(const struct ic_principal *caller, uint64_t value)
{
    struct ic_bytes argument;
    const struct counter_set_in in = {.value = value};
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(
        candid_encode(&argument, &counter_set_method.in, &in, CANDID_ENCODE_FULL, &arena),
        CANDID_OK);
    axon_update(net, &out, caller, &canister, "set", argument);
}

static void refused(const char *part)
{
    assert_int_equal(out.status, AXON_STATUS_REJECTED);
    assert_non_null(strstr(axon_buf_text(&out.reject_text), part));
}

static void it_counts(void **state)
{
    (void)state;
    assert_int_equal(get(), 0);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(increment(), i);
        assert_int_equal(get(), i);
    }
    print_message("increment: %llu instructions\n", (unsigned long long)out.instructions);
}

static void only_controllers_set_it(void **state)
{
    (void)state;
    set(&stranger, 10);
    refused("only controllers may set the counter");
    assert_int_equal(get(), 0);
    set(&owner, 10);
    assert_int_equal(out.status, AXON_STATUS_REPLIED);
    assert_int_equal(increment(), 11);
}

static void it_ends(void **state)
{
    (void)state;
    set(&owner, UINT64_MAX);
    axon_update(net, &out, &stranger, &canister, "increment", IC_BYTES_LIT("DIDL\0\0"));
    refused("the counter is at its end");
    assert_int_equal(get(), UINT64_MAX);
}

static void it_survives_upgrades(void **state)
{
    (void)state;
    increment();
    increment();
    install(AXON_UPGRADE);
    assert_int_equal(get(), 2);
    assert_int_equal(increment(), 3);
    install(AXON_REINSTALL);
    assert_int_equal(get(), 0);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    axon_update(net, &out, &owner, &canister, "set", IC_BYTES_LIT("DIDL\0\0"));
    refused("Candid: ");
    axon_update(net, &out, &owner, &canister, "set", IC_BYTES_LIT("nonsense"));
    refused("Candid: the message does not begin with DIDL");
    assert_int_equal(get(), 0);
}

/* Whatever system call fails: either all of an increment happened, or nothing. */
static void failing_everywhere(void **state)
{
    (void)state;
    uint64_t expected = 0;
    for (uint64_t n = 1;; n++) {
        axon_trap_at_call(net, n);
        axon_update(net, &out, &stranger, &canister, "increment", IC_BYTES_LIT("DIDL\0\0"));
        axon_trap_at_call(net, 0);
        if (out.status == AXON_STATUS_REPLIED) {
            assert_int_equal(get(), expected + 1);
            assert_true(n > 3);
            return;
        }
        refused("injected fault");
        assert_int_equal(get(), expected);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(it_counts),
                                       TEST(only_controllers_set_it),
                                       TEST(it_ends),
                                       TEST(it_survives_upgrades),
                                       TEST(bad_arguments_are_refused),
                                       TEST(failing_everywhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
