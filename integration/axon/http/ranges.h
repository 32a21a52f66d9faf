/* The canister ids of the only subnet: one interval of 10-byte ids that holds every canister id,
 * those of the mainnet's NNS included. SPEC: ic-http 9. */
#ifndef AXON_RANGES_H
#define AXON_RANGES_H

#include "base/buf.h"
#include "ic/principal.h"

/* The first id of the interval, 00000000000000000101. */
struct ic_principal axon_ranges_first(void);
/* Appends [[first, last]] as tagged CBOR. */
void axon_ranges_put(struct axon_buf *out);

#endif
