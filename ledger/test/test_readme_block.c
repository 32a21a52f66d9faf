/* The walk through a block in ledger/README.md says the truth. */
#include "ledger/block.h"
#include "ledger/test/support.h"
#include "ledger/transaction_hash.h"

#define README      "ledger/README.md"
#define LINE_MAX_   512

static FILE *readme_open(void)
{
    FILE *file = fopen(README, "r");
    assert_non_null(file);
    return file;
}

/* The hex digits of the block's fence, without the notes right of them. */
static void readme_block(char *hex, size_t size)
{
    char line[LINE_MAX_];
    size_t n = 0;
    bool inside = false;
    FILE *file = readme_open();
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "```", 3) == 0) {
            inside = strncmp(line, "```block", 8) == 0;
            continue;
        }
        /* A word of hex digits alone; the first other word begins the note. */
        for (char *word = strtok(line, " \n"); inside && word != NULL; word = strtok(NULL, " \n")) {
            if (strspn(word, "0123456789abcdef") != strlen(word) || strlen(word) % 2 != 0) {
                break;
            }
            assert_true(n + strlen(word) < size);
            memcpy(hex + n, word, strlen(word));
            n += strlen(word);
        }
    }
    fclose(file);
    hex[n] = 0;
}

/* The first word after a label that begins a line. */
static void readme_word(char *word, const char *label)
{
    char line[LINE_MAX_];
    FILE *file = readme_open();
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        const char *start = line + strspn(line, " ");
        found = start > line && strncmp(start, label, strlen(label)) == 0 &&
                sscanf(start + strlen(label), " %100[0-9a-f]", word) == 1;
    }
    fclose(file);
    assert_true(found);
}

static struct ledger_account readme_account(const char *label)
{
    char word[128];
    struct ledger_account account;
    readme_word(word, label);
    assert_int_equal(ledger_account_from_hex(&account, ic_bytes_from_text(word)), IC_ADDRESS_OK);
    return account;
}

static uint64_t readme_number(const char *label)
{
    char word[128];
    readme_word(word, label);
    return strtoull(word, NULL, 10);
}

static void test_bytes_of_the_readme(void **state)
{
    (void)state;
    char hex[1024], word[128];
    uint8_t buffer[LEDGER_BLOCK_BYTES_MAX];
    struct ledger_hash parent;
    const struct ledger_account from = readme_account("from"), to = readme_account("to ");
    readme_word(word, "parent");
    const struct test_bytes parent_bytes = test_unhex(word);
    memcpy(parent.bytes, parent_bytes.at, sizeof parent.bytes);
    free(parent_bytes.at);
    const uint64_t created_ns = readme_number("created");
    const struct ledger_block block = {
        .parent_hash = &parent,
        .timestamp_ns = created_ns,
        .transaction = {.operation = {LEDGER_TRANSFER,
                                      .from = &from,
                                      .to = &to,
                                      .amount = {readme_number("transfer")},
                                      .fee = {10000}},
                        .created_at_ns = {.has = true, .v = created_ns}},
    };
    const struct ic_bytes encoded = ledger_block_encode(buffer, &block);
    assert_int_equal(encoded.size, 151);
    readme_block(hex, sizeof hex);
    test_assert_hex("block", encoded.at, encoded.size, hex);
    const struct ledger_hash hash = ledger_block_hash(encoded);
    readme_word(word, "block hash");
    test_assert_hex("block hash", hash.bytes, sizeof hash.bytes, word);
    const struct ledger_hash transaction = ledger_transaction_hash(&block.transaction);
    readme_word(word, "transaction");
    test_assert_hex("transaction", transaction.bytes, sizeof transaction.bytes, word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes_of_the_readme)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
