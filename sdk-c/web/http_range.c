/* Bodies of any size, of which an answer has a part. SPEC: RFC 9110, 14. */
#include "http_internal.h"

#include "ic/checked.h"
#include "ic/trap.h"

#define CONTENT_RANGE_BYTES_MAX 72u /* "bytes ", three numbers of 20 digits, "-" and "/" */

/* ---- the header Range ------------------------------------------------------------------------ */

enum asked {
    ASKED_ALL, /* also when the header is malformed, of another unit, or lists several ranges */
    ASKED_RANGE,
    ASKED_BEYOND, /* nothing of the range is there */
};

struct span {
    uint64_t begin;
    uint64_t end; /* behind the last byte */
};

/* Reads digits from the start of text; numbers that do not fit are 2^64 - 1, beyond every body. */
static bool number_read(uint64_t *out, struct ic_bytes *text)
{
    size_t n = 0;
    *out = 0;
    while (n < text->size && text->at[n] >= '0' && text->at[n] <= '9') {
        *out = ic_sat_add_u64(ic_sat_mul_u64(*out, 10), (uint64_t)(text->at[n] - '0'));
        n++;
    }
    *text = (struct ic_bytes){.at = text->at + n, .size = text->size - n};
    return n > 0;
}

static bool dash_read(struct ic_bytes *text)
{
    if (text->size == 0 || *text->at != '-') {
        return false;
    }
    *text = (struct ic_bytes){.at = text->at + 1, .size = text->size - 1};
    return true;
}

static bool unit_read(struct ic_bytes *text)
{
    static const char UNIT[] = "bytes=";
    const size_t size = sizeof UNIT - 1;
    if (text->size < size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        const uint8_t c = text->at[i];
        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != UNIT[i]) {
            return false;
        }
    }
    *text = (struct ic_bytes){.at = text->at + size, .size = text->size - size};
    return true;
}

/* "-500": the last bytes. */
static enum asked suffix_from(struct span *span, struct ic_bytes text, uint64_t size)
{
    uint64_t count = 0;
    if (!number_read(&count, &text) || text.size > 0) {
        return ASKED_ALL;
    }
    *span = (struct span){.begin = ic_sat_sub_u64(size, count), .end = size};
    return count > 0 && size > 0 ? ASKED_RANGE : ASKED_BEYOND;
}

/* One range of a body of size bytes. *span is untouched unless ASKED_RANGE. */
static enum asked range_from(struct span *span, struct ic_bytes text, uint64_t size)
{
    uint64_t first = 0, last = UINT64_MAX;
    if (!unit_read(&text)) {
        return ASKED_ALL;
    }
    if (dash_read(&text)) {
        return suffix_from(span, text, size);
    }
    if (!number_read(&first, &text) || !dash_read(&text) ||
        (text.size > 0 && !number_read(&last, &text)) || text.size > 0 || last < first) {
        return ASKED_ALL;
    }
    if (first >= size) {
        return ASKED_BEYOND;
    }
    *span = (struct span){.begin = first, .end = last < size ? last + 1 : size};
    return ASKED_RANGE;
}

/* Ranges are for GET; If-Range asks for all unless a validator fits, and answers have none. */
static enum asked asked_from(struct span *span, const struct ic_http_request *request,
                             uint64_t size)
{
    struct ic_bytes value, condition;
    *span = (struct span){.begin = 0, .end = size};
    if (request->method != IC_HTTP_GET || !ic_http_field_find(&value, request, "range") ||
        ic_http_field_find(&condition, request, "if-range")) {
        return ASKED_ALL;
    }
    return range_from(span, value, size);
}

/* ---- answering ------------------------------------------------------------------------------- */

/* Content-Range; span is NULL when nothing of the body is sent. */
static void content_range_add(const struct ic_http_request *request,
                              struct ic_http_response *response, const struct span *span,
                              uint64_t size)
{
    struct ic_writer w;
    ic_writer_init(&w, ic_http_alloc(request->arena, CONTENT_RANGE_BYTES_MAX),
                   CONTENT_RANGE_BYTES_MAX);
    IC_PUT_LIT(&w, "bytes ");
    if (span == NULL) {
        IC_PUT_LIT(&w, "*");
    } else {
        ic_put_decimal(&w, span->begin);
        IC_PUT_LIT(&w, "-");
        ic_put_decimal(&w, span->end - 1);
    }
    IC_PUT_LIT(&w, "/");
    ic_put_decimal(&w, size);
    ic_assert(ic_writer_ok(&w));
    ic_http_field_add(response, IC_BYTES_LIT("Content-Range"), ic_writer_bytes(&w));
}

static void content_length_add(const struct ic_http_request *request,
                               struct ic_http_response *response, uint64_t size)
{
    struct ic_writer w;
    ic_writer_init(&w, ic_http_alloc(request->arena, CONTENT_RANGE_BYTES_MAX),
                   CONTENT_RANGE_BYTES_MAX);
    ic_put_decimal(&w, size);
    ic_http_field_add(response, IC_BYTES_LIT("Content-Length"), ic_writer_bytes(&w));
}

void ic_http_answer_content(const struct ic_http_request *request,
                            struct ic_http_response *response, const char *content_type,
                            const struct ic_http_content *content)
{
    struct span span;
    struct ic_bytes body = {.size = 0};
    const enum asked asked = asked_from(&span, request, content->size);
    if (asked == ASKED_BEYOND) {
        ic_http_answer_status(response, 416);
        content_range_add(request, response, NULL, content->size);
        return;
    }
    if (request->method == IC_HTTP_HEAD) {
        ic_http_answer(response, 200, content_type, body);
        ic_http_field_add(response, IC_BYTES_LIT("Accept-Ranges"), IC_BYTES_LIT("bytes"));
        content_length_add(request, response, content->size);
        return;
    }
    if (span.end - span.begin > IC_HTTP_BODY_BYTES_MAX) {
        span.end = span.begin + IC_HTTP_BODY_BYTES_MAX;
    }
    const bool is_whole = asked == ASKED_ALL && span.end == content->size;
    const size_t size = (size_t)(span.end - span.begin);
    if (size > 0) {
        uint8_t *at = ic_http_alloc(request->arena, size);
        content->read(content->context, at, span.begin, size);
        body = (struct ic_bytes){.at = at, .size = size};
    }
    ic_http_answer(response, is_whole ? 200 : 206, content_type, body);
    ic_http_field_add(response, IC_BYTES_LIT("Accept-Ranges"), IC_BYTES_LIT("bytes"));
    if (!is_whole) {
        content_range_add(request, response, &span, content->size);
    }
    response->part = (struct ic_http_part){.end = span.end, .size = content->size};
}
