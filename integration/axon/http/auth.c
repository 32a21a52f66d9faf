#include "http/auth.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_S 1000000000u

static void append_principal(struct axon_buf *out, const struct ic_principal *p)
{
    char text[IC_PRINCIPAL_TEXT_MAX + 1];
    ic_principal_to_text(text, p);
    axon_buf_append_text(out, text);
}

/* Times as the replica writes them: 2025-01-01 00:00:00.000000000 UTC. */
static void append_time(struct axon_buf *out, uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / NS_PER_S);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    axon_buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d.%09u UTC", tm.tm_year + 1900, tm.tm_mon + 1,
                    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(time_ns % NS_PER_S));
}

/* ---- expiry --------------------------------------------------------------------------------- */

static bool expiry_check(const struct axon_request *r, uint64_t now_ns, struct axon_buf *why)
{
    if (r->type != AXON_REQUEST_CALL && ic_principal_is_anonymous(&r->sender)) {
        return true; /* nothing could be replayed */
    }
    uint64_t latest_ns = now_ns + AXON_INGRESS_WINDOW_NS + AXON_INGRESS_DRIFT_NS;
    if (now_ns <= r->ingress_expiry_ns && r->ingress_expiry_ns <= latest_ns) {
        return true;
    }
    axon_buf_append_text(why, "Invalid request expiry: Specified ingress_expiry not within "
                              "expected range: Minimum allowed expiry: ");
    append_time(why, now_ns);
    axon_buf_append_text(why, ", Maximum allowed expiry: ");
    append_time(why, latest_ns);
    axon_buf_append_text(why, ", Provided expiry: ");
    append_time(why, r->ingress_expiry_ns);
    return false;
}

/* ---- delegations ---------------------------------------------------------------------------- */

/* The key that signs delegation i; for i = delegation_count the key that signs the request. */
static struct ic_bytes signer_key(const struct axon_request *r, size_t i)
{
    return i == 0 ? r->public_key : r->delegations[i - 1].public_key;
}

static bool chain_has_cycle(const struct axon_request *r)
{
    for (size_t i = 1; i <= r->delegation_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (ic_bytes_is_equal(signer_key(r, i), signer_key(r, j))) {
                return true;
            }
        }
    }
    return false;
}

static bool delegation_check(const struct axon_request *r, size_t i, uint64_t now_ns,
                             struct axon_buf *why)
{
    const struct axon_delegation *d = &r->delegations[i];
    if (d->expiration_ns < now_ns) {
        axon_buf_append_text(why, "Invalid delegation expiry: Specified expiration ");
        append_time(why, d->expiration_ns);
        axon_buf_append_text(why, " is before the current time ");
        append_time(why, now_ns);
        return false;
    }
    if (d->permissions == AXON_PERMISSIONS_QUERIES && r->type == AXON_REQUEST_CALL) {
        axon_buf_append_text(why, "Invalid delegation: it permits queries only");
        return false;
    }
    struct axon_buf message = {0};
    axon_delegation_signed_bytes(&message, d);
    enum axon_signature_result result =
        axon_signature_check(signer_key(r, i), axon_buf_bytes(&message), d->signature);
    axon_buf_free(&message);
    if (result != AXON_SIGNATURE_OK) {
        axon_buf_printf(why, "Invalid delegation: %s", axon_signature_result_text(result));
    }
    return result == AXON_SIGNATURE_OK;
}

/* Limits first: the check for cycles compares all pairs. */
static bool chain_is_small(const struct axon_request *r, struct axon_buf *why)
{
    if (r->delegation_count > AXON_DELEGATIONS_MAX) {
        axon_buf_printf(why, "Invalid delegation: got %zu delegations, but at most %u are allowed.",
                        r->delegation_count, AXON_DELEGATIONS_MAX);
        return false;
    }
    for (size_t i = 0; i < r->delegation_count; i++) {
        if (r->delegations[i].target_count > AXON_DELEGATION_TARGETS_MAX) {
            axon_buf_printf(why, "Invalid delegation: got %zu targets, but at most %u are allowed.",
                            r->delegations[i].target_count, AXON_DELEGATION_TARGETS_MAX);
            return false;
        }
    }
    return true;
}

static bool delegations_check(const struct axon_request *r, uint64_t now_ns, struct axon_buf *why)
{
    if (!chain_is_small(r, why)) {
        return false;
    }
    if (chain_has_cycle(r)) {
        axon_buf_append_text(why, "Invalid delegation: the chain contains a key twice");
        return false;
    }
    for (size_t i = 0; i < r->delegation_count; i++) {
        if (!delegation_check(r, i, now_ns, why)) {
            return false;
        }
    }
    return true;
}

static bool delegation_names(const struct axon_delegation *d, const struct ic_principal *canister)
{
    for (size_t i = 0; i < d->target_count; i++) {
        if (ic_principal_is_equal(&d->targets[i], canister)) {
            return true;
        }
    }
    return false;
}

bool axon_request_is_targeted(const struct axon_request *r, const struct ic_principal *canister)
{
    for (size_t i = 0; i < r->delegation_count; i++) {
        if (r->delegations[i].has_targets && !delegation_names(&r->delegations[i], canister)) {
            return false;
        }
    }
    return true;
}

/* For read_state the receivers are those of the requests asked about: the service checks them. */
static bool targets_check(const struct axon_request *r, struct axon_buf *why)
{
    if (r->type == AXON_REQUEST_READ_STATE || axon_request_is_targeted(r, &r->canister)) {
        return true;
    }
    axon_request_put_target_refusal(why, &r->canister);
    return false;
}

void axon_request_put_target_refusal(struct axon_buf *why, const struct ic_principal *canister)
{
    axon_buf_append_text(why, "Canister '");
    append_principal(why, canister);
    axon_buf_append_text(why, "' is not one of the delegation targets.");
}

/* ---- signatures ----------------------------------------------------------------------------- */

static bool anonymous_check(const struct axon_request *r, struct axon_buf *why)
{
    if (r->has_public_key || r->has_signature || r->has_delegations) {
        axon_buf_append_text(why, "Signature is not allowed for the anonymous user.");
        return false;
    }
    return true;
}

static bool sender_check(const struct axon_request *r, struct axon_buf *why)
{
    if (!r->has_public_key || !r->has_signature) {
        axon_buf_append_text(why, "Missing signature from user: ");
        append_principal(why, &r->sender);
        return false;
    }
    struct ic_principal id = ic_principal_from_public_key(r->public_key);
    if (!ic_principal_is_equal(&id, &r->sender)) {
        axon_buf_append_text(why, "The user id '");
        append_principal(why, &r->sender);
        axon_buf_append_text(why, "' does not match the public key '");
        axon_buf_append_hex(why, r->public_key);
        axon_buf_append_text(why, "'");
        return false;
    }
    return true;
}

static bool signature_check(const struct axon_request *r, const uint8_t id[AXON_REQUEST_ID_BYTES],
                            struct axon_buf *why)
{
    struct axon_buf message = {0};
    axon_request_signed_bytes(&message, id);
    enum axon_signature_result result = axon_signature_check(
        signer_key(r, r->delegation_count), axon_buf_bytes(&message), r->signature);
    axon_buf_free(&message);
    if (result != AXON_SIGNATURE_OK) {
        axon_buf_printf(why, "Invalid signature: %s", axon_signature_result_text(result));
    }
    return result == AXON_SIGNATURE_OK;
}

bool axon_request_authenticate(const struct axon_request *r, uint64_t now_ns,
                               const uint8_t id[AXON_REQUEST_ID_BYTES], struct axon_buf *why)
{
    if (!expiry_check(r, now_ns, why)) {
        return false;
    }
    if (ic_principal_is_anonymous(&r->sender)) {
        return anonymous_check(r, why);
    }
    return sender_check(r, why) && delegations_check(r, now_ns, why) &&
           signature_check(r, id, why) && targets_check(r, why);
}
