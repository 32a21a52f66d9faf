/* The router: patterns against the parts of a path. */
#include "http_internal.h"

#include "ic/trap.h"

/* "/a/:b/c" gives "a", ":b", "c"; "/" and "/a/" end with an empty part. */
bool ic_http_pattern_next(struct ic_bytes *part, struct ic_bytes *rest)
{
    if (rest->size == 0) {
        return false;
    }
    if (*rest->at != '/') {
        IC_TRAP("http: malformed pattern");
    }
    size_t n = 1;
    while (n < rest->size && rest->at[n] != '/') {
        n++;
    }
    *part = (struct ic_bytes){.at = rest->at + 1, .size = n - 1};
    rest->at += n;
    rest->size -= n;
    if ((part->size == 0 && rest->size > 0) || memchr(part->at, '%', part->size) != NULL ||
        memchr(part->at, '?', part->size) != NULL) {
        IC_TRAP("http: malformed pattern");
    }
    return true;
}

bool ic_http_pattern_is_open(struct ic_bytes part)
{
    return part.size > 0 && (*part.at == ':' || (part.size == 1 && *part.at == '*'));
}

static bool pattern_fits(struct ic_http_request *request, const char *pattern)
{
    struct ic_bytes rest = ic_bytes_from_text(pattern), part;
    size_t at = 0;
    request->param_count = 0;
    while (ic_http_pattern_next(&part, &rest)) {
        if (part.size == 1 && *part.at == '*') {
            return true;
        }
        if (at == request->segment_count) {
            return false;
        }
        const struct ic_bytes segment = request->segments[at++];
        if (ic_http_pattern_is_open(part) && segment.size > 0) {
            ic_assert(request->param_count < IC_HTTP_PARAMS_MAX);
            request->params[request->param_count++] = segment;
        } else if (!ic_bytes_is_equal(part, segment)) {
            return false;
        }
    }
    return at == request->segment_count;
}

static const struct ic_http_route *route_of_method(const struct ic_http_site *site,
                                                   struct ic_http_request *request,
                                                   enum ic_http_method method, unsigned *allowed)
{
    for (size_t i = 0; i < site->route_count; i++) {
        const struct ic_http_route *route = &site->routes[i];
        if (pattern_fits(request, route->pattern)) {
            if (route->method == method) {
                return route;
            }
            *allowed |= 1u << route->method;
        }
    }
    request->param_count = 0;
    return NULL;
}

const struct ic_http_route *ic_http_route_find(const struct ic_http_site *site,
                                               struct ic_http_request *request, unsigned *allowed)
{
    *allowed = 0;
    const struct ic_http_route *route = route_of_method(site, request, request->method, allowed);
    if (route == NULL && request->method == IC_HTTP_HEAD) {
        route = route_of_method(site, request, IC_HTTP_GET, allowed);
    }
    if ((*allowed & 1u << IC_HTTP_GET) != 0) {
        *allowed |= 1u << IC_HTTP_HEAD;
    }
    return route;
}
