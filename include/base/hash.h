/* hash: digests, by OpenSSL. Safe from any thread. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

#define HASH_SHA1_SIZE 20
#define HASH_SHA256_SIZE 32
#define HASH_SHA256_HEX_SIZE 64

void hash_sha1(const struct slice parts[], size_t count,
               unsigned char ret_digest[static HASH_SHA1_SIZE]);
void hash_sha256(struct slice bytes, unsigned char ret_digest[static HASH_SHA256_SIZE]);

/* 64 lower-case hex digits, not terminated. */
void hash_sha256_hex(struct slice bytes, char ret_hex[static HASH_SHA256_HEX_SIZE]);

/* The same of what comes in parts. It need not be ended, and must be begun again behind its end. */
struct hash {
    uint64_t state[16]; /* the library's */
};

void hash_begin(struct hash *hash);
void hash_add(struct hash *hash, struct slice bytes);
void hash_end(struct hash *hash, char ret_hex[static HASH_SHA256_HEX_SIZE]);

#endif
