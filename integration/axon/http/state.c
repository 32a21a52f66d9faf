#include "http/state.h"

#include "base/hash.h"
#include "http/ranges.h"

#include <stdlib.h>

/* Seeds of the keys: the network's seed in a namespace of its own for each. */
#define ROOT_KEY_SEED "axon root key: %s"
#define NODE_KEY_SEED "axon node key: %s"

struct axon_state {
    struct axon_tree *tree;
    struct axon_bls_key root_key;
    struct axon_key *node_key;
    struct ic_principal subnet;
    struct ic_principal node;
    struct ic_principal *known; /* canisters in the tree */
    size_t known_count;
    size_t known_capacity;
    bool is_signed;
    uint8_t signed_hash[AXON_HASH_BYTES];
    uint8_t signature[AXON_BLS_SIGNATURE_BYTES];
};

#define L(text) IC_BYTES_LIT(text)

/* ---- what never changes --------------------------------------------------------------------- */

static void derive_keys(struct axon_state *st, const char *seed)
{
    struct axon_buf text = {0};
    uint8_t secret[AXON_KEY_SECRET_BYTES];
    axon_buf_printf(&text, ROOT_KEY_SEED, seed);
    axon_bls_key_from_seed(&st->root_key, axon_buf_bytes(&text));
    axon_buf_clear(&text);
    axon_buf_printf(&text, NODE_KEY_SEED, seed);
    axon_sha256(secret, axon_buf_bytes(&text));
    st->node_key = axon_key_from_secret(AXON_KEY_ED25519, secret);
    axon_buf_free(&text);
    st->subnet = ic_principal_from_public_key(axon_state_root_key(st));
    st->node = ic_principal_from_public_key(axon_key_public_der(st->node_key));
}

static void put_subnet(struct axon_state *st)
{
    struct ic_bytes subnet = ic_principal_bytes(&st->subnet);
    struct ic_bytes node = ic_principal_bytes(&st->node);
    struct ic_principal first = axon_ranges_first();
    struct axon_buf ranges = {0};
    axon_ranges_put(&ranges);
    axon_tree_set(st->tree, AXON_PATH(L("subnet"), subnet, L("public_key")),
                  axon_state_root_key(st));
    axon_tree_set(st->tree, AXON_PATH(L("subnet"), subnet, L("type")), L("system"));
    axon_tree_set(st->tree, AXON_PATH(L("subnet"), subnet, L("canister_ranges")),
                  axon_buf_bytes(&ranges));
    axon_tree_set(st->tree, AXON_PATH(L("subnet"), subnet, L("node"), node, L("public_key")),
                  axon_key_public_der(st->node_key));
    axon_tree_set(st->tree, AXON_PATH(L("canister_ranges"), subnet, ic_principal_bytes(&first)),
                  axon_buf_bytes(&ranges));
    axon_buf_free(&ranges);
}

struct axon_state *axon_state_new(const char *seed)
{
    struct axon_state *st = axon_alloc(sizeof *st);
    st->tree = axon_tree_new();
    derive_keys(st, seed);
    put_subnet(st);
    axon_tree_set_map(st->tree, AXON_PATH(L("canister")));
    axon_tree_set_map(st->tree, AXON_PATH(L("request_status")));
    return st;
}

void axon_state_free(struct axon_state *st)
{
    axon_tree_free(st->tree);
    axon_key_free(st->node_key);
    free(st->known);
    free(st);
}

struct ic_bytes axon_state_root_key(const struct axon_state *st)
{
    return (struct ic_bytes){.at = st->root_key.der, .size = sizeof st->root_key.der};
}

struct ic_principal axon_state_subnet(const struct axon_state *st)
{
    return st->subnet;
}

struct ic_principal axon_state_node(const struct axon_state *st)
{
    return st->node;
}

const struct axon_key *axon_state_node_key(const struct axon_state *st)
{
    return st->node_key;
}

/* ---- canisters ------------------------------------------------------------------------------ */

static void put_controllers(struct axon_state *st, const struct axon_canister_info *info)
{
    struct axon_buf cbor = {0};
    axon_cbor_put_tag(&cbor, AXON_CBOR_SELF_DESCRIBED);
    axon_cbor_put_array(&cbor, info->controller_count);
    for (size_t i = 0; i < info->controller_count; i++) {
        axon_cbor_put_bytes(&cbor, ic_principal_bytes(&info->controllers[i]));
    }
    axon_tree_set(st->tree,
                  AXON_PATH(L("canister"), ic_principal_bytes(&info->id), L("controllers")),
                  axon_buf_bytes(&cbor));
    axon_buf_free(&cbor);
}

static void put_metadata(struct axon_state *st, const struct axon_network *net,
                         const struct ic_principal *id)
{
    struct ic_bytes canister = ic_principal_bytes(id);
    struct ic_bytes name;
    struct ic_bytes content;
    bool is_public;
    (void)axon_tree_remove(st->tree, AXON_PATH(L("canister"), canister, L("metadata")));
    axon_tree_set_map(st->tree, AXON_PATH(L("canister"), canister, L("metadata")));
    for (size_t i = 0; axon_canister_metadata_at(net, id, i, &name, &content, &is_public); i++) {
        axon_tree_set(st->tree, AXON_PATH(L("canister"), canister, L("metadata"), name), content);
    }
}

/* A canister without code has controllers only. */
static void remove_code(struct axon_state *st, struct ic_bytes canister)
{
    (void)axon_tree_remove(st->tree, AXON_PATH(L("canister"), canister, L("module_hash")));
    (void)axon_tree_remove(st->tree, AXON_PATH(L("canister"), canister, L("metadata")));
    (void)axon_tree_remove(st->tree, AXON_PATH(L("canister"), canister, L("certified_data")));
}

static void put_canister(struct axon_state *st, const struct axon_network *net,
                         const struct axon_canister_info *info)
{
    struct ic_bytes canister = ic_principal_bytes(&info->id);
    put_controllers(st, info);
    if (!info->has_module) {
        remove_code(st, canister);
        return;
    }
    struct axon_path hash_path = AXON_PATH(L("canister"), canister, L("module_hash"));
    struct ic_bytes hash = {.at = info->module_hash, .size = sizeof info->module_hash};
    struct ic_bytes known_hash;
    if (!axon_tree_find(st->tree, hash_path, &known_hash) || !ic_bytes_is_equal(hash, known_hash)) {
        axon_tree_set(st->tree, hash_path, hash);
        put_metadata(st, net, &info->id);
    }
    axon_tree_set(st->tree, AXON_PATH(L("canister"), canister, L("certified_data")),
                  (struct ic_bytes){.at = info->certified_data, .size = info->certified_data_size});
}

static void remember(struct axon_state *st, const struct ic_principal *id)
{
    if (st->known_count == st->known_capacity) {
        st->known_capacity = st->known_capacity == 0 ? 16 : st->known_capacity * 2;
        st->known = axon_realloc(st->known, st->known_capacity * sizeof *st->known);
    }
    st->known[st->known_count++] = *id;
}

static void refresh_canisters(struct axon_state *st, const struct axon_network *net)
{
    struct axon_canister_info info;
    for (size_t i = 0; i < st->known_count; i++) {
        if (!axon_canister_find(net, &info, &st->known[i])) {
            (void)axon_tree_remove(st->tree,
                                   AXON_PATH(L("canister"), ic_principal_bytes(&st->known[i])));
        }
    }
    st->known_count = 0;
    for (size_t i = 0; axon_canister_at(net, &info, i); i++) {
        struct ic_principal id = info.id;
        put_canister(st, net, &info);
        remember(st, &id);
    }
}

/* ---- requests ------------------------------------------------------------------------------- */

static const char *status_name(enum axon_status status)
{
    switch (status) {
    case AXON_STATUS_UNKNOWN:
        return "unknown";
    case AXON_STATUS_RECEIVED:
        return "received";
    case AXON_STATUS_PROCESSING:
        return "processing";
    case AXON_STATUS_REPLIED:
        return "replied";
    case AXON_STATUS_REJECTED:
        return "rejected";
    }
    abort();
}

static void put_request_leaf(struct axon_state *st, const uint8_t *id, const char *name,
                             struct ic_bytes value)
{
    struct ic_bytes request = {.at = id, .size = AXON_REQUEST_ID_BYTES};
    axon_tree_set(st->tree, AXON_PATH(L("request_status"), request, ic_bytes_from_text(name)),
                  value);
}

void axon_state_set_request(struct axon_state *st, const uint8_t id[AXON_REQUEST_ID_BYTES],
                            enum axon_status status, const struct axon_outcome *outcome)
{
    put_request_leaf(st, id, "status", ic_bytes_from_text(status_name(status)));
    if (status == AXON_STATUS_REPLIED) {
        put_request_leaf(st, id, "reply", axon_buf_bytes(&outcome->reply));
    } else if (status == AXON_STATUS_REJECTED) {
        struct axon_buf code = {0};
        axon_leb128_put(&code, (uint64_t)outcome->reject_code);
        put_request_leaf(st, id, "reject_code", axon_buf_bytes(&code));
        put_request_leaf(st, id, "reject_message", axon_buf_bytes(&outcome->reject_text));
        if (outcome->error_code[0] != '\0') {
            put_request_leaf(st, id, "error_code", ic_bytes_from_text(outcome->error_code));
        }
        axon_buf_free(&code);
    }
}

void axon_state_forget_request(struct axon_state *st, const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct ic_bytes request = {.at = id, .size = AXON_REQUEST_ID_BYTES};
    (void)axon_tree_remove(st->tree, AXON_PATH(L("request_status"), request));
}

/* ---- certificates --------------------------------------------------------------------------- */

static void refresh_time(struct axon_state *st, const struct axon_network *net)
{
    struct axon_buf time = {0};
    axon_leb128_put(&time, axon_time(net));
    axon_tree_set(st->tree, AXON_PATH(L("time")), axon_buf_bytes(&time));
    axon_buf_free(&time);
}

static const uint8_t *current_signature(struct axon_state *st)
{
    uint8_t hash[AXON_HASH_BYTES];
    axon_tree_hash(st->tree, hash);
    if (!st->is_signed || memcmp(hash, st->signed_hash, sizeof hash) != 0) {
        memcpy(st->signed_hash, hash, sizeof hash);
        axon_state_root_sign(&st->root_key, st->signature, hash);
        st->is_signed = true;
    }
    return st->signature;
}

void axon_state_certify(struct axon_state *st, const struct axon_network *net, struct axon_buf *out,
                        const struct axon_path *paths, size_t path_count)
{
    refresh_time(st, net);
    refresh_canisters(st, net);
    struct axon_path *all = axon_alloc((path_count + 1) * sizeof *all);
    struct ic_bytes time = L("time");
    all[0] = (struct axon_path){.labels = &time, .count = 1};
    for (size_t i = 0; i < path_count; i++) {
        all[i + 1] = paths[i];
    }
    axon_certificate_put_signed(out, st->tree, current_signature(st), all, path_count + 1);
    free(all);
}
