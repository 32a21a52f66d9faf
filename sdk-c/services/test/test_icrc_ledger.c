/* How transfers end: every answer of a ledger, every way not to get one. */
#include "ic/icrc_ledger.h"
#include "ic/msg.h"
#include "test/check.h"

static uint8_t memory[4096];
static struct ic_answer answer;
static uint64_t block;
static enum ic_transfer_end end;

enum method { TRANSFER, TRANSFER_FROM, APPROVE, METHODS };

static void take(void *argument)
{
    (void)candid_msg_arena();
    block = 7;
    switch (*(enum method *)argument) {
    case TRANSFER: {
        struct icrc_ledger_icrc1_transfer_out out;
        end = ic_transfer_take(&out, &block, &answer);
        break;
    }
    case TRANSFER_FROM: {
        struct icrc_ledger_icrc2_transfer_from_out out;
        end = ic_transfer_from_take(&out, &block, &answer);
        break;
    }
    case APPROVE: {
        struct icrc_ledger_icrc2_approve_out out;
        end = ic_approve_take(&out, &block, &answer);
        break;
    }
    case METHODS:
        break;
    }
}

static enum ic_transfer_end end_of(enum method method, enum ic_call_code code,
                                   struct ic_bytes bytes)
{
    answer = (struct ic_answer){.code = code, .bytes = bytes};
    CHECK_RUNS(take, &method);
    return end;
}

static struct ic_bytes encode(const struct candid_method *method, const void *out)
{
    struct ic_arena arena;
    struct ic_bytes bytes;
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_encode(&bytes, &method->out, out, CANDID_ENCODE_NARROW, &arena),
                     CANDID_OK);
    return bytes;
}

static int setup(void **state)
{
    (void)state;
    ic_host_reset();
    return 0;
}

/* What must come of a reply, and the block that goes with it; 7: none was written. */
#define CHECK_END(method, out, descriptor, expected, expected_block)                               \
    do {                                                                                           \
        assert_int_equal(end_of(method, IC_CALL_OK, encode(&(descriptor), &(out))), expected);     \
        assert_true(block == (expected_block));                                                    \
    } while (0)

static const struct candid_nat BIG = {.lo = 1, .hi = 1};

static void blocks(void **state)
{
    (void)state;
    struct icrc_ledger_icrc1_transfer_out out = {
        .ret0 = {.tag = ICRC_LEDGER_TRANSFER_RESULT_OK, .as.ok = candid_nat_from_u64(5)}};
    CHECK_END(TRANSFER, out, icrc_ledger_icrc1_transfer_method, IC_TRANSFER_MADE, 5);
    out.ret0.as.ok = BIG;
    CHECK_END(TRANSFER, out, icrc_ledger_icrc1_transfer_method, IC_TRANSFER_MADE, UINT64_MAX);
    struct icrc_ledger_icrc2_transfer_from_out from = {
        .ret0 = {.tag = ICRC_LEDGER_TRANSFER_FROM_RESULT_OK, .as.ok = candid_nat_from_u64(6)}};
    CHECK_END(TRANSFER_FROM, from, icrc_ledger_icrc2_transfer_from_method, IC_TRANSFER_MADE, 6);
    struct icrc_ledger_icrc2_approve_out approve = {
        .ret0 = {.tag = ICRC_LEDGER_APPROVE_RESULT_OK, .as.ok = candid_nat_from_u64(8)}};
    CHECK_END(APPROVE, approve, icrc_ledger_icrc2_approve_method, IC_TRANSFER_MADE, 8);
}

static void errors_of_transfer(void **state)
{
    (void)state;
    static const struct {
        enum icrc_ledger_transfer_error_tag tag;
        enum ic_transfer_end end;
    } ROWS[] = {{ICRC_LEDGER_TRANSFER_ERROR_BAD_FEE, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_TRANSFER_ERROR_BAD_BURN, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_TRANSFER_ERROR_INSUFFICIENT_FUNDS, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_TRANSFER_ERROR_TOO_OLD, IC_TRANSFER_FORGOTTEN},
                {ICRC_LEDGER_TRANSFER_ERROR_CREATED_IN_FUTURE, IC_TRANSFER_NOT_NOW},
                {ICRC_LEDGER_TRANSFER_ERROR_TEMPORARILY_UNAVAILABLE, IC_TRANSFER_NOT_NOW},
                {ICRC_LEDGER_TRANSFER_ERROR_GENERIC_ERROR, IC_TRANSFER_REFUSED}};
    struct icrc_ledger_icrc1_transfer_out out = {.ret0 = {.tag = ICRC_LEDGER_TRANSFER_RESULT_ERR}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        out.ret0.as.err.tag = ROWS[i].tag;
        CHECK_END(TRANSFER, out, icrc_ledger_icrc1_transfer_method, ROWS[i].end, 7);
    }
    out.ret0.as.err.tag = ICRC_LEDGER_TRANSFER_ERROR_DUPLICATE;
    out.ret0.as.err.as.duplicate.duplicate_of = candid_nat_from_u64(9);
    CHECK_END(TRANSFER, out, icrc_ledger_icrc1_transfer_method, IC_TRANSFER_MADE, 9);
}

static void errors_of_transfer_from(void **state)
{
    (void)state;
    static const struct {
        enum icrc_ledger_transfer_from_error_tag tag;
        enum ic_transfer_end end;
    } ROWS[] = {{ICRC_LEDGER_TRANSFER_FROM_ERROR_BAD_FEE, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_TRANSFER_FROM_ERROR_BAD_BURN, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_TRANSFER_FROM_ERROR_INSUFFICIENT_FUNDS, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_TRANSFER_FROM_ERROR_INSUFFICIENT_ALLOWANCE, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_TRANSFER_FROM_ERROR_TOO_OLD, IC_TRANSFER_FORGOTTEN},
                {ICRC_LEDGER_TRANSFER_FROM_ERROR_CREATED_IN_FUTURE, IC_TRANSFER_NOT_NOW},
                {ICRC_LEDGER_TRANSFER_FROM_ERROR_TEMPORARILY_UNAVAILABLE, IC_TRANSFER_NOT_NOW},
                {ICRC_LEDGER_TRANSFER_FROM_ERROR_GENERIC_ERROR, IC_TRANSFER_REFUSED}};
    struct icrc_ledger_icrc2_transfer_from_out out = {
        .ret0 = {.tag = ICRC_LEDGER_TRANSFER_FROM_RESULT_ERR}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        out.ret0.as.err.tag = ROWS[i].tag;
        CHECK_END(TRANSFER_FROM, out, icrc_ledger_icrc2_transfer_from_method, ROWS[i].end, 7);
    }
    out.ret0.as.err.tag = ICRC_LEDGER_TRANSFER_FROM_ERROR_DUPLICATE;
    out.ret0.as.err.as.duplicate.duplicate_of = candid_nat_from_u64(10);
    CHECK_END(TRANSFER_FROM, out, icrc_ledger_icrc2_transfer_from_method, IC_TRANSFER_MADE, 10);
}

static void errors_of_approve(void **state)
{
    (void)state;
    static const struct {
        enum icrc_ledger_approve_error_tag tag;
        enum ic_transfer_end end;
    } ROWS[] = {{ICRC_LEDGER_APPROVE_ERROR_BAD_FEE, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_APPROVE_ERROR_INSUFFICIENT_FUNDS, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_APPROVE_ERROR_ALLOWANCE_CHANGED, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_APPROVE_ERROR_EXPIRED, IC_TRANSFER_REFUSED},
                {ICRC_LEDGER_APPROVE_ERROR_TOO_OLD, IC_TRANSFER_FORGOTTEN},
                {ICRC_LEDGER_APPROVE_ERROR_CREATED_IN_FUTURE, IC_TRANSFER_NOT_NOW},
                {ICRC_LEDGER_APPROVE_ERROR_TEMPORARILY_UNAVAILABLE, IC_TRANSFER_NOT_NOW},
                {ICRC_LEDGER_APPROVE_ERROR_GENERIC_ERROR, IC_TRANSFER_REFUSED}};
    struct icrc_ledger_icrc2_approve_out out = {.ret0 = {.tag = ICRC_LEDGER_APPROVE_RESULT_ERR}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        out.ret0.as.err.tag = ROWS[i].tag;
        CHECK_END(APPROVE, out, icrc_ledger_icrc2_approve_method, ROWS[i].end, 7);
    }
    out.ret0.as.err.tag = ICRC_LEDGER_APPROVE_ERROR_DUPLICATE;
    out.ret0.as.err.as.duplicate.duplicate_of = candid_nat_from_u64(11);
    CHECK_END(APPROVE, out, icrc_ledger_icrc2_approve_method, IC_TRANSFER_MADE, 11);
}

/* Only what certainly had no effect may be taken for "not now". */
static void no_reply(void **state)
{
    (void)state;
    for (enum method m = TRANSFER; m < METHODS; m++) {
        for (enum ic_call_code code = IC_CALL_SYS_FATAL; code <= IC_CALL_REPLY_TOO_LARGE; code++) {
            const bool had_no_effect = code == IC_CALL_SYS_FATAL || code == IC_CALL_SYS_TRANSIENT ||
                                       code == IC_CALL_DESTINATION_INVALID;
            assert_int_equal(end_of(m, code, IC_BYTES_LIT("why")),
                             had_no_effect ? IC_TRANSFER_NOT_NOW : IC_TRANSFER_UNKNOWN);
            assert_true(block == 7);
        }
        assert_int_equal(end_of(m, IC_CALL_OK, IC_BYTES_LIT("DIDL")), IC_TRANSFER_UNKNOWN);
        assert_int_equal(end_of(m, IC_CALL_OK, IC_BYTES_LIT("")), IC_TRANSFER_UNKNOWN);
        assert_int_equal(end_of(m, IC_CALL_OK, IC_BYTES_LIT("DIDL\0\1\x71\1a")),
                         IC_TRANSFER_UNKNOWN);
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(ic_transfer_end_name(IC_TRANSFER_MADE), "made");
    assert_string_equal(ic_transfer_end_name(IC_TRANSFER_REFUSED), "refused");
    assert_string_equal(ic_transfer_end_name(IC_TRANSFER_NOT_NOW), "not now");
    assert_string_equal(ic_transfer_end_name(IC_TRANSFER_UNKNOWN), "unknown");
    assert_string_equal(ic_transfer_end_name(IC_TRANSFER_FORGOTTEN), "forgotten");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(blocks, setup),
        cmocka_unit_test_setup(errors_of_transfer, setup),
        cmocka_unit_test_setup(errors_of_transfer_from, setup),
        cmocka_unit_test_setup(errors_of_approve, setup),
        cmocka_unit_test_setup(no_reply, setup),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
