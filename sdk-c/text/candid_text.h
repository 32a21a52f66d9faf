/* Candid on the host: text to bytes, bytes to text, comparison by value; types come from .did text
 * at run time.
 *
 * A struct candid_text holds an interface and owns everything made through it: messages, texts and
 * types stay valid until candid_text_close. It is not thread-safe. Values are never trees of their
 * own: types become the same descriptor tables that didc generates, values are the C structs they
 * describe, and candid_decode and candid_encode do the work. SPEC: Candid, "Text format". */
#ifndef CANDID_TEXT_H
#define CANDID_TEXT_H

#include "ic/candid.h"

struct candid_text;
struct candid_text_types; /* an argument or result list */

struct candid_text_method {
    const char *name;
    enum candid_mode mode;
    const struct candid_text_types *args;
    const struct candid_text_types *results;
};

#define CANDID_TEXT_ERROR_MAX 256u
struct candid_text_error {
    char text[CANDID_TEXT_ERROR_MAX]; /* NUL-terminated; positions as line:column from 1 */
};

/* candid_text_open parses an interface (the text of candid:service metadata, or only definitions,
 * or nothing at all). Imports are refused.
 *   returns   NULL with *error set when it is not a valid .did */
struct candid_text *candid_text_open(struct ic_bytes did, struct candid_text_error *error);
void candid_text_close(struct candid_text *t);

/* candid_text_method_find returns the method of the service, or NULL. */
const struct candid_text_method *candid_text_method_find(struct candid_text *t, const char *name);

/* The install arguments of a service constructor; NULL when there are none. */
const struct candid_text_types *candid_text_init_args(struct candid_text *t);

/* candid_text_types_parse reads "(type, name : type, ...)"; names of the interface are known.
 *   returns   NULL with *error set */
const struct candid_text_types *candid_text_types_parse(struct candid_text *t, struct ic_bytes text,
                                                        struct candid_text_error *error);

/* candid_text_encode reads "(value, ...)" and encodes it.
 *   types     NULL: types are those of the values as written (integers int, floats float64)
 *   returns   false with *error set when the text is malformed or does not fit the types */
IC_MUST_USE bool candid_text_encode(struct candid_text *t, struct ic_bytes *message,
                                    const struct candid_text_types *types, struct ic_bytes text,
                                    struct candid_text_error *error);

/* candid_text_decode prints a message as the Rust printer does: "(...)", NUL-terminated.
 *   types     NULL: the types of the message itself; field names as far as the interface has a
 *             name with that hash
 *   returns   NULL with *error set when it does not decode */
const char *candid_text_decode(struct candid_text *t, const struct candid_text_types *types,
                               struct ic_bytes message, struct candid_text_error *error);

/* candid_text_recode decodes at the types and encodes again in full: one form for each value. */
IC_MUST_USE bool candid_text_recode(struct candid_text *t, struct ic_bytes *out,
                                    const struct candid_text_types *types, struct ic_bytes message,
                                    struct candid_text_error *error);

/* candid_text_compare decodes both messages at the types and compares the values.
 *   equal     written on true
 *   returns   false with *error set when one does not decode; the text says which */
IC_MUST_USE bool candid_text_compare(struct candid_text *t, bool *equal,
                                     const struct candid_text_types *types, struct ic_bytes a,
                                     struct ic_bytes b, struct candid_text_error *error);

/* The descriptor behind the types, for candid_decode. */
const struct candid_tuple *candid_text_tuple(const struct candid_text_types *types);

#endif
