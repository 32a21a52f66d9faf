/* What every kind of call asks of a canister before it runs. SPEC: ic-system 3.5 */
#ifndef AXON_EXEC_METHODS_H
#define AXON_EXEC_METHODS_H

#include "exec/state.h"

#define AXON_TASK_TIMER     "canister_global_timer"
#define AXON_TASK_HEARTBEAT "canister_heartbeat"

/* Running, with a module? If not, *answer says why. */
bool axon_canister_is_callable(const struct axon_canister *c, struct axon_answer *answer);
/* NULL when the module exports no such method. */
const struct axon_wasm_method *axon_method_find(const struct axon_canister *c,
                                                struct ic_bytes name);
/* "Canister has no KIND method 'NAME'." */
void axon_method_missing(const struct axon_canister *c, const char *kind, struct ic_bytes name,
                         struct axon_answer *answer);

#endif
