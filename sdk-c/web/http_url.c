/* URLs, headers and query strings: what arrives from outside as text. */
#include "ic/http.h"

#include "ic/trap.h"

/* ---- small text ------------------------------------------------------------------------------ */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_equal_ignoring_case(struct ic_bytes a, struct ic_bytes b)
{
    if (a.size != b.size) {
        return false;
    }
    for (size_t i = 0; i < a.size; i++) {
        if (lower(a.at[i]) != lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

/* Cuts text at the first separator: what is before it is returned, text becomes what is behind.
 * Without one, everything is returned and text becomes empty. */
static struct ic_bytes cut(struct ic_bytes *text, uint8_t separator, bool *was_there)
{
    const struct ic_bytes whole = *text;
    size_t n = 0;
    while (n < whole.size && whole.at[n] != separator) {
        n++;
    }
    *was_there = n < whole.size;
    const size_t skipped = *was_there ? n + 1 : n;
    if (skipped > 0) {
        *text = (struct ic_bytes){.at = whole.at + skipped, .size = whole.size - skipped};
    }
    return (struct ic_bytes){.at = whole.at, .size = n};
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ic_percent_decode(struct ic_bytes *out, struct ic_bytes text, bool plus_is_space,
                       struct ic_arena *arena)
{
    if (text.size == 0) {
        *out = text;
        return true;
    }
    uint8_t *to = ic_arena_alloc(arena, text.size);
    if (to == NULL) {
        return false;
    }
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.at[i];
        if (c == '%') {
#ifndef AXON_PLANTED_BUG /* without these two lines "%" at the end reads on behind the text */
            if (text.size - i < 3) {
                return false;
            }
#endif
            const int high = hex_digit(text.at[i + 1]), low = hex_digit(text.at[i + 2]);
            if (high < 0 || low < 0) {
                return false;
            }
            c = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        to[size++] = c;
    }
    *out = (struct ic_bytes){.at = to, .size = size};
    return true;
}

/* ---- URLs ------------------------------------------------------------------------------------ */

/* Drops "https://host" or "http://host". */
static struct ic_bytes without_origin(struct ic_bytes url)
{
    static const char *const SCHEMES[] = {"https://", "http://"};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++) {
        const struct ic_bytes scheme = ic_bytes_from_text(SCHEMES[i]);
        if (url.size >= scheme.size &&
            is_equal_ignoring_case((struct ic_bytes){.at = url.at, .size = scheme.size}, scheme)) {
            size_t n = scheme.size;
            while (n < url.size && url.at[n] != '/' && url.at[n] != '?') {
                n++;
            }
            return (struct ic_bytes){.at = url.at + n, .size = url.size - n};
        }
    }
    return url;
}

/* The next part between slashes; several slashes count as one, one at the end is an empty part. */
static bool part_next(struct ic_bytes *part, struct ic_bytes *rest)
{
    if (rest->size == 0) {
        return false;
    }
    while (rest->size > 0 && *rest->at == '/') {
        rest->at++;
        rest->size--;
    }
    size_t n = 0;
    while (n < rest->size && rest->at[n] != '/') {
        n++;
    }
    *part = (struct ic_bytes){.at = rest->at, .size = n};
    rest->at += n;
    rest->size -= n;
    return true;
}

uint16_t ic_http_url_parse(struct ic_http_request *request, struct ic_bytes url)
{
    bool has_fragment = false;
    if (url.size > IC_HTTP_URL_BYTES_MAX) {
        return 414;
    }
    url = cut(&url, '#', &has_fragment);
    request->query = without_origin(url);
    request->path = cut(&request->query, '?', &request->has_query);
    if (!request->has_query) {
        request->query.size = 0;
    }
    if (request->path.size == 0) {
        request->path = IC_BYTES_LIT("/");
    }
    struct ic_bytes rest;
    if (*request->path.at != '/' ||
        !ic_percent_decode(&rest, request->path, false, request->arena)) {
        return 400;
    }
    struct ic_bytes part;
    request->segment_count = 0;
    while (part_next(&part, &rest)) {
        if (request->segment_count == IC_HTTP_SEGMENTS_MAX) {
            return 414;
        }
        request->segments[request->segment_count++] = part;
    }
    return 0;
}

bool ic_http_query_find(struct ic_bytes *value, const struct ic_http_request *request,
                        const char *name)
{
    struct ic_bytes rest = request->query;
    const struct ic_bytes wanted = ic_bytes_from_text(name);
    bool is_more = request->has_query;
    while (is_more) {
        bool has_value = false;
        struct ic_bytes encoded = cut(&rest, '&', &is_more);
        const struct ic_bytes encoded_name = cut(&encoded, '=', &has_value);
        struct ic_bytes decoded;
        if (ic_percent_decode(&decoded, encoded_name, true, request->arena) &&
            ic_bytes_is_equal(decoded, wanted)) {
            encoded.size = has_value ? encoded.size : 0;
            return ic_percent_decode(value, encoded, true, request->arena);
        }
    }
    return false;
}

/* ---- methods and headers --------------------------------------------------------------------- */

enum ic_http_method ic_http_method_from(struct ic_bytes text)
{
    static const char *const NAMES[IC_HTTP_OTHER] = {
        [IC_HTTP_GET] = "GET",        [IC_HTTP_HEAD] = "HEAD",   [IC_HTTP_POST] = "POST",
        [IC_HTTP_PUT] = "PUT",        [IC_HTTP_PATCH] = "PATCH", [IC_HTTP_DELETE] = "DELETE",
        [IC_HTTP_OPTIONS] = "OPTIONS"};
    for (unsigned i = 0; i < IC_HTTP_OTHER; i++) {
        if (ic_bytes_is_equal(text, ic_bytes_from_text(NAMES[i]))) {
            return (enum ic_http_method)i;
        }
    }
    return IC_HTTP_OTHER;
}

bool ic_http_field_find(struct ic_bytes *value, const struct ic_http_request *request,
                        const char *name)
{
    for (size_t i = 0; i < request->field_count; i++) {
        if (is_equal_ignoring_case(request->fields[i].name, ic_bytes_from_text(name))) {
            *value = request->fields[i].value;
            return true;
        }
    }
    return false;
}

static bool is_one_line(struct ic_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] == '\r' || text.at[i] == '\n' || text.at[i] == '\0') {
            return false;
        }
    }
    return true;
}

void ic_http_field_add(struct ic_http_response *response, struct ic_bytes name,
                       struct ic_bytes value)
{
    /* Two places are for what proves the answer. */
    if (response->field_count + 2 >= IC_HTTP_FIELDS_MAX) {
        IC_TRAP("http: too many headers in an answer");
    }
    if (!is_one_line(name) || !is_one_line(value)) {
        IC_TRAP("http: a line break in a header");
    }
    response->fields[response->field_count++] = (struct ic_http_field){name, value};
}

void ic_http_answer(struct ic_http_response *response, uint16_t status, const char *content_type,
                    struct ic_bytes body)
{
    response->status = status;
    response->body = body;
    ic_http_field_add(response, IC_BYTES_LIT("Content-Type"), ic_bytes_from_text(content_type));
}

static bool is_unreserved(uint8_t c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void ic_http_put_percent(struct ic_writer *w, struct ic_bytes text)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.at[i];
        if (is_unreserved(c)) {
            ic_put_u8(w, c);
        } else {
            ic_put_u8(w, '%');
            ic_put_u8(w, (uint8_t)DIGITS[c >> 4]);
            ic_put_u8(w, (uint8_t)DIGITS[c & 15]);
        }
    }
}

void ic_http_put_html(struct ic_writer *w, struct ic_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.at[i]) {
        case '&':
            IC_PUT_LIT(w, "&amp;");
            break;
        case '<':
            IC_PUT_LIT(w, "&lt;");
            break;
        case '>':
            IC_PUT_LIT(w, "&gt;");
            break;
        case '"':
            IC_PUT_LIT(w, "&quot;");
            break;
        case '\'':
            IC_PUT_LIT(w, "&#39;");
            break;
        default:
            ic_put_u8(w, text.at[i]);
            break;
        }
    }
}
