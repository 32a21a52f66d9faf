#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/stable.h"
#include "ic/trap.h"

/* Where things stand in the header page; drawn in ic/stable.h. */
#define HEADER_BYTES       32u
#define DESCRIPTORS_OFFSET 64u
#define DESCRIPTOR_BYTES   16u
#define HEADS_OFFSET       4096u
#define EXTENTS_OFFSET     8192u
#define EXTENT_TABLE_BYTES (4u * IC_REGION_EXTENTS_MAX)
#define FIRST_EXTENT_PAGE  1u
#define UNIT_PAGES         (IC_REGION_UNIT_BYTES / IC_STABLE_PAGE_BYTES)

_Static_assert(DESCRIPTORS_OFFSET + IC_STORE_REGIONS_MAX * DESCRIPTOR_BYTES <= HEADS_OFFSET,
               "descriptors end before the head page");
_Static_assert(IC_STORE_REGIONS_MAX *IC_STORE_HEAD_BYTES == IC_STABLE_CHARGE_BYTES,
               "all heads share one charged page");
_Static_assert(EXTENTS_OFFSET + IC_STORE_REGIONS_MAX * EXTENT_TABLE_BYTES <= IC_STABLE_PAGE_BYTES,
               "extent tables end in the header page");

static const uint8_t MAGIC[8] = {'I', 'C', '-', 'S', 'T', 'O', 'R', 'E'};

/* ---- extents: a floating-point view of offsets ----------------------------------------------- */

/* Extents come in groups of eight of equal size, each group twice as large as the one before. With
 * q = unit + 8, the position of q's highest bit names the group and the three bits behind it the
 * extent: like the exponent and mantissa of a float. */
#define GROUP 8u

static uint32_t extent_units(uint32_t extent)
{
    return 1u << extent / GROUP;
}

/* Units in the first count extents. */
static uint64_t extents_units(uint32_t count)
{
    uint32_t group = count / GROUP;
    return ((uint64_t)(GROUP + count % GROUP) << group) - GROUP;
}

struct ic_place ic_region_place(const struct ic_region *region, uint64_t offset)
{
    ic_assert(offset < region->bytes);
    uint32_t q = (uint32_t)(offset / IC_REGION_UNIT_BYTES) + GROUP;
    uint32_t group = 28u - (uint32_t)__builtin_clz(q);
    uint32_t extent = group * GROUP + (q >> group) - GROUP;
    uint64_t within =
        (uint64_t)(q & ((1u << group) - 1)) * IC_REGION_UNIT_BYTES + offset % IC_REGION_UNIT_BYTES;
    uint64_t start = (uint64_t)region->extents[extent] * IC_STABLE_PAGE_BYTES;
    uint64_t size = (uint64_t)IC_REGION_UNIT_BYTES << group;
    return (struct ic_place){.address = start + within, .room = size - within};
}

uint64_t ic_region_address(const struct ic_region *region, uint64_t offset)
{
    return ic_region_place(region, offset).address;
}

void ic_region_read(const struct ic_region *region, void *out, uint64_t offset, size_t size)
{
    uint8_t *at = out;
    while (size != 0) {
        struct ic_place place = ic_region_place(region, offset);
        size_t part = size < place.room ? size : (size_t)place.room;
        ic_stable_read(at, place.address, part);
        at += part;
        offset += part;
        size -= part;
    }
}

void ic_region_write(const struct ic_region *region, uint64_t offset, const void *in, size_t size)
{
    const uint8_t *at = in;
    while (size != 0) {
        struct ic_place place = ic_region_place(region, offset);
        size_t part = size < place.room ? size : (size_t)place.room;
        ic_stable_write(place.address, at, part);
        at += part;
        offset += part;
        size -= part;
    }
}

/* ---- heads ----------------------------------------------------------------------------------- */

void ic_region_head_read(const struct ic_region *region, void *out, uint32_t offset, size_t size)
{
    ic_assert(offset <= IC_STORE_HEAD_BYTES && size <= IC_STORE_HEAD_BYTES - offset);
    ic_stable_read(out, HEADS_OFFSET + region->id * IC_STORE_HEAD_BYTES + offset, size);
}

void ic_region_head_write(const struct ic_region *region, uint32_t offset, const void *in,
                          size_t size)
{
    ic_assert(offset <= IC_STORE_HEAD_BYTES && size <= IC_STORE_HEAD_BYTES - offset);
    ic_stable_write(HEADS_OFFSET + region->id * IC_STORE_HEAD_BYTES + offset, in, size);
}

/* ---- the region table ------------------------------------------------------------------------ */

static uint64_t descriptor_offset(uint32_t id)
{
    return DESCRIPTORS_OFFSET + (uint64_t)id * DESCRIPTOR_BYTES;
}

static uint64_t extents_offset(uint32_t id)
{
    return EXTENTS_OFFSET + (uint64_t)id * EXTENT_TABLE_BYTES;
}

/* The checksum of a descriptor covers the extents in use. */
static uint32_t descriptor_crc(const uint8_t descriptor[DESCRIPTOR_BYTES], const uint8_t *extents,
                               uint32_t extent_count)
{
    uint32_t crc = ic_crc32((struct ic_bytes){.at = descriptor, .size = DESCRIPTOR_BYTES - 4});
    return ic_crc32_update(crc, (struct ic_bytes){.at = extents, .size = 4 * (size_t)extent_count});
}

static void region_save(const struct ic_region *region)
{
    uint8_t descriptor[DESCRIPTOR_BYTES];
    uint8_t extents[EXTENT_TABLE_BYTES];
    for (uint32_t i = 0; i < region->extent_count; i++) {
        ic_store_u32_le(extents + 4 * i, region->extents[i]);
    }
    ic_store_u32_le(descriptor, (uint32_t)region->kind);
    ic_store_u32_le(descriptor + 4, region->shape);
    ic_store_u32_le(descriptor + 8, region->extent_count);
    ic_store_u32_le(descriptor + 12, descriptor_crc(descriptor, extents, region->extent_count));
    ic_stable_write(extents_offset(region->id), extents, 4 * (size_t)region->extent_count);
    ic_stable_write(descriptor_offset(region->id), descriptor, sizeof descriptor);
}

static _Noreturn void trap_region(uint32_t id, struct ic_bytes what)
{
    uint8_t text[96];
    struct ic_writer w;
    ic_writer_init(&w, text, sizeof text);
    IC_PUT_LIT(&w, "stable store: region ");
    ic_put_decimal(&w, id);
    ic_put_bytes(&w, what);
    ic_trap(ic_writer_bytes(&w));
}

/* True when every extent lies behind the header page and inside stable memory. */
static bool extents_are_inside(const struct ic_region *region, uint64_t pages)
{
    for (uint32_t i = 0; i < region->extent_count; i++) {
        uint64_t first = region->extents[i];
        if (first < FIRST_EXTENT_PAGE || first + (uint64_t)extent_units(i) * UNIT_PAGES > pages) {
            return false;
        }
    }
    return true;
}

/* Reads one row of the region table.
 *   descriptor  as stored
 *   pages       size of stable memory */
static void region_load(struct ic_region *region, uint32_t id,
                        const uint8_t descriptor[DESCRIPTOR_BYTES], uint64_t pages)
{
    uint8_t extents[EXTENT_TABLE_BYTES];
    uint32_t kind = ic_load_u32_le(descriptor);
    uint32_t extent_count = ic_load_u32_le(descriptor + 8);
    *region = (struct ic_region){.id = id};
    if ((ic_load_u64_le(descriptor) | ic_load_u64_le(descriptor + 8)) == 0) {
        return; /* unused, in every byte: a damaged kind must not free what its region holds */
    }
    if (kind == IC_REGION_UNUSED || kind > IC_REGION_KIND_LAST ||
        extent_count > IC_REGION_EXTENTS_MAX) {
        trap_region(id, IC_BYTES_LIT(" has a damaged descriptor"));
    }
    ic_stable_read(extents, extents_offset(id), 4 * (size_t)extent_count);
    if (ic_load_u32_le(descriptor + 12) != descriptor_crc(descriptor, extents, extent_count)) {
        trap_region(id, IC_BYTES_LIT(" fails its checksum"));
    }
    region->kind = (enum ic_region_kind)kind;
    region->shape = ic_load_u32_le(descriptor + 4);
    region->extent_count = extent_count;
    region->bytes = extents_units(extent_count) * IC_REGION_UNIT_BYTES;
    for (uint32_t i = 0; i < extent_count; i++) {
        region->extents[i] = ic_load_u32_le(extents + 4 * i);
    }
    if (!extents_are_inside(region, pages)) {
        trap_region(id, IC_BYTES_LIT(" reaches outside of stable memory"));
    }
}

/* ---- the store ------------------------------------------------------------------------------- */

static void header_save(struct ic_store_app app)
{
    uint8_t header[HEADER_BYTES];
    memcpy(header, MAGIC, sizeof MAGIC);
    ic_store_u32_le(header + 8, IC_STORE_LAYOUT_VERSION);
    ic_store_u32_le(header + 12, app.version);
    memcpy(header + 16, app.magic, sizeof app.magic);
    ic_store_u32_le(header + 24, IC_STORE_REGIONS_MAX);
    ic_store_u32_le(header + 28, ic_crc32((struct ic_bytes){.at = header, .size = 28}));
    ic_stable_write(0, header, sizeof header);
}

void ic_store_create(struct ic_store *store, struct ic_store_app app)
{
    if (ic_stable_pages() != 0) {
        IC_TRAP("stable store: stable memory is not empty");
    }
    if (!ic_stable_grow(FIRST_EXTENT_PAGE)) {
        IC_TRAP("stable store: stable memory cannot grow");
    }
    header_save(app);
    store->app_version = app.version;
    store->is_open = true;
    for (uint32_t id = 0; id < IC_STORE_REGIONS_MAX; id++) {
        store->regions[id] = (struct ic_region){.id = id};
    }
}

/* Traps unless the header is a sound one of this application; gives the application's version. */
static uint32_t header_check(const uint8_t header[HEADER_BYTES], struct ic_store_app app)
{
    if (memcmp(header, MAGIC, sizeof MAGIC) != 0) {
        IC_TRAP("stable store: stable memory does not hold a store");
    }
    /* Other layouts may have other checksums: the version comes first. */
    if (ic_load_u32_le(header + 8) != IC_STORE_LAYOUT_VERSION) {
        IC_TRAP("stable store: unknown layout version");
    }
    if (ic_load_u32_le(header + 28) != ic_crc32((struct ic_bytes){.at = header, .size = 28}) ||
        ic_load_u32_le(header + 24) != IC_STORE_REGIONS_MAX) {
        IC_TRAP("stable store: the header is damaged");
    }
    if (memcmp(header + 16, app.magic, sizeof app.magic) != 0) {
        IC_TRAP("stable store: the data belongs to another application");
    }
    uint32_t version = ic_load_u32_le(header + 12);
    if (version > app.version) {
        IC_TRAP("stable store: the data was written by a newer version");
    }
    return version;
}

void ic_store_open(struct ic_store *store, struct ic_store_app app)
{
    uint8_t start[DESCRIPTORS_OFFSET + IC_STORE_REGIONS_MAX * DESCRIPTOR_BYTES];
    uint64_t pages = ic_stable_pages();
    if (pages == 0) {
        IC_TRAP("stable store: stable memory is empty");
    }
    ic_stable_read(start, 0, sizeof start);
    store->app_version = header_check(start, app);
    uint64_t pages_owned = FIRST_EXTENT_PAGE;
    for (uint32_t id = 0; id < IC_STORE_REGIONS_MAX; id++) {
        region_load(&store->regions[id], id, start + descriptor_offset(id), pages);
        pages_owned += store->regions[id].bytes / IC_STABLE_PAGE_BYTES;
    }
    if (pages_owned != pages) {
        IC_TRAP("stable store: the region table does not account for all of stable memory");
    }
    store->is_open = true;
}

void ic_store_version_set(struct ic_store *store, struct ic_store_app app)
{
    ic_assert(store->is_open && app.version >= store->app_version);
    if (app.version != store->app_version) {
        header_save(app);
        store->app_version = app.version;
    }
}

struct ic_region *ic_store_region(struct ic_store *store, bool *is_new, uint32_t id,
                                  enum ic_region_kind kind, uint32_t shape)
{
    ic_assert(store->is_open && id < IC_STORE_REGIONS_MAX && kind != IC_REGION_UNUSED);
    struct ic_region *region = &store->regions[id];
    bool is_unused = region->kind == IC_REGION_UNUSED;
    if (is_unused) {
        region->kind = kind;
        region->shape = shape;
        region_save(region);
    } else if (region->kind != kind || region->shape != shape) {
        trap_region(id, IC_BYTES_LIT(" holds something of another kind or shape"));
    }
    if (is_new != NULL) {
        *is_new = is_unused;
    }
    return region;
}

bool ic_region_reserve(struct ic_store *store, struct ic_region *region, uint64_t bytes)
{
    if (bytes <= region->bytes) {
        return true;
    }
    ic_assert(store->is_open);
    uint32_t count = region->extent_count;
    while (extents_units(count) * IC_REGION_UNIT_BYTES < bytes) {
        if (count == IC_REGION_EXTENTS_MAX) {
            return false;
        }
        count++;
    }
    uint64_t page = ic_stable_pages();
    uint64_t more_units = extents_units(count) - extents_units(region->extent_count);
    if (page + more_units * UNIT_PAGES > UINT32_MAX || !ic_stable_grow(more_units * UNIT_PAGES)) {
        return false;
    }
    for (uint32_t i = region->extent_count; i < count; i++) {
        region->extents[i] = (uint32_t)page;
        page += (uint64_t)extent_units(i) * UNIT_PAGES;
    }
    region->extent_count = count;
    region->bytes = extents_units(count) * IC_REGION_UNIT_BYTES;
    region_save(region);
    return true;
}
