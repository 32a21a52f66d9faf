/* The ledger's numbers. SPEC: ledger 1. */
#ifndef LEDGER_CONSTANTS_H
#define LEDGER_CONSTANTS_H

#include <stdint.h>

#define LEDGER_DECIMALS           8u     /* 1 token = 10^8 e8s */
#define LEDGER_FEE_E8S_DEFAULT    10000u /* 0.0001 ICP */
#define LEDGER_SYMBOL_DEFAULT     "ICP"
#define LEDGER_NAME_DEFAULT       "Internet Computer"
#define LEDGER_TOKEN_POOL_INITIAL UINT64_MAX /* every token that may ever exist */

#define LEDGER_NS_PER_S                   UINT64_C(1000000000)
#define LEDGER_WINDOW_NS_DEFAULT          (UINT64_C(86400) * LEDGER_NS_PER_S) /* 24 hours */
#define LEDGER_DRIFT_NS                   (UINT64_C(60) * LEDGER_NS_PER_S)
#define LEDGER_WINDOW_TRANSACTIONS_MAX    3000000u /* throttling starts at half of it */
#define LEDGER_PURGED_PER_TRANSACTION_MAX 100000u

#define LEDGER_ICRC1_MEMO_BYTES_MAX   32u
#define LEDGER_BLOCKS_PER_REQUEST_MAX 2000u
/* For a query method that a user calls as an update: its reply is certified, hence dear. */
#define LEDGER_BLOCKS_PER_INGRESS_REQUEST_MAX 50u

/* Ours, not the official ledger's: names this long are a mistake, and the state has room for them.
 * */
#define LEDGER_TOKEN_NAME_BYTES_MAX   128u
#define LEDGER_TOKEN_SYMBOL_BYTES_MAX 32u

_Static_assert(LEDGER_FEE_E8S_DEFAULT == 10000u, "the published fee");
_Static_assert(LEDGER_WINDOW_NS_DEFAULT > 2u * LEDGER_DRIFT_NS, "drift is small");
_Static_assert(LEDGER_PURGED_PER_TRANSACTION_MAX < LEDGER_WINDOW_TRANSACTIONS_MAX / 2u,
               "one call never empties a window that throttles");

#endif
