/* What the files of the web part share. */
#ifndef IC_WEB_HTTP_INTERNAL_H
#define IC_WEB_HTTP_INTERNAL_H

#include "ic/http.h"

/* The next part of a pattern. Traps when it is malformed: empty parts, "%", "?". */
bool ic_http_pattern_next(struct ic_bytes *part, struct ic_bytes *rest);
/* ":name" and "*": stands for different texts. */
bool ic_http_pattern_is_open(struct ic_bytes part);

/* ic_http_respond routes and calls the handler; or makes the answers 404 and 405. request->method
 * and what ic_http_url_parse fills are set.
 *   returns   the route; NULL when there is none */
const struct ic_http_route *ic_http_respond(const struct ic_http_site *site,
                                            struct ic_http_request *request,
                                            struct ic_http_response *response);

/* size bytes of the arena, never NULL.
 *   traps     "http: out of memory" */
void *ic_http_alloc(struct ic_arena *arena, size_t size);

/* The answer of one line that the kit makes itself. */
void ic_http_answer_status(struct ic_http_response *response, uint16_t status);

/* ic_http_prove adds the headers that prove an answer made by route (NULL: by none).
 *   returns   false when it was not certified, or there is no room: the answer is as before then */
bool ic_http_prove(const struct ic_http_site *site, const struct ic_http_route *route,
                   const struct ic_http_request *request, struct ic_http_response *response,
                   struct ic_bytes certificate);

#endif
