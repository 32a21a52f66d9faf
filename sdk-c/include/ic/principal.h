/* Principals: the ids of users and canisters. SPEC: IC interface specification, "Principals".
 *
 * A principal is 0 to 29 bytes. The struct holds them by value, unused bytes are zero, so that
 * equality and ordering are plain comparisons and a principal can be a key. */
#ifndef IC_PRINCIPAL_H
#define IC_PRINCIPAL_H

#include "ic/bytes.h"

#define IC_PRINCIPAL_BYTES_MAX 29u
/* Longest textual form ("xxxxx-xxxxx-..."), without the terminating NUL. */
#define IC_PRINCIPAL_TEXT_MAX 63u

struct ic_principal {
    uint8_t size; /* <= IC_PRINCIPAL_BYTES_MAX */
    uint8_t bytes[IC_PRINCIPAL_BYTES_MAX];
};

static const struct ic_principal IC_PRINCIPAL_MANAGEMENT = {.size = 0};
static const struct ic_principal IC_PRINCIPAL_ANONYMOUS = {.size = 1, .bytes = {0x04}};

static inline struct ic_bytes ic_principal_bytes(const struct ic_principal *p)
{
    return (struct ic_bytes){.at = p->bytes, .size = p->size};
}

/* ic_principal_from_bytes copies raw bytes.
 *   returns   false when there are more than 29; *out is untouched then */
IC_MUST_USE bool ic_principal_from_bytes(struct ic_principal *out, struct ic_bytes in);

/* ic_principal_from_canister_index gives the id of the n-th canister: n big-endian, 01, 01. */
struct ic_principal ic_principal_from_canister_index(uint64_t index);

/* ic_principal_from_public_key gives the self-authenticating id of a DER-encoded public key:
 * SHA-224(der) followed by 02. */
struct ic_principal ic_principal_from_public_key(struct ic_bytes der);

bool ic_principal_is_equal(const struct ic_principal *a, const struct ic_principal *b);
bool ic_principal_is_anonymous(const struct ic_principal *p);

/* True for the 29-byte ids ending in 02, the ids of users (and of subnets and nodes). */
bool ic_principal_is_self_authenticating(const struct ic_principal *p);

/* Total order: bytewise, a prefix before its extensions. Negative, zero or positive. */
int ic_principal_compare(const struct ic_principal *a, const struct ic_principal *b);

/* ic_principal_to_text writes the textual form and a NUL.
 *   returns   its length without the NUL */
size_t ic_principal_to_text(char out[IC_PRINCIPAL_TEXT_MAX + 1], const struct ic_principal *p);

/* ic_principal_from_text parses the textual form; case is ignored, grouping and checksum are not.
 *   returns   false when it is not a principal; *out is untouched then */
IC_MUST_USE bool ic_principal_from_text(struct ic_principal *out, struct ic_bytes text);

#endif
