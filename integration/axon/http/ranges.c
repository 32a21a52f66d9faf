#include "http/ranges.h"

#include "cert/cbor.h"

struct ic_principal axon_ranges_first(void)
{
    return ic_principal_from_canister_index(0);
}

static struct ic_principal ranges_last(void)
{
    return ic_principal_from_canister_index(UINT64_MAX);
}

void axon_ranges_put(struct axon_buf *out)
{
    struct ic_principal first = axon_ranges_first();
    struct ic_principal last = ranges_last();
    axon_cbor_put_tag(out, AXON_CBOR_SELF_DESCRIBED);
    axon_cbor_put_array(out, 1);
    axon_cbor_put_array(out, 2);
    axon_cbor_put_bytes(out, ic_principal_bytes(&first));
    axon_cbor_put_bytes(out, ic_principal_bytes(&last));
}
