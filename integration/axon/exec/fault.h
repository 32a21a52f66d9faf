/* Faults between canisters, as a test orders them: axon.h, "faults between canisters". */
#ifndef AXON_EXEC_FAULT_H
#define AXON_EXEC_FAULT_H

#include "exec/exec.h"

/* Asks the hook about a message that was taken from the queue.
 *   returns   true when it is to be delivered now; otherwise it was taken care of */
IC_MUST_USE bool axon_fault_admits(struct axon_network *net, struct axon_message *m);

/* Puts delayed messages whose time has come behind the queue. */
void axon_fault_release(struct axon_network *net);
void axon_fault_free(struct axon_network *net);

/* The order for the execution that starts now, which it uses up: AXON_FAULT_NONE, _TRAP_BEFORE or
 * _TRAP_AFTER. */
enum axon_fault_kind axon_fault_take(struct axon_network *net);

#endif
