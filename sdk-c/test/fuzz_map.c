/* Any sequence of operations on a map, compared with a plain model after each. The first byte
 * chooses the shape, each operation is a byte and a key number of two bytes. */
#include "host/ic_host.h"
#include "ic/map.h"
#include "test/map_model.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REGION 1u

static const struct ic_store_app APP = {.magic = {'F', 'U', 'Z', 'Z', 'M', 'A', 'P', '1'},
                                        .version = 1};
static const struct {
    uint32_t key_bytes, value_bytes;
} SHAPES[] = {{1, 479}, {128, 352}, {4, 400}, {12, 300}, {2, 478}};

static struct ic_store store;
static struct ic_map map;
static struct model model;

/* The input, as it is used up. */
struct input {
    const uint8_t *at, *end;
};

static uint32_t take(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "the map differs from the model: %s\n", what);
        abort();
    }
}

static void map_open(bool is_new)
{
    if (is_new) {
        ic_store_create(&store, APP);
    } else {
        ic_store_open(&store, APP);
    }
    ic_map_open(&map, &store, REGION, (uint32_t)model.key_bytes, (uint32_t)model.value_bytes);
}

/* Keys that share their beginning or not, by the number's low bit. */
static void key_make(uint8_t *key, uint32_t number)
{
    for (size_t i = 0; i < model.key_bytes; i++) {
        key[i] = (uint8_t)(number & 1 ? number >> i % 5 : 0);
    }
    key[model.key_bytes - 1] = (uint8_t)(number >> 1);
    if (model.key_bytes > 1) {
        key[model.key_bytes - 2] = (uint8_t)(number >> 9);
    }
}

static void whole_compare(void)
{
    static struct ic_map_cursor cursor;
    uint8_t entry[IC_MAP_ENTRY_BYTES_MAX];
    size_t bytes = model.key_bytes + model.value_bytes;
    ic_map_check(&map);
    ic_map_seek_first(&map, &cursor);
    for (size_t i = 0; i < model.count; i++) {
        must(ic_map_next(&map, entry, entry + model.key_bytes, &cursor), "next");
        must(memcmp(entry, model_at(&model, i), bytes) == 0, "entry");
    }
    must(!ic_map_next(&map, NULL, NULL, &cursor), "end");
}

static void seek_compare(const uint8_t *key)
{
    static struct ic_map_cursor cursor;
    uint8_t out[IC_MAP_KEY_BYTES_MAX];
    size_t lower = model_lower(&model, key);
    ic_map_seek(&map, &cursor, key);
    bool has_previous = ic_map_previous(&map, out, NULL, &cursor);
    must(has_previous == (lower > 0), "has previous");
    must(!has_previous || memcmp(out, model_at(&model, lower - 1), model.key_bytes) == 0,
         "previous");
    ic_map_seek(&map, &cursor, key);
    bool has_next = ic_map_next(&map, out, NULL, &cursor);
    must(has_next == (lower < model.count), "has next");
    must(!has_next || memcmp(out, model_at(&model, lower), model.key_bytes) == 0, "lower bound");
}

static void find_compare(const uint8_t *key)
{
    uint8_t value[IC_MAP_ENTRY_BYTES_MAX];
    const uint8_t *found = model_find(&model, key);
    must(ic_map_find(&map, value, key) == (found != NULL), "find");
    must(found == NULL || memcmp(value, found + model.key_bytes, model.value_bytes) == 0, "value");
}

/* A run of neighbouring keys: reaches splits and merges with few bytes of input. */
static void run_operate(uint32_t operation, uint32_t number, uint32_t count)
{
    uint8_t key[IC_MAP_KEY_BYTES_MAX];
    uint8_t value[IC_MAP_ENTRY_BYTES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        key_make(key, number + 2 * i);
        memset(value, (int)(number + operation + i), sizeof value);
        if (operation % 2 == 0) {
            must(ic_map_put(&map, key, value) == model_put(&model, key, value), "put");
        } else {
            must(ic_map_remove(&map, key) == model_remove(&model, key), "remove");
        }
        must(ic_map_count(&map) == model.count, "count");
    }
    find_compare(key);
    seek_compare(key);
}

static void live(void *argument)
{
    struct input *in = argument;
    map_open(true);
    while (in->at < in->end) {
        uint32_t operation = take(in);
        uint32_t number = take(in);
        number |= take(in) << 8;
        switch (operation >> 5) {
        case 0:
            map_open(false);
            whole_compare();
            break;
        case 1:
        case 2:
            run_operate(operation, number, 6 + (operation >> 1 & 7));
            break;
        default:
            run_operate(operation, number, 1);
            break;
        }
    }
    whole_compare();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.at = data, .end = data + (size < 90 ? size : 90)};
    uint32_t shape = take(&in) % (sizeof SHAPES / sizeof SHAPES[0]);
    ic_host_reset();
    model_init(&model, SHAPES[shape].key_bytes, SHAPES[shape].value_bytes);
    if (!ic_host_run(live, &in)) {
        fprintf(stderr, "trapped: %s\n", ic_host_trap_text());
        abort();
    }
    model_free(&model);
    return 0;
}
