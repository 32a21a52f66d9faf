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
    uint8_t mode; /* FUNC: enum candid_mode; RECORD: CANDID_MODE_ENDLESS or any other */
    uint32_t first;
    uint32_t count;
    union {
        struct candid_plan *plan; /* RECORD: those made so far, candid_no_plan is the last */
        uint32_t result_count;    /* FUNC */
    };
};

struct candid_wire_field {
    uint32_t id;
    candid_ref ref;
    /* VARIANT: where this case was found last, or any other number; and the type that last lacked it. */
    uint32_t tag;
    const struct candid_type *missed;
};

/* How a field is read. Most are decided by the two types alone. */
enum candid_step_kind {
    CANDID_STEP_VALUE,      /* by the loop */
    CANDID_STEP_SCALAR,     /* without parts, and of the same kind on both sides */
    CANDID_STEP_NULL,       /* null at null */
    CANDID_STEP_ABSENT_OPT, /* an opt that is not there, or is nothing: null */
    CANDID_STEP_SKIP,       /* not expected, or as good as that */
    CANDID_STEP_MISFIT_OPT, /* skipped, since the opt expected there cannot hold it: null */
    CANDID_STEP_MISFIT,     /* skipped, and the record does not fit */
};

/* What to do with the next field of a record. */
struct candid_step {
    candid_ref ref;
    uint32_t offset; /* of the member, bytes from the start of the struct */
    const struct candid_type *type;
    enum candid_step_kind kind;
};

/* How to read a wire record at an expected one. */
struct candid_plan {
    const struct candid_type *type;
    struct candid_plan *next; /* of the same entry at another type */
    bool is_decided; /* the kinds of the steps are found out; until then all are VALUE */
    bool never_fits; /* one of the steps is a MISFIT */
    const struct candid_step *end;
    struct candid_step steps[];
};

extern struct candid_plan candid_no_plan; /* for no type */

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
    bool endless_marked;
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

/* A kind without parts, whose values candid_scalar reads. */
static inline bool candid_is_scalar(uint32_t kind)
{
    return (kind >= CANDID_KIND_BOOL && kind <= CANDID_KIND_TEXT) || kind == CANDID_KIND_PRINCIPAL;
}

/* The kinds on the wire whose values may fit an expected kind, a bit for each. */
extern const uint32_t candid_fits[CANDID_KIND_BOX + 1];

/* No value of this wire kind fits the expected kind. */
static inline bool candid_is_misfit(uint32_t wire, uint32_t expected)
{
    return (candid_fits[expected] >> wire & 1) == 0;
}

/* candid_plan_make finds or makes the plan of a record; candid_plan_decide finds out the kinds of its
 * steps, at its second use. */
IC_MUST_USE enum candid_result candid_plan_make(struct candid_decoder *d,
                                                struct candid_entry *entry,
                                                const struct candid_type *type,
                                                const struct candid_plan **out);
void candid_plan_decide(const struct candid_decoder *d, struct candid_plan *plan);

/* candid_header reads from the magic to the end of the argument types.
 *   args   the argument types as a record entry with fields 0, 1, ... */
IC_MUST_USE enum candid_result candid_header(struct candid_decoder *d, struct candid_entry *args);

/* A record that contains itself through records only: it has no values. */
#define CANDID_MODE_ENDLESS 0xffu

/* candid_mark_endless sets the mode of such entries; from the second call on it does nothing. */
IC_MUST_USE enum candid_result candid_mark_endless(struct candid_decoder *d);

/* candid_coerce reads the values at the expected types, by the rules of coercion. */
IC_MUST_USE enum candid_result candid_coerce(struct candid_decoder *d,
                                             struct candid_entry *args,
                                             const struct candid_type *record, void *out);

/* candid_direct reads values whose wire types are exactly the expected ones. */
IC_MUST_USE enum candid_result candid_direct(struct candid_decoder *d,
                                             const struct candid_type *record, void *out);

/* candid_subtype decides whether the wire type is a subtype of the expected one.
 *   returns   CANDID_OK, CANDID_MISMATCH, or the budget's end */
IC_MUST_USE enum candid_result candid_subtype(struct candid_decoder *d, candid_ref ref,
                                              const struct candid_type *type);

/* candid_skip walks over values that nobody wants, count of the same type: as strict as reading, and
 * nothing is kept. The arena is as before. */
IC_MUST_USE enum candid_result candid_skip(struct candid_decoder *d, candid_ref ref,
                                           uint32_t count);

/* The same for one value, which often needs no more than a look. */
IC_MUST_USE enum candid_result candid_skip_one(struct candid_decoder *d, candid_ref ref);

/* The same for the fields of a record that has some; the record itself is charged for. */
IC_MUST_USE enum candid_result candid_skip_fields(struct candid_decoder *d,
                                                  const struct candid_entry *entry);

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

/* candid_take takes heap for what is decoded, as ic_arena_alloc does, but inlined: small vecs are
 * mostly this.
 *   returns   NULL: there is not so much, candid_no_room tells why */
IC_MUST_USE CANDID_HOT uint8_t *candid_take(struct candid_decoder *d, uint64_t bytes)
{
    struct ic_arena *const arena = d->arena;
    const size_t used = arena->used;
    const size_t left = arena->size - used;
    if (bytes > d->heap_left || bytes > left) {
        return NULL;
    }
    const size_t rounded = ((size_t)bytes + IC_ARENA_ALIGN - 1) & ~(size_t)(IC_ARENA_ALIGN - 1);
    d->heap_left -= bytes;
    arena->used = used + (rounded <= left ? rounded : left);
    return arena->at + used;
}

static inline enum candid_result candid_no_room(const struct candid_decoder *d, uint64_t bytes)
{
    return bytes > d->heap_left ? CANDID_TOO_LARGE : CANDID_NO_MEMORY;
}

/* candid_alloc does the same. *at is written on CANDID_OK only. */
IC_MUST_USE static inline enum candid_result candid_alloc(struct candid_decoder *d, uint8_t **at,
                                                          uint64_t bytes)
{
    uint8_t *const taken = candid_take(d, bytes);
    if (taken == NULL) {
        return candid_no_room(d, bytes);
    }
    *at = taken;
    return CANDID_OK;
}

/* A recursive value takes memory and a frame, and there may be no byte to pay for it. */
#define CANDID_UNITS_OF_BOX 3u

/* candid_box takes the content of a box: heap and units. */
IC_MUST_USE enum candid_result candid_box(struct candid_decoder *d, uint8_t **at, uint32_t bytes);

/* candid_elements checks and allocates the elements of a vec.
 *   count     as the message says
 *   kind      of the elements on the wire
 *   returns   the result; *at is no memory for elements without size, but not NULL */
IC_MUST_USE enum candid_result candid_elements(struct candid_decoder *d, uint8_t **at,
                                               uint64_t count, uint32_t kind,
                                               const struct candid_type *element);

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
