/* Where the proofs of a site stand in its tree, how they get there, and how an answer shows its
 * own. SPEC: ic-http 11.3.
 *
 *     http_expr / part / ... / <$> / H(expression) / "" / H(answer)              IC_HTTP_CERTIFIED
 *     http_expr / part / ... / <$> / H(expression) / H(request) / H(answer)      ..._REQUEST
 *     http_expr / part / ... / <*> / H(expression)                               IC_HTTP_UNPROVED
 *     http_expr / part / ... / <*> / "by update"                                 IC_HTTP_BY_UPDATE
 *     http_expr / <*> / H(expression) / "" / H(answer)                           "not found"
 *
 * A gateway believes only what stands under the most specific of these places. That is what "by
 * update" is for: no expression has that hash, so below such a path a node can prove nothing, not
 * even the certified "not found" of the whole site. */
#include "http_internal.h"

#include "ic/msg.h"
#include "ic/sha2.h"
#include "ic/trap.h"

#define LABELS_MAX (IC_HTTP_SEGMENTS_MAX + 5u)
/* The proof itself; absent: the exact path, and for each part two wildcards. */
#define WITNESS_PATHS_MAX (2u + 2u * (IC_HTTP_SEGMENTS_MAX + 1u))

_Static_assert(LABELS_MAX <= IC_CERT_DEPTH_MAX, "every path of a site is a path of the tree");

#define ROOT    IC_BYTES_LIT("http_expr")
#define EXACT   IC_BYTES_LIT("<$>")
#define BELOW   IC_BYTES_LIT("<*>")
#define DEAD    IC_BYTES_LIT("by update")
#define NOTHING ((struct ic_bytes){.at = (const uint8_t *)"", .size = 0})

struct place {
    struct ic_bytes labels[LABELS_MAX];
    size_t count;
};

static void place_add(struct place *place, struct ic_bytes label)
{
    ic_assert(place->count < LABELS_MAX);
    place->labels[place->count++] = label;
}

static struct place place_from(const struct ic_bytes *parts, size_t count, struct ic_bytes end)
{
    struct place place = {.count = 0};
    place_add(&place, ROOT);
    for (size_t i = 0; i < count; i++) {
        place_add(&place, parts[i]);
    }
    place_add(&place, end);
    return place;
}

static struct ic_cert_path path_of(const struct place *place)
{
    return (struct ic_cert_path){.labels = place->labels, .count = place->count};
}

static bool place_is_there(const struct ic_http_site *site, const struct place *place)
{
    return ic_cert_find(site->tree, path_of(place), NULL, NULL) != IC_CERT_ABSENT;
}

/* What stands below a place: the hashes are kept here, the labels are views. */
struct proof {
    uint8_t expression[IC_CERT_HASH_BYTES];
    uint8_t request[IC_CERT_HASH_BYTES];
    uint8_t response[IC_CERT_HASH_BYTES];
};

static struct ic_bytes hash_view(const uint8_t hash[IC_CERT_HASH_BYTES])
{
    return (struct ic_bytes){.at = hash, .size = IC_CERT_HASH_BYTES};
}

/* Appends what proves an answer. response has its expression header; request may be NULL unless the
 * route certifies requests. */
static void proof_add(struct place *place, struct proof *proof, const struct ic_http_route *route,
                      struct ic_bytes expression, const struct ic_http_request *request,
                      const struct ic_http_response *response)
{
    ic_sha256(proof->expression, expression);
    place_add(place, hash_view(proof->expression));
    if (route != NULL && route->proof == IC_HTTP_UNPROVED) {
        return;
    }
    if (route != NULL && route->proof == IC_HTTP_CERTIFIED_REQUEST) {
        ic_http_request_hash(proof->request, request, route->names);
        place_add(place, hash_view(proof->request));
    } else {
        place_add(place, NOTHING);
    }
    ic_http_response_hash(proof->response, response);
    place_add(place, hash_view(proof->response));
}

static void expression_header_add(struct ic_http_response *response, struct ic_bytes expression)
{
    ic_assert(response->field_count + 1 < IC_HTTP_FIELDS_MAX);
    response->fields[response->field_count++] =
        (struct ic_http_field){IC_BYTES_LIT("IC-CertificateExpression"), expression};
}

/* ---- certifying ------------------------------------------------------------------------------ */

static void put_or_trap(const struct ic_http_site *site, const struct place *place)
{
    if (!ic_cert_put(site->tree, path_of(place), NOTHING)) {
        IC_TRAP("http: a pattern cannot be certified");
    }
}

/* Puts an answer in place of what stands there for the same expression and request. */
static bool answer_put(const struct ic_http_site *site, struct place place,
                       const struct ic_http_route *route, const struct ic_http_request *request,
                       struct ic_http_response *response, struct ic_arena *arena)
{
    struct proof proof;
    const struct ic_bytes expression = ic_http_expression(route, arena);
    ic_assert(expression.size > 0);
    expression_header_add(response, expression);
    proof_add(&place, &proof, route, expression, request, response);
    if (place_is_there(site, &place)) {
        return true;
    }
    ic_cert_remove(site->tree,
                   (struct ic_cert_path){.labels = place.labels, .count = place.count - 1});
    return ic_cert_put(site->tree, path_of(&place), NOTHING);
}

/* Sets a request up from a URL and answers it. */
static const struct ic_http_route *answer_make(const struct ic_http_site *site,
                                               struct ic_http_request *request,
                                               struct ic_http_response *response,
                                               struct ic_bytes url)
{
    static const char *const NAMES[] = {
        [IC_HTTP_GET] = "GET",        [IC_HTTP_HEAD] = "HEAD",   [IC_HTTP_POST] = "POST",
        [IC_HTTP_PUT] = "PUT",        [IC_HTTP_PATCH] = "PATCH", [IC_HTTP_DELETE] = "DELETE",
        [IC_HTTP_OPTIONS] = "OPTIONS"};
    ic_assert(request->method < IC_HTTP_OTHER);
    request->method_text = ic_bytes_from_text(NAMES[request->method]);
    if (ic_http_url_parse(request, url) != 0) {
        return NULL;
    }
    return ic_http_respond(site, request, response);
}

/* True when the route has answers that are certified one by one. */
static bool is_certified(const struct ic_http_route *route, enum ic_http_method method)
{
    return route != NULL && route->method == method &&
           (route->proof == IC_HTTP_CERTIFIED || route->proof == IC_HTTP_CERTIFIED_REQUEST);
}

/* True when a part of the path is a word of the tree's own syntax. Whoever may choose the parts of
 * certified paths could otherwise write http_expr / a / <$> / H("no certification"), and a node
 * could show what it likes at "/a". */
static bool has_reserved_part(const struct ic_http_request *request)
{
    for (size_t i = 0; i < request->segment_count; i++) {
        if (ic_bytes_is_equal(request->segments[i], EXACT) ||
            ic_bytes_is_equal(request->segments[i], BELOW)) {
            return true;
        }
    }
    return false;
}

/* Answers a URL and certifies that.
 *   returns   the route; NULL when its answers cannot be certified */
static const struct ic_http_route *certify(const struct ic_http_site *site,
                                           struct ic_http_request *request,
                                           struct ic_http_response *response, struct ic_bytes url)
{
    const struct ic_http_route *route = answer_make(site, request, response, url);
    return is_certified(route, request->method) && !has_reserved_part(request) &&
                   answer_put(site, place_from(request->segments, request->segment_count, EXACT),
                              route, request, response, request->arena)
               ? route
               : NULL;
}

bool ic_http_certify(const struct ic_http_site *site, enum ic_http_method method,
                     struct ic_bytes url, const struct ic_http_field *fields, size_t field_count,
                     struct ic_arena *arena)
{
    struct ic_http_request request = {
        .method = method, .fields = fields, .field_count = field_count, .arena = arena};
    struct ic_http_response response = {.status = 200};
    return certify(site, &request, &response, url) != NULL;
}

/* True when the proofs of a route tell requests with different ranges apart. */
static bool is_by_range(const struct ic_http_route *route)
{
    const char *const *names = route->names.headers;
    while (names != NULL && *names != NULL && strcmp(*names, "range") != 0) {
        names++;
    }
    return route->proof == IC_HTTP_CERTIFIED_REQUEST && names != NULL && *names != NULL;
}

/* Certifies the answer to a request of the body from an offset on. */
static bool part_certify(const struct ic_http_site *site, struct ic_bytes url, uint64_t at,
                         struct ic_http_part *part, struct ic_arena *arena)
{
    uint8_t range[32];
    struct ic_writer w;
    ic_writer_init(&w, range, sizeof range);
    IC_PUT_LIT(&w, "bytes=");
    ic_put_decimal(&w, at);
    IC_PUT_LIT(&w, "-");
    ic_assert(ic_writer_ok(&w));
    const struct ic_http_field field = {IC_BYTES_LIT("Range"), ic_writer_bytes(&w)};
    struct ic_http_request request = {
        .method = IC_HTTP_GET, .fields = &field, .field_count = 1, .arena = arena};
    struct ic_http_response response = {.status = 200};
    const bool is_done = certify(site, &request, &response, url) != NULL;
    *part = response.part;
    return is_done && part->end > at;
}

bool ic_http_certify_parts(const struct ic_http_site *site, struct ic_bytes url,
                           struct ic_arena *arena)
{
    const size_t used = arena->used;
    struct ic_http_request request = {.method = IC_HTTP_GET, .arena = arena};
    struct ic_http_response response = {.status = 200};
    ic_http_uncertify(site, IC_HTTP_GET, url, arena);
    const struct ic_http_route *route = certify(site, &request, &response, url);
    bool is_done = route != NULL && is_by_range(route);
    struct ic_http_part part = {.size = response.part.size};
    while (is_done && part.end < part.size) {
        arena->used = used; /* the part before is hashed: its bytes are not needed any more */
        is_done = part_certify(site, url, part.end, &part, arena);
    }
    if (!is_done) {
        ic_http_uncertify(site, IC_HTTP_GET, url, arena);
    }
    return is_done;
}

void ic_http_uncertify(const struct ic_http_site *site, enum ic_http_method method,
                       struct ic_bytes url, struct ic_arena *arena)
{
    struct ic_http_request request = {.method = method, .arena = arena};
    unsigned allowed = 0;
    if (ic_http_url_parse(&request, url) != 0) {
        return;
    }
    const struct ic_http_route *route = ic_http_route_find(site, &request, &allowed);
    if (is_certified(route, method)) {
        uint8_t hash[IC_CERT_HASH_BYTES];
        struct place place = place_from(request.segments, request.segment_count, EXACT);
        ic_sha256(hash, ic_http_expression(route, arena));
        place_add(&place, hash_view(hash));
        ic_cert_remove(site->tree, path_of(&place));
    }
}

/* The place of a pattern: up to its first open part. */
static struct place pattern_place(const char *pattern, bool *is_open)
{
    struct ic_bytes parts[IC_HTTP_SEGMENTS_MAX], rest = ic_bytes_from_text(pattern);
    size_t count = 0;
    *is_open = false;
    while (!*is_open && count < IC_HTTP_SEGMENTS_MAX &&
           ic_http_pattern_next(&parts[count], &rest)) {
        *is_open = ic_http_pattern_is_open(parts[count]);
        count += !*is_open;
    }
    return place_from(parts, count, *is_open ? BELOW : EXACT);
}

static void route_certify(const struct ic_http_site *site, const struct ic_http_route *route,
                          struct ic_arena *arena)
{
    bool is_open = false;
    struct proof proof;
    struct place place = pattern_place(route->pattern, &is_open);
    switch (route->proof) {
    case IC_HTTP_CERTIFIED:
        if (!is_open && route->method == IC_HTTP_GET &&
            !ic_http_certify(site, IC_HTTP_GET, ic_bytes_from_text(route->pattern), NULL, 0,
                             arena)) {
            IC_TRAP("http: a pattern cannot be certified");
        }
        return;
    case IC_HTTP_UNPROVED:
        proof_add(&place, &proof, route, ic_http_expression(route, arena), NULL, NULL);
        break;
    case IC_HTTP_BY_UPDATE:
    case IC_HTTP_CERTIFIED_REQUEST:
        place_add(&place, DEAD);
        break;
    }
    put_or_trap(site, &place);
}

void ic_http_certify_site(const struct ic_http_site *site, struct ic_arena *arena)
{
    ic_cert_remove(site->tree, IC_CERT_PATH(ROOT));
    for (size_t i = 0; i < site->route_count; i++) {
        route_certify(site, &site->routes[i], arena);
    }
    const struct place all = place_from(NULL, 0, BELOW);
    if (place_is_there(site, &all)) {
        return; /* some route answers everything */
    }
    struct ic_http_request request = {.arena = arena, .path = IC_BYTES_LIT("/")};
    struct ic_http_response response = {.status = 200};
    if (site->not_found != NULL) {
        site->not_found(&request, &response);
    } else {
        ic_http_answer_status(&response, 404);
    }
    if (!answer_put(site, all, NULL, &request, &response, arena)) {
        IC_TRAP("http: \"not found\" cannot be certified");
    }
}

/* ---- proving --------------------------------------------------------------------------------- */

/* The most specific place for a path that is in the tree.
 *   depth     parts of the path before a wildcard; segment_count + 1 when it is the exact path */
static bool place_select(struct place *place, size_t *depth, const struct ic_http_site *site,
                         const struct ic_http_request *request)
{
    *depth = request->segment_count + 1;
    *place = place_from(request->segments, request->segment_count, EXACT);
    while (!place_is_there(site, place)) {
        if (*depth == 0) {
            return false;
        }
        --*depth;
        *place = place_from(request->segments, *depth, BELOW);
    }
    return true;
}

struct witness_paths {
    struct place places[WITNESS_PATHS_MAX];
    struct ic_cert_path paths[WITNESS_PATHS_MAX];
    size_t count;
};

static void witness_add(struct witness_paths *w, struct place place)
{
    ic_assert(w->count < WITNESS_PATHS_MAX);
    w->places[w->count] = place;
    w->paths[w->count] = path_of(&w->places[w->count]);
    w->count++;
}

/* All that would be more specific than a wildcard after depth parts; it must be seen to be absent.
 * A gateway also thinks of wildcards behind a slash, "/a/" + "*", which this kit never makes. */
static void more_specific_add(struct witness_paths *w, const struct ic_http_request *request,
                              size_t depth)
{
    struct ic_bytes parts[IC_HTTP_SEGMENTS_MAX + 1];
    const size_t count = request->segment_count;
    if (depth > count) {
        return;
    }
    witness_add(w, place_from(request->segments, count, EXACT));
    for (size_t n = count; n > depth; n--) {
        witness_add(w, place_from(request->segments, n, BELOW));
    }
    memcpy(parts, request->segments, sizeof request->segments);
    for (size_t n = depth; n < count; n++) {
        parts[n] = NOTHING;
        witness_add(w, place_from(parts, n + 1, BELOW));
        parts[n] = request->segments[n];
    }
}

/* The place as an array of texts: what the header calls expr_path. */
static struct ic_bytes place_cbor(const struct place *place, struct ic_arena *arena)
{
    size_t capacity = 8;
    for (size_t i = 0; i < place->count; i++) {
        capacity += place->labels[i].size + 2;
    }
    ic_assert(place->count < 24);
    struct ic_writer w;
    ic_writer_init(&w, ic_http_alloc(arena, capacity), capacity);
    IC_PUT_LIT(&w, "\xd9\xd9\xf7");
    ic_put_u8(&w, (uint8_t)(0x80 + place->count));
    for (size_t i = 0; i < place->count; i++) {
        const size_t size = place->labels[i].size;
        ic_assert(size <= IC_CERT_LABEL_MAX); /* it was found in the tree */
        if (size >= 24) {
            ic_put_u8(&w, 0x78);
        }
        ic_put_u8(&w, (uint8_t)(size >= 24 ? size : 0x60 + size));
        ic_put_bytes(&w, place->labels[i]);
    }
    ic_assert(ic_writer_ok(&w));
    return ic_writer_bytes(&w);
}

static bool certificate_header_add(struct ic_http_response *response, struct ic_bytes certificate,
                                   struct ic_bytes witness, struct ic_bytes expr_path,
                                   struct ic_arena *arena)
{
    const size_t capacity = 64 + IC_BASE64_SIZE(certificate.size) + IC_BASE64_SIZE(witness.size) +
                            IC_BASE64_SIZE(expr_path.size);
    uint8_t *at = ic_arena_alloc(arena, capacity);
    if (at == NULL) {
        return false;
    }
    struct ic_writer w;
    ic_writer_init(&w, at, capacity);
    ic_cert_put_header(&w, certificate, witness, expr_path);
    ic_assert(ic_writer_ok(&w) && response->field_count < IC_HTTP_FIELDS_MAX);
    response->fields[response->field_count++] =
        (struct ic_http_field){IC_BYTES_LIT("IC-Certificate"), ic_writer_bytes(&w)};
    return true;
}

bool ic_http_prove(const struct ic_http_site *site, const struct ic_http_route *route,
                   const struct ic_http_request *request, struct ic_http_response *response,
                   struct ic_bytes certificate)
{
    static struct witness_paths paths; /* 20 KB, too much for the stack */
    struct place place;
    struct proof proof;
    struct ic_bytes witness;
    size_t depth = 0;
    const size_t field_count = response->field_count;
    const struct ic_bytes expression = ic_http_expression(route, request->arena);
    if (expression.size == 0 || !place_select(&place, &depth, site, request)) {
        return false;
    }
    const struct ic_bytes expr_path = place_cbor(&place, request->arena);
    expression_header_add(response, expression);
    proof_add(&place, &proof, route, expression, request, response);
    paths.count = 0;
    witness_add(&paths, place);
    more_specific_add(&paths, request, depth);
    const bool is_proved =
        ic_cert_find(site->tree, path_of(&place), NULL, NULL) == IC_CERT_LEAF &&
        ic_cert_witness(&witness, site->tree, paths.paths, paths.count, request->arena) &&
        certificate_header_add(response, certificate, witness, expr_path, request->arena);
    if (!is_proved) {
        response->field_count = field_count;
    }
    return is_proved;
}
