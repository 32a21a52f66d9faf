/* The check word of a structure's head: any one of its words changed is noticed at open. */
#ifndef IC_SRC_HEAD_H
#define IC_SRC_HEAD_H

#include "ic/buf.h"

#define IC_HEAD_CHECK_BYTES 8u

/* Each step maps different sums to different sums, so that what differs in one word of eight bytes
 * stays different. Never 0, which is what a head without a check has. */
static inline uint64_t ic_head_sum(const uint8_t *head, size_t bytes)
{
    uint64_t sum = 1;
    for (size_t i = 0; i < bytes; i += 8) {
        sum = (sum ^ ic_load_u64_le(head + i)) * 0x9e3779b97f4a7c15u;
        sum ^= sum >> 32;
    }
    return sum == 0 ? 1 : sum;
}

/* Puts the check behind bytes of head, a multiple of eight. */
static inline void ic_head_seal(uint8_t *head, size_t bytes)
{
    ic_store_u64_le(head + bytes, ic_head_sum(head, bytes));
}

/* False when head does not have its check. A head that was never written, and one from before there
 * was a check, has 0. */
static inline bool ic_head_is_sound(const uint8_t *head, size_t bytes)
{
    const uint64_t check = ic_load_u64_le(head + bytes);
    return check == 0 || check == ic_head_sum(head, bytes);
}

#endif
