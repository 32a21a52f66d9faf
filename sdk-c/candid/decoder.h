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

/* How a field or an element is read. Most are decided by the two types alone. */
enum candid_way {
    CANDID_WAY_VALUE, /* by a look at both types */
    CANDID_WAY_OPT,   /* so too, and both are opts */
    CANDID_WAY_BARE,  /* so too, at an opt that the message does not have; no box is in it */
    /* Those below take no look. */
    CANDID_WAY_NOTHING,      /* a unit: null at null or reserved, a record without fields at such a one */
    CANDID_WAY_SCALAR,       /* without parts, and of the same kind on both sides */
    CANDID_WAY_OPT_SCALAR,   /* opts of those on both sides */
    CANDID_WAY_OPT_MISFIT,   /* opts on both sides, of what cannot fit: skipped, and null */
    CANDID_WAY_BARE_SCALAR,  /* as SCALAR, at an opt that the message does not have */
    CANDID_WAY_BARE_NOTHING, /* no field, null or reserved there: null */
    CANDID_WAY_BARE_MISFIT,  /* what the opt expected cannot hold: skipped, and null */
    CANDID_WAY_SKIP,         /* not expected, or as good as that */
    CANDID_WAY_MISFIT,       /* skipped, and what is around does not fit */
    CANDID_WAY_UNKNOWN,      /* a case that has not come yet */
};

/* An entry of the type table.
 *   RECORD, VARIANT  fields [first, first + count)
 *   OPT, VEC         inner in first
 *   FUNC             fields: count parameters, then result_count results
 *   SERVICE          two fields for each of count methods: name (id: offset in the message, ref:
 *                    size), then its func (ref) */
struct candid_entry {
    uint8_t kind; /* enum candid_kind */
    uint8_t mode; /* FUNC: enum candid_mode */
    uint32_t first;
    uint32_t count;
    union {
        struct candid_plan *plan; /* VEC, RECORD, VARIANT: used last, or candid_no_plan */
        uint32_t result_count;    /* FUNC */
    };
};

struct candid_wire_field {
    uint32_t id;
    candid_ref ref;
};

/* What to do with the next field of a record, or with a case. */
struct candid_step {
    candid_ref ref;
    uint32_t offset; /* of the member, bytes from the start of the struct; of a case: its tag */
    const struct candid_type *type;
    enum candid_way way;
};

enum candid_plan_state {
    CANDID_PLAN_DECIDED,    /* the ways of the steps are found out */
    CANDID_PLAN_NEW,        /* all are VALUE */
    CANDID_PLAN_USED,       /* so too; once */
    CANDID_PLAN_NOTHING,    /* there are none */
    CANDID_PLAN_NEVER_FITS, /* decided, and one is a MISFIT or missing */
};

/* How to read a wire vec, record or variant at an expected one. */
struct candid_plan {
    const struct candid_type *type;
    struct candid_plan *then;   /* of the same entry, used after this one last time; or this one */
    struct candid_plans *plans; /* of the same entry; NULL: there is no other */
    struct candid_plan *next;   /* among those */
    union {
        enum candid_way way;          /* VEC: of all elements */
        enum candid_plan_state state; /* RECORD */
    };
    const struct candid_step *end; /* RECORD */
    struct candid_step steps[]; /* fields of both sides; or cases of the wire */
};

extern struct candid_plan candid_no_plan; /* for no type; never written to */

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
    /* What is free of the arena, or as much of it as may be taken: a multiple of IC_ARENA_ALIGN. */
    uint8_t *heap;
    uint8_t *heap_end;
    const struct ic_arena *arena; /* it learns when decoding ends what was taken */
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

/* candid_number reads the index of a case or the count of a vec.
 *   returns   negative: minus the result; INT32_MAX: so much or more, of which there is not so much */
int32_t candid_number_slow(struct candid_decoder *d, uint32_t bytes_max);

IC_MUST_USE CANDID_HOT int32_t candid_number(struct candid_decoder *d, uint32_t bytes_max)
{
    const uint8_t *const at = d->at;
    if (at == d->end || *at >= 0x80) {
        return candid_number_slow(d, bytes_max);
    }
    const uint8_t number = *at;
    d->at = at + 1;
    return number;
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

/* candid_plan_find finds or makes the plan of a vec, a record or a variant.
 *   returns   NULL when there is no room for it, candid_no_room tells why */
IC_MUST_USE struct candid_plan *candid_plan_find(struct candid_decoder *d,
                                                 struct candid_entry *entry,
                                                 const struct candid_type *type);

/* candid_plan_use tells that a record comes for the first or the second time. What can be decided then
 * is, the second time: most types come once. */
void candid_plan_use(const struct candid_decoder *d, struct candid_plan *plan);

/* candid_plan_case finds out about a case that is UNKNOWN. */
void candid_plan_case(const struct candid_decoder *d, const struct candid_entry *variant,
                      struct candid_plan *plan, uint32_t index);

/* candid_header reads from the magic to the end of the argument types.
 *   args   the argument types as a record entry with fields 0, 1, ... */
IC_MUST_USE enum candid_result candid_header(struct candid_decoder *d, struct candid_entry *args);

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

/* The same for one value. */
IC_MUST_USE enum candid_result candid_skip_one(struct candid_decoder *d, candid_ref ref);

/* The same for the fields of a record; the record itself is charged for. */
IC_MUST_USE enum candid_result candid_skip_fields(struct candid_decoder *d,
                                                  const struct candid_entry *record);

/* candid_skip_scalar walks over one value without parts, null and reserved and references too. */
IC_MUST_USE enum candid_result candid_skip_scalar(struct candid_decoder *d, uint32_t kind);

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

/* candid_take takes memory, as ic_arena_alloc does, but inlined: small vecs are mostly this.
 *   returns   NULL: there is not so much, candid_no_room tells why. Never NULL for no bytes, except
 *             where the arena has no memory at all */
IC_MUST_USE CANDID_HOT uint8_t *candid_take(struct candid_decoder *d, uint64_t bytes)
{
    uint8_t *const at = d->heap;
    if (bytes > (size_t)(d->heap_end - at)) {
        return NULL;
    }
    d->heap = at + (((size_t)bytes + IC_ARENA_ALIGN - 1) & ~(size_t)(IC_ARENA_ALIGN - 1));
    return at;
}

/* The limit was reached, or the arena is too small. */
IC_MUST_USE enum candid_result candid_no_room(const struct candid_decoder *d);

/* candid_box takes memory for what is in a box, and a unit: it is a level without a byte.
 *   levels   that may still be entered
 *   box      is written on CANDID_OK only */
IC_MUST_USE CANDID_HOT enum candid_result candid_box(struct candid_decoder *d, uint8_t **box,
                                                     uint32_t bytes, uint32_t levels)
{
    if (!candid_charge(d, 1)) {
        return CANDID_TOO_LARGE;
    }
    if (levels == 0) {
        return CANDID_TOO_DEEP;
    }
    uint8_t *const taken = candid_take(d, bytes);
    if (taken == NULL) {
        return candid_no_room(d);
    }
    *box = taken;
    return CANDID_OK;
}

/* candid_check_count checks the count of a vec that is not empty, as the message says.
 *   kind   of the elements on the wire */
IC_MUST_USE enum candid_result candid_check_count(const struct candid_decoder *d, uint64_t count,
                                                  uint32_t kind);

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
