/* The little of protobuf that blocks need: a reader of fields and a writer that works back to
 * front.
 *
 * Reading trusts nothing: lengths are compared with what is left before anything is touched. */
#ifndef LEDGER_PROTOBUF_H
#define LEDGER_PROTOBUF_H

#include "ic/bytes.h"

/* The low three bits of a field's tag. */
enum ledger_pb_wire {
    LEDGER_PB_VARINT = 0,
    LEDGER_PB_FIXED64 = 1,
    LEDGER_PB_BYTES = 2, /* also messages and text */
    LEDGER_PB_FIXED32 = 5,
};

/* A tag as it stands on the wire; fields 1 to 15 take one byte. */
#define LEDGER_PB_TAG(field, wire) ((uint8_t)((field) << 3 | (wire)))

struct ledger_pb_field {
    uint32_t tag;          /* number and wire type, as LEDGER_PB_TAG makes it */
    uint64_t number;       /* value of a varint; 0 otherwise */
    struct ic_bytes bytes; /* content of a bytes field, a view into the input; empty otherwise */
};

enum ledger_pb_status {
    LEDGER_PB_FIELD, /* *field is the next one */
    LEDGER_PB_END,   /* nothing is left */
    LEDGER_PB_BAD,   /* the input is not protobuf */
};

/* ledger_pb_next takes one field off the front of *in. Never inlined: a block's decoder calls it in
 * a dozen places. */
IC_MUST_USE __attribute__((noinline)) enum ledger_pb_status ledger_pb_next(
    struct ledger_pb_field *field, struct ic_bytes *in);

/* Writing goes back to front: each function puts its bytes before `at`, where the caller provides room,
 * and returns where they begin. */

uint8_t *ledger_pb_put_varint(uint8_t *at, uint64_t value);

/* ledger_pb_put_bytes puts tag, length and content of a bytes field. */
uint8_t *ledger_pb_put_bytes(uint8_t *at, unsigned tag, struct ic_bytes content);

/* ledger_pb_close turns what was written since `end` into the content of a message: puts its length
 * and tag. `end` is the place before which the content was written. */
uint8_t *ledger_pb_close(uint8_t *at, unsigned tag, const uint8_t *end);

/* ledger_pb_put_number puts the message { 1: value }, whose content is empty for 0. Never inlined: a
 * block has up to seven. */
__attribute__((noinline)) uint8_t *ledger_pb_put_number(uint8_t *at, unsigned tag, uint64_t value);

#endif
