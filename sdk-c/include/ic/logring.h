/* The last lines of a log, in stable memory, to be read by query: what happened lately, within a
 * fixed number of bytes. New lines push out the oldest.
 *
 *     ic_logring_open(&lines, &store, REGION_LINES, 65536);
 *     ic_logring_add(&lines, ic_time_ns(), IC_LOGRING_WARNING, IC_BYTES_LIT("the price is old"));
 *
 * Lines survive upgrades. A line written by a message that traps is undone with it; what must be
 * known of a trap is in the canister's log on the subnet, see ic_debug_print.
 *
 * Adding a line of 100 bytes costs 2,900 instructions (two dirty stable pages), whatever the size
 * of the ring and however many lines it pushes out.
 *
 * Layout, version 1. Region id (kind RAW, shape = capacity in bytes), a ring of bytes; a line
 * begins at any byte and goes on at the start when it meets the end:
 *
 *     0   8   time, ns
 *     8   4   number of the line, lower 32 bits: what it says must match where we are
 *    12   2   size of the text in bytes
 *    14   1   level
 *    15   n   text
 *    +n   2   size of the text again: to walk from the newest line backwards
 *
 * Head slot: 0 u64 number of the next line, 8 u64 number of the oldest line, 16 u32 offset of the
 * oldest, 20 u32 offset behind the newest, 24 u32 bytes in use. */
#ifndef IC_LOGRING_H
#define IC_LOGRING_H

#include "ic/arena.h"
#include "ic/stable.h"

#define IC_LOGRING_TEXT_MAX     1024u /* bytes of a line; what is longer is cut */
#define IC_LOGRING_HEADER_BYTES 15u
#define IC_LOGRING_EXTRA_BYTES  (IC_LOGRING_HEADER_BYTES + 2u) /* of a line, besides its text */
#define IC_LOGRING_BYTES_MIN    4096u
#define IC_LOGRING_BYTES_MAX    (16u << 20)

enum ic_logring_level {
    IC_LOGRING_DEBUG,
    IC_LOGRING_INFO,
    IC_LOGRING_WARNING,
    IC_LOGRING_ERROR,
};

struct ic_logring {
    struct ic_region *region;
    uint32_t capacity; /* bytes */
    uint64_t next;     /* number of the next line; numbers count from 0 and never come back */
    uint64_t oldest;
    uint32_t first; /* offset of the oldest line */
    uint32_t end;   /* offset behind the newest */
    uint32_t used;  /* bytes */
};

struct ic_logring_line {
    uint64_t number;
    uint64_t time_ns;
    enum ic_logring_level level;
    struct ic_bytes text; /* in the arena */
};

/* ic_logring_open makes or finds a ring of capacity bytes (part of the layout; between the limits
 * above). It takes one region id.
 *   traps     when the region holds something else, its head is damaged, or stable memory cannot
 *             grow */
void ic_logring_open(struct ic_logring *ring, struct ic_store *store, uint32_t region_id,
                     uint32_t capacity);

/* Lines that can be read. */
static inline uint64_t ic_logring_count(const struct ic_logring *ring)
{
    return ring->next - ring->oldest;
}

/* ic_logring_add appends a line, pushing out old ones. What is longer than IC_LOGRING_TEXT_MAX is
 * cut. */
void ic_logring_add(struct ic_logring *ring, uint64_t time_ns, enum ic_logring_level level,
                    struct ic_bytes text);

/* Walks the lines from the oldest to the newest, or back. Valid until a line is added. */
struct ic_logring_cursor {
    uint64_t number; /* of the line that comes next; backwards: one above it */
    uint32_t at;
};
struct ic_logring_cursor ic_logring_first(const struct ic_logring *ring);
struct ic_logring_cursor ic_logring_last(const struct ic_logring *ring);

/* ic_logring_next gives the line at the cursor and moves on; ic_logring_previous the one before it.
 *   returns   false at the end, or when the arena is full; *line is untouched then
 *   traps     "stable log ring: the structure is damaged" */
IC_MUST_USE bool ic_logring_next(struct ic_logring_line *line, const struct ic_logring *ring,
                                 struct ic_logring_cursor *cursor, struct ic_arena *a);
IC_MUST_USE bool ic_logring_previous(struct ic_logring_line *line, const struct ic_logring *ring,
                                     struct ic_logring_cursor *cursor, struct ic_arena *a);

/* The name of a level: "DEBUG", "INFO", "WARNING", "ERROR". */
const char *ic_logring_level_name(enum ic_logring_level level);

/* ic_logring_check walks everything. For tests and debug queries.
 *   traps     at the first inconsistency */
void ic_logring_check(const struct ic_logring *ring);

#endif
