/* A whole site behind a gateway: every answer is encoded, certified by a subnet of our own, and
 * judged by integration/gateway, which knows only the specification. */
#include "test_http.h"

#include "cert/certificate.h"
#include "gateway/gateway.h"
#include "ic/msg.h"
#include "ic/sha2.h"
#include "ic_web_did.h"

#define ARENA_BYTES (8u << 20)
#define NOW_NS      1700000000000000000u

static const struct ic_store_app APP = {.magic = {'T', 'E', 'S', 'T', 'H', 'T', 'T', 'P'},
                                        .version = 1};
static struct ic_store store;
static struct ic_cert tree;
static struct axon_bls_key key;
static struct ic_principal canister;

/* ---- a site with all kinds of routes --------------------------------------------------------- */

static unsigned counter;
static size_t huge_bytes;

static void home(const struct ic_http_request *request, struct ic_http_response *response)
{
    (void)request;
    static char text[32];
    snprintf(text, sizeof text, "<p>%u</p>", counter);
    ic_http_answer(response, 200, "text/html", ic_bytes_from_text(text));
    ic_http_field_add(response, IC_BYTES_LIT("Cache-Control"), IC_BYTES_LIT("no-store"));
}

static void item(const struct ic_http_request *request, struct ic_http_response *response)
{
    ic_http_answer(response, 200, "text/plain", request->params[0]);
}

static void greet(const struct ic_http_request *request, struct ic_http_response *response)
{
    struct ic_bytes name, language;
    if (!ic_http_query_find(&name, request, "name")) {
        name = IC_BYTES_LIT("nobody");
    }
    if (!ic_http_field_find(&language, request, "accept-language")) {
        language = IC_BYTES_LIT("en");
    }
    uint8_t *at = ic_arena_alloc(request->arena, 256);
    struct ic_writer w;
    ic_assert(at != NULL);
    ic_writer_init(&w, at, 256);
    ic_put_bytes(&w, name);
    IC_PUT_LIT(&w, " in ");
    ic_put_bytes(&w, language);
    ic_http_answer(response, 200, "text/plain", ic_writer_bytes(&w));
}

static void count_up(const struct ic_http_request *request, struct ic_http_response *response)
{
    ic_assert(request->is_update);
    counter++;
    ic_http_answer(response, 303, "text/plain", request->body);
}

static void huge(const struct ic_http_request *request, struct ic_http_response *response)
{
    uint8_t *at = ic_arena_alloc(request->arena, huge_bytes);
    ic_assert(at != NULL);
    memset(at, 'x', huge_bytes);
    ic_http_answer(response, 200, "text/plain", (struct ic_bytes){.at = at, .size = huge_bytes});
}

/* A film whose bytes follow from where they are. */
static uint64_t film_bytes = 2 * (uint64_t)IC_HTTP_BODY_BYTES_MAX + 700000;
static uint8_t film_salt;

static uint8_t film_byte(uint64_t at)
{
    return (uint8_t)((at * 31 + at / 251 + film_salt) ^ at >> 16);
}

static void film_read(void *context, uint8_t *out, uint64_t at, size_t size)
{
    assert_ptr_equal(context, &film_bytes);
    assert_true(size > 0 && at + size <= film_bytes);
    for (size_t i = 0; i < size; i++) {
        out[i] = film_byte(at + i);
    }
}

static void film(const struct ic_http_request *request, struct ic_http_response *response)
{
    const struct ic_http_content content = {film_bytes, film_read, &film_bytes};
    ic_http_answer_content(request, response, "video/mp4", &content);
}

static const char *const LANGUAGE[] = {"accept-language", NULL};
static const char *const NAME[] = {"name", NULL};

static const struct ic_http_route ROUTES[] = {
    IC_HTTP_ROUTE(IC_HTTP_GET, "/", home, IC_HTTP_CERTIFIED),
    IC_HTTP_ROUTE(IC_HTTP_POST, "/", count_up, IC_HTTP_BY_UPDATE),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/item/:name", item, IC_HTTP_CERTIFIED),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/free/*", greet, IC_HTTP_UNPROVED),
    {IC_HTTP_GET, "/greet", greet, IC_HTTP_CERTIFIED_REQUEST, {LANGUAGE, NAME}},
    IC_HTTP_ROUTE(IC_HTTP_GET, "/slow", home, IC_HTTP_BY_UPDATE),
    IC_HTTP_ROUTE(IC_HTTP_POST, "/form/:x", count_up, IC_HTTP_BY_UPDATE),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/huge", huge, IC_HTTP_UNPROVED),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/deep/*", home, IC_HTTP_CERTIFIED),
    IC_HTTP_ROUTE_IN_PARTS("/film", film),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/film/raw", film, IC_HTTP_UNPROVED),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/film/one", film, IC_HTTP_CERTIFIED),
};
static struct ic_http_site site = {ROUTES, sizeof ROUTES / sizeof *ROUTES, &tree, NULL};

/* ---- messages -------------------------------------------------------------------------------- */

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_cert_open(&tree, &store, 0);
    ic_http_certify_site(&site, ic_msg_arena(ARENA_BYTES));
    ic_cert_commit(&tree);
}

struct certify {
    const char *url;
    const struct ic_http_field *fields;
    size_t field_count;
    bool ok;
};

static void certify(void *argument)
{
    struct certify *c = argument;
    c->ok = ic_http_certify(&site, IC_HTTP_GET, ic_bytes_from_text(c->url), c->fields,
                            c->field_count, ic_msg_arena(ARENA_BYTES));
    ic_cert_commit(&tree);
    ic_cert_check(&tree);
}

static void uncertify(void *argument)
{
    ic_http_uncertify(&site, IC_HTTP_GET, ic_bytes_from_text(argument), ic_msg_arena(ARENA_BYTES));
    ic_cert_commit(&tree);
}

/* HEAD is answered by the route of GET, but must not take the place of its proof. */
static void certify_head(void *argument)
{
    (void)argument;
    ic_assert(!ic_http_certify(&site, IC_HTTP_HEAD, IC_BYTES_LIT("/"), NULL, 0,
                               ic_msg_arena(ARENA_BYTES)));
}

static bool do_certify(const char *url)
{
    struct certify c = {.url = url};
    CHECK_RUNS(certify, &c);
    return c.ok;
}

static uint8_t in_memory[1 << 16], out_memory[ARENA_BYTES];

static struct ic_bytes argument_make(const struct gateway_request *request, bool is_update,
                                     unsigned version)
{
    struct ic_web_header_field fields[GATEWAY_FIELDS_MAX];
    struct ic_arena arena;
    struct ic_bytes bytes;
    for (size_t i = 0; i < request->field_count; i++) {
        fields[i] = (struct ic_web_header_field){request->fields[i].name, request->fields[i].value};
    }
    const struct ic_web_http_request_in in = {
        .request = {.method = request->method,
                    .url = request->url,
                    .body = request->body,
                    .headers = {.at = fields, .count = request->field_count},
                    .certificate_version = {.has = version > 0, .value = (uint16_t)version}}};
    const struct ic_web_http_request_update_in update = {
        .request = {.method = request->method,
                    .url = request->url,
                    .body = request->body,
                    .headers = {.at = fields, .count = request->field_count}}};
    ic_arena_init(&arena, in_memory, sizeof in_memory);
    assert_int_equal(is_update ? candid_encode(&bytes, &ic_web_http_request_update_method.in,
                                               &update, CANDID_ENCODE_FULL, &arena)
                               : candid_encode(&bytes, &ic_web_http_request_method.in, &in,
                                               CANDID_ENCODE_FULL, &arena),
                     CANDID_OK);
    return bytes;
}

static void query(void *argument)
{
    (void)ic_msg_arena(ARENA_BYTES);
    ic_http_query(&site, *(struct ic_bytes *)argument);
}

static void update(void *argument)
{
    (void)ic_msg_arena(ARENA_BYTES);
    ic_http_update(&site, *(struct ic_bytes *)argument);
}

/* Reads the reply; true when it asks for an update call. */
static bool reply_read(struct gateway_response *response)
{
    struct ic_web_http_request_out out;
    struct ic_arena arena;
    ic_arena_init(&arena, out_memory, sizeof out_memory);
    assert_true(ic_host_has_replied());
    assert_int_equal(candid_decode(&out, &ic_web_http_request_method.out, ic_host_reply(), &arena),
                     CANDID_OK);
    response->status = out.ret0.status_code;
    response->body = out.ret0.body;
    response->field_count = out.ret0.headers.count;
    assert_true(response->field_count <= GATEWAY_FIELDS_MAX);
    for (size_t i = 0; i < response->field_count; i++) {
        response->fields[i] =
            (struct gateway_field){out.ret0.headers.at[i].f0, out.ret0.headers.at[i].f1};
    }
    return out.ret0.upgrade.has && out.ret0.upgrade.value;
}

static void certificate_renew(const struct axon_bls_key *signer)
{
    struct axon_buf bytes = {0}, time = {0};
    struct axon_tree *state = axon_tree_new();
    const struct axon_path path = AXON_PATH(IC_BYTES_LIT("canister"), ic_principal_bytes(&canister),
                                            IC_BYTES_LIT("certified_data"));
    const struct axon_path paths[] = {path, AXON_PATH(IC_BYTES_LIT("time"))};
    axon_leb128_put(&time, NOW_NS);
    axon_tree_set(state, paths[1], axon_buf_bytes(&time));
    axon_tree_set(state, path, ic_host_certified_data());
    axon_certificate_put(&bytes, state, signer, paths, 2);
    ic_host_certificate_set(axon_buf_bytes(&bytes));
    axon_tree_free(state);
    axon_buf_free(&bytes);
    axon_buf_free(&time);
}

static const struct gateway *the_gateway(void)
{
    static struct gateway gateway;
    gateway = (struct gateway){.root_key = {.at = key.der, .size = sizeof key.der},
                               .canister = canister,
                               .now_ns = NOW_NS + 1000000000u};
    return &gateway;
}

static struct gateway_request get(const char *url)
{
    return (struct gateway_request){.method = IC_BYTES_LIT("GET"), .url = ic_bytes_from_text(url)};
}

/* Asks as gateways do. True when an update call is needed. */
static bool ask(struct gateway_response *response, const struct gateway_request *request,
                unsigned version)
{
    struct ic_bytes argument = argument_make(request, false, version);
    CHECK_RUNS(query, &argument);
    return reply_read(response);
}

static void ask_update(struct gateway_response *response, const struct gateway_request *request)
{
    struct ic_bytes argument = argument_make(request, true, 0);
    CHECK_RUNS(update, &argument);
    assert_false(reply_read(response));
}

/* The answer must come by query and be believed. */
static void check_believed(const struct gateway_request *request, unsigned status, const char *body,
                           bool proved)
{
    struct gateway_response response;
    bool is_proved = false;
    assert_false(ask(&response, request, 2));
    const char *why = gateway_verify(the_gateway(), request, &response, &is_proved);
    if (why != NULL) {
        fail_msg("%.*s: %s", (int)request->url.size, (const char *)request->url.at, why);
    }
    assert_int_equal(is_proved, proved);
    assert_int_equal(response.status, status);
    if (!ic_bytes_is_equal(response.body, ic_bytes_from_text(body))) {
        fail_msg("%.*s", (int)response.body.size, (const char *)response.body.at);
    }
}

static void check_by_update(const struct gateway_request *request)
{
    struct gateway_response response;
    if (!ask(&response, request, 2)) {
        fail_msg("%.*s: answered by query", (int)request->url.size, (const char *)request->url.at);
    }
}

static int setup(void **state)
{
    (void)state;
    ic_host_reset();
    counter = 7;
    canister = ic_principal_from_canister_index(5);
    axon_bls_key_from_seed(&key, IC_BYTES_LIT("subnet"));
    CHECK_RUNS(create, NULL);
    certificate_renew(&key);
    return 0;
}

/* ---- what is believed ------------------------------------------------------------------------ */

static void every_kind_of_route(void **state)
{
    (void)state;
    struct gateway_request r = get("/");
    check_believed(&r, 200, "<p>7</p>", true);
    r = get("/?whatever");
    check_believed(&r, 200, "<p>7</p>", true);
    r = get("/free/a/b/c");
    check_believed(&r, 200, "nobody in en", false);
    r = get("/free");
    check_believed(&r, 200, "nobody in en", false);
    r = get("/free/");
    check_believed(&r, 200, "nobody in en", false);
    r = get("/unknown/path");
    check_believed(&r, 404, "not found\n", true);
    r = get("/unknown/path/");
    check_believed(&r, 404, "not found\n", true);
    r = get("/item/without/end");
    check_believed(&r, 404, "not found\n", true);
    r = get("/%3C$%3E"); /* the parts of the tree's own syntax are ordinary parts */
    check_believed(&r, 404, "not found\n", true);
    static const char *const BY_UPDATE[] = {"/slow",
                                            "/form/x",
                                            "/item/x",
                                            "/greet",
                                            "/greet?name=a",
                                            "/%",
                                            "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q"};
    for (size_t i = 0; i < sizeof BY_UPDATE / sizeof *BY_UPDATE; i++) {
        r = get(BY_UPDATE[i]);
        check_by_update(&r);
    }
    r = get("/");
    r.method = IC_BYTES_LIT("POST");
    check_by_update(&r);
    r.method = IC_BYTES_LIT("PUT"); /* 405 */
    check_by_update(&r);
    r.method = IC_BYTES_LIT("HEAD"); /* the body is what was certified */
    check_by_update(&r);
    r = get("/free/x");
    r.method = IC_BYTES_LIT("HEAD");
    check_believed(&r, 200, "", false);
}

static void pages_with_parameters(void **state)
{
    (void)state;
    struct gateway_request r = get("/item/one");
    check_by_update(&r);
    assert_true(do_certify("/item/one"));
    assert_true(do_certify("/item/two%20words"));
    certificate_renew(&key);
    check_believed(&r, 200, "one", true);
    r = get("/item/two words");
    check_believed(&r, 200, "two words", true);
    r = get("//item/two%20words");
    check_believed(&r, 200, "two words", true);
    r = get("/item/three");
    check_by_update(&r);
    r = get("/unknown");
    check_believed(&r, 404, "not found\n", true);
    CHECK_RUNS(uncertify, (void *)"/item/one");
    certificate_renew(&key);
    r = get("/item/one");
    check_by_update(&r);
    /* A part that is no label: certified it cannot be, refused it is not. */
    char url[128] = "/item/";
    memset(url + 6, 'x', IC_CERT_LABEL_MAX + 1);
    assert_false(do_certify(url));
    certificate_renew(&key);
    r = get(url);
    check_by_update(&r);
}

static void a_page_that_changes(void **state)
{
    (void)state;
    struct gateway_request r = get("/");
    counter = 8;
    check_by_update(&r); /* what is answered now was not certified */
    const uint32_t leaves = tree.leaf_count;
    assert_true(do_certify("/"));
    assert_int_equal(tree.leaf_count, leaves); /* the old page is gone */
    certificate_renew(&key);
    check_believed(&r, 200, "<p>8</p>", true);
    counter = 7;
    check_by_update(&r);
}

static void certified_requests(void **state)
{
    (void)state;
    const struct ic_http_field german = {IC_BYTES_LIT("Accept-Language"), IC_BYTES_LIT("de")};
    struct certify c = {.url = "/greet?x=1&name=ann&y", .fields = &german, .field_count = 1};
    CHECK_RUNS(certify, &c);
    assert_true(c.ok);
    c = (struct certify){.url = "/greet"};
    CHECK_RUNS(certify, &c);
    assert_true(c.ok);
    certificate_renew(&key);
    const struct gateway_field fields[] = {{IC_BYTES_LIT("User-Agent"), IC_BYTES_LIT("whatever")},
                                           {IC_BYTES_LIT("accept-language"), IC_BYTES_LIT("de")}};
    struct gateway_request r = get("/greet?name=ann&other=2");
    r.fields = fields;
    r.field_count = 2;
    check_believed(&r, 200, "ann in de", true);
    r.url = IC_BYTES_LIT("/greet?name=bob");
    check_by_update(&r);
    r.url = IC_BYTES_LIT("/greet?name=ann");
    r.field_count = 1;
    check_by_update(&r);
    r.url = IC_BYTES_LIT("/greet");
    check_believed(&r, 200, "nobody in en", true);
    r.url = IC_BYTES_LIT("/greet?utm=1&x"); /* none of these counts */
    check_believed(&r, 200, "nobody in en", true);
    CHECK_RUNS(uncertify, (void *)"/greet");
    certificate_renew(&key);
    check_by_update(&r);
    r = get("/greet/more"); /* the mark of the route is still there */
    check_believed(&r, 404, "not found\n", true);
}

static void what_is_not_certified_by_hand(void **state)
{
    (void)state;
    assert_false(do_certify("/slow"));
    assert_false(do_certify("/free/x"));
    assert_false(do_certify("/unknown"));
    assert_false(do_certify("/%"));
    /* Neither does taking proofs back touch what stands for the routes. */
    static const char *const URLS[] = {"/slow", "/free/x", "/unknown", "/%", "/form/x", "/huge"};
    const uint32_t leaves = tree.leaf_count;
    for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
        CHECK_RUNS(uncertify, (void *)(uintptr_t)URLS[i]);
    }
    assert_int_equal(tree.leaf_count, leaves);
    CHECK_RUNS(certify_head, NULL);
}

/* ---- without proof --------------------------------------------------------------------------- */

static void requests_that_want_no_proof(void **state)
{
    (void)state;
    struct gateway_response response;
    struct gateway_request r = get("/item/x");
    for (unsigned version = 0; version < 2; version++) {
        assert_false(ask(&response, &r, version));
        assert_int_equal(response.field_count, 1);
        assert_int_equal(response.status, 200);
    }
    r = get("/%");
    assert_false(ask(&response, &r, 0));
    assert_int_equal(response.status, 400);
    r = get("/slow");
    assert_true(ask(&response, &r, 0));
    ic_host_reset(); /* no certificate: not asked by a user */
    CHECK_RUNS(create, NULL);
    r = get("/item/x");
    assert_false(ask(&response, &r, 2));
}

static void updates(void **state)
{
    (void)state;
    struct gateway_response response;
    struct gateway_request r = {
        .method = IC_BYTES_LIT("POST"), .url = IC_BYTES_LIT("/"), .body = IC_BYTES_LIT("sent")};
    ask_update(&response, &r);
    assert_int_equal(response.status, 303);
    assert_true(ic_bytes_is_equal(response.body, r.body));
    assert_int_equal(counter, 8);
    r.method = IC_BYTES_LIT("HEAD");
    ask_update(&response, &r);
    assert_int_equal(response.status, 200);
    assert_int_equal(response.body.size, 0);
    assert_int_equal(response.field_count, 2);
    r.method = IC_BYTES_LIT("PUT");
    ask_update(&response, &r);
    assert_int_equal(response.status, 405);
    assert_true(ic_bytes_is_equal(response.fields[1].name, IC_BYTES_LIT("Allow")));
    assert_true(ic_bytes_is_equal(response.fields[1].value, IC_BYTES_LIT("GET, HEAD, POST")));
    static const struct {
        const char *url;
        unsigned status;
    } ROWS[] = {{"/%", 400}, {"/no", 404}, {"/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", 414}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        r = get(ROWS[i].url);
        ask_update(&response, &r);
        assert_int_equal(response.status, ROWS[i].status);
    }
}

static void refusals(void **state)
{
    (void)state;
    struct ic_bytes argument = IC_BYTES_LIT("DIDL");
    CHECK_TRAPS("Candid: the message ends early", query, &argument);
    CHECK_TRAPS("Candid: the message ends early", update, &argument);
    struct gateway_request r = get("/huge");
    struct gateway_response response;
    huge_bytes = IC_HTTP_BODY_BYTES_MAX;
    assert_false(ask(&response, &r, 2));
    assert_int_equal(response.body.size, huge_bytes);
    huge_bytes++;
    argument = argument_make(&r, false, 2);
    CHECK_TRAPS("http: the answer is too large", query, &argument);
}

/* ---- what is not believed -------------------------------------------------------------------- */

static const char *judge(const struct gateway_request *request,
                         const struct gateway_response *response)
{
    bool is_proved = false;
    return gateway_verify(the_gateway(), request, response, &is_proved);
}

/* Every byte of a certified answer, one at a time. */
static void every_changed_byte(void **state)
{
    (void)state;
    struct gateway_request r = get("/");
    struct gateway_response response;
    uint8_t copy[16384];
    unsigned tried = 0;
    assert_false(ask(&response, &r, 2));
    assert_null(judge(&r, &response));
    struct ic_bytes *const parts[] = {&response.body,
                                      &response.fields[0].value,
                                      &response.fields[1].name,
                                      &response.fields[1].value,
                                      &response.fields[2].value,
                                      &response.fields[3].value};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        const struct ic_bytes whole = *parts[p];
        assert_true(whole.size <= sizeof copy);
        memcpy(copy, whole.at, whole.size);
        *parts[p] = (struct ic_bytes){.at = copy, .size = whole.size};
        for (size_t i = 0; i < whole.size; i++) {
            copy[i] ^= 1;
            if (judge(&r, &response) == NULL) {
                fail_msg("part %zu, byte %zu of %zu is not proved", p, i, whole.size);
            }
            copy[i] ^= 1;
            tried++;
        }
        *parts[p] = whole;
    }
    assert_null(judge(&r, &response));
    assert_true(tried > 500);
    response.status = 201;
    assert_string_equal(judge(&r, &response), "the answer is not certified");
}

static void stale_and_foreign_certificates(void **state)
{
    (void)state;
    struct gateway_request r = get("/");
    struct gateway_response response;
    bool is_proved = false;
    struct gateway gateway = *the_gateway();
    assert_false(ask(&response, &r, 2));
    gateway.now_ns = NOW_NS + GATEWAY_FRESH_NS + 1;
    assert_string_equal(gateway_verify(&gateway, &r, &response, &is_proved),
                        "certificate is not fresh");
    gateway = *the_gateway();
    gateway.canister = ic_principal_from_canister_index(6);
    assert_string_equal(gateway_verify(&gateway, &r, &response, &is_proved),
                        "certificate does not show the certified data");
    struct axon_bls_key other;
    axon_bls_key_from_seed(&other, IC_BYTES_LIT("another subnet"));
    certificate_renew(&other);
    assert_false(ask(&response, &r, 2));
    assert_string_equal(judge(&r, &response), "certificate is not signed by the subnet");
}

/* A node that lies about which path it answers: each true answer, given to each other question. */
static void answers_to_other_questions(void **state)
{
    (void)state;
    static const char *const URLS[] = {"/",     "/item/one", "/greet",   "/greet?name=x", "/free/a",
                                       "/slow", "/form/x",   "/unknown", "/item/other"};
    struct certify c = {.url = "/greet?name=x"};
    CHECK_RUNS(certify, &c);
    assert_true(do_certify("/item/one"));
    certificate_renew(&key);
    unsigned believed = 0, refused = 0;
    for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
        struct gateway_response response;
        const struct gateway_request honest = get(URLS[i]);
        if (ask(&response, &honest, 2)) {
            continue;
        }
        for (size_t k = 0; k < sizeof URLS / sizeof *URLS; k++) {
            const struct gateway_request asked = get(URLS[k]);
            const bool is_believed = judge(&asked, &response) == NULL;
            if (is_believed != (i == k)) {
                fail_msg("the answer to %s, given to %s", URLS[i], URLS[k]);
            }
            believed += is_believed;
            refused += !is_believed;
        }
    }
    assert_int_equal(believed, 5);
    assert_int_equal(refused, 5 * 8);
}

/* ---- bodies in parts ------------------------------------------------------------------------- */

static void certify_parts(void *argument)
{
    struct certify *c = argument;
    c->ok = ic_http_certify_parts(&site, ic_bytes_from_text(c->url), ic_msg_arena(ARENA_BYTES));
    ic_cert_commit(&tree);
    ic_cert_check(&tree);
}

static bool do_certify_parts(const char *url)
{
    struct certify c = {.url = url};
    CHECK_RUNS(certify_parts, &c);
    certificate_renew(&key);
    return c.ok;
}

/* A node that lies: from an offset on it shows the part at another. */
static const char *lie_from, *lie_to;

static bool ask_for_gateway(void *context, struct gateway_response *response,
                            const struct gateway_request *request, bool is_update)
{
    struct gateway_request asked = *request;
    struct gateway_field fields[GATEWAY_FIELDS_MAX];
    (void)context;
    for (size_t i = 0; i < request->field_count; i++) {
        fields[i] = request->fields[i];
        if (lie_from != NULL && ic_bytes_is_equal(fields[i].value, ic_bytes_from_text(lie_from))) {
            fields[i].value = ic_bytes_from_text(lie_to);
        }
    }
    asked.fields = fields;
    if (is_update) {
        ask_update(response, &asked);
        return false;
    }
    return ask(response, &asked, 2);
}

/* What a browser gets: NULL when it is the film. */
static const char *watch(struct gateway_page *page, const char *url)
{
    const struct gateway_request r = get(url);
    *page = (struct gateway_page){.status = 0};
    const char *why = gateway_fetch(page, the_gateway(), &r, ask_for_gateway, NULL);
    for (size_t i = 0; why == NULL && i < page->body.size; i++) {
        why = page->body.at[i] == film_byte(i) ? NULL : "a byte of the film is wrong";
    }
    if (why == NULL && page->body.size != film_bytes) {
        why = "the film is cut";
    }
    axon_buf_free(&page->body);
    return why;
}

static void a_film_in_parts(void **state)
{
    (void)state;
    struct gateway_page page;
    assert_string_equal(watch(&page, "/film"), "a part needs an update call");
    assert_true(page.is_by_update);
    assert_true(do_certify_parts("/film"));
    assert_null(watch(&page, "/film"));
    assert_true(page.is_proved && !page.is_by_update);
    assert_int_equal(page.parts, 3);
    assert_int_equal(page.status, 200);
    assert_null(watch(&page, "/film/raw"));
    assert_true(!page.is_proved);
    assert_int_equal(page.parts, 3);
    film_salt++; /* another film, not certified */
    assert_string_equal(watch(&page, "/film"), "a part needs an update call");
    assert_true(do_certify_parts("/film"));
    assert_null(watch(&page, "/film"));
}

static void films_of_all_lengths(void **state)
{
    (void)state;
    const uint64_t whole = film_bytes, part = IC_HTTP_BODY_BYTES_MAX;
    const uint64_t ROWS[] = {0, 1, part - 1, part, part + 1, 2 * part, 2 * part + 1};
    struct gateway_page page;
    const uint32_t leaves = tree.leaf_count;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        film_bytes = ROWS[i];
        assert_true(do_certify_parts("/film"));
        const unsigned parts = film_bytes == 0 ? 1 : (unsigned)((film_bytes + part - 1) / part);
        assert_int_equal(tree.leaf_count, leaves + (film_bytes == 0 ? 1 : 1 + parts));
        assert_null(watch(&page, "/film"));
        assert_true(page.is_proved);
        assert_int_equal(page.parts, parts);
        assert_int_equal(page.status, 200);
    }
    film_bytes = whole;
}

static void a_node_that_mixes_parts_up(void **state)
{
    (void)state;
    char second[32], third[32];
    struct gateway_page page;
    snprintf(second, sizeof second, "bytes=%u-", IC_HTTP_BODY_BYTES_MAX);
    snprintf(third, sizeof third, "bytes=%u-", 2 * IC_HTTP_BODY_BYTES_MAX);
    assert_true(do_certify_parts("/film"));
    lie_from = second;
    lie_to = third;
    assert_string_equal(watch(&page, "/film"), "the answer is not certified");
    lie_from = third;
    lie_to = second;
    assert_string_equal(watch(&page, "/film"), "the answer is not certified");
    lie_to = "bytes=0-";
    assert_string_equal(watch(&page, "/film"), "the answer is not certified");
    lie_from = NULL;
    assert_null(watch(&page, "/film"));
}

/* What a video player asks. */
static void ranges_behind_a_gateway(void **state)
{
    (void)state;
    struct gateway_field range = {IC_BYTES_LIT("range"), IC_BYTES_LIT("bytes=0-")};
    struct gateway_request r = get("/film");
    struct gateway_page page = {.status = 0};
    r.fields = &range;
    r.field_count = 1;
    assert_true(do_certify_parts("/film"));
    assert_null(gateway_fetch(&page, the_gateway(), &r, ask_for_gateway, NULL));
    assert_true(page.is_proved);
    assert_int_equal(page.status, 206);
    assert_int_equal(page.body.size, IC_HTTP_BODY_BYTES_MAX);
    axon_buf_free(&page.body);
    page = (struct gateway_page){.status = 0};
    range.value = IC_BYTES_LIT("bytes=100-199"); /* any other range: slower */
    assert_null(gateway_fetch(&page, the_gateway(), &r, ask_for_gateway, NULL));
    assert_true(page.is_by_update);
    assert_int_equal(page.status, 206);
    assert_int_equal(page.body.size, 100);
    assert_int_equal(page.body.at[99], film_byte(199));
    axon_buf_free(&page.body);
}

static void parts_that_cannot_be_certified(void **state)
{
    (void)state;
    static const char *const URLS[] = {"/film/raw", "/film/one", "/",  "/greet",
                                       "/slow",     "/none",     "/%"};
    for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
        assert_false(do_certify_parts(URLS[i]));
    }
}

/* Users choose the parts of certified paths, and a node is with them: the path is to be the place
 * of a proof, "nothing is certified here", for another path. */
static void paths_in_the_syntax_of_the_tree(void **state)
{
    (void)state;
    static const char SKIP[] = "default_certification(ValidationArgs{no_certification:Empty{}})";
    static const char *const WORDS[] = {"<$>", "<*>", "%3C$%3E", "%3c%2a%3e"};
    uint8_t hash[32];
    char url[160], digits[97] = "";
    const uint32_t leaves = tree.leaf_count;
    ic_sha256(hash, ic_bytes_from_text(SKIP));
    for (size_t i = 0; i < sizeof hash; i++) {
        snprintf(digits + 3 * i, 4, "%%%02x", hash[i]);
    }
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        snprintf(url, sizeof url, "/deep/%s/%s", WORDS[i], digits);
        assert_false(do_certify(url));
        snprintf(url, sizeof url, "/deep/a/%s", WORDS[i]);
        assert_false(do_certify(url));
        certificate_renew(&key);
        const struct gateway_request r = get(url);
        check_by_update(&r);
    }
    assert_int_equal(tree.leaf_count, leaves);
    assert_true(do_certify("/deep/a"));
    certificate_renew(&key);
    const struct gateway_request r = get("/deep/a");
    check_believed(&r, 200, "<p>7</p>", true);
}

/* ---- upgrades -------------------------------------------------------------------------------- */

static void reopen(void *argument)
{
    (void)argument;
    memset(&tree, 0xee, sizeof tree);
    ic_store_open(&store, APP);
    ic_cert_open(&tree, &store, 0);
}

static void upgrade_site(void *argument)
{
    reopen(argument);
    ic_http_certify_site(&site, ic_msg_arena(ARENA_BYTES));
    ic_cert_commit(&tree);
}

static void proofs_survive_an_upgrade(void **state)
{
    (void)state;
    struct gateway_request r = get("/");
    CHECK_RUNS(reopen, NULL);
    check_believed(&r, 200, "<p>7</p>", true);
    uint8_t before[IC_CERT_HASH_BYTES], after[IC_CERT_HASH_BYTES];
    ic_cert_root_hash(&tree, before);
    CHECK_RUNS(upgrade_site, NULL);
    ic_cert_root_hash(&tree, after);
    assert_memory_equal(before, after, sizeof before);
}

static void everything(const struct ic_http_request *request, struct ic_http_response *response)
{
    (void)request;
    ic_http_answer(response, 200, "text/plain", IC_BYTES_LIT("everything"));
}

static void not_found(const struct ic_http_request *request, struct ic_http_response *response)
{
    (void)request;
    ic_http_answer(response, 404, "text/html", IC_BYTES_LIT("<h1>nothing here</h1>"));
}

static void other_sites(void **state)
{
    (void)state;
    static const struct ic_http_route ALL[] = {
        IC_HTTP_ROUTE(IC_HTTP_GET, "/*", everything, IC_HTTP_BY_UPDATE)};
    const struct ic_http_site before = site;
    site = (struct ic_http_site){ALL, 1, &tree, NULL};
    CHECK_RUNS(upgrade_site, NULL);
    certificate_renew(&key);
    struct gateway_request r = get("/a/b");
    check_by_update(&r);
    assert_int_equal(tree.leaf_count, 1); /* and no "not found" that would hide it */
    site = (struct ic_http_site){ALL, 0, &tree, not_found};
    CHECK_RUNS(upgrade_site, NULL);
    certificate_renew(&key);
    check_believed(&r, 404, "<h1>nothing here</h1>", true);
    site.tree = NULL;
    check_by_update(&r);
    site = before;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_route),
        TEST(pages_with_parameters),
        TEST(a_page_that_changes),
        TEST(certified_requests),
        TEST(what_is_not_certified_by_hand),
        TEST(requests_that_want_no_proof),
        TEST(updates),
        TEST(refusals),
        TEST(every_changed_byte),
        TEST(stale_and_foreign_certificates),
        TEST(answers_to_other_questions),
        TEST(paths_in_the_syntax_of_the_tree),
        TEST(a_film_in_parts),
        TEST(films_of_all_lengths),
        TEST(a_node_that_mixes_parts_up),
        TEST(ranges_behind_a_gateway),
        TEST(parts_that_cannot_be_certified),
        TEST(proofs_survive_an_upgrade),
        TEST(other_sites),
    };
    return test_http_parts() + cmocka_run_group_tests(tests, NULL, NULL);
}
