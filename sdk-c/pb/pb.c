#include "ic/pb.h"

#include "ic/text.h"
#include "ic/trap.h"

#include <pb_decode.h>
#include <pb_encode.h>

#define LIST_COUNT_FIRST 4u /* elements that a list has room for at first; then it doubles */

/* ---- reading ----------------------------------------------------------------------------------- */

/* What ic_pb_field must know of the call it is in. nanopb's streams over memory carry a pointer that
 * they do not use; it points to the first member here. Where nanopb reads a number into a buffer of
 * its own, the pointer is NULL: there a view would outlive what it looks at. */
struct source {
    int first;
    struct ic_arena *arena;
};

static struct ic_arena *arena_of(const pb_istream_t *stream)
{
    return ((const struct source *)(const void *)stream->callback)->arena;
}

static bool is_list(const pb_field_t *field)
{
    return PB_HTYPE(field->type) == PB_HTYPE_REPEATED;
}

static bool is_allowed(const pb_field_t *field, struct ic_bytes value)
{
    return PB_LTYPE(field->type) != PB_LTYPE_STRING || ic_utf8_is_valid(value);
}

/* A field is there: stream is its value. */
static bool read_field(pb_istream_t *stream, const pb_field_t *field)
{
    struct ic_bytes value = {.at = stream->state, .size = stream->bytes_left};
#ifndef AXON_PLANTED_BUG /* takes any wire type: the view looks at a buffer on the stack */
    if (stream->callback == NULL) {
        return false;
    }
#endif
    if (!is_allowed(field, value) || !pb_read(stream, NULL, value.size)) {
        return false;
    }
    if (is_list(field)) {
        return ic_pb_list_add(field->pData, value, arena_of(stream));
    }
    if (PB_HTYPE(field->type) == PB_HTYPE_ONEOF) {
        *(pb_size_t *)field->pSize = field->tag;
    }
    *(struct ic_bytes *)field->pData = value;
    return true;
}

bool ic_pb_decode_type(void *out, size_t out_size, const pb_msgdesc_t *type, struct ic_bytes in,
                       struct ic_arena *a)
{
    struct source source = {.arena = a};
    pb_istream_t stream = pb_istream_from_buffer(in.at, in.size);
    stream.callback = &source.first;
    memset(out, 0, out_size); /* nanopb leaves views and lists as they are */
    if (!pb_decode(&stream, type, out)) {
        memset(out, 0, out_size);
        return false;
    }
    return true;
}

/* The room of a list follows from its count: LIST_COUNT_FIRST, then the powers of two above. */
static bool is_full(size_t count)
{
    return count == 0 || (count >= LIST_COUNT_FIRST && (count & (count - 1)) == 0);
}

bool ic_pb_list_add(struct ic_pb_list *list, struct ic_bytes item, struct ic_arena *a)
{
    struct ic_bytes *items = (struct ic_bytes *)list->items;
    if (is_full(list->count)) {
        size_t room = list->count == 0 ? LIST_COUNT_FIRST : list->count;
        items = ic_arena_alloc_array(a, list->count + room, sizeof *items);
        if (items == NULL) {
            return false;
        }
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof *items);
        }
        list->items = items;
    }
    items[list->count++] = item;
    return true;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static bool write_value(pb_ostream_t *stream, const pb_field_t *field, struct ic_bytes value)
{
    return is_allowed(field, value) && pb_encode_tag(stream, PB_WT_STRING, field->tag) &&
           pb_encode_string(stream, value.at, value.size);
}

/* nanopb asks for the chosen member of a oneof alone. */
static bool write_field(pb_ostream_t *stream, const pb_field_t *field)
{
    if (is_list(field)) {
        const struct ic_pb_list *list = field->pData;
        for (size_t i = 0; i < list->count; i++) {
            if (!write_value(stream, field, list->items[i])) {
                return false;
            }
        }
        return true;
    }
    const struct ic_bytes *value = field->pData;
    bool is_absent = value->at == NULL && PB_HTYPE(field->type) == PB_HTYPE_OPTIONAL;
    return is_absent || write_value(stream, field, *value);
}

bool ic_pb_encode_type(struct ic_writer *w, const pb_msgdesc_t *type, const void *message)
{
    if (!ic_writer_ok(w)) {
        return false;
    }
    pb_ostream_t stream = pb_ostream_from_buffer(w->at + w->used, w->capacity - w->used);
    if (!pb_encode(&stream, type, message)) {
        w->overflow = true;
        return false;
    }
    w->used += stream.bytes_written;
    return true;
}

/* Written in place and then taken: measuring first would cost as much as writing. */
bool ic_pb_pack_type(struct ic_bytes *out, const pb_msgdesc_t *type, const void *message,
                     struct ic_arena *a)
{
    struct ic_writer w;
    ic_writer_init(&w, a->at + a->used, ic_arena_left(a));
    if (!ic_pb_encode_type(&w, type, message)) {
        return false;
    }
    ic_assert(ic_arena_alloc(a, w.used) == w.at);
    *out = ic_writer_bytes(&w);
    return true;
}

bool ic_pb_field(pb_istream_t *in, pb_ostream_t *out, const pb_field_t *field)
{
    return in != NULL ? read_field(in, field) : write_field(out, field);
}
