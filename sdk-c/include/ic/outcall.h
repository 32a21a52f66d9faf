/* Requests to web servers from a canister (HTTPS outcalls), in flows (ic/async.h).
 *
 *     static void price_only(struct ic_outcall_page *page, struct ic_bytes context,
 *                            struct ic_arena *arena) { ... page->body = ...; }
 *     IC_OUTCALL_EXPORT(price_only)                       // once, at file scope; or (NULL)
 *
 *     struct ic_outcall request = {.url = IC_BYTES_LIT("https://example.com/price"),
 *                                  .page_bytes_max = 4096};
 *     IC_AWAIT(f, ic_outcall_ask(&f->flow, &f->answer, &request));
 *     if (ic_outcall_take(&page, &f->answer)) { ... page.status, page.body ... }
 *
 * Every node of the subnet sends the request by itself, and a canister sees an answer only when two
 * thirds of the nodes have the same one, byte for byte. Dates, cookies and request ids in headers
 * differ between any two requests; so each node passes its answer through a transform, a query
 * method, before they are compared. The kit has that method: it drops all headers, then calls the
 * author's function, if there is one, to keep of the body what must be the same (a price out of a
 * document with a time in it). Queries cannot change state, and nor can the transform.
 *
 *   - A server gets each request 13 times or more: POST must be such that once more does no harm,
 *     e.g. by an idempotency key in a header.
 *   - With is_from_one_node one node alone asks. Cheaper for the server and good for answers that
 *     are signed or do not matter; but that node can invent the answer.
 *   - The price grows with page_bytes_max, what comes less does not come back: 13 nodes take 49
 *     million cycles, 5,200 for each byte of the request and 10,400 for each of page_bytes_max.
 *   - ic_outcall_ask attaches ic_outcall_cost. A request that fails is paid as well.
 *   - Nothing of a request is secret: the nodes see its headers, keys of interfaces included.
 *
 * answer.code when there is no page: IC_CALL_SYS_TRANSIENT for servers that do not answer within 30
 * seconds and nodes that do not agree, so try later; IC_CALL_SYS_FATAL for pages larger than
 * page_bytes_max and transforms that trap; IC_CALL_CANISTER_REJECT for malformed requests.
 *
 * Tests say what the web answers: axon_set_web of axon.h. Takes $(IC_SERVICE_SOURCES).
 * SPEC: IC interface specification, "IC method http_request". */
#ifndef IC_OUTCALL_H
#define IC_OUTCALL_H

#include "ic/async.h"
#include "ic/candid_msg.h"
#include "ic/u128.h"

#define IC_OUTCALL_PAGE_BYTES_MAX 2000000u /* of headers and body; of a request as well */
#define IC_OUTCALL_FIELDS_MAX     64u
#define IC_OUTCALL_URL_BYTES_MAX  8192u

/* The method that transforms; wasm-seal knows it, no interface shows it. */
#define IC_OUTCALL_METHOD "<ic outcall>"

enum ic_outcall_method {
    IC_OUTCALL_GET,
    IC_OUTCALL_HEAD,
    IC_OUTCALL_POST,
    IC_OUTCALL_PUT, /* these three with is_from_one_node only */
    IC_OUTCALL_DELETE,
    IC_OUTCALL_PATCH,
};

/* A header. */
struct ic_outcall_field {
    struct ic_bytes name;
    struct ic_bytes value;
};

/* A request. Views are copied when it is sent. */
struct ic_outcall {
    struct ic_bytes url; /* https://, at most IC_OUTCALL_URL_BYTES_MAX */
    enum ic_outcall_method method;
    const struct ic_outcall_field *fields; /* at most IC_OUTCALL_FIELDS_MAX */
    size_t field_count;
    struct ic_bytes body;
    uint32_t page_bytes_max; /* of the answer, headers included; 1 to IC_OUTCALL_PAGE_BYTES_MAX */
    bool is_from_one_node;
    bool is_as_it_is;        /* without transform: headers come too, and must be the same */
    struct ic_bytes context; /* for the transform */
};

/* An answer: views into the arena of the message. */
struct ic_outcall_page {
    uint16_t status;
    const struct ic_outcall_field *fields;
    size_t field_count;
    struct ic_bytes body;
};

/* ic_outcall_cost gives the cycles that a request takes. */
ic_u128 ic_outcall_cost(const struct ic_outcall *request);

/* ic_outcall_ask starts a request, with its cycles attached.
 *   traps     with page_bytes_max 0, too many headers, when it does not fit into the arena, or with
 *             too few cycles in the balance */
void ic_outcall_ask(struct ic_flow *flow, struct ic_answer *answer,
                    const struct ic_outcall *request);

/* ic_outcall_take decodes what came.
 *   returns   false when nothing did: answer->code says why; IC_CALL_OK with a malformed page */
IC_MUST_USE bool ic_outcall_take(struct ic_outcall_page *out, const struct ic_answer *answer);

/* What a transform does: edits *page, whose headers are gone already. It must be a function of page
 * and context alone; a trap fails the request. */
typedef void ic_outcall_edit(struct ic_outcall_page *page, struct ic_bytes context,
                             struct ic_arena *arena);

/* The body of the exported method. edit may be NULL. */
void ic_outcall_on_transform(ic_outcall_edit *edit);

#define IC_OUTCALL_EXPORT(edit)                                                                    \
    CANDID_EXPORT("canister_query " IC_OUTCALL_METHOD) void ic_outcall_export_transform(void);     \
    void ic_outcall_export_transform(void)                                                         \
    {                                                                                              \
        ic_outcall_on_transform(edit);                                                             \
    }

#endif
