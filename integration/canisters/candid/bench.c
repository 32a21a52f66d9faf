/* The client of candid_bench.wasm. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "axon.h"
#include "base/buf.h"
#include "ic/buf.h"

#define WASM "build/wasm/candid_bench.wasm"

static struct axon_network *net;
static struct ic_principal canister;

bool bench_open(void)
{
    struct axon_buf module = {0};
    struct axon_outcome outcome = {0};
    if (!axon_buf_read_file(&module, WASM)) {
        return false;
    }
    net = axon_network_new(&(struct axon_config){.free_cycles = true});
    canister = axon_create_canister(net, &IC_PRINCIPAL_ANONYMOUS, NULL, AXON_CYCLES_DEFAULT);
    axon_install(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &canister, AXON_INSTALL,
                 axon_buf_bytes(&module), (struct ic_bytes){0});
    const bool ok = outcome.status == AXON_STATUS_REPLIED;
    axon_outcome_free(&outcome);
    axon_buf_free(&module);
    return ok;
}

void bench_close(void)
{
    axon_network_free(net);
}

int bench_set_up(void **state)
{
    (void)state;
    return bench_open() ? 0 : -1;
}

int bench_tear_down(void **state)
{
    (void)state;
    bench_close();
    return 0;
}

/* Calls, and copies the reply of exactly reply_bytes. */
static void call(uint8_t *reply, size_t reply_bytes, const char *method, struct bench_types types,
                 struct ic_bytes a, struct ic_bytes b)
{
    struct axon_outcome outcome = {0};
    uint8_t *argument = malloc(BENCH_HEAD_BYTES + a.size + b.size);
    if (argument == NULL) {
        abort();
    }
    argument[0] = (uint8_t)types.table;
    argument[1] = (uint8_t)types.method;
    argument[2] = (uint8_t)(types.method >> 8);
    argument[3] = (uint8_t)types.flags;
    memcpy(argument + BENCH_HEAD_BYTES, a.at, a.size);
    if (b.size != 0) {
        memcpy(argument + BENCH_HEAD_BYTES + a.size, b.at, b.size);
    }
    axon_query(net, &outcome, &IC_PRINCIPAL_ANONYMOUS, &canister, method,
               (struct ic_bytes){.at = argument, .size = BENCH_HEAD_BYTES + a.size + b.size});
    free(argument);
    if (outcome.status != AXON_STATUS_REPLIED || outcome.reply.size != reply_bytes) {
        fprintf(stderr, "%s: %.*s\n", method, (int)outcome.reject_text.size,
                (const char *)outcome.reject_text.at);
        abort();
    }
    memcpy(reply, outcome.reply.at, reply_bytes);
    axon_outcome_free(&outcome);
}

struct bench_measured bench_run(const char *method, struct bench_types types,
                                struct ic_bytes message)
{
    uint8_t reply[BENCH_REPLY_BYTES];
    call(reply, sizeof reply, method, types, message, (struct ic_bytes){0});
    return (struct bench_measured){.result = (enum candid_result)reply[0],
                                   .instructions = ic_load_u64_le(reply + 1),
                                   .second = ic_load_u64_le(reply + 9)};
}

struct bench_compared bench_compare(struct bench_types types, struct ic_bytes first,
                                    struct ic_bytes second)
{
    uint8_t reply[4];
    uint8_t *framed = malloc(4 + first.size);
    if (framed == NULL) {
        abort();
    }
    ic_store_u32_le(framed, (uint32_t)first.size);
    if (first.size != 0) {
        memcpy(framed + 4, first.at, first.size);
    }
    call(reply, sizeof reply, "compare", types,
         (struct ic_bytes){.at = framed, .size = 4 + first.size}, second);
    free(framed);
    return (struct bench_compared){.first = (enum candid_result)reply[0],
                                   .second = (enum candid_result)reply[1],
                                   .equal = reply[2] == 1,
                                   .stable = reply[3] == 1};
}
