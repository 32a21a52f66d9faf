/* What browsers see. Each page is made by one function, and certified by calling it beforehand. */
#include "kv.h"

#include "ic/http.h"
#include "ic/metrics.h"
#include "ic/msg.h"
#include "ic/trap.h"

#define PAGE_BYTES_MAX 65536u
#define KEYS_SHOWN     25u /* each put hashes the page anew: 70 instructions a byte */

static struct ic_writer page_start(const struct ic_http_request *request)
{
    struct ic_writer w;
    uint8_t *at = ic_arena_alloc(request->arena, PAGE_BYTES_MAX);
    ic_assert(at != NULL);
    ic_writer_init(&w, at, PAGE_BYTES_MAX);
    return w;
}

/* GET /: the first keys, as links. */
static void page_home(const struct ic_http_request *request, struct ic_http_response *response)
{
    struct ic_bytes keys[KEYS_SHOWN];
    const struct ic_bytes none = {.size = 0};
    struct ic_writer w = page_start(request);
    const size_t count = kv_keys_list(keys, KEYS_SHOWN, none);
    IC_PUT_LIT(&w, "<!doctype html><meta charset=utf-8><title>Store</title><h1>");
    ic_put_decimal(&w, ic_map_count(&kv.entries));
    IC_PUT_LIT(&w, " entries</h1><ul>");
    for (size_t i = 0; i < count; i++) {
        IC_PUT_LIT(&w, "<li><a href=\"/value/");
        ic_http_put_percent(&w, keys[i]);
        IC_PUT_LIT(&w, "\">");
        ic_http_put_html(&w, keys[i]);
        IC_PUT_LIT(&w, "</a>");
    }
    IC_PUT_LIT(&w, "</ul>");
    ic_assert(ic_writer_ok(&w));
    ic_http_answer(response, 200, "text/html", ic_writer_bytes(&w));
    ic_http_field_add(response, IC_BYTES_LIT("Content-Security-Policy"),
                      IC_BYTES_LIT("default-src 'none'"));
}

/* GET /value/:key: the bytes of one value. */
static void page_value(const struct ic_http_request *request, struct ic_http_response *response)
{
    struct ic_bytes value;
    if (kv_find(&value, request->params[0])) {
        ic_http_answer(response, 200, "application/octet-stream", value);
    } else {
        ic_http_answer(response, 404, "text/plain", IC_BYTES_LIT("no such key\n"));
    }
}

/* GET /log: the newest lines first. */
static void page_log(const struct ic_http_request *request, struct ic_http_response *response)
{
    struct ic_writer w = page_start(request);
    struct ic_logring_line line;
    struct ic_logring_cursor cursor = ic_logring_last(&kv.lines);
    while (w.used + 2 * IC_LOGRING_TEXT_MAX < PAGE_BYTES_MAX &&
           ic_logring_previous(&line, &kv.lines, &cursor, request->arena)) {
        ic_put_decimal(&w, line.time_ns / 1000000);
        IC_PUT_LIT(&w, " ");
        ic_put_bytes(&w, ic_bytes_from_text(ic_logring_level_name(line.level)));
        IC_PUT_LIT(&w, " ");
        ic_put_bytes(&w, line.text);
        IC_PUT_LIT(&w, "\n");
    }
    ic_http_answer(response, 200, "text/plain; charset=utf-8", ic_writer_bytes(&w));
}

/* GET /metrics: figures for Prometheus. */
static void page_metrics(const struct ic_http_request *request, struct ic_http_response *response)
{
    struct ic_writer w = page_start(request);
    const uint64_t now_ns = ic_time_ns();
    ic_metric_head(&w, "kv_entries", "Entries of the store.", IC_METRIC_GAUGE);
    ic_metric_u64(&w, "kv_entries", NULL, 0, ic_map_count(&kv.entries), now_ns);
    ic_metric_head(&w, "kv_puts_total", "Values put since the last upgrade.", IC_METRIC_COUNTER);
    ic_metric_u64(&w, "kv_puts_total", NULL, 0, kv.put_count, now_ns);
    ic_metrics_put_canister(&w, now_ns);
    ic_http_answer(response, 200, IC_METRICS_CONTENT_TYPE, ic_writer_bytes(&w));
}

static const struct ic_http_route ROUTES[] = {
    IC_HTTP_ROUTE(IC_HTTP_GET, "/", page_home, IC_HTTP_CERTIFIED),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/value/:key", page_value, IC_HTTP_CERTIFIED),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/log", page_log, IC_HTTP_BY_UPDATE),
    IC_HTTP_ROUTE(IC_HTTP_GET, "/metrics", page_metrics, IC_HTTP_UNPROVED),
};
static const struct ic_http_site SITE = {
    .routes = ROUTES, .route_count = sizeof ROUTES / sizeof *ROUTES, .tree = &kv.tree};

void kv_http_request(struct ic_bytes argument)
{
    ic_http_query(&SITE, argument);
}

void kv_http_request_update(struct ic_bytes argument)
{
    ic_http_update(&SITE, argument);
}

/* ---- certifying ------------------------------------------------------------------------------ */

static struct ic_bytes value_url(struct ic_bytes key, uint8_t *buffer, size_t size)
{
    struct ic_writer w;
    ic_writer_init(&w, buffer, size);
    IC_PUT_LIT(&w, "/value/");
    ic_http_put_percent(&w, key);
    ic_assert(ic_writer_ok(&w));
    return ic_writer_bytes(&w);
}

static void value_certify(struct ic_bytes key)
{
    uint8_t url[16 + 3 * KV_KEY_BYTES_MAX];
    struct ic_bytes value;
    if (kv_find(&value, key)) {
        /* A key with a slash has no page of its own. */
        (void)ic_http_certify(&SITE, IC_HTTP_GET, value_url(key, url, sizeof url), NULL, 0,
                              candid_msg_arena());
    } else {
        ic_http_uncertify(&SITE, IC_HTTP_GET, value_url(key, url, sizeof url), candid_msg_arena());
    }
}

void kv_pages_refresh(struct ic_bytes key)
{
    value_certify(key);
    ic_assert(ic_http_certify(&SITE, IC_HTTP_GET, IC_BYTES_LIT("/"), NULL, 0, candid_msg_arena()));
}

void kv_pages_certify(void)
{
    uint8_t last[KV_KEY_BYTES_MAX];
    struct ic_bytes key = {.size = 0};
    struct ic_arena *arena = candid_msg_arena();
    const size_t used = arena->used;
    ic_http_certify_site(&SITE, arena);
    while (kv_keys_list(&key, 1, key) == 1) {
        memcpy(last, key.at, key.size);
        key.at = last;
        value_certify(key);
        arena->used = used; /* the pages are hashed: their bytes are not needed any more */
    }
}
