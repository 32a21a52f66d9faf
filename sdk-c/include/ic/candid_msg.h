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
 *   // @inspect is_x the same kind of function as of @guard, asked before the message of a user is
 *                    accepted; without a name the method's guard is asked. See below
 *
 * They combine, except that only one of @raw, @manual and @noargs can be, and that oneway methods,
 * which have no reply, have neither @manual nor @full. A comment that begins with @ and is not
 * understood, or stands elsewhere, is an error. An author refuses in a handler by trapping
 * (ic_trap): state is rolled back, nothing is replied.
 *
 * Above the service can stand `// @max 2000` and `// @inspect is_x`, for all methods without their
 * own.
 *
 * Inspection. A user's message costs the canister cycles even when its method refuses it: for bytes
 * received and for an execution. Where there is an @inspect, above any method or above the service,
 * didc writes canister_inspect_message too. It runs before a message is accepted, on one node, free
 * of charge and without lasting effects, and refuses
 *   - methods that the interface does not have, those exported by hand included, and composite
 *     queries, which cannot be called as updates;
 *   - arguments above @max, before a byte is copied;
 *   - what the method's function refuses, with its text. It can look at the caller, at state and,
 *     by candid_msg_argument or candid_msg_receive with candid_msg_inspected(), at the argument;
 *     system calls for cycles and for calling others trap in it.
 * Everything else is accepted: `// @inspect` above the service, without a name, only does the first
 * two. Plain queries can be called as updates, for a certified reply, so they are inspected then.
 * Calls of other canisters, timers and calls of the query endpoint never are. One node decides
 * alone, so this protects the balance, not the data: what must not happen is for @guard or the
 * handler to refuse.
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

/* What a decoded argument and a reply may take of the stack (a canister has 128 KiB, see
 * wasm/rules.mk). Generated code asserts it where there are many values. */
#ifndef CANDID_MSG_STACK_BYTES
#define CANDID_MSG_STACK_BYTES 65536u
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

/* One row of the table that canister_inspect_message goes through. */
struct candid_inspection {
    const struct candid_method *method;
    const char *(*inspect)(void); /* NULL: accepted */
};

/* candid_msg_inspect accepts the message of a user, or traps with the text that the user gets. */
void candid_msg_inspect(const struct candid_inspection *of, size_t count);

/* candid_msg_inspected gives the method that is being inspected, for functions that inspect
 * several. */
const struct candid_method *candid_msg_inspected(void);

/* candid_msg_guard returns false when guard refused; the message is rejected then. */
IC_MUST_USE bool candid_msg_guard(const char *refusal);

#endif
