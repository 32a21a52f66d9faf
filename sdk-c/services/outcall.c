/* HTTPS outcalls: requests, answers, and the transform between them. */
#include "ic/outcall.h"

#include "ic/cycles.h"
#include "ic/management.h"
#include "ic/msg.h"
#include "ic/trap.h"
#include "ic_outcall_wire_did.h"

#define STATUS_MAX 999u

/* ---- requests -------------------------------------------------------------------------------- */

ic_u128 ic_outcall_cost(const struct ic_outcall *request)
{
    uint64_t bytes = (uint64_t)request->url.size + request->body.size;
    for (size_t i = 0; i < request->field_count; i++) {
        bytes += (uint64_t)request->fields[i].name.size + request->fields[i].value.size;
    }
    if (!request->is_as_it_is) {
        bytes += sizeof IC_OUTCALL_METHOD - 1 + (uint64_t)request->context.size;
    }
    return ic_cycles_cost_http_request(bytes, request->page_bytes_max);
}

static enum ic_mgmt_http_request_in_arg0_method_tag method_tag(enum ic_outcall_method method)
{
    switch (method) {
    case IC_OUTCALL_GET:
        return IC_MGMT_HTTP_REQUEST_IN_ARG0_METHOD_GET;
    case IC_OUTCALL_HEAD:
        return IC_MGMT_HTTP_REQUEST_IN_ARG0_METHOD_HEAD;
    case IC_OUTCALL_POST:
        return IC_MGMT_HTTP_REQUEST_IN_ARG0_METHOD_POST;
    case IC_OUTCALL_PUT:
        return IC_MGMT_HTTP_REQUEST_IN_ARG0_METHOD_PUT;
    case IC_OUTCALL_DELETE:
        return IC_MGMT_HTTP_REQUEST_IN_ARG0_METHOD_DELETE;
    case IC_OUTCALL_PATCH:
        return IC_MGMT_HTTP_REQUEST_IN_ARG0_METHOD_PATCH;
    }
    IC_TRAP("outcall: no such method");
}

void ic_outcall_ask(struct ic_flow *flow, struct ic_answer *answer,
                    const struct ic_outcall *request)
{
    struct ic_mgmt_http_header headers[IC_OUTCALL_FIELDS_MAX];
    if (request->page_bytes_max == 0 || request->page_bytes_max > IC_OUTCALL_PAGE_BYTES_MAX) {
        IC_TRAP("outcall: page_bytes_max is 0 or too large");
    }
    if (request->field_count > IC_OUTCALL_FIELDS_MAX) {
        IC_TRAP("outcall: too many headers");
    }
    for (size_t i = 0; i < request->field_count; i++) {
        headers[i] = (struct ic_mgmt_http_header){.name = request->fields[i].name,
                                                  .value = request->fields[i].value};
    }
    struct ic_mgmt_http_request_in in = {
        .arg0 = {.url = request->url,
                 .method = {.tag = method_tag(request->method)},
                 .max_response_bytes = {.has = true, .value = request->page_bytes_max},
                 .headers = {.at = headers, .count = request->field_count},
                 .body = {.has = request->body.size > 0, .value = request->body},
                 .is_replicated = {.has = request->is_from_one_node, .value = false}}};
    if (!request->is_as_it_is) {
        in.arg0.transform.has = true;
        in.arg0.transform.value.function.service = ic_canister_self();
        in.arg0.transform.value.function.method = IC_BYTES_LIT(IC_OUTCALL_METHOD);
        in.arg0.transform.value.context = request->context;
    }
    const struct candid_callee ic = ic_management(ic_outcall_cost(request));
    ic_mgmt_call_http_request(flow, answer, &ic, &in);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Status codes have three digits. */
static bool status_from(uint16_t *out, const struct candid_nat *status)
{
    uint64_t value = 0;
    if (!candid_nat_to_u64(&value, status) || value > STATUS_MAX) {
        return false;
    }
    *out = (uint16_t)value;
    return true;
}

bool ic_outcall_take(struct ic_outcall_page *out, const struct ic_answer *answer)
{
    struct ic_mgmt_http_request_out reply;
    struct ic_outcall_page page = {.status = 0};
    if (!ic_mgmt_take_http_request(&reply, answer) ||
        !status_from(&page.status, &reply.ret0.status)) {
        return false;
    }
    struct ic_outcall_field *fields =
        ic_arena_alloc_array(candid_msg_arena(), reply.ret0.headers.count, sizeof *fields);
    if (fields == NULL) {
        return false;
    }
    for (size_t i = 0; i < reply.ret0.headers.count; i++) {
        const struct ic_mgmt_http_header *h = &reply.ret0.headers.at[i];
        fields[i] = (struct ic_outcall_field){.name = h->name, .value = h->value};
    }
    page.fields = fields;
    page.field_count = reply.ret0.headers.count;
    page.body = reply.ret0.body;
    *out = page;
    return true;
}

/* ---- the transform --------------------------------------------------------------------------- */

void ic_outcall_on_transform(ic_outcall_edit *edit)
{
    struct ic_outcall_wire_transform_in in;
    struct ic_outcall_page page = {.status = 0};
    candid_msg_receive(&ic_outcall_wire_transform_method, &in);
    if (!status_from(&page.status, &in.arg0.response.status)) {
        IC_TRAP("outcall: no such status");
    }
    page.body = in.arg0.response.body;
    if (edit != NULL) {
        edit(&page, in.arg0.context, candid_msg_arena());
    }
    struct ic_outcall_wire_http_header headers[IC_OUTCALL_FIELDS_MAX];
    ic_assert(page.field_count <= IC_OUTCALL_FIELDS_MAX);
    for (size_t i = 0; i < page.field_count; i++) {
        headers[i] = (struct ic_outcall_wire_http_header){.name = page.fields[i].name,
                                                          .value = page.fields[i].value};
    }
    const struct ic_outcall_wire_transform_out out = {
        .ret0 = {.status = candid_nat_from_u64(page.status),
                 .headers = {.at = headers, .count = page.field_count},
                 .body = page.body}};
    candid_msg_reply(&ic_outcall_wire_transform_method, &out);
}
