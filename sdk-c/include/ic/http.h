/* Web pages from a canister: the HTTP gateway protocol, a router, certified answers.
 * SPEC: ic-http 11.
 *
 *     static void page(const struct ic_http_request *request, struct ic_http_response *response)
 *     {
 *         ic_http_answer(response, 200, "text/html", body);
 *     }
 *     static const struct ic_http_route ROUTES[] = {
 *         IC_HTTP_ROUTE(IC_HTTP_GET, "/", page, IC_HTTP_CERTIFIED),
 *         IC_HTTP_ROUTE(IC_HTTP_GET, "/value/:key", value_get, IC_HTTP_UNPROVED),
 *         IC_HTTP_ROUTE(IC_HTTP_POST, "/value/:key", value_set, IC_HTTP_BY_UPDATE),
 *     };
 *     static const struct ic_http_site site = {.routes = ROUTES, .route_count = 3, .tree = &tree};
 *
 * The interface (.did) begins with `import service ".../sdk-c/web/http.did";`. With prefix kv the
 * author then writes, and nothing else:
 *
 *     void kv_http_request(struct ic_bytes argument) { ic_http_query(&site, argument); }
 *     void kv_http_request_update(struct ic_bytes argument) { ic_http_update(&site, argument); }
 *
 * How a browser can believe an answer. A query is answered by one node, which may lie; so gateways
 * want a proof, or ask again by an update call, which the whole subnet answers. Each route says
 * how:
 *
 *   IC_HTTP_BY_UPDATE          always by update call: seconds, but needs no proof and may change
 *                              state
 *   IC_HTTP_CERTIFIED          by query; the answer was certified beforehand with ic_http_certify,
 *                              one for each path, whatever method, headers and query string
 *   IC_HTTP_CERTIFIED_REQUEST  the same, one for each method, path, body, and each value of the
 *                              request headers and query parameters that the route names
 *   IC_HTTP_UNPROVED           by query, without proof: the node can say anything. For harmless
 *                              data
 *
 * Certificates are made ahead of time. ic_http_certify_site in init and post_upgrade certifies what
 * does not depend on parameters; after a change ic_http_certify does it again for the paths that
 * look different now; ic_cert_commit at the end of the message hands it to the subnet. An answer
 * for which there is no proof, unknown paths and methods included, goes by update call: correct,
 * only slower.
 *
 * A request without certificate_version 2 (raw.icp0.io, another canister) gets answers without
 * proof.
 *
 * Bodies above IC_HTTP_BODY_BYTES_MAX are sent in parts, see ic_http_answer_content: gateways ask
 * for the next part until they have all, and each part has a proof of its own. The older way, a
 * streaming_strategy with a callback, is not spoken: long bodies go unproved there. */
#ifndef IC_HTTP_H
#define IC_HTTP_H

#include "ic/arena.h"
#include "ic/cert.h"

#define IC_HTTP_URL_BYTES_MAX   8192u /* longer: 414 */
#define IC_HTTP_SEGMENTS_MAX    16u   /* parts of a path between slashes; more: 414 */
#define IC_HTTP_PARAMS_MAX      8u    /* of a pattern */
#define IC_HTTP_FIELDS_MAX      16u   /* headers of an answer */
#define IC_HTTP_PROOF_NAMES_MAX 8u    /* headers, and query parameters, of a certified request */
/* Of an answer: with all else below 2 MiB, the limit of replies to update calls. */
#define IC_HTTP_BODY_BYTES_MAX 1900000u

enum ic_http_method {
    IC_HTTP_GET,
    IC_HTTP_HEAD,
    IC_HTTP_POST,
    IC_HTTP_PUT,
    IC_HTTP_PATCH,
    IC_HTTP_DELETE,
    IC_HTTP_OPTIONS,
    IC_HTTP_OTHER, /* request->method_text says which */
};

/* A header. */
struct ic_http_field {
    struct ic_bytes name;
    struct ic_bytes value;
};

/* A request as handlers see it. Views into the message or the arena. */
struct ic_http_request {
    enum ic_http_method method;
    struct ic_bytes method_text;
    struct ic_bytes path;  /* as sent, percent-encoded, "/" first */
    struct ic_bytes query; /* as sent, behind the "?"; empty when there is none */
    bool has_query;
    struct ic_bytes segments[IC_HTTP_SEGMENTS_MAX]; /* of path, decoded; "/a/" is "a", "" */
    size_t segment_count;
    struct ic_bytes params[IC_HTTP_PARAMS_MAX]; /* what the parameters of the pattern stand for */
    size_t param_count;
    const struct ic_http_field *fields; /* headers */
    size_t field_count;
    struct ic_bytes body;
    bool is_update; /* state may be changed */
    struct ic_arena *arena;
};

/* Where the part of a larger body ends that an answer has; size is that of the whole. */
struct ic_http_part {
    uint64_t end;
    uint64_t size;
};

/* An answer. Arrives at the handler as 200 without headers and body. */
struct ic_http_response {
    uint16_t status;
    struct ic_http_field fields[IC_HTTP_FIELDS_MAX];
    size_t field_count;
    struct ic_bytes body;     /* in the message arena, or static */
    struct ic_http_part part; /* written by ic_http_answer_content */
};

/* What a handler must answer depends on its request and the state alone, so that a query gives
 * the very answer that was certified. */
typedef void ic_http_handler(const struct ic_http_request *request,
                             struct ic_http_response *response);

enum ic_http_proof {
    IC_HTTP_BY_UPDATE,
    IC_HTTP_CERTIFIED,
    IC_HTTP_CERTIFIED_REQUEST,
    IC_HTTP_UNPROVED,
};

/* Of an IC_HTTP_CERTIFIED_REQUEST route: what else of the request the answer depends on. At most
 * IC_HTTP_PROOF_NAMES_MAX each, ended by NULL; NULL for none. */
struct ic_http_route_names {
    const char *const *headers;
    const char *const *query;
};

/* One row of the router. pattern: "/", "/about", "/value/:key" (one segment), "/files/" followed by
 * "*" (everything below). The first row that fits wins. GET serves HEAD as well, where no row
 * of its own does: the handler is called, the body dropped; where bodies are certified that goes by
 * update call. */
struct ic_http_route {
    enum ic_http_method method;
    const char *pattern;
    ic_http_handler *handler;
    enum ic_http_proof proof;
    struct ic_http_route_names names;
};
#define IC_HTTP_ROUTE(method, pattern, handler, proof)                                             \
    {                                                                                              \
        (method), (pattern), (handler), (proof),                                                   \
        {                                                                                          \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

/* A page that ic_http_answer_content answers and ic_http_certify_parts certifies. For tables at file
 * scope. */
#define IC_HTTP_ROUTE_IN_PARTS(pattern, handler)                                                   \
    {                                                                                              \
        IC_HTTP_GET, (pattern), (handler), IC_HTTP_CERTIFIED_REQUEST,                              \
        {                                                                                          \
            (const char *const[]){"range", NULL}, NULL                                             \
        }                                                                                          \
    }

/* A site. tree may be NULL: then routes are answered without proof or by update. */
struct ic_http_site {
    const struct ic_http_route *routes;
    size_t route_count;
    struct ic_cert *tree;
    ic_http_handler *not_found; /* NULL: a line of text */
};

/* ---- the two methods of the canister --------------------------------------------------------- */

/* ic_http_query answers http_request, ic_http_update http_request_update. Both decode the argument,
 * route, call the handler, reply.
 *   traps     when the argument does not decode, or the answer's body is too large */
void ic_http_query(const struct ic_http_site *site, struct ic_bytes argument);
void ic_http_update(const struct ic_http_site *site, struct ic_bytes argument);

/* ---- certifying ------------------------------------------------------------------------------ */

/* ic_http_certify_site makes the proofs anew that follow from the routes alone: it drops all of the
 * site, then calls the handlers of IC_HTTP_CERTIFIED GET routes without parameters, certifies "not
 * found" for unknown paths, and marks the other routes. In init and post_upgrade. Pages with
 * parameters are the caller's to certify again.
 *   traps     when a pattern is malformed */
void ic_http_certify_site(const struct ic_http_site *site, struct ic_arena *arena);

/* ic_http_certify calls the handler for a URL and certifies what it answers, in place of what was
 * certified there. The route must be IC_HTTP_CERTIFIED or IC_HTTP_CERTIFIED_REQUEST.
 *   fields    request headers; of interest for IC_HTTP_CERTIFIED_REQUEST only
 *   returns   false when no such route has method and URL, or its path cannot be a path of the
 *             tree: a part is longer than IC_CERT_LABEL_MAX, or "<$>" or "<*>" */
bool ic_http_certify(const struct ic_http_site *site, enum ic_http_method method,
                     struct ic_bytes url, const struct ic_http_field *fields, size_t field_count,
                     struct ic_arena *arena);

/* ic_http_certify_parts certifies all that ic_http_answer_content answers a gateway for a GET of
 * the URL: without a range, and with a range from the beginning of each part on. What was certified
 * there before goes. A part costs 137 million instructions, so a message manages 500 MB; for more,
 * call ic_http_certify with the header Range for some parts in each.
 *   returns   false when there is no such route, it is not certified by the header "range" (see
 *             IC_HTTP_ROUTE_IN_PARTS), its path cannot be a path of the tree, or it has no part
 *             for a range: nothing is certified there then */
bool ic_http_certify_parts(const struct ic_http_site *site, struct ic_bytes url,
                           struct ic_arena *arena);

/* ic_http_uncertify drops what was certified for the path of a URL, with all query strings. */
void ic_http_uncertify(const struct ic_http_site *site, enum ic_http_method method,
                       struct ic_bytes url, struct ic_arena *arena);

/* ---- for handlers ---------------------------------------------------------------------------- */

/* ic_http_answer sets status, Content-Type and body. */
void ic_http_answer(struct ic_http_response *response, uint16_t status, const char *content_type,
                    struct ic_bytes body);

/* What is too large for one answer, or lies in stable memory. */
struct ic_http_content {
    uint64_t size; /* bytes */
    /* Copies size bytes from an offset on; at + size never exceeds the size above. */
    void (*read)(void *context, uint8_t *out, uint64_t at, size_t size);
    void *context;
};

/* ic_http_answer_content answers with a content or a part of it, as HTTP has it (RFC 9110, 14):
 * 200 and all of it when it fits in one answer and no range was asked for, 416 when the range is
 * not there, otherwise 206 with at most IC_HTTP_BODY_BYTES_MAX bytes from the beginning of the
 * range, Content-Range and Accept-Ranges. A gateway that gets 206 without having asked for a range
 * fetches the rest and answers 200. Several ranges, If-Range and malformed ranges count as none.
 * HEAD gets 200 and Content-Length.
 *   traps     when a part does not fit in the message arena */
void ic_http_answer_content(const struct ic_http_request *request,
                            struct ic_http_response *response, const char *content_type,
                            const struct ic_http_content *content);

/* Adds a header. Neither name nor value may hold line breaks: they are the author's, or checked.
 *   traps     with more than IC_HTTP_FIELDS_MAX - 2 of them, or a line break in one */
void ic_http_field_add(struct ic_http_response *response, struct ic_bytes name,
                       struct ic_bytes value);

/* A header of the request, case of the name ignored; the first of several. False when absent. */
IC_MUST_USE bool ic_http_field_find(struct ic_bytes *value, const struct ic_http_request *request,
                                    const char *name);

/* A parameter of the query string, decoded ("+" is a space); the first of several. "?a" has the
 * parameter a with an empty value.
 *   returns   false when absent, malformed, or the arena is full */
IC_MUST_USE bool ic_http_query_find(struct ic_bytes *value, const struct ic_http_request *request,
                                    const char *name);

/* ic_http_put_html writes text with & < > " ' escaped. */
void ic_http_put_html(struct ic_writer *w, struct ic_bytes text);

/* ic_http_put_percent writes text as one part of a path, or a parameter: all but letters, digits
 * and "-._~" as %XX. */
void ic_http_put_percent(struct ic_writer *w, struct ic_bytes text);

/* ---- the parts, for tests -------------------------------------------------------------------- */

enum ic_http_method ic_http_method_from(struct ic_bytes text);

/* ic_percent_decode decodes %XX; with plus_is_space also "+".
 *   out       a view into the arena, or text itself when nothing is encoded
 *   returns   false on a "%" without two hex digits, or when the arena is full */
IC_MUST_USE bool ic_percent_decode(struct ic_bytes *out, struct ic_bytes text, bool plus_is_space,
                                   struct ic_arena *arena);

/* ic_http_url_parse fills path, query and segments of a request whose arena is set. Accepts
 * "/path?query" and "https://host/path?query"; a fragment is dropped.
 *   returns   0, or the status that refuses it: 400 malformed, 414 too long */
uint16_t ic_http_url_parse(struct ic_http_request *request, struct ic_bytes url);

/* ic_http_route_find gives the first route that fits, for HEAD also one of GET, and sets the
 * parameters.
 *   allowed   set of 1 << method of all routes that fit but for the method; for 405
 *   returns   NULL when none fits */
const struct ic_http_route *ic_http_route_find(const struct ic_http_site *site,
                                               struct ic_http_request *request, unsigned *allowed);

/* The text of IC-CertificateExpression for a route; NULL: for "not found". In the arena, or static.
 * Empty when the arena is full. */
struct ic_bytes ic_http_expression(const struct ic_http_route *route, struct ic_arena *arena);

/* The hashes of an answer (its fields include IC-CertificateExpression), and of a request as far as
 * the names of the route say. SPEC: ic-http 11.3 */
void ic_http_response_hash(uint8_t out[IC_CERT_HASH_BYTES],
                           const struct ic_http_response *response);
void ic_http_request_hash(uint8_t out[IC_CERT_HASH_BYTES], const struct ic_http_request *request,
                          struct ic_http_route_names names);

#endif
