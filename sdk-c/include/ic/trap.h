/* Stopping: traps and assertions.
 *
 * A trap ends the message; the system undoes everything it wrote to heap and stable memory, and the
 * caller gets a reject with the text. In Wasm it is ic0.trap. Natively the host twin
 * (host/ic_host.h) catches it, so that tests can assert the text. */
#ifndef IC_TRAP_H
#define IC_TRAP_H

#include "ic/bytes.h"

/* ic_trap ends the message with a text: UTF-8, cut by the system at 16 KiB. Each byte costs up to
 * 53 instructions, so texts stay short. */
_Noreturn void ic_trap(struct ic_bytes text);

/* Traps with a string literal. */
#define IC_TRAP(literal) ic_trap(IC_BYTES_LIT(literal))

/* ic_assert traps when the condition is false. It stays on in Wasm: a broken invariant becomes a
 * refused message instead of wrong money. The condition is evaluated once. */
#define ic_assert(condition)                                                                       \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            ic_trap(IC_BYTES_LIT("assertion failed: " #condition));                                \
        }                                                                                          \
    } while (0)

#endif
