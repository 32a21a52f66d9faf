/* What canister and test agree on. */
#ifndef SITE_FILM_H
#define SITE_FILM_H

#include <stdint.h>

static inline uint8_t film_byte(uint64_t at, uint8_t salt)
{
    return (uint8_t)((at * 31 + at / 251 + salt) ^ at >> 16);
}

#endif
