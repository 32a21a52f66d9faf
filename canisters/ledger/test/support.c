#include "canisters/ledger/test/support.h"

static uint8_t memory[256u << 20];
static struct ic_arena arena;

static struct ic_arena *test_arena(void)
{
    if (arena.at == NULL) {
        ic_arena_init(&arena, memory, sizeof memory);
    }
    return &arena;
}

struct ic_bytes test_text(const char *text)
{
    return ic_bytes_from_text(text);
}

struct ic_principal test_governance(void)
{
    return (struct ic_principal){.size = 10, .bytes = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1}};
}

struct ic_principal test_user(uint8_t n)
{
    struct ic_principal user = {.size = 29};
    memset(user.bytes, n, 28);
    user.bytes[28] = 0x02;
    return user;
}

struct icp_init_args test_init_args(void)
{
    static struct icp_init_args_initial_values rich;
    rich.f0 = test_text(TEST_ANONYMOUS);
    rich.f1.e8s = UINT64_C(100000000000);
    return (struct icp_init_args){.minting_account = test_text(TEST_MINTER),
                                  .icrc1_minting_account = {.has = true,
                                                            .value.owner = test_governance()},
                                  .initial_values = {.at = &rich, .count = 1}};
}

struct ic_bytes test_encode(const struct candid_tuple *types, const void *value)
{
    struct ic_bytes out = {0};
    assert_int_equal(candid_encode(&out, types, value, CANDID_ENCODE_FULL, test_arena()),
                     CANDID_OK);
    return out;
}

void test_decode(void *value, const struct candid_tuple *types, struct ic_bytes reply)
{
    struct ic_bytes copy = {0};
    assert_true(ic_arena_copy(&copy, reply, test_arena()));
    assert_int_equal(candid_decode(value, types, copy, test_arena()), CANDID_OK);
}

static void body(void *argument)
{
    void (*export)(void) = *(void (**)(void))argument;
    export();
}

bool test_message(void (*export)(void), struct ic_bytes argument)
{
    ic_host_arg_set(argument);
    return ic_host_run(body, &export);
}

void test_call(void (*export)(void), const struct candid_method *method, const void *in, void *out)
{
    if (!test_message(export, test_encode(&method->in, in))) {
        fail_msg("%s: %s", method->name, ic_host_trap_text());
    }
    test_decode(out, &method->out, ic_host_reply());
}

void test_call_traps(void (*export)(void), const struct candid_method *method, const void *in,
                     const char *text)
{
    assert_false(test_message(export, test_encode(&method->in, in)));
    if (strstr(ic_host_trap_text(), text) == NULL) {
        fail_msg("%s: \"%s\" instead of \"%s\"", method->name, ic_host_trap_text(), text);
    }
    assert_true(test_upgrade(IC_BYTES_LIT("DIDL\0\0"))); // the heap is not rolled back natively
}

void test_install(const struct icp_init_args *args)
{
    struct icp_init_in in = {.arg0.tag = ICP_LEDGER_CANISTER_PAYLOAD_INIT};
    in.arg0.as.init = *args;
    ic_host_reset();
    ic_host_time_set(TEST_T0_NS);
    ic_host_caller_set(IC_PRINCIPAL_ANONYMOUS);
    if (!test_message(icp_export_init, test_encode(&icp_init_method.in, &in))) {
        fail_msg("install: %s", ic_host_trap_text());
    }
}

bool test_upgrade(struct ic_bytes argument)
{
    return test_message(icp_export_post_upgrade, argument);
}
