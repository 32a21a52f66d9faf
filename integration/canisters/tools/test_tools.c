/* The small tools of the kit as Wasm in axon, against the same sources natively. */
#include "testkit/axon_test.h"

#include "ic/account.h"
#include "ic/buf.h"
#include "ic/crc32.h"
#include "ic/random.h"
#include "ic/sha2.h"
#include "ic/text.h"
#include "ic/u128.h"
#include "text/candid_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 4096
#define DRAWN    200

static struct axon_test t;
static struct ic_principal id;

/* ---- environment variables ------------------------------------------------------------------- */

/* update_settings by the controller; how it ends is for the caller to look at. */
static void settings_set(const char *variables)
{
    static const struct ic_principal MANAGEMENT = {.size = 0};
    char args[TEXT_MAX], self[IC_PRINCIPAL_TEXT_MAX + 1];
    struct axon_buf did = {.at = NULL};
    struct candid_text_error error;
    struct ic_bytes message = {.size = 0};
    ic_principal_to_text(self, &id);
    snprintf(
        args, sizeof args,
        "(record { canister_id = principal \"%s\"; settings = record { environment_variables = "
        "opt vec { %s } } })",
        self, variables);
    if (!axon_buf_read_file(&did, "integration/axon/mgmt/management.did")) {
        abort();
    }
    struct candid_text *interface = candid_text_open(axon_buf_bytes(&did), &error);
    const struct candid_text_method *method = candid_text_method_find(interface, "update_settings");
    if (!candid_text_encode(interface, &message, method->args, ic_bytes_from_text(args), &error)) {
        fprintf(stderr, "%s\n", error.text);
        abort();
    }
    axon_update(t.net, &t.last, &t.sender, &MANAGEMENT, "update_settings", message);
    candid_text_close(interface);
    axon_buf_free(&did);
}

static void settings_refused(const char *variables, const char *text)
{
    settings_set(variables);
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REJECTED);
    AXON_TEST_THAT(&t, strstr(axon_buf_text(&t.last.reject_text), text) != NULL);
}

#define A128                                                                                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                             \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void variables(void)
{
    AXON_TEST_QUERY(&t, &id, "variables", "()", "(vec {})");
    AXON_TEST_QUERY(&t, &id, "variable", "(\"ledger\")", "(null)");
    settings_set("record { name = \"zone\"; value = \"\" }; "
                 "record { name = \"ledger\"; value = \"ryjl3-tyaaa-aaaaa-aaaba-cai\" }; "
                 "record { name = \"" A128 "\"; value = \"" A128 "\" }");
    AXON_TEST_THAT(&t, t.last.status == AXON_STATUS_REPLIED);
    AXON_TEST_QUERY(&t, &id, "variables", "()", "(vec { \"" A128 "\"; \"ledger\"; \"zone\" })");
    AXON_TEST_QUERY(&t, &id, "variable", "(\"zone\")", "(opt \"\")");
    AXON_TEST_QUERY(&t, &id, "variable", "(\"" A128 "\")", "(opt \"" A128 "\")");
    AXON_TEST_QUERY(&t, &id, "variable", "(\"" A128 "a\")", "(null)"); /* too long to ask for */
    AXON_TEST_QUERY(&t, &id, "variable", "(\"\")", "(null)");
    AXON_TEST_QUERY(&t, &id, "variable_principal", "(\"ledger\")",
                    "(opt principal \"ryjl3-tyaaa-aaaaa-aaaba-cai\")");
    AXON_TEST_QUERY(&t, &id, "variable_principal", "(\"zone\")", "(null)");
    AXON_TEST_QUERY(&t, &id, "variable_principal", "(\"" A128 "\")", "(null)");
}

static void variables_that_are_refused(void)
{
    char many[TEXT_MAX];
    size_t used = 0;
    for (int i = 0; i < 21; i++) {
        used += (size_t)snprintf(many + used, sizeof many - used,
                                 "record { name = \"n%d\"; value = \"v\" }; ", i);
    }
    settings_refused(many, "The number of environment variables is 21, at most 20 are allowed");
    settings_refused(
        "record { name = \"a\"; value = \"1\" }; record { name = \"a\"; value = \"2\" }",
        "Two environment variables have the same name");
    settings_refused("record { name = \"" A128 "a\"; value = \"1\" }", "has 129 bytes");
    settings_refused("record { name = \"a\"; value = \"" A128 "a\" }", "has 129 bytes");
    AXON_TEST_QUERY(&t, &id, "variable", "(\"zone\")", "(opt \"\")"); /* nothing has changed */
    axon_test_upgrade(&t, &id, "build/wasm/tools", "()");
    AXON_TEST_QUERY(&t, &id, "variable", "(\"zone\")", "(opt \"\")");
    settings_set("");
    AXON_TEST_QUERY(&t, &id, "variables", "()", "(vec {})");
}

/* ---- random numbers -------------------------------------------------------------------------- */

#define SEED_TEXT                                                                                  \
    "\\00\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c\\0d\\0e\\0f"                             \
    "\\10\\11\\12\\13\\14\\15\\16\\17\\18\\19\\1a\\1b\\1c\\1d\\1e\\1f"

static void seed(struct ic_random *random)
{
    uint8_t bytes[IC_RANDOM_SEED_BYTES];
    for (uint8_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = i;
    }
    ic_random_seed(random, bytes);
}

static void random_numbers(void)
{
    char expected[TEXT_MAX];
    uint8_t bytes[DRAWN];
    struct ic_random random;
    seed(&random);
    ic_random_fill(&random, bytes, sizeof bytes);
    size_t used = (size_t)snprintf(expected, sizeof expected, "(blob \"");
    for (size_t i = 0; i < sizeof bytes; i++) {
        used += (size_t)snprintf(expected + used, sizeof expected - used, "\\%02x", bytes[i]);
    }
    snprintf(expected + used, sizeof expected - used, "\")");
    AXON_TEST_QUERY(&t, &id, "random", "(blob \"" SEED_TEXT "\", 200)", expected);
    printf("200 random bytes: %" PRIu64 " instructions\n", t.last.instructions);

    seed(&random);
    used = (size_t)snprintf(expected, sizeof expected, "(vec { ");
    for (size_t i = 0; i < 100; i++) {
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%" PRIu64 "; ",
                                 ic_random_below(&random, 12297829382473034410u));
    }
    snprintf(expected + used, sizeof expected - used, "})");
    AXON_TEST_QUERY(&t, &id, "below", "(blob \"" SEED_TEXT "\", 12_297_829_382_473_034_410, 100)",
                    expected);
}

/* ---- 128 bits -------------------------------------------------------------------------------- */

static const char *decimal(ic_u128 v, char out[IC_U128_DECIMAL_MAX + 1])
{
    struct ic_writer w;
    ic_writer_init(&w, (uint8_t *)out, IC_U128_DECIMAL_MAX);
    ic_put_u128_decimal(&w, v);
    out[w.used] = 0;
    return out;
}

/* The compiler's run-time functions for wasm32 are others than those of the host. */
static void arithmetic(void)
{
    char args[TEXT_MAX], expected[TEXT_MAX], a[40], b[40], c[40];
    uint64_t state = 1;
    for (int i = 0; i < 300; i++) {
        ic_u128 v[3];
        for (int k = 0; k < 3; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            v[k] = ic_u128_from(state ^ state >> 29, state * 0x9e3779b97f4a7c15u) >> state % 97;
        }
        ic_u128 result = 0;
        bool fits = ic_mul_div_u128(&result, v[0], v[1], v[2]);
        snprintf(args, sizeof args, "(%s, %s, %s)", decimal(v[0], a), decimal(v[1], b),
                 decimal(v[2], c));
        snprintf(expected, sizeof expected, fits ? "(opt %s)" : "(null)", decimal(result, a));
        AXON_TEST_QUERY(&t, &id, "mul_div", args, expected);
        snprintf(args, sizeof args, "(%s)", decimal(v[0], a));
        snprintf(expected, sizeof expected, "(\"%s\")", a);
        AXON_TEST_QUERY(&t, &id, "decimal", args, expected);
    }
}

/* ---- printf ---------------------------------------------------------------------------------- */

static void formats(void)
{
    static const int64_t VALUES[] = {0, 1, -1, 42, -1000, INT64_MAX, INT64_MIN, INT32_MIN};
    char args[TEXT_MAX], expected[TEXT_MAX], line[TEXT_MAX / 2];
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        const long long a = VALUES[i];
        const unsigned long long b = (unsigned long long)VALUES[i] * 7919;
        snprintf(args, sizeof args, "(%lld, %llu, \"text\")", a, b);
        snprintf(line, sizeof line, "%lld|%+08lld|%llu|%-20llu|%016llx|%.*s|%10.3s|%d|%zu|%hhd%%",
                 a, a, b, b, b, 4, "text", "abcdef", (int)(uint32_t)a, (size_t)4, (signed char)a);
        snprintf(expected, sizeof expected, "(\"%s\")", line);
        AXON_TEST_UPDATE(&t, &id, "format", args, expected);
        struct axon_buf log = {.at = NULL};
        axon_canister_log(t.net, &id, &log);
        AXON_TEST_THAT(&t, strstr(axon_buf_text(&log), line) != NULL);
        axon_buf_free(&log);
    }
    printf("ten conversions, twice: %" PRIu64 " instructions\n", t.last.instructions);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* axon's n-th raw_rand is SHA-256("{seed}/{n}"). */
static void stir_like_axon(struct ic_random *random, int n)
{
    uint8_t digest[IC_SHA256_BYTES];
    char text[20];
    snprintf(text, sizeof text, "axon/%d", n);
    ic_sha256(digest, ic_bytes_from_text(text));
    ic_random_stir(random, digest);
}

static void numbers_are(const char *method, struct ic_random *random)
{
    char expected[TEXT_MAX];
    snprintf(expected, sizeof expected, "(%" PRIu64 ")", ic_random_u64(random));
    AXON_TEST_UPDATE(&t, &id, method, "()", expected);
}

static void seed_from_raw_rand(void)
{
    struct ic_random random = {.is_seeded = false};
    axon_test_restart(&t);
    id = axon_test_install(&t, "build/wasm/tools", "()");
    AXON_TEST_TRAPS(&t, &id, "draw", "()", "random: not seeded yet");
    axon_test_advance(&t, 1); /* the timer that init set starts a flow */
    stir_like_axon(&random, 0);
    numbers_are("draw", &random);
    numbers_are("draw", &random);
    for (int n = 1; n < 4; n++) {
        stir_like_axon(&random, n);
        numbers_are("seed", &random);
    }
    axon_test_upgrade(&t, &id, "build/wasm/tools", "()");
    AXON_TEST_TRAPS(&t, &id, "draw", "()", "random: not seeded yet");
    axon_test_advance(&t, 1);
    random.is_seeded = false;
    stir_like_axon(&random, 4);
    numbers_are("draw", &random);
}

static void a_canister_makes_another(void)
{
    char expected[TEXT_MAX];
    /* axon hands out ids in order; half a T is what making one costs on an application subnet. */
    struct ic_principal next = {.size = 10, .bytes = {0, 0, 0, 0, 0, 0x10, 0, 1, 1, 1}};
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(text, &next);
    snprintf(expected, sizeof expected,
             "(record { id = principal \"%s\"; cycles = 1_500_000_000_000 })", text);
    AXON_TEST_UPDATE(&t, &id, "make_canister", "(2_000_000_000_000)", expected);
    AXON_TEST_TRAPS(&t, &id, "make_canister", "(1)", "IC_CALL_CANISTER_REJECT");
}

static void a_canister_asks_the_ledger(void)
{
    char args[TEXT_MAX], text[IC_PRINCIPAL_TEXT_MAX + 1], minter[65] = "";
    struct ic_account_id account = ic_account_id_from_owner(&id, NULL);
    uint8_t bytes[32];
    ic_store_u32_be(bytes, ic_crc32((struct ic_bytes){.at = account.hash, .size = 28}));
    memcpy(bytes + 4, account.hash, 28);
    ic_hex_encode(minter, (struct ic_bytes){.at = bytes, .size = sizeof bytes});
    snprintf(args, sizeof args,
             "(variant { Init = record { minting_account = \"%s\"; initial_values = vec {}; "
             "send_whitelist = vec {} } })",
             minter);
    struct ic_principal ledger = axon_test_install(&t, "build/wasm/ledger", args);
    ic_principal_to_text(text, &ledger);
    snprintf(args, sizeof args, "(principal \"%s\", principal \"2vxsx-fae\")", text);
    AXON_TEST_UPDATE(&t, &id, "ask_ledger", args,
                     "(record { balance = 0; fee = 10_000; transfer = \"made\"; block = 0 })");
    AXON_TEST_UPDATE(&t, &id, "ask_ledger", args, /* this canister is the minter */
                     "(record { balance = 1; fee = 10_000; transfer = \"made\"; block = 1 })");
    AXON_TEST_TRAPS(&t, &id, "ask_ledger", "(principal \"2vxsx-fae\", principal \"2vxsx-fae\")",
                    "IC_CALL_DESTINATION_INVALID");
}

static void signatures_cost(void)
{
    for (int algorithm = 0; algorithm < 4; algorithm++) {
        char args[TEXT_MAX];
        snprintf(args, sizeof args, "(%d, \"key_1\")", algorithm);
        AXON_TEST_QUERY(&t, &id, "signature_cost", args, "(opt 10_000_000_000)");
        snprintf(args, sizeof args, "(%d, \"key_2\")", algorithm);
        AXON_TEST_QUERY(&t, &id, "signature_cost", args, "(null)");
    }
    AXON_TEST_QUERY(&t, &id, "signature_cost", "(4, \"key_1\")", "(null)");
}

/* A ledger with ICRC-2, as its interface has it. */
static struct candid_text *icrc;
static bool is_poor;

static void icrc2_ledger(void *context, struct axon_network *net, const struct ic_principal *sender,
                         const char *method, struct ic_bytes arg, struct axon_outcome *out)
{
    struct candid_text_error error;
    struct ic_bytes message = {.size = 0};
    const char *reply =
        strcmp(method, "icrc2_approve") == 0 ? "(variant { Ok = 5 })"
        : is_poor ? "(variant { Err = variant { "
                    "InsufficientAllowance = record { allowance = 3 } } })"
                  : "(variant { Ok = 6 })";
    (void)context;
    (void)net;
    (void)sender;
    (void)arg;
    const struct candid_text_method *m = candid_text_method_find(icrc, method);
    if (m == NULL ||
        !candid_text_encode(icrc, &message, m->results, ic_bytes_from_text(reply), &error)) {
        abort();
    }
    axon_buf_append(&out->reply, message);
}

static void a_canister_pulls_from_an_allowance(void)
{
    char args[TEXT_MAX], text[IC_PRINCIPAL_TEXT_MAX + 1];
    const struct ic_principal ledger = {.size = 10, .bytes = {0, 0, 0, 0, 0, 0, 0, 99, 1, 1}};
    struct candid_text_error error;
    struct axon_buf did = {.at = NULL};
    if (!axon_buf_read_file(&did, "sdk-c/services/icrc_ledger.did")) {
        abort();
    }
    icrc = candid_text_open(axon_buf_bytes(&did), &error);
    axon_set_stub(t.net, &ledger, icrc2_ledger, NULL);
    ic_principal_to_text(text, &ledger);
    snprintf(args, sizeof args, "(principal \"%s\", principal \"2vxsx-fae\")", text);
    AXON_TEST_UPDATE(&t, &id, "pull", args, "(\"made\", 6)");
    is_poor = true;
    AXON_TEST_UPDATE(&t, &id, "pull", args, "(\"refused\", 0)");
    candid_text_close(icrc);
    axon_buf_free(&did);
}

/* ---- the web --------------------------------------------------------------------------------- */

static struct {
    unsigned asked;
    struct axon_web_request last;
    char url[64], body[64];
    bool is_silent, is_random;
    size_t page_bytes; /* 0: the text below */
} web;

/* A server whose answers differ in a header and in the body. */
static bool serve(void *context, const struct axon_web_request *request,
                  struct axon_web_response *out)
{
    static char date[32], page[4096];
    static struct axon_web_field field;
    (void)context;
    web.asked++;
    web.last = *request;
    snprintf(web.url, sizeof web.url, "%.*s", (int)request->url.size,
             (const char *)request->url.at);
    snprintf(web.body, sizeof web.body, "%.*s", (int)request->body.size,
             request->body.size == 0 ? "" : (const char *)request->body.at);
    snprintf(date, sizeof date, "the %uth", web.asked);
    snprintf(page, sizeof page, "time=%u;price=%u;", web.asked, web.is_random ? web.asked : 42u);
    field = (struct axon_web_field){IC_BYTES_LIT("date"), ic_bytes_from_text(date)};
    out->status = 203;
    out->fields = &field;
    out->field_count = 1;
    out->body = ic_bytes_from_text(page);
    if (web.page_bytes > 0) {
        memset(page, 'x', sizeof page);
        out->body = (struct ic_bytes){.at = (const uint8_t *)page, .size = web.page_bytes};
    }
    return !web.is_silent;
}

/* fetch with these fields beside the usual ones. */
static const char *request_text(const char *more)
{
    static char text[TEXT_MAX];
    snprintf(text, sizeof text,
             "(record { url = \"https://a.b/c\"; headers = vec {}; %s })", more);
    return text;
}

#define ASK(method, body, bytes, as_it_is, context)                                                \
    "method = " method "; body = blob \"" body "\"; page_bytes_max = " bytes                       \
    "; is_as_it_is = " as_it_is "; context = \"" context "\"; "
#define BY_PRICE   ASK("0", "", "500", "false", "price=")
#define REPLICATED "is_from_one_node = false; "
#define ONE_NODE   "is_from_one_node = true; "
#define PAGE_42    "(record { status = 203; headers = vec {}; body = \"42\" })"

static void pages_from_the_web(void)
{
    AXON_TEST_TRAPS(&t, &id, "fetch", request_text(BY_PRICE REPLICATED), "IC_CALL_SYS_TRANSIENT");
    axon_set_web(t.net, serve, NULL);
    AXON_TEST_UPDATE(&t, &id, "fetch", request_text(BY_PRICE REPLICATED), PAGE_42);
    AXON_TEST_THAT(&t, web.asked == 13 && web.last.is_replicated && web.last.node == 12);
    AXON_TEST_THAT(&t, strcmp(web.url, "https://a.b/c") == 0);
    AXON_TEST_THAT(&t, strcmp(web.last.method, "GET") == 0);
    web.asked = 0;
    AXON_TEST_UPDATE(&t, &id, "fetch", request_text(BY_PRICE ONE_NODE), PAGE_42);
    AXON_TEST_THAT(&t, web.asked == 1 && !web.last.is_replicated);
    web.is_random = true; /* the nodes see different prices */
    AXON_TEST_TRAPS(&t, &id, "fetch", request_text(BY_PRICE REPLICATED), "IC_CALL_SYS_TRANSIENT");
    web.is_random = false;
    web.asked = 0;
    AXON_TEST_UPDATE(&t, &id, "fetch",
                     request_text(ASK("2", "sent", "500", "true", "") ONE_NODE),
                     "(record { status = 203; headers = vec { record { \"date\"; \"the 1th\" } }; "
                     "body = \"time=1;price=42;\" })");
    AXON_TEST_THAT(&t, strcmp(web.last.method, "POST") == 0 && strcmp(web.body, "sent") == 0);
    AXON_TEST_UPDATE(&t, &id, "fetch",
                     request_text(ASK("5", "", "500", "false", "price=") ONE_NODE),
                     PAGE_42);
    AXON_TEST_THAT(&t, strcmp(web.last.method, "PATCH") == 0);
}

static void pages_that_do_not_come(void)
{
    AXON_TEST_TRAPS(&t, &id, "fetch", /* the dates in the headers differ */
                    request_text(ASK("0", "", "500", "true", "") REPLICATED),
                    "IC_CALL_SYS_TRANSIENT");
    AXON_TEST_TRAPS(&t, &id, "fetch", /* PUT by all nodes */
                    request_text(ASK("3", "", "500", "false", "") REPLICATED),
                    "IC_CALL_CANISTER_REJECT");
    AXON_TEST_TRAPS(&t, &id, "fetch",
                    request_text(ASK("0", "", "500", "false", "trap") REPLICATED),
                    "IC_CALL_SYS_FATAL");
    AXON_TEST_TRAPS(&t, &id, "fetch",
                    request_text(ASK("0", "", "0", "false", "") REPLICATED),
                    "page_bytes_max is 0 or too large");
    AXON_TEST_TRAPS(&t, &id, "fetch",
                    request_text(ASK("9", "", "1", "false", "") REPLICATED),
                    "no such method");
    AXON_TEST_TRAPS(&t, &id, "fetch",
                    "(record { url = \"http://a.b/c\"; headers = vec {}; " BY_PRICE REPLICATED "})",
                    "IC_CALL_CANISTER_REJECT");
    web.page_bytes = 500 - strlen("datethe 99th");
    web.asked = 50;
    AXON_TEST_TRAPS(&t, &id, "fetch", /* fits, but not in Candid, which the transform answers in */
                    request_text(BY_PRICE REPLICATED), "IC_CALL_SYS_FATAL");
    web.page_bytes++;
    AXON_TEST_TRAPS(&t, &id, "fetch", request_text(BY_PRICE REPLICATED), "IC_CALL_SYS_FATAL");
    web.page_bytes = 0;
    web.is_silent = true;
    AXON_TEST_TRAPS(&t, &id, "fetch", request_text(BY_PRICE REPLICATED), "IC_CALL_SYS_TRANSIENT");
    web.is_silent = false;
    AXON_TEST_UPDATE(&t, &id, "fetch", request_text(BY_PRICE REPLICATED), PAGE_42);
}

/* (3,000,000 + 60,000 n + 400 request + 800 answer) n for n = 13 nodes: what is attached is enough,
 * and is taken. */
static void what_pages_cost(void)
{
    char expected[TEXT_MAX];
    const uint64_t request = strlen("https://a.b/c") + strlen("<ic outcall>") + strlen("price=");
    const uint64_t cost = (3000000 + 60000 * 13 + 400 * request + 800 * 500) * 13;
    struct axon_canister_info before, after;
    snprintf(expected, sizeof expected, "(%" PRIu64 ")", cost);
    AXON_TEST_QUERY(&t, &id, "fetch_cost", request_text(BY_PRICE REPLICATED), expected);
    AXON_TEST_THAT(&t, axon_canister_find(t.net, &before, &id));
    AXON_TEST_UPDATE(&t, &id, "fetch", request_text(BY_PRICE REPLICATED), PAGE_42);
    AXON_TEST_THAT(&t, axon_canister_find(t.net, &after, &id));
    AXON_TEST_THAT(&t, before.cycles_lo - after.cycles_lo >= cost);
}

int main(void)
{
    axon_test_open(&t);
    id = axon_test_install(&t, "build/wasm/tools", "()");
    variables();
    variables_that_are_refused();
    random_numbers();
    arithmetic();
    formats();
    seed_from_raw_rand();
    a_canister_makes_another();
    a_canister_asks_the_ledger();
    a_canister_pulls_from_an_allowance();
    signatures_cost();
    pages_from_the_web();
    pages_that_do_not_come();
    what_pages_cost();
    return axon_test_close(&t);
}
