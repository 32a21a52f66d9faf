/* A network with the ledger that would be deployed, for scenario tests; and what is known of its
 * methods. Functions end the test on failure. */
#ifndef SCENARIOS_LEDGER_SETUP_H
#define SCENARIOS_LEDGER_SETUP_H

#include "axon.h"

#define SCENARIO_LEDGER_WASM "build/wasm/ledger.wasm"
#define SCENARIO_LEDGER_DID "build/wasm/ledger.did"

struct scenario_ledger {
    struct axon_network *net;
    struct ic_principal id;    /* ryjl3-tyaaa-aaaaa-aaaba-cai */
    struct ic_principal user;  /* holds 10^16 e8s */
};

struct scenario_method {
    const char *name;
    bool is_update;
    bool decodes;        /* the argument is decoded: malformed bytes are refused */
    const char *valid;   /* an argument that is accepted, Candid text */
};

/* Starts a network with the ledger installed; release with scenario_ledger_close. */
void scenario_ledger_open(struct scenario_ledger *l);
void scenario_ledger_close(struct scenario_ledger *l);

/* All methods of the interface; one by its name, which must exist. */
const struct scenario_method *scenario_methods(size_t *count);
const struct scenario_method *scenario_method_find(const char *name);

/* Appends the encoded argument. */
void scenario_valid_argument(const struct scenario_method *m, struct axon_buf *out);
/* The offset of the argument types (the count) in a message that has a type table. */
size_t scenario_types_at(const struct axon_buf *message);

/* Sends the message as the method's kind wants it, from the user. The caller frees the outcome. */
void scenario_send(struct scenario_ledger *l, const struct scenario_method *m,
                   struct ic_bytes message, struct axon_outcome *out);

/* Everything that a message could change: certified data and all of stable memory. */
void scenario_state(const struct scenario_ledger *l, struct axon_buf *out);
void scenario_assert_state(const struct scenario_ledger *l, const struct axon_buf *expected);

#endif
