/* HTTPS outcalls natively: what is sent, what answers become, and what hostile ones do not. */
#include "host/ic_host_call.h"
#include "host/ic_host_cycles.h"
#include "ic/management.h"
#include "ic/msg.h"
#include "ic/outcall.h"
#include "ic_outcall_wire_did.h"
#include "test/check.h"

enum { REGION_ASYNC = 1 };

static const struct ic_store_app APP = {.magic = "OUTCALLS", .version = 1};
static struct ic_store store;

struct frame {
    struct ic_flow flow;
    struct ic_answer answer;
};

IC_ASYNC_POOL(pool, struct frame, 2, 2, 1);

static struct ic_outcall request;
static struct ic_outcall_page page;
static enum ic_call_code code;
static bool is_taken;

static void run(struct ic_flow *flow)
{
    struct frame *f = (struct frame *)flow;
    IC_FLOW_BEGIN(f);
    IC_AWAIT(f, ic_outcall_ask(&f->flow, &f->answer, &request));
    is_taken = ic_outcall_take(&page, &f->answer);
    code = f->answer.code;
    IC_FLOW_END(f);
}

static void create(void *argument)
{
    (void)argument;
    ic_store_create(&store, APP);
    ic_async_open(&pool, &store, REGION_ASYNC);
}

static void start(void *argument)
{
    (void)argument;
    struct frame *f = ic_flow_new(run, NULL, sizeof *f);
    ic_assert(f != NULL);
    ic_flow_start(&f->flow);
}

static int setup(void **state)
{
    (void)state;
    ic_host_reset();
    ic_host_calls_reset();
    ic_host_cycles_set(0, IC_U128_MAX, 0);
    ic_host_self_set(ic_principal_from_canister_index(9));
    request = (struct ic_outcall){.url = IC_BYTES_LIT("https://a.b"), .page_bytes_max = 100};
    is_taken = false;
    CHECK_RUNS(create, NULL);
    return 0;
}

/* What the management canister gets. */
static struct ic_mgmt_http_request_in_arg0 sent(void)
{
    static uint8_t memory[65536];
    struct ic_arena arena;
    struct ic_mgmt_http_request_in in;
    const size_t last = ic_host_call_count() - 1;
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(ic_host_call_at(last)->to.size, 0);
    assert_true(ic_bytes_is_equal(ic_host_call_at(last)->method, IC_BYTES_LIT("http_request")));
    assert_int_equal(candid_decode(&in, &ic_mgmt_http_request_method.in,
                                   ic_host_call_at(last)->argument, &arena),
                     CANDID_OK);
    return in.arg0;
}

static void what_is_sent(void **state)
{
    (void)state;
    const struct ic_outcall_field fields[] = {{IC_BYTES_LIT("name"), IC_BYTES_LIT("text")}};
    assert_true(ic_host_flow_run(start, NULL));
    struct ic_mgmt_http_request_in_arg0 in = sent();
    assert_true(ic_bytes_is_equal(in.url, request.url));
    assert_true(!in.body.has && !in.is_replicated.has && in.max_response_bytes.value == 100);
    const struct ic_principal self = ic_principal_from_canister_index(9);
    assert_true(in.transform.has &&
                ic_principal_is_equal(&in.transform.value.function.service, &self));
    assert_true(ic_bytes_is_equal(in.transform.value.function.method,
                                  IC_BYTES_LIT(IC_OUTCALL_METHOD)));
    assert_true(ic_host_call_at(0)->cycles == (3780000 + 400 * (11 + 12) + 800 * 100) * 13);

    request.fields = fields;
    request.field_count = 1;
    request.body = IC_BYTES_LIT("body");
    request.context = IC_BYTES_LIT("context");
    request.method = IC_OUTCALL_DELETE;
    request.is_from_one_node = true;
    assert_true(ic_host_flow_run(start, NULL));
    in = sent();
    assert_true(in.method.tag == IC_MGMT_HTTP_REQUEST_IN_ARG0_METHOD_DELETE);
    assert_true(in.is_replicated.has && !in.is_replicated.value);
    assert_true(ic_bytes_is_equal(in.headers.at[0].name, fields[0].name));
    assert_true(ic_bytes_is_equal(in.headers.at[0].value, fields[0].value));
    assert_true(ic_bytes_is_equal(in.body.value, request.body));
    assert_true(ic_bytes_is_equal(in.transform.value.context, request.context));
    assert_true(ic_outcall_cost(&request) ==
                (3780000 + 400 * (11 + 12 + 8 + 4 + 7) + 800 * 100) * 13);
    request.is_as_it_is = true;
    assert_true(ic_outcall_cost(&request) == (3780000 + 400 * (11 + 8 + 4) + 800 * 100) * 13);
}

static void expect_trap(const char *text)
{
    assert_false(ic_host_flow_run(start, NULL));
    assert_string_equal(ic_host_trap_text(), text);
}

static void what_is_refused(void **state)
{
    (void)state;
    request.page_bytes_max = 0;
    expect_trap("outcall: page_bytes_max is 0 or too large");
    request.page_bytes_max = IC_OUTCALL_PAGE_BYTES_MAX + 1;
    expect_trap("outcall: page_bytes_max is 0 or too large");
    request.page_bytes_max = IC_OUTCALL_PAGE_BYTES_MAX;
    request.field_count = IC_OUTCALL_FIELDS_MAX + 1;
    expect_trap("outcall: too many headers");
    assert_int_equal(ic_host_call_count(), 0);
}

/* ---- answers --------------------------------------------------------------------------------- */

static struct ic_bytes response_encode(struct candid_nat status, size_t header_count)
{
    static uint8_t memory[262144];
    static struct ic_outcall_wire_http_header headers[1000];
    struct ic_arena arena;
    struct ic_bytes bytes;
    for (size_t i = 0; i < header_count; i++) {
        headers[i] = (struct ic_outcall_wire_http_header){.name = IC_BYTES_LIT("n"),
                                                          .value = IC_BYTES_LIT("v")};
    }
    const struct ic_outcall_wire_transform_out out = {
        .ret0 = {.status = status,
                 .headers = {.at = headers, .count = header_count},
                 .body = IC_BYTES_LIT("text")}};
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_encode(&bytes, &ic_outcall_wire_transform_method.out, &out,
                                   CANDID_ENCODE_FULL, &arena),
                     CANDID_OK);
    return bytes;
}

static void ask_and_answer(enum ic_call_code with, struct ic_bytes bytes)
{
    is_taken = false;
    assert_true(ic_host_flow_run(start, NULL));
    assert_true(ic_host_answer(ic_host_call_count() - 1, with, bytes));
}

static void what_comes(void **state)
{
    (void)state;
    ask_and_answer(IC_CALL_OK, response_encode(candid_nat_from_u64(204), 1));
    assert_true(is_taken && page.status == 204 && page.field_count == 1);
    assert_true(ic_bytes_is_equal(page.body, IC_BYTES_LIT("text")));
    assert_true(ic_bytes_is_equal(page.fields[0].name, IC_BYTES_LIT("n")));
    assert_true(ic_bytes_is_equal(page.fields[0].value, IC_BYTES_LIT("v")));
    ask_and_answer(IC_CALL_SYS_TRANSIENT, IC_BYTES_LIT("Timeout expired"));
    assert_true(!is_taken && code == IC_CALL_SYS_TRANSIENT);
    ask_and_answer(IC_CALL_OK, IC_BYTES_LIT("DIDL"));
    assert_true(!is_taken && code == IC_CALL_OK);
    ask_and_answer(IC_CALL_OK, response_encode(candid_nat_from_u64(1000), 0));
    assert_false(is_taken);
    ask_and_answer(IC_CALL_OK, response_encode((struct candid_nat){.lo = 200, .hi = 1}, 0));
    assert_false(is_taken);
}

/* ---- the transform --------------------------------------------------------------------------- */

static void shout(struct ic_outcall_page *p, struct ic_bytes context, struct ic_arena *arena)
{
    static struct ic_outcall_field field;
    field = (struct ic_outcall_field){IC_BYTES_LIT("kept"), IC_BYTES_LIT("yes")};
    assert_true(p->field_count == 0 && arena != NULL);
    p->body = context;
    p->fields = &field;
    p->field_count = 1;
}

static void too_many(struct ic_outcall_page *p, struct ic_bytes context, struct ic_arena *arena)
{
    (void)context;
    (void)arena;
    p->field_count = IC_OUTCALL_FIELDS_MAX + 1;
}

static void on_transform(void *argument)
{
    ic_outcall_edit *const *edit = argument;
    ic_outcall_on_transform(*edit);
}

static void transform_with(struct ic_outcall_wire_transform_out *out, ic_outcall_edit *edit)
{
    static uint8_t memory[65536];
    struct ic_arena arena;
    ic_arena_init(&arena, memory, sizeof memory);
    CHECK_RUNS(on_transform, &edit);
    assert_int_equal(
        candid_decode(out, &ic_outcall_wire_transform_method.out, ic_host_reply(), &arena),
        CANDID_OK);
}

static void argument_set(uint64_t status)
{
    static uint8_t memory[65536];
    const struct ic_outcall_wire_http_header date = {.name = IC_BYTES_LIT("date"),
                                                     .value = IC_BYTES_LIT("today")};
    struct ic_arena arena;
    struct ic_bytes bytes;
    const struct ic_outcall_wire_transform_in in = {
        .arg0 = {.context = IC_BYTES_LIT("context"),
                 .response = {.status = candid_nat_from_u64(status),
                              .headers = {.at = &date, .count = 1},
                              .body = IC_BYTES_LIT("text")}}};
    ic_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(candid_encode(&bytes, &ic_outcall_wire_transform_method.in, &in,
                                   CANDID_ENCODE_FULL, &arena),
                     CANDID_OK);
    ic_host_arg_set(bytes);
}

static void transforms(void **state)
{
    (void)state;
    struct ic_outcall_wire_transform_out out;
    uint64_t status = 0;
    argument_set(418);
    transform_with(&out, NULL);
    assert_true(candid_nat_to_u64(&status, &out.ret0.status) && status == 418);
    assert_true(out.ret0.headers.count == 0);
    assert_true(ic_bytes_is_equal(out.ret0.body, IC_BYTES_LIT("text")));
    transform_with(&out, shout);
    assert_true(ic_bytes_is_equal(out.ret0.body, IC_BYTES_LIT("context")));
    assert_true(out.ret0.headers.count == 1 &&
                ic_bytes_is_equal(out.ret0.headers.at[0].value, IC_BYTES_LIT("yes")));
    ic_outcall_edit *edit = too_many;
    assert_false(ic_host_run(on_transform, &edit));
    edit = NULL;
    argument_set(1000);
    CHECK_TRAPS("outcall: no such status", on_transform, &edit);
    ic_host_arg_set(IC_BYTES_LIT("DIDL\0\0"));
    assert_false(ic_host_run(on_transform, &edit));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_sent, setup), cmocka_unit_test_setup(what_is_refused, setup),
        cmocka_unit_test_setup(what_comes, setup), cmocka_unit_test_setup(transforms, setup)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
