/* What the kit canister and its test agree on. */
#ifndef INTEGRATION_CANISTERS_KIT_KIT_H
#define INTEGRATION_CANISTERS_KIT_KIT_H

/* The argument of installation: which store to lay out. */
enum kit_store { KIT_STORE_DUMP, KIT_STORE_MEASURED };

/* Operations of `measure`. */
enum kit_operation {
    KIT_NOTHING, /* what measuring itself costs; taken off all others */
    KIT_TABLE_HIT,
    KIT_TABLE_MISS,
    KIT_TABLE_INSERT,
    KIT_TABLE_REMOVE,
    KIT_LOG_APPEND,
    KIT_LOG_APPEND_100,
    KIT_LOG_GET,
    KIT_RING_PUSH,
    KIT_RING_POP,
    KIT_SHA256_16,      /* sixteen compressions */
    KIT_SHA256_PAIR_16, /* sixteen of two messages */
    KIT_ACCOUNT_ID,
    KIT_ACCOUNT_IDS, /* of two users */
    KIT_CRC32_28,
    KIT_MEMCPY_138,
    KIT_OPERATIONS,
};

#endif
