/* Messages that are dear to decode, looked for at random: near the types that a method expects,
 * with one element many times over, because what is dear once has to be repeated to count beside
 * the 20,000 instructions that every message may take. Deterministic: the seed decides everything.
 * Host only. */
#ifndef CANDID_SEARCH_H
#define CANDID_SEARCH_H

#include "bench.h"
#include "wire.h"

/* More would take longer without another result: the 20,000 are 1 % of what 13,000 bytes may. */
#define SEARCH_HEADER_BYTES_MAX   40000u
#define SEARCH_ELEMENTS_BYTES_MAX 31000u /* all those that are alike */
/* Other values, and the element once; the last one begun may be longer. */
#define SEARCH_PART_BYTES_MAX 3000u
#define SEARCH_ARGS_MAX       8u

struct search;

/* Valid until the next is made. */
struct search_message {
    struct bench_types types; /* the flags are the caller's */
    struct ic_bytes message;
    const char *shape; /* the wire types */
    /* The message: prefix, element as often as count says, suffix. */
    struct ic_bytes prefix;
    struct ic_bytes element;
    size_t count;
    struct ic_bytes suffix;
};

struct search *search_new(uint64_t seed);
void search_free(struct search *search);

/* search_next makes a message of new wire types. */
struct search_message search_next(struct search *search);

/* search_again makes one of the same wire types with other values. Returns false, *out untouched,
 * when it cannot be made in a few attempts. */
IC_MUST_USE bool search_again(struct search *search, struct search_message *out);

#endif
