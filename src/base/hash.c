/* OpenSSL's low-level digests: those of EVP allocate once for each digest, whichever way they
 * are asked for, and looking an algorithm up takes longer than to hash an e-mail address.
 * OpenSSL 3 calls the low-level ones deprecated, unless it is asked for the interface of version
 * 1.1. */
#define OPENSSL_API_COMPAT 10100

#include "base/hash.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdalign.h>

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

static void write_hex(const unsigned char digest[static HASH_SHA256_SIZE],
                      char ret_hex[static HASH_SHA256_HEX_SIZE])
{
    static const char hex[16] = "0123456789abcdef";
    for (size_t i = 0; i < HASH_SHA256_SIZE; i++) {
        ret_hex[2 * i] = hex[digest[i] >> 4];
        ret_hex[2 * i + 1] = hex[digest[i] & 0xF];
    }
}

void hash_sha256_hex(struct slice bytes, char ret_hex[static HASH_SHA256_HEX_SIZE])
{
    unsigned char digest[HASH_SHA256_SIZE];
    hash_sha256(bytes, digest);
    write_hex(digest, ret_hex);
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct hash), "it stands in there");
_Static_assert(alignof(SHA256_CTX) <= alignof(struct hash), "it stands in there");

static SHA256_CTX *context_of(struct hash *hash)
{
    return (SHA256_CTX *)(void *)hash->state;
}

void hash_begin(struct hash *hash)
{
    require(SHA256_Init(context_of(hash)));
}

void hash_add(struct hash *hash, struct slice bytes)
{
    require(SHA256_Update(context_of(hash), bytes.data, bytes.size));
}

void hash_end(struct hash *hash, char ret_hex[static HASH_SHA256_HEX_SIZE])
{
    unsigned char digest[HASH_SHA256_SIZE];
    require(SHA256_Final(digest, context_of(hash)));
    write_hex(digest, ret_hex);
}
