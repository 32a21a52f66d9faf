/* What the kit's tests share: cmocka, a small random generator, and messages that must trap. */
#ifndef IC_TEST_CHECK_H
#define IC_TEST_CHECK_H

#include "host/ic_host.h"
#include "ic/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Splitmix64: the same numbers everywhere. */
static inline uint64_t test_random(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline uint64_t test_random_below(uint64_t *seed, uint64_t limit)
{
    return test_random(seed) % limit;
}

/* The message must succeed; its trap text is shown otherwise. */
#define CHECK_RUNS(body, argument)                                                                 \
    do {                                                                                           \
        if (!ic_host_run((body), (argument))) {                                                    \
            fail_msg("trapped: %s", ic_host_trap_text());                                          \
        }                                                                                          \
    } while (0)

/* The message must trap with exactly this text. */
#define CHECK_TRAPS(text, body, argument)                                                          \
    do {                                                                                           \
        assert_false(ic_host_run((body), (argument)));                                             \
        assert_string_equal(ic_host_trap_text(), (text));                                          \
    } while (0)

#endif
