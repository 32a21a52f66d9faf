#include "ic/crc32.h"

/* Two digits at a time: 16 entries keep the table on one cache line of Wasm data. Entry i is the
 * remainder of i, shifted in, under the reflected polynomial edb88320. */
static const uint32_t NIBBLES[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t ic_crc32_update(uint32_t crc, struct ic_bytes in)
{
    crc = ~crc;
    for (size_t i = 0; i < in.size; i++) {
        crc ^= in.at[i];
        crc = crc >> 4 ^ NIBBLES[crc & 15];
        crc = crc >> 4 ^ NIBBLES[crc & 15];
    }
    return ~crc;
}

uint32_t ic_crc32(struct ic_bytes in)
{
    return ic_crc32_update(0, in);
}
