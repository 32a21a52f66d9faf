/* The canister's own code natively, under the sanitizers, with a ledger that answers anything:
 * valid, cut, changed and random bytes, every reject code. Nothing may trap, no flow may stay, and
 * a leg is PAID only when the ledger said so. */
#include "escrow/escrow.h"
#include "host/ic_host_call.h"
#include "ic/msg.h"
#include "icrc_did.h"
#include "test/check.h"

#define CASES       500u
#define CALLS_MAX   40u
#define ARENA_BYTES 65536u
#define FEE         10000u

void escrow_export_init(void);
void escrow_export_open(void);
void escrow_export_release(void);
void escrow_export_refund(void);
void escrow_export_resume(void);

static uint64_t seed;
static _Alignas(8) uint8_t memory[ARENA_BYTES];
static struct ic_principal buyer, seller;
static unsigned payments_told; /* answers of this case that say that a transfer was made */

/* ---- messages -------------------------------------------------------------------------------- */

static void run_export(void *argument)
{
    void (**export)(void) = argument;
    (*export)();
}

static void send(const struct ic_principal *caller, void (*export)(void),
                 const struct candid_method *method, const void *in)
{
    struct ic_arena arena;
    struct ic_bytes argument;
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_encode(&argument, &method->in, in, CANDID_ENCODE_FULL, &arena),
                     CANDID_OK);
    ic_host_caller_set(*caller);
    ic_host_arg_set(argument);
    if (!ic_host_flow_run(run_export, &export)) {
        fail_msg("%s", ic_host_trap_text());
    }
}

static void begin(void)
{
    ic_host_reset();
    ic_host_calls_reset();
    buyer = ic_principal_from_public_key(IC_BYTES_LIT("buyer"));
    seller = ic_principal_from_public_key(IC_BYTES_LIT("seller"));
    struct ic_principal ledger = ic_principal_from_canister_index(2);
    struct escrow_open_in in = {.arg0 = {.seller = seller, .price_e8s = 500000, .bond_e8s = 1}};
    ic_host_time_set(1000000);
    send(&buyer, escrow_export_init, &escrow_init_method,
         &(struct escrow_init_in){.ledger = ledger});
    send(&buyer, escrow_export_open, &escrow_open_method, &in);
    payments_told = 0;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static struct candid_nat some_nat(void)
{
    static const uint64_t values[] = {0, 1, FEE, FEE + 1, 500000, 600000, UINT64_MAX};
    struct candid_nat n = candid_nat_from_u64(values[test_random_below(&seed, 7)]);
    n.hi = test_random_below(&seed, 32) == 0 ? 1 : 0;
    return n;
}

static struct ic_bytes transfer_reply(struct ic_arena *arena)
{
    struct ic_bytes out;
    struct icrc_icrc1_transfer_out reply = {.ret0.tag = ICRC_TRANSFER_RESULT_OK,
                                            .ret0.as.ok = some_nat()};
    if (test_random_below(&seed, 2) == 0) {
        struct icrc_transfer_error error = {
            .tag = (enum icrc_transfer_error_tag)test_random_below(&seed, 8)};
        error.as.bad_fee.expected_fee = some_nat();
        reply.ret0.tag = ICRC_TRANSFER_RESULT_ERR;
        reply.ret0.as.err = error;
        if (error.tag == ICRC_TRANSFER_ERROR_GENERIC_ERROR) {
            reply.ret0.as.err.as.generic_error.message = IC_BYTES_LIT("no");
            reply.ret0.as.err.as.generic_error.error_code = some_nat();
        } else if (error.tag == ICRC_TRANSFER_ERROR_CREATED_IN_FUTURE) {
            reply.ret0.as.err.as.created_in_future.ledger_time = 1;
        }
    }
    assert_int_equal(
        candid_encode(&out, &icrc_icrc1_transfer_method.out, &reply, CANDID_ENCODE_FULL, arena),
        CANDID_OK);
    return out;
}

static struct ic_bytes nat_reply(struct ic_arena *arena)
{
    struct ic_bytes out;
    struct icrc_icrc1_fee_out reply = {.ret0 = some_nat()};
    assert_int_equal(
        candid_encode(&out, &icrc_icrc1_fee_method.out, &reply, CANDID_ENCODE_FULL, arena),
        CANDID_OK);
    return out;
}

/* Cuts, changes or replaces one answer in eight. */
static void spoil(uint8_t *bytes, size_t *size)
{
    switch (test_random_below(&seed, 24)) {
    case 0:
        *size = test_random_below(&seed, *size + 1);
        break;
    case 1:
        bytes[test_random_below(&seed, *size)] = (uint8_t)test_random(&seed);
        break;
    case 2:
        *size = test_random_below(&seed, 100);
        for (size_t i = 0; i < *size; i++) {
            bytes[i] = (uint8_t)test_random(&seed);
        }
        break;
    default:
        break;
    }
}

static bool says_paid(struct ic_bytes bytes)
{
    static _Alignas(8) uint8_t room[ARENA_BYTES];
    struct ic_arena arena;
    struct icrc_icrc1_transfer_out out;
    ic_arena_init(&arena, room, sizeof room);
    return candid_decode(&out, &icrc_icrc1_transfer_method.out, bytes, &arena) == CANDID_OK &&
           (out.ret0.tag == ICRC_TRANSFER_RESULT_OK ||
            out.ret0.as.err.tag == ICRC_TRANSFER_ERROR_DUPLICATE);
}

static void answer(size_t index)
{
    static uint8_t bytes[ARENA_BYTES];
    struct ic_arena arena;
    ic_arena_init(&arena, memory, sizeof memory);
    bool is_transfer =
        ic_bytes_is_equal(ic_host_call_at(index)->method, IC_BYTES_LIT("icrc1_transfer"));
    struct ic_bytes reply = is_transfer ? transfer_reply(&arena) : nat_reply(&arena);
    size_t size = reply.size;
    memcpy(bytes, reply.at, size);
    spoil(bytes, &size);
    enum ic_call_code code = test_random_below(&seed, 10) == 0
                                 ? (enum ic_call_code)test_random_below(&seed, 7)
                                 : IC_CALL_OK;
    reply = (struct ic_bytes){.at = bytes, .size = size};
    payments_told += code == IC_CALL_OK && is_transfer && says_paid(reply);
    if (!ic_host_answer(index, code, reply)) {
        fail_msg("%s", ic_host_answer_trap_text());
    }
}

/* Answers open calls in any order until there are none. */
static void answer_all(void)
{
    for (unsigned i = 0; i < CALLS_MAX && ic_async_status().calls > 0; i++) {
        size_t open[IC_HOST_CALLS_MAX];
        size_t count = 0;
        for (size_t j = 0; j < ic_host_call_count(); j++) {
            if (ic_host_call_is_open(j)) {
                open[count++] = j;
            }
        }
        answer(open[test_random_below(&seed, count)]);
    }
}

/* ---- the test -------------------------------------------------------------------------------- */

static void check(void)
{
    struct ic_async_status status = ic_async_status();
    struct deal deal = escrow_deal_get(0);
    unsigned paid = 0;
    assert_int_equal(status.flows + status.calls + status.locks, 0);
    for (int i = 0; i < DEAL_LEGS; i++) {
        paid += deal.legs[i].state == DEAL_PAID && deal.legs[i].block != DEAL_BLOCK_UNKNOWN;
    }
    assert_true(paid <= payments_told);
}

static void a_ledger_that_answers_anything(void **state)
{
    (void)state;
    size_t decided = 0, done = 0;
    for (uint64_t i = 0; i < CASES; i++) {
        seed = i;
        begin();
        if (test_random_below(&seed, 4) == 0) {
            send(&buyer, escrow_export_release, &escrow_release_method,
                 &(struct escrow_release_in){.id = 0});
        } else {
            send(&seller, escrow_export_refund, &escrow_refund_method,
                 &(struct escrow_refund_in){.id = 0});
        }
        answer_all();
        check();
        for (int again = 0; again < 3; again++) {
            ic_host_time_set(ic_time_ns() + test_random_below(&seed, 2) * 2 * DEAL_WINDOW_NS);
            send(&seller, escrow_export_resume, &escrow_resume_method,
                 &(struct escrow_resume_in){.id = 0});
            answer_all();
            check();
        }
        decided += escrow_deal_get(0).phase != DEAL_OPEN;
        done += escrow_deal_get(0).phase >= DEAL_RELEASED;
    }
    printf("%u ledgers: %zu deals decided, %zu done\n", CASES, decided, done);
    assert_true(done > CASES / 20 && done < decided && decided < CASES);
    ic_host_calls_reset();
    ic_host_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_ledger_that_answers_anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
