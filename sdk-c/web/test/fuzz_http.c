/* Any URL, any range, and any bytes as the argument of http_request: parsed within the limits,
 * routed, answered or refused with a text, never more.
 *
 * The first byte chooses: even, the rest is a URL and a range; odd, the rest is a Candid message. */
#include "host/ic_host.h"
#include "ic/cert.h"
#include "ic/http.h"
#include "ic/msg.h"
#include "ic_web_did.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Little, so that running out of it is tried too. */
#define ARENA_BYTES (128u << 10)

#define CONTENT_BYTES 1000u

static const struct ic_store_app APP = {.magic = "FUZZHTTP", .version = 1};
static struct ic_store store;
static struct ic_cert tree;

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

/* ---- a site ---------------------------------------------------------------------------------- */

static void echo(const struct ic_http_request *request, struct ic_http_response *response)
{
    struct ic_bytes value;
    if (!ic_http_query_find(&value, request, "a")) {
        value = request->param_count > 0 ? request->params[0] : request->path;
    }
    ic_http_answer(response, 200, "text/plain", value);
}

static void content_read(void *context, uint8_t *out, uint64_t at, size_t size)
{
    (void)context;
    must(size > 0 && at < CONTENT_BYTES && size <= CONTENT_BYTES - at, "the range is there");
    memset(out, 'c', size);
}

static void content(const struct ic_http_request *request, struct ic_http_response *response)
{
    const struct ic_http_content all = {.size = CONTENT_BYTES, .read = content_read};
    ic_http_answer_content(request, response, "text/plain", &all);
}

static const char *const NAMES[] = {"a", "host", NULL};
static const struct ic_http_route ROUTES[] = {
    IC_HTTP_ROUTE(IC_HTTP_GET, "/", echo, IC_HTTP_CERTIFIED),
    {IC_HTTP_GET, "/p/:x", echo, IC_HTTP_CERTIFIED_REQUEST, {NAMES, NAMES}},
    IC_HTTP_ROUTE(IC_HTTP_POST, "/p/:x/:y", echo, IC_HTTP_BY_UPDATE),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/f/*", echo, IC_HTTP_UNPROVED),
    IC_HTTP_ROUTE_IN_PARTS("/c", content),
};
static const struct ic_http_site SITE = {ROUTES, 5, &tree, NULL};

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_cert_open(&tree, &store, 0);
    ic_http_certify_site(&SITE, ic_msg_arena(ARENA_BYTES));
    ic_cert_commit(&tree);
}

static void serve(void *argument)
{
    (void)ic_msg_arena(ARENA_BYTES);
    ic_http_query(&SITE, *(struct ic_bytes *)argument);
}

static void serve_update(void *argument)
{
    (void)ic_msg_arena(ARENA_BYTES);
    ic_http_update(&SITE, *(struct ic_bytes *)argument);
}

/* ---- the two kinds of input ------------------------------------------------------------------ */

/* The same text as the range of a body. */
static void try_range(struct ic_bytes text)
{
    static uint8_t memory[4096];
    struct ic_arena arena;
    const struct ic_http_field field = {IC_BYTES_LIT("Range"), text};
    const struct ic_http_request request = {
        .method = IC_HTTP_GET, .fields = &field, .field_count = 1, .arena = &arena};
    struct ic_http_response response = {.status = 200};
    ic_arena_init(&arena, memory, sizeof memory);
    content(&request, &response);
    must(response.status == 200 || response.status == 206 || response.status == 416, "a status");
    must(response.status != 200 || response.body.size == CONTENT_BYTES, "all of it");
    must(response.status != 206 || (response.body.size > 0 && response.part.end <= CONTENT_BYTES &&
                                    response.body.size <= response.part.end),
         "a part of it");
}

static void try_url(struct ic_bytes url)
{
    static uint8_t memory[1 << 16];
    struct ic_arena arena;
    ic_arena_init(&arena, memory, sizeof memory);
    struct ic_http_request request = {.arena = &arena, .method_text = IC_BYTES_LIT("GET")};
    const unsigned status = ic_http_url_parse(&request, url);
    must(status == 0 || status == 400 || status == 414, "a status that refuses");
    must(url.size <= IC_HTTP_URL_BYTES_MAX || status == 414, "long URLs are refused");
    if (status != 0) {
        return;
    }
    must(request.segment_count >= 1 && request.segment_count <= IC_HTTP_SEGMENTS_MAX, "parts");
    for (size_t i = 0; i < request.segment_count; i++) {
        const struct ic_bytes part = request.segments[i];
        must(part.size > 0 || i + 1 == request.segment_count, "only the last part is empty");
        must(part.size == 0 || memchr(part.at, '/', part.size) == NULL, "parts have no slash");
    }
    unsigned allowed = 0;
    const struct ic_http_route *route = ic_http_route_find(&SITE, &request, &allowed);
    must(route == NULL || route->method == IC_HTTP_GET, "the route fits");
    struct ic_bytes value;
    must(!ic_http_query_find(&value, &request, "a") || value.size <= url.size, "values shrink");
    uint8_t hash[IC_CERT_HASH_BYTES];
    ic_http_request_hash(hash, &request, ROUTES[1].names);
}

static void try_message(void (*method)(void *), struct ic_bytes message)
{
    if (!ic_host_run(method, &message)) {
        const char *why = ic_host_trap_text();
        must(strncmp(why, "Candid: ", 8) == 0 || strncmp(why, "http: ", 6) == 0, why);
        return;
    }
    static uint8_t memory[ARENA_BYTES];
    struct ic_arena arena;
    struct ic_web_http_request_out out;
    ic_arena_init(&arena, memory, sizeof memory);
    must(ic_host_has_replied() && candid_decode(&out, &ic_web_http_request_method.out,
                                                ic_host_reply(), &arena) == CANDID_OK,
         "the reply is an HttpResponse");
    must((out.ret0.upgrade.has && out.ret0.upgrade.value) || out.ret0.status_code >= 200,
         "an answer has a status");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    if (!is_ready) {
        ic_host_reset();
        must(ic_host_run(create, NULL), "the site is made");
        ic_host_certificate_set(IC_BYTES_LIT("certificate"));
        is_ready = true;
    }
    if (size == 0) {
        return 0;
    }
    const struct ic_bytes rest = {.at = data + 1, .size = size - 1};
    if (data[0] % 2 == 0) {
        try_url(rest);
        try_range(rest);
    } else {
        try_message(serve, rest);
        try_message(serve_update, rest);
    }
    return 0;
}
