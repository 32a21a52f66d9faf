#include "gateway/gateway.h"

#include "base/hash.h"
#include "cert/certificate.h"
#include "http/rihash.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#define PARTS_MAX 24u
#define NAMES_MAX 16u

/* ---- text ------------------------------------------------------------------------------------ */

static bool starts_with(struct ic_bytes *text, const char *prefix)
{
    const size_t size = strlen(prefix);
    if (text->size < size || memcmp(text->at, prefix, size) != 0) {
        return false;
    }
    text->at += size;
    text->size -= size;
    return true;
}

static bool is_same_name(struct ic_bytes a, struct ic_bytes b)
{
    return a.size == b.size && strncasecmp((const char *)a.at, (const char *)b.at, a.size) == 0;
}

static bool field_find(struct ic_bytes *value, const struct gateway_response *response,
                       const char *name)
{
    for (size_t i = 0; i < response->field_count; i++) {
        if (is_same_name(response->fields[i].name, ic_bytes_from_text(name))) {
            *value = response->fields[i].value;
            return true;
        }
    }
    return false;
}

static int base64_digit(uint8_t c)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(DIGITS, c);
    return at == NULL ? -1 : (int)(at - DIGITS);
}

static bool base64_decode(struct axon_buf *out, struct ic_bytes text)
{
    if (text.size % 4 != 0) {
        return false;
    }
    for (size_t i = 0; i < text.size; i += 4) {
        const bool is_last = i + 4 == text.size;
        const int padding = !is_last                ? 0
                            : text.at[i + 2] == '=' ? 2
                            : text.at[i + 3] == '=' ? 1
                                                    : 0;
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++) {
            const int digit = (int)k >= 4 - padding ? (text.at[i + k] == '=' ? 0 : -1)
                                                    : base64_digit(text.at[i + k]);
            if (digit < 0) {
                return false;
            }
            bits = bits << 6 | (uint32_t)digit;
        }
        if ((bits & ((1u << 8 * padding) - 1)) != 0) {
            return false; /* bits that stand for nothing */
        }
        for (int k = 0; k < 3 - padding; k++) {
            axon_buf_append_byte(out, (uint8_t)(bits >> (16 - 8 * k)));
        }
    }
    return true;
}

/* ---- the header IC-Certificate --------------------------------------------------------------- */

struct proof {
    struct axon_buf certificate_bytes, tree_bytes, expr_path_bytes;
    struct axon_certificate certificate;
    struct axon_cbor_doc tree_doc, expr_path_doc;
    struct axon_witness tree;
    struct ic_bytes expr_path[PARTS_MAX];
    size_t expr_path_count;
};

static void proof_free(struct proof *p)
{
    axon_certificate_free(&p->certificate);
    axon_witness_free(&p->tree);
    axon_cbor_doc_free(&p->tree_doc);
    axon_cbor_doc_free(&p->expr_path_doc);
    axon_buf_free(&p->certificate_bytes);
    axon_buf_free(&p->tree_bytes);
    axon_buf_free(&p->expr_path_bytes);
}

/* Reads "name=:base64:" of a dictionary, from the start of text. */
static bool item_read(struct axon_buf *out, struct ic_bytes *text)
{
    const uint8_t *end = memchr(text->at, ':', text->size);
    if (end == NULL || out->size > 0 ||
        !base64_decode(out, (struct ic_bytes){.at = text->at, .size = (size_t)(end - text->at)})) {
        return false;
    }
    text->size -= (size_t)(end + 1 - text->at);
    text->at = end + 1;
    return true;
}

/* The dictionary: four items in any order, separated by ", ". */
static bool header_read(struct proof *p, struct ic_bytes text)
{
    bool has_version = false;
    do {
        if (starts_with(&text, "certificate=:")) {
            if (!item_read(&p->certificate_bytes, &text)) {
                return false;
            }
        } else if (starts_with(&text, "tree=:")) {
            if (!item_read(&p->tree_bytes, &text)) {
                return false;
            }
        } else if (starts_with(&text, "expr_path=:")) {
            if (!item_read(&p->expr_path_bytes, &text)) {
                return false;
            }
        } else if (!has_version && starts_with(&text, "version=2")) {
            has_version = true;
        } else {
            return false;
        }
    } while (starts_with(&text, ", "));
    return has_version && text.size == 0;
}

static const char *proof_read(struct proof *p, struct ic_bytes header)
{
    if (!header_read(p, header)) {
        return "IC-Certificate is malformed";
    }
    if (!axon_certificate_read(&p->certificate, axon_buf_bytes(&p->certificate_bytes))) {
        return "certificate is malformed";
    }
    if (!axon_cbor_read(&p->tree_doc, axon_buf_bytes(&p->tree_bytes)) ||
        !axon_witness_from_cbor(&p->tree, p->tree_doc.nodes)) {
        return "tree is malformed";
    }
    if (!axon_cbor_read(&p->expr_path_doc, axon_buf_bytes(&p->expr_path_bytes)) ||
        p->expr_path_doc.nodes->kind != AXON_CBOR_ARRAY ||
        p->expr_path_doc.nodes->count > PARTS_MAX) {
        return "expr_path is malformed";
    }
    const struct axon_cbor *part = axon_cbor_first(p->expr_path_doc.nodes);
    for (; p->expr_path_count < p->expr_path_doc.nodes->count; part = axon_cbor_next(part)) {
        if (part->kind != AXON_CBOR_TEXT) {
            return "expr_path is malformed";
        }
        p->expr_path[p->expr_path_count++] = part->bytes;
    }
    return NULL;
}

/* Step 1. */
static const char *certificate_check(const struct proof *p, const struct gateway *gateway)
{
    uint64_t time_ns = 0;
    uint8_t hash[AXON_HASH_BYTES];
    struct ic_bytes certified;
    if (axon_certificate_check(&p->certificate, gateway->root_key, &gateway->canister) !=
        AXON_CERTIFICATE_OK) {
        return "certificate is not signed by the subnet";
    }
    if (!axon_certificate_time(&p->certificate, &time_ns) ||
        time_ns > gateway->now_ns + GATEWAY_FRESH_NS ||
        gateway->now_ns > time_ns + GATEWAY_FRESH_NS) {
        return "certificate is not fresh";
    }
    if (axon_certificate_find(&p->certificate,
                              AXON_PATH(IC_BYTES_LIT("canister"),
                                        ic_principal_bytes(&gateway->canister),
                                        IC_BYTES_LIT("certified_data")),
                              &certified) != AXON_LOOKUP_FOUND) {
        return "certificate does not show the certified data";
    }
    axon_witness_hash(&p->tree, hash);
    if (certified.size != sizeof hash || memcmp(certified.at, hash, sizeof hash) != 0) {
        return "tree is not the certified one";
    }
    return NULL;
}

/* ---- step 2: the expression path ------------------------------------------------------------- */

struct parts {
    uint8_t decoded[4096];
    struct ic_bytes at[PARTS_MAX];
    size_t count;
};

static void parts_add(struct parts *p, struct ic_bytes part)
{
    if (p->count < PARTS_MAX) {
        p->at[p->count++] = part;
    }
}

/* "http_expr" and the parts of the URL's path; "/a/" ends with an empty one. */
static bool parts_from_url(struct parts *p, struct ic_bytes url)
{
    size_t size = 0, i = 0;
    while (i < url.size && url.at[i] != '?' && size < sizeof p->decoded) {
        unsigned byte = url.at[i++];
        if (byte == '%') {
            char digits[3] = {0};
            if (url.size - i < 2) {
                return false;
            }
            memcpy(digits, url.at + i, 2);
            if (!isxdigit((unsigned char)digits[0]) || sscanf(digits, "%2x", &byte) != 1) {
                return false;
            }
            i += 2;
        }
        p->decoded[size++] = (uint8_t)byte;
    }
    parts_add(p, IC_BYTES_LIT("http_expr"));
    for (i = 0; i < size; i++) {
        size_t end = i;
        while (end < size && p->decoded[end] != '/') {
            end++;
        }
        if (end > i) {
            parts_add(p, (struct ic_bytes){.at = p->decoded + i, .size = end - i});
        }
        i = end;
    }
    if (size > 0 && p->decoded[size - 1] == '/') {
        parts_add(p, IC_BYTES_LIT(""));
    }
    return p->count < PARTS_MAX;
}

static bool is_absent(const struct proof *p, const struct ic_bytes *labels, size_t count)
{
    struct ic_bytes value;
    return axon_witness_find(&p->tree, (struct axon_path){.labels = labels, .count = count},
                             &value) == AXON_LOOKUP_ABSENT;
}

static bool is_prefix(const struct proof *p, const struct parts *url)
{
    const size_t count = p->expr_path_count - 1;
    if (count > url->count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!ic_bytes_is_equal(p->expr_path[i], url->at[i])) {
            return false;
        }
    }
    return true;
}

/* No wildcard longer than the given one may be there, with or without a slash before it. */
static bool wildcards_are_absent(const struct proof *p, const struct parts *url)
{
    struct ic_bytes labels[PARTS_MAX + 1];
    for (size_t n = url->count; n >= p->expr_path_count - 1; n--) {
        memcpy(labels, url->at, n * sizeof *labels);
        if (n > p->expr_path_count - 1) {
            labels[n] = IC_BYTES_LIT("<*>");
            if (!is_absent(p, labels, n + 1)) {
                return false;
            }
        }
        if (n < url->count) {
            labels[n] = IC_BYTES_LIT("");
            labels[n + 1] = IC_BYTES_LIT("<*>");
            if (!is_absent(p, labels, n + 2)) {
                return false;
            }
        }
    }
    return true;
}

static const char *expr_path_check(const struct proof *p, struct ic_bytes url)
{
    struct parts parts = {.count = 0};
    struct ic_bytes exact[PARTS_MAX + 1];
    if (p->expr_path_count < 2 || !parts_from_url(&parts, url)) {
        return "expr_path is too short";
    }
    memcpy(exact, parts.at, parts.count * sizeof *exact);
    exact[parts.count] = IC_BYTES_LIT("<$>");
    const struct ic_bytes end = p->expr_path[p->expr_path_count - 1];
    if (!is_prefix(p, &parts)) {
        return "expr_path is of another path";
    }
    if (ic_bytes_is_equal(end, IC_BYTES_LIT("<$>"))) {
        return p->expr_path_count == parts.count + 1 ? NULL : "expr_path is of another path";
    }
    if (!ic_bytes_is_equal(end, IC_BYTES_LIT("<*>"))) {
        return "expr_path has no end";
    }
    if (!is_absent(p, exact, parts.count + 1) || !wildcards_are_absent(p, &parts)) {
        return "a more specific path may exist";
    }
    return NULL;
}

/* ---- step 3: the expression ------------------------------------------------------------------ */

struct expression {
    bool is_certified;
    bool has_request;
    bool is_exclusion;
    struct ic_bytes headers[NAMES_MAX], query[NAMES_MAX], response[NAMES_MAX];
    size_t header_count, query_count, response_count;
};

static bool names_read(struct ic_bytes *names, size_t *count, struct ic_bytes *text)
{
    if (!starts_with(text, "[")) {
        return false;
    }
    while (!starts_with(text, "]")) {
        if ((*count > 0 && !starts_with(text, ",")) || !starts_with(text, "\"") ||
            *count == NAMES_MAX) {
            return false;
        }
        const uint8_t *end = memchr(text->at, '"', text->size);
        if (end == NULL) {
            return false;
        }
        names[(*count)++] = (struct ic_bytes){.at = text->at, .size = (size_t)(end - text->at)};
        text->size -= (size_t)(end + 1 - text->at);
        text->at = end + 1;
    }
    return true;
}

static bool expression_read(struct expression *e, struct ic_bytes text)
{
    *e = (struct expression){0};
    if (!starts_with(&text, "default_certification(ValidationArgs{")) {
        return false;
    }
    if (starts_with(&text, "no_certification:Empty{}})")) {
        return text.size == 0;
    }
    e->is_certified = true;
    if (!starts_with(&text, "certification:Certification{")) {
        return false;
    }
    if (starts_with(&text, "request_certification:RequestCertification{")) {
        e->has_request = true;
        if (!starts_with(&text, "certified_request_headers:") ||
            !names_read(e->headers, &e->header_count, &text) ||
            !starts_with(&text, ",certified_query_parameters:") ||
            !names_read(e->query, &e->query_count, &text) || !starts_with(&text, "},")) {
            return false;
        }
    } else if (!starts_with(&text, "no_request_certification:Empty{},")) {
        return false;
    }
    if (!starts_with(&text, "response_certification:ResponseCertification{")) {
        return false;
    }
    e->is_exclusion = starts_with(&text, "response_header_exclusions:");
    return (e->is_exclusion || starts_with(&text, "certified_response_headers:")) &&
           starts_with(&text, "ResponseHeaderList{headers:") &&
           names_read(e->response, &e->response_count, &text) && starts_with(&text, "}}}})") &&
           text.size == 0;
}

/* ---- steps 4 and 5: hashes ------------------------------------------------------------------- */

static bool names_have(const struct ic_bytes *names, size_t count, struct ic_bytes name)
{
    for (size_t i = 0; i < count; i++) {
        if (is_same_name(names[i], name)) {
            return true;
        }
    }
    return false;
}

static bool map_add(struct axon_ri_map *map, const struct gateway_field *field)
{
    char name[128] = {0};
    if (field->name.size >= sizeof name || map->count + 2 >= AXON_RI_FIELDS_MAX) {
        return false;
    }
    for (size_t i = 0; i < field->name.size; i++) {
        name[i] = (char)tolower(field->name.at[i]);
    }
    axon_ri_bytes(map, name, field->value);
    return true;
}

static void hash_with_body(uint8_t out[AXON_SHA256_BYTES], struct axon_ri_map *map,
                           struct ic_bytes body)
{
    uint8_t both[2 * AXON_SHA256_BYTES];
    axon_ri_finish(map, both);
    axon_sha256(both + AXON_SHA256_BYTES, body);
    axon_sha256(out, (struct ic_bytes){.at = both, .size = sizeof both});
}

static bool response_hash(uint8_t out[AXON_SHA256_BYTES], const struct expression *e,
                          const struct gateway_response *response)
{
    struct axon_ri_map map = {0};
    for (size_t i = 0; i < response->field_count; i++) {
        const struct ic_bytes name = response->fields[i].name;
        const bool is_named = names_have(e->response, e->response_count, name);
        const bool is_expression = is_same_name(name, IC_BYTES_LIT("ic-certificateexpression"));
        if (is_same_name(name, IC_BYTES_LIT("ic-certificate"))) {
            continue;
        }
        if ((is_expression || is_named != e->is_exclusion) &&
            !map_add(&map, &response->fields[i])) {
            return false;
        }
    }
    axon_ri_nat(&map, ":ic-cert-status", response->status);
    hash_with_body(out, &map, response->body);
    return true;
}

/* False when no parameter counts: then the query string is no part of the hash. */
static bool query_filter(struct axon_buf *out, struct ic_bytes query, const struct expression *e)
{
    size_t start = 0;
    bool has_any = false;
    for (size_t i = 0; i <= query.size; i++) {
        if (i < query.size && query.at[i] != '&') {
            continue;
        }
        struct ic_bytes name = {.at = query.at + start, .size = 0};
        while (start + name.size < i && name.at[name.size] != '=') {
            name.size++;
        }
        if (names_have(e->query, e->query_count, name)) {
            if (has_any) {
                axon_buf_append_text(out, "&");
            }
            axon_buf_append(out, (struct ic_bytes){.at = query.at + start, .size = i - start});
            has_any = true;
        }
        start = i + 1;
    }
    return has_any;
}

static bool request_hash(uint8_t out[AXON_SHA256_BYTES], const struct expression *e,
                         const struct gateway_request *request)
{
    struct axon_ri_map map = {0};
    for (size_t i = 0; i < request->field_count; i++) {
        if (names_have(e->headers, e->header_count, request->fields[i].name) &&
            !map_add(&map, &request->fields[i])) {
            return false;
        }
    }
    axon_ri_bytes(&map, ":ic-cert-method", request->method);
    const uint8_t *mark = memchr(request->url.at, '?', request->url.size);
    if (mark != NULL) {
        struct axon_buf filtered = {0};
        const size_t skipped = (size_t)(mark + 1 - request->url.at);
        const struct ic_bytes query = {.at = mark + 1, .size = request->url.size - skipped};
        if (query_filter(&filtered, query, e)) {
            axon_ri_bytes(&map, ":ic-cert-query", axon_buf_bytes(&filtered));
        }
        axon_buf_free(&filtered);
    }
    hash_with_body(out, &map, request->body);
    return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const char *hashes_check(const struct proof *p, const struct expression *e,
                                struct ic_bytes expression, const struct gateway_request *request,
                                const struct gateway_response *response)
{
    uint8_t hashes[3][AXON_SHA256_BYTES];
    struct ic_bytes labels[PARTS_MAX + 3], value;
    enum axon_lookup lookup = AXON_LOOKUP_ERROR;
    size_t count = p->expr_path_count;
    memcpy(labels, p->expr_path, count * sizeof *labels);
    axon_sha256(hashes[0], expression);
    labels[count++] = (struct ic_bytes){.at = hashes[0], .size = AXON_SHA256_BYTES};
    if (axon_witness_node_find(&p->tree, (struct axon_path){.labels = labels, .count = count},
                               &lookup) == NULL) {
        return "the expression is not certified";
    }
    if (!e->is_certified) {
        return NULL;
    }
    if (!request_hash(hashes[1], e, request) || !response_hash(hashes[2], e, response)) {
        return "too many headers";
    }
    labels[count++] =
        (struct ic_bytes){.at = hashes[1], .size = e->has_request ? AXON_SHA256_BYTES : 0};
    labels[count++] = (struct ic_bytes){.at = hashes[2], .size = AXON_SHA256_BYTES};
    if (axon_witness_find(&p->tree, (struct axon_path){.labels = labels, .count = count}, &value) !=
            AXON_LOOKUP_FOUND ||
        value.size != 0) {
        return "the answer is not certified";
    }
    return NULL;
}

static const char *proof_check(struct proof *p, const struct gateway *gateway,
                               const struct gateway_request *request,
                               const struct gateway_response *response, bool *is_proved)
{
    struct ic_bytes header, text;
    struct expression expression;
    const char *why = NULL;
    if (!field_find(&header, response, "ic-certificate")) {
        return "no IC-Certificate";
    }
    if (!field_find(&text, response, "ic-certificateexpression") ||
        !expression_read(&expression, text)) {
        return "no IC-CertificateExpression";
    }
    why = proof_read(p, header);
    if (why == NULL) {
        why = certificate_check(p, gateway);
    }
    if (why == NULL) {
        why = expr_path_check(p, request->url);
    }
    if (why == NULL) {
        why = hashes_check(p, &expression, text, request, response);
    }
    *is_proved = why == NULL && expression.is_certified;
    return why;
}

const char *gateway_verify(const struct gateway *gateway, const struct gateway_request *request,
                           const struct gateway_response *response, bool *is_proved)
{
    struct proof proof = {0};
    *is_proved = false;
    const char *why = proof_check(&proof, gateway, request, response, is_proved);
    proof_free(&proof);
    return why;
}
