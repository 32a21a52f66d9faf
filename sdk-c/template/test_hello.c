/* The canister in axon: a network of its own, in this process. */
#include <axon_test.h>

int main(void)
{
    struct axon_test t;
    axon_test_open(&t);
    struct ic_principal hello = axon_test_install(&t, "build/hello", "()");

    AXON_TEST_UPDATE(&t, &hello, "add", "(5)", "(5)");
    AXON_TEST_UPDATE(&t, &hello, "add", "(18446744073709551610)", "(18446744073709551615)");
    AXON_TEST_TRAPS(&t, &hello, "add", "(1)", "the total would not fit");
    AXON_TEST_QUERY(&t, &hello, "total", "()", "(18446744073709551615)");

    axon_test_advance(&t, 60);
    AXON_TEST_QUERY(&t, &hello, "minutes", "()", "(1)");
    axon_test_upgrade(&t, &hello, "build/hello", "()");
    axon_test_advance(&t, 60);
    AXON_TEST_QUERY(&t, &hello, "minutes", "()", "(2)");
    AXON_TEST_QUERY(&t, &hello, "total", "()", "(18446744073709551615)");
    AXON_TEST_THAT(&t, t.last.instructions < 100000);
    return axon_test_close(&t);
}
