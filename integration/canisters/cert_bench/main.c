/* Measures the certified tree and the log ring, one action per message. */
#include "ic/buf.h"
#include "ic/cert.h"
#include "ic/logring.h"
#include "ic/msg.h"
#include "ic/sha2.h"
#include "ic/trap.h"

#define EXPORT(name) __attribute__((export_name(name)))

#define ARENA_BYTES   (1u << 20)
#define ARG_BYTES_MAX 16u
#define RING_BYTES    65536u

static const struct ic_store_app APP = {.magic = {'C', 'E', 'R', 'T', 'B', 'N', 'C', 'H'},
                                        .version = 1};
static struct ic_store store;
static struct ic_cert tree;
static struct ic_logring lines;

static void open_structures(void)
{
    ic_cert_open(&tree, &store, 0);
    ic_logring_open(&lines, &store, 1, RING_BYTES);
}

EXPORT("canister_init") void bench_init(void);
void bench_init(void)
{
    ic_store_create(&store, APP);
    open_structures();
    ic_cert_commit(&tree);
}

EXPORT("canister_post_upgrade") void bench_post_upgrade(void);
void bench_post_upgrade(void)
{
    ic_store_open(&store, APP);
    open_structures();
}

static struct ic_reader argument(void)
{
    struct ic_bytes in;
    if (!ic_msg_arg(&in, ARG_BYTES_MAX, ic_msg_arena(ARENA_BYTES))) {
        IC_TRAP("the argument is too large");
    }
    return ic_reader_from(in);
}

static void reply_since(uint64_t before)
{
    uint8_t out[8];
    ic_store_u64_le(out, ic_instructions() - before);
    ic_msg_reply_bytes((struct ic_bytes){.at = out, .size = sizeof out});
}

/* ---- the tree: leaves "value" / 32 random bytes -> 32 bytes ---------------------------------- */

static uint8_t label[IC_SHA256_BYTES];

static void label_make(uint64_t number)
{
    uint8_t bytes[8];
    ic_store_u64_le(bytes, number);
    ic_sha256(label, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
}

#define LABEL ((struct ic_bytes){.at = label, .size = sizeof label})
#define PATH  IC_CERT_PATH(IC_BYTES_LIT("value"), LABEL)

static void put(struct ic_bytes value)
{
    if (!ic_cert_put(&tree, PATH, value)) {
        IC_TRAP("not put");
    }
}

EXPORT("canister_update fill") void bench_fill(void);
void bench_fill(void)
{
    struct ic_reader r = argument();
    const uint64_t first = ic_get_u64_le(&r), count = ic_get_u64_le(&r);
    const uint64_t before = ic_instructions();
    for (uint64_t i = 0; i < count; i++) {
        label_make(first + i);
        put(LABEL);
    }
    ic_cert_commit(&tree);
    reply_since(before);
}

EXPORT("canister_update put") void bench_put(void);
void bench_put(void)
{
    struct ic_reader r = argument();
    label_make(ic_get_u64_le(&r));
    const uint64_t before = ic_instructions();
    put(IC_BYTES_LIT("changed"));
    reply_since(before);
}

EXPORT("canister_update commit") void bench_commit(void);
void bench_commit(void)
{
    const uint64_t before = ic_instructions();
    ic_cert_commit(&tree);
    reply_since(before);
}

EXPORT("canister_update remove") void bench_remove(void);
void bench_remove(void)
{
    struct ic_reader r = argument();
    label_make(ic_get_u64_le(&r));
    const uint64_t before = ic_instructions();
    ic_assert(ic_cert_remove(&tree, PATH));
    reply_since(before);
}

EXPORT("canister_query witness") void bench_witness(void);
void bench_witness(void)
{
    struct ic_reader r = argument();
    struct ic_bytes witness;
    label_make(ic_get_u64_le(&r));
    struct ic_arena *arena = ic_msg_arena_now();
    const uint64_t before = ic_instructions();
    ic_assert(ic_cert_witness(&witness, &tree, &PATH, 1, arena));
    reply_since(before);
}

/* ---- the log ring ---------------------------------------------------------------------------- */

EXPORT("canister_update add_line") void bench_add_line(void);
void bench_add_line(void)
{
    static const char TEXT[] =
        "a line of a hundred bytes, as programs write them to tell what they do now, "
        "with some figures: 12345";
    const uint64_t before = ic_instructions();
    ic_logring_add(&lines, 1, IC_LOGRING_INFO, ic_bytes_from_text(TEXT));
    reply_since(before);
}
