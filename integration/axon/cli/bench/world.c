#include "cli/bench/world.h"

#include "base/hash.h"
#include "cert/cbor.h"
#include "cli/cli.h"
#include "wasm/wasm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_ACCOUNTS 10000u
#define OK_METHODS_MAX 8u
#define OK_PREFIX_BYTES_MAX 256u

/* 2025-01-01T00:00:00Z */
#define BENCH_START_NS 1735689600000000000u

/* What an Ok reply of a method begins with; the block index follows. Learned from the first one. */
struct bench_ok {
    const char *method;
    size_t size;
    uint8_t prefix[OK_PREFIX_BYTES_MAX];
};

static void fail(struct bench_world *w, const char *method, const char *text)
{
    if (w->why.size == 0) {
        axon_buf_printf(&w->why, "%s: %s", method, text);
        if (w->outcome.status == AXON_STATUS_REJECTED) {
            axon_buf_append_text(&w->why, ": ");
            axon_buf_append(&w->why, axon_buf_bytes(&w->outcome.reject_text));
        }
    }
}

struct ic_principal bench_user(uint64_t i)
{
    char name[32];
    struct ic_principal out = {.size = 29};
    int size = snprintf(name, sizeof name, "user %" PRIu64, i);
    axon_sha224(out.bytes, (struct ic_bytes){.at = (const uint8_t *)name, .size = (size_t)size});
    out.bytes[AXON_SHA224_BYTES] = 0x02;
    return out;
}

bool bench_has_method(const struct bench_world *w, const char *method)
{
    return axon_canister_has_method(w->net, &w->ledger, method);
}

/* ---- making the world ------------------------------------------------------------------------ */

/* The interface is needed for the install argument, so it is read from the module. */
static void interface_from_module(struct bench_world *w)
{
    struct candid_text_error error;
    struct axon_wasm *module = axon_wasm_parse(w->wasm, &w->why);
    for (size_t i = 0; module != NULL && i < axon_wasm_metadata_count(module); i++) {
        const struct axon_wasm_metadata *m = axon_wasm_metadata_at(module, i);
        if (ic_bytes_is_equal(m->name, IC_BYTES_LIT("candid:service"))) {
            w->interface = candid_text_open(m->content, &error);
        }
    }
    if (module != NULL) {
        axon_wasm_free(module);
    }
    if (w->interface == NULL) {
        fail(w, "candid:service", "the module carries no interface");
    }
}

static void encode_install_argument(struct bench_world *w, struct ic_bytes *message)
{
    struct candid_text_error error;
    struct axon_buf text = {0};
    uint8_t rich[BENCH_ACCOUNT_BYTES], minting[BENCH_ACCOUNT_BYTES];
    struct ic_principal governance = ic_principal_from_canister_index(1);
    bench_account_identifier(rich, &w->rich);
    bench_account_identifier(minting, &governance);
    axon_buf_append_text(&text, "(variant { Init = record { minting_account = \"");
    axon_buf_append_hex(&text, (struct ic_bytes){.at = minting, .size = sizeof minting});
    /* By name too, as on the mainnet: a ledger that knows it refuses a wrong fee before hashing. */
    axon_buf_append_text(&text, "\"; icrc1_minting_account = opt record { owner = principal "
                                "\"rrkah-fqaaa-aaaaa-aaaaq-cai\" }; initial_values = vec { record { \"");
    axon_buf_append_hex(&text, (struct ic_bytes){.at = rich, .size = sizeof rich});
    axon_buf_printf(&text, "\"; record { e8s = %" PRIu64 " } } }; send_whitelist = vec {}; "
                           "transfer_fee = opt record { e8s = %u } } })",
                    (uint64_t)BENCH_RICH_E8S, BENCH_FEE_E8S);
    if (!candid_text_encode(w->interface, message, candid_text_init_args(w->interface),
                            axon_buf_bytes(&text), &error)) {
        fail(w, "install argument", error.text);
    }
    axon_buf_free(&text);
}

struct bench_world *bench_world_new(struct ic_bytes wasm)
{
    struct bench_world *w = axon_alloc(sizeof *w);
    struct ic_bytes arg = {0};
    w->oks = axon_alloc(OK_METHODS_MAX * sizeof *w->oks);
    w->net = axon_network_new(&(struct axon_config){.time_ns = BENCH_START_NS,
                                                    .free_cycles = true});
    w->wasm = wasm;
    w->ledger = ic_principal_from_canister_index(2);
    w->controller = ic_principal_from_canister_index(3);
    w->rich = bench_user(UINT64_MAX);
    w->spender = bench_user(UINT64_MAX - 1);
    interface_from_module(w);
    if (!bench_world_has_failed(w)) {
        encode_install_argument(w, &arg);
    }
    if (!bench_world_has_failed(w)) {
        axon_create_canister(w->net, &w->controller, &w->ledger, AXON_CYCLES_DEFAULT);
        axon_install(w->net, &w->outcome, &w->controller, &w->ledger, AXON_INSTALL, wasm, arg);
        if (w->outcome.status != AXON_STATUS_REPLIED) {
            fail(w, "install", "failed");
        }
    }
    w->next_block_index = 1; /* the initial balance is block 0 */
    return w;
}

void bench_world_free(struct bench_world *w)
{
    if (w->interface != NULL) {
        candid_text_close(w->interface);
    }
    axon_network_free(w->net);
    axon_outcome_free(&w->outcome);
    axon_buf_free(&w->arg);
    axon_buf_free(&w->why);
    free(w->oks);
    free(w);
}

void bench_world_fund(struct bench_world *w, uint64_t count)
{
    uint64_t fresh = 0;
    for (uint64_t i = w->account_count; i < count && !bench_world_has_failed(w); i++) {
        bench_arg_icrc1_transfer(
            &w->arg, BENCH_JS,
            &(struct bench_transfer){.to = bench_user(i), .amount_e8s = BENCH_USER_E8S});
        uint64_t instructions = bench_update(w, &w->rich, "icrc1_transfer");
        fresh += count - i <= BENCH_CALLS ? instructions : 0;
        if ((i + 1) % PROGRESS_ACCOUNTS == 0) {
            fprintf(stderr, "axon: %" PRIu64 " of %" PRIu64 " accounts\n", i + 1, count);
        }
    }
    w->account_count = count;
    w->fresh_instructions = fresh / BENCH_CALLS;
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* How the block index ends a reply: nat64 in the legacy method, nat elsewhere. */
static void put_block_index(struct axon_buf *out, const char *method, uint64_t index)
{
    if (strcmp(method, "transfer") != 0) {
        axon_leb128_put(out, index);
        return;
    }
    for (unsigned shift = 0; shift < 64; shift += 8) {
        axon_buf_append_byte(out, (uint8_t)(index >> shift));
    }
}

/* True when the reply says Ok with this block index; decoded as the interface tells. */
static bool is_ok_by_value(struct bench_world *w, const char *method, uint64_t index)
{
    const struct candid_text_method *m = candid_text_method_find(w->interface, method);
    struct candid_text_error error;
    struct ic_bytes expected;
    char text[64];
    bool equal = false;
    snprintf(text, sizeof text, "(variant { Ok = %" PRIu64 " })", index);
    return m != NULL &&
           candid_text_encode(w->interface, &expected, m->results, ic_bytes_from_text(text),
                              &error) &&
           candid_text_compare(w->interface, &equal, m->results, expected,
                               axon_buf_bytes(&w->outcome.reply), &error) &&
           equal;
}

static struct bench_ok *ok_of(struct bench_world *w, const char *method)
{
    size_t i = 0;
    while (i < OK_METHODS_MAX - 1 && w->oks[i].method != NULL &&
           strcmp(w->oks[i].method, method) != 0) {
        i++;
    }
    return &w->oks[i];
}

/* The first Ok of a method is decoded; later ones must be the same bytes with another index. */
static bool is_ok(struct bench_world *w, const char *method, uint64_t index)
{
    struct ic_bytes reply = axon_buf_bytes(&w->outcome.reply);
    struct bench_ok *ok = ok_of(w, method);
    struct axon_buf end = {0};
    put_block_index(&end, method, index);
    bool same = reply.size >= end.size &&
                memcmp(reply.at + reply.size - end.size, end.at, end.size) == 0;
    size_t size = same ? reply.size - end.size : 0;
    if (same && ok->size == 0) {
        same = size <= sizeof ok->prefix && is_ok_by_value(w, method, index);
        if (same) {
            ok->method = method;
            ok->size = size;
            memcpy(ok->prefix, reply.at, size);
        }
    } else if (same) {
        same = size == ok->size && memcmp(reply.at, ok->prefix, size) == 0;
    }
    axon_buf_free(&end);
    return same;
}

uint64_t bench_call(struct bench_world *w, const struct ic_principal *sender, const char *method)
{
    if (bench_world_has_failed(w)) {
        return 0;
    }
    axon_update(w->net, &w->outcome, sender, &w->ledger, method, axon_buf_bytes(&w->arg));
    if (w->outcome.status != AXON_STATUS_REPLIED) {
        fail(w, method, "rejected");
        return 0;
    }
    return w->outcome.instructions;
}

uint64_t bench_update(struct bench_world *w, const struct ic_principal *sender, const char *method)
{
    uint64_t instructions = bench_call(w, sender, method);
    if (bench_world_has_failed(w)) {
        return 0;
    }
    if (!is_ok(w, method, w->next_block_index)) {
        fail(w, method, "the reply is not Ok with the next block's index");
        return 0;
    }
    w->next_block_index++;
    w->burnt_e8s += BENCH_FEE_E8S;
    axon_set_time(w->net, axon_time(w->net) + BENCH_STEP_NS);
    return instructions;
}

uint64_t bench_query(struct bench_world *w, const char *method)
{
    if (bench_world_has_failed(w)) {
        return 0;
    }
    axon_query(w->net, &w->outcome, &w->rich, &w->ledger, method, axon_buf_bytes(&w->arg));
    if (w->outcome.status != AXON_STATUS_REPLIED) {
        fail(w, method, "rejected");
        return 0;
    }
    return w->outcome.instructions;
}

uint64_t bench_upgrade(struct bench_world *w)
{
    struct candid_text_error error;
    struct ic_bytes arg;
    if (bench_world_has_failed(w)) {
        return 0;
    }
    if (!candid_text_encode(w->interface, &arg, candid_text_init_args(w->interface),
                            IC_BYTES_LIT("(variant { Upgrade = null })"), &error)) {
        fail(w, "upgrade argument", error.text);
        return 0;
    }
    axon_install(w->net, &w->outcome, &w->controller, &w->ledger, AXON_UPGRADE, w->wasm, arg);
    if (w->outcome.status != AXON_STATUS_REPLIED) {
        fail(w, "upgrade", "failed");
        return 0;
    }
    return w->outcome.instructions;
}
