/* The native twin of ic/cycles.h. A trap does not take back what was accepted or burned. */
#ifndef IC_HOST_CYCLES_H
#define IC_HOST_CYCLES_H

#include "ic/cycles.h"

/* What comes with the next messages, what the canister has, and below what it is frozen. */
void ic_host_cycles_set(ic_u128 available, ic_u128 balance, ic_u128 freezing);

#endif
