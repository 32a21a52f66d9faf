/* A hash table in stable memory for fixed-size keys that are uniformly distributed already: account
 * hashes, transaction hashes. Others hash first.
 *
 * Linear hashing: the table grows by one bucket of 4 KiB at a time, no operation ever pauses for
 * the whole. A lookup reads a bucket's tags (one byte for each entry, about 130 bytes) and then the
 * one entry whose tag fits: about 300 bytes in all at any size. What does not fit into its bucket
 * goes to a chain of 512-byte overflow blocks, which the next split of the bucket dissolves. Keys
 * that an adversary grinds into one bucket make that chain longer, nothing else. The table never
 * shrinks; room left by removed entries is used again.
 *
 * An entry is key and value, both opaque bytes. Layout, version 1; region id (kind TABLE) is an
 * array of buckets of 4,096 bytes, region id + 1 (kind TABLE_MORE) one of overflow blocks of 512
 * bytes. Both are blocks:
 *
 *     0   4         next block of the chain, number + 1; 0 = none
 *     4   4         0
 *     8   n         tags: 0 = free, else key[0], or 1 when that is 0
 *     8+n n*(k+v)   entries of k key bytes and v value bytes, n = (block - 8) / (1 + k + v)
 *
 * Which bucket: h = the u32 at key + 1 (little-endian); bucket h % 2^(level + 1), or h % 2^level
 * when that one does not exist yet, where 2^level <= buckets < 2^(level + 1).
 *
 * Head slot of id: 0 u64 entries, 8 u32 buckets, 12 u32 overflow blocks ever made, 16 u32 first
 * free overflow block + 1, 20 u32 overflow blocks in use, 24 u64 check. */
#ifndef IC_TABLE_H
#define IC_TABLE_H

#include "ic/check.h"
#include "ic/stable.h"

#define IC_TABLE_BUCKET_BYTES    4096u
#define IC_TABLE_MORE_BYTES      512u
#define IC_TABLE_KEY_BYTES_MIN   5u
#define IC_TABLE_ENTRY_BYTES_MAX 128u /* key + value: an overflow block holds at least three */

struct ic_table {
    struct ic_store *store;
    struct ic_region *buckets;
    struct ic_region *more;
    uint32_t key_bytes;
    uint32_t value_bytes;
    uint32_t bucket_entries; /* room in a bucket */
    uint32_t more_entries;   /* room in an overflow block */
    uint64_t count;          /* entries */
    uint32_t bucket_count;
    uint32_t more_count;
    uint32_t more_free;
    uint32_t more_used;
};

/* Where an entry stands. Valid until the next insert or remove of the table. */
struct ic_table_slot {
    uint64_t entry;    /* where the entry stands in stable memory */
    uint64_t tag;      /* its tag */
    uint64_t previous; /* the block before its block in the chain, when that is an overflow block */
    uint32_t block;    /* number + 1 of its overflow block; 0 = it stands in the bucket itself */
};

/* ic_table_open makes or finds a table; key_bytes 5.., key + value <= IC_TABLE_ENTRY_BYTES_MAX. It
 * takes the region ids id and id + 1. */
void ic_table_open(struct ic_table *table, struct ic_store *store, uint32_t region_id,
                   uint32_t key_bytes, uint32_t value_bytes);

static inline uint64_t ic_table_count(const struct ic_table *table)
{
    return table->count;
}

/* ic_table_find looks a key up.
 *   value     value_bytes are copied there; may be NULL
 *   slot      where it stands, for ic_table_set_at; may be NULL
 *   returns   false when absent; nothing was written then */
IC_MUST_USE bool ic_table_find(const struct ic_table *table, void *value,
                               struct ic_table_slot *slot, const void *key);

/* ic_table_set_at replaces the value at a slot: one small write. */
void ic_table_set_at(struct ic_table *table, const struct ic_table_slot *slot, const void *value);

/* ic_table_insert adds a key that is absent (asserted) with its value.
 *   traps     when stable memory cannot grow */
void ic_table_insert(struct ic_table *table, const void *key, const void *value);

/* ic_table_put inserts or replaces. */
void ic_table_put(struct ic_table *table, const void *key, const void *value);

/* ic_table_remove takes a key out.
 *   returns   false when it was absent */
bool ic_table_remove(struct ic_table *table, const void *key);
/* The same for a slot that find just gave. */
void ic_table_remove_at(struct ic_table *table, const struct ic_table_slot *slot);

/* Goes through all entries, in no particular order; no insert or remove meanwhile. Start from a
 * zeroed cursor.
 *   returns   false after the last */
struct ic_table_cursor {
    uint32_t bucket;
    uint32_t block; /* overflow block + 1, 0 = the bucket itself */
    uint32_t entry;
};
IC_MUST_USE bool ic_table_next(const struct ic_table *table, void *key, void *value,
                               struct ic_table_cursor *cursor);

/* ic_table_check_some checks the next block of 4 KiB or some of the free ones; see ic/check.h.
 *   returns   true while there is more
 *   traps     "stable table: ..." at the first inconsistency */
IC_MUST_USE bool ic_table_check_some(const struct ic_table *table, struct ic_check *check);

/* ic_table_check checks everything: that each entry stands in its bucket and under its tag, and that each overflow
 * block is in one chain or free. */
void ic_table_check(const struct ic_table *table);

#endif
