/* Environment variables in the native twin: the same rules as in the system. */
#include "test/check.h"

#include "host/ic_host_env.h"
#include "ic/env.h"

static uint8_t memory[600];

static struct ic_arena fresh(size_t size)
{
    struct ic_arena arena;
    ic_arena_init(&arena, memory, size);
    return arena;
}

static void in_the_order_of_names(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"b", "a", "c", "", "ab"};
    static const char *const SORTED[] = {"", "a", "ab", "b", "c"};
    struct ic_arena arena = fresh(sizeof memory);
    struct ic_bytes out;
    ic_host_variables_reset();
    for (size_t i = 0; i < 5; i++) {
        ic_host_variable_set(NAMES[i], "x");
        ic_host_variable_set(NAMES[i], NAMES[i]);
    }
    assert_int_equal(ic_env_count(), 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_true(ic_env_name_at(&out, i, &arena));
        assert_true(ic_bytes_is_equal(out, ic_bytes_from_text(SORTED[i])));
        assert_true(ic_env_find(&out, ic_bytes_from_text(SORTED[i]), &arena));
        assert_true(ic_bytes_is_equal(out, ic_bytes_from_text(SORTED[i])));
    }
    assert_false(ic_env_name_at(&out, 5, &arena));
}

static void absent_or_no_room(void **state)
{
    (void)state;
    struct ic_arena small = fresh(4);
    struct ic_bytes out = {.size = 99};
    ic_host_variables_reset();
    ic_host_variable_set("name", "a value that does not fit there");
    assert_false(ic_env_find(&out, IC_BYTES_LIT("nam"), &small));
    assert_false(ic_env_find(&out, IC_BYTES_LIT("name"), &small));
    assert_int_equal(out.size, 99);
}

static void principals(void **state)
{
    (void)state;
    struct ic_principal id = {.size = 7};
    ic_host_variables_reset();
    ic_host_variable_set("ledger", "ryjl3-tyaaa-aaaaa-aaaba-cai");
    ic_host_variable_set("nobody", "ryjl3-tyaaa-aaaaa-aaaba-caa");
    assert_false(ic_env_principal(&id, IC_BYTES_LIT("nobody")));
    assert_false(ic_env_principal(&id, IC_BYTES_LIT("absent")));
    assert_int_equal(id.size, 7);
    assert_true(ic_env_principal(&id, IC_BYTES_LIT("ledger")));
    assert_int_equal(id.size, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_order_of_names),
        cmocka_unit_test(absent_or_no_room),
        cmocka_unit_test(principals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
