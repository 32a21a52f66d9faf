/* Protocol buffers: messages of a .proto as structs, over nanopb.
 *
 * In the Makefile `$(eval $(call nanopb_gen,NAME,FILE.proto))` (outside of this tree axon_proto) makes
 * NAME.pb.h with a struct NAME_Message for each message of the file and of what it imports:
 *
 *     TransferFeeResponse reply = {.has_transfer_fee = true, .transfer_fee = {.e8s = 10000}};
 *     ic_pb_reply(TransferFeeResponse, &reply);              (each with the prefix NAME_)
 *
 *     GetBlocksRequest request;
 *     ic_pb_arg(&request, GetBlocksRequest, REQUEST_BYTES_MAX, arena);
 *
 * What has a bound is in the struct itself; FILE.options beside FILE.proto sets the bounds:
 *
 *     numbers, enums, messages    as they are; has_x says whether `optional` and messages are there
 *     bytes, max_size:29          x.size, x.bytes[29]
 *     string, max_length:15       char x[16], ended by NUL: a NUL inside ends it, too
 *     repeated, max_count:8       x_count, x[8]; numbers must have such a bound
 *     oneof x                     which_x (NAME_Message_member_tag, 0 for none), x.member
 *
 * What has none is a view into the message that was decoded, copied nowhere:
 *
 *     bytes, string               struct ic_bytes; at is NULL when the field is not there
 *     a message in itself         the same: encoded, to be decoded when it is looked at
 *     repeated ones of these      struct ic_pb_list: an array of views in the arena
 *     map<K, V>                   the same, of NAME_Message_XEntry
 *
 * Untrusted bytes: time grows with their number times the fields of the message type at most, memory
 * is the struct and sizeof(struct ic_bytes) * 4 in the arena for each listed element, which has 2 bytes
 * at least; messages nest as deep as the .proto does, no deeper: what contains itself is a view. Refused
 * are cut messages, numbers and sizes that do not fit, wrong wire types, groups (deprecated since 2008),
 * field 0, strings that are not UTF-8, and more than the bounds. Fields that the type does not know are
 * skipped: that is how messages stay compatible.
 *
 * SPEC: protobuf.dev, "Encoding"; nanopb 0.4.7. A scalar that comes twice counts as it comes last,
 * messages in the struct are merged, and of views the last one stays. */
#ifndef IC_PB_H
#define IC_PB_H

#include "ic/arena.h"
#include "ic/buf.h"

/* nanopb's options, for everything that includes its headers; it is compiled with them, too. */
#if defined(PB_H_INCLUDED) || defined(PB_ENABLE_MALLOC)
#error "ic/pb.h sets nanopb's options: include it instead of pb.h"
#endif
#define PB_BUFFER_ONLY   1 /* streams are memory: no call for each byte, and views are possible */
#define PB_FIELD_32BIT   1 /* no surprise at 65,536 bytes, elements or fields */
#define PB_VALIDATE_UTF8 1 /* bounded strings; those of views are checked by ic_pb_field */
#define PB_NO_ERRMSG     1 /* a text for each error would cost a canister 2,500 bytes */
#include <pb.h>

/* The elements of a repeated field without a bound: bytes, texts, or messages in encoded form. */
struct ic_pb_list {
    const struct ic_bytes *items; /* in the arena */
    size_t count;
};

/* ---- reading ----------------------------------------------------------------------------------- */

/* ic_pb_decode reads a message of a generated type.
 *   out       a pointer to the struct; all of it is written, lists and views point into in and arena
 *   returns   false when the bytes are no such message or the arena is full; *out is zeroed then */
#define ic_pb_decode(out, type, in, arena)                                                         \
    ic_pb_decode_type(1 ? (out) : (type *)NULL, sizeof(type), type##_fields, (in), (arena))

/* ic_pb_arg decodes the argument of the method, copied into the arena.
 *   traps     when it has more than bytes_max bytes or is no such message; the text names the type */
#define ic_pb_arg(out, type, bytes_max, arena)                                                     \
    ic_pb_arg_type(1 ? (out) : (type *)NULL, sizeof(type), type##_fields, (bytes_max),             \
                   IC_BYTES_LIT("the argument is not a " #type), (arena))

/* ---- writing ----------------------------------------------------------------------------------- */

/* Bytes are canonical: shortest numbers, fields in ascending order, zeros of proto3 left out. A view is
 * written when its `at` is not NULL, an empty one as well: leave it out in proto3's plain fields. */

/* ic_pb_encode appends a message to what the writer has.
 *   returns   false when it does not fit, a string is not UTF-8 or a count is beyond its bound; the
 *             writer has failed then */
#define ic_pb_encode(w, type, message)                                                             \
    ic_pb_encode_type((w), type##_fields, 1 ? (message) : (const type *)NULL)

/* ic_pb_pack encodes a message into the arena: as a whole, or for a list or view of another.
 *   returns   false as ic_pb_encode; *out is untouched then */
#define ic_pb_pack(out, type, message, arena)                                                      \
    ic_pb_pack_type((out), type##_fields, 1 ? (message) : (const type *)NULL, (arena))

/* ic_pb_list_add appends an element; the bytes must outlive the list.
 *   returns   false when the arena is full; the list is unchanged then */
IC_MUST_USE bool ic_pb_list_add(struct ic_pb_list *list, struct ic_bytes item, struct ic_arena *a);

/* ic_pb_reply answers with a message, encoded into the message arena.
 *   traps     when ic_pb_pack fails */
#define ic_pb_reply(type, message)                                                                 \
    ic_pb_reply_type(type##_fields, 1 ? (message) : (const type *)NULL)

/* ---- what the macros and the generated code stand on ------------------------------------------- */

IC_MUST_USE bool ic_pb_decode_type(void *out, size_t out_size, const pb_msgdesc_t *type,
                                   struct ic_bytes in, struct ic_arena *a);
void ic_pb_arg_type(void *out, size_t out_size, const pb_msgdesc_t *type, size_t bytes_max,
                    struct ic_bytes refusal, struct ic_arena *a);
IC_MUST_USE bool ic_pb_encode_type(struct ic_writer *w, const pb_msgdesc_t *type,
                                   const void *message);
IC_MUST_USE bool ic_pb_pack_type(struct ic_bytes *out, const pb_msgdesc_t *type,
                                 const void *message, struct ic_arena *a);
void ic_pb_reply_type(const pb_msgdesc_t *type, const void *message);

/* nanopb calls it for each field that is a view or a list. */
bool ic_pb_field(pb_istream_t *in, pb_ostream_t *out, const pb_field_t *field);

#endif
