/* Timers: places, a binary heap of them by time, and their records in stable memory. */
#include "ic/timer.h"

#include "ic/buf.h"
#include "ic/call.h"
#include "ic/crc32.h"
#include "ic/msg.h"
#include "ic/trap.h"

#define LAYOUT            1u
#define PLACE_MASK        (IC_TIMERS_MAX - 1u)
#define PLACE_BITS        10u
#define RECORDS_READ      64u /* at once, by ic_timers_open */
#define HEAD_BYTES        16u
#define IDS_OF_START_BITS 32u
#define NOT_IN_QUEUE      UINT16_MAX
#define NO_TICKET         0u /* of ic/call.h: the answer is of no interest */
#define SHIFT_MAX         63u
#define LOG_BYTES_MAX     160u

_Static_assert(1u << PLACE_BITS == IC_TIMERS_MAX, "ids hold the place in their low bits");
_Static_assert(IC_TIMERS_MAX % RECORDS_READ == 0, "records are read in equal parts");

struct timer {
    uint64_t id;     /* 0: the place is free */
    uint64_t due_ns; /* key of the queue */
    uint64_t every_ns;
    uint64_t argument;
    uint16_t tries;
    uint16_t kind;
    uint16_t at; /* in the queue */
    bool is_declared;
};

static struct {
    const struct ic_timer_kind *kinds;
    size_t kind_count;
    struct ic_region *region; /* NULL: nothing is stable */
    uint64_t starts;          /* of the canister */
    uint32_t places;          /* stored records are below; a multiple of RECORDS_READ */
    uint64_t sequence;        /* of the last id */
    uint64_t armed_ns;        /* what the system was asked for last; 0: nothing */
    struct ic_timers_status status;
    uint64_t declared[IC_TIMER_KINDS_MAX]; /* ids */
    uint32_t free_hint;                    /* all places below are taken */
    uint32_t count;
    uint16_t queue[IC_TIMERS_MAX]; /* places; each is due no earlier than its parent, (i - 1) / 2 */
    struct timer timers[IC_TIMERS_MAX];
} all;

static uint64_t sum_or_max(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* ---- the queue ------------------------------------------------------------------------------- */

static bool is_before(uint16_t a, uint16_t b)
{
    const struct timer *x = &all.timers[a], *y = &all.timers[b];
    return x->due_ns != y->due_ns ? x->due_ns < y->due_ns
                                  : x->id >> PLACE_BITS < y->id >> PLACE_BITS;
}

static void queue_put(uint32_t at, uint16_t place)
{
    all.queue[at] = place;
    all.timers[place].at = (uint16_t)at;
}

static void queue_rise(uint32_t at)
{
    uint16_t place = all.queue[at];
    while (at > 0 && is_before(place, all.queue[(at - 1) / 2])) {
        queue_put(at, all.queue[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    queue_put(at, place);
}

static void queue_sink(uint32_t at)
{
    uint16_t place = all.queue[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < all.count && is_before(all.queue[child + 1], all.queue[child])) {
            child++;
        }
        if (child >= all.count || !is_before(all.queue[child], place)) {
            break;
        }
        queue_put(at, all.queue[child]);
        at = child;
    }
    queue_put(at, place);
}

static void queue_insert(struct timer *t)
{
    ic_assert(all.count < IC_TIMERS_MAX);
    queue_put(all.count, (uint16_t)(t - all.timers));
    all.count++;
    queue_rise(all.count - 1);
}

static void queue_move(struct timer *t, uint64_t due_ns)
{
    bool is_earlier = due_ns < t->due_ns;
    t->due_ns = due_ns;
    if (is_earlier) {
        queue_rise(t->at);
    } else {
        queue_sink(t->at);
    }
}

static void queue_remove(struct timer *t)
{
    uint32_t at = t->at;
    ic_assert(at < all.count && all.queue[at] == t - all.timers);
    all.count--;
    if (at != all.count) {
        queue_put(at, all.queue[all.count]);
        queue_rise(at);
        queue_sink(all.timers[all.queue[at]].at);
    }
    t->at = NOT_IN_QUEUE;
}

/* ---- records --------------------------------------------------------------------------------- */

static uint32_t name_hash(const struct ic_timer_kind *kind)
{
    return ic_crc32(ic_bytes_from_text(kind->name));
}

static uint32_t record_hash(const uint8_t *record)
{
    return ic_crc32((struct ic_bytes){.at = record, .size = IC_TIMER_RECORD_BYTES - 4});
}

static void head_write(void)
{
    uint8_t head[HEAD_BYTES];
    ic_store_u64_le(head, all.starts);
    ic_store_u32_le(head + 8, all.places);
    ic_store_u32_le(head + 12, ic_crc32((struct ic_bytes){.at = head, .size = 12}));
    ic_region_head_write(all.region, 0, head, sizeof head);
}

static void head_read(void)
{
    static const uint8_t EMPTY[HEAD_BYTES];
    uint8_t head[HEAD_BYTES];
    ic_region_head_read(all.region, head, 0, sizeof head);
    all.starts = ic_load_u64_le(head);
    all.places = ic_load_u32_le(head + 8);
    if (memcmp(head, EMPTY, sizeof head) != 0 &&
        (ic_load_u32_le(head + 12) != ic_crc32((struct ic_bytes){.at = head, .size = 12}) ||
         all.places > IC_TIMERS_MAX)) {
        IC_TRAP("timer: the stored head is damaged");
    }
}

/* Writes what is to be known of a timer after an upgrade; a free place is all zero. */
static void record_write(const struct timer *t)
{
    uint8_t record[IC_TIMER_RECORD_BYTES] = {0};
    const struct ic_timer_kind *kind = &all.kinds[t->kind];
    if (!kind->is_stable) {
        return;
    }
    if (t >= all.timers + all.places) { /* by steps, so that the head is seldom written */
        all.places = ((uint32_t)(t - all.timers) / RECORDS_READ + 1) * RECORDS_READ;
        head_write();
    }
    if (t->id != 0) {
        ic_store_u64_le(record, t->id);
        ic_store_u64_le(record + 8, t->due_ns);
        ic_store_u64_le(record + 16, t->every_ns);
        ic_store_u64_le(record + 24, t->argument);
        ic_store_u32_le(record + 32, name_hash(kind));
        ic_store_u16_le(record + 36, t->tries);
        record[38] = t->is_declared;
        ic_store_u32_le(record + 40, record_hash(record));
    }
    ic_region_write(all.region, (uint64_t)(t - all.timers) * IC_TIMER_RECORD_BYTES, record,
                    sizeof record);
}

static void record_erase(size_t place)
{
    static const uint8_t EMPTY[IC_TIMER_RECORD_BYTES];
    ic_region_write(all.region, (uint64_t)place * IC_TIMER_RECORD_BYTES, EMPTY, sizeof EMPTY);
}

static uint16_t kind_by_hash(uint32_t hash)
{
    for (size_t i = 0; i < all.kind_count; i++) {
        if (name_hash(&all.kinds[i]) == hash) {
            return (uint16_t)i;
        }
    }
    IC_TRAP("timer: the kind of a stored timer is not declared");
}

/* A declared timer goes on as long as it is declared with the same period; others as long as their
 * kind has none of its own. */
static bool is_wanted(const struct timer *t)
{
    const struct ic_timer_kind *kind = &all.kinds[t->kind];
    return kind->run != NULL && kind->every_ns == (t->is_declared ? t->every_ns : 0);
}

static void record_load(const uint8_t *record, size_t place)
{
    struct timer *t = &all.timers[place];
    uint64_t id = ic_load_u64_le(record);
    if (id == 0) {
        return;
    }
    if (ic_load_u32_le(record + 40) != record_hash(record) || (id & PLACE_MASK) != place) {
        IC_TRAP("timer: a stored timer is damaged");
    }
    *t = (struct timer){.id = id,
                        .due_ns = ic_load_u64_le(record + 8),
                        .every_ns = ic_load_u64_le(record + 16),
                        .argument = ic_load_u64_le(record + 24),
                        .tries = ic_load_u16_le(record + 36),
                        .is_declared = record[38] != 0,
                        .kind = kind_by_hash(ic_load_u32_le(record + 32))};
    if (!is_wanted(t) || !all.kinds[t->kind].is_stable) {
        record_erase(place);
    }
    if (!is_wanted(t)) {
        t->id = 0;
        return;
    }
    if (t->is_declared) {
        all.declared[t->kind] = id;
    }
    queue_insert(t);
}

static void records_load(void)
{
    uint8_t records[RECORDS_READ * IC_TIMER_RECORD_BYTES];
    for (size_t first = 0; first < all.places; first += RECORDS_READ) {
        ic_region_read(all.region, records, (uint64_t)first * IC_TIMER_RECORD_BYTES,
                       sizeof records);
        for (size_t i = 0; i < RECORDS_READ; i++) {
            record_load(records + i * IC_TIMER_RECORD_BYTES, first + i);
        }
    }
}

/* ---- setting --------------------------------------------------------------------------------- */

/* Asks the system for the earliest timer. A wish that lies in the past was fulfilled, or lost with
 * a message that trapped: then it is made again. */
static void arm(uint64_t not_before_ns)
{
    uint64_t wanted_ns = 0;
    if (all.count != 0) {
        wanted_ns = all.timers[all.queue[0]].due_ns;
        wanted_ns = wanted_ns > not_before_ns ? wanted_ns : not_before_ns;
        wanted_ns = wanted_ns == 0 ? 1 : wanted_ns; /* 0 would disarm */
    }
    if (wanted_ns != all.armed_ns || (wanted_ns != 0 && wanted_ns <= ic_time_ns())) {
        ic_timer_set(wanted_ns);
        all.armed_ns = wanted_ns;
    }
}

static uint64_t id_take(uint32_t place)
{
    all.sequence++;
    return all.sequence << PLACE_BITS | place;
}

static struct timer *find(struct ic_timer_id id)
{
    struct timer *t = &all.timers[id.v & PLACE_MASK];
    return id.v != 0 && t->id == id.v ? t : NULL;
}

static struct ic_timer_id set(size_t kind, uint64_t due_ns, uint64_t every_ns, uint64_t argument)
{
    if (all.count == IC_TIMERS_MAX) {
        return (struct ic_timer_id){.v = 0};
    }
    uint32_t place = all.free_hint;
    while (all.timers[place].id != 0) {
        place++;
    }
    all.free_hint = place + 1;
    struct timer *t = &all.timers[place];
    *t = (struct timer){.id = id_take(place),
                        .due_ns = due_ns,
                        .every_ns = every_ns,
                        .argument = argument,
                        .kind = (uint16_t)kind,
                        .is_declared = all.kinds[kind].every_ns != 0};
    queue_insert(t);
    record_write(t);
    return (struct ic_timer_id){.v = t->id};
}

static void drop(struct timer *t)
{
    uint32_t place = (uint32_t)(t - all.timers);
    if (all.declared[t->kind] == t->id) {
        all.declared[t->kind] = 0;
    }
    queue_remove(t);
    t->id = 0;
    record_write(t);
    all.free_hint = place < all.free_hint ? place : all.free_hint;
}

static void kind_check(size_t kind)
{
    ic_assert(kind < all.kind_count);
    ic_assert(all.kinds[kind].run != NULL && all.kinds[kind].every_ns == 0);
}

struct ic_timer_id ic_timer_at(size_t kind, uint64_t at_ns, uint64_t argument)
{
    kind_check(kind);
    struct ic_timer_id id = set(kind, at_ns, 0, argument);
    arm(0);
    return id;
}

struct ic_timer_id ic_timer_after(size_t kind, uint64_t delay_ns, uint64_t argument)
{
    return ic_timer_at(kind, sum_or_max(ic_time_ns(), delay_ns), argument);
}

struct ic_timer_id ic_timer_every(size_t kind, uint64_t every_ns, uint64_t argument)
{
    kind_check(kind);
    ic_assert(every_ns > 0);
    struct ic_timer_id id = set(kind, sum_or_max(ic_time_ns(), every_ns), every_ns, argument);
    arm(0);
    return id;
}

bool ic_timer_cancel(struct ic_timer_id id)
{
    struct timer *t = find(id);
    if (t != NULL) {
        drop(t);
    }
    arm(0);
    return t != NULL;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void kinds_check(void)
{
    ic_assert(all.kind_count <= IC_TIMER_KINDS_MAX);
    for (size_t i = 0; i < all.kind_count; i++) {
        ic_assert(!all.kinds[i].is_stable || all.region != NULL);
        for (size_t k = 0; k < i; k++) {
            if (name_hash(&all.kinds[i]) == name_hash(&all.kinds[k])) {
                IC_TRAP("timer: two kinds have the same name, or names of the same CRC-32");
            }
        }
    }
}

static void declared_set(void)
{
    for (size_t i = 0; i < all.kind_count; i++) {
        const struct ic_timer_kind *kind = &all.kinds[i];
        if (kind->run != NULL && kind->every_ns > 0 && all.declared[i] == 0) {
            uint64_t due_ns = sum_or_max(ic_time_ns(), kind->every_ns);
            all.declared[i] = set(i, due_ns, kind->every_ns, 0).v;
        }
    }
}

/* Ids count up from a number that is new in each start of the canister. */
static void sequence_begin(void)
{
    if (all.region == NULL) {
        all.sequence = ic_time_ns() >> PLACE_BITS;
        return;
    }
    head_read();
    all.starts++;
    head_write();
    all.sequence = all.starts << IDS_OF_START_BITS;
}

void ic_timers_open(const struct ic_timer_kind *kinds, size_t kind_count, struct ic_store *store,
                    uint32_t region_id)
{
#ifdef __wasm__
    ic_assert(ic_timers_need_IC_TIMERS_EXPORT);
#endif
    if (all.kinds != NULL) { /* natively: a module that starts finds zeros, and each page costs */
        memset(&all, 0, sizeof all);
    }
    all.kinds = kinds;
    all.kind_count = kind_count;
    if (store != NULL) {
        all.region = ic_store_region(store, NULL, region_id, IC_REGION_RAW, LAYOUT);
        ic_assert(
            ic_region_reserve(store, all.region, (uint64_t)IC_TIMERS_MAX * IC_TIMER_RECORD_BYTES));
    }
    kinds_check();
    sequence_begin();
    if (store != NULL) {
        records_load();
    }
    declared_set();
    arm(0);
}

/* ---- running --------------------------------------------------------------------------------- */

static void lapse(struct timer *t)
{
    uint8_t text[LOG_BYTES_MAX];
    struct ic_writer w;
    ic_writer_init(&w, text, sizeof text);
    IC_PUT_LIT(&w, "timer lapsed after ");
    ic_put_decimal(&w, t->tries);
    IC_PUT_LIT(&w, " tries, argument ");
    ic_put_decimal(&w, t->argument);
    IC_PUT_LIT(&w, ": ");
    ic_put_bytes(&w, ic_bytes_from_text(all.kinds[t->kind].name));
    ic_debug_print(ic_writer_bytes(&w));
    all.status.lapsed++;
    drop(t);
}

/* When a timer whose message is sent now is due again. */
static uint64_t next_due(const struct timer *t, uint64_t now_ns)
{
    if (t->every_ns != 0) {
        uint64_t missed = (now_ns - t->due_ns) / t->every_ns;
        return sum_or_max(t->due_ns + missed * t->every_ns, t->every_ns);
    }
    uint32_t shift = t->tries < SHIFT_MAX ? t->tries : SHIFT_MAX;
    uint64_t delay_ns = shift < 16 ? IC_TIMER_RETRY_NS << shift : IC_TIMER_RETRY_NS_MAX;
    return sum_or_max(now_ns, delay_ns < IC_TIMER_RETRY_NS_MAX ? delay_ns : IC_TIMER_RETRY_NS_MAX);
}

/* Puts a due timer back and sends its message; false when that is impossible now. */
static bool dispatch(struct timer *t, const struct ic_principal *self, uint64_t now_ns)
{
    uint32_t tries_max = all.kinds[t->kind].tries_max;
    tries_max = tries_max == 0 ? IC_TIMER_TRIES_DEFAULT : tries_max;
    if (t->every_ns == 0 && t->tries >= tries_max) {
        lapse(t);
        return true;
    }
    uint8_t id[8];
    ic_store_u64_le(id, t->id);
    const struct ic_call call = {.to = *self,
                                 .method = IC_BYTES_LIT(IC_TIMER_METHOD),
                                 .argument = {.at = id, .size = sizeof id}};
    if (ic_call_send(&call, NO_TICKET) != IC_CALL_OK) {
        all.status.refused++;
        return false;
    }
    all.status.retries += t->tries > 0;
    uint64_t due_ns = next_due(t, now_ns);
    t->tries = (uint16_t)(t->tries + (t->tries < UINT16_MAX));
    queue_move(t, due_ns);
    record_write(t);
    return true;
}

void ic_timers_on_global_timer(void)
{
    uint64_t now_ns = ic_time_ns();
    uint64_t not_before_ns = 0;
    struct ic_principal self = ic_canister_self();
    all.armed_ns = 0;
    for (uint32_t sent = 0; sent < IC_TIMER_BATCH_MAX && all.count != 0; sent++) {
        struct timer *t = &all.timers[all.queue[0]];
        if (t->due_ns > now_ns) {
            break;
        }
        if (!dispatch(t, &self, now_ns)) {
            not_before_ns = sum_or_max(now_ns, IC_TIMER_RETRY_NS);
            break;
        }
    }
    arm(not_before_ns);
}

void ic_timers_on_message(void)
{
    struct ic_principal self = ic_canister_self(), caller = ic_msg_caller();
    struct ic_bytes argument;
    if (!ic_principal_is_equal(&self, &caller)) {
        IC_TRAP("timer: only the canister itself may call this");
    }
    ic_assert(ic_msg_arg(&argument, 8, ic_msg_arena(IC_TIMER_ARENA_BYTES)) && argument.size == 8);
    struct ic_timer_id id = {.v = ic_load_u64_le(argument.at)};
    ic_msg_reply();
    struct timer *t = find(id);
    if (t == NULL) {
        return; /* cancelled meanwhile, or an earlier message for it came late */
    }
    uint64_t value = t->argument;
    ic_timer_fn *run = all.kinds[t->kind].run;
    if (t->every_ns == 0) {
        drop(t);
    } else {
        t->tries = 0;
        record_write(t);
    }
    all.status.runs++;
    run(id, value);
    arm(0);
}

/* ---- looking --------------------------------------------------------------------------------- */

struct ic_timer_id ic_timer_declared(size_t kind)
{
    ic_assert(kind < all.kind_count);
    return (struct ic_timer_id){.v = all.declared[kind]};
}

bool ic_timer_find(struct ic_timer_info *out, struct ic_timer_id id)
{
    const struct timer *t = find(id);
    if (t == NULL) {
        return false;
    }
    *out = (struct ic_timer_info){.kind = t->kind,
                                  .due_ns = t->due_ns,
                                  .every_ns = t->every_ns,
                                  .argument = t->argument,
                                  .tries = t->tries};
    return true;
}

struct ic_timers_status ic_timers_status(void)
{
    struct ic_timers_status status = all.status;
    status.count = all.count;
    status.earliest_ns = all.count == 0 ? 0 : all.timers[all.queue[0]].due_ns;
    return status;
}

struct ic_timers_memory ic_timers_memory(void)
{
    return (struct ic_timers_memory){.at = &all, .size = sizeof all};
}
