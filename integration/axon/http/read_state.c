/* Certified reads: which paths may be asked for, by whom, where. SPEC: ic-http 7.1, 7.2. */
#include "http/endpoints.h"

/* Who may ask for a path of a shape. */
enum access {
    ACCESS_ALL,
    ACCESS_SUBNET,   /* all, but only on the endpoints of the subnet */
    ACCESS_REQUEST,  /* label 1 is a request id: its sender, or anybody when it is unknown */
    ACCESS_CANISTER, /* label 1 is the effective canister id */
    ACCESS_METADATA, /* the same, label 3 a metadata section: private ones for controllers */
};

#define SHAPE_LABELS_MAX 5u

/* A label that may be anything. */
#define ANY NULL

static const struct shape {
    enum access access;
    size_t count;
    const char *labels[SHAPE_LABELS_MAX];
} SHAPES[] = {
    {ACCESS_ALL, 1, {"time"}},
    {ACCESS_ALL, 1, {"subnet"}},
    {ACCESS_ALL, 2, {"subnet", ANY}},
    {ACCESS_ALL, 3, {"subnet", ANY, "public_key"}},
    {ACCESS_ALL, 3, {"subnet", ANY, "type"}},
    {ACCESS_ALL, 3, {"subnet", ANY, "canister_ranges"}},
    {ACCESS_ALL, 3, {"subnet", ANY, "node"}},
    {ACCESS_ALL, 4, {"subnet", ANY, "node", ANY}},
    {ACCESS_ALL, 5, {"subnet", ANY, "node", ANY, "public_key"}},
    {ACCESS_SUBNET, 3, {"subnet", ANY, "metrics"}},
    {ACCESS_SUBNET, 1, {"canister_ranges"}},
    {ACCESS_SUBNET, 2, {"canister_ranges", ANY}},
    {ACCESS_SUBNET, 3, {"canister_ranges", ANY, ANY}},
    {ACCESS_ALL, 1, {"api_boundary_nodes"}},
    {ACCESS_ALL, 2, {"api_boundary_nodes", ANY}},
    {ACCESS_ALL, 3, {"api_boundary_nodes", ANY, "domain"}},
    {ACCESS_ALL, 3, {"api_boundary_nodes", ANY, "ipv4_address"}},
    {ACCESS_ALL, 3, {"api_boundary_nodes", ANY, "ipv6_address"}},
    {ACCESS_REQUEST, 2, {"request_status", ANY}},
    {ACCESS_REQUEST, 3, {"request_status", ANY, "status"}},
    {ACCESS_REQUEST, 3, {"request_status", ANY, "reply"}},
    {ACCESS_REQUEST, 3, {"request_status", ANY, "reject_code"}},
    {ACCESS_REQUEST, 3, {"request_status", ANY, "reject_message"}},
    {ACCESS_REQUEST, 3, {"request_status", ANY, "error_code"}},
    {ACCESS_CANISTER, 3, {"canister", ANY, "controllers"}},
    {ACCESS_CANISTER, 3, {"canister", ANY, "module_hash"}},
    {ACCESS_CANISTER, 3, {"canister", ANY, "canister_creation_timestamp"}},
    {ACCESS_CANISTER, 3, {"canister", ANY, "last_install_timestamp"}},
    {ACCESS_METADATA, 4, {"canister", ANY, "metadata", ANY}},
};

struct check {
    struct axon_service *s;
    struct axon_http_reply *reply;
    const struct axon_route *route;
    const struct axon_request *request;
    bool has_request_id;
    struct ic_bytes request_id; /* the one that all request_status paths must name */
};

static bool refuse(const struct check *c, enum axon_http_status status, const char *text)
{
    axon_reply_text(c->reply, status, "%s", text);
    return false;
}

static bool shape_fits(const struct shape *shape, const struct axon_path *path)
{
    if (path->count != shape->count) {
        return false;
    }
    for (size_t i = 0; i < shape->count; i++) {
        if (shape->labels[i] != ANY &&
            !ic_bytes_is_equal(path->labels[i], ic_bytes_from_text(shape->labels[i]))) {
            return false;
        }
    }
    return true;
}

static bool request_check(struct check *c, struct ic_bytes id)
{
    if (id.size != AXON_REQUEST_ID_BYTES) {
        return refuse(c, AXON_HTTP_BAD_REQUEST, "A request id in a path is not 32 bytes long.");
    }
    if (c->has_request_id && !ic_bytes_is_equal(c->request_id, id)) {
        return refuse(c, AXON_HTTP_BAD_REQUEST,
                      "Can only request a single request ID in request_status paths.");
    }
    c->has_request_id = true;
    c->request_id = id;
    const struct axon_ingress_entry *e = axon_ingress_find(c->s->history, id.at);
    if (e == NULL) {
        return true;
    }
    if (!ic_principal_is_equal(&e->sender, &c->request->sender)) {
        return refuse(c, AXON_HTTP_FORBIDDEN,
                      "The user tries to access Request ID not signed by the caller.");
    }
    if (!axon_request_is_targeted(c->request, &e->receiver)) {
        return refuse(c, AXON_HTTP_FORBIDDEN,
                      "The user tries to access request IDs for canisters not belonging to sender "
                      "delegation targets.");
    }
    return true;
}

static bool canister_check(const struct check *c, struct ic_bytes id)
{
    struct ic_principal canister;
    if (!ic_principal_from_bytes(&canister, id)) {
        return refuse(c, AXON_HTTP_BAD_REQUEST, "A canister id in a path is not a principal.");
    }
    if (ic_principal_is_equal(&canister, &c->route->target)) {
        return true;
    }
    char effective[IC_PRINCIPAL_TEXT_MAX + 1];
    char requested[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(effective, &c->route->target);
    ic_principal_to_text(requested, &canister);
    axon_reply_text(c->reply, AXON_HTTP_FORBIDDEN,
                    "Effective principal id in URL %s does not match requested principal id: %s.",
                    effective, requested);
    return false;
}

static bool sender_controls(const struct check *c)
{
    struct axon_canister_info info;
    if (!axon_canister_find(c->s->net, &info, &c->route->target)) {
        return false;
    }
    for (size_t i = 0; i < info.controller_count; i++) {
        if (ic_principal_is_equal(&info.controllers[i], &c->request->sender)) {
            return true;
        }
    }
    return false;
}

/* Finds a section by its name, which need not be C text. */
static bool section_is_private(const struct check *c, struct ic_bytes wanted)
{
    struct ic_bytes name;
    struct ic_bytes content;
    bool is_public;
    for (size_t i = 0;
         axon_canister_metadata_at(c->s->net, &c->route->target, i, &name, &content, &is_public);
         i++) {
        if (ic_bytes_is_equal(name, wanted)) {
            return !is_public;
        }
    }
    return false;
}

static bool metadata_check(const struct check *c, struct ic_bytes name)
{
    if (!section_is_private(c, name) || sender_controls(c)) {
        return true;
    }
    axon_reply_text(c->reply, AXON_HTTP_FORBIDDEN,
                    "Custom section %.*s can only be requested by the controllers of the canister.",
                    (int)name.size, (const char *)name.at);
    return false;
}

static bool path_check(struct check *c, const struct axon_path *path)
{
    size_t i = 0;
    while (i < sizeof SHAPES / sizeof SHAPES[0] && !shape_fits(&SHAPES[i], path)) {
        i++;
    }
    if (i == sizeof SHAPES / sizeof SHAPES[0]) {
        return refuse(c, AXON_HTTP_NOT_FOUND, "Invalid path requested.");
    }
    enum access access = SHAPES[i].access;
    if (access != ACCESS_ALL && (access == ACCESS_SUBNET) != c->route->is_subnet) {
        return refuse(c, AXON_HTTP_FORBIDDEN, "The path is not available on this endpoint.");
    }
    switch (access) {
    case ACCESS_ALL:
    case ACCESS_SUBNET:
        return true;
    case ACCESS_REQUEST:
        return request_check(c, path->labels[1]);
    case ACCESS_CANISTER:
        return canister_check(c, path->labels[1]);
    case ACCESS_METADATA:
        return canister_check(c, path->labels[1]) && metadata_check(c, path->labels[3]);
    }
    return false;
}

/* The subnet named in the URL must be the one that is here. */
static bool subnet_check(const struct check *c)
{
    struct ic_principal subnet = axon_state_subnet(c->s->state);
    if (!c->route->is_subnet || ic_principal_is_equal(&subnet, &c->route->target)) {
        return true;
    }
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(text, &c->route->target);
    axon_reply_text(c->reply, AXON_HTTP_NOT_FOUND, "Subnet %s not found.", text);
    return false;
}

void axon_endpoint_read_state(struct axon_service *s, struct axon_http_reply *reply,
                              const struct axon_route *route, struct ic_bytes body)
{
    struct axon_request r;
    uint8_t id[AXON_REQUEST_ID_BYTES];
    struct check c = {.s = s, .reply = reply, .route = route, .request = &r};
    if (!subnet_check(&c) || !axon_request_admit(s, reply, route, body, &r, id)) {
        return;
    }
    for (size_t i = 0; i < r.path_count; i++) {
        if (!path_check(&c, &r.paths[i])) {
            return;
        }
    }
    struct axon_buf certificate = {0};
    axon_state_certify(s->state, s->net, &certificate, r.paths, r.path_count);
    struct axon_buf *out = axon_reply_cbor(reply);
    axon_cbor_put_map(out, 1);
    axon_cbor_put_text(out, "certificate");
    axon_cbor_put_bytes(out, axon_buf_bytes(&certificate));
    axon_buf_free(&certificate);
}
