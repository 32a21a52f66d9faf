/* The contexts in which canister code runs, and sets of them. SPEC: ic-system 2.1 */
#ifndef AXON_IC0_CONTEXTS_H
#define AXON_IC0_CONTEXTS_H

#include <stdint.h>

enum axon_mode {
    AXON_MODE_START,
    AXON_MODE_INIT,
    AXON_MODE_PRE_UPGRADE,
    AXON_MODE_UPDATE,
    AXON_MODE_REPLICATED_QUERY,
    AXON_MODE_QUERY,
    AXON_MODE_COMPOSITE_QUERY,
    AXON_MODE_REPLY,
    AXON_MODE_REJECT,
    AXON_MODE_COMPOSITE_REPLY,
    AXON_MODE_COMPOSITE_REJECT,
    AXON_MODE_CLEANUP,
    AXON_MODE_INSPECT,
    AXON_MODE_HEARTBEAT,
    AXON_MODE_TIMER,
    AXON_MODE_COUNT,
};

/* Sets of modes: one bit each, named by the letters of the specification. */
#define IC0_S     (1u << AXON_MODE_START)
#define IC0_I     (1u << AXON_MODE_INIT)
#define IC0_G     (1u << AXON_MODE_PRE_UPGRADE)
#define IC0_U     (1u << AXON_MODE_UPDATE)
#define IC0_RQ    (1u << AXON_MODE_REPLICATED_QUERY)
#define IC0_NRQ   (1u << AXON_MODE_QUERY) /* and TQ, the transform queries of HTTPS outcalls */
#define IC0_CQ    (1u << AXON_MODE_COMPOSITE_QUERY)
#define IC0_RY    (1u << AXON_MODE_REPLY)
#define IC0_RT    (1u << AXON_MODE_REJECT)
#define IC0_CRY   (1u << AXON_MODE_COMPOSITE_REPLY)
#define IC0_CRT   (1u << AXON_MODE_COMPOSITE_REJECT)
#define IC0_C     (1u << AXON_MODE_CLEANUP)
#define IC0_F     (1u << AXON_MODE_INSPECT)
#define IC0_T     (1u << AXON_MODE_HEARTBEAT | 1u << AXON_MODE_TIMER)
#define IC0_ALL_S ((1u << AXON_MODE_COUNT) - 1u)
#define IC0_ALL   (IC0_ALL_S & ~IC0_S)

/* "update", "replicated reply callback", ... as error texts name them. */
const char *axon_mode_name(enum axon_mode mode);

/* Results are seen by the whole network (in_replicated_execution). */
static inline unsigned axon_mode_is_replicated(enum axon_mode mode)
{
    return ((1u << mode) & (IC0_NRQ | IC0_CQ | IC0_CRY | IC0_CRT | IC0_F)) == 0;
}

/* Modes whose changed heap pages are billed. SPEC: ic-system 11.5 */
static inline unsigned axon_mode_pays_pages(enum axon_mode mode)
{
    return ((1u << mode) & (IC0_RQ | IC0_NRQ | IC0_F)) == 0;
}

#endif
