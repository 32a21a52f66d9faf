/* A small world for the scenario tests: a network with two probes, alice and bob, one user who
 * controls both, and scripts for them (integration/canisters/probe/script.h). */
#ifndef AXON_TEST_WORLD_H
#define AXON_TEST_WORLD_H

#include "axon.h"
#include "integration/canisters/probe/script.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h> /* needs the two above */

#define WORLD_CYCLES 1000000000000u /* of each probe */

struct world {
    struct axon_network *net;
    struct ic_principal user, stranger;
    struct ic_principal alice, bob;
    struct axon_buf wasm;    /* the probe */
    struct axon_outcome out; /* of the last call */
};

int world_setup(void **state); /* cycles are free */
int world_setup_paying(void **state);
int world_teardown(void **state);

/* ---- scripts: each function appends; a buffer is used up by the call that sends it
 * --------------- */

void script_op(struct axon_buf *s, enum probe_operation op);
void script_num(struct axon_buf *s, uint64_t n);
void script_str(struct axon_buf *s, struct ic_bytes bytes);
void script_text(struct axon_buf *s, const char *text);
void script_script(struct axon_buf *s, struct axon_buf *inner); /* as a string; frees inner */
/* num, op and text, op in one line. */
void script_num_op(struct axon_buf *s, uint64_t n, enum probe_operation op);
void script_text_op(struct axon_buf *s, const char *text, enum probe_operation op);
/* Replies with a text. */
void script_reply(struct axon_buf *s, const char *text);
/* call_new with callbacks (freed; NULL: empty), call_data_append of payload (freed). No perform. */
void script_call(struct axon_buf *s, const struct ic_principal *callee, const char *method,
                 struct axon_buf *payload, struct axon_buf *on_reply, struct axon_buf *on_reject);
/* call_perform, and traps unless it returns 0. */
void script_perform(struct axon_buf *s);
/* Replies with the argument of the message. */
void script_reply_arg(struct axon_buf *s);

/* ---- calls: the answer is in w->out ---------------------------------------------------------- */

void world_run(struct world *w, const struct ic_principal *canister, struct axon_buf *script);
void world_ask(struct world *w, const struct ic_principal *canister, struct axon_buf *script);
void world_install(struct world *w, const struct ic_principal *canister,
                   enum axon_install_mode mode, struct ic_bytes wasm, struct axon_buf *script);

/* ---- expectations ---------------------------------------------------------------------------- */

void expect_reply(const struct world *w, const char *text);
void expect_reply_bytes(const struct world *w, struct ic_bytes bytes);
/* The error code and a part of the text. */
void expect_error(struct world *w, const char *code, const char *part);
/* What a probe keeps in its heap; and whole stable memory begins with text. */
void expect_kept(struct world *w, const struct ic_principal *canister, const char *text);
void expect_stable(const struct world *w, const struct ic_principal *canister, const char *text);
void expect_cycles(const struct world *w, const struct ic_principal *canister, uint64_t cycles);
struct axon_canister_info world_info(const struct world *w, const struct ic_principal *canister);
/* The kinds of the executions since the last clear, separated by spaces, "!" behind those that
 * trapped; clears. */
void expect_executions(struct world *w, const char *kinds);

#endif
