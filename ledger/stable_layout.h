/* What stands where in the ledger's stable memory. Layout version 1.
 *
 *     region   structure                     what
 *     0        cell, 512 bytes               configuration: config.h
 *     1        cell, 48 bytes, head page     the tip of the chain and the token pool: state.h
 *     2, 3     table, 28 -> 8 bytes          account hash -> balance, u64 little-endian, never 0
 *     4, 5     log                           encoded blocks; record i is block i
 *     6        ring, 40 bytes                dedup queue: u64 timestamp of the block, 32 hash
 *     7, 8     table, 32 -> 8 bytes          transaction hash -> block index, u64 little-endian
 *
 * Ids are never reused and records never change their shape: a new layout gets a new version and
 * one function that brings the old one up. */
#ifndef LEDGER_STABLE_LAYOUT_H
#define LEDGER_STABLE_LAYOUT_H

#include "ic/stable.h"
#include "ledger/types.h"

enum ledger_region {
    LEDGER_REGION_CONFIG = 0,
    LEDGER_REGION_TIP = 1,
    LEDGER_REGION_BALANCES = 2,
    LEDGER_REGION_BLOCKS = 4,
    LEDGER_REGION_WINDOW_QUEUE = 6,
    LEDGER_REGION_WINDOW_TABLE = 7,
    LEDGER_REGION_END = 9,
};

#define LEDGER_CONFIG_BYTES_MAX   512u
#define LEDGER_TIP_BYTES          48u
#define LEDGER_BALANCE_BYTES      8u
#define LEDGER_BLOCK_INDEX_BYTES  8u
#define LEDGER_TIMESTAMP_BYTES    8u
#define LEDGER_WINDOW_ENTRY_BYTES (LEDGER_TIMESTAMP_BYTES + LEDGER_HASH_BYTES)

static const struct ic_store_app LEDGER_STORE_APP = {
    .magic = {'A', 'X', 'O', 'N', '-', 'L', 'G', 'R'},
    .version = 1,
};

_Static_assert(LEDGER_REGION_END <= IC_STORE_REGIONS_MAX, "the store has room");
_Static_assert(LEDGER_WINDOW_ENTRY_BYTES == 40, "stored layout");
_Static_assert(LEDGER_TIP_BYTES == LEDGER_HASH_BYTES + 8 + 8, "stored layout");

#endif
