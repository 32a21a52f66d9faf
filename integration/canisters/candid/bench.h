/* What candid_bench.wasm and the tests that call it agree on; and, for the tests, its client. */
#ifndef CANDID_BENCH_H
#define CANDID_BENCH_H

#include "ic/candid.h"

/* Generated tables of types. A type is the argument list of a method (or its result list). */
enum bench_table {
    BENCH_SAMPLE,  /* sdk-c/candid/test/sample.did */
    BENCH_HOSTILE, /* sdk-c/candid/test/hostile.did, in the order that the fuzzer counts them */
    BENCH_DEAR,    /* dear.did: types whose decoding is dear for their bytes */
    BENCH_CASES,   /* build/gen/cases.did: the types of the official assertions */
    BENCH_TABLE_COUNT
};

/* Flags of a call. */
#define BENCH_TABLE_ONLY 1u /* no known headers */
#define BENCH_NARROW 2u
#define BENCH_RESULTS 4u

/* What decoding may cost. SRC: README of sdk-c/candid */
static inline uint64_t bench_bound(size_t message_bytes, uint64_t units)
{
    return 20000 + 150 * (uint64_t)message_bytes + 100 * units;
}
/* What it does cost at most: the rest is margin for another compiler. */
#define BENCH_PERCENT_MAX 97u

#define BENCH_HEAD_BYTES 4u
#define BENCH_REPLY_BYTES 17u

/* ---- the client (host) ------------------------------------------------------------------------- */

struct bench_types {
    enum bench_table table;
    unsigned method;
    unsigned flags;
};

struct bench_measured {
    enum candid_result result;
    uint64_t instructions;
    uint64_t second; /* units; of an encoding: bytes */
};

struct bench_compared {
    enum candid_result first;
    enum candid_result second;
    bool equal;  /* the encodings are */
    bool stable; /* and each decodes and encodes to itself */
};

/* bench_open installs the canister in a network of its own. Returns false when it cannot. */
bool bench_open(void);
void bench_close(void);

/* The same for a group of tests. */
int bench_set_up(void **state);
int bench_tear_down(void **state);

/* bench_run calls "decode" or "encode"; ends the program when the call is rejected. */
struct bench_measured bench_run(const char *method, struct bench_types types,
                                struct ic_bytes message);
struct bench_compared bench_compare(struct bench_types types, struct ic_bytes first,
                                    struct ic_bytes second);

#endif
