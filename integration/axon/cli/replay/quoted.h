/* The reject texts of the ledger that clients see and that another ledger must give as well. */
#ifndef AXON_CLI_REPLAY_QUOTED_H
#define AXON_CLI_REPLAY_QUOTED_H

#include "ic/bytes.h"

/* True when the reject tells that an argument did not decode: the wording is the decoder's. */
bool replay_is_decoding_failure(struct ic_bytes reject);

/* replay_quoted_find looks for the texts that docs/sources.md's `ledger` quotes.
 *   out       the part of reject that is the text, its numbers filled in
 *   after     number of the text to look from: 0, then the last answer + 1
 *   returns   number of the text, or SIZE_MAX when there are no more */
size_t replay_quoted_find(struct ic_bytes *out, struct ic_bytes reject, size_t after);

#endif
