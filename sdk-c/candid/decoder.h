/* Inside the decoder: the cursor, the wire's type table, the budget.
 *
 * Invariants: start <= at <= end; every ref in the table is a primitive kind negated or an index
 * below entry_count; field ids of records and variants ascend. Reads come in four beats: enough
 * bytes? read, advance, validate. */
#ifndef CANDID_DECODER_H
#define CANDID_DECODER_H

#include "ic/arena.h"
#include "ic/candid.h"

/* The loops over values are one function each in Wasm, so that what they hand on stays in locals;
 * every load and store costs instructions. What is rare stays out of them. */
#define CANDID_HOT static inline __attribute__((always_inline))
#define CANDID_COLD static __attribute__((noinline))

/* A type on the wire: >= 0 an entry, < 0 a negated primitive kind. */
typedef int32_t candid_ref;

/* An entry of the type table.
 *   RECORD, VARIANT  fields [first, first + count)
 *   OPT, VEC         inner in first
 *   FUNC             fields: count parameters, then result_count results
 *   SERVICE          two fields for each of count methods: name (id: offset in the message, ref:
 *                    size), then its func (ref) */
struct candid_entry {
    uint8_t kind; /* enum candid_kind */
    uint8_t mode; /* enum candid_mode */
    uint32_t first;
    uint32_t count;
    uint32_t result_count;
};

struct candid_wire_field {
    uint32_t id;
    candid_ref ref;
};

/* A pair of types that subtyping has met: wire <: type, or type <: wire when flipped. */
struct candid_pair {
    candid_ref ref;
    bool flipped;
    const struct candid_type *type;
};

struct candid_decoder {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *start;
    uint64_t units_left;
    uint64_t heap_left; /* bytes of decoded elements and boxes */
    struct ic_arena *arena;
    struct candid_entry *entries;
    struct candid_wire_field *fields; /* never NULL */
    uint32_t entry_count;
    uint32_t field_count;
    struct candid_pair *pairs; /* NULL until the first reference is compared */
    uint32_t pair_count;
    struct candid_pair refuted; /* the last; type NULL: none */
    /* The last reference that was proved; NULL: none. */
    const struct candid_entry *proved_entry;
    const struct candid_type *proved_type;
};

static inline size_t candid_left(const struct candid_decoder *d)
{
    return (size_t)(d->end - d->at);
}

/* Under the fuzzer every turn of a loop over untrusted data is counted, to hold the decoder to its
 * promise of work in proportion. */
#ifdef AXON_FUZZ
extern uint64_t candid_steps;
#define CANDID_STEP() (candid_steps++)
#else
#define CANDID_STEP() ((void)0)
#endif

/* A vec with elements below an opt takes memory, and a frame to come back to. */
#define CANDID_UNITS_OF_VEC_IN_OPT 4u

/* candid_charge takes units from the budget. Returns false when it is used up. */
IC_MUST_USE static inline bool candid_charge(struct candid_decoder *d, uint64_t units)
{
    const uint64_t left = d->units_left;
    if (left < units) {
        return false;
    }
    d->units_left = left - units;
    return true;
}

/* Longest forms accepted. SRC: Rust candid 0.10.39, candid.md 4 */
#define CANDID_LEB_BYTES_MAX 10u
#define CANDID_LENGTH_BYTES_MAX 9u

/* candid_leb_slow reads an unsigned LEB128 of at most bytes_max bytes and 64 bits. */
IC_MUST_USE enum candid_result candid_leb_slow(struct candid_decoder *d, uint64_t *out,
                                               uint32_t bytes_max);
IC_MUST_USE enum candid_result candid_sleb_slow(struct candid_decoder *d, int64_t *out);

IC_MUST_USE static inline enum candid_result candid_leb(struct candid_decoder *d, uint64_t *out,
                                                        uint32_t bytes_max)
{
    if (d->at < d->end && *d->at < 0x80) {
        *out = *d->at++;
        return CANDID_OK;
    }
    return candid_leb_slow(d, out, bytes_max);
}

/* candid_size reads a count of bytes that must be there. */
IC_MUST_USE static inline enum candid_result candid_size(struct candid_decoder *d, size_t *out)
{
    uint64_t size = 0;
    const enum candid_result result = candid_leb(d, &size, CANDID_LENGTH_BYTES_MAX);
    if (result != CANDID_OK) {
        return result;
    }
#ifdef AXON_PLANTED_BUG
    /* What the fuzzer must find: a length believed without looking at what is left. */
    if (size > candid_left(d) + 64) {
        return CANDID_TRUNCATED;
    }
#else
    if (size > candid_left(d)) {
        return CANDID_TRUNCATED;
    }
#endif
    *out = (size_t)size;
    return CANDID_OK;
}

/* Kind of a wire type. */
static inline uint32_t candid_wire_kind(const struct candid_decoder *d, candid_ref ref)
{
    return ref < 0 ? (uint32_t)-ref : d->entries[ref].kind;
}

/* candid_header reads from the magic to the end of the argument types.
 *   args   the argument types as a record entry with fields 0, 1, ... */
IC_MUST_USE enum candid_result candid_header(struct candid_decoder *d, struct candid_entry *args);

/* candid_coerce reads the values at the expected types, by the rules of coercion. */
IC_MUST_USE enum candid_result candid_coerce(struct candid_decoder *d,
                                             const struct candid_entry *args,
                                             const struct candid_type *record, void *out);

/* Not a result of decoding: nothing was read, the value takes more than one step. */
#define CANDID_NOT_SIMPLE CANDID_RESULT_COUNT

IC_MUST_USE enum candid_result candid_simple_primitive(struct candid_decoder *d, uint32_t kind,
                                                       const struct candid_type *type,
                                                       uint8_t *out);
IC_MUST_USE enum candid_result candid_simple_entry(struct candid_decoder *d,
                                                   const struct candid_entry *entry,
                                                   const struct candid_type *type, uint8_t *out);

/* candid_simple reads a value at an expected type if that takes no frame and the outcome is not
 * MISMATCH.
 *   returns   CANDID_NOT_SIMPLE, then only candid_coerce can */
IC_MUST_USE static inline enum candid_result candid_simple(struct candid_decoder *d, candid_ref ref,
                                                           const struct candid_type *type,
                                                           uint8_t *out)
{
    return ref < 0 ? candid_simple_primitive(d, (uint32_t)-ref, type, out)
                   : candid_simple_entry(d, &d->entries[ref], type, out);
}

/* candid_absent sets the fields from field up to end, which the message does not have.
 *   returns   CANDID_MISSING when one of them cannot be absent */
IC_MUST_USE enum candid_result candid_absent(struct candid_decoder *d,
                                             const struct candid_field *field,
                                             const struct candid_field *end, uint8_t *out);

/* candid_is_misfit: no value of this wire kind fits the expected kind. */
bool candid_is_misfit(uint32_t wire, uint32_t expected);

/* candid_case finds the expected case with this id, which has the given index on the wire.
 *   returns   its tag, or -1 */
int32_t candid_case(const struct candid_type *type, uint32_t index, uint32_t id);

/* candid_direct reads values whose wire types are exactly the expected ones. */
IC_MUST_USE enum candid_result candid_direct(struct candid_decoder *d,
                                             const struct candid_type *record, void *out);

/* candid_subtype decides whether the wire type is a subtype of the expected one.
 *   returns   CANDID_OK, CANDID_MISMATCH, or the budget's end */
IC_MUST_USE enum candid_result candid_subtype(struct candid_decoder *d, candid_ref ref,
                                              const struct candid_type *type);

/* candid_skip walks over values that nobody wants: as strict as reading, and nothing is kept. The
 * arena is as before.
 *   field     of the first value, the others are those of the next fields; NULL: all have type ref */
IC_MUST_USE enum candid_result candid_skip(struct candid_decoder *d,
                                           const struct candid_wire_field *field, candid_ref ref,
                                           uint32_t count);

/* candid_skip_primitive walks over one value without parts. */
IC_MUST_USE enum candid_result candid_skip_primitive(struct candid_decoder *d, uint32_t kind);

/* candid_scalar reads a value of one of the kinds without parts (BOOL to TEXT, PRINCIPAL), wire and
 * expected kind being the same. SERVICE and FUNC references too. */
IC_MUST_USE enum candid_result candid_scalar(struct candid_decoder *d, uint32_t kind, uint8_t *out);

/* candid_scalars reads count of them.
 *   out      of the first; NULL: skip
 *   stride   bytes from one to the next */
IC_MUST_USE enum candid_result candid_scalars(struct candid_decoder *d, uint32_t kind, uint8_t *out,
                                              uint64_t count, uint32_t stride);

/* candid_nat_as_int reads a nat where an int is expected. */
IC_MUST_USE enum candid_result candid_nat_as_int(struct candid_decoder *d, struct candid_int *out);

/* Bytes on the wire of kinds with a fixed size; 0 for the others. */
uint32_t candid_fixed_size(uint32_t kind);

/* candid_alloc takes heap for what is decoded. *at is written on CANDID_OK only. */
IC_MUST_USE enum candid_result candid_alloc(struct candid_decoder *d, uint8_t **at, uint64_t bytes);

/* candid_box takes the content of a box: heap and units. */
IC_MUST_USE enum candid_result candid_box(struct candid_decoder *d, uint8_t **at, uint32_t bytes);

/* candid_elements checks and allocates the elements of a vec.
 *   count     as the message says
 *   returns   the result; *at is no memory for elements without size, but not NULL */
IC_MUST_USE enum candid_result candid_elements(struct candid_decoder *d, uint8_t **at,
                                               uint64_t count, const struct candid_type *element);

/* The end of the fields. Records without any have no array, so this is no pointer arithmetic. */
static inline const struct candid_field *candid_fields_end(const struct candid_type *type)
{
    return (const struct candid_field *)((uintptr_t)type->of.fields +
                                         type->count * sizeof(struct candid_field));
}

/* Stores the pointer and the count of a vec at its struct. */
static inline void candid_vec_store(uint8_t *out, const uint8_t *at, size_t count)
{
    *(const uint8_t **)(void *)out = at;
    *(size_t *)(void *)(out + sizeof(void *)) = count;
}

#endif
