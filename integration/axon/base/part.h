/* Parts of one page of documentation, each written by a command of its own. A part stands between
 * two lines, which stay:
 *
 *     <!-- begin NAME, anything -->
 *     ...
 *     <!-- end NAME -->
 */
#ifndef AXON_PART_H
#define AXON_PART_H

#include "base/buf.h"

/* axon_part_replace gives the page with another text for one of its parts.
 *   out       appended to; the page as it was when it has no such part
 *   text      whole lines
 *   returns   false when a line that begins or ends the part is missing or there twice */
IC_MUST_USE bool axon_part_replace(struct axon_buf *out, struct ic_bytes page, const char *name,
                                   struct ic_bytes text);

/* axon_part_write replaces a part of a file; a file that does not exist yet gets this part alone.
 *   returns   false with the reason appended to why; the file is as it was then */
IC_MUST_USE bool axon_part_write(const char *path, const char *name, struct ic_bytes text,
                                 struct axon_buf *why);

#endif
