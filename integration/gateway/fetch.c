/* A page in as many parts as it takes. */
#include "gateway/gateway.h"

#include <stdio.h>
#include <strings.h>

static bool name_is(struct ic_bytes name, const char *text)
{
    return name.size == strlen(text) && strncasecmp((const char *)name.at, text, name.size) == 0;
}

/* ---- Content-Range --------------------------------------------------------------------------- */

struct content_range {
    uint64_t first, last, size;
};

static bool number_read(uint64_t *out, struct ic_bytes *text)
{
    size_t n = 0;
    *out = 0;
    while (n < text->size && n < 18 && text->at[n] >= '0' && text->at[n] <= '9') {
        *out = *out * 10 + (uint64_t)(text->at[n++] - '0');
    }
    *text = (struct ic_bytes){.at = text->at + n, .size = text->size - n};
    return n > 0;
}

static bool text_read(struct ic_bytes *text, const char *expected)
{
    const size_t size = strlen(expected);
    if (text->size < size || memcmp(text->at, expected, size) != 0) {
        return false;
    }
    *text = (struct ic_bytes){.at = text->at + size, .size = text->size - size};
    return true;
}

static bool content_range_read(struct content_range *r, const struct gateway_response *response)
{
    for (size_t i = 0; i < response->field_count; i++) {
        struct ic_bytes text = response->fields[i].value;
        if (name_is(response->fields[i].name, "content-range")) {
            return text_read(&text, "bytes ") && number_read(&r->first, &text) &&
                   text_read(&text, "-") && number_read(&r->last, &text) && text_read(&text, "/") &&
                   number_read(&r->size, &text) && text.size == 0 && r->first <= r->last &&
                   r->last < r->size;
        }
    }
    return false;
}

/* Appends what is new in a part. */
static const char *part_append(struct gateway_page *page, const struct gateway_response *response,
                               const struct content_range *r)
{
    if (response->body.size != r->last - r->first + 1) {
        return "Content-Range is not the size of the body";
    }
    if (r->first > page->body.size || r->last < page->body.size) {
        return "a part is out of order";
    }
    const size_t known = page->body.size - (size_t)r->first;
    axon_buf_append(&page->body, (struct ic_bytes){.at = response->body.at + known,
                                                   .size = response->body.size - known});
    page->parts++;
    return NULL;
}

/* ---- the parts behind the first -------------------------------------------------------------- */

static const char *part_fetch(struct gateway_page *page, const struct gateway *gateway,
                              const struct gateway_request *request, gateway_ask_fn *ask,
                              void *context, struct content_range *r)
{
    char range[40];
    struct gateway_field fields[GATEWAY_FIELDS_MAX];
    struct gateway_request one = *request;
    struct gateway_response response;
    bool is_proved = false;
    if (request->field_count >= GATEWAY_FIELDS_MAX) {
        return "too many headers";
    }
    for (size_t i = 0; i < request->field_count; i++) {
        fields[i] = request->fields[i];
    }
    snprintf(range, sizeof range, "bytes=%zu-", page->body.size);
    fields[one.field_count++] =
        (struct gateway_field){IC_BYTES_LIT("Range"), ic_bytes_from_text(range)};
    one.fields = fields;
    if (ask(context, &response, &one, false)) {
        return "a part needs an update call";
    }
    const char *why = gateway_verify(gateway, &one, &response, &is_proved);
    page->is_proved = page->is_proved && is_proved;
    const uint64_t size = r->size;
    if (why == NULL && (!content_range_read(r, &response) || r->size != size)) {
        why = "Content-Range is malformed";
    }
    return why != NULL ? why : part_append(page, &response, r);
}

static bool asks_for_range(const struct gateway_request *request)
{
    for (size_t i = 0; i < request->field_count; i++) {
        if (name_is(request->fields[i].name, "range") ||
            name_is(request->fields[i].name, "if-range")) {
            return true;
        }
    }
    return false;
}

const char *gateway_fetch(struct gateway_page *page, const struct gateway *gateway,
                          const struct gateway_request *request, gateway_ask_fn *ask, void *context)
{
    struct gateway_response response;
    struct content_range r;
    const char *why = NULL;
    page->is_by_update = ask(context, &response, request, false);
    if (page->is_by_update) {
        (void)ask(context, &response, request, true);
    } else {
        why = gateway_verify(gateway, request, &response, &page->is_proved);
    }
    page->status = response.status;
    if (why != NULL || response.status != 206 || asks_for_range(request)) {
        axon_buf_append(&page->body, response.body);
        page->parts = 1;
        return why;
    }
    why = content_range_read(&r, &response) ? part_append(page, &response, &r)
                                            : "Content-Range is malformed";
    while (why == NULL && page->body.size < r.size) {
        why = page->parts == GATEWAY_PARTS_MAX
                  ? "too many parts"
                  : part_fetch(page, gateway, request, ask, context, &r);
    }
    page->status = 200;
    return why;
}
