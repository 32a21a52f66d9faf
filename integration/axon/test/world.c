#include "world.h"

#include <stdlib.h>
#include <string.h>

/* ---- the world ------------------------------------------------------------------------------- */

static struct world *world_new(bool free_cycles)
{
    struct world *w = axon_alloc(sizeof *w);
    struct axon_buf nothing = {0};
    w->net = axon_network_new(&(struct axon_config){.seed = "world", .free_cycles = free_cycles});
    w->user = ic_principal_from_public_key(IC_BYTES_LIT("user"));
    w->stranger = ic_principal_from_public_key(IC_BYTES_LIT("stranger"));
    assert_true(axon_buf_read_file(&w->wasm, "build/wasm/probe.wasm"));
    w->alice = axon_create_canister(w->net, &w->user, NULL, WORLD_CYCLES);
    w->bob = axon_create_canister(w->net, &w->user, NULL, WORLD_CYCLES);
    world_install(w, &w->alice, AXON_INSTALL, axon_buf_bytes(&w->wasm), &nothing);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    world_install(w, &w->bob, AXON_INSTALL, axon_buf_bytes(&w->wasm), &nothing);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    axon_records_clear(w->net);
    return w;
}

int world_setup(void **state)
{
    *state = world_new(true);
    return 0;
}

int world_setup_paying(void **state)
{
    *state = world_new(false);
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;
    axon_network_free(w->net);
    axon_outcome_free(&w->out);
    axon_buf_free(&w->wasm);
    free(w);
    return 0;
}

/* ---- scripts --------------------------------------------------------------------------------- */

void script_op(struct axon_buf *s, enum probe_operation op)
{
    axon_buf_append_byte(s, (uint8_t)op);
}

static void append_le(struct axon_buf *s, uint64_t n, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        axon_buf_append_byte(s, (uint8_t)(n >> (8 * i)));
    }
}

void script_num(struct axon_buf *s, uint64_t n)
{
    script_op(s, PROBE_NUM);
    append_le(s, n, 8);
}

void script_str(struct axon_buf *s, struct ic_bytes bytes)
{
    script_op(s, PROBE_STR);
    append_le(s, bytes.size, 4);
    axon_buf_append(s, bytes);
}

void script_text(struct axon_buf *s, const char *text)
{
    script_str(s, ic_bytes_from_text(text));
}

void script_script(struct axon_buf *s, struct axon_buf *inner)
{
    script_str(s, inner == NULL ? (struct ic_bytes){.at = NULL} : axon_buf_bytes(inner));
    if (inner != NULL) {
        axon_buf_free(inner);
    }
}

void script_num_op(struct axon_buf *s, uint64_t n, enum probe_operation op)
{
    script_num(s, n);
    script_op(s, op);
}

void script_text_op(struct axon_buf *s, const char *text, enum probe_operation op)
{
    script_text(s, text);
    script_op(s, op);
}

void script_reply(struct axon_buf *s, const char *text)
{
    script_text_op(s, text, PROBE_APPEND);
    script_op(s, PROBE_REPLY);
}

void script_reply_arg(struct axon_buf *s)
{
    script_op(s, PROBE_ARG);
    script_op(s, PROBE_APPEND);
    script_op(s, PROBE_REPLY);
}

void script_call(struct axon_buf *s, const struct ic_principal *callee, const char *method,
                 struct axon_buf *payload, struct axon_buf *on_reply, struct axon_buf *on_reject)
{
    script_str(s, ic_principal_bytes(callee));
    script_text(s, method);
    script_script(s, on_reply);
    script_script(s, on_reject);
    script_op(s, PROBE_CALL);
    script_script(s, payload);
    script_op(s, PROBE_CALL_DATA);
}

void script_perform(struct axon_buf *s)
{
    script_op(s, PROBE_PERFORM);
    script_op(s, PROBE_BYTES);
    script_str(s, (struct ic_bytes){.at = (const uint8_t[8]){0}, .size = 8});
    script_op(s, PROBE_EQUAL);
    script_op(s, PROBE_CHECK);
}

/* ---- calls ----------------------------------------------------------------------------------- */

void world_run(struct world *w, const struct ic_principal *canister, struct axon_buf *script)
{
    axon_update(w->net, &w->out, &w->user, canister, "run", axon_buf_bytes(script));
    axon_buf_free(script);
}

void world_ask(struct world *w, const struct ic_principal *canister, struct axon_buf *script)
{
    axon_query(w->net, &w->out, &w->user, canister, "ask", axon_buf_bytes(script));
    axon_buf_free(script);
}

void world_install(struct world *w, const struct ic_principal *canister,
                   enum axon_install_mode mode, struct ic_bytes wasm, struct axon_buf *script)
{
    axon_install(w->net, &w->out, &w->user, canister, mode, wasm, axon_buf_bytes(script));
    axon_buf_free(script);
}

/* ---- expectations ---------------------------------------------------------------------------- */

void expect_reply_bytes(const struct world *w, struct ic_bytes bytes)
{
    struct axon_buf text = {0};
    axon_buf_append(&text, axon_buf_bytes(&w->out.reject_text));
    if (w->out.status != AXON_STATUS_REPLIED) {
        print_error("expected a reply, got %s %s\n", w->out.error_code, axon_buf_text(&text));
    }
    axon_buf_free(&text);
    assert_int_equal(w->out.status, AXON_STATUS_REPLIED);
    assert_int_equal(w->out.reply.size, bytes.size);
    if (bytes.size > 0) {
        assert_memory_equal(w->out.reply.at, bytes.at, bytes.size);
    }
}

void expect_reply(const struct world *w, const char *text)
{
    expect_reply_bytes(w, ic_bytes_from_text(text));
}

void expect_error(struct world *w, const char *code, const char *part)
{
    assert_int_equal(w->out.status, AXON_STATUS_REJECTED);
    assert_string_equal(w->out.error_code, code);
    assert_int_equal(w->out.reject_code, code[3] - '0');
    if (strstr(axon_buf_text(&w->out.reject_text), part) == NULL) {
        print_error("\"%s\" does not contain \"%s\"\n", axon_buf_text(&w->out.reject_text), part);
        fail();
    }
}

void expect_kept(struct world *w, const struct ic_principal *canister, const char *text)
{
    struct axon_buf s = {0};
    script_op(&s, PROBE_KEPT);
    script_op(&s, PROBE_APPEND);
    script_op(&s, PROBE_REPLY);
    world_ask(w, canister, &s);
    expect_reply(w, text);
}

void expect_stable(const struct world *w, const struct ic_principal *canister, const char *text)
{
    uint8_t bytes[64] = {0};
    assert_true(strlen(text) <= sizeof bytes);
    assert_true(axon_canister_stable_read(w->net, canister, bytes, 0, strlen(text)));
    assert_memory_equal(bytes, text, strlen(text));
}

struct axon_canister_info world_info(const struct world *w, const struct ic_principal *canister)
{
    struct axon_canister_info info;
    assert_true(axon_canister_find(w->net, &info, canister));
    return info;
}

void expect_cycles(const struct world *w, const struct ic_principal *canister, uint64_t cycles)
{
    struct axon_canister_info info = world_info(w, canister);
    assert_int_equal(info.cycles_hi, 0);
    assert_int_equal(info.cycles_lo, cycles);
}

void expect_executions(struct world *w, const char *kinds)
{
    struct axon_buf seen = {0};
    size_t count;
    const struct axon_execution_record *records = axon_records(w->net, &count);
    for (size_t i = 0; i < count; i++) {
        axon_buf_printf(&seen, "%s%s%s", i == 0 ? "" : " ", records[i].kind,
                        records[i].trapped ? "!" : "");
    }
    axon_records_clear(w->net);
    assert_string_equal(axon_buf_text(&seen), kinds);
    axon_buf_free(&seen);
}
