/* The counter as Wasm, in a network of its own. */
#include "axon_test.h"

#define COUNTER       "build/wasm/counter"
#define COUNT_MAX     "(18446744073709551615)"
#define INCREMENT_MAX 20000u /* instructions */

static struct axon_test t;
static struct ic_principal counter, owner, stranger;

/* Every test begins with an empty network. */
static void begin(void)
{
    axon_test_restart(&t);
    t.sender = owner;
    counter = axon_test_install(&t, COUNTER, "()");
    t.sender = stranger;
}

static void it_counts(void)
{
    begin();
    AXON_TEST_QUERY(&t, &counter, "get", "()", "(0)");
    AXON_TEST_UPDATE(&t, &counter, "increment", "()", "(1)");
    AXON_TEST_UPDATE(&t, &counter, "increment", "()", "(2)");
    AXON_TEST_THAT(&t, t.last.instructions < INCREMENT_MAX);
    AXON_TEST_QUERY(&t, &counter, "get", "()", "(2)");
}

static void only_controllers_set_it(void)
{
    begin();
    AXON_TEST_TRAPS(&t, &counter, "set", "(10)", "only controllers may set the counter");
    AXON_TEST_QUERY(&t, &counter, "get", "()", "(0)");
    t.sender = owner;
    AXON_TEST_UPDATE(&t, &counter, "set", "(10)", "()");
    AXON_TEST_UPDATE(&t, &counter, "increment", "()", "(11)");
}

static void it_ends(void)
{
    begin();
    t.sender = owner;
    AXON_TEST_UPDATE(&t, &counter, "set", COUNT_MAX, "()");
    AXON_TEST_TRAPS(&t, &counter, "increment", "()", "the counter is at its end");
    AXON_TEST_QUERY(&t, &counter, "get", "()", COUNT_MAX);
}

static void it_survives_upgrades(void)
{
    begin();
    AXON_TEST_UPDATE(&t, &counter, "increment", "()", "(1)");
    t.sender = owner;
    axon_test_upgrade(&t, &counter, COUNTER, "()");
    AXON_TEST_QUERY(&t, &counter, "get", "()", "(1)");
    AXON_TEST_UPDATE(&t, &counter, "increment", "()", "(2)");
}

/* Bytes that are no arguments of the method: what axon_test does not write, axon.h does. */
static void bad_arguments_are_refused(void)
{
    static const struct {
        struct ic_bytes argument;
        const char *text;
    } rows[] = {
        {.argument = IC_BYTES_LIT("DIDL\0\0"), .text = "Candid: "},
        {.argument = IC_BYTES_LIT("nonsense"), .text = "does not begin with DIDL"},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        axon_update(t.net, &t.last, &owner, &counter, "set", rows[i].argument);
        AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REJECTED);
        AXON_TEST_THAT(&t, strstr(axon_buf_text(&t.last.reject_text), rows[i].text) != NULL);
    }
    AXON_TEST_QUERY(&t, &counter, "get", "()", "(0)");
}

/* Whichever system call fails: either all of an increment happened, or nothing. */
static void failing_everywhere(void)
{
    uint64_t n = 0;
    begin();
    do {
        AXON_TEST_QUERY(&t, &counter, "get", "()", "(0)");
        axon_trap_at_call(t.net, ++n);
        axon_update(t.net, &t.last, &stranger, &counter, "increment", IC_BYTES_LIT("DIDL\0\0"));
        axon_trap_at_call(t.net, 0);
    } while (t.last.status == AXON_STATUS_REJECTED);
    AXON_TEST_THAT(&t, n > 3);
    AXON_TEST_QUERY(&t, &counter, "get", "()", "(1)");
}

int main(void)
{
    axon_test_open(&t);
    owner = ic_principal_from_canister_index(1);
    stranger = ic_principal_from_canister_index(2);
    it_counts();
    only_controllers_set_it();
    it_ends();
    it_survives_upgrades();
    bad_arguments_are_refused();
    failing_everywhere();
    return axon_test_close(&t);
}
