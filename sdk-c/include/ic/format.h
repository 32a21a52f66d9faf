/* Text with numbers in it, as printf writes it; the compiler checks arguments against formats.
 *
 *     ic_print("deal %u: %s owes %.*s", id, name, IC_BYTES_ARGS(text));      to the canister's log
 *     ic_put_format(&w, "<li>%llu", (unsigned long long)count);              into a writer
 *     if (!ic_arena_format(&line, arena, "%08x", hash)) { ... no room ... }  in the arena
 *
 * Conversions: d i u x X c s p %, with hh h l ll j z t; flags - 0 + and space; width and precision,
 * also as *. The rest of printf (floating point, octal, %n) traps, as does an unfinished "%".
 * "%s" ends at a NUL; for struct ic_bytes there is "%.*s" with IC_BYTES_ARGS. What is written is as
 * long as it is: nothing is bounded but the room.
 *
 * uint64_t is unsigned long long in Wasm and unsigned long on most hosts: code that runs on both
 * writes "%" IC_FORMAT_U64. */
#ifndef IC_FORMAT_H
#define IC_FORMAT_H

#include "ic/arena.h"
#include "ic/buf.h"

#include <stdarg.h>

#if __SIZEOF_LONG__ == 8
#define IC_FORMAT_U64 "lu"
#define IC_FORMAT_I64 "ld"
#define IC_FORMAT_X64 "lx"
#else
#define IC_FORMAT_U64 "llu"
#define IC_FORMAT_I64 "lld"
#define IC_FORMAT_X64 "llx"
#endif

#define IC_FORMATS(text, first) __attribute__((format(printf, text, first)))

/* The two arguments of "%.*s". */
#define IC_BYTES_ARGS(bytes) (int)(bytes).size, (const char *)(bytes).at

/* What ic_print cuts off: longer than a line of the canister's log should be. */
#define IC_PRINT_BYTES_MAX 1024u

/* ic_put_format writes; what does not fit makes the writer fail, as with all its functions. */
void ic_put_format(struct ic_writer *w, const char *format, ...) IC_FORMATS(2, 3);
void ic_put_format_list(struct ic_writer *w, const char *format, va_list arguments)
    IC_FORMATS(2, 0);

/* ic_arena_format gives the text, without a NUL, in the arena.
 *   returns   false when it does not fit; *out and the arena are as before then */
IC_MUST_USE bool ic_arena_format(struct ic_bytes *out, struct ic_arena *a, const char *format, ...)
    IC_FORMATS(3, 4);

/* ic_print appends a line to the canister's log (ic_debug_print), the first IC_PRINT_BYTES_MAX
 * bytes of it. */
void ic_print(const char *format, ...) IC_FORMATS(1, 2);

#endif
