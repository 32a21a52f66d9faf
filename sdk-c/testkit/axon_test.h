/* Tests of canisters in a few lines: a network of their own, calls in Candid's text form, a count.
 *
 *     struct axon_test t;
 *     axon_test_open(&t);
 *     struct ic_principal id = axon_test_install(&t, "build/hello", "()");
 *     AXON_TEST_UPDATE(&t, &id, "add", "(5)", "(5)");
 *     axon_test_advance(&t, 60);
 *     AXON_TEST_TRAPS(&t, &id, "add", "(0)", "nothing to add");
 *     return axon_test_close(&t);
 *
 * A check that fails prints where, what was expected and what came, and the test goes on. What must
 * hold for the test to make sense (a module that installs, arguments that fit the interface) ends
 * the program instead. Behind it stands axon.h: t.net is an ordinary network, whose functions can
 * be used as well: fault injection, stable memory, instruction counts. */
#ifndef AXON_TEST_H
#define AXON_TEST_H

#include "axon.h"
#include "ic/candid_msg.h"

#define AXON_TEST_CANISTERS_MAX 16u
#define AXON_TEST_TEXTS         8u
#define AXON_TEST_TEXT_BYTES    4096u

struct candid_text;

struct axon_test {
    struct axon_network *net;
    struct ic_principal sender; /* of all calls; anonymous at first, set it to whom you like */
    struct axon_outcome last;   /* of the last call, instructions included */
    struct axon_test_canister {
        struct ic_principal id;
        struct candid_text *interface;
    } canisters[AXON_TEST_CANISTERS_MAX];
    size_t canister_count;
    unsigned passed, failed;
    unsigned text_next;
    char texts[AXON_TEST_TEXTS][AXON_TEST_TEXT_BYTES];
};

void axon_test_open(struct axon_test *t);

/* axon_test_restart goes on with an empty network; what was counted stays. */
void axon_test_restart(struct axon_test *t);

/* axon_test_close prints "N passed, N failed" and drops the network.
 *   returns   the exit status of the program: 0 when nothing failed and something passed */
int axon_test_close(struct axon_test *t);

/* axon_test_install makes a canister, with 100 T cycles, controlled by t->sender.
 *   base      the path of its module and interface without the endings .wasm and .did
 *   args      Candid text: init arguments, "()" when there are none */
struct ic_principal axon_test_install(struct axon_test *t, const char *base, const char *args);
void axon_test_upgrade(struct axon_test *t, const struct ic_principal *id, const char *base,
                       const char *args);

/* axon_test_id gives an id in text form, axon_test_text puts a text together like printf: for arguments
 * that are not known beforehand.
 *     axon_test_install(&t, "build/b", axon_test_text(&t, "(principal \"%s\")", axon_test_id(&t, &a)))
 *   returns   a text that is valid until AXON_TEST_TEXTS further ones were asked for */
const char *axon_test_id(struct axon_test *t, const struct ic_principal *id);
__attribute__((format(printf, 2, 3))) const char *axon_test_text(struct axon_test *t,
                                                                 const char *format, ...);

/* Moves time and lets timers run. */
void axon_test_advance(struct axon_test *t, uint64_t seconds);

/* What is checked. */
enum axon_test_kind { AXON_TEST_KIND_UPDATE, AXON_TEST_KIND_QUERY };
struct axon_test_call {
    const char *file;
    int line;
    enum axon_test_kind kind;
    const struct ic_principal *canister;
    const char *method;
    const char *args; /* Candid text, e.g. "(record { to = principal \"aaaaa-aa\"; amount = 5 })" */
    const char *reply;  /* Candid text; compared by value; NULL: a trap is expected */
    const char *reject; /* part of the reject text */
};
void axon_test_check(struct axon_test *t, const struct axon_test_call *call);

/* axon_test_send makes an update call that must be answered, whatever the reply: for arrangements.
 */
void axon_test_send(struct axon_test *t, const struct ic_principal *id, const char *method,
                    const char *args);

/* Counts a condition of your own. */
void axon_test_that(struct axon_test *t, bool holds, const char *text, const char *file, int line);

#define AXON_TEST_CALL(t, kind_, id, method_, args_, reply_, reject_)                              \
    axon_test_check((t), &(struct axon_test_call){.file = __FILE__,                                \
                                                  .line = __LINE__,                                \
                                                  .kind = (kind_),                                 \
                                                  .canister = (id),                                \
                                                  .method = (method_),                             \
                                                  .args = (args_),                                 \
                                                  .reply = (reply_),                               \
                                                  .reject = (reject_)})
#define AXON_TEST_UPDATE(t, id, method, args, reply)                                               \
    AXON_TEST_CALL(t, AXON_TEST_KIND_UPDATE, id, method, args, reply, NULL)
#define AXON_TEST_QUERY(t, id, method, args, reply)                                                \
    AXON_TEST_CALL(t, AXON_TEST_KIND_QUERY, id, method, args, reply, NULL)
/* The update call must be rejected, with this text somewhere in the message. */
#define AXON_TEST_TRAPS(t, id, method, args, text)                                                 \
    AXON_TEST_CALL(t, AXON_TEST_KIND_UPDATE, id, method, args, NULL, text)
#define AXON_TEST_THAT(t, condition)                                                               \
    axon_test_that((t), (condition), #condition, __FILE__, __LINE__)

/* ---- with structs instead of texts ----------------------------------------------------------- */

/* For tests that compute, and for networks of your own: calls with the structs that didc made, in any
 * axon.h network. List build/gen/NAME_did.c among the sources of the test. What does not fit its type
 * ends the program. */

/* axon_test_encode gives the arguments of a method, valid until the next. */
struct ic_bytes axon_test_encode(const struct candid_method *method, const void *in);

/* axon_test_decode takes the reply of a call that must have been answered; what it points to is valid
 * until the next. */
void axon_test_decode(void *out, const struct candid_method *method, struct axon_outcome *outcome);

/* axon_test_call makes a query or an update call, as the method is declared. */
void axon_test_call(struct axon_network *net, struct axon_outcome *outcome,
                    const struct ic_principal *sender, const struct ic_principal *canister,
                    const struct candid_method *method, const void *in);

#endif
