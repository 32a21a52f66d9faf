/* The server over its sockets: what service tests cannot see. */
#include "http/server.h"
#include "http/test/client.h"

#include "canisters/probe/script.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS          4u
#define CALLS_PER_THREAD 25u
#define CALL_WAIT_MS     300u

/* Canisters 1 and 2 are stubs: one counts its calls, the other keeps silent. Canister 3 is the
 * probe. */
struct fixture {
    struct axon_network *net;
    struct axon_server *server;
    unsigned executed;
};

static void count(void *context, struct axon_network *net, const struct ic_principal *sender,
                  const char *method, struct ic_bytes arg, struct axon_outcome *out)
{
    (void)net;
    (void)sender;
    (void)method;
    ((struct fixture *)context)->executed++;
    axon_buf_append(&out->reply, arg);
}

static void keep_silent(void *context, struct axon_network *net, const struct ic_principal *sender,
                        const char *method, struct ic_bytes arg, struct axon_outcome *out)
{
    (void)context;
    (void)net;
    (void)sender;
    (void)method;
    (void)arg;
    out->status = AXON_STATUS_PROCESSING;
}

static void install_probe(struct axon_network *net)
{
    struct ic_principal at = ic_principal_from_canister_index(3);
    struct axon_buf module = {0};
    struct axon_outcome out = {0};
    assert_true(axon_buf_read_file(&module, "build/wasm/probe.wasm"));
    (void)axon_create_canister(net, &at, &at, AXON_CYCLES_DEFAULT);
    axon_install(net, &out, &at, &at, AXON_INSTALL, axon_buf_bytes(&module), L(""));
    assert_int_equal(out.status, AXON_STATUS_REPLIED);
    axon_outcome_free(&out);
    axon_buf_free(&module);
}

static int setup(void **state)
{
    struct fixture *f = axon_alloc(sizeof *f);
    struct ic_principal counter = ic_principal_from_canister_index(1);
    struct ic_principal silent = ic_principal_from_canister_index(2);
    struct axon_buf why = {0};
    f->net = axon_network_new(&(struct axon_config){.free_cycles = true});
    axon_set_stub(f->net, &counter, count, f);
    axon_set_stub(f->net, &silent, keep_silent, NULL);
    install_probe(f->net);
    f->server =
        axon_server_start(f->net, &(struct axon_server_config){.call_wait_ms = CALL_WAIT_MS}, &why);
    assert_non_null(f->server);
    axon_buf_free(&why);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    axon_server_stop(f->server);
    axon_network_free(f->net);
    free(f);
    return 0;
}

/* ---- an HTTP client ------------------------------------------------------------------------- */

struct answer {
    long status;
    struct axon_buf head;
    struct axon_buf body;
};

static size_t collect(char *data, size_t unit, size_t units, void *into)
{
    axon_buf_append(into, (struct ic_bytes){.at = (const uint8_t *)data, .size = unit * units});
    return unit * units;
}

struct exchange {
    const char *method;
    const char *host;
    const char *path;
    const char *header;
    struct ic_bytes body;
    bool is_chunked;
};

static struct answer ask(const struct fixture *f, const struct exchange *x)
{
    struct answer a = {0};
    char url[300];
    snprintf(url, sizeof url, "http://%s:%u%s", x->host == NULL ? "127.0.0.1" : x->host,
             axon_server_port(f->server), x->path);
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    headers = curl_slist_append(headers, x->header == NULL ? "X-None: 1" : x->header);
    if (x->is_chunked) {
        headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (strcmp(x->method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)x->body.size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                         x->body.size == 0 ? "" : (const char *)x->body.at);
    } else {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, x->method);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &a.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &a.head);
    if (curl_easy_perform(curl) == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a.status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return a;
}

static void answer_free(struct answer *a)
{
    axon_buf_free(&a->head);
    axon_buf_free(&a->body);
}

static void check_has(struct axon_buf *head, const char *text)
{
    if (strcasestr(axon_buf_text(head), text) == NULL) {
        fail_msg("no \"%s\" in:\n%s", text, axon_buf_text(head));
    }
}

/* ---- HTTP ----------------------------------------------------------------------------------- */

static void test_status_and_cors(void **state)
{
    struct fixture *f = *state;
    static const char *const METHODS[] = {"GET", "OPTIONS"};
    for (size_t i = 0; i < 2; i++) {
        struct answer a =
            ask(f, &(struct exchange){.method = METHODS[i], .path = "/api/v2/status"});
        assert_int_equal(a.status, i == 0 ? 200 : 204);
        check_has(&a.head, "\r\naccess-control-allow-origin: *\r\n");
        check_has(&a.head, "\r\naccess-control-allow-methods: GET, POST");
        check_has(&a.head, "content-type");
        check_has(&a.head, "\r\naccess-control-max-age: 600\r\n");
        if (i == 0) {
            struct axon_cbor_doc doc = {0};
            check_has(&a.head, "\r\ncontent-type: application/cbor\r\n");
            assert_true(axon_cbor_read(&doc, axon_buf_bytes(&a.body)));
            assert_true(ic_bytes_is_equal(axon_cbor_find(doc.nodes, "root_key")->bytes,
                                          axon_server_root_key(f->server)));
            axon_cbor_doc_free(&doc);
        }
        answer_free(&a);
    }
    /* The preflight of a call, and an error: the page may see both. */
    static const char CALL[] = "/api/v4/canister/rrkah-fqaaa-aaaaa-aaaaq-cai/call";
    struct answer a = ask(f, &(struct exchange){.method = "OPTIONS",
                                                .path = CALL,
                                                .header = "access-control-request-method: POST"});
    assert_int_equal(a.status, 204);
    answer_free(&a);
    a = ask(f, &(struct exchange){.method = "GET", .path = CALL});
    assert_int_equal(a.status, 405);
    check_has(&a.head, "\r\naccess-control-allow-origin: *\r\n");
    check_has(&a.head, "\r\ncontent-type: text/plain");
    answer_free(&a);
}

static void test_bodies(void **state)
{
    struct fixture *f = *state;
    struct axon_buf body = {0};
    static const char CALL[] = "/api/v2/canister/rrkah-fqaaa-aaaaa-aaaaq-cai/query";
    static const char TYPE[] = "Content-Type: application/cbor";
    body.at = axon_alloc(AXON_REQUEST_BYTES_MAX + 1);
    for (unsigned chunked = 0; chunked < 2; chunked++) {
        for (unsigned extra = 0; extra < 2; extra++) {
            body.size = AXON_REQUEST_BYTES_MAX + extra;
            struct answer a = ask(f, &(struct exchange){.method = "POST",
                                                        .path = CALL,
                                                        .header = TYPE,
                                                        .body = axon_buf_bytes(&body),
                                                        .is_chunked = chunked == 1});
            assert_int_equal(a.status, extra == 0 ? 400 : 413);
            assert_string_equal(axon_buf_text(&a.body),
                                extra == 0
                                    ? "Could not parse body as query message: bytes after the end"
                                    : "The request body is larger than 5242880 bytes.");
            answer_free(&a);
        }
    }
    axon_buf_free(&body);
    struct answer a = ask(f, &(struct exchange){.method = "POST", .path = CALL, .header = TYPE});
    assert_int_equal(a.status, 400);
    answer_free(&a);
}

/* ---- calls ---------------------------------------------------------------------------------- */

static uint64_t expiry(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return ((uint64_t)t.tv_sec + 200) * 1000000000u;
}

static struct answer call(const struct fixture *f, uint64_t index, struct ic_bytes arg)
{
    struct axon_request r = {.type = AXON_REQUEST_CALL,
                             .sender = IC_PRINCIPAL_ANONYMOUS,
                             .ingress_expiry_ns = expiry(),
                             .canister = ic_principal_from_canister_index(index),
                             .method = L("run"),
                             .arg = arg};
    char id[IC_PRINCIPAL_TEXT_MAX + 1];
    char path[200];
    ic_principal_to_text(id, &r.canister);
    snprintf(path, sizeof path, "/api/v4/canister/%s/call", id);
    struct axon_buf body = {0};
    axon_request_put(&r, &body);
    struct answer a = ask(f, &(struct exchange){.method = "POST",
                                                .path = path,
                                                .header = "Content-Type: application/cbor",
                                                .body = axon_buf_bytes(&body)});
    axon_buf_free(&body);
    return a;
}

struct caller {
    const struct fixture *f;
    uint8_t number;
    unsigned answered;
};

static void *make_calls(void *context)
{
    struct caller *c = context;
    for (uint8_t i = 0; i < CALLS_PER_THREAD; i++) {
        uint8_t arg[] = {c->number, i};
        struct answer a = call(c->f, 1, (struct ic_bytes){.at = arg, .size = sizeof arg});
        c->answered += a.status == 200;
        answer_free(&a);
    }
    return NULL;
}

/* Many at once: each is executed once, one at a time (the sanitizer would see two). */
static void test_concurrent_calls(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];
    struct caller callers[THREADS];
    for (uint8_t i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.f = f, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, make_calls, &callers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(callers[i].answered, CALLS_PER_THREAD);
    }
    assert_int_equal(f->executed, THREADS * CALLS_PER_THREAD);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* 202 after the wait, and others are served meanwhile. */
static void test_unanswered_call(void **state)
{
    struct fixture *f = *state;
    double start = seconds();
    struct answer a = call(f, 2, L(""));
    double taken = seconds() - start;
    assert_int_equal(a.status, 202);
    assert_int_equal(a.body.size, 0);
    assert_true(taken >= CALL_WAIT_MS * 1e-3 && taken < 5.0);
    answer_free(&a);
    a = call(f, 1, L(""));
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

static void check_trap(const struct fixture *f, uint8_t operation, const char *error_code)
{
    struct answer a = call(f, 3, (struct ic_bytes){.at = &operation, .size = 1});
    struct axon_cbor_doc doc = {0};
    struct axon_certificate c = {0};
    assert_int_equal(a.status, 200);
    assert_true(axon_cbor_read(&doc, axon_buf_bytes(&a.body)));
    assert_true(axon_certificate_read(&c, axon_cbor_find(doc.nodes, "certificate")->bytes));
    assert_int_equal(axon_certificate_check(&c, axon_server_root_key(f->server), NULL),
                     AXON_CERTIFICATE_OK);
    enum axon_lookup result;
    const struct axon_witness_node *requests =
        axon_witness_node_find(&c.tree, AXON_PATH(L("request_status")), &result);
    const struct axon_witness_node *code = axon_witness_next_child(requests, NULL);
    code = axon_witness_next_child(code + 1, NULL); /* error_code comes first */
    assert_true(ic_bytes_is_equal(code[1].bytes, ic_bytes_from_text(error_code)));
    axon_certificate_free(&c);
    axon_cbor_doc_free(&doc);
    answer_free(&a);
}

/* The threads of connections can run Wasm to the end of its stack and survive its traps. */
static void test_traps(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 3; i++) {
        check_trap(f, PROBE_UNREACHABLE, "IC0502");
        check_trap(f, PROBE_RECURSE, "IC0502");
    }
}

static int raw_connection(const struct fixture *f)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(axon_server_port(f->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(s, (const struct sockaddr *)&address, sizeof address), 0);
    return s;
}

/* Connections that are cut or left half-way do no harm, and do not keep the server from stopping.
 */
static void test_broken_connections(void **state)
{
    struct fixture *f = *state;
    static const char *const STARTS[] = {
        "",
        "GET",
        "\0\0\0",
        "GET / HTTP/9.9\r\n\r\n",
        "POST /api/v2/canister/aaaaa-aa/call HTTP/1.1\r\n",
        "POST /api/v2/canister/aaaaa-aa/call HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
    int open[sizeof STARTS / sizeof STARTS[0]];
    for (size_t i = 0; i < sizeof STARTS / sizeof STARTS[0]; i++) {
        int s = raw_connection(f);
        assert_true(send(s, STARTS[i], strlen(STARTS[i]), MSG_NOSIGNAL) >= 0);
        close(s);
        open[i] = raw_connection(f);
        assert_true(send(open[i], STARTS[i], strlen(STARTS[i]), MSG_NOSIGNAL) >= 0);
    }
    struct answer a = ask(f, &(struct exchange){.method = "GET", .path = "/api/v2/status"});
    assert_int_equal(a.status, 200);
    answer_free(&a);
    double start = seconds();
    axon_server_stop(f->server);
    assert_true(seconds() - start < 5.0);
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        close(open[i]);
    }
    struct axon_buf why = {0};
    f->server = axon_server_start(f->net, &(struct axon_server_config){.port = 0}, &why);
    assert_non_null(f->server);
    axon_buf_free(&why);
}

static void test_port_in_use(void **state)
{
    struct fixture *f = *state;
    struct axon_network *net = axon_network_new(NULL);
    struct axon_buf why = {0};
    struct axon_buf expected = {0};
    uint16_t port = axon_server_port(f->server);
    axon_buf_printf(&expected, "cannot listen on 127.0.0.1:%u: Address already in use", port);
    assert_null(axon_server_start(net, &(struct axon_server_config){.port = port}, &why));
    assert_string_equal(axon_buf_text(&why), axon_buf_text(&expected));
    axon_buf_free(&why);
    axon_buf_free(&expected);
    axon_network_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_status_and_cors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_concurrent_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_traps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unanswered_call, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_connections, setup, teardown),
        cmocka_unit_test_setup_teardown(test_port_in_use, setup, teardown),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
