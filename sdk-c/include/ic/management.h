/* The management canister, to be called from flows (ic/async.h).
 *
 * build/gen/ic_mgmt_client.h, which didc makes of sdk-c/services/management.did, has two functions for
 * each of its methods: ic_mgmt_call_x starts a call, ic_mgmt_take_x decodes the answer.
 *
 *     struct candid_callee ic = ic_management(0);
 *     IC_AWAIT(f, ic_mgmt_call_canister_status(&f->flow, &f->answer, &ic, &in));
 *     if (ic_mgmt_take_canister_status(&out, &f->answer)) { ... }
 *
 * Methods that cost cycles (create_canister, sign_with_ecdsa, deposit_cycles, ...) need
 * them attached: ic/cycles.h tells how much, what is left over comes back. For http_request
 * there is ic/outcall.h.
 *
 * SPEC: IC interface specification, "The IC management canister". */
#ifndef IC_MANAGEMENT_H
#define IC_MANAGEMENT_H

#include "ic/random.h"
#include "ic_mgmt_client.h"

/* The callee of the calls: aaaaa-aa, with cycles attached, waiting as long as it takes. For those that
 * may take long (stop_canister) set timeout_s. */
static inline struct candid_callee ic_management(ic_u128 cycles)
{
    return (struct candid_callee){.canister = {.size = 0}, .cycles = cycles};
}

/* ---- a seed for ic/random.h -------------------------------------------------------------------- */

/* ic_random_ask starts a call of raw_rand:
 *     IC_AWAIT(f, ic_random_ask(&f->flow, &f->answer));
 *     if (!ic_random_take(&random, &f->answer)) { ... ask again later ... }
 * canister_init and canister_post_upgrade cannot call anybody: there set a timer that is due at once
 * (ic/timer.h) and start the flow in it. */
static inline void ic_random_ask(struct ic_flow *flow, struct ic_answer *answer)
{
    struct candid_callee ic = ic_management(0);
    ic_mgmt_call_raw_rand(flow, answer, &ic);
}

/* ic_random_take stirs the answer in.
 *   returns   false when there is none; the generator is as it was */
IC_MUST_USE static inline bool ic_random_take(struct ic_random *random,
                                              const struct ic_answer *answer)
{
    struct ic_mgmt_raw_rand_out out;
    if (!ic_mgmt_take_raw_rand(&out, answer) || out.ret0.size != IC_RANDOM_SEED_BYTES) {
        return false;
    }
    ic_random_stir(random, out.ret0.at);
    return true;
}

#endif
