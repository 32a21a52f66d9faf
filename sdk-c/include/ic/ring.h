/* A first-in first-out queue of fixed-size records in stable memory, without a bound on its length.
 *
 * Records stand in pages of 4 KiB that are linked in both directions; emptied pages are used again.
 * Pushing and popping dirty one page and the head page; nothing ever moves.
 *
 * Layout, version 1. Region id (kind RING), an array of pages:
 *
 *     0   4   next page, number + 1; 0 = none. In a free page: the next free one
 *     4   4   page before, number + 1; 0 = none
 *     8   n*r records
 *
 * Head slot: 0 u64 records, 8 u32 front page + 1, 12 u32 front record in it, 16 u32 back page + 1,
 * 20 u32 records in it (from its start), 24 u32 pages ever made, 28 u32 first free page + 1,
 * 32 u64 check. */
#ifndef IC_RING_H
#define IC_RING_H

#include "ic/check.h"
#include "ic/stable.h"

#define IC_RING_PAGE_BYTES       4096u
#define IC_RING_RECORD_BYTES_MAX 4088u

struct ic_ring {
    struct ic_store *store;
    struct ic_region *region;
    uint32_t record_bytes;
    uint32_t page_records; /* room in a page */
    uint64_t count;        /* records */
    uint32_t front_page;   /* + 1 */
    uint32_t front_record;
    uint32_t back_page; /* + 1 */
    uint32_t back_records;
    uint32_t page_count;
    uint32_t page_free; /* + 1 */
};

/* ic_ring_open makes or finds a ring. It takes one region id. */
void ic_ring_open(struct ic_ring *ring, struct ic_store *store, uint32_t region_id,
                  uint32_t record_bytes);

static inline uint64_t ic_ring_count(const struct ic_ring *ring)
{
    return ring->count;
}

/* ic_ring_push adds a record at the back.
 *   traps     when stable memory cannot grow */
void ic_ring_push(struct ic_ring *ring, const void *record);

/* ic_ring_front copies the oldest record; false when the ring is empty. */
IC_MUST_USE bool ic_ring_front(const struct ic_ring *ring, void *record);

/* ic_ring_pop removes the oldest record; the ring must not be empty. */
void ic_ring_pop(struct ic_ring *ring);

/* ic_ring_back copies the record that is n places before the newest one (0 = the newest). Walks
 * n / page_records pages.
 *   returns   false when there are not that many */
IC_MUST_USE bool ic_ring_back(const struct ic_ring *ring, void *record, uint64_t n);

/* Goes through all records, from the oldest to the newest; no push or pop meanwhile. Start from a
 * zeroed cursor.
 *   returns   false after the last; nothing was written then */
struct ic_ring_cursor {
    uint64_t done; /* records gone through */
    uint32_t page; /* + 1 */
    uint32_t record;
};
IC_MUST_USE bool ic_ring_next(const struct ic_ring *ring, void *record,
                              struct ic_ring_cursor *cursor);

/* ic_ring_check_some checks the next 64 pages; see ic/check.h.
 *   returns   true while there is more
 *   traps     "stable ring: ..." at the first inconsistency */
IC_MUST_USE bool ic_ring_check_some(const struct ic_ring *ring, struct ic_check *check);

/* ic_ring_check checks everything: that the pages are linked both ways and hold what the head says, and that each page is
 * in use or free. */
void ic_ring_check(const struct ic_ring *ring);

#endif
