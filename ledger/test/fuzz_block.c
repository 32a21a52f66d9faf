/* Any bytes as a block: the decoder stays inside them, and a block that it accepts encodes to bytes
 * that decode to the same block. */
#include "ledger/block.h"
#include "ledger/constants.h"
#include "ledger/transaction_hash.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger_block block, again;
    uint8_t first[LEDGER_BLOCK_BYTES_MAX], second[LEDGER_BLOCK_BYTES_MAX];
    if (!ledger_block_decode(&block, (struct ic_bytes){.at = data, .size = size})) {
        return 0;
    }
    if (block.transaction.icrc1_memo.size > LEDGER_ICRC1_MEMO_BYTES_MAX) {
        return 0; // the encoder has no room for it, and is never asked
    }
    const struct ic_bytes encoded = ledger_block_encode(first, &block);
    require(ledger_block_decode(&again, encoded));
    const struct ic_bytes same = ledger_block_encode(second, &again);
    require(ic_bytes_is_equal(encoded, same));
    const struct ledger_hash hash = ledger_transaction_hash(&block.transaction);
    const struct ledger_hash hash_again = ledger_transaction_hash(&again.transaction);
    require(memcmp(&hash, &hash_again, sizeof hash) == 0);
    return 0;
}
