/* Is our answer the recorded one? SPEC: integration/vectors/ledger-core/README.md. */
#ifndef AXON_CLI_REPLAY_COMPARE_H
#define AXON_CLI_REPLAY_COMPARE_H

#include "base/buf.h"
#include "ic/bytes.h"

enum replay_match {
    REPLAY_SAME_BYTES,
    REPLAY_SAME_VALUE,   /* other bytes, the same value; of rejects: accepted, other wording */
    REPLAY_EXTENDED,     /* serves ICRC-10 in addition: accepted, the reader is told */
    REPLAY_DIFFERENT,
};

/* replay_compare_reply compares two replies: bytes, then values at the types of the official
 * interface (official.did). A method it does not know, as the protobuf ones, must agree in bytes.
 *   why       on REPLAY_DIFFERENT: one line, appended */
enum replay_match replay_compare_reply(const char *method, struct ic_bytes recorded,
                                       struct ic_bytes ours, struct axon_buf *why);

/* replay_compare_reject demands the texts that clients see (cli/replay/quoted.h) and leaves the
 * rest of the wording free. */
enum replay_match replay_compare_reject(struct ic_bytes recorded, struct ic_bytes ours,
                                        struct axon_buf *why);

/* Appends at most max bytes of text, line ends and control bytes as spaces, "..." when cut. */
void replay_append_short(struct axon_buf *out, struct ic_bytes text, size_t max);

#endif
