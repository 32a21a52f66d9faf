/* A ledger canister over the native twin: installed, called and upgraded by messages. */
#ifndef CANISTERS_LEDGER_TEST_SUPPORT_H
#define CANISTERS_LEDGER_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/ic_host.h"
#include "ic/arena.h"
#include "icp_did.h"

#define TEST_ITEMS(a) (sizeof(a) / sizeof *(a))
#define TEST_T0_NS    UINT64_C(1735689600000000000)
#define TEST_S        UINT64_C(1000000000)

/* Address of governance's default account, which mints, and of the anonymous principal's. */
#define TEST_MINTER    "082ecf2e3f647ac600f43f38a68342fba5b8e68b085f02592b77f39808a8d2b5"
#define TEST_ANONYMOUS "1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79"

/* The exports, as the system would call them. */
void icp_export_init(void);
void icp_export_post_upgrade(void);
void icp_export_interface(void);
void icp_export_account_balance(void);
void icp_export_account_balance_dfx(void);
void icp_export_icrc1_minting_account(void);
void icp_export_icrc1_total_supply(void);
void icp_export_icrc1_transfer(void);
void icp_export_name(void);
void icp_export_query_blocks(void);
void icp_export_query_encoded_blocks(void);
void icp_export_send_dfx(void);
void icp_export_symbol(void);
void icp_export_tip_of_chain(void);
void icp_export_transfer(void);
void icp_export_transfer_fee(void);

struct ic_principal test_governance(void);
struct ic_principal test_user(uint8_t n); /* 29 bytes, self-authenticating in form */

/* Installation with the minting account and one balance: anonymous holds 1,000 ICP. */
struct icp_init_args test_init_args(void);

/* test_encode writes values of the types of a method, as its callers do. The bytes last until the
 * test program ends. */
struct ic_bytes test_encode(const struct candid_tuple *types, const void *value);

/* test_decode reads a reply; views last as long. */
void test_decode(void *value, const struct candid_tuple *types, struct ic_bytes reply);

/* test_message runs an export with argument bytes.
 *   returns   false when it trapped */
bool test_message(void (*export)(void), struct ic_bytes argument);

/* The same through the types of a method; a trap fails the test. */
void test_call(void (*export)(void), const struct candid_method *method, const void *in, void *out);

/* The same, which must trap with a text that contains `text`; the ledger is opened again. */
void test_call_traps(void (*export)(void), const struct candid_method *method, const void *in,
                     const char *text);

/* test_install resets the twin and installs. */
void test_install(const struct icp_init_args *args);
bool test_upgrade(struct ic_bytes argument);

struct ic_bytes test_text(const char *text);

#endif
