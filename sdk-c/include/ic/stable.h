/* State in stable memory: raw access, and a store of regions that grow independently.
 *
 * Everything is written straight to stable memory while a message runs; a trap undoes it by the
 * system's own rule. Nothing is saved before an upgrade and nothing that grows with the data is
 * rebuilt after one: ic_store_open checks the header, the structures on top read their heads.
 *
 * What costs: a read or write is 25 + its bytes, and each 4 KiB page that a message writes for the
 * first time another 1,000. So small things that change often share one page, the head page.
 *
 * Layout of the store, version 1 (little-endian):
 *
 *     bytes         what
 *         0   8     "IC-STORE"
 *         8   4     layout version: 1
 *        12   4     layout version of the application
 *        16   8     magic of the application
 *        24   4     region count: IC_STORE_REGIONS_MAX
 *        28   4     CRC-32 of bytes 0..27
 *        64  32*16  region descriptors:
 *                       0  4   kind (enum ic_region_kind), 0 = unused
 *                       4  4   shape: what the structure on it was made with, e.g. record size
 *                       8  4   extent count
 *                      12  4   CRC-32 of the 12 bytes above and the region's extent table
 *      4096  32*128 head page: a slot of 128 bytes for each region's structure
 *      8192  32*512 extent tables: for each region 128 u32, first 64 KiB page of each extent
 *     65536         extents, in the order in which they were needed
 *
 * The header and the rows have CRCs. A structure's head is written by nearly every message, so it
 * has a cheaper check word, which notices any one of its words changed; structures look when they
 * are opened and trap. What the regions hold is checked by the structures' own walks
 * (ic_..._check).
 *
 * A region is a byte array of its own. Its extents grow geometrically: eight of 256 KiB, eight of
 * 512 KiB, eight of 1 MiB and so on, so that at most 1/8 is reserved ahead, 128 entries suffice for
 * 128 GiB, and the extent of an offset is computed, not searched. */
#ifndef IC_STABLE_H
#define IC_STABLE_H

#include "ic/bytes.h"

#define IC_STABLE_PAGE_BYTES 65536u
/* A dirtied page is charged in this unit. */
#define IC_STABLE_CHARGE_BYTES 4096u

/* ---- raw stable memory ----------------------------------------------------------------------- */

/* Size in 64 KiB pages. */
uint64_t ic_stable_pages(void);
/* ic_stable_grow adds pages, zeroed.
 *   returns   false when the system refuses; nothing changed then */
IC_MUST_USE bool ic_stable_grow(uint64_t pages);
/* The range must exist: beyond the end the system traps. */
void ic_stable_read(void *out, uint64_t offset, size_t size);
void ic_stable_write(uint64_t offset, const void *in, size_t size);

/* ---- the store ------------------------------------------------------------------------------- */
#define IC_STORE_LAYOUT_VERSION 1u
#define IC_STORE_REGIONS_MAX    32u
#define IC_STORE_HEAD_BYTES     128u /* one slot of the head page */
#define IC_REGION_EXTENTS_MAX   128u
#define IC_REGION_UNIT_BYTES    262144u /* the smallest extent */

enum ic_region_kind {
    IC_REGION_UNUSED = 0,
    IC_REGION_CELL = 1,
    IC_REGION_LOG = 2,        /* records */
    IC_REGION_LOG_INDEX = 3,  /* their offsets */
    IC_REGION_TABLE = 4,      /* buckets */
    IC_REGION_TABLE_MORE = 5, /* their overflow */
    IC_REGION_RING = 6,
    IC_REGION_RAW = 7, /* the application's own layout */
    IC_REGION_MAP = 8,
    IC_REGION_VEC = 9,
    IC_REGION_KIND_LAST = IC_REGION_VEC,
};

/* One region, as the heap knows it: read at open, rewritten when it grows. */
struct ic_region {
    uint32_t id;
    enum ic_region_kind kind;
    uint32_t shape;
    uint32_t extent_count;
    uint64_t bytes;                          /* capacity of all its extents */
    uint32_t extents[IC_REGION_EXTENTS_MAX]; /* first 64 KiB page of each */
};

/* The store: one for each canister, over the whole stable memory. */
struct ic_store {
    uint32_t app_version; /* of the data, as stored */
    bool is_open;
    struct ic_region regions[IC_STORE_REGIONS_MAX];
};

/* Whose data this is: eight bytes that never change, and the version that this code writes. */
struct ic_store_app {
    char magic[8];
    uint32_t version;
};

/* ic_store_create lays out an empty store, in canister_init.
 *   traps     when stable memory holds anything already or cannot grow */
void ic_store_create(struct ic_store *store, struct ic_store_app app);

/* ic_store_open reads the header and the region table, in canister_post_upgrade. Constant cost.
 * store->app_version tells which version wrote the data; the caller migrates and then calls
 * ic_store_version_set.
 *   traps     with a text that names what is wrong: not a store, another application's, a newer
 *             layout or application version, a damaged header or region table */
void ic_store_open(struct ic_store *store, struct ic_store_app app);

void ic_store_version_set(struct ic_store *store, struct ic_store_app app);

/* ic_store_region gives a region, reserving it at first use. Ids are the application's, 0..31,
 * fixed for ever. Structures that need two regions take id and id + 1.
 *   is_new    may be NULL; true when the region was unused until now
 *   traps     when the stored kind or shape is another */
struct ic_region *ic_store_region(struct ic_store *store, bool *is_new, uint32_t id,
                                  enum ic_region_kind kind, uint32_t shape);

/* ---- head slots ------------------------------------------------------------------------------ */

/* The 128 bytes of a region in the head page. offset + size <= IC_STORE_HEAD_BYTES. */
void ic_region_head_read(const struct ic_region *region, void *out, uint32_t offset, size_t size);
void ic_region_head_write(const struct ic_region *region, uint32_t offset, const void *in,
                          size_t size);

/* ---- bytes of a region ----------------------------------------------------------------------- */

/* ic_region_reserve makes offsets below bytes usable; new bytes are zero. It grows by whole
 * extents.
 *   returns   false when the system refuses or the region is full; nothing changed then */
IC_MUST_USE bool ic_region_reserve(struct ic_store *store, struct ic_region *region,
                                   uint64_t bytes);

/* Any range below region->bytes; it may cross extents.
 *   traps     beyond the end */
void ic_region_read(const struct ic_region *region, void *out, uint64_t offset, size_t size);
void ic_region_write(const struct ic_region *region, uint64_t offset, const void *in, size_t size);

/* Where an offset stands in stable memory, and how many bytes follow there without a gap. */
struct ic_place {
    uint64_t address;
    uint64_t room;
};

/* ic_region_place finds the place of an offset: for callers that read or write there several times.
 * Extents are multiples of 256 KiB, so what does not cross a multiple of 64 KiB never crosses
 * extents.
 *   traps     beyond the end */
struct ic_place ic_region_place(const struct ic_region *region, uint64_t offset);
uint64_t ic_region_address(const struct ic_region *region, uint64_t offset);

#endif
