/* What a run does, by its argument: shared by the canister and its test. */
#ifndef TIMERS_BEHAVIOUR_H
#define TIMERS_BEHAVIOUR_H

#define TIMERS_TRAPS   1000000u /* from here on: traps until mended, after changing state */
#define TIMERS_LOOPS   2000000u /* from here on: uses up its instructions until mended */
#define TIMERS_CANCELS 3000000u /* from here on: cancels itself */
#define TIMERS_CHAINS                                                                              \
    4000000u /* from here on: sets a one-shot with the next argument, 1 s later                    \
              */

#define TIMERS_SWEEP_ARGUMENT 0u /* the declared timer, every TIMERS_SWEEP_S */
#define TIMERS_SWEEP_S        3600u

#endif
