/* URLs, query strings, the router, the hashes: each rule in a table. */
#include "test_http.h"

#include "ic/text.h"

static uint8_t memory[1 << 16];
static struct ic_arena arena;

static void arena_renew(void)
{
    ic_arena_init(&arena, memory, sizeof memory);
}

static void assert_bytes(struct ic_bytes bytes, const char *text)
{
    if (!ic_bytes_is_equal(bytes, ic_bytes_from_text(text))) {
        fail_msg("\"%.*s\" instead of \"%s\"", (int)bytes.size, (const char *)bytes.at, text);
    }
}

/* ---- percent coding -------------------------------------------------------------------------- */

static void percent(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *query; /* NULL: refused */
    } ROWS[] = {
        {"", "", ""},
        {"abc", "abc", "abc"},
        {"a%20b", "a b", "a b"},
        {"a+b", "a+b", "a b"},
        {"%2f%2F", "//", "//"},
        {"%e6%97%A0", "\xe6\x97\xa0", "\xe6\x97\xa0"},
        {"%", NULL, NULL},
        {"%4", NULL, NULL},
        {"a%", NULL, NULL},
        {"%4g", NULL, NULL},
        {"%g4", NULL, NULL},
        {"%25", "%", "%"},
        {"%2541", "%41", "%41"},
        {"%%41", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        for (int plus = 0; plus < 2; plus++) {
            const char *expected = plus == 0 ? ROWS[i].path : ROWS[i].query;
            struct ic_bytes out;
            arena_renew();
            assert_int_equal(
                ic_percent_decode(&out, ic_bytes_from_text(ROWS[i].text), plus == 1, &arena),
                expected != NULL);
            if (expected != NULL) {
                assert_bytes(out, expected);
            }
        }
    }
    struct ic_bytes out;
    arena.used = arena.size;
    assert_false(ic_percent_decode(&out, IC_BYTES_LIT("a"), false, &arena));
}

/* ---- URLs ------------------------------------------------------------------------------------ */

static void urls(void **state)
{
    (void)state;
    /* parts are joined by "|", each with one behind it */
    static const struct {
        const char *url;
        unsigned status;
        const char *path, *query, *parts; /* query NULL: there is none */
    } ROWS[] = {
        {"/", 0, "/", NULL, "|"},
        {"", 0, "/", NULL, "|"},
        {"?", 0, "/", "", "|"},
        {"/?", 0, "/", "", "|"},
        {"/a", 0, "/a", NULL, "a|"},
        {"/a/", 0, "/a/", NULL, "a||"},
        {"//a///b", 0, "//a///b", NULL, "a|b|"},
        {"/a/b?x=1&y#z", 0, "/a/b", "x=1&y", "a|b|"},
        {"/a#?b", 0, "/a", NULL, "a|"},
        {"/a?b?c", 0, "/a", "b?c", "a|"},
        {"/a%20b/%C3%A9", 0, "/a%20b/%C3%A9", NULL, "a b|\xc3\xa9|"},
        {"/a%2Fb", 0, "/a%2Fb", NULL, "a|b|"}, /* as gateways do: decoded first, then cut */
        {"/a%3Fb", 0, "/a%3Fb", NULL, "a?b|"},
        {"https://x.icp0.io/a?b", 0, "/a", "b", "a|"},
        {"HTTP://x.icp0.io", 0, "/", NULL, "|"},
        {"http://x?b", 0, "/", "b", "|"},
        {"/%", 400, NULL, NULL, NULL},
        {"/a%4", 400, NULL, NULL, NULL},
        {"a", 400, NULL, NULL, NULL},
        {"ftp://x/a", 400, NULL, NULL, NULL},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", 0, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16",
         NULL, "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|"},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/", 414, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        arena_renew();
        struct ic_http_request r = {.arena = &arena};
        assert_int_equal(ic_http_url_parse(&r, ic_bytes_from_text(ROWS[i].url)), ROWS[i].status);
        if (ROWS[i].status != 0) {
            continue;
        }
        char parts[128] = "";
        for (size_t n = 0; n < r.segment_count; n++) {
            strncat(parts, (const char *)r.segments[n].at, r.segments[n].size);
            strcat(parts, "|");
        }
        assert_string_equal(parts, ROWS[i].parts);
        assert_bytes(r.path, ROWS[i].path);
        assert_int_equal(r.has_query, ROWS[i].query != NULL);
        assert_bytes(r.query, ROWS[i].query == NULL ? "" : ROWS[i].query);
    }
}

static void a_long_url(void **state)
{
    (void)state;
    static char url[IC_HTTP_URL_BYTES_MAX + 1];
    memset(url, 'a', sizeof url);
    url[0] = '/';
    arena_renew();
    struct ic_http_request r = {.arena = &arena};
    const struct ic_bytes whole = {.at = (const uint8_t *)url, .size = sizeof url};
    assert_int_equal(ic_http_url_parse(&r, whole), 414);
    assert_int_equal(ic_http_url_parse(&r, (struct ic_bytes){whole.at, whole.size - 1}), 0);
}

static void query_strings(void **state)
{
    (void)state;
    static const struct {
        const char *query, *name, *value; /* value NULL: absent */
    } ROWS[] = {
        {"a=1", "a", "1"},    {"a=1&b=2", "b", "2"}, {"a=1&a=2", "a", "1"},   {"a", "a", ""},
        {"a=", "a", ""},      {"b&a", "a", ""},      {"aa=1", "a", NULL},     {"", "", ""},
        {"", "a", NULL},      {"a=1=2", "a", "1=2"}, {"a=%20+x", "a", "  x"}, {"%61=y", "a", "y"},
        {"&&a=3&", "a", "3"}, {"a=%4", "a", NULL},   {"%4=1&a=2", "a", "2"},  {"A=1", "a", NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        arena_renew();
        const struct ic_http_request r = {
            .arena = &arena, .has_query = true, .query = ic_bytes_from_text(ROWS[i].query)};
        struct ic_bytes value;
        assert_int_equal(ic_http_query_find(&value, &r, ROWS[i].name), ROWS[i].value != NULL);
        if (ROWS[i].value != NULL) {
            assert_bytes(value, ROWS[i].value);
        }
    }
    const struct ic_http_request none = {.arena = &arena};
    struct ic_bytes value;
    assert_false(ic_http_query_find(&value, &none, ""));
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void nothing(const struct ic_http_request *request, struct ic_http_response *response)
{
    (void)request;
    (void)response;
}

#define GET_HEAD (1u << IC_HTTP_GET | 1u << IC_HTTP_HEAD)

static void routes(void **state)
{
    (void)state;
    static const struct ic_http_route ROUTES[] = {
        IC_HTTP_ROUTE(IC_HTTP_GET, "/", nothing, IC_HTTP_BY_UPDATE),
        IC_HTTP_ROUTE(IC_HTTP_GET, "/a/b", nothing, IC_HTTP_BY_UPDATE),
        IC_HTTP_ROUTE(IC_HTTP_GET, "/a/:x", nothing, IC_HTTP_BY_UPDATE),
        IC_HTTP_ROUTE(IC_HTTP_POST, "/a/:x", nothing, IC_HTTP_BY_UPDATE),
        IC_HTTP_ROUTE(IC_HTTP_GET, "/a/:x/c/:y", nothing, IC_HTTP_BY_UPDATE),
        IC_HTTP_ROUTE(IC_HTTP_GET, "/dir/", nothing, IC_HTTP_BY_UPDATE),
        IC_HTTP_ROUTE(IC_HTTP_PUT, "/files/*", nothing, IC_HTTP_BY_UPDATE),
        IC_HTTP_ROUTE(IC_HTTP_HEAD, "/files/*", nothing, IC_HTTP_BY_UPDATE),
    };
    static const struct ic_http_site SITE = {ROUTES, sizeof ROUTES / sizeof *ROUTES, NULL, NULL};
    static const struct {
        enum ic_http_method method;
        const char *url;
        int route; /* -1: none */
        unsigned allowed;
        const char *first, *second;
    } ROWS[] = {
        {IC_HTTP_GET, "/", 0, 0, NULL, NULL},
        {IC_HTTP_GET, "/?x", 0, 0, NULL, NULL},
        {IC_HTTP_POST, "/", -1, GET_HEAD, NULL, NULL},
        {IC_HTTP_OTHER, "/", -1, GET_HEAD, NULL, NULL},
        {IC_HTTP_HEAD, "/", 0, GET_HEAD, NULL, NULL},
        {IC_HTTP_HEAD, "/a/x%20y", 2, GET_HEAD | 1u << IC_HTTP_POST, "x y", NULL},
        {IC_HTTP_HEAD, "/files/a", 7, 1u << IC_HTTP_PUT, NULL, NULL},
        {IC_HTTP_HEAD, "/no", -1, 0, NULL, NULL},
        {IC_HTTP_GET, "/a/b", 1, 0, NULL, NULL},
        {IC_HTTP_POST, "/a/b", 3, GET_HEAD, "b", NULL},
        {IC_HTTP_GET, "/a/c", 2, 0, "c", NULL},
        {IC_HTTP_GET, "//a//c", 2, 0, "c", NULL},
        {IC_HTTP_GET, "/a/x%20y", 2, 0, "x y", NULL},
        {IC_HTTP_GET, "/a/", -1, 0, NULL, NULL}, /* a parameter is not empty */
        {IC_HTTP_GET, "/a", -1, 0, NULL, NULL},
        {IC_HTTP_GET, "/a/b/", -1, 0, NULL, NULL},
        {IC_HTTP_DELETE, "/a/c", -1, GET_HEAD | 1u << IC_HTTP_POST, NULL, NULL},
        {IC_HTTP_GET, "/a/1/c/2", 4, 0, "1", "2"},
        {IC_HTTP_GET, "/a/1/d/2", -1, 0, NULL, NULL},
        {IC_HTTP_GET, "/dir/", 5, 0, NULL, NULL},
        {IC_HTTP_GET, "/dir", -1, 0, NULL, NULL},
        {IC_HTTP_PUT, "/files/a/b/c", 6, 0, NULL, NULL},
        {IC_HTTP_PUT, "/files/", 6, 0, NULL, NULL},
        {IC_HTTP_PUT, "/files", 6, 0, NULL, NULL},
        {IC_HTTP_GET, "/files/a", -1, 1u << IC_HTTP_PUT | 1u << IC_HTTP_HEAD, NULL, NULL},
        {IC_HTTP_PUT, "/file", -1, 0, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        arena_renew();
        struct ic_http_request r = {.arena = &arena, .method = ROWS[i].method};
        unsigned allowed = 77;
        assert_int_equal(ic_http_url_parse(&r, ic_bytes_from_text(ROWS[i].url)), 0);
        const struct ic_http_route *route = ic_http_route_find(&SITE, &r, &allowed);
        assert_int_equal(route == NULL ? -1 : (int)(route - ROUTES), ROWS[i].route);
        assert_int_equal(allowed, ROWS[i].allowed);
        const size_t count = (size_t)(ROWS[i].first != NULL) + (size_t)(ROWS[i].second != NULL);
        assert_int_equal(r.param_count, count);
        if (count > 0) {
            assert_bytes(r.params[0], ROWS[i].first);
        }
        if (count > 1) {
            assert_bytes(r.params[1], ROWS[i].second);
        }
    }
}

static const char *bad_pattern;

static void route_badly(void *argument)
{
    (void)argument;
    const struct ic_http_route route = {
        IC_HTTP_GET, bad_pattern, nothing, IC_HTTP_BY_UPDATE, {NULL, NULL}};
    const struct ic_http_site site = {&route, 1, NULL, NULL};
    unsigned allowed = 0;
    arena_renew();
    struct ic_http_request r = {.arena = &arena};
    ic_assert(ic_http_url_parse(&r, IC_BYTES_LIT("/a/b/c")) == 0);
    (void)ic_http_route_find(&site, &r, &allowed);
}

static void malformed_patterns(void **state)
{
    (void)state;
    static const char *const PATTERNS[] = {"a", "//", "/a//b", "/a%20", "/a?x"};
    for (size_t i = 0; i < sizeof PATTERNS / sizeof *PATTERNS; i++) {
        bad_pattern = PATTERNS[i];
        CHECK_TRAPS("http: malformed pattern", route_badly, NULL);
    }
}

/* ---- headers and text ------------------------------------------------------------------------ */

static void methods(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (unsigned i = 0; i < IC_HTTP_OTHER; i++) {
        assert_int_equal(ic_http_method_from(ic_bytes_from_text(NAMES[i])), i);
    }
    assert_int_equal(ic_http_method_from(IC_BYTES_LIT("get")), IC_HTTP_OTHER);
    assert_int_equal(ic_http_method_from(IC_BYTES_LIT("")), IC_HTTP_OTHER);
    assert_int_equal(ic_http_method_from(IC_BYTES_LIT("GETS")), IC_HTTP_OTHER);
}

static void request_headers(void **state)
{
    (void)state;
    const struct ic_http_field fields[] = {{IC_BYTES_LIT("Accept"), IC_BYTES_LIT("1")},
                                           {IC_BYTES_LIT("aCCEPT"), IC_BYTES_LIT("2")},
                                           {IC_BYTES_LIT("Host"), IC_BYTES_LIT("3")}};
    const struct ic_http_request r = {.fields = fields, .field_count = 3};
    struct ic_bytes value;
    assert_true(ic_http_field_find(&value, &r, "accept"));
    assert_bytes(value, "1");
    assert_true(ic_http_field_find(&value, &r, "HOST"));
    assert_bytes(value, "3");
    assert_false(ic_http_field_find(&value, &r, "hos"));
    assert_false(ic_http_field_find(&value, &r, "hosts"));
}

static void add_field(void *argument)
{
    const struct ic_http_field *field = argument;
    struct ic_http_response response = {.status = 200};
    ic_http_field_add(&response, field->name, field->value);
}

static void add_many(void *argument)
{
    struct ic_http_response response = {.status = 200};
    for (size_t i = 0; i < *(size_t *)argument; i++) {
        ic_http_field_add(&response, IC_BYTES_LIT("a"), IC_BYTES_LIT("b"));
    }
}

static void response_headers(void **state)
{
    (void)state;
    static const char *const BAD[] = {"a\rb", "a\nb", "\n"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct ic_http_field field = {ic_bytes_from_text(BAD[i]), IC_BYTES_LIT("x")};
        CHECK_TRAPS("http: a line break in a header", add_field, &field);
        field = (struct ic_http_field){IC_BYTES_LIT("x"), ic_bytes_from_text(BAD[i])};
        CHECK_TRAPS("http: a line break in a header", add_field, &field);
    }
    size_t count = IC_HTTP_FIELDS_MAX - 2;
    CHECK_RUNS(add_many, &count);
    count++;
    CHECK_TRAPS("http: too many headers in an answer", add_many, &count);
}

static void html(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct ic_writer w;
    ic_writer_init(&w, buffer, sizeof buffer);
    ic_http_put_html(&w, IC_BYTES_LIT("<a href=\"x\">&'é"));
    assert_bytes(ic_writer_bytes(&w), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;é");
}

/* Every byte survives being written into a URL. */
static void percent_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[256], url[1024];
    struct ic_writer w;
    struct ic_http_request r = {.arena = &arena};
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i == '/' ? 'x' : i); /* a slash ends the part, encoded or not */
    }
    arena_renew();
    ic_writer_init(&w, url, sizeof url);
    IC_PUT_LIT(&w, "/");
    ic_http_put_percent(&w, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
    assert_true(ic_writer_ok(&w));
    assert_int_equal(ic_http_url_parse(&r, ic_writer_bytes(&w)), 0);
    assert_int_equal(r.segment_count, 1);
    assert_int_equal(r.segments[0].size, sizeof bytes);
    assert_memory_equal(r.segments[0].at, bytes, sizeof bytes);
    ic_writer_init(&w, url, sizeof url);
    ic_http_put_percent(&w, IC_BYTES_LIT("aZ09-._~ /\xc3"));
    assert_bytes(ic_writer_bytes(&w), "aZ09-._~%20%2F%C3");
}

/* ---- ranges ---------------------------------------------------------------------------------- */

#define CONTENT "0123456789"

static void content_read(void *context, uint8_t *out, uint64_t at, size_t size)
{
    const char *text = context;
    assert_true(size > 0 && at + size <= strlen(text));
    memcpy(out, text + at, size);
}

static void content_answer(struct ic_http_response *response, enum ic_http_method method,
                           const char *range, const char *if_range, const char *text)
{
    struct ic_http_field fields[2];
    struct ic_http_request request = {.method = method, .fields = fields, .arena = &arena};
    const struct ic_http_content content = {strlen(text), content_read, (void *)(uintptr_t)text};
    if (range != NULL) {
        fields[request.field_count++] =
            (struct ic_http_field){IC_BYTES_LIT("RANGE"), ic_bytes_from_text(range)};
    }
    if (if_range != NULL) {
        fields[request.field_count++] =
            (struct ic_http_field){IC_BYTES_LIT("If-Range"), ic_bytes_from_text(if_range)};
    }
    arena_renew();
    *response = (struct ic_http_response){.status = 200};
    ic_http_answer_content(&request, response, "text/plain", &content);
}

static void ranges(void **state)
{
    (void)state;
    static const struct {
        const char *range; /* NULL: no header */
        unsigned status;
        const char *body, *content_range;
    } ROWS[] = {
        {NULL, 200, CONTENT, NULL},
        {"bytes=0-", 206, CONTENT, "bytes 0-9/10"},
        {"bytes=0-9", 206, CONTENT, "bytes 0-9/10"},
        {"Bytes=3-5", 206, "345", "bytes 3-5/10"},
        {"bytes=9-", 206, "9", "bytes 9-9/10"},
        {"bytes=9-9", 206, "9", "bytes 9-9/10"},
        {"bytes=8-100", 206, "89", "bytes 8-9/10"},
        {"bytes=008-18446744073709551615", 206, "89", "bytes 8-9/10"},
        {"bytes=8-99999999999999999999999999", 206, "89", "bytes 8-9/10"},
        {"bytes=-3", 206, "789", "bytes 7-9/10"},
        {"bytes=-10", 206, CONTENT, "bytes 0-9/10"},
        {"bytes=-99999999999999999999999999", 206, CONTENT, "bytes 0-9/10"},
        {"bytes=10-", 416, "range not satisfiable\n", "bytes */10"},
        {"bytes=10-12", 416, "range not satisfiable\n", "bytes */10"},
        {"bytes=18446744073709551615-", 416, "range not satisfiable\n", "bytes */10"},
        {"bytes=99999999999999999999999999-", 416, "range not satisfiable\n", "bytes */10"},
        {"bytes=-0", 416, "range not satisfiable\n", "bytes */10"},
        /* what is not one range of bytes counts as none */
        {"", 200, CONTENT, NULL},
        {"bytes", 200, CONTENT, NULL},
        {"bytes=", 200, CONTENT, NULL},
        {"bytes=-", 200, CONTENT, NULL},
        {"bytes=5", 200, CONTENT, NULL},
        {"bytes=5-4", 200, CONTENT, NULL},
        {"bytes=--4", 200, CONTENT, NULL},
        {"bytes=1-2-3", 200, CONTENT, NULL},
        {"bytes=-3x", 200, CONTENT, NULL},
        {"bytes=3-x", 200, CONTENT, NULL},
        {"bytes=+3-4", 200, CONTENT, NULL},
        {"bytes= 3-4", 200, CONTENT, NULL},
        {"bytes=0-1,3-4", 200, CONTENT, NULL},
        {"seconds=1-2", 200, CONTENT, NULL},
    };
    struct ic_http_response r;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        content_answer(&r, IC_HTTP_GET, ROWS[i].range, NULL, CONTENT);
        assert_int_equal(r.status, ROWS[i].status);
        assert_bytes(r.body, ROWS[i].body);
        const struct ic_http_field *last = &r.fields[r.field_count - 1];
        assert_bytes(last->name, ROWS[i].content_range == NULL ? "Accept-Ranges" : "Content-Range");
        assert_bytes(last->value, ROWS[i].content_range == NULL ? "bytes" : ROWS[i].content_range);
    }
    content_answer(&r, IC_HTTP_GET, "bytes=3-5", "\"a-tag\"", CONTENT);
    assert_int_equal(r.status, 200);
    content_answer(&r, IC_HTTP_POST, "bytes=3-5", NULL, CONTENT);
    assert_int_equal(r.status, 200);
    content_answer(&r, IC_HTTP_HEAD, "bytes=3-5", NULL, CONTENT);
    assert_int_equal(r.status, 200);
    assert_bytes(r.fields[2].value, "10");
    content_answer(&r, IC_HTTP_GET, NULL, NULL, "");
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body.size, 0);
    content_answer(&r, IC_HTTP_GET, "bytes=0-", NULL, "");
    assert_int_equal(r.status, 416);
}

/* ---- hashes that the gateways' own library expects (dfinity/response-verification, its unit
 * tests) ---------- */

static void assert_hash(const uint8_t hash[IC_CERT_HASH_BYTES], const char *expected)
{
    char text[2 * IC_CERT_HASH_BYTES + 1] = {0};
    ic_hex_encode(text, (struct ic_bytes){.at = hash, .size = IC_CERT_HASH_BYTES});
    assert_string_equal(text, expected);
}

static void known_response_hash(void **state)
{
    (void)state;
    const struct ic_http_response response = {
        .status = 200,
        .fields = {{IC_BYTES_LIT("IC-CertificateExpression"),
                    IC_BYTES_LIT("default_certification(ValidationArgs{certification:Certification{"
                                 "no_request_certification:Empty{},response_certification:"
                                 "ResponseCertification{certified_response_headers:"
                                 "ResponseHeaderList{headers:[\"Accept-Encoding\","
                                 "\"Cache-Control\"]}}}})")},
                   {IC_BYTES_LIT("IC-Certificate"), IC_BYTES_LIT("does not count")},
                   {IC_BYTES_LIT("Accept-Encoding"), IC_BYTES_LIT("gzip")},
                   {IC_BYTES_LIT("Cache-Control"), IC_BYTES_LIT("no-cache")},
                   {IC_BYTES_LIT("Cache-Control"), IC_BYTES_LIT("no-store")}},
        .field_count = 5,
        .body = IC_BYTES_LIT("Hello World!")};
    uint8_t hash[IC_CERT_HASH_BYTES];
    ic_http_response_hash(hash, &response);
    assert_hash(hash, "3393250e3cedc30408dcb7e8963898c3d7549b8a0b76496b82fdfeae99c2ac78");
}

static void known_request_hash(const char *url, const char *const *query, const char *expected)
{
    static const char *const HOST[] = {"host", NULL};
    static const struct ic_http_field FIELDS[] = {
        {{(const uint8_t *)"Accept-Language", 15}, {(const uint8_t *)"en", 2}},
        {{(const uint8_t *)"Accept-Language", 15}, {(const uint8_t *)"en-US", 5}},
        {{(const uint8_t *)"Host", 4}, {(const uint8_t *)"https://ic0.app", 15}}};
    uint8_t hash[IC_CERT_HASH_BYTES];
    arena_renew();
    struct ic_http_request request = {.arena = &arena,
                                      .method_text = IC_BYTES_LIT("POST"),
                                      .fields = FIELDS,
                                      .field_count = 3,
                                      .body = IC_BYTES_LIT("\0\1\2\3\4\5\6")};
    assert_int_equal(ic_http_url_parse(&request, ic_bytes_from_text(url)), 0);
    ic_http_request_hash(hash, &request, (struct ic_http_route_names){HOST, query});
    assert_hash(hash, expected);
}

static void known_request_hashes(void **state)
{
    (void)state;
    static const char *const QUERY[] = {"q", "name", NULL};
    known_request_hash("https://ic0.app", NULL,
                       "10796453466efb3e333891136b8a5931269f77e40ead9d437fcee94a02fa833c");
    known_request_hash("https://ic0.app?q=search", NULL, /* no part of it counts */
                       "10796453466efb3e333891136b8a5931269f77e40ead9d437fcee94a02fa833c");
    known_request_hash("https://ic0.app?", NULL,
                       "10796453466efb3e333891136b8a5931269f77e40ead9d437fcee94a02fa833c");
    known_request_hash("https://ic0.app?q=hello+world&name=foo&name=bar&color=purple#index.html",
                       QUERY, "3ade1c9054f05bc8bcebd3fd7b884078a6e67c63e5ac4a639fa46a47f5a955c9");
}

static void expressions(void **state)
{
    (void)state;
    static const char *const HEADERS[] = {"host", NULL};
    static const char *const QUERY[] = {"q", "name", NULL};
    struct ic_http_route route = {IC_HTTP_GET, "/", nothing, IC_HTTP_UNPROVED, {HEADERS, QUERY}};
    arena_renew();
    assert_bytes(ic_http_expression(&route, &arena),
                 "default_certification(ValidationArgs{no_certification:Empty{}})");
    static const char ANSWER[] =
        "default_certification(ValidationArgs{certification:Certification{"
        "no_request_certification:Empty{},response_certification:ResponseCertification{"
        "response_header_exclusions:ResponseHeaderList{headers:[]}}}})";
    assert_bytes(ic_http_expression(NULL, &arena), ANSWER);
    route.proof = IC_HTTP_CERTIFIED;
    assert_bytes(ic_http_expression(&route, &arena), ANSWER);
    route.proof = IC_HTTP_CERTIFIED_REQUEST;
    assert_bytes(ic_http_expression(&route, &arena),
                 "default_certification(ValidationArgs{certification:Certification{"
                 "request_certification:RequestCertification{certified_request_headers:[\"host\"],"
                 "certified_query_parameters:[\"q\",\"name\"]},response_certification:"
                 "ResponseCertification{response_header_exclusions:ResponseHeaderList{"
                 "headers:[]}}}})");
    arena.used = arena.size;
    assert_int_equal(ic_http_expression(&route, &arena).size, 0);
}

int test_http_parts(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent),
        cmocka_unit_test(urls),
        cmocka_unit_test(a_long_url),
        cmocka_unit_test(query_strings),
        cmocka_unit_test(routes),
        cmocka_unit_test(malformed_patterns),
        cmocka_unit_test(methods),
        cmocka_unit_test(request_headers),
        cmocka_unit_test(response_headers),
        cmocka_unit_test(html),
        cmocka_unit_test(percent_both_ways),
        cmocka_unit_test(ranges),
        cmocka_unit_test(known_response_hash),
        cmocka_unit_test(known_request_hashes),
        cmocka_unit_test(expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
