/* CRC-32 of ISO 3309, as in zip and PNG. */
#ifndef IC_CRC32_H
#define IC_CRC32_H

#include "ic/bytes.h"

/* ic_crc32 gives the checksum of in; that of "123456789" is cbf43926. */
uint32_t ic_crc32(struct ic_bytes in);

/* ic_crc32_update continues a checksum: ic_crc32(a b) == ic_crc32_update(ic_crc32(a), b). The
 * checksum of nothing is 0. */
uint32_t ic_crc32_update(uint32_t crc, struct ic_bytes in);

#endif
