#include "ledger/transaction_hash.h"

#include "ic/buf.h"
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

/* Each function below writes at `at`, where the buffer has room for any transaction, and returns the
 * place behind. SHORT keeps the linker from repeating in a dozen places what is called there. */
#define SHORT __attribute__((noinline))

static uint8_t *put_byte(uint8_t *at, unsigned byte)
{
    *at = (uint8_t)byte;
    return at + 1;
}

/* put_head puts a major type with its number in the shortest form. It touches up to 7 bytes behind:
 * what follows overwrites them, and at the end of a transaction the room for a memo, or the memo. */
static uint8_t *put_head(uint8_t *at, unsigned major, uint64_t number)
{
    if (number < 24) {
        return put_byte(at, major | (unsigned)number);
    }
    const unsigned log_bytes =
        number <= UINT8_MAX ? 0 : number <= UINT16_MAX ? 1 : number <= UINT32_MAX ? 2 : 3;
    const unsigned bytes = 1u << log_bytes;
    at = put_byte(at, major | (24 + log_bytes));
    ic_store_u64_le(at, __builtin_bswap64(number) >> (64 - 8 * bytes));
    return at + bytes;
}

static uint8_t *put_map(uint8_t *at, unsigned fields)
{
    return put_byte(at, CBOR_MAP | fields);
}

static uint8_t *put_key(uint8_t *at, unsigned key)
{
    return put_byte(at, CBOR_UINT | key);
}

/* put_number puts key: { 0: value }, the form of amounts and times. */
SHORT static uint8_t *put_number(uint8_t *at, unsigned key, uint64_t value)
{
    at = put_key(at, key);
    at = put_map(at, 1);
    at = put_key(at, KEY_ONLY);
    return put_head(at, CBOR_UINT, value);
}

static uint8_t *put_opt_number(uint8_t *at, unsigned key, struct ledger_opt_u64 number)
{
    return number.has ? put_number(at, key, number.v) : put_byte(put_key(at, key), CBOR_NULL);
}

SHORT static uint8_t *put_account(uint8_t *at, unsigned key, const struct ledger_account *account)
{
    at = put_key(at, key);
    at = put_head(at, CBOR_TEXT, 2 * LEDGER_ACCOUNT_BYTES);
    ic_hex_encode((char *)at,
                  (struct ic_bytes){.at = account->address, .size = LEDGER_ACCOUNT_BYTES});
    return at + 2 * LEDGER_ACCOUNT_BYTES;
}

static uint8_t *put_opt_account(uint8_t *at, unsigned key, const struct ledger_account *account)
{
    return account != NULL ? put_account(at, key, account) : at;
}

/* ---- the transaction ------------------------------------------------------------------------- */

/* put_variant opens { variant: { ... } } with a number of fields. */
static uint8_t *put_variant(uint8_t *at, unsigned variant, unsigned fields)
{
    at = put_map(at, 1);
    at = put_key(at, variant);
    return put_map(at, fields);
}

static uint8_t *put_operation(uint8_t *at, const struct ledger_operation *op)
{
    const unsigned spenders = op->spender != NULL ? 1 : 0;
    switch (op->kind) {
    case LEDGER_BURN:
        at = put_variant(at, 0, 2 + spenders);
        at = put_account(at, 0, op->from);
        at = put_number(at, 1, op->amount.v);
        return put_opt_account(at, 2, op->spender);
    case LEDGER_MINT:
        at = put_variant(at, 1, 2);
        at = put_account(at, 0, op->to);
        return put_number(at, 1, op->amount.v);
    case LEDGER_TRANSFER:
        at = put_variant(at, 2, 4 + spenders);
        at = put_account(at, 0, op->from);
        at = put_account(at, 1, op->to);
        at = put_number(at, 2, op->amount.v);
        at = put_number(at, 3, op->fee.v);
        return put_opt_account(at, 4, op->spender);
    case LEDGER_APPROVE:
        at = put_variant(at, 3, 6);
        at = put_account(at, 0, op->from);
        at = put_account(at, 1, op->spender);
        at = put_number(at, 2, op->amount.v);
        at = put_opt_number(at, 3, op->expected_allowance_e8s);
        at = put_opt_number(at, 4, op->expires_at_ns);
        return put_number(at, 5, op->fee.v);
    }
    return at;
}

size_t ledger_transaction_to_cbor(uint8_t out[LEDGER_TRANSACTION_CBOR_BYTES_MAX],
                                  const struct ledger_transaction *transaction)
{
    uint8_t *at = put_map(out, transaction->has_icrc1_memo ? 4 : 3);
    at = put_key(at, KEY_OPERATION);
    at = put_operation(at, &transaction->operation);
    at = put_key(at, KEY_MEMO);
    at = put_head(at, CBOR_UINT, transaction->memo);
    at = put_opt_number(at, KEY_CREATED_AT, transaction->created_at_ns);
    if (transaction->has_icrc1_memo) {
        const struct ic_bytes memo = transaction->icrc1_memo;
        ic_assert(memo.size <= LEDGER_ICRC1_MEMO_BYTES_MAX); // the buffer's size counts on it
        at = put_key(at, KEY_ICRC1_MEMO);
        at = put_head(at, CBOR_BYTES, memo.size);
        if (memo.size != 0) {
            memcpy(at, memo.at, memo.size);
        }
        at += memo.size;
    }
    return (size_t)(at - out);
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
