#include "base/hash.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static void digest(uint8_t *out, struct ic_bytes in, const EVP_MD *kind)
{
    if (EVP_Digest(in.at, in.size, out, NULL, kind, NULL) != 1) {
        fprintf(stderr, "axon: OpenSSL refuses to hash\n");
        abort();
    }
}

void axon_sha256(uint8_t out[AXON_SHA256_BYTES], struct ic_bytes in)
{
    digest(out, in, EVP_sha256());
}

void axon_sha224(uint8_t out[AXON_SHA224_BYTES], struct ic_bytes in)
{
    digest(out, in, EVP_sha224());
}
