/* The frame around generated methods: receive, decode, call the author, encode, reply.
 *
 * didc writes one export per method into <prefix>_dispatch.c; each is a few lines over the functions
 * below. What an author can change stands as comment lines directly above a method in the .did file;
 * they are no part of the interface:
 *
 *   // @raw          void bank_m(struct ic_bytes argument);   nothing is decoded; the author replies
 *   // @manual       void bank_m(const struct bank_m_in *in); the author replies later, by
 *                    bank_m_reply(&out) or a reject, in a flow (ic/async.h) for instance
 *   // @noargs       void bank_m(struct bank_m_out *out);     the argument is not looked at, as
 *                    methods without arguments may do: anything is accepted
 *   // @max 2000     argument bytes; more is refused before a byte is copied
 *   // @guard is_x   const char *is_x(void); called before anything is decoded: NULL goes on, else
 *                    the text rejects the message
 *   // @full         the reply carries the declared types instead of the narrowest
 *
 * They combine, except that only one of @raw, @manual and @noargs can be. An author refuses in a
 * handler by trapping (ic_trap): state is rolled back, nothing is replied.
 *
 * A service with init arguments has bank_init(const struct bank_init_in *in), called by
 * canister_init. bank_init_method describes them, for canister_post_upgrade, which is the author's.
 * With `// @raw` above the service it is bank_init(struct ic_bytes argument), which decodes. */
#ifndef IC_CANDID_MSG_H
#define IC_CANDID_MSG_H

#include "ic/candid.h"

/* Room for the argument, what it decodes to, what the handler makes of it and the reply. Only what
 * is used is touched. */
#ifndef CANDID_MSG_ARENA_BYTES
#define CANDID_MSG_ARENA_BYTES (16u << 20)
#endif

/* What didc knows about a method; bank_methods[] and bank_method_count list them all. */
struct candid_method {
    const char *name;
    uint8_t mode;                /* enum candid_mode */
    bool full;                   /* @full */
    uint32_t argument_bytes_max; /* @max; UINT32_MAX when there is none */
    struct candid_tuple in;
    struct candid_tuple out;
};

/* Gives a function its name in the Wasm module, e.g. "canister_update transfer". */
#ifdef __wasm__
#define CANDID_EXPORT(name) __attribute__((export_name(name)))
#else
#define CANDID_EXPORT(name)
#endif

/* candid_msg_start resets the message arena and looks at nothing; traps when the argument is larger
 * than the method allows. */
void candid_msg_start(const struct candid_method *method);

/* candid_msg_receive copies and decodes the argument of the current message into the message arena,
 * which it resets; traps with a text when it is too large or does not decode. */
void candid_msg_receive(const struct candid_method *method, void *in);

/* candid_msg_argument copies the argument only. */
struct ic_bytes candid_msg_argument(const struct candid_method *method);

/* candid_msg_arena gives the arena of the current message, with the argument in it: for what a
 * handler's answer points to, valid until the message ends. The reply is encoded behind it. */
struct ic_arena *candid_msg_arena(void);

/* candid_msg_reply encodes and replies. */
void candid_msg_reply(const struct candid_method *method, const void *out);

/* candid_msg_guard returns false when guard refused; the message is rejected then. */
IC_MUST_USE bool candid_msg_guard(const char *refusal);

#endif
