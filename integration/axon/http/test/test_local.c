/* What `axon start` prepares: the identities, the accounts, the ledger. */
#include "http/local.h"

#include "ic/account.h"
#include "ic/arena.h"
#include "icp_did.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder that is not there yet, below one that is not there yet. */
static char *new_folder(char base[32])
{
    char *path = NULL;
    strcpy(base, "/tmp/axon-local-XXXXXX");
    assert_non_null(mkdtemp(base));
    assert_true(asprintf(&path, "%s/a/b", base) > 0);
    return path;
}

static void remove_folder(const char *base)
{
    static const char *const PARTS[] = {"/a/b/dev1.pem", "/a/b/dev2.pem", "/a/b", "/a", ""};
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s%s", base, PARTS[i]);
        (void)remove(path);
    }
}

/* The file is private and holds the key of the account's principal. */
static void check_identity(const struct axon_local_account *account)
{
    struct stat st;
    assert_int_equal(stat(account->pem_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *file = fopen(account->pem_path, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    assert_non_null(key);
    uint8_t *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    struct ic_principal id =
        ic_principal_from_public_key((struct ic_bytes){.at = der, .size = (size_t)size});
    assert_true(ic_principal_is_equal(&id, &account->principal));
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    fclose(file);
}

static void check_balance(struct axon_network *net, const struct axon_local_account *account)
{
    static uint8_t memory[4096];
    struct ic_principal ledger = ic_principal_from_canister_index(2);
    struct ic_account_id id = ic_account_id_from_owner(&account->principal, NULL);
    uint8_t address[IC_ADDRESS_BYTES];
    ic_account_id_to_address(address, &id);
    struct icp_account_balance_in in = {.arg0.account = {.at = address, .size = sizeof address}};
    struct icp_account_balance_out balance;
    struct ic_arena arena;
    struct ic_bytes arg;
    struct axon_outcome out = {0};
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(
        candid_encode(&arg, &icp_account_balance_method.in, &in, CANDID_ENCODE_FULL, &arena),
        CANDID_OK);
    axon_query(net, &out, &IC_PRINCIPAL_ANONYMOUS, &ledger, "account_balance", arg);
    assert_int_equal(out.status, AXON_STATUS_REPLIED);
    assert_int_equal(candid_decode(&balance, &icp_account_balance_method.out,
                                   axon_buf_bytes(&out.reply), &arena),
                     CANDID_OK);
    assert_true(balance.ret0.e8s == account->balance_e8s);
    axon_outcome_free(&out);
}

static void check_ledger(struct axon_network *net, void *context)
{
    const struct axon_local_account *accounts = axon_local_accounts(context);
    struct ic_principal ledger = ic_principal_from_canister_index(2);
    struct ic_principal root = ic_principal_from_canister_index(3);
    struct axon_canister_info info;
    assert_true(axon_canister_find(net, &info, &ledger));
    assert_int_equal(info.controller_count, 2);
    unsigned seen = 0;
    for (size_t i = 0; i < 2; i++) {
        seen += ic_principal_is_equal(&info.controllers[i], &root) ? 1u : 0u;
        seen += ic_principal_is_equal(&info.controllers[i], &accounts[0].principal) ? 2u : 0u;
    }
    assert_int_equal(seen, 3);
    for (size_t i = 0; i < AXON_LOCAL_ACCOUNTS; i++) {
        check_balance(net, &accounts[i]);
    }
}

static void test_start(void **state)
{
    (void)state;
    char base[32];
    char *dir = new_folder(base);
    struct axon_buf why = {0};
    uint8_t root_key[AXON_BLS_DER_BYTES];
    for (unsigned round = 0; round < 2; round++) { /* again: the files are replaced */
        struct axon_local *local = axon_local_start(
            &(struct axon_local_config){.identities_dir = dir, .seed = "local"}, &why);
        assert_string_equal(axon_buf_text(&why), "");
        assert_non_null(local);
        const struct axon_local_account *accounts = axon_local_accounts(local);
        assert_true(accounts[0].balance_e8s == 100000000000000u);
        assert_true(accounts[2].balance_e8s == 100000000000000000u);
        assert_string_equal(accounts[2].name, "anonymous");
        assert_null(accounts[2].pem_path);
        check_identity(&accounts[0]);
        check_identity(&accounts[1]);
        axon_server_with_network(axon_local_server(local), check_ledger, local);
        struct ic_bytes key = axon_server_root_key(axon_local_server(local));
        assert_true(round == 0 || memcmp(root_key, key.at, sizeof root_key) == 0);
        memcpy(root_key, key.at, sizeof root_key);
        axon_local_stop(local);
    }
    axon_buf_free(&why);
    remove_folder(base);
    free(dir);
}

static void check_fails(const struct axon_local_config *config, const char *text)
{
    struct axon_buf why = {0};
    assert_null(axon_local_start(config, &why));
    if (strstr(axon_buf_text(&why), text) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", text, axon_buf_text(&why));
    }
    axon_buf_free(&why);
}

static void test_failures(void **state)
{
    (void)state;
    char base[32];
    char *dir = new_folder(base);
    check_fails(&(struct axon_local_config){.identities_dir = "/dev/null/x"},
                "cannot make /dev/null/x: Not a directory");
    check_fails(&(struct axon_local_config){.identities_dir = dir, .ledger_wasm = "/nowhere"},
                "cannot read /nowhere: No such file or directory");
    check_fails(&(struct axon_local_config){.identities_dir = dir, .ledger_wasm = "Makefile"},
                "cannot install the ledger: ");
    remove_folder(base);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
