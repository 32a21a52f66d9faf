#include "http/request.h"

#include <stdio.h>
#include <stdlib.h>

/* Decoding follows the envelope once; the first failure is kept and ends it. */
struct reader {
    struct axon_request *out;
    struct axon_request_store *store;
    bool failed;
};

static void fail(struct reader *rd, const char *key, const char *what)
{
    if (!rd->failed) {
        rd->failed = true;
        snprintf(rd->store->why, sizeof rd->store->why, "field %s %s", key, what);
    }
}

/* ---- fields --------------------------------------------------------------------------------- */

/* The field's value, of the kind wanted; NULL after a failure or when it is absent. */
static const struct axon_cbor *optional(struct reader *rd, const struct axon_cbor *map,
                                        const char *key, enum axon_cbor_kind kind)
{
    const struct axon_cbor *value = rd->failed ? NULL : axon_cbor_find(map, key);
    if (value == NULL || value->kind == AXON_CBOR_NULL) {
        return NULL; /* some encoders write absent options as null */
    }
    if (value->kind != kind) {
        fail(rd, key, "has the wrong type");
        return NULL;
    }
    return value;
}

static const struct axon_cbor *required(struct reader *rd, const struct axon_cbor *map,
                                        const char *key, enum axon_cbor_kind kind)
{
    const struct axon_cbor *value = optional(rd, map, key, kind);
    if (value == NULL) {
        fail(rd, key, "is missing");
    }
    return value;
}

static struct ic_bytes required_bytes(struct reader *rd, const struct axon_cbor *map,
                                      const char *key, enum axon_cbor_kind kind)
{
    const struct axon_cbor *value = required(rd, map, key, kind);
    return value == NULL ? (struct ic_bytes){0} : value->bytes;
}

static struct ic_bytes optional_bytes(struct reader *rd, bool *has, const struct axon_cbor *map,
                                      const char *key)
{
    const struct axon_cbor *value = optional(rd, map, key, AXON_CBOR_BYTES);
    *has = value != NULL;
    return value == NULL ? (struct ic_bytes){0} : value->bytes;
}

static uint64_t required_nat(struct reader *rd, const struct axon_cbor *map, const char *key)
{
    const struct axon_cbor *value = required(rd, map, key, AXON_CBOR_NAT);
    return value == NULL ? 0 : value->number;
}

static struct ic_principal principal_from_bytes(struct reader *rd, const char *key,
                                                struct ic_bytes bytes)
{
    struct ic_principal p = IC_PRINCIPAL_MANAGEMENT;
#ifdef AXON_PLANTED_BUG
    /* The bug that fuzz_cbor_request must find: the size is believed. */
    if (bytes.size > 0) {
        memcpy(p.bytes, bytes.at, bytes.size);
    }
    p.size = (uint8_t)bytes.size;
    (void)key;
    (void)rd;
#else
    if (!ic_principal_from_bytes(&p, bytes)) {
        fail(rd, key, "is not a principal: more than 29 bytes");
    }
#endif
    return p;
}

static struct ic_principal required_principal(struct reader *rd, const struct axon_cbor *map,
                                              const char *key)
{
    return principal_from_bytes(rd, key, required_bytes(rd, map, key, AXON_CBOR_BYTES));
}

/* Fields that are not known here are not part of the request id as computed here, so the signature
 * would not cover them. */
static void refuse_other_keys(struct reader *rd, const struct axon_cbor *map, const char *where,
                              const char *const *known)
{
    const struct axon_cbor *key = rd->failed ? NULL : axon_cbor_first(map);
    for (uint32_t i = 0; key != NULL && i < map->count; i++) {
        size_t k = 0;
        while (known[k] != NULL && !axon_cbor_is_text(key, known[k])) {
            k++;
        }
        if (known[k] == NULL) {
            fail(rd, where, "has an unknown field");
            return;
        }
        key = axon_cbor_next(axon_cbor_next(key));
    }
}

/* ---- delegations ---------------------------------------------------------------------------- */

static enum axon_permissions read_permissions(struct reader *rd, const struct axon_cbor *map)
{
    const struct axon_cbor *value = optional(rd, map, "permissions", AXON_CBOR_TEXT);
    if (value == NULL) {
        return AXON_PERMISSIONS_ABSENT;
    }
    if (axon_cbor_is_text(value, "queries")) {
        return AXON_PERMISSIONS_QUERIES;
    }
    if (!axon_cbor_is_text(value, "all")) {
        fail(rd, "permissions", "is neither all nor queries");
    }
    return AXON_PERMISSIONS_ALL;
}

/* Appends the targets to the store's array, which has room for all of them.
 *   used      of the array */
static void read_targets(struct reader *rd, struct axon_delegation *out, size_t *used,
                         const struct axon_cbor *array)
{
    out->has_targets = true;
    out->targets = rd->store->targets + *used;
    out->target_count = array->count;
    const struct axon_cbor *target = axon_cbor_first(array);
    for (uint32_t i = 0; i < array->count && !rd->failed; i++) {
        if (target->kind != AXON_CBOR_BYTES) {
            fail(rd, "targets", "has the wrong type");
            return;
        }
        rd->store->targets[(*used)++] = principal_from_bytes(rd, "targets", target->bytes);
        target = axon_cbor_next(target);
    }
}

static void read_delegation(struct reader *rd, struct axon_delegation *out, size_t *used,
                            const struct axon_cbor *element)
{
    static const char *const KNOWN[] = {"pubkey", "expiration", "targets", "permissions", NULL};
    if (element->kind != AXON_CBOR_MAP) {
        fail(rd, "sender_delegation", "has the wrong type");
        return;
    }
    out->signature = required_bytes(rd, element, "signature", AXON_CBOR_BYTES);
    const struct axon_cbor *map = required(rd, element, "delegation", AXON_CBOR_MAP);
    if (map == NULL) {
        return;
    }
    refuse_other_keys(rd, map, "delegation", KNOWN);
    out->public_key = required_bytes(rd, map, "pubkey", AXON_CBOR_BYTES);
    out->expiration_ns = required_nat(rd, map, "expiration");
    out->permissions = read_permissions(rd, map);
    const struct axon_cbor *targets = optional(rd, map, "targets", AXON_CBOR_ARRAY);
    if (targets != NULL) {
        read_targets(rd, out, used, targets);
    }
}

static void read_delegations(struct reader *rd, const struct axon_cbor *envelope)
{
    struct axon_request *r = rd->out;
    const struct axon_cbor *array = optional(rd, envelope, "sender_delegation", AXON_CBOR_ARRAY);
    if (array == NULL) {
        return;
    }
    /* No more targets than nodes: one allocation serves all delegations. */
    rd->store->delegations = axon_alloc(array->count * sizeof *r->delegations);
    rd->store->targets = axon_alloc(array->span * sizeof *rd->store->targets);
    size_t used = 0;
    const struct axon_cbor *element = axon_cbor_first(array);
    for (uint32_t i = 0; i < array->count && !rd->failed; i++) {
        read_delegation(rd, &rd->store->delegations[i], &used, element);
        element = axon_cbor_next(element);
    }
    r->has_delegations = true;
    r->delegations = rd->store->delegations;
    r->delegation_count = array->count;
}

/* ---- paths ---------------------------------------------------------------------------------- */

static void read_path(struct reader *rd, struct axon_path *out, struct ic_bytes *labels,
                      const struct axon_cbor *array)
{
    if (array->kind != AXON_CBOR_ARRAY) {
        fail(rd, "paths", "has the wrong type");
        return;
    }
    if (array->count > AXON_PATH_LABELS_MAX) {
        fail(rd, "paths", "has a path of more than 127 labels");
        return;
    }
    const struct axon_cbor *label = axon_cbor_first(array);
    for (uint32_t i = 0; i < array->count; i++) {
        if (label->kind != AXON_CBOR_BYTES) {
            fail(rd, "paths", "has the wrong type");
            return;
        }
        labels[i] = label->bytes;
        label = axon_cbor_next(label);
    }
    *out = (struct axon_path){.labels = labels, .count = array->count};
}

/* How many paths are too many is decided by the service, how many delegations and targets by the
 * authentication: they have texts of their own for it. */
static void read_paths(struct reader *rd, const struct axon_cbor *content)
{
    const struct axon_cbor *array = required(rd, content, "paths", AXON_CBOR_ARRAY);
    if (array == NULL) {
        return;
    }
    rd->store->paths = axon_alloc(array->count * sizeof *rd->store->paths);
    rd->store->labels = axon_alloc(array->span * sizeof *rd->store->labels);
    size_t used = 0;
    const struct axon_cbor *path = axon_cbor_first(array);
    for (uint32_t i = 0; i < array->count && !rd->failed; i++) {
        read_path(rd, &rd->store->paths[i], rd->store->labels + used, path);
        used += path->count;
        path = axon_cbor_next(path);
    }
    rd->out->paths = rd->store->paths;
    rd->out->path_count = array->count;
}

/* ---- the envelope --------------------------------------------------------------------------- */

static void read_type(struct reader *rd, const struct axon_cbor *content)
{
    const struct axon_cbor *value = required(rd, content, "request_type", AXON_CBOR_TEXT);
    if (value != NULL && !axon_cbor_is_text(value, axon_request_type_name(rd->out->type))) {
        fail(rd, "request_type", "does not fit the endpoint");
    }
}

static void read_content(struct reader *rd, const struct axon_cbor *content)
{
    static const char *const KNOWN_CALL[] = {"request_type", "sender",      "ingress_expiry",
                                             "nonce",        "canister_id", "method_name",
                                             "arg",          NULL};
    static const char *const KNOWN_READ[] = {"request_type", "sender", "ingress_expiry",
                                             "nonce",        "paths",  NULL};
    struct axon_request *r = rd->out;
    bool is_read = r->type == AXON_REQUEST_READ_STATE;
    read_type(rd, content);
    r->sender = required_principal(rd, content, "sender");
    r->ingress_expiry_ns = required_nat(rd, content, "ingress_expiry");
    r->nonce = optional_bytes(rd, &r->has_nonce, content, "nonce");
    if (r->nonce.size > AXON_NONCE_BYTES_MAX) {
        fail(rd, "nonce", "is longer than 32 bytes");
    }
    if (is_read) {
        read_paths(rd, content);
    } else {
        r->canister = required_principal(rd, content, "canister_id");
        r->method = required_bytes(rd, content, "method_name", AXON_CBOR_TEXT);
        r->arg = required_bytes(rd, content, "arg", AXON_CBOR_BYTES);
        if (r->method.size > AXON_REQUEST_METHOD_BYTES_MAX ||
            (r->method.size > 0 && memchr(r->method.at, '\0', r->method.size) != NULL)) {
            fail(rd, "method_name", "is not a method name");
        }
    }
    refuse_other_keys(rd, content, "content", is_read ? KNOWN_READ : KNOWN_CALL);
}

static void store_clear(struct axon_request_store *store)
{
    free(store->paths);
    free(store->labels);
    free(store->delegations);
    free(store->targets);
    store->paths = NULL;
    store->labels = NULL;
    store->delegations = NULL;
    store->targets = NULL;
    store->why[0] = '\0';
}

bool axon_request_read(struct axon_request *out, struct axon_request_store *store,
                       enum axon_request_type type, struct ic_bytes in)
{
    struct reader rd = {.out = out, .store = store};
    store_clear(store);
    *out = (struct axon_request){.type = type};
    if (!axon_cbor_read(&store->doc, in)) {
        snprintf(store->why, sizeof store->why, "%s", store->doc.why);
        return false;
    }
    const struct axon_cbor *envelope = store->doc.nodes;
    const struct axon_cbor *content = required(&rd, envelope, "content", AXON_CBOR_MAP);
    if (content != NULL) {
        read_content(&rd, content);
    }
    out->public_key = optional_bytes(&rd, &out->has_public_key, envelope, "sender_pubkey");
    out->signature = optional_bytes(&rd, &out->has_signature, envelope, "sender_sig");
    read_delegations(&rd, envelope);
    return !rd.failed;
}

void axon_request_store_free(struct axon_request_store *store)
{
    store_clear(store);
    axon_cbor_doc_free(&store->doc);
}
