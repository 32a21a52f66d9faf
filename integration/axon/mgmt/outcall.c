/* http_request: what canisters ask of the web, answered by the test. SPEC: ic-system 10.3 */
#include "mgmt/call.h"
#include "transform_did.h"

#include <stdlib.h>

#define URL_BYTES_MAX    8192u
#define FIELDS_MAX       64u
#define FIELD_BYTES_MAX  8192u
#define FIELDS_BYTES_MAX 49152u
#define BYTES_MAX        AXON_HTTP_RESPONSE_BYTES_MAX /* of requests too */
/* Of the 13 nodes at most 4 may be faulty. */
#define AGREE_MIN (AXON_SUBNET_NODES - (AXON_SUBNET_NODES - 1u) / 3u)

/* A request from its check to the agreement of the nodes. */
struct outcall {
    struct management_call *call;
    const struct management_http_request_args *args;
    uint64_t response_bytes_max;
    bool is_replicated;
    struct axon_web_field fields[FIELDS_MAX];
    struct axon_answer answers[AXON_SUBNET_NODES];
};

static bool refuse(struct outcall *o, enum axon_error_code code, const char *text)
{
    axon_answer_fail(o->call->answer, code, "%s", text);
    return false;
}

/* ---- the request ----------------------------------------------------------------------------- */

static const char *method_name(const struct management_http_request_args *args)
{
    static const char *const NAMES[] = {
        [MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_GET] = "GET",
        [MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_HEAD] = "HEAD",
        [MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_POST] = "POST",
        [MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_PUT] = "PUT",
        [MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_DELETE] = "DELETE",
        [MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_PATCH] = "PATCH",
    };
    return NAMES[args->method.tag];
}

static bool is_for_all_nodes(const struct management_http_request_args *args)
{
    return args->method.tag == MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_GET ||
           args->method.tag == MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_HEAD ||
           args->method.tag == MANAGEMENT_HTTP_REQUEST_ARGS_METHOD_POST;
}

/* Names and values of the headers; SIZE_MAX when there is too much of them. */
static size_t fields_bytes(const struct management_http_request_args *args)
{
    size_t bytes = 0;
    for (size_t i = 0; i < args->headers.count && i < FIELDS_MAX; i++) {
        const struct management_http_header *h = &args->headers.at[i];
        if (h->name.size > FIELD_BYTES_MAX || h->value.size > FIELD_BYTES_MAX) {
            return SIZE_MAX;
        }
        bytes += h->name.size + h->value.size;
    }
    return args->headers.count > FIELDS_MAX || bytes > FIELDS_BYTES_MAX ? SIZE_MAX : bytes;
}

static bool is_https(struct ic_bytes url)
{
    return url.size > 8 && url.size <= URL_BYTES_MAX && memcmp(url.at, "https://", 8) == 0;
}

static bool check(struct outcall *o)
{
    const struct management_http_request_args *args = o->args;
    const size_t header_bytes = fields_bytes(args);
    const struct ic_principal *sender = &o->call->reply_to->sender;
    if (!is_https(args->url)) {
        return refuse(o, AXON_E_REJECTED,
                      "The url must begin with https:// and have at most 8192 bytes");
    }
    if (o->response_bytes_max > BYTES_MAX) {
        return refuse(o, AXON_E_REJECTED, "max_response_bytes is above 2000000");
    }
    if (header_bytes == SIZE_MAX) {
        return refuse(o, AXON_E_REJECTED, "Too many headers, or too large ones");
    }
    if (args->body.has && args->body.value.size > BYTES_MAX - header_bytes) {
        return refuse(o, AXON_E_REJECTED, "The request is larger than 2000000 bytes");
    }
    if (o->is_replicated && !is_for_all_nodes(args)) {
        return refuse(o, AXON_E_REJECTED, "PUT, DELETE and PATCH are for one node alone");
    }
    if (args->transform.has &&
        !ic_principal_is_equal(&args->transform.value.function.service, sender)) {
        return refuse(o, AXON_E_REJECTED, "The transform must be a method of the caller");
    }
    return true;
}

static bool pay(struct outcall *o)
{
    struct management_call *call = o->call;
    const struct management_http_request_args *args = o->args;
    uint64_t bytes = args->url.size + fields_bytes(args);
    bytes += args->body.has ? args->body.value.size : 0;
    if (args->transform.has) {
        bytes += args->transform.value.function.method.size + args->transform.value.context.size;
    }
    const axon_u128 cost =
        call->net->free_cycles ? 0 : axon_http_cost(bytes, o->response_bytes_max);
    if (call->cycles < cost) {
        axon_answer_fail(call->answer, AXON_E_REJECTED,
                         "http_request request sent with %llu cycles, but %llu cycles are "
                         "required.",
                         (unsigned long long)call->cycles, (unsigned long long)cost);
        return false;
    }
    call->cycles -= cost;
    return true;
}

/* ---- one node -------------------------------------------------------------------------------- */

/* Runs the transform on an encoded argument, as each node does by itself. */
static void transform(struct outcall *o, struct ic_bytes argument, struct axon_answer *answer)
{
    static const struct ic_principal MANAGEMENT = {.size = 0};
    const struct candid_func *function = &o->args->transform.value.function;
    struct axon_outcome out = {.status = AXON_STATUS_REJECTED};
    struct axon_buf name = {0};
    axon_buf_append(&name, function->method);
    axon_query(o->call->net, &out, &MANAGEMENT, &function->service, axon_buf_text(&name), argument);
    if (out.status != AXON_STATUS_REPLIED) {
        axon_answer_fail(answer, AXON_E_OUTCALL_FAILED, "Transform failed: %s",
                         axon_buf_text(&out.reject_text));
    } else if (out.reply.size > o->response_bytes_max) {
        axon_answer_fail(answer, AXON_E_OUTCALL_FAILED,
                         "Transformed http response exceeds limit: %llu",
                         (unsigned long long)o->response_bytes_max);
    } else {
        axon_answer_reply(answer, axon_buf_bytes(&out.reply));
    }
    axon_buf_free(&name);
    axon_outcome_free(&out);
}

/* The response in Candid: as it is, or as the argument of the transform. */
static void encode(struct outcall *o, const struct axon_web_response *response,
                   struct axon_answer *answer)
{
    const size_t size = (1u << 20) + 3 * (size_t)BYTES_MAX + FIELDS_BYTES_MAX;
    const struct candid_method *method = &transform_transform_method;
    void *memory = axon_alloc(size);
    struct ic_arena arena;
    struct ic_bytes bytes = {.size = 0};
    struct transform_http_header fields[FIELDS_MAX];
    const struct transform_http_response r = {
        .status = candid_nat_from_u64(response->status),
        .headers = {.at = fields, .count = response->field_count},
        .body = response->body,
    };
    ic_arena_init(&arena, memory, size);
    for (size_t i = 0; i < response->field_count; i++) {
        fields[i] = (struct transform_http_header){.name = response->fields[i].name,
                                                   .value = response->fields[i].value};
    }
    const struct transform_transform_out out = {.ret0 = r};
    struct transform_transform_in in = {.arg0 = {.response = r}};
    if (o->args->transform.has) {
        in.arg0.context = o->args->transform.value.context;
    }
    const enum candid_result result =
        o->args->transform.has
            ? candid_encode(&bytes, &method->in, &in, CANDID_ENCODE_FULL, &arena)
            : candid_encode(&bytes, &method->out, &out, CANDID_ENCODE_FULL, &arena);
    if (result != CANDID_OK) {
        axon_answer_fail(answer, AXON_E_OUTCALL_FAILED, "%s", candid_result_text(result));
    } else if (o->args->transform.has) {
        transform(o, bytes, answer);
    } else {
        axon_answer_reply(answer, bytes);
    }
    free(memory);
}

static void ask(struct outcall *o, unsigned node)
{
    const struct axon_network *net = o->call->net;
    const struct management_http_request_args *args = o->args;
    struct axon_answer *answer = &o->answers[node];
    struct axon_web_response response = {.status = 200};
    struct axon_web_request request = {.canister = o->call->reply_to->sender,
                                       .node = node,
                                       .is_replicated = o->is_replicated,
                                       .method = method_name(args),
                                       .url = args->url,
                                       .fields = o->fields,
                                       .field_count = args->headers.count};
    if (args->body.has) {
        request.body = args->body.value;
    }
    if (net->web == NULL || !net->web(net->web_context, &request, &response)) {
        axon_answer_fail(answer, AXON_E_OUTCALL_MAY_SUCCEED_LATER, "Timeout expired");
        return;
    }
    size_t bytes = response.body.size;
    for (size_t i = 0; i < response.field_count && i < FIELDS_MAX; i++) {
        bytes += response.fields[i].name.size + response.fields[i].value.size;
    }
    if (response.field_count > FIELDS_MAX || bytes > o->response_bytes_max) {
        axon_answer_fail(answer, AXON_E_OUTCALL_FAILED,
                         "Http response exceeds size limit of %llu bytes.",
                         (unsigned long long)o->response_bytes_max);
        return;
    }
    encode(o, &response, answer);
}

/* ---- agreement ------------------------------------------------------------------------------- */

static bool is_same(const struct axon_answer *a, const struct axon_answer *b)
{
    return a->error == b->error &&
           ic_bytes_is_equal(axon_buf_bytes(&a->bytes), axon_buf_bytes(&b->bytes));
}

/* The answer of enough nodes; NULL when they do not agree. */
static const struct axon_answer *agreed(const struct outcall *o, unsigned nodes)
{
    const unsigned needed = nodes == 1 ? 1 : AGREE_MIN;
    for (unsigned i = 0; i + needed <= nodes; i++) {
        unsigned count = 0;
        for (unsigned k = 0; k < nodes; k++) {
            count += is_same(&o->answers[i], &o->answers[k]);
        }
        if (count >= needed) {
            return &o->answers[i];
        }
    }
    return NULL;
}

/* A transform may reply anything; callers get what the interface promises. */
static bool is_result(struct outcall *o, struct ic_bytes reply)
{
    const size_t size = 4 * (size_t)BYTES_MAX;
    void *memory = axon_alloc(size);
    struct ic_arena arena;
    struct transform_transform_out out;
    ic_arena_init(&arena, memory, size);
    const bool is_good =
        candid_decode(&out, &transform_transform_method.out, reply, &arena) == CANDID_OK;
    free(memory);
    return is_good || refuse(o, AXON_E_OUTCALL_FAILED, "The transform's reply is no http response");
}

static bool answer(struct outcall *o, unsigned nodes)
{
    const struct axon_answer *a = agreed(o, nodes);
    if (a == NULL) {
        return refuse(o, AXON_E_OUTCALL_MAY_SUCCEED_LATER,
                      "No consensus could be reached. Replicas had different responses.");
    }
    if (a->error != AXON_OK) {
        o->call->answer->error = a->error;
        axon_buf_append(&o->call->answer->bytes, axon_buf_bytes(&a->bytes));
        return false;
    }
    if (!is_result(o, axon_buf_bytes(&a->bytes))) {
        return false;
    }
    axon_answer_reply(o->call->answer, axon_buf_bytes(&a->bytes));
    o->call->is_encoded = true;
    return true;
}

bool management_http_request_run(struct management_call *call)
{
    const struct management_http_request_in *in = call->in;
    const struct management_http_request_args *args = &in->arg0;
    struct outcall o = {
        .call = call,
        .args = args,
        .response_bytes_max =
            args->max_response_bytes.has ? args->max_response_bytes.value : BYTES_MAX,
        .is_replicated = !args->is_replicated.has || args->is_replicated.value,
    };
    if (!check(&o) || !pay(&o)) {
        return false;
    }
    for (size_t i = 0; i < args->headers.count; i++) {
        o.fields[i] = (struct axon_web_field){.name = args->headers.at[i].name,
                                              .value = args->headers.at[i].value};
    }
    const unsigned nodes = o.is_replicated ? AXON_SUBNET_NODES : 1;
    for (unsigned node = 0; node < nodes; node++) {
        ask(&o, node);
    }
    const bool is_answered = answer(&o, nodes);
    for (unsigned node = 0; node < nodes; node++) {
        axon_answer_free(&o.answers[node]);
    }
    return is_answered;
}
