/* The integrity check of every stable structure as a debug query: as many steps as fit into one,
 * and where to go on from in the next. */
#include "audit_did.h"

#include "ic/buf.h"
#include "ic/check.h"
#include "ic/ic0.h"
#include "ic/log.h"
#include "ic/map.h"
#include "ic/msg.h"
#include "ic/queue.h"
#include "ic/ring.h"
#include "ic/table.h"
#include "ic/trap.h"

enum { REGION_TABLE = 0, REGION_LOG = 2, REGION_RING = 4, REGION_MAP = 5, REGION_QUEUE = 6 };

/* Shapes with many entries in a node, whose steps are the dearest. */
#define TABLE_KEY_BYTES IC_TABLE_KEY_BYTES_MIN
#define MAP_KEY_BYTES   28u
#define RING_BYTES      100u
#define PAYLOAD_BYTES   20u

static const struct ic_store_app APP = {.magic = {'A', 'U', 'D', 'I', 'T'}, .version = 1};
static struct ic_store store;
static struct ic_table table;
static struct ic_log records;
static struct ic_ring ring;
static struct ic_map map;
static struct ic_queue queue;

static void open_structures(void)
{
    ic_table_open(&table, &store, REGION_TABLE, TABLE_KEY_BYTES, 0);
    ic_log_open(&records, &store, REGION_LOG);
    ic_ring_open(&ring, &store, REGION_RING, RING_BYTES);
    ic_map_open(&map, &store, REGION_MAP, MAP_KEY_BYTES, 0);
    ic_queue_open(&queue, &store, REGION_QUEUE, PAYLOAD_BYTES);
}

CANDID_EXPORT("canister_init") void audit_init(void);
void audit_init(void)
{
    ic_store_create(&store, APP);
    open_structures();
}

CANDID_EXPORT("canister_post_upgrade") void audit_post_upgrade(void);
void audit_post_upgrade(void)
{
    ic_store_open(&store, APP);
    open_structures();
}

/* ---- entries --------------------------------------------------------------------------------- */

struct entry {
    uint8_t bytes[MAP_KEY_BYTES];
    uint64_t time_ns;
};

static struct entry entry_from(uint64_t number)
{
    struct entry entry = {.time_ns = number * 0x9e3779b97f4a7c15u};
    ic_store_u64_le(entry.bytes, entry.time_ns);
    ic_store_u64_le(entry.bytes + 8, number);
    return entry;
}

void audit_fill(const struct audit_fill_in *in)
{
    for (uint64_t number = in->from; number < in->to; number++) {
        struct entry entry = entry_from(number);
        const uint8_t record[RING_BYTES] = {1};
        ic_table_put(&table, entry.bytes + 3, NULL); /* the bytes that are mixed best */
        struct ic_bytes bytes = {.at = entry.bytes, .size = number % MAP_KEY_BYTES};
        ic_assert(ic_log_append(&records, bytes));
        ic_ring_push(&ring, record);
        (void)ic_map_put(&map, entry.bytes, NULL);
        (void)ic_queue_push(&queue, entry.time_ns, entry.bytes);
    }
}

void audit_thin(const struct audit_thin_in *in)
{
    for (uint64_t number = in->from; number < in->to; number++) {
        struct entry entry = entry_from(number);
        if (number % 3 != 0) {
            continue;
        }
        (void)ic_table_remove(&table, entry.bytes + 3);
        ic_ring_pop(&ring);
        (void)ic_map_remove(&map, entry.bytes);
        (void)ic_queue_remove(&queue, entry.time_ns, entry.bytes);
    }
}

void audit_damage(const struct audit_damage_in *in)
{
    uint8_t byte = 0;
    ic_stable_read(&byte, in->offset, 1);
    byte ^= 1;
    ic_stable_write(in->offset, &byte, 1);
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* One step; false when it was the last. */
static bool check_some(enum audit_structure_tag structure, struct ic_check *check)
{
    switch (structure) {
    case AUDIT_STRUCTURE_TABLE:
        return ic_table_check_some(&table, check);
    case AUDIT_STRUCTURE_LOG:
        return ic_log_check_some(&records, check);
    case AUDIT_STRUCTURE_RING:
        return ic_ring_check_some(&ring, check);
    case AUDIT_STRUCTURE_MAP:
        return ic_map_check_some(&map, check);
    case AUDIT_STRUCTURE_QUEUE:
        return ic_queue_check_some(&queue, check);
    }
    return false;
}

static void check_begin(struct ic_check *check, const struct audit_opt_check *so_far)
{
    const struct audit_check *from = &so_far->value;
    *check = (struct ic_check){.phase = 0};
    if (!so_far->has) {
        return;
    }
    if (from->version != ic0_canister_version()) {
        IC_TRAP("the canister has changed since this check began");
    }
    if (!ic_check_resume(check, from->numbers.at, from->numbers.count)) {
        IC_TRAP("these are not the numbers of a check");
    }
}

void audit_check(const struct audit_check_in *in, struct audit_check_out *out)
{
    static struct ic_check check;
    bool has_more = true;
    check_begin(&check, &in->so_far);
    while (has_more && ic_instructions() < in->instructions) {
        has_more = check_some(in->structure.tag, &check);
    }
    out->ret0.has = has_more;
    out->ret0.value.version = ic0_canister_version();
    out->ret0.value.numbers.at = check.words;
    out->ret0.value.numbers.count = IC_CHECK_WORDS;
}

void audit_dearest_step(const struct audit_dearest_step_in *in, struct audit_dearest_step_out *out)
{
    struct ic_check check = {.phase = 0};
    bool has_more = true;
    *out = (struct audit_dearest_step_out){.dearest = 0};
    for (; has_more; out->steps++) {
        const uint64_t before = ic_instructions();
        has_more = check_some(in->structure.tag, &check);
        const uint64_t used = ic_instructions() - before;
        out->dearest = used > out->dearest ? used : out->dearest;
    }
}
