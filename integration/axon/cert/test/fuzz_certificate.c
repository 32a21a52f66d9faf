/* Hostile certificates, as a client gets them: read, hashed, checked against a key, looked up in.
 */
#include "cert/certificate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* What cert/tree.h promises: spans stay inside the tree, children inside their parents. */
static void check_spans(const struct axon_witness *w)
{
    for (size_t i = 0; i < w->count; i++) {
        must(w->nodes[i].span >= 1 && i + w->nodes[i].span <= w->count);
    }
    must(w->nodes[0].span == w->count);
}

/* Each label of the first level is found, or the tree is not well-formed. */
static void check_labels(const struct axon_witness *w)
{
    const struct axon_witness_node *child = NULL;
    while ((child = axon_witness_next_child(w->nodes, child)) != NULL) {
        enum axon_lookup result;
        const struct axon_witness_node *found =
            axon_witness_node_find(w, AXON_PATH(child->bytes), &result);
        must(found == child + 1 || result != AXON_LOOKUP_ABSENT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct axon_bls_key key;
    if (key.der[0] == 0) {
        axon_bls_key_from_seed(&key, IC_BYTES_LIT("fuzz"));
    }
    struct axon_certificate c = {0};
    /* A copy of its own size, so that reading behind it is noticed. */
    uint8_t *copy = axon_alloc(size);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    if (axon_certificate_read(&c, (struct ic_bytes){.at = copy, .size = size})) {
        struct ic_principal canister = ic_principal_from_canister_index(1);
        struct ic_bytes value;
        uint64_t time_ns;
        check_spans(&c.tree);
        check_labels(&c.tree);
        (void)axon_certificate_check(&c, (struct ic_bytes){.at = key.der, .size = sizeof key.der},
                                     &canister);
        (void)axon_certificate_time(&c, &time_ns);
        (void)axon_certificate_find(&c, AXON_PATH(IC_BYTES_LIT("canister"), IC_BYTES_LIT("x")),
                                    &value);
    }
    axon_certificate_free(&c);
    free(copy);
    return 0;
}
