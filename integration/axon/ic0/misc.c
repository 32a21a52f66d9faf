/* Prices, printing, giving up. SPEC: ic-system 2.4 "Cost functions", "Debug print / trap", 12.5 */
#include "ic0/ic0.h"
#include "ic0/memory.h"

static const char PRINT_OUT_OF_BOUNDS[] = "(debug_print message out of memory bounds)";
static const char TRAP_OUT_OF_BOUNDS[] = "(trap message out of memory bounds)";

/* ---- prices ---------------------------------------------------------------------------------- */

bool ic0_cost_call(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    axon_u128 bytes = (axon_u128)a[0] + a[1] + AXON_REPLY_BYTES_MAX;
    axon_u128 cost = AXON_PRICE_CALL + AXON_PRICE_CALL_BYTE * bytes +
                     axon_execution_cost(axon_limit_update(x->net));
    return ic0_heap_put_u128(x, "cost_call", a[2], x->net->free_cycles ? 0 : cost);
}

bool ic0_cost_create_canister(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_put_u128(x, "cost_create_canister", a[0],
                             x->net->free_cycles ? 0 : AXON_PRICE_CREATE);
}

bool ic0_cost_http_request(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    return ic0_heap_put_u128(x, "cost_http_request", a[2],
                             x->net->free_cycles ? 0 : axon_http_cost(a[0], a[1]));
}

/* The parameters are a Candid record whose use in the price is not published; this is the price of
 * the first version for a request of that size and the largest response, an upper bound. */
bool ic0_cost_http_request_v2(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    struct ic_bytes parameters;
    (void)r;
    if (!ic0_heap_view(x, &parameters, "cost_http_request_v2", a[0], a[1])) {
        return false;
    }
    axon_u128 cost = axon_http_cost(parameters.size, AXON_HTTP_RESPONSE_BYTES_MAX);
    return ic0_heap_put_u128(x, "cost_http_request_v2", a[2], x->net->free_cycles ? 0 : cost);
}

enum { COST_OK = 0, COST_UNKNOWN_CURVE = 1, COST_UNKNOWN_KEY = 2 };

/* The conventional key names of local networks. SPEC: ic-system 10.4 */
static bool is_key_name(struct ic_bytes name)
{
    return ic_bytes_is_equal(name, IC_BYTES_LIT("key_1")) ||
           ic_bytes_is_equal(name, IC_BYTES_LIT("test_key_1")) ||
           ic_bytes_is_equal(name, IC_BYTES_LIT("dfx_test_key"));
}

/* a: name, size, curve or algorithm, dst. Signing is paid on free subnets too. SPEC: ic-system 12.1
 */
static bool cost_of_signature(struct axon_exec *x, const char *call, const uint64_t *a, uint64_t *r,
                              uint32_t curve_count)
{
    struct ic_bytes name;
    if (!ic0_heap_view(x, &name, call, a[0], a[1])) {
        return false;
    }
    if ((uint32_t)a[2] >= curve_count) {
        *r = COST_UNKNOWN_CURVE;
        return true;
    }
    if (!is_key_name(name)) {
        *r = COST_UNKNOWN_KEY;
        return true;
    }
    *r = COST_OK;
    return ic0_heap_put_u128(x, call, a[3], AXON_PRICE_SIGNATURE);
}

bool ic0_cost_sign_with_ecdsa(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    return cost_of_signature(x, "cost_sign_with_ecdsa", a, r, 1);
}

bool ic0_cost_sign_with_schnorr(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    return cost_of_signature(x, "cost_sign_with_schnorr", a, r, 2);
}

bool ic0_cost_vetkd_derive_key(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    return cost_of_signature(x, "cost_vetkd_derive_key", a, r, 1);
}

/* ---- printing and giving up ------------------------------------------------------------------ */

/* The text at src, or a placeholder when it is not in the heap. */
static struct ic_bytes text_at(struct axon_exec *x, uint64_t src, uint64_t size,
                               const char *placeholder)
{
    struct ic_bytes text = ic_bytes_from_text(placeholder);
    if (ic0_heap_has(x, src, size)) {
        bool ok = ic0_heap_view(x, &text, "", src, size);
        (void)ok; /* just checked */
    }
    return text;
}

/* One byte of a printed text costs 1 (this network prints, like every local one) and what the log
 * takes for it. */
bool ic0_debug_print(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    if (!axon_instance_charge(x->instance, a[1] + axon_log_cost(&x->log, a[1]))) {
        return false;
    }
    axon_log_add(&x->log, x->net->time_ns, text_at(x, a[0], a[1], PRINT_OUT_OF_BOUNDS));
    return true;
}

bool ic0_trap(struct axon_exec *x, const uint64_t *a, uint64_t *r)
{
    (void)r;
    if (!axon_instance_charge(x->instance, axon_log_cost(&x->log, a[1]))) {
        return false;
    }
    struct ic_bytes text = text_at(x, a[0], a[1], TRAP_OUT_OF_BOUNDS);
    if (text.size > AXON_TRAP_BYTES_MAX) {
        text.size = AXON_TRAP_BYTES_MAX;
    }
    axon_buf_append_utf8_lossy(&x->trap_message, text);
    (void)axon_exec_fail(x, AXON_E_CALLED_TRAP, "Canister called `ic0.trap` with message: '");
    axon_buf_append(&x->failure.bytes, axon_buf_bytes(&x->trap_message)); /* may hold NULs */
    axon_buf_append_byte(&x->failure.bytes, '\'');
    return false;
}
