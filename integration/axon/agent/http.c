#include "agent/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

/* Longer than the server waits inside one call request (10 s). */
#define TRANSFER_TIMEOUT_S 60L
#define CONNECT_TIMEOUT_S 10L

struct agent_http {
    CURL *curl;
    struct curl_slist *headers;
    char *url;
    char error[CURL_ERROR_SIZE];
};

static bool is_loopback(const char *url)
{
    static const char *const hosts[] = {"http://127.", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (strncmp(url, hosts[i], strlen(hosts[i])) == 0) {
            return true;
        }
    }
    return false;
}

struct agent_http *agent_http_new(const char *url)
{
    struct agent_http *http = axon_alloc(sizeof *http);
    size_t size = strlen(url);
    while (size > 0 && url[size - 1] == '/') {
        size--;
    }
    http->url = axon_alloc(size + 1);
    memcpy(http->url, url, size);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    http->curl = curl_easy_init();
    http->headers = curl_slist_append(NULL, "Content-Type: application/cbor");
    /* No "Expect: 100-continue": it costs a round trip. */
    http->headers = curl_slist_append(http->headers, "Expect:");
    return http;
}

void agent_http_free(struct agent_http *http)
{
    curl_slist_free_all(http->headers);
    curl_easy_cleanup(http->curl);
    curl_global_cleanup();
    free(http->url);
    free(http);
}

/* libcurl hands over a piece of the body; any other count returned aborts the transfer. */
static size_t on_body(char *at, size_t one, size_t size, void *context)
{
    struct axon_buf *body = context;
    if (body->size + one * size > AXON_AGENT_BODY_BYTES_MAX) {
        return 0;
    }
    axon_buf_append(body, (struct ic_bytes){.at = (const uint8_t *)at, .size = one * size});
    return one * size;
}

static void prepare(struct agent_http *http, const char *url, struct ic_bytes request,
                    struct axon_buf *body)
{
    CURL *curl = http->curl;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, TRANSFER_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (is_loopback(url)) {
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"); /* a proxy could not reach this machine */
    }
    if (request.size > 0) {
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.at);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request.size);
    }
}

bool agent_http_send(struct agent_http *http, struct axon_buf *body, long *status,
                     const char *path, struct ic_bytes request, struct axon_buf *why)
{
    struct axon_buf url = {0};
    axon_buf_printf(&url, "%s%s", http->url, path);
    axon_buf_clear(body);
    prepare(http, axon_buf_text(&url), request, body);
    http->error[0] = '\0';
    CURLcode code = curl_easy_perform(http->curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, status);
    } else {
        const char *text = http->error[0] != '\0' ? http->error : curl_easy_strerror(code);
        axon_buf_printf(why, "%s: %s", http->url, text);
    }
    axon_buf_free(&url);
    return code == CURLE_OK;
}
