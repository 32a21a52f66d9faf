/* The world that the ledger's costs are measured in: one ledger, one rich account, many users.
 *
 * SPEC: baselines, "The workload, call by call": rich holds 10^16 e8s from the start, user i gets
 * 10,000,000 e8s from rich; time moves 0.25 s after each successful update. Every reply is checked:
 * it must be Ok with the index of the block that the call made. */
#ifndef AXON_CLI_BENCH_WORLD_H
#define AXON_CLI_BENCH_WORLD_H

#include "axon.h"
#include "cli/bench/args.h"
#include "text/candid_text.h"

#define BENCH_RICH_E8S 10000000000000000u
#define BENCH_USER_E8S 10000000u
#define BENCH_FEE_E8S 10000u
#define BENCH_STEP_NS 250000000u
#define BENCH_CALLS 200u /* measured per kind of update */

struct bench_world {
    struct axon_network *net;
    struct ic_bytes wasm;             /* not owned */
    struct candid_text *interface;    /* of the module */
    struct ic_principal ledger;
    struct ic_principal controller;
    struct ic_principal rich;
    struct ic_principal spender;
    uint64_t account_count;           /* users with money */
    uint64_t next_block_index;
    uint64_t burnt_e8s;               /* fees so far */
    uint64_t fresh_instructions;      /* of the last BENCH_CALLS transfers to fresh recipients */
    struct axon_outcome outcome;      /* of the last call */
    struct axon_buf arg;              /* of the next call */
    struct bench_ok *oks;             /* what Ok replies begin with, by method */
    struct axon_buf why;              /* the first failure; nothing is measured after it */
};

/* bench_world_new installs the ledger. w->why is not empty when that failed; release it anyway. */
struct bench_world *bench_world_new(struct ic_bytes wasm);
void bench_world_free(struct bench_world *w);
static inline bool bench_world_has_failed(const struct bench_world *w)
{
    return w->why.size > 0;
}

/* The id of user i, 29 bytes as a self-authenticating one. */
struct ic_principal bench_user(uint64_t i);

/* Gives money to users until there are count; says so on stderr when there are many. */
void bench_world_fund(struct bench_world *w, uint64_t count);

/* bench_update sends the argument in w->arg, checks that it made the next block and moves time.
 *   returns   instructions; 0 after a failure */
uint64_t bench_update(struct bench_world *w, const struct ic_principal *sender, const char *method);

/* bench_call is bench_update for calls that make no block, and bench_query for queries: any reply
 * will do. */
uint64_t bench_call(struct bench_world *w, const struct ic_principal *sender, const char *method);
uint64_t bench_query(struct bench_world *w, const char *method);

/* Upgrades to the same module. Returns the instructions of all hooks. */
uint64_t bench_upgrade(struct bench_world *w);

bool bench_has_method(const struct bench_world *w, const char *method);

/* bench_world_audit checks total supply, number of blocks, the hash chain from the first block to
 * the last, and that the last block's hash is the certified data. A failure goes to w->why. */
void bench_world_audit(struct bench_world *w);

#endif
