/* The type table of a message. Everything is checked here, also in entries that no value uses. */
#include "decoder.h"

#include "ic/text.h"

/* ---- pieces -------------------------------------------------------------------------------------- */

/* candid_count reads a count of things that take at least bytes_each bytes. */
static enum candid_result read_count(struct candid_decoder *d, uint32_t *out, size_t bytes_each)
{
    uint64_t count = 0;
    const enum candid_result result = candid_leb(d, &count, CANDID_LEB_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
    if (count > candid_left(d) / bytes_each) {
        return CANDID_TRUNCATED;
    }
    *out = (uint32_t)count;
    return CANDID_OK;
}

/* ref = sleb(i): an entry, or a primitive */
static enum candid_result read_ref(struct candid_decoder *d, candid_ref *out)
{
    int64_t ref = 0;
    CANDID_STEP();
    if (d->at < d->end && *d->at < 0x80) {
        const uint8_t byte = *d->at++;
        ref = byte < 0x40 ? byte : (int64_t)byte - 0x80;
    } else {
        const enum candid_result result = candid_sleb_slow(d, &ref);
        if (result != CANDID_OK) {
            return result;
        }
    }
    const bool primitive =
        (ref <= -CANDID_KIND_NULL && ref >= -CANDID_KIND_EMPTY) || ref == -CANDID_KIND_PRINCIPAL;
    if (!primitive && (ref < 0 || ref >= (int64_t)d->entry_count)) {
        return CANDID_BAD_TABLE;
    }
    *out = (candid_ref)ref;
    return CANDID_OK;
}

/* Room for count more fields. The arena is a bump arena and nothing else is taken from it meanwhile,
 * so all fields are one array. */
static enum candid_result add_fields(struct candid_decoder *d, uint32_t *first, uint32_t count)
{
    *first = d->field_count;
    if (count == 0) {
        return CANDID_OK;
    }
    struct candid_wire_field *added =
        (struct candid_wire_field *)(void *)candid_take(
            d, (uint64_t)count * sizeof(struct candid_wire_field));
    if (added == NULL) {
        return CANDID_NO_MEMORY;
    }
    if (d->field_count == 0) {
        d->fields = added;
    }
    d->field_count += count;
    return CANDID_OK;
}

_Static_assert(sizeof(struct candid_wire_field) % IC_ARENA_ALIGN == 0, "fields are one array");

/* ---- entries ------------------------------------------------------------------------------------- */

/* fields = leb(m) (leb(id) ref)^m, ids ascending */
static enum candid_result read_fields(struct candid_decoder *d, struct candid_entry *entry)
{
    enum candid_result result = read_count(d, &entry->count, 2);
    if (result != CANDID_OK) {
        return result;
    }
    result = add_fields(d, &entry->first, entry->count);
    uint64_t next_id = 0;
    for (uint32_t i = 0; result == CANDID_OK && i < entry->count; i++) {
        struct candid_wire_field *field = &d->fields[entry->first + i];
        uint64_t id = 0;
        result = candid_leb(d, &id, CANDID_LEB_BYTES_MAX);
        if (result != CANDID_OK) {
            return result;
        }
        if (id < next_id || id > UINT32_MAX) {
            return CANDID_BAD_TABLE;
        }
        next_id = id + 1;
        field->id = (uint32_t)id;
        result = read_ref(d, &field->ref);
    }
    return result;
}

/* refs = leb(m) ref^m, as fields 0, 1, ... */
static enum candid_result read_refs(struct candid_decoder *d, uint32_t *first, uint32_t *count)
{
    enum candid_result result = read_count(d, count, 1);
    if (result != CANDID_OK) {
        return result;
    }
    result = add_fields(d, first, *count);
    for (uint32_t i = 0; result == CANDID_OK && i < *count; i++) {
        d->fields[*first + i].id = i;
        result = read_ref(d, &d->fields[*first + i].ref);
    }
    return result;
}

/* refs refs anns; the count of annotations is one byte, 0 or 1 */
static enum candid_result read_func_type(struct candid_decoder *d, struct candid_entry *entry)
{
    uint32_t results_first = 0;
    enum candid_result result = read_refs(d, &entry->first, &entry->count);
    if (result == CANDID_OK) {
        result = read_refs(d, &results_first, &entry->result_count);
    }
    if (result != CANDID_OK) {
        return result;
    }
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t annotations = *d->at++;
    if (annotations > 1) {
        return CANDID_BAD_TABLE;
    }
    if (annotations == 1) {
        if (d->at == d->end) {
            return CANDID_TRUNCATED;
        }
        entry->mode = *d->at++;
        if (entry->mode < CANDID_MODE_QUERY || entry->mode > CANDID_MODE_COMPOSITE_QUERY) {
            return CANDID_BAD_TABLE;
        }
    }
    return CANDID_OK;
}

/* True when a comes before b, by bytes. */
static bool name_is_before(struct ic_bytes a, struct ic_bytes b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    for (size_t i = 0; i < common; i++) {
        if (a.at[i] != b.at[i]) {
            return a.at[i] < b.at[i];
        }
    }
    return a.size < b.size;
}

static enum candid_result read_method(struct candid_decoder *d, struct candid_wire_field *fields,
                                      struct ic_bytes *before, bool is_first)
{
    size_t size = 0;
    const enum candid_result result = candid_size(d, &size);
    if (result != CANDID_OK) {
        return result;
    }
    const struct ic_bytes name = {.at = d->at, .size = size};
    d->at += size;
    if (!ic_utf8_is_valid(name)) {
        return CANDID_BAD_TEXT;
    }
    if (!is_first && !name_is_before(*before, name)) {
        return CANDID_BAD_TABLE;
    }
    *before = name;
    fields[0].id = (uint32_t)(name.at - d->start);
    fields[0].ref = (candid_ref)size;
    fields[1].id = 0;
    return read_ref(d, &fields[1].ref);
}

/* leb(m) (name ref)^m, names ascending by bytes */
static enum candid_result read_service_type(struct candid_decoder *d, struct candid_entry *entry)
{
    enum candid_result result = read_count(d, &entry->count, 2);
    if (result != CANDID_OK) {
        return result;
    }
    result = add_fields(d, &entry->first, 2 * entry->count);
    struct ic_bytes before = {0};
    for (uint32_t i = 0; result == CANDID_OK && i < entry->count; i++) {
        result = read_method(d, &d->fields[entry->first + 2 * i], &before, i == 0);
    }
    return result;
}

/* sleb(op < -24) leb(len) byte^len */
static enum candid_result read_future_type(struct candid_decoder *d, struct candid_entry *entry)
{
    int64_t opcode = 0;
    enum candid_result result = candid_sleb_slow(d, &opcode);
    if (result != CANDID_OK) {
        return result;
    }
    if (opcode >= -CANDID_KIND_PRINCIPAL) {
        return CANDID_BAD_TABLE;
    }
    entry->kind = CANDID_KIND_FUTURE;
    size_t size = 0;
    result = candid_size(d, &size);
    d->at += result == CANDID_OK ? size : 0;
    return result;
}

static enum candid_result read_entry(struct candid_decoder *d, struct candid_entry *entry)
{
    *entry = (struct candid_entry){0};
    CANDID_STEP();
    if (d->at == d->end) {
        return CANDID_TRUNCATED;
    }
    const uint8_t opcode = *d->at;
    if (opcode > 0x80 - CANDID_KIND_OPT || opcode < 0x80 - CANDID_KIND_SERVICE) {
        return read_future_type(d, entry);
    }
    d->at++;
    entry->kind = (uint8_t)(0x80 - opcode);
    switch (entry->kind) {
    case CANDID_KIND_OPT:
    case CANDID_KIND_VEC: {
        candid_ref inner = 0;
        const enum candid_result result = read_ref(d, &inner);
        entry->first = (uint32_t)inner;
        entry->plan = &candid_no_plan;
        return result;
    }
    case CANDID_KIND_FUNC:
        return read_func_type(d, entry);
    case CANDID_KIND_SERVICE:
        return read_service_type(d, entry);
    default:
        entry->plan = &candid_no_plan;
        return read_fields(d, entry);
    }
}

/* The type of each method must be a func; entries may refer to later ones, so this comes last. */
static bool methods_are_funcs(const struct candid_decoder *d)
{
    for (uint32_t i = 0; i < d->entry_count; i++) {
        const struct candid_entry *entry = &d->entries[i];
        for (uint32_t j = 0; entry->kind == CANDID_KIND_SERVICE && j < entry->count; j++) {
            const candid_ref type = d->fields[entry->first + 2 * j + 1].ref;
            if (candid_wire_kind(d, type) != CANDID_KIND_FUNC) {
                return false;
            }
        }
    }
    return true;
}

static enum candid_result read_table(struct candid_decoder *d)
{
    uint32_t count = 0;
    enum candid_result result = read_count(d, &count, 2);
    if (result != CANDID_OK) {
        return result;
    }
    if (count > CANDID_TABLE_ENTRIES_MAX) {
        return CANDID_TOO_LARGE;
    }
    d->entry_count = count;
    if (count != 0) {
        d->entries = (struct candid_entry *)(void *)candid_take(d, (uint64_t)count * sizeof *d->entries);
        if (d->entries == NULL) {
            return CANDID_NO_MEMORY;
        }
    }
    for (uint32_t i = 0; result == CANDID_OK && i < count; i++) {
        result = read_entry(d, &d->entries[i]);
    }
    return result;
}

/* What only decoding by a type table needs. */
static void start(struct candid_decoder *d)
{
    static struct candid_wire_field no_fields;
    d->entries = NULL;
    d->fields = &no_fields;
    d->entry_count = 0;
    d->field_count = 0;
    d->pairs = NULL;
    d->pair_count = 0;
    d->refuted.type = NULL;
    d->proved_entry = NULL;
    d->proved_type = NULL;
}

enum candid_result candid_header(struct candid_decoder *d, struct candid_entry *args)
{
    start(d);
    if (candid_left(d) < 4 || d->at[0] != 'D' || d->at[1] != 'I' || d->at[2] != 'D' ||
        d->at[3] != 'L') {
        return CANDID_BAD_MAGIC;
    }
    d->at += 4;
    const uint8_t *const end = d->end;
    const bool is_long = candid_left(d) > CANDID_HEADER_BYTES_MAX;
    if (is_long) {
        d->end = d->at + CANDID_HEADER_BYTES_MAX;
    }
    enum candid_result result = read_table(d);
    if (result == CANDID_OK && !methods_are_funcs(d)) {
        result = CANDID_BAD_TABLE;
    }
    *args = (struct candid_entry){.kind = CANDID_KIND_RECORD, .plan = &candid_no_plan};
    if (result == CANDID_OK) {
        result = read_refs(d, &args->first, &args->count);
    }
    d->end = end;
    return result == CANDID_TRUNCATED && is_long ? CANDID_TOO_LARGE : result;
}
