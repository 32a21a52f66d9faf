#include "http/server.h"

#include "http/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define CONNECTIONS_MAX 256u
#define IDLE_TIMEOUT_S  120u
/* A body that is too large is read to its end, so that the client sees the answer, but not for
 * ever. */
#define DISCARDED_BYTES_MAX (64u * 1024u * 1024u)
#define NS_PER_MS           1000000u
#define NS_PER_S            1000000000u
#define HTTP_NO_CONTENT     204u

/* Answers that browsers need to let a page of another origin talk to us. SPEC: ic-http 1.2 */
static const struct {
    const char *name;
    const char *value;
} CORS_HEADERS[] = {
    {"access-control-allow-origin", "*"},
    {"access-control-allow-methods", "GET, POST, HEAD, OPTIONS"},
    {"access-control-allow-headers",
     "accept, authorization, cache-control, content-type, cookie, dnt, if-modified-since, "
     "if-none-match, range, user-agent, x-ic-canister-id, x-requested-with"},
    {"access-control-expose-headers",
     "accept-ranges, content-length, content-range, x-ic-canister-id, x-request-id"},
    {"access-control-max-age", "600"},
};

struct axon_server {
    struct axon_network *net; /* borrowed */
    struct axon_service *service;
    struct MHD_Daemon *daemon;    /* 127.0.0.1 */
    struct MHD_Daemon *daemon_v6; /* ::1, for clients to which localhost means that; may be NULL */
    uint16_t port;
    uint32_t call_wait_ms;
    pthread_mutex_t lock;   /* of everything below, the service and the network */
    pthread_cond_t changed; /* something was executed */
    bool is_stopping;
    pthread_t clock_thread;
};

/* One request on its connection's thread. */
struct exchange {
    struct axon_buf body;
    size_t discarded;
};

/* ---- executing ------------------------------------------------------------------------------ */

static struct timespec deadline_after_ms(uint32_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t ns = (uint64_t)t.tv_nsec + (uint64_t)ms * NS_PER_MS;
    t.tv_sec += (time_t)(ns / NS_PER_S);
    t.tv_nsec = (long)(ns % NS_PER_S);
    return t;
}

/* Waits for a call that did not finish at once; the clock thread keeps the network going. After
 * call_wait_ms the 202 answer stays. Called with the lock held. */
static void wait_for_call(struct axon_server *server, struct axon_http_reply *reply)
{
    struct timespec deadline = deadline_after_ms(server->call_wait_ms);
    while (!server->is_stopping && !axon_service_wait(server->service, reply)) {
        if (pthread_cond_timedwait(&server->changed, &server->lock, &deadline) == ETIMEDOUT) {
            (void)axon_service_wait(server->service, reply);
            return;
        }
    }
}

static void execute(struct axon_server *server, struct axon_http_reply *reply,
                    const struct axon_http_request *request)
{
    pthread_mutex_lock(&server->lock);
    axon_service_handle(server->service, reply, request);
    pthread_cond_broadcast(&server->changed);
    if (reply->is_pending) {
        wait_for_call(server, reply);
    }
    pthread_mutex_unlock(&server->lock);
}

static void *run_clock(void *context)
{
    struct axon_server *server = context;
    pthread_mutex_lock(&server->lock);
    while (!server->is_stopping) {
        axon_service_tick(server->service);
        pthread_cond_broadcast(&server->changed);
        struct timespec deadline = deadline_after_ms(AXON_SERVER_TICK_MS);
        pthread_mutex_unlock(&server->lock);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
        pthread_mutex_lock(&server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* ---- answering ------------------------------------------------------------------------------ */

static enum MHD_Result send_reply(struct MHD_Connection *connection,
                                  const struct axon_http_reply *reply)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.size, reply->body.at, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    for (size_t i = 0; i < sizeof CORS_HEADERS / sizeof CORS_HEADERS[0]; i++) {
        (void)MHD_add_response_header(response, CORS_HEADERS[i].name, CORS_HEADERS[i].value);
    }
    if (reply->content_type != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    }
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(struct axon_server *server, struct MHD_Connection *connection,
                              const char *path, const char *method, const struct exchange *ex)
{
    struct axon_http_reply reply = {.status = HTTP_NO_CONTENT};
    struct axon_http_request request = {
        .method = method,
        .path = path,
        .content_type =
            MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE),
        /* What was discarded is counted, so that the service sees that it is too much. */
        .body = {.at = ex->body.at, .size = ex->body.size + ex->discarded},
    };
    if (strcmp(method, MHD_HTTP_METHOD_OPTIONS) != 0) {
        execute(server, &reply, &request);
    }
    enum MHD_Result result = send_reply(connection, &reply);
    axon_buf_free(&reply.body);
    return result;
}

static void receive(struct exchange *ex, const char *data, size_t size)
{
    if (ex->discarded == 0 && ex->body.size + size <= AXON_REQUEST_BYTES_MAX) {
        axon_buf_append(&ex->body, (struct ic_bytes){.at = (const uint8_t *)data, .size = size});
    } else {
        ex->discarded += size;
    }
}

/* libmicrohttpd calls this for the head, for each piece of the body, and at the end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *data_size, void **state)
{
    (void)version;
    if (*state == NULL) {
        *state = axon_alloc(sizeof(struct exchange));
        return MHD_YES;
    }
    struct exchange *ex = *state;
    if (*data_size == 0) {
        return answer(context, connection, path, method, ex);
    }
    receive(ex, data, *data_size);
    *data_size = 0;
    return ex->discarded > DISCARDED_BYTES_MAX ? MHD_NO : MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct exchange *ex = *state;
    if (ex != NULL) {
        axon_buf_free(&ex->body);
        free(ex);
        *state = NULL;
    }
}

/* ---- starting and stopping ------------------------------------------------------------------ */

static struct MHD_Daemon *listen_on(struct axon_server *server, const struct sockaddr *address,
                                    unsigned flags)
{
    return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | flags,
                            server->port, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR,
                            address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)AXON_SERVER_STACK_BYTES,
                            MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S, MHD_OPTION_END);
}

static bool listen_v4(struct axon_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(server->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    server->daemon = listen_on(server, (const struct sockaddr *)&address, 0);
    if (server->daemon == NULL) {
        return false;
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (info != NULL && info->port != 0) {
        server->port = info->port;
    }
    return true;
}

/* Not every machine has IPv6: without it there is one address less. */
static void listen_v6(struct axon_server *server)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons(server->port),
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    server->daemon_v6 = listen_on(server, (const struct sockaddr *)&address, MHD_USE_IPv6);
}

static void init_lock(struct axon_server *server)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&server->lock, NULL);
}

/* Timers execute Wasm on the clock thread: it needs the large stack as well. */
static bool start_clock(struct axon_server *server)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, AXON_SERVER_STACK_BYTES);
    int error = pthread_create(&server->clock_thread, &attributes, run_clock, server);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

static void release(struct axon_server *server)
{
    axon_service_free(server->service);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

static void stop_listening(struct axon_server *server)
{
    if (server->daemon_v6 != NULL) {
        MHD_stop_daemon(server->daemon_v6);
    }
    MHD_stop_daemon(server->daemon);
}

struct axon_server *axon_server_start(struct axon_network *net,
                                      const struct axon_server_config *config, struct axon_buf *why)
{
    struct axon_server *server = axon_alloc(sizeof *server);
    server->net = net;
    server->port = config->port;
    server->call_wait_ms =
        config->call_wait_ms == 0 ? AXON_SERVER_CALL_WAIT_MS : config->call_wait_ms;
    server->service = axon_service_new(net, &config->service);
    init_lock(server);
    if (!listen_v4(server)) {
        axon_buf_printf(why, "cannot listen on 127.0.0.1:%u: %s", config->port, strerror(errno));
        release(server);
        return NULL;
    }
    listen_v6(server);
    if (!start_clock(server)) {
        axon_buf_append_text(why, "cannot start a thread");
        stop_listening(server);
        release(server);
        return NULL;
    }
    return server;
}

void axon_server_stop(struct axon_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->is_stopping = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->clock_thread, NULL);
    stop_listening(server);
    release(server);
}

uint16_t axon_server_port(const struct axon_server *server)
{
    return server->port;
}

struct ic_bytes axon_server_root_key(const struct axon_server *server)
{
    return axon_service_root_key(server->service);
}

void axon_server_with_network(struct axon_server *server,
                              void (*fn)(struct axon_network *net, void *context), void *context)
{
    pthread_mutex_lock(&server->lock);
    fn(server->net, context);
    pthread_mutex_unlock(&server->lock);
}
