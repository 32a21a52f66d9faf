#include "ic0/ic0.h"

/* Counts the call; false when it is the one that is to fail (axon_trap_at_call). */
static bool pass(struct axon_exec *x)
{
    x->net->system_calls++;
    if (x->net->system_calls != x->net->trap_at) {
        return true;
    }
    x->net->trap_at = 0;
    return axon_exec_trap(x, "injected fault");
}

/* The guard of each function: the context must allow it. The engine has already charged. */
#define IC0_GUARD(name, type, contexts, base, arg, per_byte)                                       \
    static bool guard_##name(void *host, struct axon_instance *in, const uint64_t *a, uint64_t *r) \
    {                                                                                              \
        struct axon_exec *x = host;                                                                \
        (void)in;                                                                                  \
        if (((contexts) & (1u << x->mode)) == 0) {                                                 \
            return axon_exec_violate(x, "\"ic0_" #name "\" cannot be executed in %s mode",         \
                                     axon_mode_name(x->mode));                                     \
        }                                                                                          \
        return pass(x) && ic0_##name(x, a, r);                                                     \
    }
IC0_FUNCTIONS(IC0_GUARD)
#undef IC0_GUARD

#define IC0_ROW(name, type, contexts, base, arg, per_byte)                                         \
    {#name, type, base, arg, per_byte, guard_##name},
static const struct axon_import IMPORTS[] = {IC0_FUNCTIONS(IC0_ROW)};
#undef IC0_ROW

const struct axon_import *axon_ic0_imports(size_t *count)
{
    *count = sizeof IMPORTS / sizeof IMPORTS[0];
    return IMPORTS;
}

const char *axon_mode_name(enum axon_mode mode)
{
    static const char *const NAMES[AXON_MODE_COUNT] = {
        [AXON_MODE_START] = "start",
        [AXON_MODE_INIT] = "init",
        [AXON_MODE_PRE_UPGRADE] = "pre upgrade",
        [AXON_MODE_UPDATE] = "update",
        [AXON_MODE_REPLICATED_QUERY] = "replicated query",
        [AXON_MODE_QUERY] = "non replicated query",
        [AXON_MODE_COMPOSITE_QUERY] = "non replicated query",
        [AXON_MODE_REPLY] = "replicated reply callback",
        [AXON_MODE_REJECT] = "replicated reject callback",
        [AXON_MODE_COMPOSITE_REPLY] = "non-replicated reply callback",
        [AXON_MODE_COMPOSITE_REJECT] = "non-replicated reject callback",
        [AXON_MODE_CLEANUP] = "cleanup",
        [AXON_MODE_INSPECT] = "inspect message",
        [AXON_MODE_HEARTBEAT] = "heartbeat",
        [AXON_MODE_TIMER] = "global timer",
    };
    return NAMES[mode];
}
