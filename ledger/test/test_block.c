/* Blocks and transaction hashes, byte for byte. SPEC: ledger 8, 18.3 to 18.5 */
#include "ledger/test/support.h"
#include "ledger/block.h"
#include "ledger/test/vectors.h"
#include "ledger/transaction_hash.h"

#define T0 TEST_T0_NS

/* ---- the computed chain, built from its description ------------------------------------------ */

struct accounts {
    struct ledger_account user[5];
};

static struct accounts make_accounts(void)
{
    struct accounts a;
    for (uint64_t i = 0; i < TEST_ITEMS(a.user); i++) {
        a.user[i] = test_account(i);
    }
    return a;
}

static const uint8_t ONES[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static struct ledger_opt_u64 some(uint64_t v)
{
    return (struct ledger_opt_u64){.has = true, .v = v};
}

static struct ledger_transaction with_memo(struct ledger_transaction transaction,
                                           struct ic_bytes memo)
{
    transaction.has_icrc1_memo = true;
    transaction.icrc1_memo = memo;
    return transaction;
}

/* Transaction i of the chain; timestamps are T0 + offset. */
static struct ledger_transaction chain_transaction(size_t i, const struct accounts *a,
                                                   uint64_t *offset_s)
{
    static const uint64_t offsets_s[CHAIN_LENGTH] = {0, 2, 3, 4, 5, 6, 7, 8, 9};
    const struct ledger_account *u1 = &a->user[1], *u2 = &a->user[2], *u3 = &a->user[3];
    const struct e8s fee = {TEST_FEE_E8S};
    struct ledger_transaction t = {0};
    *offset_s = offsets_s[i];
    switch (i) {
    case 0:
        t.operation = (struct ledger_operation){LEDGER_MINT, .to = u1, .amount = {100000000000}};
        t.created_at_ns = some(T0);
        return t;
    case 1:
        t.operation = (struct ledger_operation){
            LEDGER_TRANSFER, .from = u1, .to = u2, .amount = {123456789}, .fee = fee};
        t.memo = 42;
        t.created_at_ns = some(T0 + TEST_S);
        return t;
    case 2:
        t.operation = (struct ledger_operation){
            LEDGER_TRANSFER, .from = u1, .to = u2, .amount = {1}, .fee = fee};
        return with_memo(t, IC_BYTES_LIT("hello"));
    case 3:
        t.operation = (struct ledger_operation){
            LEDGER_APPROVE, .from = u1, .spender = u3, .amount = {500000}, .fee = fee};
        return t;
    case 4:
        t.operation = (struct ledger_operation){LEDGER_APPROVE,
                                                .from = u1,
                                                .spender = u3,
                                                .amount = {UINT64_MAX},
                                                .fee = fee,
                                                .expected_allowance_e8s = some(500000),
                                                .expires_at_ns = some(T0 + 3600 * TEST_S)};
        t.created_at_ns = some(T0 + 5 * TEST_S);
        return with_memo(t, (struct ic_bytes){.at = ONES, .size = sizeof ONES});
    case 5:
        t.operation = (struct ledger_operation){LEDGER_TRANSFER,
                                                .from = u1,
                                                .to = &a->user[4],
                                                .spender = u3,
                                                .amount = {7},
                                                .fee = fee};
        t.created_at_ns = some(T0 + 6 * TEST_S);
        return t;
    case 6:
        t.operation = (struct ledger_operation){LEDGER_BURN, .from = u2, .amount = {20000}};
        t.memo = 9;
        t.created_at_ns = some(T0 + 7 * TEST_S);
        return t;
    case 7:
        t.operation = (struct ledger_operation){
            LEDGER_BURN, .from = u1, .spender = u3, .amount = {30000}};
        return t;
    default:
        t.operation = (struct ledger_operation){LEDGER_MINT, .to = u2};
        return with_memo(t, (struct ic_bytes){0});
    }
}

static void check_transaction(const struct vector *v, const struct ledger_transaction *t)
{
    uint8_t cbor[LEDGER_TRANSACTION_CBOR_BYTES_MAX];
    const size_t size = ledger_transaction_to_cbor(cbor, t);
    const struct ledger_hash hash = ledger_transaction_hash(t);
    if (v->cbor != NULL) {
        test_assert_hex(v->name, cbor, size, v->cbor);
    }
    test_assert_hex(v->name, hash.bytes, sizeof hash.bytes, v->hash);
}

/* Both hashes at once are the two hashes. */
static void check_hashes(const struct ledger_transaction *t, struct ic_bytes encoded)
{
    struct ledger_hashes hashes;
    const struct ledger_hash transaction = ledger_transaction_hash(t);
    const struct ledger_hash block = ledger_block_hash(encoded);
    ledger_hashes_get(&hashes, t, encoded);
    assert_memory_equal(&hashes.transaction, &transaction, sizeof transaction);
    assert_memory_equal(&hashes.block, &block, sizeof block);
}

static void test_chain(void **state)
{
    (void)state;
    const struct accounts a = make_accounts();
    struct ledger_hash parent = {{0}};
    for (size_t i = 0; i < CHAIN_LENGTH; i++) {
        const struct vector *v = &CHAIN_VECTORS[i];
        uint64_t offset_s = 0;
        const struct ledger_transaction transaction = chain_transaction(i, &a, &offset_s);
        const struct ledger_block block = {
            .transaction = transaction,
            .timestamp_ns = T0 + offset_s * TEST_S,
            .parent_hash = i == 0 ? NULL : &parent,
        };
        uint8_t buffer[LEDGER_BLOCK_BYTES_MAX];
        const struct ic_bytes encoded = ledger_block_encode(buffer, &block);
        test_assert_hex(v->name, encoded.at, encoded.size, v->block);
        parent = ledger_block_hash(encoded);
        test_assert_hex(v->name, parent.bytes, sizeof parent.bytes, v->block_hash);
        check_transaction(v, &block.transaction);
        check_hashes(&block.transaction, encoded);
    }
}

/* ---- every vector decodes, and encodes to itself --------------------------------------------- */

static void check_round_trip(const struct vector *v)
{
    const struct test_bytes bytes = test_unhex(v->block);
    const struct ic_bytes record = {.at = bytes.at, .size = bytes.size};
    struct ledger_block block;
    uint8_t buffer[LEDGER_BLOCK_BYTES_MAX];
    assert_true(ledger_block_decode(&block, record));
    const struct ic_bytes again = ledger_block_encode(buffer, &block);
    test_assert_hex(v->name, again.at, again.size, v->block);
    const struct ledger_hash hash = ledger_block_hash(again);
    test_assert_hex(v->name, hash.bytes, sizeof hash.bytes, v->block_hash);
    if (v->hash != NULL) {
        check_transaction(v, &block.transaction);
    }
    free(bytes.at);
}

static void test_round_trips(void **state)
{
    (void)state;
    check_round_trip(&MAINNET_BLOCK);
    for (size_t i = 0; i < TEST_ITEMS(CHAIN_VECTORS); i++) {
        check_round_trip(&CHAIN_VECTORS[i]);
    }
}

static void test_stand_alone_fields(void **state)
{
    (void)state;
    const struct test_bytes bytes = test_unhex(CHAIN_VECTORS[10].block);
    struct ledger_block block;
    assert_true(ledger_block_decode(&block, (struct ic_bytes){.at = bytes.at, .size = bytes.size}));
    assert_null(block.parent_hash);
    assert_int_equal(block.timestamp_ns, 1000000001);
    assert_int_equal(block.transaction.memo, 456);
    assert_true(block.transaction.created_at_ns.has);
    assert_int_equal(block.transaction.created_at_ns.v, UINT64_C(2000000000123456789));
    assert_false(block.transaction.has_icrc1_memo);
    const struct ledger_operation *op = &block.transaction.operation;
    assert_int_equal(op->kind, LEDGER_TRANSFER);
    assert_int_equal(op->amount.v, UINT64_C(1000000000050));
    assert_int_equal(op->fee.v, 10000);
    assert_null(op->spender);
    const struct ledger_account minter = test_minter(); // canister 1
    assert_true(ledger_account_is_equal(op->from, &minter));
    free(bytes.at);
}

/* ---- transactions of other sources ----------------------------------------------------------- */

static struct ledger_account account_from_text(const char *hex)
{
    struct ledger_account account;
    assert_int_equal(ledger_account_from_hex(&account, ic_bytes_from_text(hex)), IC_ADDRESS_OK);
    return account;
}

static void test_official_transactions(void **state)
{
    (void)state;
    const struct accounts a = make_accounts();
    const struct ledger_account from =
        account_from_text("e7a879ea563d273c46dd28c1584eaa132fad6f3e316615b3eb657d067f3519b5");
    const struct ledger_account to =
        account_from_text("207ec07185bedd0f2176ec2760057b8b7bc619a94d60e70fbc91af322a9f7e93");
    struct ledger_transaction t = {
        .operation = {LEDGER_TRANSFER,
                      .from = &from,
                      .to = &to,
                      .amount = {UINT64_C(11541900000)},
                      .fee = {10000}},
        .memo = UINT64_C(5432845643782906771),
        .created_at_ns = some(UINT64_C(1621901572293430780)),
    };
    check_transaction(&TRANSACTION_VECTORS[0], &t);
    t = (struct ledger_transaction){
        .operation = {LEDGER_TRANSFER,
                      .from = &a.user[0],
                      .to = &a.user[1],
                      .amount = {100000000},
                      .fee = {10000}},
        .memo = 123456,
        .created_at_ns = some(1000000000),
    };
    check_transaction(&TRANSACTION_VECTORS[1], &t);
    t = with_memo(t, (struct ic_bytes){0});
    check_transaction(&TRANSACTION_VECTORS[2], &t);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void test_longest(void **state)
{
    (void)state;
    const struct accounts a = make_accounts();
    const struct ledger_hash parent = {{0xff}};
    struct ledger_block block = {
        .parent_hash = &parent,
        .timestamp_ns = UINT64_MAX,
        .transaction = {.operation = {LEDGER_TRANSFER,
                                      .from = &a.user[0],
                                      .to = &a.user[1],
                                      .spender = &a.user[2],
                                      .amount = {UINT64_MAX},
                                      .fee = {UINT64_MAX}},
                        .memo = UINT64_MAX,
                        .created_at_ns = some(UINT64_MAX),
                        .has_icrc1_memo = true,
                        .icrc1_memo = {.at = ONES, .size = sizeof ONES}},
    };
    uint8_t buffer[LEDGER_BLOCK_BYTES_MAX];
    uint8_t cbor[LEDGER_TRANSACTION_CBOR_BYTES_MAX];
    assert_int_equal(ledger_block_encode(buffer, &block).size, 253);
    assert_int_equal(ledger_transaction_to_cbor(cbor, &block.transaction), 287);
    block.transaction.operation = (struct ledger_operation){LEDGER_APPROVE,
                                                            .from = &a.user[0],
                                                            .spender = &a.user[1],
                                                            .amount = {UINT64_MAX},
                                                            .fee = {UINT64_MAX},
                                                            .expected_allowance_e8s =
                                                                some(UINT64_MAX),
                                                            .expires_at_ns = some(UINT64_MAX)};
    assert_int_equal(ledger_block_encode(buffer, &block).size, 245);
    assert_true(ledger_transaction_to_cbor(cbor, &block.transaction) <= sizeof cbor);
}

/* What the published figures mean by a block. */
static void test_plain_transfer_is_138_bytes(void **state)
{
    (void)state;
    const struct accounts a = make_accounts();
    const struct ledger_hash parent = {{1}};
    const struct ledger_block block = {
        .parent_hash = &parent,
        .timestamp_ns = T0,
        .transaction.operation = {LEDGER_TRANSFER,
                                  .from = &a.user[1],
                                  .to = &a.user[2],
                                  .amount = {10000000},
                                  .fee = {10000}},
    };
    uint8_t buffer[LEDGER_BLOCK_BYTES_MAX];
    assert_int_equal(ledger_block_encode(buffer, &block).size, 138);
}

/* ---- what a decoder meets -------------------------------------------------------------------- */

/* Decodes a copy of exact size, so that the sanitizer sees any read beyond it. */
static bool decodes(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    struct ledger_block block;
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    uint8_t *exact = realloc(copy, size == 0 ? 1 : size);
    const bool ok = ledger_block_decode(&block, (struct ic_bytes){.at = exact, .size = size});
    free(exact);
    return ok;
}

static void test_cut_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_ITEMS(CHAIN_VECTORS); i++) {
        const struct test_bytes bytes = test_unhex(CHAIN_VECTORS[i].block);
        for (size_t size = 0; size < bytes.size; size++) {
            assert_false(decodes(bytes.at, size)); // the transaction comes last
        }
        assert_true(decodes(bytes.at, bytes.size));
        for (size_t at = 0; at < bytes.size; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                bytes.at[at] ^= (uint8_t)(1u << bit);
                (void)decodes(bytes.at, bytes.size); // whatever it says, it stays inside
                bytes.at[at] ^= (uint8_t)(1u << bit);
            }
        }
        free(bytes.at);
    }
}

struct decode_row {
    const char *what;
    const char *block; /* hex; A stands for an account message of 34 bytes */
    bool ok;
};

/* Expands A, so that rows stay readable. */
static struct test_bytes row_bytes(const char *text)
{
    char hex[2048] = "";
    for (const char *at = text; *at != 0; at++) {
        if (*at == 'A') {
            strcat(hex, "0a20" "807077e900000000000000000000000000000000000000000000000000000000");
        } else if (*at != ' ') {
            strncat(hex, at, 1);
        }
    }
    return test_unhex(hex);
}

static const struct decode_row DECODE_ROWS[] = {
    {"a mint without a timestamp", "1a26 1224 1222A", true},
    {"fields in the other order", "1a2a 2202082d 1224 1222A 1200", true},
    {"an unknown field of each wire type",
     "1a39 1224 1222A 7805 71 0102030405060708 7a0101 7d01020304 1200", true},
    {"a group", "1a27 1224 1222A 7b 1200", false},
    {"no transaction", "120a0880b8aed4dd89a4be16", false},
    {"an empty transaction", "1a00", false},
    {"a mint to nobody", "1a02 1200", false},
    {"a transfer from nobody", "1a26 1a24 1222A", false},
    {"a hash of 31 bytes",
     "0a21 0a1f 00000000000000000000000000000000000000000000000000000000000000 1a26 1224 1222A",
     false},
    {"a length beyond the end", "1a7f 1224 1222A", false},
    {"a varint without end", "1a26 1224 1222A ffffffffffffffffffffff", false},
    {"field number 0", "1a26 1224 1222A 0001", false},
};

static void test_decode_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_ITEMS(DECODE_ROWS); i++) {
        const struct test_bytes bytes = row_bytes(DECODE_ROWS[i].block);
        if (decodes(bytes.at, bytes.size) != DECODE_ROWS[i].ok) {
            fail_msg("%s", DECODE_ROWS[i].what);
        }
        free(bytes.at);
    }
}

/* Old mainnet blocks leave out what has a default. SPEC: ledger 8.1 */
static void test_historic_defaults(void **state)
{
    (void)state;
    struct ledger_block block;
    const struct test_bytes old = row_bytes("1a4e 1a4c 0a22A 1222A 1a020805");
    assert_true(ledger_block_decode(&block, (struct ic_bytes){.at = old.at, .size = old.size}));
    assert_int_equal(block.transaction.operation.fee.v, 10000);
    assert_int_equal(block.transaction.operation.amount.v, 5);
    assert_int_equal(block.transaction.memo, 0);
    assert_false(block.transaction.created_at_ns.has);
    free(old.at);
    const struct test_bytes zero_fee = row_bytes("1a50 1a4e 0a22A 1222A 1a020805 2200");
    assert_true(
        ledger_block_decode(&block, (struct ic_bytes){.at = zero_fee.at, .size = zero_fee.size}));
    assert_int_equal(block.transaction.operation.fee.v, 0);
    free(zero_fee.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_stand_alone_fields),
        cmocka_unit_test(test_official_transactions),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_plain_transfer_is_138_bytes),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_decode_rows),
        cmocka_unit_test(test_historic_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
