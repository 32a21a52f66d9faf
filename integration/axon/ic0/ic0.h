/* The system API: the functions of module "ic0" that canisters import.
 *
 * table.h lists them; ic0.c makes of each row a guard that checks the context, then calls the
 * function of the same name (ic0_NAME) in msg.c, cycles.c, call.c, stable.c, env.c or misc.c. Those
 * act on the execution (struct axon_exec) and on the running instance, on nothing else. They may
 * trap, they never crash: every address and size comes from the canister. */
#ifndef AXON_IC0_IC0_H
#define AXON_IC0_IC0_H

#include "exec/exec.h"
#include "ic0/table.h"

/* All of them, for axon_engine_new. */
const struct axon_import *axon_ic0_imports(size_t *count);

/* a: the arguments, zero-extended. r: the result, 0 at entry. False: the execution ends, the reason
 * is in x. */
#define IC0_DECLARE(name, type, contexts, base, arg, per_byte)                                     \
    bool ic0_##name(struct axon_exec *x, const uint64_t *a, uint64_t *r);
IC0_FUNCTIONS(IC0_DECLARE)
#undef IC0_DECLARE

#endif
