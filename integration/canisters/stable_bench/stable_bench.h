/* What the stable_bench canister and its driver agree on. */
#ifndef INTEGRATION_CANISTERS_STABLE_BENCH_H
#define INTEGRATION_CANISTERS_STABLE_BENCH_H

/* The argument of installation: which structure this canister measures. Each stands alone. */
enum bench_structure {
    BENCH_TABLE,
    BENCH_LOG,
    BENCH_RING,
    BENCH_MAP_RANDOM,    /* 28-byte keys uniformly random */
    BENCH_MAP_ASCENDING, /* a number that counts up at the end of 28 bytes */
    BENCH_QUEUE,         /* random times, 8-byte payloads */
    BENCH_VEC,           /* records of 128 bytes */
    BENCH_STRUCTURES,
};

/* What can be done to it, for the number-th time. */
enum bench_action {
    BENCH_NOTHING, /* what measuring itself costs; taken off all others */
    BENCH_GET,     /* table, log, vec, map: of entry number; queue: look at the front */
    BENCH_ABSENT,  /* table, map: look up what is not there */
    BENCH_ADD,     /* insert, append, push */
    BENCH_REMOVE,  /* table, map: entry number; ring, queue, vec: pop */
    BENCH_SET,     /* vec: entry number */
    BENCH_DROP,    /* queue: entry number, wherever it stands */
    BENCH_NEXT,    /* map: 100 steps of a cursor from entry number */
    BENCH_ADD_100, /* log, vec: 100 in one message */
    BENCH_GET_100, /* vec: 100 from entry number on, one by one in one message */
    BENCH_CHECK,   /* table, log, ring, map: one step of the integrity check */
    BENCH_ACTIONS,
};

#endif
