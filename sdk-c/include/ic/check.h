/* How far the integrity check of a stable structure has come.
 *
 * ic_table_check and its kin look everything over, which is what a test wants; ten million entries
 * are too many for one message. So each of them is a loop over ic_..._check_some, which takes one
 * step of at most IC_CHECK_INSTRUCTIONS_MAX:
 *
 *     struct ic_check check = {0};
 *     while (ic_table_check_some(&table, &check)) {
 *     }
 *
 * The state between two steps is eight numbers, so that a debug query takes as many steps as fit,
 * hands the numbers out and is given them back by its next call:
 *
 *     check : (vec nat64) -> (vec nat64) query;    // from vec {} until it gives vec {}
 *
 *     struct ic_check check;
 *     if (!ic_check_resume(&check, in->arg0.at, in->arg0.count)) { ... }
 *     while (has_more && ic_instructions() < 4000000000) {
 *         has_more = ic_table_check_some(&table, &check);
 *     }
 *
 * integration/canisters/audit does this for every structure that has more than a head to check. Numbers that nobody has given out end
 * in a trap or in a wrong verdict, nothing else: the structure is only read. It must not change
 * between the steps; a canister that is in use compares ic0_canister_version.
 *
 * What is checked is the structure: links, counts, order, indexes and that all space is accounted
 * for. The bytes of values and records are the application's. */
#ifndef IC_CHECK_H
#define IC_CHECK_H

#include "ic/bytes.h"

#include <string.h>

#define IC_CHECK_INSTRUCTIONS_MAX 100000u /* of one step, of any structure */
#define IC_CHECK_WORDS            8u
#define IC_CHECK_DONE             UINT64_MAX /* the phase behind the last step */

/* Start from a zeroed one. What the numbers say is the structure's business. */
struct ic_check {
    union {
        struct {
            uint64_t phase;
            uint64_t next;    /* looked at next: bucket, record, page, or level of a node */
            uint64_t link;    /* table: overflow block; log: offset; ring: the page before */
            uint64_t path[2]; /* map: a byte for each level, which child leads to the node */
            uint64_t entries; /* seen so far */
            uint64_t blocks;  /* seen so far: overflow blocks, pages, nodes */
            uint64_t free;    /* seen so far in the list of those that are free */
        };
        uint64_t words[IC_CHECK_WORDS]; /* to be handed out */
    };
};

_Static_assert(sizeof(struct ic_check) == 8 * IC_CHECK_WORDS, "every number is handed out");

/* ic_check_resume takes up a check that was handed out; no words begin a new one.
 *   returns   false when count is neither 0 nor IC_CHECK_WORDS; *check is untouched then */
IC_MUST_USE static inline bool ic_check_resume(struct ic_check *check, const uint64_t *words,
                                               size_t count)
{
    if (count != 0 && count != IC_CHECK_WORDS) {
        return false;
    }
    *check = (struct ic_check){.phase = 0};
    if (count != 0) {
        memcpy(check->words, words, sizeof check->words);
    }
    return true;
}

#endif
