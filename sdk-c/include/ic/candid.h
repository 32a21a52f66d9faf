/* Candid in C: typed structs, descriptor tables, one decoder and one encoder.
 *
 * The .did file is the front door. didc turns it into C structs and into descriptor tables (struct
 * candid_type) that say where each field lives; candid_decode and candid_encode walk those tables.
 * There is no generated codec logic: one piece of code to trust, fuzzed, see sdk-c/candid/README.md
 * for what holds after candid_decode succeeds on hostile bytes. sdk-c/didc/README.md shows the
 * generated code; the shape in short, for `didc gen bank.did --prefix bank`:
 *
 *   .did                              C (build/gen/bank_did.h)
 *   nat8..nat64, int8..int64          uint8_t..uint64_t, int8_t..int64_t
 *   bool, float32, float64            bool, float, double
 *   text, blob (= vec nat8)           struct ic_bytes, a view into the argument: zero-copy
 *   nat, int                          struct candid_nat, struct candid_int
 *   principal, service reference      struct ic_principal
 *   func reference                    struct candid_func
 *   null, reserved, empty             no member
 *   opt T (anonymous)                 struct bank_opt_T { bool has; T value; }
 *   vec T (anonymous)                 struct bank_vec_T { const T *at; size_t count; }
 *   type A = record { x : T }         struct bank_a { T x; }
 *   type E = variant { B; C : T }     enum bank_e_tag { BANK_E_B, BANK_E_C };
 *                                     struct bank_e { enum bank_e_tag tag; union { T c; } as; }
 *   type O = opt T / vec T            struct bank_o, members as above
 *   type N = nat64 (any scalar)       no C name of its own: uint64_t
 *   recursion by value                the member is a pointer: const struct bank_list *tail
 *   anonymous record, variant         named by its path: struct bank_a_x
 *   method m : (T, key : U) -> (V)    struct bank_m_in { T arg0; U key; }; struct bank_m_out { V ret0; };
 *
 * Names are lower_snake of the .did name (TransferArg -> transfer_arg, e8s stays e8s); C keywords
 * and clashes get a trailing underscore. Enum tags count from 0 in the order of ascending field id.
 *
 * A canister's author writes one function per method; didc declares it, and the exports that
 * decode, call it, encode and reply are generated into build/gen/bank_dispatch.c:
 *
 *   void bank_m(const struct bank_m_in *in, struct bank_m_out *out);
 *
 * See "ic/candid_msg.h" for the annotations that change this shape (@raw, @manual, ...).
 *
 * SPEC: Candid 0.1.8 (dfinity/candid spec/Candid.md). */
#ifndef IC_CANDID_H
#define IC_CANDID_H

#include "ic/bytes.h"
#include "ic/principal.h"

struct ic_arena;

/* ---- limits --------------------------------------------------------------------------------------
 * Reaching one refuses the message with its own result, never a trap of the stack. */

/* SRC: Rust candid, DecoderConfig max_type_len */
#define CANDID_TABLE_ENTRIES_MAX 10000u
/* Far above what the system delivers (2 MiB from outside, 10 MiB within a subnet); keeps every count
 * within 32 bits. */
#define CANDID_MESSAGE_BYTES_MAX (256u << 20)
/* From behind the magic to the end of the argument types. SRC: Rust candid 0.10.39, max_header_len */
#define CANDID_HEADER_BYTES_MAX 65536u
/* Values nested in values: those that are read, and in each of them those that are skipped.
 * SRC: Rust candid's bound where the stack size is unknown */
#define CANDID_DEPTH_MAX 512u
/* A decode does work in proportion to its bytes, and besides at most BASE + PER_BYTE * bytes units
 * for what has no byte of its own. A unit is at most 100 instructions. One each:
 * - a null or reserved value, also as the content of a case
 * - a record, whether empty, skipped or inside another
 * - a field or argument that is expected and absent
 * - an opt that the message does not have around its value
 * - a recursive value inside itself, besides what it is
 * - in comparing types of func and service references: a pair of types, and the parts of both
 * What does not fit costs no more than what does. */
#define CANDID_UNITS_BASE 4000u
#define CANDID_UNITS_PER_BYTE 4u
/* Elements of vecs and boxed values, in bytes of C, each rounded up to 8: BASE + PER_BYTE * bytes. What
 * is remembered of pairs of types while decoding is among it. */
#define CANDID_HEAP_BYTES_BASE (1u << 20)
#define CANDID_HEAP_BYTES_PER_BYTE 1024u
/* Pairs of types remembered while comparing func and service references. */
#define CANDID_SUBTYPE_PAIRS_MAX 1024u

/* Entries of a type table that candid_encode makes itself. */
#define CANDID_NARROW_ENTRIES_MAX 48u

/* ---- results -------------------------------------------------------------------------------------
 * candid_result_text gives the text of each, at most CANDID_RESULT_TEXT_MAX bytes. */

#define CANDID_RESULT_TEXT_MAX 160u

#define CANDID_RESULTS(X)                                                                          \
    X(CANDID_OK, "ok")                                                                             \
    X(CANDID_BAD_MAGIC, "Candid: the message does not begin with DIDL")                            \
    X(CANDID_TRUNCATED, "Candid: the message ends early")                                          \
    X(CANDID_TRAILING, "Candid: bytes are left after the last value")                              \
    X(CANDID_BAD_LEB, "Candid: a LEB128 number is too long or out of range")                       \
    X(CANDID_BAD_TABLE, "Candid: malformed type table")                                            \
    X(CANDID_BAD_BOOL, "Candid: a bool or opt tag is neither 0 nor 1")                             \
    X(CANDID_BAD_TEXT, "Candid: text is not UTF-8")                                                \
    X(CANDID_BAD_REFERENCE, "Candid: an opaque reference or a principal over 29 bytes")            \
    X(CANDID_BAD_CASE, "Candid: a variant index is out of range")                                  \
    X(CANDID_UNINHABITED, "Candid: a value of an uninhabited type")                                \
    X(CANDID_MISMATCH, "Candid: a value does not have the expected type")                          \
    X(CANDID_MISSING, "Candid: an argument or field that is not optional is missing")              \
    X(CANDID_TOO_DEEP, "Candid: values are nested too deeply")                                     \
    X(CANDID_TOO_LARGE, "Candid: decoding cost is out of proportion to the message's size")        \
    X(CANDID_NO_MEMORY, "Candid: the message needs too much memory")

#define CANDID_RESULT_NAME(name, text) name,
enum candid_result { CANDID_RESULTS(CANDID_RESULT_NAME) CANDID_RESULT_COUNT };
#undef CANDID_RESULT_NAME

const char *candid_result_text(enum candid_result result);

/* ---- values -------------------------------------------------------------------------------------- */

/* A natural number of any size. Below 2^128 it is hi * 2^64 + lo and big is empty. From there on lo
 * and hi are all ones (saturated) and big holds its digits, 7 bits a byte, least significant first,
 * top bits ignored, no zero digits at the end; a view like text. So `candid_nat_to_u64` refuses it
 * and re-encoding loses nothing. */
struct candid_nat {
    uint64_t lo;
    uint64_t hi;
    struct ic_bytes big;
};

/* An integer of any size: two's complement in hi:lo within 128 bits; beyond, saturated to the
 * nearest, and big holds the digits of its signed LEB128. */
struct candid_int {
    uint64_t lo;
    int64_t hi;
    struct ic_bytes big;
};

/* A reference to a public method of a canister. method is a view, valid UTF-8. */
struct candid_func {
    struct ic_principal service;
    struct ic_bytes method;
};

static inline struct candid_nat candid_nat_from_u64(uint64_t v)
{
    return (struct candid_nat){.lo = v};
}

static inline struct candid_int candid_int_from_i64(int64_t v)
{
    return (struct candid_int){.lo = (uint64_t)v, .hi = v < 0 ? -1 : 0};
}

/* candid_nat_to_u64 narrows. Returns false when it does not fit; *out is untouched then. */
IC_MUST_USE static inline bool candid_nat_to_u64(uint64_t *out, const struct candid_nat *n)
{
    if (n->hi != 0) {
        return false;
    }
    *out = n->lo;
    return true;
}

static inline bool candid_nat_is_big(const struct candid_nat *n)
{
    return n->big.size != 0;
}

/* Total orders by value, beyond 128 bits too. Negative, zero or positive. */
int candid_nat_compare(const struct candid_nat *a, const struct candid_nat *b);
int candid_int_compare(const struct candid_int *a, const struct candid_int *b);

/* ---- descriptors (didc writes them) -------------------------------------------------------------- */

/* Kinds are the negated opcodes of the binary format; CANDID_KIND_BLOB and _BOX exist in memory
 * only: a blob is a vec nat8 held as struct ic_bytes, a box is the type it points to. */
enum candid_kind {
    CANDID_KIND_NULL = 1,
    CANDID_KIND_BOOL = 2,
    CANDID_KIND_NAT = 3,
    CANDID_KIND_INT = 4,
    CANDID_KIND_NAT8 = 5,
    CANDID_KIND_NAT16 = 6,
    CANDID_KIND_NAT32 = 7,
    CANDID_KIND_NAT64 = 8,
    CANDID_KIND_INT8 = 9,
    CANDID_KIND_INT16 = 10,
    CANDID_KIND_INT32 = 11,
    CANDID_KIND_INT64 = 12,
    CANDID_KIND_FLOAT32 = 13,
    CANDID_KIND_FLOAT64 = 14,
    CANDID_KIND_TEXT = 15,
    CANDID_KIND_RESERVED = 16,
    CANDID_KIND_EMPTY = 17,
    CANDID_KIND_OPT = 18,
    CANDID_KIND_VEC = 19,
    CANDID_KIND_RECORD = 20,
    CANDID_KIND_VARIANT = 21,
    CANDID_KIND_FUNC = 22,
    CANDID_KIND_SERVICE = 23,
    CANDID_KIND_PRINCIPAL = 24,
    CANDID_KIND_FUTURE = 25, /* on the wire only: any opcode below -24 */
    CANDID_KIND_BLOB = 26,
    CANDID_KIND_BOX = 27,
};

/* The annotation byte of a func type. 0: an update method. */
enum candid_mode {
    CANDID_MODE_UPDATE = 0,
    CANDID_MODE_QUERY = 1,
    CANDID_MODE_ONEWAY = 2,
    CANDID_MODE_COMPOSITE_QUERY = 3,
};

struct candid_type;

/* A record field, a variant case, a parameter or a result. Records and variants: ascending ids. */
struct candid_field {
    uint32_t id;     /* hash of the name, or the number; parameters and results: 0, 1, ... */
    uint32_t offset; /* bytes from the start of the struct; variants: of the member of the union */
    const struct candid_type *type;
};

/* A method of a service type. Ascending by the bytes of the name. */
struct candid_service_method {
    struct ic_bytes name;
    const struct candid_type *type; /* kind func */
};

/* A Candid type together with the place of its parts in a C value.
 *
 *   kind            C value                      of            count, result_count, offset
 *   scalars         see the table above          -             -
 *   OPT             bool at 0, value at offset   inner         offset
 *   VEC             pointer at 0, size_t at       inner        -
 *                   sizeof(void *)
 *   RECORD          struct                       fields        count
 *   VARIANT         enum (4 bytes) at 0          fields        count; tag = index in fields
 *   FUNC            struct candid_func           fields        count parameters, then result_count
 *                                                              results; mode
 *   SERVICE         struct ic_principal          methods       count
 *   BOX             pointer at 0                 inner         -
 *
 * Types without values in memory (null, reserved, empty) have size 0. */
struct candid_type {
    uint8_t kind;          /* enum candid_kind */
    uint8_t mode;          /* enum candid_mode, func only */
    uint16_t count;        /* fields, cases, parameters, methods */
    uint16_t result_count; /* func only */
    uint16_t align;        /* of the C value, a power of two */
    uint32_t size;         /* of the C value, bytes */
    uint32_t offset;       /* of the value in an opt, bytes */
    union {
        const struct candid_type *inner;
        const struct candid_field *fields;
        const struct candid_service_method *methods;
    } of;
};

/* Layouts of the header (magic to the end of the argument types) that decode without looking at the
 * type table: what the two common encoders write for exactly these types. */
enum { CANDID_KNOWN_RUST, CANDID_KNOWN_JS, CANDID_KNOWN_COUNT };

/* The arguments or the results of a method: a record with fields 0, 1, ... and its known headers.
 * The one in JavaScript's order may be empty; candid_encode writes the one in Rust's order. */
struct candid_tuple {
    const struct candid_type *record;
    bool narrows; /* there are variants or opts outside vecs: CANDID_ENCODE_NARROW can save bytes */
    struct ic_bytes known[CANDID_KNOWN_COUNT];
};

/* The types of scalars, shared by all descriptors. */
extern const struct candid_type candid_type_null, candid_type_bool, candid_type_nat,
    candid_type_int, candid_type_nat8, candid_type_nat16, candid_type_nat32, candid_type_nat64,
    candid_type_int8, candid_type_int16, candid_type_int32, candid_type_int64, candid_type_float32,
    candid_type_float64, candid_type_text, candid_type_reserved, candid_type_empty,
    candid_type_principal, candid_type_blob;

/* ---- decoding and encoding ----------------------------------------------------------------------- */

/* candid_decode reads a message at the expected types.
 *   out       the struct of types->record, written in full on CANDID_OK: each has, tag and count is
 *             set, the value of an absent opt is not. Contents undefined otherwise.
 *   message   untrusted; text, blobs and big numbers in *out are views into it
 *   arena     elements of vecs, boxed values and scratch go there
 *   cost      at most 20,000 + 150 instructions per byte + 100 per unit (see the limits), heap
 *             pages apart
 *   SPEC: Candid, "Deserialisation" and "Subtyping" */
IC_MUST_USE enum candid_result candid_decode(void *out, const struct candid_tuple *types,
                                             struct ic_bytes message, struct ic_arena *arena);

/* How a reply's type table is made. */
enum candid_encoding {
    CANDID_ENCODE_FULL,   /* the declared types */
    CANDID_ENCODE_NARROW, /* the narrowest types that hold the value: of a variant outside vecs only
                             the case at hand, of a record outside vecs only the fields that are
                             no absent opt. The receiver sees a subtype; reply bytes cost 50
                             instructions each. More than CANDID_NARROW_ENTRIES_MAX entries: as FULL */
};

/* candid_encode writes a message; numbers in the shortest form, so equal values of equal types give
 * equal bytes.
 *   out       a view into arena, written only on success
 *   value     the struct of types->record; trusted: tags in range, counts true
 *   returns   CANDID_OK, CANDID_NO_MEMORY, CANDID_TOO_DEEP, or CANDID_UNINHABITED */
IC_MUST_USE enum candid_result candid_encode(struct ic_bytes *out, const struct candid_tuple *types,
                                             const void *value, enum candid_encoding encoding,
                                             struct ic_arena *arena);

/* ---- for tests and benchmarks -------------------------------------------------------------------- */

/* What a decode did. */
struct candid_report {
    bool fast;          /* a known header matched */
    uint64_t units;     /* used of units_max, see the limits */
    uint64_t units_max; /* CANDID_UNITS_BASE + CANDID_UNITS_PER_BYTE * message.size */
};

/* candid_decode_reported is candid_decode that tells; with use_known false the known headers are
 * not tried. */
IC_MUST_USE enum candid_result candid_decode_reported(void *out, const struct candid_tuple *types,
                                                      struct ic_bytes message, bool use_known,
                                                      struct ic_arena *arena,
                                                      struct candid_report *report);

/* candid_hash gives the field id of a name: h = h * 223 + byte mod 2^32. */
uint32_t candid_hash(struct ic_bytes name);

#endif
