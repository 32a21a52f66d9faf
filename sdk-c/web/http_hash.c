/* Certification expressions, and the hashes of requests and answers. SPEC: ic-http 11.3, 4. */
#include "http_internal.h"

#include "ic/sha2.h"
#include "ic/trap.h"

#define PAIR_BYTES         64u
#define EXPRESSION_HEADER  "ic-certificateexpression"
#define CERTIFICATE_HEADER "ic-certificate"
#define RESPONSE_EXPRESSION                                                                        \
    "response_certification:ResponseCertification{"                                                \
    "response_header_exclusions:ResponseHeaderList{headers:[]}}}})"

/* ---- expressions: which parts are certified, in a fragment of CEL ---------------------------- */

static void put_names(struct ic_writer *w, const char *const *names)
{
    IC_PUT_LIT(w, "[");
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        ic_assert(i < IC_HTTP_PROOF_NAMES_MAX);
        if (i > 0) {
            IC_PUT_LIT(w, ",");
        }
        IC_PUT_LIT(w, "\"");
        ic_put_bytes(w, ic_bytes_from_text(names[i]));
        IC_PUT_LIT(w, "\"");
    }
    IC_PUT_LIT(w, "]");
}

static size_t names_bytes(const char *const *names)
{
    size_t bytes = 0;
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        bytes += strlen(names[i]) + 3;
    }
    return bytes;
}

static struct ic_bytes request_expression(struct ic_http_route_names names, struct ic_arena *arena)
{
    const size_t capacity = 320 + names_bytes(names.headers) + names_bytes(names.query);
    uint8_t *at = ic_arena_alloc(arena, capacity);
    if (at == NULL) {
        return (struct ic_bytes){.size = 0};
    }
    struct ic_writer w;
    ic_writer_init(&w, at, capacity);
    IC_PUT_LIT(&w, "default_certification(ValidationArgs{certification:Certification{"
                   "request_certification:RequestCertification{certified_request_headers:");
    put_names(&w, names.headers);
    IC_PUT_LIT(&w, ",certified_query_parameters:");
    put_names(&w, names.query);
    IC_PUT_LIT(&w, "}," RESPONSE_EXPRESSION);
    ic_assert(ic_writer_ok(&w));
    return ic_writer_bytes(&w);
}

struct ic_bytes ic_http_expression(const struct ic_http_route *route, struct ic_arena *arena)
{
    const enum ic_http_proof proof = route == NULL ? IC_HTTP_CERTIFIED : route->proof;
    switch (proof) {
    case IC_HTTP_CERTIFIED_REQUEST:
        return request_expression(route->names, arena);
    case IC_HTTP_CERTIFIED:
        return IC_BYTES_LIT("default_certification(ValidationArgs{certification:Certification{"
                            "no_request_certification:Empty{}," RESPONSE_EXPRESSION);
    case IC_HTTP_UNPROVED:
    case IC_HTTP_BY_UPDATE:
        break;
    }
    return IC_BYTES_LIT("default_certification(ValidationArgs{no_certification:Empty{}})");
}

/* ---- hash of a map: SHA-256 of the sorted pairs of hashes of name and value ------------------ */

struct pairs {
    uint8_t (*at)[PAIR_BYTES]; /* sorted */
    size_t count;
    size_t capacity;
};

static void pair_add(struct pairs *p, struct ic_bytes lower_name, struct ic_bytes value)
{
    uint8_t pair[PAIR_BYTES];
    ic_assert(p->count < p->capacity);
    ic_sha256(pair, lower_name);
    ic_sha256(pair + IC_SHA256_BYTES, value);
    size_t place = p->count++;
    while (place > 0 && memcmp(pair, p->at[place - 1], PAIR_BYTES) < 0) {
        memcpy(p->at[place], p->at[place - 1], PAIR_BYTES);
        place--;
    }
    memcpy(p->at[place], pair, PAIR_BYTES);
}

/* Longer names than any header has are hashed as they are: then a gateway refuses. */
#define NAME_BYTES_MAX 256u

static void field_add(struct pairs *p, const struct ic_http_field *field)
{
    uint8_t name[NAME_BYTES_MAX];
    struct ic_bytes lowered = field->name;
    if (field->name.size <= sizeof name) {
        for (size_t i = 0; i < field->name.size; i++) {
            const uint8_t c = field->name.at[i];
            name[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
        }
        lowered.at = name;
    }
    pair_add(p, lowered, field->value);
}

/* SHA-256 of the hash of the map and the hash of the body. */
static void hash_with_body(uint8_t out[IC_CERT_HASH_BYTES], const struct pairs *p,
                           struct ic_bytes body)
{
    uint8_t both[2 * IC_SHA256_BYTES];
    ic_sha256(both, (struct ic_bytes){.at = p->at[0], .size = p->count * PAIR_BYTES});
    ic_sha256(both + IC_SHA256_BYTES, body);
    ic_sha256(out, (struct ic_bytes){.at = both, .size = sizeof both});
}

static bool names_have(const char *const *names, struct ic_bytes name)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        struct ic_bytes value;
        const struct ic_http_field field = {.name = name};
        const struct ic_http_request one = {.fields = &field, .field_count = 1};
        if (ic_http_field_find(&value, &one, names[i])) {
            return true;
        }
    }
    return false;
}

void ic_http_response_hash(uint8_t out[IC_CERT_HASH_BYTES], const struct ic_http_response *response)
{
    static const char *const NEVER[] = {CERTIFICATE_HEADER, NULL};
    uint8_t at[IC_HTTP_FIELDS_MAX + 1][PAIR_BYTES];
    uint8_t number[IC_LEB128_BYTES_MAX];
    struct pairs p = {.at = at, .capacity = IC_HTTP_FIELDS_MAX + 1};
    struct ic_writer w;
    for (size_t i = 0; i < response->field_count; i++) {
        if (!names_have(NEVER, response->fields[i].name)) {
            field_add(&p, &response->fields[i]);
        }
    }
    ic_writer_init(&w, number, sizeof number);
    ic_put_leb128(&w, response->status);
    pair_add(&p, IC_BYTES_LIT(":ic-cert-status"), ic_writer_bytes(&w));
    hash_with_body(out, &p, response->body);
}

/* The parameters that count, as they stand in the URL and in its order, joined by "&".
 *   returns   false when there are none: then the query string is no part of the hash */
static bool filtered_query(struct ic_bytes *out, const struct ic_http_request *request,
                           const char *const *names)
{
    struct ic_writer w;
    bool has_any = false;
    ic_writer_init(&w, ic_http_alloc(request->arena, request->query.size + 1),
                   request->query.size + 1);
    size_t start = 0;
    for (size_t i = 0; request->has_query && i <= request->query.size; i++) {
        if (i < request->query.size && request->query.at[i] != '&') {
            continue;
        }
        struct ic_bytes pair = {.at = request->query.at + start, .size = i - start};
        const uint8_t *equals = pair.size == 0 ? NULL : memchr(pair.at, '=', pair.size);
        const struct ic_bytes name = {
            .at = pair.at, .size = equals == NULL ? pair.size : (size_t)(equals - pair.at)};
        if (names_have(names, name)) {
            if (has_any) {
                IC_PUT_LIT(&w, "&");
            }
            ic_put_bytes(&w, pair);
            has_any = true;
        }
        start = i + 1;
    }
    ic_assert(ic_writer_ok(&w));
    *out = ic_writer_bytes(&w);
    return has_any;
}

void ic_http_request_hash(uint8_t out[IC_CERT_HASH_BYTES], const struct ic_http_request *request,
                          struct ic_http_route_names names)
{
    struct pairs p = {.capacity = 2};
    for (size_t i = 0; i < request->field_count; i++) {
        p.capacity += names_have(names.headers, request->fields[i].name);
    }
    p.at = ic_http_alloc(request->arena, p.capacity * PAIR_BYTES);
    for (size_t i = 0; i < request->field_count; i++) {
        if (names_have(names.headers, request->fields[i].name)) {
            field_add(&p, &request->fields[i]);
        }
    }
    pair_add(&p, IC_BYTES_LIT(":ic-cert-method"), request->method_text);
    struct ic_bytes query;
    if (filtered_query(&query, request, names.query)) {
        pair_add(&p, IC_BYTES_LIT(":ic-cert-query"), query);
    }
    hash_with_body(out, &p, request->body);
}
