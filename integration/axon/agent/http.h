/* One HTTP exchange at a time over libcurl. Private to the agent. */
#ifndef AXON_AGENT_HTTP_H
#define AXON_AGENT_HTTP_H

#include "agent/agent.h"

struct agent_http;

/* url: "http://host:port", a path prefix is kept, a slash at the end is not. Never NULL. */
struct agent_http *agent_http_new(const char *url);
void agent_http_free(struct agent_http *http);

/* agent_http_send posts a CBOR body (GET when body is empty) to path and fetches the answer.
 *   body      of the reply; overwritten
 *   status    of the reply, e.g. 200
 *   why       on failure: the reason is appended
 *   returns   false when no complete answer came; *body and *status mean nothing then */
IC_MUST_USE bool agent_http_send(struct agent_http *http, struct axon_buf *body, long *status,
                                 const char *path, struct ic_bytes request, struct axon_buf *why);

#endif
