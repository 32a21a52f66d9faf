/* The state of an integrity check as a stranger would send it back to a debug query: numbers that
 * nobody has given out (ic/check.h). */
#ifndef IC_TEST_FORGE_H
#define IC_TEST_FORGE_H

#include "ic/check.h"

#define FORGE_BYTES     (2u * IC_CHECK_WORDS)
#define FORGE_STEPS_MAX 100u

/* Eight numbers of any magnitude, small ones rather than large ones. */
static inline struct ic_check forge_check(const uint8_t bytes[FORGE_BYTES])
{
    struct ic_check check = {.phase = 0};
    for (size_t i = 0; i < IC_CHECK_WORDS; i++) {
        const unsigned shift = bytes[2 * i + 1] % 8 == 0 ? bytes[2 * i + 1] / 4u : 0;
        check.words[i] = (uint64_t)bytes[2 * i] << shift;
    }
    return check;
}

#endif
