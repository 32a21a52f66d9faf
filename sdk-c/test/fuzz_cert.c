/* Any sequence of messages on a certified tree, compared with a plain list of leaves: what its
 * witnesses prove to a client, and its own integrity. Some messages trap in the middle
 * of a write, some are followed by an upgrade.
 *
 * A message is four bytes: what, two of a path, and one of a value or of where to trap. */
#include "cert/tree.h"
#include "host/ic_host.h"
#include "ic/cert.h"
#include "ic/msg.h"
#include "test/cert_model.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE_BYTES 4u
#define MESSAGES_MAX  24u /* more reach nothing new and cost executions */
#define ARENA_BYTES   (64u << 10)
#define TRAP_TEXT     "planned trap in a stable write"

static const struct ic_store_app APP = {.magic = "FUZZCERT", .version = 1};
static struct ic_store store;
static struct ic_cert tree;

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "differs from the model: %s\n", what);
        abort();
    }
}

/* ---- messages ------------------------------------------------------------------------------------------ */

struct message {
    uint8_t what;
    struct ic_bytes labels[CERT_MODEL_LABELS];
    struct ic_cert_path path;
    struct ic_bytes value;
    uint8_t bytes[8];
    bool ok;
    struct ic_bytes witness;
};

enum { PUT, REMOVE, PUT_AND_TRAP, REMOVE_AND_TRAP, UPGRADE, ASK, CLEAR, WHAT_COUNT };

/* Labels that are alike in every way: prefixes, first and last bits, long and empty. */
static struct ic_bytes label_choose(unsigned n)
{
    static const uint8_t zeros[IC_CERT_LABEL_MAX];
    static const char *const WORDS[] = {"",      "a",         "ab",  "abc", "b", "\x80", "\xff\xff",
                                        "a\x01", "http_expr", "<$>", "<*>", "0", "1"};
    const size_t count = sizeof WORDS / sizeof *WORDS;
    if (n % 16 < count) {
        return ic_bytes_from_text(WORDS[n % 16]);
    }
    return (struct ic_bytes){.at = zeros, .size = n % 16 == 13 ? 1 : n % 16 == 14 ? 2 : 72};
}

static void message_read(struct message *m, const uint8_t *in)
{
    *m = (struct message){.what = in[0] % WHAT_COUNT};
    m->labels[0] = label_choose(in[1]);
    m->labels[1] = label_choose(in[1] >> 4);
    m->labels[2] = label_choose(in[2]);
    m->path = (struct ic_cert_path){.labels = m->labels, .count = 1u + (in[2] >> 4) % 3u};
    memset(m->bytes, in[3] >> 4, sizeof m->bytes);
    m->value = (struct ic_bytes){.at = m->bytes, .size = in[3] % 9u};
}

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_cert_open(&tree, &store, 0);
    ic_cert_commit(&tree);
}

static void reopen(void *argument)
{
    (void)argument;
    memset(&tree, 0xee, sizeof tree);
    ic_store_open(&store, APP);
    ic_cert_open(&tree, &store, 0);
}

static void put(void *argument)
{
    struct message *m = argument;
    m->ok = ic_cert_put(&tree, m->path, m->value);
    ic_cert_commit(&tree);
}

static void take(void *argument)
{
    struct message *m = argument;
    m->ok = ic_cert_remove(&tree, m->path);
    ic_cert_commit(&tree);
}

static void ask(void *argument)
{
    struct message *m = argument;
    m->ok = ic_cert_witness(&m->witness, &tree, &m->path, 1, ic_msg_arena(ARENA_BYTES));
}

static void check(void *argument)
{
    (void)argument;
    ic_cert_check(&tree);
}

static void must_run(void (*body)(void *), void *argument)
{
    if (!ic_host_run(body, argument)) {
        must(false, ic_host_trap_text());
    }
}

/* ---- against the model ------------------------------------------------------------------------------------ */

static bool fits(const struct message *m)
{
    return m->labels[m->path.count - 1].size + m->value.size <= IC_CERT_LABEL_MAX;
}

static void change(struct message *m, bool is_put, unsigned trap_at)
{
    const struct cert_model_leaf *leaf = NULL;
    ic_host_stable_trap_at(trap_at);
    const bool done = ic_host_run(is_put ? put : take, m);
    ic_host_stable_trap_at(0);
    if (!done) {
        must(trap_at != 0 && strcmp(ic_host_trap_text(), TRAP_TEXT) == 0, ic_host_trap_text());
        must_run(reopen, NULL);
    } else if (is_put) {
        must(m->ok == (fits(m) && !cert_model_refuses(m->path)), "what is put");
        if (m->ok) {
            cert_model_put(m->path, m->value);
        }
    } else {
        must(m->ok == (cert_model_find(m->path, &leaf) != IC_CERT_ABSENT), "what is removed");
        cert_model_remove(m->path);
    }
}

/* What a client learns from a witness. */
static void check_witness(const struct message *m)
{
    struct axon_cbor_doc doc = {0};
    struct axon_witness witness = {0};
    uint8_t hash[AXON_HASH_BYTES];
    struct ic_bytes value = {.size = 0};
    const struct cert_model_leaf *leaf = NULL;
    const struct axon_path path = {.labels = m->path.labels, .count = m->path.count};
    must(m->ok && axon_cbor_read(&doc, m->witness) && axon_witness_from_cbor(&witness, doc.nodes),
         "a witness");
    axon_witness_hash(&witness, hash);
    must(ic_bytes_is_equal(ic_host_certified_data(),
                           (struct ic_bytes){.at = hash, .size = sizeof hash}),
         "the root hash");
    const enum axon_lookup lookup = axon_witness_find(&witness, path, &value);
    switch (cert_model_find(m->path, &leaf)) {
    case IC_CERT_LEAF:
        must(lookup == AXON_LOOKUP_FOUND && value.size == leaf->value_size &&
                 memcmp(value.at, leaf->value, value.size) == 0,
             "a value shown");
        break;
    case IC_CERT_MAP:
        must(lookup != AXON_LOOKUP_ABSENT, "a map shown");
        break;
    case IC_CERT_ABSENT:
        must(lookup == AXON_LOOKUP_ABSENT, "an absence shown");
        break;
    }
    axon_witness_free(&witness);
    axon_cbor_doc_free(&doc);
}

static void act(struct message *m, uint8_t number)
{
    switch (m->what) {
    case PUT:
    case PUT_AND_TRAP:
        change(m, true, m->what == PUT ? 0 : 1u + number % 32u);
        break;
    case REMOVE:
    case REMOVE_AND_TRAP:
        change(m, false, m->what == REMOVE ? 0 : 1u + number % 32u);
        break;
    case UPGRADE:
        must_run(reopen, NULL);
        break;
    case ASK:
        must_run(ask, m);
        check_witness(m);
        break;
    case CLEAR:
        m->path.count = 0;
        change(m, false, 0);
        break;
    default:
        must(false, "there is no such message");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ic_host_reset();
    cert_model_count = 0;
    must_run(create, NULL);
    for (size_t i = 0; i + MESSAGE_BYTES <= size && i < MESSAGES_MAX * MESSAGE_BYTES;
         i += MESSAGE_BYTES) {
        struct message m;
        message_read(&m, data + i);
        act(&m, data[i + 3]);
        must(tree.leaf_count == cert_model_count, "the number of leaves");
    }
    must_run(check, NULL);
    struct message last = {.what = ASK};
    for (size_t i = 0; i < cert_model_count; i++) {
        last.path =
            (struct ic_cert_path){.labels = cert_model[i].labels, .count = cert_model[i].count};
        must_run(ask, &last);
        check_witness(&last);
    }
    return 0;
}
