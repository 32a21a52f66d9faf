/* The agent against the local server, with a proxy between them that spoils answers on demand. */
#include "agent/agent.h"
#include "agent/pem.h"
#include "crypto/bls.h"
#include "http/local.h"

#include <assert.h>
#include <curl/curl.h>
#include <microhttpd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEYS "integration/axon/agent/test/keys/"
/* Every so many bytes of an answer one is changed. */
#define FLIP_STRIDE 11u

enum fault {
    FAULT_NONE,
    FAULT_NO_V4,       /* 404 for the newest call endpoint: agents fall back to v2 */
    FAULT_ACCEPTED,    /* the call is executed and answered 202: agents poll */
    FAULT_STATUS,      /* 503 with a text */
    FAULT_NOT_CBOR,
    FAULT_EMPTY,
    FAULT_FLIP,        /* one byte of the answer to `endpoint` changed */
};

struct proxy {
    struct MHD_Daemon *daemon;
    char upstream[64];
    enum fault fault;
    const char *endpoint;   /* end of the path that FLIP concerns */
    size_t flip_at;
    size_t body_size;       /* of the last answer that FLIP looked at */
    unsigned v2_calls;
};

static struct axon_local *local;
static struct proxy proxy;
static char identities_dir[] = "/tmp/axon-agent-XXXXXX";

/* ---- the proxy ------------------------------------------------------------------------------- */

static size_t keep(char *at, size_t one, size_t size, void *context)
{
    axon_buf_append(context, (struct ic_bytes){.at = (const uint8_t *)at, .size = one * size});
    return one * size;
}

static long forward(const char *path, const struct axon_buf *request, struct axon_buf *answer)
{
    char url[512];
    long status = 0;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/cbor");
    snprintf(url, sizeof url, "%s%s", proxy.upstream, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (request->size > 0) {
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->at);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
    }
    assert(curl_easy_perform(curl) == CURLE_OK);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static long spoil(const char *path, long status, struct axon_buf *answer)
{
    bool is_v4 = strstr(path, "/v4/") != NULL;
    switch (proxy.fault) {
    case FAULT_NONE:
        break;
    case FAULT_NO_V4:
        return is_v4 ? 404 : status;
    case FAULT_ACCEPTED:
        if (is_v4) {
            axon_buf_clear(answer);
            return 202;
        }
        break;
    case FAULT_STATUS:
        axon_buf_clear(answer);
        axon_buf_append_text(answer, "overloaded");
        return 503;
    case FAULT_NOT_CBOR:
        axon_buf_clear(answer);
        axon_buf_append_text(answer, "<html>");
        break;
    case FAULT_EMPTY:
        axon_buf_clear(answer);
        break;
    case FAULT_FLIP:
        if (ends_with(path, proxy.endpoint)) {
            proxy.body_size = answer->size;
            if (proxy.flip_at < answer->size) {
                answer->at[proxy.flip_at] ^= 0x10;
            }
        }
        break;
    }
    return status;
}

static enum MHD_Result answer_request(void *context, struct MHD_Connection *connection,
                                      const char *path, const char *method, const char *version,
                                      const char *upload, size_t *upload_size, void **state)
{
    (void)context, (void)method, (void)version;
    struct axon_buf *request = *state;
    if (request == NULL) {
        *state = axon_alloc(sizeof *request);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        axon_buf_append(request, (struct ic_bytes){.at = (const uint8_t *)upload,
                                                   .size = *upload_size});
        *upload_size = 0;
        return MHD_YES;
    }
    struct axon_buf answer = {0};
    bool is_hidden = proxy.fault == FAULT_NO_V4 && strstr(path, "/v4/") != NULL;
    proxy.v2_calls += ends_with(path, "/call") && strstr(path, "/v2/") != NULL;
    long status = is_hidden ? 404 : spoil(path, forward(path, request, &answer), &answer);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer.size, answer.at, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    axon_buf_free(&answer);
    return result;
}

static void request_done(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    if (*state != NULL) {
        axon_buf_free(*state);
        free(*state);
        *state = NULL;
    }
}

static uint16_t proxy_port(void)
{
    return MHD_get_daemon_info(proxy.daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static int set_up(void **state)
{
    (void)state;
    struct axon_buf why = {0};
    if (mkdtemp(identities_dir) == NULL) {
        return -1;
    }
    local = axon_local_start(&(struct axon_local_config){.identities_dir = identities_dir}, &why);
    if (local == NULL) {
        fprintf(stderr, "%s\n", axon_buf_text(&why));
        axon_buf_free(&why);
        return -1;
    }
    snprintf(proxy.upstream, sizeof proxy.upstream, "http://127.0.0.1:%u",
             axon_server_port(axon_local_server(local)));
    proxy.daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer_request,
                                    NULL, MHD_OPTION_NOTIFY_COMPLETED, request_done, NULL,
                                    MHD_OPTION_END);
    axon_buf_free(&why);
    return proxy.daemon == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"dev1.pem", "dev2.pem"};
    MHD_stop_daemon(proxy.daemon);
    axon_local_stop(local);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", identities_dir, names[i]);
        unlink(path);
    }
    return rmdir(identities_dir);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* An agent that talks to the proxy and trusts the real root key. */
static struct axon_agent *new_agent(const struct axon_key *key)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", proxy_port());
    return axon_agent_new(&(struct axon_agent_config){
        .url = url,
        .root_key = axon_server_root_key(axon_local_server(local)),
        .key = key,
        .call_timeout_s = 5,
    });
}

static const struct ic_bytes NO_ARGUMENTS = {.at = (const uint8_t *)"DIDL\0\0", .size = 6};
/* (record { symbol = "ICP" }), as our ledger writes it */
#define SYMBOL "ICP"

static bool is_symbol(const struct axon_agent_answer *answer)
{
    return answer->reply.size > sizeof SYMBOL &&
           memcmp(answer->reply.at + answer->reply.size - 3, SYMBOL, 3) == 0;
}

static enum axon_agent_result ask(struct axon_agent *agent, struct axon_agent_answer *answer,
                                  bool is_query, const char *method)
{
    struct ic_principal ledger = ic_principal_from_canister_index(2);
    if (is_query) {
        return axon_agent_query(agent, answer, &ledger, method, NO_ARGUMENTS);
    }
    return axon_agent_call(agent, answer, &ledger, &ledger, method, NO_ARGUMENTS);
}

/* One request under a fault. */
static void check(enum fault fault, bool is_query, enum axon_agent_result expected,
                  const char *text)
{
    struct axon_agent *agent = new_agent(NULL);
    struct axon_agent_answer answer = {0};
    proxy.fault = fault;
    enum axon_agent_result result = ask(agent, &answer, is_query, "symbol");
    proxy.fault = FAULT_NONE;
    if (result != expected) {
        fail_msg("fault %d: %d %s", (int)fault, (int)result, axon_buf_text(&answer.text));
    }
    assert_int_equal(answer.result, result);
    assert_true(result != AXON_AGENT_REPLIED || is_symbol(&answer));
    assert_non_null(strstr(axon_buf_text(&answer.text), text));
    axon_agent_answer_free(&answer);
    axon_agent_free(agent);
}

static void test_replies(void **state)
{
    (void)state;
    check(FAULT_NONE, false, AXON_AGENT_REPLIED, "");
    check(FAULT_NONE, true, AXON_AGENT_REPLIED, "");
    check(FAULT_ACCEPTED, false, AXON_AGENT_REPLIED, "");
    assert_int_equal(proxy.v2_calls, 0);
    check(FAULT_NO_V4, false, AXON_AGENT_REPLIED, "");
    assert_int_equal(proxy.v2_calls, 1);
}

static void test_failures(void **state)
{
    (void)state;
    for (int is_query = 0; is_query <= 1; is_query++) {
        check(FAULT_STATUS, is_query, AXON_AGENT_REFUSED, "HTTP status 503: overloaded");
        check(FAULT_NOT_CBOR, is_query, AXON_AGENT_MALFORMED, "");
        check(FAULT_EMPTY, is_query, AXON_AGENT_MALFORMED, "");
    }
    struct axon_agent *agent =
        axon_agent_new(&(struct axon_agent_config){.url = "http://127.0.0.1:1"});
    struct axon_agent_answer answer = {0};
    assert_false(axon_agent_trust_status(agent, &answer));
    assert_int_equal(answer.result, AXON_AGENT_UNREACHABLE);
    assert_int_equal(ask(agent, &answer, false, "symbol"), AXON_AGENT_UNREACHABLE);
    axon_agent_answer_free(&answer);
    axon_agent_free(agent);
}

static void test_rejects(void **state)
{
    (void)state;
    for (int is_query = 0; is_query <= 1; is_query++) {
        struct axon_agent *agent = new_agent(NULL);
        struct axon_agent_answer answer = {0};
        assert_int_equal(ask(agent, &answer, is_query, "no_such_method"), AXON_AGENT_REJECTED);
        assert_int_equal(answer.reject_code, 5);
        assert_string_equal(axon_buf_text(&answer.error_code), "IC0536");
        axon_agent_answer_free(&answer);
        axon_agent_free(agent);
    }
}

static void test_metadata(void **state)
{
    (void)state;
    struct axon_agent *agent = new_agent(NULL);
    struct axon_agent_answer answer = {0};
    struct ic_principal ledger = ic_principal_from_canister_index(2);
    assert_int_equal(axon_agent_metadata(agent, &answer, &ledger, "candid:service"),
                     AXON_AGENT_REPLIED);
    assert_non_null(strstr(axon_buf_text(&answer.reply), "icrc1_transfer"));
    assert_int_equal(axon_agent_metadata(agent, &answer, &ledger, "no such section"),
                     AXON_AGENT_REJECTED);
    axon_agent_answer_free(&answer);
    axon_agent_free(agent);
}

/* Each scheme's signature is accepted by the server. */
static void test_identities(void **state)
{
    (void)state;
    static const char *const paths[] = {KEYS "ed25519.pem", KEYS "p256.pem", KEYS "secp256k1.pem"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct axon_buf why = {0};
        struct axon_key *key = axon_pem_read_file(paths[i], &why);
        assert_non_null(key);
        struct axon_agent *agent = new_agent(key);
        struct axon_agent_answer answer = {0};
        assert_int_equal(ask(agent, &answer, false, "symbol"), AXON_AGENT_REPLIED);
        assert_int_equal(ask(agent, &answer, true, "symbol"), AXON_AGENT_REPLIED);
        axon_agent_answer_free(&answer);
        axon_agent_free(agent);
        axon_key_free(key);
        axon_buf_free(&why);
    }
}

static void test_wrong_root_key(void **state)
{
    (void)state;
    char url[64];
    struct axon_bls_key other;
    axon_bls_key_from_seed(&other, IC_BYTES_LIT("another network"));
    snprintf(url, sizeof url, "http://127.0.0.1:%u", proxy_port());
    for (int is_query = 0; is_query <= 1; is_query++) {
        struct axon_agent *agent = axon_agent_new(&(struct axon_agent_config){
            .url = url, .root_key = {.at = other.der, .size = sizeof other.der}});
        struct axon_agent_answer answer = {0};
        assert_int_equal(ask(agent, &answer, is_query, "symbol"), AXON_AGENT_UNVERIFIED);
        axon_agent_answer_free(&answer);
        axon_agent_free(agent);
    }
}

/* Changes the answer of an endpoint at many places: what is believed is never changed by it. */
static void flip_everywhere(const char *endpoint, bool is_query)
{
    size_t believed = 0, refused = 0;
    proxy.endpoint = endpoint;
    proxy.body_size = SIZE_MAX;
    for (proxy.flip_at = 0; proxy.flip_at < proxy.body_size; proxy.flip_at += FLIP_STRIDE) {
        struct axon_agent *agent = new_agent(NULL);
        struct axon_agent_answer answer = {0};
        proxy.fault = FAULT_FLIP;
        enum axon_agent_result result = ask(agent, &answer, is_query, "symbol");
        proxy.fault = FAULT_NONE;
        assert_true(result == AXON_AGENT_REPLIED || result == AXON_AGENT_UNVERIFIED ||
                    result == AXON_AGENT_MALFORMED || result == AXON_AGENT_TIMEOUT);
        assert_true(result != AXON_AGENT_REPLIED || is_symbol(&answer));
        *(result == AXON_AGENT_REPLIED ? &believed : &refused) += 1;
        axon_agent_answer_free(&answer);
        axon_agent_free(agent);
    }
    /* Unsigned: the tag, the word "replied" beside a certificate, names of keys nobody reads. */
    assert_true(refused > 5 * believed);
}

static void test_flipped_bytes(void **state)
{
    (void)state;
    flip_everywhere("/call", false);
    flip_everywhere("/query", true);
    flip_everywhere("/read_state", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_rejects),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_identities),
        cmocka_unit_test(test_wrong_root_key),
        cmocka_unit_test(test_flipped_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
