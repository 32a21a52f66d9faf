/* The canister's own code natively, under the sanitizers, with two ledgers. One answers anything:
 * valid, cut, changed and random bytes, every reject code. Nothing may trap, no flow may stay, and
 * a leg is PAID only when the ledger said so. The other is honest, but calls and answers get lost,
 * its fee changes, it forgets, and money comes in late: in the end everybody has his own, once. */
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
void escrow_export_reclaim(void);
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

/* ---- an honest ledger ------------------------------------------------------------------------ */

#define HONEST_CASES    120u
#define PRICE           500000u /* as begin() opens the deal */
#define BOND            100000u
#define LATE_MAX        90000u /* less than what either leg holds: see README.md, 3 */
#define TRANSFERS_MAX   8u
#define REPLY_BYTES     256u
#define LEDGER_DRIFT_NS 60000000000u

struct transfer {
    enum deal_leg_index leg;
    struct ic_principal to;
    uint64_t amount, fee, created_at_ns;
};

static struct {
    uint64_t balances[DEAL_LEGS], paid_in, paid_out, burned, fee;
    bool had_late[DEAL_LEGS];
    struct transfer made[TRANSFERS_MAX];
    size_t made_count;
    /* Of the calls, in the order in which they were sent; the first `arrived` have arrived. */
    struct {
        uint8_t bytes[REPLY_BYTES];
        size_t size;
        bool was_lost;
    } replies[CALLS_MAX * 20];
    size_t arrived;
    bool loses;
} bank;

static void bank_pay_in(enum deal_leg_index leg, uint64_t amount)
{
    bank.balances[leg] += amount;
    bank.paid_in += amount;
}

static uint64_t u64(const struct candid_nat *n)
{
    uint64_t value = 0;
    assert_true(candid_nat_to_u64(&value, n));
    return value;
}

/* In the order in which the ICP ledger looks at things: fee, time, duplicates, funds. */
static void bank_transfer(struct icrc_transfer_result *out, const struct icrc_transfer_arg *arg)
{
    const struct transfer t = {.leg =
                                   arg->from_subaccount.value.at[0] == 0 ? DEAL_PRICE : DEAL_BOND,
                               .to = arg->to.owner,
                               .amount = u64(&arg->amount),
                               .fee = u64(&arg->fee.value),
                               .created_at_ns = arg->created_at_time.value};
    *out = (struct icrc_transfer_result){.tag = ICRC_TRANSFER_RESULT_ERR};
    if (t.fee != bank.fee) {
        out->as.err.tag = ICRC_TRANSFER_ERROR_BAD_FEE;
        out->as.err.as.bad_fee.expected_fee = candid_nat_from_u64(bank.fee);
        return;
    }
    if (t.created_at_ns + DEAL_WINDOW_NS + LEDGER_DRIFT_NS < ic_time_ns()) {
        out->as.err.tag = ICRC_TRANSFER_ERROR_TOO_OLD;
        return;
    }
    for (size_t i = 0; i < bank.made_count; i++) {
        const struct transfer *m = &bank.made[i];
        if (m->leg == t.leg && m->amount == t.amount && m->fee == t.fee &&
            m->created_at_ns == t.created_at_ns && ic_principal_is_equal(&m->to, &t.to)) {
            out->as.err.tag = ICRC_TRANSFER_ERROR_DUPLICATE;
            out->as.err.as.duplicate.duplicate_of = candid_nat_from_u64(i);
            return;
        }
    }
    if (bank.balances[t.leg] < t.amount + t.fee) {
        out->as.err.tag = ICRC_TRANSFER_ERROR_INSUFFICIENT_FUNDS;
        out->as.err.as.insufficient_funds.balance = candid_nat_from_u64(bank.balances[t.leg]);
        return;
    }
    bank.balances[t.leg] -= t.amount + t.fee;
    bank.paid_out += t.amount;
    bank.burned += t.fee;
    assert_true(bank.made_count < TRANSFERS_MAX);
    out->tag = ICRC_TRANSFER_RESULT_OK;
    out->as.ok = candid_nat_from_u64(bank.made_count);
    bank.made[bank.made_count++] = t;
}

static struct ic_bytes bank_execute(const struct ic_call *call, struct ic_arena *arena)
{
    struct ic_bytes out;
    if (ic_bytes_is_equal(call->method, IC_BYTES_LIT("icrc1_transfer"))) {
        struct icrc_icrc1_transfer_in in;
        struct icrc_icrc1_transfer_out reply;
        assert_int_equal(candid_decode(&in, &icrc_icrc1_transfer_method.in, call->argument, arena),
                         CANDID_OK);
        bank_transfer(&reply.ret0, &in.arg0);
        assert_int_equal(
            candid_encode(&out, &icrc_icrc1_transfer_method.out, &reply, CANDID_ENCODE_FULL, arena),
            CANDID_OK);
        return out;
    }
    struct icrc_icrc1_fee_out reply = {.ret0 = candid_nat_from_u64(bank.fee)};
    if (ic_bytes_is_equal(call->method, IC_BYTES_LIT("icrc1_balance_of"))) {
        struct icrc_icrc1_balance_of_in in;
        assert_int_equal(
            candid_decode(&in, &icrc_icrc1_balance_of_method.in, call->argument, arena), CANDID_OK);
        reply.ret0 = candid_nat_from_u64(bank.balances[in.arg0.subaccount.value.at[0]]);
    }
    assert_int_equal(
        candid_encode(&out, &icrc_icrc1_fee_method.out, &reply, CANDID_ENCODE_FULL, arena),
        CANDID_OK);
    return out;
}

/* Calls of one canister to another arrive in order, or not at all. */
static void bank_arrive(size_t last)
{
    for (; bank.arrived <= last; bank.arrived++) {
        struct ic_arena arena;
        assert_true(bank.arrived < sizeof bank.replies / sizeof bank.replies[0]);
        bank.replies[bank.arrived].was_lost = bank.loses && test_random_below(&seed, 6) == 0;
        if (bank.replies[bank.arrived].was_lost) {
            continue;
        }
        ic_arena_init(&arena, memory, sizeof memory);
        const struct ic_bytes reply = bank_execute(ic_host_call_at(bank.arrived), &arena);
        assert_true(reply.size <= REPLY_BYTES);
        memcpy(bank.replies[bank.arrived].bytes, reply.at, reply.size);
        bank.replies[bank.arrived].size = reply.size;
    }
}

/* What happens meanwhile. */
static void bank_disturb(void)
{
    const enum deal_leg_index leg = test_random_below(&seed, 2) == 0 ? DEAL_PRICE : DEAL_BOND;
    switch (test_random_below(&seed, 30)) {
    case 0:
        bank.fee = FEE / 2 + test_random_below(&seed, 2 * FEE);
        break;
    case 1:
        ic_host_time_set(ic_time_ns() + 2 * DEAL_WINDOW_NS);
        break;
    case 2:
        if (!bank.had_late[leg]) {
            bank.had_late[leg] = true;
            bank_pay_in(leg, test_random_below(&seed, LATE_MAX));
        }
        break;
    default:
        break;
    }
}

static void bank_answer_all(void)
{
    while (ic_async_status().calls > 0) {
        size_t open[CALLS_MAX];
        size_t count = 0;
        for (size_t i = 0; i < ic_host_call_count(); i++) {
            if (ic_host_call_is_open(i) && count < CALLS_MAX) {
                open[count++] = i;
            }
        }
        const size_t index = open[test_random_below(&seed, count)];
        bank_arrive(index);
        const bool is_lost =
            bank.replies[index].was_lost || (bank.loses && test_random_below(&seed, 6) == 0);
        const struct ic_bytes reply = {.at = bank.replies[index].bytes,
                                       .size = bank.replies[index].size};
        if (!ic_host_answer(index, is_lost ? IC_CALL_SYS_UNKNOWN : IC_CALL_OK,
                            is_lost ? IC_BYTES_LIT("lost") : reply)) {
            fail_msg("%s", ic_host_answer_trap_text());
        }
        if (bank.loses) {
            bank_disturb();
        }
    }
}

/* What the parties do: decide, resume, and when all is done reclaim. */
static void step(bool is_release)
{
    const struct deal deal = escrow_deal_get(0);
    ic_host_time_set(ic_time_ns() + 1);
    if (deal.phase != DEAL_OPEN && deal_leg_next(&deal) != DEAL_LEGS) {
        send(&seller, escrow_export_resume, &escrow_resume_method,
             &(struct escrow_resume_in){.id = 0});
    } else if (deal.phase != DEAL_OPEN) {
        send(&buyer, escrow_export_reclaim, &escrow_reclaim_method,
             &(struct escrow_reclaim_in){.id = 0});
    } else if (is_release) {
        send(&buyer, escrow_export_release, &escrow_release_method,
             &(struct escrow_release_in){.id = 0});
    } else {
        send(&seller, escrow_export_refund, &escrow_refund_method,
             &(struct escrow_refund_in){.id = 0});
    }
    bank_answer_all();
    assert_int_equal(bank.balances[0] + bank.balances[1] + bank.paid_out + bank.burned,
                     bank.paid_in);
    const struct ic_async_status status = ic_async_status();
    assert_int_equal(status.flows + status.calls + status.locks, 0);
}

/* The first transfer of a leg is what was decided, the second gives back what came late. */
static void check_transfers(bool is_release)
{
    unsigned counts[DEAL_LEGS] = {0};
    for (size_t i = 0; i < bank.made_count; i++) {
        const struct transfer *t = &bank.made[i];
        const bool is_to_seller = t->leg == DEAL_BOND || (is_release && counts[DEAL_PRICE] == 0);
        assert_true(ic_principal_is_equal(&t->to, is_to_seller ? &seller : &buyer));
        assert_true(counts[t->leg] > 0 ||
                    t->amount + t->fee >= (t->leg == DEAL_PRICE ? PRICE : BOND));
        counts[t->leg]++;
    }
    for (int leg = 0; leg < DEAL_LEGS; leg++) {
        assert_true(counts[leg] == 1 || (counts[leg] == 2 && bank.had_late[leg]));
        assert_true(bank.balances[leg] <= bank.fee);
    }
}

static void everybody_has_his_own_in_the_end(void **state)
{
    (void)state;
    size_t reclaimed = 0;
    for (uint64_t i = 0; i < HONEST_CASES; i++) {
        seed = i;
        begin();
        memset(&bank, 0, sizeof bank);
        bank.fee = FEE;
        bank.loses = true;
        bank_pay_in(DEAL_PRICE, PRICE);
        bank_pay_in(DEAL_BOND, BOND);
        const bool is_release = test_random_below(&seed, 2) == 0;
        for (int n = 0; n < 5; n++) {
            step(is_release);
        }
        bank.loses = false;
        for (int n = 0; n < 5; n++) {
            step(is_release);
        }
        assert_int_equal(escrow_deal_get(0).phase, is_release ? DEAL_RELEASED : DEAL_REFUNDED);
        check_transfers(is_release);
        reclaimed += bank.made_count - DEAL_LEGS;
    }
    printf("%u honest ledgers: all paid, %zu late payments given back\n", HONEST_CASES, reclaimed);
    assert_true(reclaimed > HONEST_CASES / 20);
    ic_host_calls_reset();
    ic_host_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_ledger_that_answers_anything),
                                       cmocka_unit_test(everybody_has_his_own_in_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
