#include "http/service.h"

#include "http/effective.h"
#include "http/endpoints.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#define SEED_DEFAULT "axon"
#define NS_PER_S     1000000000u
/* One tick keeps the lock no longer than this, save for a single long message. */
#define TICK_BUDGET_NS 50000000u
/* Polls of the wall clock are not free: it is read once for so many steps. */
#define STEPS_PER_CLOCK 16u

static const char TEXT_TYPE[] = "text/plain; charset=utf-8";
static const char CBOR_TYPE[] = "application/cbor";

/* ---- making --------------------------------------------------------------------------------- */

static uint64_t wall_clock_ns(void *context)
{
    struct timespec t;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* The certificate that a query of canister reads with data_certificate_copy. */
static void certify(void *context, struct axon_network *net, const struct ic_principal *canister,
                    struct axon_buf *out)
{
    struct axon_service *s = context;
    struct axon_path path = AXON_PATH(IC_BYTES_LIT("canister"), ic_principal_bytes(canister),
                                      IC_BYTES_LIT("certified_data"));
    axon_state_certify(s->state, net, out, &path, 1);
}

struct axon_service *axon_service_new(struct axon_network *net,
                                      const struct axon_service_config *config)
{
    struct axon_service *s = axon_alloc(sizeof *s);
    s->net = net;
    s->state = axon_state_new(config->seed == NULL ? SEED_DEFAULT : config->seed);
    s->history = axon_ingress_history_new();
    s->clock_ns = config->clock_ns == NULL ? wall_clock_ns : config->clock_ns;
    s->clock_context = config->clock_context;
    axon_set_root_key(net, axon_state_root_key(s->state));
    axon_set_certifier(net, certify, s);
    return s;
}

void axon_service_free(struct axon_service *s)
{
    axon_set_certifier(s->net, NULL, NULL);
    axon_ingress_history_free(s->history);
    axon_state_free(s->state);
    axon_request_store_free(&s->store);
    axon_outcome_free(&s->outcome);
    free(s);
}

struct ic_bytes axon_service_root_key(const struct axon_service *s)
{
    return axon_state_root_key(s->state);
}

struct ic_principal axon_service_subnet(const struct axon_service *s)
{
    return axon_state_subnet(s->state);
}

struct ic_principal axon_service_node(const struct axon_service *s)
{
    return axon_state_node(s->state);
}

/* ---- replies -------------------------------------------------------------------------------- */

void axon_reply_text(struct axon_http_reply *reply, enum axon_http_status status,
                     const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&text, format, args);
    va_end(args);
    axon_buf_clear(&reply->body);
    reply->status = status;
    reply->content_type = TEXT_TYPE;
    reply->is_pending = false;
    if (size >= 0) {
        axon_buf_append(&reply->body, ic_bytes_from_text(text));
    }
    free(text);
}

struct axon_buf *axon_reply_cbor(struct axon_http_reply *reply)
{
    axon_buf_clear(&reply->body);
    reply->status = AXON_HTTP_OK;
    reply->content_type = CBOR_TYPE;
    reply->is_pending = false;
    axon_cbor_put_tag(&reply->body, AXON_CBOR_SELF_DESCRIBED);
    return &reply->body;
}

/* ---- time and execution --------------------------------------------------------------------- */

void axon_service_follow_clock(struct axon_service *s, bool at_once)
{
    uint64_t now_ns = s->clock_ns(s->clock_context);
    if (now_ns > axon_time(s->net) + (at_once ? 0 : AXON_CLOCK_STEP_NS)) {
        axon_set_time(s->net, now_ns);
        s->height++;
    }
}

/* Takes the state of a request over from the network into the certified state. */
static void take_over(void *context, struct axon_ingress_entry *e)
{
    struct axon_service *s = context;
    if (!axon_poll(s->net, &s->outcome, e->message_id) || s->outcome.status == e->status) {
        return;
    }
    e->status = s->outcome.status;
    axon_state_set_request(s->state, e->id, e->status, &s->outcome);
    if (axon_ingress_is_finished(e)) {
        axon_forget(s->net, e->message_id);
        axon_ingress_mark_finished(s->history, e, axon_time(s->net));
        s->height++;
    }
}

void axon_service_run(struct axon_service *s, const struct axon_ingress_entry *until,
                      uint64_t budget_ns)
{
    uint64_t start_ns = s->clock_ns(s->clock_context);
    for (uint32_t steps = 1; axon_step(s->net); steps++) {
        if (until != NULL) {
            axon_ingress_each_open(s->history, take_over, s);
            if (axon_ingress_is_finished(until)) {
                break;
            }
        }
        if (steps % STEPS_PER_CLOCK == 0 && s->clock_ns(s->clock_context) - start_ns > budget_ns) {
            break;
        }
    }
    axon_ingress_each_open(s->history, take_over, s);
}

static void forget_request(void *context, const struct axon_ingress_entry *e)
{
    struct axon_service *s = context;
    axon_state_forget_request(s->state, e->id);
}

void axon_service_tick(struct axon_service *s)
{
    axon_service_follow_clock(s, false);
    axon_service_run(s, NULL, TICK_BUDGET_NS);
    axon_ingress_drop_old(s->history, axon_time(s->net), forget_request, s);
}

/* ---- admission ------------------------------------------------------------------------------ */

static bool effective_check(struct axon_http_reply *reply, const struct axon_route *route,
                            const struct axon_request *r)
{
    struct ic_principal canister;
    if (!axon_effective_canister(&canister, r) ||
        ic_principal_is_equal(&canister, &route->target)) {
        return true;
    }
    char specified[IC_PRINCIPAL_TEXT_MAX + 1];
    char effective[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(specified, &canister);
    ic_principal_to_text(effective, &route->target);
    axon_reply_text(reply, AXON_HTTP_BAD_REQUEST,
                    "Specified CanisterId %s does not match effective canister id in URL %s",
                    specified, effective);
    return false;
}

bool axon_request_admit(struct axon_service *s, struct axon_http_reply *reply,
                        const struct axon_route *route, struct ic_bytes body,
                        struct axon_request *r, uint8_t id[AXON_REQUEST_ID_BYTES])
{
    if (!axon_request_read(r, &s->store, route->type, body)) {
        axon_reply_text(reply, AXON_HTTP_BAD_REQUEST, "Could not parse body as %s message: %s",
                        axon_request_type_name(route->type), s->store.why);
        return false;
    }
    if (r->path_count > AXON_PATHS_MAX) {
        axon_reply_text(reply, AXON_HTTP_BAD_REQUEST,
                        "Too many paths in read state request: got %zu paths, but at most %u are "
                        "allowed.",
                        r->path_count, AXON_PATHS_MAX);
        return false;
    }
    if (route->type != AXON_REQUEST_READ_STATE && !effective_check(reply, route, r)) {
        return false;
    }
    struct axon_buf why = {0};
    axon_request_id(r, id);
    bool ok = axon_request_authenticate(r, axon_time(s->net), id, &why);
    if (!ok) {
        axon_reply_text(reply, AXON_HTTP_BAD_REQUEST, "%s", axon_buf_text(&why));
    }
    axon_buf_free(&why);
    return ok;
}

char *axon_request_method_text(const struct axon_request *r)
{
    char *text = axon_alloc(r->method.size + 1);
    if (r->method.size > 0) {
        memcpy(text, r->method.at, r->method.size);
    }
    return text;
}

/* ---- routing -------------------------------------------------------------------------------- */

static void reply_status(const struct axon_service *s, struct axon_http_reply *reply)
{
    struct axon_buf *out = axon_reply_cbor(reply);
    axon_cbor_put_map(out, 4);
    axon_cbor_put_text(out, "root_key");
    axon_cbor_put_bytes(out, axon_state_root_key(s->state));
    axon_cbor_put_text(out, "impl_version");
    axon_cbor_put_text(out, "axon");
    axon_cbor_put_text(out, "replica_health_status");
    axon_cbor_put_text(out, "healthy");
    axon_cbor_put_text(out, "certified_height");
    axon_cbor_put_nat(out, s->height);
}

/* The endpoints: /api/v<version>/<scope>/<id>/<name>, all by POST. */
static const struct {
    const char *scope;
    const char *name;
    enum axon_request_type type;
    unsigned version_max; /* from 2 on */
} ENDPOINTS[] = {
    {"canister", "call", AXON_REQUEST_CALL, 4},
    {"canister", "query", AXON_REQUEST_QUERY, 3},
    {"canister", "read_state", AXON_REQUEST_READ_STATE, 3},
    {"subnet", "read_state", AXON_REQUEST_READ_STATE, 3},
};

#define PATH_PARTS_MAX 5u

/* Splits "/a/b/c" into at most PATH_PARTS_MAX parts; 0 when there are more, or none. */
static size_t split_path(struct ic_bytes parts[PATH_PARTS_MAX], const char *path)
{
    size_t count = 0;
    while (*path == '/') {
        size_t size = strcspn(path + 1, "/");
        if (count == PATH_PARTS_MAX) {
            return 0;
        }
        parts[count++] = (struct ic_bytes){.at = (const uint8_t *)path + 1, .size = size};
        path += 1 + size;
    }
    return count;
}

static bool part_is(struct ic_bytes part, const char *text)
{
    return ic_bytes_is_equal(part, ic_bytes_from_text(text));
}

/* v2, v3, v4; 0 when it is something else. */
static unsigned version_from_part(struct ic_bytes part)
{
    return part.size == 2 && part.at[0] == 'v' && part.at[1] >= '2' && part.at[1] <= '4'
               ? part.at[1] - (unsigned)'0'
               : 0;
}

/* Finds the endpoint; *target is the part with the id. False when there is no such path. */
static bool find_endpoint(struct axon_route *route, struct ic_bytes *target, const char *path)
{
    struct ic_bytes part[PATH_PARTS_MAX];
    if (split_path(part, path) != PATH_PARTS_MAX || !part_is(part[0], "api")) {
        return false;
    }
    unsigned version = version_from_part(part[1]);
    for (size_t i = 0; i < sizeof ENDPOINTS / sizeof ENDPOINTS[0]; i++) {
        if (version != 0 && version <= ENDPOINTS[i].version_max &&
            part_is(part[2], ENDPOINTS[i].scope) && part_is(part[4], ENDPOINTS[i].name)) {
            *route = (struct axon_route){.type = ENDPOINTS[i].type,
                                         .version = version,
                                         .is_subnet = part_is(part[2], "subnet")};
            *target = part[3];
            return true;
        }
    }
    return false;
}

/* "application/cbor", perhaps with parameters. */
static bool content_is_cbor(const char *content_type)
{
    size_t size = sizeof CBOR_TYPE - 1;
    return content_type != NULL && strncasecmp(content_type, CBOR_TYPE, size) == 0 &&
           (content_type[size] == '\0' || content_type[size] == ';' || content_type[size] == ' ');
}

/* What is wrong with a request before its body is looked at, in the order of precedence. */
static bool request_is_acceptable(struct axon_http_reply *reply, struct axon_route *route,
                                  struct ic_bytes target, const struct axon_http_request *request)
{
    if (strcmp(request->method, "POST") != 0) {
        axon_reply_text(reply, AXON_HTTP_METHOD_NOT_ALLOWED, "Method not allowed: use POST.");
    } else if (!content_is_cbor(request->content_type)) {
        axon_reply_text(reply, AXON_HTTP_BAD_REQUEST,
                        "Unexpected content-type, expected application/cbor.");
    } else if (request->body.size > AXON_REQUEST_BYTES_MAX) {
        axon_reply_text(reply, AXON_HTTP_TOO_LARGE, "The request body is larger than %u bytes.",
                        AXON_REQUEST_BYTES_MAX);
    } else if (!ic_principal_from_text(&route->target, target)) {
        axon_reply_text(reply, AXON_HTTP_BAD_REQUEST, "The id in the URL is not a principal.");
    } else {
        return true;
    }
    return false;
}

static void dispatch(struct axon_service *s, struct axon_http_reply *reply,
                     const struct axon_route *route, struct ic_bytes body)
{
    axon_service_follow_clock(s, route->type == AXON_REQUEST_CALL);
    switch (route->type) {
    case AXON_REQUEST_CALL:
        axon_endpoint_call(s, reply, route, body);
        return;
    case AXON_REQUEST_QUERY:
        axon_endpoint_query(s, reply, route, body);
        return;
    case AXON_REQUEST_READ_STATE:
        axon_endpoint_read_state(s, reply, route, body);
        return;
    }
    abort();
}

void axon_service_handle(struct axon_service *s, struct axon_http_reply *reply,
                         const struct axon_http_request *request)
{
    struct axon_route route;
    struct ic_bytes target;
    if (strcmp(request->path, "/api/v2/status") == 0) {
        if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0) {
            reply_status(s, reply);
        } else {
            axon_reply_text(reply, AXON_HTTP_METHOD_NOT_ALLOWED, "Method not allowed: use GET.");
        }
    } else if (!find_endpoint(&route, &target, request->path)) {
        axon_reply_text(reply, AXON_HTTP_NOT_FOUND, "Not found: %s", request->path);
    } else if (request_is_acceptable(reply, &route, target, request)) {
        dispatch(s, reply, &route, request->body);
    }
}
