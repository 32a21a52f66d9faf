/* gzip, for host code: module uploads, recorded transcripts. */
#ifndef AXON_GZIP_H
#define AXON_GZIP_H

#include "base/buf.h"

/* True for bytes that begin as gzip does (1f 8b 08). */
bool axon_is_gzip(struct ic_bytes in);

/* axon_gunzip appends the decompressed content (all members).
 *   limit     largest allowed size in bytes of the decompressed content
 *   returns   false when in is damaged, truncated or too large; *out is as before then */
IC_MUST_USE bool axon_gunzip(struct axon_buf *out, struct ic_bytes in, size_t limit);

#endif
