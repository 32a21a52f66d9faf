/* What the tests of the ledger share: users, hex, a ledger over the native twin. */
#ifndef LEDGER_TEST_SUPPORT_H
#define LEDGER_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/ic_host.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

#define TEST_FEE_E8S    UINT64_C(10000)
#define TEST_T0_NS      UINT64_C(1620328630000000000)
#define TEST_S          UINT64_C(1000000000) /* nanoseconds */
#define TEST_HOUR       (3600u * TEST_S)
#define TEST_ITEMS(a)   (sizeof(a) / sizeof *(a))

/* Bytes made from hex; fails the test on anything else. Free with free(bytes.at). */
struct test_bytes {
    uint8_t *at;
    size_t size;
};
struct test_bytes test_unhex(const char *hex);
void test_assert_hex(const char *what, const void *bytes, size_t size, const char *expected_hex);

/* "user n" of the official unit tests: n as 8 bytes little-endian, then fe 01. */
struct ic_principal test_user(uint64_t n);
struct ledger_account test_account(uint64_t n);
/* The default account of governance, which mints. */
struct ledger_account test_minter(void);

/* A ledger over the native twin. Every change runs as a message of the twin, so that a trap undoes
 * it. */
struct test_ledger {
    struct ic_store store;
    struct ledger_state state;
    struct ledger_limits limits;
};

/* test_ledger_make installs an empty ledger: fee, window and minting account as given. */
void test_ledger_make(struct test_ledger *ledger, uint64_t fee_e8s, uint64_t window_ns);
/* test_ledger_reopen forgets the heap and finds everything in stable memory again. */
void test_ledger_reopen(struct test_ledger *ledger);

/* test_ledger_transfer runs a request as one message.
 *   returns   false when it trapped; *outcome is untouched then and the heap is reopened */
bool test_ledger_transfer(struct test_ledger *ledger, struct ledger_outcome *outcome,
                          uint64_t now_ns, const struct ledger_request *request,
                          const struct ledger_rules *rules);

/* The same, which must not trap. */
struct ledger_outcome test_ledger_run(struct test_ledger *ledger, uint64_t now_ns,
                                      const struct ledger_request *request,
                                      const struct ledger_rules *rules);

/* A plain request between two accounts, fee not named, without memo and time. */
struct ledger_request test_request(const struct ledger_account *from,
                                   const struct ledger_account *to, uint64_t amount_e8s);

/* test_ledger_check walks the whole state: structures sound, supply conserved, chain unbroken. */
void test_ledger_check(struct test_ledger *ledger);

const char *test_result_name(enum ledger_result result);

#endif
