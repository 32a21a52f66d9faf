/* Protocol buffers: a writer and a reader of the binary format, without tables and without memory.
 *
 * A message is a loop over its fields on one side and a few calls on the other:
 *
 *     ic_pb_put_u64(&w, 1, height);                    struct ic_pb r = ic_pb_from(bytes);
 *     size_t mark = ic_pb_message_begin(&w, 2);        while (ic_pb_next(&r)) {
 *     ic_pb_put_bytes(&w, 1, memo);                        switch (r.field) {
 *     ic_pb_message_end(&w, mark);                         case 1: height = ic_pb_u64(&r); break;
 *                                                          case 2: inner = ic_pb_message(&r); ...
 *                                                          }
 *                                                      }
 *                                                      if (!ic_pb_done(&r)) { ... malformed ... }
 *
 * Fields that the loop does not take are skipped: that is how messages stay compatible. A reader fails
 * once and stays failed, reads zeros from then on, and one look at ic_pb_done at the end suffices. A
 * value of another wire type than asked for, a number that does not fit, groups (deprecated since
 * 2008) and field numbers out of range make it fail; so does nesting beyond IC_PB_DEPTH_MAX. Everything
 * read is a view into the input, every loop consumes input: time and memory are bounded by its size.
 *
 * The writer is that of ic/buf.h and writes canonical bytes: shortest numbers, fields in the order in
 * which you write them. proto3 leaves out fields that are zero: that is up to you, as is presence.
 *
 * SPEC: protobuf.dev, "Encoding". Stricter than most in one point: varints beyond 64 bits are refused,
 * not cut. */
#ifndef IC_PB_H
#define IC_PB_H

#include "ic/buf.h"

#define IC_PB_FIELD_MAX 536870911u /* 2^29 - 1 */
#define IC_PB_DEPTH_MAX 64u        /* messages inside messages */

enum ic_pb_wire {
    IC_PB_VARINT = 0,
    IC_PB_FIXED64 = 1,
    IC_PB_BYTES = 2, /* bytes, string, messages, packed repeated numbers */
    IC_PB_FIXED32 = 5,
};

/* ---- writing ----------------------------------------------------------------------------------- */

/* uint64, uint32, bool, enum. */
void ic_pb_put_u64(struct ic_writer *w, uint32_t field, uint64_t value);
/* int64, int32: negative numbers take ten bytes. */
void ic_pb_put_i64(struct ic_writer *w, uint32_t field, int64_t value);
/* sint64, sint32. */
void ic_pb_put_s64(struct ic_writer *w, uint32_t field, int64_t value);
/* fixed64, sfixed64, double; fixed32, sfixed32, float. */
void ic_pb_put_fixed64(struct ic_writer *w, uint32_t field, uint64_t value);
void ic_pb_put_fixed32(struct ic_writer *w, uint32_t field, uint32_t value);
/* bytes and string. */
void ic_pb_put_bytes(struct ic_writer *w, uint32_t field, struct ic_bytes value);

/* A message inside: its fields are written between begin and end; end moves them to make room for
 * their size, unless it is below 128 bytes. */
IC_MUST_USE size_t ic_pb_message_begin(struct ic_writer *w, uint32_t field);
void ic_pb_message_end(struct ic_writer *w, size_t mark);

/* ---- reading ----------------------------------------------------------------------------------- */

struct ic_pb {
    struct ic_reader in;
    uint32_t field;       /* of the field that ic_pb_next found, 1..IC_PB_FIELD_MAX */
    enum ic_pb_wire wire; /* how it is written */
    uint32_t depth;
    bool is_pending; /* its value has not been read */
};

struct ic_pb ic_pb_from(struct ic_bytes message);

/* ic_pb_next goes to the next field, over the value of the one before if nobody read it.
 *   returns   false at the end, and when the message is malformed */
IC_MUST_USE bool ic_pb_next(struct ic_pb *r);

/* True when everything was read and nothing failed. */
IC_MUST_USE static inline bool ic_pb_done(const struct ic_pb *r)
{
    return ic_reader_done(&r->in) && !r->is_pending;
}

/* The value of the field, at most once; as in writing. u32, i32 and boolean fail when it does not
 * fit. */
uint64_t ic_pb_u64(struct ic_pb *r);
uint32_t ic_pb_u32(struct ic_pb *r);
bool ic_pb_boolean(struct ic_pb *r);
int64_t ic_pb_i64(struct ic_pb *r);
int32_t ic_pb_i32(struct ic_pb *r);
int64_t ic_pb_s64(struct ic_pb *r);
uint64_t ic_pb_fixed64(struct ic_pb *r);
uint32_t ic_pb_fixed32(struct ic_pb *r);
struct ic_bytes ic_pb_bytes(struct ic_pb *r);
/* A string: fails when it is not UTF-8. */
struct ic_bytes ic_pb_text(struct ic_pb *r);

/* A message inside, to be read by a reader of its own. What fails there is not noted here: look at
 * ic_pb_done of both. */
struct ic_pb ic_pb_message(struct ic_pb *r);

/* ic_pb_packed_u64 reads the numbers of a repeated field, packed or not, as parsers must: for each
 * field found, call it until it returns false.
 *     while (ic_pb_packed_u64(&value, &packed, &r)) { ... }        struct ic_reader packed = {0};
 *   packed    zeroed before the first call for a field */
IC_MUST_USE bool ic_pb_packed_u64(uint64_t *value, struct ic_reader *packed, struct ic_pb *r);

/* Fails the reader: for values that the message must not have. */
static inline void ic_pb_fail(struct ic_pb *r)
{
    r->in.failed = true;
}

#endif
