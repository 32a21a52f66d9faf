/* What the fuzzers of stable structures share: messages over the native twin that may trap at a write. */
#ifndef IC_FUZZ_MESSAGE_H
#define IC_FUZZ_MESSAGE_H

#include "host/ic_host.h"
#include "ic/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "differs from the model: %s\n", what);
        abort();
    }
}

/* A message that must not trap. */
static inline void run(void (*body)(void *), void *argument)
{
    if (!ic_host_run(body, argument)) {
        must(false, ic_host_trap_text());
    }
}

/* A message that traps at its n-th stable write, for n = 0 never.
 *   returns   false when it did: stable memory is as before, and the caller's model must be */
static inline bool run_until_trap(void (*body)(void *), void *argument, uint32_t n)
{
    ic_host_stable_trap_at(n);
    const bool is_kept = ic_host_run(body, argument);
    ic_host_stable_trap_at(0);
    if (!is_kept) {
        must(strcmp(ic_host_trap_text(), "planned trap in a stable write") == 0,
             ic_host_trap_text());
    }
    return is_kept;
}

/* What a message does: four bytes of the fuzzer's input. */
#define OPERATION_BYTES 4u
struct operation {
    uint8_t what;
    uint8_t many; /* below what run_operations was given */
    uint16_t number;
};

/* Runs the operations of an input, as many of them as may be. */
static inline void run_operations(const uint8_t *data, size_t size, size_t operations_max,
                                  uint8_t many_max, void (*message)(struct operation *))
{
    const size_t operations = size / OPERATION_BYTES;
    for (size_t i = 0; i < operations && i < operations_max; i++) {
        const uint8_t *at = data + i * OPERATION_BYTES;
        struct operation op = {.what = at[0],
                               .many = (uint8_t)(at[1] % many_max),
                               .number = ic_load_u16_le(at + 2)};
        message(&op);
    }
}

#endif
