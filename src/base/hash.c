/* OpenSSL's low-level digests: those of EVP allocate once for each digest, whichever way they
 * are asked for, and looking an algorithm up takes longer than to hash an e-mail address.
 * OpenSSL 3 calls the low-level ones deprecated, unless it is asked for the interface of version
 * 1.1. */
#define OPENSSL_API_COMPAT 10100

#include "base/hash.h"

#include <assert.h>
#include <openssl/sha.h>

/* Their results are always 1. */
static void require(int done)
{
    assert(done == 1);
}

void hash_sha1(const struct slice parts[], size_t count,
               unsigned char ret_digest[static HASH_SHA1_SIZE])
{
    SHA_CTX context;
    require(SHA1_Init(&context));
    for (size_t i = 0; i < count; i++) {
        require(SHA1_Update(&context, parts[i].data, parts[i].size));
    }
    require(SHA1_Final(ret_digest, &context));
}

void hash_sha256(struct slice bytes, unsigned char ret_digest[static HASH_SHA256_SIZE])
{
    SHA256_CTX context;
    require(SHA256_Init(&context));
    require(SHA256_Update(&context, bytes.data, bytes.size));
    require(SHA256_Final(ret_digest, &context));
}

void hash_sha256_hex(struct slice bytes, char ret_hex[static HASH_SHA256_HEX_SIZE])
{
    static const char hex[16] = "0123456789abcdef";
    unsigned char digest[HASH_SHA256_SIZE];
    hash_sha256(bytes, digest);
    for (size_t i = 0; i < HASH_SHA256_SIZE; i++) {
        ret_hex[2 * i] = hex[digest[i] >> 4];
        ret_hex[2 * i + 1] = hex[digest[i] & 0xF];
    }
}
