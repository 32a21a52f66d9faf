/* Does the ledger add up after a benchmark? */
#include "cli/bench/world.h"

#include "base/hash.h"
#include "ic/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_PER_QUERY 2000u
/* Decoded: pointers and lengths of 2,000 blobs, whose bytes stay in the reply. */
#define ARENA_BYTES (1u << 20)

/* What is looked at of the reply of query_encoded_blocks. */
static const char BLOCKS_TYPE[] = "(record { chain_length : nat64; blocks : vec blob })";

struct audit {
    struct bench_world *w;
    const struct candid_tuple *types;
    uint8_t *value;                     /* one struct of the types */
    void *memory;
    struct ic_arena arena;
    uint8_t parent[AXON_SHA256_BYTES];  /* hash of the block before the next one */
    uint64_t index;                     /* of the next block */
};

static void fail(struct bench_world *w, const char *text, uint64_t number)
{
    if (w->why.size == 0) {
        axon_buf_printf(&w->why, "audit: %s (%" PRIu64 ")", text, number);
    }
}

/* The place of a field of a record value, by its name. */
static const void *field(const struct candid_type *record, const uint8_t *value, const char *name)
{
    uint32_t id = candid_hash(ic_bytes_from_text(name));
    for (uint16_t i = 0; i < record->count; i++) {
        if (record->of.fields[i].id == id) {
            return value + record->of.fields[i].offset;
        }
    }
    return NULL;
}

/* Every block but the first begins with its parent's hash: field 1, a message with the 32 bytes as
 * field 1. SPEC: ledger 8 */
static void check_block(struct audit *a, struct ic_bytes block)
{
    static const uint8_t parent_prefix[] = {0x0a, 0x22, 0x0a, 0x20};
    size_t at = sizeof parent_prefix;
    if (a->index > 0 &&
        (block.size < at + AXON_SHA256_BYTES || memcmp(block.at, parent_prefix, at) != 0 ||
         memcmp(block.at + at, a->parent, AXON_SHA256_BYTES) != 0)) {
        fail(a->w, "a block does not follow the one before it", a->index);
    }
    axon_sha256(a->parent, block);
    a->index++;
}

/* Walks the blocks from a->index on that one query gives. */
static void check_some_blocks(struct audit *a)
{
    struct bench_world *w = a->w;
    bench_arg_blocks(&w->arg, a->index, BLOCKS_PER_QUERY);
    bench_query(w, "query_encoded_blocks");
    if (bench_world_has_failed(w)) {
        return;
    }
    ic_arena_reset(&a->arena);
    if (candid_decode(a->value, a->types, axon_buf_bytes(&w->outcome.reply), &a->arena) !=
        CANDID_OK) {
        fail(w, "query_encoded_blocks does not decode", a->index);
        return;
    }
    const struct candid_type *reply = a->types->record->of.fields[0].type;
    const uint8_t *value = a->value + a->types->record->of.fields[0].offset;
    struct { const struct ic_bytes *at; size_t count; } blocks;
    uint64_t chain_length;
    memcpy(&blocks, field(reply, value, "blocks"), sizeof blocks);
    memcpy(&chain_length, field(reply, value, "chain_length"), sizeof chain_length);
    if (chain_length != w->next_block_index) {
        fail(w, "the chain has another length than blocks were made", chain_length);
    }
    if (blocks.count == 0) {
        fail(w, "blocks are missing", a->index);
    }
    for (size_t i = 0; i < blocks.count; i++) {
        check_block(a, blocks.at[i]);
    }
}

static void check_blocks(struct bench_world *w)
{
    struct candid_text_error error;
    const struct candid_text_types *types =
        candid_text_types_parse(w->interface, ic_bytes_from_text(BLOCKS_TYPE), &error);
    if (types == NULL) {
        fail(w, error.text, 0);
        return;
    }
    struct audit a = {.w = w, .types = candid_text_tuple(types)};
    a.value = axon_alloc(a.types->record->size);
    a.memory = axon_alloc(ARENA_BYTES);
    ic_arena_init(&a.arena, a.memory, ARENA_BYTES);
    while (a.index < w->next_block_index && !bench_world_has_failed(w)) {
        check_some_blocks(&a);
    }
    struct axon_canister_info info;
    if (!axon_canister_find(w->net, &info, &w->ledger) ||
        info.certified_data_size != sizeof a.parent ||
        memcmp(info.certified_data, a.parent, sizeof a.parent) != 0) {
        fail(w, "the certified data is not the last block's hash", a.index);
    }
    free(a.value);
    free(a.memory);
}

static void check_supply(struct bench_world *w)
{
    const struct candid_text_method *m =
        candid_text_method_find(w->interface, "icrc1_total_supply");
    struct candid_text_error error;
    struct ic_bytes expected;
    char text[32];
    bool equal = false;
    uint64_t supply = BENCH_RICH_E8S - w->burnt_e8s;
    snprintf(text, sizeof text, "(%" PRIu64 ")", supply);
    axon_buf_clear(&w->arg);
    axon_buf_append(&w->arg, IC_BYTES_LIT("DIDL\0\0"));
    bench_query(w, "icrc1_total_supply");
    if (!bench_world_has_failed(w) &&
        (m == NULL ||
         !candid_text_encode(w->interface, &expected, m->results, ic_bytes_from_text(text),
                             &error) ||
         !candid_text_compare(w->interface, &equal, m->results, expected,
                              axon_buf_bytes(&w->outcome.reply), &error) ||
         !equal)) {
        fail(w, "the total supply is not what was issued minus the fees", supply);
    }
}

void bench_world_audit(struct bench_world *w)
{
    if (!bench_world_has_failed(w)) {
        check_supply(w);
    }
    if (!bench_world_has_failed(w)) {
        check_blocks(w);
    }
}
