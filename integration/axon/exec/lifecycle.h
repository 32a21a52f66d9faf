/* The life of a canister: starting, stopping, installing code. What the management canister does
 * once it has decoded its argument and checked who asks. SPEC: ic-system 6, 7 */
#ifndef AXON_EXEC_LIFECYCLE_H
#define AXON_EXEC_LIFECYCLE_H

#include "exec/state.h"

/* axon_canister_stop lets a canister stop; the answer is sent once it has stopped (at once when
 * nothing is open).
 *   returns   false when too many requests wait already; nothing has changed then */
bool axon_canister_stop(struct axon_network *net, struct axon_canister *c,
                        const struct axon_reply_to *reply_to, axon_u128 cycles);
/* Runs again; pending stop requests are rejected (IC0511). */
void axon_canister_start(struct axon_network *net, struct axon_canister *c);

/* IC0512 with the two lines that name the controllers and the sender. */
void axon_answer_not_controller(struct axon_answer *answer, const struct axon_canister *c,
                                const struct ic_principal *sender);

struct axon_install_request {
    enum axon_install_mode mode;
    bool skip_pre_upgrade;
    bool persistence_given; /* wasm_memory_persistence is present ... */
    bool persistence_keep;  /* ... and asks for `keep` */
    struct ic_bytes module; /* as uploaded */
    struct ic_bytes arg;
    struct ic_principal sender;
};

/* axon_install_code installs, reinstalls or upgrades: all or nothing, instructions and log apart.
 *   answer         AXON_OK, or why not
 *   instructions   of all hooks, compiling left out */
void axon_install_code(struct axon_network *net, struct axon_canister *c,
                       const struct axon_install_request *request, struct axon_answer *answer,
                       uint64_t *instructions);

#endif
