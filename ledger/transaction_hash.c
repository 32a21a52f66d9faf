#include "ledger/transaction_hash.h"

#include "ic/sha2.h"
#include "ic/text.h"
#include "ic/trap.h"
#include "ledger/constants.h"

/* Major types of CBOR, in the top three bits of an item's first byte. SPEC: RFC 8949 3.1 */
enum {
    CBOR_UINT = 0x00,
    CBOR_BYTES = 0x40,
    CBOR_TEXT = 0x60,
    CBOR_MAP = 0xa0,
    CBOR_NULL = 0xf6,
};

/* Positions in the maps. A reader of the format finds them in transaction_hash.h. */
enum {
    KEY_OPERATION = 0,
    KEY_MEMO = 1,
    KEY_CREATED_AT = 2,
    KEY_ICRC1_MEMO = 3,
    KEY_ONLY = 0, // of an amount or a time
};

/* The next byte goes to `at`; the buffer has room for any transaction. */
struct cbor {
    uint8_t *at;
};

static void put_byte(struct cbor *w, uint8_t byte)
{
    *w->at++ = byte;
}

static void put_big_endian(struct cbor *w, uint64_t value, unsigned bytes)
{
    while (bytes-- != 0) {
        put_byte(w, (uint8_t)(value >> (8 * bytes)));
    }
}

/* put_head puts a major type with its number in the shortest form. */
static void put_head(struct cbor *w, uint8_t major, uint64_t number)
{
    if (number < 24) {
        put_byte(w, (uint8_t)(major | number));
    } else if (number <= UINT8_MAX) {
        put_byte(w, major | 24);
        put_big_endian(w, number, 1);
    } else if (number <= UINT16_MAX) {
        put_byte(w, major | 25);
        put_big_endian(w, number, 2);
    } else if (number <= UINT32_MAX) {
        put_byte(w, major | 26);
        put_big_endian(w, number, 4);
    } else {
        put_byte(w, major | 27);
        put_big_endian(w, number, 8);
    }
}

static void put_map(struct cbor *w, uint8_t fields)
{
    put_byte(w, CBOR_MAP | fields);
}

static void put_key(struct cbor *w, uint8_t key)
{
    put_byte(w, CBOR_UINT | key);
}

/* put_number puts key: { 0: value }, the form of amounts and times. */
static void put_number(struct cbor *w, uint8_t key, uint64_t value)
{
    put_key(w, key);
    put_map(w, 1);
    put_key(w, KEY_ONLY);
    put_head(w, CBOR_UINT, value);
}

static void put_opt_number(struct cbor *w, uint8_t key, struct ledger_opt_u64 number)
{
    if (number.has) {
        put_number(w, key, number.v);
        return;
    }
    put_key(w, key);
    put_byte(w, CBOR_NULL);
}

static void put_account(struct cbor *w, uint8_t key, const struct ledger_account *account)
{
    put_key(w, key);
    put_head(w, CBOR_TEXT, 2 * LEDGER_ACCOUNT_BYTES);
    ic_hex_encode((char *)w->at,
                  (struct ic_bytes){.at = account->address, .size = LEDGER_ACCOUNT_BYTES});
    w->at += 2 * LEDGER_ACCOUNT_BYTES;
}

/* put_variant opens { variant: { ... } } with a number of fields. */
static void put_variant(struct cbor *w, uint8_t variant, uint8_t fields)
{
    put_map(w, 1);
    put_key(w, variant);
    put_map(w, fields);
}

static void put_operation(struct cbor *w, const struct ledger_operation *op)
{
    const uint8_t spenders = op->spender != NULL ? 1 : 0;
    switch (op->kind) {
    case LEDGER_BURN:
        put_variant(w, 0, 2 + spenders);
        put_account(w, 0, op->from);
        put_number(w, 1, op->amount.v);
        if (spenders != 0) {
            put_account(w, 2, op->spender);
        }
        break;
    case LEDGER_MINT:
        put_variant(w, 1, 2);
        put_account(w, 0, op->to);
        put_number(w, 1, op->amount.v);
        break;
    case LEDGER_TRANSFER:
        put_variant(w, 2, 4 + spenders);
        put_account(w, 0, op->from);
        put_account(w, 1, op->to);
        put_number(w, 2, op->amount.v);
        put_number(w, 3, op->fee.v);
        if (spenders != 0) {
            put_account(w, 4, op->spender);
        }
        break;
    case LEDGER_APPROVE:
        put_variant(w, 3, 6);
        put_account(w, 0, op->from);
        put_account(w, 1, op->spender);
        put_number(w, 2, op->amount.v);
        put_opt_number(w, 3, op->expected_allowance_e8s);
        put_opt_number(w, 4, op->expires_at_ns);
        put_number(w, 5, op->fee.v);
        break;
    }
}

size_t ledger_transaction_to_cbor(uint8_t out[LEDGER_TRANSACTION_CBOR_BYTES_MAX],
                                  const struct ledger_transaction *transaction)
{
    struct cbor w = {.at = out};
    put_map(&w, transaction->has_icrc1_memo ? 4 : 3);
    put_key(&w, KEY_OPERATION);
    put_operation(&w, &transaction->operation);
    put_key(&w, KEY_MEMO);
    put_head(&w, CBOR_UINT, transaction->memo);
    put_opt_number(&w, KEY_CREATED_AT, transaction->created_at_ns);
    if (transaction->has_icrc1_memo) {
        const struct ic_bytes memo = transaction->icrc1_memo;
        ic_assert(memo.size <= LEDGER_ICRC1_MEMO_BYTES_MAX); // the buffer's size counts on it
        put_key(&w, KEY_ICRC1_MEMO);
        put_head(&w, CBOR_BYTES, memo.size);
        if (memo.size != 0) {
            memcpy(w.at, memo.at, memo.size);
        }
        w.at += memo.size;
    }
    return (size_t)(w.at - out);
}

struct ledger_hash ledger_transaction_hash(const struct ledger_transaction *transaction)
{
    uint8_t cbor[LEDGER_TRANSACTION_CBOR_BYTES_MAX];
    const size_t size = ledger_transaction_to_cbor(cbor, transaction);
    struct ledger_hash hash;
    ic_sha256(hash.bytes, (struct ic_bytes){.at = cbor, .size = size});
    return hash;
}

void ledger_hashes_get(struct ledger_hashes *hashes, const struct ledger_transaction *transaction,
                       struct ic_bytes encoded)
{
    uint8_t cbor[LEDGER_TRANSACTION_CBOR_BYTES_MAX];
    const size_t size = ledger_transaction_to_cbor(cbor, transaction);
    ic_sha256_pair(hashes->transaction.bytes, hashes->block.bytes,
                   (struct ic_bytes){.at = cbor, .size = size}, encoded);
}
