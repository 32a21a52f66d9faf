/* Hostile Candid text. Byte 0 chooses the types, the last choice is "as written". An error, or a message that
 * decodes and prints; what is printed and can be read back gives the same message. */
#include <stdio.h>
#include <stdlib.h>

#include "text/candid_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                              \
    do {                                                                \
        if (!(condition)) {                                             \
            fprintf(stderr, "does not hold: %s\n", #condition);         \
            abort();                                                    \
        }                                                               \
    } while (0)

static const char DID[] = "type L = opt record { head : int; tail : L };"
                          "type V = variant { a; b : nat; c : vec V };";

static const char *const TYPES[] = {
    "(nat, int, nat8, int64)", "(text, blob, vec text)",      "(L)",
    "(V, opt V)",              "(record { a : nat; bool })",  "(principal, service {}, func () -> ())",
    "(float64, float32)",      "(opt opt nat, reserved, null)", NULL,
};
#define TYPES_COUNT (sizeof TYPES / sizeof *TYPES)

/* Printed text reads back, except for what the printer's own form cannot: NaN, inf, NUL in text, and the
 * types of annotations that were inferred. */
static void check_printed(struct candid_text *t, const struct candid_text_types *types,
                          struct ic_bytes message)
{
    struct candid_text_error error;
    struct ic_bytes again;
    const char *printed = candid_text_decode(t, types, message, &error);
    REQUIRE(printed != NULL);
    if (types != NULL && strstr(printed, "\\0") == NULL &&
        candid_text_encode(t, &again, types, ic_bytes_from_text(printed), &error)) {
        REQUIRE(ic_bytes_is_equal(message, again));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct candid_text_error error = {0};
    struct ic_bytes message;
    if (size == 0) {
        return 0;
    }
    struct candid_text *t = candid_text_open(ic_bytes_from_text(DID), &error);
    REQUIRE(t != NULL);
    const char *list = TYPES[data[0] % TYPES_COUNT];
    const struct candid_text_types *types =
        list == NULL ? NULL : candid_text_types_parse(t, ic_bytes_from_text(list), &error);
    REQUIRE(list == NULL || types != NULL);
    if (candid_text_encode(t, &message, types, (struct ic_bytes){data + 1, size - 1}, &error)) {
        check_printed(t, types, message);
    } else {
        REQUIRE(error.text[0] != 0);
    }
    candid_text_close(t);
    return 0;
}
