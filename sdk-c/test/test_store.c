/* The store: extents, regions, heads, versions, damage; and the host twin's own rollback. */
#include "test/check.h"

#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/msg.h"
#include "ic/stable.h"
#include "ic/trap.h"

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'A', 'P', 'P', '1'},
                                        .version = 3};
static struct ic_store store;

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
}

static void open_app(void *argument)
{
    const struct ic_store_app *app = argument == NULL ? &APP : argument;
    ic_store_open(&store, *app);
}

static void fresh(void)
{
    ic_host_reset();
    CHECK_RUNS(create, NULL);
}

/* ---- the host twin --------------------------------------------------------------------------- */

static void write_and_trap(void *argument)
{
    (void)argument;
    uint8_t ones[10000];
    memset(ones, 1, sizeof ones);
    assert_true(ic_stable_grow(2));
    ic_stable_write(60000, ones, sizeof ones);
    ic_stable_write(0, ones, 1);
    ic_certified_data_set(IC_BYTES_LIT("new"));
    ic_timer_set(99);
    ic_msg_reply_bytes(IC_BYTES_LIT("lost"));
    IC_TRAP("on purpose");
}

static void write_and_keep(void *argument)
{
    (void)argument;
    assert_true(ic_stable_grow(1));
    ic_stable_write(4090, "abcdefghijkl", 12);
    ic_certified_data_set(IC_BYTES_LIT("old"));
    assert_int_equal(ic_timer_set(7), 0);
    ic_msg_reply_append(IC_BYTES_LIT("a"));
    ic_msg_reply_bytes(IC_BYTES_LIT("b"));
}

static void a_trap_undoes_the_message(void **state)
{
    (void)state;
    ic_host_reset();
    CHECK_RUNS(write_and_keep, NULL);
    assert_int_equal(ic_host_stable_dirty_pages(), 2);
    assert_int_equal(ic_host_stable_instructions(), 105 + 25 + 12 + 2000);
    assert_true(ic_bytes_is_equal(ic_host_reply(), IC_BYTES_LIT("ab")));
    CHECK_TRAPS("on purpose", write_and_trap, NULL);
    assert_int_equal(ic_host_stable_bytes(), IC_STABLE_PAGE_BYTES);
    assert_memory_equal(ic_host_stable() + 4090, "abcdefghijkl", 12);
    assert_int_equal(ic_host_stable()[0], 0);
    assert_int_equal(ic_host_stable()[60000], 0);
    assert_true(ic_bytes_is_equal(ic_host_certified_data(), IC_BYTES_LIT("old")));
    assert_int_equal(ic_host_timer(), 7);
    assert_false(ic_host_has_replied());
}

static void script_is_followed(void *argument)
{
    (void)argument;
    struct ic_arena *a = ic_msg_arena(100);
    struct ic_bytes out = {.size = 5};
    struct ic_principal caller = ic_msg_caller();
    assert_int_equal(caller.bytes[7], 9);
    assert_true(ic_is_controller(&caller));
    assert_int_equal(ic_time_ns(), 1234);
    assert_int_equal(ic_msg_arg_size(), 8);
    assert_false(ic_msg_arg(&out, 7, a));
    assert_int_equal(out.size, 5);
    assert_true(ic_msg_arg(&out, 8, a));
    assert_true(ic_bytes_is_equal(out, IC_BYTES_LIT("argument")));
    assert_true(ic_msg_method_name(&out, a));
    assert_true(ic_bytes_is_equal(out, IC_BYTES_LIT("method")));
    assert_true(ic_data_certificate(&out, a));
    assert_true(ic_bytes_is_equal(out, IC_BYTES_LIT("cert")));
    assert_false(ic_in_replicated_execution());
    ic_msg_accept();
    ic_msg_reject(IC_BYTES_LIT("no"));
}

static void answers_twice(void *argument)
{
    (void)argument;
    ic_msg_reply();
    ic_msg_reply();
}

static void the_twin_follows_its_script(void **state)
{
    (void)state;
    ic_host_reset();
    ic_host_caller_set(ic_principal_from_canister_index(9));
    ic_host_controller_set(ic_principal_from_canister_index(9));
    ic_host_time_set(1234);
    ic_host_arg_set(IC_BYTES_LIT("argument"));
    ic_host_method_set(IC_BYTES_LIT("method"));
    ic_host_certificate_set(IC_BYTES_LIT("cert"));
    ic_host_replicated_set(false);
    CHECK_RUNS(script_is_followed, NULL);
    assert_true(ic_host_has_rejected() && ic_host_has_accepted() && !ic_host_has_replied());
    assert_true(ic_bytes_is_equal(ic_host_reject_text(), IC_BYTES_LIT("no")));
    CHECK_TRAPS("the call was answered already", answers_twice, NULL);
}

static void assertion(void *argument)
{
    int two = *(const int *)argument;
    ic_assert(two == 3);
}

static void an_assertion_names_itself(void **state)
{
    (void)state;
    int two = 2;
    CHECK_TRAPS("assertion failed: two == 3", assertion, &two);
}

/* ---- extents --------------------------------------------------------------------------------- */

#define EXTENTS_TESTED 21u

static void grow_one_by_one(void *argument)
{
    struct ic_region *region = argument;
    for (uint32_t extent = 0; extent < EXTENTS_TESTED; extent++) {
        assert_int_equal(region->extent_count, extent);
        assert_true(ic_region_reserve(&store, region, region->bytes + 1));
    }
}

static void make_regions(void *argument)
{
    struct ic_region **out = argument;
    bool is_new = false;
    out[0] = ic_store_region(&store, &is_new, 4, IC_REGION_RAW, 77);
    assert_true(is_new);
    out[1] = ic_store_region(&store, NULL, 31, IC_REGION_RAW, 0);
    assert_true(ic_region_reserve(&store, out[1], 5 * IC_REGION_UNIT_BYTES));
}

/* Offsets and addresses agree with extents laid end to end, whatever lies between them. */
static void addresses_follow_the_extents(void **state)
{
    (void)state;
    struct ic_region *regions[2];
    fresh();
    CHECK_RUNS(make_regions, regions);
    CHECK_RUNS(grow_one_by_one, regions[0]);
    uint64_t offset = 0;
    uint64_t page = 1 + 5 * IC_REGION_UNIT_BYTES / IC_STABLE_PAGE_BYTES;
    for (uint32_t extent = 0; extent < EXTENTS_TESTED; extent++) {
        uint64_t size = (uint64_t)IC_REGION_UNIT_BYTES << extent / 8;
        assert_int_equal(regions[0]->extents[extent], page);
        for (uint64_t at = 0; at < size; at += 65536 - 7) {
            assert_true(ic_region_address(regions[0], offset + at) ==
                        page * IC_STABLE_PAGE_BYTES + at);
        }
        assert_true(ic_region_address(regions[0], offset + size - 1) ==
                    page * IC_STABLE_PAGE_BYTES + size - 1);
        offset += size;
        page += size / IC_STABLE_PAGE_BYTES;
    }
    assert_true(regions[0]->bytes == offset);
}

/* Bytes of a pattern that tells region and offset. */
static uint8_t pattern(uint32_t id, uint64_t offset)
{
    return (uint8_t)(offset * 31 + offset / 256 * 7 + id);
}

static void write_pattern(void *argument)
{
    const struct ic_region *region = argument;
    uint8_t chunk[7919];
    for (uint64_t at = 0; at < region->bytes;) {
        size_t size =
            region->bytes - at < sizeof chunk ? (size_t)(region->bytes - at) : sizeof chunk;
        for (size_t i = 0; i < size; i++) {
            chunk[i] = pattern(region->id, at + i);
        }
        ic_region_write(region, at, chunk, size);
        at += size;
    }
}

static void check_pattern(void *argument)
{
    const struct ic_region *region = argument;
    uint8_t chunk[10007];
    for (uint64_t at = 0; at < region->bytes;) {
        size_t size =
            region->bytes - at < sizeof chunk ? (size_t)(region->bytes - at) : sizeof chunk;
        ic_region_read(region, chunk, at, size);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(chunk[i], pattern(region->id, at + i));
        }
        at += size;
    }
}

static void grow_both(void *argument)
{
    struct ic_region **regions = argument;
    for (int i = 0; i < 10; i++) {
        assert_true(ic_region_reserve(&store, regions[i % 2], regions[i % 2]->bytes + 100000));
    }
}

static void interleaved_regions_keep_their_bytes(void **state)
{
    (void)state;
    struct ic_region *regions[2];
    fresh();
    CHECK_RUNS(make_regions, regions);
    CHECK_RUNS(grow_both, regions);
    CHECK_RUNS(write_pattern, regions[0]);
    CHECK_RUNS(write_pattern, regions[1]);
    memset(&store, 0xee, sizeof store);
    CHECK_RUNS(open_app, NULL);
    assert_int_equal(store.regions[4].shape, 77);
    assert_int_equal(store.regions[4].kind, IC_REGION_RAW);
    CHECK_RUNS(check_pattern, &store.regions[4]);
    CHECK_RUNS(check_pattern, &store.regions[31]);
}

static void read_behind_the_end(void *argument)
{
    const struct ic_region *region = argument;
    uint8_t out[2];
    ic_region_read(region, out, region->bytes - 1, 2);
}

static void reserve_too_much(void *argument)
{
    struct ic_region *region = argument;
    uint64_t bytes = region->bytes;
    assert_false(ic_region_reserve(&store, region, bytes + (uint64_t)100 * 65536));
    assert_false(ic_region_reserve(&store, region, UINT64_MAX / 2));
    assert_true(region->bytes == bytes);
    assert_true(ic_region_reserve(&store, region, bytes));
}

static void limits_are_refused(void **state)
{
    (void)state;
    struct ic_region *regions[2];
    fresh();
    CHECK_RUNS(make_regions, regions);
    CHECK_TRAPS("assertion failed: offset < region->bytes", read_behind_the_end, regions[1]);
    CHECK_RUNS(open_app, NULL);
    ic_host_stable_limit_set(ic_host_stable_bytes() / IC_STABLE_PAGE_BYTES + 50);
    CHECK_RUNS(reserve_too_much, &store.regions[31]);
}

/* ---- heads ----------------------------------------------------------------------------------- */

static void write_heads(void *argument)
{
    (void)argument;
    for (uint32_t id = 0; id < IC_STORE_REGIONS_MAX; id++) {
        uint8_t head[IC_STORE_HEAD_BYTES];
        memset(head, (int)id + 1, sizeof head);
        ic_region_head_write(&store.regions[id], 0, head, sizeof head);
    }
}

static void heads_share_one_page(void **state)
{
    (void)state;
    fresh();
    CHECK_RUNS(write_heads, NULL);
    assert_int_equal(ic_host_stable_dirty_pages(), 1);
    CHECK_RUNS(open_app, NULL);
    for (uint32_t id = 0; id < IC_STORE_REGIONS_MAX; id++) {
        uint8_t head[4];
        ic_region_head_read(&store.regions[id], head, IC_STORE_HEAD_BYTES - 4, 4);
        assert_int_equal(head[3], id + 1);
    }
}

/* ---- opening --------------------------------------------------------------------------------- */

static void take_region(void *argument)
{
    const struct ic_region *like = argument;
    ic_store_region(&store, NULL, like->id, like->kind, like->shape);
}

static void set_version(void *argument)
{
    ic_store_version_set(&store, *(const struct ic_store_app *)argument);
}

static void versions(void **state)
{
    (void)state;
    struct ic_store_app newer = APP, older = APP, other = APP;
    newer.version = 4;
    older.version = 2;
    other.magic[7] = '2';
    fresh();
    CHECK_RUNS(open_app, &newer);
    assert_int_equal(store.app_version, 3);
    CHECK_RUNS(set_version, &newer);
    CHECK_RUNS(open_app, &newer);
    assert_int_equal(store.app_version, 4);
    CHECK_TRAPS("stable store: the data was written by a newer version", open_app, NULL);
    CHECK_TRAPS("stable store: the data was written by a newer version", open_app, &older);
    CHECK_TRAPS("stable store: the data belongs to another application", open_app, &other);
}

static void regions_keep_kind_and_shape(void **state)
{
    (void)state;
    struct ic_region *regions[2];
    struct ic_region like = {.id = 4, .kind = IC_REGION_RAW, .shape = 77};
    fresh();
    CHECK_RUNS(make_regions, regions);
    CHECK_RUNS(open_app, NULL);
    CHECK_RUNS(take_region, &like);
    like.shape = 78;
    CHECK_TRAPS("stable store: region 4 holds something of another kind or shape", take_region,
                &like);
    like.shape = 77;
    like.kind = IC_REGION_LOG;
    CHECK_TRAPS("stable store: region 4 holds something of another kind or shape", take_region,
                &like);
}

static void what_is_not_a_store(void **state)
{
    (void)state;
    static uint8_t page[IC_STABLE_PAGE_BYTES];
    ic_host_reset();
    CHECK_TRAPS("stable store: stable memory is empty", open_app, NULL);
    ic_host_stable_load((struct ic_bytes){.at = page, .size = sizeof page});
    CHECK_TRAPS("stable store: stable memory does not hold a store", open_app, NULL);
    CHECK_TRAPS("stable store: stable memory is not empty", create, NULL);
    ic_host_reset();
    ic_host_stable_limit_set(0);
    CHECK_TRAPS("stable store: stable memory cannot grow", create, NULL);
    fresh();
    struct ic_bytes longer = {.at = ic_host_stable(), .size = IC_STABLE_PAGE_BYTES};
    uint8_t *copy = calloc(2, IC_STABLE_PAGE_BYTES);
    memcpy(copy, longer.at, longer.size);
    ic_host_stable_load((struct ic_bytes){.at = copy, .size = 2 * IC_STABLE_PAGE_BYTES});
    free(copy);
    CHECK_TRAPS("stable store: the region table does not account for all of stable memory",
                open_app, NULL);
}

/* Opening with one changed byte, to each other value: every byte of the header, of the rows (in use
 * or not) and of the extents in use is noticed, with a text of the store's own. */
static void check_damage(size_t offset)
{
    uint8_t *at = ic_host_stable() + offset;
    for (unsigned change = 1; change < 256; change++) {
        *at ^= (uint8_t)change;
        assert_false(ic_host_run(open_app, NULL));
        assert_memory_equal(ic_host_trap_text(), "stable store: ", 14);
        *at ^= (uint8_t)change;
    }
}

static void every_damaged_byte_is_noticed(void **state)
{
    (void)state;
    struct ic_region *regions[2];
    fresh();
    CHECK_RUNS(make_regions, regions);
    CHECK_RUNS(grow_both, regions);
    for (size_t i = 0; i < 32; i++) {
        check_damage(i);
    }
    for (size_t i = 0; i < 16 * (size_t)IC_STORE_REGIONS_MAX; i++) {
        check_damage(64 + i);
    }
    for (size_t i = 0; i < 4 * (size_t)regions[0]->extent_count; i++) {
        check_damage(8192 + 4 * 512 + i);
    }
    CHECK_RUNS(open_app, NULL);
}

/* Rows whose checksum is right but whose content cannot be. */
static void seal_row(uint32_t id, uint32_t kind, uint32_t extent_count, uint32_t first_extent)
{
    uint8_t *row = ic_host_stable() + 64 + id * 16;
    uint8_t *extents = ic_host_stable() + 8192 + id * 512;
    ic_store_u32_le(row, kind);
    ic_store_u32_le(row + 8, extent_count);
    ic_store_u32_le(extents, first_extent);
    uint32_t crc = ic_crc32((struct ic_bytes){.at = row, .size = 12});
    crc = ic_crc32_update(crc, (struct ic_bytes){.at = extents, .size = 4});
    ic_store_u32_le(row + 12, crc);
}

static void rows_that_cannot_be(void **state)
{
    (void)state;
    fresh();
    seal_row(9, IC_REGION_RAW, 1, 1);
    CHECK_TRAPS("stable store: region 9 reaches outside of stable memory", open_app, NULL);
    seal_row(9, IC_REGION_RAW, 1, 0);
    CHECK_TRAPS("stable store: region 9 reaches outside of stable memory", open_app, NULL);
    seal_row(9, 99, 1, 1);
    CHECK_TRAPS("stable store: region 9 has a damaged descriptor", open_app, NULL);
    seal_row(9, IC_REGION_UNUSED, 1, 1);
    CHECK_TRAPS("stable store: region 9 has a damaged descriptor", open_app, NULL);
    seal_row(9, IC_REGION_RAW, 129, 1);
    CHECK_TRAPS("stable store: region 9 has a damaged descriptor", open_app, NULL);
}

/* The cost of opening does not depend on what the regions hold. */
static void opening_is_cheap(void **state)
{
    (void)state;
    struct ic_region *regions[2];
    fresh();
    CHECK_RUNS(make_regions, regions);
    CHECK_RUNS(open_app, NULL);
    assert_true(ic_host_stable_instructions() < 1000);
    assert_int_equal(ic_host_stable_dirty_pages(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trap_undoes_the_message),
        cmocka_unit_test(the_twin_follows_its_script),
        cmocka_unit_test(an_assertion_names_itself),
        cmocka_unit_test(addresses_follow_the_extents),
        cmocka_unit_test(interleaved_regions_keep_their_bytes),
        cmocka_unit_test(limits_are_refused),
        cmocka_unit_test(heads_share_one_page),
        cmocka_unit_test(versions),
        cmocka_unit_test(regions_keep_kind_and_shape),
        cmocka_unit_test(what_is_not_a_store),
        cmocka_unit_test(every_damaged_byte_is_noticed),
        cmocka_unit_test(rows_that_cannot_be),
        cmocka_unit_test(opening_is_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
