/* Hostile envelopes: the first byte chooses the endpoint, the rest is the body. What http/request.h
 * promises about an accepted one is checked, and that it can be written and read again. */
#include "http/auth.h"

#include <stdlib.h>

#define NOW_NS 1685570400000000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_limits(const struct axon_request *r)
{
    must(r->sender.size <= IC_PRINCIPAL_BYTES_MAX && r->canister.size <= IC_PRINCIPAL_BYTES_MAX);
    must(r->nonce.size <= AXON_NONCE_BYTES_MAX && r->method.size <= AXON_REQUEST_METHOD_BYTES_MAX);
    for (size_t i = 0; i < r->path_count; i++) {
        must(r->paths[i].count <= AXON_PATH_LABELS_MAX);
    }
    for (size_t i = 0; i < r->delegation_count; i++) {
        for (size_t j = 0; j < r->delegations[i].target_count; j++) {
            must(r->delegations[i].targets[j].size <= IC_PRINCIPAL_BYTES_MAX);
        }
    }
}

static void check_again(const struct axon_request *r, const uint8_t id[AXON_REQUEST_ID_BYTES])
{
    struct axon_buf cbor = {0};
    struct axon_request_store store = {0};
    struct axon_request back;
    uint8_t back_id[AXON_REQUEST_ID_BYTES];
    axon_request_put(r, &cbor);
    must(axon_request_read(&back, &store, r->type, axon_buf_bytes(&cbor)));
    axon_request_id(&back, back_id);
    must(memcmp(id, back_id, sizeof back_id) == 0);
    must(back.delegation_count == r->delegation_count);
    axon_request_store_free(&store);
    axon_buf_free(&cbor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct axon_request_store store = {0};
    struct axon_request r;
    struct ic_bytes body = {.at = data + 1, .size = size - 1};
    if (axon_request_read(&r, &store, (enum axon_request_type)(data[0] % 3), body)) {
        uint8_t id[AXON_REQUEST_ID_BYTES];
        struct axon_buf why = {0};
        check_limits(&r);
        axon_request_id(&r, id);
        check_again(&r, id);
        must(axon_request_authenticate(&r, NOW_NS, id, &why) == (why.size == 0));
        axon_buf_free(&why);
    } else {
        must(store.why[0] != '\0');
    }
    axon_request_store_free(&store);
    return 0;
}
