#include "ic/ring.h"

#include "ic/buf.h"
#include "ic/trap.h"
#include "src/head.h"

#define LINKS_BYTES 8u /* at the start of a page: next, previous */
#define HEAD_BYTES  32u

static _Noreturn void trap_damaged(void)
{
    IC_TRAP("stable ring: the structure is damaged");
}

static void head_save(const struct ic_ring *ring)
{
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    ic_store_u64_le(head, ring->count);
    ic_store_u32_le(head + 8, ring->front_page);
    ic_store_u32_le(head + 12, ring->front_record);
    ic_store_u32_le(head + 16, ring->back_page);
    ic_store_u32_le(head + 20, ring->back_records);
    ic_store_u32_le(head + 24, ring->page_count);
    ic_store_u32_le(head + 28, ring->page_free);
    ic_head_seal(head, HEAD_BYTES);
    ic_region_head_write(ring->region, 0, head, sizeof head);
}

static void head_check(const struct ic_ring *ring)
{
    bool is_empty = ring->count == 0;
    if ((uint64_t)ring->page_count * IC_RING_PAGE_BYTES > ring->region->bytes ||
        ring->front_page > ring->page_count || ring->back_page > ring->page_count ||
        ring->page_free > ring->page_count || ring->back_records > ring->page_records ||
        ring->front_record >= ring->page_records || (!is_empty && ring->front_page == 0) ||
        (!is_empty && ring->back_page == 0)) {
        trap_damaged();
    }
}

void ic_ring_open(struct ic_ring *ring, struct ic_store *store, uint32_t region_id,
                  uint32_t record_bytes)
{
    ic_assert(record_bytes >= 1 && record_bytes <= IC_RING_RECORD_BYTES_MAX);
    uint8_t head[HEAD_BYTES + IC_HEAD_CHECK_BYTES];
    *ring = (struct ic_ring){.store = store, .record_bytes = record_bytes};
    ring->page_records = (IC_RING_PAGE_BYTES - LINKS_BYTES) / record_bytes;
    ring->region = ic_store_region(store, NULL, region_id, IC_REGION_RING, record_bytes);
    ic_region_head_read(ring->region, head, 0, sizeof head);
    ring->count = ic_load_u64_le(head);
    ring->front_page = ic_load_u32_le(head + 8);
    ring->front_record = ic_load_u32_le(head + 12);
    ring->back_page = ic_load_u32_le(head + 16);
    ring->back_records = ic_load_u32_le(head + 20);
    ring->page_count = ic_load_u32_le(head + 24);
    ring->page_free = ic_load_u32_le(head + 28);
    if (!ic_head_is_sound(head, HEAD_BYTES)) {
        trap_damaged();
    }
    head_check(ring);
}

/* Pages are numbered from 1 in everything below. */
static uint64_t page_address(const struct ic_ring *ring, uint32_t page)
{
    if (page == 0 || page > ring->page_count) {
        trap_damaged();
    }
    return ic_region_address(ring->region, (uint64_t)(page - 1) * IC_RING_PAGE_BYTES);
}

static uint64_t record_address(const struct ic_ring *ring, uint32_t page, uint32_t record)
{
    return page_address(ring, page) + LINKS_BYTES + (uint64_t)record * ring->record_bytes;
}

struct links {
    uint32_t next;
    uint32_t previous;
};

static struct links links_read(const struct ic_ring *ring, uint32_t page)
{
    uint8_t bytes[LINKS_BYTES];
    ic_stable_read(bytes, page_address(ring, page), sizeof bytes);
    return (struct links){.next = ic_load_u32_le(bytes), .previous = ic_load_u32_le(bytes + 4)};
}

static void links_write(const struct ic_ring *ring, uint32_t page, struct links links)
{
    uint8_t bytes[LINKS_BYTES];
    ic_store_u32_le(bytes, links.next);
    ic_store_u32_le(bytes + 4, links.previous);
    ic_stable_write(page_address(ring, page), bytes, sizeof bytes);
}

/* A page to write on: a free one, or a new one at the end of the region. */
static uint32_t page_take(struct ic_ring *ring)
{
    if (ring->page_free != 0) {
        uint32_t page = ring->page_free;
        ring->page_free = links_read(ring, page).next;
        return page;
    }
    uint64_t bytes = ((uint64_t)ring->page_count + 1) * IC_RING_PAGE_BYTES;
    if (!ic_region_reserve(ring->store, ring->region, bytes)) {
        IC_TRAP("stable ring: stable memory cannot grow");
    }
    return ++ring->page_count;
}

/* Links an empty page behind the back page. */
static void back_extend(struct ic_ring *ring)
{
    uint32_t page = page_take(ring);
    links_write(ring, page, (struct links){.next = 0, .previous = ring->back_page});
    if (ring->back_page == 0) {
        ring->front_page = page;
        ring->front_record = 0;
    } else {
        uint32_t previous = links_read(ring, ring->back_page).previous;
        links_write(ring, ring->back_page, (struct links){.next = page, .previous = previous});
    }
    ring->back_page = page;
    ring->back_records = 0;
}

void ic_ring_push(struct ic_ring *ring, const void *record)
{
    if (ring->back_page == 0 || ring->back_records == ring->page_records) {
        back_extend(ring);
    }
    ic_stable_write(record_address(ring, ring->back_page, ring->back_records), record,
                    ring->record_bytes);
    ring->back_records++;
    ring->count++;
    head_save(ring);
}

bool ic_ring_front(const struct ic_ring *ring, void *record)
{
    if (ring->count == 0) {
        return false;
    }
    ic_stable_read(record, record_address(ring, ring->front_page, ring->front_record),
                   ring->record_bytes);
    return true;
}

/* Gives the emptied front page back. The page behind it becomes the front; when there is none the
 * ring keeps no page at all. */
static void front_release(struct ic_ring *ring)
{
    uint32_t page = ring->front_page;
    uint32_t next = links_read(ring, page).next;
    links_write(ring, page, (struct links){.next = ring->page_free, .previous = 0});
    ring->page_free = page;
    ring->front_page = next;
    ring->front_record = 0;
    if (next == 0) {
        ic_assert(ring->count == 0);
        ring->back_page = 0;
        ring->back_records = 0;
    } else {
        uint32_t after = links_read(ring, next).next;
        links_write(ring, next, (struct links){.next = after, .previous = 0});
    }
}

void ic_ring_pop(struct ic_ring *ring)
{
    ic_assert(ring->count > 0);
    ring->front_record++;
    ring->count--;
    if (ring->front_record == ring->page_records) {
        front_release(ring);
    }
    head_save(ring);
}

bool ic_ring_back(const struct ic_ring *ring, void *record, uint64_t n)
{
    if (n >= ring->count) {
        return false;
    }
    uint32_t page = ring->back_page;
    uint64_t in_page = ring->back_records;
    while (n >= in_page) {
        n -= in_page;
        page = links_read(ring, page).previous;
        in_page = ring->page_records;
    }
    ic_stable_read(record, record_address(ring, page, (uint32_t)(in_page - 1 - n)),
                   ring->record_bytes);
    return true;
}

bool ic_ring_next(const struct ic_ring *ring, void *record, struct ic_ring_cursor *cursor)
{
    if (cursor->done >= ring->count) {
        return false;
    }
    if (cursor->done == 0) {
        cursor->page = ring->front_page;
        cursor->record = ring->front_record;
    } else if (cursor->record == ring->page_records) {
        cursor->page = links_read(ring, cursor->page).next;
        cursor->record = 0;
    }
    ic_stable_read(record, record_address(ring, cursor->page, cursor->record), ring->record_bytes);
    cursor->record++;
    cursor->done++;
    return true;
}

/* ---- integrity ------------------------------------------------------------------------------- */

enum { PHASE_START, PHASE_PAGES, PHASE_FREE };

#define PAGES_AT_ONCE 64u /* looked at in one step */

/* A page that a check has come to; no more than were ever made. */
static struct links check_links(const struct ic_ring *ring, struct ic_check *check)
{
    if (check->next > ring->page_count || check->blocks + check->free > ring->page_count) {
        trap_damaged();
    }
    return links_read(ring, (uint32_t)check->next);
}

/* Checks the page that is next and moves on to the one behind it. */
static void page_check(const struct ic_ring *ring, struct ic_check *check)
{
    check->blocks++;
    const struct links links = check_links(ring, check);
    if (links.previous != check->link) {
        trap_damaged();
    }
    check->entries += links.next == 0 ? ring->back_records : ring->page_records;
    check->link = check->next;
    check->next = links.next;
}

/* What the pages hold must be what the head says. */
static void pages_total(const struct ic_ring *ring, const struct ic_check *check)
{
    if (check->link != ring->back_page || check->entries != ring->count + ring->front_record) {
        trap_damaged();
    }
}

static bool pages_step(const struct ic_ring *ring, struct ic_check *check)
{
    const bool is_free = check->phase == PHASE_FREE;
    for (uint32_t i = 0; i < PAGES_AT_ONCE && check->next != 0; i++) {
        if (is_free) {
            check->free++;
            check->next = check_links(ring, check).next;
        } else {
            page_check(ring, check);
        }
    }
    if (check->next != 0) {
        return true;
    }
    if (is_free) {
        if (check->blocks + check->free != ring->page_count) {
            trap_damaged();
        }
        check->phase = IC_CHECK_DONE;
        return false;
    }
    pages_total(ring, check);
    check->phase = PHASE_FREE;
    check->next = ring->page_free;
    return true;
}

bool ic_ring_check_some(const struct ic_ring *ring, struct ic_check *check)
{
    switch (check->phase) {
    case PHASE_START:
        head_check(ring);
        check->next = ring->front_page;
        check->phase = PHASE_PAGES;
        return true;
    case PHASE_PAGES:
    case PHASE_FREE:
        return pages_step(ring, check);
    default:
        return false;
    }
}

void ic_ring_check(const struct ic_ring *ring)
{
    struct ic_check check = {.phase = PHASE_START};
    while (ic_ring_check_some(ring, &check)) {
    }
}
