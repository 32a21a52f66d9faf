/* The store as Wasm, behind a gateway that believes nothing without proof. */
#include "world.h"

#include "base/hash.h"
#include "cert/certificate.h"

#include <stdio.h>

#define LIT IC_BYTES_LIT

static struct ic_bytes numbered(char buffer[16], unsigned n)
{
    snprintf(buffer, 16, "key %05u", n);
    return ic_bytes_from_text(buffer);
}

static void put_many(struct world *w, unsigned from, unsigned to)
{
    char key[16];
    for (unsigned i = from; i < to; i++) {
        assert_int_equal(world_put(w, numbered(key, i), LIT("value")).tag, KV_PUT_RESULT_OK);
    }
}

static void check_value(struct world *w, struct ic_bytes key, struct ic_bytes value)
{
    const struct kv_opt_blob got = world_get(w, key);
    assert_true(got.has);
    assert_true(ic_bytes_is_equal(got.value, value));
}

/* ---- the store ------------------------------------------------------------------------------- */

static void put_get_remove(void **state)
{
    struct world *w = *state;
    assert_false(world_get(w, LIT("a")).has);
    assert_int_equal(world_put(w, LIT("a"), LIT("1")).tag, KV_PUT_RESULT_OK);
    assert_int_equal(world_put(w, LIT("b"), LIT("")).tag, KV_PUT_RESULT_OK);
    check_value(w, LIT("a"), LIT("1"));
    check_value(w, LIT("b"), LIT(""));
    assert_int_equal(world_put(w, LIT("a"), LIT("another")).tag, KV_PUT_RESULT_OK);
    check_value(w, LIT("a"), LIT("another"));
    assert_true(world_remove(w, LIT("a")));
    assert_false(world_remove(w, LIT("a")));
    assert_false(world_get(w, LIT("a")).has);
    check_value(w, LIT("b"), LIT(""));
}

static void limits(void **state)
{
    struct world *w = *state;
    static const uint8_t zeros[257];
    uint8_t key[49];
    memset(key, 'k', sizeof key);
    const struct ic_bytes longest = {.at = key, .size = 48}, longer = {.at = key, .size = 49};
    const struct ic_bytes largest = {.at = zeros, .size = 256}, larger = {.at = zeros, .size = 257};
    assert_int_equal(world_put(w, longest, largest).tag, KV_PUT_RESULT_OK);
    check_value(w, longest, largest);
    const struct ic_bytes bad[] = {longer, LIT(""), LIT("a\0b")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct kv_put_result r =
            world_put(w, bad[i], larger); /* the key is looked at first */
        assert_int_equal(r.tag, KV_PUT_RESULT_ERR);
        assert_int_equal(r.as.err.tag, KV_PUT_ERROR_BAD_KEY);
        assert_false(world_get(w, bad[i]).has);
        assert_false(world_remove(w, bad[i]));
    }
    const struct kv_put_result r = world_put(w, LIT("a"), larger);
    assert_int_equal(r.tag, KV_PUT_RESULT_ERR);
    assert_int_equal(r.as.err.tag, KV_PUT_ERROR_VALUE_TOO_LARGE);
    assert_false(world_get(w, LIT("a")).has);
}

static void only_controllers_change_it(void **state)
{
    struct world *w = *state;
    world_put(w, LIT("a"), LIT("1"));
    world_call(w, &w->stranger, &kv_put_method,
               &(struct kv_put_in){.key = LIT("a"), .value = LIT("2")});
    expect_rejected(w, "only controllers may change the store");
    assert_true(w->out.refused); /* before it was executed: strangers cost no cycles */
    world_call(w, &w->stranger, &kv_remove_method, &(struct kv_remove_in){.key = LIT("a")});
    expect_rejected(w, "only controllers may change the store");
    assert_true(w->out.refused);
    check_value(w, LIT("a"), LIT("1"));
}

static size_t list(struct world *w, struct kv_keys_out *out, const char *after, uint32_t limit)
{
    const struct kv_keys_in in = {
        .after = {.has = after != NULL, .value = ic_bytes_from_text(after == NULL ? "" : after)},
        .limit = limit};
    world_call(w, &w->stranger, &kv_keys_method, &in);
    world_result(w, &kv_keys_method, out);
    return out->ret0.count;
}

static void keys_in_order(void **state)
{
    struct world *w = *state;
    struct kv_keys_out out;
    assert_int_equal(list(w, &out, NULL, 10), 0);
    put_many(w, 0, 30);
    assert_int_equal(list(w, &out, NULL, 1000000), 30);
    assert_true(ic_bytes_is_equal(out.ret0.at[0], LIT("key 00000")));
    assert_true(ic_bytes_is_equal(out.ret0.at[29], LIT("key 00029")));
    assert_int_equal(list(w, &out, "key 00009", 5), 5); /* behind a key that is there */
    assert_true(ic_bytes_is_equal(out.ret0.at[0], LIT("key 00010")));
    assert_int_equal(list(w, &out, "key 000095", 1), 1); /* and one that is not */
    assert_true(ic_bytes_is_equal(out.ret0.at[0], LIT("key 00010")));
    assert_int_equal(list(w, &out, "key 00029", 5), 0);
    assert_int_equal(list(w, &out, NULL, 0), 0);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void pages_are_certified(void **state)
{
    struct world *w = *state;
    struct gateway_response response;
    bool is_proved = false;
    static const char HEAD[] = "<!doctype html><meta charset=utf-8><title>Store</title><h1>";
    char page[512];
    snprintf(page, sizeof page, "%s0 entries</h1><ul></ul>", HEAD);
    expect_page(w, "/", 200, ic_bytes_from_text(page));
    world_put(w, LIT("<b>&c"), LIT("\0\1\2"));
    snprintf(page, sizeof page,
             "%s1 entries</h1><ul><li><a href=\"/value/%%3Cb%%3E%%26c\">&lt;b&gt;&amp;c</a></ul>",
             HEAD);
    expect_page(w, "/", 200, ic_bytes_from_text(page));
    expect_page(w, "/?q=x", 200, ic_bytes_from_text(page));
    expect_page(w, "/value/%3Cb%3E%26c", 200, LIT("\0\1\2"));
    expect_page(w, "/value/<b>&c", 200, LIT("\0\1\2"));
    expect_page(w, "/value", 404, LIT("not found\n"));
    expect_page(w, "/other/page", 404, LIT("not found\n"));
    world_put(w, LIT("<b>&c"), LIT("new"));
    expect_page(w, "/value/%3Cb%3E%26c", 200, LIT("new"));
    assert_true(world_remove(w, LIT("<b>&c")));
    assert_true(ask_query(w, &response, "/value/%3Cb%3E%26c"));
    ask_update(w, &response, "/value/%3Cb%3E%26c");
    assert_int_equal(response.status, 404);
    assert_true(ic_bytes_is_equal(response.body, LIT("no such key\n")));
    /* A key with a slash has no page, but it has a proof, see below. */
    world_put(w, LIT("a/b"), LIT("3"));
    expect_page(w, "/value/a/b", 404, LIT("not found\n"));
    assert_false(ask_query(w, &response, "/metrics"));
    assert_null(judge(w, "/metrics", &response, &is_proved));
    assert_false(is_proved);
}

/* One changed byte, wherever it is, and the gateway refuses. */
static void a_changed_byte_is_noticed(void **state)
{
    struct world *w = *state;
    struct gateway_response response;
    bool is_proved = false;
    uint8_t copy[8192];
    unsigned tried = 0;
    put_many(w, 0, 5);
    assert_false(ask_query(w, &response, "/value/key%2000003"));
    assert_null(judge(w, "/value/key%2000003", &response, &is_proved));
    for (size_t part = 0; part <= response.field_count; part++) {
        struct ic_bytes *view = part == 0 ? &response.body : &response.fields[part - 1].value;
        const struct ic_bytes whole = *view;
        assert_true(whole.size > 0 && whole.size <= sizeof copy);
        memcpy(copy, whole.at, whole.size);
        *view = (struct ic_bytes){.at = copy, .size = whole.size};
        for (size_t i = 0; i < whole.size; i++) {
            copy[i] ^= 1;
            if (judge(w, "/value/key%2000003", &response, &is_proved) == NULL) {
                fail_msg("part %zu, byte %zu of %zu", part, i, whole.size);
            }
            copy[i] ^= 1;
            tried++;
        }
        *view = whole;
    }
    assert_null(judge(w, "/value/key%2000003", &response, &is_proved));
    print_message("%u changed bytes refused\n", tried);
    assert_non_null(judge(w, "/value/key%2000004", &response, &is_proved));
    response.status = 404;
    assert_string_equal(judge(w, "/value/key%2000003", &response, &is_proved),
                        "the answer is not certified");
    response.status = 200;
    axon_set_time(w->net, axon_time(w->net) + GATEWAY_FRESH_NS + 1);
    assert_string_equal(judge(w, "/value/key%2000003", &response, &is_proved),
                        "certificate is not fresh");
}

static void expect_line(const struct kv_line *line, uint64_t number, struct ic_bytes text)
{
    assert_int_equal(line->number, number);
    assert_true(ic_bytes_is_equal(line->level, LIT("INFO")));
    assert_true(ic_bytes_is_equal(line->text, text));
}

/* The log by query, through an upgrade. */
static void log_by_query(void **state)
{
    struct world *w = *state;
    struct kv_log_out out;
    world_call(w, &w->stranger, &kv_log_method, &(struct kv_log_in){.limit = UINT32_MAX});
    world_result(w, &kv_log_method, &out);
    assert_int_equal(out.ret0.count, 0);
    world_put(w, LIT("a"), LIT("1"));
    world_put(w, LIT("b"), LIT("1"));
    world_install(w, AXON_UPGRADE);
    world_remove(w, LIT("a"));
    world_call(w, &w->stranger, &kv_log_method, &(struct kv_log_in){.limit = 2});
    world_result(w, &kv_log_method, &out);
    assert_int_equal(out.ret0.count, 2);
    expect_line(&out.ret0.at[0], 2, LIT("remove a"));
    expect_line(&out.ret0.at[1], 1, LIT("put b"));
    put_many(w, 0, 200);
    world_call(w, &w->stranger, &kv_log_method, &(struct kv_log_in){.limit = UINT32_MAX});
    world_result(w, &kv_log_method, &out);
    assert_int_equal(out.ret0.count, 100);
    assert_int_equal(out.ret0.at[99].number, 203 - 100);
}

static void log_and_metrics(void **state)
{
    struct world *w = *state;
    struct gateway_response response;
    char text[128];
    world_put(w, LIT("a"), LIT("1"));
    const unsigned long long then_ms = axon_time(w->net) / 1000000;
    axon_set_time(w->net, axon_time(w->net) + 5000000000u);
    world_remove(w, LIT("a"));
    assert_true(ask_query(w, &response, "/log"));
    ask_update(w, &response, "/log");
    snprintf(text, sizeof text, "%llu INFO remove a\n%llu INFO put a\n", then_ms + 5000, then_ms);
    assert_true(ic_bytes_is_equal(response.body, ic_bytes_from_text(text)));
    put_many(w, 0, 3);
    assert_false(ask_query(w, &response, "/metrics"));
    snprintf(text, sizeof text, "# TYPE kv_entries gauge\nkv_entries 3 %llu\n", then_ms + 5000);
    assert_non_null(memmem(response.body.at, response.body.size, text, strlen(text)));
    assert_non_null(memmem(response.body.at, response.body.size, "\nkv_puts_total 4 ", 17));
    struct axon_canister_info info; /* what the system says of the canister */
    assert_true(axon_canister_find(w->net, &info, &w->canister));
    const struct {
        const char *name;
        uint64_t value;
    } figures[] = {{"canister_cycles_balance", info.cycles_lo},
                   {"canister_heap_bytes", info.heap_bytes},
                   {"canister_stable_bytes", info.stable_bytes},
                   {"canister_version", info.version}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        snprintf(text, sizeof text, "\n%s %llu %llu\n", figures[i].name,
                 (unsigned long long)figures[i].value, then_ms + 5000);
        if (memmem(response.body.at, response.body.size, text, strlen(text)) == NULL) {
            fail_msg("%s in %.*s", text, (int)response.body.size, (const char *)response.body.at);
        }
    }
}

/* ---- proofs for programs --------------------------------------------------------------------- */

/* Does what a program does with get_proved: certificate, certified data, witness, hash of the
 * value. */
static void expect_proof(struct world *w, struct ic_bytes key, const char *value)
{
    struct kv_get_proved_out out;
    struct axon_certificate certificate = {0};
    struct axon_cbor_doc doc = {0};
    struct axon_witness witness = {0};
    struct ic_bytes certified, leaf;
    uint8_t hash[AXON_SHA256_BYTES];
    world_call(w, &w->stranger, &kv_get_proved_method, &(struct kv_get_proved_in){.key = key});
    world_result(w, &kv_get_proved_method, &out);
    assert_int_equal(out.value.has, value != NULL);
    assert_true(out.proof.certificate.has);
    assert_true(axon_certificate_read(&certificate, out.proof.certificate.value));
    assert_int_equal(
        axon_certificate_check(&certificate, axon_state_root_key(w->subnet), &w->canister),
        AXON_CERTIFICATE_OK);
    assert_int_equal(
        axon_certificate_find(
            &certificate,
            AXON_PATH(LIT("canister"), ic_principal_bytes(&w->canister), LIT("certified_data")),
            &certified),
        AXON_LOOKUP_FOUND);
    assert_true(axon_cbor_read(&doc, out.proof.witness));
    assert_true(axon_witness_from_cbor(&witness, doc.nodes));
    axon_witness_hash(&witness, hash);
    assert_true(ic_bytes_is_equal(certified, (struct ic_bytes){.at = hash, .size = sizeof hash}));
    const enum axon_lookup found = axon_witness_find(&witness, AXON_PATH(LIT("value"), key), &leaf);
    assert_int_equal(found, value != NULL ? AXON_LOOKUP_FOUND : AXON_LOOKUP_ABSENT);
    if (value != NULL) {
        axon_sha256(hash, out.value.value);
        assert_true(ic_bytes_is_equal(out.value.value, ic_bytes_from_text(value)));
        assert_true(ic_bytes_is_equal(leaf, (struct ic_bytes){.at = hash, .size = sizeof hash}));
    }
    axon_witness_free(&witness);
    axon_cbor_doc_free(&doc);
    axon_certificate_free(&certificate);
}

static void values_and_their_absence_are_proved(void **state)
{
    struct world *w = *state;
    expect_proof(w, LIT("a"), NULL);
    put_many(w, 0, 20);
    world_put(w, LIT("a/b"), LIT("slash"));
    expect_proof(w, LIT("key 00007"), "value");
    expect_proof(w, LIT("a/b"), "slash");
    expect_proof(w, LIT("key 00020"), NULL);
    expect_proof(w, LIT(""), NULL);
    expect_proof(w, LIT("key 000070"), NULL);
    expect_proof(
        w, LIT("a key that is longer than any key of this store may ever be, and longer still"),
        NULL);
    world_put(w, LIT("key 00007"), LIT("changed"));
    world_remove(w, LIT("key 00008"));
    expect_proof(w, LIT("key 00007"), "changed");
    expect_proof(w, LIT("key 00008"), NULL);
}

/* ---- upgrades, faults, cost ------------------------------------------------------------------ */

static uint64_t upgrade_cost(struct world *w)
{
    world_install(w, AXON_UPGRADE);
    return w->out.instructions;
}

static void upgrades_rebuild_nothing(void **state)
{
    struct world *w = *state;
    put_many(w, 0, 10);
    const uint64_t few = upgrade_cost(w);
    put_many(w, 10, 400);
    const uint64_t put = w->out.instructions;
    const uint64_t many = upgrade_cost(w);
    print_message(
        "put at 400 entries: %llu instructions; upgrade: %llu with 10 entries, %llu with 400\n",
        (unsigned long long)put, (unsigned long long)few, (unsigned long long)many);
    assert_true(many <= few + few / 50);
    assert_true(put < 900000);
    expect_page(w, "/value/key%2000123", 200, LIT("value"));
    print_message("GET of a certified page at 400 entries: %llu instructions\n",
                  (unsigned long long)w->out.instructions);
    assert_true(w->out.instructions < 600000);
    expect_proof(w, LIT("key 00123"), "value");
    print_message("get_proved: %llu instructions\n", (unsigned long long)w->out.instructions);
    put_many(w, 400, 402);
    expect_page(w, "/value/key%2000401", 200, LIT("value"));
    expect_proof(w, LIT("key 00402"), NULL);
}

/* Whatever system call of a put fails: all of it happened, or nothing, pages and proofs included.
 */
static void failing_everywhere(void **state)
{
    struct world *w = *state;
    const struct kv_put_in in = {.key = LIT("a"), .value = LIT("new")};
    world_put(w, LIT("a"), LIT("old"));
    put_many(w, 0, 3);
    for (uint64_t n = 1;; n += 1 + n / 20) {
        axon_trap_at_call(w->net, n);
        world_call(w, &w->owner, &kv_put_method, &in);
        axon_trap_at_call(w->net, 0);
        if (w->out.status == AXON_STATUS_REPLIED) {
            assert_true(n > 50);
            break;
        }
        expect_rejected(w, "injected fault");
        expect_page(w, "/value/a", 200, LIT("old"));
        expect_proof(w, LIT("a"), "old");
    }
    expect_page(w, "/value/a", 200, LIT("new"));
    expect_proof(w, LIT("a"), "new");
}

static void bad_requests_are_refused(void **state)
{
    struct world *w = *state;
    static const char *const METHODS[] = {"put", "http_request_update"};
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        axon_update(w->net, &w->out, &w->owner, &w->canister, METHODS[i], LIT("nonsense"));
        expect_rejected(w, "Candid: the message does not begin with DIDL");
    }
    axon_query(w->net, &w->out, &w->owner, &w->canister, "http_request", LIT("DIDL\0\0"));
    expect_rejected(w, "Candid: ");
    struct gateway_response response;
    assert_true(ask_query(w, &response, "/%"));
    ask_update(w, &response, "/%");
    assert_int_equal(response.status, 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(put_get_remove),
        TEST(limits),
        TEST(only_controllers_change_it),
        TEST(keys_in_order),
        TEST(pages_are_certified),
        TEST(a_changed_byte_is_noticed),
        TEST(log_by_query),
        TEST(log_and_metrics),
        TEST(values_and_their_absence_are_proved),
        TEST(upgrades_rebuild_nothing),
        TEST(failing_everywhere),
        TEST(bad_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
