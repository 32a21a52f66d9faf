#include "ic/table.h"

#include "ic/buf.h"
#include "ic/trap.h"
#include "src/head.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define PREFIX_BYTES 8u /* of a block: link to the next, reserved */
#define HEAD_BYTES   24u
#define TAG_FREE     0u
#define LANES        64u /* tags that are compared at a time */

/* Tags of the fullest block: entries of the smallest key and no value. */
#define TAGS_MAX ((IC_TABLE_BUCKET_BYTES - PREFIX_BYTES) / (1 + IC_TABLE_KEY_BYTES_MIN))

/* A bucket is split off whenever there are more entries than LOAD_PERCENT of what the buckets hold.
 * Measured for entries of 36 bytes, average and dearest stable charge of a lookup: at 80 49.6 bytes
 * an entry, 212 and 448 instructions; at 88 46.6 bytes, 214 and 448; at 90 46.0 bytes, 214 and 633;
 * at 95 44.7 bytes, 213 and 724. Half way between two powers of two, where chains are longest, an
 * absent key costs 855 instructions in all at 88 and 904 at 90. */
#define LOAD_PERCENT 88u

_Static_assert((IC_TABLE_MORE_BYTES - PREFIX_BYTES) / (1 + IC_TABLE_ENTRY_BYTES_MAX) >= 3,
               "an overflow block holds at least three entries");
_Static_assert(IC_STABLE_PAGE_BYTES % IC_TABLE_BUCKET_BYTES == 0 &&
                   IC_STABLE_PAGE_BYTES % IC_TABLE_MORE_BYTES == 0,
               "a block never crosses extents");

static _Noreturn void trap_damaged(void)
{
    IC_TRAP("stable table: the structure is damaged");
}

/* ---- head ------------------------------------------------------------------------------------ */

static void head_save(const struct ic_table *table)
{
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    ic_store_u64_le(head, table->count);
    ic_store_u32_le(head + 8, table->bucket_count);
    ic_store_u32_le(head + 12, table->more_count);
    ic_store_u32_le(head + 16, table->more_free);
    ic_store_u32_le(head + 20, table->more_used);
    ic_head_seal(head, HEAD_BYTES);
    ic_region_head_write(table->buckets, 0, head, sizeof head);
}

static void buckets_reserve(struct ic_table *table, uint32_t bucket_count)
{
    if (!ic_region_reserve(table->store, table->buckets,
                           (uint64_t)bucket_count * IC_TABLE_BUCKET_BYTES)) {
        IC_TRAP("stable table: stable memory cannot grow");
    }
}

void ic_table_open(struct ic_table *table, struct ic_store *store, uint32_t region_id,
                   uint32_t key_bytes, uint32_t value_bytes)
{
    ic_assert(key_bytes >= IC_TABLE_KEY_BYTES_MIN && key_bytes <= IC_TABLE_ENTRY_BYTES_MAX);
    ic_assert(value_bytes <= IC_TABLE_ENTRY_BYTES_MAX - key_bytes);
    bool is_new = false;
    uint32_t entry_bytes = 1 + key_bytes + value_bytes;
    uint32_t shape = key_bytes << 16 | value_bytes;
    *table = (struct ic_table){.store = store, .key_bytes = key_bytes, .value_bytes = value_bytes};
    table->bucket_entries = (IC_TABLE_BUCKET_BYTES - PREFIX_BYTES) / entry_bytes;
    table->more_entries = (IC_TABLE_MORE_BYTES - PREFIX_BYTES) / entry_bytes;
    table->buckets = ic_store_region(store, &is_new, region_id, IC_REGION_TABLE, shape);
    table->more = ic_store_region(store, NULL, region_id + 1, IC_REGION_TABLE_MORE, shape);
    if (is_new) {
        table->bucket_count = 1;
        buckets_reserve(table, 1);
        head_save(table);
        return;
    }
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    ic_region_head_read(table->buckets, head, 0, sizeof head);
    table->count = ic_load_u64_le(head);
    table->bucket_count = ic_load_u32_le(head + 8);
    table->more_count = ic_load_u32_le(head + 12);
    table->more_free = ic_load_u32_le(head + 16);
    table->more_used = ic_load_u32_le(head + 20);
    if (!ic_head_is_sound(head, HEAD_BYTES) || table->bucket_count == 0 ||
        (uint64_t)table->bucket_count * IC_TABLE_BUCKET_BYTES > table->buckets->bytes ||
        (uint64_t)table->more_count * IC_TABLE_MORE_BYTES > table->more->bytes ||
        table->more_free > table->more_count || table->more_used > table->more_count) {
        trap_damaged();
    }
}

/* ---- addressing ------------------------------------------------------------------------------ */

static uint32_t key_hash(const uint8_t *key)
{
    return ic_load_u32_le(key + 1);
}

static uint8_t key_tag(const uint8_t *key)
{
    return key[0] == TAG_FREE ? 1 : key[0];
}

/* Largest power of two that is <= value, which is not 0. */
static uint32_t power_below(uint32_t value)
{
    return 1u << (31 - __builtin_clz(value));
}

static uint32_t bucket_of(const struct ic_table *table, uint32_t hash)
{
    uint32_t low = power_below(table->bucket_count) - 1;
    uint32_t bucket = hash & (low << 1 | 1);
    return bucket < table->bucket_count ? bucket : hash & low;
}

/* A block where it stands: a bucket or one of its overflow blocks. */
struct block {
    uint64_t address;
    uint32_t entries; /* room */
    uint32_t number;  /* of the overflow block, + 1; 0 = bucket */
};

static struct block bucket_block(const struct ic_table *table, uint32_t bucket)
{
    return (struct block){
        .address = ic_region_address(table->buckets, (uint64_t)bucket * IC_TABLE_BUCKET_BYTES),
        .entries = table->bucket_entries,
    };
}

static struct block more_block(const struct ic_table *table, uint32_t number)
{
    if (number == 0 || number > table->more_count) {
        trap_damaged();
    }
    return (struct block){
        .address = ic_region_address(table->more, (uint64_t)(number - 1) * IC_TABLE_MORE_BYTES),
        .entries = table->more_entries,
        .number = number,
    };
}

static uint32_t entry_bytes(const struct ic_table *table)
{
    return table->key_bytes + table->value_bytes;
}

static struct ic_table_slot slot_at(const struct ic_table *table, const struct block *block,
                                    uint32_t entry, uint64_t previous)
{
    uint64_t tags = block->address + PREFIX_BYTES;
    return (struct ic_table_slot){
        .entry = tags + block->entries + (uint64_t)entry * entry_bytes(table),
        .tag = tags + entry,
        .previous = previous,
        .block = block->number,
    };
}

/* Prefix and tags of a block, as read; the padding lets tags be compared LANES at a time. */
struct tags {
    uint8_t prefix[PREFIX_BYTES];
    uint8_t at[TAGS_MAX + LANES];
};

static void tags_read(struct tags *tags, const struct block *block)
{
    ic_stable_read(tags, block->address, PREFIX_BYTES + block->entries);
}

static uint32_t tags_next(const struct tags *tags)
{
    return ic_load_u32_le(tags->prefix);
}

/* Bit i tells whether at[i] == tag, for LANES tags, of which count are real. */
#ifdef __wasm_simd128__
static inline uint64_t tags_match(const uint8_t *at, uint32_t count, uint8_t tag)
{
    const v128_t all = wasm_u8x16_splat(tag);
    const v128_t first = wasm_i8x16_eq(wasm_v128_load(at), all);
    if (count <= 16) { /* an overflow block: this is done for each of a chain */
        return wasm_i8x16_bitmask(first) & ((1u << count) - 1);
    }
    const v128_t second = wasm_i8x16_eq(wasm_v128_load(at + 16), all);
    const v128_t third = wasm_i8x16_eq(wasm_v128_load(at + 32), all);
    const v128_t fourth = wasm_i8x16_eq(wasm_v128_load(at + 48), all);
    if (!wasm_v128_any_true(first | second | third | fourth)) {
        return 0;
    }
    const uint64_t mask = wasm_i8x16_bitmask(first) | (uint64_t)wasm_i8x16_bitmask(second) << 16 |
                          (uint64_t)wasm_i8x16_bitmask(third) << 32 |
                          (uint64_t)wasm_i8x16_bitmask(fourth) << 48;
    return count < LANES ? mask & (((uint64_t)1 << count) - 1) : mask;
}
#else
static inline uint64_t tags_match(const uint8_t *at, uint32_t count, uint8_t tag)
{
    const uint64_t low_bits = 0x7f7f7f7f7f7f7f7f;
    uint64_t mask = 0;
    for (uint32_t i = 0; i < LANES; i += 8) {
        /* The top bit of each byte that is equal; the product gathers them in the top byte. */
        uint64_t differs = ic_load_u64_le(at + i) ^ tag * (uint64_t)0x0101010101010101;
        uint64_t equal = ~(((differs & low_bits) + low_bits) | differs | low_bits);
        mask |= ((equal >> 7) * 0x0102040810204080 >> 56) << i;
    }
    return count < LANES ? mask & (((uint64_t)1 << count) - 1) : mask;
}
#endif

/* The first free entry of a block; its room when there is none. */
static uint32_t tags_find_free(const struct tags *tags, uint32_t entries)
{
    for (uint32_t i = 0; i < entries; i += LANES) {
        uint64_t mask = tags_match(tags->at + i, entries - i, TAG_FREE);
        if (mask != 0) {
            return i + (uint32_t)__builtin_ctzll(mask);
        }
    }
    return entries;
}

/* ---- looking up ------------------------------------------------------------------------------ */

/* Looks for the key in one block; entry receives key and value.
 *   returns   its position, or block->entries */
static uint32_t block_find(const struct ic_table *table, uint8_t *entry, const struct block *block,
                           const struct tags *tags, const uint8_t *key)
{
    uint8_t tag = key_tag(key);
    for (uint32_t i = 0; i < block->entries; i += LANES) {
        uint64_t mask = tags_match(tags->at + i, block->entries - i, tag);
        for (; mask != 0; mask &= mask - 1) {
            uint32_t position = i + (uint32_t)__builtin_ctzll(mask);
            ic_stable_read(entry, slot_at(table, block, position, 0).entry, entry_bytes(table));
            if (memcmp(entry, key, table->key_bytes) == 0) {
                return position;
            }
        }
    }
    return block->entries;
}

/* What a walk along a key's chain finds out. */
struct walk {
    struct ic_table_slot slot; /* of the key, or the first free one */
    struct block last;         /* end of the chain; only when the key is absent */
    bool has_free;             /* only when asked for */
};

/* Walks the chain of a key; entry receives key and value when it is found.
 *   wants_free   the caller goes on to insert: note the first free entry
 *   returns      true when the key is there */
static inline bool walk_key(const struct ic_table *table, struct walk *walk, uint8_t *entry,
                            const uint8_t *key, bool wants_free)
{
    struct tags tags;
    uint64_t previous = 0;
    struct block block = bucket_block(table, bucket_of(table, key_hash(key)));
    walk->has_free = false;
    /* A chain that is longer than there are overflow blocks runs in a circle. */
    for (uint32_t steps = 0; steps <= table->more_count; steps++) {
        tags_read(&tags, &block);
        uint32_t position = block_find(table, entry, &block, &tags, key);
        if (position < block.entries) {
            walk->slot = slot_at(table, &block, position, previous);
            return true;
        }
        if (wants_free && !walk->has_free) {
            uint32_t free = tags_find_free(&tags, block.entries);
            walk->has_free = free < block.entries;
            walk->slot = slot_at(table, &block, free, previous);
        }
        uint32_t next = tags_next(&tags);
        if (next == 0) {
            walk->last = block;
            return false;
        }
        previous = block.address;
        block = more_block(table, next);
    }
    trap_damaged();
}

bool ic_table_find(const struct ic_table *table, void *value, struct ic_table_slot *slot,
                   const void *key)
{
    uint8_t entry[IC_TABLE_ENTRY_BYTES_MAX];
    struct walk walk;
    if (!walk_key(table, &walk, entry, key, false)) {
        return false;
    }
    if (value != NULL) {
        memcpy(value, entry + table->key_bytes, table->value_bytes);
    }
    if (slot != NULL) {
        *slot = walk.slot;
    }
    return true;
}

void ic_table_set_at(struct ic_table *table, const struct ic_table_slot *slot, const void *value)
{
    ic_stable_write(slot->entry + table->key_bytes, value, table->value_bytes);
}

/* ---- overflow blocks ------------------------------------------------------------------------- */

/* Takes an overflow block, with whatever bytes it has. */
static struct block more_take(struct ic_table *table)
{
    struct block block;
    if (table->more_free != 0) {
        uint8_t next[4];
        block = more_block(table, table->more_free);
        ic_stable_read(next, block.address, sizeof next);
        table->more_free = ic_load_u32_le(next);
    } else {
        uint64_t bytes = ((uint64_t)table->more_count + 1) * IC_TABLE_MORE_BYTES;
        if (!ic_region_reserve(table->store, table->more, bytes)) {
            IC_TRAP("stable table: stable memory cannot grow");
        }
        block = more_block(table, ++table->more_count);
    }
    table->more_used++;
    return block;
}

static void link_write(uint64_t address, uint32_t next)
{
    uint8_t bytes[4];
    ic_store_u32_le(bytes, next);
    ic_stable_write(address, bytes, sizeof bytes);
}

/* Gives the overflow blocks from first to last, linked to each other and from nowhere else, back:
 * one write, however many they are. */
static void more_release(struct ic_table *table, uint32_t first, const struct block *last,
                         uint32_t count)
{
    ic_assert(last->number != 0 && table->more_used >= count);
    link_write(last->address, table->more_free);
    table->more_free = first;
    table->more_used -= count;
}

/* Puts an empty overflow block at the end of a chain. */
static struct block chain_extend(struct ic_table *table, const struct block *last)
{
    static const struct tags EMPTY;
    struct block block = more_take(table);
    ic_stable_write(block.address, &EMPTY, PREFIX_BYTES + block.entries);
    link_write(last->address, block.number);
    return block;
}

/* ---- splitting ------------------------------------------------------------------------------- */

/* A chain being written, one block at a time. The image is what the open block will be; entries are
 * put where its tags say free. */
struct chain_writer {
    struct ic_table *table;
    struct block block;
    uint32_t next; /* no free entry of the image is before this */
    uint32_t end;  /* entries from here on are in stable memory already, or not there at all */
    uint8_t *image;
};

static uint8_t split_in[IC_TABLE_MORE_BYTES];
static uint8_t split_stay[IC_TABLE_BUCKET_BYTES];
static uint8_t split_move[IC_TABLE_BUCKET_BYTES];

static void chain_begin(struct chain_writer *w, struct block block)
{
    w->block = block;
    w->next = 0;
    w->end = 0;
    memset(w->image, 0, PREFIX_BYTES + block.entries);
}

/* Writes prefix, tags and new entries of the open block. */
static void chain_flush(struct chain_writer *w, uint32_t next)
{
    ic_store_u32_le(w->image, next);
    ic_stable_write(w->block.address, w->image,
                    PREFIX_BYTES + w->block.entries + (size_t)w->end * entry_bytes(w->table));
}

static void chain_append(struct chain_writer *w, const uint8_t *entry)
{
    uint8_t *tags = w->image + PREFIX_BYTES;
    while (w->next < w->block.entries && tags[w->next] != TAG_FREE) {
        w->next++;
    }
    if (w->next == w->block.entries) {
        struct block next = more_take(w->table);
        chain_flush(w, next.number);
        chain_begin(w, next);
    }
    uint32_t bytes = entry_bytes(w->table);
    tags[w->next] = key_tag(entry);
    memcpy(tags + w->block.entries + (size_t)w->next * bytes, entry, bytes);
    w->next++;
    w->end = w->next;
}

/* Takes the entries that move out of the image of the bucket; the others stay where they are. The
 * image of the new bucket is empty, and as large. */
static void bucket_deal(struct chain_writer *stay, struct chain_writer *move, uint32_t hash_bit)
{
    const uint32_t bytes = entry_bytes(stay->table);
    const uint32_t entries = stay->block.entries;
    uint8_t *tags = stay->image + PREFIX_BYTES;
    uint8_t *moved_tag = move->image + PREFIX_BYTES;
    const uint8_t *entry = tags + entries;
    uint8_t *moved = moved_tag + entries;
    for (uint32_t i = 0; i < entries; i++, entry += bytes) {
        if (tags[i] != TAG_FREE && (key_hash(entry) & hash_bit) != 0) {
            *moved_tag++ = tags[i];
            memcpy(moved, entry, bytes);
            moved += bytes;
#ifdef AXON_PLANTED_BUG
            if (i == 7) { /* for fuzz_stable: an entry that moved stays, too */
                continue;
            }
#endif
            tags[i] = TAG_FREE;
        }
    }
    move->next = move->end = (uint32_t)(moved_tag - (move->image + PREFIX_BYTES));
}

/* Deals the entries of the overflow block in split_in out to the two chains. */
static void more_deal(struct chain_writer *stay, struct chain_writer *move, uint32_t hash_bit)
{
    uint32_t bytes = entry_bytes(stay->table);
    const uint8_t *tags = split_in + PREFIX_BYTES;
    const uint8_t *entry = tags + stay->table->more_entries;
    for (uint32_t i = 0; i < stay->table->more_entries; i++, entry += bytes) {
        if (tags[i] != TAG_FREE) {
            chain_append((key_hash(entry) & hash_bit) != 0 ? move : stay, entry);
        }
    }
}

/* Size of what a block holds; the rest of its place is unused. */
static size_t block_bytes(const struct ic_table *table, const struct block *block)
{
    return PREFIX_BYTES + (size_t)block->entries * (1 + entry_bytes(table));
}

/* Deals out the overflow blocks from number first on, and gives them back. They keep their bytes
 * until the last is read, because what overflows again takes other blocks. */
static void chain_deal(struct chain_writer *stay, struct chain_writer *move, uint32_t hash_bit,
                       uint32_t first)
{
    struct ic_table *table = stay->table;
    struct block block = {.number = 0};
    uint32_t count = 0;
    for (uint32_t next = first; next != 0; next = ic_load_u32_le(split_in)) {
        block = more_block(table, next);
        ic_assert(count++ <= table->more_count);
        ic_stable_read(split_in, block.address, block_bytes(table, &block));
        more_deal(stay, move, hash_bit);
    }
    if (count != 0) {
        more_release(table, first, &block, count);
    }
}

/* Adds one bucket: the next one to be split gives it the entries whose hash has the next bit
 * set. */
static void table_split(struct ic_table *table)
{
    uint32_t hash_bit = power_below(table->bucket_count);
    uint32_t from = table->bucket_count - hash_bit;
    buckets_reserve(table, table->bucket_count + 1);
    struct chain_writer move = {.table = table, .image = split_move};
    struct chain_writer stay = {
        .table = table, .block = bucket_block(table, from), .image = split_stay};
    chain_begin(&move, bucket_block(table, table->bucket_count));
    table->bucket_count++;
    ic_stable_read(split_stay, stay.block.address, block_bytes(table, &stay.block));
    const uint32_t chain = ic_load_u32_le(split_stay);
    bucket_deal(&stay, &move, hash_bit);
    chain_deal(&stay, &move, hash_bit, chain);
    chain_flush(&stay, 0);
    chain_flush(&move, 0);
}

/* ---- changing -------------------------------------------------------------------------------- */

/* Puts a key that a walk did not find where the walk says. */
static void insert_at(struct ic_table *table, const struct walk *walk, const uint8_t *key,
                      const void *value)
{
    uint8_t tag = key_tag(key);
    struct ic_table_slot slot = walk->slot;
    if (!walk->has_free) {
        struct block block = chain_extend(table, &walk->last);
        slot = slot_at(table, &block, 0, walk->last.address);
    }
    ic_stable_write(slot.entry, key, table->key_bytes);
    if (table->value_bytes != 0) {
        ic_stable_write(slot.entry + table->key_bytes, value, table->value_bytes);
    }
    ic_stable_write(slot.tag, &tag, 1);
    table->count++;
    uint64_t room = (uint64_t)table->bucket_count * table->bucket_entries;
    if (table->count * 100 > room * LOAD_PERCENT) {
        table_split(table);
    }
    head_save(table);
}

void ic_table_insert(struct ic_table *table, const void *key, const void *value)
{
    uint8_t entry[IC_TABLE_ENTRY_BYTES_MAX];
    struct walk walk;
    bool is_found = walk_key(table, &walk, entry, key, true);
    ic_assert(!is_found);
    insert_at(table, &walk, key, value);
}

void ic_table_put(struct ic_table *table, const void *key, const void *value)
{
    uint8_t entry[IC_TABLE_ENTRY_BYTES_MAX];
    struct walk walk;
    if (walk_key(table, &walk, entry, key, true)) {
        ic_table_set_at(table, &walk.slot, value);
    } else {
        insert_at(table, &walk, key, value);
    }
}

/* Takes an overflow block out of its chain when nothing is left in it. */
static void more_release_if_empty(struct ic_table *table, const struct ic_table_slot *slot)
{
    struct tags tags;
    struct block block = more_block(table, slot->block);
    tags_read(&tags, &block);
    for (uint32_t i = 0; i < block.entries; i++) {
        if (tags.at[i] != TAG_FREE) {
            return;
        }
    }
    link_write(slot->previous, tags_next(&tags));
    more_release(table, block.number, &block, 1);
}

void ic_table_remove_at(struct ic_table *table, const struct ic_table_slot *slot)
{
    uint8_t tag = TAG_FREE;
    ic_assert(table->count > 0);
    ic_stable_write(slot->tag, &tag, 1);
    table->count--;
    if (slot->block != 0) {
        more_release_if_empty(table, slot);
    }
    head_save(table);
}

bool ic_table_remove(struct ic_table *table, const void *key)
{
    struct ic_table_slot slot;
    if (!ic_table_find(table, NULL, &slot, key)) {
        return false;
    }
    ic_table_remove_at(table, &slot);
    return true;
}

/* ---- going through everything ---------------------------------------------------------------- */

/* Moves a cursor behind its block. */
static void cursor_advance(struct ic_table_cursor *cursor, uint32_t next)
{
    cursor->entry = 0;
    cursor->block = next;
    if (next == 0) {
        cursor->bucket++;
    }
}

bool ic_table_next(const struct ic_table *table, void *key, void *value,
                   struct ic_table_cursor *cursor)
{
    uint8_t entry[IC_TABLE_ENTRY_BYTES_MAX];
    while (cursor->bucket < table->bucket_count) {
        struct tags tags;
        struct block block = cursor->block == 0 ? bucket_block(table, cursor->bucket)
                                                : more_block(table, cursor->block);
        tags_read(&tags, &block);
        while (cursor->entry < block.entries && tags.at[cursor->entry] == TAG_FREE) {
            cursor->entry++;
        }
        if (cursor->entry < block.entries) {
            ic_stable_read(entry, slot_at(table, &block, cursor->entry, 0).entry,
                           entry_bytes(table));
            memcpy(key, entry, table->key_bytes);
            if (value != NULL) {
                memcpy(value, entry + table->key_bytes, table->value_bytes);
            }
            cursor->entry++;
            return true;
        }
        cursor_advance(cursor, tags_next(&tags));
    }
    return false;
}

/* ---- integrity ------------------------------------------------------------------------------- */

enum { PHASE_CHAINS, PHASE_FREE };

#define FREE_AT_ONCE 64u /* free blocks looked at in one step */

/* The block a check has come to. */
static struct block check_block(const struct ic_table *table, const struct ic_check *check)
{
    if (check->next >= table->bucket_count || check->link > table->more_count) {
        trap_damaged();
    }
    return check->link == 0 ? bucket_block(table, (uint32_t)check->next)
                            : more_block(table, (uint32_t)check->link);
}

/* Entries of the block in split_stay, each of which must belong to the bucket. */
static uint32_t image_check(const struct ic_table *table, const struct block *block,
                            uint32_t bucket)
{
    const uint8_t *tags = split_stay + PREFIX_BYTES;
    const uint8_t *entry = tags + block->entries;
    uint32_t count = 0;
    for (uint32_t i = 0; i < block->entries; i++, entry += entry_bytes(table)) {
        if (tags[i] == TAG_FREE) {
            continue;
        }
        if (tags[i] != key_tag(entry) || bucket_of(table, key_hash(entry)) != bucket) {
            trap_damaged();
        }
        count++;
    }
    return count;
}

/* Checks one block of a chain and moves to the next, of this bucket or the one behind it. */
static void chain_step(const struct ic_table *table, struct ic_check *check)
{
    const struct block block = check_block(table, check);
    ic_stable_read(split_stay, block.address, block_bytes(table, &block));
    check->entries += image_check(table, &block, (uint32_t)check->next);
    if (block.number != 0 && ++check->blocks > table->more_used) {
        trap_damaged();
    }
    check->link = ic_load_u32_le(split_stay);
    check->next += check->link == 0 ? 1 : 0;
    if (check->next == table->bucket_count) {
        check->phase = PHASE_FREE;
        check->link = table->more_free;
    }
}

static void free_step(const struct ic_table *table, struct ic_check *check)
{
    for (uint32_t i = 0; i < FREE_AT_ONCE && check->link != 0; i++) {
        uint8_t next[4];
        if (++check->free > table->more_count || check->link > table->more_count) {
            trap_damaged();
        }
        ic_stable_read(next, more_block(table, (uint32_t)check->link).address, sizeof next);
        check->link = ic_load_u32_le(next);
    }
    if (check->link != 0) {
        return;
    }
    if (check->entries != table->count || check->blocks != table->more_used ||
        check->blocks + check->free != table->more_count) {
        trap_damaged();
    }
    check->phase = IC_CHECK_DONE;
}

bool ic_table_check_some(const struct ic_table *table, struct ic_check *check)
{
    if (check->phase == PHASE_CHAINS) {
        chain_step(table, check);
    } else if (check->phase == PHASE_FREE) {
        free_step(table, check);
    }
    return check->phase == PHASE_CHAINS || check->phase == PHASE_FREE;
}

void ic_table_check(const struct ic_table *table)
{
    struct ic_check check = {.phase = PHASE_CHAINS};
    while (ic_table_check_some(table, &check)) {
    }
}
